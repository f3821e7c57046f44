# SPDX-License-Identifier: GPL-3.0-or-later
"""A backup that is made in the middle of a drain and put back later: what was delivered since is not delivered again, and
what was not, is. The practice shop's ledger has every sale exactly once."""

import os
import shutil

import harness

SALES = 300
LATER = 50
QUICK = {'SETTLE_TIME': 100, 'BASE_RETRY_DELAY': 50, 'MAX_RETRY_DELAY': 500}


def accept(profile, number, offline):
    """So many sales and drafts; returns their keys."""
    client = profile.client()
    client.call('POST', '/_sync/v1/offline', {'on': offline})
    keys = []
    for i in range(number):
        write = harness.sale() if i % 3 else harness.draft()
        keys.append(write.mark)
        client = profile.submit(client, write)
    return keys


def back_up(profile):
    target = os.path.join(profile.folder, 'backup')
    status, out, err = profile.run([harness.CTL, 'backup', target])
    assert status == 0 and target in out, (status, out, err)
    copy = os.path.join(target, 'queue.db')
    assert os.listdir(target) == ['queue.db'] and os.stat(copy).st_mode & 0o777 == 0o600
    assert profile.run([harness.CTL, 'backup', target])[0] == 1
    return copy


def put_back(profile, copy):
    for suffix in ('', '-wal', '-shm'):
        path = os.path.join(profile.data, 'queue.db' + suffix)
        if os.path.exists(path):
            os.unlink(path)
    shutil.copyfile(copy, os.path.join(profile.data, 'queue.db'))
    profile.start()
    assert 'put back from the backup of' in profile.program.log(), profile.program.log()
    assert 'put back from the backup of' in profile.status()['restoreReport']


def check(profile, keys, n_rows):
    """Each key once on the server, and nothing left in doubt here."""
    profile.wait(lambda s: s['queueStats']['completed'] == n_rows, 'all delivered')
    created = {}
    for commit in profile.ledger()['commits']:
        if commit['doctype'] == 'Sales Invoice' and commit['kind'] == 'create':
            created[commit['key']] = created.get(commit['key'], 0) + 1
    doubled = [key for key, n in created.items() if n > 1]
    lost = set(keys) - set(created)
    print(f'# {len(keys)} accepted, {len(created)} on the server, {len(lost)} lost, {len(doubled)} doubled')
    assert created == dict.fromkeys(keys, 1), (doubled, lost)
    assert profile.program.end() == 0


def test_restore_after_a_drain():
    """All of it was delivered since, and sales that the copy does not know."""
    with harness.Profile(**QUICK) as profile:
        profile.start_shop()
        profile.start()
        keys = accept(profile, SALES, True)
        profile.client().call('POST', '/_sync/v1/offline', {'on': False})
        profile.wait(lambda s: s['queueStats']['completed'] >= SALES // 3, 'a third delivered')
        copy = back_up(profile)
        keys += accept(profile, LATER, False)
        profile.wait(lambda s: s['queueStats']['completed'] == SALES + LATER, 'all delivered')
        assert profile.program.end() == 0
        put_back(profile, copy)
        check(profile, keys, SALES)


def test_restore_in_a_drain():
    """The program is killed in the midst of the drain, and the copy put back: half was delivered since."""
    with harness.Profile(**QUICK) as profile:
        profile.start_shop()
        profile.start()
        keys = accept(profile, SALES, True)
        profile.client().call('POST', '/_sync/v1/offline', {'on': False})
        profile.wait(lambda s: s['queueStats']['completed'] >= SALES // 4, 'a quarter delivered')
        copy = back_up(profile)
        profile.wait(lambda s: s['queueStats']['completed'] >= SALES // 2, 'half delivered')
        profile.program.kill()
        put_back(profile, copy)
        check(profile, keys, SALES)


def test_queue_lost():
    """The queue is removed while the program is stopped: the till sells on, and everybody who looks is told."""
    with harness.Profile(**QUICK) as profile:
        profile.start_shop()
        profile.start()
        accept(profile, 5, True)
        assert profile.program.end() == 0
        queue = os.path.join(profile.data, 'queue.db')
        os.unlink(queue)
        for _ in range(2):
            profile.start()
            assert queue in profile.status()['notice'], profile.status()
            status, out, _ = profile.run([harness.CTL, 'status'])
            assert status == 0 and 'is gone' in out, out
            accept(profile, 5, True)
            assert profile.program.end() == 0
        assert profile.program.log().count('is gone') == 2, profile.program.log()
        os.unlink(queue)
        shutil.rmtree(profile.env['XDG_STATE_HOME'])
        profile.start()
        assert profile.status()['notice'] is None, profile.status()
        assert profile.program.end() == 0


def start_and_look(profile, words):
    """A start without a place for the witness says so wherever one looks; returns the restore report."""
    before = profile.program.log().count(words) if profile.program else 0
    profile.start()
    profile.wait(lambda s: words in (s['notice'] or ''), 'the notice')
    assert profile.program.log().count(words) == before + 1, profile.program.log()
    assert words in profile.run([harness.CTL, 'doctor'])[1]
    return profile.status()['restoreReport']


def test_no_witness():
    """The state directory cannot be written: said at each start. Where it could before, and the note is gone, what is
    undelivered is in doubt."""
    with harness.Profile(**QUICK) as profile:
        profile.start_shop()
        state = profile.env['XDG_STATE_HOME']
        with open(state, 'w', encoding='ascii'):
            pass
        for _ in range(2):
            assert start_and_look(profile, 'It cannot be noted in') is None
            accept(profile, 5, True)
            assert profile.program.end() == 0
        os.unlink(state)
        profile.start()
        assert (profile.status()['notice'], profile.status()['restoreReport']) == (None, None)
        assert profile.program.end() == 0
        shutil.rmtree(state)
        with open(state, 'w', encoding='ascii'):
            pass
        assert 'is treated as an older copy' in start_and_look(profile, 'It cannot be noted in')
        assert profile.program.end() == 0


harness.tap(test_restore_after_a_drain, test_restore_in_a_drain, test_queue_lost, test_no_witness)
