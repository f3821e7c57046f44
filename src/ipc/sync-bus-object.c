/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The object on the bus. Its methods are the verbs, found by their names, and the two that need the caller's: the
 * registration of hooks. Engine's thread. */
#include "config.h"

#include "sync-bus-object.h"

#include <string.h>

#include "sync-bus-call.h"
#include "sync-bus-error.h"
#include "sync-bus-hooks.h"
#include "sync-bus-news.h"

struct _SyncBusObject
{
  SyncBusSkeleton parent_instance;

  SyncEngine *engine;  /* (owned) */
  SyncBusNews *news;   /* (owned) (nullable): NULL once it is closed; so the next */
  SyncBusHooks *hooks; /* (owned) (nullable) */
};

G_DEFINE_FINAL_TYPE (SyncBusObject, sync_bus_object, SYNC_TYPE_BUS_SKELETON)

/* Takes @invocation. */
static void
answer_hooks (SyncBusObject *self, GDBusMethodInvocation *invocation)
{
  GVariant *parameters = g_dbus_method_invocation_get_parameters (invocation);
  const char *owner = g_dbus_method_invocation_get_sender (invocation);
  g_autoptr (GError) error = NULL;
  const char *type, *path;
  guint timeout_ms;
  gboolean done;

  if (strcmp (g_dbus_method_invocation_get_method_name (invocation), "RegisterHook") == 0)
    {
      g_variant_get (parameters, "(&s&ou)", &type, &path, &timeout_ms);
      done = sync_bus_hooks_register (self->hooks, g_dbus_method_invocation_get_connection (invocation), owner, type,
                                      path, timeout_ms, &error);
    }
  else
    {
      g_variant_get (parameters, "(&s)", &type);
      done = sync_bus_hooks_unregister (self->hooks, owner, type, &error);
    }
  if (done)
    g_dbus_method_invocation_return_value (invocation, NULL);
  else
    sync_bus_error_return (invocation, error);
}

static void
method_call_cb (GDBusConnection *connection, const char *sender, const char *path, const char *interface,
                const char *method, GVariant *parameters, GDBusMethodInvocation *invocation, gpointer user_data)
{
  SyncBusObject *self = SYNC_BUS_OBJECT (user_data);
  const SyncVerb *verb = sync_verb_find (method);

  if (verb != NULL)
    sync_bus_call_answer (self->engine, verb, invocation);
  else
    answer_hooks (self, invocation);
}

static GVariant *
get_property_cb (GDBusConnection *connection, const char *sender, const char *path, const char *interface,
                 const char *property, GError **error, gpointer user_data)
{
  SyncBusObject *self = SYNC_BUS_OBJECT (user_data);
  GDBusInterfaceVTable *generated
    = G_DBUS_INTERFACE_SKELETON_CLASS (sync_bus_object_parent_class)->get_vtable (G_DBUS_INTERFACE_SKELETON (self));

  if (self->news != NULL)
    sync_bus_news_refresh (self->news);
  return generated->get_property (connection, sender, path, interface, property, error, user_data);
}

static GDBusInterfaceVTable *
sync_bus_object_get_vtable (GDBusInterfaceSkeleton *skeleton)
{
  static GDBusInterfaceVTable vtable = { method_call_cb, get_property_cb, NULL, { 0 } };

  return &vtable;
}

static void
sync_bus_object_dispose (GObject *object)
{
  SyncBusObject *self = SYNC_BUS_OBJECT (object);

  sync_bus_object_close (self);
  g_clear_object (&self->engine);
  G_OBJECT_CLASS (sync_bus_object_parent_class)->dispose (object);
}

static void
sync_bus_object_class_init (SyncBusObjectClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sync_bus_object_dispose;
  G_DBUS_INTERFACE_SKELETON_CLASS (klass)->get_vtable = sync_bus_object_get_vtable;
  sync_bus_error_register ();
}

static void
sync_bus_object_init (SyncBusObject *self)
{
}

/**
 * sync_bus_object_new:
 * @engine: what the calls act on
 * @clock: for the rate of the signals and the time limits of hooks
 *
 * Returns: (transfer full): an object that is not on a bus yet, in the caller's thread-default main context, which must
 *   be the engine's
 */
SyncBusObject *
sync_bus_object_new (SyncEngine *engine, SyncClock *clock)
{
  SyncBusObject *self = g_object_new (SYNC_TYPE_BUS_OBJECT, NULL);

  self->engine = g_object_ref (engine);
  self->news = sync_bus_news_new (SYNC_BUS (self), engine, clock);
  self->hooks = sync_bus_hooks_new (sync_engine_get_hooks (engine), clock);
  return self;
}

/**
 * sync_bus_object_export:
 * @self: an object
 * @connection: a bus
 * @error: %G_IO_ERROR_EXISTS: the connection has such an object already (permanent)
 *
 * Takes calls from now on, in the thread-default main context of the caller.
 *
 * Returns: whether it does
 */
gboolean
sync_bus_object_export (SyncBusObject *self, GDBusConnection *connection, GError **error)
{
  return g_dbus_interface_skeleton_export (G_DBUS_INTERFACE_SKELETON (self), connection, SYNC_BUS_PATH, error);
}

/**
 * sync_bus_object_close:
 * @self: an object
 *
 * Takes no more calls, and tells no more once it has told what is left; hooks are asked no more. A call that the engine is working on still gets
 * its answer. May be called again.
 */
void
sync_bus_object_close (SyncBusObject *self)
{
  GDBusInterfaceSkeleton *skeleton = G_DBUS_INTERFACE_SKELETON (self);

  g_clear_pointer (&self->news, sync_bus_news_free);
  if (g_dbus_interface_skeleton_get_connection (skeleton) != NULL)
    g_dbus_interface_skeleton_unexport (skeleton);
  g_clear_pointer (&self->hooks, sync_bus_hooks_free);
}
