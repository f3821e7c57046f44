/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A window in front of another one, closed by its button or by Escape. Main thread. */
#include "config.h"

#include "sync-dialog.h"

#include <adwaita.h>

/**
 * sync_dialog_find:
 * @type: a kind of window
 * @parent: (nullable): in front of which it stands; %NULL: of any
 *
 * Returns: (transfer none) (nullable): the window of that kind that is shown
 */
GtkWindow *
sync_dialog_find (GType type, GtkWindow *parent)
{
  GListModel *windows = gtk_window_get_toplevels ();

  for (guint i = 0; i < g_list_model_get_n_items (windows); i++)
    {
      g_autoptr (GtkWindow) window = g_list_model_get_item (windows, i);

      if (G_TYPE_CHECK_INSTANCE_TYPE (window, type) && gtk_widget_get_visible (GTK_WIDGET (window))
          && (parent == NULL || gtk_window_get_transient_for (window) == parent))
        return window;
    }
  return NULL;
}

/**
 * sync_dialog_new:
 * @parent: the window in front of which it stands, and with which it goes
 * @title: of the window
 * @content: (transfer floating): what is below the header bar
 *
 * Returns: (transfer none): a modal window that is not yet shown
 */
GtkWindow *
sync_dialog_new (GtkWindow *parent, const char *title, GtkWidget *content)
{
  GtkWidget *window = adw_window_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkEventController *keys = gtk_shortcut_controller_new ();

  gtk_box_append (GTK_BOX (box), adw_header_bar_new ());
  gtk_box_append (GTK_BOX (box), content);
  adw_window_set_content (ADW_WINDOW (window), box);
  gtk_shortcut_controller_add_shortcut (GTK_SHORTCUT_CONTROLLER (keys),
                                        gtk_shortcut_new (gtk_keyval_trigger_new (GDK_KEY_Escape, 0),
                                                          gtk_named_action_new ("window.close")));
  gtk_widget_add_controller (window, keys);
  gtk_window_set_title (GTK_WINDOW (window), title);
  gtk_window_set_transient_for (GTK_WINDOW (window), parent);
  gtk_window_set_modal (GTK_WINDOW (window), TRUE);
  gtk_window_set_destroy_with_parent (GTK_WINDOW (window), TRUE);
  return GTK_WINDOW (window);
}
