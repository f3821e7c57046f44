/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asks the engine when it opens, on request, and when the server is there again. Main thread. */
#include "config.h"

#include "sync-keys-dialog.h"

#include "sync-engine-words.h"
#include "sync-key-desk.h"
#include "sync-label.h"

#include <glib/gi18n.h>

struct _SyncKeysDialog
{
  AdwWindow parent_instance;

  SyncServiceThread *service; /* (owned) */
  SyncStatus *status;         /* (owned) */
  GPtrArray *missing;         /* (owned) (element-type utf8): DocTypes whose field can be made; NULL-terminated */
  GHashTable *rows;           /* (owned) (element-type utf8 AdwActionRow): by DocType; the rows (unowned) */
  gboolean online;            /* as the status said last */
  gboolean asking;
  AdwActionRow *source_row;   /* (unowned) */
  AdwPreferencesGroup *group; /* (unowned) */
  GtkSpinner *spinner;        /* (unowned) */
  GtkLabel *trouble;          /* (unowned) */
  GtkWidget *make_button;     /* (unowned) */
  GtkWidget *again_button;    /* (unowned) */
};

G_DEFINE_FINAL_TYPE (SyncKeysDialog, sync_keys_dialog, ADW_TYPE_WINDOW)

static const char *
source_words (SyncCredentialsSource source)
{
  switch (source)
    {
    case SYNC_CREDENTIALS_ENVIRONMENT:
      return _ ("It comes from the environment (ERPNEXT_API_TOKEN and ERPNEXT_API_SECRET).");
    case SYNC_CREDENTIALS_SECRET_SERVICE:
      return _ ("It is kept in the key ring.");
    case SYNC_CREDENTIALS_FILE:
      return _ ("It is kept in a file that only you can read.");
    case SYNC_CREDENTIALS_SESSION:
      return _ ("It is known until the program ends: no key ring took it. After the next start it has to be entered again.");
    case SYNC_CREDENTIALS_NONE:
    default:
      return _ ("None is set.");
    }
}

/* (transfer full) */
static char *
state_words (const SyncKey *key)
{
  g_autofree char *words = sync_engine_words_dup (key->words);

  switch (key->state)
    {
    case SYNC_KEY_ENFORCED:
      return g_strdup (_ ("Protected: the server refuses a second one with the same key."));
    case SYNC_KEY_MISSING:
      return g_strdup_printf (key->shipped ? _ ("Not protected: the field “%s” comes with POS Awesome; install or update it there.")
                                           : _ ("Not protected: the field “%s” is missing."),
                              key->field);
    case SYNC_KEY_NOT_UNIQUE:
      return g_strdup_printf (_ ("Not protected: the field “%s” is there, but takes the same key twice; make it unique in ERPNext."),
                              key->field);
    case SYNC_KEY_UNCHECKED:
      return g_strdup_printf (_ ("Not known: the field “%s” is there, but only a System Manager can see whether it is unique."),
                              key->field);
    case SYNC_KEY_NOT_KEPT:
      return g_strdup_printf (_ ("Not protected: an answer of the server lacked the key that was sent in “%s”."), key->field);
    case SYNC_KEY_UNREADABLE:
      return g_strdup_printf (_ ("Not known: this user may not list such documents. %s"), words);
    case SYNC_KEY_UNPROVEN:
    default:
      return g_strdup_printf (_ ("Not known yet. %s"), words);
    }
}

static AdwActionRow *
get_row (SyncKeysDialog *self, const char *type)
{
  AdwActionRow *row = g_hash_table_lookup (self->rows, type);
  GtkWidget *icon;

  if (row != NULL)
    return row;
  row = ADW_ACTION_ROW (adw_action_row_new ());
  icon = gtk_image_new ();
  gtk_accessible_update_property (GTK_ACCESSIBLE (icon), GTK_ACCESSIBLE_PROPERTY_LABEL, "", -1);
  adw_action_row_add_prefix (row, icon);
  g_object_set_data (G_OBJECT (row), "icon", icon);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), type);
  adw_action_row_set_subtitle_lines (row, 0);
  adw_preferences_group_add (self->group, GTK_WIDGET (row));
  g_hash_table_insert (self->rows, g_strdup (type), row);
  return row;
}

static void
show_key (SyncKeysDialog *self, const SyncKey *key)
{
  AdwActionRow *row = get_row (self, key->resource_type);
  g_autofree char *words = state_words (key);
  guint place;

  sync_label_set_subtitle (row, words);
  gtk_image_set_from_icon_name (GTK_IMAGE (g_object_get_data (G_OBJECT (row), "icon")),
                                key->state == SYNC_KEY_ENFORCED ? "emblem-ok-symbolic" : "dialog-warning-symbolic");
  if (g_ptr_array_find_with_equal_func (self->missing, key->resource_type, g_str_equal, &place))
    g_ptr_array_remove_index (self->missing, place);
  if (key->state == SYNC_KEY_MISSING && !key->shipped)
    g_ptr_array_add (self->missing, g_strdup (key->resource_type));
}

static void
update_buttons (SyncKeysDialog *self)
{
  gtk_spinner_set_spinning (self->spinner, self->asking);
  gtk_widget_set_visible (GTK_WIDGET (self->spinner), self->asking);
  gtk_widget_set_visible (self->make_button, self->missing->len > 0);
  gtk_widget_set_sensitive (self->make_button, !self->asking);
  gtk_widget_set_sensitive (self->again_button, !self->asking);
}

static void
told_cb (GObject *owner, SyncCredentialsSource source, GPtrArray *keys, const GError *error)
{
  SyncKeysDialog *self = SYNC_KEYS_DIALOG (owner);
  g_autofree char *words = error != NULL ? sync_engine_words_dup (error->message) : NULL;

  self->asking = FALSE;
  sync_label_set_subtitle (self->source_row, source_words (source));
  for (guint i = 0; keys != NULL && i < keys->len; i++)
    show_key (self, g_ptr_array_index (keys, i));
  sync_label_set_optional (self->trouble, words);
  update_buttons (self);
}

/* Tells why a field could not be made. */
static void
made_cb (GObject *owner, SyncCredentialsSource source, GPtrArray *keys, const GError *error)
{
  SyncKeysDialog *self = SYNC_KEYS_DIALOG (owner);
  g_autofree char *words = NULL;
  const char *trouble = NULL;

  told_cb (owner, source, keys, error);
  for (guint i = 0; keys != NULL && i < keys->len; i++)
    {
      const SyncKey *key = g_ptr_array_index (keys, i);

      if (key->state != SYNC_KEY_ENFORCED)
        trouble = key->words;
    }
  words = sync_engine_words_dup (trouble);
  if (error == NULL)
    sync_label_set_optional (self->trouble, words);
}

static void
ask (SyncKeysDialog *self)
{
  if (self->asking)
    return;
  self->asking = TRUE;
  update_buttons (self);
  sync_key_desk_ask (self->service, NULL, told_cb, G_OBJECT (self));
}

static void
make_cb (SyncKeysDialog *self)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) types = NULL;

  for (guint i = 0; i < self->missing->len; i++)
    g_strv_builder_add (builder, g_ptr_array_index (self->missing, i));
  types = g_strv_builder_end (builder);
  self->asking = TRUE;
  update_buttons (self);
  sync_key_desk_ask (self->service, (const char *const *) types, made_cb, G_OBJECT (self));
}

static void
status_changed_cb (SyncKeysDialog *self)
{
  const SyncSnapshot *snapshot = sync_status_get_snapshot (self->status);
  gboolean online = snapshot->condition == SYNC_CONDITION_ONLINE && snapshot->tried_ms > 0;
  gboolean again = online && !self->online;

  self->online = online;
  if (again)
    ask (self);
}

static void
sync_keys_dialog_finalize (GObject *object)
{
  SyncKeysDialog *self = SYNC_KEYS_DIALOG (object);

  g_clear_object (&self->service);
  g_clear_object (&self->status);
  g_ptr_array_unref (self->missing);
  g_hash_table_unref (self->rows);
  G_OBJECT_CLASS (sync_keys_dialog_parent_class)->finalize (object);
}

static void
sync_keys_dialog_class_init (SyncKeysDialogClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = sync_keys_dialog_finalize;
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "window.close", NULL);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/posawesome/Sync/sync-keys-dialog.ui");
  gtk_widget_class_bind_template_child (widget_class, SyncKeysDialog, source_row);
  gtk_widget_class_bind_template_child (widget_class, SyncKeysDialog, group);
  gtk_widget_class_bind_template_child (widget_class, SyncKeysDialog, spinner);
  gtk_widget_class_bind_template_child (widget_class, SyncKeysDialog, trouble);
  gtk_widget_class_bind_template_child (widget_class, SyncKeysDialog, make_button);
  gtk_widget_class_bind_template_child (widget_class, SyncKeysDialog, again_button);
  gtk_widget_class_bind_template_callback (widget_class, ask);
  gtk_widget_class_bind_template_callback (widget_class, make_cb);
}

static void
sync_keys_dialog_init (SyncKeysDialog *self)
{
  self->missing = g_ptr_array_new_with_free_func (g_free);
  self->rows = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * sync_keys_dialog_new:
 * @parent: the window in front of which it stands
 * @service: where the engine is
 * @status: tells when the server is there
 *
 * Returns: (transfer none): the dialog, not yet shown, which begins to ask; it goes with @parent
 */
SyncKeysDialog *
sync_keys_dialog_new (GtkWindow *parent, SyncServiceThread *service, SyncStatus *status)
{
  SyncKeysDialog *self = g_object_new (SYNC_TYPE_KEYS_DIALOG, "transient-for", parent, NULL);

  self->service = g_object_ref (service);
  self->status = g_object_ref (status);
  self->online = sync_status_get_snapshot (status)->condition == SYNC_CONDITION_ONLINE;
  g_signal_connect_object (status, "changed", G_CALLBACK (status_changed_cb), self, G_CONNECT_SWAPPED);
  ask (self);
  return self;
}
