/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A layer over SQLite's unix VFS, registered as the default one, so that code which opens a database by its path runs on
 * it unchanged. The files are real ones. Of each main database, journal and write-ahead log it remembers what was changed
 * since its last sync: the bytes before and after. A power loss takes the changes back, last one first, and then does
 * those again, in their order, that chance says had reached the disk.
 *
 * A sync only forgets the changes; nothing is flushed. That a file was made, renamed or deleted is durable at once. A
 * write never damages the bytes beside it (SQLite's powersafe overwrite, which the unix VFS claims). Sleeping takes no
 * time and SQLite's own randomness is the same in each run. One thread. */
#include "config.h"

#include "power-vfs.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

#include "power-file.h"

#define REMEMBERED (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL)

/* What SQLite holds. The unix VFS's own handle lies behind it. */
typedef struct
{
  sqlite3_file base;
  PowerFile *file; /* (unowned) (nullable): NULL for temporary files, of which nothing is remembered */
  int lock;        /* the level that it holds */
  guint shared;    /* bit set of the places of the shared memory that it holds shared */
  guint exclusive; /* … and exclusively */
  gboolean mapped; /* it has the shared memory */
} PowerHandle;

/* The write during which the machine died. */
typedef struct
{
  PowerFile *file; /* (unowned) (nullable): NULL: it died elsewhere */
  goffset offset;
  GByteArray *bytes; /* (owned) */
} PowerLastWrite;

static struct
{
  sqlite3_vfs vfs;
  sqlite3_vfs *real; /* (unowned) (nullable): NULL before power_vfs_install() */
  GThread *thread;   /* (unowned) */
  GPtrArray *files;  /* (owned) (element-type PowerFile): in the order of their first opening; a handful */
  guint n_open;      /* handles, of temporary files too */
  guint64 n_operations;
  guint64 dies_at; /* the number of the operation, 0: never */
  gboolean dead;
  PowerTrouble trouble;
  PowerLastWrite last_write;
  GRand *rand; /* (owned): what SQLite seeds its own generator with */
} power;

static sqlite3_file *
real_of (sqlite3_file *handle)
{
  return (sqlite3_file *) ((PowerHandle *) handle + 1);
}

static PowerFile *
file_of (sqlite3_file *handle)
{
  return ((PowerHandle *) handle)->file;
}

static void
assert_thread (void)
{
  g_assert (power.thread == g_thread_self ());
}

/* For what is not counted. */
static gboolean
is_dead (void)
{
  assert_thread ();
  return power.dead;
}

/* Before each operation that is counted: whether the machine is dead, or dies now. */
static gboolean
is_dead_or_dies (void)
{
  if (is_dead ())
    return TRUE;
  power.n_operations++;
  power.dead = power.n_operations == power.dies_at;
  return power.dead;
}

static PowerFile *
find_file (const struct stat *info)
{
  for (guint i = 0; i < power.files->len; i++)
    {
      PowerFile *file = g_ptr_array_index (power.files, i);

      if (file->inode == info->st_ino && file->device == info->st_dev)
        return file;
    }
  return NULL;
}

static PowerFile *
open_file (const char *path, gboolean is_database)
{
  struct stat info;
  PowerFile *file;

  if (stat (path, &info) != 0)
    g_error ("“%s” is not there: %s", path, g_strerror (errno));
  file = find_file (&info);
  if (file == NULL)
    {
      file = power_file_new (path, &info);
      g_ptr_array_add (power.files, file);
    }
  /* Nobody else may write to what has unsynced changes. While it is open the real file is behind. */
  g_assert (file->n_open > 0 || power_file_is_synced (file) || (goffset) file->content->len == info.st_size);
  g_free (file->path);
  file->path = g_strdup (path);
  file->is_database = is_database;
  if (file->n_open++ == 0)
    power_file_load (file, info.st_size);
  return file;
}

/* A file that died open is still needed: something of it lies beside it. */
static void
close_file (PowerFile *file)
{
  file->n_open--;
  if (file->n_open == 0)
    power_file_flush (file);
  if (file->n_open == 0 && power_file_is_synced (file) && !power.dead)
    g_ptr_array_remove (power.files, file);
}

static int
handle_read (sqlite3_file *handle, void *bytes, int n, sqlite3_int64 offset)
{
  sqlite3_file *real = real_of (handle);
  PowerFile *file = file_of (handle);
  gsize there;

  if (is_dead ())
    return SQLITE_IOERR_READ;
  if (file == NULL)
    return real->pMethods->xRead (real, bytes, n, offset);
  there = (gsize) CLAMP ((goffset) file->content->len - offset, 0, n);
  if (there > 0)
    memcpy (bytes, file->content->data + offset, there);
  memset ((char *) bytes + there, 0, (gsize) n - there);
  return there == (gsize) n ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int
handle_write (sqlite3_file *handle, const void *bytes, int n, sqlite3_int64 offset)
{
  sqlite3_file *real = real_of (handle);
  PowerFile *file = file_of (handle);

  if (file == NULL)
    return is_dead () ? SQLITE_IOERR_WRITE : real->pMethods->xWrite (real, bytes, n, offset);
  if (is_dead ())
    return SQLITE_IOERR_WRITE;
  if (is_dead_or_dies ())
    {
      power.last_write.file = file;
      power.last_write.offset = offset;
      g_byte_array_append (power.last_write.bytes, bytes, n);
      return SQLITE_IOERR_WRITE;
    }
  if (power.trouble == POWER_TROUBLE_FULL && offset + n > (goffset) file->content->len)
    return SQLITE_FULL;
  power_file_change (file, bytes, n, offset);
  return SQLITE_OK;
}

static int
handle_truncate (sqlite3_file *handle, sqlite3_int64 size)
{
  sqlite3_file *real = real_of (handle);
  PowerFile *file = file_of (handle);

  if (file == NULL)
    return is_dead () ? SQLITE_IOERR_TRUNCATE : real->pMethods->xTruncate (real, size);
  if (is_dead_or_dies ())
    return SQLITE_IOERR_TRUNCATE;
  power_file_truncate (file, size);
  return SQLITE_OK;
}

static int
handle_sync (sqlite3_file *handle, int flags)
{
  PowerFile *file = file_of (handle);

  if (file == NULL)
    return is_dead () ? SQLITE_IOERR_FSYNC : SQLITE_OK;
  if (is_dead_or_dies () || power.trouble == POWER_TROUBLE_SYNC_FAILS)
    return SQLITE_IOERR_FSYNC;
  power_file_sync (file);
  return SQLITE_OK;
}

static int
handle_file_size (sqlite3_file *handle, sqlite3_int64 *size)
{
  sqlite3_file *real = real_of (handle);
  PowerFile *file = file_of (handle);

  if (is_dead ())
    return SQLITE_IOERR_FSTAT;
  if (file == NULL)
    return real->pMethods->xFileSize (real, size);
  *size = file->content->len;
  return SQLITE_OK;
}

/* Locks and shared memory: all who open a file are in this thread, so no system call is needed for them. */

static int
handle_lock (sqlite3_file *handle, int level)
{
  PowerHandle *self = (PowerHandle *) handle;
  PowerFile *file = self->file;

  if (is_dead ())
    return SQLITE_IOERR_LOCK;
  if (file == NULL || level <= self->lock)
    {
      self->lock = MAX (self->lock, level);
      return SQLITE_OK;
    }
  if ((file->writer != NULL && file->writer != self && (level > SQLITE_LOCK_SHARED || file->writer_level >= SQLITE_LOCK_PENDING))
      || (level == SQLITE_LOCK_EXCLUSIVE && file->n_locked > (self->lock > SQLITE_LOCK_NONE)))
    return SQLITE_BUSY;
  file->n_locked += self->lock == SQLITE_LOCK_NONE;
  self->lock = level;
  if (level > SQLITE_LOCK_SHARED)
    {
      file->writer = self;
      file->writer_level = level;
    }
  return SQLITE_OK;
}

static int
handle_unlock (sqlite3_file *handle, int level)
{
  PowerHandle *self = (PowerHandle *) handle;
  PowerFile *file = self->file;

  assert_thread ();
  if (level >= self->lock)
    return SQLITE_OK;
  if (file != NULL && file->writer == self && level <= SQLITE_LOCK_SHARED)
    file->writer = NULL;
  if (file != NULL)
    file->n_locked -= level == SQLITE_LOCK_NONE;
  self->lock = level;
  return SQLITE_OK;
}

static int
handle_check_reserved_lock (sqlite3_file *handle, int *reserved)
{
  PowerFile *file = file_of (handle);

  *reserved = file != NULL && file->writer != NULL;
  return is_dead () ? SQLITE_IOERR_CHECKRESERVEDLOCK : SQLITE_OK;
}

static int
handle_file_control (sqlite3_file *handle, int op, void *data)
{
  sqlite3_file *real = real_of (handle);

  if (is_dead ())
    return SQLITE_IOERR;
  /* Hints, after which the file would grow behind our back. */
  if (op == SQLITE_FCNTL_SIZE_HINT || op == SQLITE_FCNTL_CHUNK_SIZE)
    return SQLITE_OK;
  return real->pMethods->xFileControl (real, op, data);
}

static int
handle_sector_size (sqlite3_file *handle)
{
  sqlite3_file *real = real_of (handle);

  return real->pMethods->xSectorSize (real);
}

static int
handle_device_characteristics (sqlite3_file *handle)
{
  sqlite3_file *real = real_of (handle);

  return real->pMethods->xDeviceCharacteristics (real);
}

static int
handle_shm_map (sqlite3_file *handle, int region, int size, int extend, void volatile **memory)
{
  PowerHandle *self = (PowerHandle *) handle;
  PowerFile *file = self->file;

  *memory = NULL;
  if (is_dead ())
    return SQLITE_IOERR_SHMMAP;
  if (!self->mapped)
    {
      self->mapped = TRUE;
      file->n_mapped++;
    }
  while (extend != 0 && file->regions->len <= (guint) region)
    g_ptr_array_add (file->regions, g_malloc0 ((gsize) size));
  if ((guint) region < file->regions->len)
    *memory = g_ptr_array_index (file->regions, region);
  return SQLITE_OK;
}

static int
handle_shm_lock (sqlite3_file *handle, int offset, int n, int flags)
{
  PowerHandle *self = (PowerHandle *) handle;
  PowerFile *file = self->file;
  guint mask = ((1u << n) - 1) << offset;
  gboolean shared = (flags & SQLITE_SHM_SHARED) != 0;

  if ((flags & SQLITE_SHM_UNLOCK) != 0)
    {
      for (int i = offset; i < offset + n; i++)
        file->n_shared[i] -= (self->shared >> i) & 1;
      file->exclusive &= ~(self->exclusive & mask);
      self->shared &= ~mask;
      self->exclusive &= ~mask;
      return SQLITE_OK;
    }
  if (is_dead ())
    return SQLITE_IOERR_SHMLOCK;
  if ((file->exclusive & mask & ~self->exclusive) != 0)
    return SQLITE_BUSY;
  for (int i = offset; i < offset + n; i++)
    {
      if (!shared && file->n_shared[i] > ((self->shared >> i) & 1))
        return SQLITE_BUSY;
    }
  for (int i = offset; shared && i < offset + n; i++)
    file->n_shared[i] += ((self->shared >> i) & 1) == 0;
  if (shared)
    self->shared |= mask;
  else
    {
      self->exclusive |= mask;
      file->exclusive |= mask;
    }
  return SQLITE_OK;
}

static void
handle_shm_barrier (sqlite3_file *handle)
{
}

static int
handle_shm_unmap (sqlite3_file *handle, int delete)
{
  PowerHandle *self = (PowerHandle *) handle;

  assert_thread ();
  if (!self->mapped)
    return SQLITE_OK;
  self->mapped = FALSE;
  /* Whoever is the last takes it along, as the unix VFS finds it stale at the next start. */
  if (--self->file->n_mapped == 0)
    g_ptr_array_set_size (self->file->regions, 0);
  return SQLITE_OK;
}

static int
handle_close (sqlite3_file *handle)
{
  sqlite3_file *real = real_of (handle);
  int rc;

  assert_thread ();
  handle_shm_unmap (handle, FALSE);
  handle_unlock (handle, SQLITE_LOCK_NONE);
  rc = real->pMethods->xClose (real);
  power.n_open--;
  if (file_of (handle) != NULL)
    close_file (file_of (handle));
  return rc;
}

/* Of version 2: without xFetch, so that nothing reads or writes past us through mapped memory. */
static const sqlite3_io_methods handle_methods = {
  .iVersion = 2,
  .xClose = handle_close,
  .xRead = handle_read,
  .xWrite = handle_write,
  .xTruncate = handle_truncate,
  .xSync = handle_sync,
  .xFileSize = handle_file_size,
  .xLock = handle_lock,
  .xUnlock = handle_unlock,
  .xCheckReservedLock = handle_check_reserved_lock,
  .xFileControl = handle_file_control,
  .xSectorSize = handle_sector_size,
  .xDeviceCharacteristics = handle_device_characteristics,
  .xShmMap = handle_shm_map,
  .xShmLock = handle_shm_lock,
  .xShmBarrier = handle_shm_barrier,
  .xShmUnmap = handle_shm_unmap,
};

static int
vfs_open (sqlite3_vfs *vfs, const char *path, sqlite3_file *handle, int flags, int *out_flags)
{
  PowerHandle *self = (PowerHandle *) handle;
  int rc;

  handle->pMethods = NULL;
  if (is_dead ())
    return SQLITE_IOERR;
  rc = power.real->xOpen (power.real, path, real_of (handle), flags, out_flags);
  if (rc != SQLITE_OK)
    return rc;
  handle->pMethods = &handle_methods;
  self->lock = SQLITE_LOCK_NONE;
  self->shared = self->exclusive = 0;
  self->mapped = FALSE;
  self->file = (flags & REMEMBERED) != 0 ? open_file (path, (flags & SQLITE_OPEN_MAIN_DB) != 0) : NULL;
  power.n_open++;
  return SQLITE_OK;
}

static int
vfs_delete (sqlite3_vfs *vfs, const char *path, int sync_directory)
{
  struct stat info;
  PowerFile *file;

  if (is_dead_or_dies ())
    return SQLITE_IOERR_DELETE;
  file = stat (path, &info) == 0 ? find_file (&info) : NULL;
  if (file != NULL && file->n_open == 0)
    g_ptr_array_remove (power.files, file);
  return power.real->xDelete (power.real, path, FALSE);
}

static int
vfs_access (sqlite3_vfs *vfs, const char *path, int flags, int *result)
{
  return is_dead () ? SQLITE_IOERR_ACCESS : power.real->xAccess (power.real, path, flags, result);
}

static int
vfs_randomness (sqlite3_vfs *vfs, int n, char *bytes)
{
  assert_thread ();
  for (int i = 0; i < n; i++)
    bytes[i] = (char) (g_rand_int (power.rand) >> 24);
  return n;
}

/* Who else holds a lock is in this thread too: waiting does not help. */
static int
vfs_sleep (sqlite3_vfs *vfs, int us)
{
  return us;
}

/* SQLite's memory: blocks of a few sizes that are given back to lists of their own. It takes and gives so many that it
 * counts. */

#define N_SIZES 14
#define SMALLEST_BITS 5
#define SMALLEST (1u << SMALLEST_BITS)

typedef union
{
  gsize size;      /* of the block: an index, or bytes if it is larger than all */
  gpointer next;   /* in its list */
  char align[16];
} Block;

static Block *free_blocks[N_SIZES];

static int
size_class (int n)
{
  int class = n <= (int) SMALLEST ? 0 : (int) g_bit_storage ((gulong) n - 1) - SMALLEST_BITS;

  return MIN (class, N_SIZES);
}

static void *
memory_take (int n)
{
  int class = size_class (n);
  Block *block;

  if (class == N_SIZES)
    {
      block = g_malloc (sizeof (Block) + (gsize) n);
      block->size = (gsize) n + N_SIZES;
      return block + 1;
    }
  block = free_blocks[class];
  if (block != NULL)
    free_blocks[class] = block->next;
  else
    block = g_malloc (sizeof (Block) + (SMALLEST << class));
  block->size = (gsize) class;
  return block + 1;
}

static int
memory_size (void *memory)
{
  const Block *block = (const Block *) memory - 1;

  return (int) (block->size < N_SIZES ? SMALLEST << block->size : block->size - N_SIZES);
}

static void
memory_give (void *memory)
{
  Block *block = (Block *) memory - 1;
  gsize class = block->size;

  if (class >= N_SIZES)
    {
      g_free (block);
      return;
    }
  block->next = free_blocks[class];
  free_blocks[class] = block;
}

static void *
memory_change (void *memory, int n)
{
  int before = memory_size (memory);
  void *other;

  if (n <= before && n > before / 4)
    return memory;
  other = memory_take (n);
  memcpy (other, memory, (gsize) MIN (n, before));
  memory_give (memory);
  return other;
}

static int
memory_round (int n)
{
  int class = size_class (n);

  return class == N_SIZES ? (n + 7) & ~7 : (int) (SMALLEST << class);
}

static int
memory_begin (void *data)
{
  return SQLITE_OK;
}

static void
memory_end (void *data)
{
}

static const sqlite3_mem_methods memory_methods = {
  memory_take, memory_give, memory_change, memory_size, memory_round, memory_begin, memory_end, NULL,
};

/**
 * power_vfs_install:
 *
 * Makes this VFS the default one of the process, before the first database is opened. The calling thread is the only one
 * that may use SQLite from now on. A second call does nothing.
 */
void
power_vfs_install (void)
{
  if (power.real != NULL)
    return;
  /* Nobody else is there, and nobody asks how much memory SQLite has. */
  sqlite3_config (SQLITE_CONFIG_SINGLETHREAD);
  sqlite3_config (SQLITE_CONFIG_MEMSTATUS, 0);
  sqlite3_config (SQLITE_CONFIG_MALLOC, &memory_methods);
  power.real = sqlite3_vfs_find ("unix");
  g_assert (power.real != NULL);
  power.thread = g_thread_self ();
  power.files = g_ptr_array_new_with_free_func ((GDestroyNotify) power_file_free);
  power.last_write.bytes = g_byte_array_new ();
  power.rand = g_rand_new_with_seed (0);
  /* The unix VFS's other functions do not look at which VFS they are called through. */
  power.vfs = *power.real;
  power.vfs.pNext = NULL;
  power.vfs.zName = "power";
  power.vfs.szOsFile += (int) sizeof (PowerHandle);
  power.vfs.xOpen = vfs_open;
  power.vfs.xDelete = vfs_delete;
  power.vfs.xAccess = vfs_access;
  power.vfs.xRandomness = vfs_randomness;
  power.vfs.xSleep = vfs_sleep;
  if (sqlite3_vfs_register (&power.vfs, TRUE) != SQLITE_OK)
    g_error ("SQLite does not take the VFS");
  power_vfs_forget ();
}

/**
 * power_vfs_forget:
 *
 * Begins a new run: all that was written is on the disk, the machine lives, has no trouble and has counted nothing, and
 * SQLite's randomness starts again. No file may be open.
 */
void
power_vfs_forget (void)
{
  assert_thread ();
  g_assert (power.n_open == 0);

  g_ptr_array_set_size (power.files, 0);
  g_byte_array_set_size (power.last_write.bytes, 0);
  power.last_write.file = NULL;
  power.n_operations = 0;
  power.dies_at = 0;
  power.dead = FALSE;
  power.trouble = POWER_TROUBLE_NONE;
  g_rand_set_seed (power.rand, 0);
  sqlite3_randomness (0, NULL);
}

/**
 * power_vfs_n_operations:
 *
 * Returns: how many writes, truncations and syncs of main databases, journals and write-ahead logs, and how many
 *   deletions, there were since the run began; the one during which the machine died is the last that counts
 */
guint64
power_vfs_n_operations (void)
{
  return power.n_operations;
}

/**
 * power_vfs_arm:
 * @nth: 1 for the next operation, 0: never
 *
 * Has the machine die at the @nth of the operations that power_vfs_n_operations() counts from now on, before it takes
 * effect. A write may take effect in part, see power_vfs_revive().
 */
void
power_vfs_arm (guint64 nth)
{
  assert_thread ();
  g_assert (!power.dead);

  power.dies_at = nth > 0 ? power.n_operations + nth : 0;
}

/**
 * power_vfs_die:
 *
 * The machine dies now, between two operations. From here on all that SQLite does to a file fails with an I/O error; only
 * closing works, and leaves the files as they are.
 */
void
power_vfs_die (void)
{
  assert_thread ();
  power.dead = TRUE;
}

/**
 * power_vfs_is_dead:
 *
 * Returns: whether the machine died and was not revived yet
 */
gboolean
power_vfs_is_dead (void)
{
  return power.dead;
}

/**
 * power_vfs_set_trouble:
 * @trouble: what the disk suffers from, from now on; a death does not end it
 *
 * Changes nothing of what was written before.
 */
void
power_vfs_set_trouble (PowerTrouble trouble)
{
  assert_thread ();
  power.trouble = trouble;
}

/* The write during which the machine died is one more that was not synced; of a killed process the kernel took a part. */
static void
finish_last_write (PowerLoss how, SyncRandom *random)
{
  PowerLastWrite *last = &power.last_write;
  gsize n = last->bytes->len;

  if (how == POWER_KEEP && random != NULL)
    n = sync_random_below (random, n + 1);
  else if (how != POWER_CHANCE)
    n = 0;
  if (last->file != NULL && n > 0)
    {
      power_file_change (last->file, last->bytes->data, n, last->offset);
      power_file_flush (last->file);
    }
  last->file = NULL;
  g_byte_array_set_size (last->bytes, 0);
}

/* In the order of their first opening: the same each time. */
static void
lose_power (SyncRandom *random)
{
  for (guint i = 0; i < power.files->len; i++)
    power_file_lose (g_ptr_array_index (power.files, i), random);
}

static void
drop_synced_files (void)
{
  for (guint i = power.files->len; i > 0; i--)
    if (power_file_is_synced (g_ptr_array_index (power.files, i - 1)))
      g_ptr_array_remove_index (power.files, i - 1);
}

/**
 * power_vfs_flush:
 *
 * Makes the real files what the open ones are, for somebody who copies them.
 */
void
power_vfs_flush (void)
{
  assert_thread ();
  for (guint i = 0; i < power.files->len; i++)
    power_file_flush (g_ptr_array_index (power.files, i));
}

/**
 * power_vfs_revive:
 * @how: what the death was like
 * @random: (nullable): chance; not NULL with %POWER_CHANCE
 *
 * Makes the files what the next start finds, and the machine lives again, unarmed. All connections must be closed.
 *
 * With %POWER_KEEP nothing that was written is undone, but it still is not synced: a later power loss may take it. Of the
 * write during which the machine died chance keeps the first bytes; without @random none. With %POWER_LOSE each file is
 * what it was at its last sync. With %POWER_CHANCE, of the changes since then, in their order, each is done or not, or
 * each of its sectors is done, or not, or its first bytes are; the write during which the machine died is one of them.
 * The shared memory of a database (`-shm`) is gone after a power loss.
 */
void
power_vfs_revive (PowerLoss how, SyncRandom *random)
{
  assert_thread ();
  g_assert (power.dead);
  g_assert (power.n_open == 0);
  g_assert (how != POWER_CHANCE || random != NULL);

  finish_last_write (how, random);
  if (how != POWER_KEEP)
    lose_power (how == POWER_CHANCE ? random : NULL);
  drop_synced_files ();
  power.dies_at = 0;
  power.dead = FALSE;
}
