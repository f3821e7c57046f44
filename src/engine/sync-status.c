/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine in the main thread: a mirror that the window binds to. The engine's thread leaves its newest snapshot
 * under a lock and wakes the main thread at most ten times a second; neither ever waits for the other. */
#include "config.h"

#include "sync-status.h"

/* Ten updates a second are as many as a person can read, and few enough for a busy till. */
#define UPDATE_INTERVAL_US (G_USEC_PER_SEC / 10)

typedef enum
{
  PROP_STATE = 1,
  PROP_CONDITION,
  PROP_N_PENDING,
  PROP_N_UNKNOWN,
  PROP_N_CONFLICTS,
  PROP_N_FAILED,
  PROP_PROGRESS_DONE,
  PROP_PROGRESS_TOTAL,
  PROP_LAST_SYNC_MS,
  PROP_PAUSED,
  PROP_SAFE_TO_CLOSE,
} SyncStatusProperty;

enum
{
  SIGNAL_CHANGED,
  SIGNAL_REQUESTS_CHANGED,
  N_SIGNALS
};

struct _SyncStatus
{
  GObject parent_instance;

  GMainContext *main_context; /* (owned): where properties and signals live */
  SyncClock *clock;           /* (owned) */
  SyncSnapshot *snapshot;     /* (owned): main thread only */

  /* The engine's side; its thread only. */
  SyncEngine *engine;         /* (unowned) (nullable): NULL again when it goes */
  guint alarm;                /* the next update, 0: none is due */
  gint64 updated_us;          /* boot clock: when the last one was sent */
  gboolean rows_changed;      /* since the last one */

  /* Between the two. */
  GMutex lock;
  SyncSnapshot *fresh;        /* (owned) (nullable): not yet taken by the main thread */
  gboolean fresh_rows;
};

static GParamSpec *properties[PROP_SAFE_TO_CLOSE + 1];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SyncStatus, sync_status, G_TYPE_OBJECT)

static void
notify_if (SyncStatus *self, gboolean changed, SyncStatusProperty property)
{
  if (changed)
    g_object_notify_by_pspec (G_OBJECT (self), properties[property]);
}

static guint
n_pending (const SyncSnapshot *snapshot)
{
  return snapshot->counts.n[SYNC_STATE_PENDING] + snapshot->counts.n[SYNC_STATE_SENDING];
}

static void
notify_differences (SyncStatus *self, const SyncSnapshot *old)
{
  const SyncSnapshot *now = self->snapshot;

  g_object_freeze_notify (G_OBJECT (self));
  notify_if (self, old->state != now->state, PROP_STATE);
  notify_if (self, old->condition != now->condition, PROP_CONDITION);
  notify_if (self, n_pending (old) != n_pending (now), PROP_N_PENDING);
  notify_if (self, old->counts.n[SYNC_STATE_UNKNOWN] != now->counts.n[SYNC_STATE_UNKNOWN], PROP_N_UNKNOWN);
  notify_if (self, old->counts.n[SYNC_STATE_CONFLICT] != now->counts.n[SYNC_STATE_CONFLICT], PROP_N_CONFLICTS);
  notify_if (self, old->counts.n[SYNC_STATE_FAILED] != now->counts.n[SYNC_STATE_FAILED], PROP_N_FAILED);
  notify_if (self, old->progress_done != now->progress_done, PROP_PROGRESS_DONE);
  notify_if (self, old->progress_total != now->progress_total, PROP_PROGRESS_TOTAL);
  notify_if (self, old->last_sync_ms != now->last_sync_ms, PROP_LAST_SYNC_MS);
  notify_if (self, old->paused != now->paused, PROP_PAUSED);
  notify_if (self, old->safe_to_close != now->safe_to_close, PROP_SAFE_TO_CLOSE);
  g_object_thaw_notify (G_OBJECT (self));
}

/* Main thread. */
static gboolean
take_fresh_cb (gpointer user_data)
{
  SyncStatus *self = SYNC_STATUS (user_data);
  g_autoptr (SyncSnapshot) old = NULL;
  SyncSnapshot *fresh;
  gboolean rows;

  g_mutex_lock (&self->lock);
  fresh = g_steal_pointer (&self->fresh);
  rows = self->fresh_rows;
  self->fresh_rows = FALSE;
  g_mutex_unlock (&self->lock);
  if (fresh == NULL)
    return G_SOURCE_REMOVE;
  old = g_steal_pointer (&self->snapshot);
  self->snapshot = fresh;
  notify_differences (self, old);
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
  if (rows)
    g_signal_emit (self, signals[SIGNAL_REQUESTS_CHANGED], 0);
  return G_SOURCE_REMOVE;
}

/* Engine's thread. */
static void
send_update (SyncStatus *self)
{
  gboolean idle;

  g_mutex_lock (&self->lock);
  idle = self->fresh == NULL;
  g_clear_pointer (&self->fresh, sync_snapshot_free);
  self->fresh = sync_engine_dup_snapshot (self->engine);
  self->fresh_rows |= self->rows_changed;
  g_mutex_unlock (&self->lock);
  self->rows_changed = FALSE;
  self->updated_us = sync_clock_boot_us (self->clock);
  if (idle)
    {
      /* Not g_main_context_invoke(): that would run it here while nobody owns the main context. */
      g_autoptr (GSource) source = g_idle_source_new ();

      g_source_set_priority (source, G_PRIORITY_DEFAULT);
      g_source_set_callback (source, take_fresh_cb, g_object_ref (self), g_object_unref);
      g_source_attach (source, self->main_context);
    }
}

static void
update_alarm_cb (gpointer user_data)
{
  SyncStatus *self = SYNC_STATUS (user_data);

  self->alarm = 0;
  send_update (self);
}

/* Engine's thread: the first change goes out at the next turn of its loop, the ones after it at most ten times a
 * second. */
static void
schedule_update (SyncStatus *self)
{
  gint64 now_us = sync_clock_boot_us (self->clock);

  if (self->alarm == 0)
    self->alarm = sync_clock_add_alarm (self->clock, MAX (now_us, self->updated_us + UPDATE_INTERVAL_US), update_alarm_cb, self);
}

static void
engine_changed_cb (SyncStatus *self)
{
  schedule_update (self);
}

static void
request_changed_cb (SyncStatus *self)
{
  self->rows_changed = TRUE;
  schedule_update (self);
}

static void
sync_status_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  const SyncSnapshot *snapshot = SYNC_STATUS (object)->snapshot;

  switch ((SyncStatusProperty) id)
    {
    case PROP_STATE:
      g_value_set_enum (value, snapshot->state);
      break;
    case PROP_CONDITION:
      g_value_set_enum (value, snapshot->condition);
      break;
    case PROP_N_PENDING:
      g_value_set_uint (value, n_pending (snapshot));
      break;
    case PROP_N_UNKNOWN:
      g_value_set_uint (value, snapshot->counts.n[SYNC_STATE_UNKNOWN]);
      break;
    case PROP_N_CONFLICTS:
      g_value_set_uint (value, snapshot->counts.n[SYNC_STATE_CONFLICT]);
      break;
    case PROP_N_FAILED:
      g_value_set_uint (value, snapshot->counts.n[SYNC_STATE_FAILED]);
      break;
    case PROP_PROGRESS_DONE:
      g_value_set_uint (value, snapshot->progress_done);
      break;
    case PROP_PROGRESS_TOTAL:
      g_value_set_uint (value, snapshot->progress_total);
      break;
    case PROP_LAST_SYNC_MS:
      g_value_set_int64 (value, snapshot->last_sync_ms);
      break;
    case PROP_PAUSED:
      g_value_set_boolean (value, snapshot->paused);
      break;
    case PROP_SAFE_TO_CLOSE:
      g_value_set_boolean (value, snapshot->safe_to_close);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
sync_status_finalize (GObject *object)
{
  SyncStatus *self = SYNC_STATUS (object);

  g_clear_pointer (&self->snapshot, sync_snapshot_free);
  g_clear_pointer (&self->fresh, sync_snapshot_free);
  g_clear_object (&self->clock);
  g_main_context_unref (self->main_context);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (sync_status_parent_class)->finalize (object);
}

static void
sync_status_class_init (SyncStatusClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->get_property = sync_status_get_property;
  object_class->finalize = sync_status_finalize;
  properties[PROP_STATE] = g_param_spec_enum ("state", NULL, NULL, SYNC_TYPE_ENGINE_STATE, SYNC_ENGINE_IDLE, flags);
  properties[PROP_CONDITION]
    = g_param_spec_enum ("condition", NULL, NULL, SYNC_TYPE_CONDITION, SYNC_CONDITION_ONLINE, flags);
  properties[PROP_N_PENDING] = g_param_spec_uint ("n-pending", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_N_UNKNOWN] = g_param_spec_uint ("n-unknown", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_N_CONFLICTS] = g_param_spec_uint ("n-conflicts", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_N_FAILED] = g_param_spec_uint ("n-failed", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_PROGRESS_DONE] = g_param_spec_uint ("progress-done", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_PROGRESS_TOTAL] = g_param_spec_uint ("progress-total", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_LAST_SYNC_MS] = g_param_spec_int64 ("last-sync-ms", NULL, NULL, 0, G_MAXINT64, 0, flags);
  properties[PROP_PAUSED] = g_param_spec_boolean ("paused", NULL, NULL, FALSE, flags);
  properties[PROP_SAFE_TO_CLOSE] = g_param_spec_boolean ("safe-to-close", NULL, NULL, TRUE, flags);
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
  signals[SIGNAL_CHANGED]
    = g_signal_new ("changed", SYNC_TYPE_STATUS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_REQUESTS_CHANGED]
    = g_signal_new ("requests-changed", SYNC_TYPE_STATUS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
sync_status_init (SyncStatus *self)
{
  g_mutex_init (&self->lock);
  self->snapshot = g_new0 (SyncSnapshot, 1);
  self->snapshot->safe_to_close = TRUE;
}

/**
 * sync_status_new:
 * @main_context: (nullable): where it lives, the default one if %NULL
 * @clock: for the coalescing
 *
 * Returns: (transfer full): a status that shows an engine with nothing to do, until one is attached
 */
SyncStatus *
sync_status_new (GMainContext *main_context, SyncClock *clock)
{
  SyncStatus *self = g_object_new (SYNC_TYPE_STATUS, NULL);

  self->main_context = g_main_context_ref (main_context != NULL ? main_context : g_main_context_default ());
  self->clock = g_object_ref (clock);
  return self;
}

/**
 * sync_status_get_clock:
 * @self: the status
 *
 * Returns: (transfer none): the clock that it goes by, for whoever shows what it tells
 */
SyncClock *
sync_status_get_clock (SyncStatus *self)
{
  return self->clock;
}

/* The engine is going, in its thread; its last words have been sent or are not needed. */
static void
engine_gone_cb (gpointer user_data, GObject *engine)
{
  SyncStatus *self = user_data;

  sync_clock_clear_alarm (self->clock, &self->alarm);
  self->engine = NULL;
}

/**
 * sync_status_attach:
 * @self: a status
 * @engine: what to show
 *
 * Begins to mirror, until the engine is gone. Called in the engine's thread; @self must live until then or until it is
 * detached.
 */
void
sync_status_attach (SyncStatus *self, SyncEngine *engine)
{
  g_return_if_fail (self->engine == NULL);

  self->engine = engine;
  g_object_weak_ref (G_OBJECT (engine), engine_gone_cb, self);
  g_signal_connect_swapped (engine, "notify", G_CALLBACK (engine_changed_cb), self);
  g_signal_connect_swapped (engine, "state-changed", G_CALLBACK (engine_changed_cb), self);
  g_signal_connect_swapped (engine, "request-changed", G_CALLBACK (request_changed_cb), self);
  self->rows_changed = TRUE;
  send_update (self);
}

/**
 * sync_status_detach:
 * @self: a status
 *
 * Ends it, after a last update. Called in the engine's thread; harmless if nothing is attached.
 */
void
sync_status_detach (SyncStatus *self)
{
  if (self->engine == NULL)
    return;
  sync_clock_clear_alarm (self->clock, &self->alarm);
  g_signal_handlers_disconnect_by_data (self->engine, self);
  g_object_weak_unref (G_OBJECT (self->engine), engine_gone_cb, self);
  send_update (self);
  self->engine = NULL;
}

/**
 * sync_status_get_snapshot:
 * @self: a status
 *
 * Returns: (transfer none): what was last heard of the engine; main thread only, valid until the next `changed`
 */
const SyncSnapshot *
sync_status_get_snapshot (SyncStatus *self)
{
  return self->snapshot;
}
