/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-clock-virtual.h"

G_BEGIN_DECLS

/* True time, which nobody can set, and what happens in it: the till's clock with the engine's alarms, and the world's own
 * events, which a reboot of the till does not stop. */
typedef struct
{
  SyncClockVirtual *clock; /* (owned): the till's */
  gint64 offset_us;        /* true time minus the till's boot clock */
  GPtrArray *events;       /* (owned) (element-type SimEvent): by time, then by the order in which they were added */
  guint n_added;
  guint n_left;            /* steps of time until the machine dies, 0: it does not */
  gboolean died;           /* it did, so */
  guint n_turns;           /* turns of the main loop, against one that feeds itself */
} SimTime;

typedef void (*SimEventFunc) (gpointer user_data);

void sim_time_init (SimTime *self);
void sim_time_clear (SimTime *self);
gint64 sim_time_now_us (SimTime *self);
guint sim_time_add (SimTime *self, gint64 delay_us, SimEventFunc func, gpointer user_data);
void sim_time_remove (SimTime *self, guint id);
gboolean sim_time_settle (SimTime *self);
gboolean sim_time_run (SimTime *self, gint64 us);
void sim_time_suspend (SimTime *self, gint64 us);
void sim_time_reboot (SimTime *self, gint64 off_us);

G_END_DECLS
