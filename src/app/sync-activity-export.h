/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "sync-store-activity.h"

G_BEGIN_DECLS

typedef enum
{
  SYNC_ACTIVITY_CSV,  /* RFC 4180, UTF-8, with a line of names; nothing in it begins a formula */
  SYNC_ACTIVITY_JSON, /* an array of objects */
} SyncActivityFormat;

/* How far it is: @done of @total rows. Main thread. */
typedef void (*SyncActivityProgress) (guint done, guint total, gpointer user_data);

void sync_activity_export_async (const char *directory, GArray *ids, GFile *file, SyncActivityFormat format,
                                 GCancellable *cancellable, SyncActivityProgress progress, gpointer progress_data,
                                 GAsyncReadyCallback callback, gpointer user_data);
gboolean sync_activity_export_finish (GAsyncResult *result, GError **error);
void sync_activity_append_csv (GString *text, const char *value);

G_END_DECLS
