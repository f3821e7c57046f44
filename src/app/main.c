/* SPDX-License-Identifier: GPL-3.0-or-later */
/* posawesome-sync: reads the command line and hands over to the window, the headless program or the demonstration. */
#include "config.h"

#ifdef SYNC_WITH_APP
#include "sync-application.h"
#endif
#include "sync-clock-system.h"
#include "sync-debug.h"
#include "sync-demo-terminal.h"
#include "sync-headless.h"

#include <glib/gi18n.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define EXIT_USAGE 2

static gboolean option_headless;
static gboolean option_background;
static gboolean option_demo;
static gint64 option_conflict = -1; /* -1: not given */
static gboolean option_version;

static const GOptionEntry entries[] = {
  { "headless", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &option_headless,
    N_ ("Work without a window, until SIGTERM"), NULL },
  { "background", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &option_background, N_ ("Start without showing the window"),
    NULL },
  { "conflict", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_INT64, &option_conflict,
    N_ ("Show this conflict for a decision (0: the first that is open)"), N_ ("ID") },
  { "demo", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &option_demo,
    N_ ("Show how it works on a practice shop; touches nothing of yours"), NULL },
  { "version", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &option_version, N_ ("Print the version and end"), NULL },
  { NULL },
};

/* As many descriptors as this user may have, for each browser takes several connections. */
static void
take_descriptors (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max)
    return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit (RLIMIT_NOFILE, &limit);
}

static void
start_up (void)
{
  take_descriptors ();
  /* A file that may not grow further is an error of its write, as a full disk is. */
  signal (SIGXFSZ, SIG_IGN);
  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
  /* Standard output belongs to the `ready` line and the demonstration; the log goes to standard error. */
  g_log_writer_default_set_use_stderr (TRUE);
  /* The library would otherwise try HTTP/2 and could send a write again by itself. */
  g_setenv ("SOUP_FORCE_HTTP1", "1", FALSE);
}

static gboolean
parse_options (int *argc, char ***argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_option_context_set_summary (context, _ ("Takes every sale, keeps it safe while the line is down, and delivers it "
                                            "to ERPNext exactly once."));
  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  if (!g_option_context_parse (context, argc, argv, &error))
    {
      g_printerr (_ ("posawesome-sync: %s (--help lists the options)\n"), error->message);
      return FALSE;
    }
  if (*argc > 1)
    {
      g_printerr (_ ("posawesome-sync: unexpected argument “%s” (--help lists the options)\n"), (*argv)[1]);
      return FALSE;
    }
  if (option_conflict < -1 || (option_conflict >= 0 && (option_headless || option_demo)))
    {
      g_printerr (_ ("posawesome-sync: --conflict takes the number of a conflict, and neither --headless nor --demo\n"));
      return FALSE;
    }
  return TRUE;
}

/* With a display the window, unless somebody asks for the terminal. */
static int
run_demo (void)
{
  g_autoptr (SyncClock) clock = sync_clock_system_new ();
  g_autoptr (SyncRandom) random = sync_random_kernel_new ();
  g_autoptr (SyncDemo) demo = sync_demo_new (clock, random);
  g_autoptr (GError) error = NULL;

  if (!sync_demo_open (demo, &error))
    {
      g_printerr ("posawesome-sync: %s\n", error->message);
      return EXIT_FAILURE;
    }
  if (sync_demo_get_config (demo)->debug)
    sync_debug_enable ();
#ifdef SYNC_WITH_APP
  if (!option_headless && sync_application_has_display ())
    {
      g_autoptr (SyncApplication) application = sync_application_new_demo (demo);

      return sync_application_run (application);
    }
#endif
  return sync_demo_terminal_run (demo);
}

static int
run_desktop (void)
{
#ifdef SYNC_WITH_APP
  if (sync_application_has_display ())
    {
      g_autoptr (SyncApplication) application = sync_application_new (option_background);

      sync_application_set_conflict (application, option_conflict);
      return sync_application_run (application);
    }
  g_printerr (_ ("posawesome-sync: there is no display; --headless works without one\n"));
  return EXIT_FAILURE;
#else
  g_printerr (_ ("posawesome-sync: this build has no window; use --headless or --demo\n"));
  return EXIT_USAGE;
#endif
}

int
main (int argc, char *argv[])
{
  start_up ();
  if (!parse_options (&argc, &argv))
    return EXIT_USAGE;
  if (option_version)
    {
      printf ("posawesome-sync %s\n", SYNC_VERSION);
      return EXIT_SUCCESS;
    }
  if (option_demo)
    return run_demo ();
  if (option_headless)
    return sync_headless_run ();
  return run_desktop ();
}
