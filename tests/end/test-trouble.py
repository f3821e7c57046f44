# SPDX-License-Identifier: GPL-3.0-or-later
"""Trouble around the real programs that needs more than one of them, or mounts: each time one clear line, nothing
half-done, nothing lost. (A bad setting, a port in use and the like: tests/app/test-headless.c, tests/ctl.)"""

import os
import shutil
import subprocess
import time

import harness

# Runs the rest of the arguments where the directory $1 is mounted as $0 says; the mount ends with the program.
MOUNT = ['unshare', '--mount', '--propagation', 'private', 'sh', '-euc', 'eval "$0"; shift; exec "$@"']
TMPFS = 'mount -t tmpfs -o size=320m,mode=700 tmpfs "$1"'
# The same files on a disk without a byte left.
FULL = ('cp -a "$1" "$1.saved"; mount -t tmpfs -o size=80m,mode=700 tmpfs "$1"; cp -a "$1.saved/." "$1";'
        'cat /dev/zero > "$1/filler" 2> /dev/null || :; rm -r "$1.saved"')
READ_ONLY = 'mount --bind "$1" "$1"; mount -o remount,ro,bind "$1"'


def can_mount():
    done = subprocess.run(['unshare', '--mount', '--propagation', 'private', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'],
                          capture_output=True, check=False)
    return done.returncode == 0


def one_line(text):
    """What a program says beside that it found no bus."""
    lines = [line for line in text.splitlines() if 'no session bus' not in line]
    assert len(lines) == 1, lines
    return lines[0]


def fill(path, leave):
    """Writes the file system of the path full but for so many bytes."""
    size = os.path.getsize(path) if os.path.exists(path) else 0
    status = os.statvfs(os.path.dirname(path))
    size += status.f_bavail * status.f_frsize - leave
    with open(path, 'ab') as file:
        if size <= os.path.getsize(path):
            file.truncate(size)
        else:
            os.posix_fallocate(file.fileno(), 0, size)


def test_full_disk():
    """Below 250 MB no promise is made any more, and the reason is given; what was promised is delivered all the same,
    also with the disk full to the last byte."""
    if not can_mount():
        return 'mounting is not permitted here'
    with harness.Profile(SETTLE_TIME=100, BASE_RETRY_DELAY=10, MAX_RETRY_DELAY=100) as profile:
        profile.start_shop()
        os.mkdir(profile.data, 0o700)
        profile.start([*MOUNT, TMPFS, profile.data])
        client, filler = profile.client(), os.path.join(profile.seen_data, 'filler')
        client.call('POST', '/_sync/v1/offline', {'on': True})
        for _ in range(20):
            profile.submit(client, harness.sale())
        fill(filler, 100 << 20)
        # The free room is looked at now and then, not for each write.
        answers = []

        def is_refused():
            answers.append(client.call('POST', '/_sync/v1/requests', harness.sale()))
            return answers[-1][0] != 202

        harness.wait_until(is_refused, 'refused')
        status, answer = answers[-1]
        assert status == 507, (status, answer)
        assert 'MB' in str(answer) and profile.data in str(answer), answer
        n_accepted = 20 + sum(status == 202 for status, _ in answers)
        fill(filler, 0)
        client.call('POST', '/_sync/v1/offline', {'on': False})
        profile.wait(lambda s: s['queueStats']['completed'] == n_accepted, 'all delivered')
        commits = [c for c in profile.ledger()['commits'] if c['doctype'] == 'Sales Invoice' and c['kind'] == 'create']
        assert len(commits) == len({c['key'] for c in commits}) == n_accepted, commits
        os.unlink(filler)
        harness.wait_until(lambda: client.call('POST', '/_sync/v1/requests', harness.sale())[0] == 202, 'accepted again')
        assert profile.program.end() == 0
    return None


def test_start_on_full_disk():
    """The reserve is enough to start and to deliver what was promised; without it one line says what to free."""
    if not can_mount():
        return 'mounting is not permitted here'
    with harness.Profile(SETTLE_TIME=100) as profile:
        profile.start_shop()
        profile.start()
        client = profile.client()
        client.call('POST', '/_sync/v1/offline', {'on': True})
        for _ in range(5):
            profile.submit(client, harness.sale())
        assert profile.program.end() == 0
        profile.start([*MOUNT, FULL, profile.data])
        profile.wait(lambda s: s['queueStats']['completed'] == 5, 'all delivered')
        status, answer = profile.client().call('POST', '/_sync/v1/requests', harness.sale())
        assert status == 507 and 'MB' in str(answer), (status, answer)
        assert profile.program.end() == 0
        os.unlink(os.path.join(profile.data, 'reserve'))
        status, out, err = profile.run([*MOUNT, FULL, profile.data, harness.PROGRAM, '--headless'])
        assert (status, out) == (1, '') and 'free at least' in one_line(err) and profile.data in err, (status, out, err)
    return None


def test_read_only_data():
    if not can_mount():
        return 'mounting is not permitted here'
    with harness.Profile(ERPNEXT_BASE_URL='http://127.0.0.1:9') as profile:
        os.mkdir(profile.data, 0o700)
        status, out, err = profile.run([*MOUNT, READ_ONLY, profile.data, harness.PROGRAM, '--headless'])
        assert (status, out) == (1, '') and profile.data in one_line(err), (status, out, err)
    return None


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


harness.tap(test_full_disk, test_start_on_full_disk, test_read_only_data, test_removed_data, test_killed, test_orderly_end,
            test_refused_in_words, test_open_umask)
