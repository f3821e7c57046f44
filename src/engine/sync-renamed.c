/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A document that is not there under its name may have been renamed. To those who may not read the server's log that looks
 * like a deleted document and a new one; but a renamed one keeps the moment at which it was made, to the microsecond. If
 * exactly one document of the DocType was made then, that is it, and the change goes on to it. Engine's thread only. */
#include "config.h"

#include "sync-engine-private.h"

#include <string.h>

static char *
dup_member (const char *document, const char *name)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *object = sync_question_parse (parser, document, -1);

  return object != NULL ? g_strdup (sync_json_member_text (object, name, NULL)) : NULL;
}

/* (transfer full) (nullable): when the document was made, in the server's words, if anything that is kept tells */
char *
sync_renamed_dup_creation (SyncEngine *self, const SyncRequest *request)
{
  g_autofree char *handed = NULL;
  g_autofree char *base = sync_settle_dup_base (self, request);
  g_autofree char *creation = dup_member (base, "creation");

  if (creation == NULL && request->base_document != NULL)
    {
      /* An older version of it was made no later. */
      handed = g_strndup (g_bytes_get_data (request->base_document, NULL), g_bytes_get_size (request->base_document));
      creation = dup_member (handed, "creation");
    }
  return creation != NULL && *creation != '\0' ? g_steal_pointer (&creation) : NULL;
}

/* Whether the name stands in the path, so that another one can take its place. */
static gboolean
has_name_in_path (const SyncRoute *route, const SyncRequest *request)
{
  static const char *const methods[] = { "PUT", "PATCH", "DELETE", NULL };

  return g_strv_contains (methods, request->method) && request->resource_type != NULL
         && g_str_equal (route->family, SYNC_ROUTE_FAMILY_RESOURCE);
}

/* What was imported may have been made at one and the same moment. */
static gboolean
is_unlike_any_other (const char *creation)
{
  return creation != NULL && strchr (creation, '.') != NULL && !g_str_has_suffix (creation, ".000000");
}

/* Whether a write whose document is gone can be taken to where that went: we know when it was made. */
gboolean
sync_renamed_can_look (SyncEngine *self, const SyncRoute *route, const SyncRequest *request)
{
  g_autofree char *creation = NULL;

  if (!has_name_in_path (route, request))
    return FALSE;
  creation = sync_renamed_dup_creation (self, request);
  return is_unlike_any_other (creation);
}

/* (transfer full) (nullable): the name under which the lane reached the document last, if it is another one; only where the
 * row itself does not know which document it means */
static char *
dup_followed_name (SyncEngine *self, const SyncRoute *route, const SyncRequest *request)
{
  g_autofree char *creation = NULL;
  g_autofree char *name = NULL;

  if (!has_name_in_path (route, request))
    return NULL;
  creation = sync_renamed_dup_creation (self, request);
  name = creation == NULL ? sync_store_dup_followed_name (self->store, request, NULL) : NULL;
  return name != NULL && g_ascii_strcasecmp (name, sync_request_get_document_name (request)) != 0 ? g_steal_pointer (&name)
                                                                                                 : NULL;
}

/* Whether a write of the lane has found the document under another name. */
gboolean
sync_renamed_lane_knows (SyncEngine *self, const SyncRoute *route, const SyncRequest *request)
{
  g_autofree char *name = dup_followed_name (self, route, request);

  return name != NULL;
}

/* What is not there under the name that @op has may be there under the one that the lane knows. Whether it took effect
 * there, if one of its sends is unaccounted for, the next look tells. */
gboolean
sync_renamed_follow_lane (SyncOperation *op)
{
  g_autofree char *name = dup_followed_name (op->engine, op->route, op->request);
  gboolean sure = op->request->unaccounted == 0;
  SyncChange change;

  if (name == NULL)
    return FALSE;
  change = sync_settle_change (op, sure ? SYNC_STATE_PENDING : op->request->state, "renamed");
  if (sure)
    change.needs_person = 0;
  change.server_name = name;
  change.delay_ms = 0;
  change.reason = "an earlier write found the document under another name";
  sync_settle_write_down (op, &change);
  return TRUE;
}

/* The digits of a moment, without the zeros behind the second: how it is written differs between versions. */
static char *
dup_digits (const char *moment)
{
  GString *out = g_string_new (NULL);

  for (; *moment != '\0'; moment++)
    if (g_ascii_isdigit (*moment))
      g_string_append_c (out, *moment);
  while (out->len > strlen ("YYYYMMDDhhmmss") && out->str[out->len - 1] == '0')
    g_string_truncate (out, out->len - 1);
  return g_string_free (out, FALSE);
}

/* Whether @document, found under the name that @request has, was made at another moment than the one that is meant: then it
 * only has its name. */
gboolean
sync_renamed_is_made_anew (SyncEngine *self, const SyncRequest *request, JsonObject *document)
{
  const char *its = sync_json_member_text (document, "creation", NULL);
  const char *modified = sync_json_member_text (document, "modified", NULL);
  g_autofree char *creation = sync_renamed_dup_creation (self, request);
  g_autofree char *its_digits = NULL;
  g_autofree char *digits = NULL;

  if (creation == NULL || its == NULL || g_strcmp0 (modified, request->base_modified) == 0)
    return FALSE;
  digits = dup_digits (creation);
  its_digits = dup_digits (its);
  return strcmp (digits, its_digits) != 0;
}

/* Whether what was found has the owner of what is looked for. */
static gboolean
has_its_owner (SyncOperation *op, JsonObject *document)
{
  g_autofree char *base = sync_settle_dup_base (op->engine, op->request);
  g_autofree char *owner = dup_member (base, "owner");

  return owner == NULL || g_strcmp0 (owner, sync_json_member_text (document, "owner", owner)) == 0;
}

static void
open_renamed (SyncOperation *op, JsonNode *document)
{
  g_autofree char *text = json_to_string (document, FALSE);
  const char *modified = sync_json_member_version (json_node_get_object (document));

  sync_settle_open_conflict_as (op, "renamed", op->asked, op->asked, text, modified);
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
  if (shown != NULL && has_its_owner (op, json_node_get_object (shown)))
    open_renamed (op, shown);
  else if (op->outcome.verdict == SYNC_VERDICT_GONE || op->outcome.verdict == SYNC_VERDICT_DELIVERED)
    sync_settle_gone (op);
  else
    sync_settle_take_trouble (op);
}

static void
listed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SyncOperation *op = user_data;
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autofree char *name = NULL;
  JsonArray *rows;

  if (!sync_question_take_reply (op, SYNC_TRANSPORT (source), result))
    return;
  rows = sync_question_get_rows (op->reply, &op->outcome, parser);
  if (rows == NULL)
    {
      sync_settle_take_trouble (op);
      return;
    }
  if (json_array_get_length (rows) == 1 && JSON_NODE_HOLDS_OBJECT (json_array_get_element (rows, 0)))
    name = sync_question_dup_name (json_array_get_object_element (rows, 0));
  if (name == NULL || g_ascii_strcasecmp (name, sync_request_get_document_name (op->request)) == 0)
    sync_settle_gone (op);
  else if (!sync_settle_ends_with_the_host (op))
    sync_settle_read (op, name, read_cb);
}

/* Looks for the document of @op, which is not there under its name, and opens the conflict. */
void
sync_renamed_look (SyncOperation *op)
{
  g_autofree char *creation = sync_renamed_dup_creation (op->engine, op->request);
  g_autofree char *path = sync_question_dup_find_path (op->request->resource_type, "creation", creation);

  /* A site that does not tell where it went leaves it gone. */
  op->unreadable = sync_settle_gone;
  if (!sync_settle_ends_with_the_host (op))
    sync_question_ask (op, path, listed_cb);
}
