/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-bus.h"
#include "sync-engine.h"

G_BEGIN_DECLS

#define SYNC_BUS_NAME "org.posawesome.Sync"
#define SYNC_BUS_PATH "/org/posawesome/Sync"

/**
 * SyncBusObject:
 *
 * The door on the session bus: the object with the interface `org.posawesome.Sync1`. Lives in the engine's thread, in
 * whose main context it was made; who owns the name on the bus is not its matter.
 */
#define SYNC_TYPE_BUS_OBJECT (sync_bus_object_get_type ())
G_DECLARE_FINAL_TYPE (SyncBusObject, sync_bus_object, SYNC, BUS_OBJECT, SyncBusSkeleton)

SyncBusObject *sync_bus_object_new (SyncEngine *engine, SyncClock *clock);
gboolean sync_bus_object_export (SyncBusObject *self, GDBusConnection *connection, GError **error);
void sync_bus_object_close (SyncBusObject *self);

G_END_DECLS
