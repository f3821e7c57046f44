#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A second start with --conflict ends at once, and the instance that runs in the background shows the dialog; one with the
# number of a conflict that is not there says so, and fails:
# single-instance.sh PROGRAM, with a display. Exit status 77 (skipped) where a tool is missing.
set -eu

for tool in dbus-run-session xwininfo timeout; do
  command -v "$tool" > /dev/null 2>&1 || {
    echo "there is no $tool"
    exit 77
  }
done
if [ "${2:-}" != on-bus ]; then
  unset DBUS_SESSION_BUS_ADDRESS
  exec dbus-run-session -- sh "$0" "$1" on-bus
fi

# Up to ten seconds for a window of that title.
wait_for_window () {
  for _ in $(seq 100); do
    ! xwininfo -root -tree | grep -q "\"$1\":" || return 0
    sleep 0.1
  done
  echo "there is no window “$1”"
  return 1
}

# With a key there is nothing to notify of within the test: nobody shows notifications here.
export ERPNEXT_BASE_URL=http://127.0.0.1:9 ERPNEXT_API_TOKEN=key ERPNEXT_API_SECRET=secret
export GATEWAY_PORT=0 POSAWESOME_SYNC_DATA_DIR="$HOME/data"
"$1" --background &
first=$!
trap 'kill "$first" 2> /dev/null || true' EXIT
for _ in $(seq 100); do
  [ ! -e "$HOME/data/gateway-port" ] || break
  sleep 0.1
done
if xwininfo -root -tree | grep -q '"Conflicts":'; then
  echo "the dialog is there before anybody asked for it"
  exit 1
fi
timeout 20 "$1" --conflict 0
wait_for_window POSAwesome\ Sync
wait_for_window Conflicts
status=0
words=$(timeout 20 "$1" --conflict 77 2>&1) || status=$?
echo "$words"
[ "$status" = 1 ]
case $words in
  *"There is no open conflict 77."*) ;;
  *) exit 1 ;;
esac
kill "$first"
wait "$first"
trap - EXIT
