/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Conversations with the key ring, one at a time: what is under way, and behind it what waits. Each ends within 25 seconds,
 * for a prompt that nobody sees must not hold up anybody. In the thread of the credentials that have the queue. */
#include "config.h"

#include "sync-key-ring-turn.h"

#include "sync-secret.h"

#define SECRET_SERVICE_TIMEOUT_US (25 * G_USEC_PER_SEC)

static void
conversation_over (SyncKeyRingTurn *self)
{
  sync_clock_clear_alarm (self->clock, &self->alarm);
  if (self->outer_id != 0)
    g_cancellable_disconnect (self->outer, self->outer_id);
  self->outer_id = 0;
}

static void
turn_free (gpointer data)
{
  SyncKeyRingTurn *self = data;

  conversation_over (self);
  g_clear_object (&self->clock);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->outer);
  sync_secret_free (self->token);
  sync_secret_free (self->secret);
  g_free (self);
}

static void
timed_out_alarm_cb (gpointer user_data)
{
  SyncKeyRingTurn *self = user_data;

  self->alarm = 0;
  g_cancellable_cancel (self->cancellable);
}

static void
outer_cancelled_cb (GCancellable *outer, gpointer user_data)
{
  g_cancellable_cancel (user_data);
}

/**
 * sync_key_ring_turn_new:
 * @task: a task that has no data yet
 * @clock: measures the time-out
 * @outer: (nullable): the caller's; it stops the conversation
 * @begin: begins the conversation when its turn has come, and takes the task over
 *
 * Returns: (transfer none): the task's data; sync_key_ring_turn_wait() has it begin
 */
SyncKeyRingTurn *
sync_key_ring_turn_new (GTask *task, SyncClock *clock, GCancellable *outer, void (*begin) (GTask *task))
{
  SyncKeyRingTurn *self = g_new0 (SyncKeyRingTurn, 1);

  g_task_set_task_data (task, self, turn_free);
  self->begin = begin;
  self->clock = g_object_ref (clock);
  self->cancellable = g_cancellable_new ();
  if (outer != NULL)
    {
      self->outer = g_object_ref (outer);
      self->outer_id = g_cancellable_connect (outer, G_CALLBACK (outer_cancelled_cb), g_object_ref (self->cancellable),
                                              g_object_unref);
    }
  return self;
}

static void
take_turn (GQueue *turns)
{
  GTask *task = g_queue_peek_head (turns);
  SyncKeyRingTurn *self = g_task_get_task_data (task);

  self->alarm = sync_clock_add_alarm (self->clock, sync_clock_boot_us (self->clock) + SECRET_SERVICE_TIMEOUT_US,
                                      timed_out_alarm_cb, self);
  self->begin (g_object_ref (task));
}

/**
 * sync_key_ring_turn_wait:
 * @task: (transfer full): a task with a turn of its own
 * @turns: (element-type GTask): what is under way, and behind it what waits
 *
 * Puts it at the end; it begins at once if nothing is under way.
 */
void
sync_key_ring_turn_wait (GTask *task, GQueue *turns)
{
  g_queue_push_tail (turns, task);
  if (turns->length == 1)
    take_turn (turns);
}

/**
 * sync_key_ring_turn_end:
 * @turns: (element-type GTask): a queue whose first task has returned
 *
 * The next one begins.
 */
void
sync_key_ring_turn_end (GQueue *turns)
{
  g_object_unref (g_queue_pop_head (turns));
  if (turns->length > 0)
    take_turn (turns);
}

/**
 * sync_key_ring_turn_return_if_taken_back:
 * @task: a task whose conversation has ended
 *
 * Neither the time-out nor the caller can stop it any more.
 *
 * Returns: whether the caller took it back; then the task has returned
 */
gboolean
sync_key_ring_turn_return_if_taken_back (GTask *task)
{
  SyncKeyRingTurn *self = g_task_get_task_data (task);

  conversation_over (self);
  if (self->outer == NULL || !g_cancellable_is_cancelled (self->outer))
    return FALSE;
  g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED,
                           "The operation on the API key was taken back");
  return TRUE;
}
