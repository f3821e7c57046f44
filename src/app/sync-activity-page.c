/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of what happened with what it is narrowed by, and how it is written into a file. Main thread. */
#include "config.h"

#include "sync-activity-page.h"

#include "sync-activity-list.h"
#include "sync-button-name.h"
#include "sync-details.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <string.h>

#define DAY_MS G_GINT64_CONSTANT (86400000)

struct _SyncActivityPage
{
  AdwBin parent_instance;

  SyncStatus *status;          /* (owned) (nullable): NULL before there is something to show, as the next two */
  SyncStore *reader;           /* (owned) (nullable) */
  SyncActivityList *list;      /* (owned) (nullable) */
  GtkFileChooserNative *chooser; /* (owned) (nullable): while it is open */
  SyncActivityFormat format;   /* of what it chooses a place for */
  GCancellable *exporting;     /* (owned) (nullable): while a file is being written */
  GFile *file;                 /* (owned) (nullable): the same */
  guint n_exported;            /* rows of that */
  GtkEditable *search;         /* (unowned): the template's, as all that follow */
  GtkDropDown *kinds;          /* (unowned) */
  GtkDropDown *times;          /* (unowned) */
  GtkSpinner *spinner;         /* (unowned) */
  GtkStack *stack;             /* (unowned) */
  GtkColumnView *list_view;    /* (unowned) */
  GtkRevealer *notice;         /* (unowned) */
  GtkLabel *notice_label;      /* (unowned) */
  GtkProgressBar *progress;    /* (unowned) */
  GtkButton *notice_button;    /* (unowned) */
};

G_DEFINE_FINAL_TYPE (SyncActivityPage, sync_activity_page, ADW_TYPE_BIN)

/* In the order of the drop-down. */
static const struct
{
  const char *name;
  SyncActivityKind kind;
  gboolean by_person;
} kinds[] = {
  { N_ ("Everything"), SYNC_ACTIVITY_NONE, FALSE },  { N_ ("Taken"), SYNC_ACTIVITY_TAKEN, FALSE },
  { N_ ("Sent"), SYNC_ACTIVITY_TRIED, FALSE },       { N_ ("Delivered"), SYNC_ACTIVITY_DELIVERED, FALSE },
  { N_ ("Failed"), SYNC_ACTIVITY_FAILED, FALSE },    { N_ ("Conflicts"), SYNC_ACTIVITY_CONFLICT, FALSE },
  { N_ ("By a person"), SYNC_ACTIVITY_NONE, TRUE },
};

/* The same; how many days back, today's included, 0: all. */
static const struct
{
  const char *name;
  int days;
} times[] = {
  { N_ ("At any time"), 0 },
  { N_ ("Today"), 1 },
  { N_ ("Last 7 days"), 7 },
  { N_ ("Last 30 days"), 30 },
};

/* The beginning of a day of the till's own calendar. */
static gint64
get_since_ms (SyncActivityPage *self, int days)
{
  g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (sync_clock_wall_ms (sync_status_get_clock (self->status)) / 1000);
  g_autoptr (GDateTime) local = g_date_time_to_local (utc);
  g_autoptr (GDateTime) midnight = g_date_time_new_local (g_date_time_get_year (local), g_date_time_get_month (local),
                                                          g_date_time_get_day_of_month (local), 0, 0, 0);
  g_autoptr (GDateTime) since = g_date_time_add_days (midnight, 1 - days);

  return days == 0 ? 0 : g_date_time_to_unix (since) * 1000;
}

static gboolean
is_narrowed (SyncActivityPage *self)
{
  return gtk_drop_down_get_selected (self->kinds) != 0 || gtk_drop_down_get_selected (self->times) != 0
         || *gtk_editable_get_text (self->search) != '\0';
}

static void
update (SyncActivityPage *self)
{
  gboolean scanning = sync_activity_list_get_scanning (self->list);
  gboolean empty = g_list_model_get_n_items (G_LIST_MODEL (self->list)) == 0;

  gtk_widget_set_visible (GTK_WIDGET (self->spinner), scanning);
  gtk_spinner_set_spinning (self->spinner, scanning);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "activity.export", !empty && self->exporting == NULL);
  if (!empty)
    gtk_stack_set_visible_child_name (self->stack, "list");
  else if (!scanning)
    gtk_stack_set_visible_child_name (self->stack, is_narrowed (self) ? "nothing" : "empty");
}

static void
narrowed_cb (SyncActivityPage *self)
{
  guint kind = gtk_drop_down_get_selected (self->kinds);
  guint time = gtk_drop_down_get_selected (self->times);
  SyncActivityFilter filter = { 0 };

  /* While the template is being built there is nothing to narrow. */
  if (self->list == NULL || kind >= G_N_ELEMENTS (kinds) || time >= G_N_ELEMENTS (times))
    return;
  filter.kind = kinds[kind].kind;
  filter.by_person = kinds[kind].by_person;
  filter.since_ms = get_since_ms (self, times[time].days);
  sync_activity_list_set_filter (self->list, &filter, gtk_editable_get_text (self->search));
}

/* A list keeps its place when rows come above it; at the top that would hide them. */
static void
stay_at_top (SyncActivityPage *self)
{
  GtkWidget *child = gtk_widget_get_first_child (GTK_WIDGET (self->list_view));

  while (child != NULL && !GTK_IS_LIST_VIEW (child))
    child = gtk_widget_get_next_sibling (child);
  if (child != NULL && g_list_model_get_n_items (G_LIST_MODEL (self->list)) > 0)
    gtk_widget_activate_action (child, "list.scroll-to-item", "u", 0);
}

static void
refresh (SyncActivityPage *self)
{
  GtkAdjustment *adjustment = gtk_scrollable_get_vadjustment (GTK_SCROLLABLE (self->list_view));
  gboolean at_top = gtk_adjustment_get_value (adjustment) <= gtk_adjustment_get_lower (adjustment);

  sync_activity_list_refresh (self->list);
  if (at_top)
    stay_at_top (self);
}

/* What nobody sees is not read. */
static void
requests_changed_cb (SyncActivityPage *self)
{
  if (gtk_widget_get_mapped (GTK_WIDGET (self)))
    refresh (self);
}

/* The line below the list: what is being done, or what came of it. */

static void
say (SyncActivityPage *self, const char *words)
{
  gboolean exporting = self->exporting != NULL;

  gtk_label_set_label (self->notice_label, words);
  gtk_widget_set_visible (GTK_WIDGET (self->progress), exporting);
  gtk_button_set_label (self->notice_button, exporting ? _ ("_Cancel") : _ ("_Close"));
  sync_button_name_set (GTK_WIDGET (self->notice_button), exporting ? _ ("Cancel writing") : _ ("Close the message"));
  gtk_revealer_set_reveal_child (self->notice, TRUE);
}

static void
notice_button_cb (SyncActivityPage *self)
{
  if (self->exporting != NULL)
    g_cancellable_cancel (self->exporting);
  else
    gtk_revealer_set_reveal_child (self->notice, FALSE);
}

static void
row_activated_cb (GtkColumnView *view, guint position, gpointer user_data)
{
  SyncActivityPage *self = SYNC_ACTIVITY_PAGE (gtk_widget_get_ancestor (GTK_WIDGET (view), SYNC_TYPE_ACTIVITY_PAGE));
  g_autoptr (SyncActivityItem) item = g_list_model_get_item (G_LIST_MODEL (self->list), position);
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));
  g_autofree char *words = NULL;
  gint64 id;

  if (item == NULL)
    return;
  id = sync_activity_item_get_line (item)->request_id;
  if (sync_activity_item_get_line (item)->request != NULL
      && sync_details_present (GTK_IS_WINDOW (root) ? GTK_WINDOW (root) : NULL, self->reader, id) != NULL)
    return;
  words = g_strdup_printf (_ ("Entry %" PRId64 " was cleared with the old ones; only this list tells of it."), id);
  if (self->exporting == NULL)
    say (self, words);
}

/* Export */

static void
export_progress_cb (guint done, guint total, gpointer user_data)
{
  SyncActivityPage *self = SYNC_ACTIVITY_PAGE (user_data);

  gtk_progress_bar_set_fraction (self->progress, total > 0 ? (double) done / total : 0);
}

static void
exported_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncActivityPage) self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean done = sync_activity_export_finish (result, &error);
  g_autofree char *name = g_file_get_parse_name (self->file);
  g_autofree char *words = NULL;

  g_clear_object (&self->exporting);
  g_clear_object (&self->file);
  /* The page is gone. */
  if (self->list == NULL)
    return;
  if (done)
    words = g_strdup_printf (ngettext ("%u line was written to “%s”.", "%u lines were written to “%s”.", self->n_exported),
                             self->n_exported, name);
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    words = g_strdup (_ ("Nothing was written."));
  else
    words = g_strdup_printf (_ ("“%s” was not written: %s."), name, error->message);
  say (self, words);
  update (self);
}

static void
chosen_cb (SyncActivityPage *self, int response)
{
  g_autoptr (GtkFileChooserNative) chooser = g_steal_pointer (&self->chooser);
  g_autoptr (GFile) file = NULL;

  if (response != GTK_RESPONSE_ACCEPT)
    return;
  file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (chooser));
  if (file != NULL)
    sync_activity_page_export (self, file, self->format);
}

static void
export_cb (GtkWidget *widget, const char *name, GVariant *target)
{
  SyncActivityPage *self = SYNC_ACTIVITY_PAGE (widget);
  const char *format = g_variant_get_string (target, NULL);
  g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (sync_clock_wall_ms (sync_status_get_clock (self->status)) / 1000);
  g_autoptr (GDateTime) local = g_date_time_to_local (utc);
  g_autofree char *date = g_date_time_format (local, "%Y-%m-%d");
  g_autofree char *file = g_strdup_printf ("activity-%s.%s", date, format);
  GtkRoot *root = gtk_widget_get_root (widget);

  if (self->chooser != NULL)
    return;
  self->format = strcmp (format, "json") == 0 ? SYNC_ACTIVITY_JSON : SYNC_ACTIVITY_CSV;
  self->chooser = gtk_file_chooser_native_new (_ ("Write what is listed"), GTK_IS_WINDOW (root) ? GTK_WINDOW (root) : NULL,
                                               GTK_FILE_CHOOSER_ACTION_SAVE, _ ("_Write"), _ ("_Cancel"));
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (self->chooser), TRUE);
  gtk_file_chooser_set_current_name (GTK_FILE_CHOOSER (self->chooser), file);
  g_signal_connect_swapped (self->chooser, "response", G_CALLBACK (chosen_cb), self);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (self->chooser));
}

/* The columns of the list. Widths in characters, so that rows that come do not shift them. */
typedef struct
{
  const char *title;
  const char *property; /* of #SyncActivityItem */
  int width;            /* at least */
  int max_width;        /* wanted at most */
  gboolean expand;
} Column;

static const Column columns[] = {
  { N_ ("When"), "time", 8, 16, FALSE },        { N_ ("What"), "what", 10, 16, FALSE },
  { N_ ("Document"), "document", 12, 26, TRUE }, { N_ ("Customer"), "party", 10, 20, TRUE },
  { N_ ("Outcome"), "outcome", 14, 40, TRUE },  { N_ ("By"), "actor", 8, 18, FALSE },
};

/* A cell is a label bound to one property of the row. */
static void
cell_setup_cb (GtkSignalListItemFactory *factory, GtkListItem *list_item, gpointer user_data)
{
  const Column *column = user_data;
  GtkWidget *label = gtk_label_new (NULL);
  GtkExpression *item = gtk_property_expression_new (GTK_TYPE_LIST_ITEM, NULL, "item");
  GtkExpression *text = gtk_property_expression_new (SYNC_TYPE_ACTIVITY_ITEM, item, column->property);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_label_set_width_chars (GTK_LABEL (label), column->width);
  gtk_label_set_max_width_chars (GTK_LABEL (label), column->max_width);
  if (strcmp (column->property, "time") == 0)
    gtk_widget_add_css_class (label, "number");
  /* Texts of any length can be read in full. */
  if (column->expand)
    gtk_expression_bind (gtk_expression_ref (text), label, "tooltip-text", list_item);
  gtk_expression_bind (text, label, "label", list_item);
  gtk_list_item_set_child (list_item, label);
}

static void
add_columns (SyncActivityPage *self)
{
  for (gsize i = 0; i < G_N_ELEMENTS (columns); i++)
    {
      GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
      g_autoptr (GtkColumnViewColumn) column = NULL;

      g_signal_connect (factory, "setup", G_CALLBACK (cell_setup_cb), (gpointer) &columns[i]);
      column = gtk_column_view_column_new (_ (columns[i].title), factory);
      gtk_column_view_column_set_expand (column, columns[i].expand);
      gtk_column_view_column_set_resizable (column, TRUE);
      gtk_column_view_append_column (self->list_view, column);
    }
}

static void
add_choices (SyncActivityPage *self)
{
  g_autoptr (GtkStringList) kind_names = gtk_string_list_new (NULL);
  g_autoptr (GtkStringList) time_names = gtk_string_list_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    gtk_string_list_append (kind_names, _ (kinds[i].name));
  for (gsize i = 0; i < G_N_ELEMENTS (times); i++)
    gtk_string_list_append (time_names, _ (times[i].name));
  gtk_drop_down_set_model (self->kinds, G_LIST_MODEL (kind_names));
  gtk_drop_down_set_model (self->times, G_LIST_MODEL (time_names));
}

static void
sync_activity_page_map (GtkWidget *widget)
{
  SyncActivityPage *self = SYNC_ACTIVITY_PAGE (widget);

  GTK_WIDGET_CLASS (sync_activity_page_parent_class)->map (widget);
  if (self->list != NULL)
    refresh (self);
}

static void
sync_activity_page_dispose (GObject *object)
{
  SyncActivityPage *self = SYNC_ACTIVITY_PAGE (object);

  g_cancellable_cancel (self->exporting);
  if (self->status != NULL)
    g_signal_handlers_disconnect_by_data (self->status, self);
  if (self->list != NULL)
    g_signal_handlers_disconnect_by_data (self->list, self);
  if (self->chooser != NULL)
    g_signal_handlers_disconnect_by_data (self->chooser, self);
  g_clear_object (&self->chooser);
  g_clear_object (&self->status);
  g_clear_object (&self->list);
  g_clear_object (&self->reader);
  adw_bin_set_child (ADW_BIN (self), NULL);
  G_OBJECT_CLASS (sync_activity_page_parent_class)->dispose (object);
}

static void
sync_activity_page_class_init (SyncActivityPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = sync_activity_page_dispose;
  widget_class->map = sync_activity_page_map;
  gtk_widget_class_install_action (widget_class, "activity.export", "s", export_cb);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/posawesome/Sync/sync-activity-page.ui");
  gtk_widget_class_bind_template_child (widget_class, SyncActivityPage, search);
  gtk_widget_class_bind_template_child (widget_class, SyncActivityPage, kinds);
  gtk_widget_class_bind_template_child (widget_class, SyncActivityPage, times);
  gtk_widget_class_bind_template_child (widget_class, SyncActivityPage, spinner);
  gtk_widget_class_bind_template_child (widget_class, SyncActivityPage, stack);
  gtk_widget_class_bind_template_child (widget_class, SyncActivityPage, list_view);
  gtk_widget_class_bind_template_child (widget_class, SyncActivityPage, notice);
  gtk_widget_class_bind_template_child (widget_class, SyncActivityPage, notice_label);
  gtk_widget_class_bind_template_child (widget_class, SyncActivityPage, progress);
  gtk_widget_class_bind_template_child (widget_class, SyncActivityPage, notice_button);
  gtk_widget_class_bind_template_callback (widget_class, narrowed_cb);
  gtk_widget_class_bind_template_callback (widget_class, notice_button_cb);
  gtk_widget_class_bind_template_callback (widget_class, row_activated_cb);
}

static void
sync_activity_page_init (SyncActivityPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  add_columns (self);
  add_choices (self);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "activity.export", FALSE);
}

/**
 * sync_activity_page_new:
 *
 * Returns: (transfer floating): a page that shows nothing yet
 */
GtkWidget *
sync_activity_page_new (void)
{
  return g_object_new (SYNC_TYPE_ACTIVITY_PAGE, NULL);
}

/**
 * sync_activity_page_show:
 * @self: the page
 * @status: tells when something happened
 * @reader: a read-only store of the main thread
 *
 * Shows what happened, and follows it while the page is seen. Once.
 */
void
sync_activity_page_show (SyncActivityPage *self, SyncStatus *status, SyncStore *reader)
{
  g_autoptr (GtkSingleSelection) selection = NULL;

  g_return_if_fail (self->status == NULL);

  self->status = g_object_ref (status);
  self->reader = g_object_ref (reader);
  self->list = sync_activity_list_new (reader);
  selection = gtk_single_selection_new (g_object_ref (G_LIST_MODEL (self->list)));
  gtk_single_selection_set_autoselect (selection, FALSE);
  gtk_single_selection_set_can_unselect (selection, TRUE);
  gtk_column_view_set_model (self->list_view, GTK_SELECTION_MODEL (selection));
  g_signal_connect_swapped (self->list, "items-changed", G_CALLBACK (update), self);
  g_signal_connect_swapped (self->list, "notify::scanning", G_CALLBACK (update), self);
  g_signal_connect_swapped (status, "requests-changed", G_CALLBACK (requests_changed_cb), self);
  update (self);
}

/**
 * sync_activity_page_export:
 * @self: the page, which shows something
 * @file: where to write it
 * @format: how
 *
 * Writes what is listed into a file, and says on the page how far it is and what came of it. One at a time: a second call
 * meanwhile does nothing.
 */
void
sync_activity_page_export (SyncActivityPage *self, GFile *file, SyncActivityFormat format)
{
  g_autoptr (GArray) ids = NULL;
  g_autofree char *name = g_file_get_parse_name (file);
  g_autofree char *words = NULL;

  if (self->exporting != NULL || self->list == NULL)
    return;
  ids = sync_activity_list_dup_ids (self->list);
  self->exporting = g_cancellable_new ();
  self->file = g_object_ref (file);
  self->n_exported = ids->len;
  words = g_strdup_printf (_ ("Writing “%s”…"), name);
  gtk_progress_bar_set_fraction (self->progress, 0);
  say (self, words);
  update (self);
  sync_activity_export_async (sync_store_get_directory (self->reader), ids, file, format, self->exporting,
                              export_progress_cb, self, exported_cb, g_object_ref (self));
}
