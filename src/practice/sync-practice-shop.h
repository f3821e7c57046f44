/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-clock.h"
#include "sync-random.h"

#include <gio/gio.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * SyncPracticeShop:
 *
 * A durable stand-in for an ERPNext site with POS Awesome: it answers over HTTP as a recorded site did, keeps
 * what it acknowledged in a SQLite file, counts every committed write, and fails on request. For tests, the
 * demonstration and benchmarks; it serves loopback only and has no secrets worth keeping.
 *
 * Users (`token KEY-<user>:SECRET`, also without the mail domain in <user>): `Administrator`,
 * `manager@example.com` (System Manager), `cashier@example.com` (sells), `clerk@example.com` (sells too),
 * `noroles@example.com` (nothing). Every password is `practice`.
 *
 * Thread: everything happens in the thread, and the thread-default main context, that called
 * sync_practice_shop_listen(); all functions must be called from that thread.
 */
#define SYNC_TYPE_PRACTICE_SHOP (sync_practice_shop_get_type ())
G_DECLARE_FINAL_TYPE (SyncPracticeShop, sync_practice_shop, SYNC, PRACTICE_SHOP, GObject)

/**
 * SyncPracticeFaultKind:
 * @SYNC_PRACTICE_FAULT_ANSWER: `answer` instead of handling the request; nothing is committed
 * @SYNC_PRACTICE_FAULT_ANSWER_AFTER: the request is handled and committed, then `answer` is sent in place of
 *   its own
 * @SYNC_PRACTICE_FAULT_RESET_ACCEPT: connection reset as soon as it is accepted (method, path and body cannot
 *   match)
 * @SYNC_PRACTICE_FAULT_RESET_REQUEST: connection reset when more than `bytes` bytes of the request would be
 *   read (method, path and body cannot match)
 * @SYNC_PRACTICE_FAULT_RESET_BEFORE: the whole request was read, then reset; nothing is committed
 * @SYNC_PRACTICE_FAULT_RESET_AFTER: handled and committed, then reset before any byte of the answer
 * @SYNC_PRACTICE_FAULT_RESET_ANSWER: handled and committed, reset after `bytes` bytes of the answer
 * @SYNC_PRACTICE_FAULT_TRUNCATE: handled and committed, orderly close after `bytes` bytes of the answer
 * @SYNC_PRACTICE_FAULT_STALL: never handled, never answered
 * @SYNC_PRACTICE_FAULT_STALL_AFTER: handled and committed, never answered
 * @SYNC_PRACTICE_FAULT_SLOW_BEFORE: handled after `delay_ms`
 * @SYNC_PRACTICE_FAULT_SLOW_AFTER: handled and committed at once, answered after `delay_ms`
 */
typedef enum
{
  SYNC_PRACTICE_FAULT_ANSWER,
  SYNC_PRACTICE_FAULT_ANSWER_AFTER,
  SYNC_PRACTICE_FAULT_RESET_ACCEPT,
  SYNC_PRACTICE_FAULT_RESET_REQUEST,
  SYNC_PRACTICE_FAULT_RESET_BEFORE,
  SYNC_PRACTICE_FAULT_RESET_AFTER,
  SYNC_PRACTICE_FAULT_RESET_ANSWER,
  SYNC_PRACTICE_FAULT_TRUNCATE,
  SYNC_PRACTICE_FAULT_STALL,
  SYNC_PRACTICE_FAULT_STALL_AFTER,
  SYNC_PRACTICE_FAULT_SLOW_BEFORE,
  SYNC_PRACTICE_FAULT_SLOW_AFTER,
} SyncPracticeFaultKind;

/**
 * SyncPracticeFault:
 * @kind: what happens
 * @method: (nullable): only requests with this verb
 * @path: (nullable): only requests whose path matches this glob (`*`, `?`); matched percent-decoded, without
 *   query
 * @contains: (nullable): only requests whose body contains this text
 * @answer: (nullable): for the ANSWER kinds the name of a prepared answer, see sync_practice_fault_answers()
 * @skip: let so many matching requests pass unharmed first
 * @count: then apply so many times; 0: until it is removed
 * @probability: chance of each application, 0 means 1
 * @delay_ms: for the SLOW kinds
 * @bytes: for RESET_REQUEST, RESET_ANSWER and TRUNCATE; for the answer `huge` its size
 * @retry_after_s: overrides the seconds of a `Retry-After` header where the answer has one; 0: the answer's
 *   own
 *
 * Of the faults that match a request the first one applies; a SLOW_BEFORE and a SLOW_AFTER may come with it.
 */
typedef struct
{
  SyncPracticeFaultKind kind;
  const char *method;
  const char *path;
  const char *contains;
  const char *answer;
  guint skip;
  guint count;
  double probability;
  gint64 delay_ms;
  gsize bytes;
  guint retry_after_s;
} SyncPracticeFault;

typedef enum
{
  SYNC_PRACTICE_MAINTENANCE_OFF,
  SYNC_PRACTICE_MAINTENANCE_STOPPED,   /* everything answers 503 SessionStopped */
  SYNC_PRACTICE_MAINTENANCE_READ_ONLY, /* reads work, writes answer 503 InReadOnlyMode */
} SyncPracticeMaintenance;

/**
 * SyncPracticeCommit:
 * @seq: rises by one with every committed write, in commit order
 * @doctype: the type of document
 * @name: its name
 * @key: (nullable): the value of its idempotency key (a unique field) at that time
 * @kind: `create`, `update`, `submit`, `update_after_submit`, `cancel`, `delete` or `rename`
 * @body: what was sent, as JSON text (of an update: only the fields sent)
 * @modified: the document's stamp after the write, in the site's time zone
 * @user: who
 * @at_us: when, microseconds of the wall clock
 */
typedef struct
{
  gint64 seq;
  const char *doctype;
  const char *name;
  const char *key;
  const char *kind;
  const char *body;
  const char *modified;
  const char *user;
  gint64 at_us;
} SyncPracticeCommit;

typedef void (*SyncPracticeCommitFunc) (const SyncPracticeCommit *commit, gpointer user_data);

SyncPracticeShop *sync_practice_shop_new (SyncClock *clock, SyncRandom *random, const char *database_path,
                                          GError **error);
SyncPracticeShop *sync_practice_shop_new_in_zone (SyncClock *clock, SyncRandom *random,
                                                  const char *database_path,
                                                  const char *time_zone, GError **error);

gboolean sync_practice_shop_listen (SyncPracticeShop *self, guint port, GError **error);
void sync_practice_shop_stop (SyncPracticeShop *self);
gboolean sync_practice_shop_is_listening (SyncPracticeShop *self);
guint sync_practice_shop_get_port (SyncPracticeShop *self);
const char *sync_practice_shop_get_base_url (SyncPracticeShop *self);
guint sync_practice_shop_get_n_connections (SyncPracticeShop *self);
guint64 sync_practice_shop_get_n_requests (SyncPracticeShop *self);

gboolean sync_practice_shop_set_user_enabled (SyncPracticeShop *self, const char *user, gboolean enabled);
gboolean sync_practice_shop_set_user_secret (SyncPracticeShop *self, const char *user, const char *secret);
char *sync_practice_shop_dup_session (SyncPracticeShop *self, const char *user, gboolean with_csrf);
void sync_practice_shop_set_maintenance (SyncPracticeShop *self, SyncPracticeMaintenance maintenance);
void sync_practice_shop_set_tracebacks (SyncPracticeShop *self, gboolean tracebacks);
void sync_practice_shop_set_keep_alive (SyncPracticeShop *self, gboolean keep_alive);
gboolean sync_practice_shop_remove_field (SyncPracticeShop *self, const char *doctype, const char *fieldname);

guint sync_practice_shop_add_fault (SyncPracticeShop *self, const SyncPracticeFault *fault);
guint sync_practice_shop_add_fault_json (SyncPracticeShop *self, JsonObject *spec, GError **error);
gboolean sync_practice_shop_remove_fault (SyncPracticeShop *self, guint id);
void sync_practice_shop_clear_faults (SyncPracticeShop *self);
guint sync_practice_shop_get_fault_hits (SyncPracticeShop *self, guint id);
const char *const *sync_practice_fault_answers (void);

guint64 sync_practice_shop_count (SyncPracticeShop *self, const char *doctype, const char *fieldname,
                                  const char *value);
guint64 sync_practice_shop_count_commits (SyncPracticeShop *self, const char *doctype, const char *name,
                                          const char *kind, const char *key);
JsonObject *sync_practice_shop_dup_doc (SyncPracticeShop *self, const char *doctype, const char *name);
void sync_practice_shop_foreach_commit (SyncPracticeShop *self, const char *doctype, const char *name,
                                        SyncPracticeCommitFunc func, gpointer user_data);
JsonObject *sync_practice_shop_dup_ledger (SyncPracticeShop *self, const char *doctype);

G_END_DECLS
