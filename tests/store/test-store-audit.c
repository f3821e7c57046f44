/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The audit: one row for each acceptance and each change of state, and a chain that shows what was done to
 * it. */
#include "config.h"

#include "store-fixture.h"

static void
fill (StoreFixture *fixture)
{
  store_fixture_accept (fixture, store_fixture_create ("a"));
  store_fixture_accept (fixture, store_fixture_create ("b"));
  store_fixture_deliver (fixture, 1, "ACC-1", NULL);
  store_fixture_discard (fixture, 2, NULL);
}

static void
test_rows (StoreFixture *fixture, gconstpointer data)
{
  guint64 n = 0;
  g_autoptr (GError) error = NULL;

  fill (fixture);
  g_assert_true (sync_store_verify_audit (fixture->store, &n, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (n, ==, 5);
  g_assert_cmpint (store_fixture_number (
                     fixture, "SELECT count (*) FROM audit WHERE (id, request_id, ifnull (from_status, ''),"
                              " to_status, actor, ifnull (reason, '')) IN (VALUES"
                              " (1, 1, '', 'pending', 'cashier@example.com', 'accepted'),"
                              " (2, 2, '', 'pending', 'cashier@example.com', 'accepted'),"
                              " (3, 1, 'pending', 'sending', 'engine', ''),"
                              " (4, 1, 'sending', 'completed', 'engine', 'delivered'),"
                              " (5, 2, 'pending', 'discarded', 'manager@example.com', 'not wanted'))"),
                   ==, 5);
  /* The chain goes on after a start, and after a transaction that was taken back. */
  store_fixture_crash (fixture);
  store_fixture_accept (fixture, store_fixture_create ("c"));
  g_assert_true (sync_store_verify_audit (fixture->store, &n, &error));
  g_assert_cmpuint (n, ==, 6);
}

static void
test_tampered (StoreFixture *fixture, gconstpointer data)
{
  static const char *const changes[] = {
    "UPDATE audit SET actor = 'nobody' WHERE id = 3",
    "UPDATE audit SET reason = '' WHERE id = 3",
    "UPDATE audit SET at_ms = at_ms + 1 WHERE id = 3",
    "UPDATE audit SET from_status = NULL WHERE id = 3",
    "UPDATE audit SET request_id = 2 WHERE id = 3",
    "DELETE FROM audit WHERE id = 2",
    "DELETE FROM audit WHERE id = 1",
    "UPDATE audit SET hash = zeroblob (32) WHERE id = 5",
    "UPDATE audit SET prev_hash = X'00' WHERE id = 2",
  };

  fill (fixture);
  store_fixture_sql (fixture, "DROP TRIGGER audit_update; DROP TRIGGER audit_delete;"
                              "CREATE TABLE kept AS SELECT * FROM audit");
  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    {
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", changes[i]);
      store_fixture_sql (fixture, changes[i]);
      g_assert_false (sync_store_verify_audit (fixture->store, NULL, &error));
      g_assert_error (error, SYNC_ERROR, SYNC_ERROR_CORRUPT);
      store_fixture_sql (fixture, "DELETE FROM audit; INSERT INTO audit SELECT * FROM kept");
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  store_fixture_add_test ("/sync/store-audit/rows", test_rows);
  store_fixture_add_test ("/sync/store-audit/tampered", test_tampered);
  return g_test_run ();
}
