/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the attempts of one row tell: how its last send ended, unless that was decided about, how often it was looked for since,
 * and whether a send that may have arrived went out without a key. Read from the database each
 * time, so that it is the same after a restart. Engine's thread only. */
#include "config.h"

#include "sync-engine-private.h"

/* The server did not say that it had no effect. */
static gboolean
is_unsure (const SyncAttempt *send)
{
  return send->verdict == NULL || g_str_equal (send->verdict, sync_verdict_to_string (SYNC_VERDICT_UNKNOWN))
         || g_str_equal (send->verdict, sync_verdict_to_string (SYNC_VERDICT_UNPROVEN));
}

/* Also one that was settled as absent since may have come late: it is never forgotten as a trace. */
static void
take_unsure (SyncHistory *self, const SyncRoute *route, const SyncAttempt *attempt)
{
  gint64 duration_ms = MAX (attempt->duration_us, 0) / 1000;
  gint64 earliest_ms = MIN (attempt->server_ms, attempt->started_ms);

  if (route->key_field != NULL && g_strcmp0 (attempt->key_field, route->key_field) != 0)
    self->unkeyed = TRUE;
  if (self->n_unsure++ == 0)
    {
      self->is_traceable = TRUE;
      self->sent_as = g_strdup (attempt->sent_as);
      self->first_server_ms = attempt->server_ms;
      self->earliest_ms = earliest_ms;
    }
  self->earliest_ms = MIN (self->earliest_ms, earliest_ms);
  self->latest_ms = MAX (self->latest_ms, MAX (attempt->server_ms, attempt->started_ms) + duration_ms);
  self->is_traceable = self->is_traceable && attempt->sent_as != NULL && attempt->server_ms > 0
                       && g_strcmp0 (self->sent_as, attempt->sent_as) == 0;
  self->last_server_ms = attempt->server_ms;
  self->last_duration_ms = duration_ms;
}

static void
take_end (SyncHistory *self, const char *verdict)
{
  self->n_in_a_row = g_strcmp0 (self->ended, verdict) == 0 ? self->n_in_a_row + 1 : 1;
  g_free (self->ended);
  self->ended = g_strdup (verdict);
}

static void
take_send (SyncHistory *self, const SyncRoute *route, const SyncAttempt *attempt)
{
  if (attempt->verdict != NULL)
    take_end (self, attempt->verdict);
  g_free (self->verdict);
  self->verdict = g_strdup (attempt->verdict);
  self->sent_ms = attempt->started_ms + MAX (attempt->duration_us, 0) / 1000;
  self->n_sends++;
  self->n_looks = 0;
  self->n_unanswered = 0;
  if (is_unsure (attempt))
    take_unsure (self, route, attempt);
}

/* A person or a hook has answered what the last send met. */
static void
take_decision (SyncHistory *self)
{
  g_clear_pointer (&self->verdict, g_free);
  g_clear_pointer (&self->ended, g_free);
}

static void
take_look (SyncHistory *self, const SyncAttempt *attempt)
{
  gboolean answered = g_strcmp0 (attempt->verdict, SYNC_LOOK_NO_ANSWER) != 0;

  if (g_strcmp0 (attempt->verdict, SYNC_LOOK_HOOKED) == 0)
    {
      self->n_hooked++;
      take_decision (self);
      return;
    }
  self->n_unanswered = answered ? 0 : self->n_unanswered + 1;
  self->n_looks += answered;
  if (g_strcmp0 (attempt->verdict, SYNC_LOOK_ABSENT) == 0)
    self->unkeyed = FALSE;
}

/* Reads the history of @request. */
void
sync_history_read (SyncEngine *engine, const SyncRoute *route, const SyncRequest *request, SyncHistory *self)
{
  g_autoptr (GPtrArray) attempts = sync_store_list_attempts (engine->store, request->id, NULL);

  *self = (SyncHistory){ 0 };
  for (guint i = 0; attempts != NULL && i < attempts->len; i++)
    {
      const SyncAttempt *attempt = g_ptr_array_index (attempts, i);

      if (g_strcmp0 (attempt->kind, "send") == 0)
        take_send (self, route, attempt);
      else if (g_strcmp0 (attempt->kind, "look") == 0)
        take_look (self, attempt);
      else
        {
          take_decision (self);
          if (g_strcmp0 (attempt->verdict, SYNC_SEND_AGAIN) == 0)
            self->unkeyed = FALSE;
        }
    }
  /* Of sends that were lost with a damaged file nobody knows how they went. */
  if (self->n_sends < request->attempts && route->key_field != NULL)
    self->unkeyed = TRUE;
}

void
sync_history_clear (SyncHistory *self)
{
  g_free (self->verdict);
  g_free (self->ended);
  g_free (self->sent_as);
}

/* Whether the last send ended so, and nobody has decided about that since. */
gboolean
sync_history_ended (const SyncHistory *self, SyncVerdict verdict)
{
  return g_strcmp0 (self->verdict, sync_verdict_to_string (verdict)) == 0;
}

/* How many sends in a row have ended so, up to the last that has ended. Others, such as those that met no host, do not count
 * with them. */
guint
sync_history_count (const SyncHistory *self, SyncVerdict verdict)
{
  return g_strcmp0 (self->ended, sync_verdict_to_string (verdict)) == 0 ? self->n_in_a_row : 0;
}

static gboolean
is_used_up (const SyncHistory *self, SyncEngine *engine, const SyncRequest *request)
{
  return sync_history_ended (self, SYNC_VERDICT_RETRY)
         && request->retry_count >= engine->config->max_retries;
}

/* Whether the server will not take @request as it is: an answer says so, or the tries are used up.
 */
gboolean
sync_history_is_refusal (const SyncHistory *self, SyncEngine *engine, const SyncRequest *request)
{
  return sync_history_ended (self, SYNC_VERDICT_TAKEN)
         || sync_history_ended (self, SYNC_VERDICT_STALE)
         || sync_history_ended (self, SYNC_VERDICT_REFUSED)
         || sync_history_ended (self, SYNC_VERDICT_ASK) || is_used_up (self, engine, request);
}

/* The last answer was a no, or the last of the tries that it gets: what is not there now will not
 * come by itself. */
gboolean
sync_history_is_final (const SyncHistory *self, SyncEngine *engine, const SyncRequest *request)
{
  return sync_history_ended (self, SYNC_VERDICT_REFUSED) || is_used_up (self, engine, request)
         || (sync_history_ended (self, SYNC_VERDICT_STALE)
             && (g_strcmp0 (request->exc_type, "UpdateAfterSubmitError") == 0
                 || g_strcmp0 (request->exc_type, "DocstatusTransitionError") == 0));
}
