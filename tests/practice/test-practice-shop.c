/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the recordings do not show of the practice shop: that it keeps what it acknowledged, that its
 * faults do what they say, its ledger, its line. */
#include "config.h"

#include "shop-fixture.h"
#include "sync-test-directory.h"

#include <signal.h>
#include <string.h>

static void
test_stale (ShopFixture *fixture, gconstpointer data)
{
  g_autoptr (JsonObject) note =
    shop_fixture_want (fixture, "POST", "/api/resource/Note", "{\"title\":\"a\"}", 200);
  g_autofree char *path = shop_fixture_path_of (note);
  const char *modified = json_object_get_string_member (note, "modified");
  g_autofree char *body = g_strdup_printf ("{\"content\":\"b\",\"modified\":\"%s\"}", modified);
  g_autoptr (JsonObject) second = shop_fixture_want (fixture, "PUT", path, body, 200);

  g_assert_cmpstr (json_object_get_string_member (second, "modified"), >, modified);
  shop_fixture_want_refused (fixture, "PUT", path, body, "TimestampMismatchError");
  shop_fixture_want_refused (fixture, "PUT", path, "{\"content\":\"c\",\"modified\":null}",
                             "TimestampMismatchError");
  g_clear_pointer (&second, json_object_unref);
  second = shop_fixture_want (fixture, "PUT", path, "{\"content\":\"d\"}", 200);
  g_assert_cmpuint (sync_practice_shop_count_commits (fixture->shop, "Note", NULL, "update", NULL), ==, 2);
}

/* Five at once with one key: one document. */
static void
test_unique_race (ShopFixture *fixture, gconstpointer data)
{
  g_autofree char *request = wire_request ("POST", INVOICES, "cashier", SALE ("race-1"));
  WireExchange *exchanges[5];
  guint n_good = 0;

  for (guint i = 0; i < G_N_ELEMENTS (exchanges); i++)
    exchanges[i] = wire_start (sync_practice_shop_get_port (fixture->shop), request, strlen (request));
  for (guint i = 0; i < G_N_ELEMENTS (exchanges); i++)
    {
      g_autofree char *answer = wire_finish (exchanges[i], NULL, NULL);

      n_good += g_str_has_prefix (answer, "HTTP/1.1 200");
      g_assert_true (g_str_has_prefix (answer, "HTTP/1.1 200") ||
                     strstr (answer, "UniqueValidationError") != NULL);
    }
  g_assert_cmpuint (n_good, ==, 1);
  shop_fixture_want_refused (fixture, "POST", INVOICES, SALE ("RACE-1  "), "UniqueValidationError");
  g_assert_cmpuint (sync_practice_shop_count (fixture->shop, "Sales Invoice", "posa_client_request_id",
                                              "race-1"), ==, 1);
  g_assert_cmpuint (sync_practice_shop_count_commits (fixture->shop, NULL, NULL, NULL, "race-1"), ==, 1);
}

/* Rows are replaced as a whole; an unknown row name loses the row. */
static void
test_rows (ShopFixture *fixture, gconstpointer data)
{
  g_autoptr (JsonObject) doc = shop_fixture_want (fixture, "POST", INVOICES,
                                     "{\"customer\":\"Acme Ltd\",\"company\":\"Test Co\",\"items\":["
                                     "{\"item_code\":\"SRV-001\",\"qty\":1},{\"item_code\":\"ITEM-001\","
                                     "\"qty\":2}]}", 200);
  g_autofree char *path = shop_fixture_path_of (doc);
  JsonObject *row = json_array_get_object_element (json_object_get_array_member (doc, "items"), 0);
  g_autofree char *name = g_strdup (json_object_get_string_member (row, "name"));
  g_autofree char *kept =
    g_strdup_printf ("{\"items\":[{\"name\":\"%s\",\"item_code\":\"SRV-001\",\"qty\":3}]}", name);

  g_assert_cmpfloat (json_object_get_double_member (doc, "grand_total"), ==, 35);
  g_clear_pointer (&doc, json_object_unref);
  doc = shop_fixture_want (fixture, "PUT", path, kept, 200);
  row = json_array_get_object_element (json_object_get_array_member (doc, "items"), 0);
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (doc, "items")), ==, 1);
  g_assert_cmpstr (json_object_get_string_member (row, "name"), ==, name);
  g_assert_cmpfloat (json_object_get_double_member (doc, "grand_total"), ==, 45);
  g_clear_pointer (&doc, json_object_unref);
  doc = shop_fixture_want (fixture, "PUT", path, "{\"remarks\":\"no table\"}", 200);
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (doc, "items")), ==, 1);
  g_clear_pointer (&doc, json_object_unref);
  doc =
    shop_fixture_want (fixture, "PUT", path,
                       "{\"items\":[{\"name\":\"gone\",\"item_code\":\"SRV-001\",\"qty\":1}]}", 200);
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (doc, "items")), ==, 1);
  g_clear_pointer (&doc, json_object_unref);
  doc = shop_fixture_want (fixture, "GET", path, NULL, 200);
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (doc, "items")), ==, 0);
}

/* Two steps book the payment, one POST does not; a second submit changes nothing; cancel gives stock and
 * rows back. */
static void
test_submit (ShopFixture *fixture, gconstpointer data)
{
  g_autoptr (JsonObject) doc = shop_fixture_want (fixture, "POST", INVOICES, SALE ("two-steps"), 200);
  g_autofree char *path = shop_fixture_path_of (doc);

  g_clear_pointer (&doc, json_object_unref);
  doc = shop_fixture_want (fixture, "PUT", path, "{\"docstatus\":1}", 200);
  g_assert_cmpstr (json_object_get_string_member (doc, "status"), ==, "Paid");
  g_assert_cmpuint (sync_practice_shop_count (fixture->shop, "GL Entry", NULL, NULL), ==, 6);
  g_clear_pointer (&doc, json_object_unref);
  doc = shop_fixture_want (fixture, "PUT", path, "{\"docstatus\":1}", 200);
  g_assert_cmpuint (sync_practice_shop_count (fixture->shop, "GL Entry", NULL, NULL), ==, 6);
  g_assert_cmpuint (sync_practice_shop_count_commits (fixture->shop, NULL, NULL, "submit", "two-steps"), ==,
                    1);
  shop_fixture_want_refused (fixture, "PUT", path, "{\"customer\":\"Acme Ltd\"}", "UpdateAfterSubmitError");
  shop_fixture_want_refused (fixture, "PUT", path, "{\"docstatus\":0}", "DocstatusTransitionError");
  shop_fixture_want_refused (fixture, "PUT", path, "{\"docstatus\":2}", "PermissionError");
  wire_message_free (wire_call (sync_practice_shop_get_port (fixture->shop), "PUT", path, "manager",
                                "{\"docstatus\":2}"));
  shop_fixture_want_refused (fixture, "POST", INVOICES, SALE ("two-steps"), "UniqueValidationError");
}

static void
test_one_post (ShopFixture *fixture, gconstpointer data)
{
  g_autoptr (JsonNode) body = json_from_string (SALE ("one-post"), NULL);
  g_autofree char *text = NULL;
  g_autoptr (JsonObject) doc = NULL;
  g_autoptr (JsonObject) stored = NULL;

  json_object_set_int_member (json_node_get_object (body), "docstatus", 1);
  text = json_to_string (body, FALSE);
  doc = shop_fixture_want (fixture, "POST", INVOICES, text, 200);
  stored =
    sync_practice_shop_dup_doc (fixture->shop, "Sales Invoice", json_object_get_string_member (doc, "name"));
  g_assert_cmpint (json_object_get_int_member (stored, "docstatus"), ==, 1);
  g_assert_cmpfloat (json_object_get_double_member (stored, "paid_amount"), ==, 0);
  g_assert_cmpstr (json_object_get_string_member (stored, "status"), ==, "Unpaid");
  g_assert_cmpstr (json_object_get_string_member (stored, "modified"), >,
                   json_object_get_string_member (doc, "modified"));
}

static void
test_without_key_field (ShopFixture *fixture, gconstpointer data)
{
  g_assert_true (sync_practice_shop_remove_field (fixture->shop, "Sales Invoice", "posa_client_request_id"));
  shop_fixture_want_refused (fixture, "GET", INVOICES "?filters=%7B%22posa_client_request_id%22%3A%22x%22%7D",
                             NULL,
                "DataError");
  json_object_unref (shop_fixture_want (fixture, "POST", INVOICES, SALE ("same"), 200));
  json_object_unref (shop_fixture_want (fixture, "POST", INVOICES, SALE ("same"), 200));
  g_assert_cmpuint (sync_practice_shop_count (fixture->shop, "Sales Invoice", NULL, NULL), ==, 2);
}

static void
test_reopen (void)
{
  ShopFixture fixture = { .clock = sync_clock_virtual_new (), .random = sync_random_seeded_new (3) };
  char *directory = sync_test_directory_new ();
  g_autofree char *database = g_build_filename (directory, "shop.db", NULL);
  g_autoptr (JsonObject) first = NULL;
  g_autoptr (JsonObject) second = NULL;
  guint64 n_customers;

  shop_fixture_open (&fixture, database);
  first = shop_fixture_want (&fixture, "POST", INVOICES, SALE ("kept"), 200);
  wire_message_free (wire_call (sync_practice_shop_get_port (fixture.shop), "POST",
                                "/api/resource/Custom%20Field",
                                "manager",
                                "{\"dt\":\"Customer\",\"fieldname\":\"sync_client_id\",\"unique\":1}"));
  json_object_unref (shop_fixture_want (&fixture, "POST", "/api/resource/Customer",
                           "{\"customer_name\":\"Kept\",\"sync_client_id\":\"c-1\"}", 200));
  n_customers = sync_practice_shop_count (fixture.shop, "Customer", NULL, NULL);
  g_clear_object (&fixture.shop);
  sync_clock_virtual_jump_wall_us (fixture.clock, -60 * G_USEC_PER_SEC);

  shop_fixture_open (&fixture, database);
  g_assert_cmpuint (sync_practice_shop_count (fixture.shop, "Customer", NULL, NULL), ==, n_customers);
  g_assert_cmpuint (sync_practice_shop_count_commits (fixture.shop, NULL, NULL, NULL, NULL), ==, 3);
  shop_fixture_want_refused (&fixture, "POST", INVOICES, SALE ("KEPT"), "UniqueValidationError");
  shop_fixture_want_refused (&fixture, "POST", "/api/resource/Customer",
                "{\"customer_name\":\"B\",\"sync_client_id\":\"C-1\"}",
                "UniqueValidationError");
  second = shop_fixture_want (&fixture, "POST", INVOICES, SALE ("next"), 200);
  g_assert_cmpstr (json_object_get_string_member (second, "name"), >,
                   json_object_get_string_member (first, "name"));
  g_assert_cmpstr (json_object_get_string_member (second, "modified"), >,
                   json_object_get_string_member (first, "modified"));
  shop_fixture_tear_down (&fixture, NULL);
  sync_test_directory_free (directory);
}

/* What is not ASCII in GLib's words of its help arrives as it is. */
static void
test_help (void)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *words = NULL;

  g_subprocess_launcher_setenv (launcher, "LC_ALL", "C.UTF-8", TRUE);
  process = g_subprocess_launcher_spawn (launcher, &error, PRACTICE_PROGRAM, "--help", NULL);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8 (process, NULL, NULL, &words, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (words, "posawesome-practice [OPTION…]"));
}

/* The program, killed between two requests: everything it acknowledged is there. */
static void
test_kill (void)
{
  ShopFixture fixture = { .clock = sync_clock_virtual_new (), .random = sync_random_seeded_new (3) };
  char *directory = sync_test_directory_new ();
  g_autofree char *database = g_build_filename (directory, "shop.db", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) process =
    g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, PRACTICE_PROGRAM,
                                                      "--database", database, NULL);
  g_autoptr (GDataInputStream) output = NULL;
  g_autofree char *line = NULL;
  guint n_good = 0;
  guint port;

  g_assert_no_error (error);
  output = g_data_input_stream_new (g_subprocess_get_stdout_pipe (process));
  line = g_data_input_stream_read_line (output, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_str_has_prefix (line, "ready url=http://127.0.0.1:"));
  port = atoi (strrchr (line, ':') + 1);
  for (guint i = 0; i < 50; i++)
    {
      g_autoptr (WireMessage) answer =
        wire_call (port, "POST", "/api/resource/Note", "cashier", "{\"title\":\"k\"}");

      n_good += wire_message_status (answer) == 200;
    }
  g_subprocess_send_signal (process, SIGKILL);
  g_subprocess_wait (process, NULL, NULL);
  shop_fixture_open (&fixture, database);
  g_assert_cmpuint (n_good, ==, 50);
  g_assert_cmpuint (sync_practice_shop_count (fixture.shop, "Note", NULL, NULL), ==, n_good);
  shop_fixture_tear_down (&fixture, NULL);
  sync_test_directory_free (directory);
}

static void
count_commit (const SyncPracticeCommit *commit, gpointer user_data)
{
  GString *kinds = user_data;

  g_string_append_printf (kinds, "%s:%s ", commit->kind, commit->key != NULL ? commit->key : "-");
}

static void
test_ledger (ShopFixture *fixture, gconstpointer data)
{
  g_autoptr (JsonObject) doc = shop_fixture_want (fixture, "POST", INVOICES, SALE ("k"), 200);
  g_autofree char *path = shop_fixture_path_of (doc);
  g_autoptr (GString) kinds = g_string_new (NULL);
  g_autoptr (JsonObject) ledger = NULL;

  json_object_unref (shop_fixture_want (fixture, "PUT", path, "{\"remarks\":\"x\"}", 200));
  json_object_unref (shop_fixture_want (fixture, "PUT", path, "{\"docstatus\":1}", 200));
  shop_fixture_want_refused (fixture, "POST", INVOICES, SALE ("k"), "UniqueValidationError");
  sync_practice_shop_foreach_commit (fixture->shop, "Sales Invoice", NULL, count_commit, kinds);
  g_assert_cmpstr (kinds->str, ==, "create:k update:k submit:k ");
  ledger = shop_fixture_want (fixture, "GET", "/_practice/ledger?doctype=Sales%20Invoice", NULL, 200);
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (ledger, "documents")), ==, 1);
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (ledger, "commits")), ==, 3);
}

static gboolean
can_connect (guint port)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) connection = NULL;

  g_socket_client_set_enable_proxy (client, FALSE);
  connection = g_socket_client_connect_to_host (client, "127.0.0.1", port, NULL, NULL);
  return connection != NULL;
}

/* Whether another shop could get it. */
static gboolean
is_free (guint port)
{
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string ("127.0.0.1", port);
  g_autoptr (GSocket) socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);

  return g_socket_bind (socket, address, FALSE, NULL);
}

static void
test_line (ShopFixture *fixture, gconstpointer data)
{
  guint port = sync_practice_shop_get_port (fixture->shop);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 3; i++)
    {
      sync_practice_shop_stop (fixture->shop);
      g_assert_false (can_connect (port));
      g_assert_false (is_free (port));
      g_assert_true (sync_practice_shop_listen (fixture->shop, 0, &error));
      g_assert_cmpuint (sync_practice_shop_get_port (fixture->shop), ==, port);
      json_object_unref (shop_fixture_want (fixture, "POST", "/api/resource/Note", "{\"title\":\"l\"}", 200));
    }
  g_assert_cmpuint (sync_practice_shop_count (fixture->shop, "Note", NULL, NULL), ==, 3);
}

static guint
count_descriptors (void)
{
  g_autoptr (GDir) directory = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n = 0;

  while (g_dir_read_name (directory) != NULL)
    n++;
  return n;
}

/* One request on a kept connection, answered; the connection stays. */
static void
ping_kept (GSocketConnection *connection)
{
  static const char request[] = "GET /api/method/ping HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
  GSocket *socket = g_socket_connection_get_socket (connection);
  char answer[2048];
  gssize n = 0;

  g_assert_cmpint (g_socket_send (socket, request, strlen (request), NULL, NULL), ==, strlen (request));
  g_socket_set_blocking (socket, FALSE);
  while ((n = g_socket_receive (socket, answer, sizeof answer, NULL, NULL)) < 0)
    g_main_context_iteration (NULL, FALSE);
  g_assert_nonnull (g_strstr_len (answer, n, "200 OK"));
}

static void
test_descriptors (ShopFixture *fixture, gconstpointer data)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  guint before = count_descriptors ();

  g_socket_client_set_enable_proxy (client, FALSE);
  for (guint i = 0; i < 500; i++)
    {
      g_autoptr (GSocketConnection) connection =
        g_socket_client_connect_to_host (client, "127.0.0.1", sync_practice_shop_get_port (fixture->shop),
                                         NULL, NULL);

      g_assert_nonnull (connection);
      ping_kept (connection);
      ping_kept (connection);
    }
  while (sync_practice_shop_get_n_connections (fixture->shop) > 0)
    g_main_context_iteration (NULL, TRUE);
  shop_fixture_settle ();
  g_assert_cmpuint (count_descriptors (), <=, before + 2);
}

#define ADD(name, func) \
  g_test_add ("/sync/practice/" name, ShopFixture, NULL, shop_fixture_set_up, func, shop_fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("stale", test_stale);
  ADD ("unique-race", test_unique_race);
  ADD ("rows", test_rows);
  ADD ("submit", test_submit);
  ADD ("one-post", test_one_post);
  ADD ("without-key-field", test_without_key_field);
  g_test_add_func ("/sync/practice/reopen", test_reopen);
  g_test_add_func ("/sync/practice/help", test_help);
  g_test_add_func ("/sync/practice/kill", test_kill);
  ADD ("ledger", test_ledger);
  ADD ("line", test_line);
  ADD ("descriptors", test_descriptors);
  return g_test_run ();
}
