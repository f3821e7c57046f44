/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "busy-store.h"

#include "sync-test-directory.h"

#define MINUTE_MS G_GINT64_CONSTANT (60000)
#define HOUR_MS (60 * MINUTE_MS)
#define BATCH 1000

void
busy_store_set_up (BusyStore *self, gconstpointer data)
{
  const SyncStoreOptions options = { .min_free_bytes = 0, .reserve_bytes = 0 };
  g_autoptr (GError) error = NULL;

  self->directory = sync_test_directory_new ();
  self->clock = sync_clock_virtual_new ();
  self->store = sync_store_open (self->directory, &options, SYNC_CLOCK (self->clock), &error);
  g_assert_no_error (error);
  self->reader = sync_store_open_reader (self->directory, &error);
  g_assert_no_error (error);
}

void
busy_store_tear_down (BusyStore *self, gconstpointer data)
{
  g_assert_finalize_object (self->reader);
  sync_store_close (self->store);
  g_clear_object (&self->store);
  g_clear_object (&self->clock);
  sync_test_directory_free (self->directory);
}

/* Time goes by. */
void
busy_store_pass (BusyStore *self, gint64 ms)
{
  sync_clock_virtual_advance_us (self->clock, ms * 1000);
}

/* Sets the clock so long after noon of the day on which everything here happens, or before it. */
void
busy_store_go_to (BusyStore *self, gint64 ms)
{
  g_autoptr (GDateTime) noon = g_date_time_new_local (2026, 3, 10, 12, 0, 0);
  gint64 now_us = sync_clock_wall_us (SYNC_CLOCK (self->clock));

  sync_clock_virtual_jump_wall_us (self->clock, g_date_time_to_unix (noon) * G_USEC_PER_SEC + ms * 1000 - now_us);
}

static SyncRequest *
make_request (BusyStore *self, const char *type, const char *customer)
{
  SyncRequest *request = sync_request_new ();
  g_autofree char *body
    = g_strdup_printf ("{\"customer\": \"%s\", \"grand_total\": %u.5, \"currency\": \"EUR\"}", customer, self->n_taken);

  request->site = g_strdup ("http://127.0.0.1");
  request->author = g_strdup ("gateway");
  request->key = g_strdup_printf ("key-%06u", self->n_taken++);
  request->fingerprint = g_compute_checksum_for_string (G_CHECKSUM_SHA256, request->key, -1);
  request->family = g_strdup ("resource");
  request->method = g_strdup ("POST");
  request->url = g_strdup_printf ("/api/resource/%s", type);
  request->content_type = g_strdup ("application/json");
  request->accepted_body = g_bytes_new (body, strlen (body));
  request->resource_type = g_strdup (type);
  request->lane = g_strdup (request->key);
  request->action = g_strdup ("create");
  return request;
}

/* A till hands one over. Returns its id. */
gint64
busy_store_take (BusyStore *self, const char *type, const char *customer)
{
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_acceptance_free);
  g_autoptr (GError) error = NULL;

  g_ptr_array_add (rows, sync_acceptance_new (make_request (self, type, customer)));
  g_assert_true (sync_store_accept (self->store, rows, &error));
  g_assert_no_error (error);
  return ((SyncAcceptance *) g_ptr_array_index (rows, 0))->id;
}

void
busy_store_take_many (BusyStore *self, guint n)
{
  while (n > 0)
    {
      g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_acceptance_free);

      for (guint i = 0; i < BATCH && n > 0; i++, n--)
        g_ptr_array_add (rows, sync_acceptance_new (make_request (self, "Sales Invoice", "Corner Bakery")));
      g_assert_true (sync_store_accept (self->store, rows, NULL));
    }
}

void
busy_store_send (BusyStore *self, gint64 id)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncRequest) request = sync_store_claim (self->store, id, NULL, NULL, &error);

  g_assert_no_error (error);
}

static void
change (BusyStore *self, const SyncChange *what)
{
  g_autoptr (GError) error = NULL;
  gboolean done = sync_store_change (self->store, what, &error);

  g_assert_no_error (error);
  g_assert_true (done);
}

/* The answer to the send that is under way. */
void
busy_store_answer (BusyStore *self, gint64 id, SyncState to, const char *verdict, guint http_status, const char *words)
{
  g_autoptr (SyncRequest) request = sync_store_get (self->store, id, NULL);
  SyncChange what = SYNC_CHANGE_INIT;

  what.id = id;
  what.from = SYNC_STATE_SENDING;
  what.to = to;
  what.attempt = request->attempts;
  what.verdict = verdict;
  what.http_status = http_status;
  what.exc_type = http_status == 403 ? "PermissionError" : NULL;
  what.message = words;
  what.unaccounted = 0;
  what.duration_us = 120000;
  what.charge = strcmp (verdict, "retry") == 0;
  change (self, &what);
}

/* Sent and answered so long after. */
void
busy_store_deliver (BusyStore *self, gint64 id, gint64 after_ms, const char *name)
{
  g_autoptr (SyncRequest) request = NULL;
  SyncChange what = SYNC_CHANGE_INIT;

  busy_store_send (self, id);
  busy_store_pass (self, after_ms);
  request = sync_store_get (self->store, id, NULL);
  what.id = id;
  what.from = SYNC_STATE_SENDING;
  what.to = SYNC_STATE_COMPLETED;
  what.attempt = request->attempts;
  what.verdict = "delivered";
  what.http_status = 200;
  what.server_name = name;
  what.proof = "server";
  what.unaccounted = 0;
  what.duration_us = after_ms * 1000;
  change (self, &what);
}

/* The send that is under way meets another version. Returns the conflict's id. */
gint64
busy_store_conflict (BusyStore *self, gint64 id)
{
  g_autoptr (SyncRequest) request = sync_store_get (self->store, id, NULL);
  SyncConflict conflict = { .request_id = id,
                            .resource_type = request->resource_type,
                            .resource_id = (char *) "CUST-1",
                            .conflict_type = (char *) "edit_edit",
                            .local_data = (char *) "{}",
                            .server_data = (char *) "{}" };
  SyncChange what = SYNC_CHANGE_INIT;
  g_autoptr (GError) error = NULL;
  gint64 conflict_id;

  what.id = id;
  what.from = SYNC_STATE_SENDING;
  what.to = SYNC_STATE_CONFLICT;
  what.attempt = request->attempts;
  what.verdict = "stale";
  what.http_status = 417;
  what.unaccounted = 0;
  what.conflict = &conflict;
  change (self, &what);
  conflict_id = sync_store_find_open_conflict (self->store, id, NULL);
  g_assert_true (
    sync_store_note_conflict (self->store, conflict_id, SYNC_CONFLICT_ASKED, "engine", "the total differs", &error));
  g_assert_no_error (error);
  return conflict_id;
}

void
busy_store_decide (BusyStore *self, gint64 id, SyncState from, SyncState to, const char *resolution, const char *actor,
                   const char *reason)
{
  SyncChange what = SYNC_CHANGE_INIT;

  what.id = id;
  what.from = from;
  what.to = to;
  what.kind = "person";
  what.verdict = resolution != NULL ? resolution : "retry";
  what.resolution = resolution;
  what.actor = actor;
  what.reason = reason;
  what.delay_ms = 0;
  change (self, &what);
}

static void
fill_day (BusyStore *self, guint day)
{
  static const char *const customers[] = { "Corner Bakery", "Hotel Sonne", "Ann Miller", "مخبز الزاوية" };

  for (guint hour = 0; hour < 24; hour++)
    {
      guint n = hour < 8 || hour > 19 ? 0 : 2 + (hour * 7 + day * 3) % 5;

      for (guint i = 0; i < n; i++)
        {
          g_autofree char *name = g_strdup_printf ("ACC-SINV-2026-%05u", self->n_taken);
          gint64 id = busy_store_take (self, "Sales Invoice", customers[self->n_taken % G_N_ELEMENTS (customers)]);

          if (hour == 11 && i == 0)
            {
              busy_store_send (self, id);
              busy_store_answer (self, id, SYNC_STATE_PENDING, "retry", 500, "Internal Server Error");
              busy_store_pass (self, MINUTE_MS);
            }
          if (hour == 14 && i == 1)
            {
              busy_store_send (self, id);
              busy_store_answer (self, id, SYNC_STATE_FAILED, "refused", 417,
                                 "Row #1: Item COFFEE-250 is not in stock at Main Store.");
            }
          else
            busy_store_deliver (self, id, 300 + 170 * i + (hour == 12 ? 20000 : 0), name);
          busy_store_pass (self, MINUTE_MS);
        }
      busy_store_pass (self, HOUR_MS - (gint64) n * MINUTE_MS);
    }
}

/* A week in which something of everything happened; the last of it a few minutes before noon. */
void
busy_store_fill_week (BusyStore *self)
{
  gint64 conflict, id;

  busy_store_go_to (self, -7 * 24 * HOUR_MS);
  /* A day is one transaction: the disk is not what is tested. */
  for (guint day = 0; day < 7; day++)
    {
      sync_store_begin_group (self->store);
      fill_day (self, day);
      g_assert_true (sync_store_commit_group (self->store, NULL));
    }
  busy_store_go_to (self, -20 * MINUTE_MS);
  id = busy_store_take (self, "Customer", "Hotel Sonne");
  busy_store_send (self, id);
  busy_store_pass (self, 400);
  conflict = busy_store_conflict (self, id);
  busy_store_pass (self, MINUTE_MS);
  g_assert_true (sync_store_note_conflict (self->store, conflict, SYNC_CONFLICT_SKIPPED, "window", NULL, NULL));
  busy_store_pass (self, MINUTE_MS);
  busy_store_decide (self, id, SYNC_STATE_CONFLICT, SYNC_STATE_PENDING, "local_wins", "window", NULL);
  busy_store_deliver (self, id, 700, "Hotel Sonne");
  for (guint i = 0; i < 6; i++)
    {
      id = busy_store_take (self, "Sales Invoice", "Corner Bakery");
      busy_store_pass (self, 2 * MINUTE_MS);
    }
  busy_store_send (self, id);
  busy_store_pass (self, 1000);
}
