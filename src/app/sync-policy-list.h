/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-merge.h"

#include <gio/gio.h>

G_BEGIN_DECLS

#define SYNC_POLICY_ALL_OTHERS "*"
#define SYNC_POLICY_N_STYLES (SYNC_MERGE_STYLE_ASK + 1)

char **sync_policy_list_dup_types (const char *policies);
char *sync_policy_list_set (const char *policies, const char *type, SyncMergeStyle style);
char *sync_policy_list_remove (const char *policies, const char *type);
const char *sync_policy_list_words (SyncMergeStyle style);
char *sync_policy_list_check_type (const char *text, GError **error);

G_END_DECLS
