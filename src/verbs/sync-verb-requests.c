/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verbs about requests. A write is answered only after the commit that made it durable;
 * many that arrive together share one. Engine's thread. */
#include "config.h"

#include "sync-verb-private.h"

#include <string.h>

#include "sync-error.h"
#include "sync-view.h"

#define LIST_LIMIT 100
#define LIST_LIMIT_MAX 1000
#define REASON_MAX_CHARS 1000
/* A sale of a hundred rows and more; what is longer is listed without customer and amount, for the list is not to take
 * long. */
#define SUMMARY_MAX_BYTES (256 * 1024)

/* What a submission says, taken apart. */
typedef struct
{
  char *method;       /* (owned) (nullable) */
  char *url;          /* (owned) (nullable) */
  char *headers;      /* (owned) (nullable) */
  char *content_type; /* (owned) (nullable) */
  char *key;          /* (owned) (nullable) */
  char *group;        /* (owned) (nullable) */
  GBytes *body;       /* (owned) (nullable) */
  GBytes *base;       /* (owned) (nullable) */
  GArray *depends_on; /* (owned) (nullable) (element-type gint64) */
  gint64 priority;    /* -1: the route's */
} Submission;

static void
submission_clear (Submission *self)
{
  g_free (self->method);
  g_free (self->url);
  g_free (self->headers);
  g_free (self->content_type);
  g_free (self->key);
  g_free (self->group);
  g_clear_pointer (&self->body, g_bytes_unref);
  g_clear_pointer (&self->base, g_bytes_unref);
  g_clear_pointer (&self->depends_on, g_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Submission, submission_clear)

static gboolean
invalid (GError **error, const char *text)
{
  g_set_error_literal (error, SYNC_ERROR, SYNC_ERROR_INVALID, text);
  return FALSE;
}

static gboolean
is_json (const char *content_type)
{
  return content_type == NULL || strstr (content_type, "json") != NULL;
}

static gboolean
check_body_text (const char *text, gsize length, const char *content_type, GError **error)
{
  if (!is_json (content_type) || sync_json_check (text, length, NULL, error))
    return TRUE;
  g_prefix_error (
      error, "“body” is a text that should be JSON (say another Content-Type in “headers” if it is not): ");
  return FALSE;
}

/* The body as the till meant it: a text as it is, any other value as the very bytes that stand in the call.
 */
static gboolean
read_body (const SyncCallObject *object, const char *content_type, GBytes **body, GError **error)
{
  SyncJsonView view;

  *body = NULL;
  if (!sync_call_member (object, "body", &view))
    return TRUE;
  if (sync_json_view_kind (&view) == SYNC_JSON_STRING)
    {
      g_autofree char *text = sync_json_view_dup_text (&view);
      gsize length = strlen (text);

      if (!check_body_text (text, length, content_type, error))
        return FALSE;
      *body = g_bytes_new_take (g_steal_pointer (&text), length);
      return TRUE;
    }
  if (!is_json (content_type))
    return invalid (error, "“body” must be a text where the Content-Type is not JSON");
  *body = g_bytes_new (view.text, view.length);
  return TRUE;
}

static gboolean
read_headers (const SyncCallObject *object, Submission *out, GError **error)
{
  SyncJsonIter iter;
  SyncJsonView view, key, value;

  if (!sync_call_member (object, "headers", &view))
    return TRUE;
  if (sync_json_view_kind (&view) != SYNC_JSON_OBJECT)
    return invalid (error, "“headers” must be an object of texts");
  out->headers = sync_json_view_dup_raw (&view);
  sync_json_iter_init (&iter, &view);
  while (sync_json_iter_next (&iter, &key, &value))
    {
      g_autofree char *name = sync_json_view_dup_text (&key);

      if (sync_json_view_kind (&value) != SYNC_JSON_STRING)
        return invalid (error, "“headers” must be an object of texts");
      if (g_ascii_strcasecmp (name, "Content-Type") == 0)
        {
          g_free (out->content_type);
          out->content_type = sync_json_view_dup_text (&value);
        }
    }
  return TRUE;
}

static gboolean
read_base (const SyncCallObject *object, Submission *out, GError **error)
{
  SyncJsonView view;

  if (!sync_call_member (object, "base", &view))
    return TRUE;
  if (sync_json_view_kind (&view) != SYNC_JSON_OBJECT)
    return invalid (error, "“base” must be the document that was read, an object");
  out->base = g_bytes_new (view.text, view.length);
  return TRUE;
}

static gboolean
read_submission (SyncCall *call, Submission *out, GError **error)
{
  static const char *const known[]
      = { "method", "url", "headers", "body", "base", "key", "priority", "depends_on", "group", NULL };
  SyncCallObject object;

  out->priority = -1;
  if (!sync_call_read_object (call, known, &object, error)
      || !sync_call_string (&object, "method", &out->method, error)
      || !sync_call_string (&object, "url", &out->url, error) || !read_headers (&object, out, error)
      || !read_body (&object, out->content_type, &out->body, error) || !read_base (&object, out, error)
      || !sync_call_string (&object, "key", &out->key, error)
      || !sync_call_string (&object, "group", &out->group, error)
      || !sync_call_int (&object, "priority", 0, 3, &out->priority, error)
      || !sync_call_ids (&object, "depends_on", &out->depends_on, error))
    return FALSE;
  if (out->method == NULL || *out->method == '\0')
    return invalid (error, "“method” is missing: POST, PUT or DELETE");
  if (out->url == NULL || *out->url == '\0')
    return invalid (error, "“url” is missing: a path of the site, as /api/resource/Customer");
  return TRUE;
}

/* Says which row holds the key, so that the caller can look at it. */
static void
fail_key_conflict (SyncCall *call, GAsyncResult *result, const GError *error)
{
  g_autofree char *more = NULL;
  SyncState state;
  gint64 id;

  if (sync_engine_submit_get_holder (call->engine, result, &id, &state))
    more = g_strdup_printf ("\"id\":%" G_GINT64_FORMAT ",\"status\":\"%s\"", id, sync_state_to_string (state));
  sync_call_fail_with (call, error, more);
}

static void
submitted_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncCall) call = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncSubmitted) submitted = sync_engine_submit_finish (SYNC_ENGINE (source), result, &error);

  if (submitted != NULL)
    {
      g_autoptr (GString) json = g_string_new (NULL);

      g_string_append_printf (json, "{\"id\":%" G_GINT64_FORMAT ",\"key\":", submitted->id);
      sync_json_append_quoted (json, submitted->key);
      g_string_append_printf (json, ",\"status\":\"%s\",\"existing\":%s}\n",
                              sync_state_to_string (submitted->state),
                              submitted->existing ? "true" : "false");
      sync_call_accept (call, json->str);
    }
  else if (g_error_matches (error, SYNC_ERROR, SYNC_ERROR_KEY_CONFLICT))
    fail_key_conflict (call, result, error);
  else
    sync_call_fail_error (call, error);
  sync_call_resume (call);
}

void
sync_verb_submit (SyncCall *call)
{
  g_auto (Submission) in = { 0 };
  g_autoptr (GError) error = NULL;
  SyncSubmission submission = SYNC_SUBMISSION_INIT;

  if (!read_submission (call, &in, &error))
    {
      sync_call_fail_error (call, error);
      return;
    }
  submission.method = in.method;
  submission.url = in.url;
  submission.content_type = in.content_type;
  submission.headers = in.headers;
  submission.body = in.body;
  submission.base = in.base;
  submission.key = in.key;
  submission.author = call->actor;
  submission.group = in.group;
  submission.priority = (int) in.priority;
  submission.depends_on = in.depends_on != NULL ? (const gint64 *) (gpointer) in.depends_on->data : NULL;
  submission.n_depends_on = in.depends_on != NULL ? in.depends_on->len : 0;
  sync_engine_submit_async (call->engine, &submission, NULL, submitted_cb, sync_call_hold (call));
}

static gboolean
read_states (SyncCall *call, guint *states, GError **error)
{
  const char *text = sync_call_get_query (call, "status");
  g_auto (GStrv) names = text != NULL ? g_strsplit (text, ",", -1) : NULL;

  *states = 0;
  if (text == NULL || strcmp (text, "all") == 0)
    return TRUE;
  for (guint i = 0; names[i] != NULL; i++)
    {
      SyncState state;

      if (!sync_state_from_string (names[i], &state))
        {
          g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID,
                       "“%.40s” is no status; there are pending, sending, unknown, conflict, failed, "
                       "completed, discarded and all",
                       names[i]);
          return FALSE;
        }
      *states |= 1u << state;
    }
  return TRUE;
}

void
sync_verb_list_requests (SyncCall *call)
{
  static const char *const known[] = { "status", "type", "limit", "after", NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) rows = NULL;
  g_autofree char *json = NULL;
  SyncListFilter filter = { 0 };
  gint64 limit = LIST_LIMIT, next = 0;

  if (sync_call_check_query (call, known, &error) && read_states (call, &filter.states, &error)
      && sync_call_query_int (call, "limit", 1, LIST_LIMIT_MAX, &limit, &error)
      && sync_call_query_int (call, "after", 0, G_MAXINT64, &filter.after, &error))
    {
      filter.resource_type = sync_call_get_query (call, "type");
      filter.limit = limit + 1; /* one more shows whether there are more */
      filter.body_limit = SUMMARY_MAX_BYTES;
      rows = sync_store_list (sync_engine_get_store (call->engine), &filter, &error);
    }
  if (rows == NULL)
    {
      sync_call_fail_error (call, error);
      return;
    }
  if (rows->len > limit)
    {
      g_ptr_array_set_size (rows, limit);
      next = ((SyncRequest *) g_ptr_array_index (rows, limit - 1))->id;
    }
  json = sync_view_requests (rows, next);
  sync_call_reply (call, json);
}

void
sync_verb_get_request (SyncCall *call)
{
  SyncStore *store = sync_engine_get_store (call->engine);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) attempts = NULL;
  g_autoptr (GArray) dependants = NULL;
  g_autoptr (SyncRequest) request = NULL;
  g_autofree char *json = NULL;

  if (sync_call_read_nothing (call, &error))
    request = sync_store_get (store, call->id, &error);
  if (request != NULL)
    attempts = sync_store_list_attempts (store, call->id, &error);
  if (attempts != NULL)
    dependants = sync_store_list_dependants (store, call->id, SYNC_DEPENDANTS_DIRECT, &error);
  if (dependants == NULL)
    {
      sync_call_fail_error (call, error);
      return;
    }
  json = sync_view_request_in_full (request, attempts, dependants);
  sync_call_reply (call, json);
}

/* The end of every decision: the row as it is now, or why not. */
static void
reply_decision (SyncCall *call, gboolean done, GError *error)
{
  g_autoptr (GError) owned = error;
  g_autoptr (SyncRequest) request = NULL;
  g_autofree char *json = NULL;

  if (done)
    request = sync_store_get (sync_engine_get_store (call->engine), call->id, &owned);
  if (request == NULL)
    {
      sync_call_fail_error (call, owned);
      return;
    }
  json = sync_view_request (request);
  sync_call_reply (call, json);
}

static gboolean
edit (SyncCall *call, GError **error)
{
  static const char *const known[] = { "body", NULL };
  g_autoptr (SyncRequest) request = NULL;
  g_autoptr (GBytes) body = NULL;
  SyncCallObject object;

  if (!sync_call_read_object (call, known, &object, error))
    return FALSE;
  request = sync_store_get (sync_engine_get_store (call->engine), call->id, error);
  if (request == NULL || !read_body (&object, request->content_type, &body, error))
    return FALSE;
  if (body == NULL)
    return invalid (error, "“body” is missing");
  if (!sync_call_check_dots (body, "body", error))
    return FALSE;
  return sync_engine_edit (call->engine, call->id, body, call->actor, error);
}

void
sync_verb_edit_request (SyncCall *call)
{
  GError *error = NULL;
  gboolean done = edit (call, &error);

  reply_decision (call, done, error);
}

void
sync_verb_retry_request (SyncCall *call)
{
  GError *error = NULL;
  gboolean done = sync_call_read_nothing (call, &error)
                  && sync_engine_retry (call->engine, call->id, call->actor, &error);

  reply_decision (call, done, error);
}

static gboolean
restore (SyncCall *call, GError **error)
{
  static const char *const known[] = { "with_dependants", NULL };
  const char *actor = call->actor;
  gboolean given, with_dependants;
  SyncCallObject object;

  if (!sync_call_read_object (call, known, &object, error)
      || !sync_call_bool (&object, "with_dependants", &given, &with_dependants, error))
    return FALSE;
  return with_dependants ? sync_engine_restore_with_dependants (call->engine, call->id, actor, error)
                         : sync_engine_restore (call->engine, call->id, actor, error);
}

/* The answer names what failed with the request and is still failed, so that the caller can offer it. */
void
sync_verb_restore_request (SyncCall *call)
{
  SyncStore *store = sync_engine_get_store (call->engine);
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncRequest) request = NULL;
  g_autoptr (GArray) lost = NULL;
  g_autofree char *json = NULL;

  if (restore (call, &error))
    request = sync_store_get (store, call->id, &error);
  if (request != NULL)
    lost = sync_store_list_dependants (store, call->id, SYNC_DEPENDANTS_LOST, &error);
  if (lost == NULL)
    {
      sync_call_fail_error (call, error);
      return;
    }
  json = sync_view_request_with_ids (request, "failedDependants", lost);
  sync_call_reply (call, json);
}

/* Says what would fail with it, so that the caller can ask. */
static void
fail_unconfirmed (SyncCall *call, GArray *dependants, const GError *error)
{
  g_autoptr (GString) more = g_string_new ("\"dependants\":");

  sync_view_append_ids (more, dependants);
  sync_call_fail_with (call, error, more->str);
}

/* @dependants: (out): what depends on it, if nothing was done because of that. */
static gboolean
discard (SyncCall *call, GArray **dependants, GError **error)
{
  static const char *const known[] = { "reason", "confirm", NULL };
  const char *actor = call->actor;
  g_autofree char *reason = NULL;
  g_autoptr (GError) refusal = NULL;
  gboolean given, confirmed;
  SyncCallObject object;

  if (!sync_call_read_object (call, known, &object, error)
      || !sync_call_string (&object, "reason", &reason, error)
      || !sync_call_bool (&object, "confirm", &given, &confirmed, error))
    return FALSE;
  if (reason == NULL || *g_strstrip (reason) == '\0' || g_utf8_strlen (reason, -1) > REASON_MAX_CHARS)
    return invalid (error,
                    "“reason” is missing or too long: say in at most 1000 characters why this is given up");
  if (confirmed)
    return sync_engine_discard_with_dependants (call->engine, call->id, reason, actor, error);
  if (sync_engine_discard (call->engine, call->id, reason, actor, &refusal))
    return TRUE;
  if (g_error_matches (refusal, SYNC_ERROR, SYNC_ERROR_REFUSED))
    *dependants = sync_store_list_dependants (sync_engine_get_store (call->engine), call->id,
                                              SYNC_DEPENDANTS_WAITING, NULL);
  g_propagate_error (error, g_steal_pointer (&refusal));
  return FALSE;
}

/* (transfer full) (element-type gint64): the request that deletes the draft that @request left on the server, if it left
 * one: it is the newest of its type, for nothing was taken since @request was given up. */
static GArray *
list_deletions (SyncStore *store, const SyncRequest *request)
{
  const SyncListFilter filter = { .resource_type = request->resource_type, .newest_first = TRUE, .limit = 1 };
  g_autoptr (GPtrArray) newest = request->server_name != NULL ? sync_store_list (store, &filter, NULL) : NULL;
  const SyncRequest *deletion = newest != NULL && newest->len > 0 ? g_ptr_array_index (newest, 0) : NULL;
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (gint64));

  if (deletion != NULL && deletion->undo_of == request->id)
    g_array_append_val (ids, deletion->id);
  return ids;
}

/* The answer names what is done about the draft that it left, so that the caller can tell. */
void
sync_verb_discard_request (SyncCall *call)
{
  SyncStore *store = sync_engine_get_store (call->engine);
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) dependants = NULL;
  g_autoptr (GArray) deletions = NULL;
  g_autoptr (SyncRequest) request = NULL;
  g_autofree char *json = NULL;

  if (discard (call, &dependants, &error))
    request = sync_store_get (store, call->id, &error);
  if (request == NULL && dependants != NULL && dependants->len > 0)
    fail_unconfirmed (call, dependants, error);
  else if (request == NULL)
    sync_call_fail_error (call, error);
  if (request == NULL)
    return;
  deletions = list_deletions (store, request);
  json = sync_view_request_with_ids (request, "deletions", deletions);
  sync_call_reply (call, json);
}

static gboolean
confirm (SyncCall *call, GError **error)
{
  static const char *const known[] = { "arrived", "name", NULL };
  g_autofree char *name = NULL;
  gboolean given, arrived;
  SyncCallObject object;

  if (!sync_call_read_object (call, known, &object, error)
      || !sync_call_bool (&object, "arrived", &given, &arrived, error)
      || !sync_call_string (&object, "name", &name, error))
    return FALSE;
  if (!given)
    return invalid (error,
                    "“arrived” is missing: true if the document is on the server, false to send it again");
  return sync_engine_confirm (call->engine, call->id, arrived, name, call->actor, error);
}

void
sync_verb_confirm_request (SyncCall *call)
{
  GError *error = NULL;
  gboolean done = confirm (call, &error);

  reply_decision (call, done, error);
}
