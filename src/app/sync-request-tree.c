/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a request waits for and what waits for it, as a tree in the order in which it is shown. No toolkit; the thread of the
 * reader. */
#include "config.h"

#include "sync-request-tree.h"

/* More than that nobody follows. */
#define MAX_DEPTH 4
#define MAX_NODES 60

typedef struct
{
  SyncStore *reader; /* (unowned) */
  GHashTable *seen; /* (owned) (element-type gint64): each is shown once */
  GPtrArray *nodes; /* (owned) (element-type SyncRequestTreeNode) */
  gboolean above; /* what is waited for; else what waits */
} Walk;

void
sync_request_tree_node_free (SyncRequestTreeNode *self)
{
  sync_request_unref (self->request);
  g_free (self);
}

/* (transfer full): what comes directly above or below */
static GArray *
list_next (Walk *walk, const SyncRequest *request)
{
  GArray *ids = NULL;

  if (!walk->above)
    ids = sync_store_list_dependants (walk->reader, request->id, SYNC_DEPENDANTS_DIRECT, NULL);
  if (ids == NULL)
    ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  if (walk->above && request->depends_on != NULL)
    g_array_append_vals (ids, request->depends_on->data, request->depends_on->len);
  if (walk->above && request->waits_for != 0)
    g_array_append_val (ids, request->waits_for);
  return ids;
}

static void
add_next (Walk *walk, const SyncRequest *request, guint depth)
{
  g_autoptr (GArray) ids = list_next (walk, request);

  for (guint i = 0; i < ids->len && walk->nodes->len < MAX_NODES; i++)
    {
      gint64 id = g_array_index (ids, gint64, i);
      g_autoptr (SyncRequest) found = NULL;
      SyncRequestTreeNode *node;

      if (g_hash_table_contains (walk->seen, &id))
        continue;
      g_hash_table_add (walk->seen, g_memdup2 (&id, sizeof id));
      /* One that was delivered long ago is forgotten. */
      found = sync_store_get (walk->reader, id, NULL);
      if (found == NULL)
        continue;
      node = g_new0 (SyncRequestTreeNode, 1);
      node->request = sync_request_ref (found);
      node->depth = depth;
      g_ptr_array_add (walk->nodes, node);
      if (depth + 1 < MAX_DEPTH)
        add_next (walk, found, depth + 1);
    }
}

static GPtrArray *
list (SyncStore *reader, const SyncRequest *request, gboolean above)
{
  Walk walk = { .reader = reader, .above = above };
  gint64 id = request->id;

  walk.seen = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  walk.nodes = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_request_tree_node_free);
  g_hash_table_add (walk.seen, g_memdup2 (&id, sizeof id));
  add_next (&walk, request, 0);
  g_hash_table_unref (walk.seen);
  return walk.nodes;
}

/**
 * sync_request_tree_list_above:
 * @reader: a store to read from
 * @request: as sync_store_get() reads it
 *
 * Returns: (transfer full) (element-type SyncRequestTreeNode): what it depends on or waits for, each followed by what that
 *   one does
 */
GPtrArray *
sync_request_tree_list_above (SyncStore *reader, const SyncRequest *request)
{
  return list (reader, request, TRUE);
}

/**
 * sync_request_tree_list_below:
 * @reader: a store to read from
 * @request: a request
 *
 * Returns: (transfer full) (element-type SyncRequestTreeNode): what depends on it, each followed by what depends on that
 *   one
 */
GPtrArray *
sync_request_tree_list_below (SyncStore *reader, const SyncRequest *request)
{
  return list (reader, request, FALSE);
}
