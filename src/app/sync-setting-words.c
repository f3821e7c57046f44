/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The numbers among the settings as a person reads and writes them: “5 s”, “2 min 10 s”, “10”. What is allowed comes from
 * the settings themselves; here it only gets its words. Any thread. */
#include "config.h"

#include "sync-setting-words.h"

#include <glib/gi18n.h>
#include <math.h>

#define SECOND_MS 1000
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS (60 * MINUTE_MS)

static const struct
{
  const char *key;
  const char *title;
  const char *purpose;
} words[] = {
  { "processing-interval", N_ ("Longest wait for a sweep"),
    N_ ("Work that is due goes out at the latest after this time.") },
  { "batch-size", N_ ("Entries per sweep"), N_ ("So many due entries are read from the queue at once.") },
  { "concurrency", N_ ("Entries at once"),
    N_ ("So many are on their way at the same time; those about one document go one after the other.") },
  { "max-retries", N_ ("Retries per entry"),
    N_ ("How often an entry is tried again when the server answered with an error that may pass. A dropped line does "
        "not "
        "count.") },
  { "base-retry-delay", N_ ("First retry delay"),
    N_ ("The wait before the first retry; each further one waits twice as long.") },
  { "max-retry-delay", N_ ("Longest retry delay"), N_ ("No retry waits longer than this.") },
  { "request-timeout", N_ ("Time limit for reading"), N_ ("After this time an unanswered question is given up.") },
  { "write-timeout", N_ ("Time limit for writing"),
    N_ ("Keep it above the server’s own limit of 120 s, so that no answer is missed.") },
  { "settle-time", N_ ("Settle time"),
    N_ ("What was sent without an answer is believed to be absent only after this time.") },
  { "gateway-port", N_ ("Port on this computer"),
    N_ ("Where other programs find this one, from its next start; 0 takes any free one.") },
};

/* What a person may write after a number, in milliseconds. The first of a length is the one that is shown. */
static const struct
{
  const char *name;
  guint ms;
} units[] = {
  { N_ ("h"), HOUR_MS },
  { N_ ("min"), MINUTE_MS },
  { N_ ("s"), SECOND_MS },
  { N_ ("ms"), 1 },
};

static gboolean
is_time (const SyncConfigNumber *number)
{
  return g_str_equal (number->unit, "milliseconds");
}

/**
 * sync_setting_words_title:
 * @number: a number among the settings
 *
 * Returns: (transfer none): what it is called
 */
const char *
sync_setting_words_title (const SyncConfigNumber *number)
{
  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    if (g_str_equal (words[i].key, number->key))
      return _ (words[i].title);
  return number->key;
}

/**
 * sync_setting_words_purpose:
 * @number: a number among the settings
 *
 * Returns: (transfer none): what it does, in a sentence
 */
const char *
sync_setting_words_purpose (const SyncConfigNumber *number)
{
  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    if (g_str_equal (words[i].key, number->key))
      return _ (words[i].purpose);
  return "";
}

/**
 * sync_setting_words_value:
 * @number: a number among the settings
 * @value: in its unit
 *
 * Returns: (transfer full): the value with its unit, in a form that sync_setting_words_read() reads
 */
char *
sync_setting_words_value (const SyncConfigNumber *number, guint value)
{
  g_autoptr (GString) text = NULL;
  guint rest = value;

  if (!is_time (number))
    return g_strdup_printf ("%u", value);
  text = g_string_new (NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (units); i++)
    {
      guint n = rest / units[i].ms;

      /* “0 s” for nothing, “1.5 s” and not “1 s 500 ms”. */
      if (n == 0 && !(value == 0 && units[i].ms == SECOND_MS))
        continue;
      if (text->len > 0)
        g_string_append_c (text, ' ');
      if (units[i].ms == SECOND_MS && rest % SECOND_MS != 0)
        {
          g_string_append_printf (text, "%g", (double) rest / SECOND_MS);
          rest = 0;
        }
      else
        {
          g_string_append_printf (text, "%u", n);
          rest -= n * units[i].ms;
        }
      g_string_append_printf (text, " %s", _ (units[i].name));
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* Reads the digits at @text, with a point or a comma where @fraction; NULL if there are none. */
static const char *
read_digits (const char *text, gboolean fraction, double *value)
{
  const char *c = text;
  double place = 0;

  *value = 0;
  for (; g_ascii_isdigit (*c) || (fraction && place == 0 && c > text && (*c == '.' || *c == ',')); c++)
    {
      if (!g_ascii_isdigit (*c))
        place = 1;
      else if (place > 0)
        *value += g_ascii_digit_value (*c) * (place /= 10);
      else
        *value = *value * 10 + g_ascii_digit_value (*c);
    }
  return c > text ? c : NULL;
}

static const char *
skip_blanks (const char *text)
{
  while (g_unichar_isspace (g_utf8_get_char (text)))
    text = g_utf8_next_char (text);
  return text;
}

/* Reads the unit at @text; a missing one means seconds. NULL if it is none. */
static const char *
read_unit (const char *text, guint *ms)
{
  const char *end = text;
  g_autofree char *name = NULL;

  /* Some scripts write vowels as marks. */
  while (g_unichar_isalpha (g_utf8_get_char (end)) || g_unichar_ismark (g_utf8_get_char (end)))
    end = g_utf8_next_char (end);
  name = g_strndup (text, end - text);
  *ms = SECOND_MS;
  if (end == text)
    return end;
  for (gsize i = 0; i < G_N_ELEMENTS (units); i++)
    if (g_str_equal (name, units[i].name) || g_str_equal (name, _ (units[i].name)))
      {
        *ms = units[i].ms;
        return end;
      }
  return NULL;
}

static gboolean
read_time (const char *text, double *value)
{
  gboolean any = FALSE;

  for (*value = 0; *(text = skip_blanks (text)) != '\0'; any = TRUE)
    {
      double part;
      guint ms;

      text = read_digits (text, TRUE, &part);
      if (text == NULL)
        return FALSE;
      text = read_unit (skip_blanks (text), &ms);
      if (text == NULL)
        return FALSE;
      *value += part * ms;
    }
  return any;
}

/**
 * sync_setting_words_read:
 * @number: a number among the settings
 * @text: what a person wrote: for times with a unit, or in seconds
 * @value: (out): in its unit, within what is allowed
 * @error: %G_IO_ERROR_INVALID_ARGUMENT: why it is refused, for that person; permanent
 *
 * Returns: whether it can be used
 */
gboolean
sync_setting_words_read (const SyncConfigNumber *number, const char *text, guint *value, GError **error)
{
  g_autofree char *min = sync_setting_words_value (number, number->min);
  g_autofree char *max = sync_setting_words_value (number, number->max);
  const char *rest = NULL;
  double read = 0;
  gboolean understood;

  if (is_time (number))
    understood = read_time (text, &read);
  else
    {
      rest = read_digits (skip_blanks (text), FALSE, &read);
      understood = rest != NULL && *skip_blanks (rest) == '\0';
    }
  if (!understood)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   is_time (number) ? _ ("“%s” is not a length of time; write it like 5 s, 500 ms or 2 min.")
                                    : _ ("“%s” is not a whole number."),
                   text);
      return FALSE;
    }
  read = round (read);
  if (read < number->min || read > number->max)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, _ ("It can be %s to %s."), min, max);
      return FALSE;
    }
  *value = (guint) read;
  return TRUE;
}

/**
 * sync_setting_words_check:
 * @number: a number among the settings
 * @value: within its own bounds
 * @config: the other settings
 * @error: %G_IO_ERROR_INVALID_ARGUMENT: which of them is in the way, for a person; permanent until that one changes
 *
 * Returns: whether the value goes together with the others
 */
gboolean
sync_setting_words_check (const SyncConfigNumber *number, guint value, const SyncConfig *config, GError **error)
{
  const SyncConfigNumber *numbers;
  guint n_numbers;

  numbers = sync_config_list_numbers (&n_numbers);
  for (guint i = 0; i < n_numbers; i++)
    {
      const SyncConfigNumber *other = &numbers[i];
      guint theirs = sync_config_get_number (config, other);
      gboolean too_much = g_strcmp0 (number->not_above, other->key) == 0 && value > theirs;
      gboolean too_little = g_strcmp0 (other->not_above, number->key) == 0 && value < theirs;
      g_autofree char *limit = sync_setting_words_value (other, theirs);

      if (!too_much && !too_little)
        continue;
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   too_much ? _ ("It must not be more than “%s”, %s.") : _ ("It must not be less than “%s”, %s."),
                   sync_setting_words_title (other), limit);
      return FALSE;
    }
  return TRUE;
}
