/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Conflicts: what the till had read, what it wrote, what the server holds, and what came of it. A request has
 * at most one open conflict; closed ones stay as history. */
#include "config.h"

#include "sync-store-private.h"

/**
 * sync_conflict_new:
 *
 * Returns: (transfer full): a conflict with every field empty
 */
SyncConflict *
sync_conflict_new (void)
{
  return g_new0 (SyncConflict, 1);
}

/**
 * sync_conflict_free:
 * @self: (transfer full): a conflict
 *
 * Frees it with its texts.
 */
void
sync_conflict_free (SyncConflict *self)
{
  g_free (self->resource_type);
  g_free (self->resource_id);
  g_free (self->conflict_type);
  g_free (self->base_data);
  g_free (self->local_data);
  g_free (self->server_data);
  g_free (self->server_version);
  g_free (self->status);
  g_free (self->resolution);
  g_free (self->result_data);
  g_free (self->resolved_by);
  g_free (self->why);
  g_free (self);
}

/**
 * sync_conflict_event_free:
 * @self: (transfer full): a line of a history
 *
 * Frees it with its texts.
 */
void
sync_conflict_event_free (SyncConflictEvent *self)
{
  g_free (self->event);
  g_free (self->resolution);
  g_free (self->actor);
  g_free (self->reason);
  g_free (self);
}

static SyncConflict *
read_conflict (sqlite3_stmt *stmt)
{
  SyncConflict *self = sync_conflict_new ();

  self->id = sqlite3_column_int64 (stmt, 0);
  self->request_id = sqlite3_column_int64 (stmt, 1);
  self->resource_type = sync_store_dup_column (stmt, 2);
  self->resource_id = sync_store_dup_column (stmt, 3);
  self->conflict_type = sync_store_dup_column (stmt, 4);
  self->base_data = sync_store_dup_column (stmt, 5);
  self->local_data = sync_store_dup_column (stmt, 6);
  self->server_data = sync_store_dup_column (stmt, 7);
  self->server_version = sync_store_dup_column (stmt, 8);
  self->status = sync_store_dup_column (stmt, 9);
  self->resolution = sync_store_dup_column (stmt, 10);
  self->result_data = sync_store_dup_column (stmt, 11);
  self->resolved_by = sync_store_dup_column (stmt, 12);
  self->created_ms = sqlite3_column_int64 (stmt, 13);
  self->resolved_ms = sqlite3_column_int64 (stmt, 14);
  self->asked_ms = sqlite3_column_int64 (stmt, 15);
  self->why = sync_store_dup_column (stmt, 16);
  self->undone_by = sqlite3_column_int64 (stmt, 17);
  return self;
}

/* All that are left of a bound statement. (transfer full) */
static GPtrArray *
read_conflicts (SyncStore *self, sqlite3_stmt *stmt, GError **error)
{
  g_autoptr (GPtrArray) conflicts = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_conflict_free);
  gboolean has_row;

  for (;;)
    {
      if (!sync_store_step (self, stmt, &has_row, error))
        return NULL;
      if (!has_row)
        return g_steal_pointer (&conflicts);
      g_ptr_array_add (conflicts, read_conflict (stmt));
    }
}

static gboolean
find_open (SyncStore *self, gint64 request_id, gint64 *id, GError **error)
{
  g_autoptr (SyncStatement) stmt = sync_store_prepare (self, SYNC_STATEMENT_OPEN_CONFLICT_OF, error);
  gboolean has_row;

  if (stmt == NULL || !sync_store_bind (self, stmt, error, "i", request_id)
      || !sync_store_step (self, stmt, &has_row, error))
    return FALSE;
  *id = has_row ? sqlite3_column_int64 (stmt, 0) : 0;
  return TRUE;
}

static gboolean
close_one (SyncStore *self, gint64 id, const char *status, const char *resolution, const char *result_data,
           const char *actor, const char *reason, gint64 now_ms, GError **error)
{
  return sync_store_run (self, SYNC_STATEMENT_CLOSE_CONFLICT, error, "issssi", id, status, resolution,
                         result_data, actor, now_ms)
         && sync_store_run (self, SYNC_STATEMENT_ADD_CONFLICT_HISTORY, error, "iissss", id, now_ms, status,
                            resolution, actor, reason);
}

/**
 * sync_store_conflict_open:
 * @self: a store within a transaction
 * @request_id: whose conflict it is
 * @conflict: its documents
 * @now_ms: the wall clock
 *
 * Returns: its id; 0 with %SYNC_ERROR_REFUSED if one is open already, or a storage error
 */
gint64
sync_store_conflict_open (SyncStore *self, gint64 request_id, const SyncConflict *conflict, gint64 now_ms,
                          GError **error)
{
  gint64 id;

  if (!find_open (self, request_id, &id, error))
    return 0;
  if (id != 0)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED,
                   "request %" G_GINT64_FORMAT " has an open conflict already (%" G_GINT64_FORMAT
                   "): resolve that one",
                   request_id, id);
      return 0;
    }
  if (!sync_store_run (
        self, SYNC_STATEMENT_INSERT_CONFLICT, error, "isssssssi", request_id, conflict->resource_type,
        conflict->resource_id, conflict->conflict_type != NULL ? conflict->conflict_type : "edit_edit",
        conflict->base_data, conflict->local_data, conflict->server_data, conflict->server_version, now_ms))
    return 0;
  id = sqlite3_last_insert_rowid (self->db);
  if (!sync_store_run (self, SYNC_STATEMENT_ADD_CONFLICT_HISTORY, error, "iis", id, now_ms, "opened"))
    return 0;
  return id;
}

/**
 * sync_store_conflict_close:
 * @self: a store within a transaction
 * @request_id: whose conflict it is
 * @status: "resolved" or "superseded"
 * @resolution: (nullable): how
 * @result: (nullable): the document that came of it
 * @actor: who decided
 * @reason: (nullable): why, in words
 * @now_ms: the wall clock
 *
 * Closes the request's open conflict if there is one.
 *
 * Returns: FALSE on a storage error
 */
gboolean
sync_store_conflict_close (SyncStore *self, gint64 request_id, const char *status, const char *resolution,
                           GBytes *result, const char *actor, const char *reason, gint64 now_ms, GError **error)
{
  g_autofree char *text = NULL;
  gint64 id;

  if (!find_open (self, request_id, &id, error))
    return FALSE;
  if (result != NULL
      && g_utf8_validate_len (g_bytes_get_data (result, NULL), g_bytes_get_size (result), NULL))
    text = g_strndup (g_bytes_get_data (result, NULL), g_bytes_get_size (result));
  return id == 0 || close_one (self, id, status, resolution, text, actor, reason, now_ms, error);
}

typedef struct
{
  gint64 id;
  const SyncConflict *conflict;
  const char *resolution;
  const char *result_data;
  const char *resolved_by;
} ConflictCall;

static gboolean
add_conflict_verb (SyncStore *self, gpointer data, GError **error)
{
  ConflictCall *call = data;
  g_auto (SyncStoreRow) row = SYNC_STORE_ROW_INIT;

  if (!sync_store_row_load (self, call->conflict->request_id, &row, error))
    return FALSE;
  call->id = sync_store_conflict_open (self, call->conflict->request_id, call->conflict,
                                       sync_clock_wall_ms (self->clock), error);
  return call->id != 0;
}

/**
 * sync_store_add_conflict:
 * @self: a store
 * @conflict: its `request_id` and documents; the rest is set here
 *
 * Records a conflict; the request's state stays as it is (see sync_store_change() for both at once).
 *
 * Returns: its id, durable; 0 with %SYNC_ERROR_NOT_FOUND (no such request), %SYNC_ERROR_REFUSED (one is open
 *   already), or %SYNC_ERROR_STORAGE, %SYNC_ERROR_DISK_FULL (both transient)
 */
gint64
sync_store_add_conflict (SyncStore *self, const SyncConflict *conflict, GError **error)
{
  ConflictCall call = { .conflict = conflict };

  sync_store_assert_usable (self);
  return sync_store_run_verb (self, add_conflict_verb, &call, error) ? call.id : 0;
}

static gboolean
resolve_conflict_verb (SyncStore *self, gpointer data, GError **error)
{
  ConflictCall *call = data;
  g_autoptr (SyncConflict) conflict = sync_store_get_conflict (self, call->id, error);

  if (conflict == NULL)
    return FALSE;
  if (g_strcmp0 (conflict->status, "pending") != 0)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_STALE, "conflict %" G_GINT64_FORMAT " is %s already",
                   call->id, conflict->status);
      return FALSE;
    }
  return close_one (self, call->id, "resolved", call->resolution, call->result_data, call->resolved_by, NULL,
                    sync_clock_wall_ms (self->clock), error);
}

static gboolean
is_resolution (const char *text)
{
  static const char *const known[] = { "local_wins", "server_wins", "merged", "manual", NULL };

  return text != NULL && g_strv_contains (known, text);
}

/**
 * sync_store_resolve_conflict:
 * @self: a store
 * @id: of a conflict
 * @resolution: "local_wins", "server_wins", "merged" or "manual"
 * @result_data: (nullable): the document that came of it, JSON
 * @resolved_by: (nullable): who decided
 *
 * Marks a conflict as resolved; the request's state stays as it is (see sync_store_change() for both at
 * once).
 *
 * Returns: whether it is durable; else %SYNC_ERROR_NOT_FOUND, %SYNC_ERROR_STALE (closed already),
 *   %SYNC_ERROR_INVALID (no such resolution), or %SYNC_ERROR_STORAGE, %SYNC_ERROR_DISK_FULL (both transient)
 */
gboolean
sync_store_resolve_conflict (SyncStore *self, gint64 id, const char *resolution, const char *result_data,
                             const char *resolved_by, GError **error)
{
  ConflictCall call
    = { .id = id, .resolution = resolution, .result_data = result_data, .resolved_by = resolved_by };

  sync_store_assert_usable (self);
  if (!is_resolution (resolution))
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID,
                   "“%s” is no resolution: it is local_wins, server_wins, merged or manual",
                   resolution != NULL ? resolution : "");
      return FALSE;
    }
  return sync_store_run_verb (self, resolve_conflict_verb, &call, error);
}

/**
 * sync_store_get_conflict:
 * @self: a store or a reader
 * @id: of a conflict
 *
 * Returns: (transfer full): the conflict; NULL with %SYNC_ERROR_NOT_FOUND or %SYNC_ERROR_STORAGE
 */
SyncConflict *
sync_store_get_conflict (SyncStore *self, gint64 id, GError **error)
{
  g_autoptr (SyncStatement) stmt = NULL;
  gboolean has_row;

  sync_store_assert_usable (self);
  stmt = sync_store_prepare (self, SYNC_STATEMENT_CONFLICT, error);
  if (stmt == NULL || !sync_store_bind (self, stmt, error, "i", id)
      || !sync_store_step (self, stmt, &has_row, error))
    return NULL;
  if (has_row)
    return read_conflict (stmt);
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_NOT_FOUND, "there is no conflict %" G_GINT64_FORMAT, id);
  return NULL;
}

/**
 * sync_store_find_open_conflict:
 * @self: a store or a reader
 * @request_id: of a row
 *
 * Returns: the id of its open conflict; 0 if it has none, or with %SYNC_ERROR_STORAGE
 */
gint64
sync_store_find_open_conflict (SyncStore *self, gint64 request_id, GError **error)
{
  gint64 id = 0;

  sync_store_assert_usable (self);
  return find_open (self, request_id, &id, error) ? id : 0;
}

/**
 * sync_store_list_conflicts:
 * @self: a store or a reader
 * @status: (nullable): "pending", "resolved" or "superseded"; NULL for all
 * @limit: at most so many, 0: 100
 *
 * Returns: (transfer full) (element-type SyncConflict): the conflicts, oldest first; NULL with
 * %SYNC_ERROR_STORAGE
 */
GPtrArray *
sync_store_list_conflicts (SyncStore *self, const char *status, guint limit, GError **error)
{
  g_autoptr (SyncStatement) stmt = NULL;

  sync_store_assert_usable (self);
  stmt = sync_store_prepare (self, SYNC_STATEMENT_LIST_CONFLICTS, error);
  if (stmt == NULL || !sync_store_bind (self, stmt, error, "sd", status, limit > 0 ? (int) limit : 100))
    return NULL;
  return read_conflicts (self, stmt, error);
}

/**
 * sync_store_list_met_conflicts:
 * @self: a store
 * @request: a row with a base
 * @version: a version of its document
 *
 * Where an earlier row of its lane made @version, somebody else may have written between the base of @request and that: those
 * versions the lane's rows met as conflicts.
 *
 * Returns: (transfer full) (nullable) (element-type SyncConflict): these conflicts with their documents, oldest first; NULL if
 *   no row of the lane made @version, or that cannot be read
 */
GPtrArray *
sync_store_list_met_conflicts (SyncStore *self, const SyncRequest *request, const char *version)
{
  g_autoptr (SyncStatement) made = NULL;
  g_autoptr (SyncStatement) stmt = NULL;
  gboolean has_row;

  sync_store_assert_usable (self);
  made = sync_store_prepare (self, SYNC_STATEMENT_MADE_VERSION, NULL);
  if (made == NULL || !sync_store_bind (self, made, NULL, "ss", request->lane, version)
      || !sync_store_step (self, made, &has_row, NULL) || !has_row)
    return NULL;
  stmt = sync_store_prepare (self, SYNC_STATEMENT_LIST_MET_CONFLICTS, NULL);
  if (stmt == NULL || !sync_store_bind (self, stmt, NULL, "ss", request->lane, request->base_modified))
    return NULL;
  return read_conflicts (self, stmt, NULL);
}

/**
 * sync_store_list_decided_conflicts:
 * @self: a store or a reader
 * @after: of a closed conflict: only those that were closed before it; 0, or of any other: from the newest on
 * @limit: at most so many, 0: 100
 *
 * Lists the conflicts that are not open any more, however they ended, page by page.
 *
 * Returns: (transfer full) (element-type SyncConflict): the conflicts, the last closed first, without their documents (see
 *   sync_store_get_conflict()); NULL with %SYNC_ERROR_STORAGE
 */
GPtrArray *
sync_store_list_decided_conflicts (SyncStore *self, gint64 after, guint limit, GError **error)
{
  g_autoptr (SyncStatement) stmt = NULL;

  sync_store_assert_usable (self);
  stmt = sync_store_prepare (self, SYNC_STATEMENT_LIST_DECIDED_CONFLICTS, error);
  if (stmt == NULL || !sync_store_bind (self, stmt, error, "id", after, limit > 0 ? (int) limit : 100))
    return NULL;
  return read_conflicts (self, stmt, error);
}

typedef struct
{
  gint64 id;
  SyncConflictNote note;
  const char *actor;
  const char *reason;
} NoteCall;

static gboolean
note_verb (SyncStore *self, gpointer data, GError **error)
{
  const NoteCall *call = data;
  g_autoptr (SyncConflict) conflict = sync_store_get_conflict (self, call->id, error);
  gint64 now_ms = sync_clock_wall_ms (self->clock);

  if (conflict == NULL)
    return FALSE;
  if (g_strcmp0 (conflict->status, "pending") != 0)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_STALE, "conflict %" G_GINT64_FORMAT " is %s already", call->id,
                   conflict->status);
      return FALSE;
    }
  return (call->note != SYNC_CONFLICT_ASKED
          || sync_store_run (self, SYNC_STATEMENT_ASK_CONFLICT, error, "iis", call->id, now_ms, call->reason))
         && sync_store_run (self, SYNC_STATEMENT_ADD_CONFLICT_HISTORY, error, "iissss", call->id, now_ms,
                            call->note == SYNC_CONFLICT_ASKED ? "asked" : "skipped", NULL, call->actor, call->reason);
}

/**
 * sync_store_note_conflict:
 * @self: a store
 * @id: of an open conflict
 * @note: what happened to it
 * @actor: (nullable): whose doing it was
 * @reason: (nullable): why, in words
 *
 * Writes a line into the history of a conflict, which stays open.
 *
 * Returns: whether it is durable; else %SYNC_ERROR_NOT_FOUND, %SYNC_ERROR_STALE (it is closed), or %SYNC_ERROR_STORAGE,
 *   %SYNC_ERROR_DISK_FULL (both transient)
 */
gboolean
sync_store_note_conflict (SyncStore *self, gint64 id, SyncConflictNote note, const char *actor, const char *reason,
                          GError **error)
{
  NoteCall call = { id, note, actor, reason };

  sync_store_assert_usable (self);
  return sync_store_run_verb (self, note_verb, &call, error);
}

typedef struct
{
  gint64 id;
  gint64 request_id;
  const char *actor;
} UndoCall;

static gboolean
undo_verb (SyncStore *self, gpointer data, GError **error)
{
  const UndoCall *call = data;

  return sync_store_run (self, SYNC_STATEMENT_UNDO_CONFLICT, error, "ii", call->id, call->request_id)
         && sync_store_run (self, SYNC_STATEMENT_ADD_CONFLICT_HISTORY, error, "iissss", call->id,
                            sync_clock_wall_ms (self->clock), "undone", NULL, call->actor, NULL);
}

/**
 * sync_store_set_undone:
 * @self: a store
 * @id: of a resolved conflict
 * @request_id: the request that undoes its resolution
 * @actor: (nullable): who wanted it
 *
 * Returns: whether it is durable; else %SYNC_ERROR_STORAGE or %SYNC_ERROR_DISK_FULL (both transient)
 */
gboolean
sync_store_set_undone (SyncStore *self, gint64 id, gint64 request_id, const char *actor, GError **error)
{
  UndoCall call = { id, request_id, actor };

  sync_store_assert_usable (self);
  return sync_store_run_verb (self, undo_verb, &call, error);
}

/**
 * sync_store_list_conflict_history:
 * @self: a store or a reader
 * @id: of a conflict
 *
 * Returns: (transfer full) (element-type SyncConflictEvent): what happened to it, oldest first; NULL with
 *   %SYNC_ERROR_STORAGE
 */
GPtrArray *
sync_store_list_conflict_history (SyncStore *self, gint64 id, GError **error)
{
  g_autoptr (GPtrArray) events = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_conflict_event_free);
  g_autoptr (SyncStatement) stmt = NULL;
  gboolean has_row;

  sync_store_assert_usable (self);
  stmt = sync_store_prepare (self, SYNC_STATEMENT_LIST_CONFLICT_HISTORY, error);
  if (stmt == NULL || !sync_store_bind (self, stmt, error, "i", id))
    return NULL;
  for (;;)
    {
      SyncConflictEvent *event;

      if (!sync_store_step (self, stmt, &has_row, error))
        return NULL;
      if (!has_row)
        return g_steal_pointer (&events);
      event = g_new0 (SyncConflictEvent, 1);
      event->at_ms = sqlite3_column_int64 (stmt, 0);
      event->event = sync_store_dup_column (stmt, 1);
      event->resolution = sync_store_dup_column (stmt, 2);
      event->actor = sync_store_dup_column (stmt, 3);
      event->reason = sync_store_dup_column (stmt, 4);
      g_ptr_array_add (events, event);
    }
}

/**
 * sync_store_count_conflicts_of:
 * @self: a store or a reader
 * @request_id: of a row
 *
 * Returns: how many conflicts the request has had, the open one included; -1 if the database could not be read
 */
int
sync_store_count_conflicts_of (SyncStore *self, gint64 request_id)
{
  g_autoptr (SyncStatement) stmt = NULL;
  gboolean has_row;

  sync_store_assert_usable (self);
  stmt = sync_store_prepare (self, SYNC_STATEMENT_COUNT_CONFLICTS_OF, NULL);
  if (stmt == NULL || !sync_store_bind (self, stmt, NULL, "i", request_id) || !sync_store_step (self, stmt, &has_row, NULL))
    return -1;
  return sqlite3_column_int (stmt, 0);
}

/**
 * sync_store_dup_version:
 * @self: a store or a reader
 * @request: a row
 * @modified: a version of its document
 * @is_answer: (out): the text is an answer that holds the document, not the document itself
 *
 * Looks for a version among what the database kept anyway: answers to our own writes, and the server's side of earlier
 * conflicts.
 *
 * Returns: (transfer full) (nullable): JSON, possibly cut off; NULL if the version was not kept
 */
char *
sync_store_dup_version (SyncStore *self, const SyncRequest *request, const char *modified, gboolean *is_answer)
{
  g_autoptr (SyncStatement) answer = NULL;
  g_autoptr (SyncStatement) conflict = NULL;
  g_autoptr (GBytes) body = NULL;
  gboolean has_row;

  sync_store_assert_usable (self);
  *is_answer = FALSE;
  conflict = sync_store_prepare (self, SYNC_STATEMENT_VERSION_OF_CONFLICT, NULL);
  if (conflict == NULL
      || !sync_store_bind (self, conflict, NULL, "sss", request->resource_type, sync_request_get_document_name (request),
                           modified)
      || !sync_store_step (self, conflict, &has_row, NULL))
    return NULL;
  if (has_row)
    return sync_store_dup_column (conflict, 0);
  answer = sync_store_prepare (self, SYNC_STATEMENT_VERSION_OF_ANSWER, NULL);
  if (answer == NULL || !sync_store_bind (self, answer, NULL, "ss", request->lane, modified)
      || !sync_store_step (self, answer, &has_row, NULL) || !has_row)
    return NULL;
  body = sync_store_body_decode (sqlite3_column_blob (answer, 0), sqlite3_column_bytes (answer, 0), NULL);
  *is_answer = TRUE;
  return body != NULL ? g_strndup (g_bytes_get_data (body, NULL), g_bytes_get_size (body)) : NULL;
}
