/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The main window. It holds nothing that a restart would miss: every update is computed from the status' snapshot and
 * the rows in the store. Main thread. */
#include "config.h"

#include "sync-window.h"

#include "sync-activity-page.h"
#include "sync-conflicts-page.h"
#include "sync-finishing.h"
#include "sync-insights-page.h"
#include "sync-label.h"
#include "sync-overview-page.h"
#include "sync-queue-page.h"
#include "sync-words.h"

#include <glib/gi18n.h>

/* Ctrl+1 to so many show a page. */
#define MAX_PAGE_KEYS 5

struct _SyncWindow
{
  AdwApplicationWindow parent_instance;

  SyncStatus *status; /* (owned) (nullable): NULL while there is no engine to show */
  SyncStore *reader;  /* (owned) (nullable) */
  AdwToast *toast;    /* (owned) (nullable): the last one of sync_window_tell() */

  AdwViewSwitcherTitle *switcher; /* (unowned): the template's, as all that follow */
  GtkButton *pause_button;        /* (unowned) */
  GtkRevealer *caption_revealer;  /* (unowned) */
  GtkLabel *caption_label;        /* (unowned) */
  GtkButton *ledger_button;       /* (unowned) */
  AdwToastOverlay *toasts;        /* (unowned) */
  GtkStack *content_stack;        /* (unowned) */
  AdwViewStack *pages;            /* (unowned) */
  SyncOverviewPage *overview_page; /* (unowned) */
  AdwViewStackPage *queue_tab;    /* (unowned) */
  SyncQueuePage *queue_page;      /* (unowned) */
  AdwViewStackPage *conflicts_tab; /* (unowned) */
  SyncConflictsPage *conflicts_page; /* (unowned) */
  SyncActivityPage *activity_page; /* (unowned) */
  SyncInsightsPage *insights_page; /* (unowned) */
  AdwStatusPage *problem_page;    /* (unowned) */
  SyncFinishing *finishing;       /* (unowned) */
  GtkButton *remedy_button;       /* (unowned) */
};

G_DEFINE_FINAL_TYPE (SyncWindow, sync_window, ADW_TYPE_APPLICATION_WINDOW)

static void
update_pause (SyncWindow *self, gboolean paused)
{
  gtk_button_set_icon_name (self->pause_button,
                            paused ? "media-playback-start-symbolic" : "media-playback-pause-symbolic");
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->pause_button),
                               paused ? _ ("Deliver again")
                                      : _ ("Deliver nothing until resumed; sales are still taken"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->pause_button), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  paused ? _ ("Resume") : _ ("Pause"), -1);
}

/* There is something to switch between only while there are pages. */
static void
show (SyncWindow *self, const char *name)
{
  gtk_stack_set_visible_child_name (self->content_stack, name);
  adw_view_switcher_title_set_view_switcher_enabled (self->switcher, g_str_equal (name, "pages"));
}

static void
update (SyncWindow *self)
{
  const SyncSnapshot *snapshot = sync_status_get_snapshot (self->status);
  guint n_needs = snapshot->counts.n[SYNC_STATE_FAILED] + snapshot->counts.needs_person;
  guint n_conflicts = snapshot->counts.pending_conflicts;

  adw_view_stack_page_set_badge_number (self->queue_tab, sync_words_count_undelivered (&snapshot->counts));
  adw_view_stack_page_set_needs_attention (self->queue_tab, n_needs > 0);
  adw_view_stack_page_set_badge_number (self->conflicts_tab, n_conflicts);
  adw_view_stack_page_set_needs_attention (self->conflicts_tab, n_conflicts > 0);
  update_pause (self, snapshot->paused);
}

/* Whether the program goes on without it is the application's matter. */
static gboolean
sync_window_close_request (GtkWindow *window)
{
  g_action_group_activate_action (G_ACTION_GROUP (gtk_window_get_application (window)), "close-window", NULL);
  return TRUE;
}

static void
sync_window_dispose (GObject *object)
{
  SyncWindow *self = SYNC_WINDOW (object);

  if (self->status != NULL)
    g_signal_handlers_disconnect_by_data (self->status, self);
  g_clear_object (&self->status);
  g_clear_object (&self->reader);
  g_clear_object (&self->toast);
  gtk_widget_dispose_template (GTK_WIDGET (self), SYNC_TYPE_WINDOW);
  G_OBJECT_CLASS (sync_window_parent_class)->dispose (object);
}

/* `win.show-queue`: the queue, with what the target names; see sync_queue_page_set_filter(). */
static void
show_queue_action_cb (GtkWidget *widget, const char *name, GVariant *target)
{
  SyncWindow *self = SYNC_WINDOW (widget);

  sync_queue_page_set_filter (self->queue_page, g_variant_get_string (target, NULL));
  adw_view_stack_set_visible_child_name (self->pages, "queue");
}

/* `win.show-nth-page`: the page that stands there among the tabs, from 0; nothing where there is none. */
static void
show_nth_page_action_cb (GtkWidget *widget, const char *name, GVariant *target)
{
  SyncWindow *self = SYNC_WINDOW (widget);
  g_autoptr (GtkSelectionModel) pages = adw_view_stack_get_pages (self->pages);
  guint position = g_variant_get_uint32 (target);

  if (position < g_list_model_get_n_items (G_LIST_MODEL (pages)))
    gtk_selection_model_select_item (pages, position, TRUE);
}

static void
sync_window_class_init (SyncWindowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = sync_window_dispose;
  GTK_WINDOW_CLASS (klass)->close_request = sync_window_close_request;
  g_type_ensure (SYNC_TYPE_OVERVIEW_PAGE);
  g_type_ensure (SYNC_TYPE_QUEUE_PAGE);
  g_type_ensure (SYNC_TYPE_CONFLICTS_PAGE);
  g_type_ensure (SYNC_TYPE_ACTIVITY_PAGE);
  g_type_ensure (SYNC_TYPE_INSIGHTS_PAGE);
  gtk_widget_class_install_action (widget_class, "win.show-queue", "s", show_queue_action_cb);
  gtk_widget_class_install_action (widget_class, "win.show-nth-page", "u", show_nth_page_action_cb);
  for (guint i = 0; i < MAX_PAGE_KEYS; i++)
    gtk_widget_class_add_binding_action (widget_class, GDK_KEY_1 + i, GDK_CONTROL_MASK, "win.show-nth-page", "u", i);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/posawesome/Sync/sync-window.ui");
  gtk_widget_class_bind_template_child (widget_class, SyncWindow, pause_button);
  gtk_widget_class_bind_template_child (widget_class, SyncWindow, caption_revealer);
  gtk_widget_class_bind_template_child (widget_class, SyncWindow, caption_label);
  gtk_widget_class_bind_template_child (widget_class, SyncWindow, ledger_button);
  gtk_widget_class_bind_template_child (widget_class, SyncWindow, toasts);
  gtk_widget_class_bind_template_child (widget_class, SyncWindow, content_stack);
  gtk_widget_class_bind_template_child (widget_class, SyncWindow, switcher);
  gtk_widget_class_bind_template_child (widget_class, SyncWindow, pages);
  gtk_widget_class_bind_template_child (widget_class, SyncWindow, overview_page);
  gtk_widget_class_bind_template_child (widget_class, SyncWindow, queue_tab);
  gtk_widget_class_bind_template_child (widget_class, SyncWindow, queue_page);
  gtk_widget_class_bind_template_child (widget_class, SyncWindow, conflicts_tab);
  gtk_widget_class_bind_template_child (widget_class, SyncWindow, conflicts_page);
  gtk_widget_class_bind_template_child (widget_class, SyncWindow, activity_page);
  gtk_widget_class_bind_template_child (widget_class, SyncWindow, insights_page);
  gtk_widget_class_bind_template_child (widget_class, SyncWindow, problem_page);
  gtk_widget_class_bind_template_child (widget_class, SyncWindow, finishing);
  gtk_widget_class_bind_template_child (widget_class, SyncWindow, remedy_button);
}

static void
sync_window_init (SyncWindow *self)
{
  g_type_ensure (SYNC_TYPE_FINISHING);
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * sync_window_new:
 * @application: whose actions it uses: `sync-now`, `pause`, `quit`, `about`, `show-conflict`, `show-ledger`
 *
 * Returns: (transfer none): a window that shows nothing yet
 */
SyncWindow *
sync_window_new (GtkApplication *application)
{
  return g_object_new (SYNC_TYPE_WINDOW, "application", application, NULL);
}

/**
 * sync_window_show_pages:
 * @self: the window
 * @service: where the engine is, for what a person decides
 * @status: what to show
 * @reader: a read-only store of the same data directory
 * @server: (nullable): the address of the ERPNext site
 *
 * Shows how things stand, and follows them.
 */
void
sync_window_show_pages (SyncWindow *self, SyncServiceThread *service, SyncStatus *status, SyncStore *reader,
                        const char *server)
{
  g_return_if_fail (self->status == NULL);

  self->status = g_object_ref (status);
  self->reader = g_object_ref (reader);
  sync_overview_page_show (self->overview_page, status, reader, server, sync_service_thread_get_port (service));
  sync_queue_page_show (self->queue_page, service, status, reader);
  sync_conflicts_page_show (self->conflicts_page, service, status, reader);
  sync_activity_page_show (self->activity_page, status, reader);
  sync_insights_page_show (self->insights_page, status, reader);
  g_signal_connect_swapped (status, "changed", G_CALLBACK (update), self);
  update (self);
  show (self, "pages");
}

/**
 * sync_window_show_page:
 * @self: the window, which shows pages
 * @name: "overview", "queue", "conflicts", "activity" or "insights"
 */
void
sync_window_show_page (SyncWindow *self, const char *name)
{
  adw_view_stack_set_visible_child_name (self->pages, name);
}

/**
 * sync_window_show_problem:
 * @self: the window
 * @title: what is wrong, in few words
 * @description: the rest, with the remedy
 *
 * Shows why there is nothing to show.
 */
void
sync_window_show_problem (SyncWindow *self, const char *title, const char *description)
{
  g_autofree char *escaped = g_markup_escape_text (description, -1);

  adw_status_page_set_title (self->problem_page, title);
  adw_status_page_set_description (self->problem_page, escaped);
  gtk_widget_set_visible (GTK_WIDGET (self->remedy_button), FALSE);
  show (self, "problem");
}

/**
 * sync_window_show_finishing:
 * @self: the window
 *
 * Shows that the program is about to end, and what it waits for.
 */
void
sync_window_show_finishing (SyncWindow *self)
{
  if (self->status != NULL)
    sync_finishing_follow (self->finishing, self->status, self->reader);
  show (self, "finishing");
}

/**
 * sync_window_set_caption:
 * @self: the window
 * @caption: a sentence of the demonstration
 * @with_ledger: offer the ledger beside it
 *
 * Shows a sentence above everything else.
 */
void
sync_window_set_caption (SyncWindow *self, const char *caption, gboolean with_ledger)
{
  gtk_label_set_label (self->caption_label, caption);
  gtk_widget_set_visible (GTK_WIDGET (self->ledger_button), with_ledger);
  gtk_revealer_set_reveal_child (self->caption_revealer, TRUE);
}

/**
 * sync_window_tell:
 * @self: the window
 * @words: a sentence
 *
 * Tells, over whatever is shown and in the place of the last such words, what a person would otherwise wait for in vain.
 */
void
sync_window_tell (SyncWindow *self, const char *words)
{
  AdwToast *toast = sync_label_new_toast (words, SYNC_LABEL_TOAST_S);

  if (self->toast != NULL)
    adw_toast_dismiss (self->toast);
  g_set_object (&self->toast, toast);
  adw_toast_overlay_add_toast (self->toasts, toast);
}

/**
 * sync_window_offer_remedy:
 * @self: the window, which shows a problem
 * @label: what the button says, with its mnemonic
 * @action: what it does
 *
 * Offers a way out, until another problem is shown.
 */
void
sync_window_offer_remedy (SyncWindow *self, const char *label, const char *action)
{
  g_auto (GStrv) parts = g_strsplit (label, "_", 2);
  g_autofree char *plain = g_strjoinv ("", parts);

  gtk_button_set_label (self->remedy_button, label);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->remedy_button), GTK_ACCESSIBLE_PROPERTY_LABEL, plain, -1);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (self->remedy_button), action);
  gtk_widget_set_visible (GTK_WIDGET (self->remedy_button), TRUE);
}
