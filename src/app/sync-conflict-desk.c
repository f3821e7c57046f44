/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Between the dialog in the main thread and the engine in its own: a decision goes there as a message, and comes back only
 * if it was not carried out. Main thread, but for what says otherwise. */
#include "config.h"

#include "sync-conflict-desk.h"

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

static SyncConflictDialog *
find_dialog (GtkWindow *parent)
{
  g_autoptr (GListModel) windows = g_object_ref (gtk_window_get_toplevels ());

  for (guint i = 0; i < g_list_model_get_n_items (windows); i++)
    {
      g_autoptr (GtkWindow) window = g_list_model_get_item (windows, i);

      if (SYNC_IS_CONFLICT_DIALOG (window) && gtk_window_get_transient_for (window) == parent)
        return SYNC_CONFLICT_DIALOG (window);
    }
  return NULL;
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
  SyncConflictDialog *dialog = find_dialog (parent);
  g_autoptr (SyncMergePolicies) policies = NULL;
  g_autoptr (GError) error = NULL;

  if (dialog == NULL)
    {
      policies = sync_merge_policies_new_for_shop (&error);
      if (policies == NULL)
        g_message ("The policies of fields cannot be read: %s", error->message);
      dialog = sync_conflict_dialog_new (parent, reader, policies);
      g_signal_connect_object (dialog, "resolve", G_CALLBACK (resolve_cb), service, 0);
      g_signal_connect_object (status, "requests-changed", G_CALLBACK (sync_conflict_dialog_refresh), dialog,
                               G_CONNECT_SWAPPED);
    }
  sync_conflict_dialog_show_conflict (dialog, id);
  gtk_window_present (GTK_WINDOW (dialog));
  return dialog;
}
