/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

char *sync_message_unpack (JsonNode *answer);
char *sync_message_strip_html (const char *text);
char *sync_message_dup_line (const char *text, gssize length);

G_END_DECLS
