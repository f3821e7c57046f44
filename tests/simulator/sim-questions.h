/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What must hold in the database of a till at which nothing is under way and everything that can go by itself has gone:
 * the words for it if it does not, and a query for the ids of the requests concerned. Read by the simulator and, as text,
 * by tests/end/oracle.py. */
#define SIM_QUESTIONS(X) \
  X ("is still being sent, and nothing is under way", \
     "SELECT id FROM offline_requests WHERE status = 'sending'") \
  X ("waits, and nothing that can be seen is in its way", \
     "SELECT id FROM offline_requests AS r WHERE status IN ('pending', 'unknown') AND needs_person = 0" \
     " AND NOT EXISTS (SELECT 1 FROM offline_requests AS b WHERE b.lane = r.lane AND b.place < r.place" \
     "  AND b.status NOT IN ('completed', 'discarded'))" \
     " AND NOT EXISTS (SELECT 1 FROM dependencies AS d JOIN offline_requests AS p ON p.id = d.depends_on" \
     "  WHERE d.request_id = r.id AND d.met = 0 AND p.status NOT IN ('completed', 'discarded'))") \
  X ("has a send that nobody accounted for", \
     "SELECT id FROM offline_requests WHERE status IN ('pending', 'failed', 'conflict', 'completed') AND unaccounted > 0") \
  X ("is completed by the server's word, and its last answer was not that", \
     "SELECT id FROM offline_requests AS r WHERE status = 'completed' AND proof = 'server' AND (SELECT verdict FROM attempts AS a" \
     " WHERE a.request_id = r.id AND kind = 'send' ORDER BY a.id DESC LIMIT 1) IS NOT 'delivered'") \
  X ("is completed by a look, and no look found it after the last send", \
     "SELECT id FROM offline_requests AS r WHERE status = 'completed' AND proof = 'look' AND NOT EXISTS (SELECT 1 FROM attempts" \
     " AS a WHERE a.request_id = r.id AND kind = 'look' AND verdict IN ('found', 'gone') AND a.id >= coalesce ((SELECT max (id)" \
     " FROM attempts AS s WHERE s.request_id = r.id AND s.kind = 'send'), 0))") \
  X ("is completed by a person's word that nobody gave", \
     "SELECT id FROM offline_requests AS r WHERE status = 'completed' AND proof = 'person' AND NOT EXISTS (SELECT 1 FROM attempts" \
     " AS a WHERE a.request_id = r.id AND kind = 'person' AND verdict = 'arrived')") \
  X ("is completed without any proof", \
     "SELECT id FROM offline_requests WHERE status = 'completed' AND coalesce (proof, '') NOT IN ('server', 'look', 'person')") \
  X ("was charged for what was not its own fault", \
     "SELECT id FROM offline_requests AS r WHERE retry_count > (SELECT count (*) FROM attempts AS a WHERE a.request_id = r.id" \
     " AND a.verdict = 'retry')") \
  X ("is in conflict, and no conflict is open", \
     "SELECT id FROM offline_requests AS r WHERE (status = 'conflict') <> EXISTS (SELECT 1 FROM sync_conflicts AS c" \
     " WHERE c.request_id = r.id AND c.status = 'pending')") \
  X ("is not what the last line of its audit says", \
     "SELECT id FROM offline_requests AS r WHERE status <> (SELECT to_status FROM audit AS a WHERE a.request_id = r.id" \
     " ORDER BY a.id DESC LIMIT 1)") \
  X ("was sent again because of a hook that had not been asked about a refusal", \
     "SELECT request_id FROM attempts AS h WHERE verdict = 'hooked' AND (SELECT verdict FROM attempts AS s" \
     " WHERE s.request_id = h.request_id AND s.id < h.id AND (s.kind = 'send' OR s.verdict = 'hooked')" \
     " ORDER BY s.id DESC LIMIT 1) IS NOT 'refused'") \
  X ("was sent again because of a hook too often", \
     "SELECT request_id FROM attempts WHERE verdict = 'hooked' GROUP BY request_id HAVING count (*) > 3") \
  X ("is counted wrongly", \
     "SELECT 0 FROM request_counts AS c WHERE n <> (SELECT count (*) FROM offline_requests AS r WHERE r.status = c.status)")
