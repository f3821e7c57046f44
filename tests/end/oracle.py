# SPDX-License-Identifier: GPL-3.0-or-later
"""Was the promise kept? Asked of the program's database after its end, and of the shop's ledger, which know nothing of
each other; what must hold in the database is what the simulator asks, too (tests/simulator/sim-questions.h).

- Everything that was acknowledged is on the server exactly once, or waits where a person sees it and why.
- Nothing is there twice, and nothing that nobody handed over.
- The changes of a document were taken, and written, in the order in which they were handed over.
- Each change of state is an edge of the table, and the states are what the last attempts say.
- The database is whole and the chain of its audit holds.
"""

import collections
import contextlib
import hashlib
import json
import os
import re
import shutil
import sqlite3
import time

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
# Somebody else was first: what a person gives up.
HOPELESS = ('taken', 'overtaken')
# What the audit's chain begins with.
NO_HASH = bytes(32)


def read_source(path):
    with open(os.path.join(SOURCE, path), encoding='utf-8') as file:
        return file.read()


def read_edges():
    """The changes that the table of states has, by name; None is where every request begins."""
    text = read_source('src/core/sync-state.h')
    names = dict(re.findall(r'X \((\w+), "(\w+)"\)', text))
    edges = {(names[a], names[b]) for a, b in re.findall(r'X \((\w+), (\w+), "', text)}
    assert len(names) == 7 and len(edges) > 20, (names, edges)
    return edges | {(None, 'pending')}


def read_questions():
    """(words, query) of what must not be found in the database."""
    text = re.sub(r'\\\n', '', read_source('tests/simulator/sim-questions.h'))
    found = re.findall(r'X \("([^"]*)",((?:\s*"[^"]*")+)\)', text)
    assert len(found) == text.count(' X (') > 8, found
    return [(words, ''.join(re.findall(r'"([^"]*)"', parts))) for words, parts in found]


# The database

def add_text(checksum, text):
    data = text.encode() if text is not None else b''
    checksum.update(b'%d:' % (len(data) if text is not None else -1) + data)


def check_audit(db):
    """Every change of state, from the first on: the chain of hashes, the edges, and no gap between two of a request."""
    edges, states, chain = read_edges(), {}, NO_HASH
    for number, request, at_ms, source, target, actor, reason, before, after in db.execute(
            'SELECT id, request_id, at_ms, from_status, to_status, actor, reason, prev_hash, hash FROM audit ORDER BY id'):
        note = f'line {number} of the audit, request {request}: {source} to {target}, {reason}'
        checksum = hashlib.sha256(chain)
        for text in (f'{request},{at_ms}', source, target, actor, reason):
            add_text(checksum, text)
        assert (before, after) == (chain, checksum.digest()), f'{note}: altered, or the one before is missing'
        assert (source, target) in edges, f'{note}: the table has no such change'
        assert states.get(request) == source, f'{note}: it was {states.get(request)}'
        states[request], chain = target, after


def check_database(db):
    found = [row[0] for row in db.execute('PRAGMA integrity_check')]
    assert found == ['ok'], found
    found = list(db.execute('PRAGMA foreign_key_check'))
    assert not found, found
    check_audit(db)
    for words, query in read_questions():
        found = [row[0] for row in db.execute(query)]
        assert not found, f'{len(found)} requests, the first is {found[0]}: it {words}'


def read_rows(db):
    """As the gateway lists them, as far as they are asked here; and how often each was sent."""
    rows = {}
    for number, status, person, error, key in db.execute(
            'SELECT id, status, needs_person, error_message, key FROM offline_requests'):
        rows[number] = {'id': number, 'status': status, 'needsPerson': bool(person), 'error': error, 'key': key}
    sends = dict(db.execute("SELECT request_id, count (*) FROM attempts WHERE kind = 'send' GROUP BY request_id"))
    return rows, sends


# The ledger

def read_ledger(profile):
    """How often (kind of commit, mark) was committed, also each ('keyed', key), and the changes of each document in
    order."""
    counts, changes = collections.Counter(), collections.defaultdict(list)
    for commit in sorted(profile.ledger()['commits'], key=lambda c: c['seq']):
        body = json.loads(commit['body']) if commit['body'] else {}
        mark = commit['key'] or body.get('content') if commit['doctype'] == 'Note' and commit['kind'] == 'update' else None
        if mark:
            changes[commit['name']].append(mark)
        else:
            mark = commit['key'] or body.get('title') or body.get('item_name') or commit['name']
        counts[commit['kind'], mark] += 1
        if commit['key']:
            counts['keyed', commit['key']] += 1
    return counts, changes


def check_order(writes, changes):
    """The changes of a document, as `writes` has them."""
    last, order = {}, {}
    for place, write in enumerate(writes):
        order[write.mark] = place
        if write.document is not None:
            assert write.row > last.get(write.document, 0), f'{write.mark} was taken before an earlier one'
            last[write.document] = write.row
    for name, marks in changes.items():
        own = [mark for mark in marks if mark in order]
        assert own == sorted(own, key=order.get), (name, own)


def check_nobodys(writes, counts):
    """What is on the server under a key was handed over."""
    keys = {write.mark for write in writes}
    extra = [mark for kind, mark in counts if kind == 'keyed' and mark not in keys]
    assert not extra, f'on the server, and nobody handed them over: {extra[:5]}'


# Both

def waits_for_person(row):
    return row['status'] in ('failed', 'conflict') or row['needsPerson']


def settled(rows, writes):
    """Whether nothing more happens by itself: done, for a person, or behind such a one in its lane."""
    blocked = set()
    for write in sorted(writes, key=lambda w: w.row):
        row = rows[write.row]
        if row['status'] in ('completed', 'discarded'):
            continue
        if waits_for_person(row):
            blocked.add(write.document)
        elif write.document is None or write.document not in blocked:
            return False
    return True


def wait_settled(profile, writes):
    """Fails where the queue does not drain within the deadline; returns how long it took."""
    begun = time.monotonic()
    profile.wait(lambda status: settled(profile.requests(), writes), 'settled')
    return time.monotonic() - begun


def judge(write, row, n):
    """What became of a write that is on the server so many times."""
    status = row['status'] if row else 'missing'
    if n > 1:
        return 'doubled'
    if status == 'completed':
        return 'on the server once' if n else 'falsely completed'
    if status in ('missing', 'sending') or (status == 'discarded' and write.kind not in HOPELESS):
        return 'lost'
    if status == 'discarded':
        return 'given up'
    if n and not row['needsPerson']:
        return 'falsely refused'
    return 'waiting for a person' if waits_for_person(row) else 'behind one of those'


def audit(rows, writes, ledger, title):
    """Counts every accepted write once, prints that, and fails where the promise was not kept."""
    counts, changes = ledger
    bad_words = ('lost', 'doubled', 'falsely completed', 'falsely refused')
    sums = dict.fromkeys(('on the server once', 'waiting for a person', 'behind one of those', 'given up', *bad_words), 0)
    reasons, bad = collections.Counter(), []
    for write in writes:
        row, n = rows.get(write.row), write.effects(counts)
        what = judge(write, row, n)
        sums[what] += 1
        if what == 'waiting for a person':
            reasons[f'{write.kind}, {row["status"]}: {(row["error"] or "no proof of its delivery")[:70]}'] += 1
        elif what in bad_words:
            bad.append((what, write.kind, write.mark, n, row))
    print(f'# {title}: {len(writes)} accepted, ' + ', '.join(f'{n} {what}' for what, n in sums.items()), flush=True)
    for reason, n in sorted(reasons.items()):
        print(f'#   {n} wait: {reason}', flush=True)
    for line in bad[:5]:
        print(f'#   {line}', flush=True)
    assert not bad, f'{len(bad)} are wrong'
    check_order(writes, changes)
    return sums


def check_refused(refused, rows, counts, at_most):
    """What was not acknowledged, and not handed over again."""
    if not refused:
        return
    keys = {row['key'] for row in rows.values()}
    kept = sum(write.request['key'] in keys for write in refused)
    for write in refused:
        assert write.effects(counts) <= at_most, f'{write.kind} {write.mark} was refused'
    assert at_most or not kept, f'{kept} were refused and kept all the same'
    print(f'# {len(refused)} refused and not handed over again; {kept} of them are in the queue all the same', flush=True)


def check_end(profile, writes, title, refused=(), refused_at_most=0):
    """All of it, when the work is done; ends the program. A write that was refused because it could not be written may have
    been kept all the same only if the program was killed then: `refused_at_most` is 1. Returns the ledger's sums."""
    assert profile.program.end() == 0
    assert not os.path.exists(os.path.join(profile.seen_data or profile.data, 'queue.db-wal')), 'the log was left'
    # A copy: the original may lie behind a mount that SQLite does not find.
    path = shutil.copy(os.path.join(profile.seen_data or profile.data, 'queue.db'), os.path.join(profile.folder, 'end.db'))
    with contextlib.closing(sqlite3.connect(path)) as db:
        check_database(db)
        rows, sends = read_rows(db)
    counts, changes = read_ledger(profile)
    sums = audit(rows, writes, (counts, changes), title)
    check_refused(refused, rows, counts, refused_at_most)
    check_nobodys([*writes, *refused], counts)
    known = {write.request['key'] for write in [*writes, *refused]}
    assert all(row['key'] in known for row in rows.values()), 'there are rows that nobody handed over'
    unsent = [write.mark for write in writes if write.effects(counts) and not sends.get(write.row)]
    assert not unsent, f'on the server, and never noted as sent: {unsent[:5]}'
    return sums
