/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ids that the server has not given yet: who waits for them, when the names take their place, and what
 * becomes of those that wait when there will be no name. */
#include "config.h"

#include <string.h>

#include "store-fixture.h"
#include "sync-placeholder.h"
#include "sync-random.h"

#define ANY_KEY "01920000-0000-7000-8000-%012u"

/* A sale of its own key that mentions the documents of other keys. */
static SyncRequest *
mentioning (const char *key, const char *first, const char *second)
{
  SyncRequest *request = store_fixture_create (key);
  g_autofree char *body
    = g_strdup_printf ("{\"customer\":\"LOCAL-%s\",\"rate\":0.10,\"note\":\"about LOCAL-%s\",\"doc\":\"{\\\"a\\\":\\\"LOCAL-%s\\\"}\"}",
                       first, first, second != NULL ? second : first);

  g_bytes_unref (request->accepted_body);
  request->accepted_body = g_bytes_new (body, strlen (body));
  g_free (request->fingerprint);
  request->fingerprint = g_compute_checksum_for_string (G_CHECKSUM_SHA256, body, -1);
  return request;
}

static void
check_body (StoreFixture *fixture, gint64 id, const char *first, const char *about, const char *second)
{
  g_autoptr (SyncRequest) row = store_fixture_get (fixture, id);
  GBytes *body = sync_request_get_body (row);
  g_autofree char *expected
    = g_strdup_printf ("{\"customer\":\"%s\",\"rate\":0.10,\"note\":\"about %s\",\"doc\":\"{\\\"a\\\":\\\"%s\\\"}\"}",
                       first, about, second);

  g_assert_cmpmem (g_bytes_get_data (body, NULL), g_bytes_get_size (body), expected, strlen (expected));
}

static void
check_due (StoreFixture *fixture, const char *expected)
{
  g_autofree char *due = store_fixture_dup_due (fixture);

  g_assert_cmpstr (due, ==, expected);
}

static void
check_state (StoreFixture *fixture, gint64 id, SyncState state)
{
  g_assert_cmpstr (sync_state_to_string (store_fixture_state (fixture, id)), ==, sync_state_to_string (state));
}

static void
check_dependants (StoreFixture *fixture, gint64 id, SyncDependants which, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) ids = sync_store_list_dependants (fixture->store, id, which, &error);
  g_autoptr (GString) text = g_string_new (NULL);

  g_assert_no_error (error);
  for (guint i = 0; i < ids->len; i++)
    g_string_append_printf (text, "%s%" G_GINT64_FORMAT, i > 0 ? " " : "", g_array_index (ids, gint64, i));
  g_assert_cmpstr (text->str, ==, expected);
}

static void
refuse (StoreFixture *fixture, SyncRequest *request, int code, const char *word)
{
  g_autoptr (SyncAcceptance) acceptance = store_fixture_accept_full (fixture, request);

  g_assert_error (acceptance->error, SYNC_ERROR, code);
  if (strstr (acceptance->error->message, word) == NULL)
    g_error ("“%s” does not name “%s”", acceptance->error->message, word);
}

static SyncChange
change_of (StoreFixture *fixture, gint64 id, SyncState to)
{
  SyncChange change = SYNC_CHANGE_INIT;

  change.id = id;
  change.from = store_fixture_state (fixture, id);
  change.to = to;
  change.delay_ms = 0;
  change.unaccounted = 0;
  return change;
}

static void
move (StoreFixture *fixture, gint64 id, SyncState to)
{
  store_fixture_change (fixture, change_of (fixture, id, to));
}

static void
test_delivery (StoreFixture *fixture, gconstpointer data)
{
  SyncRequest *update = store_fixture_update ("c", "LOCAL-A", NULL);
  g_autoptr (SyncRequest) row = NULL;

  store_fixture_accept (fixture, store_fixture_create ("a"));
  store_fixture_accept (fixture, mentioning ("b", "a", NULL));
  store_fixture_accept (fixture, update);
  check_due (fixture, "1");
  check_body (fixture, 2, "LOCAL-a", "LOCAL-a", "LOCAL-a");
  check_dependants (fixture, 1, SYNC_DEPENDANTS_NAME, "2 3");

  store_fixture_deliver (fixture, 1, "ACC \"1\"/é", "m1");
  check_due (fixture, "2 3");
  check_body (fixture, 2, "ACC \\\"1\\\"/é", "LOCAL-a", "ACC \\\\\\\"1\\\\\\\"/é");
  row = store_fixture_get (fixture, 3);
  g_assert_cmpstr (row->url, ==, "/api/resource/Sales Invoice/LOCAL-A");
  g_assert_cmpstr (row->effective_url, ==, "/api/resource/Sales Invoice/ACC%20%221%22%2F%C3%A9");
  g_assert_cmpstr (row->resource_id, ==, "ACC \"1\"/é");
  g_assert_cmpstr (row->base_modified, ==, "m1");
  g_assert_cmpstr (row->lane, ==, "Sales Invoice/+a");
  g_assert_false (row->edited);
  check_dependants (fixture, 1, SYNC_DEPENDANTS_DIRECT, "2 3");
  check_dependants (fixture, 1, SYNC_DEPENDANTS_WAITING, "");
}

/* What is accepted later finds the name at once, also when the row itself is forgotten. */
static void
test_known (StoreFixture *fixture, gconstpointer data)
{
  SyncRequest *named = store_fixture_create ("d");
  g_autoptr (SyncRequest) row = NULL;
  guint n;

  store_fixture_accept (fixture, store_fixture_create ("a"));
  store_fixture_deliver (fixture, 1, "ACC-1", NULL);
  store_fixture_accept (fixture, mentioning ("b", "a", "A"));
  check_body (fixture, 2, "ACC-1", "LOCAL-a", "ACC-1");
  row = store_fixture_get (fixture, 2);
  g_assert_null (row->depends_on);
  check_due (fixture, "2");
  /* The row with the newest attempt is not forgotten. */
  store_fixture_deliver (fixture, store_fixture_accept (fixture, store_fixture_create ("x")), "ACC-3", NULL);
  g_assert_true (sync_store_clear_old (fixture->store, 0, G_MAXINT, &n, NULL));
  g_assert_cmpuint (n, ==, 1);
  check_body (fixture, store_fixture_accept (fixture, mentioning ("c", "a", NULL)), "ACC-1", "LOCAL-a", "ACC-1");

  /* The till chose the name itself. */
  named->resource_id = g_strdup ("ACC-4");
  store_fixture_deliver (fixture, store_fixture_accept (fixture, named), "ACC-4", NULL);
  store_fixture_deliver (fixture, store_fixture_accept (fixture, store_fixture_create ("y")), "ACC-5", NULL);
  store_fixture_accept (fixture, mentioning ("e", "d", NULL));
  g_assert_true (sync_store_clear_old (fixture->store, 0, G_MAXINT, &n, NULL));
  g_assert_cmpuint (n, ==, 2);
  check_body (fixture, store_fixture_accept (fixture, mentioning ("f", "d", NULL)), "ACC-4", "LOCAL-d", "ACC-4");
}

/* A draft has a name before it is done; it may be given up, and be made again under another. */
static void
test_step (StoreFixture *fixture, gconstpointer data)
{
  SyncChange change = SYNC_CHANGE_INIT;

  store_fixture_accept (fixture, store_fixture_create ("a"));
  store_fixture_accept (fixture, mentioning ("b", "a", NULL));
  change.id = 1;
  change.attempt = store_fixture_claim (fixture, 1);
  change.from = SYNC_STATE_SENDING;
  change.to = SYNC_STATE_PENDING;
  change.unaccounted = 0;
  change.delay_ms = 0;
  change.step = 1;
  change.server_name = "ACC-1";
  store_fixture_change (fixture, change);
  check_body (fixture, 2, "LOCAL-a", "LOCAL-a", "LOCAL-a");
  store_fixture_accept (fixture, mentioning ("c", "a", NULL));
  check_body (fixture, 3, "LOCAL-a", "LOCAL-a", "LOCAL-a");
  check_due (fixture, "1");
  /* The answer to the last step need not say it again. */
  store_fixture_deliver (fixture, 1, NULL, NULL);
  check_body (fixture, 2, "ACC-1", "LOCAL-a", "ACC-1");
  check_body (fixture, 3, "ACC-1", "LOCAL-a", "ACC-1");
  check_due (fixture, "2 3");
}

static void
test_refused (StoreFixture *fixture, gconstpointer data)
{
  static const char uuid[] = "01920000-0000-7000-8000-00000000000a";
  SyncRequest *itself = store_fixture_create ("z");
  SyncRequest *other_type = store_fixture_create ("a");
  gint64 next = 2;

  store_fixture_accept (fixture, store_fixture_create ("a"));
  refuse (fixture, mentioning ("b", uuid, NULL), SYNC_ERROR_INVALID, uuid);
  refuse (fixture, mentioning ("b", "B", NULL), SYNC_ERROR_INVALID, "LOCAL-B");
  itself->depends_on = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_array_append_val (itself->depends_on, next);
  refuse (fixture, itself, SYNC_ERROR_INVALID, "itself");
  /* Nobody makes it, and it may well be a name of the shop's. */
  store_fixture_accept (fixture, mentioning ("b", "EGGS", NULL));
  check_body (fixture, 2, "LOCAL-EGGS", "LOCAL-EGGS", "LOCAL-EGGS");
  /* A till may make its keys so. */
  store_fixture_accept (fixture, mentioning ("LOCAL-01920000-0000-7000-8000-00000000000a", uuid, NULL));
  check_due (fixture, "1 2 3");

  g_free (other_type->resource_type);
  other_type->resource_type = g_strdup ("Customer");
  store_fixture_accept (fixture, other_type);
  refuse (fixture, mentioning ("c", "a", NULL), SYNC_ERROR_INVALID, "request 4");
  store_fixture_discard (fixture, 1, NULL);
  store_fixture_accept (fixture, mentioning ("c", "a", NULL));
  store_fixture_discard (fixture, 4, NULL);
  refuse (fixture, mentioning ("d", "a", NULL), SYNC_ERROR_REFUSED, "was given up");
}

/* Whatever a row waits as, the name reaches it; one that was given up gets it when it comes back. */
static void
test_states (StoreFixture *fixture, gconstpointer data)
{
  GArray *others = g_array_new (FALSE, FALSE, sizeof (SyncOtherChange));
  SyncChange change;

  store_fixture_accept (fixture, store_fixture_create ("a"));
  for (guint i = 0; i < 4; i++)
    {
      g_autofree char *key = g_strdup_printf ("k%u", i);

      store_fixture_accept (fixture, mentioning (key, "a", NULL));
    }
  move (fixture, 3, SYNC_STATE_FAILED);
  move (fixture, 4, SYNC_STATE_CONFLICT);
  move (fixture, 5, SYNC_STATE_UNKNOWN);
  store_fixture_accept (fixture, mentioning ("k4", "a", NULL));
  store_fixture_discard (fixture, 6, NULL);

  change = change_of (fixture, 1, SYNC_STATE_COMPLETED);
  change.server_name = "ACC-1";
  change.others = others;
  store_fixture_change (fixture, change);
  for (gint64 id = 2; id <= 5; id++)
    check_body (fixture, id, "ACC-1", "LOCAL-a", "ACC-1");
  check_body (fixture, 6, "LOCAL-a", "LOCAL-a", "LOCAL-a");
  g_assert_cmpuint (others->len, ==, 4);
  g_assert_cmpint (g_array_index (others, SyncOtherChange, 2).id, ==, 4);
  g_assert_cmpint (g_array_index (others, SyncOtherChange, 2).to, ==, SYNC_STATE_CONFLICT);
  g_array_unref (others);
  move (fixture, 6, SYNC_STATE_PENDING);
  check_body (fixture, 6, "ACC-1", "LOCAL-a", "ACC-1");
  check_due (fixture, "2 5 6");
}

/* The name and the delivery are one transaction: if the one cannot be written, the other is not. */
static void
test_one_transaction (StoreFixture *fixture, gconstpointer data)
{
  SyncChange change = SYNC_CHANGE_INIT;
  g_autoptr (GError) error = NULL;

  store_fixture_accept (fixture, store_fixture_create ("a"));
  store_fixture_accept (fixture, mentioning ("b", "a", NULL));
  change.id = 1;
  change.attempt = store_fixture_claim (fixture, 1);
  change.from = SYNC_STATE_SENDING;
  change.to = SYNC_STATE_COMPLETED;
  change.server_name = "ACC-1";
  change.unaccounted = 0;
  store_fixture_sql (fixture, "CREATE TRIGGER no_rewrite BEFORE UPDATE OF effective_body ON offline_requests"
                              " WHEN NEW.id = 2 BEGIN SELECT RAISE (ABORT, 'the disk broke'); END");
  g_assert_false (sync_store_change (fixture->store, &change, &error));
  check_state (fixture, 1, SYNC_STATE_SENDING);
  check_body (fixture, 2, "LOCAL-a", "LOCAL-a", "LOCAL-a");
  g_assert_cmpint (store_fixture_number (fixture, "SELECT count (*) FROM names WHERE server_name IS NOT NULL"), ==, 0);
  store_fixture_sql (fixture, "DROP TRIGGER no_rewrite");

  /* Within a group nothing is there before the group's commit. */
  sync_store_begin_group (fixture->store);
  store_fixture_change (fixture, change);
  store_fixture_crash (fixture);
  check_state (fixture, 1, SYNC_STATE_UNKNOWN);
  check_body (fixture, 2, "LOCAL-a", "LOCAL-a", "LOCAL-a");
  check_due (fixture, "1");
  change.from = SYNC_STATE_UNKNOWN;
  change.attempt = 0;
  sync_store_begin_group (fixture->store);
  store_fixture_change (fixture, change);
  g_assert_true (sync_store_commit_group (fixture->store, NULL));
  store_fixture_crash (fixture);
  check_state (fixture, 1, SYNC_STATE_COMPLETED);
  check_body (fixture, 2, "ACC-1", "LOCAL-a", "ACC-1");
  check_due (fixture, "2");
}

/* 1 ← 2 ← 3, 1 ← 4 → 5, 1 ← 6 which failed by itself. */
static void
test_given_up (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (SyncRequest) row = NULL;
  SyncRequest *by_id = store_fixture_create ("c");
  gint64 parent = 2;
  SyncChange change;

  by_id->depends_on = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_array_append_val (by_id->depends_on, parent);
  store_fixture_accept (fixture, store_fixture_create ("a"));
  store_fixture_accept (fixture, mentioning ("b", "a", NULL));
  store_fixture_accept (fixture, by_id);
  parent = store_fixture_accept (fixture, store_fixture_create ("e"));
  g_assert_cmpint (parent, ==, 4);
  store_fixture_accept (fixture, mentioning ("d", "a", "e"));
  store_fixture_accept (fixture, mentioning ("f", "a", NULL));
  move (fixture, 6, SYNC_STATE_FAILED);
  check_dependants (fixture, 1, SYNC_DEPENDANTS_WAITING, "2 3 5 6");

  store_fixture_discard (fixture, 1, NULL);
  for (gint64 id = 2; id <= 6; id++)
    check_state (fixture, id, id == 4 ? SYNC_STATE_PENDING : SYNC_STATE_FAILED);
  check_dependants (fixture, 1, SYNC_DEPENDANTS_LOST, "2 3 5");
  row = store_fixture_get (fixture, 3);
  g_assert_cmpstr (row->error_message, ==, "request 1, on which it depends, was given up");
  store_fixture_try_change (fixture, change_of (fixture, 2, SYNC_STATE_PENDING), SYNC_ERROR_REFUSED);
  store_fixture_discard (fixture, 4, NULL);

  /* Those that failed with it come back, but for the one whose other parent is away still. */
  change = change_of (fixture, 1, SYNC_STATE_PENDING);
  change.with_dependants = TRUE;
  store_fixture_change (fixture, change);
  check_state (fixture, 2, SYNC_STATE_PENDING);
  check_state (fixture, 3, SYNC_STATE_PENDING);
  check_state (fixture, 5, SYNC_STATE_FAILED);
  check_state (fixture, 6, SYNC_STATE_FAILED);
  check_dependants (fixture, 1, SYNC_DEPENDANTS_LOST, "");
  change = change_of (fixture, 4, SYNC_STATE_PENDING);
  change.with_dependants = TRUE;
  store_fixture_change (fixture, change);
  check_state (fixture, 5, SYNC_STATE_PENDING);

  /* Without the word they stay, and can be tried again one by one. */
  store_fixture_discard (fixture, 1, NULL);
  move (fixture, 1, SYNC_STATE_PENDING);
  check_state (fixture, 2, SYNC_STATE_FAILED);
  check_dependants (fixture, 1, SYNC_DEPENDANTS_LOST, "2 3 5");
  move (fixture, 2, SYNC_STATE_PENDING);
  check_dependants (fixture, 1, SYNC_DEPENDANTS_LOST, "5");
  /* Failing again by itself is another matter. */
  move (fixture, 2, SYNC_STATE_FAILED);
  check_dependants (fixture, 1, SYNC_DEPENDANTS_LOST, "5");
  store_fixture_deliver (fixture, 1, "ACC-1", NULL);
  check_body (fixture, 2, "ACC-1", "LOCAL-a", "ACC-1");
  check_body (fixture, 5, "ACC-1", "LOCAL-a", "LOCAL-e");
  check_body (fixture, 6, "ACC-1", "LOCAL-a", "ACC-1");
}

static void
open_conflict (StoreFixture *fixture, gint64 id, const char *server_data, const char *server_name)
{
  SyncConflict conflict = { .request_id = id, .conflict_type = (char *) "name_taken", .server_data = (char *) server_data };
  SyncChange change = SYNC_CHANGE_INIT;

  change.id = id;
  change.attempt = store_fixture_claim (fixture, id);
  change.from = SYNC_STATE_SENDING;
  change.to = SYNC_STATE_CONFLICT;
  change.unaccounted = 0;
  change.conflict = &conflict;
  change.server_name = server_name;
  store_fixture_change (fixture, change);
}

/* The server's document serves those who wait, if there is one and its name is known. */
static void
test_server_wins (StoreFixture *fixture, gconstpointer data)
{
  static const struct
  {
    const char *server_data;
    const char *server_name;
    SyncState expected;
  } cases[] = { { "{}", "ACC-1", SYNC_STATE_PENDING }, { "{}", NULL, SYNC_STATE_FAILED }, { NULL, "ACC-1", SYNC_STATE_FAILED } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *key = g_strdup_printf ("parent%u", i);
      g_autofree char *child_key = g_strdup_printf ("child%u", i);
      g_autofree char *placeholder = g_strconcat ("LOCAL-", key, NULL);
      gint64 id = store_fixture_accept (fixture, store_fixture_create (key));
      gint64 child = store_fixture_accept (fixture, mentioning (child_key, key, NULL));
      const char *name = cases[i].expected == SYNC_STATE_PENDING ? "ACC-1" : placeholder;

      open_conflict (fixture, id, cases[i].server_data, cases[i].server_name);
      store_fixture_discard (fixture, id, "server_wins");
      check_state (fixture, child, cases[i].expected);
      check_body (fixture, child, name, placeholder, name);
    }
  check_due (fixture, "2");
  store_fixture_accept (fixture, mentioning ("late", "parent0", NULL));
  check_body (fixture, 7, "ACC-1", "LOCAL-parent0", "ACC-1");
  refuse (fixture, mentioning ("later", "parent1", NULL), SYNC_ERROR_REFUSED, "LOCAL-parent1");
  refuse (fixture, mentioning ("later", "parent2", NULL), SYNC_ERROR_REFUSED, "was given up");
}

static void
test_nameless (StoreFixture *fixture, gconstpointer data)
{
  SyncRequest *by_id = store_fixture_create ("c");
  gint64 parent = 1;
  g_autoptr (GBytes) body = g_bytes_new_static ("{\"customer\":\"ACC-1\"}", 20);
  SyncChange change;

  by_id->depends_on = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_array_append_val (by_id->depends_on, parent);
  store_fixture_accept (fixture, store_fixture_create ("a"));
  store_fixture_accept (fixture, mentioning ("b", "a", NULL));
  store_fixture_accept (fixture, by_id);
  move (fixture, 1, SYNC_STATE_UNKNOWN);
  change = change_of (fixture, 1, SYNC_STATE_COMPLETED);
  change.kind = "person";
  change.verdict = "arrived";
  store_fixture_try_change (fixture, change, SYNC_ERROR_REFUSED);
  check_state (fixture, 1, SYNC_STATE_UNKNOWN);

  /* The server's own answer is not refused; whoever needs the name stops, visibly. */
  change.kind = NULL;
  change.verdict = NULL;
  store_fixture_change (fixture, change);
  check_state (fixture, 2, SYNC_STATE_FAILED);
  check_due (fixture, "3");
  store_fixture_try_change (fixture, change_of (fixture, 2, SYNC_STATE_PENDING), SYNC_ERROR_REFUSED);
  refuse (fixture, mentioning ("d", "a", NULL), SYNC_ERROR_REFUSED, "LOCAL-a");
  change = change_of (fixture, 2, SYNC_STATE_PENDING);
  change.effective_body = body;
  store_fixture_change (fixture, change);
  check_due (fixture, "2 3");
}

/* An edited body waits for what it mentions now, and for nothing that only the old one did. */
static void
test_edit (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) other = g_bytes_new_static ("{\"customer\":\"LOCAL-c\"}", 22);
  g_autoptr (GBytes) own = g_bytes_new_static ("{\"customer\":\"LOCAL-d\"}", 22);
  g_autoptr (SyncRequest) row = NULL;
  SyncChange change;

  store_fixture_accept (fixture, store_fixture_create ("a"));
  store_fixture_accept (fixture, mentioning ("b", "a", NULL));
  store_fixture_accept (fixture, store_fixture_create ("c"));
  store_fixture_accept (fixture, mentioning ("d", "b", NULL));
  store_fixture_discard (fixture, 1, NULL);
  check_state (fixture, 4, SYNC_STATE_FAILED);
  change = change_of (fixture, 2, SYNC_STATE_PENDING);
  change.effective_body = own;
  store_fixture_try_change (fixture, change, SYNC_ERROR_REFUSED); /* 4 waits for 2 itself */
  change.effective_body = other;
  store_fixture_change (fixture, change);
  check_due (fixture, "3");
  row = store_fixture_get (fixture, 2);
  g_assert_cmpuint (row->depends_on->len, ==, 1);
  g_assert_cmpint (g_array_index (row->depends_on, gint64, 0), ==, 3);
  g_assert_true (row->edited);
  g_clear_pointer (&row, sync_request_unref);
  store_fixture_deliver (fixture, 3, "ACC-3", NULL);
  row = store_fixture_get (fixture, 2);
  g_assert_cmpmem (g_bytes_get_data (row->effective_body, NULL), g_bytes_get_size (row->effective_body),
                   "{\"customer\":\"ACC-3\"}", 20);
  check_due (fixture, "2");
}

/* The same key with other content waits for what that mentions; the placeholder leads to the new row. */
static void
test_replaced (StoreFixture *fixture, gconstpointer data)
{
  SyncRequest *behind;

  store_fixture_accept (fixture, store_fixture_create ("a"));
  store_fixture_accept (fixture, mentioning ("b", "a", NULL));
  store_fixture_accept (fixture, mentioning ("c", "b", NULL));
  g_assert_cmpint (store_fixture_accept (fixture, mentioning ("b", "EGGS", NULL)), ==, 4);
  check_due (fixture, "1 4");
  check_dependants (fixture, 1, SYNC_DEPENDANTS_WAITING, "");
  check_dependants (fixture, 4, SYNC_DEPENDANTS_WAITING, "3");
  refuse (fixture, mentioning ("b", "c", NULL), SYNC_ERROR_REFUSED, "request 3");
  store_fixture_deliver (fixture, 4, "ACC-4", NULL);
  check_body (fixture, 3, "ACC-4", "LOCAL-b", "ACC-4");

  /* 6 stands behind 5, which waits for 1: 1 cannot come to wait for 6. */
  behind = store_fixture_update ("u", "Ann", NULL);
  behind->depends_on = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_array_append_val (behind->depends_on, (gint64){ 1 });
  store_fixture_accept (fixture, behind);
  store_fixture_accept (fixture, store_fixture_update ("v", "Ann", NULL));
  behind = store_fixture_create ("a");
  g_free (behind->fingerprint);
  behind->fingerprint = g_strdup ("other");
  behind->depends_on = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_array_append_val (behind->depends_on, (gint64){ 6 });
  refuse (fixture, behind, SYNC_ERROR_REFUSED, "request 6");
}

/* The key had another life in between; whoever waits for the first row gets the first row's name. */
static void
test_key_used_twice (StoreFixture *fixture, gconstpointer data)
{
  SyncChange change;

  store_fixture_accept (fixture, store_fixture_create ("a"));
  store_fixture_accept (fixture, mentioning ("b", "a", NULL));
  store_fixture_discard (fixture, 1, NULL);
  store_fixture_accept (fixture, mentioning ("a", "EGGS", NULL));
  store_fixture_accept (fixture, mentioning ("c", "a", NULL));
  store_fixture_try_change (fixture, change_of (fixture, 1, SYNC_STATE_PENDING), SYNC_ERROR_KEY_CONFLICT);
  store_fixture_discard (fixture, 3, NULL);
  change = change_of (fixture, 1, SYNC_STATE_PENDING);
  change.with_dependants = TRUE;
  store_fixture_change (fixture, change);
  check_state (fixture, 2, SYNC_STATE_PENDING);
  store_fixture_accept (fixture, mentioning ("d", "a", NULL));
  store_fixture_deliver (fixture, 1, "ACC-1", NULL);
  check_body (fixture, 2, "ACC-1", "LOCAL-a", "ACC-1");
  check_body (fixture, 4, "LOCAL-a", "LOCAL-a", "LOCAL-a");
  check_body (fixture, 5, "ACC-1", "LOCAL-a", "ACC-1");
  check_due (fixture, "2 5");
}

/* Two calls about one document may share a key; each row waits for the one that it was told of. */
static void
test_two_families (StoreFixture *fixture, gconstpointer data)
{
  SyncRequest *other = store_fixture_create ("a");

  store_fixture_accept (fixture, store_fixture_create ("a"));
  store_fixture_accept (fixture, mentioning ("b", "a", NULL));
  g_free (other->family);
  other->family = g_strdup ("posawesome.posawesome.api.invoices.submit_invoice");
  store_fixture_accept (fixture, other);
  store_fixture_accept (fixture, mentioning ("c", "a", NULL));
  store_fixture_deliver (fixture, 1, "ACC-1", NULL);
  check_body (fixture, 2, "ACC-1", "LOCAL-a", "ACC-1");
  check_body (fixture, 4, "LOCAL-a", "LOCAL-a", "LOCAL-a");
  store_fixture_deliver (fixture, 3, "ACC-3", NULL);
  check_body (fixture, 4, "ACC-3", "LOCAL-a", "ACC-3");
}

static void
test_list (StoreFixture *fixture, gconstpointer data)
{
  SyncListFilter filter = { 0 };
  g_autoptr (GPtrArray) rows = NULL;
  g_autoptr (SyncRequest) row = NULL;

  store_fixture_accept (fixture, store_fixture_create ("a"));
  store_fixture_accept (fixture, mentioning ("b", "a", NULL));
  rows = sync_store_list (fixture->store, &filter, NULL);
  row = sync_request_ref (g_ptr_array_index (rows, 1));
  g_assert_cmpuint (row->depends_on->len, ==, 1);
  g_assert_cmpint (g_array_index (row->depends_on, gint64, 0), ==, 1);
}

/* Nothing that could be sent now holds the placeholder of a request. */
static void
check_sendable (StoreFixture *fixture)
{
  g_autoptr (GPtrArray) due = sync_store_list_due (fixture->store, 1000, NULL, NULL);

  for (guint i = 0; i < due->len; i++)
    {
      g_autoptr (SyncRequest) row = store_fixture_get (fixture, ((SyncRequest *) g_ptr_array_index (due, i))->id);
      g_autoptr (GPtrArray) left = sync_placeholder_list (sync_request_get_url (row), row->content_type,
                                                          sync_request_get_body (row));

      for (guint j = 0; j < left->len; j++)
        g_error ("request %" G_GINT64_FORMAT " could be sent with “%s” in it", row->id, (char *) g_ptr_array_index (left, j));
    }
}

static SyncRequest *
make_any (SyncRandom *random, guint n_keys)
{
  g_autofree char *key = g_strdup_printf (ANY_KEY, (guint) sync_random_below (random, n_keys + 1));
  g_autofree char *first = g_strdup_printf (ANY_KEY, (guint) sync_random_below (random, MAX (n_keys, 1)));
  g_autofree char *second = g_strdup_printf (ANY_KEY, (guint) sync_random_below (random, MAX (n_keys, 1)));
  g_autofree char *name = g_strconcat ("LOCAL-", first, NULL);
  g_autofree char *update_key = g_strconcat ("u-", key, NULL);

  if (n_keys == 0 || sync_random_below (random, 3) == 0)
    return store_fixture_create (key);
  if (sync_random_below (random, 3) == 0)
    return store_fixture_update (update_key, name, NULL);
  return mentioning (key, first, second);
}

static void
change_any (StoreFixture *fixture, SyncRandom *random, gint64 id)
{
  static const char *const kinds[] = { NULL, "person" };
  static const char *const resolutions[] = { NULL, "server_wins" };
  SyncChange change = SYNC_CHANGE_INIT;
  g_autofree char *name = g_strdup_printf ("ACC-%" G_GINT64_FORMAT, id);
  g_autofree char *text = g_strdup_printf ("{\"customer\":\"LOCAL-" ANY_KEY "\"}", (guint) sync_random_below (random, 6));
  g_autoptr (GBytes) body = g_bytes_new (text, strlen (text));
  SyncConflict conflict = { .request_id = id, .conflict_type = (char *) "edit_edit" };
  g_autoptr (GError) error = NULL;

  change.id = id;
  change.from = store_fixture_state (fixture, id);
  change.to = (SyncState) sync_random_below (random, SYNC_N_STATES);
  change.delay_ms = 0;
  change.unaccounted = 0;
  change.kind = kinds[sync_random_below (random, 2)];
  change.verdict = "x";
  change.with_dependants = sync_random_below (random, 2) == 0;
  if (change.to == SYNC_STATE_COMPLETED || sync_random_below (random, 4) == 0)
    change.server_name = sync_random_below (random, 4) == 0 ? NULL : name;
  if (change.to == SYNC_STATE_DISCARDED)
    change.resolution = resolutions[sync_random_below (random, 2)];
  if (change.to == SYNC_STATE_CONFLICT)
    {
      conflict.server_data = (char *) (sync_random_below (random, 2) == 0 ? NULL : "{}");
      change.conflict = &conflict;
    }
  if (change.to == SYNC_STATE_PENDING && sync_random_below (random, 3) == 0)
    change.effective_body = body;
  if (!sync_store_change (fixture->store, &change, &error))
    g_assert_false (g_error_matches (error, SYNC_ERROR, SYNC_ERROR_STORAGE));
}

/* Whatever is accepted, sent, refused, given up, taken back and edited, in any order. */
static void
test_any_order (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (SyncRandom) random = sync_random_seeded_new (GPOINTER_TO_UINT (data));
  gint64 last = 0;
  guint n_keys = 0;

  for (guint step = 0; step < 150; step++)
    {
      if (last == 0 || sync_random_below (random, 4) == 0)
        {
          SyncRequest *request = make_any (random, n_keys);
          g_autoptr (SyncAcceptance) acceptance = store_fixture_accept_full (fixture, request);

          last = MAX (last, acceptance->id);
          if (acceptance->error == NULL && request->key[0] != 'u')
            n_keys = MAX (n_keys, (guint) g_ascii_strtoull (strrchr (request->key, '-') + 1, NULL, 10) + 1);
        }
      else if (sync_random_below (random, 4) == 0)
        {
          g_autoptr (GPtrArray) due = sync_store_list_due (fixture->store, 1000, NULL, NULL);

          if (due->len > 0)
            store_fixture_claim (fixture,
                                 ((SyncRequest *) g_ptr_array_index (due, sync_random_below (random, due->len)))->id);
        }
      else
        change_any (fixture, random, 1 + (gint64) sync_random_below (random, (guint) last));
      check_sendable (fixture);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  store_fixture_add_test ("/sync/store-placeholders/delivery", test_delivery);
  store_fixture_add_test ("/sync/store-placeholders/known", test_known);
  store_fixture_add_test ("/sync/store-placeholders/step", test_step);
  store_fixture_add_test ("/sync/store-placeholders/refused", test_refused);
  store_fixture_add_test ("/sync/store-placeholders/states", test_states);
  store_fixture_add_test ("/sync/store-placeholders/one-transaction", test_one_transaction);
  store_fixture_add_test ("/sync/store-placeholders/given-up", test_given_up);
  store_fixture_add_test ("/sync/store-placeholders/server-wins", test_server_wins);
  store_fixture_add_test ("/sync/store-placeholders/nameless", test_nameless);
  store_fixture_add_test ("/sync/store-placeholders/edit", test_edit);
  store_fixture_add_test ("/sync/store-placeholders/replaced", test_replaced);
  store_fixture_add_test ("/sync/store-placeholders/key-used-twice", test_key_used_twice);
  store_fixture_add_test ("/sync/store-placeholders/two-families", test_two_families);
  store_fixture_add_test ("/sync/store-placeholders/list", test_list);
  for (guint seed = 1; seed <= 20; seed++)
    {
      g_autofree char *path = g_strdup_printf ("/sync/store-placeholders/any-order/%u", seed);

      g_test_add (path, StoreFixture, GUINT_TO_POINTER (seed), store_fixture_set_up, test_any_order,
                  store_fixture_tear_down);
    }
  return g_test_run ();
}
