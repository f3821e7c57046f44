/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-request-act.h"
#include "sync-service.h"

#include <adwaita.h>

G_BEGIN_DECLS

/**
 * SyncQueueActions:
 *
 * What a person does about requests: asks what has to be asked, has the engine do it, and says what came of it.
 */
#define SYNC_TYPE_QUEUE_ACTIONS (sync_queue_actions_get_type ())
G_DECLARE_FINAL_TYPE (SyncQueueActions, sync_queue_actions, SYNC, QUEUE_ACTIONS, GObject)

SyncQueueActions *sync_queue_actions_new (AdwToastOverlay *toasts, SyncServiceThread *service, SyncStore *reader);
void sync_queue_actions_perform (SyncQueueActions *self, SyncRequestAct act, GArray *ids);
void sync_queue_actions_restore (SyncQueueActions *self, GVariant *ids);

G_END_DECLS
