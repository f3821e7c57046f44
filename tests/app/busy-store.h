/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of the pages share: a store in which things happened, on a clock that goes when it is told to, and a
 * reader of it as the window has one. */
#pragma once

#include "sync-clock-virtual.h"
#include "sync-store.h"

G_BEGIN_DECLS

typedef struct
{
  char *directory;         /* (owned) */
  SyncClockVirtual *clock; /* (owned) */
  SyncStore *store;        /* (owned): what the engine writes */
  SyncStore *reader;       /* (owned): what the window reads */
  guint n_taken;
} BusyStore;

void busy_store_set_up (BusyStore *self, gconstpointer data);
void busy_store_tear_down (BusyStore *self, gconstpointer data);
void busy_store_pass (BusyStore *self, gint64 ms);
void busy_store_go_to (BusyStore *self, gint64 ms);
gint64 busy_store_take (BusyStore *self, const char *type, const char *customer);
void busy_store_take_many (BusyStore *self, guint n);
void busy_store_send (BusyStore *self, gint64 id);
void busy_store_answer (BusyStore *self, gint64 id, SyncState to, const char *verdict, guint http_status,
                        const char *words);
void busy_store_deliver (BusyStore *self, gint64 id, gint64 after_ms, const char *name);
gint64 busy_store_conflict (BusyStore *self, gint64 id);
void busy_store_decide (BusyStore *self, gint64 id, SyncState from, SyncState to, const char *resolution,
                        const char *actor, const char *reason);
void busy_store_fill_week (BusyStore *self);

G_END_DECLS
