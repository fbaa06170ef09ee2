#!/usr/bin/env bash
# x86_64.sh CPU PROGRAM [ARGUMENTS…]: runs a test that starts programs on this CPU by the emulator that
# BITGATE_EMULATOR names; with --itself before CPU, the program itself runs on it.
# Exits with 77 where the emulator is missing.
set -euo pipefail
itself=
if [[ $1 == --itself ]]; then
  itself=yes
  shift
fi
export QEMU_CPU=$1
shift
if ! BITGATE_EMULATOR=$(command -v qemu-x86_64-static || command -v qemu-x86_64); then
  printf 'skipped: no qemu-x86_64; package qemu-user-static has it\n'
  exit 77
fi
export BITGATE_EMULATOR
exec ${itself:+"$BITGATE_EMULATOR"} "$@"
