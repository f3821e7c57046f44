/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* Rows of text in columns. */
typedef struct _SyncCtlTable SyncCtlTable;

SyncCtlTable *sync_ctl_table_new (const char *const *headings);
void sync_ctl_table_add (SyncCtlTable *self, const char *const *cells);
void sync_ctl_table_print (SyncCtlTable *self);
void sync_ctl_table_free (SyncCtlTable *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncCtlTable, sync_ctl_table_free)

char *sync_ctl_dup_time (gint64 ms);
char *sync_ctl_dup_line (const char *text);
gboolean sync_ctl_is_untried (JsonObject *status);
const char *sync_ctl_condition_words (JsonObject *status);
const char *sync_ctl_status_words (const char *status);
void sync_ctl_print_answer (const char *text);

const char *sync_ctl_get_string (JsonObject *object, const char *name);
gint64 sync_ctl_get_int (JsonObject *object, const char *name);
gboolean sync_ctl_get_bool (JsonObject *object, const char *name);
JsonObject *sync_ctl_get_object (JsonObject *object, const char *name);
char *sync_ctl_dup_texts (JsonObject *object, const char *name, const char *separator);
char *sync_ctl_dup_ids (JsonObject *object, const char *name, const char *separator);

G_END_DECLS
