/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-bus.h"
#include "sync-engine.h"

G_BEGIN_DECLS

typedef struct _SyncBusNews SyncBusNews;

SyncBusNews *sync_bus_news_new (SyncBus *bus, SyncEngine *engine, SyncClock *clock);
void sync_bus_news_refresh (SyncBusNews *self);
void sync_bus_news_free (SyncBusNews *self);

G_END_DECLS
