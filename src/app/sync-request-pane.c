/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pane beside a list, and in the window of sync_details_present(). It is made anew when the request is another one or
 * became something else, and stays as it is otherwise. Main thread. */
#include "config.h"

#include "sync-request-pane.h"

#include "sync-actor-words.h"
#include "sync-engine-words.h"
#include "sync-label.h"
#include "sync-request-act.h"
#include "sync-request-attempts.h"
#include "sync-request-payload.h"
#include "sync-request-tree.h"
#include "sync-words.h"

#include <glib/gi18n.h>
#include <inttypes.h>

/* Steps of the tree, in pixels. */
#define INDENT 18

struct _SyncRequestPane
{
  AdwBin parent_instance;

  SyncStore *reader; /* (owned) (nullable): NULL until there is one */
  SyncRequest *request; /* (owned) (nullable): as it is shown */

  GtkStack *stack; /* (unowned): the template's, as all that follow */
  AdwStatusPage *nothing_page; /* (unowned) */
  GtkScrolledWindow *scroller; /* (unowned) */
  GtkLabel *subject_label; /* (unowned) */
  GtkLabel *state_label; /* (unowned) */
  GtkLabel *words_label; /* (unowned) */
  GtkLabel *advice_label; /* (unowned) */
  GtkBox *groups_box; /* (unowned) */
  GtkWidget *payload_box; /* (unowned) */
  GtkTextView *payload_view; /* (unowned) */
};

enum
{
  SIGNAL_GO_TO,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SyncRequestPane, sync_request_pane, ADW_TYPE_BIN)

static AdwPreferencesGroup *
add_group (SyncRequestPane *self, const char *title)
{
  AdwPreferencesGroup *group = ADW_PREFERENCES_GROUP (adw_preferences_group_new ());

  adw_preferences_group_set_title (group, title);
  gtk_box_append (self->groups_box, GTK_WIDGET (group));
  return group;
}

static void
add_text (AdwPreferencesGroup *group, const char *title, const char *text)
{
  GtkWidget *row;

  if (text == NULL || *text == '\0')
    return;
  row = adw_action_row_new ();
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  sync_label_set_subtitle (ADW_ACTION_ROW (row), text);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), FALSE);
  adw_preferences_group_add (group, row);
}

static void
add_time (AdwPreferencesGroup *group, const char *title, gint64 wall_ms)
{
  g_autofree char *text = sync_words_time (wall_ms);

  add_text (group, title, text);
}

static void
add_document (SyncRequestPane *self, const SyncRequest *request, const SyncSummary *summary)
{
  AdwPreferencesGroup *group = add_group (self, _ ("Document"));
  g_autofree char *amount = sync_words_amount (summary);
  g_autofree char *author = sync_actor_words (request->author);

  add_text (group, _ ("Kind"), request->resource_type != NULL ? request->resource_type : sync_words_type (request));
  add_text (group, _ ("Name"), sync_request_get_document_name (request));
  add_text (group, _ ("Customer"), sync_summary_get_party (summary));
  add_text (group, _ ("Amount"), amount);
  add_time (group, _ ("Taken"), request->accepted_ms);
  add_text (group, _ ("By"), author);
  add_text (group, _ ("Key"), request->key);
}

static void
add_delivery (SyncRequestPane *self, const SyncRequest *request)
{
  AdwPreferencesGroup *group = add_group (self, _ ("Delivery"));
  g_autofree char *attempts = g_strdup_printf ("%u", request->attempts);
  g_autofree char *waits_for = request->waits_for != 0 ? sync_words_waits_for (request) : NULL;

  if (request->waits_for != 0 && !request->needs_person)
    add_text (group, _ ("Next try"), waits_for);
  else if (request->state == SYNC_STATE_PENDING || (request->state == SYNC_STATE_UNKNOWN && !request->needs_person))
    add_time (group, _ ("Next try"), request->next_retry_at_ms);
  add_text (group, _ ("Times sent"), attempts);
  add_text (group, _ ("Call"), request->method);
  add_text (group, _ ("Address"), sync_request_get_url (request));
  add_text (group, _ ("Why it was given up"), request->discard_reason);
}

static void
go_to_cb (SyncRequestPane *self, GtkButton *button)
{
  gint64 *id = g_object_get_data (G_OBJECT (button), "sync-id");

  g_signal_emit (self, signals[SIGNAL_GO_TO], 0, *id);
}

/* A way to each request of the tree. */
static void
add_nodes (SyncRequestPane *self, const char *title, GPtrArray *nodes)
{
  AdwPreferencesGroup *group;
  GtkWidget *box;

  if (nodes->len == 0)
    return;
  group = add_group (self, title);
  box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  gtk_widget_add_css_class (box, "card");
  adw_preferences_group_add (group, box);
  for (guint i = 0; i < nodes->len; i++)
    {
      const SyncRequestTreeNode *node = g_ptr_array_index (nodes, i);
      g_autoptr (SyncSummary) summary
          = sync_summary_new (node->request->content_type, sync_request_get_body (node->request));
      g_autofree char *subject = sync_request_act_dup_subject (node->request, summary);
      g_autofree char *text = g_strdup_printf ("%s – %s", subject, sync_words_state (node->request->state));
      GtkWidget *button = gtk_button_new ();
      GtkWidget *label = gtk_label_new (text);

      gtk_label_set_xalign (GTK_LABEL (label), 0);
      gtk_label_set_wrap (GTK_LABEL (label), TRUE);
      gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
      gtk_widget_set_margin_start (label, (int) node->depth * INDENT);
      gtk_button_set_child (GTK_BUTTON (button), label);
      gtk_widget_add_css_class (button, "flat");
      gtk_widget_set_tooltip_text (button, _ ("Show that entry"));
      gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
      g_object_set_data_full (G_OBJECT (button), "sync-id", g_memdup2 (&node->request->id, sizeof (gint64)), g_free);
      g_signal_connect_object (button, "clicked", G_CALLBACK (go_to_cb), self, G_CONNECT_SWAPPED);
      gtk_box_append (GTK_BOX (box), button);
    }
}

static void
add_tree (SyncRequestPane *self, const SyncRequest *request)
{
  g_autoptr (GPtrArray) above = sync_request_tree_list_above (self->reader, request);
  g_autoptr (GPtrArray) below = sync_request_tree_list_below (self->reader, request);

  add_nodes (self, _ ("It goes after"), above);
  add_nodes (self, _ ("After it go"), below);
}

static void
add_attempts (SyncRequestPane *self, gint64 id)
{
  g_autoptr (GPtrArray) attempts = sync_store_list_attempts (self->reader, id, NULL);
  AdwPreferencesGroup *group;

  if (attempts == NULL || attempts->len == 0)
    return;
  group = add_group (self, _ ("What was tried"));
  for (guint i = 0; i < attempts->len; i++)
    {
      const SyncAttempt *attempt = g_ptr_array_index (attempts, i);
      g_autofree char *title = sync_request_attempt_dup_title (attempt);
      g_autofree char *text = sync_request_attempt_dup_words (attempt);

      add_text (group, title, text);
    }
}

static void
show_payload (SyncRequestPane *self, const SyncRequest *request)
{
  g_autofree char *payload = sync_request_payload_dup_shown (request);

  gtk_widget_set_visible (self->payload_box, payload != NULL);
  gtk_text_buffer_set_text (gtk_text_view_get_buffer (self->payload_view), payload != NULL ? payload : "", -1);
}

static void
fill (SyncRequestPane *self, const SyncRequest *request)
{
  g_autoptr (SyncSummary) summary = sync_summary_new (request->content_type, sync_request_get_body (request));
  g_autofree char *subject = sync_request_act_dup_subject (request, summary);
  g_autofree char *advice = sync_request_act_dup_advice (request);
  g_autofree char *words = sync_engine_words_dup (request->error_message);
  GtkWidget *child;

  gtk_label_set_label (self->subject_label, subject);
  gtk_label_set_label (self->state_label, request->needs_person ? _ ("Nobody knows whether it arrived")
                                                                : sync_words_state (request->state));
  sync_label_set_optional (self->words_label, request->state != SYNC_STATE_COMPLETED ? words : NULL);
  sync_label_set_optional (self->advice_label, advice);
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self->groups_box))) != NULL)
    gtk_box_remove (self->groups_box, child);
  add_document (self, request, summary);
  add_delivery (self, request);
  add_tree (self, request);
  add_attempts (self, request->id);
  show_payload (self, request);
  gtk_stack_set_visible_child_name (self->stack, "request");
}

static gboolean
is_same (const SyncRequest *a, const SyncRequest *b)
{
  return a->id == b->id && a->updated_ms == b->updated_ms && a->state == b->state && a->attempts == b->attempts
         && a->waits_for == b->waits_for && a->waits_for_state == b->waits_for_state
         && a->next_retry_at_ms == b->next_retry_at_ms;
}

static void
copy_payload_action_cb (GtkWidget *widget, const char *name, GVariant *target)
{
  SyncRequestPane *self = SYNC_REQUEST_PANE (widget);
  GtkTextBuffer *buffer = gtk_text_view_get_buffer (self->payload_view);
  GtkTextIter start, end;
  g_autofree char *text = NULL;

  gtk_text_buffer_get_bounds (buffer, &start, &end);
  text = gtk_text_buffer_get_text (buffer, &start, &end, FALSE);
  gdk_clipboard_set_text (gtk_widget_get_clipboard (widget), text);
}

static void
sync_request_pane_dispose (GObject *object)
{
  SyncRequestPane *self = SYNC_REQUEST_PANE (object);

  g_clear_object (&self->reader);
  g_clear_pointer (&self->request, sync_request_unref);
  /* First: disposing of the template would take it away without telling. */
  adw_bin_set_child (ADW_BIN (self), NULL);
  gtk_widget_dispose_template (GTK_WIDGET (self), SYNC_TYPE_REQUEST_PANE);
  G_OBJECT_CLASS (sync_request_pane_parent_class)->dispose (object);
}

static void
sync_request_pane_class_init (SyncRequestPaneClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = sync_request_pane_dispose;
  signals[SIGNAL_GO_TO] = g_signal_new ("go-to", SYNC_TYPE_REQUEST_PANE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                        G_TYPE_NONE, 1, G_TYPE_INT64);
  gtk_widget_class_install_action (widget_class, "request.copy-payload", NULL, copy_payload_action_cb);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/posawesome/Sync/sync-request-pane.ui");
  gtk_widget_class_bind_template_child (widget_class, SyncRequestPane, stack);
  gtk_widget_class_bind_template_child (widget_class, SyncRequestPane, nothing_page);
  gtk_widget_class_bind_template_child (widget_class, SyncRequestPane, scroller);
  gtk_widget_class_bind_template_child (widget_class, SyncRequestPane, subject_label);
  gtk_widget_class_bind_template_child (widget_class, SyncRequestPane, state_label);
  gtk_widget_class_bind_template_child (widget_class, SyncRequestPane, words_label);
  gtk_widget_class_bind_template_child (widget_class, SyncRequestPane, advice_label);
  gtk_widget_class_bind_template_child (widget_class, SyncRequestPane, groups_box);
  gtk_widget_class_bind_template_child (widget_class, SyncRequestPane, payload_box);
  gtk_widget_class_bind_template_child (widget_class, SyncRequestPane, payload_view);
}

static void
sync_request_pane_init (SyncRequestPane *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  sync_request_pane_show_nothing (self, 0);
}

/**
 * sync_request_pane_set_reader:
 * @self: the pane
 * @reader: a store to read from
 */
void
sync_request_pane_set_reader (SyncRequestPane *self, SyncStore *reader)
{
  g_set_object (&self->reader, reader);
}

/**
 * sync_request_pane_show_request:
 * @self: a pane with a reader
 * @id: of a request
 *
 * Shows it as it is now.
 *
 * Returns: whether there is such a request, and it can be read
 */
gboolean
sync_request_pane_show_request (SyncRequestPane *self, gint64 id)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncRequest) request = sync_store_get (self->reader, id, &error);

  if (request == NULL)
    {
      g_message ("The request cannot be shown: %s", error->message);
      sync_request_pane_show_nothing (self, 0);
      return FALSE;
    }
  if (self->request == NULL || self->request->id != id)
    gtk_adjustment_set_value (gtk_scrolled_window_get_vadjustment (self->scroller), 0);
  else if (is_same (self->request, request))
    return TRUE;
  g_clear_pointer (&self->request, sync_request_unref);
  self->request = sync_request_ref (request);
  fill (self, request);
  return TRUE;
}

/**
 * sync_request_pane_show_nothing:
 * @self: the pane
 * @n_selected: how many requests are selected, if it is not one
 *
 * Shows how to have something shown.
 */
void
sync_request_pane_show_nothing (SyncRequestPane *self, guint n_selected)
{
  g_autofree char *title
      = n_selected > 0
            ? g_strdup_printf (ngettext ("%u entry is selected", "%u entries are selected", n_selected), n_selected)
            : g_strdup (_ ("No entry is selected"));

  g_clear_pointer (&self->request, sync_request_unref);
  adw_status_page_set_title (self->nothing_page, title);
  adw_status_page_set_description (self->nothing_page, n_selected > 0 ? NULL : _ ("Its details are shown here."));
  gtk_stack_set_visible_child_name (self->stack, "nothing");
}

/**
 * sync_request_pane_get_id:
 * @self: the pane
 *
 * Returns: of the request that it shows, 0 if it shows none
 */
gint64
sync_request_pane_get_id (SyncRequestPane *self)
{
  return self->request != NULL ? self->request->id : 0;
}

/**
 * sync_request_pane_refresh:
 * @self: the pane
 *
 * Shows what became of the request meanwhile.
 */
void
sync_request_pane_refresh (SyncRequestPane *self)
{
  if (self->request != NULL)
    sync_request_pane_show_request (self, self->request->id);
}
