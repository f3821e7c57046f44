/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Creates that no key protects, whose answer is lost: settled by their natural key, who made them and when; or by a
 * person, who is told what stands there. */
#include "config.h"

#include "exact.h"

#define CUSTOMERS "/api/resource/Customer"
#define ITEMS "/api/resource/Item"
#define RIGHT "/api/method/frappe.client.has_permission"
#define NEW "{\"customer_name\":\"New\",\"customer_group\":\"Individual\"}"
#define A_NEW { "POST", CUSTOMERS, NEW, SYNC_STATE_COMPLETED }
#define FOR_PERSON(url, body) { { "POST", url, body, SYNC_STATE_UNKNOWN } }
#define ITEM(code) "{\"item_code\":\"" code "\",\"item_name\":\"" code "\",\"item_group\":\"Products\",\"stock_uom\":\"Nos\"}"
#define TILL "/api/method/posawesome.posawesome.api.customers.create_customer"
#define TILL_NEW "{\"customer_name\":\"New\",\"company\":\"Test Co\",\"method\":\"create\",\"mobile_no\":\"123\"}"
#define BEFORE FAULT (RESET_BEFORE, "POST", .count = 1)
#define AFTER FAULT (RESET_AFTER, "POST", .count = 1)
#define MADE(n, kinds) .doctype = "Customer", .documents = n, .commits = kinds

static void
kill_program (Exact *e)
{
  exact_kill (e);
  exact_run (e, 60 * 60 * 1000);
}

/* An hour, or more than a day, lies between what stands there and our send. */
static void
hour_passes (Exact *e)
{
  sync_clock_virtual_advance_us (e->clock, G_TIME_SPAN_HOUR);
}

static void
days_pass (Exact *e)
{
  sync_clock_virtual_advance_us (e->clock, 27 * G_TIME_SPAN_HOUR);
}

static void
same_by_us (Exact *e)
{
  static const ExactCall call = { "POST", CUSTOMERS, NEW };

  exact_call_at (e, 200, &call);
}

static void
same_by_us_at_last (Exact *e)
{
  static const ExactCall call = { "POST", CUSTOMERS, NEW };

  exact_call_at (e, 100000, &call);
}

static void
same_by_us_late (Exact *e)
{
  static const ExactCall call = { "POST", CUSTOMERS, NEW };

  sync_engine_pause (e->engine, 0, NULL);
  exact_run (e, 60 * 60 * 1000);
  exact_call (e, &call);
  sync_engine_resume (e->engine);
}

static void
similar_by_us (Exact *e)
{
  static const ExactCall call = { "POST", CUSTOMERS, "{\"customer_name\":\"NEW\",\"customer_group\":\"Individual\"}" };

  exact_call_at (e, 60000, &call);
}

static void
other_group_by_us (Exact *e)
{
  static const ExactCall call = { "POST", CUSTOMERS, "{\"customer_name\":\"New\",\"customer_group\":\"Commercial\"}" };

  exact_call_at (e, 60000, &call);
}

static void
same_by_clerk (Exact *e)
{
  static const ExactCall call = { "POST", CUSTOMERS, NEW, "clerk" };

  exact_call_at (e, 60000, &call);
}

static void
other_item_by_us (Exact *e)
{
  static const ExactCall call = { "POST", ITEMS, ITEM ("OTHER"), "manager" };

  exact_call_at (e, 60000, &call);
}

static void
take_as_customer (Exact *e)
{
  g_autoptr (JsonObject) sale = exact_dup_document (e, "Sales Invoice", 1);

  if (g_strcmp0 (json_object_get_string_member_with_default (sale, "customer", NULL), "New") != 0)
    exact_wrong (e, "the sale is to %s", json_object_get_string_member_with_default (sale, "customer", "nobody"));
}

static const ExactRow rows[] = {
  { "3", "natural-before", "a customer without a key field, reset before: absent twice, sent again", .faults = { BEFORE },
    .writes = { A_NEW }, MADE (1, "create") },
  { "3", "natural-after", "reset after: found by its name, maker and time", .faults = { AFTER }, .writes = { A_NEW },
    MADE (1, "create") },
  { "3", "natural-see-other", "303, after it was done", .faults = { FAULT (ANSWER_AFTER, "POST", .answer = "see-other",
    .count = 1) }, .writes = { A_NEW }, MADE (1, "create") },
  { "3", "natural-proxy-sign-in", "a proxy's 401, after it was done",
    .faults = { FAULT (ANSWER_AFTER, "POST", .answer = "proxy-sign-in", .count = 1) }, .writes = { A_NEW },
    MADE (1, "create") },
  { "3", "natural-twice", "reset before, then after", .faults = { BEFORE, AFTER }, .writes = { A_NEW },
    MADE (1, "create") },
  { "3", "natural-stalled", "no answer, not done", .faults = { FAULT (STALL, "POST", .count = 1) }, .writes = { A_NEW },
    MADE (1, "create") },
  { "3", "natural-stalled-after", "no answer, but done", .faults = { FAULT (STALL_AFTER, "POST", .count = 1) },
    .writes = { A_NEW }, MADE (1, "create") },
  { "3", "natural-killed", "the program is killed, it was not done", .minutes = 1, .person = kill_program,
    .faults = { FAULT (STALL, "POST", .count = 1) }, .writes = { A_NEW }, MADE (1, "create") },
  { "3", "natural-killed-after", "the program is killed, it was done", .minutes = 1, .person = kill_program,
    .faults = { FAULT (STALL_AFTER, "POST", .count = 1) }, .writes = { A_NEW }, MADE (1, "create") },
  { "3", "natural-late", "the server does it 100 seconds after the connection broke", .knob = same_by_us_at_last,
    .faults = { BEFORE }, .writes = { A_NEW }, MADE (1, "create") },
  { "3", "natural-one-read", "one list after the settle time lacks it: that is not enough",
    .faults = { AFTER, FAULT (ANSWER, "GET", .answer = "empty-list", .path = CUSTOMERS, .skip = 1, .count = 3) },
    .writes = { A_NEW }, MADE (1, "create") },
  { "3", "natural-dependant", "a sale waits for the customer whose answer is lost", .faults = { AFTER },
    .writes = { { "POST", CUSTOMERS, NEW, SYNC_STATE_COMPLETED, .key = "c-1" },
                { "POST", SI, "{\"customer\":\"LOCAL-c-1\",\"company\":\"Test Co\",\"items\":[{\"item_code\":\"ITEM-001\","
                              "\"qty\":1,\"rate\":10}]}", SYNC_STATE_COMPLETED } },
    MADE (1, "create"), .check = take_as_customer },
  { "3", "natural-till", "the till's own method, reset before", .faults = { BEFORE },
    .writes = { { "POST", TILL, TILL_NEW, SYNC_STATE_COMPLETED } }, MADE (1, "create") },
  { "3", "natural-till-after", "the till's own method, reset after", .faults = { AFTER },
    .writes = { { "POST", TILL, TILL_NEW, SYNC_STATE_COMPLETED } }, MADE (1, "create") },

  { "3", "natural-twin-delivered", "the answer to one of two equal customers is lost", .faults = { AFTER },
    .writes = { A_NEW, A_NEW }, MADE (2, "create create") },
  { "3", "natural-twin-before", "one of two equal customers does not arrive", .faults = { BEFORE },
    .writes = { A_NEW, A_NEW }, MADE (2, "create create") },
  { "3", "natural-twins", "the answers to both of two equal customers are lost: a person decides",
    .faults = { FAULT (RESET_AFTER, "POST", .count = 2) },
    .writes = { { "POST", CUSTOMERS, NEW, SYNC_STATE_UNKNOWN }, { "POST", CUSTOMERS, NEW, SYNC_STATE_UNKNOWN } },
    .needs_person = TRUE, .says = "“New - 1”", MADE (2, "create create") },
  { "3", "natural-same-name", "the same user makes one of that name meanwhile: a person decides", .knob = same_by_us,
    .faults = { AFTER }, .writes = FOR_PERSON (CUSTOMERS, NEW),
    .needs_person = TRUE, .says = "cashier@example.com made on the server: Customer “New” (2026-", MADE (2, "create create") },
  { "3", "natural-same-name-late", "the same user makes one of that name an hour later, while we pause", .minutes = 1,
    .person = same_by_us_late, .faults = { BEFORE }, .writes = FOR_PERSON (CUSTOMERS, NEW),
    .needs_person = TRUE, .says = "“New”", MADE (1, "create") },
  { "3", "natural-differs", "the same user makes another one of that name meanwhile: a person decides",
    .knob = other_group_by_us, .faults = { BEFORE }, .writes = FOR_PERSON (CUSTOMERS, NEW),
    .needs_person = TRUE, .says = "It differs from what was sent", MADE (1, "create") },
  { "3", "natural-case", "the same user makes one of that name in capitals meanwhile: a person decides",
    .knob = similar_by_us, .faults = { BEFORE }, .writes = FOR_PERSON (CUSTOMERS, NEW),
    .needs_person = TRUE, .says = "“NEW”", MADE (1, "create") },
  { "3", "natural-by-another", "somebody else makes one of that name: that is not ours", .knob = same_by_clerk,
    .faults = { BEFORE }, .writes = { A_NEW }, MADE (2, "create create") },
  { "3", "natural-earlier", "the same user made one of that name an hour ago: a person decides",
    .before = { { "POST", CUSTOMERS, NEW } }, .knob = hour_passes, .faults = { BEFORE },
    .writes = FOR_PERSON (CUSTOMERS, NEW), .needs_person = TRUE, .says = "“New”", MADE (0, "") },
  { "3", "natural-days-ago", "the same user made one of that name days ago: that is not ours",
    .before = { { "POST", CUSTOMERS, NEW } }, .knob = days_pass, .faults = { BEFORE }, .writes = { A_NEW },
    MADE (1, "create") },

  { "3", "natural-hidden", "customers cannot be listed: their absence proves nothing",
    .faults = { BEFORE, FAULT (ANSWER, "GET", .answer = "forbidden", .path = CUSTOMERS, .skip = 1) },
    .writes = FOR_PERSON (CUSTOMERS, NEW), .needs_person = TRUE, .says = "cannot be read", MADE (0, "") },
  { "3", "natural-nothing-shown", "no customer at all is shown: that proves nothing",
    .faults = { BEFORE, FAULT (ANSWER, "GET", .answer = "empty-list", .path = CUSTOMERS, .skip = 1) },
    .writes = FOR_PERSON (CUSTOMERS, NEW), .needs_person = TRUE, .says = "not certain", MADE (0, "") },
  { "3", "natural-no-right", "customers are listed, but may not be read",
    .faults = { BEFORE, FAULT (ANSWER, "GET", .answer = "no-right", .path = RIGHT) },
    .writes = FOR_PERSON (CUSTOMERS, NEW), .needs_person = TRUE, .says = "not certain", MADE (0, "") },
  { "3", "natural-no-zone", "the site does not tell its time zone",
    .faults = { AFTER, FAULT (ANSWER, "GET", .answer = "forbidden", .path = "*get_time_zone") },
    .writes = FOR_PERSON (CUSTOMERS, NEW), .needs_person = TRUE, .says = "time zone", MADE (1, "create") },
  { "3", "natural-markup", "a name that the server may store otherwise", .faults = { BEFORE },
    .writes = FOR_PERSON (CUSTOMERS, "{\"customer_name\":\"New <b>\"}"), .needs_person = TRUE, MADE (0, "") },

  { "3", "natural-item", "an item, reset before", .user = "manager", .faults = { BEFORE },
    .writes = { { "POST", ITEMS, ITEM ("NEW"), SYNC_STATE_COMPLETED } }, .doctype = "Item", .documents = 1,
    .commits = "create" },
  { "3", "natural-item-after", "an item, reset after", .user = "manager", .faults = { AFTER },
    .writes = { { "POST", ITEMS, ITEM ("NEW"), SYNC_STATE_COMPLETED } }, .doctype = "Item", .documents = 1,
    .commits = "create" },
  { "3", "natural-item-numbered", "an item that the server may have numbered: another one of that time may be it",
    .user = "manager", .knob = other_item_by_us, .faults = { BEFORE }, .writes = FOR_PERSON (ITEMS, ITEM ("NEW")),
    .needs_person = TRUE, .says = "“OTHER”", .doctype = "Item", .documents = 1, .commits = "create" },

  { "3", "unkeyed-before", "a note has no natural key; reset before: a person decides", .faults = { BEFORE },
    .writes = FOR_PERSON ("/api/resource/Note", "{\"title\":\"x\"}"), .needs_person = TRUE, .doctype = "Note",
    .documents = 0, .commits = "" },
  { "3", "unkeyed-after", "a note has no natural key; reset after: a person decides", .faults = { AFTER },
    .writes = FOR_PERSON ("/api/resource/Note", "{\"title\":\"x\"}"), .needs_person = TRUE, .doctype = "Note",
    .documents = 1, .commits = "create" },
};

void
exact_add_natural_rows (void)
{
  exact_add_rows (rows, G_N_ELEMENTS (rows));
}
