/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a conflict ends: this till's version is sent against the server's present one, or the server's stands. Each is one
 * transaction with the person's name in the audit; the losing side stays in the conflict's record. Engine's thread only. */
#include "config.h"

#include "sync-engine-private.h"

#include "sync-error.h"

typedef struct
{
  SyncConflict *conflict; /* (owned) */
  SyncRequest *row;       /* (owned): of the conflict, with its bodies */
} OpenConflict;

static void
open_conflict_clear (OpenConflict *self)
{
  g_clear_pointer (&self->conflict, sync_conflict_free);
  g_clear_pointer (&self->row, sync_request_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (OpenConflict, open_conflict_clear)

static gboolean
load (SyncEngine *self, gint64 conflict_id, OpenConflict *open, GError **error)
{
  open->conflict = sync_store_get_conflict (self->store, conflict_id, error);
  if (open->conflict == NULL)
    return FALSE;
  if (g_strcmp0 (open->conflict->status, "pending") != 0)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_ILLEGAL_EDGE, "conflict %" G_GINT64_FORMAT " is %s already", conflict_id,
                   open->conflict->status);
      return FALSE;
    }
  open->row = sync_store_get (self->store, open->conflict->request_id, error);
  return open->row != NULL;
}

/* Why this till's version cannot be sent as it is; NULL if it can. */
static const char *
why_not_local (const OpenConflict *open)
{
  const char *type = open->conflict->conflict_type;
  gboolean makes = g_strcmp0 (open->row->action, sync_action_to_string (SYNC_ACTION_CREATE)) == 0
                   || g_strcmp0 (open->row->action, sync_action_to_string (SYNC_ACTION_CALL)) == 0;

  if (open->conflict->server_data == NULL)
    return "the document is not on the server, so nothing there can take it";
  if (g_strcmp0 (type, "cancelled") == 0)
    return "the document was cancelled on the server";
  if (makes && g_strcmp0 (type, "submitted") == 0)
    return "another version of the document was submitted on the server, and what is submitted does not change";
  return NULL;
}

static gboolean
resolve (SyncEngine *self, const OpenConflict *open, SyncChange *change, const char *resolution, const char *actor,
         GError **error)
{
  change->id = open->row->id;
  change->from = SYNC_STATE_CONFLICT;
  change->kind = "person";
  change->verdict = resolution;
  change->resolution = resolution;
  change->actor = actor != NULL ? actor : "person";
  if (!sync_engine_apply (self, change, error))
    return FALSE;
  sync_engine_conflict_resolved (self, open->conflict->id, resolution);
  sync_engine_kick (self);
  return TRUE;
}

/**
 * sync_engine_resolve_local:
 * @self: an engine
 * @conflict_id: of an open conflict
 * @actor: (nullable): who decided, for the audit
 * @error: %SYNC_ERROR_NOT_FOUND, %SYNC_ERROR_ILLEGAL_EDGE (it is not open), %SYNC_ERROR_REFUSED (the document is gone,
 *   cancelled or submitted, so that nothing can take this version), %SYNC_ERROR_CORRUPT (all permanent),
 *   %SYNC_ERROR_STORAGE, %SYNC_ERROR_DISK_FULL (transient)
 *
 * This till's version wins: the request is sent again under its key, against the version that the server had when the
 * conflict was found. If somebody changes the document before that, a new conflict is opened. The server's version stays
 * in the conflict's record. Durable on return.
 *
 * Returns: whether it was done
 */
gboolean
sync_engine_resolve_local (SyncEngine *self, gint64 conflict_id, const char *actor, GError **error)
{
  g_auto (OpenConflict) open = { NULL };
  SyncChange change = SYNC_CHANGE_INIT;
  const char *why;

  sync_engine_assert_own_context (self);
  if (!load (self, conflict_id, &open, error))
    return FALSE;
  why = why_not_local (&open);
  if (why != NULL)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED,
                   "this till's version of %s %s cannot win: %s; let the server's version stand, or give the request up",
                   open.row->resource_type, sync_request_get_document_name (open.row), why);
      return FALSE;
    }
  change.to = SYNC_STATE_PENDING;
  change.base_modified = open.conflict->server_version;
  change.reset_retries = TRUE;
  change.delay_ms = 0;
  return resolve (self, &open, &change, "local_wins", actor, error);
}

/**
 * sync_engine_resolve_server:
 * @self: an engine
 * @conflict_id: of an open conflict
 * @actor: (nullable): who decided, for the audit
 * @error: as sync_engine_resolve_local(), but for %SYNC_ERROR_REFUSED
 *
 * The server's version stands: the request is discarded as `server_wins`. What this till wrote stays in the conflict's
 * record, and sync_engine_restore() takes it back. Who waits for the request goes on with the server's document, if there
 * is one, and fails if there is none. Durable on return.
 *
 * Returns: whether it was done
 */
gboolean
sync_engine_resolve_server (SyncEngine *self, gint64 conflict_id, const char *actor, GError **error)
{
  g_auto (OpenConflict) open = { NULL };
  SyncChange change = SYNC_CHANGE_INIT;

  sync_engine_assert_own_context (self);
  if (!load (self, conflict_id, &open, error))
    return FALSE;
  change.to = SYNC_STATE_DISCARDED;
  change.needs_person = 0;
  change.reason = "the server's version stands";
  return resolve (self, &open, &change, "server_wins", actor, error);
}
