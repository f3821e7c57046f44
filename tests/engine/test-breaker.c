/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The host's circuit breaker: when it opens, when it probes, how it closes. */
#include "config.h"

#include "sync-breaker.h"

#define MS 1000

static void
test_opens_after_three_suspicions (void)
{
  g_autoptr (SyncRandom) random = sync_random_seeded_new (1);
  SyncBreaker breaker;

  sync_breaker_init (&breaker);
  g_assert_cmpuint (sync_breaker_limit (&breaker, 4), ==, 4);
  g_assert_false (sync_breaker_note (&breaker, SYNC_HOST_SUSPECT, -1, 0, random));
  g_assert_false (sync_breaker_note (&breaker, SYNC_HOST_SUSPECT, -1, 0, random));
  g_assert_false (sync_breaker_note (&breaker, SYNC_HOST_UP, -1, 0, random));
  g_assert_false (sync_breaker_note (&breaker, SYNC_HOST_SUSPECT, -1, 0, random));
  g_assert_false (sync_breaker_note (&breaker, SYNC_HOST_SUSPECT, -1, 0, random));
  g_assert_false (sync_breaker_note (&breaker, SYNC_HOST_NO_NEWS, -1, 0, random));
  g_assert_true (sync_breaker_note (&breaker, SYNC_HOST_SUSPECT, -1, 0, random));
  g_assert_true (sync_breaker_is_open (&breaker));
  g_assert_cmpuint (sync_breaker_limit (&breaker, 4), ==, 0);
  g_assert_cmpint (breaker.reason, ==, SYNC_HOST_DOWN);
}

static void
test_closes_step_by_step (void)
{
  g_autoptr (SyncRandom) random = sync_random_seeded_new (1);
  const guint steps[] = { 1, 2, 4, 8 };
  SyncBreaker breaker;

  sync_breaker_init (&breaker);
  g_assert_true (sync_breaker_note (&breaker, SYNC_HOST_DOWN, -1, 0, random));
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      g_assert_cmpint (sync_breaker_note (&breaker, SYNC_HOST_UP, -1, 0, random), ==, i == 0);
      g_assert_cmpuint (sync_breaker_limit (&breaker, 8), ==, steps[i]);
    }
}

static void
test_probes_with_jitter (void)
{
  for (guint32 seed = 0; seed < 200; seed++)
    {
      g_autoptr (SyncRandom) random = sync_random_seeded_new (seed);
      SyncBreaker breaker;
      gint64 now_us = 0;

      sync_breaker_init (&breaker);
      sync_breaker_note (&breaker, SYNC_HOST_DOWN, -1, now_us, random);
      for (guint i = 0; i < 12; i++)
        {
          gint64 wait = breaker.probe_due_us - now_us;

          g_assert_cmpint (wait, >=, 500 * MS);
          g_assert_cmpint (wait, <=, MIN (60000, 2000 << i) * MS);
          /* An answer of a request that was still in flight does not move it. */
          sync_breaker_note (&breaker, SYNC_HOST_DOWN, -1, now_us + 1, random);
          g_assert_cmpint (breaker.probe_due_us - now_us, ==, wait);
          now_us = breaker.probe_due_us;
          sync_breaker_note (&breaker, SYNC_HOST_DOWN, -1, now_us, random);
        }
    }
}

static void
test_retry_after_is_a_floor (void)
{
  for (guint32 seed = 0; seed < 200; seed++)
    {
      g_autoptr (SyncRandom) random = sync_random_seeded_new (seed);
      SyncBreaker breaker;

      sync_breaker_init (&breaker);
      sync_breaker_note (&breaker, SYNC_HOST_THROTTLED, 100000, 0, random);
      g_assert_cmpint (breaker.probe_due_us, >=, 100000 * MS);
      g_assert_cmpint (breaker.probe_due_us, <=, 111000 * MS);
      sync_breaker_hurry (&breaker, 5, 0, random);
      g_assert_cmpint (breaker.probe_due_us, >=, 100000 * MS);
      /* Another one asks for less, and an accident asks for nothing. */
      sync_breaker_note (&breaker, SYNC_HOST_THROTTLED, 1000, 10, random);
      sync_breaker_note (&breaker, SYNC_HOST_DOWN, -1, 20, random);
      g_assert_cmpint (breaker.probe_due_us, >=, 100000 * MS);
      /* An answer of a request that was still in flight. */
      g_assert_false (sync_breaker_note (&breaker, SYNC_HOST_UP, -1, 100000 * MS - 1, random));
      g_assert_true (sync_breaker_is_open (&breaker));
      g_assert_true (sync_breaker_note (&breaker, SYNC_HOST_UP, -1, breaker.probe_due_us, random));
    }
}

static void
test_maintenance_is_spread (void)
{
  gint64 earliest = G_MAXINT64, latest = 0;

  for (guint32 seed = 0; seed < 200; seed++)
    {
      g_autoptr (SyncRandom) random = sync_random_seeded_new (seed);
      SyncBreaker breaker;

      sync_breaker_init (&breaker);
      sync_breaker_note (&breaker, SYNC_HOST_THROTTLED, -1, 0, random);
      earliest = MIN (earliest, breaker.probe_due_us);
      latest = MAX (latest, breaker.probe_due_us);
    }
  g_assert_cmpint (earliest, >=, 30000 * MS);
  g_assert_cmpint (latest, <=, 60000 * MS);
  g_assert_cmpint (latest - earliest, >, 20000 * MS);
}

static void
test_metered (void)
{
  g_autoptr (SyncRandom) random = sync_random_seeded_new (3);
  gint64 now_us = 0, longest = 0;
  SyncBreaker breaker;

  sync_breaker_init (&breaker);
  breaker.metered = TRUE;
  for (guint i = 0; i < 60; i++)
    {
      sync_breaker_note (&breaker, SYNC_HOST_DOWN, -1, now_us, random);
      longest = MAX (longest, breaker.probe_due_us - now_us);
      now_us = breaker.probe_due_us;
    }
  g_assert_cmpint (longest, >, 60000 * MS);
  g_assert_cmpint (longest, <=, 300000 * MS);
}

static void
test_retry_budget (void)
{
  g_autoptr (SyncRandom) random = sync_random_seeded_new (1);
  SyncBreaker breaker;
  guint n = 0;

  sync_breaker_init (&breaker);
  while (!sync_breaker_spend (&breaker, 0, random))
    n++;
  g_assert_cmpuint (n, ==, 500 / 14);
  g_assert_true (sync_breaker_is_open (&breaker));
  /* A good probe gives enough back to go on with care; successes fill it again. */
  sync_breaker_note (&breaker, SYNC_HOST_UP, -1, breaker.probe_due_us, random);
  for (n = 0; !sync_breaker_spend (&breaker, 0, random); n++)
    ;
  g_assert_cmpuint (n, ==, 100 / 14);
  sync_breaker_init (&breaker);
  for (n = 0; n < 1000; n++)
    {
      g_assert_false (sync_breaker_spend (&breaker, 0, random));
      sync_breaker_refund (&breaker, TRUE);
    }
}

static void
test_hurry (void)
{
  g_autoptr (SyncRandom) random = sync_random_seeded_new (1);
  SyncBreaker breaker;

  sync_breaker_init (&breaker);
  sync_breaker_hurry (&breaker, 5, 0, random);
  g_assert_false (sync_breaker_is_open (&breaker));
  sync_breaker_note (&breaker, SYNC_HOST_DOWN, -1, 0, random);
  sync_breaker_hurry (&breaker, 5, 0, random);
  g_assert_cmpint (breaker.probe_due_us, ==, 5);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sync/breaker/opens-after-three-suspicions", test_opens_after_three_suspicions);
  g_test_add_func ("/sync/breaker/closes-step-by-step", test_closes_step_by_step);
  g_test_add_func ("/sync/breaker/probes-with-jitter", test_probes_with_jitter);
  g_test_add_func ("/sync/breaker/retry-after-is-a-floor", test_retry_after_is_a_floor);
  g_test_add_func ("/sync/breaker/maintenance-is-spread", test_maintenance_is_spread);
  g_test_add_func ("/sync/breaker/metered", test_metered);
  g_test_add_func ("/sync/breaker/retry-budget", test_retry_budget);
  g_test_add_func ("/sync/breaker/hurry", test_hurry);
  return g_test_run ();
}
