/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One request with everything that the list has no room for: what it is, what was tried, and what the server said, in
 * full. A picture of the moment when it was opened. Main thread. */
#include "config.h"

#include "sync-details.h"

#include "sync-dialog.h"
#include "sync-words.h"

#include <adwaita.h>
#include <glib/gi18n.h>

static void
add_text (AdwPreferencesGroup *group, const char *title, const char *text)
{
  GtkWidget *row;
  g_autofree char *escaped = NULL;

  if (text == NULL || *text == '\0')
    return;
  escaped = g_markup_escape_text (text, -1);
  row = adw_action_row_new ();
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), escaped);
  adw_preferences_group_add (group, row);
}

static void
add_time (AdwPreferencesGroup *group, const char *title, gint64 wall_ms)
{
  g_autofree char *text = sync_words_time (wall_ms);

  add_text (group, title, text);
}

static AdwPreferencesGroup *
add_group (AdwPreferencesPage *page, const char *title)
{
  AdwPreferencesGroup *group = ADW_PREFERENCES_GROUP (adw_preferences_group_new ());

  adw_preferences_group_set_title (group, title);
  adw_preferences_page_add (page, group);
  return group;
}

static void
add_document (AdwPreferencesPage *page, const SyncRequest *request)
{
  AdwPreferencesGroup *group = add_group (page, _ ("Document"));
  g_autoptr (SyncSummary) summary = sync_summary_new (request->content_type, sync_request_get_body (request));
  g_autofree char *amount = sync_words_amount (summary);

  add_text (group, _ ("Kind"), sync_words_type (request));
  add_text (group, _ ("Name"), sync_request_get_document_name (request));
  add_text (group, _ ("Customer"), sync_summary_get_party (summary));
  add_text (group, _ ("Amount"), amount);
  add_text (group, _ ("Key"), request->key);
  add_time (group, _ ("Taken"), request->accepted_ms);
}

static void
add_delivery (AdwPreferencesPage *page, const SyncRequest *request)
{
  AdwPreferencesGroup *group = add_group (page, _ ("Delivery"));
  g_autofree char *attempts = g_strdup_printf ("%u", request->attempts);
  g_autofree char *waits_for = request->waits_for != 0 ? sync_words_waits_for (request) : NULL;

  add_text (group, _ ("State"), sync_words_state (request->state));
  if (request->waits_for != 0 && !request->needs_person)
    add_text (group, _ ("Next try"), waits_for);
  else if (request->state != SYNC_STATE_COMPLETED && request->state != SYNC_STATE_DISCARDED && !request->needs_person)
    add_time (group, _ ("Next try"), request->next_retry_at_ms);
  add_text (group, _ ("Times sent"), attempts);
  add_text (group, _ ("Call"), request->method);
  add_text (group, _ ("Address"), sync_request_get_url (request));
  if (request->state != SYNC_STATE_COMPLETED)
    add_text (group, _ ("What the server said"), request->error_message);
  add_text (group, _ ("Why it was given up"), request->discard_reason);
}

static char *
describe_attempt (const SyncAttempt *attempt)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (attempt->http_status > 0)
    g_string_append_printf (text, _ ("answer %u"), attempt->http_status);
  if (attempt->duration_us >= 0)
    {
      g_string_append (text, text->len > 0 ? ", " : "");
      g_string_append_printf (text, _ ("%.1f s"), (double) attempt->duration_us / G_USEC_PER_SEC);
    }
  if (attempt->message != NULL && *attempt->message != '\0')
    g_string_append_printf (text, "%s%s", text->len > 0 ? "\n" : "", attempt->message);
  if (text->len == 0)
    g_string_append (text, _ ("no answer yet"));
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static const char *
attempt_kind_words (const char *kind)
{
  if (g_strcmp0 (kind, "look") == 0)
    return _ ("Looked for");
  if (g_strcmp0 (kind, "person") == 0)
    return _ ("Decided by a person");
  return _ ("Sent");
}

static void
add_attempts (AdwPreferencesPage *page, SyncStore *reader, gint64 request_id)
{
  g_autoptr (GPtrArray) attempts = sync_store_list_attempts (reader, request_id, NULL);
  AdwPreferencesGroup *group;

  if (attempts == NULL || attempts->len == 0)
    return;
  group = add_group (page, _ ("What was tried"));
  for (guint i = 0; i < attempts->len; i++)
    {
      const SyncAttempt *attempt = g_ptr_array_index (attempts, i);
      g_autofree char *time = sync_words_time (attempt->started_ms);
      g_autofree char *title = g_strdup_printf ("%s %s", attempt_kind_words (attempt->kind), time);
      g_autofree char *text = describe_attempt (attempt);

      add_text (group, title, text);
    }
}

/**
 * sync_details_present:
 * @parent: the window in front of which it is shown
 * @reader: a store to read from
 * @request_id: of what
 *
 * Shows one request.
 *
 * Returns: (transfer none) (nullable): the dialog, %NULL if there is no such request any more
 */
GtkWindow *
sync_details_present (GtkWindow *parent, SyncStore *reader, gint64 request_id)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncRequest) request = sync_store_get (reader, request_id, &error);
  AdwPreferencesPage *page;
  GtkWindow *window;

  if (request == NULL)
    {
      g_message ("The request cannot be shown: %s", error != NULL ? error->message : "it is gone");
      return NULL;
    }
  page = ADW_PREFERENCES_PAGE (adw_preferences_page_new ());
  add_document (page, request);
  add_delivery (page, request);
  add_attempts (page, reader, request_id);
  gtk_widget_set_vexpand (GTK_WIDGET (page), TRUE);
  window = sync_dialog_new (parent, _ ("Details"), GTK_WIDGET (page));
  gtk_window_set_default_size (window, 520, 540);
  gtk_window_present (window);
  return window;
}
