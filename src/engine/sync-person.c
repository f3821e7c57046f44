/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person decides about one request: retry, edit, discard, take back, "it arrived", "send again". Each is one
 * transaction with the person's name in the audit. Engine's thread only. */
#include "config.h"

#include "sync-engine-private.h"

#include "sync-body.h"
#include "sync-error.h"
#include "sync-placeholder.h"

/* The row as it is now; NULL with %SYNC_ERROR_NOT_FOUND or %SYNC_ERROR_STORAGE. Listed, not read in full: what a person
 * decides needs no body, and must be possible where that is damaged. */
SyncRequest *
sync_engine_find_row (SyncEngine *self, gint64 id, GError **error)
{
  const SyncListFilter filter = { .after = MAX (id, 1) - 1, .limit = 1 };
  g_autoptr (GPtrArray) rows = sync_store_list (self->store, &filter, error);
  SyncRequest *row;

  if (rows == NULL)
    return NULL;
  row = rows->len > 0 ? g_ptr_array_index (rows, 0) : NULL;
  if (row != NULL && row->id == id)
    return sync_request_ref (row);
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_NOT_FOUND, "there is no request %" G_GINT64_FORMAT, id);
  return NULL;
}

/* The same, or an error in words. A row that is being sent belongs to its answer. */
static SyncRequest *
get_row (SyncEngine *self, gint64 id, GError **error)
{
  g_autoptr (SyncRequest) row = sync_engine_find_row (self, id, error);

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
 * @error: as sync_engine_retry(), and %SYNC_ERROR_INVALID if the body is malformed, mentions a document that no
 *   request makes, or would be another kind of write, or one of another document or DocType (permanent)
 *
 * Replaces what is sent and retries, under the same key. What was accepted is kept. It waits for the documents that
 * the new body mentions, and no longer for those that only the old one did. Durable on return.
 *
 * Returns: whether it was done
 */
gboolean
sync_engine_edit (SyncEngine *self, gint64 id, GBytes *body, const char *actor, GError **error)
{
  g_autoptr (SyncRequest) row = get_row (self, id, error);
  SyncChange change;

  if (row == NULL)
    return FALSE;
  if (row->state != SYNC_STATE_FAILED)
    return refuse_state (row, "edit", "failed requests", error);
  if (!sync_resolve_check_edit (self, row, body, error))
    return FALSE;
  change = change_by_person (row, SYNC_STATE_PENDING, "edit", actor);
  /* A draft that is on the server takes the difference first, and is submitted then. */
  if (row->step > 0)
    change.step = 0;
  change.reset_retries = TRUE;
  change.delay_ms = 0;
  change.needs_person = 0;
  change.effective_body = body;
  return apply_and_kick (self, &change, error);
}

/* (transfer full) (nullable): the rule by which the draft of @row is deleted at @path; NULL where the rules of the shop make
 * something else of that */
static SyncRoute *
match_deletion (SyncEngine *self, const SyncRequest *row, const char *path)
{
  g_autoptr (SyncRoute) route = sync_route_table_match (self->routes, "DELETE", path, NULL, NULL, NULL);

  if (route == NULL || route->kind != SYNC_ROUTE_WRITE || route->action != SYNC_ACTION_DELETE
      || g_strcmp0 (route->resource_type, row->resource_type) != 0 || g_strcmp0 (route->resource_id, row->server_name) != 0)
    return NULL;
  return g_steal_pointer (&route);
}

/* The draft that a discarded create left on the server goes, too: as a request of its own, in the same lane. NULL: it cannot
 * go. */
static SyncAcceptance *
deletion_of_draft (SyncEngine *self, const SyncRequest *row, const char *actor)
{
  g_autofree char *path = sync_route_dup_document_path (row->resource_type, row->server_name);
  g_autoptr (SyncRoute) route = match_deletion (self, row, path);
  SyncRequest *request;

  if (route == NULL)
    return NULL;
  request = sync_request_new ();
  request->site = g_strdup (row->site);
  request->author = g_strdup (actor != NULL ? actor : "person");
  request->key = sync_key_new (self->random, sync_clock_wall_ms (self->clock));
  request->fingerprint = sync_body_fingerprint (route, "DELETE", path, NULL, NULL, NULL);
  request->family = g_strdup (route->family);
  request->method = g_strdup ("DELETE");
  request->url = g_strdup (path);
  request->resource_type = g_strdup (row->resource_type);
  request->resource_id = g_strdup (row->server_name);
  request->lane = g_strdup (row->lane);
  request->action = g_strdup (sync_action_to_string (SYNC_ACTION_DELETE));
  request->priority = row->priority;
  /* What somebody else made of it since is not deleted unseen. */
  request->base_modified = g_strdup (row->base_modified != NULL ? row->base_modified : row->resource_version);
  request->undo_of = row->id;
  return sync_acceptance_new (request);
}

/* Discards the row and queues the deletion of its draft: both or neither. What no rule deletes stays, and that is said. */
static gboolean
discard_with_draft (SyncEngine *self, const SyncRequest *row, SyncChange *change, const char *actor, GError **error)
{
  g_autoptr (GPtrArray) acceptances = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_acceptance_free);
  SyncAcceptance *deletion = deletion_of_draft (self, row, actor);
  gboolean done;

  if (deletion == NULL)
    {
      g_autofree char *words = g_strdup_printf ("its draft %s stays on the server: the route rules do not take its deletion",
                                                row->server_name);

      change->heard = words;
      return apply_and_kick (self, change, error);
    }
  g_ptr_array_add (acceptances, deletion);
  sync_store_begin_group (self->store);
  done = sync_store_change (self->store, change, error) && sync_store_accept (self->store, acceptances, error);
  if (done && deletion->error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&deletion->error));
      done = FALSE;
    }
  if (!done)
    {
      sync_store_roll_back_group (self->store);
      return FALSE;
    }
  if (!sync_store_commit_group (self->store, error))
    return FALSE;
  sync_engine_tell_change (self, change);
  sync_turn_tell (self, deletion->id, SYNC_STATE_PENDING, SYNC_STATE_PENDING, FALSE);
  sync_engine_kick (self);
  return TRUE;
}

/* Nothing else is given up along with it but by somebody who was told of it. */
static gboolean
check_alone (SyncEngine *self, gint64 id, GError **error)
{
  g_autoptr (GArray) dependants = sync_store_list_dependants (self->store, id, SYNC_DEPENDANTS_WAITING, error);
  g_autofree char *list = NULL;

  if (dependants == NULL)
    return FALSE;
  if (dependants->len == 0)
    return TRUE;
  list = sync_request_dup_id_list (dependants);
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED,
               "request %" G_GINT64_FORMAT " has %u that wait for it and would fail with it (%s): confirm that"
               " (“confirm”, --with-dependants)",
               id, dependants->len, list);
  return FALSE;
}

/* Whether the open conflict of @row is about something else than a draft. One that cannot be read may be. */
static gboolean
is_draft_no_more (SyncEngine *self, const SyncRequest *row)
{
  gint64 id = row->state == SYNC_STATE_CONFLICT ? sync_store_find_open_conflict (self->store, row->id, NULL) : 0;
  g_autoptr (SyncConflict) conflict = id != 0 ? sync_store_get_conflict (self->store, id, NULL) : NULL;

  if (row->state != SYNC_STATE_CONFLICT)
    return FALSE;
  return conflict == NULL || g_strcmp0 (conflict->conflict_type, "cancelled") == 0
         || g_strcmp0 (conflict->conflict_type, "submitted") == 0;
}

static gboolean
discard (SyncEngine *self, gint64 id, gboolean with_dependants, const char *reason, const char *actor, GError **error)
{
  g_autoptr (GArray) others = g_array_new (FALSE, FALSE, sizeof (SyncOtherChange));
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
  if (!with_dependants && !check_alone (self, id, error))
    return FALSE;
  change = change_by_person (row, SYNC_STATE_DISCARDED, "discard", actor);
  change.reason = reason;
  change.needs_person = 0;
  change.others = others;
  if (row->server_name != NULL && row->resource_type != NULL
      && g_str_equal (row->action, sync_action_to_string (SYNC_ACTION_CREATE)) && !is_draft_no_more (self, row))
    return discard_with_draft (self, row, &change, actor, error);
  return apply_and_kick (self, &change, error);
}

/* The newest attempt of the row @id, or only the newest send; 0: none. */
static gint64
newest_attempt (SyncEngine *self, gint64 id, gboolean sends_only)
{
  g_autoptr (GPtrArray) attempts = sync_store_list_attempts (self->store, id, NULL);
  gint64 newest = 0;

  for (guint i = 0; attempts != NULL && i < attempts->len; i++)
    {
      const SyncAttempt *attempt = g_ptr_array_index (attempts, i);

      if (!sends_only || g_strcmp0 (attempt->kind, "send") == 0)
        newest = MAX (newest, attempt->id);
    }
  return newest;
}

/* Whether @deletion is that of the draft that @row has now, and not of an earlier one: that may have had the same name, but
 * @row was sent again after it. */
static gboolean
is_of_this_draft (SyncEngine *self, const SyncRequest *row, const SyncRequest *deletion)
{
  return g_strcmp0 (deletion->resource_id, row->server_name) == 0
         && (deletion->state != SYNC_STATE_COMPLETED
             || newest_attempt (self, deletion->id, FALSE) > newest_attempt (self, row->id, TRUE));
}

/* (nullable): the request that deletes, or deleted, the draft that @row left on the server */
static SyncRequest *
find_deletion (SyncEngine *self, const SyncRequest *row)
{
  const SyncListFilter filter = { .resource_type = row->resource_type, .after = row->id, .limit = G_MAXUINT };
  g_autoptr (GPtrArray) rows = NULL;

  if (row->server_name == NULL || row->resource_type == NULL)
    return NULL;
  rows = sync_store_list (self->store, &filter, NULL);
  for (guint i = rows != NULL ? rows->len : 0; i > 0; i--)
    {
      SyncRequest *other = g_ptr_array_index (rows, i - 1);

      if (other->undo_of == row->id && other->state != SYNC_STATE_DISCARDED
          && g_str_equal (other->action, sync_action_to_string (SYNC_ACTION_DELETE)) && is_of_this_draft (self, row, other))
        return sync_request_ref (other);
    }
  return NULL;
}

/* Takes the row back and its draft's deletion, which had no effect, out of the queue: both or neither. */
static gboolean
restore_with_draft (SyncEngine *self, const SyncChange *change, const SyncRequest *deletion, const char *actor, GError **error)
{
  SyncChange withdrawal = change_by_person (deletion, SYNC_STATE_DISCARDED, "discard", actor);

  if (!(deletion->state == SYNC_STATE_FAILED || deletion->state == SYNC_STATE_CONFLICT
        || (deletion->state == SYNC_STATE_PENDING && deletion->attempts == 0))
      || g_hash_table_contains (self->operations, &deletion->id))
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED,
                   "its draft %s is just being deleted by request %" G_GINT64_FORMAT "; try again when that has ended",
                   deletion->resource_id, deletion->id);
      return FALSE;
    }
  withdrawal.reason = "the request whose draft it would delete was taken back";
  sync_store_begin_group (self->store);
  if (!sync_store_change (self->store, &withdrawal, error) || !sync_store_change (self->store, change, error))
    {
      sync_store_roll_back_group (self->store);
      return FALSE;
    }
  if (!sync_store_commit_group (self->store, error))
    return FALSE;
  sync_turn_tell (self, withdrawal.id, withdrawal.from, withdrawal.to, FALSE);
  sync_engine_tell_change (self, change);
  sync_engine_kick (self);
  return TRUE;
}

/**
 * sync_engine_discard:
 * @self: an engine
 * @id: of a request that is not delivered and not being sent
 * @reason: why; must not be empty
 * @actor: (nullable): who decided, for the audit
 * @error: as sync_engine_retry(), %SYNC_ERROR_INVALID without a reason, and %SYNC_ERROR_REFUSED naming the requests
 *   that depend on it (permanent; see sync_engine_discard_with_dependants())
 *
 * Gives a request up on which nothing depends. It stays in the history with the reason and can be taken back by
 * sync_engine_restore(). If it left a draft on the server, the deletion of that draft, as far as it is known here, is queued
 * as a request of its own (`undo_of`), in the same transaction. What was submitted or cancelled there stays. Durable on return.
 *
 * Returns: whether it was done
 */
gboolean
sync_engine_discard (SyncEngine *self, gint64 id, const char *reason, const char *actor, GError **error)
{
  return discard (self, id, FALSE, reason, actor, error);
}

/**
 * sync_engine_discard_with_dependants:
 * @self: an engine
 * @id: of a request that is not delivered and not being sent
 * @reason: why; must not be empty
 * @actor: (nullable): who decided, for the audit
 * @error: as sync_engine_retry(), and %SYNC_ERROR_INVALID without a reason (permanent)
 *
 * Gives a request up, by somebody who knows what depends on it (sync_store_list_dependants()): that fails, and what
 * depends on that; sync_engine_restore_with_dependants() brings all of it back. Durable on return.
 *
 * Returns: whether it was done
 */
gboolean
sync_engine_discard_with_dependants (SyncEngine *self, gint64 id, const char *reason, const char *actor, GError **error)
{
  return discard (self, id, TRUE, reason, actor, error);
}

/* Whether another row does what @row was to do, or did it: then @row does not come back. Where it has a key of its own, that one
 * comes back in the place of @row, if it was given up. */
static gboolean
has_successor (SyncEngine *self, const SyncRequest *row, GError **error)
{
  gint64 id = row->superseded_by;

  while (id != 0)
    {
      g_autoptr (GError) missing = NULL;
      g_autoptr (SyncRequest) other = sync_engine_find_row (self, id, &missing);

      if (other == NULL && !g_error_matches (missing, SYNC_ERROR, SYNC_ERROR_NOT_FOUND))
        {
          g_propagate_error (error, g_steal_pointer (&missing));
          return TRUE;
        }
      if (other == NULL || other->state != SYNC_STATE_DISCARDED || g_ascii_strcasecmp (other->key, row->key) != 0)
        {
          g_set_error (error, SYNC_ERROR, SYNC_ERROR_KEY_CONFLICT,
                       "request %" G_GINT64_FORMAT " cannot be taken back: request %" G_GINT64_FORMAT " took its place", row->id,
                       id);
          return TRUE;
        }
      id = other->superseded_by;
    }
  return FALSE;
}

static gboolean
restore (SyncEngine *self, gint64 id, gboolean with_dependants, const char *actor, GError **error)
{
  g_autoptr (SyncRequest) row = get_row (self, id, error);
  g_autoptr (SyncRequest) deletion = NULL;
  g_autoptr (GArray) others = g_array_new (FALSE, FALSE, sizeof (SyncOtherChange));
  SyncChange change;

  if (row == NULL)
    return FALSE;
  if (row->state != SYNC_STATE_DISCARDED)
    return refuse_state (row, "restore", "discarded requests", error);
  if (has_successor (self, row, error))
    return FALSE;
  if (g_strcmp0 (row->site, self->config->base_url) != 0)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED,
                   "request %" G_GINT64_FORMAT " belongs to %s; set ERPNEXT_BASE_URL back to take it back", id, row->site);
      return FALSE;
    }
  change = change_by_person (row, row->unaccounted > 0 ? SYNC_STATE_UNKNOWN : SYNC_STATE_PENDING, "restore", actor);
  change.reset_retries = TRUE;
  change.delay_ms = 0;
  change.with_dependants = with_dependants;
  change.others = others;
  deletion = find_deletion (self, row);
  if (deletion != NULL && deletion->state != SYNC_STATE_COMPLETED)
    return restore_with_draft (self, &change, deletion, actor, error);
  if (deletion != NULL)
    {
      /* Its draft is gone, so it is made again. */
      change.step = 0;
      change.server_name = "";
    }
  return apply_and_kick (self, &change, error);
}

/**
 * sync_engine_restore:
 * @self: an engine
 * @id: of a discarded request
 * @actor: (nullable): who decided, for the audit
 * @error: as sync_engine_retry(), and %SYNC_ERROR_KEY_CONFLICT if another request holds the key meanwhile (permanent)
 *
 * Takes a discarded request back: pending, or unknown if one of its sends is unaccounted for. The deletion of its draft,
 * if that still waits, is given up in the same transaction; if the draft is gone, it is made again. What failed because
 * it was given up stays failed, and can be tried again one by one. Durable on return.
 *
 * Returns: whether it was done
 */
gboolean
sync_engine_restore (SyncEngine *self, gint64 id, const char *actor, GError **error)
{
  return restore (self, id, FALSE, actor, error);
}

/**
 * sync_engine_restore_with_dependants:
 * @self: an engine
 * @id: of a discarded request
 * @actor: (nullable): who decided, for the audit
 * @error: as sync_engine_restore()
 *
 * Takes a discarded request back together with those that failed because it was given up, and no others. Durable on
 * return.
 *
 * Returns: whether it was done
 */
gboolean
sync_engine_restore_with_dependants (SyncEngine *self, gint64 id, const char *actor, GError **error)
{
  return restore (self, id, TRUE, actor, error);
}

/* Whether the last look saw that the document which the server had made for @row is not there any more. */
static gboolean
is_missing (SyncEngine *self, const SyncRequest *row)
{
  g_autoptr (GPtrArray) attempts = sync_store_list_attempts (self->store, row->id, NULL);

  for (guint i = attempts != NULL ? attempts->len : 0; i > 0; i--)
    {
      const SyncAttempt *attempt = g_ptr_array_index (attempts, i - 1);

      if (g_strcmp0 (attempt->kind, "person") != 0)
        return g_strcmp0 (attempt->kind, "look") == 0 && g_strcmp0 (attempt->verdict, SYNC_LOOK_MISSING) == 0;
    }
  return FALSE;
}

/* Whether @row may have arrived as @name: what a write of a document is about does not change with it. */
static gboolean
check_named (const SyncRequest *row, const char *name, GError **error)
{
  static const SyncAction actions[] = { SYNC_ACTION_UPDATE, SYNC_ACTION_SUBMIT, SYNC_ACTION_CANCEL, SYNC_ACTION_DELETE };
  const char *own = sync_request_get_document_name (row);
  gboolean has_own = FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (actions); i++)
    has_own = has_own || g_strcmp0 (row->action, sync_action_to_string (actions[i])) == 0;
  /* What had no name when the write was made can have any. */
  if (!has_own || own == NULL || g_str_has_prefix (own, SYNC_PLACEHOLDER_PREFIX) || sync_key_is_same (own, name))
    return TRUE;
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID, "the request is about %s “%s”, and “%s” is another document",
               row->resource_type != NULL ? row->resource_type : "the document", own, name);
  return FALSE;
}

/**
 * sync_engine_confirm:
 * @self: an engine
 * @id: of an unknown or failed request
 * @arrived: %TRUE: "it arrived", %FALSE: "send it again"
 * @name: (nullable): the document's name on the server, if @arrived; needed where requests that wait mention the document
 * @actor: (nullable): who decided, for the audit
 * @error: as sync_engine_retry(), and %SYNC_ERROR_INVALID if @name cannot be a document's, or is another document than the one
 *   that the request is about (permanent)
 *
 * A person's word where the server cannot tell. What the server had made and has no more is made again. Durable on return.
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
  if (arrived && name != NULL && !check_named (row, name, error))
    return FALSE;
  if (arrived && name != NULL && *name != '\0' && !sync_route_is_document_name (name))
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID, "“%s” is no document's name", name);
      return FALSE;
    }
  change = change_by_person (row, arrived ? SYNC_STATE_COMPLETED : SYNC_STATE_PENDING, arrived ? "arrived" : SYNC_SEND_AGAIN,
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
  else if (row->server_name != NULL && is_missing (self, row))
    {
      change.step = 0;
      change.server_name = "";
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
  gboolean done = sync_store_clear_old (self->store, days, G_MAXINT, n_cleared, error);

  sync_engine_refresh (self);
  return done;
}
