/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "sync-random.h"
#include "sync-server-clock.h"

#define SECOND ((gint64) G_USEC_PER_SEC)
#define EPOCH_US (G_GINT64_CONSTANT (1767225600) * SECOND) /* Thu, 01 Jan 2026 00:00:00 GMT */

/* The Date that a server writes at @server_us. */
static char *
dup_date (gint64 server_us)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (server_us / SECOND);

  return g_date_time_format (time, "%a, %d %b %Y %H:%M:%S GMT");
}

/* One honest answer: sent at @sent_us, written by the server @there_us later, back @back_us after that. */
static void
answer (SyncServerClock *clock, gint64 sent_us, gint64 there_us, gint64 back_us, gint64 ahead_us)
{
  g_autofree char *date = dup_date (sent_us + there_us + ahead_us);

  g_assert_true (sync_server_clock_add (clock, date, sent_us, sent_us + there_us + back_us));
}

static void
test_nothing_heard (void)
{
  SyncServerClock clock;
  gint64 offset, uncertainty;

  sync_server_clock_init (&clock);
  g_assert_false (sync_server_clock_get (&clock, 0, 0, &offset, &uncertainty));
  g_assert_false (sync_server_clock_add (&clock, NULL, 0, 1));
  g_assert_false (sync_server_clock_add (&clock, "yesterday", 0, 1));
  g_assert_false (sync_server_clock_add (&clock, "Thu, 01 Jan 2026 00:00:00 GMT", 5, 4));
  g_assert_false (sync_server_clock_get (&clock, 0, 0, &offset, &uncertainty));
}

/* The formula by hand: Date 00:00:00, sent at 10 s, heard at 10.2 s. */
static void
test_one_sample (void)
{
  SyncServerClock clock;
  gint64 offset, uncertainty;

  sync_server_clock_init (&clock);
  g_assert_true (sync_server_clock_add (&clock, "Thu, 01 Jan 2026 00:00:00 GMT", 10 * SECOND, 10200000));
  /* The till's wall clock says 00:03:00 then. */
  g_assert_true (sync_server_clock_get (&clock, EPOCH_US + 180 * SECOND, 10100000, &offset, &uncertainty));
  g_assert_cmpint (offset, ==, -180 * SECOND + 500000);
  g_assert_cmpint (uncertainty, ==, 600061);
  /* A second later nothing changed but 0.1 ms that the two clocks may have parted. */
  g_assert_true (sync_server_clock_get (&clock, EPOCH_US + 181 * SECOND, 11100000, &offset, &uncertainty));
  g_assert_cmpint (offset, ==, -180 * SECOND + 500000);
  g_assert_cmpint (uncertainty, ==, 600161);
  /* A person sets the till's clock right: told at once, without another answer. */
  g_assert_true (sync_server_clock_get (&clock, EPOCH_US + 1000000, 11100000, &offset, &uncertainty));
  g_assert_cmpint (offset, ==, 500000);
}

/* Whatever the delays, the truth lies in the stated interval; more answers only make it narrower. */
static void
test_truth_within (void)
{
  g_autoptr (SyncRandom) random = sync_random_seeded_new (11);
  gint64 narrowest = G_MAXINT64;

  for (guint run = 0; run < 3000; run++)
    {
      SyncServerClock clock;
      gint64 boot = (gint64) sync_random_below (random, 1000000000);
      /* The server's clock minus the boot clock: any time of some 60 years, to the microsecond. */
      gint64 ahead = EPOCH_US - G_GINT64_CONSTANT (900000000) * SECOND
                     + (gint64) sync_random_below (random, 1800000000) * SECOND
                     + (gint64) sync_random_below (random, SECOND);
      gint64 wall_ahead = ahead + (gint64) sync_random_below (random, 400 * SECOND) - 200 * SECOND;
      guint n = 1 + (guint) sync_random_below (random, 40);
      gint64 before = 0;

      sync_server_clock_init (&clock);
      for (guint i = 0; i < n; i++)
        {
          gint64 scale = sync_random_below (random, 4) == 0 ? 20 * SECOND : SECOND / 4;
          gint64 there = (gint64) sync_random_below (random, scale);
          gint64 back = (gint64) sync_random_below (random, scale);
          gint64 offset, uncertainty;

          answer (&clock, boot, there, back, ahead);
          boot += there + back;
          g_assert_true (sync_server_clock_get (&clock, boot + wall_ahead, boot, &offset, &uncertainty));
          g_assert_cmpint (ABS (offset - (ahead - wall_ahead)), <=, uncertainty);
          g_assert_cmpint (uncertainty, <=, (there + back) / 2 + SECOND / 2 + 10000);
          g_assert_cmpuint (clock.n_samples, ==, MIN (i + 1, SYNC_SERVER_CLOCK_SAMPLES));
          if (i > 0 && i < SYNC_SERVER_CLOCK_SAMPLES)
            g_assert_cmpint (uncertainty, <=, before + 10000);
          before = uncertainty;
          narrowest = MIN (narrowest, uncertainty);
          boot += (gint64) sync_random_below (random, 5 * SECOND);
        }
    }
  /* The rolling second narrows it far below the half second of one answer. */
  g_assert_cmpint (narrowest, <, 100000);
}

/* Clocks that part by up to 100 parts in a million, asked for days. */
static void
test_drift (void)
{
  g_autoptr (SyncRandom) random = sync_random_seeded_new (12);

  for (guint run = 0; run < 300; run++)
    {
      SyncServerClock clock;
      gint64 start = EPOCH_US + (gint64) sync_random_below (random, SECOND);
      double drift = ((double) sync_random_below (random, 199) - 99) / 1e6;
      gint64 boot = 0;

      sync_server_clock_init (&clock);
      for (guint i = 0; i < 60; i++)
        {
          gint64 rtt = (gint64) sync_random_below (random, SECOND);
          gint64 ahead = start + (gint64) (drift * (double) boot);
          gint64 offset, uncertainty;

          answer (&clock, boot, rtt / 2, rtt - rtt / 2, ahead);
          boot += rtt + (gint64) sync_random_below (random, 7200) * SECOND;
          g_assert_true (sync_server_clock_get (&clock, boot, boot, &offset, &uncertainty));
          g_assert_cmpint (ABS (offset - start - (gint64) (drift * (double) boot)), <=, uncertainty);
        }
    }
}

#define assert_offset(clock, boot, expected_us)                                                              \
  G_STMT_START                                                                                             \
  {                                                                                                        \
    gint64 offset_, uncertainty_;                                                                          \
    g_assert_true (sync_server_clock_get (clock, EPOCH_US + (boot), boot, &offset_, &uncertainty_));       \
    g_assert_cmpint (ABS (offset_ - (expected_us)), <=, uncertainty_);                                     \
  }                                                                                                        \
  G_STMT_END

/* The server's clock is set: the second answer that says so is believed, and those after it join the two. */
static void
test_server_set (void)
{
  SyncServerClock clock;
  gint64 boot = 50 * SECOND;

  sync_server_clock_init (&clock);
  for (guint i = 0; i < 20; i++, boot += 3 * SECOND)
    answer (&clock, boot, 20000, 20000, EPOCH_US);
  g_assert_cmpuint (clock.n_samples, ==, SYNC_SERVER_CLOCK_SAMPLES);
  answer (&clock, boot, 20000, 20000, EPOCH_US + 600 * SECOND);
  g_assert_cmpuint (clock.n_samples, ==, SYNC_SERVER_CLOCK_SAMPLES);
  assert_offset (&clock, boot, 0);
  answer (&clock, boot + SECOND, 20000, 20000, EPOCH_US + 600 * SECOND);
  g_assert_cmpuint (clock.n_samples, ==, 2);
  g_assert_true (sync_server_clock_is_confirmed (&clock));
  assert_offset (&clock, boot + SECOND, 600 * SECOND);
  answer (&clock, boot + 2 * SECOND, 20000, 20000, EPOCH_US + 600 * SECOND);
  g_assert_cmpuint (clock.n_samples, ==, 3);
}

/* Single answers that lie displace nothing, whether they lie alike or not, as long as an honest one comes between. */
static void
test_liars (void)
{
  SyncServerClock clock;
  gint64 boot = 50 * SECOND;

  sync_server_clock_init (&clock);
  for (guint i = 0; i < 12; i++, boot += 3 * SECOND)
    {
      answer (&clock, boot, 20000, 20000, EPOCH_US);
      answer (&clock, boot + SECOND, 20000, 20000, EPOCH_US + 40 * 86400 * SECOND);
      assert_offset (&clock, boot + SECOND, 0);
      g_assert_cmpuint (clock.n_samples, ==, i + 1);
    }
  /* Two in a row, each with a time of its own. */
  answer (&clock, boot, 20000, 20000, EPOCH_US - 900 * SECOND);
  assert_offset (&clock, boot, 0);
  g_assert_cmpuint (clock.n_samples, ==, 12);
}

/* The very first may lie as well: it is not confirmed, and two that agree displace it. */
static void
test_first_lies (void)
{
  SyncServerClock clock;

  sync_server_clock_init (&clock);
  g_assert_false (sync_server_clock_is_confirmed (&clock));
  answer (&clock, SECOND, 20000, 20000, EPOCH_US + 600 * SECOND);
  g_assert_false (sync_server_clock_is_confirmed (&clock));
  answer (&clock, 2 * SECOND, 20000, 20000, EPOCH_US);
  g_assert_false (sync_server_clock_is_confirmed (&clock));
  answer (&clock, 3 * SECOND, 20000, 20000, EPOCH_US);
  g_assert_true (sync_server_clock_is_confirmed (&clock));
  assert_offset (&clock, 3 * SECOND, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sync/server-clock/nothing-heard", test_nothing_heard);
  g_test_add_func ("/sync/server-clock/one-sample", test_one_sample);
  g_test_add_func ("/sync/server-clock/truth-within", test_truth_within);
  g_test_add_func ("/sync/server-clock/drift", test_drift);
  g_test_add_func ("/sync/server-clock/server-set", test_server_set);
  g_test_add_func ("/sync/server-clock/liars", test_liars);
  g_test_add_func ("/sync/server-clock/first-lies", test_first_lies);
  return g_test_run ();
}
