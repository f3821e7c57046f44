/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One rule of a routes file, read and checked member by member; the format is described in
 * sync-route-table.c. A rule never changes after it was read. No shared state; any thread. */
#include "config.h"

#include "sync-route-rule.h"

#include <string.h>

#include "sync-error.h"

static void
condition_free (gpointer data)
{
  SyncRouteCondition *condition = data;

  g_free (condition->path);
  g_strfreev (condition->values);
  g_free (condition);
}

/**
 * sync_route_rule_free:
 * @self: (transfer full): a rule
 *
 * Frees it.
 */
void
sync_route_rule_free (SyncRouteRule *self)
{
  g_free (self->name);
  g_strfreev (self->methods);
  g_strfreev (self->paths);
  g_clear_pointer (&self->calls, g_ptr_array_unref);
  g_clear_pointer (&self->when, g_ptr_array_unref);
  g_strfreev (self->type);
  g_strfreev (self->id);
  g_strfreev (self->lane);
  g_strfreev (self->document);
  g_free (self->field_path);
  g_free (self->value_path);
  g_strfreev (self->key_from);
  g_free (self->key_at);
  g_free (self->key_field);
  g_strfreev (self->natural);
  g_strfreev (self->forced);
  g_free (self);
}

/* A member's reader: returns what was wrong, or NULL. */
typedef const char *(*ReadFunc) (SyncRouteRule *self, JsonNode *node);

static char *
dup_scalar (JsonNode *node)
{
  if (!JSON_NODE_HOLDS_VALUE (node))
    return NULL;
  switch (json_node_get_value_type (node))
    {
    case G_TYPE_STRING:
      return json_node_dup_string (node);
    case G_TYPE_INT64:
      return g_strdup_printf ("%" G_GINT64_FORMAT, json_node_get_int (node));
    case G_TYPE_BOOLEAN:
      return g_strdup (json_node_get_boolean (node) ? "true" : "false");
    default:
      return NULL;
    }
}

/* A text or a list of texts. */
static const char *
read_texts (JsonNode *node, char ***texts)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autofree char *single = dup_scalar (node);

  if (single != NULL)
    g_strv_builder_add (builder, single);
  else if (JSON_NODE_HOLDS_ARRAY (node) && json_array_get_length (json_node_get_array (node)) > 0)
    for (guint i = 0; i < json_array_get_length (json_node_get_array (node)); i++)
      {
        g_autofree char *item = dup_scalar (json_array_get_element (json_node_get_array (node), i));

        if (item == NULL)
          return "a list of texts is expected";
        g_strv_builder_add (builder, item);
      }
  else
    return "a text or a list of texts is expected";
  g_strfreev (*texts);
  *texts = g_strv_builder_end (builder);
  return NULL;
}

static const char *
read_text (JsonNode *node, char **text)
{
  if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_STRING)
    return "a text is expected";
  g_free (*text);
  *text = json_node_dup_string (node);
  return NULL;
}

static const char *
read_name (SyncRouteRule *self, JsonNode *node)
{
  return read_text (node, &self->name);
}

static const char *
read_description (SyncRouteRule *self, JsonNode *node)
{
  return NULL;
}

static const char *
read_methods (SyncRouteRule *self, JsonNode *node)
{
  return read_texts (node, &self->methods);
}

static const char *
read_path (SyncRouteRule *self, JsonNode *node)
{
  const char *problem = read_texts (node, &self->paths);

  for (guint i = 0; problem == NULL && self->paths[i] != NULL; i++)
    if (self->paths[i][0] != '/')
      problem = "a path begins with /";
  return problem;
}

static const char *
read_call (SyncRouteRule *self, JsonNode *node)
{
  g_auto (GStrv) names = NULL;
  const char *problem = read_texts (node, &names);

  if (problem != NULL)
    return problem;
  g_clear_pointer (&self->calls, g_ptr_array_unref);
  self->calls = g_ptr_array_new_with_free_func ((GDestroyNotify) g_pattern_spec_free);
  for (guint i = 0; names[i] != NULL; i++)
    g_ptr_array_add (self->calls, g_pattern_spec_new (names[i]));
  return NULL;
}

static const char *
read_condition (SyncRouteRule *self, const char *path, JsonNode *node)
{
  SyncRouteCondition *condition = g_new0 (SyncRouteCondition, 1);

  g_ptr_array_add (self->when, condition);
  condition->path = g_strdup (path);
  if (JSON_NODE_HOLDS_NULL (node))
    condition->absent = TRUE;
  else if (JSON_NODE_HOLDS_VALUE (node) && g_strcmp0 (json_node_get_string (node), "*") == 0)
    return NULL;
  else
    return read_texts (node, &condition->values);
  return NULL;
}

static const char *
read_when (SyncRouteRule *self, JsonNode *node)
{
  JsonObjectIter iter;
  const char *path, *problem = NULL;
  JsonNode *value;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return "an object of conditions is expected";
  json_object_iter_init (&iter, json_node_get_object (node));
  while (problem == NULL && json_object_iter_next (&iter, &path, &value))
    problem = read_condition (self, path, value);
  return problem;
}

static const char *
read_kind (SyncRouteRule *self, JsonNode *node)
{
  g_autofree char *name = dup_scalar (node);

  for (SyncRouteKind kind = SYNC_ROUTE_UNKNOWN; kind <= SYNC_ROUTE_ONLINE_ONLY; kind++)
    if (g_strcmp0 (name, sync_route_kind_to_string (kind)) == 0)
      {
        self->kind = kind;
        return NULL;
      }
  return "one of read, write, online-only, unknown is expected";
}

static const char *
read_action (SyncRouteRule *self, JsonNode *node)
{
  g_autofree char *name = dup_scalar (node);

  if (name == NULL || !sync_action_from_string (name, &self->action))
    return "one of create, update, delete, submit, cancel, call is expected";
  return NULL;
}

static const char *
read_proof (SyncRouteRule *self, JsonNode *node)
{
  g_autofree char *name = dup_scalar (node);

  if (name == NULL || !sync_proof_from_string (name, &self->proof))
    return "one of document, deleted, submitted, cancelled, no-errors, message, empty is expected";
  return NULL;
}

static const char *
read_type (SyncRouteRule *self, JsonNode *node)
{
  return read_texts (node, &self->type);
}

static const char *
read_id (SyncRouteRule *self, JsonNode *node)
{
  return read_texts (node, &self->id);
}

static const char *
read_lane (SyncRouteRule *self, JsonNode *node)
{
  return read_texts (node, &self->lane);
}

static const char *
read_document (SyncRouteRule *self, JsonNode *node)
{
  return read_texts (node, &self->document);
}

static const char *
read_field (SyncRouteRule *self, JsonNode *node)
{
  g_auto (GStrv) pair = NULL;
  const char *problem = read_texts (node, &pair);

  if (problem != NULL || g_strv_length (pair) != 2)
    return "a list of two arguments is expected, the field's name and its value";
  g_free (self->field_path);
  g_free (self->value_path);
  self->field_path = g_strdup (pair[0]);
  self->value_path = g_strdup (pair[1]);
  return NULL;
}

static const char *
read_flag (JsonNode *node, gboolean *flag)
{
  if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_BOOLEAN)
    return "true or false is expected";
  *flag = json_node_get_boolean (node);
  return NULL;
}

static const char *
read_key (SyncRouteRule *self, JsonNode *node)
{
  JsonObjectIter iter;
  const char *member, *problem = NULL;
  JsonNode *value;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return "an object with from, at, field, enforced, echoed is expected";
  json_object_iter_init (&iter, json_node_get_object (node));
  while (problem == NULL && json_object_iter_next (&iter, &member, &value))
    {
      if (strcmp (member, "from") == 0)
        problem = read_texts (value, &self->key_from);
      else if (strcmp (member, "at") == 0)
        problem = read_text (value, &self->key_at);
      else if (strcmp (member, "field") == 0)
        problem = read_text (value, &self->key_field);
      else if (strcmp (member, "enforced") == 0)
        problem = read_flag (value, &self->key_enforced);
      else if (strcmp (member, "echoed") == 0)
        problem = read_flag (value, &self->key_echoed);
      else
        problem = "it knows only from, at, field, enforced, echoed";
    }
  return problem;
}

static const char *
read_natural (SyncRouteRule *self, JsonNode *node)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  JsonObjectIter iter;
  const char *field;
  JsonNode *value;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return "an object of field and argument is expected";
  json_object_iter_init (&iter, json_node_get_object (node));
  while (json_object_iter_next (&iter, &field, &value))
    {
      g_autofree char *path = NULL;
      const char *problem = read_text (value, &path);

      if (problem != NULL)
        return problem;
      g_strv_builder_add (builder, field);
      g_strv_builder_add (builder, path);
    }
  g_strfreev (self->natural);
  self->natural = g_strv_builder_end (builder);
  return NULL;
}

static const char *
read_set (SyncRouteRule *self, JsonNode *node)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return "an object of arguments is expected";
  json_object_iter_init (&iter, json_node_get_object (node));
  while (json_object_iter_next (&iter, &name, &value))
    {
      g_autofree char *number = NULL;

      if (!JSON_NODE_HOLDS_VALUE (value) || json_node_get_value_type (value) != G_TYPE_INT64)
        return "its values must be whole numbers";
      number = dup_scalar (value);
      g_strv_builder_add (builder, name);
      g_strv_builder_add (builder, number);
    }
  g_strfreev (self->forced);
  self->forced = g_strv_builder_end (builder);
  return NULL;
}

static const char *
read_priority (SyncRouteRule *self, JsonNode *node)
{
  if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_INT64
      || json_node_get_int (node) < 0 || json_node_get_int (node) > 9)
    return "a whole number from 0 to 9 is expected";
  self->priority = (int) json_node_get_int (node);
  return NULL;
}

static const struct
{
  const char *member;
  ReadFunc read;
} members[] = {
  { "name", read_name },
  { "description", read_description },
  { "methods", read_methods },
  { "path", read_path },
  { "call", read_call },
  { "when", read_when },
  { "kind", read_kind },
  { "action", read_action },
  { "proof", read_proof },
  { "type", read_type },
  { "id", read_id },
  { "lane", read_lane },
  { "document", read_document },
  { "field", read_field },
  { "key", read_key },
  { "natural", read_natural },
  { "set", read_set },
  { "priority", read_priority },
};

static ReadFunc
find_reader (const char *member)
{
  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    if (strcmp (members[i].member, member) == 0)
      return members[i].read;
  return NULL;
}

static gboolean
fail (const SyncRouteRule *self, guint number, const char *member, const char *problem, GError **error)
{
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_CONFIG, "rule %u (%s), member “%s”: %s", number,
               self->name != NULL ? self->name : "without a name", member, problem);
  return FALSE;
}

static gboolean
check_whole (SyncRouteRule *self, guint number, JsonObject *object, GError **error)
{
  if ((self->paths == NULL) == (self->calls == NULL))
    return fail (self, number, "path", "a rule has either a path or a call", error);
  if (!json_object_has_member (object, "kind"))
    return fail (self, number, "kind", "it is missing", error);
  if (self->methods == NULL)
    return fail (self, number, "methods", "it is missing", error);
  if (self->kind == SYNC_ROUTE_WRITE && !json_object_has_member (object, "action"))
    return fail (self, number, "action", "a write needs one", error);
  if (self->kind == SYNC_ROUTE_WRITE && !json_object_has_member (object, "proof"))
    return fail (self, number, "proof", "a write needs one", error);
  for (guint i = 0; self->methods[i] != NULL; i++)
    if (self->kind == SYNC_ROUTE_WRITE
        && (strcmp (self->methods[i], "GET") == 0 || strcmp (self->methods[i], "HEAD") == 0))
      return fail (self, number, "methods",
                   "the server rolls back what a GET wrote; a write cannot have it", error);
  return TRUE;
}

/**
 * sync_route_rule_new:
 * @node: one element of `rules`
 * @number: which, from 1, for the message
 * @error: SYNC_ERROR_CONFIG (permanent), naming the rule, the member and what is wrong
 *
 * Returns: (transfer full) (nullable): the rule
 */
SyncRouteRule *
sync_route_rule_new (JsonNode *node, guint number, GError **error)
{
  g_autoptr (SyncRouteRule) self = g_new0 (SyncRouteRule, 1);
  JsonObjectIter iter;
  const char *member;
  JsonNode *value;

  self->priority = -1;
  self->when = g_ptr_array_new_with_free_func (condition_free);
  if (!JSON_NODE_HOLDS_OBJECT (node))
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_CONFIG, "rule %u is not an object", number);
      return NULL;
    }
  json_object_iter_init (&iter, json_node_get_object (node));
  while (json_object_iter_next (&iter, &member, &value))
    {
      ReadFunc read = find_reader (member);
      const char *problem = read != NULL ? read (self, value) : "there is no such member";

      if (problem != NULL)
        {
          fail (self, number, member, problem, error);
          return NULL;
        }
    }
  if (!check_whole (self, number, json_node_get_object (node), error))
    return NULL;
  return g_steal_pointer (&self);
}
