/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Was the promise kept? Asked of the till's database and of the site's ledger, which know nothing of each other. */
#include "config.h"

#include "sim-world.h"

#include "sim-questions.h"
#include "sim-trace.h"

#include "sync-state.h"

#include <sqlite3.h>
#include <string.h>

/* Each is a list of request ids that must be empty. */
static const struct
{
  const char *words;
  const char *sql;
} always_empty[] = {
#define SIM_QUESTION(text, query) { .words = text, .sql = query },
  SIM_QUESTIONS (SIM_QUESTION)
#undef SIM_QUESTION
};

/* Its own connection to the database, and the questions, asked again and again. */
typedef struct
{
  sqlite3 *db;                                            /* (owned) */
  sqlite3_stmt *questions[G_N_ELEMENTS (always_empty)]; /* (owned) */
} Witness;

static sqlite3_stmt *
prepare (sqlite3 *db, const char *sql)
{
  sqlite3_stmt *stmt = NULL;

  if (sqlite3_prepare_v2 (db, sql, -1, &stmt, NULL) != SQLITE_OK)
    sim_violation ("%s: %s", sql, sqlite3_errmsg (db));
  return stmt;
}

static void
check_empty (const Witness *witness)
{
  for (guint i = 0; i < G_N_ELEMENTS (always_empty); i++)
    {
      sqlite3_stmt *stmt = witness->questions[i];
      int rc = sqlite3_step (stmt);

      if (rc == SQLITE_ROW)
        sim_violation ("request %" G_GINT64_FORMAT " %s", (gint64) sqlite3_column_int64 (stmt, 0), always_empty[i].words);
      if (rc != SQLITE_DONE)
        sim_violation ("“%s” cannot be asked: %s", always_empty[i].words, sqlite3_errmsg (witness->db));
      sqlite3_reset (stmt);
    }
}

/* From now on it has a connection of its own, until sim_oracle_check_end(). */
void
sim_oracle_begin (SimWorld *world)
{
  g_autofree char *path = g_build_filename (world->directory, SYNC_STORE_FILE, NULL);
  Witness *witness = g_new0 (Witness, 1);

  if (sqlite3_open_v2 (path, &witness->db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
    sim_violation ("the database does not open: %s", sqlite3_errmsg (witness->db));
  for (guint i = 0; i < G_N_ELEMENTS (always_empty); i++)
    witness->questions[i] = prepare (witness->db, always_empty[i].sql);
  world->witness = witness;
}

static void
witness_free (Witness *witness)
{
  for (guint i = 0; i < G_N_ELEMENTS (always_empty); i++)
    sqlite3_finalize (witness->questions[i]);
  sqlite3_close (witness->db);
  g_free (witness);
}

/* Nothing waits unseen: whatever can go by itself has gone; the rest waits for a person, or behind one that does. */
void
sim_oracle_check_waiting (SimWorld *world)
{
  check_empty (world->witness);
  if (sync_store_get_next_due_us (world->store) >= 0)
    sim_violation ("something is due, and nothing has happened for hours");
}

/* Each change of a row begins where the one before it ended. */
static void
check_continuity (sqlite3 *db)
{
  sqlite3_stmt *stmt = prepare (db, "SELECT request_id, from_status, before FROM (SELECT request_id, from_status, lag (to_status)"
                                    " OVER (PARTITION BY request_id ORDER BY id) AS before FROM audit)"
                                    " WHERE from_status IS NOT before LIMIT 1");

  if (sqlite3_step (stmt) == SQLITE_ROW)
    sim_violation ("request %" G_GINT64_FORMAT " went on from %s, and was %s", (gint64) sqlite3_column_int64 (stmt, 0),
                   sqlite3_column_text (stmt, 1), sqlite3_column_text (stmt, 2));
  sqlite3_finalize (stmt);
}

static void
check_edges (sqlite3 *db)
{
  sqlite3_stmt *stmt = prepare (db, "SELECT from_status, to_status FROM audit");

  while (sqlite3_step (stmt) == SQLITE_ROW)
    {
      const char *from = (const char *) sqlite3_column_text (stmt, 0);
      const char *to = (const char *) sqlite3_column_text (stmt, 1);
      SyncState a, b;

      sim_cover_edge (from, to);
      if (!sync_state_from_string (to, &b) || (from != NULL && (!sync_state_from_string (from, &a) || !sync_state_can (a, b))))
        sim_violation ("a change of state that the table does not have: %s to %s", from, to);
    }
  sqlite3_finalize (stmt);
}

static void
cover_verdicts (sqlite3 *db)
{
  sqlite3_stmt *stmt = prepare (db, "SELECT verdict FROM attempts WHERE kind = 'send' AND verdict IS NOT NULL");

  while (sqlite3_step (stmt) == SQLITE_ROW)
    sim_cover_verdict ((const char *) sqlite3_column_text (stmt, 0));
  sqlite3_finalize (stmt);
  stmt = prepare (db, "SELECT look.verdict, request.action = 'create' AND EXISTS (SELECT 1 FROM attempts AS send"
                      " WHERE send.request_id = request.id AND send.kind = 'send' AND send.id < look.id AND send.key_field IS NULL)"
                      " FROM attempts AS look JOIN offline_requests AS request ON request.id = look.request_id"
                      " WHERE look.kind = 'look'");
  while (sqlite3_step (stmt) == SQLITE_ROW)
    sim_cover_look ((const char *) sqlite3_column_text (stmt, 0), sqlite3_column_int (stmt, 1) != 0);
  sqlite3_finalize (stmt);
}

static void
check_integrity (SimWorld *world, sqlite3 *db)
{
  sqlite3_stmt *stmt = prepare (db, "PRAGMA integrity_check");
  g_autoptr (GError) error = NULL;

  if (sqlite3_step (stmt) != SQLITE_ROW || g_strcmp0 ((const char *) sqlite3_column_text (stmt, 0), "ok") != 0)
    sim_violation ("the database is damaged: %s", sqlite3_column_text (stmt, 0));
  sqlite3_finalize (stmt);
  stmt = prepare (db, "PRAGMA foreign_key_check");
  if (sqlite3_step (stmt) == SQLITE_ROW)
    sim_violation ("a foreign key leads nowhere");
  sqlite3_finalize (stmt);
  if (!sync_store_verify_audit (world->store, NULL, &error))
    sim_violation ("the audit is broken: %s", error->message);
}

/* How often a hook was followed, and how names that were taken ended. */
static void
cover_verbs (SimWorld *world, sqlite3 *db)
{
  sqlite3_stmt *stmt = prepare (db, "SELECT 1 FROM attempts WHERE verdict = 'hooked'");

  while (sqlite3_step (stmt) == SQLITE_ROW)
    sim_cover_act (SIM_ACT_HOOK_FOLLOWED);
  sqlite3_finalize (stmt);
  for (guint i = 0; i < world->ended->len; i++)
    {
      const SyncConflict *conflict = g_ptr_array_index (world->ended, i);

      if (g_str_equal (conflict->conflict_type, "name_taken") && g_strcmp0 (conflict->resolution, "server_wins") == 0)
        sim_cover_act (SIM_ACT_TAKEN_STANDS);
    }
}

/* The deeds ------------------------------------------------------------------------------------------------------------ */

static guint
n_deleted (SimWorld *world, gint64 mark)
{
  const SimCommit *commits;
  guint n = 0;
  guint len;

  commits = sim_site_get_commits (world->site, &len);
  for (guint i = 0; i < len; i++)
    n += commits[i].kind == SIM_COMMIT_DELETE && commits[i].mark == mark;
  return n;
}

static gboolean
was_submitted (SimWorld *world, const JsonObject *document)
{
  return json_object_get_int_member ((JsonObject *) document, "docstatus") >= 1;
}

static void
bad (const SimDeed *deed, const char *state, const char *words)
{
  sim_violation ("%s n=%" G_GINT64_FORMAT " (request %" G_GINT64_FORMAT ", %s): %s", sim_work_name (deed->work), deed->mark,
                 deed->id, state, words);
}

/* Other content took its key, or it took that of another one; a database from before that does not know it, and finds the
 * other's document under the key. */
static gboolean
shares_key (SimWorld *world, const SimDeed *deed)
{
  for (guint i = 0; i < world->deeds->len; i++)
    {
      const SimDeed *other = g_ptr_array_index (world->deeds, i);

      if (other != deed && g_str_equal (other->key, deed->key))
        return TRUE;
    }
  return FALSE;
}

/* Whether the site ever had a document of that name that a deed with that key wrote, or that stands for it because it has its
 * name. */
static gboolean
is_name_of (SimWorld *world, const char *name, const char *key)
{
  guint n;
  const SimCommit *commits = sim_site_get_commits (world->site, &n);

  for (guint i = 0; i < world->deeds->len; i++)
    {
      const SimDeed *other = g_ptr_array_index (world->deeds, i);

      /* Somebody may have given it another name of those that may be taken. */
      if (g_str_equal (other->key, key) && other->work == SIM_WORK_NAMED && *name == 'B')
        return TRUE;
    }
  for (guint i = 0; i < n; i++)
    {
      const char *slash = strchr (commits[i].id, '/');

      if (slash == NULL || !g_str_equal (slash + 1, name))
        continue;
      for (guint k = 0; k < world->deeds->len; k++)
        {
          const SimDeed *other = g_ptr_array_index (world->deeds, k);

          if (other->mark == commits[i].mark && g_str_equal (other->key, key))
            return TRUE;
        }
    }
  return FALSE;
}

/* What mentions the document of another deed has the name of that one in it, and no other. */
static void
check_link (SimWorld *world, const SimDeed *deed, const char *state, JsonObject *document)
{
  const char *link = json_object_get_string_member_with_default (document, "link", NULL);

  if (deed->link != NULL && link != NULL && !is_name_of (world, link, deed->link))
    {
      g_autofree char *words = g_strdup_printf ("mentions “%s”, which is not the document that was meant", link);

      bad (deed, state, words);
    }
}

static void
check_made (SimWorld *world, const SimDeed *deed, const char *state, gboolean proven)
{
  guint n;
  JsonObject *document = sim_site_find_mark (world->site, sim_work_type (deed->work), deed->mark, &n);
  guint created = sim_site_count (world->site, SIM_COMMIT_CREATE, deed->mark);
  gboolean is_unkeyed = deed->work == SIM_WORK_NOTE || deed->work == SIM_WORK_CUSTOMER || deed->work == SIM_WORK_NAMED;
  gboolean wants_submission = deed->work != SIM_WORK_INVOICE && !is_unkeyed;

  guint anew = (is_unkeyed ? deed->n_anew : 0) + deed->n_other_key;

  if (n > 1 + anew)
    bad (deed, state, "is on the server twice");
  if (created > 1 + n_deleted (world, deed->mark) + anew)
    bad (deed, state, "was made twice");
  if (sim_site_count (world->site, SIM_COMMIT_SUBMIT, deed->mark) > created)
    bad (deed, state, "was submitted twice");
  if (!proven || (world->n_put_back > 0 && shares_key (world, deed)))
    return;
  /* The draft that another one left under the same key took its content. */
  if (created == 0 && (document == NULL || !shares_key (world, deed)))
    bad (deed, state, "was never made");
  if (document == NULL)
    return;
  check_link (world, deed, state, document);
  if (wants_submission && !was_submitted (world, document))
    bad (deed, state, "is a draft");
  if (deed->edited && deed->work != SIM_WORK_POSA && !json_object_has_member (document, "edited"))
    bad (deed, state, "is not what it was edited to");
}

/* How often a conflict of it ended so, as the database knows. */
static guint
n_ended (SimWorld *world, const SimDeed *deed, const char *resolution)
{
  guint n = 0;

  for (guint i = 0; i < world->ended->len; i++)
    {
      const SyncConflict *conflict = g_ptr_array_index (world->ended, i);

      n += conflict->request_id == deed->id && g_strcmp0 (conflict->resolution, resolution) == 0;
    }
  return n;
}

/* How often one ended with something being sent: it may have been done before somebody else changed the document again. */
static guint
n_resent_as_known (SimWorld *world, const SimDeed *deed)
{
  return n_ended (world, deed, "local_wins") + n_ended (world, deed, "merged");
}

/* Where a person writes an earlier change over later ones, those that follow it in the lane are written again, too.
 * Their order is what counts. */
static guint
n_again_in_lane (SimWorld *world, const SimDeed *deed)
{
  /* An undo writes an earlier one's content, and again where an older database has it before it. */
  guint n = world->n_undone[deed->lane] * (1 + world->n_put_back);

  for (guint i = 0; i < world->deeds->len; i++)
    {
      const SimDeed *other = g_ptr_array_index (world->deeds, i);

      if (other == deed || (other->lane == deed->lane && other->id <= deed->id))
        n += other->n_again + other->n_anew + MAX (other->n_resent, n_resent_as_known (world, other));
    }
  return n;
}

static void
check_changed (SimWorld *world, const SimDeed *deed, const char *state, gboolean proven)
{
  guint n = sim_site_count (world->site, SIM_COMMIT_UPDATE, deed->mark);

  if (n > 1 + n_again_in_lane (world, deed))
    bad (deed, state, "was done twice");
  /* Of a merge its mark may be among the fields that went to the other side. */
  if (proven && n == 0 && n_ended (world, deed, "merged") == 0)
    bad (deed, state, "was never done");
}

/* (transfer full) (nullable): who brought the row to @state last, as the audit says, which nobody clears; NULL: nobody did */
static char *
dup_actor (SimWorld *world, gint64 id, SyncState state)
{
  sqlite3_stmt *stmt = prepare (((Witness *) world->witness)->db,
                                "SELECT actor, to_status FROM audit WHERE request_id = ?1 ORDER BY id DESC LIMIT 1");
  char *actor = NULL;

  sqlite3_bind_int64 (stmt, 1, id);
  if (sqlite3_step (stmt) == SQLITE_ROW
      && g_strcmp0 ((const char *) sqlite3_column_text (stmt, 1), sync_state_to_string (state)) == 0)
    actor = g_strdup ((const char *) sqlite3_column_text (stmt, 0));
  sqlite3_finalize (stmt);
  return actor;
}

/* What was acknowledged is there, or was delivered and then cleared away; and nothing is given up but by somebody. */
static gboolean
check_kept (SimWorld *world, const SimDeed *deed, const SyncRequest *row)
{
  g_autofree char *deliverer = row == NULL ? dup_actor (world, deed->id, SYNC_STATE_COMPLETED) : NULL;
  g_autofree char *giver = row != NULL && row->state == SYNC_STATE_DISCARDED
                             ? dup_actor (world, deed->id, SYNC_STATE_DISCARDED) : NULL;

  if (row == NULL && deliverer == NULL)
    bad (deed, "missing", "was acknowledged, and is lost");
  if (row != NULL && row->state == SYNC_STATE_DISCARDED && (giver == NULL || g_str_equal (giver, "engine")))
    bad (deed, "discarded", "was given up by nobody");
  /* Nothing of it is left that says whether a person had only said so. */
  return deliverer != NULL && !g_str_equal (deliverer, "anna");
}

static void
check_deed (SimWorld *world, const SimDeed *deed)
{
  g_autoptr (SyncRequest) row = deed->id != 0 ? sync_store_get (world->store, deed->id, NULL) : NULL;
  g_autofree char *gone = g_strdup_printf ("gone-%" G_GINT64_FORMAT, deed->mark);
  const char *state = row != NULL ? sync_state_to_string (row->state) : deed->id != 0 ? "forgotten" : "refused";
  gboolean proven = (row != NULL && row->state == SYNC_STATE_COMPLETED && g_strcmp0 (row->proof, "person") != 0)
                    || (deed->id != 0 && check_kept (world, deed, row));

  if (deed->unanswered)
    bad (deed, state, "was never answered");
  switch (deed->work)
    {
    case SIM_WORK_INVOICE:
    case SIM_WORK_SALE:
    case SIM_WORK_QUEUED:
    case SIM_WORK_POSA:
    case SIM_WORK_NOTE:
    case SIM_WORK_CUSTOMER:
    case SIM_WORK_NAMED:
      check_made (world, deed, state, proven);
      if (deed->id == 0 && sim_site_count (world->site, SIM_COMMIT_CREATE, deed->mark) > 0)
        bad (deed, state, "was refused, and is on the server");
      break;
    case SIM_WORK_DELETE:
      if (proven && sim_site_get (world->site, "Item", gone) != NULL)
        bad (deed, state, "is still there");
      break;
    case SIM_WORK_CHANGE:
    case SIM_WORK_BLIND:
    case SIM_WORK_ROWS:
    default:
      check_changed (world, deed, state, proven);
      break;
    }
}

static const SimDeed *
deed_of_mark (SimWorld *world, gint64 mark)
{
  for (guint i = 0; i < world->deeds->len; i++)
    if (((SimDeed *) g_ptr_array_index (world->deeds, i))->mark == mark)
      return g_ptr_array_index (world->deeds, i);
  return NULL;
}

/* In each lane the changes came in the order of acceptance, but for those that a person moved. */
static void
check_order (SimWorld *world)
{
  gint64 last[SIM_LANES] = { 0 };
  const SimCommit *commits;
  guint n;

  commits = sim_site_get_commits (world->site, &n);
  for (guint i = 0; i < n; i++)
    {
      const SimDeed *deed = commits[i].ours && commits[i].kind == SIM_COMMIT_UPDATE ? deed_of_mark (world, commits[i].mark) : NULL;

      if (deed == NULL || !g_str_equal (sim_work_type (deed->work), "Item") || deed->moved || deed->forgotten
          || n_again_in_lane (world, deed) > 0)
        continue;
      if (deed->id < last[deed->lane])
        bad (deed, "done", "was done after one that was accepted later");
      last[deed->lane] = deed->id;
    }
}

/* (-1: never): where in the ledger the till first did what carries @mark. */
static gint64
first_commit (SimWorld *world, gint64 mark)
{
  guint n;
  const SimCommit *commits = sim_site_get_commits (world->site, &n);

  for (guint i = 0; i < n; i++)
    if (commits[i].ours && commits[i].mark == mark)
      return i;
  return -1;
}

static const SimDeed *
deed_of_row (SimWorld *world, gint64 id)
{
  for (guint i = 0; i < world->deeds->len; i++)
    {
      const SimDeed *deed = g_ptr_array_index (world->deeds, i);

      if (deed->id == id && !deed->forgotten)
        return deed;
    }
  return NULL;
}

/* What was done before an older database came back was done after a decision about @parent that this one has forgotten: for
 * the server, for instance, so that what depended on it went on. Whoever is asked again may decide otherwise. */
static gboolean
decided_twice (SimWorld *world, gint64 its, gint64 parents)
{
  return its < world->n_commits_then && parents >= world->n_commits_then;
}

/* What depends on another came after it, unless a person took that one back or only said that it had arrived. */
static void
check_dependencies (SimWorld *world, sqlite3 *db)
{
  sqlite3_stmt *stmt = prepare (db, "SELECT d.request_id, d.depends_on FROM dependencies AS d"
                                    " JOIN offline_requests AS r ON r.id = d.request_id"
                                    " JOIN offline_requests AS p ON p.id = d.depends_on"
                                    " WHERE p.status = 'completed' AND p.proof <> 'person'");

  while (sqlite3_step (stmt) == SQLITE_ROW)
    {
      const SimDeed *deed = deed_of_row (world, sqlite3_column_int64 (stmt, 0));
      const SimDeed *parent = deed_of_row (world, sqlite3_column_int64 (stmt, 1));
      gint64 its = deed != NULL ? first_commit (world, deed->mark) : -1;
      gint64 parents = parent != NULL ? first_commit (world, parent->mark) : -1;

      /* What was handed over again to a database that had forgotten it was done before that. */
      if (its >= 0 && parent != NULL && !parent->moved && deed->n_anew == 0 && its < parents
          && !decided_twice (world, its, parents))
        bad (deed, "done", "was done before what it depends on");
    }
  sqlite3_finalize (stmt);
}

static gboolean
mentions (const char *text, const char *words)
{
  return text != NULL && strstr (text, words) != NULL;
}

/* What somebody else had written was written over only by whoever had read it, or after a conflict about it. */
static void
check_written_over (SimWorld *world)
{
  guint n;
  const SimCommit *commits = sim_site_get_commits (world->site, &n);

  for (guint i = 0; i < n; i++)
    {
      const SimDeed *deed = commits[i].over != NULL && commits[i].kind == SIM_COMMIT_UPDATE
                              ? deed_of_mark (world, commits[i].mark) : NULL;

      if (deed == NULL || deed->work != SIM_WORK_CHANGE || deed->forgotten || world->n_undone[deed->lane] > 0
          || mentions (deed->body, commits[i].over) || mentions (deed->base, commits[i].over))
        continue;
      if (deed->n_resent + n_resent_as_known (world, deed) + n_ended (world, deed, "manual") == 0)
        bad (deed, "done", "wrote over what somebody else had written, and nobody was asked");
    }
}

/* Whether a person gave it up, and it had arrived: those after it meet a version that nobody counts with. */
static gboolean
is_given_up_and_done (SimWorld *world, const SimDeed *deed)
{
  g_autoptr (SyncRequest) row = deed->id != 0 ? sync_store_get (world->store, deed->id, NULL) : NULL;

  return row != NULL && row->state == SYNC_STATE_DISCARDED && sim_site_count (world->site, SIM_COMMIT_UPDATE, deed->mark) > 0;
}

/* Whether anybody but this till wrote the document of a lane, or a person of this till changed the order there. */
static gboolean
was_disturbed (SimWorld *world, guint lane)
{
  g_autofree char *id = g_strdup_printf ("Item/%c", 'A' + lane);
  const SimCommit *commits;
  guint n;

  commits = sim_site_get_commits (world->site, &n);
  for (guint i = 0; i < n; i++)
    if (!commits[i].ours && commits[i].kind != SIM_COMMIT_CREATE && g_str_equal (commits[i].id, id))
      return TRUE;
  for (guint i = 0; i < world->deeds->len; i++)
    {
      const SimDeed *deed = g_ptr_array_index (world->deeds, i);

      if (deed->lane == lane
          && (deed->moved || deed->n_again > 0 || deed->n_anew > 0 || deed->forgotten || is_given_up_and_done (world, deed)))
        return TRUE;
    }
  return world->n_put_back > 0 || world->has_cleared || world->n_undone[lane] > 0;
}

/* A conflict needs two. */
static void
check_conflicts (SimWorld *world)
{
  g_autoptr (GPtrArray) conflicts = sync_store_list_conflicts (world->store, NULL, G_MAXINT, NULL);

  for (guint i = 0; i < conflicts->len; i++)
    {
      const SyncConflict *conflict = g_ptr_array_index (conflicts, i);
      const char *name = conflict->resource_id;

      /* Rows without a base are asked about, whoever wrote them. */
      if (g_strcmp0 (conflict->resource_type, "Item") == 0 && name != NULL && strlen (name) == 1
          && strstr (conflict->local_data, "items") == NULL && !was_disturbed (world, (guint) (*name - 'A')))
        sim_violation ("request %" G_GINT64_FORMAT " is in conflict with nobody", conflict->request_id);
    }
}

/* The end: everything is done, or given up. */
void
sim_oracle_check_end (SimWorld *world)
{
  Witness *witness = world->witness;

  check_empty (witness);
  check_edges (witness->db);
  check_continuity (witness->db);
  cover_verdicts (witness->db);
  check_integrity (world, witness->db);
  world->ended = sync_store_list_conflicts (world->store, "resolved", G_MAXINT, NULL);
  cover_verbs (world, witness->db);
  check_order (world);
  check_dependencies (world, witness->db);
  check_written_over (world);
  check_conflicts (world);
  for (guint i = 0; i < world->deeds->len; i++)
    {
      const SimDeed *deed = g_ptr_array_index (world->deeds, i);

      if (!deed->forgotten)
        check_deed (world, deed);
    }
  g_clear_pointer (&world->ended, g_ptr_array_unref);
  witness_free (g_steal_pointer (&world->witness));
}
