/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-engine.h"

G_BEGIN_DECLS

char *sync_view_request (const SyncRequest *request);
char *sync_view_request_with_ids (const SyncRequest *request, const char *name, GArray *ids);
char *sync_view_request_in_full (const SyncRequest *request, GPtrArray *attempts, GArray *dependants);
void sync_view_append_ids (GString *text, GArray *ids);
char *sync_view_requests (GPtrArray *requests, gint64 next);
char *sync_view_status (const SyncSnapshot *snapshot, const SyncConfig *config);
char *sync_view_conflict (const SyncConflict *conflict, GPtrArray *history);
char *sync_view_conflicts (GPtrArray *conflicts);
char *sync_view_keys (GPtrArray *keys);
char *sync_view_metrics (const SyncSnapshot *snapshot, guint connections, guint listeners);

G_END_DECLS
