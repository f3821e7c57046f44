/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What people do: hand writes over, ask again when they heard nothing, decide what only they can decide. They tell the
 * truth as far as it can be known at the counter: whoever says "send it again" has looked, and nothing of it is under way. */
#include "config.h"

#include "sim-world.h"

#include "sim-trace.h"

#include "power-vfs.h"
#include "sync-error.h"

#include <string.h>

static const char *const work_names[]
  = { "invoice", "sale",   "queued sale",  "posa sale", "note", "customer",
      "named",   "change", "blind change", "delete",    "rows" };

const char *
sim_work_name (SimWork work)
{
  return work_names[work];
}

const char *
sim_work_type (SimWork work)
{
  switch (work)
    {
    case SIM_WORK_INVOICE:
    case SIM_WORK_SALE:
    case SIM_WORK_QUEUED:
    case SIM_WORK_POSA:
      return "Sales Invoice";
    case SIM_WORK_NOTE:
      return "Note";
    case SIM_WORK_CUSTOMER:
      return "Customer";
    case SIM_WORK_NAMED:
      return "Batch";
    default:
      return "Item";
    }
}

/* Handing over ------------------------------------------------------------------------------------------------------- */

#define SET_VALUE "/api/method/frappe.client.set_value"

/* A third of the changes of fields are a call of a method that names them. */
static gboolean
is_call (const SimDeed *deed)
{
  return deed->work == SIM_WORK_CHANGE && deed->mark % 3 == 0;
}

static char *
dup_path (const SimDeed *deed)
{
  switch (deed->work)
    {
    case SIM_WORK_INVOICE:
    case SIM_WORK_SALE:
    case SIM_WORK_QUEUED:
      return g_strdup ("/api/resource/Sales%20Invoice");
    case SIM_WORK_POSA:
      return g_strdup ("/api/method/posawesome.posawesome.api.invoices.submit_invoice");
    case SIM_WORK_NOTE:
      return g_strdup ("/api/resource/Note");
    case SIM_WORK_CUSTOMER:
      return g_strdup ("/api/resource/Customer");
    case SIM_WORK_NAMED:
      return g_strdup ("/api/resource/Batch");
    case SIM_WORK_DELETE:
      return g_strdup_printf ("/api/resource/Item/gone-%" G_GINT64_FORMAT, deed->mark);
    default:
      return g_strdup_printf ("/api/resource/Item/%c", 'A' + deed->lane);
    }
}

static char *
dup_url (const SimDeed *deed)
{
  return is_call (deed) ? g_strdup (SET_VALUE) : dup_path (deed);
}

/* The version that this till has read last; it may be an old one. */
static char *
dup_base (SimWorld *world, const SimDeed *deed)
{
  char name[] = { (char) ('A' + deed->lane), '\0' };
  JsonObject *document = sim_site_get (world->site, "Item", name);

  return g_strdup (document != NULL ? json_object_get_string_member (document, "modified") : "2026-01-01 00:00:00.000000");
}

/* The document that this till has read last, for half of those that change or delete one. */
static char *
dup_read (SimWorld *world, const SimDeed *deed)
{
  g_autofree char *url = dup_path (deed);
  const char *name = strrchr (url, '/') + 1;
  JsonObject *document = g_str_has_prefix (url, "/api/resource/Item/") ? sim_site_get (world->site, "Item", name) : NULL;
  g_autoptr (JsonNode) node = NULL;

  if (document == NULL || sim_world_dice (world, 2))
    return NULL;
  node = json_node_init_object (json_node_alloc (), document);
  return json_to_string (node, FALSE);
}

/* What it says to the site's rule. Whoever edits it knows that. */
static char *
dup_rule (const SimDeed *deed, gboolean edited)
{
  guint rule = edited || deed->rule == SIM_RULE_MET ? 0 : deed->rule;

  return deed->rule == SIM_RULE_NONE ? g_strdup ("") : g_strdup_printf (",\"rule\":%u", rule);
}

char *
sim_people_dup_body (SimWorld *world, const SimDeed *deed, gboolean edited)
{
  g_autofree char *link = deed->link != NULL ? g_strdup_printf (",\"link\":\"LOCAL-%s\"", deed->link) : NULL;
  g_autofree char *rule = dup_rule (deed, edited);
  g_autofree char *more = g_strconcat (rule, edited ? ",\"edited\":1" : link, NULL);
  g_autofree char *rule_in_text = NULL;
  g_autofree char *base = NULL;
  g_autofree char *fields = NULL;

  switch (deed->work)
    {
    case SIM_WORK_DELETE:
      return NULL;
    case SIM_WORK_SALE:
      return g_strdup_printf ("{\"n\":%" G_GINT64_FORMAT ",\"docstatus\":1%s}", deed->mark, more);
    case SIM_WORK_QUEUED:
      return g_strdup_printf ("{\"n\":%" G_GINT64_FORMAT ",\"docstatus\":1,\"queued\":1%s}", deed->mark, more);
    case SIM_WORK_POSA:
      rule_in_text = g_strdup_printf (",\\\"rule\\\":%s", *rule != '\0' ? strchr (rule, ':') + 1 : "");
      return g_strdup_printf ("{\"invoice\":\"{\\\"doctype\\\":\\\"Sales Invoice\\\",\\\"n\\\":%" G_GINT64_FORMAT
                              ",\\\"posa_client_request_id\\\":\\\"%s\\\"%s%s}\",\"data\":\"{}\"}",
                              deed->mark, deed->key, edited ? ",\\\"edited\\\":1" : "",
                              *rule != '\0' ? rule_in_text : "");
    case SIM_WORK_CHANGE:
      base = dup_base (world, deed);
      fields = g_strdup_printf ("{\"n\":%" G_GINT64_FORMAT ",\"modified\":\"%s\"%s}", deed->mark, base, more);
      return is_call (deed) ? g_strdup_printf ("{\"doctype\":\"Item\",\"name\":\"%c\",\"fieldname\":%s}", 'A' + deed->lane, fields)
                            : g_steal_pointer (&fields);
    case SIM_WORK_CUSTOMER:
      return g_strdup_printf ("{\"n\":%" G_GINT64_FORMAT ",\"customer_name\":\"Customer %" G_GINT64_FORMAT "\"%s}",
                              deed->mark, deed->mark / 2, more);
    case SIM_WORK_NAMED:
      return g_strdup_printf ("{\"n\":%" G_GINT64_FORMAT ",\"name\":\"%s\"%s}", deed->mark, deed->name, more);
    case SIM_WORK_ROWS:
      return g_strdup_printf ("{\"n\":%" G_GINT64_FORMAT ",\"items\":[{\"qty\":1}]}", deed->mark);
    default:
      return g_strdup_printf ("{\"n\":%" G_GINT64_FORMAT "%s}", deed->mark, more);
    }
}

typedef struct
{
  SimWorld *world; /* (unowned) */
  SimDeed *deed;   /* (unowned) */
} Answer;

/* The acknowledgement. A machine that is dead answers nobody, whatever its memory says. */
static void
accepted_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Answer *answer = user_data;
  SimDeed *deed = answer->deed;
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncSubmitted) submitted = sync_engine_submit_finish (SYNC_ENGINE (source), result, &error);

  if (power_vfs_is_dead ())
    return;
  deed->unanswered = FALSE;
  if (submitted != NULL)
    {
      sim_world_say (answer->world, "%s n=%" G_GINT64_FORMAT " is request %" G_GINT64_FORMAT "%s", sim_work_name (deed->work),
                     deed->mark, submitted->id, submitted->existing ? " (known)" : "");
      if (deed->id != 0 && deed->id != submitted->id && !deed->forgotten)
        sim_violation ("request %" G_GINT64_FORMAT " was handed over again and became %" G_GINT64_FORMAT, deed->id,
                       submitted->id);
      /* The database that was put back does not know what became of it. */
      deed->n_anew += deed->forgotten;
      deed->id = submitted->id;
      deed->forgotten = FALSE;
      return;
    }
  sim_world_say (answer->world, "%s n=%" G_GINT64_FORMAT " is refused: %s", sim_work_name (deed->work), deed->mark,
                 error->message);
  /* Told to try again with the same key. */
  deed->unanswered = g_error_matches (error, SYNC_ERROR, SYNC_ERROR_STORAGE)
                     || g_error_matches (error, SYNC_ERROR, SYNC_ERROR_DISK_FULL);
  if (deed->unanswered && answer->world->disk_works && !answer->world->ending)
    sim_violation ("the disk works, and the store refuses: %s", error->message);
}

static void
hand_over (SimWorld *world, SimDeed *deed)
{
  SyncSubmission submission = SYNC_SUBMISSION_INIT;
  g_autofree char *url = dup_url (deed);
  g_autoptr (GBytes) body = deed->body != NULL ? g_bytes_new (deed->body, strlen (deed->body)) : NULL;
  g_autoptr (GBytes) base = deed->base != NULL ? g_bytes_new (deed->base, strlen (deed->base)) : NULL;
  Answer *answer = g_new0 (Answer, 1);

  submission.base = base;
  submission.method = deed->work == SIM_WORK_DELETE ? "DELETE"
                      : g_str_equal (sim_work_type (deed->work), "Item") && !is_call (deed) ? "PUT"
                                                                                            : "POST";
  submission.url = url;
  submission.body = body;
  submission.key = deed->key;
  submission.depends_on = &deed->depends_on;
  submission.n_depends_on = deed->depends_on != 0;
  submission.group = deed->in_group ? "a group" : NULL;
  submission.priority = deed->priority;
  answer->world = world;
  answer->deed = deed;
  deed->unanswered = TRUE;
  sync_engine_submit_async (world->engine, &submission, NULL, accepted_cb, answer);
}

static SimDeed *
any_deed (SimWorld *world)
{
  return world->deeds->len > 0 ? g_ptr_array_index (world->deeds, sim_world_dice (world, world->deeds->len)) : NULL;
}

static SimDeed *
any_known (SimWorld *world)
{
  for (guint i = 0; i < 10 && world->deeds->len > 0; i++)
    {
      SimDeed *deed = any_deed (world);

      if (deed->id != 0 && !deed->forgotten)
        return deed;
    }
  return NULL;
}

static SimDeed *
new_deed (SimWorld *world, SimWork work)
{
  SimDeed *deed = g_new0 (SimDeed, 1);

  deed->mark = ++world->marks;
  deed->work = work;
  deed->lane = sim_world_dice (world, SIM_LANES);
  deed->in_group = sim_world_dice (world, 12) == 0;
  deed->priority = sim_world_dice (world, 8) == 0 ? (int) sim_world_dice (world, 4) : -1;
  deed->key = g_strdup_printf ("00000000-0000-4000-8000-%012" G_GINT64_MODIFIER "x", deed->mark);
  g_ptr_array_add (world->deeds, deed);
  return deed;
}

static void
make_what_it_deletes (SimWorld *world, const SimDeed *deed)
{
  g_autofree char *name = g_strdup_printf ("gone-%" G_GINT64_FORMAT, deed->mark);
  g_autofree char *json = g_strdup_printf ("{\"n\":%" G_GINT64_FORMAT "}", deed->mark);

  sim_site_put (world->site, "Item", name, json);
}

static gboolean
is_submitted_later (SimWork work)
{
  return work == SIM_WORK_SALE || work == SIM_WORK_QUEUED;
}

void
sim_people_submit (SimWorld *world)
{
  SimWork work = sim_world_dice (world, 3) == 0 ? SIM_WORK_CHANGE : (SimWork) sim_world_dice (world, SIM_N_WORKS);
  const SimDeed *parent = sim_world_dice (world, 8) == 0 ? any_known (world) : NULL;
  const SimDeed *linked = sim_world_dice (world, 6) == 0 ? any_known (world) : NULL;
  SimDeed *deed = new_deed (world, work);

  sim_cover_act (SIM_ACT_SUBMIT);
  if (parent != NULL)
    deed->depends_on = parent->id;
  if (work != SIM_WORK_ROWS && work != SIM_WORK_DELETE && sim_world_dice (world, 6) == 0)
    deed->rule = SIM_RULE_WRITTEN + (is_submitted_later (work) ? sim_world_dice (world, 2) : 0);
  if (work == SIM_WORK_NAMED)
    deed->name = g_strdup_printf ("B%u", 1 + sim_world_dice (world, SIM_NAMES));
  if (linked != NULL && linked->work <= SIM_WORK_NAMED && linked->work != SIM_WORK_POSA && work != SIM_WORK_POSA
      && work != SIM_WORK_ROWS && work != SIM_WORK_DELETE)
    deed->link = g_strdup (linked->key);
  deed->body = sim_people_dup_body (world, deed, FALSE);
  if (work == SIM_WORK_DELETE)
    make_what_it_deletes (world, deed);
  deed->base = dup_read (world, deed);
  hand_over (world, deed);
}

/* Whoever heard no answer asks again, under the same key. */
void
sim_people_ask_again (SimWorld *world)
{
  for (guint i = 0; i < world->deeds->len; i++)
    {
      SimDeed *deed = g_ptr_array_index (world->deeds, i);

      if (deed->unanswered)
        hand_over (world, deed);
    }
}

/* Deciding ------------------------------------------------------------------------------------------------------------ */

static SyncRequest *
row_of (SimWorld *world, gint64 id)
{
  return sync_store_get (world->store, id, NULL);
}

/* What is finally done by it, as the site's ledger knows it. */
static gboolean
is_done_on_site (SimWorld *world, const SimDeed *deed, char **name)
{
  g_autofree char *gone = g_strdup_printf ("gone-%" G_GINT64_FORMAT, deed->mark);
  JsonObject *document;
  guint n;

  switch (deed->work)
    {
    case SIM_WORK_DELETE:
      return sim_site_get (world->site, "Item", gone) == NULL;
    case SIM_WORK_CHANGE:
    case SIM_WORK_BLIND:
    case SIM_WORK_ROWS:
      return sim_site_count (world->site, SIM_COMMIT_UPDATE, deed->mark) > 0;
    default:
      document = sim_site_find_mark (world->site, sim_work_type (deed->work), deed->mark, &n);
      if (document == NULL)
        return FALSE;
      *name = g_strdup (json_object_get_string_member (document, "name"));
      return deed->work == SIM_WORK_INVOICE || deed->work == SIM_WORK_NOTE || deed->work == SIM_WORK_CUSTOMER
             || deed->work == SIM_WORK_NAMED || json_object_get_int_member (document, "docstatus") == 1;
    }
}

static void
say_verdict (SimWorld *world, SimAct act, const SimDeed *deed, gboolean done, const GError *error)
{
  if (done)
    sim_cover_act (act);
  sim_world_say (world, "person: %s %" G_GINT64_FORMAT " (n=%" G_GINT64_FORMAT "): %s", sim_act_name (act), deed->id,
                 deed->mark, done ? "done" : error != NULL ? error->message : "refused");
}

/* He is told when the server was asked for it. */
static void
confirmed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Answer *answer = user_data;
  g_autoptr (GError) error = NULL;
  gboolean done = sync_engine_confirm_arrived_finish (SYNC_ENGINE (source), result, &error);

  if (!power_vfs_is_dead ())
    say_verdict (answer->world, SIM_ACT_ARRIVED_READ, answer->deed, done, error);
}

static void
confirm_read (SimWorld *world, SimDeed *deed, const char *name)
{
  Answer *answer = g_new0 (Answer, 1);

  answer->world = world;
  answer->deed = deed;
  sync_engine_confirm_arrived_async (world->engine, deed->id, name, "anna", confirmed_cb, answer);
}

/* "It arrived", or "send it again", whichever is true. */
static void
confirm (SimWorld *world, SimDeed *deed, gboolean may_read)
{
  g_autofree char *name = NULL;
  g_autoptr (GError) error = NULL;
  gboolean arrived;
  gboolean done;

  if (sim_network_has_under_way (world->network, deed->mark) || sim_site_has_queued (world->site))
    return;
  arrived = is_done_on_site (world, deed, &name);
  if (arrived && may_read && sim_world_dice (world, 2))
    {
      confirm_read (world, deed, name);
      return;
    }
  done = sync_engine_confirm (world->engine, deed->id, arrived, arrived ? name : NULL, "anna", &error);
  say_verdict (world, arrived ? SIM_ACT_ARRIVED : SIM_ACT_SEND_AGAIN, deed, done, error);
}

static void
edit (SimWorld *world, SimDeed *deed)
{
  g_autofree char *text = sim_people_dup_body (world, deed, TRUE);
  g_autoptr (GBytes) body = text != NULL ? g_bytes_new (text, strlen (text)) : NULL;
  g_autoptr (GError) error = NULL;
  gboolean done;

  if (body == NULL || deed->work == SIM_WORK_ROWS)
    return;
  done = sync_engine_edit (world->engine, deed->id, body, "anna", &error);
  deed->edited = deed->edited || done;
  say_verdict (world, SIM_ACT_EDIT, deed, done, error);
}

/* Other content under a key that is in use. */
static void
replace (SimWorld *world, SimDeed *old)
{
  g_autoptr (SyncRequest) row = row_of (world, old->id);
  SimDeed *deed;

  if (old->work != SIM_WORK_INVOICE || old->unanswered || row == NULL || row->state == SYNC_STATE_DISCARDED)
    return;
  deed = new_deed (world, SIM_WORK_INVOICE);
  g_free (deed->key);
  deed->key = g_strdup (old->key);
  deed->body = sim_people_dup_body (world, deed, FALSE);
  sim_cover_act (SIM_ACT_REPLACE);
  hand_over (world, deed);
}

static SyncConflict *
conflict_of (SimWorld *world, gint64 request_id)
{
  gint64 id = sync_store_find_open_conflict (world->store, request_id, NULL);

  return id != 0 ? sync_store_get_conflict (world->store, id, NULL) : NULL;
}

/* Another name for the document whose name is taken. */
static gboolean
rename_it (SimWorld *world, SimDeed *deed, const SyncConflict *conflict)
{
  SimDeed other = *deed;
  g_autofree char *name = g_strdup_printf ("B%u", 1 + sim_world_dice (world, 2 * SIM_NAMES));
  g_autofree char *text = NULL;
  g_autoptr (GBytes) body = NULL;
  g_autoptr (GError) error = NULL;
  gboolean done;

  if (deed->work != SIM_WORK_NAMED)
    return FALSE;
  other.name = name;
  text = sim_people_dup_body (world, &other, deed->edited);
  body = g_bytes_new (text, strlen (text));
  done = sync_engine_resolve (world->engine, conflict->id, SYNC_RESOLUTION_MANUAL, body, "anna", &error);
  say_verdict (world, SIM_ACT_TAKEN_RENAMED, deed, done, error);
  return done;
}

/* What merges by itself. */
static gboolean
merge_it (SimWorld *world, SimDeed *deed, const SyncConflict *conflict)
{
  g_autoptr (GError) error = NULL;
  gboolean done = sync_engine_resolve (world->engine, conflict->id, SYNC_RESOLUTION_MERGED, NULL, "anna", &error);

  say_verdict (world, SIM_ACT_MERGED, deed, done, error);
  return done;
}

/* Before somebody decides he has shown to himself what would be sent, or puts it off first: neither changes anything. */
static void
look_at_it (SimWorld *world, const SyncConflict *conflict, gboolean local)
{
  g_autofree char *preview = NULL;

  if (sim_world_dice (world, 3) == 0
      && sync_engine_resolve (world->engine, conflict->id, SYNC_RESOLUTION_SKIP, NULL, "anna", NULL))
    sim_cover_act (SIM_ACT_SKIP);
  preview = sync_engine_preview (world->engine, conflict->id,
                                 local ? SYNC_RESOLUTION_LOCAL_WINS : SYNC_RESOLUTION_SERVER_WINS, NULL, NULL);
}

/* The end of a conflict about it is undone. */
static void
undo (SimWorld *world, SimDeed *deed)
{
  g_autoptr (GPtrArray) ended = sync_store_list_conflicts (world->store, "resolved", G_MAXINT, NULL);

  for (guint i = 0; i < ended->len; i++)
    {
      const SyncConflict *conflict = g_ptr_array_index (ended, i);
      g_autoptr (GError) error = NULL;
      gboolean done;

      if (conflict->request_id != deed->id)
        continue;
      done = sync_engine_undo_resolution (world->engine, conflict->id, "anna", &error) != 0;
      /* What the disk did not confirm may have been written. */
      world->n_undone[deed->lane] += done || g_error_matches (error, SYNC_ERROR, SYNC_ERROR_STORAGE)
                                     || g_error_matches (error, SYNC_ERROR, SYNC_ERROR_DISK_FULL);
      say_verdict (world, SIM_ACT_UNDO, deed, done, error);
    }
}

/* Where the key is in the way a row with another key takes the place of the one that was accepted; also if nobody was told,
 * because the machine died then. */
void
sim_people_follow (SimWorld *world)
{
  for (guint i = 0; i < world->deeds->len; i++)
    {
      SimDeed *deed = g_ptr_array_index (world->deeds, i);
      g_autoptr (SyncRequest) row = deed->id != 0 && !deed->forgotten ? row_of (world, deed->id) : NULL;
      g_autoptr (SyncRequest) other = row != NULL && row->superseded_by != 0 ? row_of (world, row->superseded_by) : NULL;

      if (other == NULL || g_ascii_strcasecmp (other->key, row->key) == 0)
        continue;
      sim_cover_act (SIM_ACT_OTHER_KEY);
      deed->n_other_key++;
      deed->id = other->id;
    }
}

static void
resolve (SimWorld *world, SimDeed *deed, gboolean local)
{
  g_autoptr (SyncConflict) conflict = conflict_of (world, deed->id);
  g_autoptr (GError) error = NULL;
  gboolean done;

  if (conflict == NULL)
    return;
  if (local && g_str_equal (conflict->conflict_type, "name_taken") && rename_it (world, deed, conflict))
    return;
  if (local && sim_world_dice (world, 4) == 0 && merge_it (world, deed, conflict))
    return;
  look_at_it (world, conflict, local);
  done = sync_engine_resolve (world->engine, conflict->id, local ? SYNC_RESOLUTION_LOCAL_WINS : SYNC_RESOLUTION_SERVER_WINS,
                              NULL, "anna", &error);
  say_verdict (world, local ? SIM_ACT_LOCAL_WINS : SIM_ACT_SERVER_WINS, deed, done, error);
  sim_people_follow (world);
  if (!done && local)
    resolve (world, deed, FALSE);
}

static void
take_back (SimWorld *world, SimDeed *deed, gboolean tree)
{
  g_autoptr (GError) error = NULL;
  gboolean done = tree ? sync_engine_restore_with_dependants (world->engine, deed->id, "anna", &error)
                       : sync_engine_restore (world->engine, deed->id, "anna", &error);

  /* Where the disk fails at the end of it, it may have been done all the same. */
  if (done || g_error_matches (error, SYNC_ERROR, SYNC_ERROR_STORAGE))
    {
      deed->moved = TRUE;
      /* A conflict that was given up may have been done before. */
      deed->n_again++;
    }
  say_verdict (world, tree ? SIM_ACT_RESTORE_TREE : SIM_ACT_RESTORE, deed, done, error);
}

static void
give_up (SimWorld *world, SimDeed *deed, gboolean tree)
{
  g_autoptr (GError) error = NULL;
  gboolean done = tree ? sync_engine_discard_with_dependants (world->engine, deed->id, "by chance", "anna", &error)
                       : sync_engine_discard (world->engine, deed->id, "by chance", "anna", &error);

  say_verdict (world, tree ? SIM_ACT_DISCARD_TREE : SIM_ACT_DISCARD, deed, done, error);
}

static void
retry (SimWorld *world, SimDeed *deed)
{
  g_autoptr (GError) error = NULL;
  gboolean done = sync_engine_retry (world->engine, deed->id, "anna", &error);

  say_verdict (world, SIM_ACT_RETRY, deed, done, error);
}

/* One decision about one request that somebody picked. */
void
sim_people_act (SimWorld *world)
{
  SimDeed *deed = any_known (world);
  g_autoptr (SyncRequest) row = deed != NULL ? row_of (world, deed->id) : NULL;

  if (row == NULL)
    return;
  switch (row->state)
    {
    case SYNC_STATE_FAILED:
      if (sim_world_dice (world, 4) == 0)
        confirm (world, deed, TRUE);
      else if (sim_world_dice (world, 3) == 0)
        edit (world, deed);
      else if (sim_world_dice (world, 3) == 0)
        give_up (world, deed, sim_world_dice (world, 2));
      else
        retry (world, deed);
      break;
    case SYNC_STATE_UNKNOWN:
      if (sim_world_dice (world, 2) == 0)
        confirm (world, deed, TRUE);
      else if (sim_world_dice (world, 3) == 0)
        give_up (world, deed, sim_world_dice (world, 2));
      else
        retry (world, deed);
      break;
    case SYNC_STATE_CONFLICT:
      if (sim_world_dice (world, 4) == 0)
        give_up (world, deed, TRUE);
      else
        resolve (world, deed, sim_world_dice (world, 2));
      break;
    case SYNC_STATE_DISCARDED:
      if (sim_world_dice (world, 3) == 0)
        undo (world, deed);
      else
        take_back (world, deed, sim_world_dice (world, 2));
      break;
    case SYNC_STATE_PENDING:
      if (sim_world_dice (world, 3) == 0)
        give_up (world, deed, sim_world_dice (world, 2));
      else if (sim_world_dice (world, 3) == 0)
        replace (world, deed);
      else
        retry (world, deed);
      break;
    case SYNC_STATE_SENDING:
    case SYNC_STATE_COMPLETED:
    default:
      if (row->state == SYNC_STATE_COMPLETED && sim_world_dice (world, 3) == 0)
        undo (world, deed);
      sim_cover_act (SIM_ACT_REPEAT);
      hand_over (world, deed);
      break;
    }
}

static SimDeed *
deed_of (SimWorld *world, gint64 id)
{
  for (guint i = 0; i < world->deeds->len; i++)
    {
      SimDeed *deed = g_ptr_array_index (world->deeds, i);

      if (deed->id == id && !deed->forgotten)
        return deed;
    }
  return NULL;
}

/* A request that the engine made by itself: the deletion of a draft. */
static void
settle_follower (SimWorld *world, const SyncRequest *row, gboolean last)
{
  if (row->state == SYNC_STATE_FAILED && !last)
    sync_engine_retry (world->engine, row->id, "anna", NULL);
  else
    sync_engine_discard_with_dependants (world->engine, row->id, "the draft stays", "anna", NULL);
}

static void
settle_row (SimWorld *world, const SyncRequest *row, gboolean last)
{
  SimDeed *deed = deed_of (world, row->id);
  g_autofree char *name = NULL;

  if (deed == NULL)
    settle_follower (world, row, last);
  else if (row->state == SYNC_STATE_CONFLICT)
    resolve (world, deed, !last && sim_world_dice (world, 2));
  else if (row->state == SYNC_STATE_UNKNOWN || is_done_on_site (world, deed, &name))
    confirm (world, deed, !last);
  else if (last)
    give_up (world, deed, TRUE);
  else if (deed->rule != SIM_RULE_NONE && !deed->edited)
    edit (world, deed);
  else
    retry (world, deed);
}

/* Decides all that only a person can. @last: whatever does not go is given up. */
void
sim_people_settle_what_waits (SimWorld *world, gboolean last)
{
  const SyncListFilter stuck = {
    .states = 1u << SYNC_STATE_FAILED | 1u << SYNC_STATE_CONFLICT | 1u << SYNC_STATE_UNKNOWN,
    .limit = 1000,
  };
  g_autoptr (GPtrArray) rows = sync_store_list (world->store, &stuck, NULL);

  for (guint i = 0; rows != NULL && i < rows->len; i++)
    {
      const SyncRequest *row = g_ptr_array_index (rows, i);

      if (row->state != SYNC_STATE_UNKNOWN || row->needs_person)
        settle_row (world, row, last);
    }
}
