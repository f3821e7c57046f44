/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of conflict policies, “Customer=ask,*=merge”, as a person changes it: one type after the other, in the order in
 * which they were added, all others at the end. Takes what SyncConfig takes. Any thread. */
#include "config.h"

#include "sync-policy-list.h"

#include <glib/gi18n.h>
#include <string.h>

/**
 * sync_policy_list_dup_types:
 * @policies: "Type=policy,…"
 *
 * Returns: (transfer full) (array zero-terminated=1): the types that have a policy of their own
 */
char **
sync_policy_list_dup_types (const char *policies)
{
  g_auto (GStrv) parts = g_strsplit (policies, ",", -1);
  g_autoptr (GPtrArray) types = g_ptr_array_new_with_free_func (g_free);

  for (gsize i = 0; parts[i] != NULL; i++)
    {
      char *equals = strchr (parts[i], '=');

      if (equals == NULL)
        continue;
      *equals = '\0';
      g_strstrip (parts[i]);
      if (!g_str_equal (parts[i], SYNC_POLICY_ALL_OTHERS))
        g_ptr_array_add (types, g_strdup (parts[i]));
    }
  g_ptr_array_add (types, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&types), FALSE);
}

static void
append (GString *list, const char *type, SyncMergeStyle style)
{
  g_string_append_printf (list, "%s%s=%s", list->len > 0 ? "," : "", type, sync_merge_style_to_string (style));
}

/* The list with @type as @style, or without it. */
static char *
change (const char *policies, const char *type, gboolean keep, SyncMergeStyle style)
{
  g_auto (GStrv) types = sync_policy_list_dup_types (policies);
  g_autoptr (GString) list = g_string_new (NULL);
  gboolean is_others = g_str_equal (type, SYNC_POLICY_ALL_OTHERS);
  SyncMergeStyle others = is_others ? style : sync_merge_style_for_type (policies, NULL);
  gboolean found = FALSE;

  for (gsize i = 0; types[i] != NULL; i++)
    {
      gboolean is_it = g_str_equal (types[i], type);

      if (!is_it || keep)
        append (list, types[i], is_it ? style : sync_merge_style_for_type (policies, types[i]));
      found |= is_it;
    }
  if (keep && !found && !is_others)
    append (list, type, style);
  if (others != SYNC_MERGE_STYLE_LAST_WRITE_WINS)
    append (list, SYNC_POLICY_ALL_OTHERS, others);
  return g_string_free (g_steal_pointer (&list), FALSE);
}

/**
 * sync_policy_list_set:
 * @policies: "Type=policy,…"
 * @type: a DocType, or %SYNC_POLICY_ALL_OTHERS
 * @style: what is to be done about its conflicts
 *
 * Returns: (transfer full): the list with that policy
 */
char *
sync_policy_list_set (const char *policies, const char *type, SyncMergeStyle style)
{
  return change (policies, type, TRUE, style);
}

/**
 * sync_policy_list_remove:
 * @policies: "Type=policy,…"
 * @type: a DocType
 *
 * Returns: (transfer full): the list without it: it goes with all others
 */
char *
sync_policy_list_remove (const char *policies, const char *type)
{
  return change (policies, type, FALSE, SYNC_MERGE_STYLE_LAST_WRITE_WINS);
}

/**
 * sync_policy_list_words:
 * @style: a policy
 *
 * Returns: (transfer none): what it does, for a person
 */
const char *
sync_policy_list_words (SyncMergeStyle style)
{
  switch (style)
    {
    case SYNC_MERGE_STYLE_MERGE:
      return _ ("Merge, and ask where both changed the same");
    case SYNC_MERGE_STYLE_LOCAL:
      return _ ("This till’s version counts");
    case SYNC_MERGE_STYLE_SERVER:
      return _ ("The server’s version counts");
    case SYNC_MERGE_STYLE_ASK:
      return _ ("Ask each time");
    case SYNC_MERGE_STYLE_LAST_WRITE_WINS:
    default:
      return _ ("The later change counts");
    }
}

/**
 * sync_policy_list_check_type:
 * @text: what a person wrote
 * @error: %G_IO_ERROR_INVALID_ARGUMENT: why it is no type, for that person; permanent
 *
 * Returns: (transfer full) (nullable): the DocType
 */
char *
sync_policy_list_check_type (const char *text, GError **error)
{
  g_autofree char *type = g_strstrip (g_strdup (text));

  if (*type != '\0' && strpbrk (type, ",=*\"/\n") == NULL)
    return g_steal_pointer (&type);
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                       *type == '\0' ? _ ("Write the name of a document type, like Sales Invoice.")
                                     : _ ("The name of a document type holds none of , = * / and no quotes."));
  return NULL;
}
