/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>

const char *sync_json_member_text (JsonObject *object, const char *name, const char *fallback);
const char *sync_json_member_version (JsonObject *document);
gint64 sync_json_member_int (JsonObject *object, const char *name, gint64 fallback);
gboolean sync_json_member_boolean (JsonObject *object, const char *name, gboolean fallback);
