/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which request waits for which. A dependency is met when the parent is completed, or discarded because the
 * server's version won; `waiting_on` of a row counts those that are not. All of it runs within the
 * transaction of a verb. */
#include "config.h"

#include "sync-store-private.h"

/* Follows a parent that was replaced to the row that stands for it now. */
static gboolean
find_parent (SyncStore *self, gint64 *id, SyncState *state, gboolean *server_won, GError **error)
{
  for (;;)
    {
      g_autoptr (SyncStatement) stmt = sync_store_prepare (self, SYNC_STATEMENT_PARENT, error);
      gboolean has_row;
      gint64 successor;

      if (stmt == NULL || !sync_store_bind (self, stmt, error, "i", *id)
          || !sync_store_step (self, stmt, &has_row, error))
        return FALSE;
      if (!has_row)
        {
          g_set_error (
            error, SYNC_ERROR, SYNC_ERROR_NOT_FOUND,
            "there is no request %" G_GINT64_FORMAT " to depend on: leave it out, or accept it first", *id);
          return FALSE;
        }
      sync_state_from_string ((const char *) sqlite3_column_text (stmt, 0), state);
      *server_won = g_strcmp0 ((const char *) sqlite3_column_text (stmt, 2), "server_wins") == 0;
      successor = sqlite3_column_int64 (stmt, 1);
      if (*state != SYNC_STATE_DISCARDED || successor == 0)
        return TRUE;
      *id = successor;
    }
}

static gboolean
add_one (SyncStore *self, gint64 id, gint64 parent, GError **error)
{
  SyncState state = SYNC_STATE_PENDING;
  gboolean server_won;
  gboolean met;

  if (!find_parent (self, &parent, &state, &server_won, error))
    return FALSE;
  met = state == SYNC_STATE_COMPLETED || (state == SYNC_STATE_DISCARDED && server_won);
  if (state == SYNC_STATE_DISCARDED && !met)
    {
      g_set_error (
        error, SYNC_ERROR, SYNC_ERROR_REFUSED,
        "request %" G_GINT64_FORMAT ", on which this one depends, was given up: take it back first", parent);
      return FALSE;
    }
  return sync_store_run (self, SYNC_STATEMENT_INSERT_DEPENDENCY, error, "iid", id, parent, met);
}

static gboolean
add_group_parent (SyncStore *self, gint64 id, const SyncRequest *request, GError **error)
{
  g_autoptr (SyncStatement) stmt = sync_store_prepare (self, SYNC_STATEMENT_GROUP_PARENT, error);
  gboolean has_row;

  if (stmt == NULL || !sync_store_bind (self, stmt, error, "ssi", request->group_name, request->site, id)
      || !sync_store_step (self, stmt, &has_row, error))
    return FALSE;
  return !has_row || add_one (self, id, sqlite3_column_int64 (stmt, 0), error);
}

/**
 * sync_store_dependency_add:
 * @self: a store
 * @id: of a row that was just inserted
 * @request: what it was made of
 * @replaced: the row whose key it took over, 0 if none
 *
 * Makes the row wait for those that it names and for the row before it in its group; one that took over a key
 * waits for what the row before it in that place waited for.
 *
 * Returns: whether it could; else %SYNC_ERROR_NOT_FOUND, %SYNC_ERROR_REFUSED (the parent was given up), or a
 * storage error
 */
gboolean
sync_store_dependency_add (SyncStore *self, gint64 id, const SyncRequest *request, gint64 replaced,
                           GError **error)
{
  guint n = request->depends_on != NULL ? request->depends_on->len : 0;

  if (n == 0 && request->group_name == NULL && replaced == 0)
    return TRUE;
  for (guint i = 0; i < n; i++)
    if (!add_one (self, id, g_array_index (request->depends_on, gint64, i), error))
      return FALSE;
  if (replaced != 0 && !sync_store_run (self, SYNC_STATEMENT_COPY_DEPENDENCIES, error, "ii", replaced, id))
    return FALSE;
  if (replaced == 0 && request->group_name != NULL && !add_group_parent (self, id, request, error))
    return FALSE;
  return sync_store_run (self, SYNC_STATEMENT_SET_WAITING, error, "i", id);
}

/**
 * sync_store_dependency_check_order:
 * @self: a store
 * @request: a request that would take over the key of another row
 * @replaced: that row
 * @lane: its lane
 * @place: its place in it
 *
 * Returns: whether nothing that @request depends on waits for @replaced or stands behind it in its lane,
 * which would make both wait for ever; else %SYNC_ERROR_REFUSED
 */
gboolean
sync_store_dependency_check_order (SyncStore *self, const SyncRequest *request, gint64 replaced,
                                   const char *lane, gint64 place, GError **error)
{
  guint n = request->depends_on != NULL ? request->depends_on->len : 0;

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (SyncStatement) stmt = sync_store_prepare (self, SYNC_STATEMENT_REACHES, error);
      gint64 parent = g_array_index (request->depends_on, gint64, i);
      gboolean has_row;

      if (stmt == NULL || !sync_store_bind (self, stmt, error, "iisi", parent, replaced, lane, place)
          || !sync_store_step (self, stmt, &has_row, error))
        return FALSE;
      if (has_row)
        {
          g_set_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED,
                       "it cannot depend on request %" G_GINT64_FORMAT
                       ", which itself waits for request %" G_GINT64_FORMAT
                       " that it replaces: leave that dependency out",
                       parent, replaced);
          return FALSE;
        }
    }
  return TRUE;
}

/* @parent is done: one reason less to wait. */
gboolean
sync_store_dependency_meet (SyncStore *self, gint64 parent, GError **error)
{
  return sync_store_run (self, SYNC_STATEMENT_MEET_ROWS, error, "i", parent)
         && sync_store_run (self, SYNC_STATEMENT_MEET, error, "i", parent);
}

/* @parent was met, and is taken back: what has not gone yet waits for it again. */
gboolean
sync_store_dependency_unmeet (SyncStore *self, gint64 parent, GError **error)
{
  return sync_store_run (self, SYNC_STATEMENT_UNMEET_ROWS, error, "i", parent)
         && sync_store_run (self, SYNC_STATEMENT_UNMEET, error, "i", parent);
}

static gboolean
list_pending (SyncStore *self, gint64 parent, GArray *ids, GError **error)
{
  g_autoptr (SyncStatement) stmt = sync_store_prepare (self, SYNC_STATEMENT_LIST_PENDING_DEPENDANTS, error);
  gboolean has_row;

  if (stmt == NULL || !sync_store_bind (self, stmt, error, "i", parent))
    return FALSE;
  for (;;)
    {
      gint64 id;

      if (!sync_store_step (self, stmt, &has_row, error))
        return FALSE;
      if (!has_row)
        return TRUE;
      id = sqlite3_column_int64 (stmt, 0);
      g_array_append_val (ids, id);
    }
}

/**
 * sync_store_dependency_fail:
 * @self: a store
 * @parent: a row that was given up
 * @actor: who gave it up
 * @now_ms: the wall clock
 *
 * Fails whatever waits for it, and what waits for that. A row that waits for it and is unknown (of a restored database)
 * may have been delivered: it is for a person, since its turn to be looked for never comes.
 *
 * Returns: whether it could
 */
gboolean
sync_store_dependency_fail (SyncStore *self, gint64 parent, const char *actor, gint64 now_ms, GError **error)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autofree char *message
    = g_strdup_printf ("request %" G_GINT64_FORMAT ", on which it depends, was given up", parent);

  if (!list_pending (self, parent, ids, error)
      || !sync_store_run (self, SYNC_STATEMENT_ASK_DEPENDANTS, error, "isi", parent, message, now_ms))
    return FALSE;
  /* The list grows while it is walked; each row fails once, since it is no longer pending then. */
  for (guint i = 0; i < ids->len; i++)
    {
      gint64 id = g_array_index (ids, gint64, i);
      SyncStoreRow row = SYNC_STORE_ROW_INIT;
      gboolean is_pending;

      if (!sync_store_row_load (self, id, &row, error))
        return FALSE;
      is_pending = row.request->state == SYNC_STATE_PENDING;
      sync_store_row_clear (&row);
      if (is_pending
          && (!sync_store_run (self, SYNC_STATEMENT_FAIL_DEPENDANT, error, "isi", id, message, now_ms)
              || !sync_store_audit_add (self, id, "pending", SYNC_STATE_FAILED, actor, message, now_ms, error)
              || !sync_store_run (self, SYNC_STATEMENT_ASK_DEPENDANTS, error, "isi", id, message, now_ms)
              || !list_pending (self, id, ids, error)))
        return FALSE;
    }
  return TRUE;
}

/* The parent that was given up and that @id still waits for, 0 if there is none. */
gboolean
sync_store_dependency_find_lost (SyncStore *self, gint64 id, gint64 *parent, GError **error)
{
  g_autoptr (SyncStatement) stmt = sync_store_prepare (self, SYNC_STATEMENT_FIND_LOST_PARENT, error);
  gboolean has_row;

  if (stmt == NULL || !sync_store_bind (self, stmt, error, "i", id)
      || !sync_store_step (self, stmt, &has_row, error))
    return FALSE;
  *parent = has_row ? sqlite3_column_int64 (stmt, 0) : 0;
  return TRUE;
}
