/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The route table: what each HTTP call is. The rules are data, in routes.json (a resource of the library)
 * and in a file of the shop's own with the same format, whose rules are looked at first and whose `keys`
 * and `priorities` replace ours. The table does not change once it is made; any thread may ask it.
 *
 * The format:
 *
 *   { "format": 1,
 *     "keys":       { "Sales Invoice": { "field": "posa_client_request_id", "shipped": true },
 *                     "*": "sync_client_id" },
 *     "priorities": { "Sales Invoice": 0, "*": 3 },
 *     "natural":    { "Customer": "customer_name", "Item": { "fields": "item_code", "may_change": true } },
 *     "rules": [ { "name": "…", "methods": "POST", "call": "myapp.*.make_thing", "kind": "write", … } ] }
 *
 * `keys` names the field of each DocType that carries the idempotency key. It counts only if it is unique: one that an
 * app ships with its documents (`shipped`) is where it is there at all, any other one is looked up in its definition.
 * `priorities` is the order in which lanes are served (0 first). `natural` names the fields of a new document that tell it from all others of its
 * DocType that the same user makes within some minutes: where the server enforces no key, a document whose answer was
 * lost is looked for by them. Name fields only where two documents that agree in them, in all else that was sent, in
 * who made them and when are one and the same; an empty list takes a DocType out. `may_change`: the server may store
 * something else there than was sent (ERPNext numbers items where the Stock Settings say so); then any document of that
 * time which nothing else accounts for is a matter for a person. Of the rules the first that matches decides; a call that none matches
 * is unknown: it passes while on line and never waits in the queue. A rule:
 *
 *   name, description  for people; the name stands in error messages
 *   methods   HTTP methods, one or a list
 *   path      one or a list: /api/resource/{type}/{id}. {type} is one level, {id} one or more, a last * any
 *             number; /api/v1/ is the same as /api/. Or instead of a path
 *   call      one or a list of method names as after /api/method/ and /api/v2/method/; * is any characters
 *   when      { argument: value or list of values }: conditions; "*" is "there", null is "not there or empty"
 *   kind      read, write, online-only, unknown
 *   action    create, update, delete, submit, cancel, call
 *   proof     what a 2xx answer must hold: document, deleted, submitted, cancelled, no-errors, message, empty
 *   type, id  templates, one or a list of which the first counts that can be filled: text with {type} and {id}
 *             of the path and {argument} or {argument/member} of query and body (form or JSON; JSON in texts too)
 *   lane      templates likewise; without it the lane is type/id
 *   document  where in the body the document stands, or a list: "" is the body itself
 *   field     [argument with the field's name, argument with its value], where one field is set
 *   key       { from: where the caller's own key may be, at: where it goes, field: the DocType's field in `keys`,
 *             enforced: the server refuses the same key twice, echoed: the answer shows the key };
 *             "$key" in them is the type's field of `keys`
 *   natural   { field: argument }: instead of the type's fields, where the body holds arguments and no document
 *   set       { argument: whole number }: arguments that every attempt carries, whatever the caller wrote
 *   priority  instead of the type's
 *
 * "$doc/" at the front of an argument is the place of the document. */
#include "config.h"

#include "sync-route-table-private.h"

#include <string.h>

#include "sync-error.h"
#include "sync-json-member.h"

#define ROUTES_RESOURCE "/org/posawesome/Sync/core/routes.json"

G_DEFINE_FINAL_TYPE (SyncRouteTable, sync_route_table, G_TYPE_OBJECT)

extern GResource *sync_core_get_resource (void);

static void
key_free (gpointer data)
{
  SyncRouteKey *key = data;

  g_free (key->field);
  g_free (key);
}

static void
natural_free (gpointer data)
{
  SyncRouteNatural *natural = data;

  g_strfreev (natural->fields);
  g_free (natural);
}

static void
sync_route_table_finalize (GObject *object)
{
  SyncRouteTable *self = SYNC_ROUTE_TABLE (object);

  g_ptr_array_unref (self->rules);
  g_hash_table_unref (self->keys);
  g_hash_table_unref (self->priorities);
  g_hash_table_unref (self->natural);
  G_OBJECT_CLASS (sync_route_table_parent_class)->finalize (object);
}

static void
sync_route_table_class_init (SyncRouteTableClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = sync_route_table_finalize;
}

static void
sync_route_table_init (SyncRouteTable *self)
{
  self->rules = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_route_rule_free);
  self->keys = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, key_free);
  self->priorities = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->natural = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, natural_free);
}

static gboolean
refuse (GError **error, const char *member, const char *problem)
{
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_CONFIG, "member “%s”: %s", member, problem);
  return FALSE;
}

static gboolean
is_of_type (JsonNode *node, GType type)
{
  return node != NULL && JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == type;
}

/* A field, or an object with `field` and `shipped`. */
static SyncRouteKey *
key_new (JsonNode *node)
{
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  JsonNode *field = object != NULL ? json_object_get_member (object, "field") : node;
  JsonNode *shipped = object != NULL ? json_object_get_member (object, "shipped") : NULL;
  SyncRouteKey *key;

  if (object != NULL && json_object_get_size (object) != (shipped != NULL ? 2 : 1))
    return NULL;
  if (!is_of_type (field, G_TYPE_STRING) || (shipped != NULL && !is_of_type (shipped, G_TYPE_BOOLEAN)))
    return NULL;
  key = g_new0 (SyncRouteKey, 1);
  key->field = json_node_dup_string (field);
  key->shipped = shipped != NULL && json_node_get_boolean (shipped);
  return key;
}

static gboolean
load_keys (SyncRouteTable *self, JsonNode *node, GError **error)
{
  JsonObjectIter iter;
  const char *type;
  JsonNode *value;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return refuse (error, "keys", "an object of DocType and field is expected");
  json_object_iter_init (&iter, json_node_get_object (node));
  while (json_object_iter_next (&iter, &type, &value))
    {
      SyncRouteKey *key = key_new (value);

      if (key == NULL)
        return refuse (error, "keys", "every value is the name of a field, or an object with “field” and “shipped”");
      if (g_hash_table_contains (self->keys, type))
        key_free (key);
      else
        g_hash_table_insert (self->keys, g_strdup (type), key);
    }
  return TRUE;
}

/* A text or a list of texts. */
static char **
dup_texts (JsonNode *node)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  JsonArray *list = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  if (list == NULL)
    {
      if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_string (node) == NULL)
        return NULL;
      g_strv_builder_add (builder, json_node_get_string (node));
    }
  for (guint i = 0; list != NULL && i < json_array_get_length (list); i++)
    {
      JsonNode *item = json_array_get_element (list, i);

      if (!JSON_NODE_HOLDS_VALUE (item) || json_node_get_string (item) == NULL)
        return NULL;
      g_strv_builder_add (builder, json_node_get_string (item));
    }
  return g_strv_builder_end (builder);
}

/* A field, a list of fields, or an object with both members. */
static SyncRouteNatural *
natural_new (JsonNode *node)
{
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  JsonNode *fields = object != NULL ? json_object_get_member (object, "fields") : node;
  JsonNode *may_change = object != NULL ? json_object_get_member (object, "may_change") : NULL;
  SyncRouteNatural *natural;
  char **texts;

  if (object != NULL && json_object_get_size (object) != (may_change != NULL ? 2 : 1))
    return NULL;
  if (may_change != NULL && !is_of_type (may_change, G_TYPE_BOOLEAN))
    return NULL;
  texts = fields != NULL ? dup_texts (fields) : NULL;
  if (texts == NULL)
    return NULL;
  natural = g_new0 (SyncRouteNatural, 1);
  natural->fields = texts;
  natural->may_change = may_change != NULL && json_node_get_boolean (may_change);
  return natural;
}

static gboolean
load_natural (SyncRouteTable *self, JsonNode *node, GError **error)
{
  JsonObjectIter iter;
  const char *type;
  JsonNode *value;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return refuse (error, "natural", "an object of DocType and fields is expected");
  json_object_iter_init (&iter, json_node_get_object (node));
  while (json_object_iter_next (&iter, &type, &value))
    {
      SyncRouteNatural *natural = natural_new (value);

      if (natural == NULL)
        return refuse (error, "natural",
                       "every value is a field, a list of fields, or an object with “fields” and “may_change”");
      if (g_hash_table_contains (self->natural, type))
        natural_free (natural);
      else
        g_hash_table_insert (self->natural, g_strdup (type), natural);
    }
  return TRUE;
}

static gboolean
load_priorities (SyncRouteTable *self, JsonNode *node, GError **error)
{
  JsonObjectIter iter;
  const char *type;
  JsonNode *value;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return refuse (error, "priorities", "an object of DocType and number is expected");
  json_object_iter_init (&iter, json_node_get_object (node));
  while (json_object_iter_next (&iter, &type, &value))
    {
      if (!JSON_NODE_HOLDS_VALUE (value) || json_node_get_value_type (value) != G_TYPE_INT64
          || json_node_get_int (value) < 0 || json_node_get_int (value) > 9)
        return refuse (error, "priorities", "every value is a whole number from 0 to 9");
      if (!g_hash_table_contains (self->priorities, type))
        g_hash_table_insert (self->priorities, g_strdup (type),
                             GINT_TO_POINTER ((int) json_node_get_int (value)));
    }
  return TRUE;
}

static gboolean
load_rules (SyncRouteTable *self, JsonNode *node, GError **error)
{
  JsonArray *rules;

  if (!JSON_NODE_HOLDS_ARRAY (node))
    return refuse (error, "rules", "a list of rules is expected");
  rules = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (rules); i++)
    {
      SyncRouteRule *rule = sync_route_rule_new (json_array_get_element (rules, i), i + 1, error);

      if (rule == NULL)
        return FALSE;
      g_ptr_array_add (self->rules, rule);
    }
  return TRUE;
}

static gboolean
load_object (SyncRouteTable *self, JsonObject *object, GError **error)
{
  JsonObjectIter iter;
  const char *member;
  JsonNode *value;
  gboolean ok = TRUE;

  if (sync_json_member_int (object, "format", 0) != 1)
    return refuse (error, "format", "it must be 1");
  json_object_iter_init (&iter, object);
  while (ok && json_object_iter_next (&iter, &member, &value))
    {
      if (strcmp (member, "keys") == 0)
        ok = load_keys (self, value, error);
      else if (strcmp (member, "priorities") == 0)
        ok = load_priorities (self, value, error);
      else if (strcmp (member, "natural") == 0)
        ok = load_natural (self, value, error);
      else if (strcmp (member, "rules") == 0)
        ok = load_rules (self, value, error);
      else if (strcmp (member, "format") != 0 && strcmp (member, "description") != 0)
        ok = refuse (error, member, "there is no such member");
    }
  return ok;
}

/* Adds a file's content to the table; what is there already wins. */
static gboolean
load_text (SyncRouteTable *self, const char *text, gsize length, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (GError) problem = NULL;

  if (!sync_json_check (text, length, NULL, &problem)
      || !json_parser_load_from_data (parser, text, length, &problem))
    {
      g_set_error_literal (error, SYNC_ERROR, SYNC_ERROR_CONFIG, problem->message);
      return FALSE;
    }
  if (!JSON_NODE_HOLDS_OBJECT (json_parser_get_root (parser)))
    return refuse (error, "(the whole)", "an object is expected");
  return load_object (self, json_node_get_object (json_parser_get_root (parser)), error);
}

/**
 * sync_route_table_new:
 * @extra_path: (nullable): the shop's own routes file, whose rules come first
 * @error: SYNC_ERROR_CONFIG (permanent): the file cannot be read, or file, rule and member that are wrong
 *
 * Returns: (transfer full) (nullable): the table
 */
SyncRouteTable *
sync_route_table_new (const char *extra_path, GError **error)
{
  g_autoptr (SyncRouteTable) self = g_object_new (SYNC_TYPE_ROUTE_TABLE, NULL);
  g_autoptr (GBytes) builtin = NULL;
  g_autoptr (GError) problem = NULL;
  g_autofree char *text = NULL;
  gsize length;

  if (extra_path != NULL
      && (!g_file_get_contents (extra_path, &text, &length, &problem)
          || !load_text (self, text, length, &problem)))
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_CONFIG, "routes file %s: %s", extra_path,
                   problem->message);
      return NULL;
    }
  builtin = g_resource_lookup_data (sync_core_get_resource (), ROUTES_RESOURCE,
                                    G_RESOURCE_LOOKUP_FLAGS_NONE, &problem);
  if (builtin == NULL
      || !load_text (self, g_bytes_get_data (builtin, NULL), g_bytes_get_size (builtin), &problem))
    g_error ("the built-in routes are damaged: %s", problem->message);
  return g_steal_pointer (&self);
}

static const SyncRouteKey *
find_key (SyncRouteTable *self, const char *resource_type)
{
  const SyncRouteKey *key = resource_type != NULL ? g_hash_table_lookup (self->keys, resource_type) : NULL;

  return key != NULL ? key : g_hash_table_lookup (self->keys, "*");
}

/**
 * sync_route_table_get_key_field:
 * @self: the table
 * @resource_type: (nullable): a DocType
 *
 * Returns: (transfer none) (nullable): the field that carries the idempotency key of that type; whether the
 *   server has it is not said
 */
const char *
sync_route_table_get_key_field (SyncRouteTable *self, const char *resource_type)
{
  const SyncRouteKey *key = find_key (self, resource_type);

  return key != NULL ? key->field : NULL;
}

/**
 * sync_route_table_is_key_shipped:
 * @self: the table
 * @resource_type: (nullable): a DocType
 *
 * Returns: whether an app brings the key field of that type along, and makes it unique
 */
gboolean
sync_route_table_is_key_shipped (SyncRouteTable *self, const char *resource_type)
{
  const SyncRouteKey *key = find_key (self, resource_type);

  return key != NULL && key->shipped;
}

/**
 * sync_route_table_dup_key_types:
 * @self: the table
 *
 * Returns: (transfer full): the DocTypes that have a key field of their own, in no order
 */
char **
sync_route_table_dup_key_types (SyncRouteTable *self)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  GHashTableIter iter;
  gpointer type;

  g_hash_table_iter_init (&iter, self->keys);
  while (g_hash_table_iter_next (&iter, &type, NULL))
    if (strcmp (type, "*") != 0)
      g_strv_builder_add (builder, type);
  return g_strv_builder_end (builder);
}

/**
 * sync_route_table_get_natural:
 * @self: the table
 * @resource_type: (nullable): a DocType
 *
 * Returns: (transfer none) (nullable): the fields that tell a document of that type from others; NULL if none do
 */
const SyncRouteNatural *
sync_route_table_get_natural (SyncRouteTable *self, const char *resource_type)
{
  return resource_type != NULL ? g_hash_table_lookup (self->natural, resource_type) : NULL;
}

/**
 * sync_route_table_get_priority:
 * @self: the table
 * @resource_type: (nullable): a DocType
 *
 * Returns: the priority of its requests, 0 the first
 */
int
sync_route_table_get_priority (SyncRouteTable *self, const char *resource_type)
{
  gpointer value;

  if (resource_type != NULL && g_hash_table_lookup_extended (self->priorities, resource_type, NULL, &value))
    return GPOINTER_TO_INT (value);
  return g_hash_table_lookup_extended (self->priorities, "*", NULL, &value) ? GPOINTER_TO_INT (value) : 3;
}
