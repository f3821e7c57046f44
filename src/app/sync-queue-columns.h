/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-store.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

void sync_queue_columns_add (GtkColumnView *view);
void sync_queue_columns_sort (GtkColumnView *view, SyncSort sort, gboolean descending);
gboolean sync_queue_columns_get_sort (GtkColumnView *view, SyncSort *sort, gboolean *descending);
guint sync_queue_columns_find_position (GtkColumnView *view, double x, double y);

G_END_DECLS
