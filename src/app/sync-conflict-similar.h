/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-conflict-case.h"

G_BEGIN_DECLS

GHashTable *sync_conflict_similar_new_memory (void);
GPtrArray *sync_conflict_similar_find (const SyncConflictCase *shown, GArray *open, SyncStore *reader,
                                       SyncMergePolicies *policies, GHashTable *memory);

G_END_DECLS
