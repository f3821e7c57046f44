/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the cashier reads, for every condition; and customer and amount of a row. */
#include "sync-rate.h"
#include "sync-words.h"

#include <locale.h>

/* 2024-05-06 07:08:09 UTC: long past, so that the date is shown. */
#define THEN_MS G_GINT64_CONSTANT (1714979289000)

static void
assert_status (const SyncSnapshot *snapshot, const char *expected)
{
  g_autofree char *words = sync_words_status (snapshot, TRUE);

  g_assert_cmpstr (words, ==, expected);
}

static void
test_conditions (void)
{
  SyncSnapshot snapshot = { 0 };

  assert_status (&snapshot, "Nothing is waiting.");
  snapshot.last_sync_ms = THEN_MS;
  assert_status (&snapshot, "Nothing is waiting. All was in order at 2024-05-06 07:08.");
  snapshot.counts.n[SYNC_STATE_PENDING] = 3;
  snapshot.counts.n[SYNC_STATE_COMPLETED] = 2;
  snapshot.counts.n[SYNC_STATE_DISCARDED] = 1;
  snapshot.counts.total = 6;
  assert_status (&snapshot, "3 sales are waiting.");
  /* A matter of turns: there is nothing to wait for. */
  snapshot.now_ms = snapshot.next_try_ms = THEN_MS;
  assert_status (&snapshot, "3 sales are waiting.");
  snapshot.now_ms = THEN_MS - 1;
  assert_status (&snapshot, "3 sales are waiting. Next try at 2024-05-06 07:08.");
  snapshot.condition = SYNC_CONDITION_OFFLINE;
  assert_status (&snapshot, "3 sales are waiting. The server cannot be reached; next try at 2024-05-06 07:08.");
  snapshot.now_ms = THEN_MS;
  assert_status (&snapshot, "3 sales are waiting. The server cannot be reached.");
  snapshot.next_try_ms = 0;
  assert_status (&snapshot, "3 sales are waiting. The server cannot be reached.");
  snapshot.offline_by_hand = TRUE;
  assert_status (&snapshot, "3 sales are waiting. Working off line, as somebody switched by hand.");
  snapshot.condition = SYNC_CONDITION_PAUSED;
  assert_status (&snapshot, "3 sales are waiting. Delivery is paused until you resume it.");
  snapshot.paused_until_ms = THEN_MS;
  assert_status (&snapshot, "3 sales are waiting. Delivery is paused until 2024-05-06 07:08.");
  snapshot.condition = SYNC_CONDITION_ONLINE;
  snapshot.paused_types = (char *[]){ (char *) "Sales Invoice", (char *) "Note", NULL };
  assert_status (&snapshot, "3 sales are waiting. Delivery of Sales Invoice, Note is paused until 2024-05-06 07:08.");
  snapshot.paused_until_ms = 0;
  assert_status (&snapshot, "3 sales are waiting. Delivery of Sales Invoice, Note is paused until you resume it.");
  snapshot.paused_types = NULL;
  snapshot.state = SYNC_ENGINE_SYNCING;
  assert_status (&snapshot, "3 sales are waiting. Delivery is under way.");
  for (SyncCondition condition = SYNC_CONDITION_SIGN_IN_NEEDED; condition <= SYNC_CONDITION_STORAGE_TROUBLE;
       condition++)
    {
      g_autofree char *words = NULL;

      snapshot.condition = condition;
      words = sync_words_status (&snapshot, TRUE);
      g_assert_cmpuint (strlen (words), >, strlen ("3 sales are waiting. "));
    }
}

static void
test_plurals (void)
{
  g_autofree char *one = sync_words_waiting (1, TRUE);
  g_autofree char *entry = sync_words_waiting (1, FALSE);
  g_autofree char *entries = sync_words_waiting (2, FALSE);

  g_assert_cmpstr (one, ==, "1 sale is waiting.");
  g_assert_cmpstr (entry, ==, "1 entry is waiting.");
  g_assert_cmpstr (entries, ==, "2 entries are waiting.");
}

static void
test_needs (void)
{
  SyncSnapshot snapshot = { 0 };
  g_autofree char *nothing = sync_words_needs (&snapshot);
  g_autofree char *much = NULL;

  g_assert_null (nothing);
  snapshot.counts.n[SYNC_STATE_FAILED] = 1;
  snapshot.counts.n[SYNC_STATE_CONFLICT] = 2;
  snapshot.counts.needs_person = 1;
  snapshot.counts.n[SYNC_STATE_UNKNOWN] = 3;
  snapshot.counts.total = 6;
  much = sync_words_needs (&snapshot);
  g_assert_cmpstr (much, ==,
                   "The server refused 1 entry. 2 entries were also changed on the server. "
                   "For 1 entry somebody has to look whether it arrived.");
  /* What needs a person does not wait, and as long as anything does all is not in order. */
  assert_status (&snapshot, "2 sales are waiting.");
  snapshot.counts.n[SYNC_STATE_UNKNOWN] = 1;
  snapshot.counts.total = 4;
  snapshot.last_sync_ms = THEN_MS;
  assert_status (&snapshot, "Nothing is waiting.");
  g_assert_cmpuint (sync_words_count_undelivered (&snapshot.counts), ==, 4);
}

/* The one sentence that decides whether somebody goes home. */
static void
test_close (void)
{
  SyncSnapshot snapshot = { .safe_to_close = TRUE };
  g_autofree char *safe = sync_words_close (&snapshot);
  g_autofree char *waiting = NULL;
  g_autofree char *other = NULL;

  g_assert_cmpstr (safe, ==, "Safe to close the shift");
  snapshot.safe_to_close = FALSE;
  other = sync_words_close (&snapshot);
  g_assert_cmpstr (other, ==, "Not safe to close the shift yet");
  snapshot.counts.total = 3;
  snapshot.counts.n[SYNC_STATE_PENDING] = 2;
  snapshot.counts.n[SYNC_STATE_COMPLETED] = 1;
  waiting = sync_words_close (&snapshot);
  g_assert_cmpstr (waiting, ==, "Do not close the shift yet: 2 entries are not on the server");
}

static void
assert_clock (gint64 offset_ms, const char *wanted)
{
  SyncSnapshot snapshot = { .server_clock_known = TRUE, .server_clock_offset_ms = offset_ms };
  g_autofree char *words = sync_words_clock (&snapshot);

  g_assert_cmpstr (words, ==, wanted);
}

static void
test_clock (void)
{
  SyncSnapshot unknown = { .server_clock_offset_ms = 99000 };

  g_assert_null (sync_words_clock (&unknown));
  assert_clock (4400, NULL);
  assert_clock (-4400, NULL);
  assert_clock (60600, "61 seconds behind the server’s");
  assert_clock (-60600, "61 seconds ahead of the server’s");
}

static void
assert_progress (double per_second, const char *wanted)
{
  SyncSnapshot snapshot = { .progress_done = 20, .progress_total = 1000 };
  g_autofree char *words = sync_words_progress (&snapshot, per_second);

  g_assert_cmpstr (words, ==, wanted);
}

static void
test_progress (void)
{
  assert_progress (0, "20 of 1000 delivered");
  assert_progress (49, "20 of 1000 delivered, 49.0 a second, 20 seconds left");
  assert_progress (9.8, "20 of 1000 delivered, 9.8 a second, 2 minutes left");
  assert_progress (0.1, "20 of 1000 delivered, 0.1 a second, 3 hours left");
}

static void
test_rate (void)
{
  SyncRate rate = { 0 };

  g_assert_cmpfloat (sync_rate_get_per_second (&rate), ==, 0);
  sync_rate_add (&rate, 1000, 5);
  sync_rate_add (&rate, 1500, 6);
  g_assert_cmpfloat (sync_rate_get_per_second (&rate), ==, 0);
  /* Ten times a second for two minutes: two a second at first, then one. */
  for (guint i = 0; i <= 1200; i++)
    sync_rate_add (&rate, 2000 + i * 100, i <= 600 ? 10 + i / 5 : 130 + (i - 600) / 10);
  g_assert_cmpfloat_with_epsilon (sync_rate_get_per_second (&rate), 1, 0.05);
  sync_rate_add (&rate, 130000, 3);
  g_assert_cmpfloat (sync_rate_get_per_second (&rate), ==, 0);
  sync_rate_add (&rate, 140000, 33);
  g_assert_cmpfloat (sync_rate_get_per_second (&rate), ==, 3);
  sync_rate_add (&rate, 50, 34);
  g_assert_cmpfloat (sync_rate_get_per_second (&rate), ==, 0);
}

/* What is left out of the body leaves no trace. */
static void
test_row (void)
{
  SyncSummary summary = { .title = (char *) "Shelf label" };
  g_autofree char *nothing = sync_words_amount (&summary);
  g_autofree char *plain = NULL;
  g_autofree char *full = NULL;

  g_assert_null (nothing);
  g_assert_cmpstr (sync_summary_get_party (&summary), ==, "Shelf label");
  summary.customer = (char *) "Ann";
  g_assert_cmpstr (sync_summary_get_party (&summary), ==, "Ann");
  summary.amount = (char *) "12.50";
  plain = sync_words_amount (&summary);
  g_assert_cmpstr (plain, ==, "12.50");
  summary.currency = (char *) "USD";
  full = sync_words_amount (&summary);
  g_assert_cmpstr (full, ==, "12.50 USD");
}

int
main (int argc, char *argv[])
{
  setlocale (LC_ALL, "C.UTF-8");
  g_setenv ("TZ", "UTC", TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sync/words/conditions", test_conditions);
  g_test_add_func ("/sync/words/plurals", test_plurals);
  g_test_add_func ("/sync/words/needs", test_needs);
  g_test_add_func ("/sync/words/close", test_close);
  g_test_add_func ("/sync/words/clock", test_clock);
  g_test_add_func ("/sync/words/progress", test_progress);
  g_test_add_func ("/sync/words/rate", test_rate);
  g_test_add_func ("/sync/words/row", test_row);
  return g_test_run ();
}
