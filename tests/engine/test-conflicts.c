/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who ends a conflict without a person, and what a person can do with it beside choosing a side. The virtual clock begins
 * with 2026; the site's is Kolkata's. */
#include "config.h"

#include "engine-fixture.h"

#include "sync-error.h"

#include <string.h>

#define ITEM "/api/resource/Item/A"
#define BEFORE "2025-12-31 12:00:00.000000"
#define AFTER "2026-02-01 12:00:00.000000"

static void
start_with (Engine *e, const char *policies)
{
  g_free (e->config->conflict_policies);
  e->config->conflict_policies = g_strdup (policies);
  g_assert_true (sync_engine_set_config (e->engine, e->config, NULL));
  toy_site_set_clock (e->site, SYNC_CLOCK (e->clock), 0);
  engine_start (e);
}

static JsonObject *
item (Engine *e)
{
  return toy_site_get (e->site, "Item", "A");
}

/* Another hand at the document, with the time of its choice. */
static void
somebody_writes (Engine *e, const char *json, const char *modified)
{
  toy_site_put (e->site, "Item", "A", json);
  json_object_set_string_member (item (e), "modified", modified);
}

/* A call of the till's, with the document that it read or without. */
static gint64
call (Engine *e, const char *method, const char *url, const char *base, const char *json)
{
  SyncSubmission submission = SYNC_SUBMISSION_INIT;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) body = g_bytes_new (json, strlen (json));
  g_autoptr (GBytes) read = base != NULL ? g_bytes_new (base, strlen (base)) : NULL;
  gint64 id;

  submission.method = method;
  submission.url = url;
  submission.body = body;
  submission.base = read;
  id = engine_submit_full (e, &submission, &error);
  g_assert_no_error (error);
  return id;
}

static gint64
change (Engine *e, const char *base, const char *json)
{
  return call (e, "PUT", ITEM, base, json);
}

#define BASE "{\"name\":\"A\",\"color\":\"red\",\"size\":1,\"modified\":\"2026-01-01 00:00:00.000001\"}"
#define BLUE "{\"color\":\"blue\",\"modified\":\"2026-01-01 00:00:00.000001\"}"

static SyncConflict *
conflict_at (Engine *e, guint i)
{
  g_autoptr (GPtrArray) conflicts = sync_store_list_conflicts (e->store, NULL, 100, NULL);

  g_assert_cmpuint (conflicts->len, >, i);
  return sync_store_get_conflict (e->store, ((SyncConflict *) g_ptr_array_index (conflicts, i))->id, NULL);
}

static guint
n_conflicts (Engine *e)
{
  g_autoptr (GPtrArray) conflicts = sync_store_list_conflicts (e->store, NULL, 100, NULL);

  return conflicts->len;
}

static void
assert_ended (Engine *e, guint i, const char *resolution, const char *by)
{
  g_autoptr (SyncConflict) conflict = conflict_at (e, i);

  g_assert_cmpstr (conflict->status, ==, "resolved");
  g_assert_cmpstr (conflict->resolution, ==, resolution);
  g_assert_cmpstr (conflict->resolved_by, ==, by);
  g_assert_cmpint (conflict->asked_ms, ==, 0);
}

static void
assert_asked (Engine *e, guint i, const char *why)
{
  g_autoptr (SyncConflict) conflict = conflict_at (e, i);

  g_assert_cmpstr (conflict->status, ==, "pending");
  g_assert_cmpint (conflict->asked_ms, >, 0);
  g_assert_nonnull (strstr (conflict->why, why));
}

/* By default: field by field, and the newer side where both changed the same. */
static void
test_different_fields (Engine *e)
{
  gint64 id;

  start_with (e, "");
  somebody_writes (e, "{\"color\":\"red\",\"size\":2}", AFTER);
  id = change (e, BASE, BLUE);
  engine_run_for (e, 60000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  assert_ended (e, 0, "local_wins", "policy last-write-wins");
  g_assert_cmpstr (json_object_get_string_member (item (e), "color"), ==, "blue");
  g_assert_cmpint (json_object_get_int_member (item (e), "size"), ==, 2);
}

static void
both_change_color (Engine *e, const char *policies, const char *modified)
{
  start_with (e, policies);
  somebody_writes (e, "{\"color\":\"green\",\"size\":1}", modified);
  change (e, BASE, BLUE);
  engine_run_for (e, 60000);
  g_assert_cmpuint (n_conflicts (e), ==, 1);
}

static void
test_till_is_newer (Engine *e)
{
  both_change_color (e, "", BEFORE);
  assert_ended (e, 0, "local_wins", "policy last-write-wins");
  engine_assert_state (e, 1, SYNC_STATE_COMPLETED);
  g_assert_cmpstr (json_object_get_string_member (item (e), "color"), ==, "blue");
}

static void
test_server_is_newer (Engine *e)
{
  both_change_color (e, "", AFTER);
  assert_ended (e, 0, "server_wins", "policy last-write-wins");
  engine_assert_state (e, 1, SYNC_STATE_DISCARDED);
  g_assert_cmpstr (json_object_get_string_member (item (e), "color"), ==, "green");
}

/* 05:30 in Kolkata is midnight, when the till wrote; nobody knows who was first. */
static void
test_at_the_same_time (Engine *e)
{
  both_change_color (e, "", "2026-01-01 05:30:00.001000");
  assert_asked (e, 0, "color");
  engine_assert_state (e, 1, SYNC_STATE_CONFLICT);
}

static void
test_policy_server (Engine *e)
{
  both_change_color (e, "Item=server", BEFORE);
  assert_ended (e, 0, "server_wins", "policy server");
  g_assert_cmpstr (json_object_get_string_member (item (e), "color"), ==, "green");
}

static void
test_policy_local (Engine *e)
{
  both_change_color (e, "*=local", AFTER);
  assert_ended (e, 0, "local_wins", "policy local");
  g_assert_cmpstr (json_object_get_string_member (item (e), "color"), ==, "blue");
}

static void
test_policy_ask (Engine *e)
{
  g_autofree char *zone = NULL;

  both_change_color (e, "Customer=local,*=ask", BEFORE);
  assert_asked (e, 0, "policy");
  /* Whoever is asked is shown both times. */
  zone = sync_store_dup_metadata (e->store, "site_time_zone");
  g_assert_nonnull (zone);
}

static void
test_policy_merge (Engine *e)
{
  both_change_color (e, "Item=merge", BEFORE);
  assert_asked (e, 0, "color");
}

/* Nobody kept what the till had read: the newer document wins as a whole. */
static void
test_without_base (Engine *e)
{
  start_with (e, "");
  somebody_writes (e, "{\"color\":\"green\",\"size\":1}", BEFORE);
  change (e, NULL, BLUE);
  engine_run_for (e, 60000);
  engine_assert_state (e, 1, SYNC_STATE_COMPLETED);
  assert_ended (e, 0, "local_wins", "policy last-write-wins");
}

/* What our own write made is the base of the next one, although no till read it. */
static void
test_base_of_our_own (Engine *e)
{
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  g_autoptr (SyncConflict) conflict = NULL;

  start_with (e, "*=merge");
  toy_site_put (e->site, "Item", "A", "{\"color\":\"red\",\"size\":1}");
  first = g_strdup_printf ("{\"size\":5,\"modified\":\"%s\"}", json_object_get_string_member (item (e), "modified"));
  change (e, NULL, first);
  engine_settle (e);
  engine_assert_state (e, 1, SYNC_STATE_COMPLETED);
  second = g_strdup_printf ("{\"color\":\"blue\",\"modified\":\"%s\"}", json_object_get_string_member (item (e), "modified"));
  json_object_set_int_member (item (e), "size", 7);
  json_object_set_string_member (item (e), "modified", AFTER);
  change (e, NULL, second);
  engine_run_for (e, 60000);
  engine_assert_state (e, 2, SYNC_STATE_COMPLETED);
  conflict = conflict_at (e, 0);
  g_assert_nonnull (strstr (conflict->base_data, "\"size\":5"));
  g_assert_cmpstr (json_object_get_string_member (item (e), "color"), ==, "blue");
  g_assert_cmpint (json_object_get_int_member (item (e), "size"), ==, 7);
}

static ToyFault
always_stale (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  Engine *e = user_data;
  g_autofree char *modified = NULL;
  static guint n;

  if (!request->write)
    return TOY_ANSWER;
  modified = g_strdup_printf ("2025-12-31 12:00:00.%06u", ++n);
  json_object_set_string_member (item (e), "modified", modified);
  json_object_set_int_member (item (e), "size", n);
  return TOY_ANSWER;
}

/* Whoever is quicker each time is somebody to talk to. */
static void
test_again_and_again (Engine *e)
{
  start_with (e, "*=local");
  toy_site_put (e->site, "Item", "A", "{\"color\":\"red\",\"size\":1}");
  toy_site_set_fault (e->site, always_stale, e);
  change (e, BASE, BLUE);
  engine_run_for (e, 3600 * 1000);
  g_assert_cmpuint (n_conflicts (e), ==, 4);
  assert_ended (e, 2, "local_wins", "policy local");
  assert_asked (e, 3, "again");
  toy_site_set_fault (e->site, NULL, NULL);
}

/* Killed between the conflict and its end: the next run decides. */
static void
test_killed_before (Engine *e)
{
  gint64 id;

  start_with (e, "*=ask");
  somebody_writes (e, "{\"color\":\"red\",\"size\":2}", AFTER);
  id = change (e, BASE, BLUE);
  engine_run_for (e, 60000);
  assert_asked (e, 0, "policy");
  engine_drop (e);
  g_free (e->config->conflict_policies);
  e->config->conflict_policies = g_strdup ("*=merge");
  engine_open (e);
  toy_site_set_clock (e->site, SYNC_CLOCK (e->clock), 0);
  engine_start (e);
  engine_run_for (e, 60000);
  /* It was left to a person, and stays with him. */
  engine_assert_state (e, id, SYNC_STATE_CONFLICT);
}

static void
test_gone_is_for_a_person (Engine *e)
{
  start_with (e, "*=local");
  change (e, BASE, BLUE);
  engine_run_for (e, 60000);
  engine_assert_state (e, 1, SYNC_STATE_CONFLICT);
  assert_asked (e, 0, "not on the server");
}

/* A person ------------------------------------------------------------------------------------------------------------- */

static gint64
asked (Engine *e)
{
  g_autoptr (SyncConflict) conflict = NULL;

  both_change_color (e, "*=ask", AFTER);
  conflict = conflict_at (e, 0);
  return conflict->id;
}

static void
test_by_hand (Engine *e)
{
  g_autoptr (GBytes) document = g_bytes_new_static ("{\"color\":\"black\"}", strlen ("{\"color\":\"black\"}"));
  g_autoptr (GBytes) nothing = g_bytes_new_static ("{}", 2);
  g_autoptr (GError) error = NULL;
  g_autofree char *preview = NULL;
  gint64 id = asked (e);

  preview = sync_engine_preview (e->engine, id, SYNC_RESOLUTION_MANUAL, document, &error);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (preview, "black"));
  g_assert_nonnull (strstr (preview, AFTER));
  engine_assert_state (e, 1, SYNC_STATE_CONFLICT);
  g_assert_false (sync_engine_resolve (e->engine, id, SYNC_RESOLUTION_MANUAL, nothing, "anna", &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_INVALID);
  g_clear_error (&error);
  g_assert_false (sync_engine_resolve (e->engine, id, SYNC_RESOLUTION_MERGED, NULL, "anna", &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED);
  g_clear_error (&error);
  g_assert_true (sync_engine_resolve (e->engine, id, SYNC_RESOLUTION_MANUAL, document, "anna", &error));
  engine_run_for (e, 1000);
  engine_assert_state (e, 1, SYNC_STATE_COMPLETED);
  g_assert_cmpstr (json_object_get_string_member (item (e), "color"), ==, "black");
}

/* Each step of its life stays readable. */
static void
test_history (Engine *e)
{
  static const char *const expected[] = { "opened", "asked", "skipped", "resolved" };
  g_autoptr (GPtrArray) history = NULL;
  gint64 id = asked (e);

  g_assert_true (sync_engine_resolve (e->engine, id, SYNC_RESOLUTION_SKIP, NULL, "anna", NULL));
  engine_assert_state (e, 1, SYNC_STATE_CONFLICT);
  g_assert_true (sync_engine_resolve (e->engine, id, SYNC_RESOLUTION_SERVER_WINS, NULL, "bert", NULL));
  history = sync_store_list_conflict_history (e->store, id, NULL);
  g_assert_cmpuint (history->len, ==, G_N_ELEMENTS (expected));
  for (guint i = 0; i < history->len; i++)
    g_assert_cmpstr (((SyncConflictEvent *) g_ptr_array_index (history, i))->event, ==, expected[i]);
  g_assert_cmpstr (((SyncConflictEvent *) g_ptr_array_index (history, 2))->actor, ==, "anna");
  g_assert_cmpstr (((SyncConflictEvent *) g_ptr_array_index (history, 3))->actor, ==, "bert");
  g_assert_false (sync_engine_resolve (e->engine, id, SYNC_RESOLUTION_SKIP, NULL, "anna", NULL));
}

static void
test_undo_of_local (Engine *e)
{
  g_autoptr (GError) error = NULL;
  gint64 id = asked (e);
  gint64 undo;

  g_assert_true (sync_engine_resolve (e->engine, id, SYNC_RESOLUTION_LOCAL_WINS, NULL, "anna", NULL));
  engine_run_for (e, 1000);
  g_assert_cmpstr (json_object_get_string_member (item (e), "color"), ==, "blue");
  undo = sync_engine_undo_resolution (e->engine, id, "anna", &error);
  g_assert_no_error (error);
  engine_run_for (e, 1000);
  engine_assert_state (e, undo, SYNC_STATE_COMPLETED);
  g_assert_cmpstr (json_object_get_string_member (item (e), "color"), ==, "green");
  g_assert_cmpint (sync_engine_undo_resolution (e->engine, id, "anna", &error), ==, 0);
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED);
}

static void
test_undo_of_server (Engine *e)
{
  gint64 id = asked (e);
  gint64 undo;

  g_assert_true (sync_engine_resolve (e->engine, id, SYNC_RESOLUTION_SERVER_WINS, NULL, "anna", NULL));
  engine_assert_state (e, 1, SYNC_STATE_DISCARDED);
  undo = sync_engine_undo_resolution (e->engine, id, "anna", NULL);
  engine_run_for (e, 1000);
  engine_assert_state (e, undo, SYNC_STATE_COMPLETED);
  g_assert_cmpstr (json_object_get_string_member (item (e), "color"), ==, "blue");
}

/* Somebody wrote since: that is a conflict of its own, and his write stays. */
static void
test_undo_is_late (Engine *e)
{
  gint64 id = asked (e);
  gint64 undo;

  g_assert_true (sync_engine_resolve (e->engine, id, SYNC_RESOLUTION_LOCAL_WINS, NULL, "anna", NULL));
  engine_run_for (e, 1000);
  somebody_writes (e, "{\"color\":\"white\"}", "2026-03-01 12:00:00.000000");
  undo = sync_engine_undo_resolution (e->engine, id, "anna", NULL);
  engine_run_for (e, 1000);
  engine_assert_state (e, undo, SYNC_STATE_CONFLICT);
  g_assert_cmpstr (json_object_get_string_member (item (e), "color"), ==, "white");
}

/* Nor does a policy write over it, be the till newer or always right. */
static void
undo_late_under (Engine *e, const char *policies)
{
  gint64 id = asked (e);
  gint64 undo;

  g_assert_true (sync_engine_resolve (e->engine, id, SYNC_RESOLUTION_LOCAL_WINS, NULL, "anna", NULL));
  engine_run_for (e, 1000);
  g_free (e->config->conflict_policies);
  e->config->conflict_policies = g_strdup (policies);
  g_assert_true (sync_engine_set_config (e->engine, e->config, NULL));
  somebody_writes (e, "{\"color\":\"white\",\"size\":1}", "2025-06-01 12:00:00.000000");
  undo = sync_engine_undo_resolution (e->engine, id, "anna", NULL);
  engine_run_for (e, 600000);
  engine_assert_state (e, undo, SYNC_STATE_CONFLICT);
  g_assert_cmpstr (json_object_get_string_member (item (e), "color"), ==, "white");
  assert_asked (e, 1, "both sides changed it");
}

static void
test_undo_is_late_and_newer (Engine *e)
{
  undo_late_under (e, "");
}

static void
test_undo_is_late_and_local_wins (Engine *e)
{
  undo_late_under (e, "*=local");
}

static void
test_undo_of_submitted (Engine *e)
{
  g_autoptr (GError) error = NULL;
  gint64 id;

  start_with (e, "*=ask");
  somebody_writes (e, "{\"color\":\"green\",\"docstatus\":1}", AFTER);
  change (e, BASE, BLUE);
  engine_run_for (e, 60000);
  id = 1;
  g_assert_true (sync_engine_resolve (e->engine, id, SYNC_RESOLUTION_SERVER_WINS, NULL, "anna", NULL));
  g_assert_cmpint (sync_engine_undo_resolution (e->engine, id, "anna", &error), ==, 0);
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED);
  g_assert_nonnull (strstr (error->message, "submitted"));
}

/* What is cancelled is what the till had read, also where the version is handed over beside the body and not in it. */
static void
test_cancel_of_changed (Engine *e)
{
  start_with (e, "*=ask");
  somebody_writes (e, "{\"color\":\"red\",\"size\":2,\"docstatus\":1}", AFTER);
  change (e, BASE, "{\"docstatus\":2}");
  engine_run_for (e, 60000);
  engine_assert_state (e, 1, SYNC_STATE_CONFLICT);
  g_assert_cmpint (json_object_get_int_member (item (e), "docstatus"), ==, 1);
  g_assert_true (sync_engine_resolve (e->engine, 1, SYNC_RESOLUTION_LOCAL_WINS, NULL, "anna", NULL));
  engine_run_for (e, 1000);
  engine_assert_state (e, 1, SYNC_STATE_COMPLETED);
  g_assert_cmpint (json_object_get_int_member (item (e), "docstatus"), ==, 2);
}

/* Who says nothing of a version cancels whatever is there. */
static void
test_cancel_without_base (Engine *e)
{
  start_with (e, "*=ask");
  somebody_writes (e, "{\"color\":\"red\",\"docstatus\":1}", AFTER);
  change (e, NULL, "{\"docstatus\":2}");
  engine_run_for (e, 1000);
  engine_assert_state (e, 1, SYNC_STATE_COMPLETED);
  g_assert_cmpint (json_object_get_int_member (item (e), "docstatus"), ==, 2);
}

static GBytes *
document_of (const char *text)
{
  return g_bytes_new_static (text, strlen (text));
}

/* What a person writes in place of a change is a change: a cancellation would go over what was written since. */
static void
test_by_hand_is_a_change (Engine *e)
{
  static const char *const others[] = {
    "{\"docstatus\":2}",
    "{\"docstatus\":1,\"color\":\"black\"}",
  };
  g_autoptr (GBytes) whole = document_of ("{\"doctype\":\"Item\",\"name\":\"A\",\"docstatus\":0,\"color\":\"black\"}");

  start_with (e, "*=ask");
  somebody_writes (e, "{\"color\":\"green\",\"size\":1}", AFTER);
  change (e, BASE, BLUE);
  engine_run_for (e, 60000);
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    for (guint j = 0; j < 2; j++)
      {
        SyncResolution resolution = j == 0 ? SYNC_RESOLUTION_MANUAL : SYNC_RESOLUTION_MERGED;
        g_autoptr (GBytes) document = document_of (others[i]);
        g_autoptr (GError) error = NULL;

        g_assert_null (sync_engine_preview (e->engine, 1, resolution, document, &error));
        g_assert_error (error, SYNC_ERROR, SYNC_ERROR_INVALID);
        g_clear_error (&error);
        g_assert_false (sync_engine_resolve (e->engine, 1, resolution, document, "anna", &error));
        g_assert_error (error, SYNC_ERROR, SYNC_ERROR_INVALID);
        g_assert_nonnull (strstr (error->message, "docstatus"));
      }
  g_assert_true (sync_engine_resolve (e->engine, 1, SYNC_RESOLUTION_MANUAL, whole, "anna", NULL));
  engine_run_for (e, 1000);
  engine_assert_state (e, 1, SYNC_STATE_COMPLETED);
  g_assert_cmpstr (json_object_get_string_member (item (e), "color"), ==, "black");
}

/* A row that the till names in part goes out as the till had read it, but for that. */
static void
test_rows_go_whole (Engine *e)
{
  const char *base = "{\"name\":\"A\",\"lines\":[{\"name\":\"r1\",\"qty\":1,\"rate\":7}],\"modified\":\"2026-01-01 00:00:00.000001\"}";
  const char *body = "{\"lines\":[{\"name\":\"r1\",\"qty\":2}],\"modified\":\"2026-01-01 00:00:00.000001\"}";
  JsonObject *row;
  gint64 id;

  start_with (e, "");
  somebody_writes (e, base, "2026-01-01 00:00:00.000001");
  id = change (e, base, body);
  engine_run_for (e, 1000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  row = json_array_get_object_element (json_object_get_array_member (item (e), "lines"), 0);
  g_assert_cmpint (json_object_get_int_member (row, "qty"), ==, 2);
  g_assert_cmpint (json_object_get_int_member_with_default (row, "rate", 0), ==, 7);
}

/* The till's version wins, row by row as it names them: shown and sent, the rest is the server's. */
static void
test_rows_in_preview (Engine *e)
{
  const char *base = "{\"name\":\"A\",\"lines\":[{\"name\":\"r1\",\"qty\":1,\"rate\":7}],\"modified\":\"2026-01-01 00:00:00.000001\"}";
  const char *body = "{\"lines\":[{\"name\":\"r1\",\"qty\":2}],\"modified\":\"2026-01-01 00:00:00.000001\"}";
  g_autofree char *preview = NULL;
  JsonObject *row;

  start_with (e, "*=ask");
  somebody_writes (e, "{\"lines\":[{\"name\":\"r1\",\"qty\":5,\"rate\":8}]}", AFTER);
  change (e, base, body);
  engine_run_for (e, 1000);
  preview = sync_engine_preview (e->engine, 1, SYNC_RESOLUTION_LOCAL_WINS, NULL, NULL);
  g_assert_nonnull (strstr (preview, "\"rate\":8"));
  g_assert_true (sync_engine_resolve (e->engine, 1, SYNC_RESOLUTION_LOCAL_WINS, NULL, "anna", NULL));
  engine_run_for (e, 1000);
  row = json_array_get_object_element (json_object_get_array_member (item (e), "lines"), 0);
  g_assert_cmpint (json_object_get_int_member (row, "qty"), ==, 2);
  g_assert_cmpint (json_object_get_int_member_with_default (row, "rate", 0), ==, 8);
}

/* Neither is newer by the last digit, or the server's is no time: the server's stands, and nobody is asked. */
static void
equal_at (Engine *e, gint64 beside_ms, gboolean garbled, gboolean is_asked)
{
  g_autofree char *text = NULL;
  g_autofree char *version = NULL;
  g_autoptr (GDateTime) then = NULL;
  g_autoptr (GTimeZone) zone = g_time_zone_new_identifier ("Asia/Kolkata");
  g_autoptr (GDateTime) there = NULL;
  gint64 ms;

  start_with (e, "");
  sync_engine_set_offline (e->engine, TRUE);
  ms = sync_clock_wall_ms (SYNC_CLOCK (e->clock)) + beside_ms;
  change (e, BASE, BLUE);
  then = g_date_time_new_from_unix_utc (ms / 1000);
  there = g_date_time_to_timezone (then, zone);
  text = g_date_time_format (there, "%Y-%m-%d %H:%M:%S");
  version = garbled ? g_strdup ("yesterday") : g_strdup_printf ("%s.%03d000", text, (int) (ms % 1000));
  somebody_writes (e, "{\"color\":\"green\",\"size\":1}", version);
  sync_engine_set_offline (e->engine, FALSE);
  engine_run_for (e, 60000);
  if (is_asked)
    assert_asked (e, 0, "which side is newer is not known");
  else
    assert_ended (e, 0, "server_wins", "policy last-write-wins");
  g_assert_cmpstr (json_object_get_string_member (item (e), "color"), ==, "green");
}

static void
test_exactly_equal (Engine *e)
{
  equal_at (e, 0, FALSE, FALSE);
}

static void
test_nearly_equal (Engine *e)
{
  equal_at (e, 1, FALSE, TRUE);
}

static void
test_no_time (Engine *e)
{
  equal_at (e, 0, TRUE, FALSE);
}

/* Counts the changes that go out. */
static ToyFault
count_puts (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  guint *n_puts = user_data;

  (void) site;
  *n_puts += g_str_equal (request->method, "PUT");
  return TOY_ANSWER;
}

/* Sixty documents with a name as long as @name and a number; each was changed by somebody else since. */
static void
many_are_stale (Engine *e, const char *name)
{
  guint n_puts = 0;

  start_with (e, "*=ask");
  sync_engine_set_offline (e->engine, TRUE);
  for (guint i = 0; i < 60; i++)
    {
      g_autofree char *id = g_strdup_printf ("%s %u", name, i);
      g_autofree char *url = sync_route_dup_document_path ("Item", id);

      toy_site_put (e->site, "Item", id, "{\"color\":\"green\"}");
      engine_submit (e, "PUT", url, BLUE);
    }
  toy_site_set_fault (e->site, count_puts, &n_puts);
  sync_engine_set_offline (e->engine, FALSE);
  engine_run_for (e, 60000);
  g_assert_cmpuint (n_conflicts (e), ==, 60);
  /* But for what went out beside the question. */
  g_assert_cmpuint (n_puts, <=, e->config->concurrency);
}

/* One question tells of all of them, so that they are not sent one by one to be refused. */
static void
test_many_at_once (Engine *e)
{
  many_are_stale (e, "A");
}

static void
test_many_with_long_names (Engine *e)
{
  many_are_stale (e, "شركة النور للتجارة العامة والمقاولات المحدودة");
}

#define SET_VALUE "/api/method/frappe.client.set_value"
#define SET_BLUE "{\"doctype\":\"Item\",\"name\":\"A\",\"fieldname\":\"color\",\"value\":\"blue\"}"
#define SAVE "/api/method/frappe.client.save"
#define WHOLE "{\"doctype\":\"Item\",\"name\":\"A\",\"color\":\"blue\",\"size\":1,\"modified\":\"2026-01-01 00:00:00.000001\"}"

/* The same question as of a plain change, however the call says what it writes. */
static void
both_change (Engine *e, const char *policies, const char *method, const char *url, const char *json, const char *theirs,
             const char *modified)
{
  start_with (e, policies);
  somebody_writes (e, theirs, modified);
  call (e, method, url, BASE, json);
  engine_run_for (e, 60000);
  g_assert_cmpuint (n_conflicts (e), ==, 1);
}

static void
assert_item (Engine *e, const char *color, gint64 size)
{
  g_assert_cmpstr (json_object_get_string_member (item (e), "color"), ==, color);
  g_assert_cmpint (json_object_get_int_member (item (e), "size"), ==, size);
}

static void
test_one_field_till_is_newer (Engine *e)
{
  g_autoptr (SyncConflict) conflict = NULL;

  both_change (e, "", "POST", SET_VALUE, SET_BLUE, "{\"color\":\"green\",\"size\":2}", BEFORE);
  assert_ended (e, 0, "local_wins", "policy last-write-wins");
  engine_assert_state (e, 1, SYNC_STATE_COMPLETED);
  assert_item (e, "blue", 2);
  conflict = conflict_at (e, 0);
  g_assert_cmpstr (conflict->local_data, ==, "{\"color\": \"blue\"}");
}

static void
test_one_field_server_is_newer (Engine *e)
{
  both_change (e, "", "POST", SET_VALUE, SET_BLUE, "{\"color\":\"green\",\"size\":2}", AFTER);
  assert_ended (e, 0, "server_wins", "policy last-write-wins");
  engine_assert_state (e, 1, SYNC_STATE_DISCARDED);
  assert_item (e, "green", 2);
}

static void
undo_it (Engine *e)
{
  gint64 undo = sync_engine_undo_resolution (e->engine, 1, "anna", NULL);

  engine_run_for (e, 60000);
  engine_assert_state (e, undo, SYNC_STATE_COMPLETED);
}

static void
test_one_field_undone (Engine *e)
{
  test_one_field_till_is_newer (e);
  undo_it (e);
  assert_item (e, "green", 2);
}

static void
test_one_field_written_after_all (Engine *e)
{
  test_one_field_server_is_newer (e);
  undo_it (e);
  assert_item (e, "blue", 2);
}

/* What is saved names each field: it goes where the merge takes all of it … */
static void
test_whole_till_is_newer (Engine *e)
{
  both_change (e, "", "POST", SAVE, "{\"doc\":" WHOLE "}", "{\"color\":\"green\",\"size\":1}", BEFORE);
  assert_ended (e, 0, "local_wins", "policy last-write-wins");
  assert_item (e, "blue", 1);
}

/* … and not over what somebody else has changed in another field. */
static void
test_whole_different_fields (Engine *e)
{
  g_autoptr (GError) error = NULL;

  both_change (e, "", "POST", SAVE, "{\"doc\":" WHOLE "}", "{\"color\":\"red\",\"size\":2}", BEFORE);
  assert_asked (e, 0, "something of each side would stand");
  assert_item (e, "red", 2);
  g_assert_false (sync_engine_resolve (e->engine, 1, SYNC_RESOLUTION_MERGED, NULL, "anna", &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED);
}

/* A document inside of one called data is compared field by field as any other. */
static void
test_in_data (Engine *e)
{
  both_change (e, "*=merge", "PUT", ITEM, "{\"data\":" BLUE "}", "{\"color\":\"green\",\"size\":2}", BEFORE);
  assert_asked (e, 0, "both sides changed it");
  assert_item (e, "green", 2);
}

static void
test_patch (Engine *e)
{
  both_change (e, "", "PATCH", "/api/v2/document/Item/A", BLUE, "{\"color\":\"red\",\"size\":2}", AFTER);
  assert_ended (e, 0, "local_wins", "policy last-write-wins");
  assert_item (e, "blue", 2);
}

/* Two writes of the till wait, both made on the same version, while somebody else writes: what the first one's conflict ends
 * with is no answer for the second. */
static void
two_wait (Engine *e, const char *policies, const char *method, const char *second, const char *theirs, const char *modified)
{
  start_with (e, policies);
  toy_site_set_user (e->site, "cashier@example.com");
  sync_engine_set_offline (e->engine, TRUE);
  change (e, BASE, BLUE);
  call (e, method, ITEM, BASE, second);
  somebody_writes (e, theirs, modified);
  sync_engine_set_offline (e->engine, FALSE);
  engine_run_for (e, 60000);
  assert_ended (e, 0, "local_wins", "policy last-write-wins");
  engine_assert_state (e, 1, SYNC_STATE_COMPLETED);
}

#define SMALL "{\"size\":0,\"modified\":\"2026-01-01 00:00:00.000001\"}"
#define SHAPED "{\"shape\":\"round\",\"modified\":\"2026-01-01 00:00:00.000001\"}"
#define BLACK "{\"color\":\"black\",\"modified\":\"2026-01-01 00:00:00.000001\"}"

static void
test_second_meets_newer (Engine *e)
{
  two_wait (e, "", "PUT", SMALL, "{\"color\":\"red\",\"size\":2}", AFTER);
  g_assert_cmpuint (n_conflicts (e), ==, 2);
  assert_ended (e, 1, "server_wins", "policy last-write-wins");
  assert_item (e, "blue", 2);
}

static void
test_second_meets_older (Engine *e)
{
  two_wait (e, "", "PUT", SMALL, "{\"color\":\"red\",\"size\":2}", "2026-01-01 00:00:00.000002");
  g_assert_cmpuint (n_conflicts (e), ==, 2);
  assert_ended (e, 1, "local_wins", "policy last-write-wins");
  assert_item (e, "blue", 0);
}

static void
test_second_is_elsewhere (Engine *e)
{
  two_wait (e, "", "PUT", SHAPED, "{\"color\":\"red\",\"size\":2}", AFTER);
  g_assert_cmpuint (n_conflicts (e), ==, 1);
  engine_assert_state (e, 2, SYNC_STATE_COMPLETED);
  assert_item (e, "blue", 2);
  g_assert_cmpstr (json_object_get_string_member (item (e), "shape"), ==, "round");
}

/* What the first one wrote is no version of somebody else. */
static void
test_second_of_same_field (Engine *e)
{
  two_wait (e, "", "PUT", BLACK, "{\"color\":\"red\",\"size\":2}", AFTER);
  g_assert_cmpuint (n_conflicts (e), ==, 1);
  engine_assert_state (e, 2, SYNC_STATE_COMPLETED);
  assert_item (e, "black", 2);
}

static void
test_second_deletes (Engine *e)
{
  two_wait (e, "", "DELETE", "{}", "{\"color\":\"red\",\"size\":2}", AFTER);
  g_assert_cmpuint (n_conflicts (e), ==, 2);
  assert_ended (e, 1, "server_wins", "policy last-write-wins");
  assert_item (e, "blue", 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  engine_test_add ("/sync/conflicts/different-fields", test_different_fields);
  engine_test_add ("/sync/conflicts/till-is-newer", test_till_is_newer);
  engine_test_add ("/sync/conflicts/server-is-newer", test_server_is_newer);
  engine_test_add ("/sync/conflicts/at-the-same-time", test_at_the_same_time);
  engine_test_add ("/sync/conflicts/policy-server", test_policy_server);
  engine_test_add ("/sync/conflicts/policy-local", test_policy_local);
  engine_test_add ("/sync/conflicts/policy-ask", test_policy_ask);
  engine_test_add ("/sync/conflicts/policy-merge", test_policy_merge);
  engine_test_add ("/sync/conflicts/without-base", test_without_base);
  engine_test_add ("/sync/conflicts/base-of-our-own", test_base_of_our_own);
  engine_test_add ("/sync/conflicts/again-and-again", test_again_and_again);
  engine_test_add ("/sync/conflicts/killed-before", test_killed_before);
  engine_test_add ("/sync/conflicts/gone-is-for-a-person", test_gone_is_for_a_person);
  engine_test_add ("/sync/conflicts/by-hand", test_by_hand);
  engine_test_add ("/sync/conflicts/history", test_history);
  engine_test_add ("/sync/conflicts/undo-of-local", test_undo_of_local);
  engine_test_add ("/sync/conflicts/undo-of-server", test_undo_of_server);
  engine_test_add ("/sync/conflicts/undo-is-late", test_undo_is_late);
  engine_test_add ("/sync/conflicts/undo-is-late-and-newer", test_undo_is_late_and_newer);
  engine_test_add ("/sync/conflicts/undo-is-late-and-local-wins", test_undo_is_late_and_local_wins);
  engine_test_add ("/sync/conflicts/undo-of-submitted", test_undo_of_submitted);
  engine_test_add ("/sync/conflicts/cancel-of-changed", test_cancel_of_changed);
  engine_test_add ("/sync/conflicts/cancel-without-base", test_cancel_without_base);
  engine_test_add ("/sync/conflicts/by-hand-is-a-change", test_by_hand_is_a_change);
  engine_test_add ("/sync/conflicts/rows-go-whole", test_rows_go_whole);
  engine_test_add ("/sync/conflicts/rows-in-preview", test_rows_in_preview);
  engine_test_add ("/sync/conflicts/exactly-equal", test_exactly_equal);
  engine_test_add ("/sync/conflicts/nearly-equal", test_nearly_equal);
  engine_test_add ("/sync/conflicts/no-time", test_no_time);
  engine_test_add ("/sync/conflicts/many-at-once", test_many_at_once);
  engine_test_add ("/sync/conflicts/many-with-long-names", test_many_with_long_names);
  engine_test_add ("/sync/conflicts/one-field/till-is-newer", test_one_field_till_is_newer);
  engine_test_add ("/sync/conflicts/one-field/server-is-newer", test_one_field_server_is_newer);
  engine_test_add ("/sync/conflicts/one-field/undone", test_one_field_undone);
  engine_test_add ("/sync/conflicts/one-field/written-after-all", test_one_field_written_after_all);
  engine_test_add ("/sync/conflicts/whole/till-is-newer", test_whole_till_is_newer);
  engine_test_add ("/sync/conflicts/whole/different-fields", test_whole_different_fields);
  engine_test_add ("/sync/conflicts/in-data", test_in_data);
  engine_test_add ("/sync/conflicts/patch", test_patch);
  engine_test_add ("/sync/conflicts/second/meets-newer", test_second_meets_newer);
  engine_test_add ("/sync/conflicts/second/meets-older", test_second_meets_older);
  engine_test_add ("/sync/conflicts/second/is-elsewhere", test_second_is_elsewhere);
  engine_test_add ("/sync/conflicts/second/of-same-field", test_second_of_same_field);
  engine_test_add ("/sync/conflicts/second/deletes", test_second_deletes);
  return g_test_run ();
}
