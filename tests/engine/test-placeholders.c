/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A customer made off line, and all that is done with it before the server has named it. */
#include "config.h"

#include "engine-fixture.h"

#include "sync-error.h"

#include <string.h>

#define KEY "01920000-0000-7000-8000-0000000000"

/* The requests of the story, in the order of acceptance. */
typedef struct
{
  gint64 customer;
  gint64 sale;
  gint64 payment;
  gint64 update;
} Story;

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

static gboolean
makes_customer (const SyncTransportRequest *request)
{
  return g_str_equal (request->method, "POST") && g_str_has_suffix (request->url, "/Customer");
}

static ToyFault
refuse_customer (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  return makes_customer (request) ? TOY_CANNED : TOY_ANSWER;
}

static ToyFault
lose_customer (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  gboolean *lost = user_data;

  if (*lost)
    return TOY_REFUSE;
  *lost = makes_customer (request);
  return *lost ? TOY_RESET_AFTER : TOY_ANSWER;
}

static gint64
submit (Engine *e, const char *method, const char *url, const char *key, const char *body)
{
  g_autoptr (GBytes) bytes = g_bytes_new (body, strlen (body));
  g_autoptr (GError) error = NULL;
  SyncSubmission submission = SYNC_SUBMISSION_INIT;
  gint64 id;

  submission.method = method;
  submission.url = url;
  submission.key = key;
  submission.body = bytes;
  id = engine_submit_full (e, &submission, &error);
  g_assert_no_error (error);
  return id;
}

static Story
tell (Engine *e)
{
  Story story;

  story.customer = submit (e, "POST", "/api/resource/Customer", KEY "0c", "{\"customer_name\":\"Ann\"}");
  story.sale = submit (e, "POST", "/api/resource/Sales%20Invoice", KEY "05",
                       "{\"customer\":\"LOCAL-" KEY "0c\",\"total\":10.10,\"remarks\":\"for LOCAL-" KEY "0c\"}");
  story.payment = submit (e, "POST", "/api/resource/Payment%20Entry", KEY "0b",
                          "{\"party\":\"LOCAL-" KEY "0c\",\"references\":[{\"reference_name\":\"LOCAL-" KEY "05\"}]}");
  story.update
    = submit (e, "PUT", "/api/resource/Customer/LOCAL-" KEY "0c", NULL, "{\"mobile_no\":\"1\"}");
  return story;
}

static void
check_waiting (Engine *e, const Story *story, SyncState customer)
{
  engine_assert_state (e, story->customer, customer);
  engine_assert_state (e, story->sale, SYNC_STATE_PENDING);
  engine_assert_state (e, story->payment, SYNC_STATE_PENDING);
  engine_assert_state (e, story->update, SYNC_STATE_PENDING);
}

static const char *
name_of (Engine *e, gint64 id, char **name)
{
  g_autoptr (SyncRequest) row = engine_get (e, id);

  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_free (*name);
  *name = g_strdup (sync_request_get_document_name (row));
  return *name;
}

/* Everything is there once, under real names, and in order. */
static void
check_delivered (Engine *e, const Story *story)
{
  static const char *const before[][2] = { { "POST Customer", "POST Sales" }, { "POST Sales", "POST Payment" }, { "POST Customer", "PUT Customer" } };
  g_autofree char *customer = NULL, *sale = NULL, *payment = NULL, *updated = NULL;
  JsonObject *invoice, *entry, *reference;

  name_of (e, story->customer, &customer);
  invoice = toy_site_get (e->site, "Sales Invoice", name_of (e, story->sale, &sale));
  entry = toy_site_get (e->site, "Payment Entry", name_of (e, story->payment, &payment));
  reference = json_array_get_object_element (json_object_get_array_member (entry, "references"), 0);
  g_assert_cmpstr (json_object_get_string_member (invoice, "customer"), ==, customer);
  g_assert_cmpstr (json_object_get_string_member (invoice, "remarks"), ==, "for LOCAL-" KEY "0c");
  g_assert_cmpstr (json_object_get_string_member (entry, "party"), ==, customer);
  g_assert_cmpstr (json_object_get_string_member (reference, "reference_name"), ==, sale);
  g_assert_cmpstr (name_of (e, story->update, &updated), ==, customer);
  g_assert_cmpstr (json_object_get_string_member (toy_site_get (e->site, "Customer", customer), "mobile_no"), ==, "1");
  g_assert_cmpuint (toy_site_count (e->site, "Customer"), ==, 1);
  g_assert_cmpuint (toy_site_count (e->site, "Sales Invoice"), ==, 1);
  g_assert_cmpuint (toy_site_count (e->site, "Payment Entry"), ==, 1);
  g_assert_cmpuint (toy_site_get_log (e->site)->len, ==, 4);
  for (guint i = 0; i < G_N_ELEMENTS (before); i++)
    {
      gboolean seen = FALSE;

      for (guint j = 0; j < 4; j++)
        {
          const char *line = g_ptr_array_index (toy_site_get_log (e->site), j);

          g_assert_true (seen || !g_str_has_prefix (line, before[i][1]));
          seen = seen || g_str_has_prefix (line, before[i][0]);
        }
    }
}

static void
test_line_back (Engine *e)
{
  Story story;

  toy_site_set_fault (e->site, refuse_all, NULL);
  start (e);
  story = tell (e);
  engine_run_for (e, 3600 * 1000);
  check_waiting (e, &story, SYNC_STATE_PENDING);
  toy_site_set_fault (e->site, NULL, NULL);
  sync_engine_hint_network (e->engine, FALSE);
  engine_run_for (e, 60000);
  check_delivered (e, &story);
}

static void
test_killed (Engine *e)
{
  Story story = tell (e);

  toy_site_hold (e->site, TRUE);
  start (e);
  /* The customer is made, and nobody heard of it. */
  for (guint i = 0; i < 10 && toy_site_get_log (e->site)->len == 0; i++)
    {
      toy_site_hold (e->site, FALSE);
      toy_site_hold (e->site, TRUE);
      engine_settle (e);
    }
  g_assert_cmpuint (toy_site_get_log (e->site)->len, ==, 1);
  engine_drop (e);
  toy_site_hold (e->site, FALSE);
  engine_open (e);
  check_waiting (e, &story, SYNC_STATE_UNKNOWN);
  start (e);
  engine_run_for (e, 300000);
  check_delivered (e, &story);
}

static void
test_refused (Engine *e)
{
  Story story;
  g_autoptr (GError) error = NULL;

  toy_site_set_canned (e->site, 417, "application/json", "{\"exc_type\":\"MandatoryError\"}");
  toy_site_set_fault (e->site, refuse_customer, NULL);
  start (e);
  story = tell (e);
  engine_run_for (e, 60000);
  check_waiting (e, &story, SYNC_STATE_FAILED);

  g_assert_false (sync_engine_discard (e->engine, story.customer, "wrong", "anna", &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED);
  g_assert_cmpstr (error->message, ==,
                   "request 1 has 3 that wait for it and would fail with it (requests 2, 3, 4): confirm that"
                   " (“confirm”, --with-dependants)");
  check_waiting (e, &story, SYNC_STATE_FAILED);
  g_assert_true (sync_engine_discard_with_dependants (e->engine, story.customer, "wrong", "anna", NULL));
  engine_assert_state (e, story.sale, SYNC_STATE_FAILED);
  engine_assert_state (e, story.payment, SYNC_STATE_FAILED);
  engine_assert_state (e, story.update, SYNC_STATE_FAILED);
  g_assert_true (log_has (e, "request 3 failed"));

  g_assert_true (sync_engine_restore_with_dependants (e->engine, story.customer, "anna", NULL));
  g_assert_true (log_has (e, "request 3 pending"));
  check_waiting (e, &story, SYNC_STATE_PENDING);
  toy_site_set_fault (e->site, NULL, NULL);
  engine_run_for (e, 60000);
  check_delivered (e, &story);
}

static void
test_answer_lost (Engine *e)
{
  gboolean lost = FALSE;
  Story story;

  toy_site_set_fault (e->site, lose_customer, &lost);
  start (e);
  story = tell (e);
  engine_run_for (e, 60000);
  check_waiting (e, &story, SYNC_STATE_UNKNOWN);
  g_assert_cmpuint (toy_site_count (e->site, "Sales Invoice"), ==, 0);
  toy_site_set_fault (e->site, NULL, NULL);
  sync_engine_hint_network (e->engine, FALSE);
  engine_run_for (e, 300000);
  check_delivered (e, &story);
}

/* Where the server cannot tell, a person's word must hold the name that others wait for. */
static void
test_person_names_it (Engine *e)
{
  gboolean lost = FALSE;
  g_autoptr (GError) error = NULL;
  Story story;

  toy_site_set_key_field (e->site, FALSE);
  toy_site_set_fault (e->site, lose_customer, &lost);
  start (e);
  story = tell (e);
  engine_run_for (e, 1000);
  toy_site_set_fault (e->site, NULL, NULL);
  sync_engine_hint_network (e->engine, FALSE);
  engine_run_for (e, 600000);
  check_waiting (e, &story, SYNC_STATE_UNKNOWN);
  g_assert_false (sync_engine_confirm (e->engine, story.customer, TRUE, NULL, "anna", &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED);
  g_assert_true (sync_engine_confirm (e->engine, story.customer, TRUE, "NAME-1", "anna", NULL));
  engine_run_for (e, 60000);
  check_delivered (e, &story);
}

/* A body with ids rewritten was not edited: what the server made of it is taken as it is. */
static void
test_rewritten_is_not_edited (Engine *e)
{
  gint64 sale;

  submit (e, "POST", "/api/resource/Customer", KEY "0c", "{\"customer_name\":\"Ann\"}");
  sale = submit (e, "POST", "/api/resource/Sales%20Invoice", KEY "05", "{\"customer\":\"LOCAL-" KEY "0c\"}");
  toy_site_hold (e->site, TRUE);
  start (e);
  for (guint i = 0; i < 20 && toy_site_count (e->site, "Sales Invoice") == 0; i++)
    {
      toy_site_hold (e->site, FALSE);
      toy_site_hold (e->site, TRUE);
      engine_settle (e);
    }
  engine_drop (e);
  toy_site_hold (e->site, FALSE);
  /* The server's own ideas. */
  toy_site_put (e->site, "Sales Invoice", "NAME-2", "{\"customer\":\"Somebody else\"}");
  engine_open (e);
  engine_assert_state (e, sale, SYNC_STATE_UNKNOWN);
  start (e);
  engine_run_for (e, 300000);
  engine_assert_state (e, sale, SYNC_STATE_COMPLETED);
  g_assert_cmpuint (toy_site_count (e->site, "Sales Invoice"), ==, 1);
}

static void
test_nobody_makes_it (Engine *e)
{
  g_autoptr (GError) error = NULL;
  SyncSubmission submission = SYNC_SUBMISSION_INIT;

  submission.method = "PUT";
  submission.url = "/api/resource/Customer/LOCAL-" KEY "0c";
  submission.body = g_bytes_new_static ("{}", 2);
  g_assert_cmpint (engine_submit_full (e, &submission, &error), ==, 0);
  g_bytes_unref (submission.body);
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, "LOCAL-" KEY "0c"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  engine_test_add ("/sync/placeholders/line-back", test_line_back);
  engine_test_add ("/sync/placeholders/killed", test_killed);
  engine_test_add ("/sync/placeholders/refused", test_refused);
  engine_test_add ("/sync/placeholders/answer-lost", test_answer_lost);
  engine_test_add ("/sync/placeholders/person-names-it", test_person_names_it);
  engine_test_add ("/sync/placeholders/rewritten-is-not-edited", test_rewritten_is_not_edited);
  engine_test_add ("/sync/placeholders/nobody-makes-it", test_nobody_makes_it);
  return g_test_run ();
}
