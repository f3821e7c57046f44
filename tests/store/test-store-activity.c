/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What happened, as the store tells it: in one order out of two tables, in steps of any size, with what belongs to each
 * line, and at a cost that does not grow with what lies behind. */
#include "store-fixture.h"
#include "sync-store-activity.h"
#include "sync-store-private.h"

/* All that match, found in steps of @limit lines: "id:request ". */
static char *
dup_scan (StoreFixture *fixture, SyncActivityFilter filter, guint limit)
{
  g_autoptr (GArray) places = g_array_new (FALSE, FALSE, sizeof (SyncActivityPlace));
  g_autoptr (GError) error = NULL;
  GString *text = g_string_new (NULL);
  gboolean at_end = FALSE;
  SyncActivityCursor cursor;

  g_assert_true (sync_store_begin_activity (fixture->store, &cursor, &error));
  while (!at_end)
    {
      g_assert_true (
        sync_store_scan_activity (fixture->store, &filter, &cursor, limit, places, &at_end, &error));
      g_assert_no_error (error);
    }
  for (guint i = 0; i < places->len; i++)
    {
      const SyncActivityPlace *place = &g_array_index (places, SyncActivityPlace, i);

      g_string_append_printf (text, "%s%" G_GINT64_FORMAT ":%" G_GINT64_FORMAT, i > 0 ? " " : "", place->id,
                              place->request_id);
    }
  return g_string_free (text, FALSE);
}

static void
assert_scan (StoreFixture *fixture, SyncActivityFilter filter, const char *expected)
{
  for (guint limit = 1; limit < 5; limit++)
    {
      g_autofree char *found = dup_scan (fixture, filter, limit);

      g_assert_cmpstr (found, ==, expected);
    }
}

static void
open_conflict (StoreFixture *fixture, gint64 id)
{
  SyncConflict conflict = { .conflict_type = (char *) "edit_edit" };
  SyncChange change = SYNC_CHANGE_INIT;

  change.id = id;
  change.from = SYNC_STATE_SENDING;
  change.to = SYNC_STATE_CONFLICT;
  change.attempt = store_fixture_claim (fixture, id);
  change.unaccounted = 0;
  change.verdict = "stale";
  change.http_status = 417;
  change.conflict = &conflict;
  store_fixture_change (fixture, change);
  g_assert_true (sync_store_note_conflict (
    fixture->store, sync_store_find_open_conflict (fixture->store, id, NULL), SYNC_CONFLICT_ASKED, "engine", "why", NULL));
}

static void
resolve (StoreFixture *fixture, gint64 id)
{
  SyncChange change = SYNC_CHANGE_INIT;

  change.id = id;
  change.from = SYNC_STATE_CONFLICT;
  change.to = SYNC_STATE_PENDING;
  change.kind = "person";
  change.verdict = "local_wins";
  change.resolution = "local_wins";
  change.actor = "window";
  store_fixture_change (fixture, change);
}

/* Two are taken (1, 2), the first is sent (3), in conflict (4, and -2 of the history; -1 is what 4 tells), decided (5; -3 is
 * what that tells), sent (6) and delivered (7). */
static void
tell_story (StoreFixture *fixture)
{
  gint64 id = store_fixture_accept (fixture, store_fixture_create ("a"));

  store_fixture_accept (fixture, store_fixture_create ("b"));
  sync_clock_virtual_advance_us (fixture->clock, G_TIME_SPAN_MINUTE);
  open_conflict (fixture, id);
  sync_clock_virtual_advance_us (fixture->clock, G_TIME_SPAN_MINUTE);
  resolve (fixture, id);
  sync_clock_virtual_advance_us (fixture->clock, G_TIME_SPAN_MINUTE);
  store_fixture_deliver (fixture, id, "ACC-1", NULL);
}

static void
test_scan (StoreFixture *fixture, gconstpointer data)
{
  gint64 now_ms = sync_clock_wall_ms (SYNC_CLOCK (fixture->clock));

  assert_scan (fixture, (SyncActivityFilter){ 0 }, "");
  tell_story (fixture);
  assert_scan (fixture, (SyncActivityFilter){ 0 }, "7:1 6:1 5:1 -2:1 4:1 3:1 2:2 1:1");
  assert_scan (fixture, (SyncActivityFilter){ .kind = SYNC_ACTIVITY_TAKEN }, "2:2 1:1");
  assert_scan (fixture, (SyncActivityFilter){ .kind = SYNC_ACTIVITY_TRIED }, "6:1 3:1");
  assert_scan (fixture, (SyncActivityFilter){ .kind = SYNC_ACTIVITY_CONFLICT }, "5:1 -2:1 4:1");
  assert_scan (fixture, (SyncActivityFilter){ .by_person = TRUE }, "5:1");
  assert_scan (fixture, (SyncActivityFilter){ .since_ms = now_ms + 2 * G_TIME_SPAN_MINUTE / 1000 }, "7:1 6:1 5:1");
}

/* Where the clock was set back, the order is still that of what happened. */
static void
test_clock_set_back (StoreFixture *fixture, gconstpointer data)
{
  tell_story (fixture);
  sync_clock_virtual_jump_wall_us (fixture->clock, -10 * G_TIME_SPAN_DAY);
  store_fixture_deliver (fixture, 2, "ACC-2", NULL);
  assert_scan (fixture, (SyncActivityFilter){ .kind = SYNC_ACTIVITY_DELIVERED }, "9:2 7:1");
  assert_scan (fixture, (SyncActivityFilter){ .kind = SYNC_ACTIVITY_TRIED }, "8:2 6:1 3:1");
}

static SyncActivity *
get (StoreFixture *fixture, gint64 id)
{
  g_autoptr (GError) error = NULL;
  SyncActivity *line = sync_store_get_activity (fixture->store, id, &error);

  g_assert_no_error (error);
  g_assert_cmpint (line->id, ==, id);
  return line;
}

static void
test_lines (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (SyncActivity) taken = NULL;
  g_autoptr (SyncActivity) first = NULL;
  g_autoptr (SyncActivity) opened = NULL;
  g_autoptr (SyncActivity) asked = NULL;
  g_autoptr (SyncActivity) decided = NULL;
  g_autoptr (SyncActivity) second = NULL;
  g_autoptr (SyncActivity) delivered = NULL;
  g_autoptr (GError) error = NULL;

  tell_story (fixture);
  taken = get (fixture, 1);
  g_assert_false (taken->has_from);
  g_assert_null (taken->attempt);
  g_assert_cmpstr (taken->request->key, ==, "a");
  first = get (fixture, 3);
  g_assert_cmpuint (first->attempt->number, ==, 1);
  g_assert_cmpstr (first->attempt->verdict, ==, "stale");
  opened = get (fixture, 4);
  g_assert_cmpuint (opened->attempt->http_status, ==, 417);
  g_assert_cmpstr (opened->conflict_type, ==, "edit_edit");
  g_assert_null (opened->resolution);
  asked = get (fixture, -2);
  g_assert_cmpstr (asked->event, ==, "asked");
  g_assert_cmpstr (asked->reason, ==, "why");
  g_assert_cmpstr (asked->conflict_type, ==, "edit_edit");
  decided = get (fixture, 5);
  g_assert_true (decided->by_person);
  g_assert_cmpstr (decided->resolution, ==, "local_wins");
  g_assert_cmpstr (decided->attempt->kind, ==, "person");
  second = get (fixture, 6);
  g_assert_cmpuint (second->attempt->number, ==, 2);
  delivered = get (fixture, 7);
  g_assert_cmpuint (delivered->attempt->number, ==, 2);
  g_assert_cmpstr (delivered->request->server_name, ==, "ACC-1");
  g_assert_null (sync_store_get_activity (fixture->store, 99, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_NOT_FOUND);
}

static void
test_steps (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GArray) steps = NULL;
  g_autoptr (GArray) some = NULL;
  g_autoptr (GArray) hours = NULL;
  const SyncStep *newest;

  tell_story (fixture);
  steps = sync_store_list_steps (fixture->store, 0, G_MAXINT64, 100, NULL);
  g_assert_cmpuint (steps->len, ==, 7);
  newest = &g_array_index (steps, SyncStep, 0);
  g_assert_cmpint (newest->id, ==, 7);
  g_assert_cmpint (newest->to, ==, SYNC_STATE_COMPLETED);
  g_assert_cmpint (newest->latency_ms, ==, 180000);
  g_assert_cmpint (g_array_index (steps, SyncStep, 1).latency_ms, ==, -1);
  g_assert_false (g_array_index (steps, SyncStep, 6).has_from);
  some = sync_store_list_steps (fixture->store, 2, 6, 2, NULL);
  g_assert_cmpuint (some->len, ==, 2);
  g_assert_cmpint (g_array_index (some, SyncStep, 0).id, ==, 5);
  hours = sync_store_list_hours (fixture->store, 0, G_MAXINT64, NULL);
  g_assert_cmpuint (hours->len, ==, 1);
  g_assert_cmpuint (g_array_index (hours, SyncHour, 0).delivered, ==, 1);
  g_assert_cmpuint (g_array_index (hours, SyncHour, 0).conflicts, ==, 1);
  g_assert_cmpint (g_array_index (hours, SyncHour, 0).latency_max_ms, ==, 180000);
}

/* None of it walks through a whole table or sorts. */
static void
test_cost (StoreFixture *fixture, gconstpointer data)
{
  static const SyncStatementId ids[]
    = { SYNC_STATEMENT_NEWEST_ACTIVITY,       SYNC_STATEMENT_SCAN_AUDIT,   SYNC_STATEMENT_SCAN_CONFLICT_HISTORY,
        SYNC_STATEMENT_AUDIT_ROW,             SYNC_STATEMENT_ATTEMPT_AT,   SYNC_STATEMENT_CONFLICT_HISTORY_ROW,
        SYNC_STATEMENT_CONFLICT_AT,           SYNC_STATEMENT_LIST_STEPS,   SYNC_STATEMENT_LIST_HOURS };
  SyncStore *store = fixture->store;

  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *key = g_strdup_printf ("other-%u", i);

      store_fixture_deliver (fixture, store_fixture_accept (fixture, store_fixture_create (key)), key, NULL);
    }
  tell_story (fixture);
  g_free (dup_scan (fixture, (SyncActivityFilter){ 0 }, 3));
  for (gint64 id = -2; id < 70; id++)
    {
      g_autoptr (SyncActivity) line = sync_store_get_activity (store, id, NULL);

      g_assert_true (line != NULL || id == 0 || id > 67);
    }
  g_array_unref (sync_store_list_steps (store, 10, 50, 10, NULL));
  g_array_unref (sync_store_list_hours (store, 0, G_MAXINT64, NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      g_assert_nonnull (store->statements[ids[i]]);
      g_assert_cmpint (sqlite3_stmt_status (store->statements[ids[i]], SQLITE_STMTSTATUS_RUN, FALSE), >, 0);
      g_assert_cmpint (sqlite3_stmt_status (store->statements[ids[i]], SQLITE_STMTSTATUS_FULLSCAN_STEP, FALSE), ==, 0);
      g_assert_cmpint (sqlite3_stmt_status (store->statements[ids[i]], SQLITE_STMTSTATUS_SORT, FALSE), ==, 0);
      g_assert_cmpint (sqlite3_stmt_status (store->statements[ids[i]], SQLITE_STMTSTATUS_AUTOINDEX, FALSE), ==, 0);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  store_fixture_add_test ("/sync/store/activity/scan", test_scan);
  store_fixture_add_test ("/sync/store/activity/clock-set-back", test_clock_set_back);
  store_fixture_add_test ("/sync/store/activity/lines", test_lines);
  store_fixture_add_test ("/sync/store/activity/steps", test_steps);
  store_fixture_add_test ("/sync/store/activity/cost", test_cost);
  return g_test_run ();
}
