/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs the rows of the table. A row gets a shop, a database and an engine of its own. The main loop turns until nothing
 * is ready and nothing is on its way; then the clock goes to its next alarm. What is not as the row says is collected,
 * so that one look at the output shows all of it. */
#include "config.h"

#include "exact.h"

#include "exact-line.h"

#include "sync-error.h"
#include "sync-test-directory.h"
#include "sync-transport-soup.h"

#include <stdio.h>
#include <string.h>

#define HOUR_MS (60 * 60 * 1000)
/* More alarms than that in one row is a loop. */
#define MAX_ALARMS 20000
/* What is on its way comes back at once on the loopback; if not, the row is broken. */
#define STUCK_S 30

/* A fault that keeps calls: until they time out, or for a time. */
typedef struct
{
  guint fault;
  guint hits_seen;
  gint64 delay_us;    /* 0: for ever */
  gint64 let_go_us;   /* boot clock, of the last one */
} ExactHeld;

typedef struct
{
  const ExactRow *row;
  char *result; /* (owned): one line */
} Result;

static GPtrArray *results;

void
exact_wrong (Exact *self, const char *format, ...)
{
  va_list values;

  va_start (values, format);
  if (self->wrong->len > 0)
    g_string_append (self->wrong, "; ");
  g_string_append_vprintf (self->wrong, format, values);
  va_end (values);
}

static gboolean
stuck_cb (gpointer user_data)
{
  Exact *self = user_data;

  self->stuck = TRUE;
  return G_SOURCE_CONTINUE;
}

/* Calls on their way of which nothing can be heard before the clock moves. */
static guint
n_held (Exact *self)
{
  gint64 now_us = sync_clock_boot_us (SYNC_CLOCK (self->clock));
  guint n_for_ever = 0;
  guint n_slow = 0;

  for (guint i = 0; i < self->held->len; i++)
    {
      ExactHeld *held = &g_array_index (self->held, ExactHeld, i);
      guint hits = sync_practice_shop_get_fault_hits (self->shop, held->fault);

      if (hits > held->hits_seen)
        held->let_go_us = now_us + held->delay_us;
      held->hits_seen = hits;
      if (held->delay_us == 0)
        n_for_ever += hits;
      else if (held->let_go_us > now_us)
        n_slow++;
    }
  return n_for_ever + n_slow - MIN (n_for_ever + n_slow, exact_line_get_n_given_up (EXACT_LINE (self->line)));
}

static void
turn (Exact *self)
{
  guint guard = g_timeout_add_seconds (STUCK_S, stuck_cb, self);

  for (;;)
    {
      while (g_main_context_iteration (NULL, FALSE))
        ;
      if (self->stuck || exact_line_get_n_in_flight (EXACT_LINE (self->line)) <= n_held (self))
        break;
      g_main_context_iteration (NULL, TRUE);
    }
  g_source_remove (guard);
  if (self->stuck)
    exact_wrong (self, "a call did not come back");
}

/* Lets so much time pass, alarm by alarm. */
void
exact_run (Exact *self, gint64 ms)
{
  gint64 end_us = sync_clock_boot_us (SYNC_CLOCK (self->clock)) + ms * 1000;
  guint n = 0;

  turn (self);
  while (!self->stuck)
    {
      gint64 now_us = sync_clock_boot_us (SYNC_CLOCK (self->clock));
      gint64 next_us = sync_clock_virtual_next_alarm_us (self->clock);

      if (next_us < 0 || next_us > end_us)
        break;
      if (++n > MAX_ALARMS)
        {
          exact_wrong (self, "more than %d alarms", MAX_ALARMS);
          break;
        }
      sync_clock_virtual_advance_us (self->clock, MAX (next_us - now_us, 0));
      turn (self);
    }
  sync_clock_virtual_advance_us (self->clock, end_us - sync_clock_boot_us (SYNC_CLOCK (self->clock)));
  turn (self);
}

static char *
fill_in (Exact *self, const char *text)
{
  g_autoptr (GString) out = g_string_new (text);

  for (guint i = 0; i < G_N_ELEMENTS (self->names); i++)
    {
      g_autofree char *name = g_strdup_printf ("$N%u", i + 1);
      g_autofree char *stamp = g_strdup_printf ("$M%u", i + 1);

      g_string_replace (out, name, self->names[i] != NULL ? self->names[i] : "?", 0);
      g_string_replace (out, stamp, self->stamps[i] != NULL ? self->stamps[i] : "?", 0);
    }
  return g_string_free (g_steal_pointer (&out), FALSE);
}

typedef struct
{
  SyncTransportReply *reply;
} Answer;

static void
answered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Answer *answer = user_data;

  answer->reply = sync_transport_send_finish (SYNC_TRANSPORT (source), result);
}

static void
keep_answer (Exact *self, guint index, const char *text)
{
  g_autoptr (JsonNode) node = json_from_string (text, NULL);
  JsonObject *root = node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  JsonNode *data = root != NULL ? json_object_get_member (root, "data") : NULL;

  if (data == NULL && root != NULL)
    data = json_object_get_member (root, "message");
  if (data == NULL || !JSON_NODE_HOLDS_OBJECT (data))
    return;
  g_free (self->names[index]);
  g_free (self->stamps[index]);
  self->names[index] = g_strdup (json_object_get_string_member_with_default (json_node_get_object (data), "name", NULL));
  self->stamps[index]
    = g_strdup (json_object_get_string_member_with_default (json_node_get_object (data), "modified", NULL));
}

static SyncTransportRequest *
build_call (Exact *self, const ExactCall *call)
{
  g_autofree char *path = fill_in (self, call->path);
  g_autofree char *body = call->body != NULL ? fill_in (self, call->body) : NULL;
  g_autofree char *url = g_strconcat (sync_practice_shop_get_base_url (self->shop), path, NULL);
  SyncTransportRequest *request = sync_transport_request_new (call->method, url);

  request->authorization = g_strdup_printf ("token KEY-%s:SECRET", call->user != NULL ? call->user : "cashier");
  request->write = TRUE;
  request->timeout_ms = 10000;
  if (body != NULL)
    {
      request->content_type = g_strdup ("application/json");
      request->body = g_bytes_new (body, strlen (body));
    }
  return request;
}

static void
call_shop (Exact *self, const ExactCall *call, guint index)
{
  g_autoptr (SyncTransportRequest) request = build_call (self, call);
  g_autofree char *text = NULL;
  Answer answer = { NULL };

  sync_transport_send_async (self->line, request, NULL, answered_cb, &answer);
  while (answer.reply == NULL)
    g_main_context_iteration (NULL, TRUE);
  if (answer.reply->body != NULL)
    text = g_strndup (g_bytes_get_data (answer.reply->body, NULL), g_bytes_get_size (answer.reply->body));
  if (answer.reply->status < 200 || answer.reply->status > 299)
    exact_wrong (self, "before: %s %s was answered by %u %s", call->method, call->path, answer.reply->status, text);
  else
    keep_answer (self, index, text);
  sync_transport_reply_free (answer.reply);
}

/* Somebody else calls the shop now. */
void
exact_call (Exact *self, const ExactCall *call)
{
  call_shop (self, call, G_N_ELEMENTS (self->names) - 1);
}

typedef struct
{
  Exact *exact;          /* (unowned) */
  const ExactCall *call; /* (unowned) */
} Meanwhile;

static void
meanwhile_answered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  sync_transport_reply_free (sync_transport_send_finish (SYNC_TRANSPORT (source), result));
}

static void
meanwhile_cb (gpointer user_data)
{
  g_autofree Meanwhile *meanwhile = user_data;
  g_autoptr (SyncTransportRequest) request = build_call (meanwhile->exact, meanwhile->call);

  sync_transport_send_async (meanwhile->exact->line, request, NULL, meanwhile_answered_cb, NULL);
}

/* Somebody else calls the shop, so long from now. */
void
exact_call_at (Exact *self, gint64 after_ms, const ExactCall *call)
{
  Meanwhile *meanwhile = g_new0 (Meanwhile, 1);

  meanwhile->exact = self;
  meanwhile->call = call;
  sync_clock_add_alarm (SYNC_CLOCK (self->clock), sync_clock_boot_us (SYNC_CLOCK (self->clock)) + after_ms * 1000,
                        meanwhile_cb, meanwhile);
}

static void
add_faults (Exact *self, const ExactRow *row)
{
  for (guint i = 0; i < G_N_ELEMENTS (row->faults); i++)
    {
      const SyncPracticeFault *fault = &row->faults[i];
      ExactHeld held = { 0 };

      if (fault->kind == SYNC_PRACTICE_FAULT_ANSWER && fault->answer == NULL)
        return;
      held.fault = sync_practice_shop_add_fault (self->shop, fault);
      self->faults[i] = held.fault;
      held.delay_us = fault->delay_ms * 1000;
      if (fault->kind >= SYNC_PRACTICE_FAULT_STALL)
        g_array_append_val (self->held, held);
    }
}

typedef struct
{
  SyncSubmitted *submitted;
  GError *error;
  gboolean done;
} Submission;

static void
submitted_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Submission *out = user_data;

  out->submitted = sync_engine_submit_finish (SYNC_ENGINE (source), result, &out->error);
  out->done = TRUE;
}

static GBytes *
bytes_of (Exact *self, const char *text)
{
  g_autofree char *filled = text != NULL ? fill_in (self, text) : NULL;

  return filled != NULL ? g_bytes_new (filled, strlen (filled)) : NULL;
}

/* Submits a write and waits until it is accepted or refused. */
void
exact_hand_over (Exact *self, const ExactWrite *write, guint index)
{
  g_autofree char *url = fill_in (self, write->url);
  g_autoptr (GBytes) body = bytes_of (self, write->body);
  g_autoptr (GBytes) base = bytes_of (self, write->base);
  SyncSubmission submission = SYNC_SUBMISSION_INIT;
  Submission out = { 0 };

  submission.method = write->method;
  submission.url = url;
  submission.body = body;
  submission.base = base;
  submission.key = write->key;
  submission.content_type = write->content_type;
  sync_engine_submit_async (self->engine, &submission, NULL, submitted_cb, &out);
  while (!out.done)
    g_main_context_iteration (NULL, TRUE);
  if (write->refused > 0 && !g_error_matches (out.error, SYNC_ERROR, write->refused - 1))
    exact_wrong (self, "write %u was not refused as expected: %s", index + 1, out.error != NULL ? out.error->message : "taken");
  if (write->refused <= 0 && out.error != NULL)
    exact_wrong (self, "write %u was refused: %s", index + 1, out.error->message);
  if (out.submitted != NULL)
    {
      self->ids[index] = out.submitted->id;
      if (out.submitted->existing != (write->refused == EXACT_AGAIN))
        exact_wrong (self, "write %u is %s", index + 1, out.submitted->existing ? "taken for an earlier one" : "a new one");
    }
  g_clear_pointer (&out.submitted, sync_submitted_free);
  g_clear_error (&out.error);
}

SyncRequest *
exact_get (Exact *self, guint index)
{
  g_autoptr (GError) error = NULL;
  SyncRequest *request = sync_store_get (self->store, self->ids[index], &error);

  g_assert_no_error (error);
  return request;
}

/* The document that a write made. */
JsonObject *
exact_dup_document (Exact *self, const char *doctype, guint index)
{
  g_autoptr (SyncRequest) request = exact_get (self, index);
  JsonObject *document = request->server_name != NULL
                           ? sync_practice_shop_dup_doc (self->shop, doctype, request->server_name)
                           : NULL;

  if (document == NULL)
    {
      exact_wrong (self, "no document %s is known of write %u", doctype, index + 1);
      document = json_object_new ();
    }
  return document;
}

static void
open_engine (Exact *self)
{
  SyncStoreOptions options = SYNC_STORE_OPTIONS_INIT;
  g_autoptr (GError) error = NULL;

  options.reserve_bytes = 0;
  options.min_free_bytes = 0;
  self->store = sync_store_open (self->directory, &options, SYNC_CLOCK (self->clock), &error);
  g_assert_no_error (error);
  self->engine = sync_engine_new (self->config, self->store, self->line, self->credentials, self->routes,
                                  SYNC_CLOCK (self->clock), self->random);
}

static void
close_engine (Exact *self)
{
  sync_engine_stop (self->engine);
  while (g_main_context_iteration (NULL, FALSE) || exact_line_get_n_in_flight (EXACT_LINE (self->line)) > 0)
    ;
  g_assert_finalize_object (g_steal_pointer (&self->engine));
  sync_store_close (self->store);
  g_assert_finalize_object (g_steal_pointer (&self->store));
}

/* The program is killed, and begins again. */
void
exact_kill (Exact *self)
{
  g_autoptr (GError) error = NULL;

  close_engine (self);
  open_engine (self);
  sync_engine_start (self->engine, &error);
  g_assert_no_error (error);
}

/* It begins again with the key of another user. */
void
exact_kill_as (Exact *self, const char *user)
{
  g_autofree char *key = g_strdup_printf ("KEY-%s", user);

  g_clear_object (&self->credentials);
  self->credentials = sync_credentials_new (sync_practice_shop_get_base_url (self->shop), key, "SECRET");
  exact_kill (self);
}

static void
set_up (Exact *self, const ExactRow *row)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *base_url = NULL;
  g_autofree char *key = g_strdup_printf ("KEY-%s", row->user != NULL ? row->user : "cashier");
  const char *environment[2] = { NULL };

  self->directory = sync_test_directory_new ();
  self->wrong = g_string_new (NULL);
  self->held = g_array_new (FALSE, TRUE, sizeof (ExactHeld));
  self->clock = sync_clock_virtual_new ();
  self->random = sync_random_seeded_new (11);
  self->shop = sync_practice_shop_new (SYNC_CLOCK (self->clock), self->random, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (sync_practice_shop_listen (self->shop, 0, &error));
  base_url = g_strconcat ("ERPNEXT_BASE_URL=", sync_practice_shop_get_base_url (self->shop), NULL);
  environment[0] = base_url;
  self->config = sync_config_new (NULL, environment, &error);
  g_assert_no_error (error);
  self->line = exact_line_new (sync_transport_soup_new (SYNC_CLOCK (self->clock)));
  self->credentials = sync_credentials_new (sync_practice_shop_get_base_url (self->shop), key, "SECRET");
  self->routes = sync_route_table_new (NULL, &error);
  g_assert_no_error (error);
  open_engine (self);
}

static void
tear_down (Exact *self)
{
  close_engine (self);
  sync_practice_shop_stop (self->shop);
  g_clear_object (&self->line);
  g_clear_object (&self->shop);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_clear_object (&self->credentials);
  g_clear_object (&self->routes);
  g_clear_pointer (&self->config, sync_config_free);
  g_clear_object (&self->random);
  g_clear_object (&self->clock);
  for (guint i = 0; i < G_N_ELEMENTS (self->names); i++)
    {
      g_free (self->names[i]);
      g_free (self->stamps[i]);
    }
  g_array_unref (self->held);
  g_string_free (self->wrong, TRUE);
  sync_test_directory_free (self->directory);
}

typedef struct
{
  GString *text;
  guint skip;
} Kinds;

static void
add_kind (const SyncPracticeCommit *commit, gpointer user_data)
{
  Kinds *kinds = user_data;

  if (kinds->skip > 0)
    kinds->skip--;
  else
    g_string_append_printf (kinds->text, "%s%s", kinds->text->len > 0 ? " " : "", commit->kind);
}

static char *
commits_after (Exact *self, const char *doctype, guint skip)
{
  Kinds kinds = { g_string_new (NULL), skip };

  sync_practice_shop_foreach_commit (self->shop, doctype, NULL, add_kind, &kinds);
  return g_string_free (kinds.text, FALSE);
}

static void
check_text (Exact *self, const char *what, const char *is, const char *wanted)
{
  if (g_strcmp0 (is, wanted) != 0)
    exact_wrong (self, "%s is “%s”, not “%s”", what, is != NULL ? is : "", wanted != NULL ? wanted : "");
}

/* A row whose fault was never met shows nothing. */
static void
check_faults (Exact *self, const ExactRow *row)
{
  for (guint i = 0; i < G_N_ELEMENTS (row->faults); i++)
    if (self->faults[i] != 0 && self->hits[i] < MAX (row->faults[i].count, 1))
      exact_wrong (self, "fault %u was met %u times", i + 1, self->hits[i]);
}

static char *
dup_open_conflict (Exact *self, gint64 id)
{
  g_autoptr (GPtrArray) open = sync_store_list_conflicts (self->store, "pending", 100, NULL);

  for (guint i = 0; i < open->len; i++)
    {
      const SyncConflict *conflict = g_ptr_array_index (open, i);

      if (conflict->request_id == id)
        return g_strdup (conflict->conflict_type);
    }
  return NULL;
}

static void
check_first (Exact *self, const ExactRow *row)
{
  g_autoptr (SyncRequest) request = exact_get (self, 0);
  g_autofree char *conflict = dup_open_conflict (self, self->ids[0]);

  if (request->needs_person != row->needs_person)
    exact_wrong (self, row->needs_person ? "no person is asked" : "a person is asked: %s", request->error_message);
  if (row->exc_type != NULL)
    check_text (self, "exc_type", request->exc_type, row->exc_type);
  if (row->says != NULL && (request->error_message == NULL || strstr (request->error_message, row->says) == NULL))
    exact_wrong (self, "the words are “%s”, without “%s”", request->error_message, row->says);
  if (row->conflict != NULL || conflict != NULL)
    check_text (self, "the conflict", conflict, row->conflict);
  if (request->retry_count != row->retries)
    exact_wrong (self, "%u retries, not %u", request->retry_count, row->retries);
  if (request->state == SYNC_STATE_FAILED && request->unaccounted > 0)
    exact_wrong (self, "failed with %u sends unaccounted for", request->unaccounted);
}

static void
check_states (Exact *self, const ExactRow *row)
{
  for (guint i = 0; i < G_N_ELEMENTS (row->writes) && row->writes[i].method != NULL; i++)
    {
      g_autoptr (SyncRequest) request = self->ids[i] != 0 ? exact_get (self, i) : NULL;

      if (request != NULL && request->state != row->writes[i].state)
        exact_wrong (self, "write %u is %s (%s), not %s", i + 1, sync_state_to_string (request->state),
                     request->error_message != NULL ? request->error_message : "",
                     sync_state_to_string (row->writes[i].state));
    }
}

static void
keep_result (Exact *self, const ExactRow *row, int documents, const char *commits)
{
  g_autoptr (SyncRequest) request = self->ids[0] != 0 ? exact_get (self, 0) : NULL;
  Result *result = g_new0 (Result, 1);

  result->row = row;
  result->result
    = g_strdup_printf ("%s%s | %+d %s (%s) | %u", request != NULL ? sync_state_to_string (request->state) : "not accepted",
                       request != NULL && request->needs_person ? ", a person decides" : "", documents, row->doctype,
                       *commits != '\0' ? commits : "no write", request != NULL ? request->retry_count : 0);
  g_ptr_array_add (results, result);
}

/* A person may have ended the faults by then. */
static void
count_hits (Exact *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->faults); i++)
    if (self->faults[i] != 0)
      self->hits[i] = MAX (self->hits[i], sync_practice_shop_get_fault_hits (self->shop, self->faults[i]));
}

static void
go (Exact *self, const ExactRow *row)
{
  g_autoptr (GError) error = NULL;
  gint64 ms = row->minutes > 0 ? row->minutes * (gint64) 60000 : 4 * HOUR_MS;

  if (row->knob != NULL)
    row->knob (self);
  add_faults (self, row);
  for (guint i = 0; i < G_N_ELEMENTS (row->writes) && row->writes[i].method != NULL; i++)
    exact_hand_over (self, &row->writes[i], i);
  sync_engine_start (self->engine, &error);
  g_assert_no_error (error);
  exact_run (self, ms);
  count_hits (self);
  if (row->person != NULL)
    {
      row->person (self);
      exact_run (self, ms);
      count_hits (self);
    }
}

static void
run_row (gconstpointer data)
{
  const ExactRow *row = data;
  Exact exact = { 0 };
  guint64 n_before;
  guint n_commits;
  int documents;
  g_autofree char *commits = NULL;

  set_up (&exact, row);
  for (guint i = 0; i < G_N_ELEMENTS (row->before) && row->before[i].method != NULL; i++)
    call_shop (&exact, &row->before[i], i);
  n_before = sync_practice_shop_count (exact.shop, row->doctype, NULL, NULL);
  n_commits = sync_practice_shop_count_commits (exact.shop, row->doctype, NULL, NULL, NULL);
  go (&exact, row);
  documents = (int) sync_practice_shop_count (exact.shop, row->doctype, NULL, NULL) - (int) n_before;
  commits = commits_after (&exact, row->doctype, n_commits);
  check_faults (&exact, row);
  check_states (&exact, row);
  if (exact.ids[0] != 0)
    check_first (&exact, row);
  if (documents != row->documents)
    exact_wrong (&exact, "%+d documents, not %+d", documents, row->documents);
  check_text (&exact, "the ledger", commits, row->commits);
  if (row->check != NULL)
    row->check (&exact);
  keep_result (&exact, row, documents, commits);
  if (exact.wrong->len > 0)
    {
      g_test_message ("%s: %s", row->name, exact.wrong->str);
      g_test_fail ();
    }
  tear_down (&exact);
}

void
exact_add_rows (const ExactRow *rows, guint n_rows)
{
  if (results == NULL)
    results = g_ptr_array_new ();
  for (guint i = 0; i < n_rows; i++)
    {
      g_autofree char *path = g_strdup_printf ("/sync/exact/%s/%s", rows[i].section, rows[i].name);

      g_test_add_data_func (path, &rows[i], run_row);
    }
}

/* As comments of the test protocol, so that the table can be cut out and put into a text. Returns how many rows. */
int
exact_print_table (void)
{
  if (results->len > 0)
    printf ("# section | case | request | documents (writes committed) | retries\n");
  for (guint i = 0; i < results->len; i++)
    {
      Result *result = g_ptr_array_index (results, i);

      printf ("# %s | %s | %s\n", result->row->section, result->row->words, result->result);
      g_free (result->result);
      g_free (result);
    }
  g_clear_pointer (&results, g_ptr_array_unref);
  return 0;
}
