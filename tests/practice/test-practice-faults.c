/* SPDX-License-Identifier: GPL-3.0-or-later */
/* That the practice shop's faults do what they say: what was committed, what was sent, how the connection
 * ended. */
#include "config.h"

#include "shop-fixture.h"

#include <string.h>

static guint
add_fault (ShopFixture *fixture, const char *text)
{
  g_autoptr (JsonNode) node = json_from_string (text, NULL);
  g_autoptr (GError) error = NULL;
  guint id = sync_practice_shop_add_fault_json (fixture->shop, json_node_get_object (node), &error);

  g_assert_no_error (error);
  return id;
}

static WireExchange *
start (ShopFixture *fixture, const char *request)
{
  return wire_start (sync_practice_shop_get_port (fixture->shop), request, strlen (request));
}

static guint64
count_notes (ShopFixture *fixture)
{
  return sync_practice_shop_count (fixture->shop, "Note", NULL, NULL);
}

/* Every prepared answer, before and after the commit. */
static void
test_answers (ShopFixture *fixture, gconstpointer data)
{
  const char *const *answers = sync_practice_fault_answers ();

  for (guint i = 0; answers[i] != NULL; i++)
    {
      g_autofree char *before =
        g_strdup_printf ("{\"kind\":\"answer\",\"count\":1,\"answer\":\"%s\",\"bytes\":70000,"
                                                 "\"retry_after_s\":42}", answers[i]);
      g_autofree char *after =
        g_strdup_printf ("{\"kind\":\"answer-after\",\"count\":1,\"answer\":\"%s\"}", answers[i]);
      guint64 n = count_notes (fixture);
      g_autoptr (WireMessage) first = NULL;
      g_autoptr (WireMessage) second = NULL;
      guint id = add_fault (fixture, before);

      first = shop_fixture_call (fixture, "POST", "/api/resource/Note", "{\"title\":\"f\"}");
      g_assert_cmpuint (sync_practice_shop_get_fault_hits (fixture->shop, id), ==, 1);
      g_assert_cmpuint (count_notes (fixture), ==, n);
      if (wire_message_header (first, "Retry-After") != NULL)
        g_assert_cmpstr (wire_message_header (first, "Retry-After"), ==, "42");
      if (strcmp (answers[i], "huge") == 0)
        g_assert_cmpuint (first->n_body, ==, 70000);
      add_fault (fixture, after);
      second = shop_fixture_call (fixture, "POST", "/api/resource/Note", "{\"title\":\"f\"}");
      g_assert_cmpuint (wire_message_status (second), ==, wire_message_status (first));
      g_assert_cmpuint (count_notes (fixture), ==, n + 1);
      sync_practice_shop_clear_faults (fixture->shop);
    }
}

/* A broken connection: whether there was an error, how many bytes came, whether it was committed. */
static void
check_broken (ShopFixture *fixture, const char *fault, gboolean is_reset, gsize n_bytes, gboolean committed)
{
  g_autofree char *request = wire_request ("POST", "/api/resource/Note", "cashier", "{\"title\":\"broken\"}");
  g_autofree char *answer = NULL;
  g_autoptr (GError) error = NULL;
  guint64 n = count_notes (fixture);
  gsize length = 0;

  add_fault (fixture, fault);
  answer =
    wire_finish (wire_start (sync_practice_shop_get_port (fixture->shop), request, strlen (request)), &length,
                        &error);
  g_assert_cmpint (error != NULL, ==, is_reset);
  g_assert_cmpuint (length, ==, n_bytes);
  g_assert_cmpuint (count_notes (fixture) - n, ==, committed);
  sync_practice_shop_clear_faults (fixture->shop);
}

static void
test_broken (ShopFixture *fixture, gconstpointer data)
{
  check_broken (fixture, "{\"kind\":\"reset-accept\",\"count\":1}", TRUE, 0, FALSE);
  check_broken (fixture, "{\"kind\":\"reset-before\",\"count\":1}", TRUE, 0, FALSE);
  check_broken (fixture, "{\"kind\":\"reset-after\",\"count\":1}", TRUE, 0, TRUE);
  check_broken (fixture, "{\"kind\":\"truncate\",\"count\":1,\"bytes\":120}", FALSE, 120, TRUE);
  g_assert_cmpuint (sync_practice_shop_get_n_connections (fixture->shop), ==, 0);
}

/* At every byte of the request nothing is committed, at every byte of the answer it is. */
static void
test_every_byte (ShopFixture *fixture, gconstpointer data)
{
  g_autofree char *request = wire_request ("POST", "/api/resource/Note", "cashier", "{\"title\":\"broken\"}");
  gsize n_answer = 0;
  g_autofree char *answer =
    wire_send (sync_practice_shop_get_port (fixture->shop), request, strlen (request), &n_answer);

  for (gsize i = 0; i < strlen (request); i++)
    {
      g_autofree char *fault =
        g_strdup_printf ("{\"kind\":\"reset-request\",\"count\":1,\"bytes\":%" G_GSIZE_FORMAT "}", i);

      check_broken (fixture, fault, TRUE, 0, FALSE);
    }
  for (gsize i = 0; i < n_answer; i += 7)
    {
      g_autofree char *fault =
        g_strdup_printf ("{\"kind\":\"reset-answer\",\"count\":1,\"bytes\":%" G_GSIZE_FORMAT "}", i);

      check_broken (fixture, fault, TRUE, i, TRUE);
    }
}

/* Slow ones wait for the clock; stalled ones for the client. */
static void
test_slow (ShopFixture *fixture, gconstpointer data)
{
  g_autofree char *request = wire_request ("POST", "/api/resource/Note", "cashier", "{\"title\":\"slow\"}");
  static const struct
  {
    const char *fault;
    guint n_before; /* committed before the delay is over */
    gboolean answered;
  } cases[] = { { "{\"kind\":\"slow-before\",\"count\":1,\"delay_ms\":500}", 0, TRUE },
                { "{\"kind\":\"slow-after\",\"count\":1,\"delay_ms\":500}", 1, TRUE },
                { "{\"kind\":\"stall\",\"count\":1}", 0, FALSE },
                { "{\"kind\":\"stall-after\",\"count\":1}", 1, FALSE } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      guint64 n = count_notes (fixture);
      guint id = add_fault (fixture, cases[i].fault);
      WireExchange *exchange =
        wire_start (sync_practice_shop_get_port (fixture->shop), request, strlen (request));
      g_autofree char *answer = NULL;

      while (sync_practice_shop_get_fault_hits (fixture->shop, id) == 0)
        g_main_context_iteration (NULL, TRUE);
      shop_fixture_settle ();
      g_assert_false (wire_is_over (exchange));
      g_assert_cmpuint (count_notes (fixture) - n, ==, cases[i].n_before);
      if (cases[i].answered)
        sync_clock_virtual_advance_us (fixture->clock, 500000);
      else
        sync_practice_shop_stop (fixture->shop);
      answer = wire_finish (exchange, NULL, NULL);
      g_assert_cmpint (g_str_has_prefix (answer, "HTTP/1.1 200"), ==, cases[i].answered);
      g_assert_true (sync_practice_shop_listen (fixture->shop, 0, NULL));
    }
}

/* A client that gives up on a stalled request frees its connection. */
static void
test_gives_up (ShopFixture *fixture, gconstpointer data)
{
  g_autofree char *request = wire_request ("GET", "/api/method/ping", NULL, NULL);
  guint id = add_fault (fixture, "{\"kind\":\"stall\",\"count\":1}");
  WireExchange *exchange = start (fixture, request);

  while (sync_practice_shop_get_fault_hits (fixture->shop, id) == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (sync_practice_shop_get_n_connections (fixture->shop), ==, 1);
  wire_hang_up (exchange);
  g_free (wire_finish (exchange, NULL, NULL));
  while (sync_practice_shop_get_n_connections (fixture->shop) > 0)
    g_main_context_iteration (NULL, TRUE);
}

/* What is slow goes on when the faults are removed. */
static void
test_slowness_ends (ShopFixture *fixture, gconstpointer data)
{
  g_autofree char *request = wire_request ("POST", "/api/resource/Note", "cashier", "{\"title\":\"slow\"}");
  guint id = add_fault (fixture, "{\"kind\":\"slow-before\",\"count\":1,\"delay_ms\":3600000}");
  WireExchange *exchange = start (fixture, request);
  g_autofree char *answer = NULL;

  while (sync_practice_shop_get_fault_hits (fixture->shop, id) == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (count_notes (fixture), ==, 0);
  json_object_unref (shop_fixture_want (fixture, "DELETE", "/_practice/faults", NULL, 200));
  answer = wire_finish (exchange, NULL, NULL);
  g_assert_true (g_str_has_prefix (answer, "HTTP/1.1 200"));
  g_assert_cmpuint (count_notes (fixture), ==, 1);
}

/* A client that closes its half after sending still gets its write done. */
static void
test_half_closed (ShopFixture *fixture, gconstpointer data)
{
  g_autofree char *request = wire_request ("POST", "/api/resource/Note", "cashier", "{\"title\":\"half\"}");
  WireExchange *exchange = start (fixture, request);
  g_autofree char *answer = NULL;

  wire_hang_up (exchange);
  answer = wire_finish (exchange, NULL, NULL);
  g_assert_true (g_str_has_prefix (answer, "HTTP/1.1 200"));
  g_assert_cmpuint (count_notes (fixture), ==, 1);
}

static void
test_fault_matching (ShopFixture *fixture, gconstpointer data)
{
  SyncPracticeFault fault =
    { .kind = SYNC_PRACTICE_FAULT_ANSWER, .method = "POST", .path = "/api/resource/Sales *",
                              .contains = "two", .answer = "deadlock", .skip = 1, .count = 1 };
  guint id = sync_practice_shop_add_fault (fixture->shop, &fault);

  json_object_unref (shop_fixture_want (fixture, "POST", "/api/resource/Note", "{\"title\":\"two\"}", 200));
  json_object_unref (shop_fixture_want (fixture, "POST", INVOICES, SALE ("one"), 200));
  json_object_unref (shop_fixture_want (fixture, "POST", INVOICES, SALE ("two"), 200));
  shop_fixture_want_refused (fixture, "POST", INVOICES, SALE ("two-b"), "QueryDeadlockError");
  json_object_unref (shop_fixture_want (fixture, "POST", INVOICES, SALE ("two-b"), 200));
  g_assert_cmpuint (sync_practice_shop_get_fault_hits (fixture->shop, id), ==, 1);
  g_assert_true (sync_practice_shop_remove_fault (fixture->shop, id));
  fault =
    (SyncPracticeFault) { .kind = SYNC_PRACTICE_FAULT_ANSWER, .answer = "deadlock", .probability = 0.5 };
  id = sync_practice_shop_add_fault (fixture->shop, &fault);
  for (guint i = 0; i < 100; i++)
    wire_message_free (shop_fixture_call (fixture, "GET", "/api/method/ping", NULL));
  g_assert_cmpuint (sync_practice_shop_get_fault_hits (fixture->shop, id), >, 20);
  g_assert_cmpuint (sync_practice_shop_get_fault_hits (fixture->shop, id), <, 80);
}

static void
test_switches (ShopFixture *fixture, gconstpointer data)
{
  g_autoptr (JsonObject) ids = shop_fixture_want (fixture, "PUT", "/_practice/faults",
                                     "[{\"kind\":\"answer\",\"answer\":\"deadlock\"}]", 200);
  g_autoptr (JsonObject) faults = NULL;

  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (ids, "ids")), ==, 1);
  shop_fixture_want_refused (fixture, "GET", "/api/method/ping", NULL, "QueryDeadlockError");
  faults = shop_fixture_want (fixture, "GET", "/_practice/faults", NULL, 200);
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (faults, "faults")), ==, 1);
  json_object_unref (shop_fixture_want (fixture, "DELETE", "/_practice/faults", NULL, 200));
  shop_fixture_want_refused (fixture, "PUT", "/_practice/faults", "{\"kind\":\"nonsense\"}",
                             "ValidationError");
  shop_fixture_want_refused (fixture, "PUT", "/_practice/faults", "nonsense", "ValidationError");
  shop_fixture_want_refused (fixture, "PUT", "/_practice/faults", "{\"kind\":\"stall\",\"cuont\":3}", "ValidationError");
  shop_fixture_want_refused (fixture, "PUT", "/_practice/faults", "{\"kind\":\"stall\",\"count\":\"3\"}",
                             "ValidationError");
  shop_fixture_want_refused (fixture, "PUT", "/_practice/faults", "{\"kind\":\"stall\",\"probability\":50}",
                             "ValidationError");
  json_object_unref (shop_fixture_want (fixture, "POST", "/_practice/maintenance", "{\"mode\":\"stopped\"}",
                                        200));
  shop_fixture_want_refused (fixture, "GET", "/api/method/ping", NULL, "SessionStopped");
}

#define ADD(name, func) \
  g_test_add ("/sync/practice/" name, ShopFixture, NULL, shop_fixture_set_up, func, shop_fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("answers", test_answers);
  ADD ("broken", test_broken);
  ADD ("every-byte", test_every_byte);
  ADD ("slow", test_slow);
  ADD ("slowness-ends", test_slowness_ends);
  ADD ("gives-up", test_gives_up);
  ADD ("half-closed", test_half_closed);
  ADD ("fault-matching", test_fault_matching);
  ADD ("switches", test_switches);
  return g_test_run ();
}
