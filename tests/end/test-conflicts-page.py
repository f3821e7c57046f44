# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of conflicts, through the accessibility tree: one is decided, looked at and undone; another cannot be undone, and
it says why."""

import os

import screen
from desktop import PROGRAM, Desktop, Notifications
from harness import path_of, tap, wait_until

WINDOW = 'POSAwesome Sync'
OPEN, DECIDED = 'Conflicts to decide', 'Decided conflicts'


class Page:
    """What a person does with it."""

    def __init__(self, till):
        self.till = till
        status, _, error = till.run([os.environ['SYNC_TEST_PROGRAM']])
        assert status == 0, error
        wait_until(lambda: PROGRAM in screen.applications()
                   and screen.window(screen.applications()[PROGRAM], WINDOW) is not None, 'the window is there')
        self.program = screen.applications()[PROGRAM]
        self.lists = {}

    def wait_for(self, look, what):
        """What that finds, once it does. What there is instead is only asked in the end: the window is large."""
        found = []

        def there():
            node = look()
            found.extend([node] if node is not None else [])
            return found

        try:
            wait_until(there, what)
        except AssertionError as error:
            raise AssertionError(f'{error}: {screen.names(self.program)}') from error
        return found[0]

    def find(self, title, name):
        window = screen.window(self.program, title)
        return screen.find(window, name) if window is not None else None

    def usable(self, node):
        return node if node is not None and screen.is_sensitive(node) and screen.is_visible(node) else None

    def click(self, title, name):
        screen.do(self.wait_for(lambda: self.usable(self.find(title, name)), f'“{name}” can be used in “{title}”'), 'click')

    def in_list(self, heading, name):
        """(nullable): of that name in the list of that name, which is looked for once."""
        if heading not in self.lists:
            self.lists[heading] = self.wait_for(lambda: self.find(WINDOW, heading), f'there is “{heading}”')
        return screen.find(self.lists[heading], name)

    def line_in(self, heading, line):
        """(nullable): what says that in one of its lines."""
        return next((node for node in screen.walk(self.lists[heading]) if line in screen.words(node).split('\n')), None)

    def click_in(self, heading, name):
        screen.do(self.wait_for(lambda: self.usable(self.in_list(heading, name)), f'“{name}” can be used'), 'click')

    def hears(self, words, title=WINDOW):
        self.wait_for(lambda: self.find(title, words), f'it says “{words}”')


def make_conflict(till, document, ours, theirs):
    """The till changes what it had read; somebody at the desk has changed it, too."""
    path = path_of(document['doctype'], document['name'])
    status, answer = till.user_client.call('PUT', path, theirs)
    assert status == 200, answer
    client = till.client()
    status, answer = client.call('POST', '/_sync/v1/requests',
                                 {'method': 'PUT', 'url': path, 'body': {**ours, 'modified': document['modified']}})
    assert status == 202, answer
    client.close()


def read(till, document):
    status, answer = till.user_client.call('GET', path_of(document['doctype'], document['name']))
    assert status == 200, answer
    return answer['data']


def test_page():
    with Desktop() as till:
        till.start_shop()
        till.env['CONFLICT_POLICIES'] = '*=ask'
        till.start()
        first = till.create({'doctype': 'Note', 'title': 'First', 'content': 'before'})
        second = till.create({'doctype': 'Note', 'title': 'Second', 'content': 'before'})
        sale = till.create({'doctype': 'Sales Invoice', 'customer': 'Walk In', 'company': 'Test Co', 'is_pos': 1,
                            'pos_profile': 'Main POS', 'remarks': 'before', 'payments': [{'mode_of_payment': 'Cash', 'amount': 10}],
                            'items': [{'item_code': 'ITEM-001', 'qty': 1, 'rate': 10}]})
        page = Page(till)
        page.click(WINDOW, 'Conflicts')
        page.hears('No conflicts')
        make_conflict(till, first, {'content': 'till'}, {'content': 'desk'})
        till.wait(lambda status: status['pendingConflicts'] == 1, 'the first conflict is there')
        make_conflict(till, second, {'content': 'till'}, {'content': 'desk'})
        till.wait(lambda status: status['pendingConflicts'] == 2, 'the second conflict comes after it')
        make_conflict(till, sale, {'remarks': 'till'}, {'docstatus': 1})
        till.wait(lambda status: status['pendingConflicts'] == 3, 'all conflicts are there')

        # The dialog opens at the one that was pointed at.
        page.click_in(OPEN, f'Decide: Note {second["name"]}')
        page.click('Conflict 2 of 3', "Keep this till's")
        page.click('Conflict 2 of 3', 'Apply')
        till.wait(lambda status: status['pendingConflicts'] == 2, 'it is decided')
        wait_until(lambda: read(till, second)['content'] == 'till', 'it is delivered')
        page.click('Conflict 2 of 2', "Keep the server's")
        page.click('Conflict 2 of 2', 'Apply')
        till.wait(lambda status: status['pendingConflicts'] == 1, 'the next is decided')
        page.click('Conflict 1 of 1', 'Skip')
        wait_until(lambda: screen.window(page.program, 'Conflict 1 of 1') is None, 'the dialog is gone')
        wait_until(lambda: page.in_list(OPEN, f'Decide: Note {first["name"]}') is not None, 'what was put off is still open')

        page.click_in(DECIDED, f'View: Note {second["name"]}')
        page.hears('What happened', f'Note {second["name"]}')
        page.hears('till', f'Note {second["name"]}')
        page.hears('desk', f'Note {second["name"]}')

        page.click_in(DECIDED, f'Undo: Note {second["name"]}')
        # The page says so for a moment, the list for good.
        page.wait_for(lambda: page.line_in(DECIDED, 'Undone: entry 4 changes it back.'), 'it is undone')
        wait_until(lambda: read(till, second)['content'] == 'desk', 'it is as it was')
        wait_until(lambda: page.usable(page.in_list(DECIDED, f'Undo: Note {second["name"]}')) is None, 'once is enough')

        page.click_in(DECIDED, f'Undo: Sale {sale["name"]}')
        page.hears('That was not possible: the end of conflict 3 cannot be undone: the document is submitted')
        assert read(till, sale)['remarks'] == 'before'
        assert till.program.end() == 0, till.program.outcome()


if __name__ == '__main__':
    with Notifications():
        tap(test_page)
