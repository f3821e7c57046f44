/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A clock that stands still until a test moves it. Alarms fire inside sync_clock_virtual_advance_us(), by due
 * time, then by the order in which they were set, so that a run is the same each time. One thread. */
#include "config.h"

#include "sync-clock-virtual.h"

#define WALL_START_US (G_GINT64_CONSTANT (1767225600) * G_USEC_PER_SEC) /* 2026-01-01 00:00 UTC */
#define BOOT_START_US (G_GINT64_CONSTANT (100) * G_USEC_PER_SEC)

typedef struct
{
  guint id;
  gint64 due_us;
  SyncAlarmFunc func;
  gpointer user_data; /* (unowned) */
} Alarm;

struct _SyncClockVirtual
{
  GObject parent_instance;

  gint64 wall_us;
  gint64 boot_us;
  char *boot_id; /* (owned) */
  guint n_boots;
  GPtrArray *alarms; /* (owned) (element-type Alarm): by due time, then id */
  guint next_id;     /* never 0 */
  gint64 per_read_us;
};

static void sync_clock_virtual_clock_init (SyncClockInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (SyncClockVirtual, sync_clock_virtual, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (SYNC_TYPE_CLOCK, sync_clock_virtual_clock_init))

static int
compare_alarms (gconstpointer a, gconstpointer b)
{
  const Alarm *first = *(const Alarm *const *) a;
  const Alarm *second = *(const Alarm *const *) b;

  if (first->due_us != second->due_us)
    return (first->due_us > second->due_us) - (first->due_us < second->due_us);
  return (first->id > second->id) - (first->id < second->id);
}

static gint64
sync_clock_virtual_wall_us (SyncClock *clock)
{
  return SYNC_CLOCK_VIRTUAL (clock)->wall_us;
}

static gint64
sync_clock_virtual_boot_us (SyncClock *clock)
{
  SyncClockVirtual *self = SYNC_CLOCK_VIRTUAL (clock);
  gint64 now_us = self->boot_us;

  self->boot_us += self->per_read_us;
  self->wall_us += self->per_read_us;
  return now_us;
}

static const char *
sync_clock_virtual_boot_id (SyncClock *clock)
{
  return SYNC_CLOCK_VIRTUAL (clock)->boot_id;
}

static guint
sync_clock_virtual_add_alarm (SyncClock *clock, gint64 due_boot_us, SyncAlarmFunc func, gpointer user_data)
{
  SyncClockVirtual *self = SYNC_CLOCK_VIRTUAL (clock);
  Alarm *alarm = g_new0 (Alarm, 1);

  alarm->id = self->next_id++;
  alarm->due_us = due_boot_us;
  alarm->func = func;
  alarm->user_data = user_data;
  g_ptr_array_add (self->alarms, alarm);
  g_ptr_array_sort (self->alarms, compare_alarms);
  return alarm->id;
}

static void
sync_clock_virtual_remove_alarm (SyncClock *clock, guint alarm_id)
{
  SyncClockVirtual *self = SYNC_CLOCK_VIRTUAL (clock);

  for (guint i = 0; i < self->alarms->len; i++)
    {
      Alarm *alarm = g_ptr_array_index (self->alarms, i);

      if (alarm->id == alarm_id)
        {
          g_ptr_array_remove_index (self->alarms, i);
          return;
        }
    }
}

static void
sync_clock_virtual_finalize (GObject *object)
{
  SyncClockVirtual *self = SYNC_CLOCK_VIRTUAL (object);

  g_ptr_array_unref (self->alarms);
  g_free (self->boot_id);
  G_OBJECT_CLASS (sync_clock_virtual_parent_class)->finalize (object);
}

static void
sync_clock_virtual_clock_init (SyncClockInterface *iface)
{
  iface->wall_us = sync_clock_virtual_wall_us;
  iface->boot_us = sync_clock_virtual_boot_us;
  iface->boot_id = sync_clock_virtual_boot_id;
  iface->add_alarm = sync_clock_virtual_add_alarm;
  iface->remove_alarm = sync_clock_virtual_remove_alarm;
}

static void
sync_clock_virtual_class_init (SyncClockVirtualClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = sync_clock_virtual_finalize;
}

static void
sync_clock_virtual_init (SyncClockVirtual *self)
{
  self->wall_us = WALL_START_US;
  self->boot_us = BOOT_START_US;
  self->boot_id = g_strdup ("boot-0");
  self->alarms = g_ptr_array_new_with_free_func (g_free);
  self->next_id = 1;
}

/**
 * sync_clock_virtual_new:
 *
 * Returns: (transfer full): a clock that stands at 2026-01-01 00:00 UTC, 100 s after its boot
 */
SyncClockVirtual *
sync_clock_virtual_new (void)
{
  return g_object_new (SYNC_TYPE_CLOCK_VIRTUAL, NULL);
}

/**
 * sync_clock_virtual_advance_us:
 * @self: a clock
 * @us: how far, microseconds
 *
 * Moves both clocks, and fires each alarm at its own time on the way; an alarm that is set meanwhile and is
 * due within the stretch fires too.
 */
void
sync_clock_virtual_advance_us (SyncClockVirtual *self, gint64 us)
{
  gint64 end_us = self->boot_us + us;

  g_object_ref (self);
  while (self->alarms->len > 0)
    {
      Alarm *alarm = g_ptr_array_index (self->alarms, 0);
      SyncAlarmFunc func = alarm->func;
      gpointer user_data = alarm->user_data;

      if (alarm->due_us > end_us)
        break;
      if (alarm->due_us > self->boot_us)
        {
          self->wall_us += alarm->due_us - self->boot_us;
          self->boot_us = alarm->due_us;
        }
      g_ptr_array_remove_index (self->alarms, 0);
      func (user_data);
    }
  /* A callback may have moved the clock further itself. */
  if (self->boot_us < end_us)
    {
      self->wall_us += end_us - self->boot_us;
      self->boot_us = end_us;
    }
  g_object_unref (self);
}

/**
 * sync_clock_virtual_suspend_us:
 * @self: a clock
 * @us: how long the machine sleeps, microseconds
 *
 * Moves both clocks while nothing runs; what became due meanwhile fires, late, when the clock is moved next.
 */
void
sync_clock_virtual_suspend_us (SyncClockVirtual *self, gint64 us)
{
  self->wall_us += us;
  self->boot_us += us;
}

/**
 * sync_clock_virtual_jump_wall_us:
 * @self: a clock
 * @us: how far, either way
 *
 * Sets the wall clock, as a person or a time server does; nothing fires.
 */
void
sync_clock_virtual_jump_wall_us (SyncClockVirtual *self, gint64 us)
{
  self->wall_us += us;
}

/**
 * sync_clock_virtual_reboot:
 * @self: a clock
 * @off_us: how long the machine is off, microseconds
 *
 * The wall clock goes on, the boot clock starts again under a new boot id, and alarms are gone.
 */
void
sync_clock_virtual_reboot (SyncClockVirtual *self, gint64 off_us)
{
  g_autofree char *boot_id = g_strdup_printf ("boot-%u", ++self->n_boots);

  self->wall_us += off_us;
  self->boot_us = G_USEC_PER_SEC;
  g_ptr_array_set_size (self->alarms, 0);
  sync_clock_virtual_set_boot_id (self, boot_id);
}

/**
 * sync_clock_virtual_set_boot_id:
 * @self: a clock
 * @boot_id: its new boot id
 *
 * Changes the boot id alone.
 */
void
sync_clock_virtual_set_boot_id (SyncClockVirtual *self, const char *boot_id)
{
  g_free (self->boot_id);
  self->boot_id = g_strdup (boot_id);
}

/**
 * sync_clock_virtual_set_per_read_us:
 * @self: a clock
 * @us: microseconds, 0: it stands still
 *
 * Lets both clocks go on by so much each time the boot clock is read, as if the program needed time. Nothing fires by
 * that.
 */
void
sync_clock_virtual_set_per_read_us (SyncClockVirtual *self, gint64 us)
{
  self->per_read_us = us;
}

/**
 * sync_clock_virtual_peek_boot_us:
 * @self: a clock
 *
 * Returns: the boot clock, microseconds; this reading costs no time
 */
gint64
sync_clock_virtual_peek_boot_us (SyncClockVirtual *self)
{
  return self->boot_us;
}

/**
 * sync_clock_virtual_next_alarm_us:
 * @self: a clock
 *
 * Returns: when the next alarm is due on the boot clock, -1 if none is set
 */
gint64
sync_clock_virtual_next_alarm_us (SyncClockVirtual *self)
{
  const Alarm *alarm;

  if (self->alarms->len == 0)
    return -1;
  alarm = g_ptr_array_index (self->alarms, 0);
  return alarm->due_us;
}

/**
 * sync_clock_virtual_get_n_alarms:
 * @self: a clock
 *
 * Returns: how many alarms are set, so that a test can see that none was left behind
 */
guint
sync_clock_virtual_get_n_alarms (SyncClockVirtual *self)
{
  return self->alarms->len;
}
