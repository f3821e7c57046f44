# SPDX-License-Identifier: GPL-3.0-or-later
"""The preferences through the accessibility tree: what is changed there holds at once, and what is refused does not."""

import os

import screen
from desktop import Desktop, Fresh, Notifications
from harness import Client, Lost, Process, note, tap, wait_until

TITLE = 'Preferences'
INTERVAL = 'Longest wait for a sweep'


def entry(till, name):
    """The entry of that name, in its row."""
    return next(node for node in screen.walk(till.window(TITLE))
                if (node.get_name() or '').startswith(name) and 'EditableText' in node.get_interfaces())


def write(till, name, text):
    till.fill(TITLE, name, text)
    till.click(TITLE, name, 'setting.apply')


def open_preferences(till, page):
    till.start_shop()
    till.start()
    till.activate('preferences')
    till.click(TITLE, page)


def test_changes():
    with Desktop() as till:
        open_preferences(till, 'Delivery')
        write(till, INTERVAL, '7 s')
        till.wait(lambda status: status['processingInterval'] == 7000, 'it holds at once')
        write(till, INTERVAL, '1 ms')
        till.sees(TITLE, 'It can be 100 ms to 24 h. It stays at 7 s.')
        assert till.status()['processingInterval'] == 7000
        till.click(TITLE, 'Use “High frequency”')
        till.wait(lambda status: status['processingInterval'] == 2000, 'the profile holds')
        till.click(TITLE, 'Undo')
        till.wait(lambda status: status['processingInterval'] == 7000, 'it is taken back')


def test_switches():
    with Desktop() as till:
        open_preferences(till, 'Till')
        till.click(TITLE, 'Off line', 'toggle')
        till.wait(lambda status: status['offlineByHand'], 'it is off line')
        till.offer(till.client(), note('waits'))
        till.click(TITLE, 'Off line', 'toggle')
        till.wait(lambda status: status['queueStats']['completed'] == 1, 'it is on line again')
        till.click(TITLE, 'Document types')
        till.fill(TITLE, 'Document type to pause', 'Note')
        till.click(TITLE, 'Pause: Document type to pause')
        till.wait(lambda status: status['pausedTypes'] == ['Note'], 'notes are paused')
        till.fill(TITLE, 'Document type to pause', 'Note')
        till.click(TITLE, 'Pause: Document type to pause')
        till.sees(TITLE, 'This document type is paused already.')
        till.fill(TITLE, 'Document type to pause', 'Item')
        till.click(TITLE, 'Pause: Document type to pause')
        till.wait(lambda status: status['pausedTypes'] == ['Note', 'Item'], 'items too')
        till.offer(till.client(), note('waits, too'))
        till.click(TITLE, 'Resume Item')
        till.wait(lambda status: status['pausedTypes'] == ['Note'], 'no longer')
        assert till.status()['queueStats']['pending'] == 1
        till.click(TITLE, 'Resume Note')
        till.wait(lambda status: status['queueStats']['completed'] == 2, 'it goes out')
        assert not till.status()['paused']


def test_environment():
    with Desktop(PROCESSING_INTERVAL=9000) as till:
        open_preferences(till, 'Delivery')
        till.sees(TITLE, 'Set by PROCESSING_INTERVAL in the environment.')
        assert not screen.is_sensitive(entry(till, INTERVAL))
        assert screen.words(entry(till, INTERVAL)).startswith(INTERVAL)
        assert not screen.is_sensitive(till.part(TITLE, 'Use “High frequency”'))
        assert screen.is_sensitive(till.part(TITLE, 'Use “Aggressive retry”'))
        till.click(TITLE, 'Use “Aggressive retry”')
        till.sees(TITLE, '“Aggressive retry” is in use')
        assert till.status()['processingInterval'] == 9000
        # With GTK 4.18 only the page that is shown is in the tree.
        till.click(TITLE, 'Document types')
        till.sees(TITLE, 'Set by CONFLICT_POLICIES in the environment.')
        assert not screen.is_sensitive(entry(till, 'Document type'))


def set_up(till, address):
    """What a person writes; without an outcome yet."""
    till.activate('set-up')
    till.sees('Set up', 'Address')
    till.fill('Set up', 'Address', address)
    till.fill('Set up', 'API key', 'KEY-Administrator')
    till.fill('Set up', 'API secret', 'SECRET')
    till.click('Set up', 'Use it')


def is_with(till, address):
    """Whether it serves that server; in between it does not answer, and then at another port."""
    try:
        till.wait_for_gateway()
        status = till.status()
        return status['baseUrl'] == address and status['condition'] == 'online'
    except (Lost, FileNotFoundError):
        return False


def test_another_server():
    """Never while something of the present one waits; and then with all that belongs to it."""
    with Fresh() as till:
        till.start_shop()
        till.start()
        till.sees('POSAwesome Sync', 'Not ready to work')
        set_up(till, till.base_url)
        till.wait_for_gateway()
        till.wait(lambda status: status['baseUrl'] == till.base_url, 'it works')
        other = Process('other', [os.environ['SYNC_TEST_SHOP'], '--database', os.path.join(till.folder, 'other.db')], till.env,
                        till.folder)
        address = other.ready[1].removeprefix('url=')
        try:
            till.activate('preferences')
            till.click(TITLE, 'Off line', 'toggle')
            till.wait(lambda status: status['offlineByHand'], 'it is off line')
            till.offer(till.client(), note('of the first'))
            set_up(till, address)
            till.sees('Set up', f'1 undelivered entry belongs to {till.base_url}. Deliver or discard it before the server changes.')
            assert till.status()['baseUrl'] == till.base_url
            till.click(TITLE, 'Off line', 'toggle')
            till.wait(lambda status: status['queueStats']['completed'] == 1, 'it is delivered')
            till.click('Set up', 'Use it')
            wait_until(lambda: is_with(till, address), 'it is with the other')
            wait_until(lambda: till.window('Set up') is None, 'the dialog is gone')
            till.offer(till.client(), note('of the second'))
            till.wait(lambda status: status['queueStats']['completed'] == 2, 'it is delivered there')
            for base, title in ((till.base_url, 'of the first'), (address, 'of the second')):
                client = Client(base)
                client.headers = {'Authorization': 'token KEY-Administrator:SECRET'}
                _, answer = client.call('GET', '/api/resource/Note?fields=["title"]')
                client.close()
                assert [row['title'] for row in answer['data']] == [title], answer
        finally:
            other.end()


if __name__ == '__main__':
    with Notifications():
        tap(test_changes, test_switches, test_environment, test_another_server)
