/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-request-item.h"

G_BEGIN_DECLS

/* Not delivered yet, and not given up. */
#define SYNC_REQUEST_LIST_UNDELIVERED                                                                                  \
  (1u << SYNC_STATE_PENDING | 1u << SYNC_STATE_SENDING | 1u << SYNC_STATE_UNKNOWN | 1u << SYNC_STATE_CONFLICT          \
   | 1u << SYNC_STATE_FAILED)

/**
 * SyncRequestList:
 *
 * A #GListModel of #SyncRequestItem over a read-only store. It knows the ids of all its rows, in order; a row is read when
 * somebody looks at it, with its neighbours, and forgotten when it is long out of sight.
 */
#define SYNC_TYPE_REQUEST_LIST (sync_request_list_get_type ())
G_DECLARE_FINAL_TYPE (SyncRequestList, sync_request_list, SYNC, REQUEST_LIST, GObject)

SyncRequestList *sync_request_list_new (SyncStore *store);
void sync_request_list_set_shown (SyncRequestList *self, const SyncShown *shown);
void sync_request_list_refresh (SyncRequestList *self);
gint64 sync_request_list_get_id (SyncRequestList *self, guint position);
gboolean sync_request_list_find (SyncRequestList *self, gint64 id, guint *position);
guint sync_request_list_get_n_loaded (SyncRequestList *self);
void sync_request_list_set_host_try (SyncRequestList *self, gint64 host_try_ms);
gboolean sync_request_list_only_sales_wait (SyncStore *reader);

G_END_DECLS
