/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When a row is due: the boot clock decides, whatever the wall clock does, and a reboot loses nothing. */
#include "config.h"

#include "store-fixture.h"

#define SECOND ((gint64) G_USEC_PER_SEC)

static void
check_due (StoreFixture *fixture, const char *expected)
{
  g_autofree char *due = store_fixture_dup_due (fixture);

  g_assert_cmpstr (due, ==, expected);
}

static gint64
now_us (StoreFixture *fixture)
{
  return sync_clock_boot_us (SYNC_CLOCK (fixture->clock));
}

static void
delay (StoreFixture *fixture, gint64 id, gint64 delay_ms)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (sync_store_set_next_retry (fixture->store, id, delay_ms, &error));
  g_assert_no_error (error);
}

static void
test_delay (StoreFixture *fixture, gconstpointer data)
{
  gint64 start_us = now_us (fixture);

  g_assert_cmpint (sync_store_get_next_due_us (fixture->store), ==, -1);
  store_fixture_accept (fixture, store_fixture_create ("a"));
  store_fixture_accept (fixture, store_fixture_create ("b"));
  g_assert_cmpint (sync_store_get_next_due_us (fixture->store), ==, 0);
  delay (fixture, 1, 3000);
  check_due (fixture, "2");
  delay (fixture, 2, 2000);
  check_due (fixture, "");
  g_assert_cmpint (sync_store_get_next_due_us (fixture->store), ==, start_us + 2 * SECOND);
  sync_clock_virtual_advance_us (fixture->clock, 2 * SECOND - 1);
  check_due (fixture, "");
  sync_clock_virtual_advance_us (fixture->clock, 1);
  check_due (fixture, "2");
  sync_clock_virtual_advance_us (fixture->clock, 1 * SECOND);
  /* Now both, in the order of acceptance again. */
  check_due (fixture, "1 2");
  delay (fixture, 1, 0);
  check_due (fixture, "1 2");
  g_assert_cmpint (sync_store_get_next_due_us (fixture->store), ==, 0);
}

static void
test_wall_jumps (StoreFixture *fixture, gconstpointer data)
{
  store_fixture_accept (fixture, store_fixture_create ("a"));
  delay (fixture, 1, 10000);
  sync_clock_virtual_jump_wall_us (fixture->clock, 365 * G_TIME_SPAN_DAY);
  check_due (fixture, "");
  store_fixture_reopen (fixture);
  check_due (fixture, "");
  sync_clock_virtual_jump_wall_us (fixture->clock, -730 * G_TIME_SPAN_DAY);
  check_due (fixture, "");
  sync_clock_virtual_advance_us (fixture->clock, 10 * SECOND);
  check_due (fixture, "1");
}

static void
test_reboot (StoreFixture *fixture, gconstpointer data)
{
  store_fixture_accept (fixture, store_fixture_create ("a"));
  store_fixture_accept (fixture, store_fixture_create ("b"));
  store_fixture_accept (fixture, store_fixture_create ("c"));
  delay (fixture, 1, 60 * 1000);
  delay (fixture, 2, 600 * 1000);
  sync_clock_virtual_reboot (fixture->clock, 120 * SECOND);
  store_fixture_reopen (fixture);
  /* The first one's time passed while the machine was off. */
  check_due (fixture, "1 3");
  sync_clock_virtual_advance_us (fixture->clock, 480 * SECOND - 1);
  check_due (fixture, "1 3");
  sync_clock_virtual_advance_us (fixture->clock, 1);
  check_due (fixture, "1 2 3");
}

static void
test_reboot_into_the_past (StoreFixture *fixture, gconstpointer data)
{
  store_fixture_accept (fixture, store_fixture_create ("a"));
  store_fixture_accept (fixture, store_fixture_create ("b"));
  delay (fixture, 1, 1000);
  delay (fixture, 2, 2 * 3600 * 1000);
  sync_clock_virtual_advance_us (fixture->clock, SECOND / 2);
  /* The battery of the clock is empty: each waits its whole time again, and an hour at most. */
  sync_clock_virtual_reboot (fixture->clock, -3650 * G_TIME_SPAN_DAY);
  store_fixture_reopen (fixture);
  check_due (fixture, "");
  g_assert_cmpint (sync_store_get_next_due_us (fixture->store), ==, now_us (fixture) + SECOND);
  sync_clock_virtual_advance_us (fixture->clock, SECOND);
  check_due (fixture, "1");
  sync_clock_virtual_advance_us (fixture->clock, 3599 * SECOND - 1);
  check_due (fixture, "1");
  sync_clock_virtual_advance_us (fixture->clock, 1);
  check_due (fixture, "1 2");
}

static void
test_only_heads_count (StoreFixture *fixture, gconstpointer data)
{
  SyncRequest *child = store_fixture_create ("child");
  gint64 parent = 1;

  store_fixture_accept (fixture, store_fixture_update ("a", "Ann", NULL));
  store_fixture_accept (fixture, store_fixture_update ("b", "Ann", NULL));
  child->depends_on = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_array_append_val (child->depends_on, parent);
  store_fixture_accept (fixture, child);
  delay (fixture, 2, 1000);
  delay (fixture, 3, 1000);
  store_fixture_bring_to (fixture, 1, SYNC_STATE_FAILED);
  g_assert_cmpint (sync_store_get_next_due_us (fixture->store), ==, -1);
}

static void
test_answer_sets_time (StoreFixture *fixture, gconstpointer data)
{
  SyncChange change = SYNC_CHANGE_INIT;

  store_fixture_accept (fixture, store_fixture_create ("a"));
  change.id = 1;
  change.from = SYNC_STATE_SENDING;
  change.to = SYNC_STATE_UNKNOWN;
  change.attempt = store_fixture_claim (fixture, 1);
  change.delay_ms = 5000;
  store_fixture_change (fixture, change);
  g_assert_cmpint (sync_store_get_next_due_us (fixture->store), ==, now_us (fixture) + 5 * SECOND);
  /* A decision that says nothing of time leaves it; a state that waits for none clears it. */
  change = (SyncChange) SYNC_CHANGE_INIT;
  change.id = 1;
  change.from = change.to = SYNC_STATE_UNKNOWN;
  store_fixture_change (fixture, change);
  g_assert_cmpint (sync_store_get_next_due_us (fixture->store), ==, now_us (fixture) + 5 * SECOND);
  change.to = SYNC_STATE_FAILED;
  store_fixture_change (fixture, change);
  change.from = SYNC_STATE_FAILED;
  change.to = SYNC_STATE_PENDING;
  store_fixture_change (fixture, change);
  g_assert_cmpint (sync_store_get_next_due_us (fixture->store), ==, 0);
}

static void
test_refused (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (sync_store_set_next_retry (fixture->store, 1, 0, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_NOT_FOUND);
  g_clear_error (&error);
  store_fixture_accept (fixture, store_fixture_create ("a"));
  store_fixture_bring_to (fixture, 1, SYNC_STATE_COMPLETED);
  g_assert_false (sync_store_set_next_retry (fixture->store, 1, 0, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_STALE);
}

static void
add_n_cb (gpointer user_data)
{
  g_string_append_c (user_data, 'x');
}

static void
add_y_cb (gpointer user_data)
{
  g_string_append_c (user_data, 'y');
}

static void
test_virtual_clock (void)
{
  g_autoptr (SyncClockVirtual) clock = sync_clock_virtual_new ();
  g_autoptr (GString) log = g_string_new (NULL);
  gint64 start_us = sync_clock_boot_us (SYNC_CLOCK (clock));
  guint removed;

  sync_clock_add_alarm (SYNC_CLOCK (clock), start_us + 20, add_y_cb, log);
  sync_clock_add_alarm (SYNC_CLOCK (clock), start_us + 10, add_n_cb, log);
  sync_clock_add_alarm (SYNC_CLOCK (clock), start_us + 20, add_n_cb, log);
  removed = sync_clock_add_alarm (SYNC_CLOCK (clock), start_us + 5, add_n_cb, log);
  sync_clock_clear_alarm (SYNC_CLOCK (clock), &removed);
  g_assert_cmpuint (removed, ==, 0);
  g_assert_cmpint (sync_clock_virtual_next_alarm_us (clock), ==, start_us + 10);
  sync_clock_virtual_advance_us (clock, 19);
  g_assert_cmpstr (log->str, ==, "x");
  sync_clock_virtual_advance_us (clock, 1);
  g_assert_cmpstr (log->str, ==, "xyx");
  g_assert_cmpint (sync_clock_virtual_next_alarm_us (clock), ==, -1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  store_fixture_add_test ("/sync/store-due/delay", test_delay);
  store_fixture_add_test ("/sync/store-due/wall-jumps", test_wall_jumps);
  store_fixture_add_test ("/sync/store-due/reboot", test_reboot);
  store_fixture_add_test ("/sync/store-due/reboot-into-the-past", test_reboot_into_the_past);
  store_fixture_add_test ("/sync/store-due/only-heads-count", test_only_heads_count);
  store_fixture_add_test ("/sync/store-due/answer-sets-time", test_answer_sets_time);
  store_fixture_add_test ("/sync/store-due/refused", test_refused);
  g_test_add_func ("/sync/store-due/virtual-clock", test_virtual_clock);
  return g_test_run ();
}
