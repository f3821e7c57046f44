/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A copy of the queue. A backup is one, made while the program works on: through a connection of its own that sees the
 * newest commit and holds nobody up. It carries a mark by which it is recognised when it is put back
 * (sync-store-restore.c). May run in any thread; it touches no open store. */
#define _GNU_SOURCE /* renameat2() */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sync-store-private.h"

/* What a backup is called until it is whole. */
#define PART_SUFFIX ".part"

static void
set_error (const char *path, const char *what, int code, GError **error)
{
  if (code == ENOSPC || code == EDQUOT)
    g_set_error (error, SYNC_ERROR, SYNC_ERROR_DISK_FULL,
                 "the disk is too full for the copy “%s”: free some space, or name another directory", path);
  else
    g_set_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED,
                 "the copy “%s” cannot be %s (%s): name a directory in which this user may write", path, what,
                 g_strerror (code));
}

static void
set_copy_error (sqlite3 *copy, const char *path, int rc, GError **error)
{
  if ((rc & 0xff) == SQLITE_FULL)
    set_error (path, "written", ENOSPC, error);
  else
    g_set_error (error, SYNC_ERROR, SYNC_ERROR_STORAGE, "the copy “%s” cannot be written (%s): check the disk", path,
                 sqlite3_errmsg (copy));
}

/* The directory furthest up that is not there, of those that should hold @directory; %NULL if all are. */
static char *
find_missing_parent (const char *directory)
{
  g_autofree char *path = g_canonicalize_filename (directory, NULL);
  g_autofree char *missing = NULL;

  for (;;)
    {
      g_autofree char *parent = g_path_get_dirname (path);

      if (g_file_test (parent, G_FILE_TEST_EXISTS))
        return g_steal_pointer (&missing);
      g_free (missing);
      missing = g_strdup (parent);
      g_free (path);
      path = g_steal_pointer (&parent);
    }
}

/* Makes the directory itself, but none that should hold it: where that is missing, a disk is not mounted or a name is
 * misspelt, and a backup in the wrong place is none. */
static gboolean
create_directory (const char *directory, const char *path, gboolean *made, GError **error)
{
  g_autofree char *missing = NULL;
  int code;

  *made = g_mkdir (directory, 0700) == 0;
  code = errno;
  if (*made || code == EEXIST)
    return TRUE;
  missing = code == ENOENT ? find_missing_parent (directory) : NULL;
  if (missing != NULL)
    g_set_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED,
                 "there is no directory “%s” for the backup “%s”: mount or make it first, or name another directory",
                 missing, path);
  else
    set_error (path, "written", code, error);
  return FALSE;
}

static void
set_exists_error (const char *path, GError **error)
{
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED, "“%s” is there already: name another directory", path);
}

/* Makes the empty file @part, for this user alone, if nothing is at @path. What an earlier backup left of its own, when it
 * was killed, goes. Returns the descriptor, -1: it cannot be made. */
static int
create_part (const char *path, const char *part, GError **error)
{
  g_autofree char *log = g_strconcat (path, "-wal", NULL);
  int fd;

  if (g_file_test (path, G_FILE_TEST_EXISTS) || g_file_test (log, G_FILE_TEST_EXISTS))
    {
      set_exists_error (path, error);
      return -1;
    }
  sync_store_remove (part);
  fd = open (part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0)
    set_error (path, "made", errno, error);
  return fd;
}

/* Whether @part is still the file @fd, and not one that another backup to the same place began. */
static gboolean
is_own (int fd, const char *part)
{
  struct stat own;
  struct stat found;

  return fstat (fd, &own) == 0 && lstat (part, &found) == 0 && own.st_dev == found.st_dev && own.st_ino == found.st_ino;
}

/* Never over one that is there. Not every file system knows all of these. */
static int
rename_new (const char *from, const char *to)
{
  if (renameat2 (AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
    return 0;
  if (errno != EINVAL && errno != ENOSYS)
    return errno;
  if (link (from, to) == 0)
    {
      g_unlink (from);
      return 0;
    }
  if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS)
    return errno;
  if (g_file_test (to, G_FILE_TEST_EXISTS) || g_file_test (to, G_FILE_TEST_IS_SYMLINK))
    return EEXIST;
  return g_rename (from, to) == 0 ? 0 : errno;
}

/* Gives the copy, which is whole, its name. */
static gboolean
give_name (int fd, const char *part, const char *path, GError **error)
{
  int code = fsync (fd) == 0 ? 0 : errno;

  if (code == 0 && !is_own (fd, part))
    code = EEXIST;
  if (code == 0)
    code = rename_new (part, path);
  if (code == EEXIST)
    set_exists_error (path, error);
  else if (code != 0)
    set_error (path, "written", code, error);
  return code == 0;
}

/* All pages in one step: one moment of the queue. */
static gboolean
copy_pages (SyncStore *source, sqlite3 *copy, const char *path, GError **error)
{
  sqlite3_backup *backup = sqlite3_backup_init (copy, "main", source->db, "main");
  int rc;

  if (backup == NULL)
    {
      set_copy_error (copy, path, sqlite3_errcode (copy), error);
      return FALSE;
    }
  sqlite3_backup_step (backup, -1);
  rc = sqlite3_backup_finish (backup);
  if (rc != SQLITE_OK)
    set_copy_error (copy, path, rc, error);
  return rc == SQLITE_OK;
}

/* One file without a log beside it. */
static gboolean
finish (sqlite3 *copy, const char *path, const char *marks, GError **error)
{
  int rc = sqlite3_exec (copy, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);

  if (rc == SQLITE_OK)
    rc = sqlite3_exec (copy, marks, NULL, NULL, NULL);
  if (rc != SQLITE_OK)
    set_copy_error (copy, path, rc, error);
  return rc == SQLITE_OK;
}

static gboolean
fill (SyncStore *source, const char *path, const char *marks, GError **error)
{
  sqlite3 *copy = NULL;
  int rc = sqlite3_open_v2 (path, &copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
  gboolean done = FALSE;

  if (rc == SQLITE_OK)
    rc = sqlite3_exec (copy, "PRAGMA synchronous = FULL", NULL, NULL, NULL);
  if (rc != SQLITE_OK)
    set_copy_error (copy, path, rc, error);
  else
    done = copy_pages (source, copy, path, error) && finish (copy, path, marks, error);
  sqlite3_close (copy);
  return done;
}

/* The names of the copy and, if that is new, of its directory. */
static gboolean
make_durable (const char *directory, gboolean made, GError **error)
{
  g_autofree char *path = g_canonicalize_filename (directory, NULL);
  g_autofree char *parent = g_path_get_dirname (path);

  return sync_store_directory_sync (directory, error) && (!made || sync_store_directory_sync (parent, error));
}

/* Removes a database with all that SQLite keeps beside it. */
void
sync_store_remove (const char *path)
{
  static const char *const parts[] = { "", "-wal", "-shm", "-journal" };

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      g_autofree char *part = g_strconcat (path, parts[i], NULL);

      g_unlink (part);
    }
}

/**
 * sync_store_copy:
 * @source: a store or a reader, without a transaction
 * @path: an empty file, or none
 * @marks: SQL that is run in the copy
 *
 * Copies all that @source sees. The bytes are on the disk when it returns, the name of a new file is not.
 *
 * Returns: whether it could; else the file is gone: %SYNC_ERROR_STORAGE or %SYNC_ERROR_DISK_FULL
 */
gboolean
sync_store_copy (SyncStore *source, const char *path, const char *marks, GError **error)
{
  if (fill (source, path, marks, error))
    return TRUE;
  sync_store_remove (path);
  return FALSE;
}

/* Under another name until it is whole: who looks after a kill finds a backup, or none. */
static gboolean
write_copy (SyncStore *source, const char *path, const char *marks, GError **error)
{
  g_autofree char *part = g_strconcat (path, PART_SUFFIX, NULL);
  int fd = create_part (path, part, error);
  gboolean done;

  if (fd < 0)
    return FALSE;
  done = fill (source, part, marks, error) && give_name (fd, part, path, error);
  if (!done && is_own (fd, part))
    sync_store_remove (part);
  close (fd);
  return done;
}

/**
 * sync_store_backup:
 * @data_directory: the data directory of a store that this or another process may have open
 * @directory: an absolute path; made (0700) if there is none, but the directory above it must be there
 * @now_ms: the wall clock, for the mark
 *
 * Copies the queue, as it is at one moment, to `queue.db` in @directory (0600), which is `queue.db.part` until it is
 * whole. Nothing is overwritten. To go back to it, end the program, and put the file into the data directory in place of `queue.db`, `queue.db-wal` and `queue.db-shm`.
 * May be called in any thread, also while the store is in use; it takes as long as the disk needs for the whole file.
 *
 * Returns: whether the copy is complete and durable; else there is none: %SYNC_ERROR_INVALID (no absolute path),
 *   %SYNC_ERROR_REFUSED (there is one already, or the directory cannot be made or written), %SYNC_ERROR_STORAGE,
 *   %SYNC_ERROR_DISK_FULL (transient), %SYNC_ERROR_NEWER, %SYNC_ERROR_CORRUPT
 */
gboolean
sync_store_backup (const char *data_directory, const char *directory, gint64 now_ms, GError **error)
{
  g_autofree char *path = g_build_filename (directory, SYNC_STORE_FILE, NULL);
  g_autofree char *marks = g_strdup_printf (
    "INSERT OR REPLACE INTO sync_metadata (key, value, updated_ms) VALUES"
    " ('" SYNC_STORE_BACKUP_MARK "', '%" G_GINT64_FORMAT "', %" G_GINT64_FORMAT "), ('clean_end', '1', %" G_GINT64_FORMAT
    ")",
    now_ms, now_ms, now_ms);
  g_autoptr (SyncStore) source = NULL;
  gboolean made;

  if (!g_path_is_absolute (directory))
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID,
                   "“%s” is not an absolute path: the backup's directory must begin with /", directory);
      return FALSE;
    }
  source = sync_store_open_reader (data_directory, error);
  if (source == NULL || !create_directory (directory, path, &made, error))
    return FALSE;
  if (write_copy (source, path, marks, error))
    {
      if (make_durable (directory, made, error))
        return TRUE;
      g_unlink (path);
    }
  if (made)
    g_rmdir (directory);
  return FALSE;
}
