/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Durable enqueue over HTTP with 1, 8 and 64 clients on kept connections: the whole way from the socket through the
 * gateway, the engine and the group commit to the disk and back. Beside it what the same clients get out of a server
 * that does nothing. */
#define _GNU_SOURCE
#include "config.h"

#include "bench-server.h"
#include "bench.h"

#include "sync-clock-system.h"
#include "sync-service.h"
#include "sync-test-directory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SALE                                                                                                   \
  "{\"method\":\"POST\",\"url\":\"/api/resource/Sales%20Invoice\",\"body\":{\"customer\":\"Walk In\",\"company\":\"Test Co\"," \
  "\"items\":[{\"item_code\":\"ITEM-001\",\"qty\":1,\"rate\":10,\"uom\":\"Nos\",\"warehouse\":\"Stores - TC\"}],"    \
  "\"payments\":[{\"mode_of_payment\":\"Cash\",\"amount\":10,\"account\":\"Cash - TC\"}]}}"

typedef struct
{
  guint port;
  const char *head;    /* (unowned): the request, without its body */
  guint n;
  BenchSeries series;
} Client;

static int
connect_to (guint port)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons (port), .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (connect (fd, (struct sockaddr *) &address, sizeof address) != 0)
    g_error ("cannot connect: %s", g_strerror (errno));
  return fd;
}

/* Reads one whole answer and returns its status. */
static guint
read_answer (int fd)
{
  char buffer[8192];
  gsize length = 0;

  for (;;)
    {
      ssize_t n = recv (fd, buffer + length, sizeof buffer - 1 - length, 0);
      const char *end, *size;

      if (n <= 0)
        g_error ("the server closed the connection");
      length += n;
      buffer[length] = '\0';
      end = strstr (buffer, "\r\n\r\n");
      size = strcasestr (buffer, "\r\ncontent-length:");
      if (end != NULL && size != NULL
          && length >= (gsize) (end + 4 - buffer) + g_ascii_strtoull (size + strlen ("\r\ncontent-length:"), NULL, 10))
        return g_ascii_strtoull (buffer + strlen ("HTTP/1.1 "), NULL, 10);
    }
}

static gpointer
client_thread (gpointer data)
{
  Client *client = data;
  g_autofree char *request = g_strconcat (client->head, SALE, NULL);
  int fd = connect_to (client->port);

  for (guint i = 0; i < client->n; i++)
    {
      gint64 begin = bench_now_ns ();
      guint status;

      if (send (fd, request, strlen (request), MSG_NOSIGNAL) < 0)
        g_error ("cannot send: %s", g_strerror (errno));
      status = read_answer (fd);
      if (status / 100 != 2)
        g_error ("the answer was %u", status);
      bench_series_add (&client->series, bench_now_ns () - begin);
    }
  close (fd);
  return NULL;
}

/* Rows a second; fills @all with the time of each. */
static double
run_clients (guint port, const char *head, guint n_clients, guint n_each, BenchSeries *all)
{
  g_autofree Client *clients = g_new0 (Client, n_clients);
  g_autofree GThread **threads = g_new0 (GThread *, n_clients);
  gint64 begin = bench_now_ns ();
  double rate;

  for (guint i = 0; i < n_clients; i++)
    {
      clients[i] = (Client) { .port = port, .head = head, .n = n_each };
      bench_series_init (&clients[i].series);
      threads[i] = g_thread_new ("client", client_thread, &clients[i]);
    }
  for (guint i = 0; i < n_clients; i++)
    g_thread_join (threads[i]);
  rate = n_clients * n_each / ((bench_now_ns () - begin) / 1e9);
  for (guint i = 0; i < n_clients; i++)
    {
      bench_series_merge (all, &clients[i].series);
      bench_series_clear (&clients[i].series);
    }
  return rate;
}

static void
bench_clients (guint gateway_port, guint server_port, const char *head, guint n_clients, guint n_each)
{
  g_autofree char *label = g_strdup_printf ("durable enqueue over HTTP, %u client%s", n_clients, n_clients > 1 ? "s" : "");
  BenchSeries ours, plain;
  double rate, plain_rate;

  bench_series_init (&ours);
  bench_series_init (&plain);
  rate = run_clients (gateway_port, head, n_clients, n_each, &ours);
  plain_rate = run_clients (server_port, head, n_clients, n_each, &plain);
  bench_print (label, "rows/s", rate, "bare server", plain_rate, NAN);
  bench_print ("  p50 of one", "ms", bench_series_percentile_ms (&ours, 0.5), "bare server", bench_series_percentile_ms (&plain, 0.5),
               NAN);
  bench_print ("  p99 of one", "ms", bench_series_percentile_ms (&ours, 0.99), "bare server",
               bench_series_percentile_ms (&plain, 0.99), n_clients == 1 ? 5.0 : NAN);
  bench_series_clear (&ours);
  bench_series_clear (&plain);
}

static void
ended_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  if (!sync_service_thread_shutdown_finish (SYNC_SERVICE_THREAD (source), result, NULL))
    g_error ("the service did not end");
  g_main_loop_quit (user_data);
}

int
main (void)
{
  char *directory = sync_test_directory_new ();
  g_autofree char *data_dir = g_strconcat ("POSAWESOME_SYNC_DATA_DIR=", directory, NULL);
  g_autofree char *token_path = g_build_filename (directory, "gateway-token", NULL);
  g_autofree char *token = NULL;
  g_autofree char *head = NULL;
  /* Nobody is signed in: everything is accepted and nothing is sent. */
  const char *const environment[] = { "ERPNEXT_BASE_URL=http://127.0.0.1:9", "GATEWAY_PORT=0", data_dir, NULL };
  g_autoptr (SyncClock) clock = sync_clock_system_new ();
  g_autoptr (SyncRandom) random = sync_random_kernel_new ();
  g_autoptr (SyncConfig) config = NULL;
  g_autoptr (SyncServiceThread) service = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  BenchServer *server = bench_server_new (0);
  guint port;

  g_setenv ("DBUS_SESSION_BUS_ADDRESS", "disabled:", TRUE);
  config = sync_config_new (NULL, environment, &error);
  if (config == NULL)
    g_error ("%s", error->message);
  service = sync_service_thread_new (config, clock, random);
  if (!sync_service_thread_start (service, &error))
    g_error ("%s", error->message);
  port = sync_service_thread_get_port (service);
  if (!g_file_get_contents (token_path, &token, NULL, &error))
    g_error ("%s", error->message);
  head = g_strdup_printf ("POST /_sync/v1/requests HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nAuthorization: Bearer %s\r\n"
                          "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                          port, g_strstrip (token), strlen (SALE));
  bench_clients (port, bench_server_get_port (server), head, 1, 2000);
  bench_clients (port, bench_server_get_port (server), head, 8, 1000);
  bench_clients (port, bench_server_get_port (server), head, 64, 250);
  sync_service_thread_shutdown_async (service, ended_cb, loop);
  g_main_loop_run (loop);
  bench_server_free (server);
  sync_test_directory_free (directory);
  return 0;
}
