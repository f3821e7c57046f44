/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The desktop program. One instance for a session; the service with engine and gateway runs in a thread of its own, and
 * everything here in the main thread: it asks by messages to the engine's context and never waits for it. */
#include "config.h"

#include "sync-application.h"

#include "sync-clock-system.h"
#include "sync-conflict-desk.h"
#include "sync-debug.h"
#include "sync-demo-terminal.h"
#include "sync-ledger-window.h"
#include "sync-notifications.h"
#include "sync-settings.h"
#include "sync-setup-dialog.h"
#include "sync-surroundings.h"
#include "sync-tray.h"
#include "sync-window.h"

#include <glib-unix.h>
#include <glib/gi18n.h>
#include <stdlib.h>

#define EXIT_USAGE 2

struct _SyncApplication
{
  AdwApplication parent_instance;

  gboolean background;            /* no window at the start */
  gint64 conflict;                /* id of the one to show at the start, 0: the first open one, -1: none */
  SyncDemo *demo;                 /* (owned) (nullable): set: the demonstration */
  GSettings *settings;            /* (owned) (nullable) */
  SyncSurroundings *surroundings; /* (owned) (nullable) */
  SyncConfig *config;             /* (owned) (nullable): NULL if there is nothing to run with */
  SyncClock *clock;               /* (owned) */
  SyncRandom *random;             /* (owned) */
  SyncServiceThread *service;     /* (owned) (nullable): NULL if it does not run */
  SyncStatus *status;             /* (owned) (nullable) */
  SyncStore *reader;              /* (owned) (nullable): for the window's lists */
  SyncTray *tray;                 /* (owned) (nullable) */
  SyncNotices *notices;           /* (owned) (nullable) */
  SyncWindow *window;             /* (unowned) (nullable): GTK owns it while it is open */
  char *problem;                  /* (owned) (nullable): why there is no service, for a person */
  gboolean quitting;
  guint on_term;                  /* source ids of the signal handlers, 0: none */
  guint on_int;
  int status_code;                /* what the process ends with */
};

G_DEFINE_FINAL_TYPE (SyncApplication, sync_application, ADW_TYPE_APPLICATION)

/* Messages to the engine's thread. */

static void
attach_cb (SyncEngine *engine, gpointer user_data)
{
  sync_status_attach (SYNC_STATUS (user_data), engine);
}

static void
detach_cb (SyncEngine *engine, gpointer user_data)
{
  sync_status_detach (SYNC_STATUS (user_data));
}

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
hint_network_cb (SyncEngine *engine, gpointer user_data)
{
  sync_engine_hint_network (engine, GPOINTER_TO_INT (user_data));
}

static void
set_config_cb (SyncEngine *engine, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (!sync_engine_set_config (engine, user_data, &error))
    g_message ("The changed settings are not used: %s", error->message);
}

static void
ask_engine (SyncApplication *self, SyncEngineFunc func)
{
  if (self->service != NULL && !self->quitting)
    sync_service_thread_invoke (self->service, func, NULL, NULL);
}

static void
network_hint_cb (SyncApplication *self, gboolean metered)
{
  if (self->service != NULL && !self->quitting)
    sync_service_thread_invoke (self->service, hint_network_cb, GINT_TO_POINTER (metered), NULL);
}

static void
config_changed_cb (SyncSurroundings *surroundings, SyncConfig *config, gpointer user_data)
{
  SyncApplication *self = user_data;

  if (self->service != NULL && !self->quitting)
    sync_service_thread_invoke (self->service, set_config_cb, sync_config_copy (config),
                                (GDestroyNotify) sync_config_free);
}

/* The service */

static void
status_changed_cb (SyncApplication *self)
{
  gboolean paused = sync_status_get_snapshot (self->status)->paused;

  g_simple_action_set_state (G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self), "pause")),
                             g_variant_new_boolean (paused));
  g_simple_action_set_enabled (G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self), "resume")), paused);
  if (self->notices != NULL)
    sync_notices_update (self->notices, sync_status_get_snapshot (self->status));
}

static gboolean
start_service (SyncApplication *self, GError **error)
{
  g_autoptr (SyncServiceThread) service = sync_service_thread_new (self->config, self->clock, self->random);

  if (!sync_service_thread_start (service, error))
    return FALSE;
  self->service = g_steal_pointer (&service);
  self->reader = sync_store_open_reader (self->config->data_dir, error);
  if (self->reader == NULL)
    return FALSE;
  self->status = sync_status_new (NULL, self->clock);
  g_signal_connect_swapped (self->status, "changed", G_CALLBACK (status_changed_cb), self);
  sync_service_thread_invoke (self->service, attach_cb, g_object_ref (self->status), g_object_unref);
  self->surroundings = sync_surroundings_new (self->settings);
  g_signal_connect_swapped (self->surroundings, "network-hint", G_CALLBACK (network_hint_cb), self);
  g_signal_connect (self->surroundings, "config-changed", G_CALLBACK (config_changed_cb), self);
  sync_surroundings_tell (self->surroundings);
  return TRUE;
}

/* In the panel, if there is a bus. The demonstration is in its window only. */
static void
start_tray (SyncApplication *self)
{
  g_autoptr (GError) error = NULL;

  if (self->status == NULL || self->demo != NULL || g_application_get_dbus_connection (G_APPLICATION (self)) == NULL)
    return;
  self->notices = sync_notices_new (self->clock);
  sync_notifications_show (self->notices, G_APPLICATION (self));
  self->tray = sync_tray_new (G_APPLICATION (self), self->status, &error);
  if (self->tray == NULL)
    g_message ("There is no icon in the panel: %s", error->message);
}

static void
set_actions_enabled (SyncApplication *self, gboolean enabled)
{
  const char *const names[] = { "sync-now", "pause", "pause-for", "open-site" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    g_simple_action_set_enabled (
      G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self), names[i])), enabled);
}

static void
prepare_service (SyncApplication *self)
{
  g_autoptr (GError) error = NULL;

  if (self->config->base_url == NULL)
    self->problem = g_strdup (_ ("The server's address is not set yet: tell which ERPNext this till belongs to."));
  else if (!start_service (self, &error))
    {
      self->problem = g_strdup (error->message);
      self->status_code = EXIT_FAILURE;
      g_printerr ("posawesome-sync: %s\n", error->message);
    }
  set_actions_enabled (self, self->problem == NULL);
  start_tray (self);
}

/* The end */

static void
leave (SyncApplication *self)
{
  if (self->window != NULL)
    gtk_window_destroy (GTK_WINDOW (self->window));
  g_application_quit (G_APPLICATION (self));
}

static void
shut_down_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncApplication) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!sync_service_thread_shutdown_finish (SYNC_SERVICE_THREAD (source), result, &error))
    {
      g_printerr ("posawesome-sync: %s\n", error->message);
      self->status_code = EXIT_FAILURE;
    }
  leave (self);
}

static void
quit (SyncApplication *self)
{
  if (self->quitting)
    return;
  self->quitting = TRUE;
  set_actions_enabled (self, FALSE);
  if (self->demo != NULL)
    sync_demo_stop (self->demo);
  if (self->service == NULL)
    {
      leave (self);
      return;
    }
  if (self->window != NULL)
    sync_window_show_finishing (self->window);
  if (self->status != NULL)
    sync_service_thread_invoke (self->service, detach_cb, g_object_ref (self->status), g_object_unref);
  sync_service_thread_shutdown_async (self->service, shut_down_cb, g_object_ref (self));
}

static gboolean
terminate_cb (gpointer user_data)
{
  quit (user_data);
  return G_SOURCE_CONTINUE;
}

/* Actions */

static void
quit_action_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  quit (user_data);
}

/* The program goes on in the panel. Where there is none somebody is told how to come back to it; without a bus nobody could,
 * and in the demonstration nobody wants to. */
static void
close_window_action_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  SyncApplication *self = user_data;

  if (self->tray == NULL)
    quit (self);
  if (self->quitting || self->window == NULL)
    return;
  if (!sync_tray_is_shown (self->tray))
    sync_notifications_tell_background (G_APPLICATION (self));
  gtk_window_destroy (GTK_WINDOW (self->window));
}

static void
sync_now_action_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  ask_engine (user_data, sync_now_cb);
}

/* The state follows when the engine says so. */
static void
pause_change_state_cb (GSimpleAction *action, GVariant *state, gpointer user_data)
{
  ask_engine (user_data, g_variant_get_boolean (state) ? pause_cb : resume_cb);
}

static void
pause_for_action_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  SyncApplication *self = user_data;
  gint64 for_ms = g_variant_get_int64 (parameter);

  if (self->service != NULL && !self->quitting)
    sync_service_thread_invoke (self->service, pause_for_cb, g_memdup2 (&for_ms, sizeof for_ms), g_free);
}

static void
resume_action_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  ask_engine (user_data, resume_cb);
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

/* A key on its way to the engine's thread. */
typedef struct
{
  char *token;  /* (owned) */
  char *secret; /* (owned) */
} Key;

static void
key_free (gpointer data)
{
  Key *key = data;

  g_free (key->token);
  g_free (key->secret);
  g_free (key);
}

static void
key_set_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncEngine) engine = user_data;
  g_autoptr (GError) error = NULL;

  if (!sync_credentials_set_finish (SYNC_CREDENTIALS (source), result, &error))
    g_message ("The API key is kept for this session only: %s", error->message);
  sync_engine_credentials_changed (engine);
}

static void
set_key_cb (SyncEngine *engine, gpointer user_data)
{
  const Key *key = user_data;

  sync_credentials_set_async (sync_engine_get_credentials (engine), key->token, key->secret, NULL, key_set_cb,
                              g_object_ref (engine));
}

/* Reads the settings with the new address, and starts to work. */
static gboolean
use_address (SyncApplication *self, const char *base_url, GError **error)
{
  SyncConfig *config;

  if (self->service != NULL)
    return TRUE;
  if (self->settings == NULL || !g_settings_set_string (self->settings, "base-url", base_url))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED, _ ("The settings cannot be written."));
      return FALSE;
    }
  g_settings_sync ();
  config = sync_config_new (self->settings, NULL, error);
  if (config == NULL)
    return FALSE;
  sync_config_free (self->config);
  self->config = config;
  g_clear_pointer (&self->problem, g_free);
  prepare_service (self);
  if (self->problem != NULL)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, self->problem);
      return FALSE;
    }
  return TRUE;
}

static void show_content (SyncApplication *self);

static void
set_up_cb (SyncSetupDialog *dialog, const char *base_url, const char *token, const char *secret, SyncApplication *self)
{
  g_autoptr (GError) error = NULL;
  gboolean is_new = self->service == NULL;
  Key *key;

  if (self->quitting)
    return;
  if (!use_address (self, base_url, &error))
    {
      sync_setup_dialog_show_refusal (dialog, error->message);
      return;
    }
  key = g_new0 (Key, 1);
  key->token = g_strdup (token);
  key->secret = g_strdup (secret);
  sync_service_thread_invoke (self->service, set_key_cb, key, key_free);
  if (is_new)
    show_content (self);
  gtk_window_destroy (GTK_WINDOW (dialog));
}

static void
set_up_action_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  SyncApplication *self = user_data;
  SyncSetupDialog *dialog;

  if (self->window == NULL || self->demo != NULL || self->quitting)
    return;
  dialog = sync_setup_dialog_new (GTK_WINDOW (self->window), self->config->base_url, self->config->base_url != NULL, self->clock);
  g_signal_connect_object (dialog, "save", G_CALLBACK (set_up_cb), self, G_CONNECT_DEFAULT);
  gtk_window_present (GTK_WINDOW (dialog));
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

/* The demonstration */

static void
caption_cb (SyncApplication *self, const char *caption)
{
  if (self->window != NULL)
    sync_window_set_caption (self->window, caption, FALSE);
}

static void
finished_cb (SyncApplication *self, gboolean succeeded)
{
  g_autofree char *verdict = sync_demo_dup_verdict (self->demo);

  sync_demo_terminal_print_ledger (self->demo);
  if (!succeeded)
    self->status_code = EXIT_FAILURE;
  if (self->window == NULL)
    return;
  sync_window_set_caption (self->window, verdict, TRUE);
  g_action_group_activate_action (G_ACTION_GROUP (self), "show-ledger", NULL);
}

static void
start_demo (SyncApplication *self)
{
  g_signal_connect_object (self->demo, "caption", G_CALLBACK (caption_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->demo, "finished", G_CALLBACK (finished_cb), self, G_CONNECT_SWAPPED);
  sync_demo_start (self->demo, self->service, self->status);
}

/* GApplication */

/* A start in the background finds nothing to do, and nothing to bring forward, where the program runs already. A conflict
 * is shown by the one that runs. */
static gboolean
sync_application_local_command_line (GApplication *application, char ***arguments, int *exit_status)
{
  SyncApplication *self = SYNC_APPLICATION (application);
  g_autoptr (GError) error = NULL;

  if (!g_application_register (application, NULL, &error))
    {
      g_printerr ("posawesome-sync: %s\n", error->message);
      *exit_status = EXIT_FAILURE;
      return TRUE;
    }
  if (self->conflict >= 0)
    {
      g_action_group_activate_action (G_ACTION_GROUP (application), "show-conflict", g_variant_new_int64 (self->conflict));
      *exit_status = EXIT_SUCCESS;
      return TRUE;
    }
  if (self->background && g_application_get_is_remote (application))
    {
      *exit_status = EXIT_SUCCESS;
      return TRUE;
    }
  return G_APPLICATION_CLASS (sync_application_parent_class)
    ->local_command_line (application, arguments, exit_status);
}

static void
sync_application_startup (GApplication *application)
{
  SyncApplication *self = SYNC_APPLICATION (application);
  const char *const sync_now[] = { "F5", NULL };
  const char *const quit_keys[] = { "<Control>q", NULL };
  const char *const close_keys[] = { "<Control>w", NULL };

  G_APPLICATION_CLASS (sync_application_parent_class)->startup (application);
  gtk_window_set_default_icon_name (SYNC_APP_ID);
  g_action_map_add_action_entries (G_ACTION_MAP (self), action_entries, G_N_ELEMENTS (action_entries), self);
  gtk_application_set_accels_for_action (GTK_APPLICATION (self), "app.sync-now", sync_now);
  gtk_application_set_accels_for_action (GTK_APPLICATION (self), "app.quit", quit_keys);
  gtk_application_set_accels_for_action (GTK_APPLICATION (self), "window.close", close_keys);
  self->on_term = g_unix_signal_add (SIGTERM, terminate_cb, self);
  self->on_int = g_unix_signal_add (SIGINT, terminate_cb, self);
  /* Until quit() lets go: also without a window there is work to do. */
  g_application_hold (application);
  prepare_service (self);
}

static void
show_content (SyncApplication *self)
{
  if (self->problem != NULL)
    {
      sync_window_show_problem (self->window, _ ("Not ready to work"), self->problem);
      if (self->config->base_url == NULL)
        sync_window_offer_set_up (self->window);
    }
  else
    sync_window_show_pages (self->window, self->service, self->status, self->reader, self->config->base_url);
}

static void
open_window (SyncApplication *self)
{
  self->window = sync_window_new (GTK_APPLICATION (self));
  g_object_add_weak_pointer (G_OBJECT (self->window), (gpointer *) &self->window);
  show_content (self);
  if (self->demo != NULL && self->problem == NULL)
    {
      sync_window_show_page (self->window, "queue");
      start_demo (self);
    }
}

static void
sync_application_activate (GApplication *application)
{
  SyncApplication *self = SYNC_APPLICATION (application);

  if (self->quitting)
    return;
  /* Only the first activation may be a start in the background. */
  if (self->background)
    {
      self->background = FALSE;
      return;
    }
  if (self->window == NULL)
    open_window (self);
  gtk_window_present (GTK_WINDOW (self->window));
}

static void
sync_application_shutdown (GApplication *application)
{
  SyncApplication *self = SYNC_APPLICATION (application);

  g_clear_handle_id (&self->on_term, g_source_remove);
  g_clear_handle_id (&self->on_int, g_source_remove);
  g_clear_object (&self->surroundings);
  g_clear_object (&self->tray);
  g_clear_object (&self->notices);
  if (self->status != NULL)
    g_signal_handlers_disconnect_by_data (self->status, self);
  g_clear_object (&self->status);
  g_clear_object (&self->reader);
  g_clear_object (&self->service);
  g_clear_object (&self->demo);
  G_APPLICATION_CLASS (sync_application_parent_class)->shutdown (application);
}

static void
sync_application_finalize (GObject *object)
{
  SyncApplication *self = SYNC_APPLICATION (object);

  if (self->window != NULL)
    g_object_remove_weak_pointer (G_OBJECT (self->window), (gpointer *) &self->window);
  g_clear_object (&self->demo);
  g_clear_object (&self->settings);
  g_clear_object (&self->clock);
  g_clear_object (&self->random);
  g_clear_pointer (&self->config, sync_config_free);
  g_free (self->problem);
  G_OBJECT_CLASS (sync_application_parent_class)->finalize (object);
}

static void
sync_application_class_init (SyncApplicationClass *klass)
{
  GApplicationClass *application_class = G_APPLICATION_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = sync_application_finalize;
  application_class->local_command_line = sync_application_local_command_line;
  application_class->startup = sync_application_startup;
  application_class->activate = sync_application_activate;
  application_class->shutdown = sync_application_shutdown;
}

static void
sync_application_init (SyncApplication *self)
{
  self->conflict = -1;
}

static SyncApplication *
make (GApplicationFlags flags)
{
  return g_object_new (SYNC_TYPE_APPLICATION, "application-id", SYNC_APP_ID, "resource-base-path",
                       "/org/posawesome/Sync", "flags", flags, NULL);
}

/**
 * sync_application_has_display:
 *
 * Returns: whether windows can be shown
 */
gboolean
sync_application_has_display (void)
{
  g_set_prgname (SYNC_APP_ID);
  return gtk_init_check ();
}

/**
 * sync_application_new:
 * @background: start without a window
 *
 * Returns: (transfer full): the desktop program
 */
SyncApplication *
sync_application_new (gboolean background)
{
  SyncApplication *self = make (G_APPLICATION_DEFAULT_FLAGS);

  self->background = background;
  self->clock = sync_clock_system_new ();
  self->random = sync_random_kernel_new ();
  return self;
}

/**
 * sync_application_set_conflict:
 * @self: the desktop program, before it runs
 * @id: of an open conflict; 0: the first
 *
 * Shows it at the start, in the program that runs already if there is one.
 */
void
sync_application_set_conflict (SyncApplication *self, gint64 id)
{
  self->conflict = id;
}

/**
 * sync_application_new_demo:
 * @demo: the story, opened
 *
 * Returns: (transfer full): the desktop program on the practice shop, beside any other that runs
 */
SyncApplication *
sync_application_new_demo (SyncDemo *demo)
{
  SyncApplication *self = make (G_APPLICATION_NON_UNIQUE);

  self->demo = g_object_ref (demo);
  self->config = sync_config_copy (sync_demo_get_config (demo));
  self->clock = g_object_ref (sync_demo_get_clock (demo));
  self->random = g_object_ref (sync_demo_get_random (demo));
  return self;
}

/**
 * sync_application_run:
 * @self: the desktop program
 *
 * Runs it, or brings forward the one that runs already.
 *
 * Returns: the exit status: 0 after an orderly end, 1 if the service could not run or the demonstration failed, 2 if a
 *   setting is wrong
 */
int
sync_application_run (SyncApplication *self)
{
  g_autoptr (GError) error = NULL;
  int status;

  if (self->config == NULL)
    {
      self->settings = sync_settings_open (sync_settings_find_bus ());
      self->config = sync_config_new (self->settings, NULL, &error);
      if (self->config == NULL)
        {
          g_printerr ("posawesome-sync: %s\n", error->message);
          return EXIT_USAGE;
        }
      if (self->config->debug)
        sync_debug_enable ();
    }
  status = g_application_run (G_APPLICATION (self), 0, NULL);
  return status != EXIT_SUCCESS ? status : self->status_code;
}
