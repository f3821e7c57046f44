/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that are removed or replaced under a running store: nothing is promised into a file that nobody can find again,
 * and what was promised is put back. */
#include "config.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "store-fixture.h"

static char *
in_directory (StoreFixture *fixture, const char *name)
{
  return g_build_filename (fixture->directory, name, NULL);
}

static void
remove_file (StoreFixture *fixture, const char *name)
{
  g_autofree char *path = in_directory (fixture, name);

  g_assert_no_errno (g_unlink (path));
}

static void
remove_all (StoreFixture *fixture)
{
  char *copy = g_strdup (fixture->directory);

  sync_test_directory_free (copy);
  g_assert_false (g_file_test (fixture->directory, G_FILE_TEST_EXISTS));
}

/* Another file gets the name. */
static void
replace_file (StoreFixture *fixture, const char *name, const char *text)
{
  g_autofree char *path = in_directory (fixture, name);
  g_autofree char *other = in_directory (fixture, "other");

  g_assert_true (g_file_set_contents (other, text, -1, NULL));
  g_assert_no_errno (g_rename (other, path));
}

static GError *
refuse (StoreFixture *fixture, const char *key)
{
  g_autoptr (GPtrArray) acceptances = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_acceptance_free);
  GError *error = NULL;

  g_ptr_array_add (acceptances, sync_acceptance_new (store_fixture_create (key)));
  g_assert_false (sync_store_accept (fixture->store, acceptances, &error));
  g_assert_nonnull (strstr (error->message, fixture->directory));
  return error;
}

/* So many rows are in the file that bears the name, and after a kill as well. */
static void
assert_at_path (StoreFixture *fixture, guint n)
{
  g_assert_cmpint (store_fixture_number (fixture, "SELECT count (*) FROM offline_requests"), ==, n);
  store_fixture_crash (fixture);
  g_assert_null (sync_store_get_loss_report (fixture->store));
  g_assert_null (sync_store_get_restore_report (fixture->store));
  g_assert_cmpint (store_fixture_number (fixture, "SELECT count (*) FROM offline_requests"), ==, n);
  g_assert_cmpint (store_fixture_state (fixture, 1), ==, SYNC_STATE_PENDING);
}

static void
assert_news_that (StoreFixture *fixture, const char *name, const char *happened)
{
  g_autofree char *news = sync_store_take_news (fixture->store);
  g_autofree char *words = g_strdup_printf ("%s/%s” %s while", fixture->directory, name, happened);

  g_assert_nonnull (news);
  g_assert_nonnull (strstr (news, words));
  g_assert_null (sync_store_take_news (fixture->store));
}

static void
assert_news (StoreFixture *fixture, const char *name)
{
  assert_news_that (fixture, name, "was removed or replaced");
}

static void
test_untouched (StoreFixture *fixture, gconstpointer data)
{
  g_autofree char *big = g_strnfill (400000, 'x');
  SyncChange change = SYNC_CHANGE_INIT;

  /* Also while the log is written back and begun anew. */
  change.id = store_fixture_accept (fixture, store_fixture_create ("a"));
  change.attempt = store_fixture_claim (fixture, 1);
  change.from = change.to = SYNC_STATE_SENDING;
  change.response = big;
  for (guint i = 0; i < 100; i++)
    store_fixture_change (fixture, change);
  g_assert_null (sync_store_take_news (fixture->store));
  g_assert_true (sync_store_keep_file (fixture->store, NULL));
  g_assert_null (sync_store_take_news (fixture->store));
}

static void
test_removed (StoreFixture *fixture, gconstpointer data)
{
  store_fixture_accept (fixture, store_fixture_create ("a"));
  remove_file (fixture, SYNC_STORE_FILE);
  store_fixture_accept (fixture, store_fixture_create ("b"));
  assert_news (fixture, SYNC_STORE_FILE);
  store_fixture_accept (fixture, store_fixture_create ("c"));
  assert_at_path (fixture, 3);
}

static void
test_all_removed (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (SyncStore) second = NULL;
  g_autoptr (GError) error = NULL;

  store_fixture_accept (fixture, store_fixture_create ("a"));
  remove_all (fixture);
  store_fixture_accept (fixture, store_fixture_create ("b"));
  assert_news (fixture, SYNC_STORE_FILE);
  /* The new directory is held, too. */
  second = sync_store_open (fixture->directory, &fixture->options, SYNC_CLOCK (fixture->clock), &error);
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_LOCKED);
  assert_at_path (fixture, 2);
}

/* Where something goes that was put in the place of ours. */
static char *
dup_aside (StoreFixture *fixture, const char *part)
{
  return g_strdup_printf ("%s/" SYNC_STORE_FILE ".replaced-%" G_GINT64_FORMAT "%s", fixture->directory,
                          sync_clock_wall_ms (SYNC_CLOCK (fixture->clock)), part);
}

/* What was put there is kept; ours goes on. */
static void
test_replaced (StoreFixture *fixture, gconstpointer data)
{
  g_autofree char *aside = dup_aside (fixture, "");
  g_autofree char *kept = NULL;
  g_autofree char *news = NULL;

  store_fixture_accept (fixture, store_fixture_create ("a"));
  replace_file (fixture, SYNC_STORE_FILE, "theirs");
  store_fixture_accept (fixture, store_fixture_create ("b"));
  news = sync_store_take_news (fixture->store);
  g_assert_nonnull (strstr (news, aside));
  g_assert_true (g_file_get_contents (aside, &kept, NULL, NULL));
  g_assert_cmpstr (kept, ==, "theirs");
  assert_at_path (fixture, 2);
}

/* The file goes on under another name, and a link leads there: its log would not be found after a kill. */
static void
test_link (StoreFixture *fixture, gconstpointer data)
{
  g_autofree char *path = in_directory (fixture, SYNC_STORE_FILE);
  g_autofree char *other = in_directory (fixture, "x.db");
  g_autofree char *aside = dup_aside (fixture, "");

  store_fixture_accept (fixture, store_fixture_create ("a"));
  g_assert_no_errno (g_rename (path, other));
  g_assert_no_errno (symlink ("x.db", path));
  store_fixture_accept (fixture, store_fixture_create ("b"));
  assert_news (fixture, SYNC_STORE_FILE);
  g_assert_true (g_file_test (aside, G_FILE_TEST_IS_SYMLINK));
  g_assert_false (g_file_test (path, G_FILE_TEST_IS_SYMLINK));
  store_fixture_accept (fixture, store_fixture_create ("c"));
  assert_at_path (fixture, 3);
}

static void
test_log_removed (StoreFixture *fixture, gconstpointer data)
{
  store_fixture_accept (fixture, store_fixture_create ("a"));
  remove_file (fixture, SYNC_STORE_FILE "-wal");
  store_fixture_accept (fixture, store_fixture_create ("b"));
  assert_news (fixture, SYNC_STORE_FILE "-wal");
  assert_at_path (fixture, 2);
}

/* Its last commits, or the last byte: those are still in memory. */
static void
test_log_cut (StoreFixture *fixture, gconstpointer data)
{
  g_autofree char *log = in_directory (fixture, SYNC_STORE_FILE "-wal");
  guint n = 0;

  for (guint i = 0; i < 2; i++)
    {
      g_autofree char *key = g_strdup_printf ("a%u", i);
      g_autofree char *after = g_strdup_printf ("b%u", i);
      GStatBuf before;
      GStatBuf info;

      g_assert_no_errno (g_stat (log, &before));
      store_fixture_accept (fixture, store_fixture_create (key));
      g_assert_no_errno (g_stat (log, &info));
      g_assert_no_errno (truncate (log, i == 0 ? before.st_size : info.st_size - 1));
      store_fixture_accept (fixture, store_fixture_create (after));
      assert_news_that (fixture, SYNC_STORE_FILE "-wal", "was cut short");
      n += 2;
      sync_clock_virtual_advance_us (fixture->clock, G_USEC_PER_SEC);
    }
  assert_at_path (fixture, n);
}

/* What was cut off was never in memory: nothing is promised, and a start finds what is left. */
static void
test_log_cut_unread (StoreFixture *fixture, gconstpointer data)
{
  g_autofree char *log = NULL;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 50; i++)
    {
      g_autofree char *key = g_strdup_printf ("a%u", i);

      store_fixture_accept (fixture, store_fixture_create (key));
    }
  store_fixture_crash (fixture);
  log = in_directory (fixture, SYNC_STORE_FILE "-wal");
  g_assert_no_errno (truncate (log, 0));
  g_assert_false (sync_store_keep_file (fixture->store, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_STORAGE);
  g_assert_nonnull (strstr (error->message, "was cut short"));
  g_assert_nonnull (strstr (error->message, "start it again"));
  g_clear_error (&error);
  error = refuse (fixture, "c");
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_STORAGE);
  store_fixture_crash (fixture);
  store_fixture_accept (fixture, store_fixture_create ("c"));
}

/* Somebody brings the log back into the file from outside, which is allowed: nothing is missing after that. */
static void
test_checkpoint_outside (StoreFixture *fixture, gconstpointer data)
{
  store_fixture_accept (fixture, store_fixture_create ("a"));
  store_fixture_sql (fixture, "PRAGMA wal_checkpoint (TRUNCATE)");
  store_fixture_accept (fixture, store_fixture_create ("b"));
  assert_at_path (fixture, 2);
}

static SyncRequest *
large_request (const char *key, GRand *rand)
{
  SyncRequest *request = store_fixture_create (key);
  GString *body = g_string_new ("{\"remarks\":\"");

  for (guint i = 0; i < 100000; i++)
    g_string_append_printf (body, "%08x", g_rand_int (rand));
  g_string_append (body, "\"}");
  g_bytes_unref (request->accepted_body);
  request->accepted_body = g_string_free_to_bytes (body);
  return request;
}

/* After a burst SQLite cuts the log itself. */
static void
test_log_shrinks (StoreFixture *fixture, gconstpointer data)
{
  g_autofree char *log = in_directory (fixture, SYNC_STORE_FILE "-wal");
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  GStatBuf most;
  GStatBuf info;

  sync_store_begin_group (fixture->store);
  for (guint i = 0; i < 50; i++)
    {
      g_autofree char *key = g_strdup_printf ("a%u", i);

      store_fixture_accept (fixture, large_request (key, rand));
    }
  g_assert_true (sync_store_commit_group (fixture->store, NULL));
  g_assert_no_errno (g_stat (log, &most));
  for (guint i = 0; i < 5; i++)
    {
      g_autofree char *key = g_strdup_printf ("b%u", i);

      store_fixture_accept (fixture, store_fixture_create (key));
    }
  g_assert_no_errno (g_stat (log, &info));
  g_assert_cmpint (info.st_size, <, most.st_size);
  g_assert_null (sync_store_take_news (fixture->store));
}

static void
test_log_replaced (StoreFixture *fixture, gconstpointer data)
{
  g_autofree char *aside = dup_aside (fixture, "-wal");
  g_autofree char *kept = NULL;

  store_fixture_accept (fixture, store_fixture_create ("a"));
  replace_file (fixture, SYNC_STORE_FILE "-wal", "theirs");
  store_fixture_accept (fixture, store_fixture_create ("b"));
  assert_news (fixture, SYNC_STORE_FILE "-wal");
  g_assert_true (g_file_get_contents (aside, &kept, NULL, NULL));
  g_assert_cmpstr (kept, ==, "theirs");
  assert_at_path (fixture, 2);
}

/* A group that began before is taken back; the next one succeeds. */
static void
test_group (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncRequest) first = NULL;
  g_autoptr (SyncRequest) again = NULL;

  store_fixture_accept (fixture, store_fixture_create ("a"));
  sync_store_begin_group (fixture->store);
  first = sync_store_claim (fixture->store, 1, NULL, NULL, NULL);
  g_assert_nonnull (first);
  remove_file (fixture, SYNC_STORE_FILE);
  g_assert_false (sync_store_commit_group (fixture->store, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_STORAGE);
  g_assert_nonnull (strstr (error->message, fixture->directory));
  g_assert_cmpint (store_fixture_state (fixture, 1), ==, SYNC_STATE_PENDING);
  sync_store_begin_group (fixture->store);
  again = sync_store_claim (fixture->store, 1, NULL, NULL, NULL);
  g_assert_true (sync_store_commit_group (fixture->store, NULL));
  g_assert_cmpint (store_fixture_number (fixture, "SELECT count (*) FROM offline_requests WHERE status = 'sending'"),
                   ==, 1);
}

/* Nothing is written any more before the end, or before somebody looks. */
static void
test_between_commits (StoreFixture *fixture, gconstpointer data)
{
  store_fixture_accept (fixture, store_fixture_create ("a"));
  remove_all (fixture);
  g_assert_true (sync_store_keep_file (fixture->store, NULL));
  assert_news (fixture, SYNC_STORE_FILE);
  assert_at_path (fixture, 1);
  remove_file (fixture, SYNC_STORE_FILE);
  store_fixture_reopen (fixture);
  g_assert_cmpint (store_fixture_state (fixture, 1), ==, SYNC_STATE_PENDING);
  g_assert_true (sync_store_get_ended_clean (fixture->store));
}

/* As long as it cannot be put back nothing is promised; then all is there. */
static void
test_no_room (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  SyncChange change = SYNC_CHANGE_INIT;

  fixture->options.min_free_bytes = 0;
  store_fixture_reopen (fixture);
  store_fixture_accept (fixture, store_fixture_create ("a"));
  fixture->free_bytes = 1000;
  remove_file (fixture, SYNC_STORE_FILE);
  error = refuse (fixture, "b");
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_DISK_FULL);
  g_assert_nonnull (strstr (error->message, "do not end it"));
  g_assert_nonnull (strstr (error->message, "free at least"));
  g_clear_error (&error);
  g_assert_false (sync_store_keep_file (fixture->store, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_DISK_FULL);
  change.id = 1;
  change.from = SYNC_STATE_PENDING;
  change.to = SYNC_STATE_DISCARDED;
  store_fixture_try_change (fixture, change, SYNC_ERROR_DISK_FULL);
  g_assert_null (sync_store_take_news (fixture->store));
  fixture->free_bytes = G_GINT64_CONSTANT (1000) * 1000 * 1000;
  store_fixture_accept (fixture, store_fixture_create ("b"));
  assert_news (fixture, SYNC_STORE_FILE);
  assert_at_path (fixture, 2);
}

/* Its directory is gone, and a file stands in its place. */
static void
test_no_directory (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  store_fixture_accept (fixture, store_fixture_create ("a"));
  remove_all (fixture);
  g_assert_true (g_file_set_contents (fixture->directory, "", 0, NULL));
  error = refuse (fixture, "b");
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_STORAGE);
  g_assert_no_errno (g_unlink (fixture->directory));
  store_fixture_accept (fixture, store_fixture_create ("b"));
  assert_at_path (fixture, 2);
}

/* Another program began in a new directory of that name. */
static void
test_taken (StoreFixture *fixture, gconstpointer data)
{
  g_autofree char *lock = in_directory (fixture, "lock");
  g_autoptr (GError) error = NULL;
  int fd;

  store_fixture_accept (fixture, store_fixture_create ("a"));
  remove_all (fixture);
  g_assert_no_errno (g_mkdir (fixture->directory, 0700));
  fd = open (lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  g_assert_no_errno (flock (fd, LOCK_EX));
  replace_file (fixture, SYNC_STORE_FILE, "theirs");
  error = refuse (fixture, "b");
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_LOCKED);
  close (fd);
  store_fixture_accept (fixture, store_fixture_create ("b"));
  assert_at_path (fixture, 2);
}

static void
test_reader (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (SyncStore) reader = NULL;
  SyncCounts counts;

  store_fixture_accept (fixture, store_fixture_create ("a"));
  reader = sync_store_open_reader (fixture->directory, NULL);
  remove_file (fixture, SYNC_STORE_FILE);
  g_assert_true (sync_store_get_counts (reader, &counts, NULL));
  g_assert_cmpuint (counts.total, ==, 1);
  store_fixture_accept (fixture, store_fixture_create ("b"));
  g_assert_true (sync_store_get_counts (reader, &counts, NULL));
  g_assert_cmpuint (counts.total, ==, 2);
  g_assert_cmpint (sync_store_get_format (reader), ==, store_fixture_number (fixture, "PRAGMA user_version"));
  /* Its end takes nothing away from the store. */
  g_clear_object (&reader);
  store_fixture_accept (fixture, store_fixture_create ("c"));
  assert_at_path (fixture, 3);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  store_fixture_add_test ("/sync/store-file/untouched", test_untouched);
  store_fixture_add_test ("/sync/store-file/removed", test_removed);
  store_fixture_add_test ("/sync/store-file/all-removed", test_all_removed);
  store_fixture_add_test ("/sync/store-file/replaced", test_replaced);
  store_fixture_add_test ("/sync/store-file/link", test_link);
  store_fixture_add_test ("/sync/store-file/log-removed", test_log_removed);
  store_fixture_add_test ("/sync/store-file/log-cut", test_log_cut);
  store_fixture_add_test ("/sync/store-file/log-cut-unread", test_log_cut_unread);
  store_fixture_add_test ("/sync/store-file/checkpoint-outside", test_checkpoint_outside);
  store_fixture_add_test ("/sync/store-file/log-shrinks", test_log_shrinks);
  store_fixture_add_test ("/sync/store-file/log-replaced", test_log_replaced);
  store_fixture_add_test ("/sync/store-file/group", test_group);
  store_fixture_add_test ("/sync/store-file/between-commits", test_between_commits);
  store_fixture_add_test ("/sync/store-file/no-room", test_no_room);
  store_fixture_add_test ("/sync/store-file/no-directory", test_no_directory);
  store_fixture_add_test ("/sync/store-file/taken", test_taken);
  store_fixture_add_test ("/sync/store-file/reader", test_reader);
  return g_test_run ();
}
