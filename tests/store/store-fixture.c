/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "store-fixture.h"

static gint64
get_free_bytes (const char *directory, gpointer user_data)
{
  return *(gint64 *) user_data;
}

void
store_fixture_set_up (StoreFixture *fixture, gconstpointer data)
{
  fixture->directory = sync_test_directory_new ();
  fixture->clock = sync_clock_virtual_new ();
  fixture->free_bytes = G_GINT64_CONSTANT (10) * 1000 * 1000 * 1000;
  fixture->options = (SyncStoreOptions){
    .min_free_bytes = 250 * 1000 * 1000,
    .reserve_bytes = 64 * 1024,
    .free_bytes = get_free_bytes,
    .free_bytes_data = &fixture->free_bytes,
  };
  store_fixture_reopen (fixture);
}

void
store_fixture_tear_down (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  /* Whatever a test did, the chain of the audit holds and the file is whole. */
  if (fixture->store != NULL)
    {
      g_assert_true (sync_store_verify_audit (fixture->store, NULL, &error));
      g_assert_no_error (error);
      g_assert_true (sync_store_check (fixture->store, &error));
      g_assert_no_error (error);
      g_assert_cmpint (store_fixture_number (fixture, "SELECT count (*) FROM pragma_foreign_key_check"), ==,
                       0);
      g_assert_cmpint (store_fixture_number (
                         fixture, "SELECT count (*) FROM request_counts AS c WHERE n <>"
                                  " (SELECT count (*) FROM offline_requests AS r WHERE r.status = c.status)"),
                       ==, 0);
      g_assert_cmpint (store_fixture_number (
                         fixture, "SELECT count (*) FROM offline_requests AS r WHERE waiting_on <> (SELECT"
                                  " count (*) FROM dependencies WHERE request_id = r.id AND met = 0)"),
                       ==, 0);
    }
  g_clear_object (&fixture->store);
  g_assert_cmpuint (sync_clock_virtual_get_n_alarms (fixture->clock), ==, 0);
  g_clear_object (&fixture->clock);
  sync_test_directory_free (fixture->directory);
}

/* Closes the store, if it is open, and opens it again. */
void
store_fixture_reopen (StoreFixture *fixture)
{
  g_autoptr (GError) error = NULL;

  g_clear_object (&fixture->store);
  fixture->store
    = sync_store_open (fixture->directory, &fixture->options, SYNC_CLOCK (fixture->clock), &error);
  g_assert_no_error (error);
  g_assert_nonnull (fixture->store);
}

/* Goes on with the files as they are at this moment, as after a kill. */
void
store_fixture_crash (StoreFixture *fixture)
{
  char *copy = sync_test_directory_new ();

  sync_test_directory_copy (fixture->directory, copy);
  g_clear_object (&fixture->store);
  sync_test_directory_free (fixture->directory);
  fixture->directory = copy;
  store_fixture_reopen (fixture);
}

static sqlite3 *
open_second (StoreFixture *fixture)
{
  g_autofree char *path = g_build_filename (fixture->directory, SYNC_STORE_FILE, NULL);
  sqlite3 *db;

  g_assert_cmpint (sqlite3_open_v2 (path, &db, SQLITE_OPEN_READWRITE, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, "PRAGMA foreign_keys = ON", NULL, NULL, NULL), ==, SQLITE_OK);
  return db;
}

/* Runs SQL as another program would; returns SQLite's code. */
int
store_fixture_try_sql (StoreFixture *fixture, const char *sql)
{
  sqlite3 *db = open_second (fixture);
  int rc = sqlite3_exec (db, sql, NULL, NULL, NULL);

  sqlite3_close (db);
  return rc;
}

void
store_fixture_sql (StoreFixture *fixture, const char *sql)
{
  g_assert_cmpint (store_fixture_try_sql (fixture, sql), ==, SQLITE_OK);
}

gint64
store_fixture_number (StoreFixture *fixture, const char *sql)
{
  sqlite3 *db = open_second (fixture);
  sqlite3_stmt *stmt = NULL;
  gint64 value;

  if (sqlite3_prepare_v2 (db, sql, -1, &stmt, NULL) != SQLITE_OK)
    g_error ("%s: %s", sql, sqlite3_errmsg (db));
  g_assert_cmpint (sqlite3_step (stmt), ==, SQLITE_ROW);
  value = sqlite3_column_int64 (stmt, 0);
  sqlite3_finalize (stmt);
  sqlite3_close (db);
  return value;
}

/* A new Sales Invoice. */
SyncRequest *
store_fixture_create (const char *key)
{
  SyncRequest *request = sync_request_new ();
  g_autofree char *body = g_strdup_printf ("{\"doctype\":\"Sales Invoice\",\"remarks\":\"%s\"}", key);

  request->site = g_strdup (SITE);
  request->author = g_strdup ("cashier@example.com");
  request->key = g_strdup (key);
  request->fingerprint = g_compute_checksum_for_string (G_CHECKSUM_SHA256, body, -1);
  request->family = g_strdup ("resource");
  request->method = g_strdup ("POST");
  request->url = g_strdup ("/api/resource/Sales%20Invoice");
  request->content_type = g_strdup ("application/json");
  request->accepted_body = g_bytes_new (body, strlen (body));
  request->resource_type = g_strdup ("Sales Invoice");
  request->lane = g_strdup ("");
  request->action = g_strdup ("create");
  request->priority = 0;
  return request;
}

/* A change of the Customer or, if @name begins with LOCAL- or ACC-, of the Sales Invoice of that name. */
SyncRequest *
store_fixture_update (const char *key, const char *name, const char *base_modified)
{
  SyncRequest *request = store_fixture_create (key);
  gboolean invoice = g_str_has_prefix (name, "LOCAL-") || g_str_has_prefix (name, "ACC-");
  const char *type = invoice ? "Sales Invoice" : "Customer";
  g_autofree char *folded = g_utf8_casefold (name, -1);

  g_free (request->method);
  g_free (request->url);
  g_free (request->resource_type);
  g_free (request->lane);
  g_free (request->action);
  request->method = g_strdup ("PUT");
  request->url = g_strdup_printf ("/api/resource/%s/%s", type, name);
  request->resource_type = g_strdup (type);
  request->resource_id = g_strdup (name);
  request->lane = g_strdup_printf ("%s/%s", type, folded);
  request->action = g_strdup ("update");
  request->base_modified = g_strdup (base_modified);
  return request;
}

SyncAcceptance *
store_fixture_accept_full (StoreFixture *fixture, SyncRequest *request)
{
  g_autoptr (GPtrArray) acceptances = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;
  SyncAcceptance *acceptance = sync_acceptance_new (request);

  g_ptr_array_add (acceptances, acceptance);
  g_assert_true (sync_store_accept (fixture->store, acceptances, &error));
  g_assert_no_error (error);
  return acceptance;
}

/* Accepts a request that must be acceptable; returns its row. */
gint64
store_fixture_accept (StoreFixture *fixture, SyncRequest *request)
{
  g_autoptr (SyncAcceptance) acceptance = store_fixture_accept_full (fixture, request);

  g_assert_no_error (acceptance->error);
  g_assert_cmpint (acceptance->id, >, 0);
  return acceptance->id;
}

guint
store_fixture_claim (StoreFixture *fixture, gint64 id)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncRequest) request = NULL;
  guint attempt = 0;

  request = sync_store_claim (fixture->store, id, NULL, &attempt, &error);
  g_assert_no_error (error);
  g_assert_cmpint (request->state, ==, SYNC_STATE_SENDING);
  return attempt;
}

void
store_fixture_change (StoreFixture *fixture, SyncChange change)
{
  g_autoptr (GError) error = NULL;

  sync_store_change (fixture->store, &change, &error);
  g_assert_no_error (error);
}

void
store_fixture_try_change (StoreFixture *fixture, SyncChange change, int code)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (sync_store_change (fixture->store, &change, &error));
  g_assert_error (error, SYNC_ERROR, code);
}

/* Sends a row and has the server take it. */
void
store_fixture_deliver (StoreFixture *fixture, gint64 id, const char *name, const char *modified)
{
  SyncChange change = SYNC_CHANGE_INIT;

  change.id = id;
  change.from = SYNC_STATE_SENDING;
  change.to = SYNC_STATE_COMPLETED;
  change.attempt = store_fixture_claim (fixture, id);
  change.unaccounted = 0;
  change.http_status = 200;
  change.verdict = "delivered";
  change.message = "";
  change.server_name = name;
  change.server_modified = modified;
  change.proof = "server";
  store_fixture_change (fixture, change);
}

void
store_fixture_discard (StoreFixture *fixture, gint64 id, const char *resolution)
{
  SyncChange change = SYNC_CHANGE_INIT;

  change.id = id;
  change.from = store_fixture_state (fixture, id);
  change.to = SYNC_STATE_DISCARDED;
  change.resolution = resolution;
  change.reason = "not wanted";
  change.actor = "manager@example.com";
  store_fixture_change (fixture, change);
}

/* Takes a fresh row to @state along legal edges. */
void
store_fixture_bring_to (StoreFixture *fixture, gint64 id, SyncState state)
{
  SyncChange change = SYNC_CHANGE_INIT;

  if (state == SYNC_STATE_PENDING)
    return;
  change.id = id;
  change.from = SYNC_STATE_SENDING;
  change.to = state;
  change.unaccounted = 0;
  change.attempt = store_fixture_claim (fixture, id);
  if (state == SYNC_STATE_DISCARDED)
    {
      change.to = SYNC_STATE_PENDING;
      store_fixture_change (fixture, change);
      store_fixture_discard (fixture, id, NULL);
    }
  else if (state != SYNC_STATE_SENDING)
    store_fixture_change (fixture, change);
}

SyncRequest *
store_fixture_get (StoreFixture *fixture, gint64 id)
{
  g_autoptr (GError) error = NULL;
  SyncRequest *request = sync_store_get (fixture->store, id, &error);

  g_assert_no_error (error);
  return request;
}

SyncState
store_fixture_state (StoreFixture *fixture, gint64 id)
{
  g_autoptr (SyncRequest) request = store_fixture_get (fixture, id);

  return request->state;
}

/* The ids that are due, in order: "3 1 2". */
char *
store_fixture_dup_due (StoreFixture *fixture)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) due = sync_store_list_due (fixture->store, 0, NULL, &error);
  GString *text = g_string_new (NULL);

  g_assert_no_error (error);
  for (guint i = 0; i < due->len; i++)
    {
      const SyncRequest *request = g_ptr_array_index (due, i);

      g_string_append_printf (text, "%s%" G_GINT64_FORMAT, i > 0 ? " " : "", request->id);
    }
  return g_string_free (text, FALSE);
}
