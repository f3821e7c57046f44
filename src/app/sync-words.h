/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-engine.h"
#include "sync-summary.h"

G_BEGIN_DECLS

guint sync_words_count_undelivered (const SyncCounts *counts);
guint sync_words_count_waiting (const SyncCounts *counts);
char *sync_words_waiting (guint n, gboolean only_sales);
char *sync_words_status (const SyncSnapshot *snapshot, gboolean only_sales);
char *sync_words_needs (const SyncSnapshot *snapshot);
char *sync_words_refused (const SyncSnapshot *snapshot);
char *sync_words_conflicts (const SyncSnapshot *snapshot);
char *sync_words_unsure (const SyncSnapshot *snapshot);
const char *sync_words_not_tried (const SyncSnapshot *snapshot);
char *sync_words_close (const SyncSnapshot *snapshot);
char *sync_words_detail (const SyncSnapshot *snapshot);
const char *sync_words_condition (const SyncSnapshot *snapshot);
char *sync_words_last_sync (const SyncSnapshot *snapshot);
char *sync_words_clock (const SyncSnapshot *snapshot);
char *sync_words_clock_offset (gint64 ahead_ms);
char *sync_words_progress (const SyncSnapshot *snapshot, double per_second);
char *sync_words_time (gint64 wall_ms);
char *sync_words_duration (gint64 ms);
const char *sync_words_state (SyncState state);
char *sync_words_waits_for (const SyncRequest *request);
const char *sync_words_type (const SyncRequest *request);
char *sync_words_document (const SyncRequest *request);
char *sync_words_amount (const SyncSummary *summary);

G_END_DECLS
