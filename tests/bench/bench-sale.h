/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-clock.h"
#include "sync-random.h"
#include "sync-request.h"

G_BEGIN_DECLS

extern const char bench_sale[];

SyncRequest *bench_sale_new (SyncRandom *random, SyncClock *clock);

G_END_DECLS
