/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which of the deliberate faults is at work. Nothing of it is in the program. Any thread. */
#include "config.h"

#include "sync-mutant.h"

#ifdef SYNC_WITH_MUTANTS
/**
 * sync_mutant_is:
 * @name: of a deliberate fault
 *
 * The environment variable `SYNC_MUTANT` chooses, when it is asked first.
 *
 * Returns: whether it is the one that is at work
 */
gboolean
sync_mutant_is (const char *name)
{
  static char *chosen; /* (owned): for the life of the process */

  if (chosen == NULL)
    chosen = g_strdup (g_getenv ("SYNC_MUTANT") != NULL ? g_getenv ("SYNC_MUTANT") : "");
  return g_str_equal (chosen, name);
}
#endif
