/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What happens in shops, told to the whole engine over a real line: edits in a row, many tills, sales that are refused,
 * repeated or alike, a server that finishes late what nobody waits for any more. Each story is told under every trouble
 * of a table and ends at the server's ledger: which documents there are, and how often each was written. */
#include "config.h"

#include "street.h"

#include "sync-error.h"

#include <string.h>

#define HOUR_MS (G_GINT64_CONSTANT (3600) * 1000)
#define INVOICES "/api/resource/Sales%20Invoice"
#define SALE(customer, keys)                                                                                   \
  "{\"customer\":\"" customer "\",\"company\":\"Test Co\",\"docstatus\":1," keys                               \
  "\"items\":[{\"item_code\":\"SRV-001\",\"qty\":1,\"rate\":15}]}"
#define KEY(key) "\"posa_client_request_id\":\"" key "\","
#define OUTBOX "/api/method/posawesome.posawesome.api.offline_sync.invoices.submit_invoice_outbox_entry"
#define OUTBOX_SALE                                                                                            \
  "{\"client_request_id\":\"outbox-1\",\"data\":\"{}\",\"invoice\":\"{\\\"doctype\\\":\\\"Sales Invoice\\\"," \
  "\\\"customer\\\":\\\"Walk In\\\",\\\"company\\\":\\\"Test Co\\\",\\\"is_pos\\\":1,\\\"pos_profile\\\":\\\"Main POS\\\"," \
  "\\\"items\\\":[{\\\"item_code\\\":\\\"SRV-001\\\",\\\"qty\\\":1,\\\"rate\\\":15}],"                \
  "\\\"payments\\\":[{\\\"mode_of_payment\\\":\\\"Cash\\\",\\\"amount\\\":15}]}\"}"
#define N_TILLS 10
#define N_EDITS 4

/* How the first calls of a kind go wrong. */
static const SyncPracticeFault troubles[] = {
  { .kind = SYNC_PRACTICE_FAULT_RESET_AFTER, .path = "none" },
  { .kind = SYNC_PRACTICE_FAULT_RESET_BEFORE, .count = 1 },
  { .kind = SYNC_PRACTICE_FAULT_RESET_AFTER, .count = 1 },
  { .kind = SYNC_PRACTICE_FAULT_RESET_AFTER, .count = 1, .skip = 1 },
  { .kind = SYNC_PRACTICE_FAULT_RESET_AFTER, .count = 1, .skip = 2 },
  { .kind = SYNC_PRACTICE_FAULT_RESET_AFTER, .count = 6 },
  { .kind = SYNC_PRACTICE_FAULT_RESET_ANSWER, .count = 2, .bytes = 150 },
  { .kind = SYNC_PRACTICE_FAULT_ANSWER_AFTER, .count = 1, .answer = "gateway-timeout" },
  { .kind = SYNC_PRACTICE_FAULT_ANSWER, .count = 3, .answer = "deadlock" },
};

typedef struct
{
  const char *path;
  const char *method; /* (nullable): of the calls that go wrong; NULL: all of the tills' */
  void (*tell) (Street *street);
} Story;

static guint64
count (Street *street, const char *doctype)
{
  return sync_practice_shop_count (street->shop, doctype, NULL, NULL);
}

/* There is one submitted invoice more than before for each of so many. */
static void
assert_sales (Street *street, guint n)
{
  static const char *const keys[] = { "sale-0", "sale-1", "sale-2", "sale-3", "sale-4", "sale-5", "outbox-1" };

  if (count (street, "Sales Invoice") != n)
    for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
      g_printerr ("%s: made %u times\n", keys[i], street_count_commits (street, "Sales Invoice", NULL, "create", keys[i]));
  g_assert_cmpuint (count (street, "Sales Invoice"), ==, n);
  g_assert_cmpuint (street_count_commits (street, "Sales Invoice", NULL, "create", NULL), ==, n);
  g_assert_cmpuint (street_count_commits (street, "Sales Invoice", NULL, "submit", NULL), ==, n);
}

static void
run (Till *till)
{
  if (!till_run (till, 24 * HOUR_MS))
    g_error ("something still waits after a day");
}

static Till *
open_till (Street *street)
{
  Till *till = till_new (street);

  till_open (till);
  return till;
}

/* Documents that both sides know, with their version. */
static char *
make_customer (Street *street, const char *wanted, char **modified)
{
  g_autofree char *body = g_strdup_printf ("{\"customer_name\":\"%s\"}", wanted);
  g_autoptr (JsonObject) document = street_make (street, "Customer", body);

  *modified = g_strdup (json_object_get_string_member (document, "modified"));
  return g_strdup (json_object_get_string_member (document, "name"));
}

static gint64
edit (Till *till, const char *name, const char *website, const char *modified)
{
  g_autofree char *path = sync_route_dup_document_path ("Customer", name);
  g_autofree char *body = g_strdup_printf ("{\"website\":\"%s\",\"modified\":\"%s\"}", website, modified);

  return till_submit (till, "PUT", path, body);
}

static void
assert_edited (Street *street, const char *name, guint n_times, const char *website)
{
  g_autoptr (JsonObject) document = sync_practice_shop_dup_doc (street->shop, "Customer", name);

  g_assert_cmpstr (json_object_get_string_member (document, "website"), ==, website);
  g_assert_cmpuint (street_count_commits (street, "Customer", name, "update", NULL), ==, n_times);
}

/* Edits off line, one after the other, all on the version that the till had read; the last one goes back to the first
 * value, so that what stands there does not tell whose it is. */
static void
two_edits (Street *street)
{
  g_autoptr (Till) till = open_till (street);
  g_autofree char *modified = NULL;
  g_autofree char *name = make_customer (street, "Twice", &modified);
  gint64 rows[3];

  sync_engine_set_offline (till->engine, TRUE);
  rows[0] = edit (till, name, "one", modified);
  rows[1] = edit (till, name, "two", modified);
  rows[2] = edit (till, name, "one", modified);
  sync_engine_set_offline (till->engine, FALSE);
  run (till);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    till_assert_state (till, rows[i], SYNC_STATE_COMPLETED);
  assert_edited (street, name, 3, "one");
}

/* Ten tills, each with a database of its own and documents of its own, at the same time. */
static void
ten_tills (Street *street)
{
  Till *tills[N_TILLS];
  char *names[N_TILLS];
  gint64 rows[N_TILLS][N_EDITS];

  for (guint i = 0; i < N_TILLS; i++)
    {
      g_autofree char *wanted = g_strdup_printf ("Of till %u", i);
      g_autofree char *modified = NULL;

      names[i] = make_customer (street, wanted, &modified);
      tills[i] = open_till (street);
      for (guint k = 0; k < N_EDITS; k++)
        {
          g_autofree char *website = g_strdup_printf ("%u of %u", k, i);

          rows[i][k] = edit (tills[i], names[i], website, modified);
        }
    }
  for (guint i = 0; i < N_TILLS; i++)
    run (tills[i]);
  for (guint i = 0; i < N_TILLS; i++)
    {
      g_autofree char *last = g_strdup_printf ("%u of %u", N_EDITS - 1, i);

      for (guint k = 0; k < N_EDITS; k++)
        till_assert_state (tills[i], rows[i][k], SYNC_STATE_COMPLETED);
      assert_edited (street, names[i], N_EDITS, last);
      till_free (tills[i]);
      g_free (names[i]);
    }
}

/* The server does not take a sale; the cashier corrects it and the point of sale sends it again under the same key. */
static void
refused_and_resent (Street *street)
{
  g_autoptr (Till) till = open_till (street);
  gint64 refused = till_submit (till, "POST", INVOICES, SALE ("Nobody", KEY ("sale-1")));
  gint64 resent, again;

  run (till);
  till_assert_state (till, refused, SYNC_STATE_FAILED);
  g_assert_cmpuint (count (street, "Sales Invoice"), ==, 0);
  resent = till_submit (till, "POST", INVOICES, SALE ("Walk In", KEY ("sale-1")));
  run (till);
  till_assert_state (till, refused, SYNC_STATE_DISCARDED);
  till_assert_state (till, resent, SYNC_STATE_COMPLETED);
  again = till_submit (till, "POST", INVOICES, SALE ("Walk In", KEY ("sale-1")));
  g_assert_cmpint (again, ==, resent);
  assert_sales (street, 1);
}

/* The same, corrected by a person in the list. */
static void
refused_and_edited (Street *street)
{
  static const char good[] = SALE ("Walk In", KEY ("sale-1"));
  g_autoptr (Till) till = open_till (street);
  g_autoptr (GBytes) body = g_bytes_new_static (good, strlen (good));
  g_autoptr (GError) error = NULL;
  gint64 row = till_submit (till, "POST", INVOICES, SALE ("Nobody", KEY ("sale-1")));

  run (till);
  till_assert_state (till, row, SYNC_STATE_FAILED);
  sync_engine_edit (till->engine, row, body, "cashier", &error);
  g_assert_no_error (error);
  run (till);
  till_assert_state (till, row, SYNC_STATE_COMPLETED);
  assert_sales (street, 1);
}

/* Two customers bought the same; the contents are equal, the sales are two. */
static void
two_identical (Street *street)
{
  g_autoptr (Till) till = open_till (street);
  gint64 rows[4];

  rows[0] = till_submit (till, "POST", INVOICES, SALE ("Walk In", KEY ("sale-1")));
  rows[1] = till_submit (till, "POST", INVOICES, SALE ("Walk In", KEY ("sale-2")));
  rows[2] = till_submit (till, "POST", INVOICES, SALE ("Walk In", ""));
  rows[3] = till_submit (till, "POST", INVOICES, SALE ("Walk In", ""));
  run (till);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    till_assert_state (till, rows[i], SYNC_STATE_COMPLETED);
  assert_sales (street, 4);
}

/* A double click, a page that was loaded again, a caller that lost the answer: the same key is the same sale, at once,
 * while it is under way, and later; with other contents it is refused. */
static void
sent_twice (Street *street)
{
  g_autoptr (Till) till = open_till (street);
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncSubmitted) later = NULL;
  g_autoptr (SyncSubmitted) other = NULL;
  gint64 first = till_submit (till, "POST", INVOICES, SALE ("Walk In", KEY ("sale-1")));
  gint64 second = till_submit (till, "POST", INVOICES, SALE ("Walk In", KEY ("sale-1")));

  g_assert_cmpint (first, ==, second);
  street_wait (street, HOUR_MS);
  second = till_submit (till, "POST", INVOICES, SALE ("Walk In", KEY ("sale-1")));
  g_assert_cmpint (first, ==, second);
  run (till);
  till_assert_state (till, first, SYNC_STATE_COMPLETED);
  later = till_try (till, "POST", INVOICES, SALE ("Walk In", KEY ("sale-1")), &error);
  g_assert_no_error (error);
  g_assert_true (later->existing && later->id == first && later->state == SYNC_STATE_COMPLETED);
  other = till_try (till, "POST", INVOICES, SALE ("Acme Ltd", KEY ("sale-1")), &error);
  g_assert_null (other);
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_KEY_CONFLICT);
  assert_sales (street, 1);
}

/* The point of sale moved to another computer and took its own queue along: both tills have the sale. */
static void
sent_by_two_tills (Street *street)
{
  g_autoptr (Till) one = open_till (street);
  g_autoptr (Till) two = open_till (street);
  gint64 first = till_submit (one, "POST", INVOICES, SALE ("Walk In", KEY ("sale-1")));
  gint64 second = till_submit (two, "POST", INVOICES, SALE ("Walk In", KEY ("sale-1")));

  run (one);
  run (two);
  till_assert_state (one, first, SYNC_STATE_COMPLETED);
  till_assert_state (two, second, SYNC_STATE_COMPLETED);
  assert_sales (street, 1);
}

/* A sale, then the till is switched off in the middle and on again, at each of its calls. */
static void
switched_off (Street *street)
{
  g_autoptr (Till) till = open_till (street);

  for (guint i = 0; i < 6; i++)
    {
      g_autofree char *body = g_strdup_printf (SALE ("Walk In", KEY ("sale-%u")), i);
      gint64 row = till_submit (till, "POST", INVOICES, body);

      for (guint turns = 0; turns < 40 * i; turns++)
        g_main_context_iteration (NULL, FALSE);
      till_reopen (till);
      run (till);
      till_assert_state (till, row, SYNC_STATE_COMPLETED);
      assert_sales (street, i + 1);
    }
}

static void
test_story (gconstpointer data)
{
  const Story *story = data;

  for (guint i = 0; i < G_N_ELEMENTS (troubles); i++)
    {
      g_autoptr (Street) street = street_new ();
      SyncPracticeFault trouble = troubles[i];

      trouble.method = story->method;
      sync_practice_shop_add_fault (street->shop, &trouble);
      g_test_message ("trouble %u", i);
      story->tell (street);
    }
}

/* Runs until the server is done, too, with what nobody waits for any more. */
static void
run_to_the_end (Till *till)
{
  run (till);
  while (street_wait (till->street, HOUR_MS))
    ;
}

/* The server works on for minutes after the line, and the till, gave up; what it does then must not be done again. The
 * @skip-th call of a kind is the late one. */
static void
tell_late (const char *method, guint skip, gint64 delay_ms)
{
  g_autoptr (Street) street = street_new ();
  g_autoptr (Till) till = open_till (street);
  g_autofree char *modified = NULL;
  g_autofree char *name = make_customer (street, "Late", &modified);
  const SyncPracticeFault late = {
    .kind = SYNC_PRACTICE_FAULT_SLOW_BEFORE, .method = method, .skip = skip, .count = 1, .delay_ms = delay_ms
  };
  gint64 rows[3];

  street->slow = TRUE;
  sync_practice_shop_add_fault (street->shop, &late);
  rows[0] = till_submit (till, "POST", INVOICES, SALE ("Walk In", KEY ("sale-1")));
  rows[1] = edit (till, name, "late", modified);
  rows[2] = till_submit (till, "POST", OUTBOX, OUTBOX_SALE);
  run_to_the_end (till);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    till_assert_state (till, rows[i], SYNC_STATE_COMPLETED);
  assert_sales (street, 2);
  assert_edited (street, name, 1, "late");
}

static void
test_late (gconstpointer data)
{
  static const gint64 delays_ms[] = { 100000, 131000, 200000, 400000 };

  for (guint i = 0; i < G_N_ELEMENTS (delays_ms); i++)
    for (guint skip = 0; skip < 2; skip++)
      tell_late (data, skip, delays_ms[i]);
}

/* While the server is still at work on the first delivery, it refuses the second one in words that could also mean that
 * it never takes the sale. */
static void
test_at_work (void)
{
  static const gint64 delays_ms[] = { 131500, 200000, 250000 };

  for (guint i = 0; i < G_N_ELEMENTS (delays_ms); i++)
    {
      g_autoptr (Street) street = street_new ();
      g_autoptr (Till) till = open_till (street);
      const SyncPracticeFault late
        = { .kind = SYNC_PRACTICE_FAULT_SLOW_BEFORE, .method = "POST", .count = 1, .delay_ms = delays_ms[i] };
      const SyncPracticeFault at_work
        = { .kind = SYNC_PRACTICE_FAULT_ANSWER, .method = "POST", .skip = 0, .count = 1, .answer = "concurrent-submit" };
      gint64 row;

      street->slow = TRUE;
      sync_practice_shop_add_fault (street->shop, &late);
      row = till_submit (till, "POST", OUTBOX, OUTBOX_SALE);
      street_wait (street, HOUR_MS);
      sync_practice_shop_add_fault (street->shop, &at_work);
      run_to_the_end (till);
      till_assert_state (till, row, SYNC_STATE_COMPLETED);
      assert_sales (street, 1);
    }
}

static void
log_cb (const char *domain, GLogLevelFlags level, const char *message, gpointer user_data)
{
  if (level < G_LOG_LEVEL_INFO)
    g_log_default_handler (domain, level, message, user_data);
}

int
main (int argc, char **argv)
{
  static const Story stories[] = {
    { "two-edits-in-a-row", "PUT", two_edits },
    { "ten-tills", "PUT", ten_tills },
    { "refused-and-resent", "POST", refused_and_resent },
    { "refused-and-resent-any-call", NULL, refused_and_resent },
    { "refused-and-edited", NULL, refused_and_edited },
    { "two-identical-sales", NULL, two_identical },
    { "one-sale-sent-twice", NULL, sent_twice },
    { "one-sale-of-two-tills", NULL, sent_by_two_tills },
    { "switched-off", NULL, switched_off },
  };

  g_test_init (&argc, &argv, NULL);
  g_log_set_default_handler (log_cb, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (stories); i++)
    {
      g_autofree char *path = g_strconcat ("/sync/stories/", stories[i].path, NULL);

      g_test_add_data_func (path, &stories[i], test_story);
    }
  g_test_add_data_func ("/sync/stories/late/create", "POST", test_late);
  g_test_add_data_func ("/sync/stories/late/change", "PUT", test_late);
  g_test_add_func ("/sync/stories/late/at-work", test_at_work);
  return g_test_run ();
}
