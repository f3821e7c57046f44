/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-merge.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * SyncConflictRow:
 *
 * One difference of a conflict: what it is and how it stands, this till's value, the server's, and what will be there.
 *
 * Signals: `choose (int SyncMergeTake, string JSON)`: a person takes something; what he typed is no value:
 * `mistyped ()`.
 */
#define SYNC_TYPE_CONFLICT_ROW (sync_conflict_row_get_type ())
G_DECLARE_FINAL_TYPE (SyncConflictRow, sync_conflict_row, SYNC, CONFLICT_ROW, GtkBox)

GtkWidget *sync_conflict_row_new (SyncMergeItem *item, guint depth, const char *currency);
GtkWidget *sync_conflict_row_new_plain (const SyncMergeItem *item, guint depth, const char *currency);
SyncMergeItem *sync_conflict_row_get_item (SyncConflictRow *self);
void sync_conflict_row_update (SyncConflictRow *self);
gboolean sync_conflict_row_is_mistyped (SyncConflictRow *self);

G_END_DECLS
