# SPDX-License-Identifier: GPL-3.0-or-later
"""A stranger's program on the session bus: it knows the name, the path, and what the object tells of itself."""

import json
import time

from debian_gi import Gio, GLib
from harness import DEADLINE

NAME = 'org.posawesome.Sync'
PATH = '/org/posawesome/Sync'
INTERFACE = 'org.posawesome.Sync1'


class Queue:
    """The interface, by introspection. Methods are called by their names, with Python's values."""

    def __init__(self, bus=None):
        self.bus = bus or Gio.bus_get_sync(Gio.BusType.SESSION, None)
        self.heard = []
        self.proxy = Gio.DBusProxy.new_sync(self.bus, Gio.DBusProxyFlags.DO_NOT_AUTO_START_AT_CONSTRUCTION, None, NAME, PATH,
                                            INTERFACE, None)
        self.proxy.connect('g-signal', lambda _proxy, _sender, name, arguments: self.heard.append((name, arguments.unpack())))
        answer = self.bus.call_sync(NAME, PATH, 'org.freedesktop.DBus.Introspectable', 'Introspect', None, None, 0, -1, None)
        self.info = Gio.DBusNodeInfo.new_for_xml(answer.unpack()[0]).lookup_interface(INTERFACE)

    def __getattr__(self, method):
        info = self.info.lookup_method(method)

        def call(*arguments):
            signature = ''.join(argument.signature for argument in info.in_args)
            answer = self.proxy.call_sync(method, GLib.Variant(f'({signature})', arguments), 0, DEADLINE * 1000, None).unpack()
            if len(answer) == 1 and isinstance(answer[0], str):
                return json.loads(answer[0])
            return answer[0] if len(answer) == 1 else answer
        return call

    def refusal(self, method, *arguments):
        """(name of the error without its prefix, its words)"""
        try:
            getattr(self, method)(*arguments)
        except GLib.Error as error:
            name = Gio.DBusError.get_remote_error(error)
            Gio.DBusError.strip_remote_error(error)
            return name.removeprefix(INTERFACE + '.Error.'), error.message
        raise AssertionError(f'{method} is not refused')

    def read(self, name):
        """A property, as it was told last."""
        return self.proxy.get_cached_property(name).unpack()

    def wait(self, predicate, what):
        """Until what was heard makes it true."""
        end = time.monotonic() + DEADLINE
        wake = GLib.timeout_add(100, lambda: True)
        try:
            while not predicate():
                assert time.monotonic() < end, f'after {DEADLINE} s still not: {what}; heard {self.heard[-5:]}'
                GLib.MainContext.default().iteration(True)
        finally:
            GLib.source_remove(wake)

    def states(self, request):
        """That the request was told to have."""
        return [state for name, arguments in self.heard if name == 'RequestChanged'
                for number, state in arguments[0] if number == request]

    def all(self, signal):
        return [arguments for name, arguments in self.heard if name == signal]
