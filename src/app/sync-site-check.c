/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A few questions to a site that is not set yet: is it an ERPNext, whom does it take this key for, which versions run there,
 * what does its clock say, and what may that user make? One after the other; nothing is changed there. Knows no toolkit. */
#include "config.h"

#include "sync-site-check.h"

#include "sync-json.h"
#include "sync-outcome.h"
#include "sync-server-clock.h"
#include "sync-words.h"

#include <glib/gi18n.h>
#include <string.h>

#define WHO_PATH "/api/method/frappe.auth.get_logged_user"
#define VERSIONS_PATH "/api/method/frappe.utils.change_log.get_versions"
#define ZONE_PATH "/api/method/frappe.client.get_time_zone"
#define RIGHT_PATH "/api/method/frappe.client.has_permission?doctype=%s&docname=&perm_type=create"
#define PATIENCE_MS 30000
/* Of the questions after the first. */
#define LESS_PATIENCE_MS 10000
/* Bytes of a text that is shown. */
#define LONGEST 200

/* What a till makes. */
static const char *const types[] = { "Sales Invoice", "Payment Entry", "Customer", "POS Opening Shift", "POS Closing Shift" };

/* The data of the task. */
typedef struct
{
  SyncClock *clock;          /* (owned) */
  char *base_url;            /* (owned) */
  char *authorization;       /* (owned) */
  gint64 sent_us;            /* boot clock: the question that is out */
  SyncServerClock server_clock;
  guint step;                /* of the questions after the first */
  SyncSite site;
  char *headline;            /* (owned) (nullable) */
  char *versions;            /* (owned) (nullable) */
  char *zone;                /* (owned) (nullable) */
  GString *may;              /* (owned): types that this user may make */
  GString *may_not;          /* (owned): the others */
} Check;

static void
check_free (gpointer data)
{
  Check *self = data;

  g_object_unref (self->clock);
  g_free (self->base_url);
  g_free (self->authorization);
  g_free (self->headline);
  g_free (self->versions);
  g_free (self->zone);
  g_string_free (self->may, TRUE);
  g_string_free (self->may_not, TRUE);
  g_free (self);
}

/* What a method answered, inside @reply; FALSE if it did not answer like a method. */
static gboolean
get_message (const SyncTransportReply *reply, SyncJsonView *message)
{
  gsize length = 0;
  const char *data = reply->body != NULL ? g_bytes_get_data (reply->body, &length) : NULL;
  SyncJsonView root;

  return reply->result == SYNC_TRANSPORT_OK && reply->status == 200 && data != NULL
         && sync_json_check (data, length, &root, NULL) && sync_json_view_kind (&root) == SYNC_JSON_OBJECT
         && sync_json_view_member (&root, "message", message);
}

/* (transfer full) (nullable): a text of one line; of one that is not what it should be there is no end */
static char *
dup_line (const SyncJsonView *view)
{
  char *text = sync_json_view_kind (view) == SYNC_JSON_STRING ? sync_json_view_dup_text (view) : NULL;

  if (text == NULL || *text == '\0' || strlen (text) > LONGEST)
    g_clear_pointer (&text, g_free);
  return text != NULL ? g_strdelimit (text, "\n\r\t\v\f", ' ') : NULL;
}

/* (transfer full) (nullable): a text in the object that a method answered, or in an object of it */
static char *
dup_member (const SyncTransportReply *reply, const char *name, const char *inner)
{
  SyncJsonView message, value;

  if (!get_message (reply, &message) || sync_json_view_kind (&message) != SYNC_JSON_OBJECT
      || !sync_json_view_member (&message, name, &value))
    return NULL;
  if (inner != NULL
      && (sync_json_view_kind (&value) != SYNC_JSON_OBJECT || !sync_json_view_member (&value, inner, &value)))
    return NULL;
  return dup_line (&value);
}

static void
take_user (Check *self, const SyncTransportReply *reply)
{
  g_autoptr (SyncAnswer) answer
    = sync_answer_new_from_reply (reply->result, reply->bytes_written, reply->status, reply->content_type, reply->retry_after,
                                  reply->date, reply->rate_limit_reset, reply->body, SYNC_PROOF_MESSAGE, NULL);
  SyncOutcome outcome = sync_outcome_classify (answer, SYNC_ACTION_UPDATE);
  SyncJsonView message;
  g_autofree char *user = outcome.verdict == SYNC_VERDICT_DELIVERED && get_message (reply, &message) ? dup_line (&message) : NULL;

  if (user != NULL && g_ascii_strcasecmp (user, "Guest") != 0)
    {
      self->site = SYNC_SITE_READY;
      self->headline = g_strdup_printf (_ ("ERPNext answers, and knows this till as %s."), user);
    }
  else if (user != NULL || outcome.host == SYNC_HOST_SIGN_IN)
    {
      self->site = SYNC_SITE_SIGN_IN;
      self->headline = g_strdup (_ ("ERPNext answers, but does not know this API key and secret."));
    }
  else if (outcome.host == SYNC_HOST_NOT_OURS || outcome.verdict == SYNC_VERDICT_DELIVERED)
    {
      self->site = SYNC_SITE_OTHER;
      self->headline = g_strdup (_ ("Something answers there, but it is no ERPNext: look at the address."));
    }
  else
    {
      self->site = SYNC_SITE_AWAY;
      self->headline = reply->error != NULL ? g_strdup_printf (_ ("%s cannot be reached: %s."), self->base_url, reply->error)
                                            : g_strdup_printf (_ ("The server at %s cannot work now. Try again later."),
                                                               self->base_url);
    }
}

/* A site of the framework alone has users, too. */
static void
take_versions (Check *self, const SyncTransportReply *reply)
{
  static const struct
  {
    const char *app;
    const char *name;
  } apps[] = { { "erpnext", "ERPNext" }, { "frappe", "Frappe" }, { "posawesome", "POS Awesome" } };
  g_autoptr (GString) words = g_string_new (NULL);
  g_autofree char *erpnext = dup_member (reply, "erpnext", "version");
  g_autofree char *frappe = dup_member (reply, "frappe", "version");

  if (erpnext == NULL && frappe != NULL)
    {
      self->site = SYNC_SITE_OTHER;
      g_free (self->headline);
      self->headline = g_strdup (_ ("A Frappe site answers, but ERPNext is not installed there."));
    }
  for (guint i = 0; i < G_N_ELEMENTS (apps); i++)
    {
      g_autofree char *version = dup_member (reply, apps[i].app, "version");

      if (version != NULL)
        g_string_append_printf (words, "%s%s %s", words->len > 0 ? " · " : "", apps[i].name, version);
    }
  if (words->len > 0)
    self->versions = g_strdup (words->str);
}

static void
take_zone (Check *self, const SyncTransportReply *reply)
{
  self->zone = dup_member (reply, "time_zone", NULL);
}

/* A type that is not there is none that could be made. */
static void
take_right (Check *self, const SyncTransportReply *reply, const char *type)
{
  SyncJsonView message, right;
  SyncJsonKind kind;
  GString *list;

  if (!get_message (reply, &message) || sync_json_view_kind (&message) != SYNC_JSON_OBJECT
      || !sync_json_view_member (&message, "has_permission", &right))
    return;
  kind = sync_json_view_kind (&right);
  if (kind != SYNC_JSON_TRUE && kind != SYNC_JSON_FALSE)
    return;
  list = kind == SYNC_JSON_TRUE ? self->may : self->may_not;
  g_string_append_printf (list, "%s%s", list->len > 0 ? ", " : "", type);
}

/* Takes @line over. */
static void
add_line (GString *words, char *line)
{
  g_string_append_printf (words, "\n%s", line);
  g_free (line);
}

static void
add_clock (const Check *self, GString *words)
{
  gint64 offset_us, uncertainty_us;
  g_autofree char *offset = NULL;

  if (!sync_server_clock_get (&self->server_clock, sync_clock_wall_us (self->clock), sync_clock_boot_us (self->clock),
                              &offset_us, &uncertainty_us))
    return;
  offset = sync_words_clock_offset (offset_us / 1000);
  if (offset != NULL)
    /* Translators: such as "5 seconds behind the server’s". */
    add_line (words, g_strdup_printf (_ ("This computer’s clock: %s."), offset));
  else
    add_line (words, g_strdup (_ ("This computer’s clock agrees with the server’s.")));
}

/* (transfer full): all that was found out, the main thing first */
static char *
dup_words (const Check *self)
{
  g_autoptr (GString) words = g_string_new (self->headline);

  if (self->site != SYNC_SITE_READY)
    return g_strdup (words->str);
  if (self->versions != NULL)
    add_line (words, g_strdup (self->versions));
  if (self->versions != NULL && strstr (self->versions, "POS Awesome") == NULL)
    add_line (words, g_strdup (_ ("POS Awesome is not installed there.")));
  add_clock (self, words);
  if (self->zone != NULL)
    add_line (words, g_strdup_printf (_ ("The site’s time zone: %s."), self->zone));
  if (self->may->len > 0)
    add_line (words, g_strdup_printf (_ ("This user may make: %s."), self->may->str));
  if (self->may_not->len > 0)
    add_line (words, g_strdup_printf (_ ("This user may not make: %s. Give it a role that may, in ERPNext."), self->may_not->str));
  return g_strdup (words->str);
}

static void ask (GTask *task, const char *path);

static void
ask_next (GTask *task)
{
  Check *self = g_task_get_task_data (task);

  if (self->step < 2)
    ask (task, self->step == 0 ? VERSIONS_PATH : ZONE_PATH);
  else
    {
      g_autofree char *type = g_uri_escape_string (types[self->step - 2], NULL, FALSE);
      g_autofree char *path = g_strdup_printf (RIGHT_PATH, type);

      ask (task, path);
    }
}

static void
answered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (SyncTransportReply) reply = sync_transport_send_finish (SYNC_TRANSPORT (source), result);
  Check *self = g_task_get_task_data (task);
  gboolean last;

  if (g_task_return_error_if_cancelled (task))
    return;
  sync_server_clock_add (&self->server_clock, reply->date, self->sent_us, sync_clock_boot_us (self->clock));
  if (self->headline == NULL)
    {
      take_user (self, reply);
      last = self->site != SYNC_SITE_READY;
    }
  else
    {
      if (self->step == 0)
        take_versions (self, reply);
      else if (self->step == 1)
        take_zone (self, reply);
      else
        take_right (self, reply, types[self->step - 2]);
      last = ++self->step == 2 + G_N_ELEMENTS (types) || self->site != SYNC_SITE_READY;
    }
  if (last)
    g_task_return_boolean (task, TRUE);
  else
    ask_next (g_steal_pointer (&task));
}

/* Takes @task over. */
static void
ask (GTask *task, const char *path)
{
  Check *self = g_task_get_task_data (task);
  g_autofree char *url = g_strconcat (self->base_url, path, NULL);
  g_autoptr (SyncTransportRequest) call = sync_transport_request_new ("GET", url);

  call->authorization = g_strdup (self->authorization);
  call->timeout_ms = self->headline == NULL ? PATIENCE_MS : LESS_PATIENCE_MS;
  self->sent_us = sync_clock_boot_us (self->clock);
  sync_transport_send_async (g_task_get_source_object (task), call, g_task_get_cancellable (task), answered_cb, task);
}

/**
 * sync_site_check_async:
 * @transport: to ask with
 * @base_url: of the site, checked
 * @token: API key
 * @secret: API secret
 * @clock: this computer's
 * @cancellable: (nullable): ends the asking
 * @callback: (scope async): called once
 * @user_data: for @callback
 *
 * Asks whom the site takes the till for, and if it knows it, which versions run there, what its clock says and what the
 * user may make. Nothing is kept, and nothing is changed there.
 */
void
sync_site_check_async (SyncTransport *transport, const char *base_url, const char *token, const char *secret,
                       SyncClock *clock, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (transport, cancellable, callback, user_data);
  Check *self = g_new0 (Check, 1);

  self->clock = g_object_ref (clock);
  self->base_url = g_strdup (base_url);
  self->authorization = g_strdup_printf ("token %s:%s", token, secret);
  self->may = g_string_new (NULL);
  self->may_not = g_string_new (NULL);
  sync_server_clock_init (&self->server_clock);
  g_task_set_source_tag (task, sync_site_check_async);
  g_task_set_task_data (task, self, check_free);
  ask (task, WHO_PATH);
}

/**
 * sync_site_check_finish:
 * @transport: that was asked with
 * @result: of sync_site_check_async()
 * @site: (out): what is there
 * @words: (out) (transfer full): that and the rest for a person, a line each
 * @error: %G_IO_ERROR_CANCELLED only
 *
 * Returns: whether something was found out
 */
gboolean
sync_site_check_finish (SyncTransport *transport, GAsyncResult *result, SyncSite *site, char **words, GError **error)
{
  const Check *self = g_task_get_task_data (G_TASK (result));

  if (!g_task_propagate_boolean (G_TASK (result), error))
    return FALSE;
  *site = self->site;
  *words = dup_words (self);
  return TRUE;
}
