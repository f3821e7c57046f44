/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command that looks on: what happens, a line for each thing that is different from what was shown of it last. That
 * a sweep runs is no news of its own; the requests that are sent show it. */
#include "config.h"

#include "sync-ctl.h"

#include <inttypes.h>
#include <string.h>

typedef struct
{
  GHashTable *shown; /* (owned) (element-type utf8 utf8): the words shown last, by what they are about */
  char *state; /* (owned) (nullable): the last one but "syncing" */
} Watch;

static void
print_line (const char *words)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autofree char *at = g_date_time_format (now, "%T");

  g_print ("%s  %s\n", at, words);
}

/* Prints @words about @subject, unless they stand there already. */
static void
show (Watch *watch, const char *subject, const char *words)
{
  if (g_strcmp0 (g_hash_table_lookup (watch->shown, subject), words) == 0)
    return;
  g_hash_table_insert (watch->shown, g_strdup (subject), g_strdup (words));
  print_line (words);
}

static void
show_state (Watch *watch, JsonObject *status)
{
  const char *state = sync_ctl_get_string (status, "state");
  g_autofree char *words = NULL;

  if (watch->state == NULL || strcmp (state, "syncing") != 0)
    {
      g_free (watch->state);
      watch->state = g_strdup (state);
    }
  words = g_strdup_printf ("%s, %s", watch->state, sync_ctl_condition_words (status));
  show (watch, "", words);
}

static void
show_request (Watch *watch, JsonObject *change)
{
  const char *status = sync_ctl_get_string (change, "status");
  g_autofree char *subject = g_strdup_printf ("%" PRId64, sync_ctl_get_int (change, "id"));
  g_autofree char *words = g_strdup_printf (_ ("request %" PRId64 ": %s"), sync_ctl_get_int (change, "id"),
                                            sync_ctl_status_words (status));

  show (watch, subject, words);
  /* Nothing more is to come; a watch may last for months. */
  if (strcmp (status, "completed") == 0)
    g_hash_table_remove (watch->shown, subject);
}

static void
show_event (Watch *watch, const char *event, JsonObject *object)
{
  g_autofree char *words = NULL;

  if (strcmp (event, "sync-state-changed") == 0)
    show_state (watch, object);
  else if (strcmp (event, "request-changed") == 0)
    show_request (watch, object);
  else if (strcmp (event, "sync-progress") == 0)
    {
      words = g_strdup_printf (_ ("%" PRId64 " of %" PRId64), sync_ctl_get_int (object, "done"),
                               sync_ctl_get_int (object, "total"));
      show (watch, "progress", words);
    }
  else if (strcmp (event, "conflict-opened") == 0)
    {
      words = g_strdup_printf (_ ("request %" PRId64 ": another version is on the server"),
                               sync_ctl_get_int (object, "requestId"));
      print_line (words);
    }
  else if (strcmp (event, "conflict-resolved") == 0)
    {
      words = g_strdup_printf (_ ("conflict %" PRId64 " resolved: %s"), sync_ctl_get_int (object, "id"),
                               sync_ctl_get_string (object, "resolution"));
      print_line (words);
    }
  else
    print_line (_ ("some events were left out; look with “posawesome-syncctl status”"));
}

static void
take_event (SyncCtl *ctl, Watch *watch, const char *event, const char *data)
{
  g_autoptr (JsonNode) node = NULL;

  if (ctl->json)
    {
      g_print ("{\"event\":\"%s\",\"data\":%s}\n", event, data);
      return;
    }
  node = json_from_string (data, NULL);
  if (node != NULL && JSON_NODE_HOLDS_OBJECT (node))
    show_event (watch, event, json_node_get_object (node));
}

/* Until the stream ends. */
static gboolean
follow (SyncCtl *ctl, Watch *watch, GInputStream *stream, GError **error)
{
  g_autoptr (GDataInputStream) lines = g_data_input_stream_new (stream);
  g_autoptr (GError) cause = NULL;
  g_autofree char *event = NULL;

  for (;;)
    {
      g_autofree char *line = g_data_input_stream_read_line (lines, NULL, NULL, &cause);

      if (line == NULL)
        break;
      if (g_str_has_prefix (line, "event: "))
        {
          g_free (event);
          event = g_strdup (line + strlen ("event: "));
        }
      else if (g_str_has_prefix (line, "data: ") && event != NULL)
        take_event (ctl, watch, event, line + strlen ("data: "));
    }
  if (cause == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&cause));
  return FALSE;
}

int
sync_ctl_watch (SyncCtl *ctl, char **arguments)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GInputStream) stream = sync_ctl_client_open (ctl->client, "events", &error);
  Watch watch = { 0 };
  gboolean ended;

  if (stream == NULL)
    return sync_ctl_fail (error);
  watch.shown = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  ended = follow (ctl, &watch, stream, &error);
  g_hash_table_unref (watch.shown);
  g_free (watch.state);
  if (!ended)
    return sync_ctl_fail (error);
  g_printerr ("%s\n", _ ("posawesome-syncctl: the program has ended."));
  return SYNC_CTL_REFUSED;
}
