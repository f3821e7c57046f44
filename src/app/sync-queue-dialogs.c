/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person is asked before something is done to requests, and told if it could not be. Main thread. */
#include "config.h"

#include "sync-queue-dialogs.h"

#include "sync-engine-words.h"
#include "sync-request-attempts.h"

#include <adwaita.h>
#include <glib/gi18n.h>
#include <inttypes.h>

/* More than that in a dialog nobody reads. */
#define MAX_LISTED 8
/* Pixels; less than any dialog has. */
#define MIN_HEADING 100

/* A question that stands open; belongs to its dialog. */
typedef struct
{
  GWeakRef owner;
  SyncQueueDialogFunc func;
  SyncRequestAct act;
  GArray *ids; /* (owned) (element-type gint64) */
  gboolean with_dependants;
  GtkEditable *entry; /* (unowned) (nullable): in the dialog */
} Question;

static void
question_free (gpointer data, GClosure *closure)
{
  Question *self = data;

  g_weak_ref_clear (&self->owner);
  g_array_unref (self->ids);
  g_free (self);
}

static Question *
question_new (SyncRequestAct act, GArray *ids, SyncQueueDialogFunc func, gpointer owner)
{
  Question *self = g_new0 (Question, 1);

  g_weak_ref_init (&self->owner, owner);
  self->func = func;
  self->act = act;
  self->ids = g_array_ref (ids);
  return self;
}

static void
answered_cb (AdwMessageDialog *dialog, const char *response, Question *question)
{
  g_autoptr (GObject) owner = g_weak_ref_get (&question->owner);
  g_autofree char *text = NULL;
  SyncRequestActDetail detail = { .with_dependants = question->with_dependants };

  if (owner == NULL || !g_str_equal (response, "yes"))
    return;
  if (question->entry != NULL)
    text = g_strstrip (g_strdup (gtk_editable_get_text (question->entry)));
  if (question->act == SYNC_REQUEST_ACT_GIVE_UP)
    detail.reason = text;
  else if (text != NULL && *text != '\0')
    detail.name = text;
  question->func (owner, question->act, question->ids, &detail);
}

static void
set_label_text (GtkWidget *widget, const char *text)
{
  gtk_accessible_update_property (GTK_ACCESSIBLE (widget), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
}

/* An entry of its own line; Return means yes. */
static void
add_entry (AdwMessageDialog *dialog, Question *question, const char *title)
{
  GtkWidget *group = adw_preferences_group_new ();
  GtkWidget *row = adw_entry_row_new ();

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  set_label_text (row, title);
  g_object_set (row, "activates-default", TRUE, NULL);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), row);
  adw_message_dialog_set_extra_child (dialog, group);
  question->entry = GTK_EDITABLE (row);
}

/* libadwaita 1.7 measures its large heading for a width that is only enough for its small one, and GTK warns of that: the
 * large one breaks anywhere, and their place is wide enough for each letter. */
static void
let_headings_shrink (GtkWidget *widget)
{
  if (GTK_IS_LABEL (widget) && gtk_widget_has_css_class (widget, "title-2"))
    {
      gtk_label_set_wrap (GTK_LABEL (widget), TRUE);
      gtk_label_set_wrap_mode (GTK_LABEL (widget), PANGO_WRAP_WORD_CHAR);
      gtk_widget_set_size_request (gtk_widget_get_parent (widget), MIN_HEADING, -1);
    }
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL; child = gtk_widget_get_next_sibling (child))
    let_headings_shrink (child);
}

static AdwMessageDialog *
new_dialog (GtkWindow *parent, const char *heading, const char *body)
{
  AdwMessageDialog *dialog = ADW_MESSAGE_DIALOG (adw_message_dialog_new (parent, heading, body));

  let_headings_shrink (GTK_WIDGET (dialog));
  return dialog;
}

/* Takes @question. */
static AdwMessageDialog *
make (GtkWindow *parent, const char *heading, const char *body, const char *yes, Question *question)
{
  AdwMessageDialog *dialog = new_dialog (parent, heading, body);

  adw_message_dialog_add_responses (dialog, "cancel", _ ("_Cancel"), "yes", yes, NULL);
  adw_message_dialog_set_close_response (dialog, "cancel");
  g_signal_connect_data (dialog, "response", G_CALLBACK (answered_cb), question, question_free, 0);
  return dialog;
}

/**
 * sync_queue_dialogs_dup_subject:
 * @reader: a store to read from
 * @id: of a request
 *
 * Returns: (transfer full): what it is called
 */
char *
sync_queue_dialogs_dup_subject (SyncStore *reader, gint64 id)
{
  g_autoptr (SyncRequest) request = sync_store_get (reader, id, NULL);
  g_autoptr (SyncSummary) summary = NULL;

  if (request == NULL)
    return g_strdup_printf (_ ("Entry %" PRId64), id);
  summary = sync_summary_new (request->content_type, sync_request_get_body (request));
  return sync_request_act_dup_subject (request, summary);
}

/* One line for each, up to a point. */
static void
append_list (GString *text, SyncStore *reader, GArray *ids)
{
  for (guint i = 0; i < MIN (ids->len, MAX_LISTED); i++)
    {
      g_autofree char *subject = sync_queue_dialogs_dup_subject (reader, g_array_index (ids, gint64, i));

      g_string_append_printf (text, "\n%s", subject);
    }
  if (ids->len > MAX_LISTED)
    {
      guint n = ids->len - MAX_LISTED;

      g_string_append_c (text, '\n');
      g_string_append_printf (text, ngettext ("and %u more", "and %u more", n), n);
    }
}

/* (transfer full): those that wait for one of @ids and are none of them */
static GArray *
list_dependants (SyncStore *reader, GArray *ids)
{
  GArray *all = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);

  for (guint i = 0; i < ids->len; i++)
    g_hash_table_add (seen, g_memdup2 (&g_array_index (ids, gint64, i), sizeof (gint64)));
  for (guint i = 0; i < ids->len; i++)
    {
      g_autoptr (GArray) some
          = sync_store_list_dependants (reader, g_array_index (ids, gint64, i), SYNC_DEPENDANTS_WAITING, NULL);

      for (guint j = 0; some != NULL && j < some->len; j++)
        if (g_hash_table_add (seen, g_memdup2 (&g_array_index (some, gint64, j), sizeof (gint64))))
          g_array_append_val (all, g_array_index (some, gint64, j));
    }
  return all;
}

static guint
count_drafts (SyncStore *reader, GArray *ids)
{
  guint n = 0;

  for (guint i = 0; i < ids->len; i++)
    {
      g_autoptr (SyncRequest) request = sync_store_get (reader, g_array_index (ids, gint64, i), NULL);

      n += request != NULL && sync_request_act_leaves_draft (request);
    }
  return n;
}

/* A reason is kept with the request, so there has to be one. */
static void
reason_changed_cb (GtkEditable *entry, AdwMessageDialog *dialog)
{
  g_autofree char *text = g_strstrip (g_strdup (gtk_editable_get_text (entry)));

  adw_message_dialog_set_response_enabled (dialog, "yes", *text != '\0');
}

/**
 * sync_queue_dialogs_ask_give_up:
 * @parent: the window in front of which it is asked
 * @reader: a store to read from
 * @ids: (element-type gint64): what is to be given up
 * @func: called with the reason
 * @owner: a #GObject, not kept alive
 *
 * Asks why, and tells what is deleted on the server and what fails along with it.
 */
void
sync_queue_dialogs_ask_give_up (GtkWindow *parent, SyncStore *reader, GArray *ids, SyncQueueDialogFunc func,
                                gpointer owner)
{
  Question *question = question_new (SYNC_REQUEST_ACT_GIVE_UP, ids, func, owner);
  g_autoptr (GArray) dependants = list_dependants (reader, ids);
  guint n_drafts = count_drafts (reader, ids);
  g_autofree char *heading
      = g_strdup_printf (ngettext ("Give up %u entry?", "Give up %u entries?", ids->len), ids->len);
  g_autoptr (GString) body
      = g_string_new (_ ("What is given up is not sent to the server. It stays in the list and can be restored."));
  AdwMessageDialog *dialog;

  g_string_append_c (body, '\n');
  append_list (body, reader, ids);
  if (n_drafts > 0)
    {
      g_string_append (body, "\n\n");
      g_string_append_printf (
          body,
          ngettext ("%u draft that stands on the server is deleted there. The till’s user needs the right to do that.",
                    "%u drafts that stand on the server are deleted there. The till’s user needs the right to do that.",
                    n_drafts),
          n_drafts);
    }
  question->with_dependants = dependants->len > 0;
  if (dependants->len > 0)
    {
      g_string_append (body, "\n\n");
      g_string_append_printf (body,
                              ngettext ("%u entry waits for that and fails with it:",
                                        "%u entries wait for that and fail with it:", dependants->len),
                              dependants->len);
      append_list (body, reader, dependants);
    }
  dialog = make (parent, heading, body->str, _ ("_Give up"), question);
  adw_message_dialog_set_response_appearance (dialog, "yes", ADW_RESPONSE_DESTRUCTIVE);
  add_entry (dialog, question, _ ("Reason"));
  g_signal_connect_object (question->entry, "changed", G_CALLBACK (reason_changed_cb), dialog, 0);
  adw_message_dialog_set_response_enabled (dialog, "yes", FALSE);
  adw_message_dialog_set_default_response (dialog, "yes");
  gtk_window_present (GTK_WINDOW (dialog));
}

/* What it is, what is to be considered, and what was tried. */
static char *
dup_evidence (SyncStore *reader, gint64 id, const char *consider)
{
  g_autofree char *subject = sync_queue_dialogs_dup_subject (reader, id);
  g_autofree char *evidence = sync_request_attempts_dup_evidence (reader, id);

  return g_strdup_printf ("%s\n\n%s\n\n%s", subject, consider, evidence);
}

static GArray *
array_of (gint64 id)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (gint64));

  g_array_append_val (ids, id);
  return ids;
}

/**
 * sync_queue_dialogs_ask_arrived:
 * @parent: the window in front of which it is asked
 * @reader: a store to read from
 * @id: of what may have arrived
 * @func: called with the document's name, if the person gives one
 * @owner: a #GObject, not kept alive
 *
 * Asks whether it is on the server for certain, and under what name.
 */
void
sync_queue_dialogs_ask_arrived (GtkWindow *parent, SyncStore *reader, gint64 id, SyncQueueDialogFunc func,
                                gpointer owner)
{
  g_autoptr (GArray) ids = array_of (id);
  Question *question = question_new (SYNC_REQUEST_ACT_ARRIVED, ids, func, owner);
  g_autofree char *body
      = dup_evidence (reader, id,
                      _ ("You have seen the document in ERPNext? Then it is not sent again. Its name there is"
                         " needed only if other entries mention it."));
  AdwMessageDialog *dialog = make (parent, _ ("Did it arrive?"), body, _ ("It _arrived"), question);

  adw_message_dialog_set_response_appearance (dialog, "yes", ADW_RESPONSE_SUGGESTED);
  add_entry (dialog, question, _ ("Name of the document (optional)"));
  adw_message_dialog_set_default_response (dialog, "yes");
  gtk_window_present (GTK_WINDOW (dialog));
}

/**
 * sync_queue_dialogs_ask_send_again:
 * @parent: the window in front of which it is asked
 * @reader: a store to read from
 * @id: of what may have arrived
 * @func: called if the person is sure
 * @owner: a #GObject, not kept alive
 *
 * Asks whether it is not on the server for certain.
 */
void
sync_queue_dialogs_ask_send_again (GtkWindow *parent, SyncStore *reader, gint64 id, SyncQueueDialogFunc func,
                                   gpointer owner)
{
  g_autoptr (GArray) ids = array_of (id);
  Question *question = question_new (SYNC_REQUEST_ACT_SEND_AGAIN, ids, func, owner);
  g_autofree char *body = dup_evidence (
      reader, id,
      _ ("You have looked in ERPNext, and it is not there? If it is there after all, it will be there twice."));
  AdwMessageDialog *dialog = make (parent, _ ("Send it again?"), body, _ ("_Send again"), question);

  adw_message_dialog_set_response_appearance (dialog, "yes", ADW_RESPONSE_DESTRUCTIVE);
  gtk_window_present (GTK_WINDOW (dialog));
}

/**
 * sync_queue_dialogs_tell_failed:
 * @parent: the window in front of which it is told
 * @reader: a store to read from
 * @ids: (element-type gint64): what was not changed
 * @reasons: (element-type utf8): why not, one for each
 *
 * Tells why something was not done, and to which documents.
 */
void
sync_queue_dialogs_tell_failed (GtkWindow *parent, SyncStore *reader, GArray *ids, GPtrArray *reasons)
{
  g_autofree char *heading
      = g_strdup_printf (ngettext ("%u entry stays as it was", "%u entries stay as they were", ids->len), ids->len);
  g_autoptr (GString) body = g_string_new (NULL);
  AdwMessageDialog *dialog;

  for (guint i = 0; i < MIN (ids->len, MAX_LISTED); i++)
    {
      g_autofree char *subject = sync_queue_dialogs_dup_subject (reader, g_array_index (ids, gint64, i));
      g_autofree char *reason = sync_engine_words_dup (g_ptr_array_index (reasons, i));

      g_string_append_printf (body, "%s%s: %s", i > 0 ? "\n\n" : "", subject, reason);
    }
  dialog = new_dialog (parent, heading, body->str);
  adw_message_dialog_add_response (dialog, "close", _ ("_Close"));
  gtk_window_present (GTK_WINDOW (dialog));
}
