/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-conflict-dialog.h"
#include "sync-service.h"
#include "sync-status.h"

G_BEGIN_DECLS

/* @request_id undoes it; 0: nothing does, and @error says why. */
typedef void (*SyncConflictUndoneFunc) (GObject *owner, gint64 request_id, const GError *error);

SyncConflictDialog *sync_conflict_desk_present (GtkWindow *parent, SyncServiceThread *service, SyncStatus *status,
                                                SyncStore *reader, gint64 id);
void sync_conflict_desk_undo (SyncServiceThread *service, gint64 id, SyncConflictUndoneFunc func, GObject *owner);

G_END_DECLS
