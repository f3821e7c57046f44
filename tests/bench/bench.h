/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Durations of one kind of operation, in nanoseconds. */
typedef struct
{
  GArray *samples; /* (owned) (element-type gint64) */
} BenchSeries;

void bench_series_init (BenchSeries *self);
void bench_series_clear (BenchSeries *self);
void bench_series_add (BenchSeries *self, gint64 ns);
void bench_series_merge (BenchSeries *self, const BenchSeries *other);
double bench_series_percentile_ms (BenchSeries *self, double p);
gint64 bench_now_ns (void);
void bench_print (const char *what, const char *unit, double value, const char *limit_name, double limit, double goal);

G_END_DECLS
