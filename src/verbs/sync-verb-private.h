/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-call.h"

G_BEGIN_DECLS

/* sync-verb-requests.c */
void sync_verb_submit (SyncCall *call);
void sync_verb_list_requests (SyncCall *call);
void sync_verb_get_request (SyncCall *call);
void sync_verb_edit_request (SyncCall *call);
void sync_verb_retry_request (SyncCall *call);
void sync_verb_discard_request (SyncCall *call);
void sync_verb_confirm_request (SyncCall *call);
void sync_verb_restore_request (SyncCall *call);

/* sync-verb-conflicts.c */
void sync_verb_list_conflicts (SyncCall *call);
void sync_verb_get_conflict (SyncCall *call);
void sync_verb_resolve_conflict (SyncCall *call);
void sync_verb_undo_conflict (SyncCall *call);

/* sync-verb-keys.c */
void sync_verb_list_keys (SyncCall *call);
void sync_verb_make_keys (SyncCall *call);

/* sync-verb-control.c */
void sync_verb_get_status (SyncCall *call);
void sync_verb_sync (SyncCall *call);
void sync_verb_check (SyncCall *call);
void sync_verb_pause (SyncCall *call);
void sync_verb_resume (SyncCall *call);
void sync_verb_offline (SyncCall *call);
void sync_verb_clear_old (SyncCall *call);
void sync_verb_backup (SyncCall *call);
void sync_verb_get_credentials (SyncCall *call);
void sync_verb_set_credentials (SyncCall *call);
void sync_verb_clear_credentials (SyncCall *call);

G_END_DECLS
