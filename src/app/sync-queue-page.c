/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The page of the queue. What it lists is one question to the database; what is selected decides what can be done and what
 * the pane shows. Nothing is read while nobody sees it. Main thread. */
#include "config.h"

#include "sync-queue-page.h"

#include "sync-button-name.h"
#include "sync-queue-actions.h"
#include "sync-queue-columns.h"
#include "sync-queue-menu.h"
#include "sync-request-list.h"
#include "sync-request-pane.h"

#include <glib/gi18n.h>

/* Reading the ids of a long list takes part of the time in which it changes, and no more than this part: 1/N. */
#define REFRESH_SHARE 5
/* What is done to so many at once nobody means by mistake alone. */
#define MAX_ACTED_ON 1000

typedef struct
{
  const char *name;
  guint states;
  gboolean needs_person;
  gboolean newest_first;
  const char *empty_title;
  const char *empty_description;
} Filter;

static const Filter filters[] = {
  { "undelivered", SYNC_REQUEST_LIST_UNDELIVERED, FALSE, FALSE, N_ ("Nothing is left to deliver"),
    N_ ("Whatever the till takes while the server cannot be reached is listed here.") },
  { "needs", 1u << SYNC_STATE_FAILED | 1u << SYNC_STATE_CONFLICT | 1u << SYNC_STATE_UNKNOWN, TRUE, FALSE,
    N_ ("Nothing needs you"), N_ ("What the server refuses, or what somebody changed there, too, is listed here.") },
  { "delivered", 1u << SYNC_STATE_COMPLETED, FALSE, TRUE, N_ ("Nothing was delivered yet"),
    N_ ("What is on the server is listed here until it is cleared away.") },
  { "given-up", 1u << SYNC_STATE_DISCARDED, FALSE, TRUE, N_ ("Nothing was given up"),
    N_ ("What somebody gave up is listed here with the reason, and can be restored.") },
  { "all", 0, FALSE, TRUE, N_ ("Nothing was taken yet"), N_ ("Whatever the till hands over is listed here.") },
};

#define N_FILTERS G_N_ELEMENTS (filters)

static const struct
{
  const char *action;
  SyncRequestAct act;
  gboolean one; /* only for one at a time */
} acts[] = {
  { "queue.retry", SYNC_REQUEST_ACT_RETRY, FALSE },     { "queue.edit", SYNC_REQUEST_ACT_EDIT, TRUE },
  { "queue.arrived", SYNC_REQUEST_ACT_ARRIVED, TRUE },  { "queue.send-again", SYNC_REQUEST_ACT_SEND_AGAIN, TRUE },
  { "queue.decide", SYNC_REQUEST_ACT_DECIDE, TRUE },    { "queue.give-up", SYNC_REQUEST_ACT_GIVE_UP, FALSE },
  { "queue.restore", SYNC_REQUEST_ACT_RESTORE, FALSE },
};

#define N_ACTS G_N_ELEMENTS (acts)

struct _SyncQueuePage
{
  AdwBin parent_instance;

  SyncStatus *status; /* (owned) (nullable): NULL while there is nothing to show */
  SyncStore *reader; /* (owned) (nullable) */
  SyncRequestList *list; /* (owned) (nullable) */
  GtkSelectionModel *selection; /* (owned) (nullable): over the list */
  SyncQueueActions *actions; /* (owned) (nullable) */
  char **types; /* (owned) (nullable): the DocTypes that can be chosen */
  GtkWidget *menu; /* (owned): for what is selected */
  guint filter; /* of filters[] */
  guint refresh; /* source id, 0: none is due */
  gint64 refresh_us; /* how long the last one took */
  gboolean stale; /* something changed while nobody saw it */
  gboolean changing; /* what changes now is not a person's doing */

  AdwToastOverlay *toasts; /* (unowned): the template's, as all that follow */
  AdwFlap *flap; /* (unowned) */
  GtkToggleButton *undelivered_button; /* (unowned) */
  GtkToggleButton *needs_button; /* (unowned) */
  GtkToggleButton *delivered_button; /* (unowned) */
  GtkToggleButton *given_up_button; /* (unowned) */
  GtkToggleButton *all_button; /* (unowned) */
  GtkLabel *number_label; /* (unowned) */
  GtkEditable *search_entry; /* (unowned) */
  GtkDropDown *type_dropdown; /* (unowned) */
  GtkStack *list_stack; /* (unowned) */
  AdwStatusPage *empty_page; /* (unowned) */
  GtkColumnView *list_view; /* (unowned) */
  GtkRevealer *action_bar; /* (unowned) */
  GtkLabel *selected_label; /* (unowned) */
  GtkWidget *act_box; /* (unowned): a button for each act, in their order */
  SyncRequestPane *pane; /* (unowned) */
};

G_DEFINE_FINAL_TYPE (SyncQueuePage, sync_queue_page, ADW_TYPE_BIN)

/* What is selected */

static guint
count_selected (SyncQueuePage *self)
{
  g_autoptr (GtkBitset) selected = gtk_selection_model_get_selection (self->selection);

  return (guint) gtk_bitset_get_size (selected);
}

/* (transfer full) (element-type gint64) */
static GArray *
list_selected (SyncQueuePage *self)
{
  g_autoptr (GtkBitset) selected = gtk_selection_model_get_selection (self->selection);
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  GtkBitsetIter iter;
  guint position;

  for (gboolean valid = gtk_bitset_iter_init_first (&iter, selected, &position); valid;
       valid = gtk_bitset_iter_next (&iter, &position))
    {
      gint64 id = sync_request_list_get_id (self->list, position);

      g_array_append_val (ids, id);
    }
  return ids;
}

/* (transfer full) (element-type gint64): those of what is selected that @act is possible for; with
 * %SYNC_REQUEST_ACT_NONE it is only found out what is possible for any of them. */
static GArray *
list_possible (SyncQueuePage *self, SyncRequestAct act, SyncRequestAct *possible)
{
  g_autoptr (GArray) ids = list_selected (self);
  g_autoptr (GPtrArray) rows = NULL;
  GArray *fitting = g_array_new (FALSE, FALSE, sizeof (gint64));

  *possible = SYNC_REQUEST_ACT_NONE;
  if (ids->len == 0 || ids->len > MAX_ACTED_ON)
    return fitting;
  rows = sync_store_list_rows (self->reader, (const gint64 *) ids->data, ids->len, NULL);
  for (guint i = 0; rows != NULL && i < rows->len; i++)
    {
      const SyncRequest *request = g_ptr_array_index (rows, i);
      SyncRequestAct can = sync_request_act_get_possible (request);

      *possible |= can;
      if ((can & act) != 0)
        g_array_append_val (fitting, request->id);
    }
  return fitting;
}

static void
update_acts (SyncQueuePage *self)
{
  guint n = count_selected (self);
  SyncRequestAct possible;
  g_autoptr (GArray) none = list_possible (self, SYNC_REQUEST_ACT_NONE, &possible);
  g_autofree char *words = NULL;
  GtkWidget *button = gtk_widget_get_first_child (self->act_box);

  for (gsize i = 0; i < N_ACTS; i++, button = gtk_widget_get_next_sibling (button))
    {
      gboolean can = (possible & acts[i].act) != 0 && (n == 1 || !acts[i].one);

      gtk_widget_action_set_enabled (GTK_WIDGET (self), acts[i].action, can);
      gtk_widget_set_visible (button, can);
    }
  if (n > MAX_ACTED_ON)
    words = g_strdup_printf (_ ("%u selected; at most %u at once"), n, MAX_ACTED_ON);
  else
    words = g_strdup_printf (ngettext ("%u selected", "%u selected", n), n);
  gtk_label_set_label (self->selected_label, words);
  gtk_revealer_set_reveal_child (self->action_bar, n > 0);
}

static void
update_pane (SyncQueuePage *self)
{
  g_autoptr (GArray) ids = list_selected (self);

  if (ids->len == 1)
    sync_request_pane_show_request (self->pane, g_array_index (ids, gint64, 0));
  else
    sync_request_pane_show_nothing (self->pane, ids->len);
}

static void
selection_changed_cb (SyncQueuePage *self)
{
  if (self->changing)
    return;
  update_acts (self);
  update_pane (self);
}

/* Selects @ids where they are now. Rows that moved were taken out and put in again, which loses that they are selected. */
static void
select_again (SyncQueuePage *self, GArray *ids)
{
  g_autoptr (GHashTable) wanted = g_hash_table_new (g_int64_hash, g_int64_equal);
  g_autoptr (GtkBitset) selected = gtk_bitset_new_empty ();
  g_autoptr (GtkBitset) all = gtk_bitset_new_range (0, g_list_model_get_n_items (G_LIST_MODEL (self->list)));

  for (guint i = 0; i < ids->len; i++)
    g_hash_table_add (wanted, &g_array_index (ids, gint64, i));
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->list)); i++)
    {
      gint64 id = sync_request_list_get_id (self->list, i);

      if (g_hash_table_contains (wanted, &id))
        gtk_bitset_add (selected, i);
    }
  gtk_selection_model_set_selection (self->selection, selected, all);
}

/* What is listed */

static gboolean
is_narrowed (SyncQueuePage *self)
{
  return *gtk_editable_get_text (self->search_entry) != '\0' || gtk_drop_down_get_selected (self->type_dropdown) > 0;
}

static void
update_number (SyncQueuePage *self)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->list));
  g_autofree char *words = g_strdup_printf (ngettext ("%u entry", "%u entries", n), n);
  gboolean narrowed = is_narrowed (self);

  gtk_label_set_label (self->number_label, words);
  adw_status_page_set_title (self->empty_page,
                             narrowed ? _ ("Nothing is found") : _ (filters[self->filter].empty_title));
  adw_status_page_set_description (self->empty_page, narrowed
                                                         ? _ ("No entry of this kind has these words in its customer,"
                                                              " name or key, or this amount or number.")
                                                         : _ (filters[self->filter].empty_description));
  gtk_stack_set_visible_child_name (self->list_stack, n == 0 ? "empty" : "list");
}

static const char *
get_type (SyncQueuePage *self)
{
  guint chosen = gtk_drop_down_get_selected (self->type_dropdown);

  return self->types != NULL && chosen > 0 && chosen != GTK_INVALID_LIST_POSITION ? self->types[chosen - 1] : NULL;
}

/* Another question to the database. */
static void
list_anew (SyncQueuePage *self)
{
  SyncShown shown = { .states = filters[self->filter].states, .needs_person = filters[self->filter].needs_person };
  g_autofree char *words = NULL;
  g_autoptr (GArray) selected = NULL;

  if (self->list == NULL || self->changing)
    return;
  words = g_strstrip (g_strdup (gtk_editable_get_text (self->search_entry)));
  selected = list_selected (self);
  shown.resource_type = get_type (self);
  shown.words = *words != '\0' ? words : NULL;
  sync_queue_columns_get_sort (self->list_view, &shown.sort, &shown.descending);
  self->changing = TRUE;
  sync_request_list_set_shown (self->list, &shown);
  select_again (self, selected);
  self->changing = FALSE;
  update_number (self);
  selection_changed_cb (self);
}

/* Offers the DocTypes that there are. */
static void
update_types (SyncQueuePage *self)
{
  g_auto (GStrv) types = sync_store_dup_types (self->reader, NULL);
  const char *chosen = get_type (self);
  g_autoptr (GtkStringList) model = NULL;
  guint selected = 0;

  if (types == NULL
      || (self->types != NULL && g_strv_equal ((const char *const *) types, (const char *const *) self->types)))
    return;
  model = gtk_string_list_new (NULL);
  gtk_string_list_append (model, _ ("Every kind"));
  for (guint i = 0; types[i] != NULL; i++)
    {
      gtk_string_list_append (model, types[i]);
      if (g_strcmp0 (types[i], chosen) == 0)
        selected = i + 1;
    }
  self->changing = TRUE;
  gtk_drop_down_set_model (self->type_dropdown, G_LIST_MODEL (model));
  gtk_drop_down_set_selected (self->type_dropdown, selected);
  self->changing = FALSE;
  g_strfreev (self->types);
  self->types = g_steal_pointer (&types);
}

/* What is selected stays selected, and the pane stays with its request also when that leaves the list. */
static void
refresh (SyncQueuePage *self)
{
  gint64 begun_us = g_get_monotonic_time ();
  g_autoptr (GArray) selected = list_selected (self);

  self->stale = FALSE;
  self->changing = TRUE;
  sync_request_list_refresh (self->list);
  if (selected->len > 0 && selected->len <= MAX_ACTED_ON && count_selected (self) != selected->len)
    select_again (self, selected);
  self->changing = FALSE;
  update_types (self);
  update_number (self);
  update_acts (self);
  sync_request_pane_refresh (self->pane);
  self->refresh_us = g_get_monotonic_time () - begun_us;
}

static gboolean
refresh_cb (gpointer user_data)
{
  SyncQueuePage *self = SYNC_QUEUE_PAGE (user_data);

  self->refresh = 0;
  refresh (self);
  return G_SOURCE_REMOVE;
}

static void
requests_changed_cb (SyncQueuePage *self)
{
  if (!gtk_widget_get_mapped (GTK_WIDGET (self)))
    self->stale = TRUE;
  else if (self->refresh == 0)
    self->refresh = g_timeout_add ((guint) (self->refresh_us * REFRESH_SHARE / 1000), refresh_cb, self);
}

/* All that depends on the snapshot. */
static void
update (SyncQueuePage *self)
{
  const SyncSnapshot *snapshot = sync_status_get_snapshot (self->status);

  sync_request_list_set_host_try (
      self->list, snapshot->condition == SYNC_CONDITION_ONLINE ? 0 : sync_snapshot_get_later_try_ms (snapshot));
}

/* What a person does */

static GtkToggleButton *
get_filter_button (SyncQueuePage *self, guint filter)
{
  GtkToggleButton *const buttons[N_FILTERS] = { self->undelivered_button, self->needs_button, self->delivered_button,
                                                self->given_up_button, self->all_button };

  return buttons[filter];
}

/* The oldest first where somebody waits for them, the newest first where it is history; a header that was pressed stays. */
static void
filter_toggled_cb (SyncQueuePage *self, GtkToggleButton *button)
{
  SyncSort sort = SYNC_SORT_ID;
  gboolean descending;

  if (!gtk_toggle_button_get_active (button))
    return;
  for (guint i = 0; i < N_FILTERS; i++)
    if (get_filter_button (self, i) == button)
      self->filter = i;
  if (self->list == NULL)
    return;
  self->changing = TRUE;
  sync_queue_columns_get_sort (self->list_view, &sort, &descending);
  if (sort == SYNC_SORT_ID)
    sync_queue_columns_sort (self->list_view, SYNC_SORT_ID, filters[self->filter].newest_first);
  self->changing = FALSE;
  list_anew (self);
}

static void
row_activated_cb (SyncQueuePage *self, guint position)
{
  gtk_widget_activate_action (GTK_WIDGET (self), "queue.details", NULL);
}

static void
go_to_cb (SyncQueuePage *self, gint64 id)
{
  guint position;

  if (sync_request_list_find (self->list, id, &position))
    gtk_selection_model_select_item (self->selection, position, TRUE);
  else
    sync_request_pane_show_request (self->pane, id);
}

static void
act_action_cb (GtkWidget *widget, const char *name, GVariant *target)
{
  SyncQueuePage *self = SYNC_QUEUE_PAGE (widget);
  SyncRequestAct act = SYNC_REQUEST_ACT_NONE, possible;
  g_autoptr (GArray) ids = NULL;

  for (gsize i = 0; i < N_ACTS; i++)
    if (g_str_equal (acts[i].action, name))
      act = acts[i].act;
  if (self->list == NULL)
    return;
  ids = list_possible (self, act, &possible);
  if (ids->len == 0)
    return;
  if (act == SYNC_REQUEST_ACT_DECIDE)
    gtk_widget_activate_action (widget, "app.show-conflict", "x",
                                sync_store_find_open_conflict (self->reader, g_array_index (ids, gint64, 0), NULL));
  else
    sync_queue_actions_perform (self->actions, act, ids);
}

static void
undo_action_cb (GtkWidget *widget, const char *name, GVariant *target)
{
  sync_queue_actions_restore (SYNC_QUEUE_PAGE (widget)->actions, target);
}

static void
details_action_cb (GtkWidget *widget, const char *name, GVariant *target)
{
  SyncQueuePage *self = SYNC_QUEUE_PAGE (widget);

  adw_flap_set_reveal_flap (self->flap, TRUE);
}

static void
close_details_action_cb (GtkWidget *widget, const char *name, GVariant *target)
{
  SyncQueuePage *self = SYNC_QUEUE_PAGE (widget);

  adw_flap_set_reveal_flap (self->flap, FALSE);
  gtk_widget_grab_focus (GTK_WIDGET (self->list_view));
}

static void
search_action_cb (GtkWidget *widget, const char *name, GVariant *target)
{
  gtk_widget_grab_focus (GTK_WIDGET (SYNC_QUEUE_PAGE (widget)->search_entry));
}

static void
stop_search_cb (SyncQueuePage *self)
{
  gtk_editable_set_text (self->search_entry, "");
  gtk_widget_grab_focus (GTK_WIDGET (self->list_view));
}

static void
menu_action_cb (GtkWidget *widget, const char *name, GVariant *target)
{
  SyncQueuePage *self = SYNC_QUEUE_PAGE (widget);

  if (self->list != NULL && count_selected (self) > 0)
    sync_queue_menu_show_at_focus (self->menu, GTK_WIDGET (self->list_view));
}

/* A row that is not selected is, first. */
static void
pressed_cb (SyncQueuePage *self, int n_press, double x, double y, GtkGesture *gesture)
{
  guint position = sync_queue_columns_find_position (self->list_view, x, y);
  double page_x, page_y;

  if (position == GTK_INVALID_LIST_POSITION)
    return;
  gtk_gesture_set_state (gesture, GTK_EVENT_SEQUENCE_CLAIMED);
  if (!gtk_selection_model_is_selected (self->selection, position))
    gtk_selection_model_select_item (self->selection, position, TRUE);
  gtk_widget_translate_coordinates (GTK_WIDGET (self->list_view), GTK_WIDGET (self), x, y, &page_x, &page_y);
  sync_queue_menu_show_at (self->menu, page_x, page_y);
}

static void
sync_queue_page_map (GtkWidget *widget)
{
  SyncQueuePage *self = SYNC_QUEUE_PAGE (widget);

  GTK_WIDGET_CLASS (sync_queue_page_parent_class)->map (widget);
  if (self->stale)
    refresh (self);
}

static void
sync_queue_page_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  GTK_WIDGET_CLASS (sync_queue_page_parent_class)->size_allocate (widget, width, height, baseline);
  gtk_popover_present (GTK_POPOVER (SYNC_QUEUE_PAGE (widget)->menu));
}

static void
sync_queue_page_dispose (GObject *object)
{
  SyncQueuePage *self = SYNC_QUEUE_PAGE (object);

  g_clear_handle_id (&self->refresh, g_source_remove);
  if (self->status != NULL)
    g_signal_handlers_disconnect_by_data (self->status, self);
  if (self->selection != NULL)
    g_signal_handlers_disconnect_by_data (self->selection, self);
  g_clear_object (&self->status);
  g_clear_object (&self->actions);
  g_clear_object (&self->selection);
  g_clear_object (&self->list);
  g_clear_object (&self->reader);
  g_clear_pointer (&self->menu, gtk_widget_unparent);
  /* First: disposing of the template would take it away without telling. */
  adw_bin_set_child (ADW_BIN (self), NULL);
  gtk_widget_dispose_template (GTK_WIDGET (self), SYNC_TYPE_QUEUE_PAGE);
  G_OBJECT_CLASS (sync_queue_page_parent_class)->dispose (object);
}

static void
sync_queue_page_finalize (GObject *object)
{
  g_strfreev (SYNC_QUEUE_PAGE (object)->types);
  G_OBJECT_CLASS (sync_queue_page_parent_class)->finalize (object);
}

static void
install_actions (GtkWidgetClass *widget_class)
{
  for (gsize i = 0; i < N_ACTS; i++)
    gtk_widget_class_install_action (widget_class, acts[i].action, NULL, act_action_cb);
  gtk_widget_class_install_action (widget_class, "queue.undo", "ax", undo_action_cb);
  gtk_widget_class_install_action (widget_class, "queue.details", NULL, details_action_cb);
  gtk_widget_class_install_action (widget_class, "queue.close-details", NULL, close_details_action_cb);
  gtk_widget_class_install_action (widget_class, "queue.search", NULL, search_action_cb);
  gtk_widget_class_install_action (widget_class, "queue.menu", NULL, menu_action_cb);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Delete, 0, "queue.give-up", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_F2, 0, "queue.edit", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_F6, 0, "queue.retry", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_F9, 0, "queue.details", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "queue.close-details", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_f, GDK_CONTROL_MASK, "queue.search", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Menu, 0, "queue.menu", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_F10, GDK_SHIFT_MASK, "queue.menu", NULL);
}

static void
bind_template (GtkWidgetClass *widget_class)
{
  gtk_widget_class_set_template_from_resource (widget_class, "/org/posawesome/Sync/sync-queue-page.ui");
  gtk_widget_class_bind_template_child (widget_class, SyncQueuePage, toasts);
  gtk_widget_class_bind_template_child (widget_class, SyncQueuePage, flap);
  gtk_widget_class_bind_template_child (widget_class, SyncQueuePage, undelivered_button);
  gtk_widget_class_bind_template_child (widget_class, SyncQueuePage, needs_button);
  gtk_widget_class_bind_template_child (widget_class, SyncQueuePage, delivered_button);
  gtk_widget_class_bind_template_child (widget_class, SyncQueuePage, given_up_button);
  gtk_widget_class_bind_template_child (widget_class, SyncQueuePage, all_button);
  gtk_widget_class_bind_template_child (widget_class, SyncQueuePage, number_label);
  gtk_widget_class_bind_template_child (widget_class, SyncQueuePage, search_entry);
  gtk_widget_class_bind_template_child (widget_class, SyncQueuePage, type_dropdown);
  gtk_widget_class_bind_template_child (widget_class, SyncQueuePage, list_stack);
  gtk_widget_class_bind_template_child (widget_class, SyncQueuePage, empty_page);
  gtk_widget_class_bind_template_child (widget_class, SyncQueuePage, list_view);
  gtk_widget_class_bind_template_child (widget_class, SyncQueuePage, action_bar);
  gtk_widget_class_bind_template_child (widget_class, SyncQueuePage, selected_label);
  gtk_widget_class_bind_template_child (widget_class, SyncQueuePage, act_box);
  gtk_widget_class_bind_template_child (widget_class, SyncQueuePage, pane);
  gtk_widget_class_bind_template_callback (widget_class, filter_toggled_cb);
  gtk_widget_class_bind_template_callback (widget_class, list_anew);
  gtk_widget_class_bind_template_callback (widget_class, stop_search_cb);
  gtk_widget_class_bind_template_callback (widget_class, row_activated_cb);
  gtk_widget_class_bind_template_callback (widget_class, go_to_cb);
  gtk_widget_class_bind_template_callback (widget_class, pressed_cb);
}

static void
sync_queue_page_class_init (SyncQueuePageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = sync_queue_page_dispose;
  G_OBJECT_CLASS (klass)->finalize = sync_queue_page_finalize;
  widget_class->map = sync_queue_page_map;
  widget_class->size_allocate = sync_queue_page_size_allocate;
  g_type_ensure (SYNC_TYPE_REQUEST_PANE);
  install_actions (widget_class);
  bind_template (widget_class);
}

static void
sync_queue_page_init (SyncQueuePage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  sync_button_name_keep_all (GTK_WIDGET (self));
  self->menu = sync_queue_menu_new (GTK_WIDGET (self), self->act_box, GTK_WIDGET (self->list_view));
  self->stale = TRUE;
  for (gsize i = 0; i < N_ACTS; i++)
    gtk_widget_action_set_enabled (GTK_WIDGET (self), acts[i].action, FALSE);
  sync_queue_columns_add (self->list_view);
  sync_queue_columns_sort (self->list_view, SYNC_SORT_ID, FALSE);
  g_signal_connect_object (gtk_column_view_get_sorter (self->list_view), "changed", G_CALLBACK (list_anew), self,
                           G_CONNECT_SWAPPED);
}

/**
 * sync_queue_page_show:
 * @self: the page
 * @service: where the engine is, for what a person decides
 * @status: what to show
 * @reader: a read-only store of the same data directory
 *
 * Shows the requests, and follows them.
 */
void
sync_queue_page_show (SyncQueuePage *self, SyncServiceThread *service, SyncStatus *status, SyncStore *reader)
{
  g_return_if_fail (self->status == NULL);

  self->status = g_object_ref (status);
  self->reader = g_object_ref (reader);
  self->actions = sync_queue_actions_new (self->toasts, service, reader);
  self->list = sync_request_list_new (reader);
  self->selection = GTK_SELECTION_MODEL (gtk_multi_selection_new (g_object_ref (G_LIST_MODEL (self->list))));
  sync_request_pane_set_reader (self->pane, reader);
  gtk_column_view_set_model (self->list_view, self->selection);
  g_signal_connect_swapped (self->selection, "selection-changed", G_CALLBACK (selection_changed_cb), self);
  g_signal_connect_swapped (status, "changed", G_CALLBACK (update), self);
  g_signal_connect_swapped (status, "requests-changed", G_CALLBACK (requests_changed_cb), self);
  update_types (self);
  list_anew (self);
  update (self);
}

/**
 * sync_queue_page_set_filter:
 * @self: the page
 * @name: "undelivered", "needs", "delivered", "given-up" or "all"
 *
 * Lists that, as if somebody had pressed the button.
 */
void
sync_queue_page_set_filter (SyncQueuePage *self, const char *name)
{
  for (guint i = 0; i < N_FILTERS; i++)
    if (g_str_equal (filters[i].name, name))
      gtk_toggle_button_set_active (get_filter_button (self, i), TRUE);
}
