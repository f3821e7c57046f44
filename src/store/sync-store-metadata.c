/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small facts by name, due times set by hand, and forgetting what was delivered long ago. */
#include "config.h"

#include "sync-store-private.h"
#include "sync-mutant.h"

#define DAY_MS G_GINT64_CONSTANT (86400000)
#define KEYS_KEPT_DAYS \
  400 /* a year and a month: a till that comes back after a season still meets its keys */

typedef struct
{
  const char *key;
  const char *value;
} MetadataCall;

static gboolean
set_metadata_verb (SyncStore *self, gpointer data, GError **error)
{
  MetadataCall *call = data;

  if (call->value == NULL)
    return sync_store_run (self, SYNC_STATEMENT_UNSET_METADATA, error, "s", call->key);
  return sync_store_run (self, SYNC_STATEMENT_SET_METADATA, error, "ssi", call->key, call->value,
                         sync_clock_wall_ms (self->clock));
}

/**
 * sync_store_set_metadata:
 * @self: a store
 * @key: a name
 * @value: (nullable): its text; NULL removes it
 *
 * The engine keeps `switches`, the times of the last sync and `key_field:` here. The store itself keeps `boot_first`,
 * `boot_id`, `clean_end`, `database_id`, `loss_report`, `machine_id`, `restore_report` and `witness_kept` here; while
 * `import_in_progress` is there, rows may be inserted as `unknown`.
 *
 * Returns: whether it is durable; else %SYNC_ERROR_STORAGE or %SYNC_ERROR_DISK_FULL, both transient
 */
gboolean
sync_store_set_metadata (SyncStore *self, const char *key, const char *value, GError **error)
{
  MetadataCall call = { key, value };

  sync_store_assert_usable (self);
  return sync_store_run_verb (self, set_metadata_verb, &call, error);
}

/**
 * sync_store_dup_metadata:
 * @self: a store or a reader
 * @key: a name
 *
 * Returns: (transfer full) (nullable): its text, NULL if there is none
 */
char *
sync_store_dup_metadata (SyncStore *self, const char *key)
{
  g_autoptr (SyncStatement) stmt = NULL;
  gboolean has_row;

  sync_store_assert_usable (self);
  stmt = sync_store_prepare (self, SYNC_STATEMENT_GET_METADATA, NULL);
  if (stmt == NULL || !sync_store_bind (self, stmt, NULL, "s", key)
      || !sync_store_step (self, stmt, &has_row, NULL) || !has_row)
    return NULL;
  return sync_store_dup_column (stmt, 0);
}

typedef struct
{
  gint64 id;
  gint64 delay_ms;
} NextRetryCall;

static gboolean
set_next_retry_verb (SyncStore *self, gpointer data, GError **error)
{
  NextRetryCall *call = data;
  g_auto (SyncStoreRow) row = SYNC_STORE_ROW_INIT;
  gint64 now_ms = sync_clock_wall_ms (self->clock);
  gboolean at_once = call->delay_ms <= 0;
  gint64 due_us = at_once ? 0 : MAX (sync_clock_boot_us (self->clock), 0) + call->delay_ms * 1000;

  if (!sync_store_run (self, SYNC_STATEMENT_SET_NEXT_RETRY, error, "iiii", call->id, due_us,
                       at_once ? (gint64) 0 : now_ms + call->delay_ms, now_ms))
    return FALSE;
  if (sqlite3_changes (self->db) > 0)
    return TRUE;
  if (sync_store_row_load (self, call->id, &row, error))
    g_set_error (error, SYNC_ERROR, SYNC_ERROR_STALE,
                 "request %" G_GINT64_FORMAT " is %s: nothing waits for a time", call->id,
                 sync_state_to_string (row.request->state));
  return FALSE;
}

/**
 * sync_store_set_next_retry:
 * @self: a store
 * @id: of a row that is `pending` or `unknown`
 * @delay_ms: until it is due, 0: at once
 *
 * Returns: whether it is durable; else %SYNC_ERROR_STALE (another state), %SYNC_ERROR_NOT_FOUND, or
 *   %SYNC_ERROR_STORAGE, %SYNC_ERROR_DISK_FULL (both transient)
 */
gboolean
sync_store_set_next_retry (SyncStore *self, gint64 id, gint64 delay_ms, GError **error)
{
  NextRetryCall call = { id, delay_ms };

  sync_store_assert_usable (self);
  return sync_store_run_verb (self, set_next_retry_verb, &call, error);
}

typedef struct
{
  guint days;
  guint limit;
  guint n;
} ClearCall;

/* (transfer full) (nullable): the rows that may go, as JSON. The newest row stays, whatever its age, and so does the one with the
 * newest attempt: their ids must not be given a second time. What a row of its lane may build on stays with that; and the
 * deletion of a draft as long as the row that can be taken back. */
static char *
dup_old_ids (SyncStore *self, ClearCall *call, GError **error)
{
  g_autofree char *sql = g_strdup_printf (
    "SELECT json_group_array (id), count (*) FROM (SELECT id FROM offline_requests WHERE %s AND updated_ms <= %" G_GINT64_FORMAT
    " AND id < (SELECT max (id) FROM offline_requests)"
    " AND id IS NOT (SELECT request_id FROM attempts ORDER BY id DESC LIMIT 1) LIMIT %u)",
    SYNC_MUTANT ("clear-old-undelivered")
      ? "status <> 'sending'"
      : "status = 'completed'"
        " AND NOT EXISTS (SELECT 1 FROM offline_requests AS r INDEXED BY requests_lane WHERE r.lane = offline_requests.lane"
        "  AND r.status NOT IN ('completed', 'discarded'))"
        " AND NOT EXISTS (SELECT 1 FROM offline_requests AS r WHERE r.id = offline_requests.undo_of AND r.status = 'discarded')",
    sync_clock_wall_ms (self->clock) - call->days * DAY_MS, call->limit);
  sqlite3_stmt *stmt = NULL;
  char *ids = NULL;
  int rc = sqlite3_prepare_v2 (self->db, sql, -1, &stmt, NULL);

  if (rc == SQLITE_OK)
    rc = sqlite3_step (stmt);
  if (rc == SQLITE_ROW)
    {
      ids = g_strdup ((const char *) sqlite3_column_text (stmt, 0));
      call->n = (guint) sqlite3_column_int (stmt, 1);
    }
  else
    sync_store_set_sqlite_error (self, rc, error);
  sqlite3_finalize (stmt);
  return ids;
}

/* A key and a name stay for their time from now on, not from when the till's clock said that it was delivered: that may have been years
 * behind. */
static gboolean
clear_old_verb (SyncStore *self, gpointer data, GError **error)
{
  ClearCall *call = data;
  gint64 now_ms = sync_clock_wall_ms (self->clock);
  gint64 keys_before_ms = now_ms - KEYS_KEPT_DAYS * DAY_MS;
  g_autofree char *ids = dup_old_ids (self, call, error);
  g_autofree char *rest = g_strdup_printf (
    "DELETE FROM delivered_keys WHERE delivered_ms <= %" G_GINT64_FORMAT
    " AND NOT EXISTS (SELECT 1 FROM offline_requests AS r WHERE r.id = request_id);"
    "DELETE FROM names WHERE updated_ms <= %" G_GINT64_FORMAT
    " AND NOT EXISTS (SELECT 1 FROM offline_requests AS r INDEXED BY requests_lane WHERE r.lane = names.lane"
    "  AND r.status NOT IN ('completed', 'discarded'))",
    keys_before_ms, keys_before_ms);

  return ids != NULL && sync_store_run (self, SYNC_STATEMENT_KEEP_NAMES, error, "si", ids, now_ms)
         && sync_store_run (self, SYNC_STATEMENT_KEEP_KEYS, error, "si", ids, now_ms)
         && sync_store_run (self, SYNC_STATEMENT_CLEAR_OLD, error, "s", ids)
         && (call->n == call->limit || sync_store_exec (self, rest, error));
}

/**
 * sync_store_clear_old:
 * @self: a store
 * @days: how long ago a row must have been delivered
 * @limit: how many may go at once
 * @n_cleared: (out) (optional): how many rows went
 *
 * Forgets delivered rows, and nothing else: their keys stay for 400 days from then on, their audit for good. Rows of a lane in which
 * something is not delivered stay with it: it may be made on the version that they brought about. The newest row and the one
 * with the newest attempt stay, so that no id is given twice.
 *
 * Returns: whether it is durable; else %SYNC_ERROR_STORAGE or %SYNC_ERROR_DISK_FULL, both transient
 */
gboolean
sync_store_clear_old (SyncStore *self, guint days, guint limit, guint *n_cleared, GError **error)
{
  ClearCall call = { .days = days, .limit = limit };

  sync_store_assert_usable (self);
  if (!sync_store_run_verb (self, clear_old_verb, &call, error))
    return FALSE;
  if (n_cleared != NULL)
    *n_cleared = call.n;
  return TRUE;
}
