/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine's signals and properties on the bus. The first change goes out at the next turn of the loop, those after
 * it together, ten times a second at most: of what changed several times the last state only, so that the last one
 * always arrives. Engine's thread. */
#include "config.h"

#include "sync-bus-news.h"

#include <stdlib.h>

#include "sync-view.h"

/* As often as a person can read; a program that cares for each row asks for the list. */
#define INTERVAL_US (G_USEC_PER_SEC / 10)

struct _SyncBusNews
{
  SyncBus *bus;       /* (unowned): it owns the news */
  SyncEngine *engine; /* (owned) */
  SyncClock *clock;   /* (owned) */
  GHashTable *rows;   /* (owned) (element-type gint64 int): what each request that changed is now */
  guint alarm;        /* the next time, 0: nothing is due */
  gint64 told_us;     /* boot clock: the last time */
  gboolean state;     /* changed since then; so the next */
  gboolean progress;
  gboolean stale;     /* the properties are */
};

static guint
count (const SyncSnapshot *snapshot, SyncState state)
{
  return snapshot->counts.n[state];
}

static void
set_properties (SyncBusNews *self, const SyncSnapshot *snapshot)
{
  const SyncConfig *config = sync_engine_get_config (self->engine);

  self->stale = FALSE;
  sync_bus_set_state (self->bus, sync_engine_state_to_string (snapshot->state));
  sync_bus_set_condition (self->bus, sync_condition_to_string (snapshot->condition));
  sync_bus_set_pending (self->bus, count (snapshot, SYNC_STATE_PENDING) + count (snapshot, SYNC_STATE_SENDING));
  sync_bus_set_unknown (self->bus, count (snapshot, SYNC_STATE_UNKNOWN));
  sync_bus_set_conflicts (self->bus, count (snapshot, SYNC_STATE_CONFLICT));
  sync_bus_set_failed (self->bus, count (snapshot, SYNC_STATE_FAILED));
  sync_bus_set_progress_done (self->bus, snapshot->progress_done);
  sync_bus_set_progress_total (self->bus, snapshot->progress_total);
  sync_bus_set_last_sync_ms (self->bus, snapshot->last_sync_ms);
  sync_bus_set_paused (self->bus, snapshot->paused);
  sync_bus_set_safe_to_close (self->bus, snapshot->safe_to_close);
  sync_bus_set_version (self->bus, SYNC_VERSION);
  sync_bus_set_base_url (self->bus, config->base_url != NULL ? config->base_url : "");
  sync_bus_set_processing_interval (self->bus, config->processing_interval);
}

static int
compare_ids (gconstpointer a, gconstpointer b)
{
  gint64 left = **(const gint64 *const *) a, right = **(const gint64 *const *) b;

  return (left > right) - (left < right);
}

static void
tell_rows (SyncBusNews *self)
{
  guint n_ids;
  g_autofree gpointer *ids = g_hash_table_get_keys_as_array (self->rows, &n_ids);
  GVariantBuilder builder;

  qsort (ids, n_ids, sizeof *ids, compare_ids);
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(xs)"));
  for (guint i = 0; i < n_ids; i++)
    {
      const gint64 *id = ids[i];

      g_variant_builder_add (&builder, "(xs)", *id,
                             sync_state_to_string (GPOINTER_TO_INT (g_hash_table_lookup (self->rows, id))));
    }
  sync_bus_emit_request_changed (self->bus, g_variant_builder_end (&builder));
  g_hash_table_remove_all (self->rows);
}

static void
tell_state (SyncBusNews *self, const SyncSnapshot *snapshot)
{
  g_autofree char *status = sync_view_status (snapshot, sync_engine_get_config (self->engine));

  sync_bus_emit_sync_state_changed (self->bus, sync_engine_state_to_string (snapshot->state),
                                    sync_condition_to_string (snapshot->condition), status);
}

static void
tell (SyncBusNews *self)
{
  g_autoptr (SyncSnapshot) snapshot = sync_engine_dup_snapshot (self->engine);

  self->told_us = sync_clock_boot_us (self->clock);
  set_properties (self, snapshot);
  /* Whoever hears a signal finds the properties as it says. */
  g_dbus_interface_skeleton_flush (G_DBUS_INTERFACE_SKELETON (self->bus));
  if (g_hash_table_size (self->rows) > 0)
    tell_rows (self);
  if (self->progress)
    sync_bus_emit_sync_progress (self->bus, snapshot->progress_done, snapshot->progress_total);
  if (self->state)
    tell_state (self, snapshot);
  self->progress = self->state = FALSE;
}

static void
tell_alarm_cb (gpointer user_data)
{
  SyncBusNews *self = user_data;

  self->alarm = 0;
  tell (self);
}

static void
schedule (SyncBusNews *self)
{
  self->stale = TRUE;
  if (self->alarm == 0)
    self->alarm = sync_clock_add_alarm (
      self->clock, MAX (sync_clock_boot_us (self->clock), self->told_us + INTERVAL_US), tell_alarm_cb, self);
}

static void
notify_cb (SyncBusNews *self)
{
  schedule (self);
}

static void
state_changed_cb (SyncBusNews *self)
{
  self->state = TRUE;
  schedule (self);
}

static void
progress_cb (SyncBusNews *self)
{
  self->progress = TRUE;
  schedule (self);
}

static void
request_changed_cb (SyncEngine *engine, gint64 id, int state, gpointer user_data)
{
  SyncBusNews *self = user_data;

  g_hash_table_insert (self->rows, g_memdup2 (&id, sizeof id), GINT_TO_POINTER (state));
  schedule (self);
}

/* News and not states: each is told. */

static void
conflict_opened_cb (SyncEngine *engine, gint64 id, gint64 request_id, gpointer user_data)
{
  SyncBusNews *self = user_data;

  sync_bus_emit_conflict_opened (self->bus, id, request_id);
}

static void
conflict_resolved_cb (SyncEngine *engine, gint64 id, const char *resolution, gpointer user_data)
{
  SyncBusNews *self = user_data;

  sync_bus_emit_conflict_resolved (self->bus, id, resolution);
}

/**
 * sync_bus_news_new:
 * @bus: the object that tells them; it owns the news
 * @engine: whose
 * @clock: for the rate
 *
 * Returns: (transfer full): the news; the properties are set
 */
SyncBusNews *
sync_bus_news_new (SyncBus *bus, SyncEngine *engine, SyncClock *clock)
{
  SyncBusNews *self = g_new0 (SyncBusNews, 1);

  self->bus = bus;
  self->engine = g_object_ref (engine);
  self->clock = g_object_ref (clock);
  self->rows = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  self->told_us = sync_clock_boot_us (clock) - INTERVAL_US;
  self->stale = TRUE;
  g_signal_connect_swapped (engine, "notify", G_CALLBACK (notify_cb), self);
  g_signal_connect_swapped (engine, "state-changed", G_CALLBACK (state_changed_cb), self);
  g_signal_connect_swapped (engine, "progress", G_CALLBACK (progress_cb), self);
  g_signal_connect (engine, "request-changed", G_CALLBACK (request_changed_cb), self);
  g_signal_connect (engine, "conflict-opened", G_CALLBACK (conflict_opened_cb), self);
  g_signal_connect (engine, "conflict-resolved", G_CALLBACK (conflict_resolved_cb), self);
  sync_bus_news_refresh (self);
  return self;
}

/**
 * sync_bus_news_refresh:
 * @self: news
 *
 * Brings the properties up to date, for somebody who reads them before it is time to tell everybody.
 */
void
sync_bus_news_refresh (SyncBusNews *self)
{
  g_autoptr (SyncSnapshot) snapshot = NULL;

  if (!self->stale)
    return;
  snapshot = sync_engine_dup_snapshot (self->engine);
  set_properties (self, snapshot);
}

/**
 * sync_bus_news_free:
 * @self: (transfer full): news
 *
 * Tells what is left, and no more.
 */
void
sync_bus_news_free (SyncBusNews *self)
{
  g_signal_handlers_disconnect_by_data (self->engine, self);
  if (self->alarm != 0)
    tell (self);
  sync_clock_clear_alarm (self->clock, &self->alarm);
  g_hash_table_unref (self->rows);
  g_object_unref (self->clock);
  g_object_unref (self->engine);
  g_free (self);
}
