/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "sync-status.h"
#include "sync-store.h"

G_BEGIN_DECLS

/**
 * SyncTray:
 *
 * How the queue stands, in the panel: icon, words and menu. Signal: `shown-changed ()`, when a panel comes or goes. Main
 * thread.
 */
#define SYNC_TYPE_TRAY (sync_tray_get_type ())
G_DECLARE_FINAL_TYPE (SyncTray, sync_tray, SYNC, TRAY, GObject)

SyncTray *sync_tray_new (GApplication *application, SyncStatus *status, SyncStore *reader, GError **error);
gboolean sync_tray_is_shown (SyncTray *self);

G_END_DECLS
