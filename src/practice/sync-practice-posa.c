/* SPDX-License-Identifier: GPL-3.0-or-later */
/* POS Awesome's methods that a till and a delivery engine need: shifts, drafts, the submission of an
 * invoice with and without a client's key, payments, customers, and the reads of its start. One request is
 * one transaction, as there. One thread. */
#include "config.h"

#include "sync-practice-private.h"

#include <string.h>

#define KEY_FIELD "posa_client_request_id"
#define PREFIX "posawesome.posawesome.api."

static JsonObject *
make_payment (SyncPracticeCall *call, JsonObject *payload, JsonObject *method, const char *key,
              JsonArray *errors)
{
  SyncPracticeDocType *doctype = sync_practice_posa_doctype (call, "Payment Entry");
  g_autofree char *holder =
    key != NULL ? sync_practice_store_find_unique (call->shop->store, doctype->name, KEY_FIELD, key)
                                        : NULL;
  g_autoptr (JsonObject) sent = json_object_new ();
  g_autoptr (JsonObject) doc = NULL;
  double amount = json_object_get_double_member_with_default (method, "amount", 0);

  /* The same key on every entry of a split tender, though the field is unique: the second fails into
   * `errors`. */
  if (holder != NULL)
    {
      json_array_add_string_element (errors, "POSA Client Request ID must be unique");
      return NULL;
    }
  json_object_set_string_member (sent, "payment_type", "Receive");
  json_object_set_string_member (sent, "company",
                                 sync_json_member_text (payload, "company", "Test Co"));
  json_object_set_string_member (sent, "party_type", "Customer");
  json_object_set_string_member (sent, "party", sync_practice_text (payload, "customer"));
  json_object_set_string_member (sent, "mode_of_payment", sync_practice_text (method, "mode_of_payment"));
  json_object_set_double_member (sent, "paid_amount", amount);
  json_object_set_double_member (sent, "received_amount", amount);
  if (key != NULL)
    json_object_set_string_member (sent, KEY_FIELD, key);
  doc = sync_practice_document_create (call, doctype, sent, FALSE);
  return doc != NULL ? sync_practice_document_run (call, doctype, sync_practice_text (doc, "name"),
                                                   "submit") : NULL;
}

static void
return_payments (SyncPracticeCall *call, JsonArray *made, JsonArray *errors)
{
  JsonObject *result = json_object_new ();

  json_object_set_array_member (result, "new_payments_entry", json_array_ref (made));
  json_object_set_array_member (result, "all_payments_entry", json_array_ref (made));
  json_object_set_array_member (result, "reconciled_payments", json_array_new ());
  json_object_set_array_member (result, "errors", json_array_ref (errors));
  sync_practice_call_return_object (call, result);
}

static void
process_pos_payment (SyncPracticeCall *call)
{
  g_autoptr (JsonObject) payload = sync_practice_call_dup_object (call, "payload");
  const char *key =
    payload != NULL ? sync_json_member_text (payload, "client_request_id", NULL)
                                    : NULL;
  JsonNode *node = payload != NULL ? json_object_get_member (payload, "payment_methods") : NULL;
  g_autoptr (JsonArray) made = json_array_new ();
  g_autoptr (JsonArray) errors = json_array_new ();
  JsonObject *before;

  if (payload == NULL)
    return;
  before = sync_practice_posa_find_by_key (call, sync_practice_posa_doctype (call, "Payment Entry"), key);
  if (before != NULL)
    {
      json_array_add_object_element (made, before);
      return_payments (call, made, errors);
      return;
    }
  for (guint i = 0; node != NULL && JSON_NODE_HOLDS_ARRAY (node) &&
       i < json_array_get_length (json_node_get_array (node));
       i++)
    {
      JsonObject *method = json_array_get_object_element (json_node_get_array (node), i);
      JsonObject *doc = make_payment (call, payload, method, key, errors);

      if (call->exc_type != NULL)
        return;
      if (doc != NULL)
        json_array_add_object_element (made, doc);
    }
  return_payments (call, made, errors);
}

static void
create_customer (SyncPracticeCall *call)
{
  const char *name = sync_practice_call_get_text (call, "customer_name");
  const char *given_method = sync_practice_call_get_text (call, "method");
  g_autofree char *taken =
    name != NULL ? sync_practice_store_dup_name (call->shop->store, "Customer", name) : NULL;
  g_autoptr (JsonObject) sent = json_object_new ();
  JsonObject *doc;

  if (name == NULL || (taken != NULL && g_strcmp0 (given_method, "update") != 0))
    {
      sync_practice_call_fail (call, 417, "ValidationError", "Customer already exists");
      sync_practice_call_from_posawesome (call);
      return;
    }
  json_object_set_string_member (sent, "customer_name", name);
  json_object_set_string_member (sent, "customer_group", "All Customer Groups");
  json_object_set_string_member (sent, "territory", "All Territories");
  if (sync_practice_call_get_text (call, "company") != NULL)
    json_object_set_string_member (sent, "posa_referral_company",
                                   sync_practice_call_get_text (call, "company"));
  if (sync_practice_call_get_text (call, "mobile_no") != NULL)
    json_object_set_string_member (sent, "mobile_no", sync_practice_call_get_text (call, "mobile_no"));
  doc = taken != NULL ? sync_practice_document_update (call, sync_practice_posa_doctype (call, "Customer"),
                                                       taken, sent)
                      : sync_practice_document_create (call, sync_practice_posa_doctype (call, "Customer"),
                                                       sent, FALSE);
  if (doc != NULL)
    sync_practice_call_return_object (call, doc);
}

static JsonObject *
find_open_shift (SyncPracticeCall *call, const char *user)
{
  g_autoptr (JsonNode) filters = json_from_string ("{\"status\": \"Open\", \"docstatus\": 1}", NULL);
  SyncPracticeListQuery query = { .doctype = "POS Opening Shift", .filters = filters, .limit = 1 };
  g_autoptr (JsonArray) rows = NULL;

  json_object_set_string_member (json_node_get_object (filters), "user", user);
  rows = sync_practice_list (call, &query);
  if (rows == NULL || json_array_get_length (rows) == 0)
    return NULL;
  return sync_practice_store_dup_doc (call->shop->store, "POS Opening Shift",
                                      sync_practice_text (json_array_get_object_element (rows, 0), "name"));
}

static void
return_shift (SyncPracticeCall *call, JsonObject *shift)
{
  JsonObject *result = json_object_new ();
  JsonObject *settings = json_object_new ();
  g_autoptr (JsonObject) profile = sync_practice_store_dup_doc (call->shop->store, "POS Profile",
                                                                sync_practice_text (shift, "pos_profile"));
  g_autoptr (JsonObject) company =
    sync_practice_store_dup_doc (call->shop->store, "Company", sync_practice_text (shift, "company"));

  json_object_set_int_member (settings, "allow_negative_stock", 0);
  json_object_set_object_member (result, "pos_opening_shift", json_object_ref (shift));
  if (profile != NULL)
    json_object_set_object_member (result, "pos_profile", g_steal_pointer (&profile));
  if (company != NULL)
    json_object_set_object_member (result, "company", g_steal_pointer (&company));
  json_object_set_object_member (result, "stock_settings", settings);
  sync_practice_call_return_object (call, result);
}

static void
check_opening_shift (SyncPracticeCall *call)
{
  const char *user = sync_practice_call_get_text (call, "user");
  g_autoptr (JsonObject) shift = find_open_shift (call, user != NULL ? user : sync_practice_call_user (call));

  if (shift != NULL)
    return_shift (call, shift);
  else if (call->exc_type == NULL)
    sync_practice_call_return_text (call, "");
}

static void
create_opening_voucher (SyncPracticeCall *call)
{
  SyncPracticeDocType *doctype = sync_practice_posa_doctype (call, "POS Opening Shift");
  g_autoptr (JsonObject) open_shift = find_open_shift (call, sync_practice_call_user (call));
  g_autoptr (JsonNode) balance = sync_practice_call_dup_json (call, "balance_details");
  g_autoptr (JsonObject) sent = json_object_new ();
  g_autoptr (JsonObject) doc = NULL;
  g_autofree char *now = NULL;
  g_autofree char *today = NULL;

  if (open_shift != NULL)
    {
      sync_practice_call_fail (call, 417, "ValidationError", "You already have an open shift: %s",
                               sync_practice_text (open_shift, "name"));
      sync_practice_call_from_posawesome (call);
      return;
    }
  now = sync_practice_shop_now (call->shop);
  today = g_strndup (now, 10);
  json_object_set_string_member (sent, "period_start_date", now);
  json_object_set_string_member (sent, "posting_date", today);
  json_object_set_string_member (sent, "user", sync_practice_call_user (call));
  json_object_set_string_member (sent, "pos_profile", sync_practice_call_get_text (call, "pos_profile"));
  json_object_set_string_member (sent, "company", sync_practice_call_get_text (call, "company"));
  json_object_set_int_member (sent, "docstatus", 1);
  if (balance != NULL && JSON_NODE_HOLDS_ARRAY (balance))
    json_object_set_member (sent, "balance_details", json_node_ref (balance));
  doc = sync_practice_document_create (call, doctype, sent, FALSE);
  if (doc != NULL)
    return_shift (call, doc);
}

static void
submit_closing_shift (SyncPracticeCall *call)
{
  g_autoptr (JsonObject) sent = sync_practice_call_dup_object (call, "closing_shift");
  g_autoptr (JsonObject) change = json_object_new ();
  g_autoptr (JsonObject) doc = NULL;
  g_autoptr (JsonObject) shift = NULL;

  if (sent == NULL)
    return;
  json_object_set_int_member (sent, "docstatus", 1);
  doc =
    sync_practice_document_create (call, sync_practice_posa_doctype (call, "POS Closing Shift"), sent, FALSE);
  if (doc == NULL)
    return;
  json_object_set_string_member (change, "status", "Closed");
  json_object_set_string_member (change, "pos_closing_shift", sync_practice_text (doc, "name"));
  shift = sync_practice_document_update (call, sync_practice_posa_doctype (call, "POS Opening Shift"),
                                         sync_practice_text (doc, "pos_opening_shift"), change);
  if (shift != NULL)
    sync_practice_call_return_text (call, sync_practice_text (doc, "name"));
}

static JsonArray *
list_all (SyncPracticeCall *call, const char *doctype, const char *fields, const char *filters, gint64 limit)
{
  g_autoptr (JsonNode) fields_node = json_from_string (fields, NULL);
  g_autoptr (JsonNode) filters_node = filters != NULL ? json_from_string (filters, NULL) : NULL;
  SyncPracticeListQuery query = { .doctype = doctype, .fields = fields_node, .filters = filters_node,
                                  .order_by = "name asc", .limit = limit };

  return sync_practice_list (call, &query);
}

static void
return_array (SyncPracticeCall *call, JsonArray *rows)
{
  if (rows == NULL)
    return;
  sync_practice_call_return (call, json_node_init_array (json_node_alloc (), rows));
  json_array_unref (rows);
}

static void
add_item_details (SyncPracticeCall *call, JsonObject *row)
{
  static const char *const empty[] = { "variant_of", "brand", "purchase_uom", "default_bom", NULL };
  double rate = json_object_get_double_member (row, "standard_rate");
  double qty =
    sync_practice_store_add_stock (call->shop->store, sync_practice_text (row, "name"), "Stores - TC", 0);
  g_autofree char *prices =
    g_strdup_printf ("{\"Nos\":{\"price_list_rate\":%.2f,\"currency\":\"USD\"}}", rate);

  for (guint i = 0; empty[i] != NULL; i++)
    json_object_set_null_member (row, empty[i]);
  json_object_set_member (row, "item_uoms",
                          json_from_string ("[{\"uom\":\"Nos\",\"conversion_factor\":1.0}]", NULL));
  json_object_set_member (row, "_prices_by_uom", json_from_string (prices, NULL));
  json_object_set_array_member (row, "item_barcode", json_array_new ());
  json_object_set_array_member (row, "batch_no_data", json_array_new ());
  json_object_set_array_member (row, "serial_no_data", json_array_new ());
  json_object_set_double_member (row, "actual_qty", qty);
  json_object_set_double_member (row, "rate", rate);
  json_object_set_double_member (row, "price_list_rate", rate);
  json_object_set_string_member (row, "currency", "USD");
  json_object_set_string_member (row, "price_list_currency", "USD");
  json_object_set_int_member (row, "plc_conversion_rate", 1);
  json_object_set_int_member (row, "conversion_rate", 1);
  json_object_set_string_member (row, "attributes", "");
  json_object_set_string_member (row, "item_attributes", "");
}

static void
get_items (SyncPracticeCall *call)
{
  JsonArray *rows =
    list_all (call, "Item", "[\"name\",\"modified\",\"item_code\",\"item_name\",\"stock_uom\","
                              "\"is_stock_item\",\"has_variants\",\"item_group\",\"idx\",\"has_batch_no\","
                              "\"has_serial_no\","
                              "\"max_discount\",\"allow_negative_stock\",\"standard_rate\","
                              "\"valuation_rate\"]",
                              "{\"disabled\": 0}", 0);

  for (guint i = 0; rows != NULL && i < json_array_get_length (rows); i++)
    add_item_details (call, json_array_get_object_element (rows, i));
  return_array (call, rows);
}

static void
get_customer_names (SyncPracticeCall *call)
{
  return_array (call,
                list_all (call, "Customer", "[\"name\",\"modified\",\"mobile_no\",\"email_id\",\"tax_id\","
                                "\"customer_name\",\"loyalty_program\",\"default_price_list\","
                                "\"customer_group\","
                                "\"territory\",\"primary_address\"]", "{\"disabled\": 0}", 0));
}

static void
sync_stock (SyncPracticeCall *call)
{
  g_autoptr (JsonArray) items =
    list_all (call, "Item", "[\"name\",\"modified\"]", "{\"is_stock_item\": 1}", 0);
  JsonArray *changes = json_array_new ();
  JsonObject *result = json_object_new ();

  for (guint i = 0; items != NULL && i < json_array_get_length (items); i++)
    {
      JsonObject *item = json_array_get_object_element (items, i);
      JsonObject *data = json_object_new ();
      JsonObject *change = json_object_new ();
      g_autofree char *key = g_strconcat ("stock::", sync_practice_text (item, "name"), NULL);

      json_object_set_string_member (data, "item_code", sync_practice_text (item, "name"));
      json_object_set_string_member (data, "warehouse", "Stores - TC");
      json_object_set_double_member (data, "actual_qty",
                                     sync_practice_store_add_stock (call->shop->store,
                                                                    sync_practice_text (item, "name"),
                                                                    "Stores - TC", 0));
      json_object_set_string_member (change, "key", key);
      json_object_set_string_member (change, "modified", sync_practice_text (item, "modified"));
      json_object_set_object_member (change, "data", data);
      json_array_add_object_element (changes, change);
    }
  json_object_set_array_member (result, "changes", changes);
  json_object_set_array_member (result, "deleted", json_array_new ());
  json_object_set_null_member (result, "next_watermark");
  json_object_set_boolean_member (result, "has_more", FALSE);
  json_object_set_string_member (result, "schema_version", "2026-04-09");
  sync_practice_call_return_object (call, result);
}

/* Fails on the recorded pair of versions. */
static void
sync_customers (SyncPracticeCall *call)
{
  call->exc_module = "";
  sync_practice_call_fail_quietly (call, 500, "TypeError",
                                   "Object of type datetime is not JSON serializable");
  sync_practice_call_from_posawesome (call);
}

static void
update_price_list_rate (SyncPracticeCall *call)
{
  call->exc_module = "erpnext.stock.doctype.item_price.item_price.";
  sync_practice_call_fail (call, 417, "ItemPriceDuplicateItem",
                           "Item Price appears multiple times based on Price List, Supplier/Customer,"
                           " Currency, Item,"
                           " Batch, UOM, Qty, and Dates.");
  sync_practice_call_from_erpnext (call);
}

static void
get_app_info (SyncPracticeCall *call)
{
  sync_practice_call_return (call, json_from_string (
    "{\"apps\":[{\"app_name\":\"frappe\",\"installed_version\":\"15.72.4\"},"
    "{\"app_name\":\"erpnext\",\"installed_version\":\"15.71.1\"},"
    "{\"app_name\":\"posawesome\",\"installed_version\":\"15.31.0\"}],\"build_version\":\"15.31.0-practice\","
    "\"app_version\":\"15.31.0\",\"repo_url\":\"\",\"release_url\":\"\"}", NULL));
}

/**
 * sync_practice_posa_find:
 * @name: a method's dotted name
 *
 * Any module of POS Awesome's API will do, because its versions moved the functions about.
 *
 * Returns: (nullable): what it calls
 */
SyncPracticeMethodFunc
sync_practice_posa_find (const char *name)
{
  static const struct
  {
    const char *name;
    SyncPracticeMethodFunc func;
  } methods[] = {
    { "submit_invoice", sync_practice_posa_submit_invoice },
    { "submit_invoice_outbox_entry", sync_practice_posa_submit_invoice_outbox_entry },
    { "reconcile_invoice_outbox_entry", sync_practice_posa_reconcile_invoice_outbox_entry },
    { "update_invoice", sync_practice_posa_update_invoice },
    { "delete_invoice", sync_practice_posa_delete_invoice },
    { "process_pos_payment", process_pos_payment },
    { "create_customer", create_customer },
    { "check_opening_shift", check_opening_shift },
    { "create_opening_voucher", create_opening_voucher },
    { "submit_closing_shift", submit_closing_shift },
    { "get_items", get_items },
    { "get_customer_names", get_customer_names },
    { "sync_stock", sync_stock },
    { "sync_customers", sync_customers },
    { "update_price_list_rate", update_price_list_rate },
    { "get_app_info", get_app_info },
  };
  const char *last = strrchr (name, '.');

  for (guint i = 0; g_str_has_prefix (name, PREFIX) && i < G_N_ELEMENTS (methods); i++)
    if (strcmp (methods[i].name, last + 1) == 0)
      return methods[i].func;
  return NULL;
}
