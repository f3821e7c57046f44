/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Methods called by name: Frappe's own. A method without fixed verbs may be called with any; what it
 * writes is rolled back when that was GET. One thread. */
#include "config.h"

#include "sync-practice-private.h"

#include <string.h>

enum
{
  WRITES = 1, /* POST and PUT only */
  GUEST = 2,  /* also without signing in */
};

typedef struct
{
  const char *name;
  SyncPracticeMethodFunc func;
  guint flags;
} Method;

static void
ping (SyncPracticeCall *call)
{
  sync_practice_call_return_text (call, "pong");
}

static void
login (SyncPracticeCall *call)
{
  sync_practice_session_login (call);
}

static void
whoami (SyncPracticeCall *call)
{
  sync_practice_call_return_text (call, sync_practice_call_user (call));
}

static void
get_time_zone (SyncPracticeCall *call)
{
  JsonObject *result = json_object_new ();

  json_object_set_string_member (result, "time_zone", call->shop->zone_name);
  sync_practice_call_return_object (call, result);
}

static void
run_doc_method (SyncPracticeCall *call)
{
  SyncPracticeDocType *doctype = sync_practice_call_argument_doctype (call, "dt");
  const char *name = sync_practice_call_get_text (call, "dn");
  const char *method = sync_practice_call_get_text (call, "method");
  g_autoptr (JsonObject) doc = NULL;
  g_autoptr (JsonObject) full = NULL;
  g_autoptr (JsonArray) docs = NULL;

  if (doctype == NULL || name == NULL || method == NULL)
    return;
  doc = sync_practice_document_run (call, doctype, name, method);
  if (doc == NULL)
    return;
  full = sync_practice_validate_with_nulls (doctype, doc);
  docs = json_array_new ();
  json_array_add_object_element (docs, json_object_ref (full));
  call->result_key = "docs";
  sync_practice_call_return (call, json_node_init_array (json_node_alloc (), docs));
  call->result_beside = json_object_new ();
  json_object_set_object_member (call->result_beside, "message", g_steal_pointer (&full));
}

static void
getdoc (SyncPracticeCall *call)
{
  SyncPracticeDocType *doctype = sync_practice_call_argument_doctype (call, "doctype");
  const char *name = sync_practice_call_get_text (call, "name");
  JsonObject *doc = doctype != NULL && name != NULL ? sync_practice_document_get (call, doctype, name) : NULL;
  g_autoptr (JsonArray) docs = json_array_new ();
  JsonObject *info;

  if (doc == NULL)
    return;
  json_array_add_object_element (docs, doc);
  call->result_key = "docs";
  sync_practice_call_return (call, json_node_init_array (json_node_alloc (), docs));
  info = json_object_new ();
  json_object_set_string_member (info, "doctype", doctype->name);
  json_object_set_string_member (info, "name", json_object_get_string_member (doc, "name"));
  json_object_set_array_member (info, "comments", json_array_new ());
  call->result_beside = json_object_new ();
  json_object_set_object_member (call->result_beside, "docinfo", info);
  json_object_set_object_member (call->result_beside, "_link_titles", json_object_new ());
}

static JsonObject *
describe_field (SyncPracticeField *field)
{
  static const char *const names[] =
    { "Data", "Text", "Link", "Select", "Date", "Time", "Datetime", "Int", "Check",
                                       "Float" };
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "fieldname", field->name);
  json_object_set_string_member (object, "label", field->label);
  json_object_set_string_member (object, "fieldtype", names[field->type]);
  if (field->options != NULL)
    json_object_set_string_member (object, "options", field->options);
  json_object_set_int_member (object, "reqd", field->reqd);
  json_object_set_int_member (object, "unique", field->unique);
  return object;
}

static void
getdoctype (SyncPracticeCall *call)
{
  SyncPracticeDocType *doctype = sync_practice_call_argument_doctype (call, "doctype");
  g_autoptr (JsonArray) docs = json_array_new ();
  JsonArray *fields = json_array_new ();
  JsonObject *meta = json_object_new ();

  json_array_add_object_element (docs, meta);
  json_object_set_array_member (meta, "fields", fields);
  if (doctype == NULL)
    return;
  json_object_set_string_member (meta, "doctype", "DocType");
  json_object_set_string_member (meta, "name", doctype->name);
  json_object_set_int_member (meta, "is_submittable", doctype->submittable);
  json_object_set_int_member (meta, "istable", doctype->istable);
  for (guint i = 0; i < doctype->fields->len; i++)
    json_array_add_object_element (fields, describe_field (g_ptr_array_index (doctype->fields, i)));
  call->result_key = "docs";
  sync_practice_call_return (call, json_node_init_array (json_node_alloc (), docs));
}

static void
add_comment (SyncPracticeCall *call)
{
  SyncPracticeDocType *doctype = g_hash_table_lookup (call->shop->doctypes, "Comment");
  JsonObject *doc = sync_practice_document_create (call, doctype, call->arguments, FALSE);

  if (doc != NULL)
    sync_practice_call_return_object (call, doc);
}

static void
get_versions (SyncPracticeCall *call)
{
  sync_practice_call_return (call, json_from_string (
    "{\"frappe\":{\"title\":\"Framework\",\"description\":\"\",\"branch\":\"\",\"version\":\"15.72.4\"},"
    "\"erpnext\":{\"title\":\"ERPNext\",\"description\":\"\",\"branch\":\"\",\"version\":\"15.71.1\"},"
    "\"posawesome\":{\"title\":\"POS"
    " Awesome\",\"description\":\"\",\"branch\":\"\",\"version\":\"15.31.0\"}}", NULL));
}

static void
get_installed_app_order (SyncPracticeCall *call)
{
  sync_practice_call_return (call, json_from_string ("[\"frappe\",\"erpnext\",\"posawesome\"]", NULL));
}

static void
generate_keys (SyncPracticeCall *call)
{
  g_autofree char *secret = sync_practice_shop_token (call->shop, 15);
  JsonObject *result;

  if (!sync_practice_shop_set_user_secret (call->shop, sync_practice_call_get_text (call, "user"), secret))
    {
      sync_practice_call_fail (call, 404, "DoesNotExistError", "User not found");
      return;
    }
  result = json_object_new ();
  json_object_set_string_member (result, "api_secret", secret);
  sync_practice_call_return_object (call, result);
}

static void
get_roles (SyncPracticeCall *call)
{
  call->exc_module = "";
  sync_practice_call_fail_quietly (call, 500, "KeyError", "'uid'");
}

static void
reset_password (SyncPracticeCall *call)
{
  sync_practice_answer_prepared (call, "endpoint-rate-limited", NULL);
}

static void
get_payment_entry (SyncPracticeCall *call)
{
  SyncPracticeDocType *doctype = sync_practice_call_argument_doctype (call, "dt");
  const char *name = sync_practice_call_get_text (call, "dn");
  g_autoptr (JsonObject) invoice = doctype != NULL &&
    name != NULL ? sync_practice_document_get (call, doctype, name)
                                                                   : NULL;

  if (invoice != NULL)
    sync_practice_call_return_object (call, sync_practice_sales_make_payment (call, invoice));
}

static const Method methods[] = {
  { "ping", ping, GUEST },
  { "frappe.ping", ping, GUEST },
  { "login", login, GUEST },
  { "logout", sync_practice_session_logout, GUEST },
  { "frappe.auth.get_logged_user", whoami, 0 },
  { "frappe.client.get_time_zone", get_time_zone, GUEST },
  { "frappe.client.get", sync_practice_client_get, 0 },
  { "frappe.client.get_list", sync_practice_client_get_list, 0 },
  { "frappe.client.get_count", sync_practice_client_get_count, 0 },
  { "frappe.client.get_value", sync_practice_client_get_value, 0 },
  { "frappe.client.get_single_value", sync_practice_client_get_single_value, 0 },
  { "frappe.client.has_permission", sync_practice_client_has_permission, 0 },
  { "frappe.client.validate_link", sync_practice_client_validate_link, 0 },
  { "frappe.client.insert", sync_practice_client_insert, WRITES },
  { "frappe.client.insert_many", sync_practice_client_insert_many, WRITES },
  { "frappe.client.save", sync_practice_client_save, WRITES },
  { "frappe.client.submit", sync_practice_client_submit, WRITES },
  { "frappe.client.set_value", sync_practice_client_set_value, WRITES },
  { "frappe.client.cancel", sync_practice_client_cancel, WRITES },
  { "frappe.client.delete", sync_practice_client_delete, 0 },
  { "frappe.client.rename_doc", sync_practice_client_rename_doc, WRITES },
  { "frappe.desk.form.save.savedocs", sync_practice_client_savedocs, WRITES },
  { "frappe.desk.reportview.get", sync_practice_client_reportview_get, 0 },
  { "frappe.desk.reportview.get_list", sync_practice_client_get_list, 0 },
  { "frappe.desk.reportview.get_count", sync_practice_client_get_count, 0 },
  { "frappe.desk.form.load.getdoc", getdoc, 0 },
  { "frappe.desk.form.load.getdoctype", getdoctype, 0 },
  { "frappe.desk.form.utils.add_comment", add_comment, WRITES },
  { "frappe.utils.change_log.get_versions", get_versions, 0 },
  { "frappe.core.doctype.installed_applications.installed_applications.get_installed_app_order",
    get_installed_app_order, 0 },
  { "frappe.core.doctype.user.user.generate_keys", generate_keys, 0 },
  { "frappe.core.doctype.user.user.get_roles", get_roles, 0 },
  { "frappe.core.doctype.user.user.reset_password", reset_password, GUEST },
  { "run_doc_method", run_doc_method, 0 },
  { "erpnext.accounts.doctype.payment_entry.payment_entry.get_payment_entry", get_payment_entry, 0 },
};

/* Returns: the method; without a function when there is none */
static Method
find_method (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    if (strcmp (methods[i].name, name) == 0)
      return methods[i];
  return (Method) { name, sync_practice_posa_find (name), 0 };
}

static void
fail_unknown (SyncPracticeCall *call, const char *name)
{
  g_auto (GStrv) parts = g_strsplit (name, ".", -1);
  gboolean installed = g_strv_contains (((const char *const[]) { "frappe", "erpnext", "posawesome", NULL }),
                                        parts[0] != NULL ? parts[0] : "");
  const char *last = strrchr (name, '.');
  g_autofree char *module = g_strndup (name, last != NULL ? (gsize) (last - name) : strlen (name));
  g_autofree char *reason = NULL;

  if (!installed)
    {
      reason = g_strdup_printf ("App %s is not installed", parts[0]);
      sync_practice_call_say (call, "Message", "red", TRUE, "%s", reason);
    }
  else if (strcmp (parts[0], "posawesome") == 0)
    reason = g_strdup_printf ("No module named '%s'", module);
  else
    reason = g_strdup_printf ("module '%s' has no attribute '%s'", module, last != NULL ? last + 1 : "");
  sync_practice_call_fail (call, 417, "ValidationError", call->v2 ? "Failed to get method %s with %s"

                           : "Failed to get method for command %s with %s",
                           name, reason);
}

static void
fail_not_whitelisted (SyncPracticeCall *call, const char *name)
{
  sync_practice_call_say (call, "Method Not Allowed", "red", TRUE,
                          "<details><summary>You are not permitted to access this resource. Login to"
                          " access</summary>"
                          "Function <strong>%s</strong> is not whitelisted.</details>", name);
  sync_practice_call_fail_quietly (call, 403, "PermissionError",
                                   "<details><summary>You are not permitted to access this resource. Login"
                                   " to access"
                                   "</summary>Function <strong>%s</strong> is not whitelisted.</details>",
                                   name);
}

/**
 * sync_practice_method:
 * @call: a call
 * @name: a method's dotted name
 *
 * Calls it.
 */
void
sync_practice_method (SyncPracticeCall *call, const char *name)
{
  Method method = find_method (name);

  if (strcmp (name, "frappe.utils.now") == 0)
    fail_not_whitelisted (call, "frappe.utils.data.now");
  else if (method.func == NULL)
    fail_unknown (call, name);
  else if (call->user == NULL && !(method.flags & GUEST))
    fail_not_whitelisted (call, name);
  else if ((method.flags & WRITES) && strcmp (call->method, "POST") != 0 &&
           strcmp (call->method, "PUT") != 0)
    sync_practice_call_fail (call, 403, "PermissionError", "Not permitted");
  else
    method.func (call);
}
