/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What happened, for people to read and for those who count: the audit with the history of conflicts between its lines.
 * Both are only added to and both are read by row id, so a line is found again at the same cost however long they are.
 * Their ids are in the order of what happened even where the wall clock was set; between the two the clock decides.
 * Reading changes nothing. */
#include "config.h"

#include <string.h>

#include "sync-store-activity.h"
#include "sync-store-private.h"

/**
 * sync_activity_free:
 * @self: (transfer full): a line
 *
 * Frees it with what belongs to it.
 */
void
sync_activity_free (SyncActivity *self)
{
  g_free (self->event);
  g_free (self->actor);
  g_free (self->reason);
  g_clear_pointer (&self->request, sync_request_unref);
  g_clear_pointer (&self->attempt, sync_attempt_free);
  g_free (self->conflict_type);
  g_free (self->resolution);
  g_free (self);
}

/**
 * sync_activity_classify:
 * @has_from: whether it was in a state before
 * @from: that state
 * @to: its state since
 *
 * Returns: of what kind that is; %SYNC_ACTIVITY_NONE for the end of a send that is to be repeated or looked for
 */
SyncActivityKind
sync_activity_classify (gboolean has_from, SyncState from, SyncState to)
{
  if (!has_from)
    return SYNC_ACTIVITY_TAKEN;
  if (to == SYNC_STATE_SENDING)
    return SYNC_ACTIVITY_TRIED;
  if (from == SYNC_STATE_SENDING && (to == SYNC_STATE_PENDING || to == SYNC_STATE_UNKNOWN))
    return SYNC_ACTIVITY_NONE;
  if (to == SYNC_STATE_COMPLETED)
    return SYNC_ACTIVITY_DELIVERED;
  if (to == SYNC_STATE_FAILED)
    return SYNC_ACTIVITY_FAILED;
  if (to == SYNC_STATE_CONFLICT || from == SYNC_STATE_CONFLICT)
    return SYNC_ACTIVITY_CONFLICT;
  return SYNC_ACTIVITY_CHANGED;
}

static gboolean
is_person (const char *actor)
{
  return actor != NULL && strcmp (actor, "engine") != 0 && !g_str_has_prefix (actor, "policy ")
         && !g_str_has_prefix (actor, "hook ");
}

/* Reads the states of a row of the audit; a state that this version does not know is none. */
static void
read_states (sqlite3_stmt *stmt, int column, gboolean *has_from, SyncState *from, SyncState *to)
{
  *from = *to = SYNC_STATE_PENDING;
  *has_from = sync_state_from_string ((const char *) sqlite3_column_text (stmt, column), from);
  sync_state_from_string ((const char *) sqlite3_column_text (stmt, column + 1), to);
}

/**
 * sync_store_begin_activity:
 * @self: a store or a reader
 * @cursor: (out caller-allocates): all that happened until now
 *
 * Returns: whether it could be read; else %SYNC_ERROR_STORAGE or %SYNC_ERROR_CORRUPT
 */
gboolean
sync_store_begin_activity (SyncStore *self, SyncActivityCursor *cursor, GError **error)
{
  g_autoptr (SyncStatement) stmt = NULL;

  sync_store_assert_usable (self);
  stmt = sync_store_prepare (self, SYNC_STATEMENT_NEWEST_ACTIVITY, error);
  if (stmt == NULL || !sync_store_step (self, stmt, NULL, error))
    return FALSE;
  *cursor = (SyncActivityCursor){ .audit_before = sqlite3_column_int64 (stmt, 0) + 1,
                                  .history_before = sqlite3_column_int64 (stmt, 1) + 1 };
  return TRUE;
}

/* One of the two that are merged, at its next row. Columns: id, request, time, actor, and the audit's two states. */
typedef struct
{
  SyncStatement *stmt; /* (unowned): NULL at its end */
  gint64 *before;      /* (unowned): in the cursor */
  gboolean is_history;
} Source;

static gboolean
source_step (SyncStore *self, Source *source, GError **error)
{
  gboolean has_row;

  if (!sync_store_step (self, source->stmt, &has_row, error))
    return FALSE;
  if (!has_row)
    source->stmt = NULL;
  return TRUE;
}

static gboolean
source_matches (const Source *source, const SyncActivityFilter *filter)
{
  SyncActivityKind kind = SYNC_ACTIVITY_CONFLICT;
  gboolean has_from = TRUE;
  SyncState from, to;

  if (!source->is_history)
    {
      read_states (source->stmt, 4, &has_from, &from, &to);
      kind = sync_activity_classify (has_from, from, to);
    }
  return kind != SYNC_ACTIVITY_NONE && (filter->kind == SYNC_ACTIVITY_NONE || filter->kind == kind)
         && sqlite3_column_int64 (source->stmt, 2) >= filter->since_ms
         && (!filter->by_person || (has_from && is_person ((const char *) sqlite3_column_text (source->stmt, 3))));
}

/* The newer of the two; what stands in the history came after the change of the same instant. */
static Source *
pick_source (Source *audit, Source *history)
{
  if (history->stmt == NULL)
    return audit;
  if (audit->stmt == NULL)
    return history;
  return sqlite3_column_int64 (history->stmt, 2) >= sqlite3_column_int64 (audit->stmt, 2) ? history : audit;
}

static gboolean
merge (SyncStore *self, const SyncActivityFilter *filter, Source *audit, Source *history, guint limit, GArray *places,
       GError **error)
{
  for (guint n = 0; n < limit && (audit->stmt != NULL || history->stmt != NULL); n++)
    {
      Source *source = pick_source (audit, history);
      SyncActivityPlace place
        = { sqlite3_column_int64 (source->stmt, 0), sqlite3_column_int64 (source->stmt, 1) };

      *source->before = place.id;
      if (source->is_history)
        place.id = -place.id;
      if (source_matches (source, filter))
        g_array_append_val (places, place);
      if (!source_step (self, source, error))
        return FALSE;
    }
  return TRUE;
}

/**
 * sync_store_scan_activity:
 * @self: a store or a reader
 * @filter: what is wanted
 * @cursor: (inout): what is left to look at; moves with what was
 * @limit: look at so many lines at most
 * @places: (element-type SyncActivityPlace): gets those that match, newest first, behind what it holds
 * @at_end: (out): whether nothing is left
 *
 * One step of a walk through what happened, as long as @limit allows. Lines that are added meanwhile are not met, or in
 * a walk of their own above this one.
 *
 * Returns: whether it could be read; else %SYNC_ERROR_STORAGE or %SYNC_ERROR_CORRUPT
 */
gboolean
sync_store_scan_activity (SyncStore *self, const SyncActivityFilter *filter, SyncActivityCursor *cursor, guint limit,
                          GArray *places, gboolean *at_end, GError **error)
{
  g_autoptr (SyncStatement) audit_stmt = NULL;
  g_autoptr (SyncStatement) history_stmt = NULL;
  Source audit = { .before = &cursor->audit_before };
  Source history = { .before = &cursor->history_before, .is_history = TRUE };

  sync_store_assert_usable (self);
  audit.stmt = audit_stmt = sync_store_prepare (self, SYNC_STATEMENT_SCAN_AUDIT, error);
  if (audit_stmt == NULL
      || !sync_store_bind (self, audit_stmt, error, "ii", cursor->audit_after, cursor->audit_before)
      || !source_step (self, &audit, error))
    return FALSE;
  history.stmt = history_stmt = sync_store_prepare (self, SYNC_STATEMENT_SCAN_CONFLICT_HISTORY, error);
  if (history_stmt == NULL
      || !sync_store_bind (self, history_stmt, error, "ii", cursor->history_after, cursor->history_before)
      || !source_step (self, &history, error) || !merge (self, filter, &audit, &history, limit, places, error))
    return FALSE;
  *at_end = audit.stmt == NULL && history.stmt == NULL;
  return TRUE;
}

static void
set_gone (gint64 id, GError **error)
{
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_NOT_FOUND, "there is no line %" G_GINT64_FORMAT " of what happened", id);
}

static SyncActivity *
read_line (SyncStore *self, gint64 id, GError **error)
{
  SyncStatementId which = id > 0 ? SYNC_STATEMENT_AUDIT_ROW : SYNC_STATEMENT_CONFLICT_HISTORY_ROW;
  g_autoptr (SyncStatement) stmt = sync_store_prepare (self, which, error);
  SyncActivity *line;
  gboolean has_row;

  if (stmt == NULL || !sync_store_bind (self, stmt, error, "i", ABS (id))
      || !sync_store_step (self, stmt, &has_row, error))
    return NULL;
  if (!has_row)
    {
      set_gone (id, error);
      return NULL;
    }
  line = g_new0 (SyncActivity, 1);
  line->id = id;
  line->request_id = sqlite3_column_int64 (stmt, 0);
  line->at_ms = sqlite3_column_int64 (stmt, 1);
  line->actor = sync_store_dup_column (stmt, 2);
  line->by_person = is_person (line->actor);
  line->reason = sync_store_dup_column (stmt, 3);
  line->kind = SYNC_ACTIVITY_CONFLICT;
  if (id > 0)
    {
      read_states (stmt, 4, &line->has_from, &line->from, &line->to);
      line->kind = sync_activity_classify (line->has_from, line->from, line->to);
      return line;
    }
  line->event = sync_store_dup_column (stmt, 4);
  line->conflict_type = sync_store_dup_column (stmt, 5);
  line->resolution = sync_store_dup_column (stmt, 6);
  return line;
}

static gboolean
read_request (SyncStore *self, SyncActivity *line, GError **error)
{
  g_auto (SyncStoreRow) row = SYNC_STORE_ROW_INIT;
  g_autoptr (GError) local = NULL;

  if (sync_store_row_load (self, line->request_id, &row, &local))
    line->request = g_steal_pointer (&row.request);
  else if (!g_error_matches (local, SYNC_ERROR, SYNC_ERROR_NOT_FOUND))
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  return TRUE;
}

/* The send that begins with this line, the one that ends with it, or the look or the word of a person of its instant. */
static gboolean
read_attempt (SyncStore *self, SyncActivity *line, GError **error)
{
  gboolean begins = line->to == SYNC_STATE_SENDING;
  gboolean ends = line->from == SYNC_STATE_SENDING;
  g_autoptr (SyncStatement) stmt = NULL;
  gboolean has_row;

  if (line->event != NULL || !line->has_from)
    return TRUE;
  stmt = sync_store_prepare (self, SYNC_STATEMENT_ATTEMPT_AT, error);
  if (stmt == NULL
      || !sync_store_bind (self, stmt, error, "idii", line->request_id, begins || ends,
                           ends ? G_MININT64 : line->at_ms, line->at_ms)
      || !sync_store_step (self, stmt, &has_row, error))
    return FALSE;
  if (has_row)
    line->attempt = sync_store_read_attempt (stmt);
  return TRUE;
}

static gboolean
read_conflict (SyncStore *self, SyncActivity *line, GError **error)
{
  g_autoptr (SyncStatement) stmt = NULL;
  gboolean has_row;

  if (line->kind != SYNC_ACTIVITY_CONFLICT || line->event != NULL)
    return TRUE;
  stmt = sync_store_prepare (self, SYNC_STATEMENT_CONFLICT_AT, error);
  if (stmt == NULL || !sync_store_bind (self, stmt, error, "ii", line->request_id, line->at_ms)
      || !sync_store_step (self, stmt, &has_row, error))
    return FALSE;
  if (has_row)
    {
      line->conflict_type = sync_store_dup_column (stmt, 0);
      line->resolution = line->from == SYNC_STATE_CONFLICT ? sync_store_dup_column (stmt, 1) : NULL;
    }
  return TRUE;
}

/**
 * sync_store_get_activity:
 * @self: a store or a reader
 * @id: see #SyncActivityPlace
 *
 * Returns: (transfer full): the line with its request as it is now and with the send, the look or the conflict that it
 *   tells of; NULL with %SYNC_ERROR_NOT_FOUND, %SYNC_ERROR_STORAGE or %SYNC_ERROR_CORRUPT
 */
SyncActivity *
sync_store_get_activity (SyncStore *self, gint64 id, GError **error)
{
  g_autoptr (SyncActivity) line = NULL;

  sync_store_assert_usable (self);
  line = read_line (self, id, error);
  if (line == NULL || !read_request (self, line, error) || !read_attempt (self, line, error)
      || !read_conflict (self, line, error))
    return NULL;
  return g_steal_pointer (&line);
}

/**
 * sync_store_list_steps:
 * @self: a store or a reader
 * @after: only steps with a greater id
 * @before: and with a smaller one; %G_MAXINT64 for the newest
 * @limit: at most so many
 *
 * Returns: (transfer full) (element-type SyncStep): the changes of state, newest first; NULL with %SYNC_ERROR_STORAGE or
 *   %SYNC_ERROR_CORRUPT
 */
GArray *
sync_store_list_steps (SyncStore *self, gint64 after, gint64 before, guint limit, GError **error)
{
  g_autoptr (GArray) steps = g_array_new (FALSE, FALSE, sizeof (SyncStep));
  g_autoptr (SyncStatement) stmt = NULL;
  gboolean has_row;

  sync_store_assert_usable (self);
  stmt = sync_store_prepare (self, SYNC_STATEMENT_LIST_STEPS, error);
  if (stmt == NULL || !sync_store_bind (self, stmt, error, "iii", after, before, (gint64) limit))
    return NULL;
  for (;;)
    {
      SyncStep step = { .latency_ms = -1 };

      if (!sync_store_step (self, stmt, &has_row, error))
        return NULL;
      if (!has_row)
        return g_steal_pointer (&steps);
      step.id = sqlite3_column_int64 (stmt, 0);
      step.at_ms = sqlite3_column_int64 (stmt, 1);
      read_states (stmt, 2, &step.has_from, &step.from, &step.to);
      step.charged = sqlite3_column_int (stmt, 4);
      if (sqlite3_column_type (stmt, 5) != SQLITE_NULL)
        step.latency_ms = MAX (step.at_ms - sqlite3_column_int64 (stmt, 5), 0);
      g_array_append_val (steps, step);
    }
}

/**
 * sync_store_list_hours:
 * @self: a store or a reader
 * @from_ms: wall clock
 * @until_ms: wall clock
 *
 * Returns: (transfer full) (element-type SyncHour): what was counted in the hours that begin from @from_ms on and before
 *   @until_ms, oldest first, without those in which nothing happened; NULL with %SYNC_ERROR_STORAGE or %SYNC_ERROR_CORRUPT
 */
GArray *
sync_store_list_hours (SyncStore *self, gint64 from_ms, gint64 until_ms, GError **error)
{
  g_autoptr (GArray) hours = g_array_new (FALSE, FALSE, sizeof (SyncHour));
  g_autoptr (SyncStatement) stmt = NULL;
  gboolean has_row;

  sync_store_assert_usable (self);
  stmt = sync_store_prepare (self, SYNC_STATEMENT_LIST_HOURS, error);
  if (stmt == NULL || !sync_store_bind (self, stmt, error, "ii", from_ms, until_ms))
    return NULL;
  for (;;)
    {
      SyncHour hour;

      if (!sync_store_step (self, stmt, &has_row, error))
        return NULL;
      if (!has_row)
        return g_steal_pointer (&hours);
      hour.hour_ms = sqlite3_column_int64 (stmt, 0);
      hour.delivered = sqlite3_column_int64 (stmt, 1);
      hour.failed = sqlite3_column_int64 (stmt, 2);
      hour.conflicts = sqlite3_column_int64 (stmt, 3);
      hour.retries = sqlite3_column_int64 (stmt, 4);
      hour.latency_sum_ms = sqlite3_column_int64 (stmt, 5);
      hour.latency_max_ms = sqlite3_column_int64 (stmt, 6);
      g_array_append_val (hours, hour);
    }
}
