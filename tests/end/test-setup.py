# SPDX-License-Identifier: GPL-3.0-or-later
"""The first run: from "not ready" to delivered, through the accessibility tree."""

import os

from desktop import Fresh, Notifications
from harness import note, tap, wait_until


def test_first_run():
    with Fresh() as till:
        till.start_shop()
        till.start()

        def hears(words):
            till.sees('Set up', words)

        till.sees('POSAwesome Sync', 'Not ready to work')
        till.click('POSAwesome Sync', 'Set up')
        till.click('Set up', 'Use it')
        hears('The address, the API key and the API secret are needed.')
        till.fill('Set up', 'Address', 'ftp://x')
        till.fill('Set up', 'API key', 'KEY-Administrator')
        till.fill('Set up', 'API secret', 'wrong')
        till.click('Set up', 'Use it')
        hears('ERPNEXT_BASE_URL')
        till.fill('Set up', 'Address', 'http://127.0.0.1:1')
        till.click('Set up', 'Try')
        hears('The server cannot be reached')
        till.fill('Set up', 'Address', till.base_url)
        till.click('Set up', 'Try')
        hears('ERPNext answers, but does not know this API key and secret.')
        till.fill('Set up', 'API secret', 'SECRET')
        till.click('Set up', 'Try')
        hears('ERPNext answers, and knows this till as Administrator.')
        # The last step: it is to be there from the beginning.
        till.click('Set up', 'Start at log-in', 'toggle')
        till.click('Set up', 'Use it')
        till.wait_for_gateway()
        till.wait(lambda status: status['condition'] == 'online' and status['baseUrl'] == till.base_url, 'it works')
        wait_until(lambda: till.window('Set up') is None, 'the dialog is gone')
        till.offer(till.client(), note('first'))
        till.wait(lambda status: status['queueStats']['completed'] == 1, 'the first write is delivered')
        assert 'SECRET' not in till.program.log()
        wait_until(lambda: os.path.exists(till.autostart_file), 'it starts at log-in')


if __name__ == '__main__':
    with Notifications():
        tap(test_first_run)
