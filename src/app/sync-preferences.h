/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-background.h"
#include "sync-status.h"

#include <adwaita.h>

G_BEGIN_DECLS

/**
 * SyncPreferences:
 *
 * Everything that a shop can set. What is changed is stored at once; whoever follows the settings acts on it. What is a
 * switch of the engine is an action of the application: `offline`, `pause-type`, `resume-type`, `set-up`. Main thread.
 */
#define SYNC_TYPE_PREFERENCES (sync_preferences_get_type ())
G_DECLARE_FINAL_TYPE (SyncPreferences, sync_preferences, SYNC, PREFERENCES, AdwPreferencesWindow)

SyncPreferences *sync_preferences_new (GtkApplication *application, GSettings *settings, SyncBackground *background,
                                       SyncStatus *status);
void sync_preferences_tell (SyncPreferences *self, const char *words);

G_END_DECLS
