/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person can choose, in the window, in the panel, in a notification or over the bus. Main thread. */
#include "config.h"

#include "sync-application-private.h"

#include "sync-conflict-desk.h"
#include "sync-ledger-window.h"
#include "sync-notifications.h"

#include <glib/gi18n.h>

/* Messages to the engine's thread. */

static void
sync_now_cb (SyncEngine *engine, gpointer user_data)
{
  sync_engine_force_sync (engine, NULL, NULL, 0, NULL);
}

static void
pause_cb (SyncEngine *engine, gpointer user_data)
{
  sync_engine_pause (engine, 0, NULL);
}

static void
pause_for_cb (SyncEngine *engine, gpointer user_data)
{
  sync_engine_pause (engine, *(gint64 *) user_data, NULL);
}

static void
resume_cb (SyncEngine *engine, gpointer user_data)
{
  sync_engine_resume (engine);
}

static void
quit_action_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  sync_application_quit (user_data);
}

/* The program goes on in the panel. Where there is none somebody is told how to come back to it; without a bus nobody could,
 * and in the demonstration nobody wants to. */
static void
close_window_action_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  SyncApplication *self = user_data;

  if (self->tray == NULL)
    sync_application_quit (self);
  if (self->quitting || self->window == NULL)
    return;
  if (!sync_tray_is_shown (self->tray))
    sync_notifications_tell_background (G_APPLICATION (self));
  gtk_window_destroy (GTK_WINDOW (self->window));
}

static void
sync_now_action_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  sync_application_ask (user_data, sync_now_cb, NULL, NULL);
}

/* The state follows when the engine says so. */
static void
pause_change_state_cb (GSimpleAction *action, GVariant *state, gpointer user_data)
{
  sync_application_ask (user_data, g_variant_get_boolean (state) ? pause_cb : resume_cb, NULL, NULL);
}

static void
pause_for_action_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  SyncApplication *self = user_data;
  gint64 for_ms = g_variant_get_int64 (parameter);

  sync_application_ask (self, pause_for_cb, g_memdup2 (&for_ms, sizeof for_ms), g_free);
}

static void
resume_action_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  sync_application_ask (user_data, resume_cb, NULL, NULL);
}

static void
open_action_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  SyncApplication *self = user_data;

  self->background = FALSE;
  g_application_activate (G_APPLICATION (self));
}

static void
site_opened_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (!g_app_info_launch_default_for_uri_finish (result, &error))
    g_message ("The point of sale cannot be opened: %s", error->message);
}

static void
open_site_action_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  SyncApplication *self = user_data;
  g_autofree char *uri = g_strconcat (self->config->base_url, "/app/posapp", NULL);

  g_app_info_launch_default_for_uri_async (uri, NULL, NULL, site_opened_cb, NULL);
}

static void
about_action_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  SyncApplication *self = user_data;

  if (self->window != NULL)
    adw_show_about_window (GTK_WINDOW (self->window), "application-name", "POSAwesome Sync", "application-icon",
                           SYNC_APP_ID, "version", SYNC_VERSION, "license-type", GTK_LICENSE_GPL_3_0, "comments",
                           _ ("Takes every sale, keeps it safe while the line is down, and delivers it to ERPNext "
                              "exactly once."),
                           NULL);
}

static void
set_up_action_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  sync_application_set_up (user_data);
}

static void
show_ledger_action_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  SyncApplication *self = user_data;

  if (self->window != NULL && self->demo != NULL)
    sync_ledger_window_present (GTK_WINDOW (self->window), self->demo);
}

/* Also from outside, where there may be no window yet. */
static void
show_conflict_action_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  SyncApplication *self = user_data;

  self->background = FALSE;
  g_application_activate (G_APPLICATION (self));
  if (self->window != NULL && self->status != NULL && !self->quitting)
    sync_conflict_desk_present (GTK_WINDOW (self->window), self->service, self->status, self->reader,
                                g_variant_get_int64 (parameter));
}

static const GActionEntry action_entries[] = {
  { .name = "sync-now", .activate = sync_now_action_cb },
  { .name = "pause", .state = "false", .change_state = pause_change_state_cb },
  { .name = "pause-for", .activate = pause_for_action_cb, .parameter_type = "x" },
  { .name = "resume", .activate = resume_action_cb },
  { .name = "close-window", .activate = close_window_action_cb },
  { .name = "open", .activate = open_action_cb },
  { .name = "open-site", .activate = open_site_action_cb },
  { .name = "about", .activate = about_action_cb },
  { .name = "show-conflict", .activate = show_conflict_action_cb, .parameter_type = "x" },
  { .name = "set-up", .activate = set_up_action_cb },
  { .name = "show-ledger", .activate = show_ledger_action_cb },
  { .name = "quit", .activate = quit_action_cb },
};

/* What needs a running engine. */
void
sync_application_enable_actions (SyncApplication *self, gboolean enabled)
{
  const char *const names[] = { "sync-now", "pause", "pause-for", "open-site" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    g_simple_action_set_enabled (
      G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self), names[i])), enabled);
}

/* Adds the actions and their keys. */
void
sync_application_add_actions (SyncApplication *self)
{
  static const struct
  {
    const char *action;
    const char *keys[2];
  } accels[] = {
    { "app.sync-now", { "F5" } },
    { "app.quit", { "<Control>q" } },
    { "window.close", { "<Control>w" } },
  };

  g_action_map_add_action_entries (G_ACTION_MAP (self), action_entries, G_N_ELEMENTS (action_entries), self);
  for (gsize i = 0; i < G_N_ELEMENTS (accels); i++)
    gtk_application_set_accels_for_action (GTK_APPLICATION (self), accels[i].action, accels[i].keys);
}
