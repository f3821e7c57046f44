/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The object on the bus where a program has the name and no engine: whoever calls it hears why. */
#include "config.h"

#include "sync-bus-absent.h"

#include "sync-bus-error.h"
#include "sync-bus-object.h"

static void
method_call_cb (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *method,
                GVariant *arguments, GDBusMethodInvocation *invocation, gpointer user_data)
{
  sync_bus_error_return (invocation, user_data);
}

static GVariant *
get_property_cb (GDBusConnection *connection, const char *sender, const char *path, const char *interface,
                 const char *property, GError **error, gpointer user_data)
{
  g_propagate_error (error, g_error_copy (user_data));
  return NULL;
}

/**
 * sync_bus_absent_export:
 * @connection: the session bus
 * @reason: why nothing works, for whoever calls
 * @error: of GIO: something is there already
 *
 * Answers each call of the interface, in the caller's main context, with @reason, until the object is taken back by
 * g_dbus_connection_unregister_object().
 *
 * Returns: the object's id, 0 and @error if it cannot be there
 */
guint
sync_bus_absent_export (GDBusConnection *connection, const GError *reason, GError **error)
{
  static const GDBusInterfaceVTable vtable = { .method_call = method_call_cb, .get_property = get_property_cb };

  sync_bus_error_register ();
  return g_dbus_connection_register_object (connection, SYNC_BUS_PATH, sync_bus_interface_info (), &vtable,
                                            g_error_copy (reason), (GDestroyNotify) g_error_free, error);
}
