/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The conflict dialog on a virtual display, with made-up conflicts in a store of its own: what it shows, what can be
 * chosen, what it would have the engine do, and that it can be used by keyboard and by ear.
 * With SYNC_TEST_PICTURES=DIRECTORY it leaves pictures there. */
#include "sync-application.h"
#include "sync-clock-virtual.h"
#include "sync-conflict-dialog.h"
#include "sync-conflict-row.h"
#include "sync-conflict-words.h"
#include "sync-test-directory.h"
#include "sync-window.h"

#include <locale.h>

typedef struct
{
  char *directory;           /* (owned) */
  SyncClockVirtual *clock;   /* (owned) */
  SyncStore *store;          /* (owned): what the engine writes */
  SyncStore *reader;         /* (owned) */
  SyncMergePolicies *policies; /* (owned) */
  SyncConflictDialog *dialog; /* (unowned) (nullable): GTK's */
  guint n_rows;              /* requests so far */
  GString *emitted;          /* (owned): "id resolution document;" */
} Fixture;

/* A conflict to be made. */
typedef struct
{
  const char *type;
  const char *resource_type;
  const char *name;
  const char *action;
  const char *base;
  const char *local;
  const char *server;
} Made;

#define CUSTOMER_BASE                                                                                                   \
  "{\"name\":\"CUST-1\",\"modified\":\"2024-05-06 09:00:00.000000\",\"customer_name\":\"Corner Bakery\","               \
  "\"mobile_no\":\"555-0100\",\"email_id\":\"\",\"credit_limit\":100.0,\"disabled\":0,\"is_frozen\":0,"                  \
  "\"due_date\":\"2024-05-31\",\"customer_details\":\"Opens at six.\\nCash only.\"}"
#define CUSTOMER_LOCAL                                                                                                  \
  "{\"mobile_no\":\"555-0111\",\"email_id\":\"hello@bakery.example\",\"credit_limit\":137.5,"                           \
  "\"due_date\":\"2024-06-15\",\"customer_details\":\"Opens at seven.\\nCash only.\"}"
#define CUSTOMER_SERVER                                                                                                 \
  "{\"name\":\"CUST-1\",\"owner\":\"Administrator\",\"modified\":\"2024-05-06 14:10:00.000000\","                       \
  "\"modified_by\":\"ann@shop.example\",\"docstatus\":0,\"customer_name\":\"Corner Bakery\","                           \
  "\"mobile_no\":\"555-0122\",\"email_id\":\"\",\"credit_limit\":150.0,\"disabled\":0,\"is_frozen\":1,"                  \
  "\"due_date\":\"2024-05-31\",\"currency\":\"EUR\",\"customer_details\":\"Opens at six.\\nCash only.\\nAsk for Joe.\"}"

static const Made with_base = { "edit_edit", "Customer", "CUST-1", "update", CUSTOMER_BASE, CUSTOMER_LOCAL, CUSTOMER_SERVER };
static const Made without_base = { "edit_edit", "Customer", "CUST-2", "update", NULL, CUSTOMER_LOCAL, CUSTOMER_SERVER };
static const Made like_it = { "edit_edit", "Customer", "CUST-3", "update", CUSTOMER_BASE, CUSTOMER_LOCAL, CUSTOMER_SERVER };
static const Made with_rows = {
  "edit_edit", "Sales Order", "SO-0007", "update",
  "{\"name\":\"SO-0007\",\"grand_total\":24.5,\"items\":["
  "{\"name\":\"a1\",\"item_code\":\"BEANS\",\"item_name\":\"Coffee beans\",\"qty\":1,\"rate\":12.5},"
  "{\"name\":\"b2\",\"item_code\":\"MILK\",\"item_name\":\"Milk\",\"qty\":2,\"rate\":1.5},"
  "{\"name\":\"c3\",\"item_code\":\"BREAD\",\"item_name\":\"Bread\",\"qty\":3,\"rate\":3}]}",
  "{\"grand_total\":37,\"items\":["
  "{\"name\":\"a1\",\"item_code\":\"BEANS\",\"item_name\":\"Coffee beans\",\"qty\":2,\"rate\":12.5},"
  "{\"name\":\"b2\",\"item_code\":\"MILK\",\"item_name\":\"Milk\",\"qty\":4,\"rate\":1.5},"
  "{\"name\":\"c3\",\"item_code\":\"BREAD\",\"item_name\":\"Bread\",\"qty\":3,\"rate\":3},"
  "{\"item_code\":\"CAKE\",\"item_name\":\"Cake\",\"qty\":1,\"rate\":9.95}]}",
  "{\"name\":\"SO-0007\",\"modified\":\"2024-05-06 14:10:00.000000\",\"modified_by\":\"ann@shop.example\","
  "\"docstatus\":0,\"currency\":\"EUR\",\"grand_total\":24.5,\"items\":["
  "{\"name\":\"a1\",\"item_code\":\"BEANS\",\"item_name\":\"Coffee beans\",\"qty\":3,\"rate\":12.5},"
  "{\"name\":\"c3\",\"item_code\":\"BREAD\",\"item_name\":\"Bread\",\"qty\":3,\"rate\":2.8}]}"
};
static const Made deleted = { "edit_delete", "Customer", "CUST-4", "update", CUSTOMER_BASE, CUSTOMER_LOCAL, NULL };
static const Made cancelled = { "cancelled", "Sales Invoice", "SI-1", "update", NULL, "{\"remarks\":\"a\"}",
                                "{\"name\":\"SI-1\",\"docstatus\":2,\"remarks\":\"b\"}" };
static const Made submitted = { "submitted", "Sales Invoice", "SI-2", "update", NULL, "{\"remarks\":\"a\"}",
                                "{\"name\":\"SI-2\",\"docstatus\":1,\"remarks\":\"b\"}" };
static const Made malformed = { "edit_edit", "Customer", "CUST-5", "update", NULL, "{\"mobile_no\":", CUSTOMER_SERVER };
static const Made to_delete = { "delete_edit", "Customer", "CUST-6", "delete", NULL, NULL, CUSTOMER_SERVER };

static void
set_up (Fixture *fixture, gconstpointer data)
{
  const SyncStoreOptions options = { .min_free_bytes = 0, .reserve_bytes = 0 };
  g_autoptr (GError) error = NULL;

  fixture->directory = sync_test_directory_new ();
  fixture->clock = sync_clock_virtual_new ();
  fixture->store = sync_store_open (fixture->directory, &options, SYNC_CLOCK (fixture->clock), &error);
  g_assert_no_error (error);
  fixture->reader = sync_store_open_reader (fixture->directory, &error);
  g_assert_no_error (error);
  fixture->policies = sync_merge_policies_new (NULL, &error);
  g_assert_no_error (error);
  fixture->emitted = g_string_new (NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  if (fixture->dialog != NULL)
    gtk_window_destroy (GTK_WINDOW (fixture->dialog));
  g_assert_null (fixture->dialog);
  g_clear_object (&fixture->reader);
  g_clear_object (&fixture->policies);
  sync_store_close (fixture->store);
  g_clear_object (&fixture->store);
  g_clear_object (&fixture->clock);
  g_string_free (fixture->emitted, TRUE);
  sync_test_directory_free (fixture->directory);
}

/* Making conflicts */

static gint64
accept (Fixture *fixture, const Made *made)
{
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_acceptance_free);
  g_autoptr (GError) error = NULL;
  SyncRequest *request = sync_request_new ();
  const char *body = made->local != NULL ? made->local : "";

  request->site = g_strdup ("http://127.0.0.1");
  request->author = g_strdup ("gateway");
  request->key = g_strdup_printf ("key-%u", fixture->n_rows++);
  request->fingerprint = g_compute_checksum_for_string (G_CHECKSUM_SHA256, request->key, -1);
  request->family = g_strdup ("resource");
  request->method = g_strdup (strcmp (made->action, "delete") == 0 ? "DELETE" : "PUT");
  request->url = g_strdup_printf ("/api/resource/%s/%s", made->resource_type, made->name);
  request->content_type = g_strdup ("application/json");
  request->accepted_body = g_bytes_new (body, strlen (body));
  request->resource_type = g_strdup (made->resource_type);
  request->resource_id = g_strdup (made->name);
  request->lane = g_strdup (request->key);
  request->action = g_strdup (made->action);
  g_ptr_array_add (rows, sync_acceptance_new (request));
  g_assert_true (sync_store_accept (fixture->store, rows, &error));
  g_assert_no_error (error);
  return ((SyncAcceptance *) g_ptr_array_index (rows, 0))->id;
}

/* The conflict's id. */
static gint64
make (Fixture *fixture, const Made *made)
{
  SyncConflict conflict = { .resource_type = (char *) made->resource_type,
                            .resource_id = (char *) made->name,
                            .conflict_type = (char *) made->type,
                            .base_data = (char *) made->base,
                            .local_data = (char *) made->local,
                            .server_data = (char *) made->server };
  SyncChange change = SYNC_CHANGE_INIT;
  g_autoptr (GPtrArray) open = NULL;
  g_autoptr (GError) error = NULL;

  change.id = accept (fixture, made);
  change.from = SYNC_STATE_PENDING;
  change.to = SYNC_STATE_CONFLICT;
  change.conflict = &conflict;
  g_assert_true (sync_store_change (fixture->store, &change, &error));
  g_assert_no_error (error);
  open = sync_store_list_conflicts (fixture->reader, "pending", 0, &error);
  g_assert_no_error (error);
  return ((SyncConflict *) g_ptr_array_index (open, open->len - 1))->id;
}

static void
resolve_cb (SyncConflictDialog *dialog, gint64 id, int resolution, GBytes *document, gpointer user_data)
{
  Fixture *fixture = user_data;
  gsize length = 0;
  const char *text = document != NULL ? g_bytes_get_data (document, &length) : NULL;

  g_string_append_printf (fixture->emitted, "%" G_GINT64_FORMAT " %d %.*s;", id, resolution, (int) length,
                          text != NULL ? text : "");
}

static void
settle (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
show (Fixture *fixture, gint64 id)
{
  if (fixture->dialog == NULL)
    {
      fixture->dialog = sync_conflict_dialog_new (NULL, fixture->reader, fixture->policies);
      g_object_add_weak_pointer (G_OBJECT (fixture->dialog), (gpointer *) &fixture->dialog);
      g_signal_connect (fixture->dialog, "resolve", G_CALLBACK (resolve_cb), fixture);
    }
  sync_conflict_dialog_show_conflict (fixture->dialog, id);
  gtk_window_present (GTK_WINDOW (fixture->dialog));
  gtk_test_widget_wait_for_draw (GTK_WIDGET (fixture->dialog));
  settle ();
}

/* Looking into the dialog */

/* What an expander hides is found, too. */
static GtkWidget *
find (GtkWidget *widget, const char *id)
{
  if (g_strcmp0 (gtk_buildable_get_buildable_id (GTK_BUILDABLE (widget)), id) == 0)
    return widget;
  if (GTK_IS_EXPANDER (widget))
    return find (gtk_expander_get_child (GTK_EXPANDER (widget)), id);
  for (GtkWidget *below = gtk_widget_get_first_child (widget); below != NULL; below = gtk_widget_get_next_sibling (below))
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
  GtkWidget *found = find (GTK_WIDGET (fixture->dialog), id);

  if (found == NULL)
    g_error ("there is no %s", id);
  return found;
}

static const char *
text (Fixture *fixture, const char *id)
{
  return gtk_label_get_label (GTK_LABEL (child (fixture, id)));
}

static SyncConflictRow *
find_row (Fixture *fixture, const char *path)
{
  GtkWidget *row = gtk_widget_get_first_child (child (fixture, "rows_box"));

  for (; row != NULL; row = gtk_widget_get_next_sibling (row))
    if (SYNC_IS_CONFLICT_ROW (row)
        && strcmp (sync_conflict_row_get_item (SYNC_CONFLICT_ROW (row))->path, path) == 0)
      return SYNC_CONFLICT_ROW (row);
  return NULL;
}

/* The first widget of that type below, in a column of a row (1: this till, 2: server, 3: result). */
static GtkWidget *
find_typed (GtkWidget *widget, GType type)
{
  if (G_TYPE_CHECK_INSTANCE_TYPE (widget, type))
    return widget;
  for (GtkWidget *below = gtk_widget_get_first_child (widget); below != NULL; below = gtk_widget_get_next_sibling (below))
    {
      GtkWidget *found = find_typed (below, type);

      if (found != NULL)
        return found;
    }
  return NULL;
}

static GtkWidget *
in_column (Fixture *fixture, const char *path, guint column, GType type)
{
  SyncConflictRow *row = find_row (fixture, path);
  GtkWidget *cell;

  g_assert_nonnull (row);
  cell = gtk_widget_get_first_child (GTK_WIDGET (row));
  for (guint i = 0; i < column; i++)
    cell = gtk_widget_get_next_sibling (cell);
  return find_typed (cell, type);
}

static void
take (Fixture *fixture, const char *path, guint column)
{
  gtk_check_button_set_active (GTK_CHECK_BUTTON (in_column (fixture, path, column, GTK_TYPE_CHECK_BUTTON)), TRUE);
}

static gboolean
is_taken (Fixture *fixture, const char *path, guint column)
{
  return gtk_check_button_get_active (GTK_CHECK_BUTTON (in_column (fixture, path, column, GTK_TYPE_CHECK_BUTTON)));
}

static void
type (Fixture *fixture, const char *path, const char *typed)
{
  gtk_editable_set_text (GTK_EDITABLE (in_column (fixture, path, 3, GTK_TYPE_ENTRY)), typed);
}

static void
act (Fixture *fixture, const char *action)
{
  g_assert_true (gtk_widget_activate_action (GTK_WIDGET (fixture->dialog), action, NULL));
  settle ();
}

static gboolean
can_apply (Fixture *fixture)
{
  return gtk_widget_get_sensitive (child (fixture, "apply_button"));
}

static void
assert_emitted (Fixture *fixture, const char *expected)
{
  g_assert_cmpstr (fixture->emitted->str, ==, expected);
  g_string_truncate (fixture->emitted, 0);
}

static void
picture (Fixture *fixture, const char *name)
{
  const char *directory = g_getenv ("SYNC_TEST_PICTURES");
  GtkWidget *widget = GTK_WIDGET (fixture->dialog);
  g_autoptr (GdkPaintable) paintable = NULL;
  g_autoptr (GskRenderNode) node = NULL;
  g_autoptr (GdkTexture) texture = NULL;
  g_autoptr (GtkSnapshot) snapshot = NULL;
  g_autofree char *file = NULL;
  int width, height;

  if (directory == NULL)
    return;
  settle ();
  gtk_test_widget_wait_for_draw (widget);
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
test_with_base (Fixture *fixture, gconstpointer data)
{
  g_autofree char *expected = NULL;
  gint64 id = make (fixture, &with_base);

  show (fixture, 0);
  picture (fixture, "base");
  g_assert_cmpstr (text (fixture, "local_user_label"), ==, "");
  sync_conflict_dialog_set_user (fixture->dialog, "till@shop.example");
  g_assert_cmpstr (text (fixture, "server_label"), ==, "Server, another user, 2024-05-06\302\24014:10");
  g_assert_cmpstr (text (fixture, "local_user_label"), ==, "till@shop.example");
  g_assert_true (g_str_has_prefix (text (fixture, "local_label"), "This till, "));
  /* What both changed is to be decided, what one changed is not. */
  g_assert_nonnull (find_row (fixture, "mobile_no"));
  g_assert_nonnull (find_row (fixture, "email_id"));
  g_assert_null (find_row (fixture, "customer_name"));
  g_assert_null (find_row (fixture, "modified"));
  g_assert_cmpstr (text (fixture, "outcome_label"), ==, "2 differences are still to be decided.");
  g_assert_false (can_apply (fixture));
  g_assert_true (is_taken (fixture, "email_id", 1));
  g_assert_false (is_taken (fixture, "mobile_no", 1));
  take (fixture, "mobile_no", 2);
  g_assert_false (can_apply (fixture));
  take (fixture, "credit_limit", 1);
  g_assert_true (can_apply (fixture));
  g_assert_nonnull (strstr (text (fixture, "preview_label"), "\"credit_limit\": 137.5"));
  g_assert_null (strstr (text (fixture, "preview_label"), "mobile_no"));
  picture (fixture, "base-decided");
  act (fixture, "conflict.apply");
  expected = g_strdup_printf ("%" G_GINT64_FORMAT " %d {\"email_id\":\"hello@bakery.example\",\"credit_limit\":137.5,"
                              "\"due_date\":\"2024-06-15\",\"customer_details\":\"Opens at seven.\\u000aCash only.\\u000aAsk "
                              "for Joe.\"};",
                              id, SYNC_RESOLUTION_MERGED);
  assert_emitted (fixture, expected);
  g_assert_cmpstr (gtk_stack_get_visible_child_name (GTK_STACK (child (fixture, "stack"))), ==, "empty");
  picture (fixture, "empty");
}

static void
test_without_base (Fixture *fixture, gconstpointer data)
{
  g_autofree char *expected = NULL;
  gint64 id = make (fixture, &without_base);

  show (fixture, id);
  picture (fixture, "no-base");
  g_assert_nonnull (strstr (text (fixture, "note_label"), "not kept"));
  g_assert_false (can_apply (fixture));
  /* Nothing is written before it is applied, and it can be taken back. */
  act (fixture, "conflict.keep-local");
  g_assert_true (can_apply (fixture));
  g_assert_true (is_taken (fixture, "mobile_no", 1));
  g_assert_true (is_taken (fixture, "due_date", 1));
  act (fixture, "conflict.keep-server");
  g_assert_true (is_taken (fixture, "mobile_no", 2));
  g_assert_cmpstr (text (fixture, "preview_label"), ==, "Nothing");
  assert_emitted (fixture, "");
  act (fixture, "conflict.keep-local");
  act (fixture, "conflict.apply");
  expected = g_strdup_printf ("%" G_GINT64_FORMAT " %d ;", id, SYNC_RESOLUTION_LOCAL_WINS);
  assert_emitted (fixture, expected);
}

static void
test_typed (Fixture *fixture, gconstpointer data)
{
  g_autofree char *expected = NULL;
  gint64 id = make (fixture, &with_base);

  show (fixture, id);
  act (fixture, "conflict.keep-server");
  type (fixture, "credit_limit", "a lot");
  g_assert_false (can_apply (fixture));
  picture (fixture, "mistyped");
  type (fixture, "credit_limit", "142.25");
  g_assert_true (can_apply (fixture));
  type (fixture, "due_date", "31 June");
  g_assert_false (can_apply (fixture));
  /* To choose is to take back what was typed. */
  take (fixture, "due_date", 1);
  g_assert_true (can_apply (fixture));
  g_assert_cmpstr (gtk_editable_get_text (GTK_EDITABLE (in_column (fixture, "due_date", 3, GTK_TYPE_ENTRY))), ==,
                   "2024-06-15");
  type (fixture, "mobile_no", "555-\"0133\"");
  act (fixture, "conflict.apply");
  expected = g_strdup_printf ("%" G_GINT64_FORMAT " %d {\"mobile_no\":\"555-\\\"0133\\\"\",\"credit_limit\":142.25,"
                              "\"due_date\":\"2024-06-15\"};",
                              id, SYNC_RESOLUTION_MANUAL);
  assert_emitted (fixture, expected);
}

static void
test_rows (Fixture *fixture, gconstpointer data)
{
  make (fixture, &with_rows);
  show (fixture, 0);
  picture (fixture, "rows");
  g_assert_nonnull (find_row (fixture, "items"));
  g_assert_nonnull (find_row (fixture, "items/a1/qty"));
  g_assert_nonnull (find_row (fixture, "items/b2"));
  g_assert_nonnull (find_row (fixture, "items/+1"));
  g_assert_nonnull (find_row (fixture, "items/c3/rate"));
  g_assert_null (find_row (fixture, "items/c3/qty"));
  g_assert_false (can_apply (fixture));
  /* The total is the server's to compute, and shown all the same. */
  g_assert_nonnull (find_row (fixture, "grand_total"));
  gtk_test_accessible_assert_property (GTK_WIDGET (find_row (fixture, "items/a1/qty")), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                       "Items, Row 1, Quantity");
  take (fixture, "items/a1/qty", 1);
  take (fixture, "items/b2", 2);
  g_assert_true (can_apply (fixture));
  g_assert_null (strstr (text (fixture, "preview_label"), "MILK"));
  g_assert_nonnull (strstr (text (fixture, "preview_label"), "CAKE"));
  picture (fixture, "rows-decided");
}

/* Only what is possible is offered, with the reason for what is not. */
static void
test_whole (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    const Made *made;
    const char *name;
    const char *reason;
    gboolean local;
  } cases[] = {
    { &deleted, "deleted", "not on the server any more", FALSE },
    { &cancelled, "cancelled", "cancelled on the server", FALSE },
    { &submitted, "submitted", "submitted on the server", TRUE },
    { &malformed, "malformed", "cannot be read", TRUE },
    { &to_delete, "to-delete", "the document goes", TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *expected = NULL;
      gint64 id = make (fixture, cases[i].made);

      show (fixture, id);
      picture (fixture, cases[i].name);
      g_assert_nonnull (strstr (text (fixture, "note_label"), cases[i].reason));
      g_assert_cmpint (gtk_widget_get_sensitive (child (fixture, "local_button")), ==, cases[i].local);
      g_assert_false (can_apply (fixture));
      g_assert_cmpstr (text (fixture, "outcome_label"), ==, "Nothing is decided yet.");
      act (fixture, cases[i].local ? "conflict.keep-local" : "conflict.keep-server");
      g_assert_true (can_apply (fixture));
      act (fixture, "conflict.apply");
      expected = g_strdup_printf ("%" G_GINT64_FORMAT " %d ;", id,
                                  cases[i].local ? SYNC_RESOLUTION_LOCAL_WINS : SYNC_RESOLUTION_SERVER_WINS);
      assert_emitted (fixture, expected);
    }
}

static void
test_many (Fixture *fixture, gconstpointer data)
{
  g_autofree char *skipped = NULL;
  gint64 first = make (fixture, &with_base);
  gint64 second = make (fixture, &deleted);
  gint64 third = make (fixture, &with_rows);

  show (fixture, second);
  g_assert_cmpstr (gtk_window_get_title (GTK_WINDOW (fixture->dialog)), ==, "Conflict 2 of 3");
  act (fixture, "conflict.next");
  g_assert_cmpstr (gtk_window_get_title (GTK_WINDOW (fixture->dialog)), ==, "Conflict 3 of 3");
  g_assert_false (gtk_widget_get_sensitive (child (fixture, "next_button")));
  act (fixture, "conflict.previous");
  act (fixture, "conflict.previous");
  g_assert_cmpstr (gtk_window_get_title (GTK_WINDOW (fixture->dialog)), ==, "Conflict 1 of 3");
  g_assert_false (gtk_widget_get_sensitive (child (fixture, "previous_button")));
  assert_emitted (fixture, "");
  act (fixture, "conflict.skip");
  g_assert_cmpstr (gtk_window_get_title (GTK_WINDOW (fixture->dialog)), ==, "Conflict 2 of 3");
  skipped = g_strdup_printf ("%" G_GINT64_FORMAT " %d ;", first, SYNC_RESOLUTION_SKIP);
  assert_emitted (fixture, skipped);
  /* Somebody else decided the one that is shown. */
  g_assert_true (sync_store_resolve_conflict (fixture->store, second, "server_wins", NULL, "person", NULL));
  sync_conflict_dialog_refresh (fixture->dialog);
  g_assert_cmpstr (gtk_window_get_title (GTK_WINDOW (fixture->dialog)), ==, "Conflict 2 of 2");
  g_assert_nonnull (find_row (fixture, "items"));
  /* The engine refuses. */
  sync_conflict_dialog_report (fixture->dialog, first, "hook Note leaves it to a person");
  g_assert_cmpstr (gtk_window_get_title (GTK_WINDOW (fixture->dialog)), ==, "Conflict 1 of 2");
  g_assert_nonnull (strstr (text (fixture, "trouble_label"), "the shop’s hook for Note leaves it to a person"));
  /* The last one. */
  show (fixture, third);
  act (fixture, "conflict.skip");
  g_assert_null (fixture->dialog);
}

static void
test_similar (Fixture *fixture, gconstpointer data)
{
  g_autofree char *expected = NULL;
  gint64 first = make (fixture, &with_base);
  gint64 other;

  make (fixture, &with_rows);
  make (fixture, &deleted);
  other = make (fixture, &like_it);
  show (fixture, first);
  picture (fixture, "similar");
  g_assert_true (gtk_widget_get_visible (child (fixture, "similar_button")));
  gtk_test_accessible_assert_property (child (fixture, "similar_button"), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                       "Decide 1 similar conflict in the same way");
  /* Not before this one is decided, and not what was typed. */
  g_assert_false (gtk_widget_get_sensitive (child (fixture, "similar_button")));
  act (fixture, "conflict.keep-server");
  g_assert_true (gtk_widget_get_sensitive (child (fixture, "similar_button")));
  type (fixture, "mobile_no", "1");
  g_assert_false (gtk_widget_get_sensitive (child (fixture, "similar_button")));
  act (fixture, "conflict.keep-server");
  gtk_check_button_set_active (GTK_CHECK_BUTTON (child (fixture, "similar_button")), TRUE);
  act (fixture, "conflict.apply");
  expected = g_strdup_printf ("%" G_GINT64_FORMAT " %d ;%" G_GINT64_FORMAT " %d ;", first, SYNC_RESOLUTION_SERVER_WINS,
                              other, SYNC_RESOLUTION_SERVER_WINS);
  assert_emitted (fixture, expected);
  g_assert_cmpstr (gtk_window_get_title (GTK_WINDOW (fixture->dialog)), ==, "Conflict 1 of 2");
}

/* Choices by field hold for the similar one, too; one that they do not decide stays open. */
static void
test_similar_fields (Fixture *fixture, gconstpointer data)
{
  gint64 first = make (fixture, &with_base);
  gint64 second = make (fixture, &like_it);
  g_autofree char *expected
    = g_strdup_printf ("%" G_GINT64_FORMAT " %d {\"mobile_no\":\"555-0111\",", second, SYNC_RESOLUTION_MERGED);

  make (fixture, &without_base);
  show (fixture, first);
  take (fixture, "mobile_no", 1);
  take (fixture, "credit_limit", 2);
  gtk_check_button_set_active (GTK_CHECK_BUTTON (child (fixture, "similar_button")), TRUE);
  act (fixture, "conflict.apply");
  g_assert_nonnull (strstr (fixture->emitted->str, expected));
  sync_conflict_dialog_refresh (fixture->dialog);
  g_assert_cmpstr (gtk_window_get_title (GTK_WINDOW (fixture->dialog)), ==, "Conflict 1 of 1");
}

/* Does what the key is bound to, if it is. */
static gboolean
press (Fixture *fixture, const char *key)
{
  g_autoptr (GListModel) controllers = gtk_widget_observe_controllers (GTK_WIDGET (fixture->dialog));

  for (guint i = 0; i < g_list_model_get_n_items (controllers); i++)
    {
      g_autoptr (GtkEventController) controller = g_list_model_get_item (controllers, i);

      for (guint j = 0; GTK_IS_SHORTCUT_CONTROLLER (controller) && j < g_list_model_get_n_items (G_LIST_MODEL (controller)); j++)
        {
          g_autoptr (GtkShortcut) shortcut = g_list_model_get_item (G_LIST_MODEL (controller), j);
          g_autofree char *trigger = gtk_shortcut_trigger_to_string (gtk_shortcut_get_trigger (shortcut));

          if (strcmp (trigger, key) == 0
              && gtk_shortcut_action_activate (gtk_shortcut_get_action (shortcut), 0, GTK_WIDGET (fixture->dialog), NULL))
            {
              settle ();
              return TRUE;
            }
        }
    }
  return FALSE;
}

static void
test_keys (Fixture *fixture, gconstpointer data)
{
  make (fixture, &with_base);
  make (fixture, &with_rows);
  show (fixture, 0);
  g_assert_true (gtk_window_get_default_widget (GTK_WINDOW (fixture->dialog)) == child (fixture, "skip_button"));
  g_assert_true (press (fixture, "<Alt>Page_Down"));
  g_assert_cmpstr (gtk_window_get_title (GTK_WINDOW (fixture->dialog)), ==, "Conflict 2 of 2");
  g_assert_true (press (fixture, "<Alt>Page_Up"));
  g_assert_cmpstr (gtk_window_get_title (GTK_WINDOW (fixture->dialog)), ==, "Conflict 1 of 2");
  /* Nothing is decided, so there is nothing to apply. */
  press (fixture, "<Control>Return");
  assert_emitted (fixture, "");
  act (fixture, "conflict.keep-local");
  g_assert_true (press (fixture, "Escape"));
  g_assert_null (fixture->dialog);
  assert_emitted (fixture, "");
}

/* Every control that can be used is reached by Tab and the arrows, the choices of a field by the arrows alone. */
static void
collect (GtkWidget *widget, GHashTable *found)
{
  if (!gtk_widget_get_mapped (widget) || !gtk_widget_get_sensitive (widget))
    return;
  if (GTK_IS_BUTTON (widget) || GTK_IS_CHECK_BUTTON (widget) || GTK_IS_ENTRY (widget) || GTK_IS_TEXT_VIEW (widget)
      || GTK_IS_EXPANDER (widget))
    g_hash_table_add (found, widget);
  for (GtkWidget *below = gtk_widget_get_first_child (widget); below != NULL; below = gtk_widget_get_next_sibling (below))
    collect (below, found);
}

static void
reach (GHashTable *left, GtkWidget *focus)
{
  for (; focus != NULL; focus = gtk_widget_get_parent (focus))
    g_hash_table_remove (left, focus);
}

static void
test_focus (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GHashTable) left = g_hash_table_new (NULL, NULL);

  make (fixture, &with_base);
  make (fixture, &like_it);
  show (fixture, 0);
  act (fixture, "conflict.keep-local");
  collect (child (fixture, "stack"), left);
  g_assert_cmpuint (g_hash_table_size (left), >, 15);
  for (guint i = 0; i < 200; i++)
    {
      GtkWidget *focus = gtk_window_get_focus (GTK_WINDOW (fixture->dialog));

      reach (left, focus);
      if (GTK_IS_CHECK_BUTTON (focus))
        {
          gtk_widget_child_focus (gtk_widget_get_ancestor (focus, SYNC_TYPE_CONFLICT_ROW) != NULL
                                    ? gtk_widget_get_ancestor (focus, SYNC_TYPE_CONFLICT_ROW)
                                    : focus,
                                  GTK_DIR_RIGHT);
          reach (left, gtk_window_get_focus (GTK_WINDOW (fixture->dialog)));
        }
      gtk_widget_child_focus (GTK_WIDGET (fixture->dialog), GTK_DIR_TAB_FORWARD);
    }
  g_assert_cmpuint (g_hash_table_size (left), ==, 0);
}

static void
test_accessible (Fixture *fixture, gconstpointer data)
{
  static const char *const names[][2] = {
    { "previous_button", "Previous conflict" }, { "next_button", "Next conflict" }, { "local_button", "Keep this till's" },
    { "server_button", "Keep the server's" },   { "skip_button", "Skip" },          { "apply_button", "Apply" },
    { "rows_box", "Differences" },              { "preview_expander", "Exactly what will be written" },
    { "close_button", "Close" },
  };

  make (fixture, &with_base);
  show (fixture, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    gtk_test_accessible_assert_property (child (fixture, names[i][0]), GTK_ACCESSIBLE_PROPERTY_LABEL, names[i][1]);
  gtk_test_accessible_assert_role (child (fixture, "outcome_label"), GTK_ACCESSIBLE_ROLE_STATUS);
  gtk_test_accessible_assert_role (child (fixture, "trouble_label"), GTK_ACCESSIBLE_ROLE_ALERT);
  gtk_test_accessible_assert_role (GTK_WIDGET (find_row (fixture, "mobile_no")), GTK_ACCESSIBLE_ROLE_GROUP);
  gtk_test_accessible_assert_role (in_column (fixture, "mobile_no", 1, GTK_TYPE_CHECK_BUTTON), GTK_ACCESSIBLE_ROLE_RADIO);
  gtk_test_accessible_assert_role (in_column (fixture, "mobile_no", 3, GTK_TYPE_ENTRY), GTK_ACCESSIBLE_ROLE_TEXT_BOX);
  gtk_test_accessible_assert_property (GTK_WIDGET (find_row (fixture, "mobile_no")), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                       "Mobile phone");
  gtk_test_accessible_assert_property (in_column (fixture, "mobile_no", 1, GTK_TYPE_CHECK_BUTTON),
                                       GTK_ACCESSIBLE_PROPERTY_LABEL, "Mobile phone, this till: 555-0111");
  gtk_test_accessible_assert_property (in_column (fixture, "mobile_no", 2, GTK_TYPE_CHECK_BUTTON),
                                       GTK_ACCESSIBLE_PROPERTY_LABEL, "Mobile phone, server: 555-0122");
  gtk_test_accessible_assert_property (in_column (fixture, "mobile_no", 3, GTK_TYPE_ENTRY),
                                       GTK_ACCESSIBLE_PROPERTY_LABEL, "Mobile phone, result");
}

/* It fits where tills have no more room, from right to left, and with everything opened. */
static void
test_room (Fixture *fixture, gconstpointer data)
{
  GtkTextDirection direction = gtk_widget_get_default_direction ();
  int width, height;

  make (fixture, &with_base);
  make (fixture, &with_rows);
  make (fixture, &like_it);
  gtk_widget_set_default_direction (GTK_TEXT_DIR_RTL);
  show (fixture, 0);
  g_assert_cmpint (gtk_widget_get_direction (GTK_WIDGET (fixture->dialog)), ==, GTK_TEXT_DIR_RTL);
  gtk_widget_measure (GTK_WIDGET (fixture->dialog), GTK_ORIENTATION_HORIZONTAL, -1, &width, NULL, NULL, NULL);
  gtk_widget_measure (GTK_WIDGET (fixture->dialog), GTK_ORIENTATION_VERTICAL, 1024, &height, NULL, NULL, NULL);
  /* Narrower than its columns it scrolls. */
  g_assert_cmpint (width, <=, 512);
  g_assert_cmpint (height, <=, 600);
  picture (fixture, "rtl");
  act (fixture, "conflict.next");
  picture (fixture, "rtl-rows");
  gtk_expander_set_expanded (GTK_EXPANDER (child (fixture, "rest_expander")), TRUE);
  gtk_expander_set_expanded (GTK_EXPANDER (child (fixture, "preview_expander")), TRUE);
  settle ();
  g_assert_nonnull (gtk_widget_get_first_child (child (fixture, "rest_box")));
  gtk_widget_set_default_direction (direction);
}

static void
test_empty (Fixture *fixture, gconstpointer data)
{
  gint64 id;

  show (fixture, 7);
  g_assert_cmpstr (gtk_stack_get_visible_child_name (GTK_STACK (child (fixture, "stack"))), ==, "empty");
  g_assert_false (gtk_widget_get_sensitive (child (fixture, "next_button")));
  /* One comes. */
  id = make (fixture, &with_base);
  sync_conflict_dialog_refresh (fixture->dialog);
  g_assert_cmpstr (gtk_stack_get_visible_child_name (GTK_STACK (child (fixture, "stack"))), ==, "conflict");
  g_assert_true (sync_store_resolve_conflict (fixture->store, id, "server_wins", NULL, "person", NULL));
  sync_conflict_dialog_refresh (fixture->dialog);
  g_assert_cmpstr (gtk_stack_get_visible_child_name (GTK_STACK (child (fixture, "stack"))), ==, "empty");
}

/* In the program: opened by the command line, closed by Escape, opened from the list, decided, and the engine has it. */
typedef struct
{
  SyncApplication *application; /* (owned) */
  SyncStore *reader;            /* (unowned) */
  guint n_ticks;
  gboolean by_option;
  gboolean by_list;
  gboolean applied;
  gboolean resolved;
} Visit;

static GtkWindow *
find_window (GType window_type)
{
  GListModel *windows = gtk_window_get_toplevels ();

  for (guint i = 0; i < g_list_model_get_n_items (windows); i++)
    {
      g_autoptr (GtkWindow) window = g_list_model_get_item (windows, i);

      if (G_TYPE_CHECK_INSTANCE_TYPE (window, window_type))
        return window;
    }
  return NULL;
}

/* The button in a row of the list. */
static GtkWidget *
find_decide (GtkWidget *widget)
{
  if (GTK_IS_BUTTON (widget) && g_strcmp0 (gtk_button_get_label (GTK_BUTTON (widget)), "_Decide…") == 0)
    return gtk_widget_get_mapped (widget) ? widget : NULL;
  for (GtkWidget *below = gtk_widget_get_first_child (widget); below != NULL; below = gtk_widget_get_next_sibling (below))
    {
      GtkWidget *found = find_decide (below);

      if (found != NULL)
        return found;
    }
  return NULL;
}

static void
visit_dialog (Visit *visit, GtkWidget *dialog)
{
  if (!visit->by_option)
    {
      visit->by_option = TRUE;
      gtk_widget_activate_action (dialog, "window.close", NULL);
    }
  else if (visit->by_list && !visit->applied)
    {
      visit->applied = TRUE;
      gtk_widget_activate_action (dialog, "conflict.keep-server", NULL);
      gtk_widget_activate_action (dialog, "conflict.apply", NULL);
    }
}

static gboolean
visit_cb (gpointer user_data)
{
  Visit *visit = user_data;
  GtkWindow *window = find_window (SYNC_TYPE_WINDOW);
  GtkWindow *dialog = find_window (SYNC_TYPE_CONFLICT_DIALOG);
  GtkWidget *decide = window != NULL ? find_decide (GTK_WIDGET (window)) : NULL;
  g_autoptr (GPtrArray) open = sync_store_list_conflicts (visit->reader, "pending", 0, NULL);

  visit->resolved = open != NULL && open->len == 0;
  if (visit->resolved || ++visit->n_ticks > 500)
    {
      g_action_group_activate_action (G_ACTION_GROUP (visit->application), "quit", NULL);
      return G_SOURCE_REMOVE;
    }
  if (dialog != NULL)
    visit_dialog (visit, GTK_WIDGET (dialog));
  else if (visit->by_option && !visit->by_list && decide != NULL)
    {
      visit->by_list = TRUE;
      g_signal_emit_by_name (decide, "clicked");
    }
  return G_SOURCE_CONTINUE;
}

static void
test_application (Fixture *fixture, gconstpointer data)
{
  Visit visit = { .reader = fixture->reader };
  g_autoptr (SyncConflict) conflict = NULL;
  gint64 id = make (fixture, &with_base);

  sync_store_close (fixture->store);
  g_setenv ("POSAWESOME_SYNC_DATA_DIR", fixture->directory, TRUE);
  g_setenv ("ERPNEXT_BASE_URL", "http://127.0.0.1", TRUE);
  g_setenv ("CONFLICT_POLICIES", "*=ask", TRUE);
  g_setenv ("GATEWAY_PORT", "0", TRUE);
  visit.application = sync_application_new (TRUE);
  sync_application_set_conflict (visit.application, 0);
  g_timeout_add (20, visit_cb, &visit);
  g_assert_cmpint (sync_application_run (visit.application), ==, 0);
  g_assert_finalize_object (visit.application);
  g_assert_true (visit.by_option);
  g_assert_true (visit.by_list);
  g_assert_true (visit.resolved);
  conflict = sync_store_get_conflict (fixture->reader, id, NULL);
  g_assert_cmpstr (conflict->resolution, ==, "server_wins");
  g_assert_cmpstr (conflict->resolved_by, ==, "window");
}

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)

/* As the application does. */
static void
load_style (void)
{
  g_autoptr (GtkCssProvider) provider = gtk_css_provider_new ();

  gtk_css_provider_load_from_resource (provider, "/org/posawesome/Sync/style.css");
  gtk_style_context_add_provider_for_display (gdk_display_get_default (), GTK_STYLE_PROVIDER (provider),
                                              GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
}

int
main (int argc, char *argv[])
{
  g_setenv ("TZ", "UTC", TRUE);
  gtk_test_init (&argc, &argv, NULL);
  /* GTK has chosen another one. */
  setlocale (LC_ALL, "C.UTF-8");
  adw_init ();
  load_style ();
  ADD ("/sync/conflict-dialog/with-base", test_with_base);
  ADD ("/sync/conflict-dialog/without-base", test_without_base);
  ADD ("/sync/conflict-dialog/typed", test_typed);
  ADD ("/sync/conflict-dialog/rows", test_rows);
  ADD ("/sync/conflict-dialog/whole", test_whole);
  ADD ("/sync/conflict-dialog/many", test_many);
  ADD ("/sync/conflict-dialog/similar", test_similar);
  ADD ("/sync/conflict-dialog/similar-fields", test_similar_fields);
  ADD ("/sync/conflict-dialog/keys", test_keys);
  ADD ("/sync/conflict-dialog/focus", test_focus);
  ADD ("/sync/conflict-dialog/accessible", test_accessible);
  ADD ("/sync/conflict-dialog/room", test_room);
  ADD ("/sync/conflict-dialog/empty", test_empty);
  ADD ("/sync/conflict-dialog/application", test_application);
  return g_test_run ();
}
