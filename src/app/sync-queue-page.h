/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-service.h"
#include "sync-status.h"

#include <adwaita.h>

G_BEGIN_DECLS

/**
 * SyncQueuePage:
 *
 * The list of requests, with a pane for the one that is selected and all that a person can do about them. It reads rows
 * through a read-only store; whatever it does is a message to the engine or an action of the application.
 *
 * Actions: `queue.retry`, `queue.edit`, `queue.arrived`, `queue.send-again`, `queue.decide`, `queue.give-up` and
 * `queue.restore`, each for what is selected; `queue.undo (ax)`, `queue.details`, `queue.close-details`, `queue.search`
 * and `queue.menu`.
 */
#define SYNC_TYPE_QUEUE_PAGE (sync_queue_page_get_type ())
G_DECLARE_FINAL_TYPE (SyncQueuePage, sync_queue_page, SYNC, QUEUE_PAGE, AdwBin)

void sync_queue_page_show (SyncQueuePage *self, SyncServiceThread *service, SyncStatus *status, SyncStore *reader);
void sync_queue_page_set_filter (SyncQueuePage *self, const char *name);

G_END_DECLS
