/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "sync-clock.h"

G_BEGIN_DECLS

/**
 * SyncSetupDialog:
 *
 * The server's address and the till's key: asked for, tried, and handed on.
 *
 * Signals: `save (string base_url, string token, string secret)`: they are to be used from now on. Main thread.
 */
#define SYNC_TYPE_SETUP_DIALOG (sync_setup_dialog_get_type ())
G_DECLARE_FINAL_TYPE (SyncSetupDialog, sync_setup_dialog, SYNC, SETUP_DIALOG, AdwWindow)

SyncSetupDialog *sync_setup_dialog_new (GtkWindow *parent, const char *base_url, gboolean fixed, gboolean autostart,
                                        SyncClock *clock);
gboolean sync_setup_dialog_get_autostart (SyncSetupDialog *self);
gboolean sync_setup_dialog_get_in_file (SyncSetupDialog *self);
void sync_setup_dialog_show_refusal (SyncSetupDialog *self, const char *words);

G_END_DECLS
