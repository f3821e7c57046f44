/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Idempotency keys. Lower case, because ERPNext compares them without it. No state; any thread. */
#include "config.h"

#include <string.h>

#include "sync-body.h"

/**
 * sync_key_new:
 * @random: where 74 of its bits come from
 * @wall_ms: milliseconds since 1970 UTC
 *
 * Makes a UUID of version 7 (RFC 9562, 5.7): 48 bits of time, then chance.
 *
 * Returns: (transfer full): 36 characters in lower case
 */
char *
sync_key_new (SyncRandom *random, gint64 wall_ms)
{
  guint8 b[16];

  sync_random_fill (random, b, sizeof b);
  for (guint i = 0; i < 6; i++)
    b[i] = (guint8) (wall_ms >> (40 - 8 * i));
  b[6] = (b[6] & 0x0f) | 0x70;
  b[8] = (b[8] & 0x3f) | 0x80;
  return g_strdup_printf ("%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0],
                          b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13],
                          b[14], b[15]);
}

/**
 * sync_key_dup_next:
 * @site: where it belongs
 * @resource_type: (nullable): of what
 * @key: a key that is in the way, because the server has it on a document that cannot be taken on
 *
 * Makes the one after it: always the same, so that who decides twice to make the document anew makes it once.
 *
 * Returns: (transfer full): a UUID of version 8 (RFC 9562, 5.8), from a SHA-256
 */
char *
sync_key_dup_next (const char *site, const char *resource_type, const char *key)
{
  g_autofree char *lower = g_ascii_strdown (key, -1);
  g_autofree char *text
    = g_strdup_printf ("made anew\n%s\n%s\n%s", site, resource_type != NULL ? resource_type : "", lower);
  g_autofree char *sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);

  sum[12] = '8';
  sum[16] = "89ab"[g_ascii_xdigit_value (sum[16]) & 3];
  return g_strdup_printf ("%.8s-%.4s-%.4s-%.4s-%.12s", sum, sum + 8, sum + 12, sum + 16, sum + 20);
}

/* Without case, accents and blanks at the end. */
static char *
dup_folded (const char *text)
{
  g_autofree char *trimmed = g_strchomp (g_strdup (text));
  g_autofree char *normal = g_utf8_normalize (trimmed, -1, G_NORMALIZE_ALL);
  g_autoptr (GString) bare = g_string_new (NULL);

  for (const char *p = normal != NULL ? normal : ""; *p != '\0'; p = g_utf8_next_char (p))
    if (!g_unichar_ismark (g_utf8_get_char (p)))
      g_string_append_unichar (bare, g_utf8_get_char (p));
  return normal != NULL ? g_utf8_casefold (bare->str, (gssize) bare->len) : g_steal_pointer (&trimmed);
}

/**
 * sync_key_is_same:
 * @a: a key, or a document's name
 * @b: another
 *
 * Returns: whether the server may take one for the other: its database compares without case, without accents and
 *   without blanks at the end
 */
gboolean
sync_key_is_same (const char *a, const char *b)
{
  g_autofree char *one = NULL;
  g_autofree char *other = NULL;

  if (strcmp (a, b) == 0)
    return TRUE;
  one = dup_folded (a);
  other = dup_folded (b);
  return strcmp (one, other) == 0;
}

/**
 * sync_key_is_stored_as:
 * @key: a key that was sent
 * @there: (nullable): what a document has in its key field
 *
 * Returns: whether that may be what the server made of it; it may have cleaned one that looks like HTML
 */
gboolean
sync_key_is_stored_as (const char *key, const char *there)
{
  return strpbrk (key, "<>&") != NULL || (there != NULL && sync_key_is_same (key, there));
}
