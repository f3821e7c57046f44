/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine's ordinary life: accepting, delivering, order, switches, shutdown. */
#include "config.h"

#include "engine-fixture.h"

#include "sync-error.h"

#include <string.h>

static gboolean
log_has (Engine *e, const char *line)
{
  return g_ptr_array_find_with_equal_func (e->log, line, g_str_equal, NULL);
}

static void
start (Engine *e)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (sync_engine_start (e->engine, &error));
  g_assert_no_error (error);
  engine_settle (e);
}

static ToyFault
refuse_all (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  return TOY_REFUSE;
}

static void
test_delivers (Engine *e)
{
  g_autoptr (SyncRequest) row = NULL;
  gint64 id;

  start (e);
  id = engine_submit (e, "POST", "/api/resource/Customer", "{\"customer_name\":\"A\"}");
  engine_settle (e);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  row = engine_get (e, id);
  g_assert_cmpstr (row->server_name, ==, "NAME-1");
  g_assert_cmpstr (row->proof, ==, "server");
  g_assert_cmpuint (row->attempts, ==, 1);
  g_assert_cmpuint (row->retry_count, ==, 0);
  g_assert_cmpuint (toy_site_count (e->site, "Customer"), ==, 1);
  g_assert_cmpstr (json_object_get_string_member (toy_site_get (e->site, "Customer", "NAME-1"), "sync_client_id"), ==, row->key);
  g_assert_true (log_has (e, "request 1 sending"));
  g_assert_true (log_has (e, "request 1 completed"));
  g_assert_true (log_has (e, "state syncing online"));
  g_assert_cmpstr (g_ptr_array_index (e->log, e->log->len - 1), ==, "state idle online");
}

static void
test_accepts_before_start (Engine *e)
{
  gint64 id = engine_submit (e, "POST", "/api/resource/Customer", "{\"customer_name\":\"A\"}");

  engine_run_for (e, 60000);
  engine_assert_state (e, id, SYNC_STATE_PENDING);
  g_assert_cmpuint (toy_site_n_calls (e->site), ==, 0);
  start (e);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
}

static void
test_no_timer_while_idle (Engine *e)
{
  start (e);
  engine_submit (e, "POST", "/api/resource/Customer", "{\"customer_name\":\"A\"}");
  engine_settle (e);
  g_assert_cmpint (sync_clock_virtual_next_alarm_us (e->clock), ==, -1);
}

static void
test_outage_costs_no_retry (Engine *e)
{
  g_autoptr (SyncRequest) row = NULL;
  gint64 id;
  guint calls;

  start (e);
  toy_site_set_fault (e->site, refuse_all, NULL);
  id = engine_submit (e, "POST", "/api/resource/Customer", "{\"customer_name\":\"A\"}");
  engine_run_for (e, 30 * 3600 * 1000);
  engine_assert_condition (e, SYNC_CONDITION_OFFLINE);
  row = engine_get (e, id);
  g_assert_cmpint (row->state, ==, SYNC_STATE_PENDING);
  g_assert_cmpuint (row->retry_count, ==, 0);
  g_assert_cmpuint (row->attempts, <=, 1);
  calls = toy_site_n_calls (e->site);
  /* One probe a minute at most, about half of that on average. */
  g_assert_cmpuint (calls, <, 30 * 60 * 3);
  toy_site_set_fault (e->site, NULL, NULL);
  sync_engine_hint_network (e->engine, FALSE);
  engine_run_for (e, 5000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  engine_assert_condition (e, SYNC_CONDITION_ONLINE);
}

static void
test_retries_then_fails (Engine *e)
{
  g_autoptr (GPtrArray) attempts = NULL;
  g_autoptr (SyncRequest) row = NULL;
  gint64 id;

  toy_site_set_canned (e->site, 500, "application/json", "{\"exc_type\":\"TypeError\",\"exception\":\"TypeError: oops\"}");
  toy_site_set_fault (e->site, toy_can_writes, NULL);
  start (e);
  id = engine_submit (e, "POST", "/api/resource/Customer", "{\"customer_name\":\"A\"}");
  engine_run_for (e, 60000);
  row = engine_get (e, id);
  g_assert_cmpint (row->state, ==, SYNC_STATE_FAILED);
  g_assert_cmpuint (row->retry_count, ==, 3);
  g_assert_cmpuint (row->attempts, ==, 4);
  g_assert_nonnull (strstr (row->error_message, "oops"));
  /* 1, 2, 4 s, each with up to a tenth of jitter. */
  attempts = sync_store_list_attempts (e->store, id, NULL);
  g_assert_cmpuint (attempts->len, ==, 5);
  for (guint i = 1; i < 4; i++)
    {
      gint64 gap = ((SyncAttempt *) g_ptr_array_index (attempts, i))->started_ms
                   - ((SyncAttempt *) g_ptr_array_index (attempts, i - 1))->started_ms;

      g_assert_cmpint (gap, >=, 1000 << (i - 1));
      g_assert_cmpint (gap, <=, (1100 << (i - 1)) + 1);
    }
  /* Before it is given up, the server is asked whether one of them was done. */
  g_assert_cmpstr (((SyncAttempt *) g_ptr_array_index (attempts, 4))->kind, ==, "look");
  engine_assert_condition (e, SYNC_CONDITION_ONLINE);
}

static void
test_refused_fails_at_once (Engine *e)
{
  g_autoptr (SyncRequest) row = NULL;
  gint64 id;

  toy_site_set_canned (e->site, 417, "application/json",
                       "{\"exc_type\":\"MandatoryError\",\"_server_messages\":"
                       "\"[\\\"{\\\\\\\"message\\\\\\\": \\\\\\\"<b>Customer Name</b> is missing\\\\\\\"}\\\"]\"}");
  toy_site_set_fault (e->site, toy_can_writes, NULL);
  start (e);
  id = engine_submit (e, "POST", "/api/resource/Customer", "{}");
  engine_settle (e);
  row = engine_get (e, id);
  g_assert_cmpint (row->state, ==, SYNC_STATE_FAILED);
  g_assert_cmpstr (row->error_message, ==, "Customer Name is missing");
  g_assert_cmpuint (row->attempts, ==, 1);
}

static void
test_lane_order (Engine *e)
{
  gint64 ids[5];

  toy_site_put (e->site, "Item", "A", "{\"n\":0}");
  start (e);
  toy_site_hold (e->site, TRUE);
  for (int i = 0; i < 5; i++)
    {
      g_autofree char *body = g_strdup_printf ("{\"n\":%d,\"modified\":\"2026-11-23 10:00:00.000001\"}", i + 1);

      ids[i] = engine_submit (e, "PUT", "/api/resource/Item/A", body);
    }
  engine_settle (e);
  g_assert_cmpuint (toy_site_n_held (e->site), ==, 1);
  engine_assert_state (e, ids[1], SYNC_STATE_PENDING);
  toy_site_hold (e->site, FALSE);
  engine_settle (e);
  /* All five were edited against one version; each goes out against what the one before it made. */
  for (int i = 0; i < 5; i++)
    engine_assert_state (e, ids[i], SYNC_STATE_COMPLETED);
  g_assert_cmpint (json_object_get_int_member (toy_site_get (e->site, "Item", "A"), "n"), ==, 5);
  g_assert_cmpuint (toy_site_get_log (e->site)->len, ==, 5);
}

/* The till reads once and saves five times while the line is up: each save is accepted after the one before it was
 * delivered, and none is a conflict with the others. Somebody else's save in between is. */
static void
test_lane_follows_its_own_versions (Engine *e)
{
  gint64 id;

  toy_site_put (e->site, "Item", "A", "{\"n\":0}");
  start (e);
  for (int i = 0; i < 5; i++)
    {
      g_autofree char *body = g_strdup_printf ("{\"n\":%d,\"modified\":\"2026-11-23 10:00:00.000001\"}", i + 1);

      id = engine_submit (e, "PUT", "/api/resource/Item/A", body);
      engine_settle (e);
      engine_assert_state (e, id, SYNC_STATE_COMPLETED);
    }
  toy_site_put (e->site, "Item", "A", "{\"n\":77}");
  id = engine_submit (e, "PUT", "/api/resource/Item/A", "{\"n\":6,\"modified\":\"2026-11-23 10:00:00.000001\"}");
  engine_settle (e);
  engine_assert_state (e, id, SYNC_STATE_CONFLICT);
}

static void
test_head_blocks_only_its_lane (Engine *e)
{
  gint64 bad, after, other;

  toy_site_put (e->site, "Item", "A", "{\"n\":0}");
  toy_site_put (e->site, "Item", "B", "{\"n\":0}");
  toy_site_set_canned (e->site, 417, "application/json", "{\"exc_type\":\"ValidationError\"}");
  toy_site_set_fault (e->site, toy_can_writes, NULL);
  start (e);
  bad = engine_submit (e, "PUT", "/api/resource/Item/A", "{\"n\":1}");
  engine_settle (e);
  toy_site_set_fault (e->site, NULL, NULL);
  after = engine_submit (e, "PUT", "/api/resource/Item/A", "{\"n\":2}");
  other = engine_submit (e, "PUT", "/api/resource/Item/B", "{\"n\":3}");
  engine_settle (e);
  engine_assert_state (e, bad, SYNC_STATE_FAILED);
  engine_assert_state (e, after, SYNC_STATE_PENDING);
  engine_assert_state (e, other, SYNC_STATE_COMPLETED);
  g_assert_true (sync_engine_discard (e->engine, bad, "wrong number", NULL, NULL));
  engine_settle (e);
  engine_assert_state (e, after, SYNC_STATE_COMPLETED);
}

static void
test_concurrency_and_priority (Engine *e)
{
  g_autoptr (GString) order = g_string_new (NULL);
  gint64 sale;

  for (int i = 0; i < 12; i++)
    engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"x\"}");
  sale = engine_submit (e, "POST", "/api/resource/Sales%20Invoice", "{\"customer\":\"A\"}");
  toy_site_hold (e->site, TRUE);
  start (e);
  engine_settle (e);
  /* Four in flight, no more, and the sale among them although it came last. */
  g_assert_cmpuint (toy_site_most_held (e->site), ==, 4);
  toy_site_hold (e->site, FALSE);
  engine_settle (e);
  engine_assert_state (e, sale, SYNC_STATE_COMPLETED);
  for (guint i = 0; i < toy_site_get_log (e->site)->len; i++)
    g_string_append_printf (order, "%s;", (char *) g_ptr_array_index (toy_site_get_log (e->site), i));
  g_assert_true (g_str_has_prefix (order->str, "POST Sales Invoice/") || strstr (order->str, "Sales Invoice") - order->str < 80);
  g_assert_cmpuint (toy_site_get_log (e->site)->len, ==, 13);
}

static void
test_pause_and_offline (Engine *e)
{
  gint64 id, item, note;
  const char *const types[] = { "Item", NULL };

  start (e);
  sync_engine_pause (e->engine, 60000, NULL);
  id = engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"x\"}");
  engine_run_for (e, 59000);
  engine_assert_state (e, id, SYNC_STATE_PENDING);
  engine_assert_condition (e, SYNC_CONDITION_PAUSED);
  engine_run_for (e, 2000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);

  sync_engine_pause (e->engine, 0, types);
  toy_site_put (e->site, "Item", "A", "{\"n\":0}");
  item = engine_submit (e, "PUT", "/api/resource/Item/A", "{\"n\":1}");
  note = engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"y\"}");
  engine_settle (e);
  engine_assert_state (e, item, SYNC_STATE_PENDING);
  engine_assert_state (e, note, SYNC_STATE_COMPLETED);
  sync_engine_resume (e->engine);
  engine_settle (e);
  engine_assert_state (e, item, SYNC_STATE_COMPLETED);

  sync_engine_set_offline (e->engine, TRUE);
  note = engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"z\"}");
  engine_run_for (e, 3600 * 1000);
  engine_assert_condition (e, SYNC_CONDITION_OFFLINE);
  engine_assert_state (e, note, SYNC_STATE_PENDING);
  sync_engine_set_offline (e->engine, FALSE);
  engine_settle (e);
  engine_assert_state (e, note, SYNC_STATE_COMPLETED);
}

static void
shut_down_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_assert_true (sync_engine_safe_shutdown_finish (SYNC_ENGINE (source), result, NULL));
  *(gboolean *) user_data = TRUE;
}

static void
test_safe_shutdown_waits (Engine *e)
{
  gboolean down = FALSE;
  gint64 id, second;

  start (e);
  toy_site_hold (e->site, TRUE);
  id = engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"x\"}");
  engine_settle (e);
  toy_site_hold (e->site, FALSE);
  engine_settle (e);
  toy_site_hold (e->site, TRUE);
  id = engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"y\"}");
  engine_settle (e);
  engine_assert_state (e, id, SYNC_STATE_SENDING);
  sync_engine_safe_shutdown_async (e->engine, NULL, shut_down_cb, &down);
  second = engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"z\"}");
  engine_run_for (e, 5000);
  g_assert_false (down);
  toy_site_hold (e->site, FALSE);
  engine_settle (e);
  g_assert_true (down);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  engine_assert_state (e, second, SYNC_STATE_PENDING);
}

static void
test_safe_shutdown_gives_up (Engine *e)
{
  gboolean down = FALSE;
  gint64 id;

  start (e);
  engine_submit (e, "POST", "/api/resource/Customer", "{\"customer_name\":\"first\"}");
  engine_settle (e);
  toy_site_hold (e->site, TRUE);
  id = engine_submit (e, "POST", "/api/resource/Customer", "{\"customer_name\":\"x\"}");
  engine_settle (e);
  sync_engine_safe_shutdown_async (e->engine, NULL, shut_down_cb, &down);
  engine_run_for (e, 8000);
  g_assert_false (down);
  engine_run_for (e, 1001);
  g_assert_true (down);
  engine_assert_state (e, id, SYNC_STATE_SENDING);
  /* The site had done it; the next start finds that out and does not do it again. */
  engine_drop (e);
  toy_site_hold (e->site, FALSE);
  engine_open (e);
  engine_assert_state (e, id, SYNC_STATE_UNKNOWN);
  start (e);
  engine_run_for (e, 10000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_cmpuint (toy_site_count (e->site, "Customer"), ==, 2);
}

static void
test_shutdown_drops_looks (Engine *e)
{
  gboolean down = FALSE;
  gint64 id;

  toy_site_put (e->site, "Item", "A", "{\"n\":0}");
  start (e);
  toy_site_hold (e->site, TRUE);
  id = engine_submit (e, "PUT", "/api/resource/Item/A", "{\"n\":1}");
  engine_settle (e);
  /* It asks for the base version first. */
  engine_assert_state (e, id, SYNC_STATE_PENDING);
  g_assert_cmpuint (toy_site_n_held (e->site), ==, 1);
  sync_engine_safe_shutdown_async (e->engine, NULL, shut_down_cb, &down);
  engine_settle (e);
  g_assert_true (down);
  engine_assert_state (e, id, SYNC_STATE_PENDING);
}

/* Whoever does not want to wait any longer stops it, and whoever waits is told. */
static void
test_stop_in_shutdown (Engine *e)
{
  gboolean down = FALSE;
  gint64 id;

  start (e);
  engine_submit (e, "POST", "/api/resource/Customer", "{\"customer_name\":\"first\"}");
  engine_settle (e);
  toy_site_hold (e->site, TRUE);
  id = engine_submit (e, "POST", "/api/resource/Customer", "{\"customer_name\":\"x\"}");
  engine_settle (e);
  sync_engine_safe_shutdown_async (e->engine, NULL, shut_down_cb, &down);
  engine_settle (e);
  g_assert_false (down);
  sync_engine_stop (e->engine);
  engine_settle (e);
  g_assert_true (down);
  engine_assert_state (e, id, SYNC_STATE_SENDING);
}

static void
test_watchdog (Engine *e)
{
  const SyncSend keyed = { .key_field = "sync_client_id" };
  g_autoptr (SyncRequest) claimed = NULL;
  guint attempt;
  gint64 id = engine_submit (e, "POST", "/api/resource/Customer", "{\"customer_name\":\"A\"}");

  /* A claim whose operation is gone. */
  claimed = sync_store_claim (e->store, id, &keyed, &attempt, NULL);
  g_assert_nonnull (claimed);
  start (e);
  engine_run_for (e, 10000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_cmpuint (toy_site_count (e->site, "Customer"), ==, 1);
}

static void
test_site_stays (Engine *e)
{
  g_autoptr (SyncConfig) other = sync_config_copy (e->config);
  g_autoptr (GError) error = NULL;

  g_free (other->base_url);
  other->base_url = g_strdup ("http://other.example");
  engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"x\"}");
  g_assert_false (sync_engine_set_config (e->engine, other, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED);
  g_clear_error (&error);
  start (e);
  g_assert_true (sync_engine_set_config (e->engine, other, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (sync_engine_get_config (e->engine)->base_url, ==, "http://other.example");
}

static void
test_config_while_running (Engine *e)
{
  g_autoptr (SyncConfig) more = sync_config_copy (e->config);

  start (e);
  more->concurrency = 7;
  more->batch_size = 3;
  g_assert_true (sync_engine_set_config (e->engine, more, NULL));
  toy_site_hold (e->site, TRUE);
  for (int i = 0; i < 20; i++)
    engine_submit (e, "PUT", "/api/resource/Note/N", "{\"title\":\"x\"}");
  for (int i = 0; i < 20; i++)
    {
      g_autofree char *url = g_strdup_printf ("/api/resource/Note/N%d", i);

      engine_submit (e, "DELETE", url, NULL);
    }
  engine_settle (e);
  g_assert_cmpuint (toy_site_n_held (e->site), ==, 7);
  toy_site_hold (e->site, FALSE);
  engine_settle (e);
}

static void
test_last_sync (Engine *e)
{
  g_autoptr (SyncSnapshot) snapshot = NULL;

  toy_site_set_canned (e->site, 417, "application/json", "{\"exc_type\":\"ValidationError\"}");
  toy_site_set_fault (e->site, toy_can_writes, NULL);
  start (e);
  engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"x\"}");
  engine_settle (e);
  snapshot = sync_engine_dup_snapshot (e->engine);
  g_assert_cmpint (snapshot->last_sync_ms, ==, 0);
  g_assert_cmpuint (snapshot->failure_count, ==, 1);
  g_assert_cmpint (snapshot->state, ==, SYNC_ENGINE_FAILED);
  g_assert_false (snapshot->safe_to_close);
  toy_site_set_fault (e->site, NULL, NULL);
  engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"y\"}");
  engine_settle (e);
  g_clear_pointer (&snapshot, sync_snapshot_free);
  snapshot = sync_engine_dup_snapshot (e->engine);
  g_assert_cmpint (snapshot->last_sync_ms, ==, sync_clock_wall_ms (SYNC_CLOCK (e->clock)));
  g_assert_cmpuint (snapshot->success_count, ==, 1);
  /* It survives a restart, and a forced sync that finds nothing due renews it. */
  engine_run_for (e, 1000);
  engine_drop (e);
  engine_open (e);
  start (e);
  g_clear_pointer (&snapshot, sync_snapshot_free);
  snapshot = sync_engine_dup_snapshot (e->engine);
  g_assert_cmpint (snapshot->last_sync_ms, ==, sync_clock_wall_ms (SYNC_CLOCK (e->clock)) - 1000);
  sync_engine_force_sync (e->engine, NULL, NULL, 0, NULL);
  g_clear_pointer (&snapshot, sync_snapshot_free);
  snapshot = sync_engine_dup_snapshot (e->engine);
  g_assert_cmpint (snapshot->last_sync_ms, ==, sync_clock_wall_ms (SYNC_CLOCK (e->clock)));
}

/* @in_ms: from now; -1: nothing is to be tried. */
static void
assert_next_try (Engine *e, gint64 in_ms)
{
  g_autoptr (SyncSnapshot) snapshot = sync_engine_dup_snapshot (e->engine);
  gint64 now_ms = sync_clock_wall_ms (SYNC_CLOCK (e->clock));

  g_assert_cmpint (snapshot->now_ms, ==, now_ms);
  g_assert_cmpint (snapshot->next_try_ms, ==, in_ms < 0 ? 0 : now_ms + in_ms);
  g_assert_cmpint (sync_snapshot_get_later_try_ms (snapshot), ==, in_ms > 0 ? now_ms + in_ms : 0);
}

/* "Now" is one thing, "nothing waits" another. */
static void
test_next_try (Engine *e)
{
  g_autoptr (SyncSnapshot) away = NULL;

  start (e);
  assert_next_try (e, -1);
  sync_engine_pause (e->engine, 0, NULL);
  for (guint i = 0; i < 5; i++)
    engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"x\"}");
  engine_settle (e);
  assert_next_try (e, -1);
  sync_engine_pause (e->engine, 60000, NULL);
  assert_next_try (e, 60000);
  sync_engine_set_offline (e->engine, TRUE);
  assert_next_try (e, -1);
  sync_engine_set_offline (e->engine, FALSE);
  assert_next_try (e, 60000);
  /* Four go at once; the fifth waits for its turn. */
  toy_site_hold (e->site, TRUE);
  sync_engine_resume (e->engine);
  engine_settle (e);
  assert_next_try (e, 0);
  toy_site_hold (e->site, FALSE);
  engine_settle (e);
  assert_next_try (e, -1);
  toy_site_set_fault (e->site, refuse_all, NULL);
  engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"y\"}");
  engine_settle (e);
  away = sync_engine_dup_snapshot (e->engine);
  g_assert_cmpint (away->condition, ==, SYNC_CONDITION_OFFLINE);
  g_assert_cmpint (sync_snapshot_get_later_try_ms (away), ==, away->next_try_ms);
  g_assert_cmpint (away->next_try_ms, >, away->now_ms);
}

static void
test_force_sync (Engine *e)
{
  gint64 note, item;
  gint64 with_unknown[] = { 2, 98, 99 };
  const char *const types[] = { "Note", NULL };
  g_autoptr (GError) error = NULL;

  toy_site_put (e->site, "Item", "A", "{\"n\":0}");
  toy_site_set_canned (e->site, 500, "application/json", "{\"exc_type\":\"TypeError\"}");
  toy_site_set_fault (e->site, toy_can_writes, NULL);
  start (e);
  note = engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"x\"}");
  item = engine_submit (e, "PUT", "/api/resource/Item/A", "{\"n\":1}");
  engine_settle (e);
  toy_site_set_fault (e->site, NULL, NULL);
  engine_assert_state (e, note, SYNC_STATE_PENDING);
  g_assert_true (sync_engine_force_sync (e->engine, types, NULL, 0, NULL));
  engine_settle (e);
  engine_assert_state (e, note, SYNC_STATE_COMPLETED);
  engine_assert_state (e, item, SYNC_STATE_PENDING);
  /* With one that there is not, nothing is done. */
  g_assert_false (sync_engine_force_sync (e->engine, NULL, with_unknown, 3, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "there are no requests 98, 99,"));
  engine_settle (e);
  engine_assert_state (e, item, SYNC_STATE_PENDING);
  g_assert_true (sync_engine_force_sync (e->engine, NULL, &item, 1, NULL));
  engine_settle (e);
  engine_assert_state (e, item, SYNC_STATE_COMPLETED);
}

/* Bytes that this process has written to any file. */
static gint64
n_written (void)
{
  g_autofree char *text = NULL;
  const char *count;

  g_assert_true (g_file_get_contents ("/proc/self/io", &text, NULL, NULL));
  count = strstr (text, "wchar: ");
  g_assert_nonnull (count);
  return g_ascii_strtoll (count + strlen ("wchar: "), NULL, 10);
}

static ToyFault
no_line_at_all (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  return TOY_REFUSE;
}

/* However many they are, it is one transaction: one sync of the disk, all or none. */
static void
test_force_many (Engine *e)
{
  enum { N = 200, TOO_MANY = 10001 };
  g_autofree gint64 *ids = g_new0 (gint64, TOO_MANY);
  g_autoptr (GError) error = NULL;
  gint64 bytes;

  toy_site_set_fault (e->site, no_line_at_all, NULL);
  start (e);
  for (guint i = 0; i < N; i++)
    ids[i] = engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"x\"}");
  engine_settle (e);
  sync_clock_virtual_advance_us (e->clock, G_USEC_PER_SEC);
  bytes = n_written ();
  g_assert_true (sync_engine_force_sync (e->engine, NULL, ids, N, &error));
  g_assert_no_error (error);
  bytes = n_written () - bytes;
  /* A transaction of its own for each would write a page for each, at least. */
  g_test_message ("%u ids: %" G_GINT64_FORMAT " bytes", N, bytes);
  g_assert_cmpint (bytes, <, N * 4096 / 2);
  engine_set_disk (FALSE);
  g_assert_false (sync_engine_force_sync (e->engine, NULL, ids, N, &error));
  engine_set_disk (TRUE);
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_STORAGE);
  g_clear_error (&error);
  g_assert_false (sync_engine_force_sync (e->engine, NULL, ids, TOO_MANY, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, "10000"));
}

static void
test_disk_full (Engine *e)
{
  g_autoptr (GError) error = NULL;
  SyncSubmission submission = SYNC_SUBMISSION_INIT;

  start (e);
  e->free_bytes = 1000;
  submission.method = "POST";
  submission.url = "/api/resource/Note";
  submission.body = g_bytes_new_static ("{}", 2);
  g_assert_cmpint (engine_submit_full (e, &submission, &error), ==, 0);
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_DISK_FULL);
  engine_assert_condition (e, SYNC_CONDITION_STORAGE_TROUBLE);
  e->free_bytes = -1;
  g_clear_error (&error);
  g_assert_cmpint (engine_submit_full (e, &submission, &error), >, 0);
  engine_run_for (e, 6000);
  engine_assert_condition (e, SYNC_CONDITION_ONLINE);
  g_bytes_unref (submission.body);
}

static void
test_refuses_nonsense (Engine *e)
{
  const struct
  {
    const char *method;
    const char *url;
    const char *body;
    int code;
  } rows[] = {
    { "POST", "/api/resource/Note", "{\"title\":", SYNC_ERROR_INVALID },
    { "POST", "http://elsewhere.example/api/resource/Note", "{}", SYNC_ERROR_FOREIGN_HOST },
    { "POST", "api/resource/Note", "{}", SYNC_ERROR_INVALID },
    { "GET", "/api/resource/Note/A", NULL, SYNC_ERROR_NOT_QUEUEABLE },
    { "POST", "/api/method/login", "{}", SYNC_ERROR_NOT_QUEUEABLE },
    { "POST", "/api/method/nobody.knows", "{}", SYNC_ERROR_NOT_QUEUEABLE },
    { "PO ST", "/api/resource/Note", "{}", SYNC_ERROR_INVALID },
    { "POST", "/api/resource/Note?api_key=k&api_secret=s", "{}", SYNC_ERROR_INVALID },
    { "POST", "/api/resource/Note?x=1&SID=s", "{}", SYNC_ERROR_INVALID },
    { "POST", "/api/resource/Note?tok%65n=s", "{}", SYNC_ERROR_INVALID },
    { "POST", "/api/resource/Note?password", "{}", SYNC_ERROR_INVALID },
    { "POST", "/api/resource/Note?x=%zz&pwd=s", "{}", SYNC_ERROR_INVALID },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GBytes) body = rows[i].body != NULL ? g_bytes_new (rows[i].body, strlen (rows[i].body)) : NULL;
      g_autoptr (GError) error = NULL;
      SyncSubmission submission = SYNC_SUBMISSION_INIT;

      submission.method = rows[i].method;
      submission.url = rows[i].url;
      submission.body = body;
      g_assert_cmpint (engine_submit_full (e, &submission, &error), ==, 0);
      g_test_message ("%s %s: %s", rows[i].method, rows[i].url, error->message);
      g_assert_error (error, SYNC_ERROR, rows[i].code);
    }
}

/* There is no row before the first. */
static void
test_no_such_row (Engine *e)
{
  static const gint64 ids[] = { G_MININT64, -1, 0, 7, G_MAXINT64 };

  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (sync_engine_retry (e->engine, ids[i], "anna", &error));
      g_assert_error (error, SYNC_ERROR, SYNC_ERROR_NOT_FOUND);
    }
}

/* What a caller signs in with is not kept; the program has a key of its own. */
static void
test_keeps_no_secrets (Engine *e)
{
  g_autoptr (GBytes) body = g_bytes_new_static ("{\"title\":\"x\"}", strlen ("{\"title\":\"x\"}"));
  SyncSubmission submission = SYNC_SUBMISSION_INIT;
  g_autoptr (SyncRequest) row = NULL;

  submission.method = "POST";
  submission.url = "/api/resource/Note?side=left&passed=1";
  submission.body = body;
  submission.headers = "{\"X-Api-Key\":\"s1\",\"X-Auth\":\"s2\",\"Api-Password\":\"s3\",\"X-Session-Id\":\"s4\","
                       "\"Authorization\":\"s5\",\"Cookie\":\"s6\",\"X-Sid\":\"s7\",\"X-Anything\":\"s8\","
                       "\"Accept-Language\":\"de\",\"content-type\":\"application/json\"}";
  row = engine_get (e, engine_submit_full (e, &submission, NULL));
  g_assert_cmpstr (row->headers, ==, "{\"Accept-Language\":\"de\",\"content-type\":\"application/json\"}");
}

static void
count_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncSubmitted) submitted = sync_engine_submit_finish (SYNC_ENGINE (source), result, NULL);

  g_assert_nonnull (submitted);
  ++*(guint *) user_data;
}

static void
test_group_commit (Engine *e)
{
  g_autoptr (GBytes) body = g_bytes_new_static ("{\"title\":\"x\"}", 13);
  SyncSubmission submission = SYNC_SUBMISSION_INIT;
  g_autoptr (GPtrArray) rows = NULL;
  SyncListFilter filter = { .limit = 1000 };
  guint answered = 0;

  submission.method = "POST";
  submission.url = "/api/resource/Note";
  submission.body = body;
  for (int i = 0; i < 250; i++)
    sync_engine_submit_async (e->engine, &submission, NULL, count_cb, &answered);
  /* Two full groups are on disk without a turn of the loop; nobody was answered out of turn. */
  rows = sync_store_list (e->store, &filter, NULL);
  g_assert_cmpuint (rows->len, ==, 200);
  engine_settle (e);
  g_assert_cmpuint (answered, ==, 250);
}

static void
test_same_key (Engine *e)
{
  gint64 first = engine_submit (e, "POST", "/api/resource/Sales%20Invoice",
                                "{\"customer\":\"A\",\"posa_client_request_id\":\"inv-1\"}");
  gint64 again = engine_submit (e, "POST", "/api/resource/Sales%20Invoice",
                                "{ \"posa_client_request_id\":\"inv-1\", \"customer\":\"A\"}");
  gint64 twin = engine_submit (e, "POST", "/api/resource/Sales%20Invoice", "{\"customer\":\"A\"}");

  g_assert_cmpint (first, ==, again);
  g_assert_cmpint (twin, !=, first);
  start (e);
  g_assert_cmpuint (toy_site_count (e->site, "Sales Invoice"), ==, 2);
}

static gboolean
is_kept (Engine *e, gint64 id)
{
  g_autoptr (SyncRequest) row = sync_store_get (e->store, id, NULL);

  return row != NULL;
}

/* What was delivered goes after thirty days, but for what undelivered rows of its lane may build on, and not while the
 * clocks disagree about the day. */
static void
test_upkeep (Engine *e)
{
  const gint64 day_ms = 24 * 3600 * 1000;
  gint64 plain, before, waiting;

  toy_site_set_clock (e->site, SYNC_CLOCK (e->clock), 0);
  toy_site_put (e->site, "Item", "A", "{\"n\":0}");
  engine_start (e);
  plain = engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"x\"}");
  before = engine_submit (e, "PUT", "/api/resource/Item/A", "{\"n\":1}");
  engine_run_for (e, 60000);
  sync_engine_pause (e->engine, 0, (const char *const[]) { "Item", NULL });
  waiting = engine_submit (e, "PUT", "/api/resource/Item/A", "{\"n\":2}");
  engine_run_for (e, 29 * day_ms);
  engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"y\"}");
  engine_run_for (e, 60000);
  g_assert_true (is_kept (e, plain));
  engine_run_for (e, 2 * day_ms);
  toy_site_set_clock (e->site, SYNC_CLOCK (e->clock), -3 * day_ms * 1000);
  engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"z\"}");
  engine_run_for (e, 60000);
  g_assert_true (is_kept (e, plain));
  toy_site_set_clock (e->site, SYNC_CLOCK (e->clock), 0);
  for (guint i = 0; i < 4; i++)
    {
      engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"z\"}");
      engine_run_for (e, 60000);
    }
  g_assert_false (is_kept (e, plain));
  g_assert_true (is_kept (e, before));
  engine_assert_state (e, waiting, SYNC_STATE_PENDING);
}

/* It was delivered while the till's clock was years behind: it is forgotten early, but its key is not. */
static void
test_upkeep_keeps_keys (Engine *e)
{
  const gint64 day_us = 24 * 3600 * (gint64) G_USEC_PER_SEC;
  gint64 first, again;

  toy_site_set_clock (e->site, SYNC_CLOCK (e->clock), 0);
  engine_start (e);
  first = engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"x\",\"sync_client_id\":\"key-of-old\"}");
  engine_run_for (e, 60000);
  sync_clock_virtual_jump_wall_us (e->clock, 3 * 365 * day_us);
  for (guint i = 0; i < 6; i++)
    {
      engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"y\"}");
      engine_run_for (e, 24 * 3600 * 1000);
    }
  g_assert_false (is_kept (e, first));
  again = engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"x\",\"sync_client_id\":\"key-of-old\"}");
  g_assert_cmpint (again, ==, first);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  engine_test_add ("/sync/engine/delivers", test_delivers);
  engine_test_add ("/sync/engine/accepts-before-start", test_accepts_before_start);
  engine_test_add ("/sync/engine/no-timer-while-idle", test_no_timer_while_idle);
  engine_test_add ("/sync/engine/outage-costs-no-retry", test_outage_costs_no_retry);
  engine_test_add ("/sync/engine/retries-then-fails", test_retries_then_fails);
  engine_test_add ("/sync/engine/refused-fails-at-once", test_refused_fails_at_once);
  engine_test_add ("/sync/engine/lane-order", test_lane_order);
  engine_test_add ("/sync/engine/lane-follows-its-own-versions", test_lane_follows_its_own_versions);
  engine_test_add ("/sync/engine/head-blocks-only-its-lane", test_head_blocks_only_its_lane);
  engine_test_add ("/sync/engine/concurrency-and-priority", test_concurrency_and_priority);
  engine_test_add ("/sync/engine/pause-and-offline", test_pause_and_offline);
  engine_test_add ("/sync/engine/safe-shutdown-waits", test_safe_shutdown_waits);
  engine_test_add ("/sync/engine/safe-shutdown-gives-up", test_safe_shutdown_gives_up);
  engine_test_add ("/sync/engine/stop-in-shutdown", test_stop_in_shutdown);
  engine_test_add ("/sync/engine/shutdown-drops-looks", test_shutdown_drops_looks);
  engine_test_add ("/sync/engine/watchdog", test_watchdog);
  engine_test_add ("/sync/engine/site-stays", test_site_stays);
  engine_test_add ("/sync/engine/config-while-running", test_config_while_running);
  engine_test_add ("/sync/engine/last-sync", test_last_sync);
  engine_test_add ("/sync/engine/next-try", test_next_try);
  engine_test_add ("/sync/engine/force-sync", test_force_sync);
  engine_test_add ("/sync/engine/force-many", test_force_many);
  engine_test_add ("/sync/engine/disk-full", test_disk_full);
  engine_test_add ("/sync/engine/refuses-nonsense", test_refuses_nonsense);
  engine_test_add ("/sync/engine/no-such-row", test_no_such_row);
  engine_test_add ("/sync/engine/keeps-no-secrets", test_keeps_no_secrets);
  engine_test_add ("/sync/engine/group-commit", test_group_commit);
  engine_test_add ("/sync/engine/same-key", test_same_key);
  engine_test_add ("/sync/engine/upkeep", test_upkeep);
  engine_test_add ("/sync/engine/upkeep-keeps-keys", test_upkeep_keeps_keys);
  return g_test_run ();
}
