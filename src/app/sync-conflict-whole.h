/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "sync-conflict-case.h"

G_BEGIN_DECLS

char *sync_conflict_whole_dup_directed (const char *text);
GtkWidget *sync_conflict_whole_new (const SyncConflictCase *conflict, GtkLabel **result);

G_END_DECLS
