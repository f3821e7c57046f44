/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-store.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

GtkWindow *sync_details_present (GtkWindow *parent, SyncStore *reader, gint64 request_id);

G_END_DECLS
