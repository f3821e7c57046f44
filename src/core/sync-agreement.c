/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether a document of the server is what a request meant it to be: how our own lost write is known again.
 * Compared is what was sent, by meaning: 15 is 15.0, a check is 0 or 1, nothing is null is "". No state;
 * any thread. */
#include "config.h"

#include <math.h>
#include <string.h>

#include "sync-args.h"
#include "sync-body.h"

static gboolean values_agree (SyncArgs *args, const SyncJsonView *sent, const SyncJsonView *there);

/**
 * sync_body_is_own_field:
 * @name: a field
 *
 * Returns: whether the server sets it itself in every document and row, or it is no part of the document
 */
gboolean
sync_body_is_own_field (const char *name)
{
  static const char *const own[]
      = { "name",    "owner", "creation", "modified",    "modified_by", "docstatus", "idx",
          "doctype", "flags", "parent",   "parentfield", "parenttype",  NULL };

  return g_strv_contains (own, name);
}

/* Nothing at all: what an absent or null field of the server agrees with. */
static gboolean
is_nothing (const SyncJsonView *view)
{
  g_autofree char *text = NULL;

  switch (sync_json_view_kind (view))
    {
    case SYNC_JSON_NULL:
    case SYNC_JSON_FALSE:
      return TRUE;
    case SYNC_JSON_TRUE:
      return FALSE;
    case SYNC_JSON_NUMBER:
      text = sync_json_canonical_number (view->text, view->length);
      return strcmp (text, "0") == 0;
    case SYNC_JSON_STRING:
      text = g_strstrip (sync_json_view_dup_text (view));
      return *text == '\0';
    default:
      return view->text[strspn (view->text + 1, " \t\r\n") + 1] == (*view->text == '{' ? '}' : ']');
    }
}

/* The number that a value is: a number, a check, or a text that is one. */
static char *
dup_number (const SyncJsonView *view)
{
  g_autofree char *text = NULL;
  SyncJsonView number;

  switch (sync_json_view_kind (view))
    {
    case SYNC_JSON_TRUE:
      return g_strdup ("1e0");
    case SYNC_JSON_FALSE:
      return g_strdup ("0");
    case SYNC_JSON_NUMBER:
      return sync_json_canonical_number (view->text, view->length);
    case SYNC_JSON_STRING:
      text = g_strstrip (sync_json_view_dup_text (view));
      if (sync_json_check (text, strlen (text), &number, NULL)
          && sync_json_view_kind (&number) == SYNC_JSON_NUMBER)
        return sync_json_canonical_number (number.text, number.length);
      return NULL;
    default:
      return NULL;
    }
}

/* Whether the server rounded what was sent to two to nine decimals, as it does with amounts and quantities.
 * Only something with more decimals can have been rounded. */
static gboolean
was_rounded (const char *sent, double mine, double other)
{
  const char *power = strchr (sent, 'e');
  gint64 decimals = power != NULL ? -g_ascii_strtoll (power + 1, NULL, 10) : 0;
  double scale = 100;

  for (gint64 digits = 2; digits < MIN (decimals, 10); digits++, scale *= 10)
    {
      double nearest = round (other * scale) / scale;

      if (nearest == other && fabs (mine - other) * scale <= 0.5 + 1e-6)
        return TRUE;
    }
  return FALSE;
}

/* Equal as written; or the nearest doubles are, for the server stores doubles; or the server rounded it. */
static gboolean
numbers_agree (const char *sent, const char *there)
{
  double mine = g_ascii_strtod (sent, NULL), other = g_ascii_strtod (there, NULL);

  return strcmp (sent, there) == 0 || mine == other || was_rounded (sent, mine, other);
}

/* @key_field, by which the document was found, is not compared: the server knows a key again in any case and with
 * blanks behind it. */
static gboolean
objects_agree (SyncArgs *args, const SyncJsonView *sent, const SyncJsonView *there, const char *key_field)
{
  static const SyncJsonView null = { "null", 4 };
  SyncJsonIter iter;
  SyncJsonView key, value, other;

  sync_json_iter_init (&iter, sent);
  while (sync_json_iter_next (&iter, &key, &value))
    {
      g_autofree char *name = sync_json_view_dup_text (&key);

      if (g_str_has_prefix (name, "__") || sync_body_is_own_field (name) || g_strcmp0 (name, key_field) == 0)
        continue;
      /* Of a name that is there twice the last value is the one that was meant. */
      sync_json_view_member (sent, name, &value);
      if (!sync_json_view_member (there, name, &other))
        other = null;
      if (!values_agree (args, &value, &other))
        return FALSE;
    }
  return TRUE;
}

static gboolean
arrays_agree (SyncArgs *args, const SyncJsonView *sent, const SyncJsonView *there)
{
  SyncJsonIter left, right;
  SyncJsonView mine, other;

  sync_json_iter_init (&left, sent);
  sync_json_iter_init (&right, there);
  while (sync_json_iter_next (&left, NULL, &mine))
    if (!sync_json_iter_next (&right, NULL, &other) || !values_agree (args, &mine, &other))
      return FALSE;
  return !sync_json_iter_next (&right, NULL, &other);
}

static gboolean
texts_agree (const SyncJsonView *sent, const SyncJsonView *there)
{
  g_autofree char *mine = g_strstrip (sync_json_view_dup_text (sent));
  g_autofree char *other = g_strstrip (sync_json_view_dup_text (there));

  return strcmp (mine, other) == 0;
}

/* An object or array, also one that is kept as text. */
static gboolean
open_container (SyncArgs *args, const SyncJsonView *view, SyncJsonView *container)
{
  g_autofree char *text = NULL;
  SyncJsonKind kind = sync_json_view_kind (view);

  *container = *view;
  if (kind == SYNC_JSON_OBJECT || kind == SYNC_JSON_ARRAY)
    return TRUE;
  if (kind != SYNC_JSON_STRING)
    return FALSE;
  text = sync_json_view_dup_text (view);
  return sync_args_parse_nested (args, text, container);
}

static gboolean
values_agree (SyncArgs *args, const SyncJsonView *sent, const SyncJsonView *there)
{
  g_autofree char *mine = NULL, *other = NULL;
  SyncJsonView left, right;

  if (is_nothing (sent) && is_nothing (there))
    return TRUE;
  if (open_container (args, sent, &left) && open_container (args, there, &right))
    {
      if (*left.text != *right.text)
        return FALSE;
      return *left.text == '{' ? objects_agree (args, &left, &right, NULL) : arrays_agree (args, &left, &right);
    }
  mine = dup_number (sent);
  other = dup_number (there);
  if (mine != NULL && other != NULL
      && !(sync_json_view_kind (sent) == SYNC_JSON_STRING
           && sync_json_view_kind (there) == SYNC_JSON_STRING))
    return numbers_agree (mine, other);
  return sync_json_view_kind (sent) == SYNC_JSON_STRING && sync_json_view_kind (there) == SYNC_JSON_STRING
         && texts_agree (sent, there);
}

/* The arguments of a method that makes a document: those that the document has under the same name. */
static gboolean
arguments_agree (SyncArgs *args, const SyncJsonView *there)
{
  SyncJsonView sent, key, value, other;
  SyncJsonIter iter;

  if (!sync_args_find_object (args, "", &sent))
    return FALSE;
  sync_json_iter_init (&iter, &sent);
  while (sync_json_iter_next (&iter, &key, &value))
    {
      g_autofree char *name = sync_json_view_dup_text (&key);

      sync_json_view_member (&sent, name, &value);
      if (!sync_body_is_own_field (name) && sync_json_view_kind (&value) != SYNC_JSON_NULL
          && sync_json_view_member (there, name, &other) && !values_agree (args, &value, &other))
        return FALSE;
    }
  return TRUE;
}

static gboolean
docstatus_agrees (const SyncRoute *route, const SyncJsonView *there)
{
  SyncJsonView value;
  const char *wanted = route->action == SYNC_ACTION_SUBMIT   ? "1e0"
                       : route->action == SYNC_ACTION_CANCEL ? "2e0"
                                                             : NULL;
  g_autofree char *docstatus = NULL;

  if (wanted == NULL)
    return TRUE;
  if (!sync_json_view_member (there, "docstatus", &value))
    return FALSE;
  docstatus = dup_number (&value);
  return g_strcmp0 (docstatus, wanted) == 0;
}

/* One field and its value, as `frappe.client.set_value` has them. */
static gboolean
field_agrees (const SyncRoute *route, SyncArgs *args, const SyncJsonView *there)
{
  g_autofree char *field = sync_args_dup (args, route->field_path);
  g_autofree char *value = sync_args_dup (args, route->value_path);
  g_autoptr (GString) quoted = g_string_new (NULL);
  SyncJsonView sent, other = { "null", 4 };

  if (field == NULL)
    return FALSE;
  if (value == NULL)
    g_string_append (quoted, "null");
  else
    sync_json_append_quoted (quoted, value);
  sent = (SyncJsonView){ quoted->str, quoted->len };
  sync_json_view_member (there, field, &other);
  return values_agree (args, &sent, &other);
}

/**
 * sync_body_agrees_with:
 * @route: a write
 * @content_type: (nullable): the body's media type
 * @body: (nullable): the body as accepted or edited
 * @document_json: the document that the server has now, as JSON
 *
 * Compares every field that the request sends with the document, child rows in order and by the fields that
 * are sent; the key and what the server sets itself (name, owner, modified, docstatus and so on) is left out,
 * but a submission also needs docstatus 1 and a cancellation 2. Numbers go by value, also rounded to two decimals
 * or more; texts go without blanks around them. Of the arguments of a method that makes a document with a natural key
 * those are compared that the document has under the same name.
 *
 * Returns: whether the document holds what the request meant; FALSE also where that cannot be told (any other
 *   method's arguments, a text that is no JSON object)
 */
gboolean
sync_body_agrees_with (const SyncRoute *route, const char *content_type, GBytes *body,
                       const char *document_json)
{
  g_autoptr (SyncArgs) args = sync_args_new (NULL, content_type, body);
  SyncJsonView there, sent;

  if (!sync_json_check (document_json, strlen (document_json), &there, NULL)
      || sync_json_view_kind (&there) != SYNC_JSON_OBJECT || !docstatus_agrees (route, &there))
    return FALSE;
  if (route->document_path != NULL && sync_args_find_object (args, route->document_path, &sent))
    return objects_agree (args, &sent, &there, route->key_field);
  if (route->field_path != NULL)
    return field_agrees (route, args, &there);
  if (route->action == SYNC_ACTION_CREATE && route->natural != NULL)
    return arguments_agree (args, &there);
  /* A submission or cancellation without a document says all by its docstatus. */
  return route->action == SYNC_ACTION_SUBMIT || route->action == SYNC_ACTION_CANCEL;
}

/**
 * sync_body_is_compared_whole:
 * @route: a write
 * @content_type: (nullable): the body's media type
 * @body: (nullable): the body as accepted or edited
 *
 * A document that sync_body_agrees_with() finds to be the same may still change by a write that sends what is left out
 * there, docstatus or owner for example, or be refused for it.
 *
 * Returns: whether the request says nothing beside what that comparison looks at, and says something
 */
gboolean
sync_body_is_compared_whole (const SyncRoute *route, const char *content_type, GBytes *body)
{
  static const char *const harmless[] = { "name", "modified", "doctype", "flags", NULL };
  g_autoptr (SyncArgs) args = sync_args_new (NULL, content_type, body);
  SyncJsonView sent, key, value;
  SyncJsonIter iter;
  guint n = 0;

  if (route->document_path == NULL || !sync_args_find_object (args, route->document_path, &sent))
    return FALSE;
  sync_json_iter_init (&iter, &sent);
  while (sync_json_iter_next (&iter, &key, &value))
    {
      g_autofree char *name = sync_json_view_dup_text (&key);

      if (g_str_has_prefix (name, "__") || g_strv_contains (harmless, name))
        continue;
      if (sync_body_is_own_field (name))
        return FALSE;
      n++;
    }
  return n > 0;
}
