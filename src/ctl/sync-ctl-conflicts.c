/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands about conflicts: which there are, how one ends, and taking that back. */
#include "config.h"

#include "sync-ctl.h"

#include <inttypes.h>
#include <string.h>

/* As many as the program gives in one answer. */
#define LIST_LIMIT 1000

/* @with_end: there are columns about the end; those that are open say there why they are. */
static void
add_row (SyncCtlTable *table, JsonObject *conflict, gboolean with_end)
{
  g_autofree char *id = g_strdup_printf ("%" G_GINT64_FORMAT, sync_ctl_get_int (conflict, "id"));
  g_autofree char *request = g_strdup_printf ("%" G_GINT64_FORMAT, sync_ctl_get_int (conflict, "requestId"));
  g_autofree char *document
    = g_strdup_printf ("%s %s", sync_ctl_get_string (conflict, "resourceType"), sync_ctl_get_string (conflict, "resourceId"));
  g_autofree char *since = sync_ctl_dup_time (sync_ctl_get_int (conflict, "createdMs"));
  const char *resolution = sync_ctl_get_string (conflict, "resolution");
  const char *why = sync_ctl_get_string (conflict, "why");
  const char *by = sync_ctl_get_string (conflict, "resolvedBy");
  gint64 undone_by = sync_ctl_get_int (conflict, "undoneBy");
  g_autofree char *undone
    = undone_by != 0 ? g_strdup_printf (_ ("%s (undone by request %" PRId64 ")"), resolution, undone_by) : NULL;
  const char *end = undone != NULL ? undone : resolution;
  const char *cells[] = { id, request, document, sync_ctl_get_string (conflict, "type"), since,
                          with_end && *resolution != '\0' ? end : why, with_end ? by : NULL, NULL };

  sync_ctl_table_add (table, cells);
}

static int
list (SyncCtl *ctl, gboolean all)
{
  const char *const open_headings[] = { _ ("ID"), _ ("REQUEST"), _ ("DOCUMENT"), _ ("KIND"), _ ("SINCE"), _ ("WHY"), NULL };
  const char *const headings[]
    = { _ ("ID"), _ ("REQUEST"), _ ("DOCUMENT"), _ ("KIND"), _ ("SINCE"), _ ("ENDED"), _ ("BY"), NULL };
  g_autoptr (SyncCtlTable) table = sync_ctl_table_new (all ? headings : open_headings);
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_strdup_printf ("conflicts?status=%s&limit=%d", all ? "all" : "pending", LIST_LIMIT);
  g_autoptr (SyncCtlAnswer) answer = sync_ctl_client_call (ctl->client, "GET", path, NULL, &error);
  JsonArray *conflicts;

  if (answer == NULL)
    return sync_ctl_fail (error);
  conflicts = json_object_get_array_member (json_node_get_object (answer->root), "conflicts");
  if (json_array_get_length (conflicts) >= LIST_LIMIT)
    g_printerr (_ ("posawesome-syncctl: there may be more conflicts; only the %d oldest are listed\n"), LIST_LIMIT);
  if (ctl->json)
    {
      sync_ctl_print_answer (answer->text);
      return SYNC_CTL_DONE;
    }
  for (guint i = 0; i < json_array_get_length (conflicts); i++)
    add_row (table, json_array_get_object_element (conflicts, i), all);
  if (json_array_get_length (conflicts) > 0)
    sync_ctl_table_print (table);
  else
    g_print ("%s\n", all ? _ ("There are no conflicts.") : _ ("There are no open conflicts."));
  return SYNC_CTL_DONE;
}

/* (transfer full): a value of a document in one line */
static char *
dup_value (JsonObject *document, const char *name)
{
  JsonNode *node = document != NULL ? json_object_get_member (document, name) : NULL;
  g_autofree char *text = NULL;

  if (node == NULL)
    return g_strdup ("—");
  text = JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING ? json_node_dup_string (node)
                                                                                          : json_to_string (node, FALSE);
  return sync_ctl_dup_line (text);
}

/* What the till sent, and how it stood before and stands on the server. */
static void
print_sides (JsonObject *conflict)
{
  const char *const headings[] = { _ ("FIELD"), _ ("BEFORE"), _ ("THIS TILL"), _ ("SERVER"), NULL };
  g_autoptr (SyncCtlTable) table = sync_ctl_table_new (headings);
  JsonObject *base = sync_ctl_get_object (conflict, "base");
  JsonObject *local = sync_ctl_get_object (conflict, "local");
  JsonObject *server = sync_ctl_get_object (conflict, "server");
  g_autoptr (GList) names = local != NULL ? json_object_get_members (local) : NULL;

  for (GList *l = names; l != NULL; l = l->next)
    {
      g_autofree char *before = dup_value (base, l->data);
      g_autofree char *ours = dup_value (local, l->data);
      g_autofree char *theirs = dup_value (server, l->data);
      const char *cells[] = { l->data, before, ours, theirs, NULL };

      sync_ctl_table_add (table, cells);
    }
  if (names != NULL)
    sync_ctl_table_print (table);
  if (server == NULL)
    g_print ("%s\n", _ ("The document is not on the server."));
}

/* Whether this till's version could be sent; what is asked for is a preview, which changes nothing. */
static gboolean
can_local_win (SyncCtl *ctl, const char *path)
{
  g_autofree char *resolve = g_strconcat (path, "/resolve", NULL);
  g_autoptr (SyncCtlAnswer) answer
    = sync_ctl_client_call (ctl->client, "POST", resolve, "{\"resolution\":\"local_wins\",\"preview\":true}", NULL);

  return answer != NULL;
}

/* How it ended, or how it can. */
static void
print_end (SyncCtl *ctl, JsonObject *conflict, const char *path, const char *argument)
{
  const char *resolution = sync_ctl_get_string (conflict, "resolution");
  const char *by = sync_ctl_get_string (conflict, "resolvedBy");
  const char *why = *sync_ctl_get_string (conflict, "why") != '\0' ? sync_ctl_get_string (conflict, "why") : "—";
  gint64 undone_by = sync_ctl_get_int (conflict, "undoneBy");

  if (*resolution != '\0')
    g_print (_ ("Ended: %s, by %s\n"), resolution, *by != '\0' ? by : "—");
  else if (can_local_win (ctl, path))
    g_print (_ ("Open: %s\nEnd it with “posawesome-syncctl resolve %s local_wins” or “server_wins”.\n"), why, argument);
  else
    g_print (_ ("Open: %s\nEnd it with “posawesome-syncctl resolve %s server_wins”.\n"), why, argument);
  if (undone_by != 0)
    g_print (_ ("The end of conflict %s is undone by request %" PRId64 ".\n"), argument, undone_by);
}

static int
show (SyncCtl *ctl, const char *argument)
{
  g_autoptr (SyncCtlAnswer) answer = NULL;
  g_autofree char *path = NULL;
  g_autofree char *since = NULL;
  JsonObject *conflict;
  gint64 id;
  int status;

  if (!sync_ctl_parse_conflict (argument, &id))
    return SYNC_CTL_USAGE;
  path = g_strdup_printf ("conflicts/%" G_GINT64_FORMAT, id);
  answer = sync_ctl_call (ctl, "GET", path, NULL, &status);
  if (answer == NULL)
    return status;
  conflict = json_node_get_object (answer->root);
  since = sync_ctl_dup_time (sync_ctl_get_int (conflict, "createdMs"));
  g_print (_ ("Request %" PRId64 ", %s %s, %s, since %s\n"), sync_ctl_get_int (conflict, "requestId"),
           sync_ctl_get_string (conflict, "resourceType"), sync_ctl_get_string (conflict, "resourceId"),
           sync_ctl_get_string (conflict, "type"), since);
  print_sides (conflict);
  print_end (ctl, conflict, path, argument);
  return SYNC_CTL_DONE;
}

int
sync_ctl_conflicts (SyncCtl *ctl, char **arguments)
{
  if (arguments[0] == NULL || strcmp (arguments[0], "all") == 0)
    return list (ctl, arguments[0] != NULL);
  return show (ctl, arguments[0]);
}

static const char *
resolution_words (JsonObject *conflict)
{
  const char *resolution = sync_ctl_get_string (conflict, "resolution");

  if (g_strcmp0 (resolution, "local_wins") == 0)
    return _ ("this till's version is sent");
  if (g_strcmp0 (resolution, "server_wins") == 0)
    return _ ("the server's version stands");
  if (g_strcmp0 (resolution, "merged") == 0)
    return _ ("fields of both versions are sent");
  if (g_strcmp0 (resolution, "manual") == 0)
    return _ ("the document that was given is sent");
  return _ ("it stays open");
}

/* (transfer full): the body of the call; NULL with @error if the document cannot be read */
static char *
dup_resolution (SyncCtl *ctl, const char *resolution, GError **error)
{
  g_autoptr (GString) body = g_string_new (NULL);
  g_autoptr (GBytes) document = NULL;

  g_string_printf (body, "{\"resolution\":\"%s\"", resolution);
  if (ctl->document != NULL)
    {
      gsize length;
      const char *data;

      document = sync_ctl_read_json (ctl->document, NULL, error);
      if (document == NULL)
        return NULL;
      data = g_bytes_get_data (document, &length);
      g_string_append (body, ",\"document\":");
      g_string_append_len (body, data, length);
    }
  g_string_append (body, ctl->preview ? ",\"preview\":true}" : "}");
  return g_string_free (g_steal_pointer (&body), FALSE);
}

static void
print_preview (JsonObject *answer)
{
  JsonNode *preview = json_object_get_member (answer, "preview");
  g_autofree char *text = preview != NULL && JSON_NODE_HOLDS_OBJECT (preview) ? json_to_string (preview, TRUE) : NULL;

  g_print ("%s\n", text != NULL ? text : _ ("Nothing would be written."));
}

int
sync_ctl_resolve (SyncCtl *ctl, char **arguments)
{
  static const char *const known[] = { "local_wins", "server_wins", "merged", "manual", "skip", NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncCtlAnswer) answer = NULL;
  g_autofree char *path = NULL;
  g_autofree char *body = NULL;
  gint64 id;
  int status;

  if (!sync_ctl_parse_conflict (arguments[0], &id))
    return SYNC_CTL_USAGE;
  if (!g_strv_contains (known, arguments[1]))
    return sync_ctl_usage_error (
      _ ("“%s” is no way to end a conflict; there are local_wins, server_wins, merged, manual and skip"), arguments[1]);
  path = g_strdup_printf ("conflicts/%" G_GINT64_FORMAT "/resolve", id);
  body = dup_resolution (ctl, arguments[1], &error);
  if (body == NULL)
    return sync_ctl_fail (error);
  answer = sync_ctl_call (ctl, "POST", path, body, &status);
  if (answer == NULL)
    return status;
  if (ctl->preview)
    print_preview (json_node_get_object (answer->root));
  else
    g_print (_ ("Conflict %s: %s.\n"), arguments[0], resolution_words (json_node_get_object (answer->root)));
  return SYNC_CTL_DONE;
}

int
sync_ctl_undo (SyncCtl *ctl, char **arguments)
{
  g_autoptr (SyncCtlAnswer) answer = NULL;
  g_autofree char *path = NULL;
  gint64 id;
  int status;

  if (!sync_ctl_parse_conflict (arguments[0], &id))
    return SYNC_CTL_USAGE;
  path = g_strdup_printf ("conflicts/%" G_GINT64_FORMAT "/undo", id);
  answer = sync_ctl_call (ctl, "POST", path, "{}", &status);
  if (answer == NULL)
    return status;
  g_print (_ ("The end of conflict %s is undone by request %" PRId64 ".\n"), arguments[0],
           sync_ctl_get_int (json_node_get_object (answer->root), "requestId"));
  return SYNC_CTL_DONE;
}
