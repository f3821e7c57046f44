/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

typedef void (*SyncAlarmFunc) (gpointer user_data);

/**
 * SyncClock:
 *
 * All that the library may know of time: the wall clock (what people and documents use, may jump), the boot
 * clock (never jumps, counts suspend, starts again at a reboot), and alarms on the boot clock. The real one is
 * #SyncClockSystem; tests and the simulator bring their own.
 */
#define SYNC_TYPE_CLOCK (sync_clock_get_type ())
G_DECLARE_INTERFACE (SyncClock, sync_clock, SYNC, CLOCK, GObject)

struct _SyncClockInterface
{
  GTypeInterface parent_iface;

  gint64 (*wall_us) (SyncClock *self);
  gint64 (*boot_us) (SyncClock *self);
  const char *(*boot_id) (SyncClock *self);
  guint (*add_alarm) (SyncClock *self, gint64 due_boot_us, SyncAlarmFunc func, gpointer user_data);
  void (*remove_alarm) (SyncClock *self, guint alarm_id);
};

gint64 sync_clock_wall_us (SyncClock *self);
gint64 sync_clock_wall_ms (SyncClock *self);
gint64 sync_clock_boot_us (SyncClock *self);
const char *sync_clock_boot_id (SyncClock *self);
guint sync_clock_add_alarm (SyncClock *self, gint64 due_boot_us, SyncAlarmFunc func, gpointer user_data);
void sync_clock_remove_alarm (SyncClock *self, guint alarm_id);
void sync_clock_clear_alarm (SyncClock *self, guint *alarm_id);

G_END_DECLS
