/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the world does to a file: full disks, closed directories, second processes, newer versions. */
#define _GNU_SOURCE /* unshare() */
#include "config.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store-fixture.h"

static char *
in_directory (StoreFixture *fixture, const char *name)
{
  return g_build_filename (fixture->directory, name, NULL);
}

static gboolean
exists (StoreFixture *fixture, const char *name)
{
  g_autofree char *path = in_directory (fixture, name);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static void
check_open_fails (StoreFixture *fixture, int code, const char *named)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncStore) store
    = sync_store_open (fixture->directory, &fixture->options, SYNC_CLOCK (fixture->clock), &error);

  g_assert_null (store);
  g_assert_error (error, SYNC_ERROR, code);
  g_assert_nonnull (strstr (error->message, named));
}

static void
test_modes (StoreFixture *fixture, gconstpointer data)
{
  g_autofree char *database = in_directory (fixture, SYNC_STORE_FILE);
  g_autofree char *log = in_directory (fixture, SYNC_STORE_FILE "-wal");
  g_autofree char *nested = in_directory (fixture, "a/b");
  g_autofree char *nested_database = in_directory (fixture, "a/b/queue.db");
  g_autofree char *parent = in_directory (fixture, "a");
  g_autoptr (SyncStore) store = NULL;
  GStatBuf info;

  store_fixture_accept (fixture, store_fixture_create ("k"));
  g_assert_cmpint (g_stat (fixture->directory, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0700);
  g_assert_cmpint (g_stat (database, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0600);
  g_assert_cmpint (g_stat (log, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0600);

  /* Left open by hand, it is closed again. */
  g_assert_cmpint (g_chmod (fixture->directory, 0755), ==, 0);
  g_assert_cmpint (g_chmod (database, 0644), ==, 0);
  store_fixture_reopen (fixture);
  g_assert_cmpint (g_stat (fixture->directory, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0700);
  g_assert_cmpint (g_stat (database, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0600);

  store = sync_store_open (nested, &fixture->options, SYNC_CLOCK (fixture->clock), NULL);
  g_assert_nonnull (store);
  g_clear_object (&store);
  g_assert_cmpint (g_stat (nested_database, &info), ==, 0);
  sync_test_directory_free (g_steal_pointer (&nested));
  g_assert_cmpint (g_rmdir (parent), ==, 0);
}

static void
test_settings (StoreFixture *fixture, gconstpointer data)
{
  g_assert_cmpint (store_fixture_number (fixture, "PRAGMA user_version"), ==, 6);
  g_assert_cmpint (store_fixture_number (fixture, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), ==,
                   1);
  g_assert_cmpint (store_fixture_number (fixture,
                                         "SELECT count (*) FROM pragma_table_list"
                                         " WHERE schema = 'main' AND name NOT LIKE 'sqlite%' AND strict = 0"),
                   ==, 0);
}

static void
test_low_disk (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) acceptances = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_acceptance_free);
  g_autoptr (GError) error = NULL;
  SyncAcceptance *acceptance = sync_acceptance_new (store_fixture_create ("refused"));

  store_fixture_accept (fixture, store_fixture_create ("k"));
  g_ptr_array_add (acceptances, acceptance);
  fixture->free_bytes = fixture->options.min_free_bytes - 1;
  g_assert_false (sync_store_accept (fixture->store, acceptances, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_DISK_FULL);
  g_assert_cmpint (acceptance->id, ==, 0);
  g_assert_cmpint (store_fixture_number (fixture, "SELECT count (*) FROM offline_requests"), ==, 1);
  /* What was accepted can still be delivered. */
  store_fixture_deliver (fixture, 1, NULL, NULL);
  fixture->free_bytes = fixture->options.min_free_bytes;
  g_clear_error (&error);
  g_assert_true (sync_store_accept (fixture->store, acceptances, &error));
  g_assert_no_error (error);
  g_assert_cmpint (acceptance->id, ==, 2);
}

static void
test_reserve (StoreFixture *fixture, gconstpointer data)
{
  g_autofree char *path = in_directory (fixture, "reserve");

  g_assert_true (exists (fixture, "reserve"));
  g_unlink (path);
  /* It comes back when there is room for it, not before. */
  fixture->free_bytes = fixture->options.min_free_bytes + 1;
  store_fixture_reopen (fixture);
  store_fixture_accept (fixture, store_fixture_create ("a"));
  g_assert_false (exists (fixture, "reserve"));
  fixture->free_bytes += fixture->options.reserve_bytes;
  store_fixture_accept (fixture, store_fixture_create ("b"));
  g_assert_true (exists (fixture, "reserve"));
}

static void
fill_disk (const char *directory)
{
  g_autofree char *path = g_build_filename (directory, "filler", NULL);
  FILE *file = g_fopen (path, "wb");
  char block[4096] = "";

  setvbuf (file, NULL, _IONBF, 0);
  while (fwrite (block, 1, sizeof block, file) == sizeof block)
    ;
  g_assert_cmpint (errno, ==, ENOSPC);
  fclose (file);
}

/* The program starts on a full disk as long as there is the reserve, and then says what it needs. */
static void
check_start_on_full_disk (StoreFixture *fixture)
{
  g_autofree char *reserve = in_directory (fixture, "reserve");
  g_autofree char *filler = in_directory (fixture, "filler");

  g_clear_object (&fixture->store);
  g_assert_true (exists (fixture, "reserve"));
  fill_disk (fixture->directory);
  fixture->free_bytes = 0;
  store_fixture_reopen (fixture);
  g_assert_false (exists (fixture, "reserve"));
  store_fixture_deliver (fixture, 2, NULL, NULL);
  g_clear_object (&fixture->store);
  fill_disk (fixture->directory);
  check_open_fails (fixture, SYNC_ERROR_DISK_FULL, fixture->directory);
  check_open_fails (fixture, SYNC_ERROR_DISK_FULL, "free at least 10 MB and start the program again");
  g_assert_no_errno (g_unlink (filler));
  store_fixture_reopen (fixture);
  g_assert_cmpint (store_fixture_state (fixture, 2), ==, SYNC_STATE_COMPLETED);
}

/* A disk that is really full: a small one of our own, seen by this process only. */
static void
test_full_disk (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) acceptances = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_acceptance_free);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = g_strnfill (200000, 'x');
  SyncChange change = SYNC_CHANGE_INIT;
  guint n_changes = 0;

  g_clear_object (&fixture->store);
  if (geteuid () != 0 || unshare (CLONE_NEWNS) != 0 || mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0
      || mount ("tmpfs", fixture->directory, "tmpfs", 0, "size=4m,mode=0700") != 0)
    {
      g_test_skip ("a disk of its own needs the right to mount");
      return;
    }
  fixture->options.reserve_bytes = 1024 * 1024;
  store_fixture_reopen (fixture);
  store_fixture_accept (fixture, store_fixture_create ("k"));
  fill_disk (fixture->directory);
  g_assert_true (exists (fixture, "reserve"));
  change.id = 1;
  change.attempt = store_fixture_claim (fixture, 1);
  change.from = change.to = SYNC_STATE_SENDING;
  change.response = text;
  while (sync_store_change (fixture->store, &change, &error) && n_changes < 10000)
    n_changes++;
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_DISK_FULL);
  g_assert_false (exists (fixture, "reserve"));
  g_assert_cmpuint (n_changes, >, 10);
  /* What failed left nothing behind, and room brings it back. */
  {
    g_autofree char *filler = in_directory (fixture, "filler");

    g_unlink (filler);
  }
  change.to = SYNC_STATE_COMPLETED;
  store_fixture_change (fixture, change);
  store_fixture_accept (fixture, store_fixture_create ("after"));
  g_assert_true (sync_store_verify_audit (fixture->store, NULL, NULL));
  g_assert_true (sync_store_check (fixture->store, NULL));
  check_start_on_full_disk (fixture);
  g_clear_object (&fixture->store);
  g_assert_cmpint (umount2 (fixture->directory, MNT_DETACH), ==, 0);
}

/* Of somebody else: its owner would simply open it. */
static void
test_closed_directory (StoreFixture *fixture, gconstpointer data)
{
  if (geteuid () != 0)
    {
      g_test_skip ("only root can make a directory of somebody else");
      return;
    }
  g_clear_object (&fixture->store);
  sync_test_directory_free (g_steal_pointer (&fixture->directory));
  fixture->directory = sync_test_directory_new ();
  g_assert_cmpint (g_chmod (fixture->directory, 0555), ==, 0);
  g_assert_cmpint (seteuid (65534), ==, 0);
  check_open_fails (fixture, SYNC_ERROR_STORAGE, fixture->directory);
  g_assert_cmpint (seteuid (0), ==, 0);
  g_assert_cmpint (g_chmod (fixture->directory, 0700), ==, 0);
}

static void
test_no_directory (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (sync_store_open ("/dev/null/below", NULL, SYNC_CLOCK (fixture->clock), &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_STORAGE);
  g_assert_nonnull (strstr (error->message, "/dev/null/below"));
}

static void
test_second_process (StoreFixture *fixture, gconstpointer data)
{
  g_autofree char *pid = g_strdup_printf ("process %d;", (int) getpid ());

  check_open_fails (fixture, SYNC_ERROR_LOCKED, pid);
  sync_store_close (fixture->store);
  sync_store_close (fixture->store);
  store_fixture_reopen (fixture);
}

static void
test_newer (StoreFixture *fixture, gconstpointer data)
{
  g_autofree char *path = in_directory (fixture, SYNC_STORE_FILE);
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  gsize before_size;
  gsize after_size;

  store_fixture_accept (fixture, store_fixture_create ("k"));
  g_clear_object (&fixture->store);
  store_fixture_sql (fixture, "PRAGMA user_version = 7");
  g_assert_true (g_file_get_contents (path, &before, &before_size, NULL));
  check_open_fails (fixture, SYNC_ERROR_NEWER, SYNC_STORE_FILE);
  g_assert_true (g_file_get_contents (path, &after, &after_size, NULL));
  g_assert_cmpmem (before, before_size, after, after_size);
  store_fixture_sql (fixture, "PRAGMA user_version = 6");
  store_fixture_reopen (fixture);
  g_assert_cmpint (store_fixture_state (fixture, 1), ==, SYNC_STATE_PENDING);
}

static void
test_other_program (StoreFixture *fixture, gconstpointer data)
{
  g_autofree char *path = in_directory (fixture, SYNC_STORE_FILE);

  g_clear_object (&fixture->store);
  g_unlink (path);
  g_assert_true (g_file_set_contents (path, "", 0, NULL));
  store_fixture_sql (fixture, "CREATE TABLE theirs (a)");
  check_open_fails (fixture, SYNC_ERROR_STORAGE, "another program");
  g_assert_cmpint (store_fixture_number (fixture, "SELECT count (*) FROM theirs"), ==, 0);
}

static void
test_reader (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (SyncStore) reader = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) rows = NULL;
  SyncListFilter filter = { 0 };
  SyncCounts counts;

  store_fixture_accept (fixture, store_fixture_create ("a"));
  reader = sync_store_open_reader (fixture->directory, &error);
  g_assert_no_error (error);
  store_fixture_accept (fixture, store_fixture_create ("b"));
  rows = sync_store_list (reader, &filter, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (rows->len, ==, 2);
  g_assert_true (sync_store_get_counts (reader, &counts, NULL));
  g_assert_cmpuint (counts.n[SYNC_STATE_PENDING], ==, 2);
  g_assert_cmpint (sync_store_get_next_due_us (reader), ==, 0);
  g_assert_true (sync_store_check (reader, &error));
  g_assert_null (sync_store_claim (reader, 1, NULL, NULL, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_STORAGE);
  g_clear_error (&error);
  g_assert_null (sync_store_list_due (reader, 1, NULL, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_STORAGE);
}

static void
test_reader_without_queue (StoreFixture *fixture, gconstpointer data)
{
  char *directory = sync_test_directory_new ();
  g_autoptr (GError) error = NULL;

  g_assert_null (sync_store_open_reader (directory, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_STORAGE);
  sync_test_directory_free (directory);
}

/* The database as an older version of the format wrote it; a newer version of the program must bring it along. */
static void
bring_along (StoreFixture *fixture, const char *name)
{
  g_autofree char *stored = g_test_build_filename (G_TEST_DIST, "fixtures", "db", name, NULL);
  g_autofree char *path = in_directory (fixture, SYNC_STORE_FILE);
  g_autofree char *bytes = NULL;
  g_autoptr (SyncRequest) row = NULL;
  g_autoptr (GArray) shown = NULL;
  g_autoptr (GError) error = NULL;
  guint64 n_audit;
  gsize size;

  g_clear_object (&fixture->store);
  g_assert_true (g_file_get_contents (stored, &bytes, &size, &error));
  g_assert_no_error (error);
  g_assert_true (g_file_set_contents (path, bytes, size, NULL));
  store_fixture_reopen (fixture);
  g_assert_null (sync_store_get_loss_report (fixture->store));
  for (guint state = 0; state < SYNC_N_STATES; state++)
    {
      SyncState expected = state == SYNC_STATE_SENDING ? SYNC_STATE_UNKNOWN : state;

      g_assert_cmpint (store_fixture_state (fixture, state + 1), ==, expected);
    }
  g_assert_cmpuint (sync_store_get_recovered (fixture->store), ==, 1);
  row = store_fixture_get (fixture, SYNC_N_STATES + 1);
  g_assert_cmpuint (g_bytes_get_size (row->accepted_body), ==, 20000);
  g_assert_cmpuint (row->depends_on->len, ==, 1);
  g_assert_true (sync_store_verify_audit (fixture->store, &n_audit, &error));
  g_assert_cmpuint (n_audit, >, SYNC_N_STATES);
  store_fixture_accept (fixture, store_fixture_create ("new"));
  /* Version 2: each placeholder has its request. */
  g_assert_cmpint (store_fixture_number (fixture, "SELECT count (*) FROM names AS n JOIN offline_requests AS r ON"
                                                  " r.id = n.request_id AND n.name = 'LOCAL-' || r.key"),
                   ==, SYNC_N_STATES + 2);
  g_assert_cmpint (store_fixture_number (fixture, "SELECT count (*) FROM dependencies WHERE named = 1"), ==, 1);
  /* Version 3: of what was sent before it nobody knows under which key, as whom or when on the server's clock. */
  g_assert_cmpint (store_fixture_number (fixture, "SELECT count (*) FROM attempts WHERE kind = 'send'"), >, 0);
  g_assert_cmpint (store_fixture_number (fixture, "SELECT count (*) FROM attempts WHERE key_field IS NOT NULL OR sent_as"
                                                  " IS NOT NULL OR server_ms <> 0"),
                   ==, 0);
  /* Version 4: of what was accepted before it nobody knows when that was on the boot clock. */
  if (strcmp (name, "v4.db") < 0)
    g_assert_cmpint (row->accepted_boot_us, ==, 0);
  sync_request_unref (row);
  row = store_fixture_get (fixture, SYNC_N_STATES + 2);
  g_assert_cmpint (row->accepted_boot_us, >, 0);
  /* Version 5: what was open was a person's. */
  g_assert_cmpint (store_fixture_number (fixture, "SELECT count (*) FROM sync_conflicts WHERE status = 'pending'"
                                                  " AND asked_ms = 0"),
                   ==, 0);
  /* Version 6: all of it can be looked at. */
  shown = sync_store_list_shown (fixture->store, &(const SyncShown){ .words = "NEW" }, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (shown->len, ==, 1);
  g_assert_cmpint (g_array_index (shown, gint64, 0), ==, row->id);
}

static void
test_version_1 (StoreFixture *fixture, gconstpointer data)
{
  bring_along (fixture, "v1.db");
}

static void
test_version_5 (StoreFixture *fixture, gconstpointer data)
{
  bring_along (fixture, "v5.db");
}

static void
test_version_4 (StoreFixture *fixture, gconstpointer data)
{
  bring_along (fixture, "v4.db");
}

static void
test_version_3 (StoreFixture *fixture, gconstpointer data)
{
  bring_along (fixture, "v3.db");
}

static void
test_version_2 (StoreFixture *fixture, gconstpointer data)
{
  bring_along (fixture, "v2.db");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  store_fixture_add_test ("/sync/store-limits/modes", test_modes);
  store_fixture_add_test ("/sync/store-limits/settings", test_settings);
  store_fixture_add_test ("/sync/store-limits/low-disk", test_low_disk);
  store_fixture_add_test ("/sync/store-limits/reserve", test_reserve);
  store_fixture_add_test ("/sync/store-limits/closed-directory", test_closed_directory);
  store_fixture_add_test ("/sync/store-limits/no-directory", test_no_directory);
  store_fixture_add_test ("/sync/store-limits/second-process", test_second_process);
  store_fixture_add_test ("/sync/store-limits/newer", test_newer);
  store_fixture_add_test ("/sync/store-limits/other-program", test_other_program);
  store_fixture_add_test ("/sync/store-limits/reader", test_reader);
  store_fixture_add_test ("/sync/store-limits/reader-without-queue", test_reader_without_queue);
  store_fixture_add_test ("/sync/store-limits/version-1", test_version_1);
  store_fixture_add_test ("/sync/store-limits/version-2", test_version_2);
  store_fixture_add_test ("/sync/store-limits/version-3", test_version_3);
  store_fixture_add_test ("/sync/store-limits/version-4", test_version_4);
  store_fixture_add_test ("/sync/store-limits/version-5", test_version_5);
  /* Last, because it changes what this process sees of the file system. */
  store_fixture_add_test ("/sync/store-limits/full-disk", test_full_disk);
  return g_test_run ();
}
