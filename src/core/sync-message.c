/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The server's words, for people. ERPNext sends them as JSON texts inside a JSON text, as HTML, translated,
 * twice over; here they become a few plain lines. Nothing decides on them. Pure functions; any thread. */
#include "config.h"

#include "sync-message.h"

#include <string.h>

#include "sync-json.h"

#define MAX_CHARS 2000
#define MAX_BYTES_READ (64 * 1024) /* more of one text than anybody will be shown */

typedef struct
{
  GPtrArray *lines; /* (owned) (element-type utf8): without doubles */
} Words;

static const struct
{
  const char *name;
  const char *text;
} entities[] = {
  { "amp", "&" },        { "lt", "<" },        { "gt", ">" },          { "quot", "\"" },
  { "apos", "'" },       { "nbsp", " " },      { "hellip", "\u2026" }, { "ndash", "\u2013" },
  { "mdash", "\u2014" }, { "rarr", "\u2192" },
};

/* Tags that end a line; all others vanish. */
static const char *const breaking_tags[]
    = { "br",      "p",  "li", "ul", "ol", "div", "tr", "table", "details",
        "summary", "h1", "h2", "h3", "h4", "h5",  "h6", "hr",    NULL };

/* Appends what the entity at @at ("&…") stands for; returns the place behind it. */
static const char *
append_entity (GString *out, const char *at)
{
  const char *semicolon = memchr (at, ';', strnlen (at, 12));
  g_autofree char *name = semicolon != NULL ? g_strndup (at + 1, semicolon - at - 1) : NULL;

  if (name != NULL && name[0] == '#')
    {
      gboolean hex = name[1] == 'x' || name[1] == 'X';
      guint64 code = g_ascii_strtoull (name + (hex ? 2 : 1), NULL, hex ? 16 : 10);

      if (code < 0x110000 && g_unichar_validate ((gunichar) code) && code >= 0x20)
        g_string_append_unichar (out, (gunichar) code);
      return semicolon + 1;
    }
  for (guint i = 0; name != NULL && i < G_N_ELEMENTS (entities); i++)
    if (strcmp (name, entities[i].name) == 0)
      {
        g_string_append (out, entities[i].text);
        return semicolon + 1;
      }
  g_string_append_c (out, '&');
  return at + 1;
}

/* Appends what the tag at @at ("<…") does; returns the place behind it. A "<" that begins no tag is a "<".
 */
static const char *
append_tag (GString *out, const char *at)
{
  const char *name = at[1] == '/' ? at + 2 : at + 1;
  const char *close = strchr (at, '>');
  gsize length = 0;
  g_autofree char *tag = NULL;

  if (close == NULL || !(g_ascii_isalpha (*name) || *name == '!'))
    {
      g_string_append_c (out, '<');
      return at + 1;
    }
  while (g_ascii_isalnum (name[length]))
    length++;
  tag = g_ascii_strdown (name, (gssize) length);
  if (g_strv_contains (breaking_tags, tag))
    g_string_append_c (out, '\n');
  else if (at[1] != '/' && (strcmp (tag, "style") == 0 || strcmp (tag, "script") == 0))
    {
      /* Its content is not for people. */
      g_autofree char *end_tag = g_strdup_printf ("</%s", tag);
      const char *end = strstr (close, end_tag);

      close = end != NULL ? strchr (end, '>') : NULL;
      if (close == NULL)
        return at + strlen (at);
    }
  return close + 1;
}

/* One blank for any white space, no blanks at the ends of lines, no empty lines. */
static char *
collapse_space (const char *text)
{
  GString *out = g_string_new (NULL);
  gunichar pending = 0;

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (c == '\n')
        pending = '\n';
      else if (g_unichar_isspace (c) || g_unichar_iscntrl (c))
        pending = pending != 0 ? pending : ' ';
      else
        {
          if (pending != 0 && out->len > 0)
            g_string_append_unichar (out, pending);
          pending = 0;
          g_string_append_unichar (out, c);
        }
    }
  return g_string_free (out, FALSE);
}

/**
 * sync_message_strip_html:
 * @text: (nullable): a text that may hold HTML
 *
 * Returns: (transfer full): the same in plain words: tags and entities resolved, line breaks where the tags
 *   made them, single blanks, valid UTF-8
 */
char *
sync_message_strip_html (const char *text)
{
  g_autofree char *valid
      = text != NULL ? g_utf8_make_valid (text, (gssize) strnlen (text, MAX_BYTES_READ)) : NULL;
  g_autoptr (GString) out = g_string_new (NULL);
  const char *at = valid;

  while (at != NULL && *at != '\0')
    {
      if (*at == '<')
        at = append_tag (out, at);
      else if (*at == '&')
        at = append_entity (out, at);
      else
        {
          const char *next = g_utf8_next_char (at);

          g_string_append_len (out, at, next - at);
          at = next;
        }
    }
  return collapse_space (out->str);
}

/**
 * sync_message_dup_line:
 * @text: words of another program, of one or more lines; need not be UTF-8
 * @length: its bytes, -1: up to the zero
 *
 * Returns: (transfer full): them in one line of UTF-8, without control characters that a terminal would obey
 */
char *
sync_message_dup_line (const char *text, gssize length)
{
  g_autofree char *valid = g_utf8_make_valid (text, length);
  GString *line = g_string_new (NULL);

  for (const char *p = g_strchomp (valid); *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (c == '\n' && line->len > 0)
        g_string_append (line, g_str_has_suffix (line->str, ".") ? " " : "; ");
      else if (!g_unichar_iscntrl (c))
        g_string_append_unichar (line, c);
    }
  return g_string_free (line, FALSE);
}

static void
add_words (Words *words, const char *text)
{
  g_autofree char *plain = sync_message_strip_html (text);

  if (*plain != '\0' && !g_ptr_array_find_with_equal_func (words->lines, plain, g_str_equal, NULL))
    g_ptr_array_add (words->lines, g_steal_pointer (&plain));
}

static const char *
get_text (JsonObject *object, const char *member)
{
  JsonNode *node = json_object_get_member (object, member);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) ? json_node_get_string (node) : NULL;
}

/* A checked and parsed text, or NULL; json-glib alone would follow any depth. */
static JsonNode *
parse (const char *text)
{
  if (text == NULL || !sync_json_check (text, strlen (text), NULL, NULL))
    return NULL;
  return json_from_string (text, NULL);
}

/* A message: an object with `message`, a text that holds such an object, or just a text. */
static void
add_message (Words *words, JsonNode *node)
{
  g_autoptr (JsonNode) inner = NULL;
  const char *text = JSON_NODE_HOLDS_VALUE (node) ? json_node_get_string (node) : NULL;

  if (text != NULL && (inner = parse (text)) != NULL && JSON_NODE_HOLDS_OBJECT (inner))
    node = inner;
  if (JSON_NODE_HOLDS_OBJECT (node))
    add_words (words, get_text (json_node_get_object (node), "message"));
  else if (text != NULL)
    add_words (words, text);
}

static void
add_messages (Words *words, JsonNode *node)
{
  JsonArray *array;

  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node))
    return;
  array = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (array); i++)
    add_message (words, json_array_get_element (array, i));
}

/* "frappe.exceptions.ValidationError: Customer already exists" without the class in front. */
static const char *
skip_class (const char *exception)
{
  const char *p = exception;

  while (p != NULL && (g_ascii_isalnum (*p) || *p == '.' || *p == '_'))
    p++;
  if (p != NULL && p[0] == ':' && p[1] == ' ')
    return p + 2;
  return exception;
}

static char *
join (const Words *words)
{
  g_autoptr (GString) out = g_string_new (NULL);

  for (guint i = 0; i < words->lines->len; i++)
    g_string_append_printf (out, "%s%s", i > 0 ? "\n" : "",
                            (const char *) g_ptr_array_index (words->lines, i));
  if (out->len == 0)
    return NULL;
  if (g_utf8_strlen (out->str, (gssize) out->len) > MAX_CHARS)
    {
      g_string_truncate (out, g_utf8_offset_to_pointer (out->str, MAX_CHARS - 1) - out->str);
      g_string_append (out, "\u2026");
    }
  return g_string_free (g_steal_pointer (&out), FALSE);
}

/**
 * sync_message_unpack:
 * @answer: (nullable): an answer of the server
 *
 * Finds what the server says to a person: `_server_messages`, v2 `errors` and `messages`; where there is
 * none of these `message` (a text), `_error_message` or `exception`.
 *
 * Returns: (transfer full) (nullable): plain text in lines, without doubles, at most 2,000 characters; NULL
 *   if it says nothing
 */
char *
sync_message_unpack (JsonNode *answer)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);
  Words words = { lines };
  g_autoptr (JsonNode) server_messages = NULL;
  JsonObject *object;

  if (answer == NULL || !JSON_NODE_HOLDS_OBJECT (answer))
    return NULL;
  object = json_node_get_object (answer);
  server_messages = parse (get_text (object, "_server_messages"));
  add_messages (&words, server_messages);
  add_messages (&words, json_object_get_member (object, "errors"));
  add_messages (&words, json_object_get_member (object, "messages"));
  if (lines->len == 0)
    add_words (&words, get_text (object, "message"));
  if (lines->len == 0)
    add_words (&words, get_text (object, "_error_message"));
  if (lines->len == 0)
    add_words (&words, skip_class (get_text (object, "exception")));
  return join (&words);
}
