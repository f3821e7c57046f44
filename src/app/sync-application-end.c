/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the program ends: what is on its way is waited for. Main thread. */
#include "config.h"

#include "sync-application-private.h"

#include <glib-unix.h>
#include <stdlib.h>

static void
detach_cb (SyncEngine *engine, gpointer user_data)
{
  sync_status_detach (SYNC_STATUS (user_data));
}

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
  sync_application_quit (user_data);
  return G_SOURCE_CONTINUE;
}

/* From now on SIGTERM and SIGINT end the program as a person does. */
void
sync_application_listen_to_signals (SyncApplication *self)
{
  self->on_term = g_unix_signal_add (SIGTERM, terminate_cb, self);
  self->on_int = g_unix_signal_add (SIGINT, terminate_cb, self);
}
