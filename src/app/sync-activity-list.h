/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-activity-item.h"

G_BEGIN_DECLS

/**
 * SyncActivityList:
 *
 * A #GListModel of #SyncActivityItem over a read-only store: what happened, newest first. It knows where every row stands
 * (eight bytes each) and makes the rows themselves when they are asked for, some hundred at a time; so it takes hardly more
 * room for a hundred thousand rows than for a hundred. A change of the filter begins a walk through what happened, in
 * slices while the main loop is idle, and rows come in at the end meanwhile.
 *
 * Properties: `scanning` (boolean, read-only, notify): whether the walk goes on.
 */
#define SYNC_TYPE_ACTIVITY_LIST (sync_activity_list_get_type ())
G_DECLARE_FINAL_TYPE (SyncActivityList, sync_activity_list, SYNC, ACTIVITY_LIST, GObject)

SyncActivityList *sync_activity_list_new (SyncStore *store);
void sync_activity_list_set_filter (SyncActivityList *self, const SyncActivityFilter *filter, const char *text);
void sync_activity_list_refresh (SyncActivityList *self);
gboolean sync_activity_list_get_scanning (SyncActivityList *self);
guint sync_activity_list_get_n_loaded (SyncActivityList *self);
GArray *sync_activity_list_dup_ids (SyncActivityList *self);

G_END_DECLS
