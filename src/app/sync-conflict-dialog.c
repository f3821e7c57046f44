/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The window in which a person decides a conflict. All that is chosen lives in the case of the conflict that is shown; the
 * rows show it, and every choice updates them, the sentence and the preview. Main thread. */
#include "config.h"

#include "sync-conflict-dialog.h"

#include "sync-conflict-preview.h"
#include "sync-conflict-row.h"
#include "sync-conflict-similar.h"
#include "sync-conflict-whole.h"
#include "sync-conflict-words.h"
#include "sync-engine-words.h"
#include "sync-label.h"

#include <glib/gi18n.h>

/* Open conflicts that are offered one after the other, and looked through for similar ones. */
#define MAX_OPEN 500

struct _SyncConflictDialog
{
  AdwWindow parent_instance;

  SyncStore *reader;           /* (owned) */
  SyncMergePolicies *policies; /* (owned) (nullable) */
  char *user;                  /* (owned) (nullable): whom the server takes the till for, as far as it is known */
  GArray *open;                /* (owned) (element-type gint64): ids in the order in which they are shown */
  guint position;              /* of the one that is shown */
  SyncConflictCase *shown;     /* (owned) (nullable): NULL: none is open */
  GHashTable *settled;         /* (owned) (element-type gint64): decided here; the engine has not said so yet */
  GHashTable *likenesses;      /* (owned): what is remembered of those that were compared */
  GtkLabel *whole_result;      /* (unowned) (nullable): where fields are not compared: which side is taken */
  GArray *similar;             /* (owned) (element-type gint64): ids of others like the one that is shown */

  AdwWindowTitle *title;          /* (unowned): the template's, as all that follow */
  GtkStack *stack;                /* (unowned) */
  GtkLabel *what_label;           /* (unowned) */
  GtkLabel *note_label;           /* (unowned) */
  GtkLabel *trouble_label;        /* (unowned) */
  GtkLabel *local_label;          /* (unowned) */
  GtkLabel *local_user_label;     /* (unowned) */
  GtkLabel *server_label;         /* (unowned) */
  GtkLabel *server_user_label;    /* (unowned) */
  GtkScrolledWindow *scroller;    /* (unowned) */
  GtkBox *rows_box;               /* (unowned) */
  GtkExpander *rest_expander;     /* (unowned) */
  GtkBox *rest_box;               /* (unowned) */
  GtkLabel *preview_label;        /* (unowned) */
  GtkCheckButton *similar_button; /* (unowned) */
  GtkLabel *outcome_label;        /* (unowned) */
  GtkWidget *local_button;        /* (unowned) */
  GtkWidget *server_button;       /* (unowned) */
  GtkWidget *skip_button;         /* (unowned) */
  GtkWidget *apply_button;        /* (unowned) */
  GtkWidget *close_button;        /* (unowned) */
};

enum
{
  SIGNAL_RESOLVE,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SyncConflictDialog, sync_conflict_dialog, ADW_TYPE_WINDOW)

static void
clear_box (GtkBox *box)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (box))) != NULL)
    gtk_box_remove (box, child);
}

static gint64
get_id (SyncConflictDialog *self, guint position)
{
  return g_array_index (self->open, gint64, position);
}

/* All that depends on the choices */

static gboolean
is_mistyped (SyncConflictDialog *self)
{
  for (GtkWidget *row = gtk_widget_get_first_child (GTK_WIDGET (self->rows_box)); row != NULL;
       row = gtk_widget_get_next_sibling (row))
    if (SYNC_IS_CONFLICT_ROW (row) && sync_conflict_row_is_mistyped (SYNC_CONFLICT_ROW (row)))
      return TRUE;
  return FALSE;
}

static void
update_outcome (SyncConflictDialog *self, gboolean mistyped)
{
  g_autofree char *outcome = mistyped ? g_strdup (_ ("Something that is typed is no value of its field."))
                                      : sync_conflict_words_outcome (self->shown);
  g_autofree char *preview = sync_conflict_preview_dup (self->shown);
  g_autofree char *whole = sync_conflict_words_whole (self->shown, SYNC_CONFLICT_SIDE_RESULT);

  gtk_label_set_label (self->outcome_label, outcome);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->outcome_label), outcome);
  gtk_label_set_label (self->preview_label, preview != NULL ? preview : _ ("Nothing"));
  if (self->whole_result != NULL)
    gtk_label_set_label (self->whole_result, whole);
}

static void
update_similar (SyncConflictDialog *self)
{
  gboolean can = self->similar->len > 0;
  gboolean leads = can && sync_conflict_case_can_lead (self->shown);

  gtk_widget_set_visible (GTK_WIDGET (self->similar_button), can);
  gtk_widget_set_sensitive (GTK_WIDGET (self->similar_button), leads);
  if (!leads)
    gtk_check_button_set_active (self->similar_button, FALSE);
}

static void
update (SyncConflictDialog *self)
{
  gboolean mistyped = is_mistyped (self);

  for (GtkWidget *row = gtk_widget_get_first_child (GTK_WIDGET (self->rows_box)); row != NULL;
       row = gtk_widget_get_next_sibling (row))
    if (SYNC_IS_CONFLICT_ROW (row))
      sync_conflict_row_update (SYNC_CONFLICT_ROW (row));
  update_outcome (self, mistyped);
  update_similar (self);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "conflict.apply",
                                 !mistyped && sync_conflict_case_count_open (self->shown) == 0);
}

static void
choose_cb (SyncConflictRow *row, int take, const char *value, gpointer user_data)
{
  SyncConflictDialog *self = user_data;

  sync_conflict_case_choose (self->shown, sync_conflict_row_get_item (row), (SyncMergeTake) take, value);
  update (self);
}

/* Rows */

static void
add_differences (SyncConflictDialog *self, GPtrArray *items, guint depth)
{
  for (guint i = 0; items != NULL && i < items->len; i++)
    {
      SyncMergeItem *item = g_ptr_array_index (items, i);
      GtkWidget *row;

      if (sync_conflict_case_is_news (item))
        gtk_box_append (self->rows_box, sync_conflict_row_new_plain (item, depth, self->shown->currency));
      if (!sync_conflict_case_is_asked (item))
        continue;
      row = sync_conflict_row_new (item, depth, self->shown->currency);
      g_signal_connect (row, "choose", G_CALLBACK (choose_cb), self);
      g_signal_connect_swapped (row, "mistyped", G_CALLBACK (update), self);
      gtk_box_append (self->rows_box, row);
      add_differences (self, item->parts, depth + 1);
    }
}

static gboolean
is_rest (const SyncMergeItem *item)
{
  return !sync_conflict_case_is_asked (item) && !sync_conflict_case_is_news (item);
}

static guint
count_rest (const SyncConflictCase *shown)
{
  guint n = 0;

  for (guint i = 0; shown->merge != NULL && i < shown->merge->items->len; i++)
    n += is_rest (g_ptr_array_index (shown->merge->items, i));
  return n;
}

/* Made when somebody wants to see it: documents have a hundred fields. */
static void
rest_expanded_cb (SyncConflictDialog *self)
{
  GPtrArray *items;

  if (!gtk_expander_get_expanded (self->rest_expander) || self->shown == NULL || self->shown->merge == NULL
      || gtk_widget_get_first_child (GTK_WIDGET (self->rest_box)) != NULL)
    return;
  items = self->shown->merge->items;
  for (guint i = 0; i < items->len; i++)
    if (is_rest (g_ptr_array_index (items, i)))
      gtk_box_append (self->rest_box, sync_conflict_row_new_plain (g_ptr_array_index (items, i), 0, NULL));
}

static void
find_similar (SyncConflictDialog *self)
{
  g_autoptr (GString) names = g_string_new (NULL);
  g_autofree char *label = NULL;

  g_array_unref (self->similar);
  self->similar = sync_conflict_similar_find (self->shown, self->open, self->reader, self->policies, self->likenesses);
  for (guint i = 0; i < self->similar->len; i++)
    g_string_append_printf (
        names, "%s%s", i > 0 ? ", " : "",
        sync_conflict_similar_get_document (self->likenesses, g_array_index (self->similar, gint64, i)));
  label = g_strdup_printf (ngettext ("Decide %u similar conflict in the same way", "Decide %u similar conflicts in the same way",
                                     self->similar->len),
                           self->similar->len);
  gtk_check_button_set_label (self->similar_button, label);
  gtk_check_button_set_active (self->similar_button, FALSE);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->similar_button), names->str);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->similar_button), GTK_ACCESSIBLE_PROPERTY_LABEL, label,
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, names->str, -1);
}

/* One conflict */

static void
fill_users (SyncConflictDialog *self)
{
  g_autofree char *server = sync_conflict_words_server (self->shown);
  g_autofree char *local_user = sync_conflict_words_user (self->shown, SYNC_CONFLICT_SIDE_LOCAL);
  g_autofree char *server_user = sync_conflict_words_user (self->shown, SYNC_CONFLICT_SIDE_SERVER);

  gtk_label_set_label (self->server_label, server);
  gtk_label_set_label (self->local_user_label, local_user != NULL ? local_user : "");
  gtk_label_set_label (self->server_user_label, server_user != NULL ? server_user : "");
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->local_user_label), local_user);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->server_user_label), server_user);
}

static void
fill_head (SyncConflictDialog *self)
{
  g_autofree char *count = g_strdup_printf (_ ("Conflict %u of %u"), self->position + 1, self->open->len);
  g_autofree char *document = sync_conflict_words_document (self->shown);
  g_autofree char *what = sync_conflict_words_what (self->shown);
  g_autofree char *sentence = g_strdup_printf ("%s: %s", document, what);
  g_autofree char *whole = sync_conflict_whole_dup_directed (sentence);
  g_autofree char *note = sync_conflict_words_note (self->shown);
  g_autofree char *local = sync_conflict_words_local (self->shown);

  adw_window_title_set_title (self->title, count);
  adw_window_title_set_subtitle (self->title, document);
  gtk_window_set_title (GTK_WINDOW (self), count);
  gtk_label_set_label (self->what_label, whole);
  sync_label_set_optional (self->note_label, note);
  gtk_label_set_label (self->local_label, local);
  fill_users (self);
}

static void
fill_rows (SyncConflictDialog *self)
{
  guint n = count_rest (self->shown);
  g_autofree char *rest = g_strdup_printf (ngettext ("%u field that nobody has to decide",
                                                     "%u fields that nobody has to decide", n),
                                           n);

  if (self->shown->merge != NULL)
    add_differences (self, self->shown->merge->items, 0);
  else
    gtk_box_append (self->rows_box, sync_conflict_whole_new (self->shown, &self->whole_result));
  gtk_expander_set_expanded (self->rest_expander, FALSE);
  gtk_expander_set_label (self->rest_expander, rest);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->rest_expander), GTK_ACCESSIBLE_PROPERTY_LABEL, rest, -1);
  gtk_widget_set_visible (GTK_WIDGET (self->rest_expander), n > 0);
  gtk_adjustment_set_value (gtk_scrolled_window_get_vadjustment (self->scroller), 0);
}

/* The first choice, where there is one. */
static void
focus_first (SyncConflictDialog *self)
{
  if (!gtk_widget_child_focus (GTK_WIDGET (self->rows_box), GTK_DIR_TAB_FORWARD))
    gtk_widget_grab_focus (gtk_widget_get_sensitive (self->local_button) ? self->local_button : self->server_button);
}

/* Before the case goes that they look into. */
static void
forget_shown (SyncConflictDialog *self)
{
  self->whole_result = NULL;
  clear_box (self->rows_box);
  clear_box (self->rest_box);
  g_array_set_size (self->similar, 0);
  g_clear_pointer (&self->shown, sync_conflict_case_free);
}

static void
show_empty (SyncConflictDialog *self)
{
  static const char *const actions[]
    = { "conflict.keep-local", "conflict.keep-server", "conflict.apply", "conflict.skip", "conflict.previous", "conflict.next" };

  forget_shown (self);
  adw_window_title_set_title (self->title, _ ("Conflicts"));
  adw_window_title_set_subtitle (self->title, "");
  gtk_window_set_title (GTK_WINDOW (self), _ ("Conflicts"));
  for (gsize i = 0; i < G_N_ELEMENTS (actions); i++)
    gtk_widget_action_set_enabled (GTK_WIDGET (self), actions[i], FALSE);
  gtk_stack_set_visible_child_name (self->stack, "empty");
  gtk_window_set_default_widget (GTK_WINDOW (self), self->close_button);
  gtk_widget_grab_focus (self->close_button);
}

static void
show_position (SyncConflictDialog *self, guint position)
{
  g_autoptr (GError) error = NULL;

  forget_shown (self);
  sync_label_set_optional (self->trouble_label, NULL);
  if (position < self->open->len)
    self->shown = sync_conflict_case_new (self->reader, get_id (self, position), self->policies, &error);
  if (error != NULL)
    g_message ("The conflict cannot be shown: %s", error->message);
  if (self->shown == NULL)
    {
      show_empty (self);
      return;
    }
  if (self->user != NULL)
    sync_conflict_case_set_user (self->shown, self->user);
  self->position = position;
  fill_head (self);
  fill_rows (self);
  find_similar (self);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "conflict.keep-local", self->shown->why_not_local == NULL);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "conflict.keep-server", TRUE);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "conflict.skip", TRUE);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "conflict.previous", position > 0);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "conflict.next", position + 1 < self->open->len);
  gtk_stack_set_visible_child_name (self->stack, "conflict");
  gtk_window_set_default_widget (GTK_WINDOW (self), self->skip_button);
  update (self);
  focus_first (self);
}

/* Reads which are open, but for those that were decided here. */
static void
read_open (SyncConflictDialog *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) conflicts = sync_store_list_conflicts (self->reader, "pending", MAX_OPEN, &error);

  if (conflicts == NULL)
    {
      g_message ("The conflicts cannot be read: %s", error->message);
      return;
    }
  g_array_set_size (self->open, 0);
  for (guint i = 0; i < conflicts->len; i++)
    {
      const SyncConflict *conflict = g_ptr_array_index (conflicts, i);

      if (!g_hash_table_contains (self->settled, &conflict->id))
        g_array_append_val (self->open, conflict->id);
    }
}

/* Where @id stands; the length of the list if nowhere. */
static guint
find_open (SyncConflictDialog *self, gint64 id)
{
  guint position = 0;

  while (position < self->open->len && get_id (self, position) != id)
    position++;
  return position;
}

/* Actions */

static void
keep_local_action (GtkWidget *widget, const char *action_name, GVariant *parameter)
{
  SyncConflictDialog *self = SYNC_CONFLICT_DIALOG (widget);

  sync_conflict_case_take_whole (self->shown, SYNC_CONFLICT_WHOLE_LOCAL);
  update (self);
  gtk_widget_grab_focus (self->apply_button);
}

static void
keep_server_action (GtkWidget *widget, const char *action_name, GVariant *parameter)
{
  SyncConflictDialog *self = SYNC_CONFLICT_DIALOG (widget);

  sync_conflict_case_take_whole (self->shown, SYNC_CONFLICT_WHOLE_SERVER);
  update (self);
  gtk_widget_grab_focus (self->apply_button);
}

static void
emit_decided (SyncConflictDialog *self, const SyncConflictCase *conflict)
{
  g_autoptr (GBytes) document = sync_conflict_case_dup_document (conflict);

  g_hash_table_add (self->settled, g_memdup2 (&conflict->conflict->id, sizeof (gint64)));
  g_signal_emit (self, signals[SIGNAL_RESOLVE], 0, conflict->conflict->id,
                 (int) sync_conflict_case_get_resolution (conflict), document);
}

static void
apply_action (GtkWidget *widget, const char *action_name, GVariant *parameter)
{
  SyncConflictDialog *self = SYNC_CONFLICT_DIALOG (widget);
  SyncConflictCase *decided = self->shown;
  gboolean with_similar = gtk_check_button_get_active (self->similar_button);

  emit_decided (self, decided);
  for (guint i = 0; with_similar && i < self->similar->len; i++)
    {
      g_autoptr (SyncConflictCase) other
          = sync_conflict_case_new (self->reader, g_array_index (self->similar, gint64, i), self->policies, NULL);

      /* One that this does not decide stays open and is shown in its turn. */
      if (other != NULL && sync_conflict_case_follow (other, decided))
        emit_decided (self, other);
    }
  read_open (self);
  show_position (self, self->open->len > 0 ? MIN (self->position, self->open->len - 1) : 0);
}

static void
skip_action (GtkWidget *widget, const char *action_name, GVariant *parameter)
{
  SyncConflictDialog *self = SYNC_CONFLICT_DIALOG (widget);
  guint next = self->position + 1;

  g_signal_emit (self, signals[SIGNAL_RESOLVE], 0, get_id (self, self->position), (int) SYNC_RESOLUTION_SKIP, NULL);
  if (next < self->open->len)
    show_position (self, next);
  else
    gtk_window_close (GTK_WINDOW (self));
}

static void
previous_action (GtkWidget *widget, const char *action_name, GVariant *parameter)
{
  SyncConflictDialog *self = SYNC_CONFLICT_DIALOG (widget);

  show_position (self, self->position - 1);
}

static void
next_action (GtkWidget *widget, const char *action_name, GVariant *parameter)
{
  SyncConflictDialog *self = SYNC_CONFLICT_DIALOG (widget);

  show_position (self, self->position + 1);
}

/* GObject */

static void
sync_conflict_dialog_dispose (GObject *object)
{
  SyncConflictDialog *self = SYNC_CONFLICT_DIALOG (object);

  if (self->rows_box != NULL)
    forget_shown (self);
  g_clear_object (&self->reader);
  g_clear_object (&self->policies);
  gtk_widget_dispose_template (GTK_WIDGET (self), SYNC_TYPE_CONFLICT_DIALOG);
  self->rows_box = NULL;
  G_OBJECT_CLASS (sync_conflict_dialog_parent_class)->dispose (object);
}

static void
sync_conflict_dialog_finalize (GObject *object)
{
  SyncConflictDialog *self = SYNC_CONFLICT_DIALOG (object);

  g_free (self->user);
  g_array_unref (self->open);
  g_array_unref (self->similar);
  g_hash_table_unref (self->settled);
  g_hash_table_unref (self->likenesses);
  G_OBJECT_CLASS (sync_conflict_dialog_parent_class)->finalize (object);
}

static void
bind_template (GtkWidgetClass *widget_class)
{
  gtk_widget_class_set_template_from_resource (widget_class, "/org/posawesome/Sync/sync-conflict-dialog.ui");
  gtk_widget_class_bind_template_child (widget_class, SyncConflictDialog, title);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictDialog, stack);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictDialog, what_label);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictDialog, note_label);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictDialog, trouble_label);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictDialog, local_label);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictDialog, local_user_label);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictDialog, server_label);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictDialog, server_user_label);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictDialog, scroller);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictDialog, rows_box);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictDialog, rest_expander);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictDialog, rest_box);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictDialog, preview_label);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictDialog, similar_button);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictDialog, outcome_label);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictDialog, local_button);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictDialog, server_button);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictDialog, skip_button);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictDialog, apply_button);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictDialog, close_button);
  gtk_widget_class_bind_template_callback (widget_class, rest_expanded_cb);
}

static void
sync_conflict_dialog_class_init (SyncConflictDialogClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = sync_conflict_dialog_dispose;
  object_class->finalize = sync_conflict_dialog_finalize;
  signals[SIGNAL_RESOLVE] = g_signal_new ("resolve", SYNC_TYPE_CONFLICT_DIALOG, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                          G_TYPE_NONE, 3, G_TYPE_INT64, G_TYPE_INT, G_TYPE_BYTES);
  bind_template (widget_class);
  gtk_widget_class_install_action (widget_class, "conflict.keep-local", NULL, keep_local_action);
  gtk_widget_class_install_action (widget_class, "conflict.keep-server", NULL, keep_server_action);
  gtk_widget_class_install_action (widget_class, "conflict.apply", NULL, apply_action);
  gtk_widget_class_install_action (widget_class, "conflict.skip", NULL, skip_action);
  gtk_widget_class_install_action (widget_class, "conflict.previous", NULL, previous_action);
  gtk_widget_class_install_action (widget_class, "conflict.next", NULL, next_action);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "window.close", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Return, GDK_CONTROL_MASK, "conflict.apply", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_KP_Enter, GDK_CONTROL_MASK, "conflict.apply", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Page_Up, GDK_ALT_MASK, "conflict.previous", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Page_Down, GDK_ALT_MASK, "conflict.next", NULL);
}

static void
sync_conflict_dialog_init (SyncConflictDialog *self)
{
  self->open = g_array_new (FALSE, FALSE, sizeof (gint64));
  self->similar = g_array_new (FALSE, FALSE, sizeof (gint64));
  self->settled = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  self->likenesses = sync_conflict_similar_new_memory ();
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * sync_conflict_dialog_new:
 * @parent: (nullable): the window in front of which it stands, and with which it goes
 * @reader: a store to read from
 * @policies: (nullable): how fields are merged
 *
 * Returns: (transfer none): a window that shows nothing yet
 */
SyncConflictDialog *
sync_conflict_dialog_new (GtkWindow *parent, SyncStore *reader, SyncMergePolicies *policies)
{
  SyncConflictDialog *self = g_object_new (SYNC_TYPE_CONFLICT_DIALOG, "transient-for", parent, NULL);

  self->reader = g_object_ref (reader);
  self->policies = policies != NULL ? g_object_ref (policies) : NULL;
  return self;
}

/**
 * sync_conflict_dialog_set_user:
 * @self: the window
 * @user: whom the server takes this till for
 *
 * Tells it, for the conflicts of which nobody knew it when they arose.
 */
void
sync_conflict_dialog_set_user (SyncConflictDialog *self, const char *user)
{
  g_free (self->user);
  self->user = g_strdup (user);
  if (self->shown == NULL)
    return;
  sync_conflict_case_set_user (self->shown, user);
  fill_users (self);
}

/**
 * sync_conflict_dialog_show_conflict:
 * @self: the window
 * @id: of an open conflict; 0, or of one that is not open: the first
 *
 * Shows it, with nothing chosen; that none is open if that is so.
 */
void
sync_conflict_dialog_show_conflict (SyncConflictDialog *self, gint64 id)
{
  guint position;

  read_open (self);
  position = find_open (self, id);
  show_position (self, position < self->open->len ? position : 0);
}

/**
 * sync_conflict_dialog_refresh:
 * @self: the window
 *
 * Reads again which are open. The one that is shown stays, with what was chosen, while it is open.
 */
void
sync_conflict_dialog_refresh (SyncConflictDialog *self)
{
  gint64 id = self->shown != NULL ? self->shown->conflict->id : 0;
  guint n_before = self->open->len;
  guint position;

  read_open (self);
  position = find_open (self, id);
  if (position < self->open->len)
    {
      self->position = position;
      fill_head (self);
      if (self->open->len != n_before)
        {
          find_similar (self);
          update_similar (self);
        }
      gtk_widget_action_set_enabled (GTK_WIDGET (self), "conflict.previous", position > 0);
      gtk_widget_action_set_enabled (GTK_WIDGET (self), "conflict.next", position + 1 < self->open->len);
    }
  else if (self->shown != NULL || self->open->len > 0)
    show_position (self, self->open->len > 0 ? MIN (self->position, self->open->len - 1) : 0);
}

/**
 * sync_conflict_dialog_report:
 * @self: the window
 * @id: of a conflict that was decided here
 * @message: why the decision was not carried out
 *
 * Shows the conflict again, with the reason.
 */
void
sync_conflict_dialog_report (SyncConflictDialog *self, gint64 id, const char *message)
{
  g_autofree char *reason = sync_engine_words_dup (message);
  g_autofree char *words = g_strdup_printf (_ ("That was not possible: %s"), reason);

  g_hash_table_remove (self->settled, &id);
  sync_conflict_dialog_show_conflict (self, id);
  sync_label_set_optional (self->trouble_label, words);
}
