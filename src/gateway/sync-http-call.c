/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A call that came in over HTTP, and its answer. One that waits for the engine is held: SoupServer is paused, and the
 * answer goes out when the call is resumed, or nowhere if the caller has left. Every answer is JSON, errors too.
 * Engine's thread. */
#include "config.h"

#include "sync-http-call.h"

#include <string.h>

static void
answer_error (SoupServerMessage *message, guint status, const char *code, const char *text, const char *more)
{
  g_autoptr (GString) json = g_string_new ("{\"error\":{\"code\":");

  sync_json_append_quoted (json, code);
  g_string_append (json, ",\"message\":");
  sync_json_append_quoted (json, text);
  g_string_append_c (json, '}');
  if (more != NULL)
    g_string_append_printf (json, ",%s", more);
  g_string_append (json, "}\n");
  sync_http_call_answer_message (message, status, "application/json", json->str);
}

/* How the errors of the library look to a caller. */
static const struct
{
  guint status;
  const char *code;
} errors[] = {
  [SYNC_ERROR_INVALID] = { SOUP_STATUS_BAD_REQUEST, "invalid" },
  [SYNC_ERROR_FOREIGN_HOST] = { SOUP_STATUS_BAD_REQUEST, "foreign-host" },
  [SYNC_ERROR_NOT_QUEUEABLE] = { SOUP_STATUS_BAD_REQUEST, "not-queueable" },
  [SYNC_ERROR_TOO_LARGE] = { SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE, "too-large" },
  [SYNC_ERROR_KEY_CONFLICT] = { SOUP_STATUS_CONFLICT, "key-conflict" },
  [SYNC_ERROR_NOT_FOUND] = { SOUP_STATUS_NOT_FOUND, "not-found" },
  [SYNC_ERROR_ILLEGAL_EDGE] = { SOUP_STATUS_CONFLICT, "illegal-edge" },
  [SYNC_ERROR_STALE] = { SOUP_STATUS_CONFLICT, "stale" },
  [SYNC_ERROR_STORAGE] = { SOUP_STATUS_SERVICE_UNAVAILABLE, "storage" },
  [SYNC_ERROR_DISK_FULL] = { SOUP_STATUS_INSUFFICIENT_STORAGE, "disk-full" },
  [SYNC_ERROR_LOCKED] = { SOUP_STATUS_SERVICE_UNAVAILABLE, "locked" },
  [SYNC_ERROR_NEWER] = { SOUP_STATUS_SERVICE_UNAVAILABLE, "newer" },
  [SYNC_ERROR_CORRUPT] = { SOUP_STATUS_SERVICE_UNAVAILABLE, "corrupt" },
  [SYNC_ERROR_CONFIG] = { SOUP_STATUS_CONFLICT, "config" },
  [SYNC_ERROR_REFUSED] = { SOUP_STATUS_CONFLICT, "refused" },
  [SYNC_ERROR_CREDENTIALS] = { SOUP_STATUS_SERVICE_UNAVAILABLE, "credentials" },
};

G_STATIC_ASSERT (G_N_ELEMENTS (errors) == SYNC_ERROR_CREDENTIALS + 1);

static guint
status_of (const GError *error, const char **code)
{
  if (error->domain == SYNC_ERROR && error->code >= 0 && (guint) error->code < G_N_ELEMENTS (errors))
    {
      *code = errors[error->code].code;
      return errors[error->code].status;
    }
  *code = "internal";
  return SOUP_STATUS_INTERNAL_SERVER_ERROR;
}

static void
http_call_reply (SyncCall *call, gboolean accepted, const char *json)
{
  SyncHttpCall *self = (SyncHttpCall *) call;

  if (!self->finished)
    sync_http_call_answer_message (self->message, accepted ? SOUP_STATUS_ACCEPTED : SOUP_STATUS_OK,
                                   "application/json", json);
}

static void
http_call_fail (SyncCall *call, const GError *error, const char *more)
{
  SyncHttpCall *self = (SyncHttpCall *) call;
  const char *code;
  guint status = status_of (error, &code);

  if (!self->finished)
    answer_error (self->message, status, code, error->message, more);
}

static void
message_finished_cb (SoupServerMessage *message, gpointer user_data)
{
  SyncHttpCall *self = user_data;

  self->finished = TRUE;
}

static void
http_call_hold (SyncCall *call)
{
  SyncHttpCall *self = (SyncHttpCall *) call;

  self->finished_handler
      = g_signal_connect (self->message, "finished", G_CALLBACK (message_finished_cb), self);
  soup_server_message_pause (self->message);
}

static void
http_call_resume (SyncCall *call)
{
  SyncHttpCall *self = (SyncHttpCall *) call;

  if (!self->finished)
    soup_server_message_unpause (self->message);
}

static void
http_call_clear (SyncCall *call)
{
  SyncHttpCall *self = (SyncHttpCall *) call;

  g_clear_signal_handler (&self->finished_handler, self->message);
  g_object_unref (self->message);
  g_object_unref (self->gateway);
}

static const SyncDoor http_door = {
  .reply = http_call_reply,
  .fail = http_call_fail,
  .hold = http_call_hold,
  .resume = http_call_resume,
  .clear = http_call_clear,
};

/* Who decides: the command line, or another program with the token. */
static const char *
find_actor (SoupServerMessage *message)
{
  const char *agent = soup_message_headers_get_one (soup_server_message_get_request_headers (message), "User-Agent");

  return agent != NULL && g_str_has_prefix (agent, "posawesome-syncctl/") ? "posawesome-syncctl" : "gateway";
}

/**
 * sync_http_call_new:
 * @gateway: the gateway that answers
 * @engine: its engine
 * @message: a message whose body is there
 *
 * Returns: (transfer full): the call, a #SyncHttpCall
 */
SyncCall *
sync_http_call_new (SyncGateway *gateway, SyncEngine *engine, SoupServerMessage *message)
{
  SyncCall *call = sync_call_new (&http_door, sizeof (SyncHttpCall), engine, find_actor (message));
  SyncHttpCall *self = (SyncHttpCall *) call;
  const char *query = g_uri_get_query (soup_server_message_get_uri (message));

  self->gateway = g_object_ref (gateway);
  self->message = g_object_ref (message);
  call->query = query != NULL ? soup_form_decode (query) : NULL;
  call->body = soup_message_body_flatten (soup_server_message_get_request_body (message));
  return call;
}

/**
 * sync_http_call_answer_message:
 * @message: the message to answer
 * @status: HTTP status
 * @content_type: of @text
 * @text: the answer
 *
 * Sets an answer with the headers that every answer here has.
 */
void
sync_http_call_answer_message (SoupServerMessage *message, guint status, const char *content_type,
                               const char *text)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);

  soup_message_headers_replace (headers, "Cache-Control", "no-store");
  soup_message_headers_replace (headers, "X-Content-Type-Options", "nosniff");
  soup_server_message_set_status (message, status, NULL);
  soup_server_message_set_response (message, content_type, SOUP_MEMORY_COPY, text, strlen (text));
}

/**
 * sync_http_call_refuse_message:
 * @message: the message to answer
 * @status: HTTP status
 * @code: a word for programs
 * @text: one sentence for people
 *
 * Answers `{"error":{"code":…,"message":…}}`.
 */
void
sync_http_call_refuse_message (SoupServerMessage *message, guint status, const char *code, const char *text)
{
  answer_error (message, status, code, text, NULL);
}
