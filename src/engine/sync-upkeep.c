/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Delivered rows are forgotten after thirty days, or the file would grow for ever; what else is kept of them, and for how
 * long, sync_store_clear_old() says. Looked after once a day, some at the end of each sweep, so that nothing wakes for it; and only
 * while the server's clock and the till's agree about the day: a clock that runs years ahead would forget too early.
 * Engine's thread only. */
#include "config.h"

#include "sync-engine-private.h"

#define DAYS_KEPT 30
/* So many at once: whoever hands over a sale meanwhile waits for that. */
#define ROWS_AT_ONCE 500
#define DAY_MS ((gint64) 24 * 3600 * 1000)
#define METADATA_UPKEEP "last_upkeep"

static gint64
read_last_ms (SyncEngine *self)
{
  g_autofree char *kept = sync_store_dup_metadata (self->store, METADATA_UPKEEP);

  return kept != NULL ? g_ascii_strtoll (kept, NULL, 10) : 0;
}

/* A sweep has ended. */
void
sync_upkeep_run (SyncEngine *self)
{
  gint64 now_ms = sync_clock_wall_ms (self->clock);
  gint64 server_ms = sync_engine_get_corrected_ms (self);
  g_autofree char *when = NULL;
  guint n;

  if (server_ms == 0 || ABS (server_ms - now_ms) > DAY_MS)
    return;
  if (self->upkeep_ms == 0)
    self->upkeep_ms = read_last_ms (self);
  if (now_ms >= self->upkeep_ms && now_ms - self->upkeep_ms < DAY_MS)
    return;
  if (!sync_store_clear_old (self->store, DAYS_KEPT, ROWS_AT_ONCE, &n, NULL))
    return;
  if (n > 0)
    sync_engine_refresh (self);
  if (n == ROWS_AT_ONCE)
    return;
  when = g_strdup_printf ("%" G_GINT64_FORMAT, now_ms);
  if (sync_store_set_metadata (self->store, METADATA_UPKEEP, when, NULL))
    self->upkeep_ms = now_ms;
}
