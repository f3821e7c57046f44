/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Local wins where the key itself is in the way: its document was cancelled, or submitted with other content. */
#include "config.h"

#include "engine-fixture.h"

#include "sync-error.h"

#include <glib/gstdio.h>
#include <string.h>

#define KEY "till-1-000042"
#define SALE "{\"customer\":\"A\",\"posa_client_request_id\":\"" KEY "\",\"docstatus\":1}"

/* The first write arrives, and somebody takes the document on before the till has looked. */
typedef struct
{
  const char *becomes;
  guint n;
} Colleague;

static ToyFault
lose_first_answer (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  Colleague *colleague = user_data;

  if (!request->write)
    return TOY_ANSWER;
  if (++colleague->n == 1)
    return TOY_RESET_AFTER;
  if (colleague->n == 2)
    toy_site_put (site, "Sales Invoice", "NAME-1", colleague->becomes);
  return TOY_ANSWER;
}

static gint64
submit_sale (Engine *e)
{
  return engine_submit (e, "POST", "/api/resource/Sales%20Invoice", SALE);
}

static gint64
submit_payment (Engine *e)
{
  return engine_submit (e, "POST", "/api/resource/Payment%20Entry", "{\"reference\":\"LOCAL-" KEY "\",\"docstatus\":0}");
}

static gint64
make_conflict (Engine *e, Colleague *colleague, const char *type)
{
  g_autoptr (SyncConflict) conflict = NULL;
  gint64 id;

  toy_site_set_fault (e->site, lose_first_answer, colleague);
  engine_start (e);
  id = submit_sale (e);
  submit_payment (e);
  engine_run_for (e, 600000);
  engine_assert_state (e, id, SYNC_STATE_CONFLICT);
  conflict = sync_store_get_conflict (e->store, 1, NULL);
  g_assert_cmpstr (conflict->conflict_type, ==, type);
  g_assert_cmpint (conflict->asked_ms, >, 0);
  return id;
}

static void
assert_made_anew (Engine *e, gint64 id)
{
  g_autoptr (SyncRequest) old = engine_get (e, id);
  g_autoptr (SyncRequest) new = engine_get (e, old->superseded_by);
  g_autoptr (SyncConflict) conflict = sync_store_get_conflict (e->store, 1, NULL);
  JsonObject *there = toy_site_get (e->site, "Sales Invoice", new->server_name);

  g_assert_cmpint (old->state, ==, SYNC_STATE_DISCARDED);
  g_assert_cmpint (new->state, ==, SYNC_STATE_COMPLETED);
  g_assert_cmpstr (new->key, !=, KEY);
  g_assert_cmpstr (conflict->status, ==, "resolved");
  g_assert_cmpstr (conflict->resolution, ==, "local_wins");
  g_assert_cmpstr (conflict->resolved_by, ==, "anna");
  g_assert_cmpint (json_object_get_int_member (there, "docstatus"), ==, 1);
  g_assert_cmpstr (json_object_get_string_member (there, "posa_client_request_id"), ==, new->key);
  g_assert_cmpuint (toy_site_count (e->site, "Sales Invoice"), ==, 2);
}

static void
resolve (Engine *e)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (sync_engine_resolve (e->engine, 1, SYNC_RESOLUTION_LOCAL_WINS, NULL, "anna", &error));
  g_assert_no_error (error);
  engine_run_for (e, 600000);
}

/* A payment, delivered, is for the document that request @sale made. */
static void
assert_pays (Engine *e, gint64 payment, gint64 sale)
{
  g_autoptr (SyncRequest) row = engine_get (e, payment);
  g_autoptr (SyncRequest) paid = engine_get (e, sale);

  g_assert_cmpint (row->state, ==, SYNC_STATE_COMPLETED);
  g_assert_cmpstr (json_object_get_string_member (toy_site_get (e->site, "Payment Entry", row->server_name), "reference"), ==,
                   paid->server_name);
}

/* What waits for the sale gets the new one's name; and nobody makes it a third time. */
static void
test_cancelled (Engine *e)
{
  Colleague colleague = { "{\"docstatus\":2}", 0 };
  gint64 id = make_conflict (e, &colleague, "cancelled");
  gint64 late;

  resolve (e);
  assert_made_anew (e, id);
  assert_pays (e, id + 1, id + 2);
  g_assert_cmpint (submit_sale (e), ==, id + 2);
  late = submit_payment (e);
  engine_run_for (e, 600000);
  g_assert_cmpuint (toy_site_count (e->site, "Sales Invoice"), ==, 2);
  assert_pays (e, late, id + 2);
}

static void
test_submitted (Engine *e)
{
  Colleague colleague = { NULL, 2 };
  gint64 id;

  toy_site_put (e->site, "Sales Invoice", "THEIRS", "{\"docstatus\":1,\"customer\":\"B\",\"posa_client_request_id\":\"" KEY "\"}");
  id = make_conflict (e, &colleague, "submitted");
  resolve (e);
  assert_made_anew (e, id);
}

static void
test_preview (Engine *e)
{
  Colleague colleague = { "{\"docstatus\":2}", 0 };
  g_autofree char *preview = NULL;
  g_autoptr (SyncRequest) new = NULL;
  gint64 id = make_conflict (e, &colleague, "cancelled");

  preview = sync_engine_preview (e->engine, 1, SYNC_RESOLUTION_LOCAL_WINS, NULL, NULL);
  g_assert_nonnull (strstr (preview, "\"customer\":\"A\""));
  g_assert_null (strstr (preview, KEY));
  engine_assert_state (e, id, SYNC_STATE_CONFLICT);
  resolve (e);
  new = engine_get (e, id + 2);
  g_assert_nonnull (strstr (preview, new->key));
  g_assert_true (g_uuid_string_is_valid (new->key));
}

/* A database from before the decision is put back, and somebody decides the same: the document is there already. */
static void
test_decided_twice (Engine *e)
{
  Colleague colleague = { "{\"docstatus\":2}", 0 };
  g_autofree char *before = NULL;
  g_autofree char *path = g_build_filename (e->directory, "queue.db", NULL);
  g_autofree char *aside = g_build_filename (e->directory, "aside", NULL);
  g_autofree char *copy = g_build_filename (aside, "queue.db", NULL);
  gint64 id = make_conflict (e, &colleague, "cancelled");
  gsize length;

  g_assert_cmpint (g_mkdir (aside, 0700), ==, 0);
  g_assert_true (sync_store_backup (e->directory, aside, sync_clock_wall_ms (SYNC_CLOCK (e->clock)), NULL));
  resolve (e);
  engine_drop (e);
  g_assert_true (g_file_get_contents (copy, &before, &length, NULL));
  g_assert_true (g_file_set_contents (path, before, (gssize) length, NULL));
  engine_open (e);
  engine_start (e);
  engine_run_for (e, 600000);
  engine_assert_state (e, id, SYNC_STATE_CONFLICT);
  g_assert_true (sync_engine_resolve (e->engine, 2, SYNC_RESOLUTION_LOCAL_WINS, NULL, "bert", NULL));
  engine_run_for (e, 600000);
  g_assert_cmpuint (toy_site_count (e->site, "Sales Invoice"), ==, 2);
  engine_assert_state (e, id + 2, SYNC_STATE_COMPLETED);
}

/* The old one neither comes back nor lends its key to anything else, as long as the new one stands for it. */
static void
test_place_is_taken (Engine *e)
{
  Colleague colleague = { "{\"docstatus\":2}", 0 };
  SyncSubmission other = SYNC_SUBMISSION_INIT;
  g_autoptr (GBytes) body = g_bytes_new_static ("{\"customer\":\"B\",\"posa_client_request_id\":\"" KEY "\"}", 57);
  g_autoptr (GError) error = NULL;
  gint64 id = make_conflict (e, &colleague, "cancelled");

  sync_engine_pause (e->engine, 0, NULL);
  g_assert_true (sync_engine_resolve (e->engine, 1, SYNC_RESOLUTION_LOCAL_WINS, NULL, "anna", NULL));
  g_assert_false (sync_engine_restore (e->engine, id, "bert", &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_KEY_CONFLICT);
  g_clear_error (&error);
  other.method = "POST";
  other.url = "/api/resource/Sales%20Invoice";
  other.body = body;
  engine_submit_full (e, &other, &error);
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_KEY_CONFLICT);
  g_clear_error (&error);
  g_assert_true (sync_engine_discard_with_dependants (e->engine, id + 2, "not wanted", "anna", NULL));
  /* Who hands it over again does not bring it back. */
  g_assert_cmpint (submit_sale (e), ==, id + 2);
  engine_assert_state (e, id + 2, SYNC_STATE_DISCARDED);
  g_assert_false (sync_engine_restore (e->engine, id, "bert", &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_KEY_CONFLICT);
  g_clear_error (&error);
  g_assert_true (sync_engine_restore_with_dependants (e->engine, id + 2, "bert", &error));
  g_assert_no_error (error);
  sync_engine_resume (e->engine);
  engine_run_for (e, 600000);
  assert_made_anew (e, id);
  assert_pays (e, id + 1, id + 2);
}

/* Killed right after it was decided: the new one goes out once. */
static void
test_killed (Engine *e)
{
  Colleague colleague = { "{\"docstatus\":2}", 0 };
  gint64 id = make_conflict (e, &colleague, "cancelled");

  g_assert_true (sync_engine_resolve (e->engine, 1, SYNC_RESOLUTION_LOCAL_WINS, NULL, "anna", NULL));
  engine_drop (e);
  engine_open (e);
  engine_start (e);
  engine_run_for (e, 600000);
  assert_made_anew (e, id);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  engine_test_add ("/sync/anew/cancelled", test_cancelled);
  engine_test_add ("/sync/anew/submitted", test_submitted);
  engine_test_add ("/sync/anew/preview", test_preview);
  engine_test_add ("/sync/anew/decided-twice", test_decided_twice);
  engine_test_add ("/sync/anew/place-is-taken", test_place_is_taken);
  engine_test_add ("/sync/anew/killed", test_killed);
  return g_test_run ();
}
