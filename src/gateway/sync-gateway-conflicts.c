/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The calls about conflicts: which there are, and how a person ends one. Engine's thread. */
#include "config.h"

#include "sync-gateway-private.h"

#include <string.h>

#include "sync-error.h"
#include "sync-view.h"

#define LIST_LIMIT 100
#define LIST_LIMIT_MAX 1000

void
sync_gateway_list_conflicts (SyncCall *call)
{
  static const char *const known[] = { "status", "limit", NULL };
  static const char *const states[] = { "pending", "resolved", "superseded", "all", NULL };
  const char *status = sync_call_get_query (call, "status");
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) conflicts = NULL;
  g_autofree char *json = NULL;
  gint64 limit = LIST_LIMIT;

  if (status == NULL)
    status = "pending";
  if (!g_strv_contains (states, status))
    {
      sync_call_fail (call, SOUP_STATUS_BAD_REQUEST, "invalid",
                      "“%.40s” is no status of a conflict; there are pending, resolved, superseded and all",
                      status);
      return;
    }
  if (sync_call_check_query (call, known, &error)
      && sync_call_query_int (call, "limit", 1, LIST_LIMIT_MAX, &limit, &error))
    conflicts = sync_store_list_conflicts (sync_engine_get_store (call->engine),
                                           strcmp (status, "all") == 0 ? NULL : status, limit, &error);
  if (conflicts == NULL)
    {
      sync_call_fail_error (call, error);
      return;
    }
  json = sync_view_conflicts (conflicts);
  sync_call_reply (call, SOUP_STATUS_OK, json);
}

void
sync_gateway_get_conflict (SyncCall *call)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncConflict) conflict
      = sync_store_get_conflict (sync_engine_get_store (call->engine), call->id, &error);
  g_autofree char *json = NULL;

  if (conflict == NULL)
    {
      sync_call_fail_error (call, error);
      return;
    }
  json = sync_view_conflict (conflict);
  sync_call_reply (call, SOUP_STATUS_OK, json);
}

static gboolean
resolve (SyncCall *call, GError **error)
{
  static const char *const members[] = { "resolution", NULL };
  g_autoptr (SyncConflict) conflict = NULL;
  g_autofree char *resolution = NULL;
  SyncCallObject object;

  if (!sync_call_read_object (call, members, &object, error)
      || !sync_call_string (&object, "resolution", &resolution, error))
    return FALSE;
  if (g_strcmp0 (resolution, "local_wins") == 0)
    return sync_engine_resolve_local (call->engine, call->id, sync_call_get_actor (call), error);
  if (g_strcmp0 (resolution, "server_wins") == 0)
    return sync_engine_resolve_server (call->engine, call->id, sync_call_get_actor (call), error);
  /* It stays open; only its number is checked. */
  if (g_strcmp0 (resolution, "skip") == 0)
    {
      conflict = sync_store_get_conflict (sync_engine_get_store (call->engine), call->id, error);
      return conflict != NULL;
    }
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID,
               "“resolution” is “%.40s”; this version knows local_wins (this till's version is sent), server_wins (it is"
               " given up) and skip",
               resolution != NULL ? resolution : "");
  return FALSE;
}

void
sync_gateway_resolve_conflict (SyncCall *call)
{
  g_autoptr (GError) error = NULL;

  if (resolve (call, &error))
    sync_gateway_get_conflict (call);
  else
    sync_call_fail_error (call, error);
}

void
sync_gateway_refuse_undo (SyncCall *call)
{
  sync_call_fail (call, SOUP_STATUS_NOT_IMPLEMENTED, "not-implemented",
                  "this version cannot undo a resolution by itself; both versions are kept in the conflict's record");
}
