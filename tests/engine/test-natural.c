/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Natural keys where something changes between the send and the look: the till's clock, the user, the database. */
#include "config.h"

#include "engine-fixture.h"

#include <string.h>

#define DAY_US G_TIME_SPAN_DAY
#define NEW "{\"customer_name\":\"New\"}"

static ToyFault
lose_once (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  ToyFault *fault = user_data;
  ToyFault now = *fault;

  if (!request->write || now == TOY_ANSWER)
    return TOY_ANSWER;
  *fault = TOY_ANSWER;
  return now;
}

/* Something is sent without a key, and its answer is lost. A customer stands there, so that the right to read them can
 * be seen. The site's clock is ahead of the till's. */
static gint64
lose_at (Engine *e, const char *url, const char *body, ToyFault *fault, gint64 ahead_us)
{
  gint64 id;

  toy_site_put (e->site, "Customer", "Walk In", "{\"customer_name\":\"Walk In\"}");
  toy_site_set_key_field (e->site, FALSE);
  toy_site_set_clock (e->site, SYNC_CLOCK (e->clock), ahead_us);
  toy_site_set_fault (e->site, lose_once, fault);
  engine_start (e);
  id = engine_submit (e, "POST", url, body);
  engine_settle (e);
  engine_assert_state (e, id, SYNC_STATE_UNKNOWN);
  return id;
}

static gint64
lose_customer (Engine *e, ToyFault *fault)
{
  return lose_at (e, "/api/resource/Customer", NEW, fault, 0);
}

/* The till's clock is set; the site's goes on. */
static void
set_clock (Engine *e, gint64 ahead_us)
{
  sync_clock_virtual_jump_wall_us (e->clock, ahead_us);
  toy_site_set_clock (e->site, SYNC_CLOCK (e->clock), -ahead_us);
}

static void
assert_for_person (Engine *e, gint64 id, const char *words)
{
  g_autoptr (SyncRequest) row = engine_get (e, id);

  g_assert_cmpint (row->state, ==, SYNC_STATE_UNKNOWN);
  g_assert_true (row->needs_person);
  g_assert_nonnull (strstr (row->error_message, words));
}

static void
test_attempt (Engine *e)
{
  ToyFault fault = TOY_RESET_BEFORE;
  gint64 id = lose_customer (e, &fault);
  g_autoptr (GPtrArray) attempts = sync_store_list_attempts (e->store, id, NULL);
  const SyncAttempt *attempt = g_ptr_array_index (attempts, 0);

  g_assert_cmpstr (attempt->sent_as, ==, "cashier@example.com");
  g_assert_null (attempt->key_field);
  /* At the earliest: half a second for the Date that is cut, and as much for what it is off by. */
  g_assert_cmpint (attempt->server_ms, <=, attempt->started_ms);
  g_assert_cmpint (attempt->server_ms, >, attempt->started_ms - 2000);
}

static void
set_and_settle (Engine *e, gint64 ahead_us)
{
  ToyFault fault = TOY_RESET_BEFORE;
  gint64 id = lose_customer (e, &fault);

  set_clock (e, ahead_us);
  engine_run_for (e, 129000);
  engine_assert_state (e, id, SYNC_STATE_UNKNOWN);
  g_assert_cmpuint (toy_site_count (e->site, "Customer"), ==, 1);
  engine_run_for (e, 60000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_cmpuint (toy_site_count (e->site, "Customer"), ==, 2);
}

/* It was made in the very second in which it was sent, and of the server's clock it is known to the hair how early that was. */
static void
test_found_within_the_second (Engine *e)
{
  ToyFault fault = TOY_ANSWER;
  gint64 id;

  toy_site_put (e->site, "Customer", "Walk In", "{\"customer_name\":\"Walk In\"}");
  toy_site_set_key_field (e->site, FALSE);
  toy_site_set_clock (e->site, SYNC_CLOCK (e->clock), 0);
  toy_site_set_fault (e->site, lose_once, &fault);
  engine_start (e);
  engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"x\"}");
  engine_settle (e);
  engine_run_for (e, 730);
  fault = TOY_RESET_AFTER;
  id = engine_submit (e, "POST", "/api/resource/Customer", NEW);
  engine_run_for (e, 10000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_cmpuint (toy_site_count (e->site, "Customer"), ==, 2);
}

/* The settle time is the server's, whatever is done to the till's clock. */
static void
test_clock_forward (Engine *e)
{
  set_and_settle (e, 3 * DAY_US);
}

static void
test_clock_back (Engine *e)
{
  set_and_settle (e, -3 * DAY_US);
}

static void
test_clock_and_found (Engine *e)
{
  ToyFault fault = TOY_RESET_AFTER;
  gint64 id = lose_customer (e, &fault);

  set_clock (e, 3 * DAY_US);
  engine_run_for (e, 10000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_cmpuint (toy_site_count (e->site, "Customer"), ==, 2);
}

/* The server's own clock jumps: by the boot clock the settle time has not passed. */
static void
test_server_forward (Engine *e)
{
  ToyFault fault = TOY_RESET_BEFORE;
  gint64 id = lose_customer (e, &fault);

  toy_site_set_clock (e->site, SYNC_CLOCK (e->clock), 3 * DAY_US);
  for (guint i = 0; i < 129; i++)
    {
      sync_engine_force_sync (e->engine, NULL, NULL, 0, NULL);
      engine_run_for (e, 1000);
    }
  engine_assert_state (e, id, SYNC_STATE_UNKNOWN);
  g_assert_cmpuint (toy_site_count (e->site, "Customer"), ==, 1);
  engine_run_for (e, 60000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_cmpuint (toy_site_count (e->site, "Customer"), ==, 2);
}

/* Of a send in another run the boot clock tells nothing: the settle time begins anew, also in the same boot. */
static void
lose_and_start_again (Engine *e, gboolean reboot)
{
  ToyFault fault = TOY_RESET_BEFORE;
  gint64 id = lose_customer (e, &fault);

  engine_run_for (e, 100000);
  engine_drop (e);
  if (reboot)
    sync_clock_virtual_reboot (e->clock, 10 * G_USEC_PER_SEC);
  engine_open (e);
  engine_start (e);
  toy_site_set_clock (e->site, SYNC_CLOCK (e->clock), 3 * DAY_US);
  for (guint i = 0; i < 129; i++)
    {
      sync_engine_force_sync (e->engine, NULL, NULL, 0, NULL);
      engine_run_for (e, 1000);
    }
  engine_assert_state (e, id, SYNC_STATE_UNKNOWN);
  engine_run_for (e, 60000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_cmpuint (toy_site_count (e->site, "Customer"), ==, 2);
}

static void
test_started_again (Engine *e)
{
  lose_and_start_again (e, FALSE);
}

static void
test_rebooted (Engine *e)
{
  lose_and_start_again (e, TRUE);
}

static gboolean
was_absent_once (Engine *e, gint64 id)
{
  g_autoptr (GPtrArray) attempts = sync_store_list_attempts (e->store, id, NULL);
  const SyncAttempt *last = g_ptr_array_index (attempts, attempts->len - 1);

  return g_strcmp0 (last->verdict, "absent_once") == 0;
}

/* Whoever presses the button does not make the second look come sooner than it may. */
static void
test_looks_apart (Engine *e)
{
  ToyFault fault = TOY_RESET_BEFORE;
  gint64 id = lose_customer (e, &fault);

  for (guint i = 0; i < 2000 && !was_absent_once (e, id); i++)
    engine_run_for (e, 100);
  g_assert_true (was_absent_once (e, id));
  for (guint i = 0; i < 3; i++)
    {
      sync_engine_force_sync (e->engine, NULL, NULL, 0, NULL);
      engine_run_for (e, 250);
      engine_assert_state (e, id, SYNC_STATE_UNKNOWN);
    }
  engine_run_for (e, 2000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
}

/* However short the settle time is, the server is not asked without a pause. */
static void
test_looks_unsettled (Engine *e)
{
  ToyFault fault = TOY_RESET_BEFORE;
  guint n_calls;
  gint64 id;

  e->config->settle_time = 0;
  e->config->base_retry_delay = 1;
  g_assert_true (sync_engine_set_config (e->engine, e->config, NULL));
  id = lose_customer (e, &fault);
  n_calls = toy_site_n_calls (e->site);
  engine_run_for (e, 60000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_cmpuint (toy_site_count (e->site, "Customer"), ==, 2);
  g_assert_cmpuint (toy_site_n_calls (e->site) - n_calls, <, 15);
}

/* What one user made another one may not see; what he sees counts. */
static void
test_other_user (Engine *e)
{
  ToyFault fault = TOY_RESET_BEFORE;
  gint64 id = lose_customer (e, &fault);

  toy_site_set_user (e->site, "other@example.com");
  sync_engine_credentials_changed (e->engine);
  engine_run_for (e, 600000);
  assert_for_person (e, id, "not certain");
  g_assert_cmpuint (toy_site_count (e->site, "Customer"), ==, 1);
}

static void
test_other_user_sees_it (Engine *e)
{
  ToyFault fault = TOY_RESET_AFTER;
  gint64 id = lose_customer (e, &fault);

  toy_site_set_user (e->site, "other@example.com");
  sync_engine_credentials_changed (e->engine);
  engine_run_for (e, 10000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
}

/* A site whose answers have no Date. */
static void
test_no_date (Engine *e)
{
  ToyFault fault = TOY_RESET_AFTER;
  gint64 id;

  toy_site_set_key_field (e->site, FALSE);
  toy_site_set_fault (e->site, lose_once, &fault);
  engine_start (e);
  id = engine_submit (e, "POST", "/api/resource/Customer", NEW);
  engine_run_for (e, 600000);
  assert_for_person (e, id, "only a person can tell");
  g_assert_cmpuint (toy_site_count (e->site, "Customer"), ==, 1);
}

/* The clock of Date goes a day before the one in the documents: what stands there is not taken for ours, and not for
 * nothing, either. */
static void
test_two_clocks (Engine *e)
{
  ToyFault fault = TOY_RESET_AFTER;
  gint64 id = lose_customer (e, &fault);

  toy_site_put (e->site, "Customer", "NAME-2", "{\"creation\":\"2025-12-31 04:30:00.000000\"}");
  engine_run_for (e, 600000);
  g_assert_cmpuint (toy_site_count (e->site, "Customer"), ==, 2);
  assert_for_person (e, id, "“NAME-2”");
}

/* The clock of Date goes days before the one in the documents, and before the till's: the same. */
static void
test_date_days_ahead (Engine *e)
{
  ToyFault fault = TOY_RESET_AFTER;
  gint64 id = lose_at (e, "/api/resource/Customer", NEW, &fault, 3 * DAY_US);

  toy_site_put (e->site, "Customer", "NAME-2", "{\"creation\":\"2026-01-01 05:30:00.000000\"}");
  engine_run_for (e, 600000);
  g_assert_cmpuint (toy_site_count (e->site, "Customer"), ==, 2);
  assert_for_person (e, id, "“NAME-2”");
}

/* The server's clock goes back by days after the send: by it the settle time would last as long, and nobody would see why. */
static void
test_server_back (Engine *e)
{
  ToyFault fault = TOY_RESET_BEFORE;
  gint64 id = lose_at (e, "/api/resource/Customer", NEW, &fault, 3 * DAY_US);

  toy_site_set_clock (e->site, SYNC_CLOCK (e->clock), 0);
  engine_run_for (e, 600000);
  g_assert_cmpuint (toy_site_count (e->site, "Customer"), ==, 1);
  assert_for_person (e, id, "clock has been set back");
}

/* An item that the server may have numbered itself, made at that time by its own clock, is not taken for somebody else's. */
static void
lose_item (Engine *e, gint64 ahead_us, const char *creation)
{
  ToyFault fault = TOY_RESET_AFTER;
  g_autofree char *json = g_strdup_printf ("{\"item_code\":\"1\",\"creation\":\"%s\"}", creation);
  gint64 id;

  toy_site_put (e->site, "Item", "OLD", "{\"item_code\":\"OLD\",\"creation\":\"2024-01-01 00:00:00.000000\"}");
  id = lose_at (e, "/api/resource/Item", "{\"item_code\":\"NEW\"}", &fault, ahead_us);
  g_assert_nonnull (toy_site_get (e->site, "Item", "NAME-3"));
  toy_site_put (e->site, "Item", "NAME-3", json);
  engine_run_for (e, 600000);
  g_assert_cmpuint (toy_site_count (e->site, "Item"), ==, 2);
  assert_for_person (e, id, "“NAME-3”");
}

/* The clock of Date goes days behind both. */
static void
test_date_days_behind (Engine *e)
{
  lose_item (e, -3 * DAY_US, "2026-01-01 05:30:00.000000");
}

/* The clock of the documents is nobody else's, an hour ahead or behind. */
static void
test_documents_ahead (Engine *e)
{
  lose_item (e, 0, "2026-01-01 06:30:00.000000");
}

static void
test_documents_behind (Engine *e)
{
  lose_item (e, 0, "2026-01-01 04:30:00.000000");
}

/* A person who sends it again is believed; what comes of that is looked for as before. */
static void
test_send_again (Engine *e)
{
  ToyFault fault = TOY_RESET_AFTER;
  gint64 id = lose_customer (e, &fault);

  toy_site_put (e->site, "Customer", "NAME-2", "{\"customer_name\":\"Somebody\"}");
  g_assert_true (sync_engine_confirm (e->engine, id, FALSE, NULL, "anna", NULL));
  engine_run_for (e, 600000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_cmpuint (toy_site_count (e->site, "Customer"), ==, 3);
}

/* Its twin was delivered, and its row forgotten: what stands there may be the twin's. */
static void
test_forgotten_twin (Engine *e)
{
  ToyFault fault = TOY_RESET_BEFORE;
  gint64 id = lose_customer (e, &fault);
  guint n_cleared = 0;

  engine_submit (e, "POST", "/api/resource/Customer", NEW);
  engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"the newest row is never forgotten\"}");
  engine_settle (e);
  g_assert_cmpuint (toy_site_count (e->site, "Customer"), ==, 2);
  g_assert_true (sync_engine_clear_old (e->engine, 0, &n_cleared, NULL));
  g_assert_cmpuint (n_cleared, ==, 1);
  engine_run_for (e, 600000);
  assert_for_person (e, id, "“NAME-");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  engine_test_add ("/sync/natural/found-within-the-second", test_found_within_the_second);
  engine_test_add ("/sync/natural/attempt", test_attempt);
  engine_test_add ("/sync/natural/clock-forward", test_clock_forward);
  engine_test_add ("/sync/natural/clock-back", test_clock_back);
  engine_test_add ("/sync/natural/clock-and-found", test_clock_and_found);
  engine_test_add ("/sync/natural/server-forward", test_server_forward);
  engine_test_add ("/sync/natural/started-again", test_started_again);
  engine_test_add ("/sync/natural/rebooted", test_rebooted);
  engine_test_add ("/sync/natural/looks-apart", test_looks_apart);
  engine_test_add ("/sync/natural/looks-unsettled", test_looks_unsettled);
  engine_test_add ("/sync/natural/other-user", test_other_user);
  engine_test_add ("/sync/natural/other-user-sees-it", test_other_user_sees_it);
  engine_test_add ("/sync/natural/no-date", test_no_date);
  engine_test_add ("/sync/natural/two-clocks", test_two_clocks);
  engine_test_add ("/sync/natural/date-days-ahead", test_date_days_ahead);
  engine_test_add ("/sync/natural/server-back", test_server_back);
  engine_test_add ("/sync/natural/date-days-behind", test_date_days_behind);
  engine_test_add ("/sync/natural/documents-ahead", test_documents_ahead);
  engine_test_add ("/sync/natural/documents-behind", test_documents_behind);
  engine_test_add ("/sync/natural/send-again", test_send_again);
  engine_test_add ("/sync/natural/forgotten-twin", test_forgotten_twin);
  return g_test_run ();
}
