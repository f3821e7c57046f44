/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Computed anew from the status whenever that changes; the rows on their way are read from the store. */
#include "config.h"

#include "sync-finishing.h"

#include "sync-request-item.h"

#include <glib/gi18n.h>

/* More names than this help nobody within ten seconds. */
#define MAX_NAMES 3

struct _SyncFinishing
{
  AdwBin parent_instance;

  SyncStatus *status; /* (owned) (nullable): NULL until there is one to follow */
  SyncStore *reader; /* (owned) (nullable): likewise */
  guint n_most; /* how many were on their way at most */
  GtkProgressBar *progress; /* (unowned): the template's, as all that follow */
  GtkLabel *count; /* (unowned) */
  GtkLabel *names; /* (unowned) */
  GtkWidget *quit_button; /* (unowned) */
};

G_DEFINE_FINAL_TYPE (SyncFinishing, sync_finishing, ADW_TYPE_BIN)

/* (transfer full): “Sales Invoice SINV-1, Walk In” for each */
static char *
dup_names (SyncFinishing *self)
{
  const SyncListFilter filter = { .states = 1u << SYNC_STATE_SENDING, .limit = MAX_NAMES };
  g_autoptr (GPtrArray) rows = sync_store_list (self->reader, &filter, NULL);
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; rows != NULL && i < rows->len; i++)
    {
      g_autoptr (SyncRequestItem) item = sync_request_item_new (self->reader, g_ptr_array_index (rows, i));
      g_autofree char *document = NULL;
      g_autofree char *party = NULL;

      g_object_get (item, "document", &document, "party", &party, NULL);
      g_string_append_printf (names, "%s%s", i > 0 ? "\n" : "", document);
      if (party != NULL && *party != '\0')
        g_string_append_printf (names, ", %s", party);
    }
  return g_string_free (g_steal_pointer (&names), FALSE);
}

static void
update (SyncFinishing *self)
{
  guint n = sync_status_get_snapshot (self->status)->counts.n[SYNC_STATE_SENDING];
  g_autofree char *count = g_strdup_printf (ngettext ("%u entry is on its way", "%u entries are on their way", n), n);
  g_autofree char *names = dup_names (self);

  self->n_most = MAX (self->n_most, n);
  gtk_progress_bar_set_fraction (self->progress, self->n_most > 0 ? 1.0 - (double) n / self->n_most : 1.0);
  gtk_label_set_label (self->count, count);
  gtk_label_set_label (self->names, names);
}

static void
sync_finishing_dispose (GObject *object)
{
  SyncFinishing *self = SYNC_FINISHING (object);

  if (self->status != NULL)
    g_signal_handlers_disconnect_by_data (self->status, self);
  g_clear_object (&self->status);
  g_clear_object (&self->reader);
  gtk_widget_dispose_template (GTK_WIDGET (self), SYNC_TYPE_FINISHING);
  G_OBJECT_CLASS (sync_finishing_parent_class)->dispose (object);
}

static void
sync_finishing_class_init (SyncFinishingClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = sync_finishing_dispose;
  gtk_widget_class_set_template_from_resource (widget_class, "/org/posawesome/Sync/sync-finishing.ui");
  gtk_widget_class_bind_template_child (widget_class, SyncFinishing, progress);
  gtk_widget_class_bind_template_child (widget_class, SyncFinishing, count);
  gtk_widget_class_bind_template_child (widget_class, SyncFinishing, names);
  gtk_widget_class_bind_template_child (widget_class, SyncFinishing, quit_button);
}

static void
sync_finishing_init (SyncFinishing *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * sync_finishing_follow:
 * @self: the page
 * @status: of the engine that is ending
 * @reader: a read-only store of the same data directory
 *
 * Shows from now on what is still on its way, and puts the focus on the way out.
 */
void
sync_finishing_follow (SyncFinishing *self, SyncStatus *status, SyncStore *reader)
{
  g_return_if_fail (self->status == NULL);

  self->status = g_object_ref (status);
  self->reader = g_object_ref (reader);
  g_signal_connect_swapped (status, "changed", G_CALLBACK (update), self);
  update (self);
  gtk_widget_grab_focus (self->quit_button);
}
