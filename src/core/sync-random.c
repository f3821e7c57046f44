/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chance as an argument: an interface, the kernel's generator behind it, and a seeded one (not for keys). */
#include "config.h"

#include "sync-random.h"

#include <errno.h>
#include <sys/random.h>

struct _SyncRandomKernel
{
  GObject parent_instance;
};

struct _SyncRandomSeeded
{
  GObject parent_instance;

  GRand *rand; /* (owned) */
};

static void sync_random_kernel_random_init (SyncRandomInterface *iface);
static void sync_random_seeded_random_init (SyncRandomInterface *iface);

G_DEFINE_INTERFACE (SyncRandom, sync_random, G_TYPE_OBJECT)
G_DEFINE_FINAL_TYPE_WITH_CODE (SyncRandomKernel, sync_random_kernel, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (SYNC_TYPE_RANDOM, sync_random_kernel_random_init))
G_DEFINE_FINAL_TYPE_WITH_CODE (SyncRandomSeeded, sync_random_seeded, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (SYNC_TYPE_RANDOM, sync_random_seeded_random_init))

static void
sync_random_default_init (SyncRandomInterface *iface)
{
}

static void
sync_random_kernel_fill (SyncRandom *random, guint8 *bytes, gsize n_bytes)
{
  while (n_bytes > 0)
    {
      ssize_t got = getrandom (bytes, n_bytes, 0);

      if (got < 0 && errno != EINTR)
        g_error ("the kernel gives no random bytes: %s", g_strerror (errno));
      if (got > 0)
        {
          bytes += got;
          n_bytes -= got;
        }
    }
}

static void
sync_random_seeded_fill (SyncRandom *random, guint8 *bytes, gsize n_bytes)
{
  SyncRandomSeeded *self = SYNC_RANDOM_SEEDED (random);

  for (gsize i = 0; i < n_bytes; i++)
    bytes[i] = g_rand_int (self->rand) >> 24;
}

static void
sync_random_seeded_finalize (GObject *object)
{
  g_rand_free (SYNC_RANDOM_SEEDED (object)->rand);
  G_OBJECT_CLASS (sync_random_seeded_parent_class)->finalize (object);
}

static void
sync_random_kernel_random_init (SyncRandomInterface *iface)
{
  iface->fill = sync_random_kernel_fill;
}

static void
sync_random_seeded_random_init (SyncRandomInterface *iface)
{
  iface->fill = sync_random_seeded_fill;
}

static void
sync_random_kernel_class_init (SyncRandomKernelClass *klass)
{
}

static void
sync_random_kernel_init (SyncRandomKernel *self)
{
}

static void
sync_random_seeded_class_init (SyncRandomSeededClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = sync_random_seeded_finalize;
}

static void
sync_random_seeded_init (SyncRandomSeeded *self)
{
  self->rand = g_rand_new_with_seed (0);
}

/**
 * sync_random_kernel_new:
 *
 * Returns: (transfer full): the kernel's generator, fit for keys and tokens; any thread
 */
SyncRandom *
sync_random_kernel_new (void)
{
  return g_object_new (SYNC_TYPE_RANDOM_KERNEL, NULL);
}

/**
 * sync_random_seeded_new:
 * @seed: the same seed gives the same bytes
 *
 * Returns: (transfer full): a repeatable source for tests and the simulator; one thread
 */
SyncRandom *
sync_random_seeded_new (guint32 seed)
{
  SyncRandomSeeded *self = g_object_new (SYNC_TYPE_RANDOM_SEEDED, NULL);

  g_rand_set_seed (self->rand, seed);
  return SYNC_RANDOM (self);
}

/**
 * sync_random_fill:
 * @self: a random source
 * @bytes: (out caller-allocates): where to write
 * @n_bytes: how many
 *
 * Fills a buffer with random bytes.
 */
void
sync_random_fill (SyncRandom *self, guint8 *bytes, gsize n_bytes)
{
  SYNC_RANDOM_GET_IFACE (self)->fill (self, bytes, n_bytes);
}

/**
 * sync_random_below:
 * @self: a random source
 * @limit: must not be 0
 *
 * Returns: a number from 0 to @limit - 1 (the bias of the remainder is below 2^-32 for every limit used here)
 */
guint64
sync_random_below (SyncRandom *self, guint64 limit)
{
  guint64 value = 0;

  g_return_val_if_fail (limit > 0, 0);
  sync_random_fill (self, (guint8 *) &value, sizeof value);
  return value % limit;
}

/**
 * sync_random_unit:
 * @self: a random source
 *
 * Returns: a number in [0, 1) with 53 random bits
 */
double
sync_random_unit (SyncRandom *self)
{
  return (double) sync_random_below (self, G_GUINT64_CONSTANT (1) << 53) / (double) (G_GUINT64_CONSTANT (1) << 53);
}
