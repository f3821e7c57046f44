/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-service.h"
#include "sync-status.h"

#include <adwaita.h>

G_BEGIN_DECLS

/**
 * SyncWindow:
 *
 * What the shop sees: pages, or why there are none. They show a #SyncStatus and read rows through a read-only store of
 * their own; whatever is done is an action of the application or a message to the engine.
 */
#define SYNC_TYPE_WINDOW (sync_window_get_type ())
G_DECLARE_FINAL_TYPE (SyncWindow, sync_window, SYNC, WINDOW, AdwApplicationWindow)

SyncWindow *sync_window_new (GtkApplication *application);
void sync_window_show_pages (SyncWindow *self, SyncServiceThread *service, SyncStatus *status, SyncStore *reader,
                             const char *server);
void sync_window_show_page (SyncWindow *self, const char *name);
void sync_window_show_problem (SyncWindow *self, const char *title, const char *description);
void sync_window_offer_remedy (SyncWindow *self, const char *label, const char *action);
void sync_window_show_finishing (SyncWindow *self);
void sync_window_tell (SyncWindow *self, const char *words);
void sync_window_set_caption (SyncWindow *self, const char *caption, gboolean with_ledger);

G_END_DECLS
