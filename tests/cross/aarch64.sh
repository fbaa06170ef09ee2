#!/usr/bin/env bash
# The CPU backend on 64-bit ARM, in an emulator:
#   aarch64.sh build TREE                     builds it and its tests in this folder
#   aarch64.sh test TREE CPU IMPLEMENTATIONS TESTS  runs those of this pattern on this CPU, which has
#                                             these implementations
# Exits with 77 where the compiler or the emulator is missing.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")

skip() {
  printf 'skipped: %s\n' "$*"
  exit 77
}

command -v aarch64-linux-gnu-g++ >/dev/null || skip 'no aarch64-linux-gnu-g++; package g++-aarch64-linux-gnu has it'
command -v qemu-aarch64-static qemu-aarch64 >/dev/null || skip 'no qemu-aarch64; package qemu-user-static has it'
[[ -e /usr/include/catch2/catch.hpp ]] || skip 'Catch2 3 is a library that is not here for ARM'

tree=$2
case $1 in
  build)
    cmake -S "$here/aarch64" -B "$tree" -G Ninja \
      -DCMAKE_TOOLCHAIN_FILE="$here/../../cmake/aarch64-linux-gnu.cmake"
    exec cmake --build "$tree"
    ;;
  test)
    export QEMU_LD_PREFIX=/usr/aarch64-linux-gnu QEMU_CPU=$3 BITGATE_TEST_IMPLEMENTATIONS=$4
    exec ctest --test-dir "$tree" -R "$5" --output-on-failure --no-tests=error
    ;;
esac
