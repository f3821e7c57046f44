/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-chart.h"
#include "sync-insights.h"

G_BEGIN_DECLS

void sync_insights_words_show_deliveries (SyncChart *chart, SyncInsightsSpan span, const SyncInsightsView *view);
void sync_insights_words_show_waiting (SyncChart *chart, SyncInsightsSpan span, const SyncInsightsView *view);
void sync_insights_words_show_latencies (SyncChart *chart, SyncInsightsSpan span, const SyncInsightsView *view);
void sync_insights_words_show_day (SyncChart *chart, SyncStore *reader, gint64 now_ms);

G_END_DECLS
