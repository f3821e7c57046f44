/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-notices.h"

G_BEGIN_DECLS

void sync_notifications_show (SyncNotices *notices, GApplication *application);
void sync_notifications_follow (SyncNotices *notices, GSettings *settings);
char *sync_notifications_dup_key (SyncNotice notice);
void sync_notifications_tell_background (GApplication *application);
void sync_notifications_tell (GApplication *application, const char *words);
void sync_notifications_tell_problem (GApplication *application, const char *words);
void sync_notifications_withdraw_told (GApplication *application);

G_END_DECLS
