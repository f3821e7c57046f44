/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/**
 * SyncRandom:
 *
 * Where chance comes from: jitter, keys and tokens. The real one reads the kernel's generator; a seeded one makes
 * a run repeatable.
 */
#define SYNC_TYPE_RANDOM (sync_random_get_type ())
G_DECLARE_INTERFACE (SyncRandom, sync_random, SYNC, RANDOM, GObject)

struct _SyncRandomInterface
{
  GTypeInterface parent_iface;

  void (*fill) (SyncRandom *self, guint8 *bytes, gsize n_bytes);
};

#define SYNC_TYPE_RANDOM_KERNEL (sync_random_kernel_get_type ())
G_DECLARE_FINAL_TYPE (SyncRandomKernel, sync_random_kernel, SYNC, RANDOM_KERNEL, GObject)

#define SYNC_TYPE_RANDOM_SEEDED (sync_random_seeded_get_type ())
G_DECLARE_FINAL_TYPE (SyncRandomSeeded, sync_random_seeded, SYNC, RANDOM_SEEDED, GObject)

SyncRandom *sync_random_kernel_new (void);
SyncRandom *sync_random_seeded_new (guint32 seed);
void sync_random_fill (SyncRandom *self, guint8 *bytes, gsize n_bytes);
guint64 sync_random_below (SyncRandom *self, guint64 limit);
double sync_random_unit (SyncRandom *self);

G_END_DECLS
