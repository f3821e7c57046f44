/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-gateway.h"

G_BEGIN_DECLS

/**
 * SyncService:
 *
 * Store, transport, engine, gateway and object on the bus of one data directory, put together in the thread-default main context of the
 * caller. The headless program runs it in its main thread, the desktop program in a thread of its own.
 */
#define SYNC_TYPE_SERVICE (sync_service_get_type ())
G_DECLARE_FINAL_TYPE (SyncService, sync_service, SYNC, SERVICE, GObject)

SyncService *sync_service_new (const SyncConfig *config, SyncClock *clock, SyncRandom *random);
void sync_service_set_bus (SyncService *self, GDBusConnection *bus);
gboolean sync_service_start (SyncService *self, GError **error);
void sync_service_shutdown_async (SyncService *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean sync_service_shutdown_finish (SyncService *self, GAsyncResult *result, GError **error);
SyncEngine *sync_service_get_engine (SyncService *self);
SyncGateway *sync_service_get_gateway (SyncService *self);

/**
 * SyncServiceThread:
 *
 * A #SyncService in a thread with a main context of its own, for a program whose main thread draws windows.
 */
#define SYNC_TYPE_SERVICE_THREAD (sync_service_thread_get_type ())
G_DECLARE_FINAL_TYPE (SyncServiceThread, sync_service_thread, SYNC, SERVICE_THREAD, GObject)

typedef void (*SyncEngineFunc) (SyncEngine *engine, gpointer user_data);

SyncServiceThread *sync_service_thread_new (const SyncConfig *config, SyncClock *clock, SyncRandom *random);
void sync_service_thread_set_bus (SyncServiceThread *self, GDBusConnection *bus);
gboolean sync_service_thread_start (SyncServiceThread *self, GError **error);
void sync_service_thread_invoke (SyncServiceThread *self, SyncEngineFunc func, gpointer user_data,
                                 GDestroyNotify destroy);
void sync_service_thread_shutdown_async (SyncServiceThread *self, GAsyncReadyCallback callback,
                                         gpointer user_data);
gboolean sync_service_thread_shutdown_finish (SyncServiceThread *self, GAsyncResult *result, GError **error);
guint sync_service_thread_get_port (SyncServiceThread *self);

G_END_DECLS
