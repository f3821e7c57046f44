/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The page Insights and its charts on a virtual display: what they say, by eye, by ear and by keyboard. */
#include "page-fixture.h"
#include "sync-insights-page.h"
#include "sync-insights-words.h"

static GtkWidget *
open_page (PageFixture *fixture)
{
  GtkWidget *page = sync_insights_page_new ();

  page_fixture_present (fixture, page);
  sync_insights_page_show (SYNC_INSIGHTS_PAGE (page), fixture->status, fixture->busy.reader);
  page_fixture_settle (fixture);
  return page;
}

static const char *
get_stack_page (PageFixture *fixture)
{
  return gtk_stack_get_visible_child_name (GTK_STACK (page_fixture_child (fixture, "stack")));
}

static SyncChart *
get_chart (PageFixture *fixture, guint nth)
{
  return SYNC_CHART (page_fixture_find_type (GTK_WIDGET (fixture->window), SYNC_TYPE_CHART, nth));
}

static SyncChartBar *
get_bar (SyncChart *chart, guint nth)
{
  return SYNC_CHART_BAR (page_fixture_find_type (GTK_WIDGET (chart), SYNC_TYPE_CHART_BAR, nth));
}

static const char *
get_figure (PageFixture *fixture, guint nth)
{
  GtkWidget *tiles = page_fixture_child (fixture, "tiles");

  /* Each has its figure and its name. */
  return gtk_label_get_label (GTK_LABEL (page_fixture_find_type (tiles, GTK_TYPE_LABEL, 2 * nth)));
}

static void
choose (PageFixture *fixture, const char *button)
{
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (page_fixture_child (fixture, button)), TRUE);
  page_fixture_settle (fixture);
}

static void
test_empty (PageFixture *fixture, gconstpointer data)
{
  open_page (fixture);
  g_assert_cmpstr (get_stack_page (fixture), ==, "empty");
  page_fixture_picture (fixture, "insights-empty");
  /* It follows. */
  busy_store_fill_week (&fixture->busy);
  g_signal_emit_by_name (fixture->status, "requests-changed");
  page_fixture_settle (fixture);
  g_assert_cmpstr (get_stack_page (fixture), ==, "insights");
}

static void
test_figures (PageFixture *fixture, gconstpointer data)
{
  SyncInsightsView view;
  g_autoptr (SyncInsights) insights = NULL;
  g_autofree char *delivered = NULL;

  busy_store_fill_week (&fixture->busy);
  open_page (fixture);
  choose (fixture, "week_button");
  insights = sync_insights_new (fixture->busy.reader, SYNC_CLOCK (fixture->busy.clock));
  sync_insights_refresh (insights);
  while (sync_insights_get_loading (insights))
    g_main_context_iteration (NULL, TRUE);
  sync_insights_compute (insights, SYNC_INSIGHTS_WEEK, &view);
  delivered = g_strdup_printf ("%u", view.whole.delivered);
  g_assert_cmpuint (view.whole.delivered, >, 100);
  g_assert_cmpstr (get_figure (fixture, 0), ==, delivered);
  g_assert_cmpstr (get_figure (fixture, 2), ==, "1");
  g_assert_cmpstr (get_figure (fixture, 4), ==, "6");
  page_fixture_picture (fixture, "insights-week");
  choose (fixture, "hour_button");
  g_assert_cmpstr (get_figure (fixture, 0), ==, "1");
  g_assert_cmpstr (get_figure (fixture, 1), ==, "0");
  g_assert_cmpstr (get_figure (fixture, 2), ==, "1");
  g_assert_true (g_str_has_prefix (sync_chart_get_readout (get_chart (fixture, 0)), "1 delivered, 0 failed, 1 conflict"));
  page_fixture_picture (fixture, "insights-hour");
  choose (fixture, "day_button");
  page_fixture_picture (fixture, "insights-day");
  page_fixture_assert_room (fixture);
}

/* Nobody looks: nothing is read until somebody does. */
static void
test_unseen (PageFixture *fixture, gconstpointer data)
{
  GtkWidget *page = open_page (fixture);

  gtk_widget_set_visible (page, FALSE);
  busy_store_fill_week (&fixture->busy);
  g_signal_emit_by_name (fixture->status, "requests-changed");
  page_fixture_settle (fixture);
  g_assert_cmpstr (get_stack_page (fixture), ==, "empty");
  gtk_widget_set_visible (page, TRUE);
  page_fixture_settle (fixture);
  g_assert_cmpstr (get_stack_page (fixture), ==, "insights");
}

static SyncChart *
make_chart (PageFixture *fixture)
{
  const double delivered[] = { 12, 30, 7 }, failed[] = { 0, 2, 0 };
  const char *const labels[] = { "9", "10", "11" };
  const char *const spans[] = { "9:00–10:00", "10:00–11:00", "11:00–12:00" };
  const SyncChartSeries series[] = { { "Delivered", delivered, SYNC_CHART_PLAIN },
                                     { "Failed", failed, SYNC_CHART_HATCHED } };
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *chart = sync_chart_new ();

  gtk_box_append (GTK_BOX (box), chart);
  gtk_box_append (GTK_BOX (box), gtk_button_new_with_label ("Next"));
  page_fixture_present (fixture, box);
  sync_chart_set_title (SYNC_CHART (chart), "Deliveries");
  sync_chart_set_series (SYNC_CHART (chart), series, G_N_ELEMENTS (series), labels, spans, G_N_ELEMENTS (labels));
  sync_chart_set_summary (SYNC_CHART (chart), "49 delivered, 2 failed.");
  page_fixture_settle (fixture);
  return SYNC_CHART (chart);
}

static void
test_chart_words (PageFixture *fixture, gconstpointer data)
{
  SyncChart *chart = make_chart (fixture);
  GtkWidget *plot = page_fixture_find_type (GTK_WIDGET (chart), SYNC_TYPE_CHART_PLOT, 0);

  gtk_test_accessible_assert_role (chart, GTK_ACCESSIBLE_ROLE_GROUP);
  gtk_test_accessible_assert_property (chart, GTK_ACCESSIBLE_PROPERTY_LABEL, "Deliveries");
  gtk_test_accessible_assert_property (chart, GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, "49 delivered, 2 failed.");
  gtk_test_accessible_assert_role (plot, GTK_ACCESSIBLE_ROLE_LIST);
  gtk_test_accessible_assert_role (get_bar (chart, 1), GTK_ACCESSIBLE_ROLE_LIST_ITEM);
  gtk_test_accessible_assert_property (get_bar (chart, 1), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                       "10:00–11:00: Delivered 30, Failed 2");
  g_assert_cmpstr (sync_chart_get_readout (chart), ==, "49 delivered, 2 failed.");
}

static gboolean
is_focus (PageFixture *fixture, SyncChartBar *bar)
{
  page_fixture_settle (fixture);
  return gtk_window_get_focus (fixture->window) == GTK_WIDGET (bar);
}

static void
test_chart_keys (PageFixture *fixture, gconstpointer data)
{
  SyncChart *chart = make_chart (fixture);
  GtkWidget *root = GTK_WIDGET (fixture->window);
  GtkWidget *plot = page_fixture_find_type (GTK_WIDGET (chart), SYNC_TYPE_CHART_PLOT, 0);

  for (guint i = 0; i < 10 && !is_focus (fixture, get_bar (chart, 2)); i++)
    gtk_widget_child_focus (root, GTK_DIR_TAB_FORWARD);
  g_assert_true (is_focus (fixture, get_bar (chart, 2)));
  gtk_widget_child_focus (root, GTK_DIR_LEFT);
  g_assert_true (is_focus (fixture, get_bar (chart, 1)));
  g_assert_cmpstr (sync_chart_get_readout (chart), ==, "10:00–11:00: Delivered 30, Failed 2");
  gtk_window_set_focus_visible (fixture->window, TRUE);
  page_fixture_picture (fixture, "chart-focus");
  g_assert_true (page_fixture_press (plot, GDK_KEY_End));
  g_assert_true (is_focus (fixture, get_bar (chart, 2)));
  gtk_widget_child_focus (root, GTK_DIR_RIGHT);
  g_assert_true (is_focus (fixture, get_bar (chart, 2)));
  g_assert_true (page_fixture_press (plot, GDK_KEY_Home));
  g_assert_true (is_focus (fixture, get_bar (chart, 0)));
  /* One stop only. */
  gtk_widget_child_focus (root, GTK_DIR_TAB_FORWARD);
  page_fixture_settle (fixture);
  g_assert_true (GTK_IS_BUTTON (gtk_window_get_focus (fixture->window)));
  g_assert_cmpstr (sync_chart_get_readout (chart), ==, "49 delivered, 2 failed.");
}

/* Time goes the other way, and the arrows with it. */
static void
test_chart_rtl (PageFixture *fixture, gconstpointer data)
{
  GtkTextDirection direction = gtk_widget_get_default_direction ();
  graphene_rect_t first, last;
  SyncChart *chart;

  gtk_widget_set_default_direction (GTK_TEXT_DIR_RTL);
  chart = make_chart (fixture);
  gtk_test_widget_wait_for_draw (GTK_WIDGET (fixture->window));
  g_assert_true (gtk_widget_compute_bounds (GTK_WIDGET (get_bar (chart, 0)), GTK_WIDGET (fixture->window), &first));
  g_assert_true (gtk_widget_compute_bounds (GTK_WIDGET (get_bar (chart, 2)), GTK_WIDGET (fixture->window), &last));
  g_assert_cmpfloat (first.origin.x, >, last.origin.x);
  gtk_widget_grab_focus (GTK_WIDGET (get_bar (chart, 0)));
  gtk_widget_child_focus (GTK_WIDGET (fixture->window), GTK_DIR_LEFT);
  g_assert_true (is_focus (fixture, get_bar (chart, 1)));
  gtk_widget_set_default_direction (direction);
}

static void
test_chart_scale (void)
{
  g_assert_cmpfloat (sync_chart_get_top (0, FALSE), ==, 2);
  g_assert_cmpfloat (sync_chart_get_top (2, FALSE), ==, 2);
  g_assert_cmpfloat (sync_chart_get_top (3, FALSE), ==, 4);
  g_assert_cmpfloat (sync_chart_get_top (11, FALSE), ==, 20);
  g_assert_cmpfloat (sync_chart_get_top (900, FALSE), ==, 1000);
  g_assert_cmpfloat (sync_chart_get_top (0, TRUE), ==, 100);
  g_assert_cmpfloat (sync_chart_get_top (61000, TRUE), ==, 120000);
  g_assert_cmpfloat (sync_chart_get_top (3.0 * 86400000, TRUE), ==, 4.0 * 86400000);
}

/* What an overview shows. */
static void
test_day (PageFixture *fixture, gconstpointer data)
{
  GtkWidget *chart = sync_chart_new ();
  gint64 now_ms;

  busy_store_deliver (&fixture->busy, busy_store_take (&fixture->busy, "Customer", "Ann"), 100, NULL);
  now_ms = sync_clock_wall_ms (SYNC_CLOCK (fixture->busy.clock));
  page_fixture_present (fixture, chart);
  sync_insights_words_show_day (SYNC_CHART (chart), fixture->busy.reader, now_ms);
  g_assert_cmpstr (sync_chart_get_readout (SYNC_CHART (chart)), ==, "1 delivered, 0 failed, 0 conflicts.");
  g_assert_nonnull (get_bar (SYNC_CHART (chart), 23));
  g_assert_null (get_bar (SYNC_CHART (chart), 24));
  g_assert_nonnull (strstr (sync_chart_bar_get_words (get_bar (SYNC_CHART (chart), 23)), "Delivered 1"));
  /* A day later it is gone. */
  sync_insights_words_show_day (SYNC_CHART (chart), fixture->busy.reader, now_ms + G_TIME_SPAN_DAY / 1000);
  g_assert_cmpstr (sync_chart_get_readout (SYNC_CHART (chart)), ==, "0 delivered, 0 failed, 0 conflicts.");
}

/* Dark, and where people read from right to left. */
static void
test_looks (PageFixture *fixture, gconstpointer data)
{
  GtkTextDirection direction = gtk_widget_get_default_direction ();

  busy_store_fill_week (&fixture->busy);
  adw_style_manager_set_color_scheme (adw_style_manager_get_default (), ADW_COLOR_SCHEME_FORCE_DARK);
  open_page (fixture);
  page_fixture_picture (fixture, "insights-dark");
  gtk_window_destroy (fixture->window);
  adw_style_manager_set_color_scheme (adw_style_manager_get_default (), ADW_COLOR_SCHEME_DEFAULT);
  gtk_widget_set_default_direction (GTK_TEXT_DIR_RTL);
  open_page (fixture);
  page_fixture_assert_room (fixture);
  page_fixture_picture (fixture, "insights-rtl");
  gtk_widget_set_default_direction (direction);
}

int
main (int argc, char *argv[])
{
  page_fixture_init (&argc, &argv);
  page_fixture_add_test ("/sync/insights-page/empty", test_empty);
  page_fixture_add_test ("/sync/insights-page/figures", test_figures);
  page_fixture_add_test ("/sync/insights-page/unseen", test_unseen);
  page_fixture_add_test ("/sync/insights-page/looks", test_looks);
  page_fixture_add_test ("/sync/chart/words", test_chart_words);
  page_fixture_add_test ("/sync/chart/keys", test_chart_keys);
  page_fixture_add_test ("/sync/chart/right-to-left", test_chart_rtl);
  g_test_add_func ("/sync/chart/scale", test_chart_scale);
  page_fixture_add_test ("/sync/chart/day", test_day);
  return g_test_run ();
}
