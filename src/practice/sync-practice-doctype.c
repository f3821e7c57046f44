/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the shop knows of each DocType, read from doctypes.json: fields with their types and defaults,
 * child tables, naming, permissions. Custom fields are added while the shop runs. One thread. */
#include "config.h"

#include "sync-practice-doctype.h"
#include "sync-json-member.h"

#include "sync-practice-resources.h"

#include <gio/gio.h>
#include <string.h>

static void
field_free (gpointer data)
{
  SyncPracticeField *field = data;

  g_free (field->name);
  g_free (field->label);
  g_free (field->options);
  g_clear_pointer (&field->fallback, json_node_unref);
  g_free (field);
}

static void
table_free (gpointer data)
{
  SyncPracticeTable *table = data;

  g_free (table->fieldname);
  g_free (table->doctype);
  g_free (table);
}

static void
doctype_free (gpointer data)
{
  SyncPracticeDocType *self = data;

  g_free (self->name);
  g_free (self->naming);
  g_ptr_array_unref (self->uniques);
  g_hash_table_unref (self->by_name);
  g_ptr_array_unref (self->fields);
  g_ptr_array_unref (self->tables);
  g_clear_pointer (&self->permissions, json_object_unref);
  g_free (self);
}

static SyncPracticeType
parse_type (const char *text)
{
  static const char *const names[] =
    { "Data", "Text", "Link", "Select", "Date", "Time", "Datetime", "Int", "Check",
                                       "Float", NULL };

  for (guint i = 0; names[i] != NULL; i++)
    if (strcmp (text, names[i]) == 0)
      return i;
  /* Other types of custom fields hold text of any length, or numbers. */
  return strcmp (text, "Currency") == 0 ? SYNC_PRACTICE_FLOAT : SYNC_PRACTICE_TEXT;
}

/* "item_code" -> "Item Code" */
static char *
label_of (const char *fieldname)
{
  char *label = g_strdup (fieldname);

  for (char *c = label; *c != '\0'; c++)
    if (*c == '_')
      *c = ' ';
    else if (c == label || c[-1] == ' ')
      *c = g_ascii_toupper (*c);
  return label;
}

/**
 * sync_practice_doctype_add_field:
 * @self: a DocType
 * @description: name, type, label, options, default, reqd, unique, allow_on_submit, length
 *
 * Adds the field, or replaces one of that name in its place.
 */
void
sync_practice_doctype_add_field (SyncPracticeDocType *self, JsonObject *description)
{
  SyncPracticeField *field = g_new0 (SyncPracticeField, 1);
  SyncPracticeField *old;

  field->name = g_strdup (json_object_get_string_member (description, "name"));
  field->label = g_strdup (sync_json_member_text (description, "label", NULL));
  if (field->label == NULL)
    field->label = label_of (field->name);
  field->type = parse_type (json_object_get_string_member (description, "type"));
  field->options = g_strdup (sync_json_member_text (description, "options", NULL));
  if (json_object_has_member (description, "default"))
    field->fallback = json_node_copy (json_object_get_member (description, "default"));
  field->reqd = sync_json_member_boolean (description, "reqd", FALSE);
  field->unique = sync_json_member_boolean (description, "unique", FALSE);
  field->allow_on_submit =
    sync_json_member_boolean (description, "allow_on_submit", FALSE);
  field->length = sync_json_member_int (description, "length", 0);
  if (field->length == 0)
    field->length = 140;
  old = g_hash_table_lookup (self->by_name, field->name);
  if (old != NULL)
    {
      guint index = 0;

      g_ptr_array_find (self->fields, old, &index);
      g_ptr_array_remove (self->uniques, old);
      g_hash_table_remove (self->by_name, old->name);
      field_free (old);
      self->fields->pdata[index] = field;
    }
  else
    g_ptr_array_add (self->fields, field);
  g_hash_table_insert (self->by_name, field->name, field);
  if (field->unique)
    g_ptr_array_add (self->uniques, field);
}

/* Makes the field of a Custom Field document known. */
void
sync_practice_doctype_add_custom_field (SyncPracticeDocType *self, JsonObject *doc)
{
  g_autoptr (JsonObject) description = json_object_new ();

  json_object_set_string_member (description, "name", json_object_get_string_member (doc, "fieldname"));
  json_object_set_string_member (description, "type", json_object_get_string_member (doc, "fieldtype"));
  if (json_object_has_member (doc, "label"))
    json_object_set_string_member (description, "label", json_object_get_string_member (doc, "label"));
  json_object_set_boolean_member (description, "unique", json_object_get_int_member (doc, "unique") == 1);
  json_object_set_boolean_member (description, "reqd",
                                  sync_json_member_int (doc, "reqd", 0) == 1);
  json_object_set_int_member (description, "length",
                              sync_json_member_int (doc, "length", 0));
  sync_practice_doctype_add_field (self, description);
}

/* Returns: whether there was such a field. */
gboolean
sync_practice_doctype_remove_field (SyncPracticeDocType *self, const char *fieldname)
{
  SyncPracticeField *field = g_hash_table_lookup (self->by_name, fieldname);

  if (field == NULL)
    return FALSE;
  g_hash_table_remove (self->by_name, fieldname);
  g_ptr_array_remove (self->uniques, field);
  g_ptr_array_remove (self->fields, field);
  return TRUE;
}

SyncPracticeField *
sync_practice_doctype_get_field (SyncPracticeDocType *self, const char *fieldname)
{
  return g_hash_table_lookup (self->by_name, fieldname);
}

SyncPracticeTable *
sync_practice_doctype_get_table (SyncPracticeDocType *self, const char *fieldname)
{
  for (guint i = 0; i < self->tables->len; i++)
    {
      SyncPracticeTable *table = g_ptr_array_index (self->tables, i);

      if (strcmp (table->fieldname, fieldname) == 0)
        return table;
    }
  return NULL;
}

gboolean
sync_practice_doctype_has_link_to (SyncPracticeDocType *self, const char *doctype)
{
  for (guint i = 0; i < self->fields->len; i++)
    {
      SyncPracticeField *field = g_ptr_array_index (self->fields, i);

      if (field->type == SYNC_PRACTICE_LINK && strcmp (field->options, doctype) == 0)
        return TRUE;
    }
  return FALSE;
}

static void
set_table (SyncPracticeDocType *self, const char *fieldname, const char *doctype)
{
  SyncPracticeTable *table = sync_practice_doctype_get_table (self, fieldname);

  if (table == NULL)
    {
      table = g_new0 (SyncPracticeTable, 1);
      table->fieldname = g_strdup (fieldname);
      g_ptr_array_add (self->tables, table);
    }
  g_free (table->doctype);
  table->doctype = g_strdup (doctype);
}

/* Takes over the fields, tables and permissions of the description; "like" first brings those of another
 * DocType. */
static void
read_description (SyncPracticeDocType *self, JsonObject *all, JsonObject *description)
{
  const char *like = sync_json_member_text (description, "like", NULL);
  JsonArray *fields = json_object_has_member (description, "fields")
                        ? json_object_get_array_member (description, "fields")
                        : NULL;
  JsonObject *tables = json_object_has_member (description, "tables")
                         ? json_object_get_object_member (description, "tables")
                         : NULL;

  if (like != NULL)
    read_description (self, all, json_object_get_object_member (all, like));
  for (guint i = 0; fields != NULL && i < json_array_get_length (fields); i++)
    sync_practice_doctype_add_field (self, json_array_get_object_element (fields, i));
  if (tables != NULL)
    {
      JsonObjectIter iter;
      const char *fieldname;
      JsonNode *node;

      json_object_iter_init (&iter, tables);
      while (json_object_iter_next (&iter, &fieldname, &node))
        set_table (self, fieldname, json_node_get_string (node));
    }
  if (json_object_has_member (description, "permissions"))
    {
      g_clear_pointer (&self->permissions, json_object_unref);
      self->permissions = json_object_ref (json_object_get_object_member (description, "permissions"));
    }
}

static SyncPracticeDocType *
doctype_new (const char *name, JsonObject *all, JsonObject *description)
{
  SyncPracticeDocType *self = g_new0 (SyncPracticeDocType, 1);

  self->name = g_strdup (name);
  self->naming = g_strdup (json_object_get_string_member (description, "naming"));
  self->digits = sync_json_member_int (description, "digits", 5);
  self->submittable = sync_json_member_boolean (description, "submittable", FALSE);
  self->istable = sync_json_member_boolean (description, "istable", FALSE);
  self->fields = g_ptr_array_new ();
  self->by_name = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, NULL);
  self->uniques = g_ptr_array_new ();
  self->tables = g_ptr_array_new_with_free_func (table_free);
  read_description (self, all, description);
  g_ptr_array_set_free_func (self->fields, field_free);
  return self;
}

/**
 * sync_practice_doctypes_load:
 * @error: set when the built-in description cannot be read
 *
 * Returns: (transfer full) (element-type utf8 SyncPracticeDocType): by name
 */
GHashTable *
sync_practice_doctypes_load (GError **error)
{
  g_autoptr (GBytes) text =
    g_resource_lookup_data (sync_practice_get_resource (), "/org/posawesome/Sync/practice/doctypes.json",
                                                    0, error);
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (GHashTable) doctypes = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, doctype_free);
  JsonObjectIter iter;
  JsonObject *all;
  const char *name;
  JsonNode *node;

  if (text == NULL ||
      !json_parser_load_from_data (parser, g_bytes_get_data (text, NULL), g_bytes_get_size (text), error))
    return NULL;
  all = json_node_get_object (json_parser_get_root (parser));
  json_object_iter_init (&iter, all);
  while (json_object_iter_next (&iter, &name, &node))
    {
      SyncPracticeDocType *doctype = doctype_new (name, all, json_node_get_object (node));

      g_hash_table_insert (doctypes, doctype->name, doctype);
    }
  return g_steal_pointer (&doctypes);
}
