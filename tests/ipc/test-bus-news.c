/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the bus tells of the engine, and how often. Time is the test's. */
#include "config.h"

#include "bus-fixture.h"

#include <string.h>

#define CUSTOMER "/api/resource/Customer"

static void
test_first_at_once (Engine *e)
{
  Bus bus;

  bus_open (&bus, e);
  bus_listen (&bus);
  bus_submit (&bus, "POST", CUSTOMER, "{\"customer_name\":\"A\"}");
  engine_settle (e);
  sync_clock_virtual_advance_us (e->clock, 0);
  engine_settle (e);
  bus_catch_up (&bus);
  g_assert_cmpuint (bus_count_heard (&bus, "RequestChanged"), ==, 1);
  g_assert_cmpstr (bus_last_heard (&bus, "RequestChanged"), ==, "([(1, 'pending')],)");
  g_assert_nonnull (strstr (bus_last_heard (&bus, "PropertiesChanged"), "'Pending': <uint32 1>"));
  g_assert_nonnull (strstr (bus_last_heard (&bus, "PropertiesChanged"), "'SafeToClose': <false>"));
  bus_close (&bus);
}

/* Fifty sales in one instant, delivered in the next second. */
static void
test_together (Engine *e)
{
  const char *last;
  guint n;
  Bus bus;

  bus_open (&bus, e);
  bus_listen (&bus);
  bus_submit (&bus, "POST", CUSTOMER, "{\"customer_name\":\"first\"}");
  engine_run_for (e, 1);
  bus_catch_up (&bus);
  n = bus_count_heard (&bus, "RequestChanged");
  for (guint i = 0; i < 50; i++)
    bus_submit (&bus, "POST", CUSTOMER, "{\"customer_name\":\"A\"}");
  engine_run_for (e, 98);
  bus_catch_up (&bus);
  g_assert_cmpuint (bus_count_heard (&bus, "RequestChanged"), ==, n);
  engine_run_for (e, 1);
  bus_catch_up (&bus);
  g_assert_cmpuint (bus_count_heard (&bus, "RequestChanged"), ==, n + 1);
  last = bus_last_heard (&bus, "RequestChanged");
  g_assert_true (g_str_has_prefix (last, "([(2, 'pending'), (3, 'pending'), "));
  g_assert_true (g_str_has_suffix (last, "(51, 'pending')],)"));
  engine_start (e);
  engine_run_for (e, 1000);
  bus_catch_up (&bus);
  g_assert_cmpuint (bus_count_heard (&bus, "RequestChanged"), <=, n + 1 + 11);
  g_assert_cmpuint (bus_count_heard (&bus, "SyncProgress"), <=, 11);
  g_assert_cmpuint (bus_count_heard (&bus, "SyncStateChanged"), <=, 11);
  g_assert_cmpuint (bus_count_heard (&bus, "PropertiesChanged"), <=, 2 + 11);
  bus_close (&bus);
}

/* Whatever was left out in between, the end of it is told. */
static void
test_last_is_told (Engine *e)
{
  g_autoptr (GHashTable) states = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  g_autoptr (JsonNode) status = NULL;
  g_autoptr (GVariant) parsed = NULL;
  const char *state, *condition, *json;
  Bus bus;

  bus_open (&bus, e);
  bus_listen (&bus);
  engine_start (e);
  for (guint i = 0; i < 20; i++)
    {
      bus_submit (&bus, "POST", CUSTOMER, "{\"customer_name\":\"A\"}");
      engine_run_for (e, 30);
    }
  engine_run_for (e, 10000);
  bus_catch_up (&bus);
  for (guint i = 0; i < bus.heard->len; i++)
    {
      const char *text = g_ptr_array_index (bus.heard, i);
      g_autoptr (GVariant) changes = NULL;
      g_autoptr (GVariantIter) iter = NULL;
      const char *now;
      gint64 id;

      if (!g_str_has_prefix (text, "RequestChanged "))
        continue;
      changes = g_variant_parse (G_VARIANT_TYPE ("(a(xs))"), strchr (text, ' '), NULL, NULL, NULL);
      g_variant_get (changes, "(a(xs))", &iter);
      while (g_variant_iter_next (iter, "(x&s)", &id, &now))
        g_hash_table_insert (states, g_memdup2 (&id, sizeof id), g_strdup (now));
    }
  for (gint64 id = 1; id <= 20; id++)
    g_assert_cmpstr (g_hash_table_lookup (states, &id), ==, "completed");
  parsed = g_variant_parse (G_VARIANT_TYPE ("(sss)"), bus_last_heard (&bus, "SyncStateChanged"), NULL, NULL, NULL);
  g_variant_get (parsed, "(&s&s&s)", &state, &condition, &json);
  g_assert_cmpstr (state, ==, "idle");
  g_assert_cmpstr (condition, ==, "online");
  status = json_from_string (json, NULL);
  g_assert_cmpint (
    json_object_get_int_member (json_object_get_object_member (json_node_get_object (status), "queueStats"), "completed"), ==,
    20);
  bus_close (&bus);
}

/* What is not told yet when the object goes is told then. */
static void
test_end (Engine *e)
{
  Bus bus;

  bus_open (&bus, e);
  bus_listen (&bus);
  engine_run_for (e, 1);
  bus_submit (&bus, "POST", CUSTOMER, "{\"customer_name\":\"A\"}");
  engine_run_for (e, 1);
  bus_submit (&bus, "POST", CUSTOMER, "{\"customer_name\":\"B\"}");
  sync_bus_object_close (bus.object);
  g_dbus_connection_flush_sync (bus.server, NULL, NULL);
  while (bus_last_heard (&bus, "RequestChanged") == NULL || strstr (bus_last_heard (&bus, "RequestChanged"), "(2, ") == NULL)
    g_main_context_iteration (g_main_context_get_thread_default (), TRUE);
  bus_close (&bus);
}

/* Nothing happens while nothing changes. */
static void
test_rest (Engine *e)
{
  guint n;
  Bus bus;

  bus_open (&bus, e);
  bus_listen (&bus);
  engine_start (e);
  engine_run_for (e, 10000);
  bus_catch_up (&bus);
  n = bus.heard->len;
  engine_run_for (e, 3600 * 1000);
  bus_catch_up (&bus);
  g_assert_cmpuint (bus.heard->len, ==, n);
  bus_close (&bus);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  if (!bus_set_up ())
    {
      g_print ("1..0 # SKIP there is no dbus-daemon\n");
      return 0;
    }
  engine_test_add ("/sync/bus-news/first-at-once", test_first_at_once);
  engine_test_add ("/sync/bus-news/together", test_together);
  engine_test_add ("/sync/bus-news/last-is-told", test_last_is_told);
  engine_test_add ("/sync/bus-news/end", test_end);
  engine_test_add ("/sync/bus-news/rest", test_rest);
  status = g_test_run ();
  bus_tear_down ();
  return status;
}
