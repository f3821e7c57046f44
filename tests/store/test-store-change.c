/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims and decisions: what is written, what a late answer may not do, what a kill leaves behind; and
 * conflicts. */
#include "config.h"

#include <string.h>

#include "store-fixture.h"

static void
test_claim (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncRequest) row = NULL;
  g_autoptr (GPtrArray) attempts = NULL;
  const SyncSend send = { .key_field = "sync_client_id", .user = "cashier@example.com", .server_ms = 77 };
  SyncAttempt *attempt;
  guint number = 0;

  store_fixture_accept (fixture, store_fixture_create ("k"));
  sync_clock_virtual_advance_us (fixture->clock, G_USEC_PER_SEC);
  row = sync_store_claim (fixture->store, 1, &send, &number, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (number, ==, 1);
  g_assert_cmpint (row->state, ==, SYNC_STATE_SENDING);
  g_assert_cmpuint (row->attempts, ==, 1);
  g_assert_cmpuint (row->unaccounted, ==, 1);
  g_assert_nonnull (row->accepted_body);
  attempts = sync_store_list_attempts (fixture->store, 1, &error);
  g_assert_cmpuint (attempts->len, ==, 1);
  attempt = attempts->pdata[0];
  g_assert_cmpuint (attempt->number, ==, 1);
  g_assert_cmpstr (attempt->kind, ==, "send");
  g_assert_cmpint (attempt->duration_us, ==, -1);
  g_assert_cmpint (attempt->started_ms, ==, row->accepted_ms + 1000);
  g_assert_cmpstr (attempt->key_field, ==, "sync_client_id");
  g_assert_cmpstr (attempt->sent_as, ==, "cashier@example.com");
  g_assert_cmpint (attempt->server_ms, ==, 77);

  g_assert_null (sync_store_claim (fixture->store, 1, NULL, NULL, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_STALE);
  g_clear_error (&error);
  g_assert_null (sync_store_claim (fixture->store, 99, NULL, NULL, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_NOT_FOUND);
}

static void
test_answer (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (SyncRequest) row = NULL;
  g_autoptr (GPtrArray) attempts = NULL;
  SyncAttempt *attempt;
  SyncChange change = SYNC_CHANGE_INIT;

  store_fixture_accept (fixture, store_fixture_create ("k"));
  change.id = 1;
  change.from = SYNC_STATE_SENDING;
  change.to = SYNC_STATE_PENDING;
  change.attempt = store_fixture_claim (fixture, 1);
  change.unaccounted = 0;
  change.delay_ms = 2000;
  change.charge = TRUE;
  change.http_status = 417;
  change.exc_type = "LinkValidationError";
  change.verdict = "retry";
  change.message = "Could not find Customer";
  change.response = "{\"exc_type\":\"LinkValidationError\"}";
  change.duration_us = 1234;
  store_fixture_change (fixture, change);
  row = store_fixture_get (fixture, 1);
  g_assert_cmpint (row->state, ==, SYNC_STATE_PENDING);
  g_assert_cmpuint (row->retry_count, ==, 1);
  g_assert_cmpuint (row->unaccounted, ==, 0);
  g_assert_cmpuint (row->http_status, ==, 417);
  g_assert_cmpstr (row->exc_type, ==, "LinkValidationError");
  g_assert_cmpstr (row->error_message, ==, "Could not find Customer");
  g_assert_cmpstr (row->response, ==, change.response);
  g_assert_cmpint (row->next_retry_at_ms, ==, sync_clock_wall_ms (SYNC_CLOCK (fixture->clock)) + 2000);
  attempts = sync_store_list_attempts (fixture->store, 1, NULL);
  attempt = attempts->pdata[0];
  g_assert_cmpint (attempt->duration_us, ==, 1234);
  g_assert_cmpuint (attempt->http_status, ==, 417);
  g_assert_cmpstr (attempt->verdict, ==, "retry");

  /* NULL keeps, "" clears, a person starts afresh. */
  change = (SyncChange) SYNC_CHANGE_INIT;
  change.id = 1;
  change.from = change.to = SYNC_STATE_PENDING;
  change.reset_retries = TRUE;
  change.message = "";
  change.delay_ms = 0;
  store_fixture_change (fixture, change);
  sync_request_unref (row);
  row = store_fixture_get (fixture, 1);
  g_assert_cmpuint (row->retry_count, ==, 0);
  g_assert_null (row->error_message);
  g_assert_cmpstr (row->exc_type, ==, "LinkValidationError");
  g_assert_cmpint (row->next_retry_at_ms, ==, 0);
}

static void
test_completed (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (SyncRequest) row = NULL;

  store_fixture_accept (fixture, store_fixture_create ("k"));
  sync_clock_virtual_advance_us (fixture->clock, 5 * G_USEC_PER_SEC);
  store_fixture_deliver (fixture, 1, "ACC-1", "2026-01-01 00:00:05.000001");
  row = store_fixture_get (fixture, 1);
  g_assert_cmpint (row->state, ==, SYNC_STATE_COMPLETED);
  g_assert_cmpstr (row->server_name, ==, "ACC-1");
  g_assert_cmpstr (row->resource_version, ==, "2026-01-01 00:00:05.000001");
  g_assert_cmpstr (row->proof, ==, "server");
  g_assert_cmpint (
    store_fixture_number (fixture, "SELECT delivered = 1 AND latency_sum_ms = 5000 AND latency_max_ms = 5000"
                                   " FROM statistics"),
    ==, 1);
}

static void
test_stale (StoreFixture *fixture, gconstpointer data)
{
  SyncChange late = SYNC_CHANGE_INIT;

  store_fixture_accept (fixture, store_fixture_create ("k"));
  late.id = 1;
  late.from = SYNC_STATE_SENDING;
  late.to = SYNC_STATE_UNKNOWN;
  late.attempt = store_fixture_claim (fixture, 1);
  store_fixture_change (fixture, late);
  /* The answer comes when the row is not being sent, and again when it is sent a second time. */
  late.to = SYNC_STATE_COMPLETED;
  store_fixture_try_change (fixture, late, SYNC_ERROR_STALE);
  g_assert_cmpuint (store_fixture_claim (fixture, 1), ==, 2);
  store_fixture_try_change (fixture, late, SYNC_ERROR_STALE);
  g_assert_cmpint (store_fixture_state (fixture, 1), ==, SYNC_STATE_SENDING);
  late.attempt = 2;
  store_fixture_change (fixture, late);
  late.id = 99;
  store_fixture_try_change (fixture, late, SYNC_ERROR_NOT_FOUND);
}

static void
test_look (StoreFixture *fixture, gconstpointer data)
{
  SyncChange change = SYNC_CHANGE_INIT;
  g_autoptr (GPtrArray) attempts = NULL;
  SyncAttempt *attempt;

  store_fixture_accept (fixture, store_fixture_create ("k"));
  store_fixture_bring_to (fixture, 1, SYNC_STATE_UNKNOWN);
  change.id = 1;
  change.from = change.to = SYNC_STATE_UNKNOWN;
  change.verdict = "absent";
  change.http_status = 404;
  store_fixture_change (fixture, change);
  change.kind = "person";
  change.verdict = "again";
  change.to = SYNC_STATE_PENDING;
  store_fixture_change (fixture, change);
  attempts = sync_store_list_attempts (fixture->store, 1, NULL);
  g_assert_cmpuint (attempts->len, ==, 3);
  attempt = attempts->pdata[1];
  g_assert_cmpstr (attempt->kind, ==, "look");
  g_assert_cmpuint (attempt->number, ==, 1);
  attempt = attempts->pdata[2];
  g_assert_cmpstr (attempt->kind, ==, "person");
}

static void
test_needs_person (StoreFixture *fixture, gconstpointer data)
{
  SyncChange change = SYNC_CHANGE_INIT;
  g_autofree char *due = NULL;
  g_autofree char *later = NULL;
  SyncCounts counts;

  store_fixture_accept (fixture, store_fixture_create ("k"));
  store_fixture_bring_to (fixture, 1, SYNC_STATE_UNKNOWN);
  change.id = 1;
  change.from = change.to = SYNC_STATE_UNKNOWN;
  change.needs_person = 1;
  store_fixture_change (fixture, change);
  due = store_fixture_dup_due (fixture);
  g_assert_cmpstr (due, ==, "");
  g_assert_cmpint (sync_store_get_next_due_us (fixture->store), ==, -1);
  g_assert_true (sync_store_get_counts (fixture->store, &counts, NULL));
  g_assert_cmpuint (counts.needs_person, ==, 1);
  change.needs_person = -1;
  change.to = SYNC_STATE_PENDING;
  store_fixture_change (fixture, change);
  later = store_fixture_dup_due (fixture);
  g_assert_cmpstr (later, ==, "1");
}

static void
test_effective_body (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) body = g_bytes_new_static ("{\"a\":2}", 7);
  g_autoptr (SyncRequest) row = NULL;
  SyncChange change = SYNC_CHANGE_INIT;

  store_fixture_accept (fixture, store_fixture_create ("k"));
  change.id = 1;
  change.from = change.to = SYNC_STATE_PENDING;
  change.effective_body = body;
  store_fixture_try_change (fixture, change, SYNC_ERROR_ILLEGAL_EDGE);
  store_fixture_bring_to (fixture, 1, SYNC_STATE_FAILED);
  change.from = SYNC_STATE_FAILED;
  store_fixture_change (fixture, change);
  row = store_fixture_get (fixture, 1);
  g_assert_true (g_bytes_equal (row->effective_body, body));
  g_assert_true (sync_request_get_body (row) == row->effective_body);
  g_assert_false (g_bytes_equal (row->accepted_body, body));
}

static void
test_long_response (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GString) long_text = g_string_new ("x");
  g_autoptr (SyncRequest) row = NULL;
  SyncChange change = SYNC_CHANGE_INIT;

  for (guint i = 0; i < 600000; i++)
    g_string_append (long_text, "é");
  store_fixture_accept (fixture, store_fixture_create ("k"));
  change.id = 1;
  change.from = change.to = SYNC_STATE_PENDING;
  change.response = long_text->str;
  store_fixture_change (fixture, change);
  row = store_fixture_get (fixture, 1);
  g_assert_cmpuint (strlen (row->response), ==, 1024 * 1024 - 1);
  g_assert_true (g_utf8_validate (row->response, -1, NULL));
}

static void
test_kill (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (SyncRequest) row = NULL;
  SyncChange late = SYNC_CHANGE_INIT;

  for (guint i = 1; i <= 3; i++)
    {
      g_autofree char *key = g_strdup_printf ("k%u", i);

      store_fixture_accept (fixture, store_fixture_create (key));
    }
  store_fixture_deliver (fixture, 1, NULL, NULL);
  store_fixture_claim (fixture, 2);
  store_fixture_crash (fixture);
  g_assert_cmpuint (sync_store_get_recovered (fixture->store), ==, 1);
  g_assert_false (sync_store_get_ended_clean (fixture->store));
  g_assert_cmpint (store_fixture_state (fixture, 1), ==, SYNC_STATE_COMPLETED);
  row = store_fixture_get (fixture, 2);
  g_assert_cmpint (row->state, ==, SYNC_STATE_UNKNOWN);
  g_assert_cmpuint (row->unaccounted, ==, 1);
  g_assert_cmpint (store_fixture_state (fixture, 3), ==, SYNC_STATE_PENDING);
  late.id = 2;
  late.from = SYNC_STATE_SENDING;
  late.to = SYNC_STATE_COMPLETED;
  late.attempt = 1;
  store_fixture_try_change (fixture, late, SYNC_ERROR_STALE);

  store_fixture_reopen (fixture);
  g_assert_cmpuint (sync_store_get_recovered (fixture->store), ==, 0);
  g_assert_true (sync_store_get_ended_clean (fixture->store));
}

static SyncConflict *
conflict_new (void)
{
  SyncConflict *conflict = sync_conflict_new ();

  conflict->resource_type = g_strdup ("Customer");
  conflict->resource_id = g_strdup ("Ann");
  conflict->conflict_type = g_strdup ("edit_edit");
  conflict->base_data = g_strdup ("{\"a\":0}");
  conflict->local_data = g_strdup ("{\"a\":1}");
  conflict->server_data = g_strdup ("{\"a\":2}");
  conflict->server_version = g_strdup ("m5");
  return conflict;
}

static void
test_conflict (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (SyncConflict) conflict = conflict_new ();
  g_autoptr (SyncConflict) open = NULL;
  g_autoptr (SyncConflict) closed = NULL;
  g_autoptr (GPtrArray) pending = NULL;
  g_autoptr (GBytes) merged = g_bytes_new_static ("{\"a\":3}", 7);
  SyncChange change = SYNC_CHANGE_INIT;
  SyncCounts counts;

  store_fixture_accept (fixture, store_fixture_update ("k", "Ann", "m0"));
  change.id = 1;
  change.from = SYNC_STATE_SENDING;
  change.to = SYNC_STATE_CONFLICT;
  change.attempt = store_fixture_claim (fixture, 1);
  change.unaccounted = 0;
  change.conflict = conflict;
  store_fixture_change (fixture, change);
  pending = sync_store_list_conflicts (fixture->store, "pending", 0, NULL);
  g_assert_cmpuint (pending->len, ==, 1);
  open = sync_store_get_conflict (fixture->store, 1, NULL);
  g_assert_cmpint (open->request_id, ==, 1);
  g_assert_cmpstr (open->server_data, ==, "{\"a\":2}");
  g_assert_cmpstr (open->server_version, ==, "m5");
  g_assert_cmpstr (open->status, ==, "pending");
  g_assert_cmpint (open->resolved_ms, ==, 0);
  g_assert_true (sync_store_get_counts (fixture->store, &counts, NULL));
  g_assert_cmpuint (counts.pending_conflicts, ==, 1);

  change = (SyncChange) SYNC_CHANGE_INIT;
  change.id = 1;
  change.from = SYNC_STATE_CONFLICT;
  change.to = SYNC_STATE_PENDING;
  change.resolution = "merged";
  change.actor = "manager@example.com";
  change.effective_body = merged;
  change.base_modified = "m5";
  store_fixture_change (fixture, change);
  closed = sync_store_get_conflict (fixture->store, 1, NULL);
  g_assert_cmpstr (closed->status, ==, "resolved");
  g_assert_cmpstr (closed->resolution, ==, "merged");
  g_assert_cmpstr (closed->result_data, ==, "{\"a\":3}");
  g_assert_cmpstr (closed->resolved_by, ==, "manager@example.com");
  g_assert_cmpint (closed->resolved_ms, >, 0);
  g_assert_cmpint (store_fixture_number (fixture, "SELECT count (*) FROM conflict_history"), ==, 2);
}

static void
test_conflict_superseded (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (SyncConflict) conflict = conflict_new ();
  g_autoptr (SyncConflict) closed = NULL;
  SyncChange change = SYNC_CHANGE_INIT;

  store_fixture_accept (fixture, store_fixture_update ("k", "Ann", "m0"));
  change.id = 1;
  change.to = SYNC_STATE_CONFLICT;
  change.conflict = conflict;
  store_fixture_change (fixture, change);
  change.from = SYNC_STATE_CONFLICT;
  change.to = SYNC_STATE_UNKNOWN;
  store_fixture_change (fixture, change);
  closed = sync_store_get_conflict (fixture->store, 1, NULL);
  g_assert_cmpstr (closed->status, ==, "superseded");
}

static void
test_conflict_verbs (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (SyncConflict) conflict = conflict_new ();
  g_autoptr (SyncConflict) closed = NULL;
  g_autoptr (GError) error = NULL;
  gint64 id;

  conflict->request_id = 1;
  g_assert_cmpint (sync_store_add_conflict (fixture->store, conflict, &error), ==, 0);
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_NOT_FOUND);
  g_clear_error (&error);
  store_fixture_accept (fixture, store_fixture_update ("k", "Ann", "m0"));
  id = sync_store_add_conflict (fixture->store, conflict, &error);
  g_assert_no_error (error);
  g_assert_cmpint (id, >, 0);
  g_assert_cmpint (sync_store_add_conflict (fixture->store, conflict, &error), ==, 0);
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED);
  g_clear_error (&error);
  g_assert_false (sync_store_resolve_conflict (fixture->store, id, "coin", NULL, NULL, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_INVALID);
  g_clear_error (&error);
  g_assert_true (sync_store_resolve_conflict (fixture->store, id, "manual", "{}", "me", &error));
  g_assert_no_error (error);
  g_assert_false (sync_store_resolve_conflict (fixture->store, id, "manual", "{}", "me", &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_STALE);
  g_clear_error (&error);
  g_assert_false (sync_store_resolve_conflict (fixture->store, 99, "manual", "{}", "me", &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_NOT_FOUND);
  closed = sync_store_get_conflict (fixture->store, id, NULL);
  g_assert_cmpstr (closed->resolution, ==, "manual");
}

/* The ids of a page, as "3 1". */
static char *
dup_decided (StoreFixture *fixture, gint64 after, guint limit)
{
  g_autoptr (GString) ids = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) page = sync_store_list_decided_conflicts (fixture->store, after, limit, &error);

  g_assert_no_error (error);
  for (guint i = 0; i < page->len; i++)
    {
      const SyncConflict *conflict = g_ptr_array_index (page, i);

      g_assert_null (conflict->server_data);
      g_assert_cmpint (conflict->resolved_ms, >, 0);
      g_string_append_printf (ids, "%s%" G_GINT64_FORMAT, i > 0 ? " " : "", conflict->id);
    }
  return g_string_free (g_steal_pointer (&ids), FALSE);
}

static void
assert_decided (StoreFixture *fixture, gint64 after, guint limit, const char *expected)
{
  g_autofree char *ids = dup_decided (fixture, after, limit);

  g_assert_cmpstr (ids, ==, expected);
}

/* The last that ended first, whenever it began, and also after it was undone. */
static void
test_decided_conflicts (StoreFixture *fixture, gconstpointer data)
{
  static const gint64 order[] = { 4, 1, 5, 2 };
  g_autoptr (GPtrArray) page = NULL;
  const SyncConflict *last;

  assert_decided (fixture, 0, 0, "");
  for (guint i = 1; i <= 5; i++)
    {
      g_autoptr (SyncConflict) conflict = conflict_new ();
      g_autofree char *key = g_strdup_printf ("k%u", i);

      conflict->request_id = store_fixture_accept (fixture, store_fixture_update (key, key, "m0"));
      g_assert_cmpint (sync_store_add_conflict (fixture->store, conflict, NULL), ==, i);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (order); i++)
    g_assert_true (sync_store_resolve_conflict (fixture->store, order[i], "server_wins", NULL, "me", NULL));
  g_assert_true (sync_store_note_conflict (fixture->store, 3, SYNC_CONFLICT_SKIPPED, "me", NULL, NULL));
  g_assert_true (sync_store_set_undone (fixture->store, 4, 1, "me", NULL));
  assert_decided (fixture, 0, 0, "2 5 1 4");
  assert_decided (fixture, 0, 2, "2 5");
  assert_decided (fixture, 5, 2, "1 4");
  assert_decided (fixture, 4, 2, "");
  /* From the start after what is not closed, or not there. */
  assert_decided (fixture, 3, 1, "2");
  assert_decided (fixture, 99, 1, "2");
  page = sync_store_list_decided_conflicts (fixture->store, 1, 1, NULL);
  last = g_ptr_array_index (page, 0);
  g_assert_cmpstr (last->resolution, ==, "server_wins");
  g_assert_cmpstr (last->resolved_by, ==, "me");
  g_assert_cmpint (last->undone_by, ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  store_fixture_add_test ("/sync/store-change/claim", test_claim);
  store_fixture_add_test ("/sync/store-change/answer", test_answer);
  store_fixture_add_test ("/sync/store-change/completed", test_completed);
  store_fixture_add_test ("/sync/store-change/stale", test_stale);
  store_fixture_add_test ("/sync/store-change/look", test_look);
  store_fixture_add_test ("/sync/store-change/needs-person", test_needs_person);
  store_fixture_add_test ("/sync/store-change/effective-body", test_effective_body);
  store_fixture_add_test ("/sync/store-change/long-response", test_long_response);
  store_fixture_add_test ("/sync/store-change/kill", test_kill);
  store_fixture_add_test ("/sync/store-change/conflict", test_conflict);
  store_fixture_add_test ("/sync/store-change/conflict-superseded", test_conflict_superseded);
  store_fixture_add_test ("/sync/store-change/conflict-verbs", test_conflict_verbs);
  store_fixture_add_test ("/sync/store-change/decided-conflicts", test_decided_conflicts);
  return g_test_run ();
}
