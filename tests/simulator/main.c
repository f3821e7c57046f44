/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim --seed N --runs M [--seconds S] [--trace]: runs the seeds N, N+1, …; the last line is a summary. Exit status 1 if the promise was
 * broken (with the line that shows it again), or, with --all, if something was never met. */
#include "config.h"

#include "sim-trace.h"
#include "sim-world.h"

#include "power-vfs.h"
#include "sync-test-directory.h"

#include <malloc.h>
#include <stdlib.h>

static guint64 first_seed = 1;
static gint64 n_runs = 100;
static gint n_seconds;
static gboolean trace;
static gboolean want_all;
static gboolean print_cover;

static const GOptionEntry options[] = {
  { "seed", 0, 0, G_OPTION_ARG_INT64, &first_seed, "the first seed", "N" },
  { "runs", 0, 0, G_OPTION_ARG_INT64, &n_runs, "how many seeds", "M" },
  { "seconds", 0, 0, G_OPTION_ARG_INT, &n_seconds, "not longer than so many", "S" },
  { "trace", 0, 0, G_OPTION_ARG_NONE, &trace, "tell each run's story", NULL },
  { "cover", 0, 0, G_OPTION_ARG_NONE, &print_cover, "print what was met", NULL },
  { "all", 0, 0, G_OPTION_ARG_NONE, &want_all, "fail if something was never met", NULL },
  G_OPTION_ENTRY_NULL,
};

static const char *directory;

/* All that happens happens in this thread: there is never anything to wait for. */
static int
poll_nothing (GPollFD *fds, guint n_fds, int timeout)
{
  for (guint i = 0; i < n_fds; i++)
    fds[i].revents = 0;
  return 0;
}

static void
remove_directory (void)
{
  sync_test_directory_free ((char *) directory);
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncRouteTable) routes = NULL;
  gint64 begun_us = g_get_monotonic_time ();
  gint64 done = 0;
  gboolean complete = TRUE;
  double seconds;

  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("%s\n", error->message);
      return 2;
    }
  if (g_file_test ("/dev/shm", G_FILE_TEST_IS_DIR))
    g_setenv ("TMPDIR", "/dev/shm", FALSE);
  /* What one run gives back the next one takes: no system calls for it. */
  mallopt (M_MMAP_THRESHOLD, 256 * 1024 * 1024);
  mallopt (M_TRIM_THRESHOLD, 512 * 1024 * 1024);
  mallopt (M_TOP_PAD, 16 * 1024 * 1024);
  mallopt (M_MXFAST, 160);
  g_main_context_set_poll_func (NULL, poll_nothing);
  directory = sync_test_directory_new ();
  atexit (remove_directory);
  power_vfs_install ();
  sim_trace_begin (0, FALSE);
  sim_world_prepare (directory);
  routes = sync_route_table_new (NULL, &error);
  if (routes == NULL)
    g_error ("%s", error->message);
  for (; done < n_runs; done++)
    {
      if (n_seconds > 0 && g_get_monotonic_time () - begun_us > (gint64) n_seconds * G_USEC_PER_SEC)
        break;
      sim_trace_begin (first_seed + (guint64) done, trace);
      sim_world_run (first_seed + (guint64) done, directory, routes);
    }
  if (print_cover || want_all)
    complete = sim_cover_print ();
  seconds = (double) (g_get_monotonic_time () - begun_us) / G_USEC_PER_SEC;
  g_print ("%" G_GINT64_FORMAT " runs from seed %" G_GUINT64_FORMAT ", no violation, %.1f s, %.1f runs/s%s\n", done, first_seed,
           seconds, (double) done / MAX (seconds, 0.001), complete ? "" : "; some things were never met");
  return want_all && !complete ? 1 : 0;
}
