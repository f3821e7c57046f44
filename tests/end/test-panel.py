# SPDX-License-Identifier: GPL-3.0-or-later
"""The program in a panel that people have: its icon, what it says, its menu and a click, as they are on the screen."""

import os

from desktop import PROGRAM, Desktop, Notifications
from gi.repository import GLib
from harness import tap
from panel import Panel

# Of a program that is not installed.
ICONS = {'POSAWESOME_SYNC_ICON_DIR': os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..', 'data', 'icons'))}


def start(panel, till):
    panel.start()
    assert panel.icon() is None, panel.icon()
    till.start_shop()
    till.start()
    panel.shows('idle')


def test_icon():
    with Notifications(), Panel() as panel, Desktop(**ICONS) as till:
        start(panel, till)
        owner = panel.bus.call_sync('org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus', 'GetNameOwner',
                                    GLib.Variant('(s)', (PROGRAM,)), None, 0, 30000, None).unpack()[0]
        items = panel.ask('RegisteredStatusNotifierItems')
        assert [item.split('/')[0] for item in items] == [owner], (items, owner)
        panel.says('Nothing is waiting.')
        till.refuse()
        panel.shows('needs-you')
        panel.says('Nothing is waiting.\nThe server refused 1 entry.')


def test_menu():
    with Notifications(), Panel() as panel, Desktop(**ICONS) as till:
        start(panel, till)
        labels = panel.open_menu()
        assert labels == ['Open POSAwesome Sync', 'Open the point of sale', 'Sync now', 'Pause', 'Resume', 'Preferences',
                          'Quit'], labels
        panel.choose('Pause', 'Until resumed')
        panel.shows('offline')
        assert till.status()['condition'] == 'paused', till.status()
        panel.says('Nothing is waiting. Delivery is paused until you resume it.')
        panel.open_menu()
        panel.choose('Resume')
        panel.shows('idle')
        assert till.status()['condition'] == 'online', till.status()
        panel.open_menu()
        panel.choose('Open POSAwesome Sync')
        panel.wait(lambda: till.window('POSAwesome Sync') is not None, 'the window is there')
        panel.open_menu()
        panel.choose('Quit')
        assert till.program.process.wait(60) == 0
        panel.wait(lambda: panel.icon() is None, 'the icon is gone')


def test_click():
    with Notifications(), Panel() as panel, Desktop(**ICONS) as till:
        start(panel, till)
        assert till.window('POSAwesome Sync') is None
        panel.point('b1c')
        panel.wait(lambda: till.window('POSAwesome Sync') is not None, 'the window is there')


def test_restart():
    """The panel ends, and is there again."""
    with Notifications(), Panel() as panel, Desktop(**ICONS) as till:
        start(panel, till)
        panel.kill()
        panel.wait(lambda: panel.icon() is None, 'the icon is gone')
        till.refuse()
        panel.start()
        panel.shows('needs-you')
        panel.says('Nothing is waiting.\nThe server refused 1 entry.')
        panel.point('b1c')
        panel.wait(lambda: till.window('POSAwesome Sync') is not None, 'the window is there')


if __name__ == '__main__':
    tap(test_icon, test_menu, test_click, test_restart)
