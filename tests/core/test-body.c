/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What goes on the wire, and when two requests are the same. */
#include "config.h"

#include <string.h>

#include "sync-body.h"
#include "sync-error.h"

#define FORM "application/x-www-form-urlencoded"
#define JSON "application/json"
#define CLIENT "/api/method/frappe.client."
#define POSA "/api/method/posawesome.posawesome.api."
#define NUMBERS                                                                                            \
  "\"a\":10.10,\"b\":1e22,\"c\":12345678901234567890,\"d\":0.30000000000000004,\"e\":-0.0,\"f\":"          \
  "9007199254740993"

typedef struct
{
  const char *method;
  const char *path;
  const char *type;
  const char *body;
  const char *key;
  const char *base;
  guint step;
  const char *wire; /* NULL: the same bytes, not copied */
} Row;

/* clang-format off */
static const Row rows[] = {
  { "POST", "/api/resource/Customer", JSON, "{\"customer_name\":\"A\"}", "K", NULL, 0, "{\"customer_name\":\"A\", \"sync_client_id\": \"K\"}" },
  { "POST", "/api/resource/Customer", JSON, "{\"sync_client_id\":\"K\"}", "K", NULL, 0, NULL },
  { "POST", "/api/resource/Customer", JSON, "{\"sync_client_id\":7}", "7", NULL, 0, "{\"sync_client_id\":\"7\"}" },
  { "POST", "/api/resource/Customer", JSON, "{\"sync_client_id\" : \"old\" }", "K", NULL, 0, "{\"sync_client_id\" : \"K\" }" },
  { "POST", "/api/resource/Customer", JSON, "{\"sync_client_id\":null,\"x\":[1,2]}", "K", NULL, 0, "{\"sync_client_id\":\"K\",\"x\":[1,2]}" },
  { "POST", "/api/resource/Customer", JSON, " {} \n", "K", NULL, 0, " {\"sync_client_id\": \"K\"} \n" },
  { "POST", "/api/resource/Customer", JSON, "", "K", NULL, 0, "{\"sync_client_id\": \"K\"}" },
  { "POST", "/api/resource/Customer", FORM, "", "K", NULL, 0, "sync_client_id=K" },
  { "POST", "/api/resource/Customer", JSON, "{" NUMBERS "}", "K", NULL, 0, "{" NUMBERS ", \"sync_client_id\": \"K\"}" },
  { "POST", "/api/resource/Customer", JSON, "{\"__islocal\":1,\"a\":1,\"doctype\":\"Customer\",\"flags\":{\"x\":[1]},\"__unsaved\":1}", NULL, NULL, 0, "{\"a\":1}" },
  { "POST", "/api/resource/Customer", JSON, "{\"__islocal\":1}", NULL, NULL, 0, "{}" },
  { "POST", "/api/resource/Customer", JSON, "{\"a\":1,\"__islocal\":1,\"__islocal\":2,\"b\":{\"doctype\":\"kept\"}}", NULL, NULL, 0, "{\"a\":1,\"b\":{\"doctype\":\"kept\"}}" },
  { "POST", "/api/resource/Customer", JSON, "{\"\\u005f_islocal\":1,\"a\":1}", NULL, NULL, 0, "{\"a\":1}" },
  { "POST", "/api/resource/Note", FORM, "title=a+b&__islocal=1&public=1", "K 1", NULL, 0, "title=a+b&public=1&sync_client_id=K%201" },
  { "POST", "/api/resource/Note", FORM, "data=%7B%22title%22%3A1.50%7D&x=%41", "K", NULL, 0, "data=%7B%22title%22%3A1.50%2C%20%22sync_client_id%22%3A%20%22K%22%7D&x=%41" },
  { "PUT", "/api/resource/Note/a", JSON, "{\"content\":\"x\"}", "K", "2026-11-22 17:29:05.768348", 0, "{\"content\":\"x\", \"modified\": \"2026-11-22 17:29:05.768348\"}" },
  { "PUT", "/api/resource/Note/a", JSON, "{\"modified\":\"old\",\"__islocal\":1}", NULL, "new", 0, "{\"modified\":\"new\"}" },
  { "PUT", "/api/resource/Note/a", JSON, "{\"modified\":\"m\"}", NULL, "m", 0, NULL },
  { "PUT", "/api/resource/Note/a", JSON, "{\"content\":\"x\"}", NULL, NULL, 0, NULL },
  { "PUT", "/api/resource/Note/a", JSON, "{\"items\":[{\"doctype\":\"X\",\"__islocal\":1,\"qty\":1.0}]}", NULL, NULL, 0, NULL },
  { "PUT", "/api/resource/Note/a", FORM, "content=x", NULL, "2026-11-22 17:00:00", 0, "content=x&modified=2026-11-22%2017%3A00%3A00" },
  { "PUT", "/api/resource/Sales%20Invoice/S", JSON, "{\"docstatus\":1}", "K", "m", 0, "{\"docstatus\":1, \"modified\": \"m\"}" },
  { "PUT", "/api/resource/Sales%20Invoice/S", JSON, "{\"docstatus\":2}", "K", "m", 0, "{\"docstatus\":2, \"modified\": \"m\"}" },
  { "PUT", "/api/resource/Sales%20Invoice/S", JSON, "{\"docstatus\":2}", "K", NULL, 0, NULL },
  { "PUT", "/api/resource/Sales%20Invoice/S", JSON, "{\"docstatus\":2,\"modified\":\"old\"}", "K", "m", 0, "{\"docstatus\":2,\"modified\":\"m\"}" },
  { "DELETE", "/api/resource/Note/a", NULL, NULL, "K", "m", 0, NULL },
  { "POST", "/api/resource/Sales%20Invoice/S?run_method=submit", NULL, "", "K", "m", 0, NULL },
  { "POST", "/api/v2/document/Sales%20Invoice/S/method/submit", JSON, "{}", "K", "m", 0, NULL },
  /* in two steps */
  { "POST", "/api/resource/Sales%20Invoice", JSON, "{\"docstatus\":1,\"customer\":\"A\",\"rate\":10.10}", "K", NULL, 0, "{\"customer\":\"A\",\"rate\":10.10, \"posa_client_request_id\": \"K\"}" },
  { "POST", "/api/resource/Sales%20Invoice", JSON, "{\"docstatus\":1,\"customer\":\"A\"}", "K", "m\"1", 1, "{\"docstatus\": 1, \"modified\": \"m\\\"1\"}" },
  { "POST", "/api/resource/Sales%20Invoice", JSON, "{\"docstatus\":1}", "K", NULL, 1, "{\"docstatus\": 1}" },
  { "POST", CLIENT "submit", JSON, "{\"doc\":{\"doctype\":\"Sales Invoice\",\"total\":10.10,\"__islocal\":1}}", "K", NULL, 0, "{\"total\":10.10, \"posa_client_request_id\": \"K\"}" },
  { "POST", CLIENT "insert", FORM, "doc=%7B%22doctype%22%3A%22Sales+Invoice%22%2C%22docstatus%22%3A1%2C%22total%22%3A10.10%7D", "K", NULL, 0, "{\"total\":10.10, \"posa_client_request_id\": \"K\"}" },
  /* methods */
  { "POST", CLIENT "insert", JSON, "{\"doc\":{\"doctype\":\"Note\",\"n\":1.10}}", "K", NULL, 0, "{\"doc\":{\"doctype\":\"Note\",\"n\":1.10, \"sync_client_id\": \"K\"}}" },
  { "POST", CLIENT "insert", JSON, "{\"doc\":\"{\\\"doctype\\\":\\\"Note\\\",\\\"n\\\":1.10}\"}", "K", NULL, 0, "{\"doc\":\"{\\\"doctype\\\":\\\"Note\\\",\\\"n\\\":1.10, \\\"sync_client_id\\\": \\\"K\\\"}\"}" },
  { "POST", CLIENT "save", JSON, "{\"doc\":{\"doctype\":\"Note\",\"name\":\"N\",\"modified\":\"old\",\"__unsaved\":1}}", NULL, "new", 0, "{\"doc\":{\"doctype\":\"Note\",\"name\":\"N\",\"modified\":\"new\"}}" },
  { "POST", CLIENT "save", JSON, "{\"doc\":{\"doctype\":\"Note\",\"__islocal\":1}}", "K", NULL, 0, "{\"doc\":{\"doctype\":\"Note\",\"__islocal\":1, \"sync_client_id\": \"K\"}}" },
  { "POST", CLIENT "set_value", JSON, "{\"doctype\":\"Note\",\"name\":\"N\",\"fieldname\":\"content\",\"value\":\"x\"}", "K", NULL, 0, NULL },
  { "POST", CLIENT "set_value", JSON, "{\"doctype\":\"Note\",\"name\":\"N\",\"fieldname\":\"content\",\"value\":\"x\"}", "K", "m", 0, "{\"doctype\":\"Note\",\"name\":\"N\",\"fieldname\":\"{\\\"content\\\": \\\"x\\\", \\\"modified\\\": \\\"m\\\"}\"}" },
  { "POST", CLIENT "set_value", JSON, "{\"fieldname\":\"seen\",\"doctype\":\"Note\",\"name\":\"N\",\"value\":1.50}", "K", "m", 0, "{\"fieldname\":\"{\\\"seen\\\": 1.50, \\\"modified\\\": \\\"m\\\"}\",\"doctype\":\"Note\",\"name\":\"N\"}" },
  { "POST", CLIENT "set_value", JSON, "{\"doctype\":\"Note\",\"name\":\"N\",\"fieldname\":\"content\",\"value\":null}", "K", "m", 0, "{\"doctype\":\"Note\",\"name\":\"N\",\"fieldname\":\"{\\\"content\\\": \\\"\\\", \\\"modified\\\": \\\"m\\\"}\"}" },
  { "PUT", CLIENT "set_value", FORM, "doctype=Note&name=N&fieldname=content&value=x", "K", "m", 0, "doctype=Note&name=N&fieldname=%7B%22content%22%3A%20%22x%22%2C%20%22modified%22%3A%20%22m%22%7D" },
  { "POST", CLIENT "set_value", JSON, "{\"doctype\":\"Note\",\"name\":\"N\",\"fieldname\":{\"content\":\"x\"}}", "K", "m", 0, "{\"doctype\":\"Note\",\"name\":\"N\",\"fieldname\":{\"content\":\"x\", \"modified\": \"m\"}}" },
  { "POST", CLIENT "cancel", JSON, "{\"doctype\":\"Sales Invoice\",\"name\":\"S\"}", "K", "m", 0, NULL },
  /* POS Awesome */
  { "POST", POSA "invoices.submit_invoice", JSON, "{\"invoice\":\"{\\\"total\\\":10.10}\",\"data\":\"{}\",\"submit_in_background\":1}", "K", NULL, 0,
    "{\"invoice\":\"{\\\"total\\\":10.10, \\\"posa_client_request_id\\\": \\\"K\\\"}\",\"data\":\"{}\",\"submit_in_background\":0}" },
  { "POST", POSA "invoices.submit_invoice", FORM, "invoice=%7B%22posa_client_request_id%22%3A%22K%22%7D&data=%7B%7D&submit_in_background=1&request_id=r", "K", NULL, 0,
    "invoice=%7B%22posa_client_request_id%22%3A%22K%22%7D&data=%7B%7D&submit_in_background=0&request_id=r" },
  { "POST", POSA "invoices.submit_invoice", JSON, "{\"invoice\":{\"posa_client_request_id\":\"K\"},\"submit_in_background\":0}", "K", NULL, 0, NULL },
  { "POST", POSA "offline_sync.invoices.submit_invoice_outbox_entry", JSON, "{\"client_request_id\":\"K\",\"invoice\":\"{ \\\"doctype\\\": \\\"Sales Invoice\\\"}\"}", "K", NULL, 0, NULL },
  { "POST", POSA "payment_entry.process_pos_payment", FORM, "payload=%7B%22amount%22%3A10.10%7D", "K", NULL, 0, "payload=%7B%22amount%22%3A10.10%2C%20%22client_request_id%22%3A%20%22K%22%7D" },
  { "POST", "/api/method/pos_next.api.invoices.submit_invoice", JSON, "{\"data\":\"{\\\"invoice\\\":{\\\"x\\\":1.0}}\"}", "K", NULL, 0,
    "{\"data\":\"{\\\"invoice\\\":{\\\"x\\\":1.0, \\\"offline_id\\\": \\\"K\\\"}}\"}" },
  { "POST", POSA "customers.create_customer", FORM, "customer_name=A", "K", NULL, 0, NULL },
  /* a level that is not there is not made */
  { "POST", "/api/method/pos_next.api.invoices.submit_invoice", JSON, "{\"data\":\"{}\"}", "K", NULL, 0, NULL },
};
/* clang-format on */

static SyncRouteTable *table; /* (owned) */

static GBytes *
bytes_of (const char *text)
{
  return text != NULL ? g_bytes_new_static (text, strlen (text)) : NULL;
}

static void
test_wire (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const Row *row = &rows[i];
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) body = bytes_of (row->body), wire = NULL;
      g_autoptr (SyncRoute) route
          = sync_route_table_match (table, row->method, row->path, row->type, body, &error);
      g_autofree char *text = NULL;

      g_test_message ("%u: %s %s", i, row->path, row->body);
      g_assert_no_error (error);
      wire = sync_body_build_wire (route, row->type, body, row->key, row->base, row->step, &error);
      g_assert_no_error (error);
      if (row->wire == NULL)
        {
          g_assert_true (wire == body);
          continue;
        }
      text = g_strndup (g_bytes_get_data (wire, NULL), g_bytes_get_size (wire));
      g_assert_cmpstr (text, ==, row->wire);
    }
}

static void
test_content_type (void)
{
  g_autoptr (GBytes) form = bytes_of ("docstatus=1"),
                     call = bytes_of ("doc=%7B%22doctype%22%3A%22Sales+Invoice%22%7D");
  g_autoptr (SyncRoute) resource
      = sync_route_table_match (table, "POST", "/api/resource/Sales%20Invoice", FORM, form, NULL);
  g_autoptr (SyncRoute) submit = sync_route_table_match (table, "POST", CLIENT "submit", FORM, call, NULL);
  g_autoptr (GBytes) nothing = bytes_of ("doc=x");
  g_autoptr (GError) error = NULL;

  g_assert_cmpstr (sync_body_wire_content_type (resource, FORM, 0), ==, FORM);
  g_assert_cmpstr (sync_body_wire_content_type (resource, FORM, 1), ==, JSON);
  g_assert_cmpstr (sync_body_wire_content_type (submit, FORM, 0), ==, JSON);
  g_assert_null (sync_body_build_wire (submit, FORM, nothing, "K", NULL, 0, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_INVALID);
}

static char *
fingerprint (const char *method, const char *path, const char *type, const char *body)
{
  g_autoptr (GBytes) bytes = bytes_of (body);
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncRoute) route = sync_route_table_match (table, method, path, type, bytes, &error);
  char *result;

  g_assert_no_error (error);
  result = sync_body_fingerprint (route, method, path, type, bytes, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (strlen (result), ==, 64);
  return result;
}

/* clang-format off */
static const struct
{
  const char *type;
  const char *path;
  const char *left;
  const char *right;
  gboolean same;
} pairs[] = {
  { JSON, "/api/resource/Note", "{\"a\":1,\"b\":{\"c\":2,\"d\":3}}", "{ \"b\" : {\"d\":3,\"c\":2},\n \"a\": 1.0}", TRUE },
  { JSON, "/api/resource/Note", "{\"a\":1}", "{\"a\":2}", FALSE },
  { JSON, "/api/resource/Note", "{\"a\":12345678901234567890}", "{\"a\":12345678901234567891}", FALSE },
  { JSON, "/api/resource/Note", "{\"a\":\"1\"}", "{\"a\":1}", FALSE },
  { JSON, "/api/resource/Note", "{\"a\":1}", "{\"a\":1,\"b\":null}", FALSE },
  { JSON, "/api/resource/Note", "{\"a\":[1,2]}", "{\"a\":[2,1]}", FALSE },
  { JSON, "/api/resource/Note", "{\"t\":1}", "{\"t\":2}", FALSE },
  { JSON, "/api/resource/Note", "{\"sync_client_id\":\"k\"}", "{}", FALSE },
  { JSON, CLIENT "insert", "{\"doc\":{\"doctype\":\"Note\"},\"request_id\":\"1\",\"_\":1,\"t\":2}", "{\"doc\":{\"doctype\":\"Note\"}}", TRUE },
  { JSON, CLIENT "insert", "{\"doc\":\"{\\\"doctype\\\":\\\"Note\\\",\\\"a\\\":1}\"}", "{\"doc\":\"{ \\\"a\\\" : 1, \\\"doctype\\\":\\\"Note\\\"}\"}", TRUE },
  { FORM, POSA "invoices.submit_invoice", "invoice=%7B%22a%22%3A1%2C%22b%22%3A2%7D&data=%7B%7D&request_id=posa-1&submit_in_background=1", "data=%7B%7D&request_id=posa-2&invoice=%7B%22b%22%3A2%2C+%22a%22%3A1%7D", TRUE },
  { FORM, POSA "invoices.submit_invoice", "invoice=%7B%22a%22%3A1%7D", "invoice=%7B%22a%22%3A2%7D", FALSE },
  { FORM, POSA "customers.create_customer", "customer_name=a+b", "customer_name=a%20b", TRUE },
  { FORM, POSA "customers.create_customer", "customer_name=a&x=", "customer_name=a", FALSE },
  { FORM, POSA "customers.create_customer", "customer_name=ax&x=y", "customer_name=a&xx=y", FALSE },
};
/* clang-format on */

static void
test_fingerprint (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    {
      g_autofree char *left = fingerprint ("POST", pairs[i].path, pairs[i].type, pairs[i].left);
      g_autofree char *right = fingerprint ("POST", pairs[i].path, pairs[i].type, pairs[i].right);

      g_test_message ("%s | %s", pairs[i].left, pairs[i].right);
      g_assert_cmpint (strcmp (left, right) == 0, ==, pairs[i].same);
    }
}

static void
test_fingerprint_of_path (void)
{
  g_autofree char *first = fingerprint ("PUT", "/api/resource/Note/a%2Fb", JSON, "{\"x\":1}");
  g_autofree char *spelled = fingerprint ("PUT", "/api/resource/Note/a/b/?_=1", JSON, "{\"x\":1}");
  g_autofree char *newer = fingerprint ("PATCH", "/api/v2/document/Note/a%2Fb", JSON, "{\"x\":1}");
  g_autofree char *other = fingerprint ("PUT", "/api/resource/Note/a", JSON, "{\"x\":1}");
  g_autofree char *type = fingerprint ("PUT", "/api/resource/Item/a%2Fb", JSON, "{\"x\":1}");
  g_autofree char *action = fingerprint ("DELETE", "/api/resource/Note/a%2Fb", NULL, NULL);
  g_autofree char *query = fingerprint ("PUT", "/api/resource/Note/a%2Fb?y=1", JSON, "{\"x\":1}");
  g_autofree char *page = fingerprint ("GET", "/app/a", NULL, NULL),
                  *page2 = fingerprint ("GET", "/app/b", NULL, NULL);

  g_assert_cmpstr (first, ==, spelled);
  g_assert_cmpstr (first, ==, newer);
  g_assert_cmpstr (first, !=, other);
  g_assert_cmpstr (first, !=, type);
  g_assert_cmpstr (first, !=, action);
  g_assert_cmpstr (first, !=, query);
  g_assert_cmpstr (page, !=, page2);
}

static void
test_posting_time (void)
{
  static const struct
  {
    const char *path;
    const char *type;
    const char *body; /* as it leaves in step 0 */
    const char *with; /* NULL: the same */
  } cases[] = {
    { "/api/resource/Sales%20Invoice", JSON, "{\"customer\":\"A\"}",
      "{\"customer\":\"A\", \"set_posting_time\": 1, \"posting_date\": \"2026-01-31\", \"posting_time\": \"23:59:59\"}" },
    { "/api/resource/Sales%20Invoice", JSON, "{\"posting_date\":\"2026-01-31\"}",
      "{\"posting_date\":\"2026-01-31\", \"set_posting_time\": 1, \"posting_time\": \"23:59:59\"}" },
    { "/api/resource/Sales%20Invoice", JSON, "{\"posting_date\":null,\"posting_time\":\"10:00:00\"}",
      "{\"posting_date\":\"2026-01-31\",\"posting_time\":\"10:00:00\", \"set_posting_time\": 1}" },
    { "/api/resource/Sales%20Invoice", JSON, "{\"posting_date\":\"2026-01-30\"}", NULL },
    { "/api/resource/Sales%20Invoice", JSON, "{\"set_posting_time\":0}", NULL },
    { CLIENT "insert", JSON, "{\"doc\":{\"doctype\":\"POS Invoice\"}}",
      "{\"doc\":{\"doctype\":\"POS Invoice\", \"set_posting_time\": 1, \"posting_date\": \"2026-01-31\", "
      "\"posting_time\": \"23:59:59\"}}" },
    { POSA "invoices.submit_invoice", JSON, "{\"invoice\":\"{\\\"a\\\":1}\"}",
      "{\"invoice\":\"{\\\"a\\\":1, \\\"set_posting_time\\\": 1, \\\"posting_date\\\": \\\"2026-01-31\\\", "
      "\\\"posting_time\\\": \\\"23:59:59\\\"}\"}" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GBytes) body = g_bytes_new_static (cases[i].body, strlen (cases[i].body));
      g_autoptr (SyncRoute) route = sync_route_table_match (table, "POST", cases[i].path, cases[i].type, body, NULL);
      g_autoptr (GBytes) with = NULL;
      g_autofree char *text = NULL;

      g_assert_nonnull (route);
      g_assert_true (sync_body_takes_posting_time (route->resource_type, sync_action_to_string (route->action)));
      with = sync_body_put_posting_time (route, cases[i].type, body, "2026-01-31", "23:59:59");
      text = g_strndup (g_bytes_get_data (with, NULL), g_bytes_get_size (with));
      g_assert_cmpstr (text, ==, cases[i].with != NULL ? cases[i].with : cases[i].body);
    }
  g_assert_false (sync_body_takes_posting_time ("Sales Invoice", "update"));
  g_assert_false (sync_body_takes_posting_time ("Sales Order", "create"));
  g_assert_false (sync_body_takes_posting_time (NULL, "create"));
}

static gboolean
is_split (const char *text)
{
  g_autoptr (GBytes) body = g_bytes_new_static (text, strlen (text));

  return sync_body_is_split_payment (JSON, body);
}

static void
test_split_payment (void)
{
  g_assert_true (is_split ("{\"payload\":{\"payment_methods\":[{\"amount\":1},{\"amount\":\"2.5\"}]}}"));
  g_assert_true (is_split ("{\"payload\":\"{\\\"payment_methods\\\":[{\\\"amount\\\":1},{\\\"amount\\\":2}]}\"}"));
  g_assert_false (is_split ("{\"payload\":{\"payment_methods\":[{\"amount\":1},{\"amount\":0}]}}"));
  g_assert_false (is_split ("{\"payload\":{\"payment_methods\":7}}"));
  g_assert_false (is_split ("{\"payload\":{}}"));
  g_assert_false (is_split ("{}"));
}

static gboolean
has_rows (const char *path, const char *text)
{
  g_autoptr (GBytes) body = g_bytes_new_static (text, strlen (text));
  g_autoptr (SyncRoute) route = sync_route_table_match (table, "PUT", path, JSON, body, NULL);

  g_assert_nonnull (route);
  return sync_body_has_rows (route, JSON, body);
}

/* What a row lacks comes from the document that the till had read, byte for byte. */
static void
test_whole_rows (void)
{
  static const char base[] = "{\"items\":[{\"name\":\"r1\",\"qty\":1.0,\"rate\":0.10,\"uom\":\"Nos\",\"__x\":1},{\"name\":\"r2\",\"qty\":5}],"
                             "\"note\":\"[1]\"}";
  static const struct
  {
    const char *body;
    const char *whole; /* NULL: the same */
  } cases[] = {
    { "{\"items\": [{\"name\":\"r1\",\"qty\":2}], \"a\":1}",
      "{\"items\": [{\"name\":\"r1\",\"qty\":2,\"rate\":0.10,\"uom\":\"Nos\"}], \"a\":1}" },
    { "{\"items\":[{\"qty\":9},{\"name\":\"r3\"},{\"name\":\"r2\"}]}", "{\"items\":[{\"qty\":9},{\"name\":\"r3\"},{\"name\":\"r2\",\"qty\":5}]}" },
    { "{\"items\":[{\"name\":\"r2\",\"qty\":null}]}", NULL },
    { "{\"items\":[]}", NULL },
    { "{\"taxes\":[{\"name\":\"r1\"}],\"note\":[{\"name\":\"r1\"}]}", NULL },
    { "{\"items\":\"r1\"}", NULL },
    { "{\"items\":[1,\"r1\",{\"name\":7}]}", NULL },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GBytes) body = g_bytes_new_static (cases[i].body, strlen (cases[i].body));
      g_autoptr (SyncRoute) route = sync_route_table_match (table, "PUT", "/api/resource/Sales%20Order/S", JSON, body, NULL);
      g_autoptr (GBytes) whole = sync_body_complete_rows (route, JSON, body, base);
      const char *expected = cases[i].whole != NULL ? cases[i].whole : cases[i].body;

      g_assert_cmpmem (g_bytes_get_data (whole, NULL), g_bytes_get_size (whole), expected, strlen (expected));
    }
}

static void
test_rows (void)
{
  g_assert_true (has_rows ("/api/resource/Sales%20Invoice/S", "{\"items\":[{\"qty\":1}]}"));
  g_assert_true (has_rows ("/api/resource/Sales%20Invoice/S", "{\"items\":[]}"));
  g_assert_false (has_rows ("/api/resource/Sales%20Invoice/S", "{\"remarks\":\"[1]\"}"));
}

static void
test_document (void)
{
  static const struct
  {
    const char *method;
    const char *url;
    const char *content_type;
    const char *body;
    const char *document;
  } cases[] = {
    { "PUT", "/api/resource/Item/A", JSON, " {\"color\": \"blue\"}\n", "{\"color\": \"blue\"}" },
    { "PATCH", "/api/v2/document/Item/A", JSON, "{\"color\":\"blue\"}", "{\"color\":\"blue\"}" },
    { "PUT", "/api/resource/Item/A", JSON, "{\"data\":{\"color\":\"blue\"}}", "{\"color\":\"blue\"}" },
    { "PUT", "/api/resource/Item/A", JSON, "{\"data\":\"{\\\"color\\\":\\\"blue\\\"}\"}", "{\"color\":\"blue\"}" },
    { "PUT", "/api/resource/Item/A", FORM, "color=blue&size=1", "{\"color\":\"blue\",\"size\":\"1\"}" },
    { "POST", "/api/method/frappe.client.save", JSON, "{\"doc\":{\"doctype\":\"Item\",\"name\":\"A\",\"size\":1.50}}",
      "{\"doctype\":\"Item\",\"name\":\"A\",\"size\":1.50}" },
    { "POST", "/api/method/frappe.client.set_value", JSON,
      "{\"doctype\":\"Item\",\"name\":\"A\",\"fieldname\":\"size\",\"value\":1.50}", "{\"size\": 1.50}" },
    { "POST", "/api/method/frappe.client.set_value", JSON,
      "{\"doctype\":\"Item\",\"name\":\"A\",\"fieldname\":\"size\",\"value\":null}", "{\"size\": \"\"}" },
    { "POST", "/api/method/frappe.client.set_value", JSON,
      "{\"doctype\":\"Item\",\"name\":\"A\",\"fieldname\":{\"size\":1}}", "{\"size\":1}" },
    { "POST", "/api/method/frappe.client.set_value", FORM, "doctype=Item&name=A&fieldname=color&value=blue",
      "{\"color\": \"blue\"}" },
    { "POST", "/api/method/frappe.client.cancel", JSON, "{\"doctype\":\"Item\",\"name\":\"A\"}", NULL },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GBytes) body = g_bytes_new_static (cases[i].body, strlen (cases[i].body));
      g_autoptr (SyncRoute) route
          = sync_route_table_match (table, cases[i].method, cases[i].url, cases[i].content_type, body, NULL);
      g_autofree char *document = sync_body_dup_document (route, cases[i].content_type, body);

      g_assert_cmpstr (document, ==, cases[i].document);
    }
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  table = sync_route_table_new (NULL, NULL);
  g_test_add_func ("/sync/body/wire", test_wire);
  g_test_add_func ("/sync/body/content-type", test_content_type);
  g_test_add_func ("/sync/body/fingerprint", test_fingerprint);
  g_test_add_func ("/sync/body/fingerprint-of-path", test_fingerprint_of_path);
  g_test_add_func ("/sync/body/posting-time", test_posting_time);
  g_test_add_func ("/sync/body/split-payment", test_split_payment);
  g_test_add_func ("/sync/body/rows", test_rows);
  g_test_add_func ("/sync/body/whole-rows", test_whole_rows);
  g_test_add_func ("/sync/body/document", test_document);
  result = g_test_run ();
  g_object_unref (table);
  return result;
}
