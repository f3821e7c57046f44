#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Every translation is complete: check-translations.sh SOURCE_DIRECTORY.
set -eu

cd "$1"
for tool in xgettext msgmerge msgattrib; do
  command -v "$tool" > /dev/null 2>&1 || exit 77
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
grep -v '^#' po/POTFILES.in > "$work/files"
xgettext --from-code=UTF-8 -k_ -kN_ -kNC_:1c,2 -kngettext:1,2 -kg_dngettext:2,3 -f "$work/files" -o "$work/all.pot"
# Every file with text is listed.
for file in $(grep -lE '\b(_|N_|ngettext) \("' src/*/*.c) $(grep -l 'translatable="yes"' src/app/*.ui); do
  grep -qx "$file" "$work/files" || {
    echo "$file has text to translate and is not in po/POTFILES.in"
    exit 1
  }
done
status=0
for language in $(grep -v '^#' po/LINGUAS); do
  msgfmt --check-format -o /dev/null "po/$language.po"
  msgmerge -q -o "$work/$language.po" "po/$language.po" "$work/all.pot"
  missing=$(msgattrib --untranslated --no-obsolete "$work/$language.po"; msgattrib --only-fuzzy --no-obsolete "$work/$language.po")
  if [ -n "$missing" ]; then
    echo "po/$language.po is not complete:"
    echo "$missing"
    status=1
  fi
done
exit "$status"
