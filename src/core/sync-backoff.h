/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-random.h"

G_BEGIN_DECLS

gint64 sync_backoff_delay_ms (guint n, gint64 base_ms, gint64 max_ms, SyncRandom *random);
gint64 sync_backoff_full_jitter_ms (guint n, gint64 base_ms, gint64 max_ms, SyncRandom *random);

G_END_DECLS
