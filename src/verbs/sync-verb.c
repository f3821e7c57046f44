/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one list of what other programs can ask for: the gateway and the bus have no verbs of their own. */
#include "config.h"

#include "sync-verb.h"

#include <string.h>

#include "sync-verb-private.h"

static const SyncVerb verbs[] = {
  { "POST", "requests", "Submit", sync_verb_submit },
  { "GET", "requests", "ListRequests", sync_verb_list_requests },
  { "GET", "requests/#", "GetRequest", sync_verb_get_request },
  { "PUT", "requests/#", "EditRequest", sync_verb_edit_request },
  { "POST", "requests/#/retry", "RetryRequest", sync_verb_retry_request },
  { "POST", "requests/#/discard", "DiscardRequest", sync_verb_discard_request },
  { "POST", "requests/#/confirm", "ConfirmRequest", sync_verb_confirm_request },
  { "POST", "requests/#/restore", "RestoreRequest", sync_verb_restore_request },
  { "GET", "conflicts", "ListConflicts", sync_verb_list_conflicts },
  { "GET", "conflicts/#", "GetConflict", sync_verb_get_conflict },
  { "POST", "conflicts/#/resolve", "ResolveConflict", sync_verb_resolve_conflict },
  { "POST", "conflicts/#/undo", "UndoConflict", sync_verb_undo_conflict },
  { "GET", "status", "GetStatus", sync_verb_get_status },
  { "POST", "sync", "Sync", sync_verb_sync },
  { "POST", "check", "Check", sync_verb_check },
  { "POST", "pause", "Pause", sync_verb_pause },
  { "POST", "resume", "Resume", sync_verb_resume },
  { "POST", "offline", "SetOffline", sync_verb_offline },
  { "POST", "clear-old", "ClearOld", sync_verb_clear_old },
  { "POST", "backup", "Backup", sync_verb_backup },
  { "GET", "credentials", "GetCredentials", sync_verb_get_credentials },
  { "PUT", "credentials", "SetCredentials", sync_verb_set_credentials },
  { "DELETE", "credentials", "ClearCredentials", sync_verb_clear_credentials },
  /* What those three take and return over the bus cannot grow; these say all that HTTP says. */
  { "GET", NULL, "DescribeCredentials", sync_verb_get_credentials },
  { "PUT", NULL, "KeepCredentials", sync_verb_set_credentials },
  { "GET", "keys", "ListKeys", sync_verb_list_keys },
  { "POST", "keys", "MakeKeys", sync_verb_make_keys },
};

/**
 * sync_verb_get_all:
 * @n_verbs: (out): how many there are
 *
 * Returns: (transfer none) (array length=n_verbs): all verbs
 */
const SyncVerb *
sync_verb_get_all (guint *n_verbs)
{
  *n_verbs = G_N_ELEMENTS (verbs);
  return verbs;
}

/**
 * sync_verb_find:
 * @name: a name on the bus
 *
 * Returns: (transfer none) (nullable): the verb of that name
 */
const SyncVerb *
sync_verb_find (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    if (strcmp (verbs[i].name, name) == 0)
      return &verbs[i];
  return NULL;
}
