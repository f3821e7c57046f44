/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether an answer is like a recorded one. Same means: the status; the kind of body (page, text, JSON);
 * for JSON the top-level members; `exc_type`, or `errors[].type` and its members; the number of messages;
 * the kind of the result; of a document every recorded member, its docstatus and its status; of a list the
 * members of its first row. A recorded body that was cut is compared by its status, kind and first member. */
#include "config.h"

#include "wire.h"

#include <string.h>

static const char *
kind_of (WireMessage *message)
{
  const char *type = wire_message_header (message, "Content-Type");

  if (type == NULL)
    return "nothing";
  return strstr (type, "json") != NULL ? "JSON" : strstr (type, "html") != NULL ? "page" : "text";
}

static char *
members_of (JsonObject *object)
{
  g_autoptr (GList) names = g_list_sort (json_object_get_members (object), (GCompareFunc) strcmp);
  g_autoptr (GString) text = g_string_new (NULL);

  for (GList *item = names; item != NULL; item = item->next)
    g_string_append_printf (text, "%s ", (char *) item->data);
  return g_strdup (text->str);
}

static char *
compare_members (const char *what, JsonObject *recorded, JsonObject *own)
{
  g_autofree char *wanted = members_of (recorded);
  g_autofree char *got = members_of (own);

  return strcmp (wanted, got) == 0 ? NULL : g_strdup_printf ("%s: members [%s] but [%s]", what, wanted, got);
}

static gboolean
same_kind (JsonNode *a, JsonNode *b)
{
  if (json_node_get_node_type (a) != json_node_get_node_type (b))
    return FALSE;
  return !JSON_NODE_HOLDS_VALUE (a) ||
         (json_node_get_value_type (a) == G_TYPE_STRING) == (json_node_get_value_type (b) == G_TYPE_STRING);
}

/* Members that the shop does not know; what they hold is not of a till's concern. */
static gboolean
is_ignored (const char *name)
{
  static const char *const ignored[] = { "__unsaved", NULL };

  return g_strv_contains (ignored, name);
}

static char *
compare_document (JsonObject *recorded, JsonObject *own)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;

  json_object_iter_init (&iter, recorded);
  while (json_object_iter_next (&iter, &name, &value))
    {
      JsonNode *other = json_object_get_member (own, name);

      if (is_ignored (name))
        continue;
      if (other == NULL)
        return g_strdup_printf ("document: no member %s", name);
      if (!JSON_NODE_HOLDS_NULL (value) && !JSON_NODE_HOLDS_NULL (other) && !same_kind (value, other))
        return g_strdup_printf ("document: member %s is of another kind", name);
    }
  if (json_object_has_member (recorded, "docstatus") &&
      json_object_get_int_member (recorded, "docstatus") != json_object_get_int_member (own, "docstatus"))
    return g_strdup ("document: another docstatus");
  if (g_strcmp0 (json_object_get_string_member_with_default (recorded, "status", NULL),
                 json_object_get_string_member_with_default (own, "status", NULL)) != 0)
    return g_strdup_printf ("document: status %s",
                            json_object_get_string_member_with_default (own, "status", NULL));
  return NULL;
}

static char *
compare_result (JsonNode *recorded, JsonNode *own)
{
  JsonArray *rows;
  JsonArray *own_rows;

  if (!same_kind (recorded, own))
    return g_strdup ("result: another kind");
  if (JSON_NODE_HOLDS_OBJECT (recorded) &&
      json_object_has_member (json_node_get_object (recorded), "doctype"))
    return compare_document (json_node_get_object (recorded), json_node_get_object (own));
  if (JSON_NODE_HOLDS_OBJECT (recorded))
    return compare_members ("result", json_node_get_object (recorded), json_node_get_object (own));
  if (!JSON_NODE_HOLDS_ARRAY (recorded))
    return NULL;
  rows = json_node_get_array (recorded);
  own_rows = json_node_get_array (own);
  if ((json_array_get_length (rows) == 0) != (json_array_get_length (own_rows) == 0))
    return g_strdup_printf ("result: %u rows but %u", json_array_get_length (rows),
                            json_array_get_length (own_rows));
  if (json_array_get_length (rows) > 0 && JSON_NODE_HOLDS_OBJECT (json_array_get_element (rows, 0)))
    return compare_members ("row", json_array_get_object_element (rows, 0),
                            json_array_get_object_element (own_rows, 0));
  return NULL;
}

static guint
count_messages (JsonObject *body)
{
  const char *text = json_object_get_string_member_with_default (body, "_server_messages", NULL);
  g_autoptr (JsonNode) node = text != NULL ? json_from_string (text, NULL) : NULL;

  return node != NULL ? json_array_get_length (json_node_get_array (node)) : 0;
}

static char *
compare_errors (JsonObject *recorded, JsonObject *own)
{
  JsonObject *error = json_array_get_object_element (json_object_get_array_member (recorded, "errors"), 0);
  JsonObject *own_error = json_array_get_object_element (json_object_get_array_member (own, "errors"), 0);
  const char *type = json_object_get_string_member (error, "type");

  if (strcmp (type, json_object_get_string_member (own_error, "type")) != 0)
    return g_strdup_printf ("type %s but %s", type, json_object_get_string_member (own_error, "type"));
  return compare_members ("error", error, own_error);
}

static char *
compare_json (JsonObject *recorded, JsonObject *own)
{
  static const char *const results[] = { "data", "message", "docs", NULL };
  const char *exc_type = json_object_get_string_member_with_default (recorded, "exc_type", NULL);
  char *difference = compare_members ("body", recorded, own);

  if (g_strcmp0 (exc_type, json_object_get_string_member_with_default (own, "exc_type", NULL)) != 0)
    {
      g_free (difference);
      return g_strdup_printf ("exc_type %s but %s: %s", exc_type,
                              json_object_get_string_member_with_default (own, "exc_type", NULL),
                              json_object_get_string_member_with_default (own, "exception", ""));
    }
  if (difference != NULL)
    return difference;
  if (json_object_has_member (recorded, "errors"))
    return compare_errors (recorded, own);
  if (count_messages (recorded) != count_messages (own))
    return g_strdup_printf ("%u messages but %u", count_messages (recorded), count_messages (own));
  for (guint i = 0; results[i] != NULL && exc_type == NULL; i++)
    if (json_object_has_member (recorded, results[i]))
      return compare_result (json_object_get_member (recorded, results[i]),
                             json_object_get_member (own, results[i]));
  return NULL;
}

/* Of a body that was cut: the first member. */
static char *
compare_beginning (WireMessage *recorded, WireMessage *own)
{
  gsize n = strcspn (recorded->body, ":");

  return strncmp (recorded->body, own->body, n) == 0 ? NULL : g_strdup ("another beginning");
}

/* Returns: (transfer full) (nullable): the difference. */
char *
wire_compare (WireMessage *recorded, WireMessage *own)
{
  static const char *const headers[] = { "Retry-After", "X-RateLimit-Limit", "X-RateLimit-Remaining",
                                         "X-RateLimit-Reset", "Location", "Allow", NULL };
  g_autoptr (JsonObject) json = wire_message_dup_json (recorded);
  g_autoptr (JsonObject) own_json = wire_message_dup_json (own);

  if (wire_message_status (recorded) != wire_message_status (own))
    return g_strdup_printf ("status %u but %u: %.300s", wire_message_status (recorded),
                            wire_message_status (own),
                            own->body);
  if (strcmp (kind_of (recorded), kind_of (own)) != 0)
    return g_strdup_printf ("%s but %s", kind_of (recorded), kind_of (own));
  for (guint i = 0; headers[i] != NULL; i++)
    if (!wire_message_header (recorded, headers[i]) != !wire_message_header (own, headers[i]))
      return g_strdup_printf ("header %s", headers[i]);
  if (strcmp (kind_of (recorded), "JSON") != 0)
    return NULL;
  if (recorded->cut)
    return compare_beginning (recorded, own);
  if ((json == NULL) != (own_json == NULL))
    return g_strdup_printf ("the body is no object: %.100s", own->body);
  return json != NULL ? compare_json (json, own_json) : NULL;
}
