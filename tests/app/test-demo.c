/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The demonstration in the terminal, without its pauses: the ledger has to be right, and nothing may stay behind. */
#include "app-process.h"

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

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sync/demo/ledger", test_ledger);
  g_test_add_func ("/sync/demo/interrupted", test_interrupt);
  return g_test_run ();
}
