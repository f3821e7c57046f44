/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which open conflicts are like the one that is shown, so that one decision can be for all of them. The documents of a
 * conflict do not change, so each is compared with others only once. No toolkit; the thread of the reader. */
#include "config.h"

#include "sync-conflict-similar.h"

#include <string.h>

static const char *
look_up (GHashTable *memory, const SyncConflictCase *conflict)
{
  char *likeness = g_hash_table_lookup (memory, &conflict->conflict->id);

  if (likeness == NULL)
    {
      likeness = sync_conflict_case_dup_likeness (conflict);
      g_hash_table_insert (memory, g_memdup2 (&conflict->conflict->id, sizeof (gint64)), likeness);
    }
  return likeness;
}

/**
 * sync_conflict_similar_new_memory:
 *
 * Returns: (transfer full): what sync_conflict_similar_find() remembers of conflicts, empty
 */
GHashTable *
sync_conflict_similar_new_memory (void)
{
  return g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
}

/**
 * sync_conflict_similar_find:
 * @shown: a conflict
 * @open: (element-type gint64): the ids of all open ones
 * @reader: a store to read from
 * @policies: (nullable): of the fields
 * @memory: of sync_conflict_similar_new_memory()
 *
 * Returns: (transfer full) (element-type SyncConflictCase): the others of the same likeness, nothing chosen
 */
GPtrArray *
sync_conflict_similar_find (const SyncConflictCase *shown, GArray *open, SyncStore *reader, SyncMergePolicies *policies,
                            GHashTable *memory)
{
  GPtrArray *similar = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_conflict_case_free);
  const char *wanted = look_up (memory, shown);

  for (guint i = 0; i < open->len; i++)
    {
      g_autoptr (SyncConflictCase) other = NULL;
      gint64 id = g_array_index (open, gint64, i);
      const char *known = g_hash_table_lookup (memory, &id);

      if (id == shown->conflict->id || (known != NULL && strcmp (known, wanted) != 0))
        continue;
      other = sync_conflict_case_new (reader, id, policies, NULL);
      if (other != NULL && strcmp (look_up (memory, other), wanted) == 0)
        g_ptr_array_add (similar, g_steal_pointer (&other));
    }
  return similar;
}
