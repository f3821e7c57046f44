/* SPDX-License-Identifier: GPL-3.0-or-later */
/* POS Awesome's own methods, a sale's own time, and long vouchers. */
#include "config.h"

#include "exact.h"

#include "sync-error.h"

#define API "/api/method/posawesome.posawesome.api."
#define SUBMIT API "invoices.submit_invoice"
#define OUTBOX API "offline_sync.invoices.submit_invoice_outbox_entry"
#define PAY API "payment_entry.process_pos_payment"
#define INVOICE(key, fields) "{\"doctype\":\"Sales Invoice\",\"posa_client_request_id\":\"" key "\"," fields "}"
#define TILL_SALE(key) "{\"invoice\":" INVOICE (key, DRAFT_FIELDS) ",\"data\":{}}"
#define OUTBOX_SALE(key)                                                                                       \
  "{\"client_request_id\":\"" key "\",\"invoice\":{\"doctype\":\"Sales Invoice\"," DRAFT_FIELDS "},\"data\":{}}"
#define TOO_MANY                                                                                               \
  "\"customer\":\"Walk In\",\"company\":\"Test Co\",\"update_stock\":1,"                                        \
  "\"items\":[{\"item_code\":\"ITEM-001\",\"qty\":9999999,\"rate\":10}]"
#define PAYMENT(key, methods)                                                                                  \
  "{\"payload\":{\"client_request_id\":\"" key "\",\"company\":\"Test Co\",\"customer\":\"Walk In\","              \
  "\"payment_methods\":[" methods "]}}"
#define CASH "{\"mode_of_payment\":\"Cash\",\"amount\":5}"
#define CARD "{\"mode_of_payment\":\"Credit Card\",\"amount\":7}"
#define ONCE .doctype = "Sales Invoice", .documents = 1, .commits = "create submit"
#define R5 "{\"account\":\"Cash - TC\"},{\"account\":\"Cash - TC\"},{\"account\":\"Cash - TC\"},{\"account\":\"Cash - TC\"},{\"account\":\"Cash - TC\"}"
#define R25 R5 "," R5 "," R5 "," R5 "," R5
#define LONG_ENTRY                                                                                             \
  "{\"company\":\"Test Co\",\"posting_date\":\"2026-01-01\",\"accounts\":[" R25 "," R25 "," R25 "," R25 "," R5 "]}"
#define JE "/api/resource/Journal%20Entry"

static void
retry (Exact *e)
{
  g_autoptr (GError) error = NULL;

  if (!sync_engine_retry (e->engine, e->ids[0], "anna", &error))
    exact_wrong (e, "%s", error->message);
}

/* The till's second try, with the wish that the server does it in the background. */
static void
once_more (Exact *e)
{
  static const ExactWrite write = { "POST", SUBMIT,
                                    "{\"invoice\":" INVOICE ("k-1",
                                    DRAFT_FIELDS) ",\"data\":{},\"submit_in_background\":1}",
                                    SYNC_STATE_COMPLETED, .refused = EXACT_AGAIN };

  exact_hand_over (e, &write, 1);
}

static void
it_arrived (Exact *e)
{
  g_autoptr (GError) error = NULL;

  if (!sync_engine_confirm (e->engine, e->ids[0], TRUE, NULL, "anna", &error))
    exact_wrong (e, "%s", error->message);
}

/* A draft under our key that the server leaves a draft, and that somebody deletes. */
static void
delete_draft (Exact *e)
{
  static const ExactCall call = { "DELETE", SI_N1, NULL, "manager" };

  exact_call_at (e, 30000, &call);
}

/* The sale was made on the first of January at 05:30 there; the server comes back the next day. */
static void
come_back_later (Exact *e)
{
  g_autoptr (GError) error = NULL;

  exact_run (e, (gint64) 20 * 3600 * 1000);
  sync_practice_shop_listen (e->shop, 0, &error);
  g_assert_no_error (error);
}

static void
stop_shop (Exact *e)
{
  sync_practice_shop_stop (e->shop);
}

static void
check_posting (Exact *e, const char *date, const char *time)
{
  g_autoptr (JsonObject) document = exact_dup_document (e, "Sales Invoice", 0);
  const char *its_date = json_object_get_string_member_with_default (document, "posting_date", "");
  const char *its_time = json_object_get_string_member_with_default (document, "posting_time", "");

  if (g_strcmp0 (its_date, date) != 0 || (time != NULL && g_strcmp0 (its_time, time) != 0))
    exact_wrong (e, "posted on %s at %s", its_date, its_time);
}

static void
check_own_time (Exact *e)
{
  check_posting (e, "2026-01-01", "05:30:00");
}

static void
check_given_time (Exact *e)
{
  check_posting (e, "2025-12-24", "18:00:00");
}

static const ExactRow sales[] = {
  { "6", "till-sale", "submit_invoice with its key",
    .writes = { { "POST", SUBMIT, TILL_SALE ("k-1"), SYNC_STATE_COMPLETED } },
    ONCE },
  { "6", "till-sale-twice", "the till sends it twice, then in the background",
    .writes = { { "POST", SUBMIT, TILL_SALE ("k-1"), SYNC_STATE_COMPLETED } }, .person = once_more, ONCE },
  { "6", "till-sale-background", "submit_in_background is not passed on",
    .writes = { { "POST", SUBMIT,
                  "{\"invoice\":" INVOICE ("k-1", DRAFT_FIELDS) ",\"submit_in_background\":1}",
                  SYNC_STATE_COMPLETED } },
    ONCE },
  { "6", "till-sale-unkeyed", "submit_invoice without a key: one of ours; the answer is lost",
    .faults = { FAULT (RESET_AFTER, "POST", .count = 1) },
    .writes = { { "POST", SUBMIT,
                  "{\"invoice\":{\"doctype\":\"Sales Invoice\"," DRAFT_FIELDS "},\"data\":{}}",
                  SYNC_STATE_COMPLETED } },
    ONCE },
  { "6", "till-sale-text", "submit_invoice with its invoice as text",
    .writes = { { "POST", SUBMIT,
                  "{\"invoice\":\"{\\\"doctype\\\":\\\"Sales Invoice\\\",\\\"customer\\\":\\\"Walk In\\\","
                  "\\\"items\\\":[{\\\"item_code\\\":\\\"ITEM-001\\\",\\\"qty\\\":1}]}\",\"data\":\"{}\"}",
                  SYNC_STATE_COMPLETED } },
    ONCE },
  { "6", "till-replayed", "submit_invoice of a key that is done: the server replays",
    .before = { { "POST", SUBMIT, TILL_SALE ("k-1") } },
    .writes = { { "POST", SUBMIT, TILL_SALE ("k-1"), SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = 0, .commits = "" },
  { "6", "till-stock", "submit_invoice without the goods",
    .writes = { { "POST", SUBMIT,
                  "{\"invoice\":" INVOICE ("k-1", TOO_MANY) ",\"data\":{}}", SYNC_STATE_FAILED } },
    .exc_type = "ValidationError", .says = "ITEM-001", .doctype = "Sales Invoice", .documents = 0,
    .commits = "" },
  { "6", "till-cancelled", "submit_invoice of a key that a cancelled invoice holds",
    .before = { { "POST", SUBMIT, TILL_SALE ("k-1") }, { "PUT", SI_N1, "{\"docstatus\":2}", "manager" } },
    .writes = { { "POST", SUBMIT, TILL_SALE ("k-1"), SYNC_STATE_CONFLICT } }, .conflict = "cancelled",
    .doctype = "Sales Invoice", .documents = 0, .commits = "" },
  { "6", "till-concurrent", "a concurrent request, refused; a person tries again",
    .faults = { FAULT (ANSWER, "POST", .answer = "concurrent-submit", .count = 1) }, .person = retry,
    .writes = { { "POST", SUBMIT, TILL_SALE ("k-1"), SYNC_STATE_COMPLETED } }, ONCE },
  { "6", "till-lost-then-concurrent", "the answer is lost, and the second try meets the first at work",
    .faults = { FAULT (RESET_AFTER, "POST", .count = 1), FAULT (ANSWER, "POST", .answer = "concurrent-submit",
    .count = 1) },
    .writes = { { "POST", SUBMIT, TILL_SALE ("k-1"), SYNC_STATE_COMPLETED } }, ONCE },
  { "6", "till-draft-refused",
    "a draft under our key, the submission refused after a lost answer; a person tries again",
    .before = { { "POST", SI, KEYED ("k-1") } }, .person = retry,
    .faults = { FAULT (RESET_BEFORE, "POST", .count = 1), FAULT (ANSWER, "POST",
    .answer = "concurrent-submit", .count = 1) },
    .writes = { { "POST", SUBMIT, TILL_SALE ("k-1"), SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = 0, .commits = "update submit" },
  { "6", "till-return", "a return needs the server's word",
    .writes = { { "POST", SUBMIT, "{\"invoice\":" INVOICE ("k-1", "\"is_return\":1," DRAFT_FIELDS) "}", 0,
                  .refused = REFUSED (NOT_QUEUEABLE) } },
    .doctype = "Sales Invoice", .documents = 0, .commits = "" },
  { "6", "outbox", "submit_invoice_outbox_entry",
    .writes = { { "POST", OUTBOX, OUTBOX_SALE ("k-1"), SYNC_STATE_COMPLETED } },
    ONCE },
  { "6", "outbox-replayed", "submit_invoice_outbox_entry, replayed",
    .before = { { "POST", OUTBOX, OUTBOX_SALE ("k-1") } },
    .writes = { { "POST", OUTBOX, OUTBOX_SALE ("k-1"), SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = 0, .commits = "" },
  { "6", "outbox-lost", "submit_invoice_outbox_entry, its answer lost",
    .faults = { FAULT (RESET_AFTER, "POST", .count = 1) },
    .writes = { { "POST", OUTBOX, OUTBOX_SALE ("k-1"), SYNC_STATE_COMPLETED } }, ONCE },
  { "6", "outbox-stock", "submit_invoice_outbox_entry without the goods",
    .writes = { { "POST", OUTBOX,
                  "{\"client_request_id\":\"k-1\",\"invoice\":{\"doctype\":\"Sales Invoice\"," TOO_MANY "},\"data\":{}}",
                  SYNC_STATE_FAILED } },
    .exc_type = "ValidationError", .doctype = "Sales Invoice", .documents = 0, .commits = "" },
  { "6", "till-pos-invoice", "submit_invoice of a POS Invoice",
    .writes = { { "POST", SUBMIT,
                  "{\"invoice\":{\"doctype\":\"POS Invoice\",\"posa_client_request_id\":\"k-1\"," DRAFT_FIELDS "}}",
                  SYNC_STATE_COMPLETED } },
    .doctype = "POS Invoice", .documents = 1, .commits = "create submit" },
  { "6", "till-seen-and-gone", "a draft under our key was seen, and then deleted: a person is asked",
    .before = { { "POST", SI, KEYED ("k-1") } }, .knob = delete_draft,
    .faults = { FAULT (ANSWER, "POST", .answer = "stale", .count = 1) },
    .writes = { { "POST", SUBMIT, TILL_SALE ("k-1"), SYNC_STATE_UNKNOWN } }, .needs_person = TRUE,
    .says = "not there any more",
    .doctype = "Sales Invoice", .documents = -1, .commits = "delete" },
  { "6", "till-delete-draft", "delete_invoice", .user = "manager", .before = { { "POST", SI, DRAFT } },
    .writes = { { "POST", API "invoices.delete_invoice", "{\"invoice\":\"$N1\"}", SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = -1, .commits = "delete" },
  { "6", "till-delete-draft-lost", "delete_invoice, its answer lost", .user = "manager",
    .before = { { "POST", SI, DRAFT } },
    .faults = { FAULT (RESET_AFTER, "POST", .count = 1) },
    .writes = { { "POST", API "invoices.delete_invoice", "{\"invoice\":\"$N1\"}", SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = -1, .commits = "delete" },
};

static const ExactRow others[] = {
  { "6", "payment", "process_pos_payment",
    .writes = { { "POST", PAY, PAYMENT ("p-1", CASH), SYNC_STATE_COMPLETED } },
    .doctype = "Payment Entry", .documents = 1, .commits = "create submit" },
  { "6", "payment-lost", "process_pos_payment, its answer lost", .faults = { FAULT (RESET_AFTER, "POST",
    .count = 1) },
    .writes = { { "POST", PAY, PAYMENT ("p-1", CASH), SYNC_STATE_COMPLETED } },
    .doctype = "Payment Entry", .documents = 1, .commits = "create submit" },
  { "6", "payment-split", "process_pos_payment in two tenders: 200 with errors; a person decides",
    .writes = { { "POST", PAY, PAYMENT ("p-1", CASH "," CARD), SYNC_STATE_UNKNOWN } }, .needs_person = TRUE,
    .says = "must be unique", .doctype = "Payment Entry", .documents = 1, .commits = "create submit" },
  { "6", "payment-split-settled", "and that person's word ends it", .person = it_arrived,
    .writes = { { "POST", PAY, PAYMENT ("p-1", CASH "," CARD), SYNC_STATE_COMPLETED } },
    .doctype = "Payment Entry", .documents = 1, .commits = "create submit" },
  { "6", "payment-split-lost", "two tenders, and the answer with the errors is lost; a person decides",
    .faults = { FAULT (RESET_AFTER, "POST", .count = 1) },
    .writes = { { "POST", PAY, PAYMENT ("p-1", CASH "," CARD), SYNC_STATE_UNKNOWN } }, .needs_person = TRUE,
    .doctype = "Payment Entry", .documents = 1, .commits = "create submit" },
  { "6", "customer-twice", "create_customer of a customer that is there",
    .writes = { { "POST", API "customers.create_customer",
                  "{\"customer_name\":\"Acme Ltd\",\"method\":\"create\"}",
                  SYNC_STATE_FAILED } },
    .exc_type = "ValidationError", .says = "already exists", .doctype = "Customer", .documents = 0,
    .commits = "" },
  { "6", "customer", "create_customer",
    .writes = { { "POST", API "customers.create_customer",
                  "{\"customer_name\":\"New\",\"method\":\"create\"}",
                  SYNC_STATE_COMPLETED } },
    .doctype = "Customer", .documents = 1, .commits = "create" },
  { "4", "long-entry", "a long voucher submitted by its method: queued, looked at until it is done",
    .before = { { "POST", JE, LONG_ENTRY } },
    .writes = { { "POST", JE "/$N1", "{\"run_method\":\"submit\"}", SYNC_STATE_COMPLETED } },
    .doctype = "Journal Entry", .documents = 0, .commits = "submit" },
  { "4", "long-entry-locked", "an edit of it meanwhile waits for the lock",
    .before = { { "POST", JE, LONG_ENTRY } },
    .writes = { { "POST", JE "/$N1", "{\"run_method\":\"submit\"}", SYNC_STATE_COMPLETED },
                { "PUT", JE "/$N1", "{\"user_remark\":\"later\"}", SYNC_STATE_FAILED } },
    .doctype = "Journal Entry", .documents = 0, .commits = "submit" },
  { "4", "long-entry-created", "a long voucher in two steps: a PUT submits at once",
    .writes = { { "POST", JE,
                  "{\"docstatus\":1," "\"company\":\"Test Co\",\"posting_date\":\"2026-01-01\",\"accounts\":["
                  R25 "," R25 "," R25 "," R25 "," R5 "]}", SYNC_STATE_COMPLETED } },
    .doctype = "Journal Entry", .documents = 1, .commits = "create submit" },
};

static const ExactRow times[] = {
  { "4", "own-time", "a sale delivered the next day keeps its day and time", .knob = stop_shop, .minutes = 5,
    .person = come_back_later,
    .writes = { { "POST", SI, KEYED_SALE ("k-1"), SYNC_STATE_COMPLETED } }, ONCE, .check = check_own_time },
  { "4", "own-time-till", "the same for a sale of the till", .knob = stop_shop, .minutes = 5,
    .person = come_back_later,
    .writes = { { "POST", SUBMIT, TILL_SALE ("k-1"), SYNC_STATE_COMPLETED } }, ONCE,
    .check = check_own_time },
  { "4", "own-time-method", "the same for client.submit", .knob = stop_shop, .minutes = 5,
    .person = come_back_later,
    .writes = { { "POST", "/api/method/frappe.client.submit",
                  "{\"doc\":{\"doctype\":\"Sales Invoice\"," DRAFT_FIELDS "}}",
                  SYNC_STATE_COMPLETED } },
    ONCE, .check = check_own_time },
  { "4", "own-day-given", "a sale that says its day, without its time", .knob = stop_shop, .minutes = 5,
    .person = come_back_later,
    .writes = { { "POST", SI, "{\"posting_date\":\"2026-01-01\"," DRAFT_FIELDS "}", SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = 1, .commits = "create", .check = check_own_time },
  { "4", "given-time", "a sale that says itself when it was", .knob = stop_shop, .minutes = 5,
    .person = come_back_later,
    .writes = { { "POST", SI,
                  "{\"set_posting_time\":1,\"posting_date\":\"2025-12-24\",\"posting_time\":\"18:00:00\"," DRAFT_FIELDS "}",
                  SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = 1, .commits = "create", .check = check_given_time },
};

void
exact_add_till_rows (void)
{
  exact_add_rows (sales, G_N_ELEMENTS (sales));
  exact_add_rows (others, G_N_ELEMENTS (others));
  exact_add_rows (times, G_N_ELEMENTS (times));
}
