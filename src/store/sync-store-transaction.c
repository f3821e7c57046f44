/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A verb is one transaction, or a savepoint of a group's; and what is done when the disk does not take it, or the file is
 * damaged or no longer there. What is kept beside the database follows each commit, and each transaction that was taken back.
 * Store's thread. */
#include "config.h"

#include "sync-store-private.h"

/* Brings what is kept beside the database to what is in it, after a transaction or a part of it was taken back. Returns
 * whether it could be read. */
gboolean
sync_store_reload (SyncStore *self, GError **error)
{
  self->counts_known = FALSE;
  return sync_store_audit_load (self, error) && sync_store_witness_load (self, error);
}

static void
roll_back (SyncStore *self)
{
  /* SQLite takes some failed transactions back by itself. */
  if (sqlite3_get_autocommit (self->db) == 0)
    sync_store_run (self, SYNC_STATEMENT_ROLLBACK, NULL, "");
  sync_store_reload (self, NULL);
}

/* What is committed has to be found again under its name. */
static gboolean
commit (SyncStore *self, GError **error)
{
  if (!sync_store_file_check (self, error) || !sync_store_run (self, SYNC_STATEMENT_COMMIT, error, ""))
    return FALSE;
  sync_store_file_note_commit (self);
  return TRUE;
}

/* After a transaction was taken back with @error: takes away what stood in its way. Returns whether it may be tried again;
 * else @error says why not. */
static gboolean
make_way (SyncStore *self, GError **error)
{
  GError *reason = NULL;

  if (g_error_matches (*error, SYNC_ERROR, SYNC_ERROR_DISK_FULL) && self->has_reserve)
    {
      self->has_reserve = !sync_store_directory_drop_reserve (self->directory);
      return !self->has_reserve;
    }
  if (self->displaced ? sync_store_file_put_back (self, &reason)
                      : self->damaged && self->watched && !self->in_group && sync_store_mend (self, &reason))
    return TRUE;
  if (reason == NULL)
    return FALSE;
  g_clear_error (error);
  g_propagate_error (error, reason);
  return FALSE;
}

/* Looks at the files before, too: what was cut off the log is in memory only until a transaction that changed it is taken
 * back. */
static gboolean
begin (SyncStore *self, GError **error)
{
  return sync_store_file_put_back (self, error) && sync_store_run (self, SYNC_STATEMENT_BEGIN, error, "");
}

/* A verb within a group is a savepoint of its transaction. An error that made SQLite take the whole transaction back
 * breaks the group: its commit fails. */
static gboolean
run_in_group (SyncStore *self, SyncStoreVerb verb, gpointer data, GError **error)
{
  if (!self->group_begun && !begin (self, error))
    return FALSE;
  self->group_begun = TRUE;
  if (self->group_broken)
    {
      g_set_error_literal (error, SYNC_ERROR, SYNC_ERROR_STORAGE, "the transaction was taken back");
      return FALSE;
    }
  if (!sync_store_run (self, SYNC_STATEMENT_SAVEPOINT, error, ""))
    return FALSE;
  if (verb (self, data, error))
    return sync_store_run (self, SYNC_STATEMENT_SAVEPOINT_RELEASE, error, "");
  if (sqlite3_get_autocommit (self->db) != 0 || !sync_store_run (self, SYNC_STATEMENT_SAVEPOINT_ROLLBACK, NULL, "")
      || !sync_store_run (self, SYNC_STATEMENT_SAVEPOINT_RELEASE, NULL, ""))
    self->group_broken = TRUE;
  sync_store_reload (self, NULL);
  return FALSE;
}

/**
 * sync_store_begin_group:
 * @self: a store
 *
 * From here on verbs share one transaction, each a savepoint of it, until sync_store_commit_group(). A verb that fails
 * changes nothing and does not spoil the others. Reads see what the group did so far. Nothing is durable yet.
 */
void
sync_store_begin_group (SyncStore *self)
{
  sync_store_assert_usable (self);
  g_return_if_fail (!self->in_group);

  self->in_group = TRUE;
  self->group_begun = FALSE;
  self->group_broken = FALSE;
}

/**
 * sync_store_commit_group:
 * @self: a store with an open group
 * @error: %SYNC_ERROR_DISK_FULL or %SYNC_ERROR_STORAGE (both transient)
 *
 * Ends the group. When the disk is full the reserve is given up, and when the file was removed or replaced it is put
 * back, so that the next group finds its way.
 *
 * Returns: TRUE if all that its verbs did is durable; FALSE if none of it was done
 */
gboolean
sync_store_commit_group (SyncStore *self, GError **error)
{
  g_autoptr (GError) local = NULL;
  gboolean begun = self->group_begun;

  sync_store_assert_usable (self);
  g_return_val_if_fail (self->in_group, FALSE);

  self->in_group = FALSE;
  self->group_begun = FALSE;
  if (!begun)
    return TRUE;
  if (!self->group_broken && commit (self, &local))
    {
      sync_store_witness_advance (self);
      return TRUE;
    }
  roll_back (self);
  if (local == NULL)
    g_set_error_literal (&local, SYNC_ERROR, SYNC_ERROR_STORAGE, "the transaction was taken back");
  make_way (self, &local);
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

/**
 * sync_store_roll_back_group:
 * @self: a store with an open group
 *
 * Ends the group; nothing of what its verbs did is done.
 */
void
sync_store_roll_back_group (SyncStore *self)
{
  gboolean begun = self->group_begun;

  sync_store_assert_usable (self);
  g_return_if_fail (self->in_group);

  self->in_group = FALSE;
  self->group_begun = FALSE;
  if (begun)
    roll_back (self);
}

static gboolean
run_transaction (SyncStore *self, SyncStoreVerb verb, gpointer data, GError **error)
{
  if (self->in_group)
    return run_in_group (self, verb, data, error);
  if (!begin (self, error))
    return FALSE;
  if (verb (self, data, error) && commit (self, error))
    {
      sync_store_witness_advance (self);
      return TRUE;
    }
  roll_back (self);
  return FALSE;
}

/**
 * sync_store_run_verb:
 * @self: a store
 * @verb: what to do within the transaction; may run twice
 * @data: for @verb
 *
 * Runs @verb in a transaction of its own. When the disk is full the reserve is given up, when the file was removed or
 * replaced it is put back, and when it is damaged it is salvaged; then @verb runs again, once.
 *
 * Returns: whether the transaction is durable; otherwise nothing was changed
 */
gboolean
sync_store_run_verb (SyncStore *self, SyncStoreVerb verb, gpointer data, GError **error)
{
  g_autoptr (GError) local = NULL;

  if (self->read_only)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_STORAGE, "“%s” was opened for reading only", self->path);
      return FALSE;
    }
  if (run_transaction (self, verb, data, &local))
    return TRUE;
  if (make_way (self, &local))
    {
      g_clear_error (&local);
      if (run_transaction (self, verb, data, &local))
        return TRUE;
    }
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}
