/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What really goes on the wire in one attempt. It is made anew from the accepted body each time and never
 * stored back. Everything is done to the text (sync-edit.c), so that numbers leave as they came; where
 * nothing has to change the very same bytes leave. No state; any thread. */
#include "config.h"

#include "sync-body.h"

#include <string.h>

#include "sync-args.h"
#include "sync-error.h"

/* One body on its way from edit to edit. */
typedef struct
{
  const char *content_type; /* (unowned) (nullable) */
  GBytes *body;             /* (owned) (nullable) */
  const char *document;     /* (unowned) (nullable): path of the document, "" the whole */
} Draft;

static void
apply (Draft *draft, SyncEditKind kind, const char *path, const char *text, gboolean literal)
{
  SyncEdit edit = { kind, (char *) path, (char *) text, literal };
  GBytes *next = sync_args_edit (draft->content_type, draft->body, &edit);

  g_clear_pointer (&draft->body, g_bytes_unref);
  draft->body = next;
}

static void
apply_to_document (Draft *draft, SyncEditKind kind, const char *field, const char *text)
{
  g_autofree char *path
      = *draft->document != '\0' ? g_strdup_printf ("%s/%s", draft->document, field) : g_strdup (field);

  apply (draft, kind, path, text, FALSE);
}

static gboolean
is_resource (const SyncRoute *route)
{
  return strcmp (route->family, SYNC_ROUTE_FAMILY_RESOURCE) == 0;
}

/* Whether the document says that it is called @name. */
static gboolean
names_itself (const Draft *draft, const char *name)
{
  g_autoptr (SyncArgs) args = sync_args_new (NULL, draft->content_type, draft->body);
  g_autofree char *path = *draft->document != '\0' ? g_strdup_printf ("%s/name", draft->document) : g_strdup ("name");
  g_autofree char *its = sync_args_dup (args, path);

  return its != NULL && g_ascii_strcasecmp (its, name) == 0;
}

/* The desk's own marks: a PUT that carries `__islocal` makes a second document and answers 200. A new
 * document that is saved by a method needs its mark; inserting needs none and does not mind. */
static void
strip_marks (Draft *draft, const SyncRoute *route)
{
  if (route->action == SYNC_ACTION_CREATE && !is_resource (route) && !route->submit_after)
    return;
  apply_to_document (draft, SYNC_EDIT_REMOVE, "__islocal", NULL);
  apply_to_document (draft, SYNC_EDIT_REMOVE, "__unsaved", NULL);
  apply_to_document (draft, SYNC_EDIT_REMOVE, "flags", NULL);
  if (is_resource (route) || route->submit_after)
    apply_to_document (draft, SYNC_EDIT_REMOVE, "doctype", NULL);
  /* The path says it, and may say another one by now. */
  if (is_resource (route) && route->resource_id != NULL && names_itself (draft, route->resource_id))
    apply_to_document (draft, SYNC_EDIT_REMOVE, "name", NULL);
}

static void
put_base (Draft *draft, const SyncRoute *route, const char *base_modified)
{
  gboolean must_have = route->action == SYNC_ACTION_UPDATE || route->action == SYNC_ACTION_SUBMIT
                       || route->action == SYNC_ACTION_CANCEL;

  if (base_modified != NULL && route->action != SYNC_ACTION_CREATE)
    apply_to_document (draft, must_have ? SYNC_EDIT_SET : SYNC_EDIT_REPLACE, "modified", base_modified);
}

/* The argument that names one field and the one that holds its value, as an object that is not closed yet: {"field": value.
 * NULL if there is no such field. A value of nothing means "" to ERPNext. */
static GString *
begin_field (SyncArgs *args, const SyncRoute *route)
{
  g_autofree char *field = sync_args_dup (args, route->field_path);
  g_autofree char *text = sync_args_dup (args, route->value_path);
  g_autoptr (GString) fields = g_string_new ("{");
  SyncJsonView value;

  if (field == NULL || sync_args_find_object (args, route->field_path, &value))
    return NULL;
  sync_json_append_quoted (fields, field);
  g_string_append (fields, ": ");
  if (args->kind == SYNC_BODY_JSON && sync_json_view_member (&args->root, route->value_path, &value)
      && sync_json_view_kind (&value) != SYNC_JSON_NULL)
    g_string_append_len (fields, value.text, (gssize) value.length);
  else
    sync_json_append_quoted (fields, text != NULL ? text : "");
  return g_steal_pointer (&fields);
}

/* One field and its value have no room for the version, so that the server would write over any: it takes an object of fields
 * as well, and then compares (the recorded exchange 254). */
static void
put_base_beside_field (Draft *draft, const SyncRoute *route, const char *base_modified)
{
  g_autoptr (SyncArgs) args = sync_args_new (NULL, draft->content_type, draft->body);
  g_autoptr (GString) fields = begin_field (args, route);

  if (fields == NULL)
    return;
  g_string_append (fields, ", \"modified\": ");
  sync_json_append_quoted (fields, base_modified);
  g_string_append_c (fields, '}');
  apply (draft, SYNC_EDIT_SET, route->field_path, fields->str, FALSE);
  apply (draft, SYNC_EDIT_REMOVE, route->value_path, NULL, FALSE);
}

static void
put_key (Draft *draft, const SyncRoute *route, const char *key)
{
  const char *field;

  if (key == NULL || route->key_path == NULL)
    return;
  /* A document taken out of its argument has lost the levels above it. */
  field = strrchr (route->key_path, '/');
  if (route->submit_after && !is_resource (route))
    apply (draft, SYNC_EDIT_SET, field != NULL ? field + 1 : route->key_path, key, FALSE);
  else
    apply (draft, SYNC_EDIT_SET, route->key_path, key, FALSE);
}

static GBytes *
make_submit_body (const char *base_modified)
{
  GString *out = g_string_new ("{\"docstatus\": 1");

  if (base_modified != NULL)
    {
      g_string_append (out, ", \"modified\": ");
      sync_json_append_quoted (out, base_modified);
    }
  g_string_append_c (out, '}');
  return g_string_free_to_bytes (out);
}

/* The document of a method call as a body of its own. */
static gboolean
extract_document (Draft *draft, GError **error)
{
  g_autoptr (SyncArgs) args = sync_args_new (NULL, draft->content_type, draft->body);
  SyncJsonView object;

  if (!sync_args_find_object (args, draft->document, &object))
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID, "the argument “%s” holds no document",
                   draft->document);
      return FALSE;
    }
  g_clear_pointer (&draft->body, g_bytes_unref);
  draft->body = g_bytes_new (object.text, object.length);
  draft->content_type = "application/json";
  draft->document = "";
  return TRUE;
}

/**
 * sync_body_wire_content_type:
 * @route: a write
 * @content_type: (nullable): the accepted body's media type
 * @step: 0, or 1 for the second step of a create with submit_after
 *
 * Returns: (transfer none) (nullable): the media type of what sync_body_build_wire() makes for that step
 */
const char *
sync_body_wire_content_type (const SyncRoute *route, const char *content_type, guint step)
{
  if (route->submit_after && (step > 0 || !is_resource (route)))
    return "application/json";
  return content_type;
}

/**
 * sync_body_build_wire:
 * @route: a write
 * @content_type: (nullable): the body's media type
 * @body: (nullable): the body, as accepted or as edited since
 * @key: (nullable): the request's key
 * @base_modified: (nullable): the version that the request builds on, byte for byte
 * @step: 0: as accepted, or the draft where the route says submit_after; 1: the submission of that draft
 * @error: SYNC_ERROR_INVALID (permanent): there is no document in the body to make a draft of
 *
 * Makes the body for one attempt: takes out what must not reach the server, puts in the key, the base and
 * what the route forces. Method, URL and media type: sync_route_wire_target() and
 * sync_body_wire_content_type().
 *
 * Returns: (transfer full) (nullable): the body; @body itself where nothing has to change; NULL also where
 *   there is none (@error tells)
 */
GBytes *
sync_body_build_wire (const SyncRoute *route, const char *content_type, GBytes *body, const char *key,
                      const char *base_modified, guint step, GError **error)
{
  Draft draft = { .content_type = content_type, .document = route->document_path };

  if (route->submit_after && step > 0)
    return make_submit_body (base_modified);
  draft.body = body != NULL ? g_bytes_ref (body) : NULL;
  if (route->kind != SYNC_ROUTE_WRITE)
    return draft.body;
  if (route->submit_after && !is_resource (route) && !extract_document (&draft, error))
    {
      g_clear_pointer (&draft.body, g_bytes_unref);
      return NULL;
    }
  if (draft.document != NULL)
    {
      strip_marks (&draft, route);
      put_base (&draft, route, base_modified);
      if (route->field_path != NULL && base_modified != NULL)
        put_base_beside_field (&draft, route, base_modified);
      if (route->submit_after)
        apply_to_document (&draft, SYNC_EDIT_REMOVE, "docstatus", NULL);
    }
  put_key (&draft, route, key);
  for (guint i = 0; route->forced != NULL && route->forced[i] != NULL; i += 2)
    apply (&draft, SYNC_EDIT_SET, route->forced[i], route->forced[i + 1], TRUE);
  return draft.body;
}

/**
 * sync_body_dup_document:
 * @route: a write
 * @content_type: (nullable): the body's media type
 * @body: (nullable): the body
 *
 * Takes the fields that are written out of the body, wherever in it they stand.
 *
 * Returns: (transfer full) (nullable): them, as one JSON object; NULL if the body holds no document and no field
 */
char *
sync_body_dup_document (const SyncRoute *route, const char *content_type, GBytes *body)
{
  g_autoptr (SyncArgs) args = sync_args_new (NULL, content_type, body);
  g_autoptr (GString) fields = NULL;
  SyncJsonView object;

  if (route->document_path != NULL && sync_args_find_object (args, route->document_path, &object))
    return g_strndup (object.text, object.length);
  fields = route->field_path != NULL ? begin_field (args, route) : NULL;
  if (fields == NULL)
    return NULL;
  g_string_append_c (fields, '}');
  return g_string_free (g_steal_pointer (&fields), FALSE);
}

/**
 * sync_body_replace_key:
 * @route: a write
 * @content_type: (nullable): the body's media type
 * @body: (nullable): the body
 * @key: the key of the request
 * @new_key: another
 *
 * Returns: (transfer full) (nullable): the body with @new_key in each place where a caller may have put @key
 */
GBytes *
sync_body_replace_key (const SyncRoute *route, const char *content_type, GBytes *body, const char *key, const char *new_key)
{
  Draft draft = { .content_type = content_type, .body = body != NULL ? g_bytes_ref (body) : NULL };

  for (guint i = 0; draft.body != NULL && route->key_places != NULL && route->key_places[i] != NULL; i++)
    {
      g_autoptr (SyncArgs) args = sync_args_new (NULL, content_type, draft.body);
      g_autofree char *there = sync_args_dup (args, route->key_places[i]);

      if (there != NULL && g_ascii_strcasecmp (there, key) == 0)
        apply (&draft, SYNC_EDIT_SET, route->key_places[i], new_key, FALSE);
    }
  return draft.body;
}

/* The draft that a create in two steps has made takes the body, as a change of it. */
static GBytes *
build_for_draft (const SyncRoute *route, const SyncRequest *request, GBytes *body, const char *version, GError **error)
{
  Draft draft = {
    .content_type = sync_body_wire_content_type (route, request->content_type, 0),
    .body = sync_body_build_wire (route, request->content_type, body, request->key, NULL, 0, error),
    .document = is_resource (route) ? route->document_path : "",
  };

  if (draft.body != NULL && version != NULL)
    apply_to_document (&draft, SYNC_EDIT_SET, "modified", version);
  return draft.body;
}

/**
 * sync_body_build_resolved:
 * @route: the write that is in conflict
 * @request: it
 * @body: (nullable): what is to be written of it
 * @server_data: (nullable): the server's document
 * @server_version: (nullable): its version
 * @error: as sync_body_build_wire()
 *
 * Makes the body that ends a conflict: against the server's version, with child rows whole as the server has them. Of a
 * create in two steps it is that of the draft, which is submitted afterwards.
 *
 * Returns: (transfer full) (nullable): as sync_body_build_wire()
 */
GBytes *
sync_body_build_resolved (const SyncRoute *route, const SyncRequest *request, GBytes *body, const char *server_data,
                          const char *server_version, GError **error)
{
  g_autoptr (GBytes) whole = NULL;

  if (route->action == SYNC_ACTION_CREATE && route->document_path != NULL && request->server_name != NULL)
    return build_for_draft (route, request, body, server_version, error);
  if (route->action == SYNC_ACTION_UPDATE && server_data != NULL)
    body = whole = sync_body_complete_rows (route, request->content_type, body, server_data);
  return sync_body_build_wire (route, request->content_type, body, request->key, server_version, 0, error);
}

/**
 * sync_body_build_anew:
 * @route: a write that makes a document
 * @request: it
 * @body: (nullable): what it makes
 * @error: as sync_body_build_wire()
 *
 * Makes the body of the same write under the next key, see sync_key_dup_next().
 *
 * Returns: (transfer full) (nullable): as sync_body_build_wire() for step 0
 */
GBytes *
sync_body_build_anew (const SyncRoute *route, const SyncRequest *request, GBytes *body, GError **error)
{
  g_autofree char *key = sync_key_dup_next (request->site, request->resource_type, request->key);
  g_autoptr (GBytes) other = sync_body_replace_key (route, request->content_type, body, request->key, key);

  return sync_body_build_wire (route, request->content_type, other, key, NULL, 0, error);
}

/**
 * sync_body_takes_posting_time:
 * @resource_type: (nullable): a DocType
 * @action: of sync_action_to_string()
 *
 * Returns: whether such a request makes a sale, which keeps the time at which it was made
 */
gboolean
sync_body_takes_posting_time (const char *resource_type, const char *action)
{
  return g_strcmp0 (action, sync_action_to_string (SYNC_ACTION_CREATE)) == 0
         && (g_strcmp0 (resource_type, "Sales Invoice") == 0 || g_strcmp0 (resource_type, "POS Invoice") == 0);
}

static gboolean
has_other (const SyncJsonView *document, const char *name, const char *than)
{
  SyncJsonView value;
  g_autofree char *text = NULL;

  if (!sync_json_view_member (document, name, &value) || sync_json_view_kind (&value) == SYNC_JSON_NULL)
    return FALSE;
  text = sync_json_view_dup_text (&value);
  return *text != '\0' && g_strcmp0 (text, than) != 0;
}

/**
 * sync_body_put_posting_time:
 * @route: a write that makes a sale
 * @content_type: (nullable): the media type of @body
 * @body: (nullable): what sync_body_build_wire() made for step 0
 * @date: the day on which the sale was made, in the site's time zone, as 2026-01-31
 * @time: the time of that day, as 23:59:59
 *
 * ERPNext gives a sale the time of its delivery, unless `set_posting_time` is there. A sale that says itself when it
 * was, or on which other day, stays as it is.
 *
 * Returns: (transfer full) (nullable): the body with `set_posting_time`, `posting_date` and `posting_time`, or @body
 */
GBytes *
sync_body_put_posting_time (const SyncRoute *route, const char *content_type, GBytes *body, const char *date,
                            const char *time)
{
  g_autoptr (SyncArgs) args = sync_args_new (NULL, content_type, body);
  gboolean taken_out = route->submit_after && !is_resource (route);
  const char *path = taken_out ? "" : route->document_path != NULL ? route->document_path : "invoice";
  Draft draft = { .content_type = content_type, .body = body != NULL ? g_bytes_ref (body) : NULL, .document = path };
  g_autofree char *flag = *path != '\0' ? g_strconcat (path, "/set_posting_time", NULL) : g_strdup ("set_posting_time");
  SyncJsonView document;

  if (!sync_args_find_object (args, path, &document) || has_other (&document, "set_posting_time", NULL)
      || has_other (&document, "posting_date", date))
    return draft.body;
  apply (&draft, SYNC_EDIT_SET, flag, "1", TRUE);
  apply_to_document (&draft, SYNC_EDIT_SET, "posting_date", date);
  if (!has_other (&document, "posting_time", NULL))
    apply_to_document (&draft, SYNC_EDIT_SET, "posting_time", time);
  return draft.body;
}

/**
 * sync_body_is_split_payment:
 * @content_type: (nullable): the body's media type
 * @body: (nullable): the arguments of POS Awesome's `process_pos_payment`
 *
 * POS Awesome puts one key on every payment of a split tender, although the field is unique: only the first is made,
 * and a repetition answers with that one alone, as if it were all.
 *
 * Returns: whether the customer pays in more than one way
 */
gboolean
sync_body_is_split_payment (const char *content_type, GBytes *body)
{
  g_autoptr (SyncArgs) args = sync_args_new (NULL, content_type, body);
  SyncJsonView payload, methods, method, amount;
  SyncJsonIter iter;
  guint n = 0;

  if (!sync_args_find_object (args, "payload", &payload)
      || !sync_json_view_member (&payload, "payment_methods", &methods)
      || sync_json_view_kind (&methods) != SYNC_JSON_ARRAY)
    return FALSE;
  sync_json_iter_init (&iter, &methods);
  while (sync_json_iter_next (&iter, NULL, &method))
    if (sync_json_view_kind (&method) == SYNC_JSON_OBJECT && sync_json_view_member (&method, "amount", &amount))
      {
        g_autofree char *text = sync_json_view_dup_text (&amount);

        n += g_ascii_strtod (text, NULL) != 0;
      }
  return n > 1;
}
