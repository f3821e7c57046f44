/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lanes: requests for one document go one after the other. The head of a lane is its row with the lowest
 * place that is neither completed nor discarded; only a row that is being sent keeps the head against one
 * that comes back with a lower place. `names` leads every name of a document (placeholder, the server's, any
 * case) to its lane. All of it runs within the transaction of a verb. */
#include "config.h"

#include "sync-store-private.h"

#include "sync-placeholder.h"
#include "sync-mutant.h"

static const char *
type_of (const SyncRequest *request)
{
  return request->resource_type != NULL ? request->resource_type : "";
}

static char *
dup_lane_of_key (const SyncRequest *request)
{
  g_autofree char *key = g_strchomp (g_ascii_strdown (request->key, -1));

  return g_strconcat (request->resource_type != NULL ? request->resource_type : request->family, "/+", key,
                      NULL);
}

/**
 * sync_store_lane_find:
 * @self: a store
 * @request: a request about to be accepted, its `lane` the natural one or empty
 * @lane: (out) (transfer full): the lane it belongs to
 *
 * Returns: whether it could be told
 */
gboolean
sync_store_lane_find (SyncStore *self, const SyncRequest *request, char **lane, GError **error)
{
  if (request->resource_type != NULL && request->resource_id != NULL)
    {
      g_autoptr (SyncStatement) stmt = sync_store_prepare (self, SYNC_STATEMENT_LANE_OF_NAME, error);
      gboolean has_row;

      if (stmt == NULL
          || !sync_store_bind (self, stmt, error, "sss", request->site, request->resource_type,
                               request->resource_id)
          || !sync_store_step (self, stmt, &has_row, error))
        return FALSE;
      if (has_row)
        {
          *lane = sync_store_dup_column (stmt, 0);
          return TRUE;
        }
    }
  if (request->lane != NULL && *request->lane != '\0')
    *lane = g_strdup (request->lane);
  else
    *lane = dup_lane_of_key (request);
  return TRUE;
}

static gboolean
find_first (SyncStore *self, const char *lane, gint64 *id, GError **error)
{
  g_autoptr (SyncStatement) stmt = sync_store_prepare (self, SYNC_STATEMENT_LANE_FIRST, error);
  gboolean has_row;

  if (stmt == NULL || !sync_store_bind (self, stmt, error, "s", lane)
      || !sync_store_step (self, stmt, &has_row, error))
    return FALSE;
  *id = has_row ? sqlite3_column_int64 (stmt, 0) : 0;
  return TRUE;
}

/* Whether nothing in @lane is on its way, so that the next row is its head. */
gboolean
sync_store_lane_is_empty (SyncStore *self, const char *lane, gboolean *is_empty, GError **error)
{
  gint64 first;

  if (!find_first (self, lane, &first, error))
    return FALSE;
  *is_empty = first == 0;
  return TRUE;
}

/**
 * sync_store_lane_move_head:
 * @self: a store
 * @lane: a lane
 * @head: the row that is marked as its head, 0 if none is
 *
 * Marks the row that is the head now.
 *
 * Returns: whether it could
 */
gboolean
sync_store_lane_move_head (SyncStore *self, const char *lane, gint64 head, GError **error)
{
  gint64 first;

  if (!find_first (self, lane, &first, error))
    return FALSE;
  if (first == head)
    return TRUE;
  if (head != 0 && !sync_store_run (self, SYNC_STATEMENT_SET_HEAD, error, "id", head, 0))
    return FALSE;
  return first == 0 || sync_store_run (self, SYNC_STATEMENT_SET_HEAD, error, "id", first, 1);
}

/**
 * sync_store_lane_return:
 * @self: a store
 * @row: a row that was discarded and waits again, not marked as head
 *
 * Gives the row its old place. Whatever overtook it and is being sent at this moment stays the head until it
 * is not.
 *
 * Returns: whether it could
 */
gboolean
sync_store_lane_return (SyncStore *self, const SyncStoreRow *row, GError **error)
{
  g_autoptr (SyncStatement) stmt = sync_store_prepare (self, SYNC_STATEMENT_LANE_HEAD, error);
  gboolean has_row;
  gint64 head = 0;

  if (stmt == NULL || !sync_store_bind (self, stmt, error, "s", row->request->lane)
      || !sync_store_step (self, stmt, &has_row, error))
    return FALSE;
  if (has_row)
    {
      if (g_strcmp0 ((const char *) sqlite3_column_text (stmt, 1), sync_state_to_string (SYNC_STATE_SENDING))
          == 0)
        return TRUE;
      head = sqlite3_column_int64 (stmt, 0);
    }
  return sync_store_lane_move_head (self, row->request->lane, head, error);
}

/**
 * sync_store_lane_end_sending:
 * @self: a store
 * @id: a row that is not being sent any more, and did not move on
 *
 * Gives the lane back to the row that came back before it while it was being sent.
 *
 * Returns: whether it could
 */
gboolean
sync_store_lane_end_sending (SyncStore *self, gint64 id, GError **error)
{
  g_auto (SyncStoreRow) row = SYNC_STORE_ROW_INIT;

  return sync_store_row_load (self, id, &row, error)
         && (!row.is_head || sync_store_lane_move_head (self, row.request->lane, id, error));
}

/**
 * sync_store_lane_pass_modified:
 * @self: a store
 * @row: the row that was delivered, as it was before
 * @modified: the version that its delivery made
 *
 * Tells the rows behind it that their document is at another version now, if they were made against the
 * version that was replaced, or against none: what an earlier row of the same lane wrote is no conflict. If somebody else
 * wrote after the version that they were made against, they keep that one: they have not seen the other.
 *
 * Returns: whether it could
 */
gboolean
sync_store_lane_pass_modified (SyncStore *self, const SyncStoreRow *row, const char *modified, GError **error)
{
  return SYNC_MUTANT ("modified-not-passed")
         || sync_store_run (self, SYNC_STATEMENT_PASS_MODIFIED, error, "sisss", row->request->lane, row->place,
                         row->request->site, modified, row->request->base_modified);
}

/**
 * sync_store_lane_add_name:
 * @self: a store
 * @request: of the document
 * @lane: its lane
 * @name: a name by which later writes may call it
 * @server_name: (nullable): what the server calls it
 * @maker: the row that makes the document, if @name is a placeholder; else 0
 * @now_ms: the wall clock
 *
 * A name that is known keeps its lane: rows that wait there are not overtaken.
 *
 * Returns: whether it could
 */
gboolean
sync_store_lane_add_name (SyncStore *self, const SyncRequest *request, const char *lane, const char *name,
                          const char *server_name, gint64 maker, gint64 now_ms, GError **error)
{
  if (request->resource_type == NULL)
    return TRUE;
  return sync_store_run (self, SYNC_STATEMENT_INSERT_NAME, error, "sssssii", request->site,
                         request->resource_type, name, lane, server_name, now_ms, maker);
}

/* A row that comes back has its placeholder back too, if another row had the key in between. */
gboolean
sync_store_lane_reclaim_name (SyncStore *self, const SyncRequest *request, GError **error)
{
  g_autofree char *placeholder = sync_placeholder_dup (request->key);

  return sync_store_run (self, SYNC_STATEMENT_RECLAIM_PLACEHOLDER, error, "sssi", request->site,
                         type_of (request), placeholder, request->id);
}

/**
 * sync_store_lane_learn_name:
 * @self: a store
 * @request: a request whose document has a name on the server now
 * @server_name: that name
 * @now_ms: the wall clock
 *
 * Leads the server's name to the document's lane, and notes it beside the placeholder.
 *
 * Returns: whether it could
 */
gboolean
sync_store_lane_learn_name (SyncStore *self, const SyncRequest *request, const char *server_name,
                            gint64 now_ms, GError **error)
{
  g_autofree char *placeholder = sync_placeholder_dup (request->key);
  gboolean known = request->resource_id != NULL && g_ascii_strcasecmp (request->resource_id, server_name) == 0;

  /* The lane of an existing document is made of its name already. */
  return (known
          || sync_store_lane_add_name (self, request, request->lane, server_name, server_name, 0, now_ms, error))
         && sync_store_run (self, SYNC_STATEMENT_LEARN_PLACEHOLDER, error, "ssssi", request->site,
                            type_of (request), placeholder, server_name, now_ms);
}

/**
 * sync_store_has_unsure_namesake:
 * @self: a store
 * @request: a row
 *
 * Another row had the same key and was given up while nobody knew whether it had arrived: what stands on the server under the
 * key may be that one's.
 *
 * Returns: whether there is such a row; TRUE also if that cannot be read
 */
gboolean
sync_store_has_unsure_namesake (SyncStore *self, const SyncRequest *request)
{
  g_autoptr (SyncStatement) stmt = NULL;
  gboolean has_row;

  sync_store_assert_usable (self);
  stmt = sync_store_prepare (self, SYNC_STATEMENT_FIND_UNSURE_KEY, NULL);
  if (stmt == NULL
      || !sync_store_bind (self, stmt, NULL, "ssssi", request->site, request->family,
                           request->resource_type != NULL ? request->resource_type : "", request->key, request->id)
      || !sync_store_step (self, stmt, &has_row, NULL))
    return TRUE;
  return has_row;
}

/**
 * sync_store_get_confirmed:
 * @self: a store
 * @request: a row
 *
 * The row before it that its lane delivered against the newest version, if a person said of that one that it arrived: what
 * version it made nobody knows, so it was not passed on.
 *
 * Returns: (transfer full) (nullable): the row with its bodies; NULL if there is none, or with an error as sync_store_get()
 */
SyncRequest *
sync_store_get_confirmed (SyncStore *self, const SyncRequest *request, GError **error)
{
  g_autoptr (SyncStatement) stmt = NULL;
  gboolean has_row;

  sync_store_assert_usable (self);
  stmt = sync_store_prepare (self, SYNC_STATEMENT_LAST_COMPLETED, error);
  if (stmt == NULL || !sync_store_bind (self, stmt, error, "si", request->lane, request->id)
      || !sync_store_step (self, stmt, &has_row, error) || !has_row || !sqlite3_column_int (stmt, 1))
    return NULL;
  return sync_store_get (self, sqlite3_column_int64 (stmt, 0), error);
}

typedef struct
{
  gint64 id;
  const char *modified;
} Version;

static gboolean
learn_version_verb (SyncStore *self, gpointer data, GError **error)
{
  const Version *version = data;
  g_auto (SyncStoreRow) row = SYNC_STORE_ROW_INIT;

  return sync_store_row_load (self, version->id, &row, error)
         && sync_store_run (self, SYNC_STATEMENT_SET_VERSION, error, "is", version->id, version->modified)
         && sync_store_lane_pass_modified (self, &row, version->modified, error);
}

/**
 * sync_store_learn_version:
 * @self: a store
 * @id: of a row of sync_store_get_confirmed()
 * @modified: the version that it made
 *
 * Passes the version on along the lane, as its delivery would have done if an answer had come.
 *
 * Returns: TRUE if it is durable; else %SYNC_ERROR_NOT_FOUND, or %SYNC_ERROR_STORAGE, %SYNC_ERROR_DISK_FULL (both
 *   transient)
 */
gboolean
sync_store_learn_version (SyncStore *self, gint64 id, const char *modified, GError **error)
{
  Version version = { id, modified };

  sync_store_assert_usable (self);
  return sync_store_run_verb (self, learn_version_verb, &version, error);
}

/**
 * sync_store_lane_follow_base:
 * @self: a store
 * @id: a row that was just accepted into @lane
 * @lane: a lane
 * @base_modified: (nullable): the version that its caller had read
 *
 * If earlier rows of the lane have replaced that version, and only they, the row is sent against what they made: a
 * version that an earlier row of the same lane wrote is never a conflict. Where somebody else wrote in between, the
 * chain of versions ends there. A server that was put back to a version that it had before can make it a ring, which
 * has no end: then the row keeps the version that its caller had read.
 *
 * Returns: whether the database could be read and written
 */
gboolean
sync_store_lane_follow_base (SyncStore *self, gint64 id, const char *lane, const char *base_modified, GError **error)
{
  g_autoptr (GHashTable) seen = NULL;
  g_autofree char *base = NULL;
  gboolean has_row = TRUE;

  if (base_modified == NULL)
    return TRUE;
  seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  base = g_strdup (base_modified);
  while (has_row && g_hash_table_add (seen, g_strdup (base)))
    {
      g_autoptr (SyncStatement) stmt = sync_store_prepare (self, SYNC_STATEMENT_NEXT_VERSION, error);

      if (stmt == NULL || !sync_store_bind (self, stmt, error, "ss", lane, base)
          || !sync_store_step (self, stmt, &has_row, error))
        return FALSE;
      if (has_row)
        {
          g_free (base);
          base = sync_store_dup_column (stmt, 0);
        }
    }
  return has_row || g_strcmp0 (base, base_modified) == 0
         || sync_store_run (self, SYNC_STATEMENT_SET_BASE, error, "is", id, base);
}

/**
 * sync_store_dup_followed_name:
 * @self: a store
 * @request: a row whose document is not there under the name that it was handed over with
 * @error: a storage error
 *
 * Returns: (transfer full) (nullable): the name under which another row of its lane, for the same name, reached the document
 *   last; NULL if none did
 */
char *
sync_store_dup_followed_name (SyncStore *self, const SyncRequest *request, GError **error)
{
  g_autoptr (SyncStatement) stmt = NULL;
  gboolean has_row;

  sync_store_assert_usable (self);
  stmt = sync_store_prepare (self, SYNC_STATEMENT_FOLLOWED_NAME, error);
  if (stmt == NULL || request->resource_id == NULL
      || !sync_store_bind (self, stmt, error, "ssi", request->lane, request->resource_id, request->id)
      || !sync_store_step (self, stmt, &has_row, error) || !has_row)
    return NULL;
  return sync_store_dup_column (stmt, 0);
}
