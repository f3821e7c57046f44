/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

GtkWindow *sync_dialog_find (GType type, GtkWindow *parent);
GtkWindow *sync_dialog_new (GtkWindow *parent, const char *title, GtkWidget *content);

G_END_DECLS
