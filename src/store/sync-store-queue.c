/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Acceptance: a request becomes a row, and its key is fixed from then on. A whole group is one transaction
 * with a savepoint each, so that one that cannot be accepted spoils nothing for the others. */
#include "config.h"

#include <string.h>

#include "sync-body.h"
#include "sync-placeholder.h"
#include "sync-store-private.h"
#include "sync-summary.h"
#include "sync-mutant.h"

/* A step of priority is worth ten minutes of waiting, so that nothing starves. */
#define MS_PER_PRIORITY 600000
/* Why a row was given up in whose place another one makes the document. */
#define MADE_ANEW "its key is in the way: made anew under a key of its own"

/* The row that holds a key, as acceptance needs it. */
typedef struct
{
  gint64 id; /* 0: nobody holds it */
  SyncState state;
  char *fingerprint;  /* (owned) */
  gboolean untouched; /* never sent, or refused without any effect: its key may be taken over */
  char *lane;         /* (owned) */
  gint64 order_ms;
  gint64 place;
  gboolean is_head;
} Holder;

static void
holder_clear (Holder *self)
{
  g_free (self->fingerprint);
  g_free (self->lane);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Holder, holder_clear)

static const char *
type_of (const SyncRequest *request)
{
  return request->resource_type != NULL ? request->resource_type : "";
}

/**
 * sync_acceptance_new:
 * @request: (transfer full): what is to be accepted
 *
 * Returns: (transfer full): an acceptance for sync_store_accept()
 */
SyncAcceptance *
sync_acceptance_new (SyncRequest *request)
{
  SyncAcceptance *self = g_new0 (SyncAcceptance, 1);

  self->request = request;
  return self;
}

/**
 * sync_acceptance_free:
 * @self: (transfer full): an acceptance
 *
 * Frees it with its request and its error.
 */
void
sync_acceptance_free (SyncAcceptance *self)
{
  g_clear_pointer (&self->request, sync_request_unref);
  g_free (self->actor);
  g_clear_error (&self->error);
  g_free (self);
}

static gboolean
find_holder (SyncStore *self, const SyncRequest *request, gint64 other_than, Holder *holder, GError **error)
{
  g_autoptr (SyncStatement) stmt = sync_store_prepare (self, SYNC_STATEMENT_FIND_HOLDER, error);
  gboolean has_row;
  gboolean unsent;
  gboolean refused;

  if (stmt == NULL
      || !sync_store_bind (self, stmt, error, "ssssi", request->site, request->family, type_of (request),
                           request->key, other_than)
      || !sync_store_step (self, stmt, &has_row, error))
    return FALSE;
  if (!has_row)
    return TRUE;
  holder->id = sqlite3_column_int64 (stmt, 0);
  sync_state_from_string ((const char *) sqlite3_column_text (stmt, 1), &holder->state);
  holder->fingerprint = sync_store_dup_column (stmt, 2);
  unsent = holder->state == SYNC_STATE_PENDING && sqlite3_column_int (stmt, 3) == 0;
  refused = holder->state == SYNC_STATE_FAILED && sqlite3_column_int (stmt, 4) == 0;
  /* A step that is done, or a name on the server, is an effect. */
  holder->untouched = (unsent || refused) && sqlite3_column_int (stmt, 5) == 0
                      && sqlite3_column_type (stmt, 6) == SQLITE_NULL;
  holder->lane = sync_store_dup_column (stmt, 7);
  holder->order_ms = sqlite3_column_int64 (stmt, 8);
  holder->place = sqlite3_column_int64 (stmt, 9);
  holder->is_head = sqlite3_column_int (stmt, 10);
  return TRUE;
}

static gboolean
find_delivered (SyncStore *self, const SyncRequest *request, gint64 *id, char **fingerprint, GError **error)
{
  g_autoptr (SyncStatement) stmt = sync_store_prepare (self, SYNC_STATEMENT_FIND_DELIVERED, error);
  gboolean has_row;

  if (stmt == NULL
      || !sync_store_bind (self, stmt, error, "ssss", request->site, request->family, type_of (request),
                           request->key)
      || !sync_store_step (self, stmt, &has_row, error))
    return FALSE;
  *id = has_row ? sqlite3_column_int64 (stmt, 0) : 0;
  if (has_row && fingerprint != NULL)
    *fingerprint = sync_store_dup_column (stmt, 1);
  return TRUE;
}

static gboolean
find_discarded (SyncStore *self, const SyncRequest *request, gint64 *id, GError **error)
{
  g_autoptr (SyncStatement) stmt = sync_store_prepare (self, SYNC_STATEMENT_FIND_DISCARDED, error);
  gboolean has_row;

  if (stmt == NULL
      || !sync_store_bind (self, stmt, error, "sssss", request->site, request->family, type_of (request),
                           request->key, request->fingerprint)
      || !sync_store_step (self, stmt, &has_row, error))
    return FALSE;
  *id = has_row ? sqlite3_column_int64 (stmt, 0) : 0;
  return TRUE;
}

/* The row with a key of its own that does what was to be done under this one, did it, or was given up with it; @id 0: none. */
static gboolean
find_successor (SyncStore *self, const SyncRequest *request, gint64 *id, SyncState *state, gboolean *same, GError **error)
{
  g_autoptr (SyncStatement) stmt = sync_store_prepare (self, SYNC_STATEMENT_FIND_SUPERSEDED, error);
  gboolean has_row;

  if (stmt == NULL
      || !sync_store_bind (self, stmt, error, "sssss", request->site, request->family, type_of (request), request->key,
                           request->fingerprint)
      || !sync_store_step (self, stmt, &has_row, error))
    return FALSE;
  *id = has_row ? sqlite3_column_int64 (stmt, 0) : 0;
  *same = has_row && sqlite3_column_int (stmt, 1);
  *state = SYNC_STATE_COMPLETED;
  while (*id != 0)
    {
      g_auto (SyncStoreRow) row = SYNC_STORE_ROW_INIT;
      g_autoptr (GError) missing = NULL;

      /* What is forgotten was delivered. */
      if (!sync_store_row_load (self, *id, &row, &missing))
        {
          if (g_error_matches (missing, SYNC_ERROR, SYNC_ERROR_NOT_FOUND))
            return TRUE;
          g_propagate_error (error, g_steal_pointer (&missing));
          return FALSE;
        }
      *state = row.request->state;
      if (*state != SYNC_STATE_DISCARDED || row.request->superseded_by == 0)
        {
          if (sync_key_is_same (row.request->key, request->key))
            *id = 0;
          return TRUE;
        }
      *id = row.request->superseded_by;
    }
  return TRUE;
}

/**
 * sync_store_find_holder:
 * @self: a store
 * @request: a request
 * @other_than: a row that does not count
 * @holder: (out): the row that holds the request's key, or was delivered with it and forgotten since; 0 if
 * none
 * @state: (out): its state
 *
 * Returns: whether it could be told
 */
gboolean
sync_store_find_holder (SyncStore *self, const SyncRequest *request, gint64 other_than, gint64 *holder,
                        SyncState *state, GError **error)
{
  g_auto (Holder) found = { 0 };

  if (!find_holder (self, request, other_than, &found, error))
    return FALSE;
  *holder = found.id;
  *state = found.state;
  if (found.id != 0)
    return TRUE;
  *state = SYNC_STATE_COMPLETED;
  if (!find_delivered (self, request, holder, NULL, error))
    return FALSE;
  if (*holder == other_than)
    *holder = 0;
  return TRUE;
}

static void
take_existing (SyncAcceptance *acceptance, gint64 id, SyncState state)
{
  acceptance->id = id;
  acceptance->state = state;
  acceptance->existing = TRUE;
}

static void
refuse_key (SyncAcceptance *acceptance, gint64 id, SyncState state, GError **error)
{
  acceptance->id = id;
  acceptance->state = state;
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_KEY_CONFLICT,
               "the key “%s” belongs to request %" G_GINT64_FORMAT
               " (%s), which has other content: send this one with a "
               "key of its own",
               acceptance->request->key, id, sync_state_to_string (state));
}

static gboolean
check_request (const SyncRequest *request, GError **error)
{
  const char *missing = NULL;

  if (request->site == NULL)
    missing = "site";
  else if (request->family == NULL)
    missing = "family";
  else if (request->fingerprint == NULL)
    missing = "fingerprint";
  else if (request->method == NULL)
    missing = "method";
  else if (request->url == NULL)
    missing = "url";
  else if (request->action == NULL)
    missing = "action";
  else if (request->key == NULL || request->key[strspn (request->key, " ")] == '\0')
    missing = "key";
  if (missing != NULL)
    g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID, "the request has no %s", missing);
  else if (request->priority < 0 || request->priority > 3)
    g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID, "the priority is %d: it is 0 (first) to 3",
                 request->priority);
  else
    return TRUE;
  return FALSE;
}

/* The old row gives up key, order, place, lane and dependants. */
static gboolean
supersede (SyncStore *self, const Holder *holder, gint64 id, const char *actor, gint64 now_ms, GError **error)
{
  const char *reason = holder->state == SYNC_STATE_CONFLICT ? MADE_ANEW : "replaced by a request with the same key";

  return sync_store_run (self, SYNC_STATEMENT_SUPERSEDE, error, "iisi", holder->id, id, reason, now_ms)
         && sync_store_run (self, SYNC_STATEMENT_MOVE_DEPENDANTS, error, "ii", holder->id, id)
         && sync_store_audit_add (self, holder->id, sync_state_to_string (holder->state),
                                  SYNC_STATE_DISCARDED, actor, reason, now_ms, error);
}

static gboolean
insert_row (SyncStore *self, gint64 id, const SyncRequest *request, const SyncStoreMentions *mentions,
            const char *lane, gint64 place, gint64 order_ms, gboolean is_head, gint64 now_ms, GError **error)
{
  g_autofree char *checksum = sync_store_body_checksum (request->accepted_body);
  GBytes *replaced = mentions->body != NULL ? mentions->body : request->effective_body;
  g_autoptr (GBytes) accepted = sync_store_body_encode (request->accepted_body);
  g_autoptr (GBytes) effective = sync_store_body_encode (replaced);
  g_autoptr (SyncSummary) summary
    = sync_summary_new (request->content_type, replaced != NULL ? replaced : request->accepted_body);
  g_autofree char *party = sync_store_shown_fold (sync_summary_get_party (summary));
  g_autoptr (GBytes) base = sync_store_body_encode (request->base_document);

  return sync_store_run (
    self, SYNC_STATEMENT_INSERT_REQUEST, error, "idiissssssssssssssssddiisbbbiiss", id, is_head, order_ms, place,
    lane, request->site, request->family, type_of (request), request->key, request->fingerprint,
    request->method, request->url, mentions->url != NULL ? mentions->url : request->effective_url,
    request->headers, request->content_type, request->author, request->action, request->group_name,
    mentions->resource_id != NULL ? mentions->resource_id : request->resource_id, request->base_modified,
    (int) request->step, request->priority, now_ms, request->undo_of, checksum, accepted, effective, base,
    sync_clock_boot_us (self->clock), request->accepted_server_ms, party, summary->amount);
}

/* The names by which later writes may call a document that this request makes. */
static gboolean
add_names (SyncStore *self, gint64 id, const SyncRequest *request, const char *lane, gint64 now_ms, GError **error)
{
  g_autofree char *placeholder = NULL;

  if (request->resource_type == NULL || (request->lane != NULL && *request->lane != '\0'))
    return TRUE;
  placeholder = sync_placeholder_dup (request->key);
  return sync_store_lane_add_name (self, request, lane, placeholder, NULL, id, now_ms, error)
         && (request->resource_id == NULL
             || sync_store_lane_add_name (self, request, lane, request->resource_id, NULL, 0, now_ms, error));
}

static gboolean
insert (SyncStore *self, SyncAcceptance *acceptance, const Holder *holder, GError **error)
{
  const SyncRequest *request = acceptance->request;
  const char *actor = acceptance->actor != NULL ? acceptance->actor : request->author != NULL ? request->author : "caller";
  gint64 now_ms = sync_clock_wall_ms (self->clock);
  gint64 order_ms = now_ms + (gint64) MS_PER_PRIORITY * request->priority;
  g_auto (SyncStoreMentions) mentions = { NULL };
  g_autofree char *lane = NULL;
  gboolean is_head;
  gint64 place;
  gint64 id;

  if (!sync_store_placeholder_find (self, request, sync_request_get_body (request), &mentions, error))
    return FALSE;

  {
    g_autoptr (SyncStatement) stmt = sync_store_prepare (self, SYNC_STATEMENT_NEXT_ID, error);

    if (stmt == NULL || !sync_store_step (self, stmt, NULL, error))
      return FALSE;
    id = place = sqlite3_column_int64 (stmt, 0);
  }
  if (holder->id != 0)
    {
      lane = g_strdup (holder->lane);
      order_ms = holder->order_ms;
      place = holder->place;
      is_head = holder->is_head;
      if (!sync_store_dependency_check_order (self, request->depends_on, holder->id, lane, place, error)
          || !sync_store_dependency_check_order (self, mentions.parents, holder->id, lane, place, error)
          || !supersede (self, holder, id, actor, now_ms, error))
        return FALSE;
    }
  else if (!sync_store_lane_find (self, request, &lane, error)
           || !sync_store_lane_is_empty (self, lane, &is_head, error))
    return FALSE;
  if (!insert_row (self, id, request, &mentions, lane, place, order_ms, is_head, now_ms, error)
      || !sync_store_lane_follow_base (self, id, lane, request->base_modified, error)
      || !sync_store_dependency_add (self, id, request, mentions.parents, holder->id, error)
      || !add_names (self, id, request, lane, now_ms, error)
      || !sync_store_audit_add (self, id, NULL, SYNC_STATE_PENDING, actor, "accepted", now_ms, error))
    return FALSE;
  acceptance->id = id;
  acceptance->state = SYNC_STATE_PENDING;
  acceptance->replaced = holder->id;
  return TRUE;
}

/* A row in conflict, whose key itself is in the way, gives its place to one with another key: what waits for it waits for that
 * one. */
static gboolean
take_place (SyncStore *self, SyncAcceptance *acceptance, GError **error)
{
  const SyncRequest *request = acceptance->request;
  g_auto (SyncStoreRow) row = SYNC_STORE_ROW_INIT;
  g_auto (Holder) holder = { 0 };
  g_auto (Holder) other = { 0 };
  gint64 now_ms = sync_clock_wall_ms (self->clock);

  if (!sync_store_row_load (self, acceptance->replaces, &row, error)
      || !find_holder (self, row.request, 0, &holder, error) || !find_holder (self, request, 0, &other, error))
    return FALSE;
  if (other.id != 0)
    {
      refuse_key (acceptance, other.id, other.state, error);
      return FALSE;
    }
  if (holder.id != acceptance->replaces || holder.state != SYNC_STATE_CONFLICT)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_STALE, "request %" G_GINT64_FORMAT " is not in conflict any more",
                   acceptance->replaces);
      return FALSE;
    }
  return insert (self, acceptance, &holder, error)
         && sync_store_run (self, SYNC_STATEMENT_MOVE_NAMES, error, "iis", acceptance->replaces, acceptance->id, request->site)
         && sync_store_conflict_close (self, acceptance->replaces, "resolved", "local_wins", request->accepted_body,
                                       acceptance->actor != NULL ? acceptance->actor : "caller", MADE_ANEW, now_ms, error);
}

static gboolean
accept_one (SyncStore *self, SyncAcceptance *acceptance, GError **error)
{
  const SyncRequest *request = acceptance->request;
  g_auto (Holder) holder = { 0 };
  g_autofree char *fingerprint = NULL;
  SyncState state;
  gboolean same;
  gint64 id;

  if (!check_request (request, error))
    return FALSE;
  if (acceptance->replaces != 0)
    return take_place (self, acceptance, error);
  if (!find_holder (self, request, 0, &holder, error))
    return FALSE;
  if (SYNC_MUTANT ("dedup-by-content"))
    {
      g_autofree char *sql = g_strdup_printf ("SELECT max (id) FROM offline_requests WHERE fingerprint = '%s'", request->fingerprint);

      if (!sync_store_query_int (self, sql, &id, error))
        return FALSE;
      if (id != 0)
        {
          take_existing (acceptance, id, SYNC_STATE_PENDING);
          return TRUE;
        }
    }
  if (holder.id != 0 && g_strcmp0 (holder.fingerprint, request->fingerprint) == 0)
    {
      take_existing (acceptance, holder.id, holder.state);
      return TRUE;
    }
  if (holder.id != 0 && !holder.untouched)
    {
      refuse_key (acceptance, holder.id, holder.state, error);
      return FALSE;
    }
  if (holder.id != 0)
    return insert (self, acceptance, &holder, error);

  if (!find_delivered (self, request, &id, &fingerprint, error))
    return FALSE;
  if (id != 0 && g_strcmp0 (fingerprint, request->fingerprint) == 0)
    {
      take_existing (acceptance, id, SYNC_STATE_COMPLETED);
      return TRUE;
    }
  if (id != 0)
    {
      refuse_key (acceptance, id, SYNC_STATE_COMPLETED, error);
      return FALSE;
    }
  if (!find_successor (self, request, &id, &state, &same, error))
    return FALSE;
  if (id != 0 && same)
    {
      take_existing (acceptance, id, state);
      return TRUE;
    }
  if (id != 0 && state != SYNC_STATE_DISCARDED)
    {
      refuse_key (acceptance, id, state, error);
      return FALSE;
    }
  if (!find_discarded (self, request, &id, error))
    return FALSE;
  if (id != 0)
    {
      take_existing (acceptance, id, SYNC_STATE_DISCARDED);
      return TRUE;
    }
  return insert (self, acceptance, &holder, error);
}

/* Whether an error says something of this acceptance only, not of the database. */
static gboolean
is_about_one (const GError *error)
{
  return g_error_matches (error, SYNC_ERROR, SYNC_ERROR_INVALID)
         || g_error_matches (error, SYNC_ERROR, SYNC_ERROR_KEY_CONFLICT)
         || g_error_matches (error, SYNC_ERROR, SYNC_ERROR_NOT_FOUND)
         || g_error_matches (error, SYNC_ERROR, SYNC_ERROR_REFUSED);
}

static void
reset_acceptance (SyncAcceptance *acceptance)
{
  acceptance->id = 0;
  acceptance->state = SYNC_STATE_PENDING;
  acceptance->existing = FALSE;
  acceptance->replaced = 0;
  g_clear_error (&acceptance->error);
}

static gboolean
accept_within_savepoint (SyncStore *self, SyncAcceptance *acceptance, GError **error)
{
  reset_acceptance (acceptance);
  if (!sync_store_run (self, SYNC_STATEMENT_SAVEPOINT, error, ""))
    return FALSE;
  if (!accept_one (self, acceptance, &acceptance->error))
    {
      if (!is_about_one (acceptance->error))
        {
          g_propagate_error (error, g_steal_pointer (&acceptance->error));
          return FALSE;
        }

      if (!sync_store_run (self, SYNC_STATEMENT_SAVEPOINT_ROLLBACK, error, "")
          || !sync_store_reload (self, error))
        return FALSE;
    }
  return sync_store_run (self, SYNC_STATEMENT_SAVEPOINT_RELEASE, error, "");
}

static gboolean
accept_verb (SyncStore *self, gpointer data, GError **error)
{
  GPtrArray *acceptances = data;

  for (guint i = 0; i < acceptances->len; i++)
    if (!accept_within_savepoint (self, g_ptr_array_index (acceptances, i), error))
      return FALSE;
  return TRUE;
}

static gboolean
check_room (SyncStore *self, GError **error)
{
  gint64 free_bytes = sync_store_directory_get_free_bytes (self->directory, &self->options);

  if (free_bytes < self->options.min_free_bytes)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_DISK_FULL,
                   "only %" G_GINT64_FORMAT
                   " MB are free on the disk that holds “%s”, too little to promise that nothing "
                   "is lost: free at least %" G_GINT64_FORMAT " MB",
                   free_bytes / 1000000, self->directory,
                   (self->options.min_free_bytes - free_bytes) / 1000000 + 1);
      return FALSE;
    }
  /* Room came back after the reserve was given up. */
  if (!self->has_reserve && free_bytes - self->options.reserve_bytes > self->options.min_free_bytes)
    self->has_reserve = sync_store_directory_make_reserve (self->directory, self->options.reserve_bytes);
  return TRUE;
}

/**
 * sync_store_accept:
 * @self: a store
 * @acceptances: (element-type SyncAcceptance): one or many requests
 *
 * Takes requests into the queue, all in one transaction. Each acceptance says afterwards which row stands for
 * it; one that could not be accepted has an error of its own: %SYNC_ERROR_INVALID, %SYNC_ERROR_KEY_CONFLICT
 * (with id and state of the row that holds the key), %SYNC_ERROR_NOT_FOUND or %SYNC_ERROR_REFUSED (what it
 * depends on is not there, or was given up). A request with a `group_name` waits for the one accepted before
 * it in that group. A row whose key is taken over by other content hands on its order, its place in the lane
 * and those who depend on it.
 *
 * Returns: TRUE if all that have no error are durable; FALSE if none is: %SYNC_ERROR_DISK_FULL or
 *   %SYNC_ERROR_STORAGE, both transient, or %SYNC_ERROR_CORRUPT
 */
gboolean
sync_store_accept (SyncStore *self, GPtrArray *acceptances, GError **error)
{
  guint n = acceptances->len;

  sync_store_assert_usable (self);
  if (!self->read_only && !check_room (self, error))
    return FALSE;
  if (sync_store_run_verb (self, accept_verb, acceptances, error))
    return TRUE;
  for (guint i = 0; i < n; i++)
    reset_acceptance (g_ptr_array_index (acceptances, i));
  return FALSE;
}
