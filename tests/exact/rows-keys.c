/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Duplicates and the idempotency key. */
#include "config.h"

#include "exact.h"

#include <string.h>

#include "sync-error.h"

#define OTHER_SALE(key)                                                                                        \
  "{\"posa_client_request_id\":\"" key "\",\"customer\":\"Acme Ltd\",\"company\":\"Test Co\","                   \
  "\"items\":[{\"item_code\":\"ITEM-002\",\"qty\":3,\"rate\":20}]}"
#define LONG_KEY                                                                                               \
  "00000000001111111111222222222233333333334444444444555555555566666666667777777777"                           \
  "8888888888999999999900000000001111111111222222222233333333334x"
#define KEY_FIELD(type)                                                                                        \
  "{\"dt\":\"" type "\",\"fieldname\":\"sync_client_id\",\"fieldtype\":\"Data\",\"unique\":1,\"label\":\"Key\"}"
#define NOTES "/api/resource/Note"
#define A_NOTE "{\"title\":\"x\"}"
#define NOTE_KEY_FIELD(unique)                                                                                   \
  "{\"dt\":\"Note\",\"fieldname\":\"sync_client_id\",\"fieldtype\":\"Data\",\"unique\":" #unique ",\"label\":\"Key\"}"
#define NOTE_KEY(unique) { "POST", "/api/resource/Custom%20Field", NOTE_KEY_FIELD (unique), "manager" }
#define ITEM_KEY { "POST", "/api/resource/Custom%20Field", KEY_FIELD ("Item"), "manager" }
#define OTHER_ITEM(code) \
  "{\"item_code\":\"" code "\",\"item_group\":\"Products\",\"stock_uom\":\"Nos\",\"description\":\"ours\"}"
#define ITEM(code) "{\"item_code\":\"" code "\",\"item_group\":\"Products\",\"stock_uom\":\"Nos\"}"

static void
remove_key_field (Exact *e)
{
  sync_practice_shop_remove_field (e->shop, "Sales Invoice", "posa_client_request_id");
}

/* Another till, or the browser by itself, sends the same sale while ours is being handled. */
static void
same_key_meanwhile (Exact *e)
{
  static const ExactCall call = { "POST", SI, KEYED ("k-1"), "clerk" };

  exact_call_at (e, 200, &call);
}

static void
other_content_later (Exact *e)
{
  static const ExactWrite write
    = { "POST", SI, OTHER_SALE ("k-1"), SYNC_STATE_PENDING, .refused = REFUSED (KEY_CONFLICT) };

  exact_hand_over (e, &write, 1);
}

static void
same_again_later (Exact *e)
{
  static const ExactWrite write = { "POST", SI, KEYED ("k-1"), SYNC_STATE_COMPLETED, .refused = EXACT_AGAIN };

  exact_hand_over (e, &write, 1);
}

/* The field goes between two sales; the answer to the first of the next ones tells, without the key in it. */
static void
field_goes (Exact *e)
{
  static const ExactWrite second = { "POST", SI, DRAFT, SYNC_STATE_COMPLETED };
  static const ExactWrite third = { "POST", SI, DRAFT, SYNC_STATE_UNKNOWN };
  static const SyncPracticeFault fault = { .kind = SYNC_PRACTICE_FAULT_RESET_AFTER, .method = "POST", .count = 1 };
  g_autoptr (SyncRequest) request = NULL;

  remove_key_field (e);
  exact_hand_over (e, &second, 1);
  exact_run (e, 60000);
  sync_practice_shop_add_fault (e->shop, &fault);
  exact_hand_over (e, &third, 2);
  exact_run (e, 3600000);
  request = exact_get (e, 2);
  if (request->state != SYNC_STATE_UNKNOWN || !request->needs_person || request->attempts != 1)
    exact_wrong (e, "the sale without a kept key was sent %u times and is %s", request->attempts,
                 sync_state_to_string (request->state));
}

static void
check_key_kept (Exact *e)
{
  g_autoptr (JsonObject) document = exact_dup_document (e, "Sales Invoice", 0);
  g_autoptr (SyncRequest) request = exact_get (e, 0);
  const char *key = json_object_get_string_member_with_default (document, "posa_client_request_id", NULL);

  if (g_strcmp0 (key, request->key) != 0)
    exact_wrong (e, "the document does not hold the key");
}

static void
check_ours (Exact *e)
{
  g_autoptr (JsonObject) document = exact_dup_document (e, "Sales Invoice", 0);
  const char *customer = json_object_get_string_member_with_default (document, "customer", "");

  if (g_strcmp0 (customer, "Walk In") != 0)
    exact_wrong (e, "the sale is to %s", customer);
}

/* The cashier's answer is lost; what the manager's run found out still counts. */
static void
cashier_loses_answer (Exact *e)
{
  static const ExactWrite write = { "POST", NOTES, A_NOTE, SYNC_STATE_COMPLETED };
  static const SyncPracticeFault fault = { .kind = SYNC_PRACTICE_FAULT_RESET_AFTER, .method = "POST", .count = 1 };
  g_autoptr (SyncRequest) request = NULL;

  exact_kill_as (e, "cashier");
  sync_practice_shop_add_fault (e->shop, &fault);
  exact_hand_over (e, &write, 1);
  exact_run (e, 3600000);
  request = exact_get (e, 1);
  if (request->state != SYNC_STATE_COMPLETED || request->attempts != 2)
    exact_wrong (e, "the cashier's note was sent %u times and is %s", request->attempts,
                 sync_state_to_string (request->state));
}

/* The field goes, which a cashier's run sees, and comes back without being unique. */
static void
field_is_made_again (Exact *e)
{
  static const ExactWrite second = { "POST", NOTES, A_NOTE, SYNC_STATE_COMPLETED };
  static const ExactWrite third = { "POST", NOTES, A_NOTE, SYNC_STATE_UNKNOWN };
  static const ExactCall removal = { "DELETE", "/api/resource/Custom%20Field/Note-sync_client_id", NULL, "manager" };
  static const ExactCall call = { "POST", "/api/resource/Custom%20Field", NOTE_KEY_FIELD (0), "manager" };
  static const SyncPracticeFault fault = { .kind = SYNC_PRACTICE_FAULT_RESET_AFTER, .method = "POST", .count = 1 };
  g_autoptr (SyncRequest) request = NULL;

  exact_call (e, &removal);
  exact_kill_as (e, "cashier");
  exact_hand_over (e, &second, 1);
  exact_run (e, 60000);
  exact_call (e, &call);
  exact_kill (e);
  sync_practice_shop_add_fault (e->shop, &fault);
  exact_hand_over (e, &third, 2);
  exact_run (e, 3600000);
  request = exact_get (e, 2);
  if (request->state != SYNC_STATE_UNKNOWN || !request->needs_person)
    exact_wrong (e, "the note without a unique key is %s", sync_state_to_string (request->state));
}

static void
make_field_twice (Exact *e)
{
  static const ExactWrite write
    = { "POST", "/api/resource/Custom%20Field", KEY_FIELD ("Customer"), SYNC_STATE_FAILED };
  g_autoptr (SyncRequest) request = NULL;

  exact_hand_over (e, &write, 1);
  exact_run (e, 3600000);
  request = exact_get (e, 1);
  if (request->state != SYNC_STATE_FAILED)
    exact_wrong (e, "the second one is %s", sync_state_to_string (request->state));
}

static void
resolve (Exact *e, SyncResolution resolution, const char *document)
{
  g_autoptr (GBytes) body = document != NULL ? g_bytes_new (document, strlen (document)) : NULL;
  g_autoptr (GError) error = NULL;

  if (sync_engine_resolve (e->engine, 1, SYNC_RESOLUTION_LOCAL_WINS, NULL, "anna", NULL)
      || sync_engine_resolve (e->engine, 1, SYNC_RESOLUTION_MERGED, NULL, "anna", NULL))
    exact_wrong (e, "ours was to be written into another document");
  if (!sync_engine_resolve (e->engine, 1, resolution, body, "anna", &error))
    exact_wrong (e, "%s", error->message);
}

static void
theirs_stands (Exact *e)
{
  resolve (e, SYNC_RESOLUTION_SERVER_WINS, NULL);
}

static void
under_another_name (Exact *e)
{
  resolve (e, SYNC_RESOLUTION_MANUAL, ITEM ("ITEM-900"));
}

typedef struct
{
  GPtrArray *keys;
} Made;

static void
made_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ((Made *) user_data)->keys = sync_engine_make_keys_finish (SYNC_ENGINE (source), result, NULL);
}

static void
make_note_key (Exact *e, SyncKeyState state, const char *words)
{
  static const char *const types[] = { "Note", NULL };
  Made made = { NULL };
  const SyncKey *key;

  sync_engine_start (e->engine, NULL);
  sync_engine_make_keys_async (e->engine, types, made_cb, &made);
  while (made.keys == NULL)
    g_main_context_iteration (NULL, TRUE);
  key = g_ptr_array_index (made.keys, 0);
  if (key->state != state || strstr (key->words, words) == NULL)
    exact_wrong (e, "the key is %s: %s", sync_key_state_to_string (key->state), key->words);
  g_ptr_array_unref (made.keys);
}

static void
make_keys (Exact *e)
{
  g_autoptr (JsonObject) field = NULL;

  make_note_key (e, SYNC_KEY_ENFORCED, "refuses a second Note");
  field = sync_practice_shop_dup_doc (e->shop, "Custom Field", "Note-sync_client_id");
  if (field == NULL || json_object_get_int_member (field, "no_copy") != 1
      || json_object_get_int_member (field, "read_only") != 1 || json_object_get_int_member (field, "length") != 64)
    exact_wrong (e, "the key field is not as it should be");
  /* Once more is no harm. */
  make_note_key (e, SYNC_KEY_ENFORCED, "refuses a second Note");
}

static void
make_keys_as_cashier (Exact *e)
{
  make_note_key (e, SYNC_KEY_MISSING, "a System Manager may");
}

static void
make_keys_in_vain (Exact *e)
{
  make_note_key (e, SYNC_KEY_NOT_UNIQUE, "not as a unique Data field");
}

static void
no_tracebacks (Exact *e)
{
  sync_practice_shop_set_tracebacks (e->shop, FALSE);
}

static const ExactRow rows[] = {
  { "3", "identical-sales", "two identical sales are two sales",
    .writes = { { "POST", SI, DRAFT, SYNC_STATE_COMPLETED }, { "POST", SI, DRAFT, SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = 2, .commits = "create create", .check = check_key_kept },
  { "3", "sent-twice", "one sale handed over twice",
    .writes = { { "POST", SI, KEYED ("k-1"), SYNC_STATE_COMPLETED },
                { "POST", SI, KEYED ("k-1"), SYNC_STATE_COMPLETED, .refused = EXACT_AGAIN } },
    .doctype = "Sales Invoice", .documents = 1, .commits = "create" },
  { "3", "sent-again-later", "one sale handed over again after its delivery",
    .writes = { { "POST", SI, KEYED ("k-1"), SYNC_STATE_COMPLETED } }, .person = same_again_later,
    .doctype = "Sales Invoice", .documents = 1, .commits = "create" },
  { "3", "replaced", "the same key with other content, before it was sent: the newer one goes",
    .writes = { { "POST", SI, KEYED ("k-1"), SYNC_STATE_DISCARDED },
                { "POST", SI, OTHER_SALE ("k-1"), SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = 1, .commits = "create" },
  { "3", "other-content-later", "the same key with other content, after the delivery: refused",
    .writes = { { "POST", SI, KEYED ("k-1"), SYNC_STATE_COMPLETED } }, .person = other_content_later,
    .doctype = "Sales Invoice", .documents = 1, .commits = "create" },
  { "3", "customer-of-that-name", "a customer whose name exists: ERPNext numbers the second",
    .writes = { { "POST", "/api/resource/Customer",
                  "{\"customer_name\":\"Acme Ltd\"}", SYNC_STATE_COMPLETED } },
    .doctype = "Customer", .documents = 1, .commits = "create" },
  { "3", "name-taken", "the name is taken, no key field: a conflict", .user = "manager",
    .writes = { { "POST", "/api/resource/Item", OTHER_ITEM ("ITEM-001"), SYNC_STATE_CONFLICT } },
    .exc_type = "DuplicateEntryError", .says = "already exists", .conflict = "name_taken", .doctype = "Item",
    .documents = 0, .commits = "" },
  { "3", "name-taken-keyed", "the name is taken, and our key is nowhere: a conflict", .user = "manager",
    .before = { ITEM_KEY },
    .writes = { { "POST", "/api/resource/Item", OTHER_ITEM ("ITEM-001"), SYNC_STATE_CONFLICT } },
    .exc_type = "DuplicateEntryError", .conflict = "name_taken", .doctype = "Item", .documents = 0, .commits = "" },
  { "3", "name-taken-by-the-same", "the document of that name says all that ours would: it serves as well", .user = "manager",
    .before = { ITEM_KEY },
    .writes = { { "POST", "/api/resource/Item", ITEM ("ITEM-001"), SYNC_STATE_DISCARDED, .key = "an-item" },
                { "PUT", "/api/resource/Item/LOCAL-an-item", "{\"description\":\"x\"}", SYNC_STATE_COMPLETED } },
    .exc_type = "DuplicateEntryError", .doctype = "Item", .documents = 0, .commits = "update" },
  { "3", "name-taken-waited-for", "a person lets it stand: who waits for ours goes on with it", .user = "manager",
    .writes = { { "POST", "/api/resource/Item", OTHER_ITEM ("ITEM-001"), SYNC_STATE_DISCARDED, .key = "an-item" },
                { "PUT", "/api/resource/Item/LOCAL-an-item", "{\"description\":\"x\"}", SYNC_STATE_COMPLETED } },
    .person = theirs_stands, .exc_type = "DuplicateEntryError", .doctype = "Item", .documents = 0, .commits = "update" },
  { "3", "name-taken-other-name", "a person gives ours another one", .user = "manager",
    .writes = { { "POST", "/api/resource/Item", OTHER_ITEM ("ITEM-001"), SYNC_STATE_COMPLETED } },
    .person = under_another_name, .doctype = "Item", .documents = 1, .commits = "create" },
  { "3", "key-there-already", "the same sale stands there under our key",
    .before = { { "POST", SI, KEYED ("k-1"), "clerk" } },
    .writes = { { "POST", SI, KEYED ("k-1"), SYNC_STATE_COMPLETED } },
    .exc_type = "UniqueValidationError", .doctype = "Sales Invoice", .documents = 0, .commits = "" },
  { "3", "key-there-already-v2", "the same, by the second API",
    .before = { { "POST", SI, KEYED ("k-1"), "clerk" } },
    .writes = { { "POST", "/api/v2/document/Sales%20Invoice", KEYED ("k-1"), SYNC_STATE_COMPLETED } },
    .exc_type = "UniqueValidationError", .doctype = "Sales Invoice", .documents = 0, .commits = "" },
  { "3", "key-of-another-draft", "another sale stands there under our key, a draft: it takes the difference",
    .before = { { "POST", SI, OTHER_SALE ("k-1"), "clerk" } },
    .writes = { { "POST", SI, KEYED_SALE ("k-1"), SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = 0, .commits = "update submit", .check = check_ours },
  { "3", "key-there-quiet", "the same sale under our key, on a site that shows no tracebacks",
    .knob = no_tracebacks,
    .before = { { "POST", SI, KEYED ("k-1"), "clerk" } },
    .writes = { { "POST", SI, KEYED ("k-1"), SYNC_STATE_COMPLETED } },
    .exc_type = "UniqueValidationError", .doctype = "Sales Invoice", .documents = 0, .commits = "" },
  { "3", "client-name-taken", "a name chosen by the client, and taken",
    .writes = { { "POST", "/api/resource/Customer",
                  "{\"name\":\"Acme Ltd\",\"customer_name\":\"x\"}", SYNC_STATE_CONFLICT } },
    .exc_type = "DuplicateEntryError", .conflict = "name_taken", .doctype = "Customer", .documents = 0, .commits = "" },
  { "3", "key-field-made", "the key field is made by a System Manager", .user = "manager",
    .writes = { { "POST", "/api/resource/Custom%20Field", KEY_FIELD ("Customer"), SYNC_STATE_COMPLETED } },
    .doctype = "Custom Field", .documents = 1, .commits = "create" },
  { "3", "key-field-made-twice", "the key field is there already", .user = "manager",
    .writes = { { "POST", "/api/resource/Custom%20Field", KEY_FIELD ("Customer"), SYNC_STATE_COMPLETED } },
    .person = make_field_twice, .doctype = "Custom Field", .documents = 1, .commits = "create" },
  { "3", "key-field-by-cashier", "the key field, made by a cashier",
    .writes = { { "POST", "/api/resource/Custom%20Field", KEY_FIELD ("Customer"), SYNC_STATE_FAILED } },
    .exc_type = "PermissionError", .doctype = "Custom Field", .documents = 0, .commits = "" },
  { "3", "key-of-another-sale", "another sale stands there under our key, submitted",
    .before = { { "POST", SI, OTHER_SALE ("k-1"), "clerk" }, { "PUT", SI_N1, "{\"docstatus\":1}", "clerk" } },
    .writes = { { "POST", SI, KEYED_SALE ("k-1"), SYNC_STATE_CONFLICT } }, .conflict = "submitted",
    .doctype = "Sales Invoice", .documents = 0, .commits = "" },
  { "3", "key-of-draft-to-submit", "our sale stands there as a draft: it is submitted",
    .before = { { "POST", SI, KEYED ("k-1") } },
    .writes = { { "POST", SI, KEYED_SALE ("k-1"), SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = 0, .commits = "submit" },
  { "3", "key-of-submitted", "our sale stands there submitted",
    .before = { { "POST", SI, KEYED ("k-1") }, { "PUT", SI_N1, "{\"docstatus\":1}" } },
    .writes = { { "POST", SI, KEYED_SALE ("k-1"), SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = 0, .commits = "" },
  { "3", "key-case", "a key in another case and with a blank behind it is the same key",
    .before = { { "POST", SI, KEYED ("key-one") } },
    .writes = { { "POST", SI, KEYED ("KEY-One "), SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = 0, .commits = "" },
  { "3", "key-too-long", "a key of 141 characters",
    .writes = { { "POST", SI, KEYED (LONG_KEY), SYNC_STATE_PENDING, .refused = REFUSED (INVALID) } },
    .doctype = "Sales Invoice", .documents = 0, .commits = "" },
  { "3", "key-empty", "an empty key in the body: one of ours takes its place",
    .writes = { { "POST", SI, KEYED (""), SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = 1, .commits = "create", .check = check_key_kept },
  { "3", "key-cancelled", "a cancelled sale holds our key", .user = "manager",
    .before = { { "POST", SI, KEYED ("k-1") }, { "PUT", SI_N1, "{\"docstatus\":1}" },
                { "PUT", SI_N1, "{\"docstatus\":2}", "manager" } },
    .writes = { { "POST", SI, KEYED_SALE ("k-1"), SYNC_STATE_CONFLICT } }, .conflict = "cancelled",
    .doctype = "Sales Invoice", .documents = 0, .commits = "" },
  { "3", "key-freed", "a deleted document frees its key", .user = "manager",
    .before = { { "POST", SI, KEYED ("k-1") }, { "DELETE", SI_N1, NULL, "manager" } },
    .writes = { { "POST", SI, KEYED ("k-1"), SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = 1, .commits = "create" },
  { "3", "two-at-once", "the same key from two sides at once",
    .knob = same_key_meanwhile, .faults = { FAULT (SLOW_BEFORE, "POST", .count = 1, .delay_ms = 500) },
    .writes = { { "POST", SI, KEYED ("k-1"), SYNC_STATE_COMPLETED } },
    .exc_type = "UniqueValidationError", .doctype = "Sales Invoice", .documents = 1, .commits = "create" },
  { "3", "other-unique-field", "another unique field is taken, and our key is nowhere",
    .before = { CUSTOMER_KEY,
                { "POST", "/api/resource/Custom%20Field",
                  "{\"dt\":\"Customer\",\"fieldname\":\"card_no\",\"fieldtype\":\"Data\",\"unique\":1,\"label\":\"Card\"}",
                  "manager" },
                { "POST", "/api/resource/Customer", "{\"customer_name\":\"One\",\"card_no\":\"7\"}" } },
    .writes
    = { { "POST", "/api/resource/Customer",
      "{\"customer_name\":\"Two\",\"card_no\":\"7\"}", SYNC_STATE_FAILED } },
    .exc_type = "UniqueValidationError", .says = "must be unique", .doctype = "Customer", .documents = 0,
    .commits = "" },
  { "3", "name-of-the-client", "a name chosen by the client where names are random",
    .writes = { { "POST", "/api/resource/Note",
                  "{\"name\":\"mine\",\"title\":\"x\"}", SYNC_STATE_COMPLETED } },
    .doctype = "Note", .documents = 1, .commits = "create" },
  { "3", "amend", "a cancelled sale is amended", .user = "manager",
    .before = { { "POST", SI, DRAFT }, { "PUT", SI_N1, "{\"docstatus\":1}" },
                { "PUT", SI_N1, "{\"docstatus\":2}", "manager" } },
    .writes = { { "POST", SI, "{\"amended_from\":\"$N1\"," DRAFT_FIELDS "}", SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = 1, .commits = "create" },
  { "3", "amend-twice", "a cancelled sale was amended already", .user = "manager",
    .before = { { "POST", SI, DRAFT }, { "PUT", SI_N1, "{\"docstatus\":1}" },
                { "PUT", SI_N1, "{\"docstatus\":2}", "manager" },
                { "POST", SI, "{\"amended_from\":\"$N1\"," DRAFT_FIELDS "}" } },
    .writes = { { "POST", SI, "{\"amended_from\":\"$N1\"," DRAFT_FIELDS "}", SYNC_STATE_FAILED } },
    .exc_type = "DuplicateEntryError", .doctype = "Sales Invoice", .documents = 0, .commits = "" },
  { "3", "insert-with-name", "client.insert with a name and a lost answer",
    .faults = { FAULT (RESET_AFTER, "POST", .count = 1) },
    .writes = { { "POST", "/api/method/frappe.client.insert",
                  "{\"doc\":{\"doctype\":\"Sales Invoice\",\"name\":\"mine\"," DRAFT_FIELDS "}}",
                  SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = 1, .commits = "create", .check = check_key_kept },
  { "3", "no-key-field", "the server has no key field: delivered once all the same", .knob = remove_key_field,
    .writes = { { "POST", SI, DRAFT, SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = 1, .commits = "create" },
  { "3", "no-key-field-lost", "no key field, and the answer is lost: a person decides",
    .knob = remove_key_field,
    .faults = { FAULT (RESET_AFTER, "POST", .count = 1) },
    .writes = { { "POST", SI, DRAFT, SYNC_STATE_UNKNOWN } }, .needs_person = TRUE, .says = "person",
    .doctype = "Sales Invoice", .documents = 1, .commits = "create" },
  { "3", "key-field-goes", "the key field goes away: seen by the next answer", .minutes = 1,
    .person = field_goes,
    .writes = { { "POST", SI, DRAFT, SYNC_STATE_COMPLETED } },
    .doctype = "Sales Invoice", .documents = 3, .commits = "create create create" },
  { "3", "keyed-by-custom-field", "a note with a key field of our own and a lost answer", .user = "manager",
    .before = { NOTE_KEY (1) }, .faults = { FAULT (RESET_AFTER, "POST", .count = 1) },
    .writes = { { "POST", NOTES, A_NOTE, SYNC_STATE_COMPLETED } },
    .exc_type = "UniqueValidationError", .doctype = "Note", .documents = 1, .commits = "create" },
  { "3", "key-not-unique", "a key field that is not unique protects nothing: a person decides", .user = "manager",
    .before = { NOTE_KEY (0) }, .faults = { FAULT (RESET_AFTER, "POST", .count = 1) },
    .writes = { { "POST", NOTES, A_NOTE, SYNC_STATE_UNKNOWN } }, .needs_person = TRUE, .doctype = "Note",
    .documents = 1, .commits = "create" },
  { "3", "key-unchecked", "a key field whose definition nobody has seen who may: a person decides",
    .before = { NOTE_KEY (1) }, .faults = { FAULT (RESET_AFTER, "POST", .count = 1) },
    .writes = { { "POST", NOTES, A_NOTE, SYNC_STATE_UNKNOWN } }, .needs_person = TRUE, .doctype = "Note",
    .documents = 1, .commits = "create" },
  { "3", "key-checked-before", "a System Manager saw it before: it counts for the cashier, too", .user = "manager",
    .before = { NOTE_KEY (1) }, .minutes = 60, .person = cashier_loses_answer,
    .writes = { { "POST", NOTES, A_NOTE, SYNC_STATE_COMPLETED } }, .doctype = "Note", .documents = 2,
    .commits = "create create" },
  { "3", "key-made-again", "the field that he saw was made again since, and is not unique", .user = "manager",
    .before = { NOTE_KEY (1) }, .minutes = 60, .person = field_is_made_again,
    .writes = { { "POST", NOTES, A_NOTE, SYNC_STATE_COMPLETED } }, .doctype = "Note", .documents = 3,
    .commits = "create create create" },
  { "3", "key-made-by-us", "the key fields are made by a System Manager, and count at once", .user = "manager",
    .knob = make_keys, .faults = { FAULT (RESET_AFTER, "POST", .path = NOTES, .count = 1) },
    .writes = { { "POST", NOTES, A_NOTE, SYNC_STATE_COMPLETED } },
    .exc_type = "UniqueValidationError", .doctype = "Note", .documents = 1, .commits = "create" },
  { "3", "key-made-by-cashier", "the key fields, made by a cashier: said in words", .knob = make_keys_as_cashier,
    .writes = { { "POST", NOTES, A_NOTE, SYNC_STATE_COMPLETED } }, .doctype = "Custom Field", .documents = 0,
    .commits = "" },
  { "3", "key-there-otherwise", "the key field is there already, and not unique: said in words", .user = "manager",
    .before = { NOTE_KEY (0) }, .knob = make_keys_in_vain,
    .writes = { { "POST", NOTES, A_NOTE, SYNC_STATE_COMPLETED } }, .doctype = "Custom Field", .documents = 0,
    .commits = "" },
};

void
exact_add_key_rows (void)
{
  exact_add_rows (rows, G_N_ELEMENTS (rows));
}
