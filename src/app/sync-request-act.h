/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-engine.h"
#include "sync-summary.h"

G_BEGIN_DECLS

/* What a person can have done to a request; also a set of them. */
/* Who decides in the window, for the audit. */
#define SYNC_REQUEST_ACTOR "window"

typedef enum
{
  SYNC_REQUEST_ACT_NONE = 0,
  SYNC_REQUEST_ACT_RETRY = 1 << 0,
  SYNC_REQUEST_ACT_EDIT = 1 << 1,
  SYNC_REQUEST_ACT_ARRIVED = 1 << 2,
  SYNC_REQUEST_ACT_SEND_AGAIN = 1 << 3,
  SYNC_REQUEST_ACT_DECIDE = 1 << 4, /* its conflict, which is a window's matter */
  SYNC_REQUEST_ACT_GIVE_UP = 1 << 5,
  SYNC_REQUEST_ACT_RESTORE = 1 << 6,
} SyncRequestAct;

/* What an act needs beside the request. Texts are borrowed. */
typedef struct
{
  const char *reason; /* (nullable): of GIVE_UP */
  gboolean with_dependants; /* of GIVE_UP: the person saw who waits for it; of RESTORE: they come back, too */
  const char *name; /* (nullable): of ARRIVED: what the server calls the document */
  GBytes *body; /* (nullable): of EDIT */
} SyncRequestActDetail;

SyncRequestAct sync_request_act_get_possible (const SyncRequest *request);
gboolean sync_request_act_leaves_draft (const SyncRequest *request);
gboolean sync_request_act_carry_out (SyncRequestAct act, SyncEngine *engine, gint64 id,
                                     const SyncRequestActDetail *detail, GError **error);
char *sync_request_act_dup_done (SyncRequestAct act, guint n);
char *sync_request_act_dup_subject (const SyncRequest *request, const SyncSummary *summary);
char *sync_request_act_dup_advice (const SyncRequest *request);

G_END_DECLS
