/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Local wins where the key itself is in the way: the server will not have a second document with the key of one that was
 * cancelled, or submitted with other content. So the write is made anew, as a request with a key of its own, which takes the
 * place of the one in conflict: its order, its dependants, its time. That key follows from the old one, so that somebody who
 * decides the same again, in a database from before, does not make it twice. Engine's thread only. */
#include "config.h"

#include "sync-engine-private.h"

#include "sync-body.h"
#include "sync-error.h"

/* Whether what this till has can only be made under another key. */
gboolean
sync_anew_is_the_way (const SyncOpenConflict *open)
{
  const char *type = open->conflict->conflict_type;
  gboolean makes = open->route->action == SYNC_ACTION_CREATE || open->route->action == SYNC_ACTION_CALL;

  return makes && open->route->key_path != NULL && open->conflict->server_data != NULL
         && (g_strcmp0 (type, "cancelled") == 0 || g_strcmp0 (type, "submitted") == 0);
}

static SyncRequest *
new_request (SyncEngine *self, const SyncOpenConflict *open, GError **error)
{
  const SyncRequest *row = open->row;
  g_autoptr (SyncRequest) request = sync_request_new ();

  request->key = sync_key_dup_next (row->site, row->resource_type, row->key);
  request->site = g_strdup (row->site);
  request->author = g_strdup (row->author);
  request->family = g_strdup (row->family);
  request->method = g_strdup (row->method);
  request->url = g_strdup (sync_request_get_url (row));
  request->headers = g_strdup (row->headers);
  request->content_type = g_strdup (row->content_type);
  request->accepted_body
    = sync_body_replace_key (open->route, row->content_type, sync_request_get_body (row), row->key, request->key);
  request->fingerprint = sync_body_fingerprint (open->route, row->method, request->url, row->content_type,
                                                request->accepted_body, error);
  if (request->fingerprint == NULL)
    return NULL;
  request->resource_type = g_strdup (row->resource_type);
  request->action = g_strdup (row->action);
  request->priority = row->priority;
  request->group_name = g_strdup (row->group_name);
  /* A sale is still of the time when it was made. */
  request->accepted_server_ms = sync_engine_get_accepted_ms (self, row);
  return g_steal_pointer (&request);
}

/* Ends the conflict so. */
gboolean
sync_anew_make (SyncEngine *self, const SyncOpenConflict *open, const char *actor, GError **error)
{
  g_autoptr (GPtrArray) acceptances = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_acceptance_free);
  SyncRequest *request = new_request (self, open, error);
  SyncAcceptance *acceptance;

  if (request == NULL)
    return FALSE;
  acceptance = sync_acceptance_new (request);
  acceptance->replaces = open->row->id;
  acceptance->actor = g_strdup (actor);
  g_ptr_array_add (acceptances, acceptance);
  if (!sync_store_accept (self->store, acceptances, error))
    return FALSE;
  if (acceptance->error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&acceptance->error));
      return FALSE;
    }
  sync_turn_tell (self, open->row->id, SYNC_STATE_CONFLICT, SYNC_STATE_DISCARDED, FALSE);
  sync_turn_tell (self, acceptance->id, SYNC_STATE_PENDING, SYNC_STATE_PENDING, FALSE);
  sync_engine_conflict_resolved (self, open->conflict->id, "local_wins");
  sync_engine_kick (self);
  return TRUE;
}
