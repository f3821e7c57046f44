/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The shop's SQLite file: documents as JSON text, the values of their unique fields, number series, stock,
 * and one row for every committed write (the ledger that tests read). Invariant: one request is one
 * transaction, committed before its answer; so what was acknowledged survives the death of the process
 * (WAL, synchronous=NORMAL: not the loss of power, which a stand-in need not survive). A statement that
 * cannot fail in a sound file aborts when it does. One thread. */
#include "config.h"

#include "sync-practice-store.h"

#include "sync-error.h"

#include <string.h>

struct _SyncPracticeStore
{
  sqlite3 *database;       /* (owned) */
  GHashTable *statements;  /* (owned) (element-type utf8 sqlite3_stmt): prepared, by their static SQL text */
};

static const char schema[] =
  "CREATE TABLE IF NOT EXISTS documents (doctype TEXT NOT NULL, key TEXT NOT NULL, name TEXT NOT NULL,"
  " docstatus INTEGER NOT NULL, stamp TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (doctype, key)) WITHOUT"
  " ROWID;"
  "CREATE INDEX IF NOT EXISTS documents_stamp ON documents (doctype, stamp);"
  "CREATE TABLE IF NOT EXISTS uniques (doctype TEXT NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL,"
  " key TEXT NOT NULL, PRIMARY KEY (doctype, field, value)) WITHOUT ROWID;"
  "CREATE INDEX IF NOT EXISTS uniques_key ON uniques (doctype, key);"
  "CREATE TABLE IF NOT EXISTS series (prefix TEXT PRIMARY KEY, current INTEGER NOT NULL) WITHOUT ROWID;"
  "CREATE TABLE IF NOT EXISTS stock (item TEXT NOT NULL, warehouse TEXT NOT NULL, qty REAL NOT NULL,"
  " PRIMARY KEY (item, warehouse)) WITHOUT ROWID;"
  "CREATE TABLE IF NOT EXISTS commits (seq INTEGER PRIMARY KEY, doctype TEXT NOT NULL, name TEXT NOT NULL,"
  " client_key TEXT, kind TEXT NOT NULL, body TEXT NOT NULL, modified TEXT NOT NULL, user TEXT NOT NULL,"
  " at_us INTEGER NOT NULL);"
  "CREATE INDEX IF NOT EXISTS commits_document ON commits (doctype, name, seq);";

/**
 * sync_practice_fold:
 * @text: a value
 *
 * The collation of the real site's database, as far as it was measured: case and trailing blanks do not
 * count.
 *
 * Returns: (transfer full): the folded value
 */
char *
sync_practice_fold (const char *text)
{
  gsize n = strlen (text);
  g_autofree char *trimmed = NULL;

  while (n > 0 && text[n - 1] == ' ')
    n--;
  for (gsize i = 0; i < n; i++)
    if ((guchar) text[i] >= 0x80)
      return g_utf8_casefold (text, n);
  trimmed = g_ascii_strdown (text, n);
  return g_steal_pointer (&trimmed);
}

/**
 * sync_practice_json_text:
 * @object: an object
 *
 * Returns: (transfer full): it as JSON text without white space
 */
char *
sync_practice_json_text (JsonObject *object)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);

  json_node_set_object (node, object);
  return json_to_string (node, FALSE);
}

static void
fold_function (sqlite3_context *context, int n_values, sqlite3_value **values)
{
  const char *text = (const char *) sqlite3_value_text (values[0]);

  if (text == NULL)
    sqlite3_result_null (context);
  else if (sqlite3_value_type (values[0]) != SQLITE_TEXT)
    sqlite3_result_value (context, values[0]);
  else
    sqlite3_result_text (context, sync_practice_fold (text), -1, g_free);
}

static void
statement_free (gpointer data)
{
  sqlite3_finalize (data);
}

static void
check (SyncPracticeStore *self, int code, const char *sql)
{
  if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW)
    g_error ("the practice shop's database failed at \"%s\": %s", sql, sqlite3_errmsg (self->database));
}

static sqlite3_stmt *
statement (SyncPracticeStore *self, const char *sql)
{
  sqlite3_stmt *found = g_hash_table_lookup (self->statements, sql);

  if (found == NULL)
    {
      check (self, sqlite3_prepare_v3 (self->database, sql, -1, SQLITE_PREPARE_PERSISTENT, &found, NULL),
             sql);
      g_hash_table_insert (self->statements, (gpointer) sql, found);
    }
  return found;
}

static void
bind_text (sqlite3_stmt *stmt, int index, const char *text)
{
  sqlite3_bind_text (stmt, index, text, -1, SQLITE_TRANSIENT);
}

static int
step_and_reset (SyncPracticeStore *self, sqlite3_stmt *stmt)
{
  int code = sqlite3_step (stmt);

  if (code != SQLITE_CONSTRAINT)
    check (self, code, sqlite3_sql (stmt));
  sqlite3_reset (stmt);
  return code;
}

static void
run (SyncPracticeStore *self, const char *sql)
{
  step_and_reset (self, statement (self, sql));
}

/**
 * sync_practice_store_new:
 * @path: (nullable): the file; %NULL: in memory
 * @error: set to %SYNC_ERROR_STORAGE (transient) when it cannot be opened
 *
 * Returns: (transfer full) (nullable): the store
 */
SyncPracticeStore *
sync_practice_store_new (const char *path, GError **error)
{
  SyncPracticeStore *self = g_new0 (SyncPracticeStore, 1);
  int code = sqlite3_open_v2 (path != NULL ? path : ":memory:", &self->database,
                              SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);

  self->statements = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, statement_free);
  if (code == SQLITE_OK)
    {
      sqlite3_busy_timeout (self->database, 5000);
      code = sqlite3_exec (self->database, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;", NULL, NULL,
                           NULL);
    }
  if (code == SQLITE_OK)
    code = sqlite3_exec (self->database, schema, NULL, NULL, NULL);
  if (code == SQLITE_OK)
    code = sqlite3_create_function (self->database, "fold", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL,
                                    fold_function, NULL, NULL);
  if (code != SQLITE_OK)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_STORAGE,
                   "The practice shop cannot open %s: %s; choose another file",
                   path, sqlite3_errmsg (self->database));
      sync_practice_store_free (self);
      return NULL;
    }
  return self;
}

void
sync_practice_store_free (SyncPracticeStore *self)
{
  g_hash_table_unref (self->statements);
  sqlite3_close (self->database);
  g_free (self);
}

void
sync_practice_store_begin (SyncPracticeStore *self)
{
  run (self, "BEGIN");
}

gboolean
sync_practice_store_commit (SyncPracticeStore *self)
{
  sqlite3_stmt *stmt = statement (self, "COMMIT");
  int code = sqlite3_step (stmt);

  sqlite3_reset (stmt);
  if (code == SQLITE_DONE)
    return TRUE;
  g_warning ("the practice shop could not commit: %s", sqlite3_errmsg (self->database));
  sync_practice_store_rollback (self);
  return FALSE;
}

void
sync_practice_store_rollback (SyncPracticeStore *self)
{
  if (!sqlite3_get_autocommit (self->database))
    run (self, "ROLLBACK");
}

static sqlite3_stmt *
bind_document (SyncPracticeStore *self, const char *sql, const char *doctype, const char *name)
{
  sqlite3_stmt *stmt = statement (self, sql);

  bind_text (stmt, 1, doctype);
  sqlite3_bind_text (stmt, 2, sync_practice_fold (name), -1, g_free);
  return stmt;
}

/**
 * sync_practice_store_dup_doc:
 * @self: a store
 * @doctype: a type
 * @name: a name, in any case
 *
 * Returns: (transfer full) (nullable): the document as stored
 */
JsonObject *
sync_practice_store_dup_doc (SyncPracticeStore *self, const char *doctype, const char *name)
{
  sqlite3_stmt *stmt =
    bind_document (self, "SELECT body FROM documents WHERE doctype = ? AND key = ?", doctype, name);
  JsonObject *doc = NULL;

  if (sqlite3_step (stmt) == SQLITE_ROW)
    {
      g_autoptr (JsonNode) node = json_from_string ((const char *) sqlite3_column_text (stmt, 0), NULL);

      doc = json_node_dup_object (node);
    }
  sqlite3_reset (stmt);
  return doc;
}

/**
 * sync_practice_store_dup_name:
 * @self: a store
 * @doctype: a type
 * @name: a name, in any case
 *
 * Returns: (transfer full) (nullable): the name as it is written in the document, or %NULL when there is none
 */
char *
sync_practice_store_dup_name (SyncPracticeStore *self, const char *doctype, const char *name)
{
  sqlite3_stmt *stmt =
    bind_document (self, "SELECT name FROM documents WHERE doctype = ? AND key = ?", doctype, name);
  char *found = NULL;

  if (sqlite3_step (stmt) == SQLITE_ROW)
    found = g_strdup ((const char *) sqlite3_column_text (stmt, 0));
  sqlite3_reset (stmt);
  return found;
}

/* The stamp column sorts and compares like a time: always six decimals. */
static char *
padded_stamp (const char *modified)
{
  return strchr (modified, '.') != NULL ? g_strdup (modified) : g_strconcat (modified, ".000000", NULL);
}

static void
bind_body (sqlite3_stmt *stmt, int index, JsonObject *doc)
{
  sqlite3_bind_int64 (stmt, index, json_object_get_int_member (doc, "docstatus"));
  sqlite3_bind_text (stmt, index + 1, padded_stamp (json_object_get_string_member (doc, "modified")), -1,
                     g_free);
  sqlite3_bind_text (stmt, index + 2, sync_practice_json_text (doc), -1, g_free);
}

/**
 * sync_practice_store_insert_doc:
 * @self: a store
 * @doctype: a type
 * @doc: a document with name, docstatus and modified
 *
 * Returns: %FALSE when the name is taken
 */
gboolean
sync_practice_store_insert_doc (SyncPracticeStore *self, const char *doctype, JsonObject *doc)
{
  const char *name = json_object_get_string_member (doc, "name");
  sqlite3_stmt *stmt =
    bind_document (self, "INSERT INTO documents (doctype, key, name, docstatus, stamp, body)"
                                            " VALUES (?, ?, ?, ?, ?, ?)", doctype, name);

  bind_text (stmt, 3, name);
  bind_body (stmt, 4, doc);
  return step_and_reset (self, stmt) == SQLITE_DONE;
}

void
sync_practice_store_update_doc (SyncPracticeStore *self, const char *doctype, JsonObject *doc)
{
  const char *name = json_object_get_string_member (doc, "name");
  sqlite3_stmt *stmt = bind_document (self, "UPDATE documents SET docstatus = ?3, stamp = ?4, body = ?5"
                                            " WHERE doctype = ?1 AND key = ?2", doctype, name);

  bind_body (stmt, 3, doc);
  step_and_reset (self, stmt);
}

void
sync_practice_store_delete_doc (SyncPracticeStore *self, const char *doctype, const char *name)
{
  step_and_reset (self,
                  bind_document (self, "DELETE FROM documents WHERE doctype = ? AND key = ?", doctype, name));
  step_and_reset (self,
                  bind_document (self, "DELETE FROM uniques WHERE doctype = ? AND key = ?", doctype, name));
}

/**
 * sync_practice_store_find_unique:
 * @self: a store
 * @doctype: a type
 * @fieldname: one of its unique fields
 * @value: a value
 *
 * Returns: (transfer full) (nullable): the folded name of the document that holds the value
 */
char *
sync_practice_store_find_unique (SyncPracticeStore *self, const char *doctype, const char *fieldname,
                                 const char *value)
{
  sqlite3_stmt *stmt =
    statement (self, "SELECT key FROM uniques WHERE doctype = ? AND field = ? AND value = ?");
  char *key = NULL;

  bind_text (stmt, 1, doctype);
  bind_text (stmt, 2, fieldname);
  sqlite3_bind_text (stmt, 3, sync_practice_fold (value), -1, g_free);
  if (sqlite3_step (stmt) == SQLITE_ROW)
    key = g_strdup ((const char *) sqlite3_column_text (stmt, 0));
  sqlite3_reset (stmt);
  return key;
}

/* Replaces what the document held in this field; a NULL value frees it. The caller checked that the value
 * is free. */
void
sync_practice_store_set_unique (SyncPracticeStore *self, const char *doctype, const char *name,
                                const char *fieldname, const char *value)
{
  sqlite3_stmt *stmt = bind_document (self, "DELETE FROM uniques WHERE doctype = ? AND key = ? AND field = ?",
                                      doctype, name);

  bind_text (stmt, 3, fieldname);
  step_and_reset (self, stmt);
  if (value == NULL)
    return;
  stmt = bind_document (self, "INSERT INTO uniques (doctype, key, field, value) VALUES (?, ?, ?, ?)", doctype,
                        name);
  bind_text (stmt, 3, fieldname);
  sqlite3_bind_text (stmt, 4, sync_practice_fold (value), -1, g_free);
  step_and_reset (self, stmt);
}

gint64
sync_practice_store_next_in_series (SyncPracticeStore *self, const char *prefix)
{
  sqlite3_stmt *stmt =
    statement (self, "INSERT INTO series (prefix, current) VALUES (?, 1) ON CONFLICT (prefix)"
                                        " DO UPDATE SET current = current + 1 RETURNING current");
  gint64 current;

  bind_text (stmt, 1, prefix);
  check (self, sqlite3_step (stmt), "series");
  current = sqlite3_column_int64 (stmt, 0);
  while (sqlite3_step (stmt) == SQLITE_ROW)
    ;
  sqlite3_reset (stmt);
  return current;
}

/* Returns: the quantity afterwards; adding 0 reads it. */
double
sync_practice_store_add_stock (SyncPracticeStore *self, const char *item, const char *warehouse, double qty)
{
  sqlite3_stmt *stmt =
    statement (self, "INSERT INTO stock (item, warehouse, qty) VALUES (?1, ?2, ?3) ON CONFLICT"
                                        " (item, warehouse) DO UPDATE SET qty = qty + ?3 RETURNING qty");
  double after;

  bind_text (stmt, 1, item);
  bind_text (stmt, 2, warehouse);
  sqlite3_bind_double (stmt, 3, qty);
  check (self, sqlite3_step (stmt), "stock");
  after = sqlite3_column_double (stmt, 0);
  while (sqlite3_step (stmt) == SQLITE_ROW)
    ;
  sqlite3_reset (stmt);
  return after;
}

void
sync_practice_store_add_commit (SyncPracticeStore *self, const SyncPracticeCommit *commit)
{
  sqlite3_stmt *stmt =
    statement (self, "INSERT INTO commits (doctype, name, client_key, kind, body, modified, user,"
                                        " at_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");

  bind_text (stmt, 1, commit->doctype);
  bind_text (stmt, 2, commit->name);
  bind_text (stmt, 3, commit->key);
  bind_text (stmt, 4, commit->kind);
  bind_text (stmt, 5, commit->body);
  bind_text (stmt, 6, commit->modified);
  bind_text (stmt, 7, commit->user);
  sqlite3_bind_int64 (stmt, 8, commit->at_us);
  step_and_reset (self, stmt);
}

/* Returns: the wall clock of the newest committed write, 0 in an empty shop. */
gint64
sync_practice_store_get_last_stamp (SyncPracticeStore *self)
{
  return sync_practice_store_get_int (self, "SELECT max(at_us) FROM commits", NULL);
}

/**
 * sync_practice_store_get_int:
 * @self: a store
 * @sql: (not nullable): a static query of one number
 * @...: text values for its parameters, then %NULL
 *
 * Returns: the number, 0 when there is none
 */
gint64
sync_practice_store_get_int (SyncPracticeStore *self, const char *sql, ...)
{
  sqlite3_stmt *stmt = statement (self, sql);
  gint64 value = 0;
  int index = 1;
  va_list values;

  va_start (values, sql);
  for (const char *text = va_arg (values, const char *); text != NULL; text = va_arg (values, const char *))
    bind_text (stmt, index++, text);
  va_end (values);
  if (sqlite3_step (stmt) == SQLITE_ROW)
    value = sqlite3_column_int64 (stmt, 0);
  sqlite3_reset (stmt);
  return value;
}

/**
 * sync_practice_store_query:
 * @self: a store
 * @sql: a query
 * @values: (nullable) (element-type utf8): text values for its parameters; an element may be %NULL
 * @func: called with every row
 * @user_data: for @func
 */
void
sync_practice_store_query (SyncPracticeStore *self, const char *sql, GPtrArray *values,
                           SyncPracticeRowFunc func,
                           gpointer user_data)
{
  sqlite3_stmt *stmt = NULL;

  check (self, sqlite3_prepare_v2 (self->database, sql, -1, &stmt, NULL), sql);
  for (guint i = 0; values != NULL && i < values->len; i++)
    bind_text (stmt, i + 1, g_ptr_array_index (values, i));
  while (sqlite3_step (stmt) == SQLITE_ROW)
    func (stmt, user_data);
  sqlite3_finalize (stmt);
}
