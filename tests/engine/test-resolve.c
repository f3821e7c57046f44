/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a person ends a conflict. */
#include "config.h"

#include "engine-fixture.h"

#include "sync-error.h"

#include <string.h>

/* The signal's words are kept. */
static void
resolved_cb (SyncEngine *engine, gint64 id, const char *resolution, Engine *e)
{
  g_ptr_array_add (e->log, g_strdup_printf ("resolved %" G_GINT64_FORMAT " %s", id, resolution));
}

/* An update of Item/A against a version that somebody else has replaced; returns the conflict. */
static gint64
make_conflict (Engine *e, gint64 *id)
{
  g_autoptr (GPtrArray) open = NULL;
  g_autofree char *body = NULL;

  toy_site_put (e->site, "Item", "A", "{\"color\":\"red\"}");
  body = g_strdup_printf ("{\"color\":\"blue\",\"modified\":\"%s\"}",
                          json_object_get_string_member (toy_site_get (e->site, "Item", "A"), "modified"));
  toy_site_put (e->site, "Item", "A", "{\"color\":\"green\"}");
  g_signal_connect (e->engine, "conflict-resolved", G_CALLBACK (resolved_cb), e);
  engine_start (e);
  *id = engine_submit (e, "PUT", "/api/resource/Item/A", body);
  engine_settle (e);
  engine_assert_state (e, *id, SYNC_STATE_CONFLICT);
  open = sync_store_list_conflicts (e->store, "pending", 10, NULL);
  g_assert_cmpuint (open->len, ==, 1);
  return ((SyncConflict *) g_ptr_array_index (open, 0))->id;
}

static void
assert_closed (Engine *e, gint64 conflict_id, const char *resolution)
{
  g_autoptr (SyncConflict) conflict = sync_store_get_conflict (e->store, conflict_id, NULL);
  g_autofree char *told = g_strdup_printf ("resolved %" G_GINT64_FORMAT " %s", conflict_id, resolution);

  g_assert_cmpstr (conflict->status, ==, "resolved");
  g_assert_cmpstr (conflict->resolution, ==, resolution);
  g_assert_cmpstr (conflict->resolved_by, ==, "anna");
  /* The losing side stays where it can be found. */
  g_assert_nonnull (strstr (conflict->local_data, "blue"));
  g_assert_nonnull (strstr (conflict->server_data, "green"));
  g_assert_true (g_ptr_array_find_with_equal_func (e->log, told, g_str_equal, NULL));
}

static const char *
color (Engine *e)
{
  return json_object_get_string_member (toy_site_get (e->site, "Item", "A"), "color");
}

static void
test_local_wins (Engine *e)
{
  g_autoptr (GError) error = NULL;
  gint64 id;
  gint64 conflict = make_conflict (e, &id);

  g_assert_true (sync_engine_resolve (e->engine, conflict, SYNC_RESOLUTION_LOCAL_WINS, NULL, "anna", &error));
  g_assert_no_error (error);
  assert_closed (e, conflict, "local_wins");
  engine_settle (e);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_cmpstr (color (e), ==, "blue");
  g_assert_false (sync_engine_resolve (e->engine, conflict, SYNC_RESOLUTION_LOCAL_WINS, NULL, "anna", &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_ILLEGAL_EDGE);
}

/* Somebody was quicker again: that is a new conflict, and nothing is overwritten. */
static void
test_local_is_late (Engine *e)
{
  g_autoptr (GPtrArray) open = NULL;
  gint64 id;
  gint64 conflict = make_conflict (e, &id);

  toy_site_put (e->site, "Item", "A", "{\"color\":\"white\"}");
  g_assert_true (sync_engine_resolve (e->engine, conflict, SYNC_RESOLUTION_LOCAL_WINS, NULL, "anna", NULL));
  engine_settle (e);
  engine_assert_state (e, id, SYNC_STATE_CONFLICT);
  g_assert_cmpstr (color (e), ==, "white");
  open = sync_store_list_conflicts (e->store, "pending", 10, NULL);
  g_assert_cmpuint (open->len, ==, 1);
  g_assert_cmpint (((SyncConflict *) g_ptr_array_index (open, 0))->id, !=, conflict);
}

static void
test_server_wins (Engine *e)
{
  g_autoptr (GError) error = NULL;
  gint64 id;
  gint64 conflict = make_conflict (e, &id);

  g_assert_true (sync_engine_resolve (e->engine, conflict, SYNC_RESOLUTION_SERVER_WINS, NULL, "anna", &error));
  g_assert_no_error (error);
  assert_closed (e, conflict, "server_wins");
  engine_settle (e);
  engine_assert_state (e, id, SYNC_STATE_DISCARDED);
  g_assert_cmpstr (color (e), ==, "green");
  g_assert_false (sync_engine_resolve (e->engine, conflict, SYNC_RESOLUTION_SERVER_WINS, NULL, "anna", &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_ILLEGAL_EDGE);
  g_clear_error (&error);
  g_assert_false (sync_engine_resolve (e->engine, 99, SYNC_RESOLUTION_SERVER_WINS, NULL, "anna", &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_NOT_FOUND);
}

/* Nothing there can take this till's version. */
static void
test_document_is_gone (Engine *e)
{
  g_autoptr (GPtrArray) open = NULL;
  g_autoptr (GError) error = NULL;
  gint64 conflict, id;

  engine_start (e);
  id = engine_submit (e, "PUT", "/api/resource/Item/A", "{\"color\":\"blue\",\"modified\":\"2026-01-01 00:00:00.000001\"}");
  engine_settle (e);
  engine_assert_state (e, id, SYNC_STATE_CONFLICT);
  open = sync_store_list_conflicts (e->store, "pending", 10, NULL);
  conflict = ((SyncConflict *) g_ptr_array_index (open, 0))->id;
  g_assert_false (sync_engine_resolve (e->engine, conflict, SYNC_RESOLUTION_LOCAL_WINS, NULL, "anna", &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED);
  engine_assert_state (e, id, SYNC_STATE_CONFLICT);
  g_assert_true (sync_engine_resolve (e->engine, conflict, SYNC_RESOLUTION_SERVER_WINS, NULL, "anna", NULL));
  engine_assert_state (e, id, SYNC_STATE_DISCARDED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  engine_test_add ("/sync/resolve/local-wins", test_local_wins);
  engine_test_add ("/sync/resolve/local-is-late", test_local_is_late);
  engine_test_add ("/sync/resolve/server-wins", test_server_wins);
  engine_test_add ("/sync/resolve/document-is-gone", test_document_is_gone);
  return g_test_run ();
}
