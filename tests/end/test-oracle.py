# SPDX-License-Identifier: GPL-3.0-or-later
"""The oracle sees a broken promise: a good database and ledger are spoilt, one thing at a time, and it has to say so."""

import contextlib
import copy
import os
import shutil
import sqlite3

import harness
import oracle

# What is done to the database, and what the oracle says of it.
SPOILT = [
    ("UPDATE audit SET reason = 'another' WHERE id = 5", 'line 5 of the audit'),
    ('DELETE FROM audit WHERE id = 5', 'line 6 of the audit'),
    ("UPDATE offline_requests SET status = 'sending' WHERE id = 2", 'is still being sent'),
    ("UPDATE offline_requests SET status = 'pending' WHERE id = 2", 'nothing that can be seen is in its way'),
    ("UPDATE offline_requests SET status = 'conflict' WHERE id = 2", 'no conflict is open'),
    ("UPDATE offline_requests SET status = 'discarded' WHERE id = 2", 'is not what the last line of its audit says'),
    ('UPDATE offline_requests SET unaccounted = 1 WHERE id = 2', 'nobody accounted for'),
    ('UPDATE offline_requests SET proof = NULL WHERE id = 2', 'without any proof'),
    ("UPDATE offline_requests SET proof = 'look' WHERE id = 2", 'no look found it'),
    ("UPDATE offline_requests SET proof = 'person' WHERE id = 2", 'that nobody gave'),
    ("UPDATE attempts SET verdict = 'retry' WHERE request_id = 2", 'its last answer was not that'),
    ('UPDATE offline_requests SET retry_count = 1 WHERE id = 2', 'was charged'),
    ("UPDATE request_counts SET n = n + 1 WHERE status = 'failed'", 'counted wrongly'),
    ("INSERT INTO attempts (request_id, number, kind, started_ms) VALUES (99, 1, 'send', 0)", 'attempts'),
]


def must_say(words, check, *arguments):
    try:
        check(*arguments)
    except AssertionError as error:
        assert words in str(error), f'{words}: it says {error}'
    else:
        raise RuntimeError(f'it does not see: {words}')


def spoil_database(profile):
    for number, (statement, words) in enumerate(SPOILT):
        path = os.path.join(profile.folder, f'spoilt-{number}.db')
        shutil.copy(os.path.join(profile.folder, 'end.db'), path)
        with contextlib.closing(sqlite3.connect(path)) as db:
            # Which forbid all this.
            for name, in list(db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")):
                db.execute(f'DROP TRIGGER {name}')
            db.execute(statement)
            must_say(words, oracle.check_database, db)


def spoil_ledger(profile, writes):
    """The first two are sales, the last two changes of one document."""
    with contextlib.closing(sqlite3.connect(os.path.join(profile.folder, 'end.db'))) as db:
        rows = oracle.read_rows(db)[0]
    ledger = oracle.read_ledger(profile)

    def spoilt(words, change, kind='submit', n=1, status='completed', check=oracle.audit):
        counts, changes = copy.deepcopy(ledger)
        change(changes)
        counts[kind, writes[0].mark] += n
        other = {**rows, writes[0].row: {**rows[writes[0].row], 'status': status}}
        must_say(words, check, other, writes, (counts, changes), words)

    def nothing(_):
        pass

    spoilt('1 are wrong', nothing)
    spoilt('1 are wrong', nothing, kind='create')
    spoilt('1 are wrong', nothing, n=-1)
    spoilt('1 are wrong', nothing, n=0, status='failed')
    spoilt('1 are wrong', nothing, n=0, status='sending')
    spoilt(writes[-1].document, lambda changes: changes[writes[-1].document].reverse(), n=0)
    must_say('1 are wrong', oracle.audit, {k: rows[k] for k in rows if k != writes[1].row}, writes, ledger, 'lost')
    must_say('nobody handed them over', oracle.check_nobodys, writes[1:], ledger[0])
    must_say('was refused', oracle.check_refused, writes[:1], rows, ledger[0], 0)
    must_say('taken before', oracle.check_order, writes[::-1], {})


def test_oracle():
    with harness.Profile() as profile:
        profile.start_shop()
        profile.start()
        document = profile.create({'doctype': 'Note', 'title': 'a document', 'content': '0'})['name']
        writes = [harness.sale(), harness.sale(), harness.draft(), harness.change(document, 'once'),
                  harness.change(document, 'twice')]
        client = profile.client()
        for write in writes:
            client = profile.submit(client, write)
        oracle.wait_settled(profile, writes)
        sums = oracle.check_end(profile, writes, 'nothing is wrong')
        assert sums['on the server once'] == len(writes), sums
        spoil_database(profile)
        spoil_ledger(profile, writes)


harness.tap(test_oracle)
