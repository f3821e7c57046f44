/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-store.h"

G_BEGIN_DECLS

/* What kind of thing happened to a request. */
typedef enum
{
  SYNC_ACTIVITY_NONE,      /* nothing that another line does not tell: what came of a send stands with the send */
  SYNC_ACTIVITY_TAKEN,     /* it was accepted */
  SYNC_ACTIVITY_TRIED,     /* it was sent; with what came of that */
  SYNC_ACTIVITY_DELIVERED, /* it is on the server */
  SYNC_ACTIVITY_FAILED,    /* the server refused it, or it can never go */
  SYNC_ACTIVITY_CONFLICT,  /* a conflict was opened, left to somebody, decided or undone */
  SYNC_ACTIVITY_CHANGED,   /* it was given up, taken back, or waits again */
} SyncActivityKind;

/* Which of them are wanted; all zeros: all that happened. */
typedef struct
{
  SyncActivityKind kind; /* SYNC_ACTIVITY_NONE: of any kind */
  gboolean by_person;    /* only what a person decided */
  gint64 since_ms;       /* not before that, wall clock; 0: from the beginning */
} SyncActivityFilter;

/* What is left to look at; sync_store_begin_activity() begins it. Newest first, so it shrinks from above. */
typedef struct
{
  gint64 audit_before;    /* ids of the audit below this one */
  gint64 history_before;  /* ids of the history of conflicts below this one */
  gint64 audit_after;     /* and above this one */
  gint64 history_after;
} SyncActivityCursor;

/* Where a line is found again. */
typedef struct
{
  gint64 id;         /* of the audit, or below zero of the history of conflicts; never changes */
  gint64 request_id;
} SyncActivityPlace;

/* One thing that happened to one request. */
typedef struct
{
  gint64 id;              /* as in #SyncActivityPlace */
  gint64 request_id;
  gint64 at_ms;           /* wall clock */
  SyncActivityKind kind;
  gboolean has_from;      /* it was in a state before; a line of the history of conflicts has neither */
  SyncState from;
  SyncState to;
  char *event;            /* (owned) (nullable): of the history of conflicts: "asked", "skipped" or "undone" */
  char *actor;            /* (owned) (nullable) */
  gboolean by_person;     /* @actor is neither the engine nor a policy nor a hook */
  char *reason;           /* (owned) (nullable) */
  SyncRequest *request;   /* (owned) (nullable): as it is now, without bodies; NULL if it is forgotten */
  SyncAttempt *attempt;   /* (owned) (nullable): the send or the look that belongs to it */
  char *conflict_type;    /* (owned) (nullable): as in #SyncConflict */
  char *resolution;       /* (owned) (nullable): the same */
} SyncActivity;

void sync_activity_free (SyncActivity *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncActivity, sync_activity_free)

/* A change of one request's state, for those who count. */
typedef struct
{
  gint64 id;         /* of the audit */
  gint64 at_ms;      /* wall clock */
  gboolean has_from; /* FALSE: it was accepted */
  SyncState from;
  SyncState to;
  gboolean charged;  /* the server answered with an error that may pass, so it waits to be sent again */
  gint64 latency_ms; /* of a delivery: since it was accepted; -1: none, or the request is forgotten */
} SyncStep;

/* What was counted in one hour. */
typedef struct
{
  gint64 hour_ms;        /* its beginning, wall clock */
  guint delivered;
  guint failed;
  guint conflicts;
  guint retries;
  gint64 latency_sum_ms; /* of the deliveries, since they were accepted */
  gint64 latency_max_ms;
} SyncHour;

SyncActivityKind sync_activity_classify (gboolean has_from, SyncState from, SyncState to);
gboolean sync_store_begin_activity (SyncStore *self, SyncActivityCursor *cursor, GError **error);
gboolean sync_store_scan_activity (SyncStore *self, const SyncActivityFilter *filter, SyncActivityCursor *cursor,
                                   guint limit, GArray *places, gboolean *at_end, GError **error);
SyncActivity *sync_store_get_activity (SyncStore *self, gint64 id, GError **error);
GArray *sync_store_list_steps (SyncStore *self, gint64 after, gint64 before, guint limit, GError **error);
GArray *sync_store_list_hours (SyncStore *self, gint64 from_ms, gint64 until_ms, GError **error);

G_END_DECLS
