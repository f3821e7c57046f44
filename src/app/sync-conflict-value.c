/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A value of a document as a person reads and types it: numbers and dates by the locale. Values are JSON texts; NULL is
 * "not there". Pure functions, no toolkit, any thread. */
#define _GNU_SOURCE /* strptime(), nl_langinfo() */
#include "config.h"

#include "sync-conflict-value.h"

#include "sync-json.h"

#include <glib/gi18n.h>
#include <langinfo.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Digits that a double carries without a doubt; what has more is shown as it came. */
#define MAX_DIGITS 15
#define MONEY_DECIMALS 2
/* U+2066 and U+2069 */
#define LEFT_TO_RIGHT "\342\201\246"
#define END_OF_ISOLATE "\342\201\251"
/* Members of a row that say what it is, the best first. */
static const char *const row_names[] = { "item_name", "item_code", "description", "mode_of_payment", "account", "link_name",
                                         "title",     "name" };

static gboolean
view (const char *json, SyncJsonView *value)
{
  return json != NULL && sync_json_check (json, strlen (json), value, NULL);
}

static SyncJsonKind
get_kind (const char *json)
{
  SyncJsonView value;

  return view (json, &value) ? sync_json_view_kind (&value) : SYNC_JSON_NULL;
}

static gboolean
has_word (const char *field, const char *const *words)
{
  g_auto (GStrv) parts = g_strsplit (field, "_", -1);

  for (gsize i = 0; words[i] != NULL; i++)
    if (g_strv_contains ((const char *const *) parts, words[i]))
      return TRUE;
  return FALSE;
}

/* ERPNext says the kind of a field elsewhere; its names are regular enough. */
static gboolean
is_money (const char *field)
{
  static const char *const words[] = { "amount", "total",   "rate",   "price", "paid", "outstanding", "discount",
                                       "limit",  "balance", "change", "debit", "credit", NULL };
  static const char *const never[] = { "percentage", "qty", "conversion", "exchange", NULL };

  return has_word (field, words) && !has_word (field, never);
}

static gboolean
is_check (const char *field, const char *json)
{
  static const char *const whole[] = { "disabled", "enabled", "is_frozen", NULL };
  gboolean named = g_str_has_prefix (field, "is_") || g_str_has_prefix (field, "has_") || g_str_has_prefix (field, "allow_")
                   || g_strv_contains (whole, field);

  return named && (strcmp (json, "0") == 0 || strcmp (json, "1") == 0);
}

/* Decimals that a JSON number is written with, zeros at the end left out. */
static int
count_decimals (const char *number)
{
  const char *point = strchr (number, '.');
  int last = 0;

  for (int i = 1; point != NULL && g_ascii_isdigit (point[i]); i++)
    if (point[i] != '0')
      last = i;
  return last;
}

static int
count_digits (const char *number)
{
  int n = 0;

  for (; *number != '\0' && *number != 'e' && *number != 'E'; number++)
    n += g_ascii_isdigit (*number);
  return n;
}

static gboolean
is_plain_number (const char *number)
{
  return count_digits (number) <= MAX_DIGITS && strpbrk (number, "eE") == NULL;
}

static char *
print_number (double value, int decimals, gboolean grouped)
{
  /* No minus before what is rounded to nothing. */
  if (fabs (value) < 0.5 * pow (10, -decimals))
    value = 0;
  return grouped ? g_strdup_printf ("%'.*f", decimals, value) : g_strdup_printf ("%.*f", decimals, value);
}

static char *
format_number (const char *field, const char *number, gboolean grouped)
{
  int decimals = count_decimals (number);

  if (!is_plain_number (number))
    return g_strdup (number);
  if (is_money (field))
    decimals = MAX (decimals, MONEY_DECIMALS);
  return print_number (g_ascii_strtod (number, NULL), decimals, grouped);
}

/* The date of the locale, its year in full; where there is no locale the one that cannot be misread. */
static char *
dup_date_format (void)
{
  const char *locale = setlocale (LC_TIME, NULL);
  g_auto (GStrv) parts = NULL;

  if (locale == NULL || strcmp (locale, "POSIX") == 0 || strcmp (locale, "C") == 0 || g_str_has_prefix (locale, "C."))
    return g_strdup ("%Y-%m-%d");
  parts = g_strsplit (nl_langinfo (D_FMT), "%y", -1);
  return g_strjoinv ("%Y", parts);
}

static gboolean
matches (const char *text, const char *pattern)
{
  for (; *pattern != '\0'; pattern++, text++)
    if (*pattern == '0' ? !g_ascii_isdigit (*text) : *pattern != *text)
      return FALSE;
  return TRUE;
}

static gboolean
is_date (const char *text)
{
  return strlen (text) == strlen ("2024-05-06") && matches (text, "0000-00-00");
}

static gboolean
is_date_time (const char *text)
{
  gsize length = strlen (text);

  return length >= strlen ("2024-05-06 07:08:09") && length <= strlen ("2024-05-06 07:08:09.123456")
         && matches (text, "0000-00-00 00:00:00");
}

/* (nullable): NULL if there is no such day. */
static char *
format_date (const char *text)
{
  g_autofree char *format = dup_date_format ();
  g_autofree char *whole = is_date_time (text) ? g_strconcat (format, " %H:%M:%S", NULL) : g_strdup (format);
  g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();
  g_autofree char *iso = g_strdup_printf ("%.10sT%.8s", text, is_date_time (text) ? text + 11 : "00:00:00");
  g_autoptr (GDateTime) date = g_date_time_new_from_iso8601 (iso, utc);

  return date != NULL ? g_date_time_format (date, whole) : NULL;
}

static char *
format_text (const char *text)
{
  char *date = NULL;

  if (is_date (text) || is_date_time (text))
    date = format_date (text);
  return date != NULL ? date : g_strdup (text);
}

/* (nullable): NULL if @typed is no date of the form that the locale or ERPNext writes. */
static char *
parse_date (const char *typed)
{
  g_autofree char *format = dup_date_format ();
  const char *const formats[] = { format, "%Y-%m-%d" };

  for (gsize i = 0; i < G_N_ELEMENTS (formats); i++)
    {
      struct tm tm = { 0 };
      const char *end = strptime (typed, formats[i], &tm);

      if (end != NULL && *end == '\0' && tm.tm_year >= 0
          && g_date_valid_dmy ((GDateDay) tm.tm_mday, (GDateMonth) (tm.tm_mon + 1), (GDateYear) (tm.tm_year + 1900)))
        return g_strdup_printf ("\"%04d-%02d-%02d\"", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
    }
  return NULL;
}

/* (nullable): digits in groups of three lose what groups them. Anything else would be a guess, but for a single point. */
static char *
join_groups (const char *whole, const char *separator, gboolean has_fraction)
{
  g_auto (GStrv) groups = *separator != '\0' ? g_strsplit (whole, separator, -1) : NULL;
  guint n = groups != NULL ? g_strv_length (groups) : 0;
  gboolean grouped = n > 1 && strlen (groups[0]) <= 3 + (size_t) (*whole == '-');

  for (guint i = 1; i < n; i++)
    grouped &= strlen (groups[i]) == 3;
  if (grouped)
    return g_strjoinv ("", groups);
  return n < 2 || (n == 2 && !has_fraction && strcmp (separator, ".") == 0) ? g_strdup (whole) : NULL;
}

/* (nullable): the JSON number of what was typed by the locale, or with a point. */
static char *
parse_number (const char *typed)
{
  const struct lconv *numeric = localeconv ();
  g_auto (GStrv) halves = g_strsplit (typed, numeric->decimal_point, 2);
  g_autofree char *whole = join_groups (halves[0], numeric->thousands_sep, halves[1] != NULL);
  g_autofree char *number = halves[1] != NULL ? g_strjoin (".", whole, halves[1], NULL) : g_strdup (whole);
  SyncJsonView value;

  return whole != NULL && view (number, &value) && sync_json_view_kind (&value) == SYNC_JSON_NUMBER
           ? g_steal_pointer (&number)
           : NULL;
}

static char *
dup_member (const SyncJsonView *object, const char *name)
{
  SyncJsonView value;

  if (!sync_json_view_member (object, name, &value))
    return NULL;
  if (sync_json_view_kind (&value) == SYNC_JSON_STRING && value.length > 2)
    return sync_json_view_dup_text (&value);
  return sync_json_view_kind (&value) == SYNC_JSON_NUMBER ? sync_json_view_dup_raw (&value) : NULL;
}

static void
append_number (GString *text, const SyncJsonView *row, const char *name, const char *before)
{
  g_autofree char *number = dup_member (row, name);
  g_autofree char *formatted = number != NULL ? format_number (name, number, TRUE) : NULL;

  if (formatted != NULL)
    g_string_append_printf (text, "%s%s", before, formatted);
}

/* What a row of a table is, in one line: "Coffee beans, 2 × 3.50". */
static char *
format_row (const SyncJsonView *row)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (row_names) && text->len == 0; i++)
    {
      g_autofree char *name = dup_member (row, row_names[i]);

      if (name != NULL)
        g_string_append (text, name);
    }
  append_number (text, row, "qty", ", ");
  append_number (text, row, "rate", " × ");
  if (strstr (text->str, " × ") == NULL)
    append_number (text, row, "amount", ", ");
  return text->len > 0 ? g_string_free (g_steal_pointer (&text), FALSE) : sync_json_view_dup_raw (row);
}

static char *
format_array (const SyncJsonView *array)
{
  SyncJsonIter iter;
  SyncJsonView value;
  guint n = 0;

  sync_json_iter_init (&iter, array);
  while (sync_json_iter_next (&iter, NULL, &value))
    n++;
  return g_strdup_printf (ngettext ("%u row", "%u rows", n), n);
}

/**
 * sync_conflict_value_is_typable:
 * @field: name of a field
 * @json: (nullable): a value of it
 *
 * Returns: whether a person can type another one in a line or a few of text
 */
gboolean
sync_conflict_value_is_typable (const char *field, const char *json)
{
  g_autofree char *text = NULL;
  SyncJsonView value;

  if (json == NULL)
    return TRUE;
  if (!view (json, &value))
    return FALSE;
  switch (sync_json_view_kind (&value))
    {
    case SYNC_JSON_NULL:
      return TRUE;
    case SYNC_JSON_NUMBER:
      return !is_check (field, json) && is_plain_number (json);
    case SYNC_JSON_STRING:
      text = sync_json_view_dup_text (&value);
      return !is_date_time (text);
    default:
      return FALSE;
    }
}

/**
 * sync_conflict_value_is_long:
 * @json: (nullable): a value
 *
 * Returns: whether it is text of more than one line
 */
gboolean
sync_conflict_value_is_long (const char *json)
{
  return get_kind (json) == SYNC_JSON_STRING && strstr (json, "\\n") != NULL;
}

/* (transfer full): groups of digits with nothing but blanks and signs between them, a telephone number for instance, keep their
 * order where text runs from right to left */
static char *
keep_order (char *text)
{
  gboolean has_digit = FALSE;
  gboolean has_blank = FALSE;
  char *kept;

  for (const char *c = text; *c != '\0'; c = g_utf8_next_char (c))
    {
      gunichar sign = g_utf8_get_char (c);

      if (g_unichar_isalpha (sign))
        return text;
      has_digit |= g_unichar_isdigit (sign);
      has_blank |= g_unichar_isspace (sign);
    }
  if (!has_digit || !has_blank)
    return text;
  kept = g_strconcat (LEFT_TO_RIGHT, text, END_OF_ISOLATE, NULL);
  g_free (text);
  return kept;
}

/**
 * sync_conflict_value_format:
 * @field: name of the field, of a row's field without that of the table
 * @json: (nullable): a value
 *
 * Returns: (transfer full): how it is shown; in words where it is empty or not there
 */
char *
sync_conflict_value_format (const char *field, const char *json)
{
  g_autofree char *text = NULL;
  SyncJsonView value;

  if (json == NULL)
    return g_strdup (_ ("(not there)"));
  if (!view (json, &value))
    return g_strdup (json);
  switch (sync_json_view_kind (&value))
    {
    case SYNC_JSON_NULL:
      return g_strdup (_ ("(empty)"));
    case SYNC_JSON_TRUE:
      return g_strdup (_ ("Yes"));
    case SYNC_JSON_FALSE:
      return g_strdup (_ ("No"));
    case SYNC_JSON_NUMBER:
      text = sync_json_view_dup_raw (&value);
      if (is_check (field, text))
        return g_strdup (*text == '1' ? _ ("Yes") : _ ("No"));
      return format_number (field, text, TRUE);
    case SYNC_JSON_STRING:
      text = sync_json_view_dup_text (&value);
      return *text != '\0' ? keep_order (format_text (text)) : g_strdup (_ ("(empty)"));
    case SYNC_JSON_ARRAY:
      return format_array (&value);
    case SYNC_JSON_OBJECT:
    default:
      return format_row (&value);
    }
}

/**
 * sync_conflict_value_to_typed:
 * @field: name of the field
 * @json: (nullable): a value that can be typed
 *
 * Returns: (transfer full): what a person would have typed for it; "" for an empty one
 */
char *
sync_conflict_value_to_typed (const char *field, const char *json)
{
  g_autofree char *text = NULL;
  SyncJsonView value;

  if (!view (json, &value))
    return g_strdup ("");
  if (sync_json_view_kind (&value) == SYNC_JSON_NUMBER)
    {
      text = sync_json_view_dup_raw (&value);
      return format_number (field, text, FALSE);
    }
  if (sync_json_view_kind (&value) != SYNC_JSON_STRING)
    return g_strdup ("");
  text = sync_json_view_dup_text (&value);
  return format_text (text);
}

/**
 * sync_conflict_value_parse:
 * @field: name of the field
 * @like: (nullable): a value of the field, which says of what kind it is
 * @typed: what a person typed
 *
 * Returns: (transfer full) (nullable): its JSON, or %NULL if it is no value of that kind
 */
char *
sync_conflict_value_parse (const char *field, const char *like, const char *typed)
{
  g_autofree char *text = NULL;
  g_autofree char *stripped = g_strstrip (g_strdup (typed));
  GString *quoted;
  SyncJsonView value;
  SyncJsonKind kind = SYNC_JSON_NULL;

  if (view (like, &value))
    {
      kind = sync_json_view_kind (&value);
      text = sync_json_view_dup_text (&value);
    }
  if (kind == SYNC_JSON_NUMBER)
    return *stripped != '\0' ? parse_number (stripped) : g_strdup ("null");
  if (kind == SYNC_JSON_STRING && is_date (text))
    return *stripped != '\0' ? parse_date (stripped) : g_strdup ("null");
  quoted = g_string_new (NULL);
  sync_json_append_quoted (quoted, typed);
  return g_string_free (quoted, FALSE);
}

/**
 * sync_conflict_value_difference:
 * @field: name of the field
 * @local: (nullable): this till's value
 * @server: (nullable): the server's
 * @currency: (nullable): of the document
 *
 * Returns: (transfer full) (nullable): how much more the server has than this till, with its sign and, of money, the
 *   currency: "+ 12.50 EUR"; %NULL if the two are no numbers or the same
 */
char *
sync_conflict_value_difference (const char *field, const char *local, const char *server, const char *currency)
{
  int decimals;
  double difference;
  g_autofree char *number = NULL;
  gboolean money = is_money (field);

  if (get_kind (local) != SYNC_JSON_NUMBER || get_kind (server) != SYNC_JSON_NUMBER || !is_plain_number (local)
      || !is_plain_number (server) || is_check (field, server))
    return NULL;
  decimals = MAX (count_decimals (local), count_decimals (server));
  if (money)
    decimals = MAX (decimals, MONEY_DECIMALS);
  difference = g_ascii_strtod (server, NULL) - g_ascii_strtod (local, NULL);
  if (fabs (difference) < 0.5 * pow (10, -decimals))
    return NULL;
  number = print_number (fabs (difference), decimals, TRUE);
  return g_strdup_printf ("%s %s%s%s", difference > 0 ? "+" : "−", number, money && currency != NULL ? " " : "",
                          money && currency != NULL ? currency : "");
}
