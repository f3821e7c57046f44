/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The real network: libsoup 3.2.
 *
 * Invariants:
 * - A request is on the wire at most once. libsoup sends one again by itself only when a kept connection dies and the
 *   method is idempotent by its book (GET, PUT, DELETE and the like). A write must not be repeated, and libsoup 3.2 does
 *   not survive the repetition of a read: it may end the second try with the first one's error, and then crashes when
 *   the second one's answer comes. So all of them go on a connection of their own; POST and PATCH may use a kept one,
 *   because libsoup never repeats those.
 * - `bytes_written` is FALSE only before SoupMessage::starting, which libsoup emits when the connection (with
 *   its TLS) stands and before the first byte of the request.
 * - An answer with an announced length is OK only if all of it was read. A chunked answer that breaks off
 *   exactly between two chunks looks whole to libsoup 3.2, a compressed one too. That proves nothing: no
 *   beginning of a JSON object is itself a JSON object.
 * - An answer that breaks off at the end of a header line looks to libsoup 3.2 like one whose body ends with the
 *   connection and is empty. Such an answer is none: ERPNext and what stands before it announce their lengths.
 * - No connection that was idle for a second is used again. libsoup's own timer for that is off: it closes a connection
 *   also when that was taken into use in the same turn of the main loop, between headers and body, and the call is never
 *   told. Instead the session is left, with its connections, once one of them may have been idle for so long.
 * - The session follows no redirect, keeps no cookies, knows no passwords and asks nobody.
 *
 * Belongs to the thread that first sends with it: the session and its idle connections live in the main
 * context that was that thread's default then. */
#include "config.h"

#include "sync-transport-soup.h"

#include <libsoup/soup.h>

#define MAX_BODY (64 * 1024 * 1024)
#define FIRST_READ 4096
#define MAX_CONNECTIONS 64
#define MAX_CONNECTIONS_PER_HOST 16
/* Shorter than the keep-alive of gunicorn (2 s) and nginx (15 s), so that we close first. */
#define IDLE_US G_USEC_PER_SEC

struct _SyncTransportSoup
{
  GObject parent_instance;

  SyncClock *clock;     /* (owned) */
  SoupSession *session; /* (owned) (nullable): for the next call; those under way hold theirs */
  guint n_calls;        /* under way in it */
  GArray *idle;         /* (owned) (element-type gint64): boot clock, since when its connections may be idle, oldest first */
  guint alarm;          /* id: leaves it when all are idle, 0: some are not */
};

/* One call on its way; the data of its GTask. */
typedef struct
{
  SyncTransportSoup *transport; /* (unowned): the task holds it */
  SyncClock *clock;          /* (unowned): the transport holds it */
  SoupSession *session;      /* (owned) (nullable): NULL before it is sent */
  SoupMessage *message;      /* (owned) (nullable): NULL if the URL is none */
  GCancellable *cancellable; /* (owned): stops libsoup, for the time-out as for the caller */
  GCancellable *outer;       /* (owned) (nullable): the caller's */
  gulong outer_id;
  guint alarm;
  guint timeout_ms;
  gboolean timed_out;
  gboolean started;          /* SoupMessage::starting was emitted: bytes may have left */
  gboolean returned;         /* the caller has its reply; libsoup may still hold on to the task */
  GSource *give_up;          /* (owned) (nullable): returns a cancelled call that libsoup does not return */
  GSocketClientEvent event;  /* how far the connection came; COMPLETE if it was not begun */
  GInputStream *stream;      /* (owned) (nullable): the answer's body */
  GByteArray *body;          /* (owned): what was read of it; its length is what was allocated */
  gsize n_read;
} Call;

static void sync_transport_soup_transport_init (SyncTransportInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (SyncTransportSoup, sync_transport_soup, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (SYNC_TYPE_TRANSPORT,
                                                      sync_transport_soup_transport_init))

/* The session */

/* Leaves it; its idle connections are closed when the last of its calls is over. */
static void
leave_session (SyncTransportSoup *self)
{
  sync_clock_clear_alarm (self->clock, &self->alarm);
  g_array_set_size (self->idle, 0);
  self->n_calls = 0;
  g_clear_object (&self->session);
}

static void
all_idle_cb (gpointer user_data)
{
  SyncTransportSoup *self = user_data;

  self->alarm = 0;
  leave_session (self);
}

static void
ensure_session (SyncTransportSoup *self)
{
  if (self->idle->len > 0 && sync_clock_boot_us (self->clock) - g_array_index (self->idle, gint64, 0) >= IDLE_US)
    leave_session (self);
  if (self->session != NULL)
    return;
  self->session = soup_session_new_with_options ("max-conns", MAX_CONNECTIONS,
                                                 "max-conns-per-host", MAX_CONNECTIONS_PER_HOST,
                                                 "idle-timeout", 0,
                                                 "timeout", 0,
                                                 "user-agent", "POSAwesome-Sync/" SYNC_VERSION,
                                                 NULL);
  soup_session_remove_feature_by_type (self->session, SOUP_TYPE_AUTH_MANAGER);
}

/* Which of the idle connections it takes, if it may take one, is libsoup's choice; the oldest may be left. */
static void
call_enter_session (Call *call, gboolean may_reuse)
{
  SyncTransportSoup *self = call->transport;

  ensure_session (self);
  sync_clock_clear_alarm (self->clock, &self->alarm);
  if (may_reuse && self->idle->len > 0)
    g_array_set_size (self->idle, self->idle->len - 1);
  self->n_calls++;
  call->session = g_object_ref (self->session);
}

/* Its connection may be idle now. */
static void
call_leave_session (Call *call)
{
  SyncTransportSoup *self = call->transport;
  gint64 now_us = sync_clock_boot_us (self->clock);

  if (call->session == NULL || call->session != self->session)
    return;
  g_array_append_val (self->idle, now_us);
  if (--self->n_calls == 0)
    self->alarm = sync_clock_add_alarm (self->clock, now_us + IDLE_US, all_idle_cb, self);
}

static void
call_free (gpointer data)
{
  Call *call = data;

  sync_clock_clear_alarm (call->clock, &call->alarm);
  g_assert (call->give_up == NULL);
  g_clear_object (&call->stream);
  g_clear_object (&call->message);
  g_clear_object (&call->session);
  g_clear_object (&call->cancellable);
  g_clear_object (&call->outer);
  g_byte_array_unref (call->body);
  g_free (call);
}

static void
call_drop_give_up (Call *call)
{
  if (call->give_up == NULL)
    return;
  g_source_destroy (call->give_up);
  g_clear_pointer (&call->give_up, g_source_unref);
}

/* The call is over: nothing may fire any more. */
static void
call_disarm (Call *call)
{
  call->returned = TRUE;
  call_leave_session (call);
  sync_clock_clear_alarm (call->clock, &call->alarm);
  call_drop_give_up (call);
  if (call->outer_id != 0)
    g_cancellable_disconnect (call->outer, call->outer_id);
  call->outer_id = 0;
  if (call->message != NULL)
    g_signal_handlers_disconnect_by_data (call->message, call);
}

static void return_failure (GTask *task, const GError *error);

static gboolean
give_up_cb (gpointer user_data)
{
  g_autoptr (GTask) task = g_object_ref (user_data);
  SyncTransportSoup *self = SYNC_TRANSPORT_SOUP (g_task_get_source_object (task));
  Call *call = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  call_drop_give_up (call);
  g_set_error_literal (&error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "libsoup did not return it");
  /* Whatever holds it there may hold the next one, too. Those under way keep the old session. */
  if (call->started && call->session == self->session)
    leave_session (self);
  return_failure (task, error);
  return G_SOURCE_REMOVE;
}

/* Stops libsoup. It notices at once while it connects, sends or reads; but a message that waits for one of
 * the connections to the host, perhaps for the second time, is looked at only when one becomes free, so that one is
 * returned from here, after libsoup had its turn. It cannot be sent any more: libsoup asks the cancellable before the
 * first byte. */
static void
call_cancel (GTask *task)
{
  Call *call = g_task_get_task_data (task);

  if (call->give_up == NULL)
    {
      call->give_up = g_idle_source_new ();
      g_source_set_callback (call->give_up, give_up_cb, task, NULL);
      g_source_attach (call->give_up, g_task_get_context (task));
    }
  g_cancellable_cancel (call->cancellable);
}

static void
timed_out_alarm_cb (gpointer user_data)
{
  Call *call = g_task_get_task_data (user_data);

  call->alarm = 0;
  call->timed_out = TRUE;
  call_cancel (user_data);
}

static void
outer_cancelled_cb (GCancellable *outer, gpointer user_data)
{
  call_cancel (user_data);
}

static void
message_starting_cb (SoupMessage *message, Call *call)
{
  call->started = TRUE;
}

static void
message_network_event_cb (SoupMessage *message, GSocketClientEvent event, GIOStream *connection, Call *call)
{
  call->event = event;
}

/* What a failure before the first byte means: decided by how far the connection came. */
static SyncTransportResult
classify_before_start (const Call *call, const GError *error)
{
  if (error->domain == G_RESOLVER_ERROR)
    return SYNC_TRANSPORT_RESOLVE;
  if (call->timed_out)
    return call->event == G_SOCKET_CLIENT_RESOLVING ? SYNC_TRANSPORT_RESOLVE : SYNC_TRANSPORT_CONNECT;
  if (error->domain == G_TLS_ERROR)
    return SYNC_TRANSPORT_TLS;
  return SYNC_TRANSPORT_CONNECT;
}

static SyncTransportResult
classify (const Call *call, const GError *error)
{
  if (call->outer != NULL && g_cancellable_is_cancelled (call->outer))
    return SYNC_TRANSPORT_CANCELLED;
  if (!call->started)
    return classify_before_start (call, error);
  if (call->timed_out || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    return SYNC_TRANSPORT_TIMEOUT;
  if (error->domain == SOUP_SESSION_ERROR || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA)
      || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE))
    return SYNC_TRANSPORT_OTHER;
  return SYNC_TRANSPORT_CLOSED;
}

/* (transfer full): why the certificate was refused, for a person; empty if that was not the reason */
static char *
describe_certificate (SoupMessage *message)
{
  static const struct
  {
    GTlsCertificateFlags flags;
    const char *words;
  } reasons[] = {
    { G_TLS_CERTIFICATE_UNKNOWN_CA, "its issuer is not known here" },
    { G_TLS_CERTIFICATE_BAD_IDENTITY, "it is for another name" },
    { G_TLS_CERTIFICATE_NOT_ACTIVATED, "it is not valid yet, check this computer's clock" },
    { G_TLS_CERTIFICATE_EXPIRED, "it has expired, check this computer's clock" },
    { G_TLS_CERTIFICATE_REVOKED | G_TLS_CERTIFICATE_INSECURE, "it was revoked or is not secure" },
  };
  GTlsCertificateFlags flags = soup_message_get_tls_peer_certificate_errors (message);
  GString *text = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (reasons); i++)
    if ((flags & reasons[i].flags) != 0)
      g_string_append_printf (text, "%s%s", text->len == 0 ? " (the certificate: " : "; ", reasons[i].words);
  if (text->len > 0)
    g_string_append_c (text, ')');
  return g_string_free (text, FALSE);
}

static char *
describe (const Call *call, SyncTransportResult result, const GError *error)
{
  const char *host = g_uri_get_host (soup_message_get_uri (call->message));
  g_autofree char *certificate = NULL;

  switch (result)
    {
    case SYNC_TRANSPORT_RESOLVE:
      if (call->timed_out)
        return g_strdup_printf ("the name %s was not found within %u ms", host, call->timeout_ms);
      return g_strdup_printf ("the name %s was not found: %s", host, error->message);
    case SYNC_TRANSPORT_CONNECT:
      if (call->timed_out)
        return g_strdup_printf ("no connection to %s within %u ms", host, call->timeout_ms);
      return g_strdup_printf ("no connection to %s: %s", host, error->message);
    case SYNC_TRANSPORT_TLS:
      certificate = describe_certificate (call->message);
      return g_strdup_printf ("no secure connection to %s: %s%s", host, error->message, certificate);
    case SYNC_TRANSPORT_TIMEOUT:
      if (call->timed_out)
        return g_strdup_printf ("no whole answer from %s within %u ms", host, call->timeout_ms);
      return g_strdup_printf ("no whole answer from %s: %s", host, error->message);
    case SYNC_TRANSPORT_CLOSED:
      return g_strdup_printf ("the connection to %s broke before a whole answer: %s", host, error->message);
    case SYNC_TRANSPORT_CANCELLED:
      return g_strdup_printf ("the call to %s was taken back", host);
    case SYNC_TRANSPORT_OTHER:
    case SYNC_TRANSPORT_OK:
    default:
      return g_strdup_printf ("the answer of %s is not usable: %s", host, error->message);
    }
}

static void
return_failure (GTask *task, const GError *error)
{
  Call *call = g_task_get_task_data (task);
  SyncTransportReply *reply = sync_transport_reply_new ();

  call_disarm (call);
  reply->result = classify (call, error);
  reply->bytes_written = call->started;
  reply->error = describe (call, reply->result, error);
  g_clear_object (&call->stream);
  g_task_return_pointer (task, reply, (GDestroyNotify) sync_transport_reply_free);
}

static void
return_answer (GTask *task)
{
  Call *call = g_task_get_task_data (task);
  SyncTransportReply *reply = sync_transport_reply_new ();
  SoupMessageHeaders *headers = soup_message_get_response_headers (call->message);

  call_disarm (call);
  reply->result = SYNC_TRANSPORT_OK;
  reply->bytes_written = TRUE;
  reply->status = soup_message_get_status (call->message);
  reply->content_type = g_strdup (soup_message_headers_get_one (headers, "Content-Type"));
  reply->retry_after = g_strdup (soup_message_headers_get_one (headers, "Retry-After"));
  /* A cache's answer carries the time at which it was stored. */
  if (soup_message_headers_get_one (headers, "Age") == NULL)
    reply->date = g_strdup (soup_message_headers_get_one (headers, "Date"));
  reply->rate_limit_reset = g_strdup (soup_message_headers_get_one (headers, "X-RateLimit-Reset"));
  g_byte_array_set_size (call->body, (guint) call->n_read);
  reply->body = g_byte_array_free_to_bytes (g_steal_pointer (&call->body));
  call->body = g_byte_array_new ();
  g_clear_object (&call->stream);
  g_task_return_pointer (task, reply, (GDestroyNotify) sync_transport_reply_free);
}

/* Whether the answer may have ended within its headers. */
static gboolean
is_cut_in_headers (const Call *call)
{
  guint status = soup_message_get_status (call->message);

  return call->n_read == 0 && status != SOUP_STATUS_NO_CONTENT && status != SOUP_STATUS_NOT_MODIFIED
         && soup_message_get_method (call->message) != SOUP_METHOD_HEAD
         && soup_message_headers_get_encoding (soup_message_get_response_headers (call->message)) == SOUP_ENCODING_EOF;
}

static void body_read_cb (GObject *object, GAsyncResult *result, gpointer user_data);

/* Takes the task. */
static void
read_more (GTask *task)
{
  Call *call = g_task_get_task_data (task);
  gsize room = call->body->len - call->n_read;

  if (room == 0)
    {
      room = MAX (call->n_read, FIRST_READ);
      g_byte_array_set_size (call->body, (guint) (call->n_read + room));
    }
  g_input_stream_read_async (call->stream, call->body->data + call->n_read, room, G_PRIORITY_DEFAULT,
                             call->cancellable, body_read_cb, task);
}

static void
body_read_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  Call *call = g_task_get_task_data (task);
  gssize n = g_input_stream_read_finish (G_INPUT_STREAM (object), result, &error);

  if (call->returned)
    return;
  if (n < 0)
    {
      return_failure (task, error);
      return;
    }
  if (n == 0 && is_cut_in_headers (call))
    {
      g_set_error_literal (&error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED, "it ended within the headers");
      return_failure (task, error);
      return;
    }
  if (n == 0)
    {
      return_answer (task);
      return;
    }
  call->n_read += n;
  if (call->n_read > MAX_BODY)
    {
      /* Cancelled first: libsoup must not read the rest to save the connection. */
      g_cancellable_cancel (call->cancellable);
      g_set_error_literal (&error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "it is larger than 64 MB");
      return_failure (task, error);
      return;
    }
  read_more (g_steal_pointer (&task));
}

static void
message_sent_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  Call *call = g_task_get_task_data (task);

  call->stream = soup_session_send_finish (SOUP_SESSION (object), result, &error);
  if (call->returned)
    return;
  if (call->stream == NULL)
    return_failure (task, error);
  else
    read_more (g_steal_pointer (&task));
}

/* (transfer full) (nullable): NULL if this cannot be sent over HTTP */
static SoupMessage *
build_message (const SyncTransportRequest *request)
{
  g_autoptr (GUri) uri = g_uri_parse (request->url, SOUP_HTTP_URI_FLAGS, NULL);
  const char *scheme = uri != NULL ? g_uri_get_scheme (uri) : NULL;
  const char *host = uri != NULL ? g_uri_get_host (uri) : NULL;
  g_autoptr (SoupMessage) message = NULL;
  gboolean never_repeated = g_str_equal (request->method, "POST") || g_str_equal (request->method, "PATCH");
  SoupMessageHeaders *headers;

  /* libsoup would take any scheme and speak plain HTTP to what it does not know. */
  if (host == NULL || *host == '\0' || (!g_str_equal (scheme, "http") && !g_str_equal (scheme, "https")))
    return NULL;
  message = soup_message_new_from_uri (request->method, uri);
  headers = soup_message_get_request_headers (message);
  soup_message_headers_replace (headers, "Accept", "application/json");
  if (request->authorization != NULL)
    soup_message_headers_replace (headers, "Authorization", request->authorization);
  if (request->body != NULL)
    soup_message_set_request_body_from_bytes (message, request->content_type, request->body);
  soup_message_add_flags (message, SOUP_MESSAGE_NO_REDIRECT);
  /* libsoup repeats GET, PUT and DELETE on a kept connection that dies, and never POST, whatever the flag says. */
  soup_message_add_flags (message, request->reuse_connection && never_repeated ? SOUP_MESSAGE_IDEMPOTENT
                                                                           : SOUP_MESSAGE_NEW_CONNECTION);
  return g_steal_pointer (&message);
}

static void
return_unsendable (GTask *task, const SyncTransportRequest *request)
{
  SyncTransportReply *reply = sync_transport_reply_new ();

  reply->result = SYNC_TRANSPORT_OTHER;
  reply->error = g_strdup_printf ("%s is not the URL of an HTTP server", request->url);
  g_task_return_pointer (task, reply, (GDestroyNotify) sync_transport_reply_free);
}

static void
sync_transport_soup_send_async (SyncTransport *transport, const SyncTransportRequest *request,
                                GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  SyncTransportSoup *self = SYNC_TRANSPORT_SOUP (transport);
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  Call *call = g_new0 (Call, 1);

  g_task_set_source_tag (task, sync_transport_soup_send_async);
  g_task_set_task_data (task, call, call_free);
  call->transport = self;
  call->clock = self->clock;
  call->timeout_ms = request->timeout_ms;
  call->cancellable = g_cancellable_new ();
  call->body = g_byte_array_new ();
  call->event = G_SOCKET_CLIENT_COMPLETE;
  call->message = build_message (request);
  if (call->message == NULL)
    {
      return_unsendable (task, request);
      return;
    }
  g_signal_connect (call->message, "starting", G_CALLBACK (message_starting_cb), call);
  g_signal_connect (call->message, "network-event", G_CALLBACK (message_network_event_cb), call);
  call->alarm = sync_clock_add_alarm (self->clock,
                                      sync_clock_boot_us (self->clock) + (gint64) request->timeout_ms * 1000,
                                      timed_out_alarm_cb, task);
  if (cancellable != NULL)
    {
      call->outer = g_object_ref (cancellable);
      call->outer_id = g_cancellable_connect (cancellable, G_CALLBACK (outer_cancelled_cb), task, NULL);
    }
  call_enter_session (call, (soup_message_get_flags (call->message) & SOUP_MESSAGE_NEW_CONNECTION) == 0);
  soup_session_send_async (call->session, call->message, G_PRIORITY_DEFAULT, call->cancellable,
                           message_sent_cb, g_steal_pointer (&task));
}

static SyncTransportReply *
sync_transport_soup_send_finish (SyncTransport *transport, GAsyncResult *result)
{
  g_return_val_if_fail (g_task_is_valid (result, transport), NULL);

  return g_task_propagate_pointer (G_TASK (result), NULL);
}

static void
sync_transport_soup_finalize (GObject *object)
{
  SyncTransportSoup *self = SYNC_TRANSPORT_SOUP (object);

  /* No call is under way, each holds a reference: only idle connections are left. */
  leave_session (self);
  g_array_unref (self->idle);
  g_clear_object (&self->clock);
  G_OBJECT_CLASS (sync_transport_soup_parent_class)->finalize (object);
}

static void
sync_transport_soup_transport_init (SyncTransportInterface *iface)
{
  iface->send_async = sync_transport_soup_send_async;
  iface->send_finish = sync_transport_soup_send_finish;
}

static void
sync_transport_soup_class_init (SyncTransportSoupClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = sync_transport_soup_finalize;
}

static void
sync_transport_soup_init (SyncTransportSoup *self)
{
  self->idle = g_array_new (FALSE, FALSE, sizeof (gint64));
}

/**
 * sync_transport_soup_new:
 * @clock: measures the time-outs
 *
 * Nothing is opened before the first call, and every call must be made in the thread of the first. HTTP/1.1
 * is left to the environment variable `SOUP_FORCE_HTTP1`, which libsoup 3.2 reads when it first connects.
 *
 * Returns: (transfer full): a transport over libsoup
 */
SyncTransport *
sync_transport_soup_new (SyncClock *clock)
{
  SyncTransportSoup *self;

  g_return_val_if_fail (SYNC_IS_CLOCK (clock), NULL);

  self = g_object_new (SYNC_TYPE_TRANSPORT_SOUP, NULL);
  self->clock = g_object_ref (clock);
  return SYNC_TRANSPORT (self);
}
