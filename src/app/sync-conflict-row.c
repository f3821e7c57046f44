/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One difference of a conflict, in four columns of the same width. It shows what its item says and asks for changes by
 * signals; it changes nothing itself. Main thread. */
#include "config.h"

#include "sync-conflict-row.h"

#include "sync-conflict-value.h"
#include "sync-conflict-words.h"

#include <glib/gi18n.h>
#include <string.h>

#define INDENT 18
/* Characters of a value in a line, at least and at most. */
#define VALUE_WIDTH 8
#define VALUE_MAX_WIDTH 24
#define VALUE_LINES 4
#define BEFORE_LINES 2
#define TEXT_HEIGHT 66

struct _SyncConflictRow
{
  GtkBox parent_instance;

  SyncMergeItem *item;   /* (unowned): of a merge that outlives the row */
  char *label;           /* (owned): what it is, with its row and table: names the controls */
  gboolean plain;        /* nothing to choose */
  gboolean mistyped;
  gboolean updating;     /* the controls are being set, not used */
  GtkImage *state_icon;  /* (unowned): GTK's, as all that follow */
  GtkLabel *state_label; /* (unowned) */
  GtkCheckButton *local; /* (unowned) */
  GtkCheckButton *server; /* (unowned) */
  GtkCheckButton *merged; /* (unowned) (nullable): NULL where that would be one of the two */
  GtkEntry *entry;       /* (unowned) (nullable): NULL if it cannot be typed, or is long */
  GtkTextView *text;     /* (unowned) (nullable): of long text */
  GtkLabel *result;      /* (unowned) (nullable): where nothing can be typed */
};

enum
{
  SIGNAL_CHOOSE,
  SIGNAL_MISTYPED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SyncConflictRow, sync_conflict_row, GTK_TYPE_BOX)

static GtkWidget *
new_label (const char *text, const char *css_class)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_width_chars (GTK_LABEL (label), VALUE_WIDTH);
  gtk_label_set_max_width_chars (GTK_LABEL (label), VALUE_MAX_WIDTH);
  if (css_class != NULL)
    gtk_widget_add_css_class (label, css_class);
  return label;
}

/* Text of any length is in full when pointed at. */
static void
limit_lines (GtkWidget *label, int lines)
{
  gtk_label_set_lines (GTK_LABEL (label), lines);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_widget_set_tooltip_text (label, gtk_label_get_label (GTK_LABEL (label)));
}

static GtkWidget *
new_value (const char *text)
{
  GtkWidget *label = new_label (text, "number");

  limit_lines (label, VALUE_LINES);
  return label;
}

static void
name_control (SyncConflictRow *self, GtkWidget *control, const char *side, const char *value)
{
  g_autofree char *name = value != NULL ? g_strdup_printf ("%s, %s: %s", self->label, side, value)
                                        : g_strdup_printf ("%s, %s", self->label, side);

  gtk_accessible_update_property (GTK_ACCESSIBLE (control), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
}

static void
choose (SyncConflictRow *self, SyncMergeTake take, const char *value)
{
  self->mistyped = FALSE;
  g_signal_emit (self, signals[SIGNAL_CHOOSE], 0, (int) take, value);
}

static void
toggled_cb (SyncConflictRow *self, GtkCheckButton *button)
{
  if (self->updating || !gtk_check_button_get_active (button))
    return;
  choose (self,
          button == self->local    ? SYNC_MERGE_TAKE_LOCAL
          : button == self->server ? SYNC_MERGE_TAKE_SERVER
                                   : SYNC_MERGE_TAKE_AUTOMATIC,
          NULL);
}

/* A value of the field that says of what kind it is. */
static const char *
get_example (const SyncMergeItem *item)
{
  const char *const values[] = { item->server, item->local, item->base };

  for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
    if (values[i] != NULL && strcmp (values[i], "null") != 0 && strcmp (values[i], "\"\"") != 0)
      return values[i];
  return item->server;
}

static void
typed_cb (SyncConflictRow *self, const char *typed)
{
  g_autofree char *value = NULL;

  if (self->updating)
    return;
  value = sync_conflict_value_parse (self->item->name, get_example (self->item), typed);
  self->mistyped = value == NULL;
  if (value != NULL)
    choose (self, SYNC_MERGE_TAKE_VALUE, value);
  else
    {
      sync_conflict_row_update (self);
      g_signal_emit (self, signals[SIGNAL_MISTYPED], 0);
    }
}

static void
entry_changed_cb (SyncConflictRow *self)
{
  typed_cb (self, gtk_editable_get_text (GTK_EDITABLE (self->entry)));
}

static char *
dup_text (GtkTextBuffer *buffer)
{
  GtkTextIter start, end;

  gtk_text_buffer_get_bounds (buffer, &start, &end);
  return gtk_text_buffer_get_text (buffer, &start, &end, FALSE);
}

static void
buffer_changed_cb (SyncConflictRow *self)
{
  g_autofree char *text = dup_text (gtk_text_view_get_buffer (self->text));

  typed_cb (self, text);
}

static GtkCheckButton *
add_choice (SyncConflictRow *self, GtkBox *cell, const char *side, const char *shown)
{
  /* Its group does not make it one. */
  GtkWidget *button = g_object_new (GTK_TYPE_CHECK_BUTTON, "accessible-role", GTK_ACCESSIBLE_ROLE_RADIO, NULL);

  gtk_check_button_set_child (GTK_CHECK_BUTTON (button), new_value (shown));
  if (self->local != NULL)
    gtk_check_button_set_group (GTK_CHECK_BUTTON (button), self->local);
  name_control (self, button, side, shown);
  g_signal_connect_swapped (button, "toggled", G_CALLBACK (toggled_cb), self);
  gtk_box_append (cell, button);
  return GTK_CHECK_BUTTON (button);
}

static GtkBox *
add_cell (SyncConflictRow *self)
{
  GtkWidget *cell = gtk_box_new (GTK_ORIENTATION_VERTICAL, 3);

  gtk_widget_set_valign (cell, GTK_ALIGN_START);
  gtk_box_append (GTK_BOX (self), cell);
  return GTK_BOX (cell);
}

static void
add_what (SyncConflictRow *self, guint depth)
{
  GtkBox *cell = add_cell (self);
  GtkWidget *state = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  g_autofree char *name = sync_conflict_words_item (self->item);
  g_autofree char *before = NULL;
  g_autofree char *base = NULL;
  GtkWidget *label;

  gtk_widget_set_margin_start (GTK_WIDGET (cell), (int) depth * INDENT);
  gtk_box_append (cell, new_label (name, "heading"));
  if (self->plain)
    {
      if (self->item->decision == SYNC_MERGE_OWN)
        gtk_box_append (cell, new_label (sync_conflict_words_state (self->item), "caption"));
      return;
    }
  self->state_icon = GTK_IMAGE (gtk_image_new ());
  self->state_label = GTK_LABEL (new_label (NULL, "caption"));
  gtk_widget_set_valign (GTK_WIDGET (self->state_icon), GTK_ALIGN_START);
  gtk_accessible_update_state (GTK_ACCESSIBLE (self->state_icon), GTK_ACCESSIBLE_STATE_HIDDEN, TRUE, -1);
  gtk_box_append (GTK_BOX (state), GTK_WIDGET (self->state_icon));
  gtk_box_append (GTK_BOX (state), GTK_WIDGET (self->state_label));
  gtk_box_append (cell, state);
  if (self->item->base == NULL || self->item->kind == SYNC_MERGE_KIND_TABLE)
    return;
  base = sync_conflict_value_format (self->item->name, self->item->base);
  before = g_strdup_printf (_ ("Before: %s"), base);
  label = new_label (before, "caption");
  limit_lines (label, BEFORE_LINES);
  gtk_widget_add_css_class (label, "dim-label");
  gtk_box_append (cell, label);
}

static void
add_difference (SyncConflictRow *self, GtkBox *cell, const char *currency)
{
  const SyncMergeItem *item = self->item;
  g_autofree char *difference = sync_conflict_value_difference (item->name, item->local, item->server, currency);
  g_autofree char *words = NULL;

  if (difference == NULL)
    return;
  words = g_strdup_printf (_ ("%s against this till"), difference);
  gtk_box_append (cell, new_label (words, "caption"));
}

static void
add_sides (SyncConflictRow *self, const char *currency)
{
  const SyncMergeItem *item = self->item;
  g_autofree char *local = sync_conflict_value_format (item->name, item->local);
  g_autofree char *server = sync_conflict_value_format (item->name, item->server);
  GtkBox *cell = add_cell (self);

  self->local = add_choice (self, cell, _ ("this till"), local);
  cell = add_cell (self);
  self->server = add_choice (self, cell, _ ("server"), server);
  add_difference (self, cell, currency);
}

/* Whether the merge has something that neither side has. */
static gboolean
has_merged (const SyncMergeItem *item)
{
  if (item->decision == SYNC_MERGE_BY_PARTS)
    return TRUE;
  return item->decision == SYNC_MERGE_BY_POLICY && g_strcmp0 (item->result, item->local) != 0
         && g_strcmp0 (item->result, item->server) != 0;
}

static void
add_merged (SyncConflictRow *self, GtkBox *cell)
{
  const SyncMergeItem *item = self->item;
  g_autofree char *value = NULL;
  g_autofree char *shown = NULL;

  if (!has_merged (item))
    return;
  if (item->decision == SYNC_MERGE_BY_PARTS)
    shown = g_strdup (item->kind == SYNC_MERGE_KIND_TABLE ? _ ("Row by row") : _ ("Field by field"));
  else
    {
      value = sync_conflict_value_format (item->name, item->result);
      shown = g_strdup_printf (_ ("Merged: %s"), value);
    }
  self->merged = add_choice (self, cell, _ ("result"), shown);
}

static void
add_text (SyncConflictRow *self, GtkBox *cell)
{
  GtkWidget *scroller = gtk_scrolled_window_new ();

  self->text = GTK_TEXT_VIEW (gtk_text_view_new ());
  gtk_text_view_set_accepts_tab (self->text, FALSE);
  gtk_text_view_set_wrap_mode (self->text, GTK_WRAP_WORD_CHAR);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), GTK_WIDGET (self->text));
  gtk_scrolled_window_set_has_frame (GTK_SCROLLED_WINDOW (scroller), TRUE);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scroller), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_min_content_height (GTK_SCROLLED_WINDOW (scroller), TEXT_HEIGHT);
  name_control (self, GTK_WIDGET (self->text), _ ("result"), NULL);
  g_signal_connect_swapped (gtk_text_view_get_buffer (self->text), "changed", G_CALLBACK (buffer_changed_cb), self);
  gtk_box_append (cell, scroller);
}

static void
add_entry (SyncConflictRow *self, GtkBox *cell)
{
  self->entry = GTK_ENTRY (gtk_entry_new ());
  gtk_editable_set_width_chars (GTK_EDITABLE (self->entry), VALUE_WIDTH);
  name_control (self, GTK_WIDGET (self->entry), _ ("result"), NULL);
  g_signal_connect_swapped (self->entry, "changed", G_CALLBACK (entry_changed_cb), self);
  gtk_box_append (cell, GTK_WIDGET (self->entry));
}

static void
add_result (SyncConflictRow *self)
{
  const SyncMergeItem *item = self->item;
  GtkBox *cell = add_cell (self);

  add_merged (self, cell);
  if (item->kind != SYNC_MERGE_KIND_FIELD || !sync_conflict_value_is_typable (item->name, item->local)
      || !sync_conflict_value_is_typable (item->name, item->server))
    {
      self->result = GTK_LABEL (new_value (NULL));
      gtk_box_append (cell, GTK_WIDGET (self->result));
    }
  else if (sync_conflict_value_is_long (item->local) || sync_conflict_value_is_long (item->server)
           || sync_conflict_value_is_long (item->result))
    add_text (self, cell);
  else
    add_entry (self, cell);
}

static gboolean
is_undecided (const SyncMergeItem *item)
{
  return item->decision == SYNC_MERGE_ASK && item->take == SYNC_MERGE_TAKE_AUTOMATIC;
}

/* What is not known before everything in it is decided. */
static char *
dup_result (const SyncMergeItem *item)
{
  if (sync_conflict_case_is_open (item))
    return g_strdup (_ ("Not decided"));
  if (item->kind == SYNC_MERGE_KIND_ROW && item->result == NULL)
    return g_strdup (_ ("(no such row)"));
  if (item->decision == SYNC_MERGE_OWN && item->policy == SYNC_MERGE_POLICY_COMPUTED)
    return g_strdup (_ ("(computed anew)"));
  return sync_conflict_value_format (item->name, item->result);
}

/* Which of the sides stands as result; NULL: neither, or not decided. */
static GtkCheckButton *
find_active (SyncConflictRow *self)
{
  const SyncMergeItem *item = self->item;

  if (self->mistyped)
    return NULL;
  switch (item->take)
    {
    case SYNC_MERGE_TAKE_LOCAL:
      return self->local;
    case SYNC_MERGE_TAKE_SERVER:
      return self->server;
    case SYNC_MERGE_TAKE_AUTOMATIC:
      if (is_undecided (item))
        return NULL;
      if (self->merged != NULL)
        return self->merged;
      return g_strcmp0 (item->result, item->local) == 0 ? self->local : self->server;
    default:
      return NULL;
    }
}

static void
update_choice (SyncConflictRow *self)
{
  GtkCheckButton *const buttons[] = { self->local, self->server, self->merged };
  GtkCheckButton *active = find_active (self);

  for (gsize i = 0; i < G_N_ELEMENTS (buttons); i++)
    if (buttons[i] != NULL)
      gtk_check_button_set_active (buttons[i], buttons[i] == active);
}

/* Shown as it would be typed; what is being typed is left alone. */
static void
update_typed (SyncConflictRow *self)
{
  g_autofree char *typed = is_undecided (self->item)
                             ? g_strdup ("")
                             : sync_conflict_value_to_typed (self->item->name, self->item->result);

  if (self->mistyped || self->item->take == SYNC_MERGE_TAKE_VALUE)
    return;
  if (self->entry != NULL)
    {
      gtk_entry_set_placeholder_text (self->entry, is_undecided (self->item) ? _ ("Choose or type") : _ ("(empty)"));
      gtk_editable_set_text (GTK_EDITABLE (self->entry), typed);
    }
  else
    gtk_text_buffer_set_text (gtk_text_view_get_buffer (self->text), typed, -1);
}

static void
update_result (SyncConflictRow *self)
{
  g_autofree char *text = dup_result (self->item);

  gtk_label_set_label (self->result, text);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->result), text);
}

static void
update_state (SyncConflictRow *self)
{
  gboolean open = self->mistyped || is_undecided (self->item);
  const char *words = self->mistyped ? _ ("What is typed there is no such value") : sync_conflict_words_state (self->item);

  gtk_label_set_label (self->state_label, words);
  gtk_image_set_from_icon_name (self->state_icon, open || sync_conflict_case_is_open (self->item) ? "dialog-warning-symbolic"
                                                                                                  : "object-select-symbolic");
  if (open)
    gtk_widget_add_css_class (GTK_WIDGET (self), "undecided");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self), "undecided");
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, words, -1);
  if (self->entry != NULL)
    gtk_accessible_update_state (GTK_ACCESSIBLE (self->entry), GTK_ACCESSIBLE_STATE_INVALID,
                                 self->mistyped ? GTK_ACCESSIBLE_INVALID_TRUE : GTK_ACCESSIBLE_INVALID_FALSE, -1);
}

/* "Items, Row 2, Quantity" */
static char *
make_label (const SyncMergeItem *item)
{
  g_autofree char *own = sync_conflict_words_item (item);
  g_autofree char *above = item->parent != NULL ? make_label (item->parent) : NULL;

  return above != NULL ? g_strdup_printf ("%s, %s", above, own) : g_steal_pointer (&own);
}

/* GTK 4.8 gives a screen reader nothing to do with a radio button; these two it can do with the row. */
static void
take_action (GtkWidget *widget, const char *action_name, GVariant *parameter)
{
  SyncConflictRow *self = SYNC_CONFLICT_ROW (widget);
  GtkCheckButton *button = g_str_equal (action_name, "difference.take-local") ? self->local : self->server;

  if (button != NULL && gtk_widget_is_sensitive (GTK_WIDGET (button)))
    gtk_check_button_set_active (button, TRUE);
}

static void
sync_conflict_row_finalize (GObject *object)
{
  SyncConflictRow *self = SYNC_CONFLICT_ROW (object);

  g_free (self->label);
  G_OBJECT_CLASS (sync_conflict_row_parent_class)->finalize (object);
}

static void
sync_conflict_row_class_init (SyncConflictRowClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = sync_conflict_row_finalize;
  signals[SIGNAL_CHOOSE] = g_signal_new ("choose", SYNC_TYPE_CONFLICT_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                         G_TYPE_NONE, 2, G_TYPE_INT, G_TYPE_STRING);
  signals[SIGNAL_MISTYPED]
    = g_signal_new ("mistyped", SYNC_TYPE_CONFLICT_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  gtk_widget_class_set_accessible_role (GTK_WIDGET_CLASS (klass), GTK_ACCESSIBLE_ROLE_GROUP);
  gtk_widget_class_install_action (GTK_WIDGET_CLASS (klass), "difference.take-local", NULL, take_action);
  gtk_widget_class_install_action (GTK_WIDGET_CLASS (klass), "difference.take-server", NULL, take_action);
}

static void
sync_conflict_row_init (SyncConflictRow *self)
{
  gtk_box_set_homogeneous (GTK_BOX (self), TRUE);
  gtk_box_set_spacing (GTK_BOX (self), 12);
  gtk_widget_add_css_class (GTK_WIDGET (self), "conflict-row");
}

static SyncConflictRow *
make (const SyncMergeItem *item, gboolean plain)
{
  SyncConflictRow *self = g_object_new (SYNC_TYPE_CONFLICT_ROW, NULL);

  self->item = (SyncMergeItem *) item;
  self->plain = plain;
  self->label = make_label (item);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, self->label, -1);
  return self;
}

/**
 * sync_conflict_row_new:
 * @item: a difference; its merge outlives the row
 * @depth: in how many others it stands
 * @currency: (nullable): of the document
 *
 * Returns: (transfer floating): a row in which a person can choose
 */
GtkWidget *
sync_conflict_row_new (SyncMergeItem *item, guint depth, const char *currency)
{
  SyncConflictRow *self = make (item, FALSE);

  self->updating = TRUE;
  add_what (self, depth);
  add_sides (self, currency);
  add_result (self);
  sync_conflict_row_update (self);
  return GTK_WIDGET (self);
}

/**
 * sync_conflict_row_new_plain:
 * @item: something that nobody has to decide
 * @depth: in how many others it stands
 * @currency: (nullable): of the document
 *
 * Returns: (transfer floating): a row that only shows it
 */
GtkWidget *
sync_conflict_row_new_plain (const SyncMergeItem *item, guint depth, const char *currency)
{
  SyncConflictRow *self = make (item, TRUE);
  char *values[] = { item->sent ? sync_conflict_value_format (item->name, item->local) : g_strdup (_ ("(not sent)")),
                     sync_conflict_value_format (item->name, item->server), dup_result (item) };

  add_what (self, depth);
  for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
    {
      GtkBox *cell = add_cell (self);

      gtk_box_append (cell, new_value (values[i]));
      if (i == 1)
        add_difference (self, cell, currency);
      g_free (values[i]);
    }
  return GTK_WIDGET (self);
}

/**
 * sync_conflict_row_get_item:
 * @self: a row
 *
 * Returns: (transfer none): what it shows
 */
SyncMergeItem *
sync_conflict_row_get_item (SyncConflictRow *self)
{
  return self->item;
}

/**
 * sync_conflict_row_update:
 * @self: a row
 *
 * Shows what its item says now.
 */
void
sync_conflict_row_update (SyncConflictRow *self)
{
  if (self->plain)
    return;
  self->updating = TRUE;
  update_choice (self);
  if (self->result != NULL)
    update_result (self);
  else
    update_typed (self);
  update_state (self);
  self->updating = FALSE;
}

/**
 * sync_conflict_row_is_mistyped:
 * @self: a row
 *
 * Returns: whether something is typed in it that is no value of its field
 */
gboolean
sync_conflict_row_is_mistyped (SyncConflictRow *self)
{
  return self->mistyped;
}
