#!/bin/sh
# An arm of a comparison that is called after an instruction set is made of it, and scalar code of none.
#
#   instructions.sh OBJDUMP "OBJECT;OBJECT;…"
set -eu
objdump=$1
listing=$(mktemp)
trap 'rm -f "$listing"' EXIT
status=0

# object NAME: its instructions
object() {
  found=$(printf '%s' "$objects" | tr ';' '\n' | grep "/$1\.cpp\.o\(bj\)\?$") || {
    echo "no object of $1.cpp"
    exit 1
  }
  "$objdump" --disassemble --no-show-raw-insn "$found" > "$listing"
}

# has NAME PATTERN…: instructions that do the work of these kernels
has() {
  name=$1
  object "$name"
  shift
  for pattern in "$@"; do
    count=$(grep -c -E "$pattern" "$listing" || true)
    [ "$count" -ge 4 ] && continue
    echo "$name has $count instructions that match '$pattern'"
    status=1
  done
}

objects=$2
has avx2 'vpmaddubsw.*ymm' 'vpaddd.*ymm'
has avx2_floats 'v(mul|add|fmadd)[0-9]*ps.*ymm'
has avx512_floats 'v(mul|add|fmadd)[0-9]*ps.*zmm'
has avx512vnni 'vpdpbusd.*zmm'
has avx512vbmi 'vperm(i2b|t2b|b) .*zmm' 'vpdpbusd.*zmm'
has avx512bf16 'vdpbf16ps.*zmm'
for scalar in scalar scalar_floats; do
  object "$scalar"
  if grep -q -E '%[yz]mm|[[:space:]](v?p(madd|mull|add|mul)[a-z]+|mulps|addps) ' "$listing"; then
    echo "$scalar has vector arithmetic:"
    grep -E '%[yz]mm|[[:space:]](v?p(madd|mull|add|mul)[a-z]+|mulps|addps) ' "$listing" | head -3
    status=1
  fi
done
exit $status
