# SPDX-License-Identifier: GPL-3.0-or-later
"""The program with the window, in a session of its own (with-session.sh)."""

import os
import threading

import screen  # noqa: F401  before gi: it finds the python that has it
from gi.repository import Gio, GLib
from harness import Process, Profile, wait_until

# As it is called on the bus and in the accessibility tree.
PROGRAM = 'org.posawesome.Sync'

PORTAL_PATH = '/org/freedesktop/portal/desktop'

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


class Service:
    """A service of the desktop on a bus, in a thread of its own; answers by `called`, and `properties` are read by name."""

    name = path = xml = None
    properties = {}

    def __init__(self, address=None):
        self.address = address or os.environ['DBUS_SESSION_BUS_ADDRESS']
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
            self.address,
            Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
        for interface in Gio.DBusNodeInfo.new_for_xml(self.xml).interfaces:
            self.bus.register_object(self.path, interface, self.called, lambda *call: self.properties[call[4]], None)
        Gio.bus_own_name_on_connection(self.bus, self.name, 0, None, None)
        # The bus has given the name before it answers this.
        self.bus.call_sync('org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus', 'GetId', None, None, 0, -1,
                           None)
        self.ready.set()
        self.loop.run()
        self.context.pop_thread_default()

    def emit(self, signal, arguments, path=None, interface=None):
        self.bus.emit_signal(None, path or self.path, interface or self.name, signal, arguments)


class Notifications(Service):
    """What shows notifications; `urgency` 2 stays until somebody has seen it. GIO warns where nobody does, and a warning ends the program."""

    name, path, xml = NOTIFICATIONS, NOTIFICATIONS_PATH, NOTIFICATIONS_XML

    def __init__(self):
        super().__init__()
        self.shown = {}
        self.urgency = {}

    def called(self, _bus, _sender, _path, _interface, method, arguments, invocation):
        if method == 'Notify':
            _, replaces, _, title, body, actions, hints, _ = arguments.unpack()
            number = replaces or len(self.shown) + 1
            self.shown[number] = (title, body, actions)
            self.urgency[number] = hints['urgency']
            invocation.return_value(GLib.Variant('(u)', (number,)))
        elif method == 'CloseNotification':
            self.shown[arguments.unpack()[0]] = None
            invocation.return_value(None)
        else:
            invocation.return_value(GLib.Variant('(as)', (['actions', 'body'],)))

    def press(self, number, label):
        """The button of that label."""
        actions = self.shown[number][2]
        self.choose(number, dict(zip(actions[1::2], actions[::2]))[label])

    def choose(self, number, action):
        self.emit('ActionInvoked', GLib.Variant('(us)', (number, action)))


class Portal(Service):
    """Asks nobody, and answers for whomever it would ask."""

    name, path = 'org.freedesktop.portal.Desktop', PORTAL_PATH
    xml = """<node><interface name="org.freedesktop.portal.Background">
<method name="RequestBackground"><arg type="s" direction="in"/><arg type="a{sv}" direction="in"/><arg type="o" direction="out"/></method>
<method name="SetStatus"><arg type="a{sv}" direction="in"/></method>
<property name="version" type="u" access="read"/>
</interface><interface name="org.freedesktop.portal.Inhibit">
<method name="CreateMonitor"><arg type="s" direction="in"/><arg type="a{sv}" direction="in"/><arg type="o" direction="out"/></method>
</interface></node>"""

    def __init__(self, response=0, version=2):
        super().__init__()
        self.response = response
        self.properties = {'version': GLib.Variant('u', version)}
        self.requests = []
        self.statuses = []

    def called(self, _bus, sender, _path, _interface, method, arguments, invocation):
        if method == 'SetStatus':
            self.statuses.append(arguments.unpack()[0]['message'])
            invocation.return_value(None)
            return
        options = arguments.unpack()[1]
        if method == 'RequestBackground':
            self.requests.append(options)
        options.setdefault('handle_token', 'none')
        handle = f'{PORTAL_PATH}/request/{sender[1:].replace(".", "_")}/{options["handle_token"]}'
        invocation.return_value(GLib.Variant('(o)', (handle,)))
        if method != 'RequestBackground':
            return
        granted = self.response == 0 and options['autostart']
        results = {'background': GLib.Variant('b', True), 'autostart': GLib.Variant('b', granted)}
        self.emit('Response', GLib.Variant('(ua{sv})', (self.response, results)), handle, 'org.freedesktop.portal.Request')


class Desktop(Profile):
    """A profile whose program is the one with the window, started in the background."""

    def prepare(self):
        for name in ('DISPLAY', 'DBUS_SESSION_BUS_ADDRESS', 'GDK_BACKEND', 'GSK_RENDERER', 'GDK_DEBUG', 'GDK_DISABLE'):
            self.env[name] = os.environ[name]
        self.env['GSETTINGS_BACKEND'] = 'memory'
        self.env['XDG_DATA_DIRS'] = os.environ.get('XDG_DATA_DIRS', '/usr/local/share:/usr/share')

    def start(self, wrapper=()):
        self.launch(wrapper)
        self.wait_for_gateway()

    def launch(self, wrapper=()):
        """Not waiting for it."""
        self.prepare()
        self.program = Process('program', [*wrapper, os.environ['SYNC_TEST_PROGRAM'], '--background'], self.env, self.folder,
                               says_ready=False)

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

    def refuse(self):
        """The number of an entry that the server refuses."""
        client = self.client()
        _, answer = client.call('POST', '/_sync/v1/requests', {'method': 'POST', 'url': '/api/resource/Note', 'body': {'public': 1}})
        client.close()
        return answer['id']

    @property
    def autostart_file(self):
        return os.path.join(self.env['XDG_CONFIG_HOME'], 'autostart', PROGRAM + '.desktop')

    # The window, as somebody sees it who does not see

    def is_on_bus(self):
        return Gio.bus_get_sync(Gio.BusType.SESSION).call_sync(
            'org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus', 'NameHasOwner',
            GLib.Variant('(s)', (PROGRAM,)), None, 0, 30000, None).unpack()[0]

    def activate(self, action):
        """An action of the program, over the bus. The gateway is there before the name is."""
        wait_until(self.is_on_bus, 'the program is on the bus')
        Gio.bus_get_sync(Gio.BusType.SESSION).call_sync(
            PROGRAM, '/org/posawesome/Sync', 'org.gtk.Actions', 'Activate',
            GLib.Variant('(sava{sv})', (action, [], {})), None, 0, 30000, None)

    def window(self, title):
        """(nullable)"""
        program = screen.applications().get(PROGRAM)
        return screen.window(program, title) if program is not None else None

    def part(self, title, name):
        """(nullable): of the window of that title."""
        window = self.window(title)
        return screen.find(window, name) if window is not None else None

    def sees(self, title, name):
        wait_until(lambda: self.part(title, name) is not None, lambda: f'“{name}” is in “{title}”: {self.names()}')

    def says(self, title, name):
        """All that is said where that is the beginning."""
        self.sees(title, name)
        return screen.words(self.part(title, name))

    def click(self, title, name, action='click'):
        """The first of that name that can do it."""
        def press():
            found = screen.find(self.window(title), name, action)
            if found is None or not screen.is_sensitive(found) or not screen.is_shown(found):
                return False
            screen.do(found, action)
            return True
        wait_until(press, lambda: f'“{name}” can be used in “{title}”: {self.names()}')

    def fill(self, title, name, text):
        wait_until(lambda: (found := self.part(title, name)) is not None and screen.is_shown(found), f'“{name}” is shown')
        screen.type_into(self.window(title), name, text)

    def names(self):
        program = screen.applications().get(PROGRAM)
        return screen.names(program) if program is not None else None


class Fresh(Desktop):
    """Nothing is set yet."""

    def start(self, wrapper=()):
        for name in ('ERPNEXT_BASE_URL', 'ERPNEXT_API_TOKEN', 'ERPNEXT_API_SECRET'):
            self.env.pop(name, None)
        self.prepare()
        self.program = Process('program', [*wrapper, os.environ['SYNC_TEST_PROGRAM']], self.env, self.folder, says_ready=False)
