/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the queue holds: what is due, what there is, how many. Reading changes nothing. */
#include "config.h"

#include "sync-store-private.h"

#define LIMIT_DEFAULT 100

void
sync_attempt_free (SyncAttempt *self)
{
  g_free (self->kind);
  g_free (self->exc_type);
  g_free (self->verdict);
  g_free (self->message);
  g_free (self->key_field);
  g_free (self->sent_as);
  g_free (self);
}

static gboolean
collect (SyncStore *self, sqlite3_stmt *stmt, GPtrArray *requests, GError **error)
{
  gboolean has_row;

  for (;;)
    {
      if (!sync_store_step (self, stmt, &has_row, error))
        return FALSE;
      if (!has_row)
        return TRUE;
      g_ptr_array_add (requests, sync_store_row_read (stmt));
    }
}

static GPtrArray *
requests_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) sync_request_unref);
}

static int
compare_order (gconstpointer a, gconstpointer b)
{
  const SyncRequest *first = *(const SyncRequest *const *) a;
  const SyncRequest *second = *(const SyncRequest *const *) b;

  if (first->order_ms != second->order_ms)
    return (first->order_ms > second->order_ms) - (first->order_ms < second->order_ms);
  return (first->id > second->id) - (first->id < second->id);
}

/* A JSON array of texts, for json_each(). */
static char *
dup_types_json (const char *const *types)
{
  GString *json = g_string_new ("[");

  for (guint i = 0; types[i] != NULL; i++)
    {
      g_string_append (json, i > 0 ? ",\"" : "\"");
      for (const char *c = types[i]; *c != '\0'; c++)
        if ((guchar) *c < 0x20)
          g_string_append_printf (json, "\\u%04x", (guint) *c);
        else
          {
            if (*c == '"' || *c == '\\')
              g_string_append_c (json, '\\');
            g_string_append_c (json, *c);
          }
      g_string_append_c (json, '"');
    }
  g_string_append_c (json, ']');
  return g_string_free (json, FALSE);
}

static gboolean
collect_due (SyncStore *self, SyncStatementId id, gint64 now_us, guint limit, const char *types,
             GPtrArray *requests, GError **error)
{
  g_autoptr (SyncStatement) stmt = sync_store_prepare (self, id, error);

  if (stmt == NULL)
    return FALSE;
  if (types != NULL && !sync_store_bind (self, stmt, error, "iis", now_us, (gint64) limit, types))
    return FALSE;
  if (types == NULL && !sync_store_bind (self, stmt, error, "ii", now_us, (gint64) limit))
    return FALSE;
  return collect (self, stmt, requests, error);
}

static gboolean
read_number (SyncStore *self, SyncStatementId id, const char *types, gint64 *value, gboolean *has_row, GError **error)
{
  g_autoptr (SyncStatement) stmt = sync_store_prepare (self, id, error);

  if (stmt == NULL || (types != NULL && !sync_store_bind (self, stmt, error, "s", types))
      || !sync_store_step (self, stmt, has_row, error))
    return FALSE;
  *value = *has_row ? sqlite3_column_int64 (stmt, 0) : 0;
  return TRUE;
}

/**
 * sync_store_list_due:
 * @self: a store
 * @limit: at most so many, 0: 100
 * @types: (nullable) (array zero-terminated=1): only requests of these DocTypes
 *
 * What may be claimed now: heads of lanes, `pending` or `unknown`, that wait for no other request, no person
 * and no time; by `order_ms`, then id.
 *
 * Returns: (transfer full) (element-type SyncRequest): the rows, without bodies; NULL with %SYNC_ERROR_STORAGE or
 *   %SYNC_ERROR_CORRUPT
 */
GPtrArray *
sync_store_list_due (SyncStore *self, guint limit, const char *const *types, GError **error)
{
  g_autoptr (GPtrArray) requests = requests_new ();
  g_autofree char *json = types != NULL ? dup_types_json (types) : NULL;
  SyncStatementId now_id = types != NULL ? SYNC_STATEMENT_LIST_DUE_OF_TYPES : SYNC_STATEMENT_LIST_DUE;
  SyncStatementId timed_id = types != NULL ? SYNC_STATEMENT_LIST_TIMED_OF_TYPES : SYNC_STATEMENT_LIST_TIMED;
  gboolean has_timed;
  gint64 first_us;
  gint64 now_us;

  sync_store_assert_usable (self);
  if (self->read_only)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_STORAGE,
                   "“%s” was opened for reading only: it knows no time", self->path);
      return NULL;
    }
  now_us = sync_clock_boot_us (self->clock);
  if (limit == 0)
    limit = LIMIT_DEFAULT;
  /* Mostly no time has come: one look at an index says so without a table to sort in. */
  if (!collect_due (self, now_id, now_us, limit, json, requests, error)
      || !read_number (self, SYNC_STATEMENT_NEXT_TIMED, NULL, &first_us, &has_timed, error)
      || (has_timed && first_us <= now_us && !collect_due (self, timed_id, now_us, limit, json, requests, error)))
    return NULL;
  g_ptr_array_sort (requests, compare_order);
  if (requests->len > limit)
    g_ptr_array_set_size (requests, limit);
  return g_steal_pointer (&requests);
}

/**
 * sync_store_get_next_due_us:
 * @self: a store or a reader
 *
 * Returns: 0 if something is due at once, else when the first row that waits for time is due (boot clock,
 *   microseconds; may have passed), -1 if nothing waits for time
 */
gint64
sync_store_get_next_due_us (SyncStore *self)
{
  return sync_store_get_next_due_except_us (self, NULL);
}

/**
 * sync_store_get_next_due_except_us:
 * @self: a store or a reader
 * @types: (nullable) (array zero-terminated=1): DocTypes that do not count
 *
 * As sync_store_get_next_due_us(); it takes longer the more rows of these DocTypes are due.
 *
 * Returns: when something of the other DocTypes is due
 */
gint64
sync_store_get_next_due_except_us (SyncStore *self, const char *const *types)
{
  g_autofree char *json = types != NULL ? dup_types_json (types) : NULL;
  gboolean has_row;
  gint64 value;

  sync_store_assert_usable (self);
  if (!read_number (self, types != NULL ? SYNC_STATEMENT_ANY_DUE_EXCEPT : SYNC_STATEMENT_ANY_DUE, json, &value, &has_row,
                    NULL))
    return -1;
  if (has_row)
    return 0;
  if (!read_number (self, types != NULL ? SYNC_STATEMENT_NEXT_TIMED_EXCEPT : SYNC_STATEMENT_NEXT_TIMED, json, &value,
                    &has_row, NULL)
      || !has_row)
    return -1;
  return value;
}

/**
 * sync_store_get:
 * @self: a store or a reader
 * @id: of a row
 *
 * Returns: (transfer full): the row with bodies, last answer, dependencies and the row that it waits for; NULL with
 * %SYNC_ERROR_NOT_FOUND, %SYNC_ERROR_CORRUPT (its body is not the one that was accepted) or
 * %SYNC_ERROR_STORAGE
 */
SyncRequest *
sync_store_get (SyncStore *self, gint64 id, GError **error)
{
  g_autoptr (SyncRequest) request = NULL;

  sync_store_assert_usable (self);
  request = sync_store_row_load_full (self, id, error);
  return request != NULL && sync_store_row_read_lane (self, request, error) ? g_steal_pointer (&request) : NULL;
}

/**
 * sync_store_find_key:
 * @self: a store or a reader
 * @site: base URL
 * @family: of the route
 * @resource_type: (nullable): DocType
 * @key: an idempotency key, in any case
 *
 * Returns: (transfer full): the row that holds the key, else the newest discarded one that had it; NULL with
 *   %SYNC_ERROR_NOT_FOUND, %SYNC_ERROR_CORRUPT or %SYNC_ERROR_STORAGE
 */
SyncRequest *
sync_store_find_key (SyncStore *self, const char *site, const char *family, const char *resource_type,
                     const char *key, GError **error)
{
  static const SyncStatementId ids[] = { SYNC_STATEMENT_FIND_KEY, SYNC_STATEMENT_FIND_DISCARDED_KEY };
  gboolean has_row;

  sync_store_assert_usable (self);
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      g_autoptr (SyncStatement) stmt = sync_store_prepare (self, ids[i], error);

      if (stmt == NULL
          || !sync_store_bind (self, stmt, error, "ssss", site, family,
                               resource_type != NULL ? resource_type : "", key)
          || !sync_store_step (self, stmt, &has_row, error))
        return NULL;
      if (has_row)
        return sync_store_row_load_full (self, sqlite3_column_int64 (stmt, 0), error);
    }
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_NOT_FOUND, "there is no request with the key “%s”", key);
  return NULL;
}

/* One sub-query for each state, so that each walks its index in order and stops at the limit. */
static char *
dup_list_sql (const SyncListFilter *filter)
{
  const char *order = filter->newest_first ? "DESC" : "ASC";
  const char *bound = filter->newest_first ? "(?1 = 0 OR id < ?1)" : "id > ?1";
  const char *type = filter->resource_type != NULL ? " AND resource_type = ?3" : "";
  guint all = (1u << SYNC_N_STATES) - 1;
  guint states = filter->states & all;
  g_autoptr (GString) ids = g_string_new (NULL);

  if (filter->states == 0 || states == all)
    return g_strdup_printf ("SELECT " SYNC_STORE_LIST
                            " FROM offline_requests NOT INDEXED WHERE %s%s ORDER BY id %s LIMIT ?2",
                            bound, type, order);
  for (guint i = 0; i < SYNC_N_STATES; i++)
    if ((states & (1u << i)) != 0)
      g_string_append_printf (ids,
                              "%sSELECT id FROM (SELECT id FROM offline_requests INDEXED BY requests_status"
                              " WHERE status = '%s' AND %s%s ORDER BY id %s LIMIT ?2)",
                              ids->len > 0 ? " UNION ALL " : "", sync_state_to_string (i), bound, type,
                              order);
  return g_strdup_printf ("SELECT " SYNC_STORE_LIST
                          " FROM offline_requests WHERE id IN (%s) ORDER BY id %s LIMIT ?2",
                          ids->len > 0 ? ids->str : "NULL", order);
}

/* Whoever lists lists the same again, page by page or as time passes: the last one stays prepared. */
static sqlite3_stmt *
prepare_list (SyncStore *self, const SyncListFilter *filter, GError **error)
{
  g_autofree char *sql = dup_list_sql (filter);
  int rc;

  if (self->list != NULL && g_str_equal (sqlite3_sql (self->list), sql))
    return self->list;
  g_clear_pointer (&self->list, sqlite3_finalize);
  rc = sqlite3_prepare_v3 (self->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &self->list, NULL);
  if (rc != SQLITE_OK)
    sync_store_set_sqlite_error (self, rc, error);
  return self->list;
}

static gboolean
read_list (SyncStore *self, const SyncListFilter *filter, GPtrArray *requests, GError **error)
{
  gint64 limit = filter->limit > 0 ? filter->limit : LIMIT_DEFAULT;
  g_autoptr (SyncStatement) stmt = prepare_list (self, filter, error);

  if (stmt == NULL)
    return FALSE;
  if (filter->resource_type != NULL
      && !sync_store_bind (self, stmt, error, "iis", filter->after, limit, filter->resource_type))
    return FALSE;
  if (filter->resource_type == NULL && !sync_store_bind (self, stmt, error, "ii", filter->after, limit))
    return FALSE;
  return collect (self, stmt, requests, error);
}

/**
 * sync_store_list:
 * @self: a store or a reader
 * @filter: what to list
 *
 * Returns: (transfer full) (element-type SyncRequest): rows by id, with dependencies and what they wait for in their
 * lane, without bodies unless the filter wants the short ones (then as the accepted body, whichever is to be sent); NULL with %SYNC_ERROR_STORAGE
 */
GPtrArray *
sync_store_list (SyncStore *self, const SyncListFilter *filter, GError **error)
{
  g_autoptr (GPtrArray) requests = requests_new ();
  gboolean ok;

  sync_store_assert_usable (self);
  ok = read_list (self, filter, requests, error);
  for (guint i = 0; ok && i < requests->len; i++)
    {
      SyncRequest *request = g_ptr_array_index (requests, i);

      ok = sync_store_row_read_dependencies (self, request, error) && sync_store_row_read_lane (self, request, error)
           && (filter->body_limit == 0 || sync_store_row_read_short_body (self, request, filter->body_limit, error));
    }
  return ok ? g_steal_pointer (&requests) : NULL;
}

/**
 * sync_store_read_attempt:
 * @stmt: a statement at a row of attempts, all their columns
 *
 * Returns: (transfer full): the attempt
 */
SyncAttempt *
sync_store_read_attempt (sqlite3_stmt *stmt)
{
  SyncAttempt *attempt = g_new0 (SyncAttempt, 1);

  attempt->id = sqlite3_column_int64 (stmt, 0);
  attempt->request_id = sqlite3_column_int64 (stmt, 1);
  attempt->number = sqlite3_column_int (stmt, 2);
  attempt->kind = sync_store_dup_column (stmt, 3);
  attempt->started_ms = sqlite3_column_int64 (stmt, 4);
  attempt->duration_us = sqlite3_column_int64 (stmt, 5);
  attempt->http_status = sqlite3_column_int (stmt, 6);
  attempt->exc_type = sync_store_dup_column (stmt, 7);
  attempt->verdict = sync_store_dup_column (stmt, 8);
  attempt->message = sync_store_dup_column (stmt, 9);
  attempt->key_field = sync_store_dup_column (stmt, 10);
  attempt->sent_as = sync_store_dup_column (stmt, 11);
  attempt->server_ms = sqlite3_column_int64 (stmt, 12);
  return attempt;
}

/**
 * sync_store_list_attempts:
 * @self: a store or a reader
 * @request_id: of a row
 *
 * Returns: (transfer full) (element-type SyncAttempt): what was tried, in that order; NULL with
 * %SYNC_ERROR_STORAGE
 */
GPtrArray *
sync_store_list_attempts (SyncStore *self, gint64 request_id, GError **error)
{
  g_autoptr (GPtrArray) attempts = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_attempt_free);
  g_autoptr (SyncStatement) stmt = NULL;
  gboolean has_row;

  sync_store_assert_usable (self);
  stmt = sync_store_prepare (self, SYNC_STATEMENT_LIST_ATTEMPTS, error);
  if (stmt == NULL || !sync_store_bind (self, stmt, error, "i", request_id))
    return NULL;
  for (;;)
    {
      if (!sync_store_step (self, stmt, &has_row, error))
        return NULL;
      if (!has_row)
        return g_steal_pointer (&attempts);
      g_ptr_array_add (attempts, sync_store_read_attempt (stmt));
    }
}

/* (transfer full) (nullable): the first column of each row of a statement without arguments; NULL with
 * %SYNC_ERROR_STORAGE */
char **
sync_store_dup_texts (SyncStore *self, SyncStatementId id, GError **error)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autoptr (SyncStatement) stmt = sync_store_prepare (self, id, error);
  gboolean has_row;

  if (stmt == NULL)
    return NULL;
  for (;;)
    {
      if (!sync_store_step (self, stmt, &has_row, error))
        return NULL;
      if (!has_row)
        return g_strv_builder_end (builder);
      g_strv_builder_add (builder, (const char *) sqlite3_column_text (stmt, 0));
    }
}

/**
 * sync_store_dup_made_types:
 * @self: a store or a reader
 *
 * Looks at every row; for what happens rarely.
 *
 * Returns: (transfer full) (nullable): the DocTypes of which requests make documents; NULL with %SYNC_ERROR_STORAGE
 *   (transient)
 */
char **
sync_store_dup_made_types (SyncStore *self, GError **error)
{
  sync_store_assert_usable (self);
  return sync_store_dup_texts (self, SYNC_STATEMENT_LIST_MADE_TYPES, error);
}

/**
 * sync_store_is_made_by_other:
 * @self: a store
 * @request: a row that makes a document
 * @name: a document of the server, of the same DocType
 *
 * Cheap at any size.
 *
 * Returns: whether another delivered row made it, that is not forgotten; FALSE also if that cannot be read
 */
gboolean
sync_store_is_made_by_other (SyncStore *self, const SyncRequest *request, const char *name)
{
  g_autoptr (SyncStatement) stmt = NULL;
  gboolean has_row;

  sync_store_assert_usable (self);
  stmt = sync_store_prepare (self, SYNC_STATEMENT_MADE_BY_OTHER, NULL);
  return stmt != NULL
         && sync_store_bind (self, stmt, NULL, "sssi", request->site, request->resource_type, name, request->id)
         && sync_store_step (self, stmt, &has_row, NULL) && has_row;
}

/**
 * sync_store_find_other_maker:
 * @self: a store or a reader
 * @request: a row that makes a document
 * @name: a document of the server, of the same DocType
 * @maker: (out): whether another row made it, as far as that is known
 *
 * Looks at every row; for what happens rarely.
 *
 * Returns: whether the database could be read; else %SYNC_ERROR_STORAGE (transient)
 */
gboolean
sync_store_find_other_maker (SyncStore *self, const SyncRequest *request, const char *name, SyncMaker *maker,
                             GError **error)
{
  g_autoptr (SyncStatement) stmt = NULL;
  gboolean has_row;

  sync_store_assert_usable (self);
  stmt = sync_store_prepare (self, SYNC_STATEMENT_FIND_OTHER_MAKER, error);
  if (stmt == NULL
      || !sync_store_bind (self, stmt, error, "sssis", request->site, request->resource_type, request->action,
                           request->id, name)
      || !sync_store_step (self, stmt, &has_row, error))
    return FALSE;
  *maker = !has_row ? SYNC_MAKER_NONE : sqlite3_column_int (stmt, 0) == 1 ? SYNC_MAKER_OTHER : SYNC_MAKER_UNCLEAR;
  return TRUE;
}

/**
 * sync_store_get_counts:
 * @self: a store or a reader
 * @counts: (out caller-allocates): how many rows there are of each state
 *
 * Cheap at any size: the states are counted by triggers, and read only when something was written since.
 *
 * Returns: whether they could be read; else %SYNC_ERROR_STORAGE
 */
gboolean
sync_store_get_counts (SyncStore *self, SyncCounts *counts, GError **error)
{
  g_autoptr (SyncStatement) stmt = NULL;
  SyncCounts found = { 0 };
  gboolean has_row;

  sync_store_assert_usable (self);
  /* Only this connection writes; what it took back is counted as a change as well. A reader has to look. */
  if (self->counts_known && self->counts_at == sqlite3_total_changes64 (self->db))
    {
      *counts = self->counts;
      return TRUE;
    }
  stmt = sync_store_prepare (self, SYNC_STATEMENT_COUNTS, error);
  if (stmt == NULL)
    return FALSE;
  for (;;)
    {
      SyncState state;

      if (!sync_store_step (self, stmt, &has_row, error))
        return FALSE;
      if (!has_row)
        break;
      if (!sync_state_from_string ((const char *) sqlite3_column_text (stmt, 0), &state))
        continue;
      found.n[state] = sqlite3_column_int (stmt, 1);
      found.total += found.n[state];
      found.needs_person = sqlite3_column_int (stmt, 2);
      found.pending_conflicts = sqlite3_column_int (stmt, 3);
      found.oldest_waiting_ms = sqlite3_column_int64 (stmt, 4);
    }
  self->counts = *counts = found;
  self->counts_known = !self->read_only;
  self->counts_at = sqlite3_total_changes64 (self->db);
  return TRUE;
}

/**
 * sync_sites_clear:
 * @self: what sync_store_count_undelivered() found
 *
 * Frees what is in it.
 */
void
sync_sites_clear (SyncSites *self)
{
  g_clear_pointer (&self->other, g_free);
}

/**
 * sync_store_count_undelivered:
 * @self: a store or a reader
 * @site: base URL
 * @sites: (out caller-allocates): to which sites the rows belong that are neither completed nor discarded
 *
 * Returns: whether all of them could be read; else %SYNC_ERROR_STORAGE or %SYNC_ERROR_CORRUPT
 */
gboolean
sync_store_count_undelivered (SyncStore *self, const char *site, SyncSites *sites, GError **error)
{
  g_autoptr (SyncStatement) stmt = NULL;

  sync_store_assert_usable (self);
  *sites = (SyncSites){ 0 };
  stmt = sync_store_prepare (self, SYNC_STATEMENT_COUNT_SITES, error);
  if (stmt == NULL || !sync_store_bind (self, stmt, error, "s", site) || !sync_store_step (self, stmt, NULL, error))
    return FALSE;
  sites->n_own = sqlite3_column_int64 (stmt, 1);
  sites->n_other = sqlite3_column_int64 (stmt, 0) - sites->n_own;
  sites->other = sync_store_dup_column (stmt, 2);
  return TRUE;
}
