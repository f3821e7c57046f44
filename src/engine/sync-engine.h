/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "sync-clock.h"
#include "sync-config.h"
#include "sync-credentials.h"
#include "sync-hooks.h"
#include "sync-merge.h"
#include "sync-random.h"
#include "sync-route.h"
#include "sync-store.h"
#include "sync-transport.h"

G_BEGIN_DECLS

/* The specification's three states of the engine. Derived, never stored. */
typedef enum
{
  SYNC_ENGINE_IDLE,
  SYNC_ENGINE_SYNCING,
  SYNC_ENGINE_FAILED,
} SyncEngineState;

/* Why the engine does what it does. */
typedef enum
{
  SYNC_CONDITION_ONLINE,
  SYNC_CONDITION_OFFLINE,        /* the server cannot be reached, or a person switched off line */
  SYNC_CONDITION_PAUSED,
  SYNC_CONDITION_SIGN_IN_NEEDED,
  SYNC_CONDITION_NOT_OUR_SERVER, /* captive portal, wrong site */
  SYNC_CONDITION_THROTTLED,
  SYNC_CONDITION_STORAGE_TROUBLE,
} SyncCondition;

GType sync_engine_state_get_type (void);
GType sync_condition_get_type (void);
#define SYNC_TYPE_ENGINE_STATE (sync_engine_state_get_type ())
#define SYNC_TYPE_CONDITION (sync_condition_get_type ())
const char *sync_engine_state_to_string (SyncEngineState state);
const char *sync_condition_to_string (SyncCondition condition);

/* Whether ERPNext enforces the idempotency key of a DocType. */
typedef enum
{
  SYNC_KEY_UNPROVEN,   /* not asked yet, or the server did not tell */
  SYNC_KEY_ENFORCED,
  SYNC_KEY_MISSING,    /* there is no such field */
  SYNC_KEY_NOT_UNIQUE, /* it is there, and takes the same key twice */
  SYNC_KEY_UNCHECKED,  /* it is there; whether it is unique nobody has seen who may */
  SYNC_KEY_UNREADABLE, /* this user cannot list such documents */
  SYNC_KEY_NOT_KEPT,   /* an answer lacked the key that was sent */
} SyncKeyState;

const char *sync_key_state_to_string (SyncKeyState state);

/* The key of one DocType; a value. */
typedef struct
{
  char *resource_type; /* (owned) */
  char *field;         /* (owned): that carries the key */
  gboolean shipped;    /* an app brings it along */
  SyncKeyState state;
  gint64 seen_ms;      /* when its definition was seen to be unique; 0: never, or it is shipped */
  char *words;         /* (owned): what that means, and the remedy */
} SyncKey;

void sync_key_free (SyncKey *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncKey, sync_key_free)

/* How a conflict ends. */
typedef enum
{
  SYNC_RESOLUTION_LOCAL_WINS,  /* this till's version is sent */
  SYNC_RESOLUTION_SERVER_WINS, /* it is given up */
  SYNC_RESOLUTION_MERGED,      /* fields of both are sent */
  SYNC_RESOLUTION_MANUAL,      /* what a person wrote is sent */
  SYNC_RESOLUTION_SKIP,        /* it stays open */
} SyncResolution;

gboolean sync_resolution_from_string (const char *name, SyncResolution *resolution);

/* A write that somebody hands over. Texts are borrowed for the time of the call. */
typedef struct
{
  const char *method;
  const char *url;          /* a path of the site, or a URL on it */
  const char *content_type; /* (nullable): JSON if NULL */
  const char *headers;      /* (nullable): JSON object; few are kept, and no secrets */
  GBytes *body;             /* (nullable) */
  GBytes *base;             /* (nullable): the document that the caller had read, JSON */
  const char *key;          /* (nullable): the caller's idempotency key */
  const char *author;       /* (nullable) */
  const char *group;        /* (nullable) */
  int priority;             /* -1: the route's */
  const gint64 *depends_on; /* (nullable) */
  guint n_depends_on;
} SyncSubmission;

#define SYNC_SUBMISSION_INIT { .priority = -1 }

typedef struct
{
  gint64 id;
  char *key;         /* (owned) */
  SyncState state;
  gboolean existing; /* the same write was accepted before */
} SyncSubmitted;

void sync_submitted_free (SyncSubmitted *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncSubmitted, sync_submitted_free)

/* What window, gateway and bus show; a value. */
typedef struct
{
  SyncEngineState state;
  SyncCondition condition;
  char *condition_detail;      /* (owned) (nullable): the transport's or the server's words */
  char *notice;                /* (owned) (nullable): something about the database that a person should know */
  gboolean paused;
  gboolean offline_by_hand;
  char **paused_types;         /* (owned) (nullable): only these DocTypes are paused */
  gint64 paused_until_ms;      /* 0: until resumed, or not paused */
  gint64 now_ms; /* wall clock: when this was true */
  gint64 next_try_ms; /* wall clock: when something will be tried next, @now_ms if it is a matter of turns;
                                  0: nothing waits for a try, or a person or a switch is in the way */
  gint64 tried_ms;             /* wall clock: when this run last learned something about the server, 0: never */
  gint64 last_sync_ms;         /* end of the last sweep that delivered or found nothing due, 0: never */
  gint64 last_duration_ms;     /* of the last sweep */
  guint64 success_count;
  guint64 failure_count;
  guint64 conflict_count;
  guint progress_done;         /* of the running sweep */
  guint progress_total;
  SyncCounts counts;
  gboolean safe_to_close;      /* nothing undelivered, nothing that needs a person */
  gboolean server_clock_known; /* an answer told the server's time; else the next two are 0 */
  gint64 server_clock_offset_ms; /* the server's clock minus ours: positive if ours is slow */
  gint64 server_clock_uncertainty_ms; /* how far the truth may lie from it */
  char *restore_report;        /* (owned) (nullable): what was found out and done about restored or copied data */
} SyncSnapshot;

gint64 sync_snapshot_get_later_try_ms (const SyncSnapshot *self);
SyncSnapshot *sync_snapshot_copy (const SyncSnapshot *self);
void sync_snapshot_free (SyncSnapshot *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncSnapshot, sync_snapshot_free)

/**
 * SyncEngine:
 *
 * Takes writes, delivers them, keeps the promise. Lives in the thread-default main context of the thread that made it
 * and must be used from there only.
 *
 * Signals, each emitted after the commit that made it true:
 * `state-changed (SyncEngineState state, SyncCondition condition)`,
 * `progress (uint done, uint total)`,
 * `request-changed (int64 id, int SyncState)`,
 * `conflict-opened (int64 conflict id, int64 request id)`,
 * `conflict-resolved (int64 conflict id, string resolution)`.
 *
 * Properties: `state`, `condition`, `n-pending` (pending and sending), `n-unknown`, `n-conflicts`, `n-failed`,
 * `progress-done`, `progress-total`, `last-sync-ms`, `paused`, `safe-to-close`.
 */
#define SYNC_TYPE_ENGINE (sync_engine_get_type ())
G_DECLARE_FINAL_TYPE (SyncEngine, sync_engine, SYNC, ENGINE, GObject)

SyncEngine *sync_engine_new (const SyncConfig *config, SyncStore *store, SyncTransport *transport,
                             SyncCredentials *credentials, SyncRouteTable *routes, SyncClock *clock,
                             SyncRandom *random);

/* Life */
gboolean sync_engine_start (SyncEngine *self, GError **error);
void sync_engine_stop (SyncEngine *self);
void sync_engine_safe_shutdown_async (SyncEngine *self, GCancellable *cancellable, GAsyncReadyCallback callback,
                                      gpointer user_data);
gboolean sync_engine_safe_shutdown_finish (SyncEngine *self, GAsyncResult *result, GError **error);
gboolean sync_engine_set_config (SyncEngine *self, const SyncConfig *config, GError **error);
const SyncConfig *sync_engine_get_config (SyncEngine *self);

/* Taking writes */
void sync_engine_submit_async (SyncEngine *self, const SyncSubmission *submission, GCancellable *cancellable,
                               GAsyncReadyCallback callback, gpointer user_data);
SyncSubmitted *sync_engine_submit_finish (SyncEngine *self, GAsyncResult *result, GError **error);
gboolean sync_engine_submit_get_holder (SyncEngine *self, GAsyncResult *result, gint64 *id, SyncState *state);

/* Steering */
gboolean sync_engine_force_sync (SyncEngine *self, const char *const *types, const gint64 *ids, guint n_ids,
                                 GError **error);
void sync_engine_pause (SyncEngine *self, gint64 for_ms, const char *const *types);
void sync_engine_resume (SyncEngine *self);
void sync_engine_set_offline (SyncEngine *self, gboolean offline);
void sync_engine_hold (SyncEngine *self, gint64 for_ms);
void sync_engine_hint_network (SyncEngine *self, gboolean metered);
void sync_engine_credentials_changed (SyncEngine *self);
void sync_engine_check_async (SyncEngine *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean sync_engine_check_finish (SyncEngine *self, GAsyncResult *result, GError **error);
void sync_engine_add_notice (SyncEngine *self, const char *words);

/* A person's decisions; each is durable when it returns TRUE */
gboolean sync_engine_retry (SyncEngine *self, gint64 id, const char *actor, GError **error);
gboolean sync_engine_edit (SyncEngine *self, gint64 id, GBytes *body, const char *actor, GError **error);
gboolean sync_engine_discard (SyncEngine *self, gint64 id, const char *reason, const char *actor, GError **error);
gboolean sync_engine_discard_with_dependants (SyncEngine *self, gint64 id, const char *reason, const char *actor,
                                              GError **error);
gboolean sync_engine_restore (SyncEngine *self, gint64 id, const char *actor, GError **error);
gboolean sync_engine_restore_with_dependants (SyncEngine *self, gint64 id, const char *actor, GError **error);
gboolean sync_engine_confirm (SyncEngine *self, gint64 id, gboolean arrived, const char *name, const char *actor,
                              GError **error);
void sync_engine_confirm_arrived_async (SyncEngine *self, gint64 id, const char *name, const char *actor,
                                        GAsyncReadyCallback callback, gpointer user_data);
gboolean sync_engine_confirm_arrived_finish (SyncEngine *self, GAsyncResult *result, GError **error);
gboolean sync_engine_resolve (SyncEngine *self, gint64 conflict_id, SyncResolution resolution, GBytes *document,
                              const char *actor, GError **error);
char *sync_engine_preview (SyncEngine *self, gint64 conflict_id, SyncResolution resolution, GBytes *document,
                           GError **error);
void sync_engine_set_merge_policies (SyncEngine *self, SyncMergePolicies *policies);
void sync_engine_set_hooks (SyncEngine *self, SyncHooks *hooks);
SyncHooks *sync_engine_get_hooks (SyncEngine *self);
gint64 sync_engine_undo_resolution (SyncEngine *self, gint64 conflict_id, const char *actor, GError **error);
gboolean sync_engine_clear_old (SyncEngine *self, guint days, guint *n_cleared, GError **error);

/* The keys of the DocTypes */
void sync_engine_list_keys_async (SyncEngine *self, GAsyncReadyCallback callback, gpointer user_data);
GPtrArray *sync_engine_list_keys_finish (SyncEngine *self, GAsyncResult *result, GError **error);
void sync_engine_make_keys_async (SyncEngine *self, const char *const *types, GAsyncReadyCallback callback,
                                  gpointer user_data);
GPtrArray *sync_engine_make_keys_finish (SyncEngine *self, GAsyncResult *result, GError **error);

/* A copy of the queue */
void sync_engine_backup_async (SyncEngine *self, const char *directory, GAsyncReadyCallback callback, gpointer user_data);
gboolean sync_engine_backup_finish (SyncEngine *self, GAsyncResult *result, GError **error);

/* Reading */
SyncSnapshot *sync_engine_dup_snapshot (SyncEngine *self);
SyncStore *sync_engine_get_store (SyncEngine *self);
SyncCredentials *sync_engine_get_credentials (SyncEngine *self);
const char *sync_engine_get_user (SyncEngine *self);

G_END_DECLS
