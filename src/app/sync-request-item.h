/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-store.h"

G_BEGIN_DECLS

/**
 * SyncRequestItem:
 *
 * One row of the list: a request as texts in the user's language. Customer and amount are in the body, which is read
 * from the store when a row is first shown.
 *
 * Properties (read-only, notify): `number`, `accepted`, `document`, `party`, `amount`, `state`, `next-try`, `error`.
 */
#define SYNC_TYPE_REQUEST_ITEM (sync_request_item_get_type ())
G_DECLARE_FINAL_TYPE (SyncRequestItem, sync_request_item, SYNC, REQUEST_ITEM, GObject)

SyncRequestItem *sync_request_item_new (SyncStore *store, SyncRequest *request);
SyncRequest *sync_request_item_get_request (SyncRequestItem *self);
void sync_request_item_update (SyncRequestItem *self, SyncRequest *request);
void sync_request_item_set_host_try (SyncRequestItem *self, gint64 host_try_ms);

G_END_DECLS
