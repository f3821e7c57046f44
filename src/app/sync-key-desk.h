/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-credentials.h"
#include "sync-engine.h"
#include "sync-service.h"

G_BEGIN_DECLS

/* What the engine told; borrowed for the call. @keys (element-type SyncKey): NULL with @error. */
typedef void (*SyncKeyDeskFunc) (GObject *owner, SyncCredentialsSource source, GPtrArray *keys, const GError *error);

void sync_key_desk_ask (SyncServiceThread *service, const char *const *types, SyncKeyDeskFunc func, GObject *owner);

G_END_DECLS
