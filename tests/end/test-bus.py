# SPDX-License-Identifier: GPL-3.0-or-later
"""Another program on the session bus, and the headless program before a practice shop."""

import json
import os
import shutil
import socket
import struct
import subprocess

from debian_gi import Gio, GLib
from busclient import INTERFACE, NAME, PATH, Queue
from harness import Profile, change, tap, wait_until

HOOK = '<node><interface name="org.posawesome.Sync1.Hook"><method name="Resolve"><arg type="s" direction="in"/>' \
       '<arg type="s" direction="out"/></method></interface></node>'
HOOK_PATH = '/org/example/Till'


class Till(Profile):
    def __init__(self, **settings):
        super().__init__(DBUS_SESSION_BUS_ADDRESS=os.environ['DBUS_SESSION_BUS_ADDRESS'], GSETTINGS_BACKEND='memory', **settings)

    def __enter__(self):
        self.start_shop()
        self.start()
        return super().__enter__()

    def read(self, doctype, name):
        status, answer = self.user_client.call('GET', f'/api/resource/{doctype}/{name}')
        assert status == 200, answer
        return answer['data']

    def overtake(self, queue, mark):
        """A change of a note that somebody has changed meanwhile; (the note's name, the request)."""
        document = self.create({'doctype': 'Note', 'title': mark, 'content': 'old'})
        self.user_client.call('PUT', f'/api/resource/Note/{document["name"]}', {'content': 'desk'})
        write = change(document['name'], mark, document['modified']).request
        return document['name'], queue.Submit(write['method'], write['url'], json.dumps(write['body']), {})[0]


def test_submit_and_follow():
    with Till() as till:
        queue = Queue()
        key = 'b7a4c3f0-0000-4000-8000-000000000001'
        request, told_key, status, existing = queue.Submit('POST', '/api/resource/Customer', '{"customer_name": "Café"}',
                                                           {'key': GLib.Variant('s', key)})
        assert (told_key, status, existing) == (key, 'pending', False)
        queue.wait(lambda: 'completed' in queue.states(request), 'it is told that it was delivered')
        queue.wait(lambda: queue.all('SyncStateChanged') and queue.all('SyncStateChanged')[-1][:2] == ('idle', 'online'),
                   'the end is told')
        assert queue.GetRequest(request)['serverName'] == 'Café'
        assert queue.Submit('POST', '/api/resource/Customer', '{"customer_name": "Café"}', {'key': GLib.Variant('s', key)}) \
            == (request, key, 'completed', True)
        queue.wait(lambda: queue.read('SafeToClose') and queue.read('Pending') == 0, 'the properties follow')
        assert queue.read('BaseUrl') == till.base_url
        assert queue.GetCredentials() == (True, 'Administrator', 'environment')
        assert queue.refusal('GetRequest', 4711)[0] == 'NotFound'
        name, words = queue.refusal('Submit', 'POST', '/api/resource/Customer', '{', {})
        assert name == 'Invalid' and 'JSON' in words, (name, words)
        assert till.program.end() == 0


def test_resolve():
    with Till() as till:
        queue = Queue()
        note, request = till.overtake(queue, 'first')
        queue.wait(lambda: queue.all('ConflictOpened'), 'a conflict is told')
        conflict, of = queue.all('ConflictOpened')[0]
        assert of == request
        told = queue.GetConflict(conflict)
        assert (told['local']['content'], told['server']['content']) == ('first', 'desk')
        assert [c['id'] for c in queue.ListConflicts({})['conflicts']] == [conflict]
        document = json.dumps({'content': 'both'})
        assert queue.ResolveConflict(conflict, 'manual', document, True)['preview']['content'] == 'both'
        assert till.read('Note', note)['content'] == 'desk'
        queue.ResolveConflict(conflict, 'manual', document, False)
        queue.wait(lambda: queue.all('ConflictResolved') == [(conflict, 'manual')], 'its end is told')
        queue.wait(lambda: 'completed' in queue.states(request), 'it is delivered')
        assert till.read('Note', note)['content'] == 'both'
        undo = queue.UndoConflict(conflict)
        queue.wait(lambda: 'completed' in queue.states(undo), 'that is taken back')
        assert till.read('Note', note)['content'] == 'desk'


def test_decide():
    with Till() as till:
        queue = Queue()
        asked = []

        def resolve(_bus, _sender, _path, _interface, _method, arguments, invocation):
            question = json.loads(arguments.unpack()[0])
            asked.append(question)
            answer = {'resolution': 'merged', 'document': {'content': question['local']['content'] + question['server']['content']},
                      'reason': 'both count'}
            invocation.return_value(GLib.Variant('(s)', (json.dumps(answer),)))

        registration = queue.bus.register_object(HOOK_PATH, Gio.DBusNodeInfo.new_for_xml(HOOK).interfaces[0], resolve, None, None)
        queue.RegisterHook('Note', HOOK_PATH, 0)
        note, request = till.overtake(queue, 'till')
        queue.wait(lambda: 'completed' in queue.states(request), 'the hook has decided')
        assert till.read('Note', note)['content'] == 'tilldesk'
        assert asked[0]['resource_type'] == 'Note' and asked[0]['type'] == 'edit_edit', asked
        by = queue.ListConflicts({'status': GLib.Variant('s', 'all')})['conflicts'][0]['resolvedBy']
        assert HOOK_PATH in by, by
        queue.UnregisterHook('Note')
        queue.bus.unregister_object(registration)


def say_hello(connection):
    """The bus's own protocol, by hand, as far as the first message."""
    connection.sendall(b'\0AUTH EXTERNAL ' + str(os.getuid()).encode().hex().encode() + b'\r\n')
    assert connection.recv(1024).startswith(b'OK ')
    connection.sendall(b'BEGIN\r\n')
    connection.sendall(message(1, 'org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus', 'Hello', '', b''))


def message(serial, destination, path, interface, member, signature, body):
    def text(value):
        return struct.pack('<I', len(value)) + value.encode() + b'\0'
    fields = b''
    for code, kind, value in ((1, b'o', path), (2, b's', interface), (3, b's', member), (6, b's', destination),
                              (8, b'g', signature)):
        fields += b'\0' * (-len(fields) % 8) + bytes((code, 1)) + kind + b'\0'
        fields += bytes((len(value),)) + value.encode() + b'\0' if kind == b'g' else text(value)
    head = b'l\1\0\1' + struct.pack('<III', len(body), serial, len(fields)) + fields
    return head + b'\0' * (-len(head) % 8) + body


def test_no_utf8():
    """A text that is none never gets here: the bus shows the sender the door."""
    with Till():
        queue = Queue()
        address = dict(part.split('=', 1) for part in os.environ['DBUS_SESSION_BUS_ADDRESS'].removeprefix('unix:').split(','))
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(60)
            connection.connect(address['path'] if 'path' in address else '\0' + address['abstract'])
            say_hello(connection)
            body = struct.pack('<I', 2) + b'\xff\xfe\0'
            connection.sendall(message(2, NAME, PATH, INTERFACE, 'UnregisterHook', 's', body))
            while connection.recv(65536):
                pass
        assert queue.GetStatus()['version']


def test_command_line():
    """With nothing but what every desktop has."""
    if shutil.which('gdbus') is None:
        return 'there is no gdbus'
    with Till():
        def gdbus(verb, *arguments):
            return subprocess.run(['gdbus', verb, '--session', '-d', NAME, '-o', PATH, *arguments], capture_output=True, text=True,
                                  timeout=60, check=False)
        done = gdbus('call', '-m', f'{INTERFACE}.Submit', 'POST', '/api/resource/Customer', '{"customer_name": "A"}',
                     "{'priority': <0>}")
        assert done.returncode == 0 and done.stdout.startswith('(int64 1, '), done
        done = gdbus('call', '-m', f'{INTERFACE}.GetRequest', '4711')
        assert done.returncode != 0 and f'{INTERFACE}.Error.NotFound' in done.stderr, done
        done = gdbus('introspect', '-p')
        assert 'readonly s State = ' in done.stdout, done
    return None


def test_bus_ends():
    """The program goes on."""
    with Till() as till:
        daemon = subprocess.Popen(['dbus-daemon', '--session', '--nofork', '--print-address'], stdout=subprocess.PIPE, text=True)
        till.env['DBUS_SESSION_BUS_ADDRESS'] = daemon.stdout.readline().strip()
        assert till.program.end() == 0
        till.start()
        daemon.terminate()
        daemon.wait()
        daemon.stdout.close()
        wait_until(lambda: till.status()['version'], 'it answers')
        till.offer(till.client(), change('x', 'y'))
        assert till.program.end() == 0


if __name__ == '__main__':
    tap(test_submit_and_follow, test_resolve, test_decide, test_no_utf8, test_command_line, test_bus_ends)
