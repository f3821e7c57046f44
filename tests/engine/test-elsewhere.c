/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Documents that are not where a write looks for them: renamed, deleted, made anew, or others under the same name. */
#include "config.h"

#include "engine-fixture.h"

#include "sync-error.h"
#include "sync-test-directory.h"

#include <string.h>

#define ITEMS "/api/resource/Item"
#define A ITEMS "/A"
#define MADE "2025-01-01 00:00:00.000001"
#define BASE "{\"name\":\"A\",\"qty\":1,\"owner\":\"anna\",\"creation\":\"" MADE "\",\"modified\":\"" MADE "\"}"
#define OURS "{\"name\":\"A\",\"item_code\":\"A\",\"item_name\":\"ours\"}"
#define THEIRS "{\"item_code\":\"A\",\"qty\":1,\"item_name\":\"theirs\"}"
#define EXCEPTION(type, words) "{\"exc_type\":\"" type "\",\"exception\":\"frappe.exceptions." type ": " words "\"}"

/* One answer instead of the server's own, to the calls of a method whose URL holds a text. */
typedef struct
{
  const char *method;
  const char *url;
  guint status;
  const char *body;
  guint n_left; /* so often */
  guint n_met;
} Trouble;

static ToyFault
trouble_cb (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  Trouble *troubles = user_data;

  for (; troubles->method != NULL; troubles++)
    if (g_str_equal (request->method, troubles->method) && strstr (request->url, troubles->url) != NULL
        && troubles->n_left > troubles->n_met)
      {
        troubles->n_met++;
        toy_site_set_canned (site, troubles->status, "application/json", troubles->body);
        return TOY_CANNED;
      }
  return TOY_ANSWER;
}

#define TAKEN { "POST", ITEMS, 409, EXCEPTION ("DuplicateEntryError", "Item A already exists"), G_MAXUINT, 0 }
#define REFUSED(method, url, type, n) { method, url, 417, EXCEPTION (type, "no"), n, 0 }

static void
set_policies (Engine *e, const char *policies)
{
  g_free (e->config->conflict_policies);
  e->config->conflict_policies = g_strdup (policies);
  g_assert_true (sync_engine_set_config (e->engine, e->config, NULL));
}

static gint64
hand_over (Engine *e, const char *method, const char *url, const char *body, const char *base)
{
  SyncSubmission submission = SYNC_SUBMISSION_INIT;
  g_autoptr (GBytes) base_bytes = base != NULL ? g_bytes_new (base, strlen (base)) : NULL;
  g_autoptr (GBytes) bytes = body != NULL ? g_bytes_new (body, strlen (body)) : NULL;
  g_autoptr (GError) error = NULL;
  gint64 id;

  submission.method = method;
  submission.url = url;
  submission.body = bytes;
  submission.base = base_bytes;
  id = engine_submit_full (e, &submission, &error);
  g_assert_no_error (error);
  return id;
}

static void
finish (Engine *e)
{
  engine_run_for (e, 600000);
}

static char *
dup_document (Engine *e, const char *name)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), toy_site_get (e->site, "Item", name));

  return json_to_string (node, FALSE);
}

static const char *
text_of (Engine *e, const char *name, const char *field)
{
  return json_object_get_string_member (toy_site_get (e->site, "Item", name), field);
}

static gint64
qty_of (Engine *e, const char *name)
{
  return json_object_get_int_member (toy_site_get (e->site, "Item", name), "qty");
}

static void
assert_conflict (Engine *e, const char *type)
{
  g_autoptr (SyncConflict) conflict = sync_store_get_conflict (e->store, 1, NULL);

  g_assert_nonnull (conflict);
  g_assert_cmpstr (conflict->conflict_type, ==, type);
}

/* Renamed --------------------------------------------------------------------------------------------------------------- */

static void
put_renamed (Engine *e, const char *policies)
{
  set_policies (e, policies);
  toy_site_put (e->site, "Item", "B", "{\"qty\":1,\"owner\":\"anna\",\"creation\":\"" MADE "\"}");
  engine_start (e);
}

/* All that the lane holds goes along. */
static void
test_lane_follows (Engine *e)
{
  gint64 ids[3];

  put_renamed (e, "*=local");
  ids[0] = hand_over (e, "PUT", A, "{\"name\":\"A\",\"doctype\":\"Item\",\"qty\":2}", BASE);
  ids[1] = hand_over (e, "PUT", A, "{\"price\":2}", NULL);
  ids[2] = hand_over (e, "PUT", A, "{\"size\":3}", BASE);
  finish (e);
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    engine_assert_state (e, ids[i], SYNC_STATE_COMPLETED);
  assert_conflict (e, "renamed");
  g_assert_null (toy_site_get (e->site, "Item", "A"));
  g_assert_cmpint (qty_of (e, "B"), ==, 2);
  g_assert_cmpint (json_object_get_int_member (toy_site_get (e->site, "Item", "B"), "price"), ==, 2);
  g_assert_cmpint (json_object_get_int_member (toy_site_get (e->site, "Item", "B"), "size"), ==, 3);
}

/* What a restored copy holds may have reached the document under its other name: it is not sent there again unlooked. */
static void
test_lane_follows_after_restore (Engine *e)
{
  char *copy = sync_test_directory_new ();
  gint64 ids[2];
  gint64 id;

  e->state_directory = sync_test_directory_new ();
  engine_drop (e);
  engine_open (e);
  put_renamed (e, "*=ask");
  sync_engine_pause (e->engine, 0, NULL);
  ids[0] = hand_over (e, "PUT", A, "{\"qty\":2}", BASE);
  ids[1] = hand_over (e, "PUT", A, "{\"price\":2}", NULL);
  engine_drop (e);
  sync_test_directory_copy (e->directory, copy);
  engine_open (e);
  engine_start (e);
  sync_engine_resume (e->engine);
  finish (e);
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      g_assert_true (sync_engine_resolve (e->engine, i + 1, SYNC_RESOLUTION_LOCAL_WINS, NULL, "anna", NULL));
      finish (e);
      engine_assert_state (e, ids[i], SYNC_STATE_COMPLETED);
    }
  toy_site_put (e->site, "Item", "B", "{\"qty\":2,\"price\":9,\"owner\":\"anna\",\"creation\":\"" MADE "\"}");

  engine_drop (e);
  sync_test_directory_copy (copy, e->directory);
  sync_clock_virtual_advance_us (e->clock, G_USEC_PER_SEC);
  engine_open (e);
  g_assert_nonnull (sync_store_get_restore_report (e->store));
  engine_start (e);
  sync_engine_resume (e->engine);
  finish (e);
  id = sync_store_find_open_conflict (e->store, ids[0], NULL);
  g_assert_true (sync_engine_resolve (e->engine, id, SYNC_RESOLUTION_SERVER_WINS, NULL, "anna", NULL));
  finish (e);
  engine_assert_state (e, ids[1], SYNC_STATE_CONFLICT);
  g_assert_cmpint (json_object_get_int_member (toy_site_get (e->site, "Item", "B"), "price"), ==, 9);
  sync_test_directory_free (copy);
}

/* Where many wait, what is said to be changed is looked at before it is sent: what its last send met is no reason to give it
 * up then. */
static void
test_among_many (Engine *e)
{
  gint64 ids[4];

  set_policies (e, "*=ask");
  toy_site_put (e->site, "Item", "B", "{\"qty\":1,\"owner\":\"anna\",\"creation\":\"" MADE "\"}");
  for (guint i = 1; i < G_N_ELEMENTS (ids); i++)
    {
      g_autofree char *name = g_strdup_printf ("N%u", i);

      toy_site_put (e->site, "Item", name, "{\"qty\":1}");
    }
  sync_engine_pause (e->engine, 0, NULL);
  engine_start (e);
  ids[0] = hand_over (e, "PUT", A, "{\"qty\":2}", BASE);
  for (guint i = 1; i < G_N_ELEMENTS (ids); i++)
    {
      g_autofree char *name = g_strdup_printf ("N%u", i);
      g_autofree char *url = g_strdup_printf (ITEMS "/%s", name);
      g_autofree char *base = dup_document (e, name);

      ids[i] = hand_over (e, "PUT", url, "{\"qty\":2}", base);
    }
  sync_engine_resume (e->engine);
  finish (e);
  g_assert_true (sync_engine_resolve (e->engine, 1, SYNC_RESOLUTION_LOCAL_WINS, NULL, "anna", NULL));
  finish (e);
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    engine_assert_state (e, ids[i], SYNC_STATE_COMPLETED);
  g_assert_cmpint (qty_of (e, "B"), ==, 2);
}

static void
test_delete_follows (Engine *e)
{
  gint64 id;

  put_renamed (e, "*=local");
  hand_over (e, "PUT", A, "{\"qty\":2}", BASE);
  id = hand_over (e, "DELETE", A, NULL, NULL);
  finish (e);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_null (toy_site_get (e->site, "Item", "B"));
}

static void
test_delete_of_renamed (Engine *e)
{
  gint64 id;
  g_autofree char *preview = NULL;

  put_renamed (e, "*=ask");
  id = hand_over (e, "DELETE", A, NULL, BASE);
  finish (e);
  engine_assert_state (e, id, SYNC_STATE_CONFLICT);
  assert_conflict (e, "renamed");
  preview = sync_engine_preview (e->engine, 1, SYNC_RESOLUTION_LOCAL_WINS, NULL, NULL);
  g_assert_cmpstr (preview, ==, "{\"method\":\"DELETE\",\"url\":\"/api/resource/Item/B\"}");
  g_assert_nonnull (toy_site_get (e->site, "Item", "B"));
  g_assert_true (sync_engine_resolve (e->engine, 1, SYNC_RESOLUTION_LOCAL_WINS, NULL, "anna", NULL));
  finish (e);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_null (toy_site_get (e->site, "Item", "B"));
}

/* What was imported may have been made at one moment, and what is another's was not renamed. */
static void
test_not_renamed (Engine *e)
{
  static const char *const others[] = { "{\"qty\":1,\"owner\":\"anna\",\"creation\":\"2025-01-01 00:00:00.000000\"}",
                                        "{\"qty\":1,\"owner\":\"bert\",\"creation\":\"" MADE "\"}" };
  static const char *const bases[]
    = { "{\"name\":\"A\",\"owner\":\"anna\",\"creation\":\"2025-01-01 00:00:00.000000\",\"modified\":\"" MADE "\"}", BASE };

  set_policies (e, "*=local");
  engine_start (e);
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    {
      g_autofree char *url = g_strdup_printf (ITEMS "/gone-%u", i);
      gint64 id;

      toy_site_put (e->site, "Item", "B", others[i]);
      id = hand_over (e, "PUT", url, "{\"qty\":2}", bases[i]);
      finish (e);
      engine_assert_state (e, id, SYNC_STATE_CONFLICT);
      g_assert_cmpint (qty_of (e, "B"), ==, 1);
    }
  assert_conflict (e, "edit_delete");
}

static void
test_list_denied (Engine *e)
{
  Trouble troubles[] = { { "GET", "creation", 403, EXCEPTION ("PermissionError", "no"), G_MAXUINT, 0 }, { NULL } };
  gint64 id;

  toy_site_set_fault (e->site, trouble_cb, troubles);
  put_renamed (e, "*=local");
  id = hand_over (e, "PUT", A, "{\"qty\":2}", BASE);
  finish (e);
  engine_assert_state (e, id, SYNC_STATE_CONFLICT);
  assert_conflict (e, "edit_delete");
}

static void
test_undo (Engine *e)
{
  static const SyncResolution ways[] = { SYNC_RESOLUTION_LOCAL_WINS, SYNC_RESOLUTION_SERVER_WINS };
  gint64 id;

  put_renamed (e, "*=ask");
  for (gint64 i = 0; i < (gint64) G_N_ELEMENTS (ways); i++)
    {
      g_autoptr (GError) error = NULL;
      gint64 before = qty_of (e, "B");

      hand_over (e, "PUT", A, "{\"qty\":2}", BASE);
      finish (e);
      g_assert_true (sync_engine_resolve (e->engine, i + 1, ways[i], NULL, "anna", NULL));
      finish (e);
      id = sync_engine_undo_resolution (e->engine, i + 1, "anna", &error);
      g_assert_no_error (error);
      finish (e);
      engine_assert_state (e, id, SYNC_STATE_COMPLETED);
      g_assert_cmpint (qty_of (e, "B"), ==, ways[i] == SYNC_RESOLUTION_LOCAL_WINS ? before : 2);
    }
}

/* "Not found" may be said of something else, which the document needs. */
static void
test_other_is_missing (Engine *e)
{
  Trouble troubles[] = { { "PUT", A, 404, EXCEPTION ("DoesNotExistError", "Bin X not found"), G_MAXUINT, 0 }, { NULL } };
  g_autofree char *base = NULL;
  g_autoptr (SyncRequest) row = NULL;
  gint64 id;

  toy_site_put (e->site, "Item", "A", "{\"qty\":1,\"creation\":\"" MADE "\"}");
  base = dup_document (e, "A");
  toy_site_set_fault (e->site, trouble_cb, troubles);
  engine_start (e);
  id = hand_over (e, "PUT", A, "{\"qty\":2}", base);
  finish (e);
  row = sync_store_get (e->store, id, NULL);
  g_assert_cmpint (row->state, ==, SYNC_STATE_FAILED);
  g_assert_cmpstr (row->error_message, ==, "Bin X not found");
  g_assert_cmpuint (troubles[0].n_met, ==, 1);
}

/* The same of a submission, of the second step of a sale, of a draft that was edited, and of a deletion: each ends with the
 * server's words, and is not sent again and again. */
static void
test_other_is_missing_elsewhere (Engine *e)
{
  Trouble troubles[] = { { "PUT", "/api/resource", 404, EXCEPTION ("DoesNotExistError", "Bin X not found"), G_MAXUINT, 0 },
                         { "DELETE", A, 404, EXCEPTION ("DoesNotExistError", "Bin X not found"), G_MAXUINT, 0 },
                         { NULL } };
  g_autoptr (GBytes) edited = g_bytes_new_static ("{\"customer\":\"Y\",\"docstatus\":1}", 30);
  gint64 ids[3];

  toy_site_put (e->site, "Item", "A", "{\"qty\":1,\"docstatus\":0}");
  toy_site_put (e->site, "Item", "D", "{\"qty\":1,\"docstatus\":0}");
  toy_site_set_fault (e->site, trouble_cb, troubles);
  engine_start (e);
  ids[0] = hand_over (e, "PUT", ITEMS "/D", "{\"docstatus\":1}", NULL);
  ids[1] = hand_over (e, "POST", "/api/resource/Sales%20Invoice", "{\"customer\":\"X\",\"docstatus\":1}", NULL);
  ids[2] = hand_over (e, "DELETE", A, NULL, NULL);
  finish (e);
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      g_autoptr (SyncRequest) row = sync_store_get (e->store, ids[i], NULL);

      g_assert_cmpint (row->state, ==, SYNC_STATE_FAILED);
      g_assert_cmpstr (row->error_message, ==, "Bin X not found");
    }
  g_assert_nonnull (toy_site_get (e->site, "Item", "A"));
  g_assert_cmpuint (troubles[0].n_met, ==, 2);
  g_assert_true (sync_engine_edit (e->engine, ids[1], edited, "anna", NULL));
  finish (e);
  engine_assert_state (e, ids[1], SYNC_STATE_FAILED);
  g_assert_cmpuint (troubles[0].n_met, ==, 3);
}

/* Deleted --------------------------------------------------------------------------------------------------------------- */

static gint64
delete_with_trouble (Engine *e, Trouble *troubles)
{
  g_autofree char *base = NULL;

  toy_site_put (e->site, "Item", "A", "{\"qty\":1}");
  base = dup_document (e, "A");
  toy_site_set_fault (e->site, trouble_cb, troubles);
  engine_start (e);
  return hand_over (e, "DELETE", A, NULL, base);
}

/* What was refused may be tried again. */
static void
test_delete_retried (Engine *e)
{
  Trouble troubles[] = { REFUSED ("DELETE", A, "LinkExistsError", 1), { NULL } };
  gint64 id = delete_with_trouble (e, troubles);

  finish (e);
  engine_assert_state (e, id, SYNC_STATE_FAILED);
  g_assert_true (sync_engine_retry (e->engine, id, "anna", NULL));
  finish (e);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_null (toy_site_get (e->site, "Item", "A"));
}

static void
test_delete_unseen_once (Engine *e)
{
  Trouble troubles[] = { { "GET", A, 500, EXCEPTION ("KeyError", "x"), 1, 0 }, { NULL } };
  gint64 id = delete_with_trouble (e, troubles);

  finish (e);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
}

static void
test_delete_unreadable (Engine *e)
{
  Trouble troubles[] = { { "GET", A, 403, EXCEPTION ("PermissionError", "no"), G_MAXUINT, 0 }, { NULL } };
  gint64 id = delete_with_trouble (e, troubles);
  g_autoptr (SyncRequest) row = NULL;

  finish (e);
  row = sync_store_get (e->store, id, NULL);
  g_assert_cmpint (row->state, ==, SYNC_STATE_FAILED);
  g_assert_nonnull (strstr (row->error_message, "nothing was sent"));
  g_assert_nonnull (toy_site_get (e->site, "Item", "A"));
}

/* The name went to B, and somebody made another A: what is said of A is meant so, and what was read before is not. */
static void
test_name_made_anew (Engine *e)
{
  gint64 ids[3];

  put_renamed (e, "*=local");
  ids[0] = hand_over (e, "PUT", A, "{\"qty\":2}", BASE);
  finish (e);
  toy_site_put (e->site, "Item", "A", "{\"qty\":7,\"owner\":\"bert\",\"creation\":\"2026-01-01 00:00:00.000002\"}");
  ids[1] = hand_over (e, "PUT", A, "{\"qty\":3}", BASE);
  finish (e);
  ids[2] = hand_over (e, "DELETE", A, NULL, NULL);
  finish (e);
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    engine_assert_state (e, ids[i], SYNC_STATE_COMPLETED);
  g_assert_cmpint (qty_of (e, "B"), ==, 3);
  g_assert_null (toy_site_get (e->site, "Item", "A"));
}

/* A moment is the same however it is written. */
static void
test_creation_written_otherwise (Engine *e)
{
  gint64 id;

  toy_site_put (e->site, "Item", "A", "{\"qty\":1,\"creation\":\"2025-01-01 00:00:00\"}");
  engine_start (e);
  id = hand_over (e, "DELETE", A, NULL,
                  "{\"name\":\"A\",\"creation\":\"2025-01-01T00:00:00.000000\",\"modified\":\"2025-01-01 00:00:00.000009\"}");
  finish (e);
  engine_assert_state (e, id, SYNC_STATE_CONFLICT);
  assert_conflict (e, "delete_edit");
}

/* Another document has its name by now: what was to be deleted is. */
static void
test_delete_made_anew (Engine *e)
{
  gint64 id;

  set_policies (e, "*=local");
  toy_site_put (e->site, "Item", "A", "{\"qty\":7,\"creation\":\"2026-01-01 00:00:00.000002\"}");
  engine_start (e);
  id = hand_over (e, "DELETE", A, NULL, BASE);
  finish (e);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_cmpint (qty_of (e, "A"), ==, 7);
}

typedef struct
{
  ToyFault fault;   /* of the first deletion */
  gboolean is_sent; /* the line is dead behind it */
} DeadLine;

static ToyFault
dead_line_cb (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  DeadLine *line = user_data;

  if (line->is_sent)
    return TOY_REFUSE;
  line->is_sent = g_str_equal (request->method, "DELETE");
  return line->is_sent ? line->fault : TOY_ANSWER;
}

/* A deletion is sent into a line that dies, and that is there again after a while. */
static gint64
delete_into_dead_line (Engine *e, ToyFault fault, const char *made_anew)
{
  DeadLine line = { fault, FALSE };
  gint64 id;

  set_policies (e, "*=ask");
  toy_site_set_clock (e->site, SYNC_CLOCK (e->clock), 0);
  toy_site_put (e->site, "Item", "A", "{\"qty\":1,\"creation\":\"" MADE "\"}");
  toy_site_set_fault (e->site, dead_line_cb, &line);
  engine_start (e);
  /* The clock of the server is known by its answers. */
  engine_submit (e, "POST", ITEMS, "{\"item_code\":\"C\"}");
  engine_settle (e);
  id = hand_over (e, "DELETE", A, NULL, NULL);
  engine_run_for (e, 20000);
  engine_assert_state (e, id, SYNC_STATE_UNKNOWN);
  if (made_anew != NULL)
    toy_site_put (e->site, "Item", "A", made_anew);
  toy_site_set_fault (e->site, NULL, NULL);
  finish (e);
  return id;
}

/* It was deleted, and somebody made another one of that name before the till could look. */
static void
test_delete_lost_and_made_anew (Engine *e)
{
  gint64 id = delete_into_dead_line (e, TOY_RESET_AFTER, "{\"qty\":7,\"creation\":\"2026-01-01 05:30:15.000000\"}");

  engine_assert_state (e, id, SYNC_STATE_CONFLICT);
  assert_conflict (e, "delete_edit");
  g_assert_cmpint (qty_of (e, "A"), ==, 7);
}

/* It was there before, or may have been: then it is what was to be deleted. */
static void
test_delete_lost_before (Engine *e)
{
  gint64 id = delete_into_dead_line (e, TOY_RESET_BEFORE, NULL);

  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_null (toy_site_get (e->site, "Item", "A"));
}

static void
test_delete_lost_and_undated (Engine *e)
{
  gint64 id = delete_into_dead_line (e, TOY_RESET_AFTER, "{\"qty\":7,\"creation\":\"some time\"}");

  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_null (toy_site_get (e->site, "Item", "A"));
}

/* Taken ----------------------------------------------------------------------------------------------------------------- */

static gint64
make_taken (Engine *e, const char *policies, const char *theirs, const char *ours, Trouble *troubles)
{
  gint64 id;

  set_policies (e, policies);
  toy_site_put (e->site, "Item", "A", theirs);
  toy_site_set_fault (e->site, trouble_cb, troubles);
  engine_start (e);
  id = engine_submit (e, "POST", ITEMS, ours);
  finish (e);
  return id;
}

/* What was given up for somebody else's document comes back as what it was, and touches that document neither so nor so. */
static void
test_taken_comes_back (Engine *e)
{
  Trouble troubles[] = { TAKEN, { NULL } };
  gint64 id = make_taken (e, "*=ask", THEIRS, OURS, troubles);

  engine_assert_state (e, id, SYNC_STATE_CONFLICT);
  g_assert_true (sync_engine_resolve (e->engine, 1, SYNC_RESOLUTION_SERVER_WINS, NULL, "anna", NULL));
  finish (e);
  engine_assert_state (e, id, SYNC_STATE_DISCARDED);
  g_assert_true (sync_engine_restore (e->engine, id, "anna", NULL));
  finish (e);
  engine_assert_state (e, id, SYNC_STATE_CONFLICT);
  g_assert_cmpstr (text_of (e, "A", "item_name"), ==, "theirs");
  g_assert_true (sync_engine_discard (e->engine, id, "no", "anna", NULL));
  finish (e);
  g_assert_nonnull (toy_site_get (e->site, "Item", "A"));
}

static void
test_taken_by_policy (Engine *e)
{
  Trouble troubles[] = { TAKEN, { NULL } };

  engine_assert_state (e, make_taken (e, "*=server", THEIRS, OURS, troubles), SYNC_STATE_CONFLICT);
  assert_conflict (e, "name_taken");
}

/* A draft is no sale, and what is cancelled serves nobody. */
static void
test_taken_by_draft (Engine *e)
{
  Trouble troubles[] = { TAKEN, { NULL } };

  engine_assert_state (e, make_taken (e, "", "{\"item_code\":\"A\",\"docstatus\":0}",
                                      "{\"name\":\"A\",\"item_code\":\"A\",\"docstatus\":1}", troubles),
                       SYNC_STATE_CONFLICT);
}

static void
test_taken_by_cancelled (Engine *e)
{
  Trouble troubles[] = { TAKEN, { NULL } };

  engine_assert_state (e, make_taken (e, "", "{\"item_code\":\"A\",\"docstatus\":2}", "{\"name\":\"A\",\"item_code\":\"A\"}",
                                      troubles),
                       SYNC_STATE_CONFLICT);
}

static void
test_taken_unreadable (Engine *e)
{
  Trouble troubles[] = { TAKEN, { "GET", A, 403, EXCEPTION ("PermissionError", "no"), G_MAXUINT, 0 }, { NULL } };
  gint64 id = make_taken (e, "", THEIRS, OURS, troubles);
  g_autoptr (SyncRequest) row = sync_store_get (e->store, id, NULL);

  g_assert_cmpint (row->state, ==, SYNC_STATE_FAILED);
  g_assert_cmpstr (row->error_message, ==, "Item A already exists");
}

/* A hook may give the new document another name. */
static void
name_it_cb (SyncHookCall *call, gpointer user_data)
{
  g_autoptr (GBytes) document = g_bytes_new_static ("{\"name\":\"A-2\",\"item_code\":\"A-2\"}", 32);

  ((Trouble *) user_data)->n_left = 0;
  sync_hook_call_answer (call, SYNC_HOOK_MANUAL, document, NULL);
}

static void
test_taken_hook (Engine *e)
{
  Trouble troubles[] = { TAKEN, { NULL } };

  sync_hooks_register (sync_engine_get_hooks (e->engine), "Item", name_it_cb, troubles, NULL);
  engine_assert_state (e, make_taken (e, "", THEIRS, OURS, troubles), SYNC_STATE_COMPLETED);
  g_assert_cmpuint (toy_site_count (e->site, "Item"), ==, 2);
}

/* The answer to another create, and a document of another kind: neither is what this one made. */
static void
test_answer_of_another_create (Engine *e)
{
  static const char *const answers[] = { "{\"data\":{\"name\":\"NAME-1\",\"title\":\"first\"}}",
                                         "{\"data\":{\"name\":\"NAME-9\",\"doctype\":\"Item\"}}" };

  toy_site_set_key_field (e->site, FALSE);
  engine_start (e);
  engine_settle (e);
  engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"first\"}");
  engine_settle (e);
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      ToyMix mix = { "POST", NULL, 1, 0 };
      g_autofree char *body = g_strdup_printf ("{\"title\":\"other %u\"}", i);
      g_autoptr (SyncRequest) row = NULL;
      gint64 id;

      toy_site_set_canned (e->site, 200, "application/json", answers[i]);
      toy_site_set_fault (e->site, toy_mix_up, &mix);
      id = engine_submit (e, "POST", "/api/resource/Note", body);
      engine_settle (e);
      g_assert_cmpuint (mix.met, ==, 1);
      row = engine_get (e, id);
      g_assert_cmpint (row->state, ==, SYNC_STATE_UNKNOWN);
      g_assert_null (row->server_name);
    }
}

/* A change is answered with the document as it was before it. */
static void
test_answer_of_before (Engine *e)
{
  ToyMix mix = { "PUT", NULL, 1, 0 };
  gint64 id;

  toy_site_put (e->site, "Item", "A", "{\"n\":0}");
  toy_site_set_canned (e->site, 200, "application/json",
                       "{\"data\":{\"name\":\"A\",\"n\":0,\"modified\":\"2026-11-23 10:00:00.000001\"}}");
  toy_site_set_fault (e->site, toy_mix_up, &mix);
  engine_start (e);
  engine_settle (e);
  id = engine_submit (e, "PUT", "/api/resource/Item/A", "{\"n\":1,\"modified\":\"2026-11-23 10:00:00.000001\"}");
  engine_settle (e);
  g_assert_cmpuint (mix.met, ==, 1);
  engine_run_for (e, 60000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_cmpint (json_object_get_int_member (toy_site_get (e->site, "Item", "A"), "n"), ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  engine_test_add ("/sync/elsewhere/lane-follows", test_lane_follows);
  engine_test_add ("/sync/elsewhere/lane-follows-after-restore", test_lane_follows_after_restore);
  engine_test_add ("/sync/elsewhere/among-many", test_among_many);
  engine_test_add ("/sync/elsewhere/delete-follows", test_delete_follows);
  engine_test_add ("/sync/elsewhere/delete-of-renamed", test_delete_of_renamed);
  engine_test_add ("/sync/elsewhere/not-renamed", test_not_renamed);
  engine_test_add ("/sync/elsewhere/list-denied", test_list_denied);
  engine_test_add ("/sync/elsewhere/undo", test_undo);
  engine_test_add ("/sync/elsewhere/other-is-missing", test_other_is_missing);
  engine_test_add ("/sync/elsewhere/other-is-missing-elsewhere", test_other_is_missing_elsewhere);
  engine_test_add ("/sync/elsewhere/name-made-anew", test_name_made_anew);
  engine_test_add ("/sync/elsewhere/creation-written-otherwise", test_creation_written_otherwise);
  engine_test_add ("/sync/elsewhere/delete-retried", test_delete_retried);
  engine_test_add ("/sync/elsewhere/delete-unseen-once", test_delete_unseen_once);
  engine_test_add ("/sync/elsewhere/delete-unreadable", test_delete_unreadable);
  engine_test_add ("/sync/elsewhere/delete-made-anew", test_delete_made_anew);
  engine_test_add ("/sync/elsewhere/delete-lost-and-made-anew", test_delete_lost_and_made_anew);
  engine_test_add ("/sync/elsewhere/delete-lost-before", test_delete_lost_before);
  engine_test_add ("/sync/elsewhere/delete-lost-and-undated", test_delete_lost_and_undated);
  engine_test_add ("/sync/elsewhere/taken-comes-back", test_taken_comes_back);
  engine_test_add ("/sync/elsewhere/taken-by-policy", test_taken_by_policy);
  engine_test_add ("/sync/elsewhere/taken-by-draft", test_taken_by_draft);
  engine_test_add ("/sync/elsewhere/taken-by-cancelled", test_taken_by_cancelled);
  engine_test_add ("/sync/elsewhere/taken-unreadable", test_taken_unreadable);
  engine_test_add ("/sync/elsewhere/taken-hook", test_taken_hook);
  engine_test_add ("/sync/elsewhere/answer-of-another-create", test_answer_of_another_create);
  engine_test_add ("/sync/elsewhere/answer-of-before", test_answer_of_before);
  return g_test_run ();
}
