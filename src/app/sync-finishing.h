/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-status.h"

#include <adwaita.h>

G_BEGIN_DECLS

/**
 * SyncFinishing:
 *
 * What is still on its way while the program ends, how far that is, and the way out: the application's action `quit-now`.
 * Main thread.
 */
#define SYNC_TYPE_FINISHING (sync_finishing_get_type ())
G_DECLARE_FINAL_TYPE (SyncFinishing, sync_finishing, SYNC, FINISHING, AdwBin)

void sync_finishing_follow (SyncFinishing *self, SyncStatus *status, SyncStore *reader);

G_END_DECLS
