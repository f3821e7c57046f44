/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The fault switch: a list of faults, each with what it matches, how many matching requests it lets pass
 * and how many it spoils. The first that applies is taken. One thread. */
#include "config.h"

#include "sync-error.h"
#include "sync-practice-private.h"

#include <string.h>

typedef struct
{
  guint id;
  SyncPracticeFault fault;    /* its strings are owned */
  GPatternSpec *path;         /* (owned) (nullable) */
  guint seen;                 /* matching requests so far */
  guint hits;                 /* applications so far */
} Entry;

struct _SyncPracticeFaults
{
  GPtrArray *entries;         /* (owned) (element-type Entry): in the order of adding */
  guint last_id;
};

static const char *const kind_names[] =
  { "answer", "answer-after", "reset-accept", "reset-request", "reset-before",
                                          "reset-after", "reset-answer", "truncate", "stall", "stall-after",
                                          "slow-before", "slow-after", NULL };

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_free ((char *) entry->fault.method);
  g_free ((char *) entry->fault.path);
  g_free ((char *) entry->fault.contains);
  g_free ((char *) entry->fault.answer);
  g_clear_pointer (&entry->path, g_pattern_spec_free);
  g_free (entry);
}

SyncPracticeFaults *
sync_practice_faults_new (void)
{
  SyncPracticeFaults *self = g_new0 (SyncPracticeFaults, 1);

  self->entries = g_ptr_array_new_with_free_func (entry_free);
  return self;
}

void
sync_practice_faults_free (SyncPracticeFaults *self)
{
  g_ptr_array_unref (self->entries);
  g_free (self);
}

/**
 * sync_practice_shop_add_fault:
 * @self: a shop
 * @fault: what shall fail, and how; copied
 *
 * Returns: its id, for sync_practice_shop_remove_fault() and sync_practice_shop_get_fault_hits()
 */
guint
sync_practice_shop_add_fault (SyncPracticeShop *self, const SyncPracticeFault *fault)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->id = ++self->faults->last_id;
  entry->fault = *fault;
  entry->fault.method = g_strdup (fault->method);
  entry->fault.path = g_strdup (fault->path);
  entry->fault.contains = g_strdup (fault->contains);
  entry->fault.answer = g_strdup (fault->answer);
  entry->path = fault->path != NULL ? g_pattern_spec_new (fault->path) : NULL;
  g_ptr_array_add (self->faults->entries, entry);
  return entry->id;
}

static gboolean
is_answer (const char *name)
{
  return name != NULL && g_strv_contains (sync_practice_fault_answers (), name);
}

/* A misspelt `count` would spoil every call for ever. */
static gboolean
check_fields (JsonObject *spec, GError **error)
{
  static const char *const texts[] = { "kind", "method", "path", "contains", "answer", NULL };
  static const char *const numbers[] = { "skip", "count", "probability", "delay_ms", "bytes", "retry_after_s", NULL };
  g_autoptr (GList) members = json_object_get_members (spec);

  for (GList *item = members; item != NULL; item = item->next)
    {
      JsonNode *node = json_object_get_member (spec, item->data);
      GType type = JSON_NODE_HOLDS_VALUE (node) ? json_node_get_value_type (node) : G_TYPE_INVALID;
      gboolean is_text = g_strv_contains (texts, item->data);
      gboolean is_number = g_strv_contains (numbers, item->data);

      if ((is_text && type == G_TYPE_STRING) || (is_number && (type == G_TYPE_INT64 || type == G_TYPE_DOUBLE)))
        continue;
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID, is_text || is_number ? "\"%s\" is of the wrong type"
                                                                               : "Unknown field \"%s\"",
                   (const char *) item->data);
      return FALSE;
    }
  if (json_object_get_double_member_with_default (spec, "probability", 0) <= 1)
    return TRUE;
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID, "\"probability\" is from 0 to 1");
  return FALSE;
}

/**
 * sync_practice_shop_add_fault_json:
 * @self: a shop
 * @spec: `kind` (answer, answer-after, reset-accept, reset-request, reset-before, reset-after, reset-answer,
 *   truncate, stall, stall-after, slow-before, slow-after) and the other fields of #SyncPracticeFault by
 *   their names
 * @error: set to %SYNC_ERROR_INVALID (permanent) for an unknown kind, answer or field
 *
 * Returns: its id, 0 on error
 */
guint
sync_practice_shop_add_fault_json (SyncPracticeShop *self, JsonObject *spec, GError **error)
{
  const char *kind = sync_json_member_text (spec, "kind", "");
  SyncPracticeFault fault = {
    .method = sync_json_member_text (spec, "method", NULL),
    .path = sync_json_member_text (spec, "path", NULL),
    .contains = sync_json_member_text (spec, "contains", NULL),
    .answer = sync_json_member_text (spec, "answer", NULL),
    .skip = sync_json_member_int (spec, "skip", 0),
    .count = sync_json_member_int (spec, "count", 0),
    .probability = json_object_get_double_member_with_default (spec, "probability", 0),
    .delay_ms = sync_json_member_int (spec, "delay_ms", 0),
    .bytes = sync_json_member_int (spec, "bytes", 0),
    .retry_after_s = sync_json_member_int (spec, "retry_after_s", 0),
  };
  guint i = 0;

  if (!check_fields (spec, error))
    return 0;
  while (kind_names[i] != NULL && strcmp (kind_names[i], kind) != 0)
    i++;
  fault.kind = i;
  if (kind_names[i] == NULL)
    g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID, "Unknown kind of fault \"%s\"; the first is \"%s\"",
                 kind,
                 kind_names[0]);
  else if (fault.kind <= SYNC_PRACTICE_FAULT_ANSWER_AFTER && !is_answer (fault.answer))
    g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID,
                 "Unknown answer \"%s\"; GET /_practice/faults lists them",
                 fault.answer != NULL ? fault.answer : "");
  else
    return sync_practice_shop_add_fault (self, &fault);
  return 0;
}

static Entry *
find_entry (SyncPracticeShop *self, guint id)
{
  for (guint i = 0; i < self->faults->entries->len; i++)
    {
      Entry *entry = g_ptr_array_index (self->faults->entries, i);

      if (entry->id == id)
        return entry;
    }
  return NULL;
}

/* Returns: whether there was such a fault. */
gboolean
sync_practice_shop_remove_fault (SyncPracticeShop *self, guint id)
{
  Entry *entry = find_entry (self, id);

  return entry != NULL && g_ptr_array_remove (self->faults->entries, entry);
}

void
sync_practice_shop_clear_faults (SyncPracticeShop *self)
{
  g_ptr_array_set_size (self->faults->entries, 0);
}

/* Returns: how often the fault was applied; used-up faults stay listed until they are removed. */
guint
sync_practice_shop_get_fault_hits (SyncPracticeShop *self, guint id)
{
  Entry *entry = find_entry (self, id);

  return entry != NULL ? entry->hits : 0;
}

static gboolean
matches (Entry *entry, const char *method, const char *path, const char *body)
{
  const SyncPracticeFault *fault = &entry->fault;

  if (fault->method != NULL && g_strcmp0 (fault->method, method) != 0)
    return FALSE;
  if (entry->path != NULL && (path == NULL || !g_pattern_spec_match_string (entry->path, path)))
    return FALSE;
  return fault->contains == NULL || (body != NULL && strstr (body, fault->contains) != NULL);
}

/**
 * sync_practice_faults_take:
 * @shop: a shop
 * @kinds: a bit for each kind that can apply now
 * @method: (nullable): the request's verb, where it is known
 * @path: (nullable): its decoded path
 * @body: (nullable): its body
 *
 * Returns: (nullable) (transfer none): the fault to apply, counted; valid until faults are changed
 */
const SyncPracticeFault *
sync_practice_faults_take (SyncPracticeShop *shop, guint kinds, const char *method, const char *path,
                           const char *body)
{
  for (guint i = 0; i < shop->faults->entries->len; i++)
    {
      Entry *entry = g_ptr_array_index (shop->faults->entries, i);
      const SyncPracticeFault *fault = &entry->fault;

      if (!(kinds & (1u << fault->kind)) || (fault->count > 0 && entry->hits >= fault->count) ||
          !matches (entry, method, path, body))
        continue;
      if (entry->seen++ < fault->skip)
        continue;
      if (fault->probability > 0 && sync_random_unit (shop->random) >= fault->probability)
        continue;
      entry->hits++;
      return fault;
    }
  return NULL;
}

/* Returns: (transfer full): what is set, with id and hits. */
JsonArray *
sync_practice_faults_list (SyncPracticeFaults *self)
{
  JsonArray *list = json_array_new ();

  for (guint i = 0; i < self->entries->len; i++)
    {
      Entry *entry = g_ptr_array_index (self->entries, i);
      JsonObject *object = json_object_new ();

      json_object_set_int_member (object, "id", entry->id);
      json_object_set_string_member (object, "kind", kind_names[entry->fault.kind]);
      json_object_set_string_member (object, "method", entry->fault.method);
      json_object_set_string_member (object, "path", entry->fault.path);
      json_object_set_string_member (object, "contains", entry->fault.contains);
      json_object_set_string_member (object, "answer", entry->fault.answer);
      json_object_set_int_member (object, "skip", entry->fault.skip);
      json_object_set_int_member (object, "count", entry->fault.count);
      json_object_set_double_member (object, "probability", entry->fault.probability);
      json_object_set_int_member (object, "delay_ms", entry->fault.delay_ms);
      json_object_set_int_member (object, "bytes", entry->fault.bytes);
      json_object_set_int_member (object, "hits", entry->hits);
      json_array_add_object_element (list, object);
    }
  return list;
}
