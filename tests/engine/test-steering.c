/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person tells the engine: ask the server, wait, go on, and what it says of that. */
#include "config.h"

#include "engine-fixture.h"

#include "sync-error.h"

#define SECOND G_GINT64_CONSTANT (1000000)

static void
start (Engine *e)
{
  engine_start (e);
  engine_settle (e);
}

static ToyFault
canned (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  return TOY_CANNED;
}

static ToyFault
refuse (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  return TOY_REFUSE;
}

/* Asking the server ----------------------------------------------------------------------------------------------- */

typedef struct
{
  guint n;
  gboolean asked;
} Checked;

static void
checked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Checked *checked = user_data;

  checked->asked = sync_engine_check_finish (SYNC_ENGINE (source), result, NULL);
  checked->n++;
}

/* Whether the server was asked. */
static gboolean
check (Engine *e)
{
  Checked checked = { 0 };

  sync_engine_check_async (e->engine, checked_cb, &checked);
  engine_settle (e);
  g_assert_cmpuint (checked.n, ==, 1);
  return checked.asked;
}

static gint64
tried_ms (Engine *e)
{
  g_autoptr (SyncSnapshot) snapshot = sync_engine_dup_snapshot (e->engine);

  return snapshot->tried_ms;
}

/* With nothing in the queue nothing is known of the server, until somebody asks; then the answer counts. */
static void
test_check (Engine *e)
{
  g_assert_false (check (e));
  start (e);
  engine_assert_condition (e, SYNC_CONDITION_ONLINE);
  g_assert_cmpint (tried_ms (e), ==, 0);
  g_assert_true (check (e));
  engine_assert_condition (e, SYNC_CONDITION_ONLINE);
  g_assert_cmpint (tried_ms (e), >, 0);
  g_assert_nonnull (sync_engine_get_user (e->engine));

  toy_site_set_fault (e->site, refuse, NULL);
  g_assert_true (check (e));
  engine_assert_condition (e, SYNC_CONDITION_OFFLINE);
  /* Another answer counts too, though the next probe would not have been due. */
  toy_site_set_canned (e->site, 401, "application/json", "{\"exc_type\":\"AuthenticationError\"}");
  toy_site_set_fault (e->site, canned, NULL);
  g_assert_true (check (e));
  engine_assert_condition (e, SYNC_CONDITION_SIGN_IN_NEEDED);
  toy_site_set_canned (e->site, 200, "text/html", "<html>Welcome to the hotel</html>");
  g_assert_true (check (e));
  engine_assert_condition (e, SYNC_CONDITION_NOT_OUR_SERVER);
  toy_site_set_fault (e->site, NULL, NULL);
  g_assert_true (check (e));
  engine_assert_condition (e, SYNC_CONDITION_ONLINE);
}

/* Two who ask at once share a question, and whoever asks while the engine stops gets an answer. */
static void
test_check_shares (Engine *e)
{
  Checked checked = { 0 };
  guint n_calls;

  start (e);
  n_calls = toy_site_n_calls (e->site);
  toy_site_hold (e->site, TRUE);
  sync_engine_check_async (e->engine, checked_cb, &checked);
  sync_engine_check_async (e->engine, checked_cb, &checked);
  engine_settle (e);
  g_assert_cmpuint (checked.n, ==, 0);
  toy_site_hold (e->site, FALSE);
  engine_settle (e);
  g_assert_cmpuint (checked.n, ==, 2);
  g_assert_cmpuint (toy_site_n_calls (e->site), ==, n_calls + 1);

  toy_site_hold (e->site, TRUE);
  sync_engine_check_async (e->engine, checked_cb, &checked);
  engine_settle (e);
  sync_engine_stop (e->engine);
  engine_settle (e);
  g_assert_cmpuint (checked.n, ==, 3);
  toy_site_hold (e->site, FALSE);
}

/* Never while the server asked to be left alone, nor when a person wants no line. */
static void
test_check_respects (Engine *e)
{
  guint n_calls;

  start (e);
  sync_engine_set_offline (e->engine, TRUE);
  g_assert_false (check (e));
  sync_engine_set_offline (e->engine, FALSE);
  sync_engine_pause (e->engine, 0, NULL);
  g_assert_true (check (e));
  sync_engine_resume (e->engine);

  toy_site_set_canned (e->site, 429, "application/json", "{\"exc_type\":\"RateLimitExceededError\"}");
  toy_site_set_retry_after (e->site, "120");
  toy_site_set_fault (e->site, canned, NULL);
  g_assert_true (check (e));
  engine_assert_condition (e, SYNC_CONDITION_THROTTLED);
  n_calls = toy_site_n_calls (e->site);
  engine_run_for (e, 119000);
  g_assert_false (check (e));
  g_assert_cmpuint (toy_site_n_calls (e->site), ==, n_calls);
  engine_assert_condition (e, SYNC_CONDITION_THROTTLED);
  toy_site_set_fault (e->site, NULL, NULL);
  engine_run_for (e, 60000);
  g_assert_true (check (e));
  engine_assert_condition (e, SYNC_CONDITION_ONLINE);
}

/* Switches that hold ------------------------------------------------------------------------------------------------ */

static void
restart (Engine *e)
{
  engine_drop (e);
  engine_open (e);
  start (e);
}

static gint64
submit_note (Engine *e)
{
  return engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"x\"}");
}

/* Until somebody says otherwise is until somebody says otherwise. */
static void
test_pause_holds (Engine *e)
{
  gint64 id;

  start (e);
  sync_engine_pause (e->engine, 0, NULL);
  id = submit_note (e);
  restart (e);
  engine_assert_condition (e, SYNC_CONDITION_PAUSED);
  sync_clock_virtual_reboot (e->clock, 3600 * SECOND);
  restart (e);
  engine_run_for (e, 3600 * 1000);
  engine_assert_condition (e, SYNC_CONDITION_PAUSED);
  engine_assert_state (e, id, SYNC_STATE_PENDING);
  sync_engine_resume (e->engine);
  restart (e);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
}

static void
test_offline_holds (Engine *e)
{
  gint64 id;

  start (e);
  sync_engine_set_offline (e->engine, TRUE);
  id = submit_note (e);
  restart (e);
  engine_assert_condition (e, SYNC_CONDITION_OFFLINE);
  engine_assert_state (e, id, SYNC_STATE_PENDING);
  sync_engine_set_offline (e->engine, FALSE);
  restart (e);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
}

static void
test_paused_types_hold (Engine *e)
{
  const char *const types[] = { "Sales Invoice", "No\nte", "Note", NULL };
  gint64 note, customer;

  start (e);
  sync_engine_pause (e->engine, 0, types);
  restart (e);
  note = submit_note (e);
  customer = engine_submit (e, "POST", "/api/resource/Customer", "{\"customer_name\":\"A\"}");
  engine_settle (e);
  engine_assert_state (e, customer, SYNC_STATE_COMPLETED);
  engine_assert_state (e, note, SYNC_STATE_PENDING);
}

/* A pause with an end: the boot clock counts while the machine runs, whatever the wall clock does. */
static void
test_pause_ends (Engine *e)
{
  gint64 id;

  start (e);
  sync_engine_pause (e->engine, 60000, NULL);
  id = submit_note (e);
  engine_run_for (e, 20000);
  sync_clock_virtual_jump_wall_us (e->clock, 3600 * SECOND);
  restart (e);
  engine_run_for (e, 39000);
  engine_assert_condition (e, SYNC_CONDITION_PAUSED);
  engine_assert_state (e, id, SYNC_STATE_PENDING);
  engine_run_for (e, 1000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  restart (e);
  engine_assert_condition (e, SYNC_CONDITION_ONLINE);
}

/* Another boot has another boot clock: the wall clock says what is left, and it is never more than what was left. */
static void
test_pause_ends_after_reboot (Engine *e)
{
  gint64 id;

  start (e);
  sync_engine_pause (e->engine, 600000, NULL);
  id = submit_note (e);
  engine_run_for (e, 1000);
  engine_drop (e);
  sync_clock_virtual_reboot (e->clock, 599 * SECOND - 50 * SECOND);
  engine_open (e);
  start (e);
  engine_run_for (e, 49000);
  engine_assert_state (e, id, SYNC_STATE_PENDING);
  engine_drop (e);
  sync_clock_virtual_reboot (e->clock, 0);
  /* Somebody sets the clock back by a day. */
  sync_clock_virtual_jump_wall_us (e->clock, -86400 * SECOND);
  engine_open (e);
  start (e);
  engine_run_for (e, 51000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);

  sync_engine_pause (e->engine, 600000, NULL);
  id = submit_note (e);
  engine_drop (e);
  sync_clock_virtual_reboot (e->clock, 600 * SECOND);
  engine_open (e);
  start (e);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
}

static gint64
next_try_in_ms (Engine *e)
{
  g_autoptr (SyncSnapshot) snapshot = sync_engine_dup_snapshot (e->engine);

  return snapshot->next_try_ms == 0 ? -1 : snapshot->next_try_ms - snapshot->now_ms;
}

/* What only waits for a pause of its DocType is no try to wait for, unless the pause has an end. */
static void
test_next_try_of_paused_types (Engine *e)
{
  const char *const types[] = { "Note", NULL };
  g_autoptr (SyncSnapshot) snapshot = NULL;

  start (e);
  sync_engine_pause (e->engine, 0, types);
  submit_note (e);
  engine_settle (e);
  snapshot = sync_engine_dup_snapshot (e->engine);
  g_assert_nonnull (snapshot->paused_types);
  g_assert_cmpstr (snapshot->paused_types[0], ==, "Note");
  g_assert_cmpint (next_try_in_ms (e), ==, -1);
  sync_engine_pause (e->engine, 60000, types);
  g_assert_cmpint (next_try_in_ms (e), ==, 60000);
  toy_site_set_fault (e->site, refuse, NULL);
  engine_submit (e, "POST", "/api/resource/Customer", "{\"customer_name\":\"A\"}");
  engine_settle (e);
  /* The other one: soon. */
  g_assert_cmpint (next_try_in_ms (e), >=, 0);
  g_assert_cmpint (next_try_in_ms (e), <, 60000);
  sync_engine_pause (e->engine, 0, types);
  g_assert_cmpint (next_try_in_ms (e), >=, 0);
}

/* Why nothing goes --------------------------------------------------------------------------------------------------- */

static void
listed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GPtrArray **) user_data = sync_engine_list_keys_finish (SYNC_ENGINE (source), result, NULL);
}

static void
check_keys (Engine *e, const char *words)
{
  g_autoptr (GPtrArray) keys = NULL;
  SyncKey *key;

  sync_engine_list_keys_async (e->engine, listed_cb, &keys);
  engine_settle (e);
  g_assert_nonnull (keys);
  key = g_ptr_array_index (keys, 0);
  g_assert_cmpint (key->state, ==, SYNC_KEY_UNPROVEN);
  g_assert_cmpstr (key->words, ==, words);
}

/* Whoever asks for the keys learns why the server was not asked. */
static void
test_keys_unasked (Engine *e)
{
  g_autoptr (SyncCredentials) none = sync_credentials_new ("http://site.example", NULL, NULL);

  start (e);
  sync_engine_set_offline (e->engine, TRUE);
  check_keys (e, "The server was not asked: the line is switched off by hand; go on with “posawesome-syncctl offline off”");
  sync_engine_set_offline (e->engine, FALSE);
  sync_engine_pause (e->engine, 0, NULL);
  check_keys (e, "The server was not asked: deliveries are paused; go on with “posawesome-syncctl resume”");
  sync_engine_resume (e->engine);
  g_set_object (&e->credentials, none);
  restart (e);
  check_keys (e, "The server was not asked: no API key is set; give one with “posawesome-syncctl credentials set”");
}

static void
check_sync (Engine *e, const char *const *types, const char *words)
{
  g_autoptr (GError) error = NULL;

  if (sync_engine_force_sync (e->engine, types, NULL, 0, &error))
    {
      g_assert_null (words);
      return;
    }
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED);
  g_assert_cmpstr (error->message, ==, words);
}

/* Nobody is told that deliveries are tried while a switch is in the way. */
static void
test_sync_says_why_not (Engine *e)
{
  const char *const paused[] = { "Note", NULL };
  const char *const some[] = { "Note", "Customer", NULL };

  check_sync (e, NULL, "nothing is tried: the program does not deliver at the moment");
  start (e);
  check_sync (e, NULL, NULL);
  sync_engine_set_offline (e->engine, TRUE);
  check_sync (e, NULL, "nothing is tried: the line is switched off by hand; go on with “posawesome-syncctl offline off”");
  sync_engine_set_offline (e->engine, FALSE);
  sync_engine_pause (e->engine, 0, NULL);
  check_sync (e, NULL, "nothing is tried: deliveries are paused; go on with “posawesome-syncctl resume”");
  sync_engine_pause (e->engine, 0, paused);
  check_sync (e, paused,
              "nothing is tried: the delivery of these documents is paused; go on with “posawesome-syncctl resume”");
  check_sync (e, some, NULL);
  check_sync (e, NULL, NULL);
}

/* The machine is about to rest: nothing new goes, what is out ends, and it goes on by itself if nobody says so. */
static void
test_hold (Engine *e)
{
  gint64 out, waits;

  start (e);
  /* What is known of its key then needs no question. */
  engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"w\"}");
  engine_settle (e);
  toy_site_hold (e->site, TRUE);
  out = engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"x\"}");
  engine_settle (e);
  engine_assert_state (e, out, SYNC_STATE_SENDING);
  sync_engine_hold (e->engine, 60000);
  toy_site_hold (e->site, FALSE);
  waits = engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"y\"}");
  engine_settle (e);
  engine_assert_state (e, out, SYNC_STATE_COMPLETED);
  engine_assert_state (e, waits, SYNC_STATE_PENDING);
  check_sync (e, NULL, "nothing is tried: the computer is about to sleep or to shut down");
  engine_run_for (e, 59000);
  engine_assert_state (e, waits, SYNC_STATE_PENDING);
  engine_run_for (e, 1000);
  engine_assert_state (e, waits, SYNC_STATE_COMPLETED);

  sync_engine_hold (e->engine, 60000);
  waits = engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"z\"}");
  engine_settle (e);
  engine_assert_state (e, waits, SYNC_STATE_PENDING);
  sync_engine_hold (e->engine, 0);
  engine_settle (e);
  engine_assert_state (e, waits, SYNC_STATE_COMPLETED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  engine_test_add ("/sync/steering/check", test_check);
  engine_test_add ("/sync/steering/check-shares", test_check_shares);
  engine_test_add ("/sync/steering/check-respects", test_check_respects);
  engine_test_add ("/sync/steering/pause-holds", test_pause_holds);
  engine_test_add ("/sync/steering/offline-holds", test_offline_holds);
  engine_test_add ("/sync/steering/paused-types-hold", test_paused_types_hold);
  engine_test_add ("/sync/steering/pause-ends", test_pause_ends);
  engine_test_add ("/sync/steering/pause-ends-after-reboot", test_pause_ends_after_reboot);
  engine_test_add ("/sync/steering/next-try-of-paused-types", test_next_try_of_paused_types);
  engine_test_add ("/sync/steering/keys-unasked", test_keys_unasked);
  engine_test_add ("/sync/steering/sync-says-why-not", test_sync_says_why_not);
  engine_test_add ("/sync/steering/hold", test_hold);
  return g_test_run ();
}
