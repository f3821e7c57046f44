# SPDX-License-Identifier: GPL-3.0-or-later
"""Fourteen conflicts between a till that was off line, a second till and the desk: twelve end without a person, by field,
by who was last, by the shop's hook or by what was found; two are decided in the dialog, through the accessibility tree.
In the end every document is compared, field by field."""

import json
import os
import re
import time
import uuid

import screen
from desktop import PROGRAM, Desktop, Notifications
from harness import Client, Profile, path_of, tap, wait_until

HOOKS = {
    # The office's word counts in its own lists.
    'ToDo': """
merged = {'description': conflict['local']['description'] + ' / ' + conflict['server']['description']}
answer = {'resolution': 'manual', 'document': merged, 'reason': 'both jobs are to be done'}
""",
    # What is booked stays booked; what is not on the shelf is not sold.
    'Sales Invoice': """
if conflict['type'] in ('submitted', 'cancelled'):
    answer = {'resolution': 'server_wins', 'reason': 'it is booked'}
elif conflict['type'] == 'rule' and conflict['local']['items'][0]['qty'] > 100:
    document = conflict['local']
    document['items'][0]['qty'] = 1
    answer = {'resolution': 'manual', 'document': document, 'reason': conflict['message']}
else:
    answer = {'resolution': 'pass'}
""",
}


def write_hooks(folder):
    directory = os.path.join(folder, 'config-home', 'posawesome-sync', 'hooks')
    os.makedirs(directory, mode=0o700)
    for name, body in HOOKS.items():
        path = os.path.join(directory, name)
        with open(path, 'w', encoding='ascii') as file:
            file.write(f'#!{screen.SYSTEM_PYTHON}\nimport json, sys\nconflict = json.load(sys.stdin)\n{body}'
                       'json.dump(answer, sys.stdout)\n')
        os.chmod(path, 0o700)


class Story:
    """The documents that two tills and the desk change, and what each of them should be in the end."""

    def __init__(self, till, other):
        self.till, self.other = till, other
        self.desk = till.user_client
        self.expected = []
        self.ids = {}

    def read(self, doctype, name):
        status, answer = self.desk.call('GET', path_of(doctype, name))
        assert status == 200, answer
        return answer['data']

    def edit(self, doctype, name, fields):
        """Somebody at the desk."""
        status, answer = self.desk.call('PUT', path_of(doctype, name), fields)
        assert status == 200, answer

    def offer(self, till, method, path, body=None, base=None, key=None):
        client = till.client()
        request = {'method': method, 'url': path, 'key': key or str(uuid.uuid4())}
        if body is not None:
            request['body'] = body
        if base is not None:
            request['base'] = base
        status, answer = client.call('POST', '/_sync/v1/requests', request)
        client.close()
        assert status == 202, answer
        return answer['id']

    def second_till(self, method, path, body):
        """Its line is up: it is on the server when this returns."""
        self.offer(self.other, method, path, body)
        self.other.wait(lambda status: status['queueStats']['total'] == status['queueStats']['completed'],
                        'the second till is done')

    def change(self, title, doctype, base, fields):
        """The till changes what it had read."""
        self.ids[title] = self.offer(self.till, 'PUT', path_of(doctype, base['name']), {**fields, 'modified': base['modified']},
                                     base)

    def expect(self, doctype, name, changes, base=None):
        """In the end it is what it was before but for these fields; changes None: it is not there."""
        self.expected.append((doctype, name, changes, base))

    def later(self):
        """Until nobody can doubt, by the server's clock, which of two writes was the later one."""
        def now():
            connection = Client(self.till.base_url)
            connection.headers = self.desk.headers
            connection.call('GET', '/api/method/ping')
            connection.close()
            return time.time()

        begun = now()
        wait_until(lambda: now() > begun + 2, 'the clock goes on')


def make_documents(story):
    """What both tills have read in the morning."""
    base = {}
    for name in ('Fields', 'Both', 'Gone', 'Old name'):
        story.till.create({'doctype': 'Customer', 'customer_name': name, 'mobile_no': '1', 'website': 'http://before'})
        base[name] = story.read('Customer', name)
    for code in ('LATER-HERE', 'LATER-THERE'):
        story.till.create({'doctype': 'Item', 'item_code': code, 'item_group': 'Products', 'description': 'before'})
        base[code] = story.read('Item', code)
    for title, doctype, fields in (
            ('lines', 'Note', {'title': 'List', 'content': 'milk\nbread\ntea'}),
            ('delete', 'Note', {'title': 'Old', 'content': 'before'}),
            ('hook', 'ToDo', {'description': 'before'})):
        base[title] = story.read(doctype, story.till.create({'doctype': doctype, **fields})['name'])
    for title in ('rows', 'submitted', 'cancelled'):
        draft = story.till.create({'doctype': 'Sales Invoice', 'customer': 'Walk In', 'company': 'Test Co', 'is_pos': 1,
                                   'pos_profile': 'Main POS', 'update_stock': 1, 'remarks': 'before',
                                   'payments': [{'mode_of_payment': 'Cash', 'amount': 30}],
                                   'items': [{'item_code': 'ITEM-001', 'qty': 1, 'rate': 10},
                                             {'item_code': 'ITEM-002', 'qty': 1, 'rate': 20}]})
        base[title] = story.read('Sales Invoice', draft['name'])
    return base


def row_with(document, place, qty):
    """All rows, complete, as the point of sale sends them."""
    rows = json.loads(json.dumps(document['items']))
    rows[place]['qty'] = qty
    return rows


def before_the_till(story, base):
    story.edit('Item', 'LATER-HERE', {'item_name': 'desk'})
    story.second_till('PUT', path_of('Note', base['delete']['name']), {'content': 'second till'})


def at_the_till(story, base):
    """Fourteen writes, while the line is down."""
    story.change('fields', 'Customer', base['Fields'], {'mobile_no': '2'})
    story.change('both', 'Customer', base['Both'], {'mobile_no': '2', 'website': 'http://till'})
    story.change('gone', 'Customer', base['Gone'], {'mobile_no': '2'})
    story.change('renamed', 'Customer', base['Old name'], {'mobile_no': '2'})
    story.change('here', 'Item', base['LATER-HERE'], {'item_name': 'till'})
    story.change('there', 'Item', base['LATER-THERE'], {'item_name': 'till'})
    story.change('lines', 'Note', base['lines'], {'content': 'milk\nbread\ngreen tea'})
    story.change('hook', 'ToDo', base['hook'], {'description': 'till'})
    story.change('rows', 'Sales Invoice', base['rows'], {'items': row_with(base['rows'], 0, 3)})
    story.change('submitted', 'Sales Invoice', base['submitted'], {'remarks': 'till'})
    story.change('cancelled', 'Sales Invoice', base['cancelled'], {'remarks': 'till'})
    story.ids['delete'] = story.offer(story.till, 'DELETE', path_of('Note', base['delete']['name']), None, base['delete'])
    story.ids['taken'] = story.offer(story.till, 'POST', path_of('Item'),
                                     {'item_code': 'NEW', 'item_group': 'Products', 'description': 'the same'}, key='new-item')
    story.ids['price'] = story.offer(story.till, 'POST', path_of('Item Price'),
                                     {'item_code': 'LOCAL-new-item', 'price_list': 'Standard Selling', 'price_list_rate': 7})
    sale = {'customer': 'Walk In', 'company': 'Test Co', 'is_pos': 1, 'pos_profile': 'Main POS', 'update_stock': 1, 'docstatus': 1,
            'items': [{'item_code': 'ITEM-002', 'qty': 9999999, 'rate': 20}],
            'payments': [{'mode_of_payment': 'Cash', 'amount': 20}]}
    story.ids['rule'] = story.offer(story.till, 'POST', path_of('Sales Invoice'), sale, key=str(uuid.uuid4()))


def after_the_till(story, base):
    story.edit('Customer', 'Fields', {'website': 'http://desk'})
    story.edit('Item', 'LATER-THERE', {'item_name': 'desk'})
    story.edit('ToDo', base['hook']['name'], {'description': 'desk'})
    story.edit('Sales Invoice', base['submitted']['name'], {'docstatus': 1})
    story.edit('Sales Invoice', base['cancelled']['name'], {'docstatus': 1})
    story.edit('Sales Invoice', base['cancelled']['name'], {'docstatus': 2})
    status, answer = story.desk.call('DELETE', path_of('Customer', 'Gone'))
    assert status == 202, answer
    status, answer = story.desk.call('POST', '/api/method/frappe.client.rename_doc',
                                     {'doctype': 'Customer', 'old_name': 'Old name', 'new_name': 'New name'})
    assert status == 200, answer
    story.second_till('PUT', path_of('Customer', 'Both'), {'mobile_no': '3', 'website': 'http://second'})
    story.second_till('PUT', path_of('Note', base['lines']['name']), {'content': 'oat milk\nbread\ntea'})
    story.second_till('PUT', path_of('Sales Invoice', base['rows']['name']),
                      {'modified': story.read('Sales Invoice', base['rows']['name'])['modified'],
                       'items': row_with(base['rows'], 1, 2)})
    story.second_till('POST', path_of('Item'), {'item_code': 'NEW', 'item_group': 'Products', 'description': 'the same'})


def expect_all(story, base):
    story.expect('Customer', 'Fields', {'mobile_no': '2', 'website': 'http://desk'}, base['Fields'])
    story.expect('Customer', 'Both', {'mobile_no': '2', 'website': 'http://second'}, base['Both'])
    story.expect('Customer', 'Gone', None)
    story.expect('Customer', 'Old name', None)
    story.expect('Customer', 'New name', {'name': 'New name', 'mobile_no': '2'}, base['Old name'])
    story.expect('Item', 'LATER-HERE', {'item_name': 'till'}, base['LATER-HERE'])
    story.expect('Item', 'LATER-THERE', {'item_name': 'desk'}, base['LATER-THERE'])
    story.expect('Item', 'NEW', {'item_code': 'NEW', 'description': 'the same'}, {'doctype': 'Item'})
    story.expect('Note', base['lines']['name'], {'content': 'oat milk\nbread\ngreen tea'}, base['lines'])
    story.expect('Note', base['delete']['name'], None)
    story.expect('ToDo', base['hook']['name'], {'description': 'till / desk'}, base['hook'])
    story.expect('Sales Invoice', base['rows']['name'], {'items': [3, 2], 'grand_total': 70}, base['rows'])
    story.expect('Sales Invoice', base['submitted']['name'], {'docstatus': 1}, base['submitted'])
    story.expect('Sales Invoice', base['cancelled']['name'], {'docstatus': 2}, base['cancelled'])


# What the server says of a document by itself: who touched it, and what it computes when rows change or it is booked.
COMPUTED = re.compile('modified|modified_by|idx|status|.*total.*|.*amount.*|.*rounding.*|in_words|base_.*|net_.*|payments|taxes'
                      '|payment_schedule|posting_time|set_posting_time|due_date|is_opening')


def simple(value):
    """Of the rows of a sale, how many of each."""
    return [row.get('qty') if isinstance(row, dict) else row for row in value] if isinstance(value, list) else value


def compare(story):
    wrong = []
    for doctype, name, changes, base in story.expected:
        status, answer = story.desk.call('GET', path_of(doctype, name))
        if changes is None:
            wrong += [f'{doctype} {name} is there'] if status != 404 else []
            continue
        assert status == 200, answer
        for field, before in {**base, **changes}.items():
            value = simple(answer['data'].get(field))
            if value != simple(before) and (field in changes or not COMPUTED.fullmatch(field)):
                wrong.append(f'{doctype} {name}: {field} is {value!r}, not {before!r}')
    assert not wrong, '\n'.join(wrong)


def decide(story):
    """Both that are left, in the dialog."""
    story.till.show_conflicts()
    wait_until(lambda: PROGRAM in screen.applications(), 'the program is in the accessibility tree')
    program = screen.applications()[PROGRAM]

    def do(title, name, action='click'):
        """With what has that name in the window of that title, once that is possible."""
        def there():
            window = screen.window(program, title)
            node = screen.find(window, name) if window is not None else None
            return node if node is not None and screen.is_sensitive(node) else None

        wait_until(there, lambda: f'“{name}” can be used in “{title}”; there is {screen.names(program)}')
        screen.do(there(), action)

    do('Conflict 1 of 2', 'Mobile phone', 'difference.take-local')
    do('Conflict 1 of 2', 'Website', 'difference.take-server')
    do('Conflict 1 of 2', 'Apply')
    do('Conflict 1 of 1', "Keep the server's")
    do('Conflict 1 of 1', 'Apply')


def settled(status):
    stats = status['queueStats']
    return stats['pending'] == stats['sending'] == stats['unknown'] == 0 and status['pendingConflicts'] == stats['conflict'] == 2


def check_history(story):
    """What each was called, and who ended it."""
    client = story.till.client()
    status, answer = client.call('GET', '/_sync/v1/conflicts?status=all&limit=100')
    assert status == 200, answer
    rows = story.till.requests()
    found = {}
    for title, row in story.ids.items():
        ends = [(conflict['type'], conflict['resolution'], conflict['resolvedBy'])
                for conflict in answer['conflicts'] if conflict['requestId'] == row]
        found[title] = (rows[row]['status'], ends)
    expected = {
        'fields': ('completed', [('edit_edit', 'local_wins', 'policy merge')]),
        'both': ('completed', [('edit_edit', 'merged', 'window')]),
        'gone': ('discarded', [('edit_delete', 'server_wins', 'window')]),
        'renamed': ('completed', [('renamed', 'local_wins', 'policy merge')]),
        'here': ('completed', [('edit_edit', 'local_wins', 'policy last-write-wins')]),
        'there': ('discarded', [('edit_edit', 'server_wins', 'policy last-write-wins')]),
        'lines': ('completed', [('edit_edit', 'merged', 'policy last-write-wins')]),
        'hook': ('completed', [('edit_edit', 'manual', 'hook ToDo')]),
        'rows': ('completed', [('edit_edit', 'merged', 'policy merge')]),
        'submitted': ('discarded', [('submitted', 'server_wins', 'hook Sales Invoice')]),
        'cancelled': ('discarded', [('cancelled', 'server_wins', 'hook Sales Invoice')]),
        'delete': ('completed', [('delete_edit', 'local_wins', 'policy last-write-wins')]),
        'taken': ('discarded', [('name_taken', 'server_wins', 'policy last-write-wins')]),
        'price': ('completed', []),
        # A refusal is no conflict of two versions: it is decided before a person sees it, and told in the audit.
        'rule': ('completed', []),
    }
    wrong = [f'{title}: {found[title]}, not {expected[title]}' for title in expected if found[title] != expected[title]]
    assert not wrong, '\n'.join(wrong)
    sale = story.desk.call('GET', path_of('Sales Invoice', rows[story.ids['rule']]['serverName']))[1]['data']
    assert (sale['docstatus'], simple(sale['items'])) == (1, [1]), sale
    status, answer = client.call('GET', f'/_sync/v1/requests/{story.ids["rule"]}')
    assert 'hooked' in [attempt['verdict'] for attempt in answer['attempts']], answer
    client.close()
    price = [price for price in story.desk.call('GET', path_of('Item Price') + '?fields=["item_code"]')[1]['data']
             if price['item_code'] == 'NEW']
    assert len(price) == 1, price
    return sum(len(ends) for _, ends in found.values()) + 1


def test_fourteen_conflicts():
    with Desktop() as till, Profile() as other:
        write_hooks(till.folder)
        till.start_shop()
        till.env['CONFLICT_POLICIES'] = 'Customer=merge,Sales Invoice=merge'
        other.env['ERPNEXT_BASE_URL'] = till.base_url
        till.start()
        other.start()
        story = Story(till, other)
        base = make_documents(story)
        client = till.client()
        assert client.call('POST', '/_sync/v1/check', {})[0] == 200
        assert client.call('POST', '/_sync/v1/offline', {'on': True})[0] == 200
        before_the_till(story, base)
        story.later()
        at_the_till(story, base)
        story.later()
        after_the_till(story, base)
        assert client.call('POST', '/_sync/v1/offline', {'on': False})[0] == 200
        till.wait(settled, 'twelve are settled, and two wait for a person')
        decide(story)
        till.wait(lambda status: status['pendingConflicts'] == 0 and status['safeToClose'], 'the two are settled')
        client.close()
        expect_all(story, base)
        compare(story)
        assert check_history(story) == 14
        assert till.program.end() == 0, till.program.outcome()
        assert other.program.end() == 0, other.program.outcome()


if __name__ == '__main__':
    with Notifications():
        tap(test_fourteen_conflicts)
