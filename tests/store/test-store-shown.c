/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person looks at: which rows, in what order, found by which words; always by the index alone. */
#include "store-fixture.h"

#include <string.h>

static gint64
add (StoreFixture *fixture, const char *key, const char *type, const char *customer, const char *amount)
{
  SyncRequest *request = store_fixture_create (key);
  g_autofree char *body
      = g_strdup_printf ("{\"doctype\":\"%s\",\"customer\":\"%s\",\"grand_total\":%s}", type, customer, amount);

  g_bytes_unref (request->accepted_body);
  request->accepted_body = g_bytes_new (body, strlen (body));
  g_free (request->fingerprint);
  request->fingerprint = g_compute_checksum_for_string (G_CHECKSUM_SHA256, body, -1);
  g_free (request->resource_type);
  request->resource_type = g_strdup (type);
  return store_fixture_accept (fixture, request);
}

/* Four rows: 1 waits, 2 is refused, 3 is delivered as ACC-1, 4 is being looked for. */
static void
fill (StoreFixture *fixture)
{
  add (fixture, "first-key", "Sales Invoice", "Zoë", "12.50");
  store_fixture_bring_to (fixture, add (fixture, "second-key", "Customer", "Corner Bakery", "0"), SYNC_STATE_FAILED);
  store_fixture_deliver (fixture, add (fixture, "third-key", "Sales Invoice", "andrea", "100"), "ACC-1", NULL);
  store_fixture_bring_to (fixture, add (fixture, "fourth-key", "Payment Entry", "Óscar 100%", "9.99"),
                          SYNC_STATE_UNKNOWN);
}

static void
assert_shown (StoreFixture *fixture, const SyncShown *shown, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) ids = sync_store_list_shown (fixture->store, shown, &error);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *plan = sync_store_dup_shown_plan (fixture->store, shown);

  g_assert_no_error (error);
  for (guint i = 0; i < ids->len; i++)
    g_string_append_printf (text, "%s%" G_GINT64_FORMAT, i > 0 ? " " : "", g_array_index (ids, gint64, i));
  g_assert_cmpstr (text->str, ==, expected);
  g_assert_nonnull (strstr (plan, "USING COVERING INDEX requests_shown"));
}

#define ASSERT_SHOWN(expected, ...) assert_shown (fixture, &(const SyncShown){ __VA_ARGS__ }, expected)

static void
test_filters (StoreFixture *fixture, gconstpointer data)
{
  SyncChange ask = SYNC_CHANGE_INIT;

  fill (fixture);
  ASSERT_SHOWN ("1 2 3 4", .states = 0);
  ASSERT_SHOWN ("4 3 2 1", .descending = TRUE);
  ASSERT_SHOWN ("1 2", .states = 1u << SYNC_STATE_PENDING | 1u << SYNC_STATE_FAILED);
  ASSERT_SHOWN ("1 3", .resource_type = "Sales Invoice");
  ASSERT_SHOWN ("", .resource_type = "Item");
  /* What is looked for needs nobody, until it does. */
  ASSERT_SHOWN ("2", .states = 1u << SYNC_STATE_UNKNOWN | 1u << SYNC_STATE_FAILED, .needs_person = TRUE);
  ask.id = 4;
  ask.from = ask.to = SYNC_STATE_UNKNOWN;
  ask.needs_person = 1;
  store_fixture_change (fixture, ask);
  ASSERT_SHOWN ("2 4", .states = 1u << SYNC_STATE_UNKNOWN | 1u << SYNC_STATE_FAILED, .needs_person = TRUE);
}

static void
test_orders (StoreFixture *fixture, gconstpointer data)
{
  fill (fixture);
  ASSERT_SHOWN ("2 4 3 1", .sort = SYNC_SORT_DOCUMENT);
  ASSERT_SHOWN ("3 1 4 2", .sort = SYNC_SORT_DOCUMENT, .descending = TRUE);
  ASSERT_SHOWN ("3 2 1 4", .sort = SYNC_SORT_PARTY);
  ASSERT_SHOWN ("2 4 1 3", .sort = SYNC_SORT_AMOUNT);
  ASSERT_SHOWN ("3 1 4 2", .sort = SYNC_SORT_AMOUNT, .descending = TRUE);
  ASSERT_SHOWN ("2 4 1 3", .sort = SYNC_SORT_STATE);
  g_assert_true (sync_store_set_next_retry (fixture->store, 4, 60000, NULL));
  ASSERT_SHOWN ("1 4 2 3", .sort = SYNC_SORT_NEXT_TRY);
  ASSERT_SHOWN ("4 1 3 2", .sort = SYNC_SORT_NEXT_TRY, .descending = TRUE);
}

static void
test_words (StoreFixture *fixture, gconstpointer data)
{
  fill (fixture);
  ASSERT_SHOWN ("1", .words = "ZOË");
  ASSERT_SHOWN ("4", .words = "óscar");
  ASSERT_SHOWN ("3", .words = "acc-1");
  ASSERT_SHOWN ("2", .words = "second");
  ASSERT_SHOWN ("1", .words = "12.5");
  ASSERT_SHOWN ("2", .words = "2");
  ASSERT_SHOWN ("3 4", .words = "100");
  /* They mean themselves. */
  ASSERT_SHOWN ("4", .words = "0%");
  ASSERT_SHOWN ("", .words = "a_d");
  ASSERT_SHOWN ("", .words = "'");
  ASSERT_SHOWN ("3", .words = "an", .resource_type = "Sales Invoice", .sort = SYNC_SORT_AMOUNT);
}

/* It follows what is to be sent. */
static void
test_new_body (StoreFixture *fixture, gconstpointer data)
{
  const char *body = "{\"customer\":\"Somebody Else\",\"grand_total\":3}";
  g_autoptr (GBytes) bytes = g_bytes_new_static (body, strlen (body));
  SyncChange change = SYNC_CHANGE_INIT;

  fill (fixture);
  change.id = 2;
  change.from = SYNC_STATE_FAILED;
  change.to = SYNC_STATE_PENDING;
  change.effective_body = bytes;
  store_fixture_change (fixture, change);
  ASSERT_SHOWN ("2", .words = "somebody else");
  ASSERT_SHOWN ("", .words = "bakery");
  ASSERT_SHOWN ("2 4 1 3", .sort = SYNC_SORT_AMOUNT);
}

/* A name that is learned takes the placeholder's place here, too. */
static void
test_placeholder (StoreFixture *fixture, gconstpointer data)
{
  add (fixture, "parent", "Customer", "-", "0");
  add (fixture, "child", "Sales Invoice", "LOCAL-parent", "1");
  ASSERT_SHOWN ("2", .words = "LOCAL-parent");
  store_fixture_deliver (fixture, 1, "CUST-7", NULL);
  ASSERT_SHOWN ("1 2", .words = "cust-7");
}

/* Rows of a format that did not know it. */
static void
test_older (StoreFixture *fixture, gconstpointer data)
{
  fill (fixture);
  g_clear_object (&fixture->store);
  store_fixture_sql (fixture, "DROP INDEX requests_shown; ALTER TABLE offline_requests DROP COLUMN party;"
                              " ALTER TABLE offline_requests DROP COLUMN amount; PRAGMA user_version = 5");
  store_fixture_reopen (fixture);
  ASSERT_SHOWN ("1", .words = "zoë");
  ASSERT_SHOWN ("2 4 1 3", .sort = SYNC_SORT_AMOUNT);
}

static void
test_rows (StoreFixture *fixture, gconstpointer data)
{
  const gint64 ids[] = { 3, 99, 1 };
  g_autoptr (GPtrArray) rows = NULL;
  g_auto (GStrv) types = NULL;
  g_autofree char *joined = NULL;

  fill (fixture);
  rows = sync_store_list_rows (fixture->store, ids, G_N_ELEMENTS (ids), NULL);
  g_assert_cmpuint (rows->len, ==, 2);
  g_assert_cmpint (((SyncRequest *) g_ptr_array_index (rows, 0))->id, ==, 1);
  g_assert_cmpstr (((SyncRequest *) g_ptr_array_index (rows, 1))->server_name, ==, "ACC-1");
  types = sync_store_dup_types (fixture->store, NULL);
  joined = g_strjoinv (",", types);
  g_assert_cmpstr (joined, ==, "Customer,Payment Entry,Sales Invoice");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  store_fixture_add_test ("/sync/store-shown/filters", test_filters);
  store_fixture_add_test ("/sync/store-shown/orders", test_orders);
  store_fixture_add_test ("/sync/store-shown/words", test_words);
  store_fixture_add_test ("/sync/store-shown/new-body", test_new_body);
  store_fixture_add_test ("/sync/store-shown/placeholder", test_placeholder);
  store_fixture_add_test ("/sync/store-shown/older", test_older);
  store_fixture_add_test ("/sync/store-shown/rows", test_rows);
  return g_test_run ();
}
