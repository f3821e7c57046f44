/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sums of decimal numbers as they are written: 0.1 + 0.2 is 0.3, and no number is too big for a double. A number is
 * a whole number of 10^-precision in digits. No state; any thread. */
#include "config.h"

#include "sync-decimal.h"

#include <string.h>

#include "sync-json.h"

typedef struct
{
  gboolean negative;
  GString *digits; /* (owned): the first one is no 0; none for zero */
} Scaled;

static void
scaled_clear (Scaled *self)
{
  g_string_free (self->digits, TRUE);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Scaled, scaled_clear)

/* Adds one to a number in digits. */
static void
increment (GString *digits)
{
  gsize i = digits->len;

  while (i > 0 && digits->str[i - 1] == '9')
    digits->str[--i] = '0';
  if (i > 0)
    digits->str[i - 1]++;
  else
    g_string_prepend_c (digits, '1');
}

static gboolean
scaled_init (Scaled *self, const char *number, guint precision)
{
  g_autofree char *canonical = sync_json_canonical_number (number, strlen (number));
  const char *at = canonical + (*canonical == '-'), *power = strchr (canonical, 'e');
  gsize length = power != NULL ? (gsize) (power - at) : 0;
  gint64 shift = power != NULL ? g_ascii_strtoll (power + 1, NULL, 10) + precision : 0;

  self->negative = *canonical == '-';
  self->digits = g_string_new_len (at, length);
  if (length > SYNC_DECIMAL_MAX_DIGITS || shift > (gint64) (SYNC_DECIMAL_MAX_DIGITS - length))
    return FALSE;
  for (; shift > 0; shift--)
    g_string_append_c (self->digits, '0');
  if (shift < 0)
    {
      gboolean up = -shift <= (gint64) length && at[length + shift] >= '5';

      g_string_truncate (self->digits, -shift < (gint64) length ? length + shift : 0);
      if (up)
        increment (self->digits);
    }
  return TRUE;
}

static int
compare_digits (const GString *a, const GString *b)
{
  return a->len != b->len ? (a->len > b->len) - (a->len < b->len) : strcmp (a->str, b->str);
}

/* a + b, or a - b where a is not the smaller one. */
static GString *
combine_digits (const GString *a, const GString *b, gboolean subtract)
{
  gsize length = MAX (a->len, b->len) + 1, zeros = 0;
  GString *out = g_string_new (NULL);
  int carry = 0;

  g_string_set_size (out, length);
  for (gsize i = 0; i < length; i++)
    {
      int left = i < a->len ? a->str[a->len - 1 - i] - '0' : 0;
      int right = i < b->len ? b->str[b->len - 1 - i] - '0' : 0;
      int sum = subtract ? left - right - carry : left + right + carry;

      carry = sum < 0 || sum > 9;
      out->str[length - 1 - i] = (char) ('0' + (sum + 10) % 10);
    }
  while (out->str[zeros] == '0')
    zeros++;
  return g_string_erase (out, 0, zeros);
}

static char *
scaled_format (const Scaled *self, guint precision)
{
  g_autoptr (GString) out = g_string_new (self->digits->str);

  if (out->len == 0)
    return g_strdup ("0");
  while (out->len <= precision)
    g_string_prepend_c (out, '0');
  if (precision > 0)
    {
      g_string_insert_c (out, out->len - precision, '.');
      while (out->str[out->len - 1] == '0')
        g_string_truncate (out, out->len - 1);
      if (out->str[out->len - 1] == '.')
        g_string_truncate (out, out->len - 1);
    }
  if (self->negative)
    g_string_prepend_c (out, '-');
  return g_strdup (out->str);
}

/**
 * sync_decimal_round:
 * @number: a JSON number
 * @precision: decimals
 *
 * Rounds half away from zero.
 *
 * Returns: (transfer full) (nullable): the number without exponent and without zeros behind its decimals; NULL if it
 *   has more than SYNC_DECIMAL_MAX_DIGITS digits
 */
char *
sync_decimal_round (const char *number, guint precision)
{
  g_auto (Scaled) scaled = { 0 };

  return scaled_init (&scaled, number, precision) ? scaled_format (&scaled, precision) : NULL;
}

static char *
add (const char *a, const char *b, guint precision, gboolean subtract)
{
  g_auto (Scaled) left = { 0 }, right = { 0 }, sum = { 0 };
  gboolean left_fits = scaled_init (&left, a, precision), right_fits = scaled_init (&right, b, precision);
  gboolean right_negative = right.negative != subtract,
           left_is_bigger = compare_digits (left.digits, right.digits) >= 0;

  if (left.negative == right_negative)
    sum = (Scaled){ left.negative, combine_digits (left.digits, right.digits, FALSE) };
  else if (left_is_bigger)
    sum = (Scaled){ left.negative, combine_digits (left.digits, right.digits, TRUE) };
  else
    sum = (Scaled){ right_negative, combine_digits (right.digits, left.digits, TRUE) };
  return left_fits && right_fits ? scaled_format (&sum, precision) : NULL;
}

/**
 * sync_decimal_add:
 * @a: a JSON number
 * @b: another one
 * @precision: decimals, to which both are rounded first
 *
 * Returns: (transfer full) (nullable): their sum, as sync_decimal_round() writes it; NULL if one of them is too long
 */
char *
sync_decimal_add (const char *a, const char *b, guint precision)
{
  return add (a, b, precision, FALSE);
}

/**
 * sync_decimal_subtract:
 * @a: a JSON number
 * @b: another one
 * @precision: decimals, to which both are rounded first
 *
 * Returns: (transfer full) (nullable): @a less @b, as sync_decimal_round() writes it; NULL if one of them is too long
 */
char *
sync_decimal_subtract (const char *a, const char *b, guint precision)
{
  return add (a, b, precision, TRUE);
}
