/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define SYNC_CHART_MAX_SERIES 3

/* How a series is told from the others; each has a colour and a pattern of its own. */
typedef enum
{
  SYNC_CHART_PLAIN,   /* filled, in the accent colour */
  SYNC_CHART_HATCHED, /* slanted lines, in the colour of errors */
  SYNC_CHART_DOTTED,  /* dots, in the colour of warnings */
} SyncChartStyle;

/* What all bars of a chart share. */
typedef struct
{
  SyncChartStyle styles[SYNC_CHART_MAX_SERIES];
  guint n_series;
  gboolean side_by_side; /* the values of a bar stand beside each other instead of on each other */
  double most;           /* the value of the whole height */
} SyncChartScale;

/* One bar of a #SyncChart: the values of all series at one place. */
#define SYNC_TYPE_CHART_BAR (sync_chart_bar_get_type ())
G_DECLARE_FINAL_TYPE (SyncChartBar, sync_chart_bar, SYNC, CHART_BAR, GtkWidget)

GtkWidget *sync_chart_bar_new (const SyncChartScale *scale);
void sync_chart_bar_set (SyncChartBar *self, const double *values, const char *figure, const char *words);
const char *sync_chart_bar_get_words (SyncChartBar *self);
double sync_chart_bar_get_total (SyncChartBar *self);
void sync_chart_paint (GtkWidget *widget, cairo_t *cr, const GdkRectangle *area, SyncChartStyle style);

G_END_DECLS
