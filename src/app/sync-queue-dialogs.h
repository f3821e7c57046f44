/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-request-act.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * SyncQueueDialogFunc:
 * @owner: for whom it was asked
 * @act: what a person agreed to
 * @ids: (element-type gint64): to which requests
 * @detail: what it needs; valid during the call
 *
 * Called once, and only if the person agreed and @owner is still there.
 */
typedef void (*SyncQueueDialogFunc) (gpointer owner, SyncRequestAct act, GArray *ids,
                                     const SyncRequestActDetail *detail);

void sync_queue_dialogs_ask_give_up (GtkWindow *parent, SyncStore *reader, GArray *ids, SyncQueueDialogFunc func,
                                     gpointer owner);
void sync_queue_dialogs_ask_arrived (GtkWindow *parent, SyncStore *reader, gint64 id, SyncQueueDialogFunc func,
                                     gpointer owner);
void sync_queue_dialogs_ask_send_again (GtkWindow *parent, SyncStore *reader, gint64 id, SyncQueueDialogFunc func,
                                        gpointer owner);
void sync_queue_dialogs_tell_failed (GtkWindow *parent, SyncStore *reader, GArray *ids, GPtrArray *reasons);
char *sync_queue_dialogs_dup_subject (SyncStore *reader, gint64 id);

G_END_DECLS
