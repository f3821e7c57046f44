/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The real window on a virtual display: the application runs the demonstration without its pauses, and what the window
 * says is read from its widgets and its accessible properties while the story goes on. */
#include "sync-about.h"
#include "sync-application.h"
#include "sync-clock-system.h"
#include "sync-setup-dialog.h"
#include "sync-window.h"

/* What was seen while the story went on. */
typedef struct
{
  SyncApplication *application; /* (owned) */
  SyncDemo *demo;               /* (owned) */
  guint tick;                   /* source id */
  guint most_waiting;           /* the largest number that the window showed */
  guint most_rows;
  gboolean said_unreachable;
  gboolean said_paused;
  gboolean saw_empty;
  gboolean saw_progress;
  gboolean saw_finishing;
  gboolean pausing;
  gboolean paused;
  gboolean finished;
} Watch;

/* The widget below @widget with that id in the .ui file. */
static GtkWidget *
find (GtkWidget *widget, const char *id)
{
  if (g_strcmp0 (gtk_buildable_get_buildable_id (GTK_BUILDABLE (widget)), id) == 0)
    return widget;
  for (GtkWidget *below = gtk_widget_get_first_child (widget); below != NULL;
       below = gtk_widget_get_next_sibling (below))
    {
      GtkWidget *found = find (below, id);

      if (found != NULL)
        return found;
    }
  return NULL;
}

static GtkWidget *
child (GtkWindow *window, const char *id)
{
  GtkWidget *found = find (GTK_WIDGET (window), id);

  g_assert_nonnull (found);
  return found;
}

static const char *
text (GtkWindow *window, const char *name)
{
  return gtk_label_get_label (GTK_LABEL (child (window, name)));
}

static GtkWindow *
get_window (Watch *watch)
{
  for (GList *item = gtk_application_get_windows (GTK_APPLICATION (watch->application)); item != NULL;
       item = item->next)
    if (SYNC_IS_WINDOW (item->data))
      return item->data;
  return NULL;
}

static void
look (Watch *watch, GtkWindow *window)
{
  GtkColumnView *view = GTK_COLUMN_VIEW (child (window, "list_view"));
  guint rows = g_list_model_get_n_items (G_LIST_MODEL (gtk_column_view_get_model (view)));
  guint waiting = (guint) g_ascii_strtoull (text (window, "count_label"), NULL, 10);
  const char *page = gtk_stack_get_visible_child_name (GTK_STACK (child (window, "list_stack")));

  watch->most_rows = MAX (watch->most_rows, rows);
  watch->most_waiting = MAX (watch->most_waiting, waiting);
  g_assert_cmpstr (page, ==, rows == 0 ? "empty" : "list");
  watch->saw_empty |= rows == 0;
  watch->said_unreachable |= strstr (text (window, "status_label"), "The server cannot be reached") != NULL;
  watch->said_paused |= strstr (text (window, "status_label"), "paused") != NULL;
  watch->saw_progress |= gtk_revealer_get_reveal_child (GTK_REVEALER (child (window, "progress_revealer")));
}

/* Ten times in the story's second: also what stands only for a moment is seen. */
static gboolean
tick_cb (gpointer user_data)
{
  Watch *watch = user_data;
  GtkWindow *window = get_window (watch);

  if (window == NULL)
    return G_SOURCE_CONTINUE;
  look (watch, window);
  if (watch->finished && !watch->pausing)
    {
      gtk_test_accessible_assert_property (child (window, "pause_button"), GTK_ACCESSIBLE_PROPERTY_LABEL, "Pause");
      g_action_group_activate_action (G_ACTION_GROUP (watch->application), "pause", NULL);
      watch->pausing = TRUE;
    }
  else if (watch->pausing && !watch->paused && watch->said_paused)
    {
      gtk_test_accessible_assert_property (child (window, "pause_button"), GTK_ACCESSIBLE_PROPERTY_LABEL, "Resume");
      watch->paused = TRUE;
      gtk_window_close (window);
      /* The service ends in its own thread: this turn of the loop still has the window. */
      watch->saw_finishing
        = g_strcmp0 (gtk_stack_get_visible_child_name (GTK_STACK (child (window, "content_stack"))), "finishing") == 0;
    }
  return G_SOURCE_CONTINUE;
}

static void
finished_cb (Watch *watch)
{
  watch->finished = TRUE;
}

/* Standard output is the test's report; the ledger does not belong there. */
static void
swallow (const char *string)
{
}

static void
test_story (void)
{
  GPrintFunc print = g_set_print_handler (swallow);
  Watch watch = { 0 };
  g_autoptr (SyncClock) clock = sync_clock_system_new ();
  g_autoptr (SyncRandom) random = sync_random_kernel_new ();
  g_autoptr (GError) error = NULL;

  watch.demo = sync_demo_new (clock, random);
  g_assert_true (sync_demo_open (watch.demo, &error));
  g_assert_no_error (error);
  g_signal_connect_swapped (watch.demo, "finished", G_CALLBACK (finished_cb), &watch);
  watch.application = sync_application_new_demo (watch.demo);
  watch.tick = g_timeout_add (20, tick_cb, &watch);
  g_assert_cmpint (sync_application_run (watch.application), ==, 0);
  g_set_print_handler (print);
  g_source_remove (watch.tick);
  g_assert_true (watch.saw_empty);
  g_assert_cmpuint (watch.most_waiting, ==, 10);
  g_assert_cmpuint (watch.most_rows, ==, 10);
  g_assert_true (watch.said_unreachable);
  g_assert_true (watch.saw_progress);
  g_assert_true (watch.paused);
  g_assert_true (watch.saw_finishing);
  g_assert_true (sync_demo_get_succeeded (watch.demo));
  g_assert_finalize_object (watch.application);
  g_assert_finalize_object (watch.demo);
}

/* Every control has a name that a screen reader can say. */
static void
test_accessible (void)
{
  g_autoptr (AdwApplication) application = adw_application_new ("org.posawesome.SyncTest", G_APPLICATION_NON_UNIQUE);
  static const char *const names[][2] = {
    { "sync_button", "Sync now" },         { "pause_button", "Pause" },           { "menu_button", "Main menu" },
    { "undelivered_button", "List what is not on the server yet" }, { "all_button", "List everything" },
    { "list_view", "Requests" },
    { "needs_button", "List what needs you" }, { "search_entry", "Search" }, { "type_dropdown", "Kind of document" },
    { "details_button", "Details" },
    { "progress_bar", "Delivery" },        { "open_view", "Conflicts to decide" }, { "decided_view", "Decided conflicts" },
  };
  GtkWindow *window;

  g_assert_true (g_application_register (G_APPLICATION (application), NULL, NULL));
  window = GTK_WINDOW (sync_window_new (GTK_APPLICATION (application)));
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    gtk_test_accessible_assert_property (child (window, names[i][0]), GTK_ACCESSIBLE_PROPERTY_LABEL, names[i][1]);
  sync_window_show_problem (SYNC_WINDOW (window), "Title", "a <b> & c");
  g_assert_cmpstr (gtk_stack_get_visible_child_name (GTK_STACK (child (window, "content_stack"))), ==, "problem");
  sync_window_show_finishing (SYNC_WINDOW (window));
  g_assert_cmpstr (gtk_stack_get_visible_child_name (GTK_STACK (child (window, "content_stack"))), ==, "finishing");
  gtk_window_destroy (window);
}

/* Does what the key is bound to, if it is. */
static gboolean
press (GtkWindow *window, const char *key)
{
  g_autoptr (GListModel) controllers = gtk_widget_observe_controllers (GTK_WIDGET (window));

  for (guint i = 0; i < g_list_model_get_n_items (controllers); i++)
    {
      g_autoptr (GtkEventController) controller = g_list_model_get_item (controllers, i);

      for (guint j = 0; GTK_IS_SHORTCUT_CONTROLLER (controller) && j < g_list_model_get_n_items (G_LIST_MODEL (controller)); j++)
        {
          g_autoptr (GtkShortcut) shortcut = g_list_model_get_item (G_LIST_MODEL (controller), j);
          g_autofree char *trigger = gtk_shortcut_trigger_to_string (gtk_shortcut_get_trigger (shortcut));

          if (strcmp (trigger, key) == 0)
            return gtk_shortcut_action_activate (gtk_shortcut_get_action (shortcut), 0, GTK_WIDGET (window),
                                                 gtk_shortcut_get_arguments (shortcut));
        }
    }
  return FALSE;
}

/* Ctrl and a digit shows the page that stands there; where none stands nothing happens. */
static void
test_page_keys (void)
{
  g_autoptr (AdwApplication) application = adw_application_new ("org.posawesome.SyncTest", G_APPLICATION_NON_UNIQUE);
  GtkWindow *window;
  AdwViewStack *pages;
  g_autoptr (GtkSelectionModel) model = NULL;
  guint n;

  g_assert_true (g_application_register (G_APPLICATION (application), NULL, NULL));
  window = GTK_WINDOW (sync_window_new (GTK_APPLICATION (application)));
  pages = ADW_VIEW_STACK (child (window, "pages"));
  model = adw_view_stack_get_pages (pages);
  n = g_list_model_get_n_items (G_LIST_MODEL (model));
  g_assert_cmpuint (n, >=, 3);
  for (guint i = n; i > 0; i--)
    {
      g_autofree char *key = g_strdup_printf ("<Control>%u", i);

      g_assert_true (press (window, key));
      g_assert_true (gtk_selection_model_is_selected (model, i - 1));
    }
  g_assert_cmpstr (adw_view_stack_get_visible_child_name (pages), ==, "overview");
  gtk_widget_activate_action (GTK_WIDGET (window), "win.show-nth-page", "u", n);
  g_assert_cmpstr (adw_view_stack_get_visible_child_name (pages), ==, "overview");
  gtk_window_destroy (window);
}

/* The report about the program names versions and counts, and neither addresses nor secrets. */
static void
test_report (void)
{
  SyncSnapshot snapshot = { .condition = SYNC_CONDITION_OFFLINE, .condition_detail = (char *) "no way to erp.example.com" };
  g_autofree char *without = sync_about_dup_report (NULL, NULL);
  g_autofree char *report = NULL;

  snapshot.counts.total = 12;
  snapshot.counts.n[SYNC_STATE_FAILED] = 3;
  snapshot.counts.pending_conflicts = 2;
  report = sync_about_dup_report (&snapshot, NULL);
  g_assert_true (g_str_has_prefix (without, "POSAwesome Sync "));
  g_assert_null (strstr (without, "Rows"));
  g_assert_nonnull (strstr (report, "\nCondition: offline\nRows: 12\n"));
  g_assert_nonnull (strstr (report, "\n  failed: 3\n"));
  g_assert_nonnull (strstr (report, "\n  open conflicts: 2\n"));
  g_assert_null (strstr (report, "example.com"));
}

/* A server that says nothing is asked; whoever corrects the address meanwhile is not kept, and hears nothing of the old one. */
static void
test_set_up_corrected (void)
{
  g_autoptr (GSocket) site = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) bound = NULL;
  g_autoptr (SyncClock) clock = sync_clock_system_new ();
  g_autofree char *url = NULL;
  GtkWindow *dialog;

  g_assert_true (g_socket_bind (site, any, FALSE, NULL));
  g_assert_true (g_socket_listen (site, NULL));
  bound = g_socket_get_local_address (site, NULL);
  url = g_strdup_printf ("http://127.0.0.1:%u", g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound)));
  dialog = GTK_WINDOW (sync_setup_dialog_new (NULL, url, FALSE, FALSE, clock));
  gtk_editable_set_text (GTK_EDITABLE (child (dialog, "token")), "key");
  gtk_editable_set_text (GTK_EDITABLE (child (dialog, "secret")), "secret");
  g_signal_emit_by_name (child (dialog, "try_button"), "clicked");
  g_assert_false (gtk_widget_get_sensitive (child (dialog, "try_button")));
  gtk_editable_set_text (GTK_EDITABLE (child (dialog, "address")), "http://127.0.0.1:1");
  g_assert_true (gtk_widget_get_sensitive (child (dialog, "try_button")));
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpstr (text (dialog, "outcome"), ==, "");
  gtk_window_destroy (dialog);
}

/* The list of keys can be opened. */
static void
test_shortcuts (void)
{
  g_autoptr (GtkBuilder) builder = gtk_builder_new_from_resource ("/org/posawesome/Sync/gtk/help-overlay.ui");
  GtkWindow *overlay = GTK_WINDOW (gtk_builder_get_object (builder, "help_overlay"));

  g_assert_true (GTK_IS_SHORTCUTS_WINDOW (overlay));
  gtk_window_present (overlay);
  gtk_test_widget_wait_for_draw (GTK_WIDGET (overlay));
  gtk_window_destroy (overlay);
}

/* What the next turn of the loop does with an application that runs. */
typedef struct
{
  SyncApplication *application; /* (owned) */
  guint n_ticks;
  gboolean began_hidden;
  gboolean showed_pages;
  gboolean showed_problem;
} Visit;

static gboolean
visit_cb (gpointer user_data)
{
  Visit *visit = user_data;
  GList *windows = gtk_application_get_windows (GTK_APPLICATION (visit->application));
  const char *page;

  visit->n_ticks++;
  if (windows == NULL)
    {
      visit->began_hidden = TRUE;
      /* As a second start does. */
      g_application_activate (G_APPLICATION (visit->application));
      return G_SOURCE_CONTINUE;
    }
  page = gtk_stack_get_visible_child_name (GTK_STACK (child (windows->data, "content_stack")));
  visit->showed_pages = strcmp (page, "pages") == 0;
  visit->showed_problem = strcmp (page, "problem") == 0;
  g_action_group_activate_action (G_ACTION_GROUP (visit->application), "quit", NULL);
  return G_SOURCE_REMOVE;
}

static void
run_visit (Visit *visit, gboolean background)
{
  guint tick = g_timeout_add (50, visit_cb, visit);

  visit->application = sync_application_new (background);
  g_assert_cmpint (sync_application_run (visit->application), ==, 0);
  g_assert_finalize_object (visit->application);
  g_assert_null (g_main_context_find_source_by_id (NULL, tick));
}

/* Started in the background it works without a window, until somebody asks for one. */
static void
test_background (void)
{
  Visit visit = { 0 };

  g_setenv ("ERPNEXT_BASE_URL", "http://127.0.0.1:9", TRUE);
  g_setenv ("GATEWAY_PORT", "0", TRUE);
  run_visit (&visit, TRUE);
  g_assert_true (visit.began_hidden);
  g_assert_true (visit.showed_pages);
  g_unsetenv ("ERPNEXT_BASE_URL");
}

/* Nothing can be delivered to nowhere: the window says what is to be done. */
static void
test_no_address (void)
{
  Visit visit = { 0 };

  run_visit (&visit, FALSE);
  g_assert_false (visit.began_hidden);
  g_assert_true (visit.showed_problem);
}

int
main (int argc, char *argv[])
{
  gtk_test_init (&argc, &argv, NULL);
  adw_init ();
  g_test_add_func ("/sync/window/accessible", test_accessible);
  g_test_add_func ("/sync/window/page-keys", test_page_keys);
  g_test_add_func ("/sync/window/report", test_report);
  g_test_add_func ("/sync/window/set-up-corrected", test_set_up_corrected);
  g_test_add_func ("/sync/window/shortcuts", test_shortcuts);
  g_test_add_func ("/sync/window/no-address", test_no_address);
  g_test_add_func ("/sync/window/background", test_background);
  g_test_add_func ("/sync/window/story", test_story);
  return g_test_run ();
}
