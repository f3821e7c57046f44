/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How long to wait before the next try. Pure functions of the number of tries and a random source. */
#include "config.h"

#include "sync-backoff.h"

static gint64
ceiling_ms (guint n, gint64 base_ms, gint64 max_ms)
{
  /* The shift is bounded by the division, so that no n overflows. */
  if (n >= 62 || base_ms > max_ms >> n)
    return max_ms;
  return base_ms << n;
}

/**
 * sync_backoff_delay_ms:
 * @n: how many tries were charged to this request before, 0 for the first
 * @base_ms: `BASE_RETRY_DELAY`, milliseconds
 * @max_ms: `MAX_RETRY_DELAY`, milliseconds
 * @random: where the jitter comes from
 *
 * The delay between two tries that the server answered about this very request:
 * `min (base · 2^n, max) + jitter`, the jitter 0 to 10 % of the first term (the specification's formula).
 *
 * Returns: milliseconds
 */
gint64
sync_backoff_delay_ms (guint n, gint64 base_ms, gint64 max_ms, SyncRandom *random)
{
  gint64 delay = ceiling_ms (n, base_ms, max_ms);

  return delay + (gint64) sync_random_below (random, delay / 10 + 1);
}

/**
 * sync_backoff_full_jitter_ms:
 * @n: how many probes failed before, 0 for the first
 * @base_ms: the first ceiling, milliseconds
 * @max_ms: the last ceiling, milliseconds
 * @random: where the jitter comes from
 *
 * The delay between two probes of a host that is away: anything from base/4 up to `min (base · 2^n, max)`, so that
 * a street of tills that lost the same line does not come back in step ("full jitter", M. Brooker, "Exponential
 * Backoff And Jitter", AWS Architecture Blog, 2015; the floor keeps a probe from following at once).
 *
 * Returns: milliseconds
 */
gint64
sync_backoff_full_jitter_ms (guint n, gint64 base_ms, gint64 max_ms, SyncRandom *random)
{
  gint64 floor_ms = base_ms / 4;

  return floor_ms + (gint64) sync_random_below (random, ceiling_ms (n, base_ms, max_ms) - floor_ms + 1);
}
