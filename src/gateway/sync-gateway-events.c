/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine's signals as Server-Sent Events. Each listener gets every event in order, unless it reads too
 * slowly: once EVENT_BACKLOG_BYTES wait for it, events are left out until it has read them all, and then one
 * `lagged` event tells it to ask for the status anew. Nothing runs while nobody listens. Engine's thread. */
#include "config.h"

#include "sync-gateway-private.h"

#include "sync-view.h"

#define EVENT_BACKLOG_BYTES (256 * 1024)
#define MAX_LISTENERS 64
/* Keeps proxies and browsers from giving the connection up, and finds those that are gone. */
#define HEARTBEAT_US (G_GINT64_CONSTANT (30) * G_USEC_PER_SEC)

typedef struct
{
  SyncEvents *events;         /* (unowned): it owns the listener */
  SoupServerMessage *message; /* (owned) */
  gsize waiting;              /* bytes that were not written yet */
  guint left_out;             /* events, since it reads too slowly */
} Listener;

struct _SyncEvents
{
  SyncEngine *engine;     /* (owned) */
  SyncClock *clock;       /* (owned) */
  SyncListener *listener; /* (owned) */
  GPtrArray *listeners;   /* (owned) (element-type Listener) */
  guint heartbeat;        /* alarm, 0 while nobody listens */
};

static void
listener_free (gpointer data)
{
  Listener *self = data;

  g_signal_handlers_disconnect_by_data (self->message, self);
  g_object_unref (self->message);
  g_free (self);
}

static void
listener_append (Listener *self, GBytes *frame)
{
  self->waiting += g_bytes_get_size (frame);
  soup_message_body_append_bytes (soup_server_message_get_response_body (self->message), frame);
  soup_server_message_unpause (self->message);
}

static void
listener_send (Listener *self, GBytes *frame)
{
  if (self->left_out > 0 || self->waiting + g_bytes_get_size (frame) > EVENT_BACKLOG_BYTES)
    self->left_out++;
  else
    listener_append (self, frame);
}

static GBytes *
make_frame (const char *event, const char *data)
{
  char *text = g_strdup_printf ("event: %s\ndata: %s\n\n", event, data);

  return g_bytes_new_take (text, strlen (text));
}

static void
wrote_body_data_cb (SoupServerMessage *message, guint length, gpointer user_data)
{
  Listener *self = user_data;

  self->waiting -= MIN (self->waiting, length);
  if (self->waiting == 0 && self->left_out > 0)
    {
      g_autofree char *data = g_strdup_printf ("{\"leftOut\":%u}", self->left_out);
      g_autoptr (GBytes) frame = make_frame ("lagged", data);

      self->left_out = 0;
      listener_append (self, frame);
    }
}

static void
finished_cb (SoupServerMessage *message, gpointer user_data)
{
  Listener *self = user_data;
  SyncEvents *events = self->events;

  g_ptr_array_remove_fast (events->listeners, self);
  if (events->listeners->len == 0)
    sync_clock_clear_alarm (events->clock, &events->heartbeat);
}

static void
send_to_all (SyncEvents *self, const char *event, const char *data)
{
  g_autoptr (GBytes) frame = make_frame (event, data);

  for (guint i = 0; i < self->listeners->len; i++)
    listener_send (g_ptr_array_index (self->listeners, i), frame);
}

static void
heartbeat_cb (gpointer user_data)
{
  SyncEvents *self = user_data;
  g_autoptr (GBytes) frame = g_bytes_new_static (":\n\n", 3);

  for (guint i = 0; i < self->listeners->len; i++)
    listener_send (g_ptr_array_index (self->listeners, i), frame);
  self->heartbeat = sync_clock_add_alarm (self->clock, sync_clock_boot_us (self->clock) + HEARTBEAT_US,
                                          heartbeat_cb, self);
}

static char *
dup_status (SyncEvents *self)
{
  g_autoptr (SyncSnapshot) snapshot = sync_engine_dup_snapshot (self->engine);

  return sync_view_status (snapshot, sync_engine_get_config (self->engine));
}

static void
state_changed_cb (SyncEngine *engine, SyncEngineState state, SyncCondition condition, gpointer user_data)
{
  SyncEvents *self = user_data;
  g_autofree char *data = NULL;

  if (self->listeners->len == 0)
    return;
  data = dup_status (self);
  send_to_all (self, "sync-state-changed", data);
}

static void
progress_cb (SyncEngine *engine, guint done, guint total, gpointer user_data)
{
  SyncEvents *self = user_data;
  g_autofree char *data = NULL;

  if (self->listeners->len == 0)
    return;
  data = g_strdup_printf ("{\"done\":%u,\"total\":%u}", done, total);
  send_to_all (self, "sync-progress", data);
}

static void
request_changed_cb (SyncEngine *engine, gint64 id, int state, gpointer user_data)
{
  SyncEvents *self = user_data;
  g_autofree char *data = NULL;

  if (self->listeners->len == 0)
    return;
  data
      = g_strdup_printf ("{\"id\":%" G_GINT64_FORMAT ",\"status\":\"%s\"}", id, sync_state_to_string (state));
  send_to_all (self, "request-changed", data);
}

static void
conflict_opened_cb (SyncEngine *engine, gint64 id, gint64 request_id, gpointer user_data)
{
  g_autofree char *data
      = g_strdup_printf ("{\"id\":%" G_GINT64_FORMAT ",\"requestId\":%" G_GINT64_FORMAT "}", id, request_id);

  send_to_all (user_data, "conflict-opened", data);
}

static void
conflict_resolved_cb (SyncEngine *engine, gint64 id, const char *resolution, gpointer user_data)
{
  g_autoptr (GString) data = g_string_new (NULL);

  g_string_append_printf (data, "{\"id\":%" G_GINT64_FORMAT ",\"resolution\":", id);
  sync_json_append_quoted (data, resolution);
  g_string_append_c (data, '}');
  send_to_all (user_data, "conflict-resolved", data->str);
}

/* Makes the events of one gateway: they follow @engine's signals from now on. */
SyncEvents *
sync_events_new (SyncEngine *engine, SyncClock *clock, SyncListener *listener)
{
  SyncEvents *self = g_new0 (SyncEvents, 1);

  self->engine = g_object_ref (engine);
  self->clock = g_object_ref (clock);
  self->listener = g_object_ref (listener);
  self->listeners = g_ptr_array_new_with_free_func (listener_free);
  g_signal_connect (engine, "state-changed", G_CALLBACK (state_changed_cb), self);
  g_signal_connect (engine, "progress", G_CALLBACK (progress_cb), self);
  g_signal_connect (engine, "request-changed", G_CALLBACK (request_changed_cb), self);
  g_signal_connect (engine, "conflict-opened", G_CALLBACK (conflict_opened_cb), self);
  g_signal_connect (engine, "conflict-resolved", G_CALLBACK (conflict_resolved_cb), self);
  return self;
}

/* Ends every stream. */
void
sync_events_free (SyncEvents *self)
{
  g_signal_handlers_disconnect_by_data (self->engine, self);
  sync_clock_clear_alarm (self->clock, &self->heartbeat);
  for (guint i = 0; i < self->listeners->len; i++)
    {
      Listener *listener = g_ptr_array_index (self->listeners, i);

      soup_message_body_complete (soup_server_message_get_response_body (listener->message));
      soup_server_message_unpause (listener->message);
    }
  g_ptr_array_unref (self->listeners);
  g_object_unref (self->listener);
  g_object_unref (self->clock);
  g_object_unref (self->engine);
  g_free (self);
}

guint
sync_events_get_n_listeners (SyncEvents *self)
{
  return self->listeners->len;
}

/* Answers GET events: the status at once, and from then on every change. */
void
sync_events_open (SyncCall *call)
{
  SyncHttpCall *http = (SyncHttpCall *) call;
  SyncEvents *self = sync_gateway_get_events (http->gateway);
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (http->message);
  g_autofree char *status = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) frame = NULL;
  Listener *listener;

  if (!sync_call_read_nothing (call, &error))
    {
      sync_call_fail_error (call, error);
      return;
    }
  if (self == NULL || self->listeners->len >= MAX_LISTENERS)
    {
      g_autofree char *text
        = g_strdup_printf ("%d programs listen to the events already; end one of them", MAX_LISTENERS);

      sync_http_call_refuse_message (http->message, SOUP_STATUS_SERVICE_UNAVAILABLE, "too-many", text);
      return;
    }
  soup_server_message_set_status (http->message, SOUP_STATUS_OK, NULL);
  soup_message_headers_replace (headers, "Content-Type", "text/event-stream; charset=utf-8");
  soup_message_headers_replace (headers, "Cache-Control", "no-store");
  soup_message_headers_replace (headers, "X-Content-Type-Options", "nosniff");
  soup_message_headers_set_encoding (headers, SOUP_ENCODING_CHUNKED);
  soup_message_body_set_accumulate (soup_server_message_get_response_body (http->message), FALSE);
  listener = g_new0 (Listener, 1);
  listener->events = self;
  listener->message = g_object_ref (http->message);
  g_signal_connect (http->message, "wrote-body-data", G_CALLBACK (wrote_body_data_cb), listener);
  g_signal_connect (http->message, "finished", G_CALLBACK (finished_cb), listener);
  g_ptr_array_add (self->listeners, listener);
  sync_listener_mark_stream (self->listener, http->message);
  status = dup_status (self);
  frame = make_frame ("sync-state-changed", status);
  listener_append (listener, frame);
  if (self->heartbeat == 0)
    self->heartbeat = sync_clock_add_alarm (self->clock, sync_clock_boot_us (self->clock) + HEARTBEAT_US,
                                            heartbeat_cb, self);
}

/* Answers GET metrics, in the words of Prometheus. */
void
sync_gateway_get_metrics (SyncCall *call)
{
  SyncHttpCall *http = (SyncHttpCall *) call;
  g_autoptr (SyncSnapshot) snapshot = sync_engine_dup_snapshot (call->engine);
  SyncEvents *events = sync_gateway_get_events (http->gateway);
  g_autofree char *text
    = sync_view_metrics (snapshot, sync_listener_get_n_connections (sync_gateway_get_listener (http->gateway)),
                         events != NULL ? sync_events_get_n_listeners (events) : 0);
  g_autoptr (GError) error = NULL;

  if (sync_call_read_nothing (call, &error))
    sync_http_call_answer_message (http->message, SOUP_STATUS_OK, "text/plain; version=0.0.4; charset=utf-8", text);
  else
    sync_call_fail_error (call, error);
}
