/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Taking writes in. A submission is checked at once and then waits in memory for the group's commit; its caller hears
 * of it only after that commit. Nothing is promised before it is on disk. Engine's thread only. */
#include "config.h"

#include "sync-engine-private.h"

#include "sync-body.h"
#include "sync-error.h"
#include "sync-mutant.h"
#include "sync-secret.h"

#include <string.h>

/* One transaction takes at most this many rows, and waits at most this long for more of them: a flush costs the disk
 * the same for one row as for a hundred, and 5 ms are not felt at a till. */
#define GROUP_COMMIT_ROWS 100
#define GROUP_COMMIT_US 5000
/* ERPNext's Data fields hold 140 characters; a longer key would be refused there (CharacterLengthExceededError). */
#define KEY_MAX_CHARS 140

/* Headers that say how the body and the answer are to be read. Any other may carry a secret, whatever it is called, and is
 * not kept. */
static const char *const kept_headers[] = { "accept", "accept-language", "content-language", "content-type", NULL };

void
sync_submitted_free (SyncSubmitted *self)
{
  g_free (self->key);
  g_free (self);
}

static char *
keep_harmless_headers (const char *headers, GError **error)
{
  g_autoptr (JsonNode) node = NULL;
  g_autoptr (GList) members = NULL;
  JsonObject *object;

  if (headers == NULL)
    return NULL;
  node = json_from_string (headers, NULL);
  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    {
      g_set_error_literal (error, SYNC_ERROR, SYNC_ERROR_INVALID, "“headers” is not a JSON object");
      return NULL;
    }
  object = json_node_get_object (node);
  members = json_object_get_members (object);
  for (GList *l = members; l != NULL; l = l->next)
    {
      g_autofree char *lower = g_ascii_strdown (l->data, -1);

      if (!g_strv_contains (kept_headers, lower))
        json_object_remove_member (object, l->data);
    }
  return json_to_string (node, FALSE);
}

/* The path and query of a URL of the site, or an error for any other host. */
static char *
path_on_site (SyncEngine *self, const char *url, GError **error)
{
  g_autofree char *origin = sync_config_dup_origin (self->config);
  const char *site_path, *path;
  gsize site_length;
  g_autoptr (GUri) uri = NULL;
  g_autoptr (GUri) site = NULL;
  gboolean same;

  if (url[0] == '/' && url[1] != '/')
    return g_strdup (url);
  uri = g_uri_parse (url, G_URI_FLAGS_ENCODED | G_URI_FLAGS_SCHEME_NORMALIZE, NULL);
  if (uri == NULL || g_uri_get_host (uri) == NULL)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID,
                   "“%.200s” is neither a path like /api/resource/Customer nor a URL", url);
      return NULL;
    }
  site = g_uri_parse (self->config->base_url, G_URI_FLAGS_ENCODED | G_URI_FLAGS_SCHEME_NORMALIZE, NULL);
  site_path = g_uri_get_path (site);
  path = g_uri_get_path (uri);
  site_length = strlen (site_path);
  if (site_length > 0 && site_path[site_length - 1] == '/')
    site_length--;
  same = g_strcmp0 (g_uri_get_scheme (uri), g_uri_get_scheme (site)) == 0
         && g_ascii_strcasecmp (g_uri_get_host (uri), g_uri_get_host (site)) == 0
         && g_uri_get_port (uri) == g_uri_get_port (site) && strncmp (path, site_path, site_length) == 0
         && path[site_length] == '/';
  if (!same)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_FOREIGN_HOST, "“%s” is not on %s; this program delivers to that site only",
                   g_uri_get_host (uri), origin);
      return NULL;
    }
  if (g_uri_get_query (uri) != NULL)
    return g_strdup_printf ("%s?%s", path + site_length, g_uri_get_query (uri));
  return g_strdup (path + site_length);
}

static gboolean
is_secret_argument (const char *name)
{
  return sync_secret_is_name (name) || g_ascii_strcasecmp (name, "sid") == 0 || g_ascii_strcasecmp (name, "pwd") == 0;
}

/* An address is kept and shown as it is, so nothing secret may stand in it. */
static gboolean
check_arguments (const char *path, GError **error)
{
  const char *query = strchr (path, '?');
  g_auto (GStrv) arguments = query != NULL ? g_strsplit (query + 1, "&", -1) : NULL;

  for (guint i = 0; arguments != NULL && arguments[i] != NULL; i++)
    {
      g_autofree char *raw = g_strndup (arguments[i], strcspn (arguments[i], "="));
      g_autofree char *name = g_uri_unescape_string (raw, NULL);

      if (is_secret_argument (name != NULL ? name : raw))
        {
          g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID,
                       "the address has the argument “%.60s”, which is a secret; leave it out: this program has credentials"
                       " of its own", raw);
          return FALSE;
        }
    }
  return TRUE;
}

static gboolean
check_queueable (const SyncRoute *route, const char *method, const char *path, GError **error)
{
  switch (route->kind)
    {
    case SYNC_ROUTE_WRITE:
      return TRUE;
    case SYNC_ROUTE_READ:
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_NOT_QUEUEABLE,
                   "%s %.200s only reads; a read cannot wait in the queue, ask the server itself", method, path);
      return FALSE;
    case SYNC_ROUTE_ONLINE_ONLY:
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_NOT_QUEUEABLE,
                   "%s %.200s needs the server's answer at once; do it while the server can be reached", method, path);
      return FALSE;
    case SYNC_ROUTE_UNKNOWN:
    default:
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_NOT_QUEUEABLE,
                   "%s %.200s is not a call that this program knows; add it to the shop's route file to queue it",
                   method, path);
      return FALSE;
    }
}

/* The key is the body's own, else the caller's, else a new one of ours. */
static char *
choose_key (SyncEngine *self, const SyncRoute *route, const char *wanted, GError **error)
{
  g_autofree char *given = wanted != NULL ? g_strstrip (g_strdup (wanted)) : NULL;

  if (given != NULL && route->client_key != NULL && g_ascii_strcasecmp (given, route->client_key) != 0)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID, "the key “%.60s” differs from the one in the body, “%.60s”", given,
                   route->client_key);
      return NULL;
    }
  if (route->client_key != NULL)
    {
      g_free (given);
      given = g_strdup (route->client_key);
    }
  if (given == NULL)
    return sync_key_new (self->random, sync_clock_wall_ms (self->clock));
  /* A database compares other characters by its collation, where different keys may be equal. */
  for (const char *c = given; *c != '\0'; c++)
    if (!g_ascii_isprint (*c))
      {
        g_set_error_literal (error, SYNC_ERROR, SYNC_ERROR_INVALID,
                             "an idempotency key has printable ASCII characters only, for instance a UUID");
        return NULL;
      }
  if (*given == '\0' || strlen (given) > KEY_MAX_CHARS)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID, "an idempotency key has 1 to %d characters", KEY_MAX_CHARS);
      return NULL;
    }
  return g_steal_pointer (&given);
}

static char *
modified_of_base (GBytes *base, GError **error)
{
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *text = NULL;
  gsize length;
  const char *data = g_bytes_get_data (base, &length);

  text = g_strndup (data, length);
  node = json_from_string (text, NULL);
  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    {
      g_set_error_literal (error, SYNC_ERROR, SYNC_ERROR_INVALID, "“base” is not a JSON object");
      return NULL;
    }
  return g_strdup (sync_json_member_version (json_node_get_object (node)));
}

/* The body holds exactly what the till sent; only what rules need is read out of it. */
static SyncRequest *
request_from_submission (SyncEngine *self, const SyncSubmission *in, GError **error)
{
  g_autoptr (SyncRequest) request = sync_request_new ();
  g_autoptr (SyncRoute) route = NULL;
  GError *local_error = NULL;

  if (self->config->base_url == NULL)
    {
      g_set_error_literal (error, SYNC_ERROR, SYNC_ERROR_CONFIG, "no site is set; set ERPNEXT_BASE_URL");
      return NULL;
    }
  if (in->body != NULL && g_bytes_get_size (in->body) > SYNC_BODY_MAX_BYTES)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_TOO_LARGE, "the body has %" G_GSIZE_FORMAT " bytes; ERPNext takes %d at most",
                   g_bytes_get_size (in->body), SYNC_BODY_MAX_BYTES);
      return NULL;
    }
  request->method = g_ascii_strup (in->method, -1);
  request->url = path_on_site (self, in->url, error);
  if (request->url == NULL || !check_arguments (request->url, error))
    return NULL;
  request->content_type = g_strdup (in->content_type != NULL ? in->content_type : "application/json");
  route = sync_route_table_match (self->routes, request->method, request->url, request->content_type, in->body, error);
  if (route == NULL || !check_queueable (route, request->method, request->url, error))
    return NULL;
  request->key = choose_key (self, route, in->key, error);
  if (request->key == NULL)
    return NULL;
  request->headers = keep_harmless_headers (in->headers, &local_error);
  if (local_error == NULL && in->base != NULL)
    request->base_modified = modified_of_base (in->base, &local_error);
  if (local_error != NULL)
    {
      g_propagate_error (error, local_error);
      return NULL;
    }
  request->fingerprint = sync_body_fingerprint (route, request->method, request->url, request->content_type, in->body, error);
  if (request->fingerprint == NULL)
    return NULL;
  if (route->base_modified != NULL)
    {
      g_free (request->base_modified);
      request->base_modified = g_strdup (route->base_modified);
    }
  request->accepted_server_ms = sync_engine_get_corrected_ms (self);
  request->site = g_strdup (self->config->base_url);
  request->author = g_strdup (in->author);
  request->family = g_strdup (route->family);
  request->accepted_body = in->body != NULL ? g_bytes_ref (in->body) : NULL;
  request->base_document = in->base != NULL ? g_bytes_ref (in->base) : NULL;
  request->resource_type = g_strdup (route->resource_type);
  request->resource_id = g_strdup (route->resource_id);
  request->lane = g_strdup (route->natural_lane != NULL ? route->natural_lane : "");
  request->action = g_strdup (sync_action_to_string (route->action));
  request->group_name = g_strdup (in->group);
  request->priority = in->priority >= 0 ? MIN (in->priority, 3) : route->priority;
  if (in->n_depends_on > 0)
    {
      request->depends_on = g_array_sized_new (FALSE, FALSE, sizeof (gint64), in->n_depends_on);
      g_array_append_vals (request->depends_on, in->depends_on, in->n_depends_on);
    }
  return g_steal_pointer (&request);
}

static void
answer_arrival (SyncEngine *self, GTask *task)
{
  SyncAcceptance *acceptance = g_task_get_task_data (task);
  SyncSubmitted *submitted;

  if (acceptance->error != NULL)
    {
      g_task_return_error (task, g_steal_pointer (&acceptance->error));
      return;
    }
  submitted = g_new0 (SyncSubmitted, 1);
  submitted->id = acceptance->id;
  submitted->key = g_strdup (acceptance->request->key);
  submitted->state = acceptance->state;
  submitted->existing = acceptance->existing;
  if (!acceptance->existing)
    {
      if (acceptance->replaced != 0)
        sync_engine_tell_row (self, acceptance->replaced, SYNC_STATE_PENDING, SYNC_STATE_DISCARDED);
      sync_engine_tell_row (self, acceptance->id, SYNC_STATE_PENDING, SYNC_STATE_PENDING);
    }
  g_task_return_pointer (task, submitted, (GDestroyNotify) sync_submitted_free);
}

/* The group's commit. One bad submission does not spoil the others; a failed commit is everybody's. */
void
sync_submit_flush (SyncEngine *self)
{
  g_autoptr (GPtrArray) tasks = g_steal_pointer (&self->arrivals);
  g_autoptr (GPtrArray) acceptances = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;
  gboolean accepted;

  self->arrivals = g_ptr_array_new_with_free_func (g_object_unref);
  sync_submit_cancel (self);
  if (tasks->len == 0)
    return;
  for (guint i = 0; i < tasks->len; i++)
    g_ptr_array_add (acceptances, g_task_get_task_data (g_ptr_array_index (tasks, i)));
  if (SYNC_MUTANT ("signal-before-commit"))
    sync_store_begin_group (self->store);
  accepted = sync_store_accept (self->store, acceptances, &error);
  if (accepted)
    sync_engine_refresh (self);
  for (guint i = 0; i < tasks->len; i++)
    {
      GTask *task = g_ptr_array_index (tasks, i);

      if (accepted)
        answer_arrival (self, task);
      else
        g_task_return_error (task, g_error_copy (error));
    }
  if (SYNC_MUTANT ("signal-before-commit"))
    sync_store_commit_group (self->store, NULL);
  if (!accepted)
    sync_engine_show_storage_trouble (self, error);
  else
    sync_engine_kick (self);
}

static gboolean
nothing_else_ready_cb (gpointer user_data)
{
  sync_submit_flush (SYNC_ENGINE (user_data));
  return G_SOURCE_REMOVE;
}

static void
waited_long_enough_cb (gpointer user_data)
{
  SyncEngine *self = SYNC_ENGINE (user_data);

  self->flush_alarm = 0;
  sync_submit_flush (self);
}

/* Forgets the two ways in which a flush may come. The submissions themselves stay. */
void
sync_submit_cancel (SyncEngine *self)
{
  if (self->flush_source != NULL)
    {
      g_source_destroy (self->flush_source);
      g_clear_pointer (&self->flush_source, g_source_unref);
    }
  sync_clock_clear_alarm (self->clock, &self->flush_alarm);
}

/* Refuses what has not been committed: its callers were told nothing yet. */
void
sync_submit_refuse_all (SyncEngine *self)
{
  sync_submit_cancel (self);
  for (guint i = 0; i < self->arrivals->len; i++)
    g_task_return_new_error (g_ptr_array_index (self->arrivals, i), SYNC_ERROR, SYNC_ERROR_STORAGE,
                             "the program is ending; nothing was accepted");
  g_ptr_array_set_size (self->arrivals, 0);
}

static void
schedule_flush (SyncEngine *self)
{
  if (self->arrivals->len >= GROUP_COMMIT_ROWS)
    {
      sync_submit_flush (self);
      return;
    }
  if (self->flush_source != NULL)
    return;
  self->flush_source = g_idle_source_new ();
  g_source_set_priority (self->flush_source, G_PRIORITY_DEFAULT_IDLE);
  g_source_set_callback (self->flush_source, nothing_else_ready_cb, self, NULL);
  g_source_set_static_name (self->flush_source, "[posawesome-sync] group commit");
  g_source_attach (self->flush_source, self->context);
  self->flush_alarm = sync_clock_add_alarm (self->clock, sync_clock_boot_us (self->clock) + GROUP_COMMIT_US,
                                            waited_long_enough_cb, self);
}

/**
 * sync_engine_submit_async:
 * @self: an engine; it need not be started
 * @submission: the write; borrowed for the time of this call
 * @cancellable: (nullable): ignored once the write is taken into a group: it may be accepted all the same
 * @callback: called in the engine's context after the commit
 * @user_data: for @callback
 *
 * Hands a write over. The submission is checked at once; it then shares one transaction with whatever arrives within
 * 5 ms, at most 100 rows. Durable when @callback is called without an error.
 */
void
sync_engine_submit_async (SyncEngine *self, const SyncSubmission *submission, GCancellable *cancellable,
                          GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autoptr (GError) error = NULL;
  SyncRequest *request;

  g_task_set_source_tag (task, sync_engine_submit_async);
  g_task_set_check_cancellable (task, FALSE);
  request = request_from_submission (self, submission, &error);
  if (request == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  g_task_set_task_data (task, sync_acceptance_new (request), (GDestroyNotify) sync_acceptance_free);
  g_ptr_array_add (self->arrivals, g_steal_pointer (&task));
  schedule_flush (self);
}

/**
 * sync_engine_submit_finish:
 * @self: an engine
 * @result: what the callback got
 * @error: %SYNC_ERROR_INVALID (also a placeholder that no request makes), %SYNC_ERROR_NOT_FOUND, %SYNC_ERROR_REFUSED
 *   (what it depends on is not there, or was given up), %SYNC_ERROR_FOREIGN_HOST, %SYNC_ERROR_NOT_QUEUEABLE, %SYNC_ERROR_TOO_LARGE,
 *   %SYNC_ERROR_KEY_CONFLICT, %SYNC_ERROR_CONFIG (all permanent), %SYNC_ERROR_DISK_FULL or %SYNC_ERROR_STORAGE
 *   (transient: try again with the same key)
 *
 * Returns: (transfer full) (nullable): the row that stands for the write, durable; %NULL on error, and then nothing
 *   was accepted
 */
SyncSubmitted *
sync_engine_submit_finish (SyncEngine *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * sync_engine_submit_get_holder:
 * @self: an engine
 * @result: what the callback got, where sync_engine_submit_finish() gave %SYNC_ERROR_KEY_CONFLICT
 * @id: (out): the row that holds the key
 * @state: (out): its state
 *
 * Returns: whether there is such a row
 */
gboolean
sync_engine_submit_get_holder (SyncEngine *self, GAsyncResult *result, gint64 *id, SyncState *state)
{
  SyncAcceptance *acceptance = g_task_get_task_data (G_TASK (result));

  if (acceptance == NULL || acceptance->id == 0)
    return FALSE;
  *id = acceptance->id;
  *state = acceptance->state;
  return TRUE;
}
