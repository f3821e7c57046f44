/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-engine.h"

G_BEGIN_DECLS

typedef enum
{
  SYNC_NOTICE_CONFLICT, /* a document was also changed on the server */
  SYNC_NOTICE_REFUSED,  /* the server refused something, or only a person knows whether it arrived */
  SYNC_NOTICE_SIGN_IN,  /* the server does not know the till */
  SYNC_NOTICE_LATE,     /* something waits for a long time */
  SYNC_NOTICE_IN_ORDER, /* it does no more */
  SYNC_N_NOTICES,
} SyncNotice;

/**
 * SyncNotices:
 *
 * What a person is told who does not look at the window: what needs a person, what waits for long, and that all is in order
 * again. Nothing that passes by itself within moments, and nothing twice within a minute. Knows no toolkit.
 *
 * Signals: `show (int notice, string title, string body)`, also in the place of an earlier one of that kind;
 * `withdraw (int notice)`. Any one thread.
 */
#define SYNC_TYPE_NOTICES (sync_notices_get_type ())
G_DECLARE_FINAL_TYPE (SyncNotices, sync_notices, SYNC, NOTICES, GObject)

SyncNotices *sync_notices_new (SyncClock *clock);
void sync_notices_update (SyncNotices *self, const SyncSnapshot *snapshot);
void sync_notices_set_muted (SyncNotices *self, SyncNotice notice, gboolean muted);
const char *sync_notice_to_string (SyncNotice notice);

G_END_DECLS
