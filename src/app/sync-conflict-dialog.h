/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-merge.h"
#include "sync-store.h"

#include <adwaita.h>

G_BEGIN_DECLS

/**
 * SyncConflictDialog:
 *
 * The open conflicts, one at a time, for a person to decide. Reads from the store and writes nothing: what is decided
 * comes as the signal `resolve (int64 conflict id, int SyncResolution, GBytes document)`, the document (nullable) for
 * SYNC_RESOLUTION_MERGED and SYNC_RESOLUTION_MANUAL. Closing it decides nothing.
 *
 * Actions: `conflict.keep-local`, `conflict.keep-server` (choose for all of it), `conflict.apply`, `conflict.skip`,
 * `conflict.previous`, `conflict.next`.
 */
#define SYNC_TYPE_CONFLICT_DIALOG (sync_conflict_dialog_get_type ())
G_DECLARE_FINAL_TYPE (SyncConflictDialog, sync_conflict_dialog, SYNC, CONFLICT_DIALOG, AdwWindow)

SyncConflictDialog *sync_conflict_dialog_new (GtkWindow *parent, SyncStore *reader, SyncMergePolicies *policies);
void sync_conflict_dialog_set_user (SyncConflictDialog *self, const char *user);
void sync_conflict_dialog_show_conflict (SyncConflictDialog *self, gint64 id);
void sync_conflict_dialog_refresh (SyncConflictDialog *self);
void sync_conflict_dialog_report (SyncConflictDialog *self, gint64 id, const char *message);

G_END_DECLS
