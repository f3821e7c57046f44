/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the benchmarks share: a monotonic clock, percentiles, and one way to print a figure beside its limit. */
#include "config.h"

#include "bench.h"

#include <math.h>
#include <time.h>

void
bench_series_init (BenchSeries *self)
{
  self->samples = g_array_new (FALSE, FALSE, sizeof (gint64));
}

void
bench_series_clear (BenchSeries *self)
{
  g_clear_pointer (&self->samples, g_array_unref);
}

void
bench_series_add (BenchSeries *self, gint64 ns)
{
  g_array_append_val (self->samples, ns);
}

void
bench_series_merge (BenchSeries *self, const BenchSeries *other)
{
  g_array_append_vals (self->samples, other->samples->data, other->samples->len);
}

static int
compare_int64 (gconstpointer a, gconstpointer b)
{
  gint64 first = *(const gint64 *) a;
  gint64 second = *(const gint64 *) b;

  return (first > second) - (first < second);
}

/* @p from 0 to 1. */
double
bench_series_percentile_ms (BenchSeries *self, double p)
{
  guint at;

  if (self->samples->len == 0)
    return NAN;
  g_array_sort (self->samples, compare_int64);
  at = MIN ((guint) (p * self->samples->len), self->samples->len - 1);
  return g_array_index (self->samples, gint64, at) / 1e6;
}

gint64
bench_now_ns (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (gint64) now.tv_sec * G_GINT64_CONSTANT (1000000000) + now.tv_nsec;
}

/* One line: the figure, the limit measured in the same run (NAN: none), and the goal (NAN: none). Nothing is asserted:
 * a machine that is busy is no defect. */
void
bench_print (const char *what, const char *unit, double value, const char *limit_name, double limit, double goal)
{
  g_autofree char *limit_text = NULL;
  g_autofree char *goal_text = NULL;

  if (!isnan (limit))
    limit_text = g_strdup_printf ("   %s %.3f %s (%.0f %%)", limit_name, limit, unit, 100 * value / limit);
  if (!isnan (goal))
    goal_text = g_strdup_printf ("   goal %.3f", goal);
  g_print ("%-58s %12.3f %-9s%s%s\n", what, value, unit, limit_text != NULL ? limit_text : "",
           goal_text != NULL ? goal_text : "");
}
