/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-store-activity.h"

G_BEGIN_DECLS

/**
 * SyncInsights:
 *
 * What the queue did in the last hour, day and week, counted from the record of changes. Reads the week once, in slices
 * while the main loop is idle, and then only what was added.
 *
 * Signals: `changed ()`, when there is something new to compute.
 */
#define SYNC_TYPE_INSIGHTS (sync_insights_get_type ())
G_DECLARE_FINAL_TYPE (SyncInsights, sync_insights, SYNC, INSIGHTS, GObject)

typedef enum
{
  SYNC_INSIGHTS_HOUR, /* in twelve parts of five minutes */
  SYNC_INSIGHTS_DAY,  /* in 24 hours */
  SYNC_INSIGHTS_WEEK, /* in seven days, by the local calendar */
} SyncInsightsSpan;

#define SYNC_INSIGHTS_MAX_PARTS 24

/* What happened in a stretch of time. Latencies are of those delivered in it, from the till's acceptance to the proof, in
 * milliseconds; -1 if there are none. */
typedef struct
{
  gint64 from_ms;  /* wall clock, as @until_ms, which it ends before */
  gint64 until_ms;
  guint delivered;
  guint failed;
  guint conflicts;
  guint retries;     /* sends that the server answered with an error that may pass */
  guint waiting;     /* the most that waited at once */
  gint64 latency_p50_ms;
  gint64 latency_p95_ms;
  gint64 latency_max_ms;
} SyncInsightsPart;

typedef struct
{
  SyncInsightsPart whole;
  SyncInsightsPart parts[SYNC_INSIGHTS_MAX_PARTS]; /* oldest first */
  guint n_parts;
  guint waiting_now;
} SyncInsightsView;

SyncInsights *sync_insights_new (SyncStore *reader, SyncClock *clock);
void sync_insights_refresh (SyncInsights *self);
gboolean sync_insights_get_loading (SyncInsights *self);
void sync_insights_compute (SyncInsights *self, SyncInsightsSpan span, SyncInsightsView *view);

G_END_DECLS
