/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One HTTP call: its life while the engine works for it, and its answer. A call that waits for the engine is
 * held: SoupServer is paused, and the answer goes out when the call is resumed, or nowhere if the caller has
 * left. Every answer is JSON, errors too. Engine's thread. */
#include "config.h"

#include "sync-call.h"

#include <string.h>

#include "sync-error.h"

static void
sync_call_clear (gpointer data)
{
  SyncCall *self = data;

  if (self->finished_handler != 0)
    g_signal_handler_disconnect (self->message, self->finished_handler);
  g_clear_pointer (&self->query, g_hash_table_unref);
  g_clear_pointer (&self->body, g_bytes_unref);
  g_object_unref (self->message);
  g_object_unref (self->engine);
  g_object_unref (self->gateway);
}

/**
 * sync_call_new:
 * @gateway: the gateway that answers
 * @engine: its engine
 * @message: a message whose body is there
 *
 * Returns: (transfer full): the call
 */
SyncCall *
sync_call_new (SyncGateway *gateway, SyncEngine *engine, SoupServerMessage *message)
{
  SyncCall *self = g_rc_box_new0 (SyncCall);
  const char *query = g_uri_get_query (soup_server_message_get_uri (message));

  self->gateway = g_object_ref (gateway);
  self->engine = g_object_ref (engine);
  self->message = g_object_ref (message);
  self->query = query != NULL ? soup_form_decode (query) : NULL;
  self->body = soup_message_body_flatten (soup_server_message_get_request_body (message));
  return self;
}

/**
 * sync_call_ref:
 * @self: a call
 *
 * Returns: (transfer full): @self
 */
SyncCall *
sync_call_ref (SyncCall *self)
{
  return g_rc_box_acquire (self);
}

/**
 * sync_call_unref:
 * @self: (transfer full): a call
 *
 * Gives a reference back.
 */
void
sync_call_unref (SyncCall *self)
{
  g_rc_box_release_full (self, sync_call_clear);
}

static void
message_finished_cb (SoupServerMessage *message, gpointer user_data)
{
  SyncCall *self = user_data;

  self->finished = TRUE;
}

/**
 * sync_call_hold:
 * @self: a call
 *
 * Keeps the caller waiting until sync_call_resume().
 *
 * Returns: (transfer full): @self, for the operation's user data
 */
SyncCall *
sync_call_hold (SyncCall *self)
{
  self->finished_handler
      = g_signal_connect (self->message, "finished", G_CALLBACK (message_finished_cb), self);
  soup_server_message_pause (self->message);
  return sync_call_ref (self);
}

/**
 * sync_call_resume:
 * @self: a held call that was answered
 *
 * Sends the answer.
 */
void
sync_call_resume (SyncCall *self)
{
  if (!self->finished)
    soup_server_message_unpause (self->message);
}

/**
 * sync_call_answer_message:
 * @message: the message to answer
 * @status: HTTP status
 * @content_type: of @text
 * @text: the answer
 *
 * Sets an answer with the headers that every answer here has.
 */
void
sync_call_answer_message (SoupServerMessage *message, guint status, const char *content_type,
                          const char *text)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);

  soup_message_headers_replace (headers, "Cache-Control", "no-store");
  soup_message_headers_replace (headers, "X-Content-Type-Options", "nosniff");
  soup_server_message_set_status (message, status, NULL);
  soup_server_message_set_response (message, content_type, SOUP_MEMORY_COPY, text, strlen (text));
}

/**
 * sync_call_refuse_message:
 * @message: the message to answer
 * @status: HTTP status
 * @code: a word for programs
 * @text: one sentence for people
 *
 * Answers `{"error":{"code":…,"message":…}}`.
 */
void
sync_call_refuse_message (SoupServerMessage *message, guint status, const char *code, const char *text)
{
  g_autoptr (GString) json = g_string_new ("{\"error\":{\"code\":");

  sync_json_append_quoted (json, code);
  g_string_append (json, ",\"message\":");
  sync_json_append_quoted (json, text);
  g_string_append (json, "}}\n");
  sync_call_answer_message (message, status, "application/json", json->str);
}

/**
 * sync_call_reply:
 * @self: a call
 * @status: HTTP status
 * @json: the answer
 *
 * Answers with JSON.
 */
void
sync_call_reply (SyncCall *self, guint status, const char *json)
{
  if (!self->finished)
    sync_call_answer_message (self->message, status, "application/json", json);
}

/**
 * sync_call_reply_ok:
 * @self: a call
 *
 * Answers `{"ok":true}`.
 */
void
sync_call_reply_ok (SyncCall *self)
{
  sync_call_reply (self, SOUP_STATUS_OK, "{\"ok\":true}\n");
}

/**
 * sync_call_fail:
 * @self: a call
 * @status: HTTP status
 * @code: a word for programs
 * @format: one sentence for people, as for printf()
 * @...: its arguments
 *
 * Answers with an error.
 */
void
sync_call_fail (SyncCall *self, guint status, const char *code, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  if (!self->finished)
    sync_call_refuse_message (self->message, status, code, text);
}

/**
 * sync_call_status_of:
 * @error: an error of the library
 * @code: (out): the word for programs that goes with it
 *
 * Returns: the HTTP status that says the same
 */
guint
sync_call_status_of (const GError *error, const char **code)
{
  static const struct
  {
    guint status;
    const char *code;
  } table[] = {
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
  };

  if (error->domain == SYNC_ERROR && error->code >= 0 && (guint) error->code < G_N_ELEMENTS (table))
    {
      *code = table[error->code].code;
      return table[error->code].status;
    }
  *code = "internal";
  return SOUP_STATUS_INTERNAL_SERVER_ERROR;
}

/**
 * sync_call_fail_error:
 * @self: a call
 * @error: why it failed
 *
 * Answers with an error of the library.
 */
void
sync_call_fail_error (SyncCall *self, const GError *error)
{
  const char *code;
  guint status = sync_call_status_of (error, &code);

  sync_call_fail (self, status, code, "%s", error->message);
}

/**
 * sync_call_get_actor:
 * @self: a call
 *
 * Returns: (transfer none): who decides, for the audit: the command line, or another program with the token
 */
const char *
sync_call_get_actor (SyncCall *self)
{
  const char *agent
      = soup_message_headers_get_one (soup_server_message_get_request_headers (self->message), "User-Agent");

  return agent != NULL && g_str_has_prefix (agent, "posawesome-syncctl/") ? "posawesome-syncctl" : "gateway";
}
