/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of requests, read from the store page by page. Main thread. */
#include "config.h"

#include "sync-queue-page.h"

#include "sync-details.h"
#include "sync-request-list.h"
#include "sync-words.h"

#include <glib/gi18n.h>

struct _SyncQueuePage
{
  AdwBin parent_instance;

  SyncStatus *status;    /* (owned) (nullable): NULL while there is nothing to show */
  SyncStore *reader;     /* (owned) (nullable) */
  SyncRequestList *list; /* (owned) (nullable) */

  GtkLabel *sentence_label;       /* (unowned): the template's, as all that follow */
  GtkToggleButton *all_button;    /* (unowned) */
  GtkStack *list_stack;           /* (unowned) */
  GtkScrolledWindow *scroller;    /* (unowned) */
  GtkColumnView *list_view;       /* (unowned) */
};

G_DEFINE_FINAL_TYPE (SyncQueuePage, sync_queue_page, ADW_TYPE_BIN)

/* All that depends on the snapshot, in one place. */
static void
update (SyncQueuePage *self)
{
  const SyncSnapshot *snapshot = sync_status_get_snapshot (self->status);
  g_autofree char *words = sync_words_status (snapshot, sync_request_list_only_sales_wait (self->reader));

  gtk_label_set_label (self->sentence_label, words);
  sync_request_list_set_host_try (
      self->list, snapshot->condition == SYNC_CONDITION_ONLINE ? 0 : sync_snapshot_get_later_try_ms (snapshot));
}

static void
list_changed_cb (SyncQueuePage *self)
{
  gboolean empty = g_list_model_get_n_items (G_LIST_MODEL (self->list)) == 0;

  gtk_stack_set_visible_child_name (self->list_stack, empty ? "empty" : "list");
}

static void
requests_changed_cb (SyncQueuePage *self)
{
  sync_request_list_refresh (self->list);
}

static void
all_toggled_cb (SyncQueuePage *self)
{
  if (self->list != NULL)
    sync_request_list_set_all (self->list, gtk_toggle_button_get_active (self->all_button));
}

/* Loads the next page before the last loaded row comes into sight. */
static void
scrolled_cb (SyncQueuePage *self, GtkAdjustment *adjustment)
{
  double left = gtk_adjustment_get_upper (adjustment) - gtk_adjustment_get_value (adjustment)
                - gtk_adjustment_get_page_size (adjustment);

  if (self->list != NULL && left < 2 * gtk_adjustment_get_page_size (adjustment))
    sync_request_list_load_more (self->list);
}

static SyncQueuePage *
find_page (GtkWidget *widget)
{
  return SYNC_QUEUE_PAGE (gtk_widget_get_ancestor (widget, SYNC_TYPE_QUEUE_PAGE));
}

static void
row_activated_cb (GtkColumnView *view, guint position, gpointer user_data)
{
  SyncQueuePage *self = find_page (GTK_WIDGET (view));
  g_autoptr (SyncRequestItem) item = g_list_model_get_item (G_LIST_MODEL (self->list), position);

  if (item != NULL)
    sync_details_present (GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self))), self->reader, sync_request_item_get_request (item)->id);
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
  SyncQueuePage *self = find_page (GTK_WIDGET (button));
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
add_columns (SyncQueuePage *self)
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

static void
sync_queue_page_dispose (GObject *object)
{
  SyncQueuePage *self = SYNC_QUEUE_PAGE (object);

  if (self->status != NULL)
    g_signal_handlers_disconnect_by_data (self->status, self);
  if (self->list != NULL)
    g_signal_handlers_disconnect_by_data (self->list, self);
  g_clear_object (&self->status);
  g_clear_object (&self->list);
  g_clear_object (&self->reader);
  gtk_widget_dispose_template (GTK_WIDGET (self), SYNC_TYPE_QUEUE_PAGE);
  G_OBJECT_CLASS (sync_queue_page_parent_class)->dispose (object);
}

static void
sync_queue_page_class_init (SyncQueuePageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = sync_queue_page_dispose;
  gtk_widget_class_set_template_from_resource (widget_class, "/org/posawesome/Sync/sync-queue-page.ui");
  gtk_widget_class_bind_template_child (widget_class, SyncQueuePage, sentence_label);
  gtk_widget_class_bind_template_child (widget_class, SyncQueuePage, all_button);
  gtk_widget_class_bind_template_child (widget_class, SyncQueuePage, list_stack);
  gtk_widget_class_bind_template_child (widget_class, SyncQueuePage, scroller);
  gtk_widget_class_bind_template_child (widget_class, SyncQueuePage, list_view);
  gtk_widget_class_bind_template_callback (widget_class, all_toggled_cb);
  gtk_widget_class_bind_template_callback (widget_class, row_activated_cb);
}

static void
sync_queue_page_init (SyncQueuePage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  add_columns (self);
  g_signal_connect_object (gtk_scrolled_window_get_vadjustment (self->scroller), "value-changed",
                           G_CALLBACK (scrolled_cb), self, G_CONNECT_SWAPPED);
}

/**
 * sync_queue_page_show:
 * @self: the page
 * @status: what to show
 * @reader: a read-only store of the same data directory
 *
 * Shows the requests, and follows them.
 */
void
sync_queue_page_show (SyncQueuePage *self, SyncStatus *status, SyncStore *reader)
{
  g_autoptr (GtkNoSelection) selection = NULL;

  g_return_if_fail (self->status == NULL);

  self->status = g_object_ref (status);
  self->reader = g_object_ref (reader);
  self->list = sync_request_list_new (reader);
  selection = gtk_no_selection_new (g_object_ref (G_LIST_MODEL (self->list)));
  gtk_column_view_set_model (self->list_view, GTK_SELECTION_MODEL (selection));
  g_signal_connect_swapped (self->list, "items-changed", G_CALLBACK (list_changed_cb), self);
  g_signal_connect_swapped (status, "changed", G_CALLBACK (update), self);
  g_signal_connect_swapped (status, "requests-changed", G_CALLBACK (requests_changed_cb), self);
  sync_request_list_refresh (self->list);
  list_changed_cb (self);
  update (self);
}
