/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of the page Activity. What was found lies in two arrays: `older`, which the walk through the past adds to, and
 * `newer`, which grows with what happens since it began; so no row changes its place in either. Items are kept in blocks of
 * places and the block that was not used for longest is let go. No toolkit; main thread. */
#include "config.h"

#include "sync-activity-list.h"

#include "sync-words.h"

#include <string.h>

#define BLOCK_ROWS 64
/* More than a view keeps alive at once. */
#define MAX_BLOCKS 8
/* Rows looked at in one go of the main loop: a few milliseconds; fewer where each has to be read and searched. */
#define SLICE_ROWS 2000
#define SEARCH_SLICE_ROWS 50

/* Items beside each other; those that nobody asked for are NULL. */
typedef struct
{
  gint64 number;                        /* of its first place, in blocks */
  SyncActivityItem *items[BLOCK_ROWS];  /* (owned) (nullable) */
} Block;

struct _SyncActivityList
{
  GObject parent_instance;

  SyncStore *store;             /* (owned): a reader */
  SyncActivityFilter filter;
  char *text;                   /* (owned) (nullable): folded; NULL: whatever it says */
  GArray *older;                /* (owned) (element-type gint64): ids, newest first */
  GArray *newer;                /* (owned) (element-type gint64): ids, oldest first, all newer than those */
  GHashTable *found;            /* (owned) (element-type gint64 gboolean): whether a request has the text */
  GQueue blocks;                /* (owned) (element-type Block): last used first; at most MAX_BLOCKS */
  SyncActivityCursor cursor;    /* of the walk */
  gint64 newest_audit;          /* ids that the walk or a refresh began at */
  gint64 newest_history;
  guint idle;                   /* source id: the next slice */
};

enum
{
  PROP_SCANNING = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void sync_activity_list_model_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (SyncActivityList, sync_activity_list, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, sync_activity_list_model_init))

static void
block_free (gpointer data)
{
  Block *block = data;

  for (guint i = 0; i < BLOCK_ROWS; i++)
    g_clear_object (&block->items[i]);
  g_free (block);
}

static Block *
get_block (SyncActivityList *self, gint64 number)
{
  Block *block;

  for (GList *link = self->blocks.head; link != NULL; link = link->next)
    {
      block = link->data;
      if (block->number != number)
        continue;
      g_queue_unlink (&self->blocks, link);
      g_queue_push_head_link (&self->blocks, link);
      return block;
    }
  if (self->blocks.length == MAX_BLOCKS)
    block_free (g_queue_pop_tail (&self->blocks));
  block = g_new0 (Block, 1);
  block->number = number;
  g_queue_push_head (&self->blocks, block);
  return block;
}

/* A row's place never changes: 0 is the newest when the walk began, what happened since has negative ones. */
static gint64
get_id (SyncActivityList *self, gint64 place)
{
  return place < 0 ? g_array_index (self->newer, gint64, -place - 1) : g_array_index (self->older, gint64, place);
}

static SyncActivity *
read_line (SyncActivityList *self, gint64 id)
{
  g_autoptr (GError) error = NULL;
  SyncActivity *line = sync_store_get_activity (self->store, id, &error);

  if (line != NULL)
    return line;
  g_message ("What happened cannot be read: %s", error->message);
  return NULL;
}

static GType
sync_activity_list_get_item_type (GListModel *model)
{
  return SYNC_TYPE_ACTIVITY_ITEM;
}

static guint
sync_activity_list_get_n_items (GListModel *model)
{
  SyncActivityList *self = SYNC_ACTIVITY_LIST (model);

  return self->newer->len + self->older->len;
}

static gpointer
sync_activity_list_get_item (GListModel *model, guint position)
{
  SyncActivityList *self = SYNC_ACTIVITY_LIST (model);
  gint64 place = (gint64) position - self->newer->len;
  gint64 number = place >= 0 ? place / BLOCK_ROWS : -((-place - 1) / BLOCK_ROWS) - 1;
  SyncActivity *line;
  Block *block;
  SyncActivityItem **item;

  if (position >= sync_activity_list_get_n_items (model))
    return NULL;
  block = get_block (self, number);
  item = &block->items[place - number * BLOCK_ROWS];
  if (*item == NULL)
    {
      line = read_line (self, get_id (self, place));
      /* A row that cannot be read stands there all the same: the others keep their places. */
      *item = sync_activity_item_new (self->store, line != NULL ? line : g_new0 (SyncActivity, 1));
    }
  return g_object_ref (*item);
}

static gboolean
says (const char *value, const char *folded)
{
  g_autofree char *lower = value != NULL ? g_utf8_casefold (value, -1) : NULL;

  return lower != NULL && strstr (lower, folded) != NULL;
}

/* Whether a request is what is searched for: by its number, its key, its document or its customer. */
static gboolean
request_says (SyncActivityList *self, gint64 request_id)
{
  g_autofree char *number = g_strdup_printf ("%" G_GINT64_FORMAT, request_id);
  g_autoptr (SyncRequest) request = NULL;
  g_autoptr (SyncSummary) summary = NULL;

  if (strcmp (number, self->text) == 0)
    return TRUE;
  request = sync_store_get (self->store, request_id, NULL);
  if (request == NULL)
    return FALSE;
  if (says (request->key, self->text) || says (request->server_name, self->text) || says (request->resource_id, self->text)
      || says (request->resource_type, self->text) || says (sync_words_type (request), self->text))
    return TRUE;
  summary = sync_summary_new (request->content_type, sync_request_get_body (request));
  return says (summary->customer, self->text) || says (summary->title, self->text);
}

static gboolean
matches (SyncActivityList *self, gint64 request_id)
{
  gpointer known;
  gint64 *key;

  if (self->text == NULL)
    return TRUE;
  if (g_hash_table_lookup_extended (self->found, &request_id, NULL, &known))
    return GPOINTER_TO_INT (known);
  key = g_new (gint64, 1);
  *key = request_id;
  known = GINT_TO_POINTER (request_says (self, request_id));
  g_hash_table_insert (self->found, key, known);
  return GPOINTER_TO_INT (known);
}

/* One step of a walk. Returns the ids that match, newest first; NULL if nothing could be read. */
static GArray *
scan (SyncActivityList *self, SyncActivityCursor *cursor, guint limit, gboolean *at_end)
{
  g_autoptr (GArray) places = g_array_new (FALSE, FALSE, sizeof (SyncActivityPlace));
  g_autoptr (GError) error = NULL;
  GArray *ids;

  if (!sync_store_scan_activity (self->store, &self->filter, cursor, limit, places, at_end, &error))
    {
      g_message ("What happened cannot be read: %s", error->message);
      return NULL;
    }
  ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  for (guint i = 0; i < places->len; i++)
    {
      const SyncActivityPlace *place = &g_array_index (places, SyncActivityPlace, i);

      if (matches (self, place->request_id))
        g_array_append_val (ids, place->id);
    }
  return ids;
}

static gboolean
scan_cb (gpointer user_data)
{
  SyncActivityList *self = SYNC_ACTIVITY_LIST (user_data);
  guint n_before = g_list_model_get_n_items (G_LIST_MODEL (self));
  gboolean at_end = TRUE;
  g_autoptr (GArray) ids
    = scan (self, &self->cursor, self->text != NULL ? SEARCH_SLICE_ROWS : SLICE_ROWS, &at_end);

  at_end = at_end || ids == NULL;
  if (at_end)
    self->idle = 0;
  if (ids != NULL && ids->len > 0)
    {
      g_array_append_vals (self->older, ids->data, ids->len);
      g_list_model_items_changed (G_LIST_MODEL (self), n_before, 0, ids->len);
    }
  if (!at_end)
    return G_SOURCE_CONTINUE;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SCANNING]);
  return G_SOURCE_REMOVE;
}

static void
start (SyncActivityList *self)
{
  guint n_removed = g_list_model_get_n_items (G_LIST_MODEL (self));
  g_autoptr (GError) error = NULL;

  g_clear_handle_id (&self->idle, g_source_remove);
  g_array_set_size (self->older, 0);
  g_array_set_size (self->newer, 0);
  g_hash_table_remove_all (self->found);
  g_queue_clear_full (&self->blocks, block_free);
  if (sync_store_begin_activity (self->store, &self->cursor, &error))
    {
      self->newest_audit = self->cursor.audit_before - 1;
      self->newest_history = self->cursor.history_before - 1;
      self->idle = g_idle_add (scan_cb, self);
    }
  else
    g_message ("What happened cannot be read: %s", error->message);
  if (n_removed > 0)
    g_list_model_items_changed (G_LIST_MODEL (self), 0, n_removed, 0);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SCANNING]);
}

/* What happened since the walk, or the last refresh, began. */
static void
add_newer (SyncActivityList *self)
{
  SyncActivityCursor cursor;
  g_autoptr (GArray) ids = NULL;
  gboolean at_end = TRUE;
  gint64 audit, history;

  if (!sync_store_begin_activity (self->store, &cursor, NULL))
    return;
  audit = cursor.audit_before - 1;
  history = cursor.history_before - 1;
  cursor.audit_after = self->newest_audit;
  cursor.history_after = self->newest_history;
  /* What a search remembers of a request is from before it changed. */
  g_hash_table_remove_all (self->found);
  ids = scan (self, &cursor, self->text != NULL ? SEARCH_SLICE_ROWS : SLICE_ROWS, &at_end);
  if (ids == NULL)
    return;
  if (!at_end)
    {
      start (self);
      return;
    }
  self->newest_audit = audit;
  self->newest_history = history;
  for (guint i = ids->len; i > 0; i--)
    g_array_append_val (self->newer, g_array_index (ids, gint64, i - 1));
  if (ids->len > 0)
    g_list_model_items_changed (G_LIST_MODEL (self), 0, 0, ids->len);
}

static void
update_items (SyncActivityList *self)
{
  for (GList *link = self->blocks.head; link != NULL; link = link->next)
    {
      Block *block = link->data;

      for (guint i = 0; i < BLOCK_ROWS; i++)
        if (block->items[i] != NULL && !sync_activity_item_is_settled (block->items[i]))
          {
            SyncActivity *line = read_line (self, sync_activity_item_get_line (block->items[i])->id);

            if (line != NULL)
              sync_activity_item_update (block->items[i], line);
          }
    }
}

static void
sync_activity_list_get_property (GObject *object, guint property_id, GValue *value, GParamSpec *pspec)
{
  if (property_id == PROP_SCANNING)
    g_value_set_boolean (value, sync_activity_list_get_scanning (SYNC_ACTIVITY_LIST (object)));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
}

static void
sync_activity_list_dispose (GObject *object)
{
  SyncActivityList *self = SYNC_ACTIVITY_LIST (object);

  g_clear_handle_id (&self->idle, g_source_remove);
  g_queue_clear_full (&self->blocks, block_free);
  g_clear_object (&self->store);
  G_OBJECT_CLASS (sync_activity_list_parent_class)->dispose (object);
}

static void
sync_activity_list_finalize (GObject *object)
{
  SyncActivityList *self = SYNC_ACTIVITY_LIST (object);

  g_free (self->text);
  g_array_unref (self->older);
  g_array_unref (self->newer);
  g_hash_table_unref (self->found);
  G_OBJECT_CLASS (sync_activity_list_parent_class)->finalize (object);
}

static void
sync_activity_list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = sync_activity_list_get_item_type;
  iface->get_n_items = sync_activity_list_get_n_items;
  iface->get_item = sync_activity_list_get_item;
}

static void
sync_activity_list_class_init (SyncActivityListClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = sync_activity_list_get_property;
  object_class->dispose = sync_activity_list_dispose;
  object_class->finalize = sync_activity_list_finalize;
  properties[PROP_SCANNING]
    = g_param_spec_boolean ("scanning", NULL, NULL, FALSE,
                            G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
sync_activity_list_init (SyncActivityList *self)
{
  self->older = g_array_new (FALSE, FALSE, sizeof (gint64));
  self->newer = g_array_new (FALSE, FALSE, sizeof (gint64));
  self->found = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  g_queue_init (&self->blocks);
}

/**
 * sync_activity_list_new:
 * @store: a reader (sync_store_open_reader())
 *
 * Returns: (transfer full): a list of all that happened, which begins to fill in the next turn of the main loop
 */
SyncActivityList *
sync_activity_list_new (SyncStore *store)
{
  SyncActivityList *self = g_object_new (SYNC_TYPE_ACTIVITY_LIST, NULL);

  self->store = g_object_ref (store);
  start (self);
  return self;
}

/**
 * sync_activity_list_set_filter:
 * @self: the list
 * @filter: what is wanted
 * @text: (nullable): what its request has to say in its number, key, document or customer; in any case of letters
 *
 * Begins anew with what matches.
 */
void
sync_activity_list_set_filter (SyncActivityList *self, const SyncActivityFilter *filter, const char *text)
{
  g_autofree char *stripped = g_strstrip (g_strdup (text != NULL ? text : ""));

  self->filter = *filter;
  g_free (self->text);
  self->text = *stripped != '\0' ? g_utf8_casefold (stripped, -1) : NULL;
  start (self);
}

/**
 * sync_activity_list_refresh:
 * @self: the list
 *
 * Adds what happened since, and shows how the requests of the loaded rows stand now.
 */
void
sync_activity_list_refresh (SyncActivityList *self)
{
  add_newer (self);
  update_items (self);
}

/**
 * sync_activity_list_get_scanning:
 * @self: the list
 *
 * Returns: whether rows are still being looked for
 */
gboolean
sync_activity_list_get_scanning (SyncActivityList *self)
{
  return self->idle != 0;
}

/**
 * sync_activity_list_get_n_loaded:
 * @self: the list
 *
 * Returns: how many rows it holds items of
 */
guint
sync_activity_list_get_n_loaded (SyncActivityList *self)
{
  guint n = 0;

  for (GList *link = self->blocks.head; link != NULL; link = link->next)
    for (guint i = 0; i < BLOCK_ROWS; i++)
      n += ((Block *) link->data)->items[i] != NULL;
  return n;
}

/**
 * sync_activity_list_dup_ids:
 * @self: the list
 *
 * Returns: (transfer full) (element-type gint64): the ids of its rows, newest first
 */
GArray *
sync_activity_list_dup_ids (SyncActivityList *self)
{
  GArray *ids = g_array_sized_new (FALSE, FALSE, sizeof (gint64), self->newer->len + self->older->len);

  for (guint i = self->newer->len; i > 0; i--)
    g_array_append_val (ids, g_array_index (self->newer, gint64, i - 1));
  return g_array_append_vals (ids, self->older->data, self->older->len);
}
