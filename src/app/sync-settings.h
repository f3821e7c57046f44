/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-config.h"

G_BEGIN_DECLS

GSettings *sync_settings_open (gboolean has_bus);
gboolean sync_settings_find_bus (void);

G_END_DECLS
