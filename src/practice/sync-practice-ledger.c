/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The shop's own view of what it holds and of every write that it committed: what tests hold against what was
 * promised. One thread. */
#include "config.h"

#include "sync-practice-private.h"

#include <string.h>

typedef struct
{
  SyncPracticeCommitFunc func;
  gpointer user_data;
} EachCommit;

/**
 * sync_practice_shop_dup_doc:
 * @self: a shop
 * @doctype: a DocType
 * @name: a name in any case
 *
 * Returns: (transfer full) (nullable): the document as it is stored
 */
JsonObject *
sync_practice_shop_dup_doc (SyncPracticeShop *self, const char *doctype, const char *name)
{
  return sync_practice_store_dup_doc (self->store, doctype, name);
}

/**
 * sync_practice_shop_count:
 * @self: a shop
 * @doctype: a DocType
 * @fieldname: (nullable): only documents whose field has this text
 * @value: (nullable): the text, compared without case
 *
 * Returns: how many documents the shop holds
 */
guint64
sync_practice_shop_count (SyncPracticeShop *self, const char *doctype, const char *fieldname,
                          const char *value)
{
  g_autofree char *path = fieldname != NULL ? g_strconcat ("$.", fieldname, NULL) : NULL;
  g_autofree char *folded = value != NULL ? sync_practice_fold (value) : NULL;

  if (fieldname == NULL)
    return sync_practice_store_get_int (self->store, "SELECT count (*) FROM documents WHERE doctype = ?",
                                        doctype, NULL);
  return sync_practice_store_get_int (self->store, "SELECT count (*) FROM documents WHERE doctype = ?1 AND"
                                      " fold (CAST (coalesce (json_extract (body, ?2), '') AS TEXT)) = ?3",
                                      doctype, path,
                                      folded != NULL ? folded : "", NULL);
}

/**
 * sync_practice_shop_count_commits:
 * @self: a shop
 * @doctype: (nullable): only writes to this type
 * @name: (nullable): only to this document
 * @kind: (nullable): only of this kind, see #SyncPracticeCommit
 * @key: (nullable): only with this idempotency key
 *
 * Returns: how many writes were committed
 */
guint64
sync_practice_shop_count_commits (SyncPracticeShop *self, const char *doctype, const char *name,
                                  const char *kind,
                                  const char *key)
{
  return sync_practice_store_get_int (self->store,
                                      "SELECT count (*) FROM commits WHERE (?1 = '' OR doctype = ?1) AND"
                                      " (?2 = '' OR name = ?2) AND (?3 = '' OR kind = ?3) AND (?4 = '' OR"
                                      " client_key = ?4)",
                                      doctype != NULL ? doctype : "", name != NULL ? name : "", kind != NULL
                                      ? kind : "",
                                      key != NULL ? key : "", NULL);
}

static void
each_commit (sqlite3_stmt *row, gpointer user_data)
{
  EachCommit *each = user_data;
  SyncPracticeCommit commit = {
    .seq = sqlite3_column_int64 (row, 0),
    .doctype = (const char *) sqlite3_column_text (row, 1),
    .name = (const char *) sqlite3_column_text (row, 2),
    .key = (const char *) sqlite3_column_text (row, 3),
    .kind = (const char *) sqlite3_column_text (row, 4),
    .body = (const char *) sqlite3_column_text (row, 5),
    .modified = (const char *) sqlite3_column_text (row, 6),
    .user = (const char *) sqlite3_column_text (row, 7),
    .at_us = sqlite3_column_int64 (row, 8),
  };

  each->func (&commit, each->user_data);
}

/**
 * sync_practice_shop_foreach_commit:
 * @self: a shop
 * @doctype: (nullable): only writes to this type
 * @name: (nullable): only to this document
 * @func: called for every committed write, in commit order
 * @user_data: for @func
 */
void
sync_practice_shop_foreach_commit (SyncPracticeShop *self, const char *doctype, const char *name,
                                   SyncPracticeCommitFunc func, gpointer user_data)
{
  EachCommit each = { func, user_data };
  g_autoptr (GPtrArray) values = g_ptr_array_new ();

  g_ptr_array_add (values, (gpointer) doctype);
  g_ptr_array_add (values, (gpointer) name);
  sync_practice_store_query (self->store,
                             "SELECT seq, doctype, name, client_key, kind, body, modified, user, at_us FROM"
                             " commits WHERE (?1 IS NULL OR doctype = ?1) AND (?2 IS NULL OR name = ?2)"
                             " ORDER BY seq",
                             values, each_commit, &each);
}

static void
list_commit (const SyncPracticeCommit *commit, gpointer user_data)
{
  JsonObject *object = json_object_new ();

  json_object_set_int_member (object, "seq", commit->seq);
  json_object_set_string_member (object, "doctype", commit->doctype);
  json_object_set_string_member (object, "name", commit->name);
  json_object_set_string_member (object, "key", commit->key);
  json_object_set_string_member (object, "kind", commit->kind);
  json_object_set_string_member (object, "body", commit->body);
  json_object_set_string_member (object, "modified", commit->modified);
  json_object_set_string_member (object, "user", commit->user);
  json_object_set_int_member (object, "at_us", commit->at_us);
  json_array_add_object_element (user_data, object);
}

static void
list_document (sqlite3_stmt *row, gpointer user_data)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "doctype", (const char *) sqlite3_column_text (row, 0));
  json_object_set_string_member (object, "name", (const char *) sqlite3_column_text (row, 1));
  json_object_set_int_member (object, "docstatus", sqlite3_column_int64 (row, 2));
  json_object_set_string_member (object, "modified", (const char *) sqlite3_column_text (row, 3));
  json_array_add_object_element (user_data, object);
}

/**
 * sync_practice_shop_dup_ledger:
 * @self: a shop
 * @doctype: (nullable): only this type
 *
 * Returns: (transfer full): `documents` (doctype, name, docstatus, modified) and `commits` (the fields of
 *   #SyncPracticeCommit), each in order
 */
JsonObject *
sync_practice_shop_dup_ledger (SyncPracticeShop *self, const char *doctype)
{
  JsonObject *ledger = json_object_new ();
  JsonArray *documents = json_array_new ();
  JsonArray *commits = json_array_new ();
  g_autoptr (GPtrArray) values = g_ptr_array_new ();

  g_ptr_array_add (values, (gpointer) doctype);
  sync_practice_store_query (self->store,
                             "SELECT doctype, name, docstatus, json_extract (body, '$.modified') FROM"
                             " documents WHERE ?1 IS NULL OR doctype = ?1 ORDER BY doctype, key", values,
                             list_document,
                             documents);
  sync_practice_shop_foreach_commit (self, doctype, NULL, list_commit, commits);
  json_object_set_array_member (ledger, "documents", documents);
  json_object_set_array_member (ledger, "commits", commits);
  return ledger;
}
