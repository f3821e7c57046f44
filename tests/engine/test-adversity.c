/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What must never happen, provoked: a disk that stops taking writes in the wrong moment, clocks that jump, answers that
 * contradict each other, requests that poison the line, another site. */
#include "config.h"

#include "engine-fixture.h"

#include "sync-error.h"

#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/resource.h>

/* Far more than any test needs; a loop that feeds itself passes it at once. */
#define TURNS_AT_MOST 5000
#define HOUR_MS (3600 * 1000)

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

/* The disk ------------------------------------------------------------------------------------------------------- */

static void
test_disk_takes_no_claim (Engine *e)
{
  guint calls;
  gint64 id, other;

  engine_start (e);
  engine_settle (e);
  sync_engine_set_offline (e->engine, TRUE);
  id = engine_submit (e, "POST", "/api/resource/Sales%20Invoice", "{\"customer\":\"A\"}");
  other = engine_submit (e, "DELETE", "/api/resource/Note/X", NULL);
  calls = toy_site_n_calls (e->site);
  engine_set_disk (FALSE);
  sync_engine_set_offline (e->engine, FALSE);
  engine_run_for (e, 60000);
  engine_assert_condition (e, SYNC_CONDITION_STORAGE_TROUBLE);
  g_assert_cmpuint (toy_site_get_log (e->site)->len, ==, 0);
  g_assert_cmpuint (toy_site_n_calls (e->site) - calls, <, 20);
  engine_set_disk (TRUE);
  engine_run_for (e, 10000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  engine_assert_state (e, other, SYNC_STATE_COMPLETED);
  engine_assert_condition (e, SYNC_CONDITION_ONLINE);
}

static void
test_disk_takes_no_answer (Engine *e)
{
  gint64 ids[3];

  engine_start (e);
  toy_site_set_key_field (e->site, FALSE);
  engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"first\"}");
  engine_settle (e);
  toy_site_hold (e->site, TRUE);
  for (guint i = 0; i < 3; i++)
    ids[i] = engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"x\"}");
  engine_settle (e);
  g_assert_cmpuint (toy_site_n_held (e->site), ==, 3);
  engine_set_disk (FALSE);
  toy_site_hold (e->site, FALSE);
  engine_run_for (e, 60000);
  engine_set_disk (TRUE);
  engine_run_for (e, 10000);
  for (guint i = 0; i < 3; i++)
    engine_assert_state (e, ids[i], SYNC_STATE_COMPLETED);
  g_assert_cmpuint (toy_site_count (e->site, "Note"), ==, 4);
}

/* What a look found cannot be written down: it is not asked again and again. */
static void
test_disk_takes_no_look (Engine *e)
{
  Plan plan = { TOY_RESET_AFTER, 1, "PUT" };
  guint calls;
  gint64 id;

  toy_site_put (e->site, "Item", "A", "{\"n\":0}");
  toy_site_set_fault (e->site, follow_plan, &plan);
  engine_start (e);
  id = engine_submit (e, "PUT", "/api/resource/Item/A", "{\"n\":1,\"modified\":\"2026-11-23 10:00:00.000001\"}");
  engine_settle (e);
  engine_assert_state (e, id, SYNC_STATE_UNKNOWN);
  calls = toy_site_n_calls (e->site);
  engine_set_disk (FALSE);
  engine_run_for (e, 60000);
  g_assert_cmpuint (toy_site_n_calls (e->site) - calls, <, 20);
  engine_set_disk (TRUE);
  engine_run_for (e, 10000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_cmpuint (toy_site_get_log (e->site)->len, ==, 1);
}

/* The route takes it no longer, and just that cannot be written down. */
static void
spoil_disk_cb (SyncEngine *engine, gint64 id, int state, gpointer user_data)
{
  if (state == SYNC_STATE_SENDING)
    engine_set_disk (FALSE);
}

static void
test_disk_takes_no_refusal_of_ours (Engine *e)
{
  g_autoptr (SyncRequest) row = NULL;
  gint64 id = engine_submit (e, "DELETE", "/api/resource/Note/X", NULL);

  engine_open_with_rule (e, "\"methods\":\"DELETE\",\"path\":\"/api/resource/{type}/{id}\",\"kind\":\"unknown\"");
  g_signal_connect (e->engine, "request-changed", G_CALLBACK (spoil_disk_cb), NULL);
  engine_start (e);
  engine_run_for (e, 20000);
  engine_set_disk (TRUE);
  engine_run_for (e, 20000);
  engine_set_disk (TRUE);
  row = engine_get (e, id);
  g_assert_cmpstr (sync_state_to_string (row->state), ==, "failed");
  g_assert_cmpuint (toy_site_n_calls (e->site), ==, 0);
}

/* New writes are refused because the disk is nearly full; what was accepted goes out all the same. */
static void
test_full_disk_hinders_no_delivery (Engine *e)
{
  guint done = 0;

  sync_engine_set_offline (e->engine, TRUE);
  for (guint i = 0; i < 60; i++)
    engine_submit (e, "DELETE", "/api/resource/Note/X", NULL);
  engine_start (e);
  engine_settle (e);
  e->free_bytes = 1000;
  sync_engine_set_offline (e->engine, FALSE);
  for (guint i = 0; i < 10; i++)
    {
      SyncSubmission submission = SYNC_SUBMISSION_INIT;
      g_autoptr (GError) error = NULL;

      submission.method = "DELETE";
      submission.url = "/api/resource/Note/Y";
      engine_submit_full (e, &submission, &error);
      g_assert_error (error, SYNC_ERROR, SYNC_ERROR_DISK_FULL);
      engine_assert_condition (e, SYNC_CONDITION_STORAGE_TROUBLE);
      engine_run_for (e, 1000);
    }
  for (gint64 id = 1; id <= 60; id++)
    done += engine_state_of (e, id) == SYNC_STATE_COMPLETED;
  g_assert_cmpuint (done, ==, 60);
}

/* Answers ------------------------------------------------------------------------------------------------------------ */

/* The server will not have the change although its version is the base: no use in saying so again and again. */
static void
test_stale_at_base (Engine *e)
{
  guint calls;
  gint64 id;

  toy_site_put (e->site, "Item", "A", "{\"n\":0}");
  toy_site_set_canned (e->site, 417, "application/json", "{\"exc_type\":\"UpdateAfterSubmitError\"}");
  toy_site_set_fault (e->site, toy_can_writes, NULL);
  engine_start (e);
  id = engine_submit (e, "PUT", "/api/resource/Item/A", "{\"n\":1,\"modified\":\"2026-11-23 10:00:00.000001\"}");
  engine_run_for (e, HOUR_MS);
  calls = toy_site_n_calls (e->site);
  g_assert_cmpuint (calls, <, 20);
  engine_assert_state (e, id, SYNC_STATE_FAILED);
}

/* The host is away for some tries, then somebody else saves at that very moment: that is the first time. */
static ToyFault
away_then_stale_once (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  guint *n = user_data;

  if (!request->write)
    return TOY_ANSWER;
  ++*n;
  return *n <= 8 ? TOY_REFUSE : *n == 9 ? TOY_CANNED : TOY_ANSWER;
}

static void
test_stale_after_outage (Engine *e)
{
  guint n = 0;
  gint64 id;

  toy_site_put (e->site, "Item", "A", "{\"n\":0}");
  toy_site_set_canned (e->site, 417, "application/json", "{\"exc_type\":\"TimestampMismatchError\"}");
  toy_site_set_fault (e->site, away_then_stale_once, &n);
  engine_start (e);
  id = engine_submit (e, "PUT", "/api/resource/Item/A", "{\"n\":1}");
  engine_run_for (e, HOUR_MS);
  g_assert_cmpuint (n, ==, 10);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
}

static ToyFault
lost_then_canned (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  guint *n = user_data;

  if (!request->write)
    return TOY_ANSWER;
  return ++*n == 1 ? TOY_RESET_BEFORE : TOY_CANNED;
}

/* One send without an account, then errors for ever: after MAX_RETRIES and a look it is a person's. */
static void
test_used_up_after_unknown (Engine *e)
{
  guint n = 0;
  gint64 id;

  toy_site_set_canned (e->site, 500, "application/json", "{\"exc_type\":\"TypeError\",\"message\":\"no\"}");
  toy_site_set_fault (e->site, lost_then_canned, &n);
  engine_start (e);
  id = engine_submit (e, "POST", "/api/resource/Sales%20Invoice", "{\"customer\":\"A\"}");
  engine_run_for (e, HOUR_MS);
  engine_assert_state (e, id, SYNC_STATE_FAILED);
  g_assert_cmpuint (n, <, 8);
}

/* The same, but the send without an account had arrived. */
static ToyFault
done_then_canned (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  guint *n = user_data;

  if (!request->write)
    return TOY_ANSWER;
  return ++*n == 1 ? TOY_RESET_AFTER : TOY_CANNED;
}

static void
test_used_up_but_there (Engine *e)
{
  guint n = 0;
  gint64 id;

  toy_site_set_canned (e->site, 500, "application/json", "{\"exc_type\":\"TypeError\",\"message\":\"no\"}");
  toy_site_set_fault (e->site, done_then_canned, &n);
  engine_start (e);
  id = engine_submit (e, "POST", "/api/resource/Sales%20Invoice", "{\"customer\":\"A\"}");
  engine_run_for (e, HOUR_MS);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
}

static void
settle_over_jump (Engine *e, gint64 jump_ms)
{
  guint n = 0;
  gint64 id;

  toy_site_set_canned (e->site, 417, "application/json", "{\"exc_type\":\"MandatoryError\"}");
  toy_site_set_fault (e->site, lost_then_canned, &n);
  engine_start (e);
  id = engine_submit (e, "POST", "/api/resource/Sales%20Invoice", "{\"customer\":\"A\"}");
  engine_run_for (e, 5000);
  sync_clock_virtual_jump_wall_us (e->clock, jump_ms * 1000);
  engine_run_for (e, 60000);
  engine_assert_state (e, id, SYNC_STATE_UNKNOWN);
  engine_run_for (e, HOUR_MS);
  engine_assert_state (e, id, SYNC_STATE_FAILED);
  g_assert_cmpuint (n, ==, 2);
}

/* The clock was wrong and is set while a send is without an account. */
static void
test_clock_set_back (Engine *e)
{
  settle_over_jump (e, -4 * G_GINT64_CONSTANT (365) * 24 * HOUR_MS);
}

static void
test_clock_set_forward (Engine *e)
{
  settle_over_jump (e, 4 * G_GINT64_CONSTANT (365) * 24 * HOUR_MS);
}

/* One address is always redirected: that must not keep the others from going. */
static ToyFault
poisoned_path (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  return strstr (request->url, ".html") != NULL ? TOY_CANNED : TOY_ANSWER;
}

static void
test_poisoned_address (Engine *e)
{
  gint64 id, others[5];

  toy_site_set_canned (e->site, 301, "text/html", "<html></html>");
  toy_site_set_fault (e->site, poisoned_path, NULL);
  engine_start (e);
  id = engine_submit (e, "DELETE", "/api/resource/Note/page.html", NULL);
  engine_settle (e);
  for (guint i = 0; i < 5; i++)
    others[i] = engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"x\"}");
  engine_run_for (e, HOUR_MS);
  g_assert_cmpint (engine_state_of (e, id), !=, SYNC_STATE_COMPLETED);
  for (guint i = 0; i < 5; i++)
    engine_assert_state (e, others[i], SYNC_STATE_COMPLETED);
}

/* A DocType whose names are numbers. */
static ToyFault
numbered (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  guint *n = user_data;

  if (request->write)
    return ++*n == 1 ? TOY_RESET_AFTER : TOY_ANSWER;
  if (strstr (request->url, "%22-%22") != NULL || strstr (request->url, "get_logged_user") != NULL
      || strstr (request->url, "Custom%20Field") != NULL)
    return TOY_ANSWER;
  if (strchr (request->url, '?') != NULL)
    toy_site_set_canned (site, 200, "application/json", "{\"data\":[{\"name\":7}]}");
  else
    toy_site_set_canned (site, 200, "application/json",
                         "{\"data\":{\"name\":7,\"docstatus\":0,\"modified\":\"2026-11-23 10:00:00.000001\"}}");
  return TOY_CANNED;
}

static void
test_name_is_a_number (Engine *e)
{
  g_autoptr (SyncRequest) row = NULL;
  guint n = 0;
  gint64 id;

  toy_site_set_fault (e->site, numbered, &n);
  engine_start (e);
  id = engine_submit (e, "POST", "/api/resource/Ticket", "{\"title\":\"x\"}");
  engine_run_for (e, HOUR_MS);
  row = engine_get (e, id);
  g_assert_cmpstr (sync_state_to_string (row->state), ==, "completed");
  g_assert_cmpstr (row->server_name, ==, "7");
}

/* A document that has no version at all cannot be changed against one. */
static ToyFault
canned_reads (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  return request->write || strstr (request->url, "/api/resource/") == NULL ? TOY_ANSWER : TOY_CANNED;
}

static void
test_no_version (Engine *e)
{
  gint64 id;

  toy_site_set_canned (e->site, 200, "application/json", "{\"data\":{\"name\":\"A\"}}");
  toy_site_set_fault (e->site, canned_reads, NULL);
  engine_start (e);
  id = engine_submit (e, "PUT", "/api/resource/Item/A", "{\"n\":1}");
  engine_run_for (e, HOUR_MS);
  engine_assert_state (e, id, SYNC_STATE_FAILED);
  g_assert_cmpuint (toy_site_n_calls (e->site), <, 10);
}

/* A person ------------------------------------------------------------------------------------------------------------- */

/* The draft is on the server: another body would never get there. */
static ToyFault
refuse_put (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  return g_str_equal (request->method, "PUT") ? TOY_CANNED : TOY_ANSWER;
}

static void
test_edit_after_draft (Engine *e)
{
  g_autoptr (GBytes) body = g_bytes_new_static ("{\"customer\":\"B\",\"docstatus\":1}", 30);
  gboolean edited;
  gint64 id;

  toy_site_set_canned (e->site, 417, "application/json", "{\"exc_type\":\"NegativeStockError\"}");
  toy_site_set_fault (e->site, refuse_put, NULL);
  engine_start (e);
  id = engine_submit (e, "POST", "/api/resource/Sales%20Invoice", "{\"customer\":\"A\",\"docstatus\":1}");
  engine_run_for (e, 10000);
  engine_assert_state (e, id, SYNC_STATE_FAILED);
  toy_site_set_fault (e->site, NULL, NULL);
  edited = sync_engine_edit (e->engine, id, body, "anna", NULL);
  if (!edited)
    g_assert_true (sync_engine_retry (e->engine, id, "anna", NULL));
  engine_run_for (e, 10000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_cmpstr (json_object_get_string_member (toy_site_get (e->site, "Sales Invoice", "NAME-1"), "customer"), ==,
                   edited ? "B" : "A");
}

/* A sale whose draft the server does not submit. */
static gint64
leave_draft (Engine *e)
{
  gint64 id;

  toy_site_set_canned (e->site, 417, "application/json", "{\"exc_type\":\"NegativeStockError\"}");
  toy_site_set_fault (e->site, refuse_put, NULL);
  engine_start (e);
  id = engine_submit (e, "POST", "/api/resource/Sales%20Invoice", "{\"customer\":\"A\",\"docstatus\":1}");
  engine_run_for (e, 10000);
  engine_assert_state (e, id, SYNC_STATE_FAILED);
  toy_site_set_fault (e->site, NULL, NULL);
  g_assert_cmpuint (toy_site_count (e->site, "Sales Invoice"), ==, 1);
  return id;
}

/* Given up, and its draft is to be deleted; then taken back. */
static void
test_restored_before_its_draft_goes (Engine *e)
{
  gint64 id = leave_draft (e);

  sync_engine_set_offline (e->engine, TRUE);
  g_assert_true (sync_engine_discard (e->engine, id, "by mistake", "anna", NULL));
  g_assert_true (sync_engine_restore (e->engine, id, "anna", NULL));
  sync_engine_set_offline (e->engine, FALSE);
  engine_run_for (e, 10000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_cmpuint (toy_site_count (e->site, "Sales Invoice"), ==, 1);
}

/* The same after the draft went: it is made again. */
static void
test_restored_after_its_draft_went (Engine *e)
{
  gint64 id = leave_draft (e);

  g_assert_true (sync_engine_discard (e->engine, id, "by mistake", "anna", NULL));
  engine_run_for (e, 10000);
  g_assert_cmpuint (toy_site_count (e->site, "Sales Invoice"), ==, 0);
  g_assert_true (sync_engine_restore (e->engine, id, "anna", NULL));
  engine_run_for (e, 10000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_cmpuint (toy_site_count (e->site, "Sales Invoice"), ==, 1);
}

/* No row of the queue deletes what the given up row left. */
static void
assert_left_alone (Engine *e, gint64 id)
{
  const SyncListFilter filter = { .after = id, .limit = 1 };
  g_autoptr (GPtrArray) later = NULL;

  engine_run_for (e, 10000);
  engine_assert_state (e, id, SYNC_STATE_DISCARDED);
  later = sync_store_list (e->store, &filter, NULL);
  g_assert_cmpuint (later->len, ==, 0);
  g_assert_nonnull (toy_site_get (e->site, "Sales Invoice", "NAME-1"));
}

/* The shop's rule for deletions wants to be told what this program does not tell: the draft stays, and comes back to use. */
static void
test_draft_without_rule (Engine *e)
{
  g_autoptr (GPtrArray) attempts = NULL;
  gint64 id;

  engine_open_with_rule (e, "\"methods\":\"DELETE\",\"path\":\"/api/resource/{type}/{id}\",\"kind\":\"write\","
                            "\"action\":\"delete\",\"proof\":\"deleted\",\"type\":\"{doctype}\",\"id\":\"{id}\"");
  id = leave_draft (e);
  g_assert_true (sync_engine_discard (e->engine, id, "by mistake", "anna", NULL));
  assert_left_alone (e, id);
  attempts = sync_store_list_attempts (e->store, id, NULL);
  g_assert_nonnull (strstr (((SyncAttempt *) g_ptr_array_index (attempts, attempts->len - 1))->message, "NAME-1"));
  g_assert_true (sync_engine_restore (e->engine, id, "anna", NULL));
  engine_run_for (e, 10000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_cmpuint (toy_site_count (e->site, "Sales Invoice"), ==, 1);
}

/* A name that an address cannot hold is none. */
static void
test_draft_with_odd_name (Engine *e)
{
  static const char *const names[] = { ".", ".." };

  engine_start (e);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *answer = g_strdup_printf ("{\"data\":{\"name\":\"%s\",\"doctype\":\"Note\",\"docstatus\":0}}", names[i]);
      g_autoptr (SyncRequest) row = NULL;
      gint64 id;

      toy_site_set_canned (e->site, 200, "application/json", answer);
      toy_site_set_fault (e->site, toy_can_writes, NULL);
      id = engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"x\",\"docstatus\":1}");
      engine_settle (e);
      row = engine_get (e, id);
      g_assert_cmpint (row->state, ==, SYNC_STATE_UNKNOWN);
      g_assert_null (row->server_name);
      g_assert_false (sync_engine_confirm (e->engine, id, TRUE, names[i], "anna", NULL));
      g_assert_true (sync_engine_discard (e->engine, id, "odd", "anna", NULL));
    }
}

/* What somebody at the desk wrote into the draft is not deleted unseen; and the sale can be taken back all the same. */
static void
test_draft_of_desk (Engine *e)
{
  gint64 id = leave_draft (e);
  g_autoptr (SyncConflict) conflict = NULL;

  toy_site_put (e->site, "Sales Invoice", "NAME-1", "{\"customer\":\"wanted\"}");
  g_assert_true (sync_engine_discard (e->engine, id, "by mistake", "anna", NULL));
  engine_run_for (e, 10000);
  engine_assert_state (e, id + 1, SYNC_STATE_CONFLICT);
  conflict = sync_store_get_conflict (e->store, 1, NULL);
  g_assert_cmpstr (conflict->conflict_type, ==, "delete_edit");
  g_assert_nonnull (toy_site_get (e->site, "Sales Invoice", "NAME-1"));
  g_assert_true (sync_engine_restore (e->engine, id, "anna", NULL));
  engine_assert_state (e, id + 1, SYNC_STATE_DISCARDED);
  g_assert_cmpint (sync_store_find_open_conflict (e->store, id + 1, NULL), ==, 0);
}

/* Only a draft is deleted: not what somebody cancelled. */
static void
test_cancelled_draft (Engine *e)
{
  gint64 id = leave_draft (e);

  toy_site_put (e->site, "Sales Invoice", "NAME-1", "{\"customer\":\"A\",\"docstatus\":2}");
  g_assert_true (sync_engine_retry (e->engine, id, "anna", NULL));
  engine_run_for (e, 10000);
  engine_assert_state (e, id, SYNC_STATE_CONFLICT);
  g_assert_true (sync_engine_discard (e->engine, id, "done otherwise", "anna", NULL));
  assert_left_alone (e, id);
}

/* Nor what somebody submitted as another sale. */
static void
test_submitted_draft (Engine *e)
{
  gint64 id = leave_draft (e);
  g_autoptr (GBytes) body = g_bytes_new_static ("{\"customer\":\"B\",\"docstatus\":1}", 30);
  g_autoptr (GPtrArray) open = NULL;

  toy_site_put (e->site, "Sales Invoice", "NAME-1", "{\"customer\":\"C\",\"docstatus\":1}");
  g_assert_true (sync_engine_edit (e->engine, id, body, "anna", NULL));
  engine_run_for (e, 10000);
  engine_assert_state (e, id, SYNC_STATE_CONFLICT);
  open = sync_store_list_conflicts (e->store, "pending", 10, NULL);
  g_assert_cmpstr (((SyncConflict *) g_ptr_array_index (open, 0))->conflict_type, ==, "submitted");
  g_assert_true (sync_engine_discard (e->engine, id, "done otherwise", "anna", NULL));
  assert_left_alone (e, id);
}

/* Its first draft was deleted, its second one is there: that is what goes on when it is taken back again. */
static void
test_second_draft (Engine *e)
{
  gint64 id;

  toy_site_set_key_field (e->site, FALSE);
  id = leave_draft (e);
  g_assert_true (sync_engine_discard (e->engine, id, "by mistake", "anna", NULL));
  engine_run_for (e, 10000);
  engine_assert_state (e, id + 1, SYNC_STATE_COMPLETED);
  toy_site_set_fault (e->site, refuse_put, NULL);
  g_assert_true (sync_engine_restore (e->engine, id, "anna", NULL));
  engine_run_for (e, 10000);
  engine_assert_state (e, id, SYNC_STATE_FAILED);
  sync_engine_set_offline (e->engine, TRUE);
  g_assert_true (sync_engine_discard (e->engine, id, "by mistake", "anna", NULL));
  g_assert_true (sync_engine_discard (e->engine, id + 2, "the draft stays", "anna", NULL));
  toy_site_set_fault (e->site, NULL, NULL);
  g_assert_true (sync_engine_restore (e->engine, id, "anna", NULL));
  sync_engine_set_offline (e->engine, FALSE);
  engine_run_for (e, 10000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_cmpuint (toy_site_count (e->site, "Sales Invoice"), ==, 1);
}

/* It was sent when nothing enforced the key; that the key is enforced today does not make a second send harmless. */
static void
test_key_field_comes_later (Engine *e)
{
  Plan plan = { TOY_RESET_AFTER, 1, NULL };
  g_autoptr (SyncRequest) row = NULL;
  gint64 id;

  toy_site_set_key_field (e->site, FALSE);
  toy_site_set_fault (e->site, follow_plan, &plan);
  engine_start (e);
  id = engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"x\"}");
  engine_run_for (e, 60000);
  engine_assert_state (e, id, SYNC_STATE_UNKNOWN);
  toy_site_set_key_field (e->site, TRUE);
  engine_drop (e);
  engine_open (e);
  engine_start (e);
  g_assert_true (sync_engine_retry (e->engine, id, "anna", NULL));
  engine_run_for (e, HOUR_MS);
  row = engine_get (e, id);
  g_assert_cmpuint (toy_site_count (e->site, "Note"), ==, 1);
  g_assert_true (row->needs_person);
  g_assert_true (sync_engine_confirm (e->engine, id, FALSE, NULL, "anna", NULL));
  engine_run_for (e, 60000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_cmpuint (toy_site_count (e->site, "Note"), ==, 2);
}

static SyncConfig *
other_site (Engine *e)
{
  SyncConfig *other = sync_config_copy (e->config);

  g_free (other->base_url);
  other->base_url = g_strdup ("http://other.example");
  return other;
}

/* A request of another site is never posted to this one. */
static void
test_restored_of_another_site (Engine *e)
{
  g_autoptr (SyncConfig) other = other_site (e);
  g_autoptr (GError) error = NULL;
  gint64 id = engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"x\"}");

  g_assert_true (sync_engine_discard (e->engine, id, "moved", "anna", NULL));
  g_assert_true (sync_engine_set_config (e->engine, other, NULL));
  engine_start (e);
  g_assert_false (sync_engine_restore (e->engine, id, "anna", &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED);
  engine_run_for (e, 60000);
  g_assert_cmpuint (toy_site_get_log (e->site)->len, ==, 0);
  engine_assert_state (e, id, SYNC_STATE_DISCARDED);
}

static void
ignore_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncSubmitted) submitted = sync_engine_submit_finish (SYNC_ENGINE (source), result, NULL);
  guint *n = user_data;

  *n += submitted != NULL;
}

/* The site changes while a submission waits for the group's commit. */
static void
test_site_changes_under_arrival (Engine *e)
{
  g_autoptr (SyncConfig) other = other_site (e);
  SyncSubmission submission = SYNC_SUBMISSION_INIT;
  gboolean changed;
  guint accepted = 0;

  submission.method = "DELETE";
  submission.url = "/api/resource/Note/X";
  engine_start (e);
  engine_settle (e);
  sync_engine_submit_async (e->engine, &submission, NULL, ignore_cb, &accepted);
  changed = sync_engine_set_config (e->engine, other, NULL);
  engine_run_for (e, 60000);
  g_assert_cmpuint (accepted, ==, 1);
  g_assert_false (changed);
  engine_assert_state (e, 1, SYNC_STATE_COMPLETED);
}

/* A replacement waits for a row that, lane by lane, waits for the replacement. */
static void
test_replacement_waits_for_itself (Engine *e)
{
  g_autoptr (GError) error = NULL;
  SyncSubmission submission = SYNC_SUBMISSION_INIT;
  g_autoptr (GBytes) first = g_bytes_new_static ("{\"n\":1}", 7);
  g_autoptr (GBytes) second = g_bytes_new_static ("{\"n\":2}", 7);
  gint64 middle, last;

  submission.method = "PUT";
  submission.url = "/api/resource/Note/A";
  submission.body = first;
  submission.key = "k-1";
  engine_submit_full (e, &submission, &error);
  g_assert_no_error (error);
  middle = engine_submit (e, "PUT", "/api/resource/Note/A", "{\"n\":3}");
  submission.url = "/api/resource/Note/B";
  submission.key = "k-3";
  submission.depends_on = &middle;
  submission.n_depends_on = 1;
  engine_submit_full (e, &submission, &error);
  g_assert_no_error (error);
  last = engine_submit (e, "PUT", "/api/resource/Note/B", "{\"n\":4}");
  /* Behind B's first row, which waits for A's second, which stands behind the row to be replaced. */
  submission.url = "/api/resource/Note/A";
  submission.body = second;
  submission.key = "k-1";
  submission.depends_on = &last;
  engine_submit_full (e, &submission, &error);
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED);
}

/* Ending from within the loop: an answer that is held may come at once. */
static gboolean
stop_cb (gpointer user_data)
{
  Engine *e = user_data;

  sync_engine_stop (e->engine);
  return G_SOURCE_REMOVE;
}

static void
test_stopped_from_the_loop (Engine *e)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  engine_start (e);
  engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"first\"}");
  engine_settle (e);
  toy_site_hold (e->site, TRUE);
  for (guint i = 0; i < 4; i++)
    engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"x\"}");
  engine_settle (e);
  g_assert_cmpuint (toy_site_n_held (e->site), ==, 4);
  g_source_set_callback (source, stop_cb, e, NULL);
  g_source_attach (source, g_main_context_get_thread_default ());
  engine_settle (e);
  toy_site_hold (e->site, FALSE);
  engine_start (e);
  engine_run_for (e, 60000);
  g_assert_cmpuint (toy_site_count (e->site, "Note"), ==, 5);
  for (gint64 id = 1; id <= 5; id++)
    engine_assert_state (e, id, SYNC_STATE_COMPLETED);
}

int
main (int argc, char **argv)
{
  /* Thousands of flushes to a real disk would be most of the time. */
  if (g_file_test ("/dev/shm", G_FILE_TEST_IS_DIR))
    g_setenv ("TMPDIR", "/dev/shm", FALSE);
  g_test_init (&argc, &argv, NULL);
  engine_test_add ("/sync/adversity/disk-takes-no-claim", test_disk_takes_no_claim);
  engine_test_add ("/sync/adversity/disk-takes-no-answer", test_disk_takes_no_answer);
  engine_test_add ("/sync/adversity/disk-takes-no-look", test_disk_takes_no_look);
  engine_test_add ("/sync/adversity/disk-takes-no-refusal-of-ours", test_disk_takes_no_refusal_of_ours);
  engine_test_add ("/sync/adversity/full-disk-hinders-no-delivery", test_full_disk_hinders_no_delivery);
  engine_test_add ("/sync/adversity/stale-at-base", test_stale_at_base);
  engine_test_add ("/sync/adversity/stale-after-outage", test_stale_after_outage);
  engine_test_add ("/sync/adversity/used-up-after-unknown", test_used_up_after_unknown);
  engine_test_add ("/sync/adversity/used-up-but-there", test_used_up_but_there);
  engine_test_add ("/sync/adversity/clock-set-back", test_clock_set_back);
  engine_test_add ("/sync/adversity/clock-set-forward", test_clock_set_forward);
  engine_test_add ("/sync/adversity/poisoned-address", test_poisoned_address);
  engine_test_add ("/sync/adversity/name-is-a-number", test_name_is_a_number);
  engine_test_add ("/sync/adversity/no-version", test_no_version);
  engine_test_add ("/sync/adversity/edit-after-draft", test_edit_after_draft);
  engine_test_add ("/sync/adversity/restored-before-its-draft-goes", test_restored_before_its_draft_goes);
  engine_test_add ("/sync/adversity/restored-after-its-draft-went", test_restored_after_its_draft_went);
  engine_test_add ("/sync/adversity/draft-without-rule", test_draft_without_rule);
  engine_test_add ("/sync/adversity/draft-with-odd-name", test_draft_with_odd_name);
  engine_test_add ("/sync/adversity/draft-of-desk", test_draft_of_desk);
  engine_test_add ("/sync/adversity/cancelled-draft", test_cancelled_draft);
  engine_test_add ("/sync/adversity/submitted-draft", test_submitted_draft);
  engine_test_add ("/sync/adversity/second-draft", test_second_draft);
  engine_test_add ("/sync/adversity/key-field-comes-later", test_key_field_comes_later);
  engine_test_add ("/sync/adversity/restored-of-another-site", test_restored_of_another_site);
  engine_test_add ("/sync/adversity/site-changes-under-arrival", test_site_changes_under_arrival);
  engine_test_add ("/sync/adversity/replacement-waits-for-itself", test_replacement_waits_for_itself);
  engine_test_add ("/sync/adversity/stopped-from-the-loop", test_stopped_from_the_loop);
  return g_test_run ();
}
