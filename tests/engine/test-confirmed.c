/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A change whose answer was lost, on a server that does not show the document: only a person can say that it arrived, and
 * what version it made has to be learned for those behind it. */
#include "config.h"

#include "engine-fixture.h"

#include <string.h>

/* The answer to a change is lost, and the document cannot be looked at. */
static ToyFault
out_of_sight (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  if (request->write)
    return TOY_RESET_AFTER;
  return strstr (request->url, "/api/resource/Item/") != NULL ? TOY_CANNED : TOY_ANSWER;
}

static gint64
change_item (Engine *e, guint n)
{
  g_autofree char *body = g_strdup_printf ("{\"n\":%u,\"modified\":\"2026-11-23 10:00:00.000001\"}", n);

  return engine_submit (e, "PUT", "/api/resource/Item/A", body);
}

static gint64
item_n (Engine *e)
{
  return json_object_get_int_member (toy_site_get (e->site, "Item", "A"), "n");
}

/* Of the first of three changes, made on top of each other, only a person can say that it arrived. */
static gint64
change_out_of_sight (Engine *e)
{
  gint64 id;

  toy_site_put (e->site, "Item", "A", "{\"n\":0}");
  toy_site_set_canned (e->site, 417, "application/json", "{\"exc_type\":\"ValidationError\"}");
  toy_site_set_fault (e->site, out_of_sight, NULL);
  engine_start (e);
  engine_settle (e);
  id = change_item (e, 1);
  change_item (e, 2);
  change_item (e, 3);
  engine_run_for (e, 20000);
  engine_assert_state (e, id, SYNC_STATE_UNKNOWN);
  g_assert_cmpint (item_n (e), ==, 1);
  return id;
}

static void
test_confirmed_change (Engine *e)
{
  gint64 id = change_out_of_sight (e);

  toy_site_set_fault (e->site, NULL, NULL);
  g_assert_true (sync_engine_confirm (e->engine, id, TRUE, NULL, "anna", NULL));
  engine_run_for (e, 60000);
  engine_assert_state (e, id + 1, SYNC_STATE_COMPLETED);
  engine_assert_state (e, id + 2, SYNC_STATE_COMPLETED);
  g_assert_cmpint (item_n (e), ==, 3);
}

/* Before anybody said so, somebody else changed the document again. */
static void
test_confirmed_then_changed_elsewhere (Engine *e)
{
  gint64 id = change_out_of_sight (e);

  toy_site_put (e->site, "Item", "A", "{\"price\":9}");
  toy_site_set_fault (e->site, NULL, NULL);
  g_assert_true (sync_engine_confirm (e->engine, id, TRUE, NULL, "anna", NULL));
  engine_run_for (e, 60000);
  engine_assert_state (e, id + 1, SYNC_STATE_CONFLICT);
  g_assert_cmpint (item_n (e), ==, 1);
}

static ToyFault
lose_first (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  gboolean *is_lost = user_data;

  if (!request->write || *is_lost)
    return TOY_ANSWER;
  *is_lost = TRUE;
  return TOY_RESET_AFTER;
}

/* An answer is lost, and by the time the till looks, somebody else has changed another field: the first change is there, and
 * the next one was made by somebody who has not seen that. */
static void
test_changed_elsewhere (Engine *e)
{
  gboolean is_lost = FALSE;
  gint64 id;

  toy_site_put (e->site, "Item", "A", "{\"n\":0,\"price\":1}");
  toy_site_set_fault (e->site, lose_first, &is_lost);
  engine_start (e);
  engine_settle (e);
  id = change_item (e, 1);
  engine_submit (e, "PUT", "/api/resource/Item/A", "{\"price\":5,\"modified\":\"2026-11-23 10:00:00.000001\"}");
  engine_settle (e);
  engine_assert_state (e, id, SYNC_STATE_UNKNOWN);
  toy_site_put (e->site, "Item", "A", "{\"price\":9}");
  engine_run_for (e, 60000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  engine_assert_state (e, id + 1, SYNC_STATE_CONFLICT);
  g_assert_cmpint (json_object_get_int_member (toy_site_get (e->site, "Item", "A"), "price"), ==, 9);
}

/* A sale arrives and its answer is lost; before the till looks, somebody else writes into the draft: that is not submitted
 * as if it were the till's. */
static void
test_draft_changed_elsewhere (Engine *e)
{
  gboolean is_lost = FALSE;
  gint64 id;

  toy_site_set_clock (e->site, SYNC_CLOCK (e->clock), 0);
  toy_site_set_fault (e->site, lose_first, &is_lost);
  engine_start (e);
  engine_settle (e);
  id = engine_submit (e, "POST", "/api/resource/Sales%20Invoice", "{\"customer\":\"A\",\"docstatus\":1}");
  engine_settle (e);
  engine_assert_state (e, id, SYNC_STATE_UNKNOWN);
  toy_site_put (e->site, "Sales Invoice", "NAME-1", "{\"customer\":\"B\"}");
  engine_run_for (e, 60000);
  engine_assert_state (e, id, SYNC_STATE_CONFLICT);
  g_assert_cmpint (json_object_get_int_member (toy_site_get (e->site, "Sales Invoice", "NAME-1"), "docstatus"), ==, 0);
}

/* The answer to the second change is lost when it is sent against what the first one made. */
static ToyFault
second_out_of_sight (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  gboolean *is_lost = user_data;

  if (request->write && g_strstr_len (g_bytes_get_data (request->body, NULL), (gssize) g_bytes_get_size (request->body), "000002") != NULL)
    *is_lost = TRUE;
  return *is_lost ? out_of_sight (site, request, NULL) : TOY_ANSWER;
}

static void
test_confirmed_twice (Engine *e)
{
  gint64 id = change_out_of_sight (e);
  gboolean is_lost = FALSE;

  toy_site_set_fault (e->site, second_out_of_sight, &is_lost);
  g_assert_true (sync_engine_confirm (e->engine, id, TRUE, NULL, "anna", NULL));
  engine_run_for (e, 60000);
  engine_assert_state (e, id + 1, SYNC_STATE_UNKNOWN);
  g_assert_cmpint (item_n (e), ==, 2);
  toy_site_set_fault (e->site, NULL, NULL);
  g_assert_true (sync_engine_confirm (e->engine, id + 1, TRUE, NULL, "anna", NULL));
  engine_run_for (e, 60000);
  engine_assert_state (e, id + 2, SYNC_STATE_COMPLETED);
  g_assert_cmpint (item_n (e), ==, 3);
}

/* Between it and one with an old base there is one that asks for its base. */
static void
test_confirmed_then_blind (Engine *e)
{
  gint64 id = change_out_of_sight (e);
  gint64 blind;

  g_assert_true (sync_engine_discard (e->engine, id + 1, "blind instead", "anna", NULL));
  g_assert_true (sync_engine_discard (e->engine, id + 2, "blind instead", "anna", NULL));
  blind = engine_submit (e, "PUT", "/api/resource/Item/A", "{\"n\":4}");
  change_item (e, 5);
  toy_site_set_fault (e->site, NULL, NULL);
  g_assert_true (sync_engine_confirm (e->engine, id, TRUE, NULL, "anna", NULL));
  engine_run_for (e, 60000);
  engine_assert_state (e, blind, SYNC_STATE_COMPLETED);
  engine_assert_state (e, blind + 1, SYNC_STATE_COMPLETED);
  g_assert_cmpint (item_n (e), ==, 5);
}

/* Before one with an old base there is one whose till has seen what the confirmed one made. From the confirmation on the
 * site meets @fault. Returns the first of the two. */
static gint64
see_confirmed (Engine *e, ToyFaultFunc fault, gpointer data)
{
  gint64 id = change_out_of_sight (e);
  gint64 seen;

  g_assert_true (sync_engine_discard (e->engine, id + 1, "read again", "anna", NULL));
  g_assert_true (sync_engine_discard (e->engine, id + 2, "read again", "anna", NULL));
  seen = engine_submit (e, "PUT", "/api/resource/Item/A", "{\"n\":4,\"modified\":\"2026-11-23 10:00:00.000002\"}");
  change_item (e, 5);
  toy_site_set_fault (e->site, fault, data);
  g_assert_true (sync_engine_confirm (e->engine, id, TRUE, NULL, "anna", NULL));
  engine_run_for (e, 60000);
  engine_assert_state (e, seen, SYNC_STATE_COMPLETED);
  return seen;
}

static void
test_confirmed_then_seen (Engine *e)
{
  gint64 seen = see_confirmed (e, NULL, NULL);

  engine_assert_state (e, seen + 1, SYNC_STATE_COMPLETED);
  g_assert_cmpint (item_n (e), ==, 5);
}

static ToyFault
reads_out_of_sight (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  return request->write ? TOY_ANSWER : out_of_sight (site, request, user_data);
}

/* The server lets nobody read: what can go goes. */
static void
test_confirmed_then_unreadable (Engine *e)
{
  see_confirmed (e, reads_out_of_sight, NULL);
}

/* So many looks meet an error. */
static ToyFault
reads_out_of_order (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  guint *n_errors = user_data;
  ToyFault fault = reads_out_of_sight (site, request, NULL);

  if (fault != TOY_CANNED)
    return fault;
  if (*n_errors == 0)
    return TOY_ANSWER;
  --*n_errors;
  toy_site_set_canned (site, 500, "application/json", "{\"exc_type\":\"TypeError\"}");
  return TOY_CANNED;
}

static void
test_confirmed_then_error_passes (Engine *e)
{
  guint n_errors = 3;
  gint64 seen = see_confirmed (e, reads_out_of_order, &n_errors);

  engine_assert_state (e, seen + 1, SYNC_STATE_COMPLETED);
  g_assert_cmpint (item_n (e), ==, 5);
}

static void
test_confirmed_then_error_stays (Engine *e)
{
  guint n_errors = 1000;

  see_confirmed (e, reads_out_of_order, &n_errors);
}

/* What stands there is not what the confirmed one wrote: somebody else did. */
static void
test_confirmed_and_changed (Engine *e)
{
  gint64 id = change_out_of_sight (e);

  toy_site_set_fault (e->site, NULL, NULL);
  toy_site_put (e->site, "Item", "A", "{\"n\":9}");
  g_assert_true (sync_engine_confirm (e->engine, id, TRUE, NULL, "anna", NULL));
  engine_run_for (e, 60000);
  engine_assert_state (e, id + 1, SYNC_STATE_CONFLICT);
  g_assert_cmpint (item_n (e), ==, 9);
}

/* The site answers, and what it answers tells nothing. */
static void
test_looks_back_off (Engine *e)
{
  gint64 id;

  toy_site_put (e->site, "Item", "A", "{\"n\":0}");
  toy_site_set_canned (e->site, 200, "application/json", "{\"data\":7}");
  toy_site_set_fault (e->site, out_of_sight, NULL);
  engine_start (e);
  engine_settle (e);
  id = change_item (e, 1);
  engine_run_for (e, 900 * 1000);
  engine_assert_state (e, id, SYNC_STATE_UNKNOWN);
  g_assert_cmpuint (toy_site_n_calls (e->site), >, 8);
  g_assert_cmpuint (toy_site_n_calls (e->site), <, 20);
  toy_site_set_fault (e->site, NULL, NULL);
  engine_run_for (e, 330 * 1000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
}

/* It never tells: a person is asked in the end, and the looks cease. */
static void
test_looks_in_vain (Engine *e)
{
  g_autoptr (SyncRequest) row = NULL;
  gint64 id;
  guint n;

  toy_site_put (e->site, "Item", "A", "{\"n\":0}");
  toy_site_set_canned (e->site, 200, "application/json", "{\"data\":{\"name\":{},\"modified\":[],\"docstatus\":{}}}");
  toy_site_set_fault (e->site, out_of_sight, NULL);
  engine_start (e);
  engine_settle (e);
  id = change_item (e, 1);
  engine_run_for (e, 3 * 3600 * 1000);
  row = engine_get (e, id);
  g_assert_cmpint (row->state, ==, SYNC_STATE_UNKNOWN);
  g_assert_true (row->needs_person);
  n = toy_site_n_calls (e->site);
  engine_run_for (e, 24 * 3600 * 1000);
  g_assert_cmpuint (toy_site_n_calls (e->site), <=, n + 8);
}

/* A change without a base of what cannot be read: the server errs at each look, and nothing of it was ever sent. */
static ToyFault
err_at_reads (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  return !request->write && strstr (request->url, "/Item/") != NULL ? TOY_CANNED : TOY_ANSWER;
}

static void
test_base_cannot_be_read (Engine *e)
{
  g_autoptr (SyncRequest) row = NULL;
  gint64 id;

  toy_site_put (e->site, "Item", "A", "{\"n\":0}");
  toy_site_set_canned (e->site, 500, "application/json", "{\"exc_type\":\"ImportError\"}");
  toy_site_set_fault (e->site, err_at_reads, NULL);
  engine_start (e);
  engine_settle (e);
  id = engine_submit (e, "PUT", "/api/resource/Item/A", "{\"n\":1}");
  engine_run_for (e, 600 * 1000);
  row = engine_get (e, id);
  g_assert_cmpint (row->state, ==, SYNC_STATE_FAILED);
  g_assert_nonnull (strstr (row->error_message, "cannot be read"));
  g_assert_cmpint (item_n (e), ==, 0);
}

/* The answer to a change is lost, and the first looks meet an error. */
static ToyFault
out_of_order (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  return request->write ? TOY_RESET_AFTER : reads_out_of_order (site, request, user_data);
}

static gint64
change_out_of_order (Engine *e, guint *n_errors)
{
  toy_site_put (e->site, "Item", "A", "{\"n\":0}");
  toy_site_set_fault (e->site, out_of_order, n_errors);
  engine_start (e);
  engine_settle (e);
  return change_item (e, 1);
}

/* It passes: nobody is asked. */
static void
test_error_passes (Engine *e)
{
  guint n_errors = 3;
  gint64 id = change_out_of_order (e, &n_errors);

  engine_run_for (e, 60000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
}

/* It stays: a person is asked, and soon. */
static void
test_error_stays (Engine *e)
{
  guint n_errors = 1000;
  gint64 id = change_out_of_order (e, &n_errors);
  g_autoptr (SyncRequest) row = NULL;

  engine_run_for (e, 60000);
  row = engine_get (e, id);
  g_assert_cmpint (row->state, ==, SYNC_STATE_UNKNOWN);
  g_assert_true (row->needs_person);
  g_assert_nonnull (strstr (row->error_message, "cannot be read"));
}

/* A document that tells no version cannot be changed against one, however it tells none; nor is it looked at for ever. */
static void
test_update_without_version (Engine *e)
{
  static const char *const versions[] = { "", " ", "\001", "2026-11-23 10:00:00\n" };

  engine_start (e);
  engine_settle (e);
  for (guint i = 0; i < G_N_ELEMENTS (versions); i++)
    {
      g_autofree char *name = g_strdup_printf ("A%u", i);
      g_autofree char *url = g_strdup_printf ("/api/resource/Item/%s", name);
      g_autoptr (SyncRequest) row = NULL;
      guint n_calls;
      gint64 id;

      toy_site_put (e->site, "Item", name, "{\"n\":0}");
      json_object_set_string_member (toy_site_get (e->site, "Item", name), "modified", versions[i]);
      engine_settle (e);
      n_calls = toy_site_n_calls (e->site);
      id = engine_submit (e, "PUT", url, "{\"n\":1}");
      engine_run_for (e, 60000);
      row = engine_get (e, id);
      g_assert_cmpint (row->state, ==, SYNC_STATE_FAILED);
      g_assert_nonnull (strstr (row->error_message, "has no version"));
      g_assert_cmpuint (toy_site_n_calls (e->site) - n_calls, <, 5);
    }
  g_assert_cmpuint (toy_site_get_log (e->site)->len, ==, 0);
}

/* The document that the till read may tell none, either: then it is as if none had been handed over. */
static void
test_base_without_version (Engine *e)
{
  g_autoptr (GBytes) body = g_bytes_new_static ("{\"n\":1}", strlen ("{\"n\":1}"));
  g_autoptr (GBytes) base = g_bytes_new_static ("{\"n\":0,\"modified\":\"\"}", strlen ("{\"n\":0,\"modified\":\"\"}"));
  SyncSubmission submission = SYNC_SUBMISSION_INIT;
  gint64 id;

  toy_site_put (e->site, "Item", "A", "{\"n\":0}");
  engine_start (e);
  engine_settle (e);
  submission.method = "PUT";
  submission.url = "/api/resource/Item/A";
  submission.body = body;
  submission.base = base;
  id = engine_submit_full (e, &submission, NULL);
  engine_run_for (e, 10000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  engine_test_add ("/sync/confirmed/change", test_confirmed_change);
  engine_test_add ("/sync/confirmed/then-changed-elsewhere", test_confirmed_then_changed_elsewhere);
  engine_test_add ("/sync/confirmed/changed-elsewhere", test_changed_elsewhere);
  engine_test_add ("/sync/confirmed/draft-changed-elsewhere", test_draft_changed_elsewhere);
  engine_test_add ("/sync/confirmed/twice", test_confirmed_twice);
  engine_test_add ("/sync/confirmed/then-blind", test_confirmed_then_blind);
  engine_test_add ("/sync/confirmed/then-seen", test_confirmed_then_seen);
  engine_test_add ("/sync/confirmed/then-unreadable", test_confirmed_then_unreadable);
  engine_test_add ("/sync/confirmed/then-error-passes", test_confirmed_then_error_passes);
  engine_test_add ("/sync/confirmed/then-error-stays", test_confirmed_then_error_stays);
  engine_test_add ("/sync/confirmed/and-changed", test_confirmed_and_changed);
  engine_test_add ("/sync/confirmed/looks-back-off", test_looks_back_off);
  engine_test_add ("/sync/confirmed/looks-in-vain", test_looks_in_vain);
  engine_test_add ("/sync/confirmed/base-cannot-be-read", test_base_cannot_be_read);
  engine_test_add ("/sync/confirmed/error-passes", test_error_passes);
  engine_test_add ("/sync/confirmed/error-stays", test_error_stays);
  engine_test_add ("/sync/confirmed/update-without-version", test_update_without_version);
  engine_test_add ("/sync/confirmed/base-without-version", test_base_without_version);
  return g_test_run ();
}
