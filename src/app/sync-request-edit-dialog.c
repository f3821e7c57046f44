/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changing what is sent. What is typed is checked as it is typed, and only what could be sent can be. Main thread. */
#include "config.h"

#include "sync-request-edit-dialog.h"

#include "sync-button-name.h"
#include "sync-engine-words.h"
#include "sync-json.h"
#include "sync-label.h"
#include "sync-request-act.h"
#include "sync-request-payload.h"

#include <glib/gi18n.h>
#include <string.h>

struct _SyncRequestEditDialog
{
  AdwWindow parent_instance;

  gint64 id;
  gboolean is_json;
  char *original; /* (owned): what was there to be edited */

  GtkLabel *subject_label; /* (unowned): the template's, as all that follow */
  GtkLabel *words_label; /* (unowned) */
  GtkLabel *advice_label; /* (unowned) */
  GtkTextView *text_view; /* (unowned) */
  GtkLabel *trouble_label; /* (unowned) */
  GtkWidget *send_button; /* (unowned) */
};

enum
{
  SIGNAL_SEND,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SyncRequestEditDialog, sync_request_edit_dialog, ADW_TYPE_WINDOW)

static char *
dup_text (SyncRequestEditDialog *self)
{
  GtkTextBuffer *buffer = gtk_text_view_get_buffer (self->text_view);
  GtkTextIter start, end;

  gtk_text_buffer_get_bounds (buffer, &start, &end);
  return gtk_text_buffer_get_text (buffer, &start, &end, TRUE);
}

/* Says what is wrong, and returns whether it could be sent. */
static void
update (SyncRequestEditDialog *self)
{
  g_autofree char *text = dup_text (self);
  g_autoptr (GError) error = NULL;
  gboolean valid = !self->is_json || sync_json_check (text, strlen (text), NULL, &error);

  gtk_label_set_label (self->trouble_label, valid ? "" : error->message);
  gtk_widget_set_sensitive (self->send_button, valid && !g_str_equal (text, self->original));
}

static void
send_action_cb (GtkWidget *widget, const char *name, GVariant *target)
{
  SyncRequestEditDialog *self = SYNC_REQUEST_EDIT_DIALOG (widget);
  g_autofree char *text = dup_text (self);
  gsize length = strlen (text);
  g_autoptr (GBytes) body = NULL;

  if (!gtk_widget_get_sensitive (self->send_button))
    return;
  body = g_bytes_new_take (g_steal_pointer (&text), length);
  gtk_widget_set_sensitive (self->send_button, FALSE);
  g_signal_emit (self, signals[SIGNAL_SEND], 0, self->id, body);
}

static void
sync_request_edit_dialog_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), SYNC_TYPE_REQUEST_EDIT_DIALOG);
  G_OBJECT_CLASS (sync_request_edit_dialog_parent_class)->dispose (object);
}

static void
sync_request_edit_dialog_finalize (GObject *object)
{
  g_free (SYNC_REQUEST_EDIT_DIALOG (object)->original);
  G_OBJECT_CLASS (sync_request_edit_dialog_parent_class)->finalize (object);
}

static void
sync_request_edit_dialog_class_init (SyncRequestEditDialogClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = sync_request_edit_dialog_dispose;
  G_OBJECT_CLASS (klass)->finalize = sync_request_edit_dialog_finalize;
  signals[SIGNAL_SEND] = g_signal_new ("send", SYNC_TYPE_REQUEST_EDIT_DIALOG, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                       G_TYPE_NONE, 2, G_TYPE_INT64, G_TYPE_BYTES);
  gtk_widget_class_install_action (widget_class, "edit.send", NULL, send_action_cb);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "window.close", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Return, GDK_CONTROL_MASK, "edit.send", NULL);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/posawesome/Sync/sync-request-edit-dialog.ui");
  gtk_widget_class_bind_template_child (widget_class, SyncRequestEditDialog, subject_label);
  gtk_widget_class_bind_template_child (widget_class, SyncRequestEditDialog, words_label);
  gtk_widget_class_bind_template_child (widget_class, SyncRequestEditDialog, advice_label);
  gtk_widget_class_bind_template_child (widget_class, SyncRequestEditDialog, text_view);
  gtk_widget_class_bind_template_child (widget_class, SyncRequestEditDialog, trouble_label);
  gtk_widget_class_bind_template_child (widget_class, SyncRequestEditDialog, send_button);
}

static void
sync_request_edit_dialog_init (SyncRequestEditDialog *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  sync_button_name_keep_all (GTK_WIDGET (self));
}

/**
 * sync_request_edit_dialog_new:
 * @parent: the window in front of which it stands
 * @request: a refused request with its body
 *
 * Returns: (transfer none) (nullable): a window that is not yet shown; %NULL if what is sent is no text
 */
SyncRequestEditDialog *
sync_request_edit_dialog_new (GtkWindow *parent, const SyncRequest *request)
{
  gboolean is_json;
  g_autofree char *text = sync_request_payload_dup_editable (request, &is_json);
  g_autoptr (SyncSummary) summary = NULL;
  g_autofree char *subject = NULL;
  g_autofree char *advice = NULL;
  g_autofree char *words = NULL;
  SyncRequestEditDialog *self;
  GtkTextIter start;

  if (text == NULL)
    return NULL;
  summary = sync_summary_new (request->content_type, sync_request_get_body (request));
  subject = sync_request_act_dup_subject (request, summary);
  advice = sync_request_act_dup_advice (request);
  words = sync_engine_words_dup (request->error_message);
  self = g_object_new (SYNC_TYPE_REQUEST_EDIT_DIALOG, "transient-for", parent, "destroy-with-parent", TRUE, NULL);
  self->id = request->id;
  self->is_json = is_json;
  self->original = g_steal_pointer (&text);
  gtk_label_set_label (self->subject_label, subject);
  sync_label_set_optional (self->words_label, words);
  gtk_label_set_label (self->advice_label, advice);
  gtk_text_buffer_set_text (gtk_text_view_get_buffer (self->text_view), self->original, -1);
  gtk_text_buffer_get_start_iter (gtk_text_view_get_buffer (self->text_view), &start);
  gtk_text_buffer_place_cursor (gtk_text_view_get_buffer (self->text_view), &start);
  g_signal_connect_object (gtk_text_view_get_buffer (self->text_view), "changed", G_CALLBACK (update), self,
                           G_CONNECT_SWAPPED);
  update (self);
  return self;
}

/**
 * sync_request_edit_dialog_get_id:
 * @self: the window
 *
 * Returns: of the request that is edited
 */
gint64
sync_request_edit_dialog_get_id (SyncRequestEditDialog *self)
{
  return self->id;
}

/**
 * sync_request_edit_dialog_report:
 * @self: the window
 * @trouble: why what was typed is not sent
 *
 * Says so, and lets the person go on.
 */
void
sync_request_edit_dialog_report (SyncRequestEditDialog *self, const char *trouble)
{
  g_autofree char *words = sync_engine_words_dup (trouble);

  update (self);
  gtk_label_set_label (self->trouble_label, words);
}
