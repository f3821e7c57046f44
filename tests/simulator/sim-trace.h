/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The story of one run, a line an event, each with true time. Kept, so that it can be told after a violation; printed
 * at once with --trace. The same seed tells the same story, byte for byte. */
void sim_trace_begin (guint64 seed, gboolean print);
void sim_trace (gint64 now_us, const char *format, ...) G_GNUC_PRINTF (2, 3);
const char *sim_trace_get_text (void);

/* The promise was broken: prints how to see it again, and ends the program with status 1. */
G_NORETURN void sim_violation (const char *format, ...) G_GNUC_PRINTF (1, 2);

G_END_DECLS
