/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-config.h"

G_BEGIN_DECLS

/**
 * SyncSurroundings:
 *
 * What the process hears from outside while it runs: the network and the settings. Main thread only.
 *
 * Signals: `network-hint (boolean metered)`: something about the network changed, trying sooner may be worth it, and
 * whether it costs money by the byte, as the network or the settings say; `config-changed (SyncConfig *config)`: the settings were changed and are valid.
 */
#define SYNC_TYPE_SURROUNDINGS (sync_surroundings_get_type ())
G_DECLARE_FINAL_TYPE (SyncSurroundings, sync_surroundings, SYNC, SURROUNDINGS, GObject)

SyncSurroundings *sync_surroundings_new (GSettings *settings);
void sync_surroundings_tell (SyncSurroundings *self);

G_END_DECLS
