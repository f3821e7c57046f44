/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "sync-status.h"

G_BEGIN_DECLS

/* What the queue did in the last hour, day or week, in figures and charts. */
#define SYNC_TYPE_INSIGHTS_PAGE (sync_insights_page_get_type ())
G_DECLARE_FINAL_TYPE (SyncInsightsPage, sync_insights_page, SYNC, INSIGHTS_PAGE, AdwBin)

GtkWidget *sync_insights_page_new (void);
void sync_insights_page_show (SyncInsightsPage *self, SyncStatus *status, SyncStore *reader);

G_END_DECLS
