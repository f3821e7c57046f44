/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

guint sync_bus_absent_export (GDBusConnection *connection, const GError *reason, GError **error);

G_END_DECLS
