/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "sync-rate.h"

#define WINDOW_MS 30000
/* Samples closer together than that replace each other, so that the ring spans the window and never fills. */
#define APART_MS (WINDOW_MS / (SYNC_RATE_SAMPLES - 4))
/* A rate over less than that would jump about. */
#define LEAST_MS 2000

static guint
get_slot (const SyncRate *self, guint i)
{
  return (self->first + i) % SYNC_RATE_SAMPLES;
}

/**
 * sync_rate_clear:
 * @self: a rate
 *
 * Forgets what was added.
 */
void
sync_rate_clear (SyncRate *self)
{
  *self = (SyncRate){ 0 };
}

/**
 * sync_rate_add:
 * @self: a rate
 * @now_ms: any clock that runs forwards, milliseconds; a step backwards begins anew
 * @count: how far it is; a smaller one than before begins anew
 */
void
sync_rate_add (SyncRate *self, gint64 now_ms, guint count)
{
  guint last = get_slot (self, self->n - 1);

  if (self->n > 0 && (now_ms < self->at_ms[last] || count < self->count[last]))
    sync_rate_clear (self);
  while (self->n > 0 && now_ms - self->at_ms[self->first] > WINDOW_MS)
    {
      self->first = get_slot (self, 1);
      self->n--;
    }
  if (self->n > 1 && now_ms - self->at_ms[get_slot (self, self->n - 2)] < APART_MS)
    self->n--;
  last = get_slot (self, self->n);
  self->at_ms[last] = now_ms;
  self->count[last] = count;
  self->n++;
}

/**
 * sync_rate_get_per_second:
 * @self: a rate
 *
 * Returns: how many a second; 0 if too little is known, or nothing happened
 */
double
sync_rate_get_per_second (const SyncRate *self)
{
  guint last = get_slot (self, self->n - 1);
  gint64 passed_ms;

  if (self->n < 2)
    return 0;
  passed_ms = self->at_ms[last] - self->at_ms[self->first];
  if (passed_ms < LEAST_MS)
    return 0;
  return (self->count[last] - self->count[self->first]) * 1000.0 / (double) passed_ms;
}
