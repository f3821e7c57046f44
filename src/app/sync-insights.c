/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counts what the queue did. The record of changes is walked from its newest row back until the week is behind; what is
 * kept of a row is a few numbers. How many waited is reckoned backwards from how many wait now. No toolkit; main thread. */
#include "config.h"

#include "sync-insights.h"

#include "sync-words.h"

#define SECOND_MS G_GINT64_CONSTANT (1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)
/* Rows read in one go of the main loop: some milliseconds. The walk ends at the first such slice that is wholly older than
 * the week, so that a few rows of a wrong clock do not end it. */
#define SLICE_ROWS 2000
/* What is older than any span is let go when there is so much of it. */
#define TRIM_ROWS 4000

struct _SyncInsights
{
  GObject parent_instance;

  SyncStore *store;  /* (owned): a reader */
  SyncClock *clock;  /* (owned) */
  GArray *steps;     /* (owned) (element-type SyncStep): oldest first once it is loaded, newest first before */
  gint64 newest_id;  /* of the audit, that was read; 0: none */
  gint64 oldest_id;  /* while it is being loaded: read from there on */
  gboolean loaded;
  guint idle;        /* source id: the next slice */
};

enum
{
  SIGNAL_CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SyncInsights, sync_insights, G_TYPE_OBJECT)

static gint64
get_horizon_ms (SyncInsights *self)
{
  /* The oldest day of the week begins less than so long ago, with an hour for summer time. */
  return sync_clock_wall_ms (self->clock) - 7 * DAY_MS - HOUR_MS;
}

static void
reverse (GArray *steps, guint from)
{
  for (guint i = from, j = steps->len; i + 1 < j; i++)
    {
      SyncStep other = g_array_index (steps, SyncStep, i);

      j--;
      g_array_index (steps, SyncStep, i) = g_array_index (steps, SyncStep, j);
      g_array_index (steps, SyncStep, j) = other;
    }
}

static GArray *
read_steps (SyncInsights *self, gint64 after, gint64 before)
{
  g_autoptr (GError) error = NULL;
  GArray *steps = sync_store_list_steps (self->store, after, before, SLICE_ROWS, &error);

  /* What is shown stays as it is; the next change tries again. */
  if (steps == NULL)
    g_message ("What happened cannot be read: %s", error->message);
  return steps;
}

/* Takes what counts of a slice. Returns whether the walk ends here. */
static gboolean
take_slice (SyncInsights *self, GArray *slice)
{
  gint64 horizon_ms = get_horizon_ms (self);
  guint n_before = self->steps->len;

  for (guint i = 0; i < slice->len; i++)
    {
      const SyncStep *step = &g_array_index (slice, SyncStep, i);

      self->newest_id = MAX (self->newest_id, step->id);
      self->oldest_id = step->id;
      if (step->at_ms >= horizon_ms)
        g_array_append_val (self->steps, *step);
    }
  return slice->len < SLICE_ROWS || self->steps->len == n_before;
}

static gboolean
load_slice_cb (gpointer user_data)
{
  SyncInsights *self = SYNC_INSIGHTS (user_data);
  g_autoptr (GArray) slice = read_steps (self, 0, self->oldest_id);

  if (slice != NULL && !take_slice (self, slice))
    return G_SOURCE_CONTINUE;
  self->idle = 0;
  if (slice == NULL)
    return G_SOURCE_REMOVE;
  reverse (self->steps, 0);
  self->loaded = TRUE;
  /* What was added meanwhile. */
  sync_insights_refresh (self);
  return G_SOURCE_REMOVE;
}

static void
load (SyncInsights *self)
{
  if (self->idle != 0)
    return;
  g_array_set_size (self->steps, 0);
  self->loaded = FALSE;
  self->newest_id = 0;
  self->oldest_id = G_MAXINT64;
  self->idle = g_idle_add (load_slice_cb, self);
}

static void
trim (SyncInsights *self)
{
  gint64 horizon_ms = get_horizon_ms (self);
  guint n = 0;

  while (n < self->steps->len && g_array_index (self->steps, SyncStep, n).at_ms < horizon_ms)
    n++;
  if (n >= TRIM_ROWS)
    g_array_remove_range (self->steps, 0, n);
}

static void
sync_insights_dispose (GObject *object)
{
  SyncInsights *self = SYNC_INSIGHTS (object);

  g_clear_handle_id (&self->idle, g_source_remove);
  g_clear_object (&self->store);
  g_clear_object (&self->clock);
  G_OBJECT_CLASS (sync_insights_parent_class)->dispose (object);
}

static void
sync_insights_finalize (GObject *object)
{
  g_array_unref (SYNC_INSIGHTS (object)->steps);
  G_OBJECT_CLASS (sync_insights_parent_class)->finalize (object);
}

static void
sync_insights_class_init (SyncInsightsClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sync_insights_dispose;
  G_OBJECT_CLASS (klass)->finalize = sync_insights_finalize;
  signals[SIGNAL_CHANGED]
    = g_signal_new ("changed", SYNC_TYPE_INSIGHTS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
sync_insights_init (SyncInsights *self)
{
  self->steps = g_array_new (FALSE, FALSE, sizeof (SyncStep));
}

/**
 * sync_insights_new:
 * @reader: a read-only store of the main thread
 * @clock: where a span ends
 *
 * Returns: (transfer full): insights that know nothing yet; sync_insights_refresh() begins
 */
SyncInsights *
sync_insights_new (SyncStore *reader, SyncClock *clock)
{
  SyncInsights *self = g_object_new (SYNC_TYPE_INSIGHTS, NULL);

  self->store = g_object_ref (reader);
  self->clock = g_object_ref (clock);
  return self;
}

/**
 * sync_insights_refresh:
 * @self: the insights
 *
 * Reads what was added, or, the first time, begins to read the week. `changed` follows; in this call, unless there is much
 * to read.
 */
void
sync_insights_refresh (SyncInsights *self)
{
  g_autoptr (GArray) added = NULL;
  guint n_before = self->steps->len;

  if (!self->loaded)
    {
      load (self);
      return;
    }
  added = read_steps (self, self->newest_id, G_MAXINT64);
  if (added == NULL)
    return;
  /* So much at once that there may be more: as good as new. */
  if (added->len == SLICE_ROWS)
    {
      load (self);
      return;
    }
  take_slice (self, added);
  reverse (self->steps, n_before);
  trim (self);
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
}

/**
 * sync_insights_get_loading:
 * @self: the insights
 *
 * Returns: whether the week has not been read to its end, so that sync_insights_compute() would count too little
 */
gboolean
sync_insights_get_loading (SyncInsights *self)
{
  return !self->loaded;
}

/* The parts end at the next round time of the till's own clock. */
static void
lay_parts (SyncInsightsView *view, gint64 now_ms, gint64 part_ms, guint n)
{
  g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (now_ms / SECOND_MS);
  g_autoptr (GDateTime) local = g_date_time_to_local (utc);
  gint64 offset_ms = g_date_time_get_utc_offset (local) / G_TIME_SPAN_MILLISECOND;
  gint64 end_ms = ((now_ms + offset_ms) / part_ms + 1) * part_ms - offset_ms;

  view->n_parts = n;
  for (guint i = 0; i < n; i++)
    {
      view->parts[i].from_ms = end_ms - (gint64) (n - i) * part_ms;
      view->parts[i].until_ms = view->parts[i].from_ms + part_ms;
    }
}

/* A day may have 23 or 25 hours. */
static void
lay_days (SyncInsightsView *view, gint64 now_ms, guint n)
{
  g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (now_ms / SECOND_MS);
  g_autoptr (GDateTime) local = g_date_time_to_local (utc);
  g_autoptr (GDateTime) today = g_date_time_new_local (g_date_time_get_year (local), g_date_time_get_month (local),
                                                       g_date_time_get_day_of_month (local), 0, 0, 0);

  view->n_parts = n;
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GDateTime) from = g_date_time_add_days (today, (int) i - (int) n + 1);
      g_autoptr (GDateTime) until = g_date_time_add_days (today, (int) i - (int) n + 2);

      view->parts[i].from_ms = g_date_time_to_unix (from) * SECOND_MS;
      view->parts[i].until_ms = g_date_time_to_unix (until) * SECOND_MS;
    }
}

static int
compare_latencies (gconstpointer a, gconstpointer b)
{
  gint64 first = *(const gint64 *) a;
  gint64 second = *(const gint64 *) b;

  return (first > second) - (first < second);
}

/* The smallest one that so many in a hundred do not exceed. */
static gint64
get_percentile (GArray *sorted, guint percent)
{
  return g_array_index (sorted, gint64, ((gsize) sorted->len * percent + 99) / 100 - 1);
}

static void
set_latencies (SyncInsightsPart *part, GArray *latencies)
{
  part->latency_p50_ms = part->latency_p95_ms = part->latency_max_ms = -1;
  if (latencies->len == 0)
    return;
  g_array_sort (latencies, compare_latencies);
  part->latency_p50_ms = get_percentile (latencies, 50);
  part->latency_p95_ms = get_percentile (latencies, 95);
  part->latency_max_ms = get_percentile (latencies, 100);
}

/* Counts one change; the whole gets its sums with the parts. */
static void
count_step (SyncInsightsPart *part, const SyncStep *step, GArray *latencies)
{
  switch (step->to)
    {
    case SYNC_STATE_COMPLETED:
      part->delivered++;
      if (step->latency_ms >= 0)
        g_array_append_val (latencies, step->latency_ms);
      break;
    case SYNC_STATE_FAILED:
      part->failed++;
      break;
    case SYNC_STATE_CONFLICT:
      part->conflicts++;
      break;
    case SYNC_STATE_PENDING:
    case SYNC_STATE_SENDING:
    case SYNC_STATE_UNKNOWN:
    case SYNC_STATE_DISCARDED:
    default:
      break;
    }
  part->retries += step->charged;
}

static void
count_parts (SyncInsights *self, SyncInsightsView *view)
{
  g_autoptr (GArray) all = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GArray) latencies = g_array_new (FALSE, FALSE, sizeof (gint64));

  for (guint i = 0; i < view->n_parts; i++)
    {
      SyncInsightsPart *part = &view->parts[i];

      g_array_set_size (latencies, 0);
      for (guint j = 0; j < self->steps->len; j++)
        {
          const SyncStep *step = &g_array_index (self->steps, SyncStep, j);

          if (step->at_ms >= part->from_ms && step->at_ms < part->until_ms)
            count_step (part, step, latencies);
        }
      g_array_append_vals (all, latencies->data, latencies->len);
      set_latencies (part, latencies);
      view->whole.delivered += part->delivered;
      view->whole.failed += part->failed;
      view->whole.conflicts += part->conflicts;
      view->whole.retries += part->retries;
    }
  set_latencies (&view->whole, all);
}

/* What is refused or in conflict does not wait: it needs a person. */
static int
count_open (gboolean exists, SyncState state)
{
  return exists && (state == SYNC_STATE_PENDING || state == SYNC_STATE_SENDING || state == SYNC_STATE_UNKNOWN);
}

/* From now back: before a change as many waited as after it, but for the change. */
static void
count_waiting (SyncInsights *self, SyncInsightsView *view)
{
  SyncCounts counts = { 0 };
  guint i = self->steps->len;
  int waiting;

  sync_store_get_counts (self->store, &counts, NULL);
  /* Since when nobody but a person can tell whether it arrived is written down nowhere. */
  waiting = (int) (counts.n[SYNC_STATE_PENDING] + counts.n[SYNC_STATE_SENDING] + counts.n[SYNC_STATE_UNKNOWN]);
  view->waiting_now = sync_words_count_waiting (&counts);
  for (guint p = view->n_parts; p > 0; p--)
    {
      SyncInsightsPart *part = &view->parts[p - 1];

      part->waiting = (guint) MAX (waiting, 0);
      while (i > 0 && g_array_index (self->steps, SyncStep, i - 1).at_ms >= part->from_ms)
        {
          const SyncStep *step = &g_array_index (self->steps, SyncStep, --i);

          waiting -= count_open (TRUE, step->to) - count_open (step->has_from, step->from);
          part->waiting = MAX (part->waiting, (guint) MAX (waiting, 0));
        }
      view->whole.waiting = MAX (view->whole.waiting, part->waiting);
    }
}

/**
 * sync_insights_compute:
 * @self: insights that are loaded
 * @span: how far back
 * @view: (out caller-allocates): the numbers
 *
 * Counts up to the end of the part that the clock stands in.
 */
void
sync_insights_compute (SyncInsights *self, SyncInsightsSpan span, SyncInsightsView *view)
{
  gint64 now_ms = sync_clock_wall_ms (self->clock);

  *view = (SyncInsightsView){ 0 };
  if (span == SYNC_INSIGHTS_WEEK)
    lay_days (view, now_ms, 7);
  else
    lay_parts (view, now_ms, span == SYNC_INSIGHTS_DAY ? HOUR_MS : 5 * MINUTE_MS, span == SYNC_INSIGHTS_DAY ? 24 : 12);
  view->whole.from_ms = view->parts[0].from_ms;
  view->whole.until_ms = view->parts[view->n_parts - 1].until_ms;
  count_parts (self, view);
  count_waiting (self, view);
}
