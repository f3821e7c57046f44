/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What happens to a damaged database: it is renamed and kept, a fresh one takes its place, and what can still be read of
 * the undelivered requests is taken over as `unknown` with a send unaccounted for, like those of a restored copy: what
 * was found may be an older version of a row, so the engine looks before it sends, and gives to a person what cannot be
 * looked for. Their rows are picked up page by page, so that a page that is damaged or missing costs the rows that were
 * on it and no others. Delivered keys are taken over too, so that nothing is posted a second time. The damaged file is
 * only read. */
#include "config.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "sync-store-private.h"

#define TAKEN_COLUMNS                                                                                                  \
  "order_ms, place, lane, site, family, resource_type, key, fingerprint, method, url, effective_url,"                  \
  " headers, content_type, author, action, group_name, resource_id, server_name, resource_version,"                    \
  " base_modified, accepted_base_modified, step, priority, accepted_ms, updated_ms, retry_count, attempts,"            \
  " unaccounted, http_status, exc_type, error_message, undo_of, accepted_sha256, needs_person, accepted_body,"         \
  " effective_body, base_document, response"

#define SELECT_TAKEN                                                                                                   \
  "SELECT id, " TAKEN_COLUMNS " FROM offline_requests WHERE status NOT IN ('completed', 'discarded') ORDER BY id DESC"

/* What holds a delivered key is an old version of a delivered row. An effective body has no checksum. */
#define INSERT_TAKEN                                                                                                   \
  "INSERT OR IGNORE INTO offline_requests (id, " TAKEN_COLUMNS ", status) SELECT ?1, "                                 \
  "?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, "                  \
  "?23, ?24, ?25, ?26, ?27, ?28, max (?29, 1), ?30, ?31, ?32, ?33, ?34, max (?35, ?37 IS NOT NULL), "                  \
  "?36, ?37, ?38, ?39, 'unknown'"                                                                                      \
  " WHERE NOT EXISTS (SELECT 1 FROM delivered_keys WHERE site = ?5 AND family = ?6 AND resource_type = ?7"             \
  "  AND key = rtrim (?8))"

/* Each leaves a file as large as the queue; a disk that damages it again and again wants a person. */
#define MENDS_AT_MOST 3

#define COUNT_UNDELIVERED "SELECT sum (n) FROM request_counts WHERE status NOT IN ('completed', 'discarded')"

/* Each row is carried over by itself, between connections of their own: after an error in the midst of an INSERT … SELECT
 * from an attached file SQLite 3.40 takes the target for damaged too. */
typedef struct
{
  SyncStore *store; /* (unowned) */
  sqlite3 *found; /* (owned): a table like ours without its rules: the newest version of each row that was found */
  sqlite3_stmt *put; /* (owned): into it */
  guint n_columns; /* of it */
  guint needs_person; /* which of them says that only a person can decide, counted from 1 */
  sqlite3 *damaged; /* (owned): what SQLite still reads of the file itself */
  gint64 n_undelivered; /* that were in it; -1: nobody knows */
  guint n_taken;
} Salvage;

static void
salvage_clear (Salvage *salvage)
{
  sqlite3_finalize (salvage->put);
  sqlite3_close (salvage->found);
  sqlite3_close (salvage->damaged);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Salvage, salvage_clear)

static void
set_scratch_error (Salvage *salvage, GError **error)
{
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_STORAGE,
               "what can be saved of the damaged “%s” cannot be put together (%s): free some space for temporary files",
               salvage->store->path, sqlite3_errmsg (salvage->found));
}

/* Makes the table of rows that were found, and the statement that puts one there if it is not older than what is. */
static gboolean
open_found (Salvage *salvage, GError **error)
{
  g_autoptr (GString) table = g_string_new ("CREATE TABLE offline_requests (");
  g_autoptr (GString) put = g_string_new ("INSERT OR REPLACE INTO offline_requests SELECT * FROM (SELECT ");
  sqlite3_stmt *model = NULL;
  int rc;

  if (sqlite3_prepare_v2 (salvage->store->db, "SELECT * FROM offline_requests", -1, &model, NULL) != SQLITE_OK)
    {
      sync_store_set_sqlite_error (salvage->store, SQLITE_ERROR, error);
      return FALSE;
    }
  salvage->n_columns = sqlite3_column_count (model);
  for (guint i = 0; i < salvage->n_columns; i++)
    {
      g_string_append_printf (table, "%s%s%s", i > 0 ? ", " : "", sqlite3_column_name (model, i),
                              i == 0 ? " INTEGER PRIMARY KEY" : "");
      g_string_append_printf (put, "%s?%u AS %s", i > 0 ? ", " : "", i + 1, sqlite3_column_name (model, i));
      if (g_str_equal (sqlite3_column_name (model, i), "needs_person"))
        salvage->needs_person = i + 1;
    }
  sqlite3_finalize (model);
  g_string_append (table, ")");
  g_string_append (put, ") AS version WHERE NOT EXISTS (SELECT 1 FROM offline_requests AS other"
                        " WHERE other.id = version.id AND other.updated_ms > version.updated_ms)");
  rc = sqlite3_open ("", &salvage->found);
  if (rc == SQLITE_OK)
    rc = sqlite3_exec (salvage->found, table->str, NULL, NULL, NULL);
  if (rc == SQLITE_OK)
    rc = sqlite3_prepare_v2 (salvage->found, put->str, -1, &salvage->put, NULL);
  if (rc == SQLITE_OK)
    return TRUE;
  set_scratch_error (salvage, error);
  return FALSE;
}

static gboolean
is_request (const Salvage *salvage, gint64 id, const SyncStorePageValue *values, guint n)
{
  g_autofree char *status = NULL;
  SyncState state;

  /* An older format has fewer columns, but no other table has nearly as many. */
  if (id <= 0 || n > salvage->n_columns || n <= salvage->n_columns / 2 || values[0].type != SQLITE_NULL
      || values[1].type != SQLITE_TEXT)
    return FALSE;
  status = g_strndup ((const char *) values[1].bytes, values[1].size);
  return sync_state_from_string (status, &state);
}

/* Whether nothing of it is missing, and no text is noise. The accepted body has a checksum. */
static gboolean
is_sound (const SyncStorePageValue *values, guint n)
{
  for (guint i = 0; i < n; i++)
    if (values[i].is_cut
        || (values[i].type == SQLITE_TEXT
            && !g_utf8_validate_len ((const char *) values[i].bytes, values[i].size, NULL)))
      return FALSE;
  return TRUE;
}

static void
bind_value (sqlite3_stmt *stmt, int place, const SyncStorePageValue *value)
{
  if (value->type == SQLITE_INTEGER)
    sqlite3_bind_int64 (stmt, place, value->number);
  else if (value->type == SQLITE_TEXT)
    sqlite3_bind_text64 (stmt, place, (const char *) value->bytes, value->size, SQLITE_STATIC, SQLITE_UTF8);
  else if (value->type == SQLITE_BLOB)
    sqlite3_bind_blob64 (stmt, place, value->bytes, value->size, SQLITE_STATIC);
}

static gboolean
found_cb (gint64 id, const SyncStorePageValue *values, guint n, gpointer data, GError **error)
{
  Salvage *salvage = data;
  int rc;

  if (!is_request (salvage, id, values, n))
    return TRUE;
  sqlite3_clear_bindings (salvage->put);
  sqlite3_bind_int64 (salvage->put, 1, id);
  for (guint i = 1; i < n; i++)
    bind_value (salvage->put, i + 1, &values[i]);
  if (!is_sound (values, n))
    sqlite3_bind_int (salvage->put, salvage->needs_person, 1);
  rc = sqlite3_step (salvage->put);
  sqlite3_reset (salvage->put);
  if (rc == SQLITE_DONE)
    return TRUE;
  set_scratch_error (salvage, error);
  return FALSE;
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

/* Carries rows over until there are no more or one cannot be read. */
static gboolean
copy_rows (SyncStore *self, sqlite3 *source, const char *select, const char *insert, guint *n_put, GError **error)
{
  sqlite3_stmt *from = NULL;
  sqlite3_stmt *into = NULL;
  gboolean ok = TRUE;

  if (sqlite3_prepare_v2 (source, select, -1, &from, NULL) == SQLITE_OK
      && sqlite3_prepare_v2 (self->db, insert, -1, &into, NULL) == SQLITE_OK)
    while (ok && sqlite3_step (from) == SQLITE_ROW)
      ok = put_row (self, from, into, n_put, error);
  sqlite3_finalize (from);
  sqlite3_finalize (into);
  return ok;
}

/* The requests, and around them what is good to have; what cannot be read of that is left out. */
static gboolean
take_tables (SyncStore *self, Salvage *salvage, GError **error)
{
  const struct
  {
    sqlite3 *source;
    const char *select;
    const char *insert;
  } tables[] = {
    { salvage->damaged, "SELECT * FROM delivered_keys",
      "INSERT OR IGNORE INTO delivered_keys VALUES (?, ?, ?, ?, ?, ?, ?, ?)" },
    { salvage->found,
      "SELECT site, family, resource_type, rtrim (key), fingerprint, server_name, id, updated_ms"
      " FROM offline_requests WHERE status = 'completed'",
      "INSERT OR IGNORE INTO delivered_keys VALUES (?, ?, ?, ?, ?, ?, ?, ?)" },
    { salvage->found, SELECT_TAKEN, INSERT_TAKEN },
    { salvage->damaged, "SELECT * FROM names",
      "INSERT OR IGNORE INTO names SELECT ?1, ?2, ?3, ?4, ?5, ?6, coalesce (?7, 0)" },
    { salvage->damaged, "SELECT * FROM dependencies",
      "INSERT OR IGNORE INTO dependencies SELECT ?1, ?2, ?3, coalesce (?4, 1), coalesce (?5, 0), coalesce (?6, 0)"
      " WHERE ?1 IN (SELECT id FROM offline_requests)" },
    { salvage->damaged, "SELECT * FROM sync_metadata WHERE key NOT IN ('clean_end', 'import_in_progress')",
      "INSERT OR IGNORE INTO sync_metadata VALUES (?, ?, ?)" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (tables); i++)
    {
      guint n = 0;

      if (!copy_rows (self, tables[i].source, tables[i].select, tables[i].insert, &n, error))
        return FALSE;
      if (g_str_equal (tables[i].insert, INSERT_TAKEN))
        salvage->n_taken = n;
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
      if (!sync_store_audit_add (self, id, NULL, SYNC_STATE_UNKNOWN, "engine", "saved from a damaged database", now_ms,
                                 error))
        return FALSE;
    }
}

/* A body that was rewritten counts as edited: that cannot be told of an older file, and an edited one is only
 * compared with more care. */
static gboolean
salvage_verb (SyncStore *self, gpointer data, GError **error)
{
  return sync_store_exec (self, "INSERT INTO sync_metadata VALUES ('import_in_progress', '1', 0)", error)
         && take_tables (self, data, error)
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
         && sync_store_schema_fill_makers (self, error) && sync_store_shown_fill (self, error) && add_audit_rows (self, error);
}

/* A missing or emptied file with a log: SQLite would delete the log, and with it everything. One page of zeros, and it
 * reads the pages from the log. */
static void
protect_log (const char *path)
{
  g_autofree char *log = g_strconcat (path, "-wal", NULL);
  GStatBuf info;
  int fd;

  if (g_stat (log, &info) != 0 || info.st_size == 0 || (g_stat (path, &info) == 0 && info.st_size > 0))
    return;
  fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || ftruncate (fd, 4096) != 0)
    g_debug ("cannot keep the log of “%s”", path);
  if (fd >= 0)
    close (fd);
}

/* Opens the file itself as far as SQLite can: also where its end is missing, and without writing its log back into it. */
static void
open_damaged (Salvage *salvage, const char *path)
{
  sqlite3_stmt *stmt = NULL;

  protect_log (path);
  sqlite3_open_v2 (path, &salvage->damaged, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
  sqlite3_db_config (salvage->damaged, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  sqlite3_exec (salvage->damaged, "PRAGMA writable_schema = ON", NULL, NULL, NULL);
  salvage->n_undelivered = -1;
  if (sqlite3_prepare_v2 (salvage->damaged, COUNT_UNDELIVERED, -1, &stmt, NULL) == SQLITE_OK
      && sqlite3_step (stmt) == SQLITE_ROW)
    salvage->n_undelivered = sqlite3_column_int64 (stmt, 0);
  sqlite3_finalize (stmt);
}

/* Takes the words of what was found and done. */
static gboolean
take_over (Salvage *salvage, const char *damaged, GError **error)
{
  if (!open_found (salvage, error) || !sync_store_page_scan (damaged, found_cb, salvage, error))
    return FALSE;
  open_damaged (salvage, damaged);
  return sync_store_run_verb (salvage->store, salvage_verb, salvage, error);
}

static gboolean
tell (const Salvage *salvage, const char *damaged, GError **error)
{
  gboolean is_known = salvage->n_undelivered >= salvage->n_taken;
  gboolean has_gaps = !is_known || salvage->n_undelivered > salvage->n_taken;
  g_autofree char *of = is_known ? g_strdup_printf (" of %" G_GINT64_FORMAT, salvage->n_undelivered) : g_strdup ("");

  return sync_store_loss_tell (
      salvage->store,
      g_strdup_printf (
          "The queue was damaged. The damaged file was kept as “%s”; %u%s undelivered requests could be saved from it:"
          " each is looked for on the server, or sent again under a key that ERPNext refuses twice, and what allows"
          " neither waits for your decision.%s%s",
          damaged, salvage->n_taken, of,
          !has_gaps  ? ""
          : is_known ? " The others are lost:"
                     : " Others may be lost:",
          has_gaps ? " look for the newest documents on the server." : ""),
      has_gaps, error);
}

/**
 * sync_store_salvage:
 * @self: a store without a connection to its database
 *
 * Sets the damaged file aside, opens a fresh one and takes over what can be read.
 *
 * Returns: whether the store is open; else %SYNC_ERROR_CORRUPT, %SYNC_ERROR_STORAGE or %SYNC_ERROR_DISK_FULL, and the
 *   damaged file is where it was
 */
gboolean
sync_store_salvage (SyncStore *self, GError **error)
{
  g_autofree char *suffix = g_strdup_printf (".damaged-%" G_GINT64_FORMAT, sync_clock_wall_ms (self->clock));
  g_autofree char *damaged = g_strconcat (self->path, suffix, NULL);
  g_auto (Salvage) salvage = { .store = self };

  if (!sync_store_directory_rename (self->directory, "", suffix, error))
    {
      sync_store_directory_rename (self->directory, suffix, "", NULL);
      return FALSE;
    }
  sync_store_directory_set_suspect (self->directory, FALSE);
  if (sync_store_open_database (self, error) && take_over (&salvage, damaged, error) && tell (&salvage, damaged, error))
    {
      self->ended_clean = FALSE;
      self->damaged = FALSE;
      return TRUE;
    }
  /* The next start tries again. */
  sync_store_disconnect (self);
  sync_store_remove (self->path);
  sync_store_directory_rename (self->directory, suffix, "", NULL);
  sync_store_directory_set_suspect (self->directory, TRUE);
  return FALSE;
}

/**
 * sync_store_mend:
 * @self: an open store without a transaction, which met damage
 *
 * Salvages the database while it is in use. Rows keep their ids; the undelivered ones are `unknown` afterwards.
 *
 * Returns: whether the store goes on with a whole database; else as sync_store_salvage(), and it still has the damaged one
 */
gboolean
sync_store_mend (SyncStore *self, GError **error)
{
  sqlite3 *damaged = self->db;

  if (self->n_mended >= MENDS_AT_MOST)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_CORRUPT,
                   "“%s” is damaged again and again: check the disk, then start the program again", self->path);
      return FALSE;
    }
  if (!sync_store_file_check_room (self, error))
    return FALSE;
  sync_store_finalize_statements (self);
  self->db = NULL;
  self->watched = FALSE;
  if (!sync_store_salvage (self, error))
    {
      self->db = damaged;
      self->watched = TRUE;
      return FALSE;
    }
  sqlite3_close (damaged);
  self->n_mended++;
  sync_store_file_note (self);
  sync_store_witness_close (self);
  sync_store_restore_witness (self);
  if (self->loss_report != NULL)
    sync_store_add_news (self, self->loss_report);
  return TRUE;
}
