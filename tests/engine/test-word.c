/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A person's word that a document arrived under a name: read first, where that can be. */
#include "config.h"

#include "engine-fixture.h"

#include "sync-error.h"

#include <string.h>

static ToyFault
lose_writes (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  return request->write ? TOY_RESET_AFTER : TOY_ANSWER;
}

static ToyFault
refuse_writes (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  return request->write ? TOY_CANNED : TOY_ANSWER;
}

static ToyFault
forbid_reads (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  return !request->write && strstr (request->url, "/Note/") != NULL ? TOY_CANNED : TOY_ANSWER;
}

/* What a write without an enforced key leaves when its answer is lost. */
static gint64
lose (Engine *e, const char *type, const char *body)
{
  g_autofree char *url = g_strconcat ("/api/resource/", type, NULL);
  g_autoptr (SyncRequest) row = NULL;
  gint64 id;

  toy_site_set_key_field (e->site, FALSE);
  toy_site_set_fault (e->site, lose_writes, NULL);
  engine_start (e);
  id = engine_submit (e, "POST", url, body);
  engine_run_for (e, 3600 * 1000);
  row = engine_get (e, id);
  g_assert_cmpint (row->state, ==, SYNC_STATE_UNKNOWN);
  g_assert_true (row->needs_person);
  toy_site_set_fault (e->site, NULL, NULL);
  return id;
}

typedef struct
{
  gboolean over;
  GError *error; /* (owned) */
} Outcome;

static void
confirmed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Outcome *outcome = user_data;
  gboolean done = sync_engine_confirm_arrived_finish (SYNC_ENGINE (source), result, &outcome->error);

  g_assert_true (done == (outcome->error == NULL));
  outcome->over = TRUE;
}

/* A change, a submission, a cancellation or a deletion is of the document that it names: the name of another one would lead
 * what comes after it there. */
static void
test_of_another_document (Engine *e)
{
  static const struct
  {
    const char *method;
    const char *body; /* (nullable) */
  } writes[] = {
    { "PUT", "{\"n\":1,\"modified\":\"2026-11-23 10:00:00.000002\"}" },
    { "PUT", "{\"docstatus\":1}" },
    { "PUT", "{\"docstatus\":2}" },
    { "DELETE", NULL },
  };

  toy_site_put (e->site, "Item", "B", "{\"n\":0}");
  toy_site_set_fault (e->site, refuse_writes, NULL);
  toy_site_set_canned (e->site, 417, "application/json", "{\"exc_type\":\"ValidationError\"}");
  engine_start (e);
  for (guint i = 0; i < G_N_ELEMENTS (writes); i++)
    {
      g_autofree char *url = g_strdup_printf ("/api/resource/Item/A%u", i);
      g_autofree char *name = g_strdup_printf ("A%u", i);
      g_autofree char *other_case = g_strdup_printf ("a%u ", i);
      g_autoptr (GError) error = NULL;
      gint64 id;

      toy_site_put (e->site, "Item", name, i == 2 ? "{\"docstatus\":1}" : "{\"n\":0}");
      id = engine_submit (e, writes[i].method, url, writes[i].body);
      engine_run_for (e, 60000);
      engine_assert_state (e, id, SYNC_STATE_FAILED);
      g_assert_false (sync_engine_confirm (e->engine, id, TRUE, "B", "anna", &error));
      g_assert_error (error, SYNC_ERROR, SYNC_ERROR_INVALID);
      g_assert_nonnull (strstr (error->message, name));
      engine_assert_state (e, id, SYNC_STATE_FAILED);
      g_assert_true (sync_engine_confirm (e->engine, id, TRUE, other_case, "anna", NULL));
      engine_assert_state (e, id, SYNC_STATE_COMPLETED);
    }
}

/* NULL: it was written down; else why not */
static char *
say_arrived (Engine *e, gint64 id, const char *name)
{
  Outcome outcome = { FALSE, NULL };
  char *words;

  sync_engine_confirm_arrived_async (e->engine, id, name, "anna", confirmed_cb, &outcome);
  while (!outcome.over)
    g_main_context_iteration (g_main_context_get_thread_default (), TRUE);
  words = outcome.error != NULL ? g_strdup (outcome.error->message) : NULL;
  g_assert_true (outcome.error == NULL || g_error_matches (outcome.error, SYNC_ERROR, SYNC_ERROR_REFUSED));
  g_clear_error (&outcome.error);
  return words;
}

static void
test_read_first (Engine *e)
{
  gint64 id = lose (e, "Note", "{\"title\":\"x\"}");
  g_autoptr (SyncRequest) row = NULL;
  g_autofree char *words = say_arrived (e, id, "NAME-17");

  g_assert_nonnull (strstr (words, "“NAME-17” is not on the server"));
  engine_assert_state (e, id, SYNC_STATE_UNKNOWN);
  g_assert_null (say_arrived (e, id, "NAME-1"));
  row = engine_get (e, id);
  g_assert_cmpint (row->state, ==, SYNC_STATE_COMPLETED);
  g_assert_cmpstr (row->server_name, ==, "NAME-1");
  g_assert_cmpstr (row->proof, ==, "person");
}

/* Off line, or without the right to read it, the word is all there is. */
static void
test_believed_off_line (Engine *e)
{
  gint64 id = lose (e, "Note", "{\"title\":\"x\"}");

  sync_engine_set_offline (e->engine, TRUE);
  g_assert_null (say_arrived (e, id, "NAME-17"));
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
}

static void
test_believed_unread (Engine *e)
{
  gint64 id = lose (e, "Note", "{\"title\":\"x\"}");

  toy_site_set_canned (e->site, 403, "application/json", "{\"exc_type\":\"PermissionError\"}");
  toy_site_set_fault (e->site, forbid_reads, NULL);
  g_assert_null (say_arrived (e, id, "NAME-17"));
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
}

static void
test_nameless (Engine *e)
{
  gint64 id = lose (e, "Note", "{\"title\":\"x\"}");
  guint n = toy_site_n_calls (e->site);

  g_assert_null (say_arrived (e, id, NULL));
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_cmpuint (toy_site_n_calls (e->site), ==, n);
}

/* The sale is there as the draft of a first step: that is not what was meant. */
static void
test_draft (Engine *e)
{
  gint64 id = lose (e, "Delivery%20Note", "{\"customer\":\"A\",\"docstatus\":1}");
  g_autofree char *words = NULL;
  g_autofree char *of_cancelled = NULL;

  words = say_arrived (e, id, "NAME-1");
  g_assert_nonnull (strstr (words, "is a draft there"));
  toy_site_put (e->site, "Delivery Note", "NAME-1", "{\"docstatus\":2}");
  of_cancelled = say_arrived (e, id, "NAME-1");
  g_assert_nonnull (strstr (of_cancelled, "is cancelled there"));
  engine_assert_state (e, id, SYNC_STATE_UNKNOWN);
  toy_site_put (e->site, "Delivery Note", "NAME-1", "{\"docstatus\":1}");
  g_assert_null (say_arrived (e, id, "NAME-1"));
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
}

/* What another one made is not this one's. */
static void
test_of_another (Engine *e)
{
  gint64 id = lose (e, "Note", "{\"title\":\"x\"}");
  gint64 other = engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"y\"}");
  g_autofree char *words = NULL;

  engine_run_for (e, 10000);
  engine_assert_state (e, other, SYNC_STATE_COMPLETED);
  words = say_arrived (e, id, "NAME-2");
  g_assert_nonnull (words);
  g_assert_nonnull (strstr (words, "another request"));
  engine_assert_state (e, id, SYNC_STATE_UNKNOWN);
}

static ToyFault
refuse_submission (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  return request->write && g_str_equal (request->method, "PUT") ? TOY_CANNED : TOY_ANSWER;
}

/* A sale whose submission was refused: that its draft stands there is known, whatever is said. */
static void
test_draft_is_known (Engine *e)
{
  g_autofree char *words = NULL;
  gint64 id;

  toy_site_set_canned (e->site, 417, "application/json", "{\"exc_type\":\"ValidationError\"}");
  toy_site_set_fault (e->site, refuse_submission, NULL);
  engine_start (e);
  id = engine_submit (e, "POST", "/api/resource/Sales%20Invoice", "{\"customer\":\"A\",\"docstatus\":1}");
  engine_run_for (e, 60000);
  engine_assert_state (e, id, SYNC_STATE_FAILED);
  words = say_arrived (e, id, NULL);
  g_assert_nonnull (words);
  g_assert_nonnull (strstr (words, "is a draft there"));
  engine_assert_state (e, id, SYNC_STATE_FAILED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  engine_test_add ("/sync/word/read-first", test_read_first);
  engine_test_add ("/sync/word/believed-off-line", test_believed_off_line);
  engine_test_add ("/sync/word/believed-unread", test_believed_unread);
  engine_test_add ("/sync/word/nameless", test_nameless);
  engine_test_add ("/sync/word/draft", test_draft);
  engine_test_add ("/sync/word/draft-is-known", test_draft_is_known);
  engine_test_add ("/sync/word/of-another", test_of_another);
  engine_test_add ("/sync/word/of-another-document", test_of_another_document);
  return g_test_run ();
}
