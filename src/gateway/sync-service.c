/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One data directory's store, transport, engine and doors, put together and taken apart in the right order.
 * All of it belongs to the thread-default main context of the thread that calls sync_service_start(). */
#include "config.h"

#include "sync-service.h"

#include "sync-bus-object.h"
#include "sync-error.h"
#include "sync-hook-program.h"
#include "sync-key-file.h"
#include "sync-transport-soup.h"

struct _SyncService
{
  GObject parent_instance;

  SyncConfig *config;           /* (owned) */
  SyncClock *clock;             /* (owned) */
  SyncRandom *random;           /* (owned) */
  SyncStore *store;             /* (owned) (nullable): NULL unless started */
  SyncCredentials *credentials; /* (owned) (nullable): likewise */
  SyncEngine *engine;           /* (owned) (nullable): likewise */
  SyncGateway *gateway;         /* (owned) (nullable): likewise */
  GDBusConnection *bus;         /* (owned) (nullable): NULL: there is none */
  SyncBusObject *bus_object;    /* (owned) (nullable): NULL unless started, and without a bus */
  GCancellable *loading;        /* (owned) (nullable): the credentials are being fetched */
};

G_DEFINE_FINAL_TYPE (SyncService, sync_service, G_TYPE_OBJECT)

/* Takes down what is there, from the door inwards. */
static void
take_down (SyncService *self)
{
  if (self->loading != NULL)
    g_cancellable_cancel (self->loading);
  g_clear_object (&self->loading);
  if (self->bus_object != NULL)
    sync_bus_object_close (self->bus_object);
  g_clear_object (&self->bus_object);
  if (self->gateway != NULL)
    g_object_run_dispose (G_OBJECT (self->gateway));
  g_clear_object (&self->gateway);
  if (self->engine != NULL)
    sync_engine_stop (self->engine);
  g_clear_object (&self->engine);
  g_clear_object (&self->credentials);
  if (self->store != NULL)
    sync_store_close (self->store);
  g_clear_object (&self->store);
}

static void
credentials_loaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncService) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!sync_credentials_load_finish (SYNC_CREDENTIALS (source), result, &error)
      && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_message ("no stored API key could be read: %s", error->message);
  if (self->engine != NULL && self->credentials == SYNC_CREDENTIALS (source))
    sync_engine_credentials_changed (self->engine);
  g_clear_object (&self->loading);
}

/* The whole file is read, which takes its time, so it is done beside the work. */
static void
check_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  g_autoptr (SyncStore) reader = NULL;
  GError *error = NULL;

  reader = sync_store_open_reader (task_data, &error);
  if (reader != NULL && sync_store_check (reader, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
checked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SyncService *self = SYNC_SERVICE (source);
  g_autoptr (GError) error = NULL;

  if (g_task_propagate_boolean (G_TASK (result), &error) || self->engine == NULL
      || !g_error_matches (error, SYNC_ERROR, SYNC_ERROR_CORRUPT))
    return;
  g_message ("%s", error->message);
  sync_engine_add_notice (self->engine, error->message);
}

/* What a person should know of the database that was found; after an unclean end it is read through once. */
static void
examine_store (SyncService *self)
{
  const char *report = sync_store_get_loss_report (self->store);
  g_autoptr (GTask) task = NULL;

  if (report != NULL)
    {
      g_message ("%s", report);
      sync_engine_add_notice (self->engine, report);
    }
  if (sync_store_get_ended_clean (self->store))
    return;
  task = g_task_new (self, NULL, checked_cb, NULL);
  g_task_set_source_tag (task, examine_store);
  g_task_set_task_data (task, g_strdup (self->config->data_dir), g_free);
  g_task_run_in_thread (task, check_thread);
}

/* The Secret Service may ask a person to unlock it; nothing waits for that. */
static void
load_credentials (SyncService *self)
{
  self->loading = g_cancellable_new ();
  sync_credentials_load_async (self->credentials, self->loading, credentials_loaded_cb, g_object_ref (self));
}

/* (transfer full) (nullable): machine-id(5) */
static char *
dup_machine_id (void)
{
  char *text = NULL;

  if (!g_file_get_contents ("/etc/machine-id", &text, NULL, NULL)
      && !g_file_get_contents ("/var/lib/dbus/machine-id", &text, NULL, NULL))
    return NULL;
  g_strstrip (text);
  /* So it reads while a new machine starts for the first time. */
  if (g_str_equal (text, "uninitialized"))
    *text = '\0';
  return text;
}

static SyncStore *
open_store (const SyncConfig *config, SyncClock *clock, GError **error)
{
  SyncStoreOptions options = SYNC_STORE_OPTIONS_INIT;
  g_autofree char *machine_id = dup_machine_id ();

  options.witness_directory = config->state_dir;
  options.machine_id = machine_id;
  return sync_store_open (config->data_dir, &options, clock, error);
}

/* Who decides about conflicts: the shop's programs, and its policies for fields. */
static gboolean
set_deciders (SyncService *self, GError **error)
{
  g_autofree char *directory = sync_hook_program_dup_directory ();
  g_autoptr (SyncMergePolicies) policies = sync_merge_policies_new_for_shop (error);
  g_autoptr (SyncHooks) hooks = sync_hooks_new (self->clock, directory);

  if (policies == NULL)
    return FALSE;
  sync_engine_set_merge_policies (self->engine, policies);
  sync_engine_set_hooks (self->engine, hooks);
  return TRUE;
}

static gboolean
put_together (SyncService *self, GError **error)
{
  g_autoptr (SyncRouteTable) routes = NULL;
  g_autoptr (SyncTransport) transport = NULL;
  g_autofree char *key_file = sync_key_file_dup_path ();
  g_autofree char *origin = NULL;

  if (self->config->base_url == NULL)
    {
      g_set_error_literal (error, SYNC_ERROR, SYNC_ERROR_CONFIG,
                           "ERPNEXT_BASE_URL is not set; set it to the address of the ERPNext site");
      return FALSE;
    }
  origin = sync_config_dup_origin (self->config);
  routes = sync_route_table_new (self->config->route_file, error);
  if (routes == NULL)
    return FALSE;
  self->store = open_store (self->config, self->clock, error);
  if (self->store == NULL)
    return FALSE;
  transport = sync_transport_soup_new (self->clock);
  self->credentials = sync_credentials_new (origin, self->config->api_token, self->config->api_secret);
  sync_credentials_set_clock (self->credentials, self->clock);
  sync_credentials_set_file (self->credentials, key_file);
  self->engine = sync_engine_new (self->config, self->store, transport, self->credentials, routes,
                                  self->clock, self->random);
  if (!set_deciders (self, error))
    return FALSE;
  self->gateway = sync_gateway_new (self->engine, self->clock, self->random);
  return TRUE;
}

/* The other door. One that cannot be opened is no reason not to work. */
static void
join_bus (SyncService *self)
{
  g_autoptr (GError) error = NULL;

  if (self->bus == NULL)
    return;
  self->bus_object = sync_bus_object_new (self->engine, self->clock);
  if (!sync_bus_object_export (self->bus_object, self->bus, &error))
    g_message ("nothing can be asked over the session bus: %s", error->message);
}

static void
sync_service_dispose (GObject *object)
{
  SyncService *self = SYNC_SERVICE (object);

  take_down (self);
  g_clear_object (&self->clock);
  g_clear_object (&self->random);
  g_clear_object (&self->bus);
  g_clear_pointer (&self->config, sync_config_free);
  G_OBJECT_CLASS (sync_service_parent_class)->dispose (object);
}

static void
sync_service_class_init (SyncServiceClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sync_service_dispose;
}

static void
sync_service_init (SyncService *self)
{
}

/**
 * sync_service_new:
 * @config: the settings; copied
 * @clock: (transfer none): the time
 * @random: (transfer none): chance, fit for keys
 *
 * Returns: (transfer full): a service that is not started; it opens nothing yet
 */
SyncService *
sync_service_new (const SyncConfig *config, SyncClock *clock, SyncRandom *random)
{
  SyncService *self = g_object_new (SYNC_TYPE_SERVICE, NULL);

  self->config = sync_config_copy (config);
  self->clock = g_object_ref (clock);
  self->random = g_object_ref (random);
  return self;
}

/**
 * sync_service_set_bus:
 * @self: a service that is not started
 * @bus: the session bus
 *
 * Has it take calls over a bus, too.
 */
void
sync_service_set_bus (SyncService *self, GDBusConnection *bus)
{
  g_return_if_fail (self->store == NULL);
  g_set_object (&self->bus, bus);
}

/**
 * sync_service_start:
 * @self: a service that is not started
 * @error: %SYNC_ERROR_CONFIG (no site, the port is in use, a bad route file), %SYNC_ERROR_REFUSED
 * (undelivered requests of another site), %SYNC_ERROR_NEWER (all permanent until somebody acts);
 * %SYNC_ERROR_LOCKED (another process, named by its pid), %SYNC_ERROR_STORAGE, %SYNC_ERROR_DISK_FULL
 * (transient)
 *
 * Opens the data directory, listens, and begins to deliver. When it returns TRUE, `gateway-token` and
 * `gateway-port` are written, the object is on the bus, and work is accepted as soon as the main loop turns. When it returns FALSE,
 * nothing is left open.
 *
 * Returns: whether it runs
 */
gboolean
sync_service_start (SyncService *self, GError **error)
{
  g_return_val_if_fail (self->store == NULL, FALSE);

  if (!put_together (self, error) || !sync_gateway_listen (self->gateway, self->config->gateway_port, error)
      || !sync_engine_start (self->engine, error))
    {
      take_down (self);
      return FALSE;
    }
  join_bus (self);
  load_credentials (self);
  examine_store (self);
  return TRUE;
}

static gboolean
answers_written_cb (gpointer user_data)
{
  GTask *task = user_data;

  take_down (g_task_get_source_object (task));
  g_task_return_boolean (task, TRUE);
  return G_SOURCE_REMOVE;
}

static void
engine_ended_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GSource) idle = NULL;
  GError *error = NULL;

  if (!sync_engine_safe_shutdown_finish (SYNC_ENGINE (source), result, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  /* Those whose calls the engine has just answered or refused get to read it first. */
  idle = g_idle_source_new ();
  g_source_set_priority (idle, G_PRIORITY_LOW);
  g_source_set_static_name (idle, "[posawesome-sync] take down");
  g_source_set_callback (idle, answers_written_cb, g_steal_pointer (&task), g_object_unref);
  g_source_attach (idle, g_main_context_get_thread_default ());
}

/**
 * sync_service_shutdown_async:
 * @self: a service
 * @callback: called when everything is closed, about 10 seconds later at most
 * @user_data: for @callback
 *
 * Ends with care: no more calls are taken, the engine claims nothing new and waits up to 10 s for
 * what is under way, the store is closed. A service that is not started ends at once.
 */
void
sync_service_shutdown_async (SyncService *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, sync_service_shutdown_async);
  if (self->engine == NULL)
    {
      g_task_return_boolean (task, TRUE);
      return;
    }
  if (self->bus_object != NULL)
    sync_bus_object_close (self->bus_object);
  sync_gateway_close (self->gateway);
  sync_engine_safe_shutdown_async (self->engine, NULL, engine_ended_cb, g_steal_pointer (&task));
}

/**
 * sync_service_shutdown_finish:
 * @self: a service
 * @result: what the callback got
 * @error: %SYNC_ERROR_REFUSED if a shutdown was under way already (permanent)
 *
 * Returns: whether it has ended
 */
gboolean
sync_service_shutdown_finish (SyncService *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * sync_service_get_engine:
 * @self: a service
 *
 * Returns: (transfer none) (nullable): the engine, %NULL unless it is started
 */
SyncEngine *
sync_service_get_engine (SyncService *self)
{
  return self->engine;
}

/**
 * sync_service_get_gateway:
 * @self: a service
 *
 * Returns: (transfer none) (nullable): the gateway, %NULL unless it is started
 */
SyncGateway *
sync_service_get_gateway (SyncService *self)
{
  return self->gateway;
}
