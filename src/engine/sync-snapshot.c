/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The names of states and conditions, and the snapshot: what is shown, as a value. */
#include "config.h"

#include "sync-engine-private.h"

static const GEnumValue state_values[] = {
  { SYNC_ENGINE_IDLE, "SYNC_ENGINE_IDLE", "idle" },
  { SYNC_ENGINE_SYNCING, "SYNC_ENGINE_SYNCING", "syncing" },
  { SYNC_ENGINE_FAILED, "SYNC_ENGINE_FAILED", "failed" },
  { 0, NULL, NULL },
};

static const GEnumValue condition_values[] = {
  { SYNC_CONDITION_ONLINE, "SYNC_CONDITION_ONLINE", "online" },
  { SYNC_CONDITION_OFFLINE, "SYNC_CONDITION_OFFLINE", "offline" },
  { SYNC_CONDITION_PAUSED, "SYNC_CONDITION_PAUSED", "paused" },
  { SYNC_CONDITION_SIGN_IN_NEEDED, "SYNC_CONDITION_SIGN_IN_NEEDED", "sign-in-needed" },
  { SYNC_CONDITION_NOT_OUR_SERVER, "SYNC_CONDITION_NOT_OUR_SERVER", "not-our-server" },
  { SYNC_CONDITION_THROTTLED, "SYNC_CONDITION_THROTTLED", "throttled" },
  { SYNC_CONDITION_STORAGE_TROUBLE, "SYNC_CONDITION_STORAGE_TROUBLE", "storage-trouble" },
  { 0, NULL, NULL },
};

GType
sync_engine_state_get_type (void)
{
  static gsize type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("SyncEngineState", state_values));
  return type;
}

GType
sync_condition_get_type (void)
{
  static gsize type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("SyncCondition", condition_values));
  return type;
}

/**
 * sync_engine_state_to_string:
 * @state: a state of the engine
 *
 * Returns: (transfer none): "idle", "syncing" or "failed"
 */
const char *
sync_engine_state_to_string (SyncEngineState state)
{
  return state_values[state].value_nick;
}

/**
 * sync_condition_to_string:
 * @condition: a condition
 *
 * Returns: (transfer none): its name on the bus and in HTTP answers
 */
const char *
sync_condition_to_string (SyncCondition condition)
{
  return condition_values[condition].value_nick;
}

/**
 * sync_snapshot_get_later_try_ms:
 * @self: a snapshot
 *
 * Returns: when something will be tried next, wall clock, if that has to be waited for; else 0
 */
gint64
sync_snapshot_get_later_try_ms (const SyncSnapshot *self)
{
  return self->next_try_ms > self->now_ms ? self->next_try_ms : 0;
}

/**
 * sync_snapshot_copy:
 * @self: a snapshot
 *
 * Returns: (transfer full): the same again
 */
SyncSnapshot *
sync_snapshot_copy (const SyncSnapshot *self)
{
  SyncSnapshot *copy = g_new (SyncSnapshot, 1);

  *copy = *self;
  copy->condition_detail = g_strdup (self->condition_detail);
  copy->paused_types = g_strdupv (self->paused_types);
  copy->notice = g_strdup (self->notice);
  copy->restore_report = g_strdup (self->restore_report);
  return copy;
}

/**
 * sync_snapshot_free:
 * @self: (transfer full) (nullable): a snapshot
 */
void
sync_snapshot_free (SyncSnapshot *self)
{
  if (self == NULL)
    return;
  g_free (self->condition_detail);
  g_strfreev (self->paused_types);
  g_free (self->notice);
  g_free (self->restore_report);
  g_free (self);
}

static gint64
next_try_ms (SyncEngine *self, gint64 wall_ms)
{
  gint64 now_us = sync_clock_boot_us (self->clock);
  gint64 due_us = sync_dispatcher_get_next_try_us (self);

  return due_us < 0 ? 0 : wall_ms + MAX (due_us - now_us, 0) / 1000;
}

static void
show_server_clock (SyncEngine *self, SyncSnapshot *snapshot)
{
  gint64 offset_us, uncertainty_us;

  snapshot->server_clock_known
    = sync_server_clock_get (&self->server_clock, sync_clock_wall_us (self->clock), sync_clock_boot_us (self->clock),
                             &offset_us, &uncertainty_us);
  if (!snapshot->server_clock_known)
    return;
  snapshot->server_clock_offset_ms = offset_us / 1000;
  snapshot->server_clock_uncertainty_ms = uncertainty_us / 1000 + 1;
}

/**
 * sync_engine_dup_snapshot:
 * @self: an engine
 *
 * Returns: (transfer full): what is to be shown now; a value that may be given to another thread
 */
SyncSnapshot *
sync_engine_dup_snapshot (SyncEngine *self)
{
  SyncSnapshot *snapshot = g_new0 (SyncSnapshot, 1);

  sync_engine_assert_own_context (self);
  snapshot->state = sync_engine_derive_state (self);
  snapshot->condition = sync_engine_get_condition (self);
  snapshot->condition_detail = g_strdup (self->storage_trouble ? self->storage_words : self->host_words);
  snapshot->notice = g_strdup (self->notice);
  snapshot->paused = self->paused;
  snapshot->paused_types = g_strdupv (self->paused_types);
  snapshot->offline_by_hand = self->offline_by_hand;
  if (self->paused && self->paused_until_us > 0)
    snapshot->paused_until_ms
      = sync_clock_wall_ms (self->clock) + (self->paused_until_us - sync_clock_boot_us (self->clock)) / 1000;
  snapshot->now_ms = sync_clock_wall_ms (self->clock);
  snapshot->next_try_ms = next_try_ms (self, snapshot->now_ms);
  snapshot->tried_ms = self->tried_ms;
  snapshot->last_sync_ms = self->last_sync_ms;
  snapshot->last_duration_ms = self->last_duration_ms;
  snapshot->success_count = self->success_count;
  snapshot->failure_count = self->failure_count;
  snapshot->conflict_count = self->conflict_count;
  snapshot->progress_done = self->progress_done;
  snapshot->progress_total = self->progress_total;
  snapshot->counts = self->counts;
  snapshot->safe_to_close = sync_engine_is_safe_to_close (&self->counts);
  snapshot->restore_report = g_strdup (sync_store_get_restore_report (self->store));
  show_server_clock (self, snapshot);
  return snapshot;
}
