# SPDX-License-Identifier: GPL-3.0-or-later
"""Who has the name on the bus: the desktop program that a call starts, one that is started twice, and a headless one that
makes room."""

import os
import subprocess
import time

import screen  # before gi: it finds the python that has it
from gi.repository import Gio, GLib
from busclient import INTERFACE, NAME, PATH, Queue
from desktop import Desktop, Notifications
from harness import BAD_LOG, DEADLINE, PROGRAM, Profile, tap, wait_until

BUS = ('org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus')


def ask_bus(method, arguments=None):
    bus = Gio.bus_get_sync(Gio.BusType.SESSION, None)
    return bus.call_sync(*BUS, method, arguments, None, 0, DEADLINE * 1000, None).unpack()


def owner():
    """(nullable): of the name."""
    try:
        return ask_bus('GetNameOwner', GLib.Variant('(s)', (NAME,)))[0]
    except GLib.Error:
        return None


def quit_program():
    bus = Gio.bus_get_sync(Gio.BusType.SESSION, None)
    bus.call_sync(NAME, PATH, 'org.gtk.Actions', 'Activate', GLib.Variant('(sava{sv})', ('quit', [], {})), None, 0, -1, None)


def install_service(environment):
    """As a package does, but for the program that is tested."""
    with open(os.environ['SYNC_TEST_SERVICE'], encoding='ascii') as file:
        key_file = GLib.KeyFile.new()
        text = file.read()
    assert key_file.load_from_data(text, len(text), GLib.KeyFileFlags.NONE)
    assert key_file.get_string('D-BUS Service', 'Name') == NAME
    program, option = key_file.get_string('D-BUS Service', 'Exec').split()
    assert os.path.isabs(program) and os.path.basename(program) == 'posawesome-sync' and option == '--background'
    directory = os.path.join(os.environ['XDG_DATA_HOME'], 'dbus-1', 'services')
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, NAME + '.service'), 'w', encoding='ascii') as file:
        file.write(text.replace(program, PROGRAM))
    ask_bus('ReloadConfig')
    ask_bus('UpdateActivationEnvironment', GLib.Variant('(a{ss})', (environment,)))


class Started(Desktop):
    """Not by the test."""

    def __exit__(self, kind, error, trace):
        if owner() is not None:
            quit_program()
            wait_until(lambda: owner() is None, 'the program has ended')
        super().__exit__(kind, error, trace)

    def activation_environment(self):
        self.prepare()
        self.env['GTK_A11Y'] = 'atspi'
        return {name: value for name, value in self.env.items() if name not in ('HOME', 'DBUS_SESSION_BUS_ADDRESS')}


def test_first_call():
    """The call that starts the program is answered, and by what it is about, each time."""
    with Started() as till:
        till.start_shop()
        install_service(till.activation_environment())
        bus = Gio.bus_get_sync(Gio.BusType.SESSION, None)
        for number in range(1, 6):
            assert owner() is None
            arguments = GLib.Variant('(sssa{sv})', ('POST', '/api/resource/Customer', '{"customer_name": "A %d"}' % number, {}))
            answer = bus.call_sync(NAME, PATH, INTERFACE, 'Submit', arguments, None, 0, DEADLINE * 1000, None).unpack()
            assert answer[0] == number, answer
            quit_program()
            wait_until(lambda: owner() is None, 'the program has ended')


def test_not_set_up():
    """Who calls a program that does not know its server hears that, from the first call on."""
    with Started() as till:
        environment = till.activation_environment()
        environment['ERPNEXT_BASE_URL'] = ''
        install_service(environment)
        queue = Queue()
        name, words = queue.refusal('GetStatus')
        assert name == 'Config' and "the server's address is not set yet" in words, (name, words)


def test_launcher():
    """A desktop that starts programs by their names on the bus gets the window, not the start in the background."""
    with Started() as till:
        till.start_shop()
        install_service(till.activation_environment())
        bus = Gio.bus_get_sync(Gio.BusType.SESSION, None)
        bus.call_sync(NAME, PATH, 'org.freedesktop.Application', 'Activate', GLib.Variant('(a{sv})', ({},)), None, 0,
                      DEADLINE * 1000, None)
        wait_until(lambda: NAME in screen.applications() and screen.window(screen.applications()[NAME], 'POSAwesome Sync'),
                   'the window is there')


def test_second_start():
    """It does not touch what is not its own, and leaves the first at work."""
    with Desktop() as till:
        till.start_shop()
        till.start()
        wait_until(owner, 'it has the name')
        first = owner()
        other = os.path.join(till.folder, 'other')
        done = subprocess.run([PROGRAM, '--background'], env={**till.env, 'POSAWESOME_SYNC_DATA_DIR': other},
                              capture_output=True, text=True, timeout=DEADLINE, check=False)
        assert done.returncode == 0 and not BAD_LOG.search(done.stderr), done
        assert not os.path.exists(other)
        assert owner() == first
        assert Queue().GetStatus()['baseUrl'] == till.base_url
        quit_program()
        till.program.process.wait(DEADLINE)


def test_headless_makes_room():
    with Profile(DBUS_SESSION_BUS_ADDRESS=os.environ['DBUS_SESSION_BUS_ADDRESS'], GSETTINGS_BACKEND='memory') as back_room:
        back_room.start_shop()
        back_room.start()
        headless = owner()
        assert headless is not None
        with Desktop() as till:
            till.start_shop()
            till.launch()
            # From the first moment on whoever has the name answers.
            end = time.monotonic() + DEADLINE
            while owner() in (None, headless):
                assert time.monotonic() < end, 'the desktop program does not take the name'
            assert Queue().GetStatus()['baseUrl'] == till.base_url
            quit_program()
            till.program.process.wait(DEADLINE)
        assert owner() == headless
        assert Queue().GetStatus()['baseUrl'] == back_room.base_url
        assert back_room.program.end() == 0


if __name__ == '__main__':
    with Notifications():
        tap(test_first_call, test_not_set_up, test_launcher, test_second_start, test_headless_makes_room)
