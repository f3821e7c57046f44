/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The switches of a person, a pause and the line switched off by hand, hold until the person says otherwise, also over
 * a restart: they stand in the database. A pause with an end keeps to the boot clock; after a reboot that clock is gone, so
 * the wall clock tells what is left of it, and never more than the whole of it, whoever set that clock meanwhile.
 * Engine's thread only. */
#include "config.h"

#include "sync-engine-private.h"

#include <inttypes.h>
#include <stdio.h>

#define METADATA_SWITCHES "switches"

/* "offline paused for_ms until_ms until_boot_us boot_id", then a line for each DocType that alone is paused. */
static char *
dup_text (SyncEngine *self)
{
  g_autoptr (GString) text = NULL;

  if (!self->paused && !self->offline_by_hand)
    return NULL;
  text = g_string_new (NULL);
  g_string_append_printf (text, "%d %d %" PRId64 " %" PRId64 " %" PRId64 " %s", self->offline_by_hand, self->paused,
                          self->paused_for_ms, self->paused_end_ms, self->paused_until_us,
                          sync_clock_boot_id (self->clock));
  for (guint i = 0; self->paused && self->paused_types != NULL && self->paused_types[i] != NULL; i++)
    {
      g_autofree char *type = g_strescape (self->paused_types[i], NULL);

      g_string_append_printf (text, "\n%s", type);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* Writes them down where they differ from what is kept. The disk may refuse it; then it is tried again when the
 * dispatcher looks. */
void
sync_switches_keep (SyncEngine *self)
{
  g_autofree char *text = dup_text (self);

  if (g_strcmp0 (text, self->switches_kept) == 0)
    return;
  if (!sync_store_set_metadata (self->store, METADATA_SWITCHES, text, NULL))
    {
      g_debug ("the switches were not kept");
      return;
    }
  g_free (self->switches_kept);
  self->switches_kept = g_steal_pointer (&text);
}

/* Pauses for so long, 0: until resumed. */
void
sync_switches_pause (SyncEngine *self, gint64 for_ms, const char *const *types)
{
  self->paused_for_ms = for_ms;
  self->paused_end_ms = for_ms > 0 ? sync_clock_wall_ms (self->clock) + for_ms : 0;
  self->paused_until_us = for_ms > 0 ? sync_clock_boot_us (self->clock) + for_ms * 1000 : 0;
  g_strfreev (self->paused_types);
  self->paused_types = types != NULL && types[0] != NULL ? g_strdupv ((char **) types) : NULL;
  sync_engine_set_paused (self, TRUE);
}

/* What is left of a pause, in milliseconds; 0 if it is over. */
static gint64
left_ms (SyncEngine *self, gint64 for_ms, gint64 end_ms, gint64 until_us, const char *boot_id)
{
  gint64 left_ms = g_strcmp0 (boot_id, sync_clock_boot_id (self->clock)) == 0
                     ? (until_us - sync_clock_boot_us (self->clock)) / 1000
                     : end_ms - sync_clock_wall_ms (self->clock);

  return CLAMP (left_ms, 0, for_ms);
}

/* Unescapes the DocTypes in place. */
static char **
read_types (char **lines)
{
  for (guint i = 0; lines[i] != NULL; i++)
    {
      char *type = g_strcompress (lines[i]);

      g_free (lines[i]);
      lines[i] = type;
    }
  return lines;
}

/* Takes them up as the last run left them. */
void
sync_switches_restore (SyncEngine *self)
{
  char *text = sync_store_dup_metadata (self->store, METADATA_SWITCHES);
  g_auto (GStrv) lines = text != NULL ? g_strsplit (text, "\n", -1) : NULL;
  gint64 for_ms, end_ms, until_us;
  int offline, paused;
  char boot_id[65];

  g_free (self->switches_kept);
  self->switches_kept = text;
  if (text == NULL
      || sscanf (lines[0], "%d %d %" SCNd64 " %" SCNd64 " %" SCNd64 " %64s", &offline, &paused, &for_ms, &end_ms, &until_us,
                 boot_id) != 6)
    return;
  self->offline_by_hand = offline != 0;
  if (paused != 0)
    {
      /* What is left is all that it may last from now on, however often the machine starts. */
      gint64 left = left_ms (self, for_ms, end_ms, until_us, boot_id);

      if (for_ms == 0 || left > 0)
        sync_switches_pause (self, left, (const char *const *) read_types (lines + 1));
    }
  sync_switches_keep (self);
}
