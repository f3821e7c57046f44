/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands that change something: hand a write over, steer the program, decide about requests. */
#include "config.h"

#include "sync-ctl.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sync-body.h"
#include "sync-clock-system.h"
#include "sync-error.h"
#include "sync-json.h"
#include "sync-random.h"

/* Sends a call and prints the answer, as JSON or as @words. */
static int
run (SyncCtl *ctl, const char *method, const char *path, const char *body, const char *words)
{
  int status;
  g_autoptr (SyncCtlAnswer) answer = sync_ctl_call (ctl, method, path, body, &status);

  if (answer != NULL)
    g_print ("%s\n", words);
  return status;
}

static GBytes *
read_bytes (const char *name, GError **error)
{
  g_autoptr (GByteArray) bytes = NULL;
  char buffer[65536];
  gsize n;
  char *text;
  gsize length;

  if (strcmp (name, "-") != 0)
    return g_file_get_contents (name, &text, &length, error) ? g_bytes_new_take (text, length) : NULL;
  bytes = g_byte_array_new ();
  while ((n = fread (buffer, 1, sizeof buffer, stdin)) > 0)
    g_byte_array_append (bytes, (const guint8 *) buffer, n);
  return g_byte_array_free_to_bytes (g_steal_pointer (&bytes));
}

/* Whoever gives the JSON itself where its file is wanted is not helped by "no such file". */
static void
explain_json (const char *name, GError **error)
{
  const char *start = name + strspn (name, " \t\r\n");

  if (error == NULL || (*error)->domain != G_FILE_ERROR || (*start != '{' && *start != '['))
    return;
  g_clear_error (error);
  g_set_error_literal (error, SYNC_ERROR, SYNC_ERROR_INVALID,
                       _ ("that is JSON, where the name of a file is wanted: write it into a file and name that, or name"
                          " “-” and hand it over on standard input"));
}

/* The bytes of file @name, or of standard input if it is "-", and in @root (nullable) the JSON value in them; NULL and
 * the error if they are not one. */
GBytes *
sync_ctl_read_json (const char *name, SyncJsonView *root, GError **error)
{
  g_autoptr (GBytes) bytes = read_bytes (name, error);
  gsize length;
  const char *data;

  if (bytes == NULL)
    {
      explain_json (name, error);
      return NULL;
    }
  data = g_bytes_get_data (bytes, &length);
  if (sync_json_check (data != NULL ? data : "", length, root, error))
    return g_steal_pointer (&bytes);
  g_prefix_error (error, "%s: ", strcmp (name, "-") == 0 ? _ ("standard input") : name);
  return NULL;
}

/* (transfer full) (nullable): what the write is, as the rules see it. */
static SyncRoute *
match_route (const char *method, const char *url, GBytes *body)
{
  g_autoptr (SyncRouteTable) routes = sync_route_table_new (NULL, NULL);
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_ENCODED, NULL);
  g_autofree char *path = NULL;
  g_autofree char *upper = g_ascii_strup (method, -1);

  if (uri != NULL)
    path = g_strconcat (g_uri_get_path (uri), g_uri_get_query (uri) != NULL ? "?" : NULL,
                        g_uri_get_query (uri), NULL);
  if (routes == NULL)
    return NULL;
  return sync_route_table_match (routes, upper, path != NULL ? path : url, "application/json", body, NULL);
}

/* What is piped in is read only where that is asked for: a document that nobody gave is no empty one. */
static gboolean
lacks_document (const SyncRoute *route, const char *url, GBytes *body)
{
  return body == NULL && route != NULL && route->kind == SYNC_ROUTE_WRITE && strchr (url, '?') == NULL
         && (route->action == SYNC_ACTION_CREATE || route->action == SYNC_ACTION_UPDATE);
}

static char *
new_key (void)
{
  g_autoptr (SyncRandom) random = sync_random_kernel_new ();
  g_autoptr (SyncClock) clock = sync_clock_system_new ();

  return sync_key_new (random, sync_clock_wall_ms (clock));
}

static char *
submission_text (const char *method, const char *url, const char *key, GBytes *body)
{
  GString *text = g_string_new ("{\"method\":");

  sync_json_append_quoted (text, method);
  g_string_append (text, ",\"url\":");
  sync_json_append_quoted (text, url);
  if (key != NULL)
    {
      g_string_append (text, ",\"key\":");
      sync_json_append_quoted (text, key);
    }
  if (body != NULL)
    {
      gsize length;
      const char *data = g_bytes_get_data (body, &length);

      g_string_append (text, ",\"body\":");
      g_string_append_len (text, data, length);
    }
  g_string_append_c (text, '}');
  return g_string_free (text, FALSE);
}

/* @key: of the submission, by which it can be repeated where nobody knows what became of it. */
static int
send_submission (SyncCtl *ctl, const char *text, const char *key)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncCtlAnswer) answer = sync_ctl_client_call (ctl->client, "POST", "requests", text, &error);
  JsonObject *object;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_FAILED))
    g_printerr (_ ("Key %s; the answer got lost: repeat this with --key.\n"), key);
  if (answer == NULL)
    return sync_ctl_fail (error);
  g_printerr (_ ("Key %s; whoever repeats this with --key does nothing twice.\n"), key);
  object = json_node_get_object (answer->root);
  if (ctl->json)
    sync_ctl_print_answer (answer->text);
  else if (sync_ctl_get_bool (object, "existing"))
    g_print (_ ("This was accepted before, as request %" PRId64 ": %s.\n"), sync_ctl_get_int (object, "id"),
             sync_ctl_status_words (sync_ctl_get_string (object, "status")));
  else
    g_print (_ ("Accepted and on disk, as request %" PRId64 ".\n"), sync_ctl_get_int (object, "id"));
  return SYNC_CTL_DONE;
}

static gboolean
is_method (const char *name)
{
  static const char *const known[] = { "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", NULL };
  g_autofree char *upper = g_ascii_strup (name, -1);

  return g_strv_contains (known, upper);
}

int
sync_ctl_submit (SyncCtl *ctl, char **arguments)
{
  g_autoptr (GBytes) body = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncRoute) route = NULL;
  g_autofree char *key = g_strdup (ctl->key);
  g_autofree char *text = NULL;

  if (!is_method (arguments[0]))
    return sync_ctl_usage_error (_ ("“%s” is no method; a write is POST, PUT or DELETE"), arguments[0]);
  if (ctl->body != NULL)
    {
      body = sync_ctl_read_json (ctl->body, NULL, &error);
      if (body == NULL)
        return sync_ctl_fail (error);
    }
  if (key != NULL && *key == '\0')
    return sync_ctl_usage_error ("%s", _ ("the key is empty; leave --key out to have one made"));
  route = match_route (arguments[0], arguments[1], body);
  if (lacks_document (route, arguments[1], body))
    return sync_ctl_usage_error (_ ("the document is missing; give it with --body FILE, or --body - for standard input"));
  /* The body may bring its own along. */
  if (key == NULL && (route == NULL || route->client_key == NULL))
    key = new_key ();
  text = submission_text (arguments[0], arguments[1], key, body);
  return send_submission (ctl, text, key != NULL ? key : route->client_key);
}

/* A type that is written in another way is none of those that wait. Returns whether all that were named are such. */
static gboolean
tell_unknown_types (SyncCtl *ctl)
{
  gboolean all = ctl->types != NULL;

  for (guint i = 0; ctl->types != NULL && ctl->types[i] != NULL; i++)
    {
      g_autofree char *type = g_uri_escape_string (ctl->types[i], NULL, FALSE);
      g_autofree char *path = g_strdup_printf ("requests?status=all&limit=1&type=%s", type);
      g_autoptr (SyncCtlAnswer) answer = sync_ctl_client_call (ctl->client, "GET", path, NULL, NULL);

      if (answer != NULL
          && json_array_get_length (json_object_get_array_member (json_node_get_object (answer->root), "requests")) == 0)
        g_printerr (_ ("posawesome-syncctl: there is no request of the type “%s”\n"), ctl->types[i]);
      else
        all = FALSE;
    }
  return all;
}

static gboolean
nothing_waits (JsonObject *stats)
{
  return sync_ctl_get_int (stats, "pending") + sync_ctl_get_int (stats, "sending") + sync_ctl_get_int (stats, "unknown") == 0;
}

/* Says also what stays behind. A server that asked to wait is not asked sooner by anybody. */
static int
sync_now (SyncCtl *ctl, const char *body)
{
  int status;
  g_autoptr (SyncCtlAnswer) answer = sync_ctl_call (ctl, "POST", "sync", body, &status);
  g_autofree char *types = NULL;
  JsonObject *now;

  /* With --json the answer is printed already. */
  if ((answer != NULL || status == 0) && tell_unknown_types (ctl))
    return SYNC_CTL_REFUSED;
  if (answer == NULL)
    return status;
  now = json_node_get_object (answer->root);
  types = sync_ctl_dup_texts (now, "pausedTypes", ", ");
  if (nothing_waits (sync_ctl_get_object (now, "queueStats")))
    g_print ("%s\n", _ ("Nothing waits."));
  else if (strcmp (sync_ctl_get_string (now, "condition"), "throttled") == 0)
    g_print (_ ("Not yet: %s.\n"), sync_ctl_condition_words (now));
  else if (*types != '\0')
    g_print (_ ("Deliveries are being tried now, but not those of %s, which are paused.\n"), types);
  else
    g_print ("%s\n", _ ("Deliveries are being tried now."));
  return status;
}

int
sync_ctl_sync (SyncCtl *ctl, char **arguments)
{
  GString *text = g_string_new ("{");
  g_autofree char *body = NULL;

  if (ctl->types != NULL)
    {
      g_string_append (text, "\"types\":[");
      for (guint i = 0; ctl->types[i] != NULL; i++)
        {
          g_string_append (text, i > 0 ? "," : "");
          sync_json_append_quoted (text, ctl->types[i]);
        }
      g_string_append_c (text, ']');
    }
  for (guint i = 0; arguments[i] != NULL; i++)
    {
      gint64 id;

      if (!sync_ctl_parse_id (arguments[i], &id))
        {
          g_string_free (text, TRUE);
          return SYNC_CTL_USAGE;
        }
      if (i == 0)
        g_string_append (text, ctl->types != NULL ? ",\"ids\":[" : "\"ids\":[");
      g_string_append_printf (text, "%s%" G_GINT64_FORMAT, i > 0 ? "," : "", id);
    }
  g_string_append (text, arguments[0] != NULL ? "]}" : "}");
  body = g_string_free (text, FALSE);
  return sync_now (ctl, body);
}

static gboolean
parse_duration (const char *text, gint64 *ms)
{
  static const struct
  {
    char unit;
    gint64 ms;
  } units[] = { { 's', 1000 }, { 'm', 60000 }, { 'h', 3600000 }, { 'd', 86400000 } };
  char *end;
  guint64 number = g_ascii_strtoull (text, &end, 10);

  for (guint i = 0; i < G_N_ELEMENTS (units); i++)
    if (end != text && g_ascii_isdigit (*text) && end[0] == units[i].unit && end[1] == '\0'
        && number <= G_GUINT64_CONSTANT (31622400000) / (guint64) units[i].ms)
      {
        *ms = (gint64) number * units[i].ms;
        return *ms > 0;
      }
  return FALSE;
}

/* Until when is the program's answer: it has the clock that counts. */
static int
pause_until (SyncCtl *ctl, const char *body)
{
  int status;
  g_autoptr (SyncCtlAnswer) answer = sync_ctl_call (ctl, "POST", "pause", body, &status);
  g_autofree char *until = NULL;

  if (answer == NULL)
    return status;
  until = sync_ctl_dup_time (sync_ctl_get_int (json_node_get_object (answer->root), "pausedUntilMs"));
  g_print (_ ("Paused until %s; writes are still accepted.\n"), until);
  return status;
}

int
sync_ctl_pause (SyncCtl *ctl, char **arguments)
{
  g_autofree char *body = NULL;
  gint64 ms;

  if (arguments[0] == NULL)
    return run (ctl, "POST", "pause", "{}", _ ("Paused until “posawesome-syncctl resume”; writes are still accepted."));
  if (!parse_duration (arguments[0], &ms))
    return sync_ctl_usage_error (_ ("“%s” is no duration; write 30s, 10m, 2h or 1d (at most a year)"),
                                 arguments[0]);
  body = g_strdup_printf ("{\"forMs\":%" G_GINT64_FORMAT "}", ms);
  return pause_until (ctl, body);
}

/* One thing that held deliveries back is over, which @over says; another may still do so. */
static int
go_on (SyncCtl *ctl, const char *path, const char *body, const char *over)
{
  int status;
  g_autoptr (SyncCtlAnswer) answer = sync_ctl_call (ctl, "POST", path, body, &status);
  JsonObject *now;

  if (answer == NULL)
    return status;
  now = json_node_get_object (answer->root);
  if (strcmp (sync_ctl_get_string (now, "condition"), "online") == 0)
    {
      g_print ("%s\n", _ ("Deliveries go on."));
      return status;
    }
  g_print ("%s ", over);
  g_print (_ ("Nothing is delivered yet: %s.\n"), sync_ctl_condition_words (now));
  return status;
}

int
sync_ctl_resume (SyncCtl *ctl, char **arguments)
{
  return go_on (ctl, "resume", "{}", _ ("The pause is over."));
}

int
sync_ctl_offline (SyncCtl *ctl, char **arguments)
{
  if (strcmp (arguments[0], "on") == 0)
    return run (ctl, "POST", "offline", "{\"on\":true}",
                _ ("Off line until “posawesome-syncctl offline off”; writes are still accepted."));
  if (strcmp (arguments[0], "off") == 0)
    return go_on (ctl, "offline", "{\"on\":false}", _ ("The line is no longer off by hand."));
  return sync_ctl_usage_error (_ ("“%s” is neither on nor off; say “posawesome-syncctl offline on” or “… off”"),
                               arguments[0]);
}

/* What failed with a request that came back, and how to have it back too. */
static void
print_failed_dependants (JsonObject *request)
{
  g_autofree char *ids = sync_ctl_dup_ids (request, "failedDependants", " ");

  if (*ids != '\0')
    g_print (_ ("What failed because of it can be tried again with “posawesome-syncctl retry %s”.\n"), ids);
}

/* What becomes of the draft that a request that is given up left on the server. */
static void
print_deletions (JsonObject *request)
{
  g_autofree char *ids = sync_ctl_dup_ids (request, "deletions", " ");

  if (*ids != '\0')
    g_print (_ ("Its draft %s on the server is deleted by request %s, for which the till's user needs the right.\n"),
             sync_ctl_get_string (request, "serverName"), ids);
}

/* One decision about one request. */
static int
decide (SyncCtl *ctl, const char *text, const char *verb, const char *body)
{
  g_autoptr (SyncCtlAnswer) answer = NULL;
  g_autofree char *path = NULL;
  JsonObject *request;
  gint64 id;
  int status;

  if (!sync_ctl_parse_id (text, &id))
    return SYNC_CTL_USAGE;
  path = g_strdup_printf ("requests/%" G_GINT64_FORMAT "/%s", id, verb);
  answer = sync_ctl_call (ctl, "POST", path, body, &status);
  if (answer == NULL)
    return status;
  request = json_node_get_object (answer->root);
  g_print (_ ("Request %s: %s.\n"), text, sync_ctl_status_words (sync_ctl_get_string (request, "status")));
  print_failed_dependants (request);
  print_deletions (request);
  return status;
}

/* The same for each; one that fails does not keep the others. */
static int
decide_each (SyncCtl *ctl, char **ids, const char *verb, const char *body)
{
  int result = SYNC_CTL_DONE;

  for (guint i = 0; ids[i] != NULL; i++)
    {
      gint64 id;

      if (!sync_ctl_parse_id (ids[i], &id))
        return SYNC_CTL_USAGE;
    }
  for (guint i = 0; ids[i] != NULL; i++)
    if (decide (ctl, ids[i], verb, body) != SYNC_CTL_DONE)
      result = SYNC_CTL_REFUSED;
  return result;
}

int
sync_ctl_retry (SyncCtl *ctl, char **arguments)
{
  return decide_each (ctl, arguments, "retry", "{}");
}

int
sync_ctl_discard (SyncCtl *ctl, char **arguments)
{
  g_autoptr (GString) body = g_string_new ("{\"reason\":");

  if (ctl->reason == NULL)
    return sync_ctl_usage_error ("%s", _ ("say with --reason why it is given up"));
  sync_json_append_quoted (body, ctl->reason);
  g_string_append (body, ctl->with_dependants ? ",\"confirm\":true}" : "}");
  return decide_each (ctl, arguments, "discard", body->str);
}

int
sync_ctl_restore (SyncCtl *ctl, char **arguments)
{
  return decide (ctl, arguments[0], "restore", ctl->with_dependants ? "{\"with_dependants\":true}" : "{}");
}

int
sync_ctl_confirm (SyncCtl *ctl, char **arguments)
{
  g_autoptr (GString) body = g_string_new ("{\"arrived\":true");

  if (strcmp (arguments[1], "again") == 0 && arguments[2] == NULL)
    return decide (ctl, arguments[0], "confirm", "{\"arrived\":false}");
  if (strcmp (arguments[1], "arrived") != 0)
    return sync_ctl_usage_error ("%s",
                                 _ ("say “arrived”, with the document's name if you know it, or “again”"));
  if (arguments[2] != NULL)
    {
      g_string_append (body, ",\"name\":");
      sync_json_append_quoted (body, arguments[2]);
    }
  g_string_append_c (body, '}');
  return decide (ctl, arguments[0], "confirm", body->str);
}

int
sync_ctl_clear_old (SyncCtl *ctl, char **arguments)
{
  g_autoptr (SyncCtlAnswer) answer = NULL;
  g_autofree char *body = NULL;
  guint64 days = 30;
  gint64 n;
  int status;

  if (arguments[0] != NULL && !g_ascii_string_to_unsigned (arguments[0], 10, 0, 36500, &days, NULL))
    return sync_ctl_usage_error (_ ("“%s” is no number of days from 0 to 36500"), arguments[0]);
  body = g_strdup_printf ("{\"days\":%u}", (guint) days);
  answer = sync_ctl_call (ctl, "POST", "clear-old", body, &status);
  if (answer == NULL)
    return status;
  n = sync_ctl_get_int (json_node_get_object (answer->root), "cleared");
  g_print (g_dngettext (NULL, "%" PRId64 " delivered request was forgotten.\n",
                        "%" PRId64 " delivered requests were forgotten.\n", n),
           n);
  return status;
}

int
sync_ctl_backup (SyncCtl *ctl, char **arguments)
{
  g_autofree char *directory = g_canonicalize_filename (arguments[0], NULL);
  g_autofree char *words = NULL;
  g_autoptr (GString) body = g_string_new ("{\"directory\":");

  if (!g_utf8_validate (directory, -1, NULL))
    return sync_ctl_usage_error (_ ("the name of the directory is not UTF-8: name another one"));
  sync_json_append_quoted (body, directory);
  g_string_append_c (body, '}');
  words = g_strdup_printf (g_file_test (directory, G_FILE_TEST_EXISTS)
                               ? _ ("The queue was copied to %s/queue.db.")
                               : _ ("The directory was made, and the queue copied to %s/queue.db."),
                           directory);
  return run (ctl, "POST", "backup", body->str, words);
}
