/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person is told, and when. */
#include "config.h"

#include <glib.h>

#include "sync-clock-virtual.h"
#include "sync-notices.h"

typedef struct
{
  SyncClockVirtual *clock; /* (owned) */
  SyncNotices *notices;    /* (owned) */
  SyncSnapshot snapshot;
  GString *told;           /* (owned): "+conflict" and "-conflict", in order */
  GString *words;          /* (owned): what was told last */
} Fixture;

static void
show_cb (SyncNotices *notices, int notice, const char *title, const char *body, Fixture *fixture)
{
  g_assert_cmpstr (title, !=, "");
  g_assert_cmpstr (body, !=, "");
  g_string_printf (fixture->words, "%s: %s", title, body);
  g_string_append_printf (fixture->told, "%s+%s", fixture->told->len > 0 ? " " : "", sync_notice_to_string (notice));
}

static void
withdraw_cb (SyncNotices *notices, int notice, Fixture *fixture)
{
  g_string_append_printf (fixture->told, "%s-%s", fixture->told->len > 0 ? " " : "", sync_notice_to_string (notice));
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->clock = sync_clock_virtual_new ();
  fixture->notices = sync_notices_new (SYNC_CLOCK (fixture->clock));
  fixture->told = g_string_new (NULL);
  fixture->words = g_string_new (NULL);
  fixture->snapshot.condition = SYNC_CONDITION_ONLINE;
  g_signal_connect (fixture->notices, "show", G_CALLBACK (show_cb), fixture);
  g_signal_connect (fixture->notices, "withdraw", G_CALLBACK (withdraw_cb), fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_object_unref (fixture->notices);
  g_assert_cmpuint (sync_clock_virtual_get_n_alarms (fixture->clock), ==, 0);
  g_object_unref (fixture->clock);
  g_string_free (fixture->told, TRUE);
  g_string_free (fixture->words, TRUE);
}

static void
expect (Fixture *fixture, gint64 seconds, const char *told)
{
  sync_clock_virtual_advance_us (fixture->clock, seconds * G_USEC_PER_SEC);
  g_assert_cmpstr (fixture->told->str, ==, told);
  g_string_truncate (fixture->told, 0);
}

static void
set (Fixture *fixture, SyncState state, guint n)
{
  SyncCounts *counts = &fixture->snapshot.counts;

  counts->n[state] = n;
  counts->total = 0;
  for (int i = 0; i < SYNC_N_STATES; i++)
    counts->total += counts->n[i];
  if (n > 0 && counts->oldest_waiting_ms == 0)
    counts->oldest_waiting_ms = sync_clock_wall_ms (SYNC_CLOCK (fixture->clock));
  if (counts->total == counts->n[SYNC_STATE_COMPLETED] + counts->n[SYNC_STATE_DISCARDED])
    counts->oldest_waiting_ms = 0;
  fixture->snapshot.safe_to_close = counts->oldest_waiting_ms == 0;
  sync_notices_update (fixture->notices, &fixture->snapshot);
}

/* What a policy ends at once is not worth a word. */
static void
test_conflict (Fixture *fixture, gconstpointer data)
{
  set (fixture, SYNC_STATE_CONFLICT, 1);
  expect (fixture, 4, "");
  set (fixture, SYNC_STATE_CONFLICT, 0);
  expect (fixture, 100, "");
  set (fixture, SYNC_STATE_CONFLICT, 1);
  expect (fixture, 5, "+conflict");
  /* More of them, once a minute. */
  set (fixture, SYNC_STATE_CONFLICT, 2);
  set (fixture, SYNC_STATE_CONFLICT, 3);
  expect (fixture, 59, "");
  expect (fixture, 1, "+conflict");
  set (fixture, SYNC_STATE_CONFLICT, 0);
  expect (fixture, 0, "-conflict");
}

static void
test_needs_person (Fixture *fixture, gconstpointer data)
{
  set (fixture, SYNC_STATE_FAILED, 1);
  fixture->snapshot.condition = SYNC_CONDITION_SIGN_IN_NEEDED;
  set (fixture, SYNC_STATE_FAILED, 1);
  expect (fixture, 5, "+refused +sign-in");
  fixture->snapshot.condition = SYNC_CONDITION_ONLINE;
  set (fixture, SYNC_STATE_FAILED, 0);
  expect (fixture, 0, "-refused -sign-in");
}

/* What is muted is taken back, and told again when it is not muted any more. */
static void
test_muted (Fixture *fixture, gconstpointer data)
{
  set (fixture, SYNC_STATE_CONFLICT, 1);
  expect (fixture, 5, "+conflict");
  sync_notices_set_muted (fixture->notices, SYNC_NOTICE_CONFLICT, TRUE);
  expect (fixture, 0, "-conflict");
  set (fixture, SYNC_STATE_CONFLICT, 2);
  set (fixture, SYNC_STATE_FAILED, 1);
  expect (fixture, 100, "+refused");
  sync_notices_set_muted (fixture->notices, SYNC_NOTICE_CONFLICT, FALSE);
  expect (fixture, 5, "+conflict");
  set (fixture, SYNC_STATE_CONFLICT, 0);
  set (fixture, SYNC_STATE_FAILED, 0);
  expect (fixture, 0, "-conflict -refused");
}

static void
test_late (Fixture *fixture, gconstpointer data)
{
  set (fixture, SYNC_STATE_PENDING, 2);
  expect (fixture, 15 * 60, "");
  expect (fixture, 5, "+late");
  expect (fixture, 3600, "");
  set (fixture, SYNC_STATE_PENDING, 0);
  expect (fixture, 5, "-late +in-order");
  g_assert_cmpstr (fixture->words->str, ==, "Everything is on the server: Whatever waited was delivered.");
  /* Nobody was told of this one. */
  set (fixture, SYNC_STATE_PENDING, 1);
  set (fixture, SYNC_STATE_PENDING, 0);
  expect (fixture, 3600, "");
  /* The next outage, and its end. */
  set (fixture, SYNC_STATE_PENDING, 1);
  expect (fixture, 15 * 60 + 5, "-in-order +late");
  set (fixture, SYNC_STATE_PENDING, 0);
  expect (fixture, 5, "-late +in-order");
}

/* What somebody gave up is not on the server. */
static void
test_given_up (Fixture *fixture, gconstpointer data)
{
  set (fixture, SYNC_STATE_DISCARDED, 3);
  set (fixture, SYNC_STATE_PENDING, 2);
  expect (fixture, 15 * 60 + 5, "+late");
  set (fixture, SYNC_STATE_PENDING, 1);
  expect (fixture, 60, "+late");
  set (fixture, SYNC_STATE_DISCARDED, 4);
  set (fixture, SYNC_STATE_PENDING, 0);
  expect (fixture, 5, "-late +in-order");
  g_assert_cmpstr (fixture->words->str, ==, "Nothing waits any more: What waited was delivered or given up.");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/sync/notices/conflict", Fixture, NULL, set_up, test_conflict, tear_down);
  g_test_add ("/sync/notices/needs-person", Fixture, NULL, set_up, test_needs_person, tear_down);
  g_test_add ("/sync/notices/muted", Fixture, NULL, set_up, test_muted, tear_down);
  g_test_add ("/sync/notices/late", Fixture, NULL, set_up, test_late, tear_down);
  g_test_add ("/sync/notices/given-up", Fixture, NULL, set_up, test_given_up, tear_down);
  return g_test_run ();
}
