/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a document is called before the server has named it: this, then the key of the request that makes it. */
#define SYNC_PLACEHOLDER_PREFIX "LOCAL-"

/**
 * SyncPlaceholderFunc:
 * @placeholder: what stands there, decoded
 * @user_data: the caller's
 *
 * Returns: (transfer none) (nullable): what is to stand there instead, %NULL to leave it
 */
typedef const char *(*SyncPlaceholderFunc) (const char *placeholder, gpointer user_data);

char *sync_placeholder_dup (const char *key);
gboolean sync_placeholder_is_certain (const char *text);
GPtrArray *sync_placeholder_list (const char *url, const char *content_type, GBytes *body);
gboolean sync_placeholder_rewrite (const char *url, const char *content_type, GBytes *body,
                                   SyncPlaceholderFunc func, gpointer user_data, char **new_url,
                                   GBytes **new_body);

G_END_DECLS
