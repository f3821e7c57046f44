# SPDX-License-Identifier: GPL-3.0-or-later
"""The program is killed at moments drawn by chance (SYNC_KILLS times, 30 else), some of them within the start after the
kill before, while it takes and delivers writes and the line and the server fail in every way that leaves their effect in
doubt. Then all is well again, and the oracle asks whether the promise was kept; everything whose delivery can be decided
without a person is delivered.

SYNC_SEED repeats the draw; what is under way at a kill is left to the machine."""

import os
import select
import threading
import time

import harness
import oracle

KILLS = int(os.environ.get('SYNC_KILLS', '30'))
LANES = 6
CLIENTS = 3
# So many requests may wait before the clients pause: the kills shall meet deliveries, not only arrivals.
BACKLOG = 40
# Of the kills, so many come before the program is ready.
EARLY = 0.25

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
    """What was handed over, in that order."""

    def __init__(self, rng, notes):
        self.rng = rng
        self.numbers = dict.fromkeys(notes, 0)
        self.accepted = []
        self.lock = threading.Lock()
        self.titles = 0

    def draw(self, lanes):
        with self.lock:
            kind = self.rng.choice(['change', 'change', 'sale', 'draft', 'note'])
            if kind == 'change':
                name = self.rng.choice(lanes)
                self.numbers[name] += 1
                return harness.change(name, f'{name} {self.numbers[name]}')
            if kind == 'note':
                # One whose answer was lost is for a person.
                self.titles += 1
                return harness.note(f'unkeyed {self.titles}')
            return harness.sale() if kind == 'sale' else harness.draft()


def client_loop(profile, work, lanes, stop):
    connection = profile.client()
    while not stop.is_set():
        write = work.draw(lanes)
        connection = profile.submit(connection, write)
        work.accepted.append(write)
        try:
            status, answer = connection.call('GET', '/_sync/v1/status')
            waiting = answer['queueStats']['pending'] if status == 200 else 0
        except harness.Lost:
            waiting = 0
        stop.wait(0.2 if waiting > BACKLOG else 0)
    connection.close()


def kill_at_random(profile, rng):
    """After so many events, or so little time, whichever the draw meets first; then perhaps again and again within the
    start; returns how often."""
    events = profile.open_events()
    left = 10 ** rng.uniform(0, 2.5)
    end = time.monotonic() + rng.random()
    while left > 0 and time.monotonic() < end:
        if select.select([events], [], [], max(0.0, end - time.monotonic()))[0]:
            events.recv(1 << 20)
            left -= 1
    events.close()
    profile.program.kill()
    early = 0
    while rng.random() < EARLY:
        profile.start_and_kill(rng.uniform(0.1, 1.1))
        early += 1
    profile.start()
    return early


def test_kills():
    rng = harness.make_random()
    with harness.Profile(**SETTINGS) as profile:
        profile.start_shop()
        notes = [profile.create({'doctype': 'Note', 'title': f'lane {i}', 'content': '0'})['name'] for i in range(LANES)]
        profile.practice('PUT', 'faults', FAULTS)
        profile.start()
        work, stop = Work(rng, notes), threading.Event()
        threads, failures = harness.in_threads(lambda i: client_loop(profile, work, notes[i::CLIENTS], stop), range(CLIENTS))
        kills = early = 0
        while kills < KILLS:
            more = kill_at_random(profile, rng)
            kills, early = kills + 1 + more, early + more
            assert not failures, failures
        stop.set()
        harness.join(threads, failures)
        profile.practice('DELETE', 'faults')
        profile.client().call('POST', '/_sync/v1/sync', {})
        seconds = oracle.wait_settled(profile, work.accepted)
        print(f'# {kills} kills, {early} of them within a start; settled {seconds:.1f} s later', flush=True)
        sums = oracle.check_end(profile, work.accepted, 'ledger')
        unkeyed = sum(write.kind == 'note' for write in work.accepted)
        assert sums['on the server once'] + sums['waiting for a person'] == len(work.accepted), sums
        assert sums['waiting for a person'] <= unkeyed, sums


harness.tap(test_kills)
