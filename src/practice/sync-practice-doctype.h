/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef enum
{
  SYNC_PRACTICE_DATA, /* also Link and Select: at most 140 characters */
  SYNC_PRACTICE_TEXT,
  SYNC_PRACTICE_LINK,
  SYNC_PRACTICE_SELECT,
  SYNC_PRACTICE_DATE,
  SYNC_PRACTICE_TIME,
  SYNC_PRACTICE_DATETIME,
  SYNC_PRACTICE_INT,
  SYNC_PRACTICE_CHECK,
  SYNC_PRACTICE_FLOAT,
} SyncPracticeType;

typedef struct
{
  char *name;              /* (owned) */
  char *label;             /* (owned) */
  SyncPracticeType type;
  char *options;           /* (owned) (nullable): the DocType of a link, the choices of a select */
  JsonNode *fallback;      /* (owned) (nullable): the default value */
  gboolean reqd;
  gboolean unique;
  gboolean allow_on_submit;
  guint length;
} SyncPracticeField;

typedef struct
{
  char *fieldname;         /* (owned) */
  char *doctype;           /* (owned): "" where rows have no description and are kept as they come */
} SyncPracticeTable;

typedef struct
{
  char *name;              /* (owned) */
  char *naming;            /* (owned) */
  guint digits;            /* of a number in the series */
  gboolean submittable;
  gboolean istable;
  GPtrArray *fields;       /* (owned) (element-type SyncPracticeField) */
  GHashTable *by_name;     /* (owned) (element-type utf8 SyncPracticeField): the same */
  GPtrArray *uniques;      /* (owned) (element-type SyncPracticeField): those that are unique */
  GPtrArray *tables;       /* (owned) (element-type SyncPracticeTable) */
  JsonObject *permissions; /* (owned): role -> letters of "rwcdsx" */
} SyncPracticeDocType;

GHashTable *sync_practice_doctypes_load (GError **error);
SyncPracticeField *sync_practice_doctype_get_field (SyncPracticeDocType *self, const char *fieldname);
SyncPracticeTable *sync_practice_doctype_get_table (SyncPracticeDocType *self, const char *fieldname);
void sync_practice_doctype_add_field (SyncPracticeDocType *self, JsonObject *description);
void sync_practice_doctype_add_custom_field (SyncPracticeDocType *self, JsonObject *doc);
gboolean sync_practice_doctype_remove_field (SyncPracticeDocType *self, const char *fieldname);
gboolean sync_practice_doctype_has_link_to (SyncPracticeDocType *self, const char *doctype);

G_END_DECLS
