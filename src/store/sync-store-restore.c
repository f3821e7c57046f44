/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Is this the queue that was last used here, or a copy of it? A copy still holds, as pending, what the original has
 * delivered since; sent again, it would be posted twice. So at each opening, before anything is due:
 *
 *   - the mark that sync_store_backup() puts into its copy: a backup;
 *   - another machine's id: brought here from there, where the original may go on working;
 *   - the witness of this directory names another database: it was replaced;
 *   - the witness has seen it further: an older copy was put back, or its log was lost.
 *
 *   - a witness of it was kept, as the database itself knows, and there is none: the state directory was wiped, cannot be
 *     read, or this is an older copy for all one can tell.
 *
 * Where there never was a witness (first start, an older version of the program, a state directory that cannot be
 * written) nothing speaks against the database by that alone. A directory that was moved on the same machine is told from one that was copied by
 * the witnesses of the other directories: the database's id is there too, and either its file is gone from there (moved:
 * go on) or not (copied), or it had come further there (older). What no file can tell: a whole machine set back to an
 * earlier moment.
 *
 * A copy's undelivered rows become `unknown` with a send unaccounted for, in one transaction with their audit: the
 * engine then looks before it sends, and gives to a person what cannot be looked for. The copy becomes a database of its
 * own (a new id), so that the original, put back later, is recognised in turn. Store's thread, within the transaction
 * that opens the store. */
#include "config.h"

#include "sync-store-private.h"

#define METADATA_DATABASE "database_id"
#define METADATA_MACHINE "machine_id"
#define METADATA_WITNESS "witness_kept"
#define METADATA_REPORT "restore_report"
#define MACHINE_SALT "posawesome-sync machine "
#define ID_CHARACTERS 32

typedef struct
{
  char *database_id; /* (owned) (nullable): NULL before this version, and in a new database */
  char *machine;     /* (owned) (nullable): hash of the machine's id, as the database has it */
  char *own_machine; /* (owned) (nullable): the same of this machine, NULL if it has none */
  char *backup_ms;   /* (owned) (nullable): the mark of a backup: when it was made */
  char *witnessed;   /* (owned) (nullable): the mark that a witness was kept of it */
  gboolean is_certain; /* that it is a copy, if it is taken for one */
} Identity;

typedef struct
{
  gint64 id;
  SyncState state;
} Row;

static void
identity_clear (Identity *self)
{
  g_free (self->database_id);
  g_free (self->machine);
  g_free (self->own_machine);
  g_free (self->backup_ms);
  g_free (self->witnessed);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Identity, identity_clear)

/* The machine's id itself is nobody's business (machine-id(5)); its hash with a word of ours tells as much. */
static char *
dup_machine_hash (const char *machine_id)
{
  g_autofree char *salted = NULL;

  if (machine_id == NULL || *machine_id == '\0')
    return NULL;
  salted = g_strconcat (MACHINE_SALT, machine_id, NULL);
  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, salted, -1);
}

/* A name for the database from here on that no other one has: nobody opens a store twice at the same moment of the
 * same boot in the same place. */
static char *
dup_new_id (SyncStore *self, const Identity *identity)
{
  g_autofree char *text = g_strdup_printf (
    "%s %s %s %s %" G_GINT64_FORMAT " %" G_GINT64_FORMAT, identity->database_id != NULL ? identity->database_id : "",
    identity->own_machine != NULL ? identity->own_machine : "", self->directory, sync_clock_boot_id (self->clock),
    sync_clock_boot_us (self->clock), sync_clock_wall_us (self->clock));
  g_autofree char *hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);

  return g_strndup (hash, ID_CHARACTERS);
}

static char *
dup_words_of_backup (const char *backup_ms)
{
  gint64 ms = g_ascii_strtoll (backup_ms, NULL, 10);
  g_autoptr (GDateTime) when = g_date_time_new_from_unix_local (ms / 1000);
  g_autofree char *time = when != NULL ? g_date_time_format (when, "%Y-%m-%d %H:%M") : NULL;

  return g_strdup_printf ("The queue was put back from the backup of %s", time != NULL ? time : "an unknown date");
}

/* A directory that was moved has its witness under its old name. */
static gboolean
is_witness_missing (SyncStore *self, const Identity *identity)
{
  g_auto (SyncStoreWitness) other = { 0 };

  return identity->witnessed != NULL && self->witness_directory != NULL
         && (identity->database_id == NULL
             || !sync_store_witness_find_other (self, identity->database_id, -1, &other));
}

/* Why the database is a copy, in words; NULL if it is not. */
static char *
dup_why (SyncStore *self, Identity *identity)
{
  g_auto (SyncStoreWitness) witness = { 0 };
  g_auto (SyncStoreWitness) other = { 0 };

  if (identity->backup_ms != NULL)
    return dup_words_of_backup (identity->backup_ms);
  if (identity->machine != NULL && identity->own_machine != NULL
      && !g_str_equal (identity->machine, identity->own_machine))
    return g_strdup ("The queue was brought here from another machine");
  if (sync_store_witness_read (self, &witness))
    {
      if (g_strcmp0 (witness.database_id, identity->database_id) != 0)
        return g_strdup ("The queue was replaced by another one than was last used here");
      if (witness.number > self->progress)
        return g_strdup ("The queue is older than when it was last used here: an older copy was put back, or its newest"
                         " part was lost with “" SYNC_STORE_FILE "-wal”");
    }
  else if (is_witness_missing (self, identity))
    {
      identity->is_certain = FALSE;
      return g_strdup_printf ("The note in “%s” of how far the queue had come is gone: that directory was wiped or cannot be"
                              " read, and the queue is treated as an older copy, which it may be",
                              self->witness_directory);
    }
  if (identity->database_id == NULL
      || !sync_store_witness_find_other (self, identity->database_id, self->progress, &other))
    return NULL;
  if (other.number > self->progress)
    return g_strdup_printf ("The queue is an older copy of the one that was used in “%s”", other.directory);
  /* The other one stands where it did. If it was here that it was used last, that one is the copy. */
  if (witness.database_id != NULL && witness.number == self->progress)
    return NULL;
  return g_strdup_printf ("The queue is a copy of the one in “%s”", other.directory);
}

static gboolean
list_undelivered (SyncStore *self, GArray *rows, GError **error)
{
  g_autoptr (SyncStatement) stmt = sync_store_prepare (self, SYNC_STATEMENT_LIST_UNDELIVERED, error);
  gboolean has_row;

  if (stmt == NULL)
    return FALSE;
  for (;;)
    {
      Row row = { 0 };

      if (!sync_store_step (self, stmt, &has_row, error))
        return FALSE;
      if (!has_row)
        return TRUE;
      row.id = sqlite3_column_int64 (stmt, 0);
      sync_state_from_string ((const char *) sqlite3_column_text (stmt, 1), &row.state);
      g_array_append_val (rows, row);
    }
}

static gboolean
doubt_row (SyncStore *self, const Row *row, const char *why, gint64 now_ms, GError **error)
{
  if (row->state == SYNC_STATE_CONFLICT
      && !sync_store_conflict_close (self, row->id, "superseded", NULL, NULL, "engine", NULL, now_ms, error))
    return FALSE;
  return sync_store_run (self, SYNC_STATEMENT_DOUBT, error, "ii", row->id, now_ms)
         && (row->state != SYNC_STATE_SENDING || sync_store_lane_end_sending (self, row->id, error))
         && (row->state == SYNC_STATE_UNKNOWN
             || sync_store_audit_add (self, row->id, sync_state_to_string (row->state), SYNC_STATE_UNKNOWN, "engine",
                                      why, now_ms, error));
}

/* Nothing of what is undelivered here is certain any more. */
static gboolean
doubt_all (SyncStore *self, const char *why, gboolean is_certain, gint64 now_ms, GError **error)
{
  const char *missing = is_certain ? "Requests that were taken since are missing here."
                                   : "If it is one, requests that were taken since are missing here.";
  g_autoptr (GArray) rows = g_array_new (FALSE, FALSE, sizeof (Row));

  if (!list_undelivered (self, rows, error))
    return FALSE;
  for (guint i = 0; i < rows->len; i++)
    if (!doubt_row (self, &g_array_index (rows, Row, i), why, now_ms, error))
      return FALSE;
  g_free (self->restore_report);
  if (rows->len == 0)
    self->restore_report = g_strdup_printf ("%s. Nothing undelivered was in it. %s", why, missing);
  else
    self->restore_report = g_strdup_printf (
      "%s. Of its undelivered requests (%u) some may have been delivered since: each is looked for on the server, or"
      " sent again under a key that ERPNext refuses twice, and what allows neither waits for your decision. %s",
      why, rows->len, missing);
  /* One that failed because what it depends on was given up can neither be looked for nor go: a person decides again. */
  return sync_store_exec (self, "UPDATE offline_requests SET needs_person = 1 WHERE status = 'unknown' AND waiting_on > 0"
                          " AND id IN (SELECT d.request_id FROM dependencies AS d JOIN offline_requests AS p"
                          "  ON p.id = d.depends_on WHERE d.met = 0 AND p.status = 'discarded')", error)
         /* One that a person takes back is looked for as well. */
         && sync_store_exec (self, "UPDATE offline_requests SET unaccounted = max (unaccounted, 1) WHERE status ="
                          " 'discarded'", error)
         && sync_store_run (self, SYNC_STATEMENT_SET_METADATA, error, "ssi", METADATA_REPORT, self->restore_report,
                            now_ms);
}

/* The report of an earlier start stays until nothing is unknown any more. */
static gboolean
keep_report (SyncStore *self, GError **error)
{
  gint64 n_unknown;

  g_free (self->restore_report);
  self->restore_report = sync_store_dup_metadata (self, METADATA_REPORT);
  if (self->restore_report == NULL)
    return TRUE;
  if (!sync_store_query_int (self, "SELECT n FROM request_counts WHERE status = 'unknown'", &n_unknown, error))
    return FALSE;
  if (n_unknown > 0)
    return TRUE;
  g_clear_pointer (&self->restore_report, g_free);
  return sync_store_run (self, SYNC_STATEMENT_UNSET_METADATA, error, "s", METADATA_REPORT);
}

/* A database from before this version has rows and no id. */
static gboolean
has_history (SyncStore *self, const Identity *identity, gboolean *has, GError **error)
{
  gint64 n_rows;

  if (!sync_store_query_int (self, "SELECT sum (n) FROM request_counts", &n_rows, error))
    return FALSE;
  *has = identity->database_id != NULL || n_rows > 0;
  return TRUE;
}

/**
 * sync_store_restore_check:
 * @self: a store within the transaction that opens it
 * @now_ms: the wall clock
 *
 * Finds out whether the database is a restored or copied one and, if so, makes its undelivered rows `unknown`; or whether
 * it is a new one where there was another. Afterwards
 * the database has an id and belongs to this machine. May run twice.
 *
 * Returns: whether it could; else %SYNC_ERROR_STORAGE or %SYNC_ERROR_DISK_FULL
 */
gboolean
sync_store_restore_check (SyncStore *self, gint64 now_ms, GError **error)
{
  g_auto (Identity) identity = {
    .database_id = sync_store_dup_metadata (self, METADATA_DATABASE),
    .machine = sync_store_dup_metadata (self, METADATA_MACHINE),
    .own_machine = dup_machine_hash (self->machine_id),
    .backup_ms = sync_store_dup_metadata (self, SYNC_STORE_BACKUP_MARK),
    .witnessed = sync_store_dup_metadata (self, METADATA_WITNESS),
    .is_certain = TRUE,
  };
  g_autofree char *why = NULL;
  g_autofree char *id = NULL;
  gboolean is_old;

  if (!sync_store_witness_load (self, error) || !has_history (self, &identity, &is_old, error))
    return FALSE;
  if (!sync_store_loss_check (self, !is_old, now_ms, error))
    return FALSE;
  if (is_old)
    why = dup_why (self, &identity);
  if (why != NULL ? !doubt_all (self, why, identity.is_certain, now_ms, error) : !keep_report (self, error))
    return FALSE;
  if (why != NULL || identity.database_id == NULL)
    {
      id = dup_new_id (self, &identity);
      if (!sync_store_run (self, SYNC_STATEMENT_SET_METADATA, error, "ssi", METADATA_DATABASE, id, now_ms))
        return FALSE;
    }
  if (identity.own_machine != NULL && g_strcmp0 (identity.own_machine, identity.machine) != 0
      && !sync_store_run (self, SYNC_STATEMENT_SET_METADATA, error, "ssi", METADATA_MACHINE, identity.own_machine,
                          now_ms))
    return FALSE;
  return identity.backup_ms == NULL
         || sync_store_run (self, SYNC_STATEMENT_UNSET_METADATA, error, "s", SYNC_STORE_BACKUP_MARK);
}

/* Begins to keep the witness of a database that was checked, and has the database know whether there is one. */
void
sync_store_restore_witness (SyncStore *self)
{
  g_autofree char *id = sync_store_dup_metadata (self, METADATA_DATABASE);
  g_autofree char *mark = sync_store_dup_metadata (self, METADATA_WITNESS);
  g_autoptr (GError) error = NULL;
  gboolean kept;

  if (id == NULL || self->witness_directory == NULL)
    return;
  kept = sync_store_witness_open (self, id);
  if (kept == (mark != NULL))
    return;
  if (kept)
    sync_store_witness_sync (self);
  if (!sync_store_set_metadata (self, METADATA_WITNESS, kept ? "1" : NULL, &error))
    g_message ("%s", error->message);
}

/**
 * sync_store_get_restore_report:
 * @self: a store
 *
 * Returns: (transfer none) (nullable): what was found out and done about restored or copied data, for the person, now
 *   or at an earlier start as long as something is still unknown; NULL if there is nothing to tell
 */
const char *
sync_store_get_restore_report (SyncStore *self)
{
  return self->restore_report;
}
