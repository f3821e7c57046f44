/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How long the server asked to be left alone outlives the program: who starts anew within that time does not ask earlier
 * either. Kept on the wall clock, which may be set meanwhile: so it never becomes longer than it was. Engine's thread only. */
#include "config.h"

#include "sync-engine-private.h"

#include <stdio.h>
#include <string.h>

/* When it was asked for, until when, and which site: milliseconds of the wall clock, and its base URL. */
#define METADATA_REST "host_rest"

/* The server asks for a rest, or has just been asked anew. */
void
sync_rest_keep (SyncEngine *self)
{
  gint64 now_ms = sync_clock_wall_ms (self->clock);
  gint64 left_ms = (self->breaker.not_before_us - sync_clock_boot_us (self->clock)) / 1000;
  g_autofree char *value = NULL;

  if (left_ms <= 0)
    return;
  value = g_strdup_printf ("%" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %s", now_ms, now_ms + left_ms, self->config->base_url);
  if (sync_store_set_metadata (self->store, METADATA_REST, value, NULL))
    self->rest_kept = TRUE;
  else
    g_debug ("how long the server wants to rest was not kept");
}

/* The server has answered as usual: a clock that begins in the past at each start is not to bring the rest back. */
void
sync_rest_end (SyncEngine *self)
{
  if (self->rest_kept && sync_store_set_metadata (self->store, METADATA_REST, NULL, NULL))
    self->rest_kept = FALSE;
}

/* The engine starts. */
void
sync_rest_take_up (SyncEngine *self)
{
  g_autofree char *kept = sync_store_dup_metadata (self->store, METADATA_REST);
  gint64 now_ms = sync_clock_wall_ms (self->clock);
  gint64 since_ms, until_ms;
  int length = 0;

  self->rest_kept = kept != NULL;
  if (kept == NULL || sscanf (kept, "%" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %n", &since_ms, &until_ms, &length) != 2
      || strcmp (kept + length, self->config->base_url) != 0 || now_ms >= until_ms)
    return;
  sync_breaker_rest (&self->breaker,
                     sync_clock_boot_us (self->clock) + MIN (until_ms - now_ms, until_ms - since_ms) * 1000);
}
