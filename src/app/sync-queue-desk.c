/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Between the page in the main thread and the engine in its own: an act on several requests goes there one request after
 * the other, so that a till that hands over a sale meanwhile waits for one of them only. Main thread, but for what says
 * otherwise. */
#include "config.h"

#include "sync-queue-desk.h"

/* An act on its way: in the engine's thread or in the main thread, never in both. */
typedef struct
{
  GWeakRef service; /* set and read in the main thread */
  GWeakRef owner; /* the same */
  SyncQueueDeskFunc func;
  GArray *ids; /* (owned) (element-type gint64) */
  guint position; /* of the next one */
  SyncRequestActDetail detail; /* its texts and bytes are (owned) */
  SyncQueueOutcome outcome;
} Errand;

/* What the engine's thread is handed. */
typedef struct
{
  Errand *errand; /* (owned) (nullable): NULL once it is on its way back */
} Message;

static void
errand_free (gpointer data)
{
  Errand *self = data;

  g_weak_ref_clear (&self->service);
  g_weak_ref_clear (&self->owner);
  g_array_unref (self->ids);
  g_free ((char *) self->detail.reason);
  g_free ((char *) self->detail.name);
  g_clear_pointer (&self->detail.body, g_bytes_unref);
  g_array_unref (self->outcome.done);
  g_array_unref (self->outcome.failed);
  g_ptr_array_unref (self->outcome.reasons);
  g_free (self);
}

static void
message_free (gpointer data)
{
  Message *self = data;

  g_clear_pointer (&self->errand, errand_free);
  g_free (self);
}

static void send (Errand *errand);

static gboolean
answered_cb (gpointer user_data)
{
  Message *message = user_data;
  Errand *errand = message->errand;
  g_autoptr (GObject) owner = NULL;

  if (errand->position < errand->ids->len)
    {
      send (g_steal_pointer (&message->errand));
      return G_SOURCE_REMOVE;
    }
  owner = g_weak_ref_get (&errand->owner);
  if (owner != NULL)
    errand->func (owner, &errand->outcome);
  return G_SOURCE_REMOVE;
}

/* Engine's thread. The next of @errand is done, or why not. */
static void
answer (Errand *errand, gboolean done, const GError *error)
{
  gint64 id = g_array_index (errand->ids, gint64, errand->position);
  Message *message = g_new0 (Message, 1);
  g_autoptr (GSource) source = NULL;

  errand->position++;
  if (done)
    g_array_append_val (errand->outcome.done, id);
  else
    {
      g_array_append_val (errand->outcome.failed, id);
      g_ptr_array_add (errand->outcome.reasons, g_strdup (error->message));
    }
  message->errand = errand;
  /* Not g_main_context_invoke(): that would run it here while nobody owns the main context. */
  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, answered_cb, message, message_free);
  g_source_attach (source, NULL);
}

/* Engine's thread. */
static void
arrived_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  gboolean done = sync_engine_confirm_arrived_finish (SYNC_ENGINE (source), result, &error);

  answer (user_data, done, error);
}

/* Engine's thread. */
static void
carry_out_in_engine (SyncEngine *engine, gpointer user_data)
{
  Message *message = user_data;
  Errand *errand = g_steal_pointer (&message->errand);
  gint64 id = g_array_index (errand->ids, gint64, errand->position);
  g_autoptr (GError) error = NULL;
  gboolean done;

  if (errand->outcome.act == SYNC_REQUEST_ACT_ARRIVED)
    {
      sync_engine_confirm_arrived_async (engine, id, errand->detail.name, SYNC_REQUEST_ACTOR, arrived_cb, errand);
      return;
    }
  done = sync_request_act_carry_out (errand->outcome.act, engine, id, &errand->detail, &error);
  answer (errand, done, error);
}

static void
send (Errand *errand)
{
  g_autoptr (SyncServiceThread) service = g_weak_ref_get (&errand->service);
  Message *message;

  if (service == NULL)
    {
      errand_free (errand);
      return;
    }
  message = g_new0 (Message, 1);
  message->errand = errand;
  sync_service_thread_invoke (service, carry_out_in_engine, message, message_free);
}

/**
 * sync_queue_desk_carry_out:
 * @service: where the engine is
 * @act: what to do
 * @ids: (element-type gint64): to which requests, at least one, in this order
 * @detail: what it needs beside that; copied
 * @func: called when it is through
 * @owner: a #GObject, not kept alive
 *
 * Has it done. What cannot be done to one of them does not keep the others from it.
 */
void
sync_queue_desk_carry_out (SyncServiceThread *service, SyncRequestAct act, GArray *ids,
                           const SyncRequestActDetail *detail, SyncQueueDeskFunc func, gpointer owner)
{
  Errand *errand;

  g_return_if_fail (ids->len > 0);

  errand = g_new0 (Errand, 1);
  g_weak_ref_init (&errand->service, service);
  g_weak_ref_init (&errand->owner, owner);
  errand->func = func;
  errand->ids = g_array_ref (ids);
  errand->detail = *detail;
  errand->detail.reason = g_strdup (detail->reason);
  errand->detail.name = g_strdup (detail->name);
  if (detail->body != NULL)
    errand->detail.body = g_bytes_ref (detail->body);
  errand->outcome.act = act;
  errand->outcome.done = g_array_new (FALSE, FALSE, sizeof (gint64));
  errand->outcome.failed = g_array_new (FALSE, FALSE, sizeof (gint64));
  errand->outcome.reasons = g_ptr_array_new_with_free_func (g_free);
  send (errand);
}
