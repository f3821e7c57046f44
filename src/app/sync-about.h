/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-engine.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

char *sync_about_dup_report (const SyncSnapshot *snapshot, SyncStore *reader);
void sync_about_present (GtkWindow *parent, const SyncSnapshot *snapshot, SyncStore *reader);

G_END_DECLS
