/* SPDX-License-Identifier: GPL-3.0-or-later */
/* API keys in a file that only its owner can read, for a computer without a key ring. One group for each site.
 *
 * Invariants:
 * - The file is written as a whole, is on the disk on return, and has the mode 0600 from its first byte on.
 * - What others can read, or may have written, is not used. */
#include "config.h"

#include "sync-key-file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sync-error.h"
#include "sync-secret.h"

/* Bytes; a key takes some sixty, and its site. */
#define LONGEST 65536

/* Whether it is a file of this user that nobody else can read or write, and of a size that is read. */
static gboolean
check_file (const char *path, const struct stat *found, GError **error)
{
  if (!S_ISREG (found->st_mode) || found->st_uid != geteuid () || (found->st_mode & 077) != 0)
    g_set_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED,
                 "“%s” is not used: it has to be a file of this user that nobody else can read (chmod 600)", path);
  else if (found->st_size > LONGEST)
    g_set_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED,
                 "“%s” is not used: it has more than %d kB, as no file of API keys has; remove it", path, LONGEST / 1024);
  else
    return TRUE;
  return FALSE;
}

static gboolean
read_all (int fd, const char *path, char *buffer, gsize length, GError **error)
{
  gsize n = 0;

  while (n < length)
    {
      gssize got = read (fd, buffer + n, length - n);

      if (got < 0 && errno == EINTR)
        continue;
      if (got <= 0)
        {
          g_set_error (error, SYNC_ERROR, SYNC_ERROR_STORAGE, "“%s” cannot be read: %s", path,
                       got < 0 ? g_strerror (errno) : "it ends early");
          return FALSE;
        }
      n += (gsize) got;
    }
  return TRUE;
}

/* What GKeyFile has against it would quote it. */
static gboolean
parse (GKeyFile *keys, const char *buffer, gsize length, const char *path, GError **error)
{
  if (length == 0 || g_key_file_load_from_data (keys, buffer, length, G_KEY_FILE_NONE, NULL))
    return TRUE;
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED, "“%s” is not used: it cannot be understood; remove it", path);
  return FALSE;
}

/* (transfer full): the group of a site: brackets, as in the address of an IPv6 host, cannot stand in its name */
static char *
dup_group (const char *site)
{
  return g_uri_escape_string (site, ":/", FALSE);
}

static void
free_buffer (char *buffer, gsize length)
{
  explicit_bzero (buffer, length);
  g_free (buffer);
}

/* (transfer full) (nullable): empty if there is no file */
static GKeyFile *
load (const char *path, GError **error)
{
  g_autoptr (GKeyFile) keys = g_key_file_new ();
  struct stat found;
  char *buffer = NULL;
  gboolean done;
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

  if (fd < 0 && errno == ENOENT)
    return g_steal_pointer (&keys);
  if (fd < 0 || fstat (fd, &found) != 0)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_STORAGE, "“%s” cannot be read: %s; make it a file of this user", path,
                   g_strerror (errno));
      if (fd >= 0)
        close (fd);
      return NULL;
    }
  done = check_file (path, &found, error);
  if (done)
    {
      buffer = g_malloc0 ((gsize) found.st_size + 1);
      done = read_all (fd, path, buffer, (gsize) found.st_size, error)
             && parse (keys, buffer, (gsize) found.st_size, path, error);
      free_buffer (buffer, (gsize) found.st_size);
    }
  close (fd);
  return done ? g_steal_pointer (&keys) : NULL;
}

static gboolean
save (GKeyFile *keys, const char *path, GError **error)
{
  g_autofree char *directory = g_path_get_dirname (path);
  g_autoptr (GError) cause = NULL;
  gsize length;
  char *data;
  gboolean done;

  if (g_mkdir_with_parents (directory, 0700) != 0)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_STORAGE, "“%s” cannot be made: %s; make what is above it writable",
                   directory, g_strerror (errno));
      return FALSE;
    }
  data = g_key_file_to_data (keys, &length, NULL);
  /* What stands there has that mode already: what has not was refused. */
  done = g_file_set_contents_full (path, data, (gssize) length, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                   0600, &cause);
  free_buffer (data, length);
  if (!done)
    g_set_error (error, SYNC_ERROR, SYNC_ERROR_STORAGE,
                 "“%s” cannot be written: %s; make its directory writable, and see that the disk is not full", path,
                 cause->message);
  return done;
}

/**
 * sync_key_file_dup_path:
 *
 * Returns: (transfer full): where this user's keys are kept if there is no key ring
 */
char *
sync_key_file_dup_path (void)
{
  return g_build_filename (g_get_user_config_dir (), "posawesome-sync", "credentials", NULL);
}

/**
 * sync_key_file_read:
 * @path: of the file
 * @site: whose key
 * @token: (out) (transfer full) (nullable): the API key; %NULL if there is none for @site. Not for any log.
 * @secret: (out) (transfer full) (nullable): the API secret, together with @token
 * @error: permanent: %SYNC_ERROR_REFUSED if others can read the file, or it cannot be understood; transient:
 *   %SYNC_ERROR_STORAGE
 *
 * Returns: whether the file, or that there is none, could be read
 */
gboolean
sync_key_file_read (const char *path, const char *site, char **token, char **secret, GError **error)
{
  g_autofree char *group = dup_group (site);
  g_autoptr (GKeyFile) keys = load (path, error);

  *token = NULL;
  *secret = NULL;
  if (keys == NULL)
    return FALSE;
  *token = g_key_file_get_string (keys, group, "token", NULL);
  *secret = g_key_file_get_string (keys, group, "secret", NULL);
  if (*token == NULL || *secret == NULL)
    {
      g_clear_pointer (token, sync_secret_free);
      g_clear_pointer (secret, sync_secret_free);
    }
  return TRUE;
}

/**
 * sync_key_file_write:
 * @path: of the file; it and its directory are made if need be
 * @site: whose key
 * @token: the API key
 * @secret: the API secret
 * @error: as of sync_key_file_read()
 *
 * Puts a key into the file. It is on the disk on return.
 *
 * Returns: whether it is there
 */
gboolean
sync_key_file_write (const char *path, const char *site, const char *token, const char *secret, GError **error)
{
  g_autofree char *group = dup_group (site);
  g_autoptr (GKeyFile) keys = load (path, error);

  if (keys == NULL)
    return FALSE;
  g_key_file_set_string (keys, group, "token", token);
  g_key_file_set_string (keys, group, "secret", secret);
  return save (keys, path, error);
}

/**
 * sync_key_file_remove:
 * @path: of the file
 * @site: whose key
 * @error: as of sync_key_file_read()
 *
 * Takes a key out of the file, if it is there; the last one takes the file along.
 *
 * Returns: whether it is not there
 */
gboolean
sync_key_file_remove (const char *path, const char *site, GError **error)
{
  g_autofree char *group = dup_group (site);
  g_autoptr (GKeyFile) keys = load (path, error);
  g_auto (GStrv) groups = NULL;

  if (keys == NULL)
    return FALSE;
  if (!g_key_file_remove_group (keys, group, NULL))
    return TRUE;
  groups = g_key_file_get_groups (keys, NULL);
  if (groups[0] != NULL)
    return save (keys, path, error);
  if (g_unlink (path) == 0)
    return TRUE;
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_STORAGE, "“%s” cannot be removed: %s; make its directory writable", path,
               g_strerror (errno));
  return FALSE;
}
