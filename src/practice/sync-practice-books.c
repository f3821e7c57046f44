/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What submitting and cancelling does beside the document: stock, ledger entries, and what invoices still
 * owe. One thread. */
#include "config.h"

#include "sync-practice-private.h"

#include <math.h>
#include <string.h>

static void
book (SyncPracticeCall *call, JsonObject *doc, const char *account, double debit, double credit,
      gboolean cancelled)
{
  g_autoptr (JsonObject) entry = json_object_new ();

  if (debit == 0 && credit == 0)
    return;
  json_object_set_string_member (entry, "account", account);
  json_object_set_double_member (entry, "debit", debit);
  json_object_set_double_member (entry, "credit", credit);
  json_object_set_string_member (entry, "posting_date", sync_practice_text (doc, "posting_date"));
  json_object_set_string_member (entry, "voucher_type", sync_practice_text (doc, "doctype"));
  json_object_set_string_member (entry, "voucher_no", sync_practice_text (doc, "name"));
  json_object_set_string_member (entry, "company", sync_practice_text (doc, "company"));
  json_object_set_int_member (entry, "is_cancelled", cancelled);
  sync_practice_document_record (call, "GL Entry", entry);
}

/* Moves stock; too little of it is an error. */
static gboolean
move_stock (SyncPracticeCall *call, JsonObject *doc, const char *code, const char *warehouse, double qty,
            gboolean cancelled)
{
  double after = sync_practice_store_add_stock (call->shop->store, code, warehouse, qty);
  g_autoptr (JsonObject) entry = json_object_new ();

  if (after < 0 && qty < 0)
    {
      g_autofree char *text =
        g_strdup_printf ("<strong>%.1f</strong> units of <a href=\"/app/Form/Item/%s\">Item %s</a>"
                                               " needed in <a href=\"/app/Form/Warehouse/%s\">Warehouse"
                                               " %s</a> to"
                                               " complete this transaction.", -after, code, code, warehouse,
                         warehouse);

      sync_practice_call_say (call, "Insufficient Stock", "red", TRUE, "%s", text);
      call->exc_module = "erpnext.stock.stock_ledger.";
      sync_practice_call_fail_quietly (call, 417, "NegativeStockError", "%s", text);
      return sync_practice_call_from_erpnext (call);
    }
  json_object_set_string_member (entry, "item_code", code);
  json_object_set_string_member (entry, "warehouse", warehouse);
  json_object_set_double_member (entry, "actual_qty", qty);
  json_object_set_double_member (entry, "qty_after_transaction", after);
  json_object_set_string_member (entry, "voucher_type", sync_practice_text (doc, "doctype"));
  json_object_set_string_member (entry, "voucher_no", sync_practice_text (doc, "name"));
  json_object_set_int_member (entry, "is_cancelled", cancelled);
  sync_practice_document_record (call, "Stock Ledger Entry", entry);
  return TRUE;
}

static gboolean
move_invoice_stock (SyncPracticeCall *call, JsonObject *doc, double sign, double *cost)
{
  JsonArray *items = json_object_get_array_member (doc, "items");

  *cost = 0;
  for (guint i = 0; sync_practice_int (doc, "update_stock") == 1 && i < json_array_get_length (items); i++)
    {
      JsonObject *row = json_array_get_object_element (items, i);
      const char *code = sync_practice_text (row, "item_code");
      g_autoptr (JsonObject) item = sync_practice_store_dup_doc (call->shop->store, "Item", code);

      if (item == NULL || sync_practice_int (item, "is_stock_item") != 1)
        continue;
      if (!move_stock (call, doc, code, sync_practice_text (row, "warehouse"),
                       -sign * sync_practice_number (row, "stock_qty"), sign < 0))
        return FALSE;
      *cost += sync_practice_number (item, "valuation_rate") * sync_practice_number (row, "stock_qty");
    }
  return TRUE;
}

static void
book_invoice (SyncPracticeCall *call, JsonObject *doc, double cost, gboolean cancelled)
{
  double total = sync_practice_number (doc, "grand_total");
  double paid = sync_practice_number (doc, "paid_amount") - sync_practice_number (doc, "change_amount");

  book (call, doc, "Debtors - TC", cancelled ? 0 : total, cancelled ? total : 0, cancelled);
  book (call, doc, "Sales - TC", cancelled ? total : 0, cancelled ? 0 : total, cancelled);
  book (call, doc, "Cost of Goods Sold - TC", cancelled ? 0 : cost, cancelled ? cost : 0, cancelled);
  book (call, doc, "Stock In Hand - TC", cancelled ? cost : 0, cancelled ? 0 : cost, cancelled);
  book (call, doc, "Cash - TC", cancelled ? 0 : paid, cancelled ? paid : 0, cancelled);
  book (call, doc, "Debtors - TC", cancelled ? paid : 0, cancelled ? 0 : paid, cancelled);
}

static void
set_invoice_status (SyncPracticeCall *call, JsonObject *doc)
{
  g_autofree char *today = sync_practice_call_now (call, "%Y-%m-%d");
  const char *status = "Unpaid";

  if (sync_practice_int (doc, "is_return") == 1)
    status = "Return";
  else if (sync_practice_number (doc, "outstanding_amount") <= 0)
    status = "Paid";
  else if (strcmp (sync_practice_text (doc, "due_date"), today) < 0)
    status = "Overdue";
  json_object_set_string_member (doc, "status", status);
}

static gboolean
submit_invoice (SyncPracticeCall *call, JsonObject *doc)
{
  double cost;
  double due;

  if (!move_invoice_stock (call, doc, 1, &cost))
    return FALSE;
  book_invoice (call, doc, cost, FALSE);
  due = sync_practice_number (doc, "rounded_total") - sync_practice_number (doc, "paid_amount") +
        sync_practice_number (doc, "change_amount");
  json_object_set_double_member (doc, "outstanding_amount", sync_practice_round (due));
  if (sync_practice_text (doc, "remarks")[0] == '\0')
    json_object_set_string_member (doc, "remarks", "No Remarks");
  set_invoice_status (call, doc);
  return TRUE;
}

/* A payment lowers what its invoices still owe; each of them is written, too. */
static void
apply_payment (SyncPracticeCall *call, JsonObject *doc, double sign)
{
  JsonArray *references = json_object_get_array_member (doc, "references");

  for (guint i = 0; i < json_array_get_length (references); i++)
    {
      JsonObject *reference = json_array_get_object_element (references, i);
      const char *name = sync_practice_text (reference, "reference_name");
      const char *type = sync_practice_text (reference, "reference_doctype");
      SyncPracticeDocType *doctype = g_hash_table_lookup (call->shop->doctypes, type);
      g_autoptr (JsonObject) invoice = NULL;
      double due;

      if (doctype == NULL || !sync_practice_sales_is_invoice (doctype))
        continue;
      invoice = sync_practice_store_dup_doc (call->shop->store, doctype->name, name);
      if (invoice == NULL)
        continue;
      due = sync_practice_number (invoice, "outstanding_amount") -
            sign * sync_practice_number (reference, "allocated_amount");
      json_object_set_double_member (invoice, "outstanding_amount", sync_practice_round (due));
      set_invoice_status (call, invoice);
      sync_practice_document_touch (call, doctype, invoice);
    }
}

static gboolean
submit_stock (SyncPracticeCall *call, JsonObject *doc, double sign)
{
  JsonArray *items = json_object_get_array_member (doc, "items");

  for (guint i = 0; i < json_array_get_length (items); i++)
    {
      JsonObject *row = json_array_get_object_element (items, i);
      const char *from = sync_practice_text (row, "s_warehouse");
      const char *to = sync_practice_text (row, "t_warehouse");
      double qty = sign * sync_practice_number (row, "qty");

      if (from[0] != '\0' &&
          !move_stock (call, doc, sync_practice_text (row, "item_code"), from, -qty, sign < 0))
        return FALSE;
      if (to[0] != '\0' && !move_stock (call, doc, sync_practice_text (row, "item_code"), to, qty, sign < 0))
        return FALSE;
    }
  return TRUE;
}

/**
 * sync_practice_sales_submit:
 * @call: a call
 * @doctype: a DocType
 * @doc: a document that becomes submitted, completed in place
 *
 * Returns: %FALSE when ERPNext refuses it
 */
gboolean
sync_practice_sales_submit (SyncPracticeCall *call, SyncPracticeDocType *doctype, JsonObject *doc)
{
  if (sync_practice_sales_is_invoice (doctype))
    return submit_invoice (call, doc);
  if (strcmp (doctype->name, "Stock Entry") == 0)
    return submit_stock (call, doc, 1);
  if (strcmp (doctype->name, "Payment Entry") == 0)
    {
      apply_payment (call, doc, 1);
      json_object_set_string_member (doc, "status", "Submitted");
      book (call, doc, "Bank Account - TC", sync_practice_number (doc, "paid_amount"), 0, FALSE);
      book (call, doc, "Debtors - TC", 0, sync_practice_number (doc, "paid_amount"), FALSE);
    }
  else if (strcmp (doctype->name, "Sales Order") == 0)
    json_object_set_string_member (doc, "status", "To Deliver and Bill");
  return TRUE;
}

/* Takes back what submitting did. */
void
sync_practice_sales_cancel (SyncPracticeCall *call, SyncPracticeDocType *doctype, JsonObject *doc)
{
  double cost;

  if (sync_practice_sales_is_invoice (doctype))
    {
      move_invoice_stock (call, doc, -1, &cost);
      book_invoice (call, doc, cost, TRUE);
    }
  else if (strcmp (doctype->name, "Stock Entry") == 0)
    submit_stock (call, doc, -1);
  else if (strcmp (doctype->name, "Payment Entry") == 0)
    apply_payment (call, doc, -1);
  if (sync_practice_doctype_get_field (doctype, "status") != NULL)
    json_object_set_string_member (doc, "status", "Cancelled");
}
