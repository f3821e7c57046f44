/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON with a line for each member, for people to read and edit. Every value keeps its own spelling: what is laid out and
 * sent is the same to the last digit. Relies on sync_json_check(); any thread. */
#include "config.h"

#include "sync-json.h"

#include <string.h>

#define INDENT 2
#define MASK "\"••••••••\""

/* Members that nobody should read over a shoulder. */
static const char *const secret_parts[] = { "password", "passwd", "secret", "token", "api_key", "apikey" };

typedef struct
{
  GString *out; /* (unowned) */
  gboolean mask;
  gboolean masked;
} Layout;

static gboolean
is_secret (const SyncJsonView *key, const SyncJsonView *value)
{
  g_autofree char *name = sync_json_view_dup_text (key);
  g_autofree char *lower = g_ascii_strdown (name, -1);

  if (sync_json_view_kind (value) != SYNC_JSON_STRING || value->length <= strlen ("\"\""))
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (secret_parts); i++)
    if (strstr (lower, secret_parts[i]) != NULL)
      return TRUE;
  return FALSE;
}

static void
begin_line (Layout *layout, guint depth)
{
  g_string_append_c (layout->out, '\n');
  for (guint i = 0; i < depth * INDENT; i++)
    g_string_append_c (layout->out, ' ');
}

static void
append_value (Layout *layout, const SyncJsonView *view, guint depth)
{
  gboolean object = sync_json_view_kind (view) == SYNC_JSON_OBJECT;
  gboolean empty = TRUE;
  SyncJsonIter iter;
  SyncJsonView key, value;

  if (!object && sync_json_view_kind (view) != SYNC_JSON_ARRAY)
    {
      g_string_append_len (layout->out, view->text, view->length);
      return;
    }
  g_string_append_c (layout->out, object ? '{' : '[');
  sync_json_iter_init (&iter, view);
  for (; sync_json_iter_next (&iter, object ? &key : NULL, &value); empty = FALSE)
    {
      gboolean hide = object && layout->mask && is_secret (&key, &value);

      if (!empty)
        g_string_append_c (layout->out, ',');
      begin_line (layout, depth + 1);
      if (object)
        {
          g_string_append_len (layout->out, key.text, key.length);
          g_string_append (layout->out, ": ");
        }
      layout->masked |= hide;
      if (hide)
        g_string_append (layout->out, MASK);
      else
        append_value (layout, &value, depth + 1);
    }
  if (!empty)
    begin_line (layout, depth);
  g_string_append_c (layout->out, object ? '}' : ']');
}

/**
 * sync_json_dup_pretty:
 * @text: a text
 * @length: its length in bytes
 * @masked: (out) (optional): whether anything was masked; %NULL: secrets stay as they are
 *
 * Returns: (transfer full) (nullable): the same JSON, laid out, with dots in place of what looks like a secret; %NULL if it
 *   is no JSON
 */
char *
sync_json_dup_pretty (const char *text, gsize length, gboolean *masked)
{
  g_autoptr (GString) out = NULL;
  Layout layout = { .mask = masked != NULL };
  SyncJsonView root;

  if (!sync_json_check (text, length, &root, NULL))
    return NULL;
  layout.out = out = g_string_sized_new (length + length / 4);
  append_value (&layout, &root, 0);
  if (masked != NULL)
    *masked = layout.masked;
  return g_string_free (g_steal_pointer (&out), FALSE);
}
