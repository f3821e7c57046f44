/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A create that is refused because its name is taken, while our key stands nowhere: the document of that name is somebody
 * else's. It is read, so that whoever decides sees it; if it stands, those who wait for ours go on with it. Engine's
 * thread only. */
#include "config.h"

#include "sync-engine-private.h"

#include "sync-mutant.h"

#include <string.h>

/* (transfer full) (nullable): the name in the body, where that is the document itself */
static char *
dup_given_name (const SyncRoute *route, const SyncRequest *request)
{
  GBytes *body = sync_request_get_body (request);
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *document = NULL;

  if (body != NULL && g_strcmp0 (route->document_path, "") == 0)
    document = sync_question_parse (parser, g_bytes_get_data (body, NULL), (gssize) g_bytes_get_size (body));
  return document != NULL ? sync_question_dup_name (document) : NULL;
}

/* (transfer full) (nullable): what the new document would have been called, if the body tells */
static char *
dup_name (const SyncRoute *route, const SyncRequest *request)
{
  char *name = dup_given_name (route, request);

  return name == NULL && route->natural != NULL ? g_strdup (route->natural[1]) : name;
}

/* Whether @name stands in @words as a word of its own. */
static gboolean
is_word_of (const char *words, const char *name)
{
  gsize length = strlen (name);

  for (const char *at = strstr (words, name); at != NULL; at = strstr (at + 1, name))
    {
      gunichar before = at > words ? g_utf8_get_char (g_utf8_prev_char (at)) : ' ';
      gunichar after = g_utf8_get_char (at + length);

      if (!g_unichar_isalnum (before) && !g_unichar_isalnum (after))
        return TRUE;
    }
  return FALSE;
}

/* Whether @exc_type and @message, the answer to @request, say that its name is taken, and not that of a document that is made
 * along with it. */
gboolean
sync_taken_can_look (const SyncRoute *route, const SyncRequest *request, const char *exc_type, const char *message)
{
  g_autofree char *name = NULL;
  g_autofree char *folded = NULL;
  g_autofree char *words = NULL;

  if (route->action != SYNC_ACTION_CREATE || request->resource_type == NULL || request->step > 0
      || request->server_name != NULL || message == NULL
      || (g_strcmp0 (exc_type, "DuplicateEntryError") != 0 && g_strcmp0 (exc_type, "NameError") != 0))
    return FALSE;
  name = dup_name (route, request);
  folded = name != NULL ? g_utf8_casefold (name, -1) : NULL;
  words = g_utf8_casefold (message, -1);
  return folded != NULL && *folded != '\0' && is_word_of (words, folded);
}

/* No document of that name can be shown: the refusal stands. */
static void
refused (SyncOperation *op)
{
  sync_settle_as (op, SYNC_STATE_FAILED, "absent", op->request->error_message);
}

static void
open_taken (SyncOperation *op, JsonNode *document)
{
  g_autofree char *text = json_to_string (document, FALSE);
  g_autofree char *name = sync_question_dup_name (json_node_get_object (document));

  if (SYNC_MUTANT ("taken-as-found"))
    sync_settle_as (op, SYNC_STATE_COMPLETED, "found", NULL);
  else
    sync_settle_open_conflict_as (op, "name_taken", name, NULL, text, NULL);
}

static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SyncOperation *op = user_data;
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonNode *shown;

  if (!sync_question_take_reply (op, SYNC_TRANSPORT (source), result))
    return;
  shown = sync_settle_get_shown (op, parser);
  if (shown != NULL)
    open_taken (op, shown);
  else if (op->outcome.verdict == SYNC_VERDICT_GONE)
    refused (op);
  else
    sync_settle_take_trouble (op);
}

/* Reads the document whose name is in the way of @op. */
void
sync_taken_look (SyncOperation *op)
{
  g_autofree char *name = dup_name (op->route, op->request);

  op->unreadable = refused;
  if (!sync_settle_ends_with_the_host (op))
    sync_settle_read (op, name, read_cb);
}
