/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Six figures and three charts, computed anew whenever something happened while they are seen. Main thread. */
#include "config.h"

#include "sync-insights-page.h"

#include "sync-button-name.h"
#include "sync-insights-words.h"
#include "sync-words.h"

#include <glib/gi18n.h>

/* One figure with what it counts below. */
typedef enum
{
  TILE_DELIVERED,
  TILE_FAILED,
  TILE_CONFLICTS,
  TILE_RETRIES,
  TILE_WAITING,
  TILE_LATENCY,
  N_TILES
} Tile;

static const char *const tile_names[N_TILES] = {
  [TILE_DELIVERED] = N_ ("Delivered"), [TILE_FAILED] = N_ ("Failed"),        [TILE_CONFLICTS] = N_ ("Conflicts"),
  [TILE_RETRIES] = N_ ("Retries"),     [TILE_WAITING] = N_ ("Waiting now"), [TILE_LATENCY] = N_ ("Usual time"),
};

struct _SyncInsightsPage
{
  AdwBin parent_instance;

  SyncStatus *status;          /* (owned) (nullable): NULL before there is something to show */
  SyncInsights *insights;      /* (owned) (nullable): the same */
  GtkStack *stack;             /* (unowned): the template's, as all that follow */
  GtkToggleButton *day_button; /* (unowned) */
  GtkToggleButton *week_button; /* (unowned) */
  GtkBox *tiles;               /* (unowned) */
  GtkBox *wide;                /* (unowned) */
  GtkBox *pair;                /* (unowned) */
  GtkLabel *figures[N_TILES];  /* (unowned): in @tiles */
  SyncChart *deliveries;       /* (unowned): in @wide */
  SyncChart *waiting;          /* (unowned): in @pair, as the next */
  SyncChart *latencies;        /* (unowned) */
};

G_DEFINE_FINAL_TYPE (SyncInsightsPage, sync_insights_page, ADW_TYPE_BIN)

static SyncInsightsSpan
get_span (SyncInsightsPage *self)
{
  if (gtk_toggle_button_get_active (self->week_button))
    return SYNC_INSIGHTS_WEEK;
  return gtk_toggle_button_get_active (self->day_button) ? SYNC_INSIGHTS_DAY : SYNC_INSIGHTS_HOUR;
}

static void
set_figure (SyncInsightsPage *self, Tile tile, const char *text)
{
  /* Translators: the name of a figure, and the figure. */
  g_autofree char *words = g_strdup_printf (_ ("%s: %s"), _ (tile_names[tile]), text);

  gtk_label_set_label (self->figures[tile], text);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->figures[tile]), GTK_ACCESSIBLE_PROPERTY_LABEL, words, -1);
}

static void
set_number (SyncInsightsPage *self, Tile tile, guint number)
{
  g_autofree char *text = g_strdup_printf ("%u", number);

  set_figure (self, tile, text);
}

static gboolean
is_empty (SyncInsightsPage *self)
{
  SyncInsightsView week;

  sync_insights_compute (self->insights, SYNC_INSIGHTS_WEEK, &week);
  return week.whole.delivered + week.whole.failed + week.whole.conflicts + week.whole.retries + week.whole.waiting == 0;
}

static void
update (SyncInsightsPage *self)
{
  SyncInsightsSpan span = get_span (self);
  g_autofree char *latency = NULL;
  SyncInsightsView view;

  if (self->insights == NULL || sync_insights_get_loading (self->insights))
    return;
  if (is_empty (self))
    {
      gtk_stack_set_visible_child_name (self->stack, "empty");
      return;
    }
  sync_insights_compute (self->insights, span, &view);
  latency = view.whole.latency_p50_ms < 0 ? g_strdup ("–") : sync_words_duration (view.whole.latency_p50_ms);
  set_number (self, TILE_DELIVERED, view.whole.delivered);
  set_number (self, TILE_FAILED, view.whole.failed);
  set_number (self, TILE_CONFLICTS, view.whole.conflicts);
  set_number (self, TILE_RETRIES, view.whole.retries);
  set_number (self, TILE_WAITING, view.waiting_now);
  set_figure (self, TILE_LATENCY, latency);
  sync_insights_words_show_deliveries (self->deliveries, span, &view);
  sync_insights_words_show_waiting (self->waiting, span, &view);
  sync_insights_words_show_latencies (self->latencies, span, &view);
  gtk_stack_set_visible_child_name (self->stack, "insights");
}

static void
span_toggled_cb (SyncInsightsPage *self, GtkToggleButton *button)
{
  /* The one that goes out says nothing new. */
  if (gtk_toggle_button_get_active (button))
    update (self);
}

/* What nobody sees is not read. */
static void
requests_changed_cb (SyncInsightsPage *self)
{
  if (gtk_widget_get_mapped (GTK_WIDGET (self)))
    sync_insights_refresh (self->insights);
}

static void
sync_insights_page_map (GtkWidget *widget)
{
  SyncInsightsPage *self = SYNC_INSIGHTS_PAGE (widget);

  GTK_WIDGET_CLASS (sync_insights_page_parent_class)->map (widget);
  if (self->insights != NULL)
    sync_insights_refresh (self->insights);
}

static void
add_tiles (SyncInsightsPage *self)
{
  for (guint i = 0; i < N_TILES; i++)
    {
      GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
      GtkWidget *figure = gtk_label_new (NULL);
      GtkWidget *name = g_object_new (GTK_TYPE_LABEL, "label", _ (tile_names[i]), "accessible-role",
                                      GTK_ACCESSIBLE_ROLE_PRESENTATION, NULL);

      gtk_widget_add_css_class (box, "card");
      gtk_widget_add_css_class (box, "figure");
      gtk_widget_add_css_class (figure, "title-2");
      gtk_widget_add_css_class (figure, "number");
      gtk_widget_add_css_class (name, "caption");
      gtk_label_set_ellipsize (GTK_LABEL (name), PANGO_ELLIPSIZE_END);
      gtk_box_append (GTK_BOX (box), figure);
      gtk_box_append (GTK_BOX (box), name);
      gtk_box_append (self->tiles, box);
      self->figures[i] = GTK_LABEL (figure);
    }
}

static SyncChart *
add_chart (GtkBox *box)
{
  GtkWidget *chart = sync_chart_new ();

  gtk_widget_add_css_class (chart, "card");
  gtk_box_append (box, chart);
  return SYNC_CHART (chart);
}

static void
sync_insights_page_dispose (GObject *object)
{
  SyncInsightsPage *self = SYNC_INSIGHTS_PAGE (object);

  if (self->status != NULL)
    g_signal_handlers_disconnect_by_data (self->status, self);
  if (self->insights != NULL)
    g_signal_handlers_disconnect_by_data (self->insights, self);
  g_clear_object (&self->status);
  g_clear_object (&self->insights);
  adw_bin_set_child (ADW_BIN (self), NULL);
  G_OBJECT_CLASS (sync_insights_page_parent_class)->dispose (object);
}

static void
sync_insights_page_class_init (SyncInsightsPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = sync_insights_page_dispose;
  widget_class->map = sync_insights_page_map;
  gtk_widget_class_set_template_from_resource (widget_class, "/org/posawesome/Sync/sync-insights-page.ui");
  gtk_widget_class_bind_template_child (widget_class, SyncInsightsPage, stack);
  gtk_widget_class_bind_template_child (widget_class, SyncInsightsPage, day_button);
  gtk_widget_class_bind_template_child (widget_class, SyncInsightsPage, week_button);
  gtk_widget_class_bind_template_child (widget_class, SyncInsightsPage, tiles);
  gtk_widget_class_bind_template_child (widget_class, SyncInsightsPage, wide);
  gtk_widget_class_bind_template_child (widget_class, SyncInsightsPage, pair);
  gtk_widget_class_bind_template_callback (widget_class, span_toggled_cb);
}

static void
sync_insights_page_init (SyncInsightsPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  sync_button_name_keep_all (GTK_WIDGET (self));
  add_tiles (self);
  self->deliveries = add_chart (self->wide);
  self->waiting = add_chart (self->pair);
  self->latencies = add_chart (self->pair);
}

/**
 * sync_insights_page_new:
 *
 * Returns: (transfer floating): a page that shows nothing yet
 */
GtkWidget *
sync_insights_page_new (void)
{
  return g_object_new (SYNC_TYPE_INSIGHTS_PAGE, NULL);
}

/**
 * sync_insights_page_show:
 * @self: the page
 * @status: tells when something happened
 * @reader: a read-only store of the main thread
 *
 * Shows what the queue did, and follows it while the page is seen. Once.
 */
void
sync_insights_page_show (SyncInsightsPage *self, SyncStatus *status, SyncStore *reader)
{
  g_return_if_fail (self->status == NULL);

  self->status = g_object_ref (status);
  self->insights = sync_insights_new (reader, sync_status_get_clock (status));
  g_signal_connect_swapped (self->insights, "changed", G_CALLBACK (update), self);
  g_signal_connect_swapped (status, "requests-changed", G_CALLBACK (requests_changed_cb), self);
  if (gtk_widget_get_mapped (GTK_WIDGET (self)))
    sync_insights_refresh (self->insights);
}
