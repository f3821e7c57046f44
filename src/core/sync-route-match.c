/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Matching one call against the rules of a table. The path is split before it is decoded, level by level,
 * so that a name may hold an encoded slash; arguments are read from query and body alike. Nothing is kept
 * between two calls; any thread. */
#include "config.h"

#include "sync-route-table-private.h"

#include <string.h>

#include "sync-error.h"

/* ERPNext's Data fields hold as much. */
#define NATURAL_MAX_CHARS 140

/* One call while it is being matched. */
typedef struct
{
  SyncRouteTable *table; /* (unowned) */
  const char *method;    /* (unowned) */
  char **levels;         /* (owned): the levels of the path, decoded */
  guint n_levels;
  char *call;           /* (owned) (nullable): dotted method name */
  SyncArgs *args;       /* (owned) */
  gboolean by_path;     /* the rule that is tried matched the path, not the method's name */
  char *type;           /* (owned) (nullable): {type} of the rule that is tried */
  char *id;             /* (owned) (nullable): {id} of it */
  const char *document; /* (unowned) (nullable): path of the document under that rule */
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

/* What a caller sent, fit for one line of a message. */
static char *
quote (const char *text)
{
  g_autofree char *start = g_strndup (text, strnlen (text, 200));

  return g_strescape (start, NULL);
}

static gboolean
check_path (const char *path, GError **error)
{
  const char *problem = NULL;
  g_autofree char *quoted = NULL;

  if (path[0] != '/' || path[1] == '/')
    problem = "a path begins with one /";
  for (const char *p = path; problem == NULL && *p != '\0'; p++)
    if ((guchar) *p <= 0x20 || *p == 0x7f || *p == '\\' || *p == '#')
      problem = "blanks, control characters, \\ and # must be percent-encoded";
    else if (*p == '%' && !(g_ascii_isxdigit (p[1]) && g_ascii_isxdigit (p[2])))
      problem = "a % that stands for itself is written %25";
  if (problem == NULL)
    return TRUE;
  quoted = quote (path);
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID, "the path “%s” is not valid: %s", quoted, problem);
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

      if (level == NULL || !g_utf8_validate (level, -1, NULL) || strcmp (level, "..") == 0
          || strcmp (level, ".") == 0)
        {
          g_autofree char *quoted = quote (path), *part = quote (raw[i]);

          g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID,
                       "the path “%s” is not valid: “%s” is not a percent-encoded UTF-8 name", quoted,
                       part);
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
  return at == call->n_levels && (call->type == NULL || *call->type != '\0')
         && (call->id == NULL || *call->id != '\0');
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
          g_string_append_c (out, *template ++);
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
  g_autoptr (GStrvBuilder) places = g_strv_builder_new ();

  for (guint i = 0; rule->key_from != NULL && rule->key_from[i] != NULL; i++)
    {
      g_autofree char *path = expand_path (call, rule->key_from[i], type_field);

      if (route->client_key == NULL)
        route->client_key = sync_args_dup (call->args, path);
      g_strv_builder_add (places, path);
    }
  route->key_places = g_strv_builder_end (places);
  if (rule->key_field != NULL)
    route->key_field = expand_path (call, rule->key_field, type_field);
  if (rule->key_at != NULL)
    route->key_path = expand_path (call, rule->key_at, type_field);
  route->key_enforced = rule->key_enforced;
  route->echoes_key = rule->key_echoed;
}

/* Whether the server stores the text as it is, and finds it by it: no blanks at its ends, nothing that it takes for
 * markup, not longer than a field. */
static gboolean
is_plain (const char *text)
{
  gsize length = strlen (text);

  if (length == 0 || g_utf8_strlen (text, -1) > NATURAL_MAX_CHARS)
    return FALSE;
  if (g_unichar_isspace (g_utf8_get_char (text))
      || g_unichar_isspace (g_utf8_get_char (g_utf8_prev_char (text + length))))
    return FALSE;
  for (const char *c = text; *c != '\0'; c = g_utf8_next_char (c))
    if (*c == '<' || *c == '>' || !g_unichar_isprint (g_utf8_get_char (c)))
      return FALSE;
  return TRUE;
}

/* All of the fields must say something, plainly; else nothing tells the document from others. */
static void
fill_natural (Call *call, const SyncRouteRule *rule, SyncRoute *route)
{
  const SyncRouteNatural *natural = sync_route_table_get_natural (call->table, route->resource_type);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  guint n = rule->natural != NULL                            ? g_strv_length (rule->natural) / 2
            : natural != NULL && route->document_path != NULL ? g_strv_length (natural->fields)
                                                             : 0;

  if (route->action != SYNC_ACTION_CREATE || n == 0)
    return;
  for (guint i = 0; i < n; i++)
    {
      const char *field = rule->natural != NULL ? rule->natural[2 * i] : natural->fields[i];
      g_autofree char *member = rule->natural != NULL ? g_strdup (rule->natural[2 * i + 1])
                                                      : g_strconcat ("$doc/", field, NULL);
      g_autofree char *path = expand_path (call, member, NULL);
      g_autofree char *value = sync_args_dup (call->args, path);

      if (value == NULL || !is_plain (value))
        return;
      g_strv_builder_add (builder, field);
      g_strv_builder_add (builder, value);
    }
  route->natural = g_strv_builder_end (builder);
  route->natural_may_change = natural != NULL && natural->may_change;
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
  if (sync_json_view_member (&object, "modified", &value)
      && sync_json_view_kind (&value) == SYNC_JSON_STRING)
    route->base_modified = sync_json_view_dup_text (&value);
  if (route->base_modified != NULL && *route->base_modified == '\0')
    g_clear_pointer (&route->base_modified, g_free);
  if (route->action != SYNC_ACTION_CREATE)
    return;
  docstatus_path = expand_path (call, "$doc/docstatus", NULL);
  docstatus = sync_args_dup (call->args, docstatus_path);
  route->submit_after
      = g_strcmp0 (docstatus, "1") == 0 || g_strcmp0 (call->call, "frappe.client.submit") == 0;
}

static gboolean
stands_in_query (const SyncArgs *args, const char *path)
{
  gsize length = strcspn (path, "/");

  for (guint i = 0; length > 0 && i < args->query->len; i++)
    {
      const char *name = g_array_index (args->query, SyncField, i).name;

      if (strncmp (name, path, length) == 0 && name[length] == '\0')
        return TRUE;
    }
  return FALSE;
}

/* What is put into a document (the key, the version) is put into the body: one that stands in the address would go out
 * without it. */
static gboolean
check_place (const Call *call, const SyncRoute *route, GError **error)
{
  const char *paths[] = { route->document_path, route->key_path != NULL && strchr (route->key_path, '/') != NULL
                                                  ? route->key_path : NULL };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    if (paths[i] != NULL && stands_in_query (call->args, paths[i]))
      {
        g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID, "“%.*s” stands in the address; send it in the body",
                     (int) strcspn (paths[i], "/"), paths[i]);
        return FALSE;
      }
  return TRUE;
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
  if (route->resource_id != NULL && *route->resource_id != '\0' && !sync_route_is_document_name (route->resource_id))
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID, "“%s” is no document's name", route->resource_id);
      return FALSE;
    }
  if (route->action == SYNC_ACTION_CALL)
    return check_place (call, route, error);
  if (route->resource_type == NULL || (route->resource_id == NULL && route->action != SYNC_ACTION_CREATE))
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID,
                   "%s does not say which %s it is about; name it in the %s", what,
                   route->resource_type == NULL ? "DocType" : "document",
                   call->call != NULL ? "arguments" : "path");
      return FALSE;
    }
  return check_place (call, route, error);
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
      route->priority = sync_route_table_get_priority (call->table, NULL);
      return route;
    }
  route->resource_type = fill_first (call, rule->type);
  route->resource_id = fill_first (call, rule->id);
  route->field_path = g_strdup (rule->field_path);
  route->value_path = g_strdup (rule->value_path);
  route->forced = g_strdupv (rule->forced);
  route->priority = rule->priority >= 0 ? rule->priority
                                        : sync_route_table_get_priority (call->table, route->resource_type);
  if (rule->kind == SYNC_ROUTE_WRITE)
    {
      fill_key (call, rule, route);
      fill_document (call, rule, route);
      fill_natural (call, rule, route);
    }
  route->natural_lane = make_lane (call, rule, route);
  return route;
}

static gboolean
check_method (const char *method, GError **error)
{
  static const char *const methods[]
      = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", NULL };

  g_autofree char *quoted = NULL;

  if (g_strv_contains (methods, method))
    return TRUE;
  quoted = quote (method);
  g_set_error (
      error, SYNC_ERROR, SYNC_ERROR_INVALID,
      "“%s” is not an HTTP method; one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS is expected",
      quoted);
  return FALSE;
}

/**
 * sync_route_table_match:
 * @self: the table
 * @method: the HTTP method, in capitals
 * @path_and_query: path and query on the site, percent-encoded
 * @content_type: (nullable): the body's media type
 * @body: (nullable): the body
 * @error: SYNC_ERROR_INVALID (permanent): no HTTP method, a bad path, a write whose body cannot be read
 * (naming the line) or that does not say what it is about
 *
 * Finds out what a call is. One that no rule matches is SYNC_ROUTE_UNKNOWN, and so is a write that is
 * called by GET, because the server answers it and rolls it back.
 *
 * Returns: (transfer full) (nullable): what the rules say
 */
SyncRoute *
sync_route_table_match (SyncRouteTable *self, const char *method, const char *path_and_query,
                        const char *content_type, GBytes *body, GError **error)
{
  g_auto (Call) call = { .table = self, .method = method };
  g_autoptr (SyncRoute) route = NULL;
  const SyncRouteRule *rule = NULL;
  const char *query;

  if (!check_method (method, error) || !check_path (path_and_query, error))
    return NULL;
  query = strchr (path_and_query, '?');
  if (!split_path (&call, path_and_query,
                   query != NULL ? (gsize) (query - path_and_query) : strlen (path_and_query), error))
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
