/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-engine.h"
#include "sync-merge.h"

G_BEGIN_DECLS

/* What a person takes for the document as a whole. */
typedef enum
{
  SYNC_CONFLICT_WHOLE_NONE, /* nothing yet, or field by field */
  SYNC_CONFLICT_WHOLE_LOCAL,
  SYNC_CONFLICT_WHOLE_SERVER,
} SyncConflictWhole;

/* A conflict with what a person has chosen so far. Read only but by the functions below. */
typedef struct
{
  SyncConflict *conflict;   /* (owned) */
  SyncRequest *request;     /* (owned) (nullable): %NULL if it cannot be read */
  SyncMerge *merge;         /* (owned) (nullable): %NULL if only one of the two as a whole can be taken */
  SyncConflictWhole whole;
  char *why_not_local;      /* (owned) (nullable): why this till's version cannot be taken; %NULL: it can */
  char *why_not_merged;     /* (owned) (nullable): why the fields cannot be told apart; %NULL: they can */
  char *currency;           /* (owned) (nullable): of the document */
  char *zone;               /* (owned) (nullable): the site's time zone */
  char *user;               /* (owned) (nullable): whom the server takes this till for; %NULL: not known */
} SyncConflictCase;

SyncMergePolicies *sync_conflict_case_read_policies (void);
SyncConflictCase *sync_conflict_case_new (SyncStore *reader, gint64 id, SyncMergePolicies *policies, GError **error);
SyncConflictCase *sync_conflict_case_new_uncompared (SyncStore *reader, gint64 id, GError **error);
void sync_conflict_case_free (SyncConflictCase *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncConflictCase, sync_conflict_case_free)

void sync_conflict_case_set_user (SyncConflictCase *self, const char *user);
char *sync_conflict_case_dup_text (const char *text, const char *name);
gboolean sync_conflict_case_is_made_anew (const SyncConflictCase *self);
gboolean sync_conflict_case_is_plain_update (const SyncConflictCase *self);
gboolean sync_conflict_case_is_asked (const SyncMergeItem *item);
gboolean sync_conflict_case_is_open (const SyncMergeItem *item);
gboolean sync_conflict_case_is_news (const SyncMergeItem *item);
void sync_conflict_case_take_whole (SyncConflictCase *self, SyncConflictWhole whole);
gboolean sync_conflict_case_choose (SyncConflictCase *self, SyncMergeItem *item, SyncMergeTake take, const char *value);
guint sync_conflict_case_count_open (const SyncConflictCase *self);
gboolean sync_conflict_case_writes_nothing (const SyncConflictCase *self);
SyncResolution sync_conflict_case_get_resolution (const SyncConflictCase *self);
GBytes *sync_conflict_case_dup_document (const SyncConflictCase *self);
gboolean sync_conflict_case_deletes (const SyncConflictCase *self);
char *sync_conflict_case_dup_likeness (const SyncConflictCase *self);
gboolean sync_conflict_case_can_lead (const SyncConflictCase *self);
gboolean sync_conflict_case_follow (SyncConflictCase *self, const SyncConflictCase *leader);

G_END_DECLS
