#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A wrong line in settings.ini is refused by name also where there is a display: bad-settings.sh PROGRAM, with a display and
# without a session bus.
set -eu

unset GSETTINGS_BACKEND
mkdir -p "$XDG_CONFIG_HOME/posawesome-sync"
echo '[Sync]
max-retries=often' > "$XDG_CONFIG_HOME/posawesome-sync/settings.ini"
export ERPNEXT_BASE_URL=http://127.0.0.1:9 GATEWAY_PORT=0 POSAWESOME_SYNC_DATA_DIR="$HOME/data"
status=0
words=$(timeout 20 "$1" --background 2>&1) || status=$?
echo "$words"
[ "$status" = 2 ]
case $words in
  *max-retries*often*) ;;
  *) exit 1 ;;
esac
