/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One request while it is handled: its arguments, who asks, what is answered. A function that fails
 * records why with sync_practice_call_fail() and returns FALSE or NULL; the first failure stands. One
 * thread, the life of a request. */
#include "config.h"

#include "sync-practice-private.h"

#include <string.h>

static void
message_free (gpointer data)
{
  SyncPracticeMessage *message = data;

  g_free (message->text);
  g_free (message);
}

SyncPracticeCall *
sync_practice_call_new (SyncPracticeShop *shop)
{
  SyncPracticeCall *call = g_new0 (SyncPracticeCall, 1);

  call->shop = shop;
  call->method = "POST";
  call->body = "";
  call->exc_module = "frappe.exceptions.";
  call->messages = g_ptr_array_new_with_free_func (message_free);
  call->arguments = json_object_new ();
  return call;
}

void
sync_practice_call_free (SyncPracticeCall *call)
{
  g_free (call->path);
  g_clear_pointer (&call->query, g_hash_table_unref);
  g_clear_pointer (&call->arguments, json_object_unref);
  g_clear_pointer (&call->json, json_object_unref);
  g_free (call->exception);
  g_free (call->error_message);
  g_ptr_array_unref (call->messages);
  g_clear_pointer (&call->result, json_node_unref);
  g_clear_pointer (&call->result_beside, json_object_unref);
  g_free (call->page);
  g_free (call->new_sid);
  g_clear_pointer (&call->extra_headers, g_ptr_array_unref);
  g_free (call);
}

static void
fail (SyncPracticeCall *call, guint status, const char *exc_type, char *exception)
{
  if (call->exc_type != NULL)
    {
      g_free (exception);
      return;
    }
  call->status = status;
  call->exc_type = exc_type;
  call->exception = exception;
  call->traced = TRUE;
}

/**
 * sync_practice_call_fail:
 * @call: a call
 * @status: HTTP status
 * @exc_type: (not nullable): static name of the exception's class
 * @format: (nullable): what it says; also becomes a message for the person
 *
 * Returns: %FALSE
 */
gboolean
sync_practice_call_fail (SyncPracticeCall *call, guint status, const char *exc_type, const char *format, ...)
{
  char *text;
  va_list values;

  va_start (values, format);
  text = g_strdup_vprintf (format, values);
  va_end (values);
  if (call->exc_type == NULL)
    sync_practice_call_say (call, "Message", "red", TRUE, "%s", text);
  fail (call, status, exc_type, text);
  return FALSE;
}

/* The same without a message for the person. */
gboolean
sync_practice_call_fail_quietly (SyncPracticeCall *call, guint status, const char *exc_type,
                                 const char *format, ...)
{
  char *text = NULL;
  va_list values;

  if (format != NULL)
    {
      va_start (values, format);
      text = g_strdup_vprintf (format, values);
      va_end (values);
    }
  fail (call, status, exc_type, text);
  return FALSE;
}

/* A failure outside Frappe's own error handling: a short HTML page. */
gboolean
sync_practice_call_fail_page (SyncPracticeCall *call, guint status, const char *title, const char *text)
{
  call->status = status;
  call->page_type = "text/html; charset=utf-8";
  g_free (call->page);
  call->page =
    g_strdup_printf ("<!doctype html>\n<html lang=en>\n<title>%u %s</title>\n<h1>%s</h1>\n<p>%s</p>\n",
                                status, title, title, text);
  return FALSE;
}

void
sync_practice_call_say (SyncPracticeCall *call, const char *title, const char *indicator, gboolean raised,
                        const char *format, ...)
{
  SyncPracticeMessage *message = g_new0 (SyncPracticeMessage, 1);
  va_list values;

  va_start (values, format);
  message->text = g_strdup_vprintf (format, values);
  va_end (values);
  message->title = title;
  message->indicator = indicator;
  message->raised = raised;
  g_ptr_array_add (call->messages, message);
}

/* Says which app raised the failure. Returns: FALSE */
gboolean
sync_practice_call_from_erpnext (SyncPracticeCall *call)
{
  call->exc_source = "erpnext (app)";
  return FALSE;
}

gboolean
sync_practice_call_from_posawesome (SyncPracticeCall *call)
{
  call->exc_source = "posawesome (app)";
  return FALSE;
}

gboolean
sync_practice_call_is_read (SyncPracticeCall *call)
{
  return strcmp (call->method, "GET") == 0 || strcmp (call->method, "HEAD") == 0 ||
         strcmp (call->method, "OPTIONS") == 0;
}

const char *
sync_practice_call_user (SyncPracticeCall *call)
{
  return call->user != NULL ? call->user->name : "Guest";
}

static void
add_texts (JsonObject *arguments, GHashTable *texts)
{
  GHashTableIter iter;
  gpointer name;
  gpointer value;

  g_hash_table_iter_init (&iter, texts);
  while (g_hash_table_iter_next (&iter, &name, &value))
    json_object_set_string_member (arguments, name, value);
}

static gboolean
bad_json (SyncPracticeCall *call)
{
  const char *reason =
    "Expecting ',' delimiter: line 1 column %" G_GSIZE_FORMAT " (char %" G_GSIZE_FORMAT ")";

  call->exc_module = "json.decoder.";
  call->always_traced = TRUE;
  /* Python reads NaN and fails later, when the row is written. */
  if (strstr (call->body, "NaN") != NULL)
    {
      call->exc_module = "";
      return sync_practice_call_fail_quietly (call, 500, "ValueError", NULL);
    }
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  return sync_practice_call_fail_quietly (call, 500, "JSONDecodeError", reason, call->n_body + 1,
                                          call->n_body);
#pragma GCC diagnostic pop
}

static gboolean
read_json (SyncPracticeCall *call)
{
  g_autoptr (JsonNode) node = NULL;

  call->exc_module = "";
  if (!g_utf8_validate (call->body, call->n_body, NULL))
    return sync_practice_call_fail_quietly (call, 500, "AttributeError",
                                            "'bytes' object has no attribute 'pop'");
  node = json_from_string (call->body, NULL);
  if (node == NULL)
    return bad_json (call);
  if (JSON_NODE_HOLDS_ARRAY (node))
    return sync_practice_call_fail_quietly (call, 500, "TypeError", "pop expected at most 1 argument, got 2");
  call->exc_module = "frappe.exceptions.";
  if (!JSON_NODE_HOLDS_OBJECT (node))
    return sync_practice_call_fail (call, 417, "ValidationError", "Invalid request arguments");
  call->json = json_node_dup_object (node);
  return TRUE;
}

static gboolean
has_type (SyncPracticeCall *call, const char *type)
{
  return call->content_type != NULL && g_str_has_prefix (call->content_type, type);
}

/**
 * sync_practice_call_read_arguments:
 * @call: a call
 *
 * Reads query, form and JSON body into one set of arguments, later ones over earlier ones. A JSON body is
 * taken with any Content-Type on v1; v2 wants `application/json`.
 *
 * Returns: %FALSE when the body cannot be read
 */
gboolean
sync_practice_call_read_arguments (SyncPracticeCall *call)
{
  if (call->query != NULL)
    add_texts (call->arguments, call->query);
  if (call->n_body == 0)
    return TRUE;
  if (has_type (call, "application/x-www-form-urlencoded"))
    {
      g_autoptr (GHashTable) form = soup_form_decode (call->body);

      add_texts (call->arguments, form);
      return TRUE;
    }
  if (has_type (call, "multipart/") || (call->v2 && !has_type (call, "application/json")))
    return TRUE;
  if (!read_json (call))
    return FALSE;
  if (json_object_get_size (call->arguments) == 0)
    {
      json_object_unref (call->arguments);
      call->arguments = json_object_ref (call->json);
    }
  else
    {
      JsonObjectIter iter;
      const char *name;
      JsonNode *value;

      json_object_iter_init (&iter, call->json);
      while (json_object_iter_next (&iter, &name, &value))
        json_object_set_member (call->arguments, name, json_node_ref (value));
    }
  return TRUE;
}

/* Returns: (nullable): an argument that is text. */
const char *
sync_practice_call_get_text (SyncPracticeCall *call, const char *name)
{
  JsonNode *node = json_object_get_member (call->arguments, name);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING
           ? json_node_get_string (node)
           : NULL;
}

/**
 * sync_practice_call_dup_json:
 * @call: a call
 * @name: an argument
 *
 * An argument that is a JSON value, or text that holds one (as forms send it). Text that is no JSON is
 * returned as text.
 *
 * Returns: (transfer full) (nullable): the value, %NULL when the argument is missing or null
 */
JsonNode *
sync_practice_call_dup_json (SyncPracticeCall *call, const char *name)
{
  JsonNode *node = json_object_get_member (call->arguments, name);
  const char *text = sync_practice_call_get_text (call, name);

  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return NULL;
  if (text != NULL && (text[0] == '{' || text[0] == '['))
    {
      JsonNode *parsed = json_from_string (text, NULL);

      if (parsed == NULL)
        {
          call->exc_module = "json.decoder.";
          sync_practice_call_fail_quietly (call, 500, "JSONDecodeError",
                                           "Expecting value: line 1 column 2 (char 1)");
        }
      return parsed;
    }
  return json_node_ref (node);
}

/* An argument that is an object, or text that holds one. */
JsonObject *
sync_practice_call_dup_object (SyncPracticeCall *call, const char *name)
{
  g_autoptr (JsonNode) node = sync_practice_call_dup_json (call, name);

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_dup_object (node) : NULL;
}

/* Returns: (transfer full): the wall clock in the site's zone. */
char *
sync_practice_call_now (SyncPracticeCall *call, const char *format)
{
  return sync_practice_shop_format_us (call->shop, sync_clock_wall_us (call->shop->clock), format);
}

void
sync_practice_call_return (SyncPracticeCall *call, JsonNode *result)
{
  g_clear_pointer (&call->result, json_node_unref);
  call->result = result;
}

/* Takes the object over. */
void
sync_practice_call_return_object (SyncPracticeCall *call, JsonObject *object)
{
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);

  json_node_take_object (node, object);
  sync_practice_call_return (call, node);
}

void
sync_practice_call_return_text (SyncPracticeCall *call, const char *text)
{
  sync_practice_call_return (call, json_node_init_string (json_node_alloc (), text));
}

/* Returns: (nullable): the DocType, or NULL with the failure that the real site shows for an unknown one. */
SyncPracticeDocType *
sync_practice_call_doctype (SyncPracticeCall *call, const char *name)
{
  SyncPracticeDocType *doctype = name != NULL ? g_hash_table_lookup (call->shop->doctypes, name) : NULL;
  g_autofree char *module = NULL;

  if (doctype != NULL)
    return doctype;
  module = g_ascii_strdown (name != NULL ? name : "none", -1);
  call->exc_module = "";
  sync_practice_call_fail_quietly (call, 500, "ImportError", "No module named 'frappe.core.doctype.%s'",
                                   module);
  return NULL;
}

/* Returns: (nullable): the DocType that an argument names. */
SyncPracticeDocType *
sync_practice_call_argument_doctype (SyncPracticeCall *call, const char *name)
{
  return sync_practice_call_doctype (call, sync_practice_call_get_text (call, name));
}

/**
 * sync_practice_call_may:
 * @call: a call
 * @doctype: a DocType
 * @right: a letter: r read, w write, c create, d delete, s submit, x cancel
 *
 * Returns: whether the user's roles allow it
 */
gboolean
sync_practice_call_may (SyncPracticeCall *call, SyncPracticeDocType *doctype, char right)
{
  if (call->seeding || (call->user != NULL && strcmp (call->user->name, "Administrator") == 0))
    return TRUE;
  if (call->user == NULL || doctype->permissions == NULL)
    return FALSE;
  for (guint i = 0; call->user->roles[i] != NULL; i++)
    {
      const char *rights =
        sync_json_member_text (doctype->permissions, call->user->roles[i], "");

      if (strchr (rights, right) != NULL)
        return TRUE;
    }
  return FALSE;
}

/* The same as a check: FALSE with the failure as document methods raise it. */
gboolean
sync_practice_call_check (SyncPracticeCall *call, SyncPracticeDocType *doctype, char right)
{
  if (sync_practice_call_may (call, doctype, right))
    return TRUE;
  sync_practice_call_say (call, "Message", NULL, FALSE,
                          "User <strong>%s</strong> does not have doctype access via role permission for"
                          " document"
                          " <strong>%s</strong>", sync_practice_call_user (call), doctype->name);
  sync_practice_call_fail_quietly (call, 403, "PermissionError", NULL);
  call->traced = FALSE;
  call->error_message = g_strdup_printf ("No permission for %s", doctype->name);
  return FALSE;
}
