/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * SyncBackground:
 *
 * Running without a window: the start at log-in, and a word for the desktop's list of such programs. Goes through the
 * Background portal where there is one; else the start at log-in is a file in the user's autostart directory. Knows no
 * toolkit. Main thread.
 */
#define SYNC_TYPE_BACKGROUND (sync_background_get_type ())
G_DECLARE_FINAL_TYPE (SyncBackground, sync_background, SYNC, BACKGROUND, GObject)

SyncBackground *sync_background_new (GDBusConnection *connection, GSettings *settings);
void sync_background_set_autostart_async (SyncBackground *self, gboolean on, GCancellable *cancellable,
                                          GAsyncReadyCallback callback, gpointer user_data);
gboolean sync_background_set_autostart_finish (SyncBackground *self, GAsyncResult *result, GError **error);
void sync_background_tell (SyncBackground *self, const char *words);

G_END_DECLS
