/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the server refuses by a rule (stock, credit, a closed period) is `failed`, and a person's matter. Before that a hook
 * of the shop's for the DocType is asked: it may know a way, and say to send it again as it is or with another body. It is
 * asked once for each refusal, three times for a request, after the refusal was committed. What it does not decide, or if the
 * program ends meanwhile, a person finds as it is. Engine's thread only. */
#include "config.h"

#include "sync-engine-private.h"

#include "sync-mutant.h"

#define ROUNDS_BEFORE_PERSON 3

typedef struct
{
  SyncEngine *engine; /* (owned) */
  gint64 id;          /* of the row */
  guint attempts;     /* when it was refused */
} Question;

static void
question_free (Question *question)
{
  g_object_unref (question->engine);
  g_free (question);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Question, question_free)

/* (transfer full) (nullable): the row, if a hook may be asked about it: the server said no to what it says */
static SyncRequest *
read_refused (SyncEngine *self, gint64 id)
{
  g_autoptr (SyncRequest) row = sync_store_get (self->store, id, NULL);
  g_autoptr (SyncRoute) route = row != NULL ? sync_engine_match (self, row, NULL) : NULL;
  g_auto (SyncHistory) history = { 0 };

  if (route == NULL || row->state != SYNC_STATE_FAILED || row->resource_type == NULL)
    return NULL;
  sync_history_read (self, route, row, &history);
  if (!sync_history_ended (&history, SYNC_VERDICT_REFUSED)
      || (history.n_hooked >= ROUNDS_BEFORE_PERSON && !SYNC_MUTANT ("hook-without-end")))
    return NULL;
  return g_steal_pointer (&row);
}

/* That a hook did not help is kept with the request, where whoever decides about it sees it. */
static void
note (SyncEngine *self, gint64 id, const char *words)
{
  SyncChange change = SYNC_CHANGE_INIT;

  g_message ("request %" G_GINT64_FORMAT ": %s; a person decides", id, words);
  change.id = id;
  change.from = change.to = SYNC_STATE_FAILED;
  change.kind = "look";
  change.verdict = SYNC_LOOK_HOOK_FAILED;
  change.heard = words;
  sync_engine_apply (self, &change, NULL);
}

static void
follow (SyncEngine *self, SyncRequest *row, const SyncHookAnswer *answer)
{
  SyncChange change = SYNC_CHANGE_INIT;
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncRoute) route = sync_engine_match (self, row, &error);
  g_autofree char *words = g_strdup_printf ("%s: %s", answer->by, answer->reason != NULL ? answer->reason
                                                                 : answer->document != NULL ? "another body is sent"
                                                                                            : "it is sent again");

  if (route == NULL || (answer->document != NULL && !sync_resolve_check_body (self, row, route, answer->document, &error)))
    {
      g_autofree char *why = g_strdup_printf ("what %s decided could not be done: %s", answer->by, error->message);

      note (self, row->id, why);
      return;
    }
  change.id = row->id;
  change.from = SYNC_STATE_FAILED;
  change.to = SYNC_STATE_PENDING;
  change.kind = "look";
  change.verdict = SYNC_LOOK_HOOKED;
  change.actor = answer->by;
  change.reason = answer->reason;
  change.message = words;
  /* A draft that is on the server takes the difference first. */
  if (row->step > 0 && answer->document != NULL)
    change.step = 0;
  change.reset_retries = TRUE;
  change.delay_ms = 0;
  change.needs_person = 0;
  change.effective_body = answer->document;
  if (!sync_engine_apply (self, &change, &error))
    g_message ("request %" G_GINT64_FORMAT ": what %s decided could not be done: %s; a person decides", row->id, answer->by,
               error->message);
  else
    sync_engine_kick (self);
}

static void
answered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Question) question = user_data;
  SyncEngine *self = question->engine;
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncHookAnswer) answer = sync_hooks_ask_finish (SYNC_HOOKS (source), result, &error);
  g_autoptr (SyncRequest) row = NULL;

  if (!self->running || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  /* A person may have been quicker. */
  row = read_refused (self, question->id);
  if (row == NULL || row->attempts != question->attempts)
    return;
  if (error != NULL || (answer != NULL && answer->passed != NULL))
    note (self, row->id, error != NULL ? error->message : answer->passed);
  if (answer == NULL)
    return;
  if (answer->resolution == SYNC_HOOK_LOCAL_WINS || answer->document != NULL)
    follow (self, row, answer);
  else if (answer->resolution == SYNC_HOOK_SERVER_WINS)
    {
      g_autofree char *words = g_strdup_printf ("%s would give it up", answer->by);

      note (self, row->id, words);
    }
}

static void
ask (SyncEngine *self, SyncRequest *row)
{
  g_autoptr (SyncConflict) conflict = sync_settle_new_conflict (self, row, "rule", NULL, NULL);
  SyncHookFacts facts = sync_resolver_get_facts (self, row, NULL);
  Question *question = g_new0 (Question, 1);

  /* What was refused is corrected as a whole. */
  g_free (conflict->local_data);
  conflict->local_data = sync_settle_dup_local (NULL, row);
  facts.message = row->error_message;
  question->engine = g_object_ref (self);
  question->id = row->id;
  question->attempts = row->attempts;
  sync_hooks_ask_async (self->hooks, conflict, &facts, self->errands, answered_cb, question);
}

/* A row failed. */
void
sync_refusal_add (SyncEngine *self, gint64 id)
{
  g_array_append_val (self->refusals, id);
  sync_engine_kick (self);
}

/* Asks about each, once. */
void
sync_refusal_run (SyncEngine *self)
{
  g_autoptr (GArray) ids = NULL;

  if (self->refusals->len == 0)
    return;
  ids = g_steal_pointer (&self->refusals);
  self->refusals = g_array_new (FALSE, FALSE, sizeof (gint64));
  for (guint i = 0; i < ids->len; i++)
    {
      g_autoptr (SyncRequest) row = read_refused (self, g_array_index (ids, gint64, i));

      if (row != NULL)
        ask (self, row);
    }
}
