/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-conflict-case.h"

G_BEGIN_DECLS

GHashTable *sync_conflict_similar_new_memory (void);
GArray *sync_conflict_similar_find (const SyncConflictCase *shown, GArray *open, SyncStore *reader,
                                    SyncMergePolicies *policies, GHashTable *memory);
const char *sync_conflict_similar_get_document (GHashTable *memory, gint64 id);

G_END_DECLS
