/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The answer is lost: the same nine ways for each kind of write. */
#include "config.h"

#include "exact.h"

#define CUSTOMER "/api/resource/Customer/Acme%20Ltd"
#define A_CUSTOMER { "PUT", CUSTOMER, "{\"website\":\"a\"}" }
#define TILL "/api/method/posawesome.posawesome.api.invoices.submit_invoice"
#define TILL_SALE "{\"invoice\":{\"doctype\":\"Sales Invoice\",\"posa_client_request_id\":\"k-1\"," DRAFT_FIELDS "},\"data\":{}}"

static void
kill_program (Exact *e)
{
  exact_kill (e);
}

/* The answer to a send without a key is lost with the program; before it comes back somebody makes the key field. */
static void
key_field_appears (Exact *e)
{
  static const ExactCall call
    = { "POST", "/api/resource/Custom%20Field",
        "{\"dt\":\"Note\",\"fieldname\":\"sync_client_id\",\"fieldtype\":\"Data\",\"unique\":1,\"label\":\"Key\"}", "manager" };

  exact_call (e, &call);
  exact_kill (e);
}

/* One kind of write in every way of losing its answer. */
#define LOST(name_, words_, verb_, ...)                                                                        \
  { "7", name_ "-reset-before", words_ ": reset before the server did it",                                      \
    .faults = { FAULT (RESET_BEFORE, verb_, .count = 1) }, __VA_ARGS__ },                                       \
  { "7", name_ "-reset-after", words_ ": reset after the server did it",                                        \
    .faults = { FAULT (RESET_AFTER, verb_, .count = 1) }, __VA_ARGS__ },                                        \
  { "7", name_ "-reset-twice", words_ ": reset before the server did it, then after it did it",                 \
    .faults = { FAULT (RESET_BEFORE, verb_, .count = 1), FAULT (RESET_AFTER, verb_, .count = 1) }, __VA_ARGS__ }, \
  { "7", name_ "-reset-in-answer", words_ ": reset after 40 bytes of the answer",                               \
    .faults = { FAULT (RESET_ANSWER, verb_, .count = 1, .bytes = 40) }, __VA_ARGS__ },                          \
  { "7", name_ "-closed-in-answer", words_ ": closed after 40 bytes of the answer",                             \
    .faults = { FAULT (TRUNCATE, verb_, .count = 1, .bytes = 40) }, __VA_ARGS__ },                              \
  { "7", name_ "-closed-late", words_ ": closed within the answer's body",                                      \
    .faults = { FAULT (TRUNCATE, verb_, .count = 1, .bytes = 700) }, __VA_ARGS__ },                             \
  { "7", name_ "-stalled", words_ ": no answer, not done", .faults = { FAULT (STALL, verb_, .count = 1) },      \
    __VA_ARGS__ },                                                                                             \
  { "7", name_ "-stalled-after", words_ ": no answer, but done",                                                \
    .faults = { FAULT (STALL_AFTER, verb_, .count = 1) }, __VA_ARGS__ },                                        \
  { "7", name_ "-killed", words_ ": the program is killed while it waits", .minutes = 1, .person = kill_program, \
    .faults = { FAULT (STALL_AFTER, verb_, .count = 1) }, __VA_ARGS__ }

static const ExactRow rows[] = {
  LOST ("create", "create", "POST", .writes = { { "POST", SI, KEYED ("k-1"), SYNC_STATE_COMPLETED } },
        .doctype = "Sales Invoice", .documents = 1, .commits = "create"),
  LOST ("submit-draft", "create and submit, the draft", "POST",
        .writes = { { "POST", SI, KEYED_SALE ("k-1"), SYNC_STATE_COMPLETED } }, .doctype = "Sales Invoice",
        .documents = 1, .commits = "create submit"),
  LOST ("submit", "create and submit, the submission", "PUT",
        .writes = { { "POST", SI, KEYED_SALE ("k-1"), SYNC_STATE_COMPLETED } }, .doctype = "Sales Invoice",
        .documents = 1, .commits = "create submit"),
  LOST ("update", "update", "PUT", .before = { A_CUSTOMER },
        .writes = { { "PUT", CUSTOMER,
                      "{\"modified\":\"$M1\",\"website\":\"ours\"}", SYNC_STATE_COMPLETED } },
        .doctype = "Customer", .documents = 0, .commits = "update"),
  LOST ("cancel", "cancel", "PUT", .user = "manager",
    .before = { { "POST", SI, DRAFT }, { "PUT", SI_N1, "{\"docstatus\":1}" } },
        .writes = { { "PUT", SI_N1, "{\"docstatus\":2}", SYNC_STATE_COMPLETED } },
        .doctype = "Sales Invoice", .documents = 0, .commits = "cancel"),
  LOST ("delete", "delete", "DELETE", .user = "manager", .before = { { "POST", SI, DRAFT } },
        .writes = { { "DELETE", SI_N1, NULL, SYNC_STATE_COMPLETED } },
        .doctype = "Sales Invoice", .documents = -1, .commits = "delete"),
  LOST ("till", "sale of the till", "POST", .writes = { { "POST", TILL, TILL_SALE, SYNC_STATE_COMPLETED } },
        .doctype = "Sales Invoice", .documents = 1, .commits = "create submit"),
  { "7", "unkeyed-killed", "create without a key field, which is made while the program is away: never sent again",
    .user = "manager", .minutes = 1, .person = key_field_appears,
    .faults = { FAULT (STALL_AFTER, "POST", .count = 1) },
    .writes = { { "POST", "/api/resource/Note", "{\"title\":\"x\"}", SYNC_STATE_UNKNOWN } },
    .needs_person = TRUE, .says = "did not enforce its key", .doctype = "Note", .documents = 1, .commits = "create" },
  { "7", "truncated-request", "the request itself is cut",
    .faults = { FAULT (RESET_REQUEST, NULL, .count = 2, .bytes = 500) },
    .writes = { { "POST", SI, KEYED_SALE ("k-1"), SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = 1, .commits = "create submit" },
  { "7", "slow", "the answer comes after 100 seconds",
    .faults = { FAULT (SLOW_AFTER, "POST", .count = 1, .delay_ms = 100000) },
    .writes = { { "POST", SI, KEYED_SALE ("k-1"), SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = 1, .commits = "create submit" },
};

void
exact_add_lost_rows (void)
{
  exact_add_rows (rows, G_N_ELEMENTS (rows));
}
