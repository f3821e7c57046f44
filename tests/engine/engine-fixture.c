/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each test runs in a main context of its own: in the main thread, or, with SYNC_TEST_THREAD=1, in a thread, as the
 * desktop program has it. Time moves only when the test moves it. */
#include "config.h"

#include "engine-fixture.h"

#include "sync-test-directory.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>

/* Far more than any test needs; a loop that feeds itself passes it at once. */
#define TURNS_AT_MOST 20000

static void
state_changed_cb (SyncEngine *engine, SyncEngineState state, SyncCondition condition, Engine *self)
{
  g_ptr_array_add (self->log, g_strdup_printf ("state %s %s", sync_engine_state_to_string (state),
                                               sync_condition_to_string (condition)));
}

/* The signal must come after the commit: a second connection sees the state that it names. */
static void
request_changed_cb (SyncEngine *engine, gint64 id, int state, Engine *self)
{
  g_autoptr (SyncStore) reader = sync_store_open_reader (self->directory, NULL);
  g_autoptr (SyncRequest) row = NULL;

  g_assert_nonnull (reader);
  row = sync_store_get (reader, id, NULL);
  g_assert_nonnull (row);
  g_assert_cmpint (row->state, ==, state);
  g_ptr_array_add (self->log, g_strdup_printf ("request %" G_GINT64_FORMAT " %s", id, sync_state_to_string (state)));
}

static void
conflict_opened_cb (SyncEngine *engine, gint64 conflict_id, gint64 request_id, Engine *self)
{
  g_autoptr (SyncConflict) conflict = sync_store_get_conflict (self->store, conflict_id, NULL);

  g_assert_nonnull (conflict);
  g_ptr_array_add (self->log, g_strdup_printf ("conflict %" G_GINT64_FORMAT " %s", request_id, conflict->conflict_type));
}

static gint64
free_bytes_cb (const char *directory, gpointer user_data)
{
  Engine *self = user_data;

  return self->free_bytes >= 0 ? self->free_bytes : G_MAXINT64;
}

/* Opens the store and an engine on it, not started. */
void
engine_open (Engine *self)
{
  SyncStoreOptions options = SYNC_STORE_OPTIONS_INIT;
  g_autoptr (GError) error = NULL;

  options.reserve_bytes = 0;
  options.witness_directory = self->state_directory;
  options.free_bytes = free_bytes_cb;
  options.free_bytes_data = self;
  self->store = sync_store_open (self->directory, &options, SYNC_CLOCK (self->clock), &error);
  g_assert_no_error (error);
  self->engine = sync_engine_new (self->config, self->store, SYNC_TRANSPORT (self->site), self->credentials, self->routes,
                                  SYNC_CLOCK (self->clock), self->random);
  g_signal_connect (self->engine, "state-changed", G_CALLBACK (state_changed_cb), self);
  g_signal_connect (self->engine, "request-changed", G_CALLBACK (request_changed_cb), self);
  g_signal_connect (self->engine, "conflict-opened", G_CALLBACK (conflict_opened_cb), self);
}

/* Ends engine and store as a kill would: what was in flight is never recorded. */
void
engine_drop (Engine *self)
{
  sync_engine_stop (self->engine);
  engine_settle (self);
  g_signal_handlers_disconnect_by_data (self->engine, self);
  g_assert_finalize_object (g_steal_pointer (&self->engine));
  sync_store_close (self->store);
  g_assert_finalize_object (g_steal_pointer (&self->store));
}

/* The program begins anew with a rule of the shop's, the members of a JSON object; not started. */
void
engine_open_with_rule (Engine *self, const char *rule)
{
  g_autofree char *file = g_build_filename (self->directory, "rules.json", NULL);
  g_autofree char *text = g_strdup_printf ("{\"format\":1,\"rules\":[{\"name\":\"ours\",%s}]}", rule);
  g_autoptr (GError) error = NULL;

  g_file_set_contents (file, text, -1, &error);
  g_assert_no_error (error);
  engine_drop (self);
  g_clear_object (&self->routes);
  self->routes = sync_route_table_new (file, &error);
  g_assert_no_error (error);
  engine_open (self);
}

/* Turns the main loop until nothing is ready, and fails if that does not come; no time passes. */
void
engine_settle (Engine *self)
{
  guint turns = 0;

  while (g_main_context_iteration (g_main_context_get_thread_default (), FALSE))
    g_assert_cmpuint (++turns, <, TURNS_AT_MOST);
}

/* Starts the engine; nothing turns yet. */
void
engine_start (Engine *self)
{
  g_autoptr (GError) error = NULL;

  sync_engine_start (self->engine, &error);
  g_assert_no_error (error);
}

/* The disk takes nothing any more, or all again. */
void
engine_set_disk (gboolean works)
{
  struct rlimit limit;

  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  limit.rlim_cur = works ? limit.rlim_max : 0;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
}

/* Lets time pass, alarm by alarm. */
void
engine_run_for (Engine *self, gint64 ms)
{
  gint64 end_us = sync_clock_boot_us (SYNC_CLOCK (self->clock)) + ms * 1000;

  engine_settle (self);
  for (;;)
    {
      gint64 now_us = sync_clock_boot_us (SYNC_CLOCK (self->clock));
      gint64 next_us = sync_clock_virtual_next_alarm_us (self->clock);

      if (next_us < 0 || next_us > end_us)
        {
          sync_clock_virtual_advance_us (self->clock, end_us - now_us);
          engine_settle (self);
          return;
        }
      sync_clock_virtual_advance_us (self->clock, MAX (next_us - now_us, 0));
      engine_settle (self);
    }
}

typedef struct
{
  SyncSubmitted *submitted;
  GError *error;
  gboolean done;
} Submission;

static void
submitted_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Submission *out = user_data;

  out->submitted = sync_engine_submit_finish (SYNC_ENGINE (source), result, &out->error);
  out->done = TRUE;
}

/* Submits and waits for the answer; 0 and @error if it was refused. */
gint64
engine_submit_full (Engine *self, const SyncSubmission *submission, GError **error)
{
  Submission out = { 0 };
  gint64 id = 0;

  sync_engine_submit_async (self->engine, submission, NULL, submitted_cb, &out);
  while (!out.done)
    g_main_context_iteration (g_main_context_get_thread_default (), TRUE);
  if (out.error != NULL)
    g_propagate_error (error, out.error);
  else
    id = out.submitted->id;
  g_clear_pointer (&out.submitted, sync_submitted_free);
  return id;
}

gint64
engine_submit (Engine *self, const char *method, const char *url, const char *body)
{
  g_autoptr (GBytes) bytes = body != NULL ? g_bytes_new (body, strlen (body)) : NULL;
  g_autoptr (GError) error = NULL;
  SyncSubmission submission = SYNC_SUBMISSION_INIT;
  gint64 id;

  submission.method = method;
  submission.url = url;
  submission.body = bytes;
  id = engine_submit_full (self, &submission, &error);
  g_assert_no_error (error);
  return id;
}

SyncRequest *
engine_get (Engine *self, gint64 id)
{
  g_autoptr (GError) error = NULL;
  SyncRequest *row = sync_store_get (self->store, id, &error);

  g_assert_no_error (error);
  return row;
}

SyncState
engine_state_of (Engine *self, gint64 id)
{
  g_autoptr (SyncRequest) row = engine_get (self, id);

  return row->state;
}

static void
engine_set_up (Engine *self)
{
  const char *const environment[] = { "ERPNEXT_BASE_URL=http://site.example", "CONFLICT_POLICIES=*=ask", NULL };
  g_autoptr (GError) error = NULL;

  self->directory = sync_test_directory_new ();
  self->clock = sync_clock_virtual_new ();
  self->random = sync_random_seeded_new (7);
  self->config = sync_config_new (NULL, environment, &error);
  g_assert_no_error (error);
  self->site = toy_site_new ();
  self->credentials = sync_credentials_new ("http://site.example", "KEY", "SECRET");
  self->routes = sync_route_table_new (NULL, &error);
  g_assert_no_error (error);
  self->log = g_ptr_array_new_with_free_func (g_free);
  self->free_bytes = -1;
  engine_open (self);
}

static void
engine_tear_down (Engine *self)
{
  engine_drop (self);
  /* No timer of the engine outlives it. */
  g_assert_cmpint (sync_clock_virtual_next_alarm_us (self->clock), ==, -1);
  g_assert_finalize_object (g_steal_pointer (&self->site));
  g_clear_object (&self->credentials);
  g_clear_object (&self->routes);
  g_clear_pointer (&self->config, sync_config_free);
  g_clear_object (&self->random);
  g_clear_object (&self->clock);
  g_clear_pointer (&self->log, g_ptr_array_unref);
  sync_test_directory_free (self->directory);
  if (self->state_directory != NULL)
    sync_test_directory_free (self->state_directory);
}

static gpointer
run_in_own_context (gpointer data)
{
  EngineTest test = (EngineTest) data;
  g_autoptr (GMainContext) context = g_main_context_new ();
  Engine engine = { 0 };

  g_main_context_push_thread_default (context);
  engine_set_up (&engine);
  test (&engine);
  engine_tear_down (&engine);
  g_main_context_pop_thread_default (context);
  return NULL;
}

/* Runs @test here and now, in a context of its own. */
void
engine_test_run (EngineTest test)
{
  run_in_own_context ((gpointer) test);
}

static void
run_test (gconstpointer data)
{
  if (g_getenv ("SYNC_TEST_THREAD") != NULL)
    g_thread_join (g_thread_new ("engine", run_in_own_context, (gpointer) data));
  else
    run_in_own_context ((gpointer) data);
}

void
engine_test_add (const char *path, EngineTest test)
{
  g_test_add_data_func (path, (gconstpointer) test, run_test);
}
