/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is said of a site before it is set up, whatever it answers. */
#include "config.h"

#include "sync-clock-virtual.h"
#include "sync-site-check.h"

#include <string.h>

#define N_QUESTIONS 8
#define WHO "{\"message\":\"till@shop.example\"}"
#define VERSIONS \
  "{\"message\":{\"frappe\":{\"version\":\"15.72.4\"},\"erpnext\":{\"version\":\"15.71.1\"},\"posawesome\":{\"version\":\"15.31.0\"}}}"
#define ZONE "{\"message\":{\"time_zone\":\"Asia/Kolkata\"}}"
#define MAY "{\"message\":{\"has_permission\":true}}"
#define MAY_NOT "{\"message\":{\"has_permission\":false}}"

/* A transport that answers one question after the other. */
#define CANNED_TYPE_TRANSPORT (canned_transport_get_type ())
G_DECLARE_FINAL_TYPE (CannedTransport, canned_transport, CANNED, TRANSPORT, GObject)

struct _CannedTransport
{
  GObject parent_instance;

  const char *bodies[N_QUESTIONS]; /* (unowned) (nullable): NULL: no connection */
  guint status;
  const char *content_type;
  guint n_asked;
};

static void
send_async (SyncTransport *transport, const SyncTransportRequest *request, GCancellable *cancellable,
            GAsyncReadyCallback callback, gpointer user_data)
{
  CannedTransport *self = CANNED_TRANSPORT (transport);
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  const char *body = self->bodies[self->n_asked];
  SyncTransportReply *reply = sync_transport_reply_new ();

  g_assert_cmpuint (self->n_asked, <, N_QUESTIONS);
  g_assert_cmpstr (request->method, ==, "GET");
  g_assert_cmpstr (request->authorization, ==, "token KEY:SECRET");
  self->n_asked++;
  reply->result = body != NULL ? SYNC_TRANSPORT_OK : SYNC_TRANSPORT_CONNECT;
  if (body != NULL)
    {
      reply->status = self->status;
      reply->content_type = g_strdup (self->content_type);
      reply->date = g_strdup ("Tue, 10 Mar 2026 12:00:00 GMT");
      reply->body = g_bytes_new (body, strlen (body));
    }
  else
    reply->error = g_strdup ("no connection");
  g_task_return_pointer (task, reply, (GDestroyNotify) sync_transport_reply_free);
}

static SyncTransportReply *
send_finish (SyncTransport *transport, GAsyncResult *result)
{
  return g_task_propagate_pointer (G_TASK (result), NULL);
}

static void
canned_transport_init_interface (SyncTransportInterface *iface)
{
  iface->send_async = send_async;
  iface->send_finish = send_finish;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (CannedTransport, canned_transport, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (SYNC_TYPE_TRANSPORT, canned_transport_init_interface))

static void
canned_transport_class_init (CannedTransportClass *klass)
{
}

static void
canned_transport_init (CannedTransport *self)
{
  const char *const good[N_QUESTIONS] = { WHO, VERSIONS, ZONE, MAY, MAY, MAY, MAY, MAY };

  memcpy (self->bodies, good, sizeof good);
  self->status = 200;
  self->content_type = "application/json";
}

typedef struct
{
  gboolean done;
  SyncSite site;
  char *words; /* (owned) */
} Finding;

static void
checked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Finding *finding = user_data;
  g_autoptr (GError) error = NULL;

  g_assert_true (sync_site_check_finish (SYNC_TRANSPORT (source), result, &finding->site, &finding->words, &error));
  g_assert_no_error (error);
  finding->done = TRUE;
}

/* Says what is found, and tells how many questions that took. @ahead_s: the till's clock before the server's. */
static guint
check (CannedTransport *transport, gint64 ahead_s, SyncSite site, const char *words)
{
  g_autoptr (SyncClockVirtual) clock = sync_clock_virtual_new ();
  g_autoptr (GDateTime) now = g_date_time_new_utc (2026, 3, 10, 12, 0, 0);
  gint64 wall_us = (g_date_time_to_unix (now) + ahead_s) * G_USEC_PER_SEC;
  Finding finding = { 0 };

  sync_clock_virtual_jump_wall_us (clock, wall_us - sync_clock_wall_us (SYNC_CLOCK (clock)));
  sync_site_check_async (SYNC_TRANSPORT (transport), "http://shop.example", "KEY", "SECRET", SYNC_CLOCK (clock), NULL,
                         checked_cb, &finding);
  while (!finding.done)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (finding.site, ==, site);
  g_assert_cmpstr (finding.words, ==, words);
  g_free (finding.words);
  return transport->n_asked;
}

#define KNOWN "ERPNext answers, and knows this till as till@shop.example."
#define RUNS "\nERPNext 15.71.1 · Frappe 15.72.4 · POS Awesome 15.31.0"
#define AGREES "\nThis computer’s clock agrees with the server’s."
#define STANDS "\nThe site’s time zone: Asia/Kolkata."

static void
test_ready (void)
{
  g_autoptr (CannedTransport) all = g_object_new (CANNED_TYPE_TRANSPORT, NULL);
  g_autoptr (CannedTransport) some = g_object_new (CANNED_TYPE_TRANSPORT, NULL);

  g_assert_cmpuint (check (all, 0, SYNC_SITE_READY,
                           KNOWN RUNS AGREES STANDS
                           "\nThis user may make: Sales Invoice, Payment Entry, Customer, POS Opening Shift, POS Closing Shift."),
                    ==, N_QUESTIONS);
  some->bodies[1] = "{\"message\":{\"frappe\":{\"version\":\"15.72.4\"},\"erpnext\":{\"version\":\"15.71.1\"}}}";
  some->bodies[4] = MAY_NOT;
  some->bodies[6] = NULL;
  some->bodies[7] = NULL;
  check (some, 90, SYNC_SITE_READY,
         KNOWN "\nERPNext 15.71.1 · Frappe 15.72.4\nPOS Awesome is not installed there."
               "\nThis computer’s clock: 90 seconds ahead of the server’s." STANDS
               "\nThis user may make: Sales Invoice, Customer."
               "\nThis user may not make: Payment Entry. Give it a role that may, in ERPNext.");
}

/* What cannot be understood is left out. */
static void
test_nonsense (void)
{
  g_autofree char *deep = g_strnfill (1000000, '[');
  g_autofree char *long_zone = g_strnfill (300000, 'x');
  g_autofree char *zone = g_strdup_printf ("{\"message\":{\"time_zone\":\"%s\"}}", long_zone);
  const char *const nonsense[]
    = { "", "[]", "null", "{\"message\":null}", "{\"message\":[]}", "{\"message\":\"x\"}", "{\"message\":{\"erpnext\":[]}}",
        "{\"message\":{\"erpnext\":{\"version\":[1]},\"time_zone\":7,\"has_permission\":\"true\"}}",
        "{\"message\":{\"erpnext\":{\"version\":\"\"},\"time_zone\":\"\",\"has_permission\":null}}", deep, zone };

  for (guint i = 0; i < G_N_ELEMENTS (nonsense); i++)
    {
      g_autoptr (CannedTransport) transport = g_object_new (CANNED_TYPE_TRANSPORT, NULL);

      for (guint j = 1; j < N_QUESTIONS; j++)
        transport->bodies[j] = nonsense[i];
      g_assert_cmpuint (check (transport, 0, SYNC_SITE_READY, KNOWN AGREES), ==, N_QUESTIONS);
    }
}

static void
test_others (void)
{
  static const struct
  {
    guint status;
    const char *content_type;
    const char *body;
    SyncSite site;
    const char *words;
  } rows[] = {
    { 200, "application/json", "{\"message\":\"guest\"}", SYNC_SITE_SIGN_IN,
      "ERPNext answers, but does not know this API key and secret." },
    { 401, "application/json", "{\"exc_type\":\"AuthenticationError\"}", SYNC_SITE_SIGN_IN,
      "ERPNext answers, but does not know this API key and secret." },
    { 200, "application/json", "{\"message\":\"\"}", SYNC_SITE_OTHER,
      "Something answers there, but it is no ERPNext: look at the address." },
    { 200, "text/html", "<html>Welcome to the hotel</html>", SYNC_SITE_OTHER,
      "Something answers there, but it is no ERPNext: look at the address." },
    { 503, "application/json", "{\"exc_type\":\"SessionStopped\"}", SYNC_SITE_AWAY,
      "The server at http://shop.example cannot work now. Try again later." },
    { 429, "application/json", "{\"exc_type\":\"TooManyRequestsError\"}", SYNC_SITE_AWAY,
      "The server at http://shop.example cannot work now. Try again later." },
    { 502, "text/html", "<html>Bad Gateway</html>", SYNC_SITE_AWAY,
      "The server at http://shop.example cannot work now. Try again later." },
    { 0, NULL, NULL, SYNC_SITE_AWAY, "http://shop.example cannot be reached: no connection." },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (CannedTransport) transport = g_object_new (CANNED_TYPE_TRANSPORT, NULL);

      transport->status = rows[i].status;
      transport->content_type = rows[i].content_type;
      transport->bodies[0] = rows[i].body;
      g_test_message ("row %u", i);
      g_assert_cmpuint (check (transport, 0, rows[i].site, rows[i].words), ==, 1);
    }
}

/* It knows the till, and cannot take its sales. */
static void
test_frappe_alone (void)
{
  g_autoptr (CannedTransport) transport = g_object_new (CANNED_TYPE_TRANSPORT, NULL);

  transport->bodies[1] = "{\"message\":{\"frappe\":{\"version\":\"15.72.4\"},\"crm\":{\"version\":\"1.0.0\"}}}";
  g_assert_cmpuint (check (transport, 0, SYNC_SITE_OTHER, "A Frappe site answers, but ERPNext is not installed there."),
                    ==, 2);
}

/* A name is one line, whatever is in it. */
static void
test_forged (void)
{
  g_autoptr (CannedTransport) transport = g_object_new (CANNED_TYPE_TRANSPORT, NULL);

  transport->bodies[0] = "{\"message\":\"x\\nThis user may make: all\"}";
  for (guint j = 1; j < N_QUESTIONS; j++)
    transport->bodies[j] = NULL;
  check (transport, 0, SYNC_SITE_READY, "ERPNext answers, and knows this till as x This user may make: all." AGREES);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sync/site-check/ready", test_ready);
  g_test_add_func ("/sync/site-check/nonsense", test_nonsense);
  g_test_add_func ("/sync/site-check/others", test_others);
  g_test_add_func ("/sync/site-check/frappe-alone", test_frappe_alone);
  g_test_add_func ("/sync/site-check/forged", test_forged);
  return g_test_run ();
}
