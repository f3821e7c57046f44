/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Between the window in the main thread and the engine in its own: a question about the keys goes there as a message and
 * comes back with the answer. Main thread, but for what says otherwise. */
#include "config.h"

#include "sync-key-desk.h"

/* In the engine's thread or in the main thread, never in both. */
typedef struct
{
  GWeakRef owner;               /* set and read in the main thread */
  SyncKeyDeskFunc func;
  char **types;                 /* (owned) (nullable): whose field is to be made; NULL: none, all are asked about */
  SyncCredentialsSource source;
  GPtrArray *keys;              /* (owned) (nullable) (element-type SyncKey) */
  GError *error;                /* (owned) (nullable) */
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

  g_weak_ref_clear (&self->owner);
  g_strfreev (self->types);
  g_clear_pointer (&self->keys, g_ptr_array_unref);
  g_clear_error (&self->error);
  g_free (self);
}

static void
message_free (gpointer data)
{
  Message *self = data;

  g_clear_pointer (&self->errand, errand_free);
  g_free (self);
}

static gboolean
answered_cb (gpointer user_data)
{
  Errand *errand = user_data;
  g_autoptr (GObject) owner = g_weak_ref_get (&errand->owner);

  if (owner != NULL)
    errand->func (owner, errand->source, errand->keys, errand->error);
  return G_SOURCE_REMOVE;
}

/* Engine's thread. */
static void
told_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SyncEngine *engine = SYNC_ENGINE (source);
  Errand *errand = user_data;

  errand->source = sync_credentials_get_source (sync_engine_get_credentials (engine));
  errand->keys = errand->types != NULL ? sync_engine_make_keys_finish (engine, result, &errand->error)
                                       : sync_engine_list_keys_finish (engine, result, &errand->error);
  g_main_context_invoke_full (NULL, G_PRIORITY_DEFAULT, answered_cb, errand, errand_free);
}

/* Engine's thread. */
static void
ask_in_engine (SyncEngine *engine, gpointer user_data)
{
  Message *message = user_data;
  Errand *errand = g_steal_pointer (&message->errand);

  if (errand->types != NULL)
    sync_engine_make_keys_async (engine, (const char *const *) errand->types, told_cb, errand);
  else
    sync_engine_list_keys_async (engine, told_cb, errand);
}

/**
 * sync_key_desk_ask:
 * @service: where the engine is
 * @types: (nullable): DocTypes whose key field is to be made first, and which alone are told about; %NULL: all are told about
 * @func: called in the main thread with what was found out, with the errors of sync_engine_list_keys_async(); not at all if
 *   the service ends before, or @owner is gone by then
 * @owner: (transfer none): for @func
 *
 * Asks the engine which keys ERPNext enforces, and where the till's own key comes from.
 */
void
sync_key_desk_ask (SyncServiceThread *service, const char *const *types, SyncKeyDeskFunc func, GObject *owner)
{
  Message *message = g_new0 (Message, 1);

  message->errand = g_new0 (Errand, 1);
  g_weak_ref_init (&message->errand->owner, owner);
  message->errand->func = func;
  message->errand->types = g_strdupv ((char **) types);
  sync_service_thread_invoke (service, ask_in_engine, message, message_free);
}
