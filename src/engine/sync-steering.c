/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person or the machine around it tells a running engine: go, wait, there is news of the line. None of it can
 * lose or double anything; it only chooses when. Engine's thread only. */
#include "config.h"

#include <string.h>

#include "sync-engine-private.h"

#include "sync-error.h"

/* A hint that the line is back: a whole street may get it at once. A second is left of the five within which the
 * drain is to begin, for the probe's own way. */
#define NETWORK_HINT_SPREAD_MS 4000

/* More ids than this are no choice that a person made, and each is looked up. */
#define MAX_IDS 10000

static void
make_due (SyncEngine *self, const char *resource_type)
{
  const SyncListFilter filter = {
    .states = 1u << SYNC_STATE_PENDING | 1u << SYNC_STATE_UNKNOWN,
    .resource_type = resource_type,
    .limit = G_MAXUINT,
  };
  g_autoptr (GPtrArray) rows = sync_store_list (self->store, &filter, NULL);

  for (guint i = 0; rows != NULL && i < rows->len; i++)
    {
      const SyncRequest *row = g_ptr_array_index (rows, i);

      if (row->next_retry_at_ms > 0)
        sync_store_set_next_retry (self->store, row->id, 0, NULL);
    }
}

/* Which switch, or what that a person has to give, keeps everything back; %NULL if nothing does. For a sentence. */
const char *
sync_engine_get_hindrance (SyncEngine *self)
{
  g_autofree char *authorization = sync_credentials_dup_authorization (self->credentials);

  if (!self->running || self->stopping)
    return "the program does not deliver at the moment";
  if (self->held_until_us > sync_clock_boot_us (self->clock))
    return "the computer is about to sleep or to shut down";
  if (self->offline_by_hand)
    return "the line is switched off by hand; go on with “posawesome-syncctl offline off”";
  if (self->paused && self->paused_types == NULL)
    return "deliveries are paused; go on with “posawesome-syncctl resume”";
  return authorization == NULL ? "no API key is set; give one with “posawesome-syncctl credentials set”" : NULL;
}

/* Whether there is each of them; names those that there are not. */
static gboolean
check_ids (SyncEngine *self, const gint64 *ids, guint n_ids, GError **error)
{
  g_autoptr (GString) missing = g_string_new (NULL);
  guint n = 0;

  for (guint i = 0; i < n_ids; i++)
    {
      g_autoptr (GError) cause = NULL;
      g_autoptr (SyncRequest) row = sync_engine_find_row (self, ids[i], &cause);

      if (row != NULL)
        continue;
      if (!g_error_matches (cause, SYNC_ERROR, SYNC_ERROR_NOT_FOUND))
        {
          g_propagate_error (error, g_steal_pointer (&cause));
          return FALSE;
        }
      g_string_append_printf (missing, "%s%" G_GINT64_FORMAT, n > 0 ? ", " : "", ids[i]);
      n++;
    }
  if (n > 0)
    g_set_error (error, SYNC_ERROR, SYNC_ERROR_NOT_FOUND,
                 n == 1 ? "there is no request %s, so nothing was tried: leave it out"
                        : "there are no requests %s, so nothing was tried: leave them out",
                 missing->str);
  return n == 0;
}

/* Whether anything of it can go; names the switch that is in the way. */
static gboolean
check_switches (SyncEngine *self, const char *const *types, GError **error)
{
  const char *hindrance = sync_engine_get_hindrance (self);
  gboolean paused = types != NULL && types[0] != NULL && self->paused_types != NULL;

  for (guint i = 0; paused && types[i] != NULL; i++)
    paused = g_strv_contains ((const char *const *) self->paused_types, types[i]);
  if (hindrance == NULL && paused)
    hindrance = "the delivery of these documents is paused; go on with “posawesome-syncctl resume”";
  if (hindrance == NULL)
    return TRUE;
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED, "nothing is tried: %s", hindrance);
  return FALSE;
}

/**
 * sync_engine_force_sync:
 * @self: an engine
 * @types: (nullable) (array zero-terminated=1): only these DocTypes
 * @ids: (nullable) (array length=n_ids): only these requests
 * @n_ids: how many
 * @error: %SYNC_ERROR_NOT_FOUND (permanent: there is no such request), %SYNC_ERROR_REFUSED (permanent until somebody acts: a
 *   switch, or a missing API key, keeps all of it back; the words name it), %SYNC_ERROR_INVALID (permanent: too many ids),
 *   %SYNC_ERROR_STORAGE, %SYNC_ERROR_DISK_FULL (transient)
 *
 * Makes what waits for its time due now, all of it or the part that is named, and asks a host that is away at once
 * (but never before the time that the host asked for). A pause or the off-line switch stays as it is, and nothing is done
 * then. A type that no request has is as good as any; an id must be one of a request, else nothing is done.
 * All of it is one transaction.
 *
 * Returns: whether it was done
 */
gboolean
sync_engine_force_sync (SyncEngine *self, const char *const *types, const gint64 *ids, guint n_ids, GError **error)
{
  gboolean all = types == NULL && n_ids == 0;

  sync_engine_assert_own_context (self);
  if (n_ids > MAX_IDS)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID,
                   "at most %d requests can be named at once, not %u: name none to sync all of them", MAX_IDS, n_ids);
      return FALSE;
    }
  if (!check_ids (self, ids, n_ids, error) || !check_switches (self, types, error))
    return FALSE;
  sync_store_begin_group (self->store);
  for (guint i = 0; types != NULL && types[i] != NULL; i++)
    make_due (self, types[i]);
  for (guint i = 0; i < n_ids; i++)
    sync_store_set_next_retry (self->store, ids[i], 0, NULL);
  if (all)
    make_due (self, NULL);
  if (!sync_store_commit_group (self->store, error))
    return FALSE;
  sync_breaker_hurry (&self->breaker, sync_clock_boot_us (self->clock), 0, self->random);
  if (self->running && sync_engine_get_condition (self) == SYNC_CONDITION_ONLINE && g_hash_table_size (self->operations) == 0
      && sync_store_get_next_due_us (self->store) < 0)
    sync_engine_note_sync (self);
  sync_engine_kick (self);
  return TRUE;
}

/**
 * sync_engine_pause:
 * @self: an engine
 * @for_ms: for how long, milliseconds, 0: until resumed
 * @types: (nullable) (array zero-terminated=1): only these DocTypes; %NULL: everything
 *
 * Sends nothing more; writes are accepted as before. What is in flight ends. It holds over a restart; one with an end never
 * lasts longer than it was told to, even if the machine starts anew with another clock.
 */
void
sync_engine_pause (SyncEngine *self, gint64 for_ms, const char *const *types)
{
  sync_engine_assert_own_context (self);
  sync_switches_pause (self, for_ms, types);
  sync_switches_keep (self);
  sync_engine_kick (self);
}

/**
 * sync_engine_resume:
 * @self: an engine
 *
 * Ends a pause, for good.
 */
void
sync_engine_resume (SyncEngine *self)
{
  sync_engine_assert_own_context (self);
  self->paused_until_us = self->paused_for_ms = self->paused_end_ms = 0;
  g_clear_pointer (&self->paused_types, g_strfreev);
  sync_engine_set_paused (self, FALSE);
  sync_switches_keep (self);
  sync_engine_kick (self);
}

/**
 * sync_engine_set_offline:
 * @self: an engine
 * @offline: whether to behave as if there were no line
 *
 * The switch of a person; it holds until it is switched back, also over a restart.
 */
void
sync_engine_set_offline (SyncEngine *self, gboolean offline)
{
  sync_engine_assert_own_context (self);
  self->offline_by_hand = offline;
  sync_switches_keep (self);
  if (!offline)
    sync_breaker_hurry (&self->breaker, sync_clock_boot_us (self->clock), 0, self->random);
  sync_engine_refresh (self);
  sync_engine_kick (self);
}

/**
 * sync_engine_hold:
 * @self: an engine
 * @for_ms: for how long at most, milliseconds; 0: not any longer
 *
 * The machine is about to sleep or to end: nothing new is sent, what is in flight ends, writes are accepted as before. No
 * switch of a person: it is not kept, and ends by itself if nobody says that the machine goes on.
 */
void
sync_engine_hold (SyncEngine *self, gint64 for_ms)
{
  sync_engine_assert_own_context (self);
  self->held_until_us = for_ms > 0 ? sync_clock_boot_us (self->clock) + for_ms * 1000 : 0;
  sync_engine_kick (self);
}

/**
 * sync_engine_hint_network:
 * @self: an engine
 * @metered: whether the line costs money by the byte
 *
 * Something changed on the network: a host that is away is asked again within some seconds. Only a hint; whether the
 * server can be reached is what the server says. On a metered line a host that is away is asked at most every five
 * minutes instead of every minute; writes go out as ever: a sale is worth its kilobyte.
 */
void
sync_engine_hint_network (SyncEngine *self, gboolean metered)
{
  sync_engine_assert_own_context (self);
  self->breaker.metered = metered;
  sync_breaker_hurry (&self->breaker, sync_clock_boot_us (self->clock), NETWORK_HINT_SPREAD_MS, self->random);
  sync_engine_kick (self);
}

/**
 * sync_engine_credentials_changed:
 * @self: an engine
 *
 * There is another key, or none: whom the server takes us for is asked anew.
 */
void
sync_engine_credentials_changed (SyncEngine *self)
{
  sync_engine_assert_own_context (self);
  g_clear_pointer (&self->user, g_free);
  /* Another user may see fields that this one did not. */
  g_hash_table_remove_all (self->trust);
  if (self->breaker.reason == SYNC_HOST_SIGN_IN)
    sync_breaker_hurry (&self->breaker, sync_clock_boot_us (self->clock), 0, self->random);
  sync_engine_refresh (self);
  sync_engine_kick (self);
}

/**
 * sync_engine_add_notice:
 * @self: an engine
 * @words: one sentence: what is the matter with the database, and the remedy
 *
 * Shows it in every snapshot until the program ends, once however often it is added. Nothing is stopped by it.
 */
void
sync_engine_add_notice (SyncEngine *self, const char *words)
{
  char *notice;

  sync_engine_assert_own_context (self);
  if (self->notice != NULL && strstr (self->notice, words) != NULL)
    return;
  notice = self->notice != NULL ? g_strdup_printf ("%s\n%s", self->notice, words) : g_strdup (words);
  g_free (self->notice);
  self->notice = notice;
  self->has_new_notice = TRUE;
  sync_engine_refresh (self);
}
