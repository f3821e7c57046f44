/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A queue that is missing looks like a healthy empty one. So where the witness knows that something was accepted in this
 * directory and there is no database, or an empty one, the new one that is begun says so; and so does one that was saved
 * from a damaged file with gaps. It is kept in the new database for a week, so that it outlives the next start: somebody
 * who looks after the till has to meet it. Store's thread, while it is opened. */
#include "config.h"

#include "sync-store-private.h"

#define METADATA_REPORT "loss_report"
#define REPORT_KEPT_MS (7 * G_GINT64_CONSTANT (86400000))

/* Whether the database that was in use here goes on in another directory. */
static gboolean
has_moved (SyncStore *self, const SyncStoreWitness *witness)
{
  g_auto (SyncStoreWitness) other = { 0 };

  return sync_store_witness_find_other (self, witness->database_id, witness->number - 1, &other)
         && other.number >= witness->number;
}

/* Takes @words. */
static void
show (SyncStore *self, char *words)
{
  g_free (self->loss_report);
  self->loss_report = words;
}

/* Of an earlier start. */
static gboolean
load (SyncStore *self, gint64 now_ms, GError **error)
{
  gint64 found_ms;

  if (!sync_store_query_int (self, "SELECT updated_ms FROM sync_metadata WHERE key = '" METADATA_REPORT "'", &found_ms,
                             error))
    return FALSE;
  if (found_ms != 0 && found_ms < now_ms - REPORT_KEPT_MS)
    return sync_store_run (self, SYNC_STATEMENT_UNSET_METADATA, error, "s", METADATA_REPORT);
  show (self, sync_store_dup_metadata (self, METADATA_REPORT));
  return TRUE;
}

/**
 * sync_store_loss_check:
 * @self: a store within the transaction that opens it
 * @is_new: nothing was in the database
 * @now_ms: the wall clock
 *
 * Finds out whether a queue was in use here that is not here any more. May run twice.
 *
 * Returns: whether it could; else %SYNC_ERROR_STORAGE or %SYNC_ERROR_DISK_FULL
 */
gboolean
sync_store_loss_check (SyncStore *self, gboolean is_new, gint64 now_ms, GError **error)
{
  g_auto (SyncStoreWitness) witness = { 0 };

  if (!is_new || !sync_store_witness_read (self, &witness) || witness.number == 0 || has_moved (self, &witness))
    return load (self, now_ms, error);
  show (self,
        g_strdup_printf ("The queue that was used here is gone: “%s” was missing or empty when the program started,"
                         " so a new one was begun. What was accepted and not delivered is missing: look for the"
                         " newest documents on the server, or end the program and put the file or a backup back.",
                         self->path));
  return sync_store_run (self, SYNC_STATEMENT_SET_METADATA, error, "ssi", METADATA_REPORT, self->loss_report, now_ms);
}

/**
 * sync_store_loss_tell:
 * @self: a store whose database was opened just now
 * @words: (transfer full): what was found and done about it, and what to do next
 * @has_gaps: something may be missing
 *
 * Keeps @words for the person, instead of what sync_store_loss_check() found; if something may be missing, for a week.
 *
 * Returns: whether that is durable; else %SYNC_ERROR_STORAGE or %SYNC_ERROR_DISK_FULL
 */
gboolean
sync_store_loss_tell (SyncStore *self, char *words, gboolean has_gaps, GError **error)
{
  show (self, words);
  if (has_gaps)
    return sync_store_run (self, SYNC_STATEMENT_SET_METADATA, error, "ssi", METADATA_REPORT, words,
                           sync_clock_wall_ms (self->clock));
  return sync_store_run (self, SYNC_STATEMENT_UNSET_METADATA, error, "s", METADATA_REPORT);
}

/**
 * sync_store_get_loss_report:
 * @self: a store
 *
 * Returns: (transfer none) (nullable): what was done, when the store was opened, about a queue that was damaged or
 *   missing, for the person; where something may be missing also at later openings, for a week. NULL if there is nothing
 *   to tell
 */
const char *
sync_store_get_loss_report (SyncStore *self)
{
  return self->loss_report;
}
