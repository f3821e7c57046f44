#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The tests, on a Debian 12 or 13: installs what is missing (as root or with sudo), builds in a directory that git
# ignores, runs them and says how it went. `--all` adds the long ones: sanitizers, the build without a window,
# hundreds of kills, thousands of faults, a long simulation, and this script and data/run.sh in bare Debian 12 and 13 roots (tests/roots.sh).
# Exit status: 0 all passed, 1 something did not, 2 usage.
set -eu
umask 022

source_dir=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
all=false
case $#:${1-} in
  0:) ;;
  1:--all) all=true ;;
  *)
    echo "usage: sh tests/run.sh [--all]" >&2
    exit 2
    ;;
esac
. "$source_dir/data/packages.sh"

# Nothing of the caller's surroundings may change what is tested.
unset DESTDIR MESON_TESTTHREADS DISPLAY WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS XDG_RUNTIME_DIR
unset ERPNEXT_BASE_URL ERPNEXT_API_TOKEN ERPNEXT_API_SECRET PROCESSING_INTERVAL MAX_RETRIES BASE_RETRY_DELAY
unset MAX_RETRY_DELAY SYNC_BATCH_SIZE SYNC_CONCURRENCY REQUEST_TIMEOUT WRITE_TIMEOUT SETTLE_TIME CONFLICT_POLICIES
unset GATEWAY_PORT POSAWESOME_SYNC_DATA_DIR DEBUG G_MESSAGES_DEBUG
unset SYNC_TEST_THREAD SYNC_KILLS SYNC_FAULTS SYNC_CUTS SYNC_SEED
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1

cache_dir=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/posawesome-sync
if [ -w "$source_dir" ]; then
  prefix=$source_dir/build-tests
else
  prefix=$cache_dir/build-tests
fi
mkdir -p "$prefix"
log=$prefix/run.log
failed=
started=$(date +%s)

# part NAME COMMAND...: runs it, goes on whatever comes of it, and remembers.
part () {
  name=$1
  shift
  say "$name"
  begun=$(date +%s)
  if ("$@"); then
    summary="$summary
  passed  $name ($(($(date +%s) - begun)) s)"
  else
    failed="$failed $name"
    summary="$summary
  FAILED  $name ($(($(date +%s) - begun)) s)"
  fi
}
summary=

# build NAME OPTION...: a build directory below $prefix.
build () {
  dir=$prefix/$1
  shift
  if [ ! -f "$dir/build.ninja" ]; then
    rm -rf "$dir"
    quietly meson setup "$@" "$dir" "$source_dir"
  fi
  quietly ninja -C "$dir" -j "$(nproc)"
}

# What was skipped was not tested: name_skipped PART adds it, with the reason, to what is printed at the end.
name_skipped () {
  python3 - "$prefix/$1/meson-logs/testlog.json" "$1" >> "$prefix/skipped" << 'END'
import json, re, sys
for line in open(sys.argv[1], encoding='utf-8'):
    test = json.loads(line)
    parts = re.findall(r'^ok \d+ (\S+) # SKIP *(.*)$', test.get('stdout') or '', re.M)
    if test['result'] == 'SKIP' and not parts:
        words = (test.get('stdout') or '').strip().splitlines()
        parts = [(test['name'], re.sub(r'^1\.\.0 # SKIP *', '', words[-1]) if words else '')]
    for name, reason in parts:
        print(f'  skipped {name} ({sys.argv[2]}): {reason}')
END
}

# Two tests at a time on one processor too: most of them wait for a disk or a socket.
run_tests () {
  jobs=$(nproc)
  [ "$jobs" -ge 2 ] || jobs=2
  status=0
  (cd "$prefix/$1" && meson test --no-rebuild --num-processes "$jobs" --timeout-multiplier 3 --print-errorlogs) || status=$?
  name_skipped "$1"
  return "$status"
}

tests_plain () {
  build plain
  run_tests plain
}

tests_without_app () {
  build without-app -Dapp=false
  run_tests without-app
}

tests_sanitized () {
  build sanitized -Dsanitize=true
  status=0
  (cd "$prefix/sanitized" && UBSAN_OPTIONS=print_stacktrace=1 \
    meson test --no-rebuild --num-processes 2 --timeout-multiplier 4 --print-errorlogs) || status=$?
  name_skipped sanitized
  return "$status"
}

many_kills () {
  (cd "$prefix/plain" && SYNC_KILLS=300 meson test --no-rebuild --timeout-multiplier 30 --print-errorlogs end-kills)
}

# Half of two thousand requests met by a fault, the server away, the program killed.
many_faults () {
  (cd "$prefix/plain" && SYNC_FAULTS=2000 meson test --no-rebuild --timeout-multiplier 10 --print-errorlogs --verbose faults)
}

# Other seeds than those of the ordinary run; fails if something was never met.
long_simulation () {
  "$prefix/plain/tests/sim" --seed 1000000 --runs 1000000 --seconds 300 --all
}

install_missing build app test
: > "$prefix/skipped"
part tests tests_plain
if [ "$all" = true ]; then
  part without-app tests_without_app
  part sanitizers tests_sanitized
  part kills many_kills
  part faults many_faults
  part simulation long_simulation
  for release in bookworm trixie; do
    part "root-$release" sh "$source_dir/tests/roots.sh" "$release"
  done
fi
printf '\n%s%s\n' "tests/run.sh: $(($(date +%s) - started)) s" "$summary"
cat "$prefix/skipped"
[ -z "$failed" ]
