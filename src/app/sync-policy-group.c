/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows are made anew from the setting whenever it changes, whoever changed it. A list that is not understood is shown as
 * the text that it is, to be put right. */
#include "config.h"

#include "sync-policy-group.h"

#include "sync-config.h"
#include "sync-policy-list.h"
#include "sync-setting-row.h"
#include "sync-type-entry.h"

#include <glib/gi18n.h>
#include <string.h>

#define KEY "conflict-policies"

struct _SyncPolicyGroup
{
  AdwPreferencesGroup parent_instance;

  GSettings *settings; /* (owned) */
  GPtrArray *rows; /* (owned) (element-type GtkWidget, unowned): of the types */
  SyncTypeEntry *entry; /* (unowned) */
  SyncSettingRow *text_row; /* (unowned): a list that is not understood */
};

G_DEFINE_FINAL_TYPE (SyncPolicyGroup, sync_policy_group, ADW_TYPE_PREFERENCES_GROUP)

/* (transfer full) (nullable): the list in its one form; NULL if it is not understood, and in @fault why */
static char *
dup_normal (const char *text, char **fault)
{
  g_autofree char *variable = g_strconcat ("CONFLICT_POLICIES=", text, NULL);
  const char *const environment[] = { variable, NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncConfig) config = sync_config_new (NULL, environment, &error);

  if (config != NULL)
    return g_strdup (config->conflict_policies);
  /* Without the variable's name, which stands before it. */
  *fault = g_strdup (strchr (error->message, ':') + 2);
  return NULL;
}

/* (transfer full): the list that is set, whether in the settings or in the environment, and in @fault (transfer full)
 * (nullable) why it is not understood; it is "" then */
static char *
dup_policies (SyncPolicyGroup *self, char **fault)
{
  const char *variable = sync_config_find_override (KEY, NULL);
  g_autofree char *text
      = variable != NULL ? g_strdup (g_getenv (variable)) : g_settings_get_string (self->settings, KEY);
  char *policies;

  *fault = NULL;
  policies = dup_normal (text, fault);
  return policies != NULL ? policies : g_strdup ("");
}

static gboolean
check_text (const char *text, gpointer user_data, GError **error)
{
  g_autofree char *fault = NULL;
  g_autofree char *policies = dup_normal (text, &fault);

  if (policies == NULL)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "%s.", fault);
  return policies != NULL;
}

static void
store (SyncPolicyGroup *self, char *policies)
{
  g_settings_set_string (self->settings, KEY, policies);
  g_free (policies);
}

static void
selected_cb (AdwComboRow *row, GParamSpec *pspec, SyncPolicyGroup *self)
{
  g_autofree char *fault = NULL;
  g_autofree char *policies = dup_policies (self, &fault);

  store (self, sync_policy_list_set (policies, gtk_widget_get_name (GTK_WIDGET (row)),
                                     (SyncMergeStyle) adw_combo_row_get_selected (row)));
}

static void
remove_cb (GtkWidget *button, SyncPolicyGroup *self)
{
  g_autofree char *fault = NULL;
  g_autofree char *policies = dup_policies (self, &fault);

  store (self, sync_policy_list_remove (policies, gtk_widget_get_name (button)));
}

static void
add_cb (SyncTypeEntry *entry, const char *type, SyncPolicyGroup *self)
{
  g_autofree char *fault = NULL;
  g_autofree char *policies = dup_policies (self, &fault);
  g_auto (GStrv) types = sync_policy_list_dup_types (policies);

  if (g_strv_contains ((const char *const *) types, type))
    sync_type_entry_refuse (self->entry, _ ("This document type has a policy already: change it below."));
  else
    store (self, sync_policy_list_set (policies, type, SYNC_MERGE_STYLE_ASK));
}

static GListModel *
make_choices (void)
{
  GtkStringList *choices = gtk_string_list_new (NULL);

  for (guint i = 0; i < SYNC_POLICY_N_STYLES; i++)
    gtk_string_list_append (choices, sync_policy_list_words ((SyncMergeStyle) i));
  return G_LIST_MODEL (choices);
}

static void
add_remove_button (SyncPolicyGroup *self, GtkWidget *row, const char *type)
{
  GtkWidget *button = gtk_button_new_from_icon_name ("list-remove-symbolic");
  g_autofree char *name = g_strdup_printf (_ ("Remove the policy of %s"), type);

  gtk_widget_set_name (button, type);
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  gtk_widget_set_tooltip_text (button, name);
  gtk_widget_add_css_class (button, "flat");
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
  g_signal_connect_object (button, "clicked", G_CALLBACK (remove_cb), self, G_CONNECT_DEFAULT);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), button);
}

/* The widget's name is the type. */
static void
add_row (SyncPolicyGroup *self, const char *policies, const char *type)
{
  GtkWidget *row = adw_combo_row_new ();
  gboolean is_others = g_str_equal (type, SYNC_POLICY_ALL_OTHERS);
  g_autoptr (GListModel) choices = make_choices ();
  g_autofree char *title = g_markup_escape_text (is_others ? _ ("All others") : type, -1);

  gtk_widget_set_name (row, type);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  adw_combo_row_set_model (ADW_COMBO_ROW (row), choices);
  adw_combo_row_set_selected (ADW_COMBO_ROW (row), sync_merge_style_for_type (policies, is_others ? NULL : type));
  g_signal_connect_object (row, "notify::selected", G_CALLBACK (selected_cb), self, G_CONNECT_DEFAULT);
  if (!is_others)
    add_remove_button (self, row, type);
  gtk_widget_set_sensitive (row, gtk_widget_get_sensitive (GTK_WIDGET (self)));
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (self), row);
  g_ptr_array_add (self->rows, row);
}

static gboolean
rows_are (SyncPolicyGroup *self, char **types)
{
  if (self->rows->len != g_strv_length (types) + 1)
    return FALSE;
  for (guint i = 0; types[i] != NULL; i++)
    if (g_strcmp0 (gtk_widget_get_name (g_ptr_array_index (self->rows, i)), types[i]) != 0)
      return FALSE;
  return TRUE;
}

/* What the list is for, or why it is not used. */
static void
describe (SyncPolicyGroup *self, const char *fault)
{
  g_autofree char *override = sync_setting_row_dup_override (KEY);
  g_autofree char *words = fault != NULL ? g_strdup_printf (_ ("The list is not understood: %s."), fault) : NULL;
  g_autofree char *escaped = words != NULL ? g_markup_escape_text (words, -1) : NULL;

  if (escaped == NULL && override == NULL)
    escaped = g_strdup (_ ("What counts when a document was changed here and on the server. Whatever loses is kept."));
  adw_preferences_group_set_description (ADW_PREFERENCES_GROUP (self), escaped != NULL ? escaped : override);
  gtk_widget_set_visible (GTK_WIDGET (self->text_row), fault != NULL);
  gtk_widget_set_visible (GTK_WIDGET (self->entry), fault == NULL);
}

/* Rows stay as long as they can: whoever chooses in one keeps the focus. */
static void
update (SyncPolicyGroup *self)
{
  g_autofree char *fault = NULL;
  g_autofree char *policies = dup_policies (self, &fault);
  g_auto (GStrv) types = sync_policy_list_dup_types (policies);

  describe (self, fault);
  if (fault == NULL && rows_are (self, types))
    {
      for (guint i = 0; i < self->rows->len; i++)
        adw_combo_row_set_selected (g_ptr_array_index (self->rows, i), sync_merge_style_for_type (policies, types[i]));
      return;
    }
  for (guint i = 0; i < self->rows->len; i++)
    adw_preferences_group_remove (ADW_PREFERENCES_GROUP (self), g_ptr_array_index (self->rows, i));
  g_ptr_array_set_size (self->rows, 0);
  for (guint i = 0; types[i] != NULL; i++)
    add_row (self, policies, types[i]);
  if (fault == NULL)
    add_row (self, policies, SYNC_POLICY_ALL_OTHERS);
}

static void
sync_policy_group_finalize (GObject *object)
{
  SyncPolicyGroup *self = SYNC_POLICY_GROUP (object);

  g_clear_object (&self->settings);
  g_ptr_array_unref (self->rows);
  G_OBJECT_CLASS (sync_policy_group_parent_class)->finalize (object);
}

static void
sync_policy_group_class_init (SyncPolicyGroupClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = sync_policy_group_finalize;
}

static void
sync_policy_group_init (SyncPolicyGroup *self)
{
  self->rows = g_ptr_array_new ();
}

/**
 * sync_policy_group_new:
 * @settings: the settings
 *
 * Returns: (transfer floating): the group of their policies
 */
SyncPolicyGroup *
sync_policy_group_new (GSettings *settings)
{
  SyncPolicyGroup *self = g_object_new (SYNC_TYPE_POLICY_GROUP, "title", _ ("Conflicts"), NULL);
  g_autofree char *override = sync_setting_row_dup_override (KEY);

  self->settings = g_object_ref (settings);
  self->text_row
      = sync_setting_row_new_text (settings, KEY, _ ("Stored list"),
                                   _ ("It is not used, and the program does not start with it. Correct it; or"
                                      " empty it, and add the types again."),
                                   check_text, NULL);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (self), GTK_WIDGET (self->text_row));
  self->entry = sync_type_entry_new (_ ("Document type"), _ ("Its name in ERPNext, like Sales Invoice."), _ ("Add"));
  g_signal_connect_object (self->entry, "add", G_CALLBACK (add_cb), self, G_CONNECT_DEFAULT);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (self), GTK_WIDGET (self->entry));
  gtk_widget_set_sensitive (GTK_WIDGET (self), override == NULL);
  sync_type_entry_set_usable (self->entry, override == NULL);
  g_signal_connect_object (settings, "changed::" KEY, G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  update (self);
  return self;
}
