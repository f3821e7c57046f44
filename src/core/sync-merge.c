/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The three-way merge of two versions of a document, field by field, and what a person chooses in it. Pure: no clock,
 * no file, no chance. Values go through it as the JSON text they are; a number is only written anew where a counter is
 * summed up. sync-merge-item.c decides about a field, sync-merge-rows.c about a child table. No state; any thread. */
#include "config.h"

#include "sync-merge-private.h"

#include <string.h>

#include "sync-error.h"

static SyncMergeObject *
read_document (const char *json, const char *which, GError **error)
{
  g_autoptr (GError) problem = NULL;
  SyncMergeObject *object;

  if (!sync_json_check (json != NULL ? json : "", json != NULL ? strlen (json) : 0, NULL, &problem))
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID, "%s document: %s", which, problem->message);
      return NULL;
    }
  object = sync_merge_object_new (json);
  if (object == NULL)
    g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID, "%s document: a JSON object is expected", which);
  return object;
}

static gboolean
check_draft (const SyncMergeObject *server, GError **error)
{
  const char *docstatus = sync_merge_object_get (server, "docstatus");
  gboolean cancelled = sync_merge_values_equal (docstatus, "2", NULL, 0);

  if (sync_merge_values_equal (docstatus, "0", NULL, 0))
    return TRUE;
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED, "the document is %s on the server and cannot be merged",
               cancelled ? "cancelled" : "submitted");
  return FALSE;
}

/* Without a base the newer side's whole document wins. */
static SyncMergeStyle
resolve_style (const SyncMergeInput *input)
{
  if (input->style != SYNC_MERGE_STYLE_LAST_WRITE_WINS || input->base != NULL)
    return input->style;
  return input->newer == SYNC_MERGE_NEWER_LOCAL    ? SYNC_MERGE_STYLE_LOCAL
         : input->newer == SYNC_MERGE_NEWER_SERVER ? SYNC_MERGE_STYLE_SERVER
                                                   : SYNC_MERGE_STYLE_ASK;
}

static SyncMergeItem *
merge_item (const SyncMergeContext *context, const char *name, const char *base, const char *local, const char *server)
{
  SyncMergeItem *item = sync_merge_item_new (SYNC_MERGE_KIND_FIELD, NULL, name, base, local, server);
  gboolean has_base = context->input->base != NULL;

  item->policy = sync_merge_find_policy (context, name, &item->precision);
  if (sync_merge_is_table (base, local, server))
    sync_merge_decide_table (context, item, has_base);
  else
    sync_merge_decide_field (context, item, has_base);
  return item;
}

/**
 * sync_merge_new:
 * @input: what is to be merged
 * @error: SYNC_ERROR_INVALID (permanent): one of the three is no JSON object, @error says which; SYNC_ERROR_REFUSED
 *   (permanent): the server's document is submitted or cancelled, and those are never merged
 *
 * The pure three-way merge, field by field (b, l, s are base, local, server). What the till did not send is the
 * server's. l = s: that; l = b: s; s = b: l; else the field's policy, and in the end a person. Without a base each
 * difference goes by the policy or to a person. Fields of the server's own and computed ones are never taken from the
 * till.
 *
 * Equal are: null, "", and absent; these, 0 and false where one of the three values is a number or a check; numbers
 * that are the same after rounding to the field's decimals (half away from zero), also as texts where one side has a
 * number; texts without blanks around them and in NFC; objects without regard to the order of their members; JSON in
 * a text and JSON as it is.
 *
 * A list of objects is a child table, if all rows of base and server are named. Rows are matched by `name`; those
 * that either side added are kept (the till's without the name that it gave them: ERPNext does not insert rows with a
 * name that it does not know); edited on one side and gone on the other is for the table's policy or a person; edited
 * on both: merged field by field, where a field that the till's row does not send is the server's. The order is the
 * server's, or the till's where only the till changed it. What the result carries are complete rows, because ERPNext
 * replaces the table and resets what a row does not say.
 *
 * The same input gives the same result, byte for byte. No state; any thread.
 *
 * Returns: (transfer full) (nullable): the merge
 */
SyncMerge *
sync_merge_new (const SyncMergeInput *input, GError **error)
{
  SyncMergeContext context = { input, resolve_style (input) };
  g_autoptr (SyncMergeObject) base = NULL, local = NULL, server = NULL;
  g_autoptr (GPtrArray) names = NULL;
  SyncMerge *self;

  if (input->base != NULL)
    base = read_document (input->base, "base", error);
  if (input->base != NULL && base == NULL)
    return NULL;
  local = read_document (input->local, "local", error);
  server = local != NULL ? read_document (input->server, "server", error) : NULL;
  if (server == NULL || !check_draft (server, error))
    return NULL;
  names = sync_merge_union_names (server, local, base);
  self = g_new0 (SyncMerge, 1);
  self->server = g_strdup (input->server);
  self->has_base = base != NULL;
  self->items = g_ptr_array_new_with_free_func (sync_merge_item_free);
  for (guint i = 0; i < names->len; i++)
    if (!sync_merge_is_mark (names->pdata[i]))
      g_ptr_array_add (self->items,
                       merge_item (&context, names->pdata[i], sync_merge_object_get (base, names->pdata[i]),
                                   sync_merge_object_get (local, names->pdata[i]),
                                   sync_merge_object_get (server, names->pdata[i])));
  return self;
}

void
sync_merge_free (SyncMerge *self)
{
  g_ptr_array_unref (self->items);
  g_free (self->server);
  g_free (self);
}

static SyncMergeItem *
lookup (GPtrArray *items, const char *path)
{
  for (guint i = 0; items != NULL && i < items->len; i++)
    {
      SyncMergeItem *item = items->pdata[i];
      gsize length = strlen (item->path);

      if (strcmp (path, item->path) == 0)
        return item;
      if (strncmp (path, item->path, length) == 0 && path[length] == '/')
        {
          SyncMergeItem *part = lookup (item->parts, path);

          if (part != NULL)
            return part;
        }
    }
  return NULL;
}

/**
 * sync_merge_lookup:
 * @self: the merge
 * @path: of an item
 *
 * Returns: (transfer none) (nullable): the item
 */
SyncMergeItem *
sync_merge_lookup (const SyncMerge *self, const char *path)
{
  return lookup (self->items, path);
}

static guint
count_open (GPtrArray *items)
{
  guint n = 0;

  for (guint i = 0; items != NULL && i < items->len; i++)
    {
      const SyncMergeItem *item = items->pdata[i];

      if (item->take == SYNC_MERGE_TAKE_AUTOMATIC)
        n += item->decision == SYNC_MERGE_ASK ? 1 : count_open (item->parts);
    }
  return n;
}

/**
 * sync_merge_count_open:
 * @self: the merge
 *
 * Returns: for how many items a person still has to decide; a table or row that was taken as a whole settles its parts
 */
guint
sync_merge_count_open (const SyncMerge *self)
{
  return count_open (self->items);
}

static char *
render_row (const SyncMergeItem *row)
{
  g_autoptr (SyncMergeObject) server = sync_merge_object_new (row->server);

  return sync_merge_render_object (server, row->parts);
}

/* (transfer full) (nullable): the result of an item of which nothing was taken as a whole */
static char *
dup_automatic (const SyncMergeItem *item)
{
  if (item->parts == NULL)
    return g_strdup (item->automatic);
  return item->kind == SYNC_MERGE_KIND_TABLE ? sync_merge_render_table (item) : render_row (item);
}

/* (transfer full) (nullable): what a table or row becomes by one side's version of it */
static char *
fit (const SyncMergeItem *item, const char *json, gboolean whole)
{
  const char *base = whole ? NULL : item->base;

  if (item->kind == SYNC_MERGE_KIND_FIELD)
    return g_strdup (json);
  if (item->kind == SYNC_MERGE_KIND_TABLE)
    return sync_merge_fit_table (json, item->server, base, whole);
  return json != NULL ? sync_merge_fit_row (json, item->server, base, whole) : NULL;
}

static char *
dup_taken (const SyncMergeItem *item, SyncMergeTake take, const char *value)
{
  switch (take)
    {
    case SYNC_MERGE_TAKE_AUTOMATIC:
      return dup_automatic (item);
    case SYNC_MERGE_TAKE_LOCAL:
      return item->sent && item->decision != SYNC_MERGE_EQUAL ? fit (item, item->local, FALSE)
                                                              : g_strdup (item->server);
    case SYNC_MERGE_TAKE_BASE:
      return fit (item, item->base, TRUE);
    case SYNC_MERGE_TAKE_VALUE:
      return fit (item, value, FALSE);
    case SYNC_MERGE_TAKE_SERVER:
      break;
    }
  return g_strdup (item->server);
}

/* Whether a person can put that there; @trimmed (nullable): without blanks around it. */
static gboolean
check_value (const SyncMergeItem *item, const char *value, char **trimmed, GError **error)
{
  SyncJsonView root;

  if (value == NULL)
    return TRUE;
  if (!sync_json_check (value, strlen (value), &root, error))
    {
      g_prefix_error (error, "%s: ", item->path);
      return FALSE;
    }
  *trimmed = sync_json_view_dup_raw (&root);
  if (item->kind == SYNC_MERGE_KIND_FIELD || (item->kind == SYNC_MERGE_KIND_ROW && *root.text == '{')
      || (item->kind == SYNC_MERGE_KIND_TABLE && *root.text == '[' && sync_merge_is_list_of_rows (*trimmed)))
    return TRUE;
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID, "%s: %s is expected", item->path,
               item->kind == SYNC_MERGE_KIND_TABLE ? "a list of rows" : "an object");
  return FALSE;
}

/* Takes back what was chosen for parts. */
static void
reset_parts (SyncMergeItem *item)
{
  for (guint i = 0; item->parts != NULL && i < item->parts->len; i++)
    {
      SyncMergeItem *part = item->parts->pdata[i];

      reset_parts (part);
      part->take = SYNC_MERGE_TAKE_AUTOMATIC;
      g_free (part->result);
      part->result = g_strdup (part->automatic);
    }
}

static void
set_taken (SyncMergeItem *item, SyncMergeTake take, const char *value)
{
  char *result = dup_taken (item, take, value);

  item->take = take;
  g_free (item->result);
  item->result = result;
}

/**
 * sync_merge_choose:
 * @self: the merge
 * @item: one of its items: a field, a table or a row
 * @take: what a person takes for it; AUTOMATIC takes that back, also what was chosen for parts of it
 * @value: (nullable): of SYNC_MERGE_TAKE_VALUE: JSON; NULL takes a row out, and empties a field or a table
 * @error: SYNC_ERROR_INVALID (permanent): @value is no JSON, or not a list of objects for a table or an object for a
 *   row; SYNC_ERROR_REFUSED (permanent): the item is the server's own, or the base is to be taken and there is none
 *
 * Writes `take` and `result` of the item and `result` of what it stands in. What is chosen for a table or a row holds
 * for all of it; choosing a part of it afterwards takes that back. The till's rows are completed from the server's.
 * Where the till did not send the item its side is the server's.
 *
 * Returns: whether that was possible; nothing changes otherwise
 */
gboolean
sync_merge_choose (SyncMerge *self, SyncMergeItem *item, SyncMergeTake take, const char *value, GError **error)
{
  g_autofree char *trimmed = NULL;

  if (item->decision == SYNC_MERGE_OWN || (take == SYNC_MERGE_TAKE_BASE && !self->has_base))
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED, "%s: %s", item->path,
                   item->decision == SYNC_MERGE_OWN ? "the server sets this itself"
                                                    : "what was there before is not known");
      return FALSE;
    }
  if (take == SYNC_MERGE_TAKE_VALUE && !check_value (item, value, &trimmed, error))
    return FALSE;
  reset_parts (item);
  set_taken (item, take, trimmed);
  for (SyncMergeItem *above = item->parent; above != NULL; above = above->parent)
    set_taken (above, SYNC_MERGE_TAKE_AUTOMATIC, NULL);
  return TRUE;
}

static gboolean
differs_from_server (const SyncMergeItem *item, const char *value)
{
  return !sync_merge_values_equal (value, item->server, item->base, item->precision);
}

/**
 * sync_merge_choose_all:
 * @self: the merge
 * @take: LOCAL, SERVER, BASE or AUTOMATIC
 *
 * As sync_merge_choose() for each top item that the till sent and where it differs from the server, if it is not the
 * server's own; AUTOMATIC takes back all choices.
 */
void
sync_merge_choose_all (SyncMerge *self, SyncMergeTake take)
{
  for (guint i = 0; i < self->items->len; i++)
    {
      SyncMergeItem *item = self->items->pdata[i];

      if (item->decision != SYNC_MERGE_OWN
          && (take == SYNC_MERGE_TAKE_AUTOMATIC || (item->sent && item->decision != SYNC_MERGE_EQUAL)))
        sync_merge_choose (self, item, take, NULL, NULL);
    }
}

/**
 * sync_merge_dup_changes:
 * @self: the merge
 *
 * What a PUT has to carry beside the server's fresh `modified`. Fields for which a person still has to decide are the
 * server's, so ask sync_merge_count_open() first.
 *
 * Returns: (transfer full): a JSON object of the fields whose result is not what the server has, tables with all their
 *   rows; "{}": there is nothing to write
 */
char *
sync_merge_dup_changes (const SyncMerge *self)
{
  GString *out = g_string_new ("{");

  for (guint i = 0; i < self->items->len; i++)
    {
      const SyncMergeItem *item = self->items->pdata[i];

      if (!differs_from_server (item, item->result))
        continue;
      if (out->len > 1)
        g_string_append_c (out, ',');
      sync_json_append_quoted (out, item->name);
      g_string_append_c (out, ':');
      g_string_append (out, item->result != NULL ? item->result : item->kind == SYNC_MERGE_KIND_TABLE ? "[]" : "null");
    }
  g_string_append_c (out, '}');
  return g_string_free (out, FALSE);
}

/**
 * sync_merge_dup_document:
 * @self: the merge
 *
 * Returns: (transfer full): the whole document as it will be, for a preview: the server's, with the changes in it
 */
char *
sync_merge_dup_document (const SyncMerge *self)
{
  g_autoptr (SyncMergeObject) server = sync_merge_object_new (self->server);

  return sync_merge_render_object (server, self->items);
}
