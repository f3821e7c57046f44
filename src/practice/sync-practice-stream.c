/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A socket connection that can be cut at an exact byte of the request or of the answer. It passes
 * everything through to the connection it wraps and counts on the way; libsoup reads and writes through
 * the pollable interfaces. Invariant: once the connection was reset or cut, every read and write fails
 * with CONNECTION_CLOSED. One thread. */
#include "config.h"

#include "sync-practice-stream.h"

#include <sys/socket.h>

struct _SyncPracticeStream
{
  GIOStream parent_instance;

  GSocketConnection *connection;     /* (owned) */
  GInputStream *input;               /* (owned): a Reader */
  GOutputStream *output;             /* (owned): a Writer */
  SyncPracticeStreamStartFunc start; /* asked at the first byte of each request */
  SyncPracticeStreamClosedFunc closed; /* (nullable): NULL once it was called */
  gpointer user_data;                /* (unowned) */
  gssize may_read;                   /* bytes of this request that may still be read, -1: all */
  gssize may_write;                  /* bytes of this answer that may still be written, -1: all */
  gboolean reset_answer;             /* at the end of may_write: reset instead of an orderly close */
  gboolean in_request;               /* a request has begun and its answer is not finished */
  gboolean cut;                      /* nothing passes any more */
};

G_DEFINE_FINAL_TYPE (SyncPracticeStream, sync_practice_stream, G_TYPE_IO_STREAM)

/* The two halves. Each knows its stream; the stream owns them, so the pointer is weak. */
typedef struct
{
  GFilterInputStream parent_instance;
  SyncPracticeStream *stream; /* (unowned) (nullable) */
} Reader;
typedef GFilterInputStreamClass ReaderClass;
typedef struct
{
  GFilterOutputStream parent_instance;
  SyncPracticeStream *stream; /* (unowned) (nullable) */
} Writer;
typedef GFilterOutputStreamClass WriterClass;

static GType reader_get_type (void);
static GType writer_get_type (void);
static void reader_pollable_init (GPollableInputStreamInterface *iface);
static void writer_pollable_init (GPollableOutputStreamInterface *iface);
static GPollableReturn writer_writev_nonblocking (GPollableOutputStream *stream, const GOutputVector *vectors,
                                                  gsize n_vectors, gsize *bytes_written, GError **error);

G_DEFINE_TYPE_WITH_CODE (Reader, reader, G_TYPE_FILTER_INPUT_STREAM,
                         G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_INPUT_STREAM, reader_pollable_init))
G_DEFINE_TYPE_WITH_CODE (Writer, writer, G_TYPE_FILTER_OUTPUT_STREAM,
                         G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_OUTPUT_STREAM, writer_pollable_init))

/* From here on nothing passes. */
static void
set_cut (SyncPracticeStream *self)
{
  SyncPracticeStreamClosedFunc closed = self->closed;

  self->cut = TRUE;
  self->closed = NULL;
  if (closed != NULL)
    closed (self->user_data);
}

static gboolean
check_open (SyncPracticeStream *self, GError **error)
{
  if (self != NULL && !self->cut)
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED,
                       "The practice shop cut the connection");
  return FALSE;
}

/* What waits on @base, or, once the connection is gone, is ready at once: the next call then fails. A closed socket
 * cannot be waited on. */
static GSource *
create_source (SyncPracticeStream *self, GObject *stream, GSource *(*wait) (GObject *base, GCancellable *cancellable),
               GObject *base, GCancellable *cancellable)
{
  g_autoptr (GSource) source = NULL;

  if (self != NULL && !self->cut)
    source = wait (base, cancellable);
  else
    source = g_idle_source_new ();
  return g_pollable_source_new_full (stream, source, NULL);
}

static GPollableInputStream *
reader_base (Reader *reader)
{
  return G_POLLABLE_INPUT_STREAM (G_FILTER_INPUT_STREAM (reader)->base_stream);
}

static gssize
reader_read_nonblocking (GPollableInputStream *stream, void *buffer, gsize count, GError **error)
{
  Reader *reader = (Reader *) stream;
  SyncPracticeStream *self = reader->stream;
  gssize n;

  if (!check_open (self, error))
    return -1;
  if (!self->in_request && g_pollable_input_stream_is_readable (reader_base (reader)) &&
      g_socket_get_available_bytes (sync_practice_stream_get_socket (self)) > 0)
    {
      self->in_request = TRUE;
      self->may_read = self->start (self->user_data);
      self->may_write = -1;
    }
  if (self->may_read == 0)
    {
      sync_practice_stream_reset (self);
      check_open (self, error);
      return -1;
    }
  if (self->may_read > 0)
    count = MIN (count, (gsize) self->may_read);
  n = g_pollable_input_stream_read_nonblocking (reader_base (reader), buffer, count, NULL, error);
  if (n > 0 && self->may_read > 0)
    self->may_read -= n;
  return n;
}

static gboolean
reader_is_readable (GPollableInputStream *stream)
{
  Reader *reader = (Reader *) stream;

  return !check_open (reader->stream, NULL) || g_pollable_input_stream_is_readable (reader_base (reader));
}

static GSource *
wait_for_input (GObject *base, GCancellable *cancellable)
{
  return g_pollable_input_stream_create_source (G_POLLABLE_INPUT_STREAM (base), cancellable);
}

static GSource *
reader_create_source (GPollableInputStream *stream, GCancellable *cancellable)
{
  Reader *reader = (Reader *) stream;

  return create_source (reader->stream, G_OBJECT (reader), wait_for_input, G_OBJECT (reader_base (reader)), cancellable);
}

static gssize
reader_read (GInputStream *stream, void *buffer, gsize count, GCancellable *cancellable, GError **error)
{
  return reader_read_nonblocking (G_POLLABLE_INPUT_STREAM (stream), buffer, count, error);
}

static void
reader_pollable_init (GPollableInputStreamInterface *iface)
{
  iface->is_readable = reader_is_readable;
  iface->create_source = reader_create_source;
  iface->read_nonblocking = reader_read_nonblocking;
}

static void
reader_class_init (ReaderClass *klass)
{
  G_INPUT_STREAM_CLASS (klass)->read_fn = reader_read;
}

static void
reader_init (Reader *reader)
{
}

static GPollableOutputStream *
writer_base (Writer *writer)
{
  return G_POLLABLE_OUTPUT_STREAM (G_FILTER_OUTPUT_STREAM (writer)->base_stream);
}

/* The answer has reached its last permitted byte. */
static void
cut_answer (SyncPracticeStream *self)
{
  g_autoptr (GObject) keep = g_object_ref (G_OBJECT (self));

  if (self->reset_answer)
    {
      sync_practice_stream_reset (self);
      return;
    }
  set_cut (self);
  g_socket_shutdown (sync_practice_stream_get_socket (self), FALSE, TRUE, NULL);
  g_io_stream_close (G_IO_STREAM (self->connection), NULL, NULL);
}

static gssize
writer_write_nonblocking (GPollableOutputStream *stream, const void *buffer, gsize count, GError **error)
{
  Writer *writer = (Writer *) stream;
  SyncPracticeStream *self = writer->stream;
  gssize n;

  if (!check_open (self, error))
    return -1;
  if (self->may_write >= 0)
    count = MIN (count, (gsize) self->may_write);
  if (self->may_write == 0)
    {
      cut_answer (self);
      check_open (self, error);
      return -1;
    }
  n = g_pollable_output_stream_write_nonblocking (writer_base (writer), buffer, count, NULL, error);
  if (n > 0 && self->may_write > 0)
    {
      self->may_write -= n;
      if (self->may_write == 0)
        cut_answer (self);
    }
  return n;
}

static GPollableReturn
writer_writev_nonblocking (GPollableOutputStream *stream, const GOutputVector *vectors, gsize n_vectors,
                           gsize *bytes_written, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  *bytes_written = 0;
  for (gsize i = 0; i < n_vectors; i++)
    {
      gssize n;

      if (vectors[i].size == 0)
        continue;
      n = writer_write_nonblocking (stream, vectors[i].buffer, vectors[i].size, &local_error);
      if (n < 0 && *bytes_written > 0)
        return G_POLLABLE_RETURN_OK;
      if (n < 0 && g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        return G_POLLABLE_RETURN_WOULD_BLOCK;
      if (n < 0)
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return G_POLLABLE_RETURN_FAILED;
        }
      *bytes_written += n;
      if ((gsize) n < vectors[i].size)
        return G_POLLABLE_RETURN_OK;
    }
  return G_POLLABLE_RETURN_OK;
}

static gboolean
writer_is_writable (GPollableOutputStream *stream)
{
  Writer *writer = (Writer *) stream;

  return !check_open (writer->stream, NULL) || g_pollable_output_stream_is_writable (writer_base (writer));
}

static GSource *
wait_for_output (GObject *base, GCancellable *cancellable)
{
  return g_pollable_output_stream_create_source (G_POLLABLE_OUTPUT_STREAM (base), cancellable);
}

static GSource *
writer_create_source (GPollableOutputStream *stream, GCancellable *cancellable)
{
  Writer *writer = (Writer *) stream;

  return create_source (writer->stream, G_OBJECT (writer), wait_for_output, G_OBJECT (writer_base (writer)),
                        cancellable);
}

static gssize
writer_write (GOutputStream *stream, const void *buffer, gsize count, GCancellable *cancellable,
              GError **error)
{
  return writer_write_nonblocking (G_POLLABLE_OUTPUT_STREAM (stream), buffer, count, error);
}

static void
writer_pollable_init (GPollableOutputStreamInterface *iface)
{
  iface->is_writable = writer_is_writable;
  iface->create_source = writer_create_source;
  iface->write_nonblocking = writer_write_nonblocking;
  iface->writev_nonblocking = writer_writev_nonblocking;
}

static void
writer_class_init (WriterClass *klass)
{
  G_OUTPUT_STREAM_CLASS (klass)->write_fn = writer_write;
}

static void
writer_init (Writer *writer)
{
}

static GInputStream *
sync_practice_stream_get_input_stream (GIOStream *stream)
{
  return SYNC_PRACTICE_STREAM (stream)->input;
}

static GOutputStream *
sync_practice_stream_get_output_stream (GIOStream *stream)
{
  return SYNC_PRACTICE_STREAM (stream)->output;
}

static gboolean
sync_practice_stream_close (GIOStream *stream, GCancellable *cancellable, GError **error)
{
  SyncPracticeStream *self = SYNC_PRACTICE_STREAM (stream);

  set_cut (self);
  return g_io_stream_close (G_IO_STREAM (self->connection), cancellable, error);
}

static void
sync_practice_stream_finalize (GObject *object)
{
  SyncPracticeStream *self = SYNC_PRACTICE_STREAM (object);

  ((Reader *) self->input)->stream = NULL;
  ((Writer *) self->output)->stream = NULL;
  g_object_unref (self->input);
  g_object_unref (self->output);
  g_object_unref (self->connection);
  G_OBJECT_CLASS (sync_practice_stream_parent_class)->finalize (object);
}

static void
sync_practice_stream_class_init (SyncPracticeStreamClass *klass)
{
  GIOStreamClass *stream_class = G_IO_STREAM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = sync_practice_stream_finalize;
  stream_class->get_input_stream = sync_practice_stream_get_input_stream;
  stream_class->get_output_stream = sync_practice_stream_get_output_stream;
  stream_class->close_fn = sync_practice_stream_close;
}

static void
sync_practice_stream_init (SyncPracticeStream *self)
{
  self->may_read = self->may_write = -1;
}

/**
 * sync_practice_stream_new:
 * @connection: an accepted connection
 * @start: asked at the first byte of each request how much of it may be read
 * @closed: called when this side closes it
 * @user_data: for both; must live until @closed was called
 *
 * Returns: (transfer full): a stream over @connection
 */
SyncPracticeStream *
sync_practice_stream_new (GSocketConnection *connection, SyncPracticeStreamStartFunc start,
                          SyncPracticeStreamClosedFunc closed, gpointer user_data)
{
  SyncPracticeStream *self = g_object_new (SYNC_TYPE_PRACTICE_STREAM, NULL);
  GIOStream *base = G_IO_STREAM (connection);

  self->connection = g_object_ref (connection);
  self->start = start;
  self->closed = closed;
  self->user_data = user_data;
  self->input = g_object_new (reader_get_type (), "base-stream", g_io_stream_get_input_stream (base),
                              "close-base-stream", FALSE, NULL);
  self->output = g_object_new (writer_get_type (), "base-stream", g_io_stream_get_output_stream (base),
                               "close-base-stream", FALSE, NULL);
  ((Reader *) self->input)->stream = self;
  ((Writer *) self->output)->stream = self;
  return self;
}

/**
 * sync_practice_stream_get_socket:
 * @self: a stream
 *
 * Returns: (transfer none): the socket below it
 */
GSocket *
sync_practice_stream_get_socket (SyncPracticeStream *self)
{
  return g_socket_connection_get_socket (self->connection);
}

/**
 * sync_practice_stream_reset:
 * @self: a stream
 *
 * Ends the connection with a TCP reset (a zero linger time makes close() send one). May be called twice.
 */
void
sync_practice_stream_reset (SyncPracticeStream *self)
{
  struct linger linger = { .l_onoff = 1, .l_linger = 0 };
  GSocket *socket = sync_practice_stream_get_socket (self);
  g_autoptr (GObject) keep = g_object_ref (G_OBJECT (self));

  if (self->cut)
    return;
  set_cut (self);
  setsockopt (g_socket_get_fd (socket), SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
  g_socket_close (socket, NULL);
}

/**
 * sync_practice_stream_limit_answer:
 * @self: a stream
 * @bytes: how many bytes of the coming answer are written
 * @reset: after them a reset, else an orderly close
 */
void
sync_practice_stream_limit_answer (SyncPracticeStream *self, gsize bytes, gboolean reset)
{
  self->may_write = bytes;
  self->reset_answer = reset;
}

/**
 * sync_practice_stream_request_done:
 * @self: a stream
 *
 * The answer was written: what is read from now on is another request.
 */
void
sync_practice_stream_request_done (SyncPracticeStream *self)
{
  self->in_request = FALSE;
  self->may_read = self->may_write = -1;
}

/**
 * sync_practice_stream_is_idle:
 * @self: a stream
 *
 * Returns: whether no request is being read or answered, and no unread byte of one is there
 */
gboolean
sync_practice_stream_is_idle (SyncPracticeStream *self)
{
  return self->cut ||
    (!self->in_request && g_socket_get_available_bytes (sync_practice_stream_get_socket (self)) <= 0);
}
