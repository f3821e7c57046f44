/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The shop itself: its parts, its line (listening, connections, cutting them), and its ledger. It listens
 * by itself and hands connections to SoupServer, because SoupServer 3.2 has a backlog of ten and keeps
 * every connection that the client closes; so each connection is watched and closed when the client hangs
 * up. One thread. */
#include "config.h"

#include "sync-error.h"
#include "sync-practice-private.h"
#include "sync-practice-resources.h"

#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 256
#define HANG_UP ((GIOCondition) 0x2000) /* POLLRDHUP: the client closed its half */

G_DEFINE_FINAL_TYPE (SyncPracticeShop, sync_practice_shop, G_TYPE_OBJECT)

typedef struct
{
  SyncPracticeShop *shop;     /* (unowned): it owns the table of connections */
  GSocketAddress *remote;     /* (owned): its key in the table, and what libsoup calls it by */
  SyncPracticeStream *stream; /* (owned) */
  GSource *watch;             /* (owned) (nullable): for the client hanging up */
} Connection;

static void
connection_free (gpointer data)
{
  Connection *connection = data;

  if (connection->watch != NULL)
    {
      g_source_destroy (connection->watch);
      g_source_unref (connection->watch);
    }
  g_object_unref (connection->stream);
  g_object_unref (connection->remote);
  g_free (connection);
}

static void
connection_closed (gpointer user_data)
{
  Connection *connection = user_data;

  g_hash_table_remove (connection->shop->connections, connection->remote);
}

static gssize
request_starts (gpointer user_data)
{
  Connection *connection = user_data;
  const SyncPracticeFault *fault = sync_practice_faults_take (connection->shop,
                                                              1u << SYNC_PRACTICE_FAULT_RESET_REQUEST, NULL,
                                                              NULL, NULL);

  return fault != NULL ? (gssize) fault->bytes : -1;
}

static gboolean
client_hung_up (int fd, GIOCondition condition, gpointer user_data)
{
  Connection *connection = user_data;

  g_autoptr (SyncPracticeStream) stream = g_object_ref (connection->stream);
  SyncPracticeShop *self = connection->shop;

  /* A request that is being handled is finished, as the real site does; then request_over() closes. */
  g_clear_pointer (&connection->watch, g_source_unref);
  if (sync_practice_stream_is_idle (stream))
    g_io_stream_close (G_IO_STREAM (stream), NULL, NULL);
  else
    sync_practice_http_cancel_stalled (self, stream);
  return G_SOURCE_REMOVE;
}

static Connection *
connection_of (SyncPracticeShop *self, SoupServerMessage *message)
{
  return g_hash_table_lookup (self->connections, soup_server_message_get_remote_address (message));
}

/* Returns: (transfer none) (nullable): the stream that a request came over, NULL once it was closed. */
SyncPracticeStream *
sync_practice_shop_stream_of (SyncPracticeShop *self, SoupServerMessage *message)
{
  Connection *connection = connection_of (self, message);

  return connection != NULL ? connection->stream : NULL;
}

static void
request_over (SoupServer *server, SoupServerMessage *message, gpointer user_data)
{
  Connection *connection = connection_of (user_data, message);

  if (connection == NULL)
    return;
  sync_practice_stream_request_done (connection->stream);
  if (connection->watch == NULL)
    {
      g_autoptr (SyncPracticeStream) stream = g_object_ref (connection->stream);

      g_io_stream_close (G_IO_STREAM (stream), NULL, NULL);
    }
}

static void
watch (Connection *connection)
{
  GSocket *socket = sync_practice_stream_get_socket (connection->stream);

  connection->watch = g_unix_fd_source_new (g_socket_get_fd (socket), HANG_UP | G_IO_HUP | G_IO_ERR);
  g_source_set_callback (connection->watch, G_SOURCE_FUNC (client_hung_up), connection, NULL);
  g_source_set_static_name (connection->watch, "[posawesome-practice] hang-up");
  g_source_attach (connection->watch, g_main_context_get_thread_default ());
}

static gboolean
accept_connection (GSocketService *service, GSocketConnection *base, GObject *source, gpointer user_data)
{
  SyncPracticeShop *self = user_data;
  g_autoptr (GSocketAddress) local = g_socket_connection_get_local_address (base, NULL);
  g_autoptr (GSocketAddress) remote = g_socket_connection_get_remote_address (base, NULL);
  Connection *connection;

  if (local == NULL || remote == NULL)
    return TRUE;
  g_socket_set_option (g_socket_connection_get_socket (base), 6 /* IPPROTO_TCP */, 1 /* TCP_NODELAY */, 1,
                       NULL);
  connection = g_new0 (Connection, 1);
  connection->shop = self;
  connection->stream = sync_practice_stream_new (base, request_starts, connection_closed, connection);
  connection->remote = g_object_ref (remote);
  g_hash_table_insert (self->connections, connection->remote, connection);
  if (sync_practice_faults_take (self, 1u << SYNC_PRACTICE_FAULT_RESET_ACCEPT, NULL, NULL, NULL) != NULL)
    {
      sync_practice_stream_reset (connection->stream);
      return TRUE;
    }
  watch (connection);
  soup_server_accept_iostream (self->server, G_IO_STREAM (connection->stream), local, remote, NULL);
  return TRUE;
}

/* A socket that has the port and refuses who connects to it, until it listens. */
static GSocket *
bind_socket (guint port, GError **error)
{
  g_autoptr (GSocketAddress) wanted = g_inet_socket_address_new_from_string ("127.0.0.1", port);
  g_autoptr (GSocket) socket =
    g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, error);

  if (socket == NULL || !g_socket_bind (socket, wanted, TRUE, error))
    return NULL;
  return g_steal_pointer (&socket);
}

static gboolean
start_service (SyncPracticeShop *self, GSocket *socket, GError **error)
{
  g_autoptr (GSocketService) service = g_socket_service_new ();
  g_autoptr (GSocketAddress) got = g_socket_get_local_address (socket, error);

  g_socket_set_listen_backlog (socket, BACKLOG);
  if (got == NULL || !g_socket_listen (socket, error)
      || !g_socket_listener_add_socket (G_SOCKET_LISTENER (service), socket, NULL, error))
    return FALSE;
  self->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (got));
  g_signal_connect (service, "incoming", G_CALLBACK (accept_connection), self);
  g_socket_service_start (service);
  self->service = g_steal_pointer (&service);
  return TRUE;
}

/**
 * sync_practice_shop_listen:
 * @self: a shop
 * @port: a port on 127.0.0.1; 0: any free one, or the one it had before when it was stopped
 * @error: set to %SYNC_ERROR_REFUSED (transient) when the port cannot be had
 *
 * Answers from now on, in the thread-default main context of the caller.
 *
 * Returns: whether it listens
 */
gboolean
sync_practice_shop_listen (SyncPracticeShop *self, guint port, GError **error)
{
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GError) local_error = NULL;

  if (self->service != NULL)
    return TRUE;
  socket = port == 0 || port == self->port ? g_steal_pointer (&self->held) : NULL;
  if (socket == NULL)
    socket = bind_socket (port != 0 ? port : self->port, &local_error);
  if (socket == NULL || !start_service (self, socket, &local_error))
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED,
                   "The practice shop cannot listen on port %u: %s; choose another"
                   " or 0", port, local_error->message);
      return FALSE;
    }
  g_clear_object (&self->held);
  g_free (self->base_url);
  self->base_url = g_strdup_printf ("http://127.0.0.1:%u", self->port);
  return TRUE;
}

static void
hang_up_all (SyncPracticeShop *self)
{
  g_autoptr (GList) connections = g_hash_table_get_values (self->connections);

  if (self->service != NULL)
    {
      g_socket_service_stop (self->service);
      g_socket_listener_close (G_SOCKET_LISTENER (self->service));
      g_signal_handlers_disconnect_by_data (self->service, self);
      g_clear_object (&self->service);
    }
  for (GList *item = connections; item != NULL; item = item->next)
    sync_practice_stream_reset (((Connection *) item->data)->stream);
  sync_practice_http_cancel_pending (self);
}

/**
 * sync_practice_shop_stop:
 * @self: a shop
 *
 * The line is cut: connections are refused, those that are open are reset, requests that wait are forgotten.
 * What was committed stays. sync_practice_shop_listen() with port 0 brings the line up on the same port, which
 * nobody else gets meanwhile: a till goes on asking there, and would deliver to another shop.
 */
void
sync_practice_shop_stop (SyncPracticeShop *self)
{
  gboolean had_port = self->service != NULL;
  g_autoptr (GError) error = NULL;

  hang_up_all (self);
  if (!had_port)
    return;
  self->held = bind_socket (self->port, &error);
  if (self->held == NULL)
    g_warning ("Port %u cannot be kept while the line is cut: %s", self->port, error->message);
}

gboolean
sync_practice_shop_is_listening (SyncPracticeShop *self)
{
  return self->service != NULL;
}

guint
sync_practice_shop_get_port (SyncPracticeShop *self)
{
  return self->port;
}

/* Returns: (nullable): `http://127.0.0.1:PORT`, NULL before the first listen */
const char *
sync_practice_shop_get_base_url (SyncPracticeShop *self)
{
  return self->base_url;
}

/* Returns: how many connections are open now */
guint
sync_practice_shop_get_n_connections (SyncPracticeShop *self)
{
  return g_hash_table_size (self->connections);
}

/* Returns: how many requests were read, those below /_practice/ too */
guint64
sync_practice_shop_get_n_requests (SyncPracticeShop *self)
{
  return self->n_requests;
}

/* Not durable. */
void
sync_practice_shop_set_maintenance (SyncPracticeShop *self, SyncPracticeMaintenance maintenance)
{
  self->maintenance = maintenance;
}

/**
 * sync_practice_shop_set_tracebacks:
 * @self: a shop
 * @tracebacks: System Settings' allow_error_traceback: whether errors show `exception` and `exc` (default)
 */
void
sync_practice_shop_set_tracebacks (SyncPracticeShop *self, gboolean tracebacks)
{
  self->tracebacks = tracebacks;
}

/**
 * sync_practice_shop_set_keep_alive:
 * @self: a shop
 * @keep_alive: %FALSE: every answer closes its connection, as with gunicorn's default workers (default:
 *   %TRUE)
 */
void
sync_practice_shop_set_keep_alive (SyncPracticeShop *self, gboolean keep_alive)
{
  self->keep_alive = keep_alive;
}

/**
 * sync_practice_shop_remove_field:
 * @self: a shop
 * @doctype: a DocType
 * @fieldname: one of its fields, for instance `posa_client_request_id`
 *
 * Makes it a site without that field (an older POS Awesome): values sent for it are dropped silently, a
 * filter on it is refused. Not durable.
 *
 * Returns: whether there was such a field
 */
gboolean
sync_practice_shop_remove_field (SyncPracticeShop *self, const char *doctype, const char *fieldname)
{
  SyncPracticeDocType *found = g_hash_table_lookup (self->doctypes, doctype);

  return found != NULL && sync_practice_doctype_remove_field (found, fieldname);
}

static void
load_custom_field (sqlite3_stmt *row, gpointer user_data)
{
  SyncPracticeShop *self = user_data;
  g_autoptr (JsonNode) node = json_from_string ((const char *) sqlite3_column_text (row, 0), NULL);
  JsonObject *doc = json_node_get_object (node);
  SyncPracticeDocType *doctype =
    g_hash_table_lookup (self->doctypes, json_object_get_string_member (doc, "dt"));

  if (doctype != NULL)
    sync_practice_doctype_add_custom_field (doctype, doc);
}

static gboolean
seed (SyncPracticeShop *self, GError **error)
{
  g_autoptr (GBytes) text = g_resource_lookup_data (sync_practice_get_resource (),
                                                    "/org/posawesome/Sync/practice/seed.json", 0, error);
  g_autoptr (JsonNode) root = text != NULL ? json_from_string (g_bytes_get_data (text, NULL), error) : NULL;
  JsonArray *documents;

  if (root == NULL)
    return FALSE;
  documents = json_object_get_array_member (json_node_get_object (root), "documents");
  sync_practice_store_begin (self->store);
  for (guint i = 0; i < json_array_get_length (documents); i++)
    {
      JsonObject *sent = json_array_get_object_element (documents, i);
      const char *name = json_object_get_string_member (sent, "doctype");
      g_autoptr (SyncPracticeCall) call = sync_practice_call_new (self);
      g_autoptr (JsonObject) doc = NULL;

      call->seeding = TRUE;
      doc = sync_practice_document_create (call, g_hash_table_lookup (self->doctypes, name), sent, FALSE);
      if (doc == NULL)
        {
          sync_practice_store_rollback (self->store);
          g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID, "The practice shop cannot make its %s: %s",
                       name,
                       call->exception != NULL ? call->exception : call->exc_type);
          return FALSE;
        }
    }
  return sync_practice_store_commit (self->store);
}

/* SoupServer keeps a connection for the next request only while it has a listener. This one is a socket
 * that nobody finds: an abstract Unix address that the kernel chose. */
static gboolean
allow_keep_alive (SyncPracticeShop *self, GError **error)
{
  struct sockaddr_un any = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_autoptr (GSocket) listener = NULL;

  if (fd >= 0 && (bind (fd, (struct sockaddr *) &any, sizeof any.sun_family) != 0 || listen (fd, 1) != 0))
    {
      close (fd);
      fd = -1;
    }
  listener = fd >= 0 ? g_socket_new_from_fd (fd, error) : NULL;
  if (listener == NULL)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED,
                   "The practice shop cannot make a socket; close other programs");
      return FALSE;
    }
  return soup_server_listen_socket (self->server, listener, 0, error);
}

static gboolean
open_store (SyncPracticeShop *self, const char *path, GError **error)
{
  self->store = sync_practice_store_new (path, error);
  if (self->store == NULL)
    return FALSE;
  self->last_us = sync_practice_store_get_last_stamp (self->store);
  if (sync_practice_store_get_int (self->store, "SELECT count (*) FROM documents", NULL) == 0)
    return seed (self, error);
  sync_practice_store_query (self->store, "SELECT body FROM documents WHERE doctype = 'Custom Field'", NULL,
                             load_custom_field, self);
  return TRUE;
}

static void
sync_practice_shop_dispose (GObject *object)
{
  SyncPracticeShop *self = SYNC_PRACTICE_SHOP (object);

  hang_up_all (self);
  g_clear_object (&self->held);
  if (self->server != NULL)
    {
      g_signal_handlers_disconnect_by_data (self->server, self);
      soup_server_disconnect (self->server);
    }
  g_clear_object (&self->server);
  G_OBJECT_CLASS (sync_practice_shop_parent_class)->dispose (object);
}

static void
sync_practice_shop_finalize (GObject *object)
{
  SyncPracticeShop *self = SYNC_PRACTICE_SHOP (object);

  g_hash_table_unref (self->queued);
  g_clear_pointer (&self->store, sync_practice_store_free);
  g_clear_pointer (&self->doctypes, g_hash_table_unref);
  g_hash_table_unref (self->sessions);
  g_hash_table_unref (self->users);
  g_hash_table_unref (self->connections);
  g_hash_table_unref (self->pending);
  sync_practice_faults_free (self->faults);
  g_clear_pointer (&self->zone, g_time_zone_unref);
  g_free (self->zone_name);
  g_free (self->base_url);
  g_clear_object (&self->clock);
  g_clear_object (&self->random);
  G_OBJECT_CLASS (sync_practice_shop_parent_class)->finalize (object);
}

static void
sync_practice_shop_class_init (SyncPracticeShopClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sync_practice_shop_dispose;
  G_OBJECT_CLASS (klass)->finalize = sync_practice_shop_finalize;
}

static void
sync_practice_shop_init (SyncPracticeShop *self)
{
  self->users = sync_practice_users_new ();
  self->sessions = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, sync_practice_session_free);
  self->connections = g_hash_table_new_full (NULL, NULL, NULL, connection_free);
  self->pending = g_hash_table_new (NULL, NULL);
  self->queued = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, sync_practice_queue_job_free);
  self->faults = sync_practice_faults_new ();
  self->tracebacks = TRUE;
  self->keep_alive = TRUE;
}

/**
 * sync_practice_shop_new_in_zone:
 * @clock: the clock of documents and delays
 * @random: names, tokens and the chance of faults
 * @database_path: (nullable): the file of its documents, made when missing; %NULL: in memory
 * @time_zone: the site's time zone, an identifier such as `Asia/Kolkata`
 * @error: set to %SYNC_ERROR_STORAGE (transient) or %SYNC_ERROR_CONFIG (unknown zone, permanent)
 *
 * Returns: (transfer full) (nullable): a shop that does not listen yet
 */
SyncPracticeShop *
sync_practice_shop_new_in_zone (SyncClock *clock, SyncRandom *random, const char *database_path,
                                const char *time_zone,
                                GError **error)
{
  g_autoptr (SyncPracticeShop) self = g_object_new (SYNC_TYPE_PRACTICE_SHOP, NULL);

  self->clock = g_object_ref (clock);
  self->random = g_object_ref (random);
  self->zone_name = g_strdup (time_zone);
  self->zone = g_time_zone_new_identifier (time_zone);
  if (self->zone == NULL)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_CONFIG,
                   "Unknown time zone \"%s\"; use a name such as Asia/Kolkata",
                   time_zone);
      return NULL;
    }
  self->doctypes = sync_practice_doctypes_load (error);
  if (self->doctypes == NULL || !open_store (self, database_path, error))
    return NULL;
  self->server = soup_server_new ("server-header", "gunicorn", NULL);
  soup_server_add_handler (self->server, NULL, sync_practice_http_handle, self, NULL);
  g_signal_connect (self->server, "request-finished", G_CALLBACK (request_over), self);
  g_signal_connect (self->server, "request-aborted", G_CALLBACK (request_over), self);
  if (!allow_keep_alive (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

/**
 * sync_practice_shop_new:
 * @clock: the clock of documents and delays
 * @random: names, tokens and the chance of faults
 * @database_path: (nullable): the file of its documents, made when missing; %NULL: in memory
 * @error: as sync_practice_shop_new_in_zone()
 *
 * Returns: (transfer full) (nullable): a shop in `Asia/Kolkata` that does not listen yet
 */
SyncPracticeShop *
sync_practice_shop_new (SyncClock *clock, SyncRandom *random, const char *database_path, GError **error)
{
  return sync_practice_shop_new_in_zone (clock, random, database_path, "Asia/Kolkata", error);
}
