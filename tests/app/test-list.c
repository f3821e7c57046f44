/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The model behind the window's list: pages, and rows that come, change and go without disturbing the others. */
#include "sync-clock-virtual.h"
#include "sync-request-list.h"
#include "sync-test-directory.h"

typedef struct
{
  char *directory;         /* (owned) */
  SyncClockVirtual *clock; /* (owned) */
  SyncStore *store;        /* (owned): what the engine writes */
  SyncStore *reader;       /* (owned): what the window reads */
  SyncRequestList *list;   /* (owned) */
  guint shown;             /* what a view that only hears of changes believes to be the length */
} Fixture;

static void
items_changed_cb (GListModel *model, guint position, guint removed, guint added, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_assert_cmpuint (position + removed, <=, fixture->shown);
  fixture->shown += added - removed;
  g_assert_cmpuint (fixture->shown, ==, g_list_model_get_n_items (model));
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  const SyncStoreOptions options = { .min_free_bytes = 0, .reserve_bytes = 0 };
  g_autoptr (GError) error = NULL;

  fixture->directory = sync_test_directory_new ();
  fixture->clock = sync_clock_virtual_new ();
  fixture->store = sync_store_open (fixture->directory, &options, SYNC_CLOCK (fixture->clock), &error);
  g_assert_no_error (error);
  fixture->reader = sync_store_open_reader (fixture->directory, &error);
  g_assert_no_error (error);
  fixture->list = sync_request_list_new (fixture->reader);
  g_signal_connect (fixture->list, "items-changed", G_CALLBACK (items_changed_cb), fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_assert_finalize_object (fixture->list);
  g_clear_object (&fixture->reader);
  sync_store_close (fixture->store);
  g_clear_object (&fixture->store);
  g_clear_object (&fixture->clock);
  sync_test_directory_free (fixture->directory);
}

static SyncRequest *
make_request (guint number, const char *type)
{
  SyncRequest *request = sync_request_new ();
  const char *body = "{\"customer\":\"Corner Bakery\",\"grand_total\":5}";

  request->site = g_strdup ("http://127.0.0.1");
  request->key = g_strdup_printf ("key-%u", number);
  request->fingerprint = g_compute_checksum_for_string (G_CHECKSUM_SHA256, request->key, -1);
  request->family = g_strdup ("resource");
  request->method = g_strdup ("POST");
  request->url = g_strdup_printf ("/api/resource/%s", type);
  request->content_type = g_strdup ("application/json");
  request->accepted_body = g_bytes_new (body, strlen (body));
  request->resource_type = g_strdup (type);
  request->lane = g_strdup_printf ("key/%u", number);
  request->action = g_strdup ("create");
  return request;
}

static void
accept (Fixture *fixture, guint from, guint to, const char *type)
{
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_acceptance_free);
  g_autoptr (GError) error = NULL;

  for (guint i = from; i < to; i++)
    g_ptr_array_add (rows, sync_acceptance_new (make_request (i, type)));
  g_assert_true (sync_store_accept (fixture->store, rows, &error));
  g_assert_no_error (error);
}

static void
discard (Fixture *fixture, gint64 id)
{
  SyncChange change = SYNC_CHANGE_INIT;
  g_autoptr (GError) error = NULL;

  change.id = id;
  change.from = SYNC_STATE_PENDING;
  change.to = SYNC_STATE_DISCARDED;
  change.reason = "test";
  g_assert_true (sync_store_change (fixture->store, &change, &error));
  g_assert_no_error (error);
}

static void
assert_order (Fixture *fixture, gboolean rising, guint n)
{
  gint64 last = rising ? 0 : G_MAXINT64;

  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (fixture->list)), ==, n);
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (SyncRequestItem) item = g_list_model_get_item (G_LIST_MODEL (fixture->list), i);
      gint64 id = sync_request_item_get_request (item)->id;

      g_assert_true (rising ? id > last : id < last);
      last = id;
    }
}

static void
test_pages (Fixture *fixture, gconstpointer data)
{
  sync_request_list_refresh (fixture->list);
  assert_order (fixture, TRUE, 0);
  accept (fixture, 0, 250, "Item");
  sync_request_list_refresh (fixture->list);
  assert_order (fixture, TRUE, 100);
  sync_request_list_load_more (fixture->list);
  sync_request_list_load_more (fixture->list);
  assert_order (fixture, TRUE, 250);
  sync_request_list_load_more (fixture->list);
  assert_order (fixture, TRUE, 250);
  sync_request_list_refresh (fixture->list);
  assert_order (fixture, TRUE, 250);
  sync_request_list_set_all (fixture->list, TRUE);
  assert_order (fixture, FALSE, 100);
  sync_request_list_load_more (fixture->list);
  assert_order (fixture, FALSE, 200);
}

static void
test_changes (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncRequestItem) kept = NULL;
  g_autoptr (SyncRequestItem) still = NULL;
  g_autofree char *state = NULL;

  accept (fixture, 0, 10, "Item");
  sync_request_list_refresh (fixture->list);
  kept = g_list_model_get_item (G_LIST_MODEL (fixture->list), 4);
  /* From both ends and the middle, and some new ones. */
  discard (fixture, 1);
  discard (fixture, 4);
  discard (fixture, 6);
  discard (fixture, 10);
  accept (fixture, 10, 13, "Item");
  sync_request_list_refresh (fixture->list);
  assert_order (fixture, TRUE, 9);
  still = g_list_model_get_item (G_LIST_MODEL (fixture->list), 2);
  g_assert_true (still == kept);
  /* Among all of them the discarded ones are seen again, changed in place. */
  sync_request_list_set_all (fixture->list, TRUE);
  assert_order (fixture, FALSE, 13);
  g_clear_object (&still);
  still = g_list_model_get_item (G_LIST_MODEL (fixture->list), 0);
  discard (fixture, 13);
  sync_request_list_refresh (fixture->list);
  assert_order (fixture, FALSE, 13);
  g_object_get (still, "state", &state, NULL);
  g_assert_cmpstr (state, ==, "Given up");
}

static void
test_row (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncRequestItem) item = NULL;
  g_autofree char *document = NULL;
  g_autofree char *party = NULL;
  g_autofree char *amount = NULL;
  g_autofree char *state = NULL;
  g_autofree char *next_try = NULL;
  g_autofree char *later = NULL;

  accept (fixture, 0, 1, "Sales Invoice");
  sync_request_list_refresh (fixture->list);
  item = g_list_model_get_item (G_LIST_MODEL (fixture->list), 0);
  g_object_get (item, "document", &document, "party", &party, "amount", &amount, "state", &state, "next-try", &next_try,
                NULL);
  g_assert_cmpstr (document, ==, "Sale");
  g_assert_cmpstr (party, ==, "Corner Bakery");
  g_assert_cmpstr (amount, ==, "5.00");
  g_assert_cmpstr (state, ==, "Waiting");
  g_assert_cmpstr (next_try, ==, "");
  /* 2024-05-06 07:08 UTC */
  sync_request_list_set_host_try (fixture->list, G_GINT64_CONSTANT (1714979289000));
  g_object_get (item, "next-try", &later, NULL);
  g_assert_cmpstr (later, ==, "2024-05-06 07:08");
}

/* Behind another entry of the same document; the row follows when that one goes. */
static void
test_waits_for (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_acceptance_free);
  g_autoptr (SyncRequestItem) item = NULL;
  g_autofree char *behind = NULL;
  g_autofree char *free_now = NULL;
  SyncRequest *second = make_request (1, "Customer");

  accept (fixture, 0, 1, "Customer");
  g_free (second->lane);
  second->lane = g_strdup ("key/0");
  g_ptr_array_add (rows, sync_acceptance_new (second));
  g_assert_true (sync_store_accept (fixture->store, rows, NULL));
  sync_request_list_refresh (fixture->list);
  item = g_list_model_get_item (G_LIST_MODEL (fixture->list), 1);
  g_object_get (item, "next-try", &behind, NULL);
  g_assert_cmpstr (behind, ==, "after entry 1 (Waiting)");
  discard (fixture, 1);
  sync_request_list_refresh (fixture->list);
  g_object_get (item, "next-try", &free_now, NULL);
  g_assert_cmpstr (free_now, ==, "");
}

static void
test_only_sales (Fixture *fixture, gconstpointer data)
{
  g_assert_true (sync_request_list_only_sales_wait (fixture->reader));
  accept (fixture, 0, 1, "Sales Invoice");
  accept (fixture, 1, 2, "POS Invoice");
  g_assert_true (sync_request_list_only_sales_wait (fixture->reader));
  accept (fixture, 2, 3, "Customer");
  g_assert_false (sync_request_list_only_sales_wait (fixture->reader));
}

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_setenv ("TZ", "UTC", TRUE);
  g_test_init (&argc, &argv, NULL);
  ADD ("/sync/request-list/pages", test_pages);
  ADD ("/sync/request-list/changes", test_changes);
  ADD ("/sync/request-list/row", test_row);
  ADD ("/sync/request-list/waits-for", test_waits_for);
  ADD ("/sync/request-list/only-sales", test_only_sales);
  return g_test_run ();
}
