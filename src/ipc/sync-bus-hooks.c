/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Conflict hooks that are objects of other programs on the bus. Each belongs to the caller that registered it and goes
 * when that leaves the bus; the engine asks it as it asks a function. Engine's thread. */
#include "config.h"

#include "sync-bus-hooks.h"

#include <string.h>

#include "sync-bus-arguments.h"
#include "sync-error.h"

#define HOOK_INTERFACE "org.posawesome.Sync1.Hook"
/* More than a shop has DocTypes; a program that registers in a loop is stopped. */
#define MAX_HOOKS 256

struct _SyncBusHooks
{
  SyncHooks *hooks;  /* (owned) */
  SyncClock *clock;  /* (owned) */
  GPtrArray *objects; /* (owned) (element-type Object) */
};

typedef struct
{
  SyncBusHooks *hooks;         /* (unowned): it owns this */
  GDBusConnection *connection; /* (owned) */
  char *owner;                 /* (owned): unique name */
  char *type;                  /* (owned): DocType */
  char *path;                  /* (owned) */
  guint timeout_ms;
  guint id;                    /* among the engine's hooks */
  guint watch;                 /* of @owner */
} Object;

/* One question that is on its way. */
typedef struct
{
  SyncHookCall *call; /* (owned) */
  SyncClock *clock;   /* (owned) */
  guint timeout_ms;
  guint alarm;        /* 0: none, or it is over */
} Question;

static void
object_free (gpointer data)
{
  Object *self = data;

  g_bus_unwatch_name (self->watch);
  sync_hooks_unregister (self->hooks->hooks, self->id);
  g_object_unref (self->connection);
  g_free (self->owner);
  g_free (self->type);
  g_free (self->path);
  g_free (self);
}

static void
question_free (Question *self)
{
  sync_clock_clear_alarm (self->clock, &self->alarm);
  g_object_unref (self->clock);
  g_object_unref (self->call);
  g_free (self);
}

static void
time_is_up_alarm_cb (gpointer user_data)
{
  Question *self = user_data;
  g_autoptr (GError) error
    = g_error_new (G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "it gave no answer within %u ms", self->timeout_ms);

  self->alarm = 0;
  /* Which cancels the call on the bus, whose end frees @self. */
  sync_hook_call_fail (self->call, error);
}

static void
answered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Question *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  const char *text;

  if (answer != NULL)
    {
      g_variant_get (answer, "(&s)", &text);
      sync_hook_call_answer_text (self->call, text, strlen (text));
    }
  else
    {
      g_dbus_error_strip_remote_error (error);
      sync_hook_call_fail (self->call, error);
    }
  question_free (self);
}

static void
ask_cb (SyncHookCall *call, gpointer user_data)
{
  const Object *object = user_data;
  g_autoptr (GBytes) bytes = sync_hook_call_dup_text (call);
  g_autofree char *text = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  Question *question;

  if (strlen (text) > SYNC_BUS_MAX_ANSWER_BYTES)
    {
      g_autoptr (GError) error = g_error_new_literal (SYNC_ERROR, SYNC_ERROR_TOO_LARGE, "the documents are too large for a bus");

      sync_hook_call_fail (call, error);
      return;
    }
  question = g_new0 (Question, 1);
  question->call = g_object_ref (call);
  question->clock = g_object_ref (object->hooks->clock);
  question->timeout_ms = object->timeout_ms;
  if (object->timeout_ms < SYNC_HOOK_LIMIT_MS)
    question->alarm = sync_clock_add_alarm (
      question->clock, sync_clock_boot_us (question->clock) + object->timeout_ms * G_GINT64_CONSTANT (1000),
      time_is_up_alarm_cb, question);
  /* The time limits are ours, and end it by the cancellable. */
  g_dbus_connection_call (object->connection, object->owner, object->path, HOOK_INTERFACE, "Resolve",
                          g_variant_new ("(s)", text), G_VARIANT_TYPE ("(s)"), G_DBUS_CALL_FLAGS_NO_AUTO_START, G_MAXINT,
                          sync_hook_call_get_cancellable (call), answered_cb, question);
}

static void
vanished_cb (GDBusConnection *connection, const char *name, gpointer user_data)
{
  Object *self = user_data;

  g_ptr_array_remove (self->hooks->objects, self);
}

static Object *
find (SyncBusHooks *self, const char *owner, const char *type)
{
  for (guint i = 0; i < self->objects->len; i++)
    {
      Object *object = g_ptr_array_index (self->objects, i);

      if (strcmp (object->owner, owner) == 0 && strcmp (object->type, type) == 0)
        return object;
    }
  return NULL;
}

/**
 * sync_bus_hooks_new:
 * @hooks: the engine's
 * @clock: measures the time limits
 *
 * Returns: (transfer full): no objects so far
 */
SyncBusHooks *
sync_bus_hooks_new (SyncHooks *hooks, SyncClock *clock)
{
  SyncBusHooks *self = g_new0 (SyncBusHooks, 1);

  self->hooks = g_object_ref (hooks);
  self->clock = g_object_ref (clock);
  self->objects = g_ptr_array_new_with_free_func (object_free);
  return self;
}

/**
 * sync_bus_hooks_register:
 * @self: hooks
 * @connection: the bus
 * @owner: unique name of the program
 * @type: DocType
 * @path: of its object
 * @timeout_ms: how long it may think, 0: as long as any hook
 * @error: %SYNC_ERROR_INVALID, %SYNC_ERROR_REFUSED (there are too many); both permanent
 *
 * Has the object asked about the conflicts of the type from now on, until its program leaves the bus.
 *
 * Returns: whether it will be
 */
gboolean
sync_bus_hooks_register (SyncBusHooks *self, GDBusConnection *connection, const char *owner, const char *type,
                         const char *path, guint timeout_ms, GError **error)
{
  Object *object = find (self, owner, type);
  g_autofree char *name = NULL;

  if (*type == '\0' || timeout_ms > SYNC_HOOK_LIMIT_MS)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID, "“%s” must be %s", *type == '\0' ? "type" : "timeout",
                   *type == '\0' ? "a DocType" : "at most 5000 ms, or 0 for that");
      return FALSE;
    }
  if (object != NULL)
    g_ptr_array_remove (self->objects, object);
  if (self->objects->len >= MAX_HOOKS)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED, "%d hooks are registered already; end one of them", MAX_HOOKS);
      return FALSE;
    }
  object = g_new0 (Object, 1);
  object->hooks = self;
  object->connection = g_object_ref (connection);
  object->owner = g_strdup (owner);
  object->type = g_strdup (type);
  object->path = g_strdup (path);
  object->timeout_ms = timeout_ms != 0 ? timeout_ms : SYNC_HOOK_LIMIT_MS;
  object->id = sync_hooks_register (self->hooks, type, ask_cb, object, NULL);
  name = g_strdup_printf ("hook %s of %s for %s", path, owner, type);
  sync_hooks_set_name (self->hooks, object->id, name);
  object->watch = g_bus_watch_name_on_connection (connection, owner, G_BUS_NAME_WATCHER_FLAGS_NONE, NULL, vanished_cb,
                                                  object, NULL);
  g_ptr_array_add (self->objects, object);
  return TRUE;
}

/**
 * sync_bus_hooks_unregister:
 * @self: hooks
 * @owner: unique name of the program
 * @type: DocType
 * @error: %SYNC_ERROR_NOT_FOUND: it has not registered for that type (permanent)
 *
 * Returns: whether the object was asked so far
 */
gboolean
sync_bus_hooks_unregister (SyncBusHooks *self, const char *owner, const char *type, GError **error)
{
  Object *object = find (self, owner, type);

  if (object == NULL)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_NOT_FOUND, "you have no hook for “%.60s”", type);
      return FALSE;
    }
  g_ptr_array_remove (self->objects, object);
  return TRUE;
}

/**
 * sync_bus_hooks_free:
 * @self: (transfer full): hooks
 *
 * None of them is asked any more.
 */
void
sync_bus_hooks_free (SyncBusHooks *self)
{
  g_ptr_array_unref (self->objects);
  g_object_unref (self->hooks);
  g_object_unref (self->clock);
  g_free (self);
}
