/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-chart-plot.h"

G_BEGIN_DECLS

/**
 * SyncChart:
 *
 * Bars over a stretch of time, one series or up to three, drawn so that nobody needs to tell colours apart: each series has
 * a pattern, each bar its figure above it where there is room, and the line below the bars says in words what the bar
 * under the pointer or the keyboard's focus stands for, else what the whole chart says. Each bar is a list item with the
 * same words for a screen reader.
 *
 * The last 24 hours on an overview page are one call, whenever the requests may have changed
 * (`sync_insights_words_show_day()` in sync-insights-words.h):
 *
 * |[<!-- language="C" -->
 *   GtkWidget *chart = sync_chart_new ();
 *
 *   sync_insights_words_show_day (SYNC_CHART (chart), reader, now_ms);
 * ]|
 *
 * and anything else is put together like this:
 *
 * |[<!-- language="C" -->
 *   const double delivered[] = { 12, 30, 7 }, failed[] = { 0, 2, 0 };
 *   const char *const labels[] = { "9", "10", "11" };
 *   const char *const spans[] = { "9:00–10:00", "10:00–11:00", "11:00–12:00" };
 *   const SyncChartSeries series[] = { { _ ("Delivered"), delivered, SYNC_CHART_PLAIN },
 *                                      { _ ("Failed"), failed, SYNC_CHART_HATCHED } };
 *
 *   sync_chart_set_title (SYNC_CHART (chart), _ ("Deliveries"));
 *   sync_chart_set_series (SYNC_CHART (chart), series, G_N_ELEMENTS (series), labels, spans, G_N_ELEMENTS (labels));
 *   sync_chart_set_summary (SYNC_CHART (chart), _ ("49 delivered, 2 failed."));
 * ]|
 */
#define SYNC_TYPE_CHART (sync_chart_get_type ())
G_DECLARE_FINAL_TYPE (SyncChart, sync_chart, SYNC, CHART, GtkWidget)

/* One of the things that a chart shows. All borrowed for the time of the call. */
typedef struct
{
  const char *name;     /* in the user's language */
  const double *values; /* one for each bar, not below zero */
  SyncChartStyle style;
} SyncChartSeries;

GtkWidget *sync_chart_new (void);
void sync_chart_set_title (SyncChart *self, const char *title);
void sync_chart_set_durations (SyncChart *self, gboolean durations);
void sync_chart_set_side_by_side (SyncChart *self, gboolean side_by_side);
void sync_chart_set_series (SyncChart *self, const SyncChartSeries *series, guint n_series, const char *const *labels,
                            const char *const *spans, guint n_bars);
void sync_chart_set_summary (SyncChart *self, const char *summary);
const char *sync_chart_get_readout (SyncChart *self);
double sync_chart_get_top (double most, gboolean durations);

G_END_DECLS
