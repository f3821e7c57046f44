# SPDX-License-Identifier: GPL-3.0-or-later
"""The first run: from "not ready" to delivered, through the accessibility tree."""

import os

import screen
from desktop import PROGRAM, Desktop, Notifications
from harness import Process, note, tap, wait_until


class Fresh(Desktop):
    """Nothing is set yet."""

    def start(self, wrapper=()):
        for name in ('ERPNEXT_BASE_URL', 'ERPNEXT_API_TOKEN', 'ERPNEXT_API_SECRET'):
            self.env.pop(name, None)
        self.prepare()
        self.program = Process('program', [*wrapper, os.environ['SYNC_TEST_PROGRAM']], self.env, self.folder, says_ready=False)


def test_first_run():
    with Fresh() as till:
        till.start_shop()
        till.start()
        wait_until(lambda: PROGRAM in screen.applications(), 'the program is in the accessibility tree')
        program = screen.applications()[PROGRAM]

        def part(title, name):
            window = screen.window(program, title)
            return screen.find(window, name) if window is not None else None

        def click(title, name):
            wait_until(lambda: part(title, name) is not None and screen.is_sensitive(part(title, name)),
                       f'“{name}” can be used in “{title}”; there is {screen.names(program)}')
            screen.do(part(title, name), 'click')

        def fill(name, text):
            screen.type_into(screen.window(program, 'Set up'), name, text)

        def hears(words):
            wait_until(lambda: part('Set up', words) is not None, f'it says “{words}”: {screen.names(program)}')

        wait_until(lambda: part('POSAwesome Sync', 'Not ready to work') is not None, 'it says that it is not ready')
        click('POSAwesome Sync', 'Set up')
        click('Set up', 'Use it')
        hears('The address, the API key and the API secret are needed.')
        fill('Address', 'ftp://x')
        fill('API key', 'KEY-Administrator')
        fill('API secret', 'wrong')
        click('Set up', 'Use it')
        hears('ERPNEXT_BASE_URL')
        fill('Address', 'http://127.0.0.1:1')
        click('Set up', 'Try')
        hears('The server cannot be reached')
        fill('Address', till.base_url)
        click('Set up', 'Try')
        hears('ERPNext answers, but does not know this API key and secret.')
        fill('API secret', 'SECRET')
        click('Set up', 'Try')
        hears('ERPNext answers, and knows this till as Administrator.')
        click('Set up', 'Use it')
        till.wait_for_gateway()
        till.wait(lambda status: status['condition'] == 'online' and status['baseUrl'] == till.base_url, 'it works')
        wait_until(lambda: screen.window(program, 'Set up') is None, 'the dialog is gone')
        till.offer(till.client(), note('first'))
        till.wait(lambda status: status['queueStats']['completed'] == 1, 'the first write is delivered')
        assert 'SECRET' not in till.program.log()


if __name__ == '__main__':
    with Notifications():
        tap(test_first_run)
