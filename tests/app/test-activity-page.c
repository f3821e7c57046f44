/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The page Activity on a virtual display: what it lists, what narrows it, what a row opens and what is written. */
#include "page-fixture.h"
#include "sync-activity-item.h"
#include "sync-activity-page.h"

static GtkWidget *
open_page (PageFixture *fixture)
{
  GtkWidget *page = sync_activity_page_new ();

  page_fixture_present (fixture, page);
  sync_activity_page_show (SYNC_ACTIVITY_PAGE (page), fixture->status, fixture->busy.reader);
  page_fixture_settle (fixture);
  return page;
}

static const char *
get_stack_page (PageFixture *fixture)
{
  return gtk_stack_get_visible_child_name (GTK_STACK (page_fixture_child (fixture, "stack")));
}

static GListModel *
get_rows (PageFixture *fixture)
{
  return G_LIST_MODEL (gtk_column_view_get_model (GTK_COLUMN_VIEW (page_fixture_child (fixture, "list_view"))));
}

static char *
dup_what (PageFixture *fixture, guint position)
{
  g_autoptr (SyncActivityItem) item = g_list_model_get_item (get_rows (fixture), position);
  char *what;

  g_object_get (item, "what", &what, NULL);
  return what;
}

static void
choose (PageFixture *fixture, const char *drop_down, guint choice)
{
  gtk_drop_down_set_selected (GTK_DROP_DOWN (page_fixture_child (fixture, drop_down)), choice);
  page_fixture_settle (fixture);
}

/* The entry waits a moment for the next letter; here it does not. */
static void
search (PageFixture *fixture, const char *text)
{
  GtkWidget *entry = page_fixture_child (fixture, "search");

  gtk_editable_set_text (GTK_EDITABLE (entry), text);
  g_signal_emit_by_name (entry, "search-changed");
  page_fixture_settle (fixture);
}

static const char *
get_notice (PageFixture *fixture)
{
  return gtk_label_get_label (GTK_LABEL (page_fixture_child (fixture, "notice_label")));
}

static void
test_empty (PageFixture *fixture, gconstpointer data)
{
  open_page (fixture);
  g_assert_cmpstr (get_stack_page (fixture), ==, "empty");
  page_fixture_picture (fixture, "activity-empty");
  /* It follows. */
  busy_store_take (&fixture->busy, "Customer", "Ann");
  g_signal_emit_by_name (fixture->status, "requests-changed");
  page_fixture_settle (fixture);
  g_assert_cmpstr (get_stack_page (fixture), ==, "list");
  g_assert_cmpuint (g_list_model_get_n_items (get_rows (fixture)), ==, 1);
}

static void
test_narrow (PageFixture *fixture, gconstpointer data)
{
  g_autofree char *decided = NULL;
  guint n_all;

  busy_store_go_to (&fixture->busy, G_GINT64_CONSTANT (-40) * 86400000);
  busy_store_take (&fixture->busy, "Customer", "Ann");
  busy_store_go_to (&fixture->busy, G_GINT64_CONSTANT (-20) * 86400000);
  busy_store_take (&fixture->busy, "Customer", "Joe");
  busy_store_fill_week (&fixture->busy);
  open_page (fixture);
  n_all = g_list_model_get_n_items (get_rows (fixture));
  g_assert_cmpuint (n_all, >, 1000);
  page_fixture_picture (fixture, "activity");
  page_fixture_assert_room (fixture);
  choose (fixture, "kinds", 5);
  g_assert_cmpuint (g_list_model_get_n_items (get_rows (fixture)), ==, 4);
  decided = dup_what (fixture, 0);
  g_assert_cmpstr (decided, ==, "Decided");
  page_fixture_picture (fixture, "activity-conflicts");
  choose (fixture, "kinds", 4);
  g_assert_cmpuint (g_list_model_get_n_items (get_rows (fixture)), ==, 7);
  page_fixture_picture (fixture, "activity-failed");
  choose (fixture, "kinds", 0);
  search (fixture, "corner");
  g_assert_cmpuint (g_list_model_get_n_items (get_rows (fixture)), >, 200);
  g_assert_cmpuint (g_list_model_get_n_items (get_rows (fixture)), <, n_all);
  search (fixture, "no such thing");
  g_assert_cmpstr (get_stack_page (fixture), ==, "nothing");
  page_fixture_picture (fixture, "activity-nothing");
  search (fixture, "");
  choose (fixture, "times", 2);
  g_assert_cmpuint (g_list_model_get_n_items (get_rows (fixture)), <=, n_all - 2);
  choose (fixture, "times", 3);
  g_assert_cmpuint (g_list_model_get_n_items (get_rows (fixture)), ==, n_all - 1);
}

/* Nobody looks: nothing is read until somebody does. */
static void
test_unseen (PageFixture *fixture, gconstpointer data)
{
  GtkWidget *page = open_page (fixture);

  gtk_widget_set_visible (page, FALSE);
  busy_store_take (&fixture->busy, "Customer", "Ann");
  g_signal_emit_by_name (fixture->status, "requests-changed");
  page_fixture_settle (fixture);
  g_assert_cmpuint (g_list_model_get_n_items (get_rows (fixture)), ==, 0);
  gtk_widget_set_visible (page, TRUE);
  page_fixture_settle (fixture);
  g_assert_cmpuint (g_list_model_get_n_items (get_rows (fixture)), ==, 1);
}

/* Who reads at the top sees what comes; who reads further down keeps the place. */
static void
test_place (PageFixture *fixture, gconstpointer data)
{
  GtkAdjustment *adjustment;

  busy_store_take_many (&fixture->busy, 200);
  open_page (fixture);
  adjustment = gtk_scrollable_get_vadjustment (GTK_SCROLLABLE (page_fixture_child (fixture, "list_view")));
  gtk_test_widget_wait_for_draw (GTK_WIDGET (fixture->window));
  busy_store_take_many (&fixture->busy, 3);
  g_signal_emit_by_name (fixture->status, "requests-changed");
  gtk_test_widget_wait_for_draw (GTK_WIDGET (fixture->window));
  page_fixture_settle (fixture);
  g_assert_cmpfloat (gtk_adjustment_get_value (adjustment), ==, 0);
  gtk_adjustment_set_value (adjustment, 500);
  gtk_test_widget_wait_for_draw (GTK_WIDGET (fixture->window));
  busy_store_take_many (&fixture->busy, 3);
  g_signal_emit_by_name (fixture->status, "requests-changed");
  gtk_test_widget_wait_for_draw (GTK_WIDGET (fixture->window));
  page_fixture_settle (fixture);
  g_assert_cmpfloat (gtk_adjustment_get_value (adjustment), >, 500);
}

static GtkWindow *
find_details (PageFixture *fixture)
{
  GListModel *windows = gtk_window_get_toplevels ();

  for (guint i = 0; i < g_list_model_get_n_items (windows); i++)
    {
      g_autoptr (GtkWindow) window = g_list_model_get_item (windows, i);

      if (gtk_window_get_transient_for (window) == fixture->window)
        return window;
    }
  return NULL;
}

static void
test_details (PageFixture *fixture, gconstpointer data)
{
  guint n_cleared;
  GtkWindow *details;

  busy_store_deliver (&fixture->busy, busy_store_take (&fixture->busy, "Sales Invoice", "Joe"), 100, "SINV-1");
  busy_store_pass (&fixture->busy, G_GINT64_CONSTANT (40) * 86400000);
  busy_store_deliver (&fixture->busy, busy_store_take (&fixture->busy, "Customer", "Ann"), 100, "Ann");
  g_assert_true (sync_store_clear_old (fixture->busy.store, 30, G_MAXINT, &n_cleared, NULL));
  g_assert_cmpuint (n_cleared, ==, 1);
  open_page (fixture);
  g_signal_emit_by_name (page_fixture_child (fixture, "list_view"), "activate", 0);
  page_fixture_settle (fixture);
  details = find_details (fixture);
  g_assert_nonnull (details);
  gtk_window_destroy (details);
  /* Of the other one nothing is left but this list. */
  g_signal_emit_by_name (page_fixture_child (fixture, "list_view"), "activate", 5);
  page_fixture_settle (fixture);
  g_assert_null (find_details (fixture));
  g_assert_cmpstr (get_notice (fixture), ==, "Entry 1 was cleared with the old ones; only this list tells of it.");
}

static void
wait_for_export (PageFixture *fixture)
{
  while (gtk_widget_get_visible (page_fixture_child (fixture, "progress")))
    g_main_context_iteration (NULL, TRUE);
}

static void
test_export (PageFixture *fixture, gconstpointer data)
{
  GtkWidget *page = open_page (fixture);
  g_autoptr (GFile) file = g_file_new_build_filename (fixture->busy.directory, "activity.csv", NULL);
  g_autoptr (GFile) nowhere = g_file_new_build_filename (fixture->busy.directory, "nowhere", "activity.csv", NULL);
  g_autofree char *contents = NULL;
  g_auto (GStrv) lines = NULL;

  busy_store_fill_week (&fixture->busy);
  g_signal_emit_by_name (fixture->status, "requests-changed");
  page_fixture_settle (fixture);
  choose (fixture, "kinds", 4);
  sync_activity_page_export (SYNC_ACTIVITY_PAGE (page), file, SYNC_ACTIVITY_CSV);
  g_assert_true (g_str_has_prefix (get_notice (fixture), "Writing “"));
  gtk_test_accessible_assert_property (page_fixture_child (fixture, "notice_button"), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                       "Cancel writing");
  wait_for_export (fixture);
  g_assert_true (g_str_has_prefix (get_notice (fixture), "7 lines were written to “"));
  gtk_test_accessible_assert_property (page_fixture_child (fixture, "notice_button"), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                       "Close the message");
  page_fixture_picture (fixture, "activity-exported");
  g_assert_true (g_file_load_contents (file, NULL, &contents, NULL, NULL, NULL));
  lines = g_strsplit (contents, "\r\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 9);
  g_assert_nonnull (strstr (lines[1], "COFFEE-250 is not in stock"));
  sync_activity_page_export (SYNC_ACTIVITY_PAGE (page), nowhere, SYNC_ACTIVITY_JSON);
  wait_for_export (fixture);
  g_assert_nonnull (strstr (get_notice (fixture), "was not written: "));
  /* The page goes while a file is being written. */
  choose (fixture, "kinds", 0);
  sync_activity_page_export (SYNC_ACTIVITY_PAGE (page), file, SYNC_ACTIVITY_JSON);
  g_object_add_weak_pointer (G_OBJECT (page), (gpointer *) &page);
  gtk_window_destroy (fixture->window);
  while (page != NULL)
    g_main_context_iteration (NULL, TRUE);
}

/* Every control has a name that a screen reader can say. */
static void
test_accessible (PageFixture *fixture, gconstpointer data)
{
  static const char *const names[][2] = {
    { "search", "Search for a document, a customer or a key" },
    { "spinner", "Searching" },
    { "kinds", "What happened" },
    { "times", "When it happened" },
    { "export_button", "Export" },
    { "list_view", "What happened, newest first" },
    { "progress", "How much is written" },
  };

  open_page (fixture);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    gtk_test_accessible_assert_property (page_fixture_child (fixture, names[i][0]), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                         names[i][1]);
  /* What turns unseen keeps the processor awake. */
  g_assert_false (gtk_spinner_get_spinning (GTK_SPINNER (page_fixture_child (fixture, "spinner"))));
}

/* Dark, and where people read from right to left. */
static void
test_looks (PageFixture *fixture, gconstpointer data)
{
  GtkTextDirection direction = gtk_widget_get_default_direction ();

  busy_store_fill_week (&fixture->busy);
  adw_style_manager_set_color_scheme (adw_style_manager_get_default (), ADW_COLOR_SCHEME_FORCE_DARK);
  open_page (fixture);
  page_fixture_picture (fixture, "activity-dark");
  gtk_window_destroy (fixture->window);
  adw_style_manager_set_color_scheme (adw_style_manager_get_default (), ADW_COLOR_SCHEME_DEFAULT);
  gtk_widget_set_default_direction (GTK_TEXT_DIR_RTL);
  open_page (fixture);
  page_fixture_assert_room (fixture);
  page_fixture_picture (fixture, "activity-rtl");
  gtk_widget_set_default_direction (direction);
}

int
main (int argc, char *argv[])
{
  page_fixture_init (&argc, &argv);
  page_fixture_add_test ("/sync/activity-page/empty", test_empty);
  page_fixture_add_test ("/sync/activity-page/narrow", test_narrow);
  page_fixture_add_test ("/sync/activity-page/unseen", test_unseen);
  page_fixture_add_test ("/sync/activity-page/place", test_place);
  page_fixture_add_test ("/sync/activity-page/details", test_details);
  page_fixture_add_test ("/sync/activity-page/export", test_export);
  page_fixture_add_test ("/sync/activity-page/accessible", test_accessible);
  page_fixture_add_test ("/sync/activity-page/looks", test_looks);
  return g_test_run ();
}
