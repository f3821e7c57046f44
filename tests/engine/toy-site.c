/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The site in memory: just enough of ERPNext for the engine's own rules; the practice shop is the faithful one. */
#include "config.h"

#include "toy-site.h"

#include <string.h>

#define V1 "/api/resource/"
#define V2 "/api/v2/document/"
#define CLIENT "/api/method/frappe.client."
#define REQUEST_LINE_BYTES 4094 /* as gunicorn's limit_request_line */

struct _ToySite
{
  GObject parent_instance;

  GHashTable *documents;  /* (owned) (element-type utf8 JsonObject): "Type/name" */
  GPtrArray *log;         /* (owned) (element-type utf8): what was committed, in order: "POST Customer CUST-1" */
  guint n_calls;
  guint n_saves;          /* makes names and `modified` */
  ToyFaultFunc fault;
  gpointer fault_data;    /* (unowned) */
  guint canned_status;
  char *canned_type;      /* (owned) */
  char *canned_body;      /* (owned) */
  char *retry_after;      /* (owned) (nullable) */
  gboolean has_key_field;
  gboolean key_is_unique;
  gboolean shows_definitions; /* as to a System Manager */
  char *user;             /* (owned) */
  SyncClock *clock;       /* (owned) (nullable): of the answers' Date; without one they have none */
  gint64 ahead_us;        /* the site's clock is so far ahead of it */
  gboolean hold;
  GQueue held;            /* (element-type GTask, owned) */
  guint most_held;
};

static void toy_site_transport_init (SyncTransportInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (ToySite, toy_site, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (SYNC_TYPE_TRANSPORT, toy_site_transport_init))

static SyncTransportReply *
reply_new (guint status, const char *content_type, const char *body)
{
  SyncTransportReply *reply = sync_transport_reply_new ();

  reply->result = SYNC_TRANSPORT_OK;
  reply->bytes_written = TRUE;
  reply->status = status;
  reply->content_type = g_strdup (content_type);
  reply->body = g_bytes_new (body, strlen (body));
  return reply;
}

static SyncTransportReply *
reply_exception (guint status, const char *exc_type, const char *words)
{
  g_autofree char *body
    = g_strdup_printf ("{\"exc_type\":\"%s\",\"exception\":\"frappe.exceptions.%s: %s\"}", exc_type, exc_type, words);

  return reply_new (status, "application/json", body);
}

/* As ERPNext does: by the label of the field. */
static SyncTransportReply *
reply_key_taken (const char *field)
{
  g_autofree char *label = g_strdelimit (g_ascii_strup (field, -1), "_", ' ');
  g_autofree char *body = g_strdup_printf ("{\"exc_type\":\"UniqueValidationError\",\"_server_messages\":"
                                           "\"[\\\"{\\\\\\\"message\\\\\\\": \\\\\\\"%s must be unique\\\\\\\"}\\\"]\"}",
                                           label);

  return reply_new (417, "application/json", body);
}

static SyncTransportReply *
reply_document (guint status, JsonObject *document)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), document);
  g_autofree char *text = json_to_string (node, FALSE);
  g_autofree char *body = g_strdup_printf ("{\"data\":%s}", text);

  return reply_new (status, "application/json", body);
}

static SyncTransportReply *
reply_broken (SyncTransportResult result, gboolean written)
{
  SyncTransportReply *reply = sync_transport_reply_new ();

  reply->result = result;
  reply->bytes_written = written;
  reply->error = g_strdup (written ? "the connection broke" : "connection refused");
  return reply;
}

static void
stamp (ToySite *self, JsonObject *document, const char *user)
{
  g_autofree char *modified = g_strdup_printf ("2026-11-23 10:00:00.%06u", ++self->n_saves);

  json_object_set_string_member (document, "modified", modified);
  json_object_set_string_member (document, "modified_by", user);
}

static const char *
key_member (const char *type)
{
  return g_str_equal (type, "Sales Invoice") || g_str_equal (type, "Payment Entry") ? "posa_client_request_id"
                                                                                   : "sync_client_id";
}

static JsonObject *
find_key (ToySite *self, const char *type, const char *key)
{
  GHashTableIter iter;
  gpointer name, document;
  g_autofree char *prefix = g_strconcat (type, "/", NULL);

  g_hash_table_iter_init (&iter, self->documents);
  while (g_hash_table_iter_next (&iter, &name, &document))
    if (g_str_has_prefix (name, prefix)
        && g_strcmp0 (json_object_get_string_member_with_default (document, key_member (type), NULL), key) == 0)
      return document;
  return NULL;
}

static JsonObject *
body_object (const SyncTransportRequest *request)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  gsize length;
  const char *data;

  if (request->body == NULL)
    return json_object_new ();
  data = g_bytes_get_data (request->body, &length);
  g_assert_true (json_parser_load_from_data (parser, data, length, NULL));
  return json_object_ref (json_node_get_object (json_parser_get_root (parser)));
}

static void
copy_members (JsonObject *from, JsonObject *to)
{
  g_autoptr (GList) members = json_object_get_members (from);

  for (GList *l = members; l != NULL; l = l->next)
    json_object_set_member (to, l->data, json_node_copy (json_object_get_member (from, l->data)));
}

static void
log_commit (ToySite *self, const char *method, const char *id)
{
  g_ptr_array_add (self->log, g_strdup_printf ("%s %s", method, id));
}

/* Who made it, and when: in Kolkata, by the site's clock. */
static void
sign (ToySite *self, JsonObject *document)
{
  g_autoptr (GTimeZone) zone = g_time_zone_new_identifier ("Asia/Kolkata");
  g_autoptr (GDateTime) utc = NULL;
  g_autoptr (GDateTime) local = NULL;
  g_autofree char *second = NULL;
  g_autofree char *text = NULL;

  json_object_set_string_member (document, "owner", self->user);
  if (self->clock == NULL)
    return;
  utc = g_date_time_new_from_unix_utc ((sync_clock_wall_us (self->clock) + self->ahead_us) / G_USEC_PER_SEC);
  local = g_date_time_to_timezone (utc, zone);
  second = g_date_time_format (local, "%Y-%m-%d %H:%M:%S");
  text = g_strdup_printf ("%s.%06u", second,
                          (guint) ((sync_clock_wall_us (self->clock) + self->ahead_us) % G_USEC_PER_SEC));
  json_object_set_string_member (document, "creation", text);
}

static SyncTransportReply *
create (ToySite *self, const char *type, const SyncTransportRequest *request)
{
  g_autoptr (JsonObject) body = body_object (request);
  const char *key = json_object_get_string_member_with_default (body, key_member (type), NULL);
  g_autofree char *name = NULL;
  g_autofree char *id = NULL;
  JsonObject *document;

  if (self->has_key_field && key != NULL && find_key (self, type, key) != NULL)
    return reply_key_taken (key_member (type));
  document = json_object_new ();
  copy_members (body, document);
  if (!self->has_key_field)
    json_object_remove_member (document, key_member (type));
  stamp (self, document, self->user);
  sign (self, document);
  name = g_strdup_printf ("NAME-%u", self->n_saves);
  json_object_set_string_member (document, "name", name);
  if (!json_object_has_member (document, "docstatus"))
    json_object_set_int_member (document, "docstatus", 0);
  id = g_strconcat (type, "/", name, NULL);
  g_hash_table_insert (self->documents, g_strdup (id), document);
  log_commit (self, "POST", id);
  return reply_document (200, document);
}

static SyncTransportReply *
update (ToySite *self, const char *id, JsonObject *document, JsonObject *body)
{
  if (json_object_has_member (body, "modified")
      && g_strcmp0 (json_object_get_string_member (body, "modified"), json_object_get_string_member (document, "modified")) != 0)
    return reply_exception (417, "TimestampMismatchError", "Document has been modified after you have opened it");
  copy_members (body, document);
  stamp (self, document, self->user);
  log_commit (self, "PUT", id);
  return reply_document (200, document);
}

/* (transfer full): what frappe.client.set_value is to set: one field and its value, or an object of fields, also as a text */
static JsonObject *
read_fields (JsonObject *body)
{
  JsonNode *field = json_object_get_member (body, "fieldname");
  g_autoptr (JsonNode) parsed = NULL;
  JsonObject *fields;

  if (!json_object_has_member (body, "value"))
    {
      parsed = JSON_NODE_HOLDS_OBJECT (field) ? json_node_ref (field) : json_from_string (json_node_get_string (field), NULL);
      return json_object_ref (json_node_get_object (parsed));
    }
  fields = json_object_new ();
  json_object_set_member (fields, json_node_get_string (field), json_node_copy (json_object_get_member (body, "value")));
  return fields;
}

/* A method of frappe.client that changes a document. */
static SyncTransportReply *
change (ToySite *self, const char *method, const SyncTransportRequest *request)
{
  gboolean saves = g_str_equal (method, "save");
  g_autoptr (JsonObject) body = body_object (request);
  JsonObject *which = saves ? json_object_get_object_member (body, "doc") : body;
  g_autofree char *id = g_strdup_printf ("%s/%s", json_object_get_string_member (which, "doctype"),
                                         json_object_get_string_member (which, "name"));
  JsonObject *document = g_hash_table_lookup (self->documents, id);
  g_autoptr (JsonObject) fields = NULL;

  g_assert_true (saves || g_str_equal (method, "set_value"));
  if (document == NULL)
    return reply_exception (404, "DoesNotExistError", "not found");
  fields = saves ? json_object_ref (which) : read_fields (body);
  return update (self, id, document, fields);
}

/* The fields of a document may stand in one called data. */
static SyncTransportReply *
update_from_body (ToySite *self, const char *id, JsonObject *document, const SyncTransportRequest *request)
{
  g_autoptr (JsonObject) body = body_object (request);

  return update (self, id, document, json_object_has_member (body, "data") ? json_object_get_object_member (body, "data") : body);
}

static gboolean
is_one_of (const char *text, JsonArray *texts)
{
  for (guint i = 0; i < json_array_get_length (texts); i++)
    if (g_str_equal (json_array_get_string_element (texts, i), text))
      return TRUE;
  return FALSE;
}

/* ["customer_name", "=", "A"] */
static gboolean
passes (JsonObject *document, JsonArray *filter)
{
  const char *is = json_object_get_string_member_with_default (document, json_array_get_string_element (filter, 0), "");
  int order;

  if (g_str_equal (json_array_get_string_element (filter, 1), "in"))
    return is_one_of (is, json_array_get_array_element (filter, 2));
  order = strcmp (is, json_array_get_string_element (filter, 2));
  return g_str_equal (json_array_get_string_element (filter, 1), "=") ? order == 0 : order >= 0;
}

/* The documents of a type that pass @filters, a list or an object with the key; all if NULL. */
static SyncTransportReply *
reply_list (ToySite *self, const char *type, JsonNode *filters)
{
  JsonArray *list = filters != NULL && JSON_NODE_HOLDS_ARRAY (filters) ? json_node_get_array (filters) : NULL;
  JsonObject *by_key = filters != NULL && JSON_NODE_HOLDS_OBJECT (filters) ? json_node_get_object (filters) : NULL;
  g_autofree char *prefix = g_strconcat (type, "/", NULL);
  g_autoptr (JsonArray) rows = json_array_new ();
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_ARRAY);
  g_autofree char *text = NULL;
  g_autofree char *body = NULL;
  GHashTableIter iter;
  gpointer name, document;

  g_hash_table_iter_init (&iter, self->documents);
  while (g_hash_table_iter_next (&iter, &name, &document))
    {
      gboolean in = g_str_has_prefix (name, prefix);

      for (guint i = 0; in && list != NULL && i < json_array_get_length (list); i++)
        in = passes (document, json_array_get_array_element (list, i));
      if (in && by_key != NULL && json_object_has_member (by_key, "creation"))
        in = g_str_equal (json_object_get_string_member_with_default (document, "creation", ""),
                          json_object_get_string_member (by_key, "creation"));
      else if (in && by_key != NULL)
        in = find_key (self, type, json_object_get_string_member (by_key, key_member (type))) == document;
      if (in)
        json_array_add_object_element (rows, json_object_ref (document));
    }
  json_node_set_array (node, rows);
  text = json_to_string (node, FALSE);
  body = g_strdup_printf ("{\"data\":%s}", text);
  return reply_new (200, "application/json", body);
}

static SyncTransportReply *
define_key_field (ToySite *self)
{
  g_autofree char *body = NULL;

  if (!self->shows_definitions)
    return reply_exception (403, "PermissionError", "No permission for Custom Field");
  body = g_strdup_printf ("{\"data\":[{\"fieldtype\":\"Data\",\"unique\":%d}]}", self->key_is_unique);
  return reply_new (200, "application/json", body);
}

static SyncTransportReply *
answer_list (ToySite *self, const char *type, const char *query)
{
  g_autoptr (GHashTable) arguments = g_uri_parse_params (query, -1, "&", G_URI_PARAMS_NONE, NULL);
  const char *text = g_hash_table_lookup (arguments, "filters");
  g_autoptr (JsonNode) filters = text != NULL ? json_from_string (text, NULL) : NULL;

  if (g_str_equal (type, "Custom Field"))
    return define_key_field (self);
  if (filters != NULL && JSON_NODE_HOLDS_OBJECT (filters) && !self->has_key_field)
    return reply_exception (417, "DataError", "Field not permitted in query");
  return reply_list (self, type, filters);
}

static SyncTransportReply *
whoami (ToySite *self)
{
  g_autofree char *body = NULL;

  if (self->user == NULL)
    return reply_exception (401, "AuthenticationError", "");
  body = g_strdup_printf ("{\"message\":\"%s\"}", self->user);
  return reply_new (200, "application/json", body);
}

static SyncTransportReply *
serve (ToySite *self, const SyncTransportRequest *request)
{
  const char *path = strstr (request->url, "/api/");
  const char *start;
  g_autofree char *plain = NULL;
  g_autofree char *id = NULL;
  const char *query = strchr (request->url, '?');
  JsonObject *document;

  g_assert_nonnull (path);
  if (strlen (request->method) + strlen (path) + strlen ("  HTTP/1.1") > REQUEST_LINE_BYTES)
    return reply_new (400, "text/html", "<h1>Bad Request</h1>");
  if (g_str_has_suffix (path, "get_logged_user"))
    return whoami (self);
  if (self->user == NULL)
    return reply_exception (401, "AuthenticationError", "");
  if (g_str_has_prefix (path, "/api/method/frappe.client.has_permission"))
    return reply_new (200, "application/json", "{\"message\":{\"has_permission\":true}}");
  if (g_str_has_suffix (path, "get_time_zone"))
    return reply_new (200, "application/json", "{\"message\":{\"time_zone\":\"Asia/Kolkata\"}}");
  if (g_str_has_prefix (path, CLIENT))
    return change (self, path + strlen (CLIENT), request);
  start = g_str_has_prefix (path, V2) ? path + strlen (V2) : path + strlen (V1);
  g_assert_true (g_str_has_prefix (path, V1) || g_str_has_prefix (path, V2));
  plain = g_strndup (start, strcspn (start, "?"));
  id = g_uri_unescape_string (plain, NULL);
  if (strchr (id, '/') == NULL)
    return g_str_equal (request->method, "POST") ? create (self, id, request) : answer_list (self, id, query + 1);
  document = g_hash_table_lookup (self->documents, id);
  if (document == NULL)
    return reply_exception (404, "DoesNotExistError", "not found");
  if (g_str_equal (request->method, "GET"))
    return reply_document (200, document);
  if (g_str_equal (request->method, "DELETE"))
    {
      log_commit (self, "DELETE", id);
      g_hash_table_remove (self->documents, id);
      return reply_new (202, "application/json", "{\"data\":\"ok\"}");
    }
  return update_from_body (self, id, document, request);
}

static void
date (ToySite *self, SyncTransportReply *reply)
{
  g_autoptr (GDateTime) time = NULL;

  if (self->clock == NULL || reply->result != SYNC_TRANSPORT_OK)
    return;
  time = g_date_time_new_from_unix_utc ((sync_clock_wall_us (self->clock) + self->ahead_us) / G_USEC_PER_SEC);
  reply->date = g_date_time_format (time, "%a, %d %b %Y %H:%M:%S GMT");
}

static SyncTransportReply *
answer (ToySite *self, const SyncTransportRequest *request)
{
  ToyFault fault = self->fault != NULL ? self->fault (self, request, self->fault_data) : TOY_ANSWER;
  SyncTransportReply *reply;

  switch (fault)
    {
    case TOY_REFUSE:
      return reply_broken (SYNC_TRANSPORT_CONNECT, FALSE);
    case TOY_RESET_BEFORE:
      return reply_broken (SYNC_TRANSPORT_CLOSED, TRUE);
    case TOY_RESET_AFTER:
      sync_transport_reply_free (serve (self, request));
      return reply_broken (SYNC_TRANSPORT_CLOSED, TRUE);
    case TOY_CANNED:
      reply = reply_new (self->canned_status, self->canned_type, self->canned_body);
      reply->retry_after = g_strdup (self->retry_after);
      return reply;
    case TOY_ANSWER:
    default:
      return serve (self, request);
    }
}

static void
cancelled_cb (GCancellable *cancellable, GTask *task)
{
  ToySite *self = TOY_SITE (g_task_get_source_object (task));

  if (g_queue_remove (&self->held, task))
    {
      sync_transport_reply_free (g_task_get_task_data (task));
      g_task_return_pointer (task, reply_broken (SYNC_TRANSPORT_CANCELLED, TRUE), (GDestroyNotify) sync_transport_reply_free);
      g_object_unref (task);
    }
}

static void
toy_site_send_async (SyncTransport *transport, const SyncTransportRequest *request, GCancellable *cancellable,
                     GAsyncReadyCallback callback, gpointer user_data)
{
  ToySite *self = TOY_SITE (transport);
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  SyncTransportReply *reply = answer (self, request);

  g_task_set_source_tag (task, toy_site_send_async);
  self->n_calls++;
  date (self, reply);
  if (!self->hold)
    {
      g_task_return_pointer (task, reply, (GDestroyNotify) sync_transport_reply_free);
      return;
    }
  g_task_set_task_data (task, reply, NULL);
  if (cancellable != NULL)
    g_signal_connect_object (cancellable, "cancelled", G_CALLBACK (cancelled_cb), task, 0);
  g_queue_push_tail (&self->held, g_steal_pointer (&task));
  self->most_held = MAX (self->most_held, self->held.length);
}

static SyncTransportReply *
toy_site_send_finish (SyncTransport *transport, GAsyncResult *result)
{
  return g_task_propagate_pointer (G_TASK (result), NULL);
}

/* Holds answers back, or lets all that are held go. */
void
toy_site_hold (ToySite *self, gboolean hold)
{
  self->hold = hold;
  while (!hold && !g_queue_is_empty (&self->held))
    {
      g_autoptr (GTask) task = g_queue_pop_head (&self->held);

      g_task_return_pointer (task, g_task_get_task_data (task), (GDestroyNotify) sync_transport_reply_free);
    }
}

guint
toy_site_n_held (ToySite *self)
{
  return self->held.length;
}

guint
toy_site_most_held (ToySite *self)
{
  return self->most_held;
}

void
toy_site_set_fault (ToySite *self, ToyFaultFunc func, gpointer user_data)
{
  self->fault = func;
  self->fault_data = user_data;
}

void
toy_site_set_canned (ToySite *self, guint status, const char *content_type, const char *body)
{
  g_free (self->canned_type);
  g_free (self->canned_body);
  self->canned_status = status;
  self->canned_type = g_strdup (content_type);
  self->canned_body = g_strdup (body);
}

void
toy_site_set_retry_after (ToySite *self, const char *retry_after)
{
  g_free (self->retry_after);
  self->retry_after = g_strdup (retry_after);
}

void
toy_site_set_key_field (ToySite *self, gboolean exists)
{
  self->has_key_field = exists;
}

/* What the definition of the key field says, and whether it is shown. */
void
toy_site_set_key_definition (ToySite *self, gboolean is_unique, gboolean is_shown)
{
  self->key_is_unique = is_unique;
  self->shows_definitions = is_shown;
}

/* From now on answers carry a Date: that of @clock, and so much more. */
void
toy_site_set_clock (ToySite *self, SyncClock *clock, gint64 ahead_us)
{
  g_set_object (&self->clock, clock);
  self->ahead_us = ahead_us;
}

/* NULL: nobody is known any more. */
void
toy_site_set_user (ToySite *self, const char *user)
{
  g_free (self->user);
  self->user = g_strdup (user);
}

/* Somebody else saves a document. */
void
toy_site_put (ToySite *self, const char *type, const char *name, const char *json)
{
  g_autoptr (JsonNode) node = json_from_string (json, NULL);
  g_autofree char *id = g_strconcat (type, "/", name, NULL);
  JsonObject *document = g_hash_table_lookup (self->documents, id);

  if (document == NULL)
    {
      document = json_object_new ();
      json_object_set_string_member (document, "name", name);
      json_object_set_int_member (document, "docstatus", 0);
      g_hash_table_insert (self->documents, g_strdup (id), document);
    }
  copy_members (json_node_get_object (node), document);
  stamp (self, document, "other@example.com");
}

/* Somebody else deletes one. */
void
toy_site_remove (ToySite *self, const char *type, const char *name)
{
  g_autofree char *id = g_strconcat (type, "/", name, NULL);

  g_hash_table_remove (self->documents, id);
}

JsonObject *
toy_site_get (ToySite *self, const char *type, const char *name)
{
  g_autofree char *id = g_strconcat (type, "/", name, NULL);

  return g_hash_table_lookup (self->documents, id);
}

guint
toy_site_count (ToySite *self, const char *type)
{
  g_autofree char *prefix = g_strconcat (type, "/", NULL);
  GHashTableIter iter;
  gpointer id;
  guint n = 0;

  g_hash_table_iter_init (&iter, self->documents);
  while (g_hash_table_iter_next (&iter, &id, NULL))
    n += g_str_has_prefix (id, prefix);
  return n;
}

GPtrArray *
toy_site_get_log (ToySite *self)
{
  return self->log;
}

guint
toy_site_n_calls (ToySite *self)
{
  return self->n_calls;
}

static void
toy_site_finalize (GObject *object)
{
  ToySite *self = TOY_SITE (object);

  g_hash_table_unref (self->documents);
  g_ptr_array_unref (self->log);
  g_free (self->canned_type);
  g_free (self->canned_body);
  g_free (self->retry_after);
  g_free (self->user);
  g_clear_object (&self->clock);
  G_OBJECT_CLASS (toy_site_parent_class)->finalize (object);
}

static void
toy_site_transport_init (SyncTransportInterface *iface)
{
  iface->send_async = toy_site_send_async;
  iface->send_finish = toy_site_send_finish;
}

static void
toy_site_class_init (ToySiteClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = toy_site_finalize;
}

static void
toy_site_init (ToySite *self)
{
  self->documents = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) json_object_unref);
  self->log = g_ptr_array_new_with_free_func (g_free);
  self->has_key_field = self->key_is_unique = self->shows_definitions = TRUE;
  self->user = g_strdup ("cashier@example.com");
  g_queue_init (&self->held);
}

ToySite *
toy_site_new (void)
{
  return g_object_new (TOY_TYPE_SITE, NULL);
}

/* A fault: each write gets the canned answer. */
ToyFault
toy_can_writes (ToySite *self, const SyncTransportRequest *request, gpointer user_data)
{
  return request->write ? TOY_CANNED : TOY_ANSWER;
}

/* A fault: the calls of a ToyMix get the canned answer. */
ToyFault
toy_mix_up (ToySite *self, const SyncTransportRequest *request, gpointer user_data)
{
  ToyMix *mix = user_data;

  if (mix->met >= mix->times || !g_str_equal (mix->method, request->method)
      || (mix->part != NULL && strstr (request->url, mix->part) == NULL))
    return TOY_ANSWER;
  mix->met++;
  return TOY_CANNED;
}
