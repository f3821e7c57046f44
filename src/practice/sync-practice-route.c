/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a path to what it means: Frappe's REST of version 1 (`/api/resource`) and 2 (`/api/v2/document`),
 * methods, and the few pages. One thread. */
#include "config.h"

#include "sync-practice-private.h"

#include <string.h>

static gboolean
is_verb (SyncPracticeCall *call, const char *verb)
{
  return strcmp (call->method, verb) == 0;
}

static void
fail_not_found (SyncPracticeCall *call)
{
  sync_practice_call_fail_quietly (call, 404, "DoesNotExistError", NULL);
  call->traced = FALSE;
}

static void
return_doc (SyncPracticeCall *call, JsonObject *doc)
{
  if (doc == NULL)
    return;
  call->result_key = "data";
  sync_practice_call_return_object (call, doc);
}

/* What a create or update was sent: the JSON body, the argument `data`, or the form. */
static JsonObject *
dup_sent (SyncPracticeCall *call)
{
  g_autoptr (JsonNode) data = sync_practice_call_dup_json (call, "data");

  if (data != NULL && JSON_NODE_HOLDS_OBJECT (data))
    return json_node_dup_object (data);
  return json_object_ref (call->json != NULL ? call->json : call->arguments);
}

static gint64
get_number (SyncPracticeCall *call, const char *name, gint64 fallback)
{
  JsonNode *node = json_object_get_member (call->arguments, name);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node))
    return fallback;
  if (json_node_get_value_type (node) == G_TYPE_STRING)
    return g_ascii_strtoll (json_node_get_string (node), NULL, 10);
  return json_node_get_int (node);
}

static void
list (SyncPracticeCall *call, const char *doctype)
{
  g_autoptr (JsonNode) fields = sync_practice_call_dup_json (call, "fields");
  g_autoptr (JsonNode) filters = sync_practice_call_dup_json (call, "filters");
  const char *as_dict = sync_practice_call_get_text (call, "as_dict");
  SyncPracticeListQuery query = {
    .doctype = doctype,
    .parent = sync_practice_call_get_text (call, "parent"),
    .fields = fields,
    .filters = filters,
    .order_by = sync_practice_call_get_text (call, "order_by"),
    .start = get_number (call, "limit_start", get_number (call, "start", 0)),
    .limit = get_number (call, "limit", call->v2 ? 20 : get_number (call, "limit_page_length", 20)),
    .as_list = as_dict != NULL && (g_ascii_strcasecmp (as_dict, "false") == 0 || strcmp (as_dict, "0") == 0),
  };
  JsonArray *rows;
  JsonNode *node;

  if (call->exc_type != NULL)
    return;
  rows = sync_practice_list (call, &query);
  if (rows == NULL)
    return;
  node = json_node_new (JSON_NODE_ARRAY);
  json_node_take_array (node, rows);
  call->result_key = "data";
  sync_practice_call_return (call, node);
}

static void
collection (SyncPracticeCall *call, const char *doctype_name)
{
  g_autoptr (JsonObject) sent = NULL;
  SyncPracticeDocType *doctype;

  if (sync_practice_call_is_read (call))
    {
      list (call, doctype_name);
      return;
    }
  if (!is_verb (call, "POST"))
    {
      sync_practice_call_fail_page (call, 405, "Method Not Allowed",
                                    "The method is not allowed for the requested URL.");
      call->extra_headers = g_ptr_array_new_with_free_func (g_free);
      g_ptr_array_add (call->extra_headers, g_strdup ("Allow"));
      g_ptr_array_add (call->extra_headers, g_strdup ("GET, POST, HEAD"));
      return;
    }
  doctype = sync_practice_call_doctype (call, doctype_name);
  if (doctype == NULL)
    return;
  sent = dup_sent (call);
  if (call->exc_type == NULL)
    return_doc (call, sync_practice_document_create (call, doctype, sent, TRUE));
}

/* A row of a child table, addressed by itself: its parent is read, changed and saved. */
typedef struct
{
  char *parenttype; /* (owned) (nullable) */
  char *parent;     /* (owned) */
} RowParent;

static void
note_parent (sqlite3_stmt *stmt, gpointer user_data)
{
  RowParent *found = user_data;

  g_free (found->parenttype);
  g_free (found->parent);
  found->parenttype = g_strdup ((const char *) sqlite3_column_text (stmt, 0));
  found->parent = g_strdup ((const char *) sqlite3_column_text (stmt, 1));
}

/* Returns: (transfer none) (nullable): the row of this name in the document, and its table. */
static JsonObject *
find_row (SyncPracticeDocType *parent, JsonObject *doc, const char *name, const char **fieldname)
{
  for (guint i = 0; i < parent->tables->len; i++)
    {
      SyncPracticeTable *table = g_ptr_array_index (parent->tables, i);
      JsonArray *rows = json_object_get_array_member (doc, table->fieldname);

      for (guint j = 0; j < json_array_get_length (rows); j++)
        {
          JsonObject *row = json_array_get_object_element (rows, j);

          *fieldname = table->fieldname;
          if (strcmp (json_object_get_string_member (row, "name"), name) == 0)
            return row;
        }
    }
  return NULL;
}

static JsonObject *
update_row (SyncPracticeCall *call, SyncPracticeDocType *parent, const char *parent_name, const char *name)
{
  g_autoptr (JsonObject) doc = sync_practice_store_dup_doc (call->shop->store, parent->name, parent_name);
  g_autoptr (JsonObject) sent = json_object_new ();
  g_autoptr (JsonObject) saved = NULL;
  const char *fieldname = NULL;
  JsonObject *row = find_row (parent, doc, name, &fieldname);
  JsonObjectIter iter;
  const char *member;
  JsonNode *value;

  if (row == NULL)
    return NULL;
  json_object_iter_init (&iter, call->arguments);
  while (!is_verb (call, "GET") && json_object_iter_next (&iter, &member, &value))
    json_object_set_member (row, member, json_node_ref (value));
  if (is_verb (call, "GET"))
    return json_object_ref (row);
  json_object_set_array_member (sent, fieldname,
                                json_array_ref (json_object_get_array_member (doc, fieldname)));
  saved = sync_practice_document_update (call, parent, parent_name, sent);
  row = saved != NULL ? find_row (parent, saved, name, &fieldname) : NULL;
  return row != NULL ? json_object_ref (row) : NULL;
}

static void
child_row (SyncPracticeCall *call, SyncPracticeDocType *doctype, const char *name)
{
  g_autofree char *pattern = g_strdup_printf ("\"name\":\"%s\"", name);
  g_autoptr (GPtrArray) values = g_ptr_array_new ();
  RowParent found = { NULL, NULL };

  g_ptr_array_add (values, pattern);
  sync_practice_store_query (call->shop->store,
                             "SELECT doctype, name FROM documents WHERE instr (body, ?) > 0"
                             " AND docstatus >= 0 ORDER BY stamp LIMIT 1", values, note_parent, &found);
  if (found.parent != NULL)
    return_doc (call, update_row (call, g_hash_table_lookup (call->shop->doctypes, found.parenttype),
                                  found.parent, name));
  if (call->result == NULL && call->exc_type == NULL)
    sync_practice_call_fail (call, 404, "DoesNotExistError", "%s %s not found", doctype->name, name);
  g_free (found.parenttype);
  g_free (found.parent);
}

static void
run_method (SyncPracticeCall *call, SyncPracticeDocType *doctype, const char *name, const char *method)
{
  return_doc (call, sync_practice_document_run (call, doctype, name, method));
}

static void
document (SyncPracticeCall *call, const char *doctype_name, const char *name)
{
  SyncPracticeDocType *doctype = sync_practice_call_doctype (call, doctype_name);
  const char *method = sync_practice_call_get_text (call, "run_method");
  g_autoptr (JsonObject) sent = NULL;

  if (doctype == NULL)
    return;
  if (method != NULL && (is_verb (call, "POST") || is_verb (call, "GET")) && !call->v2)
    run_method (call, doctype, name, method);
  else if (doctype->istable && (is_verb (call, "PUT") || is_verb (call, "GET")))
    child_row (call, doctype, name);
  else if (is_verb (call, "GET") || is_verb (call, "HEAD"))
    return_doc (call, sync_practice_document_get (call, doctype, name));
  else if (is_verb (call, "PUT") || (call->v2 && is_verb (call, "PATCH")))
    {
      sent = dup_sent (call);
      if (call->exc_type == NULL)
        return_doc (call, sync_practice_document_update (call, doctype, name, sent));
    }
  else if (is_verb (call, "DELETE"))
    {
      if (!sync_practice_document_delete (call, doctype, name))
        return;
      call->status = 202;
      call->result_key = "data";
      sync_practice_call_return_text (call, "ok");
    }
  else
    fail_not_found (call);
}

static void
doctype_info (SyncPracticeCall *call, const char *doctype_name, const char *what)
{
  SyncPracticeDocType *doctype = sync_practice_call_doctype (call, doctype_name);
  g_autoptr (JsonNode) filters = sync_practice_call_dup_json (call, "filters");

  if (doctype == NULL)
    return;
  if (strcmp (what, "count") == 0)
    {
      gint64 n = sync_practice_list_count (call, doctype_name, filters);

      if (n >= 0)
        sync_practice_call_return (call, json_node_init_int (json_node_alloc (), n));
      return;
    }
  json_object_set_string_member (call->arguments, "doctype", doctype_name);
  sync_practice_method (call, "frappe.desk.form.load.getdoctype");
  if (call->result != NULL)
    {
      JsonNode *meta = json_array_dup_element (json_node_get_array (call->result), 0);

      call->result_key = NULL;
      g_clear_pointer (&call->result_beside, json_object_unref);
      sync_practice_call_return (call, meta);
    }
}

static void
route_v1 (SyncPracticeCall *call, char **parts, guint n)
{
  if (n == 2 && strcmp (parts[0], "resource") == 0)
    collection (call, parts[1]);
  else if (n >= 3 && strcmp (parts[0], "resource") == 0)
    {
      g_autofree char *name = g_strjoinv ("/", parts + 2);

      document (call, parts[1], name);
    }
  else if (n == 2 && strcmp (parts[0], "method") == 0)
    sync_practice_method (call, parts[1]);
  else
    fail_not_found (call);
}

static void
route_v2 (SyncPracticeCall *call, char **parts, guint n)
{
  if (n == 2 && strcmp (parts[0], "document") == 0)
    collection (call, parts[1]);
  else if (n == 3 && strcmp (parts[0], "document") == 0)
    document (call, parts[1], parts[2]);
  else if (n == 5 && strcmp (parts[0], "document") == 0 && strcmp (parts[3], "method") == 0)
    {
      SyncPracticeDocType *doctype = sync_practice_call_doctype (call, parts[1]);

      if (doctype != NULL)
        run_method (call, doctype, parts[2], parts[4]);
    }
  else if (n == 3 && strcmp (parts[0], "doctype") == 0)
    doctype_info (call, parts[1], parts[2]);
  else if (n == 2 && strcmp (parts[0], "method") == 0)
    sync_practice_method (call, parts[1]);
  else
    fail_not_found (call);
}

static void
route_page (SyncPracticeCall *call)
{
  const char *command = sync_practice_call_get_text (call, "cmd");

  if (command != NULL)
    sync_practice_method (call, command);
  else if (strcmp (call->path, "/app") == 0 || g_str_has_prefix (call->path, "/app/") ||
           strcmp (call->path, "/") == 0)
    sync_practice_session_page (call);
  else if (strcmp (call->path, "/login") == 0)
    sync_practice_answer_prepared (call, "portal", NULL);
  else
    sync_practice_call_fail_page (call, 404, "Not Found",
                                  "The requested URL was not found on the server. If you"
                                  " entered the URL manually please check your spelling and try again.");
}

/**
 * sync_practice_route:
 * @call: a call whose arguments were read and whose user is known
 *
 * Handles it.
 */
void
sync_practice_route (SyncPracticeCall *call)
{
  g_auto (GStrv) parts = NULL;
  guint n;

  if (strcmp (call->method, "OPTIONS") == 0)
    {
      call->page = g_strdup ("");
      call->page_type = "text/plain; charset=utf-8";
      return;
    }
  if (!g_str_has_prefix (call->path, "/api/"))
    {
      route_page (call);
      return;
    }
  parts = g_strsplit (call->path + strlen ("/api/"), "/", -1);
  n = g_strv_length (parts);
  if (n > 0 && parts[n - 1][0] == '\0')
    g_clear_pointer (&parts[--n], g_free);
  for (guint i = 0; i < n; i++)
    {
      char *plain = g_uri_unescape_string (parts[i], NULL);

      if (plain == NULL)
        plain = g_strdup (parts[i]);
      g_free (parts[i]);
      parts[i] = plain;
    }
  if (n > 1 && strcmp (parts[0], "v1") == 0)
    route_v1 (call, parts + 1, n - 1);
  else if (n > 1 && call->v2)
    route_v2 (call, parts + 1, n - 1);
  else
    route_v1 (call, parts, n);
}
