/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The database: durable enqueue beside a bare SQLite loop of the same row and indexes with the same durability, and
 * the reads of the dispatcher at 100,000 rows. Blocks of the two alternate, so that a change of the machine's load
 * meets both. */
#include "config.h"

#include "bench-sale.h"
#include "bench.h"

#include "sync-clock-system.h"
#include "sync-store.h"
#include "sync-test-directory.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <math.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#define BLOCKS 10
#define BLOCK_ROWS 200
#define MANY_ROWS 100000

static SyncRandom *random_source;
static SyncClock *clock_source;

static void
accept_block (SyncStore *store, guint n, guint per_commit, BenchSeries *series)
{
  for (guint i = 0; i < n; i += per_commit)
    {
      g_autoptr (GPtrArray) group = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_acceptance_free);
      g_autoptr (GError) error = NULL;
      gint64 begin;

      for (guint j = 0; j < per_commit; j++)
        g_ptr_array_add (group, sync_acceptance_new (bench_sale_new (random_source, clock_source)));
      begin = bench_now_ns ();
      if (!sync_store_accept (store, group, &error))
        g_error ("%s", error->message);
      bench_series_add (series, bench_now_ns () - begin);
    }
}

/* The bare loop: the table and its indexes as the store made them, no triggers, no other table. */
static sqlite3 *
open_bare (const char *path, const char *model)
{
  g_autofree char *attach = g_strdup_printf ("ATTACH '%s' AS model", model);
  g_autoptr (GPtrArray) statements = g_ptr_array_new_with_free_func (g_free);
  sqlite3_stmt *list;
  sqlite3 *db;

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  sqlite3_exec (db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL", NULL, NULL, NULL);
  sqlite3_exec (db, attach, NULL, NULL, NULL);
  sqlite3_prepare_v2 (db,
                      "SELECT sql FROM model.sqlite_master WHERE tbl_name = 'offline_requests' AND type IN ('table', 'index')"
                      " AND sql IS NOT NULL ORDER BY type DESC",
                      -1, &list, NULL);
  while (sqlite3_step (list) == SQLITE_ROW)
    g_ptr_array_add (statements, g_strdup ((const char *) sqlite3_column_text (list, 0)));
  sqlite3_finalize (list);
  sqlite3_exec (db, "DETACH model", NULL, NULL, NULL);
  for (guint i = 0; i < statements->len; i++)
    g_assert_cmpint (sqlite3_exec (db, g_ptr_array_index (statements, i), NULL, NULL, NULL), ==, SQLITE_OK);
  return db;
}

static void
bare_block (sqlite3 *db, guint n, BenchSeries *series)
{
  sqlite3_stmt *insert, *begin, *commit;

  sqlite3_prepare_v2 (db, "BEGIN IMMEDIATE", -1, &begin, NULL);
  sqlite3_prepare_v2 (db, "COMMIT", -1, &commit, NULL);
  g_assert_cmpint (sqlite3_prepare_v2 (db,
                                       "INSERT INTO offline_requests (status, is_head, order_ms, place, lane, site, family,"
                                       " resource_type, key, fingerprint, method, url, content_type, action, priority,"
                                       " accepted_ms, updated_ms, accepted_sha256, accepted_body) VALUES ('pending', 1, ?1,"
                                       " ?2, ?3, ?4, 'resource', 'Sales Invoice', ?5, ?6, 'POST', ?7, 'application/json',"
                                       " 'create', 0, ?1, ?1, ?6, ?8)",
                                       -1, &insert, NULL),
                   ==, SQLITE_OK);
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (SyncRequest) request = bench_sale_new (random_source, clock_source);
      g_autofree char *lane = g_strconcat ("Sales Invoice/+", request->key, NULL);
      gint64 started = bench_now_ns ();

      sqlite3_step (begin);
      sqlite3_reset (begin);
      sqlite3_bind_int64 (insert, 1, sync_clock_wall_ms (clock_source));
      sqlite3_bind_int64 (insert, 2, i);
      sqlite3_bind_text (insert, 3, lane, -1, SQLITE_STATIC);
      sqlite3_bind_text (insert, 4, request->site, -1, SQLITE_STATIC);
      sqlite3_bind_text (insert, 5, request->key, -1, SQLITE_STATIC);
      sqlite3_bind_text (insert, 6, request->fingerprint, -1, SQLITE_STATIC);
      sqlite3_bind_text (insert, 7, request->url, -1, SQLITE_STATIC);
      sqlite3_bind_blob (insert, 8, bench_sale, strlen (bench_sale), SQLITE_STATIC);
      g_assert_cmpint (sqlite3_step (insert), ==, SQLITE_DONE);
      sqlite3_reset (insert);
      g_assert_cmpint (sqlite3_step (commit), ==, SQLITE_DONE);
      sqlite3_reset (commit);
      bench_series_add (series, bench_now_ns () - started);
    }
  sqlite3_finalize (insert);
  sqlite3_finalize (begin);
  sqlite3_finalize (commit);
}

/* The disk alone: append 4 kB, fdatasync. */
static void
flush_block (int fd, guint n, BenchSeries *series)
{
  char block[4096];

  memset (block, 'x', sizeof block);
  for (guint i = 0; i < n; i++)
    {
      gint64 begin = bench_now_ns ();

      if (write (fd, block, sizeof block) != sizeof block || fdatasync (fd) != 0)
        g_error ("the disk: %s", g_strerror (errno));
      bench_series_add (series, bench_now_ns () - begin);
    }
}

static double
sum_s (const BenchSeries *series)
{
  gint64 sum = 0;

  for (guint i = 0; i < series->samples->len; i++)
    sum += g_array_index (series->samples, gint64, i);
  return sum / 1e9;
}

static void
bench_enqueue (void)
{
  char *directory = sync_test_directory_new ();
  SyncStoreOptions options = SYNC_STORE_OPTIONS_INIT;
  g_autofree char *model = g_build_filename (directory, SYNC_STORE_FILE, NULL);
  g_autofree char *bare_path = g_build_filename (directory, "bare.db", NULL);
  g_autofree char *flush_path = g_build_filename (directory, "flush", NULL);
  g_autoptr (SyncStore) store = NULL;
  BenchSeries ours, bare, flush, grouped;
  double rate, bare_rate;
  sqlite3 *db;
  int fd;

  options.reserve_bytes = 0;
  store = sync_store_open (directory, &options, clock_source, NULL);
  g_assert_nonnull (store);
  db = open_bare (bare_path, model);
  fd = g_open (flush_path, O_CREAT | O_WRONLY | O_APPEND, 0600);
  bench_series_init (&ours);
  bench_series_init (&bare);
  bench_series_init (&flush);
  bench_series_init (&grouped);
  for (guint i = 0; i < BLOCKS; i++)
    {
      accept_block (store, BLOCK_ROWS, 1, &ours);
      bare_block (db, BLOCK_ROWS, &bare);
      flush_block (fd, BLOCK_ROWS, &flush);
    }
  accept_block (store, 5000, 50, &grouped);
  rate = BLOCKS * BLOCK_ROWS / sum_s (&ours);
  bare_rate = BLOCKS * BLOCK_ROWS / sum_s (&bare);
  bench_print ("durable enqueue in process, one per commit", "rows/s", rate, "bare SQLite WAL+FULL", bare_rate, 0.6 * bare_rate);
  bench_print ("  p99 of one", "ms", bench_series_percentile_ms (&ours, 0.99), "bare", bench_series_percentile_ms (&bare, 0.99),
               NAN);
  bench_print ("  append 4 kB + fdatasync", "per s", BLOCKS * BLOCK_ROWS / sum_s (&flush), "", NAN, NAN);
  bench_print ("durable enqueue in process, 50 per commit", "rows/s", 5000 / sum_s (&grouped), "", NAN, NAN);
  sqlite3_close (db);
  close (fd);
  sync_store_close (store);
  bench_series_clear (&ours);
  bench_series_clear (&bare);
  bench_series_clear (&flush);
  bench_series_clear (&grouped);
  sync_test_directory_free (directory);
}

static void
time_reads (SyncStore *store, const char *label)
{
  BenchSeries due, next, counts;
  g_autofree char *due_label = g_strdup_printf ("due poll (10 rows), %s", label);
  g_autofree char *next_label = g_strdup_printf ("anything due?, %s", label);
  g_autofree char *count_label = g_strdup_printf ("all counts, %s", label);

  bench_series_init (&due);
  bench_series_init (&next);
  bench_series_init (&counts);
  for (guint i = 0; i < 2000; i++)
    {
      gint64 t0 = bench_now_ns (), t1, t2, t3;
      g_autoptr (GPtrArray) rows = sync_store_list_due (store, 10, NULL, NULL);
      SyncCounts found;

      t1 = bench_now_ns ();
      sync_store_get_next_due_us (store);
      t2 = bench_now_ns ();
      sync_store_get_counts (store, &found, NULL);
      t3 = bench_now_ns ();
      bench_series_add (&due, t1 - t0);
      bench_series_add (&next, t2 - t1);
      bench_series_add (&counts, t3 - t2);
    }
  bench_print (due_label, "ms p50", bench_series_percentile_ms (&due, 0.5), "", NAN, 0.05);
  bench_print (next_label, "ms p50", bench_series_percentile_ms (&next, 0.5), "", NAN, 0.05);
  bench_print (count_label, "ms p50", bench_series_percentile_ms (&counts, 0.5), "", NAN, NAN);
  bench_series_clear (&due);
  bench_series_clear (&next);
  bench_series_clear (&counts);
}

/* Opening a conflict is one transaction: claim, then the change to `conflict` with its row. */
static void
bench_conflicts (SyncStore *store)
{
  g_autoptr (GPtrArray) rows = sync_store_list_due (store, 200, NULL, NULL);
  BenchSeries series;

  bench_series_init (&series);
  for (guint i = 0; i < rows->len; i++)
    {
      const SyncRequest *row = g_ptr_array_index (rows, i);
      g_autoptr (SyncConflict) conflict = sync_conflict_new ();
      g_autoptr (SyncRequest) claimed = NULL;
      SyncChange change = SYNC_CHANGE_INIT;
      guint attempt;
      gint64 begin;

      claimed = sync_store_claim (store, row->id, NULL, &attempt, NULL);
      conflict->resource_type = g_strdup ("Sales Invoice");
      conflict->conflict_type = g_strdup ("edit_edit");
      conflict->local_data = g_strdup (bench_sale);
      conflict->server_data = g_strdup (bench_sale);
      change.id = row->id;
      change.from = SYNC_STATE_SENDING;
      change.to = SYNC_STATE_CONFLICT;
      change.attempt = attempt;
      change.unaccounted = 0;
      change.conflict = conflict;
      begin = bench_now_ns ();
      if (!sync_store_change (store, &change, NULL))
        g_error ("no conflict");
      bench_series_add (&series, bench_now_ns () - begin);
    }
  bench_print ("conflict written (row, history, audit; one commit)", "ms p50", bench_series_percentile_ms (&series, 0.5), "", NAN,
               NAN);
  bench_print ("  p99", "ms", bench_series_percentile_ms (&series, 0.99), "", NAN, NAN);
  bench_series_clear (&series);
}

static void
bench_reads (void)
{
  char *directory = sync_test_directory_new ();
  SyncStoreOptions options = SYNC_STORE_OPTIONS_INIT;
  g_autoptr (SyncStore) store = NULL;
  BenchSeries fill;

  options.reserve_bytes = 0;
  store = sync_store_open (directory, &options, clock_source, NULL);
  g_assert_nonnull (store);
  time_reads (store, "empty queue");
  bench_series_init (&fill);
  accept_block (store, MANY_ROWS, 100, &fill);
  bench_print ("filling 100,000 rows, 100 per commit", "rows/s", MANY_ROWS / sum_s (&fill), "", NAN, NAN);
  time_reads (store, "100,000 rows");
  bench_conflicts (store);
  bench_series_clear (&fill);
  sync_store_close (store);
  sync_test_directory_free (directory);
}

int
main (void)
{
  clock_source = sync_clock_system_new ();
  random_source = sync_random_kernel_new ();
  bench_enqueue ();
  bench_reads ();
  g_object_unref (clock_source);
  g_object_unref (random_source);
  return 0;
}
