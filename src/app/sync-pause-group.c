/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows follow the status; a row that is asked for comes when the engine says so. */
#include "config.h"

#include "sync-pause-group.h"

#include "sync-button-name.h"
#include "sync-type-entry.h"

#include <glib/gi18n.h>

struct _SyncPauseGroup
{
  AdwPreferencesGroup parent_instance;

  SyncStatus *status; /* (owned) */
  GPtrArray *rows; /* (owned) (element-type GtkWidget, unowned) */
  char **types; /* (owned) (nullable): as the rows show them */
  SyncTypeEntry *entry; /* (unowned) */
};

G_DEFINE_FINAL_TYPE (SyncPauseGroup, sync_pause_group, ADW_TYPE_PREFERENCES_GROUP)

static gboolean
all_is_paused (const SyncSnapshot *snapshot)
{
  return snapshot->paused && snapshot->paused_types == NULL;
}

static void
add_cb (SyncTypeEntry *entry, const char *type, SyncPauseGroup *self)
{
  if (all_is_paused (sync_status_get_snapshot (self->status)))
    sync_type_entry_refuse (entry, _ ("All delivery is paused at the moment: resume it first."));
  else if (self->types != NULL && g_strv_contains ((const char *const *) self->types, type))
    sync_type_entry_refuse (entry, _ ("This document type is paused already."));
  else
    gtk_widget_activate_action (GTK_WIDGET (self), "app.pause-type", "s", type);
}

static void
add_row (SyncPauseGroup *self, const char *type)
{
  GtkWidget *row = adw_action_row_new ();
  GtkWidget *button = gtk_button_new_with_label (_ ("Resume"));
  g_autofree char *name = g_strdup_printf (_ ("Resume %s"), type);
  g_autofree char *title = g_markup_escape_text (type, -1);

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), _ ("Taken as ever, and not delivered until resumed."));
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  sync_button_name_set (button, name);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (button), "app.resume-type");
  gtk_actionable_set_action_target (GTK_ACTIONABLE (button), "s", type);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), button);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (self), row);
  g_ptr_array_add (self->rows, row);
}

static gboolean
same_types (char **a, char **b)
{
  if (a == NULL || b == NULL)
    return a == b;
  return g_strv_equal ((const char *const *) a, (const char *const *) b);
}

static void
update (SyncPauseGroup *self)
{
  const SyncSnapshot *snapshot = sync_status_get_snapshot (self->status);

  if (same_types (self->types, snapshot->paused_types))
    return;
  g_strfreev (self->types);
  self->types = g_strdupv (snapshot->paused_types);
  for (guint i = 0; i < self->rows->len; i++)
    adw_preferences_group_remove (ADW_PREFERENCES_GROUP (self), g_ptr_array_index (self->rows, i));
  g_ptr_array_set_size (self->rows, 0);
  for (guint i = 0; self->types != NULL && self->types[i] != NULL; i++)
    add_row (self, self->types[i]);
}

static void
sync_pause_group_finalize (GObject *object)
{
  SyncPauseGroup *self = SYNC_PAUSE_GROUP (object);

  g_clear_object (&self->status);
  g_ptr_array_unref (self->rows);
  g_strfreev (self->types);
  G_OBJECT_CLASS (sync_pause_group_parent_class)->finalize (object);
}

static void
sync_pause_group_class_init (SyncPauseGroupClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = sync_pause_group_finalize;
}

static void
sync_pause_group_init (SyncPauseGroup *self)
{
  self->rows = g_ptr_array_new ();
}

/**
 * sync_pause_group_new:
 * @status: how the engine stands
 *
 * Returns: (transfer floating): the group of its paused types
 */
SyncPauseGroup *
sync_pause_group_new (SyncStatus *status)
{
  SyncPauseGroup *self = g_object_new (SYNC_TYPE_PAUSE_GROUP, "title", _ ("Pause by document type"), NULL);

  self->status = g_object_ref (status);
  self->entry
      = sync_type_entry_new (_ ("Document type to pause"), _ ("Its name in ERPNext, like Sales Invoice."), _ ("Pause"));
  g_signal_connect_object (self->entry, "add", G_CALLBACK (add_cb), self, G_CONNECT_DEFAULT);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (self), GTK_WIDGET (self->entry));
  g_signal_connect_object (status, "changed", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  update (self);
  return self;
}
