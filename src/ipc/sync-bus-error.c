/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The names that errors have on the bus, as the interface's description lists them. */
#include "config.h"

#include "sync-bus-error.h"

#include "sync-error.h"

#define PREFIX "org.posawesome.Sync1.Error."

static const GDBusErrorEntry entries[] = {
  { SYNC_ERROR_INVALID, PREFIX "Invalid" },
  { SYNC_ERROR_FOREIGN_HOST, PREFIX "ForeignHost" },
  { SYNC_ERROR_NOT_QUEUEABLE, PREFIX "NotQueueable" },
  { SYNC_ERROR_TOO_LARGE, PREFIX "TooLarge" },
  { SYNC_ERROR_KEY_CONFLICT, PREFIX "KeyConflict" },
  { SYNC_ERROR_NOT_FOUND, PREFIX "NotFound" },
  { SYNC_ERROR_ILLEGAL_EDGE, PREFIX "IllegalEdge" },
  { SYNC_ERROR_STALE, PREFIX "Stale" },
  { SYNC_ERROR_STORAGE, PREFIX "Storage" },
  { SYNC_ERROR_DISK_FULL, PREFIX "DiskFull" },
  { SYNC_ERROR_LOCKED, PREFIX "Locked" },
  { SYNC_ERROR_NEWER, PREFIX "Newer" },
  { SYNC_ERROR_CORRUPT, PREFIX "Corrupt" },
  { SYNC_ERROR_CONFIG, PREFIX "Config" },
  { SYNC_ERROR_REFUSED, PREFIX "Refused" },
  { SYNC_ERROR_CREDENTIALS, PREFIX "Credentials" },
};

G_STATIC_ASSERT (G_N_ELEMENTS (entries) == SYNC_ERROR_CREDENTIALS + 1);

/**
 * sync_bus_error_register:
 *
 * Gives the errors of the library their names on the bus, in both directions, for this process. May be called again.
 */
void
sync_bus_error_register (void)
{
  static gsize quark;

  g_dbus_error_register_error_domain ("sync-error-quark", &quark, entries, G_N_ELEMENTS (entries));
}

/**
 * sync_bus_error_return:
 * @invocation: (transfer full): a call
 * @error: why it failed
 *
 * Answers with an error; one that is not of the library is called `Internal`.
 */
void
sync_bus_error_return (GDBusMethodInvocation *invocation, const GError *error)
{
  if (error->domain == SYNC_ERROR)
    g_dbus_method_invocation_return_gerror (invocation, error);
  else
    g_dbus_method_invocation_return_dbus_error (invocation, PREFIX "Internal", error->message);
}
