/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Are the files that SQLite has open still the ones at their paths? Somebody may remove or replace them, or the whole
 * directory, while the program runs; what is written then goes into a file that ends with the process. So this is
 * asked before each transaction and each commit, by two lstat(), and by the engine now and then. All that is in such
 * a file can still be read through the open connection: it is copied, the copy is flushed to the disk and takes the
 * place of the file, and the connection changes over to it. What stood there instead is kept beside it. Nothing else
 * is written until that is done.
 *
 * A log that is shorter than the last commit left it was cut: SQLite makes it shorter only as it commits (a
 * journal_size_limit), and another connection only by a TRUNCATE checkpoint, after which a copy does no harm. The
 * newest commits are in the connection's cache still; if more is missing, nothing is taken until the program is
 * started again. What this cannot see: a file that was written over in place. Store's thread; a reader's own. */
#include "config.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sync-store-private.h"

#define COPY_NAME SYNC_STORE_FILE ".copy"
#define COPY_SPARE_BYTES (1000 * 1000) /* beside the pages themselves: the log, its index, and the file system's own */

/* A link is not the file that it leads to: SQLite would look for the log beside that one the next time. */
static gboolean
identify (const char *path, SyncStoreFileId *id)
{
  struct stat info;

  *id = (SyncStoreFileId){ 0 };
  if (lstat (path, &info) != 0)
    return FALSE;
  id->device = info.st_dev;
  id->number = info.st_ino;
  id->bytes = info.st_size;
  return TRUE;
}

/* Whether @path names the file @id, and then whether it is shorter, @cut (nullable). TRUE also if that cannot be told,
 * since the write itself will tell then. */
static gboolean
is_at (const char *path, const SyncStoreFileId *id, gboolean *cut)
{
  SyncStoreFileId found;

  if (!identify (path, &found))
    return errno != ENOENT && errno != ENOTDIR;
  if (found.device != id->device || found.number != id->number)
    return FALSE;
  if (cut != NULL)
    *cut = found.bytes < id->bytes;
  return TRUE;
}

/* The path at which our file no longer is, or no longer whole, NULL if all are where and what they were. */
static const char *
find_displaced (SyncStore *self)
{
  self->cut = FALSE;
  if (!self->watched)
    return NULL;
  if (!is_at (self->path, &self->file_id, NULL))
    return self->path;
  if (!is_at (self->log_path, &self->log_id, &self->cut))
    return self->log_path;
  return self->cut ? self->log_path : NULL;
}

static const char *
get_what_happened (SyncStore *self)
{
  return self->cut ? "was cut short" : "was removed or replaced";
}

/* Remembers which files are open, when both are. One that has gone by now will be missed at the first commit. */
void
sync_store_file_note (SyncStore *self)
{
  identify (self->path, &self->file_id);
  identify (self->log_path, &self->log_id);
  self->watched = TRUE;
  self->displaced = FALSE;
}

/* After each commit, in which SQLite may have made the log anew, and shorter. */
void
sync_store_file_note_commit (SyncStore *self)
{
  SyncStoreFileId found;

  if (self->watched && identify (self->log_path, &found) && found.number == self->log_id.number)
    self->log_id.bytes = found.bytes;
}

/**
 * sync_store_file_check:
 * @self: a store, which may have a transaction open
 *
 * Returns: whether its files are still at their paths; else %SYNC_ERROR_STORAGE, and sync_store_file_put_back() is due
 */
gboolean
sync_store_file_check (SyncStore *self, GError **error)
{
  const char *path = find_displaced (self);

  self->displaced = path != NULL;
  if (path != NULL)
    g_set_error (error, SYNC_ERROR, SYNC_ERROR_STORAGE,
                 "“%s” %s while the program runs; nothing was changed", path, get_what_happened (self));
  return path == NULL;
}

/* The directory may be another one by now, of which another process may have taken possession. */
static gboolean
take_directory (SyncStore *self, GError **error)
{
  int fd;

  if (!sync_store_directory_prepare (self->directory, error))
    return FALSE;
  if (sync_store_directory_is_held (self->directory, self->lock_fd))
    return TRUE;
  fd = sync_store_directory_lock (self->directory, error);
  if (fd < 0)
    return FALSE;
  close (self->lock_fd);
  self->lock_fd = fd;
  return TRUE;
}

/* Whether the disk has room for the whole queue once more. */
gboolean
sync_store_file_check_room (SyncStore *self, GError **error)
{
  gint64 n_pages;
  gint64 page_bytes;
  gint64 missing_bytes;

  if (!sync_store_query_int (self, "PRAGMA page_count", &n_pages, error)
      || !sync_store_query_int (self, "PRAGMA page_size", &page_bytes, error))
    return FALSE;
  missing_bytes
      = n_pages * page_bytes + COPY_SPARE_BYTES - sync_store_directory_get_free_bytes (self->directory, &self->options);
  if (missing_bytes <= 0)
    return TRUE;
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_DISK_FULL,
               "the disk that holds “%s” is too full: free at least %" G_GINT64_FORMAT " MB", self->directory,
               missing_bytes / 1000000 + 1);
  return FALSE;
}

static gboolean
move_aside (SyncStore *self, const char *path, const char *to, GError **error)
{
  if (g_rename (path, to) == 0 || errno == ENOENT)
    return TRUE;
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_STORAGE, "“%s” cannot be renamed (%s): make “%s” writable for this user",
               path, g_strerror (errno), self->directory);
  return FALSE;
}

/* Takes away what is not ours, and the log of ours, so that SQLite does not read it into the copy: all that it holds is
 * in there. */
static gboolean
clear_place (SyncStore *self, const char *aside, GError **error)
{
  g_autofree char *log_aside = g_strconcat (aside, "-wal", NULL);
  g_autofree char *index = g_strconcat (self->path, "-shm", NULL);

  if (is_at (self->log_path, &self->log_id, NULL))
    g_unlink (self->log_path);
  else if (!move_aside (self, self->log_path, log_aside, error))
    return FALSE;
  g_unlink (index);
  return is_at (self->path, &self->file_id, NULL) || move_aside (self, self->path, aside, error);
}

/* Opens the file that is at the path now, and only then lets go of the one that was open. */
static gboolean
change_over (SyncStore *self, GError **error)
{
  sqlite3 *old = self->db;

  sync_store_finalize_statements (self);
  self->db = NULL;
  if (!(self->read_only ? sync_store_connect_reader (self, error) : sync_store_connect (self, error)))
    {
      sqlite3_close (self->db);
      self->db = old;
      return FALSE;
    }
  /* SQLite sees that this one is no longer at its path, and leaves the log of the new one alone. */
  sqlite3_close (old);
  return TRUE;
}

static gboolean
make_copy (SyncStore *self, const char *path, GError **error)
{
  gboolean created;

  sync_store_remove (path);
  return sync_store_directory_create_file (self->directory, COPY_NAME, &created, error)
         && sync_store_copy (self, path, "", error);
}

static gboolean
replace (SyncStore *self, const char *aside, GError **error)
{
  g_autofree char *copy = g_build_filename (self->directory, COPY_NAME, NULL);

  if (!take_directory (self, error) || !sync_store_file_check_room (self, error) || !make_copy (self, copy, error))
    return FALSE;
  if (!clear_place (self, aside, error) || !move_aside (self, copy, self->path, error)
      || !sync_store_directory_sync (self->directory, error))
    {
      g_unlink (copy);
      return FALSE;
    }
  if (change_over (self, error))
    return TRUE;
  /* Ours, and nothing is in it that is not in the one that is open. */
  g_unlink (self->path);
  return FALSE;
}

static void
tell (SyncStore *self, const char *displaced, const char *happened, const char *aside, gboolean new_directory)
{
  g_autoptr (GString) words = g_string_new (NULL);
  g_autofree char *log_aside = g_strconcat (aside, "-wal", NULL);

  g_string_append_printf (
      words,
      "“%s” %s while the program ran. The program put the queue back as it knows"
      " it; nothing that was accepted is missing.",
      displaced, happened);
  if (g_file_test (aside, G_FILE_TEST_EXISTS) || g_file_test (log_aside, G_FILE_TEST_EXISTS))
    g_string_append_printf (
        words, " What was put there instead was kept as “%s”: to go back to a backup, end the program first.",
        g_file_test (aside, G_FILE_TEST_EXISTS) ? aside : log_aside);
  if (new_directory)
    g_string_append (words,
                     " Start the program again when it suits: that makes the other files of its directory anew.");
  sync_store_add_news (self, words->str);
}

/* For sync_store_take_news(). */
void
sync_store_add_news (SyncStore *self, const char *words)
{
  g_autofree char *old = g_steal_pointer (&self->news);

  self->news = old != NULL ? g_strconcat (old, " ", words, NULL) : g_strdup (words);
}

/**
 * sync_store_file_put_back:
 * @self: a store without a transaction
 *
 * Puts its files back if they are not at their paths any more. As long as that does not succeed, the open connection
 * has all that was accepted, and nothing can be committed.
 *
 * Returns: whether they are at their paths; else %SYNC_ERROR_STORAGE, %SYNC_ERROR_DISK_FULL or %SYNC_ERROR_LOCKED
 *   (another process took the directory), with the remedy
 */
gboolean
sync_store_file_put_back (SyncStore *self, GError **error)
{
  const char *displaced = find_displaced (self);
  g_autofree char *aside = NULL;
  const char *happened = get_what_happened (self);
  int lock_fd = self->lock_fd;

  self->displaced = displaced != NULL;
  if (displaced == NULL)
    return TRUE;
  aside = g_strdup_printf ("%s.replaced-%" G_GINT64_FORMAT, self->path, sync_clock_wall_ms (self->clock));
  if (!replace (self, aside, error))
    {
      g_prefix_error (error,
                      self->cut ? "“%s” was cut short; until the queue can be written anew nothing is taken, and if that"
                                  " does not come, end the program and start it again: "
                                : "“%s” was removed or replaced; the program still holds all that was in it, so do not"
                                  " end it, but cannot put it back yet: ",
                      displaced);
      return FALSE;
    }
  sync_store_file_note (self);
  self->has_reserve = sync_store_directory_has_reserve (self->directory);
  tell (self, displaced, happened, aside, self->lock_fd != lock_fd);
  return TRUE;
}

/* A reader goes where its file went. If it cannot, it shows what it has; a link will not be there for long. */
void
sync_store_file_follow (SyncStore *self)
{
  SyncStoreFileId found;

  if (!identify (self->path, &found) || (found.device == self->file_id.device && found.number == self->file_id.number)
      || g_file_test (self->path, G_FILE_TEST_IS_SYMLINK))
    return;
  if (change_over (self, NULL))
    self->file_id = found;
}

/**
 * sync_store_keep_file:
 * @self: a store without an open group
 *
 * Looks whether its files are still at their paths, and puts them back if they were removed or replaced; salvages them
 * if damage was met since: undelivered rows are `unknown` then, as after sync_store_open(). Every commit looks too; this
 * is for the time between them. Cheap where all is well.
 *
 * Returns: whether what was accepted is whole and at its path; else %SYNC_ERROR_STORAGE, %SYNC_ERROR_DISK_FULL or
 *   %SYNC_ERROR_LOCKED (all transient: call it again later), or %SYNC_ERROR_CORRUPT, with the remedy
 */
gboolean
sync_store_keep_file (SyncStore *self, GError **error)
{
  sync_store_assert_usable (self);
  g_return_val_if_fail (!self->in_group && !self->read_only, FALSE);

  return sync_store_file_put_back (self, error) && (!self->damaged || sync_store_mend (self, error));
}

/**
 * sync_store_take_news:
 * @self: a store
 *
 * Returns: (transfer full) (nullable): what happened to the files since it was asked last, and what was done about it, or
 *   what cannot be done with them, for the person
 */
char *
sync_store_take_news (SyncStore *self)
{
  return g_steal_pointer (&self->news);
}
