/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Between the arguments of a bus call and the texts that the verbs read and write. The names of the arguments in the
 * interface's description are the names that the verbs know, so that one description serves both. */
#include "config.h"

#include "sync-bus-arguments.h"

#include <json-glib/json-glib.h>
#include <string.h>

/* Texts that hold JSON, where the verbs want the value itself. */
static const char *const documents[] = { "base", "document", NULL };

static gboolean
append_document (GString *body, const char *name, const char *text, GError **error)
{
  if (!sync_json_check (text, strlen (text), NULL, error))
    {
      g_prefix_error (error, "“%s”: ", name);
      return FALSE;
    }
  g_string_append (body, text);
  return TRUE;
}

/* One more member of the object that @body begins. */
static gboolean
append_member (GString *body, const char *name, GVariant *value, GError **error)
{
  gboolean is_text = g_variant_is_of_type (value, G_VARIANT_TYPE_STRING);
  g_autofree char *json = NULL;

  g_string_append_c (body, body->len > 1 ? ',' : ' ');
  sync_json_append_quoted (body, name);
  g_string_append_c (body, ':');
  if (is_text && g_strv_contains (documents, name))
    return append_document (body, name, g_variant_get_string (value, NULL), error);
  if (is_text)
    sync_json_append_quoted (body, g_variant_get_string (value, NULL));
  else
    {
      json = json_gvariant_serialize_data (value, NULL);
      g_string_append (body, json);
    }
  return TRUE;
}

static gboolean
is_given (GVariant *value)
{
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return *g_variant_get_string (value, NULL) != '\0';
  return !g_variant_is_of_type (value, G_VARIANT_TYPE_ARRAY) || g_variant_n_children (value) > 0;
}

static gboolean
add_argument (SyncCall *call, const SyncVerb *verb, GString *body, const char *name, GVariant *value, GError **error)
{
  if (strcmp (verb->method, "GET") != 0)
    return append_member (body, name, value, error);
  g_hash_table_replace (call->query, g_strdup (name),
                        g_variant_is_of_type (value, G_VARIANT_TYPE_STRING) ? g_variant_dup_string (value, NULL)
                                                                            : g_variant_print (value, FALSE));
  return TRUE;
}

static gboolean
add_options (SyncCall *call, const SyncVerb *verb, GString *body, GVariant *options, GError **error)
{
  GVariantIter iter;
  const char *name;
  GVariant *child;

  g_variant_iter_init (&iter, options);
  while (g_variant_iter_next (&iter, "{&sv}", &name, &child))
    {
      g_autoptr (GVariant) value = child;

      if (!add_argument (call, verb, body, name, value, error))
        return FALSE;
    }
  return TRUE;
}

/**
 * sync_bus_arguments_read:
 * @call: a call without query, body and id
 * @verb: what it asks for
 * @info: the method
 * @parameters: its arguments
 * @error: %SYNC_ERROR_TOO_LARGE, %SYNC_ERROR_INVALID (a text that should be JSON is not); the rest is checked by the
 *   verb
 *
 * Hands the arguments over to the call.
 *
 * Returns: whether they can be
 */
gboolean
sync_bus_arguments_read (SyncCall *call, const SyncVerb *verb, const GDBusMethodInfo *info, GVariant *parameters,
                         GError **error)
{
  GString *body = g_string_new ("{");
  gboolean read = g_variant_get_size (parameters) <= SYNC_CALL_MAX_BYTES;
  gsize length;

  if (!read)
    g_set_error (error, SYNC_ERROR, SYNC_ERROR_TOO_LARGE,
                 "the call is larger than %d MB; ERPNext itself takes 25 MB at most", SYNC_CALL_MAX_BYTES / 1024 / 1024);
  call->query = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  for (guint i = 0; read && info->in_args != NULL && info->in_args[i] != NULL; i++)
    {
      const char *name = info->in_args[i]->name;
      g_autoptr (GVariant) value = g_variant_get_child_value (parameters, i);

      if (strcmp (name, "id") == 0)
        call->id = g_variant_get_int64 (value);
      else if (g_variant_is_of_type (value, G_VARIANT_TYPE_VARDICT))
        read = add_options (call, verb, body, value, error);
      else if (is_given (value))
        read = add_argument (call, verb, body, name, value, error);
    }
  g_string_append_c (body, '}');
  length = body->len;
  call->body = g_bytes_new_take (g_string_free (body, FALSE), length);
  return read;
}

/* The value of the argument @info that stands in @root. */
static GVariant *
new_value (const GDBusArgInfo *info, const SyncJsonView *root)
{
  g_autofree char *text = NULL;
  SyncJsonView view;
  gboolean known = sync_json_view_member (root, info->name, &view) && sync_json_view_kind (&view) != SYNC_JSON_NULL;

  switch (*info->signature)
    {
    case 'b':
      return g_variant_new_boolean (known && sync_json_view_kind (&view) == SYNC_JSON_TRUE);
    case 'u':
      text = known ? sync_json_view_dup_raw (&view) : NULL;
      return g_variant_new_uint32 (text != NULL ? g_ascii_strtoull (text, NULL, 10) : 0);
    case 'x':
      text = known ? sync_json_view_dup_raw (&view) : NULL;
      return g_variant_new_int64 (text != NULL ? g_ascii_strtoll (text, NULL, 10) : 0);
    default:
      text = known ? sync_json_view_dup_text (&view) : NULL;
      return g_variant_new_string (text != NULL ? text : "");
    }
}

/* @json as one text, which a bus takes only if it is UTF-8. */
static GVariant *
new_text (const char *json)
{
  gsize length = strlen (json);

  while (length > 0 && json[length - 1] == '\n')
    length--;
  return g_variant_new_take_string (g_utf8_make_valid (json, length));
}

/**
 * sync_bus_arguments_new_answer:
 * @info: the method
 * @json: a verb's answer, an object
 * @error: %SYNC_ERROR_TOO_LARGE: it does not go over a bus
 *
 * Returns: (transfer full) (nullable): what the method returns, floating: the object as it is where it returns one text, else its
 *   members of those names
 */
GVariant *
sync_bus_arguments_new_answer (const GDBusMethodInfo *info, const char *json, GError **error)
{
  GVariantBuilder builder;
  gsize length = strlen (json);
  SyncJsonView root;

  if (length > SYNC_BUS_MAX_ANSWER_BYTES)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_TOO_LARGE,
                   "the answer has %" G_GSIZE_FORMAT " MB, which is too large for a bus; ask for less (“limit”)",
                   length / 1024 / 1024);
      return NULL;
    }
  g_variant_builder_init (&builder, G_VARIANT_TYPE_TUPLE);
  if (info->out_args != NULL && info->out_args[0] != NULL && info->out_args[1] == NULL
      && *info->out_args[0]->signature == 's')
    g_variant_builder_add_value (&builder, new_text (json));
  else if (info->out_args != NULL && sync_json_check (json, length, &root, NULL))
    for (guint i = 0; info->out_args[i] != NULL; i++)
      g_variant_builder_add_value (&builder, new_value (info->out_args[i], &root));
  return g_variant_builder_end (&builder);
}
