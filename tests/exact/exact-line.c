/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A transport that passes every call on to the real one and knows which are on their way. */
#include "config.h"

#include "exact-line.h"

#include <string.h>

struct _ExactLine
{
  GObject parent_instance;

  SyncTransport *inner; /* (owned) */
  GPtrArray *log;       /* (owned) (element-type utf8): "POST http://…" */
  guint n_in_flight;
  guint n_given_up;
};

static void exact_line_transport_init (SyncTransportInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (ExactLine, exact_line, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (SYNC_TYPE_TRANSPORT, exact_line_transport_init))

static void
came_back_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  ExactLine *self = EXACT_LINE (g_task_get_source_object (task));
  SyncTransportReply *reply = sync_transport_send_finish (SYNC_TRANSPORT (source), result);

  self->n_in_flight--;
  self->n_given_up += reply->result == SYNC_TRANSPORT_TIMEOUT || reply->result == SYNC_TRANSPORT_CANCELLED;
  g_task_return_pointer (task, reply, (GDestroyNotify) sync_transport_reply_free);
}

static void
exact_line_send_async (SyncTransport *transport, const SyncTransportRequest *request, GCancellable *cancellable,
                       GAsyncReadyCallback callback, gpointer user_data)
{
  ExactLine *self = EXACT_LINE (transport);
  GTask *task = g_task_new (self, NULL, callback, user_data);

  self->n_in_flight++;
  g_ptr_array_add (self->log, g_strdup_printf ("%s %s", request->method, request->url));
  sync_transport_send_async (self->inner, request, cancellable, came_back_cb, task);
}

static SyncTransportReply *
exact_line_send_finish (SyncTransport *transport, GAsyncResult *result)
{
  return g_task_propagate_pointer (G_TASK (result), NULL);
}

static void
exact_line_finalize (GObject *object)
{
  ExactLine *self = EXACT_LINE (object);

  g_object_unref (self->inner);
  g_ptr_array_unref (self->log);
  G_OBJECT_CLASS (exact_line_parent_class)->finalize (object);
}

static void
exact_line_transport_init (SyncTransportInterface *iface)
{
  iface->send_async = exact_line_send_async;
  iface->send_finish = exact_line_send_finish;
}

static void
exact_line_class_init (ExactLineClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = exact_line_finalize;
}

static void
exact_line_init (ExactLine *self)
{
  self->log = g_ptr_array_new_with_free_func (g_free);
}

/* Takes @inner over. */
SyncTransport *
exact_line_new (SyncTransport *inner)
{
  ExactLine *self = g_object_new (EXACT_TYPE_LINE, NULL);

  self->inner = inner;
  return SYNC_TRANSPORT (self);
}

guint
exact_line_get_n_in_flight (ExactLine *self)
{
  return self->n_in_flight;
}

/* Calls that ended by our own doing: timed out or taken back. */
guint
exact_line_get_n_given_up (ExactLine *self)
{
  return self->n_given_up;
}

/* How many calls were made with this verb to a URL that holds this text. */
guint
exact_line_count (ExactLine *self, const char *method, const char *path_part)
{
  guint n = 0;

  for (guint i = 0; i < self->log->len; i++)
    {
      const char *call = g_ptr_array_index (self->log, i);

      n += g_str_has_prefix (call, method) && strstr (call, path_part) != NULL;
    }
  return n;
}
