/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows and figures as JSON, in the names that the HTTP interface promises. What the till or the server said
 * as JSON is shown byte for byte, but for dots in place of what looks like a secret: it is spliced in as the text it
 * is. Pure functions. */
#include "config.h"

#include "sync-view.h"

#include <string.h>

#include "sync-json.h"
#include "sync-secret.h"
#include "sync-summary.h"

static void
add_string (JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_set_member_name (builder, name);
  if (value == NULL)
    json_builder_add_null_value (builder);
  else if (g_utf8_validate (value, -1, NULL))
    json_builder_add_string_value (builder, value);
  else
    {
      g_autofree char *valid = g_utf8_make_valid (value, -1);

      json_builder_add_string_value (builder, valid);
    }
}

static void
add_int (JsonBuilder *builder, const char *name, gint64 value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, value);
}

/* 0 stands for "there is none". */
static void
add_int_or_null (JsonBuilder *builder, const char *name, gint64 value)
{
  json_builder_set_member_name (builder, name);
  if (value == 0)
    json_builder_add_null_value (builder);
  else
    json_builder_add_int_value (builder, value);
}

static void
add_bool (JsonBuilder *builder, const char *name, gboolean value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_boolean_value (builder, value);
}

static char *
finish (JsonBuilder *builder)
{
  g_autoptr (JsonNode) root = NULL;

  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  return json_to_string (root, FALSE);
}

/* Adds a member to the text of an object that has at least one. @text is shown as it is if it is JSON, else
 * as a string. */
static void
splice (GString *object, const char *name, const char *text, gsize length, gboolean is_json)
{
  SyncJsonView value;

  g_string_truncate (object, object->len - 1);
  g_string_append_printf (object, ",\"%s\":", name);
  if (text == NULL)
    g_string_append (object, "null");
  else if (is_json && sync_json_check (text, length, &value, NULL))
    g_string_append_len (object, value.text, value.length);
  else
    {
      g_autofree char *valid = g_utf8_make_valid (text, length);

      sync_json_append_quoted (object, valid);
    }
  g_string_append_c (object, '}');
}

static void
splice_text (GString *object, const char *name, const char *text)
{
  splice (object, name, text, text != NULL ? strlen (text) : 0, TRUE);
}

/* A document of the till's or the server's. */
static void
splice_document (GString *object, const char *name, const char *text)
{
  g_autofree char *masked = text != NULL ? sync_secret_dup_masked (text, strlen (text)) : NULL;

  splice_text (object, name, masked != NULL ? masked : text);
}

static void
splice_body (GString *object, const char *name, const char *content_type, GBytes *body)
{
  g_autofree char *masked = sync_secret_dup_masked_body (content_type, body);
  gsize length = masked != NULL ? strlen (masked) : 0;
  const char *text = masked != NULL || body == NULL ? masked : g_bytes_get_data (body, &length);

  splice (object, name, text, length, content_type == NULL || strstr (content_type, "json") != NULL);
}

/* Whom it is for, and in which currency, as far as the body says so; the amount keeps its spelling and is spliced in. */
static void
add_summary (JsonBuilder *builder, const SyncSummary *summary)
{
  add_string (builder, "customer", summary->customer);
  add_string (builder, "title", summary->title);
  add_string (builder, "currency", summary->currency);
}

/**
 * sync_view_request:
 * @request: a row, with its body if `customer`, `title`, `amount` and `currency` are to be read from it
 *
 * Returns: (transfer full): it as it stands in the list
 */
char *
sync_view_request (const SyncRequest *request)
{
  g_autoptr (JsonBuilder) builder = json_builder_new_immutable ();
  g_autoptr (SyncSummary) summary = sync_summary_new (request->content_type, sync_request_get_body (request));
  g_autofree char *row = NULL;
  GString *object;

  json_builder_begin_object (builder);
  add_int (builder, "id", request->id);
  add_string (builder, "key", request->key);
  add_string (builder, "method", request->method);
  add_string (builder, "url", sync_request_get_url (request));
  add_string (builder, "status", sync_state_to_string (request->state));
  add_int (builder, "step", request->step);
  add_int (builder, "priority", request->priority);
  add_string (builder, "resourceType", request->resource_type);
  add_string (builder, "resourceId", request->resource_id);
  add_string (builder, "serverName", request->server_name);
  add_int (builder, "retryCount", request->retry_count);
  add_int_or_null (builder, "nextRetryAtMs", request->next_retry_at_ms);
  add_int (builder, "acceptedMs", request->accepted_ms);
  add_int (builder, "updatedMs", request->updated_ms);
  add_int_or_null (builder, "httpStatus", request->http_status);
  add_string (builder, "error", request->error_message);
  add_bool (builder, "needsPerson", request->needs_person);
  add_int_or_null (builder, "waitsFor", request->waits_for);
  add_string (builder, "waitsForStatus", request->waits_for != 0 ? sync_state_to_string (request->waits_for_state) : NULL);
  json_builder_set_member_name (builder, "dependsOn");
  json_builder_begin_array (builder);
  for (guint i = 0; request->depends_on != NULL && i < request->depends_on->len; i++)
    json_builder_add_int_value (builder, g_array_index (request->depends_on, gint64, i));
  json_builder_end_array (builder);
  add_summary (builder, summary);
  row = finish (builder);
  object = g_string_new (row);
  splice_text (object, "amount", summary->amount);
  return g_string_free (object, FALSE);
}

/**
 * sync_view_append_ids:
 * @text: where to
 * @ids: (element-type gint64): ids
 *
 * Writes a list of numbers.
 */
void
sync_view_append_ids (GString *text, GArray *ids)
{
  g_string_append_c (text, '[');
  for (guint i = 0; i < ids->len; i++)
    g_string_append_printf (text, "%s%" G_GINT64_FORMAT, i > 0 ? "," : "", g_array_index (ids, gint64, i));
  g_string_append_c (text, ']');
}

static void
splice_ids (GString *object, const char *name, GArray *ids)
{
  g_autoptr (GString) list = g_string_new (NULL);

  sync_view_append_ids (list, ids);
  splice (object, name, list->str, list->len, TRUE);
}

/**
 * sync_view_request_with_ids:
 * @request: a row
 * @name: of a member
 * @ids: (element-type gint64): its value
 *
 * Returns: (transfer full): the row as it stands in the list, with one member more
 */
char *
sync_view_request_with_ids (const SyncRequest *request, const char *name, GArray *ids)
{
  g_autofree char *row = sync_view_request (request);
  GString *object = g_string_new (row);

  splice_ids (object, name, ids);
  return g_string_free (object, FALSE);
}

static char *
view_attempt (const SyncAttempt *attempt)
{
  g_autoptr (JsonBuilder) builder = json_builder_new_immutable ();
  g_autofree char *row = NULL;
  g_autofree char *duration = NULL;
  GString *object;

  json_builder_begin_object (builder);
  add_int (builder, "number", attempt->number);
  add_string (builder, "kind", attempt->kind);
  add_int (builder, "startedMs", attempt->started_ms);
  add_int_or_null (builder, "httpStatus", attempt->http_status);
  add_string (builder, "excType", attempt->exc_type);
  add_string (builder, "verdict", attempt->verdict);
  add_string (builder, "message", attempt->message);
  row = finish (builder);
  object = g_string_new (row);
  /* A binary fraction would show more digits than there are. */
  if (attempt->duration_us >= 0)
    duration = g_strdup_printf ("%" G_GINT64_FORMAT ".%03u", attempt->duration_us / 1000,
                                (guint) (attempt->duration_us % 1000));
  splice_text (object, "durationMs", duration);
  return g_string_free (object, FALSE);
}

static void
add_history (JsonBuilder *builder, const SyncRequest *request)
{
  add_string (builder, "contentType", request->content_type);
  add_string (builder, "acceptedUrl", request->url);
  add_string (builder, "site", request->site);
  add_string (builder, "author", request->author);
  add_string (builder, "lane", request->lane);
  add_string (builder, "group", request->group_name);
  add_string (builder, "baseModified", request->base_modified);
  add_string (builder, "resourceVersion", request->resource_version);
  add_string (builder, "excType", request->exc_type);
  add_string (builder, "proof", request->proof);
  add_string (builder, "discardReason", request->discard_reason);
  add_int_or_null (builder, "supersededBy", request->superseded_by);
  add_int_or_null (builder, "undoOf", request->undo_of);
  add_int (builder, "timesSent", request->attempts);
  add_int (builder, "unaccounted", request->unaccounted);
}

/**
 * sync_view_request_in_full:
 * @request: a row with its bodies
 * @attempts: (element-type SyncAttempt): its attempts
 * @dependants: (element-type gint64): the requests that depend on it
 *
 * Returns: (transfer full): it with `body`, `attempts`, `response` and `dependants`; and `acceptedBody` if something else
 *   is sent than what was accepted, because ids in it were rewritten or a person, a policy or a hook changed it; dots
 *   stand in place of what looks like a secret
 */
char *
sync_view_request_in_full (const SyncRequest *request, GPtrArray *attempts, GArray *dependants)
{
  g_autoptr (JsonBuilder) builder = json_builder_new_immutable ();
  g_autofree char *row = sync_view_request (request);
  g_autofree char *history = NULL;
  g_autoptr (GString) list = g_string_new ("[");
  GString *object = g_string_new (row);

  json_builder_begin_object (builder);
  add_history (builder, request);
  history = finish (builder);
  g_string_truncate (object, object->len - 1);
  g_string_append_printf (object, ",%s", history + 1);
  for (guint i = 0; i < attempts->len; i++)
    {
      g_autofree char *attempt = view_attempt (g_ptr_array_index (attempts, i));

      g_string_append_printf (list, "%s%s", i > 0 ? "," : "", attempt);
    }
  g_string_append_c (list, ']');
  splice_ids (object, "dependants", dependants);
  splice (object, "attempts", list->str, list->len, TRUE);
  splice_body (object, "body", request->content_type, sync_request_get_body (request));
  if (request->effective_body != NULL && request->accepted_body != NULL)
    splice_body (object, "acceptedBody", request->content_type, request->accepted_body);
  splice_document (object, "response", request->response);
  return g_string_free (object, FALSE);
}

/**
 * sync_view_requests:
 * @requests: (element-type SyncRequest): rows
 * @next: what to ask for `after` to go on, 0 if this is the end
 *
 * Returns: (transfer full): `{requests,next}`
 */
char *
sync_view_requests (GPtrArray *requests, gint64 next)
{
  GString *text = g_string_new ("{\"requests\":[");

  for (guint i = 0; i < requests->len; i++)
    {
      g_autofree char *row = sync_view_request (g_ptr_array_index (requests, i));

      g_string_append_printf (text, "%s%s", i > 0 ? ",\n" : "", row);
    }
  if (next != 0)
    g_string_append_printf (text, "],\"next\":%" G_GINT64_FORMAT "}", next);
  else
    g_string_append (text, "],\"next\":null}");
  return g_string_free (text, FALSE);
}

static void
add_counts (JsonBuilder *builder, const SyncCounts *counts)
{
  json_builder_set_member_name (builder, "queueStats");
  json_builder_begin_object (builder);
  for (guint i = 0; i < SYNC_N_STATES; i++)
    add_int (builder, sync_state_to_string (i), counts->n[i]);
  add_int (builder, "total", counts->total);
  json_builder_end_object (builder);
  add_int (builder, "pendingConflicts", counts->pending_conflicts);
  add_int (builder, "needPerson", counts->needs_person);
  add_int_or_null (builder, "oldestPendingMs", counts->oldest_waiting_ms);
}

/* Null before the first answer that told the server's time. */
static void
add_clock (JsonBuilder *builder, const char *name, const SyncSnapshot *snapshot, gint64 value)
{
  json_builder_set_member_name (builder, name);
  if (snapshot->server_clock_known)
    json_builder_add_int_value (builder, value);
  else
    json_builder_add_null_value (builder);
}

static void
add_types (JsonBuilder *builder, const char *name, char **types)
{
  json_builder_set_member_name (builder, name);
  if (types == NULL)
    {
      json_builder_add_null_value (builder);
      return;
    }
  json_builder_begin_array (builder);
  for (guint i = 0; types[i] != NULL; i++)
    json_builder_add_string_value (builder, types[i]);
  json_builder_end_array (builder);
}

/**
 * sync_view_status:
 * @snapshot: the engine's figures
 * @config: its settings
 *
 * Returns: (transfer full): the status object; times in ms since 1970, %NULL where there is none
 */
char *
sync_view_status (const SyncSnapshot *snapshot, const SyncConfig *config)
{
  g_autoptr (JsonBuilder) builder = json_builder_new_immutable ();

  json_builder_begin_object (builder);
  add_string (builder, "state", sync_engine_state_to_string (snapshot->state));
  add_string (builder, "condition", sync_condition_to_string (snapshot->condition));
  add_string (builder, "conditionDetail", snapshot->condition_detail);
  add_string (builder, "notice", snapshot->notice);
  add_bool (builder, "isProcessing", snapshot->state == SYNC_ENGINE_SYNCING);
  add_bool (builder, "paused", snapshot->paused);
  add_int_or_null (builder, "pausedUntilMs", snapshot->paused_until_ms);
  add_types (builder, "pausedTypes", snapshot->paused_types);
  add_bool (builder, "offlineByHand", snapshot->offline_by_hand);
  add_int_or_null (builder, "nextTryMs", snapshot->next_try_ms);
  add_int_or_null (builder, "serverTriedMs", snapshot->tried_ms);
  add_int_or_null (builder, "lastSyncTime", snapshot->last_sync_ms);
  json_builder_set_member_name (builder, "stats");
  json_builder_begin_object (builder);
  add_int (builder, "successCount", snapshot->success_count);
  add_int (builder, "failureCount", snapshot->failure_count);
  add_int (builder, "conflictCount", snapshot->conflict_count);
  add_int (builder, "lastSyncDuration", snapshot->last_duration_ms);
  json_builder_end_object (builder);
  json_builder_set_member_name (builder, "progress");
  json_builder_begin_object (builder);
  add_int (builder, "done", snapshot->progress_done);
  add_int (builder, "total", snapshot->progress_total);
  json_builder_end_object (builder);
  add_counts (builder, &snapshot->counts);
  add_bool (builder, "safeToClose", snapshot->safe_to_close);
  add_clock (builder, "serverClockOffsetMs", snapshot, snapshot->server_clock_offset_ms);
  add_clock (builder, "serverClockUncertaintyMs", snapshot, snapshot->server_clock_uncertainty_ms);
  add_string (builder, "restoreReport", snapshot->restore_report);
  add_string (builder, "version", SYNC_VERSION);
  add_string (builder, "baseUrl", config->base_url);
  add_int (builder, "processingInterval", config->processing_interval);
  return finish (builder);
}

static char *
conflict_history (GPtrArray *events)
{
  g_autoptr (GString) text = g_string_new ("[");

  for (guint i = 0; i < events->len; i++)
    {
      const SyncConflictEvent *event = g_ptr_array_index (events, i);
      g_autoptr (JsonBuilder) builder = json_builder_new_immutable ();
      g_autofree char *line = NULL;

      json_builder_begin_object (builder);
      add_int (builder, "atMs", event->at_ms);
      add_string (builder, "event", event->event);
      add_string (builder, "resolution", event->resolution);
      add_string (builder, "actor", event->actor);
      add_string (builder, "reason", event->reason);
      line = finish (builder);
      g_string_append_printf (text, "%s%s", i > 0 ? "," : "", line);
    }
  g_string_append_c (text, ']');
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/**
 * sync_view_conflict:
 * @conflict: a conflict
 * @history: (nullable) (element-type SyncConflictEvent): what happened to it
 *
 * Returns: (transfer full): it with its documents, and its history if that is given
 */
char *
sync_view_conflict (const SyncConflict *conflict, GPtrArray *history)
{
  g_autofree char *events = history != NULL ? conflict_history (history) : NULL;
  g_autoptr (JsonBuilder) builder = json_builder_new_immutable ();
  g_autofree char *row = NULL;
  GString *object;

  json_builder_begin_object (builder);
  add_int (builder, "id", conflict->id);
  add_int (builder, "requestId", conflict->request_id);
  add_string (builder, "resourceType", conflict->resource_type);
  add_string (builder, "resourceId", conflict->resource_id);
  add_string (builder, "type", conflict->conflict_type);
  add_string (builder, "status", conflict->status);
  add_string (builder, "resolution", conflict->resolution);
  add_string (builder, "resolvedBy", conflict->resolved_by);
  add_int (builder, "createdMs", conflict->created_ms);
  add_int_or_null (builder, "resolvedMs", conflict->resolved_ms);
  add_int_or_null (builder, "askedMs", conflict->asked_ms);
  add_string (builder, "why", conflict->why);
  add_int_or_null (builder, "undoneBy", conflict->undone_by);
  row = finish (builder);
  object = g_string_new (row);
  splice_document (object, "base", conflict->base_data);
  splice_document (object, "local", conflict->local_data);
  splice_document (object, "server", conflict->server_data);
  splice_document (object, "result", conflict->result_data);
  if (events != NULL)
    splice_text (object, "history", events);
  return g_string_free (object, FALSE);
}

/**
 * sync_view_conflicts:
 * @conflicts: (element-type SyncConflict): rows
 *
 * Returns: (transfer full): `{conflicts}`
 */
char *
sync_view_conflicts (GPtrArray *conflicts)
{
  GString *text = g_string_new ("{\"conflicts\":[");

  for (guint i = 0; i < conflicts->len; i++)
    {
      g_autofree char *row = sync_view_conflict (g_ptr_array_index (conflicts, i), NULL);

      g_string_append_printf (text, "%s%s", i > 0 ? ",\n" : "", row);
    }
  g_string_append (text, "]}");
  return g_string_free (text, FALSE);
}

/**
 * sync_view_keys:
 * @keys: (element-type SyncKey): what is known of the keys of some DocTypes
 *
 * Returns: (transfer full): `{keys}`
 */
char *
sync_view_keys (GPtrArray *keys)
{
  g_autoptr (JsonBuilder) builder = json_builder_new_immutable ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "keys");
  json_builder_begin_array (builder);
  for (guint i = 0; i < keys->len; i++)
    {
      const SyncKey *key = g_ptr_array_index (keys, i);

      json_builder_begin_object (builder);
      add_string (builder, "type", key->resource_type);
      add_string (builder, "field", key->field);
      add_bool (builder, "shipped", key->shipped);
      add_string (builder, "state", sync_key_state_to_string (key->state));
      add_bool (builder, "enforced", key->state == SYNC_KEY_ENFORCED);
      add_int_or_null (builder, "seenMs", key->seen_ms);
      add_string (builder, "words", key->words);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  return finish (builder);
}

static void
add_metric (GString *text, const char *name, const char *type, const char *help, double value)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append_printf (
      text, "# HELP posawesome_sync_%s %s\n# TYPE posawesome_sync_%s %s\nposawesome_sync_%s %s\n", name, help,
      name, type, name, g_ascii_formatd (number, sizeof number, "%.15g", value));
}

/* 1 for everything, or for each DocType that alone is paused. */
static void
add_paused (GString *text, const SyncSnapshot *snapshot)
{
  g_string_append (text, "# HELP posawesome_sync_paused Whether a person paused the delivery of everything, or of a type.\n"
                         "# TYPE posawesome_sync_paused gauge\n");
  g_string_append_printf (text, "posawesome_sync_paused{type=\"\"} %d\n", snapshot->paused && snapshot->paused_types == NULL);
  for (guint i = 0; snapshot->paused_types != NULL && snapshot->paused_types[i] != NULL; i++)
    {
      g_string_append (text, "posawesome_sync_paused{type=");
      sync_json_append_quoted (text, snapshot->paused_types[i]);
      g_string_append (text, "} 1\n");
    }
}

/**
 * sync_view_metrics:
 * @snapshot: the engine's figures
 * @connections: open connections to the gateway
 * @listeners: of them those that listen to events
 *
 * Returns: (transfer full): Prometheus text, format 0.0.4; times in seconds since 1970, 0 where there is none
 */
char *
sync_view_metrics (const SyncSnapshot *snapshot, guint connections, guint listeners)
{
  GString *text = g_string_new ("# HELP posawesome_sync_requests Requests in each state.\n"
                                "# TYPE posawesome_sync_requests gauge\n");

  for (guint i = 0; i < SYNC_N_STATES; i++)
    g_string_append_printf (text, "posawesome_sync_requests{state=\"%s\"} %u\n", sync_state_to_string (i),
                            snapshot->counts.n[i]);
  g_string_append (text, "# HELP posawesome_sync_condition Which condition holds.\n"
                         "# TYPE posawesome_sync_condition gauge\n");
  for (guint i = SYNC_CONDITION_ONLINE; i <= SYNC_CONDITION_STORAGE_TROUBLE; i++)
    g_string_append_printf (text, "posawesome_sync_condition{condition=\"%s\"} %d\n",
                            sync_condition_to_string (i), snapshot->condition == i);
  add_paused (text, snapshot);
  add_metric (text, "delivered_total", "counter", "Requests delivered.", (double) snapshot->success_count);
  add_metric (text, "failed_total", "counter", "Requests refused or given up.",
              (double) snapshot->failure_count);
  add_metric (text, "conflicts_total", "counter", "Conflicts opened.", (double) snapshot->conflict_count);
  add_metric (text, "pending_conflicts", "gauge", "Conflicts that are open.",
              snapshot->counts.pending_conflicts);
  add_metric (text, "needs_person", "gauge", "Requests that a person has to look at.",
              snapshot->counts.needs_person + snapshot->counts.n[SYNC_STATE_FAILED]
                + snapshot->counts.n[SYNC_STATE_CONFLICT]);
  add_metric (text, "oldest_waiting_timestamp_seconds", "gauge",
              "When the oldest waiting request was accepted.",
              (double) snapshot->counts.oldest_waiting_ms / 1000);
  add_metric (text, "last_sync_timestamp_seconds", "gauge",
              "End of the last sweep that delivered or found nothing due.",
              (double) snapshot->last_sync_ms / 1000);
  add_metric (text, "last_sync_duration_seconds", "gauge", "Length of the last sweep.",
              (double) snapshot->last_duration_ms / 1000);
  add_metric (text, "safe_to_close", "gauge", "1 while nothing waits.", snapshot->safe_to_close);
  add_metric (text, "gateway_connections", "gauge", "Open connections to the gateway.", connections);
  add_metric (text, "gateway_event_listeners", "gauge", "Listeners to the event stream.", listeners);
  return g_string_free (text, FALSE);
}
