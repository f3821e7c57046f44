/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What becomes of a request whose answer was lost, whose document changed, or whose host is in trouble. */
#include "config.h"

#include "engine-fixture.h"

#include "sync-error.h"

#include <string.h>

typedef struct
{
  ToyFault fault;
  guint times;        /* how many writes meet it */
  const char *method; /* (nullable): only this one */
} Plan;

static ToyFault
follow_plan (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  Plan *plan = user_data;

  if (!request->write || plan->times == 0 || (plan->method != NULL && !g_str_equal (plan->method, request->method)))
    return TOY_ANSWER;
  plan->times--;
  return plan->fault;
}

static void
start (Engine *e)
{
  g_assert_true (sync_engine_start (e->engine, NULL));
  engine_settle (e);
}

static void
test_create_answer_lost (Engine *e)
{
  Plan plan = { TOY_RESET_AFTER, 1, NULL };
  g_autoptr (SyncRequest) row = NULL;
  gint64 id;

  toy_site_set_fault (e->site, follow_plan, &plan);
  start (e);
  id = engine_submit (e, "POST", "/api/resource/Sales%20Invoice", "{\"customer\":\"A\"}");
  engine_settle (e);
  engine_assert_state (e, id, SYNC_STATE_UNKNOWN);
  engine_run_for (e, 10000);
  row = engine_get (e, id);
  g_assert_cmpint (row->state, ==, SYNC_STATE_COMPLETED);
  g_assert_cmpstr (row->proof, ==, "look");
  g_assert_cmpuint (row->attempts, ==, 2);
  g_assert_cmpuint (row->retry_count, ==, 0);
  g_assert_cmpuint (row->unaccounted, ==, 0);
  g_assert_cmpstr (row->server_name, ==, "NAME-1");
  g_assert_cmpuint (toy_site_count (e->site, "Sales Invoice"), ==, 1);
}

static void
test_create_lost_before (Engine *e)
{
  Plan plan = { TOY_RESET_BEFORE, 2, NULL };
  gint64 id;

  toy_site_set_fault (e->site, follow_plan, &plan);
  start (e);
  id = engine_submit (e, "POST", "/api/resource/Sales%20Invoice", "{\"customer\":\"A\"}");
  engine_run_for (e, 60000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_cmpuint (toy_site_count (e->site, "Sales Invoice"), ==, 1);
}

static void
test_killed_while_sending (Engine *e)
{
  gint64 id;

  start (e);
  engine_submit (e, "POST", "/api/resource/Sales%20Invoice", "{\"customer\":\"first\"}");
  engine_settle (e);
  toy_site_hold (e->site, TRUE);
  id = engine_submit (e, "POST", "/api/resource/Sales%20Invoice", "{\"customer\":\"A\"}");
  engine_settle (e);
  engine_drop (e);
  toy_site_hold (e->site, FALSE);
  engine_open (e);
  engine_assert_state (e, id, SYNC_STATE_UNKNOWN);
  g_assert_cmpuint (sync_store_get_recovered (e->store), ==, 1);
  start (e);
  engine_run_for (e, 10000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_cmpuint (toy_site_count (e->site, "Sales Invoice"), ==, 2);
}

static void
test_unkeyed_waits_for_person (Engine *e)
{
  Plan plan = { TOY_RESET_AFTER, 2, NULL };
  g_autoptr (SyncRequest) row = NULL;
  gint64 id, other;

  toy_site_set_key_field (e->site, FALSE);
  toy_site_set_fault (e->site, follow_plan, &plan);
  start (e);
  id = engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"x\"}");
  other = engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"y\"}");
  engine_run_for (e, 3600 * 1000);
  row = engine_get (e, id);
  g_assert_cmpint (row->state, ==, SYNC_STATE_UNKNOWN);
  g_assert_true (row->needs_person);
  g_assert_cmpuint (row->attempts, ==, 1);
  g_assert_nonnull (row->error_message);
  g_assert_cmpuint (toy_site_count (e->site, "Note"), ==, 2);
  /* Nobody else may send it meanwhile, and a person's word ends it. */
  g_assert_true (sync_engine_confirm (e->engine, id, TRUE, "NAME-1", "anna", NULL));
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_true (sync_engine_confirm (e->engine, other, FALSE, NULL, "anna", NULL));
  engine_settle (e);
  engine_assert_state (e, other, SYNC_STATE_COMPLETED);
  g_assert_cmpuint (toy_site_count (e->site, "Note"), ==, 3);
}

static void
test_update_answer_lost (Engine *e)
{
  Plan plan = { TOY_RESET_AFTER, 1, "PUT" };
  gint64 id;

  toy_site_put (e->site, "Item", "A", "{\"n\":0}");
  toy_site_set_fault (e->site, follow_plan, &plan);
  start (e);
  id = engine_submit (e, "PUT", "/api/resource/Item/A", "{\"n\":1,\"modified\":\"2026-11-23 10:00:00.000001\"}");
  engine_run_for (e, 10000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_cmpuint (toy_site_get_log (e->site)->len, ==, 1);
}

/* Each write that names a document is answered with another one, and nothing was done: that is no proof. */
static void
test_answer_of_another (Engine *e)
{
  static const struct
  {
    const char *body;
    const char *answer;
    int docstatus;
  } rows[] = {
    { "\"n\":1",
      "{\"data\":{\"name\":\"B\",\"n\":1,\"docstatus\":0,\"modified\":\"2026-11-23 11:00:00.000009\"}}", 0 },
    { "\"docstatus\":1",
      "{\"data\":{\"name\":\"B\",\"docstatus\":1,\"modified\":\"2026-11-23 11:00:00.000009\"}}", 1 },
    { "\"n\":1",
      "{\"data\":{\"doctype\":\"Customer\",\"name\":\"A2\",\"n\":1,\"modified\":\"2026-11-23 11:00:00.000009\"}}", 0 },
  };

  start (e);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      ToyMix mix = { "PUT", NULL, 1, 0 };
      g_autofree char *name = g_strdup_printf ("A%u", i);
      g_autofree char *url = g_strconcat ("/api/resource/Item/", name, NULL);
      g_autofree char *body = NULL;
      g_autoptr (SyncRequest) row = NULL;
      JsonObject *document;
      gint64 id;

      toy_site_put (e->site, "Item", name, "{\"n\":0}");
      document = toy_site_get (e->site, "Item", name);
      body = g_strdup_printf ("{%s,\"modified\":\"%s\"}", rows[i].body, json_object_get_string_member (document, "modified"));
      toy_site_set_canned (e->site, 200, "application/json", rows[i].answer);
      toy_site_set_fault (e->site, toy_mix_up, &mix);
      id = engine_submit (e, "PUT", url, body);
      engine_settle (e);
      g_assert_cmpuint (mix.met, ==, 1);
      row = engine_get (e, id);
      g_assert_cmpint (row->state, ==, SYNC_STATE_UNKNOWN);
      g_assert_null (row->server_name);
      g_assert_nonnull (strstr (row->error_message, "another document"));
      engine_run_for (e, 60000);
      engine_assert_state (e, id, SYNC_STATE_COMPLETED);
      g_assert_cmpint (json_object_get_int_member (document, rows[i].docstatus == 0 ? "n" : "docstatus"), ==, 1);
    }
}

/* A sale is answered with another sale: its key tells. */
static void
test_answer_of_another_key (Engine *e)
{
  static const char answer[] = "{\"data\":{\"name\":\"B\",\"docstatus\":1,\"posa_client_request_id\":\"other\"}}";
  static const char sale[] = "{\"customer\":\"A\",\"posa_client_request_id\":\"mine\"}";
  ToyMix mix = { "POST", "Sales%20Invoice", 1, 0 };
  g_autoptr (SyncRequest) row = NULL;
  gint64 id;

  toy_site_set_canned (e->site, 200, "application/json", answer);
  toy_site_set_fault (e->site, toy_mix_up, &mix);
  start (e);
  id = engine_submit (e, "POST", "/api/resource/Sales%20Invoice", sale);
  engine_settle (e);
  row = engine_get (e, id);
  g_assert_cmpuint (mix.met, ==, 1);
  g_assert_cmpint (row->state, ==, SYNC_STATE_UNKNOWN);
  g_assert_null (row->server_name);
  engine_run_for (e, 60000);
  sync_request_unref (row);
  row = engine_get (e, id);
  g_assert_cmpint (row->state, ==, SYNC_STATE_COMPLETED);
  g_assert_cmpstr (row->server_name, ==, "NAME-1");
  g_assert_cmpuint (toy_site_count (e->site, "Sales Invoice"), ==, 1);
}

/* The answer to a change is lost; the looks are shown another document, which tells nothing. */
static void
test_look_of_another (Engine *e)
{
  Plan plan = { TOY_RESET_BEFORE, 1, "PUT" };
  ToyMix mix = { "GET", "/Item/A", 2, 0 };
  gint64 id;

  toy_site_put (e->site, "Item", "A", "{\"n\":0}");
  toy_site_set_canned (e->site, 200, "application/json",
                       "{\"data\":{\"name\":\"B\",\"n\":1,\"modified\":\"2026-11-23 11:00:00.000009\"}}");
  toy_site_set_fault (e->site, follow_plan, &plan);
  start (e);
  id = engine_submit (e, "PUT", "/api/resource/Item/A", "{\"n\":1,\"modified\":\"2026-11-23 10:00:00.000001\"}");
  engine_settle (e);
  toy_site_set_fault (e->site, toy_mix_up, &mix);
  engine_run_for (e, 60000);
  g_assert_cmpuint (mix.met, ==, 2);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_cmpint (json_object_get_int_member (toy_site_get (e->site, "Item", "A"), "n"), ==, 1);
}

/* A look by the key is shown a document with another key under the name that the key led to. */
static void
test_look_of_another_key (Engine *e)
{
  Plan plan = { TOY_RESET_AFTER, 1, "POST" };
  ToyMix mix = { "GET", "/NAME-1", 2, 0 };
  g_autoptr (SyncRequest) row = NULL;
  gint64 id;

  toy_site_set_canned (e->site, 200, "application/json",
                       "{\"data\":{\"name\":\"NAME-1\",\"docstatus\":2,\"posa_client_request_id\":\"other\"}}");
  toy_site_set_fault (e->site, follow_plan, &plan);
  start (e);
  id = engine_submit (e, "POST", "/api/resource/Sales%20Invoice", "{\"customer\":\"A\"}");
  engine_settle (e);
  toy_site_set_fault (e->site, toy_mix_up, &mix);
  engine_run_for (e, 60000);
  g_assert_cmpuint (mix.met, ==, 2);
  row = engine_get (e, id);
  g_assert_cmpint (row->state, ==, SYNC_STATE_COMPLETED);
  g_assert_cmpstr (row->server_name, ==, "NAME-1");
}

static void
test_update_lost_before (Engine *e)
{
  Plan plan = { TOY_RESET_BEFORE, 1, "PUT" };
  gint64 id;

  toy_site_put (e->site, "Item", "A", "{\"n\":0}");
  toy_site_set_fault (e->site, follow_plan, &plan);
  start (e);
  id = engine_submit (e, "PUT", "/api/resource/Item/A", "{\"n\":1,\"modified\":\"2026-11-23 10:00:00.000001\"}");
  engine_run_for (e, 10000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_cmpint (json_object_get_int_member (toy_site_get (e->site, "Item", "A"), "n"), ==, 1);
}

static void
test_stale_is_a_conflict (Engine *e)
{
  g_autoptr (SyncConflict) conflict = NULL;
  g_autoptr (GPtrArray) open = NULL;
  gint64 id;

  toy_site_put (e->site, "Item", "A", "{\"n\":0}");
  toy_site_put (e->site, "Item", "A", "{\"n\":7}");
  start (e);
  id = engine_submit (e, "PUT", "/api/resource/Item/A", "{\"n\":1,\"modified\":\"2026-11-23 10:00:00.000001\"}");
  engine_run_for (e, 10000);
  engine_assert_state (e, id, SYNC_STATE_CONFLICT);
  open = sync_store_list_conflicts (e->store, "pending", 10, NULL);
  g_assert_cmpuint (open->len, ==, 1);
  conflict = sync_store_get_conflict (e->store, ((SyncConflict *) g_ptr_array_index (open, 0))->id, NULL);
  g_assert_cmpint (conflict->request_id, ==, id);
  g_assert_cmpstr (conflict->conflict_type, ==, "edit_edit");
  g_assert_nonnull (strstr (conflict->server_data, "\"n\":7"));
  g_assert_nonnull (strstr (conflict->local_data, "\"n\":1"));
  g_assert_cmpstr (conflict->server_version, ==, "2026-11-23 10:00:00.000002");
  g_assert_true (g_ptr_array_find_with_equal_func (e->log, "conflict 1 edit_edit", g_str_equal, NULL));
  g_assert_cmpint (json_object_get_int_member (toy_site_get (e->site, "Item", "A"), "n"), ==, 7);
}

static void
test_update_of_deleted (Engine *e)
{
  gint64 id;

  start (e);
  id = engine_submit (e, "PUT", "/api/resource/Item/A", "{\"n\":1,\"modified\":\"2026-11-23 10:00:00.000001\"}");
  engine_settle (e);
  engine_assert_state (e, id, SYNC_STATE_CONFLICT);
  g_assert_true (g_ptr_array_find_with_equal_func (e->log, "conflict 1 edit_delete", g_str_equal, NULL));
}

static void
test_update_without_base (Engine *e)
{
  g_autoptr (SyncRequest) row = NULL;
  gint64 id;

  toy_site_put (e->site, "Item", "A", "{\"n\":0}");
  start (e);
  id = engine_submit (e, "PUT", "/api/resource/Item/A", "{\"n\":1}");
  engine_settle (e);
  row = engine_get (e, id);
  g_assert_cmpint (row->state, ==, SYNC_STATE_COMPLETED);
  g_assert_cmpstr (row->base_modified, ==, "2026-11-23 10:00:00.000001");
}

/* Both sides say the same: nothing is sent. But what a comparison does not see is not taken for said. */
static void
test_already_there (Engine *e)
{
  gint64 same, more;

  toy_site_put (e->site, "Item", "A", "{\"color\":\"red\"}");
  engine_start (e);
  same = engine_submit (e, "PUT", "/api/resource/Item/A", "{\"color\":\"red\"}");
  engine_settle (e);
  engine_assert_state (e, same, SYNC_STATE_COMPLETED);
  g_assert_cmpuint (toy_site_get_log (e->site)->len, ==, 0);
  more = engine_submit (e, "PUT", "/api/resource/Item/A", "{\"color\":\"red\",\"owner\":\"somebody@example.com\"}");
  engine_settle (e);
  engine_assert_state (e, more, SYNC_STATE_COMPLETED);
  g_assert_cmpuint (toy_site_get_log (e->site)->len, ==, 1);
}

static void
test_delete_answer_lost (Engine *e)
{
  Plan plan = { TOY_RESET_AFTER, 1, "DELETE" };
  gint64 id, again;

  toy_site_put (e->site, "Item", "A", "{\"n\":0}");
  toy_site_set_fault (e->site, follow_plan, &plan);
  start (e);
  id = engine_submit (e, "DELETE", "/api/resource/Item/A", NULL);
  engine_run_for (e, 10000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  again = engine_submit (e, "DELETE", "/api/resource/Item/A", NULL);
  engine_settle (e);
  engine_assert_state (e, again, SYNC_STATE_COMPLETED);
  g_assert_cmpuint (toy_site_get_log (e->site)->len, ==, 1);
}

static void
test_two_steps (Engine *e)
{
  Plan plan = { TOY_RESET_AFTER, 1, "PUT" };
  g_autoptr (SyncRequest) row = NULL;
  gint64 id;

  toy_site_set_fault (e->site, follow_plan, &plan);
  start (e);
  id = engine_submit (e, "POST", "/api/resource/Sales%20Invoice", "{\"customer\":\"A\",\"docstatus\":1}");
  engine_run_for (e, 10000);
  row = engine_get (e, id);
  g_assert_cmpint (row->state, ==, SYNC_STATE_COMPLETED);
  g_assert_cmpuint (row->step, ==, 1);
  g_assert_cmpuint (toy_site_get_log (e->site)->len, ==, 2);
  g_assert_cmpstr (g_ptr_array_index (toy_site_get_log (e->site), 0), ==, "POST Sales Invoice/NAME-1");
  g_assert_cmpstr (g_ptr_array_index (toy_site_get_log (e->site), 1), ==, "PUT Sales Invoice/NAME-1");
  g_assert_cmpint (json_object_get_int_member (toy_site_get (e->site, "Sales Invoice", "NAME-1"), "docstatus"), ==, 1);
}

static void
test_sign_in (Engine *e)
{
  g_autoptr (SyncRequest) row = NULL;
  gint64 id;

  toy_site_set_user (e->site, NULL);
  start (e);
  id = engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"x\"}");
  engine_run_for (e, 3600 * 1000);
  engine_assert_condition (e, SYNC_CONDITION_SIGN_IN_NEEDED);
  row = engine_get (e, id);
  g_assert_cmpint (row->state, ==, SYNC_STATE_PENDING);
  g_assert_cmpuint (row->retry_count, ==, 0);
  toy_site_set_user (e->site, "cashier@example.com");
  sync_engine_credentials_changed (e->engine);
  engine_settle (e);
  engine_run_for (e, 1);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_cmpstr (sync_engine_get_user (e->engine), ==, "cashier@example.com");
}

static ToyFault
canned_all (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  return TOY_CANNED;
}

static void
test_throttled (Engine *e)
{
  guint calls;
  gint64 id;

  toy_site_set_canned (e->site, 429, "application/json", "{\"exc_type\":\"TooManyRequestsError\"}");
  toy_site_set_retry_after (e->site, "120");
  toy_site_set_fault (e->site, canned_all, NULL);
  start (e);
  id = engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"x\"}");
  engine_settle (e);
  engine_assert_condition (e, SYNC_CONDITION_THROTTLED);
  calls = toy_site_n_calls (e->site);
  toy_site_set_fault (e->site, NULL, NULL);
  sync_engine_force_sync (e->engine, NULL, NULL, 0, NULL);
  sync_engine_hint_network (e->engine, FALSE);
  engine_run_for (e, 119999);
  g_assert_cmpuint (toy_site_n_calls (e->site), ==, calls);
  engine_run_for (e, 30000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
}

/* The moment without what time it is there: the till's clock has to do. */
static void
test_throttled_until (Engine *e)
{
  g_autoptr (GDateTime) now
    = g_date_time_new_from_unix_utc (sync_clock_wall_ms (SYNC_CLOCK (e->clock)) / 1000);
  g_autoptr (GDateTime) then = g_date_time_add_seconds (now, 600);
  g_autofree char *text = g_date_time_format (then, "%a, %d %b %Y %H:%M:%S GMT");
  guint calls;
  gint64 id;

  toy_site_set_canned (e->site, 503, "application/json", "{\"exc_type\":\"SessionStopped\"}");
  toy_site_set_retry_after (e->site, text);
  toy_site_set_fault (e->site, canned_all, NULL);
  start (e);
  id = engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"x\"}");
  engine_settle (e);
  engine_assert_condition (e, SYNC_CONDITION_THROTTLED);
  calls = toy_site_n_calls (e->site);
  toy_site_set_fault (e->site, NULL, NULL);
  engine_run_for (e, 598 * 1000);
  g_assert_cmpuint (toy_site_n_calls (e->site), ==, calls);
  engine_run_for (e, 90 * 1000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
}

/* The program ends meanwhile and begins anew; the till's clock is set, too: it asks no earlier, and waits no longer. */
static void
rest_over_restart (Engine *e, gint64 jump_us)
{
  guint calls;
  gint64 id;

  toy_site_set_canned (e->site, 429, "application/json", "{\"exc_type\":\"TooManyRequestsError\"}");
  toy_site_set_retry_after (e->site, "600");
  toy_site_set_fault (e->site, canned_all, NULL);
  start (e);
  id = engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"x\"}");
  engine_settle (e);
  calls = toy_site_n_calls (e->site);
  engine_drop (e);
  toy_site_set_fault (e->site, NULL, NULL);
  if (jump_us != 0)
    sync_clock_virtual_jump_wall_us (e->clock, jump_us);
  engine_open (e);
  engine_start (e);
  engine_assert_condition (e, SYNC_CONDITION_THROTTLED);
  engine_run_for (e, 599 * 1000);
  g_assert_cmpuint (toy_site_n_calls (e->site), ==, calls);
  engine_run_for (e, 130 * 1000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
}

static void
test_throttled_over_restart (Engine *e)
{
  rest_over_restart (e, 0);
}

static void
test_throttled_over_restart_and_clock (Engine *e)
{
  rest_over_restart (e, -48 * 3600 * (gint64) G_USEC_PER_SEC);
}

/* The server has it under the key, and this user may not see it. */
static ToyFault
out_of_sight_by_key (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  guint *n = user_data;

  if (!request->write)
    return strstr (request->url, "filters") != NULL && strstr (request->url, "%22-%22") == NULL && *n > 0 ? TOY_CANNED : TOY_ANSWER;
  return ++*n == 1 ? TOY_RESET_AFTER : TOY_ANSWER;
}

static void
test_taken_and_out_of_sight (Engine *e)
{
  g_autoptr (SyncRequest) row = NULL;
  g_autoptr (GPtrArray) attempts = NULL;
  const SyncAttempt *last;
  guint n = 0;
  gint64 id;

  toy_site_set_canned (e->site, 200, "application/json", "{\"data\":[]}");
  toy_site_set_fault (e->site, out_of_sight_by_key, &n);
  start (e);
  id = engine_submit (e, "POST", "/api/resource/Sales%20Invoice", "{\"customer\":\"A\"}");
  engine_run_for (e, 600000);
  row = engine_get (e, id);
  g_assert_cmpint (row->state, ==, SYNC_STATE_UNKNOWN);
  g_assert_true (row->needs_person);
  g_assert_nonnull (strstr (row->error_message, "out of this user's sight"));
  g_assert_cmpuint (toy_site_count (e->site, "Sales Invoice"), ==, 1);
  /* What the look was told is kept with it, and not taken for what was said to the send. */
  attempts = sync_store_list_attempts (e->store, id, NULL);
  last = g_ptr_array_index (attempts, attempts->len - 1);
  g_assert_cmpstr (last->kind, ==, "look");
  g_assert_cmpuint (last->http_status, ==, 200);
  g_assert_cmpuint (row->http_status, ==, 417);
  g_assert_cmpstr (row->exc_type, ==, "UniqueValidationError");
}

static void
test_portal (Engine *e)
{
  gint64 id;

  toy_site_set_canned (e->site, 200, "text/html", "<html><body>Welcome to the hotel</body></html>");
  toy_site_set_fault (e->site, canned_all, NULL);
  start (e);
  id = engine_submit (e, "POST", "/api/resource/Sales%20Invoice", "{\"customer\":\"A\"}");
  engine_run_for (e, 600000);
  engine_assert_condition (e, SYNC_CONDITION_NOT_OUR_SERVER);
  g_assert_cmpint (engine_state_of (e, id), !=, SYNC_STATE_COMPLETED);
  g_assert_cmpint (engine_state_of (e, id), !=, SYNC_STATE_FAILED);
  toy_site_set_fault (e->site, NULL, NULL);
  engine_run_for (e, 120000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_cmpuint (toy_site_count (e->site, "Sales Invoice"), ==, 1);
}

static void
test_forbidden_asks_who (Engine *e)
{
  gint64 id;

  toy_site_set_canned (e->site, 403, "application/json", "{\"exc_type\":\"PermissionError\"}");
  toy_site_set_fault (e->site, toy_can_writes, NULL);
  start (e);
  id = engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"x\"}");
  engine_settle (e);
  /* We are signed in, so the refusal is about the request. */
  engine_assert_state (e, id, SYNC_STATE_FAILED);
  engine_assert_condition (e, SYNC_CONDITION_ONLINE);
  toy_site_set_user (e->site, "Guest");
  id = engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"y\"}");
  engine_settle (e);
  engine_assert_state (e, id, SYNC_STATE_PENDING);
  engine_assert_condition (e, SYNC_CONDITION_SIGN_IN_NEEDED);
}

static void
test_deadlock_is_free (Engine *e)
{
  g_autoptr (SyncRequest) row = NULL;
  gint64 id;

  toy_site_set_canned (e->site, 500, "application/json", "{\"exc_type\":\"QueryDeadlockError\"}");
  toy_site_set_fault (e->site, toy_can_writes, NULL);
  start (e);
  id = engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"x\"}");
  engine_run_for (e, 120000);
  row = engine_get (e, id);
  g_assert_cmpint (row->state, ==, SYNC_STATE_PENDING);
  g_assert_cmpuint (row->retry_count, ==, 0);
  g_assert_cmpuint (row->attempts, >, 4);
  g_assert_cmpuint (row->attempts, <, 20);
  toy_site_set_fault (e->site, NULL, NULL);
  engine_run_for (e, 330000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
}

/* The answer to the first send is lost, the second is refused: the first may have arrived, so it is looked for, and
 * only when it is surely absent the refusal counts. */
static ToyFault
lost_then_refused (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  guint *n = user_data;

  if (!request->write)
    return TOY_ANSWER;
  return ++*n == 1 ? TOY_RESET_BEFORE : TOY_CANNED;
}

static void
refuse_after_unknown (Engine *e, gint64 jump_us)
{
  guint n = 0;
  gint64 id;

  toy_site_set_canned (e->site, 417, "application/json", "{\"exc_type\":\"MandatoryError\",\"message\":\"no\"}");
  toy_site_set_fault (e->site, lost_then_refused, &n);
  start (e);
  id = engine_submit (e, "POST", "/api/resource/Sales%20Invoice", "{\"customer\":\"A\"}");
  engine_run_for (e, 10000);
  sync_clock_virtual_jump_wall_us (e->clock, jump_us);
  for (guint i = 0; i < 110; i++)
    {
      sync_engine_force_sync (e->engine, NULL, NULL, 0, NULL);
      engine_run_for (e, 1000);
    }
  engine_assert_state (e, id, SYNC_STATE_UNKNOWN);
  engine_run_for (e, 150000);
  engine_assert_state (e, id, SYNC_STATE_FAILED);
  g_assert_cmpuint (n, ==, 2);
}

static void
test_refused_after_unknown (Engine *e)
{
  refuse_after_unknown (e, 0);
}

/* Whatever the wall clock does meanwhile. */
static void
test_refused_after_unknown_forward (Engine *e)
{
  refuse_after_unknown (e, G_TIME_SPAN_DAY);
}

static void
test_refused_after_unknown_back (Engine *e)
{
  refuse_after_unknown (e, -G_TIME_SPAN_DAY);
}

static void
test_edit_and_retry (Engine *e)
{
  g_autoptr (GBytes) body = g_bytes_new_static ("{\"customer\":\"B\"}", 16);
  g_autoptr (GBytes) broken = g_bytes_new_static ("{\"customer\"", 11);
  g_autoptr (SyncRequest) row = NULL;
  g_autoptr (GError) error = NULL;
  gint64 id;

  toy_site_set_canned (e->site, 417, "application/json", "{\"exc_type\":\"LinkValidationError\"}");
  toy_site_set_fault (e->site, toy_can_writes, NULL);
  start (e);
  id = engine_submit (e, "POST", "/api/resource/Sales%20Invoice", "{\"customer\":\"A\"}");
  engine_settle (e);
  engine_assert_state (e, id, SYNC_STATE_FAILED);
  toy_site_set_fault (e->site, NULL, NULL);
  g_assert_false (sync_engine_edit (e->engine, id, broken, "anna", &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_INVALID);
  g_assert_true (sync_engine_edit (e->engine, id, body, "anna", NULL));
  engine_settle (e);
  row = engine_get (e, id);
  g_assert_cmpint (row->state, ==, SYNC_STATE_COMPLETED);
  g_assert_nonnull (g_strstr_len (g_bytes_get_data (row->accepted_body, NULL), 16, "\"A\""));
  g_assert_cmpstr (json_object_get_string_member (toy_site_get (e->site, "Sales Invoice", row->server_name), "customer"), ==,
                   "B");
}

static ToyFault
refuse_submits (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  return g_str_equal (request->method, "PUT")
             && g_strstr_len (g_bytes_get_data (request->body, NULL), g_bytes_get_size (request->body), "docstatus") != NULL
           ? TOY_CANNED
           : TOY_ANSWER;
}

/* A draft that the server does not submit. */
static gint64
leave_draft (Engine *e)
{
  gint64 id;

  toy_site_set_canned (e->site, 417, "application/json", "{\"exc_type\":\"NegativeStockError\"}");
  toy_site_set_fault (e->site, refuse_submits, NULL);
  start (e);
  id = engine_submit (e, "POST", "/api/resource/Sales%20Invoice", "{\"customer\":\"A\",\"qty\":9,\"docstatus\":1}");
  engine_settle (e);
  engine_assert_state (e, id, SYNC_STATE_FAILED);
  g_assert_cmpuint (toy_site_count (e->site, "Sales Invoice"), ==, 1);
  toy_site_set_fault (e->site, NULL, NULL);
  return id;
}

static void
test_edit_of_draft (Engine *e)
{
  g_autoptr (GBytes) body = g_bytes_new_static ("{\"customer\":\"A\",\"qty\":2,\"docstatus\":1}", 38);
  gint64 id = leave_draft (e);
  JsonObject *document;

  { g_autoptr (GError) er = NULL; sync_engine_edit (e->engine, id, body, "anna", &er); g_assert_no_error (er); }
  engine_settle (e);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_cmpuint (toy_site_count (e->site, "Sales Invoice"), ==, 1);
  document = toy_site_get (e->site, "Sales Invoice", "NAME-1");
  g_assert_cmpint (json_object_get_int_member (document, "qty"), ==, 2);
  g_assert_cmpint (json_object_get_int_member (document, "docstatus"), ==, 1);
}

/* The edit's answer is lost; the draft is looked at, has it, and is submitted once. */
static void
test_edit_of_draft_answer_lost (Engine *e)
{
  g_autoptr (GBytes) body = g_bytes_new_static ("{\"customer\":\"A\",\"qty\":2,\"docstatus\":1}", 38);
  gint64 id = leave_draft (e);
  Plan plan = { TOY_RESET_AFTER, 1, "PUT" };

  toy_site_set_fault (e->site, follow_plan, &plan);
  g_assert_true (sync_engine_edit (e->engine, id, body, "anna", NULL));
  engine_run_for (e, 600000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_cmpuint (toy_site_count (e->site, "Sales Invoice"), ==, 1);
  g_assert_cmpint (json_object_get_int_member (toy_site_get (e->site, "Sales Invoice", "NAME-1"), "docstatus"), ==, 1);
}

/* Somebody else made another sale of the draft: that is never submitted as this till's, and not written over unasked. Whose
 * version wins is what is submitted. */
static void
take_over_draft (Engine *e, gint64 id, gint64 qty)
{
  JsonObject *document = toy_site_get (e->site, "Sales Invoice", "NAME-1");
  g_autoptr (GPtrArray) open = NULL;
  g_autofree char *preview = NULL;
  gint64 conflict;

  engine_run_for (e, 600000);
  engine_assert_state (e, id, SYNC_STATE_CONFLICT);
  g_assert_cmpstr (json_object_get_string_member (document, "customer"), ==, "Zed");
  open = sync_store_list_conflicts (e->store, "pending", 10, NULL);
  g_assert_cmpuint (open->len, ==, 1);
  conflict = ((SyncConflict *) g_ptr_array_index (open, 0))->id;
  preview = sync_engine_preview (e->engine, conflict, SYNC_RESOLUTION_LOCAL_WINS, NULL, NULL);
  g_assert_nonnull (strstr (preview, "\"customer\":\"A\""));
  g_assert_nonnull (strstr (preview, json_object_get_string_member (document, "modified")));
  g_assert_null (strstr (preview, "docstatus"));
  g_assert_true (sync_engine_resolve (e->engine, conflict, SYNC_RESOLUTION_LOCAL_WINS, NULL, "anna", NULL));
  engine_run_for (e, 600000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_cmpuint (toy_site_count (e->site, "Sales Invoice"), ==, 1);
  g_assert_cmpstr (json_object_get_string_member (document, "customer"), ==, "A");
  g_assert_cmpint (json_object_get_int_member (document, "qty"), ==, qty);
  g_assert_cmpint (json_object_get_int_member (document, "docstatus"), ==, 1);
}

static void
test_draft_of_another (Engine *e)
{
  gint64 id = leave_draft (e);

  toy_site_put (e->site, "Sales Invoice", "NAME-1", "{\"customer\":\"Zed\",\"qty\":4}");
  g_assert_true (sync_engine_retry (e->engine, id, "anna", NULL));
  take_over_draft (e, id, 9);
}

static void
test_edit_of_draft_of_another (Engine *e)
{
  g_autoptr (GBytes) body = g_bytes_new_static ("{\"customer\":\"A\",\"qty\":2,\"docstatus\":1}", 38);
  gint64 id = leave_draft (e);

  toy_site_put (e->site, "Sales Invoice", "NAME-1", "{\"customer\":\"Zed\",\"qty\":4}");
  g_assert_true (sync_engine_edit (e->engine, id, body, "anna", NULL));
  take_over_draft (e, id, 2);
}

/* Somebody deleted the draft; a person has the sale sent again: it is made again, once. */
static void
test_draft_gone (Engine *e)
{
  g_autoptr (GBytes) body = g_bytes_new_static ("{\"customer\":\"A\",\"qty\":2,\"docstatus\":1}", 38);
  gint64 id = leave_draft (e);
  g_autoptr (SyncRequest) row = NULL;

  toy_site_remove (e->site, "Sales Invoice", "NAME-1");
  g_assert_true (sync_engine_edit (e->engine, id, body, "anna", NULL));
  engine_run_for (e, 600000);
  row = engine_get (e, id);
  g_assert_cmpint (row->state, ==, SYNC_STATE_UNKNOWN);
  g_assert_true (row->needs_person);
  g_assert_true (sync_engine_retry (e->engine, id, "anna", NULL));
  engine_run_for (e, 600000);
  g_assert_true (sync_engine_confirm (e->engine, id, FALSE, NULL, "anna", NULL));
  engine_run_for (e, 600000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_cmpuint (toy_site_count (e->site, "Sales Invoice"), ==, 1);
  g_assert_cmpint (json_object_get_int_member (toy_site_get (e->site, "Sales Invoice", "NAME-2"), "docstatus"), ==, 1);
}

static void
test_discard_of_draft (Engine *e)
{
  g_autoptr (SyncRequest) deletion = NULL;
  gint64 id = leave_draft (e);

  g_assert_true (sync_engine_discard (e->engine, id, "out of stock", "anna", NULL));
  engine_settle (e);
  engine_assert_state (e, id, SYNC_STATE_DISCARDED);
  deletion = engine_get (e, id + 1);
  g_assert_cmpint (deletion->undo_of, ==, id);
  g_assert_cmpint (deletion->state, ==, SYNC_STATE_COMPLETED);
  g_assert_cmpuint (toy_site_count (e->site, "Sales Invoice"), ==, 0);
}

static void
test_discard_and_restore (Engine *e)
{
  g_autoptr (GError) error = NULL;
  gint64 id = engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"x\"}");

  g_assert_false (sync_engine_discard (e->engine, id, "", "anna", &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_INVALID);
  g_clear_error (&error);
  g_assert_true (sync_engine_discard (e->engine, id, "typed twice", "anna", NULL));
  start (e);
  g_assert_cmpuint (toy_site_n_calls (e->site), ==, 0);
  g_assert_false (sync_engine_retry (e->engine, id, "anna", &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_ILLEGAL_EDGE);
  g_clear_error (&error);
  g_assert_true (sync_engine_restore (e->engine, id, "anna", NULL));
  engine_settle (e);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_false (sync_engine_discard (e->engine, id, "late", "anna", &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_ILLEGAL_EDGE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  engine_test_add ("/sync/settle/create-answer-lost", test_create_answer_lost);
  engine_test_add ("/sync/settle/create-lost-before", test_create_lost_before);
  engine_test_add ("/sync/settle/killed-while-sending", test_killed_while_sending);
  engine_test_add ("/sync/settle/unkeyed-waits-for-person", test_unkeyed_waits_for_person);
  engine_test_add ("/sync/settle/update-answer-lost", test_update_answer_lost);
  engine_test_add ("/sync/settle/update-lost-before", test_update_lost_before);
  engine_test_add ("/sync/settle/answer-of-another", test_answer_of_another);
  engine_test_add ("/sync/settle/answer-of-another-key", test_answer_of_another_key);
  engine_test_add ("/sync/settle/look-of-another", test_look_of_another);
  engine_test_add ("/sync/settle/look-of-another-key", test_look_of_another_key);
  engine_test_add ("/sync/settle/stale-is-a-conflict", test_stale_is_a_conflict);
  engine_test_add ("/sync/settle/update-of-deleted", test_update_of_deleted);
  engine_test_add ("/sync/settle/update-without-base", test_update_without_base);
  engine_test_add ("/sync/settle/already-there", test_already_there);
  engine_test_add ("/sync/settle/delete-answer-lost", test_delete_answer_lost);
  engine_test_add ("/sync/settle/two-steps", test_two_steps);
  engine_test_add ("/sync/settle/sign-in", test_sign_in);
  engine_test_add ("/sync/settle/throttled", test_throttled);
  engine_test_add ("/sync/settle/throttled-until", test_throttled_until);
  engine_test_add ("/sync/settle/throttled-over-restart", test_throttled_over_restart);
  engine_test_add ("/sync/settle/throttled-over-restart-and-clock", test_throttled_over_restart_and_clock);
  engine_test_add ("/sync/settle/taken-and-out-of-sight", test_taken_and_out_of_sight);
  engine_test_add ("/sync/settle/portal", test_portal);
  engine_test_add ("/sync/settle/forbidden-asks-who", test_forbidden_asks_who);
  engine_test_add ("/sync/settle/deadlock-is-free", test_deadlock_is_free);
  engine_test_add ("/sync/settle/refused-after-unknown", test_refused_after_unknown);
  engine_test_add ("/sync/settle/refused-after-unknown-forward", test_refused_after_unknown_forward);
  engine_test_add ("/sync/settle/refused-after-unknown-back", test_refused_after_unknown_back);
  engine_test_add ("/sync/settle/edit-and-retry", test_edit_and_retry);
  engine_test_add ("/sync/settle/edit-of-draft", test_edit_of_draft);
  engine_test_add ("/sync/settle/edit-of-draft-answer-lost", test_edit_of_draft_answer_lost);
  engine_test_add ("/sync/settle/draft-of-another", test_draft_of_another);
  engine_test_add ("/sync/settle/edit-of-draft-of-another", test_edit_of_draft_of_another);
  engine_test_add ("/sync/settle/draft-gone", test_draft_gone);
  engine_test_add ("/sync/settle/discard-of-draft", test_discard_of_draft);
  engine_test_add ("/sync/settle/discard-and-restore", test_discard_and_restore);
  return g_test_run ();
}
