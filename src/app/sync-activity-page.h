/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "sync-activity-export.h"
#include "sync-status.h"

G_BEGIN_DECLS

/* What happened to every write, newest first, to be searched and written into a file. */
#define SYNC_TYPE_ACTIVITY_PAGE (sync_activity_page_get_type ())
G_DECLARE_FINAL_TYPE (SyncActivityPage, sync_activity_page, SYNC, ACTIVITY_PAGE, AdwBin)

GtkWidget *sync_activity_page_new (void);
void sync_activity_page_show (SyncActivityPage *self, SyncStatus *status, SyncStore *reader);
void sync_activity_page_export (SyncActivityPage *self, GFile *file, SyncActivityFormat format);

G_END_DECLS
