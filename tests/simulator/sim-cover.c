/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What all runs together have met, printed at the end: a simulator that never meets a thing says nothing about it. */
#include "config.h"

#include "sim-cover.h"

#include "sync-outcome.h"
#include "sync-state.h"

#define N_VERDICTS (SYNC_VERDICT_ASK + 1)

#define X(id, name) name,
static const char *const fault_names[] = { SIM_FAULTS (X) "none" };
static const char *const crash_names[] = { SIM_CRASHES (X) };
static const char *const loss_names[] = { SIM_LOSSES (X) };
static const char *const act_names[] = { SIM_ACTS (X) };
#undef X

/* What a look at the server ends with, and those that a create without a key needs. */
static const char *const look_names[]
  = { "found", "absent", "absent_once", "not_yet", "no_answer", "gone", "missing", "undecided", "hooked", "hook_failed" };
static const char *const unkeyed_names[] = { "found", "absent", "absent_once", "not_yet", "no_answer", "undecided" };

static guint64 faults[SIM_N_FAULTS + 1];
static guint64 crashes[SIM_N_CRASHES];
static guint64 losses[SIM_N_LOSSES];
static guint64 acts[SIM_N_ACTS];
static guint64 edges[SYNC_N_STATES][SYNC_N_STATES];
static guint64 verdicts[N_VERDICTS];
static guint64 looks[G_N_ELEMENTS (look_names)];
static guint64 unkeyed_looks[G_N_ELEMENTS (unkeyed_names)];

const char *
sim_fault_name (SimFault fault)
{
  return fault_names[fault];
}

const char *
sim_act_name (SimAct act)
{
  return act_names[act];
}

const char *
sim_crash_name (SimCrash crash)
{
  return crash_names[crash];
}

void
sim_cover_fault (SimFault fault)
{
  faults[fault]++;
}

void
sim_cover_crash (SimCrash crash)
{
  crashes[crash]++;
}

void
sim_cover_loss (SimLoss loss)
{
  losses[loss]++;
}

void
sim_cover_act (SimAct act)
{
  acts[act]++;
}

/* A change of state from the audit. Acceptance has no @from. */
void
sim_cover_edge (const char *from, const char *to)
{
  SyncState a, b;

  if (from != NULL && sync_state_from_string (from, &a) && sync_state_from_string (to, &b))
    edges[a][b]++;
}

void
sim_cover_verdict (const char *verdict)
{
  for (guint i = 0; i < N_VERDICTS; i++)
    if (g_strcmp0 (sync_verdict_to_string (i), verdict) == 0)
      verdicts[i]++;
}

static void
count_name (const char *name, const char *const *names, guint64 *counts, guint n)
{
  for (guint i = 0; i < n; i++)
    counts[i] += g_strcmp0 (name, names[i]) == 0;
}

/* @unkeyed: for a create that went out without a key. */
void
sim_cover_look (const char *verdict, gboolean unkeyed)
{
  count_name (verdict, look_names, looks, G_N_ELEMENTS (look_names));
  if (unkeyed)
    count_name (verdict, unkeyed_names, unkeyed_looks, G_N_ELEMENTS (unkeyed_names));
}

static gboolean
print_counts (const char *title, const char *const *names, const guint64 *counts, guint n)
{
  gboolean complete = TRUE;

  g_print ("%s\n", title);
  for (guint i = 0; i < n; i++)
    {
      g_print ("  %12" G_GUINT64_FORMAT "  %s%s\n", counts[i], names[i], counts[i] == 0 ? "   <- never" : "");
      complete = complete && counts[i] > 0;
    }
  return complete;
}

/* What the server says of a changed document is looked at before it is believed, so a conflict comes from `unknown`. Straight
 * from `sending` only where a route of the shop's own names no document that could be looked at; here each one does. */
static gboolean
is_of_other_routes (SyncState from, SyncState to)
{
  return from == SYNC_STATE_SENDING && to == SYNC_STATE_CONFLICT;
}

static gboolean
print_edges (void)
{
  gboolean complete = TRUE;

  g_print ("changes of state\n");
  for (guint from = 0; from < SYNC_N_STATES; from++)
    for (guint to = 0; to < SYNC_N_STATES; to++)
      {
        if (!sync_state_can (from, to))
          continue;
        g_print ("  %12" G_GUINT64_FORMAT "  %s > %s%s\n", edges[from][to], sync_state_to_string (from),
                 sync_state_to_string (to), edges[from][to] > 0             ? ""
                                            : is_of_other_routes (from, to) ? "   (by other routes)"
                                                                            : "   <- never");
        complete = complete && (edges[from][to] > 0 || is_of_other_routes (from, to));
      }
  return complete;
}

/* Prints everything. FALSE: something was never met. */
gboolean
sim_cover_print (void)
{
  const char *verdict_names[N_VERDICTS];
  gboolean complete;

  for (guint i = 0; i < N_VERDICTS; i++)
    verdict_names[i] = sync_verdict_to_string (i);
  complete = print_edges ();
  complete = print_counts ("outcomes of sends", verdict_names, verdicts, N_VERDICTS) && complete;
  complete = print_counts ("looks", look_names, looks, G_N_ELEMENTS (look_names)) && complete;
  complete = print_counts ("looks for creates without a key", unkeyed_names, unkeyed_looks, G_N_ELEMENTS (unkeyed_names))
             && complete;
  complete = print_counts ("faults of the network and the server", fault_names, faults, SIM_N_FAULTS) && complete;
  complete = print_counts ("crashes", crash_names, crashes, SIM_N_CRASHES) && complete;
  complete = print_counts ("what was left of the disk's cache", loss_names, losses, SIM_N_LOSSES) && complete;
  return print_counts ("acts", act_names, acts, SIM_N_ACTS) && complete;
}
