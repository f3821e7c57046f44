# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person who cannot see reads and presses: the desktop program through the accessibility tree.

Needs Debian's python3-gi and gir1.2-atspi-2.0, which belong to Debian's own python3.
"""

import os
import sys

SYSTEM_PYTHON = '/usr/bin/python3'

# What the accessibility bus warns of is not ours: only the programs that are tested end with a warning.
fatal = os.environ.pop('G_DEBUG', None)
try:
    import gi
    gi.require_version('Atspi', '2.0')
    from gi.repository import Atspi, GLib
except (ImportError, ValueError):
    Atspi = None
if fatal is not None:
    os.environ['G_DEBUG'] = fatal
if Atspi is None:
    if os.path.realpath(sys.executable) != os.path.realpath(SYSTEM_PYTHON) and os.path.exists(SYSTEM_PYTHON):
        os.execv(SYSTEM_PYTHON, [SYSTEM_PYTHON, *sys.argv])
    print('1..0 # SKIP there is no python3-gi with gir1.2-atspi-2.0')
    sys.exit(0)


def is_sensitive(node):
    return node.get_state_set().contains(Atspi.StateType.SENSITIVE)


def is_visible(node):
    """It is not hidden; whether it can be seen where it stands GTK 4.8 does not say."""
    return node.get_state_set().contains(Atspi.StateType.VISIBLE)


def is_shown(node):
    """Whether it has its place on the screen: before that, pressing it has no effect."""
    return node.get_component_iface().get_extents(Atspi.CoordType.WINDOW).width > 0


def walk(node, backwards=False):
    """The node and all below it; what goes away meanwhile is passed over, and so is a node that is none."""
    if node is None:
        return
    yield node
    try:
        places = range(node.get_child_count())
        for i in reversed(places) if backwards else places:
            child = node.get_child_at_index(i)
            if child is not None:
                yield from walk(child, backwards)
    except GLib.Error:
        return


def applications():
    """By name."""
    desktop = Atspi.get_desktop(0)
    children = [desktop.get_child_at_index(i) for i in range(desktop.get_child_count())]
    return {child.get_name(): child for child in children if child is not None}


def window(program, name):
    """(nullable): the window of that title."""
    return next((child for child in (program.get_child_at_index(i) for i in range(program.get_child_count()))
                 if child is not None and child.get_name() == name), None)


def words(node):
    """Its name, or what it says: GTK 4.18 names no status after its text."""
    if node.get_name() or 'Text' not in node.get_interfaces():
        return node.get_name() or ''
    return Atspi.Text.get_text(node, 0, -1) or ''


def find(root, name, action=None):
    """(nullable): the first of that name, which can do that. GTK 4.8 puts the text of a button behind its name."""
    for node in walk(root):
        try:
            if words(node).startswith(name) and (action is None or action in actions(node)):
                return node
        except GLib.Error:
            continue
    return None


def names(root):
    """All of them, for a message."""
    return [words(node) for node in walk(root) if words(node)]


def actions(node):
    return [Atspi.Action.get_action_name(node, i) for i in range(Atspi.Action.get_n_actions(node))]


def do(node, action):
    """What it can do, by name; `click` is what a button does."""
    assert action in actions(node), f'{node.get_name()} can do {actions(node)}, and not {action}'
    assert Atspi.Action.do_action(node, actions(node).index(action)), f'{node.get_name()} does not {action}'


def type_into(root, name, text):
    """The entry of that name gets that text."""
    for node in walk(root):
        try:
            if (node.get_name() or '').startswith(name) and 'EditableText' in node.get_interfaces():
                assert Atspi.EditableText.set_text_contents(node, text), f'{name} takes no text'
                return
        except GLib.Error:
            continue
    raise AssertionError(f'there is no entry “{name}” among {names(root)}')
