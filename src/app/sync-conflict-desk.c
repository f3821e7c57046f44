/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Between the windows in the main thread and the engine in its own: a decision goes there as a message, and comes back only
 * if it was not carried out; the wish to undo one comes back with what became of it, and the question whom the server takes
 * the till for with the answer. Main thread, but for what says otherwise. */
#include "config.h"

#include "sync-conflict-desk.h"

#include "sync-conflict-case.h"
#include "sync-dialog.h"

#define ACTOR "window"

/* A decision on its way to the engine, or back with why it was not carried out. */
typedef struct
{
  GWeakRef *dialog;   /* (owned): set and read in the main thread */
  gint64 id;
  SyncResolution resolution;
  GBytes *document;   /* (owned) (nullable) */
  GError *error;      /* (owned) (nullable) */
} Decision;

static void
free_weak_ref (GWeakRef *ref)
{
  g_weak_ref_clear (ref);
  g_free (ref);
}

static void
decision_free (gpointer data)
{
  Decision *self = data;

  g_clear_pointer (&self->dialog, free_weak_ref);
  g_clear_pointer (&self->document, g_bytes_unref);
  g_clear_error (&self->error);
  g_free (self);
}

static gboolean
report_cb (gpointer user_data)
{
  Decision *self = user_data;
  g_autoptr (SyncConflictDialog) dialog = g_weak_ref_get (self->dialog);

  g_message ("Conflict %" G_GINT64_FORMAT " was not resolved: %s", self->id, self->error->message);
  if (dialog != NULL)
    sync_conflict_dialog_report (dialog, self->id, self->error->message);
  return G_SOURCE_REMOVE;
}

/* Engine's thread. */
static void
resolve_in_engine (SyncEngine *engine, gpointer user_data)
{
  Decision *self = user_data;
  Decision *answer;
  g_autoptr (GError) error = NULL;

  if (sync_engine_resolve (engine, self->id, self->resolution, self->document, ACTOR, &error))
    return;
  answer = g_new0 (Decision, 1);
  answer->dialog = g_steal_pointer (&self->dialog);
  answer->id = self->id;
  answer->error = g_steal_pointer (&error);
  g_main_context_invoke_full (NULL, G_PRIORITY_DEFAULT, report_cb, answer, decision_free);
}

static void
resolve_cb (SyncConflictDialog *dialog, gint64 id, int resolution, GBytes *document, gpointer user_data)
{
  Decision *decision = g_new0 (Decision, 1);

  decision->dialog = g_new0 (GWeakRef, 1);
  g_weak_ref_init (decision->dialog, dialog);
  decision->id = id;
  decision->resolution = (SyncResolution) resolution;
  decision->document = document != NULL ? g_bytes_ref (document) : NULL;
  sync_service_thread_invoke (SYNC_SERVICE_THREAD (user_data), resolve_in_engine, decision, decision_free);
}

/* The question whom the server takes the till for; in the engine's thread or in the main thread, never in both. */
typedef struct
{
  GWeakRef *dialog; /* (owned): set and read in the main thread */
  char *user;       /* (owned) (nullable) */
} Who;

/* What the engine's thread is handed. */
typedef struct
{
  Who *who; /* (owned) (nullable): NULL once it is on its way back */
} WhoMessage;

static void
who_free (gpointer data)
{
  Who *self = data;

  g_clear_pointer (&self->dialog, free_weak_ref);
  g_free (self->user);
  g_free (self);
}

static void
who_message_free (gpointer data)
{
  WhoMessage *self = data;

  g_clear_pointer (&self->who, who_free);
  g_free (self);
}

static gboolean
known_cb (gpointer user_data)
{
  Who *who = user_data;
  g_autoptr (SyncConflictDialog) dialog = g_weak_ref_get (who->dialog);

  if (dialog != NULL && who->user != NULL)
    sync_conflict_dialog_set_user (dialog, who->user);
  return G_SOURCE_REMOVE;
}

/* Engine's thread. */
static void
checked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SyncEngine *engine = SYNC_ENGINE (source);
  Who *who = user_data;

  sync_engine_check_finish (engine, result, NULL);
  who->user = g_strdup (sync_engine_get_user (engine));
  g_main_context_invoke_full (NULL, G_PRIORITY_DEFAULT, known_cb, who, who_free);
}

/* Engine's thread. */
static void
ask_who_in_engine (SyncEngine *engine, gpointer user_data)
{
  WhoMessage *message = user_data;
  Who *who = g_steal_pointer (&message->who);

  if (sync_engine_get_user (engine) == NULL)
    {
      sync_engine_check_async (engine, checked_cb, who);
      return;
    }
  who->user = g_strdup (sync_engine_get_user (engine));
  g_main_context_invoke_full (NULL, G_PRIORITY_DEFAULT, known_cb, who, who_free);
}

static void
ask_who (SyncServiceThread *service, SyncConflictDialog *dialog)
{
  WhoMessage *message = g_new0 (WhoMessage, 1);

  message->who = g_new0 (Who, 1);
  message->who->dialog = g_new0 (GWeakRef, 1);
  g_weak_ref_init (message->who->dialog, dialog);
  sync_service_thread_invoke (service, ask_who_in_engine, message, who_message_free);
}

/**
 * sync_conflict_desk_present:
 * @parent: the window in front of which it stands
 * @service: where the engine is that carries out what is decided
 * @status: tells when the conflicts may have changed
 * @reader: a store to read from
 * @id: of an open conflict, or 0: the first
 *
 * Shows a conflict for a person to decide, in the window that is open for that or in a new one.
 *
 * Returns: (transfer none): the window
 */
SyncConflictDialog *
sync_conflict_desk_present (GtkWindow *parent, SyncServiceThread *service, SyncStatus *status, SyncStore *reader, gint64 id)
{
  GtkWindow *open = sync_dialog_find (SYNC_TYPE_CONFLICT_DIALOG, parent);
  SyncConflictDialog *dialog = open != NULL ? SYNC_CONFLICT_DIALOG (open) : NULL;
  g_autoptr (SyncMergePolicies) policies = NULL;

  if (dialog == NULL)
    {
      policies = sync_conflict_case_read_policies ();
      dialog = sync_conflict_dialog_new (parent, reader, policies);
      g_signal_connect_object (dialog, "resolve", G_CALLBACK (resolve_cb), service, 0);
      g_signal_connect_object (status, "requests-changed", G_CALLBACK (sync_conflict_dialog_refresh), dialog,
                               G_CONNECT_SWAPPED);
    }
  sync_conflict_dialog_show_conflict (dialog, id);
  ask_who (service, dialog);
  gtk_window_present (GTK_WINDOW (dialog));
  return dialog;
}

/* A wish to undo on its way to the engine, or back with what became of it. */
typedef struct
{
  GWeakRef *owner;             /* (owned): set and read in the main thread */
  SyncConflictUndoneFunc func;
  gint64 id;
  gint64 request_id;           /* 0: it was not undone */
  GError *error;               /* (owned) (nullable): why not */
} Undo;

static void
undo_free (gpointer data)
{
  Undo *self = data;

  g_clear_pointer (&self->owner, free_weak_ref);
  g_clear_error (&self->error);
  g_free (self);
}

static gboolean
undone_cb (gpointer user_data)
{
  Undo *self = user_data;
  g_autoptr (GObject) owner = g_weak_ref_get (self->owner);

  if (self->error != NULL)
    g_message ("Conflict %" G_GINT64_FORMAT " was not undone: %s", self->id, self->error->message);
  if (owner != NULL)
    self->func (owner, self->request_id, self->error);
  return G_SOURCE_REMOVE;
}

/* Engine's thread. */
static void
undo_in_engine (SyncEngine *engine, gpointer user_data)
{
  Undo *self = user_data;
  Undo *answer = g_new0 (Undo, 1);

  answer->owner = g_steal_pointer (&self->owner);
  answer->func = self->func;
  answer->id = self->id;
  answer->request_id = sync_engine_undo_resolution (engine, self->id, ACTOR, &answer->error);
  g_main_context_invoke_full (NULL, G_PRIORITY_DEFAULT, undone_cb, answer, undo_free);
}

/**
 * sync_conflict_desk_undo:
 * @service: where the engine is
 * @id: of a conflict that is decided
 * @func: called in the main thread with what became of it, with the errors of sync_engine_undo_resolution(); not at all if
 *   the service ends before, or @owner is gone by then
 * @owner: (transfer none): for @func
 *
 * Has the engine undo how a conflict ended.
 */
void
sync_conflict_desk_undo (SyncServiceThread *service, gint64 id, SyncConflictUndoneFunc func, GObject *owner)
{
  Undo *undo = g_new0 (Undo, 1);

  undo->owner = g_new0 (GWeakRef, 1);
  g_weak_ref_init (undo->owner, owner);
  undo->func = func;
  undo->id = id;
  sync_service_thread_invoke (service, undo_in_engine, undo, undo_free);
}
