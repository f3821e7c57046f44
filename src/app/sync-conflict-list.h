/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-conflict-item.h"

G_BEGIN_DECLS

/**
 * SyncConflictList:
 *
 * A #GListModel of #SyncConflictItem over a read-only store: the open conflicts, oldest first, or those that are not open any
 * more, the last decided first and page by page as somebody scrolls.
 */
#define SYNC_TYPE_CONFLICT_LIST (sync_conflict_list_get_type ())
G_DECLARE_FINAL_TYPE (SyncConflictList, sync_conflict_list, SYNC, CONFLICT_LIST, GObject)

SyncConflictList *sync_conflict_list_new (SyncStore *store, gboolean decided);
void sync_conflict_list_refresh (SyncConflictList *self);
void sync_conflict_list_load_more (SyncConflictList *self);

G_END_DECLS
