/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-store.h"

G_BEGIN_DECLS

/* One request that another one waits for, or that waits for it. */
typedef struct
{
  SyncRequest *request; /* (owned): without bodies */
  guint depth; /* 0: directly; 1: by way of the one above it, and so on */
} SyncRequestTreeNode;

void sync_request_tree_node_free (SyncRequestTreeNode *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncRequestTreeNode, sync_request_tree_node_free)

GPtrArray *sync_request_tree_list_above (SyncStore *reader, const SyncRequest *request);
GPtrArray *sync_request_tree_list_below (SyncStore *reader, const SyncRequest *request);

G_END_DECLS
