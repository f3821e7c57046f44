/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <libsoup/soup.h>

#include "sync-clock.h"

G_BEGIN_DECLS

#define SYNC_TYPE_LISTENER (sync_listener_get_type ())
G_DECLARE_FINAL_TYPE (SyncListener, sync_listener, SYNC, LISTENER, GObject)

SyncListener *sync_listener_new (SoupServer *server, SyncClock *clock);
gboolean sync_listener_listen (SyncListener *self, guint port, GError **error);
void sync_listener_close (SyncListener *self);
guint sync_listener_get_port (SyncListener *self);
guint sync_listener_get_n_connections (SyncListener *self);
void sync_listener_mark_stream (SyncListener *self, SoupServerMessage *message);
gboolean sync_listener_has_parted (SyncListener *self, SoupServerMessage *message);
void sync_listener_drop (SyncListener *self, SoupServerMessage *message);

G_END_DECLS
