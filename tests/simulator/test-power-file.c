/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether a file on the disk of power-vfs.c loses what it should, and nothing else. */
#include "config.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/resource.h>

#include "power-fixture.h"

#define SECTOR 512
#define SEEDS 200

static sqlite3_file *
open_file (Disk *disk)
{
  sqlite3_vfs *vfs = sqlite3_vfs_find (NULL);
  sqlite3_file *file = g_malloc0 (vfs->szOsFile);
  int flags = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;

  g_assert_cmpstr (vfs->zName, ==, "power");
  g_assert_cmpint (vfs->xOpen (vfs, disk->path, file, flags, &flags), ==, SQLITE_OK);
  return file;
}

static void
close_file (sqlite3_file *file)
{
  g_assert_cmpint (file->pMethods->xClose (file), ==, SQLITE_OK);
  g_free (file);
}

static int
write_run (sqlite3_file *file, char c, gint64 offset, gsize n)
{
  g_autofree char *bytes = g_malloc (n);

  memset (bytes, c, n);
  return file->pMethods->xWrite (file, bytes, (int) n, offset);
}

static void
sync_file (sqlite3_file *file)
{
  g_assert_cmpint (file->pMethods->xSync (file, SQLITE_SYNC_NORMAL), ==, SQLITE_OK);
}

/* A file of @n bytes 'a' that are on the disk. */
static sqlite3_file *
make_file (Disk *disk, gsize n)
{
  sqlite3_file *file;

  disk_clear (disk);
  file = open_file (disk);
  g_assert_cmpint (write_run (file, 'a', 0, n), ==, SQLITE_OK);
  sync_file (file);
  return file;
}

/* The power goes, or the process ends; returns what the file holds then. */
static GBytes *
die (Disk *disk, sqlite3_file *file, PowerLoss how, guint32 seed)
{
  g_autoptr (SyncRandom) random = sync_random_seeded_new (seed);
  g_autofree char *bytes = NULL;
  gsize n;

  power_vfs_die ();
  close_file (file);
  power_vfs_revive (how, random);
  g_assert_true (g_file_get_contents (disk->path, &bytes, &n, NULL));
  return g_bytes_new_take (g_steal_pointer (&bytes), n);
}

/* How many bytes from @offset on are @c. */
static gsize
count_run (GBytes *bytes, char c, gsize offset)
{
  gsize n;
  const char *text = g_bytes_get_data (bytes, &n);
  gsize end = offset;

  while (end < n && text[end] == c)
    end++;
  return end - offset;
}

static void
test_sync (Disk *disk, gconstpointer data)
{
  sqlite3_file *file = make_file (disk, 4096);
  g_autoptr (GBytes) bytes = NULL;
  char end[] = "twenty letters there";

  write_run (file, 'b', 100, 1000);
  sync_file (file);
  write_run (file, 'c', 600, 5000);
  write_run (file, 'd', 0, 200);
  g_assert_cmpint (file->pMethods->xTruncate (file, 150), ==, SQLITE_OK);
  write_run (file, 'e', 9000, 10);
  g_assert_cmpint (file->pMethods->xRead (file, end, 20, 8995), ==, SQLITE_IOERR_SHORT_READ);
  g_assert_cmpmem (end, 20, "\0\0\0\0\0eeeeeeeeee\0\0\0\0\0", 20);
  bytes = die (disk, file, POWER_LOSE, 0);
  g_assert_cmpuint (count_run (bytes, 'a', 0), ==, 100);
  g_assert_cmpuint (count_run (bytes, 'b', 100), ==, 1000);
  g_assert_cmpuint (count_run (bytes, 'a', 1100), ==, 4096 - 1100);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, 4096);
}

/* A killed process takes nothing with it, but what it did not sync a later power loss takes. */
static void
test_keep (Disk *disk, gconstpointer data)
{
  sqlite3_file *file = make_file (disk, 4096);
  g_autoptr (GBytes) kept = NULL;
  g_autoptr (GBytes) lost = NULL;

  write_run (file, 'b', 0, 4096);
  kept = die (disk, file, POWER_KEEP, 0);
  g_assert_cmpuint (count_run (kept, 'b', 0), ==, 4096);
  lost = die (disk, open_file (disk), POWER_LOSE, 0);
  g_assert_cmpuint (count_run (lost, 'a', 0), ==, 4096);
}

/* The real file of an open one can be brought up to date, which syncs nothing. */
static void
test_flush (Disk *disk, gconstpointer data)
{
  sqlite3_file *file = make_file (disk, 1000);
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *text = NULL;
  gsize n;

  write_run (file, 'b', 500, 1000);
  power_vfs_flush ();
  g_assert_true (g_file_get_contents (disk->path, &text, &n, NULL));
  g_assert_cmpuint (n, ==, 1500);
  g_assert_cmpuint (strspn (text, "a"), ==, 500);
  g_assert_cmpuint (strspn (text + 500, "b"), ==, 1000);
  bytes = die (disk, file, POWER_LOSE, 0);
  g_assert_cmpuint (count_run (bytes, 'a', 0), ==, 1000);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, 1000);
}

/* What is not synced goes with the file, not with its name; a deleted file takes it along. */
static void
test_names (Disk *disk, gconstpointer data)
{
  sqlite3_vfs *vfs = sqlite3_vfs_find (NULL);
  g_autofree char *moved = disk_dup_path (disk, "-wal");
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *text = NULL;
  gsize n;
  sqlite3_file *file = make_file (disk, 1000);

  write_run (file, 'b', 0, 500);
  close_file (file);
  g_assert_cmpint (g_rename (disk->path, moved), ==, 0);
  file = open_file (disk);
  write_run (file, 'c', 0, 500);
  close_file (file);
  g_assert_cmpint (vfs->xDelete (vfs, disk->path, TRUE), ==, SQLITE_OK);
  file = open_file (disk);
  write_run (file, 'd', 0, 500);
  sync_file (file);
  write_run (file, 'e', 0, 500);
  bytes = die (disk, file, POWER_LOSE, 0);
  g_assert_cmpuint (count_run (bytes, 'd', 0), ==, 500);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, 500);
  g_assert_true (g_file_get_contents (moved, &text, &n, NULL));
  g_assert_cmpuint (n, ==, 1000);
  g_assert_cmpuint (strspn (text, "a"), ==, 1000);
}

/* Of what is deleted nothing stays, synced or not. */
static void
test_deleted (Disk *disk, gconstpointer data)
{
  sqlite3_vfs *vfs = sqlite3_vfs_find (NULL);
  struct rlimit before;
  struct rlimit few;

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &before), ==, 0);
  few = before;
  few.rlim_cur = 64;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &few), ==, 0);
  for (guint i = 0; i < 2 * few.rlim_cur; i++)
    {
      sqlite3_file *file = open_file (disk);

      write_run (file, 'b', 0, 500);
      close_file (file);
      g_assert_cmpint (vfs->xDelete (vfs, disk->path, FALSE), ==, SQLITE_OK);
    }
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &before), ==, 0);
}

/* One write, over parts of eight sectors: each is kept, lost or torn, and the bytes beside it are whole. */
static void
test_sectors (Disk *disk, gconstpointer data)
{
  const gsize start = 100;
  const gsize end = start + 7 * SECTOR + 200;
  guint n_kept = 0, n_lost = 0, n_torn = 0, n_torn_pages = 0;

  for (guint32 seed = 0; seed < SEEDS; seed++)
    {
      sqlite3_file *file = make_file (disk, 4096);
      g_autoptr (GBytes) bytes = NULL;
      guint kept_before = n_kept, lost_before = n_lost;

      write_run (file, 'b', (gint64) start, end - start);
      bytes = die (disk, file, POWER_CHANCE, seed);
      g_assert_cmpuint (g_bytes_get_size (bytes), ==, 4096);
      g_assert_cmpuint (count_run (bytes, 'a', 0), >=, start);
      g_assert_cmpuint (count_run (bytes, 'a', end), ==, 4096 - end);
      for (gsize at = start; at < end; at = MIN (end, (at / SECTOR + 1) * SECTOR))
        {
          gsize length = MIN (end, (at / SECTOR + 1) * SECTOR) - at;
          gsize new_bytes = MIN (length, count_run (bytes, 'b', at));

          g_assert_cmpuint (new_bytes + MIN (length - new_bytes, count_run (bytes, 'a', at + new_bytes)), ==, length);
          *(new_bytes == length ? &n_kept : new_bytes == 0 ? &n_lost : &n_torn) += 1;
        }
      n_torn_pages += n_kept > kept_before && n_lost > lost_before;
    }
  g_test_message ("sectors: %u kept, %u lost, %u torn; %u torn pages", n_kept, n_lost, n_torn, n_torn_pages);
  g_assert_cmpuint (n_kept, >, SEEDS);
  g_assert_cmpuint (n_lost, >, SEEDS);
  g_assert_cmpuint (n_torn, >, SEEDS / 10);
  g_assert_cmpuint (n_torn_pages, >, SEEDS / 10);
}

/* Of two writes over the same bytes either may be the one that stays, or neither. */
static void
test_versions (Disk *disk, gconstpointer data)
{
  guint n_of[3] = { 0 };

  for (guint32 seed = 0; seed < SEEDS; seed++)
    {
      sqlite3_file *file = make_file (disk, 1024);
      g_autoptr (GBytes) bytes = NULL;

      write_run (file, 'b', 0, SECTOR);
      write_run (file, 'c', 0, SECTOR);
      bytes = die (disk, file, POWER_CHANCE, seed);
      for (guint i = 0; i < G_N_ELEMENTS (n_of); i++)
        n_of[i] += count_run (bytes, (char) ('a' + i), 0) >= SECTOR;
    }
  g_test_message ("old %u, first %u, second %u", n_of[0], n_of[1], n_of[2]);
  for (guint i = 0; i < G_N_ELEMENTS (n_of); i++)
    g_assert_cmpuint (n_of[i], >, SEEDS / 20);
}

/* A lost extension takes the length with it, unless something behind it is kept: then there are zeros between. */
static void
test_length (Disk *disk, gconstpointer data)
{
  guint n_short = 0, n_middle = 0, n_long = 0, n_holes = 0, n_cut = 0;

  for (guint32 seed = 0; seed < SEEDS; seed++)
    {
      sqlite3_file *file = make_file (disk, 1000);
      g_autoptr (GBytes) bytes = NULL;
      g_autoptr (GBytes) cut = NULL;
      gsize n;

      write_run (file, 'b', 1024, SECTOR);
      write_run (file, 'c', 4096, SECTOR);
      bytes = die (disk, file, POWER_CHANCE, seed);
      n = g_bytes_get_size (bytes);
      n_short += n == 1000;
      n_middle += n == 1024 + SECTOR;
      n_long += n == 4096 + SECTOR;
      g_assert_cmpuint (count_run (bytes, 'a', 0), ==, 1000);
      if (n > 1024 + SECTOR)
        g_assert_cmpuint (count_run (bytes, '\0', 1024 + SECTOR), ==, 4096 - 1024 - SECTOR);
      n_holes += n > 4096 && count_run (bytes, '\0', 1000) == 4096 - 1000;

      file = make_file (disk, 1000);
      g_assert_cmpint (file->pMethods->xTruncate (file, 10), ==, SQLITE_OK);
      cut = die (disk, file, POWER_CHANCE, seed);
      g_assert_true (g_bytes_get_size (cut) == 10 || g_bytes_get_size (cut) == 1000);
      g_assert_cmpuint (count_run (cut, 'a', 0), ==, g_bytes_get_size (cut));
      n_cut += g_bytes_get_size (cut) == 10;
    }
  g_test_message ("%u short, %u middle, %u long, %u holes, %u cut", n_short, n_middle, n_long, n_holes, n_cut);
  g_assert_cmpuint (MIN (MIN (n_short, n_middle), MIN (n_long, n_holes)), >, SEEDS / 40);
  g_assert_true (n_cut > SEEDS / 4 && n_cut < SEEDS * 3 / 4);
}

/* Of the write in which the machine dies the kernel may have taken a part; SQLite hears that it failed. */
static void
test_last_write (Disk *disk, gconstpointer data)
{
  guint n_none = 0, n_parts = 0;

  for (guint32 seed = 0; seed < SEEDS; seed++)
    {
      g_autoptr (GBytes) bytes = NULL;
      sqlite3_file *file = make_file (disk, 4096);
      PowerLoss how = seed % 2 == 0 ? POWER_KEEP : POWER_CHANCE;

      power_vfs_arm (2);
      g_assert_cmpint (write_run (file, 'b', 0, 1), ==, SQLITE_OK);
      g_assert_false (power_vfs_is_dead ());
      g_assert_cmpint (write_run (file, 'c', 1024, 2048), ==, SQLITE_IOERR_WRITE);
      g_assert_true (power_vfs_is_dead ());
      bytes = die (disk, file, how, seed);
      n_none += count_run (bytes, 'a', 1) == 4095;
      n_parts += count_run (bytes, 'a', 1) < 4095 && count_run (bytes, 'c', 1024) < 2048;
      if (how == POWER_KEEP)
        g_assert_cmpuint (count_run (bytes, 'c', 1024) + count_run (bytes, 'a', 1024 + count_run (bytes, 'c', 1024)),
                          ==, 3072);
    }
  g_test_message ("of %u: %u none, %u in part", SEEDS, n_none, n_parts);
  g_assert_cmpuint (n_none, >, SEEDS / 10);
  g_assert_cmpuint (n_parts, >, SEEDS / 4);
}

/* A dead machine does nothing, and nothing is counted. */
static void
test_dead (Disk *disk, gconstpointer data)
{
  sqlite3_vfs *vfs = sqlite3_vfs_find (NULL);
  sqlite3_file *file = make_file (disk, 1000);
  g_autofree sqlite3_file *other = g_malloc0 (vfs->szOsFile);
  g_autoptr (GBytes) bytes = NULL;
  guint64 n = power_vfs_n_operations ();
  sqlite3_int64 size;
  char byte;
  int flags = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_READWRITE;

  power_vfs_arm (1);
  g_assert_cmpint (file->pMethods->xSync (file, SQLITE_SYNC_NORMAL), ==, SQLITE_IOERR_FSYNC);
  g_assert_cmpint (file->pMethods->xSync (file, SQLITE_SYNC_NORMAL), ==, SQLITE_IOERR_FSYNC);
  g_assert_cmpint (write_run (file, 'b', 0, 10), ==, SQLITE_IOERR_WRITE);
  g_assert_cmpint (file->pMethods->xRead (file, &byte, 1, 0), ==, SQLITE_IOERR_READ);
  g_assert_cmpint (file->pMethods->xTruncate (file, 0), ==, SQLITE_IOERR_TRUNCATE);
  g_assert_cmpint (file->pMethods->xFileSize (file, &size), ==, SQLITE_IOERR_FSTAT);
  g_assert_cmpint (file->pMethods->xLock (file, SQLITE_LOCK_SHARED), ==, SQLITE_IOERR_LOCK);
  g_assert_cmpint (vfs->xDelete (vfs, disk->path, 0), ==, SQLITE_IOERR_DELETE);
  g_assert_cmpint (vfs->xAccess (vfs, disk->path, SQLITE_ACCESS_EXISTS, &flags), ==, SQLITE_IOERR_ACCESS);
  g_assert_cmpint (vfs->xOpen (vfs, disk->path, other, flags, &flags), ==, SQLITE_IOERR);
  g_assert_cmpuint (power_vfs_n_operations (), ==, n + 1);
  bytes = die (disk, file, POWER_LOSE, 0);
  g_assert_cmpuint (count_run (bytes, 'a', 0), ==, 1000);
  g_assert_false (power_vfs_is_dead ());
}

/* On a full disk a file keeps its length; a sync that fails has synced nothing. */
static void
test_trouble (Disk *disk, gconstpointer data)
{
  sqlite3_file *file = make_file (disk, 1000);
  g_autoptr (GBytes) bytes = NULL;

  power_vfs_set_trouble (POWER_TROUBLE_FULL);
  g_assert_cmpint (write_run (file, 'b', 0, 10), ==, SQLITE_OK);
  g_assert_cmpint (write_run (file, 'c', 995, 10), ==, SQLITE_FULL);
  sync_file (file);
  power_vfs_set_trouble (POWER_TROUBLE_SYNC_FAILS);
  g_assert_cmpint (write_run (file, 'd', 0, 2000), ==, SQLITE_OK);
  g_assert_cmpint (file->pMethods->xSync (file, SQLITE_SYNC_NORMAL), ==, SQLITE_IOERR_FSYNC);
  power_vfs_set_trouble (POWER_TROUBLE_NONE);
  bytes = die (disk, file, POWER_LOSE, 0);
  g_assert_cmpuint (count_run (bytes, 'b', 0), ==, 10);
  g_assert_cmpuint (count_run (bytes, 'a', 10), ==, 990);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, 1000);
}

int
main (int argc, char **argv)
{
  disk_test_init (&argc, &argv);
  disk_add_test ("/power-file/sync", NULL, test_sync);
  disk_add_test ("/power-file/keep", NULL, test_keep);
  disk_add_test ("/power-file/flush", NULL, test_flush);
  disk_add_test ("/power-file/names", NULL, test_names);
  disk_add_test ("/power-file/deleted", NULL, test_deleted);
  disk_add_test ("/power-file/sectors", NULL, test_sectors);
  disk_add_test ("/power-file/versions", NULL, test_versions);
  disk_add_test ("/power-file/length", NULL, test_length);
  disk_add_test ("/power-file/last-write", NULL, test_last_write);
  disk_add_test ("/power-file/dead", NULL, test_dead);
  disk_add_test ("/power-file/trouble", NULL, test_trouble);
  return g_test_run ();
}
