/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-conflict-case.h"

G_BEGIN_DECLS

char *sync_conflict_preview_dup (const SyncConflictCase *conflict);
char **sync_conflict_preview_dup_written (const SyncConflictCase *conflict);

G_END_DECLS
