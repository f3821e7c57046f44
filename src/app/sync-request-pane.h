/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-store.h"

#include <adwaita.h>

G_BEGIN_DECLS

/**
 * SyncRequestPane:
 *
 * One request with everything that a list has no room for: what to do next, what it is, what was tried and what the server
 * said, what it waits for and what waits for it, and what is sent.
 *
 * Signals: `go-to (int64 id)`: somebody wants to see that request instead.
 */
#define SYNC_TYPE_REQUEST_PANE (sync_request_pane_get_type ())
G_DECLARE_FINAL_TYPE (SyncRequestPane, sync_request_pane, SYNC, REQUEST_PANE, AdwBin)

void sync_request_pane_set_reader (SyncRequestPane *self, SyncStore *reader);
gboolean sync_request_pane_show_request (SyncRequestPane *self, gint64 id);
void sync_request_pane_show_nothing (SyncRequestPane *self, guint n_selected);
gint64 sync_request_pane_get_id (SyncRequestPane *self);
void sync_request_pane_refresh (SyncRequestPane *self);

G_END_DECLS
