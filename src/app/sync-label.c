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

/**
 * sync_label_new_toast:
 * @words: what it says; they may be longer than a line
 * @timeout_s: how long it is shown, in seconds; 0: until somebody closes it
 *
 * Returns: (transfer full): a toast for adw_toast_overlay_add_toast()
 */
AdwToast *
sync_label_new_toast (const char *words, guint timeout_s)
{
  AdwToast *toast = adw_toast_new ("");
  GtkWidget *label = gtk_label_new (words);

  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_natural_wrap_mode (GTK_LABEL (label), GTK_NATURAL_WRAP_NONE);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  adw_toast_set_custom_title (toast, label);
  adw_toast_set_timeout (toast, timeout_s);
  return toast;
}
