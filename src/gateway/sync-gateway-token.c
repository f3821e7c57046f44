/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The token by which local programs enter the gateway: made once, and kept in `gateway-token`. */
#include "config.h"

#include "sync-gateway-private.h"

#include <string.h>

#define TOKEN_BYTES 32

static gboolean
is_token (const char *text)
{
  return strlen (text) == 2 * TOKEN_BYTES && strspn (text, "0123456789abcdef") == 2 * TOKEN_BYTES;
}

static char *
make_token (SyncRandom *random)
{
  guint8 bytes[TOKEN_BYTES];
  GString *token = g_string_sized_new (2 * TOKEN_BYTES);

  sync_random_fill (random, bytes, sizeof bytes);
  for (guint i = 0; i < TOKEN_BYTES; i++)
    g_string_append_printf (token, "%02x", bytes[i]);
  return g_string_free (token, FALSE);
}

/**
 * sync_gateway_token_load:
 * @directory: the data directory
 * @random: fit for keys
 * @error: %SYNC_ERROR_STORAGE (transient)
 *
 * Reads the token, or makes it where there is none or the file does not hold one.
 *
 * Returns: (transfer full) (nullable): 64 hexadecimal digits
 */
char *
sync_gateway_token_load (const char *directory, SyncRandom *random, GError **error)
{
  g_autofree char *path = g_build_filename (directory, SYNC_GATEWAY_TOKEN_FILE, NULL);
  g_autofree char *token = NULL;

  if (g_file_get_contents (path, &token, NULL, NULL) && is_token (g_strstrip (token)))
    return g_steal_pointer (&token);
  g_free (token);
  token = make_token (random);
  if (!sync_gateway_write_file (directory, SYNC_GATEWAY_TOKEN_FILE, token, error))
    return NULL;
  return g_steal_pointer (&token);
}

/**
 * sync_gateway_token_matches:
 * @token: the gateway's
 * @authorization: (nullable): the caller's header
 *
 * Returns: whether the caller knows the token; takes as long for a wrong one as for the right one
 */
gboolean
sync_gateway_token_matches (const char *token, const char *authorization)
{
  const char *given;
  guint difference = 0;

  if (authorization == NULL || g_ascii_strncasecmp (authorization, "Bearer ", 7) != 0)
    return FALSE;
  given = authorization + 7;
  if (strlen (given) != 2 * TOKEN_BYTES)
    return FALSE;
  for (guint i = 0; i < 2 * TOKEN_BYTES; i++)
    difference |= (guint) (guchar) token[i] ^ (guint) (guchar) given[i];
  return difference == 0;
}
