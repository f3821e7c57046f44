/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Views into a JSON text. A request's body is money: it is checked, read and edited as the text it is, so
 * that no number is ever rewritten (a parser that turns 12345678901234567890 or 0.10 into a double cannot
 * give them back). A text is checked once, strictly (RFC 8259, UTF-8, at most SYNC_JSON_MAX_DEPTH levels);
 * everything else here relies on that check and does not look for the end of the text again. No state; any
 * thread. */
#include "config.h"

#include "sync-json.h"

#include <string.h>

#include "sync-error.h"

typedef struct
{
  const char *start;
  const char *at;
  const char *end;
  const char *problem; /* what was expected at `at`; NULL while all is well */
} Check;

static gboolean check_value (Check *check, guint depth);

static gboolean
complain (Check *check, const char *problem)
{
  check->problem = problem;
  return FALSE;
}

static void
check_skip_space (Check *check)
{
  while (check->at < check->end && strchr (" \t\r\n", *check->at) != NULL && *check->at != '\0')
    check->at++;
}

static gboolean
check_char (Check *check, char wanted, const char *problem)
{
  if (check->at >= check->end || *check->at != wanted)
    return complain (check, problem);
  check->at++;
  return TRUE;
}

static gboolean
check_escape (Check *check)
{
  if (check->at >= check->end)
    return complain (check, "the text ends inside an escape");
  if (*check->at != 'u')
    {
      if (*check->at == '\0' || strchr ("\"\\/bfnrt", *check->at) == NULL)
        return complain (check, "no such escape");
      check->at++;
      return TRUE;
    }
  check->at++;
  for (guint i = 0; i < 4; i++, check->at++)
    if (check->at >= check->end || !g_ascii_isxdigit (*check->at))
      return complain (check, "an escape needs four hexadecimal digits");
  return TRUE;
}

static gboolean
check_string (Check *check)
{
  if (!check_char (check, '"', "a text in double quotes is expected"))
    return FALSE;
  while (check->at < check->end && *check->at != '"')
    {
      if ((guchar) *check->at < 0x20)
        return complain (check, "a control character stands in a text");
      if (*check->at++ == '\\' && !check_escape (check))
        return FALSE;
    }
  return check_char (check, '"', "a text is not closed");
}

static gboolean
check_digits (Check *check)
{
  if (check->at >= check->end || !g_ascii_isdigit (*check->at))
    return complain (check, "a digit is expected");
  while (check->at < check->end && g_ascii_isdigit (*check->at))
    check->at++;
  return TRUE;
}

static gboolean
check_number (Check *check)
{
  if (*check->at == '-')
    check->at++;
  if (check->at < check->end && *check->at == '0')
    check->at++;
  else if (!check_digits (check))
    return FALSE;
  if (check->at < check->end && *check->at == '.')
    {
      check->at++;
      if (!check_digits (check))
        return FALSE;
    }
  if (check->at < check->end && (*check->at == 'e' || *check->at == 'E'))
    {
      check->at++;
      if (check->at < check->end && (*check->at == '+' || *check->at == '-'))
        check->at++;
      return check_digits (check);
    }
  return TRUE;
}

static gboolean
check_word (Check *check, const char *word)
{
  gsize length = strlen (word);

  if ((gsize) (check->end - check->at) < length || memcmp (check->at, word, length) != 0)
    return complain (check, "a value is expected");
  check->at += length;
  return TRUE;
}

static gboolean
check_container (Check *check, gboolean object, guint depth)
{
  char closing = object ? '}' : ']';

  if (depth >= SYNC_JSON_MAX_DEPTH)
    return complain (check, "it is nested too deeply");
  check->at++;
  check_skip_space (check);
  if (check->at < check->end && *check->at == closing)
    {
      check->at++;
      return TRUE;
    }
  for (;;)
    {
      check_skip_space (check);
      if (object)
        {
          if (!check_string (check))
            return FALSE;
          check_skip_space (check);
          if (!check_char (check, ':', "a colon is expected"))
            return FALSE;
        }
      if (!check_value (check, depth + 1))
        return FALSE;
      check_skip_space (check);
      if (check->at < check->end && *check->at == closing)
        {
          check->at++;
          return TRUE;
        }
      if (!check_char (check, ',', object ? "a comma or } is expected" : "a comma or ] is expected"))
        return FALSE;
    }
}

static gboolean
check_value (Check *check, guint depth)
{
  check_skip_space (check);
  if (check->at >= check->end)
    return complain (check, "the text ends where a value is expected");
  switch (*check->at)
    {
    case '{':
      return check_container (check, TRUE, depth);
    case '[':
      return check_container (check, FALSE, depth);
    case '"':
      return check_string (check);
    case 't':
      return check_word (check, "true");
    case 'f':
      return check_word (check, "false");
    case 'n':
      return check_word (check, "null");
    default:
      if (*check->at == '-' || g_ascii_isdigit (*check->at))
        return check_number (check);
      return complain (check, "a value is expected");
    }
}

static void
set_check_error (const Check *check, GError **error)
{
  guint line = 1;
  const char *line_start = check->start;

  for (const char *p = check->start; p < check->at; p++)
    if (*p == '\n')
      {
        line++;
        line_start = p + 1;
      }
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID, "malformed JSON at line %u, column %u (byte %u): %s",
               line, (guint) (check->at - line_start) + 1, (guint) (check->at - check->start),
               check->problem);
}

/**
 * sync_json_check:
 * @text: bytes that should be one JSON value; need not end with a zero
 * @length: how many
 * @root: (out) (optional): the value, for as long as @text lives
 * @error: SYNC_ERROR_INVALID (permanent), naming line, column, byte and what is wrong there
 *
 * Checks a text against RFC 8259: UTF-8, strict grammar, at most SYNC_JSON_MAX_DEPTH levels.
 *
 * Returns: whether it is one JSON value
 */
gboolean
sync_json_check (const char *text, gsize length, SyncJsonView *root, GError **error)
{
  Check check = { .start = text, .at = text, .end = text + length };
  const char *value;

  if (!g_utf8_validate_len (text, length, &check.at))
    {
      check.problem = "it is not UTF-8";
      set_check_error (&check, error);
      return FALSE;
    }
  check.at = text;
  check_skip_space (&check);
  value = check.at;
  if (check_value (&check, 0))
    {
      if (root != NULL)
        *root = (SyncJsonView){ value, check.at - value };
      check_skip_space (&check);
      if (check.at == check.end)
        return TRUE;
      complain (&check, "something follows the value");
    }
  set_check_error (&check, error);
  return FALSE;
}

/**
 * sync_json_view_kind:
 * @view: a value
 *
 * Returns: what it is
 */
SyncJsonKind
sync_json_view_kind (const SyncJsonView *view)
{
  switch (*view->text)
    {
    case '{':
      return SYNC_JSON_OBJECT;
    case '[':
      return SYNC_JSON_ARRAY;
    case '"':
      return SYNC_JSON_STRING;
    case 't':
      return SYNC_JSON_TRUE;
    case 'f':
      return SYNC_JSON_FALSE;
    case 'n':
      return SYNC_JSON_NULL;
    default:
      return SYNC_JSON_NUMBER;
    }
}

static const char *
skip_space (const char *at)
{
  while (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n')
    at++;
  return at;
}

static const char *
skip_string (const char *at)
{
  for (at++; *at != '"'; at++)
    if (*at == '\\')
      at++;
  return at + 1;
}

/* The end of the value that begins at @at, in checked text, without recursion. The byte after a number or a
 * word at the very end of the text is never read: every value that is skipped stands inside a container. */
static const char *
skip_value (const char *at)
{
  guint depth = 0;

  if (*at == '"')
    return skip_string (at);
  if (*at != '{' && *at != '[')
    {
      while (*at != ',' && *at != '}' && *at != ']' && *at != ' ' && *at != '\t' && *at != '\r'
             && *at != '\n')
        at++;
      return at;
    }
  for (;;)
    {
      if (*at == '"')
        {
          at = skip_string (at);
          continue;
        }
      if (*at == '{' || *at == '[')
        depth++;
      else if ((*at == '}' || *at == ']') && --depth == 0)
        return at + 1;
      at++;
    }
}

/**
 * sync_json_iter_init:
 * @iter: (out caller-allocates): the walk
 * @container: an object or an array of a checked text
 *
 * Begins a walk.
 */
void
sync_json_iter_init (SyncJsonIter *iter, const SyncJsonView *container)
{
  iter->object = *container->text == '{';
  iter->at = skip_space (container->text + 1);
}

/**
 * sync_json_iter_next:
 * @iter: the walk
 * @key: (out) (optional): in an object the member's name, as the text in quotes that it is
 * @value: (out): the value
 *
 * Returns: FALSE at the end
 */
gboolean
sync_json_iter_next (SyncJsonIter *iter, SyncJsonView *key, SyncJsonView *value)
{
  const char *end;

  if (*iter->at == '}' || *iter->at == ']')
    return FALSE;
  if (iter->object)
    {
      end = skip_string (iter->at);
      if (key != NULL)
        *key = (SyncJsonView){ iter->at, end - iter->at };
      iter->at = skip_space (skip_space (end) + 1);
    }
  end = skip_value (iter->at);
  *value = (SyncJsonView){ iter->at, end - iter->at };
  iter->at = skip_space (end);
  if (*iter->at == ',')
    iter->at = skip_space (iter->at + 1);
  return TRUE;
}

static gboolean
is_key (const SyncJsonView *key, const char *name)
{
  gsize length = strlen (name);

  if (memchr (key->text, '\\', key->length) != NULL)
    {
      g_autofree char *decoded = sync_json_view_dup_text (key);

      return strcmp (decoded, name) == 0;
    }
  return key->length == length + 2 && memcmp (key->text + 1, name, length) == 0;
}

/**
 * sync_json_view_members:
 * @object: an object
 * @names: (array length=n): names of members, each once
 * @n: how many
 * @values: (out caller-allocates) (array length=n): the members' values, without a text where there is none; where a name
 *   is there twice the last one, as Python reads it
 *
 * Finds several members in one walk over the object.
 */
void
sync_json_view_members (const SyncJsonView *object, const char *const *names, guint n, SyncJsonView *values)
{
  SyncJsonIter iter;
  SyncJsonView key, item;

  memset (values, 0, n * sizeof *values);
  sync_json_iter_init (&iter, object);
  while (sync_json_iter_next (&iter, &key, &item))
    for (guint i = 0; i < n; i++)
      if (is_key (&key, names[i]))
        values[i] = item;
}

/**
 * sync_json_view_member:
 * @object: an object
 * @name: the member's name
 * @value: (out): the member's value, as of sync_json_view_members()
 *
 * Returns: whether there is one; else @value stays as it is
 */
gboolean
sync_json_view_member (const SyncJsonView *object, const char *name, SyncJsonView *value)
{
  SyncJsonView found;

  sync_json_view_members (object, &name, 1, &found);
  if (found.text != NULL)
    *value = found;
  return found.text != NULL;
}

static guint
read_hex4 (const char *at)
{
  guint value = 0;

  for (guint i = 0; i < 4; i++)
    value = value << 4 | (guint) g_ascii_xdigit_value (at[i]);
  return value;
}

/**
 * sync_json_next_char:
 * @at: (inout): a place inside the quotes of a string; moves on
 *
 * Returns: the character there, an escape resolved; half a surrogate pair is returned as it is
 */
gunichar
sync_json_next_char (const char **at)
{
  static const char names[] = "bfnrt", values[] = "\b\f\n\r\t";
  const char *p = *at, *name;
  gunichar c;

  if (*p != '\\')
    {
      *at = g_utf8_next_char (p);
      return g_utf8_get_char (p);
    }
  if (p[1] != 'u')
    {
      *at = p + 2;
      name = strchr (names, p[1]);
      return name != NULL ? (gunichar) values[name - names] : (gunichar) p[1];
    }
  c = read_hex4 (p + 2);
  *at = p + 6;
  if (c >= 0xd800 && c < 0xdc00 && p[6] == '\\' && p[7] == 'u')
    {
      guint low = read_hex4 (p + 8);

      if (low >= 0xdc00 && low < 0xe000)
        {
          *at = p + 12;
          return 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
        }
    }
  return c;
}

/**
 * sync_json_view_dup_raw:
 * @view: a value
 *
 * Returns: (transfer full): its JSON text
 */
char *
sync_json_view_dup_raw (const SyncJsonView *view)
{
  return g_strndup (view->text, view->length);
}

/**
 * sync_json_view_dup_text:
 * @view: a value
 *
 * Returns: (transfer full): a string's text (a zero and half a surrogate pair become U+FFFD), of anything
 *   else its JSON text
 */
char *
sync_json_view_dup_text (const SyncJsonView *view)
{
  GString *out;
  const char *at = view->text + 1, *end = view->text + view->length - 1;

  if (*view->text != '"')
    return sync_json_view_dup_raw (view);
  if (memchr (at, '\\', end - at) == NULL)
    return g_strndup (at, end - at);
  out = g_string_sized_new (view->length);
  while (at < end)
    {
      gunichar c = sync_json_next_char (&at);

      g_string_append_unichar (out, c == 0 || (c >= 0xd800 && c < 0xe000) ? 0xfffd : c);
    }
  return g_string_free (out, FALSE);
}

/**
 * sync_json_append_escaped:
 * @out: where to
 * @c: a character, or half a surrogate pair
 *
 * Writes one character as it stands inside the quotes of a JSON string.
 */
void
sync_json_append_escaped (GString *out, gunichar c)
{
  if (c == '"' || c == '\\')
    g_string_append_printf (out, "\\%c", (char) c);
  else if (c < 0x20 || (c >= 0xd800 && c < 0xe000))
    g_string_append_printf (out, "\\u%04x", c);
  else
    g_string_append_unichar (out, c);
}

/**
 * sync_json_append_quoted:
 * @out: where to
 * @text: UTF-8
 *
 * Writes a text as a JSON string.
 */
void
sync_json_append_quoted (GString *out, const char *text)
{
  g_string_append_c (out, '"');
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    sync_json_append_escaped (out, g_utf8_get_char (p));
  g_string_append_c (out, '"');
}
