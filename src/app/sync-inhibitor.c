/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lock is a descriptor that logind hands out: closed, it is given back. One is held exactly while we are busy; if that
 * ends while one is still being handed out, it is given back when it comes. */
#include "config.h"

#include "sync-inhibitor.h"

#include <gio/gunixfdlist.h>
#include <glib/gi18n.h>
#include <unistd.h>

#define LOGIND "org.freedesktop.login1"
#define LOGIND_PATH "/org/freedesktop/login1"
#define MANAGER "org.freedesktop.login1.Manager"

struct _SyncInhibitor
{
  GObject parent_instance;

  GDBusConnection *connection; /* (owned) (nullable): to the system bus; NULL: not yet, or there is none */
  GCancellable *cancellable; /* (owned): of whatever is being asked */
  guint on_shutdown; /* subscriptions, 0: none */
  guint on_sleep;
  gboolean busy;
  gboolean asking; /* a lock is being handed out */
  int lock; /* descriptor, -1: none is held */
};

enum
{
  SIGNAL_RESTING,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SyncInhibitor, sync_inhibitor, G_TYPE_OBJECT)

static void update (SyncInhibitor *self);

static void
let_go (SyncInhibitor *self)
{
  if (self->lock >= 0)
    close (self->lock);
  self->lock = -1;
}

static void
inhibited_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncInhibitor) self = user_data;
  g_autoptr (GUnixFDList) list = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply
      = g_dbus_connection_call_with_unix_fd_list_finish (G_DBUS_CONNECTION (source), &list, result, &error);
  int handle;

  self->asking = FALSE;
  if (reply == NULL)
    {
      g_debug ("Sleep and shutdown do not wait for what is on its way: %s", error->message);
      return;
    }
  g_variant_get (reply, "(h)", &handle);
  if (list != NULL)
    self->lock = g_unix_fd_list_get (list, handle, NULL);
  update (self);
}

static void
update (SyncInhibitor *self)
{
  if (!self->busy)
    let_go (self);
  if (!self->busy || self->lock >= 0 || self->asking || self->connection == NULL)
    return;
  self->asking = TRUE;
  g_dbus_connection_call_with_unix_fd_list (self->connection, LOGIND, LOGIND_PATH, MANAGER, "Inhibit",
                                            g_variant_new ("(ssss)", "shutdown:sleep", "POSAwesome Sync",
                                                           _ ("Sales are on their way to the server"), "delay"),
                                            G_VARIANT_TYPE ("(h)"), G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, NULL,
                                            self->cancellable, inhibited_cb, g_object_ref (self));
}

static void
prepare_cb (GDBusConnection *connection, const char *sender, const char *path, const char *interface,
            const char *signal, GVariant *parameters, gpointer user_data)
{
  gboolean resting;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(b)")))
    return;
  g_variant_get (parameters, "(b)", &resting);
  g_signal_emit (user_data, signals[SIGNAL_RESTING], 0, resting);
}

static guint
subscribe (SyncInhibitor *self, const char *signal)
{
  return g_dbus_connection_signal_subscribe (self->connection, LOGIND, MANAGER, signal, LOGIND_PATH, NULL,
                                             G_DBUS_SIGNAL_FLAGS_NONE, prepare_cb, self, NULL);
}

static void
connected_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncInhibitor) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) connection = g_bus_get_finish (result, &error);

  if (connection == NULL || g_cancellable_is_cancelled (self->cancellable))
    {
      g_debug ("Nothing is heard of sleep and shutdown: %s", error != NULL ? error->message : "it ended");
      return;
    }
  /* Sales go on without it. */
  g_dbus_connection_set_exit_on_close (connection, FALSE);
  self->connection = g_steal_pointer (&connection);
  self->on_shutdown = subscribe (self, "PrepareForShutdown");
  self->on_sleep = subscribe (self, "PrepareForSleep");
  update (self);
}

static void
sync_inhibitor_dispose (GObject *object)
{
  SyncInhibitor *self = SYNC_INHIBITOR (object);

  g_cancellable_cancel (self->cancellable);
  if (self->connection != NULL)
    {
      g_dbus_connection_signal_unsubscribe (self->connection, self->on_shutdown);
      g_dbus_connection_signal_unsubscribe (self->connection, self->on_sleep);
    }
  g_clear_object (&self->connection);
  let_go (self);
  G_OBJECT_CLASS (sync_inhibitor_parent_class)->dispose (object);
}

static void
sync_inhibitor_finalize (GObject *object)
{
  g_object_unref (SYNC_INHIBITOR (object)->cancellable);
  G_OBJECT_CLASS (sync_inhibitor_parent_class)->finalize (object);
}

static void
sync_inhibitor_class_init (SyncInhibitorClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sync_inhibitor_dispose;
  G_OBJECT_CLASS (klass)->finalize = sync_inhibitor_finalize;
  signals[SIGNAL_RESTING] = g_signal_new ("resting", SYNC_TYPE_INHIBITOR, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                          G_TYPE_NONE, 1, G_TYPE_BOOLEAN);
}

static void
sync_inhibitor_init (SyncInhibitor *self)
{
  self->lock = -1;
  self->cancellable = g_cancellable_new ();
  g_bus_get (G_BUS_TYPE_SYSTEM, self->cancellable, connected_cb, g_object_ref (self));
}

/**
 * sync_inhibitor_new:
 *
 * Returns: (transfer full): not busy; looks for the system bus by itself
 */
SyncInhibitor *
sync_inhibitor_new (void)
{
  return g_object_new (SYNC_TYPE_INHIBITOR, NULL);
}

/**
 * sync_inhibitor_set_busy:
 * @self: the inhibitor
 * @busy: whether something is on its way
 *
 * Holds the lock from now on, or gives it back.
 */
void
sync_inhibitor_set_busy (SyncInhibitor *self, gboolean busy)
{
  self->busy = busy;
  update (self);
}
