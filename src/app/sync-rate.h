/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define SYNC_RATE_SAMPLES 32

/* How fast a count grows: over the last half minute, so that it follows a line that slows down. A value; zeros: empty. */
typedef struct
{
  gint64 at_ms[SYNC_RATE_SAMPLES]; /* a ring, oldest at @first */
  guint count[SYNC_RATE_SAMPLES];
  guint first;
  guint n;
} SyncRate;

void sync_rate_clear (SyncRate *self);
void sync_rate_add (SyncRate *self, gint64 now_ms, guint count);
double sync_rate_get_per_second (const SyncRate *self);

G_END_DECLS
