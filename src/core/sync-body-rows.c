/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Child rows in the body of a change. ERPNext replaces each table that a change names, and gives a field that a row does not
 * name its default: so a row that is there goes out whole. No state; any thread. */
#include "config.h"

#include "sync-body.h"

#include <string.h>

#include "sync-args.h"

/**
 * sync_body_has_rows:
 * @route: a write
 * @content_type: (nullable): the body's media type
 * @body: (nullable): the body
 *
 * ERPNext replaces a child table as a whole, so rows that the sender never saw go with it.
 *
 * Returns: whether the document in the body holds a table of rows
 */
gboolean
sync_body_has_rows (const SyncRoute *route, const char *content_type, GBytes *body)
{
  g_autoptr (SyncArgs) args = sync_args_new (NULL, content_type, body);
  SyncJsonView object, value;
  SyncJsonIter iter;

  if (route->document_path == NULL || !sync_args_find_object (args, route->document_path, &object))
    return FALSE;
  sync_json_iter_init (&iter, &object);
  while (sync_json_iter_next (&iter, NULL, &value))
    if (sync_json_view_kind (&value) == SYNC_JSON_ARRAY)
      return TRUE;
  return FALSE;
}

/* (transfer full) (nullable): by which a row of the server's is known */
static char *
dup_name (const SyncJsonView *row)
{
  SyncJsonView name;

  return sync_json_view_kind (row) == SYNC_JSON_OBJECT && sync_json_view_member (row, "name", &name)
             && sync_json_view_kind (&name) == SYNC_JSON_STRING
           ? sync_json_view_dup_text (&name)
           : NULL;
}

static gboolean
find_row (const SyncJsonView *rows, const char *name, SyncJsonView *row)
{
  SyncJsonIter iter;

  sync_json_iter_init (&iter, rows);
  while (sync_json_iter_next (&iter, NULL, row))
    {
      g_autofree char *its = dup_name (row);

      if (g_strcmp0 (its, name) == 0)
        return TRUE;
    }
  return FALSE;
}

/* Appends @row with what it lacks of @before. Returns: whether that is anything */
static gboolean
append_whole (GString *out, const SyncJsonView *row, const SyncJsonView *before)
{
  SyncJsonIter iter;
  SyncJsonView key, value;
  gboolean changed = FALSE;

  g_string_append_len (out, row->text, (gssize) row->length - 1);
  sync_json_iter_init (&iter, before);
  while (sync_json_iter_next (&iter, &key, &value))
    {
      g_autofree char *field = sync_json_view_dup_text (&key);
      SyncJsonView its;

      if (g_str_has_prefix (field, "__") || sync_json_view_member (row, field, &its))
        continue;
      g_string_append_c (out, ',');
      g_string_append_len (out, key.text, (gssize) key.length);
      g_string_append_c (out, ':');
      g_string_append_len (out, value.text, (gssize) value.length);
      changed = TRUE;
    }
  g_string_append_c (out, '}');
  return changed;
}

/* (transfer full) (nullable): the table @rows, each row of it whole; NULL: they are */
static char *
dup_whole_rows (const SyncJsonView *rows, const SyncJsonView *before)
{
  g_autoptr (GString) out = g_string_new ("[");
  SyncJsonIter iter;
  SyncJsonView row, its;
  gboolean changed = FALSE;

  sync_json_iter_init (&iter, rows);
  while (sync_json_iter_next (&iter, NULL, &row))
    {
      g_autofree char *name = dup_name (&row);

      if (out->len > 1)
        g_string_append_c (out, ',');
      if (name != NULL && find_row (before, name, &its))
        changed |= append_whole (out, &row, &its);
      else
        g_string_append_len (out, row.text, (gssize) row.length);
    }
  g_string_append_c (out, ']');
  return changed ? g_string_free (g_steal_pointer (&out), FALSE) : NULL;
}

/**
 * sync_body_complete_rows:
 * @route: a change of a document
 * @content_type: (nullable): the body's media type
 * @body: (nullable): the body
 * @base: the document that it was made on, JSON
 *
 * Gives each row that @base has, too (by its `name`), the fields that it does not name, as they are there. New rows, and rows
 * that @base does not know, stay as they are.
 *
 * Returns: (transfer full) (nullable): the body, or @body itself where nothing is missing
 */
GBytes *
sync_body_complete_rows (const SyncRoute *route, const char *content_type, GBytes *body, const char *base)
{
  g_autoptr (SyncArgs) args = sync_args_new (NULL, content_type, body);
  GBytes *whole = body != NULL ? g_bytes_ref (body) : NULL;
  SyncJsonView document, before, value, key, its;
  SyncJsonIter iter;

  if (route->document_path == NULL || !sync_args_find_object (args, route->document_path, &document)
      || !sync_json_check (base, strlen (base), &before, NULL) || sync_json_view_kind (&before) != SYNC_JSON_OBJECT)
    return whole;
  sync_json_iter_init (&iter, &document);
  while (sync_json_iter_next (&iter, &key, &value))
    {
      g_autofree char *field = sync_json_view_dup_text (&key);
      g_autofree char *rows = NULL;
      g_autofree char *path = NULL;
      GBytes *next;

      /* Of a member that is there twice the last one counts. */
      if (sync_json_view_kind (&value) != SYNC_JSON_ARRAY || !sync_json_view_member (&document, field, &its)
          || its.text != value.text || !sync_json_view_member (&before, field, &its)
          || sync_json_view_kind (&its) != SYNC_JSON_ARRAY)
        continue;
      rows = dup_whole_rows (&value, &its);
      if (rows == NULL)
        continue;
      path = *route->document_path != '\0' ? g_strdup_printf ("%s/%s", route->document_path, field) : g_strdup (field);
      next = sync_args_edit (content_type, whole, &(SyncEdit) { SYNC_EDIT_REPLACE, path, rows, TRUE });
      g_bytes_unref (whole);
      whole = next;
    }
  return whole;
}
