/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which conflicts the window shows. What is loaded is a prefix of the whole list; a refresh reads that prefix again, and a row
 * that stays is the same object, so that the view keeps its place. Main thread. */
#include "config.h"

#include "sync-conflict-list.h"

/* Decided ones read at once: a few screens full. */
#define PAGE_ROWS 30
/* Open ones: as many as the dialog offers one after the other. */
#define MAX_OPEN 500

struct _SyncConflictList
{
  GObject parent_instance;

  SyncStore *store; /* (owned): a reader */
  GPtrArray *items; /* (owned) (element-type SyncConflictItem) */
  gboolean decided; /* else the open ones */
  gboolean complete; /* there is nothing after the last loaded row */
};

static void sync_conflict_list_model_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (SyncConflictList, sync_conflict_list, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, sync_conflict_list_model_init))

static GType
sync_conflict_list_get_item_type (GListModel *model)
{
  return SYNC_TYPE_CONFLICT_ITEM;
}

static guint
sync_conflict_list_get_n_items (GListModel *model)
{
  return SYNC_CONFLICT_LIST (model)->items->len;
}

static gpointer
sync_conflict_list_get_item (GListModel *model, guint position)
{
  SyncConflictList *self = SYNC_CONFLICT_LIST (model);

  return position < self->items->len ? g_object_ref (g_ptr_array_index (self->items, position)) : NULL;
}

static gint64
get_id (SyncConflictList *self, guint position)
{
  return sync_conflict_item_get_id (g_ptr_array_index (self->items, position));
}

static gint64
get_wanted (GPtrArray *conflicts, guint position)
{
  return ((const SyncConflict *) g_ptr_array_index (conflicts, position))->id;
}

/* (transfer full) (nullable) */
static GPtrArray *
read_conflicts (SyncConflictList *self, gint64 after, guint limit)
{
  g_autoptr (GError) error = NULL;
  GPtrArray *conflicts = self->decided ? sync_store_list_decided_conflicts (self->store, after, limit, &error)
                                       : sync_store_list_conflicts (self->store, "pending", limit, &error);

  /* What is shown stays as it is; the next change tries again. */
  if (conflicts == NULL)
    g_message ("The list of conflicts cannot be read: %s", error->message);
  return conflicts;
}

/* Puts those from @from up to @to in the place of @n_removed rows from @position on. */
static void
replace (SyncConflictList *self, guint position, guint n_removed, GPtrArray *conflicts, guint from, guint to)
{
  if (n_removed > 0)
    g_ptr_array_remove_range (self->items, position, n_removed);
  for (guint i = from; i < to; i++)
    g_ptr_array_insert (self->items, (int) (position + i - from),
                        sync_conflict_item_new (self->store, get_wanted (conflicts, i)));
  if (n_removed > 0 || to > from)
    g_list_model_items_changed (G_LIST_MODEL (self), position, n_removed, to - from);
}

/* Where the row @id stands from @position on; the length of the list if nowhere. */
static guint
find_from (SyncConflictList *self, guint position, gint64 id)
{
  while (position < self->items->len && get_id (self, position) != id)
    position++;
  return position;
}

/* Brings the rows to what @conflicts say. Both keep their order, so what stays is found by going on in both. */
static void
merge (SyncConflictList *self, GPtrArray *conflicts)
{
  guint position = 0;

  for (guint i = 0; i < conflicts->len; i++)
    {
      guint found = find_from (self, position, get_wanted (conflicts, i));

      if (found == self->items->len)
        replace (self, position, 0, conflicts, i, i + 1);
      else
        {
          replace (self, position, found - position, conflicts, 0, 0);
          /* Nothing is new about one that is still open. */
          if (self->decided)
            sync_conflict_item_refresh (g_ptr_array_index (self->items, position));
        }
      position++;
    }
  replace (self, position, self->items->len - position, conflicts, 0, 0);
}

static void
sync_conflict_list_finalize (GObject *object)
{
  SyncConflictList *self = SYNC_CONFLICT_LIST (object);

  g_ptr_array_unref (self->items);
  g_object_unref (self->store);
  G_OBJECT_CLASS (sync_conflict_list_parent_class)->finalize (object);
}

static void
sync_conflict_list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = sync_conflict_list_get_item_type;
  iface->get_n_items = sync_conflict_list_get_n_items;
  iface->get_item = sync_conflict_list_get_item;
}

static void
sync_conflict_list_class_init (SyncConflictListClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = sync_conflict_list_finalize;
}

static void
sync_conflict_list_init (SyncConflictList *self)
{
  self->items = g_ptr_array_new_with_free_func (g_object_unref);
}

/**
 * sync_conflict_list_new:
 * @store: a reader
 * @decided: those that are not open any more, instead of the open ones
 *
 * Returns: (transfer full): an empty list; sync_conflict_list_refresh() fills it
 */
SyncConflictList *
sync_conflict_list_new (SyncStore *store, gboolean decided)
{
  SyncConflictList *self = g_object_new (SYNC_TYPE_CONFLICT_LIST, NULL);

  self->store = g_object_ref (store);
  self->decided = decided;
  return self;
}

/**
 * sync_conflict_list_refresh:
 * @self: the list
 *
 * Reads again what is loaded, at least one page.
 */
void
sync_conflict_list_refresh (SyncConflictList *self)
{
  guint pages = MAX (self->items->len + PAGE_ROWS - 1, PAGE_ROWS) / PAGE_ROWS;
  guint limit = self->decided ? pages * PAGE_ROWS : MAX_OPEN;
  g_autoptr (GPtrArray) conflicts = read_conflicts (self, 0, limit);

  if (conflicts == NULL)
    return;
  self->complete = !self->decided || conflicts->len < limit;
  merge (self, conflicts);
}

/**
 * sync_conflict_list_load_more:
 * @self: the list
 *
 * Loads the next page, if there is one.
 */
void
sync_conflict_list_load_more (SyncConflictList *self)
{
  g_autoptr (GPtrArray) conflicts = NULL;

  if (self->complete || self->items->len == 0)
    return;
  conflicts = read_conflicts (self, get_id (self, self->items->len - 1), PAGE_ROWS);
  if (conflicts == NULL)
    return;
  self->complete = conflicts->len < PAGE_ROWS;
  replace (self, self->items->len, 0, conflicts, 0, conflicts->len);
}
