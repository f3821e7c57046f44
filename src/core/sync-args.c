/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The arguments of a request: query and body, form or JSON, and JSON inside texts of either. A value is
 * named by a path, "invoice/posa_client_request_id", and it does not matter whether `invoice` is an object
 * or a text that holds one. The body wins over the query. Private to this library; no shared state, any
 * thread. */
#include "config.h"

#include "sync-args.h"

#include <string.h>

#include "sync-error.h"

static void
field_clear (gpointer data)
{
  SyncField *field = data;

  g_free (field->name);
  g_free (field->value);
}

/**
 * sync_args_decode_byte:
 * @at: (inout): a place in a form or a query, before @end; moves on
 * @end: its end
 *
 * The one definition of what a field says: "+" is a blank, and so is a zero.
 *
 * Returns: the byte there, an escape resolved
 */
char
sync_args_decode_byte (const char **at, const char *end)
{
  const char *p = *at;
  int byte;

  if (*p == '%' && end - p > 2 && g_ascii_isxdigit (p[1]) && g_ascii_isxdigit (p[2]))
    {
      byte = g_ascii_xdigit_value (p[1]) * 16 + g_ascii_xdigit_value (p[2]);
      *at = p + 3;
      return (char) (byte != 0 ? byte : ' ');
    }
  *at = p + 1;
  return *p == '+' || *p == '\0' ? ' ' : *p;
}

/* Form decoding as browsers encode; what is not UTF-8 afterwards is made so. */
static char *
decode_field (const char *text, gsize length)
{
  g_autoptr (GString) out = g_string_sized_new (length);
  const char *at = text, *end = text + length;

  while (at < end)
    g_string_append_c (out, sync_args_decode_byte (&at, end));
  return g_utf8_make_valid (out->str, out->len);
}

static GArray *
parse_fields (const char *text, gsize length)
{
  GArray *fields = g_array_new (FALSE, FALSE, sizeof (SyncField));
  const char *at = text, *end = text + length;

  g_array_set_clear_func (fields, field_clear);
  while (at < end)
    {
      const char *stop = memchr (at, '&', end - at);
      const char *equals;
      SyncField field;

      if (stop == NULL)
        stop = end;
      equals = memchr (at, '=', stop - at);
      if (equals == NULL)
        equals = stop;
      if (stop > at)
        {
          field = (SyncField){
            .name = decode_field (at, equals - at),
            .value = equals < stop ? decode_field (equals + 1, stop - equals - 1) : g_strdup (""),
            .start = at,
            .length = stop - at,
          };
          g_array_append_val (fields, field);
        }
      at = stop < end ? stop + 1 : end;
    }
  return fields;
}

static gboolean
is_type (const char *content_type, const char *wanted)
{
  gsize length = strlen (wanted);

  return content_type != NULL && g_ascii_strncasecmp (content_type, wanted, length) == 0
         && (content_type[length] == '\0' || strchr ("; \t", content_type[length]) != NULL);
}

static char
first_char (const char *text, gsize length)
{
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isspace (text[i]))
      return text[i];
  return '\0';
}

static void
read_json (SyncArgs *self, const char *text, gsize length)
{
  self->kind = SYNC_BODY_OTHER;
  if (!sync_json_check (text, length, &self->root, &self->problem))
    return;
  if (sync_json_view_kind (&self->root) == SYNC_JSON_OBJECT)
    self->kind = SYNC_BODY_JSON;
  else
    g_set_error (
        &self->problem, SYNC_ERROR, SYNC_ERROR_INVALID,
        "the body is JSON but not an object; send an object with the document's fields or the arguments");
}

static void
read_body (SyncArgs *self, const char *content_type)
{
  gsize length = 0;
  const char *text = self->body != NULL ? g_bytes_get_data (self->body, &length) : NULL;
  char first = first_char (text, length);

  if (first == '\0')
    self->kind = SYNC_BODY_EMPTY;
  else if (is_type (content_type, "application/json"))
    read_json (self, text, length);
  else if (is_type (content_type, "application/x-www-form-urlencoded") && first != '{')
    {
      self->kind = SYNC_BODY_FORM;
      self->form = parse_fields (text, length);
    }
  else if ((first == '{' || first == '[') && !is_type (content_type, "multipart/form-data"))
    /* ERPNext takes JSON under any type for documents. */
    read_json (self, text, length);
  else
    {
      self->kind = SYNC_BODY_OTHER;
      g_set_error (&self->problem, SYNC_ERROR, SYNC_ERROR_INVALID,
                   "a body of type %s cannot wait in the queue; send JSON or a form",
                   content_type != NULL ? content_type : "(none)");
    }
}

/**
 * sync_args_new:
 * @query: (nullable): the query of the URL, without "?"
 * @content_type: (nullable): the body's media type
 * @body: (nullable): the body
 *
 * Reads the arguments. A body that cannot be read is no failure here: `problem` holds it
 * (SYNC_ERROR_INVALID), for only a write has to be understood.
 *
 * Returns: (transfer full)
 */
SyncArgs *
sync_args_new (const char *query, const char *content_type, GBytes *body)
{
  SyncArgs *self = g_new0 (SyncArgs, 1);

  self->body = body != NULL ? g_bytes_ref (body) : NULL;
  self->query_text = g_strdup (query);
  self->query = parse_fields (self->query_text, query != NULL ? strlen (query) : 0);
  self->held = g_ptr_array_new_with_free_func (g_free);
  read_body (self, content_type);
  return self;
}

/**
 * sync_args_free:
 * @self: (transfer full): the arguments
 *
 * Frees them, and with them everything that views look into.
 */
void
sync_args_free (SyncArgs *self)
{
  g_clear_pointer (&self->body, g_bytes_unref);
  g_clear_pointer (&self->form, g_array_unref);
  g_clear_pointer (&self->query, g_array_unref);
  g_clear_pointer (&self->held, g_ptr_array_unref);
  g_clear_error (&self->problem);
  g_free (self->query_text);
  g_free (self);
}

static const SyncField *
find_field (GArray *fields, const char *name, gsize length)
{
  /* Of a name that is there twice the last one counts. */
  for (guint i = fields != NULL ? fields->len : 0; i > 0; i--)
    {
      const SyncField *field = &g_array_index (fields, SyncField, i - 1);

      if (strlen (field->name) == length && memcmp (field->name, name, length) == 0)
        return field;
    }
  return NULL;
}

/**
 * sync_args_parse_nested:
 * @self: the arguments
 * @text: a text that may hold JSON
 * @container: (out): the object or array in it, for as long as @self lives
 *
 * Returns: whether @text is an object or an array in JSON
 */
gboolean
sync_args_parse_nested (SyncArgs *self, const char *text, SyncJsonView *container)
{
  gsize length = strlen (text);
  char first = first_char (text, length);
  char *copy;

  if ((first != '{' && first != '[') || !sync_json_check (text, length, NULL, NULL))
    return FALSE;
  copy = g_strdup (text);
  g_ptr_array_add (self->held, copy);
  return sync_json_check (copy, length, container, NULL);
}

/* The object that a value is or that its text holds. */
static gboolean
open_object (SyncArgs *self, const SyncJsonView *value, SyncJsonView *object)
{
  g_autofree char *text = NULL;

  *object = *value;
  if (sync_json_view_kind (value) == SYNC_JSON_STRING)
    {
      text = sync_json_view_dup_text (value);
      if (!sync_args_parse_nested (self, text, object))
        return FALSE;
    }
  return sync_json_view_kind (object) == SYNC_JSON_OBJECT;
}

/* The whole form as one JSON object of texts. */
static gboolean
form_to_object (SyncArgs *self, SyncJsonView *object)
{
  GString *json = g_string_new ("{");

  for (guint i = 0; i < self->form->len; i++)
    {
      const SyncField *field = &g_array_index (self->form, SyncField, i);

      if (i > 0)
        g_string_append_c (json, ',');
      sync_json_append_quoted (json, field->name);
      g_string_append_c (json, ':');
      sync_json_append_quoted (json, field->value);
    }
  g_string_append_c (json, '}');
  *object = (SyncJsonView){ json->str, json->len };
  g_ptr_array_add (self->held, g_string_free (json, FALSE));
  return TRUE;
}

/* Where the first level of a path is: a field's text, or a JSON value. */
static gboolean
find_first (SyncArgs *self, const char *name, gsize length, const char **text, SyncJsonView *value)
{
  g_autofree char *member = g_strndup (name, length);
  const SyncField *field;

  *text = NULL;
  if (self->kind == SYNC_BODY_JSON && sync_json_view_member (&self->root, member, value))
    return TRUE;
  field = find_field (self->form, name, length);
  if (field == NULL)
    field = find_field (self->query, name, length);
  *text = field != NULL ? field->value : NULL;
  return field != NULL;
}

static gboolean
find (SyncArgs *self, const char *path, const char **text, SyncJsonView *value)
{
  const char *slash = strchr (path, '/');
  SyncJsonView object;

  if (!find_first (self, path, slash != NULL ? (gsize) (slash - path) : strlen (path), text, value))
    return FALSE;
  while (slash != NULL)
    {
      const char *name = slash + 1;
      g_autofree char *member = NULL;

      slash = strchr (name, '/');
      member = slash != NULL ? g_strndup (name, slash - name) : g_strdup (name);
      if (*text != NULL ? !sync_args_parse_nested (self, *text, &object)
                        : !open_object (self, value, &object))
        return FALSE;
      *text = NULL;
      if (sync_json_view_kind (&object) != SYNC_JSON_OBJECT
          || !sync_json_view_member (&object, member, value))
        return FALSE;
    }
  return TRUE;
}

/**
 * sync_args_dup:
 * @self: the arguments
 * @path: where the value is
 *
 * Returns: (transfer full) (nullable): the value's text, of a number or an object its JSON text; NULL if it
 *   is not there, null, or empty
 */
char *
sync_args_dup (SyncArgs *self, const char *path)
{
  SyncJsonView value;
  const char *text;
  g_autofree char *found = NULL;

  if (!find (self, path, &text, &value))
    return NULL;
  if (text != NULL)
    found = g_strdup (text);
  else if (sync_json_view_kind (&value) != SYNC_JSON_NULL)
    found = sync_json_view_dup_text (&value);
  return found != NULL && *found != '\0' ? g_steal_pointer (&found) : NULL;
}

/**
 * sync_args_find_object:
 * @self: the arguments
 * @path: where it is; "" is the whole body
 * @object: (out): it, for as long as @self lives
 *
 * Returns: whether there is an object, or a text that holds one; a whole form counts as an object of texts
 */
gboolean
sync_args_find_object (SyncArgs *self, const char *path, SyncJsonView *object)
{
  SyncJsonView value;
  const char *text;

  if (*path == '\0')
    {
      *object = self->root;
      return self->kind == SYNC_BODY_JSON
             || (self->kind == SYNC_BODY_FORM && form_to_object (self, object));
    }
  if (!find (self, path, &text, &value))
    return FALSE;
  if (text == NULL)
    return open_object (self, &value, object);
  return sync_args_parse_nested (self, text, object) && sync_json_view_kind (object) == SYNC_JSON_OBJECT;
}
