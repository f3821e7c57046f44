/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The route table: what each HTTP call is. The rules are data, in routes.json (a resource of the library) and in a
 * file of the shop's own with the same format, whose rules are looked at first and whose `keys` and `priorities`
 * replace ours. The table does not change once it is made; any thread may ask it.
 *
 * The format:
 *
 *   { "format": 1,
 *     "keys":       { "Sales Invoice": "posa_client_request_id", "*": "sync_client_id" },
 *     "priorities": { "Sales Invoice": 0, "*": 3 },
 *     "rules": [ { "name": "…", "methods": "POST", "call": "myapp.*.make_thing", "kind": "write", … } ] }
 *
 * `keys` names the unique field of each DocType that carries the idempotency key, `priorities` the order in which
 * lanes are served (0 first). Of the rules the first that matches decides; a call that none matches is unknown: it
 * passes while on line and never waits in the queue. A rule:
 *
 *   name, description  for people; the name stands in error messages
 *   methods     HTTP methods, one or a list
 *   path        or a list of paths: /api/resource/{type}/{id}. {type} is one level, {id} one or more, a last * any
 *               number. /api/v1/ is the same as /api/. Or instead of a path
 *   call        or a list of method names as after /api/method/ and /api/v2/method/; * stands for any characters
 *   when        { argument: value or list of values }: conditions; "*" is "there", null is "not there or empty"
 *   kind        read, write, online-only, unknown
 *   action      create, update, delete, submit, cancel, call
 *   proof       what a 2xx answer must hold: document, deleted, submitted, cancelled, no-errors, message, empty
 *   type, id    templates, one or a list of which the first counts that can be filled: text with {type} and {id} of
 *               the path and {argument} or {argument/member} of query and body (form or JSON; JSON in a text too)
 *   lane        templates likewise; without it the lane is type/id
 *   document    where in the body the document stands, or a list: "" is the body itself
 *   field       [argument with the field's name, argument with its value], where one field is set
 *   key         { from: where the caller's own key may be, at: where it goes, field: the DocType's unique field,
 *               enforced: the server refuses the same key twice, echoed: the answer shows the key };
 *               "$key" in them is the type's field of `keys`
 *   set         { argument: number }: arguments that every attempt carries, whatever the caller wrote
 *   priority    instead of the type's
 *
 * "$doc/" at the front of an argument is the place of the document. */
#include "config.h"

#include "sync-route.h"

#include <string.h>

#include "sync-error.h"
#include "sync-route-rule.h"

#define ROUTES_RESOURCE "/org/posawesome/Sync/core/routes.json"

struct _SyncRouteTable
{
  GObject parent_instance;

  GPtrArray *rules;       /* (owned) (element-type SyncRouteRule): in the order they are looked at */
  GHashTable *keys;       /* (owned) (element-type utf8 utf8): DocType → key field */
  GHashTable *priorities; /* (owned) (element-type utf8 int): DocType → priority */
};

G_DEFINE_FINAL_TYPE (SyncRouteTable, sync_route_table, G_TYPE_OBJECT)

extern GResource *sync_core_get_resource (void);

static void
sync_route_table_finalize (GObject *object)
{
  SyncRouteTable *self = SYNC_ROUTE_TABLE (object);

  g_ptr_array_unref (self->rules);
  g_hash_table_unref (self->keys);
  g_hash_table_unref (self->priorities);
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
  self->keys = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->priorities = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

static gboolean
refuse (GError **error, const char *member, const char *problem)
{
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_CONFIG, "member “%s”: %s", member, problem);
  return FALSE;
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
      if (!JSON_NODE_HOLDS_VALUE (value) || json_node_get_string (value) == NULL)
        return refuse (error, "keys", "every value is the name of a field");
      if (!g_hash_table_contains (self->keys, type))
        g_hash_table_insert (self->keys, g_strdup (type), json_node_dup_string (value));
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
        g_hash_table_insert (self->priorities, g_strdup (type), GINT_TO_POINTER ((int) json_node_get_int (value)));
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

  if (json_object_get_int_member_with_default (object, "format", 0) != 1)
    return refuse (error, "format", "it must be 1");
  json_object_iter_init (&iter, object);
  while (ok && json_object_iter_next (&iter, &member, &value))
    {
      if (strcmp (member, "keys") == 0)
        ok = load_keys (self, value, error);
      else if (strcmp (member, "priorities") == 0)
        ok = load_priorities (self, value, error);
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

  if (!sync_json_check (text, length, NULL, &problem) || !json_parser_load_from_data (parser, text, length, &problem))
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
      && (!g_file_get_contents (extra_path, &text, &length, &problem) || !load_text (self, text, length, &problem)))
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_CONFIG, "routes file %s: %s", extra_path, problem->message);
      return NULL;
    }
  builtin = g_resource_lookup_data (sync_core_get_resource (), ROUTES_RESOURCE, G_RESOURCE_LOOKUP_FLAGS_NONE, &problem);
  if (builtin == NULL || !load_text (self, g_bytes_get_data (builtin, NULL), g_bytes_get_size (builtin), &problem))
    g_error ("the built-in routes are damaged: %s", problem->message);
  return g_steal_pointer (&self);
}

/**
 * sync_route_table_get_key_field:
 * @self: the table
 * @resource_type: (nullable): a DocType
 *
 * Returns: (transfer none) (nullable): the field that carries the idempotency key of that type; whether the server
 *   has it is not said
 */
const char *
sync_route_table_get_key_field (SyncRouteTable *self, const char *resource_type)
{
  const char *field = resource_type != NULL ? g_hash_table_lookup (self->keys, resource_type) : NULL;

  return field != NULL ? field : g_hash_table_lookup (self->keys, "*");
}

static int
get_priority (SyncRouteTable *self, const char *resource_type)
{
  gpointer value;

  if (resource_type != NULL && g_hash_table_lookup_extended (self->priorities, resource_type, NULL, &value))
    return GPOINTER_TO_INT (value);
  return g_hash_table_lookup_extended (self->priorities, "*", NULL, &value) ? GPOINTER_TO_INT (value) : 3;
}

/* One call while it is being matched. */
typedef struct
{
  SyncRouteTable *table;  /* (unowned) */
  const char *method;     /* (unowned) */
  char **levels;          /* (owned): the levels of the path, decoded */
  guint n_levels;
  char *call;             /* (owned) (nullable): dotted method name */
  SyncArgs *args;         /* (owned) */
  gboolean by_path;       /* the rule that is tried matched the path, not the method's name */
  char *type;             /* (owned) (nullable): {type} of the rule that is tried */
  char *id;               /* (owned) (nullable): {id} of it */
  const char *document;   /* (unowned) (nullable): path of the document under that rule */
} Call;

static void
call_clear (Call *call)
{
  g_strfreev (call->levels);
  g_free (call->call);
  g_clear_pointer (&call->args, sync_args_free);
  g_free (call->type);
  g_free (call->id);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Call, call_clear)

static gboolean
check_path (const char *path, GError **error)
{
  const char *problem = NULL;

  if (path[0] != '/' || path[1] == '/')
    problem = "a path begins with one /";
  for (const char *p = path; problem == NULL && *p != '\0'; p++)
    if ((guchar) *p <= 0x20 || *p == 0x7f || *p == '\\' || *p == '#')
      problem = "blanks, control characters, \\ and # must be percent-encoded";
  if (problem == NULL)
    return TRUE;
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID, "the path “%.200s” is not valid: %s", path, problem);
  return FALSE;
}

/* Splits the path into levels without the trailing ones that are empty, each decoded on its own. */
static gboolean
split_path (Call *call, const char *path, gsize length, GError **error)
{
  g_autofree char *text = g_strndup (path + 1, length - 1);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) raw = NULL;
  gsize end = length - 1;

  while (end > 0 && text[end - 1] == '/')
    text[--end] = '\0';
  if (g_str_has_prefix (text, "api/v1/"))
    memmove (text + 4, text + 7, strlen (text + 7) + 1);
  raw = g_strsplit (text, "/", -1);
  call->n_levels = g_strv_length (raw);
  for (guint i = 0; i < call->n_levels; i++)
    {
      g_autofree char *level = g_uri_unescape_string (raw[i], NULL);

      if (level == NULL || !g_utf8_validate (level, -1, NULL) || strcmp (level, "..") == 0 || strcmp (level, ".") == 0)
        {
          g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID,
                       "the path “%.200s” is not valid: “%.80s” is not a percent-encoded UTF-8 name", path, raw[i]);
          return FALSE;
        }
      g_strv_builder_add (builder, level);
    }
  call->levels = g_strv_builder_end (builder);
  return TRUE;
}

static void
find_call_name (Call *call)
{
  char **levels = call->levels;

  if (call->n_levels == 3 && strcmp (levels[0], "api") == 0 && strcmp (levels[1], "method") == 0)
    call->call = g_strdup (levels[2]);
  else if (call->n_levels == 4 && strcmp (levels[0], "api") == 0 && strcmp (levels[1], "v2") == 0
           && strcmp (levels[2], "method") == 0)
    call->call = g_strdup (levels[3]);
  else if (call->n_levels == 0 && strcmp (call->method, "HEAD") != 0)
    call->call = sync_args_dup (call->args, "cmd");
}

/* Whether the call's path fits a pattern; sets {type} and {id}. */
static gboolean
match_path (Call *call, const char *pattern)
{
  g_auto (GStrv) wanted = g_strsplit (pattern + 1, "/", -1);
  guint n_wanted = pattern[1] != '\0' ? g_strv_length (wanted) : 0;
  guint at = 0;

  g_clear_pointer (&call->type, g_free);
  g_clear_pointer (&call->id, g_free);
  for (guint i = 0; i < n_wanted; i++)
    {
      guint rest = n_wanted - i - 1;

      if (strcmp (wanted[i], "*") == 0 && rest == 0)
        return TRUE;
      if (at >= call->n_levels)
        return FALSE;
      if (strcmp (wanted[i], "{type}") == 0)
        call->type = g_strdup (call->levels[at++]);
      else if (strcmp (wanted[i], "{id}") == 0)
        {
          guint end = call->n_levels - rest;

          if (end <= at || end > call->n_levels)
            return FALSE;
          g_free (call->id);
          call->id = g_strdup (call->levels[at]);
          for (guint level = at + 1; level < end; level++)
            {
              g_autofree char *start = g_steal_pointer (&call->id);

              call->id = g_strconcat (start, "/", call->levels[level], NULL);
            }
          at = end;
        }
      else if (strcmp (wanted[i], call->levels[at++]) != 0)
        return FALSE;
    }
  return at == call->n_levels && (call->type == NULL || *call->type != '\0') && (call->id == NULL || *call->id != '\0');
}

/* A rule's argument path as it stands in this call: "$doc/" and "$key" filled in. */
static char *
expand_path (const Call *call, const char *path, const char *key_field)
{
  g_autoptr (GString) out = g_string_new (NULL);

  if (g_str_has_prefix (path, "$doc/"))
    {
      path += strlen ("$doc/");
      if (call->document != NULL && *call->document != '\0')
        g_string_append_printf (out, "%s/", call->document);
    }
  g_string_append (out, path);
  if (key_field != NULL)
    g_string_replace (out, "$key", key_field, 0);
  return g_string_free (g_steal_pointer (&out), FALSE);
}

static gboolean
holds (Call *call, const SyncRouteCondition *condition)
{
  g_autofree char *path = expand_path (call, condition->path, NULL);
  g_autofree char *value = sync_args_dup (call->args, path);

  if (condition->absent || value == NULL)
    return condition->absent && value == NULL;
  return condition->values == NULL || g_strv_contains ((const char *const *) condition->values, value);
}

static gboolean
fits (Call *call, const SyncRouteRule *rule)
{
  gboolean found = FALSE;
  SyncJsonView object;

  if (!g_strv_contains ((const char *const *) rule->methods, call->method))
    return FALSE;
  for (guint i = 0; !found && rule->paths != NULL && rule->paths[i] != NULL; i++)
    found = match_path (call, rule->paths[i]);
  call->by_path = found;
  for (guint i = 0; !found && call->call != NULL && rule->calls != NULL && i < rule->calls->len; i++)
    found = g_pattern_spec_match_string (g_ptr_array_index (rule->calls, i), call->call);
  if (!found)
    return FALSE;
  call->document = NULL;
  for (guint i = 0; call->document == NULL && rule->document != NULL && rule->document[i] != NULL; i++)
    if (rule->document[i + 1] == NULL || sync_args_find_object (call->args, rule->document[i], &object))
      call->document = rule->document[i];
  for (guint i = 0; i < rule->when->len; i++)
    if (!holds (call, g_ptr_array_index (rule->when, i)))
      return FALSE;
  return TRUE;
}

/* One template filled in, or NULL if something in it is missing. */
static char *
fill_template (Call *call, const char *template)
{
  g_autoptr (GString) out = g_string_new (NULL);

  while (*template != '\0')
    {
      const char *close = *template == '{' ? strchr (template, '}') : NULL;
      g_autofree char *name = NULL, *value = NULL;

      if (close == NULL)
        {
          g_string_append_c (out, *template++);
          continue;
        }
      name = g_strndup (template + 1, close - template - 1);
      if (call->by_path && strcmp (name, "type") == 0)
        value = g_strdup (call->type);
      else if (call->by_path && strcmp (name, "id") == 0)
        value = g_strdup (call->id);
      else
        {
          g_autofree char *path = expand_path (call, name, NULL);

          value = sync_args_dup (call->args, path);
        }
      if (value == NULL)
        return NULL;
      g_string_append (out, value);
      template = close + 1;
    }
  return g_string_free (g_steal_pointer (&out), FALSE);
}

static char *
fill_first (Call *call, char **templates)
{
  char *filled = NULL;

  for (guint i = 0; filled == NULL && templates != NULL && templates[i] != NULL; i++)
    filled = fill_template (call, templates[i]);
  return filled;
}

static char *
make_lane (Call *call, const SyncRouteRule *rule, const SyncRoute *route)
{
  g_autofree char *id = NULL, *normal = NULL, *folded = NULL;

  if (rule->lane != NULL)
    id = fill_first (call, rule->lane);
  if (id != NULL)
    {
      const char *slash = strchr (id, '/');
      gsize head = slash != NULL ? (gsize) (slash - id) + 1 : 0;

      folded = g_utf8_casefold (id + head, -1);
      return g_strdup_printf ("%.*s%s", (int) head, id, folded);
    }
  if (route->action == SYNC_ACTION_CREATE || route->resource_type == NULL || route->resource_id == NULL)
    return g_strdup ("");
  /* As the server compares names: without case and without blanks at the end. */
  id = g_strchomp (g_strdup (route->resource_id));
  normal = g_utf8_normalize (id, -1, G_NORMALIZE_NFC);
  folded = g_utf8_casefold (normal != NULL ? normal : id, -1);
  return g_strdup_printf ("%s/%s", route->resource_type, folded);
}

static void
fill_key (Call *call, const SyncRouteRule *rule, SyncRoute *route)
{
  const char *type_field = sync_route_table_get_key_field (call->table, route->resource_type);

  for (guint i = 0; route->client_key == NULL && rule->key_from != NULL && rule->key_from[i] != NULL; i++)
    {
      g_autofree char *path = expand_path (call, rule->key_from[i], type_field);

      route->client_key = sync_args_dup (call->args, path);
    }
  if (rule->key_field != NULL)
    route->key_field = expand_path (call, rule->key_field, type_field);
  if (rule->key_at != NULL)
    route->key_path = expand_path (call, rule->key_at, type_field);
  route->key_enforced = rule->key_enforced;
  route->echoes_key = rule->key_echoed;
}

/* What the document in the body says: its base and whether it is to be submitted. */
static void
fill_document (Call *call, const SyncRouteRule *rule, SyncRoute *route)
{
  g_autofree char *docstatus_path = NULL, *docstatus = NULL;
  SyncJsonView object, value;

  if (call->document == NULL)
    return;
  route->document_path = g_strdup (call->document);
  if (!sync_args_find_object (call->args, call->document, &object))
    return;
  if (sync_json_view_member (&object, "modified", &value) && sync_json_view_kind (&value) == SYNC_JSON_STRING)
    route->base_modified = sync_json_view_dup_text (&value);
  if (route->base_modified != NULL && *route->base_modified == '\0')
    g_clear_pointer (&route->base_modified, g_free);
  if (route->action != SYNC_ACTION_CREATE)
    return;
  docstatus_path = expand_path (call, "$doc/docstatus", NULL);
  docstatus = sync_args_dup (call->args, docstatus_path);
  route->submit_after = g_strcmp0 (docstatus, "1") == 0 || g_strcmp0 (call->call, "frappe.client.submit") == 0;
}

static gboolean
check_write (const Call *call, const SyncRoute *route, GError **error)
{
  const char *what = call->call != NULL ? call->call : "the request";

  if (call->args->problem != NULL)
    {
      g_propagate_error (error, g_error_copy (call->args->problem));
      return FALSE;
    }
  if (route->action == SYNC_ACTION_CALL)
    return TRUE;
  if (route->resource_type == NULL || (route->resource_id == NULL && route->action != SYNC_ACTION_CREATE))
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID, "%s does not say which %s it is about; name it in the %s", what,
                   route->resource_type == NULL ? "DocType" : "document", call->call != NULL ? "arguments" : "path");
      return FALSE;
    }
  return TRUE;
}

static SyncRoute *
make_route (Call *call, const SyncRouteRule *rule)
{
  SyncRoute *route = g_new0 (SyncRoute, 1);

  route->family = g_strdup (call->call != NULL ? call->call : SYNC_ROUTE_FAMILY_RESOURCE);
  route->kind = rule != NULL ? rule->kind : SYNC_ROUTE_UNKNOWN;
  route->action = rule != NULL ? rule->action : SYNC_ACTION_CALL;
  route->proof = rule != NULL ? rule->proof : SYNC_PROOF_MESSAGE;
  if (rule == NULL)
    {
      route->natural_lane = g_strdup ("");
      route->priority = get_priority (call->table, NULL);
      return route;
    }
  route->resource_type = fill_first (call, rule->type);
  route->resource_id = fill_first (call, rule->id);
  route->field_path = g_strdup (rule->field_path);
  route->value_path = g_strdup (rule->value_path);
  route->forced = g_strdupv (rule->forced);
  route->priority = rule->priority >= 0 ? rule->priority : get_priority (call->table, route->resource_type);
  if (rule->kind == SYNC_ROUTE_WRITE)
    {
      fill_key (call, rule, route);
      fill_document (call, rule, route);
    }
  route->natural_lane = make_lane (call, rule, route);
  return route;
}

static gboolean
check_method (const char *method, GError **error)
{
  static const char *const methods[] = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", NULL };

  if (g_strv_contains (methods, method))
    return TRUE;
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID,
               "“%.40s” is not an HTTP method; one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS is expected", method);
  return FALSE;
}

/**
 * sync_route_table_match:
 * @self: the table
 * @method: the HTTP method, in capitals
 * @path_and_query: path and query on the site, percent-encoded
 * @content_type: (nullable): the body's media type
 * @body: (nullable): the body
 * @error: SYNC_ERROR_INVALID (permanent): no HTTP method, a bad path, a write whose body cannot be read (naming the
 *   line) or that does not say what it is about
 *
 * Finds out what a call is. One that no rule matches is SYNC_ROUTE_UNKNOWN, and so is a write that is called by GET,
 * because the server answers it and rolls it back.
 *
 * Returns: (transfer full) (nullable): what the rules say
 */
SyncRoute *
sync_route_table_match (SyncRouteTable *self, const char *method, const char *path_and_query, const char *content_type,
                        GBytes *body, GError **error)
{
  g_auto (Call) call = { .table = self, .method = method };
  g_autoptr (SyncRoute) route = NULL;
  const SyncRouteRule *rule = NULL;
  const char *query;

  if (!check_method (method, error) || !check_path (path_and_query, error))
    return NULL;
  query = strchr (path_and_query, '?');
  if (!split_path (&call, path_and_query, query != NULL ? (gsize) (query - path_and_query) : strlen (path_and_query), error))
    return NULL;
  call.args = sync_args_new (query != NULL ? query + 1 : NULL, content_type, body);
  find_call_name (&call);
  for (guint i = 0; rule == NULL && i < self->rules->len; i++)
    if (fits (&call, g_ptr_array_index (self->rules, i)))
      rule = g_ptr_array_index (self->rules, i);
  route = make_route (&call, rule);
  if (route->kind == SYNC_ROUTE_WRITE && !check_write (&call, route, error))
    return NULL;
  return g_steal_pointer (&route);
}
