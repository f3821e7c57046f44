/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file that remembers what was done to it since its last sync. Of power-vfs.c alone. */
#pragma once

#include <sys/stat.h>

#include "sync-random.h"

G_BEGIN_DECLS

/* The file itself, whatever its name. */
typedef struct
{
  dev_t device;
  ino_t inode;
  char *path;           /* (owned): by which it was opened last */
  gboolean is_database; /* else a journal or a write-ahead log */
  int fd;               /* (owned): our own; -1 if it may only be read */
  guint n_open;         /* handles */
  GByteArray *content;  /* (owned) */
  gboolean dirty;       /* the real file is not the same */
  GArray *changes;      /* (owned) (element-type PowerChange): since the last sync, in their order */
  GByteArray *bytes;    /* (owned): of the changes */

  /* Who holds what, see power-vfs.c */
  gpointer writer;      /* (unowned) (nullable): the handle with more than a shared lock */
  int writer_level;
  guint n_locked;       /* handles with any lock */
  GPtrArray *regions;   /* (owned): of the shared memory */
  guint n_mapped;       /* handles that have it */
  guint n_shared[8];    /* of each of its places */
  guint exclusive;      /* bit set of them */
} PowerFile;

PowerFile *power_file_new (const char *path, const struct stat *info);
void power_file_free (PowerFile *self);
void power_file_load (PowerFile *self, goffset size);
void power_file_flush (PowerFile *self);
void power_file_change (PowerFile *self, const guint8 *bytes, gsize n, goffset offset);
void power_file_truncate (PowerFile *self, goffset size);
void power_file_write (PowerFile *self, const guint8 *bytes, gsize n, goffset offset);
void power_file_sync (PowerFile *self);
gboolean power_file_is_synced (PowerFile *self);
void power_file_lose (PowerFile *self, SyncRandom *random);

G_END_DECLS
