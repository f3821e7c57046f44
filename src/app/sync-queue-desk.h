/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-request-act.h"
#include "sync-service.h"

G_BEGIN_DECLS

/* What became of an act on several requests. */
typedef struct
{
  SyncRequestAct act;
  GArray *done; /* (owned) (element-type gint64): to which it was done */
  GArray *failed; /* (owned) (element-type gint64): to which not */
  GPtrArray *reasons; /* (owned) (element-type utf8): why not, one for each of these */
} SyncQueueOutcome;

/**
 * SyncQueueDeskFunc:
 * @owner: for whom it was done
 * @outcome: what became of it
 *
 * Called in the main thread, unless @owner is gone.
 */
typedef void (*SyncQueueDeskFunc) (gpointer owner, const SyncQueueOutcome *outcome);

void sync_queue_desk_carry_out (SyncServiceThread *service, SyncRequestAct act, GArray *ids,
                                const SyncRequestActDetail *detail, SyncQueueDeskFunc func, gpointer owner);

G_END_DECLS
