/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-json.h"
#include "sync-merge.h"

G_BEGIN_DECLS

/* The members of an object: their names in order, and JSON texts by name. Of a name that is there twice the last. */
typedef struct
{
  GPtrArray *names; /* (owned) (element-type utf8) */
  GHashTable *values; /* (owned) (element-type utf8 utf8) */
} SyncMergeObject;

/* What stays the same during one merge. */
typedef struct
{
  const SyncMergeInput *input; /* (unowned) */
  SyncMergeStyle style; /* last-write-wins without a base is resolved */
} SyncMergeContext;

SyncMergeObject *sync_merge_object_new (const char *json);
void sync_merge_object_free (SyncMergeObject *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncMergeObject, sync_merge_object_free)
const char *sync_merge_object_get (const SyncMergeObject *self, const char *name);
GPtrArray *sync_merge_union_names (const SyncMergeObject *first, const SyncMergeObject *second,
                                   const SyncMergeObject *third);
gboolean sync_merge_is_mark (const char *name);

gboolean sync_merge_values_equal (const char *a, const char *b, const char *third, guint precision);
char *sync_merge_delta (const char *base, const char *local, const char *server, guint precision);
char *sync_merge_union (const char *base, const char *local, const char *server);
char *sync_merge_lines (const char *base, const char *local, const char *server);

SyncMergeItem *sync_merge_item_new (SyncMergeKind kind, SyncMergeItem *parent, const char *name, const char *base,
                                    const char *local, const char *server);
void sync_merge_item_free (gpointer item);
void sync_merge_item_set (SyncMergeItem *item, SyncMergeDecision decision, const char *automatic);
void sync_merge_item_ask (SyncMergeItem *item, SyncMergeReason reason);
gboolean sync_merge_goes_by_field (const SyncMergeContext *context);
SyncMergePolicy sync_merge_find_policy (const SyncMergeContext *context, const char *field, guint *precision);
void sync_merge_decide_field (const SyncMergeContext *context, SyncMergeItem *item, gboolean has_base);
void sync_merge_summarise (SyncMergeItem *item, gboolean reordered);
char *sync_merge_render_object (const SyncMergeObject *server, GPtrArray *items);

gboolean sync_merge_is_list_of_rows (const char *json);
gboolean sync_merge_is_table (const char *base, const char *local, const char *server);
void sync_merge_decide_table (const SyncMergeContext *context, SyncMergeItem *table, gboolean has_base);
char *sync_merge_render_table (const SyncMergeItem *table);
char *sync_merge_fit_row (const char *row, const char *server, const char *base, gboolean whole);
char *sync_merge_fit_table (const char *rows, const char *server, const char *base, gboolean whole);
GPtrArray *sync_merge_list (const char *json);

G_END_DECLS
