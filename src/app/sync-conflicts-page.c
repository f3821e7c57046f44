/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The conflicts, open and decided, read from the store page by page. Main thread. */
#include "config.h"

#include "sync-conflicts-page.h"

#include "sync-button-name.h"
#include "sync-conflict-desk.h"
#include "sync-conflict-list.h"
#include "sync-conflict-view.h"
#include "sync-conflict-whole.h"
#include "sync-engine-words.h"
#include "sync-label.h"

#include <glib/gi18n.h>
#include <inttypes.h>

/* Long enough to read what was done, and why something was not possible. */
#define DONE_TIMEOUT_S 5
#define REASON_TIMEOUT_S 15

struct _SyncConflictsPage
{
  AdwBin parent_instance;

  SyncServiceThread *service; /* (owned) (nullable): NULL while there is nothing to show, as the next two */
  SyncStore *reader; /* (owned) (nullable) */
  SyncStatus *status; /* (owned) (nullable) */
  SyncConflictList *open; /* (owned) (nullable) */
  SyncConflictList *decided; /* (owned) (nullable) */
  gboolean stale; /* something may have changed while nobody looked */

  GtkStack *conflicts_stack;       /* (unowned): the template's, as all that follow */
  GtkScrolledWindow *scroller; /* (unowned) */
  AdwPreferencesGroup *open_group; /* (unowned) */
  GtkListBox *open_view; /* (unowned) */
  GtkWidget *decided_group; /* (unowned) */
  GtkListBox *decided_view; /* (unowned) */
};

G_DEFINE_FINAL_TYPE (SyncConflictsPage, sync_conflicts_page, ADW_TYPE_BIN)

/* What depends on how many there are. */
static void
lists_changed_cb (SyncConflictsPage *self)
{
  gboolean any_open = g_list_model_get_n_items (G_LIST_MODEL (self->open)) > 0;
  gboolean any_decided = g_list_model_get_n_items (G_LIST_MODEL (self->decided)) > 0;

  gtk_stack_set_visible_child_name (self->conflicts_stack, any_open || any_decided ? "lists" : "empty");
  gtk_widget_set_visible (GTK_WIDGET (self->open_view), any_open);
  adw_preferences_group_set_description (
      self->open_group, any_open ? NULL : _ ("Nothing: whatever was changed on both sides is decided."));
  gtk_widget_set_visible (self->decided_group, any_decided);
}

/* Nothing is read for a page that nobody sees. */
static void
refresh (SyncConflictsPage *self)
{
  self->stale = !gtk_widget_get_mapped (GTK_WIDGET (self));
  if (self->stale || self->open == NULL)
    return;
  sync_conflict_list_refresh (self->open);
  sync_conflict_list_refresh (self->decided);
}

/* Loads the next page before the last loaded row comes into sight. */
static void
scrolled_cb (SyncConflictsPage *self, GtkAdjustment *adjustment)
{
  double left = gtk_adjustment_get_upper (adjustment) - gtk_adjustment_get_value (adjustment)
                - gtk_adjustment_get_page_size (adjustment);

  if (self->decided != NULL && left < 2 * gtk_adjustment_get_page_size (adjustment))
    sync_conflict_list_load_more (self->decided);
}

/* Undoing */

static void
tell (SyncConflictsPage *self, const char *words, guint timeout_s)
{
  /* Not a bound child of the template: its disposal would take it from the bin, which does not expect that. */
  adw_toast_overlay_add_toast (ADW_TOAST_OVERLAY (adw_bin_get_child (ADW_BIN (self))),
                               sync_label_new_toast (words, timeout_s));
}

static void
undone_cb (GObject *owner, gint64 request_id, const GError *error)
{
  SyncConflictsPage *self = SYNC_CONFLICTS_PAGE (owner);
  g_autofree char *reason = error != NULL ? sync_engine_words_dup (error->message) : NULL;
  g_autofree char *words = request_id != 0
                               ? g_strdup_printf (_ ("Undone: entry %" PRId64 " changes it back."), request_id)
                               : g_strdup_printf (_ ("That was not possible: %s"), reason);

  if (self->service == NULL)
    return;
  tell (self, words, request_id != 0 ? DONE_TIMEOUT_S : REASON_TIMEOUT_S);
  refresh (self);
}

/* Rows */

static void
decide_cb (GtkButton *button, SyncConflictItem *item)
{
  gtk_widget_activate_action (GTK_WIDGET (button), "app.show-conflict", "x", sync_conflict_item_get_id (item));
}

static SyncConflictsPage *
find_page (GtkButton *button)
{
  return SYNC_CONFLICTS_PAGE (gtk_widget_get_ancestor (GTK_WIDGET (button), SYNC_TYPE_CONFLICTS_PAGE));
}

static void
view_cb (GtkButton *button, SyncConflictItem *item)
{
  SyncConflictsPage *self = find_page (button);

  sync_conflict_view_present (GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self))), self->reader,
                              sync_conflict_item_get_id (item));
}

static void
undo_cb (GtkButton *button, SyncConflictItem *item)
{
  SyncConflictsPage *self = find_page (button);

  sync_conflict_desk_undo (self->service, sync_conflict_item_get_id (item), undone_cb, G_OBJECT (self));
}

/* @activates: a click on the row is one on the button. */
static GtkWidget *
add_button (AdwActionRow *row, SyncConflictItem *item, const char *label, const char *name, gboolean activates,
            GCallback clicked_cb)
{
  GtkWidget *button = gtk_button_new_with_mnemonic (label);
  g_autofree char *whole = g_strdup_printf ("%s: %s", name, sync_conflict_item_get_document (item));

  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  g_signal_connect_object (button, "clicked", clicked_cb, item, 0);
  adw_action_row_add_suffix (row, button);
  if (activates)
    adw_action_row_set_activatable_widget (row, button);
  /* At last: the row calls it by its own title, from libadwaita 1.5 on. */
  sync_button_name_set (button, whole);
  return button;
}

/* Each line in the direction in which the user reads, also one that begins with a name. */
static gboolean
transform_lines (GBinding *binding, const GValue *from, GValue *to, gpointer user_data)
{
  const char *text = g_value_get_string (from);

  g_value_take_string (to, text != NULL ? sync_conflict_whole_dup_directed (text) : NULL);
  return TRUE;
}

static void
bind_lines (SyncConflictItem *item, const char *property, AdwActionRow *row, const char *target)
{
  g_object_bind_property_full (item, property, row, target, G_BINDING_SYNC_CREATE, transform_lines, NULL, NULL, NULL);
}

static AdwActionRow *
new_row (SyncConflictItem *item)
{
  AdwActionRow *row = ADW_ACTION_ROW (adw_action_row_new ());

  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  bind_lines (item, "document", row, "title");
  bind_lines (item, "description", row, "subtitle");
  return row;
}

static GtkWidget *
create_open_row (gpointer item, gpointer user_data)
{
  AdwActionRow *row = new_row (item);

  add_button (row, item, _ ("_Decide…"), _ ("Decide"), TRUE, G_CALLBACK (decide_cb));
  return GTK_WIDGET (row);
}

static GtkWidget *
create_decided_row (gpointer item, gpointer user_data)
{
  AdwActionRow *row = new_row (item);
  GtkWidget *undo_button = add_button (row, item, _ ("_Undo"), _ ("Undo"), FALSE, G_CALLBACK (undo_cb));

  gtk_widget_set_tooltip_text (undo_button,
                               _ ("Change the document back; what others changed since is not written over"));
  g_object_bind_property (item, "can-undo", undo_button, "visible", G_BINDING_SYNC_CREATE);
  add_button (row, item, _ ("_View"), _ ("View"), TRUE, G_CALLBACK (view_cb));
  return GTK_WIDGET (row);
}

static void
sync_conflicts_page_map (GtkWidget *widget)
{
  SyncConflictsPage *self = SYNC_CONFLICTS_PAGE (widget);

  GTK_WIDGET_CLASS (sync_conflicts_page_parent_class)->map (widget);
  if (self->stale)
    refresh (self);
}

static void
sync_conflicts_page_dispose (GObject *object)
{
  SyncConflictsPage *self = SYNC_CONFLICTS_PAGE (object);

  if (self->status != NULL)
    g_signal_handlers_disconnect_by_data (self->status, self);
  if (self->open != NULL)
    g_signal_handlers_disconnect_by_data (self->open, self);
  if (self->decided != NULL)
    g_signal_handlers_disconnect_by_data (self->decided, self);
  g_clear_object (&self->status);
  g_clear_object (&self->open);
  g_clear_object (&self->decided);
  g_clear_object (&self->reader);
  g_clear_object (&self->service);
  gtk_widget_dispose_template (GTK_WIDGET (self), SYNC_TYPE_CONFLICTS_PAGE);
  G_OBJECT_CLASS (sync_conflicts_page_parent_class)->dispose (object);
}

static void
sync_conflicts_page_class_init (SyncConflictsPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = sync_conflicts_page_dispose;
  widget_class->map = sync_conflicts_page_map;
  gtk_widget_class_set_template_from_resource (widget_class, "/org/posawesome/Sync/sync-conflicts-page.ui");
  gtk_widget_class_bind_template_child (widget_class, SyncConflictsPage, conflicts_stack);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictsPage, scroller);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictsPage, open_group);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictsPage, open_view);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictsPage, decided_group);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictsPage, decided_view);
}

static void
sync_conflicts_page_init (SyncConflictsPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  g_signal_connect_object (gtk_scrolled_window_get_vadjustment (self->scroller), "value-changed",
                           G_CALLBACK (scrolled_cb), self, G_CONNECT_SWAPPED);
}

/**
 * sync_conflicts_page_show:
 * @self: the page
 * @service: where the engine is that undoes
 * @status: tells when the conflicts may have changed
 * @reader: a read-only store of the same data directory
 *
 * Shows the conflicts, and follows them while somebody sees the page.
 */
void
sync_conflicts_page_show (SyncConflictsPage *self, SyncServiceThread *service, SyncStatus *status, SyncStore *reader)
{
  g_return_if_fail (self->status == NULL);

  self->service = g_object_ref (service);
  self->status = g_object_ref (status);
  self->reader = g_object_ref (reader);
  self->open = sync_conflict_list_new (reader, FALSE);
  self->decided = sync_conflict_list_new (reader, TRUE);
  gtk_list_box_bind_model (self->open_view, G_LIST_MODEL (self->open), create_open_row, NULL, NULL);
  gtk_list_box_bind_model (self->decided_view, G_LIST_MODEL (self->decided), create_decided_row, NULL, NULL);
  g_signal_connect_swapped (self->open, "items-changed", G_CALLBACK (lists_changed_cb), self);
  g_signal_connect_swapped (self->decided, "items-changed", G_CALLBACK (lists_changed_cb), self);
  g_signal_connect_swapped (status, "requests-changed", G_CALLBACK (refresh), self);
  lists_changed_cb (self);
  refresh (self);
}
