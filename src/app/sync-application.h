/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-demo.h"

#include <adwaita.h>

G_BEGIN_DECLS

/**
 * SyncApplication:
 *
 * The desktop program and its composition root: settings, the service in its thread, its status, and the window.
 */
#define SYNC_TYPE_APPLICATION (sync_application_get_type ())
G_DECLARE_FINAL_TYPE (SyncApplication, sync_application, SYNC, APPLICATION, AdwApplication)

SyncApplication *sync_application_new (gboolean background);
void sync_application_set_conflict (SyncApplication *self, gint64 id);
SyncApplication *sync_application_new_demo (SyncDemo *demo);
int sync_application_run (SyncApplication *self);
gboolean sync_application_has_display (void);

G_END_DECLS
