/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-clock-virtual.h"
#include "wire.h"

G_BEGIN_DECLS

#define INVOICES "/api/resource/Sales%20Invoice"
#define SALE(key) \
  "{\"customer\":\"Walk In\",\"company\":\"Test Co\",\"is_pos\":1,\"pos_profile\":\"Main POS\"," \
  "\"update_stock\":1," \
  "\"posa_client_request_id\":\"" key "\",\"items\":[{\"item_code\":\"ITEM-001\",\"qty\":1,\"rate\":10}]," \
  "\"payments\":[{\"mode_of_payment\":\"Cash\",\"amount\":10}]}"

typedef struct
{
  SyncClockVirtual *clock; /* (owned) */
  SyncRandom *random;      /* (owned) */
  SyncPracticeShop *shop;  /* (owned) */
} ShopFixture;

void shop_fixture_open (ShopFixture *fixture, const char *database);
void shop_fixture_set_up (ShopFixture *fixture, gconstpointer data);
void shop_fixture_tear_down (ShopFixture *fixture, gconstpointer data);
void shop_fixture_settle (void);
WireMessage *shop_fixture_call (ShopFixture *fixture, const char *verb, const char *path, const char *body);
JsonObject *shop_fixture_want (ShopFixture *fixture, const char *verb, const char *path, const char *body,
                               guint status);
void shop_fixture_want_refused (ShopFixture *fixture, const char *verb, const char *path, const char *body,
                                const char *exc_type);
char *shop_fixture_path_of (JsonObject *doc);

G_END_DECLS
