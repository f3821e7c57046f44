/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Single values of a merge: when two of them are the same for ERPNext, sums of counters and unions of tags. No state;
 * any thread. */
#include "config.h"

#include "sync-merge-private.h"

#include <string.h>

#include "sync-decimal.h"

static void append_normal (GString *out, const SyncJsonView *view, gboolean numeric, guint precision);

/**
 * sync_merge_object_new:
 * @json: a JSON object
 *
 * Returns: (transfer full) (nullable): its members; NULL if @json is something else
 */
SyncMergeObject *
sync_merge_object_new (const char *json)
{
  SyncMergeObject *self;
  SyncJsonView root, key, value;
  SyncJsonIter iter;

  if (json == NULL || !sync_json_check (json, strlen (json), &root, NULL)
      || sync_json_view_kind (&root) != SYNC_JSON_OBJECT)
    return NULL;
  self = g_new0 (SyncMergeObject, 1);
  self->names = g_ptr_array_new_with_free_func (g_free);
  self->values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  sync_json_iter_init (&iter, &root);
  while (sync_json_iter_next (&iter, &key, &value))
    {
      g_autofree char *name = sync_json_view_dup_text (&key);

      if (g_hash_table_insert (self->values, g_strdup (name), sync_json_view_dup_raw (&value)))
        g_ptr_array_add (self->names, g_steal_pointer (&name));
    }
  return self;
}

void
sync_merge_object_free (SyncMergeObject *self)
{
  g_ptr_array_unref (self->names);
  g_hash_table_unref (self->values);
  g_free (self);
}

/* (nullable): the JSON text of a member; NULL also where there is no object */
const char *
sync_merge_object_get (const SyncMergeObject *self, const char *name)
{
  return self != NULL ? g_hash_table_lookup (self->values, name) : NULL;
}

/* (element-type utf8): the names of the objects that are there, each one once, in order; they live as long as the
 * objects */
GPtrArray *
sync_merge_union_names (const SyncMergeObject *first, const SyncMergeObject *second, const SyncMergeObject *third)
{
  const SyncMergeObject *objects[] = { first, second, third };
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  GPtrArray *names = g_ptr_array_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (objects); i++)
    for (guint j = 0; objects[i] != NULL && j < objects[i]->names->len; j++)
      if (g_hash_table_add (seen, objects[i]->names->pdata[j]))
        g_ptr_array_add (names, objects[i]->names->pdata[j]);
  return names;
}

/* The desk's notes about a document, no part of it. */
gboolean
sync_merge_is_mark (const char *name)
{
  return g_str_has_prefix (name, "__");
}

/* (element-type utf8) (nullable): the items of a JSON array as JSON texts; none of them for null, "" and nothing; NULL
 * for anything else */
GPtrArray *
sync_merge_list (const char *json)
{
  GPtrArray *list = g_ptr_array_new_with_free_func (g_free);
  SyncJsonView root, value;
  SyncJsonIter iter;

  if (json == NULL || strcmp (json, "null") == 0 || strcmp (json, "\"\"") == 0)
    return list;
  if (!sync_json_check (json, strlen (json), &root, NULL) || sync_json_view_kind (&root) != SYNC_JSON_ARRAY)
    {
      g_ptr_array_unref (list);
      return NULL;
    }
  sync_json_iter_init (&iter, &root);
  while (sync_json_iter_next (&iter, NULL, &value))
    g_ptr_array_add (list, sync_json_view_dup_raw (&value));
  return list;
}

static void
append_normal_number (GString *out, const char *number, gboolean numeric, guint precision)
{
  g_autofree char *rounded = sync_decimal_round (number, precision);
  g_autofree char *canonical = rounded == NULL ? sync_json_canonical_number (number, strlen (number)) : NULL;

  /* Nothing is stored as 0 in a field for numbers. */
  if (!numeric || g_strcmp0 (rounded, "0") != 0)
    g_string_append (out, rounded != NULL ? rounded : canonical);
}

static void
append_normal_text (GString *out, const SyncJsonView *view, gboolean numeric, guint precision)
{
  g_autofree char *text = g_strstrip (sync_json_view_dup_text (view));
  g_autofree char *composed = NULL;
  SyncJsonView inner;

  if (*text == '\0')
    return;
  if ((numeric || *text == '{' || *text == '[') && sync_json_check (text, strlen (text), &inner, NULL)
      && (sync_json_view_kind (&inner) == SYNC_JSON_NUMBER || *text == '{' || *text == '['))
    {
      append_normal (out, &inner, numeric, precision);
      return;
    }
  composed = g_utf8_normalize (text, -1, G_NORMALIZE_NFC);
  sync_json_append_quoted (out, composed);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static void
append_normal_object (GString *out, const SyncJsonView *view, guint precision)
{
  g_autofree char *json = sync_json_view_dup_raw (view);
  g_autoptr (SyncMergeObject) object = sync_merge_object_new (json);
  gsize start = out->len;

  g_ptr_array_sort (object->names, compare_names);
  for (guint i = 0; i < object->names->len; i++)
    {
      const char *value = sync_merge_object_get (object, object->names->pdata[i]);
      SyncJsonView inner = { value, strlen (value) };
      gsize before = out->len, after;

      g_string_append (out, before == start ? "{" : ",");
      sync_json_append_quoted (out, object->names->pdata[i]);
      g_string_append_c (out, ':');
      after = out->len;
      append_normal (out, &inner, FALSE, precision);
      if (out->len == after)
        g_string_truncate (out, before);
    }
  if (out->len > start)
    g_string_append_c (out, '}');
}

static void
append_normal_array (GString *out, const SyncJsonView *view, guint precision)
{
  SyncJsonIter iter;
  SyncJsonView value;
  gsize start = out->len;

  sync_json_iter_init (&iter, view);
  while (sync_json_iter_next (&iter, NULL, &value))
    {
      g_string_append_c (out, out->len == start ? '[' : ',');
      append_normal (out, &value, FALSE, precision);
    }
  if (out->len > start)
    g_string_append_c (out, ']');
}

/* One spelling for all values that are the same; nothing at all for null, "", what is empty, and, if @numeric, 0.
 * Inside of objects and arrays 0 is something: a tax of 0 is not no tax. */
static void
append_normal (GString *out, const SyncJsonView *view, gboolean numeric, guint precision)
{
  g_autofree char *number = NULL;

  switch (sync_json_view_kind (view))
    {
    case SYNC_JSON_NULL:
      break;
    case SYNC_JSON_FALSE:
      append_normal_number (out, "0", numeric, precision);
      break;
    case SYNC_JSON_TRUE:
      append_normal_number (out, "1", numeric, precision);
      break;
    case SYNC_JSON_NUMBER:
      number = sync_json_view_dup_raw (view);
      append_normal_number (out, number, numeric, precision);
      break;
    case SYNC_JSON_STRING:
      append_normal_text (out, view, numeric, precision);
      break;
    case SYNC_JSON_ARRAY:
      append_normal_array (out, view, precision);
      break;
    case SYNC_JSON_OBJECT:
      append_normal_object (out, view, precision);
      break;
    }
}

static gboolean
is_number (const char *json)
{
  return json != NULL && strchr ("-0123456789tf", *json) != NULL;
}

static char *
dup_normal (const char *json, gboolean numeric, guint precision)
{
  g_autoptr (GString) out = g_string_new (NULL);
  SyncJsonView view;

  if (json != NULL)
    {
      view = (SyncJsonView){ json, strlen (json) };
      append_normal (out, &view, numeric, precision);
    }
  return g_strdup (out->str);
}

/* Whether @a and @b (nullable) are the same in a field in which also @third (nullable) has been seen. With the same
 * three values in any order this is an equivalence relation. */
gboolean
sync_merge_values_equal (const char *a, const char *b, const char *third, guint precision)
{
  gboolean numeric = is_number (a) || is_number (b) || is_number (third);
  g_autofree char *left = NULL, *right = NULL;

  if (g_strcmp0 (a, b) == 0)
    return TRUE;
  left = dup_normal (a, numeric, precision);
  right = dup_normal (b, numeric, precision);
  return strcmp (left, right) == 0;
}

/* (nullable): a value as a number: nothing is 0, a check 0 or 1, a text what it says */
static char *
dup_number (const char *json)
{
  g_autofree char *text = dup_normal (json, TRUE, SYNC_DECIMAL_MAX_DIGITS / 2);
  SyncJsonView root;

  if (*text == '\0')
    return g_strdup ("0");
  return sync_json_check (text, strlen (text), &root, NULL) && sync_json_view_kind (&root) == SYNC_JSON_NUMBER
             ? g_steal_pointer (&text)
             : NULL;
}

/* (transfer full) (nullable): server + (local - base); NULL if they are no numbers. All three are rounded first, so
 * that two tills come to the same sum in either order. */
char *
sync_merge_delta (const char *base, const char *local, const char *server, guint precision)
{
  g_autofree char *b = dup_number (base), *l = dup_number (local), *s = dup_number (server);
  g_autofree char *difference = b != NULL && l != NULL ? sync_decimal_subtract (l, b, precision) : NULL;

  return difference != NULL && s != NULL ? sync_decimal_add (s, difference, precision) : NULL;
}

/* How a list of tags is written. */
typedef enum
{
  TAGS_NOTHING, /* nothing there */
  TAGS_ARRAY, /* a JSON array */
  TAGS_JSON, /* a JSON array in a text */
  TAGS_COMMAS, /* texts with commas, as `_user_tags` */
  TAGS_NONE, /* something else */
} TagsForm;

typedef struct
{
  TagsForm form;
  gboolean leading; /* of TAGS_COMMAS: a comma stands in front */
  GPtrArray *tags; /* (owned) (element-type utf8): as JSON values */
  GPtrArray *keys; /* (owned) (element-type utf8): what they are known by */
} Tags;

static void
tags_clear (Tags *self)
{
  g_clear_pointer (&self->tags, g_ptr_array_unref);
  g_clear_pointer (&self->keys, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Tags, tags_clear)

static gboolean
tags_find (const Tags *self, const char *key)
{
  return g_ptr_array_find_with_equal_func (self->keys, key, g_str_equal, NULL);
}

/* Takes a tag in, unless it is there. */
static void
tags_add (Tags *self, const char *json)
{
  SyncJsonView view = { json, strlen (json) };
  g_autofree char *key = dup_normal (json, FALSE, SYNC_MERGE_DEFAULT_PRECISION);

  if (*json == '[' || *json == '{' || sync_json_view_kind (&view) == SYNC_JSON_NULL)
    self->form = TAGS_NONE;
  else if (*key != '\0' && !tags_find (self, key))
    {
      g_ptr_array_add (self->tags, g_strdup (json));
      g_ptr_array_add (self->keys, g_steal_pointer (&key));
    }
}

static void
tags_read_commas (Tags *self, const char *text)
{
  g_auto (GStrv) parts = g_strsplit (text, ",", -1);

  self->form = TAGS_COMMAS;
  self->leading = *text == ',';
  for (gsize i = 0; parts[i] != NULL; i++)
    {
      g_autoptr (GString) quoted = g_string_new (NULL);

      sync_json_append_quoted (quoted, g_strstrip (parts[i]));
      tags_add (self, quoted->str);
    }
}

static void
tags_init (Tags *self, const char *json)
{
  g_autofree char *normal = dup_normal (json, FALSE, SYNC_MERGE_DEFAULT_PRECISION);
  g_autofree char *text = NULL;
  g_autoptr (GPtrArray) list = NULL;
  SyncJsonView view;

  *self
      = (Tags){ TAGS_NOTHING, FALSE, g_ptr_array_new_with_free_func (g_free), g_ptr_array_new_with_free_func (g_free) };
  if (json == NULL)
    return;
  view = (SyncJsonView){ json, strlen (json) };
  text = g_strstrip (sync_json_view_dup_text (&view));
  list = *text == '[' ? sync_merge_list (text) : NULL;
  if (list != NULL)
    {
      self->form = *json == '"' ? TAGS_JSON : TAGS_ARRAY;
      for (guint i = 0; i < list->len; i++)
        tags_add (self, list->pdata[i]);
    }
  else if (*json == '"' && *text != '\0')
    tags_read_commas (self, text);
  else if (*normal != '\0')
    self->form = TAGS_NONE;
}

static void
tags_append_list (const Tags *self, GString *out)
{
  g_string_append_c (out, '[');
  for (guint i = 0; i < self->tags->len; i++)
    {
      g_string_append (out, i > 0 ? "," : "");
      g_string_append (out, self->tags->pdata[i]);
    }
  g_string_append_c (out, ']');
}

static char *
tags_format (const Tags *self)
{
  g_autoptr (GString) text = g_string_new (NULL), out = g_string_new (NULL);

  if (self->form == TAGS_ARRAY)
    tags_append_list (self, out);
  else
    {
      if (self->form == TAGS_JSON)
        tags_append_list (self, text);
      for (guint i = 0; self->form != TAGS_JSON && i < self->tags->len; i++)
        {
          SyncJsonView view = { self->tags->pdata[i], strlen (self->tags->pdata[i]) };
          g_autofree char *tag = sync_json_view_dup_text (&view);

          g_string_append (text, i > 0 || self->leading ? "," : "");
          g_string_append (text, tag);
        }
      sync_json_append_quoted (out, text->str);
    }
  return g_strdup (out->str);
}

/* (transfer full) (nullable): (server + (local without base)) without (base without local), written as the server
 * writes it; NULL if one of them is no list of tags, or they are lists of different kinds */
char *
sync_merge_union (const char *base, const char *local, const char *server)
{
  g_auto (Tags) b = { 0 }, l = { 0 }, s = { 0 }, sum = { 0 };

  tags_init (&b, base);
  tags_init (&l, local);
  tags_init (&s, server);
  tags_init (&sum, NULL);
  sum.form = s.form != TAGS_NOTHING ? s.form : l.form != TAGS_NOTHING ? l.form : b.form;
  sum.leading = s.leading || l.leading || b.leading;
  if (b.form == TAGS_NONE || l.form == TAGS_NONE || sum.form == TAGS_NONE
      || (l.form != TAGS_NOTHING && l.form != sum.form) || (b.form != TAGS_NOTHING && b.form != sum.form))
    return NULL;
  for (guint i = 0; i < s.tags->len; i++)
    if (!tags_find (&b, s.keys->pdata[i]) || tags_find (&l, s.keys->pdata[i]))
      tags_add (&sum, s.tags->pdata[i]);
  for (guint i = 0; i < l.tags->len; i++)
    if (!tags_find (&b, l.keys->pdata[i]))
      tags_add (&sum, l.tags->pdata[i]);
  return tags_format (&sum);
}
