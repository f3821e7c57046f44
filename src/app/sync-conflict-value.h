/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

gboolean sync_conflict_value_is_typable (const char *field, const char *json);
gboolean sync_conflict_value_is_long (const char *json);
char *sync_conflict_value_format (const char *field, const char *json);
char *sync_conflict_value_to_typed (const char *field, const char *json);
char *sync_conflict_value_parse (const char *field, const char *like, const char *typed);
char *sync_conflict_value_difference (const char *field, const char *local, const char *server, const char *currency);

G_END_DECLS
