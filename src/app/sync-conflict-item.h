/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-store.h"

G_BEGIN_DECLS

/**
 * SyncConflictItem:
 *
 * A row of a list of conflicts, in words.
 *
 * Properties (read-only, notify): `document`: which document; `description`: in lines: what happened and whose versions there
 * are, or how it ended; `can-undo`: whether undoing is worth a try.
 */
#define SYNC_TYPE_CONFLICT_ITEM (sync_conflict_item_get_type ())
G_DECLARE_FINAL_TYPE (SyncConflictItem, sync_conflict_item, SYNC, CONFLICT_ITEM, GObject)

SyncConflictItem *sync_conflict_item_new (SyncStore *store, gint64 id);
gint64 sync_conflict_item_get_id (SyncConflictItem *self);
gboolean sync_conflict_item_is_open (SyncConflictItem *self);
const char *sync_conflict_item_get_document (SyncConflictItem *self);
const char *sync_conflict_item_get_description (SyncConflictItem *self);
gboolean sync_conflict_item_get_can_undo (SyncConflictItem *self);
void sync_conflict_item_refresh (SyncConflictItem *self);

G_END_DECLS
