# SPDX-License-Identifier: GPL-3.0-or-later
"""From log-in to log-out: the start in the background, quitting while something is on its way, and what the machine and
the session say. The desktop's services are our own here: the portal, logind, the session's manager."""

import fcntl
import os
import signal
import subprocess

import screen  # noqa: F401  before gi: it finds the python that has it
from busclient import INTERFACE, NAME, PATH, Queue
from desktop import PROGRAM, Desktop, Notifications, Portal, Service
from gi.repository import Gio, GLib
from harness import DEADLINE, Process, Profile, note, sale, tap, wait_until

STALL = {'kind': 'stall', 'method': 'POST', 'path': '/api/*'}
# Until the faults are removed.
SLOW = {'kind': 'slow-after', 'method': 'POST', 'path': '/api/*', 'delay_ms': 3600000}


class Logind(Service):
    """Hands out locks, and sees when they are given back."""

    name, path = 'org.freedesktop.login1', '/org/freedesktop/login1'
    interface = 'org.freedesktop.login1.Manager'
    xml = f"""<node><interface name="{interface}">
<method name="Inhibit"><arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="s" direction="in"/>
<arg type="s" direction="in"/><arg type="h" direction="out"/></method>
</interface></node>"""

    def __init__(self, address):
        super().__init__(address)
        self.asked = []
        self.locks = []

    def called(self, _bus, _sender, _path, _interface, _method, arguments, invocation):
        ours, theirs = os.pipe()
        os.set_blocking(ours, False)
        handles = Gio.UnixFDList()
        invocation.return_value_with_unix_fd_list(GLib.Variant('(h)', (handles.append(theirs),)), handles)
        os.close(theirs)
        self.asked.append(arguments.unpack())
        self.locks.append(ours)

    def held(self):
        """How many locks somebody still holds."""
        def is_held(lock):
            try:
                return os.read(lock, 1) != b''
            except BlockingIOError:
                return True
        return sum(is_held(lock) for lock in self.locks)

    def prepare(self, what, begins):
        self.emit(f'PrepareFor{what}', GLib.Variant('(b)', (begins,)), interface=self.interface)


class SystemBus:
    """A bus that the program takes for the machine's."""

    def __enter__(self):
        self.process = subprocess.Popen(['dbus-daemon', '--session', '--nofork', '--print-address=1'], stdout=subprocess.PIPE,
                                        text=True)
        return self.process.stdout.readline().strip()

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


class Manager(Service):
    """Of the session."""

    name, path = 'org.gnome.SessionManager', '/org/gnome/SessionManager'
    private = 'org.gnome.SessionManager.ClientPrivate'
    xml = """<node><interface name="org.gnome.SessionManager">
<method name="RegisterClient"><arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="o" direction="out"/></method>
<method name="UnregisterClient"><arg type="o" direction="in"/></method>
<property name="SessionIsActive" type="b" access="read"/>
</interface></node>"""
    client_xml = """<node><interface name="org.gnome.SessionManager.ClientPrivate">
<method name="EndSessionResponse"><arg type="b" direction="in"/><arg type="s" direction="in"/></method>
<signal name="QueryEndSession"><arg type="u"/></signal><signal name="EndSession"><arg type="u"/></signal>
</interface></node>"""
    properties = {'SessionIsActive': GLib.Variant('b', True)}

    def __init__(self):
        super().__init__()
        self.clients = {}
        self.responses = []

    def called(self, bus, _sender, _path, _interface, method, arguments, invocation):
        if method == 'RegisterClient':
            client = f'/org/gnome/SessionManager/Client{len(self.clients)}'
            bus.register_object(client, Gio.DBusNodeInfo.new_for_xml(self.client_xml).interfaces[0], self.called, None, None)
            invocation.return_value(GLib.Variant('(o)', (client,)))
            self.clients[arguments.unpack()[0]] = client
            return
        if method == 'EndSessionResponse':
            self.responses.append(arguments.unpack()[0])
        invocation.return_value(None)

    def tell(self, signal_name):
        self.emit(signal_name, GLib.Variant('(u)', (0,)), self.clients[PROGRAM], self.private)


def test_autostart():
    """Without a portal it is a file; switched off it is gone."""
    with Desktop() as till:
        till.start_shop()
        till.start()
        till.activate('preferences')
        till.click('Preferences', 'Start at log-in', 'toggle')
        wait_until(lambda: os.path.exists(till.autostart_file), 'the file is there')
        file = GLib.KeyFile()
        file.load_from_file(till.autostart_file, GLib.KeyFileFlags.NONE)
        assert file.get_string('Desktop Entry', 'Exec') == 'posawesome-sync --background'
        assert file.get_string('Desktop Entry', 'Type') == 'Application'
        till.click('Preferences', 'Start at log-in', 'toggle')
        wait_until(lambda: not os.path.exists(till.autostart_file), 'the file is gone')


def test_portal():
    with Portal() as portal, Desktop() as till:
        till.start_shop()
        till.start()
        # Without a window, and without a panel that shows it.
        wait_until(lambda: portal.statuses and portal.statuses[-1].startswith('Nothing is waiting.'),
                   f'the desktop is told: {portal.statuses}')
        till.activate('preferences')
        till.click('Preferences', 'Start at log-in', 'toggle')
        wait_until(lambda: os.path.exists(till.autostart_file), 'it is switched on')
        till.click('Preferences', 'Start at log-in', 'toggle')
        wait_until(lambda: not os.path.exists(till.autostart_file), 'it is switched off')
        assert [request['autostart'] for request in portal.requests] == [True, False]
        assert portal.requests[0]['commandline'] == ['posawesome-sync', '--background'], portal.requests


def test_portal_refuses():
    with Portal(response=1, version=1) as portal, Desktop() as till:
        till.start_shop()
        till.start()
        till.activate('preferences')
        till.click('Preferences', 'Start at log-in', 'toggle')
        till.sees('Preferences', 'The desktop does not allow it: see its settings for this application.')
        assert not os.path.exists(till.autostart_file)
        assert len(portal.requests) == 1 and not portal.statuses


def stall(till, write):
    """The write is on its way, and no answer comes."""
    # What is to be known of its key is asked for without it.
    till.offer(till.client(), sale())
    till.wait(lambda status: status['queueStats']['completed'] == 1, 'the first is delivered')
    till.practice('PUT', 'faults', STALL)
    till.offer(till.client(), write)
    till.wait(lambda status: status['queueStats']['sending'] == 1, 'it is on its way')


def quit_now(till):
    """In one walk, which begins where the button is: the program waits for ten seconds, and on a busy machine a walk through
    all of the window takes as long."""
    wanted = ('1 entry is on its way', 'Nothing is lost by that')

    def press():
        found = {}
        for node in screen.walk(till.window('POSAwesome Sync'), backwards=True):
            words = screen.words(node)
            if words.startswith('Quit now') and 'click' in screen.actions(node) and screen.is_shown(node):
                found['button'] = node
            found.update({start: node for start in wanted if words.startswith(start)})
            if len(found) == 1 + len(wanted):
                screen.do(found['button'], 'click')
                return True
        return False

    wait_until(press, 'it can be forced')


def test_quit_now():
    """Whoever cannot wait loses nothing, and nothing is posted twice."""
    with Desktop(SETTLE_TIME=0) as till:
        till.start_shop()
        till.start()
        till.activate('open')
        till.sees('POSAwesome Sync', 'Nothing is waiting')
        write = sale()
        stall(till, write)
        till.activate('quit')
        quit_now(till)
        assert till.program.process.wait(DEADLINE) == 0
        till.practice('DELETE', 'faults')
        till.start()
        till.wait(lambda status: status['queueStats']['completed'] == 2, 'it is delivered after all')
        keys = [commit['key'] for commit in till.ledger()['commits']
                if commit['kind'] == 'create' and commit['doctype'] == 'Sales Invoice']
        assert keys.count(write.mark) == 1, keys


def test_quit_waits():
    """By a signal as by a person: what is on its way is waited for."""
    with Desktop() as till:
        till.start_shop()
        till.start()
        till.offer(till.client(), note('known'))
        till.wait(lambda status: status['queueStats']['completed'] == 1, 'the first is delivered')
        till.practice('PUT', 'faults', SLOW)
        till.offer(till.client(), note('waited for'))
        till.wait(lambda status: status['queueStats']['sending'] == 1, 'it is on its way')
        till.program.process.send_signal(signal.SIGTERM)
        till.practice('DELETE', 'faults')
        assert till.program.process.wait(DEADLINE) == 0
        till.start()
        assert till.status()['queueStats']['completed'] == 2, till.status()


def test_logind():
    with SystemBus() as address, Logind(address) as logind, Desktop(DBUS_SYSTEM_BUS_ADDRESS=address) as till:
        till.start_shop()
        till.start()
        till.offer(till.client(), note('known'))
        till.wait(lambda status: status['queueStats']['completed'] == 1, 'the first is delivered')
        wait_until(lambda: logind.held() == 0, 'nothing is held')
        till.practice('PUT', 'faults', SLOW)
        till.offer(till.client(), note('on its way'))
        wait_until(lambda: logind.held() == 1, 'sleep waits for it')
        assert logind.asked[-1][0] == 'shutdown:sleep' and logind.asked[-1][3] == 'delay', logind.asked
        logind.prepare('Sleep', True)
        till.practice('DELETE', 'faults')
        till.wait(lambda status: status['queueStats']['completed'] == 2, 'it arrives')
        wait_until(lambda: logind.held() == 0, 'sleep waits no longer')
        till.offer(till.client(), note('sleeps'))
        till.wait(lambda status: status['queueStats']['pending'] == 1, 'it is taken')
        assert till.run([os.environ['SYNC_TEST_CTL'], 'sync'])[0] == 1
        logind.prepare('Sleep', False)
        till.wait(lambda status: status['queueStats']['completed'] == 3, 'it goes on')
        wait_until(lambda: logind.held() == 0, 'nothing is held')
        logind.prepare('Shutdown', True)
        wait_until(lambda: till.run([os.environ['SYNC_TEST_CTL'], 'sync'])[0] == 1, 'it has heard of that')
        till.offer(till.client(), note('after the end'))
        till.wait(lambda status: status['queueStats']['pending'] == 1, 'it is taken')
        assert till.program.end() == 0


def test_session_end():
    """The session does not wait; what is on its way is recorded all the same."""
    with Manager() as manager, Desktop() as till:
        till.start_shop()
        till.start()
        wait_until(lambda: PROGRAM in manager.clients, lambda: f'it is known to the session: {manager.clients}')
        till.offer(till.client(), note('known'))
        till.wait(lambda status: status['queueStats']['completed'] == 1, 'the first is delivered')
        till.practice('PUT', 'faults', SLOW)
        till.offer(till.client(), note('last'))
        till.wait(lambda status: status['queueStats']['sending'] == 1, 'it is on its way')
        manager.tell('QueryEndSession')
        wait_until(lambda: manager.responses == [True], 'the session may end')
        manager.tell('EndSession')
        till.practice('DELETE', 'faults')
        assert till.program.process.wait(DEADLINE) == 0
        till.start()
        assert till.status()['queueStats']['completed'] == 2, till.status()


def test_takes_over():
    """A program without a window has the queue: it is ended on request, and what waits there goes on here."""
    with Notifications(), Desktop() as till:
        till.start_shop()
        till.prepare()
        Profile.start(till)
        headless = till.program
        client = till.client()
        assert client.call('POST', '/_sync/v1/pause', {})[0] == 200
        till.offer(client, sale())
        client.close()
        till.program = Process('window', [os.environ['SYNC_TEST_PROGRAM']], till.env, till.folder, says_ready=False)
        till.sees('POSAwesome Sync', 'It works already, without a window')
        assert headless.process.poll() is None
        # It has the name on the bus, and says who has the queue.
        name, words = Queue().refusal('GetStatus')
        assert name == 'Locked' and f'is in use by process {headless.process.pid};' in words, (name, words)
        till.click('POSAwesome Sync', 'End it and go on here')
        wait_until(lambda: headless.process.poll() is not None, 'the other has ended')
        assert headless.process.returncode == 0, headless.log()
        till.wait_for_gateway()
        till.wait(lambda status: status['queueStats']['pending'] == 1 and status['paused'], 'this one has the queue')
        till.sees('POSAwesome Sync', 'Overview')
        assert Queue().GetStatus()['queueStats']['pending'] == 1


def test_nothing_to_do():
    """Started in the background where a program without a window works: it leaves that its queue, and its name on the bus."""
    with Desktop() as till:
        till.start_shop()
        till.prepare()
        Profile.start(till)
        status, _, error = till.run([os.environ['SYNC_TEST_PROGRAM'], '--background'])
        assert status == 1 and f'process {till.program.process.pid} looks after the queue without a window' in error, error
        assert Queue().GetStatus()['baseUrl'] == till.base_url


def test_queue_left():
    """Who has the queue is killed: the program that waits for it goes on by itself."""
    with Desktop() as till:
        till.start_shop()
        till.prepare()
        Profile.start(till)
        till.offer(till.client(), sale())
        headless = till.program
        till.program = Process('window', [os.environ['SYNC_TEST_PROGRAM']], till.env, till.folder, says_ready=False)
        till.sees('POSAwesome Sync', 'It works already, without a window')
        headless.kill()
        wait_until(lambda: works(till), 'this one has the queue')
        till.sees('POSAwesome Sync', 'Last sync')


def works(till):
    """Or is about to: the object in its place goes a moment before it comes."""
    bus = Gio.bus_get_sync(Gio.BusType.SESSION, None)
    try:
        return till.base_url in bus.call_sync(NAME, PATH, INTERFACE, 'GetStatus', None, None, 0, DEADLINE * 1000, None).unpack()[0]
    except GLib.Error:
        return False


def test_queue_held():
    """So does one in the background, that found it in the hands of another that was about to end."""
    with Desktop() as till:
        till.start_shop()
        till.prepare()
        os.makedirs(till.data, mode=0o700, exist_ok=True)
        with open(os.path.join(till.data, 'lock'), 'w', encoding='ascii') as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            till.launch()
            wait_until(till.is_on_bus, 'it has the name')
            assert Queue().refusal('GetStatus')[0] == 'Locked'
        wait_until(lambda: works(till), 'it has the queue')


if __name__ == '__main__':
    with Notifications():
        tap(test_autostart, test_portal, test_portal_refuses, test_quit_now, test_quit_waits, test_logind, test_session_end, test_takes_over,
            test_nothing_to_do, test_queue_left, test_queue_held)
