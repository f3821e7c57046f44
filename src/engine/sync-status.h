/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-engine.h"

G_BEGIN_DECLS

/**
 * SyncStatus:
 *
 * The engine as the window and the tray see it: an object of the main thread that mirrors the engine's properties and
 * signals, coalesced to at most ten updates a second. It never waits for the engine's thread.
 *
 * Properties (read-only, notify): those of #SyncEngine, and `snapshot` (SyncSnapshot).
 * Signals: `changed ()` after any update; `request-changed (int64 id, int state)` is not mirrored one by one, but as
 * `requests-changed ()`.
 */
#define SYNC_TYPE_STATUS (sync_status_get_type ())
G_DECLARE_FINAL_TYPE (SyncStatus, sync_status, SYNC, STATUS, GObject)

SyncStatus *sync_status_new (GMainContext *main_context, SyncClock *clock);
SyncClock *sync_status_get_clock (SyncStatus *self);
void sync_status_attach (SyncStatus *self, SyncEngine *engine);
void sync_status_detach (SyncStatus *self);
const SyncSnapshot *sync_status_get_snapshot (SyncStatus *self);

G_END_DECLS
