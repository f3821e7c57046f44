/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a document goes: deleted, when nothing that counts refers to it, or renamed. One thread. */
#include "config.h"

#include "sync-practice-private.h"

#include <string.h>

typedef struct
{
  char *doctype; /* (owned) (nullable): of the first document that refers to it */
  char *name;    /* (owned) */
} Reference;

static void
note_reference (sqlite3_stmt *row, gpointer user_data)
{
  Reference *found = user_data;

  if (found->doctype != NULL)
    return;
  found->doctype = g_strdup ((const char *) sqlite3_column_text (row, 0));
  found->name = g_strdup ((const char *) sqlite3_column_text (row, 1));
}

/* Whether a document that is not cancelled has a link to this one, in itself or in a row. */
static gboolean
check_references (SyncPracticeCall *call, SyncPracticeDocType *doctype, const char *name)
{
  GHashTableIter iter;
  gpointer value;
  g_autofree char *quoted = g_strdup_printf ("\"%s\"", name);
  Reference found = { NULL, NULL };

  g_hash_table_iter_init (&iter, call->shop->doctypes);
  while (found.doctype == NULL && g_hash_table_iter_next (&iter, NULL, &value))
    {
      SyncPracticeDocType *other = value;
      gboolean links = sync_practice_doctype_has_link_to (other, doctype->name);
      g_autoptr (GPtrArray) values = g_ptr_array_new ();

      for (guint i = 0; !links && i < other->tables->len; i++)
        {
          SyncPracticeTable *table = g_ptr_array_index (other->tables, i);
          SyncPracticeDocType *row_type = g_hash_table_lookup (call->shop->doctypes, table->doctype);

          links = row_type != NULL && sync_practice_doctype_has_link_to (row_type, doctype->name);
        }
      if (!links)
        continue;
      g_ptr_array_add (values, other->name);
      g_ptr_array_add (values, quoted);
      g_ptr_array_add (values, (gpointer) name);
      g_ptr_array_add (values, doctype->name);
      sync_practice_store_query (call->shop->store,
                                 "SELECT doctype, name FROM documents WHERE doctype = ?1 AND"
                                 " docstatus < 2 AND instr (body, ?2) > 0 AND NOT (name = ?3 AND doctype ="
                                 " ?4) LIMIT 1",
                                 values, note_reference, &found);
    }
  if (found.doctype == NULL)
    return TRUE;
  sync_practice_call_say (call, "Message", "red", TRUE,
                          "Cannot delete or cancel because %s <a href=\"/app/Form/%s/%s\">%s</a> is linked"
                          " with %s"
                          " <a href=\"/app/Form/%s/%s\">%s</a> ", doctype->name, doctype->name, name, name,
                          found.doctype,
                          found.doctype, found.name, found.name);
  g_free (found.doctype);
  g_free (found.name);
  return sync_practice_call_fail (call, 417, "LinkExistsError",
                                  "You can disable this %s instead of deleting it.",
                                  doctype->name);
}

/**
 * sync_practice_document_delete:
 * @call: a call
 * @doctype: a DocType
 * @name: its name in any case
 *
 * Returns: whether it was deleted
 */
gboolean
sync_practice_document_delete (SyncPracticeCall *call, SyncPracticeDocType *doctype, const char *name)
{
  g_autoptr (JsonObject) doc = sync_practice_store_dup_doc (call->shop->store, doctype->name, name);
  g_autoptr (JsonObject) trace = json_object_new ();

  if (!sync_practice_document_check_writable (call))
    return FALSE;
  if (doc == NULL)
    {
      sync_practice_call_fail_quietly (call, 404, "DoesNotExistError", NULL);
      call->traced = FALSE;
      return FALSE;
    }
  if (!sync_practice_call_may (call, doctype, 'd'))
    {
      sync_practice_call_say (call, "Message", NULL, FALSE,
                              "User <strong>%s</strong> does not have access to this document: %s - %s",
                              sync_practice_call_user (call), doctype->name,
                              json_object_get_string_member (doc, "name"));
      return sync_practice_call_fail (call, 403, "PermissionError", "User not allowed to delete %s: %s",
                                      doctype->name,
                                      json_object_get_string_member (doc, "name"));
    }
  if (json_object_get_int_member (doc, "docstatus") == 1)
    return sync_practice_call_fail (call, 417, "ValidationError",
                                    "%s %s: Submitted Record cannot be deleted. You must Cancel it first.",
                                    doctype->name, json_object_get_string_member (doc, "name"));
  if (!check_references (call, doctype, json_object_get_string_member (doc, "name")))
    return FALSE;
  sync_practice_store_delete_doc (call->shop->store, doctype->name,
                                  json_object_get_string_member (doc, "name"));
  if (strcmp (doctype->name, "Custom Field") == 0)
    sync_practice_shop_remove_field (call->shop, sync_json_member_text (doc, "dt", ""),
                                     sync_json_member_text (doc, "fieldname", ""));
  json_object_set_string_member (trace, "deleted_doctype", doctype->name);
  json_object_set_string_member (trace, "deleted_name", json_object_get_string_member (doc, "name"));
  sync_practice_document_record (call, "Deleted Document", trace);
  sync_practice_document_log (call, doctype, doc, "delete", NULL);
  return TRUE;
}

/* Gives the document another name. Links to it are not followed. Returns: FALSE when the name is taken */
gboolean
sync_practice_document_rename (SyncPracticeCall *call, SyncPracticeDocType *doctype, JsonObject *doc,
                               const char *new_name)
{
  sync_practice_store_delete_doc (call->shop->store, doctype->name,
                                  json_object_get_string_member (doc, "name"));
  json_object_set_string_member (doc, "name", new_name);
  sync_practice_document_stamp (call, doctype, doc, FALSE);
  if (!sync_practice_document_insert (call, doctype, doc))
    return FALSE;
  sync_practice_document_log (call, doctype, doc, "rename", call->json);
  return TRUE;
}
