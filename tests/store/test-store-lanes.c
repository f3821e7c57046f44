/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Order within a document and between requests: heads, dependencies, names, and the version that goes along.
 */
#include "config.h"

#include "store-fixture.h"

static void
check_due (StoreFixture *fixture, const char *expected)
{
  g_autofree char *due = store_fixture_dup_due (fixture);

  g_assert_cmpstr (due, ==, expected);
}

static void
check_base (StoreFixture *fixture, gint64 id, const char *expected)
{
  g_autoptr (SyncRequest) row = store_fixture_get (fixture, id);

  g_assert_cmpstr (row->base_modified, ==, expected);
}

static SyncRequest *
depending (const char *key, gint64 first, gint64 second)
{
  SyncRequest *request = store_fixture_create (key);

  request->depends_on = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_array_append_val (request->depends_on, first);
  if (second != 0)
    g_array_append_val (request->depends_on, second);
  return request;
}

static void
move (StoreFixture *fixture, gint64 id, SyncState from, SyncState to)
{
  SyncChange change = SYNC_CHANGE_INIT;

  change.id = id;
  change.from = from;
  change.to = to;
  change.unaccounted = 0;
  store_fixture_change (fixture, change);
}

static void
test_heads (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  store_fixture_accept (fixture, store_fixture_update ("a1", "Ann", "m0"));
  store_fixture_accept (fixture, store_fixture_update ("a2", "ANN", "m0"));
  store_fixture_accept (fixture, store_fixture_update ("b1", "Bob", "m0"));
  store_fixture_accept (fixture, store_fixture_update ("a3", "ann", "m0"));
  check_due (fixture, "1 3");
  g_assert_null (sync_store_claim (fixture->store, 2, NULL, NULL, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_STALE);

  /* Whatever the head is but done, it holds the lane. */
  store_fixture_bring_to (fixture, 1, SYNC_STATE_FAILED);
  check_due (fixture, "3");
  move (fixture, 1, SYNC_STATE_FAILED, SYNC_STATE_PENDING);
  check_due (fixture, "1 3");
  store_fixture_deliver (fixture, 1, NULL, NULL);
  check_due (fixture, "2 3");
  store_fixture_discard (fixture, 2, NULL);
  check_due (fixture, "3 4");
  /* It comes back to its place, before the one that overtook it. */
  move (fixture, 2, SYNC_STATE_DISCARDED, SYNC_STATE_PENDING);
  check_due (fixture, "2 3");
}

static void
check_waits_for (StoreFixture *fixture, gint64 id, gint64 other, SyncState state)
{
  const SyncListFilter filter = { .after = id - 1, .limit = 1 };
  g_autoptr (SyncRequest) row = store_fixture_get (fixture, id);
  g_autoptr (GPtrArray) listed = sync_store_list (fixture->store, &filter, NULL);

  g_assert_cmpint (row->waits_for, ==, other);
  g_assert_cmpint (((SyncRequest *) listed->pdata[0])->waits_for, ==, other);
  if (other == 0)
    return;
  g_assert_cmpint (row->waits_for_state, ==, state);
  g_assert_cmpint (((SyncRequest *) listed->pdata[0])->waits_for_state, ==, state);
}

/* Whoever waits for its turn can say for whom: the one that holds the lane. */
static void
test_waits_for (StoreFixture *fixture, gconstpointer data)
{
  store_fixture_accept (fixture, store_fixture_update ("a1", "Ann", "m0"));
  store_fixture_accept (fixture, store_fixture_update ("b1", "Bob", "m0"));
  store_fixture_accept (fixture, store_fixture_update ("a2", "Ann", "m0"));
  store_fixture_accept (fixture, store_fixture_update ("a3", "Ann", "m0"));
  check_waits_for (fixture, 1, 0, 0);
  check_waits_for (fixture, 2, 0, 0);
  check_waits_for (fixture, 3, 1, SYNC_STATE_PENDING);
  store_fixture_bring_to (fixture, 1, SYNC_STATE_FAILED);
  check_waits_for (fixture, 1, 0, 0);
  check_waits_for (fixture, 3, 1, SYNC_STATE_FAILED);
  check_waits_for (fixture, 4, 1, SYNC_STATE_FAILED);
  store_fixture_discard (fixture, 1, NULL);
  check_waits_for (fixture, 3, 0, 0);
  check_waits_for (fixture, 4, 3, SYNC_STATE_PENDING);
  store_fixture_claim (fixture, 3);
  check_waits_for (fixture, 4, 3, SYNC_STATE_SENDING);
  store_fixture_discard (fixture, 4, NULL);
  check_waits_for (fixture, 4, 0, 0);
}

static void
test_return_while_sending (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  store_fixture_accept (fixture, store_fixture_update ("a1", "Ann", "m0"));
  store_fixture_accept (fixture, store_fixture_update ("a2", "Ann", "m0"));
  store_fixture_discard (fixture, 1, NULL);
  store_fixture_claim (fixture, 2);
  move (fixture, 1, SYNC_STATE_DISCARDED, SYNC_STATE_PENDING);
  check_due (fixture, "");
  g_assert_null (sync_store_claim (fixture->store, 1, NULL, NULL, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_STALE);
  move (fixture, 2, SYNC_STATE_SENDING, SYNC_STATE_PENDING);
  check_due (fixture, "1");
  store_fixture_deliver (fixture, 1, NULL, NULL);
  check_due (fixture, "2");
}

/* The one that overtook it does not keep the lane when the program dies meanwhile. */
static void
test_return_and_die (StoreFixture *fixture, gconstpointer data)
{
  store_fixture_accept (fixture, store_fixture_update ("a1", "Ann", "m0"));
  store_fixture_accept (fixture, store_fixture_update ("a2", "Ann", "m0"));
  store_fixture_discard (fixture, 1, NULL);
  store_fixture_claim (fixture, 2);
  move (fixture, 1, SYNC_STATE_DISCARDED, SYNC_STATE_PENDING);
  store_fixture_crash (fixture);
  g_assert_cmpint (store_fixture_state (fixture, 2), ==, SYNC_STATE_UNKNOWN);
  check_due (fixture, "1");
}

static void
test_order (StoreFixture *fixture, gconstpointer data)
{
  static const int priorities[] = { 3, 0, 1, 0 };

  for (guint i = 0; i < G_N_ELEMENTS (priorities); i++)
    {
      g_autofree char *key = g_strdup_printf ("k%u", i);
      SyncRequest *request = store_fixture_create (key);

      request->priority = priorities[i];
      store_fixture_accept (fixture, request);
    }
  check_due (fixture, "2 4 3 1");
  /* A step of priority is worth ten minutes. */
  sync_clock_virtual_advance_us (fixture->clock, 11 * G_TIME_SPAN_MINUTE);
  store_fixture_accept (fixture, store_fixture_create ("late"));
  check_due (fixture, "2 4 3 5 1");
}

static void
test_types (StoreFixture *fixture, gconstpointer data)
{
  static const char *const types[] = { "Customer", "A \"quoted\\\" type\n", NULL };
  SyncRequest *odd = store_fixture_create ("odd");
  g_autoptr (GPtrArray) due = NULL;

  g_free (odd->resource_type);
  odd->resource_type = g_strdup (types[1]);
  store_fixture_accept (fixture, store_fixture_create ("a"));
  store_fixture_accept (fixture, store_fixture_update ("b", "Bob", NULL));
  store_fixture_accept (fixture, odd);
  due = sync_store_list_due (fixture->store, 10, types, NULL);
  g_assert_cmpuint (due->len, ==, 2);
  g_assert_cmpint (((SyncRequest *) due->pdata[0])->id, ==, 2);
  g_assert_cmpint (((SyncRequest *) due->pdata[1])->id, ==, 3);
}

static void
test_names (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (SyncRequest) by_placeholder = NULL;
  g_autoptr (SyncRequest) by_name = NULL;
  g_autoptr (SyncRequest) other_case = NULL;
  g_autofree char *known = NULL;

  store_fixture_accept (fixture, store_fixture_create ("uuid-1"));
  by_placeholder = store_fixture_get (
    fixture, store_fixture_accept (fixture, store_fixture_update ("u1", "LOCAL-uuid-1", NULL)));
  g_assert_cmpstr (by_placeholder->lane, ==, "Sales Invoice/+uuid-1");
  store_fixture_deliver (fixture, 1, "ACC-SINV-1", "m1");
  by_name = store_fixture_get (
    fixture, store_fixture_accept (fixture, store_fixture_update ("u2", "ACC-SINV-1", NULL)));
  g_assert_cmpstr (by_name->lane, ==, "Sales Invoice/+uuid-1");
  other_case = store_fixture_get (
    fixture, store_fixture_accept (fixture, store_fixture_update ("u3", "ACC-sinv-1", NULL)));
  g_assert_cmpstr (other_case->lane, ==, "Sales Invoice/+uuid-1");
  check_due (fixture, "2");
  g_assert_cmpint (store_fixture_number (
                     fixture, "SELECT server_name = 'ACC-SINV-1' FROM names WHERE name = 'LOCAL-uuid-1'"),
                   ==, 1);
  /* An update of a document of the server's makes no names of its own. */
  store_fixture_deliver (fixture, store_fixture_accept (fixture, store_fixture_update ("c", "Ann", NULL)),
                         "Ann", NULL);
  g_assert_cmpint (store_fixture_number (fixture, "SELECT count (*) FROM names"), ==, 2);
}

static void
test_name_at_step (StoreFixture *fixture, gconstpointer data)
{
  SyncChange change = SYNC_CHANGE_INIT;
  g_autoptr (SyncRequest) row = NULL;
  g_autoptr (SyncRequest) update = NULL;

  store_fixture_accept (fixture, store_fixture_create ("k"));
  change.id = 1;
  change.from = SYNC_STATE_SENDING;
  change.to = SYNC_STATE_PENDING;
  change.attempt = store_fixture_claim (fixture, 1);
  change.unaccounted = 0;
  change.delay_ms = 0;
  change.step = 1;
  change.server_name = "ACC-1";
  change.server_modified = "m1";
  store_fixture_change (fixture, change);
  row = store_fixture_get (fixture, 1);
  g_assert_cmpuint (row->step, ==, 1);
  g_assert_cmpstr (row->server_name, ==, "ACC-1");
  g_assert_cmpstr (row->base_modified, ==, "m1");
  g_assert_cmpstr (row->resource_version, ==, "m1");
  update
    = store_fixture_get (fixture, store_fixture_accept (fixture, store_fixture_update ("u", "ACC-1", NULL)));
  g_assert_cmpstr (update->lane, ==, row->lane);
  check_due (fixture, "1");
}

static void
test_modified (StoreFixture *fixture, gconstpointer data)
{
  /* 1 to 5 in one lane; 2 against the same version, 3 against another, 4 against none, 5 like 2; 6 elsewhere.
   */
  static const char *const bases[] = { "m0", "m0", "elsewhere", NULL, "m0" };

  for (guint i = 0; i < G_N_ELEMENTS (bases); i++)
    {
      g_autofree char *key = g_strdup_printf ("k%u", i);

      store_fixture_accept (fixture, store_fixture_update (key, "Ann", bases[i]));
    }
  store_fixture_accept (fixture, store_fixture_update ("bob", "Bob", "m0"));
  store_fixture_bring_to (fixture, 6, SYNC_STATE_FAILED);

  store_fixture_deliver (fixture, 1, NULL, "m1");
  check_base (fixture, 1, "m0");
  check_base (fixture, 2, "m1");
  check_base (fixture, 3, "elsewhere");
  check_base (fixture, 4, "m1");
  check_base (fixture, 5, "m1");
  check_base (fixture, 6, "m0");
  store_fixture_deliver (fixture, 2, NULL, "m2");
  check_base (fixture, 4, "m2");
  check_base (fixture, 5, "m2");
  /* 3 was sent against a version that it was told of later; those that name its accepted one follow too. */
  store_fixture_discard (fixture, 3, NULL);
  store_fixture_deliver (fixture, 4, NULL, NULL);
  check_base (fixture, 5, "m2");
}

static void
test_modified_of_another (StoreFixture *fixture, gconstpointer data)
{
  SyncChange change = SYNC_CHANGE_INIT;

  store_fixture_accept (fixture, store_fixture_update ("a", "Ann", "m0"));
  store_fixture_accept (fixture, store_fixture_update ("b", "Ann", "m0"));
  /* A conflict was resolved: the first goes against the server's version now. */
  change.id = 1;
  change.from = change.to = SYNC_STATE_PENDING;
  change.base_modified = "s5";
  store_fixture_change (fixture, change);
  store_fixture_deliver (fixture, 1, NULL, "m6");
  /* The second one's till has not seen that version. */
  check_base (fixture, 2, "m0");
}

/* The server was put back to a version that it had before: what the lane wrote leads round in a ring, which has no last
 * version. Whoever read one of them goes against that. */
static void
test_modified_in_a_ring (StoreFixture *fixture, gconstpointer data)
{
  store_fixture_accept (fixture, store_fixture_update ("a", "Ann", "m0"));
  store_fixture_deliver (fixture, 1, NULL, "m1");
  store_fixture_accept (fixture, store_fixture_update ("b", "Ann", "m1"));
  store_fixture_deliver (fixture, 2, NULL, "m2");
  store_fixture_accept (fixture, store_fixture_update ("c", "Ann", "m2"));
  store_fixture_deliver (fixture, 3, NULL, "m1");
  store_fixture_accept (fixture, store_fixture_update ("d", "Ann", "m0"));
  check_base (fixture, 4, "m0");
  store_fixture_accept (fixture, store_fixture_update ("e", "Ann", "m2"));
  check_base (fixture, 5, "m2");
}

static void
test_dependencies (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncRequest) row = NULL;

  store_fixture_accept (fixture, store_fixture_create ("p1"));
  store_fixture_accept (fixture, store_fixture_create ("p2"));
  store_fixture_accept (fixture, depending ("d", 1, 2));
  row = store_fixture_get (fixture, 3);
  g_assert_cmpuint (row->depends_on->len, ==, 2);
  check_due (fixture, "1 2");
  g_assert_null (sync_store_claim (fixture->store, 3, NULL, NULL, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_STALE);
  store_fixture_deliver (fixture, 1, NULL, NULL);
  check_due (fixture, "2");
  store_fixture_deliver (fixture, 2, NULL, NULL);
  check_due (fixture, "3");
  /* A parent that is delivered already is no reason to wait. */
  store_fixture_accept (fixture, depending ("d2", 1, 0));
  check_due (fixture, "3 4");
}

static SyncRequest *
other_content (const char *key)
{
  SyncRequest *request = store_fixture_create (key);

  g_free (request->fingerprint);
  request->fingerprint = g_strdup ("another");
  return request;
}

/* New content under the key of a row that failed because its parent was given up would wait for ever, and nobody would
 * be told. */
static void
test_dependencies_of_replaced (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (SyncAcceptance) refused = NULL;

  store_fixture_accept (fixture, store_fixture_create ("parent"));
  store_fixture_accept (fixture, depending ("child", 1, 0));
  store_fixture_discard (fixture, 1, NULL);
  g_assert_cmpint (store_fixture_state (fixture, 2), ==, SYNC_STATE_FAILED);
  refused = store_fixture_accept_full (fixture, other_content ("child"));
  g_assert_error (refused->error, SYNC_ERROR, SYNC_ERROR_REFUSED);
  g_assert_nonnull (strstr (refused->error->message, "request 1, on which it depends, was given up"));
  g_assert_cmpint (store_fixture_state (fixture, 2), ==, SYNC_STATE_FAILED);

  move (fixture, 1, SYNC_STATE_DISCARDED, SYNC_STATE_PENDING);
  g_assert_cmpint (store_fixture_accept (fixture, other_content ("child")), ==, 3);
  check_due (fixture, "1");
  store_fixture_deliver (fixture, 1, NULL, NULL);
  check_due (fixture, "3");
}

static void
test_group (StoreFixture *fixture, gconstpointer data)
{
  for (guint i = 1; i <= 4; i++)
    {
      g_autofree char *key = g_strdup_printf ("k%u", i);
      SyncRequest *request = store_fixture_create (key);

      request->group_name = g_strdup (i == 3 ? "other" : "day");
      store_fixture_accept (fixture, request);
    }
  check_due (fixture, "1 3");
  store_fixture_deliver (fixture, 1, NULL, NULL);
  check_due (fixture, "2 3");
  store_fixture_deliver (fixture, 2, NULL, NULL);
  check_due (fixture, "3 4");
}

static void
test_parent_given_up (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (SyncRequest) child = NULL;
  SyncChange retry = SYNC_CHANGE_INIT;

  store_fixture_accept (fixture, store_fixture_create ("p"));
  store_fixture_accept (fixture, depending ("child", 1, 0));
  store_fixture_accept (fixture, depending ("grandchild", 2, 0));
  store_fixture_accept (fixture, store_fixture_create ("stranger"));
  store_fixture_discard (fixture, 1, NULL);
  child = store_fixture_get (fixture, 2);
  g_assert_cmpint (child->state, ==, SYNC_STATE_FAILED);
  g_assert_nonnull (g_strstr_len (child->error_message, -1, "request 1"));
  g_assert_cmpint (store_fixture_state (fixture, 3), ==, SYNC_STATE_FAILED);
  g_assert_cmpint (store_fixture_state (fixture, 4), ==, SYNC_STATE_PENDING);

  /* It cannot wait for what will never come. */
  retry.id = 2;
  retry.from = SYNC_STATE_FAILED;
  retry.to = SYNC_STATE_PENDING;
  store_fixture_try_change (fixture, retry, SYNC_ERROR_REFUSED);
  move (fixture, 1, SYNC_STATE_DISCARDED, SYNC_STATE_PENDING);
  store_fixture_change (fixture, retry);
  check_due (fixture, "1 4");
  store_fixture_deliver (fixture, 1, NULL, NULL);
  check_due (fixture, "2 4");
}

static void
test_parent_given_up_refuses (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (SyncAcceptance) acceptance = NULL;

  store_fixture_accept (fixture, store_fixture_create ("p"));
  store_fixture_discard (fixture, 1, NULL);
  acceptance = store_fixture_accept_full (fixture, depending ("child", 1, 0));
  g_assert_error (acceptance->error, SYNC_ERROR, SYNC_ERROR_REFUSED);
}

static void
test_server_won (StoreFixture *fixture, gconstpointer data)
{
  store_fixture_accept (fixture, store_fixture_create ("p"));
  store_fixture_accept (fixture, depending ("child", 1, 0));
  store_fixture_bring_to (fixture, 1, SYNC_STATE_CONFLICT);
  store_fixture_discard (fixture, 1, "server_wins");
  check_due (fixture, "2");
  store_fixture_accept (fixture, depending ("late", 1, 0));
  check_due (fixture, "2 3");
  /* Taken back, it is waited for again. */
  move (fixture, 1, SYNC_STATE_DISCARDED, SYNC_STATE_PENDING);
  check_due (fixture, "1");
}

static void
test_unknown_child_of_lost_parent (StoreFixture *fixture, gconstpointer data)
{
  store_fixture_accept (fixture, store_fixture_create ("p"));
  store_fixture_accept (fixture, depending ("child", 1, 0));
  move (fixture, 2, SYNC_STATE_PENDING, SYNC_STATE_UNKNOWN);
  store_fixture_discard (fixture, 1, NULL);
  g_assert_cmpint (store_fixture_state (fixture, 2), ==, SYNC_STATE_UNKNOWN);
  move (fixture, 2, SYNC_STATE_UNKNOWN, SYNC_STATE_PENDING);
  g_assert_cmpint (store_fixture_state (fixture, 2), ==, SYNC_STATE_FAILED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  store_fixture_add_test ("/sync/store-lanes/heads", test_heads);
  store_fixture_add_test ("/sync/store-lanes/waits-for", test_waits_for);
  store_fixture_add_test ("/sync/store-lanes/return-while-sending", test_return_while_sending);
  store_fixture_add_test ("/sync/store-lanes/return-and-die", test_return_and_die);
  store_fixture_add_test ("/sync/store-lanes/order", test_order);
  store_fixture_add_test ("/sync/store-lanes/types", test_types);
  store_fixture_add_test ("/sync/store-lanes/names", test_names);
  store_fixture_add_test ("/sync/store-lanes/name-at-step", test_name_at_step);
  store_fixture_add_test ("/sync/store-lanes/modified", test_modified);
  store_fixture_add_test ("/sync/store-lanes/modified-of-another", test_modified_of_another);
  store_fixture_add_test ("/sync/store-lanes/modified-in-a-ring", test_modified_in_a_ring);
  store_fixture_add_test ("/sync/store-lanes/dependencies", test_dependencies);
  store_fixture_add_test ("/sync/store-lanes/dependencies-of-replaced", test_dependencies_of_replaced);
  store_fixture_add_test ("/sync/store-lanes/group", test_group);
  store_fixture_add_test ("/sync/store-lanes/parent-given-up", test_parent_given_up);
  store_fixture_add_test ("/sync/store-lanes/parent-given-up-refuses", test_parent_given_up_refuses);
  store_fixture_add_test ("/sync/store-lanes/server-won", test_server_won);
  store_fixture_add_test ("/sync/store-lanes/unknown-child-of-lost-parent",
                          test_unknown_child_of_lost_parent);
  return g_test_run ();
}
