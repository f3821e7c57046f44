/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What ERPNext adds to Frappe's documents: totals and payments of invoices, stock, ledgers, payments
 * against invoices. As the real site does, a POS invoice that is created and submitted in one POST books
 * no payment. One thread. */
#include "config.h"

#include "sync-practice-private.h"

#include <math.h>
#include <string.h>

#define DEFAULT_WAREHOUSE "Stores - TC"

static void
set_both (JsonObject *doc, const char *name, double value)
{
  g_autofree char *base = g_strconcat ("base_", name, NULL);

  json_object_set_double_member (doc, name, value);
  json_object_set_double_member (doc, base, value);
}

/* To whole cents. */
double
sync_practice_round (double value)
{
  return round (value * 100) / 100;
}

gboolean
sync_practice_sales_is_invoice (SyncPracticeDocType *doctype)
{
  return strcmp (doctype->name, "Sales Invoice") == 0 || strcmp (doctype->name, "POS Invoice") == 0;
}

static gboolean
fail_missing_item (SyncPracticeCall *call, const char *code)
{
  sync_practice_call_fail (call, 404, "DoesNotExistError", "Item %s not found", code);
  call->traced = FALSE;
  return FALSE;
}

static gboolean
check_row (SyncPracticeCall *call, JsonObject *row, guint index, const char *code)
{
  if (code[0] == '\0')
    {
      sync_practice_call_fail (call, 417, "ValidationError",
                               "Row #<strong>%u</strong>: Cost Center <strong>None</strong> does not belong"
                               " to company"
                               " <strong>Test Co</strong>", index + 1);
      return sync_practice_call_from_erpnext (call);
    }
  if (sync_practice_number (row, "qty") == 0)
    {
      call->exc_module = "erpnext.controllers.accounts_controller.";
      sync_practice_call_fail (call, 417, "InvalidQtyError",
                               "Row #%u: Quantity for Item <strong>%s</strong> cannot be"
                               " zero.", index + 1, code);
      return sync_practice_call_from_erpnext (call);
    }
  return TRUE;
}

/* Fills a row from its item and computes its amounts. */
static gboolean
price_row (SyncPracticeCall *call, JsonObject *row, guint index)
{
  const char *code = sync_practice_text (row, "item_code");
  g_autoptr (JsonObject) item =
    code[0] != '\0' ? sync_practice_store_dup_doc (call->shop->store, "Item", code) : NULL;
  static const char *const copied[] = { "item_name", "description", "item_group", "stock_uom" };
  double qty = sync_practice_number (row, "qty");
  double rate = sync_practice_number (row, "rate");
  double factor = sync_practice_number (row, "conversion_factor");

  if (code[0] != '\0' && item == NULL)
    return fail_missing_item (call, code);
  if (!check_row (call, row, index, code))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (copied); i++)
    if (sync_practice_text (row, copied[i])[0] == '\0' && json_object_has_member (item, copied[i]))
      json_object_set_string_member (row, copied[i], sync_practice_text (item, copied[i]));
  if (sync_practice_text (row, "uom")[0] == '\0')
    json_object_set_string_member (row, "uom", sync_practice_text (item, "stock_uom"));
  if (rate == 0)
    json_object_set_double_member (row, "rate", rate = sync_practice_number (item, "standard_rate"));
  if (sync_practice_number (row, "price_list_rate") == 0)
    json_object_set_double_member (row, "price_list_rate", sync_practice_number (item, "standard_rate"));
  json_object_set_double_member (row, "stock_qty", qty * (factor > 0 ? factor : 1));
  json_object_set_double_member (row, "amount", sync_practice_round (qty * rate));
  json_object_set_double_member (row, "net_amount", sync_practice_round (qty * rate));
  json_object_set_double_member (row, "net_rate", rate);
  if (json_object_has_member (row, "base_rate"))
    {
      json_object_set_double_member (row, "base_rate", rate);
      json_object_set_double_member (row, "base_amount", sync_practice_round (qty * rate));
      json_object_set_double_member (row, "base_net_rate", rate);
      json_object_set_double_member (row, "base_net_amount", sync_practice_round (qty * rate));
      json_object_set_double_member (row, "stock_uom_rate", rate);
    }
  if (sync_practice_text (row, "warehouse")[0] == '\0' && sync_practice_int (item, "is_stock_item") == 1)
    json_object_set_string_member (row, "warehouse", DEFAULT_WAREHOUSE);
  return TRUE;
}

static double
add_taxes (JsonObject *doc, double net)
{
  JsonArray *taxes = json_object_get_array_member (doc, "taxes");
  double sum = 0;

  for (guint i = 0; i < json_array_get_length (taxes); i++)
    {
      JsonObject *tax = json_array_get_object_element (taxes, i);
      gboolean actual = strcmp (sync_practice_text (tax, "charge_type"), "Actual") == 0;
      double amount = actual ? sync_practice_number (tax, "tax_amount")
        : sync_practice_round (net * sync_practice_number (tax, "rate") / 100);

      sum += amount;
      set_both (tax, "tax_amount", amount);
      set_both (tax, "total", net + sum);
    }
  return sum;
}

static gboolean
add_rows (SyncPracticeCall *call, JsonObject *doc, double *total)
{
  JsonArray *items = json_object_get_array_member (doc, "items");
  double qty = 0;

  *total = 0;
  if (json_array_get_length (items) == 0)
    {
      call->exc_module = "";
      sync_practice_call_fail_quietly (call, 500, "IndexError", "list index out of range");
      return sync_practice_call_from_erpnext (call);
    }
  for (guint i = 0; i < json_array_get_length (items); i++)
    {
      JsonObject *row = json_array_get_object_element (items, i);

      if (!price_row (call, row, i))
        return FALSE;
      /* A row that will not be stored does not count. */
      if (json_object_has_member (row, "__ghost"))
        continue;
      *total += sync_practice_number (row, "amount");
      qty += sync_practice_number (row, "qty");
    }
  json_object_set_double_member (doc, "total_qty", qty);
  return TRUE;
}

/* What was paid, and what is left to pay. */
static void
add_payments (SyncPracticeCall *call, JsonObject *doc, gboolean one_post)
{
  JsonArray *payments = json_object_get_array_member (doc, "payments");
  double due = sync_practice_number (doc, "rounded_total");
  double paid = 0;
  double change;

  for (guint i = 0; !one_post && i < json_array_get_length (payments); i++)
    {
      JsonObject *payment = json_array_get_object_element (payments, i);

      paid += sync_practice_number (payment, "amount");
      json_object_set_double_member (payment, "base_amount", sync_practice_number (payment, "amount"));
      if (sync_practice_text (payment, "account")[0] == '\0')
        json_object_set_string_member (payment, "account", "Cash - TC");
      if (sync_practice_text (payment, "type")[0] == '\0')
        json_object_set_string_member (payment, "type", "Cash");
    }
  change = sync_practice_int (doc, "is_pos") && paid > due && due > 0 ? paid - due : 0;
  set_both (doc, "paid_amount", paid);
  set_both (doc, "change_amount", change);
  json_object_set_double_member (doc, "outstanding_amount", one_post ? 0
                                 : sync_practice_round (due - paid + change));
}

static void
add_schedule (JsonObject *doc)
{
  g_autoptr (JsonArray) rows = json_array_new ();
  JsonObject *row;
  double due = sync_practice_number (doc, "rounded_total");

  if (sync_practice_int (doc, "is_pos") == 1)
    return;
  row = json_object_new ();
  json_object_set_string_member (row, "name", "");
  json_object_set_string_member (row, "owner", sync_practice_text (doc, "owner"));
  json_object_set_string_member (row, "creation", "");
  json_object_set_int_member (row, "idx", 1);
  json_object_set_string_member (row, "due_date", sync_practice_text (doc, "due_date"));
  json_object_set_double_member (row, "invoice_portion", 100);
  set_both (row, "payment_amount", due);
  set_both (row, "outstanding", due);
  set_both (row, "paid_amount", 0);
  json_object_set_string_member (row, "parentfield", "payment_schedule");
  json_object_set_string_member (row, "doctype", "Payment Schedule");
  json_array_add_object_element (rows, row);
  json_object_set_array_member (doc, "payment_schedule", g_steal_pointer (&rows));
}

static gboolean
set_customer (SyncPracticeCall *call, JsonObject *doc)
{
  const char *name = sync_practice_text (doc, "customer");
  g_autoptr (JsonObject) customer = NULL;
  static const char *const copied[] = { "customer_name", "customer_group", "territory", "language" };

  if (name[0] == '\0' && sync_practice_text (doc, "company")[0] == '\0')
    {
      call->exc_module = "";
      sync_practice_call_fail_quietly (call, 500, "TypeError",
                                       "unsupported operand type(s) for -: 'NoneType' and 'float'");
      return sync_practice_call_from_erpnext (call);
    }
  if (name[0] == '\0')
    {
      sync_practice_call_fail (call, 417, "ValidationError", "Due Date is mandatory");
      return sync_practice_call_from_erpnext (call);
    }
  customer = sync_practice_store_dup_doc (call->shop->store, "Customer", name);
  if (customer == NULL)
    {
      call->exc_module = "";
      sync_practice_call_fail_quietly (call, 500, "AttributeError",
                                       "'NoneType' object has no attribute 'payment_terms'");
      return sync_practice_call_from_erpnext (call);
    }
  for (guint i = 0; i < G_N_ELEMENTS (copied); i++)
    if (json_object_has_member (customer, copied[i]))
      json_object_set_string_member (doc, copied[i], sync_practice_text (customer, copied[i]));
  json_object_set_string_member (doc, "title", sync_practice_text (customer, "customer_name"));
  return TRUE;
}

static void
set_dates (SyncPracticeCall *call, JsonObject *doc)
{
  gboolean keep = sync_practice_int (doc, "set_posting_time") == 1;

  if (!keep || sync_practice_text (doc, "posting_date")[0] == '\0')
    {
      g_autofree char *today = sync_practice_call_now (call, "%Y-%m-%d");

      json_object_set_string_member (doc, "posting_date", today);
    }
  if (!keep || sync_practice_text (doc, "posting_time")[0] == '\0')
    {
      g_autofree char *seconds = sync_practice_call_now (call, "%H:%M:%S");
      int fraction = sync_clock_wall_us (call->shop->clock) % G_USEC_PER_SEC;
      g_autofree char *time = g_strdup_printf ("%s.%06d", seconds, fraction);

      json_object_set_string_member (doc, "posting_time", time);
    }
  if (sync_practice_text (doc, "due_date")[0] == '\0')
    json_object_set_string_member (doc, "due_date", sync_practice_text (doc, "posting_date"));
}

static gboolean
prepare_invoice (SyncPracticeCall *call, JsonObject *doc, gboolean one_post)
{
  g_autofree char *words = NULL;
  double net;
  double taxes;
  double grand;

  if (!set_customer (call, doc))
    return FALSE;
  if (sync_practice_text (doc, "company")[0] == '\0')
    json_object_set_string_member (doc, "company", "Test Co");
  set_dates (call, doc);
  if (!add_rows (call, doc, &net))
    return FALSE;
  net = sync_practice_round (net);
  taxes = add_taxes (doc, net);
  grand = sync_practice_round (net + taxes - sync_practice_number (doc, "discount_amount"));
  set_both (doc, "total", net);
  set_both (doc, "net_total", net);
  set_both (doc, "total_taxes_and_charges", taxes);
  set_both (doc, "grand_total", grand);
  set_both (doc, "rounded_total", sync_practice_int (doc, "disable_rounded_total") ? grand : round (grand));
  set_both (doc, "rounding_adjustment",
            sync_practice_round (sync_practice_number (doc, "rounded_total") - grand));
  json_object_set_double_member (doc, "amount_eligible_for_commission", net);
  words = g_strdup_printf ("USD %.2f only.", grand);
  json_object_set_string_member (doc, "in_words", words);
  json_object_set_string_member (doc, "base_in_words", words);
  add_payments (call, doc, one_post);
  add_schedule (doc);
  if (sync_practice_int (doc, "is_pos") == 1)
    {
      json_object_set_string_member (doc, "cost_center", "Main - TC");
      json_object_set_string_member (doc, "account_for_change_amount", "Cash - TC");
      json_object_set_string_member (doc, "write_off_account", "Write Off - TC");
      json_object_set_string_member (doc, "write_off_cost_center", "Main - TC");
      json_object_set_string_member (doc, "payment_terms_template", "");
    }
  if (one_post && sync_practice_text (doc, "remarks")[0] == '\0')
    json_object_set_string_member (doc, "remarks", "No Remarks");
  json_object_set_string_member (doc, "status", "Draft");
  return TRUE;
}

static gboolean
prepare_order (SyncPracticeCall *call, JsonObject *doc)
{
  g_autoptr (JsonObject) customer = sync_practice_store_dup_doc (call->shop->store, "Customer",
                                                                 sync_practice_text (doc, "customer"));
  double total;

  if (customer != NULL)
    json_object_set_string_member (doc, "customer_name", sync_practice_text (customer, "customer_name"));
  if (sync_practice_text (doc, "transaction_date")[0] == '\0')
    {
      g_autofree char *today = sync_practice_call_now (call, "%Y-%m-%d");

      json_object_set_string_member (doc, "transaction_date", today);
    }
  if (!add_rows (call, doc, &total))
    return FALSE;
  json_object_set_double_member (doc, "total", sync_practice_round (total));
  json_object_set_double_member (doc, "net_total", sync_practice_round (total));
  json_object_set_double_member (doc, "grand_total", sync_practice_round (total + add_taxes (doc, total)));
  json_object_set_double_member (doc, "rounded_total", round (sync_practice_number (doc, "grand_total")));
  return TRUE;
}

static gboolean
prepare_payment (SyncPracticeCall *call, JsonObject *doc)
{
  JsonArray *references = json_object_get_array_member (doc, "references");
  g_autofree char *words = NULL;
  g_autofree char *remarks = NULL;
  double allocated = 0;

  for (guint i = 0; i < json_array_get_length (references); i++)
    allocated += sync_practice_number (json_array_get_object_element (references, i), "allocated_amount");
  if (sync_practice_text (doc, "posting_date")[0] == '\0')
    {
      g_autofree char *today = sync_practice_call_now (call, "%Y-%m-%d");

      json_object_set_string_member (doc, "posting_date", today);
    }
  set_both (doc, "paid_amount", sync_practice_number (doc, "paid_amount"));
  if (sync_practice_number (doc, "received_amount") == 0)
    json_object_set_double_member (doc, "received_amount", sync_practice_number (doc, "paid_amount"));
  set_both (doc, "received_amount", sync_practice_number (doc, "received_amount"));
  set_both (doc, "total_allocated_amount", allocated);
  json_object_set_double_member (doc, "unallocated_amount",
                                 sync_practice_round (sync_practice_number (doc, "paid_amount") - allocated));
  if (sync_practice_text (doc, "party_name")[0] == '\0')
    json_object_set_string_member (doc, "party_name", sync_practice_text (doc, "party"));
  json_object_set_string_member (doc, "title", sync_practice_text (doc, "party_name"));
  words = g_strdup_printf ("USD %.2f only.", sync_practice_number (doc, "paid_amount"));
  json_object_set_string_member (doc, "in_words", words);
  json_object_set_string_member (doc, "base_in_words", words);
  remarks = g_strdup_printf ("Amount USD %.2f received from %s", sync_practice_number (doc, "paid_amount"),
                             sync_practice_text (doc, "party"));
  json_object_set_string_member (doc, "remarks", remarks);
  return TRUE;
}

static gboolean
prepare_user (SyncPracticeCall *call, JsonObject *doc)
{
  if (!call->seeding)
    sync_practice_call_say (call, "No Roles Specified", "orange", FALSE,
                            "Newly created user <strong>%s</strong> has no roles enabled.",
                            sync_practice_text (doc, "email"));
  return TRUE;
}

static gboolean
prepare_item (JsonObject *doc)
{
  if (sync_practice_text (doc, "item_name")[0] == '\0')
    json_object_set_string_member (doc, "item_name", sync_practice_text (doc, "item_code"));
  if (sync_practice_text (doc, "description")[0] == '\0')
    json_object_set_string_member (doc, "description", sync_practice_text (doc, "item_name"));
  return TRUE;
}

/**
 * sync_practice_sales_prepare:
 * @call: a call
 * @doctype: a DocType
 * @doc: a draft, completed in place
 * @one_post: whether it is created and submitted in one request
 *
 * Returns: %FALSE when ERPNext refuses it
 */
gboolean
sync_practice_sales_prepare (SyncPracticeCall *call, SyncPracticeDocType *doctype, JsonObject *doc,
                             gboolean one_post)
{
  if (sync_practice_sales_is_invoice (doctype))
    return prepare_invoice (call, doc, one_post);
  if (strcmp (doctype->name, "Sales Order") == 0)
    return prepare_order (call, doc);
  if (strcmp (doctype->name, "Payment Entry") == 0)
    return prepare_payment (call, doc);
  if (strcmp (doctype->name, "Item") == 0)
    return prepare_item (doc);
  if (strcmp (doctype->name, "User") == 0)
    return prepare_user (call, doc);
  return TRUE;
}

/**
 * sync_practice_sales_make_payment:
 * @call: a call
 * @invoice: a submitted invoice
 *
 * Returns: (transfer full): a Payment Entry over what it still owes, built but not saved
 */
JsonObject *
sync_practice_sales_make_payment (SyncPracticeCall *call, JsonObject *invoice)
{
  SyncPracticeDocType *doctype = g_hash_table_lookup (call->shop->doctypes, "Payment Entry");
  g_autoptr (JsonObject) sent = json_object_new ();
  JsonArray *references = json_array_new ();
  JsonObject *reference = json_object_new ();
  g_autofree char *today = sync_practice_call_now (call, "%Y-%m-%d");
  double due = sync_practice_number (invoice, "outstanding_amount");
  JsonObject *doc;

  json_object_set_string_member (reference, "reference_doctype", sync_practice_text (invoice, "doctype"));
  json_object_set_string_member (reference, "reference_name", sync_practice_text (invoice, "name"));
  json_object_set_string_member (reference, "due_date", sync_practice_text (invoice, "due_date"));
  json_object_set_string_member (reference, "account", "Debtors - TC");
  json_object_set_double_member (reference, "total_amount", sync_practice_number (invoice, "grand_total"));
  json_object_set_double_member (reference, "outstanding_amount", due);
  json_object_set_double_member (reference, "allocated_amount", due);
  json_array_add_object_element (references, reference);
  json_object_set_string_member (sent, "payment_type", "Receive");
  json_object_set_string_member (sent, "posting_date", today);
  json_object_set_string_member (sent, "reference_date", today);
  json_object_set_string_member (sent, "company", sync_practice_text (invoice, "company"));
  json_object_set_string_member (sent, "party_type", "Customer");
  json_object_set_string_member (sent, "party", sync_practice_text (invoice, "customer"));
  json_object_set_string_member (sent, "party_name", sync_practice_text (invoice, "customer_name"));
  json_object_set_string_member (sent, "paid_from", "Debtors - TC");
  json_object_set_string_member (sent, "paid_from_account_type", "Receivable");
  json_object_set_string_member (sent, "paid_from_account_currency", "USD");
  json_object_set_string_member (sent, "paid_to", "Bank Account - TC");
  json_object_set_string_member (sent, "paid_to_account_type", "Bank");
  json_object_set_string_member (sent, "paid_to_account_currency", "USD");
  json_object_set_double_member (sent, "paid_amount", due);
  json_object_set_double_member (sent, "received_amount", due);
  json_object_set_array_member (sent, "references", references);
  doc = sync_practice_validate_new (call, doctype, sent);
  prepare_payment (call, doc);
  json_object_remove_member (doc, "name");
  json_object_remove_member (doc, "creation");
  json_object_remove_member (doc, "modified");
  json_object_remove_member (doc, "modified_by");
  json_object_set_int_member (doc, "__islocal", 1);
  json_object_set_int_member (doc, "__unsaved", 1);
  return doc;
}
