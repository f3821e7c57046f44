/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-json.h"

G_BEGIN_DECLS

/* What stands in place of a secret where a document is shown. */
#define SYNC_SECRET_DOTS "••••••••"

void sync_secret_free (char *secret);
gboolean sync_secret_is_name (const char *name);
char *sync_secret_dup_masked (const char *text, gsize length);
char *sync_secret_dup_masked_body (const char *content_type, GBytes *body);

G_END_DECLS
