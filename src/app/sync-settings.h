/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-config.h"

G_BEGIN_DECLS

gboolean sync_settings_check_file (GError **error);
GSettings *sync_settings_open (gboolean has_bus);
gboolean sync_settings_is_file (GSettings *settings);
gboolean sync_settings_find_bus (void);

G_END_DECLS
