/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The row that the benchmarks of the queue store. */
#include "config.h"

#include "bench-sale.h"

#include "sync-body.h"

#include <string.h>

/* A sale as POS Awesome sends it: about 700 bytes. */
const char bench_sale[]
  = "{\"customer\":\"Walk In\",\"company\":\"Test Co\",\"pos_profile\":\"Main POS\",\"is_pos\":1,\"update_stock\":1,"
    "\"currency\":\"USD\",\"selling_price_list\":\"Standard Selling\",\"posa_pos_opening_shift\":\"POSA-OS-26-0000001\","
    "\"items\":[{\"item_code\":\"ITEM-001\",\"qty\":1,\"rate\":10,\"uom\":\"Nos\",\"conversion_factor\":1,\"warehouse\":"
    "\"Stores - TC\"},{\"item_code\":\"ITEM-002\",\"qty\":3,\"rate\":4.5,\"uom\":\"Nos\",\"conversion_factor\":1,"
    "\"warehouse\":\"Stores - TC\"}],\"payments\":[{\"mode_of_payment\":\"Cash\",\"amount\":23.5,\"type\":\"Cash\","
    "\"account\":\"Cash - TC\"}],\"remarks\":\"0123456789012345678901234567890123456789012345678901234567890123456789\"}";

SyncRequest *
bench_sale_new (SyncRandom *random, SyncClock *clock)
{
  SyncRequest *request = sync_request_new ();

  request->site = g_strdup ("http://127.0.0.1:8000");
  request->key = sync_key_new (random, sync_clock_wall_ms (clock));
  request->fingerprint = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *) request->key, strlen (request->key));
  request->family = g_strdup ("resource");
  request->method = g_strdup ("POST");
  request->url = g_strdup ("/api/resource/Sales%20Invoice");
  request->content_type = g_strdup ("application/json");
  request->accepted_body = g_bytes_new_static (bench_sale, sizeof bench_sale - 1);
  request->resource_type = g_strdup ("Sales Invoice");
  request->lane = g_strdup ("");
  request->action = g_strdup ("create");
  request->priority = 0;
  return request;
}
