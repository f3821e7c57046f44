/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define SYNC_JSON_MAX_DEPTH 100

typedef enum
{
  SYNC_JSON_NULL,
  SYNC_JSON_FALSE,
  SYNC_JSON_TRUE,
  SYNC_JSON_NUMBER,
  SYNC_JSON_STRING,
  SYNC_JSON_ARRAY,
  SYNC_JSON_OBJECT,
} SyncJsonKind;

/* One value inside a checked JSON text, without white space around it. */
typedef struct
{
  const char *text; /* (unowned): inside the checked text */
  gsize length;
} SyncJsonView;

/* A walk over the members of an object or the items of an array. */
typedef struct
{
  const char *at; /* (unowned) */
  gboolean object;
} SyncJsonIter;

gboolean sync_json_check (const char *text, gsize length, SyncJsonView *root, GError **error);
SyncJsonKind sync_json_view_kind (const SyncJsonView *view);
void sync_json_iter_init (SyncJsonIter *iter, const SyncJsonView *container);
gboolean sync_json_iter_next (SyncJsonIter *iter, SyncJsonView *key, SyncJsonView *value);
void sync_json_view_members (const SyncJsonView *object, const char *const *names, guint n, SyncJsonView *values);
gboolean sync_json_view_member (const SyncJsonView *object, const char *name, SyncJsonView *value);
char *sync_json_view_dup_text (const SyncJsonView *view);
char *sync_json_view_dup_raw (const SyncJsonView *view);
gunichar sync_json_next_char (const char **at);
void sync_json_append_escaped (GString *out, gunichar c);
void sync_json_append_quoted (GString *out, const char *text);
void sync_json_append_canonical (GString *out, const SyncJsonView *view);
char *sync_json_canonical_number (const char *text, gsize length);
char *sync_json_dup_pretty (const char *text, gsize length, gboolean *masked);

G_END_DECLS
