/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-store-activity.h"
#include "sync-summary.h"

G_BEGIN_DECLS

/**
 * SyncActivityItem:
 *
 * One thing that happened, as the list shows it.
 *
 * Properties (read-only, notify, texts): `time`, `what`, `document`, `party`, `outcome`, `actor`.
 */
#define SYNC_TYPE_ACTIVITY_ITEM (sync_activity_item_get_type ())
G_DECLARE_FINAL_TYPE (SyncActivityItem, sync_activity_item, SYNC, ACTIVITY_ITEM, GObject)

SyncActivityItem *sync_activity_item_new (SyncStore *store, SyncActivity *line);
const SyncActivity *sync_activity_item_get_line (SyncActivityItem *self);
gboolean sync_activity_item_is_settled (SyncActivityItem *self);
void sync_activity_item_update (SyncActivityItem *self, SyncActivity *line);
SyncSummary *sync_activity_read_summary (SyncStore *store, const SyncActivity *line);

G_END_DECLS
