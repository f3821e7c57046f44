/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Passes every call on to the transport it wraps and remembers what it was. Invariant: the shared counter is the
 * number of calls whose answer has not been delivered. One thread. */
#include "config.h"

#include "counted-transport.h"

/* More calls of one engine than any test needs: it sends the same again and again without letting time pass. */
#define MAX_CALLS 1000

typedef struct
{
  char *label;     /* (owned): method and path */
  gsize sent;      /* bytes of the body */
  gsize received;  /* bytes of the answer's body */
} Call;

struct _CountedTransport
{
  GObject parent_instance;

  SyncTransport *real; /* (owned) */
  guint *n_out;        /* (unowned): shared by all transports of a test */
  GPtrArray *calls;    /* (owned) (element-type Call) */
};

static void counted_transport_transport_init (SyncTransportInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (CountedTransport, counted_transport, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (SYNC_TYPE_TRANSPORT, counted_transport_transport_init))

static void
call_free (gpointer data)
{
  Call *call = data;

  g_free (call->label);
  g_free (call);
}

static void
answered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  CountedTransport *self = g_task_get_source_object (task);
  Call *call = g_task_get_task_data (task);
  SyncTransportReply *reply = sync_transport_send_finish (SYNC_TRANSPORT (source), result);

  (*self->n_out)--;
  call->received = reply->body != NULL ? g_bytes_get_size (reply->body) : 0;
  g_task_return_pointer (task, reply, (GDestroyNotify) sync_transport_reply_free);
}

static void
counted_transport_send_async (SyncTransport *transport, const SyncTransportRequest *request, GCancellable *cancellable,
                              GAsyncReadyCallback callback, gpointer user_data)
{
  CountedTransport *self = COUNTED_TRANSPORT (transport);
  GTask *task = g_task_new (self, NULL, callback, user_data);
  Call *call = g_new0 (Call, 1);

  call->label = g_strdup_printf ("%s %s", request->method, request->url);
  if (self->calls->len >= MAX_CALLS)
    g_error ("%u calls of one engine, the next is %s", MAX_CALLS, call->label);
  call->sent = request->body != NULL ? g_bytes_get_size (request->body) : 0;
  g_ptr_array_add (self->calls, call);
  g_task_set_task_data (task, call, NULL);
  (*self->n_out)++;
  sync_transport_send_async (self->real, request, cancellable, answered_cb, task);
}

static SyncTransportReply *
counted_transport_send_finish (SyncTransport *transport, GAsyncResult *result)
{
  return g_task_propagate_pointer (G_TASK (result), NULL);
}

static void
counted_transport_finalize (GObject *object)
{
  CountedTransport *self = COUNTED_TRANSPORT (object);

  g_ptr_array_unref (self->calls);
  g_object_unref (self->real);
  G_OBJECT_CLASS (counted_transport_parent_class)->finalize (object);
}

static void
counted_transport_transport_init (SyncTransportInterface *iface)
{
  iface->send_async = counted_transport_send_async;
  iface->send_finish = counted_transport_send_finish;
}

static void
counted_transport_class_init (CountedTransportClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = counted_transport_finalize;
}

static void
counted_transport_init (CountedTransport *self)
{
  self->calls = g_ptr_array_new_with_free_func (call_free);
}

/* Takes @real; @n_out must outlive it. */
CountedTransport *
counted_transport_new (SyncTransport *real, guint *n_out)
{
  CountedTransport *self = g_object_new (COUNTED_TYPE_TRANSPORT, NULL);

  self->real = real;
  self->n_out = n_out;
  return self;
}

guint
counted_transport_n_calls (CountedTransport *self)
{
  return self->calls->len;
}

static const Call *
get_call (CountedTransport *self, guint call)
{
  g_assert_cmpuint (call, <, self->calls->len);
  return g_ptr_array_index (self->calls, call);
}

gsize
counted_transport_sent (CountedTransport *self, guint call)
{
  return get_call (self, call)->sent;
}

gsize
counted_transport_received (CountedTransport *self, guint call)
{
  return get_call (self, call)->received;
}

const char *
counted_transport_label (CountedTransport *self, guint call)
{
  return get_call (self, call)->label;
}
