/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state table, walked pair by pair: through the store's verbs, and through SQL as another program could
 * write it. Both must agree with sync_state_can() everywhere. */
#include "config.h"

#include "store-fixture.h"

static gint64
make_row (StoreFixture *fixture, SyncState state)
{
  static guint n;
  g_autofree char *key = g_strdup_printf ("row-%u", n++);
  gint64 id = store_fixture_accept (fixture, store_fixture_create (key));

  store_fixture_bring_to (fixture, id, state);
  g_assert_cmpint (store_fixture_state (fixture, id), ==, state);
  return id;
}

static gboolean
change_through_store (StoreFixture *fixture, gint64 id, SyncState from, SyncState to)
{
  SyncChange change = SYNC_CHANGE_INIT;
  g_autoptr (GError) error = NULL;
  gboolean ok;

  if (to == SYNC_STATE_SENDING && from != SYNC_STATE_SENDING)
    {
      g_autoptr (SyncRequest) claimed = sync_store_claim (fixture->store, id, NULL, NULL, &error);

      if (claimed == NULL)
        g_assert_error (error, SYNC_ERROR, SYNC_ERROR_STALE);
      return claimed != NULL;
    }
  change.id = id;
  change.from = from;
  change.to = to;
  change.unaccounted = 0;
  ok = sync_store_change (fixture->store, &change, &error);
  if (!ok)
    g_assert_error (error, SYNC_ERROR, SYNC_ERROR_ILLEGAL_EDGE);
  return ok;
}

static void
test_through_store (StoreFixture *fixture, gconstpointer data)
{
  guint n_allowed = 0;

  for (guint from = 0; from < SYNC_N_STATES; from++)
    for (guint to = 0; to < SYNC_N_STATES; to++)
      if (from != to)
        {
          gint64 id = make_row (fixture, from);
          gboolean ok = change_through_store (fixture, id, from, to);

          g_assert_cmpint (ok, ==, sync_state_can (from, to));
          g_assert_cmpint (store_fixture_state (fixture, id), ==, ok ? to : from);
          n_allowed += ok;
        }
  g_assert_cmpuint (n_allowed, ==, 26);
}

static void
test_through_sql (StoreFixture *fixture, gconstpointer data)
{
  for (guint from = 0; from < SYNC_N_STATES; from++)
    for (guint to = 0; to < SYNC_N_STATES; to++)
      if (from != to)
        {
          gint64 id = make_row (fixture, from);
          g_autofree char *sql = g_strdup_printf (
            "UPDATE offline_requests SET status = '%s', unaccounted = 0 WHERE id = %" G_GINT64_FORMAT,
            sync_state_to_string (to), id);
          int rc = store_fixture_try_sql (fixture, sql);

          g_assert_cmpint (rc, ==, sync_state_can (from, to) ? SQLITE_OK : SQLITE_CONSTRAINT);
        }
}

static void
test_fields_only (StoreFixture *fixture, gconstpointer data)
{
  for (guint state = 0; state < SYNC_N_STATES; state++)
    {
      gint64 id = make_row (fixture, state);
      gint64 n_audit = store_fixture_number (fixture, "SELECT count (*) FROM audit");
      SyncChange change = SYNC_CHANGE_INIT;
      g_autoptr (SyncRequest) row = NULL;

      change.id = id;
      change.from = change.to = state;
      change.message = "looked";
      store_fixture_change (fixture, change);
      row = store_fixture_get (fixture, id);
      g_assert_cmpint (row->state, ==, state);
      g_assert_cmpstr (row->error_message, ==, "looked");
      g_assert_cmpint (store_fixture_number (fixture, "SELECT count (*) FROM audit"), ==, n_audit);
    }
}

static void
test_refused_by_sql (StoreFixture *fixture, gconstpointer data)
{
  static const char *const refused[] = {
    "UPDATE offline_requests SET key = 'other'",
    "UPDATE offline_requests SET site = 'other'",
    "UPDATE offline_requests SET family = 'other'",
    "UPDATE offline_requests SET fingerprint = 'other'",
    "UPDATE offline_requests SET accepted_ms = 1",
    "UPDATE offline_requests SET accepted_body = X'3D'",
    "UPDATE offline_requests SET accepted_body = NULL",
    "UPDATE offline_requests SET accepted_sha256 = 'x'",
    "UPDATE offline_requests SET id = id + 100",
    "UPDATE offline_requests SET status = 'gone'",
    "UPDATE offline_requests SET step = 'text'",
    "UPDATE audit SET actor = 'nobody'",
    "DELETE FROM audit",
  };

  make_row (fixture, SYNC_STATE_PENDING);
  for (guint i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      int rc = store_fixture_try_sql (fixture, refused[i]);

      g_test_message ("%s", refused[i]);
      g_assert_cmpint (rc, ==, SQLITE_CONSTRAINT);
    }
}

static void
test_delete (StoreFixture *fixture, gconstpointer data)
{
  for (guint state = 0; state < SYNC_N_STATES; state++)
    {
      gboolean may = state == SYNC_STATE_COMPLETED || state == SYNC_STATE_DISCARDED;
      g_autofree char *sql = g_strdup_printf ("DELETE FROM offline_requests WHERE id = %" G_GINT64_FORMAT,
                                              make_row (fixture, state));

      g_assert_cmpint (store_fixture_try_sql (fixture, sql), ==, may ? SQLITE_OK : SQLITE_CONSTRAINT);
    }
}

static void
test_insert (StoreFixture *fixture, gconstpointer data)
{
  for (guint importing = 0; importing < 2; importing++)
    for (guint state = 0; state < SYNC_N_STATES; state++)
      {
        gboolean may = state == SYNC_STATE_PENDING || (importing && state == SYNC_STATE_UNKNOWN);
        g_autofree char *sql = g_strdup_printf (
          "INSERT INTO offline_requests (status, order_ms, place, lane, site, family, key, fingerprint, method,"
          " url, action, accepted_ms, updated_ms)"
          " VALUES ('%s', 0, 0, 'l%u%u', 's', 'f', 'k%u%u', 'f', 'POST', '/', 'call', 0, 0)",
          sync_state_to_string (state), importing, state, importing, state);

        if (state == 0)
          g_assert_true (
            sync_store_set_metadata (fixture->store, "import_in_progress", importing ? "1" : NULL, NULL));
        g_assert_cmpint (store_fixture_try_sql (fixture, sql), ==, may ? SQLITE_OK : SQLITE_CONSTRAINT);
      }
}

static void
test_unaccounted (StoreFixture *fixture, gconstpointer data)
{
  gint64 id = make_row (fixture, SYNC_STATE_SENDING);
  SyncChange change = SYNC_CHANGE_INIT;

  change.id = id;
  change.from = SYNC_STATE_SENDING;
  change.to = SYNC_STATE_PENDING;
  store_fixture_try_change (fixture, change, SYNC_ERROR_ILLEGAL_EDGE);
  change.to = SYNC_STATE_FAILED;
  store_fixture_try_change (fixture, change, SYNC_ERROR_ILLEGAL_EDGE);
  g_assert_cmpint (store_fixture_try_sql (fixture, "UPDATE offline_requests SET status = 'pending'"), ==,
                   SQLITE_CONSTRAINT);
  g_assert_cmpint (store_fixture_try_sql (fixture, "UPDATE offline_requests SET status = 'failed'"), ==,
                   SQLITE_CONSTRAINT);
  change.to = SYNC_STATE_UNKNOWN;
  store_fixture_change (fixture, change);
  /* Given up and taken back, it is unknown again. */
  store_fixture_discard (fixture, id, NULL);
  change.from = SYNC_STATE_DISCARDED;
  change.to = SYNC_STATE_PENDING;
  store_fixture_try_change (fixture, change, SYNC_ERROR_ILLEGAL_EDGE);
  change.to = SYNC_STATE_UNKNOWN;
  store_fixture_change (fixture, change);
}

static void
test_one_sending_a_lane (StoreFixture *fixture, gconstpointer data)
{
  store_fixture_accept (fixture, store_fixture_update ("a", "Ann", "m0"));
  store_fixture_accept (fixture, store_fixture_update ("b", "Ann", "m0"));
  store_fixture_claim (fixture, 1);
  g_assert_cmpint (
    store_fixture_try_sql (fixture, "UPDATE offline_requests SET status = 'sending' WHERE id = 2"), ==,
    SQLITE_CONSTRAINT);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  store_fixture_add_test ("/sync/store-state/through-store", test_through_store);
  store_fixture_add_test ("/sync/store-state/through-sql", test_through_sql);
  store_fixture_add_test ("/sync/store-state/fields-only", test_fields_only);
  store_fixture_add_test ("/sync/store-state/refused-by-sql", test_refused_by_sql);
  store_fixture_add_test ("/sync/store-state/delete", test_delete);
  store_fixture_add_test ("/sync/store-state/insert", test_insert);
  store_fixture_add_test ("/sync/store-state/unaccounted", test_unaccounted);
  store_fixture_add_test ("/sync/store-state/one-sending-a-lane", test_one_sending_a_lane);
  return g_test_run ();
}
