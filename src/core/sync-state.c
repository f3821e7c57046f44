/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state table of a request: names, the check in C, and the text that the database's trigger is made of. */
#include "config.h"

#include "sync-state.h"

static const char *const state_names[] = {
#define SYNC_STATE_NAME(id, name) [SYNC_STATE_##id] = name,
  SYNC_STATES (SYNC_STATE_NAME)
#undef SYNC_STATE_NAME
};

static const struct
{
  SyncState from;
  SyncState to;
} edges[] = {
#define SYNC_EDGE_ROW(source, target, because) { SYNC_STATE_##source, SYNC_STATE_##target },
  SYNC_EDGES (SYNC_EDGE_ROW)
#undef SYNC_EDGE_ROW
};

G_STATIC_ASSERT (G_N_ELEMENTS (state_names) == SYNC_N_STATES);

/**
 * sync_state_to_string:
 * @state: a state
 *
 * Returns: (transfer none): its name, as it stands in the database, on the bus, in HTTP answers and in logs
 */
const char *
sync_state_to_string (SyncState state)
{
  g_return_val_if_fail ((guint) state < SYNC_N_STATES, "invalid");
  return state_names[state];
}

/**
 * sync_state_from_string:
 * @name: (nullable): a state's name
 * @state: (out) (optional): the state; untouched when there is none of that name
 *
 * Returns: whether @name names a state
 */
gboolean
sync_state_from_string (const char *name, SyncState *state)
{
  for (guint i = 0; i < SYNC_N_STATES; i++)
    if (g_strcmp0 (name, state_names[i]) == 0)
      {
        if (state != NULL)
          *state = i;
        return TRUE;
      }
  return FALSE;
}

/**
 * sync_state_can:
 * @from: the state a request is in
 * @to: the state it would change to
 *
 * Returns: whether the state table declares that change; staying in a state is no change
 */
gboolean
sync_state_can (SyncState from, SyncState to)
{
  for (guint i = 0; i < G_N_ELEMENTS (edges); i++)
    if (edges[i].from == from && edges[i].to == to)
      return TRUE;
  return FALSE;
}

/**
 * sync_state_dup_sql_edges:
 *
 * Returns: (transfer full): the legal changes as a list of SQL texts, `'pending>sending','pending>conflict',…`, for
 *   a trigger that compares `OLD.status || '>' || NEW.status` with it
 */
char *
sync_state_dup_sql_edges (void)
{
  GString *sql = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (edges); i++)
    g_string_append_printf (sql, "%s'%s>%s'", i > 0 ? "," : "", state_names[edges[i].from], state_names[edges[i].to]);
  return g_string_free (sql, FALSE);
}
