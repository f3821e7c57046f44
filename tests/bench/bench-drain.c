/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Draining: the whole engine (claim, send, prove, record; two durable commits a request) with 8 in flight, beside a
 * bare SoupSession that sends the same bodies, and wrk, against the same server: one that answers at once and one that
 * takes 20 ms. */
#include "config.h"

#include "bench-server.h"
#include "bench.h"

#include "sync-body.h"
#include "sync-clock-system.h"
#include "sync-engine.h"
#include "sync-test-directory.h"
#include "sync-transport-soup.h"

#include <glib/gstdio.h>
#include <libsoup/soup.h>
#include <math.h>
#include <string.h>

#define IN_FLIGHT 8

typedef struct
{
  GMainLoop *loop;
  SoupSession *session;
  char *url;
  guint left_to_send;
  guint left_to_hear;
} Bare;

static const char sale[] = "{\"customer\":\"Walk In\",\"items\":[{\"item_code\":\"ITEM-001\",\"qty\":1,\"rate\":10}],"
                           "\"posa_client_request_id\":\"0192f0c1-0000-7000-8000-000000000000\"}";

static void bare_send (Bare *bare);

static void
bare_heard_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Bare *bare = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) body = soup_session_send_and_read_finish (SOUP_SESSION (source), result, &error);

  if (body == NULL)
    g_error ("%s", error->message);
  if (--bare->left_to_hear == 0)
    g_main_loop_quit (bare->loop);
  else if (bare->left_to_send > 0)
    bare_send (bare);
}

static void
bare_send (Bare *bare)
{
  g_autoptr (SoupMessage) message = soup_message_new ("POST", bare->url);
  g_autoptr (GBytes) body = g_bytes_new_static (sale, sizeof sale - 1);

  bare->left_to_send--;
  soup_message_set_request_body_from_bytes (message, "application/json", body);
  soup_message_add_flags (message, SOUP_MESSAGE_IDEMPOTENT);
  soup_session_send_and_read_async (bare->session, message, G_PRIORITY_DEFAULT, NULL, bare_heard_cb, bare);
}

static double
bare_rate (guint port, guint n)
{
  Bare bare = { .left_to_send = n, .left_to_hear = n };
  gint64 begin;
  double rate;

  bare.loop = g_main_loop_new (g_main_context_get_thread_default (), FALSE);
  bare.session = soup_session_new_with_options ("max-conns", IN_FLIGHT, "max-conns-per-host", IN_FLIGHT, NULL);
  bare.url = g_strdup_printf ("http://127.0.0.1:%u/api/resource/Sales%%20Invoice", port);
  begin = bench_now_ns ();
  for (guint i = 0; i < IN_FLIGHT; i++)
    bare_send (&bare);
  g_main_loop_run (bare.loop);
  rate = n / ((bench_now_ns () - begin) / 1e9);
  g_object_unref (bare.session);
  g_main_loop_unref (bare.loop);
  g_free (bare.url);
  return rate;
}

/* Requests a second that wrk gets out of the same server, NAN without wrk. */
static double
wrk_rate (guint port)
{
  g_autofree char *script = NULL;
  g_autofree char *command = NULL;
  g_autofree char *output = NULL;
  g_autofree char *lua = g_strdup_printf ("wrk.method='POST' wrk.body='%s' wrk.headers['Content-Type']='application/json'", sale);
  const char *figure;
  int fd = g_file_open_tmp ("sync-wrk-XXXXXX.lua", &script, NULL);

  g_close (fd, NULL);
  g_file_set_contents (script, lua, -1, NULL);
  command = g_strdup_printf ("wrk -t1 -c%d -d3 -s %s http://127.0.0.1:%u/api/resource/Sales%%20Invoice", IN_FLIGHT, script, port);
  if (!g_spawn_command_line_sync (command, &output, NULL, NULL, NULL))
    output = g_strdup ("");
  g_remove (script);
  figure = strstr (output, "Requests/sec:");
  return figure != NULL ? g_ascii_strtod (figure + strlen ("Requests/sec:"), NULL) : NAN;
}

typedef struct
{
  GMainLoop *loop;
  guint left;
} Drain;

static void
request_changed_cb (SyncEngine *engine, gint64 id, int state, Drain *drain)
{
  if (state == SYNC_STATE_COMPLETED && --drain->left == 0)
    g_main_loop_quit (drain->loop);
}

static void
fill (SyncStore *store, SyncRouteTable *routes, SyncRandom *random, SyncClock *clock, const char *site, guint n)
{
  g_autoptr (GPtrArray) group = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_acceptance_free);

  for (guint i = 0; i < n; i++)
    {
      SyncRequest *request = sync_request_new ();

      request->site = g_strdup (site);
      request->key = sync_key_new (random, sync_clock_wall_ms (clock));
      request->fingerprint = g_strdup (request->key);
      request->family = g_strdup ("resource");
      request->method = g_strdup ("POST");
      request->url = g_strdup ("/api/resource/Sales%20Invoice");
      request->content_type = g_strdup ("application/json");
      request->accepted_body = g_bytes_new_static ("{\"customer\":\"Walk In\",\"items\":[{\"item_code\":\"ITEM-001\"}]}", 57);
      request->resource_type = g_strdup ("Sales Invoice");
      request->lane = g_strdup ("");
      request->action = g_strdup ("create");
      request->priority = 0;
      g_ptr_array_add (group, sync_acceptance_new (request));
    }
  if (!sync_store_accept (store, group, NULL))
    g_error ("the queue could not be filled");
}

static double
engine_rate (guint port, guint n)
{
  char *directory = sync_test_directory_new ();
  char *state = sync_test_directory_new ();
  SyncStoreOptions options = SYNC_STORE_OPTIONS_INIT;
  g_autofree char *site = g_strdup_printf ("http://127.0.0.1:%u", port);
  g_autofree char *base_url = g_strconcat ("ERPNEXT_BASE_URL=", site, NULL);
  const char *const environment[] = { base_url, "SYNC_CONCURRENCY=8", "SYNC_BATCH_SIZE=20", NULL };
  g_autoptr (SyncClock) clock = sync_clock_system_new ();
  g_autoptr (SyncRandom) random = sync_random_kernel_new ();
  g_autoptr (SyncConfig) config = sync_config_new (NULL, environment, NULL);
  g_autoptr (SyncRouteTable) routes = sync_route_table_new (NULL, NULL);
  g_autoptr (SyncCredentials) credentials = sync_credentials_new (site, "KEY", "SECRET");
  g_autoptr (SyncTransport) transport = sync_transport_soup_new (clock);
  g_autoptr (SyncStore) store = NULL;
  g_autoptr (SyncEngine) engine = NULL;
  Drain drain = { .left = n };
  gint64 begin;
  double rate;

  options.reserve_bytes = 0;
  /* As the program has it: each claim is witnessed. */
  options.witness_directory = state;
  store = sync_store_open (directory, &options, clock, NULL);
  engine = sync_engine_new (config, store, transport, credentials, routes, clock, random);
  fill (store, routes, random, clock, site, n);
  drain.loop = g_main_loop_new (NULL, FALSE);
  g_signal_connect (engine, "request-changed", G_CALLBACK (request_changed_cb), &drain);
  begin = bench_now_ns ();
  if (!sync_engine_start (engine, NULL))
    g_error ("the engine did not start");
  g_main_loop_run (drain.loop);
  rate = n / ((bench_now_ns () - begin) / 1e9);
  sync_engine_stop (engine);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_main_loop_unref (drain.loop);
  sync_store_close (store);
  sync_test_directory_free (directory);
  sync_test_directory_free (state);
  return rate;
}

static void
bench_against (guint delay_ms, guint n)
{
  BenchServer *server = bench_server_new (delay_ms);
  guint port = bench_server_get_port (server);
  g_autofree char *label = g_strdup_printf ("drain, 8 in flight, server of %u ms", delay_ms);
  double ours = engine_rate (port, n);
  double soup = bare_rate (port, n);
  double wrk = wrk_rate (port);

  bench_print (label, "req/s", ours, "wrk", wrk, delay_ms > 0 ? 0.9 * wrk : NAN);
  bench_print ("  beside", "req/s", ours, "bare SoupSession, connections kept", soup, NAN);
  bench_server_free (server);
}

int
main (void)
{
  g_setenv ("SOUP_FORCE_HTTP1", "1", TRUE);
  bench_against (0, 3000);
  bench_against (20, 1500);
  return 0;
}
