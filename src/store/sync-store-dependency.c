/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which request waits for which. A dependency is met when the parent is completed, or discarded because the
 * server's version won; `waiting_on` of a row counts those that are not. All of it runs within the
 * transaction of a verb. What becomes of dependants when a parent is given up or taken back:
 * sync-store-dependant.c. */
#include "config.h"

#include "sync-store-private.h"

#include "sync-mutant.h"

void
sync_store_parent_clear (SyncStoreParent *self)
{
  g_clear_pointer (&self->server_name, g_free);
}

/**
 * sync_store_dependency_find_parent:
 * @self: a store
 * @id: (inout): a row; if it was replaced, the row that stands for it now
 * @parent: (out caller-allocates): how that one stands
 *
 * Returns: whether there is one; else %SYNC_ERROR_NOT_FOUND or a storage error
 */
gboolean
sync_store_dependency_find_parent (SyncStore *self, gint64 *id, SyncStoreParent *parent, GError **error)
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
      sync_state_from_string ((const char *) sqlite3_column_text (stmt, 0), &parent->state);
      parent->server_won = parent->state == SYNC_STATE_DISCARDED && sqlite3_column_int (stmt, 2) != 0;
      g_free (parent->server_name);
      parent->server_name = sync_store_dup_column (stmt, 3);
      successor = sqlite3_column_int64 (stmt, 1);
      if (parent->state != SYNC_STATE_DISCARDED || successor == 0)
        return TRUE;
      *id = successor;
    }
}

/* @mentioned: because its placeholder stands in the row's body or URL; else the caller or a group says so. */
static gboolean
add_one (SyncStore *self, gint64 id, gint64 parent, gboolean mentioned, GError **error)
{
  g_auto (SyncStoreParent) found = { 0 };
  gboolean met;

  if (!sync_store_dependency_find_parent (self, &parent, &found, error))
    return FALSE;
  if (parent == id)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID, "a request cannot depend on itself: leave that out");
      return FALSE;
    }
  met = found.state == SYNC_STATE_COMPLETED || found.server_won || (SYNC_MUTANT ("dependency-ignored") && !mentioned);
  if (found.state == SYNC_STATE_DISCARDED && !met)
    {
      g_set_error (
        error, SYNC_ERROR, SYNC_ERROR_REFUSED,
        "request %" G_GINT64_FORMAT ", on which this one depends, was given up: take it back first", parent);
      return FALSE;
    }
  return sync_store_run (self, SYNC_STATEMENT_INSERT_DEPENDENCY, error, "iiddd", id, parent, met, !mentioned,
                         mentioned);
}

static gboolean
add_group_parent (SyncStore *self, gint64 id, const SyncRequest *request, GError **error)
{
  g_autoptr (SyncStatement) stmt = sync_store_prepare (self, SYNC_STATEMENT_GROUP_PARENT, error);
  gboolean has_row;

  if (stmt == NULL || !sync_store_bind (self, stmt, error, "ssi", request->group_name, request->site, id)
      || !sync_store_step (self, stmt, &has_row, error))
    return FALSE;
  return !has_row || add_one (self, id, sqlite3_column_int64 (stmt, 0), FALSE, error);
}

/* What the row that gave up its key was told to wait for, unless that was given up meanwhile: then it would wait for
 * ever. */
static gboolean
inherit (SyncStore *self, gint64 id, gint64 replaced, GError **error)
{
  gboolean delivered;
  gint64 lost;

  if (!sync_store_run (self, SYNC_STATEMENT_COPY_DEPENDENCIES, error, "ii", replaced, id)
      || !sync_store_dependency_find_lost (self, id, &lost, &delivered, error))
    return FALSE;
  return lost == 0 || sync_store_dependency_refuse_lost (lost, delivered, error);
}

static gboolean
add_mentioned (SyncStore *self, gint64 id, GArray *mentioned, GError **error)
{
  for (guint i = 0; mentioned != NULL && i < mentioned->len; i++)
    if (!add_one (self, id, g_array_index (mentioned, gint64, i), TRUE, error))
      return FALSE;
  return TRUE;
}

/**
 * sync_store_dependency_add:
 * @self: a store
 * @id: of a row that was just inserted
 * @request: what it was made of
 * @mentioned: (nullable) (element-type gint64): the rows whose placeholders it mentions
 * @replaced: the row whose key it took over, 0 if none
 *
 * Makes the row wait for those that it names or mentions and for the row before it in its group; one that
 * took over a key waits for what the row before it in that place was told to wait for.
 *
 * Returns: whether it could; else %SYNC_ERROR_NOT_FOUND, %SYNC_ERROR_REFUSED (the parent was given up),
 * %SYNC_ERROR_INVALID (it would wait for itself), or a storage error
 */
gboolean
sync_store_dependency_add (SyncStore *self, gint64 id, const SyncRequest *request, GArray *mentioned,
                           gint64 replaced, GError **error)
{
  guint n = request->depends_on != NULL ? request->depends_on->len : 0;

  if (n == 0 && request->group_name == NULL && replaced == 0 && mentioned->len == 0)
    return TRUE;
  for (guint i = 0; i < n; i++)
    if (!add_one (self, id, g_array_index (request->depends_on, gint64, i), FALSE, error))
      return FALSE;
  if (!add_mentioned (self, id, mentioned, error))
    return FALSE;
  if (replaced != 0 && !inherit (self, id, replaced, error))
    return FALSE;
  if (replaced == 0 && request->group_name != NULL && !add_group_parent (self, id, request, error))
    return FALSE;
  return sync_store_run (self, SYNC_STATEMENT_SET_WAITING, error, "i", id);
}

/**
 * sync_store_dependency_renew:
 * @self: a store
 * @row: a row that was changed
 * @mentioned: (element-type gint64): the rows whose placeholders it mentions now
 *
 * Puts these in the place of what it mentioned before; what its caller or a group named stays.
 *
 * Returns: whether it could; else %SYNC_ERROR_REFUSED (the parent was given up, or waits for @row itself),
 * %SYNC_ERROR_INVALID or a storage error
 */
gboolean
sync_store_dependency_renew (SyncStore *self, const SyncStoreRow *row, GArray *mentioned, GError **error)
{
  gint64 id = row->request->id;

  return sync_store_dependency_check_order (self, mentioned, id, row->request->lane, row->place, error)
         && sync_store_run (self, SYNC_STATEMENT_CLEAR_MENTIONS, error, "i", id)
         && add_mentioned (self, id, mentioned, error)
         && sync_store_run (self, SYNC_STATEMENT_DROP_UNFOUNDED, error, "i", id)
         && sync_store_run (self, SYNC_STATEMENT_SET_WAITING, error, "i", id);
}

/**
 * sync_store_dependency_check_order:
 * @self: a store
 * @parents: (nullable) (element-type gint64): what a row would wait for
 * @row: that row, or the one whose place it takes
 * @lane: its lane
 * @place: its place in it
 *
 * Returns: whether none of @parents waits for @row or for one that stands behind it in its lane, which would
 * make both wait for ever; else %SYNC_ERROR_REFUSED
 */
gboolean
sync_store_dependency_check_order (SyncStore *self, GArray *parents, gint64 row, const char *lane,
                                   gint64 place, GError **error)
{
  for (guint i = 0; parents != NULL && i < parents->len; i++)
    {
      g_autoptr (SyncStatement) stmt = sync_store_prepare (self, SYNC_STATEMENT_REACHES, error);
      gint64 parent = g_array_index (parents, gint64, i);
      gboolean has_row;

      if (stmt == NULL || !sync_store_bind (self, stmt, error, "iisi", parent, row, lane, place)
          || !sync_store_step (self, stmt, &has_row, error))
        return FALSE;
      if (has_row)
        {
          g_set_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED,
                       "it cannot depend on request %" G_GINT64_FORMAT
                       ", which itself waits for request %" G_GINT64_FORMAT ": leave that dependency out",
                       parent, row);
          return FALSE;
        }
    }
  return TRUE;
}

/**
 * sync_store_dependency_meet:
 * @self: a store
 * @parent: a row that is done
 * @has_name: whether the name of its document is known
 *
 * One reason less to wait. Whoever mentions its placeholder needs the name too.
 *
 * Returns: whether it could
 */
gboolean
sync_store_dependency_meet (SyncStore *self, gint64 parent, gboolean has_name, GError **error)
{
  return sync_store_run (self, SYNC_STATEMENT_MEET_ROWS, error, "id", parent, has_name)
         && sync_store_run (self, SYNC_STATEMENT_MEET, error, "id", parent, has_name);
}

/* @parent was met, and is taken back: what has not gone yet waits for it again. */
gboolean
sync_store_dependency_unmeet (SyncStore *self, gint64 parent, GError **error)
{
  return sync_store_run (self, SYNC_STATEMENT_UNMEET_ROWS, error, "i", parent)
         && sync_store_run (self, SYNC_STATEMENT_UNMEET, error, "i", parent);
}

/**
 * sync_store_dependency_find_lost:
 * @self: a store
 * @id: of a row
 * @parent: (out): a row that it waits for in vain, 0 if there is none
 * @delivered: (out) (optional): in vain because it was delivered without a name
 *
 * Returns: whether it could be told
 */
gboolean
sync_store_dependency_find_lost (SyncStore *self, gint64 id, gint64 *parent, gboolean *delivered, GError **error)
{
  g_autoptr (SyncStatement) stmt = sync_store_prepare (self, SYNC_STATEMENT_FIND_LOST_PARENT, error);
  gboolean has_row;

  if (stmt == NULL || !sync_store_bind (self, stmt, error, "i", id)
      || !sync_store_step (self, stmt, &has_row, error))
    return FALSE;
  *parent = has_row ? sqlite3_column_int64 (stmt, 0) : 0;
  if (delivered != NULL)
    *delivered = has_row
                 && g_strcmp0 ((const char *) sqlite3_column_text (stmt, 1),
                               sync_state_to_string (SYNC_STATE_COMPLETED))
                      == 0;
  return TRUE;
}

/* FALSE, with %SYNC_ERROR_REFUSED and why: @parent, for which a row waits, will never let it go. */
gboolean
sync_store_dependency_refuse_lost (gint64 parent, gboolean delivered, GError **error)
{
  if (delivered)
    g_set_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED,
                 "request %" G_GINT64_FORMAT
                 ", on which it depends, was delivered, but nobody knows under what name: put the real name in"
                 " the place of its placeholder",
                 parent);
  else
    g_set_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED,
                 "request %" G_GINT64_FORMAT
                 ", on which it depends, was given up: take that one back first, or edit this one so that it"
                 " can do without",
                 parent);
  return FALSE;
}
