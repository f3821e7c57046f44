/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An open conflict as the dialog works on it: what can be chosen, what was, and what would be written. Nothing is written
 * from here. No toolkit; the thread of its reader. */
#include "config.h"

#include "sync-conflict-case.h"

#include "sync-conflict-value.h"
#include "sync-json.h"
#include "sync-route.h"

#include <glib/gi18n.h>
#include <string.h>

#define METADATA_ZONE "site_time_zone"

static gboolean
is_object (const char *text)
{
  SyncJsonView view;

  return text != NULL && sync_json_check (text, strlen (text), &view, NULL)
         && sync_json_view_kind (&view) == SYNC_JSON_OBJECT;
}

/* (transfer full) (nullable): the text that the object @text (nullable) has in @name */
char *
sync_conflict_case_dup_text (const char *text, const char *name)
{
  SyncJsonView view, value;

  if (text == NULL || !sync_json_check (text, strlen (text), &view, NULL)
      || sync_json_view_kind (&view) != SYNC_JSON_OBJECT || !sync_json_view_member (&view, name, &value)
      || sync_json_view_kind (&value) != SYNC_JSON_STRING)
    return NULL;
  return sync_json_view_dup_text (&value);
}

static gboolean
has_type (const SyncConflictCase *self, const char *type)
{
  return g_strcmp0 (self->conflict->conflict_type, type) == 0;
}

static gboolean
has_action (const SyncConflictCase *self, const char *action)
{
  return self->request != NULL && g_strcmp0 (self->request->action, action) == 0;
}

/* Whether the fields that this till's version has are all that the request holds. */
static gboolean
is_whole_body (const SyncConflictCase *self)
{
  GBytes *body = sync_request_get_body (self->request);
  const char *local = self->conflict->local_data;
  SyncJsonView fields, whole;

  return body != NULL && local != NULL && sync_json_check (local, strlen (local), &fields, NULL)
         && sync_json_check (g_bytes_get_data (body, NULL), g_bytes_get_size (body), &whole, NULL)
         && fields.length == whole.length && memcmp (fields.text, whole.text, whole.length) == 0;
}

/**
 * sync_conflict_case_is_plain_update:
 * @self: a conflict whose request can be read
 *
 * Returns: whether it is about a change of a document's fields as the engine sees it: the fields are the body itself, in JSON,
 *   so that others can take their place
 */
gboolean
sync_conflict_case_is_plain_update (const SyncConflictCase *self)
{
  const char *type = self->request->content_type;
  gsize length = type != NULL ? strcspn (type, "; ") : 0;

  return has_action (self, "update") && g_strcmp0 (self->request->family, SYNC_ROUTE_FAMILY_RESOURCE) == 0
         && length == strlen ("application/json") && g_ascii_strncasecmp (type, "application/json", length) == 0
         && is_whole_body (self);
}

/**
 * sync_conflict_case_is_made_anew:
 * @self: a conflict
 *
 * The document under the key was cancelled, or submitted with other content: what this till has can only be a new document,
 * under a key of its own.
 *
 * Returns: whether that is what keeping this till's version means
 */
gboolean
sync_conflict_case_is_made_anew (const SyncConflictCase *self)
{
  return (has_type (self, "cancelled") || has_type (self, "submitted"))
         && (has_action (self, "create") || has_action (self, "call"));
}

/* (nullable) */
static const char *
find_why_not_local (const SyncConflictCase *self)
{
  if (self->request == NULL)
    return _ ("What this till wrote cannot be read any more.");
  if (self->conflict->server_data == NULL)
    return _ ("The document is not on the server any more, so nothing there can take this till's version.");
  if (has_type (self, "name_taken"))
    return _ ("Another document has that name, so nothing can be made under it. Whatever waits for this one goes on with the "
              "one that is there, if you keep the server's.");
  if (sync_conflict_case_is_made_anew (self))
    return NULL;
  if (has_type (self, "cancelled"))
    return _ ("The document was cancelled on the server, and what is cancelled does not change any more.");
  return NULL;
}

/* (nullable): also where the merge would find out by itself, but not in words for a cashier. */
static const char *
find_why_not_merged (const SyncConflictCase *self)
{
  if (self->why_not_local != NULL)
    return self->why_not_local;
  if (!is_object (self->conflict->local_data))
    return has_action (self, "delete") ? _ ("Deleting has no fields: the document goes, or it stays.")
                                       : _ ("This till's version cannot be read, so its fields cannot be compared.");
  if (!is_object (self->conflict->server_data))
    return _ ("The server's version cannot be read, so its fields cannot be compared.");
  if (sync_conflict_case_is_made_anew (self))
    return _ ("What is cancelled or submitted does not change any more. The server's document stands, or this till's is made as "
              "a new one beside it.");
  if (has_type (self, "submitted"))
    return _ ("The document was submitted on the server. This till's version can be tried as a whole: the server takes only "
              "changes of fields that may change after that, and refuses all else.");
  if (!sync_conflict_case_is_plain_update (self))
    return _ ("This is no plain change of a document's fields, so only one of the two can be taken as a whole.");
  return NULL;
}

static SyncMerge *
make_merge (const SyncConflictCase *self, SyncMergePolicies *policies, GError **error)
{
  const SyncMergeInput input = {
    /* A base that cannot be read is as good as none. */
    .base = is_object (self->conflict->base_data) ? self->conflict->base_data : NULL,
    .local = self->conflict->local_data,
    .server = self->conflict->server_data,
    .resource_type = self->conflict->resource_type,
    .policies = policies,
    .style = SYNC_MERGE_STYLE_MERGE,
    .newer = SYNC_MERGE_NEWER_UNKNOWN,
    .precision = SYNC_MERGE_DEFAULT_PRECISION,
  };

  return sync_merge_new (&input, error);
}

/* (transfer full) (nullable): as whom it was sent last, if that was known then */
static char *
dup_sender (SyncStore *reader, gint64 request_id)
{
  g_autoptr (GPtrArray) attempts = sync_store_list_attempts (reader, request_id, NULL);

  for (guint i = attempts != NULL ? attempts->len : 0; i > 0; i--)
    {
      const SyncAttempt *attempt = g_ptr_array_index (attempts, i - 1);

      if (attempt->sent_as != NULL)
        return g_strdup (attempt->sent_as);
    }
  return NULL;
}

/**
 * sync_conflict_case_new_uncompared:
 * @reader: a store to read from
 * @id: of a conflict
 * @error: %SYNC_ERROR_NOT_FOUND or %SYNC_ERROR_STORAGE
 *
 * Returns: (transfer full) (nullable): the conflict for reading: nothing can be chosen by field
 */
SyncConflictCase *
sync_conflict_case_new_uncompared (SyncStore *reader, gint64 id, GError **error)
{
  g_autoptr (SyncConflictCase) self = g_new0 (SyncConflictCase, 1);
  g_autofree char *zone = NULL;

  self->conflict = sync_store_get_conflict (reader, id, error);
  if (self->conflict == NULL)
    return NULL;
  self->request = sync_store_get (reader, self->conflict->request_id, NULL);
  self->currency = sync_conflict_case_dup_text (self->conflict->server_data, "currency");
  /* "site zone" */
  zone = sync_store_dup_metadata (reader, METADATA_ZONE);
  if (zone != NULL && strrchr (zone, ' ') != NULL)
    self->zone = g_strdup (strrchr (zone, ' ') + 1);
  self->user = dup_sender (reader, self->conflict->request_id);
  return g_steal_pointer (&self);
}

/**
 * sync_conflict_case_read_policies:
 *
 * Returns: (transfer full): how fields are merged; as it is built in while the shop's own file is not in order
 */
SyncMergePolicies *
sync_conflict_case_read_policies (void)
{
  g_autoptr (GError) error = NULL;
  SyncMergePolicies *policies = sync_merge_policies_new_for_shop (&error);

  if (policies != NULL)
    return policies;
  g_message ("The shop's policies of fields are not used: %s", error->message);
  return sync_merge_policies_new (NULL, NULL);
}

/**
 * sync_conflict_case_new:
 * @reader: a store to read from
 * @id: of a conflict
 * @policies: (nullable): of the fields
 * @error: %SYNC_ERROR_NOT_FOUND or %SYNC_ERROR_STORAGE
 *
 * Returns: (transfer full) (nullable): the conflict, nothing chosen; also one that is not open any more
 */
SyncConflictCase *
sync_conflict_case_new (SyncStore *reader, gint64 id, SyncMergePolicies *policies, GError **error)
{
  g_autoptr (SyncConflictCase) self = sync_conflict_case_new_uncompared (reader, id, error);
  g_autoptr (GError) local_error = NULL;

  if (self == NULL)
    return NULL;
  self->why_not_local = g_strdup (find_why_not_local (self));
  self->why_not_merged = g_strdup (find_why_not_merged (self));
  if (self->why_not_merged == NULL)
    self->merge = make_merge (self, policies, &local_error);
  if (local_error != NULL)
    self->why_not_merged = g_strdup_printf (_ ("The fields cannot be compared: %s"), local_error->message);
  return g_steal_pointer (&self);
}

void
sync_conflict_case_free (SyncConflictCase *self)
{
  g_clear_pointer (&self->conflict, sync_conflict_free);
  g_clear_pointer (&self->request, sync_request_unref);
  g_clear_pointer (&self->merge, sync_merge_free);
  g_free (self->why_not_local);
  g_free (self->why_not_merged);
  g_free (self->currency);
  g_free (self->zone);
  g_free (self->user);
  g_free (self);
}

/**
 * sync_conflict_case_set_user:
 * @self: the conflict
 * @user: whom the server takes this till for now
 *
 * Tells that where nobody knew it when this till's version was sent.
 */
void
sync_conflict_case_set_user (SyncConflictCase *self, const char *user)
{
  if (self->user == NULL)
    self->user = g_strdup (user);
}

/**
 * sync_conflict_case_is_asked:
 * @item: of its merge
 *
 * Returns: whether it differs in a way that a person may decide, as opposed to what is the same on both sides, what this
 *   till did not touch, and the server's own
 */
gboolean
sync_conflict_case_is_asked (const SyncMergeItem *item)
{
  return item->sent && item->decision != SYNC_MERGE_EQUAL && item->decision != SYNC_MERGE_OWN;
}

/**
 * sync_conflict_case_is_open:
 * @item: of its merge
 *
 * Returns: whether a person has still to decide it, or something in it
 */
gboolean
sync_conflict_case_is_open (const SyncMergeItem *item)
{
  if (item->take != SYNC_MERGE_TAKE_AUTOMATIC || !item->sent)
    return FALSE;
  for (guint i = 0; item->parts != NULL && i < item->parts->len; i++)
    if (sync_conflict_case_is_open (g_ptr_array_index (item->parts, i)))
      return TRUE;
  return item->decision == SYNC_MERGE_ASK;
}

/**
 * sync_conflict_case_is_news:
 * @item: of its merge
 *
 * Returns: whether it is a number that nobody decides but that tells the two apart, such as a total that the server
 *   computes
 */
gboolean
sync_conflict_case_is_news (const SyncMergeItem *item)
{
  g_autofree char *difference = NULL;

  if (item->decision != SYNC_MERGE_OWN || item->kind != SYNC_MERGE_KIND_FIELD)
    return FALSE;
  difference = sync_conflict_value_difference (item->name, item->local, item->server, NULL);
  return difference != NULL;
}

/**
 * sync_conflict_case_take_whole:
 * @self: the conflict
 * @whole: what is taken; NONE takes back every choice. LOCAL is ignored where it is not possible
 *
 * Takes one of the two as a whole.
 */
void
sync_conflict_case_take_whole (SyncConflictCase *self, SyncConflictWhole whole)
{
  static const SyncMergeTake takes[] = { SYNC_MERGE_TAKE_AUTOMATIC, SYNC_MERGE_TAKE_LOCAL, SYNC_MERGE_TAKE_SERVER };

  if (whole == SYNC_CONFLICT_WHOLE_LOCAL && self->why_not_local != NULL)
    return;
  self->whole = whole;
  if (self->merge != NULL)
    sync_merge_choose_all (self->merge, takes[whole]);
}

/**
 * sync_conflict_case_choose:
 * @self: the conflict
 * @item: one of its merge
 * @take: what a person takes for it
 * @value: (nullable): of SYNC_MERGE_TAKE_VALUE: JSON
 *
 * Takes something for one field, row or table; all others stay as they are.
 *
 * Returns: whether that was possible
 */
gboolean
sync_conflict_case_choose (SyncConflictCase *self, SyncMergeItem *item, SyncMergeTake take, const char *value)
{
  g_autoptr (GError) error = NULL;

  if (!sync_merge_choose (self->merge, item, take, value, &error))
    {
      g_message ("The choice for %s is not possible: %s", item->path, error->message);
      return FALSE;
    }
  self->whole = SYNC_CONFLICT_WHOLE_NONE;
  return TRUE;
}

/**
 * sync_conflict_case_count_open:
 * @self: the conflict
 *
 * Returns: how much a person has still to decide; 0: it can be applied
 */
guint
sync_conflict_case_count_open (const SyncConflictCase *self)
{
  if (self->whole != SYNC_CONFLICT_WHOLE_NONE)
    return 0;
  return self->merge != NULL ? sync_merge_count_open (self->merge) : 1;
}

static gboolean
is_typed (const GPtrArray *items)
{
  for (guint i = 0; items != NULL && i < items->len; i++)
    {
      const SyncMergeItem *item = g_ptr_array_index (items, i);

      if (item->take == SYNC_MERGE_TAKE_VALUE || is_typed (item->parts))
        return TRUE;
    }
  return FALSE;
}

/**
 * sync_conflict_case_writes_nothing:
 * @self: a conflict with a merge
 *
 * Returns: whether nothing of what the merge takes differs from the server
 */
gboolean
sync_conflict_case_writes_nothing (const SyncConflictCase *self)
{
  g_autofree char *changes = sync_merge_dup_changes (self->merge);

  return strcmp (changes, "{}") == 0;
}

/**
 * sync_conflict_case_get_resolution:
 * @self: the conflict, decided
 *
 * Returns: what the engine is to be told; a merge that writes nothing is the server's version
 */
SyncResolution
sync_conflict_case_get_resolution (const SyncConflictCase *self)
{
  if (self->whole == SYNC_CONFLICT_WHOLE_LOCAL)
    return SYNC_RESOLUTION_LOCAL_WINS;
  if (self->whole == SYNC_CONFLICT_WHOLE_SERVER || self->merge == NULL || sync_conflict_case_writes_nothing (self))
    return SYNC_RESOLUTION_SERVER_WINS;
  return is_typed (self->merge->items) ? SYNC_RESOLUTION_MANUAL : SYNC_RESOLUTION_MERGED;
}

/**
 * sync_conflict_case_dup_document:
 * @self: the conflict, decided
 *
 * Returns: (transfer full) (nullable): the fields to write where the resolution is merged or manual
 */
GBytes *
sync_conflict_case_dup_document (const SyncConflictCase *self)
{
  SyncResolution resolution = sync_conflict_case_get_resolution (self);
  char *changes;

  if (resolution != SYNC_RESOLUTION_MERGED && resolution != SYNC_RESOLUTION_MANUAL)
    return NULL;
  changes = sync_merge_dup_changes (self->merge);
  return g_bytes_new_take (changes, strlen (changes));
}

/**
 * sync_conflict_case_deletes:
 * @self: the conflict
 *
 * Returns: whether what is chosen deletes the document on the server
 */
gboolean
sync_conflict_case_deletes (const SyncConflictCase *self)
{
  return self->whole == SYNC_CONFLICT_WHOLE_LOCAL && has_action (self, "delete");
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/**
 * sync_conflict_case_dup_likeness:
 * @self: the conflict
 *
 * Returns: (transfer full): a text that is the same for conflicts of the same kind, about the same type of document and the
 *   same fields
 */
char *
sync_conflict_case_dup_likeness (const SyncConflictCase *self)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  g_string_append_printf (text, "%s\n%s\n%s\n", self->conflict->resource_type != NULL ? self->conflict->resource_type : "",
                          self->conflict->conflict_type, self->request != NULL ? self->request->action : "");
  g_string_append (text, self->why_not_local != NULL ? "whole\n" : "");
  for (guint i = 0; self->merge != NULL && i < self->merge->items->len; i++)
    {
      const SyncMergeItem *item = g_ptr_array_index (self->merge->items, i);

      if (sync_conflict_case_is_asked (item))
        g_ptr_array_add (names, item->name);
    }
  g_ptr_array_sort (names, compare_names);
  for (guint i = 0; i < names->len; i++)
    g_string_append_printf (text, "%s\n", (const char *) g_ptr_array_index (names, i));
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* A choice for a single row of a table, or a part of one. */
static gboolean
has_choice_inside (const SyncMergeItem *item)
{
  for (guint i = 0; item->parts != NULL && i < item->parts->len; i++)
    {
      const SyncMergeItem *part = g_ptr_array_index (item->parts, i);

      if (part->take != SYNC_MERGE_TAKE_AUTOMATIC || has_choice_inside (part))
        return TRUE;
    }
  return FALSE;
}

/**
 * sync_conflict_case_can_lead:
 * @self: the conflict
 *
 * Returns: whether what was chosen means the same for another document: a side for all of it or for whole fields, and
 *   nothing that was typed or that is about a single row
 */
gboolean
sync_conflict_case_can_lead (const SyncConflictCase *self)
{
  if (sync_conflict_case_count_open (self) > 0)
    return FALSE;
  if (self->whole != SYNC_CONFLICT_WHOLE_NONE)
    return TRUE;
  for (guint i = 0; i < self->merge->items->len; i++)
    {
      const SyncMergeItem *item = g_ptr_array_index (self->merge->items, i);

      if (item->take == SYNC_MERGE_TAKE_VALUE || has_choice_inside (item))
        return FALSE;
    }
  return TRUE;
}

/**
 * sync_conflict_case_follow:
 * @self: a conflict of the same likeness
 * @leader: a decided conflict that can lead
 *
 * Chooses here what was chosen there.
 *
 * Returns: whether that decides this one, too
 */
gboolean
sync_conflict_case_follow (SyncConflictCase *self, const SyncConflictCase *leader)
{
  if (leader->whole != SYNC_CONFLICT_WHOLE_NONE)
    {
      sync_conflict_case_take_whole (self, leader->whole);
      return self->whole == leader->whole;
    }
  if (self->merge == NULL || leader->merge == NULL)
    return FALSE;
  for (guint i = 0; i < leader->merge->items->len; i++)
    {
      const SyncMergeItem *item = g_ptr_array_index (leader->merge->items, i);
      SyncMergeItem *mine = sync_merge_lookup (self->merge, item->path);

      if (item->take != SYNC_MERGE_TAKE_AUTOMATIC
          && (mine == NULL || !sync_conflict_case_choose (self, mine, item->take, NULL)))
        return FALSE;
    }
  return sync_conflict_case_count_open (self) == 0;
}
