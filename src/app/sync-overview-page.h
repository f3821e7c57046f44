/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-status.h"

#include <adwaita.h>

G_BEGIN_DECLS

/**
 * SyncOverviewPage:
 *
 * What a cashier wants to know: whether the shift can be closed, how much waits and why, what needs a person, and how
 * the connection is. It uses the actions `app.show-conflict`, `app.open-site` and `win.show-queue`.
 */
#define SYNC_TYPE_OVERVIEW_PAGE (sync_overview_page_get_type ())
G_DECLARE_FINAL_TYPE (SyncOverviewPage, sync_overview_page, SYNC, OVERVIEW_PAGE, AdwBin)

void sync_overview_page_show (SyncOverviewPage *self, SyncStatus *status, SyncStore *reader, const char *server, guint port);

G_END_DECLS
