/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A disk for SQLite that loses what was not synced when the power goes. */
#pragma once

#include "sync-random.h"

G_BEGIN_DECLS

/* What a death leaves behind. */
typedef enum
{
  POWER_KEEP,   /* the process was killed: what it wrote is still in the kernel's cache, and still not on the disk */
  POWER_LOSE,   /* the power went: all that was not synced is lost */
  POWER_CHANCE, /* the power went: of each write some sectors are kept, some lost, some torn */
} PowerLoss;

typedef enum
{
  POWER_TROUBLE_NONE,
  POWER_TROUBLE_FULL,       /* a write that makes its file longer fails with SQLITE_FULL and writes nothing */
  POWER_TROUBLE_SYNC_FAILS, /* a sync fails with SQLITE_IOERR_FSYNC, and what was not synced still is not */
} PowerTrouble;

void power_vfs_install (void);
void power_vfs_arm (guint64 nth);
void power_vfs_die (void);
gboolean power_vfs_is_dead (void);
guint64 power_vfs_n_operations (void);
void power_vfs_revive (PowerLoss how, SyncRandom *random);
void power_vfs_set_trouble (PowerTrouble trouble);
void power_vfs_forget (void);
void power_vfs_flush (void);

G_END_DECLS
