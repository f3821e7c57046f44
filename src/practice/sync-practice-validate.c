/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From what was sent to a document: casting, defaults, child rows, and Frappe's checks of values and
 * links. Unknown fields are dropped without a word, as the real site does. Child tables are replaced as a
 * whole: a row sent with the name of an existing one keeps that name and loses what was not sent; a row
 * with an unknown name is in the answer but is not stored (marked `__ghost` until then). One thread. */
#include "config.h"

#include "sync-practice-private.h"

#include <stdio.h>
#include <string.h>

static JsonNode *
number_node (SyncPracticeType type, double number)
{
  return type == SYNC_PRACTICE_FLOAT ? json_node_init_double (json_node_alloc (), number)
                                     : json_node_init_int (json_node_alloc (), (gint64) number);
}

static double
number_of (JsonNode *node)
{
  if (!JSON_NODE_HOLDS_VALUE (node))
    return 0;
  switch (json_node_get_value_type (node))
    {
    case G_TYPE_STRING:
      return g_ascii_strtod (json_node_get_string (node), NULL);
    case G_TYPE_BOOLEAN:
      return json_node_get_boolean (node);
    default:
      return json_node_get_double (node);
    }
}

/* Returns: (transfer full) (nullable): the value as the field's type has it; NULL clears the field. */
static JsonNode *
cast (SyncPracticeField *field, JsonNode *node)
{
  gboolean is_number = field->type >= SYNC_PRACTICE_INT;
  g_autofree char *text = NULL;

  if (is_number)
    return number_node (field->type, JSON_NODE_HOLDS_NULL (node) ? 0 : number_of (node));
  if (JSON_NODE_HOLDS_NULL (node))
    return NULL;
  if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING)
    {
      const char *string = json_node_get_string (node);

      /* An empty unique value is NULL, so that it may repeat. */
      return string[0] == '\0' && field->unique ? NULL : json_node_init_string (json_node_alloc (), string);
    }
  text = json_to_string (node, FALSE);
  return json_node_init_string (json_node_alloc (), text);
}

static void
set_standard (SyncPracticeCall *call, JsonObject *doc)
{
  const char *user = call->seeding ? "Administrator" : sync_practice_call_user (call);

  json_object_set_string_member (doc, "name", "");
  json_object_set_string_member (doc, "owner", user);
  json_object_set_string_member (doc, "creation", "");
  json_object_set_string_member (doc, "modified", "");
  json_object_set_string_member (doc, "modified_by", user);
  json_object_set_int_member (doc, "docstatus", 0);
  json_object_set_int_member (doc, "idx", 0);
}

static void
set_fields (SyncPracticeDocType *doctype, JsonObject *doc, JsonObject *sent)
{
  for (guint i = 0; i < doctype->fields->len; i++)
    {
      SyncPracticeField *field = g_ptr_array_index (doctype->fields, i);
      JsonNode *given = json_object_get_member (sent, field->name);
      JsonNode *value = NULL;

      if (given != NULL && !JSON_NODE_HOLDS_NULL (given))
        value = cast (field, given);
      else if (field->fallback != NULL)
        value = json_node_copy (field->fallback);
      if (value != NULL)
        json_object_set_member (doc, field->name, value);
    }
  json_object_set_string_member (doc, "doctype", doctype->name);
}

static const char *
row_name (JsonObject *row)
{
  JsonNode *node = json_object_get_member (row, "name");

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) ? json_node_get_string (node) : NULL;
}

static JsonObject *
find_row (JsonArray *rows, const char *name)
{
  for (guint i = 0; rows != NULL && name != NULL && i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);

      if (g_strcmp0 (row_name (row), name) == 0)
        return row;
    }
  return NULL;
}

/* One row as it was sent, with its type's fields and defaults. */
static JsonObject *
make_row (SyncPracticeCall *call, SyncPracticeTable *table, JsonObject *sent, JsonArray *before, gint64 index)
{
  SyncPracticeDocType *row_type =
    table->doctype[0] != '\0' ? g_hash_table_lookup (call->shop->doctypes, table->doctype)
                                                            : NULL;
  JsonObject *row = json_object_new ();
  JsonObject *old = find_row (before, row_name (sent));

  set_standard (call, row);
  json_object_set_int_member (row, "idx", index);
  if (row_type != NULL)
    set_fields (row_type, row, sent);
  else
    {
      JsonObjectIter iter;
      const char *name;
      JsonNode *value;

      json_object_iter_init (&iter, sent);
      while (json_object_iter_next (&iter, &name, &value))
        if (!json_object_has_member (row, name))
          json_object_set_member (row, name, json_node_ref (value));
    }
  if (old != NULL)
    {
      json_object_set_string_member (row, "name", row_name (old));
      json_object_set_string_member (row, "owner", json_object_get_string_member (old, "owner"));
      json_object_set_string_member (row, "creation", json_object_get_string_member (old, "creation"));
    }
  else if (before != NULL && row_name (sent) != NULL)
    {
      json_object_set_string_member (row, "name", row_name (sent));
      json_object_set_boolean_member (row, "__ghost", TRUE);
    }
  json_object_set_string_member (row, "parentfield", table->fieldname);
  return row;
}

static JsonArray *
make_rows (SyncPracticeCall *call, SyncPracticeTable *table, JsonNode *sent, JsonArray *before)
{
  JsonArray *rows = json_array_new ();

  if (sent == NULL || !JSON_NODE_HOLDS_ARRAY (sent))
    return rows;
  for (guint i = 0; i < json_array_get_length (json_node_get_array (sent)); i++)
    {
      JsonNode *element = json_array_get_element (json_node_get_array (sent), i);

      if (JSON_NODE_HOLDS_OBJECT (element))
        json_array_add_object_element (rows,
                                       make_row (call, table, json_node_get_object (element), before, i + 1));
    }
  return rows;
}

/**
 * sync_practice_validate_new:
 * @call: a call
 * @doctype: a DocType
 * @sent: the fields given
 *
 * Returns: (transfer full): a new document, without name and stamps
 */
JsonObject *
sync_practice_validate_new (SyncPracticeCall *call, SyncPracticeDocType *doctype, JsonObject *sent)
{
  JsonObject *doc = json_object_new ();

  set_standard (call, doc);
  set_fields (doctype, doc, sent);
  for (guint i = 0; i < doctype->tables->len; i++)
    {
      SyncPracticeTable *table = g_ptr_array_index (doctype->tables, i);

      json_object_set_array_member (doc, table->fieldname,
                                    make_rows (call, table, json_object_get_member (sent, table->fieldname),
                                               NULL));
    }
  return doc;
}

/**
 * sync_practice_validate_set:
 * @call: a call
 * @doctype: a DocType
 * @doc: a stored document, changed in place
 * @sent: the fields to change; others keep their value
 *
 * Returns: %TRUE
 */
gboolean
sync_practice_validate_set (SyncPracticeCall *call, SyncPracticeDocType *doctype, JsonObject *doc,
                            JsonObject *sent)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *given;

  json_object_iter_init (&iter, sent);
  while (json_object_iter_next (&iter, &name, &given))
    {
      SyncPracticeField *field = sync_practice_doctype_get_field (doctype, name);
      SyncPracticeTable *table = field == NULL ? sync_practice_doctype_get_table (doctype, name) : NULL;
      JsonNode *value = field != NULL ? cast (field, given) : NULL;

      if (value != NULL)
        json_object_set_member (doc, name, value);
      else if (field != NULL)
        json_object_remove_member (doc, name);
      else if (table != NULL)
        json_object_set_array_member (doc, name, make_rows (call, table, given,
                                                            json_object_get_array_member (doc, name)));
    }
  return TRUE;
}

static gboolean
check_links_of (SyncPracticeCall *call, SyncPracticeDocType *doctype, JsonObject *doc)
{
  for (guint i = 0; i < doctype->fields->len; i++)
    {
      SyncPracticeField *field = g_ptr_array_index (doctype->fields, i);
      const char *target;
      g_autofree char *found = NULL;

      if (field->type != SYNC_PRACTICE_LINK)
        continue;
      target = sync_json_member_text (doc, field->name, "");
      if (target[0] == '\0')
        continue;
      found = sync_practice_store_dup_name (call->shop->store, field->options, target);
      if (found == NULL)
        return sync_practice_call_fail (call, 417, "LinkValidationError", "Could not find %s: %s",
                                        field->label, target);
      if (strcmp (found, target) != 0)
        json_object_set_string_member (doc, field->name, found);
    }
  return TRUE;
}

/* Runs check over the document and its described child rows. */
static gboolean
for_all_rows (SyncPracticeCall *call, SyncPracticeDocType *doctype, JsonObject *doc,
              gboolean (*check) (SyncPracticeCall *, SyncPracticeDocType *, JsonObject *))
{
  if (!check (call, doctype, doc))
    return FALSE;
  for (guint i = 0; i < doctype->tables->len; i++)
    {
      SyncPracticeTable *table = g_ptr_array_index (doctype->tables, i);
      SyncPracticeDocType *row_type = g_hash_table_lookup (call->shop->doctypes, table->doctype);
      JsonArray *rows = json_object_get_array_member (doc, table->fieldname);

      for (guint j = 0; row_type != NULL && j < json_array_get_length (rows); j++)
        if (!check (call, row_type, json_array_get_object_element (rows, j)))
          return FALSE;
    }
  return TRUE;
}

/* Every link names a document; it is written as that document's name is. */
gboolean
sync_practice_validate_links (SyncPracticeCall *call, SyncPracticeDocType *doctype, JsonObject *doc)
{
  return for_all_rows (call, doctype, doc, check_links_of);
}

static gboolean
check_select (SyncPracticeCall *call, SyncPracticeField *field, const char *value)
{
  g_auto (GStrv) choices = g_strsplit (field->options, "\n", -1);
  g_autofree char *text = NULL;

  if (value[0] == '\0' || g_strv_contains ((const char *const *) choices, value))
    return TRUE;
  text = g_strjoinv ("\", \"", choices);
  return sync_practice_call_fail (call, 417, "ValidationError",
                                  " %s cannot be \"%s\". It should be one of \"%s\"",
                                  field->label, value, text);
}

static gboolean
check_date (SyncPracticeCall *call, const char *value)
{
  int year = 0;
  int month = 0;
  int day = 0;

  if (sscanf (value, "%4d-%2d-%2d", &year, &month, &day) == 3 && g_date_valid_dmy (day, month, year))
    return TRUE;
  sync_practice_call_fail (call, 417, "ValidationError", "<strong>%s</strong> is not a valid date string.",
                           value);
  return sync_practice_call_from_erpnext (call);
}

static gboolean
check_length (SyncPracticeCall *call, SyncPracticeDocType *doctype, JsonObject *doc, SyncPracticeField *field,
              const char *value)
{
  if (strlen (value) <= field->length || g_utf8_strlen (value, -1) <= field->length)
    return TRUE;
  return sync_practice_call_fail (call, 417, "CharacterLengthExceededError",
                                  "%s %s: '<strong>%s</strong>' (%s) will get truncated, as max characters"
                                  " allowed is %u",
                                  doctype->name, json_object_get_string_member (doc, "name"), field->label,
                                  value,
                                  field->length);
}

static gboolean
check_value (SyncPracticeCall *call, SyncPracticeDocType *doctype, JsonObject *doc, SyncPracticeField *field)
{
  const char *value;

  if (field->type >= SYNC_PRACTICE_INT || field->type == SYNC_PRACTICE_TEXT)
    return TRUE;
  value = sync_json_member_text (doc, field->name, NULL);
  if (value == NULL)
    return TRUE;
  if (field->type == SYNC_PRACTICE_SELECT)
    return check_select (call, field, value);
  if (field->type == SYNC_PRACTICE_DATE)
    return value[0] == '\0' || check_date (call, value);
  return check_length (call, doctype, doc, field, value);
}

static gboolean
is_missing (JsonObject *doc, SyncPracticeField *field)
{
  JsonNode *node = json_object_get_member (doc, field->name);

  return node == NULL ||
    (json_node_get_value_type (node) == G_TYPE_STRING && json_node_get_string (node)[0] == '\0');
}

static gboolean
check_mandatory (SyncPracticeCall *call, SyncPracticeDocType *doctype, JsonObject *doc)
{
  g_autoptr (GString) missing = g_string_new (NULL);

  for (guint i = 0; i < doctype->fields->len; i++)
    {
      SyncPracticeField *field = g_ptr_array_index (doctype->fields, i);

      if (!field->reqd || !is_missing (doc, field))
        continue;
      g_string_append_printf (missing, "%s%s", missing->len > 0 ? ", " : "", field->name);
      sync_practice_call_say (call, "Message", NULL, FALSE, "Error: Value missing for %s: %s", doctype->name,
                              field->label);
    }
  if (missing->len == 0)
    return TRUE;
  return sync_practice_call_fail_quietly (call, 417, "MandatoryError", "[%s, %s]: %s", doctype->name,
                                          json_object_get_string_member (doc, "name"), missing->str);
}

static gboolean
check_values_of (SyncPracticeCall *call, SyncPracticeDocType *doctype, JsonObject *doc)
{
  if (!check_mandatory (call, doctype, doc))
    return FALSE;
  for (guint i = 0; i < doctype->fields->len; i++)
    if (!check_value (call, doctype, doc, g_ptr_array_index (doctype->fields, i)))
      return FALSE;
  return TRUE;
}

/* Mandatory fields, choices, dates and lengths. */
gboolean
sync_practice_validate_values (SyncPracticeCall *call, SyncPracticeDocType *doctype, JsonObject *doc)
{
  return for_all_rows (call, doctype, doc, check_values_of);
}

static char *
shown_value (JsonObject *doc, const char *name)
{
  JsonNode *node = json_object_get_member (doc, name);

  if (node == NULL)
    return g_strdup ("None");
  if (json_node_get_value_type (node) == G_TYPE_STRING)
    return g_strdup (json_node_get_string (node));
  return json_to_string (node, FALSE);
}

/* A submitted document: only fields that allow it may change; tables may not. */
gboolean
sync_practice_validate_frozen (SyncPracticeCall *call, SyncPracticeDocType *doctype, JsonObject *before,
                               JsonObject *after)
{
  for (guint i = 0; i < doctype->fields->len; i++)
    {
      SyncPracticeField *field = g_ptr_array_index (doctype->fields, i);
      g_autofree char *old_value = NULL;
      g_autofree char *new_value = NULL;

      if (field->allow_on_submit)
        continue;
      old_value = shown_value (before, field->name);
      new_value = shown_value (after, field->name);
      if (strcmp (old_value, new_value) == 0)
        continue;
      sync_practice_call_say (call, "Cannot Update After Submit", "red", TRUE,
                              " Not allowed to change <strong>%s</strong> after submission from"
                              " <strong>%s</strong> to"
                              " <strong>%s</strong>", field->label, old_value, new_value);
      return sync_practice_call_fail_quietly (call, 417, "UpdateAfterSubmitError",
                                              " Not allowed to change <strong>%s</strong> after submission"
                                              " from"
                                              " <strong>%s</strong> to <strong>%s</strong>", field->label,
                                              old_value,
                                              new_value);
    }
  for (guint i = 0; i < doctype->tables->len; i++)
    {
      SyncPracticeTable *table = g_ptr_array_index (doctype->tables, i);
      JsonArray *old_rows = json_object_get_array_member (before, table->fieldname);
      JsonArray *new_rows = json_object_get_array_member (after, table->fieldname);

      if (json_array_get_length (old_rows) != json_array_get_length (new_rows))
        return sync_practice_call_fail (call, 417, "UpdateAfterSubmitError",
                                        "Not allowed to change <strong>%s</strong> after submission",
                                        table->fieldname);
    }
  return TRUE;
}

/* Returns: (transfer full): the document with null for every field without a value, as methods answer it. */
JsonObject *
sync_practice_validate_with_nulls (SyncPracticeDocType *doctype, JsonObject *doc)
{
  JsonObject *full = json_object_new ();
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;

  json_object_iter_init (&iter, doc);
  while (json_object_iter_next (&iter, &name, &value))
    json_object_set_member (full, name, json_node_ref (value));
  for (guint i = 0; i < doctype->fields->len; i++)
    {
      SyncPracticeField *field = g_ptr_array_index (doctype->fields, i);

      if (!json_object_has_member (full, field->name))
        json_object_set_null_member (full, field->name);
    }
  return full;
}
