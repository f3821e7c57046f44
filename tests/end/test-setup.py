# SPDX-License-Identifier: GPL-3.0-or-later
"""The first run: from "not ready" to delivered, through the accessibility tree."""

import os

import screen
from desktop import PROGRAM, Desktop, Fresh, Notifications
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
        hears('“ftp://x” is no http or https address. Write it like https://shop.example.com')
        till.fill('Set up', 'Address', 'https://me:secret@x')
        till.click('Set up', 'Use it')
        hears('The address is not usable: must not hold a user name or password; give the API key and secret instead.')
        till.fill('Set up', 'Address', 'http://127.0.0.1:1')
        till.click('Set up', 'Try')
        hears('http://127.0.0.1:1 cannot be reached')
        till.fill('Set up', 'Address', till.base_url)
        till.click('Set up', 'Try')
        hears('ERPNext answers, but does not know this API key and secret.')
        till.fill('Set up', 'API secret', 'SECRET')
        till.click('Set up', 'Try')
        hears('ERPNext answers, and knows this till as Administrator.')
        said = till.says('Set up', 'ERPNext answers').split('\n')
        assert said[1:] == ['ERPNext 15.71.1 · Frappe 15.72.4 · POS Awesome 15.31.0',
                            'This computer’s clock agrees with the server’s.', 'The site’s time zone: Asia/Kolkata.',
                            'This user may make: Sales Invoice, Payment Entry, Customer, POS Opening Shift, POS Closing Shift.'], said
        # Nothing here keeps a secret.
        till.click('Set up', 'Keep the key in a file', 'toggle')
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

        till.sees('Keys', 'It is kept in a file that only you can read.')
        kept = os.path.join(till.env['XDG_CONFIG_HOME'], 'posawesome-sync', 'credentials')
        assert os.stat(kept).st_mode & 0o777 == 0o600
        till.sees('Keys', 'Protected: the server refuses a second one with the same key.')
        till.sees('Keys', 'Not protected: the field “sync_client_id” is missing.')
        till.click('Keys', 'Make the missing fields')
        wait_until(lambda: screen.find(till.window('Keys'), 'Not protected') is None, 'all are made')
        fields = till.user_client.call('GET', '/api/resource/Custom%20Field?filters={"fieldname":"sync_client_id"}&limit_page_length=0')
        assert fields[1]['data'], fields
        assert till.program.end() == 0, till.program.outcome()
        till.env['ERPNEXT_BASE_URL'] = till.base_url
        Desktop.start(till)
        till.wait(lambda status: status['condition'] == 'online', 'it knows its key again')


def test_key_not_kept():
    """Whoever gave it hears that."""
    with Fresh() as till:
        till.start_shop()
        # A file cannot be where a folder is.
        os.makedirs(os.path.join(till.env['XDG_CONFIG_HOME'], 'posawesome-sync', 'credentials', 'taken'))
        till.start()
        till.sees('POSAwesome Sync', 'Not ready to work')
        till.click('POSAwesome Sync', 'Set up')
        till.fill('Set up', 'Address', till.base_url)
        till.fill('Set up', 'API key', 'KEY-Administrator')
        till.fill('Set up', 'API secret', 'SECRET')
        till.click('Set up', 'Use it')
        till.sees('POSAwesome Sync', 'The key is not kept: ')
        assert till.window('Keys') is None
        till.wait_for_gateway()


def test_set_outside():
    """An address that somebody sets elsewhere, where none was set, begins the work."""
    with Fresh() as till:
        till.start_shop()
        kept = ['env', 'GSETTINGS_BACKEND=keyfile']
        till.start(kept)
        till.sees('POSAwesome Sync', 'Not ready to work')

        def set_address(value):
            status, _, error = till.run([*kept, 'gsettings', 'set', PROGRAM, 'base-url', value])
            assert status == 0, error

        set_address('nothing')
        till.sees('POSAwesome Sync', 'The changed settings are not used: ')
        set_address(till.base_url)
        till.wait_for_gateway()
        assert till.status()['baseUrl'] == till.base_url


if __name__ == '__main__':
    with Notifications():
        tap(test_first_run, test_key_not_kept, test_set_outside)
