/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes a small database with a row in every state, as this version of the format has it. Run it once for
 * each version, before the format changes: `make-database tests/fixtures/db/vN.db`. */
#include "config.h"

#include <gio/gio.h>
#include <stdlib.h>

#include "store-fixture.h"

static void
fill (StoreFixture *fixture)
{
  SyncRequest *child = store_fixture_create ("child");
  char *text = g_strnfill (20000, 'x');
  gint64 parent = 1;

  for (guint state = 0; state < SYNC_N_STATES; state++)
    {
      gint64 id = store_fixture_accept (fixture, store_fixture_create (sync_state_to_string (state)));

      sync_clock_virtual_advance_us (fixture->clock, G_USEC_PER_SEC);
      store_fixture_bring_to (fixture, id, state);
    }
  g_bytes_unref (child->accepted_body);
  child->accepted_body = g_bytes_new_take (text, 20000);
  child->depends_on = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_array_append_val (child->depends_on, parent);
  store_fixture_accept (fixture, child);
}

int
main (int argc, char **argv)
{
  StoreFixture fixture = { 0 };
  g_autofree char *database = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GFile) source = NULL;
  g_autoptr (GFile) target = NULL;

  if (argc != 2)
    {
      g_printerr ("usage: make-database FILE\n");
      return 2;
    }
  store_fixture_set_up (&fixture, NULL);
  fill (&fixture);
  sync_store_close (fixture.store);
  g_clear_object (&fixture.store);
  /* Small pages, since most tables are nearly empty. */
  store_fixture_sql (&fixture, "PRAGMA journal_mode = DELETE; PRAGMA page_size = 512; VACUUM");
  database = g_build_filename (fixture.directory, SYNC_STORE_FILE, NULL);
  source = g_file_new_for_path (database);
  target = g_file_new_for_commandline_arg (argv[1]);
  if (!g_file_copy (source, target, G_FILE_COPY_OVERWRITE, NULL, NULL, NULL, &error))
    g_printerr ("make-database: %s\n", error->message);
  store_fixture_tear_down (&fixture, NULL);
  return error != NULL ? EXIT_FAILURE : EXIT_SUCCESS;
}
