# SPDX-License-Identifier: GPL-3.0-or-later
"""Trouble around the real programs that needs more than one of them: each time one clear line, nothing half-done, nothing
lost. (A bad setting, a port in use and the like: tests/app/test-headless.c, tests/ctl. The disk: test-disk.py.)"""

import os
import shutil
import time

import harness

def one_line(text):
    """What a program says beside that it found no bus."""
    lines = [line for line in text.splitlines() if 'no session bus' not in line]
    assert len(lines) == 1, lines
    return lines[0]


def test_removed_data():
    """Somebody removes the data directory under the program: what was promised before and after comes back to its place,
    survives a kill, and goes out once."""
    with harness.Profile(SETTLE_TIME=100) as profile:
        profile.start_shop()
        profile.start()
        client = profile.client()
        client.call('POST', '/_sync/v1/offline', {'on': True})
        for _ in range(10):
            profile.submit(client, harness.sale())
        shutil.rmtree(profile.data)
        for _ in range(10):
            profile.submit(client, harness.sale())
        assert os.path.join(profile.data, 'queue.db') in profile.status()['notice'], profile.status()
        os.unlink(os.path.join(profile.data, 'queue.db'))
        profile.submit(client, harness.sale())
        profile.program.kill()
        profile.start()
        profile.client().call('POST', '/_sync/v1/offline', {'on': False})
        profile.wait(lambda s: s['queueStats']['completed'] == 21, 'all delivered')
        keys = [c['key'] for c in profile.ledger()['commits'] if c['kind'] == 'create' and c['doctype'] == 'Sales Invoice']
        assert len(keys) == len(set(keys)) == 21, keys
        assert profile.program.end() == 0


def test_killed():
    """A lock and a port file that a killed program left stand in nobody's way, and fool nobody."""
    with harness.Profile() as profile:
        profile.start_shop()
        profile.start()
        profile.submit(profile.client(), harness.sale())
        profile.program.kill()
        status, out, err = profile.run([harness.CTL, 'status'])
        assert (status, out) == (1, '') and 'running' in one_line(err), (status, out, err)
        profile.start()
        status, out, err = profile.run([harness.CTL, '--json', 'status'])
        assert (status, err) == (0, '') and '"queueStats"' in out, (status, out, err)
        assert profile.program.end() == 0


def test_orderly_end():
    """SIGTERM while requests are on their way and more wait: within ten seconds, and each arrives once."""
    with harness.Profile(SETTLE_TIME=100) as profile:
        profile.start_shop()
        profile.practice('PUT', 'faults', {'kind': 'slow-after', 'delay_ms': 700, 'count': 6})
        profile.start()
        client = profile.client()
        for _ in range(30):
            profile.submit(client, harness.sale())
        profile.wait(lambda s: s['queueStats']['sending'] > 0, 'something is on its way')
        begun = time.monotonic()
        assert profile.program.end() == 0
        assert time.monotonic() - begun < 10
        profile.start()
        profile.wait(lambda s: s['queueStats']['completed'] == 30, 'all delivered')
        keys = [c['key'] for c in profile.ledger()['commits'] if c['kind'] == 'create' and c['key']]
        assert len(keys) == len(set(keys)) == 30, keys
        assert profile.program.end() == 0


def test_refused_in_words():
    """What the server does not want is shown in its words, without its markup; then it is given up, with a reason."""
    with harness.Profile() as profile:
        profile.start_shop()
        profile.start()
        request = {'method': 'POST', 'url': '/api/resource/Customer', 'key': 'customer-1',
                   'body': {'customer_name': 'Jane', 'customer_group': 'Nowhere'}}
        refused = harness.Write('customer', 'Jane', request)
        profile.submit(profile.client(), refused)
        profile.wait(lambda s: s['queueStats']['failed'] == 1, 'refused')
        status, out, _ = profile.run([harness.CTL, 'show', str(refused.row)])
        words = next(line for line in out.splitlines() if line.startswith('Words'))
        assert status == 0 and 'Nowhere' in words and '<' not in words, out
        status, _, err = profile.run([harness.CTL, 'discard', str(refused.row)])
        assert status == 2 and '--reason' in err, (status, err)
        status, _, err = profile.run([harness.CTL, 'discard', str(refused.row), '--reason', 'a mistake'])
        assert status == 0 and profile.status()['queueStats']['discarded'] == 1, err
        assert profile.program.end() == 0


def test_wrong_key():
    """Whoever gives a key hears at once what the server makes of it."""
    with harness.Profile() as profile:
        profile.start_shop()
        for name in ('ERPNEXT_API_TOKEN', 'ERPNEXT_API_SECRET'):
            del profile.env[name]
        profile.start()
        give = [harness.CTL, 'credentials', 'set']
        status, out, err = profile.run(give, 'KEY-cashier\nwrong\n')
        assert status == 1 and 'The API key is set' in out and 'does not know this API key' in one_line(err), (status, out, err)
        assert profile.status()['condition'] == 'sign-in-needed', profile.status()
        status, out, err = profile.run(give, 'KEY-cashier\nSECRET\n')
        assert (status, err) == (0, '') and 'knows this till as cashier@example.com.' in out, (status, out, err)
        profile.shop.kill()
        status, out, err = profile.run(give, 'KEY-cashier\nSECRET\n')
        assert (status, err) == (0, '') and 'knows' not in out, (status, out, err)
        assert profile.program.end() == 0


def test_open_umask():
    """Whatever the umask: what is in the data directory is for its owner only."""
    with harness.Profile() as profile:
        profile.start_shop()
        profile.start(['sh', '-c', 'umask 0; exec "$@"', 'sh'])
        profile.submit(profile.client(), harness.sale())
        paths = [profile.data, *(os.path.join(profile.data, name) for name in os.listdir(profile.data))]
        assert len(paths) > 4, paths
        for path in paths:
            assert os.stat(path).st_mode & 0o077 == 0, path
        assert profile.program.end() == 0


harness.tap(test_removed_data, test_killed, test_orderly_end, test_refused_in_words, test_wrong_key, test_open_umask)
