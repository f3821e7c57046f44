/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One HTTP request from arrival to answer, with the faults that were asked for. Invariant: a write is
 * committed before anything of its answer is sent, and a request that failed has changed nothing. A slow
 * or stalled request is paused and waits in the table `pending`, with the alarm that will go on with it.
 * One thread. */
#include "config.h"

#include "sync-practice-private.h"

#include <string.h>

#define BODY_LIMIT (25 * 1024 * 1024)
#define BIT(kind) (1u << SYNC_PRACTICE_FAULT_##kind)
#define OUTCOME_FAULTS \
  (BIT (ANSWER) | BIT (ANSWER_AFTER) | BIT (RESET_BEFORE) | BIT (RESET_AFTER) | BIT (RESET_ANSWER) | \
   BIT (TRUNCATE) | BIT (STALL) | BIT (STALL_AFTER))

typedef struct
{
  SyncPracticeShop *shop;      /* (unowned): it owns the table */
  SoupServerMessage *message;  /* (owned): paused */
  SyncPracticeCall *call;      /* (owned) (nullable): still to be handled */
  guint alarm;                 /* 0: never */
  gulong on_finished;          /* handler of the message */
  gboolean gone;               /* its client left while it waited */
} Pending;

static void process (SyncPracticeCall *call, SoupServerMessage *message);

static void
pending_free (Pending *pending)
{
  sync_clock_clear_alarm (pending->shop->clock, &pending->alarm);
  g_clear_signal_handler (&pending->on_finished, pending->message);
  g_clear_pointer (&pending->call, sync_practice_call_free);
  g_object_unref (pending->message);
  g_free (pending);
}

static void
finished_cb (SoupServerMessage *message, Pending *pending)
{
  pending->gone = TRUE;
}

static void
pending_due (gpointer user_data)
{
  Pending *pending = user_data;
  g_autoptr (SoupServerMessage) message = g_object_ref (pending->message);
  g_autoptr (SyncPracticeCall) call = g_steal_pointer (&pending->call);
  gboolean gone = pending->gone;

  pending->alarm = 0;
  g_hash_table_remove (pending->shop->pending, pending);
  pending_free (pending);
  if (call != NULL)
    process (g_steal_pointer (&call), message);
  if (!gone)
    soup_server_message_unpause (message);
}

/* Waits: a negative delay is for ever (until the client or the shop gives up). Takes the call over. */
static void
postpone (SyncPracticeShop *shop, SoupServerMessage *message, SyncPracticeCall *call, gint64 delay_ms)
{
  Pending *pending = g_new0 (Pending, 1);

  pending->shop = shop;
  pending->message = g_object_ref (message);
  pending->call = call;
  pending->on_finished = g_signal_connect (message, "finished", G_CALLBACK (finished_cb), pending);
  g_hash_table_add (shop->pending, pending);
  soup_server_message_pause (message);
  if (delay_ms >= 0)
    pending->alarm =
    sync_clock_add_alarm (shop->clock, sync_clock_boot_us (shop->clock) + delay_ms * 1000, pending_due,
                                           pending);
}

/* The connection ends; libsoup finds out when it writes. */
static void
reset (SyncPracticeShop *shop, SoupServerMessage *message)
{
  SyncPracticeStream *stream = sync_practice_shop_stream_of (shop, message);

  if (stream != NULL)
    sync_practice_stream_reset (stream);
  soup_server_message_set_status (message, 500, NULL);
}

/* Ends what waits for ever over this stream, because its client is gone. */
void
sync_practice_http_cancel_stalled (SyncPracticeShop *self, SyncPracticeStream *stream)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, self->pending);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      Pending *pending = key;
      g_autoptr (SoupServerMessage) message = NULL;
      gboolean gone = pending->gone;

      if (pending->alarm != 0 || sync_practice_shop_stream_of (self, pending->message) != stream)
        continue;
      message = g_object_ref (pending->message);
      g_hash_table_iter_remove (&iter);
      pending_free (pending);
      if (gone)
        return;
      reset (self, message);
      soup_server_message_unpause (message);
      return;
    }
}

/**
 * sync_practice_http_end_slowness:
 * @self: a shop
 *
 * Goes on at once with the requests that are slow.
 */
void
sync_practice_http_end_slowness (SyncPracticeShop *self)
{
  g_autoptr (GList) all = g_hash_table_get_keys (self->pending);

  for (GList *item = all; item != NULL; item = item->next)
    {
      Pending *pending = item->data;

      if (pending->alarm == 0)
        continue;
      sync_clock_clear_alarm (self->clock, &pending->alarm);
      pending_due (pending);
    }
}

/**
 * sync_practice_http_cancel_pending:
 * @self: a shop that stops listening
 *
 * Forgets the requests that were paused; their connections were reset.
 */
void
sync_practice_http_cancel_pending (SyncPracticeShop *self)
{
  g_autoptr (GList) all = g_hash_table_get_keys (self->pending);

  g_hash_table_remove_all (self->pending);
  for (GList *item = all; item != NULL; item = item->next)
    {
      Pending *pending = item->data;
      g_autoptr (SoupServerMessage) message = g_object_ref (pending->message);
      gboolean gone = pending->gone;

      pending_free (pending);
      if (gone)
        continue;
      soup_server_message_set_status (message, 500, NULL);
      soup_server_message_unpause (message);
    }
}

/* Puts the prepared answer of a read-only or stopped site in place. */
static gboolean
check_maintenance (SyncPracticeCall *call)
{
  if (call->shop->maintenance != SYNC_PRACTICE_MAINTENANCE_STOPPED)
    return TRUE;
  sync_practice_answer_prepared (call, "maintenance", NULL);
  return FALSE;
}

static gboolean
check_size (SyncPracticeCall *call)
{
  return call->n_body <= BODY_LIMIT ||
         sync_practice_call_fail_page (call, 413, "Request Entity Too Large",
                                       "The data value transmitted exceeds the capacity limit.");
}

/* Handles the call in one transaction. */
static void
handle (SyncPracticeCall *call)
{
  SyncPracticeStore *store = call->shop->store;

  if (g_str_has_prefix (call->path, "/_practice/"))
    {
      sync_practice_admin (call);
      return;
    }
  if (!check_maintenance (call) || !check_size (call) || !sync_practice_session_authenticate (call) ||
      !sync_practice_call_read_arguments (call))
    return;
  sync_practice_store_begin (store);
  sync_practice_route (call);
  if (call->exc_type != NULL || call->status >= 400 ||
      (sync_practice_call_is_read (call) && !call->own_commit))
    sync_practice_store_rollback (store);
  else if (!sync_practice_store_commit (store))
    sync_practice_answer_prepared (call, "database-down", NULL);
}

static void
answer_with_fault (SyncPracticeCall *call, SoupServerMessage *message, const SyncPracticeFault *fault)
{
  SyncPracticeStream *stream = sync_practice_shop_stream_of (call->shop, message);
  SyncPracticeFaultKind kind = fault->kind;

  if (kind != SYNC_PRACTICE_FAULT_ANSWER && kind != SYNC_PRACTICE_FAULT_RESET_BEFORE &&
      kind != SYNC_PRACTICE_FAULT_STALL)
    handle (call);
  switch (kind)
    {
    case SYNC_PRACTICE_FAULT_ANSWER:
    case SYNC_PRACTICE_FAULT_ANSWER_AFTER:
      sync_practice_answer_prepared (call, fault->answer, fault);
      break;
    case SYNC_PRACTICE_FAULT_RESET_BEFORE:
    case SYNC_PRACTICE_FAULT_RESET_AFTER:
      reset (call->shop, message);
      return;
    case SYNC_PRACTICE_FAULT_RESET_ANSWER:
    case SYNC_PRACTICE_FAULT_TRUNCATE:
      if (stream != NULL)
        sync_practice_stream_limit_answer (stream, fault->bytes, kind == SYNC_PRACTICE_FAULT_RESET_ANSWER);
      break;
    default:
      postpone (call->shop, message, NULL, -1);
      return;
    }
  sync_practice_answer_send (call, message);
}

/* Takes the call over. */
static void
process (SyncPracticeCall *call_taken, SoupServerMessage *message)
{
  g_autoptr (SyncPracticeCall) call = call_taken;
  g_autofree char *plain = g_uri_unescape_string (call->path, NULL);
  const SyncPracticeFault *fault = NULL;
  const SyncPracticeFault *slow = NULL;

  if (!g_str_has_prefix (call->path, "/_practice/"))
    {
      fault = sync_practice_faults_take (call->shop, OUTCOME_FAULTS, call->method, plain, call->body);
      slow = sync_practice_faults_take (call->shop, BIT (SLOW_AFTER), call->method, plain, call->body);
    }
  if (fault != NULL)
    answer_with_fault (call, message, fault);
  else
    {
      handle (call);
      sync_practice_answer_send (call, message);
    }
  if (slow != NULL)
    postpone (call->shop, message, NULL, slow->delay_ms);
}

static SyncPracticeCall *
make_call (SyncPracticeShop *shop, SoupServerMessage *message, GHashTable *query)
{
  SyncPracticeCall *call = sync_practice_call_new (shop);
  SoupMessageBody *body = soup_server_message_get_request_body (message);

  call->method = soup_server_message_get_method (message);
  call->path = g_strdup (g_uri_get_path (soup_server_message_get_uri (message)));
  call->query = query != NULL ? g_hash_table_ref (query) : NULL;
  call->headers = soup_server_message_get_request_headers (message);
  call->content_type = soup_message_headers_get_one (call->headers, "Content-Type");
  call->accept = soup_message_headers_get_one (call->headers, "Accept");
  call->host = soup_message_headers_get_one (call->headers, "Host");
  call->v2 = g_str_has_prefix (call->path, "/api/v2/");
  if (body->length > 0)
    {
      g_autoptr (GBytes) flat = soup_message_body_flatten (body);

      /* libsoup keeps a flattened body, and ends it with a NUL. */
      call->body = g_bytes_get_data (flat, &call->n_body);
    }
  return call;
}

/**
 * sync_practice_http_handle:
 * @server: the server
 * @message: a request that was read
 * @path: its path
 * @query: (nullable): its query
 * @user_data: the shop
 */
void
sync_practice_http_handle (SoupServer *server, SoupServerMessage *message, const char *path,
                           GHashTable *query,
                           gpointer user_data)
{
  SyncPracticeShop *shop = user_data;
  SyncPracticeCall *call = make_call (shop, message, query);
  g_autofree char *plain = g_uri_unescape_string (call->path, NULL);
  const SyncPracticeFault *slow = NULL;

  shop->n_requests++;
  if (!g_str_has_prefix (call->path, "/_practice/"))
    slow = sync_practice_faults_take (shop, BIT (SLOW_BEFORE), call->method, plain, call->body);
  if (slow != NULL)
    postpone (shop, message, call, slow->delay_ms);
  else
    process (call, message);
}
