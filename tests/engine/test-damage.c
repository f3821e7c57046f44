/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The queue itself is hit while the program runs or stands still: files that are taken away, pages and rows that are
 * damaged. What is not hit goes on, and it is seen. */
#include "config.h"

#include "engine-fixture.h"

#include "sync-error.h"
#include "sync-test-directory.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

#define PAGE 4096
#define HOUR_MS (60 * 60 * 1000)

static sqlite3 *
open_database (Engine *e)
{
  g_autofree char *file = g_build_filename (e->directory, SYNC_STORE_FILE, NULL);
  sqlite3 *db = NULL;

  g_assert_cmpint (sqlite3_open (file, &db), ==, SQLITE_OK);
  return db;
}

/* Alters what never changes. */
static void
alter (Engine *e, const char *sql)
{
  sqlite3 *db = open_database (e);

  g_assert_cmpint (sqlite3_exec (db, "DROP TRIGGER requests_fixed", NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (db);
}

/* Overwrites the first such page of the queue's table. FALSE: this SQLite cannot tell which one it is. */
static gboolean
damage (Engine *e, const char *page_type)
{
  g_autofree char *file = g_build_filename (e->directory, SYNC_STORE_FILE, NULL);
  guint8 noise[PAGE];
  sqlite3_stmt *stmt = NULL;
  sqlite3 *db;
  gint64 page;
  FILE *stream;

  db = open_database (e);
  if (sqlite3_prepare_v2 (db,
                          "SELECT pageno FROM dbstat WHERE name = 'offline_requests' AND pagetype = ?1 ORDER BY path"
                          " LIMIT 1",
                          -1, &stmt, NULL)
      != SQLITE_OK)
    {
      sqlite3_close (db);
      if (e->engine == NULL)
        engine_open (e);
      g_test_skip ("this SQLite cannot tell which page is which");
      return FALSE;
    }
  sqlite3_bind_text (stmt, 1, page_type, -1, SQLITE_STATIC);
  g_assert_cmpint (sqlite3_step (stmt), ==, SQLITE_ROW);
  page = sqlite3_column_int64 (stmt, 0);
  sqlite3_finalize (stmt);
  sqlite3_close (db);
  memset (noise, 0xa5, sizeof noise);
  stream = g_fopen (file, "r+b");
  g_assert_cmpint (fseek (stream, (page - 1) * PAGE, SEEK_SET), ==, 0);
  g_assert_cmpuint (fwrite (noise, 1, sizeof noise, stream), ==, sizeof noise);
  fclose (stream);
  return TRUE;
}

static void
remove_data (Engine *e)
{
  sync_test_directory_free (g_strdup (e->directory));
  g_assert_false (g_file_test (e->directory, G_FILE_TEST_EXISTS));
}

/* Somebody removes the data directory while writes wait in it: it comes back, they go out, and a person hears of it. */
static void
test_data_removed (Engine *e)
{
  g_autoptr (SyncSnapshot) snapshot = NULL;
  gint64 ids[2];

  engine_start (e);
  sync_engine_set_offline (e->engine, TRUE);
  ids[0] = engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"x\"}");
  remove_data (e);
  ids[1] = engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"y\"}");
  snapshot = sync_engine_dup_snapshot (e->engine);
  g_assert_nonnull (snapshot->notice);
  g_assert_nonnull (strstr (snapshot->notice, e->directory));
  engine_assert_condition (e, SYNC_CONDITION_OFFLINE);
  remove_data (e);
  sync_engine_set_offline (e->engine, FALSE);
  engine_run_for (e, 10000);
  engine_drop (e);
  engine_open (e);
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    engine_assert_state (e, ids[i], SYNC_STATE_COMPLETED);
  g_assert_cmpuint (toy_site_count (e->site, "Note"), ==, 2);
}

static ToyFault
refuse_all (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  return TOY_REFUSE;
}

/* The line is away, so nothing is written for a long time; it is missed all the same. */
static void
test_data_removed_while_away (Engine *e)
{
  g_autofree char *file = g_build_filename (e->directory, SYNC_STORE_FILE, NULL);

  toy_site_set_fault (e->site, refuse_all, NULL);
  engine_start (e);
  engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"x\"}");
  engine_run_for (e, 60000);
  remove_data (e);
  engine_run_for (e, 120000);
  g_assert_true (g_file_test (file, G_FILE_TEST_EXISTS));
}

/* And if it cannot be put back: nothing is promised, nothing is sent that could not be recorded, and it is seen. */
static void
test_data_cannot_come_back (Engine *e)
{
  SyncSubmission submission = SYNC_SUBMISSION_INIT;
  g_autoptr (SyncSnapshot) snapshot = NULL;
  g_autoptr (GError) error = NULL;
  gint64 id;

  engine_start (e);
  sync_engine_set_offline (e->engine, TRUE);
  id = engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"x\"}");
  remove_data (e);
  g_assert_true (g_file_set_contents (e->directory, "", 0, NULL));
  submission.method = "DELETE";
  submission.url = "/api/resource/Note/Y";
  engine_submit_full (e, &submission, &error);
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_STORAGE);
  engine_assert_condition (e, SYNC_CONDITION_STORAGE_TROUBLE);
  snapshot = sync_engine_dup_snapshot (e->engine);
  g_assert_nonnull (strstr (snapshot->condition_detail, e->directory));
  sync_engine_set_offline (e->engine, FALSE);
  engine_run_for (e, 60000);
  engine_assert_condition (e, SYNC_CONDITION_STORAGE_TROUBLE);
  g_assert_cmpuint (toy_site_count (e->site, "Note"), ==, 0);
  g_assert_no_errno (g_unlink (e->directory));
  engine_run_for (e, 10000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  engine_assert_condition (e, SYNC_CONDITION_ONLINE);
}

/* One row's body is not what was accepted: the others go on, and it is seen. */
static void
test_damaged_body (Engine *e)
{
  gint64 id = engine_submit (e, "POST", "/api/resource/Sales%20Invoice", "{\"customer\":\"A\"}");
  gint64 other = engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"x\"}");
  SyncListFilter filter = { .states = 1u << SYNC_STATE_FAILED };
  g_autoptr (GPtrArray) failed = NULL;

  alter (e, "UPDATE offline_requests SET accepted_sha256 = 'x' WHERE id = 1");
  /* The fixture reads each row in full. */
  g_signal_handlers_disconnect_by_data (e->engine, e);
  engine_start (e);
  engine_run_for (e, 60000);
  engine_assert_state (e, other, SYNC_STATE_COMPLETED);
  failed = sync_store_list (e->store, &filter, NULL);
  g_assert_cmpuint (failed->len, ==, 1);
  g_assert_cmpint (((SyncRequest *) g_ptr_array_index (failed, 0))->id, ==, id);
  g_assert_true (sync_engine_discard (e->engine, id, "damaged", "anna", NULL));
}

/* One that waits for it is damaged: the other is delivered all the same, and that one alone is for a person. */
static void
test_damaged_dependant (Engine *e)
{
  SyncListFilter filter = { .states = 1u << SYNC_STATE_FAILED };
  g_autoptr (GPtrArray) failed = NULL;
  gint64 customer, note;

  sync_engine_set_offline (e->engine, TRUE);
  engine_start (e);
  customer = engine_submit (e, "POST", "/api/resource/Customer",
                            "{\"customer_name\":\"A\",\"sync_client_id\":\"0198aaaa-0000-7000-8000-000000000001\"}");
  note = engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"LOCAL-0198aaaa-0000-7000-8000-000000000001\"}");
  engine_drop (e);
  alter (e, "UPDATE offline_requests SET accepted_sha256 = 'x' WHERE id = 2");
  engine_open (e);
  /* The fixture reads each row in full. */
  g_signal_handlers_disconnect_by_data (e->engine, e);
  engine_start (e);
  sync_engine_set_offline (e->engine, FALSE);
  engine_run_for (e, HOUR_MS);
  engine_assert_state (e, customer, SYNC_STATE_COMPLETED);
  failed = sync_store_list (e->store, &filter, NULL);
  g_assert_cmpuint (failed->len, ==, 1);
  g_assert_cmpint (((SyncRequest *) g_ptr_array_index (failed, 0))->id, ==, note);
}

static void
assert_damage_shown (Engine *e)
{
  g_autoptr (SyncSnapshot) snapshot = sync_engine_dup_snapshot (e->engine);

  engine_assert_condition (e, SYNC_CONDITION_ONLINE);
  g_assert_nonnull (snapshot->notice);
  g_assert_nonnull (strstr (snapshot->notice, "The queue was damaged"));
}

static void
submit_sales (Engine *e, guint n)
{
  for (guint i = 0; i < n; i++)
    engine_submit (e, "POST", "/api/resource/Sales%20Invoice", "{\"customer\":\"A\"}");
}

/* A page with some rows: what is left is looked for and goes out once. */
static void
test_damaged_page (Engine *e)
{
  SyncCounts counts;
  guint n_saved;

  sync_engine_set_offline (e->engine, TRUE);
  submit_sales (e, 40);
  engine_drop (e);
  if (!damage (e, "leaf"))
    return;
  engine_open (e);
  g_assert_nonnull (sync_store_get_loss_report (e->store));
  g_assert_true (sync_store_get_counts (e->store, &counts, NULL));
  n_saved = counts.n[SYNC_STATE_UNKNOWN];
  g_assert_cmpuint (n_saved, >=, 20);
  g_assert_cmpuint (n_saved, <, 40);
  engine_start (e);
  sync_engine_set_offline (e->engine, FALSE);
  engine_run_for (e, HOUR_MS);
  g_assert_true (sync_store_get_counts (e->store, &counts, NULL));
  g_assert_cmpuint (counts.n[SYNC_STATE_COMPLETED], ==, n_saved);
  g_assert_cmpuint (toy_site_count (e->site, "Sales Invoice"), ==, n_saved);
}

/* A page of a large body, while the program runs: the others go on. */
static void
test_damaged_chain (Engine *e)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  g_autoptr (GString) body = g_string_new ("{\"customer\":\"");
  g_autoptr (SyncRequest) row = NULL;
  SyncCounts counts;

  sync_engine_set_offline (e->engine, TRUE);
  for (guint i = 0; i < 8000; i++)
    g_string_append_printf (body, "%08x", g_rand_int (random));
  g_string_append (body, "\"}");
  engine_submit (e, "POST", "/api/resource/Sales%20Invoice", body->str);
  submit_sales (e, 10);
  engine_drop (e);
  engine_open (e);
  /* The fixture reads each row in full. */
  g_signal_handlers_disconnect_by_data (e->engine, e);
  if (!damage (e, "overflow"))
    return;
  engine_start (e);
  sync_engine_set_offline (e->engine, FALSE);
  engine_run_for (e, HOUR_MS);
  g_assert_true (sync_store_get_counts (e->store, &counts, NULL));
  g_assert_cmpuint (counts.n[SYNC_STATE_COMPLETED], ==, 10);
  g_assert_cmpuint (counts.needs_person, ==, 1);
  g_assert_cmpuint (toy_site_count (e->site, "Sales Invoice"), ==, 10);
  assert_damage_shown (e);
}

/* One row names another site than all the others: it is put aside, and never posted. */
static void
test_damaged_site (Engine *e)
{
  g_autoptr (SyncRequest) row = NULL;
  gint64 ids[2];

  sync_engine_set_offline (e->engine, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    ids[i] = engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"x\"}");
  alter (e, "UPDATE offline_requests SET site = 'http://sitd.example' WHERE id = 1");
  engine_drop (e);
  engine_open (e);
  engine_start (e);
  sync_engine_set_offline (e->engine, FALSE);
  engine_run_for (e, 60000);
  engine_assert_state (e, ids[1], SYNC_STATE_COMPLETED);
  row = engine_get (e, ids[0]);
  g_assert_cmpint (row->state, ==, SYNC_STATE_FAILED);
  g_assert_nonnull (strstr (row->error_message, "http://sitd.example"));
  g_assert_cmpuint (toy_site_count (e->site, "Note"), ==, 1);
}

/* All of them do: the site was changed, and that is refused with what can be done. */
static void
test_other_site (Engine *e)
{
  g_autoptr (GError) error = NULL;

  engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"x\"}");
  engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"y\"}");
  alter (e, "UPDATE offline_requests SET site = 'http://old.example'");
  g_assert_false (sync_engine_start (e->engine, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED);
  g_assert_nonnull (strstr (error->message, "2 undelivered requests belong to http://old.example, not to"));
  g_assert_nonnull (strstr (error->message, "set ERPNEXT_BASE_URL back to http://old.example"));
}

int
main (int argc, char **argv)
{
  /* Thousands of flushes to a real disk would be most of the time. */
  if (g_file_test ("/dev/shm", G_FILE_TEST_IS_DIR))
    g_setenv ("TMPDIR", "/dev/shm", FALSE);
  g_test_init (&argc, &argv, NULL);
  engine_test_add ("/sync/damage/data-removed", test_data_removed);
  engine_test_add ("/sync/damage/data-removed-while-away", test_data_removed_while_away);
  engine_test_add ("/sync/damage/data-cannot-come-back", test_data_cannot_come_back);
  engine_test_add ("/sync/damage/body", test_damaged_body);
  engine_test_add ("/sync/damage/dependant", test_damaged_dependant);
  engine_test_add ("/sync/damage/page", test_damaged_page);
  engine_test_add ("/sync/damage/chain", test_damaged_chain);
  engine_test_add ("/sync/damage/site", test_damaged_site);
  engine_test_add ("/sync/damage/other-site", test_other_site);
  return g_test_run ();
}
