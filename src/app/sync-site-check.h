/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-clock.h"
#include "sync-transport.h"

G_BEGIN_DECLS

/* What stands at the server's address. */
typedef enum
{
  SYNC_SITE_READY,   /* ERPNext, and it knows the key */
  SYNC_SITE_SIGN_IN, /* ERPNext, and it does not */
  SYNC_SITE_OTHER,   /* something else */
  SYNC_SITE_AWAY,    /* nothing that answers now */
} SyncSite;

void sync_site_check_async (SyncTransport *transport, const char *base_url, const char *token, const char *secret,
                            SyncClock *clock, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
gboolean sync_site_check_finish (SyncTransport *transport, GAsyncResult *result, SyncSite *site, char **words, GError **error);

G_END_DECLS
