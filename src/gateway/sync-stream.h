/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define SYNC_TYPE_STREAM (sync_stream_get_type ())
G_DECLARE_FINAL_TYPE (SyncStream, sync_stream, SYNC, STREAM, GIOStream)

typedef void (*SyncStreamClosedFunc) (SyncStream *stream, gpointer user_data);

SyncStream *sync_stream_new (GSocketConnection *connection, SyncStreamClosedFunc closed, gpointer user_data);
void sync_stream_forget (SyncStream *self);
void sync_stream_set_idle (SyncStream *self);
gboolean sync_stream_has_parted (SyncStream *self);
GSocket *sync_stream_get_socket (SyncStream *self);

G_END_DECLS
