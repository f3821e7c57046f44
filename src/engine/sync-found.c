/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A look found a document: what that means for the request that is to be settled. One transaction each. Engine's thread
 * only. */
#include "config.h"

#include "sync-engine-private.h"

#include "sync-backoff.h"
#include "sync-body.h"
#include "sync-mutant.h"

/* Sends that the server called stale, although it shows the version that they carried. */
#define SENDS_BEFORE_PERSON 6
/* A submission that is queued on the server is given so long (ERPNext's limit for such a job is 4600 s). */
#define QUEUED_MAX_MS (4600 * 1000)
#define QUEUED_LOOK_MS (60 * 1000)

/* Somebody else's write is under way. */
static gint64
delay_of_stale (SyncOperation *op, const SyncHistory *history)
{
  const SyncConfig *config = op->engine->config;

  return sync_backoff_delay_ms (sync_history_count (history, SYNC_VERDICT_STALE), config->base_retry_delay,
                                config->max_retry_delay, op->engine->random);
}

/* Whether the version that the server shows may be one that this till made. ERPNext names whoever made it; tills that work as one
 * and the same user are not told apart. */
gboolean
sync_found_is_by_us (SyncEngine *self, const SyncRoute *route, const SyncRequest *request, JsonObject *document)
{
  const char *by = sync_json_member_text (document, "modified_by", NULL);
  g_auto (SyncHistory) history = { 0 };

  if (by == NULL || self->user == NULL || g_ascii_strcasecmp (by, self->user) == 0 || SYNC_MUTANT ("version-of-another"))
    return TRUE;
  sync_history_read (self, route, request, &history);
  return history.sent_as != NULL && g_ascii_strcasecmp (by, history.sent_as) == 0;
}

static gboolean
is_by_us (SyncOperation *op, JsonObject *document)
{
  return sync_found_is_by_us (op->engine, op->route, op->request, document);
}

/* (nullable): the version that the row of @op made, for the rows behind it: they count with what this till wrote. If somebody
 * else wrote after it, they have not seen that. */
static const char *
version_made (SyncOperation *op, JsonObject *document)
{
  return is_by_us (op, document) ? sync_json_member_version (document) : NULL;
}

/* (nullable): the same of a row that made the document: its first version has the time of its creation. */
static const char *
version_created (SyncOperation *op, JsonObject *document)
{
  return is_by_us (op, document) ? sync_json_member_version (document) : sync_json_member_text (document, "creation", NULL);
}

/* The draft on the server takes the edited body, unless it does not want it. */
static void
take_difference (SyncOperation *op, const char *name, const char *modified)
{
  SyncChange change = sync_settle_change (op, SYNC_STATE_PENDING, "found");
  g_auto (SyncHistory) history = { 0 };
  gboolean stale;

  sync_history_read (op->engine, op->route, op->request, &history);
  stale = sync_history_ended (&history, SYNC_VERDICT_STALE);
  change.unaccounted = 0;
  change.server_name = name;
  if (sync_history_ended (&history, SYNC_VERDICT_GONE) || (stale && sync_history_count (&history, SYNC_VERDICT_STALE) >= SENDS_BEFORE_PERSON))
    {
      change.to = SYNC_STATE_FAILED;
      change.message = op->request->error_message;
      sync_settle_write_down (op, &change);
      return;
    }
  change.delay_ms = stale ? delay_of_stale (op, &history) : 0;
  change.base_modified = modified;
  change.reason = "the draft on the server takes the edited body";
  sync_settle_write_down (op, &change);
}

/* A draft under our key: the call was cut in the middle, or the server still works on it. The same key again takes it
 * further; a server that leaves it a draft each time is for a person. */
static void
found_half_done (SyncOperation *op, const char *name)
{
  SyncChange change = sync_settle_change (op, op->request->state, "draft");
  g_auto (SyncHistory) history = { 0 };

  sync_history_read (op->engine, op->route, op->request, &history);
  if (history.n_looks >= SYNC_LOOKS_BEFORE_PERSON)
    {
      sync_settle_give_to_person (op, "The document is on the server as a draft and does not get submitted.");
      return;
    }
  change.server_name = name;
  if (sync_history_is_final (&history, op->engine, op->request))
    {
      /* It has a name on the server, so its key cannot be taken over by other content. */
      change.to = SYNC_STATE_FAILED;
      change.unaccounted = 0;
      change.needs_person = 0;
    }
  else
    change.delay_ms = sync_absence_space_ms (op->engine->config->settle_time / SYNC_LOOKS_BEFORE_PERSON);
  sync_settle_write_down (op, &change);
}

/* Whether somebody else has written into the draft since this till knew a version of it: also who works there as the same user,
 * where no send of ours was left without an answer. Who made one under our key that we have never seen made this very sale. */
static gboolean
was_changed_by_another (SyncOperation *op, JsonObject *document)
{
  const SyncRequest *request = op->request;
  g_auto (SyncHistory) history = { 0 };

  if (request->server_name == NULL || request->base_modified == NULL
      || g_strcmp0 (sync_json_member_version (document), request->base_modified) == 0)
    return FALSE;
  sync_history_read (op->engine, op->route, op->request, &history);
  return history.n_unsure == 0 || !is_by_us (op, document);
}

/* The draft of a create, or what a keyed call made, stands there under our key. */
static void
found_created (SyncOperation *op, JsonObject *document, const char *text)
{
  g_autofree char *name = sync_question_dup_name (document);
  const char *modified = sync_json_member_version (document);
  gint64 docstatus = sync_json_member_int (document, "docstatus", 0);
  gboolean edited = op->request->edited;
  gboolean half_done = docstatus == 0 && (op->route->submit_after || op->route->proof == SYNC_PROOF_SUBMITTED);
  SyncChange change = sync_settle_change (op, SYNC_STATE_COMPLETED, "found");

  if (docstatus == 2)
    {
      sync_settle_open_conflict (op, "cancelled", text, modified);
      return;
    }
  /* The document under our key is ours, and the server may well have changed what was sent. Only if no send of ours can
   * have made it, or if the body was edited since, or if another one with this key was given up that may have arrived, it
   * may be another one: a draft takes the difference, unless somebody changed it since we knew it; a submitted document does
   * not. */
  if ((edited || op->request->unaccounted == 0 || sync_store_has_unsure_namesake (op->engine->store, op->request))
      && op->route->action == SYNC_ACTION_CREATE && op->route->document_path != NULL
      && !sync_body_agrees_with (op->route, op->request->content_type, sync_request_get_body (op->request), text))
    {
      if (docstatus == 1)
        {
          sync_settle_open_conflict (op, "submitted", text, modified);
          return;
        }
      if (was_changed_by_another (op, document))
        sync_settle_open_conflict_as (op, "edit_edit", NULL, name, text, modified);
      else
        take_difference (op, name, modified);
      return;
    }
  if (half_done && !op->route->submit_after)
    {
      found_half_done (op, name);
      return;
    }
  change.unaccounted = 0;
  change.needs_person = 0;
  change.server_name = name;
  change.server_modified = version_created (op, document);
  change.message = "";
  change.proof = "look";
  if (half_done)
    {
      change.to = SYNC_STATE_PENDING;
      change.step = 1;
      change.delay_ms = 0;
      /* What somebody else made of the draft since is not submitted unseen. */
      change.base_modified = change.server_modified;
      change.proof = NULL;
    }
  sync_settle_write_down (op, &change);
}

/* Of the write before this one only a person could say that it arrived, so nobody knows what version it made. If the
 * document holds what it wrote, that is this one. Whether the row of @op goes on from there. */
static gboolean
learn_version (SyncOperation *op, JsonObject *document, const char *text)
{
  SyncStore *store = op->engine->store;
  const char *modified = version_made (op, document);
  g_autoptr (SyncRequest) row = sync_store_get_confirmed (store, op->request, NULL);
  g_autoptr (SyncRoute) route = row != NULL ? sync_engine_match (op->engine, row, NULL) : NULL;
  SyncRequest *request;

  if (modified == NULL || route == NULL || route->action != SYNC_ACTION_UPDATE
      || !sync_body_agrees_with (route, row->content_type, sync_request_get_body (row), text)
      || !sync_store_learn_version (store, row->id, modified, NULL))
    return FALSE;
  request = sync_store_get (store, op->id, NULL);
  if (request == NULL)
    return FALSE;
  sync_request_unref (op->request);
  op->request = request;
  return g_strcmp0 (request->base_modified, modified) == 0;
}

/* It was only looked at before it is sent, and may be sent. */
static void
go_on_seen (SyncOperation *op)
{
  op->look_first = FALSE;
  op->seen = TRUE;
  sync_delivery_continue (op);
}

/* Still at our base, or at what an earlier write of ours made of it (@learned just now): no send of this one has taken
 * effect, and one that might still do so makes the next one fail harmlessly, because it carries this base or an older one. */
static void
found_at_base (SyncOperation *op, gboolean learned)
{
  g_auto (SyncHistory) history = { 0 };
  gboolean stale;
  SyncChange change;

  /* It was only looked at before it is sent; how an earlier send ended was decided about then. */
  if (op->request->state == SYNC_STATE_PENDING)
    {
      go_on_seen (op);
      return;
    }
  sync_history_read (op->engine, op->route, op->request, &history);
  stale = sync_history_ended (&history, SYNC_VERDICT_STALE) && !learned;
  /* "Not found" was said about something else than the document. */
  if (sync_history_ended (&history, SYNC_VERDICT_GONE)
      || sync_history_is_final (&history, op->engine, op->request)
      || (stale && sync_history_count (&history, SYNC_VERDICT_STALE) >= SENDS_BEFORE_PERSON))
    {
      sync_settle_as (op, SYNC_STATE_FAILED, "absent", op->request->error_message);
      return;
    }
  change = sync_settle_change (op, SYNC_STATE_PENDING, "absent");
  change.unaccounted = 0;
  change.needs_person = 0;
  change.delay_ms = stale ? delay_of_stale (op, &history) : 0;
  sync_settle_write_down (op, &change);
}

static gint64
read_docstatus (const char *document)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *object = sync_question_parse (parser, document, -1);

  return object != NULL ? sync_json_member_int (object, "docstatus", 0) : 0;
}

/* What somebody else did to the document of a change. One that was submitted before the till read it was changed, no more. */
static const char *
name_conflict (SyncOperation *op, const char *text)
{
  gint64 docstatus = read_docstatus (text);
  g_autofree char *base = docstatus == 1 ? sync_settle_dup_base (op->engine, op->request) : NULL;

  if (docstatus == 2)
    return "cancelled";
  return docstatus == 1 && read_docstatus (base) != 1 ? "submitted" : "edit_edit";
}

/* The change may be sent against the version that is there; no send of it against another one can take effect any more. */
static void
go_on_against (SyncOperation *op, const char *modified, const char *heard)
{
  SyncChange change = sync_settle_change (op, SYNC_STATE_PENDING, "base");

  change.unaccounted = 0;
  change.needs_person = 0;
  change.base_modified = modified;
  change.delay_ms = 0;
  change.message = "";
  change.heard = heard;
  sync_settle_write_down (op, &change);
}

static void
found_for_update (SyncOperation *op, JsonObject *document, const char *text)
{
  const char *modified = sync_json_member_version (document);
  gboolean agrees = sync_body_agrees_with (op->route, op->request->content_type, sync_request_get_body (op->request), text);
  /* What holds our own change, too, is not the version before it. */
  gboolean learned = (op->look_for_base || !agrees) && learn_version (op, document, text);
  SyncChange change;

  if (op->look_for_base && modified == NULL)
    {
      sync_settle_give_to_person (op, "The document has no version on the server, so it cannot be changed against one.");
      return;
    }
  if (op->look_for_base
      && sync_body_is_compared_whole (op->route, op->request->content_type, sync_request_get_body (op->request)) && agrees)
    {
      /* Both sides say the same: there is nothing to send. */
      change = sync_settle_change (op, SYNC_STATE_COMPLETED, "found");
      change.server_modified = modified;
      change.message = "";
      change.proof = "look";
      sync_settle_write_down (op, &change);
      return;
    }
  if (op->look_for_base && sync_body_has_rows (op->route, op->request->content_type, sync_request_get_body (op->request)))
    {
      /* It would replace rows that nobody here has seen. */
      sync_settle_open_conflict (op, name_conflict (op, text), text, modified);
      return;
    }
  if (op->look_for_base)
    {
      go_on_against (op, modified, "no base version was given: the server's present one was taken");
      return;
    }
  if (g_strcmp0 (modified, op->request->base_modified) == 0)
    {
      found_at_base (op, learned);
      return;
    }
  if (!agrees && sync_between_is_elsewhere (op, document))
    {
      go_on_against (op, modified,
                     "what others changed meanwhile are other fields: it goes against the version that this till made");
      return;
    }
  if (!agrees)
    {
      sync_settle_open_conflict (op, name_conflict (op, text), text, modified);
      return;
    }
  change = sync_settle_change (op, SYNC_STATE_COMPLETED, "found");
  change.unaccounted = 0;
  change.needs_person = 0;
  change.server_modified = version_made (op, document);
  change.message = "";
  change.proof = "look";
  sync_settle_write_down (op, &change);
}

/* The server took the submission and has not done it: it works on long documents in the background. */
static void
found_queued (SyncOperation *op, const SyncHistory *history)
{
  if (sync_absence_get_age_ms (op) > QUEUED_MAX_MS)
    sync_settle_give_to_person (op, "The server took it to submit it in the background, and it is still a draft.");
  else
    sync_settle_look_later (op,
                            sync_backoff_delay_ms (history->n_looks, op->engine->config->base_retry_delay, QUEUED_LOOK_MS,
                                                   op->engine->random),
                            "queued", NULL);
}

static void
found_for_docstatus (SyncOperation *op, JsonObject *document, const char *text, gint64 wanted)
{
  const char *modified = sync_json_member_version (document);
  gint64 docstatus = sync_json_member_int (document, "docstatus", 0);
  gboolean at_base = learn_version (op, document, text) || op->request->base_modified == NULL
                     || g_strcmp0 (modified, op->request->base_modified) == 0;
  g_auto (SyncHistory) history = { 0 };

  sync_history_read (op->engine, op->route, op->request, &history);
  if (docstatus == wanted)
    {
      SyncChange change = sync_settle_change (op, SYNC_STATE_COMPLETED, "found");

      change.unaccounted = 0;
      change.needs_person = 0;
      change.server_modified = version_made (op, document);
      change.message = "";
      change.proof = "look";
      sync_settle_write_down (op, &change);
    }
  else if (docstatus == 2)
    sync_settle_open_conflict (op, "cancelled", text, modified);
  else if (docstatus == wanted - 1 && at_base && op->request->state == SYNC_STATE_PENDING)
    go_on_seen (op);
  else if (docstatus == wanted - 1 && sync_history_ended (&history, SYNC_VERDICT_UNPROVEN))
    found_queued (op, &history);
  else if (docstatus < wanted && at_base
           && (sync_history_is_final (&history, op->engine, op->request)
               || sync_history_ended (&history, SYNC_VERDICT_STALE) || sync_history_ended (&history, SYNC_VERDICT_GONE)))
    sync_settle_as (op, SYNC_STATE_FAILED, "absent", op->request->error_message);
  else if (docstatus == wanted - 1 && at_base)
    sync_settle_as (op, SYNC_STATE_PENDING, "absent", NULL);
  else
    sync_settle_open_conflict (op, docstatus == 1 ? "submitted" : "edit_edit", text, modified);
}

/* Whether @document was made after a deletion of ours had gone out that may have arrived: then it only has the name of the one
 * that was to be deleted. What the clocks cannot tell apart is taken for that one. */
static gboolean
is_made_since (SyncOperation *op, const SyncHistory *history, JsonObject *document)
{
  const char *creation = sync_json_member_text (document, "creation", NULL);
  gint64 earliest_ms, latest_ms;

  return op->request->unaccounted > 0 && history->n_unsure > 0 && history->first_server_ms > 0
         && sync_zone_read (op->engine, creation, &earliest_ms, &latest_ms)
         && earliest_ms > history->first_server_ms + SYNC_SEND_SLACK_MS;
}

/* Without the site's zone nothing tells whether it is older than our deletion. */
static gboolean
wants_zone (SyncOperation *op, const SyncHistory *history, JsonObject *document)
{
  return op->request->unaccounted > 0 && history->first_server_ms > 0
         && sync_json_member_text (document, "creation", NULL) != NULL && sync_zone_is_unasked (op->engine);
}

/* It is still there, so no delete has taken effect, unless it was made since; a delete twice is a delete. */
static void
found_for_delete (SyncOperation *op, JsonObject *document, const char *text)
{
  const char *modified = sync_json_member_version (document);
  g_auto (SyncHistory) history = { 0 };

  sync_history_read (op->engine, op->route, op->request, &history);
  if (op->request->state == SYNC_STATE_PENDING && op->request->base_modified != NULL
      && !learn_version (op, document, text) && g_strcmp0 (modified, op->request->base_modified) != 0)
    sync_settle_open_conflict (op, "delete_edit", text, modified);
  else if (op->request->state == SYNC_STATE_PENDING)
    go_on_seen (op);
  else if (wants_zone (op, &history, document))
    {
      /* Another answer may have closed the line meanwhile. */
      if (!sync_settle_ends_with_the_host (op))
        sync_zone_ask (op);
    }
  else if (is_made_since (op, &history, document))
    sync_settle_open_conflict (op, "delete_edit", text, modified);
  else if (sync_history_is_final (&history, op->engine, op->request) || sync_history_ended (&history, SYNC_VERDICT_STALE)
           || sync_history_ended (&history, SYNC_VERDICT_DELIVERED))
    sync_settle_as (op, SYNC_STATE_FAILED, "absent", op->request->error_message);
  else
    sync_settle_as (op, SYNC_STATE_PENDING, "absent", NULL);
}

/* The server shows @document when it is asked what became of the row of @op. */
void
sync_found_take (SyncOperation *op, JsonObject *document)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), document);
  g_autofree char *text = json_to_string (node, FALSE);

  if (sync_settle_looks_by_key (op->route, op->request))
    {
      found_created (op, document, text);
      return;
    }
  if (op->request->step > 0)
    {
      found_for_docstatus (op, document, text, 1);
      return;
    }
  /* It only has the name of the one that is meant. */
  if (sync_renamed_is_made_anew (op->engine, op->request, document))
    {
      sync_settle_absent (op);
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
      found_for_delete (op, document, text);
      break;
    case SYNC_ACTION_UPDATE:
    case SYNC_ACTION_CREATE:
    case SYNC_ACTION_CALL:
    default:
      found_for_update (op, document, text);
      break;
    }
}
