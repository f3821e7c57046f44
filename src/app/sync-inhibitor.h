/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * SyncInhibitor:
 *
 * Asks the machine to wait with sleep and shutdown while something is on its way (logind's delay lock), and hears of both.
 * Where there is no logind nothing happens. Knows no toolkit. Main thread.
 *
 * Signals: `resting (boolean resting)`: the machine is about to sleep or to end, or goes on after all.
 */
#define SYNC_TYPE_INHIBITOR (sync_inhibitor_get_type ())
G_DECLARE_FINAL_TYPE (SyncInhibitor, sync_inhibitor, SYNC, INHIBITOR, GObject)

SyncInhibitor *sync_inhibitor_new (void);
void sync_inhibitor_set_busy (SyncInhibitor *self, gboolean busy);

G_END_DECLS
