# SPDX-License-Identifier: GPL-3.0-or-later
"""The same seed tells the same story, byte for byte; another seed another one.

    test-same-trace.py SIM    TAP"""

import subprocess
import sys


def story(seed):
    done = subprocess.run([sys.argv[1], '--seed', str(seed), '--runs', '3', '--trace'], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, timeout=300, check=True)
    # The last line says how long it took.
    return done.stdout[:done.stdout.rstrip().rindex(b'\n')]


print('1..2')
first = story(1)
SAME = first == story(1) and len(first) > 10000
print('ok 1' if SAME else 'not ok 1', 'the same seed tells the same story')
OTHER = first != story(2)
print('ok 2' if OTHER else 'not ok 2', 'another seed tells another one')
sys.exit(0 if SAME and OTHER else 1)
