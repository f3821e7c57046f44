/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is known of one HTTP call: its names as texts, and where each of its steps is sent. Values and pure
 * functions; any thread. */
#include "config.h"

#include "sync-route.h"

#include <string.h>

static const char *const kind_names[] = {
  [SYNC_ROUTE_UNKNOWN] = "unknown",
  [SYNC_ROUTE_READ] = "read",
  [SYNC_ROUTE_WRITE] = "write",
  [SYNC_ROUTE_ONLINE_ONLY] = "online-only",
};

static const char *const action_names[] = {
  [SYNC_ACTION_CREATE] = "create", [SYNC_ACTION_UPDATE] = "update", [SYNC_ACTION_DELETE] = "delete",
  [SYNC_ACTION_SUBMIT] = "submit", [SYNC_ACTION_CANCEL] = "cancel", [SYNC_ACTION_CALL] = "call",
};

static const char *const proof_names[] = {
  [SYNC_PROOF_DOCUMENT] = "document",   [SYNC_PROOF_DELETED] = "deleted",
  [SYNC_PROOF_SUBMITTED] = "submitted", [SYNC_PROOF_CANCELLED] = "cancelled",
  [SYNC_PROOF_NO_ERRORS] = "no-errors", [SYNC_PROOF_MESSAGE] = "message",
  [SYNC_PROOF_EMPTY] = "empty",
};

/**
 * sync_route_free:
 * @self: (transfer full): a route
 *
 * Frees what the rules said of one call.
 */
void
sync_route_free (SyncRoute *self)
{
  if (self == NULL)
    return;
  g_free (self->family);
  g_free (self->resource_type);
  g_free (self->resource_id);
  g_free (self->client_key);
  g_strfreev (self->key_places);
  g_free (self->key_field);
  g_free (self->key_path);
  g_free (self->natural_lane);
  g_free (self->base_modified);
  g_free (self->document_path);
  g_free (self->field_path);
  g_free (self->value_path);
  g_strfreev (self->natural);
  g_strfreev (self->forced);
  g_free (self);
}

/**
 * sync_route_is_document_name:
 * @name: (nullable): what is to be a document's name
 *
 * Returns: whether an address can hold it: "." and ".." are taken out of a path on the way, also where they are
 *   percent-encoded, so that it becomes another's
 */
gboolean
sync_route_is_document_name (const char *name)
{
  return name != NULL && *name != '\0' && strcmp (name, ".") != 0 && strcmp (name, "..") != 0;
}

/**
 * sync_route_dup_document_path:
 * @resource_type: a DocType
 * @resource_id: (nullable): a document's name
 *
 * Returns: (transfer full): the path of the document (or of the list) below the site, with everything but
 *   letters, digits and -._~ percent-encoded, as ERPNext needs it for names with / # ? %
 */
char *
sync_route_dup_document_path (const char *resource_type, const char *resource_id)
{
  g_autofree char *type = g_uri_escape_string (resource_type, NULL, FALSE);
  g_autofree char *id = resource_id != NULL ? g_uri_escape_string (resource_id, NULL, FALSE) : NULL;

  return id != NULL ? g_strdup_printf ("/api/resource/%s/%s", type, id)
                    : g_strdup_printf ("/api/resource/%s", type);
}

/**
 * sync_route_wire_target:
 * @self: a write
 * @method: its HTTP method as accepted
 * @path_and_query: its path as accepted
 * @step: 0, or 1 for the second step of a create with submit_after
 * @server_name: (nullable): the name that the first step got, needed for step 1; or what the document of a change is
 *   called by now
 * @wire_method: (out) (transfer full): the method to use
 * @wire_path_and_query: (out) (transfer full): the path to use
 *
 * Where a step is sent. Everything goes where it was meant to go, but for a create that asks for docstatus
 * 1 (in one POST ERPNext books no payment): step 0 makes the draft, through the documents' own path if the
 * call was a method, and step 1 is a PUT on the draft. The body for it comes from sync_body_build_wire().
 */
void
sync_route_wire_target (const SyncRoute *self, const char *method, const char *path_and_query, guint step,
                        const char *server_name, char **wire_method, char **wire_path_and_query)
{
  if (self->submit_after && step > 0)
    {
      *wire_method = g_strdup ("PUT");
      *wire_path_and_query = sync_route_dup_document_path (self->resource_type, server_name);
    }
  else if (self->submit_after && strcmp (self->family, SYNC_ROUTE_FAMILY_RESOURCE) != 0)
    {
      *wire_method = g_strdup ("POST");
      *wire_path_and_query = sync_route_dup_document_path (self->resource_type, NULL);
    }
  else if (server_name != NULL && self->resource_id != NULL && strcmp (method, "POST") != 0
           && strcmp (self->family, SYNC_ROUTE_FAMILY_RESOURCE) == 0 && strcmp (server_name, self->resource_id) != 0)
    {
      *wire_method = g_strdup (strcmp (method, "DELETE") == 0 ? "DELETE" : "PUT");
      *wire_path_and_query = sync_route_dup_document_path (self->resource_type, server_name);
    }
  else
    {
      *wire_method = g_strdup (method);
      *wire_path_and_query = g_strdup (path_and_query);
    }
}

/**
 * sync_route_kind_to_string:
 * @kind: a kind
 *
 * Returns: (transfer none): its name in the routes file and in logs
 */
const char *
sync_route_kind_to_string (SyncRouteKind kind)
{
  g_return_val_if_fail ((guint) kind < G_N_ELEMENTS (kind_names), "invalid");
  return kind_names[kind];
}

/**
 * sync_action_to_string:
 * @action: an action
 *
 * Returns: (transfer none): its name in the database, the routes file and in logs
 */
const char *
sync_action_to_string (SyncAction action)
{
  g_return_val_if_fail ((guint) action < G_N_ELEMENTS (action_names), "invalid");
  return action_names[action];
}

static gboolean
find_name (const char *const *names, guint n_names, const char *name, guint *index)
{
  for (guint i = 0; i < n_names; i++)
    if (g_strcmp0 (names[i], name) == 0)
      {
        *index = i;
        return TRUE;
      }
  return FALSE;
}

/**
 * sync_action_from_string:
 * @name: (nullable): an action's name
 * @action: (out): the action; untouched if there is none of that name
 *
 * Returns: whether @name names an action
 */
gboolean
sync_action_from_string (const char *name, SyncAction *action)
{
  guint index;

  if (!find_name (action_names, G_N_ELEMENTS (action_names), name, &index))
    return FALSE;
  *action = index;
  return TRUE;
}

/**
 * sync_proof_to_string:
 * @proof: a proof
 *
 * Returns: (transfer none): its name in the database, the routes file and in logs
 */
const char *
sync_proof_to_string (SyncProof proof)
{
  g_return_val_if_fail ((guint) proof < G_N_ELEMENTS (proof_names), "invalid");
  return proof_names[proof];
}

/**
 * sync_proof_from_string:
 * @name: (nullable): a proof's name
 * @proof: (out): the proof; untouched if there is none of that name
 *
 * Returns: whether @name names a proof
 */
gboolean
sync_proof_from_string (const char *name, SyncProof *proof)
{
  guint index;

  if (!find_name (proof_names, G_N_ELEMENTS (proof_names), name, &index))
    return FALSE;
  *proof = index;
  return TRUE;
}
