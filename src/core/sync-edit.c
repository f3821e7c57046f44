/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Edits of a body as text: one value is put in, replaced or taken out, and every other byte stays what the
 * caller sent. A form stays a form, and JSON inside a text stays JSON inside a text. No state; any thread.
 */
#include "config.h"

#include <string.h>

#include "sync-args.h"

static char *edit_object (const SyncJsonView *object, const SyncEdit *edit, const char *path);

static void
append_new_value (GString *out, const SyncEdit *edit)
{
  if (edit->literal)
    g_string_append (out, edit->text);
  else
    sync_json_append_quoted (out, edit->text);
}

/* The text of @object with what stands between @from and @to replaced. */
static char *
splice (const SyncJsonView *object, const char *from, const char *to, const char *replacement)
{
  GString *out = g_string_sized_new (object->length + strlen (replacement));

  g_string_append_len (out, object->text, from - object->text);
  g_string_append (out, replacement);
  g_string_append_len (out, to, object->text + object->length - to);
  return g_string_free (out, FALSE);
}

/* Without the member @name, every one of that name, and with one comma less each. */
static char *
remove_member (const SyncJsonView *object, const char *name)
{
  g_autoptr (GString) out = g_string_sized_new (object->length);
  SyncJsonIter iter;
  SyncJsonView key, value;
  const char *copied = object->text; /* all before it is in @out or dropped */
  const char *drop_from = NULL;      /* the end of the value before a run of dropped members */
  const char *last_end = NULL;
  gboolean changed = FALSE;

  sync_json_iter_init (&iter, object);
  while (sync_json_iter_next (&iter, &key, &value))
    {
      g_autofree char *text = sync_json_view_dup_text (&key);

      if (strcmp (text, name) == 0)
        {
          changed = TRUE;
          /* A dropped first member goes with the comma behind it, any other with the comma before it. */
          drop_from = last_end != NULL ? last_end : key.text;
          if (drop_from > copied)
            g_string_append_len (out, copied, drop_from - copied);
          copied = last_end != NULL || *iter.at == '}' ? value.text + value.length : iter.at;
          continue;
        }
      last_end = value.text + value.length;
    }
  g_string_append_len (out, copied, object->text + object->length - copied);
  return changed ? g_string_free (g_steal_pointer (&out), FALSE) : NULL;
}

static char *
insert_member (const SyncJsonView *object, const SyncEdit *edit, const char *name)
{
  g_autoptr (GString) member = g_string_new (NULL);
  SyncJsonIter iter;
  SyncJsonView value;
  const char *place = object->text + 1;

  sync_json_iter_init (&iter, object);
  while (sync_json_iter_next (&iter, NULL, &value))
    place = value.text + value.length;
  if (place != object->text + 1)
    g_string_append (member, ", ");
  sync_json_append_quoted (member, name);
  g_string_append (member, ": ");
  append_new_value (member, edit);
  return splice (object, place, place, member->str);
}

static char *
edit_last_level (const SyncJsonView *object, const SyncEdit *edit, const char *name)
{
  g_autoptr (GString) replacement = g_string_new (NULL);
  g_autofree char *old = NULL;
  SyncJsonView value;

  if (edit->kind == SYNC_EDIT_REMOVE)
    return remove_member (object, name);
  if (!sync_json_view_member (object, name, &value))
    return edit->kind == SYNC_EDIT_SET ? insert_member (object, edit, name) : NULL;
  old = sync_json_view_dup_text (&value);
  /* The same text already, or the same number: nothing to do. */
  if (strcmp (old, edit->text) == 0 && (edit->literal || sync_json_view_kind (&value) == SYNC_JSON_STRING))
    return NULL;
  append_new_value (replacement, edit);
  return splice (object, value.text, value.text + value.length, replacement->str);
}

/* The edited text of the JSON object that @text holds, or NULL if nothing changes. */
static char *
edit_nested_text (const char *text, const SyncEdit *edit, const char *path)
{
  SyncJsonView object;

  if (!sync_json_check (text, strlen (text), &object, NULL)
      || sync_json_view_kind (&object) != SYNC_JSON_OBJECT)
    return NULL;
  return edit_object (&object, edit, path);
}

/* The edited text of @object, or NULL if nothing changes. */
static char *
edit_object (const SyncJsonView *object, const SyncEdit *edit, const char *path)
{
  const char *slash = strchr (path, '/');
  g_autofree char *name = slash != NULL ? g_strndup (path, slash - path) : g_strdup (path);
  g_autofree char *inner = NULL;
  SyncJsonView value;

  if (slash == NULL)
    return edit_last_level (object, edit, name);
  if (!sync_json_view_member (object, name, &value))
    return NULL;
  if (sync_json_view_kind (&value) == SYNC_JSON_OBJECT)
    inner = edit_object (&value, edit, slash + 1);
  else if (sync_json_view_kind (&value) == SYNC_JSON_STRING)
    {
      g_autofree char *text = sync_json_view_dup_text (&value);
      g_autofree char *edited = edit_nested_text (text, edit, slash + 1);

      if (edited != NULL)
        {
          GString *quoted = g_string_new (NULL);

          sync_json_append_quoted (quoted, edited);
          inner = g_string_free (quoted, FALSE);
        }
    }
  return inner != NULL ? splice (object, value.text, value.text + value.length, inner) : NULL;
}

static void
append_field (GString *out, const char *name, const char *value)
{
  g_autofree char *encoded_name = g_uri_escape_string (name, NULL, FALSE);
  g_autofree char *encoded_value = g_uri_escape_string (value, NULL, FALSE);

  if (out->len > 0)
    g_string_append_c (out, '&');
  g_string_append_printf (out, "%s=%s", encoded_name, encoded_value);
}

/* The new text of one field, NULL if it stays. */
static char *
edit_field (const SyncField *field, const SyncEdit *edit, const char *rest)
{
  if (rest != NULL)
    return edit_nested_text (field->value, edit, rest);
  return strcmp (field->value, edit->text) != 0 ? g_strdup (edit->text) : NULL;
}

static GBytes *
edit_form (SyncArgs *args, const SyncEdit *edit)
{
  const char *slash = strchr (edit->path, '/');
  g_autofree char *name
      = slash != NULL ? g_strndup (edit->path, slash - edit->path) : g_strdup (edit->path);
  GString *out = g_string_new (NULL);
  gboolean found = FALSE, changed = FALSE;

  for (guint i = 0; i < args->form->len; i++)
    {
      const SyncField *field = &g_array_index (args->form, SyncField, i);
      g_autofree char *edited = NULL;

      if (strcmp (field->name, name) == 0)
        {
          found = TRUE;
          if (edit->kind == SYNC_EDIT_REMOVE && slash == NULL)
            {
              changed = TRUE;
              continue;
            }
          edited = edit_field (field, edit, slash != NULL ? slash + 1 : NULL);
        }
      if (edited != NULL)
        {
          changed = TRUE;
          append_field (out, field->name, edited);
          continue;
        }
      if (out->len > 0)
        g_string_append_c (out, '&');
      g_string_append_len (out, field->start, field->length);
    }
  if (!found && slash == NULL && edit->kind == SYNC_EDIT_SET)
    {
      changed = TRUE;
      append_field (out, name, edit->text);
    }
  if (changed)
    return g_string_free_to_bytes (out);
  g_string_free (out, TRUE);
  return NULL;
}

/* The text around an edited root: white space before and after it stays. */
static GBytes *
replace_root (SyncArgs *args, const char *edited)
{
  gsize length;
  const char *text = g_bytes_get_data (args->body, &length);
  GString *out = g_string_sized_new (length);

  g_string_append_len (out, text, args->root.text - text);
  g_string_append (out, edited);
  g_string_append_len (out, args->root.text + args->root.length,
                       text + length - args->root.text - args->root.length);
  return g_string_free_to_bytes (out);
}

static GBytes *
edit_empty (const char *content_type, const SyncEdit *edit)
{
  static const SyncJsonView nothing = { "{}", 2 };
  char *text;

  if (strchr (edit->path, '/') != NULL || edit->kind != SYNC_EDIT_SET)
    return NULL;
  if (content_type != NULL && g_str_has_prefix (content_type, "application/x-www-form-urlencoded"))
    {
      GString *out = g_string_new (NULL);

      append_field (out, edit->path, edit->text);
      return g_string_free_to_bytes (out);
    }
  text = insert_member (&nothing, edit, edit->path);
  return g_bytes_new_take (text, strlen (text));
}

/**
 * sync_args_edit:
 * @content_type: (nullable): the body's media type
 * @body: (nullable): the body
 * @edit: what to do
 *
 * Does one edit. Levels that are not there are not made; an empty body becomes an object or a form of the
 * one value.
 *
 * Returns: (transfer full) (nullable): the new body, or @body itself where nothing changes
 */
GBytes *
sync_args_edit (const char *content_type, GBytes *body, const SyncEdit *edit)
{
  g_autoptr (SyncArgs) args = sync_args_new (NULL, content_type, body);
  g_autofree char *edited = NULL;
  GBytes *result = NULL;

  if (args->kind == SYNC_BODY_JSON)
    {
      edited = edit_object (&args->root, edit, edit->path);
      result = edited != NULL ? replace_root (args, edited) : NULL;
    }
  else if (args->kind == SYNC_BODY_FORM)
    result = edit_form (args, edit);
  else if (args->kind == SYNC_BODY_EMPTY)
    result = edit_empty (content_type, edit);
  if (result != NULL)
    return result;
  return body != NULL ? g_bytes_ref (body) : NULL;
}
