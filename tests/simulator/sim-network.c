/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One call is: it leaves, it arrives, the site does it, the answer comes in. Each of these has its moment, and each may
 * be the moment at which the machine dies or something goes wrong. What nobody can defend against is not done: an
 * unkeyed create is never doubled by the line itself, and the site never begins later than it could within the settle
 * time. */
#include "config.h"

#include "sim-network.h"

#include "sim-trace.h"

#include "power-vfs.h"

#include <string.h>

/* The longest that the site takes from the last byte to its commit. */
#define SLOWEST_US (120 * (gint64) G_USEC_PER_SEC)

/* A line that breaks while the site is at work does so soon. */
#define RESET_US (2 * G_TIME_SPAN_SECOND)

/* Of one run: seven times what the busiest of four hundred needed. A write that is sent and looked at by turns without end
 * lets time pass, and so does not show in the turns of the main loop. */
#define CALLS_AT_MOST 3000

/* 2026-01-01 00:00 UTC, a little before the till's clock begins. */
#define SIM_SITE_EPOCH_US (G_GINT64_CONSTANT (1767225600) * G_USEC_PER_SEC)

/* The longest that a queued submission waits for a worker. */
#define WORKERS_US (400 * (gint64) G_USEC_PER_SEC)

struct _SimNetwork
{
  GObject parent_instance;

  SimTime *time;       /* (unowned) */
  SimSite *site;       /* (unowned) */
  SyncRandom *random;  /* (owned) */
  SimWeather weather;
  guint faults_in_hundred;
  GPtrArray *flights;  /* (owned) (element-type Flight): what is on its way, or still at work on the site */
  gint64 date_off_us;  /* the clock of Date is so far ahead of the site's */
  gint64 not_before_us; /* the till was told to wait until then */
  guint workers;       /* event: they do what is queued, 0: nothing is */
  guint n_faults;
  guint n_calls;
  SimCrash crash_where;
  guint crash_in;      /* boundaries of that kind until the machine dies, 0: it does not */
  gboolean crashed;
};

typedef struct
{
  SimNetwork *network;           /* (unowned) */
  guint number;
  SyncTransportRequest *request; /* (owned) */
  GTask *task;                   /* (owned) (nullable): NULL once the till has its answer, or is gone */
  GCancellable *cancellable;     /* (owned) (nullable) */
  gulong cancelled_id;
  SimFault fault;
  SyncTransportReply *reply;     /* (owned) (nullable): on its way back */
  guint event;                   /* the next that happens to it at the site's end or on the line, 0: none */
  guint give_up;                 /* the till's own time-out, 0: none */
  gint64 mark;
} Flight;

static void sim_network_transport_init (SyncTransportInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (SimNetwork, sim_network, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (SYNC_TYPE_TRANSPORT, sim_network_transport_init))

static guint64
dice (SimNetwork *self, guint64 sides)
{
  return sync_random_below (self->random, sides);
}

/* Mostly short, sometimes long. */
static gint64
delay_us (SimNetwork *self)
{
  static const gint64 ms[] = { 2, 10, 50, 300, 2000 };

  return (gint64) dice (self, (guint64) ms[dice (self, G_N_ELEMENTS (ms))] * 1000) + 1;
}

static void
flight_free (Flight *flight)
{
  sync_transport_request_free (flight->request);
  g_clear_pointer (&flight->reply, sync_transport_reply_free);
  g_free (flight);
}

static void
flight_end (Flight *flight)
{
  if (flight->event == 0 && flight->task == NULL)
    g_ptr_array_remove (flight->network->flights, flight);
}

/* The machine dies here, if that is where it is meant to. */
static gboolean
dies_at (SimNetwork *self, SimCrash where)
{
  if (power_vfs_is_dead ())
    return TRUE;
  if (self->crash_in == 0 || self->crash_where != where || --self->crash_in > 0)
    return FALSE;
  self->crashed = TRUE;
  power_vfs_die ();
  return TRUE;
}

/* The site's wall clock is true time. */
static gint64
site_wall_us (SimNetwork *self)
{
  return SIM_SITE_EPOCH_US + sim_time_now_us (self->time);
}

/* How far another machine's clock is from the site's: days, either way. */
static gint64
off_us (SimNetwork *self)
{
  return ((gint64) dice (self, 241) - 120) * G_TIME_SPAN_HOUR;
}

/* The till is told, once. */
static void
tell (Flight *flight, SyncTransportReply *reply)
{
  g_autoptr (GTask) task = g_steal_pointer (&flight->task);

  if (reply->result == SYNC_TRANSPORT_OK)
    {
      gint64 other_us = flight->fault == SIM_FAULT_DATE ? off_us (flight->network) : flight->network->date_off_us;
      gint64 date_us = site_wall_us (flight->network) + other_us;
      g_autoptr (GDateTime) date = g_date_time_new_from_unix_utc (date_us / G_USEC_PER_SEC);

      reply->date = g_date_time_format (date, "%a, %d %b %Y %H:%M:%S GMT");
    }
  if (flight->give_up != 0)
    sim_time_remove (flight->network->time, flight->give_up);
  flight->give_up = 0;
  if (flight->cancellable != NULL)
    {
      if (flight->cancelled_id != 0)
        g_signal_handler_disconnect (flight->cancellable, flight->cancelled_id);
      flight->cancelled_id = 0;
      g_clear_object (&flight->cancellable);
    }
  sim_trace (sim_time_now_us (flight->network->time), "  #%u answer: %s %u%s%s", flight->number,
             sync_transport_result_to_string (reply->result), reply->status, reply->retry_after != NULL ? " retry-after " : "",
             reply->retry_after != NULL ? reply->retry_after : "");
  g_task_return_pointer (task, reply, (GDestroyNotify) sync_transport_reply_free);
}

static void
note_wait (SimNetwork *self, const SyncTransportReply *reply)
{
  if (reply->retry_after == NULL)
    return;
  self->not_before_us
    = MAX (self->not_before_us,
           sim_time_now_us (self->time) + g_ascii_strtoll (reply->retry_after, NULL, 10) * G_USEC_PER_SEC);
}

static void
answer_cb (gpointer user_data)
{
  Flight *flight = user_data;

  flight->event = 0;
  if (flight->task != NULL && !dies_at (flight->network, SIM_CRASH_AT_ANSWER))
    {
      note_wait (flight->network, flight->reply);
      tell (flight, g_steal_pointer (&flight->reply));
    }
  flight_end (flight);
}

/* Sends @reply back. */
static void
reply_later (Flight *flight, SyncTransportReply *reply)
{
  g_clear_pointer (&flight->reply, sync_transport_reply_free);
  flight->reply = reply;
  flight->event = sim_time_add (flight->network->time, delay_us (flight->network), answer_cb, flight);
}

static void
cut_body (SimNetwork *self, SyncTransportReply *reply)
{
  gsize length;
  const char *data = g_bytes_get_data (reply->body, &length);
  GBytes *cut = g_bytes_new (data, dice (self, length));

  g_bytes_unref (reply->body);
  reply->body = cut;
}

static SyncTransportReply *
page (guint status, const char *retry_after)
{
  SyncTransportReply *reply = sim_reply_new (status, "text/html; charset=utf-8", "<html><body>Sorry</body></html>");

  reply->retry_after = g_strdup (retry_after);
  return reply;
}

/* What the site did is done; this is what becomes of its answer. NULL: nothing comes back. */
static SyncTransportReply *
spoil (Flight *flight, SyncTransportReply *reply)
{
  switch (flight->fault)
    {
    case SIM_FAULT_LOST_ANSWER:
      sync_transport_reply_free (reply);
      return NULL;
    case SIM_FAULT_RESET_AFTER:
    case SIM_FAULT_CUT_ANSWER:
      sync_transport_reply_free (reply);
      return sim_reply_new_broken (SYNC_TRANSPORT_CLOSED, TRUE);
    case SIM_FAULT_HALF:
      if (dice (flight->network, 2) == 0)
        return reply;
      sync_transport_reply_free (reply);
      return sim_reply_new_broken (SYNC_TRANSPORT_CLOSED, TRUE);
    case SIM_FAULT_CUT_CHUNKED:
      cut_body (flight->network, reply);
      return reply;
    case SIM_FAULT_GATEWAY_TIMEOUT:
      sync_transport_reply_free (reply);
      return page (504, NULL);
    case SIM_FAULT_NONSENSE:
      sync_transport_reply_free (reply);
      return sim_reply_new (200, "application/json", "{\"message\":{}}");
    default:
      return reply;
    }
}

/* The site's workers do what is queued. They rarely fail: each time the till looks for more than an hour. */
static void
workers_cb (gpointer user_data)
{
  SimNetwork *self = user_data;

  self->workers = 0;
  sim_site_set_wall_us (self->site, site_wall_us (self));
  sim_site_finish_queued (self->site, dice (self, 16) > 0);
}

static void
twice_cb (gpointer user_data)
{
  Flight *flight = user_data;

  flight->event = 0;
  sim_trace (sim_time_now_us (flight->network->time), "  #%u arrives a second time", flight->number);
  sync_transport_reply_free (sim_site_serve (flight->network->site, flight->request));
  /* The first answer is the one that counts. */
  reply_later (flight, g_steal_pointer (&flight->reply));
}

/* Either the site never sees the call, or it does what is asked, and its answer goes elsewhere. */
static SyncTransportReply *
serve (Flight *flight)
{
  SimNetwork *self = flight->network;
  SyncTransportReply *another = flight->fault == SIM_FAULT_ANOTHER
                                  ? sim_site_show_another (self->site, flight->request, (guint) dice (self, 64))
                                  : NULL;

  if (flight->fault == SIM_FAULT_HALF)
    return sim_site_serve_half (self->site, flight->request);
  if (another == NULL)
    return sim_site_serve (self->site, flight->request);
  if (dice (self, 2) == 0)
    sync_transport_reply_free (sim_site_serve (self->site, flight->request));
  return another;
}

static void
arrive_cb (gpointer user_data)
{
  Flight *flight = user_data;
  SimNetwork *self = flight->network;
  SyncTransportReply *reply;

  flight->event = 0;
  sim_site_set_wall_us (self->site, site_wall_us (self));
  reply = serve (flight);
  sim_trace (sim_time_now_us (self->time), "  #%u served: %u", flight->number, reply->status);
  if (flight->request->write)
    dies_at (self, SIM_CRASH_AT_COMMIT);
  if (sim_site_has_queued (self->site) && self->workers == 0)
    self->workers = sim_time_add (self->time, (gint64) dice (self, WORKERS_US), workers_cb, self);
  if (flight->fault == SIM_FAULT_DUPLICATE)
    {
      flight->reply = reply;
      flight->event = sim_time_add (self->time, delay_us (self), twice_cb, flight);
      return;
    }
  reply = spoil (flight, reply);
  if (reply != NULL && flight->task != NULL)
    reply_later (flight, reply);
  else if (reply != NULL)
    sync_transport_reply_free (reply);
  flight_end (flight);
}

/* The answer of whatever stands before the site, or of a site that does nothing. NULL: the call goes through. */
static SyncTransportReply *
answer_instead (SimNetwork *self, SimFault fault)
{
  static const char *const refusals[] = { "MandatoryError", "ValidationError", "LinkValidationError", "NegativeStockError" };
  g_autofree char *seconds = g_strdup_printf ("%u", 1 + (guint) dice (self, 90));
  SyncTransportReply *reply;

  switch (fault)
    {
    case SIM_FAULT_PORTAL:
      return sim_reply_new (200, "text/html", "<html><body>Welcome to the hotel</body></html>");
    case SIM_FAULT_REDIRECT:
      return page (302, NULL);
    case SIM_FAULT_SIGNED_OUT:
      return sim_reply_new_exception (401, "AuthenticationError", "");
    case SIM_FAULT_GUEST:
      return sim_reply_new (403, "application/json", "{\"exc_type\":\"PermissionError\",\"session_expired\":1}");
    case SIM_FAULT_FORBIDDEN:
      return sim_reply_new_exception (403, "PermissionError", "no permission");
    case SIM_FAULT_RATE_LIMIT:
      reply = sim_reply_new_exception (429, "TooManyRequestsError", "too many");
      reply->retry_after = g_steal_pointer (&seconds);
      return reply;
    case SIM_FAULT_MAINTENANCE:
      return sim_reply_new_exception (503, "SessionStopped", "updating");
    case SIM_FAULT_UNAVAILABLE:
      return page (503, seconds);
    case SIM_FAULT_DEADLOCK:
      return sim_reply_new_exception (500, "QueryDeadlockError", "deadlock");
    case SIM_FAULT_LOCKED:
      return sim_reply_new_exception (417, "DocumentLockedError", "locked");
    case SIM_FAULT_DATABASE:
      return sim_reply_new_exception (500, "OperationalError", "gone away");
    case SIM_FAULT_BROKEN:
      return sim_reply_new_exception (500, "TypeError", "oops");
    case SIM_FAULT_REFUSAL:
      return sim_reply_new_exception (417, refusals[dice (self, G_N_ELEMENTS (refusals))], "no");
    case SIM_FAULT_STALE:
      return sim_reply_new_exception (417, "TimestampMismatchError", "modified");
    case SIM_FAULT_TAKEN:
      return sim_reply_new_exception (409, "DuplicateEntryError", "taken");
    case SIM_FAULT_PAGE:
      return page (500, NULL);
    case SIM_FAULT_BAD_GATEWAY:
      return page (502, NULL);
    default:
      return NULL;
    }
}

/* How the call ends on the line before anything is there to answer; NULL: it gets further. */
static SyncTransportReply *
break_early (SimNetwork *self, SimFault fault)
{
  switch (fault)
    {
    case SIM_FAULT_DNS:
      return sim_reply_new_broken (SYNC_TRANSPORT_RESOLVE, FALSE);
    case SIM_FAULT_CONNECT:
      return sim_reply_new_broken (SYNC_TRANSPORT_CONNECT, FALSE);
    case SIM_FAULT_TLS:
      return sim_reply_new_broken (SYNC_TRANSPORT_TLS, FALSE);
    case SIM_FAULT_CUT_REQUEST:
      /* Byte 0 is one of them. */
      return sim_reply_new_broken (SYNC_TRANSPORT_CLOSED, dice (self, 8) > 0);
    case SIM_FAULT_RESET_BEFORE:
      return sim_reply_new_broken (SYNC_TRANSPORT_CLOSED, TRUE);
    default:
      return NULL;
    }
}

/* Whether the line may do this to that call; see the top. */
static gboolean
is_fair (SimNetwork *self, const SyncTransportRequest *request, SimFault fault)
{
  gboolean is_unkeyed_create = g_str_equal (request->method, "POST") && strstr (request->url, "/Sales%20Invoice") == NULL
                               && strstr (request->url, "submit_invoice") == NULL;

  if (fault == SIM_FAULT_DUPLICATE)
    return request->write && !is_unkeyed_create;
  if (fault == SIM_FAULT_ANOTHER)
    {
      SyncTransportReply *another = sim_site_show_another (self->site, request, 0);
      gboolean is_there = another != NULL;

      g_clear_pointer (&another, sync_transport_reply_free);
      return is_there;
    }
  if (fault == SIM_FAULT_HALF)
    return strstr (request->url, "submit_invoice") != NULL;
  /* These say something of a write. */
  if (fault == SIM_FAULT_STALE || fault == SIM_FAULT_TAKEN || fault == SIM_FAULT_REFUSAL)
    return request->write;
  return TRUE;
}

static SimFault
choose_fault (SimNetwork *self, const SyncTransportRequest *request)
{
  SimFault fault;

  switch (self->weather)
    {
    case SIM_WEATHER_OUTAGE:
      return dice (self, 2) == 0 ? SIM_FAULT_DNS : SIM_FAULT_CONNECT;
    case SIM_WEATHER_PORTAL:
      return dice (self, 2) == 0 ? SIM_FAULT_PORTAL : SIM_FAULT_REDIRECT;
    case SIM_WEATHER_SIGNED_OUT:
      return SIM_FAULT_SIGNED_OUT;
    case SIM_WEATHER_MAINTENANCE:
      return SIM_FAULT_MAINTENANCE;
    case SIM_WEATHER_FAIR:
    default:
      break;
    }
  if (dice (self, 100) >= self->faults_in_hundred)
    return SIM_FAULT_NONE;
  fault = (SimFault) dice (self, SIM_N_FAULTS);
  return is_fair (self, request, fault) ? fault : SIM_FAULT_NONE;
}

static void
break_off (Flight *flight, SyncTransportResult result)
{
  flight->give_up = 0;
  tell (flight, sim_reply_new_broken (result, TRUE));
  flight_end (flight);
}

static void
give_up_cb (gpointer user_data)
{
  break_off (user_data, SYNC_TRANSPORT_TIMEOUT);
}

static void
reset_cb (gpointer user_data)
{
  break_off (user_data, SYNC_TRANSPORT_CLOSED);
}

static void
cancelled_cb (GCancellable *cancellable, gpointer user_data)
{
  Flight *flight = user_data;

  if (flight->task != NULL)
    tell (flight, sim_reply_new_broken (SYNC_TRANSPORT_CANCELLED, TRUE));
  flight_end (flight);
}

/* What no call may be, whatever happens. */
static void
check_call (SimNetwork *self, const SyncTransportRequest *request)
{
  gsize length = 0;
  const char *body = request->body != NULL ? g_bytes_get_data (request->body, &length) : NULL;

  if (request->write == g_str_equal (request->method, "GET"))
    sim_violation ("%s %s is sent as what it is not", request->method, request->url);
  if (strstr (request->url, "LOCAL-") != NULL || g_strstr_len (body != NULL ? body : "", (gssize) length, "\"LOCAL-") != NULL)
    sim_violation ("a placeholder leaves: %s %.*s", request->url, (int) length, body);
  if (sim_time_now_us (self->time) < self->not_before_us)
    sim_violation ("%s %s is sent %.3f s before the server allows it", request->method, request->url,
                   (double) (self->not_before_us - sim_time_now_us (self->time)) / G_USEC_PER_SEC);
}

static void
take_off (Flight *flight)
{
  SimNetwork *self = flight->network;
  SyncTransportReply *reply = break_early (flight->network, flight->fault);
  gint64 slow_us;

  if (reply != NULL)
    {
      reply_later (flight, reply);
      return;
    }
  if (flight->fault == SIM_FAULT_LATE)
    {
      slow_us = (gint64) dice (self, SLOWEST_US) + 1;
      flight->give_up = sim_time_add (self->time, (gint64) dice (self, MIN ((guint64) slow_us, RESET_US)), reset_cb, flight);
      flight->event = sim_time_add (self->time, slow_us, arrive_cb, flight);
      return;
    }
  flight->give_up = sim_time_add (self->time, (gint64) flight->request->timeout_ms * 1000, give_up_cb, flight);
  if (flight->fault == SIM_FAULT_DROP)
    return;
  reply = answer_instead (self, flight->fault);
  if (reply != NULL)
    {
      reply_later (flight, reply);
      return;
    }
  slow_us = flight->fault == SIM_FAULT_SLOW ? (gint64) dice (self, SLOWEST_US) : delay_us (self);
  flight->event = sim_time_add (self->time, MIN (slow_us, SLOWEST_US), arrive_cb, flight);
}

static void
sim_network_send_async (SyncTransport *transport, const SyncTransportRequest *request, GCancellable *cancellable,
                        GAsyncReadyCallback callback, gpointer user_data)
{
  SimNetwork *self = SIM_NETWORK (transport);
  Flight *flight = g_new0 (Flight, 1);

  flight->network = self;
  flight->number = ++self->n_calls;
  if (self->n_calls > CALLS_AT_MOST)
    sim_violation ("the engine calls and calls: %s %s is call %u", request->method, request->url, self->n_calls);
  flight->task = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (flight->task, sim_network_send_async);
  flight->request = sync_transport_request_new (request->method, request->url);
  flight->request->body = request->body != NULL ? g_bytes_ref (request->body) : NULL;
  flight->request->content_type = g_strdup (request->content_type);
  flight->request->write = request->write;
  flight->request->timeout_ms = request->timeout_ms;
  flight->mark = sim_site_mark_of (request);
  g_ptr_array_add (self->flights, flight);
  if (cancellable != NULL)
    {
      flight->cancellable = g_object_ref (cancellable);
      flight->cancelled_id = g_signal_connect (cancellable, "cancelled", G_CALLBACK (cancelled_cb), flight);
    }
  /* A dying machine sends nothing any more; its calls are taken back when it is gone. */
  if (power_vfs_is_dead () || (request->write && dies_at (self, SIM_CRASH_BEFORE_SEND)))
    return;
  check_call (self, request);
  flight->fault = choose_fault (self, request);
  sim_cover_fault (flight->fault);
  self->n_faults += flight->fault != SIM_FAULT_NONE;
  sim_trace (sim_time_now_us (self->time), "  #%u %s %s n=%" G_GINT64_FORMAT "%s%s", flight->number, request->method,
             strstr (request->url, "/api/"), flight->mark, flight->fault != SIM_FAULT_NONE ? "  !! " : "",
             flight->fault != SIM_FAULT_NONE ? sim_fault_name (flight->fault) : "");
  take_off (flight);
  if (request->write)
    dies_at (self, SIM_CRASH_AFTER_SEND);
}

static SyncTransportReply *
sim_network_send_finish (SyncTransport *transport, GAsyncResult *result)
{
  return g_task_propagate_pointer (G_TASK (result), NULL);
}

void
sim_network_set_weather (SimNetwork *self, SimWeather weather, guint faults_in_hundred)
{
  self->weather = weather;
  self->faults_in_hundred = faults_in_hundred;
}

/* The machine will die at the @nth such moment. */
void
sim_network_arm_crash (SimNetwork *self, SimCrash where, guint nth)
{
  self->crash_where = where;
  self->crash_in = nth;
  self->crashed = FALSE;
}

/* Whether it did, and where. */
gboolean
sim_network_take_crash (SimNetwork *self, SimCrash *where)
{
  gboolean crashed = self->crashed;

  *where = self->crash_where;
  self->crashed = FALSE;
  self->crash_in = 0;
  return crashed;
}

/* Whoever starts anew does not know what the last one was told. What it had sent goes on. */
void
sim_network_till_died (SimNetwork *self)
{
  self->not_before_us = 0;
  for (guint i = self->flights->len; i > 0; i--)
    {
      Flight *flight = g_ptr_array_index (self->flights, i - 1);

      if (flight->task != NULL)
        sim_violation ("call #%u outlives the engine that made it", flight->number);
      flight_end (flight);
    }
}

/* Whether a write of that number may still be done. */
gboolean
sim_network_has_under_way (SimNetwork *self, gint64 mark)
{
  for (guint i = 0; i < self->flights->len; i++)
    {
      const Flight *flight = g_ptr_array_index (self->flights, i);

      if (flight->request->write && flight->event != 0 && (flight->mark == mark || flight->mark == 0))
        return TRUE;
    }
  return FALSE;
}

guint
sim_network_n_faults (SimNetwork *self)
{
  return self->n_faults;
}

guint
sim_network_n_calls (SimNetwork *self)
{
  return self->n_calls;
}

static void
sim_network_finalize (GObject *object)
{
  SimNetwork *self = SIM_NETWORK (object);

  for (guint i = 0; i < self->flights->len; i++)
    {
      Flight *flight = g_ptr_array_index (self->flights, i);

      if (flight->event != 0)
        sim_time_remove (self->time, flight->event);
      flight->event = 0;
    }
  if (self->workers != 0)
    sim_time_remove (self->time, self->workers);
  g_ptr_array_unref (self->flights);
  g_object_unref (self->random);
  G_OBJECT_CLASS (sim_network_parent_class)->finalize (object);
}

static void
sim_network_transport_init (SyncTransportInterface *iface)
{
  iface->send_async = sim_network_send_async;
  iface->send_finish = sim_network_send_finish;
}

static void
sim_network_class_init (SimNetworkClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = sim_network_finalize;
}

static void
sim_network_init (SimNetwork *self)
{
  self->flights = g_ptr_array_new_with_free_func ((GDestroyNotify) flight_free);
}

SimNetwork *
sim_network_new (SimTime *time, SimSite *site, SyncRandom *random)
{
  SimNetwork *self = g_object_new (SIM_TYPE_NETWORK, NULL);

  self->time = time;
  self->site = site;
  self->random = g_object_ref (random);
  /* All along, in some runs. */
  if (dice (self, 8) == 0)
    self->date_off_us = off_us (self);
  return self;
}
