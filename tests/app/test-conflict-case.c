/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A conflict as it is decided, without a window: who is on which side, what would be sent, and how fields are merged. */
#include <glib/gstdio.h>
#include <locale.h>

#include "sync-body.h"
#include "sync-clock-virtual.h"
#include "sync-conflict-preview.h"
#include "sync-conflict-similar.h"
#include "sync-conflict-words.h"
#include "sync-test-directory.h"

#define VERSION "2024-05-06 14:10:00.000000"
#define SERVER                                                                                                         \
  "{\"name\":\"CUST-1\",\"modified\":\"" VERSION "\",\"modified_by\":\"ann@shop.example\",\"mobile_no\":\"555-0122\"}"
#define LOCAL                                                                                                          \
  "{\"doctype\":\"Customer\",\"name\":\"CUST-1\",\"owner\":\"Administrator\",\"__unsaved\":1,"                         \
  "\"modified\":\"2024-05-06 09:00:00.000000\",\"modified_by\":\"till@shop.example\",\"mobile_no\":\"555-0111\"}"

typedef struct
{
  char *directory; /* (owned) */
  SyncClockVirtual *clock; /* (owned) */
  SyncStore *store; /* (owned): what the engine writes */
  SyncStore *reader; /* (owned) */
  SyncMergePolicies *policies; /* (owned) */
  guint n_rows; /* requests so far */
} Fixture;

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
  fixture->policies = sync_conflict_case_read_policies ();
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_object (&fixture->reader);
  g_clear_object (&fixture->policies);
  sync_store_close (fixture->store);
  g_clear_object (&fixture->store);
  g_clear_object (&fixture->clock);
  sync_test_directory_free (fixture->directory);
}

static gint64
accept (Fixture *fixture, const char *type, const char *method, const char *local)
{
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_acceptance_free);
  g_autoptr (GError) error = NULL;
  SyncRequest *request = sync_request_new ();

  request->site = g_strdup ("http://127.0.0.1");
  request->author = g_strdup ("gateway");
  request->key = g_strdup_printf ("key-%u", fixture->n_rows++);
  request->fingerprint = g_compute_checksum_for_string (G_CHECKSUM_SHA256, request->key, -1);
  request->family = g_strdup ("resource");
  request->method = g_strdup (method);
  request->url = sync_route_dup_document_path (type, g_str_equal (method, "POST") ? NULL : "CUST-1");
  request->content_type = g_strdup ("application/json");
  request->accepted_body = g_bytes_new (local, strlen (local));
  request->resource_type = g_strdup (type);
  request->resource_id = g_strdup ("CUST-1");
  request->lane = g_strdup (request->key);
  request->action = g_strdup (g_str_equal (method, "DELETE") ? "delete" : g_str_equal (method, "POST") ? "create" : "update");
  g_ptr_array_add (rows, sync_acceptance_new (request));
  g_assert_true (sync_store_accept (fixture->store, rows, &error));
  g_assert_no_error (error);
  return ((SyncAcceptance *) g_ptr_array_index (rows, 0))->id;
}

static void
claim (Fixture *fixture, gint64 id, const char *user)
{
  const SyncSend send = { .is_pending = TRUE, .user = user };
  g_autoptr (SyncRequest) request = NULL;
  g_autoptr (GError) error = NULL;
  guint attempt;

  request = sync_store_claim (fixture->store, id, &send, &attempt, &error);
  g_assert_no_error (error);
}

/* (transfer full): a new conflict, of a write that was sent as that user, if the engine knew him then */
static SyncConflictCase *
make (Fixture *fixture, const char *type, const char *method, const char *local, const char *server, const char *user)
{
  gboolean deletes = g_str_equal (method, "DELETE");
  SyncConflict conflict = { .resource_type = (char *) type,
                            .resource_id = (char *) "CUST-1",
                            .conflict_type = (char *) (deletes                          ? "delete_edit"
                                                       : g_str_equal (method, "POST") ? "cancelled"
                                                                                      : "edit_edit"),
                            .local_data = (char *) (deletes ? NULL : local),
                            .server_data = (char *) server,
                            .server_version = (char *) VERSION };
  SyncChange change = SYNC_CHANGE_INIT;
  g_autoptr (GPtrArray) open = NULL;
  g_autoptr (GError) error = NULL;
  SyncConflictCase *made;

  change.id = accept (fixture, type, method, local);
  claim (fixture, change.id, user);
  change.from = SYNC_STATE_SENDING;
  change.to = SYNC_STATE_CONFLICT;
  change.conflict = &conflict;
  g_assert_true (sync_store_change (fixture->store, &change, &error));
  g_assert_no_error (error);
  open = sync_store_list_conflicts (fixture->reader, "pending", 0, &error);
  g_assert_no_error (error);
  made = sync_conflict_case_new (fixture->reader, ((SyncConflict *) g_ptr_array_index (open, open->len - 1))->id,
                                 fixture->policies, &error);
  g_assert_no_error (error);
  return made;
}

static void
assert_users (const SyncConflictCase *conflict, const char *user, const char *server)
{
  g_autofree char *local_user = sync_conflict_words_user (conflict, SYNC_CONFLICT_SIDE_LOCAL);
  g_autofree char *server_user = sync_conflict_words_user (conflict, SYNC_CONFLICT_SIDE_SERVER);
  g_autofree char *words = sync_conflict_words_server (conflict);

  g_assert_cmpstr (local_user, ==, user);
  g_assert_cmpstr (server_user, ==, "ann@shop.example");
  g_assert_cmpstr (words, ==, server);
}

/* Whom the server took the till for when it was sent counts before what the engine knows by now. */
static void
test_sent_as (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncConflictCase) conflict = make (fixture, "Customer", "PUT", LOCAL, SERVER, "ann@shop.example");

  assert_users (conflict, "ann@shop.example", "Server, the same user, 2024-05-06\302\24014:10");
  sync_conflict_case_set_user (conflict, "till@shop.example");
  assert_users (conflict, "ann@shop.example", "Server, the same user, 2024-05-06\302\24014:10");
}

/* Which way it came, "gateway", is no user. */
static void
test_unknown (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncConflictCase) conflict = make (fixture, "Customer", "PUT", LOCAL, SERVER, NULL);

  assert_users (conflict, NULL, "Server, 2024-05-06\302\24014:10");
  sync_conflict_case_set_user (conflict, "till@shop.example");
  assert_users (conflict, "till@shop.example", "Server, another user, 2024-05-06\302\24014:10");
}

static void
assert_outcome (SyncConflictCase *conflict, SyncConflictWhole whole, const char *preview, const char *outcome)
{
  g_autofree char *shown = NULL;
  g_autofree char *words = NULL;

  sync_conflict_case_take_whole (conflict, whole);
  shown = sync_conflict_preview_dup (conflict);
  words = sync_conflict_words_outcome (conflict);
  g_assert_cmpstr (shown, ==, preview);
  g_assert_cmpstr (words, ==, outcome);
}

#define SERVER_STANDS "Nothing will be written: the server's version stands. This till's is kept in the history."

/* On the server's version, and what ERPNext keeps for itself is nobody's change. */
static void
test_update (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncConflictCase) conflict = make (fixture, "Customer", "PUT", LOCAL, SERVER, NULL);

  assert_outcome (conflict, SYNC_CONFLICT_WHOLE_LOCAL,
                  "{\n  \"owner\": \"Administrator\",\n  \"modified\": \"" VERSION
                  "\",\n  \"modified_by\": \"till@shop.example\",\n  \"mobile_no\": \"555-0111\"\n}",
                  "1 field will be written: Mobile phone");
  assert_outcome (conflict, SYNC_CONFLICT_WHOLE_SERVER, NULL, SERVER_STANDS);
}

static void
test_deletion (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncConflictCase) conflict = make (fixture, "Customer", "DELETE", "", SERVER, NULL);

  assert_outcome (conflict, SYNC_CONFLICT_WHOLE_LOCAL, "DELETE /api/resource/Customer/CUST-1",
                  "The document will be deleted on the server.");
  assert_outcome (conflict, SYNC_CONFLICT_WHOLE_SERVER, NULL, SERVER_STANDS);
}

/* What is cancelled cannot be taken on: a new document, with another key in the place of the one that is in the way. */
static void
test_made_anew (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncConflictCase) conflict
    = make (fixture, "Sales Invoice", "POST", "{\"customer\":\"A\",\"posa_client_request_id\":\"key-0\"}", SERVER, NULL);
  g_autofree char *key = sync_key_dup_next ("http://127.0.0.1", "Sales Invoice", "key-0");
  g_autofree char *preview
    = g_strdup_printf ("{\n  \"customer\": \"A\",\n  \"posa_client_request_id\": \"%s\"\n}", key);

  g_assert_null (conflict->why_not_local);
  g_assert_nonnull (conflict->why_not_merged);
  g_assert_cmpstr (key, !=, "key-0");
  assert_outcome (conflict, SYNC_CONFLICT_WHOLE_LOCAL, preview,
                  "This till's will be made as a new document. The one on the server stays as it is.");
  assert_outcome (conflict, SYNC_CONFLICT_WHOLE_SERVER, NULL, SERVER_STANDS);
}

/* A file of the shop's that is not in order does not make the server's own totals a matter of choice. */
static void
test_policies (Fixture *fixture, gconstpointer data)
{
  g_autofree char *directory = g_build_filename (g_get_user_config_dir (), "posawesome-sync", NULL);
  g_autofree char *path = g_build_filename (directory, "merge-policies.json", NULL);
  g_autoptr (SyncConflictCase) conflict = NULL;

  g_assert_cmpint (g_mkdir_with_parents (directory, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, "{\"format\":", -1, NULL));
  g_clear_object (&fixture->policies);
  fixture->policies = sync_conflict_case_read_policies ();
  g_assert_cmpint (g_remove (path), ==, 0);
  g_assert_nonnull (fixture->policies);
  conflict = make (fixture, "Sales Order", "PUT", "{\"grand_total\":37}", "{\"grand_total\":24.5}", NULL);
  g_assert_cmpint (sync_merge_lookup (conflict->merge, "grand_total")->decision, ==, SYNC_MERGE_OWN);
}

/* Each is read once, however often a person goes from one to the next. */
static void
test_similar (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncConflictCase) first = make (fixture, "Customer", "PUT", LOCAL, SERVER, NULL);
  g_autoptr (SyncConflictCase) other = make (fixture, "Customer", "DELETE", "", SERVER, NULL);
  g_autoptr (SyncConflictCase) alike = make (fixture, "Customer", "PUT", LOCAL, SERVER, NULL);
  g_autoptr (GHashTable) memory = sync_conflict_similar_new_memory ();
  g_autoptr (GArray) open = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GArray) found = NULL;
  g_autoptr (GArray) again = NULL;

  g_array_append_val (open, first->conflict->id);
  g_array_append_val (open, other->conflict->id);
  g_array_append_val (open, alike->conflict->id);
  found = sync_conflict_similar_find (first, open, fixture->reader, fixture->policies, memory);
  g_assert_cmpuint (found->len, ==, 1);
  g_assert_cmpint (g_array_index (found, gint64, 0), ==, alike->conflict->id);
  g_assert_cmpstr (sync_conflict_similar_get_document (memory, alike->conflict->id), ==, "Customer CUST-1");
  /* There is nothing to read from. */
  again = sync_conflict_similar_find (alike, open, NULL, fixture->policies, memory);
  g_assert_cmpuint (again->len, ==, 1);
  g_assert_cmpint (g_array_index (again, gint64, 0), ==, first->conflict->id);
}

#define ADD(name, func) g_test_add ("/sync/conflict-case/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  char *directory = sync_test_directory_new ();
  int status;

  g_setenv ("TZ", "UTC", TRUE);
  setlocale (LC_ALL, "C.UTF-8");
  g_test_init (&argc, &argv, NULL);
  /* GLib's own isolation leaks. */
  g_setenv ("XDG_CONFIG_HOME", directory, TRUE);
  ADD ("sent-as", test_sent_as);
  ADD ("unknown", test_unknown);
  ADD ("update", test_update);
  ADD ("deletion", test_deletion);
  ADD ("made-anew", test_made_anew);
  ADD ("policies", test_policies);
  ADD ("similar", test_similar);
  status = g_test_run ();
  sync_test_directory_free (directory);
  return status;
}
