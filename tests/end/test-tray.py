# SPDX-License-Identifier: GPL-3.0-or-later
"""The program in the panel: a panel of our own reads the icon and its menu over the bus, and chooses from it."""

import os
import threading

import screen
from desktop import PROGRAM, Desktop, Notifications, Portal
from gi.repository import Gio, GLib
from harness import note, sale, tap, wait_until

ITEM, MENU = '/StatusNotifierItem', '/StatusNotifierItem/Menu'
WATCHER = 'org.kde.StatusNotifierWatcher'
XML = f"""<node><interface name="{WATCHER}">
<method name="RegisterStatusNotifierItem"><arg type="s" direction="in"/></method>
<property name="IsStatusNotifierHostRegistered" type="b" access="read"/>
</interface></node>"""


def turn():
    """What waits on the bus is handled."""
    while GLib.MainContext.default().iteration(False):
        pass


class Panel:
    """A watcher with a host, that can go and come."""

    def __init__(self):
        self.bus = Gio.bus_get_sync(Gio.BusType.SESSION)
        self.items = []
        self.signals = []
        self.object = self.bus.register_object('/StatusNotifierWatcher', Gio.DBusNodeInfo.new_for_xml(XML).interfaces[0],
                                               self.called, lambda *_: GLib.Variant('b', True), None)
        self.signal = self.bus.signal_subscribe(None, 'org.kde.StatusNotifierItem', None, ITEM, None, 0,
                                                lambda *args: self.signals.append(args[4]))
        self.name = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.go()
        self.bus.signal_unsubscribe(self.signal)
        self.bus.unregister_object(self.object)

    def come(self):
        self.name = Gio.bus_own_name_on_connection(self.bus, WATCHER, 0, None, None)
        self.wait(lambda: self.items, 'the program registers')

    def go(self):
        Gio.bus_unown_name(self.name)
        self.items = []

    def called(self, _bus, sender, _path, _interface, _method, arguments, invocation):
        assert arguments[0] == sender, arguments
        self.items.append(sender)
        invocation.return_value(None)

    def wait(self, predicate, what):
        def look():
            turn()
            return predicate()
        wait_until(look, what)

    def call(self, path, interface, method, arguments, reply):
        return self.bus.call_sync(self.items[-1], path, interface, method, arguments, GLib.VariantType(reply), 0, 30000, None)

    def item(self, name):
        return self.call(ITEM, 'org.freedesktop.DBus.Properties', 'Get',
                         GLib.Variant('(ss)', ('org.kde.StatusNotifierItem', name)), '(v)').unpack()[0]

    def text(self):
        return self.item('ToolTip')[3]

    def entries(self):
        """The menu, by label: (id, properties); those of submenus behind their parent's label."""
        _, root = self.call(MENU, 'com.canonical.dbusmenu', 'GetLayout', GLib.Variant('(iias)', (0, -1, [])),
                            '(u(ia{sv}av))').unpack()
        found = {}

        def read(node, above):
            for number, values, children in node[2]:
                label = above + values.get('label', '')
                if values.get('type') != 'separator':
                    found[label] = (number, values)
                read((number, values, children), label + ' > ')
        read(root, '')
        return found

    def choose(self, label):
        number, values = self.entries()[label]
        assert values.get('enabled'), (label, values)
        self.call(MENU, 'com.canonical.dbusmenu', 'Event',
                  GLib.Variant('(isvu)', (number, 'clicked', GLib.Variant('i', 0), 0)), '()')


def make_conflict(till):
    """A change of a note that somebody else has changed."""
    document = till.create({'doctype': 'Note', 'title': 'n', 'content': 'x'})
    till.user_client.call('PUT', '/api/resource/Note/' + document['name'], {'content': 'theirs'})
    client = till.client()
    client.call('POST', '/_sync/v1/requests', {'method': 'PUT', 'url': '/api/resource/Note/' + document['name'],
                                               'body': {'content': 'ours', 'modified': document['modified']}})
    client.close()


def is_open():
    program = screen.applications().get(PROGRAM)
    return program is not None and screen.window(program, 'POSAwesome Sync') is not None


def is_pressed(till, name):
    node = till.part('POSAwesome Sync', name)
    states = node.get_state_set() if node is not None else None
    return states is not None and (states.contains(screen.Atspi.StateType.PRESSED) or states.contains(screen.Atspi.StateType.CHECKED))


def test_states():
    with Panel() as panel, Notifications(), Desktop() as till:
        till.start_shop()
        till.start()
        # No panel is a normal life: it comes later, and again.
        panel.come()
        panel.go()
        panel.come()
        assert panel.item('Id') == PROGRAM and panel.item('Menu') == MENU and panel.item('ItemIsMenu') is False
        assert panel.item('IconName') == PROGRAM + '-idle', panel.item('IconName')
        assert panel.text().startswith('Nothing is waiting.'), panel.text()
        labels = list(panel.entries())
        assert labels == ['Open POSAwesome Sync', 'Open the point of sale', 'Sync now', 'Pause', 'Pause > For 15 minutes',
                          'Pause > For one hour', 'Pause > Until resumed', 'Resume', 'Preferences', 'Quit'], labels
        assert not panel.entries()['Resume'][1]['enabled']

        panel.choose('Pause > For one hour')
        panel.wait(lambda: panel.item('IconName') == PROGRAM + '-offline', 'the icon says paused')
        assert till.status()['pausedUntilMs'] > 0
        till.offer(till.client(), note('waits'))
        panel.wait(lambda: panel.text().startswith('1 entry is waiting. Delivery is paused until'), f'it says so: {panel.text()}')
        panel.wait(lambda: panel.entries()['Resume'][1]['enabled'], 'it can be resumed')
        panel.choose('Resume')
        panel.wait(lambda: panel.text().startswith('Nothing is waiting.'), 'it was delivered')
        assert 'NewIcon' in panel.signals and 'NewToolTip' in panel.signals

        make_conflict(till)
        panel.wait(lambda: panel.item('Status') == 'NeedsAttention', 'it needs a person')
        assert panel.item('IconName') == PROGRAM + '-needs-you'
        panel.wait(lambda: 'Decide 1 conflict' in panel.entries(), f'the menu offers it: {list(panel.entries())}')
        panel.choose('Decide 1 conflict')
        panel.wait(lambda: PROGRAM in screen.applications()
                   and screen.window(screen.applications()[PROGRAM], 'Conflict 1 of 1') is not None, 'the dialog is there')
        panel.choose('Quit')
        assert till.program.process.wait(60) == 0


def test_words():
    """What waits by itself needs nobody, and sales are called so."""
    with Panel() as panel, Notifications(), Desktop() as till:
        till.start_shop()
        till.start()
        panel.come()
        client = till.client()
        till.offer(client, sale())
        till.wait(lambda status: status['queueStats']['completed'] == 1, 'the first is delivered')
        till.practice('PUT', 'faults', {'kind': 'answer', 'answer': 'rate-limited', 'retry_after_s': 3600})
        till.offer(client, sale())
        till.offer(client, sale())
        till.wait(lambda status: status['condition'] == 'throttled', 'the server asks to wait')
        panel.wait(lambda: panel.text().startswith('2 sales are waiting.'), lambda: f'they are called sales: {panel.text()}')
        panel.wait(lambda: panel.item('IconName') == PROGRAM + '-offline', 'nothing is tried any more')
        assert panel.item('Status') == 'Active', panel.item('Status')
        till.offer(client, note('no sale'))
        panel.wait(lambda: panel.text().startswith('3 entries are waiting.'), lambda: f'one is none: {panel.text()}')
        client.close()


def test_panel_goes():
    """The desktop's own list is told as soon as no panel shows the program."""
    with Panel() as panel, Notifications(), Portal() as portal, Desktop() as till:
        till.start_shop()
        panel.name = Gio.bus_own_name_on_connection(panel.bus, WATCHER, 0, None, None)
        # A test's panel answers only while it waits.
        starting = threading.Thread(target=till.start)
        starting.start()
        panel.wait(lambda: not starting.is_alive() and panel.items, 'the program is in the panel')
        panel.wait(lambda: till.status()['condition'] == 'online', 'it works')
        panel.choose('Pause > Until resumed')
        panel.wait(lambda: panel.item('IconName') == PROGRAM + '-offline', 'the icon says paused')
        assert not [status for status in portal.statuses if 'paused' in status], portal.statuses
        panel.go()
        panel.wait(lambda: portal.statuses and 'paused' in portal.statuses[-1], lambda: f'the desktop is told: {portal.statuses}')


def test_not_tried():
    """Without a window, too, somebody hears why nothing happens."""
    with Panel() as panel, Notifications() as notifications, Desktop() as till:
        till.start_shop()
        till.start()
        panel.come()
        panel.choose('Pause > Until resumed')
        panel.wait(lambda: panel.item('IconName') == PROGRAM + '-offline', 'the icon says paused')
        panel.choose('Sync now')
        panel.wait(lambda: 1 in notifications.shown, 'somebody is told')
        assert notifications.shown[1][1] == 'Nothing is tried while delivery is paused.', notifications.shown
        panel.choose('Open POSAwesome Sync')
        panel.wait(lambda: notifications.shown[1] is None, 'who looks need not be told')
        panel.choose('Sync now')
        till.sees('POSAwesome Sync', 'Nothing is tried while delivery is paused.')


def test_click():
    with Panel() as panel, Notifications(), Desktop() as till:
        till.start_shop()
        till.start()
        panel.come()
        assert not is_open()
        panel.call(ITEM, 'org.kde.StatusNotifierItem', 'Activate', GLib.Variant('(ii)', (1, 1)), '()')
        panel.wait(is_open, 'the window is there')
        # Closed, it is gone, and the program is not.
        screen.do(screen.window(screen.applications()[PROGRAM], 'POSAwesome Sync'), 'window.close')
        panel.wait(lambda: not is_open(), 'the window is gone')
        assert till.status()['condition'] == 'online', till.status()
        panel.choose('Open POSAwesome Sync')
        panel.wait(is_open, 'the window is there again')
        panel.choose('Quit')
        assert till.program.process.wait(60) == 0


def test_no_panel():
    with Notifications() as notifications, Desktop() as till:
        till.start_shop()
        till.start()
        assert till.run([os.environ['SYNC_TEST_PROGRAM']])[0] == 0
        wait_until(lambda: turn() or is_open(), 'the window is there')
        screen.do(screen.window(screen.applications()[PROGRAM], 'POSAwesome Sync'), 'window.close')
        wait_until(lambda: turn() or 1 in notifications.shown, 'somebody is told that it goes on')
        assert notifications.shown[1][0] == 'POSAwesome Sync goes on in the background', notifications.shown
        notifications.choose(1, 'default')
        wait_until(lambda: turn() or is_open(), 'the window is there again')
        wait_until(lambda: turn() or notifications.shown[1] is None, 'who looks need not be told')
        # Once is enough.
        screen.do(screen.window(screen.applications()[PROGRAM], 'POSAwesome Sync'), 'window.close')
        wait_until(lambda: turn() or not is_open(), 'the window is gone')
        till.activate('open')
        wait_until(lambda: turn() or is_open(), 'the window is there for the third time')
        assert list(notifications.shown.items()) == [(1, None)], notifications.shown


def test_notification():
    with Panel() as panel, Notifications() as notifications, Desktop() as till:
        till.start_shop()
        till.start()
        panel.come()
        make_conflict(till)
        panel.wait(lambda: 1 in notifications.shown, 'somebody is told')
        title, body, _ = notifications.shown[1]
        assert title == '1 document was also changed on the server', title
        assert body.startswith('Both versions are kept.'), body
        assert notifications.urgency[1] == 2, notifications.urgency
        notifications.press(1, 'Decide…')
        panel.wait(lambda: PROGRAM in screen.applications()
                   and screen.window(screen.applications()[PROGRAM], 'Conflict 1 of 1') is not None, 'the dialog is there')
        till.refuse()
        panel.wait(lambda: 2 in notifications.shown, 'somebody is told of the refusal')
        assert notifications.shown[2][:2] == ('1 entry needs you', 'The server refused 1 entry. 1 entry was also changed on the '
                                              'server.'), notifications.shown[2]
        assert notifications.urgency[2] == 2, notifications.urgency
        notifications.press(2, 'Show the entries')
        panel.wait(lambda: is_pressed(till, 'List what needs you'), 'the queue shows what needs somebody')
        panel.choose('Quit')
        assert till.program.process.wait(60) == 0


def test_taken_back():
    """What nobody needs to know any more."""
    with Notifications() as notifications, Desktop() as till:
        till.start_shop()
        till.start()
        number = till.refuse()
        wait_until(lambda: 1 in notifications.shown, 'somebody is told of the refusal')
        client = till.client()
        assert client.call('POST', f'/_sync/v1/requests/{number}/discard', {'reason': 'no'})[0] == 200
        client.close()
        wait_until(lambda: notifications.shown[1] is None, 'the notification is taken back')


def test_sign_in():
    """Also where no window is open the way is short."""
    with Panel() as panel, Notifications() as notifications, Desktop(ERPNEXT_API_SECRET='wrong') as till:
        till.start_shop()
        till.start()
        panel.come()
        till.offer(till.client(), note('waits'))
        panel.wait(lambda: 1 in notifications.shown, 'somebody is told')
        assert notifications.shown[1][0] == 'The server does not know this till', notifications.shown
        assert notifications.urgency[1] == 2, notifications.urgency
        notifications.press(1, 'Set up…')
        panel.wait(lambda: till.window('Set up') is not None, 'it can be set up')


def test_hidden_trouble():
    """Whoever starts it in the background hears that it cannot work, and sees why."""
    with Notifications() as notifications, Desktop() as till:
        till.env.pop('ERPNEXT_BASE_URL', None)
        till.launch()
        words = "The server's address is not set yet: tell which ERPNext this till belongs to."
        wait_until(lambda: turn() or notifications.shown, 'somebody is told')
        assert notifications.shown[1][:2] == ('Not ready to work', words) and notifications.urgency[1] == 2, notifications.shown
        notifications.choose(1, 'default')
        wait_until(lambda: turn() or is_open() and till.part('POSAwesome Sync', words), 'the window says it too')
        wait_until(lambda: turn() or notifications.shown[1] is None, 'who looks need not be told')


if __name__ == '__main__':
    tap(test_states, test_words, test_click, test_no_panel, test_panel_goes, test_not_tried, test_notification,
        test_taken_back, test_sign_in, test_hidden_trouble)
