/* SPDX-License-Identifier: GPL-3.0-or-later */
/* To be loaded before the C library: a disk that fails when it is told to. While the file `sync` is in the directory
 * SYNC_FAIL_CONTROL, fsync() and fdatasync() of files below the directory SYNC_FAIL_BELOW fail, and while the file `write`
 * is there, so does what writes to them; errno is the number in the file. Nothing else is changed. Loaded into programs
 * that know nothing of it, it uses the C library alone. */
#define _GNU_SOURCE
/* The names below are those in the library, not what the headers would make of them. */
#undef _FILE_OFFSET_BITS

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The errno with which @what is to fail; 0: it is not. */
static int
get_failure (const char *what)
{
  const char *control = getenv ("SYNC_FAIL_CONTROL");
  char path[PATH_MAX];
  char text[16] = "";
  int fd;

  if (control == NULL || snprintf (path, sizeof path, "%s/%s", control, what) >= (int) sizeof path)
    return 0;
  fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return 0;
  if (read (fd, text, sizeof text - 1) < 0)
    text[0] = '\0';
  close (fd);
  return atoi (text);
}

static int
is_below (int fd)
{
  const char *below = getenv ("SYNC_FAIL_BELOW");
  char link[64];
  char path[PATH_MAX];
  ssize_t length;

  snprintf (link, sizeof link, "/proc/self/fd/%d", fd);
  length = readlink (link, path, sizeof path - 1);
  if (below == NULL || length < 0)
    return 0;
  path[length] = '\0';
  return strncmp (path, below, strlen (below)) == 0;
}

/* Whether a call on @fd has to fail now; sets errno. Else errno is as it was. */
static int
must_fail (const char *what, int fd)
{
  int before = errno;
  int failure = get_failure (what);

  if (failure != 0 && !is_below (fd))
    failure = 0;
  errno = failure != 0 ? failure : before;
  return failure != 0;
}

#define NEXT(name) ((__typeof__ (&name)) dlsym (RTLD_NEXT, #name))

int
fsync (int fd)
{
  return must_fail ("sync", fd) ? -1 : NEXT (fsync) (fd);
}

int
fdatasync (int fd)
{
  return must_fail ("sync", fd) ? -1 : NEXT (fdatasync) (fd);
}

ssize_t
write (int fd, const void *data, size_t size)
{
  return must_fail ("write", fd) ? -1 : NEXT (write) (fd, data, size);
}

ssize_t
pwrite (int fd, const void *data, size_t size, off_t offset)
{
  return must_fail ("write", fd) ? -1 : NEXT (pwrite) (fd, data, size, offset);
}

ssize_t
pwrite64 (int fd, const void *data, size_t size, off64_t offset)
{
  return must_fail ("write", fd) ? -1 : NEXT (pwrite64) (fd, data, size, offset);
}
