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
  guint n_signals;         /* how often it heard of some */
} Fixture;

static void
items_changed_cb (GListModel *model, guint position, guint removed, guint added, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_assert_cmpuint (position + removed, <=, fixture->shown);
  fixture->n_signals++;
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
set_shown (Fixture *fixture, SyncShown shown)
{
  sync_request_list_set_shown (fixture->list, &shown);
}

static void
test_pages (Fixture *fixture, gconstpointer data)
{
  guint position;

  sync_request_list_refresh (fixture->list);
  assert_order (fixture, TRUE, 0);
  accept (fixture, 0, 1500, "Item");
  assert_order (fixture, TRUE, 0);
  sync_request_list_refresh (fixture->list);
  g_assert_cmpuint (sync_request_list_get_n_loaded (fixture->list), ==, 0);
  assert_order (fixture, TRUE, 1500);
  set_shown (fixture, (SyncShown){ .descending = TRUE });
  assert_order (fixture, FALSE, 1500);
  g_assert_true (sync_request_list_find (fixture->list, 1500, &position));
  g_assert_cmpuint (position, ==, 0);
  g_assert_cmpint (sync_request_list_get_id (fixture->list, 1499), ==, 1);
  g_assert_cmpint (sync_request_list_get_id (fixture->list, 1500), ==, 0);
  set_shown (fixture, (SyncShown){ .words = "key-77", .resource_type = "Item" });
  assert_order (fixture, TRUE, 11);
  g_assert_false (sync_request_list_find (fixture->list, 1, &position));
}

/* However many there are, and wherever somebody has been: what is in memory is what is looked at, and a little. */
static void
test_flat (Fixture *fixture, gconstpointer data)
{
  const guint n_rows = 100 * 1000, n_held = 200;
  g_autoptr (GPtrArray) held = g_ptr_array_new_with_free_func (g_object_unref);
  guint most = 0;

  for (guint i = 0; i < n_rows; i += 5000)
    accept (fixture, i, i + 5000, "Item");
  sync_request_list_refresh (fixture->list);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (fixture->list)), ==, n_rows);
  /* As a view does, a window of rows moves over all of them. */
  for (guint i = 0; i < n_rows; i++)
    {
      if (held->len == n_held)
        g_ptr_array_remove_index (held, 0);
      g_ptr_array_add (held, g_list_model_get_item (G_LIST_MODEL (fixture->list), i));
      if (i % 1000 == 0)
        most = MAX (most, sync_request_list_get_n_loaded (fixture->list));
    }
  g_assert_cmpuint (most, >, n_held);
  g_assert_cmpuint (most, <, 1500);
  /* A refresh leaves only what is held. */
  sync_request_list_refresh (fixture->list);
  g_assert_cmpuint (sync_request_list_get_n_loaded (fixture->list), ==, n_held);
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
  fixture->n_signals = 0;
  sync_request_list_refresh (fixture->list);
  assert_order (fixture, TRUE, 9);
  g_assert_cmpuint (fixture->n_signals, ==, 4);
  still = g_list_model_get_item (G_LIST_MODEL (fixture->list), 2);
  g_assert_true (still == kept);
  /* Among all of them the discarded ones are seen again, changed in place. */
  set_shown (fixture, (SyncShown){ .descending = TRUE });
  assert_order (fixture, FALSE, 13);
  g_clear_object (&still);
  still = g_list_model_get_item (G_LIST_MODEL (fixture->list), 0);
  discard (fixture, 13);
  fixture->n_signals = 0;
  sync_request_list_refresh (fixture->list);
  assert_order (fixture, FALSE, 13);
  g_assert_cmpuint (fixture->n_signals, ==, 0);
  g_object_get (still, "state", &state, NULL);
  g_assert_cmpstr (state, ==, "Given up");
}

/* In an order that changes rows move, and each of them stays what it is. */
static void
test_moves (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncRequestItem) moved = NULL;
  g_autoptr (SyncRequestItem) found = NULL;

  accept (fixture, 0, 6, "Item");
  set_shown (fixture, (SyncShown){ .sort = SYNC_SORT_STATE });
  moved = g_list_model_get_item (G_LIST_MODEL (fixture->list), 1);
  g_assert_cmpint (sync_request_item_get_request (moved)->id, ==, 2);
  discard (fixture, 2);
  sync_request_list_refresh (fixture->list);
  g_assert_cmpuint (fixture->shown, ==, 6);
  for (guint i = 0; i < 6; i++)
    {
      static const gint64 expected[] = { 1, 3, 4, 5, 6, 2 };

      g_assert_cmpint (sync_request_list_get_id (fixture->list, i), ==, expected[i]);
    }
  found = g_list_model_get_item (G_LIST_MODEL (fixture->list), 5);
  g_assert_true (found == moved);
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
  ADD ("/sync/request-list/flat", test_flat);
  ADD ("/sync/request-list/changes", test_changes);
  ADD ("/sync/request-list/moves", test_moves);
  ADD ("/sync/request-list/row", test_row);
  ADD ("/sync/request-list/waits-for", test_waits_for);
  ADD ("/sync/request-list/only-sales", test_only_sales);
  return g_test_run ();
}
