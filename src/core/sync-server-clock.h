/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define SYNC_SERVER_CLOCK_SAMPLES 16

/* What one answer told of the server's clock. */
typedef struct
{
  gint64 ahead_us;       /* the server's wall clock minus our boot clock */
  gint64 uncertainty_us; /* half the width of the interval around it in which the truth lies */
  gint64 at_us;          /* boot clock: when it was true */
} SyncServerSample;

/* The last samples that agree with each other, oldest first; a value, all zero is an empty one. */
typedef struct
{
  SyncServerSample samples[SYNC_SERVER_CLOCK_SAMPLES];
  guint n_samples;
  SyncServerSample candidate; /* the last answer, which contradicts them all; for the next to confirm */
  gboolean has_candidate;
} SyncServerClock;

void sync_server_clock_init (SyncServerClock *self);
gboolean sync_server_clock_add (SyncServerClock *self, const char *date, gint64 sent_us, gint64 received_us);
gboolean sync_server_clock_is_confirmed (const SyncServerClock *self);
gboolean sync_server_clock_get (const SyncServerClock *self, gint64 wall_us, gint64 boot_us, gint64 *offset_us,
                                gint64 *uncertainty_us);

G_END_DECLS
