/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A backup restored in the middle of a drain: what was delivered since is found, what was not is delivered, and what
 * cannot be told is for a person. Nothing is lost, nothing is doubled. */
#include "config.h"

#include "engine-fixture.h"

#include <glib/gstdio.h>
#include <string.h>

#include "sync-error.h"
#include "sync-test-directory.h"

#define N_CREATES 40
#define N_UPDATES 20
#define N_DELETES 10
#define N_ALL (N_CREATES + N_UPDATES + N_DELETES)

static void
start (Engine *e)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (sync_engine_start (e->engine, &error));
  g_assert_no_error (error);
  engine_settle (e);
}

/* Writes that may still come through, then the line is away. */
static ToyFault
so_many (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  guint *left = user_data;

  if (*left == 0)
    return TOY_REFUSE;
  if (request->write)
    --*left;
  return TOY_ANSWER;
}

static void
backed_up_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (sync_engine_backup_finish (SYNC_ENGINE (source), result, &error));
  g_assert_no_error (error);
  *(gboolean *) user_data = TRUE;
}

static void
back_up (Engine *e, const char *directory)
{
  gboolean done = FALSE;

  sync_engine_backup_async (e->engine, directory, backed_up_cb, &done);
  while (!done)
    g_main_context_iteration (g_main_context_get_thread_default (), TRUE);
}

/* The program ends, its database is replaced by the copy in @directory, the program starts. */
static void
put_back (Engine *e, const char *directory)
{
  engine_drop (e);
  sync_test_directory_copy (directory, e->directory);
  sync_clock_virtual_advance_us (e->clock, G_USEC_PER_SEC);
  engine_open (e);
  g_assert_nonnull (sync_store_get_restore_report (e->store));
}

/* With the version that the till had read: else a version that is not ours is a conflict. */
static void
submit_update (Engine *e, const char *url, guint i)
{
  g_autofree char *name = g_strdup_printf ("I%u", i);
  const char *modified = json_object_get_string_member (toy_site_get (e->site, "Item", name), "modified");
  g_autofree char *body = g_strdup_printf ("{\"n\":1,\"modified\":\"%s\"}", modified);

  engine_submit (e, "PUT", url, body);
}

static void
submit_all (Engine *e)
{
  for (guint i = 0; i < N_UPDATES; i++)
    {
      g_autofree char *name = g_strdup_printf ("I%u", i);

      toy_site_put (e->site, "Item", name, "{\"n\":0}");
    }
  for (guint i = 0; i < N_DELETES; i++)
    {
      g_autofree char *name = g_strdup_printf ("T%u", i);

      toy_site_put (e->site, "Task", name, "{}");
    }
  for (guint i = 0; i < N_CREATES; i++)
    {
      g_autofree char *body = g_strdup_printf ("{\"customer_name\":\"Customer %u\"}", i);

      engine_submit (e, "POST", "/api/resource/Customer", body);
      if (i < N_UPDATES)
        {
          g_autofree char *url = g_strdup_printf ("/api/resource/Item/I%u", i);

          submit_update (e, url, i);
        }
      if (i < N_DELETES)
        {
          g_autofree char *url = g_strdup_printf ("/api/resource/Task/T%u", i);

          engine_submit (e, "DELETE", url, NULL);
        }
    }
}

static guint
n_committed (Engine *e, const char *method)
{
  GPtrArray *log = toy_site_get_log (e->site);
  guint n = 0;

  for (guint i = 0; i < log->len; i++)
    n += g_str_has_prefix (g_ptr_array_index (log, i), method);
  return n;
}

static void
assert_all_once (Engine *e)
{
  g_autoptr (SyncSnapshot) snapshot = sync_engine_dup_snapshot (e->engine);

  g_test_message ("%u accepted, %u completed; on the server %u created, %u changed, %u deleted", N_ALL,
                  snapshot->counts.n[SYNC_STATE_COMPLETED], n_committed (e, "POST"), n_committed (e, "PUT"),
                  n_committed (e, "DELETE"));
  g_assert_cmpuint (snapshot->counts.n[SYNC_STATE_COMPLETED], ==, N_ALL);
  g_assert_cmpuint (toy_site_count (e->site, "Customer"), ==, N_CREATES);
  g_assert_cmpuint (n_committed (e, "POST"), ==, N_CREATES);
  g_assert_cmpuint (n_committed (e, "PUT"), ==, N_UPDATES);
  g_assert_cmpuint (n_committed (e, "DELETE"), ==, N_DELETES);
  g_assert_true (sync_store_verify_audit (e->store, NULL, NULL));
}

/* The backup is made after some more than @before writes, with four under way, and put back after @after more. */
static void
restore_in_a_drain (Engine *e, guint before, guint after)
{
  char *copy = sync_test_directory_new ();
  guint left = before;
  g_autoptr (SyncSnapshot) snapshot = NULL;

  e->state_directory = sync_test_directory_new ();
  engine_drop (e);
  engine_open (e);
  submit_all (e);
  toy_site_set_fault (e->site, so_many, &left);
  start (e);
  engine_run_for (e, 30000);
  g_assert_cmpuint (left, ==, 0);
  /* The line is back; round by round one more lane opens, until four writes are done there and not heard of here. */
  left = 1000;
  toy_site_hold (e->site, TRUE);
  engine_run_for (e, 60000);
  while (toy_site_n_held (e->site) < 4)
    {
      toy_site_hold (e->site, FALSE);
      toy_site_hold (e->site, TRUE);
      engine_settle (e);
    }
  back_up (e, copy);
  left = after;
  toy_site_hold (e->site, FALSE);
  engine_run_for (e, 60000);
  toy_site_set_fault (e->site, NULL, NULL);
  put_back (e, copy);
  snapshot = sync_engine_dup_snapshot (e->engine);
  g_assert_cmpuint (snapshot->counts.n[SYNC_STATE_UNKNOWN], ==, N_ALL - snapshot->counts.n[SYNC_STATE_COMPLETED]);
  g_assert_cmpuint (snapshot->counts.n[SYNC_STATE_UNKNOWN], >, 4);
  g_assert_nonnull (strstr (snapshot->restore_report, "put back from the backup"));
  start (e);
  engine_run_for (e, 600000);
  assert_all_once (e);
  sync_test_directory_free (copy);
}

static void
test_all_delivered_since (Engine *e)
{
  restore_in_a_drain (e, 10, 1000);
}

static void
test_some_delivered_since (Engine *e)
{
  restore_in_a_drain (e, 10, 15);
}

static void
test_nothing_delivered_since (Engine *e)
{
  restore_in_a_drain (e, 30, 0);
}

/* No mark: the files were copied by hand while the program was ended, and put back later. The witness tells. */
static void
test_copied_by_hand (Engine *e)
{
  char *copy = sync_test_directory_new ();
  guint left = 12;

  e->state_directory = sync_test_directory_new ();
  engine_drop (e);
  engine_open (e);
  submit_all (e);
  toy_site_set_fault (e->site, so_many, &left);
  start (e);
  engine_run_for (e, 20000);
  engine_drop (e);
  sync_test_directory_copy (e->directory, copy);
  engine_open (e);
  left = 30;
  start (e);
  engine_run_for (e, 120000);
  toy_site_set_fault (e->site, NULL, NULL);
  put_back (e, copy);
  start (e);
  engine_run_for (e, 600000);
  assert_all_once (e);
  sync_test_directory_free (copy);
}

/* Where the server enforces no key nobody can look: each waits for a person, with words that say why. */
static void
test_unkeyed (Engine *e)
{
  char *copy = sync_test_directory_new ();
  guint left = 3;
  SyncListFilter filter = { .states = 1u << SYNC_STATE_UNKNOWN };
  g_autoptr (GPtrArray) rows = NULL;
  g_autoptr (SyncSnapshot) snapshot = NULL;

  toy_site_set_key_field (e->site, FALSE);
  toy_site_set_fault (e->site, so_many, &left);
  for (guint i = 0; i < 6; i++)
    engine_submit (e, "POST", "/api/resource/Note", "{\"title\":\"two identical notes are two notes\"}");
  back_up (e, copy);
  start (e);
  engine_run_for (e, 10000);
  g_assert_cmpuint (toy_site_count (e->site, "Note"), ==, 3);
  toy_site_set_fault (e->site, NULL, NULL);
  put_back (e, copy);
  start (e);
  engine_run_for (e, 600000);
  rows = sync_store_list (e->store, &filter, NULL);
  g_assert_cmpuint (rows->len, ==, 6);
  for (guint i = 0; i < rows->len; i++)
    {
      const SyncRequest *row = g_ptr_array_index (rows, i);

      g_assert_true (row->needs_person);
      g_assert_nonnull (strstr (row->error_message, "restored or copied"));
    }
  g_assert_cmpuint (toy_site_count (e->site, "Note"), ==, 3);
  /* The person looks at the server: three are there. */
  for (guint i = 0; i < rows->len; i++)
    g_assert_true (sync_engine_confirm (e->engine, ((SyncRequest *) g_ptr_array_index (rows, i))->id, i < 3,
                                        i < 3 ? "NAME-1" : NULL, "owner", NULL));
  engine_run_for (e, 10000);
  snapshot = sync_engine_dup_snapshot (e->engine);
  g_assert_cmpuint (snapshot->counts.n[SYNC_STATE_COMPLETED], ==, 6);
  g_assert_cmpuint (toy_site_count (e->site, "Note"), ==, 6);
  sync_test_directory_free (copy);
}

static ToyFault
refuse_writes (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  return request->write ? TOY_CANNED : TOY_ANSWER;
}

/* Refused in the copy, edited and delivered since, and then refused again when it is sent once more: it is looked for
 * before it may be called failed. */
static void
test_refused_then_delivered (Engine *e)
{
  char *copy = sync_test_directory_new ();
  g_autoptr (GBytes) body = g_bytes_new_static ("{\"customer_name\":\"right\"}", 25);
  g_autoptr (SyncRequest) row = NULL;
  gint64 id;

  toy_site_set_canned (e->site, 417, "application/json", "{\"exc_type\":\"ValidationError\"}");
  toy_site_set_fault (e->site, refuse_writes, NULL);
  start (e);
  id = engine_submit (e, "POST", "/api/resource/Customer", "{\"customer_name\":\"wrong\"}");
  engine_settle (e);
  engine_assert_state (e, id, SYNC_STATE_FAILED);
  back_up (e, copy);
  toy_site_set_fault (e->site, NULL, NULL);
  g_assert_true (sync_engine_edit (e->engine, id, body, "owner", NULL));
  engine_settle (e);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  toy_site_set_fault (e->site, refuse_writes, NULL);
  put_back (e, copy);
  start (e);
  engine_run_for (e, 600000);
  g_assert_cmpuint (toy_site_count (e->site, "Customer"), ==, 1);
  row = engine_get (e, id);
  g_assert_cmpint (row->state, ==, SYNC_STATE_COMPLETED);
  g_assert_cmpstr (row->server_name, ==, "NAME-1");
  sync_test_directory_free (copy);
}

/* Refused, and decided about by a person before the copy was made: that it is not there is no second refusal. */
static void
test_retried_then_put_back (Engine *e)
{
  char *copy = sync_test_directory_new ();
  gint64 id;

  toy_site_put (e->site, "Item", "A", "{\"qty\":1}");
  toy_site_set_canned (e->site, 417, "application/json", "{\"exc_type\":\"ValidationError\"}");
  toy_site_set_fault (e->site, refuse_writes, NULL);
  start (e);
  id = engine_submit (e, "PUT", "/api/resource/Item/A", "{\"qty\":2}");
  engine_settle (e);
  engine_assert_state (e, id, SYNC_STATE_FAILED);
  toy_site_set_fault (e->site, NULL, NULL);
  sync_engine_set_offline (e->engine, TRUE);
  g_assert_true (sync_engine_retry (e->engine, id, "owner", NULL));
  back_up (e, copy);
  put_back (e, copy);
  engine_assert_state (e, id, SYNC_STATE_UNKNOWN);
  start (e);
  sync_engine_set_offline (e->engine, FALSE);
  engine_run_for (e, 600000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  sync_test_directory_free (copy);
}

/* Waiting in the copy, delivered since; sent again under its key it is refused for another reason (its customer is
 * disabled by now). It stands there all the same, so it is not failed. */
static void
test_delivered_then_refused (Engine *e)
{
  char *copy = sync_test_directory_new ();
  gint64 id = engine_submit (e, "POST", "/api/resource/Customer", "{\"customer_name\":\"A\"}");

  back_up (e, copy);
  start (e);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  toy_site_set_canned (e->site, 417, "application/json", "{\"exc_type\":\"ValidationError\"}");
  toy_site_set_fault (e->site, refuse_writes, NULL);
  put_back (e, copy);
  start (e);
  engine_run_for (e, 600000);
  engine_assert_state (e, id, SYNC_STATE_COMPLETED);
  g_assert_cmpuint (toy_site_count (e->site, "Customer"), ==, 1);
  sync_test_directory_free (copy);
}

static void
backup_refused_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (sync_engine_backup_finish (SYNC_ENGINE (source), result, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED);
  *(gboolean *) user_data = TRUE;
}

/* It failed because another one was given up, and is unknown now: it must not wait for that one unseen. */
static void
test_given_up_parent (Engine *e)
{
  char *backup = sync_test_directory_new ();
  SyncSubmission submission = SYNC_SUBMISSION_INIT;
  g_autoptr (GBytes) body = g_bytes_new_static ("{}", 2);
  g_autoptr (SyncRequest) row = NULL;
  g_autoptr (GError) error = NULL;
  guint none = 0;
  gint64 parent, child;

  toy_site_set_fault (e->site, so_many, &none);
  start (e);
  parent = engine_submit (e, "POST", "/api/resource/Customer", "{\"customer_name\":\"A\"}");
  submission.method = "POST";
  submission.url = "/api/resource/Customer";
  submission.body = body;
  submission.depends_on = &parent;
  submission.n_depends_on = 1;
  child = engine_submit_full (e, &submission, NULL);
  g_assert_true (sync_engine_discard_with_dependants (e->engine, parent, "not wanted", "anna", NULL));
  engine_assert_state (e, child, SYNC_STATE_FAILED);
  back_up (e, backup);
  put_back (e, backup);
  row = engine_get (e, child);
  g_assert_cmpint (row->state, ==, SYNC_STATE_UNKNOWN);
  g_assert_true (row->needs_person);
  g_assert_nonnull (strstr (row->error_message, "was given up"));
  /* A look is not possible, and whoever asks for one hears why. */
  g_assert_false (sync_engine_retry (e->engine, child, "anna", &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED);
  g_assert_true (sync_engine_discard (e->engine, child, "not wanted either", "anna", NULL));
  g_assert_true (sync_engine_restore (e->engine, child, "anna", NULL));
  g_clear_pointer (&row, sync_request_unref);
  row = engine_get (e, child);
  g_assert_cmpint (row->state, ==, SYNC_STATE_UNKNOWN);
  g_assert_true (row->needs_person);
  sync_test_directory_free (backup);
}

static void
test_backup_refused (Engine *e)
{
  gboolean done = FALSE;

  sync_engine_backup_async (e->engine, e->directory, backup_refused_cb, &done);
  while (!done)
    g_main_context_iteration (g_main_context_get_thread_default (), TRUE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  engine_test_add ("/sync/restore/all-delivered-since", test_all_delivered_since);
  engine_test_add ("/sync/restore/some-delivered-since", test_some_delivered_since);
  engine_test_add ("/sync/restore/nothing-delivered-since", test_nothing_delivered_since);
  engine_test_add ("/sync/restore/copied-by-hand", test_copied_by_hand);
  engine_test_add ("/sync/restore/unkeyed", test_unkeyed);
  engine_test_add ("/sync/restore/refused-then-delivered", test_refused_then_delivered);
  engine_test_add ("/sync/restore/retried-then-put-back", test_retried_then_put_back);
  engine_test_add ("/sync/restore/delivered-then-refused", test_delivered_then_refused);
  engine_test_add ("/sync/restore/given-up-parent", test_given_up_parent);
  engine_test_add ("/sync/restore/backup-refused", test_backup_refused);
  return g_test_run ();
}
