# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person who cannot see reads and presses: the desktop program through the accessibility tree.

Needs Debian's python3-gi and gir1.2-atspi-2.0, which belong to Debian's own python3.
"""

import os
import sys

SYSTEM_PYTHON = '/usr/bin/python3'

try:
    import gi
    gi.require_version('Atspi', '2.0')
    from gi.repository import Atspi, GLib
except (ImportError, ValueError):
    if os.path.realpath(sys.executable) != os.path.realpath(SYSTEM_PYTHON) and os.path.exists(SYSTEM_PYTHON):
        os.execv(SYSTEM_PYTHON, [SYSTEM_PYTHON, *sys.argv])
    print('1..0 # SKIP there is no python3-gi with gir1.2-atspi-2.0')
    sys.exit(0)


def states(node):
    return node.get_state_set()


def is_shown(node):
    return states(node).contains(Atspi.StateType.SHOWING)


def walk(node):
    """The node and all below it; what goes away meanwhile is passed over."""
    yield node
    try:
        for i in range(node.get_child_count()):
            child = node.get_child_at_index(i)
            if child is not None:
                yield from walk(child)
    except GLib.Error:
        return


def application(name):
    """(nullable)"""
    desktop = Atspi.get_desktop(0)
    for i in range(desktop.get_child_count()):
        child = desktop.get_child_at_index(i)
        if child is not None and child.get_name() == name:
            return child
    return None


def find(root, name, roles=None):
    """(nullable): the first that is shown and has this name."""
    for node in walk(root):
        try:
            if node.get_name() == name and (roles is None or node.get_role() in roles) and is_shown(node):
                return node
        except GLib.Error:
            continue
    return None


def names(root):
    """All names that are shown, for a message."""
    return [node.get_name() for node in walk(root) if node.get_name() and is_shown(node)]


def press(node):
    """The first thing that it does."""
    assert states(node).contains(Atspi.StateType.SENSITIVE), f'{node.get_name()} cannot be pressed'
    assert Atspi.Action.do_action(node, 0), f'{node.get_name()} does nothing'
