/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settling what is unknown by looking at the server: by the key for what was created or called, by the name for what
 * was changed. A look changes nothing there; what it finds is one transaction here. Absence counts only where the key
 * cannot be resent, after the settle time, and seen twice. Engine's thread only. */
#include "config.h"

#include "sync-engine-private.h"

#include "sync-backoff.h"
#include "sync-body.h"
#include "sync-error.h"
#include "sync-mutant.h"

#include <string.h>

/* Looks in a row that were answered by something else than what was asked, before a person is asked: with the back-off some
 * twenty-five minutes. */
#define VAIN_LOOKS_BEFORE_PERSON 12

/* The change of the row of @op from where it is now, decided by a look. */
SyncChange
sync_settle_change (SyncOperation *op, SyncState to, const char *verdict)
{
  SyncChange change = SYNC_CHANGE_INIT;

  change.id = op->id;
  change.from = op->request->state;
  change.to = to;
  change.kind = "look";
  change.verdict = verdict;
  change.duration_us = sync_clock_boot_us (op->engine->clock) - op->started_us;
  if (op->answer != NULL)
    {
      change.http_status = op->answer->status;
      change.exc_type = op->answer->exc_type;
      change.heard = op->answer->message;
    }
  return change;
}

/* Ends @op with the change written down. */
void
sync_settle_write_down (SyncOperation *op, const SyncChange *change)
{
  g_autoptr (GError) error = NULL;

  /* A look that cannot be written down is made again. */
  if (!sync_engine_apply (op->engine, change, &error))
    {
      if (!g_error_matches (error, SYNC_ERROR, SYNC_ERROR_STALE))
        sync_engine_set_storage_trouble (op->engine, error);
    }
  sync_operation_end (op);
}

/* Settled: nothing is unaccounted for any more. */
void
sync_settle_as (SyncOperation *op, SyncState to, const char *verdict, const char *message)
{
  SyncChange change = sync_settle_change (op, to, verdict);

  change.unaccounted = 0;
  change.delay_ms = 0;
  change.needs_person = 0;
  change.message = message;
  if (to == SYNC_STATE_COMPLETED)
    {
      change.proof = "look";
      change.message = "";
    }
  sync_settle_write_down (op, &change);
}

static void
give_to_person (SyncOperation *op, const char *verdict, const char *why)
{
  SyncChange change;

  if (op->request->state == SYNC_STATE_PENDING)
    {
      change = sync_settle_change (op, SYNC_STATE_FAILED, "unsendable");
      change.message = why;
      sync_settle_write_down (op, &change);
      return;
    }
  change = sync_settle_change (op, SYNC_STATE_UNKNOWN, verdict);
  change.needs_person = 1;
  change.message = why;
  sync_settle_write_down (op, &change);
}

/* Nobody but a person can decide; the row keeps its place. */
void
sync_settle_give_to_person (SyncOperation *op, const char *why)
{
  give_to_person (op, "undecided", why);
}

/* The host is away: the row stays as it is, and due. */
gboolean
sync_settle_ends_with_the_host (SyncOperation *op)
{
  if (!sync_breaker_is_open (&op->engine->breaker))
    return FALSE;
  sync_operation_end (op);
  return TRUE;
}

/* Not now: the same question again later. */
void
sync_settle_look_later (SyncOperation *op, gint64 delay_ms, const char *verdict, const char *message)
{
  SyncChange change = sync_settle_change (op, op->request->state, verdict);

  change.delay_ms = delay_ms;
  change.message = message;
  sync_settle_write_down (op, &change);
}

/* Whether @document is the version that @request was sent against. */
static gboolean
is_version (const char *document, const SyncRequest *request)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *object = sync_question_parse (parser, document, -1);

  return object != NULL
         && g_strcmp0 (sync_json_member_text (object, "modified", NULL), request->base_modified) == 0;
}

static char *
dup_document_of_answer (const char *answer)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonNode *document = sync_question_get_kept_document (answer, parser);

  return document != NULL ? json_to_string (document, FALSE) : NULL;
}

/* (transfer full) (nullable): the document that @request was made on, as the till read it or as our own writes made it;
 * NULL where nobody kept it: then nothing is guessed. */
char *
sync_settle_dup_base (SyncEngine *self, const SyncRequest *request)
{
  g_autofree char *kept = NULL;
  g_autofree char *document = NULL;
  gboolean is_answer;

  if (request->base_modified == NULL)
    return NULL;
  if (request->base_document != NULL)
    {
      document = g_strndup (g_bytes_get_data (request->base_document, NULL), g_bytes_get_size (request->base_document));
      if (is_version (document, request))
        return g_steal_pointer (&document);
      g_clear_pointer (&document, g_free);
    }
  kept = sync_store_dup_version (self->store, request, request->base_modified, &is_answer);
  document = kept != NULL && is_answer ? dup_document_of_answer (kept) : g_steal_pointer (&kept);
  return is_version (document, request) ? g_steal_pointer (&document) : NULL;
}

/* (transfer full) (nullable): what @request would write: of a change, by its @route (nullable), the fields, wherever in the
 * body they stand; else the body */
char *
sync_settle_dup_local (const SyncRoute *route, const SyncRequest *request)
{
  GBytes *body = sync_request_get_body (request);
  char *document = NULL;

  if (body == NULL)
    return NULL;
  if (route != NULL && route->action == SYNC_ACTION_UPDATE)
    document = sync_body_dup_document (route, request->content_type, body);
  return document != NULL ? document : g_strndup (g_bytes_get_data (body, NULL), g_bytes_get_size (body));
}

SyncConflict *
sync_settle_new_conflict (SyncEngine *self, const SyncRequest *request, const char *type, const char *server_data,
                          const char *server_version)
{
  SyncConflict *conflict = sync_conflict_new ();
  g_autoptr (SyncRoute) route = sync_engine_match (self, request, NULL);

  conflict->request_id = request->id;
  conflict->resource_type = g_strdup (request->resource_type);
  conflict->resource_id = g_strdup (sync_request_get_document_name (request));
  conflict->conflict_type = g_strdup (type);
  conflict->base_data = sync_settle_dup_base (self, request);
  conflict->local_data = sync_settle_dup_local (route, request);
  conflict->server_data = g_strdup (server_data);
  conflict->server_version = g_strdup (server_version);
  return conflict;
}

/* The conflict is with the document @name, NULL: with the row's own; the row goes on with that of @server_name, NULL: with
 * the one that it has. */
void
sync_settle_open_conflict_as (SyncOperation *op, const char *type, const char *name, const char *server_name,
                              const char *server_data, const char *server_version)
{
  g_autoptr (SyncConflict) conflict = sync_settle_new_conflict (op->engine, op->request, type, server_data, server_version);
  SyncChange change = sync_settle_change (op, SYNC_STATE_CONFLICT, type);

  if (name != NULL)
    {
      g_free (conflict->resource_id);
      conflict->resource_id = g_strdup (name);
    }
  change.unaccounted = 0;
  change.needs_person = 0;
  change.server_name = server_name;
  change.conflict = conflict;
  sync_settle_write_down (op, &change);
}

/* Another version stands there. */
void
sync_settle_open_conflict (SyncOperation *op, const char *type, const char *server_data, const char *server_version)
{
  sync_settle_open_conflict_as (op, type, NULL, NULL, server_data, server_version);
}

/* Whether the last answer asks for a look before anything is sent again. So does a send whose key nothing enforced: that
 * the key is enforced by now does not tell whether that one arrived. */
gboolean
sync_settle_wants_look (SyncEngine *self, const SyncRoute *route, const SyncRequest *request)
{
  g_auto (SyncHistory) history = { 0 };

  sync_history_read (self, route, request, &history);
  return sync_history_is_refusal (&history, self, request) || sync_history_ended (&history, SYNC_VERDICT_UNPROVEN)
         || sync_history_ended (&history, SYNC_VERDICT_GONE) || history.unkeyed;
}

/* Whether it is looked for by its key: what it makes has no name that we know. */
gboolean
sync_settle_looks_by_key (const SyncRoute *route, const SyncRequest *request)
{
  return (route->action == SYNC_ACTION_CREATE || route->action == SYNC_ACTION_CALL) && request->step == 0;
}

static gboolean
can_look_by_key (SyncEngine *self, const SyncRoute *route)
{
  return route->key_field != NULL && sync_engine_key_is_enforced (self, route);
}

/* Whether the server can be asked under the key, or by the name, what became of the request. */
gboolean
sync_settle_can_look (SyncEngine *self, const SyncRoute *route, const SyncRequest *request)
{
  if (request->resource_type == NULL)
    return FALSE;
  if (sync_settle_looks_by_key (route, request))
    return can_look_by_key (self, route);
  return sync_request_get_document_name (request) != NULL;
}

/* Whether the server's last refusal is about the key, and not about something else that has to be unique. It names the field
 * by its label, which is the name in words. */
static gboolean
names_the_key (SyncOperation *op)
{
  g_autofree char *label = g_utf8_casefold (op->route->key_field, -1);
  g_autofree char *words = NULL;

  if (g_strcmp0 (op->request->exc_type, "UniqueValidationError") != 0 || op->request->error_message == NULL)
    return FALSE;
  words = g_utf8_casefold (op->request->error_message, -1);
  g_strdelimit (label, "_", ' ');
  return strstr (words, label) != NULL;
}

/* Nothing stands under our key. */
static void
absent_by_key (SyncOperation *op)
{
  SyncEngine *self = op->engine;
  g_auto (SyncHistory) history = { 0 };
  gint64 wait_ms;
  gboolean refused;

  sync_history_read (self, op->route, op->request, &history);
  refused = sync_history_is_refusal (&history, self, op->request);
  if (op->request->server_name != NULL)
    {
      g_autofree char *why
        = g_strdup_printf ("It was on the server as %s and is not there any more: deleted by somebody, or out of sight",
                           op->request->server_name);

      give_to_person (op, SYNC_LOOK_MISSING, why);
      return;
    }
  if (op->request->unaccounted > 0 && history.unkeyed && sync_natural_can_look (self, op->route, op->request))
    {
      sync_natural_look (op);
      return;
    }
  if (op->request->unaccounted > 0 && history.unkeyed)
    {
      /* Without a key it would not be found by it, either. */
      sync_settle_give_to_person (op, "It was sent when the server did not enforce its key, and no answer came back. The"
                                      " server shows nothing under the key, so only a person can tell whether it arrived.");
      return;
    }
  /* An earlier send may still be on its way through the server. */
  wait_ms = op->request->unaccounted > 0 ? MAX (sync_absence_see (op), sync_absence_get_wait_ms (op)) : 0;
  if (wait_ms > 0)
    {
      sync_settle_look_later (op, sync_absence_space_ms (wait_ms), "absent", NULL);
      return;
    }
  if (sync_history_ended (&history, SYNC_VERDICT_TAKEN) && names_the_key (op))
    sync_settle_give_to_person (op, "The server says that its key is taken, and shows nothing under it: the document may be"
                                    " out of this user's sight. Only somebody who may see it can tell.");
  else if (sync_history_ended (&history, SYNC_VERDICT_TAKEN) && history.n_unsure == 0
           && sync_taken_can_look (op->route, op->request, op->request->exc_type, op->request->error_message))
    sync_taken_look (op);
  else
    sync_settle_as (op, refused ? SYNC_STATE_FAILED : SYNC_STATE_PENDING, "absent",
                    refused ? op->request->error_message : NULL);
}

/* It is not there, under any name. */
void
sync_settle_gone (SyncOperation *op)
{
  if (op->route->action == SYNC_ACTION_DELETE)
    sync_settle_as (op, SYNC_STATE_COMPLETED, "gone", NULL);
  else
    sync_settle_open_conflict (op, "edit_delete", NULL, NULL);
}

/* Nothing stands there under its key, or its name. */
void
sync_settle_absent (SyncOperation *op)
{
  if (sync_settle_looks_by_key (op->route, op->request))
    absent_by_key (op);
  else if (sync_renamed_follow_lane (op))
    return;
  else if (sync_renamed_can_look (op->engine, op->route, op->request))
    sync_renamed_look (op);
  else
    sync_settle_gone (op);
}

static gboolean
is_no (SyncVerdict verdict)
{
  return verdict == SYNC_VERDICT_REFUSED || verdict == SYNC_VERDICT_GONE || verdict == SYNC_VERDICT_ASK;
}

/* The server did not let us look. */
static void
unreadable (SyncOperation *op, const SyncAnswer *answer)
{
  const char *words = answer->message != NULL       ? answer->message
                      : is_no (op->outcome.verdict) ? "no permission"
                                                    : "what comes back is broken, or about something else";
  g_autofree char *why = NULL;

  if (op->unreadable != NULL)
    {
      op->unreadable (op);
      return;
    }
  if (op->request->state == SYNC_STATE_PENDING)
    why = g_strdup_printf ("%s cannot be read on the server, so what it has become there is not known, and nothing was sent: %s",
                           op->request->resource_type, words);
  else
    why = g_strdup_printf ("%s cannot be read on the server, so nobody but a person can tell whether it arrived: %s",
                           op->request->resource_type, words);
  sync_settle_give_to_person (op, why);
}

static void
who_looked (SyncEngine *self, SyncHostNews news, const SyncAnswer *answer, const char *words, gpointer user_data)
{
  SyncOperation *op = user_data;

  if (sync_operation_is_dropped (op))
    {
      sync_operation_end (op);
      return;
    }
  sync_engine_note_host (self, news, answer, words);
  if (news == SYNC_HOST_UP)
    unreadable (op, op->answer);
  else
    sync_operation_end (op);
}

/* The host is there, and did not tell: the same question again, each time later. @words: (nullable): what came instead, for a row
 * that has no words of the server's for a send yet. */
static void
look_again (SyncOperation *op, const char *words)
{
  SyncEngine *self = op->engine;
  g_auto (SyncHistory) history = { 0 };

  sync_history_read (self, op->route, op->request, &history);
  sync_settle_look_later (op,
                          sync_backoff_delay_ms (history.n_unanswered, self->config->base_retry_delay,
                                                 self->config->max_retry_delay, self->random),
                          SYNC_LOOK_NO_ANSWER, op->request->state == SYNC_STATE_PENDING ? words : NULL);
}

/* Whether the looks for the row of @op have met trouble so often, this time included, that it will not pass. */
static gboolean
has_looked_enough (SyncOperation *op, guint enough)
{
  g_auto (SyncHistory) history = { 0 };

  sync_history_read (op->engine, op->route, op->request, &history);
  return history.n_unanswered + 1 >= enough;
}

/* The answer is none to what was asked: broken, or about something else. */
static void
look_in_vain (SyncOperation *op)
{
  gboolean passes = op->outcome.verdict == SYNC_VERDICT_NOT_DONE || op->outcome.verdict == SYNC_VERDICT_BUSY;

  if (sync_settle_ends_with_the_host (op))
    return;
  if (!passes && has_looked_enough (op, VAIN_LOOKS_BEFORE_PERSON))
    unreadable (op, op->answer);
  else
    look_again (op, op->answer != NULL && op->answer->message != NULL ? op->answer->message
                    : op->reply != NULL                               ? op->reply->error
                                                                      : NULL);
}

/* Whether a look was shown the document that it asked for, and not what somebody else asked for. */
static gboolean
is_asked (SyncOperation *op, JsonObject *document)
{
  const char *doctype = sync_json_member_text (document, "doctype", NULL);
  g_autofree char *name = sync_question_dup_name (document);

  return name != NULL && op->asked != NULL && sync_document_is (doctype, name, op->request->resource_type, op->asked);
}

/* The document that a look was shown, for as long as @parser lives; NULL: none, or another than was asked for. */
JsonNode *
sync_settle_get_shown (SyncOperation *op, JsonParser *parser)
{
  JsonNode *data = sync_question_get_data (op->reply, parser);

  return op->outcome.verdict == SYNC_VERDICT_DELIVERED && data != NULL && JSON_NODE_HOLDS_OBJECT (data)
             && is_asked (op, json_node_get_object (data))
           ? data
           : NULL;
}

/* The same of one that was found by its key. */
static gboolean
is_what_was_asked_for (SyncOperation *op, JsonObject *document)
{
  const char *key_field = sync_settle_looks_by_key (op->route, op->request) ? op->route->key_field : NULL;

  if (!is_asked (op, document))
    return FALSE;
  return key_field == NULL || !json_object_has_member (document, key_field)
         || sync_key_is_stored_as (op->request->key,
                                   sync_json_member_text (document, key_field, NULL));
}

static void looked_cb (GObject *source, GAsyncResult *result, gpointer user_data);

/* One answer to a look: a document, a list of at most one name, or none. */
static void
take_look (SyncOperation *op)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonNode *data = sync_question_get_data (op->reply, parser);

  if (op->outcome.verdict == SYNC_VERDICT_DELIVERED && data != NULL && JSON_NODE_HOLDS_OBJECT (data))
    {
      if (is_what_was_asked_for (op, json_node_get_object (data)) || SYNC_MUTANT ("any-document-as-found"))
        sync_found_take (op, json_node_get_object (data));
      else
        look_in_vain (op);
    }
  else if (op->outcome.verdict == SYNC_VERDICT_DELIVERED && data != NULL && JSON_NODE_HOLDS_ARRAY (data))
    {
      JsonArray *rows = json_node_get_array (data);
      g_autofree char *name = NULL;

      if (json_array_get_length (rows) > 0 && JSON_NODE_HOLDS_OBJECT (json_array_get_element (rows, 0)))
        name = sync_question_dup_name (json_array_get_object_element (rows, 0));
      if (json_array_get_length (rows) == 0)
        sync_settle_absent (op);
      else if (name == NULL)
        look_in_vain (op);
      /* Another answer may have closed the line meanwhile. */
      else if (!sync_settle_ends_with_the_host (op))
        sync_settle_read (op, name, looked_cb);
    }
  else if (op->outcome.verdict == SYNC_VERDICT_GONE)
    sync_settle_absent (op);
  else
    sync_settle_take_trouble (op);
}

/* The answer to a look is none. */
void
sync_settle_take_trouble (SyncOperation *op)
{
  SyncEngine *self = op->engine;

  /* It need not be looked at: it is sent, and the server tells. */
  if (op->look_first && (is_no (op->outcome.verdict) || has_looked_enough (op, SYNC_LOOKS_BEFORE_PERSON)))
    {
      op->look_first = FALSE;
      sync_delivery_continue (op);
      return;
    }
  if (op->outcome.verdict == SYNC_VERDICT_ASK && sync_settle_ends_with_the_host (op))
    return;
  if (op->outcome.verdict == SYNC_VERDICT_ASK)
    sync_probe_ask_who (self, op->cancellable, who_looked, op);
  else if (is_no (op->outcome.verdict)
           || (op->outcome.verdict == SYNC_VERDICT_RETRY && has_looked_enough (op, SYNC_LOOKS_BEFORE_PERSON)))
    unreadable (op, op->answer);
  else
    look_in_vain (op);
}

static void
looked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SyncOperation *op = user_data;

  if (sync_question_take_reply (op, SYNC_TRANSPORT (source), result))
    take_look (op);
}

/* Reads the document of that name of the DocType of @op; the answer comes to @callback. */
void
sync_settle_read (SyncOperation *op, const char *name, GAsyncReadyCallback callback)
{
  g_autofree char *path = sync_route_dup_document_path (op->request->resource_type, name);

  g_free (op->asked);
  op->asked = g_strdup (name);
  sync_question_ask (op, path, callback);
}

static const char *
words_of_nothing_to_look_for (SyncOperation *op)
{
  g_auto (SyncHistory) history = { 0 };

  sync_history_read (op->engine, op->route, op->request, &history);
  if ((sync_store_get_restore_report (op->engine->store) != NULL || sync_store_get_loss_report (op->engine->store) != NULL)
      && !sync_history_ended (&history, SYNC_VERDICT_UNKNOWN) && !sync_history_ended (&history, SYNC_VERDICT_UNPROVEN))
    return "The queue was restored or copied, or was damaged, so it may have been delivered already. The server offers "
           "nothing to look for, so only a person can tell whether it arrived.";
  return "It was sent and no answer came back. The server offers nothing to look for, so only a person can tell whether "
         "it arrived.";
}

/* Looks what became of the row of @op, which is unknown, or pending without a base. */
void
sync_settle_look (SyncOperation *op)
{
  g_autofree char *path = NULL;

  if (!sync_settle_can_look (op->engine, op->route, op->request))
    {
      if (op->request->unaccounted == 0
          && sync_taken_can_look (op->route, op->request, op->request->exc_type, op->request->error_message))
        sync_taken_look (op);
      else if (sync_settle_looks_by_key (op->route, op->request)
               && sync_natural_can_look (op->engine, op->route, op->request))
        sync_natural_look (op);
      else
        sync_settle_give_to_person (op, words_of_nothing_to_look_for (op));
      return;
    }
  if (!sync_settle_looks_by_key (op->route, op->request))
    {
      sync_settle_read (op, sync_request_get_document_name (op->request), looked_cb);
      return;
    }
  path = sync_question_dup_find_path (op->request->resource_type, op->route->key_field, op->request->key);
  sync_question_ask (op, path, looked_cb);
}

/* Somebody on the way answers the question for the key, each time: then it is sent as one whose key nothing enforces. */
static void
prove_later (SyncOperation *op, const char *words)
{
  /* What was sent under the key already is settled by it alone. */
  if (op->request->state != SYNC_STATE_PENDING || !has_looked_enough (op, VAIN_LOOKS_BEFORE_PERSON))
    {
      look_again (op, words);
      return;
    }
  sync_trust_give_up (op->engine, op->route->resource_type);
  sync_delivery_continue (op);
}

static void
proven (SyncEngine *self, const char *resource_type, SyncKeyState state, const char *words, gpointer user_data)
{
  SyncOperation *op = user_data;

  if (sync_operation_is_dropped (op) || g_cancellable_is_cancelled (op->cancellable))
    sync_operation_end (op);
  else if (state != SYNC_KEY_UNPROVEN)
    sync_delivery_continue (op);
  else if (!sync_settle_ends_with_the_host (op))
    prove_later (op, words);
}

/* Finds out whether the key of the DocType of the row's route is enforced on the server. */
void
sync_settle_prove_key (SyncOperation *op)
{
  sync_trust_prove (op->engine, op->route->resource_type, op->cancellable, proven, op);
}
