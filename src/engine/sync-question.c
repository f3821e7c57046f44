/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Questions to the site about one row: reads that change nothing there. Asked by the settling of what is unknown and by
 * the proof of a key field. Engine's thread only. */
#include "config.h"

#include "sync-engine-private.h"

#include "sync-json.h"

/* A member of an answer; lives as long as @parser. */
JsonNode *
sync_question_get_member (const SyncTransportReply *reply, JsonParser *parser, const char *member)
{
  JsonNode *root;
  gsize length;
  const char *data;

  if (reply->body == NULL)
    return NULL;
  data = g_bytes_get_data (reply->body, &length);
  /* The parser follows any depth; the check does not. */
  if (!sync_json_check (data, length, NULL, NULL) || !json_parser_load_from_data (parser, data, length, NULL))
    return NULL;
  root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    return NULL;
  return json_object_get_member (json_node_get_object (root), member);
}

/* The `data` of an answer; lives as long as @parser. */
JsonNode *
sync_question_get_data (const SyncTransportReply *reply, JsonParser *parser)
{
  return sync_question_get_member (reply, parser, "data");
}

/* Reads an answer to a question of ours. FALSE: the program is ending and @op is gone. */
gboolean
sync_question_take_reply (SyncOperation *op, SyncTransport *transport, GAsyncResult *result)
{
  g_clear_pointer (&op->reply, sync_transport_reply_free);
  g_clear_pointer (&op->answer, sync_answer_free);
  op->reply = sync_transport_send_finish (transport, result);
  if (sync_operation_is_dropped (op) || op->reply->result == SYNC_TRANSPORT_CANCELLED)
    {
      sync_operation_end (op);
      return FALSE;
    }
  sync_engine_note_date (op->engine, op->reply, op->started_us);
  op->answer = sync_answer_new_from_reply (op->reply->result, op->reply->bytes_written, op->reply->status,
                                           op->reply->content_type, op->reply->retry_after, op->reply->date,
                                           op->reply->rate_limit_reset, op->reply->body, SYNC_PROOF_MESSAGE, NULL);
  /* For a question a missing document is an answer, not a refusal. */
  op->outcome = sync_outcome_classify (op->answer, SYNC_ACTION_UPDATE);
  sync_engine_note_host (op->engine, op->outcome.host, op->answer, op->reply->error);
  return TRUE;
}

/* Asks the site something for @op. */
void
sync_question_ask (SyncOperation *op, const char *path, GAsyncReadyCallback callback)
{
  g_autoptr (SyncTransportRequest) call = sync_engine_new_call (op->engine, "GET", path);

  op->started_us = sync_clock_boot_us (op->engine->clock);
  sync_transport_send_async (op->engine->transport, call, op->cancellable, callback, op);
}

/* A list of the documents of a DocType whose key field holds @key. */
char *
sync_question_dup_key_path (const SyncOperation *op, const char *key)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *filters = NULL;
  g_autofree char *escaped = NULL;
  g_autofree char *list = sync_route_dup_document_path (op->request->resource_type, NULL);

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, op->route->key_field);
  json_builder_add_string_value (builder, key);
  json_builder_end_object (builder);
  node = json_builder_get_root (builder);
  filters = json_to_string (node, FALSE);
  escaped = g_uri_escape_string (filters, NULL, FALSE);
  return g_strdup_printf ("%s?filters=%s&fields=%%5B%%22name%%22%%5D&limit_page_length=2", list, escaped);
}

/* Whether we may read that document. */
char *
sync_question_dup_right_path (const char *resource_type, const char *name)
{
  g_autofree char *type = g_uri_escape_string (resource_type, NULL, FALSE);
  g_autofree char *document = g_uri_escape_string (name, NULL, FALSE);

  return g_strdup_printf ("/api/method/frappe.client.has_permission?doctype=%s&docname=%s&perm_type=read", type, document);
}

/* The name of a document; some DocTypes number theirs. */
char *
sync_question_dup_name (JsonObject *document)
{
  JsonNode *node = json_object_get_member (document, "name");

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node))
    return NULL;
  if (json_node_get_value_type (node) == G_TYPE_INT64)
    return g_strdup_printf ("%" G_GINT64_FORMAT, json_node_get_int (node));
  return json_node_dup_string (node);
}
