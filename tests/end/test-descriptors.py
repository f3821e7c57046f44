# SPDX-License-Identifier: GPL-3.0-or-later
"""Five thousand connections as browsers make them, kept alive and then dropped: the program's number of open
descriptors stays flat, and it still answers. And a program that may open few: it lives, and works."""

import os
import resource
import select
import socket

import harness

TOTAL = 5000
# A browser opens six connections to a host at once.
AT_ONCE = 6
# More than the few descriptors of the last test.
FEW_VISITORS = 400
# A few may come and go by themselves: SQLite's files, a connection to the server.
SLACK = 6


def count(profile):
    return len(os.listdir(f'/proc/{profile.program.process.pid}/fd'))


def connect(profile):
    host, port = profile.gateway.removeprefix('http://').split(':')
    connection = socket.create_connection((host, int(port)), harness.DEADLINE)
    return connection, f'{host}:{port}'


def read_answer(connection):
    """One whole answer; the connection is left open."""
    data = b''
    while b'\r\n\r\n' not in data:
        data += connection.recv(65536)
    head, rest = data.split(b'\r\n\r\n', 1)
    assert head.startswith(b'HTTP/1.1 200'), head
    length = int(next(l for l in head.split(b'\r\n') if l.lower().startswith(b'content-length:')).split(b':')[1])
    while len(rest) < length:
        rest += connection.recv(65536)


def open_and_close(profile, number, end):
    """One browser's visit. Every kind of end: after an answer, between two, within a request, without any, cut."""
    visit = []
    for _ in range(AT_ONCE):
        connection, host = connect(profile)
        request = (f'GET /_sync/v1/status HTTP/1.1\r\nHost: {host}\r\nConnection: keep-alive\r\n'
                   f'Authorization: Bearer {profile.token}\r\n\r\n').encode()
        if end in ('answered', 'cut', 'half-closed'):
            connection.sendall(request)
        elif end == 'twice':
            connection.sendall(request + request)
        elif end == 'within':
            connection.sendall(request[:40])
        visit.append(connection)
    for connection in visit:
        if end in ('answered', 'half-closed'):
            read_answer(connection)
        if end == 'half-closed':
            connection.shutdown(socket.SHUT_WR)
        if end == 'cut':
            # A reset instead of an orderly end.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\1\0\0\0\0\0\0\0')
    if end == 'half-closed':
        # The other side hangs up as well.
        for connection in visit:
            assert select.select([connection], [], [], harness.DEADLINE)[0] and not connection.recv(1)
    for connection in visit:
        connection.close()
    return number + len(visit)


def test_descriptors():
    with harness.Profile() as profile:
        profile.start_shop()
        profile.start()
        profile.status()
        before, number, most = count(profile), 0, 0
        ends = ['answered', 'answered', 'answered', 'twice', 'within', 'unused', 'cut', 'half-closed']
        while number < TOTAL:
            number = open_and_close(profile, number, ends[number // AT_ONCE % len(ends)])
            most = max(most, count(profile))
        harness.wait_until(lambda: count(profile) <= before + SLACK, f'{count(profile)} descriptors fall to {before}')
        print(f'# {number} connections; descriptors: {before} before, {most} at most, {count(profile)} after', flush=True)
        assert most <= before + 20 * AT_ONCE, (before, most)
        assert profile.status()['state'] == 'idle'
        assert profile.program.end() == 0


def limit(profile, soft, hard):
    """A start with so few descriptors."""
    profile.start(['sh', '-c', f'ulimit -Sn {soft}; ulimit -Hn {hard}; exec "$@"', 'sh'])


def test_raised():
    """What this user may have is taken."""
    with harness.Profile() as profile:
        profile.start_shop()
        limit(profile, 300, 1000)
        assert resource.prlimit(profile.program.process.pid, resource.RLIMIT_NOFILE) == (1000, 1000)
        assert profile.program.end() == 0


def test_few_descriptors():
    """More visitors than descriptors: the program lives, answers, and takes and delivers sales."""
    with harness.Profile(SETTLE_TIME=100, BASE_RETRY_DELAY=50) as profile:
        profile.start_shop()
        limit(profile, 200, 200)
        visitors = []
        for i in range(FEW_VISITORS):
            visitors.append(connect(profile)[0])
            if i % 50 == 0:
                assert profile.status()['state']
        client = profile.client()
        for _ in range(10):
            client = profile.submit(client, harness.sale())
        profile.wait(lambda s: s['queueStats']['completed'] == 10, 'all delivered')
        assert count(profile) < 200, count(profile)
        for visitor in visitors:
            visitor.close()
        assert profile.program.end() == 0


harness.tap(test_descriptors, test_raised, test_few_descriptors)
