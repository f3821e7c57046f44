/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The columns of the list of requests: cells, and headers that a person sorts by. The rows are sorted by the database; the
 * sorters of the columns compare nothing, they only tell which header was pressed. Main thread. */
#include "config.h"

#include "sync-queue-columns.h"

#include "sync-request-item.h"

#include <glib/gi18n.h>

#define LIST_ITEM_KEY "sync-list-item"
#define PRESSED_KEY "sync-pressed-column"
#define FIT_KEY "sync-fit"

/* Widths in characters, so that rows that come and go do not shift them. */
typedef struct
{
  const char *title;
  const char *property; /* of #SyncRequestItem */
  int width; /* at least */
  int max_width; /* wanted at most */
  gboolean expand;
  gboolean number;
  int sort; /* a SyncSort, -1: nobody sorts by that */
  gboolean optional; /* the details say it, too: it goes where there is no room for all */
} Column;

/* Which columns there is room for; belongs to its view. */
typedef struct
{
  GtkColumnView *view; /* (unowned) */
  GtkAdjustment *across; /* (owned): of what the view stands in */
  double full_width; /* what all columns take, pixels; as of when all were shown */
  gboolean narrow; /* not all are shown */
  guint update; /* source id, 0: none is due */
} Fit;

static const Column columns[] = {
  { N_ ("Entry"), "number", 4, 8, FALSE, TRUE, -1, FALSE },
  { N_ ("Taken"), "accepted", 15, 16, FALSE, TRUE, SYNC_SORT_ID, FALSE },
  { N_ ("Document"), "document", 10, 26, TRUE, FALSE, SYNC_SORT_DOCUMENT, FALSE },
  { N_ ("Customer"), "party", 12, 26, TRUE, FALSE, SYNC_SORT_PARTY, FALSE },
  { N_ ("Amount"), "amount", 10, 16, FALSE, TRUE, SYNC_SORT_AMOUNT, FALSE },
  { N_ ("State"), "state", 13, 22, FALSE, FALSE, SYNC_SORT_STATE, FALSE },
  { N_ ("Next try"), "next-try", 9, 16, FALSE, TRUE, SYNC_SORT_NEXT_TRY, TRUE },
  { N_ ("Last error"), "error", 10, 26, TRUE, FALSE, -1, TRUE },
};

/* A cell is a label bound to one property of the row. */
static void
cell_setup_cb (GtkSignalListItemFactory *factory, GtkListItem *list_item, gpointer user_data)
{
  const Column *column = user_data;
  GtkWidget *label = gtk_label_new (NULL);
  GtkExpression *item = gtk_property_expression_new (GTK_TYPE_LIST_ITEM, NULL, "item");
  GtkExpression *text = gtk_property_expression_new (SYNC_TYPE_REQUEST_ITEM, item, column->property);

  gtk_label_set_xalign (GTK_LABEL (label),
                        g_str_equal (column->property, "amount") || g_str_equal (column->property, "number"));
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_label_set_width_chars (GTK_LABEL (label), column->width);
  gtk_label_set_max_width_chars (GTK_LABEL (label), column->max_width);
  if (column->number)
    gtk_widget_add_css_class (label, "number");
  /* Texts of any length can be read in full. */
  if (column->expand)
    gtk_expression_bind (gtk_expression_ref (text), label, "tooltip-text", list_item);
  gtk_expression_bind (text, label, "label", list_item);
  g_object_set_data (G_OBJECT (label), LIST_ITEM_KEY, list_item);
  gtk_list_item_set_child (list_item, label);
}

/* Only the column that the list is sorted by is asked. */
static int
pressed_cb (gconstpointer a, gconstpointer b, gpointer user_data)
{
  GtkColumnViewColumn *column = user_data;
  GtkColumnView *view = gtk_column_view_column_get_column_view (column);

  if (view != NULL)
    g_object_set_data (G_OBJECT (view), PRESSED_KEY, column);
  return 1;
}

static GtkColumnViewColumn *
get_column (GtkColumnView *view, guint i)
{
  g_autoptr (GtkColumnViewColumn) column = g_list_model_get_item (gtk_column_view_get_columns (view), i);

  return column;
}

static void
fit_free (gpointer data)
{
  Fit *fit = data;

  g_clear_handle_id (&fit->update, g_source_remove);
  g_signal_handlers_disconnect_by_data (fit->across, fit);
  g_object_unref (fit->across);
  g_free (fit);
}

static gboolean
fit_update_cb (gpointer data)
{
  Fit *fit = data;

  fit->update = 0;
  fit->narrow = !fit->narrow;
  for (gsize i = 0; i < G_N_ELEMENTS (columns); i++)
    if (columns[i].optional)
      gtk_column_view_column_set_visible (get_column (fit->view, i), !fit->narrow);
  return G_SOURCE_REMOVE;
}

/* Not from here: this is in the middle of the layout. */
static void
width_changed_cb (Fit *fit)
{
  gboolean narrow;

  if (!fit->narrow)
    fit->full_width = gtk_adjustment_get_upper (fit->across);
  narrow = gtk_adjustment_get_page_size (fit->across) < fit->full_width;
  if (narrow == fit->narrow)
    g_clear_handle_id (&fit->update, g_source_remove);
  else if (fit->update == 0)
    fit->update = g_idle_add (fit_update_cb, fit);
}

static void
follow_width (GtkColumnView *view)
{
  Fit *fit = g_new0 (Fit, 1);

  fit->view = view;
  fit->across = g_object_ref (gtk_scrollable_get_hadjustment (GTK_SCROLLABLE (view)));
  g_signal_connect_swapped (fit->across, "changed", G_CALLBACK (width_changed_cb), fit);
  g_object_set_data_full (G_OBJECT (view), FIT_KEY, fit, fit_free);
}

/**
 * sync_queue_columns_add:
 * @view: an empty view in a scrolled window
 *
 * Gives it the columns; those that the details say, too, go while there is no room for all.
 */
void
sync_queue_columns_add (GtkColumnView *view)
{
  for (gsize i = 0; i < G_N_ELEMENTS (columns); i++)
    {
      GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
      g_autoptr (GtkColumnViewColumn) column = gtk_column_view_column_new (_ (columns[i].title), factory);

      g_signal_connect (factory, "setup", G_CALLBACK (cell_setup_cb), (gpointer) &columns[i]);
      gtk_column_view_column_set_expand (column, columns[i].expand);
      gtk_column_view_column_set_resizable (column, TRUE);
      if (columns[i].sort >= 0)
        {
          g_autoptr (GtkSorter) sorter = GTK_SORTER (gtk_custom_sorter_new (pressed_cb, column, NULL));

          gtk_column_view_column_set_sorter (column, sorter);
        }
      gtk_column_view_append_column (view, column);
    }
  follow_width (view);
}

/**
 * sync_queue_columns_sort:
 * @view: the view
 * @sort: by what
 * @descending: the other way round
 *
 * Has the header say so, as if somebody had pressed it.
 */
void
sync_queue_columns_sort (GtkColumnView *view, SyncSort sort, gboolean descending)
{
  for (gsize i = 0; i < G_N_ELEMENTS (columns); i++)
    if (columns[i].sort == (int) sort)
      gtk_column_view_sort_by_column (view, get_column (view, i),
                                      descending ? GTK_SORT_DESCENDING : GTK_SORT_ASCENDING);
}

/**
 * sync_queue_columns_get_sort:
 * @view: the view
 * @sort: (out): by what a person wants the rows sorted
 * @descending: (out): and which way round
 *
 * GTK 4.8 tells that nowhere, but its sorter asks the sorter of the column in question.
 *
 * Returns: whether a header was pressed at all
 */
gboolean
sync_queue_columns_get_sort (GtkColumnView *view, SyncSort *sort, gboolean *descending)
{
  g_autoptr (GObject) one = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr (GObject) other = g_object_new (G_TYPE_OBJECT, NULL);
  GtkOrdering order;
  gpointer pressed;

  g_object_set_data (G_OBJECT (view), PRESSED_KEY, NULL);
  order = gtk_sorter_compare (gtk_column_view_get_sorter (view), one, other);
  pressed = g_object_get_data (G_OBJECT (view), PRESSED_KEY);
  for (gsize i = 0; pressed != NULL && i < G_N_ELEMENTS (columns); i++)
    if (get_column (view, i) == pressed)
      {
        *sort = (SyncSort) columns[i].sort;
        *descending = order == GTK_ORDERING_SMALLER;
        return TRUE;
      }
  return FALSE;
}

/**
 * sync_queue_columns_find_position:
 * @view: the view
 * @x: a place in it
 * @y: the same
 *
 * Returns: the position of the row there, %GTK_INVALID_LIST_POSITION if there is none
 */
guint
sync_queue_columns_find_position (GtkColumnView *view, double x, double y)
{
  GtkWidget *widget = gtk_widget_pick (GTK_WIDGET (view), x, y, GTK_PICK_DEFAULT);

  for (; widget != NULL && widget != GTK_WIDGET (view); widget = gtk_widget_get_parent (widget))
    {
      GtkWidget *inside = gtk_widget_get_first_child (widget);
      GtkListItem *item = g_object_get_data (G_OBJECT (widget), LIST_ITEM_KEY);

      if (item == NULL && inside != NULL)
        item = g_object_get_data (G_OBJECT (inside), LIST_ITEM_KEY);
      if (item != NULL)
        return gtk_list_item_get_position (item);
    }
  return GTK_INVALID_LIST_POSITION;
}
