/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What posawesome-syncctl lists and shows: requests, what depends on what, conflicts, and all of it as JSON. */
#include "config.h"

#include "ctl-fixture.h"

#include <string.h>

/* A person recognises a request by whom it is for, and how much. */
static void
test_summaries (GatewayFixture *self, gconstpointer data)
{
  g_autofree char *shown = NULL;

  g_free (expect (self, "pause", 0, "Paused"));
  run_free (run_with_input (
      self, "submit POST /api/method/posawesome.posawesome.api.invoices.submit_invoice --body -",
      "{\"data\":\"{}\",\"invoice\":\"{\\\"customer\\\":\\\"Corner\\\\u001b[31m Bakery\\\",\\\"grand_total\\\":12.3,"
      "\\\"currency\\\":\\\"USD\\\",\\\"posa_client_request_id\\\":\\\"inv-1\\\"}\"}"));
  run_free (run_with_input (self, "submit POST /api/resource/Note --body -", "{\"title\":\"Order flour\"}"));
  /* A terminal obeys nothing that stands in a name. */
  g_free (expect (self, "list", 0, "  Corner[31m Bakery  12.30 USD"));
  g_free (expect (self, "list", 0, "  POST Note           Order flour\n"));
  shown = expect (self, "show 1", 0, "Customer    Corner[31m Bakery\nAmount      12.30 USD\n");
}

/* Behind another write of the same document: behind which, and what is the matter with it. */
static void
test_waits_for (GatewayFixture *self, gconstpointer data)
{
  g_autofree char *shown = NULL;
  g_autofree char *json = NULL;

  scripted_transport_set (self->transport, SCRIPT_REFUSE);
  for (guint i = 0; i < 2; i++)
    {
      run_free (run_with_input (self, "submit POST /api/resource/Customer --body - --key till-1",
                                "{\"customer_name\":\"Ann\"}"));
      run_free (run_with_input (self, "submit PUT /api/resource/Customer/LOCAL-till-1 --body - --key till-2",
                                "{\"phone\":\"1\",\"modified\":\"2024-01-01 10:00:00\"}"));
      gateway_fixture_settle ();
    }
  g_free (expect (self, "list", 0, "  needs a person  "));
  g_free (expect (self, "list", 0, "  waits for request 1 (refused)"));
  shown = expect (self, "show 2", 0, "Next try    waits for request 1 (refused)\n");
  json = expect (self, "--json list", 0, "\"waitsFor\":1,\"waitsForStatus\":\"failed\"");
  assert_contains (json, "\"waitsFor\":null,\"waitsForStatus\":null");
}

static void
test_dependants (GatewayFixture *self, gconstpointer data)
{
  g_autofree char *list = NULL, *shown = NULL;
  const char *first, *second, *third;

  g_free (expect (self, "offline on", 0, "Off line"));
  run_free (run_with_input (self, "submit POST /api/resource/Customer --body - --key till-1",
                            "{\"customer_name\":\"Ann\"}"));
  run_free (run_with_input (self, "submit POST /api/resource/Note --body - --key note", "{\"title\":\"x\"}"));
  run_free (run_with_input (self, "submit POST /api/resource/Sales%20Invoice --body - --key till-2",
                            "{\"customer\":\"LOCAL-till-1\"}"));
  run_free (run_with_input (self, "submit POST /api/resource/Payment%20Entry --body - --key till-3",
                            "{\"references\":[{\"reference_name\":\"LOCAL-till-2\"}]}"));
  /* Each below the one that it waits for. */
  list = expect (self, "list", 0, "\n1      pending ");
  first = strstr (list, "\n  3    pending ");
  second = strstr (list, "\n    4  pending ");
  third = strstr (list, "\n2      pending ");
  g_assert_true (first != NULL && first < second && second < third);
  shown = expect (self, "show 3", 0, "Depends on  1\nNeeded by   4\n");
  g_free (expect (self, "discard 1 --reason 'typed twice'", 1,
                  "syncctl: request 1 has 2 that wait for it and would fail with it (requests 3, 4)"));
  g_free (expect (self, "discard 1 --reason 'typed twice' --with-dependants", 0, "Request 1: given up."));
  g_free (expect (self, "list --status failed", 0, "request 1, on which it depends, was given up"));
  g_free (expect (self, "restore 1", 0, "can be tried again with “posawesome-syncctl retry 3 4”"));
  g_free (expect (self, "discard 1 --reason 'typed twice' --with-dependants", 0, "Request 1: given up."));
  g_free (expect (self, "restore 1 --with-dependants", 0, "Request 1: waiting."));
  g_free (expect (self, "list --status failed", 0, "There are none."));
  g_free (expect (self, "offline off", 0, "Deliveries go on."));
  gateway_fixture_settle ();
  g_free (expect (self, "list", 0, "Nothing waits."));
}

/* Whoever gives a refused sale up hears that the draft that it left is deleted. */
static void
test_draft (GatewayFixture *self, gconstpointer data)
{
  g_autofree char *json = NULL;

  scripted_transport_set (self->transport, SCRIPT_REFUSE_PUT);
  run_free (run_with_input (self, "submit POST /api/resource/Sales%20Invoice --body - --key till-1",
                            "{\"customer\":\"Ann\",\"docstatus\":1}"));
  run_free (run_with_input (self, "submit POST /api/resource/Sales%20Invoice --body - --key till-2",
                            "{\"customer\":\"Joe\"}"));
  gateway_fixture_settle ();
  g_free (expect (self, "list --status failed", 0, "No such customer"));
  g_free (expect (self, "offline on", 0, "Off line"));
  g_free (
      expect (self, "discard 1 --reason 'typed twice'", 0,
              "Request 1: given up.\nIts draft DOC-1 on the server is deleted by request 3, for which the till's user "
              "needs the right.\n"));
  json = expect (self, "--json show 3", 0, "\"method\":\"DELETE\"");
  assert_contains (json, "\"undoOf\":1");
  run_free (run_with_input (self, "submit POST /api/resource/Note --body - --key note", "{\"title\":\"x\"}"));
  g_free (expect (self, "--json discard 4 --reason 'typed twice'", 0, "\"deletions\":[]"));
}

static void
expect_object (GatewayFixture *self, const char *command)
{
  g_autofree char *text = expect (self, command, 0, "{");
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = json_from_string (text, &error);

  g_assert_no_error (error);
  g_assert_true (JSON_NODE_HOLDS_OBJECT (node));
}

static void
test_json (GatewayFixture *self, gconstpointer data)
{
  static const char *const commands[]
      = { "--json status",    "status --json",  "list --json",         "--json show 1",
          "--json conflicts", "--json retry 1", "--json clear-old 30", "--json pause 1h",
          "--json resume",    "--json sync",    "--json offline off" };

  scripted_transport_set (self->transport, SCRIPT_REFUSE);
  gateway_fixture_submit (self, "Ann");
  gateway_fixture_settle ();
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    expect_object (self, commands[i]);
  scripted_transport_set (self->transport, SCRIPT_BUSY);
  gateway_fixture_submit (self, "Joe");
  gateway_fixture_settle ();
  expect_object (self, "--json sync 2");
}

static void
accepted_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  guint *n = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncSubmitted) submitted = sync_engine_submit_finish (SYNC_ENGINE (source), result, &error);

  g_assert_no_error (error);
  (*n)++;
}

/* Many at once, which share their commits. */
static void
submit_many (GatewayFixture *self, guint n)
{
  g_autoptr (GBytes) body = g_bytes_new_static ("{\"customer_name\":\"Ann\"}", strlen ("{\"customer_name\":\"Ann\"}"));
  SyncSubmission submission = SYNC_SUBMISSION_INIT;
  guint n_accepted = 0;

  submission.method = "POST";
  submission.url = "/api/resource/Customer";
  submission.body = body;
  for (guint i = 0; i < n; i++)
    sync_engine_submit_async (self->engine, &submission, NULL, accepted_cb, &n_accepted);
  while (n_accepted < n)
    {
      gateway_fixture_settle ();
      sync_clock_virtual_advance_us (self->clock, G_TIME_SPAN_MILLISECOND);
    }
}

/* One document, however many pages it takes, and every row as the program gave it. */
static void
test_json_pages (GatewayFixture *self, gconstpointer data)
{
  g_autofree char *text = NULL;
  g_autoptr (JsonNode) node = NULL;
  g_autoptr (GError) error = NULL;
  JsonArray *requests;

  sync_engine_pause (self->engine, 0, NULL);
  g_free (expect (self, "--json list", 0, "{\"requests\":[],\"next\":null}\n"));
  submit_many (self, 501);
  text = expect (self, "--json list", 0, "{\"requests\":[{\"id\":1,");
  node = json_from_string (text, &error);
  g_assert_no_error (error);
  g_assert_true (json_object_get_null_member (json_node_get_object (node), "next"));
  requests = json_object_get_array_member (json_node_get_object (node), "requests");
  g_assert_cmpuint (json_array_get_length (requests), ==, 501);
  for (guint i = 0; i < 501; i++)
    g_assert_cmpint (json_object_get_int_member (json_array_get_object_element (requests, i), "id"), ==, i + 1);
  assert_contains (text, "\"amount\":null},\n{\"id\":501,");
}

/* @server: (nullable): NULL: it was deleted there */
static gint64
add_conflict_with (GatewayFixture *self, gint64 request_id, const char *server)
{
  g_autoptr (SyncConflict) conflict = sync_conflict_new ();
  g_autoptr (GError) error = NULL;
  gint64 id;

  conflict->request_id = request_id;
  conflict->resource_type = g_strdup ("Customer");
  conflict->resource_id = g_strdup ("Ann");
  conflict->conflict_type = g_strdup ("edit_edit");
  conflict->local_data = g_strdup ("{}");
  conflict->server_data = g_strdup (server);
  id = sync_store_add_conflict (self->store, conflict, &error);
  g_assert_no_error (error);
  return id;
}

static gint64
add_conflict (GatewayFixture *self, gint64 request_id)
{
  return add_conflict_with (self, request_id, NULL);
}

/* Only ways out that are there are named, and what was undone is not simply ended. */
static void
test_conflict_end (GatewayFixture *self, gconstpointer data)
{
  g_autofree char *gone = NULL;
  g_autoptr (GError) error = NULL;

  sync_engine_pause (self->engine, 0, NULL);
  run_free (run_with_input (self, "submit PUT /api/resource/Customer/Ann --body - --key till-1",
                            "{\"phone\":\"1\",\"modified\":\"2024-01-01 10:00:00\"}"));
  run_free (run_with_input (self, "submit PUT /api/resource/Customer/Joe --body - --key till-2",
                            "{\"phone\":\"1\",\"modified\":\"2024-01-01 10:00:00\"}"));
  add_conflict (self, 1);
  add_conflict_with (self, 2, "{\"name\":\"Joe\",\"modified\":\"2024-01-02 10:00:00\",\"phone\":\"2\"}");
  gone = expect (self, "conflicts 1", 0, "End it with “posawesome-syncctl resolve 1 server_wins”.\n");
  g_assert_null (strstr (gone, "local_wins"));
  g_free (expect (self, "conflicts 2", 0, "End it with “posawesome-syncctl resolve 2 local_wins” or “server_wins”.\n"));
  sync_store_resolve_conflict (self->store, 2, "server_wins", NULL, "ann", &error);
  g_assert_no_error (error);
  g_free (expect (self, "conflicts all", 0, "  server_wins  ann\n"));
  sync_store_set_undone (self->store, 2, 7, "ann", &error);
  g_assert_no_error (error);
  g_free (expect (self, "conflicts all", 0, "  server_wins (undone by request 7)  ann\n"));
  g_free (expect (self, "conflicts 2", 0, "Ended: server_wins, by ann\nThe end of conflict 2 is undone by request 7.\n"));
}

/* Those that are open say why in either list, and a list that is cut says that it is. */
static void
test_conflicts (GatewayFixture *self, gconstpointer data)
{
  g_autoptr (Run) cut = NULL;
  g_autoptr (Run) whole = NULL;
  g_autoptr (Run) json = NULL;
  g_autoptr (GError) error = NULL;

  sync_engine_pause (self->engine, 0, NULL);
  submit_many (self, 1000);
  sync_store_note_conflict (self->store, add_conflict (self, 1), SYNC_CONFLICT_ASKED, NULL, "a person decides", &error);
  g_assert_no_error (error);
  g_free (expect (self, "conflicts", 0, "  a person decides\n"));
  g_free (expect (self, "conflicts all", 0, "  a person decides\n"));
  g_free (expect (self, "conflicts x", 2, "“x” is no conflict's number; see “posawesome-syncctl conflicts”"));
  g_free (expect (self, "resolve x skip", 2, "“x” is no conflict's number"));
  g_free (expect (self, "undo x", 2, "“x” is no conflict's number"));
  g_free (expect (self, "undo 4711", 1, "there is no conflict 4711\n"));
  for (gint64 id = 2; id < 1000; id++)
    add_conflict (self, id);
  whole = run_with_input (self, "conflicts", "");
  g_assert_cmpstr (whole->errors, ==, "");
  add_conflict (self, 1000);
  cut = run_with_input (self, "conflicts", "");
  g_assert_cmpint (cut->status, ==, 0);
  assert_contains (cut->errors, "only the 1000 oldest are listed");
  json = run_with_input (self, "conflicts --json", "");
  assert_contains (json->errors, "only the 1000 oldest are listed");
}

#define ADD(name, func)                                                                                      \
  g_test_add ("/sync/ctl/" name, GatewayFixture, NULL, gateway_fixture_set_up, func,                         \
              gateway_fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("summaries", test_summaries);
  ADD ("waits-for", test_waits_for);
  ADD ("dependants", test_dependants);
  ADD ("draft", test_draft);
  ADD ("json", test_json);
  ADD ("json-pages", test_json_pages);
  ADD ("conflicts", test_conflicts);
  ADD ("conflict-end", test_conflict_end);
  return g_test_run ();
}
