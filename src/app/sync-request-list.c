/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows that the window shows. The ids of all of them are here, eight bytes each; the rows themselves come and go a
 * page at a time. A refresh reads the ids again and tells only what differs, so that the view keeps its place and its
 * selection, and brings the rows that somebody holds up to date. Main thread. */
#include "config.h"

#include "sync-request-list.h"

/* Rows read at once: a few screens full. */
#define PAGE_ROWS 128
/* Rows that are kept although nobody looks at them just now: the way back is short. */
#define MAX_KEPT 1024
/* A refresh that would tell of more changes than that tells of one large one. */
#define MAX_CHANGES 64
/* Looking for small differences in more rows than that takes longer than showing them anew. */
#define MAX_COMPARED 20000

struct _SyncRequestList
{
  GObject parent_instance;

  SyncStore *store; /* (owned): a reader */
  SyncShown shown; /* its texts are (owned) */
  GArray *ids; /* (owned) (element-type gint64): of all rows, in order */
  GHashTable *loaded; /* (owned) (element-type gint64 GWeakRef): the items that there are */
  GQueue kept; /* (owned) (element-type SyncRequestItem): the newest ones, newest first */
  gint64 host_try_ms; /* of sync_request_item_set_host_try() */
};

/* Part of a refresh: in its place in the list as it is by then. */
typedef struct
{
  guint position;
  guint n_removed;
  guint n_added; /* the new ids from @position on */
} Change;

static void sync_request_list_model_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (SyncRequestList, sync_request_list, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, sync_request_list_model_init))

static void
free_weak_ref (gpointer data)
{
  g_weak_ref_clear (data);
  g_free (data);
}

static void
forget_kept (SyncRequestList *self)
{
  g_queue_clear_full (&self->kept, g_object_unref);
}

static gboolean
is_gone (gpointer key, gpointer value, gpointer user_data)
{
  g_autoptr (SyncRequestItem) item = g_weak_ref_get (value);

  return item == NULL;
}

/* (transfer full) (nullable) */
static SyncRequestItem *
get_loaded (SyncRequestList *self, gint64 id)
{
  GWeakRef *ref = g_hash_table_lookup (self->loaded, &id);

  return ref != NULL ? g_weak_ref_get (ref) : NULL;
}

/* Adds an item for @request, which is not loaded. */
static void
add_item (SyncRequestList *self, SyncRequest *request)
{
  SyncRequestItem *item = sync_request_item_new (self->store, request);
  GWeakRef *ref = g_new0 (GWeakRef, 1);

  sync_request_item_set_host_try (item, self->host_try_ms);
  g_weak_ref_init (ref, item);
  g_hash_table_replace (self->loaded, g_memdup2 (&request->id, sizeof (gint64)), ref);
  g_queue_push_head (&self->kept, item);
}

/* What somebody shows stays loaded: only what nobody holds goes with its reference. */
static void
forget_far (SyncRequestList *self)
{
  while (self->kept.length > MAX_KEPT)
    g_object_unref (g_queue_pop_tail (&self->kept));
  if (g_hash_table_size (self->loaded) > 2 * MAX_KEPT)
    g_hash_table_foreach_remove (self->loaded, is_gone, NULL);
}

/* A row that went since the ids were read. The next refresh takes it out of the list. */
static void
add_gone (SyncRequestList *self, gint64 id)
{
  g_autoptr (SyncRequest) request = sync_request_new ();

  request->id = id;
  request->state = SYNC_STATE_COMPLETED;
  add_item (self, request);
}

/* Loads the page around @position, but for what is loaded already. */
static void
load_page (SyncRequestList *self, guint position)
{
  g_autoptr (GArray) wanted = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GPtrArray) rows = NULL;
  g_autoptr (GError) error = NULL;
  guint first = position / PAGE_ROWS * PAGE_ROWS;

  for (guint i = first; i < MIN (first + PAGE_ROWS, self->ids->len); i++)
    {
      gint64 id = g_array_index (self->ids, gint64, i);
      g_autoptr (SyncRequestItem) item = get_loaded (self, id);

      if (item == NULL)
        g_array_append_val (wanted, id);
    }
  rows = sync_store_list_rows (self->store, (const gint64 *) wanted->data, wanted->len, &error);
  if (rows == NULL)
    g_message ("The list of requests cannot be read: %s", error->message);
  for (guint i = 0; rows != NULL && i < rows->len; i++)
    add_item (self, g_ptr_array_index (rows, i));
  forget_far (self);
}

static GType
sync_request_list_get_item_type (GListModel *model)
{
  return SYNC_TYPE_REQUEST_ITEM;
}

static guint
sync_request_list_get_n_items (GListModel *model)
{
  return SYNC_REQUEST_LIST (model)->ids->len;
}

static gpointer
sync_request_list_get_item (GListModel *model, guint position)
{
  SyncRequestList *self = SYNC_REQUEST_LIST (model);
  SyncRequestItem *item;
  gint64 id;

  if (position >= self->ids->len)
    return NULL;
  id = g_array_index (self->ids, gint64, position);
  item = get_loaded (self, id);
  if (item != NULL)
    return item;
  load_page (self, position);
  item = get_loaded (self, id);
  if (item != NULL)
    return item;
  add_gone (self, id);
  return get_loaded (self, id);
}

/* What differs */

static gint64
id_at (GArray *ids, guint position)
{
  return g_array_index (ids, gint64, position);
}

/* Of what stands in it: @ids must not move meanwhile. */
static GHashTable *
make_set (GArray *ids, guint from, guint to)
{
  GHashTable *set = g_hash_table_new (g_int64_hash, g_int64_equal);

  for (guint i = from; i < to; i++)
    g_hash_table_add (set, &g_array_index (ids, gint64, i));
  return set;
}

/* How the part of @old from @from to @old_end becomes that of @new from @from to @new_end. A row that moved is taken out
 * where it was and put in where it is. */
static GArray *
compare_parts (GArray *old, GArray *new, guint from, guint old_end, guint new_end)
{
  g_autoptr (GHashTable) in_old = make_set (old, from, old_end);
  GArray *changes = g_array_new (FALSE, FALSE, sizeof (Change));
  guint i = from, j = from;

  while (i < old_end || j < new_end)
    {
      Change change = { .position = j };

      if (i < old_end && j < new_end && id_at (old, i) == id_at (new, j))
        {
          i++;
          j++;
          continue;
        }
      while ((i < old_end || j < new_end) && !(i < old_end && j < new_end && id_at (old, i) == id_at (new, j)))
        if (j < new_end && !g_hash_table_contains (in_old, &g_array_index (new, gint64, j)))
          {
            change.n_added++;
            j++;
          }
        else
          {
            g_hash_table_remove (in_old, &g_array_index (old, gint64, i));
            change.n_removed++;
            i++;
          }
      g_array_append_val (changes, change);
    }
  return changes;
}

/* (transfer full) (element-type Change): nothing if nothing differs */
static GArray *
compare (GArray *old, GArray *new)
{
  guint from = 0, old_end = old->len, new_end = new->len;
  g_autoptr (GArray) changes = NULL;
  Change whole;

  while (from < MIN (old_end, new_end) && id_at (old, from) == id_at (new, from))
    from++;
  while (old_end > from && new_end > from && id_at (old, old_end - 1) == id_at (new, new_end - 1))
    {
      old_end--;
      new_end--;
    }
  whole = (Change){ .position = from, .n_removed = old_end - from, .n_added = new_end - from };
  if (old_end > from && new_end > from && MAX (old_end, new_end) - from <= MAX_COMPARED)
    changes = compare_parts (old, new, from, old_end, new_end);
  if (changes == NULL || changes->len > MAX_CHANGES)
    {
      g_clear_pointer (&changes, g_array_unref);
      changes = g_array_new (FALSE, FALSE, sizeof (Change));
      if (whole.n_removed > 0 || whole.n_added > 0)
        g_array_append_val (changes, whole);
    }
  return g_steal_pointer (&changes);
}

/* Makes the list what @ids say, telling who looks at it. */
static void
set_ids (SyncRequestList *self, GArray *ids, GArray *changes)
{
  for (guint i = 0; i < changes->len; i++)
    {
      const Change *change = &g_array_index (changes, Change, i);

      if (change->n_removed > 0)
        g_array_remove_range (self->ids, change->position, change->n_removed);
      if (change->n_added > 0)
        g_array_insert_vals (self->ids, change->position, &g_array_index (ids, gint64, change->position),
                             change->n_added);
      g_list_model_items_changed (G_LIST_MODEL (self), change->position, change->n_removed, change->n_added);
    }
}

/* Brings up to date what somebody holds, and forgets the rest. */
static void
update_loaded (SyncRequestList *self)
{
  g_autoptr (GArray) held = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GPtrArray) rows = NULL;
  GHashTableIter iter;
  gpointer key;

  forget_kept (self);
  g_hash_table_foreach_remove (self->loaded, is_gone, NULL);
  g_hash_table_iter_init (&iter, self->loaded);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    g_array_append_vals (held, key, 1);
  if (held->len > 0)
    rows = sync_store_list_rows (self->store, (const gint64 *) held->data, held->len, NULL);
  for (guint i = 0; rows != NULL && i < rows->len; i++)
    {
      SyncRequest *request = g_ptr_array_index (rows, i);
      SyncRequestItem *item = get_loaded (self, request->id);

      if (item == NULL)
        continue;
      sync_request_item_update (item, request);
      g_queue_push_head (&self->kept, item);
    }
  forget_far (self);
}

static GArray *
read_ids (SyncRequestList *self)
{
  g_autoptr (GError) error = NULL;
  GArray *ids = sync_store_list_shown (self->store, &self->shown, &error);

  /* What is shown stays as it is; the next change tries again. */
  if (ids == NULL)
    g_message ("The list of requests cannot be read: %s", error->message);
  return ids;
}

static void
clear_shown (SyncRequestList *self)
{
  g_free ((char *) self->shown.resource_type);
  g_free ((char *) self->shown.words);
}

static void
sync_request_list_finalize (GObject *object)
{
  SyncRequestList *self = SYNC_REQUEST_LIST (object);

  forget_kept (self);
  clear_shown (self);
  g_hash_table_unref (self->loaded);
  g_array_unref (self->ids);
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
  self->ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  self->loaded = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, free_weak_ref);
  g_queue_init (&self->kept);
}

/**
 * sync_request_list_new:
 * @store: a reader of its own (sync_store_open_reader())
 *
 * Returns: (transfer full): an empty list; sync_request_list_set_shown() or sync_request_list_refresh() fills it
 */
SyncRequestList *
sync_request_list_new (SyncStore *store)
{
  SyncRequestList *self = g_object_new (SYNC_TYPE_REQUEST_LIST, NULL);

  self->store = g_object_ref (store);
  self->shown.states = SYNC_REQUEST_LIST_UNDELIVERED;
  return self;
}

/**
 * sync_request_list_set_shown:
 * @self: the list
 * @shown: what to list, and in what order; copied
 *
 * Lists that instead.
 */
void
sync_request_list_set_shown (SyncRequestList *self, const SyncShown *shown)
{
  g_autoptr (GArray) ids = NULL;
  guint n_removed = self->ids->len;
  SyncShown copy = *shown;

  copy.resource_type = g_strdup (shown->resource_type);
  copy.words = g_strdup (shown->words);
  clear_shown (self);
  self->shown = copy;
  ids = read_ids (self);
  if (ids == NULL)
    return;
  g_clear_pointer (&self->ids, g_array_unref);
  self->ids = g_steal_pointer (&ids);
  if (n_removed > 0 || self->ids->len > 0)
    g_list_model_items_changed (G_LIST_MODEL (self), 0, n_removed, self->ids->len);
}

/**
 * sync_request_list_refresh:
 * @self: the list
 *
 * Reads again what there is.
 */
void
sync_request_list_refresh (SyncRequestList *self)
{
  g_autoptr (GArray) ids = read_ids (self);
  g_autoptr (GArray) changes = NULL;

  if (ids == NULL)
    return;
  changes = compare (self->ids, ids);
  set_ids (self, ids, changes);
  update_loaded (self);
}

/**
 * sync_request_list_get_id:
 * @self: the list
 * @position: of a row
 *
 * Loads nothing.
 *
 * Returns: the row's id, 0 if there is no such row
 */
gint64
sync_request_list_get_id (SyncRequestList *self, guint position)
{
  return position < self->ids->len ? id_at (self->ids, position) : 0;
}

/**
 * sync_request_list_find:
 * @self: the list
 * @id: of a request
 * @position: (out): where it is
 *
 * Returns: whether it is in the list
 */
gboolean
sync_request_list_find (SyncRequestList *self, gint64 id, guint *position)
{
  for (guint i = 0; i < self->ids->len; i++)
    if (id_at (self->ids, i) == id)
      {
        *position = i;
        return TRUE;
      }
  return FALSE;
}

/**
 * sync_request_list_get_n_loaded:
 * @self: the list
 *
 * Returns: how many rows are in memory now
 */
guint
sync_request_list_get_n_loaded (SyncRequestList *self)
{
  g_hash_table_foreach_remove (self->loaded, is_gone, NULL);
  return g_hash_table_size (self->loaded);
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
  const SyncListFilter filter = {
    .states = 1u << SYNC_STATE_PENDING | 1u << SYNC_STATE_SENDING | 1u << SYNC_STATE_UNKNOWN,
    .limit = PAGE_ROWS,
  };
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
  GHashTableIter iter;
  gpointer ref;

  if (self->host_try_ms == host_try_ms)
    return;
  self->host_try_ms = host_try_ms;
  g_hash_table_iter_init (&iter, self->loaded);
  while (g_hash_table_iter_next (&iter, NULL, &ref))
    {
      g_autoptr (SyncRequestItem) item = g_weak_ref_get (ref);

      if (item != NULL)
        sync_request_item_set_host_try (item, host_try_ms);
    }
}
