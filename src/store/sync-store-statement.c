/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store's statements, prepared once and kept, and the few functions that bind and step them. Partial
 * indexes are named with INDEXED BY where a poll or an acceptance depends on them, so that a statement that
 * no longer fits its index fails in the first test instead of growing slow in a shop. The store's own thread. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "sync-store-private.h"
#include "sync-mutant.h"

#define OPEN "status NOT IN ('completed', 'discarded')"
#define CONFLICT_COLUMNS                                                                                       \
  "id, request_id, resource_type, resource_id, conflict_type, base_data, local_data, server_data,"             \
  " server_version, status, resolution, result_data, resolved_by, created_ms, resolved_ms, asked_ms, why,"     \
  " undone_by"
#define ATTEMPT_COLUMNS                                                                                        \
  "id, request_id, number, kind, started_ms, duration_us, http_status, exc_type, verdict, message, key_field," \
  " sent_as, server_ms"
#define READY "is_head = 1 AND waiting_on = 0 AND needs_person = 0 AND status IN ('pending', 'unknown')"
#define DUE READY " AND due_boot_us = 0"
#define TIMED READY " AND due_boot_us > 0"
#define SAME_KEY \
  "site = ?1 AND family = ?2 AND resource_type = ?3 AND rtrim (key) COLLATE NOCASE = rtrim (?4)"
#define OF_TYPES " AND resource_type IN (SELECT value FROM json_each (?3))"
#define EXCEPT_TYPES " AND resource_type NOT IN (SELECT value FROM json_each (?1))"
#define MIN_ID(state) \
  "SELECT min (id) AS id FROM offline_requests INDEXED BY requests_status WHERE status = '" state "'"

static const char *const texts[SYNC_N_STATEMENTS] = {
  [SYNC_STATEMENT_BEGIN] = "BEGIN IMMEDIATE",
  [SYNC_STATEMENT_COMMIT] = "COMMIT",
  [SYNC_STATEMENT_ROLLBACK] = "ROLLBACK",
  [SYNC_STATEMENT_SAVEPOINT] = "SAVEPOINT one",
  [SYNC_STATEMENT_SAVEPOINT_RELEASE] = "RELEASE one",
  [SYNC_STATEMENT_SAVEPOINT_ROLLBACK] = "ROLLBACK TO one",

  [SYNC_STATEMENT_NEXT_ID] = "SELECT coalesce (max (id), 0) + 1 FROM offline_requests",
  [SYNC_STATEMENT_FIND_HOLDER] =
    "SELECT id, status, fingerprint, attempts, unaccounted, step, server_name, lane, order_ms, place, is_head"
    " FROM offline_requests INDEXED BY requests_key WHERE " SAME_KEY " AND status <> 'discarded' AND id <>"
    " ?5",
  [SYNC_STATEMENT_FIND_DISCARDED] =
    "SELECT id FROM offline_requests INDEXED BY requests_discarded_key WHERE " SAME_KEY
    " AND status = 'discarded' AND fingerprint = ?5 AND superseded_by = 0 ORDER BY id DESC LIMIT 1",
  [SYNC_STATEMENT_FIND_SUPERSEDED] =
    "SELECT superseded_by, fingerprint = ?5 FROM offline_requests INDEXED BY requests_discarded_key WHERE " SAME_KEY
    " AND status = 'discarded' AND superseded_by <> 0 ORDER BY id DESC LIMIT 1",
  /* What the server called the document until now is the one that is in the way. */
  [SYNC_STATEMENT_MOVE_NAMES] =
    "UPDATE names SET request_id = ?2, server_name = NULL WHERE site = ?3 AND request_id = ?1",
  [SYNC_STATEMENT_KEEP_NAMES] =
    "UPDATE names SET updated_ms = max (updated_ms, ?2), server_name = coalesce ((SELECT r.server_name FROM offline_requests AS r"
    " WHERE r.id = names.request_id), server_name)"
    " WHERE lane IN (SELECT r.lane FROM json_each (?1) JOIN offline_requests AS r ON r.id = value)",
  [SYNC_STATEMENT_CLEAR_OLD] = "DELETE FROM offline_requests WHERE id IN (SELECT value FROM json_each (?1))",
  [SYNC_STATEMENT_KEEP_KEYS] =
    "UPDATE delivered_keys SET delivered_ms = max (delivered_ms, ?2) WHERE request_id IN (SELECT value FROM json_each (?1))",
  [SYNC_STATEMENT_FIND_DELIVERED] =
    "SELECT request_id, fingerprint FROM delivered_keys"
    " WHERE site = ?1 AND family = ?2 AND resource_type = ?3 AND key = rtrim (?4)",
  [SYNC_STATEMENT_FIND_KEY] =
    "SELECT id FROM offline_requests INDEXED BY requests_key WHERE " SAME_KEY " AND status <> 'discarded'",
  [SYNC_STATEMENT_FIND_DISCARDED_KEY] =
    "SELECT id FROM offline_requests INDEXED BY requests_discarded_key WHERE " SAME_KEY
    " AND status = 'discarded' ORDER BY id DESC LIMIT 1",
  [SYNC_STATEMENT_FIND_UNSURE_KEY] =
    "SELECT id FROM offline_requests INDEXED BY requests_discarded_key WHERE " SAME_KEY
    " AND status = 'discarded' AND unaccounted > 0 AND id <> ?5 LIMIT 1",
  [SYNC_STATEMENT_INSERT_REQUEST] =
    "INSERT INTO offline_requests (id, status, is_head, order_ms, place, lane, site, family, resource_type,"
    " key,"
    " fingerprint, method, url, effective_url, headers, content_type, author, action, group_name,"
    " resource_id,"
    " base_modified, accepted_base_modified, step, priority, accepted_ms, updated_ms, undo_of,"
    " accepted_sha256,"
    " accepted_body, effective_body, base_document, accepted_boot_us, accepted_server_ms, party, amount)"
    " VALUES (?1, 'pending', ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,"
    " ?10, ?11,"
    " ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?20, ?21, ?22, ?23, ?23, ?24, ?25, ?26, ?27, ?28,"
    " ?29, ?30, ?31, CAST (?32 AS REAL))",
  [SYNC_STATEMENT_BODY_TO_SHOW] =
    "SELECT id, content_type, CASE WHEN effective_body IS NULL THEN accepted_body ELSE effective_body END"
    " FROM offline_requests WHERE id > ?1 ORDER BY id LIMIT 1",
  [SYNC_STATEMENT_SET_SHOWN] =
    "UPDATE offline_requests SET party = ?2, amount = CAST (?3 AS REAL) WHERE id = ?1",
  [SYNC_STATEMENT_NEXT_VERSION] =
    "SELECT resource_version FROM offline_requests WHERE lane = ?1 AND base_modified = ?2"
    " AND status = 'completed' AND resource_version <> base_modified ORDER BY id DESC LIMIT 1",
  [SYNC_STATEMENT_LAST_COMPLETED] =
    "SELECT id, proof = 'person' AND resource_version IS NULL FROM offline_requests INDEXED BY requests_versions"
    " WHERE lane = ?1 AND status = 'completed' AND place < (SELECT place FROM offline_requests WHERE id = ?2)"
    " ORDER BY base_modified DESC LIMIT 1",
  [SYNC_STATEMENT_SET_VERSION] = "UPDATE offline_requests SET resource_version = ?2 WHERE id = ?1",
  [SYNC_STATEMENT_SET_BASE] = "UPDATE offline_requests SET base_modified = ?2 WHERE id = ?1",
  [SYNC_STATEMENT_SUPERSEDE] =
    "UPDATE offline_requests SET status = 'discarded', superseded_by = ?2, discard_reason = ?3, is_head = 0,"
    " needs_person = 0, due_boot_us = 0, next_retry_at_ms = 0, updated_ms = ?4 WHERE id = ?1",

  [SYNC_STATEMENT_CLAIM] =
    "UPDATE offline_requests SET status = 'sending', attempts = attempts + 1, unaccounted = unaccounted + 1,"
    " due_boot_us = 0, next_retry_at_ms = 0, updated_ms = ?2"
    " WHERE id = ?1 AND (status = 'pending' OR (status = 'unknown' AND NOT ?3)) AND is_head = 1 AND waiting_on = 0",
  [SYNC_STATEMENT_INSERT_SEND] =
    "INSERT INTO attempts (request_id, number, kind, started_ms, key_field, sent_as, server_ms)"
    " VALUES (?1, ?2, 'send', ?3, ?4, ?5, ?6)",
  [SYNC_STATEMENT_INSERT_ATTEMPT] =
    "INSERT INTO attempts (request_id, number, kind, started_ms, duration_us, http_status, exc_type,"
    " verdict, message)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
  [SYNC_STATEMENT_FINISH_ATTEMPT] =
    "UPDATE attempts SET duration_us = ?3, http_status = ?4, exc_type = ?5, verdict = ?6, message = ?7"
    " WHERE request_id = ?1 AND number = ?2 AND kind = 'send'",
  [SYNC_STATEMENT_UPDATE_REQUEST] =
    "UPDATE offline_requests SET status = ?2, is_head = ?3, needs_person = ?4, due_boot_us = ?5,"
    " next_retry_at_ms = ?6, step = ?7, retry_count = ?8, unaccounted = ?9, http_status = ?10, exc_type ="
    " ?11,"
    " error_message = ?12, server_name = ?13, resource_version = ?14, base_modified = ?15, proof = ?16,"
    " resolution = ?17, discard_reason = ?18, superseded_by = ?19, updated_ms = ?20,"
    " response = coalesce (?21, response), effective_body = coalesce (?22, effective_body),"
    " edited = max (edited, ?22 IS NOT NULL) WHERE id = ?1",
  [SYNC_STATEMENT_SET_NEXT_RETRY] =
    "UPDATE offline_requests SET due_boot_us = ?2, next_retry_at_ms = ?3, updated_ms = ?4"
    " WHERE id = ?1 AND status IN ('pending', 'unknown')",
  [SYNC_STATEMENT_LIST_UNDELIVERED] =
    "SELECT id, status FROM offline_requests INDEXED BY requests_status"
    " WHERE status IN ('pending', 'sending', 'unknown', 'conflict', 'failed') ORDER BY id",
  [SYNC_STATEMENT_DOUBT] =
    "UPDATE offline_requests SET status = 'unknown', unaccounted = max (unaccounted, 1), due_boot_us = 0,"
    " next_retry_at_ms = 0, updated_ms = ?2 WHERE id = ?1",
  [SYNC_STATEMENT_INSERT_DELIVERED] =
    "INSERT INTO delivered_keys (site, family, resource_type, key, fingerprint, server_name, request_id,"
    " delivered_ms)"
    " VALUES (?1, ?2, ?3, rtrim (?4), ?5, ?6, ?7, ?8) ON CONFLICT DO UPDATE SET fingerprint ="
    " excluded.fingerprint,"
    " server_name = excluded.server_name, request_id = excluded.request_id, delivered_ms ="
    " excluded.delivered_ms",
  [SYNC_STATEMENT_ADD_STATISTICS] =
    "INSERT INTO statistics (hour_ms, delivered, failed, conflicts, retries, latency_sum_ms, latency_max_ms)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6) ON CONFLICT DO UPDATE SET delivered = delivered +"
    " excluded.delivered,"
    " failed = failed + excluded.failed, conflicts = conflicts + excluded.conflicts,"
    " retries = retries + excluded.retries, latency_sum_ms = latency_sum_ms + excluded.latency_sum_ms,"
    " latency_max_ms = max (latency_max_ms, excluded.latency_max_ms)",

  [SYNC_STATEMENT_LANE_OF_NAME] = "SELECT lane FROM names WHERE site = ?1 AND resource_type = ?2 AND name ="
    " ?3",
  [SYNC_STATEMENT_LANE_FIRST] =
    "SELECT id FROM offline_requests INDEXED BY requests_lane WHERE lane = ?1 AND " OPEN " ORDER BY place"
    " LIMIT 1",
  [SYNC_STATEMENT_LANE_HEAD] =
    "SELECT id, status, place FROM offline_requests INDEXED BY requests_lane WHERE lane = ?1 AND " OPEN
    " AND is_head = 1 ORDER BY place LIMIT 1",
  [SYNC_STATEMENT_SET_HEAD] = "UPDATE offline_requests SET is_head = ?2 WHERE id = ?1",
  [SYNC_STATEMENT_PASS_MODIFIED] =
    "UPDATE offline_requests INDEXED BY requests_lane SET base_modified = ?4 WHERE lane = ?1 AND place > ?2"
    " AND " OPEN " AND site = ?3 AND (base_modified IS NULL OR base_modified = ?5)",
  [SYNC_STATEMENT_INSERT_NAME] =
    "INSERT INTO names (site, resource_type, name, lane, server_name, updated_ms, request_id) VALUES (?1, ?2,"
    " ?3, ?4, ?5, ?6, ?7)"
    " ON CONFLICT DO UPDATE SET server_name = coalesce (excluded.server_name, server_name), updated_ms = ?6,"
    " request_id = CASE WHEN ?7 <> 0 THEN ?7 ELSE request_id END",
  [SYNC_STATEMENT_LEARN_PLACEHOLDER] =
    "UPDATE names SET server_name = ?4, updated_ms = ?5 WHERE site = ?1 AND resource_type = ?2 AND name = ?3",

  [SYNC_STATEMENT_RECLAIM_PLACEHOLDER] =
    "UPDATE names SET request_id = ?4 WHERE site = ?1 AND resource_type = ?2 AND name = ?3 AND request_id <> 0",
  /* What `names` calls the document counts only where the row is gone: it may come from an earlier life of
   * the key. */
  [SYNC_STATEMENT_FIND_MAKER] =
    "SELECT r.id, n.server_name FROM names AS n INDEXED BY names_placeholder LEFT JOIN offline_requests AS r"
    " ON r.id = n.request_id WHERE n.site = ?1 AND n.name = ?2 AND n.request_id <> 0 ORDER BY n.request_id",
  [SYNC_STATEMENT_LIST_MADE_TYPES] =
    "SELECT DISTINCT resource_type FROM offline_requests WHERE action = 'create' AND resource_type <> ''",
  [SYNC_STATEMENT_MADE_BY_OTHER] =
    "SELECT 1 FROM names AS n JOIN offline_requests AS r INDEXED BY requests_versions ON r.lane = n.lane"
    " AND r.status = 'completed' WHERE n.site = ?1 AND n.resource_type = ?2 AND n.name = ?3 AND r.id <> ?4"
    " AND r.action = 'create' AND r.server_name = ?3 COLLATE NOCASE LIMIT 1",
  /* Of a row that is forgotten nobody knows whether it made the document or changed it. */
  [SYNC_STATEMENT_FIND_OTHER_MAKER] =
    "SELECT 1 FROM offline_requests WHERE site = ?1 AND resource_type = ?2 AND action = ?3 AND id <> ?4"
    " AND server_name = ?5 COLLATE NOCASE"
    " UNION ALL SELECT 2 FROM delivered_keys AS k WHERE site = ?1 AND resource_type = ?2 AND request_id <> ?4"
    " AND server_name = ?5 COLLATE NOCASE"
    " AND NOT EXISTS (SELECT 1 FROM offline_requests AS r WHERE r.id = k.request_id) ORDER BY 1 LIMIT 1",
  [SYNC_STATEMENT_SET_EFFECTIVE] =
    "UPDATE offline_requests SET effective_url = coalesce (?2, effective_url),"
    " effective_body = coalesce (?3, effective_body), resource_id = coalesce (?4, resource_id)"
    " WHERE id = ?1",

  /* The server's version won, and there is one: a document that is gone helps nobody who waits for it. */
  [SYNC_STATEMENT_PARENT] =
    "SELECT status, superseded_by, resolution IS 'server_wins' AND coalesce ((SELECT server_data IS NOT NULL"
    " FROM sync_conflicts WHERE request_id = r.id ORDER BY id DESC LIMIT 1), 1),"
    /* The document whose name was taken is not this row's own, but serves those who wait. */
    " coalesce (server_name, CASE WHEN status = 'discarded' AND resolution IS 'server_wins' THEN (SELECT"
    "  CASE conflict_type WHEN 'name_taken' THEN resource_id END FROM sync_conflicts WHERE request_id = r.id"
    "  ORDER BY id DESC LIMIT 1) END)"
    " FROM offline_requests AS r WHERE id = ?1",
  [SYNC_STATEMENT_GROUP_PARENT] =
    "SELECT id FROM offline_requests INDEXED BY requests_group WHERE group_name = ?1 AND site = ?2"
    " AND id < ?3 AND status <> 'discarded' ORDER BY id DESC LIMIT 1",
  [SYNC_STATEMENT_INSERT_DEPENDENCY] =
    "INSERT INTO dependencies (request_id, depends_on, met, named, mentioned) VALUES (?1, ?2, ?3, ?4, ?5)"
    " ON CONFLICT DO UPDATE SET named = max (named, ?4), mentioned = max (mentioned, ?5)",
  [SYNC_STATEMENT_LIST_DEPENDENCIES] = "SELECT depends_on FROM dependencies WHERE request_id = ?1 ORDER BY"
    " depends_on",
  [SYNC_STATEMENT_SET_WAITING] =
    "UPDATE offline_requests SET waiting_on = (SELECT count (*) FROM dependencies WHERE request_id = ?1 AND"
    " met = 0)"
    " WHERE id = ?1",
  [SYNC_STATEMENT_COPY_DEPENDENCIES] =
    "INSERT INTO dependencies (request_id, depends_on, met)"
    " SELECT ?2, depends_on, met FROM dependencies WHERE request_id = ?1 AND named = 1"
    " ON CONFLICT DO UPDATE SET named = 1",
  [SYNC_STATEMENT_MOVE_DEPENDANTS] = "UPDATE dependencies SET depends_on = ?2 WHERE depends_on = ?1 AND met"
    " = 0",
  [SYNC_STATEMENT_REACHES] =
    "WITH RECURSIVE up (id) AS (SELECT ?1 UNION SELECT d.depends_on FROM dependencies AS d"
    " JOIN up ON d.request_id = up.id WHERE d.met = 0"
    /* The row before it in its lane; nothing that is done holds anybody up. */
    " UNION SELECT (SELECT b.id FROM offline_requests AS b INDEXED BY requests_lane WHERE b.lane = r.lane"
    "  AND b.place < r.place AND b." OPEN " ORDER BY b.place DESC LIMIT 1)"
    "  FROM up JOIN offline_requests AS r ON r.id = up.id WHERE r." OPEN ")"
    " SELECT 1 FROM up JOIN offline_requests AS r ON r.id = up.id"
    " WHERE up.id = ?2 OR (r.lane = ?3 AND r.place > ?4 AND r." OPEN ") LIMIT 1",
  [SYNC_STATEMENT_MEET_ROWS] =
    "UPDATE offline_requests SET waiting_on = waiting_on - 1"
    " WHERE id IN (SELECT request_id FROM dependencies WHERE depends_on = ?1 AND met = 0 AND mentioned <= ?2)",
  [SYNC_STATEMENT_MEET] =
    "UPDATE dependencies SET met = 1 WHERE depends_on = ?1 AND met = 0 AND mentioned <= ?2",
  [SYNC_STATEMENT_UNMEET_ROWS] =
    "UPDATE offline_requests SET waiting_on = waiting_on + 1 WHERE status = 'pending'"
    " AND id IN (SELECT request_id FROM dependencies WHERE depends_on = ?1 AND met = 1)",
  [SYNC_STATEMENT_UNMEET] =
    "UPDATE dependencies SET met = 0 WHERE depends_on = ?1 AND met = 1"
    " AND (SELECT status FROM offline_requests WHERE id = request_id) = 'pending'",
  [SYNC_STATEMENT_LIST_DEPENDANTS] =
    "SELECT r.id, r.status, d.met, d.mentioned, d.lost FROM dependencies AS d"
    " JOIN offline_requests AS r ON r.id = d.request_id WHERE d.depends_on = ?1 ORDER BY r.id",
  [SYNC_STATEMENT_FAIL_DEPENDANT] =
    "UPDATE offline_requests SET status = 'failed', error_message = ?2, due_boot_us = 0, next_retry_at_ms ="
    " 0,"
    " needs_person = 0, updated_ms = ?3 WHERE id = ?1",
  [SYNC_STATEMENT_ASK_DEPENDANTS] =
    "UPDATE offline_requests SET needs_person = 1, error_message = ?2, updated_ms = ?3 WHERE status = 'unknown'"
    " AND id IN (SELECT request_id FROM dependencies WHERE depends_on = ?1 AND met = 0)",
  [SYNC_STATEMENT_TAKE_BACK_DEPENDANT] =
    "UPDATE offline_requests SET status = 'pending', error_message = NULL, retry_count = 0, due_boot_us = 0,"
    " next_retry_at_ms = 0, needs_person = 0, updated_ms = ?2 WHERE id = ?1",
  [SYNC_STATEMENT_MARK_LOST] = "UPDATE dependencies SET lost = 1 WHERE request_id = ?1 AND depends_on = ?2",
  [SYNC_STATEMENT_CLEAR_LOST] = "UPDATE dependencies SET lost = 0 WHERE request_id = ?1 AND lost = 1",
  [SYNC_STATEMENT_CLEAR_MENTIONS] = "UPDATE dependencies SET mentioned = 0 WHERE request_id = ?1",
  [SYNC_STATEMENT_DROP_UNFOUNDED] =
    "DELETE FROM dependencies WHERE request_id = ?1 AND named = 0 AND mentioned = 0",
  /* Given up, forgotten, or delivered and still not met: its document's name is not known. */
  [SYNC_STATEMENT_FIND_LOST_PARENT] =
    /* One that is no longer there was delivered: nothing else is ever forgotten. */
    "SELECT d.depends_on, coalesce (p.status, 'completed') FROM dependencies AS d"
    " LEFT JOIN offline_requests AS p ON p.id = d.depends_on"
    " WHERE d.request_id = ?1 AND d.met = 0 AND (p.id IS NULL OR p.status IN ('discarded', 'completed')) LIMIT 1",

  [SYNC_STATEMENT_ROW] = "SELECT " SYNC_STORE_LIST " FROM offline_requests WHERE id = ?1",
  [SYNC_STATEMENT_LIST_ROWS] =
    "SELECT " SYNC_STORE_LIST " FROM offline_requests WHERE id IN (SELECT value FROM json_each (?1)) ORDER BY id",
  [SYNC_STATEMENT_LIST_TYPES] =
    "WITH RECURSIVE states (status) AS (SELECT status FROM request_counts WHERE n > 0),"
    " found (status, type) AS (SELECT status, (SELECT min (resource_type) FROM offline_requests INDEXED BY requests_shown"
    "  WHERE status = states.status) FROM states"
    " UNION ALL SELECT status, (SELECT min (resource_type) FROM offline_requests INDEXED BY requests_shown"
    "  WHERE status = found.status AND resource_type > found.type) FROM found WHERE type IS NOT NULL)"
    " SELECT DISTINCT type FROM found WHERE type <> '' ORDER BY type",
  [SYNC_STATEMENT_ROW_FULL] = "SELECT " SYNC_STORE_FULL " FROM offline_requests WHERE id = ?1",
  [SYNC_STATEMENT_LIST_DUE] =
    "SELECT " SYNC_STORE_LIST " FROM offline_requests INDEXED BY requests_due WHERE " DUE
    " ORDER BY order_ms, id LIMIT ?2",
  [SYNC_STATEMENT_LIST_DUE_OF_TYPES] =
    "SELECT " SYNC_STORE_LIST " FROM offline_requests INDEXED BY requests_due WHERE " DUE OF_TYPES
    " ORDER BY order_ms, id LIMIT ?2",
  /* The ids first: the sort then moves two numbers a row, and reads them from the index alone. */
  [SYNC_STATEMENT_LIST_TIMED] =
    "SELECT " SYNC_STORE_LIST " FROM offline_requests WHERE id IN (SELECT id FROM offline_requests"
    " INDEXED BY requests_timed WHERE " TIMED " AND due_boot_us <= ?1 ORDER BY order_ms, id LIMIT ?2)",
  [SYNC_STATEMENT_LIST_TIMED_OF_TYPES] =
    "SELECT " SYNC_STORE_LIST " FROM offline_requests WHERE id IN (SELECT id FROM offline_requests"
    " INDEXED BY requests_timed WHERE " TIMED " AND due_boot_us <= ?1" OF_TYPES " ORDER BY order_ms, id"
    " LIMIT ?2)",
  [SYNC_STATEMENT_ANY_DUE] = "SELECT 1 FROM offline_requests INDEXED BY requests_due WHERE " DUE " LIMIT 1",
  [SYNC_STATEMENT_NEXT_TIMED] =
    "SELECT due_boot_us FROM offline_requests INDEXED BY requests_timed WHERE " TIMED " ORDER BY due_boot_us"
    " LIMIT 1",
  [SYNC_STATEMENT_ANY_DUE_EXCEPT] =
    "SELECT 1 FROM offline_requests INDEXED BY requests_due WHERE " DUE EXCEPT_TYPES " LIMIT 1",
  [SYNC_STATEMENT_NEXT_TIMED_EXCEPT] =
    "SELECT due_boot_us FROM offline_requests INDEXED BY requests_timed WHERE " TIMED EXCEPT_TYPES
    " ORDER BY due_boot_us LIMIT 1",
  [SYNC_STATEMENT_LIST_ATTEMPTS] =
    "SELECT " ATTEMPT_COLUMNS " FROM attempts INDEXED BY attempts_request WHERE request_id = ?1 ORDER BY number, id",
  /* The length of a column is known without reading it. */
  [SYNC_STATEMENT_SHORT_BODY] =
    "SELECT CASE WHEN effective_body IS NULL THEN accepted_body ELSE effective_body END FROM offline_requests"
    " WHERE id = ?1 AND CASE WHEN effective_body IS NULL THEN length (accepted_body)"
    " ELSE length (effective_body) END <= ?2",
  /* One statement, so that it is one moment and one lock. The join spares the table that an IN would be put in. */
  [SYNC_STATEMENT_COUNTS] =
    "SELECT status, n, (SELECT count (*) FROM offline_requests INDEXED BY requests_need_person"
    "  WHERE needs_person = 1 AND status = 'unknown'),"
    " (SELECT count (*) FROM sync_conflicts INDEXED BY conflicts_open WHERE status = 'pending'),"
    " (SELECT min (accepted_ms) FROM (" MIN_ID ("pending") " UNION ALL " MIN_ID ("sending") " UNION ALL "
    MIN_ID ("unknown") " UNION ALL " MIN_ID ("conflict") " UNION ALL " MIN_ID ("failed") ") AS first"
    "  CROSS JOIN offline_requests AS r ON r.id = first.id)"
    " FROM request_counts",
  [SYNC_STATEMENT_COUNT_SITES] =
    "SELECT count (*), total (site = ?1), max (nullif (site, ?1)) FROM offline_requests INDEXED BY requests_status"
    " WHERE status IN ('pending', 'sending', 'unknown', 'conflict', 'failed')",

  [SYNC_STATEMENT_PROGRESS] =
    "SELECT coalesce ((SELECT max (id) FROM attempts), 0) + coalesce ((SELECT max (id) FROM audit), 0)",
  [SYNC_STATEMENT_INSERT_AUDIT] =
    "INSERT INTO audit (request_id, at_ms, from_status, to_status, actor, reason, prev_hash, hash)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
  [SYNC_STATEMENT_LAST_AUDIT] = "SELECT hash FROM audit ORDER BY id DESC LIMIT 1",
  [SYNC_STATEMENT_LIST_AUDIT] =
    "SELECT id, request_id, at_ms, from_status, to_status, actor, reason, prev_hash, hash FROM audit ORDER"
    " BY id",

  [SYNC_STATEMENT_NEWEST_ACTIVITY] =
    "SELECT (SELECT max (id) FROM audit), (SELECT max (id) FROM conflict_history)",
  [SYNC_STATEMENT_SCAN_AUDIT] =
    "SELECT id, request_id, at_ms, actor, from_status, to_status FROM audit WHERE id > ?1 AND id < ?2 ORDER BY id DESC",
  /* What else the history tells stands in the audit as well, at the same instant. */
  [SYNC_STATEMENT_SCAN_CONFLICT_HISTORY] =
    "SELECT id, request_id, at_ms, actor FROM conflict_history WHERE id > ?1 AND id < ?2"
    " AND event IN ('asked', 'skipped', 'undone') ORDER BY id DESC",
  [SYNC_STATEMENT_AUDIT_ROW] =
    "SELECT request_id, at_ms, actor, reason, from_status, to_status FROM audit WHERE id = ?1",
  [SYNC_STATEMENT_CONFLICT_HISTORY_ROW] =
    "SELECT h.request_id, h.at_ms, h.actor, h.reason, h.event, c.conflict_type, c.resolution FROM conflict_history AS h"
    " JOIN sync_conflicts AS c ON c.id = h.conflict_id WHERE h.id = ?1",
  [SYNC_STATEMENT_ATTEMPT_AT] =
    "SELECT " ATTEMPT_COLUMNS " FROM attempts WHERE request_id = ?1 AND (kind = 'send') = ?2"
    " AND started_ms BETWEEN ?3 AND ?4 ORDER BY number DESC LIMIT 1",
  [SYNC_STATEMENT_CONFLICT_AT] =
    "SELECT conflict_type, resolution FROM sync_conflicts WHERE request_id = ?1 AND ?2 IN (created_ms, resolved_ms)"
    " ORDER BY id DESC LIMIT 1",
  /* The reason is the name of the verdict: an error that may pass. */
  [SYNC_STATEMENT_LIST_STEPS] =
    "SELECT a.id, a.at_ms, a.from_status, a.to_status, a.from_status = 'sending' AND a.to_status <> 'failed'"
    " AND a.reason IS 'retry', r.accepted_ms FROM audit AS a LEFT JOIN offline_requests AS r ON r.id = a.request_id"
    " AND a.to_status = 'completed' WHERE a.id > ?1 AND a.id < ?2 ORDER BY a.id DESC LIMIT ?3",
  [SYNC_STATEMENT_LIST_HOURS] =
    "SELECT hour_ms, delivered, failed, conflicts, retries, latency_sum_ms, latency_max_ms FROM statistics"
    " WHERE hour_ms >= ?1 AND hour_ms < ?2 ORDER BY hour_ms",

  [SYNC_STATEMENT_SET_METADATA] =
    "INSERT INTO sync_metadata (key, value, updated_ms) VALUES (?1, ?2, ?3)"
    " ON CONFLICT DO UPDATE SET value = excluded.value, updated_ms = excluded.updated_ms",
  [SYNC_STATEMENT_UNSET_METADATA] = "DELETE FROM sync_metadata WHERE key = ?1",
  [SYNC_STATEMENT_GET_METADATA] = "SELECT value FROM sync_metadata WHERE key = ?1",

  [SYNC_STATEMENT_INSERT_CONFLICT] =
    "INSERT INTO sync_conflicts (request_id, resource_type, resource_id, conflict_type, base_data,"
    " local_data,"
    " server_data, server_version, status, created_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'pending',"
    " ?9)",
  [SYNC_STATEMENT_CLOSE_CONFLICT] =
    "UPDATE sync_conflicts SET status = ?2, resolution = ?3, result_data = ?4, resolved_by = ?5, resolved_ms"
    " = ?6"
    " WHERE id = ?1 AND status = 'pending'",
  [SYNC_STATEMENT_OPEN_CONFLICT_OF] =
    "SELECT id FROM sync_conflicts INDEXED BY conflicts_open WHERE request_id = ?1 AND status = 'pending'",
  [SYNC_STATEMENT_ADD_CONFLICT_HISTORY] =
    "INSERT INTO conflict_history (conflict_id, request_id, at_ms, event, resolution, actor, reason)"
    " SELECT id, request_id, ?2, ?3, ?4, ?5, ?6 FROM sync_conflicts WHERE id = ?1",
  [SYNC_STATEMENT_LIST_CONFLICT_HISTORY] =
    "SELECT at_ms, event, resolution, actor, reason FROM conflict_history WHERE conflict_id = ?1 ORDER BY id",
  [SYNC_STATEMENT_ASK_CONFLICT] =
    "UPDATE sync_conflicts SET asked_ms = max (?2, 1), why = ?3 WHERE id = ?1 AND status = 'pending'",
  [SYNC_STATEMENT_UNDO_CONFLICT] = "UPDATE sync_conflicts SET undone_by = ?2 WHERE id = ?1",
  [SYNC_STATEMENT_COUNT_CONFLICTS_OF] = "SELECT count (*) FROM sync_conflicts WHERE request_id = ?1",
  [SYNC_STATEMENT_FOLLOWED_NAME] =
    /* The last one that reached the document, under whatever name. */
    "SELECT server_name FROM offline_requests WHERE lane = ?1 AND resource_id = ?2 COLLATE NOCASE AND id <> ?3"
    " AND server_name IS NOT NULL AND (status = 'completed' OR (status = 'discarded' AND resolution IS 'server_wins'))"
    " ORDER BY place DESC LIMIT 1",
  [SYNC_STATEMENT_MADE_VERSION] =
    "SELECT 1 FROM offline_requests INDEXED BY requests_versions WHERE lane = ?1 AND status = 'completed'"
    " AND resource_version = ?2 LIMIT 1",
  [SYNC_STATEMENT_LIST_MET_CONFLICTS] =
    "SELECT " CONFLICT_COLUMNS " FROM sync_conflicts WHERE status <> 'pending' AND server_version > ?2"
    " AND request_id IN (SELECT id FROM offline_requests INDEXED BY requests_versions WHERE lane = ?1"
    " AND status = 'completed') ORDER BY id",
  [SYNC_STATEMENT_VERSION_OF_ANSWER] =
    "SELECT response FROM offline_requests WHERE lane = ?1 AND status = 'completed' AND resource_version = ?2"
    " ORDER BY id DESC LIMIT 1",
  [SYNC_STATEMENT_VERSION_OF_CONFLICT] =
    "SELECT server_data FROM sync_conflicts WHERE resource_type = ?1 AND resource_id = ?2 AND server_version = ?3"
    " AND server_data IS NOT NULL ORDER BY id DESC LIMIT 1",
  [SYNC_STATEMENT_CONFLICT] = "SELECT " CONFLICT_COLUMNS " FROM sync_conflicts WHERE id = ?1",
  [SYNC_STATEMENT_LIST_CONFLICTS] =
    "SELECT " CONFLICT_COLUMNS " FROM sync_conflicts WHERE ?1 IS NULL OR status = ?1 ORDER BY id LIMIT ?2",
  /* The order in which they ended is that of the lines that tell of it, of which each conflict gets one. */
  [SYNC_STATEMENT_LIST_DECIDED_CONFLICTS] =
    "SELECT c.id, c.request_id, resource_type, resource_id, conflict_type, NULL, NULL, NULL, server_version, status,"
    " c.resolution, NULL, resolved_by, created_ms, resolved_ms, asked_ms, why, undone_by"
    " FROM conflict_history AS h JOIN sync_conflicts AS c ON c.id = h.conflict_id"
    " WHERE h.event IN ('resolved', 'superseded') AND h.id < coalesce ((SELECT max (id) FROM conflict_history"
    "  WHERE conflict_id = ?1 AND event IN ('resolved', 'superseded')), 9223372036854775807)"
    " ORDER BY h.id DESC LIMIT ?2",
};

/**
 * sync_statement_release:
 * @self: a statement from sync_store_prepare()
 *
 * Resets it and frees what was bound; the statement itself stays in the cache.
 */
void
sync_statement_release (SyncStatement *self)
{
  sqlite3_reset (self);
  sqlite3_clear_bindings (self);
}

/**
 * sync_store_set_sqlite_error:
 * @self: a store
 * @code: what SQLite answered
 *
 * Turns SQLite's word into ours: %SYNC_ERROR_DISK_FULL, %SYNC_ERROR_CORRUPT, else %SYNC_ERROR_STORAGE.
 */
void
sync_store_set_sqlite_error (SyncStore *self, int code, GError **error)
{
  /* It may quote what damage has made of the schema. */
  g_autofree char *message = g_utf8_make_valid (sqlite3_errmsg (self->db), -1);
  int primary = code & 0xff;
  gboolean no_space = primary == SQLITE_IOERR && sqlite3_system_errno (self->db) == ENOSPC;
  gboolean full = primary == SQLITE_FULL || no_space;

  if (full)
    g_set_error (error, SYNC_ERROR, SYNC_ERROR_DISK_FULL,
                 "the disk that holds “%s” is full: free some space; nothing was changed", self->directory);
  else if (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB)
    {
      self->damaged = TRUE;
      sync_store_directory_set_suspect (self->directory, TRUE);
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_CORRUPT,
                   "“%s” is damaged (%s): the program sets the file aside and saves what can be read; if this stays,"
                   " start it again",
                   self->path, message);
    }
  else if (primary == SQLITE_BUSY || primary == SQLITE_LOCKED)
    g_set_error (error, SYNC_ERROR, SYNC_ERROR_STORAGE,
                 "another program keeps “%s” locked: end it; nothing was changed", self->path);
  else
    g_set_error (error, SYNC_ERROR, SYNC_ERROR_STORAGE, "“%s” cannot be read or written (%s): check the disk",
                 self->path, message);
}

/**
 * sync_store_prepare:
 * @self: a store
 * @id: which statement
 *
 * Returns: (transfer none) (nullable): the statement, without values; hold it in a
 *   `g_autoptr (SyncStatement)`
 */
sqlite3_stmt *
sync_store_prepare (SyncStore *self, SyncStatementId id, GError **error)
{
  sqlite3_stmt **slot = &self->statements[id];
  int rc;

  if (*slot != NULL)
    return *slot;
  if (SYNC_MUTANT ("due-as-text") && id == SYNC_STATEMENT_LIST_TIMED)
    rc = sqlite3_prepare_v2 (self->db, "SELECT " SYNC_STORE_LIST " FROM offline_requests WHERE " TIMED
                             " AND CAST (due_boot_us AS TEXT) <= CAST (?1 AS TEXT) ORDER BY order_ms, id LIMIT ?2", -1, slot, NULL);
  else
    rc = sqlite3_prepare_v3 (self->db, texts[id], -1, SQLITE_PREPARE_PERSISTENT, slot, NULL);
  if (rc != SQLITE_OK)
    {
      sync_store_set_sqlite_error (self, rc, error);
      return NULL;
    }
  return *slot;
}

static int
bind_bytes (sqlite3_stmt *stmt, int index, GBytes *bytes)
{
  gsize size;
  const void *data;

  if (bytes == NULL)
    return sqlite3_bind_null (stmt, index);
  data = g_bytes_get_data (bytes, &size);
  /* A NULL pointer would bind NULL; an empty blob is not the same. */
  return sqlite3_bind_blob64 (stmt, index, data != NULL ? data : "", size, SQLITE_STATIC);
}

static int
bind_values (sqlite3_stmt *stmt, const char *format, va_list args)
{
  int index = 1;
  int rc = SQLITE_OK;

  for (; *format != '\0' && rc == SQLITE_OK; format++, index++)
    switch (*format)
      {
      case 'i':
        rc = sqlite3_bind_int64 (stmt, index, va_arg (args, gint64));
        break;
      case 'd':
        rc = sqlite3_bind_int (stmt, index, va_arg (args, int));
        break;
      case 's':
        rc = sqlite3_bind_text (stmt, index, va_arg (args, const char *), -1, SQLITE_STATIC);
        break;
      case 'b':
        rc = bind_bytes (stmt, index, va_arg (args, GBytes *));
        break;
      default:
        g_assert_not_reached ();
      }
  return rc;
}

/**
 * sync_store_bind:
 * @self: a store
 * @stmt: a statement of it
 * @format: one letter a value: `i` #gint64, `d` int, `s` text (nullable), `b` #GBytes (nullable)
 *
 * Binds borrowed values, which must live until @stmt is released.
 *
 * Returns: whether it could
 */
gboolean
sync_store_bind (SyncStore *self, sqlite3_stmt *stmt, GError **error, const char *format, ...)
{
  va_list args;
  int rc;

  va_start (args, format);
  rc = bind_values (stmt, format, args);
  va_end (args);
  if (rc != SQLITE_OK)
    sync_store_set_sqlite_error (self, rc, error);
  return rc == SQLITE_OK;
}

/**
 * sync_store_step:
 * @self: a store
 * @stmt: a statement with its values
 * @has_row: (out) (optional): whether there is a row to read
 *
 * Returns: FALSE on an error, see sync_store_set_sqlite_error()
 */
gboolean
sync_store_step (SyncStore *self, sqlite3_stmt *stmt, gboolean *has_row, GError **error)
{
  int rc = sqlite3_step (stmt);

  if (has_row != NULL)
    *has_row = rc == SQLITE_ROW;
  if (rc == SQLITE_ROW || rc == SQLITE_DONE)
    return TRUE;
  sync_store_set_sqlite_error (self, rc, error);
  return FALSE;
}

/**
 * sync_store_run:
 * @self: a store
 * @id: a statement that returns no rows
 * @format: see sync_store_bind()
 *
 * Returns: whether it ran
 */
gboolean
sync_store_run (SyncStore *self, SyncStatementId id, GError **error, const char *format, ...)
{
  g_autoptr (SyncStatement) stmt = sync_store_prepare (self, id, error);
  va_list args;
  int rc;

  if (stmt == NULL)
    return FALSE;
  va_start (args, format);
  rc = bind_values (stmt, format, args);
  va_end (args);
  if (rc == SQLITE_OK)
    rc = sqlite3_step (stmt);
  /* The doors by which attempts and audit rows come in, each with the next id: the witness is told after the commit. */
  if ((id == SYNC_STATEMENT_INSERT_ATTEMPT || id == SYNC_STATEMENT_INSERT_SEND || id == SYNC_STATEMENT_INSERT_AUDIT)
      && rc == SQLITE_DONE)
    self->progress++;
  if (rc == SQLITE_OK || rc == SQLITE_DONE || rc == SQLITE_ROW)
    return TRUE;
  sync_store_set_sqlite_error (self, rc, error);
  return FALSE;
}

/**
 * sync_store_exec:
 * @self: a store
 * @sql: one statement or several, for what happens rarely
 *
 * Returns: whether all of them ran
 */
gboolean
sync_store_exec (SyncStore *self, const char *sql, GError **error)
{
  int rc = sqlite3_exec (self->db, sql, NULL, NULL, NULL);

  if (rc == SQLITE_OK)
    return TRUE;
  sync_store_set_sqlite_error (self, rc, error);
  return FALSE;
}

/**
 * sync_store_query_int:
 * @self: a store
 * @sql: a query with one number as its answer, for what happens rarely
 * @value: (out): the number, 0 if there was no row
 *
 * Returns: whether it ran
 */
gboolean
sync_store_query_int (SyncStore *self, const char *sql, gint64 *value, GError **error)
{
  sqlite3_stmt *stmt = NULL;
  int rc = sqlite3_prepare_v2 (self->db, sql, -1, &stmt, NULL);

  *value = 0;
  if (rc == SQLITE_OK)
    {
      rc = sqlite3_step (stmt);
      if (rc == SQLITE_ROW)
        *value = sqlite3_column_int64 (stmt, 0);
    }
  if (rc != SQLITE_ROW && rc != SQLITE_DONE)
    sync_store_set_sqlite_error (self, rc, error);
  sqlite3_finalize (stmt);
  return rc == SQLITE_ROW || rc == SQLITE_DONE;
}

/**
 * sync_store_finalize_statements:
 * @self: a store
 *
 * Lets go of every prepared statement; the database can be closed then.
 */
void
sync_store_finalize_statements (SyncStore *self)
{
  for (guint i = 0; i < SYNC_N_STATEMENTS; i++)
    g_clear_pointer (&self->statements[i], sqlite3_finalize);
  g_clear_pointer (&self->list, sqlite3_finalize);
}
