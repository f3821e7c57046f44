# SPDX-License-Identifier: GPL-3.0-or-later
"""The program is killed at moments drawn by chance (SYNC_KILLS of them, 10 else) while it takes and delivers writes
and the line and the server fail in every way that leaves their effect in doubt. Then all is well again, and:

- everything that was answered with 202 is either on the server exactly once, or still to be seen in the list;
- nothing is there twice, and what the program calls refused or waiting without doubt is not there at all;
- the changes of a document were written in order;
- everything whose delivery can be decided without a person is delivered.

SYNC_SEED repeats the draw."""

import json
import os
import select
import threading
import time

import harness

KILLS = int(os.environ.get('SYNC_KILLS', '10'))
LANES = 6
CLIENTS = 3
# So many requests may wait before the clients pause: the kills shall meet deliveries, not only arrivals.
BACKLOG = 40

ANSWERS = ['deadlock', 'lock-timeout', 'document-locked', 'database-down', 'interface-error', 'rate-limited',
           'maintenance', 'read-only', 'bad-gateway', 'unavailable', 'gateway-timeout', 'error-page', 'portal',
           'wrong-json', 'broken-json', 'empty']
FAULTS = [
    *({'kind': 'answer', 'answer': answer, 'probability': 0.004, 'retry_after_s': 1} for answer in ANSWERS),
    *({'kind': 'answer-after', 'answer': answer, 'probability': 0.01, 'retry_after_s': 1}
      for answer in ('bad-gateway', 'gateway-timeout', 'error-page', 'empty', 'broken-json')),
    {'kind': 'reset-accept', 'probability': 0.02},
    {'kind': 'reset-request', 'bytes': 150, 'probability': 0.02},
    {'kind': 'reset-before', 'probability': 0.03},
    {'kind': 'reset-after', 'probability': 0.06},
    {'kind': 'reset-answer', 'bytes': 20, 'probability': 0.03},
    {'kind': 'truncate', 'bytes': 250, 'probability': 0.03},
    {'kind': 'slow-before', 'delay_ms': 15, 'probability': 0.1},
    # Written when the program that sent it may be dead, and its successor has looked; sooner than SETTLE_TIME.
    {'kind': 'slow-before', 'delay_ms': 150, 'probability': 0.05},
    {'kind': 'slow-after', 'delay_ms': 15, 'probability': 0.1},
]
# Patient where a person would otherwise be asked, quick where the clock decides.
SETTINGS = {'MAX_RETRIES': 100, 'BASE_RETRY_DELAY': 10, 'MAX_RETRY_DELAY': 200, 'SETTLE_TIME': 200,
            'PROCESSING_INTERVAL': 200, 'REQUEST_TIMEOUT': 5000, 'WRITE_TIMEOUT': 5000}


class Work:
    """What was handed over: row id → (kind, key or title, or document and number)."""

    def __init__(self, rng, notes):
        self.rng = rng
        self.notes = notes
        self.numbers = dict.fromkeys(notes, 0)
        self.accepted = {}
        self.lock = threading.Lock()
        self.titles = 0

    def draw(self, lanes):
        with self.lock:
            kind = self.rng.choice(['change', 'change', 'sale', 'draft', 'note'])
            if kind == 'change':
                name = self.rng.choice(lanes)
                self.numbers[name] += 1
                return kind, (name, self.numbers[name]), harness.update(name, str(self.numbers[name]))
            if kind == 'note':
                # The server has no key for these: one whose answer was lost is for a person.
                self.titles += 1
                title = f'unkeyed {self.titles}'
                request = harness.update('', title)
                return kind, title, {**request, 'method': 'POST', 'url': '/api/resource/Note', 'body': {'title': title}}
            request = harness.sale() if kind == 'sale' else harness.draft()
            return kind, request['key'], request


def client_loop(profile, work, lanes, stop):
    connection = profile.client()
    while not stop.is_set():
        kind, what, request = work.draw(lanes)
        row, connection = profile.submit(connection, request)
        work.accepted[row] = (kind, what)
        try:
            status, answer = connection.call('GET', '/_sync/v1/status')
            waiting = answer['queueStats']['pending'] if status == 200 else 0
        except harness.Lost:
            waiting = 0
        stop.wait(0.2 if waiting > BACKLOG else 0)
    connection.close()


def kill_at_random(profile, rng):
    """After so many events, or so little time, whichever the draw meets first."""
    events = profile.open_events()
    left = 10 ** rng.uniform(0, 2.5)
    end = time.monotonic() + rng.random()
    while left > 0 and time.monotonic() < end:
        if select.select([events], [], [], max(0.0, end - time.monotonic()))[0]:
            events.recv(1 << 20)
            left -= 1
    events.close()
    profile.program.kill()
    while rng.random() < 0.2:
        profile.start_and_kill(rng.random() * 0.03)
    profile.start()


def count_ledger(ledger):
    """How often each key, title and (document, number) was committed; and the changes of each document in order."""
    counts, changes = {}, {}
    for commit in sorted(ledger['commits'], key=lambda c: c['seq']):
        body = json.loads(commit['body']) if commit['body'] else {}
        if commit['kind'] == 'create':
            what = commit['key'] or body.get('title')
        elif commit['kind'] == 'update' and commit['doctype'] == 'Note':
            what = (commit['name'], int(body['content']))
            changes.setdefault(commit['name'], []).append(what[1])
        else:
            continue
        counts[what] = counts.get(what, 0) + 1
    return counts, changes


def is_settled(row):
    return row['status'] in ('completed', 'failed', 'conflict', 'discarded') or row['needsPerson']


def check(profile, work):
    rows = profile.requests()
    counts, changes = count_ledger(profile.ledger())
    left = {}
    for row_id, (kind, what) in work.accepted.items():
        row, n = rows[row_id], counts.get(what, 0)
        left[row['status']] = left.get(row['status'], 0) + 1
        note = f'{kind} {what}: {n} times on the server; {row}'
        assert n <= 1, note
        assert n == 1 or row['status'] != 'completed', note
        assert n == 0 or row['status'] in ('completed', 'unknown'), note
        assert row['status'] == 'completed' or (kind == 'note' and row['needsPerson']), note
    for name, numbers in changes.items():
        assert numbers == sorted(numbers), (name, numbers)
    print(f'# {len(work.accepted)} requests: {left}; kills {KILLS}', flush=True)


def test_kills():
    rng = harness.make_random()
    with harness.Profile(**SETTINGS) as profile:
        profile.start_shop()
        notes = [profile.create({'doctype': 'Note', 'title': f'lane {i}', 'content': '0'})['name'] for i in range(LANES)]
        profile.practice('PUT', 'faults', FAULTS)
        profile.start()
        work, stop = Work(rng, notes), threading.Event()
        threads, failures = harness.in_threads(lambda i: client_loop(profile, work, notes[i::CLIENTS], stop), range(CLIENTS))
        for _ in range(KILLS):
            kill_at_random(profile, rng)
            assert not failures, failures
        stop.set()
        harness.join(threads, failures)
        profile.practice('DELETE', 'faults')
        client = profile.client()
        client.call('POST', '/_sync/v1/sync', {})
        profile.wait(lambda status: all(is_settled(row) for row in profile.requests().values()), 'settled')
        check(profile, work)
        assert profile.program.end() == 0


harness.tap(test_kills)
