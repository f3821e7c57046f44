/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Three-way merge of texts by lines: diff3 as Khanna, Kunal and Pierce describe it ("A Formal Investigation of Diff3",
 * 2007). Each side is matched with the base by a longest common subsequence; between lines that all three have, the
 * side that changed something counts, and where both did they have to say the same. No state; any thread. */
#include "config.h"

#include "sync-merge-private.h"

#include <string.h>

/* Lines of one side times lines of the base that are compared; 32 MB of table. Longer texts are for a person. */
#define MAX_CELLS (8 * 1024 * 1024)

static GStrv
split (const char *json)
{
  SyncJsonView view;
  g_autofree char *text = NULL;

  if (json == NULL || strcmp (json, "null") == 0)
    return g_strsplit ("", "\n", -1);
  view = (SyncJsonView){ json, strlen (json) };
  if (sync_json_view_kind (&view) != SYNC_JSON_STRING)
    return NULL;
  text = sync_json_view_dup_text (&view);
  return g_strsplit (text, "\n", -1);
}

/* For each line of @base the line of @side that it is matched with, or -1; behind the last one the end of @side. */
static int *
match (GStrv base, GStrv side)
{
  gsize n = g_strv_length (base), m = g_strv_length (side), start = 0, width;
  int *matched = g_new (int, n + 1);
  g_autofree guint *common = NULL;

  for (gsize i = 0; i < n; i++)
    matched[i] = -1;
  matched[n] = (int) m;
  for (; start < n && start < m && strcmp (base[start], side[start]) == 0; start++)
    matched[start] = (int) start;
  for (; n > start && m > start && strcmp (base[n - 1], side[m - 1]) == 0; n--, m--)
    matched[n - 1] = (int) m - 1;
  width = m - start + 1;
  if ((n - start + 1) > MAX_CELLS / width)
    {
      g_free (matched);
      return NULL;
    }
  /* common[i, j]: how many lines base[i…] and side[j…] have in common */
  common = g_new0 (guint, (n - start + 1) * width);
  for (gsize i = n; i-- > start;)
    for (gsize j = m; j-- > start;)
      {
        guint *cell = &common[(i - start) * width + j - start];

        *cell = strcmp (base[i], side[j]) == 0 ? cell[width + 1] + 1 : MAX (cell[width], cell[1]);
      }
  for (gsize i = start, j = start; i < n && j < m;)
    {
      guint *cell = &common[(i - start) * width + j - start];

      if (strcmp (base[i], side[j]) == 0)
        matched[i++] = (int) j++;
      else if (cell[width] >= cell[1])
        i++;
      else
        j++;
    }
  return matched;
}

static gboolean
same_lines (GStrv a, int from_a, int to_a, GStrv b, int from_b, int to_b)
{
  if (to_a - from_a != to_b - from_b)
    return FALSE;
  for (int i = 0; i < to_a - from_a; i++)
    if (strcmp (a[from_a + i], b[from_b + i]) != 0)
      return FALSE;
  return TRUE;
}

static void
take_lines (GPtrArray *out, GStrv lines, int from, int to)
{
  for (int i = from; i < to; i++)
    g_ptr_array_add (out, lines[i]);
}

/* (element-type utf8) (nullable): the lines of the result, which live in the three; NULL if hunks overlap */
static GPtrArray *
merge_lines (GStrv base, GStrv local, GStrv server)
{
  g_autofree int *in_local = match (base, local), *in_server = match (base, server);
  g_autoptr (GPtrArray) out = g_ptr_array_new ();
  int n = (int) g_strv_length (base);

  if (in_local == NULL || in_server == NULL)
    return NULL;
  for (int b = 0, l = 0, s = 0, next = 0; b <= n; b = next + 1, l = in_local[next] + 1, s = in_server[next] + 1)
    {
      for (next = b; in_local[next] < 0 || in_server[next] < 0;)
        next++;
      if (same_lines (base, b, next, local, l, in_local[next]))
        take_lines (out, server, s, in_server[next]);
      else if (same_lines (base, b, next, server, s, in_server[next])
               || same_lines (local, l, in_local[next], server, s, in_server[next]))
        take_lines (out, local, l, in_local[next]);
      else
        return NULL;
      if (next == n)
        break;
      take_lines (out, base, next, next + 1);
    }
  return g_steal_pointer (&out);
}

/* (transfer full) (nullable): the text with the changes of both sides; NULL if they overlap, or one of them is no text
 * */
char *
sync_merge_lines (const char *base, const char *local, const char *server)
{
  g_auto (GStrv) b = split (base), l = split (local), s = split (server);
  g_autoptr (GPtrArray) lines = b != NULL && l != NULL && s != NULL ? merge_lines (b, l, s) : NULL;
  g_autofree char *text = NULL;
  g_autoptr (GString) quoted = g_string_new (NULL);

  if (lines == NULL)
    return NULL;
  g_ptr_array_add (lines, NULL);
  text = g_strjoinv ("\n", (char **) lines->pdata);
  sync_json_append_quoted (quoted, text);
  return g_strdup (quoted->str);
}
