/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The life of a document as Frappe rules it: naming, create, stale check, save, the docstatus lattice,
 * unique fields, deletion; and the row in the ledger for every committed write. The caller owns the
 * transaction: after a failure it rolls everything back. One thread. */
#include "config.h"

#include "sync-practice-private.h"

#include <string.h>

/* A site in maintenance may still be read. */
gboolean
sync_practice_document_check_writable (SyncPracticeCall *call)
{
  if (call->shop->maintenance != SYNC_PRACTICE_MAINTENANCE_READ_ONLY || call->seeding)
    return TRUE;
  sync_practice_answer_prepared (call, "read-only", NULL);
  return FALSE;
}

static const char *
get_name (JsonObject *doc)
{
  return json_object_get_string_member (doc, "name");
}

/* Returns: (nullable): the value of the first unique field that has one */
const char *
sync_practice_document_key (SyncPracticeDocType *doctype, JsonObject *doc)
{
  for (guint i = 0; i < doctype->uniques->len; i++)
    {
      SyncPracticeField *field = g_ptr_array_index (doctype->uniques, i);
      const char *value = sync_json_member_text (doc, field->name, NULL);

      if (value != NULL)
        return value;
    }
  return NULL;
}

void
sync_practice_document_log (SyncPracticeCall *call, SyncPracticeDocType *doctype, JsonObject *doc,
                            const char *kind, JsonObject *sent)
{
  g_autofree char *text = NULL;
  SyncPracticeCommit commit =
    { 0, doctype->name, get_name (doc), sync_practice_document_key (doctype, doc), kind, "{}",
                                json_object_get_string_member (doc, "modified"),
     sync_practice_call_user (call),
                                call->shop->last_us };

  if (call->seeding)
    return;
  if (sent != NULL && sent == call->json)
    commit.body = call->body;
  else if (sent != NULL)
    commit.body = text = sync_practice_json_text (sent);
  sync_practice_store_add_commit (call->shop->store, &commit);
}

static gboolean
fail_missing (SyncPracticeCall *call, SyncPracticeDocType *doctype, const char *name)
{
  sync_practice_call_fail (call, 404, "DoesNotExistError", "%s %s not found", doctype->name, name);
  call->traced = FALSE;
  return FALSE;
}

/**
 * sync_practice_document_get:
 * @call: a call
 * @doctype: a DocType
 * @name: a name in any case
 *
 * Returns: (transfer full) (nullable): the document, or %NULL with 404, or 403 when the user may not read the
 * type
 */
JsonObject *
sync_practice_document_get (SyncPracticeCall *call, SyncPracticeDocType *doctype, const char *name)
{
  JsonObject *doc = sync_practice_store_dup_doc (call->shop->store, doctype->name, name);

  if (doc != NULL && !sync_practice_call_may (call, doctype, 'r'))
    {
      const char *user = sync_practice_call_user (call);

      sync_practice_call_say (call, "Message", NULL, FALSE,
                              "User <strong>%s</strong> does not have doctype access via role permission for"
                              " document"
                              " <strong>%s</strong><br>User <strong>%s</strong> does not have access to this"
                              " document",
                              user, doctype->name, user);
      sync_practice_call_fail_quietly (call, 403, "PermissionError", NULL);
      g_clear_pointer (&doc, json_object_unref);
    }
  else if (doc == NULL && sync_practice_call_check (call, doctype, 'r'))
    fail_missing (call, doctype, name);
  return doc;
}

/* Stamps the document and its rows; rows without a name get one. */
void
sync_practice_document_stamp (SyncPracticeCall *call, SyncPracticeDocType *doctype, JsonObject *doc,
                              gboolean is_new)
{
  g_autofree char *now = sync_practice_shop_now (call->shop);
  const char *user = call->seeding ? "Administrator" : sync_practice_call_user (call);
  gint64 docstatus = json_object_get_int_member (doc, "docstatus");

  json_object_set_string_member (doc, "modified", now);
  json_object_set_string_member (doc, "modified_by", user);
  if (is_new)
    json_object_set_string_member (doc, "creation", now);
  for (guint i = 0; i < doctype->tables->len; i++)
    {
      SyncPracticeTable *table = g_ptr_array_index (doctype->tables, i);
      JsonArray *rows = json_object_get_array_member (doc, table->fieldname);

      for (guint j = 0; j < json_array_get_length (rows); j++)
        {
          JsonObject *row = json_array_get_object_element (rows, j);

          if (get_name (row)[0] == '\0')
            {
              g_autofree char *name = sync_practice_shop_hash (call->shop);

              json_object_set_string_member (row, "name", name);
            }
          if (json_object_get_string_member (row, "creation")[0] == '\0')
            json_object_set_string_member (row, "creation", now);
          json_object_set_string_member (row, "modified", now);
          json_object_set_string_member (row, "modified_by", user);
          json_object_set_int_member (row, "docstatus", docstatus);
          json_object_set_string_member (row, "parent", get_name (doc));
          json_object_set_string_member (row, "parenttype", doctype->name);
        }
    }
}

static gboolean
take_uniques (SyncPracticeCall *call, SyncPracticeDocType *doctype, JsonObject *doc)
{
  SyncPracticeStore *store = call->shop->store;

  for (guint i = 0; i < doctype->uniques->len; i++)
    {
      SyncPracticeField *field = g_ptr_array_index (doctype->uniques, i);
      const char *value = sync_json_member_text (doc, field->name, NULL);
      g_autofree char *holder =
        value != NULL ? sync_practice_store_find_unique (store, doctype->name, field->name, value)
                                              : NULL;
      g_autofree char *own = sync_practice_fold (get_name (doc));

      if (holder != NULL && strcmp (holder, own) != 0)
        {
          sync_practice_call_say (call, "Message", NULL, FALSE, "%s must be unique", field->label);
          return sync_practice_call_fail_quietly (call, 417, "UniqueValidationError",
                                                  "('%s', '%s', IntegrityError(1062, \"Duplicate entry '%s'"
                                                  " for key"
                                                  " '%s'\"))", doctype->name, get_name (doc), value,
                                                  field->name);
        }
      sync_practice_store_set_unique (store, doctype->name, get_name (doc), field->name, value);
    }
  return TRUE;
}

gboolean
sync_practice_document_insert (SyncPracticeCall *call, SyncPracticeDocType *doctype, JsonObject *doc)
{
  gboolean is_hash = strcmp (doctype->naming, "hash") == 0;

  while (!sync_practice_store_insert_doc (call->shop->store, doctype->name, doc))
    {
      g_autofree char *other = is_hash ? sync_practice_shop_hash (call->shop) : NULL;

      if (other == NULL)
        {
          sync_practice_call_say (call, "Duplicate Name", "red", FALSE,
                                  "%s <strong>%s</strong> already exists",
                                  doctype->name, get_name (doc));
          return sync_practice_call_fail_quietly (call, 409, "DuplicateEntryError",
                                                  "('%s', '%s', IntegrityError(1062, \"Duplicate entry '%s'"
                                                  " for key"
                                                  " 'PRIMARY'\"))", doctype->name, get_name (doc),
                                                  get_name (doc));
        }
      json_object_set_string_member (doc, "name", other);
    }
  return take_uniques (call, doctype, doc);
}

/* It is usable at once. */
static gboolean
add_custom_field (SyncPracticeCall *call, JsonObject *doc)
{
  const char *dt = sync_json_member_text (doc, "dt", "");
  const char *fieldname = sync_json_member_text (doc, "fieldname", "");
  SyncPracticeDocType *doctype = g_hash_table_lookup (call->shop->doctypes, dt);

  if (doctype == NULL)
    return TRUE;
  if (sync_practice_doctype_get_field (doctype, fieldname) != NULL && !call->seeding)
    return sync_practice_call_fail (call, 417, "ValidationError",
                                    "A field with the name <strong>%s</strong> already exists in %s",
                                    fieldname, dt);
  sync_practice_doctype_add_custom_field (doctype, doc);
  return TRUE;
}

static gint64
sent_docstatus (JsonObject *sent, gint64 fallback)
{
  JsonNode *node = json_object_get_member (sent, "docstatus");

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node))
    return fallback;
  if (json_node_get_value_type (node) == G_TYPE_STRING)
    return g_ascii_strtoll (json_node_get_string (node), NULL, 10);
  return json_node_get_int (node);
}

/* One POST with docstatus 1: the answer shows the document as it was before submitting; the stored one
 * moves on. */
static gboolean
submit_created (SyncPracticeCall *call, SyncPracticeDocType *doctype, JsonObject *doc, JsonObject *sent)
{
  g_autoptr (JsonObject) stored = NULL;

  if (!sync_practice_call_check (call, doctype, 's'))
    return FALSE;
  stored = sync_practice_store_dup_doc (call->shop->store, doctype->name, get_name (doc));
  if (!sync_practice_sales_submit (call, doctype, stored))
    return FALSE;
  sync_practice_document_stamp (call, doctype, stored, FALSE);
  sync_practice_store_update_doc (call->shop->store, doctype->name, stored);
  sync_practice_document_log (call, doctype, stored, "submit", sent);
  return TRUE;
}

static void
mark_new_rows (SyncPracticeDocType *doctype, JsonObject *doc)
{
  for (guint i = 0; i < doctype->tables->len; i++)
    {
      SyncPracticeTable *table = g_ptr_array_index (doctype->tables, i);
      JsonArray *rows = json_object_get_array_member (doc, table->fieldname);

      for (guint j = 0; j < json_array_get_length (rows); j++)
        json_object_set_int_member (json_array_get_object_element (rows, j), "__unsaved", 1);
    }
}

/* The checks between building a document and storing it, in the order in which the real site raises them. */
static gboolean
prepare (SyncPracticeCall *call, SyncPracticeDocType *doctype, JsonObject *doc, gboolean one_post)
{
  if (sync_practice_sales_is_invoice (doctype) && !sync_practice_sales_prepare (call, doctype, doc, one_post))
    return FALSE;
  if (!sync_practice_validate_links (call, doctype, doc))
    return FALSE;
  return sync_practice_sales_is_invoice (doctype) ||
    sync_practice_sales_prepare (call, doctype, doc, one_post);
}

/**
 * sync_practice_document_create:
 * @call: a call
 * @doctype: a DocType
 * @sent: the fields given; `name` is honoured where @api_name, `docstatus` 1 also submits
 * @api_name: whether the client may choose the name
 *
 * Returns: (transfer full) (nullable): the document as the answer shows it
 */
JsonObject *
sync_practice_document_create (SyncPracticeCall *call, SyncPracticeDocType *doctype, JsonObject *sent,
                               gboolean api_name)
{
  g_autoptr (JsonObject) doc = NULL;
  g_autofree char *name = NULL;
  gint64 docstatus = sent_docstatus (sent, 0);
  gboolean submits = docstatus == 1 && doctype->submittable;

  if (!sync_practice_document_check_writable (call) || !sync_practice_call_check (call, doctype, 'c'))
    return NULL;
  doc = sync_practice_validate_new (call, doctype, sent);
  json_object_set_int_member (doc, "docstatus", submits ? 1 : 0);
  if (!prepare (call, doctype, doc, submits))
    return NULL;
  name =
    sync_practice_naming_choose (call, doctype, doc, sync_practice_naming_given (doctype, sent, api_name));
  if (name == NULL)
    return NULL;
  json_object_set_string_member (doc, "name", name);
  if (!sync_practice_validate_values (call, doctype, doc))
    return NULL;
  if (g_utf8_strlen (name, -1) > 140)
    {
      call->exc_module = "pymysql.err.";
      sync_practice_call_fail_quietly (call, 500, "DataError",
                                       "(1406, \"Data too long for column 'name' at row 1\")");
      return NULL;
    }
  sync_practice_document_stamp (call, doctype, doc, TRUE);
  if (strcmp (doctype->name, "Custom Field") == 0 && !add_custom_field (call, doc))
    return NULL;
  if (!sync_practice_document_insert (call, doctype, doc))
    return NULL;
  sync_practice_document_log (call, doctype, doc, "create", sent);
  if (submits && !submit_created (call, doctype, doc, sent))
    return NULL;
  mark_new_rows (doctype, doc);
  return g_steal_pointer (&doc);
}

static gboolean
check_stale (SyncPracticeCall *call, JsonObject *doc, JsonObject *sent)
{
  JsonNode *node = json_object_get_member (sent, "modified");
  const char *stored = json_object_get_string_member (doc, "modified");
  const char *given = node != NULL && JSON_NODE_HOLDS_VALUE (node) &&
    json_node_get_value_type (node) == G_TYPE_STRING
                        ? json_node_get_string (node)
                        : NULL;
  g_autofree char *now = NULL;

  if (node == NULL || g_strcmp0 (given, stored) == 0)
    return TRUE;
  now = sync_practice_shop_now (call->shop);
  return sync_practice_call_fail (call, 417, "TimestampMismatchError",
                                  "Error: Document has been modified after you have opened it (%s, %s)."
                                  " Please refresh"
                                  " to get the latest document.", stored, now);
}

static gboolean
check_transition (SyncPracticeCall *call, SyncPracticeDocType *doctype, gint64 from, gint64 to)
{
  static const char *const names[] = { "Draft", "Submitted", "Cancelled" };

  if (from == 2)
    return sync_practice_call_fail_quietly (call, 417, "ValidationError", "Cannot edit cancelled document");
  if ((from == 0 && to == 2) || to < from)
    return sync_practice_call_fail_quietly (call, 417, "DocstatusTransitionError",
                                            "Cannot change docstatus from %d (%s) to %d (%s)", (int) from,
                                            names[from],
                                            (int) to, names[to]);
  if (to != from && !doctype->submittable)
    return sync_practice_call_fail (call, 417, "ValidationError", "%s is not submittable", doctype->name);
  return TRUE;
}

static gboolean
check_rights (SyncPracticeCall *call, SyncPracticeDocType *doctype, gint64 from, gint64 to)
{
  if (!sync_practice_call_check (call, doctype, 'w'))
    return FALSE;
  if (to == 2 && !sync_practice_call_check (call, doctype, 'x'))
    return FALSE;
  return !(from == 0 && to == 1) || sync_practice_call_check (call, doctype, 's');
}

static gboolean
check_creation (SyncPracticeCall *call, JsonObject *doc, JsonObject *sent)
{
  const char *given = sync_json_member_text (sent, "creation", NULL);

  if (given == NULL || strcmp (given, json_object_get_string_member (doc, "creation")) == 0)
    return TRUE;
  return sync_practice_call_fail (call, 417, "CannotChangeConstantError",
                                  "Value cannot be changed for <strong>Created On</strong>");
}

/* Rows whose name the site does not know are answered but not kept. */
static void
store_without_ghosts (SyncPracticeCall *call, SyncPracticeDocType *doctype, JsonObject *doc)
{
  g_autoptr (JsonObject) kept = json_object_new ();
  JsonObjectIter iter;
  const char *member;
  JsonNode *value;

  json_object_iter_init (&iter, doc);
  while (json_object_iter_next (&iter, &member, &value))
    {
      JsonArray *rows = JSON_NODE_HOLDS_ARRAY (value) ? json_node_get_array (value) : NULL;
      JsonArray *kept_rows = rows != NULL ? json_array_new () : NULL;

      for (guint i = 0; rows != NULL && i < json_array_get_length (rows); i++)
        {
          JsonObject *row = json_array_get_object_element (rows, i);

          if (json_object_has_member (row, "__ghost"))
            json_object_remove_member (row, "__ghost");
          else
            json_array_add_object_element (kept_rows, json_object_ref (row));
        }
      if (rows != NULL)
        json_object_set_array_member (kept, member, kept_rows);
      else
        json_object_set_member (kept, member, json_node_ref (value));
    }
  sync_practice_store_update_doc (call->shop->store, doctype->name, kept);
}

static const char *
commit_kind (gint64 from, gint64 to)
{
  if (to == 2)
    return "cancel";
  if (to == 1)
    return from == 0 ? "submit" : "update_after_submit";
  return "update";
}

/* Everything after the checks: apply, validate, hooks, store, log. */
static gboolean
apply (SyncPracticeCall *call, SyncPracticeDocType *doctype, JsonObject *doc, JsonObject *sent, gint64 from,
       gint64 to)
{
  g_autoptr (JsonObject) before = NULL;

  if (from == 1)
    before = sync_practice_store_dup_doc (call->shop->store, doctype->name, get_name (doc));
  sync_practice_validate_set (call, doctype, doc, sent);
  if (before != NULL && to == 1 && !sync_practice_validate_frozen (call, doctype, before, doc))
    return FALSE;
  if (from == 0 && !prepare (call, doctype, doc, FALSE))
    return FALSE;
  if (!sync_practice_validate_values (call, doctype, doc))
    return FALSE;
  json_object_set_int_member (doc, "docstatus", to);
  sync_practice_document_stamp (call, doctype, doc, FALSE);
  if (from == 0 && to == 1 && !sync_practice_sales_submit (call, doctype, doc))
    return FALSE;
  if (to == 2)
    sync_practice_sales_cancel (call, doctype, doc);
  if (doctype->uniques->len > 0 && !take_uniques (call, doctype, doc))
    return FALSE;
  store_without_ghosts (call, doctype, doc);
  sync_practice_document_log (call, doctype, doc, commit_kind (from, to), sent);
  return TRUE;
}

/* A body with `__islocal`: a second document with what the first one holds and what was sent. */
static JsonObject *
create_second (SyncPracticeCall *call, SyncPracticeDocType *doctype, JsonObject *doc, JsonObject *sent)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;

  json_object_iter_init (&iter, sent);
  while (json_object_iter_next (&iter, &name, &value))
    json_object_set_member (doc, name, json_node_ref (value));
  return sync_practice_document_create (call, doctype, doc, FALSE);
}

/**
 * sync_practice_document_update:
 * @call: a call
 * @doctype: a DocType
 * @name: its name in any case
 * @sent: the fields to change; `docstatus` 1 submits, 2 cancels; `modified`, where given, must be the stored
 *   one
 *
 * Returns: (transfer full) (nullable): the document as the answer shows it
 */
JsonObject *
sync_practice_document_update (SyncPracticeCall *call, SyncPracticeDocType *doctype, const char *name,
                               JsonObject *sent)
{
  g_autoptr (JsonObject) doc = sync_practice_store_dup_doc (call->shop->store, doctype->name, name);
  JsonNode *sent_name = json_object_get_member (sent, "name");
  gint64 from;
  gint64 to;

  if (!sync_practice_document_check_writable (call))
    return NULL;
  if (doc == NULL)
    {
      if (sync_practice_call_check (call, doctype, 'r'))
        fail_missing (call, doctype, name);
      return NULL;
    }
  if (sync_json_member_int (sent, "__islocal", 0) == 1)
    return create_second (call, doctype, doc, sent);
  if (sent_name != NULL && JSON_NODE_HOLDS_VALUE (sent_name) &&
      g_strcmp0 (json_node_get_string (sent_name), get_name (doc)) != 0)
    {
      const char *other = json_node_get_string (sent_name);

      fail_missing (call, doctype, other != NULL ? other : "None");
      return NULL;
    }
  if (sync_practice_queue_is_locked (call, doctype, name))
    {
      sync_practice_answer_prepared (call, "document-locked", NULL);
      return NULL;
    }
  from = json_object_get_int_member (doc, "docstatus");
  to = sent_docstatus (sent, from);
  if (to < 0 || to > 2)
    {
      sync_practice_call_fail_quietly (call, 417, "ValidationError", "('Invalid docstatus', %d)", (int) to);
      return NULL;
    }
  if (!check_rights (call, doctype, from, to) || !check_stale (call, doc, sent) ||
      !check_transition (call, doctype, from, to) || !check_creation (call, doc, sent) ||
      !apply (call, doctype, doc, sent, from, to))
    return NULL;
  return g_steal_pointer (&doc);
}

/**
 * sync_practice_document_save:
 * @call: a call
 * @doctype: a DocType
 * @sent: a whole document; without a name it is created
 * @docstatus: the wanted one, or -1 for that of @sent
 *
 * What frappe.client.save and submit do: `modified` must be there and right, fields that are missing are
 * cleared.
 *
 * Returns: (transfer full) (nullable): the document as the answer shows it
 */
JsonObject *
sync_practice_document_save (SyncPracticeCall *call, SyncPracticeDocType *doctype, JsonObject *sent,
                             gint64 docstatus)
{
  const char *name = sync_json_member_text (sent, "name", NULL);

  if (docstatus >= 0)
    json_object_set_int_member (sent, "docstatus", docstatus);
  if (name == NULL || sync_json_member_int (sent, "__islocal", 0) == 1)
    return sync_practice_document_create (call, doctype, sent, FALSE);
  if (!json_object_has_member (sent, "modified"))
    json_object_set_null_member (sent, "modified");
  for (guint i = 0; i < doctype->fields->len; i++)
    {
      SyncPracticeField *field = g_ptr_array_index (doctype->fields, i);

      if (!json_object_has_member (sent, field->name))
        json_object_set_null_member (sent, field->name);
    }
  return sync_practice_document_update (call, doctype, name, sent);
}

/**
 * sync_practice_document_run:
 * @call: a call
 * @doctype: a DocType
 * @name: its name
 * @method: `submit`, `cancel` or `save`; others are refused with 403
 *
 * Returns: (transfer full) (nullable): the document
 */
JsonObject *
sync_practice_document_run (SyncPracticeCall *call, SyncPracticeDocType *doctype, const char *name,
                            const char *method)
{
  g_autoptr (JsonObject) sent = json_object_new ();

  if (strcmp (method, "submit") == 0 && sync_practice_queue_submit (call, doctype, name))
    return sync_practice_store_dup_doc (call->shop->store, doctype->name, name);
  if (strcmp (method, "submit") == 0)
    json_object_set_int_member (sent, "docstatus", 1);
  else if (strcmp (method, "cancel") == 0)
    json_object_set_int_member (sent, "docstatus", 2);
  else if (strcmp (method, "save") != 0)
    {
      sync_practice_call_fail (call, 403, "PermissionError",
                               "<details><summary>You are not permitted to access this resource. Login to"
                               " access</summary>"
                               "Function <strong>frappe.model.document.%s</strong> is not"
                               " whitelisted.</details>", method);
      return NULL;
    }
  return sync_practice_document_update (call, doctype, name, sent);
}

/* Inserts a document that the site writes by itself: without rights, checks and ledger. Its name is
 * random, or that of the DocTypes whose names are given. */
void
sync_practice_document_record (SyncPracticeCall *call, const char *doctype_name, JsonObject *fields)
{
  SyncPracticeDocType *doctype = g_hash_table_lookup (call->shop->doctypes, doctype_name);
  g_autoptr (JsonObject) doc = sync_practice_validate_new (call, doctype, fields);
  const char *given = sync_practice_naming_given (doctype, fields, FALSE);
  g_autofree char *name = given != NULL ? g_strdup (given) : sync_practice_shop_hash (call->shop);

  json_object_set_string_member (doc, "name", name);
  sync_practice_document_stamp (call, doctype, doc, TRUE);
  sync_practice_store_insert_doc (call->shop->store, doctype->name, doc);
}

/* Stamps and stores a document that another one's write changed. */
void
sync_practice_document_touch (SyncPracticeCall *call, SyncPracticeDocType *doctype, JsonObject *doc)
{
  sync_practice_document_stamp (call, doctype, doc, FALSE);
  sync_practice_store_update_doc (call->shop->store, doctype->name, doc);
}
