/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The fingerprint by which a repeated submission of a key is told from another one. It is taken of what the
 * request means: spelling, the order of members, white space and arguments that differ in every call do not
 * count. No state; any thread. */
#include "config.h"

#include <string.h>

#include "sync-args.h"
#include "sync-body.h"

static const char *const volatile_arguments[] = { "request_id", "_", "t", "submit_in_background", NULL };

typedef struct
{
  char *name;  /* (owned) */
  char *value; /* (owned): canonical JSON */
} Argument;

static void
argument_clear (gpointer data)
{
  Argument *argument = data;

  g_free (argument->name);
  g_free (argument->value);
}

static int
compare_arguments (gconstpointer a, gconstpointer b)
{
  const Argument *left = a, *right = b;
  int order = strcmp (left->name, right->name);

  return order != 0 ? order : strcmp (left->value, right->value);
}

/* A text, or the JSON in it in its canonical form, so that its white space does not count either. */
static char *
canonical_text (SyncArgs *args, const char *text)
{
  GString *out = g_string_new (NULL);
  SyncJsonView container;

  if (sync_args_parse_nested (args, text, &container))
    sync_json_append_canonical (out, &container);
  else
    sync_json_append_quoted (out, text);
  return g_string_free (out, FALSE);
}

static char *
canonical_value (SyncArgs *args, const SyncJsonView *value)
{
  g_autofree char *text = NULL;
  GString *out;

  if (sync_json_view_kind (value) == SYNC_JSON_STRING)
    {
      text = sync_json_view_dup_text (value);
      if (*text == '{' || *text == '[')
        return canonical_text (args, text);
    }
  out = g_string_new (NULL);
  sync_json_append_canonical (out, value);
  return g_string_free (out, FALSE);
}

/* Later values of a name replace earlier ones, as on the server. */
static void
put_argument (GArray *arguments, const char *name, char *value, gboolean skip_volatile)
{
  Argument argument = { g_strdup (name), value };

  if (skip_volatile && g_strv_contains (volatile_arguments, name))
    {
      argument_clear (&argument);
      return;
    }
  for (guint i = 0; i < arguments->len; i++)
    if (strcmp (g_array_index (arguments, Argument, i).name, name) == 0)
      {
        g_array_remove_index_fast (arguments, i);
        break;
      }
  g_array_append_val (arguments, argument);
}

static void
put_fields (SyncArgs *args, GArray *arguments, GArray *fields, gboolean skip_volatile)
{
  for (guint i = 0; fields != NULL && i < fields->len; i++)
    {
      const SyncField *field = &g_array_index (fields, SyncField, i);

      put_argument (arguments, field->name, canonical_text (args, field->value), skip_volatile);
    }
}

static GArray *
collect_arguments (SyncArgs *args, gboolean document)
{
  GArray *arguments = g_array_new (FALSE, FALSE, sizeof (Argument));
  SyncJsonIter iter;
  SyncJsonView key, value;

  g_array_set_clear_func (arguments, argument_clear);
  put_fields (args, arguments, args->query, TRUE);
  /* A document may well have a field of such a name; there it counts. */
  put_fields (args, arguments, args->form, !document);
  if (args->kind == SYNC_BODY_JSON)
    {
      sync_json_iter_init (&iter, &args->root);
      while (sync_json_iter_next (&iter, &key, &value))
        {
          g_autofree char *name = sync_json_view_dup_text (&key);

          put_argument (arguments, name, canonical_value (args, &value), !document);
        }
    }
  g_array_sort (arguments, compare_arguments);
  return arguments;
}

/* One part, with its length in front so that no two lists of parts are the same bytes. */
static void
add_part (GChecksum *checksum, const char *text, gsize length)
{
  g_autofree char *head = g_strdup_printf ("%" G_GSIZE_FORMAT ":", length);

  g_checksum_update (checksum, (const guchar *) head, (gssize) strlen (head));
  g_checksum_update (checksum, (const guchar *) text, (gssize) length);
}

static void
add_text (GChecksum *checksum, const char *text)
{
  add_part (checksum, text != NULL ? text : "", text != NULL ? strlen (text) : 0);
}

/**
 * sync_body_fingerprint:
 * @route: what the rules say of the request
 * @method: its HTTP method
 * @path_and_query: its path
 * @content_type: (nullable): the body's media type
 * @body: (nullable): the body as accepted
 * @error: SYNC_ERROR_INVALID (permanent): a JSON body that cannot be read, naming line and column
 *
 * The same request submitted again has the same fingerprint, whatever the order of its members, its white
 * space and its `request_id`, `_`, `t` and `submit_in_background`. A key that the caller wrote into the
 * body is content; one that we gave is not in it.
 *
 * Returns: (transfer full) (nullable): SHA-256 in lower-case hex
 */
char *
sync_body_fingerprint (const SyncRoute *route, const char *method, const char *path_and_query,
                       const char *content_type, GBytes *body, GError **error)
{
  const char *query = strchr (path_and_query, '?');
  g_autoptr (SyncArgs) args = sync_args_new (query != NULL ? query + 1 : NULL, content_type, body);
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autoptr (GArray) arguments = NULL;
  gboolean document
      = route->resource_type != NULL && strcmp (route->family, SYNC_ROUTE_FAMILY_RESOURCE) == 0;

  if (args->problem != NULL && route->kind == SYNC_ROUTE_WRITE)
    {
      g_propagate_error (error, g_steal_pointer (&args->problem));
      return NULL;
    }
  add_text (checksum, route->family);
  if (document)
    {
      add_text (checksum, sync_action_to_string (route->action));
      add_text (checksum, route->resource_type);
      add_text (checksum, route->resource_id);
    }
  else if (strcmp (route->family, SYNC_ROUTE_FAMILY_RESOURCE) == 0)
    {
      add_text (checksum, method);
      add_part (checksum, path_and_query,
                query != NULL ? (gsize) (query - path_and_query) : strlen (path_and_query));
    }
  arguments = collect_arguments (args, document);
  for (guint i = 0; i < arguments->len; i++)
    {
      add_text (checksum, g_array_index (arguments, Argument, i).name);
      add_text (checksum, g_array_index (arguments, Argument, i).value);
    }
  if (args->kind == SYNC_BODY_OTHER)
    add_part (checksum, g_bytes_get_data (body, NULL), g_bytes_get_size (body));
  return g_strdup (g_checksum_get_string (checksum));
}
