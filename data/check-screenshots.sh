#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Every picture that the description of the program names is there, and every picture that is there is named:
# check-screenshots.sh DATA_DIRECTORY.
set -eu

cd "$1"
named=$(sed -n 's|.*<image>https://.*/data/screenshots/\(.*\)</image>.*|\1|p' org.posawesome.Sync.metainfo.xml.in | sort)
there=$(cd screenshots && printf '%s\n' * | sort)
[ "$named" = "$there" ] || {
  echo "named in the description:"
  echo "$named"
  echo "in screenshots:"
  echo "$there"
  exit 1
}
