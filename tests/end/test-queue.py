# SPDX-License-Identifier: GPL-3.0-or-later
"""The queue's page through the accessibility tree: a refused sale is edited and delivered, one of which nobody knows whether
it arrived is confirmed, several are given up with a reason and restored; and a hundred thousand are looked at."""

import os
import subprocess
import uuid

import screen
from desktop import PROGRAM, Desktop, Notifications
from harness import Process, note, tap, wait_until

WINDOW = 'POSAwesome Sync'
FILL = os.environ['SYNC_TEST_FILL']


class Till(Desktop):
    """With its window from the start."""

    def start(self, wrapper=()):
        self.prepare()
        self.program = Process('program', [*wrapper, os.environ['SYNC_TEST_PROGRAM']], self.env, self.folder, says_ready=False)
        self.wait_for_gateway()
        wait_until(lambda: PROGRAM in screen.applications(), 'the program is in the accessibility tree')
        self.tree = screen.applications()[PROGRAM]

    def part(self, name, title=WINDOW, action=None):
        """(nullable): what is called that, in the window, and can do that."""
        window = screen.window(self.tree, title)
        for node in screen.walk(window) if window is not None else ():
            try:
                if screen.words(node).startswith(name) and (action is None or action in screen.actions(node)):
                    return node
            except screen.GLib.Error:
                continue
        return None

    def click(self, name, title=WINDOW):
        def can():
            node = self.part(name, title, 'click')
            return node is not None and screen.is_sensitive(node)

        wait_until(can, lambda: f'“{name}” can be clicked in “{title}”; there is {screen.names(self.tree)}')
        screen.do(self.part(name, title, 'click'), 'click')

    def hears(self, words, title=WINDOW):
        wait_until(lambda: self.part(words, title) is not None, lambda: f'it says “{words}”: {screen.names(self.tree)}')

    def dialog(self, heading):
        """The title of the window of that question. GTK 4.8 gives it none."""
        def find():
            for i in range(self.tree.get_child_count()):
                window = self.tree.get_child_at_index(i)
                if window is not None and window.get_name() != WINDOW and screen.find(window, heading) is not None:
                    return window
            return None

        wait_until(lambda: find() is not None, lambda: f'it asks “{heading}”: {screen.names(self.tree)}')
        return find()

    def answer(self, heading, text, button):
        dialog = self.dialog(heading)
        if text is not None:
            entry = next(node for node in screen.walk(dialog) if 'EditableText' in node.get_interfaces())
            assert screen.Atspi.EditableText.set_text_contents(entry, text), 'the entry takes no text'

        def can():
            # GTK 4.8 says where the mnemonic is, GTK 4.18 does not.
            return next((node for node in screen.walk(dialog) if screen.words(node).replace('_', '').startswith(button)
                         and 'click' in screen.actions(node) and screen.is_sensitive(node)), None)

        wait_until(lambda: can() is not None, lambda: f'“{button}” can be clicked: {screen.names(dialog)}')
        screen.do(can(), 'click')

    def search(self, words):
        def typed():
            try:
                screen.type_into(screen.window(self.tree, WINDOW), 'Search', words)
                return True
            except (AssertionError, TypeError):
                # What changes just now may have no answer.
                return False

        wait_until(typed, f'“{words}” can be searched for')

    def select_all(self):
        wait_until(self.try_to_select_all, 'all can be selected')

    def try_to_select_all(self):
        window = screen.window(self.tree, WINDOW)
        for node in screen.walk(window) if window is not None else ():
            try:
                if 'list.select-all' in screen.actions(node):
                    screen.do(node, 'list.select-all')
                    return True
            except (TypeError, screen.GLib.Error):
                continue
        return False

    def submit_one(self, method, url, body):
        client = self.client()
        status, answer = client.call('POST', '/_sync/v1/requests',
                                     {'method': method, 'url': url, 'body': body, 'key': str(uuid.uuid4())})
        client.close()
        assert status == 202, answer
        return answer['id']

    def wait_for(self, row, state):
        self.wait(lambda _: self.requests()[row]['status'] == state, f'{row} is {state}')


def sale_of(customer):
    return {'doctype': 'Sales Invoice', 'customer': customer, 'company': 'Test Co', 'is_pos': 1, 'pos_profile': 'Main POS',
            'update_stock': 1, 'items': [{'item_code': 'ITEM-001', 'qty': 1, 'rate': 10}],
            'payments': [{'mode_of_payment': 'Cash', 'amount': 10}]}


def test_refused_is_edited():
    with Till() as till:
        till.start_shop()
        till.start()
        row = till.submit_one('POST', '/api/resource/Sales%20Invoice', sale_of('Nobody'))
        till.wait_for(row, 'failed')
        till.click('Queue')
        till.click('List what needs you')
        till.hears('1 entry')
        till.select_all()
        till.hears('Refused')
        till.click('Edit and send again')
        dialog = 'Edit and send again'
        wait_until(lambda: till.part('What is sent', dialog) is not None, 'the editor is there')
        view = next(node for node in screen.walk(screen.window(till.tree, dialog)) if 'EditableText' in node.get_interfaces())
        text = screen.Atspi.Text.get_text(view, 0, -1)
        assert '"customer": "Nobody"' in text, text
        screen.Atspi.EditableText.set_text_contents(view, text.replace('Nobody', 'Walk In'))
        till.click('Send it as it stands here', dialog)
        till.wait_for(row, 'completed')
        till.hears('Nothing needs you')


def test_unsure_is_confirmed():
    with Till() as till:
        till.start_shop()
        # The server has no key for it.
        till.practice('PUT', 'faults', {'kind': 'reset-after', 'method': 'POST', 'path': '/api/resource/Note'})
        till.start()
        row = till.submit_one('POST', '/api/resource/Note', {'title': 'perhaps'})
        till.wait(lambda status: status['needPerson'] == 1, 'only a person can decide')
        till.click('Queue')
        till.click('List what needs you')
        till.hears('1 entry')
        till.select_all()
        till.click('It arrived')
        till.answer('Did it arrive?', None, 'It arrived')
        till.wait_for(row, 'completed')


def test_given_up_and_restored():
    with Till() as till:
        till.start_shop()
        till.practice('PUT', 'faults', {'kind': 'answer', 'answer': 'unavailable', 'retry_after_s': 1, 'path': '/api/resource/*'})
        till.start()
        client = till.client()
        for i in range(5):
            till.offer(client, note(f'number {i}'))
        client.close()
        till.click('Queue')
        till.hears('5 entries')
        till.search('number 3')
        till.hears('1 entry')
        till.search('')
        till.hears('5 entries')
        till.select_all()
        till.hears('5 selected')
        till.click('Give up')
        till.answer('Give up 5 entries?', 'rung up twice', 'Give up')
        till.wait(lambda status: status['queueStats']['discarded'] == 5, 'all are given up')
        till.hears('Nothing is left to deliver')
        till.practice('DELETE', 'faults')
        till.click('List what was given up')
        till.hears('5 entries')
        till.select_all()
        till.click('Restore')
        till.wait(lambda status: status['queueStats']['completed'] == 5, 'all are delivered')


def test_hundred_thousand():
    with Till() as till:
        till.start_shop()
        till.env['ERPNEXT_BASE_URL'] = 'http://127.0.0.1:9'
        subprocess.run([FILL, till.data, till.env['ERPNEXT_BASE_URL'], '100000'], env=till.env, check=True)
        till.start()
        till.click('Queue')
        till.hears('100000 entries')
        till.search('77777')
        till.hears('77777')
        till.search('')
        till.hears('100000 entries')
        till.select_all()
        till.hears('100000 selected; at most 1000 at once')


if __name__ == '__main__':
    with Notifications():
        tap(test_refused_is_edited, test_unsure_is_confirmed, test_given_up_and_restored, test_hundred_thousand)
