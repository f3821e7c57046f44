/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one cheap question: who am I? It tells whether the line is up, whether the server is ours, and whether it knows
 * us. Asked by the breaker while it is open, when a refusal may mean that nobody is signed in, and for a person who wants to
 * know. Engine's thread
 * only. */
#include "config.h"

#include "sync-engine-private.h"

#include "sync-json.h"

#define WHO_PATH "/api/method/frappe.auth.get_logged_user"

typedef struct
{
  SyncEngine *engine; /* (owned) */
  gint64 sent_us;     /* boot clock */
  SyncWhoFunc func;
  gpointer user_data; /* (unowned) */
} Question;

static void
question_free (Question *question)
{
  g_object_unref (question->engine);
  g_free (question);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Question, question_free)

/* The user that the answer names, NULL if it names none. */
static char *
user_of (const SyncTransportReply *reply)
{
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *text = NULL;
  JsonNode *user;
  gsize length;
  const char *data;

  if (reply->body == NULL)
    return NULL;
  data = g_bytes_get_data (reply->body, &length);
  text = g_strndup (data, length);
  node = sync_json_check (text, length, NULL, NULL) ? json_from_string (text, NULL) : NULL;
  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    return NULL;
  user = json_object_get_member (json_node_get_object (node), "message");
  return user != NULL && JSON_NODE_HOLDS_VALUE (user) ? json_node_dup_string (user) : NULL;
}

static SyncHostNews
news_of (SyncEngine *self, const SyncTransportReply *reply, const SyncAnswer *answer)
{
  SyncOutcome outcome = sync_outcome_classify (answer, SYNC_ACTION_CALL);
  g_autofree char *user = NULL;

  if (reply->status == 401 || (reply->status == 403 && answer->exc_type != NULL))
    return SYNC_HOST_SIGN_IN;
  if (outcome.verdict == SYNC_VERDICT_DELIVERED)
    {
      user = user_of (reply);
      if (user == NULL)
        return SYNC_HOST_NOT_OURS;
      if (g_str_equal (user, "Guest"))
        return SYNC_HOST_SIGN_IN;
      g_free (self->user);
      self->user = g_steal_pointer (&user);
      return SYNC_HOST_UP;
    }
  if (outcome.verdict == SYNC_VERDICT_ASK)
    return SYNC_HOST_NOT_OURS;
  /* A probe that was answered by an error or not at all: the host is not usable now, whatever one answer says. */
  if (outcome.host == SYNC_HOST_NO_NEWS || outcome.host == SYNC_HOST_SUSPECT || outcome.host == SYNC_HOST_UP)
    return SYNC_HOST_DOWN;
  return outcome.host;
}

static void
answered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Question) question = user_data;
  g_autoptr (SyncTransportReply) reply = sync_transport_send_finish (SYNC_TRANSPORT (source), result);
  g_autoptr (SyncAnswer) answer
    = sync_answer_new_from_reply (reply->result, reply->bytes_written, reply->status, reply->content_type, reply->retry_after,
                                  reply->date, reply->rate_limit_reset, reply->body, SYNC_PROOF_MESSAGE, NULL);
  SyncHostNews news = news_of (question->engine, reply, answer);

  sync_engine_note_date (question->engine, reply, answer, news, question->sent_us);
  question->func (question->engine, news, answer, reply->error, question->user_data);
}

/* Asks, and calls @func exactly once. */
void
sync_probe_ask_who (SyncEngine *self, GCancellable *cancellable, SyncWhoFunc func, gpointer user_data)
{
  g_autoptr (SyncTransportRequest) call = sync_engine_new_call (self, "GET", WHO_PATH);
  Question *question = g_new0 (Question, 1);

  question->engine = g_object_ref (self);
  question->sent_us = sync_clock_boot_us (self->clock);
  question->func = func;
  question->user_data = user_data;
  sync_transport_send_async (self->transport, call, cancellable, answered_cb, question);
}

/* Tells everybody who waits for the answer of the probe that it is here, or that none comes. */
void
sync_probe_end_checks (SyncEngine *self)
{
  while (self->checks->len > 0)
    {
      g_autoptr (GTask) task = g_ptr_array_steal_index (self->checks, 0);

      g_task_return_boolean (task, TRUE);
    }
}

static void
probed (SyncEngine *self, SyncHostNews news, const SyncAnswer *answer, const char *words, gpointer user_data)
{
  gboolean current = self->probe == user_data;

  if (current)
    g_clear_object (&self->probe);
  if (!self->running || !current)
    return;
  sync_engine_note_host (self, news, answer, words);
  sync_probe_end_checks (self);
  sync_engine_kick (self);
}

/* The breaker's probe. One at a time. */
void
sync_probe_start (SyncEngine *self)
{
  g_return_if_fail (self->probe == NULL);

  self->probe = g_cancellable_new ();
  sync_probe_ask_who (self, self->probe, probed, self->probe);
}

/**
 * sync_engine_check_async:
 * @self: an engine
 * @callback: called when the answer is here, or at once if nothing may be asked now
 * @user_data: for @callback
 *
 * Asks the server once whom it takes us for; what it answers, or that it does not, sets the condition as any other answer
 * does. A pause does not stand in the way, for nothing is written. Nothing is asked while the line is switched off by hand,
 * without an API key, before the time that the server asked for, and by an engine that is not running; the snapshot says
 * so. Two who ask at once share one question.
 */
void
sync_engine_check_async (SyncEngine *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  gint64 now_us = sync_clock_boot_us (self->clock);

  sync_engine_assert_own_context (self);
  g_task_set_source_tag (task, sync_engine_check_async);
  if (sync_dispatcher_is_shut (self) || now_us < self->breaker.not_before_us)
    {
      g_task_return_boolean (task, FALSE);
      return;
    }
  g_ptr_array_add (self->checks, g_steal_pointer (&task));
  /* The answer counts, even where a later question was planned. */
  sync_breaker_hurry (&self->breaker, now_us, 0, self->random);
  if (self->probe == NULL)
    sync_probe_start (self);
}

/**
 * sync_engine_check_finish:
 * @self: an engine
 * @result: what the callback got
 * @error: none yet
 *
 * Returns: whether the server was asked; the snapshot says what came of it
 */
gboolean
sync_engine_check_finish (SyncEngine *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
