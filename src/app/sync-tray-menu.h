/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * SyncTrayMenu:
 *
 * A menu model as the panel reads it: com.canonical.dbusmenu. What is chosen activates an action. Main thread.
 */
#define SYNC_TYPE_TRAY_MENU (sync_tray_menu_get_type ())
G_DECLARE_FINAL_TYPE (SyncTrayMenu, sync_tray_menu, SYNC, TRAY_MENU, GObject)

SyncTrayMenu *sync_tray_menu_new (GMenuModel *model, GActionGroup *actions);
gboolean sync_tray_menu_export (SyncTrayMenu *self, GDBusConnection *connection, const char *path, GError **error);

G_END_DECLS
