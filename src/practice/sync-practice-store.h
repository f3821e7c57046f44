/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-practice-shop.h"

#include <sqlite3.h>

G_BEGIN_DECLS

typedef struct _SyncPracticeStore SyncPracticeStore;

typedef void (*SyncPracticeRowFunc) (sqlite3_stmt *row, gpointer user_data);

SyncPracticeStore *sync_practice_store_new (const char *path, GError **error);
void sync_practice_store_free (SyncPracticeStore *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncPracticeStore, sync_practice_store_free)

void sync_practice_store_begin (SyncPracticeStore *self);
gboolean sync_practice_store_commit (SyncPracticeStore *self);
void sync_practice_store_rollback (SyncPracticeStore *self);

JsonObject *sync_practice_store_dup_doc (SyncPracticeStore *self, const char *doctype, const char *name);
char *sync_practice_store_dup_name (SyncPracticeStore *self, const char *doctype, const char *name);
gboolean sync_practice_store_insert_doc (SyncPracticeStore *self, const char *doctype, JsonObject *doc);
void sync_practice_store_update_doc (SyncPracticeStore *self, const char *doctype, JsonObject *doc);
void sync_practice_store_delete_doc (SyncPracticeStore *self, const char *doctype, const char *name);

char *sync_practice_store_find_unique (SyncPracticeStore *self, const char *doctype, const char *fieldname,
                                       const char *value);
void sync_practice_store_set_unique (SyncPracticeStore *self, const char *doctype, const char *name,
                                     const char *fieldname, const char *value);
gint64 sync_practice_store_next_in_series (SyncPracticeStore *self, const char *prefix);
double sync_practice_store_add_stock (SyncPracticeStore *self, const char *item, const char *warehouse,
                                      double qty);
void sync_practice_store_add_commit (SyncPracticeStore *self, const SyncPracticeCommit *commit);
gint64 sync_practice_store_get_last_stamp (SyncPracticeStore *self);
gint64 sync_practice_store_get_int (SyncPracticeStore *self, const char *sql, ...) G_GNUC_NULL_TERMINATED;
void sync_practice_store_query (SyncPracticeStore *self, const char *sql, GPtrArray *values,
                                SyncPracticeRowFunc func, gpointer user_data);

char *sync_practice_fold (const char *text);
char *sync_practice_json_text (JsonObject *object);

G_END_DECLS
