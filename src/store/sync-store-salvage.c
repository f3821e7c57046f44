/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What happens to a damaged database: it is renamed and kept, a fresh one takes its place, and what can still be read
 * of the undelivered requests is taken over as `unknown`, for a person to decide. Delivered keys are taken over too,
 * so that nothing is posted a second time. The damaged file is only read. */
#include "config.h"

#include "sync-store-private.h"

#define HIGHEST_ID_GUESSED 1000000 /* where not even the highest id can be read */

#define TAKEN_COLUMNS                                                                                             \
  "order_ms, place, lane, site, family, resource_type, key, fingerprint, method, url, effective_url, headers,"    \
  " content_type, author, action, group_name, resource_id, server_name, resource_version, base_modified,"         \
  " accepted_base_modified, step, priority, accepted_ms, updated_ms, retry_count, attempts, unaccounted,"         \
  " http_status, exc_type, error_message, undo_of, accepted_sha256, accepted_body, effective_body, base_document, response"

typedef struct
{
  guint taken;  /* rows that were taken over */
  guint ranges; /* places in the table that could not be read */
} Salvage;

/* Reads a number where anything may be unreadable. */
static gint64
read_max (SyncStore *self, const char *sql)
{
  gint64 value;

  return sync_store_query_int (self, sql, &value, NULL) ? value : 0;
}

static gint64
guess_highest_id (SyncStore *self)
{
  gint64 of_rows = read_max (self, "SELECT max (id) FROM damaged.offline_requests");
  gint64 of_audit = read_max (self, "SELECT max (request_id) FROM damaged.audit");
  gint64 highest = MAX (of_rows, of_audit);

  return highest > 0 ? highest : HIGHEST_ID_GUESSED;
}

/* Takes what can be read between two ids: the whole range, or by halves what is around the damage. */
static gboolean
take_range (SyncStore *self, Salvage *salvage, gint64 low, gint64 high, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autofree char *sql = g_strdup_printf (
    "INSERT OR IGNORE INTO main.offline_requests (id, status, needs_person, " TAKEN_COLUMNS ")"
    " SELECT id, 'unknown', 1, " TAKEN_COLUMNS " FROM damaged.offline_requests NOT INDEXED"
    " WHERE id BETWEEN %" G_GINT64_FORMAT " AND %" G_GINT64_FORMAT " AND status NOT IN ('completed', 'discarded')",
    low, high);
  gint64 middle = low + (high - low) / 2;

  if (sync_store_exec (self, sql, &local))
    {
      salvage->taken += sqlite3_changes (self->db);
      return TRUE;
    }
  if (g_error_matches (local, SYNC_ERROR, SYNC_ERROR_DISK_FULL))
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  if (low == high)
    {
      salvage->ranges++;
      return TRUE;
    }
  return take_range (self, salvage, low, middle, error) && take_range (self, salvage, middle + 1, high, error);
}

/* What is good to have and not there if it cannot be read. */
static void
take_side_tables (SyncStore *self)
{
  static const char *const statements[] = {
    "INSERT OR IGNORE INTO main.delivered_keys SELECT * FROM damaged.delivered_keys",
    "INSERT OR IGNORE INTO main.delivered_keys SELECT site, family, resource_type, rtrim (key), fingerprint, server_name,"
    " id, updated_ms FROM damaged.offline_requests NOT INDEXED WHERE status = 'completed'",
    "INSERT OR IGNORE INTO main.names SELECT * FROM damaged.names",
    "INSERT OR IGNORE INTO main.dependencies SELECT * FROM damaged.dependencies"
    " WHERE request_id IN (SELECT id FROM main.offline_requests)",
    "INSERT OR IGNORE INTO main.sync_metadata SELECT * FROM damaged.sync_metadata"
    " WHERE key NOT IN ('clean_end', 'import_in_progress')",
  };

  for (guint i = 0; i < G_N_ELEMENTS (statements); i++)
    sync_store_exec (self, statements[i], NULL);
}

static gboolean
add_audit_rows (SyncStore *self, GError **error)
{
  gint64 now_ms = sync_clock_wall_ms (self->clock);
  gint64 id = 0;

  for (;;)
    {
      g_autofree char *next = g_strdup_printf ("SELECT min (id) FROM main.offline_requests WHERE id > %" G_GINT64_FORMAT, id);

      if (!sync_store_query_int (self, next, &id, error))
        return FALSE;
      if (id == 0)
        return TRUE;
      if (!sync_store_audit_add (self, id, NULL, SYNC_STATE_UNKNOWN, "engine", "saved from a damaged database", now_ms,
                                 error))
        return FALSE;
    }
}

static gboolean
salvage_verb (SyncStore *self, gpointer data, GError **error)
{
  Salvage *salvage = data;

  salvage->taken = salvage->ranges = 0;
  if (!sync_store_exec (self, "INSERT OR REPLACE INTO main.sync_metadata VALUES ('import_in_progress', '1', 0)", error)
      || !take_range (self, salvage, 1, guess_highest_id (self), error))
    return FALSE;
  take_side_tables (self);
  return sync_store_exec (
           self,
           "UPDATE main.offline_requests SET is_head = 1 WHERE place = (SELECT min (place) FROM main.offline_requests AS o"
           "  WHERE o.lane = offline_requests.lane AND o.status NOT IN ('completed', 'discarded'));"
           "UPDATE main.offline_requests SET waiting_on ="
           "  (SELECT count (*) FROM main.dependencies WHERE request_id = offline_requests.id AND met = 0);"
           "DELETE FROM main.sync_metadata WHERE key = 'import_in_progress'",
           error)
         && add_audit_rows (self, error);
}

static gboolean
take_over (SyncStore *self, const char *damaged_path, Salvage *salvage, GError **error)
{
  g_autofree char *attach = NULL;
  char *quoted = sqlite3_mprintf ("ATTACH %Q AS damaged", damaged_path);
  gint64 tables;
  gboolean ok = TRUE;

  attach = g_strdup (quoted);
  sqlite3_free (quoted);
  /* The damaged file stays as it is: its log is not written back into it. */
  sqlite3_db_config (self->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  if (sync_store_exec (self, attach, NULL))
    {
      if (sync_store_query_int (self, "SELECT count (*) FROM damaged.sqlite_schema WHERE name = 'offline_requests'",
                                &tables, NULL)
          && tables > 0)
        ok = sync_store_run_verb (self, salvage_verb, salvage, error);
      sync_store_exec (self, "DETACH damaged", NULL);
    }
  sqlite3_db_config (self->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
  /* Unreadable places in the damaged file say nothing of the new one. */
  sync_store_directory_set_suspect (self->directory, FALSE);
  return ok;
}

/**
 * sync_store_salvage:
 * @self: a store whose database is closed again
 * @reason: what is wrong with it
 * @open_database: opens the database, which is fresh then
 *
 * Sets the damaged file aside, opens a fresh one and takes over what can be read.
 *
 * Returns: whether the store is open; else %SYNC_ERROR_CORRUPT, %SYNC_ERROR_STORAGE or %SYNC_ERROR_DISK_FULL, and the
 *   damaged file is still there
 */
gboolean
sync_store_salvage (SyncStore *self, const GError *reason, SyncStoreOpenFunc open_database, GError **error)
{
  g_autofree char *suffix = g_strdup_printf (".damaged-%" G_GINT64_FORMAT, sync_clock_wall_ms (self->clock));
  g_autofree char *damaged = g_strconcat (self->path, suffix, NULL);
  Salvage salvage = { 0 };

  if (!sync_store_directory_set_aside (self->directory, suffix, error) || !open_database (self, error)
      || !take_over (self, damaged, &salvage, error))
    return FALSE;
  self->ended_clean = FALSE;
  self->salvage_report = g_strdup_printf (
    "The queue was damaged (%s). The damaged file was kept as “%s”. %u undelivered requests could be saved and wait for "
    "your decision%s",
    reason->message, damaged, salvage.taken,
    salvage.taken == 0     ? "; others may be lost: look at the documents on the server."
    : salvage.ranges > 0 ? "; some places could not be read, so others may be lost: look at the documents on the server."
                           : ".");
  return TRUE;
}
