/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every statement that runs often has a name here and its text in sync-store-statement.c. */
#pragma once

#include <glib.h>
#include <sqlite3.h>

G_BEGIN_DECLS

/* The columns of a row without its bodies, in the order in which sync_store_row_read() finds them. */
#define SYNC_STORE_COLUMNS(X)                                                                                        \
  X (id) X (status) X (site) X (author) X (key) X (fingerprint) X (family) X (method) X (url) X (effective_url)      \
  X (headers) X (content_type) X (base_modified) X (resource_type) X (resource_id) X (server_name)                   \
  X (resource_version) X (lane) X (action) X (group_name) X (step) X (priority) X (order_ms) X (accepted_ms)         \
  X (updated_ms) X (retry_count) X (attempts) X (unaccounted) X (next_retry_at_ms) X (http_status) X (exc_type)      \
  X (error_message) X (needs_person) X (proof) X (discard_reason) X (superseded_by) X (undo_of)

/* Those that only the store reads. */
#define SYNC_STORE_OWN_COLUMNS(X) \
  X (is_head) X (waiting_on) X (place) X (due_boot_us) X (accepted_base_modified) X (resolution)

enum
{
#define SYNC_STORE_COLUMN_ENUM(name) SYNC_COLUMN_##name,
  SYNC_STORE_COLUMNS (SYNC_STORE_COLUMN_ENUM)
  SYNC_STORE_OWN_COLUMNS (SYNC_STORE_COLUMN_ENUM)
#undef SYNC_STORE_COLUMN_ENUM
  SYNC_COLUMN_accepted_sha256, /* the first of SYNC_STORE_BODY_LIST */
  SYNC_COLUMN_accepted_body,
  SYNC_COLUMN_effective_body,
  SYNC_COLUMN_base_document,
  SYNC_COLUMN_response,
};

#define SYNC_STORE_COLUMN_NAME(name) #name ", "
/* The bodies' places in a list without them are empty, so that one function reads both. */
#define SYNC_STORE_COLUMN_LIST \
  SYNC_STORE_COLUMNS (SYNC_STORE_COLUMN_NAME) SYNC_STORE_OWN_COLUMNS (SYNC_STORE_COLUMN_NAME)
#define SYNC_STORE_LIST SYNC_STORE_COLUMN_LIST "NULL, NULL, NULL, NULL, NULL"
#define SYNC_STORE_FULL SYNC_STORE_COLUMN_LIST "accepted_sha256, accepted_body, effective_body, base_document, response"

typedef enum
{
  SYNC_STATEMENT_BEGIN,
  SYNC_STATEMENT_COMMIT,
  SYNC_STATEMENT_ROLLBACK,
  SYNC_STATEMENT_SAVEPOINT,
  SYNC_STATEMENT_SAVEPOINT_RELEASE,
  SYNC_STATEMENT_SAVEPOINT_ROLLBACK,

  SYNC_STATEMENT_NEXT_ID,
  SYNC_STATEMENT_FIND_HOLDER,
  SYNC_STATEMENT_FIND_DISCARDED,
  SYNC_STATEMENT_FIND_DELIVERED,
  SYNC_STATEMENT_FIND_KEY,
  SYNC_STATEMENT_FIND_DISCARDED_KEY,
  SYNC_STATEMENT_INSERT_REQUEST,
  SYNC_STATEMENT_SUPERSEDE,

  SYNC_STATEMENT_CLAIM,
  SYNC_STATEMENT_INSERT_ATTEMPT,
  SYNC_STATEMENT_FINISH_ATTEMPT,
  SYNC_STATEMENT_UPDATE_REQUEST,
  SYNC_STATEMENT_SET_NEXT_RETRY,
  SYNC_STATEMENT_INSERT_DELIVERED,
  SYNC_STATEMENT_ADD_STATISTICS,

  SYNC_STATEMENT_LANE_OF_NAME,
  SYNC_STATEMENT_LANE_FIRST,
  SYNC_STATEMENT_LANE_HEAD,
  SYNC_STATEMENT_SET_HEAD,
  SYNC_STATEMENT_PASS_MODIFIED,
  SYNC_STATEMENT_INSERT_NAME,
  SYNC_STATEMENT_LEARN_PLACEHOLDER,

  SYNC_STATEMENT_PARENT,
  SYNC_STATEMENT_GROUP_PARENT,
  SYNC_STATEMENT_INSERT_DEPENDENCY,
  SYNC_STATEMENT_LIST_DEPENDENCIES,
  SYNC_STATEMENT_SET_WAITING,
  SYNC_STATEMENT_COPY_DEPENDENCIES,
  SYNC_STATEMENT_MOVE_DEPENDANTS,
  SYNC_STATEMENT_REACHES,
  SYNC_STATEMENT_MEET_ROWS,
  SYNC_STATEMENT_MEET,
  SYNC_STATEMENT_UNMEET_ROWS,
  SYNC_STATEMENT_UNMEET,
  SYNC_STATEMENT_LIST_PENDING_DEPENDANTS,
  SYNC_STATEMENT_FAIL_DEPENDANT,
  SYNC_STATEMENT_FIND_LOST_PARENT,

  SYNC_STATEMENT_ROW,
  SYNC_STATEMENT_ROW_FULL,
  SYNC_STATEMENT_LIST_DUE,
  SYNC_STATEMENT_LIST_DUE_OF_TYPES,
  SYNC_STATEMENT_LIST_TIMED,
  SYNC_STATEMENT_LIST_TIMED_OF_TYPES,
  SYNC_STATEMENT_ANY_DUE,
  SYNC_STATEMENT_NEXT_TIMED,
  SYNC_STATEMENT_LIST_ATTEMPTS,
  SYNC_STATEMENT_COUNTS,
  SYNC_STATEMENT_COUNT_NEED_PERSON,
  SYNC_STATEMENT_COUNT_OPEN_CONFLICTS,
  SYNC_STATEMENT_OLDEST_WAITING,
  SYNC_STATEMENT_COUNT_OTHER_SITES,

  SYNC_STATEMENT_INSERT_AUDIT,
  SYNC_STATEMENT_LAST_AUDIT,
  SYNC_STATEMENT_LIST_AUDIT,

  SYNC_STATEMENT_SET_METADATA,
  SYNC_STATEMENT_UNSET_METADATA,
  SYNC_STATEMENT_GET_METADATA,

  SYNC_STATEMENT_INSERT_CONFLICT,
  SYNC_STATEMENT_CLOSE_CONFLICT,
  SYNC_STATEMENT_OPEN_CONFLICT_OF,
  SYNC_STATEMENT_ADD_CONFLICT_HISTORY,
  SYNC_STATEMENT_CONFLICT,
  SYNC_STATEMENT_LIST_CONFLICTS,

  SYNC_N_STATEMENTS
} SyncStatementId;

/* A cached statement in use: reset and freed of its values at the end of the scope, so that it holds no lock and no
 * borrowed text. */
typedef sqlite3_stmt SyncStatement;
void sync_statement_release (SyncStatement *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncStatement, sync_statement_release)

G_END_DECLS
