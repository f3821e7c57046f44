/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person looks at: which requests, in what order, found by which words. One index holds all of that, so that a
 * hundred thousand rows are sorted and searched without reading one of them; the rows themselves are read a page at a
 * time, by their ids. Reading changes nothing. */
#include "config.h"

#include "sync-store-private.h"

#include "sync-summary.h"

#include <string.h>

/* By state, in the order in which a person cares. */
#define STATE_ORDER                                                                                                    \
  "CASE status WHEN 'failed' THEN 0 WHEN 'conflict' THEN 1 WHEN 'unknown' THEN 2 WHEN 'sending' THEN 3"                \
  " WHEN 'pending' THEN 4 WHEN 'completed' THEN 5 ELSE 6 END"
/* What needs no try has none. */
#define NEXT_TRY "CASE WHEN status IN ('pending', 'unknown') AND needs_person = 0 THEN next_retry_at_ms END"
#define DOCUMENT_NAME "coalesce (server_name, resource_id)"

/* What each order sorts by, with a place for the direction after each; the id is always the last. What has nothing to be
 * sorted by comes last in both. */
static const char *const orders[] = {
  [SYNC_SORT_ID] = "",
  [SYNC_SORT_DOCUMENT] = "resource_type @, " DOCUMENT_NAME " IS NULL, " DOCUMENT_NAME " @, ",
  [SYNC_SORT_PARTY] = "party IS NULL, party @, ",
  [SYNC_SORT_AMOUNT] = "amount IS NULL, amount @, ",
  [SYNC_SORT_STATE] = STATE_ORDER " @, ",
  [SYNC_SORT_NEXT_TRY] = NEXT_TRY " IS NULL, " NEXT_TRY " @, ",
};

/**
 * sync_store_shown_fold:
 * @text: (nullable): a name
 *
 * Returns: (transfer full) (nullable): the same for capital and small letters, and for each way to write an accent
 */
char *
sync_store_shown_fold (const char *text)
{
  g_autofree char *normal = text != NULL ? g_utf8_normalize (text, -1, G_NORMALIZE_ALL_COMPOSE) : NULL;

  return normal != NULL ? g_utf8_casefold (normal, -1) : NULL;
}

static gboolean
write_summary (SyncStore *self, gint64 id, const char *content_type, GBytes *body, GError **error)
{
  g_autoptr (SyncSummary) summary = sync_summary_new (content_type, body);
  g_autofree char *party = sync_store_shown_fold (sync_summary_get_party (summary));

  return sync_store_run (self, SYNC_STATEMENT_SET_SHOWN, error, "iss", id, party, summary->amount);
}

/* The first row after @id: its id, media type and stored body; @has_row is FALSE if there is none. A body that is damaged
 * says nothing. */
static gboolean
read_next (SyncStore *self, gint64 *id, char **content_type, GBytes **body, gboolean *has_row, GError **error)
{
  g_autoptr (SyncStatement) stmt = sync_store_prepare (self, SYNC_STATEMENT_BODY_TO_SHOW, error);

  *content_type = NULL;
  *body = NULL;
  if (stmt == NULL || !sync_store_bind (self, stmt, error, "i", *id) || !sync_store_step (self, stmt, has_row, error))
    return FALSE;
  if (!*has_row)
    return TRUE;
  *id = sqlite3_column_int64 (stmt, 0);
  *content_type = sync_store_dup_column (stmt, 1);
  if (sqlite3_column_type (stmt, 2) != SQLITE_NULL)
    *body = sync_store_body_decode (sqlite3_column_blob (stmt, 2), sqlite3_column_bytes (stmt, 2), NULL);
  return TRUE;
}

/**
 * sync_store_shown_write:
 * @self: a store
 * @id: of a row
 * @body: what is to be sent from now on
 *
 * Writes whom it is for and how much, inside the transaction that changes the body.
 *
 * Returns: whether it could
 */
gboolean
sync_store_shown_write (SyncStore *self, gint64 id, GBytes *body, GError **error)
{
  g_autofree char *content_type = NULL;
  g_autoptr (GBytes) old = NULL;
  gboolean has_row;
  gint64 found = id - 1;

  if (!read_next (self, &found, &content_type, &old, &has_row, error))
    return FALSE;
  return !has_row || found != id || write_summary (self, id, content_type, body, error);
}

/**
 * sync_store_shown_fill:
 * @self: a store
 *
 * The same for all rows, after they came from another format or file.
 *
 * Returns: whether it could
 */
gboolean
sync_store_shown_fill (SyncStore *self, GError **error)
{
  gint64 id = 0;

  for (;;)
    {
      g_autofree char *content_type = NULL;
      g_autoptr (GBytes) body = NULL;
      gboolean has_row;

      if (!read_next (self, &id, &content_type, &body, &has_row, error))
        return FALSE;
      if (!has_row)
        return TRUE;
      if (body != NULL && !write_summary (self, id, content_type, body, error))
        return FALSE;
    }
}

static void
append_states (GString *sql, const SyncShown *shown)
{
  guint all = (1u << SYNC_N_STATES) - 1;
  guint states = (shown->states & all) != 0 ? shown->states & all : all;
  gboolean first = TRUE;

  g_string_append (sql, " WHERE status IN (");
  for (guint i = 0; i < SYNC_N_STATES; i++)
    if ((states & (1u << i)) != 0)
      {
        g_string_append_printf (sql, "%s'%s'", first ? "" : ", ", sync_state_to_string (i));
        first = FALSE;
      }
  g_string_append_c (sql, ')');
  if (shown->needs_person)
    g_string_append (sql, " AND (status <> 'unknown' OR needs_person = 1)");
}

static void
append_order (GString *sql, const SyncShown *shown)
{
  const char *direction = shown->descending ? "DESC" : "ASC";

  g_string_append (sql, " ORDER BY ");
  for (const char *c = orders[shown->sort]; *c != '\0'; c++)
    if (*c == '@')
      g_string_append (sql, direction);
    else
      g_string_append_c (sql, *c);
  g_string_append_printf (sql, "id %s", direction);
}

/* ?1 DocType; ?2 the words as a pattern, ?3 the same folded, ?4 them as a number. */
static char *
dup_sql (const SyncShown *shown)
{
  g_autoptr (GString) sql = g_string_new ("SELECT id FROM offline_requests INDEXED BY requests_shown");

  append_states (sql, shown);
  if (shown->resource_type != NULL)
    g_string_append (sql, " AND resource_type = ?1");
  if (shown->words != NULL)
    g_string_append (sql,
                     " AND (party LIKE ?3 ESCAPE '\\' OR server_name LIKE ?2 ESCAPE '\\' OR resource_id LIKE ?2 ESCAPE"
                     " '\\' OR key LIKE ?2 ESCAPE '\\' OR id = CAST (?4 AS INTEGER) OR amount = CAST (?4 AS REAL))");
  append_order (sql, shown);
  return g_string_free (g_steal_pointer (&sql), FALSE);
}

/* (transfer full): a LIKE pattern of whatever contains @words */
static char *
dup_pattern (const char *words)
{
  GString *pattern = g_string_new ("%");

  for (const char *c = words; *c != '\0'; c++)
    {
      if (*c == '%' || *c == '_' || *c == '\\')
        g_string_append_c (pattern, '\\');
      g_string_append_c (pattern, *c);
    }
  g_string_append_c (pattern, '%');
  return g_string_free (pattern, FALSE);
}

/* (transfer full) (nullable): @words if they are a number */
static char *
dup_number (const char *words)
{
  char *end;

  g_ascii_strtod (words, &end);
  return end != words && *end == '\0' && strpbrk (words, "nNxXpP") == NULL ? g_strdup (words) : NULL;
}

static sqlite3_stmt *
prepare (SyncStore *self, const char *sql, GError **error)
{
  sqlite3_stmt *stmt = NULL;
  int rc = sqlite3_prepare_v2 (self->db, sql, -1, &stmt, NULL);

  if (rc != SQLITE_OK)
    sync_store_set_sqlite_error (self, rc, error);
  return stmt;
}

static gboolean
bind_shown (sqlite3_stmt *stmt, const SyncShown *shown)
{
  g_autofree char *pattern = shown->words != NULL ? dup_pattern (shown->words) : NULL;
  g_autofree char *folded = sync_store_shown_fold (pattern);
  g_autofree char *number = shown->words != NULL ? dup_number (shown->words) : NULL;

  return (shown->resource_type == NULL
          || sqlite3_bind_text (stmt, 1, shown->resource_type, -1, SQLITE_TRANSIENT) == SQLITE_OK)
         && (shown->words == NULL
             || (sqlite3_bind_text (stmt, 2, pattern, -1, SQLITE_TRANSIENT) == SQLITE_OK
                 && sqlite3_bind_text (stmt, 3, folded, -1, SQLITE_TRANSIENT) == SQLITE_OK
                 && sqlite3_bind_text (stmt, 4, number, -1, SQLITE_TRANSIENT) == SQLITE_OK));
}

/**
 * sync_store_list_shown:
 * @self: a store or a reader
 * @shown: which, and in what order
 *
 * All of them, at a few bytes a row: 100,000 take a tenth of a second or less.
 *
 * Returns: (transfer full) (element-type gint64): their ids; NULL with %SYNC_ERROR_STORAGE
 */
GArray *
sync_store_list_shown (SyncStore *self, const SyncShown *shown, GError **error)
{
  g_autofree char *sql = dup_sql (shown);
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  sqlite3_stmt *stmt;
  gboolean has_row = TRUE;
  gboolean ok;

  sync_store_assert_usable (self);
  stmt = prepare (self, sql, error);
  if (stmt == NULL)
    return NULL;
  ok = bind_shown (stmt, shown);
  if (!ok)
    sync_store_set_sqlite_error (self, SQLITE_NOMEM, error);
  while (ok && has_row)
    {
      gint64 id;

      ok = sync_store_step (self, stmt, &has_row, error);
      if (!ok || !has_row)
        break;
      id = sqlite3_column_int64 (stmt, 0);
      g_array_append_val (ids, id);
    }
  sqlite3_finalize (stmt);
  return ok ? g_steal_pointer (&ids) : NULL;
}

/**
 * sync_store_dup_shown_plan:
 * @self: a store or a reader
 * @shown: which, and in what order
 *
 * Returns: (transfer full) (nullable): how SQLite would find them, a step a line; for tests
 */
char *
sync_store_dup_shown_plan (SyncStore *self, const SyncShown *shown)
{
  g_autofree char *sql = dup_sql (shown);
  g_autofree char *explain = g_strconcat ("EXPLAIN QUERY PLAN ", sql, NULL);
  g_autoptr (GString) plan = g_string_new (NULL);
  sqlite3_stmt *stmt = prepare (self, explain, NULL);
  gboolean has_row;

  while (stmt != NULL && sync_store_step (self, stmt, &has_row, NULL) && has_row)
    g_string_append_printf (plan, "%s\n", (const char *) sqlite3_column_text (stmt, 3));
  sqlite3_finalize (stmt);
  return g_string_free (g_steal_pointer (&plan), FALSE);
}

/**
 * sync_store_list_rows:
 * @self: a store or a reader
 * @ids: (array length=n): of rows
 * @n: how many
 *
 * Returns: (transfer full) (element-type SyncRequest): those of them that are there, by id, with what they wait for in
 *   their lane, without bodies and dependencies; NULL with %SYNC_ERROR_STORAGE
 */
GPtrArray *
sync_store_list_rows (SyncStore *self, const gint64 *ids, guint n, GError **error)
{
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_request_unref);
  g_autoptr (GString) json = g_string_new ("[");
  g_autoptr (SyncStatement) stmt = NULL;
  gboolean has_row;

  sync_store_assert_usable (self);
  for (guint i = 0; i < n; i++)
    g_string_append_printf (json, "%s%" G_GINT64_FORMAT, i > 0 ? "," : "", ids[i]);
  g_string_append_c (json, ']');
  stmt = sync_store_prepare (self, SYNC_STATEMENT_LIST_ROWS, error);
  if (stmt == NULL || !sync_store_bind (self, stmt, error, "s", json->str))
    return NULL;
  for (;;)
    {
      SyncRequest *request;

      if (!sync_store_step (self, stmt, &has_row, error))
        return NULL;
      if (!has_row)
        return g_steal_pointer (&rows);
      request = sync_store_row_read (stmt);
      g_ptr_array_add (rows, request);
      if (!sync_store_row_read_lane (self, request, error))
        return NULL;
    }
}

/**
 * sync_store_dup_types:
 * @self: a store or a reader
 *
 * Steps from one to the next in the index, so that it takes as long as there are DocTypes, not rows.
 *
 * Returns: (transfer full): the DocTypes of all requests, by name; NULL with %SYNC_ERROR_STORAGE
 */
char **
sync_store_dup_types (SyncStore *self, GError **error)
{
  sync_store_assert_usable (self);
  return sync_store_dup_texts (self, SYNC_STATEMENT_LIST_TYPES, error);
}
