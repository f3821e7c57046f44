/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The built posawesome-syncctl against a gateway in this process: what it prints and how it exits. */
#include "config.h"

#include "ctl-fixture.h"

#include <glib/gstdio.h>
#include <glib/gstdio.h>
#include <string.h>

#include "sync-test-directory.h"

static void
test_usage (GatewayFixture *self, gconstpointer data)
{
  g_free (expect (self, "", 2, "a command is missing; there are status, list,"));
  g_free (expect (self, "frobnicate", 2, "there is no command “frobnicate”; there are status, list,"));
  g_free (expect (self, "resolve 1 mine", 2, "“mine” is no way to end a conflict"));
  g_free (expect (self, "resolve 1 local_wins", 1, "there is no conflict 1"));
  g_free (expect (self, "status now", 2, "“now” is too much; usage: posawesome-syncctl status\n"));
  g_free (expect (self, "status --reason x", 2, "--reason"));
  g_free (expect (self, "show", 2, "something is missing; usage: posawesome-syncctl show ID"));
  g_free (expect (self, "show one", 2, "“one” is no request's number"));
  g_free (expect (self, "retry 1 x", 2, "“x” is no request's number"));
  g_free (expect (self, "discard 1", 2, "--reason"));
  g_free (expect (self, "pause 5", 2, "30s, 10m, 2h or 1d"));
  g_free (expect (self, "pause 9999999999999h", 2, "30s, 10m, 2h or 1d"));
  g_free (expect (self, "offline maybe", 2, "neither on nor off"));
  g_free (expect (self, "confirm 1 perhaps", 2, "arrived"));
  g_free (expect (self, "clear-old soon", 2, "no number of days from 0 to 36500"));
  g_free (expect (self, "submit POST /api/resource/Note --key ''", 2, "the key is empty"));
  g_free (expect (self, "list --status bogus", 2, "“bogus” is no status; there are pending,"));
  g_free (expect (self, "list --status failed,,unknown", 2, "“” is no status"));
  g_free (expect (self, "submit FOO /api/resource/Note", 2, "“FOO” is no method; a write is POST, PUT or DELETE"));
  g_free (expect (self, "credentials show", 2, "neither set nor clear"));
  g_free (expect (self, "--version", 0, "posawesome-syncctl " SYNC_VERSION));
  g_free (expect (self, "--help", 0, "submit METHOD URL [--body FILE|-] [--key K]"));
  g_free (expect (self, "submit --help", 0, "--key=K"));
}

static void
test_story (GatewayFixture *self, gconstpointer data)
{
  g_autoptr (Run) submitted = NULL;
  g_autofree char *list = NULL;
  g_autofree char *shown = NULL;

  g_free (expect (self, "status", 0, "Everything that was accepted is on the server."));
  g_free (expect (self, "list", 0, "Nothing waits."));
  g_free (expect (self, "list --status failed", 0, "There are none."));
  g_free (expect (self, "pause 10m", 0, "Paused until 2026-01-01 00:10:00; writes are still accepted."));
  g_free (expect (self, "status", 0, "\nPaused until 2026-01-01 00:10:00\n"));

  submitted = run_with_input (self, "submit POST /api/resource/Customer --body - --key K1",
                              "{\"customer_name\":\"Jürgen\",\"limit\":0.10}");
  g_assert_cmpint (submitted->status, ==, 0);
  assert_contains (submitted->out, "Accepted and on disk, as request 1.");
  assert_contains (submitted->errors, "Key K1;");
  run_free (g_steal_pointer (&submitted));
  submitted = run_with_input (self, "submit POST /api/resource/Customer --body - --key K1",
                              "{\"customer_name\":\"Jürgen\",\"limit\":0.10}");
  assert_contains (submitted->out, "This was accepted before, as request 1: waiting.");

  g_free (expect (self, "status", 0, "1 request waits to be delivered."));
  g_free (expect (self, "status", 0, "Condition   paused"));
  list = expect (self, "list", 0, "POST Customer");
  assert_contains (
      list, "ID  STATUS   ACCEPTED             REQUEST        CUSTOMER OR TITLE  AMOUNT  NEXT TRY  THE SERVER'S WORDS\n"
            "1   pending  ");
  assert_contains (list, "  POST Customer  Jürgen\n");

  scripted_transport_set (self->transport, SCRIPT_REFUSE);
  g_free (expect (self, "resume", 0, "Deliveries go on."));
  gateway_fixture_settle ();
  g_free (expect (self, "status", 0, "1 request was refused by the server"));
  g_free (expect (self, "list", 0, "No such customer"));
  shown = expect (self, "show 1", 0, "failed (refused)");
  assert_contains (shown, "Words       No such customer");
  assert_contains (shown, "\"customer_name\" : \"Jürgen\"");
  assert_contains (shown, "417 ValidationError");

  g_free (expect (self, "sync 1", 1, "nothing is tried: request 1 is failed; send it again with"));
  g_free (expect (self, "discard 1 --reason 'typed twice'", 0, "Request 1: given up."));
  g_free (expect (self, "retry 1", 1, "syncctl: request 1 is discarded; retry is for"));
  scripted_transport_set (self->transport, SCRIPT_ACCEPT);
  g_free (expect (self, "restore 1", 0, "Request 1: "));
  gateway_fixture_settle ();
  g_free (expect (self, "sync --type Customer 1", 0, "Nothing waits."));
  g_free (expect (self, "sync --type Nothing", 1, "there is no request of the type “Nothing”"));
  g_free (expect (self, "sync --type Nothing --json", 1, "there is no request of the type “Nothing”"));
  g_free (expect (self, "sync 1 98 99", 1,
                  "there are no requests 98, 99, so nothing was tried: leave them out; see “posawesome-"
                  "syncctl list --status all”"));
  g_free (expect (self, "list --status completed", 0, "Customer DOC-"));
  g_free (expect (self, "clear-old 0", 0, "0 delivered requests were forgotten."));
  g_free (expect (self, "offline on", 0, "Off line"));
  g_free (expect (self, "sync", 1, "nothing is tried: the line is switched off by hand; go on with"));
  g_free (expect (self, "resume", 0, "The pause is over. Nothing is delivered yet: switched off line by hand; go on with “posawesome-syncctl offline off”."));
  g_free (expect (self, "offline off", 0, "Deliveries go on."));
  g_free (expect (self, "conflicts", 0, "There are no open conflicts."));
  g_free (expect (self, "show 4711", 1, "there is no request 4711; see “posawesome-syncctl list --status all”"));
}

/* The queue does not claim to be whole where a note says that it is not. */
static void
test_note (GatewayFixture *self, gconstpointer data)
{
  g_autofree char *text = NULL;

  g_autoptr (Run) doctor = NULL;

  sync_engine_add_notice (self->engine, "The queue that was used here is gone.");
  sync_engine_add_notice (self->engine, "A file was put back.");
  text = expect (self, "status", 0, "Note        The queue that was used here is gone. A file was put back.\n");
  g_assert_null (strstr (text, "Everything that was accepted"));
  doctor = run_with_input (self, "doctor", "");
  assert_contains (doctor->out, "TROUBLE  The queue that was used here is gone. A file was put back; keep a copy of");
}

static void
test_submit (GatewayFixture *self, gconstpointer data)
{
  g_autofree char *path = g_build_filename (self->directory, "body.json", NULL);
  g_autofree char *command = g_strdup_printf ("submit POST /api/resource/Customer --body %s", path);
  g_autofree char *long_command = NULL;
  g_autoptr (Run) refused = NULL;
  g_autoptr (Run) run = NULL;
  g_autoptr (Run) keyed = NULL;

  sync_engine_pause (self->engine, 0, NULL);
  g_free (expect (self, command, 1, "body.json"));
  g_free (expect (self, "submit POST /api/resource/Customer", 2, "the document is missing; give it with --body FILE"));
  g_free (expect (self, "submit PUT /api/resource/Customer/Ann", 2, "the document is missing"));
  /* Somebody gave the JSON where its file is wanted. */
  long_command = g_strdup_printf ("submit POST /api/resource/Customer --body '{\"customer_name\":\"%0300d\"}'", 1);
  g_free (expect (self, "submit POST /api/resource/Customer --body '{\"customer_name\":\"Ann\"}'", 1,
                  "that is JSON, where the name of a file is wanted: write it into a file and name that, or name “-”"));
  g_free (expect (self, long_command, 1, "that is JSON, where the name of a file is wanted"));
  g_assert_true (g_file_set_contents (path, "{\n\"a\": oops}", -1, NULL));
  g_free (expect (self, command, 1, "body.json: malformed JSON at line 2, column 6"));
  g_free (expect (self, "submit POST /api/resource/Note --body -", 1, "standard input: malformed JSON"));
  g_assert_true (g_file_set_contents (path, "{\"customer_name\":\"Ann\"}", -1, NULL));
  run = run_with_input (self, command, "");
  g_assert_cmpint (run->status, ==, 0);
  /* A key of the command's own making: a UUID of version 7. */
  g_assert_true (g_regex_match_simple (
      "Key [0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12};", run->errors, 0, 0));
  /* The body's own key is left alone. */
  keyed = run_with_input (self, "--json submit post /api/resource/Sales%20Invoice --body -",
                          "{\"customer\":\"Ann\",\"posa_client_request_id\":\"till-7\"}");
  g_assert_cmpint (keyed->status, ==, 0);
  assert_contains (keyed->errors, "Key till-7;");
  assert_contains (keyed->out, "\"key\":\"till-7\"");
  refused = run_with_input (self, "submit GET /api/resource/Customer", "");
  g_assert_cmpint (refused->status, ==, 1);
  assert_contains (refused->errors, "only reads");
  /* A refusal needs no repetition. */
  g_assert_null (strstr (refused->errors, "Key "));
}

static void
test_confirm (GatewayFixture *self, gconstpointer data)
{
  g_autofree char *json = NULL;

  scripted_transport_set (self->transport, SCRIPT_SILENT);
  gateway_fixture_submit (self, "Ann");
  gateway_fixture_settle ();
  g_free (expect (self, "status", 0, "not known whether it arrived"));
  /* Its time has come: the virtual clock is behind the one that the command looks at. */
  g_free (expect (self, "status", 0, "\nNext try    now\n"));
  json = expect (self, "--json show 1", 0, "\"durationMs\":0.000");
  g_free (expect (self, "confirm 1 arrived Ann", 0, "Request 1: delivered."));
}

static void
test_keys (GatewayFixture *self, gconstpointer data)
{
  g_autofree char *all = expect (self, "keys", 0, "Sales Invoice  enforced     posa_client_request_id");
  g_autofree char *json = expect (self, "--json keys", 0, "\"type\":\"Sales Invoice\",");

  assert_contains (all, "Customer       not checked  sync_client_id");
  assert_contains (json, "\"shipped\":true,\"state\":\"enforced\",\"enforced\":true,\"seenMs\":null,");
  /* The site takes the field and does not show how it is defined. */
  g_free (expect (self, "keys make Note", 1, "whether it is unique only a System Manager can see"));
  assert_contains (scripted_transport_get_last_body (self->transport),
                   "\"dt\":\"Note\",\"fieldname\":\"sync_client_id\",\"fieldtype\":\"Data\",");
  assert_contains (scripted_transport_get_last_body (self->transport),
                   "\"unique\":1,\"no_copy\":1,\"read_only\":1,\"length\":64");
  scripted_transport_set (self->transport, SCRIPT_REFUSE);
  g_free (expect (self, "keys make Note", 1, "The key field of Note could not be made: No such customer"));
  g_free (expect (self, "keys make", 2, "name the documents"));
  g_free (expect (self, "keys show", 2, "“show” is not “make”"));
}

static void
test_not_running (GatewayFixture *self, gconstpointer data)
{
  g_autofree char *port = g_build_filename (self->directory, "gateway-port", NULL);
  g_autofree char *lock = g_build_filename (self->directory, "lock", NULL);
  g_autofree char *token = g_build_filename (self->directory, "gateway-token", NULL);
  g_autofree char *aside = g_build_filename (self->directory, "aside", NULL);
  g_autofree char *kept = NULL;

  /* The port of a program that was killed: its process is gone, so the token is not sent there. */
  g_assert_true (g_file_get_contents (lock, &kept, NULL, NULL));
  g_assert_true (g_file_set_contents (lock, "2147483646\n", -1, NULL));
  g_free (expect (self, "status", 1, "is not running"));
  /* The command does not know the settings, and says so. */
  g_free (expect (self, "status", 1, "with POSAWESOME_SYNC_DATA_DIR, also where it stands in the setting data-dir"));
  g_assert_true (g_file_set_contents (lock, kept, -1, NULL));
  g_free (expect (self, "status", 0, "State"));
  /* A file that is there and cannot be read is another matter. */
  g_assert_no_errno (g_rename (token, aside));
  g_assert_no_errno (g_mkdir (token, 0700));
  g_free (expect (self, "status", 1, "gateway-token”"));
  g_free (expect (self, "status", 1, "; be the user who runs POSAwesome Sync"));
  g_assert_no_errno (g_rmdir (token));
  g_assert_no_errno (g_rename (aside, token));
  sync_gateway_close (self->gateway);
  g_free (expect (self, "status", 1, "is not running"));
  g_free (expect (self, "watch", 1, "start it with “posawesome-sync”"));
  g_assert_false (g_file_test (port, G_FILE_TEST_EXISTS));
}

static void
set_owner (GDBusConnection *connection, const char *method, GVariant *arguments)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer = g_dbus_connection_call_sync (connection, "org.freedesktop.DBus",
                                                             "/org/freedesktop/DBus", "org.freedesktop.DBus", method,
                                                             arguments, NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);

  g_assert_no_error (error);
}

/* The desktop program before its first set-up: it runs, and has no gateway. */
static void
test_not_set_up (GatewayFixture *self, gconstpointer data)
{
  g_autofree char *program = g_find_program_in_path ("dbus-daemon");
  g_autoptr (GTestDBus) bus = NULL;
  g_autoptr (GDBusConnection) connection = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (Run) doctor = NULL;
  g_autoptr (Run) elsewhere = NULL;
  char *kept;

  if (program == NULL)
    {
      g_test_skip ("there is no dbus-daemon");
      return;
    }
  sync_gateway_close (self->gateway);
  bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (bus);
  session_bus = g_test_dbus_get_bus_address (bus);
  connection = g_dbus_connection_new_for_address_sync (
      session_bus, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, NULL,
      NULL, &error);
  g_assert_no_error (error);
  g_free (expect (self, "status", 1, "is not running on"));
  set_owner (connection, "RequestName", g_variant_new ("(su)", "org.posawesome.Sync", 0));
  g_free (
      expect (self, "status", 1, "it is not set up yet (do that in its window, or start it with ERPNEXT_BASE_URL)"));
  doctor = run_with_input (self, "doctor", "");
  g_assert_cmpint (doctor->status, ==, 1);
  assert_contains (doctor->out, "TROUBLE  POSAwesome Sync runs, but does not work on");
  /* Nor has it a data directory then. */
  kept = self->directory;
  self->directory = g_build_filename (kept, "none", NULL);
  elsewhere = run_with_input (self, "doctor", "");
  g_free (self->directory);
  self->directory = kept;
  assert_contains (elsewhere->out, "is not there (No such file or directory); start the program and set it up");
  assert_contains (elsewhere->out, "TROUBLE  POSAwesome Sync runs, but does not work on");
  set_owner (connection, "ReleaseName", g_variant_new ("(s)", "org.posawesome.Sync"));
  g_free (expect (self, "status", 1, "is not running on"));
  g_dbus_connection_close_sync (connection, NULL, NULL);
  session_bus = NULL;
  g_test_dbus_down (bus);
}

static void
test_doctor (GatewayFixture *self, gconstpointer data)
{
  g_autoptr (Run) well = NULL;
  g_autoptr (Run) refused = NULL;
  g_autoptr (Run) json = NULL;
  g_autoptr (Run) down = NULL;
  g_autoptr (JsonNode) node = NULL;

  well = run_with_input (self, "doctor", "");
  assert_contains (well->out, "good     the program runs, version " SYNC_VERSION);
  assert_contains (well->out, "good     the API key is that of cashier@example.com");
  assert_contains (well->out, "good     the server https://shop.example.com can be reached");
  assert_contains (well->out, "good     no request needs a person");

  scripted_transport_set (self->transport, SCRIPT_REFUSE);
  gateway_fixture_submit (self, "Ann");
  gateway_fixture_settle ();
  refused = run_with_input (self, "doctor", "");
  g_assert_cmpint (refused->status, ==, 1);
  assert_contains (refused->out, "TROUBLE  a person is needed: 1 refused");
  json = run_with_input (self, "doctor --json", "");
  g_assert_cmpint (json->status, ==, 1);
  node = json_from_string (json->out, NULL);
  g_assert_false (json_object_get_boolean_member (json_node_get_object (node), "ok"));

  sync_gateway_close (self->gateway);
  down = run_with_input (self, "doctor", "");
  g_assert_cmpint (down->status, ==, 1);
  assert_contains (down->out, "TROUBLE  POSAwesome Sync is not running");
}

/* A pause of some documents is seen wherever somebody looks. */
static void
test_paused_types (GatewayFixture *self, gconstpointer data)
{
  g_autofree char *json = gateway_fixture_expect (self, "POST", "pause", "{\"types\":[\"Note\",\"Say \\\"x\\\"\"]}", 200);
  g_autofree char *metrics = gateway_fixture_expect (self, "GET", "metrics", NULL, 200);
  g_autofree char *refused = NULL;
  g_autoptr (Run) doctor = NULL;
  g_autoptr (Run) unknown = NULL;

  assert_contains (json, "\"pausedTypes\":[\"Note\",\"Say \\\"x\\\"\"]");
  assert_contains (json, "\"nextTryMs\":null");
  assert_contains (metrics, "posawesome_sync_paused{type=\"\"} 0\n"
                            "posawesome_sync_paused{type=\"Note\"} 1\n"
                            "posawesome_sync_paused{type=\"Say \\\"x\\\"\"} 1\n");
  g_free (expect (self, "status", 0, "Paused types Note, Say \"x\"\n"));
  doctor = run_with_input (self, "doctor", "");
  g_assert_cmpint (doctor->status, ==, 1);
  assert_contains (doctor->out, "TROUBLE  the delivery of Note, Say \"x\" is paused; go on with");
  /* There is nothing that is held back. */
  g_free (expect (self, "sync", 0, "Nothing waits.\n"));
  run_free (run_with_input (self, "submit POST /api/resource/Note --body - --key n-1", "{\"title\":\"x\"}"));
  g_free (expect (self, "sync", 1, "of a type whose delivery is paused (Note, Say \"x\"); go on with"));
  g_free (expect (self, "sync 1", 1, "of a type whose delivery is paused"));
  g_free (expect (self, "sync 4711", 1, "there is no request 4711"));
  unknown = run_with_input (self, "sync --type Bogus", "");
  g_assert_cmpint (unknown->status, ==, 1);
  g_assert_cmpstr (unknown->out, ==, "");
  g_assert_cmpstr (unknown->errors, ==, "posawesome-syncctl: there is no request of the type “Bogus”\n");
  refused = gateway_fixture_expect (self, "POST", "sync", "{\"types\":[\"Customer\"],\"ids\":[1]}", 409);
  assert_contains (refused, "go on with “posawesome-syncctl resume”");
  scripted_transport_set (self->transport, SCRIPT_OFFLINE);
  gateway_fixture_submit (self, "Ann");
  g_free (expect (self, "sync", 0, "Deliveries are being tried now, but not those of Note, Say \"x\", which are paused."));
  g_free (expect (self, "sync --type Customer", 0, "but not those of Note"));
  g_free (expect (self, "sync 1 2", 0, "but not those of Note"));
  g_free (expect (self, "resume", 0, "The pause is over. Nothing is delivered yet: off line; "));
  g_free (expect (self, "sync", 0, "Deliveries are being tried now.\n"));
  g_free (gateway_fixture_expect (self, "GET", "status", NULL, 200));
}

/* A server that asked to be left alone is not asked sooner, and nobody is told that it is. */
static void
test_busy_server (GatewayFixture *self, gconstpointer data)
{
  scripted_transport_set (self->transport, SCRIPT_BUSY);
  gateway_fixture_submit (self, "Ann");
  gateway_fixture_settle ();
  g_free (expect (self, "sync", 0, "Not yet: the server asked to wait; deliveries go on by themselves.\n"));
  g_free (expect (self, "sync 1", 0, "Not yet: the server asked to wait"));
  g_assert_cmpuint (scripted_transport_get_n_writes (self->transport), ==, 1);
}

/* Nothing is called good that was not tried: the server is asked, though nothing waits. */
static void
test_doctor_asks (GatewayFixture *self, gconstpointer data)
{
  g_autoptr (Run) away = NULL;
  g_autoptr (Run) stranger = NULL;
  g_autoptr (Run) off = NULL;
  g_autoptr (Run) back = NULL;

  g_free (expect (self, "status", 0, "Condition   not tried yet; "));
  scripted_transport_set (self->transport, SCRIPT_OFFLINE);
  away = run_with_input (self, "doctor", "");
  g_assert_cmpint (away->status, ==, 1);
  assert_contains (away->out, "TROUBLE  nothing is delivered to https://shop.example.com (Connection refused); off line");
  assert_contains (away->out, "good     an API key is set; the server has not said yet whose it is");
  g_free (expect (self, "status", 0, "Condition   off line; "));
  scripted_transport_set (self->transport, SCRIPT_STRANGER);
  stranger = run_with_input (self, "doctor", "");
  g_assert_cmpint (stranger->status, ==, 1);
  assert_contains (stranger->out, "TROUBLE  the server does not take the API key that is set; give the right one");
  scripted_transport_set (self->transport, SCRIPT_ACCEPT);
  back = run_with_input (self, "doctor", "");
  g_assert_cmpint (back->status, ==, 0);
  assert_contains (back->out, "good     the server https://shop.example.com can be reached");
  g_free (expect (self, "status", 0, "Condition   on line"));
  sync_engine_set_offline (self->engine, TRUE);
  off = run_with_input (self, "doctor", "");
  assert_contains (off->out, "TROUBLE  nothing is delivered to https://shop.example.com; switched off line by hand");
}

/* What the next start would not use is said while all is well. */
static void
test_doctor_key_file (GatewayFixture *self, gconstpointer data)
{
  g_autofree char *directory = g_build_filename (self->directory, "posawesome-sync", NULL);
  g_autofree char *path = g_build_filename (directory, "credentials", NULL);
  g_autofree char *words = g_strdup_printf ("TROUBLE  %s is not of this user alone, and the next start does not use it; "
                                            "close it with chmod 600\n", path);
  g_autoptr (Run) open = NULL;
  g_autoptr (Run) closed = NULL;

  g_assert_no_errno (g_mkdir (directory, 0700));
  g_assert_true (g_file_set_contents (path, "", 0, NULL));
  g_assert_no_errno (g_chmod (path, 0644));
  open = run_with_input (self, "doctor", "");
  assert_contains (open->out, words);
  assert_contains (open->out, "good     the API key is that of cashier@example.com");
  g_assert_cmpint (open->status, ==, 1);
  g_assert_no_errno (g_chmod (path, 0600));
  closed = run_with_input (self, "doctor", "");
  g_assert_cmpint (closed->status, ==, 0);
}

/* A till whose clock is wrong by more than a minute is told so. */
static void
test_doctor_clock (GatewayFixture *self, gconstpointer data)
{
  static const struct
  {
    const char *date;
    const char *words;
  } rows[] = {
    /* The virtual clock stands at midnight. */
    { "Thu, 01 Jan 2026 00:00:30 GMT", "good     the till's clock agrees with the server's" },
    { "Thu, 01 Jan 2026 00:03:00 GMT", "TROUBLE  the till's clock is 3 min slow; set it right" },
    { "Wed, 31 Dec 2025 20:00:00 GMT", "TROUBLE  the till's clock is 3 hours fast" },
    { "Sun, 11 Jan 2026 00:00:10 GMT", "TROUBLE  the till's clock is 10 days slow" },
  };
  g_autoptr (Run) unheard = run_with_input (self, "doctor", "");

  g_assert_null (strstr (unheard->out, "clock"));
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (Run) run = NULL;

      scripted_transport_set_date (self->transport, rows[i].date);
      gateway_fixture_submit (self, "Ann");
      gateway_fixture_settle ();
      run = run_with_input (self, "doctor", "");
      assert_contains (run->out, rows[i].words);
      g_assert_cmpint (run->status, ==, i == 0 ? 0 : 1);
    }
}

static void
test_backup (GatewayFixture *self, gconstpointer data)
{
  char *directory = sync_test_directory_new ();
  g_autofree char *command = g_strdup_printf ("backup %s", directory);
  g_autofree char *json = g_strdup_printf ("--json backup %s/b", directory);
  g_autofree char *new_one = g_strdup_printf ("backup %s/b", directory);
  g_autofree char *too_deep = g_strdup_printf ("backup %s/disk/till/today", directory);
  g_autofree char *missing = g_strdup_printf ("there is no directory “%s/disk” for the backup", directory);
  g_autofree char *words = g_strdup_printf ("The queue was copied to %s/queue.db.", directory);
  g_autofree char *file = g_build_filename (directory, "b", "queue.db", NULL);
  g_autofree char *inner = g_path_get_dirname (file);

  gateway_fixture_submit (self, "Ann");
  g_free (expect (self, command, 0, words));
  g_free (expect (self, command, 1, "is there already"));
  g_free (expect (self, json, 0, "{\"ok\":true}"));
  g_free (expect (self, "backup", 2, "usage: posawesome-syncctl backup DIR"));
  g_free (expect (self, "backup /proc/nowhere", 1, "cannot be written"));
  g_free (expect (self, too_deep, 1, missing));
  g_unlink (file);
  g_rmdir (inner);
  g_free (expect (self, new_one, 0, "The directory was made, and the queue copied to "));
  g_unlink (file);
  g_rmdir (inner);
  sync_test_directory_free (directory);
}

static void
write_text (const char *path, const char *text)
{
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  g_assert_no_errno (g_chmod (path, 0700));
}

/* It asks the executable itself, so it needs no running program. */
static void
test_hooks (GatewayFixture *self, gconstpointer data)
{
  g_autofree char *folder = g_build_filename (self->directory, "posawesome-sync", NULL);
  g_autofree char *hooks = g_build_filename (folder, "hooks", NULL);
  g_autofree char *hook = g_build_filename (hooks, "Sales Invoice", NULL);
  g_autofree char *file = g_build_filename (self->directory, "conflict.json", NULL);
  g_autofree char *seen = g_build_filename (hooks, "seen", NULL);
  g_autofree char *command = g_strdup_printf ("hooks test 'Sales Invoice' %s", file);
  g_autofree char *missing = g_strdup_printf ("the hook for Sales Invoice does not decide: there is no “%s”", hooks);
  g_autofree char *text = NULL;
  g_autofree char *decided = NULL;
  g_autofree char *json = NULL;

  sync_gateway_close (self->gateway);
  write_text (file, "{\"local\":{\"rate\":0.10},\"server\":{},\"resource_id\":\"INV-1\",\"local_ms\":5}");
  g_free (expect (self, command, 1, missing));
  g_assert_no_errno (g_mkdir_with_parents (hooks, 0700));
  write_text (hook, "#!/bin/sh\ncat > seen; echo '{\"resolution\":\"merged\",\"document\":{\"rate\":0.10},\"reason\":\"so\"}'");
  decided = expect (self, command, 0, "The hook for Sales Invoice decides: merged\nReason: so\n");
  assert_contains (decided, "\nIt would write: {\"rate\":0.10}\n");
  g_assert_true (g_file_get_contents (seen, &text, NULL, NULL));
  g_assert_cmpstr (text, ==,
                   "{\"id\":0,\"resource_type\":\"Sales Invoice\",\"resource_id\":\"INV-1\",\"type\":null,\"base\":null,"
                   "\"local\":{\"rate\":0.10},\"server\":{},\"base_ms\":null,\"local_ms\":5,\"server_ms\":null,\"message\":null}");
  g_free (expect (self, "hooks test 'Sales Invoice' none.json", 1, "none.json"));
  g_free (expect (self, "hooks test 'Sales Invoice' -", 1, "standard input: malformed JSON"));
  write_text (hook, "#!/bin/sh\necho '{\"resolution\":\"ask\"}'");
  json = g_strdup_printf ("--json %s", command);
  g_free (expect (self, json, 0, "{\"resolution\":\"ask\",\"reason\":null,\"document\":null}"));
  write_text (hook, "#!/bin/sh\necho no such rate >&2; exit 3");
  g_free (expect (self, command, 1, "does not decide: it exited with status 3: no such rate"));
  write_text (file, "[]");
  g_free (expect (self, command, 1, "conflict.json holds no JSON object with base, local and server"));
  g_free (expect (self, "hooks try 'Sales Invoice' x", 2, "“try” is not “test”"));
  g_free (expect (self, "hooks test Note", 2, "something is missing; usage: posawesome-syncctl hooks test TYPE FILE"));
  g_unlink (seen);
  g_unlink (hook);
  g_rmdir (hooks);
  g_rmdir (folder);
}

/* The secret goes in on standard input, and appears nowhere. */
static void
test_credentials (GatewayFixture *self, gconstpointer data)
{
  g_autoptr (Run) bad = run_with_input (self, "credentials set", "the key\nthe-secret-0815\n");

  g_assert_cmpint (bad->status, ==, 1);
  assert_contains (bad->errors, "blank");
  g_assert_null (strstr (bad->errors, "0815"));
}

static void
read_some_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  char **line = user_data;

  *line = g_data_input_stream_read_line_finish (G_DATA_INPUT_STREAM (source), result, NULL, NULL);
  if (*line == NULL)
    *line = g_strdup ("");
}

static char *
read_line (GDataInputStream *stream)
{
  char *line = NULL;

  g_data_input_stream_read_line_async (stream, G_PRIORITY_DEFAULT, NULL, read_some_cb, &line);
  while (line == NULL)
    g_main_context_iteration (NULL, TRUE);
  return line;
}

static void
waited_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_assert_true (g_subprocess_wait_finish (G_SUBPROCESS (source), result, NULL));
  *(gboolean *) user_data = TRUE;
}

static void
test_watch (GatewayFixture *self, gconstpointer data)
{
  g_autofree char *tried = gateway_fixture_expect (self, "POST", "check", "{}", 200);
  g_autoptr (GSubprocess) process = start (self, "watch");
  g_autoptr (GDataInputStream) out = g_data_input_stream_new (g_subprocess_get_stdout_pipe (process));
  g_autofree char *first = read_line (out);
  gboolean delivered = FALSE, ended = FALSE;

  assert_contains (first, "idle, on line");
  gateway_fixture_submit (self, "Ann");
  while (!delivered)
    {
      g_autofree char *line = read_line (out);

      g_assert_cmpstr (line, !=, "");
      delivered = strstr (line, "request 1: delivered") != NULL;
    }
  sync_gateway_close (self->gateway);
  g_subprocess_wait_async (process, NULL, waited_cb, &ended);
  while (!ended)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (g_subprocess_get_exit_status (process), ==, 1);
}

/* What does not change is not said again, however many sweeps there are. */
static void
test_watch_says_news (GatewayFixture *self, gconstpointer data)
{
  g_autofree char *tried = gateway_fixture_expect (self, "POST", "check", "{}", 200);
  g_autoptr (GSubprocess) process = start (self, "watch");
  g_autoptr (GDataInputStream) out = g_data_input_stream_new (g_subprocess_get_stdout_pipe (process));
  g_autoptr (GString) seen = g_string_new (NULL);
  g_autofree char *first = read_line (out);
  g_autoptr (GRegex) states = g_regex_new ("(idle|syncing|failed), on line", 0, 0, NULL);
  g_auto (GStrv) parts = NULL;

  assert_contains (first, "idle, on line");
  scripted_transport_set (self->transport, SCRIPT_REFUSE);
  for (guint i = 0; i < 3; i++)
    gateway_fixture_submit (self, "Ann");
  while (strstr (seen->str, "request 3: refused") == NULL)
    {
      g_autofree char *line = read_line (out);

      g_assert_cmpstr (line, !=, "");
      g_string_append_printf (seen, "%s\n", line);
    }
  sync_engine_pause (self->engine, 0, NULL);
  for (;;)
    {
      g_autofree char *line = read_line (out);

      if (strstr (line, ", paused; go on with") != NULL)
        break;
      g_assert_cmpstr (line, !=, "");
      g_string_append_printf (seen, "%s\n", line);
    }
  assert_contains (seen->str, "request 1: being sent\n");
  g_test_message ("%s", seen->str);
  parts = g_regex_split (states, seen->str, 0);
  /* What is before, the one state, and what is after. */
  g_assert_cmpuint (g_strv_length (parts), ==, 3);
  g_assert_cmpstr (parts[1], ==, "failed");
  g_subprocess_force_exit (process);
}

/* The program's own words, also where the answer would have been a stream. */
static void
test_watch_refused (GatewayFixture *self, gconstpointer data)
{
  g_autoptr (GPtrArray) listeners = g_ptr_array_new_with_free_func ((GDestroyNotify) client_free);
  g_autofree char *request
      = g_strdup_printf ("GET /_sync/v1/events HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nAuthorization: Bearer %s\r\n\r\n",
                         sync_gateway_get_port (self->gateway), self->token);

  for (guint i = 0; i < 64; i++)
    {
      Client *client = client_new (sync_gateway_get_port (self->gateway), request, -1);

      g_ptr_array_add (listeners, client);
      g_assert_true (client_run_until (client, "event: "));
    }
  g_free (expect (self, "watch", 1, "64 programs listen to the events already; end one of them"));
}

#define ADD(name, func)                                                                                      \
  g_test_add ("/sync/ctl/" name, GatewayFixture, NULL, gateway_fixture_set_up, func,                         \
              gateway_fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("usage", test_usage);
  ADD ("story", test_story);
  ADD ("note", test_note);
  ADD ("submit", test_submit);
  ADD ("confirm", test_confirm);
  ADD ("keys", test_keys);
  ADD ("not-running", test_not_running);
  ADD ("not-set-up", test_not_set_up);
  ADD ("doctor", test_doctor);
  ADD ("paused-types", test_paused_types);
  ADD ("busy-server", test_busy_server);
  ADD ("doctor-asks", test_doctor_asks);
  ADD ("doctor-clock", test_doctor_clock);
  ADD ("doctor-key-file", test_doctor_key_file);
  ADD ("backup", test_backup);
  ADD ("hooks", test_hooks);
  ADD ("credentials", test_credentials);
  ADD ("watch", test_watch);
  ADD ("watch-says-news", test_watch_says_news);
  ADD ("watch-refused", test_watch_refused);
  return g_test_run ();
}
