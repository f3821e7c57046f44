/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "sync-label.h"

/**
 * sync_label_set_optional:
 * @label: a label
 * @text: (nullable): what it says
 *
 * Shows the text; a label that says nothing is not shown.
 */
void
sync_label_set_optional (GtkLabel *label, const char *text)
{
  gtk_label_set_label (label, text != NULL ? text : "");
  gtk_widget_set_visible (GTK_WIDGET (label), text != NULL && *text != '\0');
}
