/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-clock.h"

G_BEGIN_DECLS

#define SYNC_TYPE_CLOCK_SYSTEM (sync_clock_system_get_type ())
G_DECLARE_FINAL_TYPE (SyncClockSystem, sync_clock_system, SYNC, CLOCK_SYSTEM, GObject)

SyncClock *sync_clock_system_new (void);

G_END_DECLS
