/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The names of states and conditions, and the snapshot: what is shown, as a value. */
#include "config.h"

#include "sync-engine.h"

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
