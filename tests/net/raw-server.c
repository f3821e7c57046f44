/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A TCP server on a free loopback port that reads as much of a request as told, answers any bytes and then
 * closes, keeps or stalls. All of it runs in the thread-default main context of the test; nothing blocks. */
#include "raw-server.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK 65536

typedef struct
{
  RawServer *server;         /* (unowned): NULL once the server is gone */
  GSocketConnection *stream; /* (owned) */
  GCancellable *cancellable; /* (owned) */
  GString *input;            /* (owned): what was read of the request that is being served */
  char block[BLOCK];
  const RawStep *step;       /* (unowned) (nullable): NULL while no request is being served */
  gboolean stalled;
  gsize filler_left;
} RawConnection;

static void connection_read (RawConnection *connection);

static void
connection_free (RawConnection *connection)
{
  if (connection->server != NULL)
    connection->server->connections = g_list_remove (connection->server->connections, connection);
  g_io_stream_close (G_IO_STREAM (connection->stream), NULL, NULL);
  g_object_unref (connection->stream);
  g_object_unref (connection->cancellable);
  g_string_free (connection->input, TRUE);
  g_free (connection);
}

/* Whether as much of the request is there as the step wants. */
static gboolean
has_enough (RawConnection *connection)
{
  const char *end = strstr (connection->input->str, "\r\n\r\n");
  g_autofree char *lower = g_ascii_strdown (connection->input->str, -1);
  const char *length = strstr (lower, "\r\ncontent-length: ");
  gsize wanted;

  if (connection->step->read == RAW_READ_NOTHING)
    return TRUE;
  if (end == NULL)
    return FALSE;
  if (connection->step->read == RAW_READ_HEADERS)
    return TRUE;
  wanted = length != NULL ? strtoul (length + strlen ("\r\ncontent-length: "), NULL, 10) : 0;
  return connection->input->len >= (gsize) (end + 4 - connection->input->str) + wanted;
}

static void
connection_answered (RawConnection *connection)
{
  RawThen then = connection->step->then;

  connection->step = NULL;
  g_string_truncate (connection->input, 0);
  if (then == RAW_CLOSE)
    {
      connection_free (connection);
      return;
    }
  connection->stalled = then == RAW_STALL;
  connection_read (connection);
}

static void
connection_wrote_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  RawConnection *connection = user_data;
  gsize n = MIN (connection->filler_left, BLOCK);

  if (!g_output_stream_write_all_finish (G_OUTPUT_STREAM (object), result, NULL, NULL))
    {
      if (connection->server != NULL)
        connection->server->n_hangups++;
      connection_free (connection);
      return;
    }
  if (n == 0)
    {
      connection_answered (connection);
      return;
    }
  connection->filler_left -= n;
  memset (connection->block, 'x', n);
  g_output_stream_write_all_async (G_OUTPUT_STREAM (object), connection->block, n, G_PRIORITY_DEFAULT,
                                   connection->cancellable, connection_wrote_cb, connection);
}

static void
connection_serve (RawConnection *connection)
{
  const char *answer = connection->step->answer != NULL ? connection->step->answer : "";

  if (connection->step->read != RAW_READ_NOTHING)
    g_ptr_array_add (connection->server->requests, g_strdup (connection->input->str));
  connection->filler_left = connection->step->filler;
  g_output_stream_write_all_async (g_io_stream_get_output_stream (G_IO_STREAM (connection->stream)), answer,
                                   connection->step->length > 0 ? connection->step->length : strlen (answer),
                                   G_PRIORITY_DEFAULT, connection->cancellable,
                                   connection_wrote_cb, connection);
}

static void
connection_take_step (RawConnection *connection)
{
  RawServer *server = connection->server;

  connection->step = &server->steps[MIN (server->next_step, server->n_steps - 1)];
  server->next_step++;
}

static void
connection_read_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  RawConnection *connection = user_data;
  gssize n = g_input_stream_read_finish (G_INPUT_STREAM (object), result, NULL);

  if (n <= 0 || connection->server == NULL)
    {
      if (connection->stalled && connection->server != NULL)
        connection->server->n_hangups++;
      connection_free (connection);
      return;
    }
  if (!connection->stalled && connection->step == NULL)
    connection_take_step (connection);
  g_string_append_len (connection->input, connection->block, n);
  if (!connection->stalled && has_enough (connection))
    connection_serve (connection);
  else
    connection_read (connection);
}

static void
connection_read (RawConnection *connection)
{
  g_input_stream_read_async (g_io_stream_get_input_stream (G_IO_STREAM (connection->stream)),
                             connection->block, BLOCK, G_PRIORITY_DEFAULT, connection->cancellable,
                             connection_read_cb, connection);
}

static gboolean
incoming_cb (GSocketService *service, GSocketConnection *stream, GObject *source, RawServer *self)
{
  RawConnection *connection = g_new0 (RawConnection, 1);

  connection->server = self;
  connection->stream = g_object_ref (stream);
  connection->cancellable = g_cancellable_new ();
  connection->input = g_string_new (NULL);
  self->connections = g_list_prepend (self->connections, connection);
  self->n_connections++;
  connection_take_step (connection);
  if (connection->step->read == RAW_READ_NOTHING)
    connection_serve (connection);
  else
    connection_read (connection);
  return TRUE;
}

/* (transfer full): a server that takes the steps one after the other */
RawServer *
raw_server_new (const RawStep *steps, guint n_steps)
{
  RawServer *self = g_new0 (RawServer, 1);
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) effective = NULL;
  g_autoptr (GError) error = NULL;

  self->steps = steps;
  self->n_steps = n_steps;
  self->requests = g_ptr_array_new_with_free_func (g_free);
  self->service = g_socket_service_new ();
  g_socket_listener_set_backlog (G_SOCKET_LISTENER (self->service), 128);
  g_socket_listener_add_address (G_SOCKET_LISTENER (self->service), address, G_SOCKET_TYPE_STREAM,
                                 G_SOCKET_PROTOCOL_TCP, NULL, &effective, &error);
  g_assert_no_error (error);
  self->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (effective));
  g_signal_connect (self->service, "incoming", G_CALLBACK (incoming_cb), self);
  return self;
}

void
raw_server_free (RawServer *self)
{
  g_socket_service_stop (self->service);
  g_socket_listener_close (G_SOCKET_LISTENER (self->service));
  g_object_unref (self->service);
  /* Each ends itself in its own callback. */
  for (GList *link = self->connections; link != NULL; link = link->next)
    {
      RawConnection *connection = link->data;

      connection->server = NULL;
      g_cancellable_cancel (connection->cancellable);
    }
  g_list_free (self->connections);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_ptr_array_unref (self->requests);
  g_free (self);
}

/* (transfer full): the URL of a path that begins with a slash */
char *
raw_server_url (RawServer *self, const char *path)
{
  return g_strdup_printf ("http://127.0.0.1:%u%s", self->port, path);
}

/* (transfer none): what was read of a request */
const char *
raw_server_request (RawServer *self, guint i)
{
  g_assert_cmpuint (i, <, self->requests->len);
  return g_ptr_array_index (self->requests, i);
}
