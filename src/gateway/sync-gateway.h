/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-engine.h"

G_BEGIN_DECLS

/**
 * SyncGateway:
 *
 * The HTTP door on the loopback interface: the `/_sync/v1` calls and the event stream. Lives in the engine's
 * thread.
 */
#define SYNC_TYPE_GATEWAY (sync_gateway_get_type ())
G_DECLARE_FINAL_TYPE (SyncGateway, sync_gateway, SYNC, GATEWAY, GObject)

SyncGateway *sync_gateway_new (SyncEngine *engine, SyncClock *clock, SyncRandom *random);
gboolean sync_gateway_listen (SyncGateway *self, guint port, GError **error);
void sync_gateway_close (SyncGateway *self);
guint sync_gateway_get_port (SyncGateway *self);

G_END_DECLS
