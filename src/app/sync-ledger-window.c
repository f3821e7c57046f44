/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The end of the demonstration in a window: each sale, its invoice in the shop's books, and the verdict. Main
 * thread. */
#include "config.h"

#include "sync-ledger-window.h"

#include "sync-dialog.h"

#include <glib/gi18n.h>

/* Characters of a key that are shown: enough to tell ten sales apart. */
#define SHORT_KEY 8

static void
attach (GtkGrid *grid, int column, int row, const char *text, gboolean number, const char *css_class)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), number ? 1 : 0);
  gtk_widget_add_css_class (label, css_class);
  gtk_grid_attach (grid, label, column, row, 1, 1);
}

static GtkWidget *
make_table (SyncDemo *demo)
{
  GtkGrid *grid = GTK_GRID (gtk_grid_new ());
  const char *const titles[] = { _ ("Sale"), _ ("Customer"), _ ("Amount"), _ ("Key"), _ ("Invoice on the server"),
                                 _ ("Posted") };

  gtk_grid_set_column_spacing (grid, 24);
  gtk_grid_set_row_spacing (grid, 6);
  gtk_widget_set_halign (GTK_WIDGET (grid), GTK_ALIGN_CENTER);
  for (int column = 0; column < (int) G_N_ELEMENTS (titles); column++)
    attach (grid, column, 0, titles[column], column == 0 || column == 2 || column == 5, "heading");
  for (guint i = 0; i < SYNC_DEMO_N_SALES; i++)
    {
      const SyncDemoSale *sale = sync_demo_get_sale (demo, i);
      int row = (int) i + 1;
      g_autofree char *number = g_strdup_printf ("%u", i + 1);
      g_autofree char *amount = g_strdup_printf ("%.2f", (double) sale->amount);
      g_autofree char *key = g_strndup (sale->key, SHORT_KEY);
      g_autofree char *posted = g_strdup_printf ("%u", sale->times_posted);

      attach (grid, 0, row, number, TRUE, "number");
      attach (grid, 1, row, sale->customer, FALSE, "body");
      attach (grid, 2, row, amount, TRUE, "number");
      attach (grid, 3, row, key, FALSE, "monospace");
      attach (grid, 4, row, sale->invoice != NULL ? sale->invoice : "-", FALSE, "body");
      attach (grid, 5, row, posted, TRUE, "number");
    }
  return GTK_WIDGET (grid);
}

/**
 * sync_ledger_window_present:
 * @parent: the window in front of which it is shown
 * @demo: the story, finished
 *
 * Shows the ledger.
 *
 * Returns: (transfer none): the window
 */
GtkWindow *
sync_ledger_window_present (GtkWindow *parent, SyncDemo *demo)
{
  GtkWidget *content = gtk_box_new (GTK_ORIENTATION_VERTICAL, 18);
  g_autofree char *verdict = sync_demo_dup_verdict (demo);
  GtkWidget *last = gtk_label_new (verdict);
  GtkWindow *window;

  gtk_label_set_wrap (GTK_LABEL (last), TRUE);
  gtk_widget_add_css_class (last, "title-3");
  gtk_widget_add_css_class (last, sync_demo_get_succeeded (demo) ? "success" : "error");
  gtk_widget_add_css_class (content, "ledger");
  gtk_box_append (GTK_BOX (content), make_table (demo));
  gtk_box_append (GTK_BOX (content), last);
  window = sync_dialog_new (parent, _ ("The shop's books"), content);
  gtk_window_present (window);
  return window;
}
