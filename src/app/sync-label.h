/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/* Long enough for a sentence or two that nobody expects, in seconds. */
#define SYNC_LABEL_TOAST_S 15

void sync_label_set_optional (GtkLabel *label, const char *text);
AdwToast *sync_label_new_toast (const char *words, guint timeout_s);
void sync_label_set_subtitle (AdwActionRow *row, const char *text);

G_END_DECLS
