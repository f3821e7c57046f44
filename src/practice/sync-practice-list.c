/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists and counts: fields, filters, order and limits become one SQL query over the stored documents. A
 * field that the DocType does not have is refused, in `fields` and in `filters` (that is how a client
 * proves that a custom field exists). Text compares folded; a unique field is looked up through its index.
 * One thread. */
#include "config.h"

#include "sync-practice-private.h"

#include <string.h>

typedef struct
{
  SyncPracticeCall *call;        /* (unowned) */
  SyncPracticeDocType *doctype;  /* (unowned) */
  GPtrArray *fields;             /* (owned) (element-type utf8) */
  GString *where;                /* (owned) */
  GPtrArray *values;             /* (owned) (element-type utf8): bound in order */
  JsonArray *rows;               /* (owned) */
  gboolean as_list;
  gint64 count;
} Query;

static const char *const standard_fields[] =
  { "name", "owner", "creation", "modified", "modified_by", "docstatus",
                                               "idx", "parent", "parenttype", "parentfield", NULL };

static gboolean
is_standard (const char *fieldname)
{
  return g_strv_contains (standard_fields, fieldname);
}

static gboolean
check_field (Query *query, const char *fieldname)
{
  if (is_standard (fieldname) || sync_practice_doctype_get_field (query->doctype, fieldname) != NULL)
    return TRUE;
  return sync_practice_call_fail (query->call, 417, "DataError", "Field not permitted in query: %s",
                                  fieldname);
}

/* "`tabCustomer`.`name`" and "name as x" -> "name" */
static char *
plain_field (const char *text)
{
  const char *dot = strstr (text, "`.");
  g_auto (GStrv) words = g_strsplit (dot != NULL ? dot + 2 : text, " ", 2);
  g_auto (GStrv) bare = g_strsplit (words[0] != NULL ? words[0] : "", "`", -1);

  return g_strjoinv ("", bare);
}

static gboolean
read_fields (Query *query, JsonNode *node)
{
  JsonArray *list = node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  const char *single = node != NULL && JSON_NODE_HOLDS_VALUE (node) ? json_node_get_string (node) : NULL;

  if (list == NULL)
    g_ptr_array_add (query->fields, single != NULL && single[0] != '\0' ? plain_field (single)
                     : g_strdup ("name"));
  for (guint i = 0; list != NULL && i < json_array_get_length (list); i++)
    {
      const char *text = json_node_get_string (json_array_get_element (list, i));

      g_ptr_array_add (query->fields, plain_field (text != NULL ? text : ""));
    }
  for (guint i = 0; i < query->fields->len; i++)
    {
      const char *fieldname = g_ptr_array_index (query->fields, i);

      if (strcmp (fieldname, "*") != 0 && !check_field (query, fieldname))
        return FALSE;
    }
  return TRUE;
}

static char *
value_text (JsonNode *node)
{
  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return g_strdup ("");
  if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING)
    return g_strdup (json_node_get_string (node));
  if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_BOOLEAN)
    return g_strdup (json_node_get_boolean (node) ? "1" : "0");
  return json_to_string (node, FALSE);
}

/* "2026-11-22", "2026-11-22T17:00:00" -> as the stamp column has it */
static char *
stamp_text (const char *text)
{
  g_autoptr (GString) padded = g_string_new (text);

  if (padded->len > 10 && padded->str[10] == 'T')
    padded->str[10] = ' ';
  if (padded->len == 10)
    g_string_append (padded, " 00:00:00");
  if (padded->len == 19)
    g_string_append (padded, ".000000");
  while (padded->len > 20 && padded->len < 26)
    g_string_append_c (padded, '0');
  return g_strdup (padded->str);
}

static gboolean
is_number_field (Query *query, const char *fieldname)
{
  SyncPracticeField *field = sync_practice_doctype_get_field (query->doctype, fieldname);

  return (field != NULL && field->type >= SYNC_PRACTICE_INT) || strcmp (fieldname, "docstatus") == 0 ||
         strcmp (fieldname, "idx") == 0;
}

/* The SQL expression of a field, and how a value must look to be compared with it. */
static char *
field_sql (Query *query, const char *fieldname)
{
  if (strcmp (fieldname, "modified") == 0)
    return g_strdup ("stamp");
  if (strcmp (fieldname, "name") == 0)
    return g_strdup ("key");
  if (strcmp (fieldname, "docstatus") == 0)
    return g_strdup ("docstatus");
  if (is_number_field (query, fieldname))
    return g_strdup_printf ("coalesce (json_extract (body, '$.%s'), 0)", fieldname);
  return g_strdup_printf ("fold (coalesce (json_extract (body, '$.%s'), ''))", fieldname);
}

static void
bind_value (Query *query, const char *fieldname, JsonNode *node)
{
  g_autofree char *text = value_text (node);

  if (strcmp (fieldname, "modified") == 0)
    g_ptr_array_add (query->values, stamp_text (text));
  else if (is_number_field (query, fieldname))
    g_ptr_array_add (query->values, g_steal_pointer (&text));
  else
    g_ptr_array_add (query->values, sync_practice_fold (text));
  g_string_append (query->where, is_number_field (query, fieldname) ? "CAST (? AS REAL)" : "?");
}

static void
bind_list (Query *query, const char *fieldname, JsonNode *node)
{
  JsonArray *list = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  g_auto (GStrv) parts = NULL;
  g_autofree char *text = NULL;

  g_string_append (query->where, "(");
  if (list == NULL)
    {
      text = value_text (node);
      parts = g_strsplit (text, ",", -1);
    }
  for (guint i = 0; list != NULL ? i < json_array_get_length (list) : parts[i] != NULL; i++)
    {
      if (i > 0)
        g_string_append (query->where, ", ");
      if (list != NULL)
        bind_value (query, fieldname, json_array_get_element (list, i));
      else
        {
          g_autoptr (JsonNode) part = json_node_init_string (json_node_alloc (), g_strstrip (parts[i]));

          bind_value (query, fieldname, part);
        }
    }
  g_string_append (query->where, ")");
}

/* A look-up by key must not read every document. */
static gboolean
add_unique_filter (Query *query, const char *fieldname, const char *operator, JsonNode *value)
{
  SyncPracticeField *field = sync_practice_doctype_get_field (query->doctype, fieldname);
  gboolean is_in = strcmp (operator, "in") == 0;

  if (field == NULL || !field->unique || !(is_in || strcmp (operator, "=") == 0))
    return FALSE;
  if (!is_in && JSON_NODE_HOLDS_NULL (value))
    return FALSE;
  g_string_append (query->where,
                   " AND key IN (SELECT key FROM uniques WHERE doctype = ? AND field = ? AND value ");
  g_ptr_array_add (query->values, g_strdup (query->doctype->name));
  g_ptr_array_add (query->values, g_strdup (fieldname));
  g_string_append (query->where, is_in ? "IN " : "= ");
  if (is_in)
    bind_list (query, fieldname, value);
  else
    bind_value (query, fieldname, value);
  g_string_append (query->where, ")");
  return TRUE;
}

static void
add_between (Query *query, const char *fieldname, const char *sql, JsonNode *value)
{
  JsonArray *list = JSON_NODE_HOLDS_ARRAY (value) ? json_node_get_array (value) : NULL;

  if (list == NULL || json_array_get_length (list) != 2)
    return;
  g_string_append_printf (query->where, " AND %s BETWEEN ", sql);
  bind_value (query, fieldname, json_array_get_element (list, 0));
  g_string_append (query->where, " AND ");
  bind_value (query, fieldname, json_array_get_element (list, 1));
}

static gboolean
add_filter (Query *query, const char *fieldname, const char *operator, JsonNode *value)
{
  static const char *const plain[] = { "=", "!=", ">", "<", ">=", "<=", "like", "not like", NULL };
  g_autofree char *lower = g_ascii_strdown (operator, -1);
  g_autofree char *sql = NULL;

  if (!check_field (query, fieldname))
    return FALSE;
  if (add_unique_filter (query, fieldname, lower, value))
    return TRUE;
  sql = field_sql (query, fieldname);
  if (strcmp (lower, "is") == 0)
    {
      g_autofree char *text = value_text (value);

      g_string_append_printf (query->where, " AND %s %s ''", sql, strcmp (text, "not set") == 0 ? "=" : "!=");
    }
  else if (strcmp (lower, "in") == 0 || strcmp (lower, "not in") == 0)
    {
      g_string_append_printf (query->where, " AND %s %s ", sql, lower);
      bind_list (query, fieldname, value);
    }
  else if (strcmp (lower, "between") == 0)
    add_between (query, fieldname, sql, value);
  else if (g_strv_contains (plain, lower))
    {
      g_string_append_printf (query->where, " AND %s %s ", sql, lower);
      bind_value (query, fieldname, value);
    }
  else
    return sync_practice_call_fail (query->call, 417, "ValidationError",
                                    "Operator must be one of =, !=, >, <, >=, <=,"
                                    " like, not like, in, not in, is, between");
  return TRUE;
}

/* ["field", "op", value] or ["DocType", "field", "op", value] */
static gboolean
add_filter_row (Query *query, JsonArray *row)
{
  guint n = json_array_get_length (row);
  guint at = n >= 4 ? 1 : 0;
  const char *fieldname = n >= 3 ? json_node_get_string (json_array_get_element (row, at)) : NULL;
  const char *operator = n >= 3 ? json_node_get_string (json_array_get_element (row, at + 1)) : NULL;

  if (fieldname == NULL || operator == NULL)
    return sync_practice_call_fail (query->call, 417, "ValidationError", "Invalid filter");
  return add_filter (query, fieldname, operator, json_array_get_element (row, at + 2));
}

static gboolean
read_filters (Query *query, JsonNode *node)
{
  JsonObjectIter iter;
  const char *fieldname;
  JsonNode *value;

  if (node == NULL || JSON_NODE_HOLDS_VALUE (node))
    return node == NULL || json_node_get_string (node) == NULL || json_node_get_string (node)[0] == '\0' ||
           add_filter (query, "name", "=", node);
  if (JSON_NODE_HOLDS_ARRAY (node))
    {
      JsonArray *list = json_node_get_array (node);

      for (guint i = 0; i < json_array_get_length (list); i++)
        {
          JsonNode *row = json_array_get_element (list, i);

          if (JSON_NODE_HOLDS_ARRAY (row) && !add_filter_row (query, json_node_get_array (row)))
            return FALSE;
        }
      return TRUE;
    }
  json_object_iter_init (&iter, json_node_get_object (node));
  while (json_object_iter_next (&iter, &fieldname, &value))
    {
      JsonArray *pair = JSON_NODE_HOLDS_ARRAY (value) ? json_node_get_array (value) : NULL;
      gboolean has_operator = pair != NULL && json_array_get_length (pair) == 2;

      if (!add_filter (query, fieldname, has_operator ? json_array_get_string_element (pair, 0) : "=",
                       has_operator ? json_array_get_element (pair, 1) : value))
        return FALSE;
    }
  return TRUE;
}

static gboolean
add_order (Query *query, GString *sql, const char *order_by)
{
  g_auto (GStrv) parts =
    g_strsplit (order_by != NULL && order_by[0] != '\0' ? order_by : "modified desc", ",", -1);

  for (guint i = 0; parts[i] != NULL; i++)
    {
      g_autofree char *fieldname = plain_field (g_strstrip (parts[i]));
      g_autofree char *expression = NULL;
      g_autofree char *lower = g_ascii_strdown (parts[i], -1);

      if (!check_field (query, fieldname))
        return FALSE;
      expression = field_sql (query, fieldname);
      g_string_append_printf (sql, "%s %s %s", i == 0 ? " ORDER BY" : ",", expression,
                              g_str_has_suffix (lower, " desc") ? "DESC" : "ASC");
    }
  return TRUE;
}

static void
add_member (Query *query, JsonObject *row, JsonArray *list, JsonObject *doc, const char *fieldname)
{
  JsonNode *value = json_object_get_member (doc, fieldname);
  JsonNode *copy = value != NULL ? json_node_ref (value) : json_node_init_null (json_node_alloc ());

  if (query->as_list)
    json_array_add_element (list, copy);
  else
    json_object_set_member (row, fieldname, copy);
}

static void
add_row (Query *query, JsonObject *doc)
{
  JsonObject *row = json_object_new ();
  JsonArray *list = json_array_new ();

  for (guint i = 0; i < query->fields->len; i++)
    {
      const char *fieldname = g_ptr_array_index (query->fields, i);

      if (strcmp (fieldname, "*") != 0)
        {
          add_member (query, row, list, doc, fieldname);
          continue;
        }
      for (guint j = 0; j < 7; j++)
        add_member (query, row, list, doc, standard_fields[j]);
      for (guint j = 0; j < query->doctype->fields->len; j++)
        add_member (query, row, list, doc,
                    ((SyncPracticeField *) g_ptr_array_index (query->doctype->fields, j))->name);
    }
  if (query->as_list)
    json_array_add_array_element (query->rows, json_array_ref (list));
  else
    json_array_add_object_element (query->rows, json_object_ref (row));
  json_object_unref (row);
  json_array_unref (list);
}

static void
take_row (sqlite3_stmt *stmt, gpointer user_data)
{
  g_autoptr (JsonNode) node = json_from_string ((const char *) sqlite3_column_text (stmt, 0), NULL);

  add_row (user_data, json_node_get_object (node));
}

static void
take_count (sqlite3_stmt *stmt, gpointer user_data)
{
  ((Query *) user_data)->count = sqlite3_column_int64 (stmt, 0);
}

static gboolean
open_query (Query *query, SyncPracticeCall *call, const char *doctype)
{
  query->call = call;
  query->doctype = g_hash_table_lookup (call->shop->doctypes, doctype);
  if (query->doctype == NULL)
    {
      sync_practice_call_fail (call, 404, "DoesNotExistError", "DocType %s not found", doctype);
      call->traced = FALSE;
      return FALSE;
    }
  query->fields = g_ptr_array_new_with_free_func (g_free);
  query->values = g_ptr_array_new_with_free_func (g_free);
  query->where = g_string_new (" WHERE doctype = ?");
  query->rows = json_array_new ();
  g_ptr_array_add (query->values, g_strdup (doctype));
  return TRUE;
}

static void
close_query (Query *query)
{
  g_clear_pointer (&query->fields, g_ptr_array_unref);
  g_clear_pointer (&query->values, g_ptr_array_unref);
  g_clear_pointer (&query->rows, json_array_unref);
  if (query->where != NULL)
    g_string_free (query->where, TRUE);
}

static gboolean
check_list_right (SyncPracticeCall *call, SyncPracticeDocType *doctype)
{
  if (sync_practice_call_check (call, doctype, 'r'))
    return TRUE;
  call->traced = TRUE;
  return FALSE;
}

/* Child rows are listed through their parent, which the filters name. */
static gboolean
list_rows (Query *query, const SyncPracticeListQuery *wanted)
{
  SyncPracticeDocType *parent =
    wanted->parent != NULL ? g_hash_table_lookup (query->call->shop->doctypes, wanted->parent)
                                                       : NULL;
  JsonObject *filters = wanted->filters != NULL && JSON_NODE_HOLDS_OBJECT (wanted->filters)
                          ? json_node_get_object (wanted->filters)
                          : NULL;
  const char *name =
    filters != NULL ? sync_json_member_text (filters, "parent", NULL) : NULL;
  g_autoptr (JsonObject) doc = NULL;

  if (parent == NULL)
    return sync_practice_call_fail_quietly (query->call, 403, "PermissionError", NULL);
  if (!check_list_right (query->call, parent) || !read_fields (query, wanted->fields))
    return FALSE;
  doc = name != NULL ? sync_practice_store_dup_doc (query->call->shop->store, parent->name, name) : NULL;
  for (guint i = 0; doc != NULL && i < parent->tables->len; i++)
    {
      SyncPracticeTable *table = g_ptr_array_index (parent->tables, i);
      JsonArray *rows = json_object_get_array_member (doc, table->fieldname);

      for (guint j = 0; strcmp (table->doctype, wanted->doctype) == 0 &&
           j < json_array_get_length (rows); j++)
        add_row (query, json_array_get_object_element (rows, j));
    }
  return TRUE;
}

static gboolean
list_documents (Query *query, const SyncPracticeListQuery *wanted)
{
  g_autoptr (GString) sql = NULL;

  if (!check_list_right (query->call, query->doctype) || !read_fields (query, wanted->fields) ||
      !read_filters (query, wanted->filters))
    return FALSE;
  sql = g_string_new ("SELECT body FROM documents");
  g_string_append (sql, query->where->str);
  if (!add_order (query, sql, wanted->order_by))
    return FALSE;
  g_string_append_printf (sql, " LIMIT %" G_GINT64_FORMAT " OFFSET %" G_GINT64_FORMAT,
                          wanted->limit > 0 ? wanted->limit : -1, wanted->start);
  sync_practice_store_query (query->call->shop->store, sql->str, query->values, take_row, query);
  return TRUE;
}

/**
 * sync_practice_list:
 * @call: a call
 * @wanted: what to list
 *
 * Returns: (transfer full) (nullable): the rows, %NULL when the query is refused
 */
JsonArray *
sync_practice_list (SyncPracticeCall *call, const SyncPracticeListQuery *wanted)
{
  Query query = { .as_list = wanted->as_list };
  JsonArray *rows = NULL;

  if (open_query (&query, call, wanted->doctype) &&
      (query.doctype->istable ? list_rows (&query, wanted) : list_documents (&query, wanted)))
    rows = g_steal_pointer (&query.rows);
  close_query (&query);
  return rows;
}

/* Returns: how many documents match, -1 when the query is refused. */
gint64
sync_practice_list_count (SyncPracticeCall *call, const char *doctype, JsonNode *filters)
{
  Query query = { .count = -1 };
  g_autofree char *sql = NULL;

  if (open_query (&query, call, doctype) && check_list_right (call, query.doctype) &&
      read_filters (&query, filters))
    {
      sql = g_strconcat ("SELECT count (*) FROM documents", query.where->str, NULL);
      sync_practice_store_query (call->shop->store, sql, query.values, take_count, &query);
    }
  close_query (&query);
  return query.count;
}
