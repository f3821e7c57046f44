/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One answer of the server, read as far as a verdict needs it: what kind of body it is, whether it holds
 * the proof that the route asks for, which document it shows, when to come back. Pure functions; any
 * thread. */
#include "config.h"

#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>

#include "sync-body.h"
#include "sync-json.h"
#include "sync-message.h"
#include "sync-outcome.h"
#include "sync-mutant.h"


/**
 * sync_answer_clear:
 * @self: an answer
 *
 * Frees what it holds and makes it an empty one.
 */
void
sync_answer_clear (SyncAnswer *self)
{
  g_free (self->content_type);
  g_free (self->exc_type);
  g_free (self->message);
  g_free (self->server_name);
  g_free (self->server_modified);
  g_free (self->server_type);
  g_free (self->echoed_key);
  *self = (SyncAnswer){ .retry_after_ms = -1, .docstatus = -1 };
}

/**
 * sync_answer_free:
 * @self: (nullable) (transfer full): an answer
 *
 * Frees it.
 */
void
sync_answer_free (SyncAnswer *self)
{
  if (self == NULL)
    return;
  sync_answer_clear (self);
  g_free (self);
}

static GDateTime *
make_date (int year, const char *month, int day, int hour, int minute, int second)
{
  static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const char *found = strlen (month) == 3 ? strstr (months, month) : NULL;

  if (found == NULL || (found - months) % 3 != 0 || second > 60)
    return NULL;
  return g_date_time_new_utc (year, (int) (found - months) / 3 + 1, day, hour, minute, MIN (second, 59));
}

/* The three spellings of RFC 9110, 5.6.7. */
static GDateTime *
parse_http_date (const char *text)
{
  char month[4];
  int year, day, hour, minute, second;

  if (text == NULL)
    return NULL;
  if (sscanf (text, "%*3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d GMT", &day, month, &year, &hour, &minute,
              &second)
      == 6)
    return make_date (year, month, day, hour, minute, second);
  if (sscanf (text, "%*9[A-Za-z], %2d-%3[A-Za-z]-%2d %2d:%2d:%2d GMT", &day, month, &year, &hour, &minute,
              &second)
      == 6)
    return make_date (2000 + year, month, day, hour, minute, second);
  if (sscanf (text, "%*3[A-Za-z] %3[A-Za-z] %2d %2d:%2d:%2d %4d", month, &day, &hour, &minute, &second,
              &year)
      == 6)
    return make_date (year, month, day, hour, minute, second);
  return NULL;
}

/* Whole seconds, capped; -1 if it is no number. */
static gint64
parse_seconds_ms (const char *text)
{
  g_autofree char *digits = text != NULL ? g_strstrip (g_strdup (text)) : NULL;
  gsize length = digits != NULL ? strlen (digits) : 0;

  if (length == 0 || strspn (digits, "0123456789") != length)
    return -1;
  if (length > 9)
    return SYNC_OUTCOME_MAX_WAIT_MS;
  return MIN (g_ascii_strtoll (digits, NULL, 10) * 1000, SYNC_OUTCOME_MAX_WAIT_MS);
}

/**
 * sync_outcome_parse_retry_after_ms:
 * @retry_after: (nullable): the header Retry-After, seconds or a date
 * @date: (nullable): the same answer's header Date, which a date in @retry_after is measured from
 *
 * Returns: milliseconds to wait, at most 24 hours; 0 for a date that has passed; -1 if the header says
 *   nothing that can be used (RFC 9110, 10.2.3)
 */
gint64
sync_outcome_parse_retry_after_ms (const char *retry_after, const char *date)
{
  g_autoptr (GDateTime) then = parse_http_date (retry_after);
  g_autoptr (GDateTime) now = parse_http_date (date);

  if (then != NULL && now != NULL)
    return CLAMP (g_date_time_difference (then, now) / 1000, 0, SYNC_OUTCOME_MAX_WAIT_MS);
  return parse_seconds_ms (retry_after);
}

/**
 * sync_outcome_parse_date_s:
 * @date: (nullable): the header Date of an answer
 *
 * Returns: the seconds since 1970 UTC that it tells, -1 if it is missing or no date
 */
gint64
sync_outcome_parse_date_s (const char *date)
{
  g_autoptr (GDateTime) time = parse_http_date (date);

  return time != NULL ? g_date_time_to_unix (time) : -1;
}

static char *
bare_type (const char *content_type)
{
  gsize length = content_type != NULL ? strcspn (content_type, "; \t") : 0;

  return length > 0 ? g_ascii_strdown (content_type, (gssize) length) : NULL;
}

static gboolean
looks_like_html (const SyncAnswer *self, const char *text, gsize length)
{
  g_autofree char *start = NULL;

  if (self->content_type != NULL
      && (strcmp (self->content_type, "text/html") == 0
          || strcmp (self->content_type, "application/xhtml+xml") == 0))
    return TRUE;
  start = g_ascii_strdown (text, (gssize) MIN (length, 256));
  g_strstrip (start);
  return g_str_has_prefix (start, "<!doctype html") || g_str_has_prefix (start, "<html");
}

static JsonObject *
get_object (JsonObject *object, const char *member)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, member) : NULL;

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

/* A text, or a whole number as text (documents with automatic numbers as names). */
static char *
dup_text (JsonObject *object, const char *member)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, member) : NULL;

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node))
    return NULL;
  if (json_node_get_value_type (node) == G_TYPE_INT64)
    return g_strdup_printf ("%" G_GINT64_FORMAT, json_node_get_int (node));
  if (json_node_get_value_type (node) != G_TYPE_STRING || *json_node_get_string (node) == '\0')
    return NULL;
  return json_node_dup_string (node);
}

static gboolean
is_there (JsonObject *object, const char *member)
{
  JsonNode *node = json_object_get_member (object, member);

  return node != NULL && !JSON_NODE_HOLDS_NULL (node);
}

static void
read_exception (SyncAnswer *self, JsonObject *object)
{
  JsonNode *errors = json_object_get_member (object, "errors");

  self->exc_type = dup_text (object, "exc_type");
  if (self->exc_type != NULL)
    {
      self->shape = SYNC_SHAPE_EXCEPTION;
      return;
    }
  if (errors == NULL || !JSON_NODE_HOLDS_ARRAY (errors)
      || json_array_get_length (json_node_get_array (errors)) == 0)
    return;
  self->shape = SYNC_SHAPE_EXCEPTION;
  errors = json_array_get_element (json_node_get_array (errors), 0);
  if (JSON_NODE_HOLDS_OBJECT (errors))
    self->exc_type = dup_text (json_node_get_object (errors), "type");
}

static void
read_document (SyncAnswer *self, JsonObject *payload, JsonObject *document, const char *key_field)
{
  g_autofree char *docstatus = dup_text (document, "docstatus");
  const char *const fields[] = { key_field, "client_request_id", "offline_id" };

  self->server_name = dup_text (document, "name");
  if (!sync_route_is_document_name (self->server_name))
    g_clear_pointer (&self->server_name, g_free);
  self->server_type = dup_text (document, "doctype");
  self->server_modified = dup_text (document, "modified");
  if (docstatus != NULL && strlen (docstatus) == 1 && *docstatus >= '0' && *docstatus <= '2')
    self->docstatus = *docstatus - '0';
  for (guint i = 0; self->echoed_key == NULL && i < G_N_ELEMENTS (fields); i++)
    if (fields[i] != NULL)
      {
        self->echoed_key = dup_text (document, fields[i]);
        if (self->echoed_key == NULL)
          self->echoed_key = dup_text (payload, fields[i]);
        if (self->echoed_key != NULL)
          self->echoed_in = g_intern_string (fields[i]);
      }
}

static gboolean
has_no_errors (JsonObject *payload)
{
  JsonNode *errors = payload != NULL ? json_object_get_member (payload, "errors") : NULL;

  if (payload == NULL)
    return FALSE;
  if (errors == NULL || JSON_NODE_HOLDS_NULL (errors))
    return TRUE;
  if (JSON_NODE_HOLDS_ARRAY (errors))
    return json_array_get_length (json_node_get_array (errors)) == 0;
  return JSON_NODE_HOLDS_OBJECT (errors) && json_object_get_size (json_node_get_object (errors)) == 0;
}

/* What `errors` says, one line each: texts, or objects with a text in `message` or `error`. */
static char *
dup_error_words (JsonObject *payload)
{
  JsonNode *node = payload != NULL ? json_object_get_member (payload, "errors") : NULL;
  JsonArray *errors = node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  g_autoptr (GString) words = g_string_new (NULL);

  for (guint i = 0; errors != NULL && i < json_array_get_length (errors); i++)
    {
      JsonNode *error = json_array_get_element (errors, i);
      JsonObject *object = JSON_NODE_HOLDS_OBJECT (error) ? json_node_get_object (error) : NULL;
      g_autofree char *text = object == NULL                        ? NULL
                              : json_object_has_member (object, "message") ? dup_text (object, "message")
                                                                           : dup_text (object, "error");

      if (text == NULL)
        text = JSON_NODE_HOLDS_VALUE (error) && json_node_get_value_type (error) == G_TYPE_STRING
                 ? json_node_dup_string (error)
                 : json_to_string (error, FALSE);
      g_string_append_printf (words, "%s%s", words->len > 0 ? "\n" : "", text);
    }
  return words->len > 0 ? g_string_free (g_steal_pointer (&words), FALSE) : NULL;
}

/* Whether an object holds nothing but what the framework adds to any answer: a method returned nothing. */
static gboolean
is_bare (JsonObject *object)
{
  JsonObjectIter iter;
  const char *member;
  JsonNode *value;

  json_object_iter_init (&iter, object);
  while (json_object_iter_next (&iter, &member, &value))
    if (*member != '_' && strcmp (member, "docs") != 0 && strcmp (member, "messages") != 0
        && strcmp (member, "session_expired") != 0 && !JSON_NODE_HOLDS_NULL (value))
      return FALSE;
  return TRUE;
}

static gboolean
is_deleted (JsonObject *object)
{
  const char *member = is_there (object, "data") ? "data" : "message";
  g_autofree char *text = dup_text (object, member);

  return g_strcmp0 (text, "ok") == 0 || is_bare (object);
}

static gboolean
proof_is_met (const SyncAnswer *self, JsonObject *object, JsonObject *payload, SyncProof proof)
{
  if (self->shape == SYNC_SHAPE_EXCEPTION)
    return FALSE;
  switch (proof)
    {
    case SYNC_PROOF_DOCUMENT:
      return self->server_name != NULL;
    case SYNC_PROOF_DELETED:
      return is_deleted (object);
    case SYNC_PROOF_SUBMITTED:
      return self->docstatus == 1 || (SYNC_MUTANT ("draft-as-submitted") && self->server_name != NULL);
    case SYNC_PROOF_CANCELLED:
      return self->docstatus == 2;
    case SYNC_PROOF_NO_ERRORS:
      return has_no_errors (payload);
    case SYNC_PROOF_MESSAGE:
      return is_there (object, "data") || is_there (object, "message");
    case SYNC_PROOF_EMPTY:
      return is_there (object, "data") || is_there (object, "message") || is_bare (object);
    }
  return FALSE;
}

static void
read_object (SyncAnswer *self, JsonObject *object, SyncProof proof, const char *key_field)
{
  JsonObject *payload = get_object (object, "data");
  JsonObject *document;
  g_autofree char *expired = dup_text (object, "session_expired");

  if (payload == NULL)
    payload = get_object (object, "message");
  /* POS Awesome wraps the invoice once more. */
  document = get_object (payload, "invoice");
  if (document == NULL)
    document = payload;
  self->shape = is_there (object, "data")      ? SYNC_SHAPE_DATA
                : is_there (object, "message") ? SYNC_SHAPE_MESSAGE
                                               : SYNC_SHAPE_JSON;
  self->session_expired = g_strcmp0 (expired, "1") == 0;
  read_exception (self, object);
  read_document (self, payload, document, key_field);
  self->proof_met = proof_is_met (self, object, payload, proof);
  if (proof == SYNC_PROOF_NO_ERRORS && !self->proof_met)
    self->message = dup_error_words (payload);
}

static void
read_body (SyncAnswer *self, GBytes *body, SyncProof proof, const char *key_field)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  gsize length = 0;
  const char *text = body != NULL ? g_bytes_get_data (body, &length) : NULL;
  JsonNode *root;

  self->shape = SYNC_SHAPE_NONE;
  if (length == 0)
    return;
  self->shape = SYNC_SHAPE_OTHER;
  if (looks_like_html (self, text, length))
    self->shape = SYNC_SHAPE_HTML;
  if (g_strcmp0 (self->content_type, "application/json") != 0 || !sync_json_check (text, length, NULL, NULL)
      || !json_parser_load_from_data (parser, text, (gssize) length, NULL))
    return;
  root = json_parser_get_root (parser);
  self->shape = SYNC_SHAPE_JSON;
  if (!JSON_NODE_HOLDS_OBJECT (root))
    return;
  read_object (self, json_node_get_object (root), proof, key_field);
  if (self->message != NULL)
    return;
  /* In a success `message` is the result; only words that were meant as words are kept of it. */
  if (self->status < 200 || self->status > 299
      || json_object_has_member (json_node_get_object (root), "_server_messages")
      || json_object_has_member (json_node_get_object (root), "messages"))
    self->message = sync_message_unpack (root);
}

/**
 * sync_answer_new_from_reply:
 * @transport: how far the transport came
 * @bytes_written: whether at least one byte of the request may have left
 * @status: HTTP status, 0 if there was no answer
 * @content_type: (nullable): the answer's header
 * @retry_after: (nullable): the answer's header
 * @date: (nullable): the answer's header
 * @rate_limit_reset: (nullable): the header X-RateLimit-Reset, seconds; counts only with status 429 or 503
 * @body: (nullable): the answer's body
 * @proof: what the route asks for
 * @key_field: (nullable): the route's key field, to see whether the answer shows the key
 *
 * Reads an answer. Only application/json is read as JSON.
 *
 * Returns: (transfer full): what it says
 */
SyncAnswer *
sync_answer_new_from_reply (SyncTransportResult transport, gboolean bytes_written, guint status,
                            const char *content_type, const char *retry_after, const char *date,
                            const char *rate_limit_reset, GBytes *body, SyncProof proof,
                            const char *key_field)
{
  SyncAnswer *self = g_new0 (SyncAnswer, 1);

  self->transport = transport;
  self->bytes_written = bytes_written;
  self->docstatus = -1;
  self->retry_after_ms = -1;
  if (transport != SYNC_TRANSPORT_OK)
    return self;
  self->status = status;
  self->content_type = bare_type (content_type);
  self->retry_after_ms = sync_outcome_parse_retry_after_ms (retry_after, date);
  if (self->retry_after_ms < 0 && (status == 429 || status == 503))
    self->retry_after_ms = parse_seconds_ms (rate_limit_reset);
  if (self->retry_after_ms < 0)
    self->retry_at_ms = MAX (sync_outcome_parse_date_s (retry_after), 0) * 1000;
  read_body (self, body, proof, key_field);
  return self;
}

/* Whether one of the rows of the document in @body is the row @name of the DocType @resource_type: who sets a field of a
 * row is shown the document that it stands in. */
static gboolean
has_row (GBytes *body, const char *resource_type, const char *name)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  gsize length;
  const char *text = g_bytes_get_data (body, &length);
  JsonObject *root, *document;
  JsonObjectIter iter;
  JsonNode *rows;

  if (!json_parser_load_from_data (parser, text, (gssize) length, NULL))
    return FALSE;
  root = json_node_get_object (json_parser_get_root (parser));
  document = get_object (root, "data");
  if (document == NULL)
    document = get_object (root, "message");
  if (document == NULL)
    return FALSE;
  json_object_iter_init (&iter, document);
  while (json_object_iter_next (&iter, NULL, &rows))
    for (guint i = 0; JSON_NODE_HOLDS_ARRAY (rows) && i < json_array_get_length (json_node_get_array (rows)); i++)
      {
        JsonNode *row = json_array_get_element (json_node_get_array (rows), i);
        JsonObject *object = JSON_NODE_HOLDS_OBJECT (row) ? json_node_get_object (row) : NULL;
        g_autofree char *type = dup_text (object, "doctype");
        g_autofree char *its_name = dup_text (object, "name");

        if (type != NULL && its_name != NULL && sync_key_is_same (type, resource_type) && sync_key_is_same (its_name, name))
          return TRUE;
      }
  return FALSE;
}

/**
 * sync_answer_take_for_another:
 * @self: an answer
 *
 * What it says, it says of something else: it proves nothing.
 */
void
sync_answer_take_for_another (SyncAnswer *self)
{
  g_autofree char *words
    = g_strdup_printf ("The answer shows another document, %s %s: something between here and the server mixes answers up.",
                       self->server_type != NULL ? self->server_type : "called",
                       self->server_name != NULL ? self->server_name : "without a name");

  if (SYNC_MUTANT ("any-document-as-proof"))
    return;
  g_clear_pointer (&self->server_name, g_free);
  g_clear_pointer (&self->server_modified, g_free);
  g_clear_pointer (&self->server_type, g_free);
  g_clear_pointer (&self->echoed_key, g_free);
  self->docstatus = -1;
  self->proof_met = FALSE;
  self->of_another = TRUE;
  g_free (self->message);
  self->message = g_steal_pointer (&words);
}

/**
 * sync_document_is:
 * @doctype: (nullable): a document's own `doctype`
 * @its_name: its own name
 * @resource_type: the DocType that was asked for
 * @name: the name that was asked for
 *
 * Returns: whether that document answers to that name. A Single has its DocType for a name, whatever it is called by.
 */
gboolean
sync_document_is (const char *doctype, const char *its_name, const char *resource_type, const char *name)
{
  if (doctype != NULL && !sync_key_is_same (doctype, resource_type))
    return FALSE;
  return sync_key_is_same (its_name, name) || (doctype != NULL && sync_key_is_same (its_name, doctype));
}

/**
 * sync_answer_expect_document:
 * @self: an answer
 * @body: (nullable): its body
 * @resource_type: the DocType that the request speaks of
 * @name: the document that it addressed
 *
 * Takes the proof back if the answer shows another document than that. An answer that shows none stays what it is.
 */
void
sync_answer_expect_document (SyncAnswer *self, GBytes *body, const char *resource_type, const char *name)
{
  if (body == NULL || self->server_name == NULL
      || (self->shape != SYNC_SHAPE_DATA && self->shape != SYNC_SHAPE_MESSAGE)
      || sync_document_is (self->server_type, self->server_name, resource_type, name)
      || has_row (body, resource_type, name))
    return;
  sync_answer_take_for_another (self);
}

/**
 * sync_answer_expect_made:
 * @self: an answer to a create
 * @resource_type: the DocType that was to be made
 *
 * Takes the proof back if the answer shows a document of another DocType. One that does not say its DocType stays what it is.
 */
void
sync_answer_expect_made (SyncAnswer *self, const char *resource_type)
{
  if (self->proof_met && self->server_type != NULL && !sync_key_is_same (self->server_type, resource_type))
    sync_answer_take_for_another (self);
}

/**
 * sync_answer_expect_newer:
 * @self: an answer to a change
 * @base_modified: the version that was sent with it
 *
 * Takes the proof back if the answer shows that very version: each write makes a new one, also if nothing changes (the
 * recorded exchange 241), so this answer is older than the change.
 */
void
sync_answer_expect_newer (SyncAnswer *self, const char *base_modified)
{
  if (self->proof_met && g_strcmp0 (self->server_modified, base_modified) == 0)
    sync_answer_take_for_another (self);
}

static gboolean
mentions (GBytes *body, const char *text)
{
  gsize length = 0;
  const char *data = body != NULL ? g_bytes_get_data (body, &length) : NULL;

  return data != NULL && g_strstr_len (data, (gssize) length, text) != NULL;
}

/**
 * sync_answer_expect_key:
 * @self: an answer to a request that makes something
 * @route: what the request is
 * @key: its key
 * @body: (nullable): its body
 *
 * Takes the proof back if the answer shows another key where the request had its own; and if it shows one that is nowhere in
 * the request, where POS Awesome's submission shows it. One that shows none stays what it is.
 */
void
sync_answer_expect_key (SyncAnswer *self, const SyncRoute *route, const char *key, GBytes *body)
{
  const char *slash = route->key_path != NULL ? strrchr (route->key_path, '/') : NULL;
  const char *field = slash != NULL ? slash + 1 : route->key_path;
  gboolean is_its_place;

  if (self->echoed_key == NULL || (self->shape != SYNC_SHAPE_DATA && self->shape != SYNC_SHAPE_MESSAGE)
      || sync_key_is_stored_as (key, self->echoed_key))
    return;
  is_its_place = g_strcmp0 (self->echoed_in, route->key_field) == 0 || g_strcmp0 (self->echoed_in, field) == 0;
  if (is_its_place || (route->echoes_key && route->proof == SYNC_PROOF_SUBMITTED && !mentions (body, self->echoed_key)))
    sync_answer_take_for_another (self);
}
