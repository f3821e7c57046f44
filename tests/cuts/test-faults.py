# SPDX-License-Identifier: GPL-3.0-or-later
"""Many requests by the real programs, half of them met by a fault of the server or the line, each kind by one in
twenty; the server away for a while in the middle, and the program killed five times. Then the ledger: everything that
was accepted is on the server exactly once, or waits for a person who is told why; nothing is lost, doubled, or called
completed without being there. At last a person decides what waits, and everything is there.

SYNC_FAULTS is the number of requests (200 else), SYNC_SEED repeats the draw of requests, faults and kills; what is in
flight at a kill is left to the machine."""

import json
import os
import threading
import uuid

import harness
import oracle

REQUESTS = int(os.environ.get('SYNC_FAULTS', '200'))
KILLS = 5
CLIENTS = 4
LANES = REQUESTS // 15
AWAY_MS = 10000 if REQUESTS >= 2000 else 3000
# So many requests may wait, some of them for a person, before the clients pause: kills and outages shall meet
# deliveries too.
BACKLOG = 40 + REQUESTS // 20
# Instead of minutes; a stalled write is given up after one second.
SETTINGS = {'BASE_RETRY_DELAY': 50, 'MAX_RETRY_DELAY': 500, 'SETTLE_TIME': 1500, 'REQUEST_TIMEOUT': 1000,
            'WRITE_TIMEOUT': 1000, 'PROCESSING_INTERVAL': 500}
FAULTS = {
    '409': {'kind': 'answer', 'answer': 'duplicate'},
    '417 stale': {'kind': 'answer', 'answer': 'stale'},
    '500 deadlock': {'kind': 'answer', 'answer': 'deadlock'},
    '500 page': {'kind': 'answer', 'answer': 'internal-error'},
    '502': {'kind': 'answer', 'answer': 'bad-gateway'},
    '503 Retry-After': {'kind': 'answer', 'answer': 'unavailable', 'retry_after_s': 1},
    '504 after commit': {'kind': 'answer-after', 'answer': 'gateway-timeout'},
    'reset before': {'kind': 'reset-before'},
    'reset after commit': {'kind': 'reset-after'},
    'stall': {'kind': 'stall'},
}
# Of a hundred requests.
MIX = {'outbox': 25, 'submit': 10, 'draft': 15, 'two-step': 15, 'change': 23, 'note': 5, 'delete': 5, 'overtaken': 1, 'taken': 1}
POSA = '/api/method/posawesome.posawesome.api.'


def fault_for(write, spec, rng):
    """The fault that meets this request, once."""
    spec = dict(spec, count=1)
    if spec['kind'] == 'stall':
        spec['kind'] = rng.choice(['stall', 'stall-after'])
    if write.kind == 'delete':
        return dict(spec, method='DELETE', path=f'/api/resource/Customer/{write.document}')
    if write.kind == 'two-step' and rng.random() < 0.5:
        # Its second step, whose body does not have the key: whichever PUT of an invoice comes then.
        return dict(spec, method='PUT', path='/api/resource/Sales Invoice/*', skip=rng.randrange(REQUESTS // 20))
    return dict(spec, contains=write.mark)


def invoice(key, **more):
    return {'doctype': 'Sales Invoice', 'customer': 'Walk In', 'company': 'Test Co', 'pos_profile': 'Main POS', 'is_pos': 1,
            'posa_client_request_id': key, 'items': [{'item_code': 'SRV-001', 'qty': 1, 'rate': 15}],
            'payments': [{'mode_of_payment': 'Cash', 'amount': 15}], **more}


class Plan:
    """All requests in the order of handing over, made from the seed."""

    def __init__(self, profile, rng):
        self.profile = profile
        self.rng = rng
        kinds = [kind for kind, share in MIX.items() for _ in range(share * REQUESTS // 100)]
        rng.shuffle(kinds)
        self.lanes = [profile.create({'doctype': 'Note', 'title': f'lane {i}', 'content': 'none'}) for i in range(LANES)]
        self.numbers = [0] * LANES
        self.writes = [self.make(kind, number) for number, kind in enumerate(kinds)]
        self.faults = self.draw_faults()

    def key(self):
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def make(self, kind, number):
        key = self.key()
        request = {'method': 'POST', 'key': key}
        if kind == 'outbox':
            request['url'] = POSA + 'offline_sync.invoices.submit_invoice_outbox_entry'
            request['body'] = {'client_request_id': key, 'invoice': json.dumps(invoice(key)), 'data': '{}'}
        elif kind == 'submit':
            request['url'] = POSA + 'invoices.submit_invoice'
            request['body'] = {'invoice': json.dumps(invoice(key)), 'data': '{}'}
        elif kind in ('draft', 'two-step'):
            request['url'] = '/api/resource/Sales%20Invoice'
            request['body'] = invoice(key, **({'docstatus': 1} if kind == 'two-step' else {}))
        elif kind == 'note':
            key = f'[note {number}]'
            request.update(url='/api/resource/Note', body={'title': key})
        elif kind == 'taken':
            key = f'[taken {number}]'
            request.update(url='/api/resource/Item', body={'item_code': 'ITEM-001', 'item_group': 'Products',
                                                           'stock_uom': 'Nos', 'item_name': key})
        else:
            return self.make_change(kind, number, request)
        return harness.Write(kind, key, request)

    def make_change(self, kind, number, request):
        mark = f'[{kind} {number}]'
        if kind == 'delete':
            document = self.profile.create({'doctype': 'Customer', 'customer_name': f'gone {number}'})
            request.update(method='DELETE', url=f'/api/resource/Customer/gone%20{number}')
            return harness.Write(kind, document['name'], request, document['name'])
        if kind == 'overtaken':
            document = self.profile.create({'doctype': 'Note', 'title': f'overtaken {number}', 'content': 'none'})
            path = f'/api/resource/Note/{document["name"]}'
            assert self.profile.user_client.call('PUT', path, {'content': 'of somebody else'})[0] == 200
        else:
            lane = self.rng.randrange(LANES)
            document = self.lanes[lane]
            self.numbers[lane] += 1
        # Every change carries the version that the till had read, also behind another change of its own.
        request.update(method='PUT', url=f'/api/resource/Note/{document["name"]}',
                       body={'content': mark, 'modified': document['modified']})
        return harness.Write(kind, mark, request, document['name'])

    def draw_faults(self):
        """Each kind meets one request in twenty."""
        victims = [write for write in self.writes if write.kind not in ('overtaken', 'taken')]
        victims = self.rng.sample(victims, len(FAULTS) * REQUESTS // 20)
        faults = []
        for i, spec in enumerate(FAULTS.values()):
            faults += [fault_for(write, spec, self.rng) for write in victims[i::len(FAULTS)]]
        # The looks that find out what became of the others meet the like.
        faults += [{'kind': kind, 'method': 'GET', 'path': '/api/resource/*', 'count': 1,
                    'skip': self.rng.randrange(max(REQUESTS // 10, 1))}
                   for kind in ('reset-before', 'reset-after', 'stall') for _ in range(REQUESTS // 100)]
        return faults


def hand_over(profile, writes):
    connection, pause = profile.client(), threading.Event()
    for write in writes:
        connection = profile.submit(connection, write)
        while True:
            try:
                if connection.call('GET', '/_sync/v1/status')[1]['queueStats']['pending'] <= BACKLOG:
                    break
            except harness.Lost:
                break
            pause.wait(0.1)
    connection.close()


def audit(profile, writes, title):
    return oracle.audit(profile.requests(), writes, oracle.read_ledger(profile), title)


def decide(profile, writes):
    """A person looks at the shop for each row that waits, and says what is to be done."""
    rows, (counts, _) = profile.requests(), oracle.read_ledger(profile)
    client = profile.client()
    for write in sorted(writes, key=lambda w: w.row):
        row = rows[write.row]
        if not oracle.waits_for_person(row):
            continue
        path = f'/_sync/v1/requests/{write.row}'
        if write.kind in oracle.HOPELESS:
            status, answer = client.call('POST', f'{path}/discard', {'reason': 'somebody else was first'})
        elif row['status'] == 'unknown':
            status, answer = client.call('POST', f'{path}/confirm', {'arrived': write.effects(counts) > 0})
        else:
            status, answer = client.call('POST', f'{path}/retry', {})
        assert status == 200, (row, status, answer)
    client.close()


def disturb(profile, rng, failures):
    """Kills, and the outage, at shares of the work drawn by chance."""
    events = sorted(rng.sample(range(REQUESTS // 20, REQUESTS * 7 // 10), KILLS + 1))
    outage = rng.randrange(KILLS + 1)
    for i, share in enumerate(events):
        profile.wait(lambda s, n=share: failures or s['queueStats']['completed'] >= n, f'{share} delivered')
        if i == outage:
            profile.practice('POST', 'line', {'up': False, 'for_ms': AWAY_MS})
        else:
            profile.program.kill()
            profile.start()


def test_requests_under_faults():
    rng = harness.make_random()
    # Each 503 stops everything for a second or two.
    harness.DEADLINE = max(harness.DEADLINE, REQUESTS)
    with harness.Profile(**SETTINGS) as profile:
        profile.start_shop()
        plan = Plan(profile, rng)
        profile.practice('PUT', 'faults', plan.faults)
        profile.start()
        parts = [[write for write in plan.writes if hash_lane(write) % CLIENTS == i] for i in range(CLIENTS)]
        threads, failures = harness.in_threads(lambda part: hand_over(profile, part), parts)
        disturb(profile, rng, failures)
        harness.join(threads, failures)
        oracle.wait_settled(profile, plan.writes)
        hits = sum(fault['hits'] for fault in profile.practice('GET', 'faults')['faults'])
        print(f'# {len(plan.faults)} faults, {hits} met somebody; {KILLS} kills; away for {AWAY_MS} ms', flush=True)
        audit(profile, plan.writes, 'ledger')
        profile.practice('DELETE', 'faults')
        for _ in range(REQUESTS):
            decide(profile, plan.writes)
            oracle.wait_settled(profile, plan.writes)
            if not any(oracle.waits_for_person(row) for row in profile.requests().values()):
                break
        sums = oracle.check_end(profile, plan.writes, 'after a person decided')
        assert sums['on the server once'] + sums['given up'] == len(plan.writes), sums


def hash_lane(write):
    """The changes of one document are handed over by one client, in order."""
    return sum(map(ord, write.document or write.mark))


harness.tap(test_requests_under_faults, suite='cuts')
