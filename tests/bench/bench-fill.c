/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fills the queue of a data directory: `bench-fill DIRECTORY SITE ROWS`. For figures of a program with a full queue. */
#include "config.h"

#include "bench-sale.h"

#include "sync-clock-system.h"
#include "sync-store.h"

/* Rows that share a commit. */
#define GROUP 2000

int
main (int argc, char **argv)
{
  SyncStoreOptions options = SYNC_STORE_OPTIONS_INIT;
  g_autoptr (SyncClock) clock = sync_clock_system_new ();
  g_autoptr (SyncRandom) random = sync_random_kernel_new ();
  g_autoptr (SyncStore) store = NULL;
  g_autoptr (GError) error = NULL;
  guint64 rows = argc == 4 ? g_ascii_strtoull (argv[3], NULL, 10) : 0;

  if (rows == 0)
    g_error ("usage: bench-fill DIRECTORY SITE ROWS");
  store = sync_store_open (argv[1], &options, clock, &error);
  for (guint64 done = 0; error == NULL && done < rows; done += GROUP)
    {
      g_autoptr (GPtrArray) group = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_acceptance_free);

      for (guint i = 0; i < MIN (GROUP, rows - done); i++)
        {
          SyncRequest *request = bench_sale_new (random, clock);

          g_free (request->site);
          request->site = g_strdup (argv[2]);
          g_ptr_array_add (group, sync_acceptance_new (request));
        }
      sync_store_accept (store, group, &error);
    }
  if (error != NULL)
    g_error ("%s", error->message);
  sync_store_close (store);
  return 0;
}
