/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Members of objects that others made: whatever stands there, it is a value of the kind that is asked for, or none. No
 * state; any thread. */
#include "config.h"

#include "sync-json-member.h"

static JsonNode *
get_value (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) ? node : NULL;
}

/**
 * sync_json_member_text:
 * @object: an object
 * @name: of a member
 * @fallback: (nullable): what to return where that is missing, or no string
 *
 * Returns: (transfer none) (nullable): the member's text, as long as @object is not changed, or @fallback
 */
const char *
sync_json_member_text (JsonObject *object, const char *name, const char *fallback)
{
  JsonNode *node = get_value (object, name);

  return node != NULL && json_node_get_value_type (node) == G_TYPE_STRING ? json_node_get_string (node) : fallback;
}

/**
 * sync_json_member_version:
 * @document: a document of the server's, or one that a caller says is
 *
 * What says nothing, or cannot be what a server calls a version, is no version that a change could be made against.
 *
 * Returns: (transfer none) (nullable): its version, as long as @document is not changed; NULL: it tells none
 */
const char *
sync_json_member_version (JsonObject *document)
{
  const char *text = sync_json_member_text (document, "modified", NULL);
  gboolean says = FALSE;

  for (const char *c = text; c != NULL && *c != '\0'; c++)
    {
      if (g_ascii_iscntrl (*c))
        return NULL;
      says = says || *c != ' ';
    }
  return says ? text : NULL;
}

/**
 * sync_json_member_int:
 * @object: an object
 * @name: of a member
 * @fallback: what to return where that is missing, or neither number nor boolean
 *
 * Returns: the member's value as an integer, or @fallback
 */
gint64
sync_json_member_int (JsonObject *object, const char *name, gint64 fallback)
{
  JsonNode *node = get_value (object, name);

  return node != NULL && json_node_get_value_type (node) != G_TYPE_STRING ? json_node_get_int (node) : fallback;
}

/**
 * sync_json_member_boolean:
 * @object: an object
 * @name: of a member
 * @fallback: what to return where that is missing, or neither boolean nor number
 *
 * Returns: whether the member is true, or not zero, or @fallback
 */
gboolean
sync_json_member_boolean (JsonObject *object, const char *name, gboolean fallback)
{
  return sync_json_member_int (object, name, fallback) != 0;
}
