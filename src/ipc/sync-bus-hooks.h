/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "sync-engine.h"

G_BEGIN_DECLS

typedef struct _SyncBusHooks SyncBusHooks;

SyncBusHooks *sync_bus_hooks_new (SyncHooks *hooks, SyncClock *clock);
gboolean sync_bus_hooks_register (SyncBusHooks *self, GDBusConnection *connection, const char *owner, const char *type,
                                  const char *path, guint timeout_ms, GError **error);
gboolean sync_bus_hooks_unregister (SyncBusHooks *self, const char *owner, const char *type, GError **error);
void sync_bus_hooks_free (SyncBusHooks *self);

G_END_DECLS
