/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person decides about one request: retry, edit, discard, take back, "it arrived", "send again". Each is one
 * transaction with the person's name in the audit. Engine's thread only. */
#include "config.h"

#include "sync-engine-private.h"

#include "sync-body.h"
#include "sync-error.h"

/* The row as it is now, or an error in words. A row that is being sent belongs to its answer. */
static SyncRequest *
get_row (SyncEngine *self, gint64 id, GError **error)
{
  g_autoptr (SyncRequest) row = sync_store_get (self->store, id, error);

  if (row == NULL)
    return NULL;
  if (row->state == SYNC_STATE_SENDING || g_hash_table_contains (self->operations, &id))
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED,
                   "request %" G_GINT64_FORMAT " is being sent just now; try again when its answer is there", id);
      return NULL;
    }
  return g_steal_pointer (&row);
}

static gboolean
refuse_state (const SyncRequest *row, const char *what, const char *when, GError **error)
{
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_ILLEGAL_EDGE, "request %" G_GINT64_FORMAT " is %s; %s is for %s", row->id,
               sync_state_to_string (row->state), what, when);
  return FALSE;
}

static SyncChange
change_by_person (const SyncRequest *row, SyncState to, const char *verdict, const char *actor)
{
  SyncChange change = SYNC_CHANGE_INIT;

  change.id = row->id;
  change.from = row->state;
  change.to = to;
  change.kind = "person";
  change.verdict = verdict;
  change.actor = actor != NULL ? actor : "person";
  return change;
}

static gboolean
apply_and_kick (SyncEngine *self, const SyncChange *change, GError **error)
{
  if (!sync_engine_apply (self, change, error))
    return FALSE;
  sync_engine_kick (self);
  return TRUE;
}

/**
 * sync_engine_retry:
 * @self: an engine
 * @id: of a request that is failed, or that waits for a time or for a person
 * @actor: (nullable): who decided, for the audit
 * @error: %SYNC_ERROR_NOT_FOUND, %SYNC_ERROR_ILLEGAL_EDGE, %SYNC_ERROR_REFUSED (permanent), %SYNC_ERROR_STORAGE (transient)
 *
 * A failed request becomes pending with its count of tries at nothing; a waiting one is due at once; an unknown one is
 * looked for again. Durable on return.
 *
 * Returns: whether it was done
 */
gboolean
sync_engine_retry (SyncEngine *self, gint64 id, const char *actor, GError **error)
{
  g_autoptr (SyncRequest) row = get_row (self, id, error);
  SyncChange change;

  if (row == NULL)
    return FALSE;
  if (row->state != SYNC_STATE_FAILED && row->state != SYNC_STATE_PENDING && row->state != SYNC_STATE_UNKNOWN)
    return refuse_state (row, "retry", "failed and waiting requests", error);
  change = change_by_person (row, row->state == SYNC_STATE_FAILED ? SYNC_STATE_PENDING : row->state, "retry", actor);
  change.reset_retries = TRUE;
  change.delay_ms = 0;
  change.needs_person = 0;
  return apply_and_kick (self, &change, error);
}

/**
 * sync_engine_edit:
 * @self: an engine
 * @id: of a failed request
 * @body: what to send instead
 * @actor: (nullable): who decided, for the audit
 * @error: as sync_engine_retry(), and %SYNC_ERROR_INVALID if the body is malformed (permanent)
 *
 * Replaces what is sent and retries, under the same key. What was accepted is kept. Durable on return.
 *
 * Returns: whether it was done
 */
gboolean
sync_engine_edit (SyncEngine *self, gint64 id, GBytes *body, const char *actor, GError **error)
{
  g_autoptr (SyncRequest) row = get_row (self, id, error);
  g_autoptr (SyncRoute) route = NULL;
  SyncChange change;

  if (row == NULL)
    return FALSE;
  if (row->state != SYNC_STATE_FAILED)
    return refuse_state (row, "edit", "failed requests", error);
  route = sync_route_table_match (self->routes, row->method, sync_request_get_url (row), row->content_type, body, error);
  if (route == NULL)
    return FALSE;
  if (route->client_key != NULL && g_ascii_strcasecmp (route->client_key, row->key) != 0)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID, "the new body carries another key (“%.60s”) than the request (“%.60s”)",
                   route->client_key, row->key);
      return FALSE;
    }
  change = change_by_person (row, SYNC_STATE_PENDING, "edit", actor);
  change.reset_retries = TRUE;
  change.delay_ms = 0;
  change.needs_person = 0;
  change.effective_body = body;
  return apply_and_kick (self, &change, error);
}

/**
 * sync_engine_discard:
 * @self: an engine
 * @id: of a request that is not delivered and not being sent
 * @reason: why; must not be empty
 * @actor: (nullable): who decided, for the audit
 * @error: as sync_engine_retry(), and %SYNC_ERROR_INVALID without a reason (permanent)
 *
 * Gives a request up. It stays in the history with the reason and can be taken back by sync_engine_restore(). Requests
 * that depend on it fail. Durable on return.
 *
 * Returns: whether it was done
 */
gboolean
sync_engine_discard (SyncEngine *self, gint64 id, const char *reason, const char *actor, GError **error)
{
  g_autoptr (SyncRequest) row = NULL;
  SyncChange change;

  if (reason == NULL || *reason == '\0')
    {
      g_set_error_literal (error, SYNC_ERROR, SYNC_ERROR_INVALID, "a discard needs a reason; it is kept with the request");
      return FALSE;
    }
  row = get_row (self, id, error);
  if (row == NULL)
    return FALSE;
  if (!sync_state_can (row->state, SYNC_STATE_DISCARDED))
    return refuse_state (row, "discard", "requests that are not delivered", error);
  change = change_by_person (row, SYNC_STATE_DISCARDED, "discard", actor);
  change.reason = reason;
  change.needs_person = 0;
  return apply_and_kick (self, &change, error);
}

/**
 * sync_engine_restore:
 * @self: an engine
 * @id: of a discarded request
 * @actor: (nullable): who decided, for the audit
 * @error: as sync_engine_retry(), and %SYNC_ERROR_KEY_CONFLICT if another request holds the key meanwhile (permanent)
 *
 * Takes a discarded request back: pending, or unknown if one of its sends is unaccounted for. Durable on return.
 *
 * Returns: whether it was done
 */
gboolean
sync_engine_restore (SyncEngine *self, gint64 id, const char *actor, GError **error)
{
  g_autoptr (SyncRequest) row = get_row (self, id, error);
  SyncChange change;

  if (row == NULL)
    return FALSE;
  if (row->state != SYNC_STATE_DISCARDED)
    return refuse_state (row, "restore", "discarded requests", error);
  change = change_by_person (row, row->unaccounted > 0 ? SYNC_STATE_UNKNOWN : SYNC_STATE_PENDING, "restore", actor);
  change.reset_retries = TRUE;
  change.delay_ms = 0;
  return apply_and_kick (self, &change, error);
}

/**
 * sync_engine_confirm:
 * @self: an engine
 * @id: of an unknown or failed request
 * @arrived: %TRUE: "it arrived", %FALSE: "send it again"
 * @name: (nullable): the document's name on the server, if @arrived
 * @actor: (nullable): who decided, for the audit
 * @error: as sync_engine_retry()
 *
 * A person's word where the server cannot tell. Durable on return.
 *
 * Returns: whether it was done
 */
gboolean
sync_engine_confirm (SyncEngine *self, gint64 id, gboolean arrived, const char *name, const char *actor, GError **error)
{
  g_autoptr (SyncRequest) row = get_row (self, id, error);
  SyncChange change;

  if (row == NULL)
    return FALSE;
  if (row->state != SYNC_STATE_UNKNOWN && row->state != SYNC_STATE_FAILED)
    return refuse_state (row, "confirm", "unknown and failed requests", error);
  change = change_by_person (row, arrived ? SYNC_STATE_COMPLETED : SYNC_STATE_PENDING, arrived ? "arrived" : "send_again",
                             actor);
  change.unaccounted = 0;
  change.needs_person = 0;
  change.delay_ms = 0;
  change.reset_retries = !arrived;
  if (arrived)
    {
      change.proof = "person";
      change.server_name = name;
    }
  return apply_and_kick (self, &change, error);
}

/**
 * sync_engine_clear_old:
 * @self: an engine
 * @days: how old, in days since the delivery
 * @n_cleared: (out) (optional): how many rows went
 * @error: %SYNC_ERROR_STORAGE (transient)
 *
 * Forgets delivered requests; nothing undelivered is ever touched. Durable on return.
 *
 * Returns: whether it was done
 */
gboolean
sync_engine_clear_old (SyncEngine *self, guint days, guint *n_cleared, GError **error)
{
  gboolean done = sync_store_clear_old (self->store, days, n_cleared, error);

  sync_engine_refresh (self);
  return done;
}
