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

/**
 * sync_label_set_subtitle:
 * @row: a row
 * @text: what it says below its title, as it stands and not as markup
 */
void
sync_label_set_subtitle (AdwActionRow *row, const char *text)
{
  g_autofree char *escaped = g_markup_escape_text (text, -1);

  adw_action_row_set_subtitle (row, escaped);
}
