#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# roots.sh RELEASE: a clean clone of this repository in a bare Debian root of that release (bookworm, trixie), in
# which only the README's two commands are run. As root or with sudo. The bare root and the packages it fetches are
# kept in ${XDG_CACHE_HOME:-$HOME/.cache}/posawesome-sync-roots, so that a second run needs little network.
# shellcheck disable=SC2016 # what is quoted is expanded inside the root
set -eu

release=${1:?usage: sh tests/roots.sh bookworm|trixie}
source_dir=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/posawesome-sync-roots
mkdir -p "$cache"
log=$cache/$release.log
. "$source_dir/data/packages.sh"

find_roots () {
  need_command debootstrap debootstrap
  need_command git git
  need_file debian-archive-keyring /usr/share/keyrings/debian-archive-keyring.gpg
}
install_missing roots

# Only what a newcomer finds in the README.
commands=$(sed -n 's/^\(sh [a-z]*\/run\.sh\)\( .*\)\{0,1\}$/\1/p' "$source_dir/README.md" | sort | tr '\n' ';')
if [ "$commands" != 'sh data/run.sh;sh tests/run.sh;' ]; then
  say "README.md names other commands than the two: $commands"
  exit 1
fi

root=$(mktemp -d "$cache/root.XXXXXX")
clean () {
  as_root rm -rf --one-file-system "$root" "$cache/clone.$$"
}
trap clean EXIT
trap 'exit 143' HUP INT TERM
as_root chmod 755 "$root"

# The mirror that this machine uses itself.
mirror=$(sed -n 's/^URIs: *\([^ ]*debian\) *$/\1/p; s/^deb  *\(\[[^]]*\] *\)\{0,1\}\([^ ]*debian\/\{0,1\}\) .*/\2/p' \
  /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2> /dev/null | head -n 1)
if [ ! -f "$cache/$release.tar" ]; then
  say "bootstrapping $release from ${mirror:=http://deb.debian.org/debian}"
  quietly as_root unshare --mount --propagation private debootstrap --variant=minbase \
    --keyring=/usr/share/keyrings/debian-archive-keyring.gpg "$release" "$root" "$mirror"
  quietly as_root tar -C "$root" --one-file-system -cf "$cache/$release.tar.new" .
  as_root mv "$cache/$release.tar.new" "$cache/$release.tar"
else
  quietly as_root tar -C "$root" -xpf "$cache/$release.tar"
fi

# inside COMMAND: in the root, with mounts and processes that end with the command.
mkdir -p "$cache/$release-packages/partial"
inside () {
  as_root unshare --mount --propagation private --pid --fork --kill-child sh -euc '
    root=$1 packages=$2
    # A mount point, because tests mount inside.
    mount --bind "$root" "$root"
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    mount --bind "$packages" "$root/var/cache/apt/archives"
    exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 TERM=dumb sh -euc "$3"
    ' sh "$root" "$cache/$release-packages" "$1"
}

git clone -q --no-local "$source_dir" "$cache/clone.$$"
as_root mv "$cache/clone.$$" "$root/srv/posawesome-sync"
as_root chown -R 0:0 "$root/srv/posawesome-sync"
as_root cp -L /etc/resolv.conf "$root/etc/resolv.conf"

say "$release: sh tests/run.sh"
inside 'cd /srv/posawesome-sync && sh tests/run.sh && test -z "$(git status --porcelain)"'
say "$release: sh data/run.sh"
inside 'cd /srv/posawesome-sync && sh data/run.sh > /tmp/story && test -z "$(git status --porcelain)"'
cat "$root/tmp/story"
grep -q 'on the server exactly once' "$root/tmp/story"
