#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs a command on a virtual display of its own, 1280x800; exit status 77 (skipped) where there is no Xvfb.
# It has no session bus either, so that nothing of the user's session is reached.
set -eu

command -v Xvfb > /dev/null 2>&1 || {
  echo '1..0 # SKIP there is no Xvfb'
  exit 77
}

work=$(mktemp -d)
server=
clean () {
  [ -z "$server" ] || kill "$server" 2> /dev/null || true
  [ -z "$server" ] || wait "$server" 2> /dev/null || true
  rm -rf "$work"
}
trap clean EXIT
trap 'exit 143' INT TERM

# Xvfb picks a free number and says it once it accepts clients. Without -noreset it would begin anew when its last client
# leaves, and turn away who comes just then.
mkfifo "$work/number"
Xvfb -displayfd 5 -screen 0 1280x800x24 -noreset -nolisten tcp 5> "$work/number" 2> "$work/log" &
server=$!
read -r number < "$work/number" || {
  cat "$work/log" >&2
  exit 1
}

mkdir -m 700 "$work/home" "$work/run"
unset WAYLAND_DISPLAY
# Not unset: with a display GIO would start a bus.
export DBUS_SESSION_BUS_ADDRESS=disabled:
export DISPLAY=":$number" GDK_BACKEND=x11 GSK_RENDERER=cairo GTK_A11Y="${GTK_A11Y:-none}"
# Mesa's drivers are loaded for nothing, and on some processors they leak. Up to GTK 4.14, and since.
export GDK_DEBUG=gl-disable GDK_DISABLE=gl
export HOME="$work/home" XDG_RUNTIME_DIR="$work/run" XDG_CONFIG_HOME="$work/home/config" \
  XDG_DATA_HOME="$work/home/share" XDG_CACHE_HOME="$work/home/cache" XDG_STATE_HOME="$work/home/state"
status=0
"$@" || status=$?
exit "$status"
