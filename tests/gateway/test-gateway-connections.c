/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What connections do to the gateway: many, kept, half-closed, too long, too slow; and that writes which
 * arrive together share one commit. */
#include "config.h"

#include "gateway-fixture.h"

#include <string.h>
#include <unistd.h>

#define KEPT_CONNECTIONS 5000
#define AT_ONCE 100
#define BURST 64

static gsize
resident_kb (void)
{
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents ("/proc/self/statm", &text, NULL, NULL));
  return g_ascii_strtoull (strchr (text, ' '), NULL, 10) * (gsize) sysconf (_SC_PAGESIZE) / 1024;
}

/* The sanitizer keeps what is freed for a while, so it says nothing there. */
static void
assert_grew_at_most (gsize before_kb, gsize kb)
{
#ifdef __SANITIZE_ADDRESS__
  g_test_message ("resident memory is not judged under the sanitizer");
#else
  g_assert_cmpuint (resident_kb (), <=, before_kb + kb);
#endif
}

/* As a browser: opened, one call each, kept open for a while, then closed from its side. */
static void
open_and_close (GatewayFixture *self, guint total)
{
  g_autofree char *request = gateway_fixture_keep_alive_request (self);

  for (guint done = 0; done < total; done += AT_ONCE)
    {
      Client *clients[AT_ONCE];

      for (guint i = 0; i < AT_ONCE; i++)
        {
          clients[i] = client_new (sync_gateway_get_port (self->gateway), request, -1);
          client_turn (clients[i]);
        }
      for (guint i = 0; i < AT_ONCE; i++)
        {
          g_assert_true (client_run_until (clients[i], "\"processingInterval\""));
          g_assert_cmpuint (clients[i]->status, ==, 200);
          g_assert_false (clients[i]->ended);
        }
      for (guint i = 0; i < AT_ONCE; i++)
        client_free (clients[i]);
      gateway_fixture_settle ();
    }
}

static void
test_kept_connections (GatewayFixture *self, gconstpointer data)
{
  guint before, after;
  gsize kb_before, kb_after;

  open_and_close (self, 5 * AT_ONCE);
  before = gateway_fixture_count_descriptors ();
  kb_before = resident_kb ();
  open_and_close (self, KEPT_CONNECTIONS);
  after = gateway_fixture_count_descriptors ();
  kb_after = resident_kb ();
  g_test_message ("%d connections: %u descriptors before, %u after; %" G_GSIZE_FORMAT
                  " kB before, %" G_GSIZE_FORMAT " after",
                  KEPT_CONNECTIONS, before, after, kb_before, kb_after);
  g_assert_cmpuint (after, <=, before);
  assert_grew_at_most (kb_before, 2048);
}

/* Nothing but a connection, half a request, a request whose answer nobody awaits: all let go of. */
static void
test_abandoned (GatewayFixture *self, gconstpointer data)
{
  static const char *const beginnings[]
      = { "", "GET /_sync/v1/st",
          "POST /_sync/v1/requests HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{\"a\"",
          "nonsense\r\n\r\n", "\r\n" };
  guint before;

  gateway_fixture_settle ();
  before = gateway_fixture_count_descriptors ();
  for (guint round = 0; round < 20; round++)
    for (guint i = 0; i < G_N_ELEMENTS (beginnings); i++)
      {
        g_autoptr (Client) client = client_new (sync_gateway_get_port (self->gateway), beginnings[i], -1);

        client_turn (client);
        gateway_fixture_settle ();
      }
  gateway_fixture_settle ();
  g_assert_cmpuint (gateway_fixture_count_descriptors (), <=, before);
}

static void
test_half_closed (GatewayFixture *self, gconstpointer data)
{
  g_autofree char *request = gateway_fixture_keep_alive_request (self);
  g_autoptr (Client) client = client_new (sync_gateway_get_port (self->gateway), request, -1);

  client_turn (client);
  g_assert_true (g_socket_shutdown (client->socket, FALSE, TRUE, NULL));
  client_run (client);
  g_assert_cmpuint (client->status, ==, 200);
  g_assert_true (g_str_has_suffix (client->received->str, "}"));
}

/* More than the gateway keeps: the one that was idle longest makes room. */
static void
test_too_many (GatewayFixture *self, gconstpointer data)
{
  g_autoptr (GPtrArray) clients = g_ptr_array_new_with_free_func ((GDestroyNotify) client_free);
  g_autofree char *status = NULL;
  guint n_ended = 0;

  for (guint i = 0; i < 400; i++)
    {
      g_ptr_array_add (clients, client_new (sync_gateway_get_port (self->gateway), "", 0));
      gateway_fixture_settle ();
    }
  for (guint i = 0; i < 150; i++)
    {
      g_autoptr (Client) client = client_new (sync_gateway_get_port (self->gateway), "", 0);

      gateway_fixture_settle ();
      g_ptr_array_add (clients, g_steal_pointer (&client));
    }
  status = gateway_fixture_expect (self, "GET", "status", NULL, 200);
  for (guint i = 0; i < clients->len; i++)
    {
      Client *client = g_ptr_array_index (clients, i);

      client_turn (client);
      if (client->ended)
        n_ended++;
      g_assert_cmpint (client->ended, ==, i < n_ended);
    }
  g_assert_cmpuint (n_ended, ==, 550 + 1 - 512);
}

static char *
submission_of (gsize length)
{
  GString *body = g_string_sized_new (length + 200);

  g_string_append (
      body,
      "{\"method\":\"POST\",\"url\":\"/api/resource/Customer\",\"body\":{\"customer_name\":\"Ann\",\"x\":\"");
  while (body->len < length)
    g_string_append (body, "0123456789abcdef");
  g_string_append (body, "\"}}");
  return g_string_free (body, FALSE);
}

static void
test_large_bodies (GatewayFixture *self, gconstpointer data)
{
  const gsize mb = 1024 * 1024;
  g_autofree char *fits = submission_of (25 * mb - 1000);
  g_autofree char *too_large = submission_of (25 * mb + 1000);
  g_autofree char *far_too_large = submission_of (27 * mb);
  g_autoptr (Client) accepted = NULL;
  g_autoptr (Client) refused = NULL;
  g_autoptr (Client) refused_early = NULL;

  sync_engine_pause (self->engine, 0, NULL);
  accepted = gateway_fixture_call (self, "POST", "requests", fits);
  g_assert_cmpuint (accepted->status, ==, 202);
  refused = gateway_fixture_call (self, "POST", "requests", too_large);
  g_assert_cmpuint (refused->status, ==, 413);
  refused_early = gateway_fixture_call (self, "POST", "requests", far_too_large);
  g_assert_cmpuint (refused_early->status, ==, 413);
  g_assert_nonnull (strstr (refused_early->body, "too-large"));
  g_assert_nonnull (strstr (refused_early->received->str, "Connection: close"));
}

/* A caller that never stops: refused, and cut off in the end, without taking up memory. */
static void
test_endless_body (GatewayFixture *self, gconstpointer data)
{
  const gsize chunk = 1024 * 1024;
  g_autoptr (GString) request = g_string_new (NULL);
  g_autoptr (Client) client = NULL;
  gsize before;

  g_string_append_printf (
      request,
      "POST /_sync/v1/requests HTTP/1.1\r\nHost: localhost:%u\r\nAuthorization: Bearer %s\r\n"
      "Transfer-Encoding: chunked\r\n\r\n",
      sync_gateway_get_port (self->gateway), self->token);
  for (guint i = 0; i < 160; i++)
    {
      g_string_append (request, "100000\r\n");
      g_string_set_size (request, request->len + chunk);
      memset (request->str + request->len - chunk, ' ', chunk);
      g_string_append (request, "\r\n");
    }
  client = client_new (sync_gateway_get_port (self->gateway), request->str, request->len);
  before = resident_kb ();
  client_run (client);
  g_assert_true (client->ended);
  g_assert_cmpuint (client->sent, <, 140 * chunk);
  assert_grew_at_most (before, 40 * 1024);
}

/* How many transactions the write-ahead log holds: frames that end one say how large the database is then. */
static guint
count_commits (GatewayFixture *self)
{
  g_autofree char *path = g_build_filename (self->directory, SYNC_STORE_FILE "-wal", NULL);
  g_autofree char *text = NULL;
  gsize length, page;
  guint n = 0;

  g_assert_true (g_file_get_contents (path, &text, &length, NULL));
  page = (gsize) GUINT32_FROM_BE (*(guint32 *) (gpointer) (text + 8));
  for (gsize at = 32; at + 24 + page <= length; at += 24 + page)
    if (memcmp (text + at + 8, text + 16, 8) == 0 && memcmp (text + at + 4, "\0\0\0\0", 4) != 0)
      n++;
  return n;
}

static void
test_group_commit (GatewayFixture *self, gconstpointer data)
{
  Client *clients[BURST];
  guint before, spent;

  sync_engine_pause (self->engine, 0, NULL);
  gateway_fixture_submit (self, "first");
  before = count_commits (self);
  /* All of them lie in the kernel before the gateway looks. */
  for (guint i = 0; i < BURST; i++)
    {
      g_autofree char *body = g_strdup_printf (
        "{\"method\":\"POST\",\"url\":\"/api/resource/Customer\",\"body\":{\"customer_name\":\"C%u\"}}", i);
      g_autofree char *request = gateway_fixture_request (self, "POST", "requests", body);

      clients[i] = client_new (sync_gateway_get_port (self->gateway), request, -1);
      client_turn (clients[i]);
    }
  for (guint i = 0; i < BURST; i++)
    {
      client_run (clients[i]);
      g_assert_cmpuint (clients[i]->status, ==, 202);
      client_free (clients[i]);
    }
  spent = count_commits (self) - before;
  g_test_message ("%d writes in %u commits", BURST, spent);
  g_assert_cmpuint (spent, >=, 1);
  g_assert_cmpuint (spent, <=, 3);
}

static Client *
listen_to_events (GatewayFixture *self)
{
  g_autofree char *request = g_strdup_printf (
      "GET /_sync/v1/events HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nAuthorization: Bearer %s\r\n\r\n",
      sync_gateway_get_port (self->gateway), self->token);
  Client *client = client_new (sync_gateway_get_port (self->gateway), request, -1);

  g_assert_true (client_run_until (client, "event: sync-state-changed\ndata: {\"state\":"));
  return client;
}

static void
test_events (GatewayFixture *self, gconstpointer data)
{
  g_autoptr (Client) client = listen_to_events (self);
  guint alarms = sync_clock_virtual_get_n_alarms (self->clock);

  g_assert_nonnull (strstr (client->received->str, "Content-Type: text/event-stream"));
  gateway_fixture_submit (self, "Ann");
  g_assert_true (
      client_run_until (client, "event: request-changed\ndata: {\"id\":1,\"status\":\"pending\"}\n\n"));
  g_assert_true (client_run_until (client, "data: {\"id\":1,\"status\":\"sending\"}"));
  g_assert_true (client_run_until (client, "data: {\"id\":1,\"status\":\"completed\"}"));
  g_assert_true (client_run_until (client, "event: sync-progress\ndata: {\"done\":1,\"total\":1}"));
  sync_engine_pause (self->engine, 0, NULL);
  g_assert_true (client_run_until (client, "\"condition\":\"paused\""));
  g_signal_emit_by_name (self->engine, "conflict-opened", G_GINT64_CONSTANT (3), G_GINT64_CONSTANT (1));
  g_assert_true (client_run_until (client, "event: conflict-opened\ndata: {\"id\":3,\"requestId\":1}"));
  g_signal_emit_by_name (self->engine, "conflict-resolved", G_GINT64_CONSTANT (3), "merged");
  g_assert_true (
      client_run_until (client, "event: conflict-resolved\ndata: {\"id\":3,\"resolution\":\"merged\"}"));

  /* A heartbeat while somebody listens, and no alarm once nobody does. */
  g_assert_cmpuint (alarms, >, 0);
  sync_clock_virtual_advance_us (self->clock, 31 * G_TIME_SPAN_SECOND);
  g_assert_true (client_run_until (client, "\r\n:\n\n\r\n"));
  /* It may listen for longer than any other answer may take. */
  for (guint i = 0; i < 5; i++)
    {
      sync_clock_virtual_advance_us (self->clock, 31 * G_TIME_SPAN_SECOND);
      gateway_fixture_settle ();
    }
  client_turn (client);
  g_assert_false (client->ended);
  g_socket_close (client->socket, NULL);
  gateway_fixture_settle ();
  sync_clock_virtual_advance_us (self->clock, 31 * G_TIME_SPAN_SECOND);
  gateway_fixture_settle ();
  g_assert_cmpuint (sync_clock_virtual_get_n_alarms (self->clock), ==, 0);
}

/* One that does not read gets no memory without end, and hears that it missed something. */
static void
test_slow_listener (GatewayFixture *self, gconstpointer data)
{
  g_autoptr (Client) slow = listen_to_events (self);
  gsize before;

  for (guint i = 0; i < 20000; i++)
    g_signal_emit_by_name (self->engine, "progress", i, 20000);
  gateway_fixture_settle ();
  before = resident_kb ();
  for (guint i = 0; i < 400000; i++)
    {
      g_signal_emit_by_name (self->engine, "progress", i, 400000);
      if (i % 1000 == 0)
        gateway_fixture_settle ();
    }
  assert_grew_at_most (before, 2048);
  g_assert_true (client_run_until (slow, "event: lagged\ndata: {\"leftOut\":"));
  /* It reads all that there is; from then on it misses nothing. */
  do
    gateway_fixture_settle ();
  while (client_turn (slow));
  g_signal_emit_by_name (self->engine, "progress", 77, 78);
  g_assert_true (client_run_until (slow, "data: {\"done\":77,\"total\":78}"));
}

static void
test_events_end (GatewayFixture *self, gconstpointer data)
{
  g_autoptr (Client) client = listen_to_events (self);

  sync_gateway_close (self->gateway);
  client_run (client);
  g_assert_true (g_str_has_suffix (client->received->str, "\r\n0\r\n\r\n"));
}

#define ADD(name, func)                                                                                      \
  g_test_add ("/sync/gateway/" name, GatewayFixture, NULL, gateway_fixture_set_up, func,                     \
              gateway_fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("kept-connections", test_kept_connections);
  ADD ("abandoned", test_abandoned);
  ADD ("half-closed", test_half_closed);
  ADD ("too-many", test_too_many);
  ADD ("large-bodies", test_large_bodies);
  ADD ("endless-body", test_endless_body);
  ADD ("group-commit", test_group_commit);
  ADD ("events", test_events);
  ADD ("slow-listener", test_slow_listener);
  ADD ("events-end", test_events_end);
  return g_test_run ();
}
