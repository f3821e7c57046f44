/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of power-vfs.c share: a directory on it. */
#pragma once

#include "power-vfs.h"

G_BEGIN_DECLS

typedef struct
{
  char *directory; /* (owned) */
  char *path; /* (owned): of the one file, or the one database, in it */
} Disk;

void disk_test_init (int *argc, char ***argv);
void disk_set_up (Disk *disk, gconstpointer data);
void disk_tear_down (Disk *disk, gconstpointer data);
char *disk_dup_path (Disk *disk, const char *suffix);
void disk_clear (Disk *disk);

#define disk_add_test(path, data, func) g_test_add (path, Disk, data, disk_set_up, func, disk_tear_down)

G_END_DECLS
