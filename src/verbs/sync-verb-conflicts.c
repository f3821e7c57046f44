/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verbs about conflicts: which there are, and how a person ends one. Engine's thread. */
#include "config.h"

#include "sync-verb-private.h"

#include <string.h>

#include "sync-error.h"
#include "sync-secret.h"
#include "sync-view.h"

#define LIST_LIMIT 100
#define LIST_LIMIT_MAX 1000

void
sync_verb_list_conflicts (SyncCall *call)
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
      sync_call_fail (call, SYNC_ERROR_INVALID,
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
  sync_call_reply (call, json);
}

/* One conflict with its history. */
static void
reply_conflict (SyncCall *call, gint64 id)
{
  SyncStore *store = sync_engine_get_store (call->engine);
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncConflict) conflict = sync_store_get_conflict (store, id, &error);
  g_autoptr (GPtrArray) history = conflict != NULL ? sync_store_list_conflict_history (store, id, &error) : NULL;
  g_autofree char *json = NULL;

  if (history == NULL)
    {
      sync_call_fail_error (call, error);
      return;
    }
  json = sync_view_conflict (conflict, history);
  sync_call_reply (call, json);
}

void
sync_verb_get_conflict (SyncCall *call)
{
  g_autoptr (GError) error = NULL;

  if (sync_call_read_nothing (call, &error))
    reply_conflict (call, call->id);
  else
    sync_call_fail_error (call, error);
}

static gboolean
read_resolution (const SyncCallObject *object, SyncResolution *resolution, GError **error)
{
  g_autofree char *name = NULL;

  if (!sync_call_string (object, "resolution", &name, error))
    return FALSE;
  if (sync_resolution_from_string (name, resolution))
    return TRUE;
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID,
               "“resolution” is “%.40s”; there are local_wins (this till's version is sent), server_wins (it is given up),"
               " merged (fields of both are sent), manual (“document” is sent) and skip (it stays open)",
               name != NULL ? name : "");
  return FALSE;
}

static gboolean
read_document (const SyncCallObject *object, GBytes **document, GError **error)
{
  SyncJsonView view;

  if (!sync_call_member (object, "document", &view))
    return TRUE;
  if (sync_json_view_kind (&view) != SYNC_JSON_OBJECT)
    {
      g_set_error_literal (error, SYNC_ERROR, SYNC_ERROR_INVALID,
                           "“document” must be an object: the fields that are to be written");
      return FALSE;
    }
  *document = g_bytes_new (view.text, view.length);
  return sync_call_check_dots (*document, "document", error);
}

static void
preview (SyncCall *call, SyncResolution resolution, GBytes *document)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *body = sync_engine_preview (call->engine, call->id, resolution, document, &error);
  g_autofree char *masked = body != NULL ? sync_secret_dup_masked (body, strlen (body)) : NULL;
  g_autofree char *json = NULL;

  if (body == NULL)
    {
      sync_call_fail_error (call, error);
      return;
    }
  json = g_strdup_printf ("{\"id\":%" G_GINT64_FORMAT ",\"preview\":%s}", call->id, masked != NULL ? masked : body);
  sync_call_reply (call, json);
}

void
sync_verb_resolve_conflict (SyncCall *call)
{
  static const char *const members[] = { "resolution", "document", "preview", NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) document = NULL;
  SyncResolution resolution;
  SyncCallObject object;
  gboolean given;
  gboolean only_preview = FALSE;

  if (!sync_call_read_object (call, members, &object, &error) || !read_resolution (&object, &resolution, &error)
      || !read_document (&object, &document, &error)
      || !sync_call_bool (&object, "preview", &given, &only_preview, &error))
    sync_call_fail_error (call, error);
  else if (only_preview)
    preview (call, resolution, document);
  else if (sync_engine_resolve (call->engine, call->id, resolution, document, call->actor, &error))
    reply_conflict (call, call->id);
  else
    sync_call_fail_error (call, error);
}

void
sync_verb_undo_conflict (SyncCall *call)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *json = NULL;
  gint64 id = 0;

  if (sync_call_read_nothing (call, &error))
    id = sync_engine_undo_resolution (call->engine, call->id, call->actor, &error);
  if (id == 0)
    {
      sync_call_fail_error (call, error);
      return;
    }
  json = g_strdup_printf ("{\"id\":%" G_GINT64_FORMAT ",\"requestId\":%" G_GINT64_FORMAT "}", call->id, id);
  sync_call_accept (call, json);
}
