# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh disable=SC2154
# What has to be there to build and run from the sources on Debian 12 and 13, once. To be sourced:
#   find_missing KIND...     sets `missing` to the packages whose command, module or file is not there; the kinds are
#                            build, app (also the window) and test
#   install_missing KIND...  installs them with apt-get, as root or with sudo; does nothing where all is there
# The caller sets `log`, a file for the output of what succeeds.

say () {
  printf '%s\n' "$0: $*" >&2
}

as_root () {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  else
    sudo "$@"
  fi
}

quietly () {
  if ! "$@" > "$log" 2>&1; then
    cat "$log" >&2
    say "this failed: $*"
    exit 1
  fi
}

need_command () {
  command -v "$1" > /dev/null 2>&1 || missing="$missing $2"
}

need_module () {
  pkg-config --exists "$1" 2> /dev/null || missing="$missing $2"
}

need_file () {
  package=$1
  shift
  for file in "$@"; do
    [ ! -e "$file" ] || return 0
  done
  missing="$missing $package"
}

find_build () {
  need_command cc build-essential
  need_command pkg-config pkg-config
  need_command meson meson
  need_command ninja ninja-build
  need_command python3 python3
  need_command msgfmt gettext
  need_command glib-compile-resources libglib2.0-dev-bin
  need_module gio-unix-2.0 libglib2.0-dev
  need_module libsoup-3.0 libsoup-3.0-dev
  need_module json-glib-1.0 libjson-glib-dev
  need_module sqlite3 libsqlite3-dev
  need_module libsecret-1 libsecret-1-dev
  need_module zlib zlib1g-dev
  # Without it no https site is trusted.
  need_file ca-certificates /etc/ssl/certs/ca-certificates.crt
}

find_app () {
  need_module gtk4 libgtk-4-dev
  need_module libadwaita-1 libadwaita-1-dev
  need_command gtk4-update-icon-cache libgtk-4-bin
  need_command update-desktop-database desktop-file-utils
  need_file adwaita-icon-theme /usr/share/icons/Adwaita/index.theme
  # Without it pictures in SVG are shown as broken ones, and nothing says why.
  need_file librsvg2-common /usr/lib/*/gdk-pixbuf-2.0/*/loaders/libpixbufloader-svg.so \
    /usr/lib/*/gdk-pixbuf-2.0/*/loaders/libpixbufloader_svg.so
}

find_test () {
  need_command Xvfb xvfb
  need_command dbus-daemon dbus-daemon
  need_command appstreamcli appstream
  # A person who cannot see: the accessibility tree, for Debian's own python3.
  need_file at-spi2-core /usr/libexec/at-spi-bus-launcher
  need_file python3-gi /usr/lib/python3/dist-packages/gi/__init__.py
  need_file gir1.2-atspi-2.0 /usr/lib/*/girepository-1.0/Atspi-2.0.typelib
  # A panel that people have.
  need_command xfce4-panel xfce4-panel
  # Which windows there are.
  need_command xwininfo x11-utils
  # A German number, made into a locale in the build directory.
  need_file locales /usr/share/i18n/locales/de_DE
  # What the benchmark of delivery is measured against.
  need_command wrk wrk
  need_command git git
  need_file fonts-dejavu-core /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf
}

find_missing () {
  missing=
  for part in "$@"; do
    "find_$part"
  done
}

install_missing () {
  find_missing "$@"
  [ -n "$missing" ] || return 0
  if ! command -v apt-get > /dev/null 2>&1; then
    say "these Debian packages, or what they hold, are missing:$missing"
    exit 1
  fi
  if [ "$(id -u)" != 0 ] && ! command -v sudo > /dev/null 2>&1; then
    say "run this as root, or first: apt-get install$missing"
    exit 1
  fi
  say "installing$missing"
  quietly as_root apt-get -q update
  # shellcheck disable=SC2086 # a list of words
  quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install $missing
  find_missing "$@"
  if [ -n "$missing" ]; then
    say "still missing after the installation:$missing"
    exit 1
  fi
}
