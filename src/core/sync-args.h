/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-json.h"

G_BEGIN_DECLS

typedef enum
{
  SYNC_BODY_EMPTY,
  SYNC_BODY_JSON,  /* a JSON object */
  SYNC_BODY_FORM,  /* application/x-www-form-urlencoded */
  SYNC_BODY_OTHER, /* anything else; `problem` says what, if it should have been JSON */
} SyncBodyKind;

/* One field of a form or of a query. */
typedef struct
{
  char *name;        /* (owned): decoded */
  char *value;       /* (owned): decoded */
  const char *start; /* (unowned): where it stands in the encoded text */
  gsize length;
} SyncField;

/* The arguments of a request, from its query and its body. */
typedef struct
{
  SyncBodyKind kind;
  GBytes *body;      /* (owned) (nullable) */
  SyncJsonView root; /* of SYNC_BODY_JSON */
  GArray *form;      /* (owned) (element-type SyncField): of SYNC_BODY_FORM */
  char *query_text;  /* (owned) (nullable) */
  GArray *query;     /* (owned) (element-type SyncField) */
  GPtrArray *held;   /* (owned) (element-type utf8): decoded texts that views look into */
  GError *problem;   /* (owned) (nullable) */
} SyncArgs;

/* What one edit does with the value at its path. */
typedef enum
{
  SYNC_EDIT_SET,     /* put it there; every level above must exist */
  SYNC_EDIT_REPLACE, /* put it there if something is there */
  SYNC_EDIT_REMOVE,
} SyncEditKind;

typedef struct
{
  SyncEditKind kind;
  char *path;       /* (owned): "/" between levels */
  char *text;       /* (owned) (nullable): the new value, as plain text */
  gboolean literal; /* @text is a JSON value of its own (a number), not a text */
} SyncEdit;

SyncArgs *sync_args_new (const char *query, const char *content_type, GBytes *body);
void sync_args_free (SyncArgs *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncArgs, sync_args_free)

char *sync_args_dup (SyncArgs *self, const char *path);
gboolean sync_args_find_object (SyncArgs *self, const char *path, SyncJsonView *object);
gboolean sync_args_parse_nested (SyncArgs *self, const char *text, SyncJsonView *container);
char sync_args_decode_byte (const char **at, const char *end);
GBytes *sync_args_edit (const char *content_type, GBytes *body, const SyncEdit *edit);

G_END_DECLS
