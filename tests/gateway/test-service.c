/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The service as a whole, in the caller's thread and in one of its own: comes up, refuses with words, goes
 * down. The site is a port that nobody listens on, so it is off line all the time. */
#include "config.h"

#include "gateway-fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "sync-clock-system.h"
#include "sync-error.h"
#include "sync-service.h"
#include "sync-test-directory.h"

typedef struct
{
  char *directory;    /* (owned) */
  GSocket *site;      /* (owned): holds a port, and takes no connections */
  SyncConfig *config; /* (owned) */
  SyncClock *clock;   /* (owned) */
  SyncRandom *random; /* (owned) */
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) bound = NULL;
  g_autofree char *directory = NULL;
  g_autofree char *url = NULL;
  g_autoptr (GError) error = NULL;
  const char *environment[]
      = { NULL, NULL, "GATEWAY_PORT=0", "ERPNEXT_API_TOKEN=key", "ERPNEXT_API_SECRET=secret", NULL };

  self->directory = sync_test_directory_new ();
  self->site = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  g_assert_true (g_socket_bind (self->site, any, FALSE, NULL));
  bound = g_socket_get_local_address (self->site, NULL);
  directory = g_strconcat ("POSAWESOME_SYNC_DATA_DIR=", self->directory, NULL);
  url = g_strdup_printf ("ERPNEXT_BASE_URL=http://127.0.0.1:%u",
                         g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound)));
  environment[0] = directory;
  environment[1] = url;
  self->config = sync_config_new (NULL, environment, &error);
  g_assert_no_error (error);
  self->clock = sync_clock_system_new ();
  self->random = sync_random_kernel_new ();
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  sync_config_free (self->config);
  g_object_unref (self->site);
  gateway_fixture_settle ();
  g_assert_finalize_object (self->clock);
  g_object_unref (self->random);
  sync_test_directory_free (self->directory);
}

static void
ended_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **place = user_data;

  *place = g_object_ref (result);
}

static void
shut_down (SyncService *service)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  sync_service_shutdown_async (service, ended_cb, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (sync_service_shutdown_finish (service, result, &error));
  g_assert_no_error (error);
}

static char *
read_token (Fixture *self)
{
  g_autofree char *path = g_build_filename (self->directory, "gateway-token", NULL);
  char *token = NULL;

  g_assert_true (g_file_get_contents (path, &token, NULL, NULL));
  return token;
}

static guint
call_port (Fixture *self, guint port)
{
  g_autofree char *token = read_token (self);
  g_autofree char *request = g_strdup_printf ("GET /_sync/v1/status HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
                                              "Authorization: Bearer %s\r\nConnection: close\r\n\r\n",
                                              port, token);
  g_autoptr (Client) client = client_new (port, request, -1);

  client_run (client);
  return client->status;
}

static void
test_up_and_down (Fixture *self, gconstpointer data)
{
  g_autoptr (SyncService) service = sync_service_new (self->config, self->clock, self->random);
  g_autofree char *port_path = g_build_filename (self->directory, "gateway-port", NULL);
  g_autofree char *first_token = NULL;
  g_autofree char *second_token = NULL;
  g_autoptr (GError) error = NULL;

  for (guint round = 0; round < 2; round++)
    {
      g_assert_true (sync_service_start (service, &error));
      g_assert_no_error (error);
      g_assert_true (g_file_test (port_path, G_FILE_TEST_EXISTS));
      g_assert_cmpuint (call_port (self, sync_gateway_get_port (sync_service_get_gateway (service))), ==,
                        200);
      if (round == 0)
        first_token = read_token (self);
      else
        second_token = read_token (self);
      shut_down (service);
      g_assert_false (g_file_test (port_path, G_FILE_TEST_EXISTS));
      g_assert_null (sync_service_get_engine (service));
    }
  g_assert_cmpstr (first_token, ==, second_token);
}

/* What a kill in the middle of a write to the disk may leave: a file with a page of nonsense. */
static void
leave_damage (Fixture *self)
{
  char *left = sync_test_directory_new ();
  g_autofree char *path = g_build_filename (left, SYNC_STORE_FILE, NULL);
  g_autofree char *log = g_strconcat (path, "-wal", NULL);
  g_autoptr (SyncStore) store = NULL;
  char page[4096];
  FILE *file;

  store = sync_store_open (self->directory, NULL, self->clock, NULL);
  g_assert_nonnull (store);
  sync_store_close (store);
  g_clear_object (&store);
  store = sync_store_open (self->directory, NULL, self->clock, NULL);
  for (int i = 0; i < 50; i++)
    g_assert_true (sync_store_set_metadata (store, "x", "y", NULL));
  sync_test_directory_copy (self->directory, left);
  sync_store_close (store);
  g_clear_object (&store);
  memset (page, 'z', sizeof page);
  file = g_fopen (path, "r+be");
  /* The root of a table that nobody reads at the start. */
  g_assert_cmpint (fseek (file, 30 * (long) sizeof page, SEEK_SET), ==, 0);
  g_assert_cmpuint (fwrite (page, sizeof page, 1, file), ==, 1);
  fclose (file);
  sync_test_directory_copy (left, self->directory);
  sync_test_directory_free (left);
}

static void
test_damage_is_told (Fixture *self, gconstpointer data)
{
  g_autoptr (SyncService) service = sync_service_new (self->config, self->clock, self->random);
  g_autoptr (SyncSnapshot) snapshot = NULL;

  leave_damage (self);
  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, "*damaged*");
  g_assert_true (sync_service_start (service, NULL));
  snapshot = sync_engine_dup_snapshot (sync_service_get_engine (service));
  while (snapshot->notice == NULL)
    {
      g_main_context_iteration (NULL, TRUE);
      sync_snapshot_free (snapshot);
      snapshot = sync_engine_dup_snapshot (sync_service_get_engine (service));
    }
  g_test_message ("%s", snapshot->notice);
  g_assert_nonnull (strstr (snapshot->notice, "damaged"));
  g_test_assert_expected_messages ();
  shut_down (service);
}

static void
expect_refusal (Fixture *self, const SyncConfig *config, int code, const char *words)
{
  g_autoptr (SyncService) service = sync_service_new (config, self->clock, self->random);
  g_autoptr (GError) error = NULL;

  g_assert_false (sync_service_start (service, &error));
  g_test_message ("%s", error->message);
  g_assert_error (error, SYNC_ERROR, code);
  g_assert_nonnull (strstr (error->message, words));
  g_assert_null (strchr (error->message, '\n'));
}

static void
test_refusals (Fixture *self, gconstpointer data)
{
  g_autoptr (SyncService) service = sync_service_new (self->config, self->clock, self->random);
  g_autoptr (SyncService) again = sync_service_new (self->config, self->clock, self->random);
  g_autoptr (SyncConfig) no_site = sync_config_copy (self->config);
  g_autoptr (SyncConfig) no_directory = sync_config_copy (self->config);
  g_autoptr (SyncConfig) no_routes = sync_config_copy (self->config);
  g_autoptr (SyncConfig) no_port = sync_config_copy (self->config);
  g_autofree char *pid = g_strdup_printf ("%d", (int) getpid ());
  g_autofree char *file = g_build_filename (self->directory, "file", NULL);
  g_autofree char *other = g_build_filename (self->directory, "other", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (sync_service_start (service, &error));
  g_assert_no_error (error);
  expect_refusal (self, self->config, SYNC_ERROR_LOCKED, pid);

  g_clear_pointer (&no_site->base_url, g_free);
  expect_refusal (self, no_site, SYNC_ERROR_CONFIG, "ERPNEXT_BASE_URL");

  g_assert_true (g_file_set_contents (file, "", 0, NULL));
  g_free (no_directory->data_dir);
  no_directory->data_dir = g_build_filename (file, "data", NULL);
  expect_refusal (self, no_directory, SYNC_ERROR_STORAGE, file);

  g_free (no_port->data_dir);
  no_port->data_dir = g_strdup (other);
  no_port->gateway_port = sync_gateway_get_port (sync_service_get_gateway (service));
  expect_refusal (self, no_port, SYNC_ERROR_CONFIG, "GATEWAY_PORT");
  /* Nothing is held after a refusal. */
  no_port->gateway_port = 0;
  g_clear_object (&again);
  again = sync_service_new (no_port, self->clock, self->random);
  g_assert_true (sync_service_start (again, &error));
  g_assert_no_error (error);

  g_free (no_routes->route_file);
  no_routes->route_file = g_strdup (file);
  expect_refusal (self, no_routes, SYNC_ERROR_CONFIG, file);
}

static void
note_thread_cb (SyncEngine *engine, gpointer user_data)
{
  GAsyncQueue *queue = user_data;

  g_assert_true (SYNC_IS_ENGINE (engine));
  g_async_queue_push (queue, g_thread_self ());
}

static void
test_thread (Fixture *self, gconstpointer data)
{
  SyncServiceThread *thread = sync_service_thread_new (self->config, self->clock, self->random);
  g_autoptr (GAsyncQueue) queue = g_async_queue_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (sync_service_thread_get_port (thread), ==, 0);
  g_assert_true (sync_service_thread_start (thread, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (sync_service_thread_get_port (thread), !=, 0);
  g_assert_cmpuint (call_port (self, sync_service_thread_get_port (thread)), ==, 200);
  sync_service_thread_invoke (thread, note_thread_cb, g_async_queue_ref (queue),
                              (GDestroyNotify) g_async_queue_unref);
  g_assert_true (g_async_queue_pop (queue) != g_thread_self ());

  sync_service_thread_shutdown_async (thread, ended_cb, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (sync_service_thread_shutdown_finish (thread, result, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (sync_service_thread_get_port (thread), ==, 0);
  /* Too late: not called, and its data is freed all the same. */
  sync_service_thread_invoke (thread, note_thread_cb, g_async_queue_ref (queue),
                              (GDestroyNotify) g_async_queue_unref);
  g_clear_object (&result);
  g_assert_finalize_object (thread);
  g_assert_cmpint (g_async_queue_length (queue), ==, 0);
}

static void
test_thread_refusals (Fixture *self, gconstpointer data)
{
  g_autoptr (SyncServiceThread) first = sync_service_thread_new (self->config, self->clock, self->random);
  g_autoptr (SyncServiceThread) second = sync_service_thread_new (self->config, self->clock, self->random);
  g_autoptr (GError) error = NULL;

  g_assert_true (sync_service_thread_start (first, &error));
  g_assert_false (sync_service_thread_start (second, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_LOCKED);
  /* The first is dropped without a shutdown; its thread ends with it. */
}

#define ADD(name, func) g_test_add ("/sync/service/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("up-and-down", test_up_and_down);
  ADD ("damage-is-told", test_damage_is_told);
  ADD ("refusals", test_refusals);
  ADD ("thread", test_thread);
  ADD ("thread-refusals", test_thread_refusals);
  return g_test_run ();
}
