/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which of the deliberate faults is at work: the one that SYNC_MUTANT names, or none. */
#include "config.h"

#include "sync-mutant.h"

gboolean
sync_mutant_is (const char *name)
{
  static const char *chosen;

  if (chosen == NULL)
    {
      chosen = g_getenv ("SYNC_MUTANT");
      if (chosen == NULL)
        chosen = "";
    }
  return g_str_equal (chosen, name);
}
