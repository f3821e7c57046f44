/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A conflict that is not open any more: both versions, what came of them, and what happened in which order. Nothing can be
 * changed here. A picture of the moment when it was opened. Main thread. */
#include "config.h"

#include "sync-conflict-view.h"

#include "sync-conflict-decision.h"
#include "sync-conflict-value.h"
#include "sync-conflict-whole.h"
#include "sync-conflict-words.h"
#include "sync-dialog.h"
#include "sync-json.h"

#include <glib/gi18n.h>
#include <string.h>

/* Of one value; the tooltip has it in full. */
#define VALUE_LINES 6

static gboolean
get_object (const char *text, SyncJsonView *view)
{
  return text != NULL && sync_json_check (text, strlen (text), view, NULL)
         && sync_json_view_kind (view) == SYNC_JSON_OBJECT;
}

/* (transfer full) (nullable): what the document @text has in @name, as JSON */
static char *
dup_member (const char *text, const char *name)
{
  SyncJsonView view, value;

  if (!get_object (text, &view) || !sync_json_view_member (&view, name, &value))
    return NULL;
  return sync_json_view_dup_raw (&value);
}

static gboolean
is_resolution (const SyncConflict *conflict, const char *resolution)
{
  return g_strcmp0 (conflict->resolution, resolution) == 0;
}

/* (transfer full) (nullable): what the decision left in @name, as JSON */
static char *
dup_result (const SyncConflict *conflict, const char *name)
{
  char *written = is_resolution (conflict, "local_wins") ? dup_member (conflict->local_data, name)
                                                         : dup_member (conflict->result_data, name);

  return written != NULL ? written : dup_member (conflict->server_data, name);
}

/* The names of the fields that this till or the decision wrote, but for the version. */
static char **
dup_names (const SyncConflict *conflict)
{
  const char *const documents[] = { conflict->local_data, conflict->result_data };
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();
  SyncJsonIter iter;
  SyncJsonView view, key, value;

  for (gsize i = 0; i < G_N_ELEMENTS (documents); i++)
    {
      if (!get_object (documents[i], &view))
        continue;
      sync_json_iter_init (&iter, &view);
      while (sync_json_iter_next (&iter, &key, &value))
        {
          g_autofree char *name = sync_json_view_dup_text (&key);

          if (strcmp (name, "modified") == 0 || g_hash_table_contains (seen, name))
            continue;
          g_strv_builder_add (names, name);
          g_hash_table_add (seen, g_steal_pointer (&name));
        }
    }
  return g_strv_builder_end (names);
}

static GtkWidget *
new_label (const char *text, const char *css_class)
{
  g_autofree char *directed = sync_conflict_whole_dup_directed (text);
  GtkWidget *label = gtk_label_new (directed);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_yalign (GTK_LABEL (label), 0);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  if (css_class != NULL)
    gtk_widget_add_css_class (label, css_class);
  return label;
}

static GtkWidget *
new_row (GtkBox *box, const char *css_class)
{
  GtkWidget *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);

  gtk_box_set_homogeneous (GTK_BOX (row), TRUE);
  gtk_widget_add_css_class (row, css_class);
  gtk_box_append (box, row);
  return row;
}

static void
add_value (GtkWidget *row, const char *field, const char *json)
{
  g_autofree char *text = sync_conflict_value_format (field, json);
  GtkWidget *label = new_label (text, "number");

  gtk_label_set_lines (GTK_LABEL (label), VALUE_LINES);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_widget_set_tooltip_text (label, text);
  gtk_box_append (GTK_BOX (row), label);
}

/* What each column is. */
static void
add_heads (GtkBox *box, const SyncConflictCase *conflict)
{
  GtkWidget *row = new_row (box, "conflict-head");
  char *const heads[] = { g_strdup (_ ("Field")), sync_conflict_words_local (conflict),
                          sync_conflict_words_server (conflict), g_strdup (_ ("Result")) };

  for (gsize i = 0; i < G_N_ELEMENTS (heads); i++)
    {
      gtk_box_append (GTK_BOX (row), new_label (heads[i], "heading"));
      g_free (heads[i]);
    }
}

static void
add_fields (GtkBox *box, const SyncConflict *conflict, char **names)
{
  for (guint i = 0; names[i] != NULL; i++)
    {
      g_autofree char *label = sync_conflict_words_field (names[i]);
      g_autofree char *local = dup_member (conflict->local_data, names[i]);
      g_autofree char *server = dup_member (conflict->server_data, names[i]);
      g_autofree char *result = dup_result (conflict, names[i]);
      GtkWidget *row = new_row (box, "conflict-row");

      gtk_box_append (GTK_BOX (row), new_label (label, "heading"));
      add_value (row, names[i], local);
      add_value (row, names[i], server);
      add_value (row, names[i], result);
    }
}

/* Where there are no fields to tell apart. */
static void
add_whole (GtkBox *box, SyncConflictCase *conflict)
{
  g_autofree char *text = NULL;
  GtkLabel *result;

  gtk_box_append (box, sync_conflict_whole_new (conflict, &result));
  if (conflict->conflict->resolution == NULL)
    return;
  conflict->whole
      = is_resolution (conflict->conflict, "server_wins") ? SYNC_CONFLICT_WHOLE_SERVER : SYNC_CONFLICT_WHOLE_LOCAL;
  text = sync_conflict_words_whole (conflict, SYNC_CONFLICT_SIDE_RESULT);
  gtk_label_set_label (result, text);
}

static void
add_history (GtkBox *box, SyncStore *reader, gint64 id)
{
  g_autoptr (GPtrArray) events = sync_store_list_conflict_history (reader, id, NULL);
  GtkWidget *part = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);

  gtk_widget_add_css_class (part, "conflict-part");
  gtk_box_append (GTK_BOX (part), new_label (_ ("What happened"), "heading"));
  for (guint i = 0; events != NULL && i < events->len; i++)
    {
      const SyncConflictEvent *event = g_ptr_array_index (events, i);
      g_autofree char *line = sync_conflict_decision_event (event);

      gtk_box_append (GTK_BOX (part), new_label (line, NULL));
    }
  gtk_box_append (box, part);
}

static GtkWidget *
make_content (SyncConflictCase *conflict, SyncStore *reader)
{
  GtkWidget *scroller = gtk_scrolled_window_new ();
  GtkBox *box = GTK_BOX (gtk_box_new (GTK_ORIENTATION_VERTICAL, 0));
  GtkWidget *top = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  g_autofree char *what = sync_conflict_words_what (conflict);
  g_autofree char *who = sync_conflict_decision_who (conflict->conflict);
  g_autofree char *undone = sync_conflict_decision_undone (conflict->conflict);
  g_auto (GStrv) names = dup_names (conflict->conflict);

  gtk_widget_add_css_class (top, "conflict-top");
  gtk_box_append (GTK_BOX (top), new_label (what, "heading"));
  gtk_box_append (GTK_BOX (top), new_label (sync_conflict_decision_how (conflict->conflict), NULL));
  gtk_box_append (GTK_BOX (top), new_label (who, NULL));
  if (undone != NULL)
    gtk_box_append (GTK_BOX (top), new_label (undone, NULL));
  gtk_box_append (box, top);
  add_heads (box, conflict);
  gtk_box_append (box, gtk_separator_new (GTK_ORIENTATION_HORIZONTAL));
  if (names[0] != NULL && conflict->conflict->server_data != NULL)
    add_fields (box, conflict->conflict, names);
  else
    add_whole (box, conflict);
  add_history (box, reader, conflict->conflict->id);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scroller), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), GTK_WIDGET (box));
  gtk_widget_set_vexpand (scroller, TRUE);
  return scroller;
}

/**
 * sync_conflict_view_present:
 * @parent: the window in front of which it is shown
 * @reader: a store to read from
 * @id: of a conflict that is not open any more
 *
 * Shows how a conflict ended.
 *
 * Returns: (transfer none) (nullable): the window, %NULL if it cannot be read
 */
GtkWindow *
sync_conflict_view_present (GtkWindow *parent, SyncStore *reader, gint64 id)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncConflictCase) conflict = sync_conflict_case_new_uncompared (reader, id, &error);
  g_autofree char *document = NULL;
  GtkWindow *window;

  if (conflict == NULL)
    {
      g_message ("The conflict cannot be shown: %s", error->message);
      return NULL;
    }
  document = sync_conflict_words_document (conflict);
  window = sync_dialog_new (parent, document, make_content (conflict, reader));
  gtk_window_set_default_size (window, 900, 480);
  gtk_window_present (window);
  return window;
}
