/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The directory that the database lives in: who may read it, who holds it, and how much room is left. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "sync-store-private.h"

#define LOCK_FILE "lock"
#define RESERVE_FILE "reserve"
#define SUSPECT_FILE \
  SYNC_STORE_FILE ".suspect" /* damage was met: look at the whole file when it is opened next */

static void
set_errno_error (const char *directory, const char *what, int code, GError **error)
{
  if (code == ENOSPC || code == EDQUOT)
    g_set_error (error, SYNC_ERROR, SYNC_ERROR_DISK_FULL, "the disk that holds “%s” is full: free some space",
                 directory);
  else
    g_set_error (
      error, SYNC_ERROR, SYNC_ERROR_STORAGE,
      "the data directory “%s” cannot be %s (%s): make it writable for this user, or name another one with "
      "POSAWESOME_SYNC_DATA_DIR",
      directory, what, g_strerror (code));
}

/* Nothing in it, or ours already: then its mode is ours to set. */
static gboolean
is_ours (const char *directory)
{
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  g_autofree char *database = g_build_filename (directory, SYNC_STORE_FILE, NULL);

  return dir != NULL && (g_dir_read_name (dir) == NULL || g_file_test (database, G_FILE_TEST_EXISTS));
}

/**
 * sync_store_directory_prepare:
 * @directory: a path
 *
 * Makes the directory if there is none, and closes it to others (0700) if it is empty or ours; a directory
 * with other things in it keeps its mode.
 *
 * Returns: whether it is there; else %SYNC_ERROR_STORAGE
 */
gboolean
sync_store_directory_prepare (const char *directory, GError **error)
{
  struct stat info;

  if (g_mkdir_with_parents (directory, 0700) != 0)
    {
      set_errno_error (directory, "made", errno, error);
      return FALSE;
    }
  if (stat (directory, &info) == 0 && (info.st_mode & 0077) != 0 && info.st_uid == geteuid ()
      && is_ours (directory) && chmod (directory, 0700) != 0)
    {
      set_errno_error (directory, "closed to other users", errno, error);
      return FALSE;
    }
  return TRUE;
}

static int
read_pid (int fd)
{
  char text[24] = "";
  ssize_t size = pread (fd, text, sizeof text - 1, 0);

  return size > 0 ? (int) g_ascii_strtoll (text, NULL, 10) : 0;
}

/**
 * sync_store_directory_lock:
 * @directory: a directory that exists
 *
 * Takes the directory for this process; the kernel gives it back when the descriptor is closed, however the
 * process ends.
 *
 * Returns: the descriptor to keep; -1 with %SYNC_ERROR_LOCKED (names the process) or %SYNC_ERROR_STORAGE
 */
int
sync_store_directory_lock (const char *directory, GError **error)
{
  g_autofree char *path = g_build_filename (directory, LOCK_FILE, NULL);
  g_autofree char *pid = g_strdup_printf ("%d\n", (int) getpid ());
  int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  int code = errno;

  if (fd < 0)
    {
      set_errno_error (directory, "written", code, error);
      return -1;
    }
  if (flock (fd, LOCK_EX | LOCK_NB) != 0)
    {
      code = errno;
      if (code == EWOULDBLOCK)
        g_set_error (error, SYNC_ERROR, SYNC_ERROR_LOCKED,
                     "“%s” is in use by process %d; end that one first, or name another directory with "
                     "POSAWESOME_SYNC_DATA_DIR",
                     directory, read_pid (fd));
      else
        set_errno_error (directory, "locked", code, error);
      close (fd);
      return -1;
    }
  /* The number is for people; the lock holds without it, also on a disk that is full. */
  if (ftruncate (fd, 0) != 0 || pwrite (fd, pid, strlen (pid), 0) < 0)
    g_debug ("cannot note the process in “%s”: %s", path, g_strerror (errno));
  return fd;
}

/**
 * sync_store_get_holder:
 * @directory: a data directory
 *
 * Returns: the process whose queue it is at this moment; 0: none; -1: one that cannot be told
 */
int
sync_store_get_holder (const char *directory)
{
  g_autofree char *path = g_build_filename (directory, LOCK_FILE, NULL);
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  gboolean none = FALSE;
  int pid = 0;

  if (fd < 0)
    return 0;
  if (flock (fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    pid = read_pid (fd);
  else
    none = TRUE;
  close (fd);
  return none ? 0 : pid > 0 ? pid : -1;
}

/* Whether @fd still is the lock of the directory of that name. */
gboolean
sync_store_directory_is_held (const char *directory, int fd)
{
  g_autofree char *path = g_build_filename (directory, LOCK_FILE, NULL);
  struct stat held;
  struct stat found;

  return fstat (fd, &held) == 0 && stat (path, &found) == 0 && held.st_dev == found.st_dev
         && held.st_ino == found.st_ino;
}

/**
 * sync_store_directory_create_file:
 * @directory: a directory
 * @name: a file's name in it
 * @created: (out): whether it was not there before
 *
 * Makes an empty file that only its owner may read, or closes an existing one to others.
 *
 * Returns: whether it is there; else %SYNC_ERROR_STORAGE or %SYNC_ERROR_DISK_FULL
 */
gboolean
sync_store_directory_create_file (const char *directory, const char *name, gboolean *created, GError **error)
{
  g_autofree char *path = g_build_filename (directory, name, NULL);
  int fd = open (path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  int code = errno;

  *created = fd >= 0;
  if (fd < 0 && code == EEXIST)
    {
      fd = open (path, O_RDWR | O_CLOEXEC);
      code = errno;
      if (fd >= 0 && fchmod (fd, 0600) != 0)
        g_debug ("cannot close “%s” to others: %s", path, g_strerror (errno));
    }
  if (fd < 0)
    {
      set_errno_error (directory, "written", code, error);
      return FALSE;
    }
  close (fd);
  return !*created || sync_store_directory_sync (directory, error);
}

/**
 * sync_store_directory_sync:
 * @directory: a directory
 *
 * Makes the names of its files durable.
 *
 * Returns: whether it could
 */
gboolean
sync_store_directory_sync (const char *directory, GError **error)
{
  int fd = open (directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int code = errno;

  if (fd >= 0 && fsync (fd) != 0)
    code = errno;
  else if (fd >= 0)
    code = 0;
  if (fd >= 0)
    close (fd);
  if (code != 0)
    set_errno_error (directory, "written", code, error);
  return code == 0;
}

/**
 * sync_store_directory_get_free_bytes:
 * @directory: a directory
 * @options: how it is asked
 *
 * Returns: bytes that this user may still write there
 */
gint64
sync_store_directory_get_free_bytes (const char *directory, const SyncStoreOptions *options)
{
  struct statvfs info;

  if (options->free_bytes != NULL)
    return options->free_bytes (directory, options->free_bytes_data);
  /* If it cannot be told, the write itself will. */
  if (statvfs (directory, &info) != 0)
    return G_MAXINT64;
  return (gint64) info.f_bavail * (gint64) info.f_frsize;
}

/**
 * sync_store_directory_make_reserve:
 * @directory: a directory
 * @bytes: how much to hold back
 *
 * Holds room back that is given up when the disk is full, so that deliveries can still be recorded.
 *
 * Returns: whether the file is in place
 */
gboolean
sync_store_directory_make_reserve (const char *directory, gint64 bytes)
{
  g_autofree char *path = g_build_filename (directory, RESERVE_FILE, NULL);
  int fd;
  int code;

  if (bytes <= 0)
    return FALSE;
  fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0)
    return FALSE;
  code = posix_fallocate (fd, 0, bytes);
  close (fd);
  if (code != 0)
    g_unlink (path);
  return code == 0;
}

/**
 * sync_store_directory_drop_reserve:
 * @directory: a directory
 *
 * Returns: whether there was a reserve to give up
 */
gboolean
sync_store_directory_drop_reserve (const char *directory)
{
  g_autofree char *path = g_build_filename (directory, RESERVE_FILE, NULL);

  return g_unlink (path) == 0;
}

/* Whether an earlier process left the reserve in place. */
gboolean
sync_store_directory_has_reserve (const char *directory)
{
  g_autofree char *path = g_build_filename (directory, RESERVE_FILE, NULL);

  return g_file_test (path, G_FILE_TEST_IS_REGULAR);
}

/* Whether damage was met in the database. */
gboolean
sync_store_directory_is_suspect (const char *directory)
{
  g_autofree char *path = g_build_filename (directory, SUSPECT_FILE, NULL);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

/* Notes for the next opening whether damage was met. */
void
sync_store_directory_set_suspect (const char *directory, gboolean suspect)
{
  g_autofree char *path = g_build_filename (directory, SUSPECT_FILE, NULL);
  int fd;

  if (!suspect)
    {
      g_unlink (path);
      return;
    }
  fd = open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd >= 0)
    close (fd);
}

/**
 * sync_store_directory_rename:
 * @directory: a directory
 * @suffix: what the database's name has at its end
 * @new_suffix: what it gets there instead
 *
 * Renames a database with its log, so that both can still be read together.
 *
 * Returns: whether it is out of the way; else %SYNC_ERROR_STORAGE
 */
gboolean
sync_store_directory_rename (const char *directory, const char *suffix, const char *new_suffix, GError **error)
{
  static const char *const parts[] = { "-wal", "-shm", "" };

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      g_autofree char *from = g_strconcat (directory, "/" SYNC_STORE_FILE, suffix, parts[i], NULL);
      g_autofree char *to = g_strconcat (directory, "/" SYNC_STORE_FILE, new_suffix, parts[i], NULL);

      if (g_rename (from, to) != 0 && errno != ENOENT)
        {
          set_errno_error (directory, "changed", errno, error);
          return FALSE;
        }
    }
  return sync_store_directory_sync (directory, error);
}
