/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The machine's clock and the random sources. */
#include "config.h"

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sync-body.h"
#include "sync-clock-system.h"
#include "sync-random.h"

static void
test_reading (void)
{
  g_autoptr (SyncClock) clock = sync_clock_system_new ();
  gint64 before = g_get_real_time (), boot = sync_clock_boot_us (clock);
  gint64 wall = sync_clock_wall_us (clock);

  g_assert_cmpint (wall, >=, before);
  g_assert_cmpint (wall, <=, g_get_real_time ());
  g_assert_cmpint (sync_clock_wall_ms (clock), >=, wall / 1000);
  g_assert_cmpint (boot, >, 0);
  g_assert_cmpint (sync_clock_boot_us (clock), >=, boot);
  g_assert_cmpuint (strlen (sync_clock_boot_id (clock)), >, 0);
}

typedef struct
{
  GMainLoop *loop;
  GString *order;
  SyncClock *clock;
  guint to_remove;
} Alarms;

static void
first_cb (gpointer user_data)
{
  Alarms *alarms = user_data;

  g_string_append_c (alarms->order, '1');
  sync_clock_clear_alarm (alarms->clock, &alarms->to_remove);
}

static void
removed_cb (gpointer user_data)
{
  g_string_append_c (((Alarms *) user_data)->order, 'x');
}

static void
last_cb (gpointer user_data)
{
  Alarms *alarms = user_data;

  g_string_append_c (alarms->order, '2');
  g_main_loop_quit (alarms->loop);
}

static void
test_alarms (void)
{
  g_autoptr (SyncClock) clock = sync_clock_system_new ();
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  Alarms alarms = { loop, g_string_new (NULL), clock, 0 };
  gint64 start = sync_clock_boot_us (clock);
  guint never;

  sync_clock_add_alarm (clock, start + 30000, last_cb, &alarms);
  alarms.to_remove = sync_clock_add_alarm (clock, start + 20000, removed_cb, &alarms);
  never = sync_clock_add_alarm (clock, start + G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC, removed_cb,
                                &alarms);
  /* Long past: at the next turn. */
  g_assert_cmpuint (sync_clock_add_alarm (clock, -5, first_cb, &alarms), !=, 0);
  g_main_loop_run (loop);
  g_assert_cmpstr (alarms.order->str, ==, "12");
  g_assert_cmpint (sync_clock_boot_us (clock), >=, start + 30000);
  sync_clock_clear_alarm (clock, &never);
  g_assert_cmpuint (never, ==, 0);
  sync_clock_clear_alarm (clock, &never);
  g_string_free (alarms.order, TRUE);
}

/* No descriptor is left for a timer: the alarms come all the same, and in order. */
static void
test_alarms_without_descriptors (void)
{
  struct rlimit before, low;
  int taken[64];
  guint n = 0;

  /* Its own descriptor first. */
  g_main_context_default ();
  g_assert_no_errno (getrlimit (RLIMIT_NOFILE, &before));
  low = before;
  low.rlim_cur = G_N_ELEMENTS (taken);
  g_assert_no_errno (setrlimit (RLIMIT_NOFILE, &low));
  while ((taken[n] = fcntl (0, F_DUPFD_CLOEXEC, 0)) >= 0)
    n++;
  test_alarms ();
  while (n > 0)
    close (taken[--n]);
  g_assert_no_errno (setrlimit (RLIMIT_NOFILE, &before));
}

static void
test_random (void)
{
  g_autoptr (SyncRandom) kernel = sync_random_kernel_new ();
  g_autoptr (SyncRandom) first = sync_random_seeded_new (7), same = sync_random_seeded_new (7),
                         other = sync_random_seeded_new (8);
  guint8 a[64], b[64], c[64];
  guint counts[10] = { 0 };

  sync_random_fill (first, a, sizeof a);
  sync_random_fill (same, b, sizeof b);
  sync_random_fill (other, c, sizeof c);
  g_assert_cmpmem (a, sizeof a, b, sizeof b);
  g_assert_cmpint (memcmp (a, c, sizeof a), !=, 0);
  sync_random_fill (kernel, a, sizeof a);
  sync_random_fill (kernel, b, sizeof b);
  g_assert_cmpint (memcmp (a, b, sizeof a), !=, 0);
  for (guint i = 0; i < 10000; i++)
    {
      double unit = sync_random_unit (first);

      g_assert_true (unit >= 0 && unit < 1);
      counts[sync_random_below (first, 10)]++;
    }
  for (guint i = 0; i < 10; i++)
    {
      g_assert_cmpuint (counts[i], >, 850);
      g_assert_cmpuint (counts[i], <, 1150);
    }
  g_assert_cmpuint (sync_random_below (first, 1), ==, 0);
}

static void
test_key (void)
{
  g_autoptr (SyncRandom) random = sync_random_seeded_new (9);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *early = sync_key_new (random, G_GINT64_CONSTANT (0x0123456789ab));
  g_autofree char *late = sync_key_new (random, G_GINT64_CONSTANT (0x0123456789ac));

  g_assert_true (g_str_has_prefix (early, "01234567-89ab-7"));
  g_assert_cmpstr (early, <, late);
  for (guint i = 0; i < 5000; i++)
    {
      char *key = sync_key_new (random, 1795351118000);

      g_assert_true (g_uuid_string_is_valid (key));
      g_assert_cmpint (key[14], ==, '7');
      g_assert_nonnull (strchr ("89ab", key[19]));
      for (const char *p = key; *p != '\0'; p++)
        g_assert_false (g_ascii_isupper (*p));
      g_assert_true (g_hash_table_add (seen, key));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sync/clock/reading", test_reading);
  g_test_add_func ("/sync/clock/alarms", test_alarms);
  g_test_add_func ("/sync/clock/alarms-without-descriptors", test_alarms_without_descriptors);
  g_test_add_func ("/sync/random/sources", test_random);
  g_test_add_func ("/sync/key/uuid-version-7", test_key);
  return g_test_run ();
}
