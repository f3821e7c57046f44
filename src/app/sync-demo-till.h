/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>
#include <libsoup/soup.h>

G_BEGIN_DECLS

#define SYNC_DEMO_N_SALES 10
#define SYNC_DEMO_OUTBOX_PATH \
  "/api/method/posawesome.posawesome.api.offline_sync.invoices.submit_invoice_outbox_entry"

const char *sync_demo_till_get_customer (guint index);
guint sync_demo_till_get_amount (guint index);
JsonObject *sync_demo_till_make_customer (guint index);
JsonObject *sync_demo_till_make_submission (guint index, const char *key);
void sync_demo_till_post_async (SoupSession *session, const char *base_url, const char *path,
                                const char *authorization, JsonObject *body, GCancellable *cancellable,
                                GAsyncReadyCallback callback, gpointer user_data);
JsonObject *sync_demo_till_post_finish (SoupSession *session, GAsyncResult *result, guint expected, GError **error);

G_END_DECLS
