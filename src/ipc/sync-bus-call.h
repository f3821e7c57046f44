/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "sync-verb.h"

G_BEGIN_DECLS

void sync_bus_call_answer (SyncEngine *engine, const SyncVerb *verb, GDBusMethodInvocation *invocation);

G_END_DECLS
