/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-store.h"

G_BEGIN_DECLS

const char *sync_conflict_decision_how (const SyncConflict *conflict);
char *sync_conflict_decision_who (const SyncConflict *conflict);
char *sync_conflict_decision_undone (const SyncConflict *conflict);
char *sync_conflict_decision_event (const SyncConflictEvent *event);
gboolean sync_conflict_decision_can_undo (const SyncConflict *conflict, const SyncRequest *request);

G_END_DECLS
