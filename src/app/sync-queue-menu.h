/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

GtkWidget *sync_queue_menu_new (GtkWidget *page, GtkWidget *buttons, GtkWidget *view);
void sync_queue_menu_show_at (GtkWidget *menu, double x, double y);
void sync_queue_menu_show_at_focus (GtkWidget *menu, GtkWidget *view);

G_END_DECLS
