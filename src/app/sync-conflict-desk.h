/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-conflict-dialog.h"
#include "sync-service.h"
#include "sync-status.h"

G_BEGIN_DECLS

SyncConflictDialog *sync_conflict_desk_present (GtkWindow *parent, SyncServiceThread *service, SyncStatus *status,
                                                SyncStore *reader, gint64 id);

G_END_DECLS
