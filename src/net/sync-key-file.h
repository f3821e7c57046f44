/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

char *sync_key_file_dup_path (void);
gboolean sync_key_file_read (const char *path, const char *site, char **token, char **secret, GError **error);
gboolean sync_key_file_write (const char *path, const char *site, const char *token, const char *secret, GError **error);
gboolean sync_key_file_remove (const char *path, const char *site, GError **error);

G_END_DECLS
