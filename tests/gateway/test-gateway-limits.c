/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Callers that begin something and do not go on: nobody else is kept out by them, and they are closed after a while. */
#include "config.h"

#include "gateway-fixture.h"

#include <string.h>
#include <time.h>

#include "sync-call.h"

static char *
beginning (GatewayFixture *self)
{
  return g_strdup_printf ("POST /_sync/v1/requests HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nAuthorization: Bearer %s\r\n"
                          "Content-Length: 1000\r\n\r\n{",
                          sync_gateway_get_port (self->gateway), self->token);
}

/* As many as there may be, which all send a head and no body: others are served all the same. */
static void
test_bodies_that_never_come (GatewayFixture *self, gconstpointer data)
{
  g_autoptr (GPtrArray) clients = g_ptr_array_new_with_free_func ((GDestroyNotify) client_free);
  g_autofree char *text = beginning (self);

  for (guint i = 0; i < 512; i++)
    {
      Client *client = client_new (sync_gateway_get_port (self->gateway), text, -1);

      g_ptr_array_add (clients, client);
      client_turn (client);
      gateway_fixture_settle ();
    }
  for (guint i = 0; i < 3; i++)
    g_free (gateway_fixture_expect (self, "GET", "status", NULL, 200));
  /* The one that stood still longest has made room. */
  client_turn (g_ptr_array_index (clients, 0));
  g_assert_true (((Client *) g_ptr_array_index (clients, 0))->ended);
  client_turn (g_ptr_array_index (clients, 511));
  g_assert_false (((Client *) g_ptr_array_index (clients, 511))->ended);
  sync_clock_virtual_advance_us (self->clock, 121 * G_TIME_SPAN_SECOND);
  gateway_fixture_settle ();
  for (guint i = 3; i < clients->len; i++)
    {
      Client *client = g_ptr_array_index (clients, i);

      client_turn (client);
      g_assert_true (client->ended);
      g_assert_cmpuint (client->status, ==, 408);
    }
}

/* The limit is for the whole of the body, however often a byte of it comes. */
static void
test_trickling_body (GatewayFixture *self, gconstpointer data)
{
  g_autofree char *text = beginning (self);
  g_autoptr (Client) client = client_new (sync_gateway_get_port (self->gateway), text, -1);

  client_turn (client);
  gateway_fixture_settle ();
  for (guint s = 10; s < 120; s += 10)
    {
      sync_clock_virtual_advance_us (self->clock, 10 * G_TIME_SPAN_SECOND);
      g_assert_cmpint (g_socket_send (client->socket, " ", 1, NULL, NULL), ==, 1);
      gateway_fixture_settle ();
      client_turn (client);
      g_assert_false (client->ended);
    }
  sync_clock_virtual_advance_us (self->clock, 10 * G_TIME_SPAN_SECOND);
  client_turn (client);
  g_assert_true (client->ended);
  g_assert_cmpuint (client->status, ==, 408);
  g_assert_nonnull (strstr (client->body, "\"code\":\"timeout\""));
  gateway_fixture_settle ();
}

/* Nothing, half a head, and a caller that was refused and goes on sending are let go of as well; one that waits
 * between two requests is not. */
static void
test_standing_still (GatewayFixture *self, gconstpointer data)
{
  g_autofree char *whole = gateway_fixture_keep_alive_request (self);
  g_autoptr (Client) kept = client_new (sync_gateway_get_port (self->gateway), whole, -1);
  static const char *const beginnings[]
      = { "", "GET /_sync/v1/st", "POST / HTTP/1.1\r\nHost: elsewhere\r\nContent-Length: 100\r\n\r\n{\"a\"" };
  guint before = gateway_fixture_count_descriptors ();

  g_assert_true (client_run_until (kept, "\"processingInterval\""));
  gateway_fixture_settle ();
  g_assert_cmpuint (sync_clock_virtual_get_n_alarms (self->clock), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (beginnings); i++)
    {
      g_autoptr (Client) client = client_new (sync_gateway_get_port (self->gateway), beginnings[i], -1);

      client_turn (client);
      gateway_fixture_settle ();
      sync_clock_virtual_advance_us (self->clock, 121 * G_TIME_SPAN_SECOND);
      client_turn (client);
      g_assert_true (client->ended);
      g_assert_cmpuint (client->received->len, ==, 0);
    }
  gateway_fixture_settle ();
  client_turn (kept);
  g_assert_false (kept->ended);
  g_assert_cmpuint (gateway_fixture_count_descriptors (), ==, before + 1);
  g_assert_cmpuint (sync_clock_virtual_get_n_alarms (self->clock), ==, 0);
}

/* One that asks and asks, and reads no answer. */
static void
test_answers_that_nobody_reads (GatewayFixture *self, gconstpointer data)
{
  g_autofree char *one = gateway_fixture_keep_alive_request (self);
  g_autoptr (GString) many = g_string_new (NULL);
  g_autoptr (Client) client = NULL;
  gssize n;

  for (guint i = 0; i < 1000; i++)
    g_string_append (many, one);
  client = client_new (sync_gateway_get_port (self->gateway), "", 0);
  /* Until both directions are full. */
  do
    {
      n = g_socket_send (client->socket, many->str, many->len, NULL, NULL);
      gateway_fixture_settle ();
    }
  while (n > 0);
  sync_clock_virtual_advance_us (self->clock, 121 * G_TIME_SPAN_SECOND);
  gateway_fixture_settle ();
  client_turn (client);
  g_assert_true (client->ended);
  g_assert_cmpuint (sync_clock_virtual_get_n_alarms (self->clock), ==, 0);
}

/* More ids than a person can have chosen. */
static void
test_too_many_ids (GatewayFixture *self, gconstpointer data)
{
  g_autoptr (GString) body = g_string_new ("{\"ids\":[1");
  g_autofree char *answer = NULL;

  for (guint i = 0; i < 10000; i++)
    g_string_append (body, ",1");
  g_string_append (body, "]}");
  answer = gateway_fixture_expect (self, "POST", "sync", body->str, 400);
  g_assert_nonnull (strstr (answer, "at most 10000"));
}

static gint64
thread_us (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return (gint64) now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

/* However many members are asked for, a large body is walked once. The measure is what the check of it costs. */
static void
test_large_body (GatewayFixture *self, gconstpointer data)
{
  static const char *const known[]
      = { "method", "url", "headers", "body", "base", "key", "priority", "depends_on", "group", NULL };
  g_autoptr (GString) text = g_string_new ("{\"m\\u0065thod\":\"PUT\",\"body\":[0");
  g_autoptr (GBytes) body = NULL;
  SyncCall call = { 0 };
  SyncCallObject object;
  SyncJsonView view;
  gint64 best_check_us = G_MAXINT64, best_us = G_MAXINT64;

  while (text->len < 8 * 1024 * 1024)
    g_string_append (text, ",{\"item_code\":\"A\",\"qty\":1.5}");
  g_string_append (text, "],\"url\":\"/api\",\"key\":null}");
  call.body = body = g_bytes_new (text->str, text->len);
  for (guint i = 0; i < 5; i++)
    {
      gint64 start_us = thread_us ();

      g_assert_true (sync_json_check (text->str, text->len, &view, NULL));
      best_check_us = MIN (best_check_us, thread_us () - start_us);
      start_us = thread_us ();
      g_assert_true (sync_call_read_object (&call, known, &object, NULL));
      for (guint j = 0; known[j] != NULL; j++)
        g_assert_cmpint (sync_call_member (&object, known[j], &view), ==, j == 0 || j == 1 || j == 3);
      best_us = MIN (best_us, thread_us () - start_us);
    }
  g_test_message ("%" G_GSIZE_FORMAT " bytes: check %" G_GINT64_FORMAT " us, all of it %" G_GINT64_FORMAT " us", text->len,
                  best_check_us, best_us);
  g_assert_cmpint (best_us, <, 3 * best_check_us);
}

#define ADD(name, func)                                                                                      \
  g_test_add ("/sync/gateway/" name, GatewayFixture, NULL, gateway_fixture_set_up, func, gateway_fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("bodies-that-never-come", test_bodies_that_never_come);
  ADD ("trickling-body", test_trickling_body);
  ADD ("standing-still", test_standing_still);
  ADD ("answers-that-nobody-reads", test_answers_that_nobody_reads);
  ADD ("too-many-ids", test_too_many_ids);
  ADD ("large-body", test_large_body);
  return g_test_run ();
}
