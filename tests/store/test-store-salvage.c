/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Damage: what can still be read of a queue comes out of it, and what is lost is said. */
#include "config.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "store-fixture.h"

#define PAGE 4096

static char *
in_directory (StoreFixture *fixture, const char *name)
{
  return g_build_filename (fixture->directory, name, NULL);
}

static void
accept_many (StoreFixture *fixture, guint n)
{
  g_autoptr (GPtrArray) acceptances = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_acceptance_free);

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *key = g_strdup_printf ("many-%u", i);

      g_ptr_array_add (acceptances, sync_acceptance_new (store_fixture_create (key)));
    }
  g_assert_true (sync_store_accept (fixture->store, acceptances, NULL));
}

/* The path of the file that was set aside. */
static char *
find_damaged (StoreFixture *fixture)
{
  return g_strdup_printf ("%s/queue.db.damaged-%" G_GINT64_FORMAT, fixture->directory,
                          sync_clock_wall_ms (SYNC_CLOCK (fixture->clock)));
}

static void
test_garbage (StoreFixture *fixture, gconstpointer data)
{
  g_autofree char *path = in_directory (fixture, SYNC_STORE_FILE);
  g_autofree char *damaged = find_damaged (fixture);
  g_autofree char *kept = NULL;

  g_assert_null (sync_store_get_loss_report (fixture->store));
  g_clear_object (&fixture->store);
  g_assert_true (g_file_set_contents (path, "this is not a database", -1, NULL));
  store_fixture_reopen (fixture);
  g_assert_true (g_file_get_contents (damaged, &kept, NULL, NULL));
  g_assert_cmpstr (kept, ==, "this is not a database");
  g_assert_nonnull (strstr (sync_store_get_loss_report (fixture->store), damaged));
  store_fixture_accept (fixture, store_fixture_create ("k"));
  /* Nothing could be saved, and that is not forgotten at the next start. */
  store_fixture_reopen (fixture);
  g_assert_nonnull (strstr (sync_store_get_loss_report (fixture->store), damaged));
  sync_clock_virtual_advance_us (fixture->clock, 8 * G_TIME_SPAN_DAY);
  store_fixture_reopen (fixture);
  g_assert_null (sync_store_get_loss_report (fixture->store));
  g_assert_cmpint (store_fixture_state (fixture, 1), ==, SYNC_STATE_PENDING);
}

static void
test_emptied (StoreFixture *fixture, gconstpointer data)
{
  g_autofree char *path = in_directory (fixture, SYNC_STORE_FILE);
  char *copy = sync_test_directory_new ();

  store_fixture_accept (fixture, store_fixture_create ("k"));
  /* Killed, and then somebody emptied the file but not its log. */
  sync_test_directory_copy (fixture->directory, copy);
  g_clear_object (&fixture->store);
  sync_test_directory_free (fixture->directory);
  fixture->directory = copy;
  g_free (path);
  path = in_directory (fixture, SYNC_STORE_FILE);
  g_assert_cmpint (truncate (path, 0), ==, 0);
  store_fixture_reopen (fixture);
  g_assert_nonnull (sync_store_get_loss_report (fixture->store));
  g_assert_cmpint (store_fixture_state (fixture, 1), ==, SYNC_STATE_UNKNOWN);
}

static void
damage_page (StoreFixture *fixture, gint64 page)
{
  g_autofree char *path = in_directory (fixture, SYNC_STORE_FILE);
  FILE *file = g_fopen (path, "r+b");
  guint8 noise[PAGE];

  memset (noise, 0xa5, sizeof noise);
  g_assert_nonnull (file);
  g_assert_cmpint (fseek (file, (page - 1) * PAGE, SEEK_SET), ==, 0);
  g_assert_cmpuint (fwrite (noise, 1, sizeof noise, file), ==, sizeof noise);
  fclose (file);
}

/* Overwrites one page of the queue's table. */
static void
damage_rows (StoreFixture *fixture)
{
  damage_page (fixture, store_fixture_number (fixture, "SELECT pageno FROM dbstat WHERE name = 'offline_requests'"
                                                       " AND pagetype = 'leaf' LIMIT 1 OFFSET 2"));
}

static void
test_rows (StoreFixture *fixture, gconstpointer data)
{
  g_autofree char *damaged = find_damaged (fixture);
  g_autoptr (SyncAcceptance) again = NULL;
  g_autoptr (SyncRequest) first = NULL;
  g_autoptr (SyncRequest) update = NULL;
  SyncCounts counts;
  guint n_saved;

  accept_many (fixture, 60);
  store_fixture_deliver (fixture, 1, "ACC-1", NULL);
  store_fixture_accept (fixture, store_fixture_update ("u", "LOCAL-many-1", NULL));
  if (store_fixture_try_sql (fixture, "SELECT 1 FROM dbstat") != SQLITE_OK)
    {
      g_test_skip ("this SQLite cannot tell which page is which");
      return;
    }
  g_clear_object (&fixture->store);
  damage_rows (fixture);

  /* The damage is far inside, but among what has to be delivered. */
  store_fixture_reopen (fixture);
  g_test_message ("%s", sync_store_get_loss_report (fixture->store));
  g_assert_nonnull (sync_store_get_loss_report (fixture->store));
  g_assert_true (g_file_test (damaged, G_FILE_TEST_EXISTS));

  g_assert_true (sync_store_get_counts (fixture->store, &counts, NULL));
  n_saved = counts.n[SYNC_STATE_UNKNOWN];
  g_assert_cmpuint (n_saved, >, 40);
  g_assert_cmpuint (n_saved, <, 60);
  g_assert_cmpuint (counts.total, ==, n_saved);
  g_assert_cmpuint (counts.needs_person, ==, 0);
  first = store_fixture_get (fixture, 2);
  g_assert_cmpstr (first->key, ==, "many-1");
  g_assert_nonnull (first->accepted_body);
  update = sync_store_find_key (fixture->store, SITE, "resource", "Sales Invoice", "u", NULL);
  g_assert_cmpstr (update->lane, ==, first->lane);
  g_assert_cmpint (store_fixture_number (fixture, "SELECT is_head FROM offline_requests WHERE id = 2"), ==, 1);
  g_assert_cmpint (store_fixture_number (fixture, "SELECT is_head FROM offline_requests WHERE key = 'u'"), ==, 0);
  /* What was delivered is not posted a second time. */
  again = store_fixture_accept_full (fixture, store_fixture_create ("many-0"));
  g_assert_true (again->existing);
  g_assert_cmpint (again->state, ==, SYNC_STATE_COMPLETED);
  sync_clock_virtual_advance_us (fixture->clock, 8 * G_TIME_SPAN_DAY);
  store_fixture_reopen (fixture);
  g_assert_null (sync_store_get_loss_report (fixture->store));
}

/* A row of which the rest stands on pages of its own, and that cannot be compressed. */
static SyncRequest *
large_request (const char *key)
{
  SyncRequest *request = store_fixture_create (key);
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  guint8 *noise = g_malloc (30000);

  for (guint i = 0; i < 30000; i++)
    noise[i] = g_rand_int_range (random, 0, 256);
  g_bytes_unref (request->accepted_body);
  request->accepted_body = g_bytes_new_take (noise, 30000);
  return request;
}

static void
assert_saved (StoreFixture *fixture, guint n, guint of)
{
  g_autofree char *words = g_strdup_printf ("; %u of %u undelivered requests could be saved", n, of);
  const char *report = sync_store_get_loss_report (fixture->store);
  SyncCounts counts;

  g_assert_nonnull (report);
  g_test_message ("%s", report);
  g_assert_nonnull (strstr (report, words));
  g_assert_true ((strstr (report, "The others are lost") != NULL) == (n < of));
  g_assert_true (sync_store_get_counts (fixture->store, &counts, NULL));
  g_assert_cmpuint (counts.n[SYNC_STATE_UNKNOWN], ==, n);
  g_assert_cmpuint (counts.total, ==, n);
}

static gboolean
has_dbstat (StoreFixture *fixture)
{
  if (store_fixture_try_sql (fixture, "SELECT 1 FROM dbstat") == SQLITE_OK)
    return TRUE;
  g_test_skip ("this SQLite cannot tell which page is which");
  return FALSE;
}

/* Damage that is met while the store is open is mended there and then, and a reader goes along. */
static void
test_mended (StoreFixture *fixture, gconstpointer data)
{
  const SyncSend seen_pending = { .is_pending = TRUE };
  g_autoptr (SyncStore) reader = NULL;
  g_autofree char *news = NULL;
  char *state = sync_test_directory_new ();
  g_autoptr (GError) error = NULL;
  SyncCounts counts;

  fixture->options.witness_directory = state;
  accept_many (fixture, 20);
  store_fixture_accept (fixture, large_request ("large"));
  if (!has_dbstat (fixture))
    return;
  store_fixture_reopen (fixture);
  reader = sync_store_open_reader (fixture->directory, NULL);
  damage_page (fixture, store_fixture_number (fixture, "SELECT pageno FROM dbstat WHERE name = 'offline_requests'"
                                                       " AND pagetype = 'overflow' LIMIT 1 OFFSET 3"));
  sync_clock_virtual_advance_us (fixture->clock, G_USEC_PER_SEC);
  store_fixture_accept (fixture, store_fixture_create ("after"));
  /* Without room for what is saved all stays as it is. */
  fixture->free_bytes = 1000;
  g_assert_null (sync_store_claim (fixture->store, 21, NULL, NULL, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_DISK_FULL);
  g_clear_error (&error);
  g_assert_false (sync_store_keep_file (fixture->store, NULL));
  g_assert_cmpint (store_fixture_state (fixture, 1), ==, SYNC_STATE_PENDING);
  fixture->free_bytes = G_GINT64_CONSTANT (1000) * 1000 * 1000;
  g_assert_null (sync_store_claim (fixture->store, 21, NULL, NULL, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_CORRUPT);
  news = sync_store_take_news (fixture->store);
  g_assert_nonnull (news);
  assert_saved (fixture, 22, 22);
  g_assert_true (sync_store_get_counts (reader, &counts, NULL));
  g_assert_cmpuint (counts.n[SYNC_STATE_UNKNOWN], ==, 22);
  g_clear_error (&error);
  /* Whoever read it as pending before the mend does not send it unlooked. */
  g_assert_null (sync_store_claim (fixture->store, 1, &seen_pending, NULL, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_STALE);
  g_clear_error (&error);
  store_fixture_deliver (fixture, 22, NULL, NULL);
  g_assert_cmpint (store_fixture_number (fixture, "SELECT id FROM offline_requests WHERE needs_person = 1"), ==, 21);
  g_assert_true (sync_store_keep_file (fixture->store, NULL));
  g_assert_null (sync_store_take_news (fixture->store));
  /* It is the queue of this directory now. */
  store_fixture_reopen (fixture);
  g_assert_null (sync_store_get_restore_report (fixture->store));
  sync_test_directory_free (state);
  fixture->options.witness_directory = NULL;
}

/* What comes out is looked for like the rows of a restored copy, but for what cannot be trusted. */
static void
test_doubted (StoreFixture *fixture, gconstpointer data)
{
  g_autofree char *path = in_directory (fixture, SYNC_STORE_FILE);
  g_autofree char *due = NULL;

  accept_many (fixture, 4);
  store_fixture_sql (fixture, "UPDATE offline_requests SET url = CAST (x'2f61ff62' AS TEXT) WHERE id = 1;"
                              "UPDATE offline_requests SET effective_body = x'3d7b7d' WHERE id = 2;"
                              "UPDATE offline_requests SET needs_person = 1 WHERE id = 3");
  g_clear_object (&fixture->store);
  damage_page (fixture, 1);
  store_fixture_reopen (fixture);
  due = store_fixture_dup_due (fixture);
  g_assert_cmpstr (due, ==, "4");
  g_assert_cmpint (store_fixture_number (fixture, "SELECT count (*) FROM offline_requests WHERE unaccounted = 1"), ==,
                   4);
}

/* Cut at several places: exactly the rows come back whose pages are still there. */
static void
test_cut (StoreFixture *fixture, gconstpointer data)
{
  g_autofree char *path = in_directory (fixture, SYNC_STORE_FILE);
  g_autofree char *whole = NULL;
  gsize size;

  accept_many (fixture, 400);
  if (!has_dbstat (fixture))
    return;
  g_clear_object (&fixture->store);
  g_assert_true (g_file_get_contents (path, &whole, &size, NULL));
  for (guint percent = 95; percent >= 20; percent -= 15)
    {
      goffset length = size / PAGE * percent / 100 * PAGE;
      g_autofree char *sql = g_strdup_printf (
          "SELECT coalesce (sum (ncell), 0) FROM dbstat WHERE name = 'offline_requests' AND pagetype = 'leaf'"
          " AND pageno * %d <= %" G_GOFFSET_FORMAT,
          PAGE, length);
      guint expected;

      g_assert_true (g_file_set_contents (path, whole, size, NULL));
      expected = store_fixture_number (fixture, sql);
      g_test_message ("%u %% of the file: %u of 400 rows are in it", percent, expected);
      g_assert_no_errno (truncate (path, length));
      sync_clock_virtual_advance_us (fixture->clock, G_USEC_PER_SEC);
      store_fixture_reopen (fixture);
      assert_saved (fixture, expected, 400);
      g_clear_object (&fixture->store);
    }
  store_fixture_reopen (fixture);
}

/* The page that leads to all others of the table: nothing is lost by that. */
static void
test_root (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (SyncRequest) row = NULL;

  accept_many (fixture, 60);
  store_fixture_accept (fixture, large_request ("large"));
  if (!has_dbstat (fixture))
    return;
  g_clear_object (&fixture->store);
  damage_page (fixture, store_fixture_number (fixture, "SELECT rootpage FROM sqlite_schema WHERE name ="
                                                       " 'offline_requests'"));
  store_fixture_reopen (fixture);
  assert_saved (fixture, 61, 61);
  row = store_fixture_get (fixture, 61);
  g_assert_cmpuint (g_bytes_get_size (row->accepted_body), ==, 30000);
}

/* The page that says what is where: nobody knows how many there were, but they are found. */
static void
test_first_page (StoreFixture *fixture, gconstpointer data)
{
  SyncCounts counts;

  accept_many (fixture, 60);
  g_clear_object (&fixture->store);
  damage_page (fixture, 1);
  store_fixture_reopen (fixture);
  g_assert_nonnull (strstr (sync_store_get_loss_report (fixture->store), "; 60 undelivered requests"));
  g_assert_nonnull (strstr (sync_store_get_loss_report (fixture->store), "Others may be lost"));
  g_assert_true (sync_store_get_counts (fixture->store, &counts, NULL));
  g_assert_cmpuint (counts.n[SYNC_STATE_UNKNOWN], ==, 60);
}

/* A page of a large body: what is left of its row tells a person what it was. */
static void
test_body (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (SyncRequest) row = NULL;
  g_autoptr (GError) error = NULL;

  accept_many (fixture, 3);
  store_fixture_accept (fixture, large_request ("large"));
  if (!has_dbstat (fixture))
    return;
  g_clear_object (&fixture->store);
  damage_page (fixture, store_fixture_number (fixture, "SELECT pageno FROM dbstat WHERE name = 'offline_requests'"
                                                       " AND pagetype = 'overflow' LIMIT 1 OFFSET 3"));
  /* No list reads it: the program starts, the check finds it, and the next start mends it. */
  store_fixture_reopen (fixture);
  g_assert_null (sync_store_get_loss_report (fixture->store));
  g_assert_false (sync_store_check (fixture->store, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_CORRUPT);
  g_clear_error (&error);
  store_fixture_reopen (fixture);
  assert_saved (fixture, 4, 4);
  row = sync_store_get (fixture->store, 4, &error);
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_CORRUPT);
  g_assert_cmpint (store_fixture_number (fixture, "SELECT count (*) FROM offline_requests WHERE key = 'large'"
                                                  " AND needs_person = 1 AND accepted_body IS NULL"),
                   ==, 1);
}

/* Newer versions stand in the log. */
static void
test_log (StoreFixture *fixture, gconstpointer data)
{
  SyncChange change = SYNC_CHANGE_INIT;
  char *copy = sync_test_directory_new ();

  accept_many (fixture, 30);
  store_fixture_reopen (fixture);
  sync_clock_virtual_advance_us (fixture->clock, G_USEC_PER_SEC);
  store_fixture_deliver (fixture, 1, NULL, NULL);
  change.id = 2;
  change.from = SYNC_STATE_PENDING;
  change.to = SYNC_STATE_DISCARDED;
  store_fixture_change (fixture, change);
  store_fixture_accept (fixture, large_request ("large"));
  sync_test_directory_copy (fixture->directory, copy);
  g_clear_object (&fixture->store);
  sync_test_directory_free (fixture->directory);
  fixture->directory = copy;
  damage_page (fixture, 1);
  store_fixture_reopen (fixture);
  assert_saved (fixture, 29, 29);
  g_assert_cmpint (store_fixture_number (fixture, "SELECT count (*) FROM offline_requests WHERE id <= 2"), ==, 0);
  g_assert_cmpint (store_fixture_number (fixture, "SELECT count (*) FROM delivered_keys WHERE key = 'many-0'"), ==, 1);
  g_assert_cmpuint (store_fixture_state (fixture, 31), ==, SYNC_STATE_UNKNOWN);
}

/* The page is lost, but an old version of it lies about: what was delivered since is known by its key. */
static void
test_old_version (StoreFixture *fixture, gconstpointer data)
{
  g_autofree char *path = in_directory (fixture, SYNC_STORE_FILE);
  g_autofree char *before = NULL;
  FILE *file;
  gint64 page;
  gsize size;

  accept_many (fixture, 3);
  page = store_fixture_number (fixture, "SELECT rootpage FROM sqlite_schema WHERE name = 'offline_requests'");
  g_clear_object (&fixture->store);
  g_assert_true (g_file_get_contents (path, &before, &size, NULL));
  store_fixture_reopen (fixture);
  store_fixture_deliver (fixture, 1, NULL, NULL);
  g_clear_object (&fixture->store);
  damage_page (fixture, page);
  file = g_fopen (path, "ab");
  g_assert_cmpuint (fwrite (before + (page - 1) * PAGE, 1, PAGE, file), ==, PAGE);
  fclose (file);
  store_fixture_reopen (fixture);
  assert_saved (fixture, 2, 2);
}

/* Bytes that were altered anywhere behind the first page: whatever comes out, the store opens and works. */
static void
test_noise (StoreFixture *fixture, gconstpointer data)
{
  g_autofree char *path = in_directory (fixture, SYNC_STORE_FILE);
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  g_autofree char *whole = NULL;
  guint n_saved = 0;
  gsize size;

  accept_many (fixture, 40);
  store_fixture_accept (fixture, large_request ("large"));
  store_fixture_deliver (fixture, 1, "ACC-1", NULL);
  g_clear_object (&fixture->store);
  g_assert_true (g_file_get_contents (path, &whole, &size, NULL));
  for (guint round = 0; round < 12; round++)
    {
      g_autofree char *altered = g_memdup2 (whole, size);
      g_autofree char *key = g_strdup_printf ("round-%u", round);
      g_autoptr (GError) error = NULL;
      SyncCounts counts;

      for (guint i = 0; i < 20u << (round / 2); i++)
        altered[g_rand_int_range (random, PAGE, size)] = g_rand_int_range (random, 0, 256);
      g_assert_true (g_file_set_contents (path, altered, size, NULL));
      sync_clock_virtual_advance_us (fixture->clock, G_USEC_PER_SEC);
      store_fixture_reopen (fixture);
      if (!sync_store_check (fixture->store, &error))
        {
          g_assert_true (g_utf8_validate (error->message, -1, NULL));
          store_fixture_reopen (fixture);
        }
      g_assert_true (sync_store_get_counts (fixture->store, &counts, NULL));
      n_saved += counts.n[SYNC_STATE_UNKNOWN];
      store_fixture_accept (fixture, store_fixture_create (key));
      g_clear_object (&fixture->store);
    }
  g_test_message ("%u of %u", n_saved, 12 * 40);
  g_assert_cmpuint (n_saved, >, 12 * 40 / 2);
  store_fixture_reopen (fixture);
}

/* Where it cannot be done now the file stays, and the next start does it. */
static void
test_tried_again (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  struct rlimit limit;

  accept_many (fixture, 60);
  if (!has_dbstat (fixture))
    return;
  g_clear_object (&fixture->store);
  damage_page (fixture, store_fixture_number (fixture, "SELECT rootpage FROM sqlite_schema WHERE name ="
                                                       " 'offline_requests'"));
  signal (SIGXFSZ, SIG_IGN);
  g_assert_no_errno (getrlimit (RLIMIT_FSIZE, &limit));
  limit.rlim_cur = 40000;
  g_assert_no_errno (setrlimit (RLIMIT_FSIZE, &limit));
  fixture->store = sync_store_open (fixture->directory, &fixture->options, SYNC_CLOCK (fixture->clock), &error);
  g_assert_null (fixture->store);
  g_assert_nonnull (error);
  limit.rlim_cur = limit.rlim_max;
  g_assert_no_errno (setrlimit (RLIMIT_FSIZE, &limit));
  store_fixture_reopen (fixture);
  assert_saved (fixture, 60, 60);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  store_fixture_add_test ("/sync/store-salvage/garbage", test_garbage);
  store_fixture_add_test ("/sync/store-salvage/emptied", test_emptied);
  store_fixture_add_test ("/sync/store-salvage/rows", test_rows);
  store_fixture_add_test ("/sync/store-salvage/mended", test_mended);
  store_fixture_add_test ("/sync/store-salvage/doubted", test_doubted);
  store_fixture_add_test ("/sync/store-salvage/cut", test_cut);
  store_fixture_add_test ("/sync/store-salvage/root", test_root);
  store_fixture_add_test ("/sync/store-salvage/first-page", test_first_page);
  store_fixture_add_test ("/sync/store-salvage/body", test_body);
  store_fixture_add_test ("/sync/store-salvage/log", test_log);
  store_fixture_add_test ("/sync/store-salvage/old-version", test_old_version);
  store_fixture_add_test ("/sync/store-salvage/noise", test_noise);
  store_fixture_add_test ("/sync/store-salvage/tried-again", test_tried_again);
  return g_test_run ();
}
