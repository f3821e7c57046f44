/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The preferences on a virtual display: what is chosen in them stands in the settings, and what is refused does not. */
#include "config.h"

#include "sync-preferences.h"

#include "sync-clock-system.h"

/* The window below an application that needs no bus. */
typedef struct
{
  GtkApplication *application; /* (owned) */
  GSettings *settings; /* (owned) */
  SyncBackground *background; /* (owned) */
  GtkWidget *window; /* (unowned) */
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autoptr (SyncClock) clock = sync_clock_system_new ();
  g_autoptr (SyncStatus) status = sync_status_new (NULL, clock);

  f->application = GTK_APPLICATION (adw_application_new ("org.posawesome.Sync", G_APPLICATION_NON_UNIQUE));
  g_assert_true (g_application_register (G_APPLICATION (f->application), NULL, NULL));
  f->settings = g_settings_new ("org.posawesome.Sync");
  f->background = sync_background_new (NULL, f->settings);
  f->window = GTK_WIDGET (sync_preferences_new (f->application, f->settings, f->background, status));
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_autoptr (GSettingsSchema) schema = NULL;
  g_auto (GStrv) keys = NULL;

  gtk_window_destroy (GTK_WINDOW (f->window));
  g_object_get (f->settings, "settings-schema", &schema, NULL);
  keys = g_settings_schema_list_keys (schema);
  for (gsize i = 0; keys[i] != NULL; i++)
    g_settings_reset (f->settings, keys[i]);
  g_clear_object (&f->background);
  g_clear_object (&f->settings);
  g_clear_object (&f->application);
}

/* The first below @widget of that type, in a row of that title if one is given. */
static GtkWidget *
find (GtkWidget *widget, GType type, const char *title)
{
  if (G_TYPE_CHECK_INSTANCE_TYPE (widget, type)
      && (title == NULL || !ADW_IS_PREFERENCES_ROW (widget)
          || g_strcmp0 (adw_preferences_row_get_title (ADW_PREFERENCES_ROW (widget)), title) == 0))
    return widget;
  for (GtkWidget *below = gtk_widget_get_first_child (widget); below != NULL;
       below = gtk_widget_get_next_sibling (below))
    {
      GtkWidget *found = find (below, type, title);

      if (found != NULL)
        return found;
    }
  return NULL;
}

static GtkWidget *
row (Fixture *f, const char *title)
{
  GtkWidget *found = find (f->window, ADW_TYPE_ACTION_ROW, title);

  g_assert_nonnull (found);
  return found;
}

static void
fill_in (GtkWidget *in_row, const char *text)
{
  GtkWidget *entry = find (in_row, GTK_TYPE_ENTRY, NULL);

  gtk_editable_set_text (GTK_EDITABLE (entry), text);
  g_signal_emit_by_name (entry, "activate");
}

static const char *
says (GtkWidget *in_row)
{
  return adw_action_row_get_subtitle (ADW_ACTION_ROW (in_row));
}

static const char *
shows (GtkWidget *in_row)
{
  return gtk_editable_get_text (GTK_EDITABLE (find (in_row, GTK_TYPE_ENTRY, NULL)));
}

static void
test_numbers (Fixture *f, gconstpointer data)
{
  GtkWidget *interval = row (f, "Longest wait for a sweep");
  GtkWidget *entry = find (interval, GTK_TYPE_ENTRY, NULL);

  g_assert_cmpstr (shows (interval), ==, "5 s");
  gtk_test_accessible_assert_property (entry, GTK_ACCESSIBLE_PROPERTY_LABEL, "Longest wait for a sweep");
  fill_in (interval, "2 min");
  g_assert_cmpuint (g_settings_get_uint (f->settings, "processing-interval"), ==, 120000);
  fill_in (interval, "1 ms");
  g_assert_cmpuint (g_settings_get_uint (f->settings, "processing-interval"), ==, 120000);
  g_assert_cmpstr (says (interval), ==, "It can be 100 ms to 24 h. It stays at 2 min.");
  gtk_test_accessible_assert_state (entry, GTK_ACCESSIBLE_STATE_INVALID, GTK_ACCESSIBLE_INVALID_TRUE);
  g_assert_true (gtk_widget_has_css_class (interval, "refused"));
  fill_in (interval, "2 min");
  g_assert_cmpstr (says (interval), ==, "Work that is due goes out at the latest after this time.");
  gtk_test_accessible_assert_state (entry, GTK_ACCESSIBLE_STATE_INVALID, GTK_ACCESSIBLE_INVALID_FALSE);
  fill_in (row (f, "First retry delay"), "6 min");
  g_assert_cmpuint (g_settings_get_uint (f->settings, "base-retry-delay"), ==, 1000);
  g_assert_cmpstr (says (row (f, "First retry delay")), ==,
                   "It must not be more than “Longest retry delay”, 5 min. It stays at 1 s.");
  /* Whoever else changes it. */
  g_settings_set_uint (f->settings, "processing-interval", 1500);
  g_assert_cmpstr (shows (interval), ==, "1.5 s");
}

static void
test_folder (Fixture *f, gconstpointer data)
{
  GtkWidget *folder = row (f, "Folder of the queue");
  g_autofree char *stored = NULL;

  fill_in (folder, "till");
  g_assert_cmpstr (says (folder), ==, "“till” is not an absolute path (it must begin with /). It stays as it is.");
  fill_in (folder, "/srv/till");
  g_assert_cmpstr (says (folder), ==, "From the next start; empty: the usual one.");
  stored = g_settings_get_string (f->settings, "data-dir");
  g_assert_cmpstr (stored, ==, "/srv/till");
}

static void
test_profiles (Fixture *f, gconstpointer data)
{
  GtkWidget *end = find (row (f, "High frequency"), GTK_TYPE_STACK, NULL);

  g_assert_cmpstr (gtk_stack_get_visible_child_name (GTK_STACK (end)), ==, "use");
  gtk_widget_activate_action (f->window, "preferences.use-profile", "s", "high-frequency");
  g_assert_cmpuint (g_settings_get_uint (f->settings, "processing-interval"), ==, 2000);
  g_assert_cmpuint (g_settings_get_uint (f->settings, "batch-size"), ==, 20);
  g_assert_cmpstr (shows (row (f, "Entries per sweep")), ==, "20");
  g_assert_cmpstr (gtk_stack_get_visible_child_name (GTK_STACK (end)), ==, "used");
  gtk_widget_activate_action (f->window, "preferences.undo-profile", NULL);
  g_assert_cmpuint (g_settings_get_uint (f->settings, "processing-interval"), ==, 5000);
  g_assert_cmpuint (g_settings_get_uint (f->settings, "batch-size"), ==, 10);
  g_assert_cmpstr (gtk_stack_get_visible_child_name (GTK_STACK (end)), ==, "use");
  /* Only once. */
  g_settings_set_uint (f->settings, "batch-size", 11);
  gtk_widget_activate_action (f->window, "preferences.undo-profile", NULL);
  g_assert_cmpuint (g_settings_get_uint (f->settings, "batch-size"), ==, 11);
}

static void
assert_policies (Fixture *f, const char *expected)
{
  g_autofree char *stored = g_settings_get_string (f->settings, "conflict-policies");

  g_assert_cmpstr (stored, ==, expected);
}

static void
choose (Fixture *f, const char *type, guint policy)
{
  adw_combo_row_set_selected (ADW_COMBO_ROW (row (f, type)), policy);
}

static void
test_policies (Fixture *f, gconstpointer data)
{
  GtkWidget *add = row (f, "Document type");

  g_assert_cmpuint (adw_combo_row_get_selected (ADW_COMBO_ROW (row (f, "All others"))), ==, 0);
  fill_in (add, "Sales Invoice");
  assert_policies (f, "Sales Invoice=ask");
  g_assert_cmpstr (shows (add), ==, "");
  fill_in (add, "Sales Invoice");
  g_assert_cmpstr (says (add), ==, "This document type has a policy already: change it below.");
  fill_in (add, "a=b");
  g_assert_true (g_str_has_prefix (says (add), "The name of a document type"));
  fill_in (add, "Item");
  choose (f, "Sales Invoice", 3);
  choose (f, "All others", 1);
  assert_policies (f, "Sales Invoice=server,Item=ask,*=merge");
  g_signal_emit_by_name (find (row (f, "Sales Invoice"), GTK_TYPE_BUTTON, NULL), "clicked");
  assert_policies (f, "Item=ask,*=merge");
  g_assert_null (find (f->window, ADW_TYPE_COMBO_ROW, "Sales Invoice"));
  g_settings_set_string (f->settings, "conflict-policies", "Customer=local");
  g_assert_cmpuint (adw_combo_row_get_selected (ADW_COMBO_ROW (row (f, "Customer"))), ==, 2);
  g_assert_cmpuint (adw_combo_row_get_selected (ADW_COMBO_ROW (row (f, "All others"))), ==, 0);
}

/* A list that somebody wrote and that is not understood is shown, and can be put right. */
static void
test_bad_policies (Fixture *f, gconstpointer data)
{
  GtkWidget *text = row (f, "Stored list");
  GtkWidget *group = gtk_widget_get_ancestor (text, ADW_TYPE_PREFERENCES_GROUP);
  GtkWidget *add = row (f, "Document type");
  const char *purpose = adw_preferences_group_get_description (ADW_PREFERENCES_GROUP (group));

  g_assert_false (gtk_widget_get_visible (text));
  g_assert_true (g_str_has_prefix (purpose, "What counts when a document was changed"));
  g_settings_set_string (f->settings, "conflict-policies", "Customer=ask,Item=<oldest>");
  g_assert_true (gtk_widget_get_visible (text));
  g_assert_false (gtk_widget_get_visible (add));
  g_assert_null (find (f->window, ADW_TYPE_COMBO_ROW, "All others"));
  g_assert_cmpstr (shows (text), ==, "Customer=ask,Item=<oldest>");
  g_assert_true (g_str_has_prefix (adw_preferences_group_get_description (ADW_PREFERENCES_GROUP (group)),
                                   "The list is not understood: “Item="));
  fill_in (text, "Customer=ask,Item=older");
  assert_policies (f, "Customer=ask,Item=<oldest>");
  g_assert_true (g_str_has_prefix (says (text), "“Item=older” is not Type=policy ("));
  fill_in (text, "Customer=ask,Item=server");
  assert_policies (f, "Customer=ask,Item=server");
  g_assert_false (gtk_widget_get_visible (text));
  g_assert_true (gtk_widget_get_visible (add));
  g_assert_cmpuint (adw_combo_row_get_selected (ADW_COMBO_ROW (row (f, "Item"))), ==, 3);
  /* Another setting that is wrong does not hide it. */
  g_settings_set_string (f->settings, "base-url", "nowhere");
  fill_in (add, "Note");
  assert_policies (f, "Customer=ask,Item=server,Note=ask");
}

static void
test_switches (Fixture *f, gconstpointer data)
{
  static const char *const rows[][2] = {
    { "The line costs money by the byte", "metered" },
    { "Debug log", "debug" },
    { "A conflict needs a decision", "notice-conflict" },
    { "An entry needs you", "notice-refused" },
    { "The server does not know this till", "notice-sign-in" },
    { "Something waits for long", "notice-late" },
    { "All is in order again", "notice-in-order" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      GtkWidget *control = find (row (f, rows[i][0]), GTK_TYPE_SWITCH, NULL);
      gboolean before = g_settings_get_boolean (f->settings, rows[i][1]);

      g_assert_cmpint (gtk_switch_get_active (GTK_SWITCH (control)), ==, before);
      gtk_test_accessible_assert_property (control, GTK_ACCESSIBLE_PROPERTY_LABEL, rows[i][0]);
      gtk_switch_set_active (GTK_SWITCH (control), !before);
      g_assert_cmpint (g_settings_get_boolean (f->settings, rows[i][1]), ==, !before);
    }
}

int
main (int argc, char **argv)
{
  gtk_test_init (&argc, &argv, NULL);
  adw_init ();
  g_test_add ("/sync/preferences/numbers", Fixture, NULL, set_up, test_numbers, tear_down);
  g_test_add ("/sync/preferences/folder", Fixture, NULL, set_up, test_folder, tear_down);
  g_test_add ("/sync/preferences/profiles", Fixture, NULL, set_up, test_profiles, tear_down);
  g_test_add ("/sync/preferences/policies", Fixture, NULL, set_up, test_policies, tear_down);
  g_test_add ("/sync/preferences/bad-policies", Fixture, NULL, set_up, test_bad_policies, tear_down);
  g_test_add ("/sync/preferences/switches", Fixture, NULL, set_up, test_switches, tear_down);
  return g_test_run ();
}
