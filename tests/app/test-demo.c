/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The demonstration in the terminal, without its pauses: the ledger has to be right, and nothing may stay behind. A story
 * that is not told to its end calls nothing lost. */
#include "app-process.h"

#include "sync-clock-system.h"
#include "sync-demo.h"
#include "sync-random.h"

#include <signal.h>

static guint
count_rows (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  guint n = 0;

  /* A sale's line of the ledger: number, customer, amount, key, invoice, and 1 for posted once. */
  for (guint i = 0; lines[i] != NULL; i++)
    n += g_regex_match_simple ("^\\d+ +\\S.*\\d+\\.00 +[0-9a-f]{8} +ACC-SINV-\\S+ +1 *$", lines[i], 0, 0);
  return n;
}

static void
assert_nothing_left (AppProfile *profile, const char *name)
{
  g_autofree char *path = g_build_filename (profile->home, name, NULL);
  g_autoptr (GDir) directory = g_dir_open (path, 0, NULL);

  g_assert_nonnull (directory);
  g_assert_cmpstr (g_dir_read_name (directory), ==, NULL);
}

static void
test_ledger (void)
{
  g_autoptr (AppProfile) profile = app_profile_new ();
  g_autoptr (AppEnd) end = NULL;

  app_profile_set (profile, "POSAWESOME_SYNC_DEMO_PACE", "0");
  end = app_profile_run (profile, "--demo", "--headless", NULL);
  g_test_message ("%s%s", end->out, end->err);
  g_assert_cmpint (end->status, ==, 0);
  g_assert_cmpstr (end->err, ==, "");
  g_assert_nonnull (strstr (end->out, "The line to the server is cut."));
  g_assert_nonnull (strstr (end->out, "10 sales are waiting."));
  g_assert_nonnull (strstr (end->out, "One answer got lost"));
  g_assert_nonnull (strstr (end->out, "10 of 10 delivered"));
  g_assert_cmpuint (count_rows (end->out), ==, 10);
  g_assert_true (g_str_has_suffix (end->out, "\n10 sales accepted, 10 on the server, 0 lost, 0 doubled\n"));
  assert_nothing_left (profile, "tmp");
  assert_nothing_left (profile, "state");
  assert_nothing_left (profile, "share");
  assert_nothing_left (profile, "config");
}

/* Interrupted in the middle: an orderly end, but not a success. */
static void
test_interrupt (void)
{
  g_autoptr (AppProfile) profile = app_profile_new ();
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (AppEnd) end = NULL;
  g_autofree char *line = NULL;

  app_profile_set (profile, "POSAWESOME_SYNC_DEMO_PACE", "20000");
  process = app_profile_spawn (profile, "--demo", "--headless", NULL);
  do
    {
      g_free (line);
      line = app_process_read_line (process);
    }
  while (line != NULL && !g_str_has_prefix (line, ">"));
  g_assert_nonnull (line);
  end = app_process_end (process, SIGTERM);
  g_assert_cmpint (end->status, ==, 1);
  assert_nothing_left (profile, "tmp");
}

/* The program ends in the middle of the story. */
static void
sold_cb (SyncDemo *demo, guint index, SyncServiceThread *service)
{
  if (index == 4)
    sync_service_thread_shutdown_async (service, NULL, NULL);
}

static void
finished_cb (SyncDemo *demo, gboolean succeeded, GMainLoop *loop)
{
  g_assert_false (succeeded);
  g_main_loop_quit (loop);
}

static void
test_broken_off (void)
{
  g_autoptr (SyncClock) clock = sync_clock_system_new ();
  g_autoptr (SyncRandom) random = sync_random_kernel_new ();
  g_autoptr (SyncDemo) demo = NULL;
  g_autoptr (SyncServiceThread) service = NULL;
  g_autoptr (SyncStatus) status = sync_status_new (NULL, clock);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GError) error = NULL;
  g_autofree char *verdict = NULL;

  g_setenv ("POSAWESOME_SYNC_DEMO_PACE", "0", TRUE);
  demo = sync_demo_new (clock, random);
  sync_demo_open (demo, &error);
  g_assert_no_error (error);
  service = sync_service_thread_new (sync_demo_get_config (demo), clock, random);
  sync_service_thread_start (service, &error);
  g_assert_no_error (error);
  g_signal_connect (demo, "sold", G_CALLBACK (sold_cb), service);
  g_signal_connect (demo, "finished", G_CALLBACK (finished_cb), loop);
  sync_demo_start (demo, service, status);
  g_main_loop_run (loop);
  verdict = sync_demo_dup_verdict (demo);
  g_test_message ("%s", verdict);
  g_assert_true (g_regex_match_simple ("^0 of \\d+ delivered$", verdict, 0, 0));
  g_object_run_dispose (G_OBJECT (service));
}

/* No single wait is longer than the whole story may take, or it would be given up in the middle of one. */
static void
test_waits (void)
{
  g_autoptr (SyncClock) clock = sync_clock_system_new ();
  g_autoptr (SyncRandom) random = sync_random_kernel_new ();
  g_autoptr (SyncDemo) demo = sync_demo_new (clock, random);
  g_autoptr (GError) error = NULL;
  const SyncConfig *config;

  sync_demo_open (demo, &error);
  g_assert_no_error (error);
  config = sync_demo_get_config (demo);
  g_assert_cmpuint (config->settle_time + config->write_timeout + config->request_timeout, <, SYNC_DEMO_WATCHDOG_MS / 2);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sync/demo/ledger", test_ledger);
  g_test_add_func ("/sync/demo/interrupted", test_interrupt);
  g_test_add_func ("/sync/demo/broken-off", test_broken_off);
  g_test_add_func ("/sync/demo/waits", test_waits);
  return g_test_run ();
}
