/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A backup of the queue while the engine works on: the copying is done in a thread with a connection of its own.
 * Engine's thread but for backup_thread(), which knows nothing of the engine. */
#include "config.h"

#include "sync-engine-private.h"

typedef struct
{
  char *data_directory; /* (owned) */
  char *directory;      /* (owned) */
  gint64 now_ms;
} Backup;

static void
backup_free (Backup *backup)
{
  g_free (backup->data_directory);
  g_free (backup->directory);
  g_free (backup);
}

static void
backup_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  const Backup *backup = task_data;
  GError *error = NULL;

  if (sync_store_backup (backup->data_directory, backup->directory, backup->now_ms, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
backed_up_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (g_task_propagate_boolean (G_TASK (result), &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/**
 * sync_engine_backup_async:
 * @self: an engine
 * @directory: an absolute path, outside the data directory
 * @callback: called when the copy is durable, or could not be made
 * @user_data: for @callback
 *
 * Copies the queue, as it is now, to `queue.db` in @directory, with the mark of a backup; see sync_store_backup().
 * Nothing waits for it meanwhile.
 */
void
sync_engine_backup_async (SyncEngine *self, const char *directory, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  /* Without the engine: its last reference must not be dropped in the other thread. */
  g_autoptr (GTask) inner = g_task_new (NULL, NULL, backed_up_cb, g_object_ref (task));
  Backup *backup = g_new0 (Backup, 1);

  sync_engine_assert_own_context (self);
  g_task_set_source_tag (task, sync_engine_backup_async);
  backup->data_directory = g_strdup (sync_store_get_directory (self->store));
  backup->directory = g_strdup (directory);
  backup->now_ms = sync_clock_wall_ms (self->clock);
  g_task_set_task_data (inner, backup, (GDestroyNotify) backup_free);
  g_task_run_in_thread (inner, backup_thread);
}

/**
 * sync_engine_backup_finish:
 * @self: an engine
 * @result: what the callback got
 * @error: as of sync_store_backup()
 *
 * Returns: whether the copy is there
 */
gboolean
sync_engine_backup_finish (SyncEngine *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
