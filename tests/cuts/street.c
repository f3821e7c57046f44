/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A practice shop and the tills before it, in one thread and in the default main context, over real sockets. Time moves
 * only while no call is out, and then to the next alarm. */
#include "config.h"

#include "street.h"

#include "../practice/wire.h"
#include "sync-test-directory.h"
#include "sync-transport-soup.h"

#include <string.h>

Street *
street_new (void)
{
  Street *self = g_new0 (Street, 1);
  g_autoptr (GError) error = NULL;

  self->clock = sync_clock_virtual_new ();
  self->random = sync_random_seeded_new (7);
  self->routes = sync_route_table_new (NULL, &error);
  g_assert_no_error (error);
  self->shop = sync_practice_shop_new (SYNC_CLOCK (self->clock), self->random, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (sync_practice_shop_listen (self->shop, 0, &error));
  return self;
}

void
street_free (Street *self)
{
  g_object_unref (self->shop);
  street_settle (self);
  g_object_unref (self->routes);
  g_object_unref (self->random);
  g_object_unref (self->clock);
  g_free (self);
}

static gboolean
quiet_cb (gpointer user_data)
{
  guint *n_quiet = user_data;

  (*n_quiet)++;
  return G_SOURCE_CONTINUE;
}

/* Until the line has been quiet for some moments. A wrong guess only lets time pass early. */
static void
settle_slowly (void)
{
  guint n_quiet = 0, seen = 0;
  guint tick = g_timeout_add (2, quiet_cb, &n_quiet);

  while (n_quiet < 3)
    {
      g_main_context_iteration (NULL, TRUE);
      /* Something else than the tick was ready. */
      if (n_quiet == seen)
        n_quiet = 0;
      seen = n_quiet;
    }
  g_source_remove (tick);
}

/* Turns the main loop until every call is answered and nothing is ready; no time passes. */
void
street_settle (Street *self)
{
  if (self->slow)
    settle_slowly ();
  else
    while (g_main_context_iteration (NULL, self->n_out > 0) || self->n_out > 0)
      ;
}

/* Lets the time pass to the next alarm, if it comes within that time; returns whether it did. */
gboolean
street_wait (Street *self, gint64 at_most_ms)
{
  gint64 now_us = sync_clock_boot_us (SYNC_CLOCK (self->clock));
  gint64 next_us;

  street_settle (self);
  next_us = sync_clock_virtual_next_alarm_us (self->clock);
  if (next_us < 0 || next_us - now_us > at_most_ms * 1000)
    return FALSE;
  sync_clock_virtual_advance_us (self->clock, MAX (next_us - now_us, 0));
  street_settle (self);
  return TRUE;
}

static JsonObject *
call (Street *self, const char *verb, const char *path, const char *body)
{
  g_autoptr (WireMessage) answer
    = wire_call (sync_practice_shop_get_port (self->shop), verb, path, "Administrator", body);
  g_autoptr (JsonObject) json = wire_message_dup_json (answer);

  if (wire_message_status (answer) != 200)
    g_error ("%s %s: %s\n%s", verb, path, answer->start, answer->body);
  return json_object_ref (json_object_get_object_member (json, "data"));
}

/* Somebody else makes a document on the server. */
JsonObject *
street_make (Street *self, const char *doctype, const char *body)
{
  g_autofree char *path = sync_route_dup_document_path (doctype, NULL);

  return call (self, "POST", path, body);
}

/* Somebody else changes one. */
void
street_change (Street *self, const char *doctype, const char *name, const char *body)
{
  g_autofree char *path = sync_route_dup_document_path (doctype, name);

  json_object_unref (call (self, "PUT", path, body));
}

guint
street_count_commits (Street *self, const char *doctype, const char *name, const char *kind, const char *key)
{
  return (guint) sync_practice_shop_count_commits (self->shop, doctype, name, kind, key);
}

static void
open_store (Till *self)
{
  SyncStoreOptions options = SYNC_STORE_OPTIONS_INIT;
  g_autoptr (GError) error = NULL;

  options.reserve_bytes = 0;
  options.min_free_bytes = 0;
  self->store = sync_store_open (self->directory, &options, SYNC_CLOCK (self->street->clock), &error);
  g_assert_no_error (error);
}

/* Makes a database; the engine comes with till_open(). */
Till *
till_new (Street *street)
{
  Till *self = g_new0 (Till, 1);
  g_autofree char *site = g_strconcat ("ERPNEXT_BASE_URL=", sync_practice_shop_get_base_url (street->shop), NULL);
  const char *const environment[] = { site, NULL };
  g_autoptr (GError) error = NULL;

  self->street = street;
  self->directory = sync_test_directory_new ();
  self->config = sync_config_new (NULL, environment, &error);
  g_assert_no_error (error);
  self->credentials
    = sync_credentials_new (sync_practice_shop_get_base_url (street->shop), "KEY-Administrator", "SECRET");
  open_store (self);
  return self;
}

void
till_free (Till *self)
{
  till_close (self);
  sync_store_close (self->store);
  g_assert_finalize_object (self->store);
  g_object_unref (self->credentials);
  sync_config_free (self->config);
  sync_test_directory_free (self->directory);
  g_free (self);
}

/* A new engine that knows nothing of the server, with connections of its own. */
void
till_open (Till *self)
{
  Street *street = self->street;
  g_autoptr (GError) error = NULL;

  till_close (self);
  self->transport = counted_transport_new (sync_transport_soup_new (SYNC_CLOCK (street->clock)), &street->n_out);
  self->engine = sync_engine_new (self->config, self->store, SYNC_TRANSPORT (self->transport), self->credentials,
                                  street->routes, SYNC_CLOCK (street->clock), street->random);
  sync_engine_start (self->engine, &error);
  g_assert_no_error (error);
}

void
till_close (Till *self)
{
  if (self->engine == NULL)
    return;
  sync_engine_stop (self->engine);
  street_settle (self->street);
  g_assert_finalize_object (g_steal_pointer (&self->engine));
  g_assert_finalize_object (g_steal_pointer (&self->transport));
  street_settle (self->street);
}

/* As after a kill: what was in flight is never written down. */
void
till_reopen (Till *self)
{
  till_close (self);
  sync_store_close (self->store);
  g_assert_finalize_object (self->store);
  open_store (self);
  till_open (self);
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

/* Hands a write over and waits for the answer. */
SyncSubmitted *
till_try (Till *self, const char *method, const char *url, const char *body, GError **error)
{
  g_autoptr (GBytes) bytes = body != NULL ? g_bytes_new (body, strlen (body)) : NULL;
  SyncSubmission submission = SYNC_SUBMISSION_INIT;
  Submission out = { 0 };

  submission.method = method;
  submission.url = url;
  submission.body = bytes;
  sync_engine_submit_async (self->engine, &submission, NULL, submitted_cb, &out);
  while (!out.done)
    g_main_context_iteration (NULL, TRUE);
  if (out.error != NULL)
    g_propagate_error (error, out.error);
  return out.submitted;
}

gint64
till_submit (Till *self, const char *method, const char *url, const char *body)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncSubmitted) submitted = till_try (self, method, url, body, &error);

  g_assert_no_error (error);
  return submitted->id;
}

SyncRequest *
till_get (Till *self, gint64 id)
{
  g_autoptr (GError) error = NULL;
  SyncRequest *row = sync_store_get (self->store, id, &error);

  g_assert_no_error (error);
  return row;
}

/* Whether nothing more happens to it by itself. */
gboolean
till_is_done (Till *self, gint64 id)
{
  g_autoptr (SyncRequest) row = till_get (self, id);

  return row->state == SYNC_STATE_COMPLETED || row->state == SYNC_STATE_FAILED || row->state == SYNC_STATE_CONFLICT
         || row->state == SYNC_STATE_DISCARDED || row->needs_person;
}

/* Runs until no row of the till waits for anything but a person; FALSE if that took more than this time. */
gboolean
till_run (Till *self, gint64 at_most_ms)
{
  gint64 end_us = sync_clock_boot_us (SYNC_CLOCK (self->street->clock)) + at_most_ms * 1000;

  for (;;)
    {
      gint64 left_us = end_us - sync_clock_boot_us (SYNC_CLOCK (self->street->clock));
      SyncCounts counts;

      street_settle (self->street);
      g_assert_true (sync_store_get_counts (self->store, &counts, NULL));
      if (counts.n[SYNC_STATE_PENDING] + counts.n[SYNC_STATE_SENDING] + counts.n[SYNC_STATE_UNKNOWN] == counts.needs_person)
        return TRUE;
      if (!street_wait (self->street, left_us / 1000))
        return FALSE;
    }
}

/* (transfer full): the row and its attempts, for a failure's message */
char *
till_describe (Till *self, gint64 id)
{
  g_autoptr (SyncRequest) row = till_get (self, id);
  g_autoptr (GPtrArray) attempts = sync_store_list_attempts (self->store, id, NULL);
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "request %" G_GINT64_FORMAT " %s %s is %s, step %d, unaccounted %u: %s\n", id, row->method,
                          row->url, sync_state_to_string (row->state), row->step, row->unaccounted,
                          row->error_message != NULL ? row->error_message : "-");
  for (guint i = 0; attempts != NULL && i < attempts->len; i++)
    {
      const SyncAttempt *attempt = g_ptr_array_index (attempts, i);

      g_string_append_printf (text, "  %s %u: %u %s %s %s\n", attempt->kind, attempt->number, attempt->http_status,
                              attempt->exc_type != NULL ? attempt->exc_type : "-",
                              attempt->verdict != NULL ? attempt->verdict : "-",
                              attempt->message != NULL ? attempt->message : "");
    }
  for (guint i = 0; self->transport != NULL && i < counted_transport_n_calls (self->transport); i++)
    g_string_append_printf (text, "  call %u: %.160s\n", i, counted_transport_label (self->transport, i));
  return g_string_free (text, FALSE);
}
