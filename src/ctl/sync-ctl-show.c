/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands that only look: status, list, show. */
#include "config.h"

#include "sync-ctl.h"

#include <inttypes.h>
#include <string.h>

#include "sync-state.h"
#include "sync-summary.h"

#define PAGE 500
#define MAX_INDENT 8

static void
print_field (const char *name, const char *value)
{
  if (value != NULL && *value != '\0')
    g_print ("%s%*s%s\n", name, (int) MAX (12 - g_utf8_strlen (name, -1), 1), "", value);
}

/* @is_whole: nothing that was accepted is known to be missing here. */
static void
print_waiting (JsonObject *stats, gboolean is_whole)
{
  gint64 waiting = sync_ctl_get_int (stats, "pending") + sync_ctl_get_int (stats, "sending");
  gint64 unknown = sync_ctl_get_int (stats, "unknown"), failed = sync_ctl_get_int (stats, "failed");
  gint64 conflicts = sync_ctl_get_int (stats, "conflict"), completed = sync_ctl_get_int (stats, "completed");

  if (waiting + unknown + failed + conflicts == 0 && is_whole)
    g_print ("%s\n", _ ("Everything that was accepted is on the server."));
  if (waiting > 0)
    g_print (g_dngettext (NULL, "%" PRId64 " request waits to be delivered.\n",
                          "%" PRId64 " requests wait to be delivered.\n", waiting),
             waiting);
  if (unknown > 0)
    g_print (g_dngettext (NULL, "%" PRId64 " request was sent, and it is not known whether it arrived.\n",
                          "%" PRId64 " requests were sent, and it is not known whether they arrived.\n",
                          unknown),
             unknown);
  if (failed > 0)
    g_print (
        g_dngettext (
            NULL,
            "%" PRId64 " request was refused by the server; look with “posawesome-syncctl list --status failed”.\n",
            "%" PRId64 " requests were refused by the server; look with “posawesome-syncctl list --status failed”.\n",
            failed),
        failed);
  if (conflicts > 0)
    g_print (g_dngettext (
                 NULL,
                 "%" PRId64 " request meets another version on the server; look with “posawesome-syncctl conflicts”.\n",
                 "%" PRId64 " requests meet another version on the server; look with “posawesome-syncctl conflicts”.\n",
                 conflicts),
             conflicts);
  if (completed > 0)
    g_print (g_dngettext (NULL, "%" PRId64 " request was delivered.\n",
                          "%" PRId64 " requests were delivered.\n", completed),
             completed);
}

static char *
dup_next_try (gint64 next_try_ms)
{
  if (next_try_ms != 0 && next_try_ms <= g_get_real_time () / 1000)
    return g_strdup (_ ("now"));
  return sync_ctl_dup_time (next_try_ms);
}

int
sync_ctl_status (SyncCtl *ctl, char **arguments)
{
  int exit_status;
  g_autoptr (SyncCtlAnswer) answer = sync_ctl_call (ctl, "GET", "status", NULL, &exit_status);
  g_autofree char *oldest = NULL;
  g_autofree char *last = NULL;
  g_autofree char *next = NULL;
  g_autofree char *until = NULL;
  g_autofree char *types = NULL;
  g_autofree char *detail = NULL;
  g_autofree char *notice = NULL;
  g_autofree char *restored = NULL;
  JsonObject *status;

  if (answer == NULL)
    return exit_status;
  status = json_node_get_object (answer->root);
  oldest = sync_ctl_dup_time (sync_ctl_get_int (status, "oldestPendingMs"));
  last = sync_ctl_dup_time (sync_ctl_get_int (status, "lastSyncTime"));
  next = dup_next_try (sync_ctl_get_int (status, "nextTryMs"));
  types = sync_ctl_dup_texts (status, "pausedTypes", ", ");
  until = sync_ctl_dup_time (sync_ctl_get_int (status, "pausedUntilMs"));
  detail = sync_ctl_dup_line (sync_ctl_get_string (status, "conditionDetail"));
  notice = sync_ctl_dup_line (sync_ctl_get_string (status, "notice"));
  restored = sync_ctl_dup_line (sync_ctl_get_string (status, "restoreReport"));
  /* Beside a note that something may be missing it would be a lie. */
  print_waiting (sync_ctl_get_object (status, "queueStats"), *notice == '\0' && *restored == '\0');
  print_field (_ ("State"), sync_ctl_get_string (status, "state"));
  print_field (_ ("Condition"), sync_ctl_condition_words (status));
  print_field (_ ("Paused types"), types);
  print_field (_ ("Paused until"), until);
  print_field (_ ("Because"), detail);
  print_field (_ ("Oldest"), oldest);
  if (!sync_ctl_get_bool (status, "paused") || *types != '\0')
    print_field (_ ("Next try"), next);
  print_field (_ ("Last sync"), last);
  print_field (_ ("Note"), notice);
  if (strstr (notice, restored) == NULL)
    print_field (_ ("Note"), restored);
  print_field (_ ("Server"), sync_ctl_get_string (status, "baseUrl"));
  print_field (_ ("Version"), sync_ctl_get_string (status, "version"));
  return SYNC_CTL_DONE;
}

/* The request that stands in front of this one, if there is one, and how that is. */
static char *
dup_waits_for (JsonObject *request)
{
  gint64 id = sync_ctl_get_int (request, "waitsFor");

  if (id == 0)
    return NULL;
  return g_strdup_printf (_ ("request %" PRId64 " (%s)"), id,
                          sync_ctl_status_words (sync_ctl_get_string (request, "waitsForStatus")));
}

/* When it goes, or why not. */
static char *
dup_turn (JsonObject *request)
{
  const char *status = sync_ctl_get_string (request, "status");
  g_autofree char *waits_for = dup_waits_for (request);

  if (sync_ctl_get_bool (request, "needsPerson") || strcmp (status, "failed") == 0 || strcmp (status, "conflict") == 0)
    return g_strdup (_ ("needs a person"));
  if (waits_for != NULL)
    return g_strdup_printf (_ ("waits for %s"), waits_for);
  if (strcmp (status, "pending") != 0 && strcmp (status, "unknown") != 0)
    return g_strdup ("");
  return dup_next_try (sync_ctl_get_int (request, "nextRetryAtMs"));
}

/* What a request is about, in few words. */
static char *
dup_subject (JsonObject *request)
{
  const char *type = sync_ctl_get_string (request, "resourceType");
  const char *name = sync_ctl_get_string (request, "serverName");

  if (*name == '\0')
    name = sync_ctl_get_string (request, "resourceId");
  if (*type == '\0')
    return g_strdup_printf ("%s %s", sync_ctl_get_string (request, "method"),
                            sync_ctl_get_string (request, "url"));
  return g_strchomp (g_strdup_printf ("%s %s %s", sync_ctl_get_string (request, "method"), type, name));
}

/* Whom it is for, else what it is called; empty if the program could not tell. */
static char *
dup_party (JsonObject *request)
{
  const char *customer = sync_ctl_get_string (request, "customer");

  return sync_ctl_dup_line (*customer != '\0' ? customer : sync_ctl_get_string (request, "title"));
}

static char *
dup_amount (JsonObject *request)
{
  JsonNode *node = json_object_get_member (request, "amount");
  g_autofree char *number = NULL;
  g_autofree char *currency = sync_ctl_dup_line (sync_ctl_get_string (request, "currency"));

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node))
    return g_strdup ("");
  number = sync_summary_format_amount (json_node_get_double (node));
  return g_strchomp (g_strdup_printf ("%s %s", number, currency));
}

static void
add_request (SyncCtlTable *table, JsonObject *request, guint depth)
{
  g_autofree char *id = g_strdup_printf ("%*s%" G_GINT64_FORMAT, (int) MIN (depth, MAX_INDENT) * 2, "",
                                         sync_ctl_get_int (request, "id"));
  g_autofree char *subject = dup_subject (request);
  g_autofree char *accepted = sync_ctl_dup_time (sync_ctl_get_int (request, "acceptedMs"));
  g_autofree char *next = dup_turn (request);
  g_autofree char *words = sync_ctl_dup_line (sync_ctl_get_string (request, "error"));
  g_autofree char *party = dup_party (request);
  g_autofree char *amount = dup_amount (request);
  const char *cells[]
      = { id, sync_ctl_get_string (request, "status"), accepted, subject, party, amount, next, words, NULL };

  sync_ctl_table_add (table, cells);
}

/* Where the first of those that it depends on stands in the list, -1 if none of them is in it. */
static int
find_parent (JsonObject *request, GHashTable *places)
{
  JsonArray *parents = json_object_get_array_member (request, "dependsOn");

  for (guint i = 0; i < json_array_get_length (parents); i++)
    {
      gint64 id = json_array_get_int_element (parents, i);
      gpointer place;

      if (g_hash_table_lookup_extended (places, &id, NULL, &place))
        return GPOINTER_TO_INT (place);
    }
  return -1;
}

/* For each place the one of its parent, -1 for none. */
static int *
find_parents (GPtrArray *requests)
{
  g_autoptr (GHashTable) places = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  int *parents = g_new (int, requests->len);

  for (guint i = 0; i < requests->len; i++)
    {
      gint64 id = sync_ctl_get_int (g_ptr_array_index (requests, i), "id");

      g_hash_table_insert (places, g_memdup2 (&id, sizeof id), GINT_TO_POINTER (i));
    }
  for (guint i = 0; i < requests->len; i++)
    parents[i] = find_parent (g_ptr_array_index (requests, i), places);
  return parents;
}

/* Each request below the one that it depends on, further in; else in the order of acceptance. */
static void
add_tree (SyncCtlTable *table, GPtrArray *requests)
{
  int n = (int) requests->len;
  g_autofree int *parents = find_parents (requests);
  g_autofree int *first = g_new (int, n + 1), *next = g_new (int, n + 1);
  guint depth = 0;

  /* The children of each place as a list, those without a parent behind the last place. */
  for (int i = 0; i <= n; i++)
    first[i] = next[i] = -1;
  for (int i = n - 1; i >= 0; i--)
    {
      int parent = parents[i] >= 0 ? parents[i] : n;

      next[i] = first[parent];
      first[parent] = i;
    }
  for (int at = first[n]; at >= 0;)
    {
      add_request (table, g_ptr_array_index (requests, at), depth);
      if (first[at] >= 0)
        {
          at = first[at];
          depth++;
          continue;
        }
      while (at >= 0 && next[at] < 0)
        {
          at = parents[at];
          depth--;
        }
      if (at >= 0)
        at = next[at];
    }
}

/* Whether each is one that a request may have; complains of the first that is none. */
static gboolean
check_status (const char *text)
{
  g_auto (GStrv) names = text != NULL && strcmp (text, "all") != 0 ? g_strsplit (text, ",", -1) : NULL;
  SyncState state;

  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    if (!sync_state_from_string (names[i], &state))
      {
        sync_ctl_usage_error (_ ("“%s” is no status; there are pending, sending, unknown, conflict, failed, completed, "
                                 "discarded and all"), names[i]);
        return FALSE;
      }
  return TRUE;
}

/* The rows of a page as the program gave them: numbers keep their spelling. */
static void
append_rows (GString *rows, const char *text)
{
  SyncJsonView root, list, row;
  SyncJsonIter iter;

  if (!sync_json_check (text, strlen (text), &root, NULL) || !sync_json_view_member (&root, "requests", &list))
    return;
  sync_json_iter_init (&iter, &list);
  while (sync_json_iter_next (&iter, NULL, &row))
    {
      g_string_append (rows, rows->len > 0 ? ",\n" : "");
      g_string_append_len (rows, row.text, row.length);
    }
}

/* Asks for page after page; (transfer full) (nullable): all of them, NULL if one could not be had, which is said. @rows gets
 * their text, if JSON is wanted. */
static GPtrArray *
read_list (SyncCtl *ctl, GString *rows)
{
  g_autofree char *status = g_uri_escape_string (
      ctl->status != NULL ? ctl->status : "pending,sending,unknown,conflict,failed", ",", FALSE);
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func ((GDestroyNotify) json_object_unref);
  gint64 after = 0;

  do
    {
      g_autofree char *path
          = g_strdup_printf ("requests?status=%s&limit=%d&after=%" G_GINT64_FORMAT, status, PAGE, after);
      g_autoptr (GError) error = NULL;
      g_autoptr (SyncCtlAnswer) answer = sync_ctl_client_call (ctl->client, "GET", path, NULL, &error);
      JsonArray *requests;

      if (answer == NULL)
        {
          sync_ctl_fail (error);
          return NULL;
        }
      if (ctl->json)
        append_rows (rows, answer->text);
      requests = json_object_get_array_member (json_node_get_object (answer->root), "requests");
      for (guint i = 0; !ctl->json && i < json_array_get_length (requests); i++)
        g_ptr_array_add (all, json_object_ref (json_array_get_object_element (requests, i)));
      after = sync_ctl_get_int (json_node_get_object (answer->root), "next");
    }
  while (after != 0);
  return g_steal_pointer (&all);
}

int
sync_ctl_list (SyncCtl *ctl, char **arguments)
{
  const char *const headings[]
      = { _ ("ID"),     _ ("STATUS"),   _ ("ACCEPTED"),           _ ("REQUEST"), _ ("CUSTOMER OR TITLE"),
          _ ("AMOUNT"), _ ("NEXT TRY"), _ ("THE SERVER'S WORDS"), NULL };
  g_autoptr (SyncCtlTable) table = sync_ctl_table_new (headings);
  g_autoptr (GString) rows = g_string_new (NULL);
  g_autoptr (GPtrArray) all = NULL;

  if (!check_status (ctl->status))
    return SYNC_CTL_USAGE;
  all = read_list (ctl, rows);
  if (all == NULL)
    return SYNC_CTL_REFUSED;
  if (ctl->json)
    {
      g_print ("{\"requests\":[%s],\"next\":null}\n", rows->str);
      return SYNC_CTL_DONE;
    }
  add_tree (table, all);
  if (all->len > 0)
    sync_ctl_table_print (table);
  else
    g_print ("%s\n", ctl->status != NULL ? _ ("There are none.") : _ ("Nothing waits."));
  return SYNC_CTL_DONE;
}

static void
print_attempts (JsonObject *request)
{
  const char *const headings[]
      = { _ ("TRY"), _ ("KIND"), _ ("AT"), _ ("ANSWER"), _ ("VERDICT"), _ ("WORDS"), NULL };
  g_autoptr (SyncCtlTable) table = sync_ctl_table_new (headings);
  JsonArray *attempts = json_object_get_array_member (request, "attempts");

  for (guint i = 0; i < json_array_get_length (attempts); i++)
    {
      JsonObject *attempt = json_array_get_object_element (attempts, i);
      gint64 http = sync_ctl_get_int (attempt, "httpStatus");
      g_autofree char *number = g_strdup_printf ("%" G_GINT64_FORMAT, sync_ctl_get_int (attempt, "number"));
      g_autofree char *at = sync_ctl_dup_time (sync_ctl_get_int (attempt, "startedMs"));
      g_autofree char *words = sync_ctl_dup_line (sync_ctl_get_string (attempt, "message"));
      g_autofree char *answer = http != 0 ? g_strdup_printf ("%" G_GINT64_FORMAT " %s", http,
                                                             sync_ctl_get_string (attempt, "excType"))
                                          : g_strdup ("");
      const char *cells[] = { number, sync_ctl_get_string (attempt, "kind"),    at,
                              answer, sync_ctl_get_string (attempt, "verdict"), words,
                              NULL };

      sync_ctl_table_add (table, cells);
    }
  if (json_array_get_length (attempts) > 0)
    {
      g_print ("\n");
      sync_ctl_table_print (table);
    }
}

static void
print_document (JsonObject *request, const char *name, const char *heading)
{
  JsonNode *node = json_object_get_member (request, name);
  g_autofree char *text = NULL;

  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return;
  text = json_node_get_value_type (node) == G_TYPE_STRING ? json_node_dup_string (node)
                                                          : json_to_string (node, TRUE);
  g_print ("\n%s\n%s\n", heading, text);
}

static void
print_request (JsonObject *request)
{
  g_autofree char *id = g_strdup_printf ("%" G_GINT64_FORMAT, sync_ctl_get_int (request, "id"));
  g_autofree char *call = g_strdup_printf ("%s %s", sync_ctl_get_string (request, "method"),
                                           sync_ctl_get_string (request, "url"));
  g_autofree char *subject = dup_subject (request);
  g_autofree char *accepted = sync_ctl_dup_time (sync_ctl_get_int (request, "acceptedMs"));
  g_autofree char *next = dup_turn (request);
  g_autofree char *words = sync_ctl_dup_line (sync_ctl_get_string (request, "error"));
  g_autofree char *customer = sync_ctl_dup_line (sync_ctl_get_string (request, "customer"));
  g_autofree char *amount = dup_amount (request);
  g_autofree char *depends_on = sync_ctl_dup_ids (request, "dependsOn", ", ");
  g_autofree char *dependants = sync_ctl_dup_ids (request, "dependants", ", ");
  const char *status = sync_ctl_get_string (request, "status");
  g_autofree char *state = g_strdup_printf ("%s (%s)", status, sync_ctl_status_words (status));

  print_field (_ ("ID"), id);
  print_field (_ ("Status"), state);
  print_field (_ ("Call"), call);
  print_field (_ ("About"), subject);
  print_field (_ ("Customer"), customer);
  print_field (_ ("Amount"), amount);
  print_field (_ ("Key"), sync_ctl_get_string (request, "key"));
  print_field (_ ("Accepted"), accepted);
  print_field (_ ("Next try"), next);
  print_field (_ ("Words"), words);
  print_field (_ ("Depends on"), depends_on);
  print_field (_ ("Needed by"), dependants);
  print_field (_ ("Given up"), sync_ctl_get_string (request, "discardReason"));
  print_field (_ ("Proof"), sync_ctl_get_string (request, "proof"));
  if (sync_ctl_get_bool (request, "needsPerson"))
    g_print (_ ("Only a person can decide this one: look on the server, then “posawesome-syncctl confirm %s arrived” "
                "or “… again”.\n"),
             id);
}

int
sync_ctl_show (SyncCtl *ctl, char **arguments)
{
  g_autoptr (SyncCtlAnswer) answer = NULL;
  g_autofree char *path = NULL;
  gint64 id;
  int status;

  if (!sync_ctl_parse_id (arguments[0], &id))
    return SYNC_CTL_USAGE;
  path = g_strdup_printf ("requests/%" G_GINT64_FORMAT, id);
  answer = sync_ctl_call (ctl, "GET", path, NULL, &status);
  if (answer == NULL)
    return status;
  print_request (json_node_get_object (answer->root));
  print_attempts (json_node_get_object (answer->root));
  print_document (json_node_get_object (answer->root), "acceptedBody", _ ("What was accepted:"));
  print_document (json_node_get_object (answer->root), "body", _ ("What was sent:"));
  print_document (json_node_get_object (answer->root), "response", _ ("The last answer:"));
  return SYNC_CTL_DONE;
}
