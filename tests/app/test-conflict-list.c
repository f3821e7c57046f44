/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The models behind the page of conflicts: which are open, how the others ended, page by page, and rows that come, change and
 * go without disturbing the others. */
#include "sync-clock-virtual.h"
#include "sync-conflict-decision.h"
#include "sync-conflict-list.h"
#include "sync-test-directory.h"

typedef struct
{
  char *directory; /* (owned) */
  SyncClockVirtual *clock; /* (owned) */
  SyncStore *store; /* (owned): what the engine writes */
  SyncStore *reader; /* (owned): what the window reads */
  SyncConflictList *open; /* (owned) */
  SyncConflictList *decided; /* (owned) */
  guint n_open; /* what views that only hear of changes believe to be the lengths */
  guint n_decided;
} Fixture;

static void
items_changed_cb (GListModel *model, guint position, guint removed, guint added, guint *shown)
{
  g_assert_cmpuint (position + removed, <=, *shown);
  *shown += added - removed;
  g_assert_cmpuint (*shown, ==, g_list_model_get_n_items (model));
}

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
  fixture->open = sync_conflict_list_new (fixture->reader, FALSE);
  fixture->decided = sync_conflict_list_new (fixture->reader, TRUE);
  g_signal_connect (fixture->open, "items-changed", G_CALLBACK (items_changed_cb), &fixture->n_open);
  g_signal_connect (fixture->decided, "items-changed", G_CALLBACK (items_changed_cb), &fixture->n_decided);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_assert_finalize_object (fixture->open);
  g_assert_finalize_object (fixture->decided);
  g_clear_object (&fixture->reader);
  sync_store_close (fixture->store);
  g_clear_object (&fixture->store);
  g_clear_object (&fixture->clock);
  sync_test_directory_free (fixture->directory);
}

/* A change of customer C-@number that met another one; its conflict has that number, too. */
static void
make (Fixture *fixture, guint number)
{
  g_autofree char *name = g_strdup_printf ("C-%u", number);
  SyncConflict conflict = { .resource_type = (char *) "Customer",
                            .resource_id = name,
                            .conflict_type = (char *) "edit_edit",
                            .local_data = (char *) "{\"mobile_no\":\"1\"}",
                            .server_data = (char *) "{\"mobile_no\":\"2\",\"modified\":\"2024-05-06 07:08:09\"}",
                            .server_version = (char *) "2024-05-06 07:08:09" };
  SyncChange change = SYNC_CHANGE_INIT;
  SyncRequest *request = sync_request_new ();
  SyncAcceptance *acceptance = sync_acceptance_new (request);
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_acceptance_free);
  g_autoptr (GError) error = NULL;

  g_ptr_array_add (rows, acceptance);
  request->site = g_strdup ("http://127.0.0.1");
  request->key = g_strdup_printf ("key-%u", number);
  request->fingerprint = g_compute_checksum_for_string (G_CHECKSUM_SHA256, request->key, -1);
  request->family = g_strdup ("resource");
  request->method = g_strdup ("PUT");
  request->url = g_strdup_printf ("/api/resource/Customer/%s", name);
  request->content_type = g_strdup ("application/json");
  request->accepted_body = g_bytes_new (conflict.local_data, strlen (conflict.local_data));
  request->resource_type = g_strdup ("Customer");
  request->resource_id = g_strdup (name);
  request->lane = g_strdup (name);
  request->action = g_strdup ("update");
  g_assert_true (sync_store_accept (fixture->store, rows, &error));
  g_assert_no_error (error);
  change.id = acceptance->id;
  change.to = SYNC_STATE_CONFLICT;
  change.conflict = &conflict;
  g_assert_true (sync_store_change (fixture->store, &change, &error));
  g_assert_no_error (error);
}

static void
change_state (Fixture *fixture, gint64 id, SyncState from, SyncState to, const char *resolution, const char *actor)
{
  SyncChange change = SYNC_CHANGE_INIT;
  g_autoptr (GError) error = NULL;

  change.id = id;
  change.from = from;
  change.to = to;
  change.resolution = resolution;
  change.actor = actor;
  change.reason = to == SYNC_STATE_DISCARDED ? "test" : NULL;
  g_assert_true (sync_store_change (fixture->store, &change, &error));
  g_assert_no_error (error);
}

/* The till's version is sent, and arrives. */
static void
deliver (Fixture *fixture, gint64 id)
{
  const SyncSend send = { .is_pending = TRUE };
  SyncChange change = SYNC_CHANGE_INIT;
  g_autoptr (GError) error = NULL;
  guint attempt;
  g_autoptr (SyncRequest) claimed = sync_store_claim (fixture->store, id, &send, &attempt, &error);

  g_assert_no_error (error);
  change.id = id;
  change.from = SYNC_STATE_SENDING;
  change.to = SYNC_STATE_COMPLETED;
  change.attempt = attempt;
  change.unaccounted = 0;
  change.proof = "server";
  change.server_modified = "2024-05-06 08:00:00";
  g_assert_true (sync_store_change (fixture->store, &change, &error));
  g_assert_no_error (error);
}

static void
refresh (Fixture *fixture)
{
  sync_conflict_list_refresh (fixture->open);
  sync_conflict_list_refresh (fixture->decided);
}

static void
assert_ids (SyncConflictList *list, const char *expected)
{
  g_autoptr (GString) ids = g_string_new (NULL);

  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (list)); i++)
    {
      g_autoptr (SyncConflictItem) item = g_list_model_get_item (G_LIST_MODEL (list), i);

      g_string_append_printf (ids, "%s%" G_GINT64_FORMAT, i > 0 ? " " : "", sync_conflict_item_get_id (item));
    }
  g_assert_cmpstr (ids->str, ==, expected);
}

static SyncConflictItem *
get (SyncConflictList *list, guint position)
{
  SyncConflictItem *item = g_list_model_get_item (G_LIST_MODEL (list), position);

  g_assert_nonnull (item);
  return item;
}

static void
assert_says (SyncConflictItem *item, const char *words)
{
  if (strstr (sync_conflict_item_get_description (item), words) == NULL)
    g_error ("“%s” is not in “%s”", words, sync_conflict_item_get_description (item));
}

/* From one list into the other, and the rows between stay what they are. */
static void
test_moves (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncConflictItem) kept = NULL;
  g_autoptr (SyncConflictItem) still = NULL;

  refresh (fixture);
  assert_ids (fixture->open, "");
  for (guint i = 1; i <= 5; i++)
    make (fixture, i);
  refresh (fixture);
  assert_ids (fixture->open, "1 2 3 4 5");
  assert_ids (fixture->decided, "");
  kept = get (fixture->open, 2);
  change_state (fixture, 2, SYNC_STATE_CONFLICT, SYNC_STATE_DISCARDED, "server_wins", "window");
  change_state (fixture, 5, SYNC_STATE_CONFLICT, SYNC_STATE_DISCARDED, "server_wins", "window");
  change_state (fixture, 1, SYNC_STATE_CONFLICT, SYNC_STATE_DISCARDED, "server_wins", "window");
  make (fixture, 6);
  refresh (fixture);
  assert_ids (fixture->open, "3 4 6");
  assert_ids (fixture->decided, "1 5 2");
  still = get (fixture->open, 0);
  g_assert_true (still == kept);
  g_clear_object (&kept);
  g_clear_object (&still);
  kept = get (fixture->decided, 0);
  change_state (fixture, 4, SYNC_STATE_CONFLICT, SYNC_STATE_DISCARDED, "server_wins", "window");
  refresh (fixture);
  assert_ids (fixture->decided, "4 1 5 2");
  still = get (fixture->decided, 1);
  g_assert_true (still == kept);
}

/* Only as much is loaded as somebody has scrolled to. */
static void
test_pages (Fixture *fixture, gconstpointer data)
{
  for (guint i = 1; i <= 75; i++)
    {
      make (fixture, i);
      change_state (fixture, i, SYNC_STATE_CONFLICT, SYNC_STATE_DISCARDED, "server_wins", "window");
    }
  refresh (fixture);
  g_assert_cmpuint (fixture->n_decided, ==, 30);
  sync_conflict_list_load_more (fixture->decided);
  g_assert_cmpuint (fixture->n_decided, ==, 60);
  make (fixture, 76);
  change_state (fixture, 76, SYNC_STATE_CONFLICT, SYNC_STATE_DISCARDED, "server_wins", "window");
  refresh (fixture);
  g_assert_cmpuint (fixture->n_decided, ==, 60);
  sync_conflict_list_load_more (fixture->decided);
  sync_conflict_list_load_more (fixture->decided);
  sync_conflict_list_load_more (fixture->decided);
  g_assert_cmpuint (fixture->n_decided, ==, 76);
  for (guint i = 0; i < 76; i++)
    {
      g_autoptr (SyncConflictItem) item = get (fixture->decided, i);

      g_assert_cmpint (sync_conflict_item_get_id (item), ==, 76 - i);
    }
}

static void
notify_cb (guint *n)
{
  (*n)++;
}

/* What an open one says, how it ended, and from when on until when it can be undone. */
static void
test_words (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncConflictItem) open = NULL;
  g_autoptr (SyncConflictItem) item = NULL;
  guint n_changes = 0;

  make (fixture, 1);
  refresh (fixture);
  open = get (fixture->open, 0);
  g_assert_true (sync_conflict_item_is_open (open));
  g_assert_false (sync_conflict_item_get_can_undo (open));
  g_assert_cmpstr (sync_conflict_item_get_document (open), ==, "Customer C-1");
  assert_says (open, "It was changed on this till and on the server.\nThis till, ");
  assert_says (open, " · Server, 2024-05-06");
  assert_says (open, "\nOpen since ");
  change_state (fixture, 1, SYNC_STATE_CONFLICT, SYNC_STATE_PENDING, "local_wins", "window");
  refresh (fixture);
  item = get (fixture->decided, 0);
  g_assert_false (sync_conflict_item_is_open (item));
  assert_says (item, "This till’s version was sent.\nDecided by a person, ");
  g_assert_false (sync_conflict_item_get_can_undo (item));
  g_signal_connect_swapped (item, "notify::can-undo", G_CALLBACK (notify_cb), &n_changes);
  deliver (fixture, 1);
  refresh (fixture);
  g_assert_true (sync_conflict_item_get_can_undo (item));
  g_assert_cmpuint (n_changes, ==, 1);
  g_assert_true (sync_store_set_undone (fixture->store, 1, 7, "window", NULL));
  refresh (fixture);
  g_assert_false (sync_conflict_item_get_can_undo (item));
  assert_says (item, "\nUndone: entry 7 changes it back.");
  g_assert_cmpuint (n_changes, ==, 2);
}

/* Who or what ended it, and what came of it. */
static void
test_decisions (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    const char *status;
    const char *resolution;
    const char *actor;
    const char *how;
    const char *who;
  } cases[] = {
    { "resolved", "local_wins", "person", "This till’s version was sent.", "Decided by a person, " },
    { "resolved", "server_wins", "policy last-write-wins", "The server’s version stands.",
      "Decided by the policy “The later change counts”, " },
    { "resolved", "merged", "policy merge", "Fields of both versions were put together and sent.",
      "Decided by the policy “Merge, and ask where both changed the same”, " },
    { "resolved", "merged", "hook ToDo", "Fields of both versions were put together and sent.",
      "Decided by the shop’s hook (ToDo), " },
    { "resolved", "manual", "posawesome-syncctl", "A version that is neither of the two was sent.",
      "Decided on the command line, " },
    { "resolved", "manual", "gateway", "A version that is neither of the two was sent.",
      "Decided through another program, " },
    { "resolved", "manual", "bus", "A version that is neither of the two was sent.",
      "Decided through another program, " },
    { "resolved", "manual", "hook function 3 for Sales Invoice", "A version that is neither of the two was sent.",
      "Decided by the shop’s hook (Sales Invoice), " },
    { "resolved", "manual", "hook /shop/hook of :1.42 for ToDo", "A version that is neither of the two was sent.",
      "Decided by the shop’s hook (ToDo), " },
    { "resolved", "manual", "ann@shop.example", "A version that is neither of the two was sent.",
      "Decided by ann@shop.example, " },
    { "superseded", NULL, "engine", "There was nothing left to decide: the entry went another way.",
      "Found out by the program, " },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const SyncConflict conflict = { .status = (char *) cases[i].status,
                                      .resolution = (char *) cases[i].resolution,
                                      .resolved_by = (char *) cases[i].actor,
                                      .resolved_ms = 1 };
      g_autofree char *who = sync_conflict_decision_who (&conflict);

      g_assert_cmpstr (sync_conflict_decision_how (&conflict), ==, cases[i].how);
      g_assert_true (g_str_has_prefix (who, cases[i].who));
    }
}

/* A line of the history: the reason of a hook or policy is told, that which the engine writes for people is not. */
static void
test_history (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    const SyncConflictEvent event;
    const char *words;
  } cases[] = {
    { { .event = (char *) "opened" }, "  It was found." },
    { { .event = (char *) "asked", .actor = (char *) "engine", .reason = (char *) "both changed it" },
      "  It was left to a person. (both changed it)" },
    { { .event = (char *) "resolved",
        .resolution = (char *) "manual",
        .actor = (char *) "hook ToDo",
        .reason = (char *) "both jobs are to be done" },
      "  A version that is neither of the two was sent. Decided by the shop’s hook (ToDo). (both jobs are to be "
      "done)" },
    { { .event = (char *) "resolved",
        .resolution = (char *) "server_wins",
        .actor = (char *) "window",
        .reason = (char *) "the server's version stands" },
      "  The server’s version stands. Decided by a person." },
    { { .event = (char *) "undone", .actor = (char *) "window" }, "  A person undid it." },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *line = sync_conflict_decision_event (&cases[i].event);

      g_assert_cmpstr (line, ==, cases[i].words);
    }
}

/* What can only be told by the engine is tried; what is no change of fields is not. */
static void
test_can_undo (Fixture *fixture, gconstpointer data)
{
  SyncConflict conflict
      = { .status = (char *) "resolved", .resolution = (char *) "server_wins", .server_version = (char *) "2024" };
  g_autoptr (SyncRequest) request = sync_request_new ();

  request->method = g_strdup ("PUT");
  request->action = g_strdup ("update");
  g_assert_true (sync_conflict_decision_can_undo (&conflict, request));
  g_assert_false (sync_conflict_decision_can_undo (&conflict, NULL));
  conflict.server_version = NULL;
  g_assert_false (sync_conflict_decision_can_undo (&conflict, request));
  conflict.server_version = (char *) "2024";
  conflict.status = (char *) "superseded";
  g_assert_false (sync_conflict_decision_can_undo (&conflict, request));
  conflict.status = (char *) "resolved";
  /* What was sent has to have arrived. */
  conflict.resolution = (char *) "merged";
  request->resource_version = g_strdup ("2024");
  g_assert_false (sync_conflict_decision_can_undo (&conflict, request));
  request->state = SYNC_STATE_COMPLETED;
  g_assert_true (sync_conflict_decision_can_undo (&conflict, request));
  conflict.undone_by = 7;
  g_assert_false (sync_conflict_decision_can_undo (&conflict, request));
  conflict.undone_by = 0;
  g_free (request->action);
  request->action = g_strdup ("delete");
  g_assert_false (sync_conflict_decision_can_undo (&conflict, request));
}

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_setenv ("TZ", "UTC", TRUE);
  g_test_init (&argc, &argv, NULL);
  ADD ("/sync/conflict-list/moves", test_moves);
  ADD ("/sync/conflict-list/pages", test_pages);
  ADD ("/sync/conflict-list/words", test_words);
  ADD ("/sync/conflict-list/decisions", test_decisions);
  ADD ("/sync/conflict-list/history", test_history);
  ADD ("/sync/conflict-list/can-undo", test_can_undo);
  return g_test_run ();
}
