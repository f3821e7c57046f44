/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-request.h"

#include <adwaita.h>

G_BEGIN_DECLS

/**
 * SyncRequestEditDialog:
 *
 * A window in which a person changes what is sent, with the server's words beside it.
 *
 * Signals: `send (int64 id, GBytes *body)`: the person wants this sent. The window stays until
 * sync_request_edit_dialog_report() or its end.
 */
#define SYNC_TYPE_REQUEST_EDIT_DIALOG (sync_request_edit_dialog_get_type ())
G_DECLARE_FINAL_TYPE (SyncRequestEditDialog, sync_request_edit_dialog, SYNC, REQUEST_EDIT_DIALOG, AdwWindow)

SyncRequestEditDialog *sync_request_edit_dialog_new (GtkWindow *parent, const SyncRequest *request);
gint64 sync_request_edit_dialog_get_id (SyncRequestEditDialog *self);
void sync_request_edit_dialog_report (SyncRequestEditDialog *self, const char *trouble);

G_END_DECLS
