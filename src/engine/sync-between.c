/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What somebody else wrote between the version that a row was made on and one that an earlier row of its lane made: that row
 * met it as a conflict, and whoever ended that did not speak for the rows behind. Engine's thread only. */
#include "config.h"

#include "sync-engine-private.h"

#include "sync-body.h"

/* (transfer full) (nullable) (element-type SyncConflict): the versions of others that the lane of @request met; NULL if what
 * stands in @document is none of its own, or if nobody else wrote in between, as far as that is known */
static GPtrArray *
list_met (SyncEngine *self, const SyncRoute *route, const SyncRequest *request, JsonObject *document)
{
  const char *version = document != NULL ? sync_json_member_version (document) : NULL;
  g_autoptr (GPtrArray) met = NULL;

  if (version == NULL || request->base_modified == NULL || !sync_found_is_by_us (self, route, request, document))
    return NULL;
  met = sync_store_list_met_conflicts (self->store, request, version);
  return met != NULL && met->len > 0 ? g_steal_pointer (&met) : NULL;
}

/* Whether the other's version differs from what was there before in a field that @written names. */
static gboolean
touches (const SyncConflict *conflict, JsonObject *written)
{
  g_autoptr (JsonParser) before_parser = json_parser_new ();
  g_autoptr (JsonParser) after_parser = json_parser_new ();
  JsonObject *before = sync_question_parse (before_parser, conflict->base_data, -1);
  JsonObject *after = sync_question_parse (after_parser, conflict->server_data, -1);
  g_autoptr (GList) members = json_object_get_members (written);

  if (before == NULL || after == NULL)
    return TRUE;
  for (GList *l = members; l != NULL; l = l->next)
    {
      JsonNode *old = json_object_get_member (before, l->data);
      JsonNode *new = json_object_get_member (after, l->data);

      if (sync_body_is_own_field (l->data))
        continue;
      if (old == NULL || new == NULL ? old != new : !json_node_equal (old, new))
        return TRUE;
    }
  return FALSE;
}

/* Whether @document, which is not the version that the row of @op was made on, differs from that only by what this till wrote
 * itself, and by what others wrote in fields that the row does not name. */
gboolean
sync_between_is_elsewhere (SyncOperation *op, JsonObject *document)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autofree char *local = sync_settle_dup_local (op->route, op->request);
  g_autoptr (GPtrArray) met = list_met (op->engine, op->route, op->request, document);
  JsonObject *written = sync_question_parse (parser, local, -1);

  for (guint i = 0; met != NULL && i < met->len; i++)
    if (written == NULL || touches (g_ptr_array_index (met, i), written))
      return FALSE;
  return met != NULL;
}

/* (transfer full) (nullable): the newest version of somebody else that an earlier row of the lane has met, where the server's
 * is this till's own: what is newer than which is asked of that. NULL: of the server's itself */
char *
sync_between_dup_version (SyncEngine *self, const SyncOpenConflict *open)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *document = sync_question_parse (parser, open->conflict->server_data, -1);
  g_autoptr (GPtrArray) met = list_met (self, open->route, open->row, document);

  return met != NULL ? g_strdup (((SyncConflict *) g_ptr_array_index (met, met->len - 1))->server_version) : NULL;
}
