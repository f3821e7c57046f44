/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person can do about a request, what that is called, and having the engine do it. No toolkit; what names an engine
 * is for its thread. */
#include "config.h"

#include "sync-request-act.h"

#include "sync-words.h"

#include <glib/gi18n.h>
#include <inttypes.h>


/**
 * sync_request_act_get_possible:
 * @request: as it was listed
 *
 * Returns: all that makes sense now; the engine may know more by the time that it is asked
 */
SyncRequestAct
sync_request_act_get_possible (const SyncRequest *request)
{
  SyncRequestAct acts
      = sync_state_can (request->state, SYNC_STATE_DISCARDED) ? SYNC_REQUEST_ACT_GIVE_UP : SYNC_REQUEST_ACT_NONE;

  switch (request->state)
    {
    case SYNC_STATE_PENDING:
      return request->next_retry_at_ms > 0 ? acts | SYNC_REQUEST_ACT_RETRY : acts;
    case SYNC_STATE_UNKNOWN:
      if (request->needs_person)
        acts |= SYNC_REQUEST_ACT_ARRIVED | SYNC_REQUEST_ACT_SEND_AGAIN;
      return acts | SYNC_REQUEST_ACT_RETRY;
    case SYNC_STATE_CONFLICT:
      return acts | SYNC_REQUEST_ACT_DECIDE;
    case SYNC_STATE_FAILED:
      acts |= SYNC_REQUEST_ACT_RETRY;
      return g_strcmp0 (request->action, sync_action_to_string (SYNC_ACTION_DELETE)) == 0 ? acts : acts | SYNC_REQUEST_ACT_EDIT;
    case SYNC_STATE_DISCARDED:
      return request->superseded_by == 0 ? SYNC_REQUEST_ACT_RESTORE : SYNC_REQUEST_ACT_NONE;
    case SYNC_STATE_SENDING:
    case SYNC_STATE_COMPLETED:
    default:
      return SYNC_REQUEST_ACT_NONE;
    }
}

/**
 * sync_request_act_leaves_draft:
 * @request: one that could be given up
 *
 * Returns: whether there is a draft of it on the server, which the engine deletes when it is given up
 */
gboolean
sync_request_act_leaves_draft (const SyncRequest *request)
{
  return request->server_name != NULL && request->resource_type != NULL
         && g_strcmp0 (request->action, sync_action_to_string (SYNC_ACTION_CREATE)) == 0;
}

/**
 * sync_request_act_carry_out:
 * @act: one of them, but for %SYNC_REQUEST_ACT_DECIDE, and for %SYNC_REQUEST_ACT_ARRIVED, before which the server is asked
 * @engine: that does it
 * @id: of the request
 * @detail: what it needs beside that
 * @error: as the engine's function
 *
 * Engine's thread. Durable on return.
 *
 * Returns: whether it was done
 */
gboolean
sync_request_act_carry_out (SyncRequestAct act, SyncEngine *engine, gint64 id, const SyncRequestActDetail *detail,
                            GError **error)
{
  switch (act)
    {
    case SYNC_REQUEST_ACT_RETRY:
      return sync_engine_retry (engine, id, SYNC_REQUEST_ACTOR, error);
    case SYNC_REQUEST_ACT_EDIT:
      return sync_engine_edit (engine, id, detail->body, SYNC_REQUEST_ACTOR, error);
    case SYNC_REQUEST_ACT_SEND_AGAIN:
      return sync_engine_confirm (engine, id, FALSE, NULL, SYNC_REQUEST_ACTOR, error);
    case SYNC_REQUEST_ACT_GIVE_UP:
      return detail->with_dependants ? sync_engine_discard_with_dependants (engine, id, detail->reason, SYNC_REQUEST_ACTOR, error)
                                     : sync_engine_discard (engine, id, detail->reason, SYNC_REQUEST_ACTOR, error);
    case SYNC_REQUEST_ACT_RESTORE:
      return detail->with_dependants ? sync_engine_restore_with_dependants (engine, id, SYNC_REQUEST_ACTOR, error)
                                     : sync_engine_restore (engine, id, SYNC_REQUEST_ACTOR, error);
    case SYNC_REQUEST_ACT_ARRIVED:
    case SYNC_REQUEST_ACT_DECIDE:
    case SYNC_REQUEST_ACT_NONE:
    default:
      g_return_val_if_reached (FALSE);
    }
}

/**
 * sync_request_act_dup_done:
 * @act: one of them
 * @n: to how many requests it was done
 *
 * Returns: (transfer full): a sentence that says so
 */
char *
sync_request_act_dup_done (SyncRequestAct act, guint n)
{
  switch (act)
    {
    case SYNC_REQUEST_ACT_RETRY:
      return g_strdup_printf (ngettext ("%u entry is tried again.", "%u entries are tried again.", n), n);
    case SYNC_REQUEST_ACT_EDIT:
      return g_strdup (_ ("The entry is sent again as you changed it."));
    case SYNC_REQUEST_ACT_ARRIVED:
      return g_strdup (_ ("The entry counts as delivered."));
    case SYNC_REQUEST_ACT_SEND_AGAIN:
      return g_strdup (_ ("The entry is sent again."));
    case SYNC_REQUEST_ACT_GIVE_UP:
      return g_strdup_printf (ngettext ("%u entry was given up.", "%u entries were given up.", n), n);
    case SYNC_REQUEST_ACT_RESTORE:
      return g_strdup_printf (ngettext ("%u entry is back in the queue.", "%u entries are back in the queue.", n), n);
    case SYNC_REQUEST_ACT_DECIDE:
    case SYNC_REQUEST_ACT_NONE:
    default:
      g_return_val_if_reached (NULL);
    }
}

/**
 * sync_request_act_dup_subject:
 * @request: a request
 * @summary: (nullable): of its body
 *
 * Returns: (transfer full): what it is called in a sentence: number, kind, name, whom it is for
 */
char *
sync_request_act_dup_subject (const SyncRequest *request, const SyncSummary *summary)
{
  g_autofree char *document = sync_words_document (request);
  const char *party = summary != NULL ? sync_summary_get_party (summary) : NULL;
  g_autoptr (GString) text = g_string_new (NULL);

  /* Translators: the number of an entry, and a kind of document like “Sale”. */
  g_string_append_printf (text, _ ("Entry %" PRId64 ": %s"), request->id, document);
  if (party != NULL)
    g_string_append_printf (text, ", %s", party);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static char *
advise_waiting (const SyncRequest *request)
{
  g_autofree char *time = NULL;

  if (request->waits_for != 0
      && (request->waits_for_state == SYNC_STATE_FAILED || request->waits_for_state == SYNC_STATE_CONFLICT))
    return g_strdup_printf (_ ("See to entry %" PRId64 " first: this one goes after it."), request->waits_for);
  if (request->waits_for != 0)
    return g_strdup_printf (_ ("Nothing to do: it goes by itself after entry %" PRId64 "."), request->waits_for);
  if (request->next_retry_at_ms == 0)
    return g_strdup (_ ("Nothing to do: it goes by itself as soon as the server can be reached and its turn comes."));
  time = sync_words_time (request->next_retry_at_ms);
  return g_strdup_printf (_ ("Nothing to do: it is tried again by itself at %s. “Retry” tries at once."), time);
}

/* Why the server refuses decides who can put it right. */
static const char *
advise_refused (const SyncRequest *request)
{
  static const struct
  {
    const char *exc_type;
    const char *advice;
  } known[] = {
    { "MandatoryError", N_ ("Something is missing in it. Fill that in with “Edit and send again”.") },
    { "PermissionError", N_ ("The till’s user may not do that. Have it permitted in ERPNext, then press “Retry”.") },
    { "LinkValidationError",
      N_ ("It names a document that is not on the server. Make that in ERPNext and press “Retry”, or name another one"
          " with “Edit and send again”.") },
    { "NegativeStockError",
      N_ ("There is not enough in stock. Correct the stock in ERPNext and press “Retry”, or change the quantity with"
          " “Edit and send again”.") },
    { "DuplicateEntryError",
      N_ ("There is such a document already. See in ERPNext whether it is the same; if so, give this one up.") },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (known); i++)
    if (g_strcmp0 (request->exc_type, known[i].exc_type) == 0)
      return _ (known[i].advice);
  return _ (
      "Put right what the server says: in ERPNext, then “Retry”; or here, with “Edit and send again”. It keeps its"
      " key, so it cannot arrive twice.");
}

/**
 * sync_request_act_dup_advice:
 * @request: a request
 *
 * Returns: (transfer full): the next safe thing to do about it
 */
char *
sync_request_act_dup_advice (const SyncRequest *request)
{
  switch (request->state)
    {
    case SYNC_STATE_PENDING:
      return advise_waiting (request);
    case SYNC_STATE_SENDING:
      return g_strdup (_ ("Nothing to do: it is on its way, and the answer is being waited for."));
    case SYNC_STATE_UNKNOWN:
      if (!request->needs_person)
        return g_strdup (_ ("Nothing to do: the program looks on the server whether it arrived."));
      return g_strdup (
          _ ("Look in ERPNext whether it is there. If it is, press “It arrived”. Only if it is surely not there,"
             " press “Send again”."));
    case SYNC_STATE_CONFLICT:
      return g_strdup (_ ("Somebody changed the document on the server, too. Press “Decide” and choose what stands."));
    case SYNC_STATE_FAILED:
      return g_strdup (advise_refused (request));
    case SYNC_STATE_COMPLETED:
      return g_strdup (g_strcmp0 (request->proof, "person") == 0 ? _ ("Nothing to do: somebody found it on the server.")
                                                                 : _ ("Nothing to do: it is on the server."));
    case SYNC_STATE_DISCARDED:
      if (request->superseded_by != 0)
        return g_strdup_printf (_ ("Nothing to do: entry %" PRId64 " took its place."), request->superseded_by);
      return g_strdup (_ ("It is not sent. “Restore” puts it back in the queue."));
    default:
      return g_strdup ("");
    }
}
