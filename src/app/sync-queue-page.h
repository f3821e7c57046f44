/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-status.h"

#include <adwaita.h>

G_BEGIN_DECLS

/**
 * SyncQueuePage:
 *
 * The list of requests: what waits, or everything. It reads rows through a read-only store; whatever it does is an
 * action of the application.
 */
#define SYNC_TYPE_QUEUE_PAGE (sync_queue_page_get_type ())
G_DECLARE_FINAL_TYPE (SyncQueuePage, sync_queue_page, SYNC, QUEUE_PAGE, AdwBin)

void sync_queue_page_show (SyncQueuePage *self, SyncStatus *status, SyncStore *reader);

G_END_DECLS
