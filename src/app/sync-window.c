/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The main window. It holds nothing that a restart would miss: every update is computed from the status' snapshot and
 * the rows in the store. Main thread. */
#include "config.h"

#include "sync-window.h"

#include "sync-details.h"
#include "sync-request-list.h"
#include "sync-words.h"

#include <glib/gi18n.h>

struct _SyncWindow
{
  AdwApplicationWindow parent_instance;

  SyncStatus *status;    /* (owned) (nullable): NULL while there is no engine to show */
  SyncStore *reader;     /* (owned) (nullable) */
  SyncRequestList *list; /* (owned) (nullable) */

  AdwWindowTitle *title;          /* (unowned): the template's, as all that follow */
  GtkButton *pause_button;        /* (unowned) */
  GtkRevealer *caption_revealer;  /* (unowned) */
  GtkLabel *caption_label;        /* (unowned) */
  GtkButton *ledger_button;       /* (unowned) */
  GtkStack *stack;                /* (unowned) */
  GtkLabel *count_label;          /* (unowned) */
  GtkLabel *status_label;         /* (unowned) */
  GtkLabel *needs_label;          /* (unowned) */
  GtkLabel *detail_label;         /* (unowned) */
  GtkRevealer *progress_revealer; /* (unowned) */
  GtkProgressBar *progress_bar;   /* (unowned) */
  GtkToggleButton *all_button;    /* (unowned) */
  GtkStack *list_stack;           /* (unowned) */
  GtkScrolledWindow *scroller;    /* (unowned) */
  GtkColumnView *list_view;       /* (unowned) */
  AdwStatusPage *problem_page;    /* (unowned) */
  GtkSpinner *finishing_spinner;  /* (unowned) */
  GtkWidget *set_up_button;       /* (unowned) */
};

G_DEFINE_FINAL_TYPE (SyncWindow, sync_window, ADW_TYPE_APPLICATION_WINDOW)

/* A label that says nothing is not shown. */
static void
set_optional (GtkLabel *label, const char *text)
{
  gboolean visible = text != NULL && *text != '\0';

  gtk_label_set_label (label, visible ? text : "");
  gtk_widget_set_visible (GTK_WIDGET (label), visible);
}

static void
update_progress (SyncWindow *self, const SyncSnapshot *snapshot)
{
  gboolean draining = snapshot->state == SYNC_ENGINE_SYNCING && snapshot->progress_total > 0;
  g_autofree char *text = sync_words_progress (snapshot);

  gtk_revealer_set_reveal_child (self->progress_revealer, draining);
  if (!draining)
    return;
  gtk_progress_bar_set_fraction (self->progress_bar,
                                 MIN ((double) snapshot->progress_done / snapshot->progress_total, 1.0));
  gtk_progress_bar_set_text (self->progress_bar, text);
}

static void
update_pause (SyncWindow *self, gboolean paused)
{
  gtk_button_set_label (self->pause_button, paused ? _ ("_Resume") : _ ("_Pause"));
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->pause_button),
                               paused ? _ ("Deliver again")
                                      : _ ("Deliver nothing until resumed; sales are still taken"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->pause_button), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  paused ? _ ("Resume") : _ ("Pause"), -1);
}

/* All that depends on the snapshot, in one place. */
/* The most urgent of what there is to say in one line; NULL: nothing. */
static const char *
pick_detail (const SyncSnapshot *snapshot)
{
  if (snapshot->notice != NULL)
    return snapshot->notice;
  if (snapshot->restore_report != NULL && snapshot->counts.n[SYNC_STATE_UNKNOWN] > 0)
    return snapshot->restore_report;
  if (snapshot->condition == SYNC_CONDITION_ONLINE || snapshot->condition == SYNC_CONDITION_PAUSED)
    return NULL;
  return snapshot->condition_detail;
}

static void
update (SyncWindow *self)
{
  const SyncSnapshot *snapshot = sync_status_get_snapshot (self->status);
  guint waiting = sync_words_count_waiting (&snapshot->counts);
  g_autofree char *count = g_strdup_printf ("%u", waiting);
  g_autofree char *words = sync_words_status (snapshot, sync_request_list_get_only_sales (self->list));
  g_autofree char *needs = sync_words_needs (snapshot);

  gtk_label_set_label (self->count_label, count);
  gtk_label_set_label (self->status_label, words);
  set_optional (self->needs_label, needs);
  set_optional (self->detail_label, pick_detail (snapshot));
  sync_request_list_set_host_try (
      self->list, snapshot->condition == SYNC_CONDITION_ONLINE ? 0 : sync_snapshot_get_later_try_ms (snapshot));
  update_progress (self, snapshot);
  update_pause (self, snapshot->paused);
}

static void
list_changed_cb (SyncWindow *self)
{
  gboolean empty = g_list_model_get_n_items (G_LIST_MODEL (self->list)) == 0;

  gtk_stack_set_visible_child_name (self->list_stack, empty ? "empty" : "list");
}

static void
requests_changed_cb (SyncWindow *self)
{
  sync_request_list_refresh (self->list);
}

static void
all_toggled_cb (SyncWindow *self)
{
  if (self->list != NULL)
    sync_request_list_set_all (self->list, gtk_toggle_button_get_active (self->all_button));
}

/* Loads the next page before the last loaded row comes into sight. */
static void
scrolled_cb (SyncWindow *self, GtkAdjustment *adjustment)
{
  double left = gtk_adjustment_get_upper (adjustment) - gtk_adjustment_get_value (adjustment)
                - gtk_adjustment_get_page_size (adjustment);

  if (self->list != NULL && left < 2 * gtk_adjustment_get_page_size (adjustment))
    sync_request_list_load_more (self->list);
}

static void
row_activated_cb (GtkColumnView *view, guint position, gpointer user_data)
{
  SyncWindow *self = SYNC_WINDOW (gtk_widget_get_root (GTK_WIDGET (view)));
  g_autoptr (SyncRequestItem) item = g_list_model_get_item (G_LIST_MODEL (self->list), position);

  if (item != NULL)
    sync_details_present (GTK_WINDOW (self), self->reader, sync_request_item_get_request (item)->id);
}

/* The columns of the list. Widths in characters, so that rows that come and go do not shift them. */
typedef struct
{
  const char *title;
  const char *property; /* of #SyncRequestItem */
  int width;            /* at least */
  int max_width;        /* wanted at most */
  gboolean expand;
  gboolean number;
} Column;

static const Column columns[] = {
  { N_ ("Taken"), "accepted", 8, 16, FALSE, TRUE },    { N_ ("Document"), "document", 8, 26, TRUE, FALSE },
  { N_ ("Customer"), "party", 12, 26, TRUE, FALSE },   { N_ ("Amount"), "amount", 10, 16, FALSE, TRUE },
  { N_ ("State"), "state", 13, 22, FALSE, FALSE },     { N_ ("Next try"), "next-try", 8, 16, FALSE, TRUE },
  { N_ ("Last error"), "error", 10, 26, TRUE, FALSE },
};

/* A cell is a label bound to one property of the row. */
static void
cell_setup_cb (GtkSignalListItemFactory *factory, GtkListItem *list_item, gpointer user_data)
{
  const Column *column = user_data;
  GtkWidget *label = gtk_label_new (NULL);
  GtkExpression *item = gtk_property_expression_new (GTK_TYPE_LIST_ITEM, NULL, "item");
  GtkExpression *text = gtk_property_expression_new (SYNC_TYPE_REQUEST_ITEM, item, column->property);

  gtk_label_set_xalign (GTK_LABEL (label), strcmp (column->property, "amount") == 0 ? 1 : 0);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_label_set_width_chars (GTK_LABEL (label), column->width);
  gtk_label_set_max_width_chars (GTK_LABEL (label), column->max_width);
  if (column->number)
    gtk_widget_add_css_class (label, "number");
  /* Texts of any length can be read in full. */
  if (column->expand)
    gtk_expression_bind (gtk_expression_ref (text), label, "tooltip-text", list_item);
  gtk_expression_bind (text, label, "label", list_item);
  gtk_list_item_set_child (list_item, label);
}

/* The open conflict of a request; 0 if it has none. */
static gint64
find_conflict (SyncStore *reader, gint64 request_id)
{
  g_autoptr (GPtrArray) open = sync_store_list_conflicts (reader, "pending", G_MAXINT, NULL);

  for (guint i = 0; open != NULL && i < open->len; i++)
    {
      const SyncConflict *conflict = g_ptr_array_index (open, i);

      if (conflict->request_id == request_id)
        return conflict->id;
    }
  return 0;
}

static void
decide_cb (GtkListItem *list_item, GtkButton *button)
{
  SyncWindow *self = SYNC_WINDOW (gtk_widget_get_root (GTK_WIDGET (button)));
  SyncRequestItem *item = gtk_list_item_get_item (list_item);
  gint64 id = find_conflict (self->reader, sync_request_item_get_request (item)->id);

  gtk_widget_activate_action (GTK_WIDGET (button), "app.show-conflict", "x", id);
}

/* What a request in conflict has in place of a next try: the way to decide it. */
static void
decide_setup_cb (GtkSignalListItemFactory *factory, GtkListItem *list_item, gpointer user_data)
{
  const Column *column = user_data;
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);
  GtkWidget *button = gtk_button_new_with_mnemonic (_ ("_Decide…"));
  GtkExpression *item = gtk_property_expression_new (GTK_TYPE_LIST_ITEM, NULL, "item");
  GtkExpression *in_conflict = gtk_property_expression_new (SYNC_TYPE_REQUEST_ITEM, item, "in-conflict");
  GtkWidget *label;

  cell_setup_cb (factory, list_item, (gpointer) column);
  label = g_object_ref (gtk_list_item_get_child (list_item));
  gtk_list_item_set_child (list_item, box);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, _ ("Decide the conflict"), -1);
  g_signal_connect_object (button, "clicked", G_CALLBACK (decide_cb), list_item, G_CONNECT_SWAPPED);
  gtk_expression_bind (in_conflict, button, "visible", list_item);
  g_object_bind_property (button, "visible", label, "visible", G_BINDING_SYNC_CREATE | G_BINDING_INVERT_BOOLEAN);
  gtk_box_append (GTK_BOX (box), label);
  gtk_box_append (GTK_BOX (box), button);
  g_object_unref (label);
}

static void
add_columns (SyncWindow *self)
{
  for (gsize i = 0; i < G_N_ELEMENTS (columns); i++)
    {
      GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
      g_autoptr (GtkColumnViewColumn) column = NULL;

      g_signal_connect (factory, "setup",
                        G_CALLBACK (strcmp (columns[i].property, "next-try") == 0 ? decide_setup_cb : cell_setup_cb),
                        (gpointer) &columns[i]);
      column = gtk_column_view_column_new (_ (columns[i].title), factory);
      gtk_column_view_column_set_expand (column, columns[i].expand);
      gtk_column_view_column_set_resizable (column, TRUE);
      gtk_column_view_append_column (self->list_view, column);
    }
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
  if (self->list != NULL)
    g_signal_handlers_disconnect_by_data (self->list, self);
  g_clear_object (&self->status);
  g_clear_object (&self->list);
  g_clear_object (&self->reader);
  gtk_widget_dispose_template (GTK_WIDGET (self), SYNC_TYPE_WINDOW);
  G_OBJECT_CLASS (sync_window_parent_class)->dispose (object);
}

static void
sync_window_class_init (SyncWindowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = sync_window_dispose;
  GTK_WINDOW_CLASS (klass)->close_request = sync_window_close_request;
  gtk_widget_class_set_template_from_resource (widget_class, "/org/posawesome/Sync/sync-window.ui");
  gtk_widget_class_bind_template_child (widget_class, SyncWindow, title);
  gtk_widget_class_bind_template_child (widget_class, SyncWindow, pause_button);
  gtk_widget_class_bind_template_child (widget_class, SyncWindow, caption_revealer);
  gtk_widget_class_bind_template_child (widget_class, SyncWindow, caption_label);
  gtk_widget_class_bind_template_child (widget_class, SyncWindow, ledger_button);
  gtk_widget_class_bind_template_child (widget_class, SyncWindow, stack);
  gtk_widget_class_bind_template_child (widget_class, SyncWindow, count_label);
  gtk_widget_class_bind_template_child (widget_class, SyncWindow, status_label);
  gtk_widget_class_bind_template_child (widget_class, SyncWindow, needs_label);
  gtk_widget_class_bind_template_child (widget_class, SyncWindow, detail_label);
  gtk_widget_class_bind_template_child (widget_class, SyncWindow, progress_revealer);
  gtk_widget_class_bind_template_child (widget_class, SyncWindow, progress_bar);
  gtk_widget_class_bind_template_child (widget_class, SyncWindow, all_button);
  gtk_widget_class_bind_template_child (widget_class, SyncWindow, list_stack);
  gtk_widget_class_bind_template_child (widget_class, SyncWindow, scroller);
  gtk_widget_class_bind_template_child (widget_class, SyncWindow, list_view);
  gtk_widget_class_bind_template_child (widget_class, SyncWindow, problem_page);
  gtk_widget_class_bind_template_child (widget_class, SyncWindow, finishing_spinner);
  gtk_widget_class_bind_template_child (widget_class, SyncWindow, set_up_button);
  gtk_widget_class_bind_template_callback (widget_class, all_toggled_cb);
  gtk_widget_class_bind_template_callback (widget_class, row_activated_cb);
}

static void
sync_window_init (SyncWindow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  add_columns (self);
  g_signal_connect_object (gtk_scrolled_window_get_vadjustment (self->scroller), "value-changed",
                           G_CALLBACK (scrolled_cb), self, G_CONNECT_SWAPPED);
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
 * sync_window_show_queue:
 * @self: the window
 * @status: what to show
 * @reader: a read-only store of the same data directory
 * @server: (nullable): the address of the ERPNext site
 *
 * Shows how the queue stands, and follows it.
 */
void
sync_window_show_queue (SyncWindow *self, SyncStatus *status, SyncStore *reader, const char *server)
{
  g_autoptr (GtkNoSelection) selection = NULL;

  g_return_if_fail (self->status == NULL);

  self->status = g_object_ref (status);
  self->reader = g_object_ref (reader);
  self->list = sync_request_list_new (reader);
  selection = gtk_no_selection_new (g_object_ref (G_LIST_MODEL (self->list)));
  gtk_column_view_set_model (self->list_view, GTK_SELECTION_MODEL (selection));
  adw_window_title_set_subtitle (self->title, server != NULL ? server : "");
  g_signal_connect_swapped (self->list, "items-changed", G_CALLBACK (list_changed_cb), self);
  g_signal_connect_swapped (status, "changed", G_CALLBACK (update), self);
  g_signal_connect_swapped (status, "requests-changed", G_CALLBACK (requests_changed_cb), self);
  sync_request_list_refresh (self->list);
  list_changed_cb (self);
  update (self);
  gtk_stack_set_visible_child_name (self->stack, "queue");
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
  gtk_stack_set_visible_child_name (self->stack, "problem");
}

/**
 * sync_window_show_finishing:
 * @self: the window
 *
 * Shows that the program is about to end.
 */
void
sync_window_show_finishing (SyncWindow *self)
{
  /* One that turns where nobody sees it keeps the processor awake all the same. */
  gtk_spinner_start (self->finishing_spinner);
  gtk_stack_set_visible_child_name (self->stack, "finishing");
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
 * sync_window_offer_set_up:
 * @self: the window, which shows a problem
 *
 * Offers `app.set-up` as the remedy.
 */
void
sync_window_offer_set_up (SyncWindow *self)
{
  gtk_widget_set_visible (self->set_up_button, TRUE);
}
