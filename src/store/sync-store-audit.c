/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The record of every acceptance and every change of state. Each row carries the hash of the row before it,
 * so that a row that was altered or taken out afterwards shows. Written in the transaction that it tells of.
 */
#include "config.h"

#include <string.h>

#include "sync-store-private.h"

static void
add_text (GChecksum *checksum, const char *text)
{
  char length[24];
  int n = g_snprintf (length, sizeof length, "%d:", text != NULL ? (int) strlen (text) : -1);

  g_checksum_update (checksum, (const guchar *) length, n);
  if (text != NULL)
    g_checksum_update (checksum, (const guchar *) text, -1);
}

/* SHA-256 over the hash before and every field with its length, so that no two rows have the same bytes. */
static void
compute_hash (GChecksum *checksum, const guint8 *prev, gint64 request_id, gint64 at_ms, const char *from,
              const char *to, const char *actor, const char *reason, guint8 *hash)
{
  char numbers[64];
  gsize size = SYNC_STORE_HASH_BYTES;

  g_checksum_reset (checksum);
  g_checksum_update (checksum, prev, SYNC_STORE_HASH_BYTES);
  g_snprintf (numbers, sizeof numbers, "%" G_GINT64_FORMAT ",%" G_GINT64_FORMAT, request_id, at_ms);
  add_text (checksum, numbers);
  add_text (checksum, from);
  add_text (checksum, to);
  add_text (checksum, actor);
  add_text (checksum, reason);
  g_checksum_get_digest (checksum, hash, &size);
}

/**
 * sync_store_audit_add:
 * @self: a store within a transaction
 * @request_id: whose state changed
 * @from: (nullable): the state before, NULL for an acceptance
 * @to: the state now
 * @actor: who decided
 * @reason: (nullable): why
 * @at_ms: the wall clock
 *
 * Returns: whether it was written
 */
gboolean
sync_store_audit_add (SyncStore *self, gint64 request_id, const char *from, SyncState to, const char *actor,
                      const char *reason, gint64 at_ms, GError **error)
{
  guint8 hash[SYNC_STORE_HASH_BYTES];
  const char *target = sync_state_to_string (to);
  g_autoptr (GBytes) prev_bytes = g_bytes_new (self->audit_hash, sizeof hash);
  g_autoptr (GBytes) hash_bytes = NULL;

  compute_hash (self->audit_checksum, self->audit_hash, request_id, at_ms, from, target, actor, reason, hash);
  hash_bytes = g_bytes_new_static (hash, sizeof hash);
  if (!sync_store_run (self, SYNC_STATEMENT_INSERT_AUDIT, error, "iissssbb", request_id, at_ms, from, target,
                       actor, reason, prev_bytes, hash_bytes))
    return FALSE;
  memcpy (self->audit_hash, hash, sizeof hash);
  return TRUE;
}

/**
 * sync_store_audit_load:
 * @self: a store
 *
 * Takes the end of the chain from the database: at the start, and after a transaction was taken back.
 *
 * Returns: whether it could be read
 */
gboolean
sync_store_audit_load (SyncStore *self, GError **error)
{
  g_autoptr (SyncStatement) stmt = sync_store_prepare (self, SYNC_STATEMENT_LAST_AUDIT, error);
  gboolean has_row;

  if (stmt == NULL || !sync_store_step (self, stmt, &has_row, error))
    return FALSE;
  memset (self->audit_hash, 0, sizeof self->audit_hash);
  if (has_row && sqlite3_column_bytes (stmt, 0) == SYNC_STORE_HASH_BYTES)
    memcpy (self->audit_hash, sqlite3_column_blob (stmt, 0), SYNC_STORE_HASH_BYTES);
  return TRUE;
}

static gboolean
row_is_right (GChecksum *checksum, sqlite3_stmt *stmt, const guint8 *prev, guint8 *hash)
{
  compute_hash (checksum, prev, sqlite3_column_int64 (stmt, 1), sqlite3_column_int64 (stmt, 2),
                (const char *) sqlite3_column_text (stmt, 3), (const char *) sqlite3_column_text (stmt, 4),
                (const char *) sqlite3_column_text (stmt, 5), (const char *) sqlite3_column_text (stmt, 6),
                hash);
  return sqlite3_column_bytes (stmt, 7) == SYNC_STORE_HASH_BYTES
         && memcmp (sqlite3_column_blob (stmt, 7), prev, SYNC_STORE_HASH_BYTES) == 0
         && sqlite3_column_bytes (stmt, 8) == SYNC_STORE_HASH_BYTES
         && memcmp (sqlite3_column_blob (stmt, 8), hash, SYNC_STORE_HASH_BYTES) == 0;
}

/**
 * sync_store_verify_audit:
 * @self: a store or a reader
 * @n_rows: (out) (optional): how many rows hold, from the first on
 *
 * Computes the chain again from the first row to the last. What it cannot see: rows taken off the end.
 *
 * Returns: whether every row is as it was written; else %SYNC_ERROR_CORRUPT naming the first that is not, or
 *   %SYNC_ERROR_STORAGE
 */
gboolean
sync_store_verify_audit (SyncStore *self, guint64 *n_rows, GError **error)
{
  g_autoptr (SyncStatement) stmt = NULL;
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  guint8 prev[SYNC_STORE_HASH_BYTES] = { 0 };
  guint64 n = 0;
  gboolean has_row;

  sync_store_assert_usable (self);
  stmt = sync_store_prepare (self, SYNC_STATEMENT_LIST_AUDIT, error);
  if (stmt == NULL)
    return FALSE;
  for (;;)
    {
      guint8 hash[SYNC_STORE_HASH_BYTES];

      if (!sync_store_step (self, stmt, &has_row, error))
        return FALSE;
      if (n_rows != NULL)
        *n_rows = n;
      if (!has_row)
        return TRUE;
      if (!row_is_right (checksum, stmt, prev, hash))
        {
          g_set_error (error, SYNC_ERROR, SYNC_ERROR_CORRUPT,
                       "row %lld of the audit was altered, or the one before it was taken out",
                       sqlite3_column_int64 (stmt, 0));
          return FALSE;
        }
      memcpy (prev, hash, sizeof prev);
      n++;
    }
}
