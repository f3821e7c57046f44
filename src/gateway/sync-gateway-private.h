/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-http-call.h"
#include "sync-listener.h"

G_BEGIN_DECLS

typedef struct _SyncEvents SyncEvents;
typedef struct _SyncGatewayFiles SyncGatewayFiles;

/* sync-gateway.c */
SyncListener *sync_gateway_get_listener (SyncGateway *self);
SyncEvents *sync_gateway_get_events (SyncGateway *self);

/* sync-gateway-files.c */
gboolean sync_gateway_write_file (const char *directory, const char *name, const char *text, GError **error);
SyncGatewayFiles *sync_gateway_files_new (SyncEngine *engine, SyncClock *clock, const char *directory);
void sync_gateway_files_keep (SyncGatewayFiles *self, const char *name, const char *text);
void sync_gateway_files_free (SyncGatewayFiles *self);

/* sync-gateway-token.c */
#define SYNC_GATEWAY_TOKEN_FILE "gateway-token"
char *sync_gateway_token_load (const char *directory, SyncRandom *random, GError **error);
gboolean sync_gateway_token_matches (const char *token, const char *authorization);

/* sync-gateway-events.c */
SyncEvents *sync_events_new (SyncEngine *engine, SyncClock *clock, SyncListener *listener);
void sync_events_free (SyncEvents *self);
guint sync_events_get_n_listeners (SyncEvents *self);
void sync_events_open (SyncCall *call);
void sync_gateway_get_metrics (SyncCall *call);

G_END_DECLS
