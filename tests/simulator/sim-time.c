/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Moves time from one event to the next and lets the main loop turn in between, until the machine dies. */
#include "config.h"

#include "sim-time.h"

#include "power-vfs.h"

/* Of one call; a loop that feeds itself passes it at once. */
#define TURNS_AT_MOST 50000

typedef struct
{
  guint id;
  gint64 due_us;
  SimEventFunc func;
  gpointer user_data; /* (unowned) */
} SimEvent;

void
sim_time_init (SimTime *self)
{
  *self = (SimTime){ .clock = sync_clock_virtual_new (), .events = g_ptr_array_new_with_free_func (g_free) };
}

void
sim_time_clear (SimTime *self)
{
  g_ptr_array_unref (self->events);
  g_object_unref (self->clock);
}

/* The till's boot clock, without the cost that a reading may have. */
static gint64
boot_us (SimTime *self)
{
  return sync_clock_virtual_peek_boot_us (self->clock);
}

gint64
sim_time_now_us (SimTime *self)
{
  return boot_us (self) + self->offset_us;
}

guint
sim_time_add (SimTime *self, gint64 delay_us, SimEventFunc func, gpointer user_data)
{
  SimEvent *event = g_new0 (SimEvent, 1);
  guint place = self->events->len;

  event->id = ++self->n_added;
  event->due_us = sim_time_now_us (self) + delay_us;
  event->func = func;
  event->user_data = user_data;
  while (place > 0 && ((SimEvent *) g_ptr_array_index (self->events, place - 1))->due_us > event->due_us)
    place--;
  g_ptr_array_insert (self->events, (int) place, event);
  return event->id;
}

void
sim_time_remove (SimTime *self, guint id)
{
  for (guint i = 0; i < self->events->len; i++)
    if (((SimEvent *) g_ptr_array_index (self->events, i))->id == id)
      {
        g_ptr_array_remove_index (self->events, i);
        return;
      }
}

/* Turns the main loop until nothing is ready. FALSE: the machine died. */
gboolean
sim_time_settle (SimTime *self)
{
  guint turns = 0;

  while (!power_vfs_is_dead () && g_main_context_iteration (NULL, FALSE))
    {
      self->n_turns++;
      if (++turns > TURNS_AT_MOST)
        g_error ("the main loop does not come to rest");
    }
  return !power_vfs_is_dead ();
}

static void
fire_events (SimTime *self)
{
  while (self->events->len > 0 && !power_vfs_is_dead ())
    {
      SimEvent *event = g_ptr_array_index (self->events, 0);
      SimEventFunc func = event->func;
      gpointer user_data = event->user_data;

      if (event->due_us > sim_time_now_us (self))
        return;
      g_ptr_array_remove_index (self->events, 0);
      func (user_data);
      if (!sim_time_settle (self))
        return;
    }
}

/* How far it is to whatever happens next, at most @us. */
static gint64
next_step_us (SimTime *self, gint64 us)
{
  gint64 alarm_us = sync_clock_virtual_next_alarm_us (self->clock);

  if (alarm_us >= 0)
    us = MIN (us, MAX (alarm_us - boot_us (self), 0));
  if (self->events->len > 0)
    us = MIN (us, MAX (((SimEvent *) g_ptr_array_index (self->events, 0))->due_us - sim_time_now_us (self), 0));
  return us;
}

/* Lets so much time pass. FALSE: the machine died on the way, at the present moment. */
gboolean
sim_time_run (SimTime *self, gint64 us)
{
  gint64 end_us = sim_time_now_us (self) + us;

  if (!sim_time_settle (self))
    return FALSE;
  while (sim_time_now_us (self) < end_us)
    {
      sync_clock_virtual_advance_us (self->clock, next_step_us (self, end_us - sim_time_now_us (self)));
      if (!sim_time_settle (self))
        return FALSE;
      fire_events (self);
      if (power_vfs_is_dead ())
        return FALSE;
      if (self->n_left > 0 && --self->n_left == 0)
        {
          self->died = TRUE;
          return FALSE;
        }
    }
  return TRUE;
}

/* The machine sleeps; the world does not. */
void
sim_time_suspend (SimTime *self, gint64 us)
{
  sync_clock_virtual_suspend_us (self->clock, us);
}

/* The machine is off for so long, and starts with another boot clock. */
void
sim_time_reboot (SimTime *self, gint64 off_us)
{
  gint64 now_us = sim_time_now_us (self) + off_us;

  sync_clock_virtual_reboot (self->clock, off_us);
  self->offset_us = now_us - boot_us (self);
}
