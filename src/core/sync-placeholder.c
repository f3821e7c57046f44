/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names that a till gives to documents which the server has not named yet. A placeholder is replaced only
 * where it is the whole of a name: a JSON string value, a form's or query's value, or one level of the path;
 * also in JSON that stands in any of these as a text, however deep. Every other byte stays what the caller
 * sent: a replacement is carried outward, level by level, to the place in the outermost text. No state; any
 * thread. */
#include "config.h"

#include "sync-placeholder.h"

#include <string.h>

#include "sync-args.h"

/* One replacement, in the places and the encoding of the level that it is at. */
typedef struct
{
  gsize start;
  gsize end;
  char *text; /* (owned) */
} Splice;

typedef struct
{
  SyncPlaceholderFunc func;
  gpointer user_data; /* (unowned) */
} Visitor;

static void visit_text (const Visitor *visitor, const char *text, GArray *splices);

static void
splice_clear (gpointer data)
{
  g_free (((Splice *) data)->text);
}

static GArray *
splices_new (void)
{
  GArray *splices = g_array_new (FALSE, FALSE, sizeof (Splice));

  g_array_set_clear_func (splices, splice_clear);
  return splices;
}

static void
add_splice (GArray *splices, gsize start, gsize end, char *text)
{
  const Splice splice = { start, end, text };

  g_array_append_val (splices, splice);
}

static gboolean
is_placeholder (const char *text)
{
  gsize length = strlen (SYNC_PLACEHOLDER_PREFIX);

  return g_ascii_strncasecmp (text, SYNC_PLACEHOLDER_PREFIX, length) == 0 && text[length] != '\0';
}

/* What is to stand in the place of @text, NULL if it stays. */
static const char *
ask (const Visitor *visitor, const char *text)
{
  const char *name = is_placeholder (text) ? visitor->func (text, visitor->user_data) : NULL;

  return name != NULL && strcmp (name, text) != 0 ? name : NULL;
}

static char *
dup_quoted (const char *text)
{
  GString *out = g_string_new (NULL);

  sync_json_append_quoted (out, text);
  return g_string_free (out, FALSE);
}

/* As it stands inside the quotes of a string. */
static char *
dup_escaped (const char *text)
{
  g_autofree char *quoted = dup_quoted (text);

  return g_strndup (quoted + 1, strlen (quoted) - 2);
}

/* Bytes that a character has in the text that sync_json_view_dup_text() makes. */
static gsize
decoded_length (gunichar c)
{
  return (gsize) g_unichar_to_utf8 (c == 0 || (c >= 0xd800 && c < 0xe000) ? 0xfffd : c, NULL);
}

/* Where the byte @wanted of a decoded string stands between its quotes; @at and @position move there. */
static const char *
seek_in_string (const char **at, gsize *position, gsize wanted)
{
  while (*position < wanted)
    *position += decoded_length (sync_json_next_char (at));
  return *at;
}

/* Carries the splices of a string's text to the text that the string stands in. */
static void
lift_from_string (GArray *inner, const SyncJsonView *string, const char *base, GArray *splices)
{
  const char *at = string->text + 1;
  gsize position = 0;

  for (guint i = 0; i < inner->len; i++)
    {
      const Splice *splice = &g_array_index (inner, Splice, i);
      gsize start = (gsize) (seek_in_string (&at, &position, splice->start) - base);
      gsize end = (gsize) (seek_in_string (&at, &position, splice->end) - base);

      add_splice (splices, start, end, dup_escaped (splice->text));
    }
}

static void
visit_string (const Visitor *visitor, const SyncJsonView *string, const char *base, GArray *splices)
{
  g_autofree char *text = NULL;
  g_autoptr (GArray) inner = NULL;
  const char *name;

  /* Most strings of a document are neither: do not copy those. */
  if (strchr ("Ll{[\\ \t\r\n", string->text[1]) == NULL)
    return;
  text = sync_json_view_dup_text (string);
  name = ask (visitor, text);
  if (name != NULL)
    {
      add_splice (splices, (gsize) (string->text - base), (gsize) (string->text - base) + string->length,
                  dup_quoted (name));
      return;
    }
  inner = splices_new ();
  visit_text (visitor, text, inner);
  lift_from_string (inner, string, base, splices);
}

/* @base is the beginning of the text that @value stands in. */
static void
visit_value (const Visitor *visitor, const SyncJsonView *value, const char *base, GArray *splices)
{
  SyncJsonKind kind = sync_json_view_kind (value);
  SyncJsonIter iter;
  SyncJsonView item;

  if (kind == SYNC_JSON_STRING)
    visit_string (visitor, value, base, splices);
  if (kind != SYNC_JSON_OBJECT && kind != SYNC_JSON_ARRAY)
    return;
  sync_json_iter_init (&iter, value);
  while (sync_json_iter_next (&iter, NULL, &item))
    visit_value (visitor, &item, base, splices);
}

/* FALSE if no reading of @text can have a placeholder in it, whatever is escaped there: so are most documents,
 * and need not be read again for it. */
static gboolean
may_hold (const char *text, gsize length)
{
  const gssize before_dash = (gssize) strlen (SYNC_PLACEHOLDER_PREFIX) - 1;
  const char *end = text + length;

  for (const char *at = text; at < end; at++)
    switch (*at)
      {
      case '-':
        if (at - text >= before_dash
            && g_ascii_strncasecmp (at - before_dash, SYNC_PLACEHOLDER_PREFIX, (gsize) before_dash) == 0)
          return TRUE;
        break;
      case '%': /* of a letter, the backslash or the dash */
        if (end - at >= 3 && (at[1] >= '4' || (at[1] == '2' && g_ascii_tolower (at[2]) == 'd')))
          return TRUE;
        break;
      case '\\':
        if (end - at >= 2 && at[1] == 'u')
          return TRUE;
        break;
      default:
        break;
      }
  return FALSE;
}

/* A text that may hold an object or an array in JSON. */
static void
visit_text (const Visitor *visitor, const char *text, GArray *splices)
{
  const char *first = text + strspn (text, " \t\r\n");
  SyncJsonView root;

  if ((*first == '{' || *first == '[') && sync_json_check (text, strlen (text), &root, NULL))
    visit_value (visitor, &root, text, splices);
}

/* Moves over one character of an encoded field; returns its bytes in the decoded one. What is no UTF-8 is
 * there a U+FFFD for each byte. */
static gsize
skip_field_char (const char **at, const char *end)
{
  const char *ahead = *at, *next[6];
  char bytes[6];
  gsize n = 0;
  gunichar c;
  gsize length;

  while (n < G_N_ELEMENTS (bytes) && ahead < end)
    {
      bytes[n] = sync_args_decode_byte (&ahead, end);
      next[n++] = ahead;
    }
  c = g_utf8_get_char_validated (bytes, (gssize) n);
  if (c == (gunichar) -1 || c == (gunichar) -2)
    {
      *at = next[0];
      return 3;
    }
  length = (gsize) g_unichar_to_utf8 (c, NULL);
  *at = next[length - 1];
  return length;
}

/* Carries the splices of a field's value to the text that the field stands in. */
static void
lift_from_field (GArray *inner, const char *value, const char *end, gsize offset, GArray *splices)
{
  const char *at = value;
  gsize position = 0;

  for (guint i = 0; i < inner->len; i++)
    {
      const Splice *splice = &g_array_index (inner, Splice, i);
      gsize start;

      while (position < splice->start)
        position += skip_field_char (&at, end);
      start = offset + (gsize) (at - value);
      while (position < splice->end)
        position += skip_field_char (&at, end);
      add_splice (splices, start, offset + (gsize) (at - value),
                  g_uri_escape_string (splice->text, NULL, FALSE));
    }
}

/* @base is the beginning of the encoded text, which stands at @offset of the text that is rewritten. */
static void
visit_fields (const Visitor *visitor, GArray *fields, const char *base, gsize offset, GArray *splices)
{
  for (guint i = 0; i < fields->len; i++)
    {
      const SyncField *field = &g_array_index (fields, SyncField, i);
      const char *end = field->start + field->length;
      const char *equals = memchr (field->start, '=', field->length);
      const char *name = ask (visitor, field->value);
      g_autoptr (GArray) inner = NULL;
      gsize start;

      if (equals == NULL)
        continue;
      start = offset + (gsize) (equals + 1 - base);
      if (name != NULL)
        {
          add_splice (splices, start, offset + (gsize) (end - base), g_uri_escape_string (name, NULL, FALSE));
          continue;
        }
      inner = splices_new ();
      visit_text (visitor, field->value, inner);
      lift_from_field (inner, equals + 1, end, start, splices);
    }
}

static void
visit_path (const Visitor *visitor, const char *path, gsize length, GArray *splices)
{
  const char *at = path, *end = path + length;

  while (at < end)
    {
      const char *slash = memchr (at, '/', (gsize) (end - at));
      const char *stop = slash != NULL ? slash : end;
      g_autofree char *level = g_uri_unescape_segment (at, stop, NULL);
      const char *name = level != NULL && g_utf8_validate (level, -1, NULL) ? ask (visitor, level) : NULL;

      if (name != NULL)
        add_splice (splices, (gsize) (at - path), (gsize) (stop - path),
                    g_uri_escape_string (name, NULL, FALSE));
      at = slash != NULL ? slash + 1 : end;
    }
}

static GString *
apply_splices (const char *text, gsize length, GArray *splices)
{
  GString *out = g_string_sized_new (length + 64);
  gsize at = 0;

  for (guint i = 0; i < splices->len; i++)
    {
      const Splice *splice = &g_array_index (splices, Splice, i);

      g_string_append_len (out, text + at, (gssize) (splice->start - at));
      g_string_append (out, splice->text);
      at = splice->end;
    }
  g_string_append_len (out, text + at, (gssize) (length - at));
  return out;
}

/**
 * sync_placeholder_dup:
 * @key: the key of a request that makes a document
 *
 * Returns: (transfer full): what that document is called until the server has named it
 */
char *
sync_placeholder_dup (const char *key)
{
  return g_strconcat (SYNC_PLACEHOLDER_PREFIX, key, NULL);
}

/**
 * sync_placeholder_is_certain:
 * @text: a value that begins like a placeholder
 *
 * A shop may well call an item `LOCAL-EGGS`; nobody calls one `LOCAL-` and a UUID.
 *
 * Returns: whether it cannot be anything but a placeholder, even if nobody knows what it stands for
 */
gboolean
sync_placeholder_is_certain (const char *text)
{
  return is_placeholder (text) && g_uuid_string_is_valid (text + strlen (SYNC_PLACEHOLDER_PREFIX));
}

static const char *
note (const char *placeholder, gpointer user_data)
{
  GPtrArray *found = user_data;

  for (guint i = 0; i < found->len; i++)
    if (g_ascii_strcasecmp (g_ptr_array_index (found, i), placeholder) == 0)
      return NULL;
  g_ptr_array_add (found, g_strdup (placeholder));
  return NULL;
}

/**
 * sync_placeholder_list:
 * @url: path and query of a request
 * @content_type: (nullable): the body's media type
 * @body: (nullable): its body
 *
 * Returns: (transfer full) (element-type utf8): all that may be placeholders there, each once, whatever its
 *   case, in the order in which they stand
 */
GPtrArray *
sync_placeholder_list (const char *url, const char *content_type, GBytes *body)
{
  GPtrArray *found = g_ptr_array_new_with_free_func (g_free);

  sync_placeholder_rewrite (url, content_type, body, note, found, NULL, NULL);
  return found;
}

/**
 * sync_placeholder_rewrite:
 * @url: path and query of a request
 * @content_type: (nullable): the body's media type
 * @body: (nullable): its body
 * @func: asked for each place where a placeholder may stand
 * @user_data: for @func
 * @new_url: (out) (optional) (nullable) (transfer full): the URL, %NULL if nothing changes in it
 * @new_body: (out) (optional) (nullable) (transfer full): the body, %NULL if nothing changes in it
 *
 * Puts names in the place of placeholders; not a byte beside them changes.
 *
 * Returns: whether anything changes
 */
gboolean
sync_placeholder_rewrite (const char *url, const char *content_type, GBytes *body, SyncPlaceholderFunc func,
                          gpointer user_data, char **new_url, GBytes **new_body)
{
  const Visitor visitor = { func, user_data };
  const char *query = strchr (url, '?');
  gsize path_length = query != NULL ? (gsize) (query - url) : strlen (url);
  g_autoptr (SyncArgs) args = NULL;
  g_autoptr (GArray) in_url = splices_new ();
  g_autoptr (GArray) in_body = splices_new ();
  gsize length = 0;
  const char *text = body != NULL ? g_bytes_get_data (body, &length) : NULL;

  if (new_url != NULL)
    *new_url = NULL;
  if (new_body != NULL)
    *new_body = NULL;
  if (!may_hold (url, strlen (url)) && !may_hold (text, length))
    return FALSE;
  args = sync_args_new (query != NULL ? query + 1 : NULL, content_type, body);
  visit_path (&visitor, url, path_length, in_url);
  visit_fields (&visitor, args->query, args->query_text, path_length + 1, in_url);
  if (args->kind == SYNC_BODY_JSON)
    visit_value (&visitor, &args->root, text, in_body);
  else if (args->kind == SYNC_BODY_FORM)
    visit_fields (&visitor, args->form, text, 0, in_body);
  if (new_url != NULL && in_url->len > 0)
    *new_url = g_string_free (apply_splices (url, strlen (url), in_url), FALSE);
  if (new_body != NULL && in_body->len > 0)
    *new_body = g_string_free_to_bytes (apply_splices (text, length, in_body));
  return in_url->len > 0 || in_body->len > 0;
}
