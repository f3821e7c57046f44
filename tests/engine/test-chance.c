/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything at once, by chance: writes of all kinds, faults, a person's verbs, kills, a disk that stops, time. Then all
 * is healed, and the oracle asks what became of each accepted write. One seed is one story. */
#include "config.h"

#include "engine-fixture.h"

#include "sync-error.h"

#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/resource.h>

#define HOUR_MS (3600 * 1000)

#define SEEDS 300
#define STEPS 150
#define LANES 4

typedef enum
{
  WORK_INVOICE, /* a create whose key the site enforces */
  WORK_SALE,    /* the same in two steps */
  WORK_NOTE,    /* a create without an enforced key */
  WORK_CHANGE,  /* an update in a lane that many share */
  WORK_DELETE,
  N_WORKS
} Work;

typedef struct
{
  gint64 id;
  Work work;
  guint mark;          /* its number: `n` of the document or of the change */
  guint lane;
  char *key;           /* (owned) */
  char *link;          /* (owned) (nullable): the key of the deed whose document it mentions */
  guint n_sent_again;  /* how often a person said "send again" */
  gboolean restored;   /* a person changed the order */
  gboolean edited;
} Deed;

typedef struct
{
  Engine *e;
  SyncRandom *random; /* (owned) */
  GPtrArray *deeds;   /* (owned) (element-type Deed) */
  GHashTable *marks;  /* (owned) (element-type guint guint): mark to number of commits */
  guint last[LANES];  /* the mark of the last commit of the lane */
  guint weather;      /* of 100 calls so many go wrong */
  gboolean disk_works;
} World;

static guint
dice (World *world, guint sides)
{
  return (guint) sync_random_below (world->random, sides);
}

static void
deed_free (Deed *deed)
{
  g_free (deed->key);
  g_free (deed->link);
  g_free (deed);
}

static Deed *
deed_of_mark (World *world, guint mark)
{
  for (guint i = 0; i < world->deeds->len; i++)
    if (((Deed *) g_ptr_array_index (world->deeds, i))->mark == mark)
      return g_ptr_array_index (world->deeds, i);
  return NULL;
}

static guint
n_commits (World *world, guint mark)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (world->marks, GUINT_TO_POINTER (mark)));
}

/* Whatever leaves is made of names that the site knows. */
static void
check_names (const SyncTransportRequest *request)
{
  gsize length = 0;
  const char *body = request->body != NULL ? g_bytes_get_data (request->body, &length) : NULL;

  g_assert_null (strstr (request->url, "LOCAL-"));
  g_assert_null (g_strstr_len (body != NULL ? body : "", (gssize) length, "\"LOCAL-"));
}

/* The site is about to do it: once only, and in order. */
static void
note_commit (World *world, const SyncTransportRequest *request, gboolean is_note)
{
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *text = NULL;
  JsonObject *body;
  guint mark;

  if (request->body == NULL)
    return;
  text = g_strndup (g_bytes_get_data (request->body, NULL), g_bytes_get_size (request->body));
  node = json_from_string (text, NULL);
  body = json_node_get_object (node);
  mark = json_object_get_int_member_with_default (body, "n", 0);
  if (g_str_equal (request->method, "PUT"))
    {
      const char *slash = strrchr (request->url, '/') + 1;
      gboolean is_item = strstr (request->url, "/Item/") != NULL;
      JsonObject *document = toy_site_get (world->e->site, is_item ? "Item" : "Sales Invoice", slash);
      Deed *deed = deed_of_mark (world, mark);

      if (document == NULL)
        return;
      g_assert_true (json_object_has_member (body, "modified"));
      if (g_strcmp0 (json_object_get_string_member (body, "modified"),
                     json_object_get_string_member (document, "modified"))
          != 0)
        return;
      if (!is_item)
        {
          /* The submission of a draft, which had none before. */
          g_assert_cmpint (json_object_get_int_member (document, "docstatus"), ==, 0);
          return;
        }
      if (deed == NULL || !deed->restored)
        {
          g_assert_cmpuint (mark, >, world->last[*slash - 'A']);
          world->last[*slash - 'A'] = mark;
        }
    }
  else if (!is_note)
    return;
  g_hash_table_insert (world->marks, GUINT_TO_POINTER (mark), GUINT_TO_POINTER (n_commits (world, mark) + 1));
}

static void
choose_canned (World *world)
{
  static const struct
  {
    guint status;
    const char *type;
    const char *body;
  } answers[] = {
    { 500, "application/json", "{\"exc_type\":\"OperationalError\"}" },
    { 500, "application/json", "{\"exc_type\":\"TypeError\"}" },
    { 500, "application/json", "{\"exc_type\":\"QueryDeadlockError\"}" },
    { 503, "application/json", "{\"exc_type\":\"SessionStopped\"}" },
    { 429, "application/json", "{\"exc_type\":\"TooManyRequestsError\"}" },
    { 417, "application/json", "{\"exc_type\":\"MandatoryError\"}" },
    { 417, "application/json", "{\"exc_type\":\"ValidationError\"}" },
    { 417, "application/json", "{\"exc_type\":\"UpdateAfterSubmitError\"}" },
    { 417, "application/json", "{\"exc_type\":\"DocumentLockedError\"}" },
    { 403, "application/json", "{\"exc_type\":\"PermissionError\"}" },
    { 401, "application/json", "{\"exc_type\":\"AuthenticationError\"}" },
    { 200, "text/html", "<html><body>Welcome</body></html>" },
    { 200, "application/json", "{\"message\":{}}" },
    { 301, "text/html", "<html></html>" },
    { 502, "text/html", "<html></html>" },
    { 504, "text/html", "<html></html>" },
  };
  guint i = dice (world, G_N_ELEMENTS (answers));

  toy_site_set_canned (world->e->site, answers[i].status, answers[i].type, answers[i].body);
}

/* What the toy site would do, and ERPNext never does. */
static gboolean
deletes_submitted (ToySite *site, const SyncTransportRequest *request)
{
  JsonObject *document = toy_site_get (site, "Sales Invoice", strrchr (request->url, '/') + 1);

  return g_str_equal (request->method, "DELETE") && document != NULL
         && json_object_get_int_member (document, "docstatus") == 1;
}

static ToyFault
whatever (ToySite *site, const SyncTransportRequest *request, gpointer user_data)
{
  World *world = user_data;
  gboolean is_note = strstr (request->url, "/Note") != NULL;
  ToyFault fault = TOY_ANSWER;

  toy_site_set_key_field (site, !is_note);
  if (request->write)
    check_names (request);
  if (dice (world, 100) < world->weather)
    fault = TOY_REFUSE + dice (world, 4);
  if (fault == TOY_CANNED)
    choose_canned (world);
  if (fault != TOY_CANNED && deletes_submitted (site, request))
    {
      toy_site_set_canned (site, 417, "application/json", "{\"exc_type\":\"ValidationError\"}");
      return TOY_CANNED;
    }
  if (request->write && (fault == TOY_ANSWER || fault == TOY_RESET_AFTER))
    note_commit (world, request, is_note);
  return fault;
}

static char *
url_of (const Deed *deed)
{
  switch (deed->work)
    {
    case WORK_INVOICE:
    case WORK_SALE:
      return g_strdup ("/api/resource/Sales%20Invoice");
    case WORK_NOTE:
      return g_strdup ("/api/resource/Note");
    case WORK_CHANGE:
      return g_strdup_printf ("/api/resource/Item/%c", 'A' + deed->lane);
    case WORK_DELETE:
    default:
      return g_strdup_printf ("/api/resource/Item/gone-%u", deed->mark);
    }
}

static char *
body_of (World *world, const Deed *deed, gboolean edited)
{
  g_autofree char *link = deed->link != NULL ? g_strdup_printf (",\"link\":\"LOCAL-%s\"", deed->link) : NULL;
  const char *more = edited ? ",\"edited\":1" : link != NULL ? link : "";
  g_autofree char *name = g_strdup_printf ("%c", 'A' + deed->lane);

  if (deed->work == WORK_DELETE)
    return NULL;
  if (deed->work == WORK_SALE)
    return g_strdup_printf ("{\"n\":%u,\"docstatus\":1%s}", deed->mark, more);
  if (deed->work == WORK_CHANGE && deed->mark % 2 == 0 && !edited)
    return g_strdup_printf ("{\"n\":%u,\"modified\":\"%s\"%s}", deed->mark,
                            json_object_get_string_member (toy_site_get (world->e->site, "Item", name), "modified"),
                            more);
  return g_strdup_printf ("{\"n\":%u%s}", deed->mark, more);
}

static void
submit_deed (World *world, Deed *deed, gint64 depends_on)
{
  SyncSubmission submission = SYNC_SUBMISSION_INIT;
  g_autofree char *url = url_of (deed);
  g_autofree char *text = body_of (world, deed, FALSE);
  g_autoptr (GBytes) body = text != NULL ? g_bytes_new (text, strlen (text)) : NULL;
  g_autoptr (GError) error = NULL;

  submission.method = deed->work == WORK_CHANGE ? "PUT" : deed->work == WORK_DELETE ? "DELETE" : "POST";
  submission.url = url;
  submission.body = body;
  submission.key = deed->key;
  submission.depends_on = &depends_on;
  submission.n_depends_on = depends_on != 0;
  deed->id = engine_submit_full (world->e, &submission, &error);
  if (deed->id == 0)
    {
      if (world->disk_works)
        g_assert_false (g_error_matches (error, SYNC_ERROR, SYNC_ERROR_STORAGE));
      deed_free (deed);
      return;
    }
  g_ptr_array_add (world->deeds, deed);
}

static void
submit_something (World *world)
{
  Deed *deed = g_new0 (Deed, 1);
  static guint marks;
  const Deed *linked = NULL;
  gint64 depends_on = 0;

  deed->mark = ++marks;
  deed->work = dice (world, N_WORKS);
  deed->lane = dice (world, LANES);
  deed->key = g_strdup_printf ("key-%u", deed->mark);
  if (world->deeds->len > 0 && dice (world, 10) == 0)
    depends_on = ((Deed *) g_ptr_array_index (world->deeds, dice (world, world->deeds->len)))->id;
  if (world->deeds->len > 0 && dice (world, 4) == 0)
    linked = g_ptr_array_index (world->deeds, dice (world, world->deeds->len));
  if (linked != NULL && linked->work <= WORK_NOTE)
    deed->link = g_strdup (linked->key);
  /* Another sale under a key that is in use. */
  if (world->deeds->len > 0 && dice (world, 10) == 0)
    {
      const Deed *other = g_ptr_array_index (world->deeds, dice (world, world->deeds->len));

      if (other->work == WORK_INVOICE)
        {
          g_free (deed->key);
          deed->key = g_strdup (other->key);
          deed->work = other->work;
        }
    }
  submit_deed (world, deed, depends_on);
}

/* The same once more: no second row. */
static void
repeat_something (World *world)
{
  SyncSubmission submission = SYNC_SUBMISSION_INIT;
  const Deed *deed;
  g_autofree char *url = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GBytes) body = NULL;
  gint64 id;

  if (world->deeds->len == 0)
    return;
  deed = g_ptr_array_index (world->deeds, dice (world, world->deeds->len));
  if (deed->work != WORK_INVOICE && deed->work != WORK_NOTE)
    return;
  if (engine_state_of (world->e, deed->id) == SYNC_STATE_DISCARDED)
    return;
  url = url_of (deed);
  text = body_of (world, deed, FALSE);
  body = g_bytes_new (text, strlen (text));
  submission.method = "POST";
  submission.url = url;
  submission.body = body;
  submission.key = deed->key;
  id = engine_submit_full (world->e, &submission, NULL);
  if (id != 0)
    g_assert_cmpint (id, ==, deed->id);
}

static void
decide_something (World *world)
{
  SyncEngine *engine = world->e->engine;
  Deed *deed;
  g_autofree char *text = NULL;
  g_autoptr (GBytes) body = NULL;

  if (world->deeds->len == 0)
    return;
  deed = g_ptr_array_index (world->deeds, dice (world, world->deeds->len));
  switch (dice (world, 6))
    {
    case 0:
      sync_engine_retry (engine, deed->id, "anna", NULL);
      break;
    case 1:
      if (dice (world, 2) == 0)
        sync_engine_discard (engine, deed->id, "by chance", "anna", NULL);
      else
        sync_engine_discard_with_dependants (engine, deed->id, "by chance", "anna", NULL);
      break;
    case 2:
      /* Before it: what it sends meanwhile is out of order already. */
      if (dice (world, 2) == 0 ? sync_engine_restore (engine, deed->id, "anna", NULL)
                               : sync_engine_restore_with_dependants (engine, deed->id, "anna", NULL))
        deed->restored = TRUE;
      break;
    case 3:
      text = body_of (world, deed, TRUE);
      body = text != NULL ? g_bytes_new (text, strlen (text)) : NULL;
      if (body != NULL && sync_engine_edit (engine, deed->id, body, "anna", NULL))
        deed->edited = TRUE;
      break;
    case 4:
      sync_engine_confirm (engine, deed->id, TRUE, dice (world, 2) == 0 ? NULL : "NAME-GIVEN", "anna", NULL);
      break;
    default:
      if (sync_engine_confirm (engine, deed->id, FALSE, NULL, "anna", NULL))
        deed->n_sent_again++;
      break;
    }
}

static void
steer (World *world)
{
  static const char *const types[] = { "Sales Invoice", NULL };
  SyncEngine *engine = world->e->engine;

  switch (dice (world, 8))
    {
    case 0:
      sync_engine_pause (engine, dice (world, 100000), NULL);
      break;
    case 1:
      sync_engine_pause (engine, 0, types);
      break;
    case 2:
    case 3:
      sync_engine_resume (engine);
      break;
    case 4:
      sync_engine_set_offline (engine, dice (world, 2));
      break;
    case 5:
      sync_engine_force_sync (engine, NULL, NULL, 0, NULL);
      break;
    case 6:
      sync_engine_hint_network (engine, dice (world, 2));
      break;
    default:
      sync_engine_credentials_changed (engine);
      break;
    }
}

static void
open_quietly (World *world)
{
  engine_open (world->e);
  /* The fixture reads each row again in a connection of its own: right, and slow. */
  g_signal_handlers_disconnect_by_data (world->e->engine, world->e);
  engine_start (world->e);
}

static void
turn_disk (World *world, gboolean works)
{
  world->disk_works = works;
  engine_set_disk (works);
}

static void
kill_it (World *world)
{
  turn_disk (world, TRUE);
  engine_drop (world->e);
  toy_site_hold (world->e->site, FALSE);
  if (dice (world, 3) == 0)
    sync_clock_virtual_reboot (world->e->clock, (gint64) dice (world, 100000) * 1000);
  open_quietly (world);
}

static void
do_something (World *world)
{
  static const guint waits_ms[] = { 1, 100, 3000, 20000, 150000 };
  guint what = dice (world, 100);

  if (what < 25)
    submit_something (world);
  else if (what < 28)
    repeat_something (world);
  else if (what < 45)
    decide_something (world);
  else if (what < 50)
    steer (world);
  else if (what < 54)
    toy_site_hold (world->e->site, dice (world, 2));
  else if (what < 58)
    kill_it (world);
  else if (what < 62)
    turn_disk (world, dice (world, 3) > 0);
  else if (what < 66)
    world->weather = dice (world, 2) * dice (world, 101);
  else if (what < 67)
    sync_clock_virtual_jump_wall_us (world->e->clock, ((gint64) dice (world, 7200) - 3600) * G_USEC_PER_SEC);
  else if (what < 68)
    toy_site_put (world->e->site, "Item", dice (world, 2) ? "A" : "B", "{\"other\":1}");
  else
    engine_run_for (world->e, waits_ms[dice (world, G_N_ELEMENTS (waits_ms))]);
  if (what % 4 == 0)
    engine_settle (world->e);
}

/* Everything works again and nobody hinders it; what nobody but a person can decide, a person gives up, until nothing
 * is left. */
static void
heal (World *world)
{
  const SyncListFilter stuck = {
    .states = 1u << SYNC_STATE_FAILED | 1u << SYNC_STATE_CONFLICT | 1u << SYNC_STATE_UNKNOWN,
    .limit = 1000,
  };
  Engine *e = world->e;

  world->weather = 0;
  turn_disk (world, TRUE);
  toy_site_hold (e->site, FALSE);
  sync_engine_resume (e->engine);
  sync_engine_set_offline (e->engine, FALSE);
  for (guint round = 0;; round++)
    {
      g_autoptr (GPtrArray) rows = NULL;
      SyncCounts counts;

      g_assert_cmpuint (round, <, world->deeds->len + 2);
      engine_run_for (e, 3 * HOUR_MS);
      /* Whatever can go by itself has gone. */
      g_assert_cmpint (sync_store_get_next_due_us (e->store), ==, -1);
      sync_store_get_counts (e->store, &counts, NULL);
      g_assert_cmpuint (counts.n[SYNC_STATE_SENDING], ==, 0);
      rows = sync_store_list (e->store, &stuck, NULL);
      if (rows->len == 0)
        {
          g_assert_cmpuint (counts.n[SYNC_STATE_PENDING], ==, 0);
          return;
        }
      for (guint i = 0; i < rows->len; i++)
        {
          const SyncRequest *row = g_ptr_array_index (rows, i);

          if (row->state == SYNC_STATE_UNKNOWN && !row->needs_person)
            continue;
          g_assert_true (sync_engine_discard_with_dependants (e->engine, row->id, "the end", "anna", NULL));
        }
    }
}

/* How many documents of @type carry @mark; the last of them in @document. */
static guint
count_marked (World *world, const char *type, guint mark, JsonObject **document)
{
  guint n = 0;

  for (guint i = 1; i <= toy_site_n_calls (world->e->site) + 100; i++)
    {
      g_autofree char *name = g_strdup_printf ("NAME-%u", i);
      JsonObject *found = toy_site_get (world->e->site, type, name);

      if (found == NULL || json_object_get_int_member_with_default (found, "n", 0) != mark)
        continue;
      n++;
      *document = found;
    }
  return n;
}

static void
check_deed (World *world, const Deed *deed)
{
  g_autoptr (SyncRequest) row = engine_get (world->e, deed->id);
  g_autofree char *url = g_strdup_printf ("gone-%u", deed->mark);
  gboolean proven = row->state == SYNC_STATE_COMPLETED && g_strcmp0 (row->proof, "person") != 0;
  JsonObject *document = NULL;
  guint n;

  switch (deed->work)
    {
    case WORK_INVOICE:
    case WORK_SALE:
      n = count_marked (world, "Sales Invoice", deed->mark, &document);
      g_assert_cmpuint (n, <=, 1);
      if (!proven)
        break;
      g_assert_cmpuint (n, ==, 1);
      g_assert_cmpstr (json_object_get_string_member (document, "posa_client_request_id"), ==, row->key);
      g_assert_cmpint (json_object_get_int_member (document, "docstatus"), ==, deed->work == WORK_SALE);
      if (deed->edited)
        g_assert_true (json_object_has_member (document, "edited"));
      break;
    case WORK_NOTE:
      g_assert_cmpuint (n_commits (world, deed->mark), <=, 1 + deed->n_sent_again);
      if (proven)
        g_assert_cmpuint (n_commits (world, deed->mark), >=, 1);
      break;
    case WORK_CHANGE:
      g_assert_cmpuint (n_commits (world, deed->mark), <=, 1);
      if (proven)
        g_assert_cmpuint (n_commits (world, deed->mark), ==, 1);
      break;
    case WORK_DELETE:
    default:
      if (proven)
        g_assert_null (toy_site_get (world->e->site, "Item", url));
      break;
    }
}

static guint seed;

static void
test_seed (Engine *e)
{
  World world = { .e = e, .disk_works = TRUE };

  world.random = sync_random_seeded_new (seed);
  world.deeds = g_ptr_array_new_with_free_func ((GDestroyNotify) deed_free);
  world.marks = g_hash_table_new (NULL, NULL);
  for (guint i = 0; i < LANES; i++)
    {
      g_autofree char *name = g_strdup_printf ("%c", 'A' + i);

      toy_site_put (e->site, "Item", name, "{\"n\":0}");
    }
  toy_site_set_fault (e->site, whatever, &world);
  engine_drop (e);
  open_quietly (&world);
  for (guint i = 0; i < STEPS; i++)
    do_something (&world);
  heal (&world);
  for (guint i = 0; i < world.deeds->len; i++)
    check_deed (&world, g_ptr_array_index (world.deeds, i));
  toy_site_set_fault (e->site, NULL, NULL);
  g_hash_table_unref (world.marks);
  g_ptr_array_unref (world.deeds);
  g_clear_object (&world.random);
}

/* SYNC_TEST_SEED=N runs that one alone. */
static void
test_random (void)
{
  const char *wanted = g_getenv ("SYNC_TEST_SEED");

  for (seed = wanted != NULL ? g_ascii_strtoull (wanted, NULL, 10) : 1; seed <= SEEDS; seed++)
    {
      g_test_message ("seed %u", seed);
      engine_test_run (test_seed);
      if (wanted != NULL)
        return;
    }
}

int
main (int argc, char **argv)
{
  /* Thousands of flushes to a real disk would be most of the time. */
  if (g_file_test ("/dev/shm", G_FILE_TEST_IS_DIR))
    g_setenv ("TMPDIR", "/dev/shm", FALSE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sync/chance/seeds", test_random);
  return g_test_run ();
}
