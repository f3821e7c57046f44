/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two small files in the data directory through which local programs find and enter the gateway:
 * `gateway-token` (made once, kept) and `gateway-port` (of the running program). Both are readable by their
 * owner only. */
#include "config.h"

#include "sync-gateway-private.h"

#include <string.h>

#include "sync-error.h"

#define TOKEN_BYTES 32

/**
 * sync_gateway_write_file:
 * @directory: the data directory
 * @name: a file in it
 * @text: its new contents
 * @error: %SYNC_ERROR_STORAGE (transient), naming the file
 *
 * Writes a file as a whole, mode 0600; a reader sees the old one or the new one. Durable when it returns.
 *
 * Returns: whether it was written
 */
gboolean
sync_gateway_write_file (const char *directory, const char *name, const char *text, GError **error)
{
  g_autofree char *path = g_build_filename (directory, name, NULL);
  g_autoptr (GError) cause = NULL;

  if (g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                0600, &cause))
    return TRUE;
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_STORAGE, "cannot write %s: %s; make the data directory writable",
               path, cause->message);
  return FALSE;
}

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
