/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is counted: against a second count that does it the slow and simple way, row by row, from what the test did. */
#include "busy-store.h"
#include "sync-insights.h"

#define MINUTE_MS G_GINT64_CONSTANT (60000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

/* What the test did. */
typedef struct
{
  gint64 taken_ms;
  gint64 ended_ms;    /* 0: it waits */
  SyncState ended_as;
} Deed;

static void
count_cb (guint *n)
{
  (*n)++;
}

static void
load (SyncInsights *insights)
{
  guint n_changed = 0;
  gulong handler = g_signal_connect_swapped (insights, "changed", G_CALLBACK (count_cb), &n_changed);

  sync_insights_refresh (insights);
  while (sync_insights_get_loading (insights))
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (n_changed, ==, 1);
  g_signal_handler_disconnect (insights, handler);
}

static gint64
now (BusyStore *busy)
{
  return sync_clock_wall_ms (SYNC_CLOCK (busy->clock));
}

/* Something at odd times, reproducible; nearly ten days of it. */
static GArray *
make_deeds (BusyStore *busy)
{
  GArray *deeds = g_array_new (FALSE, FALSE, sizeof (Deed));
  g_autoptr (GRand) rand = g_rand_new_with_seed (7);

  for (guint i = 0; i < 400; i++)
    {
      Deed deed = { .taken_ms = now (busy) };
      gint64 id = busy_store_take (busy, "Sales Invoice", "Corner Bakery");
      int what = g_rand_int_range (rand, 0, 10);

      if (what > 0)
        {
          busy_store_pass (busy, g_rand_int_range (rand, 0, 10 * MINUTE_MS));
          if (what == 1)
            {
              busy_store_send (busy, id);
              busy_store_answer (busy, id, SYNC_STATE_FAILED, "refused", 417, "no");
            }
          else
            busy_store_deliver (busy, id, g_rand_int_range (rand, 50, 5000), NULL);
          deed.ended_ms = now (busy);
          deed.ended_as = what == 1 ? SYNC_STATE_FAILED : SYNC_STATE_COMPLETED;
        }
      g_array_append_val (deeds, deed);
      busy_store_pass (busy, g_rand_int_range (rand, 0, 55 * MINUTE_MS));
    }
  return deeds;
}

static int
compare (gconstpointer a, gconstpointer b)
{
  gint64 first = *(const gint64 *) a, second = *(const gint64 *) b;

  return (first > second) - (first < second);
}

/* The smallest of the values that at least so many in a hundred of them do not exceed. */
static gint64
percentile (GArray *values, guint percent)
{
  for (guint i = 0; i < values->len; i++)
    {
      gint64 candidate = g_array_index (values, gint64, i);
      guint n = 0;

      for (guint j = 0; j < values->len; j++)
        n += g_array_index (values, gint64, j) <= candidate;
      if (n * 100 >= percent * values->len)
        return candidate;
    }
  return -1;
}

/* How many waited at a time: taken, and neither delivered nor refused. */
static guint
waiting_at (GArray *deeds, gint64 at_ms)
{
  guint n = 0;

  for (guint i = 0; i < deeds->len; i++)
    {
      const Deed *deed = &g_array_index (deeds, Deed, i);

      n += deed->taken_ms <= at_ms && !(deed->ended_ms != 0 && deed->ended_ms <= at_ms);
    }
  return n;
}

static void
assert_part (GArray *deeds, const SyncInsightsPart *part, gboolean is_whole)
{
  g_autoptr (GArray) latencies = g_array_new (FALSE, FALSE, sizeof (gint64));
  guint n_failed = 0, n_delivered = 0, most = waiting_at (deeds, part->from_ms - 1);

  for (guint i = 0; i < deeds->len; i++)
    {
      const Deed *deed = &g_array_index (deeds, Deed, i);
      gint64 latency_ms = deed->ended_ms - deed->taken_ms;
      gboolean within = deed->ended_ms >= part->from_ms && deed->ended_ms < part->until_ms;

      if (deed->taken_ms >= part->from_ms && deed->taken_ms < part->until_ms)
        most = MAX (most, waiting_at (deeds, deed->taken_ms));
      if (!within)
        continue;
      n_failed += deed->ended_as == SYNC_STATE_FAILED;
      if (deed->ended_as == SYNC_STATE_FAILED)
        continue;
      n_delivered++;
      g_array_append_val (latencies, latency_ms);
    }
  g_assert_cmpuint (part->delivered, ==, n_delivered);
  g_assert_cmpuint (part->failed, ==, n_failed);
  g_assert_cmpuint (part->waiting, ==, most);
  g_array_sort (latencies, compare);
  g_assert_cmpint (part->latency_p50_ms, ==, percentile (latencies, 50));
  g_assert_cmpint (part->latency_p95_ms, ==, percentile (latencies, 95));
  g_assert_cmpint (part->latency_max_ms, ==, percentile (latencies, 100));
}

static void
assert_view (SyncInsights *insights, SyncInsightsSpan span, GArray *deeds, guint n_parts, gint64 part_ms, gint64 now_ms)
{
  SyncInsightsView view;

  sync_insights_compute (insights, span, &view);
  g_assert_cmpuint (view.n_parts, ==, n_parts);
  for (guint i = 0; i < n_parts; i++)
    {
      g_assert_cmpint (view.parts[i].until_ms - view.parts[i].from_ms, ==, part_ms);
      g_assert_cmpint (view.parts[i].from_ms % part_ms, ==, 0);
      if (i > 0)
        g_assert_cmpint (view.parts[i].from_ms, ==, view.parts[i - 1].until_ms);
      assert_part (deeds, &view.parts[i], FALSE);
    }
  assert_part (deeds, &view.whole, TRUE);
  g_assert_cmpint (view.whole.until_ms, >, now_ms);
  g_assert_cmpint (view.whole.until_ms, <=, now_ms + part_ms);
  g_assert_cmpuint (view.waiting_now, ==, waiting_at (deeds, now_ms));
}

static void
assert_views (BusyStore *busy, SyncInsights *insights, GArray *deeds)
{
  assert_view (insights, SYNC_INSIGHTS_HOUR, deeds, 12, 5 * MINUTE_MS, now (busy));
  assert_view (insights, SYNC_INSIGHTS_DAY, deeds, 24, HOUR_MS, now (busy));
  assert_view (insights, SYNC_INSIGHTS_WEEK, deeds, 7, DAY_MS, now (busy));
}

static void
test_counts (BusyStore *busy, gconstpointer data)
{
  g_autoptr (SyncInsights) insights = sync_insights_new (busy->reader, SYNC_CLOCK (busy->clock));
  g_autoptr (GArray) deeds = make_deeds (busy);
  Deed deed = { .taken_ms = now (busy) };

  load (insights);
  assert_views (busy, insights, deeds);
  /* What is added later is read alone, to the same end. */
  g_array_append_val (deeds, deed);
  busy_store_take (busy, "Customer", "Ann");
  deed.taken_ms = now (busy);
  busy_store_deliver (busy, busy_store_take (busy, "Customer", "Joe"), 1234, NULL);
  deed.ended_ms = now (busy);
  deed.ended_as = SYNC_STATE_COMPLETED;
  g_array_append_val (deeds, deed);
  load (insights);
  assert_views (busy, insights, deeds);
}

/* Conflicts and retries, which the slow count leaves out. */
static void
test_conflicts (BusyStore *busy, gconstpointer data)
{
  g_autoptr (SyncInsights) insights = sync_insights_new (busy->reader, SYNC_CLOCK (busy->clock));
  gint64 id = busy_store_take (busy, "Customer", "Ann");
  SyncInsightsView view;

  busy_store_send (busy, id);
  busy_store_answer (busy, id, SYNC_STATE_PENDING, "retry", 500, "no");
  busy_store_pass (busy, 1000);
  busy_store_send (busy, id);
  busy_store_answer (busy, id, SYNC_STATE_PENDING, "not-done", 0, "off line");
  busy_store_pass (busy, 1000);
  busy_store_send (busy, id);
  busy_store_conflict (busy, id);
  load (insights);
  sync_insights_compute (insights, SYNC_INSIGHTS_HOUR, &view);
  g_assert_cmpuint (view.whole.retries, ==, 1);
  g_assert_cmpuint (view.whole.conflicts, ==, 1);
  g_assert_cmpuint (view.whole.delivered, ==, 0);
  g_assert_cmpuint (view.whole.waiting, ==, 1);
  g_assert_cmpint (view.whole.latency_max_ms, ==, -1);
  /* Given up and taken back: it does not wait in between. */
  busy_store_decide (busy, id, SYNC_STATE_CONFLICT, SYNC_STATE_DISCARDED, "server_wins", "window", NULL);
  load (insights);
  sync_insights_compute (insights, SYNC_INSIGHTS_HOUR, &view);
  g_assert_cmpuint (view.waiting_now, ==, 0);
  busy_store_decide (busy, id, SYNC_STATE_DISCARDED, SYNC_STATE_PENDING, NULL, "window", NULL);
  load (insights);
  sync_insights_compute (insights, SYNC_INSIGHTS_HOUR, &view);
  g_assert_cmpuint (view.waiting_now, ==, 1);
  g_assert_cmpuint (view.whole.waiting, ==, 1);
}

/* More than a slice, and a clock that was wrong for a while in the middle of it. */
static void
test_many (BusyStore *busy, gconstpointer data)
{
  g_autoptr (SyncInsights) insights = sync_insights_new (busy->reader, SYNC_CLOCK (busy->clock));
  SyncInsightsView view;

  busy_store_deliver (busy, busy_store_take (busy, "Customer", "Ann"), 100, NULL);
  busy_store_take_many (busy, 3000);
  sync_clock_virtual_jump_wall_us (busy->clock, -G_GINT64_CONSTANT (300) * G_TIME_SPAN_DAY);
  for (guint i = 0; i < 100; i++)
    busy_store_deliver (busy, busy_store_take (busy, "Customer", "Ann"), 100, NULL);
  sync_clock_virtual_jump_wall_us (busy->clock, G_GINT64_CONSTANT (300) * G_TIME_SPAN_DAY);
  busy_store_take_many (busy, 5000);
  busy_store_deliver (busy, busy_store_take (busy, "Customer", "Ann"), 100, NULL);
  load (insights);
  sync_insights_compute (insights, SYNC_INSIGHTS_WEEK, &view);
  g_assert_cmpuint (view.whole.delivered, ==, 2);
  g_assert_cmpuint (view.waiting_now, ==, 8000);
  g_assert_cmpuint (view.whole.waiting, ==, 8001);
  /* As many at once as may be more than were read. */
  busy_store_take_many (busy, 4000);
  load (insights);
  sync_insights_compute (insights, SYNC_INSIGHTS_WEEK, &view);
  g_assert_cmpuint (view.whole.waiting, ==, 12000);
}

/* The hourly sums of the store say the same as the rows. */
static void
test_hours (BusyStore *busy, gconstpointer data)
{
  g_autoptr (SyncInsights) insights = sync_insights_new (busy->reader, SYNC_CLOCK (busy->clock));
  g_autoptr (GArray) deeds = make_deeds (busy);
  g_autoptr (GArray) hours = NULL;
  SyncInsightsView view;
  guint found = 0;

  load (insights);
  sync_insights_compute (insights, SYNC_INSIGHTS_DAY, &view);
  hours = sync_store_list_hours (busy->reader, view.whole.from_ms, view.whole.until_ms, NULL);
  for (guint i = 0; i < view.n_parts; i++)
    for (guint j = 0; j < hours->len; j++)
      {
        const SyncHour *hour = &g_array_index (hours, SyncHour, j);

        if (hour->hour_ms != view.parts[i].from_ms)
          continue;
        g_assert_cmpuint (hour->delivered, ==, view.parts[i].delivered);
        g_assert_cmpuint (hour->failed, ==, view.parts[i].failed);
        if (hour->delivered > 0)
          g_assert_cmpint (hour->latency_max_ms, ==, view.parts[i].latency_max_ms);
        found++;
      }
  g_assert_cmpuint (found, ==, hours->len);
  g_assert_cmpuint (found, >, 10);
}

#define ADD(path, func) g_test_add (path, BusyStore, NULL, busy_store_set_up, func, busy_store_tear_down)

int
main (int argc, char *argv[])
{
  g_setenv ("TZ", "UTC", TRUE);
  g_test_init (&argc, &argv, NULL);
  ADD ("/sync/insights/counts", test_counts);
  ADD ("/sync/insights/conflicts", test_conflicts);
  ADD ("/sync/insights/many", test_many);
  ADD ("/sync/insights/hours", test_hours);
  return g_test_run ();
}
