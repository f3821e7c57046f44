/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can be done to the selected requests, where they are. */
#include "config.h"

#include "sync-queue-menu.h"

#include <glib/gi18n.h>

/**
 * sync_queue_menu_new:
 * @page: (transfer none): what gets the menu as a child, and has its actions
 * @buttons: (transfer none): a box of buttons; the menu offers the same
 * @view: (transfer none): what gets the focus when the menu is closed: whoever went there by keyboard goes on where the
 *   rows are
 *
 * Returns: (transfer none): a menu that is not shown
 */
GtkWidget *
sync_queue_menu_new (GtkWidget *page, GtkWidget *buttons, GtkWidget *view)
{
  g_autoptr (GMenu) model = g_menu_new ();
  GtkWidget *menu;

  for (GtkWidget *button = gtk_widget_get_first_child (buttons); button != NULL; button = gtk_widget_get_next_sibling (button))
    {
      g_autoptr (GMenuItem) item = g_menu_item_new (gtk_button_get_label (GTK_BUTTON (button)),
                                                    gtk_actionable_get_action_name (GTK_ACTIONABLE (button)));

      g_menu_item_set_attribute (item, "hidden-when", "s", "action-disabled");
      g_menu_append_item (model, item);
    }
  g_menu_append (model, _ ("_Details"), "queue.details");
  menu = gtk_popover_menu_new_from_model (G_MENU_MODEL (model));
  gtk_popover_set_has_arrow (GTK_POPOVER (menu), FALSE);
  gtk_widget_set_halign (menu, GTK_ALIGN_START);
  gtk_widget_set_parent (menu, page);
  g_signal_connect_object (menu, "closed", G_CALLBACK (gtk_widget_grab_focus), view, G_CONNECT_SWAPPED);
  return menu;
}

/**
 * sync_queue_menu_show_at:
 * @menu: of sync_queue_menu_new()
 * @x: where, in pixels of its page
 * @y: the same
 */
void
sync_queue_menu_show_at (GtkWidget *menu, double x, double y)
{
  const GdkRectangle place = { (int) x, (int) y, 1, 1 };

  gtk_popover_set_pointing_to (GTK_POPOVER (menu), &place);
  gtk_popover_popup (GTK_POPOVER (menu));
}

/**
 * sync_queue_menu_show_at_focus:
 * @menu: of sync_queue_menu_new()
 * @view: the rows
 *
 * Shows it below the row that has the focus.
 */
void
sync_queue_menu_show_at_focus (GtkWidget *menu, GtkWidget *view)
{
  GtkRoot *root = gtk_widget_get_root (view);
  GtkWidget *focus = root != NULL ? gtk_root_get_focus (root) : NULL;
  double x = 0, y = 0;

  if (focus != NULL && gtk_widget_is_ancestor (focus, view))
    gtk_widget_translate_coordinates (focus, gtk_widget_get_parent (menu), 0, gtk_widget_get_height (focus), &x, &y);
  sync_queue_menu_show_at (menu, MAX (x, 0), y);
}
