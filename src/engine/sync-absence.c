/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When it counts that nothing of a row is on the server: after the settle time, seen twice. Both are measured on the boot
 * clock, because the till's wall clock may be set and the server's Date may jump while a send is still on its way. What
 * the boot clock says of a send is known only in the run in which it ended; of all others nothing is known but that they
 * ended before the engine was started. So it is kept in memory, and a new run waits anew. Engine's thread only. */
#include "config.h"

#include "sync-engine-private.h"

#include "sync-mutant.h"

/* However short the delays that are set: the server is not asked the same without a pause. */
#define LOOKS_APART_MS 1000

/* How long to wait at least where @delay_ms would do. */
gint64
sync_absence_space_ms (gint64 delay_ms)
{
  return MAX (delay_ms, LOOKS_APART_MS);
}

static SyncAbsence *
look_up (SyncOperation *op)
{
  SyncEngine *self = op->engine;
  SyncAbsence *absence = g_hash_table_lookup (self->absences, &op->id);

  if (absence != NULL)
    return absence;
  absence = g_new0 (SyncAbsence, 1);
  absence->id = op->id;
  absence->ended_us = self->began_us;
  absence->absent_us = -1;
  g_hash_table_insert (self->absences, &absence->id, absence);
  return absence;
}

/* A run begins: what was sent before it may have ended at any time up to now. */
void
sync_absence_begin (SyncEngine *self)
{
  g_hash_table_remove_all (self->absences);
  self->began_us = sync_clock_boot_us (self->clock);
}

/* A send of the row of @op ended, in whichever way. */
void
sync_absence_note_send (SyncOperation *op)
{
  SyncAbsence *absence = look_up (op);

  absence->ended_us = sync_clock_boot_us (op->engine->clock);
  absence->absent_us = -1;
}

/* The row is delivered, and will not be looked for any more. */
void
sync_absence_forget (SyncEngine *self, gint64 id)
{
  g_hash_table_remove (self->absences, &id);
}

/* How long ago its last send ended, as far as this run knows, in milliseconds. */
gint64
sync_absence_get_age_ms (SyncOperation *op)
{
  return (sync_clock_boot_us (op->engine->clock) - look_up (op)->ended_us) / 1000;
}

/* How long it may still be on its way through the server, in milliseconds. */
gint64
sync_absence_get_wait_ms (SyncOperation *op)
{
  SyncEngine *self = op->engine;
  gint64 passed_us = sync_clock_boot_us (self->clock) - look_up (op)->ended_us;
  gint64 settle_us = (gint64) self->config->settle_time * 1000;

  return SYNC_MUTANT ("no-settle-time") || passed_us >= settle_us ? 0 : (settle_us - passed_us + 999) / 1000;
}

/* Nothing of it was seen. Returns how long to wait for the look that proves it, in milliseconds; 0: this is the one. */
gint64
sync_absence_see (SyncOperation *op)
{
  SyncEngine *self = op->engine;
  SyncAbsence *absence = look_up (op);
  gint64 now_us = sync_clock_boot_us (self->clock);
  gint64 apart_us = sync_absence_space_ms (self->config->base_retry_delay) * 1000;

  if (absence->absent_us < 0)
    {
      absence->absent_us = now_us;
      return apart_us / 1000;
    }
  return now_us - absence->absent_us >= apart_us ? 0 : (apart_us - (now_us - absence->absent_us) + 999) / 1000;
}
