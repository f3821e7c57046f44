/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-request.h"

G_BEGIN_DECLS

char *sync_request_payload_dup_shown (const SyncRequest *request);
char *sync_request_payload_dup_editable (const SyncRequest *request, gboolean *is_json);
gboolean sync_request_payload_has_secret (const SyncRequest *request);

G_END_DECLS
