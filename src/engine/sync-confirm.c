/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A person's word that a document has arrived, and what it is called: where the server can be asked, it is read first. A slip
 * of the pen would tie a payment to another document. Engine's thread only. */
#include "config.h"

#include "sync-engine-private.h"

#include "sync-error.h"

typedef struct
{
  gint64 id; /* of the row */
  char *resource_type;
  char *name;
  char *actor;      /* (nullable) */
  gboolean submits; /* the document is not done before it is submitted */
  gint64 started_us;
} Word;

static void
word_free (gpointer data)
{
  Word *self = data;

  g_free (self->resource_type);
  g_free (self->name);
  g_free (self->actor);
  g_free (self);
}

static void
take_word (GTask *task)
{
  SyncEngine *self = g_task_get_source_object (task);
  const Word *word = g_task_get_task_data (task);
  GError *error = NULL;

  if (sync_engine_confirm (self, word->id, TRUE, word->name, word->actor, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/* Why @document is not what the request would have made; NULL if it is. */
static const char *
find_fault (const Word *word, JsonObject *document)
{
  gint64 docstatus = sync_json_member_int (document, "docstatus", 0);

  if (docstatus == 2)
    return "is cancelled there: give this up, or have it sent again";
  if (word->submits && docstatus == 0)
    return "is a draft there, and not submitted: submit it there, or have it sent again";
  return NULL;
}

static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  SyncEngine *self = g_task_get_source_object (task);
  const Word *word = g_task_get_task_data (task);
  g_auto (SyncReading) reading = { 0 };
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonNode *data;
  const char *fault = NULL;

  sync_question_read (self, SYNC_TRANSPORT (source), result, word->started_us, &reading);
  if (!self->running || reading.reply->result == SYNC_TRANSPORT_CANCELLED)
    {
      g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "the program is ending; it was not written down");
      return;
    }
  data = sync_question_get_data (reading.reply, parser);
  if (reading.outcome.verdict == SYNC_VERDICT_GONE)
    fault = "is not on the server: look at its name there";
  else if (reading.outcome.verdict == SYNC_VERDICT_DELIVERED && data != NULL && JSON_NODE_HOLDS_OBJECT (data))
    fault = find_fault (word, json_node_get_object (data));
  if (fault != NULL)
    g_task_return_new_error (task, SYNC_ERROR, SYNC_ERROR_REFUSED, "%s “%s” %s", word->resource_type, word->name, fault);
  else
    take_word (task);
}

static void
read_named (SyncEngine *self, GTask *task, Word *word)
{
  g_autofree char *path = sync_route_dup_document_path (word->resource_type, word->name);
  g_autoptr (SyncTransportRequest) call = sync_engine_new_call (self, "GET", path);

  word->started_us = sync_clock_boot_us (self->clock);
  sync_transport_send_async (self->transport, call, self->errands, read_cb, g_object_ref (task));
}

/**
 * sync_engine_confirm_arrived_async:
 * @self: an engine
 * @id: of an unknown or failed request
 * @name: (nullable): the document's name on the server
 * @actor: (nullable): who decided, for the audit
 * @callback: called when it is written down, or refused
 * @user_data: for @callback
 *
 * As sync_engine_confirm() with "it arrived"; but the name of what the request makes or changes (where none is given, the name
 * that is known) is looked up on the server before that, if the server can be asked now. What it does not let us read is
 * believed; what another row made is not this one's.
 */
void
sync_engine_confirm_arrived_async (SyncEngine *self, gint64 id, const char *name, const char *actor,
                                   GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  g_autoptr (SyncRequest) row = sync_store_get (self->store, id, NULL);
  g_autoptr (SyncRoute) route = row != NULL ? sync_engine_match (self, row, NULL) : NULL;
  Word *word = g_new0 (Word, 1);
  gboolean shows;

  sync_engine_assert_own_context (self);
  g_task_set_source_tag (task, sync_engine_confirm_arrived_async);
  word->id = id;
  /* Where the document is known that it left there, that is the one. */
  if (name == NULL && row != NULL)
    name = row->server_name;
  word->name = g_strdup (name);
  word->actor = g_strdup (actor);
  g_task_set_task_data (task, word, word_free);
  /* What was to be taken away, or cancelled, is not to be found as it was. */
  shows = route != NULL && route->action != SYNC_ACTION_DELETE && route->action != SYNC_ACTION_CANCEL;
  if (name != NULL && route != NULL && route->action == SYNC_ACTION_CREATE && row->resource_type != NULL
      && sync_store_is_made_by_other (self->store, row, name))
    {
      g_task_return_new_error (task, SYNC_ERROR, SYNC_ERROR_REFUSED,
                               "%s “%s” is what another request of this till made: look at its name there",
                               row->resource_type, name);
      return;
    }
  if (name == NULL || !shows || row->resource_type == NULL || sync_dispatcher_is_shut (self)
      || sync_breaker_is_open (&self->breaker))
    {
      take_word (task);
      return;
    }
  word->resource_type = g_strdup (row->resource_type);
  word->submits = route->submit_after || route->proof == SYNC_PROOF_SUBMITTED;
  read_named (self, task, word);
}

/**
 * sync_engine_confirm_arrived_finish:
 * @self: an engine
 * @result: what the callback got
 * @error: as sync_engine_confirm(); %SYNC_ERROR_REFUSED also if the server has no such document, or only a draft of it, or
 *   a cancelled one (permanent); %G_IO_ERROR_CANCELLED if the engine stops before the answer (transient)
 *
 * Returns: whether it is written down; durable then
 */
gboolean
sync_engine_confirm_arrived_finish (SyncEngine *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
