/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The states of a request and every legal change between them: the only definition. From these two macros come the
 * enum, the names in the database, on the bus and in the log, the check in C and the triggers in SQL. */

#define SYNC_STATES(X)       \
  X (PENDING, "pending")     \
  X (SENDING, "sending")     \
  X (UNKNOWN, "unknown")     \
  X (CONFLICT, "conflict")   \
  X (FAILED, "failed")       \
  X (COMPLETED, "completed") \
  X (DISCARDED, "discarded")

/* One line a change: from, to, because. */
#define SYNC_EDGES(X)                                                                        \
  X (PENDING, SENDING, "claimed in the instant it is sent")                                  \
  X (PENDING, CONFLICT, "a look found another version on the server")                        \
  X (PENDING, COMPLETED, "a look found it already there")                                    \
  X (PENDING, FAILED, "it can never go: its parent was given up, or the route refuses it")   \
  X (PENDING, DISCARDED, "a person gave it up, or the same key replaced it")                 \
  X (PENDING, UNKNOWN, "the database was restored or copied")                                \
  X (SENDING, COMPLETED, "proof of delivery")                                                \
  X (SENDING, PENDING, "host trouble or a transient refusal, or the next step is due")       \
  X (SENDING, UNKNOWN, "bytes went out and no proof came back, or the program was killed")   \
  X (SENDING, FAILED, "the server refused it")                                               \
  X (SENDING, CONFLICT, "the server says that the document changed")                         \
  X (UNKNOWN, SENDING, "the same key again, where the server enforces it")                   \
  X (UNKNOWN, COMPLETED, "a look or a person found it delivered")                            \
  X (UNKNOWN, PENDING, "a look or a person found it absent")                                 \
  X (UNKNOWN, DISCARDED, "a person gave it up")                                              \
  X (UNKNOWN, CONFLICT, "a look found another version")                                      \
  X (UNKNOWN, FAILED, "a look found it absent and the server refused it")                    \
  X (CONFLICT, PENDING, "resolved: local, merged or by hand")                                \
  X (CONFLICT, DISCARDED, "resolved: server wins, or given up")                              \
  X (CONFLICT, UNKNOWN, "the database was restored or copied")                               \
  X (FAILED, PENDING, "a person: retry, or edit and retry")                                  \
  X (FAILED, COMPLETED, "late proof, or a person found it there")                            \
  X (FAILED, DISCARDED, "a person gave it up, or the same key replaced it")                  \
  X (FAILED, UNKNOWN, "the database was restored or copied")                                 \
  X (DISCARDED, PENDING, "a person took it back")                                            \
  X (DISCARDED, UNKNOWN, "a person took it back, and an attempt is unaccounted for")

typedef enum
{
#define SYNC_STATE_ENUM(id, name) SYNC_STATE_##id,
  SYNC_STATES (SYNC_STATE_ENUM)
#undef SYNC_STATE_ENUM
} SyncState;

enum
{
#define SYNC_STATE_COUNT(id, name) +1
  SYNC_N_STATES = 0 SYNC_STATES (SYNC_STATE_COUNT)
#undef SYNC_STATE_COUNT
};

const char *sync_state_to_string (SyncState state);
gboolean sync_state_from_string (const char *name, SyncState *state);
gboolean sync_state_can (SyncState from, SyncState to);
char *sync_state_dup_sql_edges (void);

G_END_DECLS
