/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The clock interface: thin dispatch, no state. */
#include "config.h"

#include "sync-clock.h"

G_DEFINE_INTERFACE (SyncClock, sync_clock, G_TYPE_OBJECT)

static void
sync_clock_default_init (SyncClockInterface *iface)
{
}

/**
 * sync_clock_wall_us:
 * @self: a clock
 *
 * Returns: the wall clock, microseconds since 1970 UTC; may jump either way between two calls
 */
gint64
sync_clock_wall_us (SyncClock *self)
{
  return SYNC_CLOCK_GET_IFACE (self)->wall_us (self);
}

/**
 * sync_clock_wall_ms:
 * @self: a clock
 *
 * Returns: the wall clock, milliseconds since 1970 UTC, as the database's `_ms` columns hold it
 */
gint64
sync_clock_wall_ms (SyncClock *self)
{
  return sync_clock_wall_us (self) / 1000;
}

/**
 * sync_clock_boot_us:
 * @self: a clock
 *
 * Returns: microseconds since the machine was started, time asleep included; never goes back within one boot
 */
gint64
sync_clock_boot_us (SyncClock *self)
{
  return SYNC_CLOCK_GET_IFACE (self)->boot_us (self);
}

/**
 * sync_clock_boot_id:
 * @self: a clock
 *
 * Returns: (transfer none): a text that is the same for as long as two boot times may be compared
 */
const char *
sync_clock_boot_id (SyncClock *self)
{
  return SYNC_CLOCK_GET_IFACE (self)->boot_id (self);
}

/**
 * sync_clock_add_alarm:
 * @self: a clock
 * @due_boot_us: when, on the boot clock; a time that has passed fires at the next turn of the main loop
 * @func: called once, in the thread-default main context of the caller
 * @user_data: for @func; not owned
 *
 * Returns: an id, never 0, for sync_clock_remove_alarm()
 */
guint
sync_clock_add_alarm (SyncClock *self, gint64 due_boot_us, SyncAlarmFunc func, gpointer user_data)
{
  return SYNC_CLOCK_GET_IFACE (self)->add_alarm (self, due_boot_us, func, user_data);
}

/**
 * sync_clock_remove_alarm:
 * @self: a clock
 * @alarm_id: of an alarm that has not fired yet
 *
 * Takes an alarm back, from the thread that set it.
 */
void
sync_clock_remove_alarm (SyncClock *self, guint alarm_id)
{
  SYNC_CLOCK_GET_IFACE (self)->remove_alarm (self, alarm_id);
}

/**
 * sync_clock_clear_alarm:
 * @self: a clock
 * @alarm_id: (inout): where the id is kept; 0 is allowed and means none
 *
 * Takes an alarm back if there is one and sets the place to 0.
 */
void
sync_clock_clear_alarm (SyncClock *self, guint *alarm_id)
{
  if (*alarm_id != 0)
    sync_clock_remove_alarm (self, *alarm_id);
  *alarm_id = 0;
}
