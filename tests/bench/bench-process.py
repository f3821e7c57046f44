#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The headless program as a process: resident memory empty and with 100,000 rows, and what it does in 60 idle seconds.

Usage: bench-process.py PROGRAM FILL
"""
import os
import signal
import subprocess
import sys
import tempfile
import time

SITE = "http://127.0.0.1:9"


def start(program, directory):
    environment = dict(os.environ, ERPNEXT_BASE_URL=SITE, GATEWAY_PORT="0", POSAWESOME_SYNC_DATA_DIR=directory,
                       DBUS_SESSION_BUS_ADDRESS="disabled:", GSETTINGS_BACKEND="memory")
    process = subprocess.Popen([program, "--headless"], env=environment, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, text=True)
    line = process.stdout.readline()
    if not line.startswith("ready "):
        sys.exit("the program did not start: " + line)
    return process


def status_field(path, field):
    with open(path, encoding="ascii") as status:
        for line in status:
            if line.startswith(field + ":"):
                return int(line.split()[1])
    return 0


def resident_mb(process):
    return status_field(f"/proc/{process.pid}/status", "VmRSS") / 1024


def activity(process):
    """(times that any of its threads was put on a processor after it had slept, processor time in ms)"""
    switches = 0
    for thread in os.listdir(f"/proc/{process.pid}/task"):
        switches += status_field(f"/proc/{process.pid}/task/{thread}/status", "voluntary_ctxt_switches")
    with open(f"/proc/{process.pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return switches, (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def stop(process):
    process.send_signal(signal.SIGTERM)
    process.wait()


def report(what, unit, value, goal):
    print(f"{what:<58} {value:12.3f} {unit:<9}   goal {goal}", flush=True)


def main():
    program, fill = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="sync-bench-") as directory:
        process = start(program, directory)
        report("resident memory, headless, empty queue", "MB", resident_mb(process), "20")
        before = activity(process)
        time.sleep(60)
        after = activity(process)
        report("wake-ups in 60 idle seconds, all threads", "", after[0] - before[0], "0")
        report("processor time in 60 idle seconds", "ms", after[1] - before[1], "0")
        stop(process)
    with tempfile.TemporaryDirectory(prefix="sync-bench-") as directory:
        process = start(program, directory)
        empty = resident_mb(process)
        stop(process)
        subprocess.run([fill, directory, SITE, "100000"], check=True)
        begin = time.monotonic()
        process = start(program, directory)
        report("start until ready with 100,000 rows", "s", time.monotonic() - begin, "-")
        report("resident memory, headless, 100,000 rows, above empty", "MB", resident_mb(process) - empty, "15")
        stop(process)


main()
