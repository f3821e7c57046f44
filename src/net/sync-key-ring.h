/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

void sync_key_ring_find_async (GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
gboolean sync_key_ring_find_finish (GAsyncResult *result, gboolean *found, GError **error);

G_END_DECLS
