/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first page. Every update is computed from the status' snapshot; only the rate of the running delivery is
 * remembered. Main thread. */
#include "config.h"

#include "sync-overview-page.h"

#include "sync-button-name.h"
#include "sync-insights-words.h"
#include "sync-label.h"
#include "sync-rate.h"
#include "sync-request-list.h"
#include "sync-words.h"

#include <glib/gi18n.h>

struct _SyncOverviewPage
{
  AdwBin parent_instance;

  SyncStatus *status; /* (owned) (nullable): NULL while there is nothing to show */
  SyncStore *reader;  /* (owned) (nullable) */
  SyncRate rate;      /* of the running delivery */

  GtkLabel *count_label;          /* (unowned): the template's, as all that follow */
  GtkImage *close_icon;           /* (unowned) */
  GtkLabel *close_label;          /* (unowned) */
  GtkLabel *status_label;         /* (unowned) */
  GtkLabel *detail_label;         /* (unowned) */
  GtkRevealer *progress_revealer; /* (unowned) */
  GtkProgressBar *progress_bar;   /* (unowned) */
  GtkWidget *needs_group;         /* (unowned) */
  AdwActionRow *refused_row;      /* (unowned) */
  AdwActionRow *conflicts_row;    /* (unowned) */
  AdwActionRow *unsure_row;       /* (unowned) */
  AdwActionRow *server_row;       /* (unowned) */
  GtkLabel *condition_label;      /* (unowned) */
  AdwActionRow *gateway_row;      /* (unowned) */
  AdwActionRow *sync_row;         /* (unowned) */
  GtkWidget *key_row;             /* (unowned) */
  AdwActionRow *clock_row;        /* (unowned) */
  SyncChart *day_chart;           /* (unowned) */
};

G_DEFINE_FINAL_TYPE (SyncOverviewPage, sync_overview_page, ADW_TYPE_BIN)

static void
set_class (GtkWidget *widget, const char *css_class, gboolean has)
{
  if (has)
    gtk_widget_add_css_class (widget, css_class);
  else
    gtk_widget_remove_css_class (widget, css_class);
}

static void
update_close (SyncOverviewPage *self, const SyncSnapshot *snapshot)
{
  g_autofree char *words = sync_words_close (snapshot);

  gtk_label_set_label (self->close_label, words);
  gtk_image_set_from_icon_name (self->close_icon,
                                snapshot->safe_to_close ? "emblem-ok-symbolic" : "dialog-warning-symbolic");
  set_class (GTK_WIDGET (self->close_icon), "success", snapshot->safe_to_close);
  set_class (GTK_WIDGET (self->close_icon), "warning", !snapshot->safe_to_close);
}

static void
update_progress (SyncOverviewPage *self, const SyncSnapshot *snapshot)
{
  gboolean draining = snapshot->state == SYNC_ENGINE_SYNCING && snapshot->progress_total > 0;
  g_autofree char *text = NULL;

  gtk_revealer_set_reveal_child (self->progress_revealer, draining);
  if (!draining)
    {
      sync_rate_clear (&self->rate);
      return;
    }
  sync_rate_add (&self->rate, snapshot->now_ms, snapshot->progress_done);
  text = sync_words_progress (snapshot, sync_rate_get_per_second (&self->rate));
  gtk_progress_bar_set_fraction (self->progress_bar,
                                 MIN ((double) snapshot->progress_done / snapshot->progress_total, 1.0));
  gtk_progress_bar_set_text (self->progress_bar, text);
}

/* Whether there is something to say. */
static gboolean
set_row (AdwActionRow *row, char *title)
{
  if (title != NULL)
    adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  gtk_widget_set_visible (GTK_WIDGET (row), title != NULL);
  g_free (title);
  return title != NULL;
}

static void
update_needs (SyncOverviewPage *self, const SyncSnapshot *snapshot)
{
  gboolean any = set_row (self->refused_row, sync_words_refused (snapshot));

  gtk_widget_set_visible (self->key_row, snapshot->condition == SYNC_CONDITION_SIGN_IN_NEEDED);
  any |= snapshot->condition == SYNC_CONDITION_SIGN_IN_NEEDED;
  any |= set_row (self->conflicts_row, sync_words_conflicts (snapshot));
  any |= set_row (self->unsure_row, sync_words_unsure (snapshot));
  gtk_widget_set_visible (self->needs_group, any);
}

static void
update_connection (SyncOverviewPage *self, const SyncSnapshot *snapshot)
{
  g_autofree char *last = sync_words_last_sync (snapshot);
  g_autofree char *clock = sync_words_clock (snapshot);

  gtk_label_set_label (self->condition_label, sync_words_condition (snapshot));
  sync_label_set_subtitle (self->sync_row, last);
  gtk_widget_set_visible (GTK_WIDGET (self->clock_row), clock != NULL);
  if (clock != NULL)
    sync_label_set_subtitle (self->clock_row, clock);
}

static void
update (SyncOverviewPage *self)
{
  const SyncSnapshot *snapshot = sync_status_get_snapshot (self->status);
  g_autofree char *count = g_strdup_printf ("%u", sync_words_count_undelivered (&snapshot->counts));
  g_autofree char *words = sync_words_status (snapshot, sync_request_list_only_sales_wait (self->reader));
  g_autofree char *detail = sync_words_detail (snapshot);

  gtk_label_set_label (self->count_label, count);
  gtk_label_set_label (self->status_label, words);
  sync_label_set_optional (self->detail_label, detail);
  update_close (self, snapshot);
  update_progress (self, snapshot);
  update_needs (self, snapshot);
  update_connection (self, snapshot);
}

/* The last 24 hours, while somebody looks. */
static void
update_chart (SyncOverviewPage *self)
{
  if (self->status != NULL && gtk_widget_get_mapped (GTK_WIDGET (self)))
    sync_insights_words_show_day (self->day_chart, self->reader, sync_status_get_snapshot (self->status)->now_ms);
}

static void
sync_overview_page_dispose (GObject *object)
{
  SyncOverviewPage *self = SYNC_OVERVIEW_PAGE (object);

  if (self->status != NULL)
    g_signal_handlers_disconnect_by_data (self->status, self);
  g_clear_object (&self->status);
  g_clear_object (&self->reader);
  gtk_widget_dispose_template (GTK_WIDGET (self), SYNC_TYPE_OVERVIEW_PAGE);
  G_OBJECT_CLASS (sync_overview_page_parent_class)->dispose (object);
}

static void
sync_overview_page_class_init (SyncOverviewPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = sync_overview_page_dispose;
  g_type_ensure (SYNC_TYPE_CHART);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/posawesome/Sync/sync-overview-page.ui");
  gtk_widget_class_bind_template_child (widget_class, SyncOverviewPage, count_label);
  gtk_widget_class_bind_template_child (widget_class, SyncOverviewPage, close_icon);
  gtk_widget_class_bind_template_child (widget_class, SyncOverviewPage, close_label);
  gtk_widget_class_bind_template_child (widget_class, SyncOverviewPage, status_label);
  gtk_widget_class_bind_template_child (widget_class, SyncOverviewPage, detail_label);
  gtk_widget_class_bind_template_child (widget_class, SyncOverviewPage, progress_revealer);
  gtk_widget_class_bind_template_child (widget_class, SyncOverviewPage, progress_bar);
  gtk_widget_class_bind_template_child (widget_class, SyncOverviewPage, needs_group);
  gtk_widget_class_bind_template_child (widget_class, SyncOverviewPage, refused_row);
  gtk_widget_class_bind_template_child (widget_class, SyncOverviewPage, key_row);
  gtk_widget_class_bind_template_child (widget_class, SyncOverviewPage, conflicts_row);
  gtk_widget_class_bind_template_child (widget_class, SyncOverviewPage, unsure_row);
  gtk_widget_class_bind_template_child (widget_class, SyncOverviewPage, server_row);
  gtk_widget_class_bind_template_child (widget_class, SyncOverviewPage, condition_label);
  gtk_widget_class_bind_template_child (widget_class, SyncOverviewPage, gateway_row);
  gtk_widget_class_bind_template_child (widget_class, SyncOverviewPage, sync_row);
  gtk_widget_class_bind_template_child (widget_class, SyncOverviewPage, clock_row);
  gtk_widget_class_bind_template_child (widget_class, SyncOverviewPage, day_chart);
}

static void
sync_overview_page_init (SyncOverviewPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  sync_button_name_keep_all (GTK_WIDGET (self));
  g_signal_connect (self, "map", G_CALLBACK (update_chart), NULL);
}

/**
 * sync_overview_page_show:
 * @self: the page
 * @status: what to show
 * @reader: a read-only store of the same data directory
 * @server: (nullable): the address of the ERPNext site
 * @port: on which this till's programs reach the gateway
 *
 * Shows how things stand, and follows them.
 */
void
sync_overview_page_show (SyncOverviewPage *self, SyncStatus *status, SyncStore *reader, const char *server, guint port)
{
  g_autofree char *gateway = g_strdup_printf ("http://127.0.0.1:%u", port);

  g_return_if_fail (self->status == NULL);

  self->status = g_object_ref (status);
  self->reader = g_object_ref (reader);
  sync_label_set_subtitle (self->server_row, server != NULL ? server : "");
  sync_label_set_subtitle (self->gateway_row, gateway);
  g_signal_connect_swapped (status, "changed", G_CALLBACK (update), self);
  g_signal_connect_swapped (status, "requests-changed", G_CALLBACK (update_chart), self);
  update (self);
  update_chart (self);
}
