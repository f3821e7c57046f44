# SPDX-License-Identifier: GPL-3.0-or-later
"""The disk is full, may not be written, or fails: before the start, and while the program takes and delivers writes.
Nothing is acknowledged so long, the reason is said, and it is over when the disk is well again, without a start; all that
was acknowledged before and after is on the server exactly once (tests/end/oracle.py).

SYNC_SEED repeats the draw."""

import contextlib
import errno
import os
import resource
import subprocess
import threading
import uuid

import harness
import oracle

CLIENTS = 2
# So often each kind of trouble comes.
TIMES = 6
QUICK = {'SETTLE_TIME': 200, 'BASE_RETRY_DELAY': 10, 'MAX_RETRY_DELAY': 200, 'PROCESSING_INTERVAL': 200,
         'REQUEST_TIMEOUT': 5000, 'WRITE_TIMEOUT': 5000, 'MAX_RETRIES': 100}
# The line and the server fail meanwhile, too.
FAULTS = [
    {'kind': 'reset-before', 'probability': 0.03},
    {'kind': 'reset-after', 'probability': 0.05},
    {'kind': 'answer-after', 'answer': 'bad-gateway', 'probability': 0.02},
    {'kind': 'slow-after', 'delay_ms': 15, 'probability': 0.3},
]
# Of 512 bytes.
FEW_BLOCKS = 3000
NO_MOUNTS = 'mounting is not permitted here'


class Mount:
    """A file system for the data directory, in a mount namespace of its own that lasts as long as the `with`."""

    def __init__(self, profile, options):
        self.profile = profile
        self.options = options
        self.holder = None

    def __enter__(self):
        os.mkdir(self.profile.data, 0o700)
        script = 'mount -t tmpfs -o "$1" tmpfs "$2"; echo mounted; exec cat'
        self.holder = subprocess.Popen(['unshare', '--mount', '--propagation', 'private', 'sh', '-euc', script, 'sh',
                                        self.options, self.profile.data],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.profile.seen_data = f'/proc/{self.holder.pid}/root{self.profile.data}'
        # With its root: these tests may run within a chroot.
        self.inside = ['nsenter', f'--mount=/proc/{self.holder.pid}/ns/mnt', f'--root=/proc/{self.holder.pid}/root', '--']
        if self.holder.stdout.readline() == b'mounted\n':
            return self
        self.__exit__()
        return None

    def __exit__(self, *_):
        self.holder.stdin.close()
        self.holder.stdout.close()
        self.holder.wait()

    def start(self):
        self.profile.start(self.inside)

    def start_in_vain(self):
        return refused_start(self.profile, self.inside)

    def remount(self, options):
        subprocess.run([*self.inside, 'mount', '-o', f'remount,{options}', self.profile.data], check=True)

    def fill(self, leave=0):
        """But for so many bytes."""
        path = os.path.join(self.profile.seen_data, 'filler')
        status = os.statvfs(self.profile.seen_data)
        size = os.path.getsize(path) if os.path.exists(path) else 0
        room = status.f_bavail * status.f_frsize
        # The program may take of the room meanwhile.
        with contextlib.suppress(OSError), open(path, 'ab') as file:
            if room > leave:
                os.posix_fallocate(file.fileno(), size, room - leave)
            elif room < leave:
                file.truncate(size + room - leave)

    def free(self):
        os.unlink(os.path.join(self.profile.seen_data, 'filler'))


def refused_start(profile, wrapper=()):
    """A start that fails; returns the one line that says why."""
    status, out, err = profile.run([*wrapper, harness.PROGRAM, '--headless'])
    lines = [line for line in err.splitlines() if 'no session bus' not in line]
    assert (status, out) == (1, '') and len(lines) == 1 and profile.data in lines[0], (status, out, err)
    return lines[0]


def draw(rng, documents, numbers):
    kind = rng.choice(['change', 'change', 'sale', 'draft'])
    if kind != 'change':
        return harness.sale() if kind == 'sale' else harness.draft()
    name = rng.choice(documents)
    numbers[name] += 1
    return harness.change(name, f'{name} {numbers[name]}')


class Disk:
    """That fails on demand (tests/end/fail-disk.c)."""

    def __init__(self, profile):
        self.control = os.path.join(profile.folder, 'control')
        os.mkdir(self.control)
        profile.env.update(LD_PRELOAD=os.environ['SYNC_TEST_FAIL_DISK'], SYNC_FAIL_BELOW=profile.data,
                           SYNC_FAIL_CONTROL=self.control)
        if 'libasan' in subprocess.run(['ldd', harness.PROGRAM], capture_output=True, text=True, check=False).stdout:
            # It would have to be the first library.
            profile.env['ASAN_OPTIONS'] = profile.env.get('ASAN_OPTIONS', '') + ':verify_asan_link_order=0'
        # Odd while it fails.
        self.turn = 0

    def fail(self, **what):
        for name, number in what.items():
            path = os.path.join(self.control, name)
            with open(path + '~', 'w', encoding='ascii') as file:
                file.write(str(number))
            os.rename(path + '~', path)
        self.turn += 1

    def heal(self):
        self.turn += 1
        for name in os.listdir(self.control):
            os.unlink(os.path.join(self.control, name))


class Till:
    """A client that hands writes over while the disk fails now and then. What is refused it hands over again, at times
    at once and at times later, or gives it up."""

    def __init__(self, profile, disk, rng, documents):
        self.profile, self.disk, self.rng, self.documents = profile, disk, rng, documents
        self.numbers = dict.fromkeys(documents, 0)
        self.accepted, self.given_up = [], []
        self.refusals = 0
        self.stop = threading.Event()

    def offer(self, connection, write, is_new):
        turn = self.disk.turn
        status, answer = self.profile.offer(connection, write)
        assert not is_new or status != 202 or not turn % 2 or self.disk.turn != turn, f'{write.mark} cannot be on the disk'
        if status == 202:
            self.accepted.append(write)
            return True
        self.refusals += 1
        assert status in (503, 507) and self.profile.data in str(answer), (status, answer)
        return False

    def hand_over(self, connection, write):
        is_new, gives_up = True, self.rng.random() < 0.3
        while not self.stop.is_set():
            generation = self.profile.generation
            try:
                if self.offer(connection, write, is_new):
                    return connection
                # A later change of the document may not overtake this one.
                if gives_up and write.document is None:
                    self.given_up.append(write)
                    return connection
                is_new = False
                self.stop.wait(0.02)
            except harness.Lost:
                # Whether it was taken is not known: it is handed over until it is.
                is_new = gives_up = False
                connection.close()
                with self.profile.running:
                    self.profile.running.wait_for(lambda: self.profile.generation > generation or self.stop.is_set(),
                                                  harness.DEADLINE)
                connection = self.profile.client()
        self.given_up.append(write)
        return connection

    def run(self):
        connection = self.profile.client()
        while not self.stop.is_set():
            # Those are sent once only: who sends what is not noted as sent will send it again.
            is_note = self.rng.random() < 0.3
            write = harness.note(str(uuid.uuid4())) if is_note else draw(self.rng, self.documents, self.numbers)
            connection = self.hand_over(connection, write)
            self.stop.wait(0.005)
        connection.close()


def make_notes(profile, n):
    return [profile.create({'doctype': 'Note', 'title': f'lane {i}', 'content': '0'})['name'] for i in range(n)]


def is_in_trouble(profile):
    """Whether the program says what is the matter, and where."""
    status = profile.status()
    if status['condition'] != 'storage-trouble':
        return False
    assert profile.data in status['conditionDetail'], status
    return True


def fail_disk(profile, disk, tills, rng, failure, failures):
    """One time of trouble; the program may be killed in its midst. Returns whether it was."""

    def await_tills(count, what):
        before = count()
        harness.wait_until(lambda: failures or count() >= before + 3, what)
        assert not failures, failures

    before = profile.status()['queueStats']['completed']
    profile.wait(lambda s: s['queueStats']['completed'] >= before + rng.randrange(30), 'something was delivered')
    disk.fail(**failure)
    await_tills(lambda: sum(till.refusals for till in tills), 'refused')
    harness.wait_until(lambda: is_in_trouble(profile), 'storage trouble')
    killed = rng.random() < 0.5
    if killed:
        profile.program.kill()
        print(f'# a start meanwhile: {refused_start(profile)}', flush=True)
    disk.heal()
    if killed:
        profile.start()
    await_tills(lambda: sum(len(till.accepted) for till in tills), 'taken again')
    profile.wait(lambda s: s['condition'] == 'online', 'on line again')
    return killed


def run_failing(rng, failure, times):
    with harness.Profile(**QUICK) as profile:
        profile.start_shop()
        notes = make_notes(profile, 2 * CLIENTS)
        profile.practice('PUT', 'faults', FAULTS)
        disk = Disk(profile)
        profile.start()
        tills = [Till(profile, disk, rng, notes[i::CLIENTS]) for i in range(CLIENTS)]
        threads, failures = harness.in_threads(lambda till: till.run(), tills)
        kills = 0
        for _ in range(times):
            kills += fail_disk(profile, disk, tills, rng, failure, failures)
        for till in tills:
            till.stop.set()
        harness.join(threads, failures)
        profile.practice('DELETE', 'faults')
        accepted = [write for till in tills for write in till.accepted]
        seconds = oracle.wait_settled(profile, accepted)
        print(f'# {times} times, {kills} kills, {sum(till.refusals for till in tills)} refusals; settled {seconds:.1f} s'
              ' later', flush=True)
        sums = oracle.check_end(profile, accepted, 'ledger', [write for till in tills for write in till.given_up], kills > 0)
        # What was on its way at a kill.
        assert sums['on the server once'] + sums['waiting for a person'] == len(accepted), sums
        assert sums['waiting for a person'] <= sum(write.kind == 'note' for write in accepted), sums


def test_sync_fails():
    """What was written may never reach the disk: an error of fsync() is believed."""
    run_failing(harness.make_random(), {'sync': errno.EIO}, TIMES)


def test_write_finds_no_room():
    run_failing(harness.make_random(), {'write': errno.ENOSPC}, TIMES)


def test_write_fails():
    run_failing(harness.make_random(), {'write': errno.EIO, 'sync': errno.EIO}, TIMES)


def test_becomes_read_only():
    """As a file system that found an error in itself."""
    run_failing(harness.make_random(), {'write': errno.EROFS, 'sync': errno.EROFS}, TIMES)


def accept(profile, rng, documents, n):
    """So many while the server takes nothing."""
    profile.practice('PUT', 'faults', {'kind': 'answer', 'answer': 'unavailable', 'retry_after_s': 1})
    numbers, client, writes = dict.fromkeys(documents, 0), profile.client(), []
    for _ in range(n):
        writes.append(draw(rng, documents, numbers))
        client = profile.submit(client, writes[-1])
    client.close()
    return writes


def await_answer(profile, writes, wanted):
    """The free room is looked at now and then, not for each write; returns the words."""
    client, answers = profile.client(), []

    def is_so():
        write = harness.sale()
        status, answer = profile.offer(client, write)
        answers.append(str(answer))
        assert status == 202 or (status == 507 and profile.data in str(answer)), (status, answer)
        writes.extend([write] if status == 202 else [])
        return status == wanted

    harness.wait_until(is_so, f'the answer {wanted}')
    client.close()
    return answers[-1]


def test_file_size_limit():
    """This user's files may not grow further: refused like a full disk, and over when the limit is lifted."""
    with harness.Profile(**QUICK) as profile:
        profile.start_shop()
        writes = []
        profile.start(['sh', '-c', f'ulimit -Sf {FEW_BLOCKS}; exec "$@"', 'sh'])
        profile.practice('PUT', 'faults', {'kind': 'answer', 'answer': 'unavailable', 'retry_after_s': 1})
        client, status, refused = profile.client(), 202, ''
        while status == 202:
            write = harness.sale()
            status, refused = profile.offer(client, write)
            writes.extend([write] if status == 202 else [])
        client.close()
        assert status in (503, 507) and profile.data in str(refused), (status, refused)
        harness.wait_until(lambda: is_in_trouble(profile), 'storage trouble')
        print(f'# {len(writes)} taken, then {status}: {refused}', flush=True)
        limit = resource.prlimit(profile.program.process.pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(profile.program.process.pid, resource.RLIMIT_FSIZE, (limit, limit))
        profile.practice('DELETE', 'faults')
        client = profile.client()
        writes.append(harness.sale())
        client = profile.submit(client, writes[-1])
        client.close()
        check_full(profile, writes, 'the limit of file size')
        assert profile.program.end() == 0


def check_full(profile, writes, title):
    oracle.wait_settled(profile, writes)
    sums = oracle.check_end(profile, writes, title)
    assert sums['on the server once'] == len(writes), sums


def test_low_room():
    """Below 250 MB no promise is made any more, and the reason is given; what was promised is delivered all the same."""
    rng = harness.make_random()
    with harness.Profile(**QUICK) as profile, Mount(profile, 'size=320m,mode=700') as mount:
        if mount is None:
            return NO_MOUNTS
        profile.start_shop()
        mount.start()
        writes = accept(profile, rng, make_notes(profile, 3), 30)
        mount.fill(100 << 20)
        assert 'MB' in await_answer(profile, writes, 507)
        profile.practice('DELETE', 'faults')
        profile.wait(lambda s: s['queueStats']['completed'] == len(writes), 'all delivered')
        mount.free()
        await_answer(profile, writes, 202)
        check_full(profile, writes, 'ledger')
    return None


def test_full_in_a_drain():
    """To the last byte, the reserve gone too: nothing is sent that could not be noted; then there is room again."""
    rng = harness.make_random()
    with harness.Profile(**QUICK) as profile, Mount(profile, 'size=320m,mode=700') as mount:
        if mount is None:
            return NO_MOUNTS
        profile.start_shop()
        mount.start()
        writes = accept(profile, rng, make_notes(profile, 3), 200)
        # The log is empty after an orderly end, and soon needs room.
        assert profile.program.end() == 0
        mount.start()
        profile.practice('DELETE', 'faults')
        profile.practice('PUT', 'faults', {'kind': 'slow-after', 'delay_ms': 100})
        profile.wait(lambda s: s['queueStats']['completed'] >= 10, 'some delivered')

        def is_full():
            mount.fill()
            has_reserve = os.path.exists(os.path.join(profile.seen_data, 'reserve'))
            return not has_reserve and is_in_trouble(profile) and not os.statvfs(profile.seen_data).f_bavail

        harness.wait_until(is_full, 'storage trouble without a reserve')
        delivered = profile.status()['queueStats']['completed']
        print(f'# {delivered} of {len(writes)} delivered when it was full', flush=True)
        assert delivered < len(writes)
        await_answer(profile, writes, 507)
        mount.free()
        check_full(profile, writes, 'ledger')
    return None


def test_full_at_a_start():
    """The reserve is enough to start and to deliver what was promised; without it one line says what to free."""
    rng = harness.make_random()
    with harness.Profile(**QUICK) as profile, Mount(profile, 'size=320m,mode=700') as mount:
        if mount is None:
            return NO_MOUNTS
        profile.start_shop()
        mount.start()
        writes = accept(profile, rng, make_notes(profile, 3), 50)
        profile.program.kill()
        os.unlink(os.path.join(profile.seen_data, 'reserve'))
        mount.fill()
        words = mount.start_in_vain()
        assert 'free at least' in words, words
        print(f'# {words}', flush=True)
        mount.free()
        mount.start()
        profile.program.kill()
        mount.fill()
        mount.start()
        profile.practice('DELETE', 'faults')
        profile.wait(lambda s: s['queueStats']['completed'] == len(writes), 'all delivered')
        assert 'MB' in await_answer(profile, writes, 507)
        check_full(profile, writes, 'ledger')
    return None


def test_read_only_at_a_start():
    rng = harness.make_random()
    with harness.Profile(**QUICK) as profile, Mount(profile, 'size=400m,mode=700') as mount:
        if mount is None:
            return NO_MOUNTS
        mount.remount('ro')
        profile.env['ERPNEXT_BASE_URL'] = 'http://127.0.0.1:9'
        print(f'# {mount.start_in_vain()}', flush=True)
        mount.remount('rw')
        profile.start_shop()
        mount.start()
        writes = accept(profile, rng, make_notes(profile, 3), 20)
        profile.program.kill()
        mount.remount('ro')
        print(f'# {mount.start_in_vain()}', flush=True)
        mount.remount('rw')
        mount.start()
        profile.practice('DELETE', 'faults')
        check_full(profile, writes, 'ledger')
    return None


def test_no_permission():
    """Of an ordinary user, for whom the permissions count: no start, and no end of one that runs."""
    rng = harness.make_random()
    plain = ['setpriv', '--bounding-set', '-dac_override,-dac_read_search', '--'] if os.geteuid() == 0 else []
    with harness.Profile(**QUICK) as profile:
        if plain and profile.run([*plain, 'true'])[0] != 0:
            return 'capabilities cannot be given up here'
        profile.start_shop()
        profile.start(plain)
        writes = accept(profile, rng, make_notes(profile, 3), 20)
        os.chmod(profile.data, 0o500)
        write = harness.sale()
        profile.submit(profile.client(), write)
        writes.append(write)
        profile.program.kill()
        print(f'# {refused_start(profile, plain)}', flush=True)
        os.chmod(profile.data, 0o700)
        for name in ('queue.db', 'queue.db-wal', 'lock'):
            os.chmod(os.path.join(profile.data, name), 0o400)
            print(f'# {refused_start(profile, plain)}', flush=True)
            os.chmod(os.path.join(profile.data, name), 0o600)
        profile.start(plain)
        os.chmod(profile.data, 0o500)
        profile.practice('DELETE', 'faults')
        profile.wait(lambda s: s['queueStats']['completed'] == len(writes), 'all delivered')
        os.chmod(profile.data, 0o700)
        check_full(profile, writes, 'ledger')
    return None


harness.tap(test_sync_fails, test_write_finds_no_room, test_write_fails, test_becomes_read_only, test_low_room,
            test_full_in_a_drain, test_full_at_a_start, test_read_only_at_a_start, test_no_permission, test_file_size_limit)
