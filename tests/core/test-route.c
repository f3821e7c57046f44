/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the built-in rules say of the calls of a shop's day. */
#include "config.h"

#include <string.h>

#include "recording.h"
#include "sync-error.h"
#include "sync-route.h"

#define FORM "application/x-www-form-urlencoded; charset=UTF-8"
#define JSON "application/json"
#define P "/api/method/posawesome.posawesome.api."
#define CLIENT "/api/method/frappe.client."

typedef struct
{
  const char *method;
  const char *path;
  const char *type; /* of the body */
  const char *body;
  SyncRouteKind kind;
  SyncAction action;
  const char *resource_type;
  const char *resource_id;
  const char *client_key;
  const char *key_path;
  const char *lane;
  SyncProof proof;
  int priority;
} Row;

/* clang-format off */
#define READ(method, path, type, body, doctype, id) { method, path, type, body, SYNC_ROUTE_READ, SYNC_ACTION_CREATE, doctype, id, NULL, NULL, NULL, 0, 3 }
#define ONLINE(method, path, type, body) { method, path, type, body, SYNC_ROUTE_ONLINE_ONLY, SYNC_ACTION_CREATE, NULL, NULL, NULL, NULL, NULL, 0, -1 }
#define UNKNOWN(method, path, type, body) { method, path, type, body, SYNC_ROUTE_UNKNOWN, SYNC_ACTION_CALL, NULL, NULL, NULL, NULL, NULL, 0, -1 }
#define WRITE(method, path, type, body, action, doctype, id, key, key_path, lane, proof, priority) \
  { method, path, type, body, SYNC_ROUTE_WRITE, SYNC_ACTION_##action, doctype, id, key, key_path, lane, SYNC_PROOF_##proof, priority }

static const Row rows[] = {
  /* documents, v1 */
  WRITE ("POST", "/api/resource/Customer", JSON, "{\"customer_name\":\"A\"}", CREATE, "Customer", NULL, NULL, "sync_client_id", "", DOCUMENT, 2),
  WRITE ("POST", "/api/resource/Customer/", NULL, "{\"sync_client_id\":\"k1\"}", CREATE, "Customer", NULL, "k1", "sync_client_id", "", DOCUMENT, 2),
  WRITE ("POST", "/api/v1/resource/Note", "text/plain", "{\"title\":\"x\"}", CREATE, "Note", NULL, NULL, "sync_client_id", "", DOCUMENT, 3),
  WRITE ("POST", "/api/resource/Sales%20Invoice", JSON, "{\"posa_client_request_id\":\"inv-1\"}", CREATE, "Sales Invoice", NULL, "inv-1", "posa_client_request_id", "", DOCUMENT, 0),
  WRITE ("POST", "/api/resource/Sales%20Invoice", JSON, "{\"docstatus\":1}", CREATE, "Sales Invoice", NULL, NULL, "posa_client_request_id", "", DOCUMENT, 0),
  WRITE ("POST", "/api/resource/POS%20Invoice", JSON, "{\"offline_id\":\"o1\"}", CREATE, "POS Invoice", NULL, "o1", "posa_client_request_id", "", DOCUMENT, 0),
  WRITE ("POST", "/api/resource/Payment%20Entry", JSON, "{\"client_request_id\":\"p1\"}", CREATE, "Payment Entry", NULL, "p1", "posa_client_request_id", "", DOCUMENT, 0),
  WRITE ("POST", "/api/resource/Note", FORM, "title=form+fields&public=1", CREATE, "Note", NULL, NULL, "sync_client_id", "", DOCUMENT, 3),
  WRITE ("POST", "/api/resource/Note", FORM, "data=%7B%22title%22%3A%22x%22%2C%22sync_client_id%22%3A%22K%22%7D", CREATE, "Note", NULL, "K", "data/sync_client_id", "", DOCUMENT, 3),
  WRITE ("POST", "/api/resource/Note", JSON, "", CREATE, "Note", NULL, NULL, "sync_client_id", "", DOCUMENT, 3),
  WRITE ("PUT", "/api/resource/Note/abc", JSON, "{\"content\":\"b\",\"modified\":\"m\"}", UPDATE, "Note", "abc", NULL, NULL, "Note/abc", DOCUMENT, 3),
  WRITE ("PUT", "/api/resource/Customer/ACME%20Ltd%20", JSON, "{\"x\":1}", UPDATE, "Customer", "ACME Ltd ", NULL, NULL, "Customer/acme ltd", DOCUMENT, 2),
  WRITE ("PUT", "/api/resource/Note/a%2Fb%20c%23d%3Fe%25", JSON, "{\"x\":1}", UPDATE, "Note", "a/b c#d?e%", NULL, NULL, "Note/a/b c#d?e%", DOCUMENT, 3),
  WRITE ("PUT", "/api/resource/Note/a/b", JSON, "{\"x\":1}", UPDATE, "Note", "a/b", NULL, NULL, "Note/a/b", DOCUMENT, 3),
  WRITE ("PUT", "/api/resource/Note/x/", JSON, "{\"x\":1}", UPDATE, "Note", "x", NULL, NULL, "Note/x", DOCUMENT, 3),
  WRITE ("PUT", "/api/resource/Customer/%D8%B9%D9%85%D9%8A%D9%84", JSON, "{\"x\":1}", UPDATE, "Customer", "عميل", NULL, NULL, "Customer/عميل", DOCUMENT, 2),
  WRITE ("PUT", "/api/resource/Customer/عميل", JSON, "{\"x\":1}", UPDATE, "Customer", "عميل", NULL, NULL, "Customer/عميل", DOCUMENT, 2),
  WRITE ("PUT", "/api/resource/Sales%20Invoice/S-1", JSON, "{\"docstatus\":1}", SUBMIT, "Sales Invoice", "S-1", NULL, NULL, "Sales Invoice/s-1", SUBMITTED, 0),
  WRITE ("PUT", "/api/resource/Sales%20Invoice/S-1", JSON, "{\"docstatus\":\"1\"}", SUBMIT, "Sales Invoice", "S-1", NULL, NULL, "Sales Invoice/s-1", SUBMITTED, 0),
  WRITE ("PUT", "/api/resource/Sales%20Invoice/S-1", FORM, "docstatus=1", SUBMIT, "Sales Invoice", "S-1", NULL, NULL, "Sales Invoice/s-1", SUBMITTED, 0),
  WRITE ("PUT", "/api/resource/Sales%20Invoice/S-1", FORM, "data=%7B%22docstatus%22%3A2%7D", CANCEL, "Sales Invoice", "S-1", NULL, NULL, "Sales Invoice/s-1", CANCELLED, 0),
  WRITE ("PUT", "/api/resource/Sales%20Invoice/S-1", JSON, "{\"docstatus\":2}", CANCEL, "Sales Invoice", "S-1", NULL, NULL, "Sales Invoice/s-1", CANCELLED, 0),
  WRITE ("PUT", "/api/resource/Sales%20Invoice/S-1", JSON, "{\"docstatus\":0}", UPDATE, "Sales Invoice", "S-1", NULL, NULL, "Sales Invoice/s-1", DOCUMENT, 0),
  WRITE ("POST", "/api/resource/Sales%20Invoice/S-1?run_method=submit", NULL, "", SUBMIT, "Sales Invoice", "S-1", NULL, NULL, "Sales Invoice/s-1", SUBMITTED, 0),
  WRITE ("POST", "/api/resource/Sales%20Invoice/S-1", JSON, "{\"run_method\":\"submit\"}", SUBMIT, "Sales Invoice", "S-1", NULL, NULL, "Sales Invoice/s-1", SUBMITTED, 0),
  WRITE ("POST", "/api/resource/Sales%20Invoice/S-1", FORM, "run_method=cancel", CANCEL, "Sales Invoice", "S-1", NULL, NULL, "Sales Invoice/s-1", CANCELLED, 0),
  WRITE ("DELETE", "/api/resource/Note/abc", NULL, NULL, DELETE, "Note", "abc", NULL, NULL, "Note/abc", DELETED, 3),
  READ ("GET", "/api/resource/Note/abc", NULL, NULL, "Note", "abc"),
  READ ("HEAD", "/api/resource/Note/abc", NULL, NULL, "Note", "abc"),
  READ ("GET", "/api/resource/Note?fields=[%22name%22]&id=7", NULL, NULL, "Note", NULL),
  UNKNOWN ("GET", "/api/resource/Sales%20Invoice/S-1?run_method=submit", NULL, NULL),
  UNKNOWN ("PATCH", "/api/resource/Note/abc", JSON, "{\"x\":1}"),
  UNKNOWN ("PUT", "/api/resource/Note", JSON, "{\"x\":1}"),
  UNKNOWN ("DELETE", "/api/resource/Note", NULL, NULL),
  UNKNOWN ("POST", "/api/resource/Note/abc", JSON, "{}"),
  UNKNOWN ("POST", "/api/resource/Note/abc", JSON, "{\"run_method\":\"other\"}"),
  UNKNOWN ("POST", "/api/resource", JSON, "{}"),
  /* documents, v2 */
  WRITE ("POST", "/api/v2/document/Note", JSON, "{\"title\":\"x\"}", CREATE, "Note", NULL, NULL, "sync_client_id", "", DOCUMENT, 3),
  WRITE ("PATCH", "/api/v2/document/Note/abc", JSON, "{\"x\":1}", UPDATE, "Note", "abc", NULL, NULL, "Note/abc", DOCUMENT, 3),
  WRITE ("PUT", "/api/v2/document/Note/abc/", JSON, "{\"x\":1}", UPDATE, "Note", "abc", NULL, NULL, "Note/abc", DOCUMENT, 3),
  WRITE ("PATCH", "/api/v2/document/Sales%20Invoice/S-1", JSON, "{\"docstatus\":1}", SUBMIT, "Sales Invoice", "S-1", NULL, NULL, "Sales Invoice/s-1", SUBMITTED, 0),
  WRITE ("POST", "/api/v2/document/Sales%20Invoice/S-1/method/submit", JSON, "{}", SUBMIT, "Sales Invoice", "S-1", NULL, NULL, "Sales Invoice/s-1", SUBMITTED, 0),
  WRITE ("POST", "/api/v2/document/Sales%20Invoice/a/b/method/cancel/", NULL, NULL, CANCEL, "Sales Invoice", "a/b", NULL, NULL, "Sales Invoice/a/b", CANCELLED, 0),
  WRITE ("DELETE", "/api/v2/document/Note/abc", NULL, NULL, DELETE, "Note", "abc", NULL, NULL, "Note/abc", DELETED, 3),
  READ ("GET", "/api/v2/document/Note/abc", NULL, NULL, "Note", "abc"),
  READ ("GET", "/api/v2/doctype/Note/meta", NULL, NULL, "Note", NULL),
  UNKNOWN ("POST", "/api/v2/document/Note/abc/method/shout", JSON, "{}"),
  UNKNOWN ("GET", "/api/v2/document/Note/abc/method/submit", NULL, NULL),
  UNKNOWN ("POST", "/api/v2/document/Note/abc", JSON, "{}"),
  /* frappe.client */
  WRITE ("POST", CLIENT "insert", JSON, "{\"doc\":{\"doctype\":\"Customer\",\"customer_name\":\"A\"}}", CREATE, "Customer", NULL, NULL, "doc/sync_client_id", "", DOCUMENT, 2),
  WRITE ("POST", CLIENT "insert", FORM, "doc=%7B%22doctype%22%3A%22Sales+Invoice%22%2C%22posa_client_request_id%22%3A%22q%22%7D&request_id=1", CREATE, "Sales Invoice", NULL, "q", "doc/posa_client_request_id", "", DOCUMENT, 0),
  WRITE ("POST", "/api/v2/method/frappe.client.insert", JSON, "{\"doc\":\"{\\\"doctype\\\":\\\"Note\\\"}\"}", CREATE, "Note", NULL, NULL, "doc/sync_client_id", "", DOCUMENT, 3),
  WRITE ("POST", "/", JSON, "{\"cmd\":\"frappe.client.insert\",\"doc\":{\"doctype\":\"Note\"}}", CREATE, "Note", NULL, NULL, "doc/sync_client_id", "", DOCUMENT, 3),
  WRITE ("POST", CLIENT "save", JSON, "{\"doc\":{\"doctype\":\"Note\",\"name\":\"N 1\",\"modified\":\"m\"}}", UPDATE, "Note", "N 1", NULL, NULL, "Note/n 1", DOCUMENT, 3),
  WRITE ("POST", CLIENT "save", JSON, "{\"doc\":{\"doctype\":\"Note\",\"name\":\"new-note-1\",\"__islocal\":1}}", CREATE, "Note", NULL, NULL, "doc/sync_client_id", "", DOCUMENT, 3),
  WRITE ("PUT", CLIENT "set_value", FORM, "doctype=Note&name=N&fieldname=content&value=x", UPDATE, "Note", "N", NULL, NULL, "Note/n", DOCUMENT, 3),
  WRITE ("POST", CLIENT "set_value", JSON, "{\"doctype\":\"Note\",\"name\":\"N\",\"fieldname\":{\"content\":\"x\",\"modified\":\"m\"}}", UPDATE, "Note", "N", NULL, NULL, "Note/n", DOCUMENT, 3),
  WRITE ("POST", CLIENT "submit", JSON, "{\"doc\":{\"doctype\":\"Sales Invoice\",\"name\":\"S-1\",\"modified\":\"m\"}}", SUBMIT, "Sales Invoice", "S-1", NULL, NULL, "Sales Invoice/s-1", SUBMITTED, 0),
  WRITE ("POST", CLIENT "submit", JSON, "{\"doc\":{\"doctype\":\"Sales Invoice\",\"customer\":\"A\"}}", CREATE, "Sales Invoice", NULL, NULL, "doc/posa_client_request_id", "", DOCUMENT, 0),
  WRITE ("POST", CLIENT "cancel", JSON, "{\"doctype\":\"Sales Invoice\",\"name\":\"S-1\"}", CANCEL, "Sales Invoice", "S-1", NULL, NULL, "Sales Invoice/s-1", CANCELLED, 0),
  WRITE ("POST", CLIENT "delete", JSON, "{\"doctype\":\"Note\",\"name\":\"N\"}", DELETE, "Note", "N", NULL, NULL, "Note/n", DELETED, 3),
  WRITE ("DELETE", CLIENT "delete?doctype=Note&name=N", NULL, NULL, DELETE, "Note", "N", NULL, NULL, "Note/n", DELETED, 3),
  READ ("POST", CLIENT "get", FORM, "doctype=Note&name=N", "Note", "N"),
  READ ("GET", CLIENT "get_value?doctype=Note&filters=%7B%7D&_=1", NULL, NULL, "Note", NULL),
  READ ("POST", "/api/method/frappe.desk.reportview.get", FORM, "doctype=Note", "Note", NULL),
  READ ("POST", "/api/method/frappe.desk.search.search_link", FORM, "txt=a", NULL, NULL),
  READ ("HEAD", "/api/method/ping", NULL, NULL, NULL, NULL),
  READ ("GET", "/api/v2/method/ping/", NULL, NULL, NULL, NULL),
  UNKNOWN ("GET", CLIENT "insert?doc=%7B%22doctype%22%3A%22Note%22%7D", NULL, NULL),
  UNKNOWN ("GET", CLIENT "delete?doctype=Note&name=N", NULL, NULL),
  UNKNOWN ("POST", CLIENT "insert", JSON, "{\"doc\":{\"doctype\":\"Sales Invoice Item\",\"parent\":\"S\",\"parenttype\":\"Sales Invoice\"}}"),
  UNKNOWN ("POST", "/api/method/erpnext.some.new_method", JSON, "{}"),
  UNKNOWN ("POST", "/api/method/frappe.clientXinsert", JSON, "{\"doc\":{\"doctype\":\"Note\"}}"),
  ONLINE ("POST", CLIENT "rename_doc", JSON, "{}"),
  ONLINE ("POST", "/api/method/run_doc_method", FORM, "dt=Note&dn=N&method=submit"),
  /* signing in */
  ONLINE ("POST", "/api/method/login", FORM, "usr=a&pwd=b"),
  ONLINE ("POST", "/", FORM, "cmd=login&usr=a&pwd=b"),
  ONLINE ("POST", "/login", FORM, "cmd=login&usr=a&pwd=b"),
  ONLINE ("GET", "/api/method/logout", NULL, NULL),
  ONLINE ("POST", P "employees.verify_terminal_employee_pin", FORM, "pin=1"),
  /* sales */
  WRITE ("POST", P "invoices.submit_invoice", FORM, "invoice=%7B%22doctype%22%3A%22POS+Invoice%22%2C%22posa_client_request_id%22%3A%22inv-9%22%7D&data=%7B%7D", CREATE, "POS Invoice", NULL, "inv-9", "invoice/posa_client_request_id", "", SUBMITTED, 0),
  WRITE ("POST", P "invoices.submit_invoice", JSON, "{\"invoice\":\"{}\",\"data\":\"{\\\"idempotency_key\\\":\\\"i1\\\"}\"}", CREATE, "Sales Invoice", NULL, "i1", "invoice/posa_client_request_id", "", SUBMITTED, 0),
  WRITE ("POST", P "posapp.submit_invoice", JSON, "{\"invoice\":{},\"data\":{\"client_request_id\":\"d1\"}}", CREATE, "Sales Invoice", NULL, "d1", "invoice/posa_client_request_id", "", SUBMITTED, 0),
  WRITE ("POST", P "offline_sync.invoices.submit_invoice_outbox_entry", JSON, "{\"client_request_id\":\"c1\",\"invoice\":\"{\\\"doctype\\\":\\\"Sales Invoice\\\"}\",\"data\":\"{}\"}", CREATE, "Sales Invoice", NULL, "c1", "client_request_id", "", SUBMITTED, 0),
  WRITE ("POST", "/api/method/pos_next.api.invoices.submit_invoice", JSON, "{\"data\":\"{\\\"invoice\\\":{\\\"offline_id\\\":\\\"pos_offline_1\\\"}}\"}", CREATE, "Sales Invoice", NULL, "pos_offline_1", "data/invoice/offline_id", "", DOCUMENT, 0),
  WRITE ("POST", P "payment_entry.process_pos_payment", FORM, "payload=%7B%22client_request_id%22%3A%22pay-1%22%7D", CALL, "Payment Entry", NULL, "pay-1", "payload/client_request_id", "", NO_ERRORS, 0),
  WRITE ("POST", P "cash_movement.service.create_pos_expense", FORM, "payload=%7B%22client_request_id%22%3A%22cm-1%22%7D", CALL, NULL, NULL, "cm-1", "payload/client_request_id", "", MESSAGE, 0),
  WRITE ("POST", P "invoices.delete_invoice", FORM, "invoice=ACC-1", DELETE, "Sales Invoice", "ACC-1", NULL, NULL, "Sales Invoice/acc-1", MESSAGE, 0),
  ONLINE ("POST", P "invoices.submit_invoice", FORM, "invoice=%7B%22is_return%22%3A1%7D"),
  ONLINE ("POST", P "offline_sync.invoices.submit_invoice_outbox_entry", JSON, "{\"client_request_id\":\"c\",\"invoice\":{\"is_return\":true}}"),
  ONLINE ("POST", P "invoices.update_invoice", FORM, "data=%7B%7D"),
  ONLINE ("POST", P "shifts.create_opening_voucher", FORM, "pos_profile=x"),
  ONLINE ("POST", "/api/method/posawesome.posawesome.doctype.pos_closing_shift.pos_closing_shift.make_closing_shift_from_opening", FORM, "opening_shift=x"),
  ONLINE ("POST", P "gift_cards.issue_gift_card", FORM, "a=b"),
  ONLINE ("POST", P "label_data_sources.get_next_serial_numbers", FORM, "a=b"),
  UNKNOWN ("GET", P "offline_sync.invoices.submit_invoice_outbox_entry?client_request_id=c&invoice=%7B%7D&data=%7B%7D", NULL, NULL),
  UNKNOWN ("POST", P "new_thing.get_something_new", FORM, "a=b"),
  /* customers, items */
  WRITE ("POST", P "customers.create_customer", FORM, "customer_name=A&method=create&customer_id=", CREATE, "Customer", NULL, NULL, NULL, "", DOCUMENT, 2),
  WRITE ("POST", P "customers.create_customer", FORM, "customer_name=A&method=update&customer_id=C-1", UPDATE, "Customer", "C-1", NULL, NULL, "Customer/c-1", DOCUMENT, 2),
  WRITE ("POST", P "customers.make_address", FORM, "args=%7B%7D", CREATE, "Address", NULL, NULL, NULL, "", DOCUMENT, 2),
  WRITE ("POST", P "items.update_price_list_rate", FORM, "item_code=IT-1&price_list=Retail&rate=4&uom=Nos", CALL, "Item Price", NULL, NULL, NULL, "Item Price/it-1/nos/retail", EMPTY, 3),
  WRITE ("POST", P "posapp.update_price_list_rate", FORM, "item_code=IT-1&price_list=Retail&rate=4", CALL, "Item Price", NULL, NULL, NULL, "Item Price/it-1//retail", EMPTY, 3),
  READ ("POST", P "items.get_items", FORM, "pos_profile=%7B%7D&request_id=posa-1", NULL, NULL),
  READ ("POST", P "posapp.get_items", FORM, "pos_profile=%7B%7D", NULL, NULL),
  READ ("POST", P "shifts.check_opening_shift", FORM, "user=a", NULL, NULL),
  READ ("POST", P "offline_sync.stock.sync_stock", FORM, "watermark=1", NULL, NULL),
  READ ("POST", P "invoices.validate_cart_items", FORM, "items=%5B%5D", NULL, NULL),
  /* pages */
  READ ("GET", "/app/posapp", NULL, NULL, NULL, NULL),
  READ ("HEAD", "/", NULL, NULL, NULL, NULL),
  READ ("GET", "/assets/posawesome/dist/js/version.json?t=1", NULL, NULL, NULL, NULL),
  READ ("GET", "/private/files/a%20b.png", NULL, NULL, NULL, NULL),
  READ ("GET", "/printview?doctype=Sales%20Invoice&name=S", NULL, NULL, NULL, NULL),
  UNKNOWN ("POST", "/nope", JSON, "{}"),
  UNKNOWN ("GET", "/socket.io/?EIO=4", NULL, NULL),
  UNKNOWN ("OPTIONS", "/api/resource/Note", NULL, NULL),
  UNKNOWN ("POST", "/nope", JSON, "{broken"),
  UNKNOWN ("POST", "/api/method/upload_file_later", "multipart/form-data; boundary=x", "--x"),
};
/* clang-format on */

static SyncRoute *
match (SyncRouteTable *table, const char *method, const char *path, const char *type, const char *body,
       GError **error)
{
  g_autoptr (GBytes) bytes = body != NULL ? g_bytes_new_static (body, strlen (body)) : NULL;

  return sync_route_table_match (table, method, path, type, bytes, error);
}

static void
test_table (void)
{
  g_autoptr (SyncRouteTable) table = sync_route_table_new (NULL, NULL);

  g_assert_cmpuint (G_N_ELEMENTS (rows), >=, 80);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const Row *row = &rows[i];
      g_autoptr (GError) error = NULL;
      g_autoptr (SyncRoute) route = match (table, row->method, row->path, row->type, row->body, &error);

      g_test_message ("%s %s %s", row->method, row->path, row->body);
      g_assert_no_error (error);
      g_assert_cmpstr (sync_route_kind_to_string (route->kind), ==, sync_route_kind_to_string (row->kind));
      g_assert_nonnull (route->family);
      g_assert_nonnull (route->natural_lane);
      if (row->kind == SYNC_ROUTE_READ || row->kind == SYNC_ROUTE_WRITE)
        {
          g_assert_cmpstr (route->resource_type, ==, row->resource_type);
          g_assert_cmpstr (route->resource_id, ==, row->resource_id);
        }
      if (row->kind != SYNC_ROUTE_WRITE)
        continue;
      g_assert_cmpstr (sync_action_to_string (route->action), ==, sync_action_to_string (row->action));
      g_assert_cmpstr (sync_proof_to_string (route->proof), ==, sync_proof_to_string (row->proof));
      g_assert_cmpstr (route->client_key, ==, row->client_key);
      g_assert_cmpstr (route->key_path, ==, row->key_path);
      g_assert_cmpstr (route->natural_lane, ==, row->lane);
      g_assert_cmpint (route->priority, ==, row->priority);
      g_assert_cmpint (route->key_enforced, ==, row->key_path != NULL);
    }
}

static void
test_details (void)
{
  g_autoptr (SyncRouteTable) table = sync_route_table_new (NULL, NULL);
  g_autoptr (SyncRoute) put
      = match (table, "PUT", "/api/resource/Note/a", JSON, "{\"modified\":\"2026-11-22 17:29:05\"}", NULL);
  g_autoptr (SyncRoute) null
      = match (table, "PUT", "/api/resource/Note/a", JSON, "{\"modified\":null}", NULL);
  g_autoptr (SyncRoute) save = match (
      table, "POST", CLIENT "save", JSON,
      "{\"doc\":\"{\\\"doctype\\\":\\\"Note\\\",\\\"name\\\":\\\"n\\\",\\\"modified\\\":\\\"m 1\\\"}\"}",
      NULL);
  g_autoptr (SyncRoute) posted
      = match (table, "POST", "/api/resource/Sales%20Invoice", JSON, "{\"docstatus\":1}", NULL);
  g_autoptr (SyncRoute) draft
      = match (table, "POST", "/api/resource/Sales%20Invoice", JSON, "{\"docstatus\":0}", NULL);
  g_autoptr (SyncRoute) nameless
      = match (table, "POST", CLIENT "submit", JSON, "{\"doc\":{\"doctype\":\"Sales Invoice\"}}", NULL);
  g_autoptr (SyncRoute) sale
      = match (table, "POST", P "invoices.submit_invoice", JSON, "{\"invoice\":{}}", NULL);
  g_autoptr (SyncRoute) payment
      = match (table, "POST", P "payment_entry.process_pos_payment", JSON, "{\"payload\":{}}", NULL);

  g_assert_cmpstr (put->base_modified, ==, "2026-11-22 17:29:05");
  g_assert_null (null->base_modified);
  g_assert_cmpstr (save->base_modified, ==, "m 1");
  g_assert_cmpstr (put->family, ==, "resource");
  g_assert_cmpstr (save->family, ==, "frappe.client.save");
  g_assert_true (posted->submit_after);
  g_assert_true (nameless->submit_after);
  g_assert_false (draft->submit_after);
  g_assert_false (sale->submit_after);
  g_assert_true (posted->echoes_key);
  g_assert_true (sale->echoes_key);
  g_assert_false (payment->echoes_key);
  g_assert_cmpstr (sale->key_field, ==, "posa_client_request_id");
  g_assert_cmpstr (posted->key_field, ==, "posa_client_request_id");
  g_assert_null (put->key_field);
  g_assert_cmpstr (sync_route_table_get_key_field (table, "Customer"), ==, "sync_client_id");
  g_assert_cmpstr (sync_route_table_get_key_field (table, "POS Invoice"), ==, "posa_client_request_id");
}

static void
test_invalid (void)
{
  static const struct
  {
    const char *method;
    const char *path;
    const char *type;
    const char *body;
    const char *says; /* part of the message */
  } bad[] = {
    { "FETCH", "/api/resource/Note", NULL, NULL, "not an HTTP method" },
    { "post", "/api/resource/Note", NULL, NULL, "not an HTTP method" },
    { "", "/", NULL, NULL, "not an HTTP method" },
    { "GET", "api/resource/Note", NULL, NULL, "begins with one /" },
    { "GET", "", NULL, NULL, "begins with one /" },
    { "GET", "//evil.example/", NULL, NULL, "begins with one /" },
    { "GET", "http://shop.example/api", NULL, NULL, "begins with one /" },
    { "GET", "/api/resource/a b", NULL, NULL, "percent-encoded" },
    { "GET", "/api/resource/a#b", NULL, NULL, "percent-encoded" },
    { "GET", "/api/resource/a\nb", NULL, NULL, "percent-encoded" },
    { "POST", "/api/resource/Customer?note=50%", "{}", NULL, "%25" },
    { "POST", "/api/resource/Customer?note=%5", "{}", NULL, "%25" },
    { "POST", "/api/resource/Customer?data=%7B%22customer_name%22:%22A%22%7D", NULL, NULL, "“data” stands in the address" },
    { "POST", CLIENT "insert?doc=%7B%22doctype%22:%22Customer%22%7D", NULL, NULL, "“doc” stands in the address" },
    { "PUT", "/api/resource/Note/N?data=%7B%22a%22:1%7D", "{\"a\":2}", NULL, "“data” stands in the address" },
    { "PUT", "/api/resource/Note/%zz", JSON, "{}", "%zz" },
    { "PUT", "/api/resource/Note/%00", JSON, "{}", "%00" },
    { "PUT", "/api/resource/Note/%ff", JSON, "{}", "%ff" },
    { "PUT", "/api/resource/../Note", JSON, "{}", ".." },
    { "POST", "/api/resource/Note", JSON, "{\"a\": 1,\n \"b\" 2}", "line 2, column 6" },
    { "POST", "/api/resource/Note", JSON, "[1]", "not an object" },
    { "POST", "/api/resource/Note", NULL, "{\"a\":", "malformed JSON" },
    { "POST", "/api/resource/Note", JSON, "{\"a\":NaN}", "malformed JSON" },
    { "POST", "/api/resource/Note", "multipart/form-data; boundary=x", "--x", "cannot wait in the queue" },
    { "POST", "/api/resource/Note", "application/octet-stream", "xyz", "cannot wait in the queue" },
    { "POST", CLIENT "insert", JSON, "{\"doc\":{\"title\":\"x\"}}", "DocType" },
    { "POST", CLIENT "set_value", JSON, "{\"doctype\":\"Note\"}", "document" },
    { "POST", CLIENT "save", JSON, "{}", "DocType" },
  };
  g_autoptr (SyncRouteTable) table = sync_route_table_new (NULL, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (SyncRoute) route
          = match (table, bad[i].method, bad[i].path, bad[i].type, bad[i].body, &error);

      g_test_message ("%s %s: %s", bad[i].method, bad[i].path, error != NULL ? error->message : "no error");
      g_assert_null (route);
      g_assert_error (error, SYNC_ERROR, SYNC_ERROR_INVALID);
      g_assert_nonnull (strstr (error->message, bad[i].says));
      g_assert_null (strchr (error->message, '\n'));
    }
}

static void
check_target (SyncRouteTable *table, const char *method, const char *path, const char *body, guint step,
              const char *expected)
{
  g_autoptr (SyncRoute) route = match (table, method, path, JSON, body, NULL);
  g_autofree char *wire_method = NULL, *wire_path = NULL, *both = NULL;

  sync_route_wire_target (route, method, path, step, "ACC/1 é", &wire_method, &wire_path);
  both = g_strconcat (wire_method, " ", wire_path, NULL);
  g_assert_cmpstr (both, ==, expected);
}

static void
test_targets (void)
{
  g_autoptr (SyncRouteTable) table = sync_route_table_new (NULL, NULL);
  const char *submit = "{\"doc\":{\"doctype\":\"Sales Invoice\",\"docstatus\":1}}";

  check_target (table, "PUT", "/api/resource/Note/a", "{}", 0, "PUT /api/resource/Note/ACC%2F1%20%C3%A9");
  check_target (table, "PUT", "/api/v2/document/Note/ACC%2F1%20%C3%A9", "{}", 0, "PUT /api/v2/document/Note/ACC%2F1%20%C3%A9");
  check_target (table, "DELETE", "/api/resource/Note/a", NULL, 0, "DELETE /api/resource/Note/ACC%2F1%20%C3%A9");
  check_target (table, "POST", "/api/v2/document/Note", "{\"docstatus\":1}", 0,
                "POST /api/v2/document/Note");
  check_target (table, "POST", "/api/v2/document/Note", "{\"docstatus\":1}", 1,
                "PUT /api/resource/Note/ACC%2F1%20%C3%A9");
  check_target (table, "POST", CLIENT "submit", submit, 0, "POST /api/resource/Sales%20Invoice");
  check_target (table, "POST", CLIENT "submit", submit, 1,
                "PUT /api/resource/Sales%20Invoice/ACC%2F1%20%C3%A9");
  check_target (table, "POST", CLIENT "insert", submit, 0, "POST /api/resource/Sales%20Invoice");
}

/* No recorded call makes trouble, and none that is a GET waits in the queue. */
static void
test_recorded (void)
{
  g_autoptr (SyncRouteTable) table = sync_route_table_new (NULL, NULL);
  g_autoptr (GPtrArray) names = recording_list ();
  guint kinds[4] = { 0 };

  for (guint i = 0; i < names->len; i++)
    {
      g_autoptr (Recording) recording = recording_load (g_ptr_array_index (names, i));
      g_autoptr (GError) error = NULL;
      g_autoptr (SyncRoute) route = sync_route_table_match (
          table, recording->method, recording->path, recording->request_type, recording->request, &error);

      g_test_message ("%s", (const char *) g_ptr_array_index (names, i));
      g_assert_true (route != NULL || error->code == SYNC_ERROR_INVALID);
      if (route == NULL)
        continue;
      kinds[route->kind]++;
      if (strcmp (recording->method, "GET") == 0 || strcmp (recording->method, "HEAD") == 0)
        g_assert_cmpint (route->kind, !=, SYNC_ROUTE_WRITE);
    }
  g_assert_cmpuint (kinds[SYNC_ROUTE_WRITE], >, 150);
  g_assert_cmpuint (kinds[SYNC_ROUTE_READ], >, 100);
}

static char *
dup_natural (const char *path, const char *type, const char *body)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (body, strlen (body));
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncRouteTable) table = sync_route_table_new (NULL, NULL);
  g_autoptr (SyncRoute) route = sync_route_table_match (table, "POST", path, type, bytes, &error);
  g_autofree char *pairs = NULL;

  g_assert_no_error (error);
  pairs = route->natural != NULL ? g_strjoinv ("|", route->natural) : g_strdup ("none");
  return g_strdup_printf ("%s%s", pairs, route->natural_may_change ? " may change" : "");
}

static void
test_natural (void)
{
  static const struct
  {
    const char *path;
    const char *type;
    const char *body;
    const char *natural;
  } cases[] = {
    { "/api/resource/Customer", JSON, "{\"customer_name\":\"Acme Ltd\"}", "customer_name|Acme Ltd" },
    { "/api/v2/document/Customer", JSON, "{\"customer_name\":\"A\"}", "customer_name|A" },
    { "/api/resource/Customer", JSON, "{\"data\":\"{\\\"customer_name\\\":\\\"A\\\"}\"}", "customer_name|A" },
    { "/api/resource/Item", JSON, "{\"item_code\":7}", "item_code|7 may change" },
    { "/api/method/frappe.client.insert", JSON, "{\"doc\":{\"doctype\":\"Customer\",\"customer_name\":\"A\"}}",
      "customer_name|A" },
    { "/api/method/posawesome.posawesome.api.customers.create_customer", FORM, "customer_name=A+b&method=create",
      "customer_name|A b" },
    { "/api/method/posawesome.posawesome.api.customers.create_customer", FORM,
      "customer_name=A&customer_id=X&method=update", "none" },
    /* What the server may store otherwise tells nothing by its absence. */
    { "/api/resource/Customer", JSON, "{\"customer_group\":\"x\"}", "none" },
    { "/api/resource/Customer", JSON, "{\"customer_name\":\"\"}", "none" },
    { "/api/resource/Customer", JSON, "{\"customer_name\":\" A\"}", "none" },
    { "/api/resource/Customer", JSON, "{\"customer_name\":\"A\\u00a0\"}", "none" },
    { "/api/resource/Customer", JSON, "{\"customer_name\":\"<b>A</b>\"}", "none" },
    { "/api/resource/Customer", JSON, "{\"customer_name\":\"A\\nB\"}", "none" },
    { "/api/resource/Customer", JSON, "{\"customer_name\":{\"a\":\"<\"}}", "none" },
    { "/api/resource/Sales%20Invoice", JSON, "{\"customer\":\"A\"}", "none" },
    { "/api/resource/Address", JSON, "{\"address_title\":\"A\"}", "none" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *natural = dup_natural (cases[i].path, cases[i].type, cases[i].body);

      g_test_message ("%s %s", cases[i].path, cases[i].body);
      g_assert_cmpstr (natural, ==, cases[i].natural);
    }
}

static void
test_names (void)
{
  SyncAction action = SYNC_ACTION_CALL;
  SyncProof proof = SYNC_PROOF_EMPTY;

  for (SyncAction i = SYNC_ACTION_CREATE; i <= SYNC_ACTION_CALL; i++)
    {
      g_assert_true (sync_action_from_string (sync_action_to_string (i), &action));
      g_assert_cmpint (action, ==, i);
    }
  for (SyncProof i = SYNC_PROOF_DOCUMENT; i <= SYNC_PROOF_EMPTY; i++)
    {
      g_assert_true (sync_proof_from_string (sync_proof_to_string (i), &proof));
      g_assert_cmpint (proof, ==, i);
    }
  g_assert_false (sync_action_from_string ("other", &action));
  g_assert_false (sync_action_from_string (NULL, &action));
  g_assert_false (sync_proof_from_string ("", &proof));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sync/route/calls-of-a-day", test_table);
  g_test_add_func ("/sync/route/details", test_details);
  g_test_add_func ("/sync/route/invalid", test_invalid);
  g_test_add_func ("/sync/route/wire-target", test_targets);
  g_test_add_func ("/sync/route/recorded", test_recorded);
  g_test_add_func ("/sync/route/natural", test_natural);
  g_test_add_func ("/sync/route/names", test_names);
  return g_test_run ();
}
