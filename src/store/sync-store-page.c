/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the rows of a damaged database page by page, without SQLite, which gives up on a whole table where one inner page
 * of it is gone. Every leaf of a table (https://www.sqlite.org/fileformat2.html) stands for itself: wherever one is, in
 * the file or in its log, its rows come out, old versions of a row as well as the newest. Nothing that is read is
 * trusted; whoever asks has to know its rows again. No state, any thread. */
#include "config.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "sync-store-private.h"

#define PAGE_BYTES 4096 /* where the file does not tell */
#define FILE_HEADER_BYTES 100 /* at the beginning of the first page */
#define LOG_HEADER_BYTES 32
#define FRAME_HEADER_BYTES 24 /* before each page in the log */
#define LEAF_OF_TABLE 0x0d
#define COLUMNS_MAX 100

typedef struct
{
  int fd; /* -1: there is no such file */
  int log_fd; /* likewise */
  guint size; /* of a page, bytes */
  guint n; /* pages in the file, a cut one included */
  guint n_frames; /* pages in the log */
  GHashTable *newest; /* (owned) (element-type guint guint): page number → frame + 1, where the log has a newer one */
  GByteArray *record; /* (owned): reused */
  SyncStorePageFunc func;
  gpointer data;
} Scan;

static void
scan_clear (Scan *scan)
{
  if (scan->fd >= 0)
    close (scan->fd);
  if (scan->log_fd >= 0)
    close (scan->log_fd);
  g_clear_pointer (&scan->newest, g_hash_table_unref);
  g_clear_pointer (&scan->record, g_byte_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Scan, scan_clear)

static guint64
read_number (const guint8 *bytes, guint n)
{
  guint64 value = 0;

  for (guint i = 0; i < n; i++)
    value = value << 8 | bytes[i];
  return value;
}

/* A number of one to nine bytes. Returns how many they were, 0 if they go beyond @end. */
static guint
read_varint (const guint8 *bytes, const guint8 *end, guint64 *value)
{
  *value = 0;
  for (guint i = 0; i < 9 && bytes + i < end; i++)
    {
      if (i == 8)
        {
          *value = *value << 8 | bytes[i];
          return 9;
        }
      *value = *value << 7 | (bytes[i] & 0x7f);
      if ((bytes[i] & 0x80) == 0)
        return i + 1;
    }
  return 0;
}

/* What can be read; the rest of the page is zeros. */
static gboolean
read_at (int fd, gint64 offset, guint8 *page, guint size)
{
  gssize got = pread (fd, page, size, offset);

  if (got <= 0)
    return FALSE;
  memset (page + got, 0, size - (gsize) got);
  return TRUE;
}

static gboolean
read_frame (const Scan *scan, guint frame, guint8 *page)
{
  return read_at (scan->log_fd,
                  LOG_HEADER_BYTES + (gint64) frame * (FRAME_HEADER_BYTES + scan->size) + FRAME_HEADER_BYTES, page,
                  scan->size);
}

/* The newest version of a page, counted from 1. */
static gboolean
read_page (const Scan *scan, guint number, guint8 *page)
{
  guint frame = GPOINTER_TO_UINT (g_hash_table_lookup (scan->newest, GUINT_TO_POINTER (number)));

  if (frame > 0)
    return read_frame (scan, frame - 1, page);
  return number > 0 && number <= scan->n && read_at (scan->fd, (gint64) (number - 1) * scan->size, page, scan->size);
}

/* How much of a record stands in its cell; the rest is in a chain of pages of its own. */
static guint
get_local_bytes (const Scan *scan, guint64 total)
{
  guint most = scan->size - 35;
  guint least = (scan->size - 12) * 32 / 255 - 23;
  guint64 local;

  if (total <= most)
    return total;
  local = least + (total - least) % (scan->size - 4);
  return local <= most ? local : least;
}

/* Follows the chain as far as it goes. */
static void
append_chain (Scan *scan, guint number, guint64 total)
{
  g_autofree guint8 *page = g_malloc (scan->size);

  while (scan->record->len < total && read_page (scan, number, page))
    {
      g_byte_array_append (scan->record, page + 4, MIN (total - scan->record->len, scan->size - 4));
      number = read_number (page, 4);
    }
}

static gsize
get_value_bytes (guint64 type)
{
  static const guint8 sizes[] = { 0, 1, 2, 3, 4, 6, 8, 8, 0, 0 };

  return type < G_N_ELEMENTS (sizes) ? sizes[type] : type >= 12 ? (type - 12) / 2 : 0;
}

static void
read_value (guint64 type, const guint8 *bytes, gsize size, SyncStorePageValue *value)
{
  *value = (SyncStorePageValue){ .type = SQLITE_NULL, .bytes = bytes, .size = size };
  if (type >= 12)
    value->type = type % 2 == 0 ? SQLITE_BLOB : SQLITE_TEXT;
  else if (type == 8 || type == 9)
    {
      value->type = SQLITE_INTEGER;
      value->number = type == 9;
    }
  else if (type >= 1 && type <= 6)
    {
      guint bits = 64 - 8 * size;

      value->type = SQLITE_INTEGER;
      value->number = (gint64) (read_number (bytes, size) << bits) >> bits;
    }
}

/* A record: the length of its head, the types, the values. A value that is not all there is NULL. */
static gboolean
read_record (Scan *scan, gint64 id, GError **error)
{
  const guint8 *bytes = scan->record->data;
  const guint8 *end = bytes + scan->record->len;
  SyncStorePageValue values[COLUMNS_MAX];
  guint64 head, type;
  gsize position;
  guint n = 0;
  guint at = read_varint (bytes, end, &head);

  if (at == 0 || head > scan->record->len)
    return TRUE;
  for (position = head; at < head && n < COLUMNS_MAX; n++)
    {
      guint length = read_varint (bytes + at, bytes + head, &type);
      gsize size = get_value_bytes (type);

      if (length == 0)
        return TRUE;
      at += length;
      if (size <= scan->record->len - position)
        read_value (type, bytes + position, size, &values[n]);
      else
        values[n] = (SyncStorePageValue){ .type = SQLITE_NULL, .is_cut = TRUE };
      position = MIN (position + size, scan->record->len);
    }
  return scan->func (id, values, n, scan->data, error);
}

static gboolean
read_cell (Scan *scan, const guint8 *cell, const guint8 *end, GError **error)
{
  guint64 total, id;
  guint local;
  guint length = read_varint (cell, end, &total);

  cell += length;
  if (length == 0 || total == 0 || total > (guint64) (scan->n + scan->n_frames) * scan->size)
    return TRUE;
  length = read_varint (cell, end, &id);
  cell += length;
  local = get_local_bytes (scan, total);
  if (length == 0 || local > end - cell || (local < total && local + 4 > end - cell))
    return TRUE;
  g_byte_array_set_size (scan->record, 0);
  g_byte_array_append (scan->record, cell, local);
  if (local < total)
    append_chain (scan, read_number (cell + local, 4), total);
  return read_record (scan, (gint64) id, error);
}

static gboolean
read_leaf (Scan *scan, const guint8 *page, gboolean is_first, GError **error)
{
  const guint8 *end = page + scan->size;
  const guint8 *head = page + (is_first ? FILE_HEADER_BYTES : 0);
  guint n;

  if (head[0] != LEAF_OF_TABLE)
    return TRUE;
  n = read_number (head + 3, 2);
  for (guint i = 0; i < n && head + 8 + 2 * (i + 1) <= end; i++)
    {
      guint offset = read_number (head + 8 + 2 * i, 2);

      if (offset < scan->size && !read_cell (scan, page + offset, end, error))
        return FALSE;
    }
  return TRUE;
}

/* Whether @size is one that a page can have; then it is taken. Ours reserve nothing at their end. */
static gboolean
take_page_size (Scan *scan, guint size)
{
  if (size < 512 || size > 32768 || (size & (size - 1)) != 0)
    return FALSE;
  scan->size = size;
  return TRUE;
}

static void
open_file (Scan *scan, const char *path)
{
  guint8 header[FILE_HEADER_BYTES];

  scan->fd = open (path, O_RDONLY | O_CLOEXEC);
  if (scan->fd < 0)
    return;
  if (pread (scan->fd, header, sizeof header, 0) == sizeof header && memcmp (header, "SQLite format 3", 16) == 0)
    take_page_size (scan, read_number (header + 16, 2));
  scan->n = ((guint64) lseek (scan->fd, 0, SEEK_END) + scan->size - 1) / scan->size;
}

/* The frames up to the first that was not written in this round of the log. */
static void
open_log (Scan *scan, const char *path)
{
  g_autofree char *log = g_strconcat (path, "-wal", NULL);
  guint8 header[LOG_HEADER_BYTES];
  guint8 frame[FRAME_HEADER_BYTES];

  scan->log_fd = open (log, O_RDONLY | O_CLOEXEC);
  if (scan->log_fd < 0 || pread (scan->log_fd, header, sizeof header, 0) != sizeof header)
    return;
  if (scan->n == 0)
    take_page_size (scan, read_number (header + 8, 4));
  while (pread (scan->log_fd, frame, sizeof frame,
                LOG_HEADER_BYTES + (gint64) scan->n_frames * (FRAME_HEADER_BYTES + scan->size))
             == sizeof frame
         && memcmp (frame + 8, header + 16, 8) == 0)
    {
      scan->n_frames++;
      g_hash_table_insert (scan->newest, GUINT_TO_POINTER (read_number (frame, 4)), GUINT_TO_POINTER (scan->n_frames));
    }
}

/**
 * sync_store_page_scan:
 * @path: a database that nobody has open; it may be missing and only its log be there
 * @func: gets the rows of all tables that have row ids, in no order
 * @data: for @func
 *
 * Reads all leaves of tables in the file, then those in its log.
 *
 * Returns: FALSE if @func did, with its error
 */
gboolean
sync_store_page_scan (const char *path, SyncStorePageFunc func, gpointer data, GError **error)
{
  g_auto (Scan) scan = { .fd = -1, .log_fd = -1, .size = PAGE_BYTES, .func = func, .data = data };
  g_autofree guint8 *page = NULL;

  scan.newest = g_hash_table_new (NULL, NULL);
  scan.record = g_byte_array_new ();
  open_file (&scan, path);
  open_log (&scan, path);
  page = g_malloc (scan.size);
  for (guint i = 0; i < scan.n; i++)
    if (read_at (scan.fd, (gint64) i * scan.size, page, scan.size) && !read_leaf (&scan, page, i == 0, error))
      return FALSE;
  for (guint i = 0; i < scan.n_frames; i++)
    if (read_frame (&scan, i, page) && !read_leaf (&scan, page, FALSE, error))
      return FALSE;
  return TRUE;
}
