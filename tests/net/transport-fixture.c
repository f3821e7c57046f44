/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A transport, a clock that stands still and a server that misbehaves, all in the test's own thread. */
#include "config.h"

#include "transport-fixture.h"

#include <string.h>

static void
bystander_read_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
}

/* Lets everything happen that can happen without the clock: whatever is on its way over the loopback arrives
 * before a bystander's connection, begun later, has been accepted, closed and seen closed, several times
 * over. */
void
settle (void)
{
  g_autoptr (GSocketService) service = g_socket_service_new ();
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  guint16 port = g_socket_listener_add_any_inet_port (G_SOCKET_LISTENER (service), NULL, NULL);

  for (guint i = 0; i < 5; i++)
    {
      g_autoptr (GSocketConnection) connection
          = g_socket_client_connect_to_host (client, "127.0.0.1", port, NULL, NULL);
      gboolean closed = FALSE;
      char byte;

      g_input_stream_read_async (g_io_stream_get_input_stream (G_IO_STREAM (connection)), &byte, 1,
                                 G_PRIORITY_LOW, NULL, bystander_read_cb, &closed);
      while (!closed || g_main_context_pending (NULL))
        g_main_context_iteration (NULL, TRUE);
    }
  g_socket_service_stop (service);
  g_socket_listener_close (G_SOCKET_LISTENER (service));
}

void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->clock = sync_clock_virtual_new ();
  fixture->transport = sync_transport_soup_new (SYNC_CLOCK (fixture->clock));
  fixture->replies = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_transport_reply_free);
}

void
tear_down (Fixture *fixture, gconstpointer data)
{
  SyncTransport *transport;

  /* Where nothing goes on any more, nothing rings after that. */
  sync_clock_virtual_advance_us (fixture->clock, MS (1000));
  g_assert_cmpuint (sync_clock_virtual_get_n_alarms (fixture->clock), ==, 0);
  g_clear_pointer (&fixture->replies, g_ptr_array_unref);
  /* libsoup lets go of a cancelled call a little later, a handshake ends in its own thread. */
  transport = fixture->transport;
  g_object_add_weak_pointer (G_OBJECT (transport), (gpointer *) &transport);
  g_clear_object (&fixture->transport);
  while (transport != NULL)
    g_main_context_iteration (NULL, TRUE);
  g_clear_pointer (&fixture->server, raw_server_free);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_finalize_object (g_steal_pointer (&fixture->clock));
}

void
serve (Fixture *fixture, const RawStep *steps, guint n_steps)
{
  fixture->server = raw_server_new (steps, n_steps);
}

static void
sent_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_ptr_array_add (fixture->replies, sync_transport_send_finish (SYNC_TRANSPORT (object), result));
}

/* (transfer full): a call to the fixture's server */
SyncTransportRequest *
new_request (Fixture *fixture, const char *method, const char *body)
{
  g_autofree char *url = raw_server_url (fixture->server, "/api/method/ping");
  SyncTransportRequest *request = sync_transport_request_new (method, url);

  request->timeout_ms = 1000;
  if (body != NULL)
    {
      request->content_type = g_strdup ("application/json");
      request->body = g_bytes_new (body, strlen (body));
    }
  return request;
}

/* Takes the request. */
void
begin (Fixture *fixture, SyncTransportRequest *request, GCancellable *cancellable)
{
  guint n_before = fixture->replies->len;

  sync_transport_send_async (fixture->transport, request, cancellable, sent_cb, fixture);
  sync_transport_request_free (request);
  g_assert_cmpuint (fixture->replies->len, ==, n_before);
}

/* (transfer none): the reply with that number, waited for */
SyncTransportReply *
await (Fixture *fixture, guint number)
{
  while (fixture->replies->len <= number)
    g_main_context_iteration (NULL, TRUE);
  return g_ptr_array_index (fixture->replies, number);
}

void
await_requests (Fixture *fixture, guint n)
{
  while (fixture->server->requests->len < n)
    g_main_context_iteration (NULL, TRUE);
}

void
await_hangup (Fixture *fixture)
{
  while (fixture->server->n_hangups == 0)
    g_main_context_iteration (NULL, TRUE);
}

/* Takes the request. (transfer none) */
SyncTransportReply *
call (Fixture *fixture, SyncTransportRequest *request)
{
  guint number = fixture->replies->len;

  begin (fixture, request, NULL);
  return await (fixture, number);
}

void
assert_failed (SyncTransportReply *reply, SyncTransportResult result, gboolean bytes_written)
{
  g_test_message ("%s", reply->error);
  g_assert_cmpint (reply->result, ==, result);
  g_assert_cmpint (reply->bytes_written, ==, bytes_written);
  g_assert_cmpuint (reply->status, ==, 0);
  g_assert_null (reply->body);
  g_assert_nonnull (reply->error);
}

void
assert_answered (SyncTransportReply *reply, guint status, const char *body)
{
  g_assert_cmpint (reply->result, ==, SYNC_TRANSPORT_OK);
  g_assert_true (reply->bytes_written);
  g_assert_cmpuint (reply->status, ==, status);
  g_assert_null (reply->error);
  g_assert_cmpmem (g_bytes_get_data (reply->body, NULL), g_bytes_get_size (reply->body), body, strlen (body));
}

/* No proxy, no settings of this machine, HTTP/1.1. */
void
init_transport_test (int *argc, char ***argv)
{
  g_setenv ("GIO_USE_PROXY_RESOLVER", "dummy", TRUE);
  g_setenv ("GSETTINGS_BACKEND", "memory", TRUE);
  g_setenv ("SOUP_FORCE_HTTP1", "1", TRUE);
  g_test_init (argc, argv, NULL);
}
