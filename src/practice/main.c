/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The practice shop as a program of its own, for tests that kill it, for benchmarks and for trying things
 * by hand. */
#include "config.h"

#include "sync-clock-system.h"
#include "sync-practice-shop.h"

#include <glib-unix.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

static gboolean
quit_cb (gpointer user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_CONTINUE;
}

int
main (int argc, char **argv)
{
  int port = 0;
  g_autofree char *database = NULL;
  g_autofree char *time_zone = NULL;
  GOptionEntry entries[] = {
    { "port", 'p', 0, G_OPTION_ARG_INT, &port, "Port on 127.0.0.1 (0: any)", "PORT" },
    { "database", 'd', 0, G_OPTION_ARG_FILENAME, &database, "File of its documents (default: in memory)",
     "FILE" },
    { "time-zone", 'z', 0, G_OPTION_ARG_STRING, &time_zone, "The site's time zone (default: Asia/Kolkata)",
     "ZONE" },
    { NULL }
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("- a practice ERPNext for POSAwesome Sync");
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (SyncClock) clock = sync_clock_system_new ();
  g_autoptr (SyncRandom) random = sync_random_kernel_new ();
  g_autoptr (SyncPracticeShop) shop = NULL;
  g_autoptr (GError) error = NULL;

  /* For its words only: numbers are written as in JSON. */
  setlocale (LC_CTYPE, "");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || port < 0 || port > 65535)
    {
      fprintf (stderr, "posawesome-practice: %s\n", error != NULL ? error->message : "a port is 0 to 65535");
      return 2;
    }
  shop = sync_practice_shop_new_in_zone (clock, random, database, time_zone != NULL ? time_zone
                                         : "Asia/Kolkata", &error);
  if (shop == NULL || !sync_practice_shop_listen (shop, port, &error))
    {
      fprintf (stderr, "posawesome-practice: %s\n", error->message);
      return EXIT_FAILURE;
    }
  printf ("ready url=%s\n", sync_practice_shop_get_base_url (shop));
  fflush (stdout);
  g_unix_signal_add (SIGTERM, quit_cb, loop);
  g_unix_signal_add (SIGINT, quit_cb, loop);
  g_main_loop_run (loop);
  return EXIT_SUCCESS;
}
