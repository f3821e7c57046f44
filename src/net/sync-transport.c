/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The network as an argument: the interface's dispatch, and the two values that go through it. No state, any
 * thread. */
#include "config.h"

#include "sync-transport.h"

#include "sync-secret.h"

#define DEFAULT_TIMEOUT_MS 30000

G_DEFINE_INTERFACE (SyncTransport, sync_transport, G_TYPE_OBJECT)

static void
sync_transport_default_init (SyncTransportInterface *iface)
{
}

/**
 * sync_transport_request_new:
 * @method: in capitals
 * @url: absolute
 *
 * A call with nothing but its address. It is a write unless @method is GET, HEAD or OPTIONS; a kept
 * connection is not allowed for a write; it may take 30 seconds. Change the fields to taste.
 *
 * Returns: (transfer full): the call
 */
SyncTransportRequest *
sync_transport_request_new (const char *method, const char *url)
{
  SyncTransportRequest *self = g_new0 (SyncTransportRequest, 1);

  self->method = g_strdup (method);
  self->url = g_strdup (url);
  self->write = !(g_str_equal (method, "GET") || g_str_equal (method, "HEAD")
                  || g_str_equal (method, "OPTIONS"));
  self->timeout_ms = DEFAULT_TIMEOUT_MS;
  return self;
}

/**
 * sync_transport_request_free:
 * @self: (transfer full): a call
 *
 * Frees it; the memory of `authorization` is overwritten first.
 */
void
sync_transport_request_free (SyncTransportRequest *self)
{
  sync_secret_free (self->authorization);
  g_free (self->method);
  g_free (self->url);
  g_free (self->content_type);
  g_clear_pointer (&self->body, g_bytes_unref);
  g_free (self);
}

/**
 * sync_transport_reply_new:
 *
 * Returns: (transfer full): an empty reply: result %SYNC_TRANSPORT_OK, no status, nothing written
 */
SyncTransportReply *
sync_transport_reply_new (void)
{
  return g_new0 (SyncTransportReply, 1);
}

/**
 * sync_transport_reply_free:
 * @self: (transfer full): a reply
 */
void
sync_transport_reply_free (SyncTransportReply *self)
{
  g_free (self->content_type);
  g_free (self->retry_after);
  g_free (self->date);
  g_free (self->rate_limit_reset);
  g_clear_pointer (&self->body, g_bytes_unref);
  g_free (self->error);
  g_free (self);
}

/**
 * sync_transport_send_async:
 * @self: a transport
 * @request: what to send; read before this returns, so that the caller may free it at once
 * @cancellable: (nullable): takes the call back; the reply is then %SYNC_TRANSPORT_CANCELLED
 * @callback: called exactly once, never before this returns
 * @user_data: for @callback
 *
 * Makes one HTTP call in the caller's thread-default main context. No redirect is followed, and a write is on
 * the wire at most once.
 */
void
sync_transport_send_async (SyncTransport *self, const SyncTransportRequest *request,
                           GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (SYNC_IS_TRANSPORT (self));
  g_return_if_fail (request != NULL && request->method != NULL && request->url != NULL);

  SYNC_TRANSPORT_GET_IFACE (self)->send_async (self, request, cancellable, callback, user_data);
}

/**
 * sync_transport_send_finish:
 * @self: a transport
 * @result: what the callback got
 *
 * The status, the headers and the body are set only for %SYNC_TRANSPORT_OK, that is, for a whole answer.
 * `bytes_written` is %FALSE only if certainly nothing of the request left this machine.
 *
 * Returns: (transfer full): what came of it; never %NULL, there is no error beside it
 */
SyncTransportReply *
sync_transport_send_finish (SyncTransport *self, GAsyncResult *result)
{
  g_return_val_if_fail (SYNC_IS_TRANSPORT (self), NULL);

  return SYNC_TRANSPORT_GET_IFACE (self)->send_finish (self, result);
}
