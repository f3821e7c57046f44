/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who may come in, what the calls answer, and what they refuse, over real HTTP. */
#include "config.h"

#include "gateway-fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "sync-error.h"
#include "sync-test-directory.h"

static Client *
call_raw (GatewayFixture *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

static Client *
call_raw (GatewayFixture *self, const char *format, ...)
{
  g_autofree char *request = NULL;
  va_list arguments;
  Client *client;

  va_start (arguments, format);
  request = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  client = client_new (sync_gateway_get_port (self->gateway), request, -1);
  client_run (client);
  return client;
}

static void
assert_contains (const char *text, const char *part)
{
  if (strstr (text, part) == NULL)
    g_test_message ("“%s” is not in: %s", part, text);
  g_assert_nonnull (strstr (text, part));
}

static void
assert_is_error (Client *client, guint status, const char *code)
{
  g_autoptr (JsonNode) node = client->body != NULL ? json_from_string (client->body, NULL) : NULL;
  JsonObject *error;

  g_assert_cmpuint (client->status, ==, status);
  g_assert_nonnull (node);
  error = json_object_get_object_member (json_node_get_object (node), "error");
  g_assert_cmpstr (json_object_get_string_member (error, "code"), ==, code);
  g_assert_cmpuint (strlen (json_object_get_string_member (error, "message")), >, 10);
}

static void
test_token (GatewayFixture *self, gconstpointer data)
{
  guint port = sync_gateway_get_port (self->gateway);
  g_autofree char *token_path = g_build_filename (self->directory, "gateway-token", NULL);
  g_autofree char *port_path = g_build_filename (self->directory, "gateway-port", NULL);
  g_autofree char *port_text = NULL;
  g_autofree char *wrong = g_strdup (self->token);
  g_autoptr (SyncGateway) second = NULL;
  g_autoptr (Client) without = NULL;
  g_autoptr (Client) with_wrong = NULL;
  g_autoptr (Client) with_short = NULL;
  g_autoptr (Client) with_right = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *again = NULL;
  struct stat info;

  g_assert_cmpuint (strlen (self->token), ==, 64);
  g_assert_cmpint (stat (token_path, &info), ==, 0);
  g_assert_cmpuint (info.st_mode & 0777, ==, 0600);
  g_assert_true (g_file_get_contents (port_path, &port_text, NULL, NULL));
  g_assert_cmpint (g_ascii_strtoll (port_text, NULL, 10), ==, port);

  wrong[63] = wrong[63] == '0' ? '1' : '0';
  without = call_raw (
      self, "GET /_sync/v1/status HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\n\r\n", port);
  assert_is_error (without, 401, "unauthorized");
  with_wrong = call_raw (self,
                         "GET /_sync/v1/status HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nAuthorization: Bearer %s\r\n"
                         "Connection: close\r\n\r\n",
                         port, wrong);
  assert_is_error (with_wrong, 401, "unauthorized");
  with_short
      = call_raw (self,
                  "GET /_sync/v1/status HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nAuthorization: Bearer %.63s\r\n"
                  "Connection: close\r\n\r\n",
                  port, self->token);
  assert_is_error (with_short, 401, "unauthorized");
  with_right = call_raw (self,
                         "GET /_sync/v1/status HTTP/1.1\r\nHost: LOCALHOST:%u\r\nAuthorization: bearer %s\r\n"
                         "Connection: close\r\n\r\n",
                         port, self->token);
  g_assert_cmpuint (with_right->status, ==, 200);

  /* Made once, kept for the next start. */
  second = sync_gateway_new (self->engine, SYNC_CLOCK (self->clock), self->random);
  g_assert_true (sync_gateway_listen (second, 0, &error));
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (token_path, &again, NULL, NULL));
  g_assert_cmpstr (again, ==, self->token);
}

static void
test_other_sites (GatewayFixture *self, gconstpointer data)
{
  static const struct
  {
    const char *host; /* %u is the port */
    const char *origin;
    guint status;
  } rows[] = {
    { "127.0.0.1:%u", "http://evil.example", 403 },
    { "127.0.0.1:%u", "null", 403 },
    { "127.0.0.1:%u", "http://127.0.0.1:1", 403 },
    { "127.0.0.1:%u", "https://127.0.0.1:%u", 403 },
    { "127.0.0.1:%u", "http://127.0.0.1:%u", 200 },
    { "127.0.0.1:%u", "http://localhost:%u", 200 },
    { "rebind.example:%u", NULL, 403 },
    { "127.0.0.1", NULL, 403 },
    { "127.0.0.1:1", NULL, 403 },
  };
  guint port = sync_gateway_get_port (self->gateway);
  g_autofree char *number = g_strdup_printf ("%u", port);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GString) host = g_string_new (rows[i].host);
      g_autoptr (GString) origin = g_string_new (rows[i].origin);
      g_autoptr (Client) client = NULL;

      g_string_replace (host, "%u", number, 0);
      g_string_replace (origin, "%u", number, 0);
      client = call_raw (self,
                         "POST /_sync/v1/resume HTTP/1.1\r\nHost: %s\r\n%s%s%sAuthorization: Bearer %s\r\n"
                         "Connection: close\r\nContent-Length: 0\r\n\r\n",
                         host->str, rows[i].origin != NULL ? "Origin: " : "", origin->str,
                         rows[i].origin != NULL ? "\r\n" : "", self->token);
      g_test_message ("%s %s", host->str, origin->str);
      g_assert_cmpuint (client->status, ==, rows[i].status);
    }
}

static void
test_elsewhere (GatewayFixture *self, gconstpointer data)
{
  guint port = sync_gateway_get_port (self->gateway);
  g_autoptr (Client) root
    = call_raw (self, "GET /app/pos HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\n\r\n", port);
  g_autoptr (Client) other = gateway_fixture_call (self, "GET", "nothing", NULL);
  g_autoptr (Client) id = gateway_fixture_call (self, "GET", "requests/abc", NULL);
  g_autoptr (Client) huge_id = gateway_fixture_call (self, "GET", "requests/99999999999999999999", NULL);
  g_autoptr (Client) slash = gateway_fixture_call (self, "GET", "status/", NULL);
  g_autoptr (Client) method = gateway_fixture_call (self, "PATCH", "requests/1", "{}");

  assert_is_error (root, 404, "not-found");
  assert_contains (root->body, "POSAwesome Sync");
  assert_contains (root->body, "https://shop.example.com");
  assert_is_error (other, 404, "not-found");
  assert_is_error (id, 404, "not-found");
  assert_is_error (huge_id, 404, "not-found");
  assert_is_error (slash, 404, "not-found");
  assert_is_error (method, 405, "method-not-allowed");
  assert_contains (method->received->str, "Allow: GET, PUT\r\n");
}

static void
test_submit (GatewayFixture *self, gconstpointer data)
{
  static const char body[]
      = "{\"method\":\"post\",\"url\":\"/api/resource/Customer\",\"key\":\"till-1-0001\","
        "\"headers\":{\"Cookie\":\"sid=secret\",\"X-Till\":\"1\"},"
        "\"body\":{\"customer_name\":\"Ann\", \"big\":12345678901234567890, \"price\":0.10}}";
  g_autofree char *answer = NULL;
  g_autofree char *again = NULL;
  g_autofree char *full = NULL;
  g_autofree char *other = NULL;
  g_autofree char *path = NULL;
  g_autofree char *text = NULL;
  gint64 id;
  g_autoptr (JsonNode) node = NULL;

  sync_engine_pause (self->engine, 0, NULL);
  answer = gateway_fixture_expect (self, "POST", "requests", body, 202);
  assert_contains (answer, "\"key\":\"till-1-0001\",\"status\":\"pending\",\"existing\":false");
  node = json_from_string (answer, NULL);
  id = json_object_get_int_member (json_node_get_object (node), "id");

  /* The same again is the same request; the same key with other content is another matter once it was sent.
   */
  again = gateway_fixture_expect (self, "POST", "requests", body, 202);
  assert_contains (again, "\"existing\":true");

  /* Numbers stay as they were written; secrets are gone. */
  path = g_strdup_printf ("requests/%" G_GINT64_FORMAT, id);
  full = gateway_fixture_expect (self, "GET", path, NULL, 200);
  assert_contains (full,
                   "\"body\":{\"customer_name\":\"Ann\", \"big\":12345678901234567890, \"price\":0.10}");
  g_assert_null (strstr (full, "sid=secret"));
  assert_contains (full, "\"method\":\"POST\",\"url\":\"/api/resource/Customer\",\"status\":\"pending\"");
  assert_contains (full, "\"attempts\":[]");

  sync_engine_resume (self->engine);
  gateway_fixture_settle ();
  g_assert_cmpuint (scripted_transport_get_n_writes (self->transport), ==, 1);
  assert_contains (scripted_transport_get_last_body (self->transport),
                   "\"big\":12345678901234567890, \"price\":0.10");
  other = gateway_fixture_expect (
      self, "POST", "requests",
      "{\"method\":\"POST\",\"url\":\"/api/resource/Customer\",\"key\":\"TILL-1-0001\","
      "\"body\":{\"customer_name\":\"Bob\"}}",
      409);
  text = g_strdup_printf ("\"id\":%" G_GINT64_FORMAT ",\"status\":\"completed\"", id);
  assert_contains (other, "\"code\":\"key-conflict\"");
  assert_contains (other, text);
}

static void
test_submit_text (GatewayFixture *self, gconstpointer data)
{
  g_autofree char *json = NULL;
  g_autofree char *form = NULL;
  g_autofree char *shown = NULL;

  sync_engine_pause (self->engine, 0, NULL);
  json = gateway_fixture_expect (
      self, "POST", "requests",
      "{\"method\":\"POST\",\"url\":\"https://shop.example.com/api/resource/Customer\","
      "\"body\":\"{\\\"customer_name\\\" :\\\"J\\u00fcrgen\\\"}\"}",
      202);
  form = gateway_fixture_expect (
      self, "POST", "requests",
      "{\"method\":\"PUT\",\"url\":\"/api/resource/Customer/Ann\",\"headers\":{\"content-type\":"
      "\"application/x-www-form-urlencoded\"},\"body\":\"customer_group=A%20B\",\"priority\":1,"
      "\"group\":\"g\",\"base\":{\"modified\":\"2024-05-01 10:00:00.000001\"},\"depends_on\":[1]}",
      202);
  shown = gateway_fixture_expect (self, "GET", "requests/1", NULL, 200);
  assert_contains (shown, "\"body\":{\"customer_name\" :\"Jürgen\"}");
  g_free (shown);
  shown = gateway_fixture_expect (self, "GET", "requests/2", NULL, 200);
  assert_contains (shown, "\"body\":\"customer_group=A%20B\"");
  assert_contains (shown, "\"priority\":1");
  assert_contains (shown, "\"dependsOn\":[1]");
  assert_contains (shown, "\"baseModified\":\"2024-05-01 10:00:00.000001\"");
}

static void
test_refusals (GatewayFixture *self, gconstpointer data)
{
#define CUSTOMER "\"method\":\"POST\",\"url\":\"/api/resource/Customer\""
  static const struct
  {
    const char *method;
    const char *path;
    const char *body;
    guint status;
    const char *code;
    const char *words;
  } rows[] = {
    { "POST", "requests", "", 400, "invalid", "method" },
    { "POST", "requests", "{\n \"method\": x}", 400, "invalid", "line 2, column 12" },
    { "POST", "requests", "{\"method\":\"POST\",}", 400, "invalid", "line 1, column 18" },
    { "POST", "requests", "[]", 400, "invalid", "object" },
    { "POST", "requests", "{\"a\":\"\xff\"}", 400, "invalid", "UTF-8" },
    { "POST", "requests", "{" CUSTOMER ",\"bdoy\":{}}", 400, "invalid", "bdoy" },
    { "POST", "requests", "{" CUSTOMER ",\"method\":\"PUT\"}", 400, "invalid", "twice" },
    { "POST", "requests", "{\"method\":\"POST\"}", 400, "invalid", "url" },
    { "POST", "requests", "{" CUSTOMER ",\"key\":7}", 400, "invalid", "key" },
    { "POST", "requests", "{" CUSTOMER ",\"priority\":9}", 400, "invalid", "from 0 to 3" },
    { "POST", "requests", "{" CUSTOMER ",\"priority\":1.5}", 400, "invalid", "priority" },
    { "POST", "requests", "{" CUSTOMER ",\"depends_on\":[\"x\"]}", 400, "invalid", "depends_on" },
    { "POST", "requests", "{" CUSTOMER ",\"depends_on\":[4711],\"body\":{\"customer_name\":\"A\"}}", 404, "not-found",
      "4711" },
    { "POST", "requests", "{" CUSTOMER ",\"base\":[]}", 400, "invalid", "base" },
    { "POST", "requests", "{" CUSTOMER ",\"headers\":{\"a\":1}}", 400, "invalid", "headers" },
    { "POST", "requests", "{" CUSTOMER ",\"body\":\"{\\\"a\\\":}\"}", 400, "invalid", "column 6" },
    { "POST", "requests", "{\"method\":\"POST\",\"url\":\"https://other.example.com/api/resource/Customer\"}", 400,
      "foreign-host", "other.example.com" },
    { "POST", "requests", "{\"method\":\"GET\",\"url\":\"/api/resource/Customer\"}", 400, "not-queueable", "read" },
    { "GET", "requests?status=lost", NULL, 400, "invalid", "lost" },
    { "GET", "requests?limit=0", NULL, 400, "invalid", "limit" },
    { "GET", "requests?staus=failed", NULL, 400, "invalid", "staus" },
    { "GET", "requests/4711", NULL, 404, "not-found", "4711" },
    { "POST", "requests/4711/retry", NULL, 404, "not-found", "4711" },
    { "POST", "requests/4711/discard", "{}", 400, "invalid", "reason" },
    { "POST", "requests/4711/discard", "{\"reason\":\" \"}", 400, "invalid", "reason" },
    { "POST", "requests/4711/confirm", "{}", 400, "invalid", "arrived" },
    { "POST", "requests/4711/confirm", "{\"arrived\":1}", 400, "invalid", "true or false" },
    { "PUT", "requests/4711", "{\"body\":{}}", 404, "not-found", "4711" },
    { "GET", "conflicts/4711", NULL, 404, "not-found", "4711" },
    { "GET", "conflicts?status=lost", NULL, 400, "invalid", "lost" },
    { "POST", "conflicts/1/resolve", "{}", 400, "invalid", "local_wins" },
    { "POST", "conflicts/1/resolve", "{\"resolution\":\"mixed\"}", 400, "invalid", "mixed" },
    { "POST", "conflicts/1/resolve", "{\"resolution\":\"manual\",\"document\":[]}", 400, "invalid", "document" },
    { "POST", "conflicts/1/resolve", "{\"resolution\":\"merged\"}", 404, "not-found", "conflict 1" },
    { "POST", "conflicts/1/resolve", "{\"resolution\":\"local_wins\"}", 404, "not-found", "conflict 1" },
    { "POST", "conflicts/1/resolve", "{\"resolution\":\"skip\"}", 404, "not-found", "conflict 1" },
    { "POST", "conflicts/1/undo", "{}", 404, "not-found", "conflict 1" },
    { "POST", "pause", "{\"forMs\":-1}", 400, "invalid", "forMs" },
    { "POST", "offline", "{}", 400, "invalid", "on" },
    { "POST", "sync", "{\"types\":\"Customer\"}", 400, "invalid", "types" },
    { "POST", "sync", "{\"ids\":[4711]}", 404, "not-found", "there is no request 4711, so nothing was tried" },
    { "POST", "clear-old", "{\"days\":\"x\"}", 400, "invalid", "days" },
    { "POST", "backup", "{}", 400, "invalid", "“directory” is missing" },
    { "POST", "backup", "{\"directory\":\"backup\"}", 400, "invalid", "absolute path" },
    { "POST", "backup", "{\"directory\":\"/proc/nowhere\"}", 409, "refused", "/proc/nowhere/queue.db" },
    { "PUT", "credentials", "{\"token\":\"a\"}", 400, "invalid", "secret" },
    { "PUT", "credentials", "{\"token\":\"a\",\"secret\":\"b\",\"file\":1}", 400, "invalid", "file" },
    { "PUT", "credentials", "{\"token\":\"a b\",\"secret\":\"c\"}", 400, "invalid", "token" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (Client) client = gateway_fixture_call (self, rows[i].method, rows[i].path, rows[i].body);

      g_test_message ("%s %s, row %u: %u %s", rows[i].method, rows[i].path, i, client->status, rows[i].code);
      assert_is_error (client, rows[i].status, rows[i].code);
      assert_contains (client->body, rows[i].words);
    }
}

static void
test_list (GatewayFixture *self, gconstpointer data)
{
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  g_autofree char *none = NULL;

  sync_engine_pause (self->engine, 0, NULL);
  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *name = g_strdup_printf ("C%u", i);

      gateway_fixture_submit (self, name);
    }
  first = gateway_fixture_expect (self, "GET", "requests?limit=2&status=pending,failed&type=Customer", NULL,
                                  200);
  assert_contains (first, "\"id\":1,");
  assert_contains (first, "\"id\":2,");
  g_assert_null (strstr (first, "\"id\":3,"));
  assert_contains (first, "\"next\":2}");
  second = gateway_fixture_expect (self, "GET", "requests?limit=2&after=2", NULL, 200);
  assert_contains (second, "{\"requests\":[{\"id\":3,");
  assert_contains (second, "\"next\":null}");
  none = gateway_fixture_expect (self, "GET", "requests?status=failed", NULL, 200);
  g_assert_cmpstr (none, ==, "{\"requests\":[],\"next\":null}");
}

/* Whom each is for and how much it is, wherever a request is shown. */
static void
test_summaries (GatewayFixture *self, gconstpointer data)
{
  g_autofree char *list = NULL;
  g_autofree char *shown = NULL;

  sync_engine_pause (self->engine, 0, NULL);
  gateway_fixture_submit (self, "Ann");
  g_free (gateway_fixture_expect (
      self, "POST", "requests",
      "{\"method\":\"POST\",\"url\":\"/api/method/posawesome.posawesome.api.invoices.submit_invoice\",\"body\":{"
      "\"data\":\"{}\",\"invoice\":\"{\\\"customer\\\":\\\"Corner "
      "Bakery\\\",\\\"posa_client_request_id\\\":\\\"inv-1\\\","
      "\\\"grand_total\\\":12.5,\\\"currency\\\":\\\"USD\\\"}\"}}",
      202));
  g_free (gateway_fixture_expect (self, "POST", "requests",
                                  "{\"method\":\"POST\",\"url\":\"/api/resource/Note\",\"body\":{\"title\":\"x\"}}",
                                  202));
  list = gateway_fixture_expect (self, "GET", "requests", NULL, 200);
  assert_contains (list, "\"customer\":\"Ann\",\"title\":null,\"currency\":null,\"amount\":null}");
  assert_contains (list, "\"customer\":\"Corner Bakery\",\"title\":null,\"currency\":\"USD\",\"amount\":12.50}");
  assert_contains (list, "\"customer\":null,\"title\":\"x\",\"currency\":null,\"amount\":null}");
  shown = gateway_fixture_expect (self, "GET", "requests/2", NULL, 200);
  assert_contains (shown, "\"customer\":\"Corner Bakery\"");
  assert_contains (shown, "\"amount\":12.50,");
}

static void
test_decisions (GatewayFixture *self, gconstpointer data)
{
  g_autofree char *shown = NULL;
  gint64 id;

  scripted_transport_set (self->transport, SCRIPT_REFUSE);
  id = gateway_fixture_submit (self, "Ann");
  gateway_fixture_settle ();
  g_assert_cmpint (id, ==, 1);
  shown = gateway_fixture_expect (self, "GET", "requests/1", NULL, 200);
  assert_contains (shown, "\"status\":\"failed\"");
  assert_contains (shown, "\"error\":\"No such customer\"");
  assert_contains (shown, "\"httpStatus\":417");
  assert_contains (shown, "\"kind\":\"send\"");
  assert_contains (shown, "\"response\":{\"exc_type\":\"ValidationError\"");
  g_assert_null (strstr (shown, "acceptedBody"));

  g_free (gateway_fixture_expect (self, "POST", "requests/1/discard", "{\"reason\":\"typed twice\"}", 200));
  g_free (shown);
  shown = gateway_fixture_expect (self, "GET", "requests/1", NULL, 200);
  assert_contains (shown, "\"status\":\"discarded\"");
  assert_contains (shown, "\"discardReason\":\"typed twice\"");
  g_free (gateway_fixture_expect (self, "POST", "requests/1/retry", NULL, 409));

  sync_engine_pause (self->engine, 0, NULL);
  g_free (shown);
  shown = gateway_fixture_expect (self, "POST", "requests/1/restore", NULL, 200);
  assert_contains (shown, "\"status\":\"pending\"");
  sync_engine_resume (self->engine);
  gateway_fixture_settle ();

  scripted_transport_set (self->transport, SCRIPT_ACCEPT);
  g_free (shown);
  shown = gateway_fixture_expect (self, "PUT", "requests/1",
                                  "{\"body\":{\"customer_name\":\"Anna\",\"n\":1.50}}", 200);
  gateway_fixture_settle ();
  assert_contains (scripted_transport_get_last_body (self->transport), "\"n\":1.50");
  g_free (shown);
  shown = gateway_fixture_expect (self, "GET", "requests/1", NULL, 200);
  assert_contains (shown, "\"status\":\"completed\"");
  assert_contains (shown, "\"serverName\":\"DOC-");
  /* What was handed over stays to be seen beside what was sent in its place. */
  assert_contains (shown, "\"acceptedBody\":{\"customer_name\":\"Ann\"");
  assert_contains (shown, "\"body\":{\"customer_name\":\"Anna\",\"n\":1.50}");
  g_free (gateway_fixture_expect (self, "POST", "requests/1/discard", "{\"reason\":\"no\"}", 409));
}

/* Nothing fails along with another but by somebody who was told. */
static void
test_dependants (GatewayFixture *self, gconstpointer data)
{
  g_autofree char *shown = NULL, *refused = NULL, *restored = NULL, *sent = NULL;

  sync_engine_set_offline (self->engine, TRUE);
  g_free (gateway_fixture_expect (self, "POST", "requests",
                                  "{\"method\":\"POST\",\"url\":\"/api/resource/Customer\",\"key\":\"till-1\","
                                  "\"body\":{\"customer_name\":\"Ann\"}}",
                                  202));
  g_free (gateway_fixture_expect (self, "POST", "requests",
                                  "{\"method\":\"POST\",\"url\":\"/api/resource/Sales%20Invoice\","
                                  "\"body\":{\"customer\":\"LOCAL-till-1\",\"total\":1.50}}",
                                  202));
  g_free (gateway_fixture_expect (self, "POST", "requests",
                                  "{\"method\":\"POST\",\"url\":\"/api/resource/Note\","
                                  "\"body\":{\"customer\":\"LOCAL-01920000-0000-7000-8000-00000000000a\"}}",
                                  400));
  shown = gateway_fixture_expect (self, "GET", "requests", NULL, 200);
  assert_contains (shown, "\"dependsOn\":[1]");
  g_free (shown);
  shown = gateway_fixture_expect (self, "GET", "requests/1", NULL, 200);
  assert_contains (shown, "\"dependants\":[2]");

  refused = gateway_fixture_expect (self, "POST", "requests/1/discard", "{\"reason\":\"twice\"}", 409);
  assert_contains (refused, "\"code\":\"refused\"");
  assert_contains (refused, "request 2");
  assert_contains (refused, "\"dependants\":[2]");
  g_free (gateway_fixture_expect (self, "POST", "requests/1/discard",
                                  "{\"reason\":\"twice\",\"confirm\":\"yes\"}", 400));
  g_free (gateway_fixture_expect (self, "POST", "requests/1/discard",
                                  "{\"reason\":\"twice\",\"confirm\":true}", 200));
  g_free (shown);
  shown = gateway_fixture_expect (self, "GET", "requests/2", NULL, 200);
  assert_contains (shown, "\"status\":\"failed\"");
  restored = gateway_fixture_expect (self, "POST", "requests/1/restore", NULL, 200);
  assert_contains (restored, "\"failedDependants\":[2]");
  g_free (gateway_fixture_expect (self, "POST", "requests/1/discard",
                                  "{\"reason\":\"twice\",\"confirm\":true}", 200));
  g_free (restored);
  restored = gateway_fixture_expect (self, "POST", "requests/1/restore", "{\"with_dependants\":true}", 200);
  assert_contains (restored, "\"failedDependants\":[]");
  sync_engine_set_offline (self->engine, FALSE);
  gateway_fixture_settle ();
  sent = gateway_fixture_expect (self, "GET", "requests/2", NULL, 200);
  assert_contains (sent, "\"status\":\"completed\"");
  assert_contains (sent, "\"body\":{\"customer\":\"DOC-1\",\"total\":1.50}");
}

static void
test_confirm (GatewayFixture *self, gconstpointer data)
{
  g_autofree char *shown = NULL;

  scripted_transport_set (self->transport, SCRIPT_SILENT);
  gateway_fixture_submit (self, "Ann");
  gateway_fixture_settle ();
  shown = gateway_fixture_expect (self, "GET", "requests/1", NULL, 200);
  assert_contains (shown, "\"status\":\"unknown\"");
  g_free (gateway_fixture_expect (self, "POST", "requests/1/confirm", "{\"arrived\":true,\"name\":\"Ann\"}",
                                  200));
  g_free (shown);
  shown = gateway_fixture_expect (self, "GET", "requests/1", NULL, 200);
  assert_contains (shown, "\"status\":\"completed\"");
  assert_contains (shown, "\"proof\":\"person\"");
  assert_contains (shown, "\"serverName\":\"Ann\"");
}

static void
test_control (GatewayFixture *self, gconstpointer data)
{
  g_autofree char *next_try
      = g_strdup_printf ("\"nextTryMs\":%" G_GINT64_FORMAT, sync_clock_wall_ms (SYNC_CLOCK (self->clock)) + 60000);
  g_autofree char *status = NULL;

  status = gateway_fixture_expect (self, "GET", "status", NULL, 200);
  assert_contains (status, "\"state\":\"idle\"");
  assert_contains (status, "\"safeToClose\":true");
  assert_contains (status, "\"nextTryMs\":null");
  assert_contains (status, "\"baseUrl\":\"https://shop.example.com\"");
  assert_contains (status, "\"processingInterval\":5000");
  assert_contains (status, "\"version\":\"" SYNC_VERSION "\"");
  assert_contains (status,
                   "\"queueStats\":{\"pending\":0,\"sending\":0,\"unknown\":0,\"conflict\":0,\"failed\":0,"
                   "\"completed\":0,\"discarded\":0,\"total\":0}");
  g_free (status);
  status = gateway_fixture_expect (self, "POST", "pause", "{\"forMs\":60000}", 200);
  assert_contains (status, "\"condition\":\"paused\"");
  assert_contains (status, "\"paused\":true");
  gateway_fixture_submit (self, "Ann");
  g_free (status);
  status = gateway_fixture_expect (self, "GET", "status", NULL, 200);
  assert_contains (status, "\"pending\":1");
  assert_contains (status, "\"safeToClose\":false");
  assert_contains (status, next_try);
  g_free (gateway_fixture_expect (self, "POST", "resume", NULL, 200));
  gateway_fixture_settle ();
  g_free (status);
  status = gateway_fixture_expect (self, "POST", "sync", "{\"types\":[\"Customer\"],\"ids\":[1]}", 200);
  assert_contains (status, "\"completed\":1");
  assert_contains (status, "\"successCount\":1");
  g_free (gateway_fixture_expect (self, "POST", "sync", "{\"types\":[\"Nothing has it\"]}", 200));
  g_free (status);
  status = gateway_fixture_expect (self, "POST", "offline", "{\"on\":true}", 200);
  assert_contains (status, "\"condition\":\"offline\"");
  assert_contains (status, "\"offlineByHand\":true");
  g_free (gateway_fixture_expect (self, "POST", "offline", "{\"on\":false}", 200));
  /* The newest row stays whatever its age, so there are two. */
  gateway_fixture_submit (self, "Bob");
  gateway_fixture_settle ();
  sync_clock_virtual_advance_us (self->clock, 40 * G_TIME_SPAN_DAY);
  g_free (status);
  status = gateway_fixture_expect (self, "POST", "clear-old", "{\"days\":30}", 200);
  g_assert_cmpstr (status, ==, "{\"cleared\":1}\n");
}

/* A copy beside the running program, once; put back, it tells in the status what it is. */
static void
test_backup (GatewayFixture *self, gconstpointer data)
{
  char *directory = sync_test_directory_new ();
  g_autofree char *body = g_strdup_printf ("{\"directory\":\"%s\"}", directory);
  g_autofree char *status = gateway_fixture_expect (self, "GET", "status", NULL, 200);
  g_autofree char *again = NULL;
  g_autoptr (SyncStore) copy = NULL;
  g_autoptr (GError) error = NULL;
  SyncStoreOptions options = SYNC_STORE_OPTIONS_INIT;
  SyncCounts counts;

  assert_contains (status, "\"restoreReport\":null");
  sync_engine_pause (self->engine, 0, NULL);
  gateway_fixture_submit (self, "Ann");
  g_free (gateway_fixture_expect (self, "POST", "backup", body, 200));
  again = gateway_fixture_expect (self, "POST", "backup", body, 409);
  assert_contains (again, "is there already");
  options.reserve_bytes = 0;
  copy = sync_store_open (directory, &options, SYNC_CLOCK (self->clock), &error);
  g_assert_no_error (error);
  assert_contains (sync_store_get_restore_report (copy), "put back from the backup");
  g_assert_true (sync_store_get_counts (copy, &counts, NULL));
  g_assert_cmpuint (counts.n[SYNC_STATE_UNKNOWN], ==, 1);
  sync_store_close (copy);
  sync_test_directory_free (directory);
}

/* Null until an answer told the server's time. */
static void
test_server_clock (GatewayFixture *self, gconstpointer data)
{
  g_autofree char *before = gateway_fixture_expect (self, "GET", "status", NULL, 200);
  g_autofree char *after = NULL;

  assert_contains (before, "\"serverClockOffsetMs\":null,\"serverClockUncertaintyMs\":null");
  /* The virtual clock stands at midnight. */
  scripted_transport_set_date (self->transport, "Thu, 01 Jan 2026 00:03:00 GMT");
  gateway_fixture_submit (self, "Ann");
  gateway_fixture_settle ();
  after = gateway_fixture_expect (self, "GET", "status", NULL, 200);
  assert_contains (after, "\"serverClockOffsetMs\":180500,\"serverClockUncertaintyMs\":501");
}

static void
test_credentials_and_metrics (GatewayFixture *self, gconstpointer data)
{
  g_autofree char *credentials = gateway_fixture_expect (self, "GET", "credentials", NULL, 200);
  g_autofree char *metrics = NULL;

  assert_contains (credentials, "\"set\":true");
  assert_contains (credentials, "\"source\":\"environment\"");
  g_assert_null (strstr (credentials, "secret"));
  gateway_fixture_submit (self, "Ann");
  gateway_fixture_settle ();
  metrics = gateway_fixture_expect (self, "GET", "metrics", NULL, 200);
  assert_contains (metrics, "posawesome_sync_requests{state=\"completed\"} 1\n");
  assert_contains (metrics, "posawesome_sync_condition{condition=\"online\"} 1\n");
  assert_contains (metrics,
                   "# TYPE posawesome_sync_delivered_total counter\nposawesome_sync_delivered_total 1\n");
}

/* Dots are shown in place of secrets; what is sent and kept is not changed, and the dots themselves are never written. */
static void
test_secrets (GatewayFixture *self, gconstpointer data)
{
  static const char sent[] = "{\"email_id\":\"a@example.com\",\"Password\":\"hunter2\", \"rows\":[{\"api_secret\":\"s3cr3t\",\"n\":0.10}],"
                             "\"doc\":\"{\\\"access_token\\\":\\\"t0k3n\\\",\\\"x\\\":1}\",\"token\":\"\",\"secret\":7}";
  g_autofree char *submission = g_strdup_printf ("{\"method\":\"POST\",\"url\":\"/api/resource/Email%%20Account\",\"body\":%s}", sent);
  g_autofree char *form = NULL;
  g_autofree char *full = NULL;
  g_autofree char *refused = NULL;

  scripted_transport_set (self->transport, SCRIPT_REFUSE);
  g_free (gateway_fixture_expect (self, "POST", "requests", submission, 202));
  gateway_fixture_settle ();
  g_assert_cmpint (strncmp (scripted_transport_get_last_body (self->transport), sent, strlen (sent) - 1), ==, 0);
  full = gateway_fixture_expect (self, "GET", "requests/1", NULL, 200);
  assert_contains (full, "\"body\":{\"email_id\":\"a@example.com\",\"Password\":\"••••••••\", "
                         "\"rows\":[{\"api_secret\":\"••••••••\",\"n\":0.10}],"
                         "\"doc\":\"{\\\"access_token\\\":\\\"••••••••\\\",\\\"x\\\":1}\",\"token\":\"\",\"secret\":7}");
  refused = gateway_fixture_expect (self, "PUT", "requests/1", "{\"body\":{\"Password\":\"••••••••\"}}", 400);
  assert_contains (refused, "in place of a secret");
  g_free (gateway_fixture_expect (self, "PUT", "requests/1",
                                  "{\"body\":{\"Password\":\"\\u2022\\u2022\\u2022\\u2022\\u2022\\u2022\\u2022\\u2022\"}}", 400));
  g_free (gateway_fixture_expect (
    self, "POST", "requests",
    "{\"method\":\"POST\",\"url\":\"/api/method/frappe.client.insert\","
    "\"headers\":{\"Content-Type\":\"application/x-www-form-urlencoded\"},"
    "\"body\":\"doc=%7B%22doctype%22%3A%22Note%22%2C%22password%22%3A%22hunter2%22%7D&api_key=k3y&last=1+2\"}",
    202));
  form = gateway_fixture_expect (self, "GET", "requests/2", NULL, 200);
  assert_contains (form, "&api_key=••••••••&last=1+2\"");
  assert_contains (form, "\"body\":\"doc=%7B%22doctype%22%3A%22Note%22%2C%22password%22%3A%22%E2%80%A2");
  g_assert_null (strstr (form, "hunter2"));
}

/* What a caller says is heeded or refused, also where a call takes nothing. */
static void
test_nothing_to_say (GatewayFixture *self, gconstpointer data)
{
  static const struct
  {
    const char *method;
    const char *path;
    const char *body;
  } calls[] = {
    { "GET", "status?verbose=1", NULL },
    { "GET", "requests/1?full=1", NULL },
    { "GET", "conflicts/1?full=1", NULL },
    { "GET", "keys?type=Note", NULL },
    { "GET", "credentials?show=1", NULL },
    { "GET", "metrics?match=x", NULL },
    { "GET", "events?type=x", NULL },
    { "POST", "resume", "{\"types\":[\"Item\"]}" },
    { "POST", "resume?types=Item", "{}" },
    { "POST", "sync?types=Item", "{}" },
    { "POST", "pause?forMs=1000", "{}" },
    { "PUT", "requests/1?body=x", "{\"body\":{}}" },
    { "POST", "check", "{\"now\":true}" },
    { "POST", "requests/1/retry", "{\"now\":true}" },
    { "POST", "conflicts/1/undo", "{\"reason\":\"x\"}" },
    { "DELETE", "credentials", "{\"site\":\"x\"}" },
  };
  g_autofree char *paused = NULL;

  sync_engine_pause (self->engine, 0, NULL);
  gateway_fixture_submit (self, "Ann");
  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      g_autofree char *answer = gateway_fixture_expect (self, calls[i].method, calls[i].path, calls[i].body, 400);

      assert_contains (answer, "this call takes nothing");
    }
  paused = gateway_fixture_expect (self, "GET", "status", NULL, 200);
  assert_contains (paused, "\"condition\":\"paused\"");
}

static void
test_keys (GatewayFixture *self, gconstpointer data)
{
  g_autofree char *all = gateway_fixture_expect (self, "GET", "keys", NULL, 200);
  g_autofree char *made = gateway_fixture_expect (self, "POST", "keys", "{\"types\":[\"Note\",\"Payment Entry\"]}", 200);

  assert_contains (all, "{\"keys\":[{\"type\":\"Address\",\"field\":\"sync_client_id\",\"shipped\":false,");
  assert_contains (all, "{\"type\":\"POS Invoice\",\"field\":\"posa_client_request_id\",\"shipped\":true,"
                        "\"state\":\"enforced\",\"enforced\":true,\"seenMs\":null,\"words\":\"ERPNext refuses");
  assert_contains (made, "{\"keys\":[{\"type\":\"Note\",\"field\":\"sync_client_id\",\"shipped\":false,"
                         "\"state\":\"unchecked\",\"enforced\":false");
  /* One that POS Awesome ships is not made. */
  g_assert_cmpuint (scripted_transport_get_n_writes (self->transport), ==, 1);
  g_free (gateway_fixture_expect (self, "POST", "keys", "{}", 400));
  g_free (gateway_fixture_expect (self, "POST", "keys", "{\"types\":[]}", 400));
  g_free (gateway_fixture_expect (self, "POST", "keys", "{\"types\":\"Note\"}", 400));
  scripted_transport_set (self->transport, SCRIPT_OFFLINE);
  g_free (all);
  all = gateway_fixture_expect (self, "GET", "keys", NULL, 200);
  assert_contains (all, "\"state\":\"unproven\"");
  assert_contains (all, "Connection refused");
}

static void
test_conflicts (GatewayFixture *self, gconstpointer data)
{
  g_autoptr (SyncConflict) conflict = sync_conflict_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *list = NULL;
  g_autofree char *none = NULL;
  g_autofree char *one = NULL;
  g_autofree char *path = NULL;
  g_autofree char *resolve = NULL;
  gint64 id;

  sync_engine_pause (self->engine, 0, NULL);
  conflict->request_id = gateway_fixture_submit (self, "Ann");
  conflict->resource_type = g_strdup ("Customer");
  conflict->resource_id = g_strdup ("Ann");
  conflict->conflict_type = g_strdup ("edit_edit");
  conflict->local_data = g_strdup ("{\"limit\":0.10}");
  conflict->server_data = g_strdup ("{\"limit\":2e3,\"api_key\":\"k3y\"}");
  id = sync_store_add_conflict (self->store, conflict, &error);
  g_assert_no_error (error);
  list = gateway_fixture_expect (self, "GET", "conflicts", NULL, 200);
  assert_contains (list, "\"local\":{\"limit\":0.10},\"server\":{\"limit\":2e3,\"api_key\":\"••••••••\"},\"result\":null");
  assert_contains (list, "\"type\":\"edit_edit\",\"status\":\"pending\"");
  path = g_strdup_printf ("conflicts/%" G_GINT64_FORMAT, id);
  one = gateway_fixture_expect (self, "GET", path, NULL, 200);
  assert_contains (one, "\"requestId\":1");
  g_assert_null (strstr (one, "k3y"));
  resolve = g_strdup_printf ("%s/resolve", path);
  g_free (gateway_fixture_expect (self, "POST", resolve,
                                  "{\"resolution\":\"manual\",\"document\":{\"a_token\":\"••••••••\"}}", 400));
  none = gateway_fixture_expect (self, "GET", "conflicts?status=resolved", NULL, 200);
  g_assert_cmpstr (none, ==, "{\"conflicts\":[]}");
}

static void
test_port_in_use (GatewayFixture *self, gconstpointer data)
{
  g_autoptr (SyncGateway) second = sync_gateway_new (self->engine, SYNC_CLOCK (self->clock), self->random);
  g_autoptr (GError) error = NULL;
  g_autofree char *port = g_strdup_printf ("port %u is in use", sync_gateway_get_port (self->gateway));

  g_assert_false (sync_gateway_listen (second, sync_gateway_get_port (self->gateway), &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_CONFIG);
  assert_contains (error->message, port);
  assert_contains (error->message, "GATEWAY_PORT");
  g_assert_null (strchr (error->message, '\n'));
}

static void
test_close (GatewayFixture *self, gconstpointer data)
{
  g_autofree char *path = g_build_filename (self->directory, "gateway-port", NULL);
  g_autofree char *request = gateway_fixture_request (
    self, "POST", "requests",
    "{\"method\":\"POST\",\"url\":\"/api/resource/Customer\",\"body\":{\"customer_name\":\"Ann\"}}");
  g_autoptr (Client) idle = client_new (sync_gateway_get_port (self->gateway), "", 0);
  g_autoptr (Client) busy = client_new (sync_gateway_get_port (self->gateway), request, -1);

  client_turn (busy);
  /* Until the engine has it, and before its commit: one alarm is the listener's, the other the engine's. */
  while (sync_clock_virtual_get_n_alarms (self->clock) < 2)
    g_main_context_iteration (NULL, TRUE);
  sync_gateway_close (self->gateway);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  client_run (busy);
  g_assert_cmpuint (busy->status, ==, 202);
  client_run (idle);
  g_assert_cmpuint (idle->received->len, ==, 0);
}

/* Its port is taken away from where it was written, whatever the settings say by then. */
static void
test_close_elsewhere (GatewayFixture *self, gconstpointer data)
{
  g_autofree char *path = g_build_filename (self->directory, "gateway-port", NULL);
  g_autoptr (SyncConfig) config = sync_config_copy (self->config);
  g_autoptr (GError) error = NULL;

  g_free (config->data_dir);
  config->data_dir = g_build_filename (self->directory, "elsewhere", NULL);
  g_assert_true (sync_engine_set_config (self->engine, config, &error));
  g_assert_no_error (error);
  sync_gateway_close (self->gateway);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
}

static void
wait_for_file (GatewayFixture *self, const char *path, const char *text)
{
  g_autofree char *found = NULL;

  /* The kernel tells of it within this process: the loop has something to do at once. */
  while (!g_file_get_contents (path, &found, NULL, NULL) || !g_str_equal (found, text))
    {
      g_clear_pointer (&found, g_free);
      g_main_context_iteration (NULL, FALSE);
      sync_clock_virtual_advance_us (self->clock, G_USEC_PER_SEC);
    }
}

/* Whoever clears up in the data directory does not lock everybody out. */
static void
test_files_stay (GatewayFixture *self, gconstpointer data)
{
  static const char *const names[] = { "gateway-token", "gateway-port" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename (self->directory, names[i], NULL);
      g_autofree char *aside = g_strconcat (path, ".old", NULL);
      g_autofree char *text = NULL;

      g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
      for (guint round = 0; round < 3; round++)
        {
          g_assert_no_errno (g_unlink (path));
          wait_for_file (self, path, text);
        }
      g_assert_no_errno (g_rename (path, aside));
      wait_for_file (self, path, text);
      g_assert_true (g_file_set_contents (path, "something else", -1, NULL));
      wait_for_file (self, path, text);
      g_assert_no_errno (g_unlink (aside));
    }
  g_free (gateway_fixture_expect (self, "GET", "status", NULL, 200));
}

#define ADD(name, func)                                                                                      \
  g_test_add ("/sync/gateway/" name, GatewayFixture, NULL, gateway_fixture_set_up, func,                     \
              gateway_fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("token", test_token);
  ADD ("other-sites", test_other_sites);
  ADD ("elsewhere", test_elsewhere);
  ADD ("submit", test_submit);
  ADD ("submit-text", test_submit_text);
  ADD ("refusals", test_refusals);
  ADD ("list", test_list);
  ADD ("summaries", test_summaries);
  ADD ("decisions", test_decisions);
  ADD ("dependants", test_dependants);
  ADD ("confirm", test_confirm);
  ADD ("control", test_control);
  ADD ("backup", test_backup);
  ADD ("server-clock", test_server_clock);
  ADD ("credentials-and-metrics", test_credentials_and_metrics);
  ADD ("nothing-to-say", test_nothing_to_say);
  ADD ("secrets", test_secrets);
  ADD ("keys", test_keys);
  ADD ("conflicts", test_conflicts);
  ADD ("port-in-use", test_port_in_use);
  ADD ("close", test_close);
  ADD ("close-elsewhere", test_close_elsewhere);
  ADD ("files-stay", test_files_stay);
  return g_test_run ();
}
