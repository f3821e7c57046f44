/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The queue on disk: one SQLite file that one process at a time holds. Opening it turns what was being sent
 * when the last process ended into `unknown`, never back into `pending`. A verb is one BEGIN IMMEDIATE …
 * COMMIT, and what it changed is on the disk when it returns. Everything happens in the thread that opened
 * the store. */
#include "config.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "sync-store-private.h"
#include "sync-mutant.h"

#define BUSY_TIMEOUT_MS 5000           /* a backup or an SQLite shell beside us is soon done */
#define WAL_KEPT_BYTES "16777216"      /* the write-ahead log is cut to this after a burst */
#define CACHE_KIB "6144"               /* the keys of some 50 000 rows stay in memory */
#define MAX_WAIT_AFTER_BOOT_MS 3600000 /* the wall clock may have been set back while the machine was off */
#define START_MB 10                    /* what a start needs, and then some deliveries */
#define SQLITE_MAGIC "SQLite format 3"

G_DEFINE_FINAL_TYPE (SyncStore, sync_store, G_TYPE_OBJECT)

/* Closes the database; it may be opened again. */
void
sync_store_disconnect (SyncStore *self)
{
  if (self->db == NULL)
    return;
  sync_store_finalize_statements (self);
  sqlite3_close (self->db);
  self->db = NULL;
}

/* Whether the call is allowed at all: an open store, in its own thread. A reader goes along with its file. */
void
sync_store_assert_usable (SyncStore *self)
{
  g_assert (SYNC_IS_STORE (self));
  g_assert (self->thread == g_thread_self ());
  g_assert (self->db != NULL);
  if (self->read_only)
    sync_store_file_follow (self);
}

/* What SQLite would only find out later, or quietly take for an empty database. */
static gboolean
check_header (SyncStore *self, GError **error)
{
  char header[sizeof SQLITE_MAGIC] = "";
  g_autofree char *log = g_strconcat (self->path, "-wal", NULL);
  g_autofree char *journal = g_strconcat (self->path, "-journal", NULL);
  GStatBuf info;
  GStatBuf log_info;
  FILE *file;
  gsize size;

  if (g_stat (self->path, &info) != 0)
    info.st_size = 0;
  /* The machine died while the file was made, before it had a log: SQLite takes that back first. */
  if (g_stat (journal, &log_info) == 0 && log_info.st_size > 0)
    return TRUE;
  if (info.st_size == 0 && g_stat (log, &log_info) == 0 && log_info.st_size > 0)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_CORRUPT, "“%s” is missing or empty, although its log is not",
                   self->path);
      return FALSE;
    }
  file = info.st_size > 0 ? g_fopen (self->path, "rbe") : NULL;
  if (file == NULL)
    return TRUE;
  size = fread (header, 1, sizeof header, file);
  fclose (file);
  if (size == sizeof header && memcmp (header, SQLITE_MAGIC, sizeof header) == 0)
    return TRUE;
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_CORRUPT, "“%s” is no database", self->path);
  return FALSE;
}

static gboolean
open_sqlite (SyncStore *self, int flags, GError **error)
{
  int rc = sqlite3_open_v2 (self->path, &self->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);

  if (rc != SQLITE_OK)
    {
      sync_store_set_sqlite_error (self, rc, error);
      return FALSE;
    }
  sqlite3_busy_timeout (self->db, BUSY_TIMEOUT_MS);
  return TRUE;
}

static gboolean
configure (SyncStore *self, GError **error)
{
  sqlite3_stmt *stmt = NULL;
  int rc = sqlite3_prepare_v2 (self->db, "PRAGMA journal_mode = WAL", -1, &stmt, NULL);
  gboolean is_wal;

  if (rc == SQLITE_OK)
    rc = sqlite3_step (stmt);
  is_wal = rc == SQLITE_ROW && g_strcmp0 ((const char *) sqlite3_column_text (stmt, 0), "wal") == 0;
  if (rc != SQLITE_ROW)
    sync_store_set_sqlite_error (self, rc, error);
  else if (!is_wal)
    g_set_error (
      error, SYNC_ERROR, SYNC_ERROR_STORAGE,
      "the file system of “%s” cannot hold a write-ahead log: name a directory on a local disk with "
      "POSAWESOME_SYNC_DATA_DIR",
      self->directory);
  sqlite3_finalize (stmt);
  return is_wal
         && sync_store_exec (self, SYNC_MUTANT ("synchronous-normal") ? "PRAGMA synchronous = NORMAL" : "PRAGMA synchronous = FULL",
                             error)
         && sync_store_exec (
           self,
           "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;"
           "PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -" CACHE_KIB ";"
           "PRAGMA journal_size_limit = " WAL_KEPT_BYTES,
           error);
}

/* Opens a database of this version that is at the path, with its log. */
gboolean
sync_store_connect (SyncStore *self, GError **error)
{
  gint64 version;

  return open_sqlite (self, SQLITE_OPEN_READWRITE, error) && configure (self, error)
         && sync_store_query_int (self, "PRAGMA user_version", &version, error);
}

/* The same, for reading only. */
gboolean
sync_store_connect_reader (SyncStore *self, GError **error)
{
  gboolean is_new;

  if (!open_sqlite (self, SQLITE_OPEN_READONLY, error) || !sync_store_schema_check (self, &is_new, error))
    return FALSE;
  if (is_new)
    g_set_error (error, SYNC_ERROR, SYNC_ERROR_STORAGE, "“%s” holds no queue yet: start the program first", self->path);
  return !is_new;
}

static gboolean
recover_sending (SyncStore *self, gint64 now_ms, GError **error)
{
  gint64 id;

  self->recovered = 0;
  for (;;)
    {
      g_autofree char *update = NULL;

      if (!sync_store_query_int (self, "SELECT id FROM offline_requests WHERE status = 'sending' LIMIT 1",
                                 &id, error))
        return FALSE;
      if (id == 0)
        return TRUE;
      update = g_strdup_printf ("UPDATE offline_requests SET status = %s, updated_ms = %" G_GINT64_FORMAT
                                " WHERE id = %" G_GINT64_FORMAT,
                                SYNC_MUTANT ("sending-to-pending") ? "'pending', unaccounted = 0" : "'unknown'", now_ms, id);
      if (!sync_store_exec (self, update, error)
          || !sync_store_audit_add (self, id, "sending",
                                    SYNC_MUTANT ("sending-to-pending") ? SYNC_STATE_PENDING : SYNC_STATE_UNKNOWN, "engine",
                                    "the program ended while it was being sent", now_ms, error)
          || !sync_store_lane_end_sending (self, id, error))
        return FALSE;
      self->recovered++;
    }
}

/* Due times of another boot mean nothing on this boot's clock: they are told again from the wall clock. Nobody knows
 * whether that one was set meanwhile, so a row waits at most as long again as it was told to wait (from when it was
 * written last), and never longer than an hour. */
static gboolean
rebase_due_times (SyncStore *self, gint64 now_ms, GError **error)
{
  g_autofree char *boot_id = sync_store_dup_metadata (self, "boot_id");
  const char *current = sync_clock_boot_id (self->clock);
  g_autofree char *update = NULL;

  if (g_strcmp0 (boot_id, current) == 0)
    return TRUE;
  update = g_strdup_printf ("UPDATE offline_requests SET due_boot_us = %" G_GINT64_FORMAT
                            " + 1000 * min (max (next_retry_at_ms - %" G_GINT64_FORMAT
                            ", 0), max (next_retry_at_ms - updated_ms, 0), %d)"
                            " WHERE status IN ('pending', 'unknown') AND due_boot_us > 0",
                            MAX (sync_clock_boot_us (self->clock), 1), now_ms, MAX_WAIT_AFTER_BOOT_MS);
  return sync_store_exec (self, update, error) && sync_store_exec (self, SYNC_STORE_BEGIN_BOOT, error)
         && sync_store_run (self, SYNC_STATEMENT_SET_METADATA, error, "ssi", "boot_id", current, now_ms);
}

static gboolean
start_verb (SyncStore *self, gpointer data, GError **error)
{
  gint64 now_ms = sync_clock_wall_ms (self->clock);

  /* First of all: what recover_sending() makes of a row is less than what a copy needs. */
  return sync_store_restore_check (self, now_ms, error) && recover_sending (self, now_ms, error)
         && rebase_due_times (self, now_ms, error)
         && sync_store_run (self, SYNC_STATEMENT_SET_METADATA, error, "ssi", "clean_end", "0", now_ms);
}

/* What is undelivered has to be readable before any of it is due: damage in one row would hold up the others. */
static gboolean
check_undelivered (SyncStore *self, GError **error)
{
  g_auto (SyncSites) sites = { 0 };

  return sync_store_count_undelivered (self, "", &sites, error);
}

/* Opens the database that is at the path, or makes one, and brings it to the newest format and to this boot. */
gboolean
sync_store_open_database (SyncStore *self, GError **error)
{
  g_autofree char *clean = NULL;
  gboolean created;
  gboolean is_new;

  if (!check_header (self, error)
      || !sync_store_directory_create_file (self->directory, SYNC_STORE_FILE, &created, error)
      || !open_sqlite (self, SQLITE_OPEN_READWRITE, error) || !sync_store_schema_check (self, &is_new, error)
      || !configure (self, error)
      || (sync_store_directory_is_suspect (self->directory) && !sync_store_check (self, error))
      || !sync_store_schema_migrate (self, error) || !sync_store_audit_load (self, error))
    return FALSE;
  clean = sync_store_dup_metadata (self, "clean_end");
  self->ended_clean = is_new || g_strcmp0 (clean, "1") == 0;
  return sync_store_run_verb (self, start_verb, NULL, error) && check_undelivered (self, error);
}

static gboolean
open_or_salvage (SyncStore *self, GError **error)
{
  g_autoptr (GError) local = NULL;

  if (sync_store_open_database (self, &local))
    return TRUE;
  sync_store_disconnect (self);
  if (!g_error_matches (local, SYNC_ERROR, SYNC_ERROR_CORRUPT))
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  g_debug ("%s", local->message);
  return sync_store_salvage (self, error);
}

static SyncStore *
store_new (const char *directory)
{
  SyncStore *self = g_object_new (SYNC_TYPE_STORE, NULL);

  self->directory = g_strdup (directory);
  self->path = g_build_filename (directory, SYNC_STORE_FILE, NULL);
  self->log_path = g_strconcat (self->path, "-wal", NULL);
  self->thread = g_thread_self ();
  return self;
}

static void
shut (SyncStore *self, gboolean mark_clean)
{
  g_autoptr (GError) error = NULL;

  mark_clean = mark_clean && self->db != NULL && !self->read_only;
  /* Nobody is left to be told by a return value. */
  if (mark_clean && !sync_store_file_put_back (self, &error))
    g_message ("%s", error->message);
  if (mark_clean && !self->displaced)
    {
      gint64 now_ms = sync_clock_wall_ms (self->clock);

      if (!sync_store_run (self, SYNC_STATEMENT_SET_METADATA, NULL, "ssi", "clean_end", "1", now_ms))
        g_debug ("cannot mark the end of “%s”", self->path);
      sqlite3_wal_checkpoint_v2 (self->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    }
  sync_store_disconnect (self);
  sync_store_witness_close (self);
  if (self->lock_fd >= 0)
    close (self->lock_fd);
  self->lock_fd = -1;
}

static void
sync_store_finalize (GObject *object)
{
  SyncStore *self = SYNC_STORE (object);

  shut (self, TRUE);
  g_clear_object (&self->clock);
  g_checksum_free (self->audit_checksum);
  g_free (self->directory);
  g_free (self->path);
  g_free (self->log_path);
  g_free (self->news);
  g_free (self->witness_directory);
  g_free (self->machine_id);
  g_free (self->loss_report);
  g_free (self->restore_report);
  G_OBJECT_CLASS (sync_store_parent_class)->finalize (object);
}

static void
sync_store_class_init (SyncStoreClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = sync_store_finalize;
}

static void
sync_store_init (SyncStore *self)
{
  self->lock_fd = -1;
  self->witness_fd = -1;
  self->audit_checksum = g_checksum_new (G_CHECKSUM_SHA256);
}

/* The reserve is also for this: on a full disk there is no room for the log and its index. */
static gboolean
open_with_reserve (SyncStore *self, GError **error)
{
  g_autoptr (GError) local = NULL;

  self->has_reserve = sync_store_directory_has_reserve (self->directory);
  if (open_or_salvage (self, &local))
    return TRUE;
  if (g_error_matches (local, SYNC_ERROR, SYNC_ERROR_DISK_FULL) && self->has_reserve
      && sync_store_directory_drop_reserve (self->directory))
    {
      self->has_reserve = FALSE;
      return open_or_salvage (self, error);
    }
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

static gboolean
take_and_open (SyncStore *self, GError **error)
{
  if (!sync_store_directory_prepare (self->directory, error))
    return FALSE;
  self->lock_fd = sync_store_directory_lock (self->directory, error);
  return self->lock_fd >= 0 && open_with_reserve (self, error);
}

/**
 * sync_store_open:
 * @directory: the data directory; made (0700) if there is none
 * @options: (nullable): NULL for SYNC_STORE_OPTIONS_INIT
 * @clock: the time
 *
 * Takes the directory for this process, brings the database to the newest format, turns rows that were being
 * sent into `unknown` and moves due times to this boot's clock. A damaged file is set aside and what can be
 * read of the undelivered rows is taken over; where the queue that was used here is missing a new one is begun;
 * sync_store_get_loss_report() tells then. The undelivered rows of a restored or copied database become `unknown`;
 * sync_store_get_restore_report() tells. On a full disk the reserve is given up.
 *
 * Returns: (transfer full): the store, or NULL: %SYNC_ERROR_LOCKED (names the other process),
 * %SYNC_ERROR_STORAGE, %SYNC_ERROR_DISK_FULL (all transient), %SYNC_ERROR_NEWER
 */
SyncStore *
sync_store_open (const char *directory, const SyncStoreOptions *options, SyncClock *clock, GError **error)
{
  static const SyncStoreOptions defaults = SYNC_STORE_OPTIONS_INIT;
  g_autoptr (SyncStore) self = store_new (directory);
  g_autoptr (GError) local = NULL;
  gint64 free_bytes;

  self->options = options != NULL ? *options : defaults;
  self->witness_directory = g_strdup (self->options.witness_directory);
  self->machine_id = g_strdup (self->options.machine_id);
  self->options.witness_directory = self->options.machine_id = NULL;
  self->clock = g_object_ref (clock);
  if (!take_and_open (self, &local))
    {
      shut (self, FALSE);
      if (g_error_matches (local, SYNC_ERROR, SYNC_ERROR_DISK_FULL))
        g_set_error (error, SYNC_ERROR, SYNC_ERROR_DISK_FULL,
                     "the disk that holds “%s” is full, and the queue cannot be opened; nothing in it was changed: free at"
                     " least %d MB and start the program again (from %" G_GINT64_FORMAT " MB on it takes new writes)",
                     directory, START_MB, self->options.min_free_bytes / 1000000);
      else
        g_propagate_error (error, g_steal_pointer (&local));
      return NULL;
    }
  sync_store_file_note (self);
  sync_store_restore_witness (self);
  free_bytes = sync_store_directory_get_free_bytes (directory, &self->options);
  if (!self->has_reserve && free_bytes - self->options.reserve_bytes > self->options.min_free_bytes)
    self->has_reserve = sync_store_directory_make_reserve (directory, self->options.reserve_bytes);
  return g_steal_pointer (&self);
}

/**
 * sync_store_open_reader:
 * @directory: the data directory of a store that some process has open
 *
 * A second connection that only reads, for lists in another thread than the store's: each call sees the
 * newest commit. It takes no lock, recovers nothing and knows no time; verbs and sync_store_list_due() fail
 * on it.
 *
 * Returns: (transfer full): the reader, or NULL: %SYNC_ERROR_STORAGE (also if there is no database yet),
 *   %SYNC_ERROR_NEWER, %SYNC_ERROR_CORRUPT
 */
SyncStore *
sync_store_open_reader (const char *directory, GError **error)
{
  g_autoptr (SyncStore) self = store_new (directory);

  self->read_only = TRUE;
  if (!sync_store_connect_reader (self, error))
    return NULL;
  sync_store_file_note (self);
  return g_steal_pointer (&self);
}

/**
 * sync_store_close:
 * @self: a store
 *
 * Writes the log back into the file, marks the end as a clean one and gives the directory free. The store
 * answers nothing afterwards. Closing twice does nothing; the last unref closes too.
 */
void
sync_store_close (SyncStore *self)
{
  g_assert (self->thread == g_thread_self ());
  shut (self, TRUE);
}

/**
 * sync_store_check:
 * @self: a store or a reader
 *
 * SQLite's own check of the whole file; reads all of it, so use a reader in a thread of its own for a large
 * one. A file that does not pass is set aside and salvaged when the store is opened next.
 *
 * Returns: whether the file is whole; else %SYNC_ERROR_CORRUPT or %SYNC_ERROR_STORAGE
 */
gboolean
sync_store_check (SyncStore *self, GError **error)
{
  sqlite3_stmt *stmt = NULL;
  g_autofree char *found = NULL;
  int rc;

  sync_store_assert_usable (self);
  rc = sqlite3_prepare_v2 (self->db, "PRAGMA quick_check (1)", -1, &stmt, NULL);
  if (rc == SQLITE_OK)
    rc = sqlite3_step (stmt);
  if (rc == SQLITE_ROW)
    found = g_utf8_make_valid ((const char *) sqlite3_column_text (stmt, 0), -1);
  else
    sync_store_set_sqlite_error (self, rc, error);
  sqlite3_finalize (stmt);
  if (rc != SQLITE_ROW)
    return FALSE;
  if (g_strcmp0 (found, "ok") == 0)
    {
      sync_store_directory_set_suspect (self->directory, FALSE);
      return TRUE;
    }
  sync_store_directory_set_suspect (self->directory, TRUE);
  g_strdelimit (found, "\n", ' ');
  g_set_error (
    error, SYNC_ERROR, SYNC_ERROR_CORRUPT,
    "“%s” is damaged (%s): start the program again, it sets the file aside and saves what can be read",
    self->path, found);
  return FALSE;
}

/**
 * sync_store_get_directory:
 * @self: a store
 *
 * Returns: (transfer none): the data directory
 */
const char *
sync_store_get_directory (SyncStore *self)
{
  return self->directory;
}

/**
 * sync_store_get_format:
 * @self: a store or a reader
 *
 * Returns: the version of the database's format; 0 if it cannot be read
 */
int
sync_store_get_format (SyncStore *self)
{
  gint64 version;

  sync_store_assert_usable (self);
  return sync_store_query_int (self, "PRAGMA user_version", &version, NULL) ? (int) version : 0;
}

/**
 * sync_store_get_recovered:
 * @self: a store
 *
 * Returns: how many rows were being sent when the last process ended, and are `unknown` since
 */
guint
sync_store_get_recovered (SyncStore *self)
{
  return self->recovered;
}

/**
 * sync_store_get_ended_clean:
 * @self: a store
 *
 * Returns: whether the last process closed the store; if not, sync_store_check() is due
 */
gboolean
sync_store_get_ended_clean (SyncStore *self)
{
  return self->ended_clean;
}
