/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far the server's clock is ahead of the till's, from the `Date` of its answers, with a bound on the error. Each
 * answer gives an interval in which the truth lies: the server wrote its Date, cut to the whole second, at some moment
 * between our sending and our hearing it. The intersection of several such intervals (Marzullo, "Tolerating failures of
 * continuous-valued sensors", 1990) is narrower than any of them, also below the second, because the second rolls over
 * at different places between them.
 *
 * Everything is kept against the boot clock, which never jumps, and turned into an offset of the wall clock only when
 * it is asked for: a till whose clock is set right between two answers is told so at once. Invariant: the intervals
 * that are kept have a point in common. An answer that has none with them means that one of the clocks was set, or that
 * one answer lies (an old Date, one worker's clock): it is a candidate, which counts only when the next answer agrees
 * with it and not with the others. Pure: the times are arguments. */
#include "config.h"

#include "sync-server-clock.h"

#include "sync-outcome.h"

/* Date tells whole seconds, cut off: on average half a second more, and at most that far from it. */
#define HALF_A_SECOND_US (G_USEC_PER_SEC / 2)
/* Two quartz clocks of 50 parts in a million each may part by so much for each microsecond of a sample's age. */
#define DRIFT_PER_MILLION 100

typedef struct
{
  gint64 low_us;
  gint64 high_us;
} Interval;

/* What @sample says at the moment @now_us. */
static Interval
interval_of (const SyncServerSample *sample, gint64 now_us)
{
  /* Its moment is known as badly as its value. */
  gint64 age_us = ABS (now_us - sample->at_us) + sample->uncertainty_us;
  gint64 reach_us = sample->uncertainty_us + (age_us / 10000 + 1) * DRIFT_PER_MILLION / 100;

  return (Interval){ sample->ahead_us - reach_us, sample->ahead_us + reach_us };
}

/* The points that all samples have in common; low above high if there is none. The order does not matter. */
static Interval
intersect (const SyncServerClock *self, gint64 now_us)
{
  Interval common = interval_of (&self->samples[0], now_us);

  for (guint i = 1; i < self->n_samples; i++)
    {
      Interval other = interval_of (&self->samples[i], now_us);

      common.low_us = MAX (common.low_us, other.low_us);
      common.high_us = MIN (common.high_us, other.high_us);
    }
  return common;
}

/* Takes @sample in, where it has a point in common with all that are kept. */
static gboolean
join (SyncServerClock *self, const SyncServerSample *sample, gint64 now_us)
{
  SyncServerClock joined = *self;
  Interval common;

  if (joined.n_samples == SYNC_SERVER_CLOCK_SAMPLES)
    {
      joined.n_samples--;
      for (guint i = 0; i < joined.n_samples; i++)
        joined.samples[i] = joined.samples[i + 1];
    }
  joined.samples[joined.n_samples++] = *sample;
  common = intersect (&joined, now_us);
  if (common.low_us > common.high_us)
    return FALSE;
  joined.has_candidate = FALSE;
  *self = joined;
  return TRUE;
}

/**
 * sync_server_clock_init:
 * @self: (out caller-allocates): a server clock
 *
 * Makes it an empty one: nothing was heard yet.
 */
void
sync_server_clock_init (SyncServerClock *self)
{
  *self = (SyncServerClock){ .n_samples = 0 };
}

/**
 * sync_server_clock_add:
 * @self: a server clock
 * @date: (nullable): the header `Date` of an answer that no cache kept
 * @sent_us: boot clock, microseconds: when the call was made
 * @received_us: boot clock, microseconds: when its answer was there
 *
 * Takes one answer into account; one that contradicts those before it, only when the next confirms it. With T the Date, the server's clock is
 * T + 0.5 s − (sent + received) / 2 ahead of the boot clock, within (received − sent) / 2 + 0.5 s.
 *
 * Returns: whether @date could be used
 */
gboolean
sync_server_clock_add (SyncServerClock *self, const char *date, gint64 sent_us, gint64 received_us)
{
  gint64 seconds = sync_outcome_parse_date_s (date);
  SyncServerClock other;
  SyncServerSample sample;

  if (seconds < 0 || received_us < sent_us)
    return FALSE;
  sample.uncertainty_us = (received_us - sent_us + 1) / 2 + HALF_A_SECOND_US;
  sample.at_us = sent_us + (received_us - sent_us) / 2;
  sample.ahead_us = seconds * G_USEC_PER_SEC + HALF_A_SECOND_US - sample.at_us;
  if (join (self, &sample, received_us))
    return TRUE;
  other = (SyncServerClock){ .samples = { self->candidate }, .n_samples = 1 };
  if (self->has_candidate && join (&other, &sample, received_us))
    {
      *self = other;
      return TRUE;
    }
  self->candidate = sample;
  self->has_candidate = TRUE;
  return TRUE;
}

/**
 * sync_server_clock_is_confirmed:
 * @self: a server clock
 *
 * Returns: whether two answers at least agree on what it tells
 */
gboolean
sync_server_clock_is_confirmed (const SyncServerClock *self)
{
  return self->n_samples > 1;
}

/**
 * sync_server_clock_get:
 * @self: a server clock
 * @wall_us: the wall clock now, microseconds
 * @boot_us: the boot clock now, microseconds, of the boot in which the samples were taken
 * @offset_us: (out): what to add to the wall clock to have the server's; positive if the till's clock is slow
 * @uncertainty_us: (out): how far the truth may lie from it, either way
 *
 * Returns: whether anything is known; %FALSE before the first answer with a Date
 */
gboolean
sync_server_clock_get (const SyncServerClock *self, gint64 wall_us, gint64 boot_us, gint64 *offset_us,
                       gint64 *uncertainty_us)
{
  Interval common;
  gint64 middle_us;

  if (self->n_samples == 0)
    return FALSE;
  common = intersect (self, boot_us);
  middle_us = common.low_us + (common.high_us - common.low_us) / 2;
  *offset_us = middle_us + boot_us - wall_us;
  *uncertainty_us = (common.high_us - common.low_us + 1) / 2;
  return TRUE;
}
