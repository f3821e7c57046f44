/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "sync-verb.h"

G_BEGIN_DECLS

/* The largest answer: a message on a bus has at most 128 MB. */
#define SYNC_BUS_MAX_ANSWER_BYTES (120 * 1024 * 1024)

gboolean sync_bus_arguments_read (SyncCall *call, const SyncVerb *verb, const GDBusMethodInfo *info,
                                  GVariant *parameters, GError **error);
GVariant *sync_bus_arguments_new_answer (const GDBusMethodInfo *info, const char *json, GError **error);

G_END_DECLS
