/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-demo.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

GtkWindow *sync_ledger_window_present (GtkWindow *parent, SyncDemo *demo);

G_END_DECLS
