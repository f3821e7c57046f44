# SPDX-License-Identifier: GPL-3.0-or-later
"""Deliberate faults, one at a time, and what sees them: the simulator, or a test that is named. Prints the list.

    test-mutants.py SIM TEST_DIRECTORY PROGRAM    TAP; the first two with the faults in them, the last without"""

import os
import re
import subprocess
import sys

SIM, TESTS, PROGRAM = sys.argv[1:]
# Seeds of the simulator that a fault may take to be seen, and seconds that it may cost.
SEEDS = 600
SECONDS = 100

# Name, what it does, and the test that sees it; None: the simulator.
MUTANTS = [
    ('synchronous-normal', 'commits are not flushed to the disk', None),
    ('signal-before-commit', 'a write is acknowledged before its commit', None),
    ('attempt-after-sending', 'a request leaves before its claim is on disk', None),
    ('sending-to-pending', 'what a kill interrupted is sent again', None),
    ('status-only', 'an answer is judged by its status', None),
    ('html-as-success', 'a page with status 200 counts as delivery', None),
    ('draft-as-submitted', 'a draft counts as submitted', None),
    ('any-document-as-proof', 'an answer about another document counts as proof', None),
    ('any-document-as-found', 'a look takes any document that it is shown', None),
    ('outage-as-retry', 'an outage uses up the tries of a request', None),
    ('clear-old-undelivered', 'clearing up deletes what is not delivered', None),
    ('due-as-text', 'due times are compared as text', None),
    ('placeholder-outside-transaction', 'ids are rewritten after the delivery was committed',
     'mutant-test-store-placeholders'),
    ('breaker-stays-open', 'the breaker never half-opens', None),
    ('modified-not-passed', 'the next row of a lane does not learn the new version', None),
    ('version-of-another', 'it learns a version that somebody else made', 'mutant-test-confirmed'),
    ('dependency-ignored', 'a row does not wait for the one that it depends on', None),
    ('no-settle-time', 'absence is believed at once', None),
    ('look-instead-of-resend', 'a keyed write is looked for instead of sent again', 'mutant-test-settle'),
    ('hook-without-end', 'a hook may have the same refused again and again', None),
    ('taken-as-found', 'a document whose name was taken counts as delivered', None),
    ('dedup-by-content', 'two equal sales are taken for one', 'mutant-test-store-queue'),
]


def run(argv, mutant):
    env = dict(os.environ, SYNC_MUTANT=mutant)
    done = subprocess.run(argv, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors='replace',
                          timeout=600, check=False)
    return done.returncode, done.stdout + done.stderr


def by_simulator(mutant):
    """What it saw, or None."""
    status, output = run([SIM, '--seed', '1', '--runs', str(SEEDS), '--seconds', str(SECONDS)], mutant)
    words = re.search(r'^(?:VIOLATION: |.*ERROR:|.*-ERROR \*\*: )(.*)', output, re.M)
    seed = re.search(r'--seed (\d+)', output)
    # Ended in some other way: that is no finding.
    if status == 0 or not words:
        return None
    return f'the simulator, seed {seed.group(1) if seed else "?"}: {words.group(1)}'


def by_test(mutant, test):
    program = os.path.join(TESTS, test)
    status, output = run([program], '')
    assert status == 0, f'{test} fails without any fault:\n{output[-2000:]}'
    status, output = run([program, '-k'], mutant)
    failed = re.findall(r'^not ok \d+ (\S+)', output, re.M)
    if status == 0:
        return None
    return ', '.join(failed) if failed else f'{test} ended'


def check_absent():
    """The program itself has none of them."""
    with open(PROGRAM, 'rb') as file:
        program = file.read()
    with open(SIM, 'rb') as file:
        simulator = file.read()
    for name, _, _ in MUTANTS:
        assert name.encode() in simulator, f'{name} is not in the build that is to have it'
        assert name.encode() not in program, f'{name} is in the program'
    assert b'SYNC_MUTANT' not in program


def check_unharmed():
    """Without any fault the same seeds show nothing."""
    status, output = run([SIM, '--seed', '1', '--runs', '40', '--seconds', str(SECONDS)], '')
    assert status == 0, output[-2000:]


def main():
    print(f'1..{len(MUTANTS) + 1}', flush=True)
    failed = False
    check_unharmed()
    for number, (name, words, test) in enumerate(MUTANTS, 1):
        seen = by_test(name, test) if test else by_simulator(name)
        failed = failed or seen is None
        print(f'{"ok" if seen else "not ok"} {number} {name}')
        print(f'# {words}: {"seen by " + seen if seen else "NOT SEEN"}'[:240], flush=True)
    check_absent()
    print(f'ok {len(MUTANTS) + 1} none of them is in the program', flush=True)
    sys.exit(1 if failed else 0)


main()
