/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One send: claim, build, send, read the answer, decide, write the decision down. The claim is on disk before the
 * first byte leaves; the decision and everything that follows from it are one transaction. Engine's thread only. */
#include "config.h"

#include "sync-engine-private.h"

#include "sync-backoff.h"
#include "sync-body.h"
#include "sync-error.h"
#include "sync-mutant.h"

/* Deadlocks and locks pass within moments: three quick tries, then the lane slows down. */
#define QUICK_TRIES 3
#define QUICK_TRY_BASE_MS 500
#define SLOW_TRY_BASE_MS 5000
/* A request that the host's trouble hits each time steps aside for so long at most. */
#define ASIDE_MAX_MS 60000

/* A change of the row of @op that starts from `sending`, with everything that the answer says. */
static SyncChange
change_of_answer (SyncOperation *op, SyncState to)
{
  SyncChange change = SYNC_CHANGE_INIT;

  change.id = op->id;
  change.from = SYNC_STATE_SENDING;
  change.to = to;
  change.attempt = op->attempt;
  change.duration_us = sync_clock_boot_us (op->engine->clock) - op->started_us;
  if (op->answer != NULL)
    {
      change.http_status = op->answer->status;
      change.exc_type = op->answer->exc_type;
      change.verdict = sync_verdict_to_string (op->outcome.verdict);
      change.message = op->answer->message != NULL ? op->answer->message : op->reply->error;
    }
  return change;
}

/* The answer is written down, or stays in memory until the disk takes it; the row is `sending` so long. */
static void
write_down (SyncOperation *op, const SyncChange *change)
{
  SyncEngine *self = op->engine;
  g_autofree char *response = NULL;
  g_autoptr (GError) error = NULL;
  SyncChange full = *change;

  /* An answer to somebody else is nobody's here. */
  if (op->reply != NULL && op->reply->body != NULL && (op->answer == NULL || !op->answer->of_another))
    {
      gsize length;
      const char *data = g_bytes_get_data (op->reply->body, &length);

      response = g_strndup (data, length);
      full.response = response;
    }
  if (sync_engine_apply (self, &full, &error))
    {
      sync_turn_add_answered (op);
      return;
    }
  if (g_error_matches (error, SYNC_ERROR, SYNC_ERROR_STORAGE) || g_error_matches (error, SYNC_ERROR, SYNC_ERROR_DISK_FULL))
    {
      sync_engine_set_storage_trouble (self, error);
      g_queue_push_tail (&self->unwritten, op);
      sync_dispatcher_arm (self);
      return;
    }
  g_debug ("request %" G_GINT64_FORMAT ": the answer came too late: %s", op->id, error->message);
  sync_operation_end (op);
}

/* Sends whose effect was unknown before this one. */
static guint
earlier_unaccounted (const SyncOperation *op)
{
  return op->request->unaccounted > 0 ? op->request->unaccounted - 1 : 0;
}

/* The server did a part of it: no look and no second send can mend that. */
static void
record_half_done (SyncOperation *op, const char *words)
{
  SyncChange change = change_of_answer (op, SYNC_STATE_UNKNOWN);

  change.needs_person = 1;
  if (change.message == NULL)
    change.message = words;
  write_down (op, &change);
}

/* A repetition shows the first of several payments, and nothing of the others. */
static gboolean
hides_a_part (SyncOperation *op)
{
  return op->route->proof == SYNC_PROOF_NO_ERRORS && earlier_unaccounted (op) > 0
         && sync_body_is_split_payment (op->request->content_type, sync_request_get_body (op->request));
}

static void
record_delivered (SyncOperation *op)
{
  SyncEngine *self = op->engine;
  SyncChange change = change_of_answer (op, SYNC_STATE_COMPLETED);

  if (op->route->key_field != NULL && op->route->resource_type != NULL && op->route->echoes_key
      && op->answer->echoed_key == NULL && op->route->action == SYNC_ACTION_CREATE && op->request->step == 0)
    sync_engine_withdraw_trust (self, op->route->resource_type);
  change.unaccounted = 0;
  change.message = "";
  change.proof = "server";
  change.needs_person = 0;
  change.server_name = op->answer->server_name;
  change.server_modified = op->answer->server_modified;
  sync_breaker_refund (&self->breaker, op->attempt > 1);
  if (op->route->submit_after && op->request->step == 0)
    {
      change.to = SYNC_STATE_PENDING;
      change.step = 1;
      change.delay_ms = 0;
      change.proof = NULL;
      change.base_modified = op->answer->server_modified;
    }
  write_down (op, &change);
}

/* How many sends in a row have ended so, with the one that has just ended. */
static guint
count_tries (SyncOperation *op, SyncVerdict verdict)
{
  g_auto (SyncHistory) history = { 0 };

  sync_history_read (op->engine, op->route, op->request, &history);
  return sync_history_count (&history, verdict) + 1;
}

/* No effect, by no fault of this request: as before, or unknown as before. Where that is so each time, although the host
 * answers others (an address that is always redirected), it lets them pass: it would go first for ever, and close the
 * line for all. */
static void
record_not_done (SyncOperation *op)
{
  SyncEngine *self = op->engine;
  guint earlier = earlier_unaccounted (op);
  SyncChange change = change_of_answer (op, earlier > 0 ? SYNC_STATE_UNKNOWN : SYNC_STATE_PENDING);
  guint tries = count_tries (op, SYNC_VERDICT_NOT_DONE);

  change.unaccounted = earlier;
  change.delay_ms = 0;
  if (tries > QUICK_TRIES)
    change.delay_ms
      = sync_backoff_delay_ms (tries - QUICK_TRIES, self->config->base_retry_delay, ASIDE_MAX_MS, self->random);
  write_down (op, &change);
}

static void
record_busy (SyncOperation *op)
{
  SyncEngine *self = op->engine;
  guint earlier = earlier_unaccounted (op);
  SyncChange change = change_of_answer (op, earlier > 0 ? SYNC_STATE_UNKNOWN : SYNC_STATE_PENDING);
  guint tries = count_tries (op, SYNC_VERDICT_BUSY);

  change.unaccounted = earlier;
  change.delay_ms = tries <= QUICK_TRIES
                      ? sync_backoff_delay_ms (tries - 1, QUICK_TRY_BASE_MS, self->config->max_retry_delay, self->random)
                      : sync_backoff_delay_ms (tries - QUICK_TRIES, SLOW_TRY_BASE_MS, self->config->max_retry_delay,
                                               self->random);
  write_down (op, &change);
}

/* An error about this very request that may pass. */
static void
record_retry (SyncOperation *op)
{
  SyncEngine *self = op->engine;
  guint earlier = earlier_unaccounted (op);
  gboolean used_up = op->request->retry_count >= self->config->max_retries;
  /* Before it is given up the server is asked whether one of the tries was done all the same. */
  gboolean look = used_up && sync_settle_can_look (self, op->route, op->request);
  SyncChange change = change_of_answer (op, earlier > 0 || look ? SYNC_STATE_UNKNOWN
                                            : used_up           ? SYNC_STATE_FAILED
                                                                : SYNC_STATE_PENDING);

  change.unaccounted = earlier;
  change.charge = !used_up;
  change.delay_ms = sync_backoff_delay_ms (op->request->retry_count, self->config->base_retry_delay,
                                           self->config->max_retry_delay, self->random);
  if (used_up)
    change.delay_ms = 0;
  write_down (op, &change);
}

static void
record_refused (SyncOperation *op)
{
  guint earlier = earlier_unaccounted (op);
  SyncChange change = change_of_answer (op, earlier > 0 ? SYNC_STATE_UNKNOWN : SYNC_STATE_FAILED);

  /* With an earlier send unaccounted for, the refusal may come after that one had arrived: look first. */
  change.unaccounted = earlier;
  change.delay_ms = 0;
  write_down (op, &change);
}

/* It may have been done. @answered: our server answered this very send, so that a look can decide now. */
static void
record_unknown (SyncOperation *op, gboolean answered)
{
  SyncEngine *self = op->engine;
  SyncChange change = change_of_answer (op, SYNC_STATE_UNKNOWN);

  if (op->outcome.verdict == SYNC_VERDICT_UNPROVEN)
    change.server_name = op->answer->server_name;
  change.unaccounted = answered ? (int) earlier_unaccounted (op) : (int) op->request->unaccounted;
  change.delay_ms = answered ? 0
                             : sync_backoff_delay_ms (MIN (op->attempt - 1, 8), self->config->base_retry_delay,
                                                      self->config->max_retry_delay, self->random);
  write_down (op, &change);
}

/* The document to be changed is not there under this name; or something else is not, which it needs. */
static void
record_gone (SyncOperation *op)
{
  SyncChange change = change_of_answer (op, SYNC_STATE_CONFLICT);
  g_autoptr (SyncConflict) conflict = NULL;

  if (sync_settle_can_look (op->engine, op->route, op->request))
    {
      record_unknown (op, TRUE);
      return;
    }
  conflict = sync_settle_new_conflict (op->engine, op->request, "edit_delete", NULL, NULL);
  change.unaccounted = 0;
  change.conflict = conflict;
  write_down (op, &change);
}

static void
who_answered (SyncEngine *self, SyncHostNews news, const SyncAnswer *answer, const char *words, gpointer user_data)
{
  SyncOperation *op = user_data;

  if (sync_operation_is_dropped (op))
    {
      sync_operation_end (op);
      return;
    }
  sync_engine_note_host (self, news, answer, words);
  /* We are who we say and it is our server: the refusal was meant for this request. */
  if (news == SYNC_HOST_UP)
    record_refused (op);
  else
    record_not_done (op);
}

/* Draws the consequence of the answer that @op holds, and writes it down. */
void
sync_delivery_record (SyncOperation *op)
{
  /* Nothing was sent, because nothing can be, and only that waits to be written down. */
  if (op->answer == NULL)
    {
      sync_delivery_send (op);
      return;
    }
  switch (op->outcome.verdict)
    {
    case SYNC_VERDICT_DELIVERED:
      /* "Not found" may be said about something else that the deletion needs. */
      if (op->route->action == SYNC_ACTION_DELETE && op->answer->status == 404
          && sync_settle_can_look (op->engine, op->route, op->request))
        record_unknown (op, TRUE);
      else if (hides_a_part (op))
        record_half_done (op, "The first answer was lost; the server shows one payment, and cannot tell of the others.");
      else
        record_delivered (op);
      break;
    case SYNC_VERDICT_NOT_DONE:
      if (SYNC_MUTANT ("outage-as-retry"))
        record_retry (op);
      else
        record_not_done (op);
      break;
    case SYNC_VERDICT_BUSY:
      record_busy (op);
      break;
    case SYNC_VERDICT_RETRY:
      record_retry (op);
      break;
    case SYNC_VERDICT_REFUSED:
      /* What is cancelled already is refused like anything else. */
      if (op->route->action == SYNC_ACTION_CANCEL && sync_settle_can_look (op->engine, op->route, op->request))
        record_unknown (op, TRUE);
      else
        record_refused (op);
      break;
    case SYNC_VERDICT_TAKEN:
    case SYNC_VERDICT_STALE:
      /* The server refused this send; whose document stands there is for a look to tell. */
      if (sync_settle_can_look (op->engine, op->route, op->request)
          || sync_taken_can_look (op->route, op->request, op->answer->exc_type, op->answer->message))
        record_unknown (op, TRUE);
      else
        record_refused (op);
      break;
    case SYNC_VERDICT_GONE:
      record_gone (op);
      break;
    case SYNC_VERDICT_ASK:
      /* Not while the server wants no calls: it had no effect, and is sent again when they are welcome. */
      if (sync_breaker_is_open (&op->engine->breaker))
        record_not_done (op);
      else
        sync_probe_ask_who (op->engine, op->cancellable, who_answered, op);
      break;
    case SYNC_VERDICT_UNPROVEN:
      if (op->route->proof == SYNC_PROOF_NO_ERRORS)
        record_half_done (op, "The server did a part of it and reported errors.");
      else
        record_unknown (op, FALSE);
      break;
    case SYNC_VERDICT_UNKNOWN:
    default:
      record_unknown (op, FALSE);
      break;
    }
}

/* Whether the document that the answer to a create shows was made by another row, and does not hold what this one makes. */
static gboolean
shows_made_by_other (SyncOperation *op)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonNode *data;
  g_autofree char *text = NULL;

  if (!op->answer->proof_met || op->answer->server_name == NULL
      || !sync_store_is_made_by_other (op->engine->store, op->request, op->answer->server_name))
    return FALSE;
  data = sync_question_get_data (op->reply, parser);
  text = data != NULL ? json_to_string (data, FALSE) : NULL;
  return text == NULL
         || !sync_body_agrees_with (op->route, op->request->content_type, sync_request_get_body (op->request), text);
}

/* An answer that is about another document is none: a cache or a proxy on the way may mix them up. */
static void
check_subject (SyncOperation *op, SyncAction action)
{
  const SyncRequest *request = op->request;
  const char *name = sync_request_get_document_name (request);

  if (action == SYNC_ACTION_CREATE || action == SYNC_ACTION_CALL)
    sync_answer_expect_key (op->answer, op->route, request->key, sync_request_get_body (request));
  else if (action != SYNC_ACTION_DELETE && request->resource_type != NULL && name != NULL)
    sync_answer_expect_document (op->answer, op->reply->body, request->resource_type, name);
  if (action == SYNC_ACTION_CREATE && request->resource_type != NULL)
    {
      sync_answer_expect_made (op->answer, request->resource_type);
      if (shows_made_by_other (op))
        sync_answer_take_for_another (op->answer);
    }
  if (action == SYNC_ACTION_UPDATE && request->base_modified != NULL)
    sync_answer_expect_newer (op->answer, request->base_modified);
}

static void
sent_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SyncOperation *op = user_data;
  SyncEngine *self = op->engine;
  SyncAction action;
  SyncProof proof;

  op->reply = sync_transport_send_finish (SYNC_TRANSPORT (source), result);
  if (sync_operation_is_dropped (op))
    {
      sync_operation_end (op);
      return;
    }
  sync_delivery_read_step (op, &action, &proof);
  op->answer = sync_answer_new_from_reply (op->reply->result, op->reply->bytes_written, op->reply->status,
                                           op->reply->content_type, op->reply->retry_after, op->reply->date,
                                           op->reply->rate_limit_reset, op->reply->body, proof, op->route->key_field);
  check_subject (op, action);
  op->outcome = sync_outcome_classify (op->answer, action);
  g_debug ("request %" G_GINT64_FORMAT " attempt %u: %s %u %s -> %s, host %s", op->id, op->attempt,
           sync_transport_result_to_string (op->reply->result), op->reply->status,
           op->answer->exc_type != NULL ? op->answer->exc_type : "-", sync_verdict_to_string (op->outcome.verdict),
           sync_host_news_to_string (op->outcome.host));
  sync_absence_note_send (op);
  sync_engine_note_date (self, op->reply, op->answer, op->outcome.host, op->started_us);
  sync_engine_note_host (self, op->outcome.host, op->answer, op->reply->error);
  g_queue_push_tail (&self->answered, op);
  sync_engine_kick (self);
}

/* It can never go: the body cannot be built, or the route no longer takes it. Nothing was sent this time. */
static void
record_unsendable (SyncOperation *op, const GError *reason)
{
  guint earlier = earlier_unaccounted (op);
  SyncChange change = change_of_answer (op, earlier > 0 ? SYNC_STATE_UNKNOWN : SYNC_STATE_FAILED);

  change.unaccounted = earlier;
  change.message = reason->message;
  change.needs_person = earlier > 0;
  write_down (op, &change);
}

/* The row of @op cannot be read. Where that is the row's own trouble (its body is not the one that was accepted), it is
 * put aside for a person and does not hold up the others; otherwise the disk has a rest. */
static void
put_aside (SyncOperation *op, SyncState from, const GError *reason)
{
  SyncEngine *self = op->engine;
  SyncChange change = SYNC_CHANGE_INIT;

  change.id = op->id;
  change.from = from;
  change.to = from == SYNC_STATE_PENDING ? SYNC_STATE_FAILED : from;
  change.needs_person = change.to == from;
  change.kind = "look";
  change.verdict = "damaged";
  change.message = reason->message;
  if (!g_error_matches (reason, SYNC_ERROR, SYNC_ERROR_CORRUPT) || !sync_engine_apply (self, &change, NULL))
    sync_engine_set_storage_trouble (self, reason);
  sync_operation_end (op);
}

/* Claims @row, which is that of @op as it was read last; it is sent when the claim is on disk. */
static void
claim (SyncOperation *op, const SyncRequest *row)
{
  SyncEngine *self = op->engine;
  const SyncSend send = {
    .key_field = sync_engine_get_key_in_force (self, row->resource_type),
    .is_pending = row->state == SYNC_STATE_PENDING,
    .user = self->user,
    .server_ms = sync_engine_get_server_ms (self),
  };
  g_autoptr (GError) error = NULL;
  SyncRequest *claimed = sync_store_claim (self->store, op->id, &send, &op->attempt, &error);

  if (claimed == NULL)
    {
      if (g_error_matches (error, SYNC_ERROR, SYNC_ERROR_STALE))
        sync_operation_end (op);
      else
        put_aside (op, op->request != NULL ? op->request->state : SYNC_STATE_PENDING, error);
      return;
    }
  /* What a question before it brought in. */
  g_clear_pointer (&op->reply, sync_transport_reply_free);
  g_clear_pointer (&op->answer, sync_answer_free);
  g_clear_pointer (&op->request, sync_request_unref);
  op->request = claimed;
  op->claimed = TRUE;
  if (op->attempt > 1)
    sync_engine_spend_retry (self);
  sync_turn_tell (self, op->id, SYNC_STATE_PENDING, SYNC_STATE_SENDING, FALSE);
  sync_turn_add_claimed (op);
}

/* Sends a row whose claim is on disk. */
void
sync_delivery_send (SyncOperation *op)
{
  SyncEngine *self = op->engine;
  g_autoptr (SyncTransportRequest) call = NULL;
  g_autoptr (GError) error = NULL;

  if (op->route == NULL)
    op->route = sync_engine_match (self, op->request, &error);
  if (op->route != NULL)
    call = sync_delivery_build_call (op, &error);
  if (call == NULL)
    {
      record_unsendable (op, error);
      return;
    }
  op->started_us = sync_clock_boot_us (self->clock);
  sync_transport_send_async (self->transport, call, op->cancellable, sent_cb, op);
}

/* An unknown row is sent again only where the server enforces the key, and where its last answer left nothing to look
 * for: a refusal, a taken key or a half proof is looked at first. */
static gboolean
may_resend (SyncEngine *self, const SyncRequest *row, const SyncRoute *route)
{
  return sync_engine_key_is_enforced (self, route) && !SYNC_MUTANT ("look-instead-of-resend")
         && (route->action == SYNC_ACTION_CREATE || route->action == SYNC_ACTION_CALL) && row->step == 0
         && !sync_settle_wants_look (self, route, row);
}

/* Writes down the answers that the disk did not take. */
void
sync_delivery_write_again (SyncEngine *self)
{
  guint n = self->unwritten.length;

  for (guint i = 0; i < n; i++)
    sync_delivery_record (g_queue_pop_head (&self->unwritten));
}

static gboolean
is_delete (const SyncRequest *row)
{
  return row->state == SYNC_STATE_PENDING && g_str_equal (row->action, sync_action_to_string (SYNC_ACTION_DELETE));
}

/* A submission or cancellation that names the document and no more: it goes to whatever version is there. */
static gboolean
is_bare_step (const SyncRequest *row)
{
  return row->state == SYNC_STATE_PENDING && row->step == 0
         && (g_str_equal (row->action, sync_action_to_string (SYNC_ACTION_SUBMIT))
             || g_str_equal (row->action, sync_action_to_string (SYNC_ACTION_CANCEL)));
}

/* The server deletes whatever version is there, and says of what has another name by now that it is deleted: so whether it is
 * what was to be deleted is looked at before. The same goes for what submits and cancels without the document. */
static gboolean
wants_sight (const SyncOperation *op)
{
  if (op->seen)
    return FALSE;
  return (is_delete (op->request)
          && (op->request->base_modified != NULL || sync_renamed_lane_knows (op->engine, op->route, op->request)))
         || (is_bare_step (op->request) && op->request->base_modified != NULL && op->route->document_path == NULL);
}

static gboolean
wants_base (const SyncRequest *row)
{
  return row->state == SYNC_STATE_PENDING && row->base_modified == NULL
         && g_str_equal (row->action, sync_action_to_string (SYNC_ACTION_UPDATE));
}

/* Of the write before it only a person could say that it arrived. What that made is looked at while it is still there: one
 * behind this row may have been made on an older version, and would be in conflict with nobody. */
static gboolean
follows_confirmed (SyncEngine *self, const SyncRequest *row)
{
  g_autoptr (SyncRequest) confirmed = NULL;

  if (g_str_equal (row->action, sync_action_to_string (SYNC_ACTION_UPDATE)) && row->base_modified != NULL)
    confirmed = sync_store_get_confirmed (self->store, row, NULL);
  return confirmed != NULL;
}

/* Whether a look comes that has to tell what this till wrote from what somebody else did. */
static gboolean
wants_user (SyncOperation *op)
{
  return op->engine->user == NULL && op->route->action != SYNC_ACTION_DELETE
         && (op->look_first
             || (op->request->state == SYNC_STATE_UNKNOWN && !may_resend (op->engine, op->request, op->route)));
}

/* What the row of @op, read with its bodies, needs next. */
void
sync_delivery_continue (SyncOperation *op)
{
  SyncEngine *self = op->engine;

  if (!sync_dispatcher_may_send (self))
    sync_operation_end (op);
  else if (sync_trust_is_unproven (self, op->route))
    sync_settle_prove_key (op);
  else if (sync_zone_must_ask (self, op->request))
    sync_zone_ask (op);
  else if (!op->asked_who
           && (wants_user (op) || (op->route->natural != NULL && sync_natural_must_ask (self, op->request))))
    sync_natural_ask (op);
  else if (wants_base (op->request))
    {
      op->look_for_base = TRUE;
      sync_settle_look (op);
    }
  else if (op->look_first || wants_sight (op))
    sync_settle_look (op);
  else if (op->request->state == SYNC_STATE_PENDING || may_resend (self, op->request, op->route))
    claim (op, op->request);
  else
    sync_settle_look (op);
}

/* Sends, or looks first where that is what the row needs. @row is a due row as it was listed. */
void
sync_delivery_start (SyncEngine *self, SyncRequest *row)
{
  g_autoptr (GError) error = NULL;
  SyncOperation *op = sync_operation_new (self, row->id);

  /* The common case needs nothing but the claim, which reads the row again. */
  op->look_first = row->state == SYNC_STATE_PENDING
                   && (sync_survey_take_suspect (self, row->id) || follows_confirmed (self, row));
  if (row->state == SYNC_STATE_PENDING && !op->look_first && !wants_base (row) && !is_delete (row) && !is_bare_step (row)
      && !sync_engine_must_prove_key (self, row)
      && !sync_zone_must_ask (self, row) && !sync_natural_must_ask (self, row))
    {
      claim (op, row);
      return;
    }
  op->request = sync_store_get (self->store, row->id, &error);
  if (op->request == NULL)
    {
      put_aside (op, row->state, error);
      return;
    }
  op->route = sync_engine_match (self, op->request, &error);
  if (op->route == NULL)
    sync_settle_give_to_person (op, error->message);
  else
    sync_delivery_continue (op);
}
