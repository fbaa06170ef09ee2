#!/bin/sh
# Compiles each SDK header by itself, and the layout against today's, the frozen and a future abi.h.
#
#   headers.sh COMPILER SDK_INCLUDE FROZEN FUTURE WORK_DIRECTORY HEADER ...
#
# Exit status 77: the compiler is not installed.
set -eu
compiler=$1 sdk=$2 frozen=$3 future=$4 work=$5
shift 5
tests=$(dirname "$0")

if ! command -v "$compiler" >/dev/null 2>&1; then
  echo "SKIPPED: $compiler is not installed; install it to test the headers with it"
  exit 77
fi

case $compiler in
  *++) language=c++ standard=c++20 ;;
  *) language=c standard=c11 ;;
esac
compile="$compiler -x $language -std=$standard -Wall -Wextra -Wpedantic -Werror"

for header in "$@"; do
  case $language/$header in
    c/*.hpp) continue ;;
  esac
  echo "$header"
  echo "#include <$header>" | $compile -fsyntax-only -I "$sdk" -
done

for version in frozen future; do
  eval "file=\$$version"
  mkdir -p "$work/$compiler/$version/bitgate"
  cp "$file" "$work/$compiler/$version/bitgate/abi.h"
done
layout=$tests/layout.c
$compile -fsyntax-only -I "$sdk" "$layout"
$compile -fsyntax-only -I "$work/$compiler/frozen" "$layout"
$compile -fsyntax-only -DABI_APPENDED -I "$work/$compiler/future" "$layout"
