/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define SYNC_DECIMAL_MAX_DIGITS 400

char *sync_decimal_round (const char *number, guint precision);
char *sync_decimal_add (const char *a, const char *b, guint precision);
char *sync_decimal_subtract (const char *a, const char *b, guint precision);

G_END_DECLS
