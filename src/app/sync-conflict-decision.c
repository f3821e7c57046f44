/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a conflict ended, said so that a cashier understands it: what came of it, and who or what decided that. Pure functions
 * from values to text, in the user's language; no toolkit, any thread. */
#include "config.h"

#include "sync-conflict-decision.h"

#include "sync-actor-words.h"
#include "sync-engine-words.h"
#include "sync-words.h"

#include <glib/gi18n.h>
#include <inttypes.h>

static gboolean
is (const char *text, const char *expected)
{
  return g_strcmp0 (text, expected) == 0;
}

static const char *
resolution_words (const char *resolution)
{
  if (is (resolution, "local_wins"))
    return _ ("This till’s version was sent.");
  if (is (resolution, "server_wins"))
    return _ ("The server’s version stands.");
  if (is (resolution, "merged"))
    return _ ("Fields of both versions were put together and sent.");
  return _ ("A version that is neither of the two was sent.");
}

/**
 * sync_conflict_decision_how:
 * @conflict: a conflict that is not open
 *
 * Returns: (transfer none): what came of it, in a sentence
 */
const char *
sync_conflict_decision_how (const SyncConflict *conflict)
{
  if (is (conflict->status, "superseded"))
    return _ ("There was nothing left to decide: the entry went another way.");
  return resolution_words (conflict->resolution);
}

/* Of @actor (nullable) as it stands in the records. */
static char *
actor_words (const char *actor)
{
  g_autofree char *policy = sync_actor_words_policy (actor);
  g_autofree char *type = sync_actor_words_hook (actor);

  if (actor == NULL || is (actor, "person") || is (actor, "window"))
    return g_strdup (_ ("Decided by a person"));
  if (is (actor, "engine"))
    return g_strdup (_ ("Found out by the program"));
  if (is (actor, "posawesome-syncctl"))
    return g_strdup (_ ("Decided on the command line"));
  if (is (actor, "gateway") || is (actor, "bus"))
    return g_strdup (_ ("Decided through another program"));
  if (policy != NULL)
    return g_strdup_printf (_ ("Decided by the policy “%s”"), policy);
  if (type != NULL)
    return g_strdup_printf (_ ("Decided by the shop’s hook (%s)"), type);
  return g_strdup_printf (_ ("Decided by %s"), actor);
}

/* Whether somebody or something decided that tells why; for people the engine writes a reason of its own. */
static gboolean
tells_why (const SyncConflictEvent *event)
{
  return event->reason != NULL
         && (event->actor == NULL || g_str_has_prefix (event->actor, "policy ")
             || g_str_has_prefix (event->actor, "hook ") || is (event->event, "asked"));
}

/**
 * sync_conflict_decision_who:
 * @conflict: a conflict that is not open
 *
 * Returns: (transfer full): who or what decided it, and when
 */
char *
sync_conflict_decision_who (const SyncConflict *conflict)
{
  g_autofree char *who = actor_words (conflict->resolved_by);
  g_autofree char *time = sync_words_time (conflict->resolved_ms);

  /* Translators: “Decided by a person”, and a time. */
  return g_strdup_printf (_ ("%s, %s"), who, time);
}

/**
 * sync_conflict_decision_undone:
 * @conflict: a conflict that is not open
 *
 * Returns: (transfer full) (nullable): that it was undone, and by which entry; %NULL if it was not
 */
char *
sync_conflict_decision_undone (const SyncConflict *conflict)
{
  if (conflict->undone_by == 0)
    return NULL;
  return g_strdup_printf (_ ("Undone: entry %" PRId64 " changes it back."), conflict->undone_by);
}

static const char *
event_words (const SyncConflictEvent *event)
{
  if (is (event->event, "opened"))
    return _ ("It was found.");
  if (is (event->event, "asked"))
    return _ ("It was left to a person.");
  if (is (event->event, "skipped"))
    return _ ("A person left it open.");
  if (is (event->event, "undone"))
    return _ ("A person undid it.");
  if (is (event->event, "superseded"))
    return _ ("There was nothing left to decide: the entry went another way.");
  return event->event;
}

/**
 * sync_conflict_decision_event:
 * @event: a line of its history
 *
 * Returns: (transfer full): when it was, what happened, by whom, and why if that is known
 */
char *
sync_conflict_decision_event (const SyncConflictEvent *event)
{
  g_autofree char *time = sync_words_time (event->at_ms);
  g_autofree char *reason = sync_engine_words_dup (event->reason);
  g_autoptr (GString) text = g_string_new (time);

  if (is (event->event, "resolved"))
    {
      g_autofree char *who = actor_words (event->actor);

      g_string_append_printf (text, "  %s %s.", resolution_words (event->resolution), who);
    }
  else
    g_string_append_printf (text, "  %s", event_words (event));
  if (tells_why (event))
    g_string_append_printf (text, " (%s)", reason);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/**
 * sync_conflict_decision_can_undo:
 * @conflict: a conflict
 * @request: (nullable): the request that it is about; its bodies are not looked at
 *
 * Returns: whether undoing is worth a try: sync_engine_undo_resolution() looks into the documents, too
 */
gboolean
sync_conflict_decision_can_undo (const SyncConflict *conflict, const SyncRequest *request)
{
  if (!is (conflict->status, "resolved") || conflict->undone_by != 0 || request == NULL
      || !is (request->action, "update") || !is (request->method, "PUT"))
    return FALSE;
  if (is (conflict->resolution, "server_wins"))
    return conflict->server_version != NULL;
  return request->state == SYNC_STATE_COMPLETED && request->resource_version != NULL;
}
