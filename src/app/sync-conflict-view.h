/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-store.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

GtkWindow *sync_conflict_view_present (GtkWindow *parent, SyncStore *reader, gint64 id);

G_END_DECLS
