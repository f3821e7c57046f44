/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-store.h"

G_BEGIN_DECLS

char *sync_request_attempt_dup_title (const SyncAttempt *attempt);
char *sync_request_attempt_dup_words (const SyncAttempt *attempt);
char *sync_request_attempts_dup_evidence (SyncStore *reader, gint64 request_id);

G_END_DECLS
