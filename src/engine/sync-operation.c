/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One live piece of work on one row. It is in the engine's table from its start to its end, and while it is there
 * nothing else touches the row. */
#include "config.h"

#include "sync-engine-private.h"

static void
sync_operation_free (SyncOperation *op)
{
  g_clear_pointer (&op->request, sync_request_unref);
  g_clear_pointer (&op->route, sync_route_free);
  g_clear_pointer (&op->reply, sync_transport_reply_free);
  g_clear_pointer (&op->answer, sync_answer_free);
  g_free (op->asked);
  g_object_unref (op->cancellable);
  g_object_unref (op->engine);
  g_free (op);
}

/* Puts a new operation into the table, which keeps it until sync_operation_end(). */
SyncOperation *
sync_operation_new (SyncEngine *engine, gint64 id)
{
  SyncOperation *op = g_new0 (SyncOperation, 1);

  op->engine = g_object_ref (engine);
  op->id = id;
  op->cancellable = g_cancellable_new ();
  op->started_us = sync_clock_boot_us (engine->clock);
  g_hash_table_insert (engine->operations, &op->id, op);
  return op;
}

/* Ends it: out of the table, and the dispatcher looks again. */
void
sync_operation_end (SyncOperation *op)
{
  SyncEngine *engine = op->engine;

  g_hash_table_remove (engine->operations, &op->id);
  sync_engine_kick (engine);
  sync_operation_free (op);
}

/* Takes the calls back that are out: looks, or everything. One may end, and be gone, by that alone. */
void
sync_operation_cancel (SyncEngine *engine, gboolean sends_too)
{
  g_autoptr (GList) operations = g_hash_table_get_values (engine->operations);

  for (GList *l = operations; l != NULL; l = l->next)
    {
      SyncOperation *op = l->data;

      if (sends_too || !op->claimed)
        g_cancellable_cancel (op->cancellable);
    }
}

/* Whether its answer may still be written down. After a shutdown that did not wait for it the row stays `sending`,
 * and the next start makes it `unknown`. */
gboolean
sync_operation_is_dropped (SyncOperation *op)
{
  return !op->engine->running;
}
