/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What happened, as the page lists it: the words of each line, what a filter and a search leave, rows that come while
 * somebody reads, a hundred thousand of them, and the files that are written. */
#include "busy-store.h"
#include "sync-activity-export.h"
#include "sync-activity-list.h"
#include "sync-error.h"

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>

typedef struct
{
  BusyStore busy;
  SyncActivityList *list; /* (owned) (nullable) */
  guint shown;            /* what a view that only hears of changes believes to be the length */
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  busy_store_set_up (&fixture->busy, data);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  if (fixture->list != NULL)
    g_assert_finalize_object (fixture->list);
  busy_store_tear_down (&fixture->busy, data);
}

static void
items_changed_cb (GListModel *model, guint position, guint removed, guint added, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_assert_cmpuint (position + removed, <=, fixture->shown);
  fixture->shown += added - removed;
  g_assert_cmpuint (fixture->shown, ==, g_list_model_get_n_items (model));
}

static void
scan (Fixture *fixture)
{
  while (sync_activity_list_get_scanning (fixture->list))
    g_main_context_iteration (NULL, TRUE);
}

static void
open_list (Fixture *fixture)
{
  fixture->list = sync_activity_list_new (fixture->busy.reader);
  g_signal_connect (fixture->list, "items-changed", G_CALLBACK (items_changed_cb), fixture);
  scan (fixture);
}

static void
filter (Fixture *fixture, SyncActivityFilter what, const char *text)
{
  sync_activity_list_set_filter (fixture->list, &what, text);
  scan (fixture);
}

static SyncActivityItem *
get (Fixture *fixture, guint position)
{
  SyncActivityItem *item = g_list_model_get_item (G_LIST_MODEL (fixture->list), position);

  g_assert_nonnull (item);
  /* The list's as long as it is loaded, and that is enough here. */
  g_object_unref (item);
  return item;
}

/* "what|document|party|outcome|actor" */
static char *
dup_row (Fixture *fixture, guint position)
{
  g_autofree char *what = NULL;
  g_autofree char *document = NULL;
  g_autofree char *party = NULL;
  g_autofree char *outcome = NULL;
  g_autofree char *actor = NULL;

  g_object_get (get (fixture, position), "what", &what, "document", &document, "party", &party, "outcome", &outcome,
                "actor", &actor, NULL);
  return g_strjoin ("|", what, document, party != NULL ? party : "", outcome, actor, NULL);
}

static void
assert_rows (Fixture *fixture, const char *const *rows)
{
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (fixture->list)), ==, g_strv_length ((char **) rows));
  for (guint i = 0; rows[i] != NULL; i++)
    {
      g_autofree char *row = dup_row (fixture, i);

      g_assert_cmpstr (row, ==, rows[i]);
    }
}

#define ROWS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* One that is refused, repeated by a person and delivered; one that comes into conflict; one that is given up. */
static void
tell_story (Fixture *fixture)
{
  BusyStore *busy = &fixture->busy;
  gint64 id = busy_store_take (busy, "Sales Invoice", "Corner Bakery");

  busy_store_pass (busy, 1000);
  busy_store_send (busy, id);
  busy_store_pass (busy, 200);
  busy_store_answer (busy, id, SYNC_STATE_FAILED, "refused", 417, "Not in\nstock.");
  busy_store_pass (busy, 1000);
  busy_store_decide (busy, id, SYNC_STATE_FAILED, SYNC_STATE_PENDING, NULL, "window", NULL);
  busy_store_pass (busy, 1000);
  busy_store_deliver (busy, id, 250, "SINV-1");
  busy_store_pass (busy, 1000);
  id = busy_store_take (busy, "Customer", "Ann");
  busy_store_pass (busy, 1000);
  busy_store_send (busy, id);
  busy_store_pass (busy, 200);
  busy_store_conflict (busy, id);
  busy_store_pass (busy, 1000);
  busy_store_decide (busy, id, SYNC_STATE_CONFLICT, SYNC_STATE_DISCARDED, "server_wins", "window", "she is right");
  busy_store_pass (busy, 1000);
  id = busy_store_take (busy, "Sales Invoice", "Joe");
  busy_store_pass (busy, 1000);
  busy_store_decide (busy, id, SYNC_STATE_PENDING, SYNC_STATE_DISCARDED, NULL, "posawesome-syncctl", "made twice");
}

#define JOE "Given up|Sale|Joe|made twice|the command line", "Taken|Sale|Joe||another program (HTTP)"
#define ANN                                                                                                            \
  "Decided|Customer|Ann|the server's version stands: she is right|a person here",                                      \
      "Left to a person|Customer|Ann|the total differs|automatic",                                                     \
      "Conflict|Customer|Ann|answer 417, also changed on the server|automatic",                                        \
      "Sent|Customer|Ann|answer 417, changed on the server|automatic", "Taken|Customer|Ann||another program (HTTP)"
#define BAKERY                                                                                                         \
  "Delivered|Sale SINV-1|Corner Bakery|answer 200, 250 ms|automatic",                                                  \
      "Sent|Sale SINV-1|Corner Bakery|answer 200, delivered|automatic",                                                \
      "Waits again|Sale SINV-1|Corner Bakery|to be sent again|a person here",                                          \
      "Refused|Sale SINV-1|Corner Bakery|answer 417: Not in stock.|automatic",                                         \
      "Sent|Sale SINV-1|Corner Bakery|answer 417, refused: Not in stock.|automatic",                                   \
      "Taken|Sale SINV-1|Corner Bakery||another program (HTTP)"

static void
test_words (Fixture *fixture, gconstpointer data)
{
  tell_story (fixture);
  open_list (fixture);
  assert_rows (fixture, ROWS (JOE, ANN, BAKERY));
}

/* A missing right is not a missing sign-in, though both are asked about. */
static void
test_rights (Fixture *fixture, gconstpointer data)
{
  BusyStore *busy = &fixture->busy;
  gint64 id = busy_store_take (busy, "Customer", "Ann");

  busy_store_pass (busy, 1000);
  busy_store_send (busy, id);
  busy_store_answer (busy, id, SYNC_STATE_PENDING, "ask", 401, NULL);
  busy_store_pass (busy, 1000);
  busy_store_send (busy, id);
  busy_store_answer (busy, id, SYNC_STATE_FAILED, "ask", 403, "No permission for Customer");
  open_list (fixture);
  filter (fixture, (SyncActivityFilter){ .kind = SYNC_ACTIVITY_TRIED }, NULL);
  assert_rows (fixture, ROWS ("Sent|Customer|Ann|answer 403, no right to do that: No permission for Customer|automatic",
                              "Sent|Customer|Ann|answer 401, not signed in, or not our server|automatic"));
}

static void
test_filter (Fixture *fixture, gconstpointer data)
{
  gint64 then_ms;

  tell_story (fixture);
  open_list (fixture);
  filter (fixture, (SyncActivityFilter){ .kind = SYNC_ACTIVITY_DELIVERED }, NULL);
  assert_rows (fixture, ROWS ("Delivered|Sale SINV-1|Corner Bakery|answer 200, 250 ms|automatic"));
  filter (fixture, (SyncActivityFilter){ .by_person = TRUE }, NULL);
  assert_rows (fixture, ROWS ("Given up|Sale|Joe|made twice|the command line",
                              "Decided|Customer|Ann|the server's version stands: she is right|a person here",
                              "Waits again|Sale SINV-1|Corner Bakery|to be sent again|a person here"));
  filter (fixture, (SyncActivityFilter){ .kind = SYNC_ACTIVITY_CONFLICT }, NULL);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (fixture->list)), ==, 3);
  then_ms = sync_activity_item_get_line (get (fixture, 0))->at_ms;
  filter (fixture, (SyncActivityFilter){ .since_ms = then_ms + 1 }, NULL);
  assert_rows (fixture, ROWS (JOE));
  filter (fixture, (SyncActivityFilter){ 0 }, " ANN ");
  assert_rows (fixture, ROWS (ANN));
  filter (fixture, (SyncActivityFilter){ 0 }, "sinv-1");
  assert_rows (fixture, ROWS (BAKERY));
  filter (fixture, (SyncActivityFilter){ 0 }, "key-000002");
  assert_rows (fixture, ROWS (JOE));
  filter (fixture, (SyncActivityFilter){ .kind = SYNC_ACTIVITY_TAKEN }, "3");
  assert_rows (fixture, ROWS ("Taken|Sale|Joe||another program (HTTP)"));
  filter (fixture, (SyncActivityFilter){ 0 }, "nobody");
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (fixture->list)), ==, 0);
  filter (fixture, (SyncActivityFilter){ 0 }, "");
  assert_rows (fixture, ROWS (JOE, ANN, BAKERY));
}

/* What comes while somebody reads stands above, and what is read changes in place. */
static void
test_refresh (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncActivityItem) kept = NULL;
  g_autofree char *row = NULL;
  gint64 id = busy_store_take (&fixture->busy, "Sales Invoice", "Corner Bakery");

  busy_store_pass (&fixture->busy, 1000);
  busy_store_send (&fixture->busy, id);
  open_list (fixture);
  assert_rows (fixture, ROWS ("Sent|Sale|Corner Bakery|on its way|automatic",
                              "Taken|Sale|Corner Bakery||another program (HTTP)"));
  kept = g_object_ref (get (fixture, 0));
  busy_store_pass (&fixture->busy, 1000);
  busy_store_answer (&fixture->busy, id, SYNC_STATE_PENDING, "not-done", 0, "No route to host");
  sync_activity_list_refresh (fixture->list);
  assert_rows (fixture, ROWS ("Sent|Sale|Corner Bakery|not taken, waits: No route to host|automatic",
                              "Taken|Sale|Corner Bakery||another program (HTTP)"));
  g_assert_true (get (fixture, 0) == kept);
  busy_store_pass (&fixture->busy, 1000);
  busy_store_deliver (&fixture->busy, id, 3000, "SINV-7");
  sync_activity_list_refresh (fixture->list);
  g_assert_true (get (fixture, 2) == kept);
  assert_rows (fixture, ROWS ("Delivered|Sale SINV-7|Corner Bakery|answer 200, 3.0 s|automatic",
                              "Sent|Sale SINV-7|Corner Bakery|answer 200, delivered|automatic",
                              "Sent|Sale SINV-7|Corner Bakery|not taken, waits: No route to host|automatic",
                              "Taken|Sale SINV-7|Corner Bakery||another program (HTTP)"));
  /* A search does not let in what it would not have found. */
  filter (fixture, (SyncActivityFilter){ 0 }, "ann");
  busy_store_take (&fixture->busy, "Customer", "Joe");
  busy_store_take (&fixture->busy, "Customer", "Ann");
  sync_activity_list_refresh (fixture->list);
  assert_rows (fixture, ROWS ("Taken|Customer|Ann||another program (HTTP)"));
  /* More at once than are added: it begins anew. */
  filter (fixture, (SyncActivityFilter){ 0 }, NULL);
  busy_store_take_many (&fixture->busy, 5000);
  sync_activity_list_refresh (fixture->list);
  scan (fixture);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (fixture->list)), ==, 5006);
}

/* What became of a forgotten request is still known. */
static void
test_forgotten (Fixture *fixture, gconstpointer data)
{
  guint n_cleared;

  busy_store_deliver (&fixture->busy, busy_store_take (&fixture->busy, "Sales Invoice", "Joe"), 100, "SINV-1");
  busy_store_pass (&fixture->busy, G_GINT64_CONSTANT (40) * 86400000);
  /* The newest is always kept. */
  busy_store_deliver (&fixture->busy, busy_store_take (&fixture->busy, "Customer", "Ann"), 100, "Ann");
  g_assert_true (sync_store_clear_old (fixture->busy.store, 30, G_MAXINT, &n_cleared, NULL));
  g_assert_cmpuint (n_cleared, ==, 1);
  open_list (fixture);
  assert_rows (fixture, ROWS ("Delivered|Customer Ann|Ann|answer 200, 100 ms|automatic",
                              "Sent|Customer Ann|Ann|answer 200, delivered|automatic",
                              "Taken|Customer Ann|Ann||another program (HTTP)", "Delivered|Entry 1|||automatic",
                              "Sent|Entry 1|||automatic", "Taken|Entry 1|||another program (HTTP)"));
}

/* However many there are, and wherever somebody jumps, few are held. */
static void
test_many (Fixture *fixture, gconstpointer data)
{
  const guint n = 100000;
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  guint most = 0;

  busy_store_take_many (&fixture->busy, n);
  open_list (fixture);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (fixture->list)), ==, n);
  g_assert_cmpuint (sync_activity_list_get_n_loaded (fixture->list), ==, 0);
  for (guint i = 0; i < 3000; i++)
    {
      guint position = i < 1500 ? i : (guint) g_rand_int_range (rand, 0, n);

      g_assert_cmpint (sync_activity_item_get_line (get (fixture, position))->request_id, ==, n - position);
      most = MAX (most, sync_activity_list_get_n_loaded (fixture->list));
    }
  g_assert_cmpuint (most, >, 100);
  g_assert_cmpuint (most, <=, 512);
}

/* Files */

static void
exported_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static void
progress_cb (guint done, guint total, gpointer user_data)
{
  guint *last = user_data;

  g_assert_cmpuint (done, >, *last);
  g_assert_cmpuint (done, <=, total);
  *last = done;
}

static gboolean
export_ids (Fixture *fixture, GArray *ids, const char *path, SyncActivityFormat format, GCancellable *cancellable,
            guint *progress, GError **error)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GAsyncResult) result = NULL;

  sync_activity_export_async (fixture->busy.directory, ids, file, format, cancellable, progress_cb, progress, exported_cb,
                              &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return sync_activity_export_finish (result, error);
}

static gboolean
export (Fixture *fixture, const char *path, SyncActivityFormat format, GCancellable *cancellable, guint *progress,
        GError **error)
{
  g_autoptr (GArray) ids = sync_activity_list_dup_ids (fixture->list);

  return export_ids (fixture, ids, path, format, cancellable, progress, error);
}

static char *
read_export (Fixture *fixture, SyncActivityFormat format)
{
  g_autofree char *path = g_build_filename (fixture->busy.directory, "export", NULL);
  g_autoptr (GError) error = NULL;
  char *contents = NULL;
  guint progress = 0;
  GStatBuf info;

  export (fixture, path, format, NULL, &progress, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_stat (path, &info), ==, 0);
  g_assert_cmpuint (info.st_mode & 0077, ==, 0);
  g_assert_true (g_file_get_contents (path, &contents, NULL, NULL));
  return contents;
}

/* Fields of a CSV text, each between brackets, a line for each record: read by the letter of RFC 4180. */
static char *
parse_csv (const char *text)
{
  GString *parsed = g_string_new ("[");
  gboolean quoted = FALSE;

  for (const char *c = text; *c != '\0'; c++)
    if (quoted && c[0] == '"' && c[1] == '"')
      g_string_append_c (parsed, *c++);
    else if (*c == '"')
      quoted = !quoted;
    else if (!quoted && *c == ',')
      g_string_append (parsed, "][");
    else if (!quoted && c[0] == '\r' && c[1] == '\n')
      {
        g_string_append (parsed, c[2] != '\0' ? "]\n[" : "]");
        c++;
      }
    else
      g_string_append_c (parsed, *c);
  g_assert_false (quoted);
  return g_string_free (parsed, FALSE);
}

static void
test_csv (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = NULL;
  g_autofree char *parsed = NULL;
  g_auto (GStrv) lines = NULL;

  tell_story (fixture);
  open_list (fixture);
  text = read_export (fixture, SYNC_ACTIVITY_CSV);
  parsed = parse_csv (text);
  lines = g_strsplit (parsed, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 14);
  g_assert_cmpstr (lines[0], ==,
                   "[time][what][entry][document_type][document][customer][amount][currency][key][from][to]"
                   "[http_status][outcome][by]");
  g_assert_true (g_str_has_suffix (lines[1], "[Given up][3][Sales Invoice][][Joe][2.50][EUR][key-000002][pending]"
                                             "[discarded][][made twice][posawesome-syncctl]"));
  g_assert_true (g_str_has_suffix (lines[4], "[Left to a person][2][Customer][][Ann][1.50][EUR][key-000001][][][]"
                                             "[the total differs][engine]"));
  g_assert_true (g_str_has_suffix (lines[11], "[Refused][1][Sales Invoice][SINV-1][Corner Bakery][0.50][EUR]"
                                              "[key-000000][sending][failed][417][answer 417: Not in stock.][engine]"));
}

static void
test_csv_fields (void)
{
  static const char *const fields[][2] = {
    { "plain", "plain" },
    { "", "" },
    { "a,b", "\"a,b\"" },
    { "say \"no\"", "\"say \"\"no\"\"\"" },
    { "two\nlines", "\"two\nlines\"" },
    { "-12.50", "-12.50" },
    { "+49", "+49" },
    { "=1+2", "\"'=1+2\"" },
    { "-1+2", "\"'-1+2\"" },
    { "@SUM(A1)", "\"'@SUM(A1)\"" },
    { "\t=1", "\"'\t=1\"" },
    { "=HYPERLINK(\"http://x\",\"y\")", "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"" },
    { "-", "\"'-\"" },
    { "-inf", "\"'-inf\"" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (fields); i++)
    {
      g_autoptr (GString) text = g_string_new (NULL);

      sync_activity_append_csv (text, fields[i][0]);
      g_assert_cmpstr (text->str, ==, fields[i][1]);
    }
}

static void
test_json (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = NULL;
  g_autofree char *empty = NULL;
  g_autoptr (JsonNode) node = NULL;
  g_autoptr (GError) error = NULL;
  JsonObject *row;

  tell_story (fixture);
  open_list (fixture);
  text = read_export (fixture, SYNC_ACTIVITY_JSON);
  node = json_from_string (text, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (json_array_get_length (json_node_get_array (node)), ==, 13);
  row = json_array_get_object_element (json_node_get_array (node), 10);
  g_assert_cmpstr (json_object_get_string_member (row, "what"), ==, "Refused");
  g_assert_cmpint (json_object_get_int_member (row, "http_status"), ==, 417);
  g_assert_cmpint (json_object_get_int_member (row, "entry"), ==, 1);
  g_assert_cmpstr (json_object_get_string_member (row, "customer"), ==, "Corner Bakery");
  g_assert_true (g_str_has_suffix (json_object_get_string_member (row, "time"), "+00:00"));
  filter (fixture, (SyncActivityFilter){ 0 }, "nobody");
  empty = read_export (fixture, SYNC_ACTIVITY_JSON);
  g_assert_cmpstr (empty, ==, "[\n]\n");
}

/* Nothing is left half written, and what stood there stays. */
static void
test_trouble (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->busy.directory, "export", NULL);
  g_autofree char *nowhere = g_build_filename (fixture->busy.directory, "nowhere", "export", NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) cancelled = NULL;
  g_autoptr (GError) missing = NULL;
  g_autoptr (GError) broken = NULL;
  g_autoptr (GArray) ids = NULL;
  g_autoptr (GDir) dir = NULL;
  g_autofree char *contents = NULL;
  guint progress = 0;
  const char *name;

  busy_store_take_many (&fixture->busy, 1000);
  open_list (fixture);
  g_assert_true (g_file_set_contents (path, "before", -1, NULL));
  g_cancellable_cancel (cancellable);
  g_assert_false (export (fixture, path, SYNC_ACTIVITY_CSV, cancellable, &progress, &cancelled));
  g_assert_error (cancelled, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (progress, ==, 0);
  /* Something is wrong in the middle of it. */
  ids = sync_activity_list_dup_ids (fixture->list);
  g_array_index (ids, gint64, 900) = 1001;
  g_assert_false (export_ids (fixture, ids, path, SYNC_ACTIVITY_CSV, NULL, &progress, &broken));
  g_assert_error (broken, SYNC_ERROR, SYNC_ERROR_NOT_FOUND);
  g_assert_cmpuint (progress, ==, 800);
  g_assert_true (g_file_get_contents (path, &contents, NULL, NULL));
  g_assert_cmpstr (contents, ==, "before");
  g_assert_false (export (fixture, nowhere, SYNC_ACTIVITY_CSV, NULL, &progress, &missing));
  g_assert_error (missing, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  progress = 0;
  export (fixture, path, SYNC_ACTIVITY_CSV, NULL, &progress, NULL);
  g_assert_cmpuint (progress, ==, 1000);
  dir = g_dir_open (fixture->busy.directory, 0, NULL);
  while ((name = g_dir_read_name (dir)) != NULL)
    g_assert_false (g_str_has_prefix (name, ".goutputstream"));
}

/* What a link leads to is not what is written over. */
static void
test_link (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->busy.directory, "export", NULL);
  g_autofree char *there = g_build_filename (fixture->busy.directory, "there", NULL);
  g_autoptr (GFile) link = g_file_new_for_path (path);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) broken = NULL;
  g_autoptr (GArray) ids = NULL;
  g_autofree char *contents = NULL;
  guint progress = 0;

  busy_store_take_many (&fixture->busy, 1000);
  open_list (fixture);
  g_assert_true (g_file_set_contents (there, "before", -1, NULL));
  g_assert_true (g_file_make_symbolic_link (link, there, NULL, NULL));
  ids = sync_activity_list_dup_ids (fixture->list);
  g_array_index (ids, gint64, 900) = 1001;
  g_assert_false (export_ids (fixture, ids, path, SYNC_ACTIVITY_CSV, NULL, &progress, &broken));
  g_assert_error (broken, SYNC_ERROR, SYNC_ERROR_NOT_FOUND);
  g_assert_true (g_file_test (path, G_FILE_TEST_IS_SYMLINK));
  progress = 0;
  g_assert_true (export (fixture, path, SYNC_ACTIVITY_CSV, NULL, &progress, NULL));
  g_assert_false (g_file_test (path, G_FILE_TEST_IS_SYMLINK));
  g_assert_true (g_file_get_contents (there, &contents, NULL, NULL));
  g_assert_cmpstr (contents, ==, "before");
}

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_setenv ("TZ", "UTC", TRUE);
  g_test_init (&argc, &argv, NULL);
  ADD ("/sync/activity/words", test_words);
  ADD ("/sync/activity/rights", test_rights);
  ADD ("/sync/activity/filter", test_filter);
  ADD ("/sync/activity/refresh", test_refresh);
  ADD ("/sync/activity/forgotten", test_forgotten);
  ADD ("/sync/activity/many", test_many);
  ADD ("/sync/activity/csv", test_csv);
  g_test_add_func ("/sync/activity/csv-fields", test_csv_fields);
  ADD ("/sync/activity/json", test_json);
  ADD ("/sync/activity/trouble", test_trouble);
  ADD ("/sync/activity/link", test_link);
  return g_test_run ();
}
