/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

void sync_label_set_optional (GtkLabel *label, const char *text);

G_END_DECLS
