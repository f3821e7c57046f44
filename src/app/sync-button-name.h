/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

void sync_button_name_set (GtkWidget *button, const char *name);
void sync_button_name_keep_all (GtkWidget *parent);

G_END_DECLS
