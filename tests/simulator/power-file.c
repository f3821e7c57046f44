/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file, held in memory while it is open, and what was done to it since its last sync, with the bytes before and after
 * it, so that it can be undone and done again in part. The real file is made the same when the last handle is closed. */
#include "config.h"

#include "power-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define SECTOR 512
#define TORN_OF_256 64 /* of the sectors of a write that does not go as a whole */
#define VERY_LUCKY 64  /* so many files more than 256 keep all, or all but what is torn */

/* A write or a truncation. */
typedef struct
{
  gboolean truncates;
  goffset offset;   /* where it wrote, or the size that it cut the file to */
  goffset old_size; /* of the file before it */
  gsize start;      /* where among the file's bytes those from before it are; the written ones follow */
  gsize n_old;      /* bytes that it wrote over or cut off */
  gsize n_new;      /* bytes that it wrote */
} PowerChange;

/* How lucky a file is. Drawn anew for each death, so that all of many changes, and all but one, are kept quite often. */
typedef struct
{
  SyncRandom *random; /* (unowned) */
  guint kept;         /* of 256 changes or sectors; may be more */
  guint split;        /* of 256 writes: go sector by sector */
} Luck;

PowerFile *
power_file_new (const char *path, const struct stat *info)
{
  PowerFile *self = g_new0 (PowerFile, 1);

  self->device = info->st_dev;
  self->inode = info->st_ino;
  self->fd = open (path, O_RDWR | O_CLOEXEC);
  self->changes = g_array_new (FALSE, FALSE, sizeof (PowerChange));
  self->bytes = g_byte_array_new ();
  self->regions = g_ptr_array_new_with_free_func (g_free);
  self->content = g_byte_array_new ();
  return self;
}

void
power_file_free (PowerFile *self)
{
  if (self->fd >= 0)
    close (self->fd);
  g_free (self->path);
  g_array_unref (self->changes);
  g_byte_array_unref (self->bytes);
  g_ptr_array_unref (self->regions);
  g_byte_array_unref (self->content);
  g_free (self);
}

/* What goes wrong with the real file is no part of the simulation. */
static void
check_moved (PowerFile *self, gsize wanted, gssize moved)
{
  if (moved < 0 || (gsize) moved != wanted)
    g_error ("the simulation cannot go on: “%s”: %s", self->path, moved < 0 ? g_strerror (errno) : "too few bytes");
}

/* Takes the real file into memory. */
void
power_file_load (PowerFile *self, goffset size)
{
  g_byte_array_set_size (self->content, (guint) size);
  if (size > 0)
    check_moved (self, (gsize) size, pread (self->fd, self->content->data, (gsize) size, 0));
}

/* Makes the real file what it is in memory. */
void
power_file_flush (PowerFile *self)
{
  if (!self->dirty)
    return;
  check_moved (self, 0, ftruncate (self->fd, self->content->len));
  if (self->content->len > 0)
    check_moved (self, self->content->len, pwrite (self->fd, self->content->data, self->content->len, 0));
  self->dirty = FALSE;
}

static void
set_size (PowerFile *self, goffset size)
{
  guint before = self->content->len;

  self->dirty = TRUE;
  g_byte_array_set_size (self->content, (guint) size);
  if (size > before)
    memset (self->content->data + before, 0, (gsize) size - before);
}

static PowerChange *
get_change (PowerFile *self, guint i)
{
  return &g_array_index (self->changes, PowerChange, i);
}

/* @n_old bytes at @offset are about to be lost, and @n_new to be written. */
static PowerChange *
add_change (PowerFile *self, goffset offset, gsize n_old, gsize n_new)
{
  PowerChange change = { .offset = offset, .old_size = self->content->len, .n_old = n_old, .n_new = n_new };

  g_assert (self->fd >= 0);
  change.start = self->bytes->len;
  g_byte_array_set_size (self->bytes, (guint) (change.start + n_old + n_new));
  if (n_old > 0)
    memcpy (self->bytes->data + change.start, self->content->data + offset, n_old);
  g_array_append_val (self->changes, change);
  return get_change (self, self->changes->len - 1);
}

/* Writes without remembering it. */
void
power_file_write (PowerFile *self, const guint8 *bytes, gsize n, goffset offset)
{
  if (n == 0)
    return;
  self->dirty = TRUE;
  if (offset > (goffset) self->content->len)
    set_size (self, offset);
  if (offset + (goffset) n > (goffset) self->content->len)
    g_byte_array_set_size (self->content, (guint) (offset + (goffset) n));
  memcpy (self->content->data + offset, bytes, n);
}

/* Writes. */
void
power_file_change (PowerFile *self, const guint8 *bytes, gsize n, goffset offset)
{
  gsize n_old = (gsize) CLAMP ((goffset) self->content->len - offset, 0, (goffset) n);
  const PowerChange *change = add_change (self, offset, n_old, n);

  memcpy (self->bytes->data + change->start + n_old, bytes, n);
  power_file_write (self, bytes, n, offset);
}

/* Cuts it off, or makes it longer. */
void
power_file_truncate (PowerFile *self, goffset size)
{
  PowerChange *change = add_change (self, size, (gsize) MAX ((goffset) self->content->len - size, 0), 0);

  change->truncates = TRUE;
  set_size (self, size);
}

/* All of it is on the disk. */
void
power_file_sync (PowerFile *self)
{
  g_array_set_size (self->changes, 0);
  g_byte_array_set_size (self->bytes, 0);
}

gboolean
power_file_is_synced (PowerFile *self)
{
  return self->changes->len == 0;
}

static void
undo_changes (PowerFile *self)
{
  for (guint i = self->changes->len; i > 0; i--)
    {
      const PowerChange *change = get_change (self, i - 1);

      power_file_write (self, self->bytes->data + change->start, change->n_old, change->offset);
    }
  set_size (self, get_change (self, 0)->old_size);
}

static gboolean
draw (const Luck *luck, guint of_256)
{
  guint8 byte;

  sync_random_fill (luck->random, &byte, 1);
  return byte < of_256;
}

/* Each sector is kept, lost, or torn: then its first bytes are kept. */
static void
redo_sectors (PowerFile *self, const guint8 *bytes, gsize n, goffset offset, const Luck *luck)
{
  while (n > 0)
    {
      gsize length = MIN (n, (gsize) (SECTOR - offset % SECTOR));

      if (draw (luck, TORN_OF_256))
        power_file_write (self, bytes, sync_random_below (luck->random, length), offset);
      else if (draw (luck, luck->kept))
        power_file_write (self, bytes, length, offset);
      bytes += length;
      offset += (goffset) length;
      n -= length;
    }
}

static void
redo_some_changes (PowerFile *self, SyncRandom *random)
{
  Luck luck = { .random = random };

  luck.kept = (guint) sync_random_below (random, 256 + VERY_LUCKY);
  luck.split = draw (&luck, 128) ? (guint) sync_random_below (random, 257) : 0;
  for (guint i = 0; i < self->changes->len; i++)
    {
      const PowerChange *change = get_change (self, i);
      const guint8 *bytes = self->bytes->data + change->start + change->n_old;

      if (!change->truncates && draw (&luck, luck.split))
        redo_sectors (self, bytes, change->n_new, change->offset, &luck);
      else if (!draw (&luck, luck.kept))
        continue;
      else if (change->truncates)
        set_size (self, change->offset);
      else
        power_file_write (self, bytes, change->n_new, change->offset);
    }
}

/* The power went: the file is what it was at its last sync and, if there is @random, those changes since then that chance
 * had reach the disk. */
void
power_file_lose (PowerFile *self, SyncRandom *random)
{
  if (power_file_is_synced (self))
    return;
  undo_changes (self);
  if (random != NULL)
    redo_some_changes (self, random);
  power_file_sync (self);
  power_file_flush (self);
}
