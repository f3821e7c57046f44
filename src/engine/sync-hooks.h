/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-hook.h"
#include "sync-store.h"

G_BEGIN_DECLS

/* Answers @call, at once or later: it takes a reference if it does so later. */
typedef void (*SyncHookFunc) (SyncHookCall *call, gpointer user_data);

/* What else the row knows: the times of a conflict's versions (wall clock; 0: not known), and what the server said. */
typedef struct
{
  gint64 base_ms;
  gint64 local_ms;
  gint64 server_ms;
  const char *message; /* (nullable) */
} SyncHookFacts;

/**
 * SyncHooks:
 *
 * The hooks that decide conflicts before the policies do: functions first, in the order in which they were registered,
 * then the executable file named after the DocType. The first that decides is right; one that fails is passed over and
 * reported. Engine's thread only.
 */
#define SYNC_TYPE_HOOKS (sync_hooks_get_type ())
G_DECLARE_FINAL_TYPE (SyncHooks, sync_hooks, SYNC, HOOKS, GObject)

SyncHooks *sync_hooks_new (SyncClock *clock, const char *directory);
guint sync_hooks_register (SyncHooks *self, const char *resource_type, SyncHookFunc func, gpointer user_data,
                           GDestroyNotify destroy);
void sync_hooks_set_name (SyncHooks *self, guint id, const char *name);
gboolean sync_hooks_unregister (SyncHooks *self, guint id);
void sync_hooks_ask_async (SyncHooks *self, const SyncConflict *conflict, const SyncHookFacts *facts,
                           GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
SyncHookAnswer *sync_hooks_ask_finish (SyncHooks *self, GAsyncResult *result, GError **error);

G_END_DECLS
