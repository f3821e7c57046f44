/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Both versions of a conflict side by side, where fields are not compared. Main thread. */
#include "config.h"

#include "sync-conflict-whole.h"

#include "sync-conflict-words.h"

#include <glib/gi18n.h>
#include <string.h>

#define RIGHT_TO_LEFT_MARK "\u200f"

/**
 * sync_conflict_whole_dup_directed:
 * @text: lines
 *
 * A line that begins with a document's name would be laid out as the name is written, not as the sentence is.
 *
 * Returns: (transfer full): the lines, each of them in the direction in which the user reads
 */
char *
sync_conflict_whole_dup_directed (const char *text)
{
  GString *out;

  if (gtk_widget_get_default_direction () != GTK_TEXT_DIR_RTL)
    return g_strdup (text);
  out = g_string_new (RIGHT_TO_LEFT_MARK);
  g_string_append (out, text);
  g_string_replace (out, "\n", "\n" RIGHT_TO_LEFT_MARK, 0);
  return g_string_free (out, FALSE);
}

static GtkWidget *
add_label (GtkBox *row, const char *text)
{
  g_autofree char *directed = text != NULL ? sync_conflict_whole_dup_directed (text) : NULL;
  GtkWidget *label = gtk_label_new (directed);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_yalign (GTK_LABEL (label), 0);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_width_chars (GTK_LABEL (label), 8);
  gtk_box_append (row, label);
  return label;
}

/**
 * sync_conflict_whole_new:
 * @conflict: a conflict whose fields are not compared
 * @result: (out) (transfer none): where it says which side is taken
 *
 * Returns: (transfer floating): what it is, this till's version, the server's, and the result, as columns
 */
GtkWidget *
sync_conflict_whole_new (const SyncConflictCase *conflict, GtkLabel **result)
{
  GtkBox *row = GTK_BOX (gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12));
  g_autofree char *local = sync_conflict_words_whole (conflict, SYNC_CONFLICT_SIDE_LOCAL);
  g_autofree char *server = sync_conflict_words_whole (conflict, SYNC_CONFLICT_SIDE_SERVER);

  gtk_box_set_homogeneous (row, TRUE);
  gtk_widget_add_css_class (GTK_WIDGET (row), "conflict-row");
  gtk_widget_add_css_class (add_label (row, _ ("The whole document")), "heading");
  add_label (row, local);
  add_label (row, server);
  *result = GTK_LABEL (add_label (row, NULL));
  return GTK_WIDGET (row);
}
