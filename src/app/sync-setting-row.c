/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is written is taken with Return or when the entry is left. What is refused stays in the entry, and the setting stays
 * as it was. */
#include "config.h"

#include "sync-setting-row.h"

#include "sync-label.h"
#include "sync-setting-words.h"

#include <glib/gi18n.h>

struct _SyncSettingRow
{
  AdwActionRow parent_instance;

  GSettings *settings; /* (owned) */
  const char *key; /* (unowned): static */
  const char *purpose; /* (unowned): static */
  const SyncConfigNumber *number; /* (unowned) (nullable): NULL: a text */
  SyncSettingCheck check; /* of a text */
  gpointer check_data; /* (unowned): for @check */
  GtkEditable *entry; /* (unowned) */
  char *shown; /* (owned) (nullable): what the entry shows of the setting */
};

G_DEFINE_FINAL_TYPE (SyncSettingRow, sync_setting_row, ADW_TYPE_ACTION_ROW)

/* (transfer full): what holds now, whether from the settings or from the environment; a text that the environment sets is
 * the folder, for no other has a row */
static char *
dup_present (SyncSettingRow *self)
{
  g_autoptr (SyncConfig) config = NULL;

  if (self->number == NULL && sync_config_find_override (self->key, NULL) == NULL)
    return g_settings_get_string (self->settings, self->key);
  config = sync_config_new (self->settings, NULL, NULL);
  if (self->number == NULL)
    return g_strdup (config != NULL && g_str_equal (self->key, "data-dir") ? config->data_dir : "");
  return sync_setting_words_value (self->number, config != NULL ? sync_config_get_number (config, self->number)
                                                                : g_settings_get_uint (self->settings, self->key));
}

/* The purpose, or what is wrong. */
static void
explain (SyncSettingRow *self, const char *refusal)
{
  g_autofree char *override = sync_setting_row_dup_override (self->key);
  const char *words = refusal != NULL ? refusal : override != NULL ? override : self->purpose;

  sync_label_set_subtitle (ADW_ACTION_ROW (self), words);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->entry), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, words, -1);
  gtk_accessible_update_state (GTK_ACCESSIBLE (self->entry), GTK_ACCESSIBLE_STATE_INVALID,
                               refusal != NULL ? GTK_ACCESSIBLE_INVALID_TRUE : GTK_ACCESSIBLE_INVALID_FALSE, -1);
  if (refusal != NULL)
    {
      gtk_widget_add_css_class (GTK_WIDGET (self->entry), "error");
      gtk_widget_add_css_class (GTK_WIDGET (self), "refused");
    }
  else
    {
      gtk_widget_remove_css_class (GTK_WIDGET (self->entry), "error");
      gtk_widget_remove_css_class (GTK_WIDGET (self), "refused");
    }
}

static void
show_present (SyncSettingRow *self)
{
  g_free (self->shown);
  self->shown = dup_present (self);
  gtk_editable_set_text (self->entry, self->shown);
  explain (self, NULL);
}

static gboolean
store_number (SyncSettingRow *self, const char *text, GError **error)
{
  g_autoptr (SyncConfig) config = sync_config_new (self->settings, NULL, NULL);
  guint value;

  if (!sync_setting_words_read (self->number, text, &value, error)
      || (config != NULL && !sync_setting_words_check (self->number, value, config, error)))
    return FALSE;
  g_settings_set_uint (self->settings, self->key, value);
  return TRUE;
}

static void
commit (SyncSettingRow *self)
{
  g_autofree char *text = g_strstrip (g_strdup (gtk_editable_get_text (self->entry)));
  g_autofree char *words = NULL;
  g_autoptr (GError) error = NULL;
  gboolean stored;

  if (g_str_equal (text, self->shown))
    {
      explain (self, NULL);
      return;
    }
  if (self->number != NULL)
    stored = store_number (self, text, &error);
  else
    stored = self->check (text, self->check_data, &error) && g_settings_set_string (self->settings, self->key, text);
  if (stored)
    {
      show_present (self);
      return;
    }
  words = *self->shown != '\0' ? g_strdup_printf (_ ("%s It stays at %s."), error->message, self->shown)
                               : g_strdup_printf (_ ("%s It stays as it is."), error->message);
  explain (self, words);
}

/* For assistive technology, which has no Return. */
static void
apply_cb (GtkWidget *widget, const char *action, GVariant *parameter)
{
  commit (SYNC_SETTING_ROW (widget));
}

static void
sync_setting_row_finalize (GObject *object)
{
  SyncSettingRow *self = SYNC_SETTING_ROW (object);

  g_clear_object (&self->settings);
  g_free (self->shown);
  G_OBJECT_CLASS (sync_setting_row_parent_class)->finalize (object);
}

static void
sync_setting_row_class_init (SyncSettingRowClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = sync_setting_row_finalize;
  gtk_widget_class_install_action (GTK_WIDGET_CLASS (klass), "setting.apply", NULL, apply_cb);
}

static void
sync_setting_row_init (SyncSettingRow *self)
{
  GtkWidget *entry = gtk_entry_new ();
  GtkEventController *focus = gtk_event_controller_focus_new ();

  gtk_widget_set_valign (entry, GTK_ALIGN_CENTER);
  adw_action_row_add_suffix (ADW_ACTION_ROW (self), entry);
  adw_action_row_set_activatable_widget (ADW_ACTION_ROW (self), entry);
  g_signal_connect_swapped (entry, "activate", G_CALLBACK (commit), self);
  g_signal_connect_swapped (focus, "leave", G_CALLBACK (commit), self);
  gtk_widget_add_controller (entry, focus);
  self->entry = GTK_EDITABLE (entry);
}

static SyncSettingRow *
make (GSettings *settings, const char *key, const char *title, const char *purpose, int width)
{
  SyncSettingRow *self = g_object_new (SYNC_TYPE_SETTING_ROW, "title", title, NULL);
  g_autofree char *signal = g_strconcat ("changed::", key, NULL);

  self->settings = g_object_ref (settings);
  self->key = key;
  self->purpose = purpose;
  gtk_editable_set_width_chars (self->entry, width);
  gtk_editable_set_max_width_chars (self->entry, width);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->entry), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
  /* Assistive technology asks the entry itself. */
  gtk_widget_set_sensitive (GTK_WIDGET (self),
                            sync_config_find_override (key, NULL) == NULL && g_settings_is_writable (settings, key));
  gtk_widget_set_sensitive (GTK_WIDGET (self->entry), gtk_widget_get_sensitive (GTK_WIDGET (self)));
  g_signal_connect_object (settings, signal, G_CALLBACK (show_present), self, G_CONNECT_SWAPPED);
  return self;
}

/**
 * sync_setting_row_new_number:
 * @settings: the settings
 * @number: which one
 *
 * Returns: (transfer floating): its row
 */
SyncSettingRow *
sync_setting_row_new_number (GSettings *settings, const SyncConfigNumber *number)
{
  SyncSettingRow *self
      = make (settings, number->key, sync_setting_words_title (number), sync_setting_words_purpose (number), 12);

  self->number = number;
  show_present (self);
  return self;
}

/**
 * sync_setting_row_new_text:
 * @settings: the settings
 * @key: which one; static
 * @title: what it is called
 * @purpose: what it does, in a sentence; static
 * @check: whether a text may be stored
 * @user_data: for @check; lives as long as the row
 *
 * Returns: (transfer floating): its row
 */
SyncSettingRow *
sync_setting_row_new_text (GSettings *settings, const char *key, const char *title, const char *purpose,
                           SyncSettingCheck check, gpointer user_data)
{
  SyncSettingRow *self = make (settings, key, title, purpose, 24);

  self->check = check;
  self->check_data = user_data;
  show_present (self);
  return self;
}

/**
 * sync_setting_row_dup_override:
 * @key: of the settings
 *
 * Returns: (transfer full) (nullable): that the environment sets it, if it does
 */
char *
sync_setting_row_dup_override (const char *key)
{
  const char *variable = sync_config_find_override (key, NULL);

  return variable != NULL ? g_strdup_printf (_ ("Set by %s in the environment."), variable) : NULL;
}
