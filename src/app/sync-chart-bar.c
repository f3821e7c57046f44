/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A bar can be reached by keyboard and says its values in words, so that a chart can be read without seeing it; and it can be
 * read without telling colours apart. Main thread. */
#include "config.h"

#include "sync-chart-bar.h"

#include <adwaita.h>
#include <math.h>

/* In pixels. */
#define GAP 2          /* on each side */
#define WIDEST 48      /* of a bar however much room there is */
#define SHORTEST 3     /* so that a small number beside a large one is seen */
#define SHORTEST_PATTERN 8 /* and its pattern */
#define HATCH 5        /* between two lines */
#define FIGURE_PAD 2

struct _SyncChartBar
{
  GtkWidget parent_instance;

  const SyncChartScale *scale;          /* (unowned): the chart's, which outlives it */
  double values[SYNC_CHART_MAX_SERIES];
  char *figure;                         /* (owned) (nullable): written above it if there is room */
  char *words;                          /* (owned) (nullable) */
};

G_DEFINE_FINAL_TYPE (SyncChartBar, sync_chart_bar, GTK_TYPE_WIDGET)

static GdkRGBA
get_color (GtkWidget *widget, SyncChartStyle style)
{
  static const char *const names[] = { "accent_bg_color", "error_color", "warning_color" };
  GtkStyleContext *context = gtk_widget_get_style_context (widget);
  GdkRGBA color;

  if (!gtk_style_context_lookup_color (context, names[style], &color))
    gtk_style_context_get_color (context, &color);
  return color;
}

static void
paint_lines (cairo_t *cr, const GdkRectangle *area)
{
  for (int x = area->x - area->height; x < area->x + area->width; x += HATCH)
    {
      cairo_move_to (cr, x, area->y + area->height);
      cairo_line_to (cr, x + area->height, area->y);
    }
  cairo_set_line_width (cr, 1.5);
  cairo_stroke (cr);
}

static void
paint_dots (cairo_t *cr, const GdkRectangle *area)
{
  for (int y = area->y + area->height - 3; y > area->y - HATCH; y -= HATCH)
    for (int x = area->x + 3; x < area->x + area->width; x += HATCH)
      {
        cairo_new_sub_path (cr);
        cairo_arc (cr, x, y, 1.3, 0, 2 * G_PI);
      }
  cairo_fill (cr);
}

/**
 * sync_chart_paint:
 * @widget: whose colours it takes
 * @cr: where
 * @area: what is to be filled
 * @style: in which way
 *
 * Fills an area as a series is filled.
 */
void
sync_chart_paint (GtkWidget *widget, cairo_t *cr, const GdkRectangle *area, SyncChartStyle style)
{
  GdkRGBA color = get_color (widget, style);
  GdkRGBA line = color;

  if (adw_style_manager_get_high_contrast (adw_style_manager_get_default ()))
    gtk_style_context_get_color (gtk_widget_get_style_context (widget), &line);
  cairo_save (cr);
  gdk_cairo_rectangle (cr, area);
  cairo_clip (cr);
  gdk_cairo_set_source_rgba (cr, &color);
  if (style == SYNC_CHART_PLAIN)
    cairo_paint (cr);
  else
    {
      cairo_paint_with_alpha (cr, 0.2);
      if (style == SYNC_CHART_HATCHED)
        paint_lines (cr, area);
      else
        paint_dots (cr, area);
    }
  gdk_cairo_set_source_rgba (cr, &line);
  cairo_rectangle (cr, area->x + 0.5, area->y + 0.5, area->width - 1, area->height - 1);
  cairo_set_line_width (cr, 1);
  cairo_stroke (cr);
  cairo_restore (cr);
}

static int
get_height (SyncChartBar *self, guint series, int height)
{
  int least = self->scale->styles[series] == SYNC_CHART_PLAIN ? SHORTEST : SHORTEST_PATTERN;

  if (self->values[series] <= 0 || self->scale->most <= 0)
    return 0;
  return MAX ((int) round (self->values[series] / self->scale->most * height), least);
}

/* Returns how high the highest part stands. */
static int
paint_values (SyncChartBar *self, cairo_t *cr, int width, int height)
{
  int whole = MIN (width - 2 * GAP, WIDEST);
  guint n = self->scale->side_by_side ? self->scale->n_series : 1;
  int each = MAX (whole / (int) n, 1);
  int left = (width - each * (int) n) / 2;
  gboolean rtl = gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL;
  int stacked = 0, highest = 0;

  for (guint i = 0; i < self->scale->n_series; i++)
    {
      guint place = self->scale->side_by_side ? (rtl ? n - 1 - i : i) : 0;
      int high = MIN (get_height (self, i, height), height - stacked);
      GdkRectangle area = { left + each * (int) place, height - stacked - high, each, high };

      if (high > 0)
        sync_chart_paint (GTK_WIDGET (self), cr, &area, self->scale->styles[i]);
      if (!self->scale->side_by_side)
        stacked += high;
      highest = MAX (highest, MAX (high, stacked));
    }
  return highest;
}

static void
sync_chart_bar_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  SyncChartBar *self = SYNC_CHART_BAR (widget);
  int width = gtk_widget_get_width (widget), height = gtk_widget_get_height (widget);
  g_autoptr (PangoLayout) layout = gtk_widget_create_pango_layout (widget, self->figure);
  cairo_t *cr = gtk_snapshot_append_cairo (snapshot, &GRAPHENE_RECT_INIT (0, 0, (float) width, (float) height));
  int text_width, text_height, highest;
  GdkRGBA color;

  pango_layout_get_pixel_size (layout, &text_width, &text_height);
  /* The room above is the figure's. */
  cairo_translate (cr, 0, text_height + FIGURE_PAD);
  highest = paint_values (self, cr, width, MAX (height - text_height - FIGURE_PAD, 0));
  cairo_destroy (cr);
  if (self->figure == NULL || text_width > width)
    return;
  gtk_style_context_get_color (gtk_widget_get_style_context (widget), &color);
  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT ((float) (width - text_width) / 2,
                                                          (float) (height - highest - text_height - FIGURE_PAD)));
  gtk_snapshot_append_layout (snapshot, layout, &color);
  gtk_snapshot_restore (snapshot);
}

/* Takes the room that the chart gives it. */
static void
sync_chart_bar_measure (GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum, int *natural,
                        int *minimum_baseline, int *natural_baseline)
{
  *minimum = *natural = 0;
}

static void
sync_chart_bar_css_changed (GtkWidget *widget, GtkCssStyleChange *change)
{
  GTK_WIDGET_CLASS (sync_chart_bar_parent_class)->css_changed (widget, change);
  gtk_widget_queue_draw (widget);
}

static void
sync_chart_bar_finalize (GObject *object)
{
  SyncChartBar *self = SYNC_CHART_BAR (object);

  g_free (self->figure);
  g_free (self->words);
  G_OBJECT_CLASS (sync_chart_bar_parent_class)->finalize (object);
}

static void
sync_chart_bar_class_init (SyncChartBarClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = sync_chart_bar_finalize;
  widget_class->snapshot = sync_chart_bar_snapshot;
  widget_class->measure = sync_chart_bar_measure;
  widget_class->css_changed = sync_chart_bar_css_changed;
  gtk_widget_class_set_css_name (widget_class, "chartbar");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_LIST_ITEM);
}

static void
sync_chart_bar_init (SyncChartBar *self)
{
  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
}

/**
 * sync_chart_bar_new:
 * @scale: of its chart, which outlives it
 *
 * Returns: (transfer floating): a bar without values
 */
GtkWidget *
sync_chart_bar_new (const SyncChartScale *scale)
{
  SyncChartBar *self = g_object_new (SYNC_TYPE_CHART_BAR, NULL);

  self->scale = scale;
  return GTK_WIDGET (self);
}

/**
 * sync_chart_bar_set:
 * @self: a bar
 * @values: as many as the scale has series
 * @figure: (nullable): what is written above it
 * @words: all of it in words
 *
 * Shows these values.
 */
void
sync_chart_bar_set (SyncChartBar *self, const double *values, const char *figure, const char *words)
{
  for (guint i = 0; i < self->scale->n_series; i++)
    self->values[i] = values[i];
  g_free (self->figure);
  self->figure = g_strdup (figure);
  gtk_widget_queue_draw (GTK_WIDGET (self));
  if (g_strcmp0 (words, self->words) == 0)
    return;
  g_free (self->words);
  self->words = g_strdup (words);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, words, -1);
}

/**
 * sync_chart_bar_get_words:
 * @self: a bar
 *
 * Returns: (transfer none) (nullable): what it says
 */
const char *
sync_chart_bar_get_words (SyncChartBar *self)
{
  return self->words;
}

/**
 * sync_chart_bar_get_total:
 * @self: a bar
 *
 * Returns: how much of the scale it needs
 */
double
sync_chart_bar_get_total (SyncChartBar *self)
{
  double total = 0;

  for (guint i = 0; i < self->scale->n_series; i++)
    total = self->scale->side_by_side ? MAX (total, self->values[i]) : total + self->values[i];
  return total;
}
