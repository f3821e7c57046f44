#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Opens POSAwesome Sync on a practice shop, from the sources, on a Debian 12 or 13: installs what is missing (as root
# or with sudo), builds into a directory that git ignores, and runs the demonstration. With a display it is the
# window, without one the terminal. Nothing is installed outside the build directory except Debian packages.
set -eu

source_dir=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
  app=true
  kind=window
else
  app=false
  kind=terminal
fi

. "$source_dir/data/packages.sh"

build_dir=$source_dir/build/run-$kind
if ! mkdir -p "$build_dir" 2> /dev/null || [ ! -w "$build_dir" ]; then
  build_dir=${XDG_CACHE_HOME:-$HOME/.cache}/posawesome-sync/run-$kind
  mkdir -p "$build_dir"
fi
log=$build_dir/run.log

if [ "$app" = true ]; then
  install_missing build app
else
  install_missing build
fi

say "building in $build_dir"
if [ ! -f "$build_dir/build.ninja" ]; then
  quietly meson setup --prefix "$build_dir/root" --libdir lib -Dapp="$app" -Dtests=false -Dwerror=false \
    "$build_dir" "$source_dir"
fi
quietly ninja -C "$build_dir" install

export XDG_DATA_DIRS="$build_dir/root/share:${XDG_DATA_DIRS:-/usr/local/share:/usr/share}"
# Without a session bus GTK would warn that it cannot reach the accessibility bus.
if [ -z "${DBUS_SESSION_BUS_ADDRESS:-}" ] && [ ! -e "${XDG_RUNTIME_DIR:-/nonexistent}/bus" ]; then
  export GTK_A11Y="${GTK_A11Y:-none}"
fi
exec "$build_dir/root/bin/posawesome-sync" --demo "$@"
