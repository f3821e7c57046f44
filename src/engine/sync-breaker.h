/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-outcome.h"
#include "sync-random.h"

G_BEGIN_DECLS

/* Whether the host may be spoken to: a circuit breaker with one cheap probe. Times on the boot clock. */
typedef struct
{
  SyncHostNews reason;    /* why it is open; SYNC_HOST_UP while it is closed */
  guint suspicions;       /* suspect answers in a row */
  guint failed_probes;    /* since it opened */
  guint lanes;            /* requests allowed at once while it closes again, 0: closed, no limit of its own */
  gint64 probe_due_us;    /* when open: the next probe */
  gint64 not_before_us;   /* the server's own words (Retry-After): nothing, not even a probe, goes before */
  guint tokens;           /* the retry budget */
  gboolean metered;       /* the line costs money: probe more rarely */
} SyncBreaker;

void sync_breaker_init (SyncBreaker *self);
gboolean sync_breaker_is_open (const SyncBreaker *self);
guint sync_breaker_limit (const SyncBreaker *self, guint concurrency);
gboolean sync_breaker_note (SyncBreaker *self, SyncHostNews news, gint64 retry_after_ms, gint64 now_us, SyncRandom *random);
void sync_breaker_rest (SyncBreaker *self, gint64 until_us);
gboolean sync_breaker_spend (SyncBreaker *self, gint64 now_us, SyncRandom *random);
void sync_breaker_refund (SyncBreaker *self, gboolean was_retry);
void sync_breaker_hurry (SyncBreaker *self, gint64 now_us, gint64 within_ms, SyncRandom *random);

G_END_DECLS
