/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a hook can do about a refusal by a rule of the server's, and who decides about a document that was deleted here and
 * changed there. */
#include "config.h"

#include "engine-fixture.h"

#include "sync-error.h"

#include <string.h>

#define ITEM "/api/resource/Item/A"
#define NO_STOCK \
  "{\"exc_type\":\"NegativeStockError\",\"exception\":\"erpnext.stock.stock_ledger.NegativeStockError: 9 units needed\"," \
  "\"_server_messages\":\"[\\\"{\\\\\\\"message\\\\\\\": \\\\\\\"9 units needed\\\\\\\"}\\\"]\"}"

/* A rule: no nines. */
static ToyFault
refuse_nine (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  gsize length;
  const char *body = request->body != NULL ? g_bytes_get_data (request->body, &length) : NULL;

  if (body == NULL || g_strstr_len (body, (gssize) length, "\"qty\":9") == NULL)
    return TOY_ANSWER;
  toy_site_set_canned (site, 417, "application/json", NO_STOCK);
  return TOY_CANNED;
}

typedef struct
{
  SyncHookResolution resolution;
  const char *document; /* (nullable) */
  guint n_asked;
} Rule;

static void
rule_cb (SyncHookCall *call, gpointer user_data)
{
  Rule *rule = user_data;
  const SyncHookQuestion *question = sync_hook_call_get_question (call);
  g_autoptr (GBytes) document = rule->document != NULL ? g_bytes_new (rule->document, strlen (rule->document)) : NULL;

  rule->n_asked++;
  g_assert_cmpstr (question->type, ==, "rule");
  g_assert_cmpstr (question->resource_id, ==, "A");
  g_assert_cmpstr (question->message, ==, "9 units needed");
  g_assert_nonnull (strstr (question->local, "\"qty\":9"));
  g_assert_null (question->server);
  sync_hook_call_answer (call, rule->resolution, document, "as many as there are");
}

static void
sale_rule_cb (SyncHookCall *call, gpointer user_data)
{
  Rule *rule = user_data;
  g_autoptr (GBytes) document = g_bytes_new (rule->document, strlen (rule->document));

  rule->n_asked++;
  sync_hook_call_answer (call, rule->resolution, document, NULL);
}

static gint64
sell_nine (Engine *e, Rule *rule)
{
  gint64 id;

  toy_site_put (e->site, "Item", "A", "{\"qty\":1}");
  toy_site_set_fault (e->site, refuse_nine, NULL);
  if (rule != NULL)
    sync_hooks_register (sync_engine_get_hooks (e->engine), "Item", rule_cb, rule, NULL);
  engine_start (e);
  id = engine_submit (e, "PUT", ITEM, "{\"qty\":9}");
  engine_run_for (e, 600000);
  return id;
}

static gint64
qty (Engine *e)
{
  return json_object_get_int_member (toy_site_get (e->site, "Item", "A"), "qty");
}

static void
test_no_hook (Engine *e)
{
  g_autoptr (SyncRequest) row = NULL;
  gint64 id = sell_nine (e, NULL);

  row = sync_store_get (e->store, id, NULL);
  g_assert_cmpint (row->state, ==, SYNC_STATE_FAILED);
  g_assert_cmpuint (row->attempts, ==, 1);
  g_assert_cmpstr (row->error_message, ==, "9 units needed");
}

static void
test_another_body (Engine *e)
{
  Rule rule = { SYNC_HOOK_MANUAL, "{\"qty\":8}", 0 };
  gint64 id = sell_nine (e, &rule);

  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_cmpuint (rule.n_asked, ==, 1);
  g_assert_cmpint (qty (e), ==, 8);
}

/* The goods may come in, but not for ever. */
static void
test_again_and_again (Engine *e)
{
  Rule rule = { SYNC_HOOK_LOCAL_WINS, NULL, 0 };
  gint64 id = sell_nine (e, &rule);

  engine_assert_state (e, id, SYNC_STATE_FAILED);
  g_assert_cmpuint (rule.n_asked, ==, 3);
  g_assert_true (sync_engine_retry (e->engine, id, "anna", NULL));
  engine_run_for (e, 60000);
  engine_assert_state (e, id, SYNC_STATE_FAILED);
  g_assert_cmpuint (rule.n_asked, ==, 3);
}

/* What was sold is given up by nobody but a person. */
static void
test_not_given_up (Engine *e)
{
  Rule rule = { SYNC_HOOK_SERVER_WINS, NULL, 0 };
  gint64 id = sell_nine (e, &rule);

  engine_assert_state (e, id, SYNC_STATE_FAILED);
  g_assert_cmpuint (rule.n_asked, ==, 1);
}

static void
fail_cb (SyncHookCall *call, gpointer user_data)
{
  g_autoptr (GError) error = g_error_new_literal (SYNC_ERROR, SYNC_ERROR_INVALID, "the list of suppliers is gone");

  sync_hook_call_fail (call, error);
}

/* What it failed at stands with the request. */
static void
test_failure_is_kept (Engine *e)
{
  g_autoptr (GPtrArray) attempts = NULL;
  const SyncAttempt *last;
  gint64 id;

  sync_hooks_register (sync_engine_get_hooks (e->engine), "Item", fail_cb, NULL, NULL);
  id = sell_nine (e, NULL);
  engine_assert_state (e, id, SYNC_STATE_FAILED);
  attempts = sync_store_list_attempts (e->store, id, NULL);
  last = g_ptr_array_index (attempts, attempts->len - 1);
  g_assert_cmpstr (last->verdict, ==, "hook_failed");
  g_assert_nonnull (strstr (last->message, "the list of suppliers is gone"));
}

static void
test_asked (Engine *e)
{
  Rule rule = { SYNC_HOOK_ASK, NULL, 0 };
  gint64 id = sell_nine (e, &rule);

  engine_assert_state (e, id, SYNC_STATE_FAILED);
  g_assert_cmpint (qty (e), ==, 1);
}

/* What a hook gives is no way to make another write of it. */
static void
test_another_write (Engine *e)
{
  static const char *const documents[] = { "{\"qty\":8}", "{\"qty\":8,\"docstatus\":1,\"posa_client_request_id\":\"not-this-one\"}" };

  toy_site_set_fault (e->site, refuse_nine, NULL);
  engine_start (e);
  for (guint i = 0; i < G_N_ELEMENTS (documents); i++)
    {
      Rule rule = { SYNC_HOOK_MANUAL, documents[i], 0 };
      guint hook = sync_hooks_register (sync_engine_get_hooks (e->engine), "Sales Invoice", sale_rule_cb, &rule, NULL);
      gint64 id = engine_submit (e, "POST", "/api/resource/Sales%20Invoice", "{\"customer\":\"X\",\"qty\":9,\"docstatus\":1}");

      engine_run_for (e, 600000);
      engine_assert_state (e, id, SYNC_STATE_FAILED);
      g_assert_cmpuint (rule.n_asked, ==, 1);
      sync_hooks_unregister (sync_engine_get_hooks (e->engine), hook);
    }
  g_assert_cmpuint (toy_site_count (e->site, "Sales Invoice"), ==, 0);
}

/* Nor is what a person writes in the place of a refused body. */
static void
test_edit_to_another_write (Engine *e)
{
  static const struct
  {
    const char *method;
    const char *url;
    const char *body;
    const char *edited; /* not to be taken */
    const char *same;   /* to be taken */
    const char *words;
  } rows[] = {
    { "POST", "/api/method/frappe.client.insert", "{\"doc\":{\"doctype\":\"Sales Invoice\",\"qty\":9}}",
      "{\"doc\":{\"doctype\":\"Note\",\"title\":\"x\"}}", "{\"doc\":{\"doctype\":\"Sales Invoice\",\"customer\":\"X\",\"qty\":9}}",
      "another DocType" },
    { "PUT", "/api/method/frappe.client.save",
      "{\"doc\":{\"doctype\":\"Item\",\"name\":\"B\",\"qty\":9,\"modified\":\"2026-11-23 10:00:00.000002\"}}",
      "{\"doc\":{\"doctype\":\"Item\",\"name\":\"A\",\"qty\":8,\"modified\":\"2026-11-23 10:00:00.000001\"}}",
      "{\"doc\":{\"doctype\":\"Item\",\"name\":\"b\",\"qty\":9,\"modified\":\"2026-11-23 10:00:00.000002\"}}", "another document" },
    { "PUT", ITEM, "{\"qty\":9}", "{\"docstatus\":1}", "{\"n\":1,\"qty\":9}", "another kind of write" },
    { "POST", "/api/resource/Sales%20Invoice", "{\"qty\":9,\"docstatus\":1}", "{\"qty\":8}", "{\"n\":1,\"qty\":9,\"docstatus\":1}",
      "another kind of write" },
    { "POST", "/api/resource/Sales%20Invoice", "{\"qty\":9,\"posa_client_request_id\":\"mine\"}",
      "{\"qty\":8,\"posa_client_request_id\":\"not-mine\"}", "{\"n\":1,\"qty\":9}", "another key" },
  };

  toy_site_put (e->site, "Item", "A", "{\"qty\":1}");
  toy_site_put (e->site, "Item", "B", "{\"qty\":1}");
  toy_site_set_fault (e->site, refuse_nine, NULL);
  engine_start (e);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      gint64 id = engine_submit (e, rows[i].method, rows[i].url, rows[i].body);
      g_autoptr (GBytes) edited = g_bytes_new_static (rows[i].edited, strlen (rows[i].edited));
      g_autoptr (GBytes) same = g_bytes_new_static (rows[i].same, strlen (rows[i].same));
      g_autoptr (GError) error = NULL;

      engine_run_for (e, 600000);
      engine_assert_state (e, id, SYNC_STATE_FAILED);
      g_assert_false (sync_engine_edit (e->engine, id, edited, "anna", &error));
      g_assert_error (error, SYNC_ERROR, SYNC_ERROR_INVALID);
      g_assert_nonnull (strstr (error->message, rows[i].words));
      engine_assert_state (e, id, SYNC_STATE_FAILED);
      g_assert_true (sync_engine_edit (e->engine, id, same, "anna", NULL));
      engine_run_for (e, 600000);
      engine_assert_state (e, id, SYNC_STATE_FAILED);
    }
}

/* Deleted here, against a version that somebody has changed on the server at @modified. */
static gint64
delete_changed (Engine *e, const char *policies, const char *modified)
{
  SyncSubmission submission = SYNC_SUBMISSION_INIT;
  g_autoptr (GBytes) base = g_bytes_new_static ("{\"name\":\"A\",\"modified\":\"2025-01-01 00:00:00.000001\"}", 52);
  g_autoptr (GError) error = NULL;
  gint64 id;

  g_free (e->config->conflict_policies);
  e->config->conflict_policies = g_strdup (policies);
  g_assert_true (sync_engine_set_config (e->engine, e->config, NULL));
  toy_site_set_clock (e->site, SYNC_CLOCK (e->clock), 0);
  toy_site_put (e->site, "Item", "A", "{\"qty\":1}");
  json_object_set_string_member (toy_site_get (e->site, "Item", "A"), "modified", modified);
  engine_start (e);
  submission.method = "DELETE";
  submission.url = ITEM;
  submission.base = base;
  id = engine_submit_full (e, &submission, &error);
  g_assert_no_error (error);
  engine_run_for (e, 60000);
  return id;
}

static void
assert_delete (Engine *e, gint64 id, SyncState state, gboolean there)
{
  g_autoptr (GPtrArray) conflicts = sync_store_list_conflicts (e->store, NULL, 10, NULL);

  engine_assert_state (e, id, state);
  g_assert_cmpint (toy_site_get (e->site, "Item", "A") != NULL, ==, there);
  g_assert_cmpuint (conflicts->len, ==, 1);
  g_assert_cmpstr (((SyncConflict *) g_ptr_array_index (conflicts, 0))->conflict_type, ==, "delete_edit");
}

static void
test_deleted_later (Engine *e)
{
  assert_delete (e, delete_changed (e, "", "2025-12-31 12:00:00.000000"), SYNC_STATE_COMPLETED, FALSE);
}

static void
test_changed_later (Engine *e)
{
  assert_delete (e, delete_changed (e, "", "2026-02-01 12:00:00.000000"), SYNC_STATE_DISCARDED, TRUE);
}

static void
test_delete_does_not_merge (Engine *e)
{
  assert_delete (e, delete_changed (e, "*=merge", "2025-12-31 12:00:00.000000"), SYNC_STATE_CONFLICT, TRUE);
}

static void
test_delete_by_policy (Engine *e)
{
  assert_delete (e, delete_changed (e, "*=local", "2026-02-01 12:00:00.000000"), SYNC_STATE_COMPLETED, FALSE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  engine_test_add ("/sync/rules/failure-is-kept", test_failure_is_kept);
  engine_test_add ("/sync/rules/no-hook", test_no_hook);
  engine_test_add ("/sync/rules/another-body", test_another_body);
  engine_test_add ("/sync/rules/again-and-again", test_again_and_again);
  engine_test_add ("/sync/rules/not-given-up", test_not_given_up);
  engine_test_add ("/sync/rules/asked", test_asked);
  engine_test_add ("/sync/rules/another-write", test_another_write);
  engine_test_add ("/sync/rules/edit-to-another-write", test_edit_to_another_write);
  engine_test_add ("/sync/rules/deleted-later", test_deleted_later);
  engine_test_add ("/sync/rules/changed-later", test_changed_later);
  engine_test_add ("/sync/rules/delete-does-not-merge", test_delete_does_not_merge);
  engine_test_add ("/sync/rules/delete-by-policy", test_delete_by_policy);
  return g_test_run ();
}
