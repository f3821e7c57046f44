/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recorded exchanges, and raw bytes to the shop and back. The client half runs in the shop's own main
 * context, so that one thread does both. */
#include "config.h"

#include "wire.h"

#include <libsoup/soup.h>
#include <string.h>

void
wire_message_free (WireMessage *message)
{
  g_free (message->start);
  g_ptr_array_unref (message->headers);
  g_free (message->body);
  g_free (message);
}

void
wire_recording_free (WireRecording *recording)
{
  g_free (recording->name);
  wire_message_free (recording->request);
  g_clear_pointer (&recording->answer, wire_message_free);
  g_free (recording);
}

/* Returns: (transfer full): an HTTP message from its bytes; its body is what follows the blank line. */
WireMessage *
wire_message_parse (const char *text, gsize length)
{
  WireMessage *message = g_new0 (WireMessage, 1);
  const char *end = g_strstr_len (text, length, "\r\n\r\n");
  g_autofree char *head = g_strndup (text, end != NULL ? (gsize) (end - text) : length);
  g_auto (GStrv) lines = g_strsplit (head, "\r\n", -1);

  message->start = g_strdup (lines[0] != NULL ? lines[0] : "");
  message->headers = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 1; lines[0] != NULL && lines[i] != NULL; i++)
    g_ptr_array_add (message->headers, g_strdup (lines[i]));
  message->n_body = end != NULL ? length - (end + 4 - text) : 0;
  message->body = g_malloc0 (message->n_body + 1);
  if (end != NULL)
    memcpy (message->body, end + 4, message->n_body);
  return message;
}

guint
wire_message_status (WireMessage *message)
{
  const char *space = strchr (message->start, ' ');

  return space != NULL ? atoi (space + 1) : 0;
}

/* Returns: (nullable): the first header of that name. */
const char *
wire_message_header (WireMessage *message, const char *name)
{
  gsize n = strlen (name);

  for (guint i = 0; i < message->headers->len; i++)
    {
      const char *line = g_ptr_array_index (message->headers, i);

      if (g_ascii_strncasecmp (line, name, n) == 0 && line[n] == ':')
        return line + n + 1 + strspn (line + n + 1, " ");
    }
  return NULL;
}

/* Returns: (transfer full) (nullable): the body as an object. */
JsonObject *
wire_message_dup_json (WireMessage *message)
{
  g_autoptr (JsonNode) node = message->body[0] == '{' ? json_from_string (message->body, NULL) : NULL;

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_dup_object (node) : NULL;
}

static void
trim_end (WireMessage *message)
{
  const char *mark = strstr (message->body, "\n... (");

  if (mark != NULL)
    {
      message->cut = TRUE;
      message->n_body = mark - message->body;
    }
  while (message->n_body > 0 && message->body[message->n_body - 1] == '\n')
    message->n_body--;
  message->body[message->n_body] = '\0';
}

static gint64
date_of (WireMessage *answer)
{
  const char *text = wire_message_header (answer, "Date");
  g_autoptr (GDateTime) date = text != NULL ? soup_date_time_new_from_http_string (text) : NULL;

  return date != NULL ? g_date_time_to_unix (date) * G_USEC_PER_SEC : 0;
}

/* Returns: (transfer full): a recording; of several requests on one connection the first. */
WireRecording *
wire_recording_load (const char *directory, const char *name)
{
  WireRecording *recording = g_new0 (WireRecording, 1);
  g_autofree char *path = g_build_filename (directory, name, NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  gsize length = 0;
  const char *request;
  const char *after;
  const char *answer;

  g_file_get_contents (path, &text, &length, &error);
  g_assert_no_error (error);
  request = g_strstr_len (text, length, "##### REQUEST\n");
  g_assert_nonnull (request);
  request += strlen ("##### REQUEST\n");
  after = g_strstr_len (request, length - (request - text), "\n##### ");
  g_assert_nonnull (after);
  recording->name = g_strdup (name);
  recording->request = wire_message_parse (request, after - request);
  if (g_str_has_prefix (after, "\n##### RESPONSE"))
    {
      const char *next;

      answer = strchr (after + 1, '\n') + 1;
      next = g_strstr_len (answer, length - (answer - text), "\n##### ");
      recording->answer =
        wire_message_parse (answer, next != NULL ? (gsize) (next - answer) : length - (answer - text));
      trim_end (recording->answer);
      recording->date_us = date_of (recording->answer);
    }
  return recording;
}

struct _WireExchange
{
  GSocketConnection *connection; /* (owned) */
  GByteArray *bytes;             /* (owned): what came back */
  GError *error;                 /* (owned) (nullable): how the connection ended, when not in order */
  gboolean sent;
  gboolean over;
};

static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  WireExchange *exchange = user_data;
  g_autoptr (GBytes) chunk =
    g_input_stream_read_bytes_finish (G_INPUT_STREAM (source), result, &exchange->error);

  if (chunk == NULL || g_bytes_get_size (chunk) == 0)
    {
      exchange->over = TRUE;
      return;
    }
  g_byte_array_append (exchange->bytes, g_bytes_get_data (chunk, NULL), g_bytes_get_size (chunk));
  g_input_stream_read_bytes_async (G_INPUT_STREAM (source), 65536, 0, NULL, read_cb, exchange);
}

static void
wrote_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  WireExchange *exchange = user_data;

  g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL, NULL);
  exchange->sent = TRUE;
}

/* Returns: (transfer full): a request on its way over a connection of its own; @request must live until it
 * is sent. */
WireExchange *
wire_start (guint port, const char *request, gsize length)
{
  WireExchange *exchange = g_new0 (WireExchange, 1);
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GError) error = NULL;
  GIOStream *stream;

  g_socket_client_set_enable_proxy (client, FALSE);
  exchange->connection = g_socket_client_connect_to_host (client, "127.0.0.1", port, NULL, &error);
  g_assert_no_error (error);
  exchange->bytes = g_byte_array_new ();
  stream = G_IO_STREAM (exchange->connection);
  g_output_stream_write_all_async (g_io_stream_get_output_stream (stream), request, length, 0, NULL, wrote_cb,
                                   exchange);
  g_input_stream_read_bytes_async (g_io_stream_get_input_stream (stream), 65536, 0, NULL, read_cb, exchange);
  return exchange;
}

/* Returns: whether the connection has ended. */
gboolean
wire_is_over (WireExchange *exchange)
{
  return exchange->over && exchange->sent;
}

/* Closes this side's half of the connection, after what was sent. */
void
wire_hang_up (WireExchange *exchange)
{
  while (!exchange->sent)
    g_main_context_iteration (NULL, TRUE);
  g_socket_shutdown (g_socket_connection_get_socket (exchange->connection), FALSE, TRUE, NULL);
}

/* Waits for the end. Returns: (transfer full): everything that came back, NUL-terminated; frees the
 * exchange. */
char *
wire_finish (WireExchange *exchange, gsize *n_answer, GError **error)
{
  char *answer;

  while (!wire_is_over (exchange))
    g_main_context_iteration (NULL, TRUE);
  g_byte_array_append (exchange->bytes, (const guint8 *) "", 1);
  if (n_answer != NULL)
    *n_answer = exchange->bytes->len - 1;
  answer = (char *) g_byte_array_free (exchange->bytes, FALSE);
  if (exchange->error != NULL)
    g_propagate_error (error, exchange->error);
  g_object_unref (exchange->connection);
  g_free (exchange);
  return answer;
}

/* Returns: (transfer full): everything that came back until the shop closed the connection;
 * NUL-terminated. */
char *
wire_send (guint port, const char *request, gsize length, gsize *n_answer)
{
  g_autoptr (GError) error = NULL;

  return wire_finish (wire_start (port, request, length), n_answer, &error);
}

/* Returns: (transfer full): the bytes of a request that closes its connection. */
char *
wire_request (const char *verb, const char *path, const char *user, const char *body)
{
  g_autoptr (GString) request = g_string_new (NULL);

  g_string_append_printf (request, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n", verb, path);
  if (user != NULL)
    g_string_append_printf (request, "Authorization: token KEY-%s:SECRET\r\n", user);
  if (body != NULL)
    g_string_append_printf (request,
                            "Content-Type: application/json\r\nContent-Length: %" G_GSIZE_FORMAT "\r\n",
                            strlen (body));
  g_string_append_printf (request, "\r\n%s", body != NULL ? body : "");
  return g_strdup (request->str);
}

/* Returns: (transfer full): the answer to one request; its status is 0 when the connection ended without
 * one. */
WireMessage *
wire_call (guint port, const char *verb, const char *path, const char *user, const char *body)
{
  g_autofree char *request = wire_request (verb, path, user, body);
  gsize n_answer = 0;
  g_autofree char *answer = wire_send (port, request, strlen (request), &n_answer);

  return wire_message_parse (answer, n_answer);
}
