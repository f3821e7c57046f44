/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Child tables of a merge. Rows are known by their names; a row that the till added has none that counts, and is
 * called "+1", "+2", … here. Each row becomes an item, whatever becomes of it. No state; any thread. */
#include "config.h"

#include "sync-merge-private.h"

#include <string.h>

#include "sync-body.h"

/* The rows of one side. */
typedef struct
{
  GPtrArray *rows; /* (owned) (element-type utf8): JSON objects */
  GPtrArray *keys; /* (owned) (element-type utf8): their names, or "+1", … */
  GHashTable *by_key; /* (owned) (element-type utf8 utf8): key → row; both live in the arrays */
  gboolean unclear; /* two have the same name */
} Rows;

typedef struct
{
  const SyncMergeContext *context; /* (unowned) */
  SyncMergeItem *table; /* (unowned) */
  gboolean has_base;
  Rows base, local, server;
} Tables;

static void
rows_clear (Rows *self)
{
  g_ptr_array_unref (self->rows);
  g_ptr_array_unref (self->keys);
  g_hash_table_unref (self->by_key);
}

static void
tables_clear (Tables *self)
{
  rows_clear (&self->base);
  rows_clear (&self->local);
  rows_clear (&self->server);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Tables, tables_clear)

/* (nullable): the name of a row */
static char *
dup_name (const char *row)
{
  g_autoptr (SyncMergeObject) object = sync_merge_object_new (row);
  const char *name = sync_merge_object_get (object, "name");
  g_autofree char *text = NULL;
  SyncJsonView view;

  if (name == NULL || strcmp (name, "null") == 0)
    return NULL;
  view = (SyncJsonView){ name, strlen (name) };
  text = g_strstrip (sync_json_view_dup_text (&view));
  return *text != '\0' ? g_steal_pointer (&text) : NULL;
}

static const char *
rows_get (const Rows *self, const char *key)
{
  return g_hash_table_lookup (self->by_key, key);
}

static void
rows_add_key (Rows *self, guint i, char *key)
{
  g_ptr_array_add (self->keys, key);
  if (!g_hash_table_insert (self->by_key, key, self->rows->pdata[i]))
    self->unclear = TRUE;
}

/* @json is a list of objects, or nothing. */
static void
rows_init (Rows *self, const char *json)
{
  self->rows = sync_merge_list (json);
  self->keys = g_ptr_array_new_with_free_func (g_free);
  self->by_key = g_hash_table_new (g_str_hash, g_str_equal);
  self->unclear = FALSE;
}

static void
rows_init_named (Rows *self, const char *json)
{
  rows_init (self, json);
  for (guint i = 0; i < self->rows->len; i++)
    rows_add_key (self, i, dup_name (self->rows->pdata[i]));
}

static gboolean
is_list_of_rows (const char *json, gboolean named, gboolean *any)
{
  g_autoptr (GPtrArray) list = sync_merge_list (json);

  for (guint i = 0; list != NULL && i < list->len; i++)
    {
      g_autofree char *name = named ? dup_name (list->pdata[i]) : NULL;

      if (*(const char *) list->pdata[i] != '{' || (named && name == NULL))
        return FALSE;
      *any = TRUE;
    }
  return list != NULL;
}

/* Whether a JSON value can be what a child table holds. */
gboolean
sync_merge_is_list_of_rows (const char *json)
{
  gboolean any;

  return is_list_of_rows (json, FALSE, &any);
}

/* Whether a field (each text nullable) is a child table: lists of objects, and those of the server have names. */
gboolean
sync_merge_is_table (const char *base, const char *local, const char *server)
{
  gboolean any = FALSE;

  return is_list_of_rows (base, TRUE, &any) && is_list_of_rows (server, TRUE, &any)
         && is_list_of_rows (local, FALSE, &any) && any;
}

static void
decide_fields (const SyncMergeContext *context, SyncMergeItem *row)
{
  g_autoptr (SyncMergeObject) base = sync_merge_object_new (row->base), local = sync_merge_object_new (row->local),
                              server = sync_merge_object_new (row->server);
  g_autoptr (GPtrArray) names = sync_merge_union_names (server, local, base);

  row->parts = g_ptr_array_new_with_free_func (sync_merge_item_free);
  for (guint i = 0; i < names->len; i++)
    {
      const char *name = names->pdata[i];
      g_autofree char *field = g_strdup_printf ("%s.%s", row->parent->name, name);
      SyncMergeItem *item;

      if (sync_body_is_own_field (name) || sync_merge_is_mark (name))
        continue;
      item = sync_merge_item_new (SYNC_MERGE_KIND_FIELD, row, name, sync_merge_object_get (base, name),
                                  sync_merge_object_get (local, name), sync_merge_object_get (server, name));
      item->policy = sync_merge_find_policy (context, field, &item->precision);
      sync_merge_decide_field (context, item, base != NULL);
      g_ptr_array_add (row->parts, item);
    }
  sync_merge_summarise (row, FALSE);
}

/* Whether a row says something else than @there, in what it says at all if it is @partial. What the server sets or
 * computes does not count. */
static gboolean
row_differs (const Tables *self, const char *there, const char *row, gboolean partial)
{
  g_autoptr (SyncMergeObject) mine = sync_merge_object_new (row), theirs = sync_merge_object_new (there);
  g_autoptr (GPtrArray) names = sync_merge_union_names (mine, partial ? NULL : theirs, NULL);

  for (guint i = 0; i < names->len; i++)
    {
      const char *name = names->pdata[i];
      g_autofree char *field = g_strdup_printf ("%s.%s", self->table->name, name);
      guint precision;

      if (!sync_body_is_own_field (name) && !sync_merge_is_mark (name)
          && sync_merge_find_policy (self->context, field, &precision) != SYNC_MERGE_POLICY_COMPUTED
          && !sync_merge_values_equal (sync_merge_object_get (mine, name), sync_merge_object_get (theirs, name), NULL,
                                       precision))
        return TRUE;
    }
  return FALSE;
}

/* Whether the till's table is the server's, row by row, its new rows included: its write has arrived. */
static gboolean
has_arrived (const Tables *self)
{
  const Rows *local = &self->local, *server = &self->server;

  if (local->rows->len != server->rows->len)
    return FALSE;
  for (guint i = 0; i < local->rows->len; i++)
    {
      g_autofree char *name = dup_name (local->rows->pdata[i]);

      if ((name != NULL && rows_get (server, name) != NULL && strcmp (name, server->keys->pdata[i]) != 0)
          || (name != NULL && rows_get (&self->base, name) != NULL && rows_get (server, name) == NULL)
          || row_differs (self, server->rows->pdata[i], local->rows->pdata[i], TRUE))
        return FALSE;
    }
  return TRUE;
}

/* Gives the till's rows their keys: a name that base or server know, else it is a new row. Without a base a named row
 * may also be one that the server took out; a new one says so itself. */
static void
key_local_rows (Tables *self)
{
  gboolean arrived = self->table->sent && has_arrived (self);
  guint n = 0;

  for (guint i = 0; i < self->local.rows->len; i++)
    {
      const char *row = self->local.rows->pdata[i];
      g_autofree char *name = dup_name (row);
      g_autoptr (SyncMergeObject) object = sync_merge_object_new (row);
      gboolean known = name != NULL && (rows_get (&self->base, name) != NULL || rows_get (&self->server, name) != NULL);
      gboolean is_new = name == NULL || self->has_base || g_str_has_prefix (name, "new-")
                        || sync_merge_object_get (object, "__islocal") != NULL;

      if (arrived)
        rows_add_key (&self->local, i, g_strdup (self->server.keys->pdata[i]));
      else if (known || !is_new)
        rows_add_key (&self->local, i, g_steal_pointer (&name));
      else
        rows_add_key (&self->local, i, g_strdup_printf ("+%u", ++n));
    }
}

/* A row that is on one side only, and nobody knows whether it has to stay. */
static void
settle_row (const Tables *self, SyncMergeItem *row, SyncMergeReason reason)
{
  SyncMergePolicy policy = self->table->policy;
  SyncMergeNewer newer = policy == SYNC_MERGE_POLICY_NEWEST   ? self->context->input->newer
                         : policy == SYNC_MERGE_POLICY_LOCAL  ? SYNC_MERGE_NEWER_LOCAL
                         : policy == SYNC_MERGE_POLICY_SERVER ? SYNC_MERGE_NEWER_SERVER
                                                              : SYNC_MERGE_NEWER_UNKNOWN;
  g_autofree char *fitted = NULL;

  if (newer == SYNC_MERGE_NEWER_UNKNOWN)
    sync_merge_item_ask (row, reason);
  else if (newer == SYNC_MERGE_NEWER_SERVER)
    sync_merge_item_set (row, SYNC_MERGE_BY_POLICY, row->server);
  else
    {
      fitted = row->local != NULL ? sync_merge_fit_row (row->local, row->server, row->base, FALSE) : NULL;
      sync_merge_item_set (row, SYNC_MERGE_BY_POLICY, fitted);
    }
}

/* The server has it, the till's table has not. */
static void
decide_missing_here (const Tables *self, SyncMergeItem *row)
{
  gboolean changed = row->base != NULL && row_differs (self, row->base, row->server, FALSE);

  row->changed = row->base == NULL && self->has_base ? SYNC_MERGE_CHANGED_SERVER
                 : changed || !self->has_base        ? SYNC_MERGE_CHANGED_BOTH
                                                     : SYNC_MERGE_CHANGED_LOCAL;
  if (sync_merge_goes_by_field (self->context) && row->changed == SYNC_MERGE_CHANGED_SERVER)
    sync_merge_item_set (row, SYNC_MERGE_ONLY_SERVER, row->server);
  else if (sync_merge_goes_by_field (self->context) && row->changed == SYNC_MERGE_CHANGED_LOCAL)
    sync_merge_item_set (row, SYNC_MERGE_ONLY_LOCAL, NULL);
  else
    settle_row (self, row, self->has_base ? SYNC_MERGE_REASON_DELETED_LOCAL : SYNC_MERGE_REASON_NO_BASE);
}

/* The till's table has it, the server has not, and the base had it or there is none. */
static void
decide_missing_there (const Tables *self, SyncMergeItem *row)
{
  gboolean changed = row->base == NULL || row_differs (self, row->base, row->local, TRUE);

  row->changed = changed ? SYNC_MERGE_CHANGED_BOTH : SYNC_MERGE_CHANGED_SERVER;
  if (sync_merge_goes_by_field (self->context) && !changed)
    sync_merge_item_set (row, SYNC_MERGE_ONLY_SERVER, NULL);
  else
    settle_row (self, row, row->base != NULL ? SYNC_MERGE_REASON_DELETED_SERVER : SYNC_MERGE_REASON_NO_BASE);
}

/* Whether the server has a new row which says the same and has not been counted yet. */
static gboolean
find_same_new (const Tables *self, const SyncMergeItem *row, GHashTable *counted)
{
  for (guint i = 0; i < self->server.rows->len; i++)
    {
      char *key = self->server.keys->pdata[i];

      if (rows_get (&self->base, key) == NULL && rows_get (&self->local, key) == NULL
          && !g_hash_table_contains (counted, key)
          && !row_differs (self, self->server.rows->pdata[i], row->local, TRUE))
        return g_hash_table_add (counted, key);
    }
  return FALSE;
}

/* The till added it. */
static void
decide_added_here (const Tables *self, SyncMergeItem *row, GHashTable *counted)
{
  g_autofree char *fitted = sync_merge_fit_row (row->local, NULL, NULL, FALSE);

  row->changed = SYNC_MERGE_CHANGED_LOCAL;
  if (!sync_merge_goes_by_field (self->context))
    settle_row (self, row, SYNC_MERGE_REASON_BOTH_CHANGED);
  else if (find_same_new (self, row, counted))
    sync_merge_item_ask (row, SYNC_MERGE_REASON_SAME_NEW_ROW);
  else
    sync_merge_item_set (row, SYNC_MERGE_ONLY_LOCAL, fitted);
}

static SyncMergeItem *
decide_row (const Tables *self, const char *key, GHashTable *counted)
{
  SyncMergeItem *row = sync_merge_item_new (SYNC_MERGE_KIND_ROW, self->table, key, rows_get (&self->base, key),
                                            rows_get (&self->local, key), rows_get (&self->server, key));
  g_autoptr (SyncMergeObject) there = sync_merge_object_new (row->server);
  g_autofree char *whole = NULL;

  row->sent = self->table->sent;
  row->policy = self->table->policy;
  row->precision = self->table->precision;
  if (row->server != NULL && (row->local != NULL || (!row->sent && row->base != NULL)))
    {
      decide_fields (self->context, row);
      whole = row->decision == SYNC_MERGE_EQUAL || row->decision == SYNC_MERGE_ONLY_SERVER
                  ? g_strdup (row->server)
                  : sync_merge_render_object (there, row->parts);
      sync_merge_item_set (row, row->decision, whole);
    }
  else if (row->sent && row->server != NULL)
    decide_missing_here (self, row);
  else if (row->local != NULL && *key != '+')
    decide_missing_there (self, row);
  else if (row->local != NULL)
    decide_added_here (self, row, counted);
  else
    {
      row->changed = (row->sent ? SYNC_MERGE_CHANGED_LOCAL : 0) | (self->has_base ? SYNC_MERGE_CHANGED_SERVER : 0);
      sync_merge_item_set (row, row->sent || !self->has_base ? SYNC_MERGE_EQUAL : SYNC_MERGE_ONLY_SERVER, row->server);
    }
  return row;
}

/* (element-type utf8): the keys of @rows that both others have */
static GPtrArray *
list_common (const Rows *rows, const Rows *other, const Rows *third)
{
  GPtrArray *common = g_ptr_array_new ();

  for (guint i = 0; i < rows->keys->len; i++)
    if (rows_get (other, rows->keys->pdata[i]) != NULL && rows_get (third, rows->keys->pdata[i]) != NULL)
      g_ptr_array_add (common, rows->keys->pdata[i]);
  return common;
}

static gboolean
same_order (const Rows *a, const Rows *b, const Rows *third)
{
  g_autoptr (GPtrArray) left = list_common (a, b, third), right = list_common (b, a, third);

  for (guint i = 0; i < left->len; i++)
    if (strcmp (left->pdata[i], right->pdata[i]) != 0)
      return FALSE;
  return TRUE;
}

/* Whether the order of the till's table is the one to keep. */
static gboolean
keeps_local_order (const Tables *self)
{
  if (!self->table->sent || !sync_merge_goes_by_field (self->context))
    return self->table->sent && self->context->style == SYNC_MERGE_STYLE_LOCAL;
  return self->has_base && same_order (&self->server, &self->base, &self->local)
         && !same_order (&self->local, &self->base, &self->server);
}

/* Puts the keys that @sequence does not have in it, each behind the one that it follows in @rows. */
static void
weave (GPtrArray *sequence, const Rows *rows)
{
  guint at = 0, found;

  for (guint i = 0; i < rows->keys->len; i++)
    if (g_ptr_array_find_with_equal_func (sequence, rows->keys->pdata[i], g_str_equal, &found))
      at = found + 1;
    else
      g_ptr_array_insert (sequence, (int) at++, rows->keys->pdata[i]);
}

/* (element-type utf8): all rows, those that are gone too, in the order of the result */
static GPtrArray *
list_keys (const Tables *self, gboolean local_order)
{
  GPtrArray *sequence = g_ptr_array_new ();

  weave (sequence, local_order ? &self->local : &self->server);
  weave (sequence, local_order ? &self->server : &self->local);
  weave (sequence, &self->base);
  return sequence;
}

/* (transfer full): @rows (nullable texts) as a list; with @renumber rows that carry an `idx` get the one of their
 * place */
static char *
join_rows (GPtrArray *rows, gboolean renumber)
{
  GString *out = g_string_new ("[");
  guint place = 0;

  for (guint i = 0; i < rows->len; i++)
    {
      g_autoptr (SyncMergeObject) object = renumber ? sync_merge_object_new (rows->pdata[i]) : NULL;
      g_autoptr (GPtrArray) none = g_ptr_array_new ();
      g_autofree char *numbered = NULL;

      if (rows->pdata[i] == NULL)
        continue;
      if (place++ > 0)
        g_string_append_c (out, ',');
      if (sync_merge_object_get (object, "idx") != NULL)
        {
          g_hash_table_insert (object->values, g_strdup ("idx"), g_strdup_printf ("%u", place));
          numbered = sync_merge_render_object (object, none);
        }
      g_string_append (out, numbered != NULL ? numbered : rows->pdata[i]);
    }
  g_string_append_c (out, ']');
  return g_string_free (out, FALSE);
}

static char *
dup_canonical (const char *json)
{
  GString *out = g_string_new (NULL);
  SyncJsonView view = { json, strlen (json) };

  sync_json_append_canonical (out, &view);
  return g_string_free (out, FALSE);
}

/* (transfer full): a table of those rows; the server's own text where it is the same */
static char *
make_table (GPtrArray *rows, const char *server)
{
  g_autofree char *plain = join_rows (rows, FALSE), *mine = dup_canonical (plain);
  g_autofree char *theirs = dup_canonical (server != NULL ? server : "[]");

  return strcmp (mine, theirs) == 0 ? g_strdup (server) : join_rows (rows, TRUE);
}

/* (transfer full) (nullable): the table that the results of its rows make */
char *
sync_merge_render_table (const SyncMergeItem *table)
{
  g_autoptr (GPtrArray) rows = g_ptr_array_new ();

  for (guint i = 0; i < table->parts->len; i++)
    g_ptr_array_add (rows, ((SyncMergeItem *) table->parts->pdata[i])->result);
  return make_table (rows, table->server);
}

/* (transfer full) (nullable): the table that @rows, of one side, makes of the server's: complete rows, and none with a
 * name that the server does not know or that was there already. @whole: as for sync_merge_fit_row(). */
char *
sync_merge_fit_table (const char *rows, const char *server, const char *base, gboolean whole)
{
  g_autoptr (GPtrArray) list = sync_merge_list (rows), fitted = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GHashTable) used = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  Tables tables = { 0 };

  rows_init_named (&tables.server, server);
  rows_init_named (&tables.base, base);
  rows_init (&tables.local, NULL);
  for (guint i = 0; i < list->len; i++)
    {
      char *name = dup_name (list->pdata[i]);
      gboolean first = name != NULL && g_hash_table_add (used, name);

      g_ptr_array_add (fitted, sync_merge_fit_row (list->pdata[i], first ? rows_get (&tables.server, name) : NULL,
                                                   first ? rows_get (&tables.base, name) : NULL, whole));
    }
  tables_clear (&tables);
  return make_table (fitted, server);
}

/* Two rows of one side have the same name, so they cannot be matched. */
static void
decide_unclear (const Tables *self)
{
  SyncMergeItem *table = self->table;
  g_autofree char *fitted = sync_merge_fit_table (table->local, table->server, table->base, FALSE);

  sync_merge_decide_field (self->context, table, self->has_base);
  if (table->decision == SYNC_MERGE_ONLY_LOCAL)
    sync_merge_item_ask (table, SYNC_MERGE_REASON_ROWS_UNCLEAR);
  else if (table->decision == SYNC_MERGE_ASK)
    table->reason = SYNC_MERGE_REASON_ROWS_UNCLEAR;
  else if (table->decision == SYNC_MERGE_BY_POLICY && g_strcmp0 (table->result, table->local) == 0)
    sync_merge_item_set (table, SYNC_MERGE_BY_POLICY, fitted);
}

static void
decide_rows (const Tables *self)
{
  SyncMergeItem *table = self->table;
  gboolean local_order = keeps_local_order (self);
  g_autoptr (GPtrArray) keys = list_keys (self, local_order);
  g_autoptr (GHashTable) counted = g_hash_table_new (g_str_hash, g_str_equal);
  g_autofree char *rendered = NULL;

  table->parts = g_ptr_array_new_with_free_func (sync_merge_item_free);
  for (guint i = 0; i < keys->len; i++)
    g_ptr_array_add (table->parts, decide_row (self, keys->pdata[i], counted));
  sync_merge_summarise (table, local_order && !same_order (&self->local, &self->server, &self->server));
  if (table->policy == SYNC_MERGE_POLICY_NEVER && table->changed & SYNC_MERGE_CHANGED_LOCAL
      && table->decision != SYNC_MERGE_EQUAL)
    {
      g_clear_pointer (&table->parts, g_ptr_array_unref);
      sync_merge_item_ask (table, SYNC_MERGE_REASON_NEVER_MERGED);
      return;
    }
  rendered = sync_merge_render_table (table);
  sync_merge_item_set (table, table->decision, rendered);
}

/* Decides a child table, whose policy is known. @has_base: there is a base, even if it has not this table. */
void
sync_merge_decide_table (const SyncMergeContext *context, SyncMergeItem *table, gboolean has_base)
{
  g_auto (Tables) self = { .context = context, .table = table, .has_base = has_base };

  table->kind = SYNC_MERGE_KIND_TABLE;
  rows_init_named (&self.base, table->base);
  rows_init_named (&self.server, table->server);
  rows_init (&self.local, table->local);
  key_local_rows (&self);
  if (table->policy == SYNC_MERGE_POLICY_COMPUTED)
    sync_merge_item_set (table, SYNC_MERGE_OWN, table->server);
  else if (self.base.unclear || self.local.unclear || self.server.unclear)
    decide_unclear (&self);
  else
    decide_rows (&self);
}
