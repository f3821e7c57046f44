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

/* Looks of one request that found nothing new before a person is asked. */
#define LOOKS_BEFORE_PERSON 5
/* Sends that the server called stale, although it shows the version that they carried. */
#define SENDS_BEFORE_PERSON 6
/* A submission that is queued on the server is given so long (ERPNext's limit for such a job is 4600 s). */
#define QUEUED_MAX_MS (4600 * 1000)
#define QUEUED_LOOK_MS (60 * 1000)

/* The change of the row of @op from where it is now, decided by a look. */
static SyncChange
change_of_look (SyncOperation *op, SyncState to, const char *verdict)
{
  SyncChange change = SYNC_CHANGE_INIT;

  change.id = op->id;
  change.from = op->request->state;
  change.to = to;
  change.kind = "look";
  change.verdict = verdict;
  change.duration_us = sync_clock_boot_us (op->engine->clock) - op->started_us;
  return change;
}

static void
write_down (SyncOperation *op, const SyncChange *change)
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

static void
settle_as (SyncOperation *op, SyncState to, const char *verdict, const char *message)
{
  SyncChange change = change_of_look (op, to, verdict);

  change.unaccounted = 0;
  change.delay_ms = 0;
  change.needs_person = 0;
  change.message = message;
  if (to == SYNC_STATE_COMPLETED)
    {
      change.proof = "look";
      change.message = "";
    }
  write_down (op, &change);
}

static void
give_to_person (SyncOperation *op, const char *verdict, const char *why)
{
  SyncChange change;

  if (op->request->state == SYNC_STATE_PENDING)
    {
      change = change_of_look (op, SYNC_STATE_FAILED, "unsendable");
      change.message = why;
      write_down (op, &change);
      return;
    }
  change = change_of_look (op, SYNC_STATE_UNKNOWN, verdict);
  change.needs_person = 1;
  change.message = why;
  write_down (op, &change);
}

/* Nobody but a person can decide; the row keeps its place. */
void
sync_settle_give_to_person (SyncOperation *op, const char *why)
{
  give_to_person (op, "undecided", why);
}

/* The host is away: the row stays as it is, and due. */
static gboolean
ends_with_the_host (SyncOperation *op)
{
  if (!sync_breaker_is_open (&op->engine->breaker))
    return FALSE;
  sync_operation_end (op);
  return TRUE;
}

/* Not now: the same question again later. */
static void
look_later (SyncOperation *op, gint64 delay_ms, const char *verdict, const char *message)
{
  SyncChange change = change_of_look (op, op->request->state, verdict);

  change.delay_ms = delay_ms;
  change.message = message;
  write_down (op, &change);
}

SyncConflict *
sync_settle_new_conflict (const SyncRequest *request, const char *type, const char *server_data, const char *server_version)
{
  SyncConflict *conflict = sync_conflict_new ();
  GBytes *body = sync_request_get_body (request);

  conflict->request_id = request->id;
  conflict->resource_type = g_strdup (request->resource_type);
  conflict->resource_id = g_strdup (sync_request_get_document_name (request));
  conflict->conflict_type = g_strdup (type);
  if (request->base_document != NULL)
    conflict->base_data = g_strndup (g_bytes_get_data (request->base_document, NULL), g_bytes_get_size (request->base_document));
  if (body != NULL)
    conflict->local_data = g_strndup (g_bytes_get_data (body, NULL), g_bytes_get_size (body));
  conflict->server_data = g_strdup (server_data);
  conflict->server_version = g_strdup (server_version);
  return conflict;
}

static void
open_conflict (SyncOperation *op, const char *type, const char *server_data, const char *server_version)
{
  g_autoptr (SyncConflict) conflict = sync_settle_new_conflict (op->request, type, server_data, server_version);
  SyncChange change = change_of_look (op, SYNC_STATE_CONFLICT, type);

  change.unaccounted = 0;
  change.needs_person = 0;
  change.conflict = conflict;
  write_down (op, &change);
}

/* The verdict of a look that could look for nothing, because nothing enforced the key. */
#define UNKEYED "unkeyed"

/* Whether a look, after the last send of the row, came to @verdict. */
static gboolean
was_looked_at (SyncEngine *self, gint64 id, const char *verdict)
{
  g_autoptr (GPtrArray) attempts = sync_store_list_attempts (self->store, id, NULL);
  gboolean found = FALSE;

  for (guint i = 0; attempts != NULL && i < attempts->len; i++)
    {
      const SyncAttempt *attempt = g_ptr_array_index (attempts, i);

      if (g_strcmp0 (attempt->kind, "send") == 0)
        found = FALSE;
      else if (g_strcmp0 (attempt->kind, "look") == 0 && g_strcmp0 (attempt->verdict, verdict) == 0)
        found = TRUE;
    }
  return found;
}

/* The last send of the row and how many looks followed it. */
static char *
last_send_verdict (SyncEngine *self, gint64 id, guint *n_looks, gint64 *sent_ms)
{
  g_autoptr (GPtrArray) attempts = sync_store_list_attempts (self->store, id, NULL);
  const SyncAttempt *last = NULL;
  guint looks = 0;

  for (guint i = 0; attempts != NULL && i < attempts->len; i++)
    {
      const SyncAttempt *attempt = g_ptr_array_index (attempts, i);

      if (g_strcmp0 (attempt->kind, "send") == 0)
        {
          last = attempt;
          looks = 0;
        }
      else if (g_strcmp0 (attempt->kind, "look") == 0 && g_strcmp0 (attempt->verdict, "no_answer") != 0)
        looks++;
    }
  if (n_looks != NULL)
    *n_looks = looks;
  if (sent_ms != NULL)
    *sent_ms = last != NULL ? last->started_ms + MAX (last->duration_us, 0) / 1000 : 0;
  return last != NULL ? g_strdup (last->verdict) : NULL;
}

static gboolean
verdict_is (const char *name, SyncVerdict verdict)
{
  return g_strcmp0 (name, sync_verdict_to_string (verdict)) == 0;
}

/* Whether the server will not take the request as it is: an answer says so, or the tries are used up. */
static gboolean
is_refusal (SyncEngine *self, const SyncRequest *request, const char *verdict)
{
  return verdict_is (verdict, SYNC_VERDICT_TAKEN) || verdict_is (verdict, SYNC_VERDICT_STALE)
         || verdict_is (verdict, SYNC_VERDICT_REFUSED) || verdict_is (verdict, SYNC_VERDICT_ASK)
         || (verdict_is (verdict, SYNC_VERDICT_RETRY) && request->retry_count >= self->config->max_retries);
}

/* Whether the last answer asks for a look before anything is sent again. So does a send whose key nothing enforced: that
 * the key is enforced by now does not tell whether that one arrived. */
gboolean
sync_settle_wants_look (SyncEngine *self, const SyncRequest *request)
{
  g_autofree char *verdict = last_send_verdict (self, request->id, NULL, NULL);

  return is_refusal (self, request, verdict) || verdict_is (verdict, SYNC_VERDICT_UNPROVEN)
         || was_looked_at (self, request->id, UNKEYED);
}

static gboolean
looks_by_key (const SyncRoute *route, const SyncRequest *request)
{
  return (route->action == SYNC_ACTION_CREATE || route->action == SYNC_ACTION_CALL) && request->step == 0;
}

/* Whether the server can be asked what became of the request. */
gboolean
sync_settle_can_look (SyncEngine *self, const SyncRoute *route, const SyncRequest *request)
{
  if (request->resource_type == NULL)
    return FALSE;
  if (looks_by_key (route, request))
    return route->key_field != NULL && sync_engine_key_is_enforced (self, route)
           && !was_looked_at (self, request->id, UNKEYED);
  return sync_request_get_document_name (request) != NULL;
}

/* The name of a document; some DocTypes number theirs. */
static char *
dup_name (JsonObject *document)
{
  JsonNode *node = json_object_get_member (document, "name");

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node))
    return NULL;
  if (json_node_get_value_type (node) == G_TYPE_INT64)
    return g_strdup_printf ("%" G_GINT64_FORMAT, json_node_get_int (node));
  return json_node_dup_string (node);
}

/* The last answer was a no, or the last of the tries that it gets: what is not there now will not come by itself. */
static gboolean
was_refused (SyncOperation *op, const char *verdict)
{
  return verdict_is (verdict, SYNC_VERDICT_REFUSED)
         || (verdict_is (verdict, SYNC_VERDICT_RETRY) && op->request->retry_count >= op->engine->config->max_retries)
         || (verdict_is (verdict, SYNC_VERDICT_STALE)
             && (g_strcmp0 (op->request->exc_type, "UpdateAfterSubmitError") == 0
                 || g_strcmp0 (op->request->exc_type, "DocstatusTransitionError") == 0));
}

/* The draft of a create, or what a keyed call made, stands there under our key. */
static void
found_created (SyncOperation *op, JsonObject *document, const char *text)
{
  g_autofree char *name = dup_name (document);
  const char *modified = json_object_get_string_member_with_default (document, "modified", NULL);
  gint64 docstatus = json_object_get_int_member_with_default (document, "docstatus", 0);
  gboolean edited = op->request->edited;
  gboolean half_done = docstatus == 0 && (op->route->submit_after || op->route->proof == SYNC_PROOF_SUBMITTED);
  SyncChange change = change_of_look (op, SYNC_STATE_COMPLETED, "found");

  if (docstatus == 2)
    {
      open_conflict (op, "cancelled", text, modified);
      return;
    }
  /* The document under our key is ours, and the server may well have changed what was sent. Only if no send of ours can
   * have made it, or if the body was edited since, it may be another one: a draft takes the difference, a submitted
   * document does not. */
  if ((edited || op->request->unaccounted == 0) && op->route->action == SYNC_ACTION_CREATE && op->route->document_path != NULL
      && !sync_body_agrees_with (op->route, op->request->content_type, sync_request_get_body (op->request), text))
    {
      if (docstatus == 1)
        {
          open_conflict (op, "submitted", text, modified);
          return;
        }
      change.to = SYNC_STATE_PENDING;
      change.unaccounted = 0;
      change.delay_ms = 0;
      change.server_name = name;
      change.base_modified = modified;
      change.reason = "the draft on the server takes the edited body";
      write_down (op, &change);
      return;
    }
  if (half_done && !op->route->submit_after)
    {
      guint n_looks;
      g_autofree char *verdict = last_send_verdict (op->engine, op->id, &n_looks, NULL);

      /* A draft under our key: the call was cut in the middle, or the server still works on it. The same key again
       * takes it further; a server that leaves it a draft each time is for a person. */
      if (n_looks >= LOOKS_BEFORE_PERSON)
        sync_settle_give_to_person (op, "The document is on the server as a draft and does not get submitted.");
      else if (was_refused (op, verdict))
        {
          /* It has a name on the server, so its key cannot be taken over by other content. */
          change = change_of_look (op, SYNC_STATE_FAILED, "draft");
          change.unaccounted = 0;
          change.needs_person = 0;
          change.server_name = name;
          write_down (op, &change);
        }
      else
        {
          change.to = op->request->state;
          change.verdict = "draft";
          change.server_name = name;
          change.delay_ms = op->engine->config->settle_time / LOOKS_BEFORE_PERSON;
          write_down (op, &change);
        }
      return;
    }
  change.unaccounted = 0;
  change.needs_person = 0;
  change.server_name = name;
  change.server_modified = modified;
  change.message = "";
  change.proof = "look";
  if (half_done)
    {
      change.to = SYNC_STATE_PENDING;
      change.step = 1;
      change.delay_ms = 0;
      change.base_modified = modified;
      change.proof = NULL;
    }
  write_down (op, &change);
}

/* Still at our base: no send of ours has taken effect, and one that might still do so makes the next one fail
 * harmlessly, because both carry the same base. */
static void
found_at_base (SyncOperation *op)
{
  g_autofree char *verdict = last_send_verdict (op->engine, op->id, NULL, NULL);
  gboolean stale = verdict_is (verdict, SYNC_VERDICT_STALE);
  SyncChange change;

  if (was_refused (op, verdict) || (stale && op->request->attempts >= SENDS_BEFORE_PERSON))
    {
      settle_as (op, SYNC_STATE_FAILED, "absent", op->request->error_message);
      return;
    }
  change = change_of_look (op, SYNC_STATE_PENDING, "absent");
  change.unaccounted = 0;
  change.needs_person = 0;
  /* Somebody else's write was under way at that moment. */
  change.delay_ms = stale ? sync_backoff_delay_ms (op->request->attempts, op->engine->config->base_retry_delay,
                                                   op->engine->config->max_retry_delay, op->engine->random)
                          : 0;
  write_down (op, &change);
}

static void
found_for_update (SyncOperation *op, const char *text, const char *modified)
{
  SyncChange change;

  if (op->look_for_base && modified == NULL)
    {
      sync_settle_give_to_person (op, "The document has no version on the server, so it cannot be changed against one.");
      return;
    }
  if (op->look_for_base
      && sync_body_is_compared_whole (op->route, op->request->content_type, sync_request_get_body (op->request))
      && sync_body_agrees_with (op->route, op->request->content_type, sync_request_get_body (op->request), text))
    {
      /* Both sides say the same: there is nothing to send. */
      change = change_of_look (op, SYNC_STATE_COMPLETED, "found");
      change.server_modified = modified;
      change.message = "";
      change.proof = "look";
      write_down (op, &change);
      return;
    }
  if (op->look_for_base && sync_body_has_rows (op->route, op->request->content_type, sync_request_get_body (op->request)))
    {
      /* It would replace rows that nobody here has seen. */
      open_conflict (op, "edit_edit", text, modified);
      return;
    }
  if (op->look_for_base)
    {
      change = change_of_look (op, SYNC_STATE_PENDING, "base");
      change.base_modified = modified;
      change.delay_ms = 0;
      change.message = "";
      change.reason = "no base version was given: the server's present one was taken";
      write_down (op, &change);
      return;
    }
  if (g_strcmp0 (modified, op->request->base_modified) == 0)
    {
      found_at_base (op);
      return;
    }
  if (!sync_body_agrees_with (op->route, op->request->content_type, sync_request_get_body (op->request), text))
    {
      open_conflict (op, "edit_edit", text, modified);
      return;
    }
  change = change_of_look (op, SYNC_STATE_COMPLETED, "found");
  change.unaccounted = 0;
  change.needs_person = 0;
  change.server_modified = modified;
  change.message = "";
  change.proof = "look";
  write_down (op, &change);
}

/* The server took the submission and has not done it: it works on long documents in the background. */
static void
found_queued (SyncOperation *op, gint64 sent_ms, guint n_looks)
{
  if (sync_clock_wall_ms (op->engine->clock) - sent_ms > QUEUED_MAX_MS)
    sync_settle_give_to_person (op, "The server took it to submit it in the background, and it is still a draft.");
  else
    look_later (op, sync_backoff_delay_ms (n_looks, op->engine->config->base_retry_delay, QUEUED_LOOK_MS, op->engine->random),
                "queued", NULL);
}

static void
found_for_docstatus (SyncOperation *op, JsonObject *document, const char *text, gint64 wanted)
{
  const char *modified = json_object_get_string_member_with_default (document, "modified", NULL);
  gint64 docstatus = json_object_get_int_member_with_default (document, "docstatus", 0);
  gboolean at_base = op->request->base_modified == NULL || g_strcmp0 (modified, op->request->base_modified) == 0;
  guint n_looks;
  gint64 sent_ms;
  g_autofree char *verdict = last_send_verdict (op->engine, op->id, &n_looks, &sent_ms);

  if (docstatus == wanted)
    {
      SyncChange change = change_of_look (op, SYNC_STATE_COMPLETED, "found");

      change.unaccounted = 0;
      change.needs_person = 0;
      change.server_modified = modified;
      change.message = "";
      change.proof = "look";
      write_down (op, &change);
    }
  else if (docstatus == 2)
    open_conflict (op, "cancelled", text, modified);
  else if (docstatus == wanted - 1 && verdict_is (verdict, SYNC_VERDICT_UNPROVEN))
    found_queued (op, sent_ms, n_looks);
  else if (docstatus < wanted && at_base
           && (was_refused (op, verdict) || verdict_is (verdict, SYNC_VERDICT_STALE)))
    settle_as (op, SYNC_STATE_FAILED, "absent", op->request->error_message);
  else if (docstatus == wanted - 1 && at_base)
    settle_as (op, SYNC_STATE_PENDING, "absent", NULL);
  else
    open_conflict (op, docstatus == 1 ? "submitted" : "edit_edit", text, modified);
}

static void
found (SyncOperation *op, JsonObject *document)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), document);
  g_autofree char *text = json_to_string (node, FALSE);
  const char *modified = json_object_get_string_member_with_default (document, "modified", NULL);

  if (looks_by_key (op->route, op->request))
    {
      found_created (op, document, text);
      return;
    }
  if (op->request->step > 0)
    {
      found_for_docstatus (op, document, text, 1);
      return;
    }
  switch (op->route->action)
    {
    case SYNC_ACTION_SUBMIT:
      found_for_docstatus (op, document, text, 1);
      break;
    case SYNC_ACTION_CANCEL:
      found_for_docstatus (op, document, text, 2);
      break;
    case SYNC_ACTION_DELETE:
      {
        g_autofree char *verdict = last_send_verdict (op->engine, op->id, NULL, NULL);

        /* It is still there, so no delete has taken effect; a delete twice is a delete. */
        if (was_refused (op, verdict) || verdict_is (verdict, SYNC_VERDICT_STALE))
          settle_as (op, SYNC_STATE_FAILED, "absent", op->request->error_message);
        else
          settle_as (op, SYNC_STATE_PENDING, "absent", NULL);
        break;
      }
    case SYNC_ACTION_UPDATE:
    case SYNC_ACTION_CREATE:
    case SYNC_ACTION_CALL:
    default:
      found_for_update (op, text, modified);
      break;
    }
}

/* Nothing stands under our key. */
static void
absent_by_key (SyncOperation *op)
{
  SyncEngine *self = op->engine;
  guint n_looks;
  gint64 sent_ms;
  g_autofree char *verdict = last_send_verdict (self, op->id, &n_looks, &sent_ms);
  gint64 settled_ms = sent_ms + self->config->settle_time;
  gint64 now_ms = sync_clock_wall_ms (self->clock);
  gboolean refused = is_refusal (self, op->request, verdict);
  /* The clock was set back since the send and tells nothing: then the looks are counted, a settle time apart. */
  gboolean settled = SYNC_MUTANT ("no-settle-time") || (now_ms < sent_ms ? n_looks >= 2 : now_ms >= settled_ms);

  if (op->request->server_name != NULL)
    {
      g_autofree char *why
        = g_strdup_printf ("It was on the server as %s and is not there any more: deleted by somebody, or out of sight",
                           op->request->server_name);

      sync_settle_give_to_person (op, why);
      return;
    }
  if (op->request->unaccounted > 0 && !settled)
    {
      /* An earlier send may still be on its way through the server. */
      look_later (op, MIN (settled_ms - now_ms, (gint64) self->config->settle_time), "absent", NULL);
      return;
    }
  if (op->request->unaccounted > 0 && n_looks < 1)
    {
      look_later (op, self->config->base_retry_delay, "absent", NULL);
      return;
    }
  settle_as (op, refused ? SYNC_STATE_FAILED : SYNC_STATE_PENDING, "absent", refused ? op->request->error_message : NULL);
}

static void
absent (SyncOperation *op)
{
  if (looks_by_key (op->route, op->request))
    absent_by_key (op);
  else if (op->route->action == SYNC_ACTION_DELETE)
    settle_as (op, SYNC_STATE_COMPLETED, "gone", NULL);
  else
    open_conflict (op, "edit_delete", NULL, NULL);
}

/* The server did not let us look. */
static void
unreadable (SyncOperation *op, const SyncAnswer *answer)
{
  g_autofree char *why
    = g_strdup_printf ("%s cannot be read on the server, so nobody but a person can tell whether it arrived: %s",
                       op->request->resource_type, answer->message != NULL ? answer->message : "no permission");

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

static void read_document (SyncOperation *op, const char *name);

/* One answer to a look: a document, a list of at most one name, or none. */
static void
take_look (SyncOperation *op)
{
  SyncEngine *self = op->engine;
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonNode *data = sync_question_get_data (op->reply, parser);

  if (op->outcome.verdict == SYNC_VERDICT_DELIVERED && data != NULL && JSON_NODE_HOLDS_OBJECT (data))
    found (op, json_node_get_object (data));
  else if (op->outcome.verdict == SYNC_VERDICT_DELIVERED && data != NULL && JSON_NODE_HOLDS_ARRAY (data))
    {
      JsonArray *rows = json_node_get_array (data);
      g_autofree char *name = NULL;

      if (json_array_get_length (rows) > 0 && JSON_NODE_HOLDS_OBJECT (json_array_get_element (rows, 0)))
        name = dup_name (json_array_get_object_element (rows, 0));
      if (name == NULL)
        absent (op);
      /* Another answer may have closed the line meanwhile. */
      else if (!ends_with_the_host (op))
        read_document (op, name);
    }
  else if (op->outcome.verdict == SYNC_VERDICT_GONE)
    absent (op);
  else if (op->outcome.verdict == SYNC_VERDICT_ASK && ends_with_the_host (op))
    return;
  else if (op->outcome.verdict == SYNC_VERDICT_ASK)
    sync_probe_ask_who (self, op->cancellable, who_looked, op);
  else if (op->outcome.verdict == SYNC_VERDICT_REFUSED || op->outcome.verdict == SYNC_VERDICT_RETRY)
    unreadable (op, op->answer);
  else if (!ends_with_the_host (op))
    look_later (op,
                sync_backoff_delay_ms (MIN (op->request->attempts, 8), self->config->base_retry_delay,
                                       self->config->max_retry_delay, self->random),
                "no_answer", NULL);
}

static void
looked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SyncOperation *op = user_data;

  if (sync_question_take_reply (op, SYNC_TRANSPORT (source), result))
    take_look (op);
}

static void
read_document (SyncOperation *op, const char *name)
{
  g_autofree char *path = sync_route_dup_document_path (op->request->resource_type, name);

  sync_question_ask (op, path, looked_cb);
}

static const char *
words_of_nothing_to_look_for (SyncOperation *op)
{
  g_autofree char *verdict = last_send_verdict (op->engine, op->id, NULL, NULL);

  if (sync_store_get_restore_report (op->engine->store) != NULL && !verdict_is (verdict, SYNC_VERDICT_UNKNOWN)
      && !verdict_is (verdict, SYNC_VERDICT_UNPROVEN))
    return "The queue was restored or copied, so it may have been delivered already. The server offers nothing to look "
           "for, so only a person can tell whether it arrived.";
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
      give_to_person (op, looks_by_key (op->route, op->request) ? UNKEYED : "undecided", words_of_nothing_to_look_for (op));
      return;
    }
  if (!looks_by_key (op->route, op->request))
    {
      read_document (op, sync_request_get_document_name (op->request));
      return;
    }
  path = sync_question_dup_key_path (op, op->request->key);
  sync_question_ask (op, path, looked_cb);
}

static void
proven_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SyncOperation *op = user_data;
  SyncEngine *self = op->engine;
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonNode *data;

  if (!sync_question_take_reply (op, SYNC_TRANSPORT (source), result))
    return;
  data = sync_question_get_data (op->reply, parser);
  /* A list: the field is there. DataError: it is not. No right to list: it cannot be looked at, so it cannot be used. */
  if (op->outcome.verdict == SYNC_VERDICT_DELIVERED && data != NULL && JSON_NODE_HOLDS_ARRAY (data))
    sync_engine_set_trust (self, op->request->resource_type, SYNC_TRUST_YES);
  else if (op->outcome.verdict == SYNC_VERDICT_REFUSED || op->outcome.verdict == SYNC_VERDICT_RETRY
           || op->outcome.verdict == SYNC_VERDICT_GONE || op->outcome.verdict == SYNC_VERDICT_ASK)
    sync_engine_set_trust (self, op->request->resource_type, SYNC_TRUST_NO);
  else
    {
      if (!ends_with_the_host (op))
        look_later (op, self->config->base_retry_delay, "no_answer", NULL);
      return;
    }
  sync_delivery_continue (op);
}

/* Asks whether the key field of the row's DocType exists on the server (erpnext: a list with a filter on a missing
 * field is refused). */
void
sync_settle_prove_key (SyncOperation *op)
{
  g_autofree char *path = sync_question_dup_key_path (op, "-");

  sync_question_ask (op, path, proven_cb);
}
