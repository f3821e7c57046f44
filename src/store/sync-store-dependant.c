/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What follows for those that wait: they fail when the request that they wait for is given up, they come back
 * with it, and they can be listed before either. The mark `lost` on a dependency says that the row failed
 * because of it and of nothing else. All but the list runs within the transaction of a verb. */
#include "config.h"

#include "sync-store-private.h"

/* One row that depends on another. */
typedef struct
{
  gint64 id;
  SyncState state;
  gboolean met;
  gboolean mentioned;
  gboolean lost;
} Dependant;

static GArray *
load (SyncStore *self, gint64 parent, GError **error)
{
  g_autoptr (SyncStatement) stmt = sync_store_prepare (self, SYNC_STATEMENT_LIST_DEPENDANTS, error);
  g_autoptr (GArray) dependants = g_array_new (FALSE, TRUE, sizeof (Dependant));
  gboolean has_row;

  if (stmt == NULL || !sync_store_bind (self, stmt, error, "i", parent))
    return NULL;
  for (;;)
    {
      Dependant found = { 0 };

      if (!sync_store_step (self, stmt, &has_row, error))
        return NULL;
      if (!has_row)
        return g_steal_pointer (&dependants);
      found.id = sqlite3_column_int64 (stmt, 0);
      sync_state_from_string ((const char *) sqlite3_column_text (stmt, 1), &found.state);
      found.met = sqlite3_column_int (stmt, 2);
      found.mentioned = sqlite3_column_int (stmt, 3);
      found.lost = sqlite3_column_int (stmt, 4);
      g_array_append_val (dependants, found);
    }
}

/* Tells the caller of sync_store_change() of a row that changed with its own. */
void
sync_store_note_other (GArray *others, gint64 id, SyncState from, SyncState to)
{
  const SyncOtherChange other = { id, from, to };

  if (others != NULL)
    g_array_append_val (others, other);
}

static gboolean
has_id (GArray *ids, gint64 id)
{
  for (guint i = 0; i < ids->len; i++)
    if (g_array_index (ids, gint64, i) == id)
      return TRUE;
  return FALSE;
}

static gboolean
fail_one (SyncStore *self, gint64 id, const SyncStoreSpread *spread, const char *message, GError **error)
{
  sync_store_note_other (spread->others, id, SYNC_STATE_PENDING, SYNC_STATE_FAILED);
  return sync_store_run (self, SYNC_STATEMENT_FAIL_DEPENDANT, error, "isi", id, message, spread->now_ms)
         && sync_store_audit_add (self, id, "pending", SYNC_STATE_FAILED, spread->actor, message, spread->now_ms,
                                  error);
}

static gboolean
fail_dependants_of (SyncStore *self, gint64 parent, const SyncStoreSpread *spread, gboolean mentioned_only,
                    const char *message, GArray *failed, GError **error)
{
  g_autoptr (GArray) dependants = load (self, parent, error);

  if (dependants == NULL
      || !sync_store_run (self, SYNC_STATEMENT_ASK_DEPENDANTS, error, "isi", parent, message, spread->now_ms))
    return FALSE;
  for (guint i = 0; i < dependants->len; i++)
    {
      const Dependant *dependant = &g_array_index (dependants, Dependant, i);

      if (dependant->met || (mentioned_only && !dependant->mentioned))
        continue;
      if (dependant->state == SYNC_STATE_PENDING)
        {
          if (!fail_one (self, dependant->id, spread, message, error))
            return FALSE;
          g_array_append_val (failed, dependant->id);
        }
      /* By another way it may have failed a moment ago. */
      else if (!has_id (failed, dependant->id))
        continue;
      if (!sync_store_run (self, SYNC_STATEMENT_MARK_LOST, error, "ii", dependant->id, parent))
        return FALSE;
    }
  return TRUE;
}

static gboolean
fail_all (SyncStore *self, gint64 parent, const SyncStoreSpread *spread, gboolean mentioned_only,
          const char *message, GError **error)
{
  g_autoptr (GArray) failed = g_array_new (FALSE, FALSE, sizeof (gint64));

  if (!fail_dependants_of (self, parent, spread, mentioned_only, message, failed, error))
    return FALSE;
  /* The list grows while it is walked; each row fails once, since it is no longer pending then. */
  for (guint i = 0; i < failed->len; i++)
    if (!fail_dependants_of (self, g_array_index (failed, gint64, i), spread, FALSE, message, failed, error))
      return FALSE;
  return TRUE;
}

/**
 * sync_store_dependant_fail:
 * @self: a store
 * @parent: a row that was given up
 * @spread: when, by whom, and who hears of it
 *
 * Fails whatever waits for it, and what waits for that. A row that waits for it and is unknown (of a restored
 * database) may have been delivered: it is for a person, since its turn to be looked for never comes.
 *
 * Returns: whether it could
 */
gboolean
sync_store_dependant_fail (SyncStore *self, gint64 parent, const SyncStoreSpread *spread, GError **error)
{
  g_autofree char *message
    = g_strdup_printf ("request %" G_GINT64_FORMAT ", on which it depends, was given up", parent);

  return fail_all (self, parent, spread, FALSE, message, error);
}

/**
 * sync_store_dependant_fail_nameless:
 * @self: a store
 * @parent: a row that is done, while nobody knows what its document is called
 * @spread: when, by whom, and who hears of it
 *
 * Fails whatever waits for that name.
 *
 * Returns: whether it could
 */
gboolean
sync_store_dependant_fail_nameless (SyncStore *self, gint64 parent, const SyncStoreSpread *spread, GError **error)
{
  g_autofree char *message = g_strdup_printf (
    "request %" G_GINT64_FORMAT " is done, but the server did not say what its document is called: look there, "
    "and put the real name in the place of its placeholder", parent);

  return fail_all (self, parent, spread, TRUE, message, error);
}

/* One that failed because of @parent: it comes back, unless it waits in vain for another one too. */
static gboolean
take_back_one (SyncStore *self, gint64 id, const SyncStoreSpread *spread, gboolean *taken, GError **error)
{
  const char *reason = "taken back with the request on which it depends";
  gint64 lost;

  if (!sync_store_run (self, SYNC_STATEMENT_CLEAR_LOST, error, "i", id)
      || !sync_store_dependency_find_lost (self, id, &lost, NULL, error))
    return FALSE;
  *taken = lost == 0;
  if (lost != 0)
    return sync_store_run (self, SYNC_STATEMENT_MARK_LOST, error, "ii", id, lost);
  sync_store_note_other (spread->others, id, SYNC_STATE_FAILED, SYNC_STATE_PENDING);
  return sync_store_run (self, SYNC_STATEMENT_TAKE_BACK_DEPENDANT, error, "ii", id, spread->now_ms)
         && sync_store_audit_add (self, id, "failed", SYNC_STATE_PENDING, spread->actor, reason, spread->now_ms,
                                  error);
}

/**
 * sync_store_dependant_take_back:
 * @self: a store
 * @parent: a row that was taken back
 * @spread: when, by whom, and who hears of it
 *
 * Takes back whatever failed because @parent was given up, and what failed because of that; nothing that
 * failed for another reason.
 *
 * Returns: whether it could
 */
gboolean
sync_store_dependant_take_back (SyncStore *self, gint64 parent, const SyncStoreSpread *spread, GError **error)
{
  g_autoptr (GArray) taken = g_array_new (FALSE, FALSE, sizeof (gint64));

  g_array_append_val (taken, parent);
  for (guint i = 0; i < taken->len; i++)
    {
      g_autoptr (GArray) dependants = load (self, g_array_index (taken, gint64, i), error);

      if (dependants == NULL)
        return FALSE;
      for (guint j = 0; j < dependants->len; j++)
        {
          const Dependant *dependant = &g_array_index (dependants, Dependant, j);
          gboolean is_back = FALSE;

          if (!dependant->lost || dependant->state != SYNC_STATE_FAILED)
            continue;
          if (!take_back_one (self, dependant->id, spread, &is_back, error))
            return FALSE;
          if (is_back)
            g_array_append_val (taken, dependant->id);
        }
    }
  return TRUE;
}

/**
 * sync_store_dependant_rewrite:
 * @self: a store
 * @parent: a row whose document has a name on the server now
 * @name: that name
 * @spread: when, by whom, and who hears of it
 *
 * Puts the name in the place of the placeholder in everything that waits for @parent and mentions it.
 *
 * Returns: whether it could
 */
gboolean
sync_store_dependant_rewrite (SyncStore *self, const SyncRequest *parent, const char *name,
                              const SyncStoreSpread *spread, GError **error)
{
  g_autoptr (GArray) dependants = load (self, parent->id, error);

  if (dependants == NULL)
    return FALSE;
  for (guint i = 0; i < dependants->len; i++)
    {
      const Dependant *dependant = &g_array_index (dependants, Dependant, i);
      g_autoptr (GError) damage = NULL;
      gboolean changed = FALSE;

      if (dependant->met || !dependant->mentioned || dependant->state == SYNC_STATE_COMPLETED
          || dependant->state == SYNC_STATE_DISCARDED)
        continue;
      if (!sync_store_placeholder_apply (self, dependant->id, parent, name, &changed, &damage))
        {
          /* What is damaged is put aside when its turn comes; it does not keep others from being done. */
          if (g_error_matches (damage, SYNC_ERROR, SYNC_ERROR_CORRUPT) && !self->damaged)
            continue;
          g_propagate_error (error, g_steal_pointer (&damage));
          return FALSE;
        }
      if (changed)
        sync_store_note_other (spread->others, dependant->id, dependant->state, dependant->state);
    }
  return TRUE;
}

static gboolean
is_wanted (const Dependant *dependant, SyncDependants which)
{
  switch (which)
    {
    case SYNC_DEPENDANTS_DIRECT:
      return TRUE;
    case SYNC_DEPENDANTS_LOST:
      return dependant->lost && dependant->state == SYNC_STATE_FAILED;
    case SYNC_DEPENDANTS_NAME:
      return dependant->mentioned && !dependant->met && dependant->state != SYNC_STATE_COMPLETED
             && dependant->state != SYNC_STATE_DISCARDED;
    case SYNC_DEPENDANTS_WAITING:
    default:
      return !dependant->met && dependant->state != SYNC_STATE_COMPLETED
             && dependant->state != SYNC_STATE_DISCARDED;
    }
}

static int
compare_ids (gconstpointer a, gconstpointer b)
{
  gint64 first = *(const gint64 *) a, second = *(const gint64 *) b;

  return (first > second) - (first < second);
}

/**
 * sync_store_list_dependants:
 * @self: a store or a reader
 * @id: of a row
 * @which: which of those that depend on it
 *
 * Those that wait, and those that failed with it, are followed to the end: what waits for them is in the list
 * too.
 *
 * Returns: (transfer full) (element-type gint64): ids in order; NULL with %SYNC_ERROR_STORAGE
 */
GArray *
sync_store_list_dependants (SyncStore *self, gint64 id, SyncDependants which, GError **error)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  gboolean follow = which == SYNC_DEPENDANTS_WAITING || which == SYNC_DEPENDANTS_LOST;
  gint64 parent = id;

  sync_store_assert_usable (self);
  for (guint next = 0;; next++)
    {
      g_autoptr (GArray) dependants = load (self, parent, error);

      if (dependants == NULL)
        return NULL;
      for (guint i = 0; i < dependants->len; i++)
        {
          const Dependant *dependant = &g_array_index (dependants, Dependant, i);

          if (is_wanted (dependant, which) && !has_id (ids, dependant->id))
            g_array_append_val (ids, dependant->id);
        }
      if (!follow || next >= ids->len)
        break;
      parent = g_array_index (ids, gint64, next);
    }
  g_array_sort (ids, compare_ids);
  return g_steal_pointer (&ids);
}
