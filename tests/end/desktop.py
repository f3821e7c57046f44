# SPDX-License-Identifier: GPL-3.0-or-later
"""The program with the window, in a session of its own (with-session.sh)."""

import os
import threading

import screen  # noqa: F401  before gi: it finds the python that has it
from gi.repository import Gio, GLib
from harness import Process, Profile, wait_until

# As it is called on the bus and in the accessibility tree.
PROGRAM = 'org.posawesome.Sync'

NOTIFICATIONS = 'org.freedesktop.Notifications'
NOTIFICATIONS_PATH = '/org/freedesktop/Notifications'
NOTIFICATIONS_XML = f"""<node><interface name="{NOTIFICATIONS}">
<method name="Notify"><arg type="s" direction="in"/><arg type="u" direction="in"/><arg type="s" direction="in"/>
<arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="as" direction="in"/><arg type="a{{sv}}" direction="in"/>
<arg type="i" direction="in"/><arg type="u" direction="out"/></method>
<method name="CloseNotification"><arg type="u" direction="in"/></method>
<method name="GetCapabilities"><arg type="as" direction="out"/></method>
<signal name="ActionInvoked"><arg type="u"/><arg type="s"/></signal>
</interface></node>"""


class Notifications:
    """What shows notifications, in a thread of its own. GIO warns where nobody does, and a warning ends the program."""

    def __init__(self):
        self.shown = {}
        self.context = GLib.MainContext.new()
        self.loop = GLib.MainLoop.new(self.context, False)
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self.serve, daemon=True)

    def __enter__(self):
        self.thread.start()
        self.ready.wait()
        return self

    def __exit__(self, *_):
        self.loop.quit()
        self.thread.join()
        self.bus.close_sync()

    def serve(self):
        self.context.push_thread_default()
        self.bus = Gio.DBusConnection.new_for_address_sync(
            os.environ['DBUS_SESSION_BUS_ADDRESS'],
            Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
        self.bus.register_object(NOTIFICATIONS_PATH, Gio.DBusNodeInfo.new_for_xml(NOTIFICATIONS_XML).interfaces[0],
                                 self.called, None, None)
        Gio.bus_own_name_on_connection(self.bus, NOTIFICATIONS, 0, None, None)
        self.ready.set()
        self.loop.run()
        self.context.pop_thread_default()

    def called(self, _bus, _sender, _path, _interface, method, arguments, invocation):
        if method == 'Notify':
            _, replaces, _, title, body, actions, _, _ = arguments.unpack()
            number = replaces or len(self.shown) + 1
            self.shown[number] = (title, body, actions)
            invocation.return_value(GLib.Variant('(u)', (number,)))
        elif method == 'CloseNotification':
            self.shown[arguments.unpack()[0]] = None
            invocation.return_value(None)
        else:
            invocation.return_value(GLib.Variant('(as)', (['actions', 'body'],)))

    def choose(self, number, action):
        self.bus.emit_signal(None, NOTIFICATIONS_PATH, NOTIFICATIONS, 'ActionInvoked', GLib.Variant('(us)', (number, action)))


class Desktop(Profile):
    """A profile whose program is the one with the window, started in the background."""

    def prepare(self):
        for name in ('DISPLAY', 'DBUS_SESSION_BUS_ADDRESS', 'GDK_BACKEND', 'GSK_RENDERER'):
            self.env[name] = os.environ[name]
        self.env['GSETTINGS_BACKEND'] = 'memory'
        self.env['XDG_DATA_DIRS'] = os.environ.get('XDG_DATA_DIRS', '/usr/local/share:/usr/share')

    def start(self, wrapper=()):
        self.prepare()
        self.program = Process('program', [*wrapper, os.environ['SYNC_TEST_PROGRAM'], '--background'], self.env, self.folder,
                               says_ready=False)
        self.wait_for_gateway()

    def wait_for_gateway(self):
        port, token = (os.path.join(self.data, name) for name in ('gateway-port', 'gateway-token'))
        wait_until(lambda: os.path.exists(port) and os.path.getsize(port) > 0, 'the program answers')
        with open(port, encoding='ascii') as file:
            self.gateway = f'http://127.0.0.1:{file.read().strip()}'
        with open(token, encoding='ascii') as file:
            self.token = file.read().strip()

    def show_conflicts(self):
        status, _, error = self.run([os.environ['SYNC_TEST_PROGRAM'], '--conflict', '0'])
        assert status == 0, error
