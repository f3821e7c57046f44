/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-config.h"

#include <adwaita.h>

G_BEGIN_DECLS

/**
 * SyncSettingRow:
 *
 * One setting with an entry: what it does, what it is, and why what was written is refused. It follows the setting, and is
 * insensitive while the environment overrides it. Main thread.
 */
#define SYNC_TYPE_SETTING_ROW (sync_setting_row_get_type ())
G_DECLARE_FINAL_TYPE (SyncSettingRow, sync_setting_row, SYNC, SETTING_ROW, AdwActionRow)

/* Whether the text may be stored; else why not, for a person. */
typedef gboolean (*SyncSettingCheck) (const char *text, gpointer user_data, GError **error);

SyncSettingRow *sync_setting_row_new_number (GSettings *settings, const SyncConfigNumber *number);
SyncSettingRow *sync_setting_row_new_text (GSettings *settings, const char *key, const char *title, const char *purpose,
                                           SyncSettingCheck check, gpointer user_data);
char *sync_setting_row_dup_override (const char *key);

G_END_DECLS
