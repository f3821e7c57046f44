/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "sync-backoff.h"

#define DRAWS 2000

static void
test_formula (void)
{
  g_autoptr (SyncRandom) random = sync_random_seeded_new (1);
  /* min (1000 · 2^n, 300000) by hand. */
  static const gint64 terms[]
      = { 1000, 2000, 4000, 8000, 16000, 32000, 64000, 128000, 256000, 300000, 300000 };

  for (guint n = 0; n < G_N_ELEMENTS (terms); n++)
    {
      gint64 least = G_MAXINT64, most = 0;

      for (guint i = 0; i < DRAWS; i++)
        {
          gint64 delay = sync_backoff_delay_ms (n, 1000, 300000, random);

          least = MIN (least, delay);
          most = MAX (most, delay);
        }
      g_assert_cmpint (least, >=, terms[n]);
      g_assert_cmpint (most, <=, terms[n] + terms[n] / 10);
      /* The jitter uses its range. */
      g_assert_cmpint (least, <, terms[n] + terms[n] / 100);
      g_assert_cmpint (most, >, terms[n] + terms[n] * 9 / 100);
    }
}

static void
test_bounds (void)
{
  g_autoptr (SyncRandom) random = sync_random_seeded_new (2);
  static const guint many[] = { 20, 61, 62, 63, 64, 1000, G_MAXUINT };

  for (guint i = 0; i < G_N_ELEMENTS (many); i++)
    {
      gint64 delay = sync_backoff_delay_ms (many[i], 1000, 300000, random);

      g_assert_cmpint (delay, >=, 300000);
      g_assert_cmpint (delay, <=, 330000);
    }
  /* A base above the ceiling is cut, and one of a millisecond has no room for jitter. */
  g_assert_cmpint (sync_backoff_delay_ms (0, 500, 100, random), <=, 110);
  g_assert_cmpint (sync_backoff_delay_ms (0, 1, 100, random), ==, 1);
}

static void
test_full_jitter (void)
{
  g_autoptr (SyncRandom) random = sync_random_seeded_new (3);
  gint64 sum = 0;

  for (guint n = 0; n < 40; n++)
    for (guint i = 0; i < 200; i++)
      {
        gint64 delay = sync_backoff_full_jitter_ms (n, 2000, 60000, random);
        gint64 ceiling = n >= 5 ? 60000 : G_GINT64_CONSTANT (2000) << n;

        g_assert_cmpint (delay, >=, 500);
        g_assert_cmpint (delay, <=, ceiling);
        sum += n == 10 ? delay : 0;
      }
  /* Even over its range: the mean of 200 draws of 500 … 60000 lies near the middle. */
  g_assert_cmpint (sum / 200, >, 24000);
  g_assert_cmpint (sum / 200, <, 36000);
}

static void
test_repeatable (void)
{
  g_autoptr (SyncRandom) first = sync_random_seeded_new (4);
  g_autoptr (SyncRandom) second = sync_random_seeded_new (4);

  for (guint n = 0; n < 20; n++)
    g_assert_cmpint (sync_backoff_delay_ms (n, 1000, 300000, first), ==,
                     sync_backoff_delay_ms (n, 1000, 300000, second));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sync/backoff/formula-of-the-specification", test_formula);
  g_test_add_func ("/sync/backoff/bounds", test_bounds);
  g_test_add_func ("/sync/backoff/full-jitter", test_full_jitter);
  g_test_add_func ("/sync/backoff/repeatable", test_repeatable);
  return g_test_run ();
}
