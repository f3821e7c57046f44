/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What assistive technology calls a button with a text. GTK names a button after its text from 4.10 on, whatever
 * else its name was set to; 4.8 reads both. So one that has a name of its own must not be labelled by its text. Main thread. */
#include "config.h"

#include "sync-button-name.h"

/**
 * sync_button_name_set:
 * @button: has its text already
 * @name: what it does, and to what
 *
 * It has that name, and its text is only seen.
 */
void
sync_button_name_set (GtkWidget *button, const char *name)
{
  g_return_if_fail (GTK_IS_BUTTON (button));
  g_return_if_fail (name != NULL);

  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
  gtk_accessible_reset_relation (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_RELATION_LABELLED_BY);
}

/**
 * sync_button_name_keep_all:
 * @parent: made from a template, in which each button with a text has a name
 *
 * All of them keep the name they have there, and their text is only seen.
 */
void
sync_button_name_keep_all (GtkWidget *parent)
{
  g_return_if_fail (GTK_IS_WIDGET (parent));

  if (GTK_IS_BUTTON (parent) && gtk_button_get_label (GTK_BUTTON (parent)) != NULL)
    gtk_accessible_reset_relation (GTK_ACCESSIBLE (parent), GTK_ACCESSIBLE_RELATION_LABELLED_BY);
  for (GtkWidget *child = gtk_widget_get_first_child (parent); child != NULL; child = gtk_widget_get_next_sibling (child))
    sync_button_name_keep_all (child);
}
