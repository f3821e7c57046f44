/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The program has its name on the bus, and no service: whoever calls it hears why. Main thread. */
#include "config.h"

#include "sync-application-private.h"

#include "sync-bus-absent.h"
#include "sync-error.h"

/* Nobody has set it up yet. (transfer full) */
GError *
sync_application_no_address (void)
{
  return g_error_new_literal (SYNC_ERROR, SYNC_ERROR_CONFIG,
                              "the server's address is not set yet: tell in the window which ERPNext this till belongs to");
}

/* From now on calls on @bus (nullable) are answered with @reason, if nothing answers there yet. */
void
sync_application_answer_absent (SyncApplication *self, GDBusConnection *bus, const GError *reason)
{
  if (bus == NULL || self->absent != 0)
    return;
  self->absent = sync_bus_absent_export (bus, reason, NULL);
  g_set_object (&self->absent_bus, bus);
}

/* The service is about to answer itself, or the program ends. */
void
sync_application_drop_absent (SyncApplication *self)
{
  if (self->absent != 0)
    g_dbus_connection_unregister_object (self->absent_bus, self->absent);
  self->absent = 0;
  g_clear_object (&self->absent_bus);
}
