/* SPDX-License-Identifier: GPL-3.0-or-later */
/* frappe.client and its like: reads of one or many documents, and writes of whole ones. One thread. */
#include "config.h"

#include "sync-practice-private.h"

#include <string.h>

static void
return_with_nulls (SyncPracticeCall *call, SyncPracticeDocType *doctype, JsonObject *doc)
{
  if (doc == NULL)
    return;
  sync_practice_call_return_object (call, sync_practice_validate_with_nulls (doctype, doc));
  json_object_unref (doc);
}

/* The named arguments must be there. */
static gboolean
need (SyncPracticeCall *call, const char *function, const char *first, const char *second, const char *third)
{
  const char *const names[] = { first, second, third };
  g_autoptr (GPtrArray) missing = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *text = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (names[i] != NULL && !json_object_has_member (call->arguments, names[i]))
      g_ptr_array_add (missing, g_strdup_printf ("'%s'", names[i]));
  if (missing->len == 0)
    return TRUE;
  g_ptr_array_add (missing, NULL);
  text = g_strjoinv (" and ", (char **) missing->pdata);
  call->exc_module = "";
  return sync_practice_call_fail_quietly (call, 500, "TypeError",
                                          "%s() missing %u required positional argument%s: %s",
                                          function, missing->len - 1, missing->len > 2 ? "s" : "", text);
}

static gboolean
need_text (SyncPracticeCall *call, const char *name)
{
  JsonNode *node = json_object_get_member (call->arguments, name);
  const char *type;

  if (node == NULL || sync_practice_call_get_text (call, name) != NULL)
    return TRUE;
  type = JSON_NODE_HOLDS_OBJECT (node) ? "dict" : JSON_NODE_HOLDS_ARRAY (node) ? "list" : "int";
  return sync_practice_call_fail_quietly (call, 417, "FrappeTypeError",
                                          "Argument '%s' should be of type 'str' but got '%s' instead.", name,
                                          type);
}

static gint64
number_argument (SyncPracticeCall *call, const char *name, gint64 fallback)
{
  JsonNode *node = json_object_get_member (call->arguments, name);
  const char *text = sync_practice_call_get_text (call, name);

  if (text != NULL)
    return g_ascii_strtoll (text, NULL, 10);
  return node != NULL && JSON_NODE_HOLDS_VALUE (node) ? json_node_get_int (node) : fallback;
}

/* By name, or the first that matches the filters. */
static JsonObject *
find_doc (SyncPracticeCall *call, SyncPracticeDocType *doctype, const char *name, JsonNode *filters)
{
  g_autoptr (JsonArray) rows = NULL;
  SyncPracticeListQuery query = { .doctype = doctype->name, .filters = filters, .limit = 1 };

  if (name == NULL && filters != NULL && JSON_NODE_HOLDS_VALUE (filters))
    name = json_node_get_string (filters);
  if (name != NULL)
    return sync_practice_document_get (call, doctype, name);
  rows = sync_practice_list (call, &query);
  if (rows == NULL || json_array_get_length (rows) == 0)
    return NULL;
  return sync_practice_document_get (call, doctype,
                                     json_object_get_string_member (json_array_get_object_element (rows, 0),
                                                                    "name"));
}

void
sync_practice_client_get (SyncPracticeCall *call)
{
  SyncPracticeDocType *doctype = sync_practice_call_argument_doctype (call, "doctype");
  g_autoptr (JsonNode) filters = sync_practice_call_dup_json (call, "filters");
  JsonObject *doc;

  if (doctype == NULL)
    return;
  doc = find_doc (call, doctype, sync_practice_call_get_text (call, "name"), filters);
  if (doc == NULL && call->exc_type == NULL)
    {
      sync_practice_call_fail (call, 404, "DoesNotExistError", "%s None not found", doctype->name);
      call->traced = FALSE;
    }
  return_with_nulls (call, doctype, doc);
}

void
sync_practice_client_get_list (SyncPracticeCall *call)
{
  g_autoptr (JsonNode) fields = sync_practice_call_dup_json (call, "fields");
  g_autoptr (JsonNode) filters = sync_practice_call_dup_json (call, "filters");
  SyncPracticeListQuery query = {
    .doctype = sync_practice_call_get_text (call, "doctype"),
    .parent = sync_practice_call_get_text (call, "parent"),
    .fields = fields,
    .filters = filters,
    .order_by = sync_practice_call_get_text (call, "order_by"),
    .start = number_argument (call, "limit_start", number_argument (call, "start", 0)),
    .limit = number_argument (call, "limit", number_argument (call, "limit_page_length",
                                                              number_argument (call, "page_length", 20))),
  };
  JsonNode *node;
  JsonArray *rows;

  if (!need (call, "get_list", "doctype", NULL, NULL))
    return;
  rows = sync_practice_list (call, &query);
  if (rows == NULL)
    return;
  node = json_node_new (JSON_NODE_ARRAY);
  json_node_take_array (node, rows);
  sync_practice_call_return (call, node);
}

/* The desk's list view: keys and rows of values. */
void
sync_practice_client_reportview_get (SyncPracticeCall *call)
{
  g_autoptr (JsonNode) rows = NULL;
  JsonObject *result;
  JsonArray *keys = json_array_new ();
  JsonArray *values = json_array_new ();

  sync_practice_client_get_list (call);
  if (call->result != NULL)
    rows = json_node_ref (call->result);
  for (guint i = 0; rows != NULL && i < json_array_get_length (json_node_get_array (rows)); i++)
    {
      JsonObject *row = json_array_get_object_element (json_node_get_array (rows), i);
      JsonArray *line = json_array_new ();
      JsonObjectIter iter;
      const char *name;
      JsonNode *value;

      json_object_iter_init (&iter, row);
      while (json_object_iter_next (&iter, &name, &value))
        {
          if (i == 0)
            json_array_add_string_element (keys, name);
          json_array_add_element (line, json_node_ref (value));
        }
      json_array_add_array_element (values, line);
    }
  result = json_object_new ();
  json_object_set_array_member (result, "keys", keys);
  json_object_set_array_member (result, "values", values);
  json_object_set_object_member (result, "user_info", json_object_new ());
  if (rows != NULL)
    sync_practice_call_return_object (call, result);
  else
    json_object_unref (result);
}

void
sync_practice_client_get_count (SyncPracticeCall *call)
{
  g_autoptr (JsonNode) filters = sync_practice_call_dup_json (call, "filters");
  gint64 n;

  if (!need (call, "get_count", "doctype", NULL, NULL))
    return;
  n = sync_practice_list_count (call, sync_practice_call_get_text (call, "doctype"), filters);
  if (n >= 0)
    sync_practice_call_return (call, json_node_init_int (json_node_alloc (), n));
}

void
sync_practice_client_get_value (SyncPracticeCall *call)
{
  SyncPracticeDocType *doctype = sync_practice_call_argument_doctype (call, "doctype");
  g_autoptr (JsonNode) filters = sync_practice_call_dup_json (call, "filters");
  g_autoptr (JsonNode) wanted = sync_practice_call_dup_json (call, "fieldname");
  SyncPracticeListQuery query = { .filters = filters, .fields = wanted, .limit = 1 };
  g_autoptr (JsonArray) rows = NULL;

  if (doctype == NULL)
    return;
  query.doctype = doctype->name;
  rows = sync_practice_list (call, &query);
  if (rows == NULL)
    return;
  if (json_array_get_length (rows) == 0)
    sync_practice_call_return_object (call, json_object_new ());
  else
    sync_practice_call_return (call, json_array_dup_element (rows, 0));
}

void
sync_practice_client_get_single_value (SyncPracticeCall *call)
{
  SyncPracticeDocType *doctype = sync_practice_call_argument_doctype (call, "doctype");

  if (doctype == NULL)
    return;
  if (!sync_practice_call_may (call, doctype, 'r'))
    sync_practice_call_fail (call, 403, "PermissionError", "No permission for %s", doctype->name);
  else
    sync_practice_call_return_text (call, call->shop->zone_name);
}

void
sync_practice_client_has_permission (SyncPracticeCall *call)
{
  static const char *const names[] = { "read", "write", "create", "delete", "submit", "cancel" };
  const char *wanted = sync_practice_call_get_text (call, "perm_type");
  SyncPracticeDocType *doctype;
  JsonObject *result;
  char right = 'r';

  if (!need_text (call, "doctype") ||
      (doctype = sync_practice_call_argument_doctype (call, "doctype")) == NULL)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_strcmp0 (wanted, names[i]) == 0)
      right = "rwcdsx"[i];
  result = json_object_new ();
  json_object_set_boolean_member (result, "has_permission", sync_practice_call_may (call, doctype, right));
  sync_practice_call_return_object (call, result);
}

void
sync_practice_client_validate_link (SyncPracticeCall *call)
{
  SyncPracticeDocType *doctype = sync_practice_call_argument_doctype (call, "doctype");
  const char *name = sync_practice_call_get_text (call, "docname");
  g_autofree char *found = NULL;
  JsonObject *result;

  if (doctype == NULL || name == NULL || !sync_practice_call_check (call, doctype, 'r'))
    return;
  found = sync_practice_store_dup_name (call->shop->store, doctype->name, name);
  result = json_object_new ();
  json_object_set_string_member (result, "name", found);
  sync_practice_call_return_object (call, result);
}

/* The argument `doc`: an object, or text that holds one. */
static JsonObject *
argument_doc (SyncPracticeCall *call, SyncPracticeDocType **doctype)
{
  g_autoptr (JsonNode) node = NULL;
  const char *name;
  JsonObject *doc;

  if (!need (call, "save", "doc", NULL, NULL))
    return NULL;
  node = sync_practice_call_dup_json (call, "doc");
  doc = node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_dup_object (node) : NULL;
  name = doc != NULL ? sync_json_member_text (doc, "doctype", NULL) : NULL;
  *doctype = doc != NULL ? sync_practice_call_doctype (call, name) : NULL;
  if (*doctype == NULL)
    g_clear_pointer (&doc, json_object_unref);
  return doc;
}

void
sync_practice_client_insert (SyncPracticeCall *call)
{
  SyncPracticeDocType *doctype = NULL;
  g_autoptr (JsonObject) sent = argument_doc (call, &doctype);

  if (sent != NULL)
    return_with_nulls (call, doctype, sync_practice_document_create (call, doctype, sent, FALSE));
}

void
sync_practice_client_insert_many (SyncPracticeCall *call)
{
  g_autoptr (JsonNode) docs = sync_practice_call_dup_json (call, "docs");
  g_autoptr (JsonArray) names = json_array_new ();
  JsonNode *result;

  if (docs == NULL || !JSON_NODE_HOLDS_ARRAY (docs))
    {
      need (call, "insert_many", "docs", NULL, NULL);
      return;
    }
  for (guint i = 0; i < json_array_get_length (json_node_get_array (docs)); i++)
    {
      JsonObject *sent = json_array_get_object_element (json_node_get_array (docs), i);
      SyncPracticeDocType *doctype = sync_practice_call_doctype (
        call, sync_json_member_text (sent, "doctype", NULL));
      g_autoptr (JsonObject) doc =
        doctype != NULL ? sync_practice_document_create (call, doctype, sent, FALSE) : NULL;

      if (doc == NULL)
        return;
      json_array_add_string_element (names, json_object_get_string_member (doc, "name"));
    }
  result = json_node_new (JSON_NODE_ARRAY);
  json_node_set_array (result, names);
  sync_practice_call_return (call, result);
}

void
sync_practice_client_save (SyncPracticeCall *call)
{
  SyncPracticeDocType *doctype = NULL;
  g_autoptr (JsonObject) sent = argument_doc (call, &doctype);

  if (sent != NULL)
    return_with_nulls (call, doctype, sync_practice_document_save (call, doctype, sent, -1));
}

void
sync_practice_client_submit (SyncPracticeCall *call)
{
  SyncPracticeDocType *doctype = NULL;
  g_autoptr (JsonObject) sent = argument_doc (call, &doctype);

  if (sent != NULL)
    return_with_nulls (call, doctype, sync_practice_document_save (call, doctype, sent, 1));
}

void
sync_practice_client_savedocs (SyncPracticeCall *call)
{
  const char *action = sync_practice_call_get_text (call, "action");
  SyncPracticeDocType *doctype = NULL;
  g_autoptr (JsonObject) sent = argument_doc (call, &doctype);
  g_autoptr (JsonObject) doc = NULL;
  JsonArray *docs;

  if (sent == NULL)
    return;
  doc = sync_practice_document_save (call, doctype, sent, g_strcmp0 (action, "Submit") == 0 ? 1 : -1);
  if (doc == NULL)
    return;
  docs = json_array_new ();
  json_array_add_object_element (docs, g_steal_pointer (&doc));
  call->result_key = "docs";
  sync_practice_call_return (call, json_node_init_array (json_node_alloc (), docs));
  json_array_unref (docs);
}

void
sync_practice_client_set_value (SyncPracticeCall *call)
{
  static const char *const standard[] =
    { "name", "owner", "creation", "modified", "modified_by", "docstatus", NULL };
  SyncPracticeDocType *doctype;
  g_autoptr (JsonNode) fieldname = NULL;
  g_autoptr (JsonObject) sent = NULL;

  if (!need (call, "set_value", "doctype", "name", "fieldname") ||
      (doctype = sync_practice_call_argument_doctype (call, "doctype")) == NULL)
    return;
  fieldname = sync_practice_call_dup_json (call, "fieldname");
  if (fieldname != NULL && JSON_NODE_HOLDS_OBJECT (fieldname))
    sent = json_node_dup_object (fieldname);
  else
    {
      const char *name = fieldname != NULL ? json_node_get_string (fieldname) : "";
      JsonNode *value = json_object_get_member (call->arguments, "value");

      if (g_strv_contains (standard, name))
        {
          sync_practice_call_fail (call, 417, "ValidationError", "Cannot edit standard fields");
          return;
        }
      sent = json_object_new ();
      json_object_set_member (sent, name, value != NULL ? json_node_ref (value)
                              : json_node_init_null (json_node_alloc ()));
    }
  return_with_nulls (call, doctype, sync_practice_document_update (call, doctype,
                                                                   sync_practice_call_get_text (call, "name"),
                                                                   sent));
}

void
sync_practice_client_cancel (SyncPracticeCall *call)
{
  SyncPracticeDocType *doctype = sync_practice_call_argument_doctype (call, "doctype");
  const char *name = sync_practice_call_get_text (call, "name");

  if (doctype != NULL && need (call, "cancel", "name", NULL, NULL))
    return_with_nulls (call, doctype, sync_practice_document_run (call, doctype, name, "cancel"));
}

void
sync_practice_client_delete (SyncPracticeCall *call)
{
  SyncPracticeDocType *doctype = sync_practice_call_argument_doctype (call, "doctype");
  const char *name = sync_practice_call_get_text (call, "name");

  if (doctype != NULL && need (call, "delete", "name", NULL, NULL) &&
      sync_practice_document_delete (call, doctype, name))
    sync_practice_call_return (call, json_node_init_null (json_node_alloc ()));
}

void
sync_practice_client_rename_doc (SyncPracticeCall *call)
{
  SyncPracticeDocType *doctype = sync_practice_call_argument_doctype (call, "doctype");
  const char *old_name = sync_practice_call_get_text (call, "old_name");
  const char *new_name = sync_practice_call_get_text (call, "new_name");
  g_autoptr (JsonObject) doc = NULL;

  if (doctype == NULL || !need (call, "rename_doc", "old_name", "new_name", NULL) ||
      !sync_practice_call_check (call, doctype, 'w'))
    return;
  doc = sync_practice_document_get (call, doctype, old_name);
  if (doc == NULL || !sync_practice_document_rename (call, doctype, doc, new_name))
    return;
  sync_practice_call_say (call, "Message", "green", FALSE, "Document renamed from <strong>%s</strong> to"
                          " <strong>%s</strong>", old_name, new_name);
  sync_practice_call_return_text (call, new_name);
}
