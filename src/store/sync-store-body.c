/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How bodies stand in the database: a tag, then the bytes. '=' means as they are, 'z' means zlib, and then
 * four bytes with the length before compression (least significant first). Short bodies stay readable in any
 * SQLite shell; a receipt of forty lines takes a fifth of its room. No state, any thread. */
#include "config.h"

#include <string.h>
#include <zlib.h>

#include "sync-store-private.h"

#define COMPRESS_ABOVE_BYTES 4096          /* shorter ones fit in a page of the database anyway */
#define RESPONSE_MAX_BYTES (1024 * 1024)   /* of an answer: enough for a sale of a thousand lines, not for a report */
#define BODY_MAX_BYTES (256 * 1024 * 1024) /* more than anything that is accepted: a longer one is damage */
#define HEADER_BYTES 5

static GBytes *
encode_plain (const guint8 *data, gsize size)
{
  guint8 *out = g_malloc (size + 1);

  out[0] = '=';
  if (size > 0)
    memcpy (out + 1, data, size);
  return g_bytes_new_take (out, size + 1);
}

/**
 * sync_store_body_encode:
 * @body: (nullable): a body
 *
 * Returns: (transfer full) (nullable): what the database holds for it
 */
GBytes *
sync_store_body_encode (GBytes *body)
{
  const guint8 *data;
  gsize size;
  uLongf room;
  g_autofree guint8 *out = NULL;

  if (body == NULL)
    return NULL;
  data = g_bytes_get_data (body, &size);
  if (size <= COMPRESS_ABOVE_BYTES || size > BODY_MAX_BYTES)
    return encode_plain (data, size);
  room = compressBound (size);
  out = g_malloc (HEADER_BYTES + room);
  if (compress2 (out + HEADER_BYTES, &room, data, size, Z_DEFAULT_COMPRESSION) != Z_OK
      || room + HEADER_BYTES > size)
    return encode_plain (data, size);
  out[0] = 'z';
  for (guint i = 0; i < 4; i++)
    out[1 + i] = (guint8) (size >> (8 * i));
  return g_bytes_new_take (g_steal_pointer (&out), HEADER_BYTES + room);
}

/**
 * sync_store_body_get_length:
 * @data: what the database holds
 * @size: its length
 *
 * Returns: how long the body is, or would be if it were not damaged
 */
gsize
sync_store_body_get_length (const guint8 *data, gsize size)
{
  if (size >= HEADER_BYTES && data[0] == 'z')
    return data[1] | (gsize) data[2] << 8 | (gsize) data[3] << 16 | (gsize) data[4] << 24;
  return size > 0 ? size - 1 : 0;
}

/**
 * sync_store_body_decode:
 * @data: (nullable): what the database holds
 * @size: its length
 *
 * Returns: (transfer full): the body, or NULL with %SYNC_ERROR_CORRUPT
 */
GBytes *
sync_store_body_decode (const guint8 *data, gsize size, GError **error)
{
  if (size >= 1 && data[0] == '=')
    return g_bytes_new (data + 1, size - 1);
  if (size >= HEADER_BYTES && data[0] == 'z')
    {
      gsize length = sync_store_body_get_length (data, size);
      uLongf room = length;
      g_autofree guint8 *out = length <= BODY_MAX_BYTES ? g_malloc (length + 1) : NULL;

      if (out != NULL && uncompress (out, &room, data + HEADER_BYTES, size - HEADER_BYTES) == Z_OK
          && room == length)
        return g_bytes_new_take (g_steal_pointer (&out), length);
    }
  g_set_error_literal (error, SYNC_ERROR, SYNC_ERROR_CORRUPT,
                       "a stored body cannot be read: the database is damaged");
  return NULL;
}

/**
 * sync_store_body_checksum:
 * @body: (nullable): a body
 *
 * Returns: (transfer full) (nullable): its SHA-256 in hex
 */
char *
sync_store_body_checksum (GBytes *body)
{
  return body != NULL ? g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, body) : NULL;
}

/**
 * sync_store_body_cut:
 * @text: (nullable): an answer
 *
 * Returns: (transfer full) (nullable): what the database keeps of it: the first MiB, cut between two
 * characters
 */
GBytes *
sync_store_body_cut (const char *text)
{
  g_autoptr (GBytes) body = NULL;
  gsize size;

  if (text == NULL)
    return NULL;
  size = strlen (text);
  if (size > RESPONSE_MAX_BYTES)
    {
      size = RESPONSE_MAX_BYTES;
      while (size > 0 && ((guint8) text[size] & 0xc0) == 0x80)
        size--;
    }
  body = g_bytes_new_static (text, size);
  return sync_store_body_encode (body);
}
