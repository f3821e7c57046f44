/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the store's tests share: a store in a directory of its own on a clock that stands still. */
#pragma once

#include <sqlite3.h>

#include "sync-clock-virtual.h"
#include "sync-error.h"
#include "sync-store.h"
#include "sync-test-directory.h"

G_BEGIN_DECLS

#define SITE "https://erp.example.com"

typedef struct
{
  char *directory;         /* (owned) */
  SyncClockVirtual *clock; /* (owned) */
  SyncStoreOptions options;
  gint64 free_bytes;       /* what the disk is said to have */
  SyncStore *store;        /* (owned) (nullable) */
} StoreFixture;

void store_fixture_set_up (StoreFixture *fixture, gconstpointer data);
void store_fixture_tear_down (StoreFixture *fixture, gconstpointer data);
void store_fixture_reopen (StoreFixture *fixture);
void store_fixture_crash (StoreFixture *fixture);
void store_fixture_sql (StoreFixture *fixture, const char *sql);
gint64 store_fixture_number (StoreFixture *fixture, const char *sql);
int store_fixture_try_sql (StoreFixture *fixture, const char *sql);
SyncRequest *store_fixture_create (const char *key);
SyncRequest *store_fixture_update (const char *key, const char *name, const char *base_modified);
SyncAcceptance *store_fixture_accept_full (StoreFixture *fixture, SyncRequest *request);
gint64 store_fixture_accept (StoreFixture *fixture, SyncRequest *request);
guint store_fixture_claim (StoreFixture *fixture, gint64 id);
void store_fixture_change (StoreFixture *fixture, SyncChange change);
void store_fixture_try_change (StoreFixture *fixture, SyncChange change, int code);
void store_fixture_deliver (StoreFixture *fixture, gint64 id, const char *name, const char *modified);
void store_fixture_discard (StoreFixture *fixture, gint64 id, const char *resolution);
void store_fixture_bring_to (StoreFixture *fixture, gint64 id, SyncState state);
SyncRequest *store_fixture_get (StoreFixture *fixture, gint64 id);
SyncState store_fixture_state (StoreFixture *fixture, gint64 id);
char *store_fixture_dup_due (StoreFixture *fixture);

#define store_fixture_add_test(path, func) \
  g_test_add (path, StoreFixture, NULL, store_fixture_set_up, func, store_fixture_tear_down)

G_END_DECLS
