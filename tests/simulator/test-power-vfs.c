/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SQLite, and the store, on a disk that loses power: what was promised is there afterwards, and nothing in half. */
#include "config.h"

#include <string.h>

#include "power-fixture.h"
#include "store-fixture.h"

#define SALES 100
#define CHECKPOINT_PAGES "25"
#define LONG_NOTE 5000 /* bytes: it overflows its page */

/* SQLite on it: a shop of sales, each with a line and a count, so that half a sale would be seen. */

typedef struct
{
  sqlite3 *db; /* (owned) */
  sqlite3_stmt *insert; /* (owned) (nullable) */
} Shop;

static char
note_letter (gint64 id)
{
  return (char) ('a' + id % 26);
}

static gsize
note_length (gint64 id)
{
  return id % 8 == 0 ? LONG_NOTE : (gsize) (id * 397 % 300);
}

/* Returns SQLite's code; the shop must be closed in any case. */
static int
open_shop (Disk *disk, const char *synchronous, Shop *shop)
{
  g_autofree char *sql
      = g_strdup_printf ("PRAGMA journal_mode = WAL; PRAGMA synchronous = %s;"
                         "PRAGMA wal_autocheckpoint = " CHECKPOINT_PAGES ";"
                         "BEGIN;"
                         "CREATE TABLE IF NOT EXISTS sale (id INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT;"
                         "CREATE TABLE IF NOT EXISTS line (sale INTEGER PRIMARY KEY) STRICT;"
                         "CREATE TABLE IF NOT EXISTS total (n INTEGER NOT NULL) STRICT;"
                         "CREATE TRIGGER IF NOT EXISTS sold AFTER INSERT ON sale BEGIN"
                         " INSERT INTO line VALUES (new.id); UPDATE total SET n = n + 1; END;"
                         "INSERT INTO total SELECT 0 WHERE NOT EXISTS (SELECT * FROM total);"
                         "COMMIT",
                         synchronous);
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXRESCODE;
  int rc;

  *shop = (Shop){ 0 };
  rc = sqlite3_open_v2 (disk->path, &shop->db, flags, NULL);
  if (rc == SQLITE_OK)
    rc = sqlite3_exec (shop->db, sql, NULL, NULL, NULL);
  if (rc == SQLITE_OK)
    rc = sqlite3_prepare_v2 (shop->db, "INSERT INTO sale VALUES (?1, ?2)", -1, &shop->insert, NULL);
  return rc;
}

static void
close_shop (Shop *shop)
{
  sqlite3_finalize (shop->insert);
  g_assert_cmpint (sqlite3_close (shop->db), ==, SQLITE_OK);
}

/* One transaction; returns SQLite's code. */
static int
sell (Shop *shop, gint64 id)
{
  g_autofree char *note = g_strnfill (note_length (id), note_letter (id));

  sqlite3_bind_int64 (shop->insert, 1, id);
  sqlite3_bind_text (shop->insert, 2, note, -1, SQLITE_TRANSIENT);
  sqlite3_step (shop->insert);
  return sqlite3_reset (shop->insert);
}

/* Opens the shop and sells until something fails or all is sold; returns how many sales were promised. */
static guint
run_shop (Disk *disk, const char *synchronous)
{
  Shop shop;
  guint n = 0;

  if (open_shop (disk, synchronous, &shop) == SQLITE_OK)
    while (n < SALES && sell (&shop, n + 1) == SQLITE_OK)
      n++;
  close_shop (&shop);
  return n;
}

static void
check_notes (Shop *shop)
{
  sqlite3_stmt *stmt;

  g_assert_cmpint (sqlite3_prepare_v2 (shop->db, "SELECT id, note FROM sale", -1, &stmt, NULL), ==, SQLITE_OK);
  while (sqlite3_step (stmt) == SQLITE_ROW)
    {
      gint64 id = sqlite3_column_int64 (stmt, 0);
      g_autofree char *note = g_strnfill (note_length (id), note_letter (id));

      g_assert_cmpstr ((const char *) sqlite3_column_text (stmt, 1), ==, note);
    }
  g_assert_cmpint (sqlite3_finalize (stmt), ==, SQLITE_OK);
}

/* -1: SQLite cannot tell. */
static gint64
get_number (Shop *shop, const char *sql)
{
  sqlite3_stmt *stmt = NULL;
  gint64 number = -1;

  if (sqlite3_prepare_v2 (shop->db, sql, -1, &stmt, NULL) == SQLITE_OK && sqlite3_step (stmt) == SQLITE_ROW)
    number = sqlite3_column_int64 (stmt, 0);
  sqlite3_finalize (stmt);
  return number;
}

static gboolean
is_whole (Shop *shop)
{
  return get_number (shop, "SELECT count (*) = 1 AND max (integrity_check) = 'ok' FROM pragma_integrity_check") == 1;
}

/* Opens the shop after a death; returns how many sales it has, all of them whole. */
static gint64
look_into_shop (Disk *disk)
{
  Shop shop;
  gint64 n;

  g_assert_cmpint (open_shop (disk, "FULL", &shop), ==, SQLITE_OK);
  g_assert_true (is_whole (&shop));
  n = get_number (&shop, "SELECT n FROM total");
  g_assert_cmpint (get_number (&shop, "SELECT count (*) FROM sale"), ==, n);
  g_assert_cmpint (get_number (&shop, "SELECT count (*) FROM line"), ==, n);
  g_assert_cmpint (get_number (&shop, "SELECT ifnull (max (id), 0) FROM sale"), ==, n);
  g_assert_cmpint (get_number (&shop, "SELECT ifnull (max (sale), 0) FROM line"), ==, n);
  check_notes (&shop);
  /* And it goes on from there. */
  g_assert_cmpint (sell (&shop, n + 1), ==, SQLITE_OK);
  close_shop (&shop);
  return n;
}

static void
revive (Disk *disk, PowerLoss how, guint32 seed)
{
  g_autoptr (SyncRandom) random = sync_random_seeded_new (seed);
  g_autofree char *shared = disk_dup_path (disk, "-shm");

  power_vfs_revive (how, random);
  if (how != POWER_KEEP)
    g_assert_false (g_file_test (shared, G_FILE_TEST_EXISTS));
}

static void
test_every_operation (Disk *disk, gconstpointer data)
{
  PowerLoss how = GPOINTER_TO_INT (data);
  guint n_unpromised = 0;
  guint nth = 1;

  for (;; nth += how == POWER_KEEP ? 5 : 1)
    {
      gint64 promised, found;

      disk_clear (disk);
      power_vfs_arm (nth);
      promised = run_shop (disk, "FULL");
      if (!power_vfs_is_dead ())
        break;
      revive (disk, how, nth);
      found = look_into_shop (disk);
      g_assert_cmpint (found, >=, promised);
      g_assert_cmpint (found, <=, promised + 1);
      n_unpromised += found > promised;
    }
  g_test_message ("%u operations, %u sales that were not promised", nth - 1, n_unpromised);
  g_assert_cmpuint (nth, >, 6 * SALES);
  /* What was in the disk's hands is not always lost. */
  g_assert_true ((n_unpromised > 0) == (how != POWER_LOSE));
}

/* With less care than FULL the disk does lose promised sales, and with none at all it damages the database. */
static void
test_less_care (Disk *disk, gconstpointer data)
{
  guint n_lost = 0, n_damaged = 0;

  for (guint nth = 20; nth < 6 * SALES; nth += 7)
    {
      Shop shop;
      gint64 promised;

      disk_clear (disk);
      power_vfs_arm (nth);
      promised = run_shop (disk, "NORMAL");
      revive (disk, nth % 2 == 0 ? POWER_LOSE : POWER_CHANCE, nth);
      n_lost += look_into_shop (disk) < promised;

      disk_clear (disk);
      power_vfs_arm (nth);
      run_shop (disk, "OFF");
      revive (disk, POWER_CHANCE, nth);
      n_damaged += open_shop (disk, "FULL", &shop) != SQLITE_OK || !is_whole (&shop);
      close_shop (&shop);
    }
  g_test_message ("NORMAL: %u shops lost a promised sale; OFF: %u were damaged", n_lost, n_damaged);
  g_assert_cmpuint (n_lost, >, 10);
  g_assert_cmpuint (n_damaged, >, 10);
}

static void
test_trouble (Disk *disk, gconstpointer data)
{
  static const int codes[] = { SQLITE_OK, SQLITE_FULL, SQLITE_IOERR_FSYNC };
  guint n_failed[G_N_ELEMENTS (codes)] = { 0 };
  gint64 promised = 0;
  Shop shop;

  g_assert_cmpint (open_shop (disk, "FULL", &shop), ==, SQLITE_OK);
  for (guint i = 0; i < 4 * SALES; i++)
    {
      PowerTrouble trouble = POWER_TROUBLE_NONE;
      int rc;

      if (i % 7 == 3)
        trouble = POWER_TROUBLE_FULL;
      else if (i % 5 == 2)
        trouble = POWER_TROUBLE_SYNC_FAILS;
      power_vfs_set_trouble (trouble);
      rc = sell (&shop, promised + 1);
      if (rc == SQLITE_OK)
        promised++;
      else
        g_assert_cmpint (rc, ==, codes[trouble]);
      n_failed[trouble] += rc != SQLITE_OK;
      if (i % 10 != 9)
        continue;
      /* In trouble or out of it. */
      power_vfs_die ();
      close_shop (&shop);
      revive (disk, i % 20 == 9 ? POWER_LOSE : POWER_CHANCE, i);
      power_vfs_set_trouble (POWER_TROUBLE_NONE);
      /* A sale that failed may have come to the disk all the same; then its number is taken. */
      g_assert_cmpint (look_into_shop (disk), >=, promised);
      g_assert_cmpint (open_shop (disk, "FULL", &shop), ==, SQLITE_OK);
      promised = get_number (&shop, "SELECT n FROM total");
    }
  close_shop (&shop);
  g_test_message ("%u full, %u not synced", n_failed[POWER_TROUBLE_FULL], n_failed[POWER_TROUBLE_SYNC_FAILS]);
  g_assert_cmpuint (n_failed[POWER_TROUBLE_NONE], ==, 0);
  g_assert_cmpuint (n_failed[POWER_TROUBLE_FULL], >, SALES / 4);
  g_assert_cmpuint (n_failed[POWER_TROUBLE_SYNC_FAILS], >, SALES / 4);
}

/* A checksum of the database and its log after a death at @nth. */
static char *
dup_death (Disk *disk, guint nth, guint32 seed)
{
  static const char *const suffixes[] = { "", "-wal" };
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);

  disk_clear (disk);
  power_vfs_arm (nth);
  run_shop (disk, "NORMAL");
  g_assert_true (power_vfs_is_dead ());
  revive (disk, POWER_CHANCE, seed);
  for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++)
    {
      g_autofree char *path = disk_dup_path (disk, suffixes[i]);
      g_autofree char *bytes = NULL;
      gsize n = 0;

      if (g_file_get_contents (path, &bytes, &n, NULL))
        g_checksum_update (checksum, (guint8 *) bytes, (gssize) n);
    }
  return g_strdup (g_checksum_get_string (checksum));
}

static void
test_same_seed (Disk *disk, gconstpointer data)
{
  guint n_different = 0;

  for (guint nth = 1; nth < 6 * SALES; nth += 23)
    {
      g_autofree char *first = dup_death (disk, nth, 1);
      g_autofree char *second = dup_death (disk, nth, 1);
      g_autofree char *other = dup_death (disk, nth, 2);

      g_assert_cmpstr (first, ==, second);
      n_different += !g_str_equal (first, other);
    }
  g_assert_cmpuint (n_different, >, 5);
}

/* Whoever waits for a lock here waits for himself: it takes no time. */
static void
test_busy (Disk *disk, gconstpointer data)
{
  Shop shop;
  Shop other;

  g_assert_cmpint (open_shop (disk, "FULL", &shop), ==, SQLITE_OK);
  g_assert_cmpint (open_shop (disk, "FULL", &other), ==, SQLITE_OK);
  sqlite3_busy_timeout (other.db, 3600 * 1000);
  g_assert_cmpint (sqlite3_exec (shop.db, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sell (&other, 1), ==, SQLITE_BUSY);
  g_assert_cmpint (sqlite3_exec (shop.db, "COMMIT", NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sell (&other, 1), ==, SQLITE_OK);
  close_shop (&other);
  close_shop (&shop);
}

static gint64
count_sales (Shop *shop)
{
  return get_number (shop, "SELECT count (*) FROM sale");
}

/* Two connections: each commit is seen at once by those who do not read just then, synced or not, and a reader keeps
 * what it began to read, also from a checkpoint. */
static void
test_reader (Disk *disk, gconstpointer data)
{
  Shop shop;
  Shop reader;
  int checkpoint;

  g_assert_cmpint (open_shop (disk, "NORMAL", &shop), ==, SQLITE_OK);
  g_assert_cmpint (sell (&shop, 1), ==, SQLITE_OK);
  g_assert_cmpint (open_shop (disk, "NORMAL", &reader), ==, SQLITE_OK);
  g_assert_cmpint (count_sales (&reader), ==, 1);
  g_assert_cmpint (sqlite3_exec (reader.db, "BEGIN; SELECT * FROM sale", NULL, NULL, NULL), ==, SQLITE_OK);
  for (gint64 id = 2; id <= SALES; id++)
    g_assert_cmpint (sell (&shop, id), ==, SQLITE_OK);
  checkpoint = sqlite3_wal_checkpoint_v2 (shop.db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
  g_assert_cmpint (checkpoint, ==, SQLITE_BUSY);
  g_assert_cmpint (count_sales (&reader), ==, 1);
  g_assert_cmpint (sqlite3_exec (reader.db, "COMMIT", NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (count_sales (&reader), ==, SALES);
  checkpoint = sqlite3_wal_checkpoint_v2 (shop.db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
  g_assert_cmpint (checkpoint, ==, SQLITE_OK);
  close_shop (&shop);
  g_assert_cmpint (count_sales (&reader), ==, SALES);
  close_shop (&reader);
}

/* With a journal, as a backup is written: nobody commits while another one reads. */
static void
test_journal (Disk *disk, gconstpointer data)
{
  Shop shop;
  Shop reader;

  g_assert_cmpint (open_shop (disk, "FULL", &shop), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (shop.db, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_open (disk->path, &reader.db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_prepare_v2 (reader.db, "SELECT * FROM total", -1, &reader.insert, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (reader.insert), ==, SQLITE_ROW);
  g_assert_cmpint (sqlite3_exec (shop.db, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sell (&shop, 1), ==, SQLITE_OK);
  g_assert_cmpint (count_sales (&reader), ==, 0);
  g_assert_cmpint (sqlite3_exec (shop.db, "COMMIT", NULL, NULL, NULL), ==, SQLITE_BUSY);
  g_assert_cmpint (sqlite3_exec (reader.db, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_BUSY);
  sqlite3_reset (reader.insert);
  g_assert_cmpint (sqlite3_exec (shop.db, "COMMIT", NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (count_sales (&reader), ==, 1);
  close_shop (&reader);
  close_shop (&shop);
}

/* The store on it. */

typedef struct
{
  Disk *disk; /* (unowned) */
  SyncClockVirtual *clock; /* (owned) */
  SyncStoreOptions options;
  gint64 free_bytes;
  GPtrArray *accepted; /* (owned) (element-type utf8): keys */
} Till;

static gint64
get_free_bytes (const char *directory, gpointer user_data)
{
  return *(gint64 *) user_data;
}

static gboolean
accept (SyncStore *store, const char *key)
{
  g_autoptr (GPtrArray) acceptances = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_acceptance_free);

  g_ptr_array_add (acceptances, sync_acceptance_new (store_fixture_create (key)));
  return sync_store_accept (store, acceptances, NULL)
         && ((SyncAcceptance *) g_ptr_array_index (acceptances, 0))->error == NULL;
}

static SyncStore *
open_till (Till *till, GError **error)
{
  return sync_store_open (till->disk->directory, &till->options, SYNC_CLOCK (till->clock), error);
}

/* Takes requests and begins to send them, until the machine dies. */
static void
run_till (Till *till)
{
  g_autoptr (SyncStore) store = open_till (till, NULL);
  guint attempt;

  for (guint i = 0; store != NULL && i < 8; i++)
    {
      g_autofree char *key = g_strdup_printf ("key-%u", i);
      g_autoptr (SyncRequest) sent = NULL;

      if (!accept (store, key))
        return;
      g_ptr_array_add (till->accepted, g_steal_pointer (&key));
      if (i % 3 == 0)
        sent = sync_store_claim (store, i + 1, NULL, &attempt, NULL);
    }
}

static void
check_till (Till *till)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncStore) store = open_till (till, &error);

  g_assert_no_error (error);
  g_assert_null (sync_store_get_loss_report (store));
  g_assert_null (sync_store_get_restore_report (store));
  g_assert_true (sync_store_check (store, &error));
  g_assert_true (sync_store_verify_audit (store, NULL, &error));
  for (guint i = 0; i < till->accepted->len; i++)
    {
      g_autoptr (SyncRequest) request = sync_store_find_key (store, SITE, "resource", "Sales Invoice",
                                                             g_ptr_array_index (till->accepted, i), &error);

      g_assert_no_error (error);
      g_assert_nonnull (request);
    }
  g_assert_true (accept (store, "one more"));
}

static void
test_store (Disk *disk, gconstpointer data)
{
  Till till = { .disk = disk, .free_bytes = G_GINT64_CONSTANT (10) * 1000 * 1000 * 1000 };
  guint nth = 1;

  till.clock = sync_clock_virtual_new ();
  till.options = (SyncStoreOptions){ .free_bytes = get_free_bytes, .free_bytes_data = &till.free_bytes };
  till.accepted = g_ptr_array_new_with_free_func (g_free);
  for (;; nth++)
    {
      disk_clear (disk);
      g_ptr_array_set_size (till.accepted, 0);
      power_vfs_arm (nth);
      run_till (&till);
      if (!power_vfs_is_dead ())
        break;
      revive (disk, nth % 3, nth);
      check_till (&till);
    }
  g_test_message ("%u operations, %u accepted", nth - 1, till.accepted->len);
  g_assert_cmpuint (till.accepted->len, ==, 8);
  g_ptr_array_unref (till.accepted);
  g_object_unref (till.clock);
}

int
main (int argc, char **argv)
{
  disk_test_init (&argc, &argv);
  disk_add_test ("/power-vfs/every-operation/keep", GINT_TO_POINTER (POWER_KEEP), test_every_operation);
  disk_add_test ("/power-vfs/every-operation/lose", GINT_TO_POINTER (POWER_LOSE), test_every_operation);
  disk_add_test ("/power-vfs/every-operation/chance", GINT_TO_POINTER (POWER_CHANCE), test_every_operation);
  disk_add_test ("/power-vfs/less-care", NULL, test_less_care);
  disk_add_test ("/power-vfs/trouble", NULL, test_trouble);
  disk_add_test ("/power-vfs/same-seed", NULL, test_same_seed);
  disk_add_test ("/power-vfs/busy", NULL, test_busy);
  disk_add_test ("/power-vfs/reader", NULL, test_reader);
  disk_add_test ("/power-vfs/journal", NULL, test_journal);
  disk_add_test ("/power-vfs/store", NULL, test_store);
  return g_test_run ();
}
