#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs a command on a virtual display with a session bus of its own, on which the accessibility bus can be started. Exit
# status 77 (skipped) where a tool is missing.
set -eu

command -v dbus-run-session > /dev/null 2>&1 || {
  echo '1..0 # SKIP there is no dbus-run-session'
  exit 77
}
# What the bus starts talks, too, and not in TAP.
exec 3>&1 1>&2
# shellcheck disable=SC2016 # expanded inside
exec sh "$(dirname "$0")/with-display.sh" dbus-run-session -- sh -c 'exec "$@" >&3 3>&-' sh "$@"
