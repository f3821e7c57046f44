/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asks the hooks for a type one after the other until one of them decides. What each kind of hook has of its own is how
 * the next one of it is found and started; time limit, check of the answer and cancellation are the call's.
 * Engine's thread only. */
#include "config.h"

#include "sync-hooks.h"

#include "sync-error.h"
#include "sync-hook-program.h"

/* How a hook is reached, in the order in which they are asked. */
typedef enum
{
  KIND_FUNCTION, /* in this process */
  KIND_PROGRAM,  /* an executable file named after the DocType */
  N_KINDS,
} Kind;

typedef struct
{
  guint id;
  char *resource_type; /* (owned) */
  char *name;          /* (owned) */
  SyncHookFunc func;
  gpointer user_data;  /* (owned) where there is @destroy */
  GDestroyNotify destroy;
} Function;

struct _SyncHooks
{
  GObject parent_instance;

  SyncClock *clock;     /* (owned) */
  char *directory;      /* (owned) (nullable): of the programs */
  GPtrArray *functions; /* (owned) (element-type Function): by id */
  guint last_id;
};

G_DEFINE_FINAL_TYPE (SyncHooks, sync_hooks, G_TYPE_OBJECT)

/* One conflict that is being asked about. The task's data. */
typedef struct
{
  SyncHookQuestion *question; /* (owned) */
  Kind kind;                  /* of the hook that is asked now */
  guint function_id;          /* the last function that was asked, 0: none */
  char *name;                 /* (owned) (nullable): of that one */
  gboolean program_asked;
  GError *failure;            /* (owned) (nullable): why the hooks asked so far did not decide */
} Ask;

static void
function_free (gpointer data)
{
  Function *self = data;

  if (self->destroy != NULL)
    self->destroy (self->user_data);
  g_free (self->resource_type);
  g_free (self->name);
  g_free (self);
}

static void
ask_free (gpointer data)
{
  Ask *self = data;

  sync_hook_question_free (self->question);
  g_free (self->name);
  g_clear_error (&self->failure);
  g_free (self);
}

/* Who decides, for the history and for reports. */
static char *
dup_name (const Ask *ask)
{
  return ask->kind == KIND_FUNCTION ? g_strdup (ask->name) : g_strdup_printf ("hook %s", ask->question->resource_type);
}

/* One more hook that does not decide. */
static void
note_failure (Ask *ask, const GError *error)
{
  g_autoptr (GError) before = g_steal_pointer (&ask->failure);
  g_autofree char *name = dup_name (ask);

  ask->failure = g_error_new (error->domain, error->code, "%s%s%s: %s", before != NULL ? before->message : "",
                              before != NULL ? "; " : "", name, error->message);
}

static void ask_next (GTask *task);

static void
asked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Ask *ask = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  SyncHookAnswer *answer = sync_hook_call_finish (result, &error);

  if (answer != NULL && answer->resolution == SYNC_HOOK_PASS)
    {
      sync_hook_answer_free (answer);
      ask_next (g_steal_pointer (&task));
      return;
    }
  if (answer != NULL)
    {
      answer->by = dup_name (ask);
      answer->passed = ask->failure != NULL ? g_strdup (ask->failure->message) : NULL;
      g_task_return_pointer (task, answer, (GDestroyNotify) sync_hook_answer_free);
      return;
    }
  if (g_task_return_error_if_cancelled (task))
    return;
  note_failure (ask, error);
  ask_next (g_steal_pointer (&task));
}

static SyncHookCall *
new_call (GTask *task)
{
  SyncHooks *self = g_task_get_source_object (task);
  Ask *ask = g_task_get_task_data (task);

  return sync_hook_call_new (ask->question, self->clock, g_task_get_cancellable (task), asked_cb, task);
}

/* Asks the next function for the type; FALSE if there is none. Looked for anew each time: some may have come or gone. */
static gboolean
ask_function (GTask *task)
{
  SyncHooks *self = g_task_get_source_object (task);
  Ask *ask = g_task_get_task_data (task);

  for (guint i = 0; i < self->functions->len; i++)
    {
      const Function *function = g_ptr_array_index (self->functions, i);

      if (function->id > ask->function_id && g_str_equal (function->resource_type, ask->question->resource_type))
        {
          g_autoptr (SyncHookCall) call = new_call (task);

          ask->function_id = function->id;
          g_free (ask->name);
          ask->name = g_strdup (function->name);
          function->func (call, function->user_data);
          return TRUE;
        }
    }
  return FALSE;
}

/* Asks the executable file; FALSE if there is none, or none that may be run. */
static gboolean
ask_program (GTask *task)
{
  SyncHooks *self = g_task_get_source_object (task);
  Ask *ask = g_task_get_task_data (task);
  g_autoptr (SyncHookCall) call = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;

  if (self->directory == NULL || ask->program_asked)
    return FALSE;
  ask->program_asked = TRUE;
  path = sync_hook_program_find (self->directory, ask->question->resource_type, &error);
  if (path == NULL)
    {
      if (!g_error_matches (error, SYNC_ERROR, SYNC_ERROR_NOT_FOUND))
        note_failure (ask, error);
      return FALSE;
    }
  call = new_call (task);
  sync_hook_program_run (call, path);
  return TRUE;
}

/* Asks the hook after the one that was asked last; ends @task, which it takes, if there is none. */
static void
ask_next (GTask *task)
{
  static gboolean (*const ask_kind[]) (GTask *) = {
    [KIND_FUNCTION] = ask_function,
    [KIND_PROGRAM] = ask_program,
  };
  Ask *ask = g_task_get_task_data (task);

  while (ask->kind < N_KINDS)
    {
      if (ask_kind[ask->kind](task))
        return;
      ask->kind++;
    }
  if (ask->failure != NULL)
    g_task_return_error (task, g_steal_pointer (&ask->failure));
  else
    g_task_return_pointer (task, NULL, NULL);
  g_object_unref (task);
}

static void
sync_hooks_finalize (GObject *object)
{
  SyncHooks *self = SYNC_HOOKS (object);

  g_ptr_array_unref (self->functions);
  g_object_unref (self->clock);
  g_free (self->directory);
  G_OBJECT_CLASS (sync_hooks_parent_class)->finalize (object);
}

static void
sync_hooks_class_init (SyncHooksClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = sync_hooks_finalize;
}

static void
sync_hooks_init (SyncHooks *self)
{
  self->functions = g_ptr_array_new_with_free_func (function_free);
}

/**
 * sync_hooks_new:
 * @clock: measures the time limits
 * @directory: (nullable): of the executable hooks, usually sync_hook_program_dup_directory(); need not exist; NULL: there
 *   are none
 *
 * Returns: (transfer full): hooks, without a function so far
 */
SyncHooks *
sync_hooks_new (SyncClock *clock, const char *directory)
{
  SyncHooks *self = g_object_new (SYNC_TYPE_HOOKS, NULL);

  self->clock = g_object_ref (clock);
  self->directory = g_strdup (directory);
  return self;
}

/**
 * sync_hooks_register:
 * @self: hooks
 * @resource_type: the DocType
 * @func: asked about each conflict of that type, in the engine's thread
 * @user_data: for @func
 * @destroy: (nullable): of @user_data, called when the function is unregistered or @self goes
 *
 * Returns: the function's id for sync_hooks_unregister(), never 0
 */
guint
sync_hooks_register (SyncHooks *self, const char *resource_type, SyncHookFunc func, gpointer user_data,
                     GDestroyNotify destroy)
{
  Function *function = g_new0 (Function, 1);

  function->id = ++self->last_id;
  function->resource_type = g_strdup (resource_type);
  function->name = g_strdup_printf ("hook function %u for %s", function->id, resource_type);
  function->func = func;
  function->user_data = user_data;
  function->destroy = destroy;
  g_ptr_array_add (self->functions, function);
  return function->id;
}

/**
 * sync_hooks_set_name:
 * @self: hooks
 * @id: of a function
 * @name: as it is called in the history and in reports; without this it has its number
 *
 * Names a function that stands for something outside.
 */
void
sync_hooks_set_name (SyncHooks *self, guint id, const char *name)
{
  for (guint i = 0; i < self->functions->len; i++)
    {
      Function *function = g_ptr_array_index (self->functions, i);

      if (function->id == id)
        {
          g_free (function->name);
          function->name = g_strdup (name);
        }
    }
}

/**
 * sync_hooks_unregister:
 * @self: hooks
 * @id: of a function
 *
 * The function is asked no more. A call that it holds already it may still answer.
 *
 * Returns: whether it was registered
 */
gboolean
sync_hooks_unregister (SyncHooks *self, guint id)
{
  for (guint i = 0; i < self->functions->len; i++)
    {
      const Function *function = g_ptr_array_index (self->functions, i);

      if (function->id == id)
        {
          g_ptr_array_remove_index (self->functions, i);
          return TRUE;
        }
    }
  return FALSE;
}

static SyncHookQuestion *
new_question (const SyncConflict *conflict, const SyncHookFacts *facts)
{
  const SyncHookQuestion question = {
    .id = conflict->id,
    .resource_type = conflict->resource_type,
    .resource_id = conflict->resource_id,
    .type = conflict->conflict_type,
    .base = conflict->base_data,
    .local = conflict->local_data,
    .server = conflict->server_data,
    .base_ms = facts != NULL ? facts->base_ms : 0,
    .local_ms = facts != NULL ? facts->local_ms : 0,
    .server_ms = facts != NULL ? facts->server_ms : 0,
    .message = facts != NULL ? facts->message : NULL,
  };

  return sync_hook_question_copy (&question);
}

/**
 * sync_hooks_ask_async:
 * @self: hooks
 * @conflict: an open conflict, or one about to be opened (id 0); not needed any more on return
 * @facts: (nullable): when its versions were written, and what the server said, as far as it is known
 * @cancellable: (nullable): ends the asking, and kills a program that was asked; to be cancelled from this thread
 * @callback: (scope async): called once, from the caller's main context, never from within this function
 * @user_data: for @callback
 *
 * Asks the hooks for the conflict's type, each for at most %SYNC_HOOK_LIMIT_MS, until one of them decides. Nothing is
 * written. The caller looks at the conflict's state again before it follows the answer.
 */
void
sync_hooks_ask_async (SyncHooks *self, const SyncConflict *conflict, const SyncHookFacts *facts, GCancellable *cancellable,
                      GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  Ask *ask = g_new0 (Ask, 1);

  g_task_set_source_tag (task, sync_hooks_ask_async);
  ask->question = new_question (conflict, facts);
  g_task_set_task_data (task, ask, ask_free);
  if (g_task_return_error_if_cancelled (task))
    return;
  if (conflict->resource_type == NULL)
    g_task_return_pointer (task, NULL, NULL);
  else
    ask_next (g_steal_pointer (&task));
}

/**
 * sync_hooks_ask_finish:
 * @self: hooks
 * @result: of sync_hooks_ask_async()
 * @error: %G_IO_ERROR_CANCELLED: nothing was decided, and nothing is to be. Anything else: there are hooks, and all
 *   failed; the policy decides, and the message, one line, is to be reported: "hook Sales Invoice: it exited with status 3"
 *
 * Returns: (transfer full) (nullable): the decision, checked, with who made it and which hooks failed before that;
 *   NULL without an error: there is no hook for the type, so that the policy decides
 */
SyncHookAnswer *
sync_hooks_ask_finish (SyncHooks *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}
