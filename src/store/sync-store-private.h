/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the store share; nothing outside this directory includes it. */
#pragma once

#include <sqlite3.h>
#include <sys/types.h>

#include "sync-error.h"
#include "sync-store-statement.h"
#include "sync-store.h"

G_BEGIN_DECLS

#define SYNC_STORE_HASH_BYTES 32 /* SHA-256 */

/* Which file it is, whatever it is called. */
typedef struct
{
  dev_t device;
  ino_t number;
  off_t bytes;
} SyncStoreFileId;

struct _SyncStore
{
  GObject parent_instance;

  char *directory;  /* (owned) */
  char *path;       /* (owned): of the database */
  char *log_path;   /* (owned): of its write-ahead log */
  SyncClock *clock; /* (owned) (nullable): NULL for a reader */
  SyncStoreOptions options;
  sqlite3 *db;                                 /* (owned) (nullable): NULL once closed */
  sqlite3_stmt *statements[SYNC_N_STATEMENTS]; /* (owned) (nullable): prepared at first use */
  sqlite3_stmt *list;                          /* (owned) (nullable): that of the last sync_store_list() */
  GThread *thread; /* (unowned): the one that opened it, the only one that may use it */
  int lock_fd;     /* (owned): holds the directory, -1 for a reader */
  gboolean read_only;
  gboolean has_reserve;      /* the reserve file is in place */
  gboolean ended_clean;      /* the last process that wrote this database closed it */
  gboolean in_group;         /* verbs share one transaction until sync_store_commit_group() */
  gboolean group_begun;      /* it holds at least one verb */
  gboolean group_broken;     /* SQLite took the whole of it back */
  SyncStoreFileId file_id;   /* of the database that is open */
  SyncStoreFileId log_id;    /* of its log, with the size that the last commit left */
  gboolean watched;          /* these two are known */
  gboolean displaced;        /* one of them was found not to be at its path any more */
  gboolean cut;              /* it is at its path, but a part of it is missing */
  gboolean damaged;          /* damage was met in it */
  guint n_mended;            /* how often it was salvaged while it was open */
  char *news;                /* (owned) (nullable): what happened to the files, until somebody asks */
  guint recovered;           /* rows found `sending` when it was opened */
  char *loss_report;         /* (owned) (nullable) */
  char *restore_report;      /* (owned) (nullable) */
  char *witness_directory;   /* (owned) (nullable) */
  char *machine_id;          /* (owned) (nullable) */
  int witness_fd;            /* (owned): -1 if there is no witness */
  gint64 progress;           /* how far the database has come: the ids of its newest attempt and its newest audit
                                row, added up, the open transaction's included */
  gint64 witnessed;          /* the number that the witness holds */
  gboolean counts_known;     /* @counts are those of now, if @counts_at is the connection's number of changes */
  gint64 counts_at;
  SyncCounts counts;
  GChecksum *audit_checksum; /* (owned): reused */
  guint8 audit_hash[SYNC_STORE_HASH_BYTES]; /* of the newest audit row, the open transaction's included */
};

/* A row with what only the store needs of it. */
typedef struct
{
  SyncRequest *request; /* (owned) */
  gboolean is_head;
  guint waiting_on;     /* dependencies that are not met */
  gint64 place;         /* its position in the lane */
  gint64 due_boot_us;   /* 0: at once */
  char *resolution;     /* (owned) (nullable) */
} SyncStoreRow;

void sync_store_row_clear (SyncStoreRow *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SyncStoreRow, sync_store_row_clear)
#define SYNC_STORE_ROW_INIT { .request = NULL }

/* sync-store.c */
void sync_store_assert_usable (SyncStore *self);
void sync_store_disconnect (SyncStore *self);
gboolean sync_store_open_database (SyncStore *self, GError **error);
gboolean sync_store_connect (SyncStore *self, GError **error);
gboolean sync_store_connect_reader (SyncStore *self, GError **error);

/* sync-store-transaction.c */
typedef gboolean (*SyncStoreVerb) (SyncStore *self, gpointer data, GError **error);
gboolean sync_store_run_verb (SyncStore *self, SyncStoreVerb verb, gpointer data, GError **error);
gboolean sync_store_reload (SyncStore *self, GError **error);

/* sync-store-statement.c */
sqlite3_stmt *sync_store_prepare (SyncStore *self, SyncStatementId id, GError **error);
gboolean sync_store_bind (SyncStore *self, sqlite3_stmt *stmt, GError **error, const char *format, ...);
gboolean sync_store_step (SyncStore *self, sqlite3_stmt *stmt, gboolean *has_row, GError **error);
gboolean sync_store_run (SyncStore *self, SyncStatementId id, GError **error, const char *format, ...);
gboolean sync_store_exec (SyncStore *self, const char *sql, GError **error);
gboolean sync_store_query_int (SyncStore *self, const char *sql, gint64 *value, GError **error);
char **sync_store_dup_texts (SyncStore *self, SyncStatementId id, GError **error);
void sync_store_set_sqlite_error (SyncStore *self, int code, GError **error);
void sync_store_finalize_statements (SyncStore *self);

/* sync-store-file.c */
void sync_store_file_note (SyncStore *self);
void sync_store_file_note_commit (SyncStore *self);
gboolean sync_store_file_check (SyncStore *self, GError **error);
gboolean sync_store_file_check_room (SyncStore *self, GError **error);
gboolean sync_store_file_put_back (SyncStore *self, GError **error);
void sync_store_file_follow (SyncStore *self);
void sync_store_add_news (SyncStore *self, const char *words);

/* sync-store-backup.c */
gboolean sync_store_copy (SyncStore *source, const char *path, const char *marks, GError **error);
void sync_store_remove (const char *path);

/* sync-store-directory.c */
gboolean sync_store_directory_prepare (const char *directory, GError **error);
int sync_store_directory_lock (const char *directory, GError **error);
gboolean sync_store_directory_is_held (const char *directory, int fd);
gboolean sync_store_directory_create_file (const char *directory, const char *name, gboolean *created,
                                           GError **error);
gboolean sync_store_directory_sync (const char *directory, GError **error);
gint64 sync_store_directory_get_free_bytes (const char *directory, const SyncStoreOptions *options);
gboolean sync_store_directory_make_reserve (const char *directory, gint64 bytes);
gboolean sync_store_directory_has_reserve (const char *directory);
gboolean sync_store_directory_drop_reserve (const char *directory);
gboolean sync_store_directory_is_suspect (const char *directory);
void sync_store_directory_set_suspect (const char *directory, gboolean suspect);
gboolean sync_store_directory_rename (const char *directory, const char *suffix, const char *new_suffix,
                                      GError **error);

/* sync-store-schema.c */
#define SYNC_STORE_SCHEMA_VERSION 6
/* From here on the boot clock of the rows is that of this boot. */
#define SYNC_STORE_BEGIN_BOOT                                                                                          \
  "INSERT INTO sync_metadata (key, value, updated_ms) SELECT 'boot_first', coalesce (max (id), 0) + 1, 0"              \
  "  FROM offline_requests WHERE true ON CONFLICT DO UPDATE SET value = excluded.value;"
gboolean sync_store_schema_check (SyncStore *self, gboolean *is_new, GError **error);
gboolean sync_store_schema_migrate (SyncStore *self, GError **error);
gboolean sync_store_schema_fill_makers (SyncStore *self, GError **error);

/* sync-store-body.c */
GBytes *sync_store_body_encode (GBytes *body);
gsize sync_store_body_get_length (const guint8 *data, gsize size);
GBytes *sync_store_body_decode (const guint8 *data, gsize size, GError **error);
char *sync_store_body_checksum (GBytes *body);
GBytes *sync_store_body_cut (const char *text);

/* sync-store-row.c */
SyncRequest *sync_store_row_read (sqlite3_stmt *stmt);
gboolean sync_store_row_load (SyncStore *self, gint64 id, SyncStoreRow *row, GError **error);
SyncRequest *sync_store_row_load_full (SyncStore *self, gint64 id, GError **error);
gboolean sync_store_row_read_dependencies (SyncStore *self, SyncRequest *request, GError **error);
gboolean sync_store_row_read_lane (SyncStore *self, SyncRequest *request, GError **error);
gboolean sync_store_row_read_short_body (SyncStore *self, SyncRequest *request, gsize limit, GError **error);
char *sync_store_dup_column (sqlite3_stmt *stmt, int column);

/* sync-store-shown.c */
char *sync_store_shown_fold (const char *text);
gboolean sync_store_shown_write (SyncStore *self, gint64 id, GBytes *body, GError **error);
gboolean sync_store_shown_fill (SyncStore *self, GError **error);

/* sync-store-audit.c */
gboolean sync_store_audit_add (SyncStore *self, gint64 request_id, const char *from, SyncState to,
                               const char *actor, const char *reason, gint64 at_ms, GError **error);
gboolean sync_store_audit_load (SyncStore *self, GError **error);

/* sync-store-lane.c */
gboolean sync_store_lane_find (SyncStore *self, const SyncRequest *request, char **lane, GError **error);
gboolean sync_store_lane_follow_base (SyncStore *self, gint64 id, const char *lane, const char *base_modified,
                                      GError **error);
gboolean sync_store_lane_is_empty (SyncStore *self, const char *lane, gboolean *is_empty, GError **error);
gboolean sync_store_lane_move_head (SyncStore *self, const char *lane, gint64 head, GError **error);
gboolean sync_store_lane_end_sending (SyncStore *self, gint64 id, GError **error);
gboolean sync_store_lane_return (SyncStore *self, const SyncStoreRow *row, GError **error);
gboolean sync_store_lane_pass_modified (SyncStore *self, const SyncStoreRow *row, const char *modified,
                                        GError **error);
gboolean sync_store_lane_add_name (SyncStore *self, const SyncRequest *request, const char *lane,
                                   const char *name, const char *server_name, gint64 maker, gint64 now_ms,
                                   GError **error);
gboolean sync_store_lane_learn_name (SyncStore *self, const SyncRequest *request, const char *server_name,
                                     gint64 now_ms, GError **error);
gboolean sync_store_lane_reclaim_name (SyncStore *self, const SyncRequest *request, GError **error);

/* How a row that others wait for stands. */
typedef struct
{
  SyncState state;
  gboolean server_won; /* discarded because the server's version won, and there is one */
  char *server_name;   /* (owned) (nullable) */
} SyncStoreParent;

void sync_store_parent_clear (SyncStoreParent *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SyncStoreParent, sync_store_parent_clear)

/* sync-store-dependency.c */
gboolean sync_store_dependency_find_parent (SyncStore *self, gint64 *id, SyncStoreParent *parent,
                                            GError **error);
gboolean sync_store_dependency_add (SyncStore *self, gint64 id, const SyncRequest *request, GArray *mentioned,
                                    gint64 replaced, GError **error);
gboolean sync_store_dependency_renew (SyncStore *self, const SyncStoreRow *row, GArray *mentioned,
                                      GError **error);
gboolean sync_store_dependency_check_order (SyncStore *self, GArray *parents, gint64 row, const char *lane,
                                            gint64 place, GError **error);
gboolean sync_store_dependency_meet (SyncStore *self, gint64 parent, gboolean has_name, GError **error);
gboolean sync_store_dependency_unmeet (SyncStore *self, gint64 parent, GError **error);
gboolean sync_store_dependency_find_lost (SyncStore *self, gint64 id, gint64 *parent, gboolean *delivered,
                                          GError **error);
gboolean sync_store_dependency_refuse_lost (gint64 parent, gboolean delivered, GError **error);

/* A decision that reaches other rows: who took it and when, and the list of those that it changed. */
typedef struct
{
  const char *actor; /* (unowned) */
  gint64 now_ms;
  GArray *others;    /* (unowned) (nullable) (element-type SyncOtherChange) */
} SyncStoreSpread;

/* sync-store-dependant.c */
void sync_store_note_other (GArray *others, gint64 id, SyncState from, SyncState to);
gboolean sync_store_dependant_fail (SyncStore *self, gint64 parent, const SyncStoreSpread *spread,
                                    GError **error);
gboolean sync_store_dependant_fail_nameless (SyncStore *self, gint64 parent, const SyncStoreSpread *spread,
                                             GError **error);
gboolean sync_store_dependant_take_back (SyncStore *self, gint64 parent, const SyncStoreSpread *spread,
                                         GError **error);
gboolean sync_store_dependant_rewrite (SyncStore *self, const SyncRequest *parent, const char *name,
                                       const SyncStoreSpread *spread, GError **error);

/* What became of the placeholders in a request. */
typedef struct
{
  GArray *parents;   /* (owned) (element-type gint64): rows to wait for */
  char *url;         /* (owned) (nullable): with names in it; NULL where nothing changes */
  GBytes *body;      /* (owned) (nullable): the same */
  char *resource_id; /* (owned) (nullable): the same */
} SyncStoreMentions;

void sync_store_mentions_clear (SyncStoreMentions *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SyncStoreMentions, sync_store_mentions_clear)

/* sync-store-placeholder.c */
gboolean sync_store_placeholder_find (SyncStore *self, const SyncRequest *request, GBytes *body,
                                      SyncStoreMentions *mentions, GError **error);
gboolean sync_store_placeholder_apply (SyncStore *self, gint64 id, const SyncRequest *parent,
                                       const char *name, gboolean *changed, GError **error);
gboolean sync_store_placeholder_write (SyncStore *self, gint64 id, const SyncStoreMentions *mentions,
                                       GError **error);

/* sync-store-list.c */
SyncAttempt *sync_store_read_attempt (sqlite3_stmt *stmt);

/* sync-store-queue.c */
gboolean sync_store_find_holder (SyncStore *self, const SyncRequest *request, gint64 other_than,
                                 gint64 *holder, SyncState *state, GError **error);

/* sync-store-conflict.c */
gint64 sync_store_conflict_open (SyncStore *self, gint64 request_id, const SyncConflict *conflict,
                                 gint64 now_ms, GError **error);
gboolean sync_store_conflict_close (SyncStore *self, gint64 request_id, const char *status,
                                    const char *resolution, GBytes *result, const char *actor,
                                    const char *reason, gint64 now_ms, GError **error);

/* sync-store-witness.c */
typedef struct
{
  gint64 number;     /* how far it had come; before this version: the newest attempt's id, which is less */
  char *database_id; /* (owned) (nullable) */
  char *directory;   /* (owned) (nullable): in which the database was in use */
} SyncStoreWitness;

void sync_store_witness_clear (SyncStoreWitness *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SyncStoreWitness, sync_store_witness_clear)
gboolean sync_store_witness_read (SyncStore *self, SyncStoreWitness *witness);
gboolean sync_store_witness_find_other (SyncStore *self, const char *database_id, gint64 least,
                                        SyncStoreWitness *witness);
gboolean sync_store_witness_open (SyncStore *self, const char *database_id);
void sync_store_witness_sync (SyncStore *self);
void sync_store_witness_advance (SyncStore *self);
gboolean sync_store_witness_load (SyncStore *self, GError **error);
void sync_store_witness_close (SyncStore *self);

/* sync-store-restore.c */
#define SYNC_STORE_BACKUP_MARK "backup_made_ms" /* in the metadata of a copy that sync_store_backup() made */
gboolean sync_store_restore_check (SyncStore *self, gint64 now_ms, GError **error);
void sync_store_restore_witness (SyncStore *self);

/* sync-store-loss.c */
gboolean sync_store_loss_check (SyncStore *self, gboolean is_new, gint64 now_ms, GError **error);
gboolean sync_store_loss_tell (SyncStore *self, char *words, gboolean has_gaps, GError **error);

/* sync-store-page.c */
typedef struct
{
  int type;             /* SQLITE_INTEGER, SQLITE_TEXT, SQLITE_BLOB or SQLITE_NULL */
  gint64 number;        /* of an integer */
  const guint8 *bytes;  /* (unowned): of a text, without a zero at its end, or a blob */
  gsize size;
  gboolean is_cut;      /* not all of it is there; then it is SQLITE_NULL */
} SyncStorePageValue;

typedef gboolean (*SyncStorePageFunc) (gint64 id, const SyncStorePageValue *values, guint n, gpointer data,
                                       GError **error);
gboolean sync_store_page_scan (const char *path, SyncStorePageFunc func, gpointer data, GError **error);

/* sync-store-salvage.c */
gboolean sync_store_salvage (SyncStore *self, GError **error);
gboolean sync_store_mend (SyncStore *self, GError **error);

G_END_DECLS
