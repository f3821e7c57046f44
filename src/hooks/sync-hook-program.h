/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-hook.h"

G_BEGIN_DECLS

char *sync_hook_program_dup_directory (void);
char *sync_hook_program_find (const char *directory, const char *resource_type, GError **error);
void sync_hook_program_run (SyncHookCall *call, const char *path);

G_END_DECLS
