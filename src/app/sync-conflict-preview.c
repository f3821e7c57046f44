/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What would be sent of a conflict as it is decided now, built as the engine builds it. No toolkit; any thread. */
#include "config.h"

#include "sync-conflict-preview.h"

#include "sync-body.h"
#include "sync-json.h"

#include <string.h>

/* (transfer full) (nullable): what is chosen to be written, as a body that the till might have sent. */
static GBytes *
dup_chosen (const SyncConflictCase *conflict)
{
  const char *local = conflict->conflict->local_data;
  char *changes;

  if (conflict->whole == SYNC_CONFLICT_WHOLE_LOCAL)
    return local != NULL && *local != '\0' ? g_bytes_new (local, strlen (local)) : NULL;
  if (conflict->whole == SYNC_CONFLICT_WHOLE_SERVER || conflict->merge == NULL
      || sync_conflict_case_writes_nothing (conflict))
    return NULL;
  changes = sync_merge_dup_changes (conflict->merge);
  return g_bytes_new_take (changes, strlen (changes));
}

/* (transfer full) (nullable): the rule for the request; a shop's own rules are not known here. */
static SyncRoute *
find_route (const SyncConflictCase *conflict)
{
  static gsize table = 0;

  if (g_once_init_enter (&table))
    g_once_init_leave (&table, (gsize) sync_route_table_new (NULL, NULL));
  return sync_route_table_match ((SyncRouteTable *) table, conflict->request->method,
                                 sync_request_get_url (conflict->request), conflict->request->content_type,
                                 sync_request_get_body (conflict->request), NULL);
}

/* (nullable): what goes to the server, unformatted: the version that it builds on is the server's. */
static char *
dup_body (const SyncConflictCase *conflict)
{
  g_autoptr (GBytes) chosen = dup_chosen (conflict);
  g_autoptr (SyncRoute) route = chosen != NULL && conflict->request != NULL ? find_route (conflict) : NULL;
  g_autoptr (GBytes) wire = NULL;
  GBytes *body;

  if (route != NULL && sync_conflict_case_is_made_anew (conflict))
    wire = sync_body_build_anew (route, conflict->request, chosen, NULL);
  else if (route != NULL)
    wire = sync_body_build_resolved (route, conflict->request, chosen, conflict->conflict->server_data,
                                     conflict->conflict->server_version, NULL);
  body = wire != NULL ? wire : chosen;
  return body != NULL ? g_strndup (g_bytes_get_data (body, NULL), g_bytes_get_size (body)) : NULL;
}

static void append_value (GString *out, const SyncJsonView *value, guint depth);

static void
append_line (GString *out, guint depth)
{
  g_string_append_printf (out, "\n%*s", (int) depth * 2, "");
}

static void
append_members (GString *out, const SyncJsonView *container, guint depth)
{
  SyncJsonIter iter;
  SyncJsonView key = { 0 }, value;
  gboolean object = sync_json_view_kind (container) == SYNC_JSON_OBJECT;
  gboolean first = TRUE;

  sync_json_iter_init (&iter, container);
  while (sync_json_iter_next (&iter, object ? &key : NULL, &value))
    {
      if (!first)
        g_string_append_c (out, ',');
      first = FALSE;
      append_line (out, depth + 1);
      if (object)
        {
          g_string_append_len (out, key.text, (gssize) key.length);
          g_string_append (out, ": ");
        }
      append_value (out, &value, depth + 1);
    }
  if (!first)
    append_line (out, depth);
}

/* The same bytes in lines that can be read: no number is rewritten. */
static void
append_value (GString *out, const SyncJsonView *value, guint depth)
{
  switch (sync_json_view_kind (value))
    {
    case SYNC_JSON_OBJECT:
      g_string_append_c (out, '{');
      append_members (out, value, depth);
      g_string_append_c (out, '}');
      break;
    case SYNC_JSON_ARRAY:
      g_string_append_c (out, '[');
      append_members (out, value, depth);
      g_string_append_c (out, ']');
      break;
    default:
      g_string_append_len (out, value->text, (gssize) value->length);
    }
}

/* The same in short lines; as it is where it is no JSON. */
static char *
format_lines (const char *text)
{
  GString *out;
  SyncJsonView view;

  if (!sync_json_check (text, strlen (text), &view, NULL))
    return g_utf8_make_valid (text, -1);
  out = g_string_new (NULL);
  append_value (out, &view, 0);
  return g_string_free (out, FALSE);
}

/**
 * sync_conflict_preview_dup:
 * @conflict: a conflict
 *
 * Returns: (transfer full) (nullable): what would be sent now, in lines: the document, or the call where that has none;
 *   %NULL: nothing. What is still to be decided is the server's
 */
char *
sync_conflict_preview_dup (const SyncConflictCase *conflict)
{
  g_autofree char *body = dup_body (conflict);

  if (body == NULL && sync_conflict_case_deletes (conflict))
    return g_strdup_printf ("%s %s", conflict->request->method, sync_request_get_url (conflict->request));
  return body != NULL ? format_lines (body) : NULL;
}

/* What ERPNext keeps for itself, or the desk for its forms, is sent along and is nobody's change. */
static gboolean
is_kept_by_server (const char *name)
{
  static const char *const own[] = { "name", "doctype", "owner", "creation", "modified", "modified_by", "idx", NULL };

  return g_str_has_prefix (name, "__") || g_strv_contains (own, name);
}

/**
 * sync_conflict_preview_dup_written:
 * @conflict: a conflict
 *
 * Returns: (transfer full): the names of the fields that would be written now; none where it is no plain change of fields
 */
char **
sync_conflict_preview_dup_written (const SyncConflictCase *conflict)
{
  g_autofree char *body = dup_body (conflict);
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();
  SyncJsonIter iter;
  SyncJsonView view, key, value;

  if (body == NULL || conflict->request == NULL || !sync_conflict_case_is_plain_update (conflict)
      || !sync_json_check (body, strlen (body), &view, NULL) || sync_json_view_kind (&view) != SYNC_JSON_OBJECT)
    return g_strv_builder_end (names);
  sync_json_iter_init (&iter, &view);
  while (sync_json_iter_next (&iter, &key, &value))
    {
      g_autofree char *name = sync_json_view_dup_text (&key);

      if (!is_kept_by_server (name))
        g_strv_builder_add (names, name);
    }
  return g_strv_builder_end (names);
}
