/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-request-item.h"

G_BEGIN_DECLS

/**
 * SyncRequestList:
 *
 * A #GListModel of #SyncRequestItem over a read-only store, loaded page by page as somebody scrolls: what waits, oldest
 * first, or everything, newest first.
 */
#define SYNC_TYPE_REQUEST_LIST (sync_request_list_get_type ())
G_DECLARE_FINAL_TYPE (SyncRequestList, sync_request_list, SYNC, REQUEST_LIST, GObject)

SyncRequestList *sync_request_list_new (SyncStore *store);
void sync_request_list_set_all (SyncRequestList *self, gboolean all);
void sync_request_list_refresh (SyncRequestList *self);
void sync_request_list_load_more (SyncRequestList *self);
void sync_request_list_set_host_try (SyncRequestList *self, gint64 host_try_ms);
gboolean sync_request_list_only_sales_wait (SyncStore *reader);

G_END_DECLS
