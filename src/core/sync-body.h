/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-request.h"
#include "sync-random.h"
#include "sync-route.h"

G_BEGIN_DECLS

#define SYNC_BODY_MAX_BYTES (25 * 1024 * 1024) /* what ERPNext itself takes */

GBytes *sync_body_build_wire (const SyncRoute *route, const char *content_type, GBytes *body, const char *key,
                              const char *base_modified, guint step, GError **error);
const char *sync_body_wire_content_type (const SyncRoute *route, const char *content_type, guint step);
char *sync_body_dup_document (const SyncRoute *route, const char *content_type, GBytes *body);
char *sync_body_fingerprint (const SyncRoute *route, const char *method, const char *path_and_query,
                             const char *content_type, GBytes *body, GError **error);
gboolean sync_body_takes_posting_time (const char *resource_type, const char *action);
GBytes *sync_body_put_posting_time (const SyncRoute *route, const char *content_type, GBytes *body, const char *date,
                                    const char *time);
gboolean sync_body_is_split_payment (const char *content_type, GBytes *body);
GBytes *sync_body_build_resolved (const SyncRoute *route, const SyncRequest *request, GBytes *body, const char *server_data,
                                  const char *server_version, GError **error);
GBytes *sync_body_build_anew (const SyncRoute *route, const SyncRequest *request, GBytes *body, GError **error);
GBytes *sync_body_replace_key (const SyncRoute *route, const char *content_type, GBytes *body, const char *key,
                               const char *new_key);
GBytes *sync_body_complete_rows (const SyncRoute *route, const char *content_type, GBytes *body, const char *base);
gboolean sync_body_has_rows (const SyncRoute *route, const char *content_type, GBytes *body);
gboolean sync_body_agrees_with (const SyncRoute *route, const char *content_type, GBytes *body,
                                const char *document_json);
gboolean sync_body_is_own_field (const char *name);
gboolean sync_body_is_compared_whole (const SyncRoute *route, const char *content_type, GBytes *body);
char *sync_key_new (SyncRandom *random, gint64 wall_ms);
char *sync_key_dup_next (const char *site, const char *resource_type, const char *key);
gboolean sync_key_is_same (const char *a, const char *b);
gboolean sync_key_is_stored_as (const char *key, const char *there);

G_END_DECLS
