/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A service in a thread of its own, so that a slow disk never freezes a window and a busy window never delays
 * a sale. The service is made, used and destroyed in that thread only; other threads send functions there.
 * The fields below `lock` are what both sides see. */
#include "config.h"

#include "sync-service.h"

#include "sync-error.h"

typedef enum
{
  PHASE_NEW,
  PHASE_STARTING,
  PHASE_RUNNING,
  PHASE_ENDED, /* or it never came up */
} Phase;

struct _SyncServiceThread
{
  GObject parent_instance;

  SyncConfig *config;    /* (owned) */
  SyncClock *clock;      /* (owned) */
  SyncRandom *random;    /* (owned) */
  GDBusConnection *bus;  /* (owned) (nullable): NULL: there is none */
  GMainContext *context; /* (owned): the thread's */
  GThread *thread;       /* (owned) (nullable) */
  SyncService *service;  /* (owned by the thread) (nullable): touched in the thread only */
  GMainLoop *loop;       /* (owned) */

  GMutex lock;
  GCond changed;         /* phase */
  Phase phase;
  GError *start_error;   /* (owned) (nullable): why it did not come up */
  guint port;            /* of the gateway, 0 unless running */
};

G_DEFINE_FINAL_TYPE (SyncServiceThread, sync_service_thread, G_TYPE_OBJECT)

static void
set_phase (SyncServiceThread *self, Phase phase, GError *error, guint port)
{
  g_mutex_lock (&self->lock);
  self->phase = phase;
  self->port = port;
  if (error != NULL)
    self->start_error = error;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

static gpointer
service_thread_func (gpointer data)
{
  SyncServiceThread *self = data;
  GError *error = NULL;

  g_main_context_push_thread_default (self->context);
  self->service = sync_service_new (self->config, self->clock, self->random);
  if (self->bus != NULL)
    sync_service_set_bus (self->service, self->bus);
  if (sync_service_start (self->service, &error))
    {
      set_phase (self, PHASE_RUNNING, NULL, sync_gateway_get_port (sync_service_get_gateway (self->service)));
      g_main_loop_run (self->loop);
    }
  g_clear_object (&self->service);
  /* Whatever still holds something of the service lets go of it in this thread. */
  while (g_main_context_iteration (self->context, FALSE))
    ;
  set_phase (self, PHASE_ENDED, error, 0);
  g_main_context_pop_thread_default (self->context);
  return NULL;
}

static gboolean
quit_cb (gpointer data)
{
  g_main_loop_quit (data);
  return G_SOURCE_REMOVE;
}

static void
sync_service_thread_dispose (GObject *object)
{
  SyncServiceThread *self = SYNC_SERVICE_THREAD (object);

  if (self->thread != NULL)
    {
      /* A program that did not shut it down: stop at once, as if killed; nothing durable is lost by that. */
      g_main_context_invoke (self->context, quit_cb, self->loop);
      g_thread_join (g_steal_pointer (&self->thread));
    }
  G_OBJECT_CLASS (sync_service_thread_parent_class)->dispose (object);
}

static void
sync_service_thread_finalize (GObject *object)
{
  SyncServiceThread *self = SYNC_SERVICE_THREAD (object);

  sync_config_free (self->config);
  g_object_unref (self->clock);
  g_object_unref (self->random);
  g_clear_object (&self->bus);
  g_main_loop_unref (self->loop);
  g_main_context_unref (self->context);
  g_clear_error (&self->start_error);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  G_OBJECT_CLASS (sync_service_thread_parent_class)->finalize (object);
}

static void
sync_service_thread_class_init (SyncServiceThreadClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sync_service_thread_dispose;
  G_OBJECT_CLASS (klass)->finalize = sync_service_thread_finalize;
}

static void
sync_service_thread_init (SyncServiceThread *self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->context = g_main_context_new ();
  self->loop = g_main_loop_new (self->context, FALSE);
}

/**
 * sync_service_thread_new:
 * @config: the settings; copied
 * @clock: (transfer none): the time; must be usable from several threads
 * @random: (transfer none): chance; likewise
 *
 * Returns: (transfer full): a service thread that is not started
 */
SyncServiceThread *
sync_service_thread_new (const SyncConfig *config, SyncClock *clock, SyncRandom *random)
{
  SyncServiceThread *self = g_object_new (SYNC_TYPE_SERVICE_THREAD, NULL);

  self->config = sync_config_copy (config);
  self->clock = g_object_ref (clock);
  self->random = g_object_ref (random);
  return self;
}

/**
 * sync_service_thread_set_bus:
 * @self: a service thread that was never started
 * @bus: the session bus
 *
 * Has its service take calls over a bus, too, in its thread.
 */
void
sync_service_thread_set_bus (SyncServiceThread *self, GDBusConnection *bus)
{
  g_return_if_fail (self->phase == PHASE_NEW);
  g_set_object (&self->bus, bus);
}

/**
 * sync_service_thread_start:
 * @self: a service thread that was never started
 * @error: as of sync_service_start()
 *
 * Starts the thread and waits until its service runs or has failed to start.
 *
 * Returns: whether it runs
 */
gboolean
sync_service_thread_start (SyncServiceThread *self, GError **error)
{
  gboolean running;

  g_return_val_if_fail (self->phase == PHASE_NEW, FALSE);

  self->phase = PHASE_STARTING;
  /* Made before there are two threads. GIO makes the resolver of proxies under a lock, and libproxy 0.5 asks for the file
   * system meanwhile; a thread that is just making that one waits for the lock, and neither ever goes on. */
  g_vfs_get_default ();
  g_proxy_resolver_get_default ();
  self->thread = g_thread_new ("sync-service", service_thread_func, self);
  g_mutex_lock (&self->lock);
  while (self->phase == PHASE_STARTING)
    g_cond_wait (&self->changed, &self->lock);
  running = self->phase == PHASE_RUNNING;
  if (!running)
    g_propagate_error (error, g_steal_pointer (&self->start_error));
  g_mutex_unlock (&self->lock);
  if (!running)
    g_thread_join (g_steal_pointer (&self->thread));
  return running;
}

typedef struct
{
  SyncServiceThread *self; /* (unowned): lives until this has run */
  SyncEngineFunc func;
  gpointer user_data;      /* (owned) if there is @destroy */
  GDestroyNotify destroy;
} Invocation;

static void
invocation_free (gpointer data)
{
  Invocation *invocation = data;

  if (invocation->destroy != NULL)
    invocation->destroy (invocation->user_data);
  g_free (invocation);
}

static gboolean
invoke_cb (gpointer data)
{
  Invocation *invocation = data;
  SyncService *service = invocation->self->service;
  SyncEngine *engine = service != NULL ? sync_service_get_engine (service) : NULL;

  if (engine != NULL)
    invocation->func (engine, invocation->user_data);
  return G_SOURCE_REMOVE;
}

/**
 * sync_service_thread_invoke:
 * @self: a service thread
 * @func: called in the engine's thread; not at all if the service has ended by then
 * @user_data: for @func
 * @destroy: (nullable): frees @user_data, in either case, in whichever thread lets go of it last
 *
 * Sends a function to the engine's thread. Does not wait; functions run in the order in which they were sent.
 * @self must live until it has run, which it does as long as it is not disposed of.
 */
void
sync_service_thread_invoke (SyncServiceThread *self, SyncEngineFunc func, gpointer user_data,
                            GDestroyNotify destroy)
{
  Invocation *invocation = g_new0 (Invocation, 1);
  g_autoptr (GSource) source = g_idle_source_new ();

  invocation->self = self;
  invocation->func = func;
  invocation->user_data = user_data;
  invocation->destroy = destroy;
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_static_name (source, "[posawesome-sync] invoke");
  g_source_set_callback (source, invoke_cb, invocation, invocation_free);
  g_source_attach (source, self->context);
}

static void
service_ended_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  SyncServiceThread *self = g_task_get_source_object (task);
  GError *error = NULL;

  if (sync_service_shutdown_finish (SYNC_SERVICE (object), result, &error))
    {
      g_main_loop_quit (self->loop);
      g_task_return_boolean (task, TRUE);
    }
  else
    g_task_return_error (task, error);
}

static gboolean
shutdown_cb (gpointer data)
{
  GTask *task = data;
  SyncServiceThread *self = g_task_get_source_object (task);

  if (self->service == NULL)
    g_task_return_boolean (task, TRUE);
  else
    sync_service_shutdown_async (self->service, service_ended_cb, g_object_ref (task));
  return G_SOURCE_REMOVE;
}

/**
 * sync_service_thread_shutdown_async:
 * @self: a service thread
 * @callback: called in the caller's thread-default main context when everything is closed
 * @user_data: for @callback
 *
 * Ends the service with care, as sync_service_shutdown_async() does, and then its thread.
 */
void
sync_service_thread_shutdown_async (SyncServiceThread *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  g_autoptr (GSource) source = NULL;

  g_task_set_source_tag (task, sync_service_thread_shutdown_async);
  if (self->thread == NULL)
    {
      g_task_return_boolean (task, TRUE);
      return;
    }
  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_static_name (source, "[posawesome-sync] shut down");
  g_source_set_callback (source, shutdown_cb, g_steal_pointer (&task), g_object_unref);
  g_source_attach (source, self->context);
}

/**
 * sync_service_thread_shutdown_finish:
 * @self: a service thread
 * @result: what the callback got
 * @error: %SYNC_ERROR_REFUSED if a shutdown was under way already (permanent)
 *
 * Returns: whether it has ended; then the thread is gone too
 */
gboolean
sync_service_thread_shutdown_finish (SyncServiceThread *self, GAsyncResult *result, GError **error)
{
  gboolean ended = g_task_propagate_boolean (G_TASK (result), error);

  if (ended && self->thread != NULL)
    g_thread_join (g_steal_pointer (&self->thread));
  return ended;
}

/**
 * sync_service_thread_get_port:
 * @self: a service thread
 *
 * Returns: the gateway's port, 0 unless it runs
 */
guint
sync_service_thread_get_port (SyncServiceThread *self)
{
  guint port;

  g_mutex_lock (&self->lock);
  port = self->port;
  g_mutex_unlock (&self->lock);
  return port;
}
