/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-service.h"
#include "sync-status.h"

#include <adwaita.h>

G_BEGIN_DECLS

/**
 * SyncKeysDialog:
 *
 * Where the till's API key is kept, and which documents ERPNext protects against being posted twice; a field that it lacks
 * for that can be made here.
 */
#define SYNC_TYPE_KEYS_DIALOG (sync_keys_dialog_get_type ())
G_DECLARE_FINAL_TYPE (SyncKeysDialog, sync_keys_dialog, SYNC, KEYS_DIALOG, AdwWindow)

SyncKeysDialog *sync_keys_dialog_new (GtkWindow *parent, SyncServiceThread *service, SyncStatus *status);

G_END_DECLS
