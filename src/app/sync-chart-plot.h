/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-chart-bar.h"

G_BEGIN_DECLS

/* The bars of a #SyncChart with the scale beside them and the labels below. */
#define SYNC_TYPE_CHART_PLOT (sync_chart_plot_get_type ())
G_DECLARE_FINAL_TYPE (SyncChartPlot, sync_chart_plot, SYNC, CHART_PLOT, GtkWidget)

/* How a value is written: (transfer full). */
typedef char *(*SyncChartFormat) (double value);

SyncChartScale *sync_chart_plot_get_scale (SyncChartPlot *self);
void sync_chart_plot_set_n_bars (SyncChartPlot *self, guint n);
SyncChartBar *sync_chart_plot_get_bar (SyncChartPlot *self, guint i);
SyncChartBar *sync_chart_plot_get_pointed (SyncChartPlot *self);
void sync_chart_plot_set_labels (SyncChartPlot *self, const char *const *labels);
void sync_chart_plot_set_top (SyncChartPlot *self, double top, SyncChartFormat format);

G_END_DECLS
