/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the program ends, and what it does when the machine is about to: what is on its way is waited for, nothing new is
 * begun, and whoever cannot wait may go at once, which loses nothing. Main thread. */
#include "config.h"

#include "sync-application-private.h"

#include <glib-unix.h>
#include <stdlib.h>

/* If nobody says that the machine goes on after all, delivery does by itself after so long. */
#define HOLD_MS 60000
/* The user is asked whether to log out, and may say no; of that nobody hears. */
#define ASKED_MS 30000

static void
hold_cb (SyncEngine *engine, gpointer user_data)
{
  sync_engine_hold (engine, GPOINTER_TO_INT (user_data));
}

static void
stop_cb (SyncEngine *engine, gpointer user_data)
{
  sync_engine_stop (engine);
}

/* Nothing is left to wait for. */
void
sync_application_leave (SyncApplication *self)
{
  self->ended = TRUE;
  if (self->preferences != NULL)
    gtk_window_destroy (GTK_WINDOW (self->preferences));
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
  sync_application_leave (self);
}

/* Ends the program with care; a second time has no effect. */
void
sync_application_quit (SyncApplication *self)
{
  if (self->quitting)
    return;
  self->quitting = TRUE;
  sync_application_enable_actions (self, FALSE);
  if (self->demo != NULL)
    sync_demo_stop (self->demo);
  if (self->moving)
    return;
  if (self->service == NULL)
    {
      sync_application_leave (self);
      return;
    }
  if (self->preferences != NULL)
    gtk_window_destroy (GTK_WINDOW (self->preferences));
  if (self->window != NULL)
    sync_window_show_finishing (self->window);
  sync_service_thread_shutdown_async (self->service, shut_down_cb, g_object_ref (self));
}

/* Waits no longer for what is on its way; the next start finds out what became of it. */
void
sync_application_quit_now (SyncApplication *self)
{
  if (self->quitting && !self->ended && self->service != NULL)
    sync_service_thread_invoke (self->service, stop_cb, NULL, NULL);
}

/* Ends with care where the main loop is over already. */
void
sync_application_finish (SyncApplication *self)
{
  sync_application_quit (self);
  while (!self->ended)
    g_main_context_iteration (NULL, TRUE);
}

static gboolean
terminate_cb (gpointer user_data)
{
  sync_application_quit (user_data);
  return G_SOURCE_CONTINUE;
}

static void
resting_cb (SyncApplication *self, gboolean resting)
{
  sync_application_ask (self, hold_cb, GINT_TO_POINTER (resting ? HOLD_MS : 0), NULL);
}

static void
query_end_cb (SyncApplication *self)
{
  sync_application_ask (self, hold_cb, GINT_TO_POINTER (ASKED_MS), NULL);
}

/* From now on SIGTERM and SIGINT end the program as a person does, once the main loop runs. The service may run before that. */
void
sync_application_catch_signals (SyncApplication *self)
{
  if (self->on_term != 0)
    return;
  self->on_term = g_unix_signal_add (SIGTERM, terminate_cb, self);
  self->on_int = g_unix_signal_add (SIGINT, terminate_cb, self);
}

/* From now on it hears when it, the session or the machine is about to end or to sleep. */
void
sync_application_listen (SyncApplication *self)
{
  sync_application_catch_signals (self);
  if (self->demo != NULL)
    return;
  g_signal_connect (self, "query-end", G_CALLBACK (query_end_cb), NULL);
  self->inhibitor = sync_inhibitor_new ();
  g_signal_connect_object (self->inhibitor, "resting", G_CALLBACK (resting_cb), self, G_CONNECT_SWAPPED);
}
