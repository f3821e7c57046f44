/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Questions to the site: reads that change nothing there. Asked by the settling of what is unknown and by the proof of a
 * key field. Engine's thread only. */
#include "config.h"

#include "sync-engine-private.h"

#include "sync-json.h"

#include <string.h>

/* The object that @text (nullable) is, for as long as @parser lives; NULL: it is none. @length -1: up to its end. */
JsonObject *
sync_question_parse (JsonParser *parser, const char *text, gssize length)
{
  JsonNode *root;

  if (text != NULL && length < 0)
    length = (gssize) strlen (text);
  /* The parser follows any depth; the check does not. */
  if (text == NULL || !sync_json_check (text, (gsize) length, NULL, NULL)
      || !json_parser_load_from_data (parser, text, length, NULL))
    return NULL;
  root = json_parser_get_root (parser);
  return root != NULL && JSON_NODE_HOLDS_OBJECT (root) ? json_node_get_object (root) : NULL;
}

/* A member of an answer; lives as long as @parser. */
JsonNode *
sync_question_get_member (const SyncTransportReply *reply, JsonParser *parser, const char *member)
{
  gsize length = 0;
  const char *data = reply->body != NULL ? g_bytes_get_data (reply->body, &length) : NULL;
  JsonObject *object = sync_question_parse (parser, data, (gssize) length);

  return object != NULL ? json_object_get_member (object, member) : NULL;
}

/* The document that an answer, kept as text, holds as its `data`; lives as long as @parser. NULL: none. */
JsonNode *
sync_question_get_kept_document (const char *answer, JsonParser *parser)
{
  JsonObject *object = sync_question_parse (parser, answer, -1);
  JsonNode *data = object != NULL ? json_object_get_member (object, "data") : NULL;

  return data != NULL && JSON_NODE_HOLDS_OBJECT (data) ? data : NULL;
}

/* The `data` of an answer; lives as long as @parser. */
JsonNode *
sync_question_get_data (const SyncTransportReply *reply, JsonParser *parser)
{
  return sync_question_get_member (reply, parser, "data");
}

/* Reads an answer to a question that went out at @started_us (boot clock), and draws what it says of the host. */
void
sync_question_read (SyncEngine *self, SyncTransport *transport, GAsyncResult *result, gint64 started_us,
                    SyncReading *reading)
{
  const SyncTransportReply *reply = reading->reply = sync_transport_send_finish (transport, result);

  reading->answer = sync_answer_new_from_reply (reply->result, reply->bytes_written, reply->status, reply->content_type,
                                                reply->retry_after, reply->date, reply->rate_limit_reset, reply->body,
                                                SYNC_PROOF_MESSAGE, NULL);
  /* For a question a missing document is an answer, not a refusal. */
  reading->outcome = sync_outcome_classify (reading->answer, SYNC_ACTION_UPDATE);
  if (!self->running || reply->result == SYNC_TRANSPORT_CANCELLED)
    return;
  sync_engine_note_date (self, reply, reading->answer, reading->outcome.host, started_us);
  sync_engine_note_host (self, reading->outcome.host, reading->answer, reply->error);
}

void
sync_reading_clear (SyncReading *self)
{
  g_clear_pointer (&self->reply, sync_transport_reply_free);
  g_clear_pointer (&self->answer, sync_answer_free);
}

/* The rows of a list, for as long as @parser lives; NULL: the answer is none. */
JsonArray *
sync_question_get_rows (const SyncTransportReply *reply, const SyncOutcome *outcome, JsonParser *parser)
{
  JsonNode *data = sync_question_get_data (reply, parser);

  if (outcome->verdict != SYNC_VERDICT_DELIVERED || data == NULL || !JSON_NODE_HOLDS_ARRAY (data))
    return NULL;
  return json_node_get_array (data);
}

/* Reads an answer to a question of ours. FALSE: the program is ending and @op is gone. */
gboolean
sync_question_take_reply (SyncOperation *op, SyncTransport *transport, GAsyncResult *result)
{
  SyncReading reading = { 0 };

  g_clear_pointer (&op->reply, sync_transport_reply_free);
  g_clear_pointer (&op->answer, sync_answer_free);
  sync_question_read (op->engine, transport, result, op->started_us, &reading);
  op->reply = reading.reply;
  op->answer = reading.answer;
  op->outcome = reading.outcome;
  if (!sync_operation_is_dropped (op) && op->reply->result != SYNC_TRANSPORT_CANCELLED)
    return TRUE;
  sync_operation_end (op);
  return FALSE;
}

/* Asks the site something for @op. */
void
sync_question_ask (SyncOperation *op, const char *path, GAsyncReadyCallback callback)
{
  g_autoptr (SyncTransportRequest) call = sync_engine_new_call (op->engine, "GET", path);

  op->started_us = sync_clock_boot_us (op->engine->clock);
  sync_transport_send_async (op->engine->transport, call, op->cancellable, callback, op);
}

/* The argument `filters` of a list: field, value, field, value, NULL; all must be equal. */
char *
sync_question_dup_filters (const char *field, ...)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, field);
  json_builder_begin_object (builder);
  for (; field != NULL; field = va_arg (arguments, const char *))
    {
      json_builder_set_member_name (builder, field);
      json_builder_add_string_value (builder, va_arg (arguments, const char *));
    }
  json_builder_end_object (builder);
  va_end (arguments);
  node = json_builder_get_root (builder);
  text = json_to_string (node, FALSE);
  return g_uri_escape_string (text, NULL, FALSE);
}

/* A list of the documents of a DocType whose @field holds @value; of two at most, which tells whether it is the only one. */
char *
sync_question_dup_find_path (const char *resource_type, const char *field, const char *value)
{
  g_autofree char *list = sync_route_dup_document_path (resource_type, NULL);
  g_autofree char *filters = sync_question_dup_filters (field, value, NULL);

  return g_strdup_printf ("%s?filters=%s&fields=%%5B%%22name%%22%%5D&limit_page_length=2", list, filters);
}

/* Whether we may read that document. */
char *
sync_question_dup_right_path (const char *resource_type, const char *name)
{
  g_autofree char *type = g_uri_escape_string (resource_type, NULL, FALSE);
  g_autofree char *document = g_uri_escape_string (name, NULL, FALSE);

  return g_strdup_printf ("/api/method/frappe.client.has_permission?doctype=%s&docname=%s&perm_type=read", type, document);
}

/* The name of a document, NULL if it has none that can be asked for; some DocTypes number theirs. */
char *
sync_question_dup_name (JsonObject *document)
{
  JsonNode *node = json_object_get_member (document, "name");

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node))
    return NULL;
  if (json_node_get_value_type (node) == G_TYPE_INT64)
    return g_strdup_printf ("%" G_GINT64_FORMAT, json_node_get_int (node));
  return sync_route_is_document_name (json_node_get_string (node)) ? json_node_dup_string (node) : NULL;
}
