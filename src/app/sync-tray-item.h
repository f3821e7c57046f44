/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * SyncTrayItem:
 *
 * An icon in the panel: org.kde.StatusNotifierItem. Panels come and go, and there may be none: then it waits for one.
 *
 * Signals: `activate ()`, somebody clicked on it; `host-changed ()`. Main thread.
 */
#define SYNC_TYPE_TRAY_ITEM (sync_tray_item_get_type ())
G_DECLARE_FINAL_TYPE (SyncTrayItem, sync_tray_item, SYNC, TRAY_ITEM, GObject)

SyncTrayItem *sync_tray_item_new (GDBusConnection *connection, const char *id, const char *title, const char *menu_path,
                                  GError **error);
void sync_tray_item_set (SyncTrayItem *self, const char *icon, gboolean needs_attention, const char *text);
void sync_tray_item_set_icon_directory (SyncTrayItem *self, const char *directory);
gboolean sync_tray_item_has_host (SyncTrayItem *self);

G_END_DECLS
