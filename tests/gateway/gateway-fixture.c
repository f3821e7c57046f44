/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The gateway over the real engine and store, with a site that does what the test says, and a client that
 * speaks HTTP by hand, so that a test decides about every byte. One thread. */
#include "config.h"

#include "gateway-fixture.h"

#include <stdlib.h>
#include <string.h>

#include "sync-test-directory.h"

struct _ScriptedTransport
{
  GObject parent_instance;

  Script script;
  guint n_writes;
  char *last_body; /* (owned) (nullable) */
  char *date;      /* (owned) (nullable): the Date of every answer */
};

static void scripted_transport_transport_init (SyncTransportInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (ScriptedTransport, scripted_transport, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (SYNC_TYPE_TRANSPORT, scripted_transport_transport_init))

static SyncTransportReply *
reply_new (guint status, const char *body)
{
  SyncTransportReply *reply = sync_transport_reply_new ();

  reply->result = SYNC_TRANSPORT_OK;
  reply->bytes_written = TRUE;
  reply->status = status;
  reply->content_type = g_strdup ("application/json");
  reply->body = g_bytes_new (body, strlen (body));
  return reply;
}

/* The document that was sent, with the name and the stamp that a site adds. */
static SyncTransportReply *
reply_saved (ScriptedTransport *self, const SyncTransportRequest *request)
{
  g_autofree char *text = NULL;
  g_autofree char *sent = request->body != NULL ? g_strndup (g_bytes_get_data (request->body, NULL),
                                                             g_bytes_get_size (request->body))
                                                : g_strdup ("{}");

  text = g_strdup_printf (
      "{\"data\":{\"name\":\"DOC-%u\",\"docstatus\":0,\"modified\":\"2024-05-01 10:00:00.%06u\",%s}",
      self->n_writes, self->n_writes, strlen (sent) > 2 ? sent + 1 : "\"x\":0}");
  return reply_new (200, text);
}

static SyncTransportReply *
answer (ScriptedTransport *self, const SyncTransportRequest *request)
{
  SyncTransportReply *reply;

  if (self->script == SCRIPT_OFFLINE)
    {
      reply = sync_transport_reply_new ();
      reply->result = SYNC_TRANSPORT_CONNECT;
      reply->error = g_strdup ("Connection refused");
      return reply;
    }
  if (!request->write)
    {
      if (strstr (request->url, "get_logged_user") != NULL && self->script == SCRIPT_STRANGER)
        return reply_new (401, "{\"exc_type\":\"AuthenticationError\"}");
      if (strstr (request->url, "get_logged_user") != NULL)
        return reply_new (200, "{\"message\":\"cashier@example.com\"}");
      return reply_new (200, "{\"data\":[]}");
    }
  self->n_writes++;
  g_free (self->last_body);
  self->last_body = request->body != NULL
                        ? g_strndup (g_bytes_get_data (request->body, NULL), g_bytes_get_size (request->body))
                        : NULL;
  if (self->script == SCRIPT_REFUSE
      || (self->script == SCRIPT_REFUSE_PUT && strcmp (request->method, "PUT") == 0))
    return reply_new (
        417, "{\"exc_type\":\"ValidationError\",\"exception\":\"frappe.exceptions.ValidationError: no such "
             "customer\",\"_server_messages\":\"[\\\"{\\\\\\\"message\\\\\\\": \\\\\\\"No such <b>customer"
             "</b>\\\\\\\"}\\\"]\"}");
  if (self->script == SCRIPT_BUSY)
    return reply_new (429, "{\"exc_type\":\"TooManyRequestsError\"}");
  if (self->script == SCRIPT_SILENT)
    {
      reply = sync_transport_reply_new ();
      reply->result = SYNC_TRANSPORT_TIMEOUT;
      reply->bytes_written = TRUE;
      reply->error = g_strdup ("no answer in time");
      return reply;
    }
  return reply_saved (self, request);
}

static void
scripted_transport_send_async (SyncTransport *transport, const SyncTransportRequest *request,
                               GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (transport, NULL, callback, user_data);
  SyncTransportReply *reply = answer (SCRIPTED_TRANSPORT (transport), request);

  reply->date = g_strdup (SCRIPTED_TRANSPORT (transport)->date);
  g_task_set_source_tag (task, scripted_transport_send_async);
  g_task_return_pointer (task, reply, (GDestroyNotify) sync_transport_reply_free);
}

static SyncTransportReply *
scripted_transport_send_finish (SyncTransport *transport, GAsyncResult *result)
{
  return g_task_propagate_pointer (G_TASK (result), NULL);
}

static void
scripted_transport_transport_init (SyncTransportInterface *iface)
{
  iface->send_async = scripted_transport_send_async;
  iface->send_finish = scripted_transport_send_finish;
}

static void
scripted_transport_finalize (GObject *object)
{
  g_free (SCRIPTED_TRANSPORT (object)->last_body);
  g_free (SCRIPTED_TRANSPORT (object)->date);
  G_OBJECT_CLASS (scripted_transport_parent_class)->finalize (object);
}

static void
scripted_transport_class_init (ScriptedTransportClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = scripted_transport_finalize;
}

static void
scripted_transport_init (ScriptedTransport *self)
{
}

void
scripted_transport_set (ScriptedTransport *self, Script script)
{
  self->script = script;
}

void
scripted_transport_set_date (ScriptedTransport *self, const char *date)
{
  g_free (self->date);
  self->date = g_strdup (date);
}

guint
scripted_transport_get_n_writes (ScriptedTransport *self)
{
  return self->n_writes;
}

const char *
scripted_transport_get_last_body (ScriptedTransport *self)
{
  return self->last_body;
}

void
gateway_fixture_set_up (GatewayFixture *self, gconstpointer data)
{
  g_autofree char *directory = sync_test_directory_new ();
  g_autofree char *setting = g_strconcat ("POSAWESOME_SYNC_DATA_DIR=", directory, NULL);
  const char *environment[] = { setting, "ERPNEXT_BASE_URL=https://shop.example.com", "CONFLICT_POLICIES=*=ask", "ERPNEXT_API_TOKEN=key",
                                "ERPNEXT_API_SECRET=secret", NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncCredentials) credentials = NULL;
  g_autoptr (SyncRouteTable) routes = sync_route_table_new (NULL, &error);
  g_autofree char *path = NULL;

  g_assert_no_error (error);
  self->directory = g_steal_pointer (&directory);
  self->config = sync_config_new (NULL, environment, &error);
  g_assert_no_error (error);
  self->clock = sync_clock_virtual_new ();
  self->random = sync_random_seeded_new (1);
  self->transport = g_object_new (SCRIPTED_TYPE_TRANSPORT, NULL);
  self->store = sync_store_open (self->directory, NULL, SYNC_CLOCK (self->clock), &error);
  g_assert_no_error (error);
  credentials
      = sync_credentials_new (self->config->base_url, self->config->api_token, self->config->api_secret);
  self->engine = sync_engine_new (self->config, self->store, SYNC_TRANSPORT (self->transport), credentials,
                                  routes, SYNC_CLOCK (self->clock), self->random);
  self->gateway = sync_gateway_new (self->engine, SYNC_CLOCK (self->clock), self->random);
  g_assert_true (sync_gateway_listen (self->gateway, 0, &error));
  g_assert_no_error (error);
  g_assert_true (sync_engine_start (self->engine, &error));
  g_assert_no_error (error);
  path = g_build_filename (self->directory, "gateway-token", NULL);
  g_assert_true (g_file_get_contents (path, &self->token, NULL, NULL));
}

void
gateway_fixture_tear_down (GatewayFixture *self, gconstpointer data)
{
  sync_gateway_close (self->gateway);
  g_assert_finalize_object (self->gateway);
  sync_engine_stop (self->engine);
  gateway_fixture_settle ();
  g_assert_finalize_object (self->engine);
  sync_store_close (self->store);
  g_assert_finalize_object (self->store);
  g_assert_finalize_object (self->transport);
  g_assert_cmpuint (sync_clock_virtual_get_n_alarms (self->clock), ==, 0);
  g_object_unref (self->clock);
  g_object_unref (self->random);
  sync_config_free (self->config);
  sync_test_directory_free (self->directory);
  g_free (self->token);
}

/* Lets everything happen that is ready to. */
void
gateway_fixture_settle (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

/* Connects; the kernel keeps what is sent until the gateway takes the connection. */
Client *
client_new (guint port, const char *request, gssize length)
{
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, port);
  g_autoptr (GError) error = NULL;
  Client *self = g_new0 (Client, 1);

  self->socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, &error);
  g_assert_no_error (error);
  g_socket_connect (self->socket, address, NULL, &error);
  g_assert_no_error (error);
  g_socket_set_blocking (self->socket, FALSE);
  self->request = g_bytes_new (request, length < 0 ? strlen (request) : (gsize) length);
  self->received = g_string_new (NULL);
  return self;
}

void
client_free (Client *self)
{
  g_socket_close (self->socket, NULL);
  g_object_unref (self->socket);
  g_bytes_unref (self->request);
  g_string_free (self->received, TRUE);
  g_free (self);
}

static void
read_head (Client *self)
{
  const char *end = strstr (self->received->str, "\r\n\r\n");

  if (end == NULL)
    return;
  self->status = (guint) atoi (self->received->str + strlen ("HTTP/1.1 "));
  self->body = end + 4;
}

/* Sends and receives what it can. Returns whether anything moved. */
gboolean
client_turn (Client *self)
{
  gsize length;
  const char *data = g_bytes_get_data (self->request, &length);
  char buffer[65536];
  gssize n;
  gboolean moved = FALSE;

  while (self->sent < length
         && (n = g_socket_send (self->socket, data + self->sent, length - self->sent, NULL, NULL)) > 0)
    {
      self->sent += n;
      moved = TRUE;
    }
  while (!self->ended)
    {
      g_autoptr (GError) error = NULL;

      n = g_socket_receive (self->socket, buffer, sizeof buffer, NULL, &error);
      if (n < 0 && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        break;
      moved = TRUE;
      if (n <= 0)
        self->ended = TRUE;
      else
        g_string_append_len (self->received, buffer, n);
    }
  if (moved)
    read_head (self);
  return moved;
}

static gboolean
socket_ready_cb (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  return G_SOURCE_REMOVE;
}

/* Turns the main loop once, waking up when the client has something to do. */
static void
wait_turn (Client *self)
{
  GIOCondition condition = self->sent < g_bytes_get_size (self->request) ? G_IO_IN | G_IO_OUT : G_IO_IN;
  g_autoptr (GSource) source = g_socket_create_source (self->socket, condition, NULL);

  g_source_set_callback (source, G_SOURCE_FUNC (socket_ready_cb), NULL, NULL);
  g_source_attach (source, NULL);
  g_main_context_iteration (NULL, TRUE);
  g_source_destroy (source);
}

/* Until the server closes. */
void
client_run (Client *self)
{
  while (!self->ended)
    if (!client_turn (self))
      wait_turn (self);
}

/* Until @text has come; FALSE if the server closed before. */
gboolean
client_run_until (Client *self, const char *text)
{
  gsize looked = 0;

  while (strstr (self->received->str + looked, text) == NULL)
    {
      if (self->ended)
        return FALSE;
      looked = self->received->len > strlen (text) ? self->received->len - strlen (text) : 0;
      if (!client_turn (self))
        wait_turn (self);
    }
  return TRUE;
}

char *
gateway_fixture_request (GatewayFixture *self, const char *method, const char *path, const char *body)
{
  return g_strdup_printf ("%s /_sync/v1/%s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nAuthorization: Bearer %s\r\n"
                          "Connection: close\r\nContent-Length: %" G_GSIZE_FORMAT "\r\n\r\n%s",
                          method, path, sync_gateway_get_port (self->gateway), self->token,
                          body != NULL ? strlen (body) : 0, body != NULL ? body : "");
}

/* Of this process. */
guint
gateway_fixture_count_descriptors (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

/* One that is kept after the answer. */
char *
gateway_fixture_keep_alive_request (GatewayFixture *self)
{
  return g_strdup_printf ("GET /_sync/v1/status HTTP/1.1\r\nHost: localhost:%u\r\nAuthorization: Bearer %s\r\n"
                          "Connection: keep-alive\r\n\r\n",
                          sync_gateway_get_port (self->gateway), self->token);
}

Client *
gateway_fixture_call (GatewayFixture *self, const char *method, const char *path, const char *body)
{
  g_autofree char *request = gateway_fixture_request (self, method, path, body);
  Client *client = client_new (sync_gateway_get_port (self->gateway), request, -1);

  client_run (client);
  return client;
}

/* Calls and checks the status. Returns the answer's body. */
char *
gateway_fixture_expect (GatewayFixture *self, const char *method, const char *path, const char *body,
                        guint status)
{
  g_autoptr (Client) client = gateway_fixture_call (self, method, path, body);

  if (client->status != status)
    g_test_message ("%s %s %s: %s", method, path, body != NULL ? body : "", client->received->str);
  g_assert_cmpuint (client->status, ==, status);
  return g_strdup (client->body);
}

/* Hands a customer over and returns the row's id. */
gint64
gateway_fixture_submit (GatewayFixture *self, const char *name)
{
  g_autofree char *body = g_strdup_printf (
    "{\"method\":\"POST\",\"url\":\"/api/resource/Customer\",\"body\":{\"customer_name\":\"%s\"}}", name);
  g_autofree char *answer_text = gateway_fixture_expect (self, "POST", "requests", body, 202);
  g_autoptr (JsonNode) node = json_from_string (answer_text, NULL);

  return json_object_get_int_member (json_node_get_object (node), "id");
}
