/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Puts what was counted on charts, and says it in words. Main thread. */
#include "config.h"

#include "sync-insights-words.h"

#include "sync-words.h"

#include <glib/gi18n.h>

#define HOUR_MS G_GINT64_CONSTANT (3600000)

/* (transfer full): a moment in the till's own time */
static char *
format_time (gint64 wall_ms, const char *format)
{
  g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (wall_ms / 1000);
  g_autoptr (GDateTime) local = g_date_time_to_local (utc);

  return g_date_time_format (local, format);
}

static char *
make_label (SyncInsightsSpan span, const SyncInsightsPart *part)
{
  switch (span)
    {
    case SYNC_INSIGHTS_WEEK:
      /* Translators: a day of the week, short, below a bar; see strftime(3), as for the next four. */
      return format_time (part->from_ms, _ ("%a"));
    case SYNC_INSIGHTS_DAY:
      /* Translators: an hour of the day, below a bar. */
      return format_time (part->from_ms, _ ("%-H"));
    case SYNC_INSIGHTS_HOUR:
    default:
      /* Translators: a time of day, below a bar. */
      return format_time (part->from_ms, _ ("%-H:%M"));
    }
}

static char *
make_span (SyncInsightsSpan span, const SyncInsightsPart *part)
{
  g_autofree char *from = NULL;
  g_autofree char *until = NULL;

  if (span == SYNC_INSIGHTS_WEEK)
    /* Translators: a day in full. */
    return format_time (part->from_ms, _ ("%A, %-d %B"));
  /* Translators: a time of day. */
  from = format_time (part->from_ms, _ ("%H:%M"));
  until = format_time (part->until_ms, _ ("%H:%M"));
  /* Translators: from one time of day to another. */
  return g_strdup_printf (_ ("%s–%s"), from, until);
}

/* What the charts of a view need of its parts. */
typedef struct
{
  char *labels[SYNC_INSIGHTS_MAX_PARTS + 1]; /* (owned) */
  char *spans[SYNC_INSIGHTS_MAX_PARTS + 1];  /* (owned) */
  double values[SYNC_CHART_MAX_SERIES][SYNC_INSIGHTS_MAX_PARTS];
} Bars;

static void
bars_init (Bars *self, SyncInsightsSpan span, const SyncInsightsView *view)
{
  *self = (Bars){ .labels = { NULL } };
  for (guint i = 0; i < view->n_parts; i++)
    {
      self->labels[i] = make_label (span, &view->parts[i]);
      self->spans[i] = make_span (span, &view->parts[i]);
    }
}

static void
bars_clear (Bars *self)
{
  for (guint i = 0; i < SYNC_INSIGHTS_MAX_PARTS; i++)
    {
      g_clear_pointer (&self->labels[i], g_free);
      g_clear_pointer (&self->spans[i], g_free);
    }
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Bars, bars_clear)

static void
show (SyncChart *chart, Bars *bars, const SyncChartSeries *series, guint n_series, guint n_bars)
{
  sync_chart_set_series (chart, series, n_series, (const char *const *) bars->labels,
                         (const char *const *) bars->spans, n_bars);
}

static char *
make_sum (guint delivered, guint failed, guint conflicts)
{
  g_autofree char *first = g_strdup_printf (ngettext ("%u delivered", "%u delivered", delivered), delivered);
  g_autofree char *second = g_strdup_printf (ngettext ("%u failed", "%u failed", failed), failed);
  g_autofree char *third = g_strdup_printf (ngettext ("%u conflict", "%u conflicts", conflicts), conflicts);

  /* Translators: “12 delivered, 1 failed, 2 conflicts.” */
  return g_strdup_printf (_ ("%s, %s, %s."), first, second, third);
}

/**
 * sync_insights_words_show_deliveries:
 * @chart: a chart
 * @span: of @view
 * @view: what was counted
 *
 * Shows what was delivered, what failed and what came into conflict.
 */
void
sync_insights_words_show_deliveries (SyncChart *chart, SyncInsightsSpan span, const SyncInsightsView *view)
{
  g_autofree char *summary = make_sum (view->whole.delivered, view->whole.failed, view->whole.conflicts);
  g_auto (Bars) bars;
  const SyncChartSeries series[] = { { _ ("Delivered"), bars.values[0], SYNC_CHART_PLAIN },
                                     { _ ("Failed"), bars.values[1], SYNC_CHART_HATCHED },
                                     { _ ("Conflicts"), bars.values[2], SYNC_CHART_DOTTED } };

  bars_init (&bars, span, view);
  for (guint i = 0; i < view->n_parts; i++)
    {
      bars.values[0][i] = view->parts[i].delivered;
      bars.values[1][i] = view->parts[i].failed;
      bars.values[2][i] = view->parts[i].conflicts;
    }
  sync_chart_set_title (chart, _ ("Deliveries"));
  show (chart, &bars, series, G_N_ELEMENTS (series), view->n_parts);
  sync_chart_set_summary (chart, summary);
}

/**
 * sync_insights_words_show_waiting:
 * @chart: a chart
 * @span: of @view
 * @view: what was counted
 *
 * Shows how long the queue was.
 */
void
sync_insights_words_show_waiting (SyncChart *chart, SyncInsightsSpan span, const SyncInsightsView *view)
{
  g_autofree char *now = sync_words_waiting (view->waiting_now, FALSE);
  g_autofree char *most = g_strdup_printf (_ ("At most %u at once."), view->whole.waiting);
  g_autofree char *summary = g_strdup_printf ("%s %s", now, most);
  g_auto (Bars) bars;
  const SyncChartSeries series[] = { { _ ("at most"), bars.values[0], SYNC_CHART_PLAIN } };

  bars_init (&bars, span, view);
  for (guint i = 0; i < view->n_parts; i++)
    bars.values[0][i] = view->parts[i].waiting;
  sync_chart_set_title (chart, _ ("Waiting"));
  show (chart, &bars, series, G_N_ELEMENTS (series), view->n_parts);
  sync_chart_set_summary (chart, summary);
}

static char *
make_latency_summary (const SyncInsightsPart *whole)
{
  g_autofree char *half = NULL;
  g_autofree char *most = NULL;
  g_autofree char *longest = NULL;

  if (whole->latency_max_ms < 0)
    return g_strdup (_ ("Nothing was delivered in this time."));
  half = sync_words_duration (whole->latency_p50_ms);
  most = sync_words_duration (whole->latency_p95_ms);
  longest = sync_words_duration (whole->latency_max_ms);
  return g_strdup_printf (_ ("Half within %s, 95 of 100 within %s, the longest took %s."), half, most, longest);
}

/**
 * sync_insights_words_show_latencies:
 * @chart: a chart
 * @span: of @view
 * @view: what was counted
 *
 * Shows how long it took from the till to the server.
 */
void
sync_insights_words_show_latencies (SyncChart *chart, SyncInsightsSpan span, const SyncInsightsView *view)
{
  g_autofree char *summary = make_latency_summary (&view->whole);
  g_auto (Bars) bars;
  const SyncChartSeries series[] = { { _ ("Half within"), bars.values[0], SYNC_CHART_PLAIN },
                                     { _ ("95 of 100 within"), bars.values[1], SYNC_CHART_DOTTED } };

  bars_init (&bars, span, view);
  for (guint i = 0; i < view->n_parts; i++)
    {
      bars.values[0][i] = (double) MAX (view->parts[i].latency_p50_ms, 0);
      bars.values[1][i] = (double) MAX (view->parts[i].latency_p95_ms, 0);
    }
  sync_chart_set_title (chart, _ ("Time to delivery"));
  sync_chart_set_durations (chart, TRUE);
  sync_chart_set_side_by_side (chart, TRUE);
  show (chart, &bars, series, G_N_ELEMENTS (series), view->n_parts);
  sync_chart_set_summary (chart, summary);
}

/**
 * sync_insights_words_show_day:
 * @chart: a chart
 * @reader: a read-only store
 * @now_ms: wall clock
 *
 * Shows what was delivered and what failed in each of the last 24 hours, from the hourly sums; what is shown stays where
 * they cannot be read. Cheap enough for every change of the queue.
 */
void
sync_insights_words_show_day (SyncChart *chart, SyncStore *reader, gint64 now_ms)
{
  gint64 end_ms = now_ms - now_ms % HOUR_MS + HOUR_MS;
  gint64 begin_ms = end_ms - SYNC_INSIGHTS_MAX_PARTS * HOUR_MS;
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) hours = sync_store_list_hours (reader, begin_ms, end_ms, &error);
  SyncInsightsView view = { .n_parts = SYNC_INSIGHTS_MAX_PARTS };

  if (hours == NULL)
    {
      g_message ("What was counted cannot be read: %s", error->message);
      return;
    }
  for (guint i = 0; i < view.n_parts; i++)
    {
      view.parts[i].from_ms = begin_ms + i * HOUR_MS;
      view.parts[i].until_ms = view.parts[i].from_ms + HOUR_MS;
    }
  for (guint i = 0; i < hours->len; i++)
    {
      const SyncHour *hour = &g_array_index (hours, SyncHour, i);
      SyncInsightsPart *part = &view.parts[(hour->hour_ms - begin_ms) / HOUR_MS];

      part->delivered = hour->delivered;
      part->failed = hour->failed;
      part->conflicts = hour->conflicts;
      view.whole.delivered += hour->delivered;
      view.whole.failed += hour->failed;
      view.whole.conflicts += hour->conflicts;
    }
  sync_insights_words_show_deliveries (chart, SYNC_INSIGHTS_DAY, &view);
  sync_chart_set_title (chart, _ ("The last 24 hours"));
}
