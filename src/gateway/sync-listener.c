/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Listening for a SoupServer, and the life of its connections. SoupServer 3.2 listens with a backlog of 10
 * and never lets go of a kept connection that the client closes, so connections are accepted here and handed
 * over wrapped (see sync-stream.c). A caller that has shut its side still gets the answer that it is owed; an
 * event stream ends when its listener hangs up. Whoever does not go on, with what it sends or with what it should
 * read, is closed after a while, and makes room before that if there are too many. All of it happens in the
 * thread-default main context of the thread that made the listener. */
#define _GNU_SOURCE /* POLLRDHUP */
#include "config.h"

#include "sync-listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sync-error.h"
#include "sync-stream.h"

/* Tills open dozens of connections at once; SoupServer's own 10 drop some of them for a second. */
#define LISTEN_BACKLOG 256
/* Half of the usual limit of 1024 descriptors. Beyond it the connection on which no answer is owed for longest is
 * closed. Where the limit is lower, so many stay for everything else: files, timers, the server. */
#define MAX_CONNECTIONS 512
#define OTHER_DESCRIPTORS 128
#define MIN_CONNECTIONS 8
/* For the head of a request, again for its body, and again for its answer: enough for the largest body through a slow
 * tunnel, and for a backup of years. */
#define STEP_LIMIT_S 120
/* Not among GIOCondition's names, but passed on to poll(): the other end will send no more. */
#define CONDITION_HUNG_UP ((GIOCondition) POLLRDHUP)

typedef struct
{
  SyncListener *listener; /* (unowned): it owns the connection */
  SyncStream *stream;     /* (owned) */
  GSocketAddress *remote; /* (owned): SoupServer hands this very object back with each message */
  GSource *watch; /* (owned) (nullable): for the hang-up, while the answer is a stream without an end */
  GList place; /* in the listener's order */
  SoupServerMessage *incoming; /* (owned) (nullable): its body is being read */
  gint64 due_us; /* boot clock: until then it has to get further; 0: it may rest */
  gboolean busy; /* a whole request is there, and its answer is owed */
} Connection;

struct _SyncListener
{
  GObject parent_instance;

  SoupServer *server;      /* (owned) */
  GSocketService *service; /* (owned) (nullable): NULL while not listening */
  GHashTable *connections; /* (owned) (element-type GSocketAddress Connection) */
  GQueue order; /* (element-type Connection, unowned): the one that got further last at the tail */
  SyncClock *clock; /* (owned) */
  guint alarm; /* when the first one is due, or before; 0 while none is */
  guint n_due; /* connections that have to get further */
  guint max_connections; /* at most @MAX_CONNECTIONS */
  int silent_fd; /* (owned): the far end of the socket that SoupServer listens on; nothing is ever sent */
  guint port;              /* 0 while not listening */
  gboolean closing;        /* no further request is waited for */
};

G_DEFINE_FINAL_TYPE (SyncListener, sync_listener, G_TYPE_OBJECT)

/* It may rest as long as it likes. */
static void
connection_rest (Connection *connection)
{
  SyncListener *self = connection->listener;

  if (connection->due_us == 0)
    return;
  connection->due_us = 0;
  self->n_due--;
  if (self->n_due == 0)
    sync_clock_clear_alarm (self->clock, &self->alarm);
}

static void
connection_free (gpointer data)
{
  Connection *connection = data;

  connection_rest (connection);
  g_clear_object (&connection->incoming);
  g_queue_unlink (&connection->listener->order, &connection->place);
  if (connection->watch != NULL)
    g_source_destroy (connection->watch);
  g_clear_pointer (&connection->watch, g_source_unref);
  sync_stream_forget (connection->stream);
  g_io_stream_close (G_IO_STREAM (connection->stream), NULL, NULL);
  g_object_unref (connection->stream);
  g_object_unref (connection->remote);
  g_free (connection);
}

static void
connection_close (Connection *connection)
{
  g_hash_table_remove (connection->listener->connections, connection->remote);
}

/* Says why, if the caller may still listen. Nothing else was written since the request began. */
static void
send_time_out (Connection *connection)
{
  g_autofree char *body = g_strdup_printf ("{\"error\":{\"code\":\"timeout\",\"message\":"
                                           "\"the request did not arrive within %d s; send it again\"}}\n",
                                           STEP_LIMIT_S);
  g_autofree char *text
      = g_strdup_printf ("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n"
                         "Content-Type: application/json\r\nContent-Length: %" G_GSIZE_FORMAT "\r\n\r\n%s",
                         strlen (body), body);

  g_socket_send (sync_stream_get_socket (connection->stream), text, strlen (text), NULL, NULL);
}

static void
step_limit_cb (gpointer user_data)
{
  SyncListener *self = user_data;
  gint64 now_us = sync_clock_boot_us (self->clock), next_us = G_MAXINT64;
  g_autoptr (GList) all = g_hash_table_get_values (self->connections);

  self->alarm = 0;
  for (GList *l = all; l != NULL; l = l->next)
    {
      Connection *connection = l->data;

      if (connection->due_us == 0)
        continue;
      if (connection->due_us > now_us)
        {
          next_us = MIN (next_us, connection->due_us);
          continue;
        }
      if (connection->incoming != NULL && soup_server_message_get_status (connection->incoming) == 0)
        send_time_out (connection);
      connection_close (connection);
    }
  if (self->n_due > 0)
    self->alarm = sync_clock_add_alarm (self->clock, next_us, step_limit_cb, self);
}

/* It got further, and has as long as anybody to get further again. */
static void
connection_step (Connection *connection)
{
  SyncListener *self = connection->listener;

  g_queue_unlink (&self->order, &connection->place);
  g_queue_push_tail_link (&self->order, &connection->place);
  if (connection->due_us == 0)
    self->n_due++;
  connection->due_us = sync_clock_boot_us (self->clock) + STEP_LIMIT_S * G_USEC_PER_SEC;
  if (self->alarm == 0)
    self->alarm = sync_clock_add_alarm (self->clock, connection->due_us, step_limit_cb, self);
}

static void
stream_closed_cb (SyncStream *stream, gpointer user_data)
{
  connection_close (user_data);
}

static gboolean
connection_hung_up_cb (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  connection_close (user_data);
  return G_SOURCE_REMOVE;
}

static Connection *
find_connection (SyncListener *self, SoupServerMessage *message)
{
  GSocketAddress *remote = soup_server_message_get_remote_address (message);

  return remote != NULL ? g_hash_table_lookup (self->connections, remote) : NULL;
}

static void
message_got_headers_cb (SoupServerMessage *message, gpointer user_data)
{
  Connection *connection = find_connection (user_data, message);

  if (connection == NULL)
    return;
  g_set_object (&connection->incoming, message);
  connection_step (connection);
}

/* After the handler of the request, which may have answered already. */
static void
message_got_body_cb (SoupServerMessage *message, gpointer user_data)
{
  Connection *connection = find_connection (user_data, message);

  if (connection == NULL)
    return;
  g_clear_object (&connection->incoming);
  connection->busy = TRUE;
  if (connection->watch == NULL)
    connection_step (connection);
}

static void
message_finished_cb (SoupServerMessage *message, gpointer user_data)
{
  SyncListener *self = user_data;
  Connection *connection = find_connection (self, message);

  if (connection == NULL)
    return;
  connection->busy = FALSE;
  g_clear_object (&connection->incoming);
  connection_step (connection);
  connection_rest (connection);
  sync_stream_set_idle (connection->stream);
  /* Not closed from here, where SoupServer is in the middle of it: it finds the end when it looks for another
   * request. */
  if (self->closing)
    g_socket_shutdown (sync_stream_get_socket (connection->stream), TRUE, FALSE, NULL);
}

static void
request_started_cb (SoupServer *server, SoupServerMessage *message, gpointer user_data)
{
  g_signal_connect_object (message, "got-headers", G_CALLBACK (message_got_headers_cb), user_data,
                           G_CONNECT_DEFAULT);
  g_signal_connect_object (message, "got-body", G_CALLBACK (message_got_body_cb), user_data, G_CONNECT_DEFAULT);
  g_signal_connect_object (message, "finished", G_CALLBACK (message_finished_cb), user_data,
                           G_CONNECT_DEFAULT);
}

/* Makes room for one more, where no answer is owed: whoever sends half a request, or nothing, locks nobody out. */
static gboolean
close_longest_idle (SyncListener *self)
{
  for (GList *l = self->order.head; l != NULL; l = l->next)
    {
      Connection *connection = l->data;

      if (!connection->busy)
        {
          connection_close (connection);
          return TRUE;
        }
    }
  return FALSE;
}

static gboolean
incoming_cb (GSocketService *service, GSocketConnection *stream, GObject *source, gpointer user_data)
{
  SyncListener *self = user_data;
  g_autoptr (GSocketAddress) local = g_socket_connection_get_local_address (stream, NULL);
  g_autoptr (GSocketAddress) remote = g_socket_connection_get_remote_address (stream, NULL);
  g_autoptr (GIOStream) handed = NULL;
  Connection *connection;

  /* It may be gone already. */
  if (local == NULL || remote == NULL)
    return TRUE;
  if (g_hash_table_size (self->connections) >= self->max_connections && !close_longest_idle (self))
    return TRUE;
  g_socket_set_option (g_socket_connection_get_socket (stream), IPPROTO_TCP, TCP_NODELAY, 1, NULL);
  connection = g_new0 (Connection, 1);
  connection->listener = self;
  connection->place.data = connection;
  connection->stream = sync_stream_new (stream, stream_closed_cb, connection);
  connection->remote = g_object_ref (remote);
  g_hash_table_insert (self->connections, connection->remote, connection);
  g_queue_push_tail_link (&self->order, &connection->place);
  connection_step (connection);
  /* SoupServer may be done with it when this returns. */
  handed = g_object_ref (G_IO_STREAM (connection->stream));
  if (!soup_server_accept_iostream (self->server, handed, local, remote, NULL))
    connection_close (connection);
  return TRUE;
}

/* SoupServer closes each connection after its first answer unless it listens somewhere. This is a socket that
 * nobody can connect to: one end of a pair whose other end stays silent. */
static void
let_connections_be_kept (SyncListener *self)
{
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GError) error = NULL;
  int pair[2];

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0)
    return;
  self->silent_fd = pair[1];
  socket = g_socket_new_from_fd (pair[0], &error);
  if (socket == NULL || !soup_server_listen_socket (self->server, socket, 0, &error))
    g_message ("each call needs a connection of its own: %s", error->message);
}

static GSocket *
open_socket (guint port, GError **error)
{
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, port);

  socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, error);
  if (socket == NULL)
    return NULL;
  g_socket_set_listen_backlog (socket, LISTEN_BACKLOG);
  if (!g_socket_bind (socket, address, TRUE, error) || !g_socket_listen (socket, error))
    return NULL;
  return g_steal_pointer (&socket);
}

static void
explain_listen_error (guint port, const GError *cause, GError **error)
{
  if (g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE))
    g_set_error (error, SYNC_ERROR, SYNC_ERROR_CONFIG,
                 "port %u is in use by another program; end that program, or set GATEWAY_PORT to another "
                 "port (0: any free one)",
                 port);
  else
    g_set_error (error, SYNC_ERROR, SYNC_ERROR_CONFIG,
                 "cannot listen on 127.0.0.1 port %u: %s; set GATEWAY_PORT to another port (0: any free one)",
                 port, cause->message);
}

static void
sync_listener_dispose (GObject *object)
{
  SyncListener *self = SYNC_LISTENER (object);

  sync_listener_close (self);
  g_hash_table_remove_all (self->connections);
  if (self->server != NULL)
    {
      g_signal_handlers_disconnect_by_data (self->server, self);
      soup_server_disconnect (self->server);
    }
  g_clear_object (&self->server);
  G_OBJECT_CLASS (sync_listener_parent_class)->dispose (object);
}

static void
sync_listener_finalize (GObject *object)
{
  SyncListener *self = SYNC_LISTENER (object);

  g_hash_table_unref (self->connections);
  g_clear_object (&self->clock);
  if (self->silent_fd >= 0)
    close (self->silent_fd);
  G_OBJECT_CLASS (sync_listener_parent_class)->finalize (object);
}

static void
sync_listener_class_init (SyncListenerClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sync_listener_dispose;
  G_OBJECT_CLASS (klass)->finalize = sync_listener_finalize;
}

static guint
find_max_connections (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= MAX_CONNECTIONS + OTHER_DESCRIPTORS)
    return MAX_CONNECTIONS;
  return MAX ((guint) limit.rlim_cur, OTHER_DESCRIPTORS + MIN_CONNECTIONS) - OTHER_DESCRIPTORS;
}

static void
sync_listener_init (SyncListener *self)
{
  self->max_connections = find_max_connections ();
  self->connections = g_hash_table_new_full (NULL, NULL, NULL, connection_free);
  g_queue_init (&self->order);
  self->silent_fd = -1;
}

/**
 * sync_listener_new:
 * @server: (transfer none): a server with its handlers, which does not listen by itself
 * @clock: (transfer none): for how long a connection may stand still in the middle of something
 *
 * Returns: (transfer full): a listener that does not listen yet; disposing of it closes every connection
 */
SyncListener *
sync_listener_new (SoupServer *server, SyncClock *clock)
{
  SyncListener *self = g_object_new (SYNC_TYPE_LISTENER, NULL);

  self->server = g_object_ref (server);
  self->clock = g_object_ref (clock);
  let_connections_be_kept (self);
  g_signal_connect (server, "request-started", G_CALLBACK (request_started_cb), self);
  return self;
}

/**
 * sync_listener_listen:
 * @self: a listener
 * @port: 0 for any free one
 * @error: %SYNC_ERROR_CONFIG (permanent), naming the port and the remedy
 *
 * Takes connections on 127.0.0.1 from now on.
 *
 * Returns: whether the port could be had
 */
gboolean
sync_listener_listen (SyncListener *self, guint port, GError **error)
{
  g_autoptr (GError) cause = NULL;
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GSocket) socket = NULL;

  g_return_val_if_fail (self->service == NULL, FALSE);
  socket = open_socket (port, &cause);
  if (socket != NULL)
    address = g_socket_get_local_address (socket, &cause);
  if (address == NULL)
    {
      explain_listen_error (port, cause, error);
      return FALSE;
    }
  self->service = g_socket_service_new ();
  g_signal_connect (self->service, "incoming", G_CALLBACK (incoming_cb), self);
  if (!g_socket_listener_add_socket (G_SOCKET_LISTENER (self->service), socket, NULL, error))
    return FALSE;
  self->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));
  self->closing = FALSE;
  return TRUE;
}

/**
 * sync_listener_close:
 * @self: a listener
 *
 * Takes no more connections and no more requests: connections are closed now, those on which an answer is
 * owed after that answer. May be called again.
 */
void
sync_listener_close (SyncListener *self)
{
  g_autoptr (GList) all = NULL;

  self->closing = TRUE;
  self->port = 0;
  if (self->service != NULL)
    {
      g_socket_service_stop (self->service);
      g_socket_listener_close (G_SOCKET_LISTENER (self->service));
      g_signal_handlers_disconnect_by_data (self->service, self);
    }
  g_clear_object (&self->service);
  all = g_hash_table_get_values (self->connections);
  for (GList *l = all; l != NULL; l = l->next)
    if (!((Connection *) l->data)->busy)
      connection_close (l->data);
}

/**
 * sync_listener_get_port:
 * @self: a listener
 *
 * Returns: the port, 0 while it does not listen
 */
guint
sync_listener_get_port (SyncListener *self)
{
  return self->port;
}

/**
 * sync_listener_get_n_connections:
 * @self: a listener
 *
 * Returns: how many connections are open
 */
guint
sync_listener_get_n_connections (SyncListener *self)
{
  return g_hash_table_size (self->connections);
}

/**
 * sync_listener_mark_stream:
 * @self: a listener
 * @message: a message whose answer is a stream without an end
 *
 * Has the connection closed as soon as the other end hangs up, instead of after the answer, which may take for ever.
 */
void
sync_listener_mark_stream (SyncListener *self, SoupServerMessage *message)
{
  Connection *connection = find_connection (self, message);

  if (connection == NULL)
    return;
  connection_rest (connection);
  connection->watch
      = g_socket_create_source (sync_stream_get_socket (connection->stream), CONDITION_HUNG_UP, NULL);
  g_source_set_callback (connection->watch, G_SOURCE_FUNC (connection_hung_up_cb), connection, NULL);
  g_source_set_static_name (connection->watch, "[posawesome-sync] hang-up");
  g_source_attach (connection->watch, g_main_context_get_thread_default ());
}

/**
 * sync_listener_has_parted:
 * @self: a listener
 * @message: a message
 *
 * Returns: whether the caller has left, and @message is not what was sent: it must not be handled
 */
gboolean
sync_listener_has_parted (SyncListener *self, SoupServerMessage *message)
{
  Connection *connection = find_connection (self, message);

  return connection == NULL || sync_stream_has_parted (connection->stream);
}

/**
 * sync_listener_drop:
 * @self: a listener
 * @message: a message of a caller that does not stop sending
 *
 * Closes the connection without an answer.
 */
void
sync_listener_drop (SyncListener *self, SoupServerMessage *message)
{
  Connection *connection = find_connection (self, message);

  if (connection != NULL)
    connection_close (connection);
}
