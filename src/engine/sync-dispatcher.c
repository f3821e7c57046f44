/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chooses what to do next. One function looks at everything (switches, host, live operations, due rows), starts what
 * may start, and sets the one alarm for the next moment at which something can change by itself. Events only ask it to
 * look again. Engine's thread only. */
#include "config.h"

#include "sync-engine-private.h"

static gboolean
type_is_paused (SyncEngine *self, const char *resource_type)
{
  return self->paused && self->paused_types != NULL && resource_type != NULL
         && g_strv_contains ((const char *const *) self->paused_types, resource_type);
}

static gboolean
is_paused (SyncEngine *self)
{
  return self->paused && self->paused_types == NULL;
}

/* Nothing may be sent until somebody does something about it. */
gboolean
sync_dispatcher_is_shut (SyncEngine *self)
{
  g_autofree char *authorization = sync_credentials_dup_authorization (self->credentials);

  return !self->running || self->stopping || self->offline_by_hand || authorization == NULL;
}

/* Why nothing may be sent at all, whatever is due. */
static gboolean
is_held (SyncEngine *self)
{
  return sync_dispatcher_is_shut (self) || is_paused (self) || self->held_until_us > sync_clock_boot_us (self->clock);
}

/* Whether a piece of work that went through a look may still be followed by a send. */
gboolean
sync_dispatcher_may_send (SyncEngine *self)
{
  return !is_held (self) && !sync_breaker_is_open (&self->breaker);
}

/* Reads the next due rows that nobody works on yet. Rows of a paused DocType are passed over, so the page grows until
 * it holds something or the due rows end. */
static void
read_batch (SyncEngine *self)
{
  guint limit = self->config->batch_size + g_hash_table_size (self->operations);

  for (;;)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GPtrArray) rows = sync_store_list_due (self->store, limit, NULL, &error);

      if (rows == NULL)
        {
          sync_engine_set_storage_trouble (self, error);
          return;
        }
      for (guint i = 0; i < rows->len && self->batch.length < self->config->batch_size; i++)
        {
          SyncRequest *row = g_ptr_array_index (rows, i);

          if (!g_hash_table_contains (self->operations, &row->id) && !type_is_paused (self, row->resource_type))
            g_queue_push_tail (&self->batch, sync_request_ref (row));
        }
      if (self->batch.length > 0 || rows->len < limit)
        return;
      limit *= 4;
    }
}

static void
begin_sweep (SyncEngine *self)
{
  if (self->sweeping)
    return;
  self->sweeping = TRUE;
  self->sweep_started_us = sync_clock_boot_us (self->clock);
  self->sweep_delivered = 0;
  self->progress_done = 0;
  sync_engine_refresh (self);
  sync_survey_start (self);
}

/* A sweep is over when nothing is in flight and nothing more can be started. */
static void
end_sweep (SyncEngine *self, gboolean troubled)
{
  gboolean was_sweeping = self->sweeping;

  self->sweeping = FALSE;
  self->sweep_troubled = troubled;
  if (was_sweeping)
    self->last_duration_ms = (sync_clock_boot_us (self->clock) - self->sweep_started_us) / 1000;
  if (was_sweeping && self->sweep_delivered > 0)
    sync_engine_note_sync (self);
  sync_engine_refresh (self);
}

/* A row that the database says is being sent while nobody sends it: its attempt ended without being written down. It
 * may have arrived, so it is unknown. */
static void
catch_strays (SyncEngine *self)
{
  const SyncListFilter filter = { .states = 1u << SYNC_STATE_SENDING, .limit = 100 };
  g_autoptr (GPtrArray) rows = NULL;

  if (self->counts.n[SYNC_STATE_SENDING] == 0 || !g_queue_is_empty (&self->answered))
    return;
  rows = sync_store_list (self->store, &filter, NULL);
  for (guint i = 0; rows != NULL && i < rows->len; i++)
    {
      SyncRequest *row = g_ptr_array_index (rows, i);
      SyncChange change = SYNC_CHANGE_INIT;

      if (g_hash_table_contains (self->operations, &row->id))
        continue;
      change.id = row->id;
      change.from = SYNC_STATE_SENDING;
      change.to = SYNC_STATE_UNKNOWN;
      change.delay_ms = 0;
      change.reason = "watchdog: no operation was alive for it";
      sync_engine_apply (self, &change, NULL);
    }
}

static void
start_what_may_start (SyncEngine *self)
{
  guint limit = sync_breaker_limit (&self->breaker, self->config->concurrency);

  while (g_hash_table_size (self->operations) - sync_turn_n_answered (self) < limit)
    {
      g_autoptr (SyncRequest) row = NULL;

      if (self->batch.length == 0)
        read_batch (self);
      row = g_queue_pop_head (&self->batch);
      if (row == NULL)
        return;
      if (g_hash_table_contains (self->operations, &row->id) || type_is_paused (self, row->resource_type))
        continue;
      begin_sweep (self);
      sync_delivery_start (self, row);
      /* The disk refused it, or the retry budget ran out with it: what comes next could only be put back. */
      if (self->disk_rests || sync_breaker_is_open (&self->breaker))
        return;
    }
}

static void
drop_batch (SyncEngine *self)
{
  g_queue_clear_full (&self->batch, (GDestroyNotify) sync_request_unref);
}

/* The turn: answers are written down, and what they make room for is claimed, in one transaction. */
static void
take_turn (SyncEngine *self)
{
  sync_turn_begin (self);
  while (!g_queue_is_empty (&self->answered))
    sync_delivery_record (g_queue_pop_head (&self->answered));
  if (sync_dispatcher_may_send (self) && !self->disk_rests)
    start_what_may_start (self);
  else
    drop_batch (self);
  sync_turn_end (self);
}

/* Looks at everything once. */
void
sync_dispatcher_run (SyncEngine *self)
{
  g_autoptr (GError) error = NULL;
  gboolean open;

  if (!self->running)
    return;
  if (!sync_store_keep_file (self->store, &error))
    sync_engine_set_storage_trouble (self, error);
  sync_switches_keep (self);
  if (self->paused && self->paused_until_us != 0 && sync_clock_boot_us (self->clock) >= self->paused_until_us)
    sync_engine_resume (self);
  if (g_hash_table_size (self->operations) == 0)
    catch_strays (self);
  sync_resolver_run (self);
  sync_refusal_run (self);
  self->looked_us = sync_clock_boot_us (self->clock);
  take_turn (self);
  open = sync_breaker_is_open (&self->breaker);
  if (g_hash_table_size (self->operations) == 0 && self->batch.length == 0)
    end_sweep (self, open || self->storage_trouble);
  if (open && !is_held (self) && self->probe == NULL && sync_store_get_next_due_us (self->store) >= 0
      && sync_clock_boot_us (self->clock) >= self->breaker.probe_due_us)
    sync_probe_start (self);
  sync_dispatcher_arm (self);
}

static void
alarm_cb (gpointer user_data)
{
  SyncEngine *self = SYNC_ENGINE (user_data);

  self->alarm = 0;
  self->storage_trouble = self->disk_rests = FALSE;
  sync_delivery_write_again (self);
  catch_strays (self);
  sync_dispatcher_run (self);
}

static gint64
earlier (gint64 a, gint64 b)
{
  if (a == 0 || b == 0)
    return MAX (a, b);
  return MIN (a, b);
}

/* The next moment at which something changes without an event, boot clock, 0: none. */
static gint64
next_moment_us (SyncEngine *self)
{
  gint64 now_us = sync_clock_boot_us (self->clock);
  gint64 tick_us = now_us + (gint64) self->config->processing_interval * 1000;
  gint64 due_us = self->paused_types == NULL
                    ? sync_store_get_next_due_us (self->store)
                    : sync_store_get_next_due_except_us (self->store, (const char *const *) self->paused_types);
  gint64 moment_us = 0;

  if (self->paused && self->paused_until_us != 0)
    moment_us = self->paused_until_us;
  if (self->held_until_us > now_us)
    moment_us = earlier (moment_us, self->held_until_us);
  if (self->storage_trouble)
    moment_us = earlier (moment_us, tick_us);
  /* While something is in flight the tick is the watchdog; the operation's own end comes by itself. */
  if (g_hash_table_size (self->operations) > 0)
    moment_us = earlier (moment_us, tick_us);
  if (is_held (self) || due_us < 0)
    return moment_us;
  if (sync_breaker_is_open (&self->breaker))
    return self->probe != NULL ? moment_us : earlier (moment_us, MAX (self->breaker.probe_due_us, due_us));
  /* A row that was due at the last look and was not started waits for an event: it is being worked on, or every slot is
   * taken. One that became due since is news, however short that time was. */
  return due_us > self->looked_us ? earlier (moment_us, due_us) : moment_us;
}

/* When something of what waits will be tried, boot clock; may have passed: then it is a matter of turns. -1: nothing
 * waits for a try, or a person or a switch is in the way. */
gint64
sync_dispatcher_get_next_try_us (SyncEngine *self)
{
  gint64 due_us = sync_store_get_next_due_us (self->store);

  if (self->paused_types != NULL && due_us >= 0)
    {
      /* What is paused goes when the pause ends, if it does. */
      gint64 other_us = sync_store_get_next_due_except_us (self->store, (const char *const *) self->paused_types);

      if (self->paused_until_us > 0)
        due_us = MAX (due_us, self->paused_until_us);
      if (self->paused_until_us == 0 || other_us >= 0)
        due_us = self->paused_until_us > 0 ? MIN (due_us, other_us) : other_us;
    }
  if (due_us < 0 || sync_dispatcher_is_shut (self) || (is_paused (self) && self->paused_until_us == 0))
    return -1;
  if (is_paused (self))
    due_us = MAX (due_us, self->paused_until_us);
  due_us = MAX (due_us, self->held_until_us);
  if (self->disk_rests && self->alarm != 0)
    due_us = MAX (due_us, self->alarm_us);
  if (sync_breaker_is_open (&self->breaker) && self->probe == NULL)
    due_us = MAX (due_us, self->breaker.probe_due_us);
  return due_us;
}

/* Sets the one alarm, or none. */
void
sync_dispatcher_arm (SyncEngine *self)
{
  gint64 moment_us = self->running ? next_moment_us (self) : 0;

  /* One that fires too early only looks once more. */
  if (self->alarm != 0 && moment_us > 0 && self->alarm_us <= moment_us)
    return;
  sync_clock_clear_alarm (self->clock, &self->alarm);
  if (moment_us == 0)
    return;
  self->alarm_us = moment_us;
  self->alarm = sync_clock_add_alarm (self->clock, moment_us, alarm_cb, self);
}
