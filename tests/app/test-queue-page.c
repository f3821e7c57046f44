/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The page of the queue on a virtual display, over a queue of every sort and a real engine that reaches no server: what it
 * lists, what it offers for what is selected, and that the engine does it. With SYNC_TEST_PICTURES=DIRECTORY it leaves
 * pictures there. */
#include "store-fixture.h"
#include "sync-clock-system.h"
#include "sync-details.h"
#include "sync-dialog.h"
#include "sync-queue-columns.h"
#include "sync-queue-page.h"
#include "sync-request-edit-dialog.h"
#include "sync-request-item.h"
#include "sync-request-pane.h"
#include "sync-window.h"

#include <string.h>

#define SERVER "http://127.0.0.1:9"

/* The rows, in the order in which they are made. */
enum
{
  WAITING = 1,
  REFUSED,
  UNSURE,
  PARENT,
  CHILD,
  DELIVERED,
  CONFLICT,
  FIRST_OF_MANY,
  LAST_OF_MANY = FIRST_OF_MANY + 29,
};

typedef struct
{
  StoreFixture store; /* its store is closed once the engine has it */
  AdwApplication *application; /* (owned) */
  SyncServiceThread *service; /* (owned) */
  SyncStatus *status; /* (owned) */
  SyncStore *reader; /* (owned) */
  GtkWindow *window; /* (unowned): GTK's */
} Fixture;

static void
settle (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

/* The queue */

static gint64
add (Fixture *fixture, const char *key, const char *type, const char *body)
{
  SyncRequest *request = store_fixture_create (key);

  g_free (request->site);
  request->site = g_strdup (SERVER);
  g_free (request->resource_type);
  request->resource_type = g_strdup (type);
  g_free (request->author);
  request->author = g_strdup ("gateway");
  g_free (request->url);
  request->url = g_strdup_printf ("/api/resource/%s", g_str_equal (type, "Customer") ? type : "Sales%20Invoice");
  g_bytes_unref (request->accepted_body);
  request->accepted_body = g_bytes_new (body, strlen (body));
  g_free (request->fingerprint);
  request->fingerprint = g_compute_checksum_for_string (G_CHECKSUM_SHA256, key, -1);
  return store_fixture_accept (&fixture->store, request);
}

#define UNSURE_WORDS "the shop’s hook for Note leaves it to a person: it ended before an answer came"
#define SALE_OF(customer, total)                                                                                       \
  "{\"doctype\":\"Sales Invoice\",\"customer\":\"" customer "\",\"currency\":\"EUR\",\"grand_total\":" total           \
  ",\"items\":[{\"item_code\":\"BEANS\",\"qty\":1,\"rate\":" total "}]}"

static void
leave_draft (Fixture *fixture, gint64 id, const char *name)
{
  SyncChange change = SYNC_CHANGE_INIT;

  change.id = id;
  change.from = change.to = SYNC_STATE_FAILED;
  change.server_name = name;
  store_fixture_change (&fixture->store, change);
}

static void
answer (Fixture *fixture, gint64 id, SyncState state, const char *exc_type, const char *message, SyncConflict *conflict)
{
  SyncChange change = SYNC_CHANGE_INIT;

  change.id = id;
  change.from = SYNC_STATE_SENDING;
  change.to = state;
  change.attempt = store_fixture_claim (&fixture->store, id);
  change.unaccounted = state == SYNC_STATE_UNKNOWN ? 1 : 0;
  change.verdict = sync_state_to_string (state);
  change.duration_us = 120000;
  change.http_status = exc_type != NULL ? 417 : 0;
  change.exc_type = exc_type;
  change.message = message;
  change.needs_person = state == SYNC_STATE_UNKNOWN ? 1 : -1;
  change.conflict = conflict;
  store_fixture_change (&fixture->store, change);
}

static void
fill (Fixture *fixture)
{
  SyncConflict conflict = { .resource_type = (char *) "Customer",
                            .resource_id = (char *) "CUST-1",
                            .conflict_type = (char *) "edit_edit",
                            .local_data = (char *) "{\"mobile_no\":\"2\"}",
                            .server_data = (char *) "{\"name\":\"CUST-1\",\"mobile_no\":\"3\"}" };

  g_assert_cmpint (add (fixture, "waiting", "Sales Invoice", SALE_OF ("Corner Bakery", "12.50")), ==, WAITING);
  add (fixture, "refused", "Sales Invoice", SALE_OF ("Zoë Nuñez", "10.10"));
  answer (fixture, REFUSED, SYNC_STATE_FAILED, "MandatoryError", "Value missing for Sales Invoice: Debit To", NULL);
  leave_draft (fixture, REFUSED, "SINV-0002");
  add (fixture, "unsure", "Sales Invoice", SALE_OF ("Ann & Sons", "99"));
  answer (fixture, UNSURE, SYNC_STATE_UNKNOWN, NULL, "hook Note leaves it to a person: it ended before an answer came",
          NULL);
  add (fixture, "parent", "Customer",
       "{\"doctype\":\"Customer\",\"customer_name\":\"Newcomer\",\"api_secret\":\"XYZZY\"}");
  add (fixture, "child", "Sales Invoice", SALE_OF ("LOCAL-parent", "7"));
  add (fixture, "delivered", "Sales Invoice", SALE_OF ("Corner Bakery", "20"));
  store_fixture_deliver (&fixture->store, DELIVERED, "SINV-0001", NULL);
  add (fixture, "conflict", "Customer", "{\"mobile_no\":\"2\"}");
  answer (fixture, CONFLICT, SYNC_STATE_CONFLICT, "TimestampMismatchError", "changed on the server", &conflict);
  for (gint64 i = FIRST_OF_MANY; i <= LAST_OF_MANY; i++)
    {
      g_autofree char *key = g_strdup_printf ("many-%" G_GINT64_FORMAT, i);

      g_assert_cmpint (add (fixture, key, "Sales Invoice", SALE_OF ("Walk In", "5")), ==, i);
    }
}

static void
attach_cb (SyncEngine *engine, gpointer user_data)
{
  sync_status_attach (SYNC_STATUS (user_data), engine);
}

static void
detach_cb (SyncEngine *engine, gpointer user_data)
{
  sync_status_detach (SYNC_STATUS (user_data));
}

static SyncConfig *
make_config (Fixture *fixture)
{
  g_autofree char *directory = g_strconcat ("POSAWESOME_SYNC_DATA_DIR=", fixture->store.directory, NULL);
  const char *const environment[] = { "ERPNEXT_BASE_URL=" SERVER, "GATEWAY_PORT=0", "ERPNEXT_API_TOKEN=a",
                                      "ERPNEXT_API_SECRET=b",     directory,        NULL };
  g_autoptr (GError) error = NULL;
  SyncConfig *config = sync_config_new (NULL, environment, &error);

  g_assert_no_error (error);
  return config;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncClock) clock = sync_clock_system_new ();
  g_autoptr (SyncRandom) random = sync_random_kernel_new ();
  g_autoptr (SyncConfig) config = NULL;
  g_autoptr (GError) error = NULL;

  store_fixture_set_up (&fixture->store, NULL);
  fill (fixture);
  sync_store_close (fixture->store.store);
  g_clear_object (&fixture->store.store);
  config = make_config (fixture);
  fixture->service = sync_service_thread_new (config, clock, random);
  g_assert_true (sync_service_thread_start (fixture->service, &error));
  g_assert_no_error (error);
  fixture->reader = sync_store_open_reader (fixture->store.directory, &error);
  g_assert_no_error (error);
  fixture->status = sync_status_new (NULL, clock);
  sync_service_thread_invoke (fixture->service, attach_cb, g_object_ref (fixture->status), g_object_unref);
  fixture->application = adw_application_new ("org.posawesome.SyncTest", G_APPLICATION_NON_UNIQUE);
  g_application_set_resource_base_path (G_APPLICATION (fixture->application), "/org/posawesome/Sync");
  g_assert_true (g_application_register (G_APPLICATION (fixture->application), NULL, NULL));
  fixture->window = GTK_WINDOW (sync_window_new (GTK_APPLICATION (fixture->application)));
  g_object_add_weak_pointer (G_OBJECT (fixture->window), (gpointer *) &fixture->window);
  sync_window_show_pages (SYNC_WINDOW (fixture->window), fixture->service, fixture->status, fixture->reader, SERVER);
  sync_window_show_page (SYNC_WINDOW (fixture->window), "queue");
  gtk_window_present (fixture->window);
  gtk_test_widget_wait_for_draw (GTK_WIDGET (fixture->window));
  settle ();
}

static void
ended_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  gboolean *ended = user_data;

  sync_service_thread_shutdown_finish (SYNC_SERVICE_THREAD (source), result, NULL);
  *ended = TRUE;
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  gboolean ended = FALSE;

  sync_service_thread_invoke (fixture->service, detach_cb, g_object_ref (fixture->status), g_object_unref);
  sync_service_thread_shutdown_async (fixture->service, ended_cb, &ended);
  while (!ended)
    g_main_context_iteration (NULL, TRUE);
  gtk_window_destroy (fixture->window);
  settle ();
  g_assert_null (fixture->window);
  g_clear_object (&fixture->application);
  g_assert_finalize_object (fixture->status);
  g_assert_finalize_object (fixture->service);
  g_assert_finalize_object (fixture->reader);
  store_fixture_tear_down (&fixture->store, NULL);
}

/* Looking into the page */

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
child (Fixture *fixture, const char *id)
{
  GtkWidget *found = find (GTK_WIDGET (fixture->window), id);

  g_assert_nonnull (found);
  return found;
}

static const char *
text (Fixture *fixture, const char *id)
{
  return gtk_label_get_label (GTK_LABEL (child (fixture, id)));
}

static GtkSelectionModel *
get_model (Fixture *fixture)
{
  return gtk_column_view_get_model (GTK_COLUMN_VIEW (child (fixture, "list_view")));
}

static guint
count (Fixture *fixture)
{
  return g_list_model_get_n_items (G_LIST_MODEL (get_model (fixture)));
}

static void
show (Fixture *fixture, const char *filter)
{
  sync_queue_page_set_filter (SYNC_QUEUE_PAGE (child (fixture, "queue_page")), filter);
  settle ();
}

static gint64
id_at (Fixture *fixture, guint position)
{
  g_autoptr (SyncRequestItem) item = g_list_model_get_item (G_LIST_MODEL (get_model (fixture)), position);

  return item != NULL ? sync_request_item_get_request (item)->id : 0;
}

static void
select_ids (Fixture *fixture, gint64 first, gint64 last)
{
  gtk_selection_model_unselect_all (get_model (fixture));
  for (guint i = 0; i < count (fixture); i++)
    if (id_at (fixture, i) >= first && id_at (fixture, i) <= last)
      gtk_selection_model_select_item (get_model (fixture), i, FALSE);
  settle ();
}

static void
act (Fixture *fixture, const char *action)
{
  g_assert_true (gtk_widget_activate_action (child (fixture, "queue_page"), action, NULL));
  settle ();
}

/* The labels of the buttons that are offered. */
static char *
dup_offered (Fixture *fixture)
{
  GtkWidget *box = child (fixture, "act_box");
  GString *offered = g_string_new (NULL);

  for (GtkWidget *button = gtk_widget_get_first_child (box); button != NULL;
       button = gtk_widget_get_next_sibling (button))
    if (gtk_widget_get_visible (button))
      {
        g_assert_true (gtk_widget_get_sensitive (button));
        g_string_append_printf (offered, "%s%s", offered->len > 0 ? " " : "",
                                gtk_actionable_get_action_name (GTK_ACTIONABLE (button)) + strlen ("queue."));
      }
  return g_string_free (offered, FALSE);
}

static void
assert_offered (Fixture *fixture, gint64 first, gint64 last, const char *expected)
{
  g_autofree char *offered = NULL;

  select_ids (fixture, first, last);
  offered = dup_offered (fixture);
  g_assert_cmpstr (offered, ==, expected);
}

static GtkWindow *
get_dialog (GType type)
{
  GtkWindow *dialog = sync_dialog_find (type, NULL);

  g_assert_nonnull (dialog);
  return dialog;
}

/* (nullable): the first entry below */
static GtkEditable *
find_entry (GtkWidget *widget)
{
  if (ADW_IS_ENTRY_ROW (widget))
    return GTK_EDITABLE (widget);
  for (GtkWidget *below = gtk_widget_get_first_child (widget); below != NULL;
       below = gtk_widget_get_next_sibling (below))
    {
      GtkEditable *found = find_entry (below);

      if (found != NULL)
        return found;
    }
  return NULL;
}

static void
type_into (GtkWindow *dialog, const char *typed)
{
  GtkEditable *entry = find_entry (adw_message_dialog_get_extra_child (ADW_MESSAGE_DIALOG (dialog)));

  g_assert_nonnull (entry);
  gtk_editable_set_text (entry, typed);
}

static void
say_yes (GtkWindow *dialog)
{
  adw_message_dialog_response (ADW_MESSAGE_DIALOG (dialog), "yes");
}

/* Until the engine has done it, and the page knows. */
static void
wait_for_state (Fixture *fixture, gint64 id, SyncState state)
{
  for (;;)
    {
      g_autoptr (SyncRequest) request = sync_store_get (fixture->reader, id, NULL);

      if (request->state == state)
        return;
      g_main_context_iteration (NULL, TRUE);
    }
}

static void
picture (GtkWindow *window, const char *name)
{
  const char *directory = g_getenv ("SYNC_TEST_PICTURES");
  GtkWidget *widget = GTK_WIDGET (window);
  g_autoptr (GdkPaintable) paintable = NULL;
  g_autoptr (GskRenderNode) node = NULL;
  g_autoptr (GdkTexture) texture = NULL;
  g_autoptr (GtkSnapshot) snapshot = NULL;
  g_autofree char *file = NULL;
  int width, height;

  if (directory == NULL)
    return;
  for (gint64 until = g_get_monotonic_time () + G_USEC_PER_SEC; g_get_monotonic_time () < until;)
    g_main_context_iteration (NULL, FALSE);
  paintable = gtk_widget_paintable_new (widget);
  width = gdk_paintable_get_intrinsic_width (paintable);
  height = gdk_paintable_get_intrinsic_height (paintable);
  snapshot = gtk_snapshot_new ();
  gdk_paintable_snapshot (paintable, snapshot, width, height);
  node = gtk_snapshot_to_node (snapshot);
  texture = gsk_renderer_render_texture (gtk_native_get_renderer (GTK_NATIVE (widget)), node,
                                         &GRAPHENE_RECT_INIT (0, 0, (float) width, (float) height));
  file = g_strdup_printf ("%s/%s.png", directory, name);
  g_assert_true (gdk_texture_save_to_png (texture, file));
}

/* Tests */

static void
test_filters (Fixture *fixture, gconstpointer data)
{
  const guint n_many = LAST_OF_MANY - FIRST_OF_MANY + 1;
  GtkEditable *search = GTK_EDITABLE (child (fixture, "search_entry"));

  g_assert_cmpuint (count (fixture), ==, 6 + n_many);
  g_assert_cmpint (id_at (fixture, 0), ==, WAITING);
  g_assert_cmpstr (text (fixture, "number_label"), ==, "36 entries");
  show (fixture, "needs");
  g_assert_cmpuint (count (fixture), ==, 3);
  show (fixture, "delivered");
  g_assert_cmpint (id_at (fixture, 0), ==, DELIVERED);
  show (fixture, "given-up");
  g_assert_cmpuint (count (fixture), ==, 0);
  g_assert_cmpstr (adw_status_page_get_title (ADW_STATUS_PAGE (child (fixture, "empty_page"))), ==,
                   "Nothing was given up");
  show (fixture, "all");
  g_assert_cmpint (id_at (fixture, 0), ==, LAST_OF_MANY);
  gtk_editable_set_text (search, "NUÑEZ");
  while (count (fixture) != 1)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (id_at (fixture, 0), ==, REFUSED);
  gtk_editable_set_text (search, "nobody");
  while (count (fixture) != 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (adw_status_page_get_title (ADW_STATUS_PAGE (child (fixture, "empty_page"))), ==, "Nothing is found");
  gtk_editable_set_text (search, "");
  while (count (fixture) == 0)
    g_main_context_iteration (NULL, TRUE);
  /* “Every kind”, Customer, Sales Invoice. */
  gtk_drop_down_set_selected (GTK_DROP_DOWN (child (fixture, "type_dropdown")), 1);
  g_assert_cmpuint (count (fixture), ==, 2);
}

static void
test_headers (Fixture *fixture, gconstpointer data)
{
  GtkColumnView *view = GTK_COLUMN_VIEW (child (fixture, "list_view"));
  gboolean descending;
  SyncSort sort;

  g_assert_true (sync_queue_columns_get_sort (view, &sort, &descending));
  g_assert_cmpint (sort, ==, SYNC_SORT_ID);
  g_assert_false (descending);
  select_ids (fixture, UNSURE, UNSURE);
  sync_queue_columns_sort (view, SYNC_SORT_AMOUNT, TRUE);
  g_assert_true (sync_queue_columns_get_sort (view, &sort, &descending));
  g_assert_cmpint (sort, ==, SYNC_SORT_AMOUNT);
  g_assert_true (descending);
  g_assert_cmpint (id_at (fixture, 0), ==, UNSURE);
  /* What was selected is, wherever it went. */
  g_assert_true (gtk_selection_model_is_selected (get_model (fixture), 0));
  /* A header that was pressed outlives a change of the filter. */
  show (fixture, "all");
  g_assert_cmpint (id_at (fixture, 0), ==, UNSURE);
  g_assert_cmpint (id_at (fixture, 1), ==, DELIVERED);
}

static void
test_offers (Fixture *fixture, gconstpointer data)
{
  show (fixture, "all");
  assert_offered (fixture, REFUSED, REFUSED, "retry edit give-up");
  assert_offered (fixture, UNSURE, UNSURE, "retry arrived send-again give-up");
  assert_offered (fixture, DELIVERED, DELIVERED, "");
  assert_offered (fixture, CONFLICT, CONFLICT, "decide give-up");
  assert_offered (fixture, CHILD, CHILD, "give-up");
  assert_offered (fixture, WAITING, CONFLICT, "retry give-up");
  g_assert_cmpstr (text (fixture, "selected_label"), ==, "7 selected");
  assert_offered (fixture, 0, 0, "");
  g_assert_false (gtk_revealer_get_reveal_child (GTK_REVEALER (child (fixture, "action_bar"))));
}

/* The keyboard's way to the same. */
static void
test_menu (Fixture *fixture, gconstpointer data)
{
  GtkWidget *menu = gtk_widget_get_first_child (child (fixture, "queue_page"));
  GtkWidget *focus;

  while (menu != NULL && !GTK_IS_POPOVER_MENU (menu))
    menu = gtk_widget_get_next_sibling (menu);
  g_assert_nonnull (menu);
  act (fixture, "queue.menu");
  g_assert_false (gtk_widget_get_visible (menu));
  select_ids (fixture, REFUSED, REFUSED);
  act (fixture, "queue.menu");
  g_assert_true (gtk_widget_get_visible (menu));
  gtk_popover_popdown (GTK_POPOVER (menu));
  settle ();
  focus = gtk_window_get_focus (fixture->window);
  g_assert_true (focus != NULL && gtk_widget_is_ancestor (focus, child (fixture, "list_view")));
}

static gboolean
has_label (GtkWidget *widget, const char *words)
{
  gboolean found = GTK_IS_LABEL (widget) && g_str_equal (gtk_label_get_label (GTK_LABEL (widget)), words);

  for (GtkWidget *below = gtk_widget_get_first_child (widget); !found && below != NULL;
       below = gtk_widget_get_next_sibling (below))
    found = has_label (below, words);
  return found;
}

static void
test_pane (Fixture *fixture, gconstpointer data)
{
  GtkTextBuffer *payload = gtk_text_view_get_buffer (GTK_TEXT_VIEW (child (fixture, "payload_view")));
  GtkTextIter start, end;
  g_autofree char *shown = NULL;

  select_ids (fixture, REFUSED, REFUSED);
  g_assert_cmpstr (text (fixture, "subject_label"), ==, "Entry 2: Sale SINV-0002, Zoë Nuñez");
  g_assert_cmpstr (text (fixture, "state_label"), ==, "Refused");
  g_assert_cmpstr (text (fixture, "words_label"), ==, "Value missing for Sales Invoice: Debit To");
  g_assert_nonnull (strstr (text (fixture, "advice_label"), "Something is missing"));
  /* Which way it came, and not what the records call that. */
  g_assert_true (has_label (child (fixture, "groups_box"), "another program (HTTP)"));
  g_assert_false (has_label (child (fixture, "groups_box"), "gateway"));
  gtk_text_buffer_get_bounds (payload, &start, &end);
  shown = gtk_text_buffer_get_text (payload, &start, &end, FALSE);
  /* Every number as it was sent. */
  g_assert_nonnull (strstr (shown, "\n  \"grand_total\": 10.10,\n"));
  /* What the engine says is said in the window's words, here and in the list. */
  select_ids (fixture, UNSURE, UNSURE);
  g_assert_cmpstr (text (fixture, "words_label"), ==, UNSURE_WORDS);
  g_assert_true (has_label (child (fixture, "list_view"), UNSURE_WORDS));
  select_ids (fixture, PARENT, PARENT);
  g_clear_pointer (&shown, g_free);
  gtk_text_buffer_get_bounds (payload, &start, &end);
  shown = gtk_text_buffer_get_text (payload, &start, &end, FALSE);
  g_assert_null (strstr (shown, "XYZZY"));
  g_assert_nonnull (strstr (shown, "api_secret"));
  /* From the customer to the sale that waits for it. */
  g_signal_emit_by_name (child (fixture, "pane"), "go-to", (gint64) CHILD);
  settle ();
  g_assert_cmpint (sync_request_pane_get_id (SYNC_REQUEST_PANE (child (fixture, "pane"))), ==, CHILD);
  g_assert_true (gtk_selection_model_is_selected (get_model (fixture), CHILD - 1));
  select_ids (fixture, WAITING, UNSURE);
  g_assert_cmpint (sync_request_pane_get_id (SYNC_REQUEST_PANE (child (fixture, "pane"))), ==, 0);
}

static void
test_give_up (Fixture *fixture, gconstpointer data)
{
  const gint64 ids[] = { FIRST_OF_MANY, FIRST_OF_MANY + 1, FIRST_OF_MANY + 2 };
  g_autoptr (SyncRequest) request = NULL;
  GtkWindow *dialog;

  select_ids (fixture, FIRST_OF_MANY, FIRST_OF_MANY + 2);
  act (fixture, "queue.give-up");
  dialog = get_dialog (ADW_TYPE_MESSAGE_DIALOG);
  g_assert_cmpstr (adw_message_dialog_get_heading (ADW_MESSAGE_DIALOG (dialog)), ==, "Give up 3 entries?");
  g_assert_false (adw_message_dialog_get_response_enabled (ADW_MESSAGE_DIALOG (dialog), "yes"));
  type_into (dialog, "  entered twice ");
  g_assert_true (adw_message_dialog_get_response_enabled (ADW_MESSAGE_DIALOG (dialog), "yes"));
  say_yes (dialog);
  for (gsize i = 0; i < G_N_ELEMENTS (ids); i++)
    wait_for_state (fixture, ids[i], SYNC_STATE_DISCARDED);
  request = sync_store_get (fixture->reader, ids[0], NULL);
  g_assert_cmpstr (request->discard_reason, ==, "entered twice");
  while (count (fixture) != 33)
    g_main_context_iteration (NULL, TRUE);
  show (fixture, "given-up");
  gtk_selection_model_select_all (get_model (fixture));
  act (fixture, "queue.restore");
  for (gsize i = 0; i < G_N_ELEMENTS (ids); i++)
    wait_for_state (fixture, ids[i], SYNC_STATE_PENDING);
}

static guint
count_columns (Fixture *fixture)
{
  GListModel *columns = gtk_column_view_get_columns (GTK_COLUMN_VIEW (child (fixture, "list_view")));
  guint n = 0;

  for (guint i = 0; i < g_list_model_get_n_items (columns); i++)
    {
      g_autoptr (GtkColumnViewColumn) column = g_list_model_get_item (columns, i);

      n += gtk_column_view_column_get_visible (column);
    }
  return n;
}

/* Beside the details of a small screen the columns that they say, too, make room for the others. */
static void
test_columns (Fixture *fixture, gconstpointer data)
{
  GtkScrollable *view = GTK_SCROLLABLE (child (fixture, "list_view"));
  GtkAdjustment *across = gtk_scrollable_get_hadjustment (view);

  gtk_window_set_default_size (fixture->window, 1024, 600);
  while (count_columns (fixture) != 8 || gtk_adjustment_get_page_size (across) < 1000)
    g_main_context_iteration (NULL, TRUE);
  act (fixture, "queue.details");
  while (count_columns (fixture) != 6 || gtk_adjustment_get_upper (across) > gtk_adjustment_get_page_size (across)
         || gtk_adjustment_get_page_size (across) > 700)
    g_main_context_iteration (NULL, TRUE);
  act (fixture, "queue.close-details");
  while (count_columns (fixture) != 8)
    g_main_context_iteration (NULL, TRUE);
}

/* What a refused sale left on the server goes when it is given up, and that is said before. */
static void
test_draft (Fixture *fixture, gconstpointer data)
{
  GtkWindow *dialog;

  select_ids (fixture, FIRST_OF_MANY, FIRST_OF_MANY);
  act (fixture, "queue.give-up");
  dialog = get_dialog (ADW_TYPE_MESSAGE_DIALOG);
  g_assert_null (strstr (adw_message_dialog_get_body (ADW_MESSAGE_DIALOG (dialog)), "draft"));
  gtk_window_destroy (dialog);
  select_ids (fixture, REFUSED, REFUSED);
  act (fixture, "queue.give-up");
  dialog = get_dialog (ADW_TYPE_MESSAGE_DIALOG);
  g_assert_nonnull (strstr (adw_message_dialog_get_body (ADW_MESSAGE_DIALOG (dialog)),
                            "\n\n1 draft that stands on the server is deleted there. The till’s user needs the right"));
  gtk_window_destroy (dialog);
}

/* What waits for it fails with it, is named before, and comes back with it. */
static void
test_dependants (Fixture *fixture, gconstpointer data)
{
  const gint64 parent = PARENT;
  GtkWindow *dialog;

  select_ids (fixture, PARENT, PARENT);
  act (fixture, "queue.give-up");
  dialog = get_dialog (ADW_TYPE_MESSAGE_DIALOG);
  g_assert_nonnull (strstr (adw_message_dialog_get_body (ADW_MESSAGE_DIALOG (dialog)), "Entry 5: Sale"));
  type_into (dialog, "no such person");
  say_yes (dialog);
  wait_for_state (fixture, PARENT, SYNC_STATE_DISCARDED);
  wait_for_state (fixture, CHILD, SYNC_STATE_FAILED);
  g_assert_true (
      gtk_widget_activate_action_variant (child (fixture, "queue_page"), "queue.undo",
                                          g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, &parent, 1, sizeof parent)));
  wait_for_state (fixture, PARENT, SYNC_STATE_PENDING);
  wait_for_state (fixture, CHILD, SYNC_STATE_PENDING);
}

static void
set_text (GtkWindow *dialog, const char *typed)
{
  GtkTextView *view = GTK_TEXT_VIEW (find (GTK_WIDGET (dialog), "text_view"));

  gtk_text_buffer_set_text (gtk_text_view_get_buffer (view), typed, -1);
}

static void
test_edit (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncRequest) request = NULL;
  GtkWindow *dialog;
  GtkWidget *button;
  gsize length;

  select_ids (fixture, REFUSED, REFUSED);
  act (fixture, "queue.edit");
  dialog = get_dialog (SYNC_TYPE_REQUEST_EDIT_DIALOG);
  button = find (GTK_WIDGET (dialog), "send_button");
  g_assert_cmpstr (gtk_label_get_label (GTK_LABEL (find (GTK_WIDGET (dialog), "words_label"))), ==,
                   "Value missing for Sales Invoice: Debit To");
  g_assert_false (gtk_widget_get_sensitive (button));
  set_text (dialog, "{\"customer\":");
  g_assert_false (gtk_widget_get_sensitive (button));
  g_assert_cmpstr (gtk_label_get_label (GTK_LABEL (find (GTK_WIDGET (dialog), "trouble_label"))), !=, "");
  /* What the engine will not have is said where it was typed. */
  set_text (dialog, "{\"customer\":\"Ann\",\"posa_client_request_id\":\"another\"}");
  g_assert_true (gtk_widget_activate_action (GTK_WIDGET (dialog), "edit.send", NULL));
  while (*gtk_label_get_label (GTK_LABEL (find (GTK_WIDGET (dialog), "trouble_label"))) == '\0')
    g_main_context_iteration (NULL, TRUE);
  set_text (dialog, SALE_OF ("Zoë Nuñez", "11.00"));
  g_assert_true (gtk_widget_get_sensitive (button));
  g_assert_true (gtk_widget_activate_action (GTK_WIDGET (dialog), "edit.send", NULL));
  wait_for_state (fixture, REFUSED, SYNC_STATE_PENDING);
  while (sync_dialog_find (SYNC_TYPE_REQUEST_EDIT_DIALOG, NULL) != NULL)
    g_main_context_iteration (NULL, TRUE);
  request = sync_store_get (fixture->reader, REFUSED, NULL);
  g_assert_nonnull (strstr (g_bytes_get_data (sync_request_get_body (request), &length), "11.00"));
  g_assert_cmpstr (request->key, ==, "refused");
}

static void
test_unsure (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncRequest) request = NULL;
  GtkWindow *dialog;

  select_ids (fixture, UNSURE, UNSURE);
  act (fixture, "queue.arrived");
  dialog = get_dialog (ADW_TYPE_MESSAGE_DIALOG);
  g_assert_nonnull (strstr (adw_message_dialog_get_body (ADW_MESSAGE_DIALOG (dialog)), UNSURE_WORDS));
  adw_message_dialog_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  settle ();
  act (fixture, "queue.arrived");
  dialog = get_dialog (ADW_TYPE_MESSAGE_DIALOG);
  type_into (dialog, "SINV-0009");
  say_yes (dialog);
  wait_for_state (fixture, UNSURE, SYNC_STATE_COMPLETED);
  request = sync_store_get (fixture->reader, UNSURE, NULL);
  g_assert_cmpstr (request->server_name, ==, "SINV-0009");
  g_assert_cmpstr (request->proof, ==, "person");
}

static void
test_send_again (Fixture *fixture, gconstpointer data)
{
  select_ids (fixture, UNSURE, UNSURE);
  act (fixture, "queue.send-again");
  say_yes (get_dialog (ADW_TYPE_MESSAGE_DIALOG));
  wait_for_state (fixture, UNSURE, SYNC_STATE_PENDING);
}

static void
test_retry (Fixture *fixture, gconstpointer data)
{
  show (fixture, "needs");
  gtk_selection_model_select_all (get_model (fixture));
  act (fixture, "queue.retry");
  wait_for_state (fixture, REFUSED, SYNC_STATE_PENDING);
  /* It went from the list, and the pane is none the worse. */
  while (count (fixture) > 2)
    g_main_context_iteration (NULL, TRUE);
}

/* What the engine refuses is said with the document's name. */
static void
test_refused (Fixture *fixture, gconstpointer data)
{
  const gint64 delivered = DELIVERED;
  GtkWindow *dialog;

  g_assert_true (gtk_widget_activate_action_variant (
      child (fixture, "queue_page"), "queue.undo",
      g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, &delivered, 1, sizeof delivered)));
  while ((dialog = sync_dialog_find (ADW_TYPE_MESSAGE_DIALOG, NULL)) == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_nonnull (
      strstr (adw_message_dialog_get_body (ADW_MESSAGE_DIALOG (dialog)), "Sale SINV-0001, Corner Bakery: "));
  gtk_window_close (dialog);
  settle ();
}

static void
test_details (Fixture *fixture, gconstpointer data)
{
  GtkWindow *dialog = sync_details_present (fixture->window, fixture->reader, REFUSED);

  g_assert_nonnull (dialog);
  g_assert_nonnull (find (GTK_WIDGET (dialog), "advice_label"));
  gtk_window_close (dialog);
  settle ();
  g_test_expect_message ("posawesome-sync", G_LOG_LEVEL_MESSAGE, "*cannot be shown*");
  g_assert_null (sync_details_present (fixture->window, fixture->reader, 12345));
  g_test_assert_expected_messages ();
}

static void
scroll_down (Fixture *fixture)
{
  GtkWidget *pane = child (fixture, "pane");
  GtkAdjustment *adjustment = gtk_scrolled_window_get_vadjustment (GTK_SCROLLED_WINDOW (find (pane, "scroller")));

  gtk_adjustment_set_value (adjustment, gtk_adjustment_get_upper (adjustment));
}

/* Nothing but pictures: every state of the page that looks different. */
static void
test_pictures (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    const char *name;
    int width, height;
    gboolean dark, rtl;
  } looks[] = {
    { "light", 1280, 760, FALSE, FALSE }, { "dark", 1280, 760, TRUE, FALSE },   { "small", 1024, 600, FALSE, FALSE },
    { "half", 683, 700, FALSE, FALSE },   { "narrow", 360, 600, FALSE, FALSE }, { "rtl", 1024, 600, FALSE, TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (looks); i++)
    {
      g_autofree char *several = g_strconcat (looks[i].name, "-several", NULL);
      g_autofree char *below = g_strconcat (looks[i].name, "-details-below", NULL);
      g_autofree char *open = g_strconcat (looks[i].name, "-details", NULL);

      adw_style_manager_set_color_scheme (adw_style_manager_get_default (),
                                          looks[i].dark ? ADW_COLOR_SCHEME_FORCE_DARK : ADW_COLOR_SCHEME_FORCE_LIGHT);
      gtk_widget_set_default_direction (looks[i].rtl ? GTK_TEXT_DIR_RTL : GTK_TEXT_DIR_LTR);
      gtk_window_set_default_size (fixture->window, looks[i].width, looks[i].height);
      show (fixture, "all");
      select_ids (fixture, REFUSED, REFUSED);
      picture (fixture->window, looks[i].name);
      act (fixture, "queue.details");
      picture (fixture->window, open);
      scroll_down (fixture);
      picture (fixture->window, below);
      act (fixture, "queue.close-details");
      select_ids (fixture, WAITING, CONFLICT);
      picture (fixture->window, several);
    }
  select_ids (fixture, REFUSED, REFUSED);
  act (fixture, "queue.edit");
  picture (get_dialog (SYNC_TYPE_REQUEST_EDIT_DIALOG), "edit");
  gtk_window_close (get_dialog (SYNC_TYPE_REQUEST_EDIT_DIALOG));
  select_ids (fixture, PARENT, PARENT);
  act (fixture, "queue.give-up");
  picture (get_dialog (ADW_TYPE_MESSAGE_DIALOG), "give-up");
  gtk_window_close (get_dialog (ADW_TYPE_MESSAGE_DIALOG));
  settle ();
  select_ids (fixture, UNSURE, UNSURE);
  act (fixture, "queue.arrived");
  picture (get_dialog (ADW_TYPE_MESSAGE_DIALOG), "arrived");
  gtk_window_close (get_dialog (ADW_TYPE_MESSAGE_DIALOG));
  settle ();
  gtk_widget_set_default_direction (GTK_TEXT_DIR_LTR);
}

#define ADD(path, func) g_test_add ("/sync/queue-page/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  gtk_test_init (&argc, &argv, NULL);
  adw_init ();
  ADD ("filters", test_filters);
  ADD ("headers", test_headers);
  ADD ("offers", test_offers);
  ADD ("menu", test_menu);
  ADD ("pane", test_pane);
  ADD ("give-up", test_give_up);
  ADD ("columns", test_columns);
  ADD ("draft", test_draft);
  ADD ("dependants", test_dependants);
  ADD ("edit", test_edit);
  ADD ("unsure", test_unsure);
  ADD ("send-again", test_send_again);
  ADD ("retry", test_retry);
  ADD ("refused", test_refused);
  ADD ("details", test_details);
  if (g_getenv ("SYNC_TEST_PICTURES") != NULL)
    ADD ("pictures", test_pictures);
  return g_test_run ();
}
