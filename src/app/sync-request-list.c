/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows that the window shows. What is loaded is a prefix of the whole list; a refresh reads that prefix again and
 * changes only the rows that differ, so that the view keeps its place. Main thread. */
#include "config.h"

#include "sync-request-list.h"

/* Rows read at once: a few screens full. */
#define PAGE_ROWS 100
#define WAITING_STATES                                                                                          \
  (1u << SYNC_STATE_PENDING | 1u << SYNC_STATE_SENDING | 1u << SYNC_STATE_UNKNOWN | 1u << SYNC_STATE_CONFLICT   \
   | 1u << SYNC_STATE_FAILED)

struct _SyncRequestList
{
  GObject parent_instance;

  SyncStore *store;    /* (owned): a reader */
  GPtrArray *items;    /* (owned) (element-type SyncRequestItem) */
  gboolean all;        /* everything, newest first; else what waits, oldest first */
  gboolean complete;   /* there is nothing after the last loaded row */
  gint64 host_try_ms;  /* of sync_request_item_set_host_try() */
};

static void sync_request_list_model_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (SyncRequestList, sync_request_list, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, sync_request_list_model_init))

static GType
sync_request_list_get_item_type (GListModel *model)
{
  return SYNC_TYPE_REQUEST_ITEM;
}

static guint
sync_request_list_get_n_items (GListModel *model)
{
  return SYNC_REQUEST_LIST (model)->items->len;
}

static gpointer
sync_request_list_get_item (GListModel *model, guint position)
{
  SyncRequestList *self = SYNC_REQUEST_LIST (model);

  return position < self->items->len ? g_object_ref (g_ptr_array_index (self->items, position)) : NULL;
}

static GPtrArray *
read_rows (SyncRequestList *self, gint64 after, guint limit)
{
  const SyncListFilter filter = { .states = self->all ? 0 : WAITING_STATES,
                                  .after = after,
                                  .limit = limit,
                                  .newest_first = self->all };
  g_autoptr (GError) error = NULL;
  GPtrArray *rows = sync_store_list (self->store, &filter, &error);

  /* What is shown stays as it is; the next change tries again. */
  if (rows == NULL)
    g_message ("The list of requests cannot be read: %s", error->message);
  return rows;
}

/* Puts @rows in the place of @n_removed rows from @position on. */
static void
replace (SyncRequestList *self, guint position, guint n_removed, GPtrArray *rows, guint from, guint to)
{
  if (n_removed > 0)
    g_ptr_array_remove_range (self->items, position, n_removed);
  for (guint i = from; i < to; i++)
    {
      SyncRequestItem *item = sync_request_item_new (self->store, g_ptr_array_index (rows, i));

      sync_request_item_set_host_try (item, self->host_try_ms);
      g_ptr_array_insert (self->items, (int) (position + i - from), item);
    }
  if (n_removed > 0 || to > from)
    g_list_model_items_changed (G_LIST_MODEL (self), position, n_removed, to - from);
}

/* Where a row stands in the order of the list. */
static gint64
get_rank (SyncRequestList *self, const SyncRequest *request)
{
  return self->all ? -request->id : request->id;
}

static gint64
get_loaded_rank (SyncRequestList *self, guint position)
{
  return get_rank (self, sync_request_item_get_request (g_ptr_array_index (self->items, position)));
}

/* Brings the loaded rows to what @rows say; both are in the order of the list. A row that is in both stays the same
 * object. */
static void
merge (SyncRequestList *self, GPtrArray *rows)
{
  guint position = 0, row = 0;

  while (row < rows->len && position < self->items->len)
    {
      gint64 loaded = get_loaded_rank (self, position);
      gint64 wanted = get_rank (self, g_ptr_array_index (rows, row));
      guint n = 1;

      if (loaded == wanted)
        sync_request_item_update (g_ptr_array_index (self->items, position++), g_ptr_array_index (rows, row++));
      else if (loaded < wanted)
        {
          while (position + n < self->items->len && get_loaded_rank (self, position + n) < wanted)
            n++;
          replace (self, position, n, rows, 0, 0);
        }
      else
        {
          while (row + n < rows->len && get_rank (self, g_ptr_array_index (rows, row + n)) < loaded)
            n++;
          replace (self, position, 0, rows, row, row + n);
          position += n;
          row += n;
        }
    }
  replace (self, position, self->items->len - position, rows, row, rows->len);
}

static void
sync_request_list_finalize (GObject *object)
{
  SyncRequestList *self = SYNC_REQUEST_LIST (object);

  g_ptr_array_unref (self->items);
  g_object_unref (self->store);
  G_OBJECT_CLASS (sync_request_list_parent_class)->finalize (object);
}

static void
sync_request_list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = sync_request_list_get_item_type;
  iface->get_n_items = sync_request_list_get_n_items;
  iface->get_item = sync_request_list_get_item;
}

static void
sync_request_list_class_init (SyncRequestListClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = sync_request_list_finalize;
}

static void
sync_request_list_init (SyncRequestList *self)
{
  self->items = g_ptr_array_new_with_free_func (g_object_unref);
}

/**
 * sync_request_list_new:
 * @store: a reader of its own (sync_store_open_reader())
 *
 * Returns: (transfer full): an empty list; sync_request_list_refresh() fills it
 */
SyncRequestList *
sync_request_list_new (SyncStore *store)
{
  SyncRequestList *self = g_object_new (SYNC_TYPE_REQUEST_LIST, NULL);

  self->store = g_object_ref (store);
  return self;
}

/**
 * sync_request_list_set_all:
 * @self: the list
 * @all: everything instead of what waits
 *
 * Starts again with the first page if that is a change.
 */
void
sync_request_list_set_all (SyncRequestList *self, gboolean all)
{
  guint n_removed = self->items->len;

  if (self->all == all)
    return;
  self->all = all;
  g_ptr_array_set_size (self->items, 0);
  g_list_model_items_changed (G_LIST_MODEL (self), 0, n_removed, 0);
  sync_request_list_refresh (self);
}

/**
 * sync_request_list_refresh:
 * @self: the list
 *
 * Reads again what is loaded, at least one page.
 */
void
sync_request_list_refresh (SyncRequestList *self)
{
  guint limit = MAX (self->items->len + PAGE_ROWS - 1, PAGE_ROWS) / PAGE_ROWS * PAGE_ROWS;
  g_autoptr (GPtrArray) rows = read_rows (self, 0, limit);

  if (rows == NULL)
    return;
  self->complete = rows->len < limit;
  merge (self, rows);
}

/**
 * sync_request_list_load_more:
 * @self: the list
 *
 * Loads the next page, if there is one.
 */
void
sync_request_list_load_more (SyncRequestList *self)
{
  g_autoptr (GPtrArray) rows = NULL;
  const SyncRequest *last;

  if (self->complete || self->items->len == 0)
    return;
  last = sync_request_item_get_request (g_ptr_array_index (self->items, self->items->len - 1));
  rows = read_rows (self, last->id, PAGE_ROWS);
  if (rows == NULL)
    return;
  self->complete = rows->len < PAGE_ROWS;
  replace (self, self->items->len, 0, rows, 0, rows->len);
}

/**
 * sync_request_list_only_sales_wait:
 * @reader: a store to read from
 *
 * Returns: whether all that waits is known to consist of sales; %FALSE also if more waits than one page
 */
gboolean
sync_request_list_only_sales_wait (SyncStore *reader)
{
  const SyncListFilter filter = { .states = WAITING_STATES, .limit = PAGE_ROWS };
  g_autoptr (GPtrArray) rows = sync_store_list (reader, &filter, NULL);

  if (rows == NULL || rows->len == PAGE_ROWS)
    return FALSE;
  for (guint i = 0; i < rows->len; i++)
    if (!sync_request_is_sale (g_ptr_array_index (rows, i)))
      return FALSE;
  return TRUE;
}

/**
 * sync_request_list_set_host_try:
 * @self: the list
 * @host_try_ms: before that nothing is tried at all, wall clock in milliseconds; 0 if nothing is in the way
 *
 * Shows it in the rows that wait.
 */
void
sync_request_list_set_host_try (SyncRequestList *self, gint64 host_try_ms)
{
  if (self->host_try_ms == host_try_ms)
    return;
  self->host_try_ms = host_try_ms;
  for (guint i = 0; i < self->items->len; i++)
    sync_request_item_set_host_try (g_ptr_array_index (self->items, i), host_try_ms);
}
