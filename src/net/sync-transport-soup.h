/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-clock.h"
#include "sync-transport.h"

G_BEGIN_DECLS

#define SYNC_TYPE_TRANSPORT_SOUP (sync_transport_soup_get_type ())
G_DECLARE_FINAL_TYPE (SyncTransportSoup, sync_transport_soup, SYNC, TRANSPORT_SOUP, GObject)

SyncTransport *sync_transport_soup_new (SyncClock *clock);

G_END_DECLS
