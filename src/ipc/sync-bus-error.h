/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

void sync_bus_error_register (void);
void sync_bus_error_return (GDBusMethodInvocation *invocation, const GError *error);

G_END_DECLS
