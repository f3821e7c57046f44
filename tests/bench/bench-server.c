/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The fastest server that a delivery can meet: one thread, epoll, one answer that echoes the key under a name of its
 * own, after a fixed delay. It stores nothing; it is there to show what the sender costs. */
#define _GNU_SOURCE
#include "config.h"

#include "bench-server.h"

#include "bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define KEY_MEMBER "\"posa_client_request_id\""

struct _BenchServer
{
  int listener;      /* (owned) */
  int epoll;         /* (owned) */
  int quit;          /* (owned): an eventfd */
  guint port;
  gint64 delay_ns;
  guint n_made;      /* documents, by their names */
  GThread *thread;   /* (owned) */
  GQueue waiting;    /* (element-type Connection): in the order in which they fall due */
};

typedef struct
{
  int fd;            /* (owned) */
  GString *in;       /* (owned) */
  gint64 due_ns;     /* of the answer, 0: none is owed */
  char *answer;      /* (owned) (nullable) */
} Connection;

static void
connection_close (BenchServer *self, Connection *connection)
{
  g_queue_remove (&self->waiting, connection);
  /* Closing is not enough: a child that is just being spawned still holds the connection, and with it the event. */
  epoll_ctl (self->epoll, EPOLL_CTL_DEL, connection->fd, NULL);
  close (connection->fd);
  g_string_free (connection->in, TRUE);
  g_free (connection->answer);
  g_free (connection);
}

/* The length of the request that stands at the beginning of @in, 0 if it is not whole yet. */
static gsize
whole_request (const GString *in)
{
  const char *end = strstr (in->str, "\r\n\r\n");
  const char *length;
  gsize body = 0;

  if (end == NULL)
    return 0;
  length = strcasestr (in->str, "\r\ncontent-length:");
  if (length != NULL && length < end)
    body = g_ascii_strtoull (length + strlen ("\r\ncontent-length:"), NULL, 10);
  if (in->len < (gsize) (end + 4 - in->str) + body)
    return 0;
  return end + 4 - in->str + body;
}

static char *
answer_to (BenchServer *self, const char *request)
{
  const char *key = strstr (request, KEY_MEMBER);
  const char *value = key != NULL ? strchr (key + strlen (KEY_MEMBER), '"') : NULL;
  g_autofree char *echo = value != NULL ? g_strndup (value + 1, strcspn (value + 1, "\"")) : NULL;
  g_autofree char *body = NULL;

  if (g_str_has_prefix (request, "GET "))
    body = g_strdup ("{\"data\":[]}");
  else
    body = g_strdup_printf ("{\"data\":{\"name\":\"ACC-SINV-%u\",\"modified\":\"2026-11-23 10:00:00.000001\",\"docstatus\":0,"
                            "\"posa_client_request_id\":\"%s\"}}",
                            ++self->n_made, echo != NULL ? echo : "");
  return g_strdup_printf ("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", strlen (body), body);
}

static void
send_answer (BenchServer *self, Connection *connection)
{
  if (send (connection->fd, connection->answer, strlen (connection->answer), MSG_NOSIGNAL) < 0)
    g_debug ("the client went: %s", g_strerror (errno));
  g_clear_pointer (&connection->answer, g_free);
}

static void
read_some (BenchServer *self, Connection *connection)
{
  char buffer[16384];
  ssize_t n = recv (connection->fd, buffer, sizeof buffer, MSG_DONTWAIT);
  gsize length;

  if (n <= 0)
    {
      if (n == 0 || errno != EAGAIN)
        connection_close (self, connection);
      return;
    }
  g_string_append_len (connection->in, buffer, n);
  length = whole_request (connection->in);
  if (length == 0)
    return;
  connection->answer = answer_to (self, connection->in->str);
  g_string_erase (connection->in, 0, length);
  if (self->delay_ns == 0)
    {
      send_answer (self, connection);
      return;
    }
  connection->due_ns = bench_now_ns () + self->delay_ns;
  g_queue_push_tail (&self->waiting, connection);
}

static void
accept_one (BenchServer *self)
{
  struct epoll_event event = { .events = EPOLLIN };
  Connection *connection;
  int fd = accept4 (self->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

  if (fd < 0)
    return;
  connection = g_new0 (Connection, 1);
  connection->fd = fd;
  connection->in = g_string_new (NULL);
  event.data.ptr = connection;
  epoll_ctl (self->epoll, EPOLL_CTL_ADD, fd, &event);
}

static int
time_to_wait_ms (BenchServer *self)
{
  Connection *first = g_queue_peek_head (&self->waiting);
  gint64 left;

  if (first == NULL)
    return -1;
  left = first->due_ns - bench_now_ns ();
  return left <= 0 ? 0 : (int) ((left + 999999) / 1000000);
}

static gpointer
serve (gpointer data)
{
  BenchServer *self = data;

  for (;;)
    {
      struct epoll_event events[64];
      int n = epoll_wait (self->epoll, events, G_N_ELEMENTS (events), time_to_wait_ms (self));

      for (int i = 0; i < n; i++)
        {
          if (events[i].data.ptr == &self->quit)
            return NULL;
          if (events[i].data.ptr == self)
            accept_one (self);
          else
            read_some (self, events[i].data.ptr);
        }
      while (!g_queue_is_empty (&self->waiting) && time_to_wait_ms (self) == 0)
        send_answer (self, g_queue_pop_head (&self->waiting));
    }
}

/* Listens on a free port of the loopback and answers in a thread of its own. */
BenchServer *
bench_server_new (guint delay_ms)
{
  BenchServer *self = g_new0 (BenchServer, 1);
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  struct epoll_event event = { .events = EPOLLIN };
  socklen_t length = sizeof address;

  self->delay_ns = (gint64) delay_ms * 1000000;
  g_queue_init (&self->waiting);
  self->listener = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind (self->listener, (struct sockaddr *) &address, sizeof address) != 0 || listen (self->listener, 256) != 0
      || getsockname (self->listener, (struct sockaddr *) &address, &length) != 0)
    g_error ("cannot listen: %s", g_strerror (errno));
  self->port = ntohs (address.sin_port);
  self->epoll = epoll_create1 (EPOLL_CLOEXEC);
  self->quit = eventfd (0, EFD_CLOEXEC);
  event.data.ptr = self;
  epoll_ctl (self->epoll, EPOLL_CTL_ADD, self->listener, &event);
  event.data.ptr = &self->quit;
  epoll_ctl (self->epoll, EPOLL_CTL_ADD, self->quit, &event);
  self->thread = g_thread_new ("bench-server", serve, self);
  return self;
}

guint
bench_server_get_port (BenchServer *self)
{
  return self->port;
}

/* Connections that are open still die with the process. */
void
bench_server_free (BenchServer *self)
{
  guint64 one = 1;

  if (write (self->quit, &one, sizeof one) != sizeof one)
    g_error ("cannot end the server");
  g_thread_join (self->thread);
  close (self->listener);
  close (self->epoll);
  close (self->quit);
  g_queue_clear (&self->waiting);
  g_free (self);
}
