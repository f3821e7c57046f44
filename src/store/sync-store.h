/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "sync-clock.h"
#include "sync-request.h"

G_BEGIN_DECLS

#define SYNC_TYPE_STORE (sync_store_get_type ())
G_DECLARE_FINAL_TYPE (SyncStore, sync_store, SYNC, STORE, GObject)

#define SYNC_STORE_FILE "queue.db"

/* How the store is opened; start from SYNC_STORE_OPTIONS_INIT. */
typedef struct
{
  gint64 min_free_bytes; /* below this much free disk new writes are refused */
  gint64 reserve_bytes;  /* size of the file that is given up so that deliveries can still be recorded */
  gint64 (*free_bytes) (const char *directory, gpointer user_data); /* (nullable): instead of statvfs(), for tests */
  gpointer free_bytes_data;
  const char *witness_directory; /* (nullable): where the witness of this data directory is kept; NULL: there is none */
  const char *machine_id;        /* (nullable): of the machine; NULL: it has none. Both borrowed for the time of the call */
} SyncStoreOptions;

#define SYNC_STORE_OPTIONS_INIT { .min_free_bytes = 250 * 1000 * 1000, .reserve_bytes = 50 * 1000 * 1000 }

/* One request to be accepted, and what became of it. */
typedef struct
{
  SyncRequest *request; /* (owned): in; all but id, state, order and times is the caller's */
  gint64 id;            /* out: the row that stands for it now */
  SyncState state;      /* out: its state */
  gboolean existing;    /* out: the same key with the same content was there already */
  char *actor;          /* (owned) (nullable): in: who decided that, NULL: whose request it is */
  gint64 replaces;      /* in: a row in conflict whose place it takes under a key of its own, 0 if none */
  gint64 replaced;      /* out: the row that gave up its key to this one, 0 if none */
  GError *error;        /* (owned) (nullable): out: why this one alone was not accepted; the others were */
} SyncAcceptance;

SyncAcceptance *sync_acceptance_new (SyncRequest *request);
void sync_acceptance_free (SyncAcceptance *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncAcceptance, sync_acceptance_free)

/* A conflict, as the table holds it. Documents are JSON texts. */
typedef struct
{
  gint64 id;
  gint64 request_id;
  char *resource_type;   /* (owned) (nullable) */
  char *resource_id;     /* (owned) (nullable) */
  char *conflict_type;   /* (owned): "edit_edit", "edit_delete", "delete_edit", "submitted", "cancelled", "renamed", "name_taken" */
  char *base_data;       /* (owned) (nullable) */
  char *local_data;      /* (owned) (nullable) */
  char *server_data;     /* (owned) (nullable): NULL if the document is gone there */
  char *server_version;  /* (owned) (nullable): its `modified` */
  char *status;          /* (owned): "pending", "resolved" or "superseded" */
  char *resolution;      /* (owned) (nullable): "local_wins", "server_wins", "merged", "manual" */
  char *result_data;     /* (owned) (nullable) */
  char *resolved_by;     /* (owned) (nullable): a person, "policy …" or "hook …" */
  gint64 created_ms;
  gint64 resolved_ms;    /* 0 while it is open */
  gint64 asked_ms;       /* when it was left to a person; 0: hooks and policies have not decided that */
  char *why;             /* (owned) (nullable): why it was, in words */
  gint64 undone_by;      /* the request that undoes its resolution, 0 if none */
} SyncConflict;

SyncConflict *sync_conflict_new (void);
void sync_conflict_free (SyncConflict *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncConflict, sync_conflict_free)

/* One line of a conflict's history, which is only added to. */
typedef struct
{
  gint64 at_ms;
  char *event;      /* (owned): "opened", "asked", "skipped", "resolved", "superseded", "undone" */
  char *resolution; /* (owned) (nullable) */
  char *actor;      /* (owned) (nullable) */
  char *reason;     /* (owned) (nullable): in words */
} SyncConflictEvent;

void sync_conflict_event_free (SyncConflictEvent *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncConflictEvent, sync_conflict_event_free)

/* One try of a request, or one look for it. */
typedef struct
{
  gint64 id;
  gint64 request_id;
  guint number;        /* 1 for the first send; a look carries the number of the send that it looks for */
  char *kind;          /* (owned): "send", "look" or "person" */
  gint64 started_ms;
  gint64 duration_us;  /* -1 while it runs or if the program was killed */
  guint http_status;
  char *exc_type;      /* (owned) (nullable) */
  char *verdict;       /* (owned) (nullable) */
  char *message;       /* (owned) (nullable) */
  char *key_field;     /* (owned) (nullable): of a send: see SyncSend */
  char *sent_as;       /* (owned) (nullable): of a send */
  gint64 server_ms;    /* of a send */
} SyncAttempt;

void sync_attempt_free (SyncAttempt *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncAttempt, sync_attempt_free)

/* How an attempt is sent: what a look needs to know later. Texts are borrowed. */
typedef struct
{
  const char *key_field; /* (nullable): the field by which the server enforces the key; NULL: by none */
  gboolean is_pending;   /* the caller saw the row pending; an unknown one is looked for before it is sent */
  const char *user;      /* (nullable): whom the server takes us for; NULL: not known */
  gint64 server_ms;      /* the server's clock now, at the earliest; 0: not known */
} SyncSend;

/* One decision about one request; start from SYNC_CHANGE_INIT. @from equal to @to changes fields only.
 * Texts are borrowed; NULL keeps the column as it is. */
typedef struct
{
  gint64 id;
  SyncState from;
  SyncState to;
  guint attempt;             /* the send that this is the answer to, 0: not an answer to a send */
  int unaccounted;           /* sends whose effect is not known from now on, -1: as before */
  gint64 delay_ms;           /* until it is due again, 0 at once, -1: as before */
  int step;                  /* -1: as before */
  int needs_person;          /* 0, 1, or -1: as before */
  gboolean charge;           /* counts against MAX_RETRIES */
  gboolean reset_retries;    /* a person starts it afresh */
  guint http_status;         /* 0: as before; of a look: for the attempt row alone */
  const char *kind;          /* of the attempt row to add if @attempt is 0 and @verdict is given: "look" or "person" */
  const char *verdict;       /* for the attempt row */
  const char *exc_type;      /* of a look: for the attempt row alone */
  const char *message;       /* error_message; "" clears it */
  const char *heard;         /* for the attempt row, in the place of @message: what a look was told */
  const char *response;      /* the answer's body; long ones are cut */
  gint64 duration_us;        /* for the attempt row, -1: unknown */
  const char *server_name;
  const char *server_modified; /* of the answer: resource_version; with COMPLETED or a further step it goes along the lane */
  const char *base_modified; /* the version to send it against from now on */
  GBytes *effective_body;    /* (nullable): only on conflict or failed to pending */
  const char *proof;         /* with COMPLETED: "server", "look", "person" */
  const char *resolution;    /* with DISCARDED: "server_wins" counts as met for those who depend on it */
  const char *reason;        /* for discard and the audit */
  const char *actor;         /* "engine", or who decided; NULL: "engine" */
  const SyncConflict *conflict; /* (nullable): with CONFLICT: the conflict to open in the same transaction */
  gboolean with_dependants;  /* taken back from DISCARDED: so is what failed because of it */
  GArray *others;            /* (nullable) (element-type SyncOtherChange): gets the other rows that changed with it,
                                and this one if it became something else than @to */
} SyncChange;

/* A row that changed because another one did; @from equal to @to: an id in it was rewritten. */
typedef struct
{
  gint64 id;
  SyncState from;
  SyncState to;
} SyncOtherChange;

/* Which of those that depend on a request. */
typedef enum
{
  SYNC_DEPENDANTS_DIRECT,  /* all that name or mention it, whatever became of them */
  SYNC_DEPENDANTS_WAITING, /* undelivered, and waiting for it or for one that does: they fail if it is given up */
  SYNC_DEPENDANTS_LOST,    /* failed because it was given up, or because one of these failed */
  SYNC_DEPENDANTS_NAME,    /* undelivered, and waiting to learn what the server calls its document */
} SyncDependants;

/* Whether another row made a document of the server. */
typedef enum
{
  SYNC_MAKER_NONE,
  SYNC_MAKER_OTHER,
  SYNC_MAKER_UNCLEAR, /* one that is forgotten made it, or changed it */
} SyncMaker;

#define SYNC_CHANGE_INIT                                                                                       \
  {                                                                                                            \
    .unaccounted = -1, .delay_ms = -1, .step = -1, .needs_person = -1, .duration_us = -1                       \
  }

typedef struct
{
  guint n[SYNC_N_STATES];
  guint total;
  guint needs_person;        /* unknown rows that only a person can decide */
  guint pending_conflicts;
  gint64 oldest_waiting_ms;  /* accepted_ms of the oldest row that is neither completed nor discarded, 0 if none */
} SyncCounts;

/* To which sites the undelivered rows belong. */
typedef struct
{
  guint n_own;
  guint n_other;
  char *other;               /* (owned) (nullable): one of the others */
} SyncSites;

void sync_sites_clear (SyncSites *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SyncSites, sync_sites_clear)

typedef struct
{
  guint states;              /* bit set of (1 << SyncState); 0: all */
  const char *resource_type; /* (nullable) */
  gint64 after;              /* rows with a greater id only */
  guint limit;               /* 0: 100 */
  gsize body_limit; /* read the bodies that are to be sent, too, if they have at most so many bytes */
  gboolean newest_first;     /* then @after means "rows with a smaller id", 0 for the newest */
} SyncListFilter;

/* By what the requests that a person looks at are sorted, and by their ids where that is equal. */
typedef enum
{
  SYNC_SORT_ID, /* as they were taken */
  SYNC_SORT_DOCUMENT, /* DocType, then name */
  SYNC_SORT_PARTY,
  SYNC_SORT_AMOUNT,
  SYNC_SORT_STATE, /* what is in trouble first */
  SYNC_SORT_NEXT_TRY,
} SyncSort;

/* Which requests a person looks at, and in what order. Texts are borrowed. */
typedef struct
{
  guint states;              /* bit set of (1 << SyncState); 0: all */
  gboolean needs_person;     /* of the unknown ones only those that a person has to decide */
  const char *resource_type; /* (nullable) */
  const char *words;         /* (nullable): part of the customer, the document's name or the key; or the amount or the id */
  SyncSort sort;
  gboolean descending;
} SyncShown;

/* What happens to a conflict beside its end. */
typedef enum
{
  SYNC_CONFLICT_ASKED,   /* it is left to a person */
  SYNC_CONFLICT_SKIPPED, /* the person left it open */
} SyncConflictNote;

/* Opening */
SyncStore *sync_store_open (const char *directory, const SyncStoreOptions *options, SyncClock *clock, GError **error);
int sync_store_get_holder (const char *directory);
SyncStore *sync_store_open_reader (const char *directory, GError **error);
void sync_store_close (SyncStore *self);
const char *sync_store_get_directory (SyncStore *self);
int sync_store_get_format (SyncStore *self);
guint sync_store_get_recovered (SyncStore *self);
gboolean sync_store_get_ended_clean (SyncStore *self);
const char *sync_store_get_loss_report (SyncStore *self);
const char *sync_store_get_restore_report (SyncStore *self);
gboolean sync_store_check (SyncStore *self, GError **error);
gboolean sync_store_keep_file (SyncStore *self, GError **error);
char *sync_store_take_news (SyncStore *self);
gboolean sync_store_backup (const char *data_directory, const char *directory, gint64 now_ms, GError **error);

/* Verbs: each is one transaction, and durable when it returns TRUE */
gboolean sync_store_accept (SyncStore *self, GPtrArray *acceptances, GError **error);
SyncRequest *sync_store_claim (SyncStore *self, gint64 id, const SyncSend *send, guint *attempt, GError **error);
gboolean sync_store_change (SyncStore *self, const SyncChange *change, GError **error);
gboolean sync_store_learn_version (SyncStore *self, gint64 id, const char *modified, GError **error);
gboolean sync_store_clear_old (SyncStore *self, guint days, guint limit, guint *n_cleared, GError **error);
gboolean sync_store_set_metadata (SyncStore *self, const char *key, const char *value, GError **error);
gboolean sync_store_set_next_retry (SyncStore *self, gint64 id, gint64 delay_ms, GError **error);
gint64 sync_store_add_conflict (SyncStore *self, const SyncConflict *conflict, GError **error);
gboolean sync_store_note_conflict (SyncStore *self, gint64 id, SyncConflictNote note, const char *actor,
                                   const char *reason, GError **error);
gboolean sync_store_set_undone (SyncStore *self, gint64 id, gint64 request_id, const char *actor, GError **error);
gboolean sync_store_resolve_conflict (SyncStore *self, gint64 id, const char *resolution, const char *result_data,
                                      const char *resolved_by, GError **error);

/* Several of these verbs as one transaction: durable when the group is committed, and not before */
void sync_store_begin_group (SyncStore *self);
gboolean sync_store_commit_group (SyncStore *self, GError **error);
void sync_store_roll_back_group (SyncStore *self);

/* Reads */
GPtrArray *sync_store_list_due (SyncStore *self, guint limit, const char *const *types, GError **error);
gint64 sync_store_get_next_due_us (SyncStore *self);
gint64 sync_store_get_next_due_except_us (SyncStore *self, const char *const *types);
SyncRequest *sync_store_get (SyncStore *self, gint64 id, GError **error);
SyncRequest *sync_store_find_key (SyncStore *self, const char *site, const char *family, const char *resource_type,
                                  const char *key, GError **error);
gboolean sync_store_has_unsure_namesake (SyncStore *self, const SyncRequest *request);
SyncRequest *sync_store_get_confirmed (SyncStore *self, const SyncRequest *request, GError **error);
GPtrArray *sync_store_list (SyncStore *self, const SyncListFilter *filter, GError **error);
GArray *sync_store_list_shown (SyncStore *self, const SyncShown *shown, GError **error);
GPtrArray *sync_store_list_rows (SyncStore *self, const gint64 *ids, guint n, GError **error);
char **sync_store_dup_types (SyncStore *self, GError **error);
char *sync_store_dup_shown_plan (SyncStore *self, const SyncShown *shown);
GArray *sync_store_list_dependants (SyncStore *self, gint64 id, SyncDependants which, GError **error);
char **sync_store_dup_made_types (SyncStore *self, GError **error);
gboolean sync_store_is_made_by_other (SyncStore *self, const SyncRequest *request, const char *name);
gboolean sync_store_find_other_maker (SyncStore *self, const SyncRequest *request, const char *name, SyncMaker *maker,
                                      GError **error);
GPtrArray *sync_store_list_attempts (SyncStore *self, gint64 request_id, GError **error);
gboolean sync_store_get_counts (SyncStore *self, SyncCounts *counts, GError **error);
char *sync_store_dup_metadata (SyncStore *self, const char *key);
SyncConflict *sync_store_get_conflict (SyncStore *self, gint64 id, GError **error);
gint64 sync_store_find_open_conflict (SyncStore *self, gint64 request_id, GError **error);
GPtrArray *sync_store_list_conflicts (SyncStore *self, const char *status, guint limit, GError **error);
GPtrArray *sync_store_list_met_conflicts (SyncStore *self, const SyncRequest *request, const char *version);
GPtrArray *sync_store_list_decided_conflicts (SyncStore *self, gint64 after, guint limit, GError **error);
GPtrArray *sync_store_list_conflict_history (SyncStore *self, gint64 id, GError **error);
int sync_store_count_conflicts_of (SyncStore *self, gint64 request_id);
char *sync_store_dup_followed_name (SyncStore *self, const SyncRequest *request, GError **error);
char *sync_store_dup_version (SyncStore *self, const SyncRequest *request, const char *modified, gboolean *is_answer);
gboolean sync_store_count_undelivered (SyncStore *self, const char *site, SyncSites *sites, GError **error);
gboolean sync_store_verify_audit (SyncStore *self, guint64 *n_rows, GError **error);

G_END_DECLS
