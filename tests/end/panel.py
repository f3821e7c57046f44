# SPDX-License-Identifier: GPL-3.0-or-later
"""A real panel, xfce4-panel with nothing in it but the tray: seen by its pixels and by what it tells those who do not see,
used with the pointer."""

import ctypes
import os
import shutil
import signal
import sys

from screen import Atspi, GLib  # before gi: it finds the python that has it
from gi.repository import Gio
from harness import Process, wait_until

if shutil.which('xfce4-panel') is None:
    print('1..0 # SKIP there is no xfce4-panel')
    sys.exit(0)

WATCHER = 'org.kde.StatusNotifierWatcher'
HEIGHT = 32
# One panel, at the lower edge, where no window without a window manager covers it.
SETTINGS = f"""<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=10;x=0;y=0"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="length" type="uint" value="100"/>
      <property name="size" type="uint" value="{HEIGHT}"/>
      <property name="plugin-ids" type="array"><value type="int" value="1"/></property>
    </property>
  </property>
  <property name="plugins" type="empty"><property name="plugin-1" type="string" value="systray"/></property>
</channel>
"""
# What tells the icons apart (data/icons): the sheet of paper that all of them have, and the badge on it, which `offline` has not.
SHEET = 0x77767b
BADGES = {0x26a269: 'idle', 0x1a5fb4: 'syncing', 0xe66100: 'needs-you', 0xc01c28: 'failed'}
Z_PIXMAP = 2
ROLES = (Atspi.Role.TOOL_TIP, Atspi.Role.MENU_ITEM, Atspi.Role.MENU)
EVENTS = ('object:state-changed:showing', 'object:state-changed:visible')


class Image(ctypes.Structure):
    """The beginning of Xlib's XImage."""

    _fields_ = [(name, ctypes.c_int) for name in ('width', 'height', 'xoffset', 'format')] + [('data', ctypes.c_void_p)] + [
        (name, ctypes.c_int) for name in ('byte_order', 'unit', 'bit_order', 'pad', 'depth', 'bytes_per_line', 'bits_per_pixel')]


class Panel:
    """Its settings and its log are where the session's are, which is the test's own."""

    def __init__(self):
        self.x11 = ctypes.CDLL('libX11.so.6')
        self.x11.XOpenDisplay.restype = ctypes.c_void_p
        self.x11.XGetImage.restype = ctypes.POINTER(Image)
        self.x11.XDefaultRootWindow.restype = ctypes.c_ulong
        self.display = ctypes.c_void_p(self.x11.XOpenDisplay(None))
        self.width, self.top = self.x11.XDisplayWidth(self.display, 0), self.x11.XDisplayHeight(self.display, 0) - HEIGHT
        self.bus = Gio.bus_get_sync(Gio.BusType.SESSION)
        self.listener = Atspi.EventListener.new(self.heard)
        # What is shown now of what says its name when it is shown, and under which.
        self.shown = {}
        self.process = None

    def __enter__(self):
        for event in EVENTS:
            self.listener.register(event)
        settings = os.path.join(os.environ['XDG_CONFIG_HOME'], 'xfce4', 'xfconf', 'xfce-perchannel-xml', 'xfce4-panel.xml')
        if not os.path.exists(settings):
            os.makedirs(os.path.dirname(settings))
            with open(settings, 'w', encoding='utf-8') as file:
                file.write(SETTINGS)
        return self

    def __exit__(self, kind, *_):
        if self.process is not None:
            if kind is not None:
                sys.stderr.write(f'{self.process.log_path}: {self.process.outcome()}\n{self.process.log()[-4000:]}')
            self.kill()
        for event in EVENTS:
            self.listener.deregister(event)
        self.x11.XCloseDisplay(self.display)

    def start(self):
        self.leave()
        # Its warnings are not ours, and it is to be read by those who do not see.
        env = {name: value for name, value in os.environ.items()
               if name not in ('G_DEBUG', 'GTK_A11Y', 'NO_AT_BRIDGE', 'SESSION_MANAGER')}
        # The tray is a process of its own, which ends with the panel's: they are one group.
        self.process = Process('panel', ['setsid', 'xfce4-panel', '--disable-wm-check'], env, os.environ['XDG_RUNTIME_DIR'],
                               says_ready=False)
        self.wait(lambda: self.ask('IsStatusNotifierHostRegistered'), 'the panel takes icons')
        # Of the one before, which could not say that it hid them.
        self.shown.clear()

    def kill(self):
        if self.process.process.poll() is None:
            os.killpg(self.process.process.pid, signal.SIGKILL)
            self.process.kill()
        self.wait(lambda: self.ask('IsStatusNotifierHostRegistered') is None, 'the panel is gone')

    def wait(self, predicate, what):
        def look():
            while GLib.MainContext.default().iteration(False):
                pass
            return predicate()
        wait_until(look, what)

    def ask(self, name):
        """(nullable): a property of the watcher."""
        try:
            return self.bus.call_sync(WATCHER, '/StatusNotifierWatcher', 'org.freedesktop.DBus.Properties', 'Get',
                                      GLib.Variant('(ss)', (WATCHER, name)), None, 0, 30000, None).unpack()[0]
        except GLib.Error:
            return None

    # What is to be seen

    def pixels(self):
        """Each colour in the panel, and a place where it is."""
        image = self.x11.XGetImage(self.display, ctypes.c_ulong(self.x11.XDefaultRootWindow(self.display)), 0, self.top,
                                   self.width, HEIGHT, ctypes.c_ulong(0xffffff), Z_PIXMAP)
        data = memoryview(ctypes.string_at(image.contents.data, image.contents.bytes_per_line * HEIGHT)).cast('I')
        self.x11.XDestroyImage(image)
        return {value & 0xffffff: (i % self.width, self.top + i // self.width) for i, value in enumerate(data)}

    def icon(self):
        """(nullable): the state whose icon is drawn."""
        colors = self.pixels()
        if SHEET not in colors:
            return None
        return next((state for color, state in BADGES.items() if color in colors), 'offline')

    def shows(self, state):
        self.wait(lambda: self.icon() == state, lambda: f'the icon is {state}: {self.icon()}')

    # What is told

    def heard(self, event):
        try:
            if not event.detail1:
                self.shown.pop(event.source, None)
            elif event.source.get_role() in ROLES and event.source.get_name():
                self.shown[event.source] = event.source.get_name()
        except GLib.Error:
            pass  # It is gone.

    def names(self):
        return list(self.shown.values())

    def place(self, name):
        """(nullable): the middle of what is shown under that name."""
        for node in [node for node, words in self.shown.items() if words == name]:
            area = Atspi.Component.get_extents(node, Atspi.CoordType.SCREEN)
            if area.x >= 0 and area.width > 1:
                return area.x + area.width // 2, area.y + area.height // 2
        return None

    def sees(self, name):
        self.wait(lambda: self.place(name) is not None, lambda: f'“{name}” is shown: {self.names()}')

    # The pointer

    def leave(self):
        """To where nothing is."""
        Atspi.generate_mouse_event(self.width - 50, self.top + HEIGHT // 2, 'abs')

    def rest(self):
        """Until nothing is shown."""
        self.leave()
        self.wait(lambda: not self.shown, lambda: f'nothing is shown: {self.names()}')

    def point(self, does='abs'):
        """At the icon."""
        self.rest()
        Atspi.generate_mouse_event(*self.pixels()[SHEET], does)

    def says(self, words):
        """When pointed at, under the program's name."""
        self.point()
        self.sees('POSAwesome Sync\n' + words)

    def open_menu(self):
        """What is in it."""
        self.point('b3c')
        self.sees('Quit')
        return self.names()

    def choose(self, *labels):
        """From the open menu."""
        for label in labels:
            self.sees(label)
            Atspi.generate_mouse_event(*self.place(label), 'b1c' if label == labels[-1] else 'abs')
        self.rest()
