/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where no secure connection comes about, nothing is sent. */
#include "config.h"

#include <string.h>

#include "transport-fixture.h"

/* (transfer full): the same server, asked for TLS */
static SyncTransportRequest *
new_tls_request (Fixture *fixture)
{
  g_autofree char *url = g_strdup_printf ("https://127.0.0.1:%u/", fixture->server->port);

  return sync_transport_request_new ("POST", url);
}

static gboolean
have_tls (void)
{
  if (g_tls_backend_supports_tls (g_tls_backend_get_default ()))
    return TRUE;
  g_test_skip ("GIO has no TLS here");
  return FALSE;
}

static void
test_tls_to_plain_port (Fixture *fixture, gconstpointer data)
{
  static const RawStep steps[] = {
    { RAW_READ_NOTHING, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", 0, RAW_KEEP },
    { RAW_READ_NOTHING, NULL, 0, RAW_CLOSE },
  };

  if (!have_tls ())
    return;
  serve (fixture, steps, G_N_ELEMENTS (steps));
  assert_failed (call (fixture, new_tls_request (fixture)), SYNC_TRANSPORT_TLS, FALSE);
  assert_failed (call (fixture, new_tls_request (fixture)), SYNC_TRANSPORT_TLS, FALSE);
}

static void
test_time_out_in_handshake (Fixture *fixture, gconstpointer data)
{
  static const RawStep steps[] = { { RAW_READ_ALL, NULL, 0, RAW_STALL } };

  if (!have_tls ())
    return;
  serve (fixture, steps, G_N_ELEMENTS (steps));
  begin (fixture, new_tls_request (fixture), NULL);
  while (fixture->server->n_connections == 0)
    g_main_context_iteration (NULL, TRUE);
  settle ();
  sync_clock_virtual_advance_us (fixture->clock, MS (30000));
  assert_failed (await (fixture, 0), SYNC_TRANSPORT_CONNECT, FALSE);
}

static gboolean
tls_incoming_cb (GSocketService *service, GSocketConnection *stream, GObject *source, gpointer user_data)
{
  GIOStream *tls = g_tls_server_connection_new (G_IO_STREAM (stream), user_data, NULL);

  g_tls_connection_handshake_async (G_TLS_CONNECTION (tls), G_PRIORITY_DEFAULT, NULL, NULL, NULL);
  g_object_set_data_full (G_OBJECT (service), "connection", tls, g_object_unref);
  return TRUE;
}

/* The port of a server that speaks TLS with that certificate and nothing after it. */
static guint16
listen_for_tls (GSocketService *service, GTlsCertificate *certificate)
{
  g_signal_connect_data (service, "incoming", G_CALLBACK (tls_incoming_cb), g_object_ref (certificate),
                         (GClosureNotify) (void (*) (void)) g_object_unref, 0);
  return g_socket_listener_add_any_inet_port (G_SOCKET_LISTENER (service), NULL, NULL);
}

/* A certificate that nobody vouches for is refused before anything is sent. */
static void
test_tls_certificate (Fixture *fixture, gconstpointer data)
{
  g_autofree char *file = g_test_build_filename (G_TEST_DIST, "net", "self-signed.pem", NULL);
  g_autoptr (GTlsCertificate) certificate = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketService) service = g_socket_service_new ();
  g_autofree char *url = NULL;
  guint16 port;
  SyncTransportReply *reply;

  if (!have_tls ())
    return;
  certificate = g_tls_certificate_new_from_file (file, &error);
  g_assert_no_error (error);
  port = listen_for_tls (service, certificate);
  url = g_strdup_printf ("https://127.0.0.1:%u/", port);
  reply = call (fixture, sync_transport_request_new ("POST", url));
  assert_failed (reply, SYNC_TRANSPORT_TLS, FALSE);
  g_assert_nonnull (strstr (reply->error, "its issuer is not known here"));
  g_socket_service_stop (service);
  g_socket_listener_close (G_SOCKET_LISTENER (service));
}

int
main (int argc, char *argv[])
{
  init_transport_test (&argc, &argv);

  g_test_add ("/sync/transport/tls/plain-port", Fixture, NULL, set_up, test_tls_to_plain_port, tear_down);
  g_test_add ("/sync/transport/tls/certificate", Fixture, NULL, set_up, test_tls_certificate, tear_down);
  g_test_add ("/sync/transport/tls/time-out", Fixture, NULL, set_up, test_time_out_in_handshake, tear_down);
  return g_test_run ();
}
