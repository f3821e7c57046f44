/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The desktop program. One instance for a session; the service with engine and gateway runs in a thread of its own, and
 * everything here in the main thread: it asks by messages to the engine's context and never waits for it. */
#include "config.h"

#include "sync-application-private.h"

#include "sync-clock-system.h"
#include "sync-debug.h"
#include "sync-error.h"
#include "sync-demo-terminal.h"
#include "sync-engine-words.h"
#include "sync-notifications.h"
#include "sync-request-list.h"
#include "sync-settings.h"
#include "sync-words.h"

#include <glib/gi18n.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stdlib.h>

#define EXIT_USAGE 2
/* A program that was started in the same moment, and is not the one that runs, gives the queue back at once. */
#define LOOKS_BEFORE_TELLING 5

G_DEFINE_FINAL_TYPE (SyncApplication, sync_application, ADW_TYPE_APPLICATION)

/* Words for a person, who may look or not. */

/* In front of whoever looks; else as a notification that leads to the window. */
void
sync_application_tell (SyncApplication *self, const char *words)
{
  g_message ("%s", words);
  if (self->quitting)
    return;
  if (self->preferences != NULL && (self->window == NULL || gtk_window_is_active (GTK_WINDOW (self->preferences))))
    sync_preferences_tell (self->preferences, words);
  else if (self->window != NULL)
    sync_window_tell (self->window, words);
  else if (self->tray != NULL)
    sync_notifications_tell (G_APPLICATION (self), words);
}

static gboolean
tell_cb (gpointer user_data)
{
  GApplication *application = g_application_get_default ();

  if (application != NULL)
    sync_application_tell (SYNC_APPLICATION (application), user_data);
  return G_SOURCE_REMOVE;
}

/* From the engine's thread; takes @words. */
void
sync_application_tell_later (char *words)
{
  g_main_context_invoke_full (NULL, G_PRIORITY_DEFAULT, tell_cb, words, g_free);
}

/* Messages to the engine's thread. */

static void
attach_cb (SyncEngine *engine, gpointer user_data)
{
  sync_status_attach (SYNC_STATUS (user_data), engine);
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
  g_autofree char *reason = NULL;

  if (sync_engine_set_config (engine, user_data, &error))
    return;
  reason = sync_engine_words_dup (error->message);
  sync_application_tell_later (g_strdup_printf (_ ("The changed settings are not used: %s"), reason));
}

/* Sends a function to the engine's thread, if there is one and it is not about to end; @destroy frees @user_data in either
 * case. */
void
sync_application_ask (SyncApplication *self, SyncEngineFunc func, gpointer user_data, GDestroyNotify destroy)
{
  if (self->service != NULL && !self->quitting)
    sync_service_thread_invoke (self->service, func, user_data, destroy);
  else if (destroy != NULL)
    destroy (user_data);
}

static void
network_hint_cb (SyncApplication *self, gboolean metered)
{
  sync_application_ask (self, hint_network_cb, GINT_TO_POINTER (metered), NULL);
}

/* Another server is more than another setting. */
static void
config_changed_cb (SyncSurroundings *surroundings, SyncConfig *config, gpointer user_data)
{
  SyncApplication *self = user_data;
  g_autoptr (GError) error = NULL;

  if (config->base_url != NULL && g_strcmp0 (config->base_url, self->config->base_url) != 0)
    {
      g_autofree char *words = NULL;

      if (sync_application_move (self, config->base_url, &error))
        return;
      words = g_strdup_printf (_ ("The changed settings are not used: %s"), error->message);
      sync_application_tell (self, words);
      return;
    }
  sync_application_ask (self, set_config_cb, sync_config_copy (config), (GDestroyNotify) sync_config_free);
}

/* The service */

/* Where no panel shows it, the desktop's own list of such programs may. */
void
sync_application_tell_background (SyncApplication *self)
{
  const SyncSnapshot *snapshot = NULL;
  g_autofree char *status = NULL;
  g_autofree char *needs = NULL;
  g_autofree char *words = NULL;

  if (self->status == NULL || self->window != NULL || self->background == NULL
      || (self->tray != NULL && sync_tray_is_shown (self->tray)))
    return;
  snapshot = sync_status_get_snapshot (self->status);
  status = sync_words_status (snapshot, sync_request_list_only_sales_wait (self->reader));
  needs = sync_words_needs (snapshot);
  /* The end may be cut. */
  words = needs != NULL ? g_strdup_printf ("%s %s", needs, status) : g_strdup (status);
  sync_background_tell (self->background, words);
}

static void
status_changed_cb (SyncApplication *self)
{
  sync_application_follow_status (self);
  if (self->inhibitor != NULL)
    sync_inhibitor_set_busy (self->inhibitor,
                             sync_status_get_snapshot (self->status)->counts.n[SYNC_STATE_SENDING] > 0);
  if (self->quitting)
    return;
  if (self->notices != NULL)
    sync_notices_update (self->notices, sync_status_get_snapshot (self->status));
  sync_application_tell_background (self);
}

/* Starts the thread, which is on @bus, if that is given, when this returns. */
static gboolean
launch_service (SyncApplication *self, GDBusConnection *bus, GError **error)
{
  g_autoptr (SyncServiceThread) service = sync_service_thread_new (self->config, self->clock, self->random);

  /* The demonstration is nobody's queue. */
  if (bus != NULL && self->demo == NULL)
    sync_service_thread_set_bus (service, bus);
  if (!sync_service_thread_start (service, error))
    return FALSE;
  self->service = g_steal_pointer (&service);
  return TRUE;
}

static gboolean
start_service (SyncApplication *self, GError **error)
{
  sync_application_drop_absent (self);
  if (self->service == NULL
      && !launch_service (self, g_application_get_dbus_connection (G_APPLICATION (self)), error))
    return FALSE;
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
  if (self->settings != NULL)
    sync_notifications_follow (self->notices, self->settings);
  self->tray = sync_tray_new (G_APPLICATION (self), self->status, self->reader, &error);
  if (self->tray == NULL)
    g_message ("There is no icon in the panel: %s", error->message);
  else
    g_signal_connect_object (self->tray, "shown-changed", G_CALLBACK (sync_application_tell_background), self,
                             G_CONNECT_SWAPPED);
}

/* Starts to work, or says what is in the way. */
void
sync_application_prepare_service (SyncApplication *self)
{
  g_autoptr (GError) error = NULL;

  self->locked = FALSE;
  if (self->config->base_url == NULL)
    {
      error = sync_application_no_address ();
      self->problem = g_strdup (_ ("The server's address is not set yet: tell which ERPNext this till belongs to."));
    }
  else if (!start_service (self, &error))
    {
      self->problem = sync_engine_words_dup (error->message);
      self->locked = g_error_matches (error, SYNC_ERROR, SYNC_ERROR_LOCKED);
      self->status_code = EXIT_FAILURE;
      g_printerr ("posawesome-sync: %s\n", error->message);
    }
  if (self->locked)
    sync_application_wait_for_queue (self);
  if (error != NULL && self->demo == NULL)
    sync_application_answer_absent (self, g_application_get_dbus_connection (G_APPLICATION (self)), error);
  sync_application_enable_actions (self, self->problem == NULL);
  start_tray (self);
}

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

  /* All is well without it, and the name on the bus is that one's. */
  if (self->hidden && self->demo == NULL && sync_application_is_in_headless_hands (self))
    {
      g_printerr ("posawesome-sync: process %d looks after the queue without a window; there is nothing to do\n",
                  sync_store_get_holder (self->config->data_dir));
      *exit_status = EXIT_FAILURE;
      return TRUE;
    }
  if (!g_application_register (application, NULL, &error))
    {
      g_printerr ("posawesome-sync: %s\n", error->message);
      *exit_status = EXIT_FAILURE;
      return TRUE;
    }
  if (self->conflict >= 0)
    {
      *exit_status = sync_application_show_asked_conflict (self);
      return TRUE;
    }
  if (self->hidden && g_application_get_is_remote (application))
    {
      *exit_status = EXIT_SUCCESS;
      return TRUE;
    }
  return G_APPLICATION_CLASS (sync_application_parent_class)->local_command_line (application, arguments, exit_status);
}

static void
sync_application_startup (GApplication *application)
{
  SyncApplication *self = SYNC_APPLICATION (application);

  G_APPLICATION_CLASS (sync_application_parent_class)->startup (application);
  gtk_window_set_default_icon_name (SYNC_APP_ID);
  sync_application_add_actions (self);
  sync_application_listen (self);
  /* Until quit() lets go: also without a window there is work to do. */
  g_application_hold (application);
  if (self->settings != NULL)
    self->background = sync_background_new (g_application_get_dbus_connection (application), self->settings);
  sync_application_prepare_service (self);
  sync_application_follow_address (self);
}

/* Whether this program will have the name: nobody has it, or one without a window, which makes room. */
static gboolean
name_can_be_had (GDBusConnection *connection)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer
    = g_dbus_connection_call_sync (connection, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                   "GetConnectionUnixProcessID", g_variant_new ("(s)", SYNC_APP_ID),
                                   G_VARIANT_TYPE ("(u)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  guint32 pid = 0;

  if (answer == NULL)
    return g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER);
  g_variant_get (answer, "(u)", &pid);
  return sync_application_is_headless (pid);
}

/* Whoever had the program started by a call has that waiting for the name, and whoever called the headless one goes on
 * calling: what they call is there before the name is. One that cannot start says why when it is known to be the only
 * one. */
static gboolean
sync_application_dbus_register (GApplication *application, GDBusConnection *connection, const char *path, GError **error)
{
  SyncApplication *self = SYNC_APPLICATION (application);

  if (!G_APPLICATION_CLASS (sync_application_parent_class)->dbus_register (application, connection, path, error))
    return FALSE;
  if (self->demo != NULL)
    return TRUE;
  if (self->config->base_url == NULL)
    {
      g_autoptr (GError) reason = sync_application_no_address ();

      sync_application_answer_absent (self, connection, reason);
    }
  else if (name_can_be_had (connection))
    {
      g_autoptr (GError) reason = NULL;

      sync_application_catch_signals (self);
      if (!launch_service (self, connection, &reason))
        sync_application_answer_absent (self, connection, reason);
    }
  return TRUE;
}

/* Also of one that was started in the same moment as another, and is not the one that runs. */
static void
sync_application_dbus_unregister (GApplication *application, GDBusConnection *connection, const char *path)
{
  SyncApplication *self = SYNC_APPLICATION (application);

  sync_application_drop_absent (self);
  g_clear_object (&self->service);
  G_APPLICATION_CLASS (sync_application_parent_class)->dbus_unregister (application, connection, path);
}

/* The queue, or why there is none. */
void
sync_application_show_content (SyncApplication *self)
{
  if (self->locked)
    sync_application_show_locked (self);
  else if (self->problem != NULL)
    {
      sync_window_show_problem (self->window, _ ("Not ready to work"), self->problem);
      if (self->config->base_url == NULL)
        sync_window_offer_remedy (self->window, _ ("_Set up…"), "app.set-up");
    }
  else
    sync_window_show_pages (self->window, self->service, self->status, self->reader, self->config->base_url);
}

static gboolean
give_memory_back_cb (gpointer user_data)
{
#ifdef __GLIBC__
  malloc_trim (0);
#endif
  return G_SOURCE_REMOVE;
}

/* What a window leaves behind is of no use to a program that may stay in the panel for days. */
static void
window_gone_cb (gpointer data, GObject *window)
{
  g_idle_add_full (G_PRIORITY_LOW, give_memory_back_cb, NULL, NULL);
}

/* Opens the window on whatever there is to show. */
void
sync_application_open_window (SyncApplication *self)
{
  self->window = sync_window_new (GTK_APPLICATION (self));
  g_object_add_weak_pointer (G_OBJECT (self->window), (gpointer *) &self->window);
  g_object_weak_ref (G_OBJECT (self->window), window_gone_cb, NULL);
  sync_application_show_content (self);
  if (g_application_get_dbus_connection (G_APPLICATION (self)) != NULL)
    sync_notifications_withdraw_told (G_APPLICATION (self));
  if (self->demo != NULL && self->problem == NULL)
    {
      sync_window_show_page (self->window, "queue");
      start_demo (self);
    }
}

/* Nothing works, and nobody sees that: whoever may help is told, of a queue that another one has only if that lasts. */
static void
hide_in_trouble (SyncApplication *self)
{
  if (self->locked)
    self->untold = LOOKS_BEFORE_TELLING;
  else
    sync_application_tell_hidden (self);
}

static void
sync_application_activate (GApplication *application)
{
  SyncApplication *self = SYNC_APPLICATION (application);

  if (self->quitting)
    return;
  /* Only the first activation may be a start in the background. */
  if (self->hidden)
    {
      self->hidden = FALSE;
      if (self->problem != NULL)
        hide_in_trouble (self);
      return;
    }
  if (self->moving)
    {
      self->wants_window = TRUE;
      return;
    }
  if (self->window == NULL)
    sync_application_open_window (self);
  gtk_window_present (GTK_WINDOW (self->window));
}

static void
sync_application_shutdown (GApplication *application)
{
  SyncApplication *self = SYNC_APPLICATION (application);

  /* The session's manager ends the main loop without asking. */
  sync_application_finish (self);
  g_clear_handle_id (&self->on_term, g_source_remove);
  g_clear_handle_id (&self->on_int, g_source_remove);
  g_clear_object (&self->surroundings);
  g_clear_object (&self->tray);
  g_clear_object (&self->notices);
  if (self->status != NULL)
    g_signal_handlers_disconnect_by_data (self->status, self);
  g_clear_object (&self->inhibitor);
  g_clear_object (&self->background);
  /* It ends the engine that the status follows. */
  g_clear_object (&self->service);
  g_clear_object (&self->status);
  g_clear_object (&self->reader);
  g_clear_object (&self->demo);
  G_APPLICATION_CLASS (sync_application_parent_class)->shutdown (application);
}

static void
sync_application_finalize (GObject *object)
{
  SyncApplication *self = SYNC_APPLICATION (object);

  g_clear_weak_pointer (&self->window);
  g_clear_weak_pointer (&self->preferences);
  g_clear_object (&self->demo);
  g_clear_object (&self->settings);
  g_clear_object (&self->clock);
  g_clear_object (&self->random);
  g_clear_pointer (&self->config, sync_config_free);
  g_clear_handle_id (&self->on_take_over, g_source_remove);
  g_clear_handle_id (&self->on_free, g_source_remove);
  g_free (self->problem);
  G_OBJECT_CLASS (sync_application_parent_class)->finalize (object);
}

static void
sync_application_class_init (SyncApplicationClass *klass)
{
  GApplicationClass *application_class = G_APPLICATION_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = sync_application_finalize;
  application_class->local_command_line = sync_application_local_command_line;
  application_class->dbus_register = sync_application_dbus_register;
  application_class->dbus_unregister = sync_application_dbus_unregister;
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
                       "/org/posawesome/Sync", "flags", flags, "register-session", flags != G_APPLICATION_NON_UNIQUE,
                       NULL);
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
  /* A headless program lets the name be taken; another of these does not. */
  SyncApplication *self = make (G_APPLICATION_REPLACE);

  self->hidden = background;
  self->clock = sync_clock_system_new ();
  self->random = sync_random_kernel_new ();
  return self;
}

/**
 * sync_application_set_conflict:
 * @self: the desktop program, before it runs
 * @id: of a conflict; 0: the first that is open
 *
 * Shows it, if it is open, at the start, in the program that runs already if there is one.
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
      gboolean has_bus = sync_settings_find_bus ();

      self->settings = sync_settings_open (has_bus);
      if (has_bus || sync_settings_check_file (&error))
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
