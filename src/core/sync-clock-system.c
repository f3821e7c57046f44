/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The machine's own clocks. An alarm is one timerfd on CLOCK_BOOTTIME, so that it also counts the time that the
 * machine slept, and so that nothing wakes the processor before it is due. When there is no descriptor left for one, the
 * clock is looked at now and then until it is due. */
#include "config.h"

#include "sync-clock-system.h"

#include <glib-unix.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/* So late an alarm without a timerfd may be, after the machine slept. */
#define LOOK_INTERVAL_MS 1000

struct _SyncClockSystem
{
  GObject parent_instance;

  char *boot_id;       /* (owned) */
  GMutex lock;         /* guards alarms and next_id: alarms may be set from the engine's and the main thread */
  GHashTable *alarms;  /* (owned) (element-type uint Alarm): those that have not fired */
  guint next_id;       /* never 0 */
};

typedef struct
{
  SyncClockSystem *clock; /* (unowned): the alarm lives in its table */
  guint id;
  gint64 due_us;          /* boot clock */
  int fd;                 /* (owned): the timerfd, -1 if none was to be had */
  GSource *source;        /* (owned) */
  SyncAlarmFunc func;
  gpointer user_data;     /* (unowned) */
} Alarm;

static void sync_clock_system_clock_init (SyncClockInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (SyncClockSystem, sync_clock_system, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (SYNC_TYPE_CLOCK, sync_clock_system_clock_init))

static void
alarm_free (gpointer data)
{
  Alarm *alarm = data;

  g_source_destroy (alarm->source);
  g_source_unref (alarm->source);
  if (alarm->fd >= 0)
    close (alarm->fd);
  g_free (alarm);
}

static gint64
read_clock_us (clockid_t id)
{
  struct timespec now;

  clock_gettime (id, &now);
  return (gint64) now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

static gint64
sync_clock_system_wall_us (SyncClock *clock)
{
  return read_clock_us (CLOCK_REALTIME);
}

static gint64
sync_clock_system_boot_us (SyncClock *clock)
{
  return read_clock_us (CLOCK_BOOTTIME);
}

static const char *
sync_clock_system_boot_id (SyncClock *clock)
{
  return SYNC_CLOCK_SYSTEM (clock)->boot_id;
}

static void
fire (Alarm *alarm)
{
  SyncAlarmFunc func = alarm->func;
  gpointer func_data = alarm->user_data;
  SyncClockSystem *self = alarm->clock;

  /* Gone from the table first: the callback may set or remove alarms. It frees the alarm, too. */
  g_mutex_lock (&self->lock);
  g_hash_table_remove (self->alarms, GUINT_TO_POINTER (alarm->id));
  g_mutex_unlock (&self->lock);
  func (func_data);
}

static gboolean
alarm_ready_cb (int fd, GIOCondition condition, gpointer user_data)
{
  fire (user_data);
  return G_SOURCE_REMOVE;
}

/* When to look at the clock again: at the latest when the alarm is due. */
static gint64
get_next_look_us (const Alarm *alarm)
{
  gint64 wait_us = alarm->due_us - read_clock_us (CLOCK_BOOTTIME);

  return g_get_monotonic_time () + CLAMP (wait_us, 0, LOOK_INTERVAL_MS * 1000);
}

static gboolean
look_cb (gpointer user_data)
{
  Alarm *alarm = user_data;

  if (read_clock_us (CLOCK_BOOTTIME) >= alarm->due_us)
    {
      fire (alarm);
      return G_SOURCE_REMOVE;
    }
  g_source_set_ready_time (alarm->source, get_next_look_us (alarm));
  return G_SOURCE_CONTINUE;
}

static gboolean
look_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  return callback (user_data);
}

/* Not GLib's timeout: that sets the time of its next look itself. */
static GSource *
new_looking_source (Alarm *alarm)
{
  static GSourceFuncs funcs = { .dispatch = look_dispatch };
  GSource *source = g_source_new (&funcs, sizeof (GSource));

  g_source_set_ready_time (source, get_next_look_us (alarm));
  g_source_set_callback (source, look_cb, alarm, NULL);
  return source;
}

static GSource *
new_timer_source (Alarm *alarm)
{
  /* A timerfd set to 0 is disarmed; anything that has passed fires at once. */
  gint64 due = MAX (alarm->due_us, 1);
  struct itimerspec spec = {
    .it_value = { .tv_sec = due / G_USEC_PER_SEC, .tv_nsec = (due % G_USEC_PER_SEC) * 1000 },
  };
  GSource *source;

  timerfd_settime (alarm->fd, TFD_TIMER_ABSTIME, &spec, NULL);
  source = g_unix_fd_source_new (alarm->fd, G_IO_IN);
  g_source_set_callback (source, G_SOURCE_FUNC (alarm_ready_cb), alarm, NULL);
  return source;
}

static guint
sync_clock_system_add_alarm (SyncClock *clock, gint64 due_boot_us, SyncAlarmFunc func, gpointer user_data)
{
  SyncClockSystem *self = SYNC_CLOCK_SYSTEM (clock);
  Alarm *alarm = g_new0 (Alarm, 1);
  guint id;

  alarm->clock = self;
  alarm->func = func;
  alarm->user_data = user_data;
  alarm->due_us = due_boot_us;
  alarm->fd = timerfd_create (CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
  alarm->source = alarm->fd >= 0 ? new_timer_source (alarm) : new_looking_source (alarm);
  g_source_set_static_name (alarm->source, "[posawesome-sync] alarm");
  g_mutex_lock (&self->lock);
  id = alarm->id = self->next_id++;
  g_hash_table_insert (self->alarms, GUINT_TO_POINTER (id), alarm);
  g_mutex_unlock (&self->lock);
  g_source_attach (alarm->source, g_main_context_get_thread_default ());
  return id;
}

static void
sync_clock_system_remove_alarm (SyncClock *clock, guint alarm_id)
{
  SyncClockSystem *self = SYNC_CLOCK_SYSTEM (clock);

  g_mutex_lock (&self->lock);
  g_hash_table_remove (self->alarms, GUINT_TO_POINTER (alarm_id));
  g_mutex_unlock (&self->lock);
}

static void
sync_clock_system_finalize (GObject *object)
{
  SyncClockSystem *self = SYNC_CLOCK_SYSTEM (object);

  g_hash_table_unref (self->alarms);
  g_mutex_clear (&self->lock);
  g_free (self->boot_id);
  G_OBJECT_CLASS (sync_clock_system_parent_class)->finalize (object);
}

static void
sync_clock_system_clock_init (SyncClockInterface *iface)
{
  iface->wall_us = sync_clock_system_wall_us;
  iface->boot_us = sync_clock_system_boot_us;
  iface->boot_id = sync_clock_system_boot_id;
  iface->add_alarm = sync_clock_system_add_alarm;
  iface->remove_alarm = sync_clock_system_remove_alarm;
}

static void
sync_clock_system_class_init (SyncClockSystemClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = sync_clock_system_finalize;
}

static void
sync_clock_system_init (SyncClockSystem *self)
{
  if (!g_file_get_contents ("/proc/sys/kernel/random/boot_id", &self->boot_id, NULL, NULL))
    self->boot_id = g_strdup ("unknown");
  g_strstrip (self->boot_id);
  g_mutex_init (&self->lock);
  self->alarms = g_hash_table_new_full (NULL, NULL, NULL, alarm_free);
  self->next_id = 1;
}

/**
 * sync_clock_system_new:
 *
 * Returns: (transfer full): the machine's clocks; may be shared between threads
 */
SyncClock *
sync_clock_system_new (void)
{
  return g_object_new (SYNC_TYPE_CLOCK_SYSTEM, NULL);
}
