/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Temporary directories for tests. */
#include "config.h"

#include "sync-test-directory.h"

#include <gio/gio.h>
#include <glib/gstdio.h>

/**
 * sync_test_directory_new:
 *
 * Returns: (transfer full): the path of a new, empty directory; free it with sync_test_directory_free()
 */
char *
sync_test_directory_new (void)
{
  g_autoptr (GError) error = NULL;
  char *path = g_dir_make_tmp ("sync-test-XXXXXX", &error);

  g_assert_no_error (error);
  return path;
}

/**
 * sync_test_directory_copy:
 * @from: a directory
 * @to: a directory that exists
 *
 * Copies the files, as they are at this moment: what a killed process would leave behind.
 */
void
sync_test_directory_copy (const char *from, const char *to)
{
  g_autoptr (GDir) dir = g_dir_open (from, 0, NULL);
  const char *name;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autoptr (GFile) source = g_file_new_build_filename (from, name, NULL);
      g_autoptr (GFile) target = g_file_new_build_filename (to, name, NULL);
      g_autoptr (GError) error = NULL;

      g_file_copy (source, target, G_FILE_COPY_OVERWRITE, NULL, NULL, NULL, &error);
      g_assert_no_error (error);
    }
}

/**
 * sync_test_directory_free:
 * @directory: (transfer full): a temporary directory
 *
 * Removes it with the files in it (it has no directories).
 */
void
sync_test_directory_free (char *directory)
{
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (directory, name, NULL);

      g_unlink (path);
    }
  g_rmdir (directory);
  g_free (directory);
}
