/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether something keeps secrets here. */
#include "config.h"

#include "sync-key-ring.h"

#include <libsecret/secret.h>

static void
key_ring_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SecretService) service = secret_service_get_finish (result, &error);

  if (!g_task_return_error_if_cancelled (task))
    g_task_return_boolean (task, service != NULL);
}

/**
 * sync_key_ring_find_async:
 * @cancellable: (nullable): ends the asking
 * @callback: called when it is known
 * @user_data: for @callback
 *
 * Looks whether a Secret Service answers on this session's bus.
 */
void
sync_key_ring_find_async (GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_source_tag (task, sync_key_ring_find_async);
  secret_service_get (SECRET_SERVICE_OPEN_SESSION, cancellable, key_ring_cb, task);
}

/**
 * sync_key_ring_find_finish:
 * @result: what the callback got
 * @found: (out): whether there is one
 * @error: %G_IO_ERROR_CANCELLED only
 *
 * Returns: whether it is known
 */
gboolean
sync_key_ring_find_finish (GAsyncResult *result, gboolean *found, GError **error)
{
  g_autoptr (GError) fault = NULL;

  *found = g_task_propagate_boolean (G_TASK (result), &fault);
  if (fault == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&fault));
  return FALSE;
}
