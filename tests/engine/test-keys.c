/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which keys count: those whose field is known to be unique, and for how long that is known. */
#include "config.h"

#include "engine-fixture.h"

#include <string.h>

#define HOUR_MS (3600 * 1000)

static ToyFault
count_questions (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  guint *n = user_data;

  *n += strstr (request->url, "/Custom%20Field?") != NULL;
  return TOY_ANSWER;
}

static ToyFault
lose_writes (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  guint *n = user_data;

  if (!request->write || *n == 0)
    return TOY_ANSWER;
  --*n;
  return TOY_RESET_AFTER;
}

/* Sends a note whose answer is lost, and tells how often it was sent. */
static guint
lose_note (Engine *e, SyncState state)
{
  guint n = 1;
  g_autoptr (SyncRequest) row = NULL;
  gint64 id;

  toy_site_set_fault (e->site, lose_writes, &n);
  id = engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"x\"}");
  engine_run_for (e, HOUR_MS);
  toy_site_set_fault (e->site, NULL, NULL);
  row = engine_get (e, id);
  g_assert_cmpstr (sync_state_to_string (row->state), ==, sync_state_to_string (state));
  return row->attempts;
}

/* The toy site knows none of the shop's own methods. */
static ToyFault
lose_calls (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  return request->write ? TOY_RESET_BEFORE : TOY_ANSWER;
}

static void
restart (Engine *e)
{
  engine_drop (e);
  engine_open (e);
  engine_start (e);
}

static void
test_unique (Engine *e)
{
  engine_start (e);
  g_assert_cmpuint (lose_note (e, SYNC_STATE_COMPLETED), ==, 2);
  g_assert_cmpuint (toy_site_count (e->site, "Note"), ==, 1);
}

static void
test_not_unique (Engine *e)
{
  toy_site_set_key_definition (e->site, FALSE, TRUE);
  engine_start (e);
  g_assert_cmpuint (lose_note (e, SYNC_STATE_UNKNOWN), ==, 1);
}

/* What was seen once holds for those who may not see it, in this run and in later ones. */
static void
test_remembered (Engine *e)
{
  toy_site_set_key_definition (e->site, TRUE, FALSE);
  engine_start (e);
  g_assert_cmpuint (lose_note (e, SYNC_STATE_UNKNOWN), ==, 1);
  toy_site_set_key_definition (e->site, TRUE, TRUE);
  restart (e);
  g_assert_cmpuint (lose_note (e, SYNC_STATE_COMPLETED), ==, 2);
  toy_site_set_key_definition (e->site, TRUE, FALSE);
  restart (e);
  g_assert_cmpuint (lose_note (e, SYNC_STATE_COMPLETED), ==, 2);
}

/* Once the field was seen missing, or not unique, what was seen before does not count any more. */
static void
forget_and_assert (Engine *e)
{
  restart (e);
  engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"x\"}");
  engine_settle (e);
  toy_site_set_key_field (e->site, TRUE);
  toy_site_set_key_definition (e->site, TRUE, FALSE);
  restart (e);
  g_assert_cmpuint (lose_note (e, SYNC_STATE_UNKNOWN), ==, 1);
}

static void
test_forgotten_when_missing (Engine *e)
{
  engine_start (e);
  g_assert_cmpuint (lose_note (e, SYNC_STATE_COMPLETED), ==, 2);
  toy_site_set_key_field (e->site, FALSE);
  forget_and_assert (e);
}

static void
test_forgotten_when_not_unique (Engine *e)
{
  engine_start (e);
  g_assert_cmpuint (lose_note (e, SYNC_STATE_COMPLETED), ==, 2);
  toy_site_set_key_definition (e->site, FALSE, TRUE);
  forget_and_assert (e);
}

/* It was seen on one site, and says nothing of another. */
static void
test_other_site (Engine *e)
{
  engine_start (e);
  g_assert_cmpuint (lose_note (e, SYNC_STATE_COMPLETED), ==, 2);
  toy_site_set_key_definition (e->site, TRUE, FALSE);
  engine_drop (e);
  g_free (e->config->base_url);
  e->config->base_url = g_strdup ("http://other.example");
  engine_open (e);
  engine_start (e);
  g_assert_cmpuint (lose_note (e, SYNC_STATE_UNKNOWN), ==, 1);
}

/* A day later it is asked again; a field that POS Awesome ships is never looked up. */
static void
test_daily (Engine *e)
{
  guint n = 0;

  toy_site_set_fault (e->site, count_questions, &n);
  engine_start (e);
  for (guint i = 0; i < 3; i++)
    {
      engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"x\"}");
      engine_submit (e, "POST", "/api/resource/Sales%20Invoice", "{\"customer\":\"A\"}");
      engine_run_for (e, HOUR_MS);
    }
  g_assert_cmpuint (n, ==, 1);
  engine_run_for (e, 24 * HOUR_MS);
  engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"x\"}");
  engine_settle (e);
  g_assert_cmpuint (n, ==, 2);
}

/* The page of a portal in the place of an answer says nothing about the key. */
static ToyFault
portal_once (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  guint *n = user_data;

  return strstr (request->url, "sync_client_id") != NULL && (*n)++ == 0 ? TOY_CANNED : TOY_ANSWER;
}

static void
test_portal (Engine *e)
{
  guint n = 0;

  toy_site_set_canned (e->site, 403, "text/html", "<html>Sign in to use this network</html>");
  toy_site_set_fault (e->site, portal_once, &n);
  engine_start (e);
  engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"first\"}");
  engine_run_for (e, HOUR_MS);
  g_assert_cmpuint (n, >, 0);
  g_assert_cmpuint (lose_note (e, SYNC_STATE_COMPLETED), ==, 2);
}

/* Somebody on the way forbids the question for the field, each time: what is to be made does not wait for that for ever. */
static ToyFault
forbid_question (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  return !request->write && strstr (request->url, "sync_client_id") != NULL ? TOY_CANNED : TOY_ANSWER;
}

static void
test_question_forbidden (Engine *e)
{
  gint64 id;

  toy_site_set_canned (e->site, 403, "text/html", "<html>Blocked by policy</html>");
  toy_site_set_fault (e->site, forbid_question, NULL);
  engine_start (e);
  id = engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"x\"}");
  engine_run_for (e, 2 * HOUR_MS);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_cmpuint (toy_site_count (e->site, "Note"), ==, 1);
}

/* The list ------------------------------------------------------------------------------------------------------------ */

static void
listed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GPtrArray **keys = user_data;

  *keys = sync_engine_list_keys_finish (SYNC_ENGINE (source), result, NULL);
}

/* "Note enforced, Sales Invoice missing" */
static char *
list_keys (Engine *e)
{
  g_autoptr (GPtrArray) keys = NULL;
  GString *text = g_string_new (NULL);

  sync_engine_list_keys_async (e->engine, listed_cb, &keys);
  while (keys == NULL)
    g_main_context_iteration (g_main_context_get_thread_default (), TRUE);
  for (guint i = 0; i < keys->len; i++)
    {
      const SyncKey *key = g_ptr_array_index (keys, i);

      g_assert_cmpuint (strlen (key->words), >, 10);
      g_string_append_printf (text, "%s%s %s", i > 0 ? ", " : "", key->resource_type,
                              sync_key_state_to_string (key->state));
    }
  return g_string_free (text, FALSE);
}

static void
assert_keys (Engine *e, const char *wanted)
{
  g_autofree char *is = list_keys (e);

  g_assert_cmpstr (is, ==, wanted);
}

static ToyFault
refuse_connections (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  return TOY_REFUSE;
}

static void
test_list (Engine *e)
{
  engine_start (e);
  engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"x\"}");
  engine_submit (e, "PUT", "/api/resource/Item/A", "{\"n\":1}");
  engine_settle (e);
  assert_keys (e, "Address enforced, Customer enforced, "
                  "Note enforced, POS Invoice enforced, Payment Entry enforced, Sales Invoice enforced");
  toy_site_set_key_definition (e->site, FALSE, TRUE);
  assert_keys (e, "Address not-unique, Customer not-unique, "
                  "Note not-unique, POS Invoice enforced, Payment Entry enforced, Sales Invoice enforced");
  toy_site_set_key_definition (e->site, FALSE, FALSE);
  assert_keys (e, "Address unchecked, Customer unchecked, "
                  "Note unchecked, POS Invoice enforced, Payment Entry enforced, Sales Invoice enforced");
  toy_site_set_key_field (e->site, FALSE);
  assert_keys (e, "Address missing, Customer missing, "
                  "Note missing, POS Invoice missing, Payment Entry missing, Sales Invoice missing");
  toy_site_set_fault (e->site, refuse_connections, NULL);
  assert_keys (e, "Address unproven, Customer unproven, "
                  "Note unproven, POS Invoice unproven, Payment Entry unproven, Sales Invoice unproven");
  sync_engine_set_offline (e->engine, TRUE);
  assert_keys (e, "Address unproven, Customer unproven, "
                  "Note unproven, POS Invoice unproven, Payment Entry unproven, Sales Invoice unproven");
}

static ToyFault
lose_one_each (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  ToyFault *fault = user_data;
  ToyFault now = request->write ? *fault : TOY_ANSWER;

  if (request->write)
    *fault = TOY_ANSWER;
  return now;
}

static gint64
hand_over_as (Engine *e, const char *key, const char *body)
{
  SyncSubmission submission = SYNC_SUBMISSION_INIT;
  g_autoptr (GBytes) bytes = g_bytes_new (body, strlen (body));
  g_autoptr (GError) error = NULL;
  gint64 id;

  submission.method = "POST";
  submission.url = "/api/resource/Note";
  submission.body = bytes;
  submission.key = key;
  id = engine_submit_full (e, &submission, &error);
  g_assert_no_error (error);
  return id;
}

/* What stands under the key may be of one that was given up before anybody knew whether it had arrived. */
static void
test_used_again (Engine *e)
{
  ToyFault fault = TOY_RESET_AFTER;
  g_autoptr (SyncRequest) row = NULL;
  gint64 first, second;

  engine_start (e);
  toy_site_set_fault (e->site, lose_one_each, &fault);
  first = hand_over_as (e, "00000000-0000-4000-8000-000000000001", "{\"title\":\"first\"}");
  engine_settle (e);
  engine_assert_state (e, first, SYNC_STATE_UNKNOWN);
  g_assert_true (sync_engine_discard (e->engine, first, "typed wrong", "anna", NULL));
  fault = TOY_RESET_BEFORE;
  second = hand_over_as (e, "00000000-0000-4000-8000-000000000001", "{\"title\":\"second\"}");
  engine_run_for (e, HOUR_MS);
  engine_assert_state (e, second, SYNC_STATE_COMPLETED);
  row = engine_get (e, second);
  g_assert_cmpuint (toy_site_count (e->site, "Note"), ==, 1);
  g_assert_cmpstr (json_object_get_string_member (toy_site_get (e->site, "Note", row->server_name), "title"), ==, "second");
}

/* An answer comes when nobody runs any more. */
static void
test_list_and_stop (Engine *e)
{
  g_autoptr (GPtrArray) keys = NULL;

  engine_start (e);
  toy_site_hold (e->site, TRUE);
  sync_engine_list_keys_async (e->engine, listed_cb, &keys);
  engine_settle (e);
  sync_engine_stop (e->engine);
  engine_settle (e);
  g_assert_nonnull (keys);
  g_assert_cmpint (((SyncKey *) g_ptr_array_index (keys, 0))->state, ==, SYNC_KEY_UNPROVEN);
  toy_site_hold (e->site, FALSE);
}

/* The rules of the shop become others while requests wait --------------------------------------------------------- */

#define QUICK "/api/method/myapp.api.quick_customer"

static char *
dup_quick_rule (const char *more)
{
  return g_strdup_printf ("\"kind\":\"write\",\"methods\":\"POST\",\"call\":\"myapp.api.quick_customer\",%s,\"document\":\"doc\","
                          "\"key\":{\"from\":[\"$doc/$key\"],\"at\":\"$doc/$key\",\"field\":\"$key\",\"enforced\":true}",
                          more);
}

/* It is a matter for a person, who is told what it was taken for, and the server is left alone. */
static void
assert_given_to_person (Engine *e, gint64 id, SyncState state, const char *accepted_as)
{
  guint n = toy_site_n_calls (e->site);
  g_autoptr (SyncRequest) row = NULL;

  engine_start (e);
  engine_run_for (e, HOUR_MS);
  row = engine_get (e, id);
  g_assert_cmpstr (sync_state_to_string (row->state), ==, sync_state_to_string (state));
  g_assert_true (state == SYNC_STATE_FAILED || row->needs_person);
  g_assert_nonnull (strstr (row->error_message, accepted_as));
  g_assert_cmpuint (toy_site_n_calls (e->site) - n, <, 10);
}

/* The shop corrects the DocType in its own rule. */
static void
test_rule_of_other_type (Engine *e)
{
  g_autofree char *before = dup_quick_rule ("\"action\":\"create\",\"proof\":\"document\",\"type\":\"Kunde\"");
  g_autofree char *after = dup_quick_rule ("\"action\":\"create\",\"proof\":\"document\",\"type\":\"Customer\"");
  gint64 id;

  engine_open_with_rule (e, before);
  id = engine_submit (e, "POST", QUICK, "{\"doc\":{\"customer_name\":\"C\"}}");
  engine_open_with_rule (e, after);
  assert_given_to_person (e, id, SYNC_STATE_FAILED, "Kunde");
}

/* The shop adds the DocType to its own rule while nobody knows what became of a call. */
static void
test_rule_of_first_type (Engine *e)
{
  g_autofree char *before = dup_quick_rule ("\"action\":\"call\",\"proof\":\"message\"");
  g_autofree char *after = dup_quick_rule ("\"action\":\"call\",\"proof\":\"message\",\"type\":\"Customer\"");
  gint64 id;

  engine_open_with_rule (e, before);
  toy_site_set_fault (e->site, lose_calls, NULL);
  engine_start (e);
  id = engine_submit (e, "POST", QUICK, "{\"doc\":{\"customer_name\":\"C\"}}");
  engine_settle (e);
  engine_assert_state (e, id, SYNC_STATE_UNKNOWN);
  engine_open_with_rule (e, after);
  assert_given_to_person (e, id, SYNC_STATE_UNKNOWN, "no DocType");
}

/* A change becomes a submission. */
static void
test_rule_of_other_action (Engine *e)
{
  gint64 id;

  toy_site_put (e->site, "Note", "A", "{\"n\":0,\"docstatus\":0}");
  id = engine_submit (e, "PUT", "/api/resource/Note/A", "{\"n\":1}");
  engine_open_with_rule (e, "\"kind\":\"write\",\"methods\":\"PUT\",\"path\":\"/api/resource/{type}/{id}\","
                            "\"action\":\"submit\",\"proof\":\"submitted\",\"type\":\"{type}\",\"id\":\"{id}\",\"document\":\"\"");
  assert_given_to_person (e, id, SYNC_STATE_FAILED, "update");
  g_assert_cmpint (json_object_get_int_member (toy_site_get (e->site, "Note", "A"), "n"), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  engine_test_add ("/sync/keys/unique", test_unique);
  engine_test_add ("/sync/keys/not-unique", test_not_unique);
  engine_test_add ("/sync/keys/remembered", test_remembered);
  engine_test_add ("/sync/keys/used-again", test_used_again);
  engine_test_add ("/sync/keys/forgotten-when-missing", test_forgotten_when_missing);
  engine_test_add ("/sync/keys/forgotten-when-not-unique", test_forgotten_when_not_unique);
  engine_test_add ("/sync/keys/other-site", test_other_site);
  engine_test_add ("/sync/keys/portal", test_portal);
  engine_test_add ("/sync/keys/question-forbidden", test_question_forbidden);
  engine_test_add ("/sync/keys/daily", test_daily);
  engine_test_add ("/sync/keys/list", test_list);
  engine_test_add ("/sync/keys/list-and-stop", test_list_and_stop);
  engine_test_add ("/sync/keys/rule-of-other-type", test_rule_of_other_type);
  engine_test_add ("/sync/keys/rule-of-first-type", test_rule_of_first_type);
  engine_test_add ("/sync/keys/rule-of-other-action", test_rule_of_other_action);
  return g_test_run ();
}
