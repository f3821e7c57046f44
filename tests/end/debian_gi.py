# SPDX-License-Identifier: GPL-3.0-or-later
"""GLib and GIO for Python, which belong to Debian's own python3. To be imported before anything else."""

import os
import sys

SYSTEM_PYTHON = '/usr/bin/python3'

# Only the programs that are tested end with a warning.
fatal = os.environ.pop('G_DEBUG', None)
try:
    from gi.repository import Gio, GLib
except ImportError:
    Gio = GLib = None
if fatal is not None:
    os.environ['G_DEBUG'] = fatal
if Gio is None:
    if os.path.realpath(sys.executable) != os.path.realpath(SYSTEM_PYTHON) and os.path.exists(SYSTEM_PYTHON):
        os.execv(SYSTEM_PYTHON, [SYSTEM_PYTHON, *sys.argv])
    print('1..0 # SKIP there is no python3-gi')
    sys.exit(0)
