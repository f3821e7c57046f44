# SPDX-License-Identifier: GPL-3.0-or-later
"""A thousand requests by eight clients at once: 64 documents with 14 changes each, and sales and drafts under keys of
their own; as they come, with the program killed and started again in the middle, and with the line cut until all of them
wait. The shop's ledger, which numbers every committed write, has each of them exactly once and the changes of each
document in order."""

import harness
import oracle

CLIENTS = 8
LANES = 64
CHANGES = 14
CREATES = 104
# So that what a kill left in doubt is settled soon.
QUICK = {'SETTLE_TIME': 300, 'BASE_RETRY_DELAY': 50, 'MAX_RETRY_DELAY': 500}


class Client:
    """What one client does: its documents' changes in order, shuffled with its sales."""

    def __init__(self, rng, lanes):
        self.writes = []
        turns = [lane for lane in lanes for _ in range(CHANGES)] + [None] * (CREATES // CLIENTS)
        rng.shuffle(turns)
        next_value = dict.fromkeys((name for name, _ in lanes), 1)
        for turn in turns:
            if turn is None:
                self.writes.append(rng.choice([harness.sale, harness.draft])())
            else:
                name, modified = turn
                self.writes.append(harness.change(name, f'{name} {next_value[name]}', modified))
                next_value[name] += 1


def make_clients(profile, rng):
    """The documents are there before; every second lane gives what it read as the base of all its changes."""
    notes = [profile.create({'doctype': 'Note', 'title': f'lane {i}', 'content': '0'}) for i in range(LANES)]
    lanes = [(note['name'], note['modified'] if i % 2 else None) for i, note in enumerate(notes)]
    return [Client(rng, lanes[i::CLIENTS]) for i in range(CLIENTS)]


def run(profile, kill=(), offline=False):
    rng = harness.make_random()
    profile.start_shop()
    profile.start()
    clients = make_clients(profile, rng)

    if offline:
        profile.client().call('POST', '/_sync/v1/offline', {'on': True})

    def work(client):
        connection = profile.client()
        for write in client.writes:
            connection = profile.submit(connection, write)
        connection.close()

    threads, failures = harness.in_threads(work, clients)
    if offline:
        harness.join(threads, failures)
        assert profile.status()['queueStats']['pending'] == 1000
        profile.client().call('POST', '/_sync/v1/offline', {'on': False})
    for share in kill:
        profile.wait(lambda s, n=share: failures or s['queueStats']['completed'] >= n, f'{share} delivered')
        profile.program.kill()
        profile.start()
    harness.join(threads, failures)
    writes = [write for client in clients for write in client.writes]
    assert len({write.row for write in writes}) == len(writes) == 1000
    profile.wait(lambda s: s['queueStats']['completed'] == len(writes), 'all delivered')
    status = profile.status()
    assert status['queueStats']['total'] == len(writes) and status['state'] == 'idle', status
    sums = oracle.check_end(profile, writes, 'ledger')
    assert sums['on the server once'] == len(writes), sums


def test_thousand():
    with harness.Profile() as profile:
        run(profile)


def test_thousand_killed():
    with harness.Profile(**QUICK) as profile:
        run(profile, [200, 500])


def test_thousand_after_an_outage():
    with harness.Profile(**QUICK) as profile:
        run(profile, [300, 600], offline=True)


harness.tap(test_thousand, test_thousand_killed, test_thousand_after_an_outage)
