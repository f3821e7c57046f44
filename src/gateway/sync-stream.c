/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A connection as SoupServer is given it. SoupServer 3.2 forgets to let go of a connection whose other end
 * leaves between two requests, but not of one that leaves within a request. So where the other end leaves
 * while the connection is idle, SoupServer is shown one byte of a request that will never be whole, and the
 * end after it. Whatever SoupServer makes of a connection with such a byte must not be handled: see
 * sync_stream_has_parted(). One thread. */
#include "config.h"

#include "sync-stream.h"

#define PARTING_BYTE 'X'

#define SYNC_TYPE_STREAM_INPUT (sync_stream_input_get_type ())
G_DECLARE_FINAL_TYPE (SyncStreamInput, sync_stream_input, SYNC, STREAM_INPUT, GFilterInputStream)

/* The reading side. */
struct _SyncStreamInput
{
  GFilterInputStream parent_instance;

  GSocket *socket; /* (owned) */
  gboolean idle;   /* no byte of the next request was read yet */
  gboolean parted; /* the byte was shown */
};

struct _SyncStream
{
  GIOStream parent_instance;

  GSocketConnection *connection; /* (owned) */
  SyncStreamInput *input;        /* (owned) */
  SyncStreamClosedFunc closed;   /* (nullable): told once */
  gpointer user_data;            /* (unowned) */
};

static void sync_stream_input_pollable_init (GPollableInputStreamInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (SyncStreamInput, sync_stream_input, G_TYPE_FILTER_INPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_INPUT_STREAM,
                                                      sync_stream_input_pollable_init))
G_DEFINE_FINAL_TYPE (SyncStream, sync_stream, G_TYPE_IO_STREAM)

static GPollableInputStream *
get_base (SyncStreamInput *self)
{
  return G_POLLABLE_INPUT_STREAM (g_filter_input_stream_get_base_stream (G_FILTER_INPUT_STREAM (self)));
}

static gboolean
sync_stream_input_is_readable (GPollableInputStream *stream)
{
  return g_pollable_input_stream_is_readable (get_base (SYNC_STREAM_INPUT (stream)));
}

static GSource *
sync_stream_input_create_source (GPollableInputStream *stream, GCancellable *cancellable)
{
  g_autoptr (GSource) base
      = g_pollable_input_stream_create_source (get_base (SYNC_STREAM_INPUT (stream)), NULL);

  return g_pollable_source_new_full (stream, base, cancellable);
}

static gssize
sync_stream_input_read_nonblocking (GPollableInputStream *stream, void *buffer, gsize count, GError **error)
{
  SyncStreamInput *self = SYNC_STREAM_INPUT (stream);
  g_autoptr (GError) cause = NULL;
  gssize n = g_pollable_input_stream_read_nonblocking (get_base (self), buffer, count, NULL, &cause);

  if (g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    {
      g_propagate_error (error, g_steal_pointer (&cause));
      return -1;
    }
  if (n <= 0 && self->idle && count > 0)
    {
      self->idle = FALSE;
      self->parted = TRUE;
      /* All answers are written; what SoupServer thinks of that byte goes nowhere. */
      g_socket_shutdown (self->socket, FALSE, TRUE, NULL);
      *(char *) buffer = PARTING_BYTE;
      return 1;
    }
  self->idle = FALSE;
  if (cause != NULL)
    g_propagate_error (error, g_steal_pointer (&cause));
  return n;
}

static void
sync_stream_input_pollable_init (GPollableInputStreamInterface *iface)
{
  iface->is_readable = sync_stream_input_is_readable;
  iface->create_source = sync_stream_input_create_source;
  iface->read_nonblocking = sync_stream_input_read_nonblocking;
}

static void
sync_stream_input_finalize (GObject *object)
{
  g_clear_object (&SYNC_STREAM_INPUT (object)->socket);
  G_OBJECT_CLASS (sync_stream_input_parent_class)->finalize (object);
}

static void
sync_stream_input_class_init (SyncStreamInputClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = sync_stream_input_finalize;
}

static void
sync_stream_input_init (SyncStreamInput *self)
{
}

static GInputStream *
sync_stream_get_input_stream (GIOStream *stream)
{
  return G_INPUT_STREAM (SYNC_STREAM (stream)->input);
}

static GOutputStream *
sync_stream_get_output_stream (GIOStream *stream)
{
  return g_io_stream_get_output_stream (G_IO_STREAM (SYNC_STREAM (stream)->connection));
}

static gboolean
sync_stream_close (GIOStream *stream, GCancellable *cancellable, GError **error)
{
  SyncStream *self = SYNC_STREAM (stream);
  SyncStreamClosedFunc closed = g_steal_pointer (&self->closed);
  gboolean done = g_io_stream_close (G_IO_STREAM (self->connection), cancellable, error);

  if (closed != NULL)
    closed (self, self->user_data);
  return done;
}

static void
sync_stream_finalize (GObject *object)
{
  SyncStream *self = SYNC_STREAM (object);

  g_object_unref (self->input);
  g_object_unref (self->connection);
  G_OBJECT_CLASS (sync_stream_parent_class)->finalize (object);
}

static void
sync_stream_class_init (SyncStreamClass *klass)
{
  GIOStreamClass *stream_class = G_IO_STREAM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = sync_stream_finalize;
  stream_class->get_input_stream = sync_stream_get_input_stream;
  stream_class->get_output_stream = sync_stream_get_output_stream;
  stream_class->close_fn = sync_stream_close;
}

static void
sync_stream_init (SyncStream *self)
{
}

/**
 * sync_stream_new:
 * @connection: (transfer none): an accepted connection
 * @closed: called when the stream is closed, by whomever
 * @user_data: for @closed
 *
 * Returns: (transfer full): the connection as SoupServer is given it
 */
SyncStream *
sync_stream_new (GSocketConnection *connection, SyncStreamClosedFunc closed, gpointer user_data)
{
  SyncStream *self = g_object_new (SYNC_TYPE_STREAM, NULL);

  self->connection = g_object_ref (connection);
  self->input = g_object_new (SYNC_TYPE_STREAM_INPUT, "base-stream",
                              g_io_stream_get_input_stream (G_IO_STREAM (connection)), "close-base-stream",
                              FALSE, NULL);
  self->input->socket = g_object_ref (g_socket_connection_get_socket (connection));
  self->closed = closed;
  self->user_data = user_data;
  return self;
}

/**
 * sync_stream_forget:
 * @self: a stream
 *
 * Nobody is told any more that it is closed.
 */
void
sync_stream_forget (SyncStream *self)
{
  self->closed = NULL;
}

/**
 * sync_stream_set_idle:
 * @self: a stream on which a request was answered
 *
 * Says that the next byte is the first of another request.
 */
void
sync_stream_set_idle (SyncStream *self)
{
  self->input->idle = TRUE;
}

/**
 * sync_stream_has_parted:
 * @self: a stream
 *
 * Returns: whether the other end has left, and what SoupServer reads now is not what was sent
 */
gboolean
sync_stream_has_parted (SyncStream *self)
{
  return self->input->parted;
}

/**
 * sync_stream_get_socket:
 * @self: a stream
 *
 * Returns: (transfer none): its socket
 */
GSocket *
sync_stream_get_socket (SyncStream *self)
{
  return g_socket_connection_get_socket (self->connection);
}
