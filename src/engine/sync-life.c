/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the engine starts, turns, stops, and takes other settings. Stopping is like being killed, only politer: the next
 * start finds everything out. Engine's thread only. */
#include "config.h"

#include "sync-engine-private.h"

#include "sync-error.h"

/* How long a shutdown waits for answers that are under way; what is not back by then is found out at the next start.
 * A second less than the ten that the program may take to end. */
#define SHUTDOWN_WAIT_US (9 * G_USEC_PER_SEC)

/* Tells whoever waits for a shutdown that it is over. */
static void
finish_shutdown (SyncEngine *self)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->shutdown);

  sync_clock_clear_alarm (self->clock, &self->shutdown_alarm);
  if (task != NULL)
    g_task_return_boolean (task, TRUE);
}

static gboolean
kick_cb (gpointer user_data)
{
  g_autoptr (SyncEngine) self = g_object_ref (SYNC_ENGINE (user_data));

  g_clear_pointer (&self->kick_source, g_source_unref);
  if (self->shutdown != NULL && g_hash_table_size (self->operations) == 0)
    sync_engine_stop (self);
  else
    sync_dispatcher_run (self);
  return G_SOURCE_REMOVE;
}

/* Asks the dispatcher to look again, once, from the main loop. */
void
sync_engine_kick (SyncEngine *self)
{
  if (!self->running || self->kick_source != NULL)
    return;
  self->kick_source = g_idle_source_new ();
  g_source_set_priority (self->kick_source, G_PRIORITY_DEFAULT);
  g_source_set_callback (self->kick_source, kick_cb, self, NULL);
  g_source_set_static_name (self->kick_source, "[posawesome-sync] dispatch");
  g_source_attach (self->kick_source, self->context);
}

/* Undelivered requests all belong to one site, since it cannot be changed while there are any. So a row that names
 * another beside some of ours is a damaged one; it will be put aside when its turn comes, and stops no others. */
static gboolean
check_site (SyncEngine *self, GError **error)
{
  g_auto (SyncSites) sites = { 0 };
  g_autofree char *other = NULL;

  if (!sync_store_count_undelivered (self->store, self->config->base_url, &sites, NULL) || sites.n_other == 0
      || sites.n_own > 0)
    return TRUE;
  other = g_utf8_make_valid (sites.other != NULL ? sites.other : "", -1);
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED,
               "%u undelivered requests belong to %s, not to %s: set ERPNEXT_BASE_URL back to %s, start, and deliver or"
               " discard them before the site changes",
               sites.n_other, other, self->config->base_url, other);
  return FALSE;
}

/**
 * sync_engine_start:
 * @self: an engine that is not running
 * @error: %SYNC_ERROR_CONFIG if no site is set, %SYNC_ERROR_REFUSED if undelivered requests belong to another site
 *   (both permanent until somebody acts)
 *
 * Begins to deliver. Whatever is due is sent as soon as the main loop turns, however long the program was away; unless a
 * person paused it or switched the line off, and nobody took that back.
 *
 * Returns: whether it runs
 */
gboolean
sync_engine_start (SyncEngine *self, GError **error)
{
  sync_engine_assert_own_context (self);
  if (self->running)
    return TRUE;
  if (self->config->base_url == NULL)
    {
      g_set_error_literal (error, SYNC_ERROR, SYNC_ERROR_CONFIG, "no site is set; set ERPNEXT_BASE_URL");
      return FALSE;
    }
  if (!check_site (self, error))
    return FALSE;
  self->running = TRUE;
  sync_absence_begin (self);
  self->errands = g_cancellable_new ();
  self->stopping = FALSE;
  sync_switches_restore (self);
  sync_rest_take_up (self);
  sync_resolver_start (self);
  sync_engine_refresh (self);
  sync_engine_kick (self);
  return TRUE;
}

/**
 * sync_engine_stop:
 * @self: an engine
 *
 * Stops at once: nothing new is claimed, calls that are out are taken back and their rows stay `sending`, which the
 * next start reads as `unknown`. Submissions whose commit has not happened are refused. A shutdown that is under way ends
 * with it. Harmless if it is not running.
 */
void
sync_engine_stop (SyncEngine *self)
{
  sync_engine_assert_own_context (self);
  sync_submit_refuse_all (self);
  if (!self->running)
    {
      finish_shutdown (self);
      return;
    }
  /* Answers that are here already are worth keeping. */
  while (!g_queue_is_empty (&self->answered))
    sync_delivery_record (g_queue_pop_head (&self->answered));
  self->running = FALSE;
  sync_clock_clear_alarm (self->clock, &self->alarm);
  if (self->kick_source != NULL)
    {
      g_source_destroy (self->kick_source);
      g_clear_pointer (&self->kick_source, g_source_unref);
    }
  g_queue_clear_full (&self->batch, (GDestroyNotify) sync_request_unref);
  g_cancellable_cancel (self->errands);
  g_clear_object (&self->errands);
  if (self->probe != NULL)
    g_cancellable_cancel (self->probe);
  g_clear_object (&self->probe);
  sync_probe_end_checks (self);
  while (!g_queue_is_empty (&self->unwritten))
    sync_operation_end (g_queue_pop_head (&self->unwritten));
  sync_operation_cancel (self, TRUE);
  self->sweeping = FALSE;
  finish_shutdown (self);
}

static void
waited_for_shutdown_cb (gpointer user_data)
{
  SyncEngine *self = SYNC_ENGINE (user_data);

  self->shutdown_alarm = 0;
  sync_engine_stop (self);
}

/**
 * sync_engine_safe_shutdown_async:
 * @self: an engine
 * @cancellable: (nullable): not used to shorten the wait; call sync_engine_stop() for that
 * @callback: called when it has stopped, at most 9 seconds later
 * @user_data: for @callback
 *
 * Stops with care: no new claims, answers to sends under way are awaited up to 9 s and recorded, what is not back by then stays
 * `sending`. The time of the last sync is in the database already.
 */
void
sync_engine_safe_shutdown_async (SyncEngine *self, GCancellable *cancellable, GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  sync_engine_assert_own_context (self);
  g_task_set_source_tag (task, sync_engine_safe_shutdown_async);
  g_task_set_check_cancellable (task, FALSE);
  if (self->shutdown != NULL)
    {
      g_task_return_new_error (task, SYNC_ERROR, SYNC_ERROR_REFUSED, "the engine is shutting down already");
      return;
    }
  self->stopping = TRUE;
  self->shutdown = g_steal_pointer (&task);
  if (g_hash_table_size (self->operations) == 0)
    {
      sync_engine_stop (self);
      return;
    }
  /* A look can be made again; nobody waits for it. */
  sync_operation_cancel (self, FALSE);
  self->shutdown_alarm
    = sync_clock_add_alarm (self->clock, sync_clock_boot_us (self->clock) + SHUTDOWN_WAIT_US, waited_for_shutdown_cb, self);
}

/**
 * sync_engine_safe_shutdown_finish:
 * @self: an engine
 * @result: what the callback got
 * @error: %SYNC_ERROR_REFUSED if another shutdown was under way (permanent)
 *
 * Returns: whether it has stopped
 */
gboolean
sync_engine_safe_shutdown_finish (SyncEngine *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * sync_engine_set_config:
 * @self: an engine, running or not
 * @config: the new settings
 * @error: %SYNC_ERROR_REFUSED if the site would change while undelivered requests belong to the present one (permanent);
 *   %SYNC_ERROR_STORAGE or %SYNC_ERROR_CORRUPT if that cannot be told
 *
 * Changes the settings of a running engine. What is in flight ends under the old ones.
 *
 * Returns: whether they were taken
 */
gboolean
sync_engine_set_config (SyncEngine *self, const SyncConfig *config, GError **error)
{
  g_auto (SyncSites) sites = { 0 };

  sync_engine_assert_own_context (self);
  /* What waits in memory is of the present site, too. */
  sync_submit_flush (self);
  if (g_strcmp0 (config->base_url, self->config->base_url) != 0)
    {
      const char *site = config->base_url != NULL ? config->base_url : "";

      if (!sync_store_count_undelivered (self->store, site, &sites, error))
        return FALSE;
      if (sites.n_other > 0)
        {
          g_set_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED,
                       "the site cannot change while %u undelivered requests belong to %s; deliver or discard them first",
                       sites.n_other, self->config->base_url);
          return FALSE;
        }
    }
  if (g_strcmp0 (config->base_url, self->config->base_url) != 0)
    {
      gboolean metered = self->breaker.metered;

      sync_breaker_init (&self->breaker);
      self->breaker.metered = metered;
      self->tried_ms = 0;
      sync_server_clock_init (&self->server_clock);
      g_hash_table_remove_all (self->trust);
      sync_zone_forget (self);
      g_clear_pointer (&self->user, g_free);
    }
  sync_config_free (self->config);
  self->config = sync_config_copy (config);
  sync_engine_refresh (self);
  sync_engine_kick (self);
  return TRUE;
}

/**
 * sync_engine_get_config:
 * @self: an engine
 *
 * Returns: (transfer none): the settings it runs with
 */
const SyncConfig *
sync_engine_get_config (SyncEngine *self)
{
  return self->config;
}
