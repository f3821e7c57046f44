/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Acceptance: what becomes of a request, of a replay, and of a key that comes again with other content. */
#include "config.h"

#include "store-fixture.h"

static void
test_accept (StoreFixture *fixture, gconstpointer data)
{
  SyncRequest *request = store_fixture_create ("k1");
  g_autoptr (SyncRequest) row = NULL;
  g_autofree char *due = NULL;
  SyncCounts counts;
  gint64 id;

  request->base_document = g_bytes_new_static ("{}", 2);
  request->headers = g_strdup ("{\"Accept\":\"application/json\"}");
  request->priority = 2;
  sync_request_ref (request);
  id = store_fixture_accept (fixture, request);
  row = store_fixture_get (fixture, id);
  g_assert_cmpint (row->state, ==, SYNC_STATE_PENDING);
  g_assert_cmpstr (row->site, ==, SITE);
  g_assert_cmpstr (row->author, ==, "cashier@example.com");
  g_assert_cmpstr (row->key, ==, "k1");
  g_assert_cmpstr (row->fingerprint, ==, request->fingerprint);
  g_assert_cmpstr (row->family, ==, "resource");
  g_assert_cmpstr (row->method, ==, "POST");
  g_assert_cmpstr (row->url, ==, "/api/resource/Sales%20Invoice");
  g_assert_null (row->effective_url);
  g_assert_cmpstr (row->headers, ==, "{\"Accept\":\"application/json\"}");
  g_assert_cmpstr (row->content_type, ==, "application/json");
  g_assert_cmpstr (row->resource_type, ==, "Sales Invoice");
  g_assert_null (row->resource_id);
  g_assert_cmpstr (row->lane, ==, "Sales Invoice/+k1");
  g_assert_cmpstr (row->action, ==, "create");
  g_assert_cmpint (row->priority, ==, 2);
  g_assert_cmpint (row->accepted_ms, ==, sync_clock_wall_ms (SYNC_CLOCK (fixture->clock)));
  g_assert_cmpint (row->order_ms, ==, row->accepted_ms + 1200000);
  g_assert_true (g_bytes_equal (row->accepted_body, request->accepted_body));
  g_assert_true (g_bytes_equal (row->base_document, request->base_document));
  g_assert_null (row->effective_body);
  g_assert_null (row->depends_on);
  sync_request_unref (request);

  due = store_fixture_dup_due (fixture);
  g_assert_cmpstr (due, ==, "1");
  g_assert_true (sync_store_get_counts (fixture->store, &counts, NULL));
  g_assert_cmpuint (counts.n[SYNC_STATE_PENDING], ==, 1);
  g_assert_cmpuint (counts.total, ==, 1);
  g_assert_cmpint (counts.oldest_waiting_ms, ==, row->accepted_ms);
}

static void
test_bodies (StoreFixture *fixture, gconstpointer data)
{
  static const gsize sizes[] = { 0, 1, 4096, 4097, 300000 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (guint noisy = 0; noisy < 2; noisy++)
      {
        g_autofree char *key = g_strdup_printf ("body-%u-%u", i, noisy);
        g_autoptr (SyncRequest) row = NULL;
        SyncRequest *request = store_fixture_create (key);
        guint8 *bytes = g_malloc (sizes[i] + 1);
        guint32 noise = 1;

        for (gsize b = 0; b < sizes[i]; b++)
          bytes[b] = noisy ? (guint8) ((noise = noise * 1664525 + 1013904223) >> 24) : (guint8) ('a' + b % 7);
        g_bytes_unref (request->accepted_body);
        request->accepted_body = g_bytes_new_take (bytes, sizes[i]);
        sync_request_ref (request);
        row = store_fixture_get (fixture, store_fixture_accept (fixture, request));
        g_assert_true (g_bytes_equal (row->accepted_body, request->accepted_body));
        sync_request_unref (request);
      }
  /* The long and regular one takes much less room than it is long. */
  g_assert_cmpint (store_fixture_number (
                     fixture, "SELECT length (accepted_body) FROM offline_requests WHERE key = 'body-4-0'"),
                   <, 10000);
}

static void
test_no_body (StoreFixture *fixture, gconstpointer data)
{
  SyncRequest *request = store_fixture_create ("k");
  g_autoptr (SyncRequest) row = NULL;

  g_clear_pointer (&request->accepted_body, g_bytes_unref);
  g_clear_pointer (&request->resource_type, g_free);
  row = store_fixture_get (fixture, store_fixture_accept (fixture, request));
  g_assert_null (row->accepted_body);
  g_assert_null (row->resource_type);
  g_assert_cmpstr (row->lane, ==, "resource/+k");
}

static void
test_altered_body (StoreFixture *fixture, gconstpointer data)
{
  gint64 id = store_fixture_accept (fixture, store_fixture_create ("k"));
  g_autoptr (GError) error = NULL;

  store_fixture_sql (fixture,
                     "DROP TRIGGER requests_fixed; UPDATE offline_requests SET accepted_body = X'3D7B7D'");
  g_assert_null (sync_store_get (fixture->store, id, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_CORRUPT);
  g_clear_error (&error);
  g_assert_null (sync_store_claim (fixture->store, id, NULL, NULL, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_CORRUPT);
  /* The claim was taken back. */
  g_assert_cmpint (store_fixture_number (fixture, "SELECT status = 'pending' FROM offline_requests"), ==, 1);
  g_assert_cmpint (store_fixture_number (fixture, "SELECT count (*) FROM attempts"), ==, 0);
}

static void
test_group (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) acceptances = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_acceptance_free);
  g_autoptr (GError) error = NULL;
  SyncRequest *bad = store_fixture_create ("bad");
  SyncAcceptance *acceptance;

  bad->priority = 9;
  g_ptr_array_add (acceptances, sync_acceptance_new (store_fixture_create ("a")));
  g_ptr_array_add (acceptances, sync_acceptance_new (bad));
  g_ptr_array_add (acceptances, sync_acceptance_new (store_fixture_create ("a")));
  g_ptr_array_add (acceptances, sync_acceptance_new (store_fixture_create ("b")));
  g_assert_true (sync_store_accept (fixture->store, acceptances, &error));
  g_assert_no_error (error);

  acceptance = g_ptr_array_index (acceptances, 0);
  g_assert_no_error (acceptance->error);
  g_assert_cmpint (acceptance->id, ==, 1);
  g_assert_false (acceptance->existing);
  acceptance = g_ptr_array_index (acceptances, 1);
  g_assert_error (acceptance->error, SYNC_ERROR, SYNC_ERROR_INVALID);
  acceptance = g_ptr_array_index (acceptances, 2);
  g_assert_true (acceptance->existing);
  g_assert_cmpint (acceptance->id, ==, 1);
  acceptance = g_ptr_array_index (acceptances, 3);
  g_assert_cmpint (acceptance->id, ==, 2);

  g_assert_cmpint (store_fixture_number (fixture, "SELECT count (*) FROM offline_requests"), ==, 2);
  g_assert_cmpint (store_fixture_number (fixture, "SELECT count (*) FROM audit"), ==, 2);
  /* The same call again changes nothing. */
  g_assert_true (sync_store_accept (fixture->store, acceptances, &error));
  g_assert_cmpint (store_fixture_number (fixture, "SELECT count (*) FROM offline_requests"), ==, 2);
}

static SyncRequest *
create_changed (const char *key)
{
  SyncRequest *request = store_fixture_create (key);

  g_free (request->fingerprint);
  request->fingerprint = g_strdup ("changed");
  return request;
}

static void
check_refused (StoreFixture *fixture, SyncRequest *request, int code, gint64 holder)
{
  g_autoptr (SyncAcceptance) acceptance = store_fixture_accept_full (fixture, request);

  g_assert_error (acceptance->error, SYNC_ERROR, code);
  g_assert_cmpint (acceptance->id, ==, holder);
}

static void
test_same_key (StoreFixture *fixture, gconstpointer data)
{
  static const char *const same[] = { "Key-1", "key-1", "KEY-1", "key-1  " };
  gint64 id = store_fixture_accept (fixture, store_fixture_create ("Key-1"));
  SyncRequest *elsewhere = store_fixture_create ("Key-1");

  for (guint i = 0; i < SYNC_N_STATES; i++)
    {
      SyncState state = i;
      g_autofree char *key = g_strdup_printf ("in-%s", sync_state_to_string (state));
      gint64 row = store_fixture_accept (fixture, store_fixture_create (key));
      g_autoptr (SyncAcceptance) again = NULL;

      store_fixture_bring_to (fixture, row, state);
      again = store_fixture_accept_full (fixture, store_fixture_create (key));
      g_assert_no_error (again->error);
      g_assert_true (again->existing);
      g_assert_cmpint (again->id, ==, row);
      g_assert_cmpint (again->state, ==, state);
      g_assert_cmpint (store_fixture_state (fixture, row), ==, state);
    }
  for (guint i = 0; i < G_N_ELEMENTS (same); i++)
    {
      SyncRequest *request = store_fixture_create (same[i]);

      g_free (request->fingerprint);
      request->fingerprint = g_compute_checksum_for_string (
        G_CHECKSUM_SHA256, "{\"doctype\":\"Sales Invoice\",\"remarks\":\"Key-1\"}", -1);
      g_assert_cmpint (store_fixture_accept (fixture, request), ==, id);
    }
  /* Another family, DocType or site is another key. */
  g_free (elsewhere->family);
  elsewhere->family = g_strdup ("some.method");
  g_assert_cmpint (store_fixture_accept (fixture, elsewhere), !=, id);
  elsewhere = store_fixture_create ("Key-1");
  g_free (elsewhere->resource_type);
  elsewhere->resource_type = g_strdup ("Payment Entry");
  g_assert_cmpint (store_fixture_accept (fixture, elsewhere), !=, id);
  elsewhere = store_fixture_create ("Key-1");
  g_free (elsewhere->site);
  elsewhere->site = g_strdup ("https://other.example.com");
  g_assert_cmpint (store_fixture_accept (fixture, elsewhere), !=, id);
}

static void
test_key_conflict (StoreFixture *fixture, gconstpointer data)
{
  static const SyncState held[]
    = { SYNC_STATE_SENDING, SYNC_STATE_UNKNOWN, SYNC_STATE_CONFLICT, SYNC_STATE_COMPLETED };

  for (guint i = 0; i < G_N_ELEMENTS (held); i++)
    {
      const char *key = sync_state_to_string (held[i]);
      gint64 id = store_fixture_accept (fixture, store_fixture_create (key));

      store_fixture_bring_to (fixture, id, held[i]);
      check_refused (fixture, create_changed (key), SYNC_ERROR_KEY_CONFLICT, id);
      g_assert_cmpint (store_fixture_state (fixture, id), ==, held[i]);
    }
}

static void
test_replace (StoreFixture *fixture, gconstpointer data)
{
  gint64 old = store_fixture_accept (fixture, store_fixture_create ("k"));
  gint64 behind = store_fixture_accept (fixture, store_fixture_update ("u", "LOCAL-k", NULL));
  SyncRequest *dependant = store_fixture_create ("d");
  g_autoptr (SyncAcceptance) acceptance = NULL;
  g_autoptr (SyncRequest) gone = NULL;
  g_autoptr (SyncRequest) row = NULL;
  g_autoptr (SyncRequest) waiting = NULL;
  g_autofree char *due = NULL;
  g_autofree char *still = NULL;
  g_autofree char *later = NULL;
  SyncChange again = SYNC_CHANGE_INIT;

  dependant->depends_on = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_array_append_val (dependant->depends_on, old);
  store_fixture_accept (fixture, dependant);
  sync_clock_virtual_advance_us (fixture->clock, 60 * G_USEC_PER_SEC);
  acceptance = store_fixture_accept_full (fixture, create_changed ("K"));
  g_assert_no_error (acceptance->error);
  g_assert_false (acceptance->existing);
  g_assert_cmpint (acceptance->replaced, ==, old);
  g_assert_cmpint (acceptance->id, ==, 4);

  gone = store_fixture_get (fixture, old);
  row = store_fixture_get (fixture, 4);
  waiting = store_fixture_get (fixture, 3);
  g_assert_cmpint (gone->state, ==, SYNC_STATE_DISCARDED);
  g_assert_cmpint (gone->superseded_by, ==, 4);
  g_assert_cmpint (row->order_ms, ==, gone->order_ms);
  g_assert_cmpint (row->accepted_ms, ==, gone->accepted_ms + 60000);
  g_assert_cmpstr (row->lane, ==, gone->lane);
  g_assert_cmpint (g_array_index (waiting->depends_on, gint64, 0), ==, 4);
  /* It took the place at the head of the lane, before the row behind. */
  due = store_fixture_dup_due (fixture);
  g_assert_cmpstr (due, ==, "4");
  again.id = 4;
  again.from = SYNC_STATE_SENDING;
  again.to = SYNC_STATE_PENDING;
  again.attempt = store_fixture_claim (fixture, 4);
  again.unaccounted = 0;
  store_fixture_change (fixture, again);
  still = store_fixture_dup_due (fixture);
  g_assert_cmpstr (still, ==, "4");
  store_fixture_deliver (fixture, 4, "ACC-1", "m1");
  later = store_fixture_dup_due (fixture);
  g_assert_cmpstr (later, ==, "2 3");
  g_assert_cmpint (behind, ==, 2);
}

static void
test_replace_failed (StoreFixture *fixture, gconstpointer data)
{
  gint64 id = store_fixture_accept (fixture, store_fixture_create ("k"));
  gint64 stepped = store_fixture_accept (fixture, store_fixture_create ("s"));
  SyncChange change = SYNC_CHANGE_INIT;

  store_fixture_bring_to (fixture, id, SYNC_STATE_FAILED);
  g_assert_cmpint (store_fixture_accept (fixture, create_changed ("k")), ==, 3);
  g_assert_cmpint (store_fixture_state (fixture, id), ==, SYNC_STATE_DISCARDED);

  /* A draft that is on the server is an effect. */
  change.id = stepped;
  change.from = SYNC_STATE_SENDING;
  change.to = SYNC_STATE_PENDING;
  change.attempt = store_fixture_claim (fixture, stepped);
  change.unaccounted = 0;
  change.step = 1;
  change.server_name = "ACC-7";
  store_fixture_change (fixture, change);
  change.attempt = store_fixture_claim (fixture, stepped);
  change.to = SYNC_STATE_FAILED;
  store_fixture_change (fixture, change);
  check_refused (fixture, create_changed ("s"), SYNC_ERROR_KEY_CONFLICT, stepped);
}

/* One that fails half-way is taken back whole, and those beside it are not. */
static void
test_replace_taken_back (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) acceptances = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_acceptance_free);
  g_autoptr (GError) error = NULL;
  SyncRequest *request = create_changed ("k");
  SyncAcceptance *acceptance;
  gint64 old = store_fixture_accept (fixture, store_fixture_create ("k"));
  gint64 nobody = 77;

  request->depends_on = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_array_append_val (request->depends_on, nobody);
  g_ptr_array_add (acceptances, sync_acceptance_new (request));
  g_ptr_array_add (acceptances, sync_acceptance_new (store_fixture_create ("beside")));
  g_assert_true (sync_store_accept (fixture->store, acceptances, &error));
  g_assert_no_error (error);
  acceptance = g_ptr_array_index (acceptances, 0);
  g_assert_error (acceptance->error, SYNC_ERROR, SYNC_ERROR_NOT_FOUND);
  g_assert_cmpint (store_fixture_state (fixture, old), ==, SYNC_STATE_PENDING);
  acceptance = g_ptr_array_index (acceptances, 1);
  g_assert_no_error (acceptance->error);
  g_assert_cmpint (acceptance->id, ==, 2);
  g_assert_true (sync_store_verify_audit (fixture->store, NULL, NULL));
}

static void
test_replace_no_circle (StoreFixture *fixture, gconstpointer data)
{
  gint64 old = store_fixture_accept (fixture, store_fixture_create ("k"));
  gint64 behind = store_fixture_accept (fixture, store_fixture_update ("u", "LOCAL-k", NULL));
  SyncRequest *request = create_changed ("k");

  request->depends_on = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_array_append_val (request->depends_on, behind);
  check_refused (fixture, request, SYNC_ERROR_REFUSED, 0);
  g_assert_cmpint (store_fixture_state (fixture, old), ==, SYNC_STATE_PENDING);
}

static void
test_discarded (StoreFixture *fixture, gconstpointer data)
{
  gint64 id = store_fixture_accept (fixture, store_fixture_create ("k"));
  g_autoptr (SyncAcceptance) same = NULL;
  g_autoptr (SyncRequest) found = NULL;
  gint64 other;
  SyncChange back = SYNC_CHANGE_INIT;

  store_fixture_discard (fixture, id, NULL);
  same = store_fixture_accept_full (fixture, store_fixture_create ("k"));
  g_assert_true (same->existing);
  g_assert_cmpint (same->id, ==, id);
  g_assert_cmpint (same->state, ==, SYNC_STATE_DISCARDED);
  other = store_fixture_accept (fixture, create_changed ("k"));
  g_assert_cmpint (other, !=, id);
  found = sync_store_find_key (fixture->store, SITE, "resource", "Sales Invoice", "K", NULL);
  g_assert_cmpint (found->id, ==, other);
  back.id = id;
  back.from = SYNC_STATE_DISCARDED;
  back.to = SYNC_STATE_PENDING;
  store_fixture_try_change (fixture, back, SYNC_ERROR_KEY_CONFLICT);
  store_fixture_discard (fixture, other, NULL);
  store_fixture_change (fixture, back);
  g_assert_cmpint (store_fixture_state (fixture, id), ==, SYNC_STATE_PENDING);
}

static void
test_cleared (StoreFixture *fixture, gconstpointer data)
{
  gint64 id = store_fixture_accept (fixture, store_fixture_create ("k"));
  g_autoptr (SyncAcceptance) same = NULL;
  g_autoptr (GError) error = NULL;
  guint n = 0;

  store_fixture_deliver (fixture, id, "ACC-1", NULL);
  store_fixture_accept (fixture, store_fixture_create ("waits"));
  store_fixture_bring_to (fixture, store_fixture_accept (fixture, store_fixture_create ("f")),
                          SYNC_STATE_FAILED);
  store_fixture_bring_to (fixture, store_fixture_accept (fixture, store_fixture_create ("x")),
                          SYNC_STATE_DISCARDED);
  sync_clock_virtual_advance_us (fixture->clock, 31 * G_TIME_SPAN_DAY);
  g_assert_true (sync_store_clear_old (fixture->store, 32, G_MAXINT, &n, &error));
  g_assert_cmpuint (n, ==, 0);
  g_assert_true (sync_store_clear_old (fixture->store, 30, G_MAXINT, &n, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (n, ==, 1);
  g_assert_cmpint (store_fixture_number (fixture, "SELECT count (*) FROM offline_requests"), ==, 3);
  same = store_fixture_accept_full (fixture, store_fixture_create ("k"));
  g_assert_true (same->existing);
  g_assert_cmpint (same->id, ==, id);
  g_assert_cmpint (same->state, ==, SYNC_STATE_COMPLETED);
  check_refused (fixture, create_changed ("k"), SYNC_ERROR_KEY_CONFLICT, id);
  /* After 400 days the key is forgotten too. */
  sync_clock_virtual_advance_us (fixture->clock, 400 * G_TIME_SPAN_DAY);
  g_assert_true (sync_store_clear_old (fixture->store, 30, G_MAXINT, NULL, &error));
  g_assert_cmpint (store_fixture_number (fixture, "SELECT count (*) FROM delivered_keys"), ==, 0);
}

static void
test_cleared_id (StoreFixture *fixture, gconstpointer data)
{
  gint64 id = store_fixture_accept (fixture, store_fixture_create ("k"));
  guint n;

  store_fixture_deliver (fixture, id, NULL, NULL);
  g_assert_true (sync_store_clear_old (fixture->store, 0, G_MAXINT, &n, NULL));
  g_assert_cmpuint (n, ==, 0);
  g_assert_cmpint (store_fixture_accept (fixture, store_fixture_create ("next")), ==, id + 1);
}

static void
test_invalid (StoreFixture *fixture, gconstpointer data)
{
  SyncRequest *request = store_fixture_create ("   ");
  gint64 nobody = 77;

  check_refused (fixture, request, SYNC_ERROR_INVALID, 0);
  request = store_fixture_create ("k");
  g_clear_pointer (&request->fingerprint, g_free);
  check_refused (fixture, request, SYNC_ERROR_INVALID, 0);
  request = store_fixture_create ("k");
  request->depends_on = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_array_append_val (request->depends_on, nobody);
  check_refused (fixture, request, SYNC_ERROR_NOT_FOUND, 0);
  g_assert_cmpint (store_fixture_number (fixture, "SELECT count (*) FROM offline_requests"), ==, 0);
  g_assert_cmpint (store_fixture_number (fixture, "SELECT count (*) FROM names"), ==, 0);
}

static void
test_list (StoreFixture *fixture, gconstpointer data)
{
  SyncListFilter filter = { .states = 1 << SYNC_STATE_PENDING | 1 << SYNC_STATE_FAILED, .limit = 3 };
  g_autoptr (GPtrArray) first = NULL;
  g_autoptr (GPtrArray) rest = NULL;
  g_autoptr (GPtrArray) newest = NULL;
  g_autoptr (GPtrArray) typed = NULL;
  g_autoptr (GPtrArray) all = NULL;

  for (guint i = 1; i <= 6; i++)
    {
      g_autofree char *key = g_strdup_printf ("k%u", i);

      store_fixture_accept (fixture,
                            i == 6 ? store_fixture_update (key, "Ann", NULL) : store_fixture_create (key));
    }
  store_fixture_bring_to (fixture, 2, SYNC_STATE_FAILED);
  store_fixture_bring_to (fixture, 3, SYNC_STATE_COMPLETED);
  first = sync_store_list (fixture->store, &filter, NULL);
  g_assert_cmpuint (first->len, ==, 3);
  g_assert_cmpint (((SyncRequest *) first->pdata[0])->id, ==, 1);
  g_assert_cmpint (((SyncRequest *) first->pdata[2])->id, ==, 4);
  g_assert_null (((SyncRequest *) first->pdata[0])->accepted_body);
  filter.after = 4;
  rest = sync_store_list (fixture->store, &filter, NULL);
  g_assert_cmpuint (rest->len, ==, 2);
  filter.after = 0;
  filter.newest_first = TRUE;
  newest = sync_store_list (fixture->store, &filter, NULL);
  g_assert_cmpint (((SyncRequest *) newest->pdata[0])->id, ==, 6);
  g_assert_cmpint (((SyncRequest *) newest->pdata[2])->id, ==, 4);
  filter.states = 0;
  filter.resource_type = "Customer";
  typed = sync_store_list (fixture->store, &filter, NULL);
  g_assert_cmpuint (typed->len, ==, 1);
  filter = (SyncListFilter){ 0 };
  all = sync_store_list (fixture->store, &filter, NULL);
  g_assert_cmpuint (all->len, ==, 6);
}

static void
assert_body (GPtrArray *rows, guint i, const char *beginning)
{
  GBytes *body = sync_request_get_body (rows->pdata[i]);

  if (beginning == NULL)
    g_assert_null (body);
  else
    g_assert_true (body != NULL && g_str_has_prefix (g_bytes_get_data (body, NULL), beginning));
}

/* The short bodies are listed where somebody wants them: the one that is to be sent, and as long as it is, not as it
 * stands compressed. */
static void
test_list_bodies (StoreFixture *fixture, gconstpointer data)
{
  const SyncListFilter filter = { .body_limit = 50000 };
  g_autoptr (GString) long_body = g_string_new ("{\"a\":\"");
  g_autoptr (GBytes) edited = g_bytes_new_static ("{\"edited\":1}", strlen ("{\"edited\":1}"));
  const gsize lengths[] = { 50000, 50001 };
  SyncChange change = SYNC_CHANGE_INIT;
  g_autoptr (GPtrArray) rows = NULL;

  store_fixture_accept (fixture, store_fixture_create ("short"));
  store_fixture_bring_to (fixture, 1, SYNC_STATE_FAILED);
  change.id = 1;
  change.from = SYNC_STATE_FAILED;
  change.to = SYNC_STATE_PENDING;
  change.effective_body = edited;
  g_assert_true (sync_store_change (fixture->store, &change, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      g_autofree char *key = g_strdup_printf ("long-%u", i);
      SyncRequest *request = store_fixture_create (key);

      while (long_body->len < lengths[i] - 2)
        g_string_append_c (long_body, 'x');
      g_bytes_unref (request->accepted_body);
      request->accepted_body = g_string_free_to_bytes (g_string_append (g_string_new (long_body->str), "\"}"));
      store_fixture_accept (fixture, request);
    }
  rows = sync_store_list (fixture->store, &filter, NULL);
  g_assert_cmpuint (rows->len, ==, 3);
  assert_body (rows, 0, "{\"edited\":1}");
  assert_body (rows, 1, "{\"a\":\"xxx");
  assert_body (rows, 2, NULL);
}

static void
test_metadata (StoreFixture *fixture, gconstpointer data)
{
  g_autofree char *none = sync_store_dup_metadata (fixture->store, "last_sync_ms");
  g_autofree char *value = NULL;
  g_autofree char *removed = NULL;

  g_assert_null (none);
  g_assert_true (sync_store_set_metadata (fixture->store, "last_sync_ms", "1", NULL));
  g_assert_true (sync_store_set_metadata (fixture->store, "last_sync_ms", "2", NULL));
  store_fixture_reopen (fixture);
  value = sync_store_dup_metadata (fixture->store, "last_sync_ms");
  g_assert_cmpstr (value, ==, "2");
  g_assert_true (sync_store_set_metadata (fixture->store, "last_sync_ms", NULL, NULL));
  removed = sync_store_dup_metadata (fixture->store, "last_sync_ms");
  g_assert_null (removed);
}

static void
test_undelivered (StoreFixture *fixture, gconstpointer data)
{
  SyncSites sites;

  g_assert_true (sync_store_count_undelivered (fixture->store, SITE, &sites, NULL));
  g_assert_cmpuint (sites.n_own + sites.n_other, ==, 0);
  g_assert_null (sites.other);
  store_fixture_accept (fixture, store_fixture_create ("k"));
  store_fixture_bring_to (fixture, store_fixture_accept (fixture, store_fixture_create ("l")),
                          SYNC_STATE_COMPLETED);
  g_assert_true (sync_store_count_undelivered (fixture->store, SITE, &sites, NULL));
  g_assert_cmpuint (sites.n_own, ==, 1);
  g_assert_cmpuint (sites.n_other, ==, 0);
  g_assert_null (sites.other);
  g_assert_true (sync_store_count_undelivered (fixture->store, "https://other.example.com", &sites, NULL));
  g_assert_cmpuint (sites.n_own, ==, 0);
  g_assert_cmpuint (sites.n_other, ==, 1);
  g_assert_cmpstr (sites.other, ==, SITE);
  sync_sites_clear (&sites);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  store_fixture_add_test ("/sync/store-queue/accept", test_accept);
  store_fixture_add_test ("/sync/store-queue/bodies", test_bodies);
  store_fixture_add_test ("/sync/store-queue/no-body", test_no_body);
  store_fixture_add_test ("/sync/store-queue/altered-body", test_altered_body);
  store_fixture_add_test ("/sync/store-queue/group", test_group);
  store_fixture_add_test ("/sync/store-queue/same-key", test_same_key);
  store_fixture_add_test ("/sync/store-queue/key-conflict", test_key_conflict);
  store_fixture_add_test ("/sync/store-queue/replace", test_replace);
  store_fixture_add_test ("/sync/store-queue/replace-failed", test_replace_failed);
  store_fixture_add_test ("/sync/store-queue/replace-taken-back", test_replace_taken_back);
  store_fixture_add_test ("/sync/store-queue/replace-no-circle", test_replace_no_circle);
  store_fixture_add_test ("/sync/store-queue/discarded", test_discarded);
  store_fixture_add_test ("/sync/store-queue/cleared", test_cleared);
  store_fixture_add_test ("/sync/store-queue/cleared-id", test_cleared_id);
  store_fixture_add_test ("/sync/store-queue/invalid", test_invalid);
  store_fixture_add_test ("/sync/store-queue/list", test_list);
  store_fixture_add_test ("/sync/store-queue/list-bodies", test_list_bodies);
  store_fixture_add_test ("/sync/store-queue/metadata", test_metadata);
  store_fixture_add_test ("/sync/store-queue/undelivered", test_undelivered);
  return g_test_run ();
}
