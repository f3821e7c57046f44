/* SPDX-License-Identifier: GPL-3.0-or-later */
/* POS Awesome's invoices: drafts, and the submission with and without a client's key. A key that is known
 * answers with the invoice that it made; without a key every request makes one. One thread. */
#include "config.h"

#include "sync-practice-private.h"

#include <string.h>

#define KEY_FIELD "posa_client_request_id"

SyncPracticeDocType *
sync_practice_posa_doctype (SyncPracticeCall *call, const char *name)
{
  return g_hash_table_lookup (call->shop->doctypes, name);
}

/* The document that holds the key. */
JsonObject *
sync_practice_posa_find_by_key (SyncPracticeCall *call, SyncPracticeDocType *doctype, const char *key)
{
  g_autofree char *name = key != NULL && key[0] != '\0'
                            ? sync_practice_store_find_unique (call->shop->store, doctype->name, KEY_FIELD,
                                                               key)
                            : NULL;

  return name != NULL ? sync_practice_store_dup_doc (call->shop->store, doctype->name, name) : NULL;
}

static SyncPracticeDocType *
invoice_doctype (SyncPracticeCall *call, JsonObject *invoice)
{
  gboolean pos = strcmp (sync_practice_text (invoice, "doctype"), "POS Invoice") == 0;

  return sync_practice_posa_doctype (call, pos ? "POS Invoice" : "Sales Invoice");
}

/* POS Awesome checks the stock by itself, before ERPNext would. */
static gboolean
check_stock (SyncPracticeCall *call, JsonObject *invoice)
{
  JsonNode *items = json_object_get_member (invoice, "items");
  guint n = items != NULL &&
    JSON_NODE_HOLDS_ARRAY (items) ? json_array_get_length (json_node_get_array (items)) : 0;

  for (guint i = 0; sync_json_member_int (invoice, "update_stock", 0) == 1 && i < n; i++)
    {
      JsonObject *row = json_array_get_object_element (json_node_get_array (items), i);
      const char *code = sync_practice_text (row, "item_code");
      const char *warehouse = sync_json_member_text (row, "warehouse", "Stores - TC");
      double qty = json_object_get_double_member_with_default (row, "qty", 0);
      double there = sync_practice_store_add_stock (call->shop->store, code, warehouse, 0);
      g_autoptr (JsonObject) item = sync_practice_store_dup_doc (call->shop->store, "Item", code);

      if (item == NULL || json_object_get_int_member (item, "is_stock_item") != 1 || qty <= there)
        continue;
      sync_practice_call_say (call, "Message", "red", TRUE,
                              "{\n \"errors\": [\n  {\n   \"available_qty\": %.1f,\n   \"item_code\":"
                              " \"%s\",\n"
                              "   \"policy\": \"block\",\n   \"requested_qty\": %.1f,\n   \"warehouse\":"
                              " \"%s\"\n  }\n ]\n}",
                              there, code, qty, warehouse);
      sync_practice_call_fail_quietly (call, 417, "ValidationError", "}");
      return sync_practice_call_from_posawesome (call);
    }
  return TRUE;
}

/* The draft that the till saved before, or a new one. Names that the site does not know are no names. */
static JsonObject *
save_draft (SyncPracticeCall *call, SyncPracticeDocType *doctype, JsonObject *invoice)
{
  const char *name = sync_practice_text (invoice, "name");
  g_autoptr (JsonObject) old =
    name[0] != '\0' ? sync_practice_store_dup_doc (call->shop->store, doctype->name, name)
                                               : NULL;

  json_object_remove_member (invoice, "docstatus");
  json_object_remove_member (invoice, "__islocal");
  json_object_remove_member (invoice, "modified");
  json_object_remove_member (invoice, "creation");
  if (old != NULL && json_object_get_int_member (old, "docstatus") == 0)
    return sync_practice_document_update (call, doctype, name, invoice);
  json_object_remove_member (invoice, "name");
  return sync_practice_document_create (call, doctype, invoice, FALSE);
}

static void
record_submission (SyncPracticeCall *call, SyncPracticeDocType *doctype, JsonObject *invoice, const char *key,
                   const char *name)
{
  g_autofree char *text =
    g_strjoin ("|", key, sync_practice_text (invoice, "company"), sync_practice_text (invoice, "pos_profile"),
                                     doctype->name, NULL);
  g_autofree char *hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);
  g_autoptr (JsonObject) entry = json_object_new ();

  json_object_set_string_member (entry, "name", hash);
  json_object_set_string_member (entry, "client_request_id", key);
  json_object_set_string_member (entry, "company", sync_practice_text (invoice, "company"));
  json_object_set_string_member (entry, "pos_profile", sync_practice_text (invoice, "pos_profile"));
  json_object_set_string_member (entry, "document_type", doctype->name);
  json_object_set_string_member (entry, "invoice_name", name);
  json_object_set_string_member (entry, "state", "SUBMITTED");
  sync_practice_document_record (call, "POS Invoice Submission Ledger", entry);
}

/* Creates, pays and submits; a key that is known answers with the invoice that it made. */
static JsonObject *
submit (SyncPracticeCall *call, JsonObject *invoice, const char *key, gboolean *replayed)
{
  SyncPracticeDocType *doctype = invoice_doctype (call, invoice);
  gboolean keyed = key != NULL && key[0] != '\0' &&
    sync_practice_doctype_get_field (doctype, KEY_FIELD) != NULL;
  g_autoptr (JsonObject) found = keyed ? sync_practice_posa_find_by_key (call, doctype, key) : NULL;
  g_autoptr (JsonObject) doc = NULL;
  JsonObject *submitted;

  *replayed = found != NULL && json_object_get_int_member (found, "docstatus") == 1;
  if (*replayed)
    return g_steal_pointer (&found);
  if (!check_stock (call, invoice))
    return NULL;
  if (keyed)
    json_object_set_string_member (invoice, KEY_FIELD, key);
  if (found != NULL)
    json_object_set_string_member (invoice, "name", sync_practice_text (found, "name"));
  doc = save_draft (call, doctype, invoice);
  if (doc == NULL)
    return NULL;
  submitted = sync_practice_document_run (call, doctype, sync_practice_text (doc, "name"), "submit");
  if (submitted != NULL && keyed)
    record_submission (call, doctype, invoice, key, sync_practice_text (doc, "name"));
  return submitted;
}

static void
add_key_result (JsonObject *result, const char *key)
{
  if (key != NULL)
    json_object_set_string_member (result, "client_request_id", key);
  else
    json_object_set_null_member (result, "client_request_id");
  json_object_set_boolean_member (result, "idempotent", key != NULL);
}

/* The client's key, wherever a version of the till puts it. */
static char *
dup_key (JsonObject *invoice, JsonObject *data)
{
  const char *key = sync_json_member_text (invoice, KEY_FIELD, NULL);

  if (key == NULL && data != NULL)
    key = sync_json_member_text (data, "idempotency_key", NULL);
  if (key == NULL && data != NULL)
    key = sync_json_member_text (data, "client_request_id", NULL);
  return g_strdup (key);
}

void
sync_practice_posa_submit_invoice (SyncPracticeCall *call)
{
  g_autoptr (JsonObject) invoice = sync_practice_call_dup_object (call, "invoice");
  g_autoptr (JsonObject) data = sync_practice_call_dup_object (call, "data");
  g_autoptr (JsonObject) doc = NULL;
  g_autofree char *key = NULL;
  gboolean replayed = FALSE;
  JsonObject *result;

  if (invoice == NULL)
    {
      call->exc_module = "";
      sync_practice_call_fail_quietly (call, 500, "TypeError",
                                       "submit_invoice() missing 1 required positional argument: 'invoice'");
      return;
    }
  key = dup_key (invoice, data);
  doc = submit (call, invoice, key, &replayed);
  if (doc == NULL)
    return;
  result = json_object_new ();
  json_object_set_string_member (result, "name", sync_practice_text (doc, "name"));
  json_object_set_int_member (result, "status", 1);
  json_object_set_int_member (result, "docstatus", 1);
  json_object_set_string_member (result, "doctype", sync_practice_text (doc, "doctype"));
  if (replayed)
    json_object_set_boolean_member (result, "replayed", TRUE);
  if (key != NULL)
    json_object_set_string_member (result, "ledger_state", replayed ? "POST_SUBMIT_DONE" : "SUBMITTED");
  else
    json_object_set_null_member (result, "ledger_state");
  add_key_result (result, key);
  sync_practice_call_return_object (call, result);
}

void
sync_practice_posa_submit_invoice_outbox_entry (SyncPracticeCall *call)
{
  g_autoptr (JsonObject) invoice = sync_practice_call_dup_object (call, "invoice");
  const char *key = sync_practice_call_get_text (call, "client_request_id");
  g_autoptr (JsonObject) doc = NULL;
  gboolean replayed = FALSE;
  JsonObject *result;
  JsonObject *shown;

  if (invoice == NULL || key == NULL || key[0] == '\0')
    {
      sync_practice_call_fail (call, 417, "ValidationError", "Client request ID and invoice are required");
      sync_practice_call_from_posawesome (call);
      return;
    }
  doc = submit (call, invoice, key, &replayed);
  if (doc == NULL)
    return;
  shown = json_object_new ();
  json_object_set_string_member (shown, "name", sync_practice_text (doc, "name"));
  json_object_set_string_member (shown, "doctype", sync_practice_text (doc, "doctype"));
  json_object_set_int_member (shown, "docstatus", 1);
  json_object_set_int_member (shown, "status", 1);
  result = json_object_new ();
  json_object_set_boolean_member (result, "acknowledged", TRUE);
  json_object_set_object_member (result, "invoice", shown);
  json_object_set_string_member (result, "ledger_state", replayed ? "POST_SUBMIT_DONE" : "SUBMITTED");
  json_object_set_boolean_member (result, "replayed", replayed);
  add_key_result (result, key);
  sync_practice_call_return_object (call, result);
}

/* On the recorded pair of versions a finished entry fails here. */
void
sync_practice_posa_reconcile_invoice_outbox_entry (SyncPracticeCall *call)
{
  const char *key = sync_practice_call_get_text (call, "client_request_id");
  const char *type = sync_practice_call_get_text (call, "document_type");
  SyncPracticeDocType *doctype =
    sync_practice_posa_doctype (call, g_strcmp0 (type, "POS Invoice") == 0 ? type : "Sales Invoice");
  g_autoptr (JsonObject) found = sync_practice_posa_find_by_key (call, doctype, key);
  g_autofree char *now = NULL;

  if (found == NULL)
    sync_practice_call_fail (call, 417, "ValidationError",
                             "No invoice submission ledger found for this request");
  else
    {
      now = sync_practice_shop_now (call->shop);
      sync_practice_call_fail (call, 417, "TimestampMismatchError",
                               "Error: Document has been modified after you have opened it (%s, %s). Please"
                               " refresh to"
                               " get the latest document.", sync_practice_text (found, "modified"), now);
    }
  sync_practice_call_from_posawesome (call);
}

void
sync_practice_posa_update_invoice (SyncPracticeCall *call)
{
  g_autoptr (JsonObject) invoice = sync_practice_call_dup_object (call, "data");
  g_autoptr (JsonObject) doc = NULL;
  g_autofree char *customer = NULL;
  SyncPracticeDocType *doctype;
  JsonObject *shown;

  if (invoice == NULL)
    return;
  customer =
    sync_practice_store_dup_name (call->shop->store, "Customer", sync_practice_text (invoice, "customer"));
  if (customer == NULL && sync_practice_text (invoice, "customer")[0] != '\0')
    {
      g_autoptr (JsonObject) sent = json_object_new ();
      g_autoptr (JsonObject) made = NULL;

      json_object_set_string_member (sent, "customer_name", sync_practice_text (invoice, "customer"));
      made = sync_practice_document_create (call, sync_practice_posa_doctype (call, "Customer"), sent, FALSE);
      if (made == NULL)
        return;
    }
  doctype = invoice_doctype (call, invoice);
  doc = save_draft (call, doctype, invoice);
  if (doc == NULL)
    return;
  shown = sync_practice_validate_with_nulls (doctype, doc);
  json_object_set_double_member (shown, "exchange_rate", 1);
  json_object_set_string_member (shown, "exchange_rate_date", sync_practice_text (doc, "posting_date"));
  sync_practice_call_return_object (call, shown);
}

void
sync_practice_posa_delete_invoice (SyncPracticeCall *call)
{
  const char *name = sync_practice_call_get_text (call, "invoice");

  if (name != NULL &&
      sync_practice_document_delete (call, sync_practice_posa_doctype (call, "Sales Invoice"), name))
    sync_practice_call_return_text (call, "Invoice Deleted");
}
