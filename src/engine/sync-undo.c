/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Undoing the end of a conflict: a new request of the same lane, against the version that came of it, so that whoever changed
 * the document since is not written over. What was put aside stays in the record in any case. Engine's thread only. */
#include "config.h"

#include "sync-engine-private.h"

#include "sync-body.h"
#include "sync-error.h"

#include <string.h>

/* What is to be undone, and what would do it. */
typedef struct
{
  SyncConflict *conflict; /* (owned) */
  SyncRequest *row;       /* (owned): that was resolved */
  char *written;          /* (owned) (nullable): the fields that it wrote or would have */
  char *base;             /* (owned) (nullable): the document as it is now, as far as we know */
  char *base_modified;    /* (owned) */
  char *body;             /* (owned): the fields to write */
} Undo;

static void
undo_clear (Undo *undo)
{
  g_clear_pointer (&undo->conflict, sync_conflict_free);
  g_clear_pointer (&undo->row, sync_request_unref);
  g_free (undo->written);
  g_free (undo->base);
  g_free (undo->base_modified);
  g_free (undo->body);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Undo, undo_clear)

static gboolean
refuse (const Undo *undo, const char *why, GError **error)
{
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED, "the end of conflict %" G_GINT64_FORMAT " cannot be undone: %s",
               undo->conflict->id, why);
  return FALSE;
}

/* The fields of @written, with the values that @before has; NULL, @before: with their own. What ERPNext sets itself is no
 * part of it: the path says which document it is, and it may be called otherwise by now. NULL if nothing is left. */
static char *
dup_fields (JsonObject *written, JsonObject *before)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autoptr (JsonObject) values = json_object_new ();
  g_autoptr (GList) members = json_object_get_members (written);

  for (GList *l = members; l != NULL; l = l->next)
    {
      const char *name = l->data;
      JsonNode *value = json_object_get_member (before != NULL ? before : written, name);

      if (!g_str_has_prefix (name, "__") && !sync_body_is_own_field (name))
        json_object_set_member (values, name, value != NULL ? json_node_copy (value) : json_node_new (JSON_NODE_NULL));
    }
  if (json_object_get_size (values) == 0)
    return NULL;
  json_node_set_object (node, values);
  return json_to_string (node, FALSE);
}

/* What was sent was delivered: the fields get back what the server had in them. */
static gboolean
prepare_sent (Undo *undo, GError **error)
{
  g_autoptr (JsonParser) answer_parser = json_parser_new ();
  g_autoptr (JsonParser) body_parser = json_parser_new ();
  g_autoptr (JsonParser) server_parser = json_parser_new ();
  JsonNode *document = sync_question_get_kept_document (undo->row->response, answer_parser);
  JsonObject *before = sync_question_parse (server_parser, undo->conflict->server_data, -1);
  JsonObject *written = sync_question_parse (body_parser, undo->written, -1);

  if (undo->row->state != SYNC_STATE_COMPLETED)
    return refuse (undo, "what came of it is not delivered yet; discard it instead", error);
  if (undo->row->resource_version == NULL || before == NULL || written == NULL)
    return refuse (undo, "what was there before is not known any more", error);
  if (document != NULL
      && sync_json_member_int (json_node_get_object (document), "docstatus", 0) != 0)
    return refuse (undo, "the document is submitted, and what is submitted does not change; amend it in ERPNext", error);
  undo->body = dup_fields (written, before);
  if (undo->body == NULL)
    return refuse (undo, "it wrote nothing", error);
  undo->base_modified = g_strdup (undo->row->resource_version);
  undo->base = document != NULL ? json_to_string (document, FALSE) : NULL;
  return TRUE;
}

/* The server's version stood: what the till wrote is written after all. */
static gboolean
prepare_given_up (Undo *undo, GError **error)
{
  g_autoptr (JsonParser) server_parser = json_parser_new ();
  g_autoptr (JsonParser) body_parser = json_parser_new ();
  JsonObject *server = sync_question_parse (server_parser, undo->conflict->server_data, -1);
  JsonObject *written = sync_question_parse (body_parser, undo->written, -1);

  if (server == NULL || undo->conflict->server_version == NULL)
    return refuse (undo, "the document was not on the server any more", error);
  if (sync_json_member_int (server, "docstatus", 0) != 0)
    return refuse (undo, "the document is submitted, and what is submitted does not change; amend it in ERPNext", error);
  undo->body = written != NULL ? dup_fields (written, NULL) : NULL;
  if (undo->body == NULL)
    return refuse (undo, "it wrote nothing", error);
  undo->base = g_strdup (undo->conflict->server_data);
  undo->base_modified = g_strdup (undo->conflict->server_version);
  return TRUE;
}

/* A change of fields: its undoing writes these fields and no others. A whole document that was saved names them all. */
static gboolean
names_its_fields (const SyncRoute *route)
{
  return route->action == SYNC_ACTION_UPDATE
         && (g_str_equal (route->family, SYNC_ROUTE_FAMILY_RESOURCE) || route->field_path != NULL);
}

static gboolean
prepare (SyncEngine *self, gint64 conflict_id, Undo *undo, GError **error)
{
  g_autoptr (SyncRoute) route = NULL;

  undo->conflict = sync_store_get_conflict (self->store, conflict_id, error);
  if (undo->conflict == NULL)
    return FALSE;
  if (g_strcmp0 (undo->conflict->status, "resolved") != 0)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_ILLEGAL_EDGE, "conflict %" G_GINT64_FORMAT " is %s; undo is for resolved ones",
                   conflict_id, undo->conflict->status);
      return FALSE;
    }
  if (undo->conflict->undone_by != 0)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED,
                   "the end of conflict %" G_GINT64_FORMAT " is undone already, by request %" G_GINT64_FORMAT, conflict_id,
                   undo->conflict->undone_by);
      return FALSE;
    }
  undo->row = sync_store_get (self->store, undo->conflict->request_id, error);
  if (undo->row == NULL)
    return FALSE;
  route = sync_engine_match (self, undo->row, error);
  if (route == NULL)
    return FALSE;
  if (!names_its_fields (route))
    return refuse (undo, "it was no plain change of a document's fields", error);
  undo->written = sync_settle_dup_local (route, undo->row);
  return g_strcmp0 (undo->conflict->resolution, "server_wins") == 0 ? prepare_given_up (undo, error)
                                                                      : prepare_sent (undo, error);
}

static SyncRequest *
new_request (SyncEngine *self, const Undo *undo, const char *actor, GError **error)
{
  g_autoptr (SyncRequest) request = sync_request_new ();
  g_autoptr (SyncRoute) route = NULL;
  GBytes *body = g_bytes_new (undo->body, strlen (undo->body));

  request->accepted_body = body;
  request->method = g_strdup ("PUT");
  request->url = sync_route_dup_document_path (undo->row->resource_type, sync_request_get_document_name (undo->row));
  request->content_type = g_strdup ("application/json");
  route = sync_route_table_match (self->routes, request->method, request->url, request->content_type, body, error);
  if (route == NULL)
    return NULL;
  request->site = g_strdup (undo->row->site);
  request->author = g_strdup (actor);
  request->key = sync_key_new (self->random, sync_clock_wall_ms (self->clock));
  request->fingerprint = sync_body_fingerprint (route, "PUT", request->url, request->content_type, body, error);
  if (request->fingerprint == NULL)
    return NULL;
  request->family = g_strdup (route->family);
  request->resource_type = g_strdup (undo->row->resource_type);
  request->resource_id = g_strdup (sync_request_get_document_name (undo->row));
  request->lane = g_strdup (undo->row->lane);
  request->action = g_strdup (undo->row->action);
  request->priority = undo->row->priority;
  request->base_modified = g_strdup (undo->base_modified);
  request->base_document = undo->base != NULL ? g_bytes_new (undo->base, strlen (undo->base)) : NULL;
  request->accepted_server_ms = sync_engine_get_corrected_ms (self);
  request->undo_of = undo->row->id;
  return g_steal_pointer (&request);
}

/**
 * sync_engine_undo_resolution:
 * @self: an engine
 * @conflict_id: of a resolved conflict
 * @actor: (nullable): who wants it
 * @error: %SYNC_ERROR_NOT_FOUND, %SYNC_ERROR_ILLEGAL_EDGE (it is open), %SYNC_ERROR_REFUSED (undone already, not delivered
 *   yet, submitted, or not known any more), %SYNC_ERROR_CORRUPT (all permanent), %SYNC_ERROR_STORAGE, %SYNC_ERROR_DISK_FULL
 *   (transient)
 *
 * Queues a new change of the document (`undo_of`): the fields that were written get back what the server had in them; or, where
 * the server's version stood, what the till wrote is written after all. It is sent against the version that came of
 * the conflict, so later changes of others are a conflict of their own. Durable on return.
 *
 * Returns: the new request; 0 with an error
 */
gint64
sync_engine_undo_resolution (SyncEngine *self, gint64 conflict_id, const char *actor, GError **error)
{
  g_auto (Undo) undo = { NULL };
  g_autoptr (GPtrArray) acceptances = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_acceptance_free);
  SyncAcceptance *acceptance;
  SyncRequest *request;

  sync_engine_assert_own_context (self);
  if (actor == NULL)
    actor = "person";
  if (!prepare (self, conflict_id, &undo, error))
    return 0;
  request = new_request (self, &undo, actor, error);
  if (request == NULL)
    return 0;
  acceptance = sync_acceptance_new (request);
  g_ptr_array_add (acceptances, acceptance);
  sync_store_begin_group (self->store);
  if (!sync_store_accept (self->store, acceptances, error) || acceptance->error != NULL
      || !sync_store_set_undone (self->store, conflict_id, acceptance->id, actor, error))
    {
      if (acceptance->error != NULL)
        g_propagate_error (error, g_steal_pointer (&acceptance->error));
      sync_store_roll_back_group (self->store);
      return 0;
    }
  if (!sync_store_commit_group (self->store, error))
    return 0;
  sync_turn_tell (self, acceptance->id, SYNC_STATE_PENDING, SYNC_STATE_PENDING, FALSE);
  sync_engine_kick (self);
  return acceptance->id;
}
