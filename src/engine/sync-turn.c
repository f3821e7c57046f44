/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One turn of the dispatcher is one transaction: every answer that arrived since the last one, and every claim that
 * follows from them. A flush of the disk costs the same for one row as for eight. Nothing is told, and nothing is sent,
 * before the commit; if it fails, the claims were never made and the answers are written again later. Engine's thread
 * only. */
#include "config.h"

#include "sync-engine-private.h"
#include "sync-mutant.h"

/* A change that is told after the commit. */
typedef struct
{
  gint64 id;
  SyncState from;
  SyncState to;
  gboolean conflict; /* a conflict was opened with it */
} News;

struct _SyncTurn
{
  GArray *news;        /* (owned) (element-type News) */
  GPtrArray *answered; /* (owned) (element-type SyncOperation, unowned): their answers are in the transaction */
  GPtrArray *claimed;  /* (owned) (element-type SyncOperation, unowned): to be sent after the commit */
};

/* Opens a turn. The transaction itself begins with the first change. */
void
sync_turn_begin (SyncEngine *self)
{
  g_return_if_fail (self->turn == NULL);

  self->turn = g_new0 (SyncTurn, 1);
  self->turn->news = g_array_new (FALSE, FALSE, sizeof (News));
  self->turn->answered = g_ptr_array_new ();
  self->turn->claimed = g_ptr_array_new ();
  sync_store_begin_group (self->store);
}

static void
tell (SyncEngine *self, const News *news)
{
  sync_engine_tell_row (self, news->id, news->from, news->to);
  if (news->conflict)
    sync_engine_conflict_opened (self, news->id);
  if (news->to == SYNC_STATE_FAILED && news->from != news->to)
    sync_refusal_add (self, news->id);
}

/* A row was changed: told now, or after the turn's commit. */
void
sync_turn_tell (SyncEngine *self, gint64 id, SyncState from, SyncState to, gboolean conflict)
{
  const News news = { id, from, to, conflict };

  if (self->turn != NULL)
    {
      g_array_append_val (self->turn->news, news);
      return;
    }
  sync_engine_count_row (self, from, to);
  sync_engine_refresh (self);
  tell (self, &news);
}

/* The answer of @op is written: it ends now, or after the turn's commit. */
void
sync_turn_add_answered (SyncOperation *op)
{
  if (op->engine->turn != NULL)
    g_ptr_array_add (op->engine->turn->answered, op);
  else
    sync_operation_end (op);
}

/* The row of @op is claimed: it is sent now, or after the turn's commit. */
void
sync_turn_add_claimed (SyncOperation *op)
{
  if (op->engine->turn != NULL && !SYNC_MUTANT ("attempt-after-sending"))
    g_ptr_array_add (op->engine->turn->claimed, op);
  else
    sync_delivery_send (op);
}

/* Operations that take no slot any more, although they still wait for the turn's commit. */
guint
sync_turn_n_answered (SyncEngine *self)
{
  return self->turn != NULL ? self->turn->answered->len : 0;
}

static void
sync_turn_free (SyncTurn *turn)
{
  g_array_unref (turn->news);
  g_ptr_array_unref (turn->answered);
  g_ptr_array_unref (turn->claimed);
  g_free (turn);
}

static void
undo (SyncEngine *self, SyncTurn *turn, const GError *error)
{
  for (guint i = 0; i < turn->answered->len; i++)
    g_queue_push_tail (&self->unwritten, g_ptr_array_index (turn->answered, i));
  for (guint i = 0; i < turn->claimed->len; i++)
    sync_operation_end (g_ptr_array_index (turn->claimed, i));
  sync_engine_set_storage_trouble (self, error);
}

/* A row in which an id was rewritten may be claimed in the same turn: then it is no longer what it was. */
static gboolean
is_overtaken (const SyncTurn *turn, guint place)
{
  const News *news = &g_array_index (turn->news, News, place);

  for (guint i = place + 1; news->from == news->to && i < turn->news->len; i++)
    if (g_array_index (turn->news, News, i).id == news->id)
      return TRUE;
  return FALSE;
}

static void
carry_out (SyncEngine *self, SyncTurn *turn)
{
  if (turn->news->len > 0)
    self->storage_trouble = self->disk_rests = FALSE;
  for (guint i = 0; i < turn->news->len; i++)
    sync_engine_count_row (self, g_array_index (turn->news, News, i).from, g_array_index (turn->news, News, i).to);
  if (turn->news->len > 0)
    sync_engine_refresh (self);
  for (guint i = 0; i < turn->news->len; i++)
    if (!is_overtaken (turn, i))
      tell (self, &g_array_index (turn->news, News, i));
  for (guint i = 0; i < turn->answered->len; i++)
    sync_operation_end (g_ptr_array_index (turn->answered, i));
  for (guint i = 0; i < turn->claimed->len; i++)
    sync_delivery_send (g_ptr_array_index (turn->claimed, i));
}

/* Commits the turn, then tells and sends; or takes all of it back. */
void
sync_turn_end (SyncEngine *self)
{
  SyncTurn *turn = g_steal_pointer (&self->turn);
  g_autoptr (GError) error = NULL;

  if (sync_store_commit_group (self->store, &error))
    carry_out (self, turn);
  else
    undo (self, turn, error);
  sync_turn_free (turn);
}
