/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person can choose, in the window, in the panel, in a notification or over the bus. Main thread. */
#include "config.h"

#include "sync-application-private.h"

#include "sync-about.h"
#include "sync-bus-object.h"
#include "sync-conflict-desk.h"
#include "sync-engine-words.h"
#include "sync-json-member.h"
#include "sync-ledger-window.h"
#include "sync-notifications.h"
#include "sync-words.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <stdlib.h>

/* Messages to the engine's thread. */

static void
sync_now_cb (SyncEngine *engine, gpointer user_data)
{
  g_autoptr (SyncSnapshot) snapshot = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *reason = NULL;
  const char *words;

  if (sync_engine_force_sync (engine, NULL, NULL, 0, &error))
    return;
  snapshot = sync_engine_dup_snapshot (engine);
  words = sync_words_not_tried (snapshot);
  reason = sync_engine_words_dup (error->message);
  sync_application_tell_later (words != NULL ? g_strdup (words)
                                             : g_strdup_printf (_ ("That was not possible: %s"), reason));
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

/* The pause that is there, with one type more or less; its end stays. */
static void
pause_types (SyncEngine *engine, const SyncSnapshot *snapshot, GStrvBuilder *builder)
{
  g_auto (GStrv) types = g_strv_builder_end (builder);
  gint64 left_ms = snapshot->paused_until_ms > 0 ? MAX (snapshot->paused_until_ms - snapshot->now_ms, 1) : 0;

  if (types[0] != NULL)
    sync_engine_pause (engine, left_ms, (const char *const *) types);
  else
    sync_engine_resume (engine);
}

static void
pause_type_cb (SyncEngine *engine, gpointer user_data)
{
  g_autoptr (SyncSnapshot) snapshot = sync_engine_dup_snapshot (engine);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  /* Everything is paused, and so is this. */
  if (snapshot->paused && snapshot->paused_types == NULL)
    return;
  if (snapshot->paused_types != NULL)
    g_strv_builder_addv (builder, (const char **) snapshot->paused_types);
  if (snapshot->paused_types == NULL || !g_strv_contains ((const char *const *) snapshot->paused_types, user_data))
    g_strv_builder_add (builder, user_data);
  pause_types (engine, snapshot, builder);
}

static void
resume_type_cb (SyncEngine *engine, gpointer user_data)
{
  g_autoptr (SyncSnapshot) snapshot = sync_engine_dup_snapshot (engine);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  if (snapshot->paused_types == NULL)
    return;
  for (gsize i = 0; snapshot->paused_types[i] != NULL; i++)
    if (!g_str_equal (snapshot->paused_types[i], user_data))
      g_strv_builder_add (builder, snapshot->paused_types[i]);
  pause_types (engine, snapshot, builder);
}

static void
set_offline_cb (SyncEngine *engine, gpointer user_data)
{
  sync_engine_set_offline (engine, GPOINTER_TO_INT (user_data));
}

static void
resume_cb (SyncEngine *engine, gpointer user_data)
{
  sync_engine_resume (engine);
}

/* A person sees what is waited for. */
static void
quit_action_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  SyncApplication *self = user_data;

  if (self->window == NULL && self->status != NULL && !self->quitting
      && sync_status_get_snapshot (self->status)->counts.n[SYNC_STATE_SENDING] > 0)
    {
      sync_application_open_window (self);
      gtk_window_present (GTK_WINDOW (self->window));
    }
  sync_application_quit (self);
}

static void
quit_now_action_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  sync_application_quit_now (user_data);
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
  if (!sync_tray_is_shown (self->tray) && !self->told_background)
    {
      self->told_background = TRUE;
      sync_notifications_tell_background (G_APPLICATION (self));
    }
  gtk_window_destroy (GTK_WINDOW (self->window));
  sync_application_tell_background (self);
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

/* The states follow when the engine says so. */
static void
offline_change_state_cb (GSimpleAction *action, GVariant *state, gpointer user_data)
{
  sync_application_ask (user_data, set_offline_cb, GINT_TO_POINTER (g_variant_get_boolean (state)), NULL);
}

static void
pause_type_action_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  sync_application_ask (user_data, pause_type_cb, g_variant_dup_string (parameter, NULL), g_free);
}

static void
resume_type_action_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  sync_application_ask (user_data, resume_type_cb, g_variant_dup_string (parameter, NULL), g_free);
}

static void
preferences_action_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  SyncApplication *self = user_data;

  if (self->background == NULL || self->quitting || self->moving)
    return;
  if (self->preferences == NULL)
    {
      self->preferences = sync_preferences_new (GTK_APPLICATION (self), self->settings, self->background, self->status);
      g_object_add_weak_pointer (G_OBJECT (self->preferences), (gpointer *) &self->preferences);
      gtk_window_set_transient_for (GTK_WINDOW (self->preferences), GTK_WINDOW (self->window));
    }
  gtk_window_present (GTK_WINDOW (self->preferences));
}

static void
open_action_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  SyncApplication *self = user_data;

  self->hidden = FALSE;
  g_application_activate (G_APPLICATION (self));
}

static void
site_opened_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncApplication) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *words = NULL;

  if (g_app_info_launch_default_for_uri_finish (result, &error))
    return;
  words = g_strdup_printf (_ ("The point of sale cannot be opened: %s"), error->message);
  sync_application_tell (self, words);
}

static void
open_site_action_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  SyncApplication *self = user_data;
  g_autofree char *uri = g_strconcat (self->config->base_url, "/app/posapp", NULL);

  g_app_info_launch_default_for_uri_async (uri, NULL, NULL, site_opened_cb, g_object_ref (self));
}

static void
about_action_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  SyncApplication *self = user_data;

  if (self->window != NULL)
    sync_about_present (GTK_WINDOW (self->window), self->status != NULL ? sync_status_get_snapshot (self->status) : NULL,
                        self->reader);
}

static void
set_up_action_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  SyncApplication *self = user_data;

  /* From a notification, where there may be no window yet. */
  if (self->window == NULL && self->preferences == NULL)
    {
      self->hidden = FALSE;
      g_application_activate (G_APPLICATION (self));
    }
  sync_application_set_up (self);
}

static void
show_keys_action_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  sync_application_show_keys (user_data);
}

static void
show_ledger_action_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  SyncApplication *self = user_data;

  if (self->window != NULL && self->demo != NULL)
    sync_ledger_window_present (GTK_WINDOW (self->window), self->demo);
}

#define OPEN "pending"

static char *
dup_not_open (gint64 id)
{
  return g_strdup_printf (_ ("There is no open conflict %" PRId64 "."), id);
}

static gboolean
is_open (SyncStore *reader, gint64 id)
{
  g_autoptr (SyncConflict) conflict = sync_store_get_conflict (reader, id, NULL);

  return conflict != NULL && g_strcmp0 (conflict->status, OPEN) == 0;
}

/* Also from outside, where there may be no window yet. In the place of a certain conflict no other is shown. */
static void
show_conflict_action_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  SyncApplication *self = user_data;
  gint64 id = g_variant_get_int64 (parameter);
  g_autofree char *words = NULL;

  self->hidden = FALSE;
  g_application_activate (G_APPLICATION (self));
  if (self->window == NULL || self->status == NULL || self->quitting || self->moving)
    return;
  if (id == 0 || is_open (self->reader, id))
    {
      sync_conflict_desk_present (GTK_WINDOW (self->window), self->service, self->status, self->reader, id);
      return;
    }
  words = dup_not_open (id);
  sync_window_show_page (self->window, "conflicts");
  sync_application_tell (self, words);
}

/* Whether the program that runs has that conflict, and it is open; TRUE as well if it does not say. */
static gboolean
is_open_elsewhere (GApplication *application, gint64 id)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *name = NULL;
  g_autoptr (GVariant) answer
    = g_dbus_connection_call_sync (g_application_get_dbus_connection (application), SYNC_APP_ID, SYNC_BUS_PATH,
                                   "org.posawesome.Sync1", "GetConflict", g_variant_new ("(x)", id), G_VARIANT_TYPE ("(s)"),
                                   G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  g_autoptr (JsonNode) conflict = NULL;
  const char *text;

  if (answer == NULL)
    {
      name = g_dbus_error_get_remote_error (error);
      return g_strcmp0 (name, "org.posawesome.Sync1.Error.NotFound") != 0;
    }
  g_variant_get (answer, "(&s)", &text);
  conflict = json_from_string (text, NULL);
  return conflict == NULL || !JSON_NODE_HOLDS_OBJECT (conflict)
         || g_strcmp0 (sync_json_member_text (json_node_get_object (conflict), "status", OPEN), OPEN) == 0;
}

/* The conflict of the command line; also in the program that runs already. Returns the exit status of the one that asks. */
int
sync_application_show_asked_conflict (SyncApplication *self)
{
  GApplication *application = G_APPLICATION (self);
  g_autofree char *words = NULL;

  g_action_group_activate_action (G_ACTION_GROUP (self), "show-conflict", g_variant_new_int64 (self->conflict));
  if (self->conflict == 0 || !g_application_get_is_remote (application) || is_open_elsewhere (application, self->conflict))
    return EXIT_SUCCESS;
  words = dup_not_open (self->conflict);
  g_printerr ("posawesome-sync: %s\n", words);
  return EXIT_FAILURE;
}

/* From a notification; the parameter as win.show-queue takes it. */
static void
show_queue_action_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  SyncApplication *self = user_data;

  self->hidden = FALSE;
  g_application_activate (G_APPLICATION (self));
  if (self->window != NULL && self->status != NULL && !self->quitting && !self->moving)
    gtk_widget_activate_action_variant (GTK_WIDGET (self->window), "win.show-queue", parameter);
}

static const GActionEntry action_entries[] = {
  { .name = "sync-now", .activate = sync_now_action_cb },
  { .name = "pause", .state = "false", .change_state = pause_change_state_cb },
  { .name = "pause-for", .activate = pause_for_action_cb, .parameter_type = "x" },
  { .name = "resume", .activate = resume_action_cb },
  { .name = "offline", .state = "false", .change_state = offline_change_state_cb },
  { .name = "pause-type", .activate = pause_type_action_cb, .parameter_type = "s" },
  { .name = "resume-type", .activate = resume_type_action_cb, .parameter_type = "s" },
  { .name = "close-window", .activate = close_window_action_cb },
  { .name = "open", .activate = open_action_cb },
  { .name = "open-site", .activate = open_site_action_cb },
  { .name = "preferences", .activate = preferences_action_cb },
  { .name = "about", .activate = about_action_cb },
  { .name = "show-conflict", .activate = show_conflict_action_cb, .parameter_type = "x" },
  { .name = "show-queue", .activate = show_queue_action_cb, .parameter_type = "s" },
  { .name = "set-up", .activate = set_up_action_cb },
  { .name = "show-keys", .activate = show_keys_action_cb },
  { .name = "show-ledger", .activate = show_ledger_action_cb },
  { .name = "quit", .activate = quit_action_cb },
  { .name = "quit-now", .activate = quit_now_action_cb },
};

static void
enable (SyncApplication *self, const char *name, gboolean enabled)
{
  g_simple_action_set_enabled (G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self), name)), enabled);
}

/* What needs a running engine. */
void
sync_application_enable_actions (SyncApplication *self, gboolean enabled)
{
  const char *const names[] = { "sync-now", "pause", "pause-for", "offline", "pause-type", "resume-type", "open-site", "show-keys" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    enable (self, names[i], enabled);
  enable (self, "set-up", self->settings != NULL && !self->quitting);
  enable (self, "preferences", self->settings != NULL && !self->quitting);
  enable (self, "quit-now", self->quitting);
}

static void
set_state (SyncApplication *self, const char *name, gboolean state)
{
  g_simple_action_set_state (G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self), name)),
                             g_variant_new_boolean (state));
}

/* The states of the engine's switches. */
void
sync_application_follow_status (SyncApplication *self)
{
  const SyncSnapshot *snapshot = sync_status_get_snapshot (self->status);

  set_state (self, "pause", snapshot->paused);
  set_state (self, "offline", snapshot->offline_by_hand);
  enable (self, "resume", snapshot->paused && !self->quitting);
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
    { "app.preferences", { "<Control>comma" } },
    { "app.quit", { "<Control>q" } },
    { "window.close", { "<Control>w" } },
  };

  g_action_map_add_action_entries (G_ACTION_MAP (self), action_entries, G_N_ELEMENTS (action_entries), self);
  for (gsize i = 0; i < G_N_ELEMENTS (accels); i++)
    gtk_application_set_accels_for_action (GTK_APPLICATION (self), accels[i].action, accels[i].keys);
  sync_application_add_take_over (self);
}
