/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A small file outside the data directory that remembers how far the queue had come: the ids of its newest attempt and
 * its newest audit row, added up (each acceptance, each send, each look and each change of state makes it grow, and
 * nothing makes it shrink), which database that was, and where it lay. Who puts an older copy of the data back, or takes
 * it away, does not do that with this one, so that the copy can be told from the original, and a loss from a first start.
 *
 * It is written after the commit that it tells of, before a byte is sent, and not flushed to the disk: it must survive
 * the program's death, which the page cache does. After a power cut it may be behind, which hides a restore or a loss at
 * worst; it is never ahead of a database on a disk that keeps its word. The database knows whether a witness was kept
 * (sync-store-restore.c), so that one that is gone is missed. Where none can be kept all else goes on, and the person is
 * told. Store's thread. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sync-store-private.h"

/* The first line, which a commit writes over: always as long. */
#define NUMBER_FORMAT "%020" G_GINT64_FORMAT "\n"
#define NUMBER_BYTES 21
#define DIRECTORY_MODE 0700
#define FILE_MODE 0600

void
sync_store_witness_clear (SyncStoreWitness *self)
{
  g_clear_pointer (&self->database_id, g_free);
  g_clear_pointer (&self->directory, g_free);
}

/* The data directory by its one true name, so that a symbolic link to it is the same one. */
static char *
dup_true_name (const char *directory)
{
  char *name = realpath (directory, NULL);
  char *copy = g_strdup (name != NULL ? name : directory);

  free (name);
  return copy;
}

/* The path of the witness of @self, NULL if it is to have none. */
static char *
dup_own_path (SyncStore *self)
{
  g_autofree char *name = dup_true_name (self->directory);
  g_autofree char *hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, name, -1);

  if (self->witness_directory == NULL)
    return NULL;
  return g_build_filename (self->witness_directory, hash, NULL);
}

/* FALSE: there is none, or it cannot be read, or it was cut short. */
static gboolean
read_witness (const char *path, SyncStoreWitness *witness)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  gint64 number;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return FALSE;
  lines = g_strsplit (text, "\n", 3);
  if (g_strv_length (lines) < 3 || !g_ascii_string_to_signed (lines[0], 10, 0, G_MAXINT64, &number, NULL)
      || *lines[1] == '\0')
    return FALSE;
  witness->number = number;
  witness->database_id = g_strdup (lines[1]);
  witness->directory = g_strchomp (g_strdup (lines[2]));
  return TRUE;
}

/**
 * sync_store_witness_read:
 * @self: a store
 * @witness: (out caller-allocates): what was last seen in this data directory
 *
 * Returns: whether there is a witness
 */
gboolean
sync_store_witness_read (SyncStore *self, SyncStoreWitness *witness)
{
  g_autofree char *path = dup_own_path (self);

  return path != NULL && read_witness (path, witness);
}

/**
 * sync_store_witness_find_other:
 * @self: a store
 * @database_id: of its database
 * @least: the least number that is of interest
 * @witness: (out caller-allocates): where else this database was seen
 *
 * Looks for another data directory of this user in which the same database was in use.
 *
 * Returns: whether there is one in which it had come further than @least, or in which it still is
 */
gboolean
sync_store_witness_find_other (SyncStore *self, const char *database_id, gint64 least, SyncStoreWitness *witness)
{
  g_autofree char *own = dup_own_path (self);
  g_autoptr (GDir) dir = own != NULL ? g_dir_open (self->witness_directory, 0, NULL) : NULL;
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (self->witness_directory, name, NULL);
      g_auto (SyncStoreWitness) other = { 0 };
      g_autofree char *database = NULL;

      if (g_str_equal (path, own) || !read_witness (path, &other) || !g_str_equal (other.database_id, database_id))
        continue;
      database = g_build_filename (other.directory, SYNC_STORE_FILE, NULL);
      if (other.number <= least && !g_file_test (database, G_FILE_TEST_EXISTS))
        continue;
      *witness = other;
      other = (SyncStoreWitness){ 0 };
      return TRUE;
    }
  return FALSE;
}

static void
tell_none (SyncStore *self, const char *path, int code)
{
  g_autofree char *words = g_strdup_printf (
    "It cannot be noted in “%s” how far the queue has come (%s): if an older copy of the queue is put back by hand it will"
    " not be recognised, and what was delivered since would be posted again. Make that directory writable for this user,"
    " and start the program again.", path, g_strerror (code));

  sync_store_add_news (self, words);
}

/**
 * sync_store_witness_open:
 * @self: a store whose database is open
 * @database_id: its id
 *
 * Begins to keep the witness. Without a directory for it there is none; where it cannot be written the person is told.
 *
 * Returns: whether one is kept
 */
gboolean
sync_store_witness_open (SyncStore *self, const char *database_id)
{
  g_autofree char *path = dup_own_path (self);
  g_autofree char *name = dup_true_name (self->directory);
  g_autofree char *text = NULL;
  gssize length;

  if (path == NULL)
    return FALSE;
  text = g_strdup_printf (NUMBER_FORMAT "%s\n%s\n", self->progress, database_id, name);
  length = (gssize) strlen (text);
  g_mkdir_with_parents (self->witness_directory, DIRECTORY_MODE);
  self->witness_fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
  if (self->witness_fd < 0 || pwrite (self->witness_fd, text, length, 0) != length
      || ftruncate (self->witness_fd, length) != 0)
    {
      tell_none (self, path, errno);
      sync_store_witness_close (self);
      return FALSE;
    }
  self->witnessed = self->progress;
  return TRUE;
}

/* Before the database says, for good, that there is one: a power cut must not take away only the witness. */
void
sync_store_witness_sync (SyncStore *self)
{
  if (fsync (self->witness_fd) == 0)
    sync_store_directory_sync (self->witness_directory, NULL);
}

/* After a commit: writes down how far it has come, if that is further. */
void
sync_store_witness_advance (SyncStore *self)
{
  char text[NUMBER_BYTES + 8];

  if (self->witness_fd < 0 || self->progress <= self->witnessed)
    return;
  g_snprintf (text, sizeof text, NUMBER_FORMAT, self->progress);
  if (pwrite (self->witness_fd, text, NUMBER_BYTES, 0) == NUMBER_BYTES)
    self->witnessed = self->progress;
}

/* Asks the database how far it has come: at the start, and after a transaction was taken back. */
gboolean
sync_store_witness_load (SyncStore *self, GError **error)
{
  g_autoptr (SyncStatement) stmt = sync_store_prepare (self, SYNC_STATEMENT_PROGRESS, error);

  if (stmt == NULL || !sync_store_step (self, stmt, NULL, error))
    return FALSE;
  self->progress = sqlite3_column_int64 (stmt, 0);
  return TRUE;
}

/* Lets go of the file; what it says stays. */
void
sync_store_witness_close (SyncStore *self)
{
  if (self->witness_fd >= 0)
    close (self->witness_fd);
  self->witness_fd = -1;
}
