/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-store-activity.h"

G_BEGIN_DECLS

const char *sync_activity_words_what (const SyncActivity *line);
char *sync_activity_words_document (const SyncActivity *line);
char *sync_activity_words_outcome (const SyncActivity *line);

G_END_DECLS
