/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which open conflicts are like the one that is shown, so that one decision can be for all of them. The documents of a
 * conflict do not change, so each is read and compared only once. No toolkit; the thread of the reader. */
#include "config.h"

#include "sync-conflict-similar.h"

#include "sync-conflict-words.h"

#include <string.h>

/* What is remembered of a conflict. */
typedef struct
{
  char *likeness; /* (owned) */
  char *document; /* (owned) */
} Known;

static void
known_free (gpointer data)
{
  Known *self = data;

  g_free (self->likeness);
  g_free (self->document);
  g_free (self);
}

static const Known *
remember (GHashTable *memory, const SyncConflictCase *conflict)
{
  Known *known = g_hash_table_lookup (memory, &conflict->conflict->id);

  if (known != NULL)
    return known;
  known = g_new0 (Known, 1);
  known->likeness = sync_conflict_case_dup_likeness (conflict);
  known->document = sync_conflict_words_document (conflict);
  g_hash_table_insert (memory, g_memdup2 (&conflict->conflict->id, sizeof (gint64)), known);
  return known;
}

/* (nullable): NULL if it cannot be read */
static const Known *
look_up (GHashTable *memory, gint64 id, SyncStore *reader, SyncMergePolicies *policies)
{
  const Known *known = g_hash_table_lookup (memory, &id);
  g_autoptr (SyncConflictCase) conflict = known == NULL ? sync_conflict_case_new (reader, id, policies, NULL) : NULL;

  return conflict != NULL ? remember (memory, conflict) : known;
}

/**
 * sync_conflict_similar_new_memory:
 *
 * Returns: (transfer full): what sync_conflict_similar_find() remembers of conflicts, empty
 */
GHashTable *
sync_conflict_similar_new_memory (void)
{
  return g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, known_free);
}

/**
 * sync_conflict_similar_find:
 * @shown: a conflict
 * @open: (element-type gint64): the ids of all open ones
 * @reader: a store to read from
 * @policies: (nullable): of the fields
 * @memory: of sync_conflict_similar_new_memory()
 *
 * Reads those only that it has not seen yet.
 *
 * Returns: (transfer full) (element-type gint64): the ids of the others of the same likeness
 */
GArray *
sync_conflict_similar_find (const SyncConflictCase *shown, GArray *open, SyncStore *reader, SyncMergePolicies *policies,
                            GHashTable *memory)
{
  GArray *similar = g_array_new (FALSE, FALSE, sizeof (gint64));
  const char *wanted = remember (memory, shown)->likeness;

  for (guint i = 0; i < open->len; i++)
    {
      gint64 id = g_array_index (open, gint64, i);
      const Known *known = id != shown->conflict->id ? look_up (memory, id, reader, policies) : NULL;

      if (known != NULL && strcmp (known->likeness, wanted) == 0)
        g_array_append_val (similar, id);
    }
  return similar;
}

/**
 * sync_conflict_similar_get_document:
 * @memory: of sync_conflict_similar_find()
 * @id: of a conflict that was found
 *
 * Returns: (transfer none): which document it is about
 */
const char *
sync_conflict_similar_get_document (GHashTable *memory, gint64 id)
{
  const Known *known = g_hash_table_lookup (memory, &id);

  return known->document;
}
