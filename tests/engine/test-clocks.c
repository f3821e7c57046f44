/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the engine does when clocks jump, the machine sleeps or starts anew in the midst of a wait, and when the line is
 * away for thirty hours. */
#include "config.h"

#include "engine-fixture.h"

#include <string.h>

#define SECOND ((gint64) G_USEC_PER_SEC)
#define DAY_US ((gint64) G_TIME_SPAN_DAY)

static void
start (Engine *e)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (sync_engine_start (e->engine, &error));
  g_assert_no_error (error);
  engine_settle (e);
}

static gint64
boot_us (Engine *e)
{
  return sync_clock_boot_us (SYNC_CLOCK (e->clock));
}

/* A request whose first try failed for a passing reason: it waits 1,000 to 1,100 ms for the second. */
static gint64
submit_that_waits (Engine *e)
{
  g_autoptr (SyncRequest) row = NULL;
  gint64 id;

  toy_site_set_canned (e->site, 500, "application/json", "{\"exc_type\":\"TypeError\",\"exception\":\"oops\"}");
  toy_site_set_fault (e->site, toy_can_writes, NULL);
  start (e);
  id = engine_submit (e, "POST", "/api/resource/Customer", "{\"customer_name\":\"A\"}");
  engine_settle (e);
  row = engine_get (e, id);
  g_assert_cmpint (row->state, ==, SYNC_STATE_PENDING);
  g_assert_cmpuint (row->retry_count, ==, 1);
  toy_site_set_fault (e->site, NULL, NULL);
  return id;
}

static void
jump_while_it_waits (Engine *e, gint64 jump_us)
{
  gint64 id = submit_that_waits (e);
  guint n_calls = toy_site_n_calls (e->site);

  sync_clock_virtual_jump_wall_us (e->clock, jump_us);
  engine_run_for (e, 999);
  g_assert_cmpuint (toy_site_n_calls (e->site), ==, n_calls);
  engine_run_for (e, 102);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_cmpuint (toy_site_count (e->site, "Customer"), ==, 1);
}

static void
test_wall_forward (Engine *e)
{
  jump_while_it_waits (e, DAY_US);
}

static void
test_wall_back (Engine *e)
{
  jump_while_it_waits (e, -DAY_US);
}

/* Whatever moment its time comes at while the engine looks, it is not missed. */
static void
test_due_while_looking (Engine *e)
{
  for (guint before_us = 1; before_us <= 60; before_us++)
    {
      gint64 id = submit_that_waits (e);

      sync_clock_virtual_suspend_us (e->clock, sync_store_get_next_due_us (e->store) - boot_us (e) - before_us);
      sync_clock_virtual_set_per_read_us (e->clock, 1);
      sync_engine_hint_network (e->engine, FALSE);
      engine_settle (e);
      sync_clock_virtual_set_per_read_us (e->clock, 0);
      engine_run_for (e, 1);
      engine_assert_state (e, id, SYNC_STATE_COMPLETED);
    }
}

/* A pause, and the wait for a host that is away, are on the boot clock as well. */
static void
test_wall_and_pause (Engine *e)
{
  gint64 id;

  start (e);
  sync_engine_pause (e->engine, 60000, NULL);
  id = engine_submit (e, "POST", "/api/resource/Customer", "{\"customer_name\":\"A\"}");
  sync_clock_virtual_jump_wall_us (e->clock, DAY_US);
  engine_run_for (e, 59999);
  engine_assert_state (e, id, SYNC_STATE_PENDING);
  engine_run_for (e, 1);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
}

static void
test_wall_and_retry_after (Engine *e)
{
  gint64 id;
  guint n_calls;

  toy_site_set_canned (e->site, 429, "application/json", "{\"exc_type\":\"RateLimitExceededError\"}");
  toy_site_set_retry_after (e->site, "120");
  toy_site_set_fault (e->site, toy_can_writes, NULL);
  start (e);
  id = engine_submit (e, "POST", "/api/resource/Customer", "{\"customer_name\":\"A\"}");
  engine_settle (e);
  engine_assert_condition (e, SYNC_CONDITION_THROTTLED);
  toy_site_set_fault (e->site, NULL, NULL);
  n_calls = toy_site_n_calls (e->site);
  sync_clock_virtual_jump_wall_us (e->clock, DAY_US);
  engine_run_for (e, 119999);
  g_assert_cmpuint (toy_site_n_calls (e->site), ==, n_calls);
  sync_clock_virtual_jump_wall_us (e->clock, -2 * DAY_US);
  engine_run_for (e, 31000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
}

/* Eight hours of sleep count as time: what was due goes out when the machine wakes up, once. */
static void
test_suspend (Engine *e)
{
  gint64 id = submit_that_waits (e);

  engine_run_for (e, 500);
  sync_clock_virtual_suspend_us (e->clock, 8 * 3600 * SECOND);
  engine_run_for (e, 0);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_cmpuint (toy_site_count (e->site, "Customer"), ==, 1);
}

/* Asleep with a call under way: its answer still counts, however late. */
static void
test_suspend_in_flight (Engine *e)
{
  gint64 id;

  start (e);
  toy_site_hold (e->site, TRUE);
  id = engine_submit (e, "POST", "/api/resource/Customer", "{\"customer_name\":\"A\"}");
  engine_settle (e);
  /* Two questions come before it: is the key field there, and is it unique? */
  for (guint i = 0; i < 2; i++)
    {
      toy_site_hold (e->site, FALSE);
      toy_site_hold (e->site, TRUE);
      engine_settle (e);
    }
  g_assert_cmpuint (toy_site_n_held (e->site), ==, 1);
  sync_clock_virtual_suspend_us (e->clock, 8 * 3600 * SECOND);
  engine_run_for (e, 0);
  engine_assert_state (e, id, SYNC_STATE_SENDING);
  toy_site_hold (e->site, FALSE);
  engine_run_for (e, 6000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_cmpuint (toy_site_count (e->site, "Customer"), ==, 1);
}

/* The machine goes down @run_ms into a wait of 60 to 66 s and is off for @off_ms, while its wall clock is set by
 * @jump_us. Returns how long after the new start the request goes out, ms. */
static gint64
reboot_while_it_waits (Engine *e, gint64 run_ms, gint64 off_ms, gint64 jump_us)
{
  gint64 id, begin_us;
  guint n_calls;

  e->config->base_retry_delay = 60000;
  g_assert_true (sync_engine_set_config (e->engine, e->config, NULL));
  id = submit_that_waits (e);
  engine_run_for (e, run_ms);
  n_calls = toy_site_n_calls (e->site);
  engine_drop (e);
  sync_clock_virtual_reboot (e->clock, off_ms * 1000 + jump_us);
  engine_open (e);
  begin_us = boot_us (e);
  start (e);
  while (engine_state_of (e, id) != SYNC_STATE_COMPLETED)
    {
      g_assert_cmpint (boot_us (e) - begin_us, <, 3600 * SECOND);
      engine_run_for (e, 100);
    }
  g_assert_cmpuint (toy_site_count (e->site, "Customer"), ==, 1);
  g_assert_cmpuint (toy_site_n_calls (e->site), >, n_calls);
  return (boot_us (e) - begin_us) / 1000;
}

static void
test_reboot (Engine *e)
{
  gint64 waited = reboot_while_it_waits (e, 20000, 10000, 0);

  g_assert_cmpint (waited, >=, 30000);
  g_assert_cmpint (waited, <=, 36100);
}

static void
test_reboot_after_the_time (Engine *e)
{
  g_assert_cmpint (reboot_while_it_waits (e, 20000, 50000, 0), ==, 0);
}

/* Nobody knows that the clock was set back: the whole wait again, and not a day. */
static void
test_reboot_into_the_past (Engine *e)
{
  gint64 waited = reboot_while_it_waits (e, 20000, 10000, -DAY_US);

  g_assert_cmpint (waited, >=, 60000);
  g_assert_cmpint (waited, <=, 66100);
}

static void
test_reboot_into_the_future (Engine *e)
{
  g_assert_cmpint (reboot_while_it_waits (e, 20000, 10000, DAY_US), ==, 0);
}

/* Set back by a day in the boot before: the wait was counted on the boot clock, and still is. */
static void
test_jump_then_reboot (Engine *e)
{
  gint64 waited;

  sync_clock_virtual_jump_wall_us (e->clock, -DAY_US);
  waited = reboot_while_it_waits (e, 20000, 10000, 0);
  g_assert_cmpint (waited, >=, 30000);
  g_assert_cmpint (waited, <=, 36100);
}

static void
test_server_clock (Engine *e)
{
  g_autoptr (SyncSnapshot) before = sync_engine_dup_snapshot (e->engine);
  g_autoptr (SyncSnapshot) undated = NULL;
  g_autoptr (SyncSnapshot) slow = NULL;
  g_autoptr (SyncSnapshot) set = NULL;

  g_assert_false (before->server_clock_known);
  start (e);
  engine_submit (e, "POST", "/api/resource/Customer", "{\"customer_name\":\"A\"}");
  engine_settle (e);
  undated = sync_engine_dup_snapshot (e->engine);
  g_assert_false (undated->server_clock_known);
  /* The till is three minutes slow. */
  toy_site_set_clock (e->site, SYNC_CLOCK (e->clock), 180 * SECOND);
  for (guint i = 0; i < 5; i++)
    {
      engine_submit (e, "POST", "/api/resource/Customer", "{\"customer_name\":\"B\"}");
      engine_run_for (e, 1230);
    }
  slow = sync_engine_dup_snapshot (e->engine);
  g_assert_true (slow->server_clock_known);
  g_assert_cmpint (ABS (slow->server_clock_offset_ms - 180000), <=, slow->server_clock_uncertainty_ms);
  g_assert_cmpint (slow->server_clock_uncertainty_ms, <, 400);
  /* Set right by hand: known at once, without another answer. */
  sync_clock_virtual_jump_wall_us (e->clock, 180 * SECOND);
  set = sync_engine_dup_snapshot (e->engine);
  g_assert_cmpint (ABS (set->server_clock_offset_ms), <=, set->server_clock_uncertainty_ms);
  toy_site_set_clock (e->site, NULL, 0);
}

/* Looks and probes tell the time as well. */
static void
test_server_clock_of_probe (Engine *e)
{
  g_autoptr (SyncSnapshot) snapshot = NULL;

  toy_site_set_clock (e->site, SYNC_CLOCK (e->clock), -7200 * SECOND);
  toy_site_set_user (e->site, NULL);
  start (e);
  engine_submit (e, "POST", "/api/resource/Customer", "{\"customer_name\":\"A\"}");
  engine_settle (e);
  snapshot = sync_engine_dup_snapshot (e->engine);
  g_assert_cmpint (ABS (snapshot->server_clock_offset_ms + 7200000), <=, snapshot->server_clock_uncertainty_ms);
  toy_site_set_clock (e->site, NULL, 0);
}

/* When a sale was made -------------------------------------------------------------------------------------------------- */

static ToyFault
no_line (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  return TOY_REFUSE;
}

static gint64
sell (Engine *e)
{
  return engine_submit (e, "POST", "/api/resource/Sales%20Invoice", "{\"customer\":\"A\"}");
}

/* When the sale says that it was made: seconds since the epoch, as the server counts them. */
static gint64
posted_at (Engine *e, gint64 id)
{
  g_autoptr (SyncRequest) row = engine_get (e, id);
  g_autoptr (GTimeZone) zone = g_time_zone_new_identifier ("Asia/Kolkata");
  g_autoptr (GDateTime) posted = NULL;
  g_autofree char *text = NULL;
  JsonObject *document;

  g_assert_cmpint (row->state, ==, SYNC_STATE_COMPLETED);
  document = toy_site_get (e->site, "Sales Invoice", row->server_name);
  text = g_strdup_printf ("%sT%s", json_object_get_string_member (document, "posting_date"),
                          json_object_get_string_member (document, "posting_time"));
  posted = g_date_time_new_from_iso8601 (text, zone);
  g_assert_nonnull (posted);
  return g_date_time_to_unix (posted);
}

#define assert_posted(e, id, expected_us) \
  g_assert_cmpint (ABS (posted_at (e, id) - (expected_us) / G_USEC_PER_SEC), <=, 1)

/* The till's clock is wrong; nobody knows before the line is back. */
static void
test_sold_on_a_wrong_clock (Engine *e)
{
  gint64 sold_us, id;

  toy_site_set_clock (e->site, SYNC_CLOCK (e->clock), 3 * DAY_US);
  toy_site_set_fault (e->site, no_line, NULL);
  start (e);
  sold_us = sync_clock_wall_us (SYNC_CLOCK (e->clock)) + 3 * DAY_US;
  id = sell (e);
  engine_run_for (e, 7200 * 1000);
  /* Set in between, and wrong again: the boot clock is not. */
  sync_clock_virtual_jump_wall_us (e->clock, -DAY_US);
  toy_site_set_clock (e->site, SYNC_CLOCK (e->clock), 4 * DAY_US);
  toy_site_set_fault (e->site, NULL, NULL);
  engine_run_for (e, 300 * 1000);
  assert_posted (e, id, sold_us);
  toy_site_set_clock (e->site, NULL, 0);
}

/* It was known when the sale was made, and is right after the machine was started anew. */
static void
test_sold_before_a_reboot (Engine *e)
{
  gint64 sold_us, id;

  toy_site_set_clock (e->site, SYNC_CLOCK (e->clock), -2 * DAY_US);
  start (e);
  sell (e);
  engine_settle (e);
  toy_site_set_fault (e->site, no_line, NULL);
  sold_us = sync_clock_wall_us (SYNC_CLOCK (e->clock)) - 2 * DAY_US;
  id = sell (e);
  engine_run_for (e, 1000);
  engine_drop (e);
  sync_clock_virtual_reboot (e->clock, 600 * SECOND - 2 * DAY_US);
  engine_open (e);
  toy_site_set_clock (e->site, SYNC_CLOCK (e->clock), 0);
  toy_site_set_fault (e->site, NULL, NULL);
  start (e);
  engine_run_for (e, 300 * 1000);
  assert_posted (e, id, sold_us);
  toy_site_set_clock (e->site, NULL, 0);
}

/* Nobody ever heard of the server's clock in that boot: the till's is believed, and the boot clock of this one is not
 * taken for that of the other. */
static void
test_sold_in_another_boot (Engine *e)
{
  gint64 sold_us, id;

  toy_site_set_clock (e->site, SYNC_CLOCK (e->clock), 0);
  toy_site_set_fault (e->site, no_line, NULL);
  start (e);
  engine_run_for (e, 3600 * 1000);
  sold_us = sync_clock_wall_us (SYNC_CLOCK (e->clock));
  id = sell (e);
  engine_run_for (e, 1000);
  engine_drop (e);
  sync_clock_virtual_reboot (e->clock, 7200 * SECOND);
  engine_open (e);
  toy_site_set_fault (e->site, NULL, NULL);
  start (e);
  engine_run_for (e, 300 * 1000);
  assert_posted (e, id, sold_us);
  toy_site_set_clock (e->site, NULL, 0);
}

static ToyFault
portal (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  return TOY_CANNED;
}

/* A captive portal whose clock is forty days off answers in the server's place: sales made before, during and after keep
 * their time, whether they were still on their way or had never left. */
static void
sell_behind_a_portal (Engine *e, guint status)
{
  gint64 sold_us[3], ids[3];

  toy_site_set_clock (e->site, SYNC_CLOCK (e->clock), 0);
  start (e);
  sell (e);
  engine_run_for (e, 10000);
  toy_site_set_canned (e->site, status, "text/html", "<html><body>Welcome to the hotel</body></html>");
  toy_site_set_fault (e->site, portal, NULL);
  toy_site_set_clock (e->site, SYNC_CLOCK (e->clock), 40 * DAY_US);
  for (guint i = 0; i < 3; i++)
    {
      sold_us[i] = sync_clock_wall_us (SYNC_CLOCK (e->clock));
      ids[i] = sell (e);
      engine_run_for (e, 200000);
      if (i == 1)
        {
          toy_site_set_clock (e->site, SYNC_CLOCK (e->clock), 0);
          toy_site_set_fault (e->site, NULL, NULL);
        }
    }
  engine_run_for (e, 300 * 1000);
  for (guint i = 0; i < 3; i++)
    assert_posted (e, ids[i], sold_us[i]);
  toy_site_set_clock (e->site, NULL, 0);
}

static void
test_sold_behind_a_portal (Engine *e)
{
  sell_behind_a_portal (e, 200);
}

static void
test_sold_behind_a_redirect (Engine *e)
{
  sell_behind_a_portal (e, 302);
}

/* One call gets through. */
static ToyFault
one_answer (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  guint *n = user_data;

  return ++*n == 1 ? TOY_ANSWER : TOY_REFUSE;
}

static gint64
kept_moment (Engine *e, gint64 id)
{
  g_autoptr (SyncRequest) row = engine_get (e, id);

  return row->accepted_server_ms;
}

/* A moment is kept for good only on a clock that two answers told, and not while somebody else answers. */
static void
test_moment_kept (Engine *e)
{
  g_autoptr (SyncSnapshot) snapshot = NULL;
  guint n = 0;
  gint64 id;

  toy_site_set_clock (e->site, SYNC_CLOCK (e->clock), 7200 * SECOND);
  toy_site_set_fault (e->site, one_answer, &n);
  start (e);
  sell (e);
  engine_run_for (e, 1000);
  snapshot = sync_engine_dup_snapshot (e->engine);
  g_assert_true (snapshot->server_clock_known);
  g_assert_cmpint (kept_moment (e, sell (e)), ==, 0);
  toy_site_set_fault (e->site, NULL, NULL);
  engine_run_for (e, 300 * 1000);
  id = sell (e);
  g_assert_cmpint (ABS (kept_moment (e, id) - sync_clock_wall_ms (SYNC_CLOCK (e->clock)) - 7200000), <, 2000);
  toy_site_set_canned (e->site, 302, "text/html", "<html></html>");
  toy_site_set_fault (e->site, portal, NULL);
  engine_run_for (e, 10000);
  sell (e);
  engine_run_for (e, 10000);
  engine_assert_condition (e, SYNC_CONDITION_NOT_OUR_SERVER);
  g_assert_cmpint (kept_moment (e, sell (e)), ==, 0);
  toy_site_set_clock (e->site, NULL, 0);
}

/* Within what is uncertain the till's own time stands, to the second. */
static void
test_sold_on_a_right_clock (Engine *e)
{
  gint64 sold_us, id;

  toy_site_set_clock (e->site, SYNC_CLOCK (e->clock), 0);
  toy_site_set_fault (e->site, no_line, NULL);
  start (e);
  engine_run_for (e, 999);
  sold_us = sync_clock_wall_us (SYNC_CLOCK (e->clock));
  id = sell (e);
  engine_settle (e);
  toy_site_set_clock (e->site, SYNC_CLOCK (e->clock), 0);
  toy_site_set_fault (e->site, NULL, NULL);
  engine_run_for (e, 300 * 1000);
  g_assert_cmpint (posted_at (e, id), ==, sold_us / G_USEC_PER_SEC);
  toy_site_set_clock (e->site, NULL, 0);
}

/* Thirty hours ------------------------------------------------------------------------------------------------------ */

#define N_REQUESTS 1000
#define HOUR_MS (3600 * 1000)

typedef struct
{
  gboolean away;
  gint64 first_write_us; /* boot clock: when the first write got through, 0: none did */
  Engine *engine;
} Line;

static ToyFault
line (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  Line *self = user_data;

  if (self->away)
    return TOY_REFUSE;
  if (request->write && self->first_write_us == 0)
    self->first_write_us = boot_us (self->engine);
  return TOY_ANSWER;
}

/* @n requests over @hours; every fifth is one without a key that the server enforces. */
static void
submit_over (Engine *e, guint n, guint hours, guint *count)
{
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *body = g_strdup_printf ("{\"remarks\":\"number %u\",\"title\":\"number %u\"}", *count, *count);

      engine_submit (e, "POST", *count % 5 == 0 ? "/api/resource/Note" : "/api/resource/Sales%20Invoice", body);
      ++*count;
      engine_run_for (e, (gint64) hours * HOUR_MS / n);
    }
}

static void
assert_no_retry_used (Engine *e)
{
  SyncListFilter filter = { .limit = 2 * N_REQUESTS };
  g_autoptr (GPtrArray) rows = sync_store_list (e->store, &filter, NULL);

  g_assert_cmpuint (rows->len, ==, N_REQUESTS);
  for (guint i = 0; i < rows->len; i++)
    g_assert_cmpuint (((SyncRequest *) g_ptr_array_index (rows, i))->retry_count, ==, 0);
}

static void
test_thirty_hours (Engine *e)
{
  Line the_line = { .away = TRUE, .engine = e };
  g_autoptr (SyncSnapshot) snapshot = NULL;
  g_autoptr (SyncSnapshot) after = NULL;
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  guint count = 0;
  gint64 back_us;

  toy_site_set_fault (e->site, line, &the_line);
  start (e);
  submit_over (e, N_REQUESTS / 2, 15, &count);
  engine_drop (e);
  sync_clock_virtual_reboot (e->clock, 600 * SECOND);
  engine_open (e);
  start (e);
  submit_over (e, N_REQUESTS / 2, 15, &count);
  engine_assert_condition (e, SYNC_CONDITION_OFFLINE);
  snapshot = sync_engine_dup_snapshot (e->engine);
  g_assert_cmpuint (snapshot->counts.n[SYNC_STATE_PENDING], ==, N_REQUESTS);
  assert_no_retry_used (e);
  g_test_message ("%u calls in thirty hours without a line", toy_site_n_calls (e->site));
  /* A probe a minute on average at most, not a call a request. */
  g_assert_cmpuint (toy_site_n_calls (e->site), <, 30 * 60 * 3);

  the_line.away = FALSE;
  back_us = boot_us (e);
  sync_engine_hint_network (e->engine, FALSE);
  engine_run_for (e, 5000);
  g_assert_cmpint (the_line.first_write_us, >, 0);
  g_test_message ("drain begins %.1f s after the line is back", (double) (the_line.first_write_us - back_us) / 1e6);
  g_assert_cmpint (the_line.first_write_us - back_us, <=, 5 * SECOND);
  engine_run_for (e, 60000);
  after = sync_engine_dup_snapshot (e->engine);
  g_assert_cmpuint (after->counts.n[SYNC_STATE_COMPLETED], ==, N_REQUESTS);
  assert_no_retry_used (e);
  g_assert_cmpuint (toy_site_count (e->site, "Sales Invoice"), ==, N_REQUESTS * 4 / 5);
  g_assert_cmpuint (toy_site_count (e->site, "Note"), ==, N_REQUESTS / 5);
  for (guint i = 1; i <= N_REQUESTS; i++)
    {
      g_autofree char *name = g_strdup_printf ("NAME-%u", i);
      JsonObject *document = toy_site_get (e->site, "Sales Invoice", name);

      if (document == NULL)
        document = toy_site_get (e->site, "Note", name);
      g_assert_nonnull (document);
      g_assert_true (g_hash_table_add (seen, (gpointer) json_object_get_string_member (document, "title")));
    }
}

/* Somebody on the way has his own answer to the question for the zone, each time: no sale waits for that. */
static ToyFault
break_zone (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  return strstr (request->url, "get_time_zone") != NULL ? TOY_CANNED : TOY_ANSWER;
}

static void
test_zone_in_vain (Engine *e)
{
  gint64 id;

  toy_site_set_canned (e->site, 502, "text/html", "<html>Bad Gateway</html>");
  toy_site_set_fault (e->site, break_zone, NULL);
  start (e);
  id = engine_submit (e, "POST", "/api/resource/Sales%20Invoice", "{\"customer\":\"A\"}");
  engine_run_for (e, 3600 * 1000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_cmpuint (toy_site_n_calls (e->site), <, 60);
}

/* Keeps what was said of the next try. */
static void
note_next_try (SyncEngine *engine, SyncEngineState state, SyncCondition condition, gint64 *next_try_ms)
{
  g_autoptr (SyncSnapshot) snapshot = sync_engine_dup_snapshot (engine);

  (void) state;
  (void) condition;
  *next_try_ms = snapshot->next_try_ms;
}

/* While the host is away each new time of the next try is told, not the first one alone. */
static void
test_next_try_is_told (Engine *e)
{
  gint64 told_ms = 0;
  guint n_looks = 0;

  toy_site_set_fault (e->site, no_line, NULL);
  g_signal_connect (e->engine, "state-changed", G_CALLBACK (note_next_try), &told_ms);
  engine_start (e);
  engine_submit (e, "POST", "/api/resource/Sales%20Invoice", "{\"customer\":\"A\"}");
  for (guint second = 0; second < 300; second++)
    {
      g_autoptr (SyncSnapshot) snapshot = NULL;

      engine_run_for (e, 1000);
      snapshot = sync_engine_dup_snapshot (e->engine);
      if (snapshot->next_try_ms <= snapshot->now_ms)
        continue;
      g_assert_cmpint (told_ms, ==, snapshot->next_try_ms);
      n_looks++;
    }
  g_assert_cmpuint (n_looks, >, 100);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  engine_test_add ("/sync/clocks/wall-forward", test_wall_forward);
  engine_test_add ("/sync/clocks/wall-back", test_wall_back);
  engine_test_add ("/sync/clocks/due-while-looking", test_due_while_looking);
  engine_test_add ("/sync/clocks/wall-and-pause", test_wall_and_pause);
  engine_test_add ("/sync/clocks/wall-and-retry-after", test_wall_and_retry_after);
  engine_test_add ("/sync/clocks/suspend", test_suspend);
  engine_test_add ("/sync/clocks/suspend-in-flight", test_suspend_in_flight);
  engine_test_add ("/sync/clocks/sold-on-a-wrong-clock", test_sold_on_a_wrong_clock);
  engine_test_add ("/sync/clocks/sold-before-a-reboot", test_sold_before_a_reboot);
  engine_test_add ("/sync/clocks/sold-in-another-boot", test_sold_in_another_boot);
  engine_test_add ("/sync/clocks/sold-on-a-right-clock", test_sold_on_a_right_clock);
  engine_test_add ("/sync/clocks/sold-behind-a-portal", test_sold_behind_a_portal);
  engine_test_add ("/sync/clocks/sold-behind-a-redirect", test_sold_behind_a_redirect);
  engine_test_add ("/sync/clocks/moment-kept", test_moment_kept);
  engine_test_add ("/sync/clocks/reboot", test_reboot);
  engine_test_add ("/sync/clocks/reboot-after-the-time", test_reboot_after_the_time);
  engine_test_add ("/sync/clocks/reboot-into-the-past", test_reboot_into_the_past);
  engine_test_add ("/sync/clocks/reboot-into-the-future", test_reboot_into_the_future);
  engine_test_add ("/sync/clocks/jump-then-reboot", test_jump_then_reboot);
  engine_test_add ("/sync/clocks/server-clock", test_server_clock);
  engine_test_add ("/sync/clocks/server-clock-of-probe", test_server_clock_of_probe);
  engine_test_add ("/sync/clocks/thirty-hours", test_thirty_hours);
  engine_test_add ("/sync/clocks/zone-in-vain", test_zone_in_vain);
  engine_test_add ("/sync/clocks/next-try-is-told", test_next_try_is_told);
  return g_test_run ();
}
