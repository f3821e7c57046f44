/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verbs that show and steer the engine: status, sync, pause, off line, clean-up, backup, credentials. Engine's
 * thread. */
#include "config.h"

#include "sync-verb-private.h"

#include "sync-error.h"
#include "sync-secret.h"
#include "sync-view.h"

#define DAYS_KEPT 30
#define DAYS_MAX 36500
/* Rows looked at in one go. */
#define PAGE 500

static void
reply_status (SyncCall *call)
{
  g_autoptr (SyncSnapshot) snapshot = sync_engine_dup_snapshot (call->engine);
  g_autofree char *json = sync_view_status (snapshot, sync_engine_get_config (call->engine));

  sync_call_reply (call, json);
}

/* Whether the call, which takes nothing, says nothing; else it is answered. */
static gboolean
says_nothing (SyncCall *call)
{
  g_autoptr (GError) error = NULL;

  if (sync_call_read_nothing (call, &error))
    return TRUE;
  sync_call_fail_error (call, error);
  return FALSE;
}

void
sync_verb_get_status (SyncCall *call)
{
  if (says_nothing (call))
    reply_status (call);
}

/* Whether nothing among @rows could go but for the pause of @paused; @found: whether anything waits for that. */
static gboolean
all_paused (GPtrArray *rows, char **paused, gboolean *found)
{
  for (guint i = 0; i < rows->len; i++)
    {
      const SyncRequest *row = g_ptr_array_index (rows, i);

      if (row->needs_person || (row->state != SYNC_STATE_PENDING && row->state != SYNC_STATE_UNKNOWN))
        continue;
      if (row->resource_type == NULL || !g_strv_contains ((const char *const *) paused, row->resource_type))
        return FALSE;
      *found = TRUE;
    }
  return TRUE;
}

/* The same of all that waits and is of @type, %NULL: of any. */
static gboolean
type_paused (SyncStore *store, const char *type, char **paused, gboolean *found)
{
  SyncListFilter filter
      = { .states = 1u << SYNC_STATE_PENDING | 1u << SYNC_STATE_UNKNOWN, .resource_type = type, .limit = PAGE };

  for (;;)
    {
      g_autoptr (GPtrArray) rows = sync_store_list (store, &filter, NULL);

      if (rows == NULL || !all_paused (rows, paused, found))
        return FALSE;
      if (rows->len < PAGE)
        return TRUE;
      filter.after = ((SyncRequest *) g_ptr_array_index (rows, rows->len - 1))->id;
    }
}

/* @named: (nullable): the requests that somebody named. The engine tries what it may, and leaves out what is of a paused type; whoever asked for nothing else must hear of it. */
static gboolean
check_paused (SyncCall *call, char **types, GPtrArray *named, GError **error)
{
  g_autoptr (SyncSnapshot) snapshot = sync_engine_dup_snapshot (call->engine);
  SyncStore *store = sync_engine_get_store (call->engine);
  char **paused = snapshot->paused_types;
  g_autofree char *list = NULL;
  gboolean is_paused, found = FALSE;

  if (paused == NULL || snapshot->offline_by_hand)
    return TRUE;
  is_paused = types != NULL || named != NULL || type_paused (store, NULL, paused, &found);
  for (guint i = 0; is_paused && types != NULL && types[i] != NULL; i++)
    is_paused = type_paused (store, types[i], paused, &found);
  if (is_paused && named != NULL)
    is_paused = all_paused (named, paused, &found);
  if (!is_paused || !found)
    return TRUE;
  list = g_strjoinv (", ", paused);
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED,
               "nothing is tried: all that waits there is of a type whose delivery is paused (%s); go on with"
               " “posawesome-syncctl resume”",
               list);
  return FALSE;
}

/* Who names only requests that do not wait would be told that they are tried. */
static gboolean
check_waiting (GPtrArray *named, GError **error)
{
  const SyncRequest *row = NULL;
  const char *remedy = "";

  for (guint i = 0; i < named->len; i++)
    {
      row = g_ptr_array_index (named, i);
      if (row->state == SYNC_STATE_PENDING || row->state == SYNC_STATE_SENDING || row->state == SYNC_STATE_UNKNOWN)
        return TRUE;
    }
  if (row == NULL)
    return TRUE;
  if (row->state == SYNC_STATE_FAILED)
    remedy = "; send it again with “posawesome-syncctl retry”";
  else if (row->state == SYNC_STATE_CONFLICT)
    remedy = "; end that with “posawesome-syncctl resolve”";
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED, "nothing is tried: request %" G_GINT64_FORMAT " is %s%s", row->id,
               sync_state_to_string (row->state), remedy);
  return FALSE;
}

/* Whether there is anything to try. A request that is not there is for the engine to refuse. */
static gboolean
check_sync (SyncCall *call, char **types, GArray *ids, GError **error)
{
  g_autoptr (GPtrArray) named = NULL;

  if (ids != NULL)
    {
      named = sync_store_list_rows (sync_engine_get_store (call->engine), (const gint64 *) (gpointer) ids->data, ids->len,
                                    NULL);
      if (named == NULL || named->len != ids->len)
        return TRUE;
    }
  return (types != NULL || named == NULL || check_waiting (named, error)) && check_paused (call, types, named, error);
}

void
sync_verb_sync (SyncCall *call)
{
  static const char *const known[] = { "types", "ids", NULL };
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) types = NULL;
  g_autoptr (GArray) ids = NULL;
  SyncCallObject object;

  if (!sync_call_read_object (call, known, &object, &error) || !sync_call_strings (&object, "types", &types, &error)
      || !sync_call_ids (&object, "ids", &ids, &error) || !check_sync (call, types, ids, &error)
      || !sync_engine_force_sync (call->engine, (const char *const *) types,
                                  ids != NULL ? (const gint64 *) (gpointer) ids->data : NULL,
                                  ids != NULL ? ids->len : 0, &error))
    {
      sync_call_fail_error (call, error);
      return;
    }
  reply_status (call);
}

void
sync_verb_pause (SyncCall *call)
{
  static const char *const known[] = { "forMs", "types", NULL };
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) types = NULL;
  gint64 for_ms = 0;
  SyncCallObject object;

  if (!sync_call_read_object (call, known, &object, &error)
      || !sync_call_int (&object, "forMs", 0, G_GINT64_CONSTANT (86400000) * 366, &for_ms, &error)
      || !sync_call_strings (&object, "types", &types, &error))
    {
      sync_call_fail_error (call, error);
      return;
    }
  sync_engine_pause (call->engine, for_ms, (const char *const *) types);
  reply_status (call);
}

void
sync_verb_resume (SyncCall *call)
{
  if (!says_nothing (call))
    return;
  sync_engine_resume (call->engine);
  reply_status (call);
}

void
sync_verb_offline (SyncCall *call)
{
  static const char *const known[] = { "on", NULL };
  g_autoptr (GError) error = NULL;
  gboolean given, on;
  SyncCallObject object;

  if (!sync_call_read_object (call, known, &object, &error)
      || !sync_call_bool (&object, "on", &given, &on, &error))
    {
      sync_call_fail_error (call, error);
      return;
    }
  if (!given)
    {
      sync_call_fail (call, SYNC_ERROR_INVALID,
                      "“on” is missing: true to switch the line off, false to go on");
      return;
    }
  sync_engine_set_offline (call->engine, on);
  reply_status (call);
}

void
sync_verb_clear_old (SyncCall *call)
{
  static const char *const known[] = { "days", NULL };
  g_autoptr (GError) error = NULL;
  g_autofree char *json = NULL;
  gint64 days = DAYS_KEPT;
  guint n_cleared = 0;
  SyncCallObject object;

  if (!sync_call_read_object (call, known, &object, &error)
      || !sync_call_int (&object, "days", 0, DAYS_MAX, &days, &error)
      || !sync_engine_clear_old (call->engine, days, &n_cleared, &error))
    {
      sync_call_fail_error (call, error);
      return;
    }
  json = g_strdup_printf ("{\"cleared\":%u}\n", n_cleared);
  sync_call_reply (call, json);
}

static void
checked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncCall) call = user_data;

  /* Whether it was asked or not: the status says how it is. */
  sync_engine_check_finish (SYNC_ENGINE (source), result, NULL);
  reply_status (call);
  sync_call_resume (call);
}

void
sync_verb_check (SyncCall *call)
{
  if (says_nothing (call))
    sync_engine_check_async (call->engine, checked_cb, sync_call_hold (call));
}

static void
backed_up_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncCall) call = user_data;
  g_autoptr (GError) error = NULL;

  if (sync_engine_backup_finish (SYNC_ENGINE (source), result, &error))
    sync_call_reply_ok (call);
  else
    sync_call_fail_error (call, error);
  sync_call_resume (call);
}

void
sync_verb_backup (SyncCall *call)
{
  static const char *const known[] = { "directory", NULL };
  g_autoptr (GError) error = NULL;
  g_autofree char *directory = NULL;
  SyncCallObject object;

  if (!sync_call_read_object (call, known, &object, &error)
      || !sync_call_string (&object, "directory", &directory, &error))
    {
      sync_call_fail_error (call, error);
      return;
    }
  if (directory == NULL)
    {
      sync_call_fail (call, SYNC_ERROR_INVALID,
                      "“directory” is missing: the absolute path of the directory that gets the copy");
      return;
    }
  sync_engine_backup_async (call->engine, directory, backed_up_cb, sync_call_hold (call));
}

static void
reply_credentials (SyncCall *call)
{
  SyncCredentials *credentials = sync_engine_get_credentials (call->engine);
  SyncCredentialsSource source = sync_credentials_get_source (credentials);
  const char *user = sync_engine_get_user (call->engine);
  g_autoptr (GString) json = g_string_new (NULL);

  g_string_append_printf (json, "{\"set\":%s,\"user\":", source != SYNC_CREDENTIALS_NONE ? "true" : "false");
  if (user != NULL)
    sync_json_append_quoted (json, user);
  else
    g_string_append (json, "null");
  g_string_append (json, ",\"source\":");
  sync_json_append_quoted (json, sync_credentials_source_to_string (source));
  g_string_append (json, ",\"fault\":");
  if (sync_credentials_get_fault (credentials) != NULL)
    sync_json_append_quoted (json, sync_credentials_get_fault (credentials));
  else
    g_string_append (json, "null");
  g_string_append (json, "}\n");
  sync_call_reply (call, json->str);
}

void
sync_verb_get_credentials (SyncCall *call)
{
  if (says_nothing (call))
    reply_credentials (call);
}

static void
finish_credentials (SyncCall *call, gboolean done, const GError *error)
{
  /* Also where they could not be kept, or are still kept, others are in use now. */
  if (done || g_error_matches (error, SYNC_ERROR, SYNC_ERROR_STORAGE))
    sync_engine_credentials_changed (call->engine);
  if (done)
    reply_credentials (call);
  else
    sync_call_fail (call, SYNC_ERROR_CREDENTIALS, "%s", error->message);
  sync_call_resume (call);
}

static void
credentials_set_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncCall) call = user_data;
  g_autoptr (GError) error = NULL;
  gboolean done = sync_credentials_set_finish (SYNC_CREDENTIALS (source), result, &error);

  finish_credentials (call, done, error);
}

static void
credentials_cleared_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncCall) call = user_data;
  g_autoptr (GError) error = NULL;
  gboolean done = sync_credentials_clear_finish (SYNC_CREDENTIALS (source), result, &error);

  finish_credentials (call, done, error);
}

static gboolean
check_word (SyncCall *call, const char *name, const char *word)
{
  const char *fault = word != NULL ? sync_credentials_find_fault (word) : "is missing";

  if (fault != NULL)
    sync_call_fail (call, SYNC_ERROR_INVALID,
                    "“%s” %s; “token” and “secret” are the API key and the API secret of an ERPNext user",
                    name, fault);
  return fault == NULL;
}

static void
set_credentials (SyncCall *call, const char *token, const char *secret, SyncCredentialsKeep keep)
{
  if (check_word (call, "token", token) && check_word (call, "secret", secret))
    sync_credentials_set_async (sync_engine_get_credentials (call->engine), token, secret, keep, NULL, credentials_set_cb,
                                sync_call_hold (call));
}

void
sync_verb_set_credentials (SyncCall *call)
{
  static const char *const known[] = { "token", "secret", "file", NULL };
  g_autoptr (GError) error = NULL;
  char *token = NULL;
  char *secret = NULL;
  gboolean given, in_file;
  SyncCallObject object;

  if (sync_call_read_object (call, known, &object, &error) && sync_call_string (&object, "token", &token, &error)
      && sync_call_string (&object, "secret", &secret, &error) && sync_call_bool (&object, "file", &given, &in_file, &error))
    set_credentials (call, token, secret,
                     !given   ? SYNC_CREDENTIALS_KEEP_AS_BEFORE
                     : in_file ? SYNC_CREDENTIALS_KEEP_FILE
                               : SYNC_CREDENTIALS_KEEP_SESSION);
  else
    sync_call_fail_error (call, error);
  sync_secret_free (token);
  sync_secret_free (secret);
}

void
sync_verb_clear_credentials (SyncCall *call)
{
  if (says_nothing (call))
    sync_credentials_clear_async (sync_engine_get_credentials (call->engine), NULL, credentials_cleared_cb,
                                  sync_call_hold (call));
}
