/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The circuit breaker of the host. Closed: requests flow. Open: none is sent, one cheap probe asks from time to
 * time with full jitter. After a good probe it closes step by step: one lane, two, four, all. Pure: time and chance
 * are arguments. */
#include "config.h"

#include "sync-breaker.h"

#include "sync-backoff.h"
#include "sync-mutant.h"

/* Three accidents in a row are an outage (Polly's and Google's breakers use a ratio; a till sends too little for one). */
#define SUSPICIONS_TO_OPEN 3
/* First and last ceiling between two probes of a host that is away. */
#define PROBE_BASE_MS 2000
#define PROBE_MAX_MS 60000
/* On a metered line: at most twelve probes of some 1.5 kB an hour. */
#define PROBE_MAX_METERED_MS 300000
/* Nobody signs in within seconds: ask more slowly whether the key works again. */
#define SIGN_IN_BASE_MS 30000
#define SIGN_IN_MAX_MS 300000
/* Maintenance without Retry-After; as much again is left to chance, because it ends for every till at once. */
#define MAINTENANCE_MS 30000
/* The retry budget: a full bucket, what a second try takes from it, and what a success gives back (constants of the
 * AWS SDKs' standard retry mode, smithy-rs). After an outage at least some of it is there. */
#define BUDGET_TOKENS 500
#define BUDGET_RETRY_COST 14
#define BUDGET_SUCCESS_REFUND 1
#define BUDGET_AFTER_OUTAGE 100
/* From this many lanes on the breaker no longer limits. */
#define LANES_WHEN_CLOSED 4

/**
 * sync_breaker_init:
 * @self: (out caller-allocates): a breaker
 *
 * Makes it closed.
 */
void
sync_breaker_init (SyncBreaker *self)
{
  *self = (SyncBreaker) { .reason = SYNC_HOST_UP, .tokens = BUDGET_TOKENS };
}

/**
 * sync_breaker_is_open:
 * @self: a breaker
 *
 * Returns: whether no request may be sent
 */
gboolean
sync_breaker_is_open (const SyncBreaker *self)
{
  return self->reason != SYNC_HOST_UP;
}

/**
 * sync_breaker_limit:
 * @self: a breaker
 * @concurrency: `SYNC_CONCURRENCY`
 *
 * Returns: how many requests may be in flight at once, 0 while it is open
 */
guint
sync_breaker_limit (const SyncBreaker *self, guint concurrency)
{
  if (sync_breaker_is_open (self))
    return 0;
  return self->lanes == 0 ? concurrency : MIN (self->lanes, concurrency);
}

static gint64
delay_for (SyncBreaker *self, SyncHostNews news, gint64 retry_after_ms, SyncRandom *random)
{
  switch (news)
    {
    case SYNC_HOST_THROTTLED:
      {
        gint64 spread = retry_after_ms >= 0 ? MIN (30000, 1000 + retry_after_ms / 10) : MAINTENANCE_MS;

        /* Never earlier than asked, and spread so that a street of tills does not come back in step. */
        return (retry_after_ms >= 0 ? retry_after_ms : MAINTENANCE_MS)
               + (gint64) sync_random_below (random, spread + 1);
      }
    case SYNC_HOST_SIGN_IN:
      return sync_backoff_full_jitter_ms (self->failed_probes, SIGN_IN_BASE_MS, SIGN_IN_MAX_MS, random);
    case SYNC_HOST_UP:
    case SYNC_HOST_NO_NEWS:
    case SYNC_HOST_SUSPECT:
    case SYNC_HOST_DOWN:
    case SYNC_HOST_NOT_OURS:
    default:
      return sync_backoff_full_jitter_ms (self->failed_probes, PROBE_BASE_MS,
                                          self->metered ? PROBE_MAX_METERED_MS : PROBE_MAX_MS, random);
    }
}

static void
open_for (SyncBreaker *self, SyncHostNews news, gint64 retry_after_ms, gint64 now_us, SyncRandom *random)
{
  gint64 delay_ms = delay_for (self, news, retry_after_ms, random);

  self->failed_probes++;
  self->reason = news == SYNC_HOST_SUSPECT ? SYNC_HOST_DOWN : news;
  self->suspicions = 0;
  /* What was asked for before still holds. */
  self->probe_due_us = MAX (now_us + delay_ms * 1000, self->not_before_us);
  if (news == SYNC_HOST_THROTTLED)
    self->not_before_us = self->probe_due_us;
}

static void
close_a_step (SyncBreaker *self)
{
  if (sync_breaker_is_open (self))
    {
      self->lanes = 1;
      self->tokens = MAX (self->tokens, BUDGET_AFTER_OUTAGE);
    }
  else if (self->lanes > 0)
    self->lanes = self->lanes >= LANES_WHEN_CLOSED ? 0 : self->lanes * 2;
  self->reason = SYNC_HOST_UP;
  self->suspicions = 0;
  self->failed_probes = 0;
  self->not_before_us = 0;
}

/**
 * sync_breaker_note:
 * @self: a breaker
 * @news: what an answer, of a request or of a probe, says about the host
 * @retry_after_ms: how long the server asked us to wait, milliseconds, -1 if it did not
 * @now_us: the boot clock
 * @random: for the jitter
 *
 * Draws the consequence. Bad news while it is open already (answers of requests that were still in flight) keep the
 * date of the next probe, unless that date has passed or the server asks for a later one. Good news of such a request
 * closes it, but not before the time that the server asked for.
 *
 * Returns: whether it opened or closed by this
 */
gboolean
sync_breaker_note (SyncBreaker *self, SyncHostNews news, gint64 retry_after_ms, gint64 now_us, SyncRandom *random)
{
  gboolean was_open = sync_breaker_is_open (self);

  switch (news)
    {
    case SYNC_HOST_NO_NEWS:
      return FALSE;
    case SYNC_HOST_UP:
      if (was_open && (now_us < self->not_before_us || SYNC_MUTANT ("breaker-stays-open")))
        return FALSE;
      close_a_step (self);
      return was_open;
    case SYNC_HOST_SUSPECT:
      if (!was_open && ++self->suspicions < SUSPICIONS_TO_OPEN)
        return FALSE;
      break;
    case SYNC_HOST_DOWN:
    case SYNC_HOST_THROTTLED:
    case SYNC_HOST_SIGN_IN:
    case SYNC_HOST_NOT_OURS:
    default:
      break;
    }
  if (!was_open || now_us >= self->probe_due_us || news == SYNC_HOST_THROTTLED)
    open_for (self, news, retry_after_ms, now_us, random);
  return !was_open;
}

/**
 * sync_breaker_rest:
 * @self: a breaker
 * @until_us: the boot clock: before that nothing is sent, because the server asked for it
 *
 * Opens it, as its own words would.
 */
void
sync_breaker_rest (SyncBreaker *self, gint64 until_us)
{
  self->reason = SYNC_HOST_THROTTLED;
  self->probe_due_us = self->not_before_us = until_us;
}

/**
 * sync_breaker_spend:
 * @self: a breaker
 * @now_us: the boot clock
 * @random: for the jitter
 *
 * Takes a second or later try of a request out of the retry budget. When nothing is left the breaker opens: a server
 * that answers everything with errors is not to be flooded, and no request is charged for it.
 *
 * Returns: whether it opened by this
 */
gboolean
sync_breaker_spend (SyncBreaker *self, gint64 now_us, SyncRandom *random)
{
  if (self->tokens >= BUDGET_RETRY_COST)
    {
      self->tokens -= BUDGET_RETRY_COST;
      return FALSE;
    }
  return sync_breaker_note (self, SYNC_HOST_THROTTLED, 0, now_us, random);
}

/**
 * sync_breaker_refund:
 * @self: a breaker
 * @was_retry: whether the delivered request had been tried before
 *
 * A delivery refills the retry budget: by what its tries cost, or a little.
 */
void
sync_breaker_refund (SyncBreaker *self, gboolean was_retry)
{
  self->tokens = MIN (self->tokens + (was_retry ? BUDGET_RETRY_COST : BUDGET_SUCCESS_REFUND), BUDGET_TOKENS);
}

/**
 * sync_breaker_hurry:
 * @self: a breaker
 * @now_us: the boot clock
 * @within_ms: probe at some moment within this time, milliseconds, 0: now
 * @random: for the jitter
 *
 * Moves the next probe forward because there is a hint that the line is back or a person asked; never before the
 * time that the server asked for.
 */
void
sync_breaker_hurry (SyncBreaker *self, gint64 now_us, gint64 within_ms, SyncRandom *random)
{
  gint64 due_us = now_us + (gint64) sync_random_below (random, within_ms + 1) * 1000;

  if (sync_breaker_is_open (self))
    self->probe_due_us = MAX (MIN (self->probe_due_us, due_us), self->not_before_us);
}
