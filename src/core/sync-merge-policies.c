/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is to be done where two sides changed the same field. The policies are data, in merge-policies.json (a resource
 * of the library) and in a file of the shop's own with the same format, which counts where both say something:
 *
 *   { "format": 1,
 *     "types": { "*": { "_user_tags": "union", "items.amount": "computed" },
 *                "Coupon Code": { "used": "delta", "limit": { "policy": "local", "precision": 2 } } } }
 *
 * By DocType ("*" for all that say nothing themselves), then by field ("table.field" for the rows of a child table):
 * ask, server, local, newest, delta, union, lines, never, computed (sync-merge.h says what they do), or default.
 * `precision` is how many decimals of a number count, 0 to 9. The table does not change once it is made; any thread may ask it. */
#include "config.h"

#include "sync-merge.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "sync-error.h"
#include "sync-json.h"
#include "sync-json-member.h"

#define POLICIES_RESOURCE "/org/posawesome/Sync/core/merge-policies.json"
#define MAX_PRECISION 9

struct _SyncMergePolicies
{
  GObject parent_instance;

  GHashTable *fields; /* (owned) (element-type utf8 FieldPolicy): by "DocType/field" */
};

typedef struct
{
  SyncMergePolicy policy;
  int precision; /* -1: it says none */
} FieldPolicy;

G_DEFINE_FINAL_TYPE (SyncMergePolicies, sync_merge_policies, G_TYPE_OBJECT)

extern GResource *sync_core_get_resource (void);

static const char *const policy_names[]
    = { "default", "ask", "server", "local", "newest", "delta", "union", "lines", "never", "computed", NULL };
static const char *const style_names[] = { "last-write-wins", "merge", "local", "server", "ask", NULL };

static gboolean
find_name (const char *const *names, const char *name, guint *index)
{
  for (*index = 0; names[*index] != NULL; (*index)++)
    if (strcmp (names[*index], name) == 0)
      return TRUE;
  return FALSE;
}

/**
 * sync_merge_style_from_string:
 * @name: `last-write-wins`, `merge`, `local`, `server` or `ask`
 * @style: (out): the style
 *
 * Returns: whether there is one of that name
 */
gboolean
sync_merge_style_from_string (const char *name, SyncMergeStyle *style)
{
  guint index;

  if (!find_name (style_names, name, &index))
    return FALSE;
  *style = (SyncMergeStyle) index;
  return TRUE;
}

/**
 * sync_merge_style_to_string:
 * @style: a style
 *
 * Returns: its name
 */
const char *
sync_merge_style_to_string (SyncMergeStyle style)
{
  return style_names[style];
}

/**
 * sync_merge_style_for_type:
 * @conflict_policies: "Type=policy,…" as SyncConfig has checked it
 * @resource_type: (nullable): a DocType
 *
 * Returns: the style of that type, else that of `*`, else last-write-wins
 */
SyncMergeStyle
sync_merge_style_for_type (const char *conflict_policies, const char *resource_type)
{
  g_auto (GStrv) parts = g_strsplit (conflict_policies, ",", -1);
  SyncMergeStyle style = SYNC_MERGE_STYLE_LAST_WRITE_WINS;

  for (gsize i = 0; parts[i] != NULL; i++)
    {
      char *equals = strchr (parts[i], '=');

      if (equals == NULL)
        continue;
      *equals = '\0';
      if (g_strcmp0 (parts[i], resource_type) == 0 && sync_merge_style_from_string (equals + 1, &style))
        return style;
      if (strcmp (parts[i], "*") == 0)
        sync_merge_style_from_string (equals + 1, &style);
    }
  return style;
}

/**
 * sync_merge_policy_to_string:
 * @policy: a policy
 *
 * Returns: its name, as in merge-policies.json
 */
const char *
sync_merge_policy_to_string (SyncMergePolicy policy)
{
  return policy_names[policy];
}

static void
sync_merge_policies_finalize (GObject *object)
{
  SyncMergePolicies *self = SYNC_MERGE_POLICIES (object);

  g_hash_table_unref (self->fields);
  G_OBJECT_CLASS (sync_merge_policies_parent_class)->finalize (object);
}

static void
sync_merge_policies_class_init (SyncMergePoliciesClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = sync_merge_policies_finalize;
}

static void
sync_merge_policies_init (SyncMergePolicies *self)
{
  self->fields = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

static gboolean
refuse (GError **error, const char *where, const char *field, const char *problem)
{
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_CONFIG, "“%s”%s%s%s: %s", where, field != NULL ? ", field “" : "",
               field != NULL ? field : "", field != NULL ? "”" : "", problem);
  return FALSE;
}

static gboolean
read_policy (JsonNode *node, SyncMergePolicy *policy)
{
  guint index;

  if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_string (node) == NULL
      || !find_name (policy_names, json_node_get_string (node), &index))
    return FALSE;
  *policy = (SyncMergePolicy) index;
  return TRUE;
}

/* The name of a policy, or an object with `policy` and `precision`. */
static gboolean
read_field (JsonNode *node, FieldPolicy *field)
{
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  JsonNode *policy = object != NULL ? json_object_get_member (object, "policy") : node;
  JsonNode *precision = object != NULL ? json_object_get_member (object, "precision") : NULL;

  *field = (FieldPolicy){ SYNC_MERGE_POLICY_DEFAULT, -1 };
  if (object != NULL && json_object_get_size (object) != (guint) (policy != NULL) + (precision != NULL))
    return FALSE;
  if (policy != NULL && !read_policy (policy, &field->policy))
    return FALSE;
  if (precision == NULL)
    return TRUE;
  if (!JSON_NODE_HOLDS_VALUE (precision) || json_node_get_value_type (precision) != G_TYPE_INT64
      || json_node_get_int (precision) < 0 || json_node_get_int (precision) > MAX_PRECISION)
    return FALSE;
  field->precision = (int) json_node_get_int (precision);
  return TRUE;
}

static gboolean
load_type (SyncMergePolicies *self, const char *type, JsonNode *node, GError **error)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return refuse (error, type, NULL, "an object of field and policy is expected");
  json_object_iter_init (&iter, json_node_get_object (node));
  while (json_object_iter_next (&iter, &name, &value))
    {
      g_autofree char *key = g_strconcat (type, "/", name, NULL);
      FieldPolicy field;

      if (!read_field (value, &field))
        return refuse (error, type, name,
                       "ask, server, local, newest, delta, union, lines, never, computed or default is "
                       "expected, or an object with “policy” and “precision” (0 to 9)");
      if (!g_hash_table_contains (self->fields, key))
        g_hash_table_insert (self->fields, g_steal_pointer (&key), g_memdup2 (&field, sizeof field));
    }
  return TRUE;
}

static gboolean
load_types (SyncMergePolicies *self, JsonNode *node, GError **error)
{
  JsonObjectIter iter;
  const char *type;
  JsonNode *value;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return refuse (error, "types", NULL, "an object of DocType and fields is expected");
  json_object_iter_init (&iter, json_node_get_object (node));
  while (json_object_iter_next (&iter, &type, &value))
    if (!load_type (self, type, value, error))
      return FALSE;
  return TRUE;
}

/* Adds a file's content; what is there already wins. */
static gboolean
load_text (SyncMergePolicies *self, const char *text, gsize length, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (GError) problem = NULL;
  JsonObject *object;
  JsonObjectIter iter;
  const char *member;
  JsonNode *value;

  if (!sync_json_check (text, length, NULL, &problem) || !json_parser_load_from_data (parser, text, length, &problem))
    {
      g_set_error_literal (error, SYNC_ERROR, SYNC_ERROR_CONFIG, problem->message);
      return FALSE;
    }
  if (!JSON_NODE_HOLDS_OBJECT (json_parser_get_root (parser)))
    return refuse (error, "(the whole)", NULL, "an object is expected");
  object = json_node_get_object (json_parser_get_root (parser));
  if (sync_json_member_int (object, "format", 0) != 1)
    return refuse (error, "format", NULL, "it must be 1");
  json_object_iter_init (&iter, object);
  while (json_object_iter_next (&iter, &member, &value))
    {
      if (strcmp (member, "types") == 0 && !load_types (self, value, error))
        return FALSE;
      if (strcmp (member, "types") != 0 && strcmp (member, "format") != 0 && strcmp (member, "description") != 0)
        return refuse (error, member, NULL, "there is no such member");
    }
  return TRUE;
}

/**
 * sync_merge_policies_new:
 * @extra_path: (nullable): the shop's own file, in the format of merge-policies.json; what it says of a field counts
 * @error: SYNC_ERROR_CONFIG (permanent): the file cannot be read; file, DocType and field that are wrong
 *
 * Returns: (transfer full) (nullable): the policies of fields
 */
SyncMergePolicies *
sync_merge_policies_new (const char *extra_path, GError **error)
{
  g_autoptr (SyncMergePolicies) self = g_object_new (SYNC_TYPE_MERGE_POLICIES, NULL);
  g_autoptr (GBytes) builtin = NULL;
  g_autoptr (GError) problem = NULL;
  g_autofree char *text = NULL;
  gsize length;

  if (extra_path != NULL
      && (!g_file_get_contents (extra_path, &text, &length, &problem) || !load_text (self, text, length, &problem)))
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_CONFIG, "merge policies file %s: %s", extra_path, problem->message);
      return NULL;
    }
  builtin
      = g_resource_lookup_data (sync_core_get_resource (), POLICIES_RESOURCE, G_RESOURCE_LOOKUP_FLAGS_NONE, &problem);
  if (builtin == NULL || !load_text (self, g_bytes_get_data (builtin, NULL), g_bytes_get_size (builtin), &problem))
    g_error ("the built-in merge policies are damaged: %s", problem->message);
  return g_steal_pointer (&self);
}

/**
 * sync_merge_policies_new_for_shop:
 * @error: as of sync_merge_policies_new()
 *
 * Returns: (transfer full) (nullable): the policies of fields, with the shop's own from `posawesome-sync/merge-policies.json`
 *   in the user's configuration if that is there
 */
SyncMergePolicies *
sync_merge_policies_new_for_shop (GError **error)
{
  g_autofree char *path = g_build_filename (g_get_user_config_dir (), "posawesome-sync", "merge-policies.json", NULL);

  return sync_merge_policies_new (g_file_test (path, G_FILE_TEST_EXISTS) ? path : NULL, error);
}

/**
 * sync_merge_policies_lookup:
 * @self: the policies
 * @resource_type: (nullable): a DocType
 * @field: a field, "items.qty" for a field of the rows of a table
 * @precision: (inout): decimals; left alone where the field has none of its own
 *
 * Returns: the policy of the type's field, else that of `*`, else SYNC_MERGE_POLICY_DEFAULT
 */
SyncMergePolicy
sync_merge_policies_lookup (SyncMergePolicies *self, const char *resource_type, const char *field, guint *precision)
{
  g_autofree char *key = resource_type != NULL ? g_strconcat (resource_type, "/", field, NULL) : NULL;
  g_autofree char *any = g_strconcat ("*/", field, NULL);
  const FieldPolicy *found = key != NULL ? g_hash_table_lookup (self->fields, key) : NULL;

  if (found == NULL)
    found = g_hash_table_lookup (self->fields, any);
  if (found == NULL)
    return SYNC_MERGE_POLICY_DEFAULT;
  if (found->precision >= 0)
    *precision = (guint) found->precision;
  return found->policy;
}
