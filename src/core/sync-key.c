/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Idempotency keys. Lower case, because ERPNext compares them without it. No state; any thread. */
#include "config.h"

#include "sync-body.h"

/**
 * sync_key_new:
 * @random: where 74 of its bits come from
 * @wall_ms: milliseconds since 1970 UTC
 *
 * Makes a UUID of version 7 (RFC 9562, 5.7): 48 bits of time, then chance.
 *
 * Returns: (transfer full): 36 characters in lower case
 */
char *
sync_key_new (SyncRandom *random, gint64 wall_ms)
{
  guint8 b[16];

  sync_random_fill (random, b, sizeof b);
  for (guint i = 0; i < 6; i++)
    b[i] = (guint8) (wall_ms >> (40 - 8 * i));
  b[6] = (b[6] & 0x0f) | 0x70;
  b[8] = (b[8] & 0x3f) | 0x80;
  return g_strdup_printf ("%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0],
                          b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13],
                          b[14], b[15]);
}
