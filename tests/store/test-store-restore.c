/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Restored and copied data: told from the original by witness, machine, mark and place; and the backup. */
#include "config.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store-fixture.h"

#define MACHINE "0123456789abcdef0123456789abcdef"

typedef struct
{
  StoreFixture base;
  char *state;   /* (owned): the witness's directory */
  GBytes *saved; /* (owned) (nullable): a database put aside */
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  self->state = sync_test_directory_new ();
  store_fixture_set_up (&self->base, data);
  /* The first opening was without a witness, as of an older version of the program. */
  self->base.options.witness_directory = self->state;
  self->base.options.machine_id = MACHINE;
  store_fixture_reopen (&self->base);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  store_fixture_tear_down (&self->base, data);
  sync_test_directory_free (self->state);
  g_clear_pointer (&self->saved, g_bytes_unref);
}

static char *
database_of (Fixture *self)
{
  return g_build_filename (self->base.directory, SYNC_STORE_FILE, NULL);
}

/* A database file copied by hand, while the program does not run. */
static void
save (Fixture *self)
{
  g_autofree char *path = database_of (self);
  char *bytes;
  gsize size;

  g_clear_object (&self->base.store);
  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  g_clear_pointer (&self->saved, g_bytes_unref);
  self->saved = g_bytes_new_take (bytes, size);
  sync_clock_virtual_advance_us (self->base.clock, G_USEC_PER_SEC);
  store_fixture_reopen (&self->base);
}

static void
put_back (Fixture *self, GBytes *database)
{
  g_autofree char *path = database_of (self);

  g_clear_object (&self->base.store);
  g_assert_true (g_file_set_contents (path, g_bytes_get_data (database, NULL), g_bytes_get_size (database), NULL));
  sync_clock_virtual_advance_us (self->base.clock, G_USEC_PER_SEC);
  store_fixture_reopen (&self->base);
}

/* The one file in the state directory. */
static char *
witness_of (Fixture *self)
{
  g_autoptr (GDir) dir = g_dir_open (self->state, 0, NULL);
  const char *name = g_dir_read_name (dir);

  return name != NULL ? g_build_filename (self->state, name, NULL) : NULL;
}

static gint64
witnessed (Fixture *self)
{
  g_autofree char *path = witness_of (self);
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return g_ascii_strtoll (text, NULL, 10);
}

/* One row in every state; the row's id is its state + 1. */
static void
fill (Fixture *self)
{
  for (guint state = 0; state < SYNC_N_STATES; state++)
    {
      gint64 id = store_fixture_accept (&self->base, store_fixture_create (sync_state_to_string (state)));

      g_assert_cmpint (id, ==, state + 1);
      store_fixture_bring_to (&self->base, id, state);
    }
}

static void
send_and_deliver (Fixture *self, gint64 id)
{
  store_fixture_deliver (&self->base, id, "SINV-1", "2026-01-01 00:00:00.000001");
}

static void
assert_report (Fixture *self, const char *words)
{
  const char *report = sync_store_get_restore_report (self->base.store);

  g_assert_nonnull (report);
  g_assert_nonnull (strstr (report, words));
}

static void
assert_doubted (Fixture *self)
{
  for (guint state = 0; state < SYNC_N_STATES; state++)
    {
      g_autoptr (SyncRequest) row = store_fixture_get (&self->base, state + 1);
      gboolean closed = state == SYNC_STATE_COMPLETED || state == SYNC_STATE_DISCARDED;

      g_assert_cmpint (row->state, ==, closed ? state : SYNC_STATE_UNKNOWN);
      g_assert_cmpuint (row->unaccounted, ==, state == SYNC_STATE_COMPLETED ? 0 : 1);
      g_assert_false (row->needs_person);
      g_assert_cmpint (row->next_retry_at_ms, ==, 0);
    }
}

static void
test_first_start (Fixture *self, gconstpointer data)
{
  g_autofree char *path = NULL;
  GStatBuf info;

  g_assert_null (sync_store_get_restore_report (self->base.store));
  path = witness_of (self);
  g_assert_nonnull (path);
  g_assert_no_errno (g_stat (path, &info));
  g_assert_cmpint (info.st_mode & 0777, ==, 0600);
  g_assert_cmpint (witnessed (self), ==, 0);
  fill (self);
  store_fixture_reopen (&self->base);
  g_assert_null (sync_store_get_restore_report (self->base.store));
  g_assert_cmpint (store_fixture_state (&self->base, 1), ==, SYNC_STATE_PENDING);
}

/* The directory is made, for this user alone; where it cannot be, there is no witness and all else goes on. */
static void
test_directory (Fixture *self, gconstpointer data)
{
  g_autofree char *below = g_build_filename (self->state, "a", "b", NULL);
  g_autofree char *parent = g_path_get_dirname (below);
  g_autofree char *file = witness_of (self);
  g_autofree char *witness = NULL;
  g_autoptr (GDir) dir = NULL;
  GStatBuf info;

  self->base.options.witness_directory = below;
  store_fixture_reopen (&self->base);
  g_assert_no_errno (g_stat (below, &info));
  g_assert_cmpint (info.st_mode & 0777, ==, 0700);
  dir = g_dir_open (below, 0, NULL);
  witness = g_build_filename (below, g_dir_read_name (dir), NULL);
  g_assert_no_errno (g_unlink (witness));
  g_assert_no_errno (g_rmdir (below));
  g_assert_no_errno (g_rmdir (parent));
  /* A file stands where the directory should be. */
  self->base.options.witness_directory = file;
  store_fixture_reopen (&self->base);
  fill (self);
  self->base.options.witness_directory = self->state;
}

/* The number grows with each audit row and each attempt, and is told after the commit and not before. */
static void
test_number (Fixture *self, gconstpointer data)
{
  SyncStore *store = self->base.store;
  g_autoptr (SyncRequest) row = NULL;
  SyncChange wrong = SYNC_CHANGE_INIT;

  store_fixture_accept (&self->base, store_fixture_create ("a"));
  store_fixture_accept (&self->base, store_fixture_create ("b"));
  g_assert_cmpint (witnessed (self), ==, 2);
  store_fixture_claim (&self->base, 1);
  g_assert_cmpint (witnessed (self), ==, 4);
  sync_store_begin_group (store);
  row = sync_store_claim (store, 2, NULL, NULL, NULL);
  g_assert_nonnull (row);
  g_assert_cmpint (witnessed (self), ==, 4);
  /* A verb of the group that fails takes back only itself. */
  wrong.id = 2;
  wrong.from = SYNC_STATE_PENDING;
  wrong.to = SYNC_STATE_FAILED;
  g_assert_false (sync_store_change (store, &wrong, NULL));
  g_assert_true (sync_store_commit_group (store, NULL));
  g_assert_cmpint (witnessed (self), ==, 6);
  store_fixture_reopen (&self->base);
  g_assert_null (sync_store_get_restore_report (self->base.store));
  g_assert_cmpint (witnessed (self), ==, 8);
}

/* A claim that was taken back was never witnessed. */
static void
test_taken_back (Fixture *self, gconstpointer data)
{
  SyncStore *store = self->base.store;
  g_autoptr (SyncRequest) row = NULL;

  store_fixture_accept (&self->base, store_fixture_create ("a"));
  store_fixture_sql (&self->base, "CREATE TRIGGER stop BEFORE INSERT ON audit WHEN NEW.to_status = 'sending'"
                                  " BEGIN SELECT RAISE (ROLLBACK, 'no'); END");
  g_assert_null (sync_store_claim (store, 1, NULL, NULL, NULL));
  g_assert_cmpint (witnessed (self), ==, 1);
  sync_store_begin_group (store);
  g_assert_null (sync_store_claim (store, 1, NULL, NULL, NULL));
  g_assert_false (sync_store_commit_group (store, NULL));
  g_assert_cmpint (witnessed (self), ==, 1);
  store_fixture_sql (&self->base, "DROP TRIGGER stop");
  row = sync_store_claim (store, 1, NULL, NULL, NULL);
  g_assert_nonnull (row);
  g_assert_cmpint (witnessed (self), ==, 3);
}

/* Nor was one that could not be accepted: it takes a key over, and then what it depends on is not there. */
static void
test_not_accepted (Fixture *self, gconstpointer data)
{
  SyncRequest *request = store_fixture_create ("a");
  gint64 nothing = 99;
  g_autoptr (SyncAcceptance) acceptance = NULL;

  store_fixture_accept (&self->base, store_fixture_create ("a"));
  g_free (request->fingerprint);
  request->fingerprint = g_strdup ("other");
  request->depends_on = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_array_append_val (request->depends_on, nothing);
  acceptance = store_fixture_accept_full (&self->base, request);
  g_assert_error (acceptance->error, SYNC_ERROR, SYNC_ERROR_NOT_FOUND);
  g_assert_cmpint (witnessed (self), ==, 1);
  store_fixture_accept (&self->base, store_fixture_create ("b"));
  g_assert_cmpint (witnessed (self), ==, 2);
  store_fixture_reopen (&self->base);
  g_assert_null (sync_store_get_restore_report (self->base.store));
}

static void
test_older_copy (Fixture *self, gconstpointer data)
{
  SyncConflict conflict = { .request_id = SYNC_STATE_CONFLICT + 1, .conflict_type = (char *) "edit_edit" };
  g_autoptr (GPtrArray) conflicts = NULL;
  g_autoptr (GBytes) original = NULL;

  fill (self);
  g_assert_cmpint (sync_store_add_conflict (self->base.store, &conflict, NULL), ==, 1);
  save (self);
  g_assert_null (sync_store_get_restore_report (self->base.store));
  send_and_deliver (self, 1);
  original = g_bytes_ref (self->saved);
  save (self);
  put_back (self, original);
  assert_report (self, "was lost with “queue.db-wal”. Of its undelivered requests (5)");
  assert_doubted (self);
  conflicts = sync_store_list_conflicts (self->base.store, "superseded", 0, NULL);
  g_assert_cmpuint (conflicts->len, ==, 1);
  /* Pending, sending, failed, conflict: four changes with their reason. */
  g_assert_cmpint (store_fixture_number (&self->base, "SELECT count (*) FROM audit WHERE to_status = 'unknown'"
                                                      " AND reason LIKE 'The queue is older%'"),
                   ==, 4);

  /* Once is enough; the report stays as long as something is unknown. */
  send_and_deliver (self, 1);
  store_fixture_reopen (&self->base);
  assert_report (self, "older copy");
  g_assert_cmpint (store_fixture_state (&self->base, 1), ==, SYNC_STATE_COMPLETED);
  g_assert_cmpint (store_fixture_number (&self->base, "SELECT count (*) FROM audit WHERE to_status = 'unknown'"
                                                      " AND reason LIKE 'The queue%'"), ==, 4);

  /* The original, put back after all, is another database by now, however far it had come. */
  put_back (self, self->saved);
  assert_report (self, "replaced by another one");
}

static void
test_report_ends (Fixture *self, gconstpointer data)
{
  store_fixture_accept (&self->base, store_fixture_create ("a"));
  save (self);
  send_and_deliver (self, 1);
  put_back (self, self->saved);
  g_assert_nonnull (sync_store_get_restore_report (self->base.store));
  send_and_deliver (self, 1);
  store_fixture_reopen (&self->base);
  g_assert_null (sync_store_get_restore_report (self->base.store));
}

/* The same moment, as after a crash of the machine: nothing was sent since, nothing is in doubt. */
static void
test_same_state (Fixture *self, gconstpointer data)
{
  fill (self);
  store_fixture_reopen (&self->base);
  save (self);
  put_back (self, self->saved);
  g_assert_null (sync_store_get_restore_report (self->base.store));
  g_assert_cmpint (store_fixture_state (&self->base, 1), ==, SYNC_STATE_PENDING);
}

/* The database knows that there was a witness: without it nobody can tell whether it is an older copy. */
static void
test_wiped_state_directory (Fixture *self, gconstpointer data)
{
  g_autofree char *path = witness_of (self);

  fill (self);
  save (self);
  send_and_deliver (self, 1);
  g_assert_no_errno (g_unlink (path));
  put_back (self, self->saved);
  assert_report (self, "is gone: that directory was wiped");
  assert_report (self, "If it is one, requests");
  assert_doubted (self);
  g_assert_cmpint (witnessed (self), >, 0);
  g_assert_null (sync_store_take_news (self->base.store));
  /* Once: it is noted anew. */
  send_and_deliver (self, 1);
  store_fixture_reopen (&self->base);
  g_assert_cmpint (store_fixture_state (&self->base, 1), ==, SYNC_STATE_COMPLETED);
  g_assert_cmpint (store_fixture_number (&self->base, "SELECT count (*) FROM audit WHERE reason LIKE 'The note in%'"), ==,
                   4);
  /* A witness that was cut short says no more than one that is gone. */
  store_fixture_accept (&self->base, store_fixture_create ("later"));
  g_assert_true (g_file_set_contents (path, "0000000000000009", -1, NULL));
  store_fixture_reopen (&self->base);
  g_assert_cmpint (store_fixture_state (&self->base, SYNC_N_STATES + 1), ==, SYNC_STATE_UNKNOWN);
}

/* As an older version of the program leaves it: no mark, so nothing is missed. */
static void
test_no_mark (Fixture *self, gconstpointer data)
{
  g_autofree char *path = witness_of (self);

  fill (self);
  g_clear_object (&self->base.store);
  store_fixture_sql (&self->base, "DELETE FROM sync_metadata WHERE key = 'witness_kept'");
  g_assert_no_errno (g_unlink (path));
  store_fixture_reopen (&self->base);
  g_assert_null (sync_store_get_restore_report (self->base.store));
  g_assert_cmpint (store_fixture_state (&self->base, 1), ==, SYNC_STATE_PENDING);
  g_assert_cmpint (store_fixture_number (&self->base, "SELECT count (*) FROM sync_metadata WHERE key = 'witness_kept'"),
                   ==, 1);
}

static void
assert_cannot_be_noted (Fixture *self)
{
  g_autofree char *news = sync_store_take_news (self->base.store);

  g_assert_nonnull (news);
  g_assert_nonnull (strstr (news, "cannot be noted in"));
}

/* A state directory that cannot be written: said at each start; missed where there was a witness before. */
static void
test_unwritable_state_directory (Fixture *self, gconstpointer data)
{
  char *base = sync_test_directory_new ();
  char *below = g_build_filename (base, "file", NULL);
  g_autofree char *witness = witness_of (self);

  fill (self);
  g_clear_object (&self->base.store);
  g_assert_no_errno (g_unlink (witness));
  g_assert_true (g_file_set_contents (below, "", 0, NULL));
  self->base.options.witness_directory = below;
  store_fixture_reopen (&self->base);
  assert_report (self, "is gone: that directory was wiped or cannot be read");
  assert_doubted (self);
  assert_cannot_be_noted (self);
  store_fixture_accept (&self->base, store_fixture_create ("later"));
  store_fixture_reopen (&self->base);
  assert_cannot_be_noted (self);
  g_assert_cmpint (store_fixture_state (&self->base, SYNC_N_STATES + 1), ==, SYNC_STATE_PENDING);
  /* It can be written again. */
  g_assert_no_errno (g_unlink (below));
  store_fixture_reopen (&self->base);
  g_assert_null (sync_store_take_news (self->base.store));
  g_assert_cmpint (store_fixture_state (&self->base, SYNC_N_STATES + 1), ==, SYNC_STATE_PENDING);
  /* And is wiped again. */
  g_clear_object (&self->base.store);
  sync_test_directory_free (below);
  self->base.options.witness_directory = self->state;
  store_fixture_reopen (&self->base);
  g_assert_cmpint (store_fixture_state (&self->base, SYNC_N_STATES + 1), ==, SYNC_STATE_UNKNOWN);
  sync_test_directory_free (base);
}

static void
test_other_machine (Fixture *self, gconstpointer data)
{
  g_autofree char *path = witness_of (self);

  fill (self);
  /* Not to be told: as before. */
  self->base.options.machine_id = NULL;
  store_fixture_reopen (&self->base);
  g_assert_null (sync_store_get_restore_report (self->base.store));
  self->base.options.machine_id = "ffffffffffffffffffffffffffffffff";
  g_clear_object (&self->base.store);
  g_assert_no_errno (g_unlink (path));
  store_fixture_reopen (&self->base);
  assert_report (self, "from another machine");
  assert_doubted (self);
  /* It belongs here now; the id itself is nowhere in it. */
  store_fixture_reopen (&self->base);
  g_assert_cmpint (store_fixture_number (&self->base, "SELECT count (*) FROM audit WHERE reason LIKE"
                                                      " '%another machine'"), ==, 3);
  g_assert_cmpint (store_fixture_number (&self->base, "SELECT count (*) FROM sync_metadata WHERE value LIKE"
                                                      " '%ffffffffffff%'"), ==, 0);
}

/* Moved on this machine: nothing. Copied, with the original still there: a copy. */
static void
test_moved_and_copied (Fixture *self, gconstpointer data)
{
  char *elsewhere = sync_test_directory_new ();
  char *first = self->base.directory;
  g_autofree char *left = database_of (self);

  fill (self);
  g_clear_object (&self->base.store);
  sync_test_directory_copy (first, elsewhere);
  g_assert_no_errno (g_unlink (left));
  self->base.directory = elsewhere;
  store_fixture_reopen (&self->base);
  g_assert_null (sync_store_get_restore_report (self->base.store));
  g_assert_cmpint (store_fixture_state (&self->base, 1), ==, SYNC_STATE_PENDING);
  send_and_deliver (self, 1);
  g_clear_object (&self->base.store);

  /* Back to the first place by a copy, and the second goes on. */
  sync_test_directory_copy (elsewhere, first);
  self->base.directory = first;
  store_fixture_reopen (&self->base);
  assert_report (self, "is a copy of the one in");
  g_clear_object (&self->base.store);
  self->base.directory = elsewhere;
  store_fixture_reopen (&self->base);
  g_assert_null (sync_store_get_restore_report (self->base.store));
  sync_test_directory_free (first);
}

static void
test_copied (Fixture *self, gconstpointer data)
{
  char *elsewhere = sync_test_directory_new ();
  char *first = self->base.directory;

  fill (self);
  g_clear_object (&self->base.store);
  sync_test_directory_copy (first, elsewhere);
  self->base.directory = elsewhere;
  store_fixture_reopen (&self->base);
  assert_report (self, "is a copy of the one in");
  assert_report (self, first);
  assert_doubted (self);
  g_clear_object (&self->base.store);
  self->base.directory = first;
  store_fixture_reopen (&self->base);
  g_assert_null (sync_store_get_restore_report (self->base.store));
  g_assert_cmpint (store_fixture_state (&self->base, 1), ==, SYNC_STATE_PENDING);
  sync_test_directory_free (elsewhere);
}

/* The files as a kill would leave them, in the same place. */
static void
kill_it (Fixture *self)
{
  char *elsewhere = sync_test_directory_new ();

  sync_test_directory_copy (self->base.directory, elsewhere);
  g_clear_object (&self->base.store);
  sync_test_directory_free (g_strdup (self->base.directory));
  g_assert_no_errno (g_mkdir (self->base.directory, 0700));
  sync_test_directory_copy (elsewhere, self->base.directory);
  sync_test_directory_free (elsewhere);
}

static void
assert_lost (Fixture *self, const char *words)
{
  const char *report = sync_store_get_loss_report (self->base.store);

  g_assert_nonnull (report);
  g_assert_nonnull (strstr (report, words));
  g_assert_null (sync_store_get_restore_report (self->base.store));
}

/* Nothing was sent since the copy was made; what was accepted is missing all the same. */
static void
test_accepted_since (Fixture *self, gconstpointer data)
{
  fill (self);
  save (self);
  store_fixture_accept (&self->base, store_fixture_create ("later"));
  put_back (self, self->saved);
  assert_report (self, "The queue is older");
  assert_doubted (self);
}

static void
test_log_lost (Fixture *self, gconstpointer data)
{
  g_autofree char *log = g_build_filename (self->base.directory, SYNC_STORE_FILE "-wal", NULL);

  fill (self);
  store_fixture_reopen (&self->base);
  store_fixture_accept (&self->base, store_fixture_create ("later"));
  kill_it (self);
  g_assert_no_errno (g_unlink (log));
  store_fixture_reopen (&self->base);
  assert_report (self, "The queue is older");
  assert_doubted (self);
}

/* Cut short in the middle of what was written last. */
static void
test_log_cut (Fixture *self, gconstpointer data)
{
  g_autofree char *log = g_build_filename (self->base.directory, SYNC_STORE_FILE "-wal", NULL);
  GStatBuf info;

  fill (self);
  store_fixture_reopen (&self->base);
  store_fixture_accept (&self->base, store_fixture_create ("kept"));
  g_assert_no_errno (g_stat (log, &info));
  store_fixture_accept (&self->base, store_fixture_create ("later"));
  kill_it (self);
  g_assert_no_errno (truncate (log, info.st_size + 5000));
  store_fixture_reopen (&self->base);
  assert_report (self, "The queue is older");
  g_assert_cmpint (store_fixture_state (&self->base, SYNC_N_STATES + 1), ==, SYNC_STATE_UNKNOWN);
}

/* Killed, and nothing was touched: no alarm. Nor where the witness is behind, as a power cut may leave it. */
static void
test_killed (Fixture *self, gconstpointer data)
{
  g_autofree char *path = witness_of (self);
  g_autofree char *before = NULL;

  store_fixture_accept (&self->base, store_fixture_create ("a"));
  g_assert_true (g_file_get_contents (path, &before, NULL, NULL));
  store_fixture_accept (&self->base, store_fixture_create ("b"));
  store_fixture_claim (&self->base, 1);
  kill_it (self);
  store_fixture_reopen (&self->base);
  g_assert_null (sync_store_get_restore_report (self->base.store));
  kill_it (self);
  g_assert_true (g_file_set_contents (path, before, -1, NULL));
  store_fixture_reopen (&self->base);
  g_assert_null (sync_store_get_restore_report (self->base.store));
  g_assert_null (sync_store_get_loss_report (self->base.store));
  g_assert_cmpint (store_fixture_state (&self->base, 2), ==, SYNC_STATE_PENDING);
  g_assert_cmpint (witnessed (self), >, 3);
}

static void
test_queue_lost (Fixture *self, gconstpointer data)
{
  g_autofree char *path = database_of (self);

  fill (self);
  g_clear_object (&self->base.store);
  g_assert_no_errno (g_unlink (path));
  store_fixture_reopen (&self->base);
  assert_lost (self, path);
  store_fixture_accept (&self->base, store_fixture_create ("sales go on"));
  /* Whoever looks within a week reads it. */
  store_fixture_reopen (&self->base);
  assert_lost (self, path);
  g_assert_cmpint (store_fixture_state (&self->base, 1), ==, SYNC_STATE_PENDING);
  sync_clock_virtual_advance_us (self->base.clock, 8 * G_TIME_SPAN_DAY);
  store_fixture_reopen (&self->base);
  g_assert_null (sync_store_get_loss_report (self->base.store));
}

static void
test_queue_emptied (Fixture *self, gconstpointer data)
{
  g_autofree char *path = database_of (self);

  fill (self);
  g_clear_object (&self->base.store);
  g_assert_no_errno (truncate (path, 0));
  store_fixture_reopen (&self->base);
  assert_lost (self, "missing or empty");
}

/* Its log is still there: it is not thrown away, and what is in it is saved. */
static void
test_queue_lost_but_log (Fixture *self, gconstpointer data)
{
  g_autofree char *path = database_of (self);
  g_autofree char *kept = NULL;

  store_fixture_accept (&self->base, store_fixture_create ("a"));
  store_fixture_accept (&self->base, store_fixture_create ("b"));
  kill_it (self);
  g_assert_no_errno (g_unlink (path));
  store_fixture_reopen (&self->base);
  assert_lost (self, "2 undelivered requests could be saved");
  g_assert_cmpint (store_fixture_state (&self->base, 2), ==, SYNC_STATE_UNKNOWN);
  kept = g_strdup_printf ("%s.damaged-%" G_GINT64_FORMAT "-wal", path,
                          sync_clock_wall_ms (SYNC_CLOCK (self->base.clock)));
  g_assert_true (g_file_test (kept, G_FILE_TEST_EXISTS));
}

/* Where nothing was ever accepted nothing is lost; nor where the queue goes on elsewhere. */
static void
test_nothing_lost (Fixture *self, gconstpointer data)
{
  g_autofree char *path = database_of (self);
  char *elsewhere = sync_test_directory_new ();
  char *first = self->base.directory;

  g_clear_object (&self->base.store);
  g_assert_no_errno (g_unlink (path));
  store_fixture_reopen (&self->base);
  g_assert_null (sync_store_get_loss_report (self->base.store));

  fill (self);
  g_clear_object (&self->base.store);
  sync_test_directory_copy (first, elsewhere);
  g_assert_no_errno (g_unlink (path));
  self->base.directory = elsewhere;
  store_fixture_reopen (&self->base);
  g_assert_null (sync_store_get_restore_report (self->base.store));
  g_clear_object (&self->base.store);
  self->base.directory = first;
  store_fixture_reopen (&self->base);
  g_assert_null (sync_store_get_loss_report (self->base.store));
  sync_test_directory_free (elsewhere);
}

/* The ids that the witness adds up are given once, whatever is forgotten. */
static void
test_clear_old (Fixture *self, gconstpointer data)
{
  gint64 before;

  store_fixture_accept (&self->base, store_fixture_create ("a"));
  store_fixture_accept (&self->base, store_fixture_create ("b"));
  store_fixture_accept (&self->base, store_fixture_create ("c"));
  send_and_deliver (self, 3);
  store_fixture_deliver (&self->base, 2, "SINV-2", "2026-01-01 00:00:00.000001");
  store_fixture_deliver (&self->base, 1, "SINV-3", "2026-01-01 00:00:00.000001");
  before = store_fixture_number (&self->base, "SELECT max (id) FROM attempts");
  sync_clock_virtual_advance_us (self->base.clock, 500 * G_TIME_SPAN_DAY);
  g_assert_true (sync_store_clear_old (self->base.store, 30, G_MAXINT, NULL, NULL));
  g_assert_cmpint (store_fixture_number (&self->base, "SELECT count (*) FROM offline_requests"), ==, 2);
  g_assert_cmpint (store_fixture_number (&self->base, "SELECT max (id) FROM attempts"), ==, before);
  store_fixture_reopen (&self->base);
  g_assert_null (sync_store_get_restore_report (self->base.store));
}

static void
test_backup (Fixture *self, gconstpointer data)
{
  char *target = sync_test_directory_new ();
  g_autofree char *made = g_build_filename (target, "sub", NULL);
  g_autofree char *copy = g_build_filename (made, SYNC_STORE_FILE, NULL);
  g_autofree char *path = database_of (self);
  g_autofree char *disk = g_build_filename (target, "disk", NULL);
  g_autofree char *below = g_build_filename (disk, "till", "today/", NULL);
  g_autofree char *refusal = g_strdup_printf ("there is no directory “%s” for the backup “", disk);
  g_autofree char *bytes = NULL;
  g_autoptr (GError) error = NULL;
  GStatBuf info;
  gsize size;

  fill (self);
  g_assert_true (sync_store_backup (self->base.directory, made, 1767225600000, &error));
  g_assert_no_error (error);
  g_assert_no_errno (g_stat (copy, &info));
  g_assert_cmpint (info.st_mode & 0777, ==, 0600);
  g_assert_no_errno (g_stat (made, &info));
  g_assert_cmpint (info.st_mode & 0777, ==, 0700);
  g_assert_cmpint (info.st_nlink, ==, 2);
  /* One file, nothing beside it; and it is not written over. */
  g_assert_false (sync_store_backup (self->base.directory, made, 1, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED);
  g_clear_error (&error);
  g_assert_false (sync_store_backup (self->base.directory, self->base.directory, 1, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED);
  g_clear_error (&error);
  g_assert_false (sync_store_backup (self->base.directory, "backup", 1, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_INVALID);
  g_clear_error (&error);
  g_assert_false (sync_store_backup (self->base.directory, "/proc/nowhere", 1, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED);
  g_clear_error (&error);
  /* Where the disk is not mounted nothing is made in its place. */
  g_assert_false (sync_store_backup (self->base.directory, below, 1, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED);
  g_assert_true (g_str_has_prefix (error->message, refusal));
  g_assert_false (g_file_test (disk, G_FILE_TEST_EXISTS));
  g_clear_error (&error);
  /* The original does not know of it. */
  store_fixture_reopen (&self->base);
  g_assert_null (sync_store_get_restore_report (self->base.store));

  g_assert_true (g_file_get_contents (copy, &bytes, &size, NULL));
  g_assert_no_errno (g_unlink (copy));
  g_assert_no_errno (g_rmdir (made));
  self->saved = g_bytes_new (bytes, size);
  put_back (self, self->saved);
  assert_report (self, "put back from the backup of 20");
  assert_doubted (self);
  g_assert_true (sync_store_get_ended_clean (self->base.store));
  g_assert_cmpint (store_fixture_number (&self->base, "SELECT count (*) FROM sync_metadata WHERE key ="
                                                      " 'backup_made_ms'"), ==, 0);
  sync_test_directory_free (target);
}

/* Another process makes a backup, and is killed as soon as it writes so much of it. */
static void
back_up_and_die (Fixture *self, const char *target, gsize bytes)
{
  struct rlimit size = { bytes, bytes };
  struct rlimit core = { 0, 0 };
  pid_t child = fork ();
  int status;

  if (child == 0)
    {
      signal (SIGXFSZ, SIG_DFL);
      setrlimit (RLIMIT_CORE, &core);
      setrlimit (RLIMIT_FSIZE, &size);
      sync_store_backup (self->base.directory, target, 1767225600000, NULL);
      _exit (0);
    }
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFSIGNALED (status));
  g_assert_cmpint (WTERMSIG (status), ==, SIGXFSZ);
}

/* What it leaves is no backup, does not look like one, and is not in the way of the next one. */
static void
test_backup_killed (Fixture *self, gconstpointer data)
{
  char *target = sync_test_directory_new ();
  g_autofree char *copy = g_build_filename (target, SYNC_STORE_FILE, NULL);
  g_autofree char *part = g_strconcat (copy, ".part", NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *bytes = NULL;
  gsize size;

  fill (self);
  for (gsize limit = 0; limit < 40000; limit += 8192)
    {
      back_up_and_die (self, target, limit);
      g_assert_false (g_file_test (copy, G_FILE_TEST_EXISTS));
      g_assert_true (g_file_test (part, G_FILE_TEST_EXISTS));
    }
  g_assert_true (sync_store_backup (self->base.directory, target, 1767225600000, &error));
  g_assert_no_error (error);
  g_assert_false (g_file_test (part, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_get_contents (copy, &bytes, &size, NULL));
  self->saved = g_bytes_new (bytes, size);
  put_back (self, self->saved);
  assert_report (self, "put back from the backup of 20");
  assert_doubted (self);
  sync_test_directory_free (target);
}

/* A child of a copy, whose parent is given up: its turn never comes, so a person is asked. */
static void
test_children (Fixture *self, gconstpointer data)
{
  g_autoptr (SyncRequest) row = NULL;
  SyncRequest *child = store_fixture_create ("child");
  SyncChange change = SYNC_CHANGE_INIT;
  gint64 parent = store_fixture_accept (&self->base, store_fixture_create ("parent"));

  child->depends_on = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_array_append_val (child->depends_on, parent);
  store_fixture_accept (&self->base, child);
  store_fixture_accept (&self->base, store_fixture_create ("other"));
  save (self);
  send_and_deliver (self, 3);
  put_back (self, self->saved);
  g_assert_cmpint (store_fixture_state (&self->base, 2), ==, SYNC_STATE_UNKNOWN);
  change.id = parent;
  change.from = SYNC_STATE_UNKNOWN;
  change.to = SYNC_STATE_DISCARDED;
  change.reason = "not wanted";
  store_fixture_change (&self->base, change);
  row = store_fixture_get (&self->base, 2);
  g_assert_cmpint (row->state, ==, SYNC_STATE_UNKNOWN);
  g_assert_true (row->needs_person);
  g_assert_nonnull (strstr (row->error_message, "was given up"));
}

/* A damaged file: what is saved of it is for a person anyway, and is not taken for a copy the next time. */
static void
test_salvaged (Fixture *self, gconstpointer data)
{
  g_autofree char *path = database_of (self);

  fill (self);
  g_clear_object (&self->base.store);
  g_assert_no_errno (truncate (path, 60000));
  store_fixture_reopen (&self->base);
  g_assert_nonnull (sync_store_get_loss_report (self->base.store));
  g_assert_null (sync_store_get_restore_report (self->base.store));
  store_fixture_reopen (&self->base);
  g_assert_null (sync_store_get_restore_report (self->base.store));
}

/* The stored database of version 1 knows neither id nor machine: it is what was used here. */
static void
test_version_1 (Fixture *self, gconstpointer data)
{
  g_autofree char *stored = g_test_build_filename (G_TEST_DIST, "fixtures", "db", "v1.db", NULL);
  g_autofree char *path = database_of (self);
  g_autofree char *witness = witness_of (self);
  g_autofree char *bytes = NULL;
  gsize size;

  g_clear_object (&self->base.store);
  g_assert_true (g_file_get_contents (stored, &bytes, &size, NULL));
  g_assert_true (g_file_set_contents (path, bytes, size, NULL));
  g_assert_no_errno (g_unlink (witness));
  store_fixture_reopen (&self->base);
  g_assert_null (sync_store_get_restore_report (self->base.store));
  g_assert_cmpint (store_fixture_state (&self->base, 1), ==, SYNC_STATE_PENDING);
  g_assert_cmpint (store_fixture_number (&self->base, "SELECT count (*) FROM sync_metadata WHERE key IN"
                                                      " ('database_id', 'machine_id')"), ==, 2);
  /* Over a queue that was used here it is an older one. */
  self->saved = g_bytes_new (bytes, size);
  put_back (self, self->saved);
  assert_report (self, "replaced by another one");
}

#define ADD(name, func) g_test_add ("/sync/store-restore/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("first-start", test_first_start);
  ADD ("directory", test_directory);
  ADD ("number", test_number);
  ADD ("taken-back", test_taken_back);
  ADD ("not-accepted", test_not_accepted);
  ADD ("older-copy", test_older_copy);
  ADD ("report-ends", test_report_ends);
  ADD ("same-state", test_same_state);
  ADD ("wiped-state-directory", test_wiped_state_directory);
  ADD ("no-mark", test_no_mark);
  ADD ("unwritable-state-directory", test_unwritable_state_directory);
  ADD ("other-machine", test_other_machine);
  ADD ("moved-and-copied", test_moved_and_copied);
  ADD ("copied", test_copied);
  ADD ("accepted-since", test_accepted_since);
  ADD ("log-lost", test_log_lost);
  ADD ("log-cut", test_log_cut);
  ADD ("killed", test_killed);
  ADD ("queue-lost", test_queue_lost);
  ADD ("queue-emptied", test_queue_emptied);
  ADD ("queue-lost-but-log", test_queue_lost_but_log);
  ADD ("nothing-lost", test_nothing_lost);
  ADD ("clear-old", test_clear_old);
  ADD ("backup", test_backup);
  ADD ("backup-killed", test_backup_killed);
  ADD ("children", test_children);
  ADD ("salvaged", test_salvaged);
  ADD ("version-1", test_version_1);
  return g_test_run ();
}
