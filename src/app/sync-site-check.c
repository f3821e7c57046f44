/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One question to a site that is not set yet: is it an ERPNext, and whom does it take this key for? Knows no toolkit. */
#include "config.h"

#include "sync-site-check.h"

#include "sync-outcome.h"

#include <glib/gi18n.h>
#include <json-glib/json-glib.h>

#define WHO_PATH "/api/method/frappe.auth.get_logged_user"
#define PATIENCE_MS 30000

typedef struct
{
  SyncSite site;
  char *words; /* (owned) */
} Finding;

static void
finding_free (gpointer data)
{
  Finding *finding = data;

  g_free (finding->words);
  g_free (finding);
}

/* (transfer full) (nullable) */
static char *
dup_user (const SyncTransportReply *reply)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  gsize length = 0;
  const char *data = reply->body != NULL ? g_bytes_get_data (reply->body, &length) : NULL;
  JsonNode *root;
  JsonNode *user;

  if (data == NULL || !json_parser_load_from_data (parser, data, (gssize) length, NULL))
    return NULL;
  root = json_parser_get_root (parser);
  user = root != NULL && JSON_NODE_HOLDS_OBJECT (root) ? json_object_get_member (json_node_get_object (root), "message") : NULL;
  return user != NULL && JSON_NODE_HOLDS_VALUE (user) ? json_node_dup_string (user) : NULL;
}

static Finding *
find_out (const SyncTransportReply *reply)
{
  g_autoptr (SyncAnswer) answer
    = sync_answer_new_from_reply (reply->result, reply->bytes_written, reply->status, reply->content_type, reply->retry_after,
                                  reply->date, reply->rate_limit_reset, reply->body, SYNC_PROOF_MESSAGE, NULL);
  SyncOutcome outcome = sync_outcome_classify (answer, SYNC_ACTION_UPDATE);
  Finding *finding = g_new0 (Finding, 1);
  g_autofree char *user = outcome.verdict == SYNC_VERDICT_DELIVERED ? dup_user (reply) : NULL;

  if (user != NULL && !g_str_equal (user, "Guest"))
    {
      finding->site = SYNC_SITE_READY;
      finding->words = g_strdup_printf (_ ("ERPNext answers, and knows this till as %s."), user);
    }
  else if (user != NULL || outcome.host == SYNC_HOST_SIGN_IN)
    {
      finding->site = SYNC_SITE_SIGN_IN;
      finding->words = g_strdup (_ ("ERPNext answers, but does not know this API key and secret."));
    }
  else if (reply->result == SYNC_TRANSPORT_OK && outcome.host != SYNC_HOST_DOWN)
    {
      finding->site = SYNC_SITE_OTHER;
      finding->words = g_strdup (_ ("Something answers there, but it is no ERPNext: look at the address."));
    }
  else
    {
      finding->site = SYNC_SITE_AWAY;
      finding->words = reply->error != NULL
                         ? g_strdup_printf (_ ("The server cannot be reached (%s). What is sold meanwhile waits."), reply->error)
                         : g_strdup (_ ("The server cannot work now. What is sold meanwhile waits."));
    }
  return finding;
}

static void
answered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (SyncTransportReply) reply = sync_transport_send_finish (SYNC_TRANSPORT (source), result);

  if (!g_task_return_error_if_cancelled (task))
    g_task_return_pointer (task, find_out (reply), finding_free);
}

/**
 * sync_site_check_async:
 * @transport: to ask with
 * @base_url: of the site, checked
 * @token: API key
 * @secret: API secret
 * @cancellable: (nullable): ends the asking
 * @callback: (scope async): called once
 * @user_data: for @callback
 *
 * Asks whom the site takes the till for. Nothing is kept.
 */
void
sync_site_check_async (SyncTransport *transport, const char *base_url, const char *token, const char *secret,
                       GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (transport, cancellable, callback, user_data);
  g_autofree char *url = g_strconcat (base_url, WHO_PATH, NULL);
  g_autoptr (SyncTransportRequest) call = sync_transport_request_new ("GET", url);

  g_task_set_source_tag (task, sync_site_check_async);
  call->authorization = g_strdup_printf ("token %s:%s", token, secret);
  call->timeout_ms = PATIENCE_MS;
  sync_transport_send_async (transport, call, cancellable, answered_cb, task);
}

/**
 * sync_site_check_finish:
 * @transport: that was asked with
 * @result: of sync_site_check_async()
 * @site: (out): what is there
 * @words: (out) (transfer full): the same for a person
 * @error: %G_IO_ERROR_CANCELLED only
 *
 * Returns: whether something was found out
 */
gboolean
sync_site_check_finish (SyncTransport *transport, GAsyncResult *result, SyncSite *site, char **words, GError **error)
{
  Finding *finding = g_task_propagate_pointer (G_TASK (result), error);

  if (finding == NULL)
    return FALSE;
  *site = finding->site;
  *words = g_steal_pointer (&finding->words);
  finding_free (finding);
  return TRUE;
}
