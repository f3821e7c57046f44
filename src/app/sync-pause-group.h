/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-status.h"

#include <adwaita.h>

G_BEGIN_DECLS

/**
 * SyncPauseGroup:
 *
 * The document types that are not delivered for now. It shows the engine's switches; whatever it does is an action of the
 * application: `pause-type`, `resume-type`. Main thread.
 */
#define SYNC_TYPE_PAUSE_GROUP (sync_pause_group_get_type ())
G_DECLARE_FINAL_TYPE (SyncPauseGroup, sync_pause_group, SYNC, PAUSE_GROUP, AdwPreferencesGroup)

SyncPauseGroup *sync_pause_group_new (SyncStatus *status);

G_END_DECLS
