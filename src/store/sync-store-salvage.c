/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What happens to a damaged database: it is renamed and kept, a fresh one takes its place, and what can still
 * be read of the undelivered requests is taken over as `unknown`, for a person to decide. Delivered keys are
 * taken over too, so that nothing is posted a second time. The damaged file is only read. */
#include "config.h"

#include <glib/gstdio.h>
#include <unistd.h>

#include "sync-store-private.h"

#define HIGHEST_ID_GUESSED 1000000 /* where not even the highest id can be read */

#define TAKEN_COLUMNS \
  "order_ms, place, lane, site, family, resource_type, key, fingerprint, method, url, effective_url," \
  " headers, content_type, author, action, group_name, resource_id, server_name, resource_version," \
  " base_modified, accepted_base_modified, step, priority, accepted_ms, updated_ms, retry_count, attempts," \
  " unaccounted, http_status, exc_type, error_message, undo_of, accepted_sha256, accepted_body," \
  " effective_body, base_document, response"

#define INSERT_TAKEN \
  "INSERT OR IGNORE INTO offline_requests (id, " TAKEN_COLUMNS ", status, needs_person) VALUES (?, " \
  "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, " \
  "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'unknown', 1)"

/* Not one INSERT … SELECT from an attached file: after an error in the midst of it SQLite 3.40 takes the
 * target for damaged too. So two connections, and each row is carried over by itself. */
typedef struct
{
  sqlite3 *damaged; /* (owned) */
  guint taken;      /* rows that were taken over */
  guint lost;       /* places in the table that could not be read */
} Salvage;

/* Reads a number where anything may be unreadable. */
static gint64
read_number (sqlite3 *db, const char *sql)
{
  sqlite3_stmt *stmt = NULL;
  gint64 value = 0;

  if (sqlite3_prepare_v2 (db, sql, -1, &stmt, NULL) == SQLITE_OK && sqlite3_step (stmt) == SQLITE_ROW)
    value = sqlite3_column_int64 (stmt, 0);
  sqlite3_finalize (stmt);
  return value;
}

static gint64
guess_highest_id (Salvage *salvage)
{
  gint64 of_rows = read_number (salvage->damaged, "SELECT max (id) FROM offline_requests");
  gint64 of_audit = read_number (salvage->damaged, "SELECT max (request_id) FROM audit");
  gint64 highest = MAX (of_rows, of_audit);

  return highest > 0 ? highest : HIGHEST_ID_GUESSED;
}

static gboolean
put_row (SyncStore *self, sqlite3_stmt *from, sqlite3_stmt *into, guint *n_put, GError **error)
{
  int rc;

  for (int i = 0; i < sqlite3_column_count (from); i++)
    sqlite3_bind_value (into, i + 1, sqlite3_column_value (from, i));
  rc = sqlite3_step (into);
  sqlite3_reset (into);
  /* A row that came out as nonsense is as good as unreadable. */
  if (rc == SQLITE_DONE)
    *n_put += sqlite3_changes (self->db);
  else if ((rc & 0xff) != SQLITE_CONSTRAINT)
    {
      sync_store_set_sqlite_error (self, rc, error);
      return FALSE;
    }
  return TRUE;
}

/* Carries rows over until there are no more or one cannot be read; the first column is their id. */
static gboolean
copy_rows (SyncStore *self, Salvage *salvage, const char *select, const char *insert, gint64 *last,
           gboolean *complete, guint *n_put, GError **error)
{
  sqlite3_stmt *from = NULL;
  sqlite3_stmt *into = NULL;
  gboolean ok = TRUE;
  int rc = sqlite3_prepare_v2 (salvage->damaged, select, -1, &from, NULL);

  if (rc == SQLITE_OK && sqlite3_prepare_v2 (self->db, insert, -1, &into, NULL) == SQLITE_OK)
    while (ok && (rc = sqlite3_step (from)) == SQLITE_ROW)
      {
        *last = sqlite3_column_int64 (from, 0);
        ok = put_row (self, from, into, n_put, error);
      }
  *complete = rc == SQLITE_DONE;
  sqlite3_finalize (from);
  sqlite3_finalize (into);
  return ok;
}

/* Takes what can be read between two ids: the whole range, or by halves what is around the damage. */
static gboolean
take_range (SyncStore *self, Salvage *salvage, gint64 low, gint64 high, GError **error)
{
  g_autofree char *select = g_strdup_printf (
    "SELECT id, " TAKEN_COLUMNS " FROM offline_requests NOT INDEXED WHERE id BETWEEN %" G_GINT64_FORMAT
    " AND %" G_GINT64_FORMAT " AND status NOT IN ('completed', 'discarded') ORDER BY id",
    low, high);
  gint64 last = low - 1;
  gint64 middle;
  gboolean complete;

  if (!copy_rows (self, salvage, select, INSERT_TAKEN, &last, &complete, &salvage->taken, error))
    return FALSE;
  if (complete)
    return TRUE;
  low = MAX (low, last + 1);
  if (low >= high)
    {
      salvage->lost++;
      return TRUE;
    }
  middle = low + (high - low) / 2;
  return take_range (self, salvage, low, middle, error)
         && take_range (self, salvage, middle + 1, high, error);
}

/* What is good to have; what cannot be read of it is left out. */
static gboolean
take_side_tables (SyncStore *self, Salvage *salvage, GError **error)
{
  static const struct
  {
    const char *select;
    const char *insert;
  } tables[] = {
    { "SELECT * FROM delivered_keys",
      "INSERT OR IGNORE INTO delivered_keys VALUES (?, ?, ?, ?, ?, ?, ?, ?)" },
    { "SELECT site, family, resource_type, rtrim (key), fingerprint, server_name, id, updated_ms"
      " FROM offline_requests NOT INDEXED WHERE status = 'completed'",
      "INSERT OR IGNORE INTO delivered_keys VALUES (?, ?, ?, ?, ?, ?, ?, ?)" },
    { "SELECT * FROM names", "INSERT OR IGNORE INTO names SELECT ?1, ?2, ?3, ?4, ?5, ?6, coalesce (?7, 0)" },
    { "SELECT * FROM dependencies",
      "INSERT OR IGNORE INTO dependencies SELECT ?1, ?2, ?3, coalesce (?4, 1), coalesce (?5, 0), coalesce (?6, 0)"
      " WHERE ?1 IN (SELECT id FROM offline_requests)" },
    { "SELECT * FROM sync_metadata WHERE key NOT IN ('clean_end', 'import_in_progress')",
      "INSERT OR IGNORE INTO sync_metadata VALUES (?, ?, ?)" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (tables); i++)
    {
      guint n = 0;
      gint64 last;
      gboolean complete;

      if (!copy_rows (self, salvage, tables[i].select, tables[i].insert, &last, &complete, &n, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
add_audit_rows (SyncStore *self, GError **error)
{
  gint64 now_ms = sync_clock_wall_ms (self->clock);
  gint64 id = 0;

  for (;;)
    {
      g_autofree char *next
        = g_strdup_printf ("SELECT min (id) FROM main.offline_requests WHERE id > %" G_GINT64_FORMAT, id);

      if (!sync_store_query_int (self, next, &id, error))
        return FALSE;
      if (id == 0)
        return TRUE;
      if (!sync_store_audit_add (self, id, NULL, SYNC_STATE_UNKNOWN, "engine",
                                 "saved from a damaged database", now_ms, error))
        return FALSE;
    }
}

/* A body that was rewritten counts as edited: that cannot be told of an older file, and an edited one is only
 * compared with more care. */
static gboolean
salvage_verb (SyncStore *self, gpointer data, GError **error)
{
  Salvage *salvage = data;

  salvage->taken = salvage->lost = 0;
  return sync_store_exec (self, "INSERT INTO sync_metadata VALUES ('import_in_progress', '1', 0)", error)
         && take_range (self, salvage, 1, guess_highest_id (salvage), error)
         && take_side_tables (self, salvage, error)
         && sync_store_exec (
           self,
           "UPDATE offline_requests SET is_head = 1 WHERE place ="
           "  (SELECT min (place) FROM offline_requests AS o"
           "  WHERE o.lane = offline_requests.lane AND o.status NOT IN ('completed', 'discarded'));"
           "UPDATE offline_requests SET waiting_on ="
           "  (SELECT count (*) FROM dependencies WHERE request_id = offline_requests.id AND met = 0);"
           "UPDATE names SET request_id = -1 WHERE request_id > 0"
           "  AND request_id NOT IN (SELECT id FROM offline_requests);"
           "UPDATE offline_requests SET edited = effective_body IS NOT NULL;"
           "DELETE FROM sync_metadata WHERE key = 'import_in_progress'",
           error)
         && sync_store_schema_fill_makers (self, error) && add_audit_rows (self, error);
}

/* An emptied file with a log: SQLite would delete the log, and with it everything. One page of zeros, and it
 * reads the pages from the log. */
static void
protect_log (const char *path)
{
  g_autofree char *log = g_strconcat (path, "-wal", NULL);
  GStatBuf info;

  if (g_stat (path, &info) == 0 && info.st_size == 0 && g_stat (log, &info) == 0 && info.st_size > 0
      && truncate (path, 4096) != 0)
    g_debug ("cannot keep the log of “%s”", path);
}

static gboolean
take_over (SyncStore *self, const char *damaged_path, Salvage *salvage, GError **error)
{
  gboolean ok = TRUE;

  protect_log (damaged_path);
  if (sqlite3_open_v2 (damaged_path, &salvage->damaged, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL)
        == SQLITE_OK
      /* The damaged file stays as it is: its log is not written back into it. */
      && sqlite3_db_config (salvage->damaged, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL) == SQLITE_OK
      && read_number (salvage->damaged, "SELECT count (*) FROM sqlite_schema WHERE name = 'offline_requests'")
           > 0)
    ok = sync_store_run_verb (self, salvage_verb, salvage, error);
  sqlite3_close (salvage->damaged);
  return ok;
}

/**
 * sync_store_salvage:
 * @self: a store whose database is closed again
 * @open_database: opens the database, which is fresh then
 *
 * Sets the damaged file aside, opens a fresh one and takes over what can be read.
 *
 * Returns: whether the store is open; else %SYNC_ERROR_CORRUPT, %SYNC_ERROR_STORAGE or %SYNC_ERROR_DISK_FULL,
 * and the damaged file is still there
 */
gboolean
sync_store_salvage (SyncStore *self, SyncStoreOpenFunc open_database, GError **error)
{
  g_autofree char *suffix = g_strdup_printf (".damaged-%" G_GINT64_FORMAT, sync_clock_wall_ms (self->clock));
  g_autofree char *damaged = g_strconcat (self->path, suffix, NULL);
  Salvage salvage = { 0 };
  gboolean has_gaps;

  if (!sync_store_directory_set_aside (self->directory, suffix, error) || !open_database (self, error)
      || !take_over (self, damaged, &salvage, error))
    return FALSE;
  self->ended_clean = FALSE;
  has_gaps = salvage.taken == 0 || salvage.lost > 0;
  return sync_store_loss_tell (
    self,
    g_strdup_printf ("The queue was damaged. The damaged file was kept as “%s”; %u undelivered requests could be saved from"
                     " it and wait for your decision.%s",
                     damaged, salvage.taken,
                     has_gaps ? " Others may be lost: look for the newest documents on the server." : ""),
    has_gaps, error);
}
