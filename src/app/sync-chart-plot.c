/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lays the bars out and lets the keyboard go along them: one stop for Tab, arrows, Home and End within. Where people read
 * from right to left time does so, too. Signal: `bar-changed ()`, when the focus or the pointer came to a bar or left it.
 * Main thread. */
#include "config.h"

#include "sync-chart-plot.h"

/* In pixels. */
#define PAD 6
#define LEAST_HEIGHT 120
#define LEAST_BAR 8
#define LINES 2 /* of the scale, above its bottom */

struct _SyncChartPlot
{
  GtkWidget parent_instance;

  SyncChartScale scale;
  GPtrArray *bars;                   /* (owned) (element-type SyncChartBar): its children */
  GPtrArray *labels;                 /* (owned) (element-type PangoLayout): of the bars */
  PangoLayout *figures[LINES + 1];   /* (owned) (nullable): of the scale, from the bottom up */
  guint current;                     /* the bar that Tab comes to */
  SyncChartBar *focused;             /* (unowned) (nullable): of @bars, as the next */
  SyncChartBar *hovered;             /* (unowned) (nullable) */
};

enum
{
  SIGNAL_BAR_CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SyncChartPlot, sync_chart_plot, GTK_TYPE_WIDGET)

static void
get_layout_size (PangoLayout *layout, int *width, int *height)
{
  *width = *height = 0;
  if (layout != NULL)
    pango_layout_get_pixel_size (layout, width, height);
}

/* Where the bars stand: how wide the scale is, and how much is left below and above. */
static void
get_margins (SyncChartPlot *self, int *scale, int *below, int *above)
{
  int width, height;

  *scale = *below = *above = 0;
  for (guint i = 0; i <= LINES; i++)
    {
      get_layout_size (self->figures[i], &width, &height);
      *scale = MAX (*scale, width + PAD);
      *above = MAX (*above, height + 2);
    }
  *below = *above + PAD;
}

static void
sync_chart_plot_measure (GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum, int *natural,
                         int *minimum_baseline, int *natural_baseline)
{
  SyncChartPlot *self = SYNC_CHART_PLOT (widget);
  int scale, below, above;

  get_margins (self, &scale, &below, &above);
  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    *minimum = *natural = scale + (int) self->bars->len * LEAST_BAR;
  else
    *minimum = *natural = LEAST_HEIGHT + below + above;
}

/* The left edge of a bar's place, mirrored where it has to be. */
static int
get_bar_x (SyncChartPlot *self, guint i, int scale, int width)
{
  int room = width - scale;
  int n = (int) MAX (self->bars->len, 1);

  if (gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL)
    return room - room * ((int) i + 1) / n;
  return scale + room * (int) i / n;
}

static int
get_bar_width (SyncChartPlot *self, guint i, int scale, int width)
{
  int room = width - scale;
  int n = (int) MAX (self->bars->len, 1);

  return room * ((int) i + 1) / n - room * (int) i / n;
}

static void
sync_chart_plot_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  SyncChartPlot *self = SYNC_CHART_PLOT (widget);
  int scale, below, above;

  get_margins (self, &scale, &below, &above);
  for (guint i = 0; i < self->bars->len; i++)
    {
      const GtkAllocation place = { get_bar_x (self, i, scale, width), 0, MAX (get_bar_width (self, i, scale, width), 1),
                                    MAX (height - below, 1) };

      gtk_widget_size_allocate (g_ptr_array_index (self->bars, i), &place, -1);
    }
}

static void
append_text (GtkSnapshot *snapshot, PangoLayout *layout, int x, int y, const GdkRGBA *color)
{
  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT ((float) x, (float) y));
  gtk_snapshot_append_layout (snapshot, layout, color);
  gtk_snapshot_restore (snapshot);
}

static void
snapshot_scale (SyncChartPlot *self, GtkSnapshot *snapshot, const GdkRGBA *color)
{
  int width = gtk_widget_get_width (GTK_WIDGET (self)), height = gtk_widget_get_height (GTK_WIDGET (self));
  gboolean rtl = gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL;
  int scale, below, above;

  get_margins (self, &scale, &below, &above);
  for (guint i = 0; i <= LINES; i++)
    {
      int y = height - below - (height - below - above) * (int) i / LINES;
      int text_width, text_height;
      GdkRGBA line = *color;

      line.alpha *= i == 0 ? 0.6F : 0.2F;
      gtk_snapshot_append_color (snapshot, &line,
                                 &GRAPHENE_RECT_INIT (rtl ? 0 : (float) scale, (float) y, (float) (width - scale), 1));
      if (self->figures[i] == NULL)
        continue;
      get_layout_size (self->figures[i], &text_width, &text_height);
      append_text (snapshot, self->figures[i], rtl ? width - scale + PAD : scale - PAD - text_width, y - text_height / 2,
                   color);
    }
}

/* As many labels as fit, and always the last one's neighbours at the same distance. */
static void
snapshot_labels (SyncChartPlot *self, GtkSnapshot *snapshot, const GdkRGBA *color)
{
  int width = gtk_widget_get_width (GTK_WIDGET (self)), height = gtk_widget_get_height (GTK_WIDGET (self));
  int scale, below, above, widest = 1;
  guint every;

  get_margins (self, &scale, &below, &above);
  for (guint i = 0; i < self->labels->len; i++)
    {
      int text_width, text_height;

      get_layout_size (g_ptr_array_index (self->labels, i), &text_width, &text_height);
      widest = MAX (widest, text_width + PAD);
    }
  every = (guint) (widest / MAX ((width - scale) / (int) MAX (self->bars->len, 1), 1)) + 1;
  for (guint i = 0; i < self->labels->len; i += every)
    {
      PangoLayout *layout = g_ptr_array_index (self->labels, i);
      int middle = get_bar_x (self, i, scale, width) + get_bar_width (self, i, scale, width) / 2;
      int text_width, text_height;

      get_layout_size (layout, &text_width, &text_height);
      append_text (snapshot, layout, CLAMP (middle - text_width / 2, 0, MAX (width - text_width, 0)), height - below + PAD,
                   color);
    }
}

static void
sync_chart_plot_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  SyncChartPlot *self = SYNC_CHART_PLOT (widget);
  GdkRGBA color;

  gtk_style_context_get_color (gtk_widget_get_style_context (widget), &color);
  snapshot_scale (self, snapshot, &color);
  for (guint i = 0; i < self->bars->len; i++)
    gtk_widget_snapshot_child (widget, g_ptr_array_index (self->bars, i), snapshot);
  snapshot_labels (self, snapshot, &color);
}

static gboolean
go_to (SyncChartPlot *self, int i)
{
  if (self->bars->len == 0)
    return FALSE;
  return gtk_widget_grab_focus (g_ptr_array_index (self->bars, (guint) CLAMP (i, 0, (int) self->bars->len - 1)));
}

static gboolean
sync_chart_plot_focus (GtkWidget *widget, GtkDirectionType direction)
{
  SyncChartPlot *self = SYNC_CHART_PLOT (widget);
  gboolean rtl = gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL;

  if (gtk_widget_get_focus_child (widget) == NULL)
    return go_to (self, (int) self->current);
  if (direction != GTK_DIR_LEFT && direction != GTK_DIR_RIGHT)
    return FALSE;
  return go_to (self, (int) self->current + ((direction == GTK_DIR_RIGHT) != rtl ? 1 : -1));
}

static void
bar_focused_cb (SyncChartPlot *self, GtkEventController *controller)
{
  guint i;

  self->focused = SYNC_CHART_BAR (gtk_event_controller_get_widget (controller));
  if (g_ptr_array_find (self->bars, self->focused, &i))
    self->current = i;
  g_signal_emit (self, signals[SIGNAL_BAR_CHANGED], 0);
}

static void
bar_left_cb (SyncChartPlot *self)
{
  self->focused = NULL;
  g_signal_emit (self, signals[SIGNAL_BAR_CHANGED], 0);
}

static void
bar_entered_cb (GtkEventController *controller, double x, double y, gpointer user_data)
{
  SyncChartPlot *self = SYNC_CHART_PLOT (user_data);

  self->hovered = SYNC_CHART_BAR (gtk_event_controller_get_widget (controller));
  g_signal_emit (self, signals[SIGNAL_BAR_CHANGED], 0);
}

static void
bar_passed_cb (SyncChartPlot *self)
{
  self->hovered = NULL;
  g_signal_emit (self, signals[SIGNAL_BAR_CHANGED], 0);
}

static gboolean
end_cb (GtkWidget *widget, GVariant *args, gpointer user_data)
{
  SyncChartPlot *self = SYNC_CHART_PLOT (widget);

  return go_to (self, g_variant_get_boolean (args) ? (int) self->bars->len - 1 : 0);
}

static void
sync_chart_plot_css_changed (GtkWidget *widget, GtkCssStyleChange *change)
{
  SyncChartPlot *self = SYNC_CHART_PLOT (widget);

  GTK_WIDGET_CLASS (sync_chart_plot_parent_class)->css_changed (widget, change);
  for (guint i = 0; i < self->labels->len; i++)
    pango_layout_context_changed (g_ptr_array_index (self->labels, i));
  for (guint i = 0; i <= LINES; i++)
    if (self->figures[i] != NULL)
      pango_layout_context_changed (self->figures[i]);
  gtk_widget_queue_resize (widget);
}

static void
sync_chart_plot_dispose (GObject *object)
{
  SyncChartPlot *self = SYNC_CHART_PLOT (object);

  sync_chart_plot_set_n_bars (self, 0);
  g_ptr_array_set_size (self->labels, 0);
  for (guint i = 0; i <= LINES; i++)
    g_clear_object (&self->figures[i]);
  G_OBJECT_CLASS (sync_chart_plot_parent_class)->dispose (object);
}

static void
sync_chart_plot_finalize (GObject *object)
{
  SyncChartPlot *self = SYNC_CHART_PLOT (object);

  g_ptr_array_unref (self->bars);
  g_ptr_array_unref (self->labels);
  G_OBJECT_CLASS (sync_chart_plot_parent_class)->finalize (object);
}

static void
sync_chart_plot_class_init (SyncChartPlotClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = sync_chart_plot_dispose;
  G_OBJECT_CLASS (klass)->finalize = sync_chart_plot_finalize;
  widget_class->measure = sync_chart_plot_measure;
  widget_class->size_allocate = sync_chart_plot_size_allocate;
  widget_class->snapshot = sync_chart_plot_snapshot;
  widget_class->focus = sync_chart_plot_focus;
  widget_class->css_changed = sync_chart_plot_css_changed;
  signals[SIGNAL_BAR_CHANGED]
    = g_signal_new ("bar-changed", SYNC_TYPE_CHART_PLOT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_Home, 0, end_cb, "b", FALSE);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_End, 0, end_cb, "b", TRUE);
  gtk_widget_class_set_css_name (widget_class, "chartplot");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_LIST);
}

static void
sync_chart_plot_init (SyncChartPlot *self)
{
  self->bars = g_ptr_array_new ();
  self->labels = g_ptr_array_new_with_free_func (g_object_unref);
}

/**
 * sync_chart_plot_get_scale:
 * @self: a plot
 *
 * Returns: (transfer none): what its bars share; the caller may change all but the height
 */
SyncChartScale *
sync_chart_plot_get_scale (SyncChartPlot *self)
{
  return &self->scale;
}

static void
add_bar (SyncChartPlot *self)
{
  GtkWidget *bar = sync_chart_bar_new (&self->scale);
  GtkEventController *focus = gtk_event_controller_focus_new ();
  GtkEventController *motion = gtk_event_controller_motion_new ();

  g_signal_connect_swapped (focus, "enter", G_CALLBACK (bar_focused_cb), self);
  g_signal_connect_swapped (focus, "leave", G_CALLBACK (bar_left_cb), self);
  g_signal_connect (motion, "enter", G_CALLBACK (bar_entered_cb), self);
  g_signal_connect_swapped (motion, "leave", G_CALLBACK (bar_passed_cb), self);
  gtk_widget_add_controller (bar, focus);
  gtk_widget_add_controller (bar, motion);
  gtk_widget_set_parent (bar, GTK_WIDGET (self));
  g_ptr_array_add (self->bars, bar);
}

/**
 * sync_chart_plot_set_n_bars:
 * @self: a plot
 * @n: how many bars
 *
 * Those that stay are the same, so that the focus stays with them.
 */
void
sync_chart_plot_set_n_bars (SyncChartPlot *self, guint n)
{
  if (n == self->bars->len)
    return;
  self->focused = self->hovered = NULL;
  while (self->bars->len > n)
    {
      gtk_widget_unparent (g_ptr_array_index (self->bars, self->bars->len - 1));
      g_ptr_array_set_size (self->bars, (int) self->bars->len - 1);
    }
  while (self->bars->len < n)
    add_bar (self);
  self->current = n > 0 ? n - 1 : 0;
}

/**
 * sync_chart_plot_get_bar:
 * @self: a plot
 * @i: which
 *
 * Returns: (transfer none) (nullable): the bar, or %NULL if there are not so many
 */
SyncChartBar *
sync_chart_plot_get_bar (SyncChartPlot *self, guint i)
{
  return i < self->bars->len ? SYNC_CHART_BAR (g_ptr_array_index (self->bars, i)) : NULL;
}

/**
 * sync_chart_plot_get_pointed:
 * @self: a plot
 *
 * Returns: (transfer none) (nullable): the bar under the pointer, else the one with the keyboard's focus
 */
SyncChartBar *
sync_chart_plot_get_pointed (SyncChartPlot *self)
{
  return self->hovered != NULL ? self->hovered : self->focused;
}

/**
 * sync_chart_plot_set_labels:
 * @self: a plot
 * @labels: one for each bar
 *
 * Shows as many of them as there is room for.
 */
void
sync_chart_plot_set_labels (SyncChartPlot *self, const char *const *labels)
{
  g_ptr_array_set_size (self->labels, 0);
  for (guint i = 0; i < self->bars->len; i++)
    g_ptr_array_add (self->labels, gtk_widget_create_pango_layout (GTK_WIDGET (self), labels[i]));
  gtk_widget_queue_resize (GTK_WIDGET (self));
}

/**
 * sync_chart_plot_set_top:
 * @self: a plot
 * @top: the value of the whole height
 * @format: writes the figures of the scale
 *
 * Sets the scale.
 */
void
sync_chart_plot_set_top (SyncChartPlot *self, double top, SyncChartFormat format)
{
  self->scale.most = top;
  for (guint i = 0; i <= LINES; i++)
    {
      g_autofree char *figure = format (top * i / LINES);

      g_clear_object (&self->figures[i]);
      self->figures[i] = gtk_widget_create_pango_layout (GTK_WIDGET (self), figure);
    }
  for (guint i = 0; i < self->bars->len; i++)
    gtk_widget_queue_draw (g_ptr_array_index (self->bars, i));
  gtk_widget_queue_resize (GTK_WIDGET (self));
}
