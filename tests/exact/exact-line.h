/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-transport.h"

G_BEGIN_DECLS

#define EXACT_TYPE_LINE (exact_line_get_type ())
G_DECLARE_FINAL_TYPE (ExactLine, exact_line, EXACT, LINE, GObject)

SyncTransport *exact_line_new (SyncTransport *inner);
guint exact_line_get_n_in_flight (ExactLine *self);
guint exact_line_get_n_given_up (ExactLine *self);
guint exact_line_count (ExactLine *self, const char *method, const char *path_part);

G_END_DECLS
