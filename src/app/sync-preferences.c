/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows come from tables: of the numbers in SyncConfig, of the profiles, and of the kinds of notices. Nothing is kept
 * here but what a profile changed, for as long as that can be taken back. */
#include "config.h"

#include "sync-preferences.h"

#include "sync-button-name.h"
#include "sync-label.h"
#include "sync-notifications.h"
#include "sync-pause-group.h"
#include "sync-policy-group.h"
#include "sync-profile.h"
#include "sync-setting-row.h"

#include <glib/gi18n.h>

struct _SyncPreferences
{
  AdwPreferencesWindow parent_instance;

  GSettings *settings;        /* (owned) */
  SyncBackground *background; /* (owned) */
  SyncStatus *status;         /* (owned) (nullable): NULL: there is no engine */
  GCancellable *cancellable;  /* (owned): of the switch of the start at log-in */
  GVariant *before;           /* (owned) (nullable): what the last profile changed */
  AdwToast *toast;            /* (owned) (nullable): offers to take that back */
  GPtrArray *profile_ends;    /* (owned) (element-type GtkStack, unowned): for each profile its button, or that it is in use */
  GtkSwitch *autostart;       /* (unowned) */
  AdwActionRow *autostart_row; /* (unowned) */

  AdwPreferencesGroup *server_group;   /* (unowned): the template's, as all that follow */
  AdwPreferencesGroup *line_group;     /* (unowned) */
  AdwPreferencesGroup *computer_group; /* (unowned) */
  AdwPreferencesGroup *profile_group;  /* (unowned) */
  AdwPreferencesGroup *sweep_group;    /* (unowned) */
  AdwPreferencesGroup *retry_group;    /* (unowned) */
  AdwPreferencesGroup *time_group;     /* (unowned) */
  AdwPreferencesGroup *notice_group;   /* (unowned) */
  AdwPreferencesPage *types_page;      /* (unowned) */
};

G_DEFINE_FINAL_TYPE (SyncPreferences, sync_preferences, ADW_TYPE_PREFERENCES_WINDOW)

static AdwActionRow *
add_row (AdwPreferencesGroup *group, const char *title, const char *subtitle)
{
  GtkWidget *row = adw_action_row_new ();

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  sync_label_set_subtitle (ADW_ACTION_ROW (row), subtitle);
  adw_preferences_group_add (group, row);
  return ADW_ACTION_ROW (row);
}

static GtkWidget *
add_switch (AdwActionRow *row)
{
  GtkWidget *control = gtk_switch_new ();

  gtk_widget_set_valign (control, GTK_ALIGN_CENTER);
  gtk_accessible_update_property (GTK_ACCESSIBLE (control), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  adw_preferences_row_get_title (ADW_PREFERENCES_ROW (row)), -1);
  adw_action_row_add_suffix (row, control);
  adw_action_row_set_activatable_widget (row, control);
  return control;
}

static void
add_setting_switch (SyncPreferences *self, AdwPreferencesGroup *group, const char *key, const char *title,
                    const char *subtitle)
{
  g_autofree char *override = sync_setting_row_dup_override (key);
  AdwActionRow *row = add_row (group, title, override != NULL ? override : subtitle);
  GtkWidget *control = add_switch (row);

  g_settings_bind (self->settings, key, control, "active", G_SETTINGS_BIND_DEFAULT | G_SETTINGS_BIND_NO_SENSITIVITY);
  /* Assistive technology asks the switch itself. */
  gtk_widget_set_sensitive (GTK_WIDGET (row), override == NULL && g_settings_is_writable (self->settings, key));
  gtk_widget_set_sensitive (control, gtk_widget_get_sensitive (GTK_WIDGET (row)));
}

static void
add_button (AdwActionRow *row, const char *label, const char *name, const char *action, GVariant *target)
{
  GtkWidget *button = gtk_button_new_with_mnemonic (label);

  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  gtk_actionable_set_action_target_value (GTK_ACTIONABLE (button), target);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (button), action);
  adw_action_row_add_suffix (row, button);
  adw_action_row_set_activatable_widget (row, button);
  /* At last: the row calls it by its own title, from libadwaita 1.5 on. */
  sync_button_name_set (button, name);
}

/* Till */

static void
autostart_set_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncPreferences) self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean done = sync_background_set_autostart_finish (SYNC_BACKGROUND (source), result, &error);

  if (g_cancellable_is_cancelled (self->cancellable))
    return;
  gtk_widget_set_sensitive (GTK_WIDGET (self->autostart_row), TRUE);
  gtk_switch_set_active (self->autostart, g_settings_get_boolean (self->settings, "autostart"));
  sync_label_set_subtitle (self->autostart_row, done ? _ ("Without its window; it is in the panel then.") : error->message);
}

static void
autostart_switched_cb (SyncPreferences *self)
{
  gboolean on = gtk_switch_get_active (self->autostart);

  if (on == g_settings_get_boolean (self->settings, "autostart"))
    return;
  /* The desktop may have a question first. */
  gtk_widget_set_sensitive (GTK_WIDGET (self->autostart_row), FALSE);
  sync_background_set_autostart_async (self->background, on, self->cancellable, autostart_set_cb, g_object_ref (self));
}

static void
autostart_changed_cb (SyncPreferences *self)
{
  gtk_switch_set_active (self->autostart, g_settings_get_boolean (self->settings, "autostart"));
}

/* Whether a folder may be the queue's from the next start on. What waits would stay behind in the present one, where nobody
 * sees it. */
static gboolean
check_folder (const char *text, gpointer user_data, GError **error)
{
  SyncPreferences *self = user_data;
  g_autofree char *variable = g_strconcat ("POSAWESOME_SYNC_DATA_DIR=", text, NULL);
  const char *const environment[] = { variable, NULL };
  g_autoptr (SyncConfig) config = NULL;
  g_autoptr (GError) fault = NULL;

  if (self->status != NULL && !sync_status_get_snapshot (self->status)->safe_to_close)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY,
                           _ ("There are undelivered entries in the present folder: deliver or discard them first."));
      return FALSE;
    }
  config = sync_config_new (NULL, environment, &fault);
  if (config != NULL)
    return TRUE;
  /* Without the variable's name, which stands before it. */
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "%s.", strchr (fault->message, ':') + 2);
  return FALSE;
}

static void
add_till (SyncPreferences *self)
{
  g_autoptr (SyncConfig) config = sync_config_new (self->settings, NULL, NULL);
  const char *address = config != NULL && config->base_url != NULL ? config->base_url : _ ("Not set yet.");
  g_autofree char *override = sync_setting_row_dup_override ("base-url");
  g_autofree char *server = override != NULL ? g_strconcat (address, "\n", override, NULL) : g_strdup (address);
  AdwActionRow *row;

  row = add_row (self->server_group, _ ("Server and API key"), server);
  add_button (row, _ ("_Set up…"), _ ("Set up server and API key"), "app.set-up", NULL);
  row = add_row (self->server_group, _ ("Keys"), _ ("Where the API key is kept, and which documents the server protects against double posting."));
  add_button (row, _ ("S_how…"), _ ("Show the keys"), "app.show-keys", NULL);
  row = add_row (self->line_group, _ ("Off line"), _ ("As if there were no line, until switched back; sales are still taken."));
  gtk_actionable_set_action_name (GTK_ACTIONABLE (add_switch (row)), "app.offline");
  add_setting_switch (self, self->line_group, "metered", _ ("The line costs money by the byte"),
                      _ ("A server that is away is asked more rarely. Sales go out as ever."));
  self->autostart_row = add_row (self->computer_group, _ ("Start at log-in"), _ ("Without its window; it is in the panel then."));
  self->autostart = GTK_SWITCH (add_switch (self->autostart_row));
  autostart_changed_cb (self);
  g_signal_connect_object (self->autostart, "notify::active", G_CALLBACK (autostart_switched_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->settings, "changed::autostart", G_CALLBACK (autostart_changed_cb), self, G_CONNECT_SWAPPED);
  adw_preferences_group_add (
    self->computer_group, GTK_WIDGET (sync_setting_row_new_number (self->settings, sync_config_find_number ("gateway-port"))));
  adw_preferences_group_add (
    self->computer_group,
    GTK_WIDGET (sync_setting_row_new_text (self->settings, "data-dir", _ ("Folder of the queue"),
                                           _ ("From the next start; empty: the usual one."), check_folder, self)));
  add_setting_switch (self, self->computer_group, "debug", _ ("Debug log"), _ ("On standard error, from the next start."));
}

/* Delivery */

static void
show_profiles (SyncPreferences *self)
{
  const SyncProfile *profiles;
  guint n_profiles;

  profiles = sync_profile_list (&n_profiles);
  for (guint i = 0; i < n_profiles; i++)
    gtk_stack_set_visible_child_name (g_ptr_array_index (self->profile_ends, i),
                                      sync_profile_is_used (&profiles[i], self->settings) ? "used" : "use");
}

static void
use_profile_cb (GtkWidget *widget, const char *action, GVariant *parameter)
{
  SyncPreferences *self = SYNC_PREFERENCES (widget);
  const SyncProfile *profiles;
  g_autoptr (GVariant) before = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *words = NULL;
  AdwToast *toast;
  guint n_profiles, i;

  profiles = sync_profile_list (&n_profiles);
  for (i = 0; i < n_profiles && !g_str_equal (profiles[i].name, g_variant_get_string (parameter, NULL)); i++)
    ;
  if (i == n_profiles)
    return;
  if (!sync_profile_use (&profiles[i], self->settings, &before, &error))
    {
      sync_preferences_tell (self, error->message);
      return;
    }
  g_clear_pointer (&self->before, g_variant_unref);
  self->before = g_steal_pointer (&before);
  words = g_strdup_printf (_ ("“%s” is in use"), _ (profiles[i].title));
  toast = adw_toast_new (words);
  adw_toast_set_button_label (toast, _ ("Undo"));
  adw_toast_set_action_name (toast, "preferences.undo-profile");
  /* Nobody has to hurry to take it back; it stays until it is closed or the next one comes. */
  adw_toast_set_timeout (toast, 0);
  if (self->toast != NULL)
    adw_toast_dismiss (self->toast);
  g_set_object (&self->toast, toast);
  adw_preferences_window_add_toast (ADW_PREFERENCES_WINDOW (self), toast);
  gtk_widget_action_set_enabled (widget, "preferences.undo-profile", TRUE);
}

static void
undo_profile_cb (GtkWidget *widget, const char *action, GVariant *parameter)
{
  SyncPreferences *self = SYNC_PREFERENCES (widget);
  g_autoptr (GVariant) before = g_steal_pointer (&self->before);

  gtk_widget_action_set_enabled (widget, "preferences.undo-profile", FALSE);
  if (before != NULL)
    sync_profile_put_back (self->settings, before);
}

/* At the end of a profile's row: the way to use it, or that it is used. */
static GtkWidget *
make_profile_end (const SyncProfile *profile, gboolean possible)
{
  GtkWidget *stack = gtk_stack_new ();
  GtkWidget *button = gtk_button_new_with_label (_ ("Use"));
  GtkWidget *used = gtk_label_new (_ ("In use"));
  g_autofree char *name = g_strdup_printf (_ ("Use “%s”"), _ (profile->title));

  sync_button_name_set (button, name);
  /* An action would make it sensitive. */
  gtk_actionable_set_action_name (GTK_ACTIONABLE (button), possible ? "preferences.use-profile" : NULL);
  gtk_actionable_set_action_target (GTK_ACTIONABLE (button), "s", profile->name);
  gtk_widget_set_sensitive (button, possible);
  gtk_widget_add_css_class (used, "dim-label");
  gtk_widget_set_valign (stack, GTK_ALIGN_CENTER);
  gtk_stack_add_named (GTK_STACK (stack), button, "use");
  gtk_stack_add_named (GTK_STACK (stack), used, "used");
  return stack;
}

static void
add_profiles (SyncPreferences *self)
{
  const SyncProfile *profiles;
  guint n_profiles;

  profiles = sync_profile_list (&n_profiles);
  for (guint i = 0; i < n_profiles; i++)
    {
      const char *variable = sync_profile_find_override (&profiles[i]);
      g_autofree char *override
        = variable != NULL ? g_strdup_printf (_ ("Not possible while %s is set in the environment."), variable) : NULL;
      AdwActionRow *row
        = add_row (self->profile_group, _ (profiles[i].title), override != NULL ? override : _ (profiles[i].description));
      GtkWidget *end = make_profile_end (&profiles[i], variable == NULL);

      adw_action_row_add_suffix (row, end);
      gtk_widget_set_sensitive (GTK_WIDGET (row), variable == NULL);
      g_ptr_array_add (self->profile_ends, end);
    }
  g_signal_connect_object (self->settings, "changed", G_CALLBACK (show_profiles), self, G_CONNECT_SWAPPED);
  show_profiles (self);
}

static void
add_numbers (SyncPreferences *self, AdwPreferencesGroup *group, const char *const *keys)
{
  for (gsize i = 0; keys[i] != NULL; i++)
    adw_preferences_group_add (
      group, GTK_WIDGET (sync_setting_row_new_number (self->settings, sync_config_find_number (keys[i]))));
}

static void
add_delivery (SyncPreferences *self)
{
  const char *const sweep[] = { "processing-interval", "batch-size", "concurrency", NULL };
  const char *const retry[] = { "max-retries", "base-retry-delay", "max-retry-delay", NULL };
  const char *const limits[] = { "request-timeout", "write-timeout", "settle-time", NULL };

  add_profiles (self);
  add_numbers (self, self->sweep_group, sweep);
  add_numbers (self, self->retry_group, retry);
  add_numbers (self, self->time_group, limits);
}

/* Notifications */

static void
add_notices (SyncPreferences *self)
{
  static const struct
  {
    const char *title;
    const char *subtitle;
  } words[SYNC_N_NOTICES] = {
    [SYNC_NOTICE_CONFLICT] = { N_ ("A conflict needs a decision"), N_ ("A document was also changed on the server.") },
    [SYNC_NOTICE_REFUSED] = { N_ ("An entry needs you"), N_ ("The server refused it, or only you know whether it arrived.") },
    [SYNC_NOTICE_SIGN_IN] = { N_ ("The server does not know this till"), N_ ("The API key is missing or wrong.") },
    [SYNC_NOTICE_LATE] = { N_ ("Something waits for long"), N_ ("It is not on the server after a quarter of an hour.") },
    [SYNC_NOTICE_IN_ORDER] = { N_ ("All is in order again"), N_ ("What waited for long was delivered.") },
  };

  for (int i = 0; i < SYNC_N_NOTICES; i++)
    {
      g_autofree char *key = sync_notifications_dup_key ((SyncNotice) i);

      add_setting_switch (self, self->notice_group, key, _ (words[i].title), _ (words[i].subtitle));
    }
}

static void
sync_preferences_dispose (GObject *object)
{
  SyncPreferences *self = SYNC_PREFERENCES (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->settings);
  g_clear_object (&self->background);
  g_clear_object (&self->status);
  g_clear_object (&self->toast);
  g_clear_pointer (&self->before, g_variant_unref);
  gtk_widget_dispose_template (GTK_WIDGET (self), SYNC_TYPE_PREFERENCES);
  G_OBJECT_CLASS (sync_preferences_parent_class)->dispose (object);
}

static void
sync_preferences_finalize (GObject *object)
{
  SyncPreferences *self = SYNC_PREFERENCES (object);

  g_object_unref (self->cancellable);
  g_ptr_array_unref (self->profile_ends);
  G_OBJECT_CLASS (sync_preferences_parent_class)->finalize (object);
}

static void
sync_preferences_class_init (SyncPreferencesClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = sync_preferences_dispose;
  G_OBJECT_CLASS (klass)->finalize = sync_preferences_finalize;
  gtk_widget_class_set_template_from_resource (widget_class, "/org/posawesome/Sync/sync-preferences.ui");
  gtk_widget_class_bind_template_child (widget_class, SyncPreferences, server_group);
  gtk_widget_class_bind_template_child (widget_class, SyncPreferences, line_group);
  gtk_widget_class_bind_template_child (widget_class, SyncPreferences, computer_group);
  gtk_widget_class_bind_template_child (widget_class, SyncPreferences, profile_group);
  gtk_widget_class_bind_template_child (widget_class, SyncPreferences, sweep_group);
  gtk_widget_class_bind_template_child (widget_class, SyncPreferences, retry_group);
  gtk_widget_class_bind_template_child (widget_class, SyncPreferences, time_group);
  gtk_widget_class_bind_template_child (widget_class, SyncPreferences, notice_group);
  gtk_widget_class_bind_template_child (widget_class, SyncPreferences, types_page);
  gtk_widget_class_install_action (widget_class, "preferences.use-profile", "s", use_profile_cb);
  gtk_widget_class_install_action (widget_class, "preferences.undo-profile", NULL, undo_profile_cb);
}

static void
sync_preferences_init (SyncPreferences *self)
{
  self->cancellable = g_cancellable_new ();
  self->profile_ends = g_ptr_array_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "preferences.undo-profile", FALSE);
}

/**
 * sync_preferences_new:
 * @application: whose actions it uses
 * @settings: what it changes
 * @background: switches the start at log-in
 * @status: (nullable): how the engine stands; %NULL if there is none
 *
 * Returns: (transfer none): the window, not yet shown; GTK owns it
 */
SyncPreferences *
sync_preferences_new (GtkApplication *application, GSettings *settings, SyncBackground *background, SyncStatus *status)
{
  SyncPreferences *self = g_object_new (SYNC_TYPE_PREFERENCES, "application", application, NULL);

  self->settings = g_object_ref (settings);
  self->background = g_object_ref (background);
  g_set_object (&self->status, status);
  add_till (self);
  add_delivery (self);
  adw_preferences_page_add (self->types_page, ADW_PREFERENCES_GROUP (sync_policy_group_new (settings)));
  if (status != NULL)
    adw_preferences_page_add (self->types_page, ADW_PREFERENCES_GROUP (sync_pause_group_new (status)));
  add_notices (self);
  return self;
}

/**
 * sync_preferences_tell:
 * @self: the window
 * @words: a sentence
 *
 * Tells, over whatever is shown, what a person would otherwise wait for in vain.
 */
void
sync_preferences_tell (SyncPreferences *self, const char *words)
{
  adw_preferences_window_add_toast (ADW_PREFERENCES_WINDOW (self), sync_label_new_toast (words, SYNC_LABEL_TOAST_S));
}
