/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The mirror of the engine in the main thread: complete, coalesced, and only ever in the main thread. */
#include "config.h"

#include "engine-fixture.h"

#include "sync-status.h"

/* One every ten milliseconds. */
#define N_WRITES 300

typedef struct
{
  GMainLoop *loop;       /* (owned) */
  GThread *main_thread;
  guint n_changed;
  guint n_rows_changed;
  SyncStatus *status;    /* (owned) */
  gboolean fed;          /* guarded by @lock */
  GMutex lock;
} Mirror;

static void
changed_cb (SyncStatus *status, Mirror *mirror)
{
  const SyncSnapshot *snapshot = sync_status_get_snapshot (status);
  gboolean fed;

  g_assert_true (g_thread_self () == mirror->main_thread);
  mirror->n_changed++;
  g_mutex_lock (&mirror->lock);
  fed = mirror->fed;
  g_mutex_unlock (&mirror->lock);
  if (fed && snapshot->counts.n[SYNC_STATE_COMPLETED] == N_WRITES && snapshot->state == SYNC_ENGINE_IDLE)
    g_main_loop_quit (mirror->loop);
}

static void
requests_changed_cb (SyncStatus *status, Mirror *mirror)
{
  mirror->n_rows_changed++;
}

static void
notify_cb (SyncStatus *status, GParamSpec *pspec, Mirror *mirror)
{
  g_assert_true (g_thread_self () == mirror->main_thread);
}

/* The engine's side, in its own thread: time moves by hand until everything is delivered and told. */
static void
feed_engine (Engine *engine, Mirror *mirror)
{
  /* On the engine's own clock, so that the time between two updates is the one that the test lets pass. */
  mirror->status = sync_status_new (NULL, SYNC_CLOCK (engine->clock));
  g_signal_connect (mirror->status, "changed", G_CALLBACK (changed_cb), mirror);
  g_signal_connect (mirror->status, "requests-changed", G_CALLBACK (requests_changed_cb), mirror);
  g_signal_connect (mirror->status, "notify", G_CALLBACK (notify_cb), mirror);
  sync_status_attach (mirror->status, engine->engine);
  g_assert_true (sync_engine_start (engine->engine, NULL));
  for (int i = 0; i < N_WRITES; i++)
    {
      engine_submit (engine, "POST", "/api/resource/Note", "{\"title\":\"x\"}");
      engine_run_for (engine, 10);
    }
  engine_run_for (engine, 1000);
  g_mutex_lock (&mirror->lock);
  mirror->fed = TRUE;
  g_mutex_unlock (&mirror->lock);
  /* The last change may have been told before the flag stood: once more. */
  sync_status_detach (mirror->status);
}

static Mirror *current;

static void
engine_side (Engine *engine)
{
  feed_engine (engine, current);
}

static gpointer
engine_thread (gpointer data)
{
  engine_test_run (engine_side);
  return NULL;
}

static void
test_mirrors (void)
{
  Mirror mirror = { 0 };
  GThread *thread;
  gboolean safe;
  guint n;

  g_mutex_init (&mirror.lock);
  mirror.loop = g_main_loop_new (NULL, FALSE);
  mirror.main_thread = g_thread_self ();
  current = &mirror;
  thread = g_thread_new ("engine", engine_thread, NULL);
  g_main_loop_run (mirror.loop);
  g_thread_join (thread);
  g_object_get (mirror.status, "safe-to-close", &safe, "n-pending", &n, NULL);
  g_assert_true (safe);
  g_assert_cmpuint (n, ==, 0);
  /* Nine hundred changes of rows in four seconds came as at most ten updates a second. */
  g_assert_cmpuint (mirror.n_changed, <=, 42);
  g_assert_cmpuint (mirror.n_rows_changed, >, 0);
  g_assert_cmpuint (mirror.n_rows_changed, <=, mirror.n_changed);
  g_object_unref (mirror.status);
  g_main_loop_unref (mirror.loop);
  g_mutex_clear (&mirror.lock);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sync/status/mirrors", test_mirrors);
  return g_test_run ();
}
