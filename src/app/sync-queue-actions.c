/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From "do that" to a toast that says that it is done. Holds nothing but what is on its way. Main thread. */
#include "config.h"

#include "sync-queue-actions.h"

#include "sync-engine-words.h"
#include "sync-queue-desk.h"
#include "sync-queue-dialogs.h"
#include "sync-request-edit-dialog.h"
#include "sync-request-payload.h"

#include <glib/gi18n.h>

struct _SyncQueueActions
{
  GObject parent_instance;

  AdwToastOverlay *toasts; /* (unowned) (nullable): NULL once it is gone */
  SyncServiceThread *service; /* (owned) */
  SyncStore *reader; /* (owned) */
  SyncRequestEditDialog *edit; /* (unowned) (nullable): GTK's */
};

G_DEFINE_FINAL_TYPE (SyncQueueActions, sync_queue_actions, G_TYPE_OBJECT)

static GtkWindow *
get_window (SyncQueueActions *self)
{
  GtkRoot *root = self->toasts != NULL ? gtk_widget_get_root (GTK_WIDGET (self->toasts)) : NULL;

  return GTK_IS_WINDOW (root) ? GTK_WINDOW (root) : NULL;
}

static void
toast (SyncQueueActions *self, const char *title)
{
  g_autofree char *escaped = g_markup_escape_text (title, -1);

  adw_toast_overlay_add_toast (self->toasts, adw_toast_new (escaped));
}

/* Says that it is done, and offers to undo it where that is possible. */
static void
tell_done (SyncQueueActions *self, const SyncQueueOutcome *outcome)
{
  g_autofree char *words = sync_request_act_dup_done (outcome->act, outcome->done->len);
  AdwToast *said = adw_toast_new (words);

  if (outcome->act == SYNC_REQUEST_ACT_GIVE_UP)
    {
      adw_toast_set_button_label (said, _ ("_Undo"));
      adw_toast_set_action_name (said, "queue.undo");
      adw_toast_set_action_target_value (said, g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, outcome->done->data,
                                                                          outcome->done->len, sizeof (gint64)));
    }
  adw_toast_overlay_add_toast (self->toasts, said);
}

static void
carried_out_cb (gpointer owner, const SyncQueueOutcome *outcome)
{
  SyncQueueActions *self = SYNC_QUEUE_ACTIONS (owner);
  GtkWindow *window = get_window (self);

  if (window == NULL)
    return;
  if (outcome->done->len > 0)
    tell_done (self, outcome);
  if (outcome->act == SYNC_REQUEST_ACT_EDIT && self->edit != NULL)
    {
      if (outcome->done->len > 0)
        gtk_window_close (GTK_WINDOW (self->edit));
      else
        sync_request_edit_dialog_report (self->edit, g_ptr_array_index (outcome->reasons, 0));
    }
  else if (outcome->failed->len > 0)
    sync_queue_dialogs_tell_failed (window, self->reader, outcome->failed, outcome->reasons);
}

static int
compare_ids (gconstpointer a, gconstpointer b)
{
  gint64 first = *(const gint64 *) a;
  gint64 second = *(const gint64 *) b;

  return (first > second) - (first < second);
}

/* Who depends on another one was taken later: it goes first when both are given up, and last when both come back. */
static void
carry_out (SyncQueueActions *self, SyncRequestAct act, GArray *ids, const SyncRequestActDetail *detail)
{
  g_autoptr (GArray) ordered = g_array_copy (ids);

  g_array_sort (ordered, compare_ids);
  if (act == SYNC_REQUEST_ACT_GIVE_UP)
    for (guint i = 0; i < ordered->len / 2; i++)
      {
        gint64 *one = &g_array_index (ordered, gint64, i);
        gint64 *other = &g_array_index (ordered, gint64, ordered->len - 1 - i);
        gint64 id = *one;

        *one = *other;
        *other = id;
      }
  sync_queue_desk_carry_out (self->service, act, ordered, detail, carried_out_cb, self);
}

static void
agreed_cb (gpointer owner, SyncRequestAct act, GArray *ids, const SyncRequestActDetail *detail)
{
  carry_out (SYNC_QUEUE_ACTIONS (owner), act, ids, detail);
}

static void
send_cb (SyncQueueActions *self, gint64 id, GBytes *body)
{
  const SyncRequestActDetail detail = { .body = body };
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));

  g_array_append_val (ids, id);
  carry_out (self, SYNC_REQUEST_ACT_EDIT, ids, &detail);
}

static void
edit (SyncQueueActions *self, gint64 id)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncRequest) request = sync_store_get (self->reader, id, &error);
  SyncRequestEditDialog *dialog = NULL;

  if (request == NULL)
    {
      g_autofree char *words = sync_engine_words_dup (error->message);

      toast (self, words);
      return;
    }
  if (sync_request_payload_has_secret (request))
    {
      toast (self, _ ("It holds a password or the like, so it is not shown here. Give it up and enter it anew."));
      return;
    }
  dialog = sync_request_edit_dialog_new (get_window (self), request);
  if (dialog == NULL)
    {
      toast (self, _ ("What it sends is no text and cannot be edited here."));
      return;
    }
  g_set_weak_pointer (&self->edit, dialog);
  g_signal_connect_object (dialog, "send", G_CALLBACK (send_cb), self, G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
sync_queue_actions_dispose (GObject *object)
{
  SyncQueueActions *self = SYNC_QUEUE_ACTIONS (object);

  g_clear_weak_pointer (&self->toasts);
  g_clear_weak_pointer (&self->edit);
  g_clear_object (&self->service);
  g_clear_object (&self->reader);
  G_OBJECT_CLASS (sync_queue_actions_parent_class)->dispose (object);
}

static void
sync_queue_actions_class_init (SyncQueueActionsClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sync_queue_actions_dispose;
}

static void
sync_queue_actions_init (SyncQueueActions *self)
{
}

/**
 * sync_queue_actions_new:
 * @toasts: where to say what came of it; below something that has the action `queue.undo`
 * @service: where the engine is
 * @reader: a store to read from
 *
 * Returns: (transfer full): the actions
 */
SyncQueueActions *
sync_queue_actions_new (AdwToastOverlay *toasts, SyncServiceThread *service, SyncStore *reader)
{
  SyncQueueActions *self = g_object_new (SYNC_TYPE_QUEUE_ACTIONS, NULL);

  g_set_weak_pointer (&self->toasts, toasts);
  self->service = g_object_ref (service);
  self->reader = g_object_ref (reader);
  return self;
}

/**
 * sync_queue_actions_perform:
 * @self: the actions
 * @act: one of them, but for %SYNC_REQUEST_ACT_DECIDE
 * @ids: (element-type gint64): to which requests, at least one
 *
 * Does it, after asking what has to be asked.
 */
void
sync_queue_actions_perform (SyncQueueActions *self, SyncRequestAct act, GArray *ids)
{
  const SyncRequestActDetail detail = { .with_dependants = act == SYNC_REQUEST_ACT_RESTORE };
  gint64 id = g_array_index (ids, gint64, 0);

  if (act == SYNC_REQUEST_ACT_GIVE_UP)
    sync_queue_dialogs_ask_give_up (get_window (self), self->reader, ids, agreed_cb, self);
  else if (act == SYNC_REQUEST_ACT_ARRIVED)
    sync_queue_dialogs_ask_arrived (get_window (self), self->reader, id, agreed_cb, self);
  else if (act == SYNC_REQUEST_ACT_SEND_AGAIN)
    sync_queue_dialogs_ask_send_again (get_window (self), self->reader, id, agreed_cb, self);
  else if (act == SYNC_REQUEST_ACT_EDIT)
    edit (self, id);
  else
    carry_out (self, act, ids, &detail);
}

/**
 * sync_queue_actions_restore:
 * @self: the actions
 * @ids: (type ax): what was given up
 *
 * Undoes that.
 */
void
sync_queue_actions_restore (SyncQueueActions *self, GVariant *ids)
{
  g_autoptr (GArray) array = g_array_new (FALSE, FALSE, sizeof (gint64));
  gsize n;
  const gint64 *values = g_variant_get_fixed_array (ids, &n, sizeof (gint64));

  if (n == 0)
    return;
  g_array_append_vals (array, values, n);
  sync_queue_actions_perform (self, SYNC_REQUEST_ACT_RESTORE, array);
}
