/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-config.h"

G_BEGIN_DECLS

const char *sync_setting_words_title (const SyncConfigNumber *number);
const char *sync_setting_words_purpose (const SyncConfigNumber *number);
char *sync_setting_words_value (const SyncConfigNumber *number, guint value);
gboolean sync_setting_words_read (const SyncConfigNumber *number, const char *text, guint *value, GError **error);
gboolean sync_setting_words_check (const SyncConfigNumber *number, guint value, const SyncConfig *config, GError **error);

G_END_DECLS
