# SPDX-License-Identifier: GPL-3.0-or-later
"""The built programs as processes: a practice shop, and the program before it, which can be killed and started again.

Python's standard library only. Nothing waits for a length of time: a wait ends with an event, or fails at a deadline.
"""

import http.client
import json
import os
import random
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.parse
import uuid

PROGRAM = os.environ['SYNC_TEST_PROGRAM']
SHOP = os.environ['SYNC_TEST_SHOP']
CTL = os.environ['SYNC_TEST_CTL']
# Seconds until a wait is a failure; far more than a slow machine needs.
DEADLINE = 90 * int(os.environ.get('SYNC_TEST_PATIENCE', '1'))
PASSED_ON = ['PATH', 'G_DEBUG', 'ASAN_OPTIONS', 'UBSAN_OPTIONS', 'LSAN_OPTIONS', 'GSETTINGS_SCHEMA_DIR', 'LD_LIBRARY_PATH']
BAD_LOG = re.compile(r'CRITICAL|WARNING|AddressSanitizer|LeakSanitizer|runtime error|Assertion|panic', re.I)


class Lost(Exception):
    """No answer came: whether the other side has it is not known."""


def wait_until(predicate, what, wake=None):
    """Looks at each event on the socket `wake`, else now and then, until the deadline. `what`: words, or what makes them
    if they are needed."""
    end = time.monotonic() + DEADLINE
    while not predicate():
        if time.monotonic() > end:
            raise AssertionError(f'after {DEADLINE} s still not: {what() if callable(what) else what}')
        ready = select.select([wake] if wake else [], [], [], 0.05)[0]
        if ready and not wake.recv(1 << 20):
            wake = None


def path_of(doctype, name=None):
    """Of the document, or of the list."""
    path = '/api/resource/' + urllib.parse.quote(doctype, safe='')
    return path if name is None else path + '/' + urllib.parse.quote(name, safe='')


class Client:
    """One kept connection to a server; not for two threads at once."""

    def __init__(self, base, token=None):
        self.address = base.removeprefix('http://')
        self.headers = {'Authorization': f'Bearer {token}'} if token else {}
        self.connection = None

    def call(self, method, path, body=None):
        headers = dict(self.headers)
        if body is not None:
            headers['Content-Type'] = 'application/json'
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection(self.address, timeout=DEADLINE)
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
            data = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Lost(str(error)) from error
        is_json = answer.headers.get_content_type() == 'application/json'
        return answer.status, json.loads(data) if data and is_json else data

    def close(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = None


# GTK 4.8, when somebody asks for the windows before a new one has its place in the accessibility tree (gtkatspiroot.c,
# GetChildren: a path that is NULL). A message to whoever runs the program; here, where warnings are fatal, its end.
GTK_RACE = "g_variant_is_object_path: assertion 'string != NULL' failed"
# The logs of programs that ended so.
raced = []


class Process:
    """A program that says `ready` on standard output, if it does; its standard error is kept in a file."""

    def __init__(self, name, argv, env, folder, says_ready=True):
        self.log_path = os.path.join(folder, f'{name}.log')
        with open(self.log_path, 'ab') as log:
            self.process = subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                                            text=True)
        self.ready = self.process.stdout.readline().split() if says_ready else ['ready']
        if not self.ready or self.ready[0] != 'ready':
            self.process.wait()
            raise AssertionError(f'{name} did not start:\n{self.log()}')

    def log(self):
        with open(self.log_path, encoding='utf-8', errors='replace') as file:
            return file.read()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def outcome(self):
        """How it ended by itself, for a message."""
        status = self.process.poll()
        return 'it runs' if status is None else f'exit status {status}' if status >= 0 else signal.Signals(-status).name

    def end(self):
        """In an orderly way; returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(DEADLINE)
        self.process.stdout.close()
        return status


class Profile:
    """A home of its own, a shop and a program, all gone at the end of the `with`."""

    def __init__(self, **settings):
        self.folder = tempfile.mkdtemp(prefix='sync-end-')
        self.data = os.path.join(self.folder, 'data')
        self.env = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        self.env.update(HOME=self.folder, LC_ALL='C.UTF-8', XDG_RUNTIME_DIR=self.folder, GATEWAY_PORT='0',
                        POSAWESOME_SYNC_DATA_DIR=self.data, ERPNEXT_API_TOKEN='KEY-Administrator',
                        ERPNEXT_API_SECRET='SECRET')
        for name in ('CONFIG', 'DATA', 'STATE', 'CACHE'):
            self.env[f'XDG_{name}_HOME'] = os.path.join(self.folder, name.lower() + '-home')
        self.env.update({name: str(value) for name, value in settings.items()})
        self.shop = self.program = None
        # The data directory as the program sees it, if that has mounts of its own.
        self.seen_data = None
        # Told when the program runs again, for those who lost it.
        self.running = threading.Condition()
        self.generation = 0

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        for process in (self.program, self.shop):
            if process is None:
                continue
            outcome = process.outcome()
            if process.process.poll() is None:
                process.kill()
            if kind is not None:
                sys.stderr.write(f'{process.log_path}: {outcome}\n{process.log()[-4000:]}')
                if outcome == 'SIGTRAP' and GTK_RACE in process.log():
                    raced.append(process.log_path)
        if self.program is not None and kind is None:
            assert not BAD_LOG.search(self.program.log()), self.program.log()[-4000:]
        shutil.rmtree(self.folder, ignore_errors=True)

    def start_shop(self):
        database = os.path.join(self.folder, 'shop.db')
        self.shop = Process('shop', [SHOP, '--database', database], self.env, self.folder)
        self.base_url = self.shop.ready[1].removeprefix('url=')
        self.env['ERPNEXT_BASE_URL'] = self.base_url
        self.env['CONFLICT_POLICIES'] = '*=ask'
        self.shop_client = Client(self.base_url)
        self.user_client = Client(self.base_url)
        self.user_client.headers = {'Authorization': 'token KEY-Administrator:SECRET'}

    def start(self, wrapper=()):
        """The wrapper's last command has to become the program, by exec."""
        begun = time.monotonic()
        with self.running:
            self.program = Process('program', [*wrapper, PROGRAM, '--headless'], self.env, self.folder)
            self.gateway = self.program.ready[1].removeprefix('gateway=')
            with open(os.path.join(self.seen_data or self.data, 'gateway-token'), encoding='ascii') as file:
                self.token = file.read().strip()
            self.generation += 1
            self.running.notify_all()
        self.start_seconds = time.monotonic() - begun

    def start_and_kill(self, share):
        """A start that is cut off after this share of the time that the last one took: mostly in the midst of what the
        kill before left to recover."""
        with open(os.path.join(self.folder, 'program.log'), 'ab') as log, subprocess.Popen(
                [PROGRAM, '--headless'], env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log) as process:
            select.select([process.stdout], [], [], share * self.start_seconds)
            process.kill()

    def client(self):
        return Client(self.gateway, self.token)

    def run(self, argv, text=''):
        """A program that ends by itself, with that text on its standard input: (exit status, standard output, standard error)."""
        done = subprocess.run(argv, env=self.env, input=text, capture_output=True, text=True, timeout=DEADLINE, check=False)
        return done.returncode, done.stdout, done.stderr

    # The shop

    def create(self, document):
        status, answer = self.user_client.call('POST', path_of(document["doctype"]), document)
        assert status == 200, answer
        return answer['data']

    def practice(self, method, path, body=None):
        while True:
            try:
                # Its own faults spoil these connections too.
                status, answer = self.shop_client.call(method, f'/_practice/{path}', body)
                break
            except Lost:
                assert self.shop.process.poll() is None, 'the shop ended'
        assert status in (200, 202), answer
        return answer['data']

    def ledger(self):
        return self.practice('GET', 'ledger')

    # The program

    def status(self):
        client = self.client()
        try:
            return client.call('GET', '/_sync/v1/status')[1]
        finally:
            client.close()

    def requests(self):
        """All rows, by id."""
        client, rows, after = self.client(), {}, 0
        while after is not None:
            status, answer = client.call('GET', f'/_sync/v1/requests?limit=1000&after={after}')
            assert status == 200, answer
            rows.update((row['id'], row) for row in answer['requests'])
            after = answer['next']
        client.close()
        return rows

    def wait(self, predicate, what):
        """Until the predicate of the status holds; looks at every event of the program."""
        events = self.open_events()
        try:
            wait_until(lambda: predicate(self.status()), what, events)
        except AssertionError as error:
            rows = [row for row in self.requests().values() if row['status'] not in ('completed', 'pending')]
            raise AssertionError(f'{error}; status {self.status()}; some rows: {rows[:3]}') from error
        finally:
            events.close()

    def open_events(self):
        host, port = self.gateway.removeprefix('http://').split(':')
        events = socket.create_connection((host, int(port)), DEADLINE)
        events.sendall(f'GET /_sync/v1/events HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Bearer {self.token}\r\n\r\n'
                       .encode())
        return events

    def offer(self, client, write):
        """Hands a write over once; (status, answer), or Lost."""
        status, answer = client.call('POST', '/_sync/v1/requests', write.request)
        if status == 202:
            write.row = answer['id']
        return status, answer

    def submit(self, client, write):
        """Hands a write over, again and again under its key until it is taken; returns the connection to go on with."""
        while True:
            generation = self.generation
            try:
                answer = self.offer(client, write)
                assert answer[0] == 202, answer
                return client
            except Lost:
                client.close()
                with self.running:
                    # The connection may also go just before the next start, or just after.
                    self.running.wait_for(lambda: self.generation > generation or self.program.process.poll() is None,
                                          DEADLINE)
                    assert self.program.process.poll() in (None, -signal.SIGKILL), self.program.outcome()
                    client = self.client()


class Write:
    """One request that is handed over, and how its effect is known in the shop's ledger."""

    # The kind of commit with which it is done; `submit` else.
    FINAL = {'change': 'update', 'overtaken': 'update', 'delete': 'delete', 'note': 'create', 'draft': 'create',
             'taken': 'create'}

    def __init__(self, kind, mark, request, document=None):
        self.kind = kind
        # In the commits that it makes, and in no others.
        self.mark = mark
        self.request = request
        # Whose changes have to come in the order in which they were taken.
        self.document = document
        # Its id, once it is acknowledged.
        self.row = None

    def effects(self, counts):
        """How often it was done; what makes a half of it twice counts as twice."""
        created, done = counts['create', self.mark], counts[self.FINAL.get(self.kind, 'submit'), self.mark]
        return max(done, created if created > 1 else 0)


def change(document, mark, modified=None):
    """Of a Note, whose content becomes the mark."""
    body = {'content': mark, **({'modified': modified} if modified else {})}
    request = {'method': 'PUT', 'url': f'/api/resource/Note/{document}', 'body': body, 'key': str(uuid.uuid4())}
    return Write('change', mark, request, document)


def note(title):
    """A new document for which the server has no key."""
    request = {'method': 'POST', 'url': '/api/resource/Note', 'body': {'title': title}, 'key': str(uuid.uuid4())}
    return Write('note', title, request)


def sale():
    """As the point of sale submits it, with the key that the server enforces."""
    key = str(uuid.uuid4())
    invoice = {'doctype': 'Sales Invoice', 'customer': 'Walk In', 'company': 'Test Co', 'pos_profile': 'Main POS', 'is_pos': 1,
               'update_stock': 1, 'posa_client_request_id': key,
               'items': [{'item_code': 'ITEM-001', 'qty': 1, 'rate': 10}],
               'payments': [{'mode_of_payment': 'Cash', 'amount': 10}]}
    body = {'invoice': json.dumps(invoice), 'data': json.dumps({'credit_change': 0, 'is_cashback': 1})}
    return Write('sale', key, {'method': 'POST', 'url': '/api/method/posawesome.posawesome.api.invoices.submit_invoice',
                               'body': body, 'key': key})


def draft():
    """A Sales Invoice that stays a draft, with the same kind of key."""
    key = str(uuid.uuid4())
    body = {'customer': 'Walk In', 'posa_client_request_id': key, 'items': [{'item_code': 'ITEM-002', 'qty': 1, 'rate': 20}]}
    return Write('draft', key, {'method': 'POST', 'url': '/api/resource/Sales%20Invoice', 'body': body, 'key': key})


def in_threads(function, arguments):
    """Runs it once for each argument, at the same time; raises the first failure."""
    failures = []

    def run(argument):
        try:
            function(argument)
        except BaseException as error:  # pylint: disable=broad-except
            failures.append(error)

    threads = [threading.Thread(target=run, args=(argument,), daemon=True) for argument in arguments]
    for thread in threads:
        thread.start()
    return threads, failures


def join(threads, failures):
    for thread in threads:
        thread.join(DEADLINE)
        assert failures or not thread.is_alive(), 'a client hangs'
    if failures:
        raise failures[0]


def make_random():
    """Seeded by SYNC_SEED, or by chance; printed so that a failure can be tried again."""
    seed = int(os.environ.get('SYNC_SEED') or random.SystemRandom().randrange(1 << 32))
    print(f'# SYNC_SEED={seed}', flush=True)
    return random.Random(seed)


def run_test(test):
    """Once more if GTK raced, which is not what is tested."""
    del raced[:]
    try:
        return test()
    except Exception:  # pylint: disable=broad-except
        if not raced:
            raise
        print(f'# GTK ended the program ({raced[0]}): once more', flush=True)
        return test()


def tap(*tests, suite='end'):
    """Runs the tests and prints TAP. Exit status 1 if one failed."""
    print(f'1..{len(tests)}', flush=True)
    failed = 0
    for number, test in enumerate(tests, 1):
        name = test.__name__.removeprefix('test_').replace('_', '-')
        begun = time.monotonic()
        try:
            skipped = run_test(test)
            print(f'ok {number} /sync/{suite}/{name}' + (f' # SKIP {skipped}' if skipped else ''))
        except Exception:  # pylint: disable=broad-except
            failed += 1
            traceback.print_exc()
            print(f'not ok {number} /sync/{suite}/{name}')
        print(f'# {time.monotonic() - begun:.1f} s', flush=True)
    sys.exit(1 if failed else 0)
