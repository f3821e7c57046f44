/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person tells the engine: ask the server, wait, go on, and what it says of that. */
#include "config.h"

#include "engine-fixture.h"

#include "sync-error.h"

#include <string.h>

static void
start (Engine *e)
{
  engine_start (e);
  engine_settle (e);
}

static ToyFault
canned (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  return TOY_CANNED;
}

static ToyFault
refuse (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  return TOY_REFUSE;
}

/* Asking the server ----------------------------------------------------------------------------------------------- */

typedef struct
{
  guint n;
  gboolean asked;
} Checked;

static void
checked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Checked *checked = user_data;

  checked->asked = sync_engine_check_finish (SYNC_ENGINE (source), result, NULL);
  checked->n++;
}

/* Whether the server was asked. */
static gboolean
check (Engine *e)
{
  Checked checked = { 0 };

  sync_engine_check_async (e->engine, checked_cb, &checked);
  engine_settle (e);
  g_assert_cmpuint (checked.n, ==, 1);
  return checked.asked;
}

static gint64
tried_ms (Engine *e)
{
  g_autoptr (SyncSnapshot) snapshot = sync_engine_dup_snapshot (e->engine);

  return snapshot->tried_ms;
}

/* With nothing in the queue nothing is known of the server, until somebody asks; then the answer counts. */
static void
test_check (Engine *e)
{
  g_assert_false (check (e));
  start (e);
  engine_assert_condition (e, SYNC_CONDITION_ONLINE);
  g_assert_cmpint (tried_ms (e), ==, 0);
  g_assert_true (check (e));
  engine_assert_condition (e, SYNC_CONDITION_ONLINE);
  g_assert_cmpint (tried_ms (e), >, 0);
  g_assert_nonnull (sync_engine_get_user (e->engine));

  toy_site_set_fault (e->site, refuse, NULL);
  g_assert_true (check (e));
  engine_assert_condition (e, SYNC_CONDITION_OFFLINE);
  /* Another answer counts too, though the next probe would not have been due. */
  toy_site_set_canned (e->site, 401, "application/json", "{\"exc_type\":\"AuthenticationError\"}");
  toy_site_set_fault (e->site, canned, NULL);
  g_assert_true (check (e));
  engine_assert_condition (e, SYNC_CONDITION_SIGN_IN_NEEDED);
  toy_site_set_canned (e->site, 200, "text/html", "<html>Welcome to the hotel</html>");
  g_assert_true (check (e));
  engine_assert_condition (e, SYNC_CONDITION_NOT_OUR_SERVER);
  toy_site_set_fault (e->site, NULL, NULL);
  g_assert_true (check (e));
  engine_assert_condition (e, SYNC_CONDITION_ONLINE);
}

/* Two who ask at once share a question, and whoever asks while the engine stops gets an answer. */
static void
test_check_shares (Engine *e)
{
  Checked checked = { 0 };
  guint n_calls;

  start (e);
  n_calls = toy_site_n_calls (e->site);
  toy_site_hold (e->site, TRUE);
  sync_engine_check_async (e->engine, checked_cb, &checked);
  sync_engine_check_async (e->engine, checked_cb, &checked);
  engine_settle (e);
  g_assert_cmpuint (checked.n, ==, 0);
  toy_site_hold (e->site, FALSE);
  engine_settle (e);
  g_assert_cmpuint (checked.n, ==, 2);
  g_assert_cmpuint (toy_site_n_calls (e->site), ==, n_calls + 1);

  toy_site_hold (e->site, TRUE);
  sync_engine_check_async (e->engine, checked_cb, &checked);
  engine_settle (e);
  sync_engine_stop (e->engine);
  engine_settle (e);
  g_assert_cmpuint (checked.n, ==, 3);
  toy_site_hold (e->site, FALSE);
}

/* Never while the server asked to be left alone, nor when a person wants no line. */
static void
test_check_respects (Engine *e)
{
  guint n_calls;

  start (e);
  sync_engine_set_offline (e->engine, TRUE);
  g_assert_false (check (e));
  sync_engine_set_offline (e->engine, FALSE);
  sync_engine_pause (e->engine, 0, NULL);
  g_assert_true (check (e));
  sync_engine_resume (e->engine);

  toy_site_set_canned (e->site, 429, "application/json", "{\"exc_type\":\"RateLimitExceededError\"}");
  toy_site_set_retry_after (e->site, "120");
  toy_site_set_fault (e->site, canned, NULL);
  g_assert_true (check (e));
  engine_assert_condition (e, SYNC_CONDITION_THROTTLED);
  n_calls = toy_site_n_calls (e->site);
  engine_run_for (e, 119000);
  g_assert_false (check (e));
  g_assert_cmpuint (toy_site_n_calls (e->site), ==, n_calls);
  engine_assert_condition (e, SYNC_CONDITION_THROTTLED);
  toy_site_set_fault (e->site, NULL, NULL);
  engine_run_for (e, 60000);
  g_assert_true (check (e));
  engine_assert_condition (e, SYNC_CONDITION_ONLINE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  engine_test_add ("/sync/steering/check", test_check);
  engine_test_add ("/sync/steering/check-shares", test_check_shares);
  engine_test_add ("/sync/steering/check-respects", test_check_respects);
  return g_test_run ();
}
