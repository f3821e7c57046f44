/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who ends a conflict: a hook of the shop's, else the type's policy where it can, else a person. It is decided after the
 * conflict was committed, and again at the next start if that was cut short; a conflict that was left to a person stays
 * with him. Engine's thread only. */
#include "config.h"

#include "sync-engine-private.h"

#include "sync-body.h"
#include "sync-error.h"

#include <string.h>

/* Somebody there changes the document as often as we decide: then people should talk. */
#define ROUNDS_BEFORE_PERSON 3

/* (transfer full) (nullable): @why, after what the hook failed at: whoever reads the conflict is to know of that */
static char *
dup_whole_reason (const SyncOpenConflict *open, const char *why)
{
  return open->hook_trouble == NULL ? g_strdup (why)
         : why == NULL              ? g_strdup (open->hook_trouble)
                                    : g_strdup_printf ("%s; %s", open->hook_trouble, why);
}

static void
ask (SyncEngine *self, const SyncOpenConflict *open, const char *why)
{
  g_autofree char *reason = dup_whole_reason (open, why);
  g_autoptr (GError) error = NULL;

  if (!sync_store_note_conflict (self->store, open->conflict->id, SYNC_CONFLICT_ASKED, "engine", reason, &error)
      && !g_error_matches (error, SYNC_ERROR, SYNC_ERROR_STALE))
    {
      sync_resolver_add (self, open->conflict->id);
      sync_engine_set_storage_trouble (self, error);
    }
}

/* Which side wrote last: the till when it took the write, on the server's clock as far as that is known; the server as its
 * document says. What lies within the uncertainty of the clocks nobody knows. Missing, no time at all, or exactly equal:
 * the server. */
static SyncMergeNewer
find_newer (SyncEngine *self, const SyncOpenConflict *open)
{
  gint64 local_ms = sync_engine_get_accepted_ms (self, open->row);
  gint64 uncertainty_ms = sync_engine_get_uncertainty_ms (self, open->row);
  g_autofree char *met = sync_between_dup_version (self, open);
  const char *version = met != NULL ? met : open->conflict->server_version;
  gint64 earliest_ms, latest_ms;

  if (version == NULL || *version == '\0')
    return SYNC_MERGE_NEWER_SERVER;
  if (uncertainty_ms < 0 || self->zone == NULL)
    return SYNC_MERGE_NEWER_UNKNOWN;
  if (!sync_zone_read (self, version, &earliest_ms, &latest_ms)
      || (earliest_ms == local_ms && sync_zone_read_fraction_us (version) % 1000 <= 0))
    return SYNC_MERGE_NEWER_SERVER;
  if (local_ms - uncertainty_ms > latest_ms)
    return SYNC_MERGE_NEWER_LOCAL;
  if (local_ms + uncertainty_ms < earliest_ms)
    return SYNC_MERGE_NEWER_SERVER;
  return SYNC_MERGE_NEWER_UNKNOWN;
}

/* Whether in a conflict of @row, as listed, it would matter who wrote last: to a policy, or to the person who is shown both times. */
gboolean
sync_resolver_compares_times (const SyncRequest *row)
{
  return g_str_equal (row->action, sync_action_to_string (SYNC_ACTION_UPDATE))
         || (g_str_equal (row->action, sync_action_to_string (SYNC_ACTION_DELETE)) && row->base_modified != NULL);
}

static const char *
why_of (SyncMergeReason reason)
{
  switch (reason)
    {
    case SYNC_MERGE_REASON_BOTH_CHANGED:
    case SYNC_MERGE_REASON_OVERLAP:
      return "both sides changed it";
    case SYNC_MERGE_REASON_NO_BASE:
      return "which side changed it is not known";
    case SYNC_MERGE_REASON_NEWER_UNKNOWN:
      return "which side is newer is not known";
    case SYNC_MERGE_REASON_DELETED_LOCAL:
      return "this till took it out, the server changed it";
    case SYNC_MERGE_REASON_DELETED_SERVER:
      return "the server took it out, this till changed it";
    case SYNC_MERGE_REASON_SAME_NEW_ROW:
      return "both sides have it as a new row";
    case SYNC_MERGE_REASON_NONE:
    case SYNC_MERGE_REASON_NOT_A_NUMBER:
    case SYNC_MERGE_REASON_NOT_A_LIST:
    case SYNC_MERGE_REASON_NEVER_MERGED:
    case SYNC_MERGE_REASON_ROWS_UNCLEAR:
    default:
      return "it does not merge";
    }
}

static void
collect_open (GPtrArray *items, GString *fields)
{
  for (guint i = 0; items != NULL && i < items->len; i++)
    {
      const SyncMergeItem *item = g_ptr_array_index (items, i);

      if (item->decision == SYNC_MERGE_ASK && item->take == SYNC_MERGE_TAKE_AUTOMATIC)
        g_string_append_printf (fields, "%s%s (%s)", fields->len > 0 ? ", " : "", item->path, why_of (item->reason));
      collect_open (item->parts, fields);
    }
}

/* (transfer full) (nullable): which fields are for a person, in words; NULL: none */
char *
sync_resolver_dup_open_fields (const SyncMerge *merge)
{
  g_autoptr (GString) fields = g_string_new (NULL);

  if (sync_merge_count_open (merge) == 0)
    return NULL;
  collect_open (merge->items, fields);
  return g_string_free (g_steal_pointer (&fields), FALSE);
}

/* Whether the merge takes all that the till sent, or nothing of it. */
static SyncResolution
name_result (const SyncMerge *merge)
{
  gboolean takes_local = FALSE;
  gboolean takes_other = FALSE;

  for (guint i = 0; i < merge->items->len; i++)
    {
      const SyncMergeItem *item = g_ptr_array_index (merge->items, i);

      if (!item->sent || item->decision == SYNC_MERGE_OWN || item->decision == SYNC_MERGE_EQUAL)
        continue;
      if (g_strcmp0 (item->result, item->local) == 0)
        takes_local = TRUE;
      else
        takes_other = TRUE;
    }
  return takes_local && !takes_other ? SYNC_RESOLUTION_LOCAL_WINS : SYNC_RESOLUTION_MERGED;
}

static gboolean
apply (SyncEngine *self, const SyncOpenConflict *open, SyncResolution resolution, GBytes *body, SyncMergeStyle style,
       const char *reason)
{
  g_autofree char *actor = g_strdup_printf ("policy %s", sync_merge_style_to_string (style));
  g_autofree char *whole = dup_whole_reason (open, reason);
  g_autoptr (GError) error = NULL;

  if (sync_resolve_apply (self, open, resolution, body, "look", actor, whole, &error))
    return TRUE;
  if (g_error_matches (error, SYNC_ERROR, SYNC_ERROR_STORAGE) || g_error_matches (error, SYNC_ERROR, SYNC_ERROR_DISK_FULL))
    {
      sync_resolver_add (self, open->conflict->id);
      sync_engine_set_storage_trouble (self, error);
      return TRUE;
    }
  return FALSE;
}

/* A call that has no room for a part of each side: what it says, or what the server says, whichever the merge took. */
static void
take_whole (SyncEngine *self, const SyncOpenConflict *open, SyncMergeStyle style, const SyncMerge *merge)
{
  if (name_result (merge) != SYNC_RESOLUTION_LOCAL_WINS)
    ask (self, open, "something of each side would stand, and the call that was made cannot say that");
  else if (!apply (self, open, SYNC_RESOLUTION_LOCAL_WINS, NULL, style, NULL))
    ask (self, open, "this till's version could not be taken");
}

/* Field by field, as far as that needs nobody. */
static void
merge (SyncEngine *self, const SyncOpenConflict *open, SyncMergeStyle style)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncMerge) merge = sync_resolve_merge (self, open, style, find_newer (self, open), &error);
  g_autofree char *why = merge != NULL ? sync_resolver_dup_open_fields (merge) : g_strdup (error->message);
  g_autofree char *changes = NULL;
  g_autoptr (GBytes) body = NULL;

  if (why != NULL)
    {
      ask (self, open, why);
      return;
    }
  changes = sync_merge_dup_changes (merge);
  if (g_str_equal (changes, "{}"))
    {
      if (!apply (self, open, SYNC_RESOLUTION_SERVER_WINS, NULL, style, "nothing of this till's version is left to write"))
        ask (self, open, "the server's version could not be taken");
      return;
    }
  if (sync_resolve_why_not_merged (open) != NULL)
    {
      take_whole (self, open, style, merge);
      return;
    }
  body = g_bytes_new (changes, strlen (changes));
  if (!apply (self, open, name_result (merge), body, style, NULL))
    ask (self, open, "what was merged could not be taken");
}

static const char *
why_person (const SyncOpenConflict *open)
{
  const char *type = open->conflict->conflict_type;

  if (g_strcmp0 (type, "edit_delete") == 0)
    return "the document is not on the server any more";
  if (g_strcmp0 (type, "cancelled") == 0)
    return "the document was cancelled on the server";
  if (g_strcmp0 (type, "submitted") == 0)
    return "the document was submitted on the server";
  return NULL;
}

/* A side as a whole, whatever it wrote. */
static void
take_side (SyncEngine *self, const SyncOpenConflict *open, SyncMergeStyle style, gboolean local)
{
  const char *why = local ? sync_resolve_why_not_local (open) : NULL;

  if (why == NULL
      && !apply (self, open, local ? SYNC_RESOLUTION_LOCAL_WINS : SYNC_RESOLUTION_SERVER_WINS, NULL, style, NULL))
    why = local ? "this till's version could not be taken" : "the server's version could not be taken";
  if (why != NULL)
    ask (self, open, why);
}

/* Deleted here, changed there: nothing to merge. */
static void
decide_delete (SyncEngine *self, const SyncOpenConflict *open, SyncMergeStyle style)
{
  SyncMergeNewer newer = find_newer (self, open);

  if (style != SYNC_MERGE_STYLE_LAST_WRITE_WINS)
    ask (self, open, "it was deleted here and changed on the server");
  else if (newer == SYNC_MERGE_NEWER_UNKNOWN)
    ask (self, open, why_of (SYNC_MERGE_REASON_NEWER_UNKNOWN));
  else
    take_side (self, open, style, newer == SYNC_MERGE_NEWER_LOCAL);
}

/* Another document has the name of ours. If it says all that ours would, it serves as well. */
static void
decide_name (SyncEngine *self, const SyncOpenConflict *open, SyncMergeStyle style)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *there = sync_question_parse (parser, open->conflict->server_data, -1);
  gint64 docstatus = there != NULL ? sync_json_member_int (there, "docstatus", 0) : 0;

  if (docstatus != (open->route->submit_after ? 1 : 0)
      || !sync_body_agrees_with (open->route, open->row->content_type, sync_request_get_body (open->row),
                              open->conflict->server_data))
    ask (self, open, "another document has that name");
  else if (!apply (self, open, SYNC_RESOLUTION_SERVER_WINS, NULL, style, "the document of that name says the same"))
    ask (self, open, "the server's version could not be taken");
}

/* An undo writes nothing over that somebody wrote since, whatever wins elsewhere: what collides is for a person. */
static SyncMergeStyle
style_for (SyncEngine *self, const SyncOpenConflict *open)
{
  SyncMergeStyle style = sync_merge_style_for_type (self->config->conflict_policies, open->conflict->resource_type);

  return open->row->undo_of != 0 && style != SYNC_MERGE_STYLE_ASK ? SYNC_MERGE_STYLE_MERGE : style;
}

static void
decide_by_policy (SyncEngine *self, const SyncOpenConflict *open)
{
  SyncMergeStyle style = style_for (self, open);
  const char *why = why_person (open);

  if (style == SYNC_MERGE_STYLE_ASK)
    ask (self, open, "the policy of the type is to ask");
  else if (why != NULL)
    ask (self, open, why);
  else if (sync_resolve_is_name_taken (open))
    decide_name (self, open, style);
  else if (style == SYNC_MERGE_STYLE_SERVER || style == SYNC_MERGE_STYLE_LOCAL)
    take_side (self, open, style, style == SYNC_MERGE_STYLE_LOCAL);
  else if (open->route->action == SYNC_ACTION_DELETE)
    decide_delete (self, open, style);
  else if (g_strcmp0 (open->conflict->conflict_type, "renamed") == 0
           && (open->conflict->base_data == NULL || sync_resolve_why_not_merged (open) != NULL))
    ask (self, open, "it was renamed, and what else was changed is not known");
  else
    merge (self, open, style);
}

/* What a hook may decide stands in the same order here and there. */
G_STATIC_ASSERT ((int) SYNC_HOOK_LOCAL_WINS == (int) SYNC_RESOLUTION_LOCAL_WINS
                 && (int) SYNC_HOOK_SERVER_WINS == (int) SYNC_RESOLUTION_SERVER_WINS
                 && (int) SYNC_HOOK_MERGED == (int) SYNC_RESOLUTION_MERGED
                 && (int) SYNC_HOOK_MANUAL == (int) SYNC_RESOLUTION_MANUAL);

/* What a hook said is done, or why it cannot be is said. */
static void
follow_hook (SyncEngine *self, const SyncOpenConflict *open, const SyncHookAnswer *answer)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *why = NULL;

  if (answer->resolution == SYNC_HOOK_ASK || answer->resolution == SYNC_HOOK_SKIP)
    why = g_strdup_printf ("%s leaves it to a person%s%s", answer->by, answer->reason != NULL ? ": " : "",
                           answer->reason != NULL ? answer->reason : "");
  else if (!sync_resolve_as (self, open, (SyncResolution) answer->resolution, answer->document, "look", answer->by,
                             answer->reason, &error))
    why = g_strdup_printf ("what %s decided could not be done: %s", answer->by, error->message);
  if (why != NULL)
    ask (self, open, why);
}

typedef struct
{
  SyncEngine *engine; /* (owned) */
  gint64 conflict_id;
} Question;

static void
hooks_answered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Question *question = user_data;
  g_autoptr (SyncEngine) self = question->engine;
  g_auto (SyncOpenConflict) open = { NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncHookAnswer) answer = sync_hooks_ask_finish (SYNC_HOOKS (source), result, &error);

  /* Not answered now: the next start asks again. */
  if (!self->running || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED)
      || !sync_resolve_load (self, question->conflict_id, &open, NULL) || open.conflict->asked_ms != 0)
    return;
  open.hook_trouble = g_strdup (error != NULL ? error->message : answer != NULL ? answer->passed : NULL);
  if (open.hook_trouble != NULL)
    g_message ("conflict %" G_GINT64_FORMAT ": %s%s", question->conflict_id, open.hook_trouble,
               answer == NULL ? "; the policy decides" : "");
  if (answer != NULL)
    follow_hook (self, &open, answer);
  else
    decide_by_policy (self, &open);
}

/* On the server's clock; 0: not known */
static gint64
read_version_ms (SyncEngine *self, const char *version)
{
  gint64 earliest_ms, latest_ms;

  return sync_zone_read (self, version, &earliest_ms, &latest_ms) ? earliest_ms : 0;
}

/* When its sides were written, as far as that is known. */
SyncHookFacts
sync_resolver_get_facts (SyncEngine *self, const SyncRequest *row, const char *server_version)
{
  return (SyncHookFacts) {
    .base_ms = read_version_ms (self, row->base_modified),
    .local_ms = sync_engine_get_accepted_ms (self, row),
    .server_ms = read_version_ms (self, server_version),
  };
}

static void
decide (SyncEngine *self, const SyncOpenConflict *open)
{
  const SyncHookFacts facts = sync_resolver_get_facts (self, open->row, open->conflict->server_version);
  Question *question;

  if (sync_store_count_conflicts_of (self->store, open->row->id) > ROUNDS_BEFORE_PERSON)
    {
      ask (self, open, "the document was changed again each time");
      return;
    }
  question = g_new0 (Question, 1);
  question->engine = g_object_ref (self);
  question->conflict_id = open->conflict->id;
  sync_hooks_ask_async (self->hooks, open->conflict, &facts, self->errands, hooks_answered_cb, question);
}

/* A conflict was opened, and nobody has decided who ends it. */
void
sync_resolver_add (SyncEngine *self, gint64 conflict_id)
{
  g_array_append_val (self->undecided, conflict_id);
}

/* Those that an earlier run left undecided. */
void
sync_resolver_start (SyncEngine *self)
{
  g_autoptr (GPtrArray) open = sync_store_list_conflicts (self->store, "pending", G_MAXINT, NULL);

  g_array_set_size (self->undecided, 0);
  for (guint i = 0; open != NULL && i < open->len; i++)
    if (((SyncConflict *) g_ptr_array_index (open, i))->asked_ms == 0)
      sync_resolver_add (self, ((SyncConflict *) g_ptr_array_index (open, i))->id);
}

/* Decides about each, once; what the disk did not take comes again. */
void
sync_resolver_run (SyncEngine *self)
{
  g_autoptr (GArray) ids = NULL;

  if (self->undecided->len == 0 || self->disk_rests || self->stopping)
    return;
  ids = g_steal_pointer (&self->undecided);
  self->undecided = g_array_new (FALSE, FALSE, sizeof (gint64));
  for (guint i = 0; i < ids->len; i++)
    {
      g_auto (SyncOpenConflict) open = { NULL };
      g_autoptr (GError) error = NULL;
      gint64 id = g_array_index (ids, gint64, i);

      if (self->disk_rests)
        sync_resolver_add (self, id);
      else if (sync_resolve_load (self, id, &open, &error))
        {
          if (open.conflict->asked_ms == 0)
            decide (self, &open);
        }
      else if (open.conflict != NULL && g_strcmp0 (open.conflict->status, "pending") == 0)
        ask (self, &open, error->message);
    }
}

/**
 * sync_engine_set_hooks:
 * @self: an engine that does not run yet
 * @hooks: who is asked about a conflict before the policies are
 *
 * Takes the place of those that it was made with, which have no directory of programs.
 */
void
sync_engine_set_hooks (SyncEngine *self, SyncHooks *hooks)
{
  g_set_object (&self->hooks, hooks);
}

/**
 * sync_engine_get_hooks:
 * @self: an engine
 *
 * Returns: (transfer none): where hooks are registered: see sync_hooks_register() and sync_hooks_unregister()
 */
SyncHooks *
sync_engine_get_hooks (SyncEngine *self)
{
  return self->hooks;
}

/**
 * sync_engine_set_merge_policies:
 * @self: an engine that does not run yet
 * @policies: of the fields, in place of the built-in ones
 */
void
sync_engine_set_merge_policies (SyncEngine *self, SyncMergePolicies *policies)
{
  g_set_object (&self->policies, policies);
}
