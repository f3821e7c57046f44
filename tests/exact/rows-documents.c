/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Submitting, cancelling, amending, changing; what the server refuses. */
#include "config.h"

#include "exact.h"

#include "sync-error.h"

#include <string.h>

#define CUSTOMER "/api/resource/Customer/Acme%20Ltd"
#define LONG                                                                                                   \
  "00000000001111111111222222222233333333334444444444555555555566666666667777777777"                           \
  "8888888888999999999900000000001111111111222222222233333333334x"
#define MANY "{\"docstatus\":1,\"customer\":\"Walk In\",\"company\":\"Test Co\",\"update_stock\":1,\"is_pos\":1," \
             "\"items\":[{\"item_code\":\"ITEM-001\",\"qty\":9999999,\"rate\":10}]}"
#define STAMPED(fields) "{\"modified\":\"$M1\"," fields "}"
#define BASE(name) "{\"name\":\"" name "\",\"creation\":\"$M1\",\"modified\":\"$M1\"}"
#define RENAME(from, to)                                                                                       \
  { "POST", "/api/method/frappe.client.rename_doc",                                                            \
    "{\"doctype\":\"Customer\",\"old_name\":\"" from "\",\"new_name\":\"" to "\"}", "manager" }
#define SUBMITTED_SALE { "POST", SI, DRAFT }, { "PUT", SI_N1, "{\"docstatus\":1}" }
#define CANCELLED_SALE SUBMITTED_SALE, { "PUT", SI_N1, "{\"docstatus\":2}", "manager" }
#define A_CUSTOMER { "PUT", CUSTOMER, "{\"website\":\"a\"}" }

static void
check_paid (Exact *e)
{
  g_autoptr (JsonObject) document = exact_dup_document (e, "Sales Invoice", 0);
  double paid = json_object_get_double_member_with_default (document, "paid_amount", 0);
  const char *status = json_object_get_string_member_with_default (document, "status", "");

  if (paid != 10 || strcmp (status, "Paid") != 0)
    exact_wrong (e, "paid %.2f, status %s", paid, status);
}

static void
check_step (Exact *e)
{
  g_autoptr (SyncRequest) request = exact_get (e, 0);

  if (request->step != 1 || request->server_name == NULL)
    exact_wrong (e, "step %u, name %s", request->step, request->server_name);
}

static void
retry (Exact *e)
{
  g_autoptr (GError) error = NULL;

  if (!sync_engine_retry (e->engine, e->ids[0], "anna", &error))
    exact_wrong (e, "%s", error->message);
}

static void
ours_stands (Exact *e)
{
  g_autoptr (GError) error = NULL;

  if (!sync_engine_resolve (e->engine, 1, SYNC_RESOLUTION_LOCAL_WINS, NULL, "anna", &error))
    exact_wrong (e, "%s", error->message);
}

static void
check_renamed (Exact *e)
{
  g_autoptr (JsonObject) document = sync_practice_shop_dup_doc (e->shop, "Customer", "New");
  g_autoptr (SyncRequest) request = exact_get (e, 0);

  if (document == NULL || g_strcmp0 (json_object_get_string_member_with_default (document, "website", ""), "ours") != 0)
    exact_wrong (e, "the change is not where the document went");
  if (g_strcmp0 (request->server_name, "New") != 0)
    exact_wrong (e, "it is not known as what it is called now");
}

/* The goods came in. */
static void
retry_with_stock (Exact *e)
{
  sync_practice_shop_clear_faults (e->shop);
  retry (e);
}

#define FORM_SALE(qty)                                                                                         \
  "doc=%7B%22doctype%22%3A%22Sales%20Invoice%22%2C%22customer%22%3A%22Walk%20In%22%2C%22company%22%3A%22Test%20Co"  \
  "%22%2C%22items%22%3A%5B%7B%22item_code%22%3A%22ITEM-001%22%2C%22qty%22%3A" qty "%7D%5D%7D"

static void
edit_to (Exact *e, const char *text)
{
  g_autoptr (GBytes) body = g_bytes_new (text, strlen (text));
  g_autoptr (GError) error = NULL;

  if (!sync_engine_edit (e->engine, e->ids[0], body, "anna", &error))
    exact_wrong (e, "%s", error->message);
}

static void
edit (Exact *e)
{
  edit_to (e, "{\"docstatus\":1,\"customer\":\"Walk In\",\"company\":\"Test Co\","
              "\"items\":[{\"item_code\":\"ITEM-001\",\"qty\":2,\"rate\":10}]}");
}

static void
edit_form (Exact *e)
{
  edit_to (e, FORM_SALE ("2"));
}

static void
check_edited (Exact *e)
{
  g_autoptr (JsonObject) document = exact_dup_document (e, "Sales Invoice", 0);
  double qty = json_object_get_double_member_with_default (document, "total_qty", 0);

  if (qty != 2)
    exact_wrong (e, "%.0f pieces were sold", qty);
}

static void
discard (Exact *e)
{
  g_autoptr (GError) error = NULL;

  if (!sync_engine_discard (e->engine, e->ids[0], "not wanted", "anna", &error))
    exact_wrong (e, "%s", error->message);
}

static void
look_for_marks (const SyncPracticeCommit *commit, gpointer user_data)
{
  static const char *const marks[] = { "__islocal", "__unsaved", "\"flags\"", "\"doctype\"" };
  Exact *e = user_data;

  for (guint i = 0; i < G_N_ELEMENTS (marks); i++)
    if (strstr (commit->body, marks[i]) != NULL)
      exact_wrong (e, "%s reached the server", marks[i]);
}

static void
check_no_marks (Exact *e)
{
  sync_practice_shop_foreach_commit (e->shop, NULL, NULL, look_for_marks, e);
}

static void
check_website (Exact *e, const char *wanted)
{
  g_autoptr (JsonObject) document = sync_practice_shop_dup_doc (e->shop, "Customer", "Acme Ltd");
  const char *website = json_object_get_string_member_with_default (document, "website", "");

  if (strcmp (website, wanted) != 0)
    exact_wrong (e, "the customer's website is “%s”, not “%s”", website, wanted);
}

static void
check_ours (Exact *e)
{
  check_website (e, "ours");
}

static void
check_theirs (Exact *e)
{
  check_website (e, "theirs");
}

static void
check_rows_kept (Exact *e)
{
  g_autoptr (JsonObject) document = sync_practice_shop_dup_doc (e->shop, "Sales Invoice", e->names[0]);

  if (json_array_get_length (json_object_get_array_member (document, "items")) != 1)
    exact_wrong (e, "the rows of the document were touched");
}

static const ExactRow submits[] = {
  { "4", "post-with-docstatus", "POST with docstatus 1: a draft, then its submission; the payment is booked",
    .writes = { { "POST", SI, SALE, SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = 1, .commits = "create submit", .check = check_paid },
  { "4", "post-with-docstatus-text", "the same with docstatus \"1\"",
    .writes = { { "POST", SI, "{\"docstatus\":\"1\"," DRAFT_FIELDS "}", SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = 1, .commits = "create submit", .check = check_paid },
  { "4", "post-with-docstatus-v2", "the same by the second API",
    .writes = { { "POST", "/api/v2/document/Sales%20Invoice", SALE, SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = 1, .commits = "create submit", .check = check_paid },
  { "4", "client-submit-new", "client.submit without a name: the same two steps",
    .writes = { { "POST", "/api/method/frappe.client.submit",
                  "{\"doc\":{\"doctype\":\"Sales Invoice\"," DRAFT_FIELDS "}}",
                  SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = 1, .commits = "create submit", .check = check_paid },
  { "4", "client-submit-form", "client.submit without a name, as a form",
    .writes = { { "POST", "/api/method/frappe.client.submit",
                  FORM_SALE ("1"),
                  SYNC_STATE_COMPLETED, .content_type = "application/x-www-form-urlencoded" } },
    .doctype = "Sales Invoice", .documents = 1, .commits = "create submit" },
  { "4", "client-insert-submitted", "client.insert with docstatus 1",
    .writes = { { "POST", "/api/method/frappe.client.insert",
                  "{\"doc\":{\"doctype\":\"Sales Invoice\",\"docstatus\":1," DRAFT_FIELDS "}}",
                  SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = 1, .commits = "create submit", .check = check_paid },
  { "4", "payment-submitted", "a payment with docstatus 1",
    .writes = { { "POST", "/api/resource/Payment%20Entry",
                  "{\"docstatus\":1,\"payment_type\":\"Receive\",\"company\":\"Test Co\",\"party_type\":\"Customer\","
                  "\"party\":\"Walk In\",\"paid_amount\":5,\"received_amount\":5}", SYNC_STATE_COMPLETED } },
    .doctype = "Payment Entry", .documents = 1, .commits = "create submit" },
  { "4", "submit-put", "PUT with docstatus 1 and the version",
    .before = { { "POST", SI, DRAFT } },
    .writes = { { "PUT", SI_N1, STAMPED ("\"docstatus\":1"), SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = 0, .commits = "submit" },
  { "4", "submit-run-method", "run_method submit", .before = { { "POST", SI, DRAFT } },
    .writes = { { "POST", SI_N1, "{\"run_method\":\"submit\"}", SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = 0, .commits = "submit" },
  { "4", "submit-v2-method", "the second API's method submit", .before = { { "POST", SI, DRAFT } },
    .writes = { { "POST",
                  "/api/v2/document/Sales%20Invoice/$N1/method/submit", NULL, SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = 0, .commits = "submit" },
  { "4", "submit-client", "client.submit with the whole document", .before = { { "POST", SI, DRAFT } },
    .writes = { { "POST", "/api/method/frappe.client.submit",
                  "{\"doc\":{\"doctype\":\"Sales Invoice\",\"name\":\"$N1\",\"modified\":\"$M1\"," DRAFT_FIELDS "}}",
                  SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = 0, .commits = "submit" },
  { "4", "submit-again-stale", "submitted by somebody already, with the old version: done",
    .before = { SUBMITTED_SALE },
    .writes = { { "PUT", SI_N1, STAMPED ("\"docstatus\":1"), SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = 0, .commits = "" },
  { "4", "submit-again", "submitted already, without a version: only its stamp moves",
    .before = { SUBMITTED_SALE },
    .writes = { { "PUT", SI_N1, "{\"docstatus\":1}", SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = 0, .commits = "update_after_submit" },
  { "4", "submit-changed-draft", "the draft was changed by somebody: a conflict",
    .before = { { "POST", SI, DRAFT }, { "PUT", SI_N1, "{\"remarks\":\"theirs\"}", "clerk" } },
    .writes = { { "PUT", SI_N1, STAMPED ("\"docstatus\":1"), SYNC_STATE_CONFLICT } }, .conflict = "edit_edit",
    .doctype = "Sales Invoice", .documents = 0, .commits = "" },
  { "4", "submit-fails", "the submission is refused, the draft stays",
    .writes = { { "POST", SI, MANY, SYNC_STATE_FAILED } }, .exc_type = "NegativeStockError",
    .says = "needed in",
    .doctype = "Sales Invoice", .documents = 1, .commits = "create", .check = check_step },
  { "4", "submit-resumed", "and retried once the goods are there: no second draft",
    .faults = { FAULT (ANSWER, "PUT", .answer = "negative-stock") }, .person = retry_with_stock,
    .writes = { { "POST", SI, SALE, SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = 1, .commits = "create submit", .check = check_paid },
  { "4", "submit-edited", "and edited: the draft takes the difference, then it is submitted",
    .faults = { FAULT (ANSWER, "PUT", .answer = "negative-stock", .count = 1) }, .person = edit,
    .writes = { { "POST", SI, SALE, SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = 1, .commits = "create update submit", .check = check_edited },
  { "4", "submit-edited-lost", "and edited, and the answer to the difference is lost",
    .faults = { FAULT (ANSWER, "PUT", .answer = "negative-stock", .count = 1), FAULT (RESET_AFTER, "PUT",
    .count = 1) },
    .person = edit, .writes = { { "POST", SI, SALE, SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = 1, .commits = "create update submit", .check = check_edited },
  { "4", "submit-edited-form", "the same for a form",
    .faults = { FAULT (ANSWER, "PUT", .answer = "negative-stock", .count = 1) }, .person = edit_form,
    .writes = { { "POST", "/api/method/frappe.client.submit", FORM_SALE ("1"), SYNC_STATE_COMPLETED,
                  .content_type = "application/x-www-form-urlencoded" } },
    .doctype = "Sales Invoice", .documents = 1, .commits = "create update submit", .check = check_edited },
  { "4", "submit-discarded", "and given up: the draft is deleted", .user = "manager",
    .faults = { FAULT (ANSWER, "PUT", .answer = "negative-stock") }, .person = discard,
    .writes = { { "POST", SI, SALE, SYNC_STATE_DISCARDED } },
    .doctype = "Sales Invoice", .documents = 0, .commits = "create delete" },
  { "4", "submit-again-run-method", "submitted already, by run_method: only its stamp moves",
    .before = { SUBMITTED_SALE },
    .writes = { { "POST", SI_N1, "{\"run_method\":\"submit\"}", SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = 0, .commits = "update_after_submit" },
  { "4", "cancel", "PUT with docstatus 2", .user = "manager", .before = { SUBMITTED_SALE },
    .writes = { { "PUT", SI_N1, "{\"docstatus\":2}", SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = 0, .commits = "cancel" },
  { "4", "cancel-client", "client.cancel", .user = "manager", .before = { SUBMITTED_SALE },
    .writes = { { "POST", "/api/method/frappe.client.cancel",
                  "{\"doctype\":\"Sales Invoice\",\"name\":\"$N1\"}",
                  SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = 0, .commits = "cancel" },
  { "4", "cancel-cancelled", "cancelled by somebody already: done", .user = "manager",
    .before = { CANCELLED_SALE },
    .writes = { { "PUT", SI_N1, "{\"docstatus\":2}", SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = 0, .commits = "" },
  { "4", "cancel-cancelled-client", "the same by client.cancel", .user = "manager",
    .before = { CANCELLED_SALE },
    .writes = { { "POST", "/api/method/frappe.client.cancel",
                  "{\"doctype\":\"Sales Invoice\",\"name\":\"$N1\"}",
                  SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = 0, .commits = "" },
  { "4", "cancel-draft", "a draft cannot be cancelled", .user = "manager",
    .before = { { "POST", SI, DRAFT } },
    .writes = { { "PUT", SI_N1, "{\"docstatus\":2}", SYNC_STATE_FAILED } },
    .exc_type = "DocstatusTransitionError",
    .doctype = "Sales Invoice", .documents = 0, .commits = "" },
  { "4", "cancel-without-right", "a cancellation without the right", .before = { SUBMITTED_SALE },
    .writes = { { "PUT", SI_N1, "{\"docstatus\":2}", SYNC_STATE_FAILED } }, .exc_type = "PermissionError",
    .doctype = "Sales Invoice", .documents = 0, .commits = "" },
  { "4", "submit-cancelled", "a cancelled document cannot be submitted: a conflict",
    .before = { CANCELLED_SALE },
    .writes = { { "PUT", SI_N1, STAMPED ("\"docstatus\":1"), SYNC_STATE_CONFLICT } }, .conflict = "cancelled",
    .doctype = "Sales Invoice", .documents = 0, .commits = "" },
  { "4", "back-to-draft", "from submitted back to draft", .before = { SUBMITTED_SALE },
    .writes = { { "PUT", SI_N1, "{\"docstatus\":0}", SYNC_STATE_FAILED } },
    .exc_type = "DocstatusTransitionError",
    .doctype = "Sales Invoice", .documents = 0, .commits = "" },
  { "4", "frozen-field", "a frozen field of a submitted document", .before = { SUBMITTED_SALE },
    .writes = { { "PUT", SI_N1, "{\"customer\":\"Acme Ltd\"}", SYNC_STATE_FAILED } },
    .exc_type = "UpdateAfterSubmitError", .doctype = "Sales Invoice", .documents = 0, .commits = "" },
  { "4", "delete-submitted", "a submitted document cannot be deleted", .user = "manager",
    .before = { SUBMITTED_SALE },
    .writes = { { "DELETE", SI_N1, NULL, SYNC_STATE_FAILED } }, .exc_type = "ValidationError",
    .doctype = "Sales Invoice", .documents = 0, .commits = "" },
  { "4", "delete-linked", "a linked document cannot be deleted", .user = "manager",
    .before = { { "POST", SI, DRAFT } },
    .writes = { { "DELETE", "/api/resource/Customer/Walk%20In", NULL, SYNC_STATE_FAILED } },
    .exc_type = "LinkExistsError", .doctype = "Customer", .documents = 0, .commits = "" },
};

static const ExactRow refusals[] = {
  { "4", "create-without-right", "a create without the right", .user = "noroles",
    .writes = { { "POST", SI, DRAFT, SYNC_STATE_FAILED } }, .exc_type = "PermissionError",
    .doctype = "Sales Invoice", .documents = 0, .commits = "" },
  { "4", "mandatory", "a field is missing",
    .writes = { { "POST", "/api/resource/Note", "{\"content\":\"x\"}", SYNC_STATE_FAILED } },
    .exc_type = "MandatoryError", .says = "missing", .doctype = "Note", .documents = 0, .commits = "" },
  { "4", "mandatory-plain", "a field is missing, and ERPNext calls it a validation error",
    .writes = { { "POST", SI, "{\"company\":\"Test Co\",\"items\":[]}", SYNC_STATE_FAILED } },
    .exc_type = "ValidationError", .says = "mandatory", .doctype = "Sales Invoice", .documents = 0,
    .commits = "" },
  { "4", "link-missing", "a link to nothing",
    .writes = { { "POST", "/api/resource/Customer",
                  "{\"customer_name\":\"x\",\"territory\":\"Nowhere\"}", SYNC_STATE_FAILED } },
    .exc_type = "LinkValidationError", .says = "Nowhere", .doctype = "Customer", .documents = 0,
    .commits = "" },
  { "4", "link-missing-404", "a link to nothing that a POST answers with 404",
    .writes = { { "POST", SI, "{\"customer\":\"Walk In\",\"items\":[{\"item_code\":\"NO-SUCH\",\"qty\":1}]}",
                  SYNC_STATE_FAILED } },
    .doctype = "Sales Invoice", .documents = 0, .commits = "" },
  { "4", "link-missing-500", "a link to nothing that breaks the server: the retries are used, then a person",
    .writes = { { "POST", SI, "{\"customer\":\"Nobody\",\"items\":[{\"item_code\":\"ITEM-001\",\"qty\":1}]}",
                  SYNC_STATE_FAILED } },
    .exc_type = "AttributeError", .retries = 3, .doctype = "Sales Invoice", .documents = 0, .commits = "" },
  { "4", "bad-select", "a value that is not among the choices",
    .writes = { { "POST", "/api/resource/Customer",
                  "{\"customer_name\":\"x\",\"customer_type\":\"Robot\"}", SYNC_STATE_FAILED } },
    .exc_type = "ValidationError", .says = "cannot be", .doctype = "Customer", .documents = 0,
    .commits = "" },
  { "4", "bad-date", "no date",
    .writes = { { "POST", "/api/resource/ToDo",
                  "{\"description\":\"x\",\"date\":\"2026-13-45\"}", SYNC_STATE_FAILED } },
    .exc_type = "ValidationError", .doctype = "ToDo", .documents = 0, .commits = "" },
  { "4", "too-long", "a text that is too long",
    .writes = { { "POST", "/api/resource/Customer",
                  "{\"customer_name\":\"x\",\"tax_id\":\"" LONG "\"}", SYNC_STATE_FAILED } },
    .exc_type = "CharacterLengthExceededError", .doctype = "Customer", .documents = 0, .commits = "" },
  { "4", "update-without-right", "an update without the right", .user = "noroles", .before = { A_CUSTOMER },
    .writes = { { "PUT", CUSTOMER, STAMPED ("\"website\":\"ours\""), SYNC_STATE_FAILED } },
    .exc_type = "PermissionError",
    .doctype = "Customer", .documents = 0, .commits = "" },
  { "4", "read-without-right", "an update without a version where nothing may be read", .user = "noroles",
    .before = { A_CUSTOMER },
    .writes = { { "PUT", CUSTOMER, "{\"website\":\"ours\"}", SYNC_STATE_FAILED } }, .says = "cannot be read",
    .doctype = "Customer", .documents = 0, .commits = "" },
  { "4", "broken-invoice", "an invoice without a customer breaks the server",
    .writes = { { "POST", SI, "{\"items\":[{\"item_code\":\"ITEM-001\"}]}", SYNC_STATE_FAILED } },
    .exc_type = "TypeError", .retries = 3, .doctype = "Sales Invoice", .documents = 0, .commits = "" },
  { "4", "no-rows", "an invoice without rows breaks the server",
    .writes = { { "POST", SI,
                  "{\"customer\":\"Walk In\",\"company\":\"Test Co\",\"items\":[]}", SYNC_STATE_FAILED } },
    .exc_type = "IndexError", .retries = 3, .doctype = "Sales Invoice", .documents = 0, .commits = "" },
};

static const ExactRow updates[] = {
  { "2", "update", "PUT with the version", .before = { A_CUSTOMER },
    .writes = { { "PUT", CUSTOMER, STAMPED ("\"website\":\"ours\""), SYNC_STATE_COMPLETED } },
    .doctype = "Customer", .documents = 0, .commits = "update", .check = check_ours },
  { "2", "update-without-version", "PUT without a version: the present one is read first",
    .before = { A_CUSTOMER },
    .writes = { { "PUT", CUSTOMER, "{\"website\":\"ours\"}", SYNC_STATE_COMPLETED } },
    .doctype = "Customer", .documents = 0, .commits = "update", .check = check_ours },
  { "2", "update-patch", "PATCH of the second API", .before = { A_CUSTOMER },
    .writes = { { "PATCH",
                  "/api/v2/document/Customer/Acme%20Ltd", STAMPED ("\"website\":\"ours\""),
                  SYNC_STATE_COMPLETED } },
    .doctype = "Customer", .documents = 0, .commits = "update", .check = check_ours },
  { "2", "update-twice", "two edits in a row, both of the same version", .before = { A_CUSTOMER },
    .writes = { { "PUT", CUSTOMER, STAMPED ("\"website\":\"first\""), SYNC_STATE_COMPLETED },
                { "PUT", CUSTOMER, STAMPED ("\"website\":\"ours\""), SYNC_STATE_COMPLETED } },
    .doctype = "Customer", .documents = 0, .commits = "update update", .check = check_ours },
  { "2", "update-stale", "somebody changed it since: a conflict, theirs stays",
    .before = { A_CUSTOMER, { "PUT", CUSTOMER, "{\"website\":\"theirs\"}", "clerk" } },
    .writes = { { "PUT", CUSTOMER, STAMPED ("\"website\":\"ours\""), SYNC_STATE_CONFLICT } },
    .conflict = "edit_edit",
    .exc_type = "TimestampMismatchError", .doctype = "Customer", .documents = 0, .commits = "",
    .check = check_theirs },
  { "2", "update-same", "somebody wrote the very same since: done",
    .before = { A_CUSTOMER, { "PUT", CUSTOMER, "{\"website\":\"ours\"}", "clerk" } },
    .writes = { { "PUT", CUSTOMER, STAMPED ("\"website\":\"ours\""), SYNC_STATE_COMPLETED } },
    .doctype = "Customer", .documents = 0, .commits = "", .check = check_ours },
  { "2", "update-garbage-version", "a version that never was: a conflict", .before = { A_CUSTOMER },
    .writes = { { "PUT", CUSTOMER, "{\"modified\":\"garbage\",\"website\":\"ours\"}", SYNC_STATE_CONFLICT } },
    .conflict = "edit_edit", .doctype = "Customer", .documents = 0, .commits = "" },
  { "2", "update-gone", "PUT of what is not there: a conflict",
    .writes = { { "PUT", "/api/resource/Customer/Nobody", "{\"website\":\"ours\"}", SYNC_STATE_CONFLICT } },
    .conflict = "edit_delete", .doctype = "Customer", .documents = 0, .commits = "" },
  { "2", "client-save-stale", "client.save of an older version: a conflict",
    .before = { A_CUSTOMER, { "PUT", CUSTOMER, "{\"website\":\"theirs\"}", "clerk" } },
    .writes = { { "POST", "/api/method/frappe.client.save",
                  "{\"doc\":{\"doctype\":\"Customer\",\"name\":\"Acme Ltd\",\"modified\":\"$M1\",\"website\":\"ours\"}}",
                  SYNC_STATE_CONFLICT } },
    .conflict = "edit_edit", .doctype = "Customer", .documents = 0, .commits = "", .check = check_theirs },
  { "2", "set-value", "client.set_value of one field",
    .writes = { { "POST", "/api/method/frappe.client.set_value",
                  "{\"doctype\":\"Customer\",\"name\":\"Acme Ltd\",\"fieldname\":\"website\",\"value\":\"ours\"}",
                  SYNC_STATE_COMPLETED } },
    .doctype = "Customer", .documents = 0, .commits = "update", .check = check_ours },
  { "2", "set-value-stale", "client.set_value of several fields of an older version: a conflict",
    .before = { A_CUSTOMER, { "PUT", CUSTOMER, "{\"website\":\"theirs\"}", "clerk" } },
    .writes = { { "POST", "/api/method/frappe.client.set_value",
                  "{\"doctype\":\"Customer\",\"name\":\"Acme Ltd\",\"fieldname\":{\"website\":\"ours\",\"modified\":\"$M1\"}}",
                  SYNC_STATE_CONFLICT } },
    .conflict = "edit_edit", .doctype = "Customer", .documents = 0, .commits = "", .check = check_theirs },
  { "2", "set-value-one-stale", "client.set_value of one field of a document that was changed since: a conflict",
    .before = { A_CUSTOMER, { "PUT", CUSTOMER, "{\"website\":\"theirs\"}", "clerk" } },
    .writes = { { "POST", "/api/method/frappe.client.set_value",
                  "{\"doctype\":\"Customer\",\"name\":\"Acme Ltd\",\"fieldname\":\"website\",\"value\":\"ours\"}",
                  SYNC_STATE_CONFLICT, .base = "{\"name\":\"Acme Ltd\",\"modified\":\"$M1\"}" } },
    .conflict = "edit_edit", .doctype = "Customer", .documents = 0, .commits = "", .check = check_theirs },
  { "2", "submit-by-name", "a submission that names the version that was read",
    .before = { { "POST", SI, DRAFT } },
    .writes = { { "POST", SI_N1 "?run_method=submit", NULL, SYNC_STATE_COMPLETED, .base = BASE ("$N1") } },
    .doctype = "Sales Invoice", .documents = 0, .commits = "submit" },
  { "2", "submit-by-name-changed", "the same of a draft that somebody changed since: a conflict",
    .before = { { "POST", SI, DRAFT }, { "PUT", SI_N1, "{\"remarks\":\"theirs\"}", "clerk" } },
    .writes = { { "POST", SI_N1 "?run_method=submit", NULL, SYNC_STATE_CONFLICT, .base = BASE ("$N1") } },
    .conflict = "edit_edit", .doctype = "Sales Invoice", .documents = 0, .commits = "" },
  { "2", "submit-by-name-all-the-same", "the same, and a person submits it all the same",
    .before = { { "POST", SI, DRAFT }, { "PUT", SI_N1, "{\"remarks\":\"theirs\"}", "clerk" } },
    .writes = { { "POST", SI_N1 "?run_method=submit", NULL, SYNC_STATE_COMPLETED, .base = BASE ("$N1") } },
    .person = ours_stands, .doctype = "Sales Invoice", .documents = 0, .commits = "submit" },
  { "2", "constant", "a constant is changed",
    .writes = { { "PUT", CUSTOMER, "{\"creation\":\"2020-01-01 00:00:00.000001\"}", SYNC_STATE_FAILED } },
    .exc_type = "CannotChangeConstantError", .doctype = "Customer", .documents = 0, .commits = "" },
  { "2", "islocal", "a PUT with the desk's marks makes no second document", .before = { A_CUSTOMER },
    .writes = { { "PUT", CUSTOMER,
                  STAMPED ("\"__islocal\":1,\"__unsaved\":1,\"flags\":{\"a\":1},\"doctype\":\"Customer\",\"website\":\"ours\""),
                  SYNC_STATE_COMPLETED } },
    .doctype = "Customer", .documents = 0, .commits = "update", .check = check_no_marks },
  { "2", "unknown-field", "a field that the server does not know is dropped", .before = { A_CUSTOMER },
    .writes = { { "PUT", CUSTOMER, STAMPED ("\"no_such\":1,\"website\":\"ours\""), SYNC_STATE_COMPLETED } },
    .doctype = "Customer", .documents = 0, .commits = "update", .check = check_ours },
  { "2", "rows-with-version", "rows with the version they were read from",
    .before = { { "POST", SI, DRAFT } },
    .writes = { { "PUT", SI_N1, STAMPED ("\"items\":[{\"item_code\":\"ITEM-002\",\"qty\":2,\"rate\":20}]"),
                  SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = 0, .commits = "update" },
  { "2", "rows-without-version", "rows without a version would replace unseen ones: a conflict",
    .before = { { "POST", SI, DRAFT } },
    .writes = { { "PUT", SI_N1,
                  "{\"items\":[{\"item_code\":\"ITEM-002\",\"qty\":2,\"rate\":20}]}", SYNC_STATE_CONFLICT } },
    .conflict = "edit_edit", .doctype = "Sales Invoice", .documents = 0, .commits = "",
    .check = check_rows_kept },
  { "2", "delete", "a delete", .user = "manager", .before = { { "POST", SI, DRAFT } },
    .writes = { { "DELETE", SI_N1, NULL, SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = -1, .commits = "delete" },
  { "2", "delete-changed", "a delete of what somebody changed since: a conflict", .user = "manager",
    .before = { { "POST", SI, DRAFT }, { "PUT", SI_N1, "{\"remarks\":\"theirs\"}", "clerk" } },
    .writes = { { "DELETE", SI_N1, NULL, SYNC_STATE_CONFLICT, .base = BASE ("$N1") } }, .conflict = "delete_edit",
    .doctype = "Sales Invoice", .documents = 0, .commits = "" },
  { "2", "delete-changed-all-the-same", "the same, and a person deletes it all the same", .user = "manager",
    .before = { { "POST", SI, DRAFT }, { "PUT", SI_N1, "{\"remarks\":\"theirs\"}", "clerk" } },
    .writes = { { "DELETE", SI_N1, NULL, SYNC_STATE_COMPLETED, .base = BASE ("$N1") } }, .person = ours_stands,
    .doctype = "Sales Invoice", .documents = -1, .commits = "delete" },
  { "2", "delete-own-change", "a delete of what this till itself changed last", .user = "manager",
    .before = { { "POST", SI, DRAFT } },
    .writes = { { "PUT", SI_N1, STAMPED ("\"remarks\":\"ours\""), SYNC_STATE_COMPLETED },
                { "DELETE", SI_N1, NULL, SYNC_STATE_COMPLETED, .base = BASE ("$N1") } },
    .doctype = "Sales Invoice", .documents = -1, .commits = "update delete" },
  { "2", "renamed", "a document that is called otherwise now: the change goes to where it is", .user = "manager",
    .before = { { "POST", "/api/resource/Customer", "{\"customer_name\":\"Old\"}" }, RENAME ("Old", "New") },
    .writes = { { "PUT", "/api/resource/Customer/Old", STAMPED ("\"website\":\"ours\""), SYNC_STATE_COMPLETED,
                  .base = BASE ("Old") } },
    .doctype = "Customer", .documents = 0, .commits = "update", .check = check_renamed },
  { "2", "deleted-not-renamed", "a document that is gone, and none that was made with it: a conflict", .user = "manager",
    .before = { { "POST", SI, DRAFT }, { "DELETE", SI_N1, NULL, "manager" } },
    .writes = { { "PUT", SI_N1, STAMPED ("\"remarks\":\"ours\""), SYNC_STATE_CONFLICT, .base = BASE ("$N1") } },
    .conflict = "edit_delete", .doctype = "Sales Invoice", .documents = 0, .commits = "" },
  { "2", "delete-gone", "a delete of what is gone: done", .user = "manager",
    .writes = { { "DELETE", SI "/NO-SUCH", NULL, SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = 0, .commits = "" },
};

void
exact_add_document_rows (void)
{
  exact_add_rows (submits, G_N_ELEMENTS (submits));
  exact_add_rows (refusals, G_N_ELEMENTS (refusals));
  exact_add_rows (updates, G_N_ELEMENTS (updates));
}
