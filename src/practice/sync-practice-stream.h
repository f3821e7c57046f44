/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define SYNC_TYPE_PRACTICE_STREAM (sync_practice_stream_get_type ())
G_DECLARE_FINAL_TYPE (SyncPracticeStream, sync_practice_stream, SYNC, PRACTICE_STREAM, GIOStream)

/* Called when the first byte of a new request is there, before it is read; the return value is the number of
 * bytes that may be read before the connection is reset, or -1. */
typedef gssize (*SyncPracticeStreamStartFunc) (gpointer user_data);

/* Called once, just before the socket is closed from this side. */
typedef void (*SyncPracticeStreamClosedFunc) (gpointer user_data);

SyncPracticeStream *sync_practice_stream_new (GSocketConnection *connection,
                                              SyncPracticeStreamStartFunc start,
                                              SyncPracticeStreamClosedFunc closed, gpointer user_data);
GSocket *sync_practice_stream_get_socket (SyncPracticeStream *self);
void sync_practice_stream_reset (SyncPracticeStream *self);
void sync_practice_stream_limit_answer (SyncPracticeStream *self, gsize bytes, gboolean reset);
void sync_practice_stream_request_done (SyncPracticeStream *self);
gboolean sync_practice_stream_is_idle (SyncPracticeStream *self);

G_END_DECLS
