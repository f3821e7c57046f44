/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

void sync_label_set_optional (GtkLabel *label, const char *text);
void sync_label_set_subtitle (AdwActionRow *row, const char *text);

G_END_DECLS
