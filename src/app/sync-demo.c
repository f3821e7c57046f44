/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The story of `--demo` as a chain of steps. The till talks to the gateway over HTTP as a browser does, the engine to
 * the practice shop over HTTP as to any ERPNext; what the ledger says is counted in the shop's own commits. Nothing is
 * shown here. Main thread. */
#include "config.h"

#include "sync-demo.h"

#include "sync-demo-till.h"
#include "sync-json-member.h"
#include "sync-practice-shop.h"

#include <glib/gi18n.h>
#include <glib/gstdio.h>

/* Reading time for one step of the story; POSAWESOME_SYNC_DEMO_PACE overrides it, 0 for tests. */
#define DEFAULT_PACE_MS 700
/* More steps than the story has: so much time for reading is added to what it may take before it counts as failed. */
#define N_PACES 60
/* Which delivery loses its answer: neither the first, so that the bar moves, nor the last. */
#define LOSE_AFTER 3

typedef enum
{
  STEP_OPENING, /* customers are being written into the shop */
  STEP_CUT,
  STEP_SELL,
  STEP_HOLD,    /* until the engine has noticed that the line is cut */
  STEP_MEND,
  STEP_DRAIN,   /* until the queue is empty */
  STEP_COUNT,
  STEP_OVER,
} Step;

struct _SyncDemo
{
  GObject parent_instance;

  SyncClock *clock;           /* (owned) */
  SyncRandom *random;         /* (owned) */
  char *directory;            /* (owned) (nullable): of this run alone; removed at the end */
  SyncPracticeShop *shop;     /* (owned) (nullable) */
  SyncConfig *config;         /* (owned) (nullable) */
  SyncServiceThread *service; /* (unowned) (nullable): its owner outlives the story */
  SyncStatus *status;         /* (owned) (nullable) */
  SoupSession *session;       /* (owned): the till's browser */
  GCancellable *cancellable;  /* (owned): ends calls of the till that are on their way */
  char *token;                /* (owned) (nullable): opens the gateway */
  SyncDemoSale sales[SYNC_DEMO_N_SALES];
  Step step;
  guint n_done;               /* customers made, then sales accepted */
  guint pace_ms;
  guint timer;                /* the next step, 0: none */
  guint watchdog;
  guint loss;                 /* the fault that loses an answer, 0: not set */
  gboolean told_of_return;
  gboolean told_of_loss;
  guint n_on_server;          /* submitted invoices in the shop's books */
  gboolean told_whole;        /* nothing was left that could still go there */
  gboolean succeeded;
};

enum
{
  SIGNAL_CAPTION,
  SIGNAL_SOLD,
  SIGNAL_FINISHED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SyncDemo, sync_demo, G_TYPE_OBJECT)

static gboolean step_cb (gpointer user_data);
static void make_customer (SyncDemo *self);

static void
tell (SyncDemo *self, const char *caption)
{
  g_signal_emit (self, signals[SIGNAL_CAPTION], 0, caption);
}

static void
go_on (SyncDemo *self, Step step, guint n_paces)
{
  g_clear_handle_id (&self->timer, g_source_remove);
  self->step = step;
  self->timer = g_timeout_add (n_paces * self->pace_ms, step_cb, self);
}

static void
finish (SyncDemo *self, gboolean succeeded)
{
  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_handle_id (&self->watchdog, g_source_remove);
  self->step = STEP_OVER;
  self->succeeded = succeeded;
  g_signal_emit (self, signals[SIGNAL_FINISHED], 0, succeeded);
}

/* What the shop's books say: only submitted invoices count as sales. */
static void
count_commit_cb (const SyncPracticeCommit *commit, gpointer user_data)
{
  SyncDemo *self = user_data;

  if (strcmp (commit->kind, "submit") != 0)
    return;
  self->n_on_server++;
  for (guint i = 0; i < SYNC_DEMO_N_SALES; i++)
    if (g_strcmp0 (commit->key, self->sales[i].key) == 0)
      {
        self->sales[i].times_posted++;
        g_free (self->sales[i].invoice);
        self->sales[i].invoice = g_strdup (commit->name);
      }
}

static void
ask_shop (SyncDemo *self)
{
  sync_practice_shop_foreach_commit (self->shop, "Sales Invoice", NULL, count_commit_cb, self);
}

static void
fail (SyncDemo *self, const char *what)
{
  if (self->step == STEP_OVER)
    return;
  tell (self, what);
  ask_shop (self);
  finish (self, FALSE);
}

/* An answer that did not come, unless the story is being dropped. */
static void
fail_with (SyncDemo *self, const GError *error)
{
  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    fail (self, error->message);
}

static gboolean
watchdog_cb (gpointer user_data)
{
  SyncDemo *self = user_data;

  self->watchdog = 0;
  fail (self, _ ("The story did not come to its end in time."));
  return G_SOURCE_REMOVE;
}

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) directory = g_dir_open (path, 0, NULL);
  const char *name;

  while (directory != NULL && (name = g_dir_read_name (directory)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      if (g_file_test (child, G_FILE_TEST_IS_DIR) && !g_file_test (child, G_FILE_TEST_IS_SYMLINK))
        remove_tree (child);
      else
        g_unlink (child);
    }
  g_rmdir (path);
}

static void
customer_made_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncDemo) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) answer = sync_demo_till_post_finish (SOUP_SESSION (source), result, 200, &error);

  if (answer == NULL)
    {
      fail_with (self, error);
      return;
    }
  self->n_done++;
  make_customer (self);
}

/* Those that the shop's seed does not have. */
static void
make_customer (SyncDemo *self)
{
  if (self->n_done < SYNC_DEMO_N_SALES && strcmp (sync_demo_till_get_customer (self->n_done), "Walk In") == 0)
    self->n_done++;
  if (self->n_done == SYNC_DEMO_N_SALES)
    {
      self->n_done = 0;
      go_on (self, STEP_CUT, 3);
      return;
    }
  sync_demo_till_post_async (self->session, sync_practice_shop_get_base_url (self->shop), "/api/resource/Customer",
                             "token KEY-manager:SECRET", sync_demo_till_make_customer (self->n_done),
                             self->cancellable, customer_made_cb, g_object_ref (self));
}

static void
open_shop (SyncDemo *self)
{
  g_autofree char *caption = NULL;

  caption = g_strdup_printf (_ ("A practice shop is open at %s. Nothing here touches a real one."),
                             sync_practice_shop_get_base_url (self->shop));
  tell (self, caption);
  make_customer (self);
}

static void
cut_line (SyncDemo *self)
{
  g_autofree char *path = g_build_filename (self->config->data_dir, "gateway-token", NULL);
  g_autoptr (GError) error = NULL;

  if (!g_file_get_contents (path, &self->token, NULL, &error))
    {
      fail (self, error->message);
      return;
    }
  g_strstrip (self->token);
  sync_practice_shop_stop (self->shop);
  tell (self, _ ("The line to the server is cut. The till goes on selling."));
  go_on (self, STEP_SELL, 2);
}

static void
sold_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncDemo) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) answer = sync_demo_till_post_finish (SOUP_SESSION (source), result, 202, &error);
  guint index;

  if (answer == NULL)
    {
      fail_with (self, error);
      return;
    }
  index = self->n_done++;
  self->sales[index].request_id = sync_json_member_int (answer, "id", 0);
  g_signal_emit (self, signals[SIGNAL_SOLD], 0, index);
  if (self->n_done < SYNC_DEMO_N_SALES)
    go_on (self, STEP_SELL, 1);
  else
    go_on (self, STEP_HOLD, 2);
}

static void
sell (SyncDemo *self)
{
  g_autofree char *gateway = g_strdup_printf ("http://127.0.0.1:%u", sync_service_thread_get_port (self->service));
  g_autofree char *authorization = g_strconcat ("Bearer ", self->token, NULL);

  sync_demo_till_post_async (self->session, gateway, "/_sync/v1/requests", authorization,
                             sync_demo_till_make_submission (self->n_done, self->sales[self->n_done].key),
                             self->cancellable, sold_cb, g_object_ref (self));
}

static void
hint_network_cb (SyncEngine *engine, gpointer user_data)
{
  sync_engine_hint_network (engine, FALSE);
}

static void
mend_line (SyncDemo *self)
{
  const SyncPracticeFault lose_answer = { .kind = SYNC_PRACTICE_FAULT_RESET_AFTER,
                                          .path = SYNC_DEMO_OUTBOX_PATH,
                                          .skip = LOSE_AFTER,
                                          .count = 1 };
  const SyncPracticeFault slow = { .kind = SYNC_PRACTICE_FAULT_SLOW_BEFORE,
                                   .path = SYNC_DEMO_OUTBOX_PATH,
                                   .delay_ms = self->pace_ms };
  g_autoptr (GError) error = NULL;

  self->loss = sync_practice_shop_add_fault (self->shop, &lose_answer);
  if (self->pace_ms > 0)
    sync_practice_shop_add_fault (self->shop, &slow);
  if (!sync_practice_shop_listen (self->shop, 0, &error))
    {
      fail (self, error->message);
      return;
    }
  tell (self, _ ("The line is back. The next try will find that out."));
  self->step = STEP_DRAIN;
  sync_service_thread_invoke (self->service, hint_network_cb, NULL, NULL);
}

static void
count (SyncDemo *self)
{
  guint n_right = 0;
  gboolean lost_one;

  ask_shop (self);
  self->told_whole = TRUE;
  for (guint i = 0; i < SYNC_DEMO_N_SALES; i++)
    n_right += self->sales[i].request_id > 0 && self->sales[i].times_posted == 1;
  /* A story in which no answer was lost shows nothing. */
  lost_one = sync_practice_shop_get_fault_hits (self->shop, self->loss) == 1;
  if (n_right == SYNC_DEMO_N_SALES && self->n_on_server == SYNC_DEMO_N_SALES && lost_one)
    tell (self, _ ("Every sale is on the server exactly once. The shop's books:"));
  else
    tell (self, _ ("The shop's books are not what they should be:"));
  finish (self, n_right == SYNC_DEMO_N_SALES && self->n_on_server == SYNC_DEMO_N_SALES && lost_one);
}

static void
status_changed_cb (SyncDemo *self)
{
  const SyncSnapshot *snapshot = sync_status_get_snapshot (self->status);

  if (snapshot == NULL || self->timer != 0)
    return;
  if (self->step == STEP_HOLD && snapshot->condition == SYNC_CONDITION_OFFLINE)
    {
      tell (self, _ ("Ten sales are safe on this computer; even pulling its plug would not lose them."));
      go_on (self, STEP_MEND, 4);
      return;
    }
  if (self->step != STEP_DRAIN)
    return;
  if (!self->told_of_return && snapshot->condition == SYNC_CONDITION_ONLINE)
    {
      self->told_of_return = TRUE;
      tell (self, _ ("The server answers again. The sales go out, each with its key."));
    }
  if (!self->told_of_loss && sync_practice_shop_get_fault_hits (self->shop, self->loss) > 0)
    {
      self->told_of_loss = TRUE;
      tell (self, _ ("One answer got lost: the server has booked that sale, but the till could not hear it. "
                     "The same key goes again, and the server knows it."));
    }
  if (snapshot->counts.n[SYNC_STATE_COMPLETED] == SYNC_DEMO_N_SALES)
    go_on (self, STEP_COUNT, 2);
}

static gboolean
step_cb (gpointer user_data)
{
  SyncDemo *self = user_data;

  self->timer = 0;
  switch (self->step)
    {
    case STEP_OPENING:
      open_shop (self);
      break;
    case STEP_CUT:
      cut_line (self);
      break;
    case STEP_SELL:
      sell (self);
      break;
    case STEP_MEND:
      mend_line (self);
      break;
    case STEP_COUNT:
      count (self);
      break;
    case STEP_HOLD:
    case STEP_DRAIN:
      status_changed_cb (self);
      break;
    case STEP_OVER:
    default:
      break;
    }
  return G_SOURCE_REMOVE;
}

static void
sync_demo_dispose (GObject *object)
{
  SyncDemo *self = SYNC_DEMO (object);

  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_handle_id (&self->watchdog, g_source_remove);
  g_cancellable_cancel (self->cancellable);
  if (self->status != NULL)
    g_signal_handlers_disconnect_by_data (self->status, self);
  g_clear_object (&self->status);
  if (self->shop != NULL)
    sync_practice_shop_stop (self->shop);
  g_clear_object (&self->shop);
  g_clear_object (&self->session);
  g_clear_object (&self->clock);
  g_clear_object (&self->random);
  G_OBJECT_CLASS (sync_demo_parent_class)->dispose (object);
}

static void
sync_demo_finalize (GObject *object)
{
  SyncDemo *self = SYNC_DEMO (object);

  if (self->directory != NULL)
    remove_tree (self->directory);
  for (guint i = 0; i < SYNC_DEMO_N_SALES; i++)
    {
      g_free (self->sales[i].key);
      g_free (self->sales[i].invoice);
    }
  g_clear_pointer (&self->config, sync_config_free);
  g_object_unref (self->cancellable);
  g_free (self->token);
  g_free (self->directory);
  G_OBJECT_CLASS (sync_demo_parent_class)->finalize (object);
}

static void
sync_demo_class_init (SyncDemoClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = sync_demo_dispose;
  object_class->finalize = sync_demo_finalize;
  signals[SIGNAL_CAPTION] = g_signal_new ("caption", SYNC_TYPE_DEMO, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                          G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[SIGNAL_SOLD] = g_signal_new ("sold", SYNC_TYPE_DEMO, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                       G_TYPE_UINT);
  signals[SIGNAL_FINISHED] = g_signal_new ("finished", SYNC_TYPE_DEMO, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                           G_TYPE_NONE, 1, G_TYPE_BOOLEAN);
}

static void
sync_demo_init (SyncDemo *self)
{
  const char *pace = g_getenv ("POSAWESOME_SYNC_DEMO_PACE");
  guint64 pace_ms;

  self->cancellable = g_cancellable_new ();
  self->session = soup_session_new ();
  self->pace_ms = DEFAULT_PACE_MS;
  if (pace != NULL && g_ascii_string_to_unsigned (pace, 10, 0, 60000, &pace_ms, NULL))
    self->pace_ms = (guint) pace_ms;
  for (guint i = 0; i < SYNC_DEMO_N_SALES; i++)
    {
      self->sales[i].customer = sync_demo_till_get_customer (i);
      self->sales[i].amount = sync_demo_till_get_amount (i);
      self->sales[i].key = g_uuid_string_random ();
    }
}

/**
 * sync_demo_new:
 * @clock: the clock
 * @random: where chance comes from
 *
 * Returns: (transfer full): a story that has not begun
 */
SyncDemo *
sync_demo_new (SyncClock *clock, SyncRandom *random)
{
  SyncDemo *self = g_object_new (SYNC_TYPE_DEMO, NULL);

  self->clock = g_object_ref (clock);
  self->random = g_object_ref (random);
  return self;
}

/**
 * sync_demo_open:
 * @self: the story
 * @error: why not
 *
 * Makes the profile of this run in a fresh temporary directory and opens the practice shop on a free port. Sets
 * `XDG_STATE_HOME` of the process, and is therefore to be called before there are other threads.
 *
 * Returns: whether it succeeded; %FALSE with @error of GLib's or the shop's domains
 */
gboolean
sync_demo_open (SyncDemo *self, GError **error)
{
  g_autofree char *database = NULL;
  g_autofree char *state = NULL;
  g_autofree char *base_url = NULL;
  g_autofree char *data_dir = NULL;
  g_autofree char *debug = NULL;

  self->directory = g_dir_make_tmp ("posawesome-sync-demo-XXXXXX", error);
  if (self->directory == NULL)
    return FALSE;
  state = g_build_filename (self->directory, "state", NULL);
  g_setenv ("XDG_STATE_HOME", state, TRUE);
  database = g_build_filename (self->directory, "shop.db", NULL);
  self->shop = sync_practice_shop_new (self->clock, self->random, database, error);
  if (self->shop == NULL || !sync_practice_shop_listen (self->shop, 0, error))
    return FALSE;
  base_url = g_strconcat ("ERPNEXT_BASE_URL=", sync_practice_shop_get_base_url (self->shop), NULL);
  debug = g_getenv ("DEBUG") != NULL ? g_strconcat ("DEBUG=", g_getenv ("DEBUG"), NULL) : NULL;
  data_dir = g_strconcat ("POSAWESOME_SYNC_DATA_DIR=", self->directory, "/data", NULL);
  {
    /* Nothing of the user's own settings or environment counts; retries are quicker than in a shop and waits shorter,
     * so that nobody has to wait for the story to go on. */
    const char *const environment[] = { base_url, data_dir, "ERPNEXT_API_TOKEN=KEY-cashier",
                                        "ERPNEXT_API_SECRET=SECRET", "GATEWAY_PORT=0", "SYNC_CONCURRENCY=2",
                                        "BASE_RETRY_DELAY=500", "MAX_RETRY_DELAY=3000",
                                        "REQUEST_TIMEOUT=30000", "WRITE_TIMEOUT=30000", "SETTLE_TIME=5000",
                                        debug, NULL };

    self->config = sync_config_new (NULL, environment, error);
  }
  return self->config != NULL;
}

/**
 * sync_demo_start:
 * @self: the story, opened
 * @service: the running service for sync_demo_get_config()
 * @status: attached to its engine
 *
 * Begins to tell.
 */
void
sync_demo_start (SyncDemo *self, SyncServiceThread *service, SyncStatus *status)
{
  self->service = service;
  self->status = g_object_ref (status);
  g_signal_connect_swapped (status, "changed", G_CALLBACK (status_changed_cb), self);
  self->watchdog = g_timeout_add (SYNC_DEMO_WATCHDOG_MS + N_PACES * self->pace_ms, watchdog_cb, self);
  go_on (self, STEP_OPENING, 0);
}

/**
 * sync_demo_stop:
 * @self: the story
 *
 * Tells no further; calls that are on their way end while the main loop still runs.
 */
void
sync_demo_stop (SyncDemo *self)
{
  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_handle_id (&self->watchdog, g_source_remove);
  self->step = STEP_OVER;
  g_cancellable_cancel (self->cancellable);
}

/**
 * sync_demo_get_config:
 * @self: the story, opened
 *
 * Returns: (transfer none): the settings to run the service with
 */
const SyncConfig *
sync_demo_get_config (SyncDemo *self)
{
  return self->config;
}

/**
 * sync_demo_get_clock:
 * @self: the story
 *
 * Returns: (transfer none): its clock
 */
SyncClock *
sync_demo_get_clock (SyncDemo *self)
{
  return self->clock;
}

/**
 * sync_demo_get_random:
 * @self: the story
 *
 * Returns: (transfer none): its source of chance
 */
SyncRandom *
sync_demo_get_random (SyncDemo *self)
{
  return self->random;
}

/**
 * sync_demo_get_sale:
 * @self: the story
 * @index: below SYNC_DEMO_N_SALES
 *
 * Returns: (transfer none): that sale
 */
const SyncDemoSale *
sync_demo_get_sale (SyncDemo *self, guint index)
{
  g_return_val_if_fail (index < SYNC_DEMO_N_SALES, NULL);
  return &self->sales[index];
}

/**
 * sync_demo_get_succeeded:
 * @self: the story
 *
 * Returns: whether it came to its end and the shop's books were right
 */
gboolean
sync_demo_get_succeeded (SyncDemo *self)
{
  return self->succeeded;
}

/**
 * sync_demo_dup_verdict:
 * @self: the story, finished
 *
 * Returns: (transfer full): the last line of the ledger, as counted in the shop's books; what did not get there is only lost
 *   if the story was told to its end
 */
char *
sync_demo_dup_verdict (SyncDemo *self)
{
  guint accepted = 0, missing = 0, doubled = 0;

  for (guint i = 0; i < SYNC_DEMO_N_SALES; i++)
    {
      const SyncDemoSale *sale = &self->sales[i];

      accepted += sale->request_id > 0;
      missing += sale->request_id > 0 && sale->times_posted == 0;
      doubled += sale->times_posted > 1 ? sale->times_posted - 1 : 0;
    }
  if (!self->told_whole)
    return g_strdup_printf (_ ("%u of %u delivered"), accepted - missing, accepted);
  return g_strdup_printf (_ ("%u sales accepted, %u on the server, %u lost, %u doubled"), accepted, self->n_on_server,
                          missing, doubled);
}
