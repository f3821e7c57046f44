/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a caller said: the query and the members of the JSON body, each checked and refused by name. A member
 * that is `null` counts as absent; one that nobody knows is refused, because a misspelt one would otherwise
 * be lost without a word. Engine's thread. */
#include "config.h"

#include "sync-call.h"

#include <string.h>

#include "sync-error.h"
#include "sync-secret.h"

static gboolean
refuse (GError **error, const char *name, const char *what)
{
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID, "“%s” must be %s", name, what);
  return FALSE;
}

/* @place: where it stands; @known: what else may stand there, in @things. */
static void
refuse_name (GError **error, const char *name, const char *place, const char *const *known, const char *things)
{
  g_autofree char *list = g_strjoinv (", ", (char **) known);

  if (*list != '\0')
    g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID, "“%.60s” means nothing %s; known %s: %s", name, place, things, list);
  else
    g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID, "“%.60s” means nothing %s, where this call takes nothing", name, place);
}

static gboolean
parse_int (const char *text, const char *name, gint64 least, gint64 most, gint64 *value, GError **error)
{
  g_autofree char *what = NULL;

  if (g_ascii_string_to_signed (text, 10, least, most, value, NULL))
    return TRUE;
  what = most == G_MAXINT64
           ? g_strdup_printf ("a whole number of at least %" G_GINT64_FORMAT, least)
           : g_strdup_printf ("a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, least, most);
  return refuse (error, name, what);
}

/**
 * sync_call_check_query:
 * @self: a call
 * @known: (array zero-terminated=1): the names that mean something here
 * @error: %SYNC_ERROR_INVALID naming the first other one
 *
 * Returns: whether the query has only known names
 */
gboolean
sync_call_check_query (SyncCall *self, const char *const *known, GError **error)
{
  GHashTableIter iter;
  gpointer name;

  if (self->query == NULL)
    return TRUE;
  g_hash_table_iter_init (&iter, self->query);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    if (!g_strv_contains (known, name))
      {
        refuse_name (error, name, "in this query", known, "are");
        return FALSE;
      }
  return TRUE;
}

/**
 * sync_call_get_query:
 * @self: a call
 * @name: a name in the query
 *
 * Returns: (transfer none) (nullable): its value, decoded; %NULL if it is absent or empty
 */
const char *
sync_call_get_query (SyncCall *self, const char *name)
{
  const char *value = self->query != NULL ? g_hash_table_lookup (self->query, name) : NULL;

  return value != NULL && *value != '\0' ? value : NULL;
}

/**
 * sync_call_query_int:
 * @self: a call
 * @name: a name in the query
 * @least: the smallest value
 * @most: the greatest value
 * @value: (inout): untouched when the name is absent
 * @error: %SYNC_ERROR_INVALID
 *
 * Returns: FALSE if it is there and no such number
 */
gboolean
sync_call_query_int (SyncCall *self, const char *name, gint64 least, gint64 most, gint64 *value,
                     GError **error)
{
  const char *text = sync_call_get_query (self, name);

  return text == NULL || parse_int (text, name, least, most, value, error);
}

/* Which of the known members @name is, -1: none. */
static int
find_member (const SyncCallObject *object, const char *name)
{
  for (int i = 0; object->known[i] != NULL; i++)
    if (strcmp (object->known[i], name) == 0)
      return i;
  return -1;
}

/**
 * sync_call_read_object:
 * @self: a call
 * @known: (array zero-terminated=1): the members that mean something here; must outlive @object
 * @object: (out): the body, for as long as the call lives; an empty body counts as `{}`
 * @error: %SYNC_ERROR_INVALID: malformed JSON with its line and column, not an object, an unknown member, one
 * given twice; or there is a query, which says nothing to a call that has a body
 *
 * Returns: whether the body is such an object
 */
gboolean
sync_call_read_object (SyncCall *self, const char *const *known, SyncCallObject *object, GError **error)
{
  static const char *const none[] = { NULL };
  gsize length;
  const char *text = g_bytes_get_data (self->body, &length);
  SyncJsonIter iter;
  SyncJsonView root, key, value;

  g_return_val_if_fail (g_strv_length ((char **) known) <= SYNC_CALL_MAX_MEMBERS, FALSE);

  if (!sync_call_check_query (self, none, error))
    return FALSE;
  *object = (SyncCallObject){ .known = known };
  if (length == 0)
    text = "{}", length = 2;
  if (!sync_json_check (text, length, &root, error))
    return FALSE;
  if (sync_json_view_kind (&root) != SYNC_JSON_OBJECT)
    {
      g_set_error_literal (error, SYNC_ERROR, SYNC_ERROR_INVALID, "the body must be a JSON object");
      return FALSE;
    }
  sync_json_iter_init (&iter, &root);
  while (sync_json_iter_next (&iter, &key, &value))
    {
      g_autofree char *name = sync_json_view_dup_text (&key);
      int i = find_member (object, name);

      if (i < 0)
        {
          refuse_name (error, name, "here", known, "members are");
          return FALSE;
        }
      if (object->members[i].text != NULL)
        {
          g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID, "%.*s is given twice",
                       (int) MIN (key.length, 60), key.text);
          return FALSE;
        }
      object->members[i] = value;
    }
  return TRUE;
}

/**
 * sync_call_read_nothing:
 * @self: a call that takes nothing
 * @error: %SYNC_ERROR_INVALID: its query has a name, or its body is not `{}` or empty
 *
 * What a caller says and nobody heeds is lost without a word, so it is refused.
 *
 * Returns: whether it says nothing
 */
gboolean
sync_call_read_nothing (SyncCall *self, GError **error)
{
  static const char *const known[] = { NULL };
  SyncCallObject object;

  return sync_call_read_object (self, known, &object, error);
}

/**
 * sync_call_member:
 * @object: an object
 * @name: a member; one of those that were named when the object was read
 * @value: (out): its value
 *
 * Returns: FALSE if it is absent or `null`
 */
gboolean
sync_call_member (const SyncCallObject *object, const char *name, SyncJsonView *value)
{
  int i = find_member (object, name);

  g_return_val_if_fail (i >= 0, FALSE);

  *value = object->members[i];
  return value->text != NULL && sync_json_view_kind (value) != SYNC_JSON_NULL;
}

/**
 * sync_call_string:
 * @object: an object
 * @name: a member
 * @value: (out) (transfer full) (nullable): its text, %NULL if it is absent
 * @error: %SYNC_ERROR_INVALID
 *
 * Returns: FALSE if it is there and no text
 */
gboolean
sync_call_string (const SyncCallObject *object, const char *name, char **value, GError **error)
{
  SyncJsonView view;

  *value = NULL;
  if (!sync_call_member (object, name, &view))
    return TRUE;
  if (sync_json_view_kind (&view) != SYNC_JSON_STRING)
    return refuse (error, name, "a text");
  *value = sync_json_view_dup_text (&view);
  return TRUE;
}

/**
 * sync_call_int:
 * @object: an object
 * @name: a member
 * @least: the smallest value
 * @most: the greatest value
 * @value: (inout): untouched when the member is absent
 * @error: %SYNC_ERROR_INVALID
 *
 * Returns: FALSE if it is there and no such number
 */
gboolean
sync_call_int (const SyncCallObject *object, const char *name, gint64 least, gint64 most, gint64 *value,
               GError **error)
{
  g_autofree char *text = NULL;
  SyncJsonView view;

  if (!sync_call_member (object, name, &view))
    return TRUE;
  text = sync_json_view_dup_raw (&view);
  return parse_int (text, name, least, most, value, error);
}

/**
 * sync_call_bool:
 * @object: an object
 * @name: a member
 * @given: (out): whether it is there
 * @value: (out): its value, FALSE if it is absent
 * @error: %SYNC_ERROR_INVALID
 *
 * Returns: FALSE if it is there and neither true nor false
 */
gboolean
sync_call_bool (const SyncCallObject *object, const char *name, gboolean *given, gboolean *value,
                GError **error)
{
  SyncJsonView view;
  SyncJsonKind kind;

  *value = FALSE;
  *given = sync_call_member (object, name, &view);
  if (!*given)
    return TRUE;
  kind = sync_json_view_kind (&view);
  if (kind != SYNC_JSON_TRUE && kind != SYNC_JSON_FALSE)
    return refuse (error, name, "true or false");
  *value = kind == SYNC_JSON_TRUE;
  return TRUE;
}

/**
 * sync_call_strings:
 * @object: an object
 * @name: a member
 * @values: (out) (transfer full) (nullable): its texts, %NULL if it is absent or empty
 * @error: %SYNC_ERROR_INVALID
 *
 * Returns: FALSE if it is there and no list of texts
 */
gboolean
sync_call_strings (const SyncCallObject *object, const char *name, char ***values, GError **error)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  SyncJsonIter iter;
  SyncJsonView view, item;
  guint n = 0;

  *values = NULL;
  if (!sync_call_member (object, name, &view))
    return TRUE;
  if (sync_json_view_kind (&view) != SYNC_JSON_ARRAY)
    return refuse (error, name, "a list of texts");
  sync_json_iter_init (&iter, &view);
  for (; sync_json_iter_next (&iter, NULL, &item); n++)
    {
      g_autofree char *text = sync_json_view_dup_text (&item);

      if (sync_json_view_kind (&item) != SYNC_JSON_STRING)
        return refuse (error, name, "a list of texts");
      g_strv_builder_add (builder, text);
    }
  if (n > 0)
    *values = g_strv_builder_end (builder);
  return TRUE;
}

/**
 * sync_call_ids:
 * @object: an object
 * @name: a member
 * @ids: (out) (transfer full) (nullable) (element-type gint64): its ids, %NULL if it is absent or empty
 * @error: %SYNC_ERROR_INVALID
 *
 * Returns: FALSE if it is there and no list of ids
 */
gboolean
sync_call_ids (const SyncCallObject *object, const char *name, GArray **ids, GError **error)
{
  g_autoptr (GArray) list = g_array_new (FALSE, FALSE, sizeof (gint64));
  SyncJsonIter iter;
  SyncJsonView view, item;

  *ids = NULL;
  if (!sync_call_member (object, name, &view))
    return TRUE;
  if (sync_json_view_kind (&view) != SYNC_JSON_ARRAY)
    return refuse (error, name, "a list of ids");
  sync_json_iter_init (&iter, &view);
  while (sync_json_iter_next (&iter, NULL, &item))
    {
      g_autofree char *text = sync_json_view_dup_raw (&item);
      gint64 id;

      if (!g_ascii_string_to_signed (text, 10, 1, G_MAXINT64, &id, NULL))
        return refuse (error, name, "a list of ids, which are whole numbers");
      g_array_append_val (list, id);
    }
  if (list->len > 0)
    *ids = g_steal_pointer (&list);
  return TRUE;
}

/* (transfer full): with the dots as they are, however they are escaped: in JSON, in JSON in a text, or in a form */
static GString *
dup_plain_dots (const char *text, gsize length)
{
  GString *plain = g_string_sized_new (length);

  for (gsize i = 0; i < length; i++)
    if (text[i] != '\\')
      g_string_append_c (plain, text[i]);
  g_string_replace (plain, "u2022", "•", 0);
  g_string_replace (plain, "%E2%80%A2", "•", 0);
  g_string_replace (plain, "%e2%80%a2", "•", 0);
  return plain;
}

/**
 * sync_call_check_dots:
 * @document: what a caller wants written
 * @name: the member that it is
 * @error: %SYNC_ERROR_INVALID: it has the dots that stand for a secret where documents are shown
 *
 * Whoever changes a document that was shown, and hands it back, would write the dots over the secret.
 *
 * Returns: whether it has none
 */
gboolean
sync_call_check_dots (GBytes *document, const char *name, GError **error)
{
  gsize length;
  const char *text = g_bytes_get_data (document, &length);
  g_autoptr (GString) plain = text != NULL ? dup_plain_dots (text, length) : NULL;

  if (plain == NULL || strstr (plain->str, SYNC_SECRET_DOTS) == NULL)
    return TRUE;
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID,
               "“%s” has %s in place of a secret, as it was shown; put the secret itself there", name, SYNC_SECRET_DOTS);
  return FALSE;
}
