# SPDX-License-Identifier: GPL-3.0-or-later
"""The program with the window, in a session of its own (with-session.sh)."""

import os

from harness import Process, Profile, wait_until

# As it is called on the bus and in the accessibility tree.
PROGRAM = 'org.posawesome.Sync'


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
