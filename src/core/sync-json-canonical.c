/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One spelling for every JSON value, so that texts of the same meaning can be compared as bytes. Numbers are
 * compared as the decimal numbers that they are, never as doubles. Relies on sync_json_check(); any thread. */
#include "config.h"

#include "sync-json.h"

#include <string.h>

/**
 * sync_json_canonical_number:
 * @text: a JSON number
 * @length: its length
 *
 * Two numbers of the same value get the same text, whatever their spelling and size; no arithmetic that
 * rounds is used. 10.10, 10.1 and 101e-1 are all `101e-1`, zero is `0`.
 *
 * Returns: (transfer full): digits without zeros at either end, `e`, and the power of ten
 */
char *
sync_json_canonical_number (const char *text, gsize length)
{
  g_autoptr (GString) digits = g_string_new (NULL);
  const char *at = text, *end = text + length;
  gboolean negative = at < end && *at == '-';
  gint64 exponent = 0, written = 0;
  gboolean fraction = FALSE;
  gsize leading = 0;

  for (at += negative; at < end && *at != 'e' && *at != 'E'; at++)
    {
      if (*at == '.')
        fraction = TRUE;
      else
        {
          g_string_append_c (digits, *at);
          exponent -= fraction;
        }
    }
  if (at < end)
    {
      g_autofree char *power = g_strndup (at + 1, end - at - 1);

      written = CLAMP (g_ascii_strtoll (power, NULL, 10), -G_GINT64_CONSTANT (1000000000000),
                       G_GINT64_CONSTANT (1000000000000));
    }
  exponent += written;
  while (digits->len > 0 && digits->str[digits->len - 1] == '0')
    {
      g_string_truncate (digits, digits->len - 1);
      exponent++;
    }
  while (digits->str[leading] == '0')
    leading++;
  if (digits->str[leading] == '\0')
    return g_strdup ("0");
  return g_strdup_printf ("%s%se%" G_GINT64_FORMAT, negative ? "-" : "", digits->str + leading, exponent);
}

typedef struct
{
  char *key; /* (owned): canonical */
  SyncJsonView value;
} Member;

static void
member_clear (gpointer data)
{
  g_free (((Member *) data)->key);
}

static int
compare_members (gconstpointer a, gconstpointer b)
{
  const Member *left = a, *right = b;
  int order = strcmp (left->key, right->key);

  /* The same name twice: in the order of the text. */
  return order != 0 ? order
                    : (left->value.text > right->value.text) - (left->value.text < right->value.text);
}

static void
append_canonical_string (GString *out, const SyncJsonView *view)
{
  const char *at = view->text + 1, *end = view->text + view->length - 1;

  g_string_append_c (out, '"');
  while (at < end)
    sync_json_append_escaped (out, sync_json_next_char (&at));
  g_string_append_c (out, '"');
}

static void
append_canonical_object (GString *out, const SyncJsonView *view)
{
  g_autoptr (GArray) members = g_array_new (FALSE, FALSE, sizeof (Member));
  SyncJsonIter iter;
  SyncJsonView key, value;
  gboolean first = TRUE;

  g_array_set_clear_func (members, member_clear);
  sync_json_iter_init (&iter, view);
  while (sync_json_iter_next (&iter, &key, &value))
    {
      GString *name = g_string_new (NULL);
      Member member;

      append_canonical_string (name, &key);
      member = (Member){ g_string_free (name, FALSE), value };
      g_array_append_val (members, member);
    }
  g_array_sort (members, compare_members);
  g_string_append_c (out, '{');
  for (guint i = 0; i < members->len; i++)
    {
      const Member *member = &g_array_index (members, Member, i);

      /* Of a name that is there twice the last one counts, as for the server. */
      if (i + 1 < members->len && strcmp (member->key, g_array_index (members, Member, i + 1).key) == 0)
        continue;
      if (!first)
        g_string_append_c (out, ',');
      first = FALSE;
      g_string_append (out, member->key);
      g_string_append_c (out, ':');
      sync_json_append_canonical (out, &member->value);
    }
  g_string_append_c (out, '}');
}

/**
 * sync_json_append_canonical:
 * @out: where to
 * @view: a value of a checked text
 *
 * Writes the value so that two texts of the same meaning become the same bytes: members sorted by name, no
 * white space, strings in one spelling, numbers by value. Strings that hold JSON themselves are treated as
 * strings.
 */
void
sync_json_append_canonical (GString *out, const SyncJsonView *view)
{
  SyncJsonIter iter;
  SyncJsonView value;
  g_autofree char *number = NULL;

  switch (sync_json_view_kind (view))
    {
    case SYNC_JSON_OBJECT:
      append_canonical_object (out, view);
      break;
    case SYNC_JSON_ARRAY:
      g_string_append_c (out, '[');
      sync_json_iter_init (&iter, view);
      for (gboolean first = TRUE; sync_json_iter_next (&iter, NULL, &value); first = FALSE)
        {
          if (!first)
            g_string_append_c (out, ',');
          sync_json_append_canonical (out, &value);
        }
      g_string_append_c (out, ']');
      break;
    case SYNC_JSON_STRING:
      append_canonical_string (out, view);
      break;
    case SYNC_JSON_NUMBER:
      number = sync_json_canonical_number (view->text, view->length);
      g_string_append (out, number);
      break;
    default:
      g_string_append_len (out, view->text, view->length);
    }
}
