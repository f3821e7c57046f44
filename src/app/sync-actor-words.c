/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who or what did something, as it stands in the records, and what a person calls it. Pure functions; no toolkit, any
 * thread. */
#include "config.h"

#include "sync-actor-words.h"

#include "sync-policy-list.h"

#include <glib/gi18n.h>
#include <string.h>

static const struct
{
  const char *name;
  const char *words;
} actors[] = {
  { "engine", N_ ("automatic") },
  { "window", N_ ("a person here") },
  { "person", N_ ("a person") },
  { "posawesome-syncctl", N_ ("the command line") },
  { "gateway", N_ ("another program (HTTP)") },
  { "bus", N_ ("another program (D-Bus)") },
  { "caller", N_ ("the till") },
};

/* (nullable): the rest of @text behind @prefix. */
static const char *
skip_prefix (const char *text, const char *prefix)
{
  return text != NULL && g_str_has_prefix (text, prefix) ? text + strlen (prefix) : NULL;
}

/**
 * sync_actor_words_policy:
 * @actor: (nullable): as it stands in the records
 *
 * Returns: (transfer full) (nullable): what that policy does, as the preferences call it; %NULL if it is no policy
 */
char *
sync_actor_words_policy (const char *actor)
{
  const char *name = skip_prefix (actor, "policy ");
  SyncMergeStyle style;

  if (name == NULL)
    return NULL;
  return g_strdup (sync_merge_style_from_string (name, &style) ? sync_policy_list_words (style) : name);
}

/**
 * sync_actor_words_hook:
 * @actor: (nullable): as it stands in the records: "hook ToDo", or with which function or object of the bus it was
 *   between the two: "hook function 3 for ToDo"
 *
 * Returns: (transfer full) (nullable): the DocType that it is for; %NULL if it is no hook
 */
char *
sync_actor_words_hook (const char *actor)
{
  const char *rest = skip_prefix (actor, "hook ");
  const char *type = NULL;

  if (rest == NULL)
    return NULL;
  if (g_str_has_prefix (rest, "function ") || *rest == '/')
    type = strstr (rest, " for ");
  return g_strdup (type != NULL ? type + strlen (" for ") : rest);
}

/**
 * sync_actor_words:
 * @actor: (nullable): as it stands in the records: a way into the program, a policy, a hook, or a name that somebody gave
 *
 * Returns: (transfer full): who or what that is, for the middle of a sentence or a column; "" for nobody
 */
char *
sync_actor_words (const char *actor)
{
  g_autofree char *policy = sync_actor_words_policy (actor);
  g_autofree char *type = sync_actor_words_hook (actor);

  for (gsize i = 0; i < G_N_ELEMENTS (actors); i++)
    if (g_strcmp0 (actors[i].name, actor) == 0)
      return g_strdup (_ (actors[i].words));
  if (policy != NULL)
    return g_strdup_printf (_ ("the policy “%s”"), policy);
  if (type != NULL)
    return g_strdup_printf (_ ("the shop’s hook for %s"), type);
  return g_strdup (actor != NULL ? actor : "");
}
