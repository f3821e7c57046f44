/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables, and how an older file becomes the newest. Each version is one step and one transaction, and
 * `PRAGMA user_version` tells which were taken:
 *
 *   1  the first: queue, attempts, dependencies, names, conflicts, metadata, cache, audit, statistics
 *   2  placeholders: which request makes the document of a name, what a dependency comes from
 *   3  how an attempt was sent: under which key, as whom, and when on the server's clock
 *   4  when a request was accepted on the boot clock, and on the server's
 *   5  of a conflict: when and why a person was asked, what undid it; why each thing happened to it
 *   6  whom a request is for and how much, and an index of all that a person sorts, filters and searches by
 *
 * The state table (sync-state.h) is repeated in the database as a CHECK and as triggers, so that no other
 * program and no mistake of ours can take a request along a road that is not declared. */
#include "config.h"

#include "sync-store-private.h"
#include "sync-mutant.h"

/* `place` is the position within the lane: the row's own id, or that of the row whose key it took over.
 * `due_boot_us` is on the boot clock and decides; `next_retry_at_ms` is the same on the wall clock, for
 * people. Blobs are written by sync-store-body.c and stand last, so that a list never reads them. */
static const char requests_table[] =
  "CREATE TABLE offline_requests ("
  " id INTEGER PRIMARY KEY,"
  " status TEXT NOT NULL CHECK (status IN (%s)),"
  " is_head INTEGER NOT NULL DEFAULT 0 CHECK (is_head IN (0, 1)),"
  " waiting_on INTEGER NOT NULL DEFAULT 0 CHECK (waiting_on >= 0),"
  " needs_person INTEGER NOT NULL DEFAULT 0 CHECK (needs_person IN (0, 1)),"
  " due_boot_us INTEGER NOT NULL DEFAULT 0,"
  " order_ms INTEGER NOT NULL,"
  " place INTEGER NOT NULL,"
  " lane TEXT NOT NULL,"
  " site TEXT NOT NULL,"
  " family TEXT NOT NULL,"
  " resource_type TEXT NOT NULL DEFAULT '',"
  " key TEXT NOT NULL CHECK (key <> ''),"
  " fingerprint TEXT NOT NULL,"
  " method TEXT NOT NULL,"
  " url TEXT NOT NULL,"
  " effective_url TEXT,"
  " headers TEXT,"
  " content_type TEXT,"
  " author TEXT,"
  " action TEXT NOT NULL,"
  " group_name TEXT,"
  " resource_id TEXT,"
  " server_name TEXT,"
  " resource_version TEXT,"
  " base_modified TEXT,"
  " accepted_base_modified TEXT,"
  " step INTEGER NOT NULL DEFAULT 0,"
  " priority INTEGER NOT NULL DEFAULT 3 CHECK (priority BETWEEN 0 AND 3),"
  " accepted_ms INTEGER NOT NULL,"
  " updated_ms INTEGER NOT NULL,"
  " retry_count INTEGER NOT NULL DEFAULT 0,"
  " attempts INTEGER NOT NULL DEFAULT 0,"
  " unaccounted INTEGER NOT NULL DEFAULT 0,"
  " next_retry_at_ms INTEGER NOT NULL DEFAULT 0,"
  " http_status INTEGER NOT NULL DEFAULT 0,"
  " exc_type TEXT,"
  " error_message TEXT,"
  " proof TEXT,"
  " resolution TEXT,"
  " discard_reason TEXT,"
  " superseded_by INTEGER NOT NULL DEFAULT 0,"
  " undo_of INTEGER NOT NULL DEFAULT 0,"
  " accepted_sha256 TEXT,"
  " accepted_body BLOB,"
  " effective_body BLOB,"
  " base_document BLOB,"
  " response BLOB"
  ") STRICT;";

static const char requests_indexes[] =
  "CREATE UNIQUE INDEX requests_key ON offline_requests (site, family, resource_type, rtrim (key) COLLATE"
  " NOCASE)"
  " WHERE status <> 'discarded';"
  "CREATE INDEX requests_discarded_key ON offline_requests (site, family, resource_type, rtrim (key) COLLATE"
  " NOCASE)"
  " WHERE status = 'discarded';"
  "CREATE INDEX requests_lane ON offline_requests (lane, place) WHERE status NOT IN ('completed',"
  " 'discarded');"
  "CREATE UNIQUE INDEX requests_sending ON offline_requests (lane) WHERE status = 'sending';"
  "CREATE INDEX requests_versions ON offline_requests (lane, base_modified) WHERE status = 'completed';"
  "CREATE INDEX requests_status ON offline_requests (status);"
  "CREATE INDEX requests_group ON offline_requests (group_name) WHERE group_name IS NOT NULL;"
  "CREATE INDEX requests_due ON offline_requests (order_ms) WHERE is_head = 1 AND waiting_on = 0"
  " AND needs_person = 0 AND due_boot_us = 0 AND status IN ('pending', 'unknown');"
  "CREATE INDEX requests_timed ON offline_requests (due_boot_us, order_ms) WHERE is_head = 1 AND waiting_on"
  " = 0"
  " AND needs_person = 0 AND due_boot_us > 0 AND status IN ('pending', 'unknown');"
  "CREATE INDEX requests_need_person ON offline_requests (id) WHERE needs_person = 1 AND status = 'unknown';";

static const char other_tables[] =
  "CREATE TABLE request_counts (status TEXT PRIMARY KEY, n INTEGER NOT NULL CHECK (n >= 0)) STRICT, WITHOUT"
  " ROWID;"

  "CREATE TABLE attempts ("
  " id INTEGER PRIMARY KEY,"
  " request_id INTEGER NOT NULL REFERENCES offline_requests (id) ON DELETE CASCADE,"
  " number INTEGER NOT NULL,"
  " kind TEXT NOT NULL CHECK (kind IN ('send', 'look', 'person')),"
  " started_ms INTEGER NOT NULL,"
  " duration_us INTEGER NOT NULL DEFAULT -1,"
  " http_status INTEGER NOT NULL DEFAULT 0,"
  " exc_type TEXT, verdict TEXT, message TEXT) STRICT;"
  "CREATE INDEX attempts_request ON attempts (request_id, number);"

  /* The parent may be forgotten (clear_old) when its part is done, so it is no foreign key. */
  "CREATE TABLE dependencies ("
  " request_id INTEGER NOT NULL REFERENCES offline_requests (id) ON DELETE CASCADE,"
  " depends_on INTEGER NOT NULL,"
  " met INTEGER NOT NULL DEFAULT 0 CHECK (met IN (0, 1)),"
  " PRIMARY KEY (request_id, depends_on)) STRICT, WITHOUT ROWID;"
  "CREATE INDEX dependencies_parent ON dependencies (depends_on);"

  "CREATE TABLE names ("
  " site TEXT NOT NULL, resource_type TEXT NOT NULL, name TEXT NOT NULL COLLATE NOCASE,"
  " lane TEXT NOT NULL, server_name TEXT, updated_ms INTEGER NOT NULL,"
  " PRIMARY KEY (site, resource_type, name)) STRICT, WITHOUT ROWID;"

  "CREATE TABLE delivered_keys ("
  " site TEXT NOT NULL, family TEXT NOT NULL, resource_type TEXT NOT NULL, key TEXT NOT NULL COLLATE NOCASE,"
  " fingerprint TEXT NOT NULL, server_name TEXT, request_id INTEGER NOT NULL, delivered_ms INTEGER NOT NULL,"
  " PRIMARY KEY (site, family, resource_type, key)) STRICT, WITHOUT ROWID;"

  /* Conflicts outlive their requests: the losing side stays where it can be found. */
  "CREATE TABLE sync_conflicts ("
  " id INTEGER PRIMARY KEY,"
  " request_id INTEGER NOT NULL,"
  " resource_type TEXT, resource_id TEXT, conflict_type TEXT NOT NULL,"
  " base_data TEXT, local_data TEXT, server_data TEXT, server_version TEXT,"
  " status TEXT NOT NULL CHECK (status IN ('pending', 'resolved', 'superseded')),"
  " resolution TEXT CHECK (resolution IN ('local_wins', 'server_wins', 'merged', 'manual')),"
  " result_data TEXT, resolved_by TEXT,"
  " created_ms INTEGER NOT NULL, resolved_ms INTEGER NOT NULL DEFAULT 0) STRICT;"
  "CREATE UNIQUE INDEX conflicts_open ON sync_conflicts (request_id) WHERE status = 'pending';"
  "CREATE INDEX conflicts_request ON sync_conflicts (request_id);"

  "CREATE TABLE conflict_history ("
  " id INTEGER PRIMARY KEY, conflict_id INTEGER NOT NULL REFERENCES sync_conflicts (id),"
  " request_id INTEGER NOT NULL, at_ms INTEGER NOT NULL,"
  " event TEXT NOT NULL, resolution TEXT, actor TEXT) STRICT;"
  "CREATE INDEX conflict_history_conflict ON conflict_history (conflict_id);"

  "CREATE TABLE sync_metadata (key TEXT PRIMARY KEY, value TEXT NOT NULL, updated_ms INTEGER NOT NULL)"
  " STRICT, WITHOUT ROWID;"

  "CREATE TABLE request_cache ("
  " id INTEGER PRIMARY KEY, site TEXT NOT NULL, user TEXT NOT NULL, url TEXT NOT NULL,"
  " http_status INTEGER NOT NULL, headers TEXT, body BLOB, size INTEGER NOT NULL,"
  " stored_ms INTEGER NOT NULL, used_ms INTEGER NOT NULL, UNIQUE (site, user, url)) STRICT;"

  "CREATE TABLE audit ("
  " id INTEGER PRIMARY KEY, request_id INTEGER NOT NULL, at_ms INTEGER NOT NULL,"
  " from_status TEXT, to_status TEXT NOT NULL, actor TEXT NOT NULL, reason TEXT,"
  " prev_hash BLOB NOT NULL, hash BLOB NOT NULL) STRICT;"

  "CREATE TABLE statistics ("
  " hour_ms INTEGER PRIMARY KEY,"
  " delivered INTEGER NOT NULL DEFAULT 0, failed INTEGER NOT NULL DEFAULT 0,"
  " conflicts INTEGER NOT NULL DEFAULT 0, retries INTEGER NOT NULL DEFAULT 0,"
  " latency_sum_ms INTEGER NOT NULL DEFAULT 0, latency_max_ms INTEGER NOT NULL DEFAULT 0) STRICT;";

static const char triggers[] =
  "CREATE TRIGGER requests_start BEFORE INSERT ON offline_requests"
  " WHEN NEW.status <> 'pending' AND NOT (NEW.status = 'unknown'"
  "  AND EXISTS (SELECT 1 FROM sync_metadata WHERE key = 'import_in_progress'))"
  " BEGIN SELECT RAISE (ABORT, 'a request starts as pending'); END;"

  "CREATE TRIGGER requests_edge BEFORE UPDATE OF status ON offline_requests"
  " WHEN OLD.status <> NEW.status AND OLD.status || '>' || NEW.status NOT IN (%s)"
  " BEGIN SELECT RAISE (ABORT, 'the state table does not have this change'); END;"

  "CREATE TRIGGER requests_unaccounted BEFORE UPDATE OF status ON offline_requests"
  " WHEN OLD.status = 'sending' AND NEW.status IN ('pending', 'failed') AND NEW.unaccounted > 0"
  " BEGIN SELECT RAISE (ABORT, 'an attempt is unaccounted for'); END;"

  "CREATE TRIGGER requests_fixed"
  " BEFORE UPDATE OF id, site, family, key, fingerprint, accepted_ms, accepted_sha256, accepted_body"
  " ON offline_requests WHEN NEW.id <> OLD.id OR NEW.site <> OLD.site OR NEW.family <> OLD.family"
  "  OR NEW.key <> OLD.key OR NEW.fingerprint <> OLD.fingerprint OR NEW.accepted_ms <> OLD.accepted_ms"
  "  OR NEW.accepted_sha256 IS NOT OLD.accepted_sha256 OR NEW.accepted_body IS NOT OLD.accepted_body"
  " BEGIN SELECT RAISE (ABORT, 'what was accepted does not change'); END;"

  "CREATE TRIGGER requests_delete BEFORE DELETE ON offline_requests"
  " WHEN OLD.status NOT IN ('completed', 'discarded')"
  " BEGIN SELECT RAISE (ABORT, 'an undelivered request is not deleted'); END;"

  "CREATE TRIGGER counts_insert AFTER INSERT ON offline_requests"
  " BEGIN UPDATE request_counts SET n = n + 1 WHERE status = NEW.status; END;"
  "CREATE TRIGGER counts_update AFTER UPDATE OF status ON offline_requests WHEN OLD.status <> NEW.status"
  " BEGIN"
  "  UPDATE request_counts SET n = n - 1 WHERE status = OLD.status;"
  "  UPDATE request_counts SET n = n + 1 WHERE status = NEW.status; END;"
  "CREATE TRIGGER counts_delete AFTER DELETE ON offline_requests"
  " BEGIN UPDATE request_counts SET n = n - 1 WHERE status = OLD.status; END;"

  "CREATE TRIGGER audit_update BEFORE UPDATE ON audit"
  " BEGIN SELECT RAISE (ABORT, 'the audit is only added to'); END;"
  "CREATE TRIGGER audit_delete BEFORE DELETE ON audit"
  " BEGIN SELECT RAISE (ABORT, 'the audit is only added to'); END;";

static gboolean
migrate_to_1 (SyncStore *self, GError **error)
{
  g_autofree char *edges = sync_state_dup_sql_edges ();
  g_autoptr (GString) states = g_string_new (NULL);
  g_autoptr (GString) counts = g_string_new ("INSERT INTO request_counts (status, n) VALUES ");
  g_autofree char *sql_table = NULL;
  g_autofree char *sql_triggers = NULL;

  for (guint i = 0; i < SYNC_N_STATES; i++)
    {
      g_string_append_printf (states, "%s'%s'", i > 0 ? "," : "", sync_state_to_string (i));
      g_string_append_printf (counts, "%s('%s', 0)", i > 0 ? "," : "", sync_state_to_string (i));
    }
  sql_table = g_strdup_printf (requests_table, states->str);
  sql_triggers = g_strdup_printf (triggers, edges);
  return sync_store_exec (self, sql_table, error) && sync_store_exec (self, requests_indexes, error)
         && sync_store_exec (self, other_tables, error) && sync_store_exec (self, sql_triggers, error)
         && (!SYNC_MUTANT ("clear-old-undelivered") || sync_store_exec (self, "DROP TRIGGER requests_delete", error))
         && sync_store_exec (self, counts->str, error);
}

/* The request behind each placeholder: the newest that has its key. `request_id` is 0 for any other name,
 * and -1 where the request is no longer there. */
static const char fill_makers[]
  = "UPDATE names SET request_id = made.id FROM (SELECT max (id) AS id, site, resource_type, key"
    "  FROM offline_requests WHERE superseded_by = 0 GROUP BY site, resource_type, key COLLATE NOCASE) AS made"
    " WHERE names.site = made.site AND names.resource_type = made.resource_type"
    "  AND names.name = 'LOCAL-' || made.key AND names.request_id = 0";

/* Of a dependency: `named` by its caller or by a group; `mentioned`, because the body or the URL holds the
 * parent's placeholder; `lost`, because of it the row failed when the parent was given up. `edited`: a person
 * or a resolution replaced the body; an effective body alone may be one with ids rewritten. It stands behind
 * the blobs, so only reads that read those read it. */
static const char placeholder_columns[]
  = "ALTER TABLE names ADD COLUMN request_id INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX names_placeholder ON names (site, name) WHERE request_id <> 0;"
    "ALTER TABLE dependencies ADD COLUMN named INTEGER NOT NULL DEFAULT 1 CHECK (named IN (0, 1));"
    "ALTER TABLE dependencies ADD COLUMN mentioned INTEGER NOT NULL DEFAULT 0 CHECK (mentioned IN (0, 1));"
    "ALTER TABLE dependencies ADD COLUMN lost INTEGER NOT NULL DEFAULT 0 CHECK (lost IN (0, 1));"
    "ALTER TABLE offline_requests ADD COLUMN edited INTEGER NOT NULL DEFAULT 0 CHECK (edited IN (0, 1));"
    "UPDATE offline_requests SET edited = 1 WHERE effective_body IS NOT NULL;";

static gboolean
migrate_to_2 (SyncStore *self, GError **error)
{
  return sync_store_exec (self, placeholder_columns, error) && sync_store_schema_fill_makers (self, error);
}

/* Of a send. `key_field`: the field by which the server enforced the key then, NULL if nothing did (or, before this
 * version, nobody knows); `sent_as`: whom the server took us for; `server_ms`: the server's clock, at the earliest, 0 if
 * it was not known. */
static const char attempt_columns[]
  = "ALTER TABLE attempts ADD COLUMN key_field TEXT;"
    "ALTER TABLE attempts ADD COLUMN sent_as TEXT;"
    "ALTER TABLE attempts ADD COLUMN server_ms INTEGER NOT NULL DEFAULT 0;";

static gboolean
migrate_to_3 (SyncStore *self, GError **error)
{
  return sync_store_exec (self, attempt_columns, error);
}

/* `accepted_server_ms`: the server's clock, 0 if it was not known then; `accepted_boot_us`: the boot clock, worth something
 * in the boot of the metadata `boot_id` for the rows from `boot_first` on. Behind the blobs, like `edited`. */
static const char acceptance_columns[]
  = "ALTER TABLE offline_requests ADD COLUMN accepted_boot_us INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE offline_requests ADD COLUMN accepted_server_ms INTEGER NOT NULL DEFAULT 0;" SYNC_STORE_BEGIN_BOOT;

static gboolean
migrate_to_4 (SyncStore *self, GError **error)
{
  return sync_store_exec (self, acceptance_columns, error);
}

/* `asked_ms`: 0 while hooks and policies have not decided yet whether a person has to; `undone_by`: the request that does
 * it, 0 if none. */
static const char conflict_columns[]
  = "ALTER TABLE sync_conflicts ADD COLUMN asked_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE sync_conflicts ADD COLUMN why TEXT;"
    "ALTER TABLE sync_conflicts ADD COLUMN undone_by INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE conflict_history ADD COLUMN reason TEXT;"
    "UPDATE sync_conflicts SET asked_ms = max (created_ms, 1) WHERE status = 'pending';"
    "CREATE INDEX conflicts_document ON sync_conflicts (resource_type, resource_id);"
    "CREATE TRIGGER conflict_history_update BEFORE UPDATE ON conflict_history"
    " BEGIN SELECT RAISE (ABORT, 'the history of a conflict is only added to'); END;"
    "CREATE TRIGGER conflict_history_delete BEFORE DELETE ON conflict_history"
    " BEGIN SELECT RAISE (ABORT, 'the history of a conflict is only added to'); END;"
    "CREATE TRIGGER conflicts_delete BEFORE DELETE ON sync_conflicts"
    " BEGIN SELECT RAISE (ABORT, 'a conflict is kept'); END;";

static gboolean
migrate_to_5 (SyncStore *self, GError **error)
{
  return sync_store_exec (self, conflict_columns, error);
}

/* `party`: as sync_store_shown_fold() makes it; `amount`: what sync-summary.c found. Both are NULL where the body does not
 * say, and only for people to find a request by. One index has all of it, so that the list of requests reads no row. */
static const char shown_columns[]
  = "ALTER TABLE offline_requests ADD COLUMN party TEXT;"
    "ALTER TABLE offline_requests ADD COLUMN amount REAL;"
    "CREATE INDEX requests_shown ON offline_requests (status, resource_type, needs_person, next_retry_at_ms, server_name,"
    " resource_id, party, amount, key);";

static gboolean
migrate_to_6 (SyncStore *self, GError **error)
{
  return sync_store_exec (self, shown_columns, error) && sync_store_shown_fill (self, error);
}

static gboolean (*const migrations[]) (SyncStore *self, GError **error)
  = { migrate_to_1, migrate_to_2, migrate_to_3, migrate_to_4, migrate_to_5, migrate_to_6 };

G_STATIC_ASSERT (G_N_ELEMENTS (migrations) == SYNC_STORE_SCHEMA_VERSION);

/* Leads the placeholders that have no request to theirs, after they came from another format or file. */
gboolean
sync_store_schema_fill_makers (SyncStore *self, GError **error)
{
  return sync_store_exec (self, fill_makers, error);
}

/**
 * sync_store_schema_check:
 * @self: a store whose database is open
 * @is_new: (out): whether the file holds nothing yet
 *
 * Looks at the version without changing anything.
 *
 * Returns: whether this program can work with the file; else %SYNC_ERROR_NEWER, %SYNC_ERROR_CORRUPT, or
 *   %SYNC_ERROR_STORAGE (also if it is another program's)
 */
gboolean
sync_store_schema_check (SyncStore *self, gboolean *is_new, GError **error)
{
  gint64 version;
  gint64 tables;

  if (!sync_store_query_int (self, "PRAGMA user_version", &version, error)
      || !sync_store_query_int (self, "SELECT count (*) FROM sqlite_schema", &tables, error))
    return FALSE;
  if (version > SYNC_STORE_SCHEMA_VERSION)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_NEWER,
                   "“%s” was written by a newer version of the program (its format is %" G_GINT64_FORMAT
                   ", this version knows %d): install that version",
                   self->path, version, SYNC_STORE_SCHEMA_VERSION);
      return FALSE;
    }
  if (version == 0 && tables > 0)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_STORAGE, "“%s” is another program's database: move it"
        " away", self->path);
      return FALSE;
    }
  *is_new = version == 0;
  return TRUE;
}

/**
 * sync_store_schema_migrate:
 * @self: a store that passed sync_store_schema_check()
 *
 * Takes the steps that the file lacks, each in a transaction of its own together with its version number.
 *
 * Returns: whether the file is of this version now; else %SYNC_ERROR_STORAGE or %SYNC_ERROR_DISK_FULL, and
 *   the file stands at the last step that was taken
 */
gboolean
sync_store_schema_migrate (SyncStore *self, GError **error)
{
  gint64 version;

  if (!sync_store_query_int (self, "PRAGMA user_version", &version, error))
    return FALSE;
  for (; version < SYNC_STORE_SCHEMA_VERSION; version++)
    {
      g_autofree char *mark = g_strdup_printf ("PRAGMA user_version = %" G_GINT64_FORMAT, version + 1);

      if (!sync_store_exec (self, "BEGIN IMMEDIATE", error))
        return FALSE;
      if (!migrations[version](self, error) || !sync_store_exec (self, mark, error)
          || !sync_store_exec (self, "COMMIT", error))
        {
          sync_store_exec (self, "ROLLBACK", NULL);
          return FALSE;
        }
    }
  return TRUE;
}
