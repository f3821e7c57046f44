/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Concurrency and faults. Each is done to a sale in two steps (POST of the draft, PUT of its submission), unless the
 * case is about another kind of write. */
#include "config.h"

#include "exact.h"

#include "exact-line.h"

#include "sync-error.h"

#define CUSTOMER "/api/resource/Customer/Acme%20Ltd"
#define A_CUSTOMER { "PUT", CUSTOMER, "{\"website\":\"a\"}" }
#define UPDATE(value) "{\"modified\":\"$M1\",\"website\":\"" value "\"}"
#define ONE_SALE { "POST", SI, SALE, SYNC_STATE_COMPLETED }
#define SOLD .doctype = "Sales Invoice", .documents = 1, .commits = "create submit"
#define NOT_SOLD .doctype = "Sales Invoice", .documents = 0, .commits = ""
#define ANSWERED(answer_, count_)                                                                              \
  FAULT (ANSWER, "POST", .answer = answer_, .count = count_),                                                  \
    FAULT (ANSWER, "PUT", .answer = answer_, .count = count_)
#define ANSWERED_AFTER(answer_)                                                                                \
  FAULT (ANSWER_AFTER, "POST", .answer = answer_, .count = 1),                                                 \
    FAULT (ANSWER_AFTER, "PUT", .answer = answer_, .count = 1)

static void
want_condition (Exact *e, SyncCondition wanted)
{
  g_autoptr (SyncSnapshot) snapshot = sync_engine_dup_snapshot (e->engine);

  if (snapshot->condition != wanted)
    exact_wrong (e, "the condition is %s, not %s", sync_condition_to_string (snapshot->condition),
                 sync_condition_to_string (wanted));
}

static void
their_update (Exact *e)
{
  static const ExactCall call = { "PUT", CUSTOMER, "{\"website\":\"theirs\"}", "clerk" };

  exact_call_at (e, 200, &call);
}

static void
their_submission (Exact *e)
{
  static const ExactCall call = { "POST", SI_N1, "{\"run_method\":\"submit\"}", "clerk" };

  exact_call_at (e, 200, &call);
}

static void
stop_shop (Exact *e)
{
  sync_practice_shop_stop (e->shop);
}

static void
shop_comes_back (Exact *e)
{
  g_autoptr (GError) error = NULL;

  want_condition (e, SYNC_CONDITION_OFFLINE);
  sync_practice_shop_listen (e->shop, 0, &error);
  g_assert_no_error (error);
}

static void
stop_for_maintenance (Exact *e)
{
  sync_practice_shop_set_maintenance (e->shop, SYNC_PRACTICE_MAINTENANCE_STOPPED);
}

static void
read_only (Exact *e)
{
  sync_practice_shop_set_maintenance (e->shop, SYNC_PRACTICE_MAINTENANCE_READ_ONLY);
}

static void
end_maintenance (Exact *e)
{
  want_condition (e, SYNC_CONDITION_THROTTLED);
  sync_practice_shop_set_maintenance (e->shop, SYNC_PRACTICE_MAINTENANCE_OFF);
}

static void
disable_user (Exact *e)
{
  sync_practice_shop_set_user_enabled (e->shop, "cashier@example.com", FALSE);
}

static void
enable_user (Exact *e)
{
  want_condition (e, SYNC_CONDITION_SIGN_IN_NEEDED);
  sync_practice_shop_set_user_enabled (e->shop, "cashier@example.com", TRUE);
  sync_engine_credentials_changed (e->engine);
}

static void
portal_ends (Exact *e)
{
  want_condition (e, SYNC_CONDITION_NOT_OUR_SERVER);
  sync_practice_shop_clear_faults (e->shop);
}

static void
faults_end (Exact *e)
{
  sync_practice_shop_clear_faults (e->shop);
}

static void
no_tracebacks (Exact *e)
{
  sync_practice_shop_set_tracebacks (e->shop, FALSE);
}

static void
no_keep_alive (Exact *e)
{
  sync_practice_shop_set_keep_alive (e->shop, FALSE);
}

static void
too_much (Exact *e)
{
  g_autofree char *text = g_strnfill (26 * 1024 * 1024, 'x');
  g_autofree char *body = g_strdup_printf ("{\"title\":\"%s\"}", text);
  const ExactWrite write = { "POST", "/api/resource/Note", body, 0, .refused = REFUSED (TOO_LARGE) };

  exact_hand_over (e, &write, 1);
}

/* Nothing is sent before the time that the server asked for. */
static void
check_waited (Exact *e)
{
  g_autoptr (SyncRequest) request = exact_get (e, 0);

  if (request->updated_ms - request->accepted_ms < 120000)
    exact_wrong (e, "done after %" G_GINT64_FORMAT " ms", request->updated_ms - request->accepted_ms);
}

static void
check_few_sends (Exact *e)
{
  g_autoptr (SyncRequest) request = exact_get (e, 0);

  if (request->attempts < 5 || request->attempts > 60)
    exact_wrong (e, "sent %u times", request->attempts);
}

static const ExactRow concurrency[] = {
  { "5", "two-updates", "two PUTs of one version at once: the later one is a conflict",
    .before = { A_CUSTOMER },
    .knob = their_update, .faults = { FAULT (SLOW_BEFORE, "PUT", .contains = "ours", .count = 1,
    .delay_ms = 500) },
    .writes = { { "PUT", CUSTOMER, UPDATE ("ours"), SYNC_STATE_CONFLICT } }, .conflict = "edit_edit",
    .doctype = "Customer", .documents = 0, .commits = "update" },
  { "5", "set-value-race", "client.set_value loses a race once: sent again", .before = { A_CUSTOMER },
    .faults = { FAULT (ANSWER, "POST", .answer = "stale", .count = 1) },
    .writes = { { "POST", "/api/method/frappe.client.set_value",
                  "{\"doctype\":\"Customer\",\"name\":\"Acme Ltd\",\"fieldname\":\"website\",\"value\":\"ours\"}",
                  SYNC_STATE_COMPLETED } },
    .doctype = "Customer", .documents = 0, .commits = "update" },
  { "5", "stale-for-ever", "called stale at the version it shows: six sends, then a person",
    .before = { A_CUSTOMER },
    .faults = { FAULT (ANSWER, "PUT", .answer = "stale") },
    .writes = { { "PUT", CUSTOMER, UPDATE ("ours"), SYNC_STATE_FAILED } },
    .exc_type = "TimestampMismatchError",
    .doctype = "Customer", .documents = 0, .commits = "" },
  { "5", "submit-race", "somebody else submits at the same time: done once",
    .before = { { "POST", SI, DRAFT } },
    .knob = their_submission, .faults = { FAULT (SLOW_BEFORE, "PUT", .count = 1, .delay_ms = 500) },
    .writes = { { "PUT", SI_N1, "{\"modified\":\"$M1\",\"docstatus\":1}", SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = 0, .commits = "submit" },
  { "5", "lock-timeout", "the row lock is not got, three times",
    .faults = { ANSWERED ("lock-timeout", 3) },
    .writes = { ONE_SALE }, SOLD },
  { "5", "deadlock", "a deadlock, five times", .faults = { ANSWERED ("deadlock", 5) },
    .writes = { ONE_SALE }, SOLD },
  { "5", "deadlock-for-ever", "deadlocks for four hours: it waits, and no retry is used",
    .faults = { FAULT (ANSWER, "POST", .answer = "deadlock") }, .check = check_few_sends,
    .writes = { { "POST", SI, SALE, SYNC_STATE_PENDING } }, .exc_type = "QueryDeadlockError", NOT_SOLD },
  { "5", "deadlock-quiet", "a deadlock on a site that shows no tracebacks", .knob = no_tracebacks,
    .faults = { ANSWERED ("deadlock", 1) }, .writes = { ONE_SALE }, SOLD },
  { "5", "document-locked", "the document is queued or locked", .before = { A_CUSTOMER },
    .faults = { FAULT (ANSWER, "PUT", .answer = "document-locked", .count = 3) },
    .writes = { { "PUT", CUSTOMER, UPDATE ("ours"), SYNC_STATE_COMPLETED } },
    .doctype = "Customer", .documents = 0, .commits = "update" },
  { "5", "locked-submission", "the draft is locked when it is to be submitted",
    .faults = { FAULT (ANSWER, "PUT", .answer = "document-locked", .count = 3) },
    .writes = { ONE_SALE }, SOLD },
};

static const ExactRow hosts[] = {
  { "5", "rate-limit", "the site's rate limit with Retry-After: never earlier",
    .faults = { FAULT (ANSWER, "POST", .answer = "rate-limited", .count = 1, .retry_after_s = 120) },
    .writes = { ONE_SALE }, SOLD, .check = check_waited },
  { "5", "endpoint-rate-limit", "an endpoint's rate limit, without Retry-After",
    .faults = { ANSWERED ("endpoint-rate-limited", 1) }, .writes = { ONE_SALE }, SOLD },
  { "5", "maintenance", "maintenance for four hours", .knob = stop_for_maintenance, .person = end_maintenance,
    .writes = { ONE_SALE }, SOLD },
  { "5", "maintenance-reads", "maintenance with reads allowed", .knob = read_only, .minutes = 1,
    .person = end_maintenance, .writes = { ONE_SALE }, SOLD },
  { "5", "unavailable", "503 of a proxy with Retry-After", .faults = { ANSWERED ("unavailable", 2) },
    .writes = { ONE_SALE }, SOLD },
  { "5", "bad-gateway", "502: the server is down", .faults = { ANSWERED ("bad-gateway", 2) },
    .writes = { ONE_SALE }, SOLD },
  { "5", "gateway-timeout", "504, and nothing was done", .faults = { ANSWERED ("gateway-timeout", 1) },
    .writes = { ONE_SALE }, SOLD },
  { "5", "gateway-timeout-after", "504, and it was done", .faults = { ANSWERED_AFTER ("gateway-timeout") },
    .writes = { ONE_SALE }, SOLD },
  { "5", "worker-killed", "500 as a page, and nothing was done",
    .faults = { ANSWERED ("internal-error", 1) },
    .writes = { ONE_SALE }, SOLD },
  { "5", "worker-killed-after", "500 as a page, and it was done",
    .faults = { ANSWERED_AFTER ("internal-error") },
    .writes = { ONE_SALE }, SOLD },
  { "5", "database-down", "the database is down", .faults = { ANSWERED ("database-down", 2) },
    .writes = { ONE_SALE }, SOLD },
  { "5", "database-gone", "the database goes away after the commit",
    .faults = { ANSWERED_AFTER ("database-down") },
    .writes = { ONE_SALE }, SOLD },
  { "5", "interface-error", "the connection to the database was killed",
    .faults = { ANSWERED ("interface-error", 1) },
    .writes = { ONE_SALE }, SOLD },
  { "5", "queue-down", "the job queue is down: a delete answers 500 and is done", .user = "manager",
    .before = { { "POST", SI, DRAFT } }, .faults = { FAULT (ANSWER_AFTER, "DELETE",
    .answer = "internal-error", .count = 1) },
    .writes = { { "DELETE", SI_N1, NULL, SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = -1, .commits = "delete" },
  { "5", "type-error", "500 of another kind: the retries are used, then a person",
    .faults = { FAULT (ANSWER, "POST", .answer = "type-error") },
    .writes = { { "POST", SI, SALE, SYNC_STATE_FAILED } },
    .exc_type = "TypeError", .retries = 3, NOT_SOLD },
  { "5", "type-error-once", "500 of another kind, twice", .faults = { FAULT (ANSWER, "POST",
    .answer = "type-error", .count = 2) },
    .writes = { ONE_SALE }, .retries = 2, SOLD },
  { "5", "type-error-after", "500 of another kind, and it was done all the same",
    .faults = { FAULT (ANSWER_AFTER, "POST", .answer = "type-error", .count = 1) },
    .writes = { ONE_SALE }, .retries = 1, SOLD },
  { "5", "type-error-for-ever-after",
    "500 of another kind each time, and it was done: found before anybody is asked",
    .faults = { FAULT (ANSWER_AFTER, "POST", .answer = "type-error") }, .writes = { ONE_SALE },
    .retries = 3, SOLD },
  { "5", "update-breaks", "an update that breaks the server: the retries are used, then a person",
    .before = { A_CUSTOMER },
    .faults = { FAULT (ANSWER, "PUT", .answer = "type-error") },
    .writes = { { "PUT", CUSTOMER, UPDATE ("ours"), SYNC_STATE_FAILED } }, .retries = 3,
    .exc_type = "TypeError",
    .doctype = "Customer", .documents = 0, .commits = "" },
  { "5", "update-breaks-after", "an update that breaks the server each time, and it was done",
    .before = { A_CUSTOMER },
    .faults = { FAULT (ANSWER_AFTER, "PUT", .answer = "type-error") },
    .writes = { { "PUT", CUSTOMER, UPDATE ("ours"), SYNC_STATE_COMPLETED } }, .retries = 3,
    .doctype = "Customer", .documents = 0, .commits = "update" },
  { "5", "delete-breaks", "a delete that breaks the server: the retries are used, then a person",
    .user = "manager",
    .before = { { "POST", SI, DRAFT } }, .faults = { FAULT (ANSWER, "DELETE", .answer = "type-error") },
    .writes = { { "DELETE", SI_N1, NULL, SYNC_STATE_FAILED } }, .retries = 3, .exc_type = "TypeError",
    .doctype = "Sales Invoice", .documents = 0, .commits = "" },
  { "5", "submission-breaks", "the submission breaks the server: the retries are used, then a person",
    .faults = { FAULT (ANSWER, "PUT", .answer = "type-error") },
    .writes = { { "POST", SI, SALE, SYNC_STATE_FAILED } },
    .retries = 3, .exc_type = "TypeError", .doctype = "Sales Invoice", .documents = 1, .commits = "create" },
  { "5", "cache-down", "the cache is down: it takes 20 seconds",
    .faults = { FAULT (SLOW_BEFORE, "POST", .delay_ms = 20000, .count = 1) }, .writes = { ONE_SALE }, SOLD },
  { "5", "server-away", "no server for four hours", .knob = stop_shop, .person = shop_comes_back,
    .writes = { ONE_SALE }, SOLD },
  { "5", "no-keep-alive", "a server that closes each connection", .knob = no_keep_alive,
    .writes = { ONE_SALE }, SOLD },
  { "5", "too-large", "413 of the proxy", .faults = { FAULT (ANSWER, "POST", .answer = "too-large") },
    .writes = { { "POST", SI, SALE, SYNC_STATE_FAILED } }, NOT_SOLD },
  { "5", "reset-while-sending", "reset while the request is being sent",
    .faults = { FAULT (RESET_REQUEST, NULL, .bytes = 300, .count = 3) }, .writes = { ONE_SALE }, SOLD },
  { "5", "reset-at-accept", "reset as soon as it is connected", .faults = { FAULT (RESET_ACCEPT, NULL,
    .count = 3) },
    .writes = { ONE_SALE }, SOLD },
};

static const ExactRow strangers[] = {
  { "5", "signed-out", "401 for four hours, then a new key", .knob = disable_user, .person = enable_user,
    .writes = { ONE_SALE }, SOLD },
  { "5", "unauthorized", "401 once", .faults = { ANSWERED ("unauthorized", 1) },
    .writes = { ONE_SALE }, SOLD },
  { "5", "csrf", "the token of a session is wrong once", .faults = { ANSWERED ("csrf", 1) },
    .writes = { ONE_SALE }, SOLD },
  { "5", "forbidden", "403, and we are who we are", .faults = { FAULT (ANSWER, "POST",
    .answer = "forbidden") },
    .writes = { { "POST", SI, SALE, SYNC_STATE_FAILED } }, .exc_type = "PermissionError", NOT_SOLD },
  { "5", "guest", "403 because we are taken for a guest, for four hours",
    .faults = { FAULT (ANSWER, NULL, .answer = "guest") }, .person = faults_end,
    .writes = { ONE_SALE }, SOLD },
  { "5", "portal", "a portal answers everything for four hours", .faults = { FAULT (ANSWER, NULL,
    .answer = "portal") },
    .person = portal_ends, .writes = { ONE_SALE }, SOLD },
  { "5", "portal-redirect", "a portal redirects everything for four hours",
    .faults = { FAULT (ANSWER, NULL, .answer = "login-redirect") }, .person = portal_ends,
    .writes = { ONE_SALE }, SOLD },
  { "5", "redirect-once", "one write is redirected: not followed", .faults = { ANSWERED ("moved", 1) },
    .writes = { ONE_SALE }, SOLD },
  { "5", "wrong-json", "200 with JSON that is not ours, after it was done",
    .faults = { ANSWERED_AFTER ("wrong-json") },
    .writes = { ONE_SALE }, SOLD },
  { "5", "broken-json", "200 with half a JSON, after it was done",
    .faults = { ANSWERED_AFTER ("broken-json") },
    .writes = { ONE_SALE }, SOLD },
  { "5", "empty-answer", "200 with nothing, after it was done", .faults = { ANSWERED_AFTER ("empty") },
    .writes = { ONE_SALE }, SOLD },
  { "5", "portal-after", "200 with a page, after it was done", .faults = { ANSWERED_AFTER ("portal") },
    .writes = { ONE_SALE }, SOLD },
};

static const ExactRow malformed[] = {
  { "5", "bad-json", "bad JSON is not accepted", .writes = { { "POST", SI, "{\"customer\":", 0,
    .refused = REFUSED (INVALID) } },
    NOT_SOLD },
  { "5", "nan", "NaN is not accepted", .writes = { { "POST", SI, "{\"discount_amount\":NaN}", 0,
    .refused = REFUSED (INVALID) } },
    NOT_SOLD },
  { "5", "text", "a text where a document belongs is not accepted",
    .writes = { { "POST", SI, "\"text\"", 0, .refused = REFUSED (INVALID) } }, NOT_SOLD },
  { "5", "over-25-mb", "more than 25 MB, which ERPNext does not take, is not accepted",
    .writes = { { "POST", "/api/resource/Note", "{\"title\":\"small\"}", SYNC_STATE_COMPLETED } },
    .person = too_much,
    .doctype = "Note", .documents = 1, .commits = "create" },
  { "5", "unseen-403", "what nobody may see is answered by 403, there or not", .user = "noroles",
    .writes = { { "PUT", "/api/resource/Customer/Nobody",
                  "{\"modified\":\"x\",\"website\":\"a\"}", SYNC_STATE_FAILED } },
    .exc_type = "PermissionError", .doctype = "Customer", .documents = 0, .commits = "" },
  { "5", "array", "an array where a document belongs is not accepted", .writes = { { "POST", SI, "[1]", 0,
    .refused = REFUSED (INVALID) } }, NOT_SOLD },
  { "5", "wrong-verb", "a verb that the first API does not know",
    .writes = { { "PATCH", CUSTOMER, "{}", 0, .refused = REFUSED (NOT_QUEUEABLE) } }, NOT_SOLD },
  { "5", "unknown-doctype", "a DocType that is not there: the retries are used, then a person",
    .writes = { { "POST", "/api/resource/No%20Such", "{\"a\":1}", SYNC_STATE_FAILED } },
    .exc_type = "ImportError",
    .retries = 3, NOT_SOLD },
  { "5", "unknown-method", "a method that this POS Awesome does not have",
    .writes = { { "POST", "/api/method/posawesome.older.api.submit_invoice",
                  "{\"invoice\":{\"customer\":\"Walk In\"}}",
                  SYNC_STATE_FAILED } },
    .exc_type = "ValidationError", .says = "Failed to get method", NOT_SOLD },
  { "5", "missing-argument", "a method without its argument: the retries are used, then a person",
    .writes = { { "POST", "/api/method/posawesome.posawesome.api.invoices.submit_invoice",
                  "{\"data\":{}}", SYNC_STATE_FAILED } },
    .exc_type = "TypeError", .retries = 3, NOT_SOLD },
  { "5", "account-locked", "the account is locked", .faults = { FAULT (ANSWER, "POST",
    .answer = "login-locked") },
    .writes = { { "POST", SI, SALE, SYNC_STATE_FAILED } }, .exc_type = "SecurityException", NOT_SOLD },
  { "5", "read-as-write", "a read cannot wait in the queue",
    .writes = { { "GET", CUSTOMER, NULL, 0, .refused = REFUSED (NOT_QUEUEABLE) } }, NOT_SOLD },
  { "6", "write-as-get", "a write called with GET is rolled back by the server: not accepted",
    .before = { { "POST", SI, DRAFT } },
    .writes = { { "GET", SI_N1 "?run_method=submit", NULL, 0, .refused = REFUSED (NOT_QUEUEABLE) } },
    .doctype = "Sales Invoice", .documents = 0, .commits = "" },
};

void
exact_add_fault_rows (void)
{
  exact_add_rows (concurrency, G_N_ELEMENTS (concurrency));
  exact_add_rows (hosts, G_N_ELEMENTS (hosts));
  exact_add_rows (strangers, G_N_ELEMENTS (strangers));
  exact_add_rows (malformed, G_N_ELEMENTS (malformed));
}
