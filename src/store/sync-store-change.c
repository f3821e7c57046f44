/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What happens to a row after it was accepted: it is claimed, and it is decided about. These two are the only
 * ways by which the program changes a state (start-up recovery and giving up a parent go with them). Each
 * checks the row as it stands now against what its caller saw, so a late answer or a second claim changes
 * nothing. */
#include "config.h"

#include "sync-store-private.h"
#include "sync-mutant.h"

#define HOUR_MS G_GINT64_CONSTANT (3600000)

typedef struct
{
  gint64 id;
  SyncSend send;
  SyncRequest *request; /* (owned) (nullable): the row as claimed */
} Claim;

/* A change on its way: the row before, and what its columns become. */
typedef struct
{
  const SyncChange *change;
  SyncStoreRow row;
  SyncState to;
  gint64 now_ms;
  const char *actor;
  const char *lost_message; /* (unowned) (nullable): why a row that was to wait fails instead */
  SyncStoreMentions mentions; /* (owned): what a new body, or one taken back, makes of its placeholders */
  SyncStoreSpread spread;
  gboolean needs_person;
  gint64 due_boot_us;
  gint64 next_retry_at_ms;
  guint step;
  guint unaccounted;
} Decision;

static gboolean
is_open (SyncState state)
{
  return state != SYNC_STATE_COMPLETED && state != SYNC_STATE_DISCARDED;
}

static gboolean
is_waiting (SyncState state)
{
  return state == SYNC_STATE_PENDING || state == SYNC_STATE_UNKNOWN;
}

static void
set_stale (gint64 id, const char *why, GError **error)
{
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_STALE, "request %" G_GINT64_FORMAT " %s", id, why);
}

static gboolean
explain_no_claim (SyncStore *self, gint64 id, const SyncSend *send, GError **error)
{
  g_auto (SyncStoreRow) row = SYNC_STORE_ROW_INIT;

  if (!sync_store_row_load (self, id, &row, error))
    return FALSE;
  if (!is_waiting (row.request->state))
    set_stale (id, "is not waiting to be sent any more", error);
  else if (send->is_pending && row.request->state == SYNC_STATE_UNKNOWN)
    set_stale (id, "is unknown by now", error);
  else if (row.waiting_on > 0)
    set_stale (id, "waits for another request", error);
  else
    set_stale (id, "is not the first of its lane", error);
  return FALSE;
}

static gboolean
read_state (SyncStore *self, gint64 id, SyncState *state, GError **error)
{
  g_autoptr (SyncStatement) stmt = sync_store_prepare (self, SYNC_STATEMENT_PARENT, error);

  if (stmt == NULL || !sync_store_bind (self, stmt, error, "i", id)
      || !sync_store_step (self, stmt, NULL, error))
    return FALSE;
  sync_state_from_string ((const char *) sqlite3_column_text (stmt, 0), state);
  return TRUE;
}

static gboolean
claim_verb (SyncStore *self, gpointer data, GError **error)
{
  Claim *claim = data;
  gint64 now_ms = sync_clock_wall_ms (self->clock);
  SyncState from = SYNC_STATE_PENDING;

  g_clear_pointer (&claim->request, sync_request_unref);
  if (!read_state (self, claim->id, &from, error)
      || !sync_store_run (self, SYNC_STATEMENT_CLAIM, error, "iid", claim->id, now_ms, claim->send.is_pending))
    return FALSE;
  if (sqlite3_changes (self->db) == 0)
    return explain_no_claim (self, claim->id, &claim->send, error);
  claim->request = sync_store_row_load_full (self, claim->id, error);
  return claim->request != NULL
         && sync_store_run (self, SYNC_STATEMENT_INSERT_SEND, error, "idissi", claim->id,
                            (int) claim->request->attempts, now_ms, claim->send.key_field, claim->send.user,
                            claim->send.server_ms)
         && sync_store_audit_add (self, claim->id, sync_state_to_string (from), SYNC_STATE_SENDING, "engine",
                                  NULL, now_ms, error);
}

/**
 * sync_store_claim:
 * @self: a store
 * @id: of a row that is due
 * @send: (nullable): what is kept beside the attempt; NULL: nothing is known
 * @attempt: (out) (optional): the number of the send that may begin now
 *
 * Marks a row as being sent, in the instant before its first byte goes out. Only the head of a lane that
 * waits for nothing can be claimed; whether it is due is the caller's matter.
 *
 * Returns: (transfer full): the row as it stands now, with bodies and dependencies; NULL with
 * %SYNC_ERROR_STALE (it is not waiting any more, not the head, has dependencies left, or is not pending as @send says),
 * %SYNC_ERROR_NOT_FOUND, or %SYNC_ERROR_STORAGE, %SYNC_ERROR_DISK_FULL (transient: nothing may be sent then),
 * %SYNC_ERROR_CORRUPT
 */
SyncRequest *
sync_store_claim (SyncStore *self, gint64 id, const SyncSend *send, guint *attempt, GError **error)
{
  Claim claim = { .id = id };

  sync_store_assert_usable (self);
  if (send != NULL)
    claim.send = *send;
  if (!sync_store_run_verb (self, claim_verb, &claim, error))
    {
      g_clear_pointer (&claim.request, sync_request_unref);
      return NULL;
    }
  if (attempt != NULL)
    *attempt = claim.request->attempts;
  return claim.request;
}

static gboolean
check_current (const Decision *decision, GError **error)
{
  const SyncChange *change = decision->change;
  const SyncRequest *request = decision->row.request;

  if (request->state != change->from)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_STALE, "request %" G_GINT64_FORMAT " is %s by now, not %s",
                   change->id, sync_state_to_string (request->state), sync_state_to_string (change->from));
      return FALSE;
    }
  if (change->attempt > 0 && (change->from != SYNC_STATE_SENDING || request->attempts != change->attempt))
    {
      set_stale (change->id, "was sent again since: this answer is too late", error);
      return FALSE;
    }
  return TRUE;
}

static gboolean
check_edge (const SyncChange *change, GError **error)
{
  if (change->from == change->to)
    return TRUE;
  if (change->to == SYNC_STATE_SENDING || !sync_state_can (change->from, change->to))
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_ILLEGAL_EDGE,
                   "request %" G_GINT64_FORMAT " cannot go from %s to %s%s", change->id,
                   sync_state_to_string (change->from), sync_state_to_string (change->to),
                   change->to == SYNC_STATE_SENDING ? " but by a claim" : "");
      return FALSE;
    }
  return TRUE;
}

static gboolean
check_rules (const Decision *decision, GError **error)
{
  const SyncChange *change = decision->change;
  gboolean to_rest = change->to == SYNC_STATE_PENDING || change->to == SYNC_STATE_FAILED;
  gboolean from_unsure = change->from == SYNC_STATE_SENDING || change->from == SYNC_STATE_DISCARDED;

  if (change->from != change->to && to_rest && from_unsure && decision->unaccounted > 0)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_ILLEGAL_EDGE,
                   "request %" G_GINT64_FORMAT
                   " cannot become %s while an attempt is unaccounted for: make it unknown",
                   change->id, sync_state_to_string (change->to));
      return FALSE;
    }
  if (change->effective_body != NULL
      && !(change->to == SYNC_STATE_PENDING
           && (change->from == SYNC_STATE_CONFLICT || change->from == SYNC_STATE_FAILED)))
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_ILLEGAL_EDGE,
                   "the body of request %" G_GINT64_FORMAT
                   " changes only when it waits again after a conflict or a failure",
                   change->id);
      return FALSE;
    }
  return TRUE;
}

static gboolean
check_parents (SyncStore *self, Decision *decision, GError **error)
{
  gboolean delivered;
  gint64 parent;

  if (!sync_store_dependency_find_lost (self, decision->change->id, &parent, &delivered, error))
    return FALSE;
  if (parent == 0)
    return TRUE;
  if (decision->change->from == SYNC_STATE_UNKNOWN)
    {
      decision->to = SYNC_STATE_FAILED;
      decision->lost_message = delivered ? "nobody knows what the document on which it depends is called"
                                         : "the request on which it depends was given up";
      sync_store_note_other (decision->change->others, decision->change->id, SYNC_STATE_UNKNOWN, decision->to);
      return sync_store_run (self, SYNC_STATEMENT_MARK_LOST, error, "ii", decision->change->id, parent);
    }
  return sync_store_dependency_refuse_lost (parent, delivered, error);
}

/* A row that waits again must have its key, and somebody who can still deliver what it waits for. */
static gboolean
check_waits_again (SyncStore *self, Decision *decision, GError **error)
{
  const SyncChange *change = decision->change;
  const SyncRequest *request = decision->row.request;
  gint64 other = 0;
  SyncState state;

  if (!is_waiting (change->to) || change->from == change->to)
    return TRUE;
  if (change->from == SYNC_STATE_DISCARDED)
    {
      if (!sync_store_find_holder (self, request, request->id, &other, &state, error))
        return FALSE;
      if (other != 0)
        {
          g_set_error (error, SYNC_ERROR, SYNC_ERROR_KEY_CONFLICT,
                       "request %" G_GINT64_FORMAT
                       " cannot come back: its key belongs to request %" G_GINT64_FORMAT " (%s) by now",
                       request->id, other, sync_state_to_string (state));
          return FALSE;
        }
    }
  return change->to != SYNC_STATE_PENDING || decision->row.waiting_on == 0 || check_parents (self, decision, error);
}

/* What is unknown and waits for a row that was given up can neither be looked for nor go, so it stays with a person. */
static gboolean
check_can_be_looked_for (SyncStore *self, Decision *decision, GError **error)
{
  const SyncChange *change = decision->change;
  gboolean delivered;
  gint64 parent;

  if (decision->to != SYNC_STATE_UNKNOWN || decision->row.waiting_on == 0 || decision->needs_person)
    return TRUE;
  if (!sync_store_dependency_find_lost (self, change->id, &parent, &delivered, error))
    return FALSE;
  if (parent != 0 && change->from == SYNC_STATE_UNKNOWN)
    return sync_store_dependency_refuse_lost (parent, delivered, error);
  decision->needs_person = parent != 0;
  return TRUE;
}

/* NULL keeps, the empty text clears. */
static const char *
pick (const char *new_text, const char *old_text)
{
  if (new_text == NULL)
    return old_text;
  return *new_text != '\0' ? new_text : NULL;
}

/* A person who says that it arrived must say under what name, if others wait to hear it. */
static gboolean
check_name (SyncStore *self, const Decision *decision, GError **error)
{
  const SyncChange *change = decision->change;
  g_autoptr (GArray) ids = NULL;
  g_autofree char *list = NULL;

  if (change->to != SYNC_STATE_COMPLETED || g_strcmp0 (change->kind, "person") != 0
      || pick (change->server_name, decision->row.request->server_name) != NULL)
    return TRUE;
  ids = sync_store_list_dependants (self, change->id, SYNC_DEPENDANTS_NAME, error);
  if (ids == NULL || ids->len == 0)
    return ids != NULL;
  list = sync_request_dup_id_list (ids);
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED,
               "%s mention its document: say what the server calls it", list);
  return FALSE;
}

/* A body that takes the place of another may mention other documents; one that was away while names became
 * known may still hold their placeholders. */
static gboolean
renew_mentions (SyncStore *self, Decision *decision, GError **error)
{
  const SyncChange *change = decision->change;
  gboolean taken_back = change->from == SYNC_STATE_DISCARDED && change->to != change->from;
  g_autoptr (SyncRequest) request = NULL;
  GBytes *body;

  if (change->effective_body == NULL && !taken_back)
    return TRUE;
  request = sync_store_row_load_full (self, change->id, error);
  if (request == NULL)
    return FALSE;
  body = change->effective_body != NULL ? change->effective_body : sync_request_get_body (request);
  if (!sync_store_placeholder_find (self, request, body, &decision->mentions, error)
      || !sync_store_placeholder_write (self, change->id, &decision->mentions, error)
      || !sync_store_dependency_renew (self, &decision->row, decision->mentions.parents, error))
    return FALSE;
  sync_store_row_clear (&decision->row);
  return sync_store_row_load (self, change->id, &decision->row, error);
}

static void
compute_due (SyncStore *self, Decision *decision)
{
  const SyncChange *change = decision->change;

  if (!is_waiting (decision->to))
    return;
  if (change->delay_ms < 0)
    {
      decision->due_boot_us = decision->row.due_boot_us;
      decision->next_retry_at_ms = decision->row.request->next_retry_at_ms;
    }
  else if (change->delay_ms > 0)
    {
      decision->due_boot_us = MAX (sync_clock_boot_us (self->clock), 0) + change->delay_ms * 1000;
      decision->next_retry_at_ms = decision->now_ms + change->delay_ms;
    }
}

static void
compute (SyncStore *self, Decision *decision)
{
  const SyncChange *change = decision->change;
  const SyncRequest *request = decision->row.request;

  decision->to = change->to;
  decision->now_ms = sync_clock_wall_ms (self->clock);
  decision->actor = change->actor != NULL ? change->actor : "engine";
  decision->spread = (SyncStoreSpread){ decision->actor, decision->now_ms, change->others };
  decision->step = change->step >= 0 ? (guint) change->step : request->step;
  decision->unaccounted = change->unaccounted >= 0 ? (guint) change->unaccounted : request->unaccounted;
  /* Whoever decides that the row is no longer unknown has decided. */
  if (change->needs_person >= 0)
    decision->needs_person = change->needs_person;
  else
    decision->needs_person = request->needs_person && change->to == change->from;
}

static gboolean
is_delivered_further (const Decision *decision)
{
  return decision->to == SYNC_STATE_COMPLETED || decision->step > decision->row.request->step;
}

/* NULL: the body stays, or ids in it were rewritten and are written down already. */
static GBytes *
get_new_body (const Decision *decision)
{
  if (decision->change->effective_body == NULL)
    return NULL;
  return decision->mentions.body != NULL ? decision->mentions.body : decision->change->effective_body;
}

static gboolean
write_row (SyncStore *self, const Decision *decision, GError **error)
{
  const SyncChange *change = decision->change;
  const SyncRequest *request = decision->row.request;
  gboolean restored = change->from == SYNC_STATE_DISCARDED && is_open (decision->to);
  gboolean discarded = decision->to == SYNC_STATE_DISCARDED;
  gboolean is_head = decision->row.is_head && is_open (decision->to);
  guint retries = change->reset_retries ? 0 : request->retry_count + (change->charge ? 1 : 0);
  /* What the server said of the request is what it said to a send of it. */
  gboolean is_look = change->attempt == 0;
  guint http_status = change->http_status != 0 && !is_look ? change->http_status : request->http_status;
  const char *exc_type = is_look ? request->exc_type : pick (change->exc_type, request->exc_type);
  const char *message = decision->lost_message != NULL ? decision->lost_message
                                                       : pick (change->message, request->error_message);
  const char *base = pick (change->base_modified, request->base_modified);
  const char *resolution = discarded ? pick (change->resolution, NULL) : decision->row.resolution;
  const char *reason = discarded ? pick (change->reason, request->discard_reason) : request->discard_reason;
  g_autoptr (GBytes) response = sync_store_body_cut (change->response);
  g_autoptr (GBytes) effective = sync_store_body_encode (get_new_body (decision));

  if (change->server_modified != NULL && decision->step > request->step)
    base = change->server_modified;
  return sync_store_run (
    self, SYNC_STATEMENT_UPDATE_REQUEST, error, "isddiiddddssssssssiibb", request->id,
    sync_state_to_string (decision->to), is_head, decision->needs_person, decision->due_boot_us,
    decision->next_retry_at_ms, (int) decision->step, (int) retries, (int) decision->unaccounted,
    (int) http_status, exc_type, message,
    pick (change->server_name, request->server_name),
    pick (change->server_modified, request->resource_version), base, pick (change->proof, request->proof),
    restored ? NULL : resolution, restored ? NULL : reason, restored ? (gint64) 0 : request->superseded_by,
    decision->now_ms, response, effective);
}

static gboolean
write_attempt (SyncStore *self, const Decision *decision, GError **error)
{
  const SyncChange *change = decision->change;

  if (change->attempt > 0)
    return sync_store_run (self, SYNC_STATEMENT_FINISH_ATTEMPT, error, "ididsss", change->id,
                           (int) change->attempt, change->duration_us, (int) change->http_status,
                           change->exc_type, change->verdict, change->message);
  if (change->verdict == NULL)
    return TRUE;
  return sync_store_run (self, SYNC_STATEMENT_INSERT_ATTEMPT, error, "idsiidsss", change->id,
                         (int) decision->row.request->attempts, change->kind != NULL ? change->kind : "look",
                         decision->now_ms, change->duration_us, (int) change->http_status, change->exc_type,
                         change->verdict, change->heard != NULL ? change->heard : change->message);
}

static gboolean
write_statistics (SyncStore *self, const Decision *decision, GError **error)
{
  const SyncChange *change = decision->change;
  gboolean moved = decision->to != change->from;
  gboolean delivered = moved && decision->to == SYNC_STATE_COMPLETED;
  gboolean failed = moved && decision->to == SYNC_STATE_FAILED;
  gboolean conflict = moved && decision->to == SYNC_STATE_CONFLICT;
  gint64 latency_ms = delivered ? MAX (decision->now_ms - decision->row.request->accepted_ms, 0) : 0;

  if (!delivered && !failed && !conflict && !change->charge)
    return TRUE;
  return sync_store_run (self, SYNC_STATEMENT_ADD_STATISTICS, error, "iddddi",
                         decision->now_ms - decision->now_ms % HOUR_MS, delivered, failed, conflict,
                         change->charge, latency_ms);
}

/* What a delivery means for the others. */
static gboolean
spread_delivery (SyncStore *self, const Decision *decision, GError **error)
{
  const SyncChange *change = decision->change;
  const SyncRequest *request = decision->row.request;
  const char *name = pick (change->server_name, request->server_name);

  if (!is_delivered_further (decision) || change->from == SYNC_STATE_COMPLETED)
    return TRUE;
  if (change->server_modified != NULL
      && !sync_store_lane_pass_modified (self, &decision->row, change->server_modified, error))
    return FALSE;
  if (name != NULL && !sync_store_lane_learn_name (self, request, name, decision->now_ms, error))
    return FALSE;
  if (decision->to != SYNC_STATE_COMPLETED)
    return TRUE;
  return sync_store_run (self, SYNC_STATEMENT_INSERT_DELIVERED, error, "ssssssii", request->site,
                         request->family, request->resource_type != NULL ? request->resource_type : "",
                         request->key, request->fingerprint, name, request->id, decision->now_ms)
         && (!SYNC_MUTANT ("placeholder-outside-transaction")
             || sync_store_exec (self, "COMMIT; BEGIN IMMEDIATE; SAVEPOINT one", error))
         && (name == NULL || sync_store_dependant_rewrite (self, request, name, &decision->spread, error))
         && sync_store_dependency_meet (self, request->id, name != NULL, error)
         && (name != NULL || sync_store_dependant_fail_nameless (self, request->id, &decision->spread, error));
}

/* Given up for the server's version: whoever waits can go on with that document, if there is one. */
static gboolean
spread_server_wins (SyncStore *self, const Decision *decision, GError **error)
{
  g_auto (SyncStoreParent) parent = { 0 };
  gint64 id = decision->change->id;

  if (!sync_store_dependency_find_parent (self, &id, &parent, error))
    return FALSE;
  if (!parent.server_won)
    return sync_store_dependant_fail (self, id, &decision->spread, error);
  if (parent.server_name == NULL)
    return sync_store_dependency_meet (self, id, FALSE, error)
           && sync_store_dependant_fail_nameless (self, id, &decision->spread, error);
  return sync_store_dependant_rewrite (self, decision->row.request, parent.server_name, &decision->spread, error)
         && sync_store_dependency_meet (self, id, TRUE, error);
}

static gboolean
spread_discard (SyncStore *self, const Decision *decision, GError **error)
{
  const SyncChange *change = decision->change;

  if (decision->to == change->from)
    return TRUE;
  if (change->from == SYNC_STATE_FAILED && !sync_store_run (self, SYNC_STATEMENT_CLEAR_LOST, error, "i", change->id))
    return FALSE;
  if (change->from == SYNC_STATE_DISCARDED)
    return sync_store_dependency_unmeet (self, change->id, error)
           && sync_store_lane_reclaim_name (self, decision->row.request, error)
           && (!change->with_dependants
               || sync_store_dependant_take_back (self, change->id, &decision->spread, error));
  if (decision->to != SYNC_STATE_DISCARDED)
    return TRUE;
  if (g_strcmp0 (change->resolution, "server_wins") == 0)
    return spread_server_wins (self, decision, error);
  return sync_store_dependant_fail (self, change->id, &decision->spread, error);
}

static gboolean
move_head (SyncStore *self, const Decision *decision, GError **error)
{
  const SyncChange *change = decision->change;

  if (change->from == decision->to)
    return TRUE;
  if (change->from == SYNC_STATE_DISCARDED)
    return sync_store_lane_return (self, &decision->row, error);
  if (!is_open (decision->to))
    return !decision->row.is_head || sync_store_lane_move_head (self, decision->row.request->lane, 0, error);
  /* While it was being sent it kept the head against a row that came back before it. */
  if (change->from == SYNC_STATE_SENDING)
    return sync_store_lane_move_head (self, decision->row.request->lane, change->id, error);
  return TRUE;
}

static gboolean
change_conflict (SyncStore *self, const Decision *decision, GError **error)
{
  const SyncChange *change = decision->change;

  if (change->from == decision->to)
    return TRUE;
  if (change->from == SYNC_STATE_CONFLICT)
    return sync_store_conflict_close (
      self, change->id, decision->to == SYNC_STATE_UNKNOWN ? "superseded" : "resolved", change->resolution,
      get_new_body (decision), decision->actor, change->reason, decision->now_ms, error);
  if (decision->to == SYNC_STATE_CONFLICT && change->conflict != NULL)
    return sync_store_conflict_open (self, change->id, change->conflict, decision->now_ms, error) != 0;
  return TRUE;
}

static gboolean
decide (SyncStore *self, Decision *decision, GError **error)
{
  const SyncChange *change = decision->change;
  const char *reason = change->reason != NULL ? change->reason : change->verdict;

  if (!sync_store_row_load (self, change->id, &decision->row, error) || !check_current (decision, error))
    return FALSE;
  compute (self, decision);
  if (!check_rules (decision, error) || !check_name (self, decision, error)
      || !renew_mentions (self, decision, error) || !check_waits_again (self, decision, error)
      || !check_can_be_looked_for (self, decision, error))
    return FALSE;
  compute_due (self, decision);
  /* Conflict first: closing it needs the row as it is, opening it is refused if one is open. */
  return change_conflict (self, decision, error) && write_row (self, decision, error)
         && (get_new_body (decision) == NULL || sync_store_shown_write (self, change->id, get_new_body (decision), error))
         && write_attempt (self, decision, error) && spread_delivery (self, decision, error)
         && spread_discard (self, decision, error) && move_head (self, decision, error)
         && write_statistics (self, decision, error)
         && (change->from == decision->to
             || sync_store_audit_add (self, change->id, sync_state_to_string (change->from), decision->to,
                                      decision->actor, reason, decision->now_ms, error));
}

static gboolean
change_verb (SyncStore *self, gpointer data, GError **error)
{
  Decision decision = { .change = data };
  gboolean ok;

  if (decision.change->others != NULL)
    g_array_set_size (decision.change->others, 0);
  ok = decide (self, &decision, error);
  sync_store_row_clear (&decision.row);
  sync_store_mentions_clear (&decision.mentions);
  return ok;
}

/**
 * sync_store_change:
 * @self: a store
 * @change: what was decided about one row
 *
 * Applies one decision and all that follows from it, in one transaction: the next row of the lane becomes its
 * head, a delivery is remembered under its key, tells its name and its `modified` to the rows behind it,
 * writes its name over its placeholder in those that waited for it, and sets them free; a row given up fails
 * those that waited for it, unless the server's version won and there is one. A row delivered without a name
 * fails those that mention it. A new body is read for placeholders as at acceptance. Leaving `unknown` clears `needs_person` unless the change sets it. An unknown row that is
 * found absent while the row it depends on was given up becomes `failed` instead of `pending`.
 *
 * Returns: TRUE if it is durable; else %SYNC_ERROR_STALE (the row is in another state, or the attempt is not
 * the last one), %SYNC_ERROR_ILLEGAL_EDGE, %SYNC_ERROR_NOT_FOUND, %SYNC_ERROR_KEY_CONFLICT (taken back, but
 * the key is held), %SYNC_ERROR_REFUSED (what it depends on was given up, or a person's word lacks the name
 * that others wait for), %SYNC_ERROR_INVALID (a placeholder in a new body that no request makes), or %SYNC_ERROR_STORAGE,
 * %SYNC_ERROR_DISK_FULL (both transient), %SYNC_ERROR_CORRUPT; nothing was changed then
 */
gboolean
sync_store_change (SyncStore *self, const SyncChange *change, GError **error)
{
  sync_store_assert_usable (self);
  return check_edge (change, error) && sync_store_run_verb (self, change_verb, (gpointer) change, error);
}
