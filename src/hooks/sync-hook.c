/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One question to one conflict hook: the JSON that it reads, the limit of its time, and the check of its answer, the same
 * for each kind of hook. One thread. */
#include "config.h"

#include "sync-hook.h"

#include <string.h>

#include "sync-error.h"
#include "sync-json.h"
#include "sync-message.h"

/* Of a hook's reason this much is kept. */
#define MAX_REASON_BYTES 4096

static const char *const resolutions[] = {
  [SYNC_HOOK_LOCAL_WINS] = "local_wins", [SYNC_HOOK_SERVER_WINS] = "server_wins", [SYNC_HOOK_MERGED] = "merged",
  [SYNC_HOOK_MANUAL] = "manual",         [SYNC_HOOK_ASK] = "ask",                 [SYNC_HOOK_SKIP] = "skip",
  [SYNC_HOOK_PASS] = "pass",
};

struct _SyncHookCall
{
  GObject parent_instance;

  GTask *task;                /* (owned) (nullable): NULL once it ended */
  SyncHookQuestion *question; /* (owned) */
  SyncClock *clock;           /* (owned) */
  guint alarm_id;             /* 0: not set */
  GCancellable *cancellable;  /* (owned): cancelled when it ends without a decision */
  GCancellable *outer;        /* (owned) (nullable): the asker's */
  gulong outer_id;            /* 0: not connected */
  char *complaint;            /* (owned) (nullable): what the hook said beside its answer */
};

G_DEFINE_FINAL_TYPE (SyncHookCall, sync_hook_call, G_TYPE_OBJECT)

/**
 * sync_hook_resolution_to_string:
 * @resolution: a decision
 *
 * Returns: (transfer none): its word in JSON, such as `local_wins`
 */
const char *
sync_hook_resolution_to_string (SyncHookResolution resolution)
{
  return resolutions[resolution];
}

static gboolean
resolution_from_string (const char *text, SyncHookResolution *resolution)
{
  for (guint i = 0; i < G_N_ELEMENTS (resolutions); i++)
    if (strcmp (text, resolutions[i]) == 0)
      {
        *resolution = i;
        return TRUE;
      }
  return FALSE;
}

/**
 * sync_hook_question_copy:
 * @self: a question
 *
 * Returns: (transfer full): a copy with texts of its own
 */
SyncHookQuestion *
sync_hook_question_copy (const SyncHookQuestion *self)
{
  SyncHookQuestion *copy = g_memdup2 (self, sizeof *self);

  copy->resource_type = g_strdup (self->resource_type);
  copy->resource_id = g_strdup (self->resource_id);
  copy->type = g_strdup (self->type);
  copy->base = g_strdup (self->base);
  copy->local = g_strdup (self->local);
  copy->server = g_strdup (self->server);
  copy->message = g_strdup (self->message);
  return copy;
}

/**
 * sync_hook_question_free:
 * @self: (transfer full): a copy
 *
 * Frees it with its texts.
 */
void
sync_hook_question_free (SyncHookQuestion *self)
{
  g_free ((char *) self->resource_type);
  g_free ((char *) self->resource_id);
  g_free ((char *) self->type);
  g_free ((char *) self->base);
  g_free ((char *) self->local);
  g_free ((char *) self->server);
  g_free ((char *) self->message);
  g_free (self);
}

/**
 * sync_hook_answer_free:
 * @self: (transfer full): an answer
 *
 * Frees it with its document and words.
 */
void
sync_hook_answer_free (SyncHookAnswer *self)
{
  g_clear_pointer (&self->document, g_bytes_unref);
  g_free (self->reason);
  g_free (self->by);
  g_free (self->passed);
  g_free (self);
}

/* Whether a document names itself, in @member, as something else than @expected. */
static gboolean
says_otherwise (const SyncJsonView *document, const char *member, const char *expected)
{
  g_autofree char *text = NULL;
  SyncJsonView value;

  if (expected == NULL || !sync_json_view_member (document, member, &value) || sync_json_view_kind (&value) == SYNC_JSON_NULL)
    return FALSE;
  text = sync_json_view_dup_text (&value);
  return strcmp (text, expected) != 0;
}

/* Whether @document goes with @resolution in an answer to @question. */
static gboolean
check_document (const SyncHookQuestion *question, SyncHookResolution resolution, GBytes *document, GError **error)
{
  gboolean wanted = resolution == SYNC_HOOK_MERGED || resolution == SYNC_HOOK_MANUAL;
  const char *problem = NULL;
  SyncJsonView root;
  gsize length;
  const char *text;

  if (document == NULL && !wanted)
    return TRUE;
  if (document == NULL || !wanted)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID, wanted ? "“%s” needs a document" : "“%s” takes no document",
                   resolutions[resolution]);
      return FALSE;
    }
  text = g_bytes_get_data (document, &length);
  if (!sync_json_check (text != NULL ? text : "", length, &root, error))
    {
      g_prefix_error (error, "its document: ");
      return FALSE;
    }
  if (sync_json_view_kind (&root) != SYNC_JSON_OBJECT)
    problem = "its document is no JSON object";
  else if (says_otherwise (&root, "doctype", question->resource_type))
    problem = "its document is of another type";
  else if (g_strcmp0 (question->type, "name_taken") != 0 && says_otherwise (&root, "name", question->resource_id))
    problem = "its document has another name";
  if (problem != NULL)
    g_set_error_literal (error, SYNC_ERROR, SYNC_ERROR_INVALID, problem);
  return problem == NULL;
}

static void
append_name (GString *out, const char *name)
{
  g_string_append (out, out->len == 0 ? "{" : ",");
  sync_json_append_quoted (out, name);
  g_string_append_c (out, ':');
}

static void
append_text (GString *out, const char *name, const char *text)
{
  g_autofree char *valid = text != NULL ? g_utf8_make_valid (text, -1) : NULL;

  append_name (out, name);
  if (valid != NULL)
    sync_json_append_quoted (out, valid);
  else
    g_string_append (out, "null");
}

static void
append_document (GString *out, const char *name, const char *text)
{
  if (text == NULL || !sync_json_check (text, strlen (text), NULL, NULL))
    {
      append_text (out, name, text);
      return;
    }
  append_name (out, name);
  g_string_append (out, text);
}

static void
append_time (GString *out, const char *name, gint64 ms)
{
  append_name (out, name);
  if (ms != 0)
    g_string_append_printf (out, "%" G_GINT64_FORMAT, ms);
  else
    g_string_append (out, "null");
}

/* Ends the call, once: with @answer or with @error, taking either. What works on it stops before the asker hears. */
static void
end_call (SyncHookCall *self, SyncHookAnswer *answer, GError *error)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->task);

  if (task == NULL)
    {
      g_clear_pointer (&answer, sync_hook_answer_free);
      g_clear_error (&error);
      return;
    }
  sync_clock_clear_alarm (self->clock, &self->alarm_id);
  g_clear_signal_handler (&self->outer_id, self->outer);
  if (error == NULL)
    {
      g_task_return_pointer (task, answer, (GDestroyNotify) sync_hook_answer_free);
      return;
    }
  g_cancellable_cancel (self->cancellable);
  if (self->complaint != NULL)
    {
      g_task_return_new_error (task, error->domain, error->code, "%s: %s", error->message, self->complaint);
      g_error_free (error);
    }
  else
    g_task_return_error (task, error);
}

static void
time_is_up_alarm_cb (gpointer user_data)
{
  g_autoptr (SyncHookCall) self = g_object_ref (SYNC_HOOK_CALL (user_data));

  self->alarm_id = 0;
  end_call (self, NULL,
       g_error_new (G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "it gave no answer within %d s", SYNC_HOOK_LIMIT_MS / 1000));
}

static void
cancelled_cb (GCancellable *outer, gpointer user_data)
{
  g_autoptr (SyncHookCall) self = g_object_ref (SYNC_HOOK_CALL (user_data));

  end_call (self, NULL, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "it was cancelled"));
}

static void
sync_hook_call_dispose (GObject *object)
{
  SyncHookCall *self = SYNC_HOOK_CALL (object);

  end_call (self, NULL, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "it went away without an answer"));
  G_OBJECT_CLASS (sync_hook_call_parent_class)->dispose (object);
}

static void
sync_hook_call_finalize (GObject *object)
{
  SyncHookCall *self = SYNC_HOOK_CALL (object);

  sync_hook_question_free (self->question);
  g_object_unref (self->clock);
  g_object_unref (self->cancellable);
  g_clear_object (&self->outer);
  g_free (self->complaint);
  G_OBJECT_CLASS (sync_hook_call_parent_class)->finalize (object);
}

static void
sync_hook_call_class_init (SyncHookCallClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sync_hook_call_dispose;
  G_OBJECT_CLASS (klass)->finalize = sync_hook_call_finalize;
}

static void
sync_hook_call_init (SyncHookCall *self)
{
  self->cancellable = g_cancellable_new ();
}

/**
 * sync_hook_call_new:
 * @question: what is asked; copied
 * @clock: measures the time limit, %SYNC_HOOK_LIMIT_MS from now
 * @cancellable: (nullable): ends the call; to be cancelled from this thread
 * @callback: (scope async): called once, from the caller's main context, never from within this function
 * @user_data: for @callback
 *
 * Starts the time of a call. The caller gives it to one hook and drops its own reference.
 *
 * Returns: (transfer full): the call
 */
SyncHookCall *
sync_hook_call_new (const SyncHookQuestion *question, SyncClock *clock, GCancellable *cancellable,
                    GAsyncReadyCallback callback, gpointer user_data)
{
  SyncHookCall *self = g_object_new (SYNC_TYPE_HOOK_CALL, NULL);

  self->clock = g_object_ref (clock);
  self->question = sync_hook_question_copy (question);
  /* Of no object: one that the task held would never be dropped by everybody. */
  self->task = g_task_new (NULL, NULL, callback, user_data);
  g_task_set_source_tag (self->task, sync_hook_call_new);
  self->alarm_id = sync_clock_add_alarm (clock, sync_clock_boot_us (clock) + SYNC_HOOK_LIMIT_MS * G_GINT64_CONSTANT (1000),
                                         time_is_up_alarm_cb, self);
  if (g_cancellable_is_cancelled (cancellable))
    cancelled_cb (cancellable, self);
  else if (cancellable != NULL)
    {
      self->outer = g_object_ref (cancellable);
      self->outer_id = g_signal_connect (cancellable, "cancelled", G_CALLBACK (cancelled_cb), self);
    }
  return self;
}

/**
 * sync_hook_call_finish:
 * @result: of sync_hook_call_new()
 * @error: %G_IO_ERROR_CANCELLED; else the hook does not decide, for the reason in the message:
 *   %G_IO_ERROR_TIMED_OUT, %SYNC_ERROR_INVALID (a nonsensical answer), or what it failed with itself
 *
 * Returns: (transfer full) (nullable): the checked answer
 */
SyncHookAnswer *
sync_hook_call_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, sync_hook_call_new), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * sync_hook_call_get_question:
 * @self: a call
 *
 * Returns: (transfer none): what is asked, as long as the call lives
 */
const SyncHookQuestion *
sync_hook_call_get_question (SyncHookCall *self)
{
  return self->question;
}

/**
 * sync_hook_call_dup_text:
 * @self: a call
 *
 * Returns: (transfer full): the question as a JSON object: `id`, `resource_type`, `resource_id`, `type`, `base`, `local`,
 *   `server`, `base_ms`, `local_ms`, `server_ms`, `message`; null where something is not known
 */
GBytes *
sync_hook_call_dup_text (SyncHookCall *self)
{
  const SyncHookQuestion *question = self->question;
  GString *out = g_string_new (NULL);

  append_name (out, "id");
  g_string_append_printf (out, "%" G_GINT64_FORMAT, question->id);
  append_text (out, "resource_type", question->resource_type);
  append_text (out, "resource_id", question->resource_id);
  append_text (out, "type", question->type);
  append_document (out, "base", question->base);
  append_document (out, "local", question->local);
  append_document (out, "server", question->server);
  append_time (out, "base_ms", question->base_ms);
  append_time (out, "local_ms", question->local_ms);
  append_time (out, "server_ms", question->server_ms);
  append_text (out, "message", question->message);
  g_string_append_c (out, '}');
  return g_string_free_to_bytes (out);
}

/**
 * sync_hook_call_get_cancellable:
 * @self: a call
 *
 * Returns: (transfer none): cancelled when the call ends without a decision, so that the work on it stops
 */
GCancellable *
sync_hook_call_get_cancellable (SyncHookCall *self)
{
  return self->cancellable;
}

/**
 * sync_hook_call_answer:
 * @self: a call
 * @resolution: the decision
 * @document: (nullable): a JSON object, with %SYNC_HOOK_MERGED and %SYNC_HOOK_MANUAL and with nothing else
 * @reason: (nullable): why, for the history
 *
 * Answers. A document that does not fit makes the call fail; after the call has ended nothing happens.
 */
void
sync_hook_call_answer (SyncHookCall *self, SyncHookResolution resolution, GBytes *document, const char *reason)
{
  g_autoptr (SyncHookCall) kept = g_object_ref (self);
  GError *error = NULL;
  SyncHookAnswer *answer;

  if (!check_document (self->question, resolution, document, &error))
    {
      end_call (self, NULL, error);
      return;
    }
  answer = g_new0 (SyncHookAnswer, 1);
  answer->resolution = resolution;
  answer->document = document != NULL ? g_bytes_ref (document) : NULL;
  answer->reason = reason != NULL ? sync_message_dup_line (reason, strnlen (reason, MAX_REASON_BYTES)) : NULL;
  end_call (self, answer, NULL);
}

static gboolean
get_member (const SyncJsonView *root, const char *name, SyncJsonView *value)
{
  return sync_json_view_member (root, name, value) && sync_json_view_kind (value) != SYNC_JSON_NULL;
}

/* Answers with what stands in @root; FALSE if it makes no sense. */
static gboolean
answer_root (SyncHookCall *self, const SyncJsonView *root, GError **error)
{
  g_autoptr (GBytes) document = NULL;
  g_autofree char *word = NULL;
  g_autofree char *reason = NULL;
  SyncHookResolution resolution;
  SyncJsonView value;

  if (sync_json_view_kind (root) != SYNC_JSON_OBJECT || !get_member (root, "resolution", &value))
    {
      g_set_error_literal (error, SYNC_ERROR, SYNC_ERROR_INVALID, "its answer is no JSON object with “resolution”");
      return FALSE;
    }
  word = sync_json_view_dup_text (&value);
  if (!resolution_from_string (word, &resolution))
    {
      g_autofree char *line = sync_message_dup_line (word, strnlen (word, 40));

      g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID,
                   "“%s” is no resolution; there are local_wins, server_wins, merged, manual, ask, skip and pass", line);
      return FALSE;
    }
  if (get_member (root, "reason", &value))
    reason = sync_json_view_dup_text (&value);
  if (get_member (root, "document", &value))
    document = g_bytes_new (value.text, value.length);
  sync_hook_call_answer (self, resolution, document, reason);
  return TRUE;
}

/**
 * sync_hook_call_answer_text:
 * @self: a call
 * @text: the answer as a JSON object: `resolution`, and if need be `document` and `reason`; need not end with a zero
 * @length: its bytes, at most %SYNC_HOOK_MAX_ANSWER_BYTES
 *
 * Answers as sync_hook_call_answer(); an answer that makes no sense, or is too large, makes the call fail.
 */
void
sync_hook_call_answer_text (SyncHookCall *self, const char *text, gsize length)
{
  g_autoptr (SyncHookCall) kept = g_object_ref (self);
  GError *error = NULL;
  SyncJsonView root;

  if (length > SYNC_HOOK_MAX_ANSWER_BYTES)
    g_set_error (&error, SYNC_ERROR, SYNC_ERROR_INVALID, "its answer is larger than %d bytes", SYNC_HOOK_MAX_ANSWER_BYTES);
  else if (!sync_json_check (text, length, &root, &error))
    g_prefix_error (&error, "its answer: ");
  else if (answer_root (self, &root, &error))
    return;
  end_call (self, NULL, error);
}

/**
 * sync_hook_call_set_complaint:
 * @self: a call
 * @words: what the hook said beside its answer, one line; "" for nothing
 *
 * If the call ends without a decision its reason is followed by these words.
 */
void
sync_hook_call_set_complaint (SyncHookCall *self, const char *words)
{
  g_free (self->complaint);
  self->complaint = *words != '\0' ? g_strdup (words) : NULL;
}

/**
 * sync_hook_call_fail:
 * @self: a call
 * @error: why the hook does not decide: one line that follows on its name
 *
 * Ends the call without a decision: the next hook is asked, or the policy decides, and the reason is reported.
 */
void
sync_hook_call_fail (SyncHookCall *self, const GError *error)
{
  g_autoptr (SyncHookCall) kept = g_object_ref (self);

  end_call (self, NULL, g_error_copy (error));
}
