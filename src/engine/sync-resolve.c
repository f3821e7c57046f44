/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a conflict ends: this till's version, or one that was merged or written by hand, is sent against the server's
 * present one; or the server's stands. Each is one transaction, with who or what decided in audit and history; the losing
 * side stays in the conflict's record. Engine's thread only. */
#include "config.h"

#include "sync-engine-private.h"

#include "sync-body.h"
#include "sync-error.h"
#include "sync-json.h"

#include <string.h>

void
sync_open_conflict_clear (SyncOpenConflict *self)
{
  g_clear_pointer (&self->conflict, sync_conflict_free);
  g_clear_pointer (&self->row, sync_request_unref);
  g_clear_pointer (&self->route, sync_route_free);
  g_clear_pointer (&self->hook_trouble, g_free);
}

/* Reads an open conflict with its row. FALSE with %SYNC_ERROR_NOT_FOUND, %SYNC_ERROR_ILLEGAL_EDGE (it is not open) or a
 * storage error. */
gboolean
sync_resolve_load (SyncEngine *self, gint64 conflict_id, SyncOpenConflict *open, GError **error)
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
  if (open->row == NULL)
    return FALSE;
  open->route = sync_engine_match (self, open->row, error);
  if (open->route == NULL)
    return FALSE;
  /* Earlier versions kept the body of each call as it was. */
  g_free (open->conflict->local_data);
  open->conflict->local_data = sync_settle_dup_local (open->route, open->row);
  return TRUE;
}

gboolean
sync_resolve_is_name_taken (const SyncOpenConflict *open)
{
  return g_strcmp0 (open->conflict->conflict_type, "name_taken") == 0;
}

/* Why nothing of this till can be written any more; NULL if it can. */
const char *
sync_resolve_why_not_local (const SyncOpenConflict *open)
{
  const char *type = open->conflict->conflict_type;
  gboolean makes = open->route->action == SYNC_ACTION_CREATE || open->route->action == SYNC_ACTION_CALL;

  if (open->conflict->server_data == NULL)
    return "the document is not on the server, so nothing there can take it";
  if (sync_resolve_is_name_taken (open))
    return "another document has that name";
  if (sync_anew_is_the_way (open))
    return NULL;
  if (g_strcmp0 (type, "cancelled") == 0)
    return "the document was cancelled on the server";
  if (makes && g_strcmp0 (type, "submitted") == 0)
    return "another version of the document was submitted on the server, and what is submitted does not change";
  return NULL;
}

static gboolean
is_json (const char *content_type)
{
  gsize length = content_type != NULL ? strcspn (content_type, "; ") : 0;

  return length == strlen ("application/json") && g_ascii_strncasecmp (content_type, "application/json", length) == 0;
}

/* Why nothing but the whole of one side can be written: the fields have to be the body itself. NULL if it can. */
const char *
sync_resolve_why_not_merged (const SyncOpenConflict *open)
{
  const char *why = sync_resolve_why_not_local (open);

  if (why != NULL)
    return why;
  if (open->route->action != SYNC_ACTION_UPDATE || !g_str_equal (open->route->family, SYNC_ROUTE_FAMILY_RESOURCE)
      || g_strcmp0 (open->route->document_path, "") != 0 || sync_request_get_body (open->row) == NULL
      || !is_json (open->row->content_type))
    return "it is no plain change of a document's fields";
  return NULL;
}

static gboolean
refuse (const SyncOpenConflict *open, const char *what, const char *why, const char *remedy, GError **error)
{
  const char *name = open->conflict->resource_id;

  if (sync_resolve_is_name_taken (open))
    remedy = "let that one stand, or give this one another name (a document by hand, all of it)";
  else if (open->conflict->server_data == NULL)
    remedy = "let it be gone, or hand it over anew with POST";
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED, "%s of %s%s%s cannot win: %s; %s", what, open->row->resource_type,
               name != NULL ? " " : "", name != NULL ? name : "", why, remedy);
  return FALSE;
}

/* A JSON object with at least one member. */
static gboolean
check_document (GBytes *document, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  gsize length;
  const char *data = g_bytes_get_data (document, &length);
  JsonNode *root;

  if (!sync_json_check (data, length, NULL, error) || !json_parser_load_from_data (parser, data, length, error))
    return FALSE;
  root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root) || json_object_get_size (json_node_get_object (root)) == 0)
    {
      g_set_error_literal (error, SYNC_ERROR, SYNC_ERROR_INVALID,
                           "the document is no JSON object with fields to write; to write nothing, let the server's version"
                           " stand (server_wins)");
      return FALSE;
    }
  return TRUE;
}

/* Whether each argument of @before is there in @after, too. */
static gboolean
has_all_arguments (GBytes *before, GBytes *after)
{
  g_autoptr (JsonParser) old_parser = json_parser_new ();
  g_autoptr (JsonParser) new_parser = json_parser_new ();
  JsonObject *old_body = sync_question_parse (old_parser, g_bytes_get_data (before, NULL), (gssize) g_bytes_get_size (before));
  JsonObject *new_body = sync_question_parse (new_parser, g_bytes_get_data (after, NULL), (gssize) g_bytes_get_size (after));
  g_autoptr (GList) members = old_body != NULL ? json_object_get_members (old_body) : NULL;

  for (GList *l = members; l != NULL; l = l->next)
    if (new_body == NULL || !json_object_has_member (new_body, l->data))
      return FALSE;
  return old_body != NULL;
}

/* Whether a body that makes @other of @row is about another document than @row is. What is made has no name yet, and what is
 * renamed has two. */
static gboolean
is_of_another (const SyncRequest *row, const SyncRoute *other)
{
  if (other->action == SYNC_ACTION_CREATE || other->action == SYNC_ACTION_CALL || other->resource_id == NULL)
    return FALSE;
  return !(row->resource_id != NULL && sync_key_is_same (other->resource_id, row->resource_id))
         && !(row->server_name != NULL && sync_key_is_same (other->resource_id, row->server_name));
}

/* Why a body that makes @other of @row is another write than was accepted; NULL if it is none. */
static const char *
why_another_write (const SyncRequest *row, const SyncRoute *other)
{
  if (other->kind != SYNC_ROUTE_WRITE || g_strcmp0 (sync_action_to_string (other->action), row->action) != 0)
    return "it would be another kind of write (look at docstatus)";
  if (g_strcmp0 (other->resource_type, row->resource_type) != 0)
    return "it is of another DocType";
  return is_of_another (row, other) ? "it is of another document" : NULL;
}

static gboolean
refuse_body (const char *problem, GError **error)
{
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID, "the document cannot take the place of what was sent: %s", problem);
  return FALSE;
}

/* Whether @body can take the place of the whole body of @row and still be the same kind of write, of the same document
 * type and under the same key; else %SYNC_ERROR_INVALID. */
gboolean
sync_resolve_check_body (SyncEngine *self, const SyncRequest *row, const SyncRoute *route, GBytes *body, GError **error)
{
  g_autoptr (SyncRoute) other = NULL;
  GBytes *before = sync_request_get_body (row);
  const char *problem = NULL;

  if (before == NULL || !is_json (row->content_type))
    return refuse_body ("the request has no JSON body that could be replaced", error);
  other = sync_route_table_match (self->routes, row->method, sync_request_get_url (row), row->content_type, body, error);
  if (other == NULL)
    return FALSE;
  if (!g_str_equal (route->family, SYNC_ROUTE_FAMILY_RESOURCE) && !has_all_arguments (before, body))
    problem = "it has not all the arguments of the call; write the whole body, as it was sent";
  else if (other->submit_after != route->submit_after)
    problem = "it would be another kind of write (look at docstatus)";
  else
    problem = why_another_write (row, other);
  if (problem == NULL && other->client_key != NULL && g_ascii_strcasecmp (other->client_key, row->key) != 0)
    problem = "it carries another key than the request";
  return problem == NULL || refuse_body (problem, error);
}

/* The same of what a person writes in its place, whole, for @row as listed: its own body may be damaged, or by the rules of
 * today be another write than was accepted, and that is how it is mended. */
gboolean
sync_resolve_check_edit (SyncEngine *self, const SyncRequest *row, GBytes *body, GError **error)
{
  g_autoptr (SyncRoute) other
    = sync_route_table_match (self->routes, row->method, sync_request_get_url (row), row->content_type, body, error);
  g_autoptr (SyncRequest) whole = NULL;
  g_autoptr (SyncRoute) route = NULL;
  const char *problem;

  if (other == NULL)
    return FALSE;
  if (other->client_key != NULL && g_ascii_strcasecmp (other->client_key, row->key) != 0)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID, "the new body carries another key (“%.60s”) than the request (“%.60s”)",
                   other->client_key, row->key);
      return FALSE;
    }
  problem = why_another_write (row, other);
  if (problem != NULL)
    return refuse_body (problem, error);
  whole = sync_store_get (self->store, row->id, NULL);
  route = whole != NULL ? sync_engine_match (self, whole, NULL) : NULL;
  if (route != NULL && route->submit_after != other->submit_after)
    return refuse_body ("it would be another kind of write (look at docstatus)", error);
  return TRUE;
}

static const char *const resolution_names[] = { "local_wins", "server_wins", "merged", "manual", "skip" };

/**
 * sync_resolution_from_string:
 * @name: (nullable): `local_wins`, `server_wins`, `merged`, `manual` or `skip`
 * @resolution: (out): the resolution
 *
 * Returns: whether there is one of that name
 */
gboolean
sync_resolution_from_string (const char *name, SyncResolution *resolution)
{
  for (guint i = 0; i < G_N_ELEMENTS (resolution_names); i++)
    if (g_strcmp0 (name, resolution_names[i]) == 0)
      {
        *resolution = (SyncResolution) i;
        return TRUE;
      }
  return FALSE;
}

/* Ends an open conflict. @body is what is written instead of the row's own, where it is merged or by hand; @kind, of the
 * attempt that tells of it: "person", or "look" where a policy or a hook decided. */
gboolean
sync_resolve_apply (SyncEngine *self, const SyncOpenConflict *open, SyncResolution resolution, GBytes *body,
                    const char *kind, const char *actor, const char *reason, GError **error)
{
  SyncChange change = SYNC_CHANGE_INIT;

  if (resolution == SYNC_RESOLUTION_LOCAL_WINS && sync_anew_is_the_way (open))
    return sync_anew_make (self, open, actor, error);
  change.id = open->row->id;
  change.from = SYNC_STATE_CONFLICT;
  change.kind = kind;
  change.verdict = change.resolution = resolution_names[resolution];
  change.reason = reason;
  change.actor = actor;
  if (resolution == SYNC_RESOLUTION_SERVER_WINS)
    {
      change.to = SYNC_STATE_DISCARDED;
      change.needs_person = 0;
      if (reason == NULL)
        change.reason = "the server's version stands";
    }
  else
    {
      change.to = SYNC_STATE_PENDING;
      change.base_modified = open->conflict->server_version;
      change.reset_retries = TRUE;
      change.delay_ms = 0;
      change.effective_body = body;
      /* Before it is submitted the draft takes what wins. */
      if (open->row->step > 0)
        change.step = 0;
    }
  if (!sync_engine_apply (self, &change, error))
    return FALSE;
  sync_engine_conflict_resolved (self, open->conflict->id, change.resolution);
  sync_engine_kick (self);
  return TRUE;
}

/* The merge of an open conflict, with everything that is known; whether its result can be written, sync_resolve_why_not_merged()
 * tells. NULL with an error if there are no fields to compare. */
SyncMerge *
sync_resolve_merge (SyncEngine *self, const SyncOpenConflict *open, SyncMergeStyle style, SyncMergeNewer newer,
                    GError **error)
{
  const char *why = sync_resolve_why_not_local (open);
  const SyncMergeInput input = {
    .base = open->conflict->base_data,
    .local = open->conflict->local_data,
    .server = open->conflict->server_data,
    .resource_type = open->conflict->resource_type,
    .policies = self->policies,
    .style = style,
    .newer = newer,
    .precision = SYNC_MERGE_DEFAULT_PRECISION,
  };

  if (why == NULL && open->route->action != SYNC_ACTION_UPDATE)
    why = "it is no plain change of a document's fields";
  if (why != NULL)
    {
      refuse (open, "A merged version", why, "decide for one of the two", error);
      return NULL;
    }
  return sync_merge_new (&input, error);
}

/* What a person calls "merged" without a document: the merge, where nothing is left to ask. */
static GBytes *
merge_by_itself (SyncEngine *self, const SyncOpenConflict *open, GError **error)
{
  g_autoptr (SyncMerge) merge = sync_resolve_merge (self, open, SYNC_MERGE_STYLE_MERGE, SYNC_MERGE_NEWER_UNKNOWN, error);
  g_autofree char *fields = NULL;
  char *changes;

  if (merge == NULL)
    return NULL;
  fields = sync_resolver_dup_open_fields (merge);
  if (fields != NULL)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED,
                   "it does not merge by itself: %s; say what to write (a document), or let one side win", fields);
      return NULL;
    }
  changes = sync_merge_dup_changes (merge);
  return g_bytes_new_take (changes, strlen (changes));
}

/* (transfer full) (nullable): what is written in place of the row's own body; NULL with @error, or for its own. */
static GBytes *
choose_body (SyncEngine *self, const SyncOpenConflict *open, SyncResolution resolution, GBytes *document, GError **error)
{
  const char *why;
  g_autoptr (GBytes) body = NULL;

  if (resolution == SYNC_RESOLUTION_LOCAL_WINS)
    {
      why = sync_resolve_why_not_local (open);
      if (why != NULL)
        refuse (open, "This till's version", why, "let the server's version stand, or give the request up", error);
      return NULL;
    }
  if (resolution == SYNC_RESOLUTION_SERVER_WINS || resolution == SYNC_RESOLUTION_SKIP)
    return NULL;
  /* The new document may get another name. */
  why = resolution == SYNC_RESOLUTION_MANUAL && sync_resolve_is_name_taken (open) ? NULL
                                                                                   : sync_resolve_why_not_merged (open);
  if (why != NULL)
    {
      refuse (open, "A version of both", why, "decide for one of the two", error);
      return NULL;
    }
  if (document == NULL && resolution == SYNC_RESOLUTION_MANUAL)
    {
      g_set_error_literal (error, SYNC_ERROR, SYNC_ERROR_INVALID, "a version by hand needs the document");
      return NULL;
    }
  body = document != NULL ? g_bytes_ref (document) : merge_by_itself (self, open, error);
  if (body == NULL || !check_document (body, error)
      || !sync_resolve_check_body (self, open->row, open->route, body, error))
    return NULL;
  return g_steal_pointer (&body);
}

/* The same as sync_engine_resolve(), for whoever has read the conflict already. */
gboolean
sync_resolve_as (SyncEngine *self, const SyncOpenConflict *open, SyncResolution resolution, GBytes *document,
                 const char *kind, const char *actor, const char *reason, GError **error)
{
  GError *refusal = NULL;
  g_autoptr (GBytes) body = choose_body (self, open, resolution, document, &refusal);

  if (refusal != NULL)
    {
      g_propagate_error (error, refusal);
      return FALSE;
    }
  return sync_resolve_apply (self, open, resolution, body, kind, actor, reason, error);
}

/**
 * sync_engine_resolve:
 * @self: an engine
 * @conflict_id: of an open conflict
 * @resolution: how it ends; %SYNC_RESOLUTION_SKIP leaves it open and says so in its history
 * @document: (nullable): of %SYNC_RESOLUTION_MERGED and %SYNC_RESOLUTION_MANUAL: the fields to write, a JSON object; NULL:
 *   the merge that needs nobody, if there is one
 * @actor: (nullable): who decided
 * @error: %SYNC_ERROR_NOT_FOUND, %SYNC_ERROR_ILLEGAL_EDGE (it is not open), %SYNC_ERROR_REFUSED (the document is gone,
 *   cancelled or submitted, so that no change can take this version; or it does not merge by itself), %SYNC_ERROR_INVALID
 *   (@document is none), %SYNC_ERROR_CORRUPT (all permanent), %SYNC_ERROR_STORAGE, %SYNC_ERROR_DISK_FULL (transient)
 *
 * Where the key itself is in the way (its document was cancelled, or submitted with other content), local wins makes a new
 * request under a key of its own, which takes the place of this one (`superseded_by`), with its dependants. Else, unless the
 * server's version stands, the request is sent again under its key, against the version that the server had
 * when the conflict was found: if somebody changes the document before that, a new conflict is opened. If the server's
 * stands, the request is discarded as `server_wins`; who waits for it goes on with the server's document, if there is
 * one, and fails if there is none. Both sides stay in the conflict's record, from where sync_engine_undo_resolution() takes the
 * other one. Durable on return.
 *
 * Returns: whether it was done
 */
gboolean
sync_engine_resolve (SyncEngine *self, gint64 conflict_id, SyncResolution resolution, GBytes *document, const char *actor,
                     GError **error)
{
  g_auto (SyncOpenConflict) open = { NULL };

  sync_engine_assert_own_context (self);
  if (actor == NULL)
    actor = "person";
  if (resolution == SYNC_RESOLUTION_SKIP)
    return sync_store_note_conflict (self->store, conflict_id, SYNC_CONFLICT_SKIPPED, actor, NULL, error);
  return sync_resolve_load (self, conflict_id, &open, error)
         && sync_resolve_as (self, &open, resolution, document, "person", actor, NULL, error);
}

/* A call without a body. */
static char *
dup_call (const SyncOpenConflict *open)
{
  g_autoptr (GString) out = g_string_new ("{\"method\":");
  g_autofree char *method = NULL;
  g_autofree char *path = NULL;

  sync_route_wire_target (open->route, open->row->method, sync_request_get_url (open->row), open->row->step,
                          open->row->server_name, &method, &path);
  sync_json_append_quoted (out, method);
  g_string_append (out, ",\"url\":");
  sync_json_append_quoted (out, path);
  g_string_append_c (out, '}');
  return g_string_free (g_steal_pointer (&out), FALSE);
}

/**
 * sync_engine_preview:
 * @self: an engine
 * @conflict_id: of an open conflict
 * @resolution: how it would end
 * @document: (nullable): as for sync_engine_resolve()
 * @error: as sync_engine_resolve()
 *
 * Changes nothing.
 *
 * Returns: (transfer full): exactly what would be sent, JSON; of a deletion, which has no body, its `method` and `url`; "null"
 *   if nothing would; NULL with an error
 */
char *
sync_engine_preview (SyncEngine *self, gint64 conflict_id, SyncResolution resolution, GBytes *document, GError **error)
{
  g_auto (SyncOpenConflict) open = { NULL };
  g_autoptr (GBytes) body = NULL;
  g_autoptr (GBytes) wire = NULL;
  GError *refusal = NULL;

  sync_engine_assert_own_context (self);
  if (!sync_resolve_load (self, conflict_id, &open, error))
    return NULL;
  body = choose_body (self, &open, resolution, document, &refusal);
  if (refusal != NULL)
    {
      g_propagate_error (error, refusal);
      return NULL;
    }
  if (resolution == SYNC_RESOLUTION_SERVER_WINS || resolution == SYNC_RESOLUTION_SKIP)
    return g_strdup ("null");
  wire = resolution == SYNC_RESOLUTION_LOCAL_WINS && sync_anew_is_the_way (&open)
           ? sync_body_build_anew (open.route, open.row, sync_request_get_body (open.row), &refusal)
           : sync_body_build_resolved (open.route, open.row, body != NULL ? body : sync_request_get_body (open.row),
                                       open.conflict->server_data, open.conflict->server_version, &refusal);
  if (refusal != NULL)
    {
      g_propagate_error (error, refusal);
      return NULL;
    }
  return wire != NULL ? g_strndup (g_bytes_get_data (wire, NULL), g_bytes_get_size (wire)) : dup_call (&open);
}
