/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a row of offline_requests to a request: the only place that knows the order of the columns. */
#include "config.h"

#include "sync-store-private.h"

/* A row's text, NULL if the column is. */
char *
sync_store_dup_column (sqlite3_stmt *stmt, int column)
{
  return g_strdup ((const char *) sqlite3_column_text (stmt, column));
}

void
sync_store_row_clear (SyncStoreRow *self)
{
  g_clear_pointer (&self->request, sync_request_unref);
  g_clear_pointer (&self->resolution, g_free);
}

static void
read_texts (sqlite3_stmt *stmt, SyncRequest *request)
{
#define READ_TEXT(name) request->name = sync_store_dup_column (stmt, SYNC_COLUMN_##name)
  READ_TEXT (site);
  READ_TEXT (author);
  READ_TEXT (key);
  READ_TEXT (fingerprint);
  READ_TEXT (family);
  READ_TEXT (method);
  READ_TEXT (url);
  READ_TEXT (effective_url);
  READ_TEXT (headers);
  READ_TEXT (content_type);
  READ_TEXT (base_modified);
  READ_TEXT (resource_id);
  READ_TEXT (server_name);
  READ_TEXT (resource_version);
  READ_TEXT (lane);
  READ_TEXT (action);
  READ_TEXT (group_name);
  READ_TEXT (exc_type);
  READ_TEXT (error_message);
  READ_TEXT (proof);
  READ_TEXT (discard_reason);
#undef READ_TEXT
  /* Part of the key, where NULL would equal nothing; so none is the empty text there. */
  if (sqlite3_column_bytes (stmt, SYNC_COLUMN_resource_type) > 0)
    request->resource_type = sync_store_dup_column (stmt, SYNC_COLUMN_resource_type);
}

/**
 * sync_store_row_read:
 * @stmt: a statement that stands on a row and selects SYNC_STORE_LIST or SYNC_STORE_FULL
 *
 * Returns: (transfer full): the request, without bodies and dependencies
 */
SyncRequest *
sync_store_row_read (sqlite3_stmt *stmt)
{
  SyncRequest *request = sync_request_new ();

  read_texts (stmt, request);
  sync_state_from_string ((const char *) sqlite3_column_text (stmt, SYNC_COLUMN_status), &request->state);
#define READ_INT(name) request->name = sqlite3_column_int64 (stmt, SYNC_COLUMN_##name)
  READ_INT (id);
  READ_INT (step);
  READ_INT (priority);
  READ_INT (order_ms);
  READ_INT (accepted_ms);
  READ_INT (updated_ms);
  READ_INT (retry_count);
  READ_INT (attempts);
  READ_INT (unaccounted);
  READ_INT (next_retry_at_ms);
  READ_INT (http_status);
  READ_INT (needs_person);
  READ_INT (superseded_by);
  READ_INT (undo_of);
#undef READ_INT
  return request;
}

static gboolean
read_body (sqlite3_stmt *stmt, int column, GBytes **body, GError **error)
{
  if (sqlite3_column_type (stmt, column) == SQLITE_NULL)
    return TRUE;
  *body
    = sync_store_body_decode (sqlite3_column_blob (stmt, column), sqlite3_column_bytes (stmt, column), error);
  return *body != NULL;
}

static gboolean
read_bodies (sqlite3_stmt *stmt, SyncRequest *request, GError **error)
{
  g_autoptr (GBytes) response = NULL;
  g_autofree char *checksum = NULL;

  if (!read_body (stmt, SYNC_COLUMN_accepted_body, &request->accepted_body, error)
      || !read_body (stmt, SYNC_COLUMN_effective_body, &request->effective_body, error)
      || !read_body (stmt, SYNC_COLUMN_base_document, &request->base_document, error)
      || !read_body (stmt, SYNC_COLUMN_response, &response, error))
    return FALSE;
  request->edited = sqlite3_column_int (stmt, SYNC_COLUMN_edited);
  request->accepted_server_ms = sqlite3_column_int64 (stmt, SYNC_COLUMN_accepted_server_ms);
  request->accepted_boot_us = sqlite3_column_int64 (stmt, SYNC_COLUMN_accepted_boot_us);
  if (response != NULL)
    request->response = g_strndup (g_bytes_get_data (response, NULL), g_bytes_get_size (response));
  checksum = sync_store_body_checksum (request->accepted_body);
  if (g_strcmp0 (checksum, (const char *) sqlite3_column_text (stmt, SYNC_COLUMN_accepted_sha256)) != 0)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_CORRUPT,
                   "the body of request %" G_GINT64_FORMAT
                   " is not the one that was accepted: the database is damaged",
                   request->id);
      return FALSE;
    }
  return TRUE;
}

/* Reads the ids of those that the row waits for, or waited for. */
gboolean
sync_store_row_read_dependencies (SyncStore *self, SyncRequest *request, GError **error)
{
  g_autoptr (SyncStatement) stmt = sync_store_prepare (self, SYNC_STATEMENT_LIST_DEPENDENCIES, error);
  gboolean has_row;

  if (stmt == NULL || !sync_store_bind (self, stmt, error, "i", request->id))
    return FALSE;
  for (;;)
    {
      gint64 id;

      if (!sync_store_step (self, stmt, &has_row, error))
        return FALSE;
      if (!has_row)
        return TRUE;
      if (request->depends_on == NULL)
        request->depends_on = g_array_new (FALSE, FALSE, sizeof (gint64));
      id = sqlite3_column_int64 (stmt, 0);
      g_array_append_val (request->depends_on, id);
    }
}

/* Reads which row keeps it from its turn: the head of its lane, if it is another one. */
gboolean
sync_store_row_read_lane (SyncStore *self, SyncRequest *request, GError **error)
{
  g_autoptr (SyncStatement) stmt = NULL;
  gboolean has_row;

  if (request->state != SYNC_STATE_PENDING && request->state != SYNC_STATE_UNKNOWN)
    return TRUE;
  stmt = sync_store_prepare (self, SYNC_STATEMENT_LANE_HEAD, error);
  if (stmt == NULL || !sync_store_bind (self, stmt, error, "s", request->lane)
      || !sync_store_step (self, stmt, &has_row, error))
    return FALSE;
  if (!has_row || sqlite3_column_int64 (stmt, 0) == request->id
      || !sync_state_from_string ((const char *) sqlite3_column_text (stmt, 1), &request->waits_for_state))
    return TRUE;
  request->waits_for = sqlite3_column_int64 (stmt, 0);
  return TRUE;
}

/**
 * sync_store_row_read_short_body:
 * @self: a store
 * @request: a row as it was listed
 * @limit: bytes
 *
 * Reads the body that is to be sent, unless it is longer, or damaged: it is only for showing.
 *
 * Returns: whether the database could be read
 */
gboolean
sync_store_row_read_short_body (SyncStore *self, SyncRequest *request, gsize limit, GError **error)
{
  g_autoptr (SyncStatement) stmt = sync_store_prepare (self, SYNC_STATEMENT_SHORT_BODY, error);
  gboolean has_row;
  const guint8 *data;
  gsize size;

  /* One byte more in the database, for the tag. */
  if (stmt == NULL || !sync_store_bind (self, stmt, error, "ii", request->id, (gint64) limit + 1)
      || !sync_store_step (self, stmt, &has_row, error))
    return FALSE;
  if (!has_row)
    return TRUE;
  data = sqlite3_column_blob (stmt, 0);
  size = sqlite3_column_bytes (stmt, 0);
  if (sync_store_body_get_length (data, size) <= limit)
    request->accepted_body = sync_store_body_decode (data, size, NULL);
  return TRUE;
}

static void
set_not_found (gint64 id, GError **error)
{
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_NOT_FOUND, "there is no request %" G_GINT64_FORMAT, id);
}

/**
 * sync_store_row_load:
 * @self: a store
 * @id: of a row
 * @row: (out caller-allocates): an empty row, filled without bodies
 *
 * Returns: whether it was there; else %SYNC_ERROR_NOT_FOUND or a storage error
 */
gboolean
sync_store_row_load (SyncStore *self, gint64 id, SyncStoreRow *row, GError **error)
{
  g_autoptr (SyncStatement) stmt = sync_store_prepare (self, SYNC_STATEMENT_ROW, error);
  gboolean has_row;

  if (stmt == NULL || !sync_store_bind (self, stmt, error, "i", id)
      || !sync_store_step (self, stmt, &has_row, error))
    return FALSE;
  if (!has_row)
    {
      set_not_found (id, error);
      return FALSE;
    }
  row->request = sync_store_row_read (stmt);
  row->is_head = sqlite3_column_int (stmt, SYNC_COLUMN_is_head);
  row->waiting_on = sqlite3_column_int (stmt, SYNC_COLUMN_waiting_on);
  row->place = sqlite3_column_int64 (stmt, SYNC_COLUMN_place);
  row->due_boot_us = sqlite3_column_int64 (stmt, SYNC_COLUMN_due_boot_us);
  row->resolution = sync_store_dup_column (stmt, SYNC_COLUMN_resolution);
  return TRUE;
}

/**
 * sync_store_row_load_full:
 * @self: a store
 * @id: of a row
 *
 * Returns: (transfer full): the request with its bodies, the last answer and its dependencies; NULL with
 *   %SYNC_ERROR_NOT_FOUND, %SYNC_ERROR_CORRUPT (a body is not the one that was accepted) or a storage error
 */
SyncRequest *
sync_store_row_load_full (SyncStore *self, gint64 id, GError **error)
{
  g_autoptr (SyncStatement) stmt = sync_store_prepare (self, SYNC_STATEMENT_ROW_FULL, error);
  g_autoptr (SyncRequest) request = NULL;
  gboolean has_row;

  if (stmt == NULL || !sync_store_bind (self, stmt, error, "i", id)
      || !sync_store_step (self, stmt, &has_row, error))
    return NULL;
  if (!has_row)
    {
      set_not_found (id, error);
      return NULL;
    }
  request = sync_store_row_read (stmt);
  if (!read_bodies (stmt, request, error) || !sync_store_row_read_dependencies (self, request, error))
    return NULL;
  return g_steal_pointer (&request);
}
