/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-demo-till.h"
#include "sync-service.h"
#include "sync-status.h"

G_BEGIN_DECLS

/* The longest the story may take, beside the time for reading: longer than any single wait of the engine. */
#define SYNC_DEMO_WATCHDOG_MS (180 * 1000)

/* One sale of the story, and what the shop's books say of it in the end. */
typedef struct
{
  const char *customer;
  guint amount;
  char *key;          /* (owned): the till's idempotency key */
  gint64 request_id;  /* in the queue, 0 until it was accepted */
  char *invoice;      /* (owned) (nullable): its name on the server */
  guint times_posted; /* invoices with this key on the server: 1 is right */
} SyncDemoSale;

/**
 * SyncDemo:
 *
 * The story that `--demo` tells, without any way of showing it: a practice shop, a till that sells ten times while the
 * line is cut, one answer lost on the way back, and the shop's books at the end. Everything happens in a directory of
 * its own that is removed with the object. Main thread only; whoever shows the story runs the service and shuts it down
 * before the last reference goes.
 *
 * Signals: `caption (string)`: the next sentence of the story; `sold (uint index)`: that sale is safe on disk;
 * `finished (boolean succeeded)`: the books are closed.
 */
#define SYNC_TYPE_DEMO (sync_demo_get_type ())
G_DECLARE_FINAL_TYPE (SyncDemo, sync_demo, SYNC, DEMO, GObject)

SyncDemo *sync_demo_new (SyncClock *clock, SyncRandom *random);
gboolean sync_demo_open (SyncDemo *self, GError **error);
void sync_demo_start (SyncDemo *self, SyncServiceThread *service, SyncStatus *status);
void sync_demo_stop (SyncDemo *self);
const SyncConfig *sync_demo_get_config (SyncDemo *self);
SyncClock *sync_demo_get_clock (SyncDemo *self);
SyncRandom *sync_demo_get_random (SyncDemo *self);
const SyncDemoSale *sync_demo_get_sale (SyncDemo *self, guint index);
gboolean sync_demo_get_succeeded (SyncDemo *self);
char *sync_demo_dup_verdict (SyncDemo *self);

G_END_DECLS
