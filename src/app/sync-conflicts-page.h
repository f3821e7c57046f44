/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-service.h"
#include "sync-status.h"

#include <adwaita.h>

G_BEGIN_DECLS

/**
 * SyncConflictsPage:
 *
 * The conflicts: those that somebody has to decide, and those that are decided, with how and by whom. It reads through a
 * read-only store, decides with the action `app.show-conflict`, and undoes by a message to the engine.
 */
#define SYNC_TYPE_CONFLICTS_PAGE (sync_conflicts_page_get_type ())
G_DECLARE_FINAL_TYPE (SyncConflictsPage, sync_conflicts_page, SYNC, CONFLICTS_PAGE, AdwBin)

void sync_conflicts_page_show (SyncConflictsPage *self, SyncServiceThread *service, SyncStatus *status,
                               SyncStore *reader);

G_END_DECLS
