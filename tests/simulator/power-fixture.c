/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "power-fixture.h"

#include <glib/gstdio.h>
#include <unistd.h>

#include "sync-test-directory.h"

#define MEMORY_DIRECTORY "/dev/shm" /* where there is one, the tests are much faster there */

/* Instead of g_test_init(). */
void
disk_test_init (int *argc, char ***argv)
{
  if (g_access (MEMORY_DIRECTORY, W_OK | X_OK) == 0)
    g_setenv ("TMPDIR", MEMORY_DIRECTORY, TRUE);
  g_test_init (argc, argv, NULL);
  power_vfs_install ();
}

void
disk_set_up (Disk *disk, gconstpointer data)
{
  power_vfs_forget ();
  disk->directory = sync_test_directory_new ();
  disk->path = g_build_filename (disk->directory, "queue.db", NULL);
}

void
disk_tear_down (Disk *disk, gconstpointer data)
{
  sync_test_directory_free (disk->directory);
  g_free (disk->path);
}

char *
disk_dup_path (Disk *disk, const char *suffix)
{
  return g_strconcat (disk->path, suffix, NULL);
}

/* A new disk in a new machine. */
void
disk_clear (Disk *disk)
{
  static const char *const suffixes[] = { "", "-wal", "-shm", "-journal" };

  power_vfs_forget ();
  for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++)
    {
      g_autofree char *path = disk_dup_path (disk, suffixes[i]);

      g_unlink (path);
    }
}
