/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A heading with the key to the patterns, the bars, and a line in words. Main thread. */
#include "config.h"

#include "sync-chart.h"

#include "sync-words.h"

#include <adwaita.h>
#include <glib/gi18n.h>
#include <math.h>

#define SWATCH 12 /* pixels */

struct _SyncChart
{
  GtkWidget parent_instance;

  GtkWidget *head;      /* (unowned): its children, as all that follow */
  GtkLabel *title;      /* (unowned) */
  GtkBox *key;          /* (unowned) */
  SyncChartPlot *plot;  /* (unowned) */
  GtkLabel *readout;    /* (unowned) */
  char *summary;        /* (owned) (nullable) */
  gboolean durations;   /* the values are milliseconds */
};

G_DEFINE_FINAL_TYPE (SyncChart, sync_chart, GTK_TYPE_WIDGET)

static char *
format_count (double value)
{
  return g_strdup_printf ("%.0f", value);
}

static char *
format_duration (double value)
{
  return sync_words_duration ((gint64) round (value));
}

static SyncChartFormat
get_format (SyncChart *self)
{
  return self->durations ? format_duration : format_count;
}

/* The words of the bar that the pointer or the focus is on, else of the whole. */
static void
update_readout (SyncChart *self)
{
  SyncChartBar *bar = sync_chart_plot_get_pointed (self->plot);
  const char *words = bar != NULL ? sync_chart_bar_get_words (bar) : self->summary;

  gtk_label_set_label (self->readout, words != NULL ? words : "");
}

static void
draw_swatch (GtkDrawingArea *area, cairo_t *cr, int width, int height, gpointer user_data)
{
  const GdkRectangle whole = { 0, 0, width, height };

  sync_chart_paint (GTK_WIDGET (area), cr, &whole, (SyncChartStyle) GPOINTER_TO_INT (user_data));
}

static void
update_key (SyncChart *self, const SyncChartSeries *series, guint n_series)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self->key))) != NULL)
    gtk_box_remove (self->key, child);
  for (guint i = 0; i < n_series; i++)
    {
      GtkWidget *swatch = g_object_new (GTK_TYPE_DRAWING_AREA, "accessible-role", GTK_ACCESSIBLE_ROLE_PRESENTATION, NULL);
      GtkWidget *label = gtk_label_new (series[i].name);

      gtk_drawing_area_set_content_width (GTK_DRAWING_AREA (swatch), SWATCH);
      gtk_drawing_area_set_content_height (GTK_DRAWING_AREA (swatch), SWATCH);
      gtk_drawing_area_set_draw_func (GTK_DRAWING_AREA (swatch), draw_swatch, GINT_TO_POINTER (series[i].style), NULL);
      gtk_widget_set_valign (swatch, GTK_ALIGN_CENTER);
      gtk_widget_set_margin_start (swatch, i > 0 ? SWATCH : 0);
      gtk_widget_add_css_class (label, "caption");
      gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
      gtk_box_append (self->key, swatch);
      gtk_box_append (self->key, label);
    }
  gtk_widget_set_visible (GTK_WIDGET (self->key), n_series > 1);
}

/* "10:00–11:00: Delivered 12, Failed 1" */
static char *
make_words (SyncChart *self, const SyncChartSeries *series, guint n_series, const char *span, guint bar)
{
  g_autoptr (GString) words = g_string_new (NULL);

  for (guint i = 0; i < n_series; i++)
    {
      g_autofree char *value = get_format (self) (series[i].values[bar]);
      /* Translators: the name of what is counted, and how many: “Delivered 12”. */
      g_autofree char *pair = g_strdup_printf (_ ("%s %s"), series[i].name, value);

      if (words->len > 0)
        /* Translators: between two such pairs. */
        g_string_append (words, _ (", "));
      g_string_append (words, pair);
    }
  /* Translators: a stretch of time, and what happened in it: “10:00–11:00: Delivered 12, Failed 1”. */
  return g_strdup_printf (_ ("%s: %s"), span, words->str);
}

static void
update_bar (SyncChart *self, const SyncChartSeries *series, guint n_series, const char *span, guint i)
{
  g_autofree char *words = make_words (self, series, n_series, span, i);
  double values[SYNC_CHART_MAX_SERIES];
  g_autofree char *figure = NULL;
  double total = 0;

  for (guint s = 0; s < n_series; s++)
    {
      values[s] = series[s].values[i];
      total += values[s];
    }
  /* Side by side they have no sum. */
  if (total > 0 && (n_series == 1 || !sync_chart_plot_get_scale (self->plot)->side_by_side))
    figure = get_format (self) (total);
  sync_chart_bar_set (sync_chart_plot_get_bar (self->plot, i), values, figure, words);
}

static void
sync_chart_dispose (GObject *object)
{
  SyncChart *self = SYNC_CHART (object);

  g_clear_pointer (&self->head, gtk_widget_unparent);
  if (self->plot != NULL)
    g_signal_handlers_disconnect_by_data (self->plot, self);
  if (self->plot != NULL)
    gtk_widget_unparent (GTK_WIDGET (g_steal_pointer (&self->plot)));
  if (self->readout != NULL)
    gtk_widget_unparent (GTK_WIDGET (g_steal_pointer (&self->readout)));
  G_OBJECT_CLASS (sync_chart_parent_class)->dispose (object);
}

static void
sync_chart_finalize (GObject *object)
{
  g_free (SYNC_CHART (object)->summary);
  G_OBJECT_CLASS (sync_chart_parent_class)->finalize (object);
}

static void
sync_chart_class_init (SyncChartClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = sync_chart_dispose;
  G_OBJECT_CLASS (klass)->finalize = sync_chart_finalize;
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BOX_LAYOUT);
  gtk_widget_class_set_css_name (widget_class, "chart");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_GROUP);
}

static void
sync_chart_init (SyncChart *self)
{
  GtkLayoutManager *layout = gtk_widget_get_layout_manager (GTK_WIDGET (self));

  gtk_orientable_set_orientation (GTK_ORIENTABLE (layout), GTK_ORIENTATION_VERTICAL);
  gtk_box_layout_set_spacing (GTK_BOX_LAYOUT (layout), 6);
  self->head = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  self->title = GTK_LABEL (gtk_label_new (NULL));
  gtk_label_set_xalign (self->title, 0);
  gtk_label_set_ellipsize (self->title, PANGO_ELLIPSIZE_END);
  gtk_widget_set_hexpand (GTK_WIDGET (self->title), TRUE);
  gtk_widget_add_css_class (GTK_WIDGET (self->title), "heading");
  self->key = GTK_BOX (gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6));
  gtk_box_append (GTK_BOX (self->head), GTK_WIDGET (self->title));
  gtk_box_append (GTK_BOX (self->head), GTK_WIDGET (self->key));
  self->plot = g_object_new (SYNC_TYPE_CHART_PLOT, "vexpand", TRUE, NULL);
  self->readout = GTK_LABEL (gtk_label_new (NULL));
  gtk_label_set_xalign (self->readout, 0);
  gtk_label_set_ellipsize (self->readout, PANGO_ELLIPSIZE_END);
  gtk_widget_add_css_class (GTK_WIDGET (self->readout), "caption");
  gtk_widget_add_css_class (GTK_WIDGET (self->readout), "number");
  gtk_widget_set_parent (self->head, GTK_WIDGET (self));
  gtk_widget_set_parent (GTK_WIDGET (self->plot), GTK_WIDGET (self));
  gtk_widget_set_parent (GTK_WIDGET (self->readout), GTK_WIDGET (self));
  g_signal_connect_swapped (self->plot, "bar-changed", G_CALLBACK (update_readout), self);
}

/**
 * sync_chart_new:
 *
 * Returns: (transfer floating): a chart that shows nothing yet
 */
GtkWidget *
sync_chart_new (void)
{
  return g_object_new (SYNC_TYPE_CHART, NULL);
}

/**
 * sync_chart_set_title:
 * @self: a chart
 * @title: what it shows, in the user's language
 *
 * Sets the heading, which is the accessible name as well.
 */
void
sync_chart_set_title (SyncChart *self, const char *title)
{
  gtk_label_set_label (self->title, title);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->plot), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
}

/**
 * sync_chart_set_durations:
 * @self: a chart
 * @durations: the values are milliseconds instead of numbers of things
 *
 * Before sync_chart_set_series().
 */
void
sync_chart_set_durations (SyncChart *self, gboolean durations)
{
  self->durations = durations;
}

/**
 * sync_chart_set_side_by_side:
 * @self: a chart
 * @side_by_side: the series are no parts of a sum
 *
 * Before sync_chart_set_series().
 */
void
sync_chart_set_side_by_side (SyncChart *self, gboolean side_by_side)
{
  sync_chart_plot_get_scale (self->plot)->side_by_side = side_by_side;
}

/**
 * sync_chart_set_series:
 * @self: a chart
 * @series: (array length=n_series): what to show, from the bottom up or beside each other
 * @n_series: at most %SYNC_CHART_MAX_SERIES
 * @labels: (array length=n_bars): short, below the bars
 * @spans: (array length=n_bars): what a bar stands for, in words
 * @n_bars: how many; from the past to now
 *
 * Shows these values. All is copied.
 */
void
sync_chart_set_series (SyncChart *self, const SyncChartSeries *series, guint n_series, const char *const *labels,
                       const char *const *spans, guint n_bars)
{
  SyncChartScale *scale = sync_chart_plot_get_scale (self->plot);
  double most = 0;

  g_return_if_fail (n_series <= SYNC_CHART_MAX_SERIES);

  scale->n_series = n_series;
  for (guint i = 0; i < n_series; i++)
    scale->styles[i] = series[i].style;
  update_key (self, series, n_series);
  sync_chart_plot_set_n_bars (self->plot, n_bars);
  for (guint i = 0; i < n_bars; i++)
    {
      update_bar (self, series, n_series, spans[i], i);
      most = MAX (most, sync_chart_bar_get_total (sync_chart_plot_get_bar (self->plot, i)));
    }
  sync_chart_plot_set_top (self->plot, sync_chart_get_top (most, self->durations), get_format (self));
  sync_chart_plot_set_labels (self->plot, labels);
  update_readout (self);
}

/**
 * sync_chart_set_summary:
 * @self: a chart
 * @summary: what the whole of it says, with its numbers, in words
 *
 * Shows it below the bars, and tells it to a screen reader.
 */
void
sync_chart_set_summary (SyncChart *self, const char *summary)
{
  g_free (self->summary);
  self->summary = g_strdup (summary);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, summary, -1);
  update_readout (self);
}

/**
 * sync_chart_get_readout:
 * @self: a chart
 *
 * Returns: (transfer none): what stands below the bars
 */
const char *
sync_chart_get_readout (SyncChart *self)
{
  return gtk_label_get_label (self->readout);
}

/**
 * sync_chart_get_top:
 * @most: the largest value
 * @durations: values are milliseconds
 *
 * Returns: the value of the whole height: not below @most, not zero, and round, as its half is
 */
double
sync_chart_get_top (double most, gboolean durations)
{
  static const double steps[] = { 2, 4, 6, 8, 10 };
  /* In milliseconds, up to a day; from there on in days. */
  static const double times[]
    = { 100,     200,     400,      1000,     2000,     4000,     10000,    20000,    60000,   120000,
        240000,  600000,  1200000,  1800000,  3600000,  7200000,  14400000, 43200000, 86400000 };
  double unit = durations ? 86400000.0 : 1;

  for (gsize i = 0; durations && i < G_N_ELEMENTS (times); i++)
    if (most <= times[i])
      return times[i];
  for (;; unit *= 10)
    for (gsize i = 0; i < G_N_ELEMENTS (steps); i++)
      if (most <= steps[i] * unit)
        return steps[i] * unit;
}
