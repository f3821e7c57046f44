/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-conflict-case.h"

G_BEGIN_DECLS

/* The two sides of a conflict, and what comes of them. */
typedef enum
{
  SYNC_CONFLICT_SIDE_LOCAL,
  SYNC_CONFLICT_SIDE_SERVER,
  SYNC_CONFLICT_SIDE_RESULT,
} SyncConflictSide;

char *sync_conflict_words_document (const SyncConflictCase *conflict);
char *sync_conflict_words_what (const SyncConflictCase *conflict);
char *sync_conflict_words_note (const SyncConflictCase *conflict);
char *sync_conflict_words_local (const SyncConflictCase *conflict);
char *sync_conflict_words_server (const SyncConflictCase *conflict);
char *sync_conflict_words_user (const SyncConflictCase *conflict, SyncConflictSide side);
char *sync_conflict_words_outcome (const SyncConflictCase *conflict);
char *sync_conflict_words_whole (const SyncConflictCase *conflict, SyncConflictSide side);
char *sync_conflict_words_field (const char *name);
char *sync_conflict_words_item (const SyncMergeItem *item);
const char *sync_conflict_words_state (const SyncMergeItem *item);

G_END_DECLS
