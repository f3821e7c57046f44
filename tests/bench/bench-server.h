/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _BenchServer BenchServer;

BenchServer *bench_server_new (guint delay_ms);
guint bench_server_get_port (BenchServer *self);
void bench_server_free (BenchServer *self);

G_END_DECLS
